"""How much to spend on one problem, and how much evidence is enough."""

from dataclasses import dataclass
from enum import StrEnum

from tir.dialects import Sampling

QUESTION_LIMIT = 20_000
"""Characters of a problem. A context of 4096 tokens holds less; longer is not a problem's text."""


class Select(StrEnum):
    """Which of the answers is put forward. None of them makes an answer *verified*."""

    MAJORITY = "majority"
    """The one that most trajectories reach (maj@k; Wang et al. 2022)."""
    REWARD = "reward"
    """That of the trajectory with the highest reward (RM@k, best of k)."""
    WEIGHTED = "weighted"
    """The one whose trajectories' rewards, as probabilities, add up to most (Li et al. 2023)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The knobs of one solve; the defaults are what `tir solve` uses."""

    samples: int = 4
    """Trajectories at most. Fewer are drawn when more cannot change the decision."""
    wave: int = 1
    """Trajectories drawn at once. Decisions fall between waves only, so that timing has no say."""
    select: Select = Select.MAJORITY
    prune: bool = False
    """Whether a trajectory of which no program ran has no vote, as in SC-TIR (NuminaMath)."""
    risk: float = 0.0
    """Accepted chance that the samples not drawn would have elected another answer. 0: none, and
    also samples that could still verify the leader by vote are drawn."""
    stop_early: bool = True
    """False: all samples are drawn whatever they say, as a measurement of pass@k needs."""
    max_steps: int = 6
    """Programs per trajectory. Peers allow 4 to 10."""
    max_tokens: int = 2048
    """Generated tokens per trajectory."""
    program_seconds: float = 10.0
    """Wall time of one program."""
    timeout: float = 600.0
    """Wall time of the whole solve."""
    seed: int = 0
    sampling: Sampling | None = None
    """None: the first trajectory greedy, the others as the model's authors sample."""
    check: bool = True
    """Whether to have answers checked by a separately written program."""
    checks: int = 2
    """Attempts to get a check that can tell right from wrong."""
    rejections: int = 1
    """How often a trajectory is told that its answer was rejected."""
    agree: int = 3
    """Equal, computed answers that verify without a check..."""
    share: float = 0.75
    """...if they are this share of all trajectories that answered."""
