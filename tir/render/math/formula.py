"""A formula in LaTeX as readable characters: laid out, in one line, or as its source."""

from tir.render.math.box import Box, text
from tir.render.math.glyphs import Charset, Unwritable
from tir.render.math.setting import Setting
from tir.render.math.tree import tree
from tir.render.safe import one_line as safe_line


def one_line(latex: str, charset: Charset) -> str | None:
    """The formula in one line; None if it cannot be read, or not be written so faithfully."""
    box = _set(latex, charset, flat=True)
    return None if box is None else box.rows[0].strip()


def laid_out(latex: str, charset: Charset, width: int | None) -> Box | None:
    """The formula with its fractions, roots and matrices in rows; in one line if that is too wide
    for `width` columns; None if neither fits.
    """
    for flat in (False, True):
        box = _set(latex, charset, flat=flat)
        if box is not None and (width is None or box.width <= width):
            return box
    return None


def source(latex: str) -> Box:
    """The formula as it was written, in one line and harmless."""
    return text(safe_line(latex))


def _set(latex: str, charset: Charset, *, flat: bool) -> Box | None:
    root = tree(latex, display=not flat)
    if root is None:
        return None
    try:
        return _trimmed(Setting(charset, flat=flat).box([root]))
    except (Unwritable, RecursionError):
        return None


def _trimmed(box: Box) -> Box:
    """Without blank columns at its left and empty rows above and below."""
    margin = min((len(row) - len(row.lstrip(" ")) for row in box.rows if row.strip()), default=0)
    return Box(tuple(row[margin:] for row in box.rows), box.base)
