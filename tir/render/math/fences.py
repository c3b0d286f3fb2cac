"""Brackets and rules that grow with what they enclose."""

from tir.render.math.box import Box, text
from tir.render.math.glyphs import Charset

_PIECES = {
    "(": "⎛⎜⎜⎝", ")": "⎞⎟⎟⎠", "[": "⎡⎢⎢⎣", "]": "⎤⎥⎥⎦", "|": "││││", "‖": "‖‖‖‖",
    "⌊": "⎢⎢⎢⎣", "⌋": "⎥⎥⎥⎦", "⌈": "⎡⎢⎢⎢", "⌉": "⎤⎥⎥⎥", "{": "⎧⎪⎨⎩", "}": "⎫⎪⎬⎭",
    "⟨": "╱││╲", "⟩": "╲││╱",
}  # fmt: skip
"""Top, extension, middle, bottom."""

_ASCII = {
    "(": "/||\\", ")": "\\||/", "[": "[[[[", "]": "]]]]", "|": "||||", "{": "/|<\\",
    "}": "\\|>/", "||": "||||",
}  # fmt: skip


def fence(mark: str, height: int, base: int, charset: Charset) -> Box:
    """`mark` as tall as that; as it is, if it has no tall form."""
    pieces = (_PIECES if charset is Charset.UNICODE else _ASCII).get(mark)
    if height == 1 or pieces is None:
        return text(mark)
    top, extension, middle, bottom = tuple(pieces)
    if mark in "{}" and height == 2:
        if charset is Charset.UNICODE:
            top, bottom = ("⎰", "⎱") if mark == "{" else ("⎱", "⎰")
        return Box((top, bottom), base)
    rows = [extension] * height
    rows[0], rows[-1] = top, bottom
    if mark in "{}":
        rows[min(max(base, 1), height - 2)] = middle
    return Box(tuple(rows), base)


def rule(width: int, charset: Charset) -> str:
    """A horizontal line."""
    return ("─" if charset is Charset.UNICODE else "-") * width


def vinculum(inner: Box) -> Box:
    """`inner` with a line above it."""
    return Box(("_" * inner.width, *inner.rows), inner.base + 1)


def radical(inner: Box, charset: Charset) -> Box:
    """`inner` under a root."""
    if inner.height == 1:
        sign = "√" if charset is Charset.UNICODE else "\\/"
        top = " " * len(sign) + "_" * (inner.width + 1)
        return Box((top, f"{sign} {inner.rows[0]}"), 1)
    side, foot = ("│", "╲│") if charset is Charset.UNICODE else ("|", "\\|")
    line = "┌" + "─" * (inner.width + 1) if charset is Charset.UNICODE else "_" * (inner.width + 2)
    rows = [f" {line}"]
    for index, row in enumerate(inner.rows):
        rows.append(f"{foot if index == inner.height - 1 else f' {side}'} {row}")
    return Box(tuple(rows), inner.base + 1)
