"""What every reader of a model's text has in common: pieces, thoughts, what they add up to."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum

THOUGHT = ("<think>", "</think>")
"""Around what a reasoning model says to itself (DeepSeek-R1, QwQ, Qwen3)."""


class Kind(Enum):
    """What a piece of the model's text is."""

    RATIONALE = "rationale"
    PROGRAM = "program"


class Phase(Enum):
    """Where in a generation the parser is."""

    START = "start"
    """Nothing but blanks so far: a thought may begin here, and only here."""
    THOUGHT = "thought"
    """What looks like a program is only mentioned."""
    SPEECH = "speech"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of one kind; markers of programs belong to neither and are dropped."""

    kind: Kind
    text: str


@dataclass(slots=True)
class Parser(ABC):
    """Reads one generation as it comes. Feed it text, then call `end`.

    All programs of one generation are one program, for that is how they were meant: what the
    first defines is used in the second. What stands in a thought is rationale, whatever it is.
    """

    phase: Phase = Phase.SPEECH
    """`START` for models that think, `THOUGHT` where their prompt opens the thought."""
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
    _held: str = ""
    """Text that may yet become the marker of a thought."""

    def feed(self, text: str) -> list[Piece]:
        """The pieces that this text completes; what may yet become a marker is held back."""
        if self.phase is Phase.SPEECH:
            return self._read(text)
        text, self._held = self._held + text, ""
        opening, closing = THOUGHT
        pieces: list[Piece] = []
        if self.phase is Phase.START:
            begun = text.lstrip()
            if opening.startswith(begun):
                self._held = text
                return pieces
            self.phase = Phase.SPEECH
            if not begun.startswith(opening):
                return self._read(text)
            self.phase, text = Phase.THOUGHT, begun.removeprefix(opening).removeprefix("\n")
        thought, marker, speech = text.partition(closing)
        if not marker:
            kept = partial_marker(text, closing)
            thought, self._held = text[: len(text) - kept], text[len(text) - kept :]
        if thought:
            pieces.append(self._say(thought))
        if marker:
            self.phase = Phase.SPEECH
            pieces += self._read(speech)
        return pieces

    def end(self) -> list[Piece]:
        """What was held back, now that nothing more comes. A program left open is none."""
        held, self._held = self._held, ""
        if self.phase is Phase.THOUGHT:
            return [self._say(held)] if held else []
        return [*(self._read(held) if held else []), *self._finish()]

    @property
    def closing(self) -> str:
        """What closes all that the text leaves open, up to where the model may speak to us."""
        return f"\n{THOUGHT[1]}\n\n" if self.thinking else self._closing

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
        return self.phase is Phase.THOUGHT

    @abstractmethod
    def _read(self, text: str) -> list[Piece]:
        """`feed`, of text outside of thoughts."""

    @abstractmethod
    def _finish(self) -> list[Piece]:
        """`end`, of text outside of thoughts."""

    @property
    @abstractmethod
    def _closing(self) -> str:
        """`closing`, outside of thoughts."""

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


def partial_marker(text: str, *markers: str) -> int:
    """How many characters at the end of a text may be the beginning of one of the markers."""
    longest = max(map(len, markers)) - 1
    for count in range(min(longest, len(text)), 0, -1):
        if any(marker.startswith(text[-count:]) for marker in markers):
            return count
    return 0
