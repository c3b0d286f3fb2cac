"""A rectangle of characters with a baseline, and how rectangles are put together."""

from collections.abc import Sequence
from dataclasses import dataclass

from tir.render.flow import cells


@dataclass(frozen=True, slots=True)
class Box:
    """Rows of equal width in cells; `base` is the row that stands on the line of the text."""

    rows: tuple[str, ...]
    base: int = 0

    @property
    def width(self) -> int:
        """Columns."""
        return cells(self.rows[0])

    @property
    def height(self) -> int:
        """Rows."""
        return len(self.rows)

    @property
    def below(self) -> int:
        """Rows under the baseline."""
        return len(self.rows) - 1 - self.base


def text(line: str) -> Box:
    """One row."""
    return Box((line,))


def blank(width: int) -> Box:
    """One row of spaces."""
    return Box((" " * width,))


def padded(line: str, width: int, align: str = "center") -> str:
    """`line` with spaces around it up to `width` cells."""
    room = width - cells(line)
    left = {"left": 0, "right": room}.get(align, room // 2)
    return " " * left + line + " " * (room - left)


def beside(boxes: Sequence[Box]) -> Box:
    """Next to each other, on one baseline."""
    boxes = [box for box in boxes if box.width] or [text("")]
    above = max(box.base for box in boxes)
    below = max(box.below for box in boxes)
    columns = [
        (" " * box.width,) * (above - box.base)
        + box.rows
        + (" " * box.width,) * (below - box.below)
        for box in boxes
    ]
    return Box(tuple("".join(parts) for parts in zip(*columns, strict=True)), above)


def stacked(boxes: Sequence[Box], base: int, align: str = "center") -> Box:
    """On top of each other; `base` is the row of the whole that is the baseline."""
    width = max(box.width for box in boxes)
    rows = tuple(padded(row, width, align) for box in boxes for row in box.rows)
    return Box(rows, base)
