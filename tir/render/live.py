"""Lines at the bottom of a terminal that are drawn again as they change, and then go.

Only these lines are ever erased: what was written before them stays, in scrollback too. They are
never more than fit on the screen and never as wide, so that none of them scrolls off or wraps.
A window made narrower may reflow them, and then a stale copy is left above: to erase more rows than
were drawn would risk the text before them, since not every terminal reflows.
"""

import os
import shutil
from collections.abc import Sequence
from typing import IO

from tir.render.colour import Tone, paint
from tir.render.flow import cells, fitting

_MOST = 12
"""Lines: enough of a program to follow it."""


class Live:
    """A region below what `stream` has so far; the cursor must stand at the margin."""

    def __init__(self, stream: IO[str], *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._drawn: tuple[str, ...] = ()

    def columns(self) -> int:
        """The width of the terminal, now."""
        return window(self._stream).columns

    def draw(self, lines: Sequence[str]) -> None:
        """Shows the last of these lines instead of those before. They hold no escape sequence."""
        size = window(self._stream)
        room = max(size.columns - 1, 1)
        shown = tuple(_cut(line, room) for line in lines[-min(_MOST, max(size.lines - 3, 1)) :])
        if shown == self._drawn:
            return
        self._erase()
        for line in shown:
            self._stream.write(f"{paint(line, Tone.FAINT) if self._colour else line}\n")
        self._drawn = shown
        self._stream.flush()

    def clear(self) -> None:
        """Erases the region, before anything is written that is to stay."""
        self._erase()
        self._drawn = ()

    def _erase(self) -> None:
        if self._drawn:
            self._stream.write(f"\r\x1b[{len(self._drawn)}A\x1b[J")


def window(stream: IO[str]) -> os.terminal_size:
    """The size of the terminal that `stream` is, which need not be that of standard output."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return shutil.get_terminal_size()
    # A terminal that does not know its size says 0, and COLUMNS is the user's own word.
    return size if size.columns and "COLUMNS" not in os.environ else shutil.get_terminal_size()


def _cut(line: str, room: int) -> str:
    return line if cells(line) <= room else line[: fitting(line, room)]
