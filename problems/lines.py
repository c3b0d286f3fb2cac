"""A line of written working, read as what it claims: expressions, equalities, relations.

A line may hold several statements, joined by an arrow; words around the mathematics ("so we get",
"(subtract 3)") are passed over. What cannot be read as a formula is no statement: nothing is
guessed, and nothing is evaluated but by `problems.points`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .normal import spelling
from .plain import split_top
from .tree import Node, Op, tree

CHARS = 500
"""Of one line; longer ones are not read."""

_ARROW = re.compile(
    r"=>|==>|-->|->|⇒|⟹|→|⇔|⟺|∴|∵"
    r"|\\(?:Rightarrow|Longrightarrow|implies|iff|Leftrightarrow|to|rightarrow|therefore)(?![A-Za-z])"
)
_NUMBERED = re.compile(
    r"\A\s*(?:[(\[]?\d{1,2}[.)\]]\s+|[•*]\s+|(?:step|line)\s+\d+\s*[:.)-]\s*)", re.I
)
_LAYOUT = re.compile(
    r"\\(?:begin|end)\s*\{(?:align|aligned|gather|equation|split|eqnarray)\*?\}|&|\\\\\s*\Z"
    r"|\\(?:quad|qquad|,|;|!)|\$+|\\[\[\]()]"
)
_WORDS = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan asin acos atan sinh cosh tanh ln log lg exp sqrt "
    "abs pi oo inf and or alpha beta gamma delta theta lambda mu phi omega".split()
)
_REMARK = re.compile(r"(?:\s*(?:#|//|%%|;|\bby\b|\bbecause\b|\bsince\b|\busing\b).*)\Z", re.I)
_BRACKETED = re.compile(r"[(\[]\s*(?:[A-Za-z][A-Za-z'-]+[\s,]+)+[^()\[\]=]*[)\]]\s*\Z")
_LONE = re.compile(r"[(\[]\s*[A-Za-z][a-z'-]{2,}\s*[)\]]\s*\Z")
_LOG = re.compile(r"(?<![\\A-Za-z])(log(?=_)|ln(?=\s*\())")
_TEXT = re.compile(r"\\(?:text|mbox|textrm|mathrm)\s*\{([^{}]*)\}")
_SHORT = "an as at be by do if in is it my no of on so to up us we"
_WORD = re.compile(
    rf"(?<![\\A-Za-z])(?:[A-Za-z]{{3,}}|{'|'.join(_SHORT.split())})(?![A-Za-z(])"
    r"|(?<![\\A-Za-z])[A-Za-z]{3,}(?=\s+\()",
    re.IGNORECASE,
)
"""Two letters are a product, such as "lw", unless they are a common word."""
_LEADING = re.compile(r"\s*(?:(?<![\\A-Za-z])[A-Za-z]{2,}(?:'[a-z]+)?\s*[,:;.]*\s+)+")
_FORMULA = re.compile(r"\d|=|<|>|\\[A-Za-z]|[≤≥≠√]|[A-Za-z]\s*[-+*/^]|\A\s*[A-Za-z]\s*\Z")
_LONE_VALUE = re.compile(r"[\d.,]+|[A-Za-z]")
_SIGNS = re.compile(r"(<|>|=|\\le(?![A-Za-z])|\\ge(?![A-Za-z])|\\ne(?![A-Za-z]))")
_EITHER = re.compile(r"\\lor(?![A-Za-z]) ?")
_BOTH = re.compile(r"\\land(?![A-Za-z]) ?")
_MEMBER = re.compile(r"([A-Za-z])\\in ?\\\{(.*)\\\}\Z")
_PLUS_MINUS = re.compile(r"\\(pm|mp)(?![A-Za-z]) ?")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and the sign between them: `=`, `<`, `>`, `\\le`, `\\ge` or `\\ne`."""

    left: Node
    sign: str
    right: Node


@dataclass(frozen=True, slots=True)
class Statement:
    """What one line, or one part of it between arrows, says."""

    number: int
    """Of the line, from 1."""
    text: str
    """As written, without the words around it."""
    chain: tuple[Node, ...] = ()
    """Expressions that are set equal one after another; a lone expression is a chain of one."""
    goes_on: bool = False
    """It begins with "=": what stands before is the end of the statement before."""
    options: tuple[tuple[Comparison, ...], ...] = ()
    """Alternatives ("or"), each of comparisons that hold together."""

    @property
    def is_read(self) -> bool:
        """Whether it was understood at all."""
        return bool(self.chain or self.options)

    @property
    def names(self) -> frozenset[str]:
        """The variables in it."""
        nodes = [*self.chain]
        for option in self.options:
            nodes += [side for each in option for side in (each.left, each.right)]
        return names(*nodes)


def names(*nodes: Node) -> frozenset[str]:
    """The variables in some expressions."""
    return frozenset(part.name for node in nodes for part in node.walk() if part.op is Op.NAME)


def statements(text: str) -> Iterator[Statement]:
    """What the lines of a text say, in their order; lines without mathematics are left out."""
    for number, line in enumerate(text.splitlines(), start=1):
        pieces = [_bare(piece) for piece in _ARROW.split(_NUMBERED.sub("", line, count=1))]
        for piece in pieces:
            # A number among words claims nothing.
            if _is_mathematics(piece) and not (_LONE_VALUE.fullmatch(piece) and _WORD.search(line)):
                yield statement(piece, number)


def statement(text: str, number: int) -> Statement:
    """One statement, without words around it; unread if it is no formula of ours."""
    nothing = Statement(number, text)
    if len(text) > CHARS or _has_words(text):
        return nothing
    goes_on = text.lstrip().startswith("=")
    form = spelling(text.lstrip().removeprefix("=") if goes_on else text)
    if not form:
        return nothing
    if goes_on:
        chain = _chain(form)
        return Statement(number, text, chain, goes_on=True) if chain else nothing
    options = _options(form)
    if options is None:
        chain = _chain(form)
        return Statement(number, text, chain) if chain else nothing
    chain = _chain(form) if len(options) == 1 else ()
    return Statement(number, text, chain, options=options)


def _bare(piece: str) -> str:
    """Without layout, remarks and the words before the mathematics."""
    piece = _LOG.sub(r"\\\1", _LAYOUT.sub(" ", _TEXT.sub(r" \1 ", piece)))
    leading = _LEADING.match(piece + " ")
    if leading:
        rest = leading.group()
        kept = next(
            (m.start() for m in re.finditer(r"[A-Za-z]+", rest) if m.group().casefold() in _WORDS),
            len(rest),
        )
        piece = piece[min(kept, len(piece)) :]
    for pattern in (_REMARK, _BRACKETED, _LONE):
        cut = pattern.sub("", piece)
        if _is_mathematics(cut):
            piece = cut
    foreign = next((w for w in _WORD.finditer(piece) if w.group().casefold() not in _WORDS), None)
    if foreign and not _SIGNS.search(piece, foreign.start()):
        # "2x = 6 subtracting 3": a remark, as long as it claims nothing itself.
        cut = piece[: foreign.start()]
        piece = cut if _is_mathematics(cut) else piece
    return piece.strip().rstrip(".,;:([").strip()


def _is_mathematics(text: str) -> bool:
    return bool(
        re.search(r"\d|=|<|>|\\[A-Za-z]|[≤≥≠√]|[A-Za-z]\s*[-+*/^]|\A\s*[A-Za-z]\s*\Z", text)
    )


def _has_words(text: str) -> bool:
    return any(word.group().casefold() not in _WORDS for word in _WORD.finditer(text))


def _chain(form: str) -> tuple[Node, ...]:
    nodes = [tree(side) for side in split_top(form, "=")]
    return () if None in nodes else tuple(node for node in nodes if node is not None)


def _options(form: str) -> tuple[tuple[Comparison, ...], ...] | None:
    """The alternatives of a relation; None where it is none, or not read."""
    member = _MEMBER.match(form)
    if member:
        form = r"\lor ".join(f"{member[1]}={part}" for part in split_top(member[2]))
    if not _SIGNS.search(form):
        return None
    found: list[tuple[Comparison, ...]] = []
    label = ""
    for text in _EITHER.split(form):
        for part in _plus_minus(text):
            parts = [p for piece in _BOTH.split(part) for p in split_top(piece) if p]
            related = [bool(_SIGNS.search(p)) for p in parts]
            begins = re.match(r"([A-Za-z]|\\[a-z]+)=", parts[0]) if parts else None
            label = begins[1] if begins else label
            if all(related) and not _one_name(parts):
                options = [_comparisons(parts)]
            elif label and all(
                not is_related or p.startswith(f"{label}=")
                for p, is_related in zip(parts, related, strict=True)
            ):
                # "x = 2, 3", "x = 2, x = 3", and "x = 2 or 3".
                options = [
                    _comparisons([p if is_related else f"{label}={p}"])
                    for p, is_related in zip(parts, related, strict=True)
                ]
            elif all(related):
                options = [_comparisons(parts)]
            else:
                return None
            for option in options:
                if not option:
                    return None
                found.append(option)
    return tuple(found) or None


def _one_name(parts: list[str]) -> bool:
    """Whether all parts give values to the same name: then they are alternatives."""
    labels = {part.partition("=")[0] for part in parts if re.match(r"([A-Za-z]|\\[a-z]+)=", part)}
    return len(parts) > 1 and len(labels) == 1 and all("=" in part for part in parts)


def _comparisons(parts: list[str]) -> tuple[Comparison, ...]:
    found: list[Comparison] = []
    for part in parts:
        pieces = _SIGNS.split(part)
        sides = [tree(side.strip()) for side in pieces[::2]]
        for left, sign, right in zip(sides, pieces[1::2], sides[1:], strict=False):
            if left is None or right is None:
                return ()
            found.append(Comparison(left, sign, right))
    return tuple(found)


def _plus_minus(text: str) -> list[str]:
    """Both readings of "x=1\\pm\\sqrt{2}"."""
    if not _PLUS_MINUS.search(text):
        return [text]
    signs = {"pm": ("+", "-"), "mp": ("-", "+")}
    return [
        re.sub(r"(?<==)\+", "", _PLUS_MINUS.sub(lambda m, n=n: signs[m[1]][n], text))  # type: ignore[misc]
        for n in (0, 1)
    ]
