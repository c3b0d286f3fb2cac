"""What every reader of a model's text has in common: pieces, and what they add up to."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a piece of the model's text is."""

    RATIONALE = "rationale"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of one kind; markers of programs belong to neither and are dropped."""

    kind: Kind
    text: str


@dataclass(slots=True)
class Parser(ABC):
    """Reads one generation as it comes. Feed it text, then call `end`.

    All programs of one generation are one program, for that is how they were meant: what the
    first defines is used in the second.
    """

    program: str | None = None
    """The programs closed so far, joined; None if there is none."""
    rationale: str = ""
    """All text outside of programs."""
    after: str = ""
    """The rationale since the last program."""
    complaint: str | None = None
    """What is wrong with a call that cannot be run, in words for the model."""
    _block: str | None = None
    """The text of the program being read."""

    @abstractmethod
    def feed(self, text: str) -> list[Piece]:
        """The pieces that this text completes; what may yet become a marker is held back."""

    @abstractmethod
    def end(self) -> list[Piece]:
        """What was held back, now that nothing more comes. A program left open is none."""

    @property
    @abstractmethod
    def closing(self) -> str:
        """What closes all that the text leaves open, up to where the model may speak to us."""

    @property
    def inside(self) -> bool:
        """Whether the text so far ends within a program."""
        return self._block is not None

    @property
    def unfinished(self) -> str | None:
        """The program being written, not yet closed."""
        return self._block

    @property
    def thinking(self) -> bool:
        """Whether the text so far ends within a thought, where a marker is only mentioned."""
        return False

    def _say(self, text: str) -> Piece:
        """Rationale."""
        self.rationale += text
        self.after += text
        return Piece(Kind.RATIONALE, text)

    def _write(self, text: str) -> Piece:
        """More of the program being read."""
        self._block = (self._block or "") + text
        return Piece(Kind.PROGRAM, text)

    def _close(self) -> None:
        """The program being read is complete."""
        block = (self._block or "").rstrip("\n")
        self.program = block if self.program is None else f"{self.program}\n{block}"
        self._block, self.after = None, ""
