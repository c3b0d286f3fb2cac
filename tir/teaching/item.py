"""One problem of a worksheet with all that is known of it."""

from dataclasses import dataclass

from tir.solution import Solution
from tir.teaching.rubric import Criterion
from tir.teaching.wrong import Wrong


@dataclass(frozen=True, slots=True)
class Item:
    """A problem, numbered from 1."""

    number: int
    solution: Solution
    key: str | None
    is_verified: bool
    """Whether the key is the source's own, or was verified."""
    hints: tuple[str, ...]
    rubric: tuple[Criterion, ...]
    wrong: tuple[Wrong, ...]

    @property
    def question(self) -> str:
        """As it is put to the class."""
        return self.solution.problem.question

    @property
    def points(self) -> int:
        """What it is worth."""
        return sum(criterion.points for criterion in self.rubric)

    @property
    def ground(self) -> str:
        """What the key rests on, in a sentence."""
        if self.solution.problem.gold is not None and not self.solution.evidence:
            return "The key is the source's own."
        if self.is_verified:
            found = [each.detail for each in self.solution.evidence if each.holds]
            return f"Verified: {'; '.join(found) or 'by the source'}."
        return "Nobody has verified this key. Look at it before you use it."
