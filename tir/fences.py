"""Tells programs from rationale in a text that arrives in pieces."""

import re
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


_FENCE = re.compile(r"([ \t]*)(`{3,})[ \t]*(\w*)[^\n`]*")
"""A line that opens or closes a block: its indent, its backticks, its language."""


@dataclass(slots=True)
class FenceParser:
    """Reads one generation, line by line. Feed it text, then call `end`.

    Models write fences as people do: indented in a list, with blanks behind the language, `py`
    for `python`, the output's fence right after the code. All closed blocks of one generation
    are one program, for that is how they were meant: `x = 5` in the first is used in the second.
    """

    dialect: Dialect
    program: str | None = None
    """The blocks closed so far, joined; None if there is none."""
    rationale: str = ""
    """All text outside of programs; other blocks stay in it, fences and all."""
    after: str = ""
    """The rationale since the last program."""
    _block: str | None = None
    """The text of the program being read."""
    _indent: str = ""
    _foreign: bool = False
    """Within a block of another language."""
    _line: str = ""
    """The line being read, as far as it has come."""
    _said: int = 0
    """How much of that line has been handed out already."""

    def feed(self, text: str) -> list[Piece]:
        """The pieces that this text completes; what may yet become a fence is held back."""
        pieces: list[Piece] = []
        *lines, rest = (self._line + text).split("\n")
        for line in lines:
            self._take(line.removesuffix("\r"), "\n", pieces)
        self._line = rest
        # A line that begins like no fence can be handed out before it is complete.
        if rest.strip(" \t") and not rest.lstrip(" \t").startswith(("`", "\r")):
            self._hand_out(rest.removesuffix("\r"), pieces)
        return pieces

    def end(self) -> list[Piece]:
        """What was held back, now that nothing more comes. A block left open is no program."""
        pieces: list[Piece] = []
        line, self._line = self._line, ""
        if line:
            self._take(line, "", pieces)
        return pieces

    @property
    def inside(self) -> bool:
        """Whether the text so far ends within a program."""
        return self._block is not None

    @property
    def unfinished(self) -> str | None:
        """The program being written, fence still open."""
        return self._block

    def _take(self, line: str, newline: str, pieces: list[Piece]) -> None:
        """One whole line."""
        fence = _FENCE.fullmatch(line)
        if fence is None:
            self._hand_out(line + newline, pieces)
        elif self._block is not None:
            self._close()
            # "```output" closes the program too if the model forgot to.
        elif self._foreign or fence[3].lower() not in ("python", "py", "python3"):
            is_output = line.strip() == self.dialect.output_open
            self._foreign = not self._foreign and not is_output
            if not is_output:
                self._hand_out(line + newline, pieces)
        else:
            self._block, self._indent = "", fence[1]
        self._said = 0

    def _hand_out(self, line: str, pieces: list[Piece]) -> None:
        """What of a line has not been handed out yet."""
        text, self._said = line[self._said :], len(line)
        if not text:
            return
        if self._block is None:
            self.rationale += text
            self.after += text
            pieces.append(Piece(Kind.RATIONALE, text))
            return
        if line == text:
            text = text.removeprefix(self._indent)
        self._block += text
        pieces.append(Piece(Kind.PROGRAM, text))

    def _close(self) -> None:
        block = (self._block or "").rstrip("\n")
        self.program = block if self.program is None else f"{self.program}\n{block}"
        self._block, self.after = None, ""
