"""The final answer of a piece of reasoning: what it boxed, or said in so many words."""

import re
from dataclasses import dataclass
from typing import Literal

from .boxes import boxes, together
from .prose import own_words
from .sentence import announced

_LAYERS = 8
"""Wrappers taken off one answer: people write three; a bound keeps "x . . . ." linear."""

# Left open, or quoted from an instruction: "put your answer in \boxed{}".
_EMPTY = re.compile(
    r"[\s.…]*|\\[lc]?dots|(?:\\text\{)?\s*(?:(?:your|final|the)\s+)*answer\s*\}?", re.IGNORECASE
)
_MATH = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"))
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mbox|mathbf)\s*\{([^{}]*)\}\Z")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as written, without delimiters around it."""

    text: str
    how: Literal["boxed", "sentence", "printed"]
    """`extract` finds the first two; a value that a program printed is an answer by proof only."""


def extract(text: str) -> Answer | None:
    """The last boxed answer, else the last sentence that announces one, in English or Chinese.

    Programs, what they printed, other speakers' turns and a restated question are left out.
    Boxes that belong together are one answer: "\\boxed{2} and \\boxed{3}" is "2, 3",
    "x = \\boxed{1} and y = \\boxed{2}" is "x = 1, y = 2", and one box for each of (a) and (b)
    is "(a) .., (b) ..". A box without its closing brace ends with its formula or line; at the
    end of a text it is no box, for the answer may go on. Time is linear in the length of `text`.
    """
    text = own_words(text)
    found = [box for box in boxes(text) if not _EMPTY.fullmatch(box.content)]
    if found:
        stripped = [(label, strip(content)) for label, content in together(text, found)]
        parts = [f"{label} {content}".strip() for label, content in stripped if content]
        # "\boxed{5}, or \boxed{5}" says one thing twice.
        joined = ", ".join(dict.fromkeys(parts))
        return Answer(joined, "boxed") if joined else None
    said = strip(announced(text) or "")
    return Answer(said, "sentence") if said else None


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
