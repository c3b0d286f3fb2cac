"""Text of a model or a question as HTML: prose, mathematics, code, lists, emphasis.

All of it is escaped first and marked up afterwards with tags of ours, so no text can bring a tag
of its own. Only the Markdown that models write in solutions is read: paragraphs, headings, lists,
bold, code. A link stays text: a page of model output should not offer any.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from itertools import pairwise

from tir.render.math.document import with_signs, without_drawings
from tir.render.math.glyphs import Charset
from tir.render.mathml import mathml
from tir.render.safe import visible
from tir.render.spans import Kind, Span, spans

_MARK = re.compile("\x00([0-9]+)\x00")
"""Stands for a span of mathematics or code. Prose cannot hold it: `visible` spells out \\0."""
_BOLD = re.compile(r"(?<![\w*])\*\*(?=[^\s*])([^*\n]+?)(?<!\s)\*\*(?![\w*])")
_HEADING = re.compile(r"#{1,6}\s+(.+)")
_BULLET = re.compile(r"\s*[-*+•]\s+(.+)")
_NUMBER = re.compile(r"\s*([0-9]{1,4})[.)]\s+(.+)")
_RULE = re.compile(r"\s*(?:-{3,}|\*{3,}|_{3,})\s*")
_DISPLAYED = '<math display="block">'
_WITHIN = {Kind.DISPLAY: Kind.INLINE}
_WORD = re.compile(r"[^\W\d_]{3,}|\b(?:or|no|if|is|of)\b", re.IGNORECASE)
"""What shows that an answer is words: two letters may be a product."""
_COMMAND = re.compile(r"\\[a-zA-Z]+\*?(?:\s*\{[^{}]*\})?")
_SET = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")
_MEASURED = re.compile(r"[-+]?[\d.,]+ +(?!pi\b|ln\b)[A-Za-zµ]{2,}(?:/[A-Za-z]+)?(?:\^?[23])?")
"""A number with its unit: km is no product of k and m behind a space."""
_NAMES = frozenset("sin cos tan log exp lim max min gcd lcm mod deg".split())


def markup(text: str) -> str:
    """`text` as paragraphs, lists and blocks of code: what belongs within a `<div>`."""
    marked, kept = _marked(text)
    return "".join(_blocks(marked, kept))


def inline(text: str) -> str:
    """`text` within a line: mathematics, code and bold, no paragraphs."""
    marked, kept = _marked(" ".join(text.split()))
    within = [replace(span, kind=_WITHIN.get(span.kind, span.kind)) for span in kept]
    return _line(marked.replace("\n", ""), within)


def answer(text: str) -> str:
    """A final answer, which is LaTeX or plain words without delimiters around it."""
    text = text.strip()
    if not text:
        return ""
    bare = _COMMAND.sub(" ", text)
    words = [word for word in _WORD.findall(bare) if word not in _NAMES]
    # A bare command is a span too, without delimiters: then the whole answer is LaTeX.
    delimited = any(
        each.kind is not Kind.PROSE and each.source != each.text for each in spans(text)
    )
    if words or delimited or _MEASURED.fullmatch(text):
        return inline(text)
    if _SET.fullmatch(text):
        # Written plainly it is a set; TeX would take its braces for a group, and drop them.
        return _formula(f"\\{{{text[1:-1]}\\}}", text, block=False)
    return _formula(text, text, block=False)


def code(text: str, *, tag: str = "code") -> str:
    """A program (`code`) or what it printed (`samp`), character by character."""
    return f'<pre class="tir-{tag}"><{tag}>{plain(text)}</{tag}></pre>'


def plain(text: str) -> str:
    """`text` as it stands, escaped, with what a terminal would obey spelt out."""
    return escape(visible(text))


def _marked(text: str) -> tuple[str, list[Span]]:
    """`text` escaped, with marks in place of mathematics and code."""
    kept: list[Span] = []
    parts: list[str] = []
    for span in spans(without_drawings(text)):
        if span.kind is Kind.PROSE:
            parts.append(plain(with_signs(span.text, Charset.UNICODE)))
        else:
            mark = f"\x00{len(kept)}\x00"
            parts.append(f"\n\n{mark}\n\n" if _stands_alone(span) else mark)
            kept.append(span)
    return "".join(parts), kept


def _stands_alone(span: Span) -> bool:
    return span.kind is Kind.CODE and span.source.startswith("```")


def _blocks(marked: str, kept: list[Span]) -> Iterator[str]:
    paragraph: list[str] = []
    items: list[list[str]] = []
    tag = ""

    def ended() -> Iterator[str]:
        if paragraph:
            yield f"<p>{_joined(paragraph)}</p>"
            paragraph.clear()
        if items:
            listed = "".join(f"<li>{_joined(item)}</li>" for item in items)
            yield f"<{tag}>{listed}</{tag.split()[0]}>"
            items.clear()

    for line in marked.split("\n"):
        alone = _MARK.fullmatch(line.strip())
        if alone is not None and _stands_alone(kept[int(alone.group(1))]):
            yield from ended()
            yield _fence(kept[int(alone.group(1))])
        elif not line.strip() or _RULE.fullmatch(line):
            # A blank line between two items of a list does not end it.
            if not items:
                yield from ended()
        elif heading := _HEADING.fullmatch(line.strip()):
            yield from ended()
            yield f"<p><strong>{_line(heading.group(1), kept, bold=False)}</strong></p>"
        elif bullet := _BULLET.fullmatch(line):
            if paragraph or tag != "ul":
                yield from ended()
            tag = "ul"
            items.append([_line(bullet.group(1), kept)])
        elif number := _NUMBER.fullmatch(line):
            if paragraph or not items or not tag.startswith("ol"):
                yield from ended()
                tag = f'ol start="{int(number.group(1))}"'
            items.append([_line(number.group(2), kept)])
        else:
            if items and line[:1].isspace():
                items[-1].append(_line(line.strip(), kept))
                continue
            if items:
                yield from ended()
            paragraph.append(_line(line.strip(), kept))
    yield from ended()


def _joined(lines: list[str]) -> str:
    """The lines with breaks between; a displayed formula breaks the line by itself."""
    joined = lines[0]
    for before, line in pairwise(lines):
        broken = _ends_displayed(before) or line.startswith(_DISPLAYED)
        joined += line if broken else f"<br>{line}"
    return joined


def _ends_displayed(line: str) -> bool:
    return line.endswith("</math>") and line.startswith(_DISPLAYED, line.rindex("<math"))


def _line(marked: str, kept: list[Span], *, bold: bool = True) -> str:
    text = _BOLD.sub(r"<strong>\1</strong>", marked) if bold else marked.replace("**", "")
    return _MARK.sub(lambda match: _span(kept[int(match.group(1))]), text)


def _span(span: Span) -> str:
    if span.kind is Kind.CODE:
        return f"<code>{plain(span.text.strip('`'))}</code>"
    return _formula(span.text, span.source, block=span.kind is Kind.DISPLAY)


def _formula(latex: str, source: str, *, block: bool) -> str:
    """MathML, or what was written where that cannot be parsed."""
    drawn = mathml(latex, block=block)
    return f'<code class="tir-tex">{plain(source)}</code>' if drawn is None else drawn


def _fence(span: Span) -> str:
    first, _, rest = span.text.partition("\n")
    # The word after the backquotes names a language.
    return code(rest if rest and " " not in first.strip() else span.text)
