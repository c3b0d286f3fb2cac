"""Streams text into indented lines, chunk by chunk, wrapped at the width of the terminal.

What a model or a program wrote always stands behind a prefix, on wrapped lines too: a line that
begins at the margin is ours. So model text cannot pass itself off as the answer block.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from tir.render.safe import visible

_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60"
_PIECES = re.compile(rf"\n|[ \t]+|[{_WIDE}]|[^ \t\n{_WIDE}]+")
"""Newline, blanks, one ideograph (a line may break after each), or a piece of a word."""

_TAB = "    "
_LEAST = 20
"""Columns of text that are left even on a terminal narrower than the prefix and this."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a block is set."""

    prefix: str
    paint: Callable[[str], str]
    prose: bool
    """Break lines between words and keep at most one blank line. Otherwise: as it stands."""
    first: str | None = None
    """What stands instead of the prefix on the first line, equally wide."""


class Flow:
    """Writes to `stream`; `width` None means that lines are never broken."""

    def __init__(self, stream: IO[str], width: int | None) -> None:
        self._stream = stream
        self.width = width
        """Columns. May be changed between calls: a window is resized."""
        self._manner: Manner | None = None
        self._column = 0
        """Cells used on the open line; 0: no line is open."""
        self._breaks = 0
        """Newlines read and not written: those that end a block never are."""
        self._space = ""
        self._begun = False
        self._word = ""
        """A word of prose is held until it is complete, for only then is its width known."""

    def write(self, text: str, manner: Manner) -> None:
        """Adds a chunk, which may begin and end anywhere, to a block of that manner."""
        self._turn_to(manner)
        for piece in _PIECES.findall(visible(text)):
            if piece == "\n":
                self._release(manner)
                self._breaks += 1
                self._space = ""
            elif piece[0] in " \t":
                self._release(manner)
                self._space += piece.replace("\t", _TAB)
            else:
                self._word += piece
                if not manner.prose or self.width is None or cells(piece[0]) == 2:
                    self._release(manner)

    def keep_together(self, text: str, manner: Manner) -> None:
        """Adds what is not broken, such as a formula, unless it is longer than a line."""
        self._turn_to(manner)
        self._word += visible(text)

    def rows(self, rows: Sequence[str], manner: Manner) -> None:
        """Adds lines of their own to a block; they are known to fit."""
        self._turn_to(manner)
        self._release(manner)
        if self._column:
            self._newline()
        for row in rows:
            self._put_prefix(manner)
            self._stream.write(manner.paint(visible(row).rstrip()))
            self._newline()
        self._breaks, self._space = 0, ""

    @property
    def is_open(self) -> bool:
        """Whether the cursor stands in mid-line, or will."""
        return bool(self._column or self._word)

    def finish_line(self) -> None:
        """Writes what is held of the block and leaves the cursor at the margin."""
        if self._manner is not None:
            self._release(self._manner)
        if self._column:
            self._newline()
        self._breaks, self._space = 0, ""

    def _turn_to(self, manner: Manner) -> None:
        if manner is not self._manner:
            self.end()
            self._manner = manner

    def end(self) -> None:
        """Ends the block: what is held is written, and no line stays open."""
        if self._manner is not None:
            self._release(self._manner)
        if self._column:
            self._stream.write("\n")
        self._manner = None
        self._begun = False
        self._column = self._breaks = 0
        self._space = ""

    def line(self, text: str = "") -> None:
        """A line of ours at the margin; the caller has made foreign text in it harmless."""
        self.end()
        self._stream.write(f"{text}\n")

    def flush(self) -> None:
        """Shows what was written, but for a word that is held."""
        self._stream.flush()

    def _release(self, manner: Manner) -> None:
        if not self._word:
            return
        word, self._word = self._word, ""
        space, self._space = self._space, ""
        if self._breaks and self._column:
            self._newline()
            blank = min(self._breaks, 2) - 1 if manner.prose else self._breaks - 1
            self._stream.write(f"{manner.paint(manner.prefix.rstrip())}\n" * blank)
        self._breaks = 0
        if manner.prose and self._column and not self._fits(space + word):
            self._newline()
            space = ""
        self._put(space + word, manner)

    def _put(self, text: str, manner: Manner) -> None:
        """Writes `text`, broken wherever the line is full."""
        while text:
            room = self._room(manner)
            cut = len(text) if room is None else fitting(text, room)
            if cut < len(text) and " " in text[1:cut]:
                # A formula longer than the line: between its signs rather than within a number.
                cut = text.rindex(" ", 1, cut)
            if cut:
                if not self._column:
                    self._put_prefix(manner)
                self._stream.write(manner.paint(text[:cut]))
                self._column += cells(text[:cut])
                text = text[cut:]
            if text:
                self._newline()
                text = text.lstrip(" ") if manner.prose else text

    def _put_prefix(self, manner: Manner) -> None:
        prefix = manner.prefix if self._begun or manner.first is None else manner.first
        self._stream.write(manner.paint(prefix))
        self._column = cells(prefix)
        self._begun = True

    def _room(self, manner: Manner) -> int | None:
        if self.width is None:
            return None
        used = cells(manner.prefix)
        width = max(self.width, used + _LEAST)
        return width - (self._column or used)

    def _fits(self, text: str) -> bool:
        return self.width is None or self._column + cells(text) <= self.width

    def _newline(self) -> None:
        self._stream.write("\n")
        self._column = 0


def cells(text: str) -> int:
    """Columns that `text` takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(char: str) -> int:
    # Marks and joiners; the soft hyphen alone of its category is shown.
    if unicodedata.category(char) in ("Mn", "Me", "Cf") and char != "\xad":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fitting(text: str, room: int) -> int:
    """How many characters of `text` fit into `room` columns."""
    used = 0
    for index, char in enumerate(text):
        used += cells(char)
        if used > room:
            return index
    return len(text)
