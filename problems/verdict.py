"""Verdicts: what a comparison found, how surely, and by which rule."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How an answer stands to its reference."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    PARTIAL = "partial"
    """Part marks: only tests that award them give it; plain `grade` never does."""
    NO_ANSWER = "no_answer"
    UNDECIDED = "undecided"
    """Neither shown equal nor unequal: never to be counted as wrong in silence."""


class Certainty(StrEnum):
    """The ground of an outcome, strongest first."""

    PROVED = "proved"
    """Exact arithmetic, identical text, or a symbolic identity."""
    NUMERIC = "numeric"
    """Agreement or difference at points, to many digits."""
    CONVENTION = "convention"
    """Equal under a habit of mathematics benchmarks, such as a unit left out."""
    HEURISTIC = "heuristic"
    """Not found equal by means that usually find it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison's result, before it is given a score."""

    outcome: Outcome
    certainty: Certainty
    rule: str
    detail: str = ""

    @property
    def correct(self) -> bool:
        """Whether the two were found equal."""
        return self.outcome is Outcome.CORRECT

    def at_most(self, certainty: Certainty, rule: str) -> "Finding":
        """This finding, resting also on `certainty`."""
        return Finding(self.outcome, weakest(self.certainty, certainty), rule, self.detail)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The grade of one answer."""

    outcome: Outcome
    score: float | None
    """1.0, 0.0, part marks between, or None when undecided."""
    rule: str
    """The comparison that decided."""
    detail: str
    normal_forms: tuple[str, str]
    """Of the answer and of the reference."""
    certainty: Certainty


def weakest(*grounds: Certainty) -> Certainty:
    """The ground a conclusion has that rests on all of `grounds`."""
    order = list(Certainty)
    return max(grounds, key=order.index, default=Certainty.PROVED)


def found(same: bool, certainty: Certainty, rule: str, detail: str = "") -> Finding:
    """CORRECT or INCORRECT."""
    return Finding(Outcome.CORRECT if same else Outcome.INCORRECT, certainty, rule, detail)


def undecided(rule: str, detail: str = "") -> Finding:
    """UNDECIDED, for the stated reason."""
    return Finding(Outcome.UNDECIDED, Certainty.HEURISTIC, rule, detail)
