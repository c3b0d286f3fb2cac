"""Reward models: how likely a trajectory is right, in the eyes of a model that did not write it.

An outcome model reads a solution and gives one number; a process model gives a probability for
each step. Conversations and separators are as on the cards of Qwen2.5-Math-RM-72B and
Qwen2.5-Math-PRM-7B. A reward chooses among answers and never verifies one.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from executors.execution import OBSERVATION_LIMIT
from problems import Problem
from tir.dialects.base import with_choices
from tir.trajectory import Trajectory

INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."
STEP_END = "<extra_0>"
"""Stands behind each step; a process model's verdict on the step is read off there."""
SURE = 20.0
"""Log odds of a probability that float32, in which models compute, no longer tells from 1."""
NEVER = 1e-30
"""Stands for a probability of 0, which has no logarithm."""

Conversation = Sequence[Mapping[str, str]]
"""Messages with a `role` and a `content`, as chat templates and servers take them."""


class Reward(Protocol):
    """Scores trajectories of a problem."""

    @property
    def name(self) -> str:
        """What results record: name and revision."""
        ...

    async def score(self, problem: Problem, trajectories: Sequence[Trajectory]) -> list[float]:
        """The log odds that each trajectory is right.

        Raises:
            TirError: the model cannot be asked.
        """
        ...


class Scorer(Protocol):
    """Runs a reward model on conversations, in this process or on a server."""

    @property
    def name(self) -> str:
        """Name and revision."""
        ...

    async def score(self, conversations: Sequence[Conversation]) -> list[list[float]]:
        """One number per conversation, or one probability per step of each."""
        ...


class OutcomeReward:
    """A model of whole solutions, such as Qwen2.5-Math-RM-72B.

    It is trained to rank, by the log odds that one solution beats another (Bradley, Terry
    1952), so its scale is one of log odds, but its zero means nothing.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.name = scorer.name
        self._scorer = scorer

    async def score(self, problem: Problem, trajectories: Sequence[Trajectory]) -> list[float]:
        """The model's own numbers."""
        texts = ["\n\n".join(steps(trajectory)) for trajectory in trajectories]
        scored = await self._scorer.score([conversation(problem, text) for text in texts])
        return [numbers[-1] for numbers in scored]


class ProcessReward:
    """A model of steps, such as Qwen2.5-Math-PRM-7B."""

    def __init__(self, scorer: Scorer) -> None:
        self.name = scorer.name
        self._scorer = scorer

    async def score(self, problem: Problem, trajectories: Sequence[Trajectory]) -> list[float]:
        """The log odds of the product over the steps: that all are right (Lightman et al. 2023)."""
        texts = ["".join(step + STEP_END for step in steps(each)) for each in trajectories]
        scored = await self._scorer.score([conversation(problem, text) for text in texts])
        return [log_odds_of_all(probabilities) for probabilities in scored]


def log_odds_of_all(probabilities: Sequence[float]) -> float:
    """log(p / (1 - p)) of the product p, in logarithms: a long product is none in float64."""
    log_p = sum(math.log(max(p, NEVER)) for p in probabilities)
    log_not_p = math.log(-math.expm1(log_p)) if log_p < 0 else -math.inf
    return min(SURE, log_p - log_not_p)


def conversation(problem: Problem, solution: str) -> Conversation:
    """A problem and its solution as the reward models read them."""
    return (
        {"role": "system", "content": INSTRUCTION},
        {"role": "user", "content": _inert(with_choices(problem))},
        {"role": "assistant", "content": solution},
    )


def steps(trajectory: Trajectory) -> list[str]:
    """A trajectory's paragraphs; a program and its output together are one more."""
    found: list[str] = []
    for step in trajectory.steps:
        found += [part for part in re.split(r"\n\s*\n", step.rationale.strip()) if part]
        if step.program is not None:
            output = step.execution.observation(OBSERVATION_LIMIT) if step.execution else ""
            found.append(f"```python\n{step.program.strip()}\n```\n```output\n{output}\n```")
    return [_inert(text) for text in found]


_SPECIAL = re.compile(r"<(\|[^|<>]{0,40}\||extra_\d+)>")


def _inert(text: str) -> str:
    """Text that can neither end a turn nor forge the end of a step."""
    return _SPECIAL.sub(r"< \1 >", text)
