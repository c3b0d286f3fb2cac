"""Verdicts: what a comparison found, how surely, and by which rule."""

from dataclasses import dataclass
from enum import StrEnum

from .shown import Shown


class BadReference(ValueError):
    """The reference answer cannot be graded against: blank, or not what the test needs."""


class Outcome(StrEnum):
    """How an answer stands to its reference."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    PARTIAL = "partial"
    """Part marks: only tests that award them give it; the plain test never does."""
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
    """One comparison's result, before it becomes a verdict."""

    outcome: Outcome
    certainty: Certainty
    rule: str
    detail: str = ""
    share: float = 0.0
    """Of the marks, where the outcome is PARTIAL."""

    @property
    def correct(self) -> bool:
        """Whether the two were found equal."""
        return self.outcome is Outcome.CORRECT

    @property
    def score(self) -> float | None:
        """1.0, 0.0, part marks between, or None when undecided."""
        match self.outcome:
            case Outcome.CORRECT:
                return 1.0
            case Outcome.PARTIAL:
                return self.share
            case Outcome.UNDECIDED:
                return None
        return 0.0

    def at_most(self, certainty: Certainty, rule: str) -> "Finding":
        """This finding, resting also on `certainty`."""
        ground = weakest(self.certainty, certainty)
        return Finding(self.outcome, ground, rule, self.detail, self.share)


@dataclass(frozen=True, slots=True)
class Verdict(Shown):
    """The grade of one answer."""

    outcome: Outcome
    score: float | None
    """1.0, 0.0, part marks between, or None when undecided."""
    rule: str
    """The comparison that decided."""
    detail: str
    """Why, in a sentence for the one who answered, with a witness where there is one."""
    normal_forms: tuple[str, str]
    """Of the answer and of the reference."""
    certainty: Certainty
    needs_review: bool = False
    """The two texts alone cannot settle it: somebody should look at the question."""


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


def partly(share: float, certainty: Certainty, rule: str, detail: str) -> Finding:
    """`share` of the marks; all of them is CORRECT, none INCORRECT."""
    if 0 < share < 1:
        return Finding(Outcome.PARTIAL, certainty, rule, detail, share)
    return found(share >= 1, certainty, rule, detail)
