"""Boxes in a text: where they stand, what they hold, and which of them are one answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BARE = re.compile(r"[ \t]+(-?[0-9A-Za-z.]+)")
# Where a box that was never closed stops all the same, with text behind it. At the very end of
# a text there is no telling "\boxed{12" from the start of "\boxed{120}".
_BROKEN_OFF = re.compile(r"\$|\\[)\]]|\n|[.。](?=\s)")
_BROKEN_LIMIT = 200

_LAYERS = 8
"""Boxes inside one another that are opened; people write two."""
_JOIN_LIMIT = 60
"""Characters between two boxes of one answer."""
_LABEL_LIMIT = 40

_GLUE = r"(?:[\s$&]|\\[()\[\],;:! \\]|\\q?quad(?![A-Za-z]))*"
_WORD = r"(?:\b(?:and|or)\b|和|或者?|与|及)"
_AND = (
    rf"(?:[,;，；、]{_GLUE}{_WORD}?|{_WORD}"
    rf"|[,;]?{_GLUE}\\(?:text|mbox|textrm)\{{\s*,?\s*{_WORD}\s*\}})"
)
_NAME = r"(?:\\[A-Za-z]+|[A-Za-z])(?:_(?:\{[^{}]*\}|\w))?(?:\([a-z]\))?"
_PART = r"(?:part\s*)?\((?:[a-h]|i{1,3}|iv|v|[1-9])\)|（[1-9]）"
_BETWEEN = re.compile(
    rf"{_GLUE}(?:{_AND}{_GLUE}(?:{_NAME}\s*=|{_PART})?|{_PART}){_GLUE}:?{_GLUE}", re.IGNORECASE
)
_NAMED = re.compile(rf"(?<![A-Za-z\\=+\-*/^_}}\d])({_NAME})\s*={_GLUE}\Z")
_PARTED = re.compile(rf"({_PART}){_GLUE}:?{_GLUE}\Z", re.IGNORECASE)
_SECTION = re.compile(
    r"^[ \t>*#_-]*(?:part\s+\(?([a-h1-9])\)?(?!\w)|\(([a-h])\)|（([1-9])）)",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Box:
    """One outermost box: `text[start:end]`, holding `content`."""

    start: int
    end: int
    content: str


def boxes(text: str) -> list[Box]:
    """The outermost boxes in order, those inside them opened. Linear in the length of `text`."""
    close = _matching(text)
    found: list[Box] = []
    end = 0
    for match in _BOX.finditer(text):
        if match.start() < end:
            continue
        at = match.end()
        while at < len(text) and text[at] in " \t\n" and at - match.end() < 8:
            at += 1
        if at < len(text) and text[at] == "{":
            if at in close:
                end = close[at] + 1
                found.append(Box(match.start(), end, _opened(text[at + 1 : close[at]])))
            elif stop := _BROKEN_OFF.search(text, at + 1, at + _BROKEN_LIMIT):
                content = text[at + 1 : stop.start()]
                if not _BOX.search(content):
                    end = stop.start()
                    found.append(Box(match.start(), end, content + "}" * _open_braces(content)))
        elif bare := _BARE.match(text, match.end()):
            end = bare.end(1)
            found.append(Box(match.start(), end, bare.group(1)))
    return found


def together(text: str, found: list[Box]) -> list[tuple[str, str]]:
    """(label, content) of the boxes that are the one last answer; labels "" unless all have one.

    These are the boxes that end the text side by side, or one in each part of an answer that is
    written in parts (a), (b), and so on.
    """
    labels = in_sections(text, [box.start for box in found])
    if labels:
        return [(label, box.content) for label, box in zip(labels, found, strict=True)]
    first = len(found) - 1
    while first and _joined(text, found[first - 1], found[first]):
        first -= 1
    group = found[first:]
    if len(group) == 1:
        return [("", group[0].content)]
    labels = [_label(text, box, group[at - 1].end if at else 0) for at, box in enumerate(group)]
    if "" in labels or len(set(labels)) < len(labels):
        labels = [""] * len(group)
    return [(label, box.content) for label, box in zip(labels, group, strict=True)]


def _joined(text: str, box: Box, after: Box) -> bool:
    gap = after.start - box.end
    return gap <= _JOIN_LIMIT and _BETWEEN.fullmatch(text, box.end, after.start) is not None


def _label(text: str, box: Box, since: int) -> str:
    before = text[max(since, box.start - _LABEL_LIMIT) : box.start]
    if part := _PARTED.search(before):
        return f"({part[1].strip('()（）')[-1:]})" if len(part[1]) < 4 else part[1]
    name = _NAMED.search(before)
    return f"{name[1]} =" if name and "=" not in box.content else ""


def in_sections(text: str, starts: Sequence[int]) -> list[str]:
    """The labels "(a)", "(b)", ... of what stands at `starts`, one in each lettered part of `text`.

    Empty unless there are parts whose labels begin lines, in order, and hold one each.
    """
    if len(starts) < 2:
        return []
    heads = [(m.start(), (m[1] or m[2] or m[3]).lower()) for m in _SECTION.finditer(text)]
    firsts = [at for at, (_, label) in enumerate(heads) if label in "a1"]
    heads = heads[firsts[-1] :] if firsts else []
    if len(heads) != len(starts):
        return []
    if any(ord(after[1]) != ord(before[1]) + 1 for before, after in pairwise(heads)):
        return []
    ends = [*(start for start, _ in heads[1:]), len(text)]
    spans = zip(heads, ends, starts, strict=True)
    if any(not start <= at < end for (start, _), end, at in spans):
        return []
    return [f"({label})" for _, label in heads]


def _opened(content: str) -> str:
    """`content` with the boxes in it replaced by what they hold."""
    for _ in range(_LAYERS):
        if not _BOX.search(content):
            break
        close = _matching(content)
        pieces, at = [], 0
        for match in _BOX.finditer(content):
            brace = match.end()
            if match.start() >= at and brace in close:
                pieces += [content[at : match.start()], content[brace + 1 : close[brace]]]
                at = close[brace] + 1
        content = "".join([*pieces, content[at:]])
    return content


def _open_braces(text: str) -> int:
    depth = 0
    for match in _BRACE.finditer(text):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
    return max(depth, 0)


def _matching(text: str) -> dict[int, int]:
    """Where each balanced brace closes. One stack pass: scanning from every `\\boxed{` anew
    would be quadratic on a megabyte of them."""
    stack: list[int] = []
    close: dict[int, int] = {}
    for match in _BRACE.finditer(text):
        token = match.group()
        if token == "{":
            stack.append(match.start())
        elif token == "}" and stack:
            close[stack.pop()] = match.start()
    return close
