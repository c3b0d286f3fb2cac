"""Whole texts with mathematics in them: an answer, a question, a line of a report."""

import re

from tir.render.math.box import Box, beside, text
from tir.render.math.formula import laid_out, one_line, source
from tir.render.math.glyphs import Charset
from tir.render.safe import one_line as safe_line
from tir.render.safe import visible
from tir.render.spans import Kind, Span, spans

_DRAWING = re.compile(r"\[asy\](.*?)\[/asy\]", re.DOTALL)
"""Asymptote's programs, which the MATH set draws its figures with."""

_FORMATTED = re.compile(r"\\(?:textbf|textit|emph|text|textrm|underline|mbox)\{([^{}\\$]*)\}")
_COMMAND = re.compile(r"(?<!\\)\\[A-Za-z]+(?![A-Za-z{\[])")
_WORDS = re.compile(r"[a-z]{2,}\s+[a-z]{2,}")
_AMBIGUOUS = re.compile(r"\*\*|[A-Za-z]{3,}\(|\^\(|\^[A-Za-z]{2}|_[A-Za-z]{2}|[A-Za-z]_\w+\(")
_TEXT = re.compile(r"\\[A-Za-z]+\s*(?:\{[^{}]*\})?")
_SCRIPT = re.compile(r"[\^_]")


def prose(words: str) -> str:
    r"""Prose as it is read: without the commands that only format it, such as `\textbf`."""
    words = _FORMATTED.sub(r"\1", words)
    words = words.replace(r"\\", "\n").replace(r"\ ", " ")
    words = re.sub(r"(?<=\w)~(?=\w)", " ", words)
    return words.replace("``", "“")


def with_signs(words: str, charset: Charset) -> str:
    r"""Prose with commands that are one sign, such as `\times`, as that sign."""
    if "\\" not in words:
        return words
    return _COMMAND.sub(lambda found: one_line(found[0], charset) or found[0], prose(words))


def without_drawings(question: str) -> str:
    """A figure's program folded into a note that there is one."""
    return _DRAWING.sub(
        lambda found: f"[drawing: {len(found[1].split(chr(10)))} lines of Asymptote]", question
    )


def flat_text(written: str, charset: Charset) -> str:
    """`written` with each formula in one line, or as its source; harmless for a terminal."""
    shown = []
    for span in spans(without_drawings(written)):
        if span.kind is Kind.PROSE:
            shown.append(visible(with_signs(span.text, charset)))
        elif span.kind is Kind.CODE:
            shown.append(visible(span.source))
        else:
            line = one_line(span.text, charset)
            shown.append(visible(span.source) if line is None else line)
    return "".join(shown)


def flat_answer(answer: str, charset: Charset) -> str:
    """An answer in one line."""
    if not _is_latex(answer):
        return safe_line(answer)
    parts = _parts(answer)
    lines = [
        one_line(part.text, charset)
        if part.kind is not Kind.PROSE
        else with_signs(part.text, charset)
        for part in parts
    ]
    if None in lines:
        return safe_line(answer)
    return safe_line("".join(line or "" for line in lines))


def answer_box(answer: str, charset: Charset, width: int | None) -> Box:
    """An answer laid out if that fits, else in one line, else as it was written."""
    if not _is_latex(answer):
        return source(answer)
    boxes = []
    for part in _parts(answer):
        if part.kind in (Kind.PROSE, Kind.CODE):
            words = safe_line(with_signs(part.text, charset))
            lead, trail = part.text[:1].isspace(), part.text[-1:].isspace()
            boxes.append(text(" " * lead + words + " " * trail))
            continue
        box = laid_out(part.text, charset, width)
        if box is None:
            return source(answer)
        boxes.append(box)
    whole = beside(boxes)
    if width is not None and whole.width > width:
        return text(flat_answer(answer, charset))
    return whole


def _parts(answer: str) -> list[Span]:
    """The spans of an answer; one without delimiters is a formula as a whole."""
    found = spans(answer)
    delimited = any(span.kind is not Kind.PROSE and span.source != span.text for span in found)
    prose_ = " ".join(span.text for span in found if span.kind is Kind.PROSE)
    if not delimited and not _WORDS.search(_TEXT.sub("", prose_)):
        return [Span(Kind.DISPLAY, answer, answer)]
    return found


def _is_latex(answer: str) -> bool:
    """Whether to read an answer as LaTeX: not `x**2`, `Rational(1, 2)` or words."""
    if "\\" in answer or "$" in answer:
        return True
    return _SCRIPT.search(answer) is not None and not _AMBIGUOUS.search(answer)
