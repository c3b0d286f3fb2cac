"""Programs in Markdown fences, told from rationale in a text that arrives in pieces."""

import re
from dataclasses import dataclass

from tir.dialects.parser import Parser, Piece

_FENCE = re.compile(r"([ \t]*)(`{3,})[ \t]*(\w*)[^\n`]*")
"""A line that opens or closes a block: its indent, its backticks, its language."""


@dataclass(slots=True)
class FenceParser(Parser):
    """Reads one generation, line by line. Blocks of another language stay in the rationale.

    Models write fences as people do: indented in a list, with blanks behind the language, `py`
    for `python`, the output's fence right after the code.
    """

    output: str = "```output"
    """The line in which the model asks for an output."""
    _indent: str = ""
    _foreign: bool = False
    """Within a block of another language."""
    _line: str = ""
    """The line being read, as far as it has come."""
    _said: int = 0
    """How much of that line has been handed out already."""

    def _read(self, text: str) -> list[Piece]:
        pieces: list[Piece] = []
        *lines, rest = (self._line + text).split("\n")
        for line in lines:
            self._take(line.removesuffix("\r"), "\n", pieces)
        self._line = rest
        # A line that begins like no fence can be handed out before it is complete.
        if rest.strip(" \t") and not rest.lstrip(" \t").startswith(("`", "\r")):
            self._hand_out(rest.removesuffix("\r"), pieces)
        return pieces

    def _finish(self) -> list[Piece]:
        pieces: list[Piece] = []
        line, self._line = self._line, ""
        if line:
            self._take(line, "", pieces)
        return pieces

    @property
    def _closing(self) -> str:
        return "\n```\n" if self.inside else "\n"

    def _take(self, line: str, newline: str, pieces: list[Piece]) -> None:
        """One whole line."""
        fence = _FENCE.fullmatch(line)
        if fence is None:
            self._hand_out(line + newline, pieces)
        elif self._block is not None:
            self._close()
            # "```output" closes the program too if the model forgot to.
        elif self._foreign or fence[3].lower() not in ("python", "py", "python3"):
            is_output = line.strip() == self.output
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
            pieces.append(self._say(text))
            return
        pieces.append(self._write(text.removeprefix(self._indent) if line == text else text))
