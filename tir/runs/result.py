"""What one row of a run came to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from problems import Problem
from tir.solution import Solution, SolutionStatus
from tir.trajectory import Usage


class Outcome(StrEnum):
    """How a row ended. Exactly one of these; the first five are the grader's."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    PARTIAL = "partial"
    NO_ANSWER = "no_answer"
    """The model, or the student, gave none."""
    UNDECIDED = "undecided"
    """Neither right nor wrong: the grader cannot tell, the time ran out, or a kernel was lost."""
    FAILED = "failed"
    """Nothing could be had of it: too long for the model, or a defect of ours. `detail` says."""
    UNGRADED = "ungraded"
    """There is no reference answer."""

    @property
    def decided(self) -> bool:
        """Whether it counts towards accuracy."""
        return self in _DECIDED


_DECIDED = frozenset((Outcome.CORRECT, Outcome.INCORRECT, Outcome.PARTIAL, Outcome.NO_ANSWER))


NOTHING = Usage()
"""What a row costs that no model was asked about."""
OVERRIDE = "override"
"""The rule of what a person decided."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about one answer, in the grader's place."""

    student: str | None
    problem: str
    """The problem's id."""
    outcome: Outcome
    score: float | None
    note: str
    """Their words."""
    source: str
    """Where it stands: "file:line"."""


@dataclass(frozen=True, slots=True)
class Result:
    """One problem of an evaluation, or one answer of a student."""

    key: str
    """Of the content; the same in every run over the same rows with the same engine."""
    position: int
    """In the order of the latest command, from 1."""
    problem: Problem
    outcome: Outcome
    score: float | None
    """1.0, 0.0, part marks between, or None where nothing is decided."""
    points: float
    """The most that this row could earn."""
    rule: str
    """What decided: the grader's rule, `override`, or a word for why nothing was decided."""
    detail: str
    """Why, in a sentence for people."""
    answer: str | None
    """As the model or the student wrote it."""
    needs_person: bool
    """The texts alone cannot settle it."""
    student: str | None = None
    status: SolutionStatus | None = None
    """How far the engine verified the answer; None for a student's."""
    agreement: tuple[int, int] = (0, 0)
    """k of n: trajectories with this answer, and trajectories drawn."""
    samples: tuple[tuple[int, float | None], ...] = ()
    """Per distinct answer of the trajectories: how many gave it, and its score."""
    usage: Usage = NOTHING
    calls: int = 0
    """Programs that the model had run."""
    seconds: float = 0.0
    """Wall time of the solve; others were solved at the same time."""
    _solution: Callable[[], Solution | None] = field(
        default=lambda: None, repr=False, compare=False
    )

    @property
    def earned(self) -> float | None:
        """Points; None where nothing is decided."""
        return None if self.score is None else self.score * self.points

    def solution(self) -> Solution | None:
        """The whole solution, read from the run now; None for a student's answer or a failure."""
        return self._solution()
