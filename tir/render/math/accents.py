"""Marks above and below letters."""

from xml.etree.ElementTree import Element

from tir.render.math.box import Box, beside, stacked, text
from tir.render.math.fences import rule, vinculum
from tir.render.math.glyphs import Charset, Unwritable

_COMBINING = {
    "^": "\u0302", "ˆ": "\u0302", "¯": "\u0305", "―": "\u0305", "‾": "\u0305", "→": "\u20d7",
    "~": "\u0303", "˜": "\u0303", "˙": "\u0307", "¨": "\u0308", "´": "\u0301", "`": "\u0300",
    "ˇ": "\u030c", "˘": "\u0306", "_": "\u0332", "‗": "\u0332",
}  # fmt: skip
_LINES = frozenset("¯―‾_")
_BRACES = frozenset("⏞⏟⎴⎵")
_NAMES = {
    "^": "hat", "ˆ": "hat", "¯": "bar", "―": "bar", "‾": "bar", "→": "vec", "~": "tilde",
    "˜": "tilde", "˙": "dot", "¨": "ddot", "⌢": "arc",
}  # fmt: skip


def mark_of(element: Element) -> str | None:
    """The mark that this script is; None if it is a formula of its own."""
    while element.tag in ("mrow", "mstyle") and len(element) == 1:
        element = element[0]
    mark = element.text or ""
    if mark == "⌢":
        return mark
    if element.tag != "mo" or len(element):
        return None
    return mark if mark in _COMBINING or mark in _BRACES else None


def accented(inner: Box, mark: str, charset: Charset, *, under: bool, flat: bool) -> Box:
    """`inner` with the mark above it, or under it.

    Raises:
        Unwritable: The mark has no such form.
    """
    if mark in _BRACES:
        if flat:
            raise Unwritable
        corners = ("└", "┘", "┌", "┐") if charset is Charset.UNICODE else ("\\", "/", "/", "\\")
        ends = corners[:2] if under else corners[2:]
        line = text(ends[0] + rule(max(inner.width - 2, 0), charset) + ends[1])
        parts = [inner, line] if under else [line, inner]
        return stacked(parts, inner.base + (not under))
    if charset is Charset.UNICODE and inner.height == 1 and inner.rows[0].isascii():
        letters = inner.rows[0]
        # One sign over a single letter; a line or an arrow over any number of them.
        if mark != "⌢" and (len(letters) == 1 or mark in _LINES or mark == "→"):
            sign = "\u0332" if under else _COMBINING[mark]
            return text("".join(f"{letter}{sign}" for letter in letters))
    if mark in _LINES and not flat:
        if under:
            return stacked([inner, text(rule(inner.width, charset))], inner.base)
        return vinculum(inner)
    if inner.height > 1 or (under and mark not in _LINES):
        raise Unwritable
    name = "underline" if under else _NAMES.get(mark)
    if name is None:
        raise Unwritable
    return beside([text(f"{name}("), inner, text(")")])
