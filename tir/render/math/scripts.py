"""What stands raised and lowered beside a base."""

from collections.abc import Callable

from tir.render.math.box import Box, beside, stacked, text
from tir.render.math.glyphs import Charset, lowered, raised


def scripted(
    base: Box, over: Box | None, under: Box | None, charset: Charset, *, flat: bool
) -> Box:
    """`base` with scripts: as raised and lowered letters where there are such, else in rows of
    their own, or, `flat`, after `^` and `_`, in brackets if they are longer than one sign.
    """
    small = _small(over, raised, charset), _small(under, lowered, charset)
    if None not in small and (base.height == 1 or flat):
        return beside([base, text((small[1] or "") + (small[0] or ""))])
    if flat:
        written = ""
        if under is not None:
            written += small[1] or f"_{_grouped(under.rows[0])}"
        if over is not None:
            written += small[0] or f"^{_grouped(over.rows[0])}"
        return beside([base, text(written)])
    if base.height > 1:
        over = over if small[0] is None or over is None else text(small[0])
        under = under if small[1] is None or under is None else text(small[1])
    return beside([base, _column(base, over, under)])


def _small(
    script: Box | None, translate: Callable[[str, Charset], str | None], charset: Charset
) -> str | None:
    """The script in small letters, "" if there is no script."""
    if script is None:
        return ""
    return translate(script.rows[0], charset) if script.height == 1 else None


def _grouped(line: str) -> str:
    line = line.strip()
    return line if len(line) == 1 or line.isdigit() else f"({line})"


def _column(base: Box, over: Box | None, under: Box | None) -> Box:
    """Scripts beside a base, clear of its baseline."""
    # Rows are counted from the base's first one.
    top = 0 if base.height == 1 else 1
    bottom = base.height if base.height == 1 else base.height - 1
    first = top - over.height if over is not None else min(base.base, bottom)
    last = bottom + under.height if under is not None else max(base.base + 1, top)
    parts: list[Box] = []
    if over is not None:
        parts.append(over)
    gap = (bottom if under is not None else last) - (top if over is not None else first)
    parts += [text("")] * gap
    if under is not None:
        parts.append(under)
    return stacked(parts, base.base - first, "left")
