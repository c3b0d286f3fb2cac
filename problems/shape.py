"""The outer structure of an answer: list, tuple, set, interval, union, matrix or a single atom."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from .exact import exact
from .normal import split_label
from .plain import split_top


class Kind(StrEnum):
    """What an answer is made of. Brackets decide: `(1,2)` may be a pair or an open interval, and
    both compare end by end."""

    ATOM = "atom"
    LIST = "list"
    """`1, 2`: values in any order."""
    SET = "set"
    """`\\{1, 2\\}`"""
    PAREN = "paren"
    """`(1, 2)`: a tuple or an open interval; order counts."""
    BRACKET = "bracket"
    """`[1, 2]`: a closed interval, or a list that Python printed."""
    HALF = "half-open"
    """`[1, 2)` or `(1, 2]`."""
    UNION = "union"
    MATRIX = "matrix"
    """`parts` are the rows, each a list of cells."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One level of structure; `parts` are normal forms, in the order written."""

    kind: Kind
    parts: tuple[str, ...]
    labels: tuple[str, ...] = ()
    """Names set to the parts ("x=1, y=2"), "" where there is none."""
    opening: str = ""
    columns: int = 0
    """Of a matrix: how many parts make a row."""


_MATRIX = re.compile(
    r"(?:\\left)?[\[(|]?\\begin\{(?:[pbvBV]?matrix|array)\}(?:\{[lcr|]*\})?(.*)"
    r"\\end\{(?:[pbvBV]?matrix|array)\}[\])|]?\Z",
    re.DOTALL,
)
_FACTOR = re.compile(
    r"(-|-?(?:\d+(?:\.\d+)?|\\frac\{-?\d+\}\{\d+\}))(?:\\cdot ?)?(?=[\[(|]?\\begin\{)"
)
_PAIRS = {"(": ")", "[": "]"}
_INEQUALITY = re.compile(r"<|>|\\le(?![A-Za-z])|\\ge(?![A-Za-z])")
_BUILDER = re.compile(r"\\\{[A-Za-z](?:\\in ?\\mathbb\{R\})?[|:](.*)\\\}\Z")
_VARIABLE = re.compile(r"[A-Za-z]\Z")
_PM = re.compile(r"\\pm(?![A-Za-z]) ?")
_LETTER = re.compile(r"[A-Za-z]")
_COMMAND = re.compile(r"\\[A-Za-z]+")


@lru_cache(maxsize=2048)
def shape(text: str) -> Shape:
    """The structure of the normal form `text`."""
    factor = _FACTOR.match(text)
    if factor and text.count(r"\begin") == 1:
        # A number before a matrix multiplies every cell.
        inner = shape(text[factor.end() :])
        if inner.kind is Kind.MATRIX:
            scale = "-1" if factor.group(1) == "-" else factor.group(1)
            cells = tuple(rf"({scale})\cdot({cell})" for cell in inner.parts)
            return Shape(Kind.MATRIX, cells, columns=inner.columns)
    matrix = _MATRIX.match(text)
    if matrix and text.count(r"\begin") == 1:
        return _matrix([row.split("&") for row in re.split(r"\\\\|\\cr", matrix.group(1))])
    if text.startswith("[[") and text.endswith("]]"):
        rows = [row.strip("[]") for row in split_top(text[1:-1])]
        return _matrix([split_top(row) for row in rows])
    builder = _BUILDER.match(text)
    if builder:
        text = builder.group(1)
    interval = _from_inequality(text)
    if interval:
        return interval
    either = re.split(r"\\lor(?![A-Za-z]) ?", text)
    if len(either) > 1:
        ranges = [_from_inequality(part) for part in either]
        if all(ranges):
            return Shape(Kind.UNION, tuple(_written(part) for part in ranges if part))
        text = ",".join(either)
    union = re.split(r"\\cup(?![A-Za-z]) ?", text)
    if len(union) > 1 and all(_balanced(part) for part in union):
        return Shape(Kind.UNION, tuple(union))
    if text.startswith(r"\{") and text.endswith(r"\}") and text.count(r"\{") == 1:
        return _labelled(Kind.SET, split_top(text[2:-2]))
    if text[:1] in _PAIRS and text[-1:] in (")", "]") and _balanced(text[1:-1]):
        parts = split_top(text[1:-1])
        opening = text[0] + text[-1]
        if opening == "()" and len(parts) == 1:
            return shape(text[1:-1])
        if opening in ("()", "[]"):
            kind = Kind.PAREN if opening == "()" else Kind.BRACKET
            return Shape(kind, tuple(parts), opening=opening)
        if len(parts) == 2:
            return Shape(Kind.HALF, tuple(parts), opening=opening)
    if ";" in text and all(len(split_top(part)) > 1 for part in split_top(text, ";")):
        # "p=5,q=2;p=7,q=2": one solution after another.
        groups = [_labelled(Kind.LIST, split_top(part)).parts for part in split_top(text, ";")]
        return Shape(Kind.LIST, tuple(f"({','.join(group)})" for group in groups))
    # Set braces count as brackets for split_top only through their bare braces, which is enough.
    parts = [part for part in split_top(text.replace(";", ",")) if part]
    if len(parts) > 1:
        return _labelled(Kind.LIST, parts)
    if len(_PM.findall(text)) == 1 and "=" not in text:
        plus = _PM.sub("+", text).removeprefix("+")
        return Shape(Kind.LIST, (plus, _PM.sub("-", text)), ("", ""))
    return Shape(Kind.ATOM, (text,))


def _matrix(rows: list[list[str]]) -> Shape:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    cells = tuple(cell.strip() for row in filled for cell in row)
    widths = {len(row) for row in filled}
    if len(widths) != 1 or "" in cells:
        return Shape(Kind.ATOM, ("&".join(cells),))
    return Shape(Kind.MATRIX, cells, columns=widths.pop())


def _labelled(kind: Kind, parts: list[str]) -> Shape:
    """ "x=1, x=-4" and "x=2, -1" are values of one name; "a=3, b=4" keeps its names."""
    # "x=2, y" cannot have its comma inside the value: split_label reads one part at a time.
    split = [split_label(part.strip()) for part in parts]
    labels = tuple(label for label, _ in split)
    named = {label for label in labels if label}
    if len(named) < 2:
        labels = tuple("" for _ in labels)
    expanded: list[tuple[str, str]] = []
    for label, (_, value) in zip(labels, split, strict=True):
        if len(_PM.findall(value)) == 1:
            plus = _PM.sub("+", value).removeprefix("+")
            expanded += [(label, plus), (label, _PM.sub("-", value))]
        else:
            expanded.append((label, value))
    distinct = list(dict.fromkeys(expanded))
    return Shape(kind, tuple(value for _, value in distinct), tuple(label for label, _ in distinct))


def _from_inequality(text: str) -> Shape | None:
    """`x>2` as `(2,\\infty)`, `1<x\\le 3` as `(1,3]`; None unless the bounds are plain numbers."""
    signs = _INEQUALITY.findall(text)
    if not 1 <= len(signs) <= 2 or "," in text or "=" in text:
        return None
    terms = [term.strip() for term in _INEQUALITY.split(text)]
    if len(signs) == 2:
        if (signs[0] in ("<", r"\le")) != (signs[1] in ("<", r"\le")):
            return None
        low, variable, high = terms
        first, second = signs
        if first in (">", r"\ge"):
            low, high, first, second = high, low, second, first
    else:
        (sign,) = signs
        left, right = terms
        upper = sign in ("<", r"\le")
        if not _VARIABLE.match(left):
            left, right, upper = right, left, not upper
        variable = left
        low, high = (r"-\infty", right) if upper else (right, r"\infty")
        first = "<" if upper else sign
        second = sign if upper else "<"
    if not _VARIABLE.match(variable) or not (_constant(low) and _constant(high)):
        return None
    opening = "(" if first in ("<", ">") else "["
    closing = ")" if second in ("<", ">") else "]"
    kind = {"()": Kind.PAREN, "[]": Kind.BRACKET}.get(opening + closing, Kind.HALF)
    return Shape(kind, (low, high), opening=opening + closing)


def _written(interval: Shape) -> str:
    return interval.opening[0] + ",".join(interval.parts) + interval.opening[1]


def _constant(text: str) -> bool:
    if exact(text) is not None:
        return True
    return bool(text) and not _LETTER.search(_COMMAND.sub("", text))


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth < 0:
                # Half-open intervals mix brackets, so only the count can be checked.
                return False
    return depth == 0
