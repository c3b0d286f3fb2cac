"""Matrices, cases and aligned equations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tir.render.math.box import Box, beside, padded, stacked, text
from tir.render.math.fences import rule
from tir.render.math.glyphs import Charset, Unwritable

_NUMBER = re.compile(r"[-−]?\d*\.?\d*")


@dataclass(frozen=True, slots=True)
class Table:
    """Cells, with the rules between them."""

    rows: tuple[tuple[Box, ...], ...]
    aligns: tuple[str, ...]
    """Of each column: left, center or right."""
    rules: tuple[int, ...]
    """Rows that have a rule above them; the number of rows for one below all."""
    bars: tuple[int, ...]
    """Columns that have a rule to their left; their number for one to the right."""
    aligned: bool
    """Equations: columns in pairs that meet at a relation."""


def table(shape: Table, charset: Charset, *, flat: bool) -> Box:
    """The table in rows of its own, or `flat`: `1, 2; 3, 4`.

    Raises:
        Unwritable: It has rules, which one line cannot show.
    """
    if not flat:
        return _drawn(shape, charset)
    if shape.bars or shape.rules:
        raise Unwritable
    mark = " " if shape.aligned else ", "
    lines = []
    for cells in shape.rows:
        filled = [cell.rows[0].strip() for cell in cells]
        lines.append(mark.join(cell for cell in filled if cell or not shape.aligned))
    return text("; ".join(line.strip(" ,") for line in lines if line.strip() or not shape.aligned))


def _drawn(shape: Table, charset: Charset) -> Box:
    columns = max(map(len, shape.rows))
    filled = [[*cells, *[text("")] * (columns - len(cells))] for cells in shape.rows]
    if shape.aligned:
        filled = [[_stripped(cell) for cell in cells] for cells in filled]
    widths = [max(cells[column].width for cells in filled) for column in range(columns)]
    numeric = {
        column
        for column in range(columns)
        if all(_NUMBER.fullmatch(cells[column].rows[0]) for cells in filled)
    }
    lines = [beside([*_with_gaps(cells, widths, numeric, shape, charset)]) for cells in filled]
    width = lines[0].width
    parts: list[Box] = []
    airy = any(line.height > 1 for line in lines)
    for at, line in enumerate(lines):
        if at in shape.rules:
            parts.append(text(rule(width, charset)))
        elif at and airy:
            parts.append(text(""))
        parts.append(line)
    if len(lines) in shape.rules:
        parts.append(text(rule(width, charset)))
    height = sum(part.height for part in parts)
    # An odd number of rows has a middle one; of an even number it is the upper.
    return stacked(parts, (height - 1) // 2 if len(lines) > 1 else lines[0].base, "left")


def _with_gaps(
    cells: list[Box], widths: list[int], numeric: set[int], shape: Table, charset: Charset
) -> Iterator[Box]:
    height = max(cell.base for cell in cells) + max(cell.below for cell in cells) + 1
    base = max(cell.base for cell in cells)
    bar = "│" if charset is Charset.UNICODE else "|"
    for column, cell in enumerate(cells):
        if column in shape.bars:
            side = " " if column else ""
            yield Box((f"{side}{bar} ",) * height, base)
        elif column:
            pair = shape.aligned and column % 2 == 1
            yield text(" " if pair else "  ")
        align = shape.aligns[column] if column < len(shape.aligns) else "center"
        if align == "center" and column in numeric:
            align = "right"
        yield Box(tuple(padded(line, widths[column], align) for line in cell.rows), cell.base)
    if len(cells) in shape.bars:
        yield Box((f" {bar}",) * height, base)


def _stripped(box: Box) -> Box:
    """Without the columns of spaces at its left, which stood between a cell and its sign."""
    margin = min(len(line) - len(line.lstrip(" ")) for line in box.rows)
    return Box(tuple(line[margin:] for line in box.rows), box.base)
