"""How much to spend on one problem, and how much evidence is enough."""

from dataclasses import dataclass

from tir.dialects import Sampling

QUESTION_LIMIT = 20_000
"""Characters of a problem. A context of 4096 tokens holds less; longer is not a problem's text."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The knobs of one solve; the defaults are what `tir solve` uses."""

    samples: int = 4
    """Trajectories at most. Fewer are drawn when more cannot change the decision."""
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
