r"""Splits text into prose, code and mathematics, whole or as it streams.

`$..$`, `$$..$$`, `\(..\)`, `\[..\]`, environments such as `align*`, and a `\boxed{..}` outside of
any of these are mathematics. A dollar is also money: `$5 and $7` is prose. Pandoc's rule settles
most of it (tex_math_dollars: no space within the delimiters, no digit after them); what is written
with a space all the same, or would be money by its content, must look like mathematics.
"""

import re
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a span of text is."""

    PROSE = "prose"
    CODE = "code"
    """Between backquotes or fences."""
    INLINE = "inline"
    """Mathematics within a line."""
    DISPLAY = "display"
    """Mathematics that stands alone."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text. The sources of all spans joined are the text that was split."""

    kind: Kind
    text: str
    r"""Without delimiters; prose without the backslash of `\$`, `\%`, `\&`, `\#`."""
    source: str


INLINE_LIMIT = 2_000
"""Characters of a formula in a line. What is open for longer is no formula."""
DISPLAY_LIMIT = 10_000

_UNCLOSED = 50
"""Openings without an end after which no more are looked for: it would take quadratic time."""

_ENVIRONMENTS = (
    "align|alignat|aligned|array|bmatrix|Bmatrix|cases|displaymath|eqnarray|equation|flalign|gather"
    "|gathered|math|matrix|multline|pmatrix|smallmatrix|split|tabular|vmatrix|Vmatrix"
)
_OPENING = re.compile(
    r"(?P<escape>\\[$%&#])"
    r"|(?P<display>\$\$|\\\[)"
    r"|(?P<dollar>\$)"
    r"|(?P<inline>\\\()"
    rf"|\\begin\s*\{{(?P<environment>(?:{_ENVIRONMENTS})\*?)\}}"
    r"|(?P<box>\\(?:boxed|fbox|[dtc]?frac|sqrt|[dt]?binom|overline|vec)\s*(?=[{\[]))"
    r"|(?P<fence>```)"
    r"|(?P<code>`)"
    r"|(?P<other>\\.)",
    re.DOTALL,
)
_LONG = frozenset(("display", "inline", "environment", "box", "fence"))
_PARTIAL = re.compile(r"(?:\$|`{1,2}|\\(?:begin\s*(?:\{[A-Za-z]*\*?)?|[A-Za-z]*\s*)?)\Z")
"""An end of text that may be the beginning of a delimiter."""

_ESCAPED = re.compile(r"\\([$%&#])")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_DOLLAR = re.compile(r"\\.|\$|[{}]|\n[ \t]*\n", re.DOTALL)
_COMMAND = re.compile(r"\\[A-Za-z]")
_SIGN = re.compile(r"[\^_=<>≤≥+*/]")
_WORDS = re.compile(r"[a-z]{2,}\s+[a-z]{2,}|\d\s+[a-z]{2,}|[A-Za-z]{5,}\s|[.,;?!]\s+[A-Z][a-z]")
"""What stands between two prices and in no formula, unless within a command such as `\\text`."""


def spans(text: str) -> list[Span]:
    """All of `text`; neighbours are never both prose. Linear in its length."""
    splitter = Splitter()
    return _joined([*splitter.feed(text), *splitter.end()])


class Splitter:
    """Splits a text that comes in chunks. A formula that is not closed is held back."""

    def __init__(self) -> None:
        self._held = ""
        self._unclosed = 0

    @property
    def held(self) -> str:
        """What may yet become a formula."""
        return self._held

    def feed(self, text: str) -> list[Span]:
        """The spans that are certain now."""
        self._held += text
        return self._split(final=False)

    def end(self) -> list[Span]:
        """The rest. What was never closed is prose."""
        return self._split(final=True)

    def _split(self, *, final: bool) -> list[Span]:
        text = self._held
        found: list[Span] = []
        done = at = 0
        while (opening := _OPENING.search(text, at)) is not None:
            begin = opening.start()
            if not final and _PARTIAL.fullmatch(text, begin):
                break
            if self._unclosed > _UNCLOSED:
                closed: _Found | None = _as_prose(opening.end())
            else:
                closed = _closed(opening, text, final=final)
            if closed is None:
                break
            kind, start, stop, end = closed
            if kind is Kind.PROSE:
                self._unclosed += opening.lastgroup in _LONG
                at = end
                continue
            if begin > done:
                found.append(_prose(text[done:begin]))
            found.append(Span(kind, text[start:stop], text[begin:end]))
            done = at = end
        else:
            partial = None if final else _PARTIAL.search(text, max(at, len(text) - 40))
            begin = len(text) if partial is None else partial.start()
        if begin > done:
            found.append(_prose(text[done:begin]))
        self._held = text[begin:]
        return found


_Found = tuple[Kind, int, int, int]
"""The kind, where the content begins and ends, and where the whole ends."""


def _closed(opening: re.Match[str], text: str, *, final: bool) -> _Found | None:
    """What begins there: prose if nothing does, None if more text must come to tell."""
    start = opening.end()
    match opening.lastgroup:
        case "display":
            closing = "$$" if opening.group() == "$$" else r"\]"
            found = _until(text, start, closing, Kind.DISPLAY, DISPLAY_LIMIT)
        case "dollar":
            found = _dollars(text, start, final=final)
        case "inline":
            found = _until(text, start, r"\)", Kind.INLINE, INLINE_LIMIT)
        case "environment":
            found = _environment(opening, text)
        case "box":
            found = _box(opening, text)
        case "fence":
            found = _until(text, start, "```", Kind.CODE, DISPLAY_LIMIT)
        case "code":
            found = _line_of_code(text, start)
        case _:
            found = _as_prose(start)
    if found is None and final:
        return _as_prose(start)
    return found


def _as_prose(end: int) -> _Found:
    return Kind.PROSE, end, end, end


def _open(text: str, start: int, limit: int) -> _Found | None:
    """What has not closed so far: no formula any more if it is longer than one can be."""
    return _as_prose(start) if len(text) - start > limit else None


def _until(text: str, start: int, closing: str, kind: Kind, limit: int) -> _Found | None:
    at = start
    while True:
        end = text.find(closing, at, start + limit)
        if end < 0:
            return _open(text, start, limit)
        # In "\\]" the backslash belongs to a line break; "\$" is no dollar.
        if kind is Kind.CODE or not _is_escaped(text, end):
            return kind, start, end, end + len(closing)
        at = end + 1


def _is_escaped(text: str, at: int) -> bool:
    before = at
    while before and text[before - 1] == "\\":
        before -= 1
    return (at - before) % 2 == 1


def _environment(opening: re.Match[str], text: str) -> _Found | None:
    begin, start = opening.start(), opening.end()
    name = opening["environment"]
    tags = re.compile(rf"\\(begin|end)\s*\{{{re.escape(name)}\}}")
    depth = 1
    for tag in tags.finditer(text, start, start + DISPLAY_LIMIT):
        depth += 1 if tag[1] == "begin" else -1
        if depth == 0:
            # The environment belongs to the formula: its name says how it is laid out.
            return Kind.DISPLAY, begin, tag.end(), tag.end()
    return _open(text, start, DISPLAY_LIMIT)


def _box(opening: re.Match[str], text: str) -> _Found | None:
    r"""A command that takes groups, outside of delimiters: models write `is \frac{1}{2}.`"""
    begin, start = opening.start(), opening.end()
    groups = 2 if opening.group().strip().endswith(("frac", "binom")) else 1
    depth = 0
    for brace in _BRACES.finditer(text, start, start + INLINE_LIMIT):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        groups -= brace.group() == "}" and depth == 0
        if groups == 0:
            return Kind.INLINE, begin, brace.end(), brace.end()
    return _open(text, start, INLINE_LIMIT)


def _line_of_code(text: str, start: int) -> _Found | None:
    for at in range(start, min(len(text), start + INLINE_LIMIT)):
        if text[at] == "\n":
            return _as_prose(start)
        if text[at] == "`":
            return Kind.CODE, start, at, at + 1
    return _open(text, start, INLINE_LIMIT)


def _dollars(text: str, start: int, *, final: bool) -> _Found | None:
    """A formula between single dollars, or prose if the first of them is money."""
    depth = 0
    stop = text.find("$", start, start + INLINE_LIMIT)
    inside = text[start : start + INLINE_LIMIT if stop < 0 else stop]
    command = _COMMAND.search(inside)
    if _WORDS.search(inside if command is None else inside[: command.start()]):
        # Decided before it closes: a price holds nothing back.
        return _as_prose(start)
    for mark in _DOLLAR.finditer(text, start, start + INLINE_LIMIT):
        found, end = mark.group(), mark.start()
        if found in "{}":
            depth += 1 if found == "{" else -1
        elif found[0] == "\n":
            return _as_prose(start)
        elif found == "$" and depth <= 0:
            if end == start:
                return _as_prose(start)
            if end + 1 == len(text) and not final:
                return None
            if _is_formula(text[start:end], text[end + 1 : end + 2]):
                return Kind.INLINE, start, end, end + 1
            return _as_prose(start)
    if final and command is not None and len(text) - start <= INLINE_LIMIT:
        # Cut off, as questions in public sets are: "then $A \cap B =( )".
        return Kind.INLINE, start, len(text), len(text)
    return _open(text, start, INLINE_LIMIT)


def _is_formula(content: str, after: str) -> bool:
    """Whether what stands between two dollars is mathematics rather than words between prices."""
    if not content.strip():
        return False
    if _COMMAND.search(content):
        return True
    if _WORDS.search(content):
        return False
    if content[0].isspace() or content[-1].isspace():
        # "$5 and $7": the closing dollar would stand after a space.
        word = content.strip()
        if len(word) > 1 and word.isalpha() and word.islower():
            return False
        alone = content[0].isspace() == content[-1].isspace() or len(content.strip()) == 1
        return alone or _SIGN.search(content) is not None
    return not (after.isdigit() and (content[0].isdigit() or content[-1] in "-–/(,"))


def _prose(source: str) -> Span:
    return Span(Kind.PROSE, _ESCAPED.sub(r"\1", source), source)


def _joined(found: list[Span]) -> list[Span]:
    """The same spans with neighbours of prose as one."""
    result: list[Span] = []
    for span in found:
        if result and result[-1].kind is span.kind is Kind.PROSE:
            result[-1] = _prose(result[-1].source + span.source)
        else:
            result.append(span)
    return result
