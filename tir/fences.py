"""Tells programs from rationale in a text that arrives in pieces."""

from dataclasses import dataclass
from enum import Enum

from tir.dialects import Dialect


class Kind(Enum):
    """What a piece of the model's text is."""

    RATIONALE = "rationale"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of one kind; markers of fences belong to neither and are dropped."""

    kind: Kind
    text: str


@dataclass(slots=True)
class FenceParser:
    """Reads one generation. Feed it text, then call `end`.

    `program` is the last block that was closed, `rationale` all text outside of blocks.
    A closing fence counts only at the start of a line, so backticks inside a string do not end
    a program.
    """

    dialect: Dialect
    program: str | None = None
    rationale: str = ""
    _inside: bool = False
    _block: str = ""
    _held: str = ""
    _bol: bool = True
    """At the beginning of a line of the program."""
    _closed: bool = False
    """Just behind a closing fence, whose newline may be still to come."""

    def feed(self, text: str) -> list[Piece]:
        """The pieces that this text completes; what may yet become a marker is held back."""
        self._held += text
        pieces: list[Piece] = []
        while (piece := self._take()) is not None:
            if piece.text:
                self._keep(piece, pieces)
        return pieces

    def end(self) -> list[Piece]:
        """What was held back, now that nothing more comes. A block left open is no program."""
        rest, self._held = self._held, ""
        pieces: list[Piece] = []
        if self._inside and rest.strip() == self.dialect.code_close.strip():
            self._close()
        elif rest:
            kind = Kind.PROGRAM if self._inside else Kind.RATIONALE
            self._keep(Piece(kind, rest), pieces)
        return pieces

    @property
    def inside(self) -> bool:
        """Whether the text so far ends within a program."""
        return self._inside

    def _keep(self, piece: Piece, pieces: list[Piece]) -> None:
        if piece.kind is Kind.PROGRAM:
            self._block += piece.text
        else:
            self.rationale += piece.text
        pieces.append(piece)

    def _close(self) -> None:
        self.program, self._block, self._inside = self._block.rstrip("\n"), "", False
        self._closed = True

    def _take(self) -> Piece | None:
        """The next piece off what is held, possibly empty; None if more text is needed."""
        if self._inside:
            return self._take_program()
        return self._take_rationale()

    def _take_rationale(self) -> Piece | None:
        if self._closed and self._held:
            self._held, self._closed = self._held.removeprefix("\n"), False
        opens = (self.dialect.code_open, self.dialect.output_open)
        found = [(at, mark) for mark in opens if (at := self._held.find(mark)) >= 0]
        if found:
            at, mark = min(found)
            text, self._held = self._held[:at], self._held[at + len(mark) :]
            self._inside = mark == self.dialect.code_open
            self._bol = True
            return Piece(Kind.RATIONALE, text)
        return self._release(Kind.RATIONALE, _overlap(self._held, opens))

    def _take_program(self) -> Piece | None:
        close = self.dialect.code_close
        line, newline, rest = self._held.partition("\n")
        if self._bol and line.startswith(close):
            self._held = self._held[len(close) :]
            self._close()
            return Piece(Kind.PROGRAM, "")
        if self._bol and not newline and close.startswith(line):
            return None
        if newline:
            self._held, self._bol = rest, True
            return Piece(Kind.PROGRAM, line + "\n")
        self._bol = False
        return self._release(Kind.PROGRAM, 0)

    def _release(self, kind: Kind, hold: int) -> Piece | None:
        """Everything held but its last `hold` characters."""
        cut = len(self._held) - hold
        if cut <= 0:
            return None
        text, self._held = self._held[:cut], self._held[cut:]
        return Piece(kind, text)


def _overlap(text: str, markers: tuple[str, ...]) -> int:
    """Length of the longest end of `text` that begins one of `markers`."""
    for size in range(min(len(text), max(map(len, markers)) - 1), 0, -1):
        if any(marker.startswith(text[-size:]) for marker in markers):
            return size
    return 0
