"""One problem of a worksheet with all that is known of it."""

from dataclasses import dataclass
from enum import StrEnum

from tir.solution import Solution
from tir.teaching.rubric import Criterion
from tir.teaching.wrong import Wrong


class Ground(StrEnum):
    """What a key rests on."""

    VERIFIED = "verified"
    """The engine computed and checked it."""
    GIVEN = "given"
    """It came with the problem, and nothing speaks against it."""
    DISPUTED = "disputed"
    """It came with the problem, and the engine reached another answer."""
    NONE = "none"
    """The engine found it and could not verify it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A problem, numbered from 1."""

    number: int
    solution: Solution
    key: str | None
    ground: Ground
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
    def needs_person(self) -> bool:
        """Whether somebody should look at the key before the class does."""
        return self.ground in (Ground.DISPUTED, Ground.NONE)

    @property
    def why(self) -> str:
        """What the key rests on, in a sentence."""
        match self.ground:
            case Ground.GIVEN:
                return "The key came with the problem."
            case Ground.DISPUTED:
                return (
                    "The key came with the problem, and the model comes to another answer. "
                    "Look at both before you use it."
                )
            case Ground.NONE:
                return "Nobody has verified this key. Look at it before you use it."
        found = [each.detail for each in self.solution.evidence if each.holds]
        return f"Verified: {'; '.join(found)}."
