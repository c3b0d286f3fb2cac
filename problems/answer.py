"""The final answer of a piece of reasoning: what it boxed, or said in so many words."""

import re
from dataclasses import dataclass
from typing import Literal

_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
# Between two boxes of one answer: "\boxed{2} and \boxed{3}", "$\boxed{2}$, $\boxed{3}$".
_JOIN = re.compile(r"[\s$]*(?:,|;|，|、|(?:,\s*)?\b(?:and|or)\b|和|或)[\s$]*", re.IGNORECASE)
_BARE = re.compile(r"[ \t]+(-?[0-9A-Za-z.]+)")
# Only a sentence that announces the answer. A number that merely stands last is some
# intermediate value often enough that guessing it would turn "no answer" into a wrong one.
_SENTENCE = re.compile(
    r"(?:\b(?:final\s+|correct\s+)?answer(?:\s+to\s+[^.\n:]{1,80}?)?\s*(?:is|are|:|=)\s*:?|"
    r"(?:最终|正确)?答案(?:是|为|：|:)\s*[：:]?)[ \t]*",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"\.(?=\s|$)|。|\n|！|!(?=\s*$)")
_TAIL = 4000
"""A final sentence stands at the end; only this much of the text is searched for one."""

_LAYERS = 8
"""Wrappers taken off one answer: people write three; a bound keeps "x . . . ." linear."""
_JOIN_LIMIT = 40
"""Characters between two boxes of one answer."""

_MATH = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"))
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mbox|mathbf)\s*\{([^{}]*)\}\Z")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as written, without delimiters around it."""

    text: str
    how: Literal["boxed", "sentence"]


def extract(text: str) -> Answer | None:
    """The last balanced `\\boxed{...}`, else the last sentence that announces an answer.

    Boxes that end the text side by side ("\\boxed{2} and \\boxed{3}") are one answer, "2, 3".
    An unclosed box is no box. Time is linear in the length of `text`.
    """
    boxes = _boxes(text)
    if boxes:
        last = len(boxes) - 1
        first = last
        while first and _joined(text, boxes[first - 1][1], boxes[first][0]):
            first -= 1
        parts = [strip(boxes[at][2]) for at in range(first, last + 1)]
        joined = ", ".join(part for part in parts if part)
        return Answer(joined, "boxed") if joined else None
    tail = text[-_TAIL:]
    for match in reversed(list(_SENTENCE.finditer(tail))):
        end = _SENTENCE_END.search(tail, match.end())
        said = strip(tail[match.end() : end.start() if end else len(tail)])
        if said and said.count("{") == said.count("}"):
            return Answer(said, "sentence")
    return None


def strip(text: str) -> str:
    """`text` without math delimiters, emphasis, a final period or one `\\text{}` around it."""
    for _ in range(_LAYERS):
        before = text
        text = text.strip().rstrip("。")
        if text.endswith(".") and not text.endswith(".."):
            text = text[:-1].rstrip()
        for opening, closing in _MATH:
            inner = text[len(opening) : -len(closing)]
            if (
                len(text) > len(opening) + len(closing)
                and text.startswith(opening)
                and text.endswith(closing)
                and opening not in inner
                and closing not in inner
                # "\$" at the end is money, not a delimiter.
                and not inner.endswith("\\")
            ):
                text = inner
        wrapped = _TEXT.match(text)
        if wrapped:
            text = wrapped.group(1)
        if text == before:
            break
    return text


def _joined(text: str, end: int, start: int) -> bool:
    return start - end <= _JOIN_LIMIT and _JOIN.fullmatch(text, end, start) is not None


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """(start, end, content) of the outermost balanced boxes, in order, in one pass."""
    close = _matching(text)
    boxes: list[tuple[int, int, str]] = []
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
                boxes.append((match.start(), end, text[at + 1 : close[at]]))
        else:
            bare = _BARE.match(text, match.end())
            if bare:
                end = bare.end(1)
                boxes.append((match.start(), end, bare.group(1)))
    return boxes


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
