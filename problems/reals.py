"""Sets of real numbers as answers write them: intervals, unions, inequalities, points left out."""

import re
from fractions import Fraction
from functools import lru_cache

from .intervals import End, Interval, compare, end, interval, merged
from .plain import split_top
from .points import Unvalued, exactly
from .tree import Node, Op, tree

_LINE = Interval(End(Fraction(0), -1), End(Fraction(0), 1), False, False)
_SIGN = re.compile(r"(<|>|\\le(?![A-Za-z])|\\ge(?![A-Za-z])|\\ne(?![A-Za-z]))")
_TURNED = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le", r"\ne": r"\ne"}
_BUILDER = re.compile(r"\\\{([A-Za-z])(?:\\in ?(?:\\mathbb\{R\}|R))?[|:](.*)\\\}\Z")
_IN = re.compile(r"([A-Za-z]|[a-z]\([a-z]\))\\in ?")
_CUP = re.compile(r"\\cup(?![A-Za-z]) ?")
_EITHER = re.compile(r"\\lor(?![A-Za-z]) ?")
_BOTH = re.compile(r"\\land(?![A-Za-z]) ?|,")
_WITHOUT = re.compile(r"\\(?:setminus|backslash)(?![A-Za-z]) ?|(?<=\})-(?=\\\{)")
_BARS = re.compile(r"\|([^|]{1,60})\|")
_CHARS = 400


@lru_cache(maxsize=1024)
def reals(text: str) -> tuple[tuple[Interval, ...], bool] | None:
    """The set that a normal form denotes, in normal order, and whether it can be nothing else: a
    lone `(1, 2)` may be a pair and `[1, 2]` a list. None where it is no such set."""
    if len(text) > _CHARS:
        return None
    text = _IN.sub("", text, count=1) if _IN.match(text) else text
    builder = _BUILDER.match(text)
    if builder:
        text = builder.group(2)
    if not re.search(r"[<>(\[]|\\\{|\\(?:le|ge|ne|mathbb|emptyset)(?![A-Za-z])", text):
        return None
    parts = _union(text)
    joined = None if parts is None else merged(parts)
    if joined is None:
        return None
    sure = bool(builder) or _SIGN.search(text) or r"\cup" in text or r"\infty" in text
    sure = sure or r"\mathbb" in text or r"\emptyset" in text or text[0] + text[-1] in ("[)", "(]")
    return tuple(joined), bool(sure)


def _union(text: str) -> list[Interval] | None:
    either = _EITHER.split(text)
    pieces = either if len(either) > 1 else _CUP.split(text)
    found: list[Interval] = []
    for piece in pieces:
        part = _piece(piece.strip())
        if part is None:
            return None
        found += part
    return found


def _piece(text: str) -> list[Interval] | None:
    left_out = _WITHOUT.split(text)
    if len(left_out) == 2:
        whole, points = _piece(left_out[0]), _points(left_out[1])
        return None if whole is None or points is None else _without(whole, points)
    if text == r"\mathbb{R}":
        return [_LINE]
    if text == r"\emptyset":
        return []
    if text.startswith(r"\{"):
        points = _points(text)
        return None if points is None else [Interval(p, p, True, True) for p in points]
    if _SIGN.search(text):
        return _relations(text)
    if text[:1] in ("(", "[") and text[-1:] in (")", "]"):
        ends = split_top(text[1:-1])
        if len(ends) == 2:
            found = interval(ends[0], ends[1], text[0] + text[-1])
            # "[3, 2)" is no interval, and "(3, 2)" a pair.
            order = -1 if found is None else compare(found.low, found.high)
            point = order == 0 and text[0] + text[-1] == "[]"
            return [found] if found is not None and (order < 0 or point) else None
    return None


def _points(text: str) -> list[End] | None:
    if not (text.startswith(r"\{") and text.endswith(r"\}")):
        return None
    ends = [end(part) for part in split_top(text[2:-2])]
    found = [part for part in ends if part is not None and not part.endless]
    return found if len(found) == len(ends) else None


def _without(whole: list[Interval], points: list[End]) -> list[Interval] | None:
    for point in points:
        below = Interval(_LINE.low, point, False, False)
        above = Interval(point, _LINE.high, False, False)
        whole = [both for part in whole for half in (below, above) for both in _meet(part, half)]
    return merged(whole)


def _meet(a: Interval, b: Interval) -> list[Interval]:
    low_order, high_order = compare(a.low, b.low), compare(a.high, b.high)
    low = a if low_order > 0 else b
    high = a if high_order < 0 else b
    has_low = low.has_low if low_order else a.has_low and b.has_low
    has_high = high.has_high if high_order else a.has_high and b.has_high
    met = Interval(low.low, high.high, has_low, has_high)
    return merged([met]) or []


def _relations(text: str) -> list[Interval] | None:
    """Chains, joined by "and": `1<x\\le 3`, `x\\ne 2,x\\ne 5`, `x>1\\land x<2`."""
    met = [_LINE]
    either: list[Interval] = []
    names: set[str] = set()
    for part in filter(None, _BOTH.split(text)):
        pieces = _SIGN.split(part)
        terms, signs = pieces[::2], pieces[1::2]
        if not signs or len(signs) > 2:
            return None
        both_sides = [_LINE]
        for left, sign, right in zip(terms, signs, terms[1:], strict=False):
            solved = _solved(left, sign, right)
            if solved is None:
                return None
            name, intervals = solved
            names.add(name)
            both_sides = _cut(both_sides, intervals)
        met = _cut(met, both_sides)
        either += both_sides
    if len(names) != 1:
        return None
    # "x<-1, x>1": a comma that leaves nothing meant "or".
    return either if not met and "," in text and r"\land" not in text else met


def _cut(first: list[Interval], second: list[Interval]) -> list[Interval]:
    return [both for one in first for other in second for both in _meet(one, other)]


def _solved(left: str, sign: str, right: str) -> tuple[str, list[Interval]] | None:
    """One relation, linear in its only name, solved."""
    for variable, bound, turned in ((left, right, sign), (right, left, _TURNED[sign])):
        if (
            re.fullmatch(r"[A-Za-z]|\\[a-z]+|[a-z]\([a-z]\)", variable.strip())
            and end(variable) is None
        ):
            limit = end(bound)
            return None if limit is None else (variable.strip(), _half(turned, limit))
    for inside, bound, turned in ((left, right, sign), (right, left, _TURNED[sign])):
        bars = _BARS.fullmatch(inside.strip())
        if bars and sign != r"\ne":
            return _absolute(bars.group(1), turned, bound)
    first, second = tree(left), tree(right)
    if first is None or second is None:
        return None
    names = {node.name for side in (first, second) for node in side.walk() if node.op is Op.NAME}
    if len(names) != 1:
        return None
    name = names.pop()
    try:
        gaps = [_gap(first, second, name, at) for at in (0, 1, 2, 5)]
    except Unvalued:
        return None
    slope = gaps[1] - gaps[0]
    if not slope or gaps[2] - gaps[1] != slope or gaps[3] - gaps[0] != 5 * slope:
        return None
    sign = _TURNED[sign] if slope < 0 else sign
    return name, _half(sign, End(-gaps[0] / slope))


def _absolute(inside: str, sign: str, bound: str) -> tuple[str, list[Interval]] | None:
    """`|x-1|<3` is `-3<x-1<3`, `|x|>3` is `x>3` or `x<-3`."""
    above, below = _solved(inside, sign, bound), _solved(inside, _TURNED[sign], f"-({bound})")
    if above is None or below is None or end(bound) is None:
        return None
    if sign in ("<", r"\le"):
        return above[0], _cut(above[1], below[1])
    return above[0], above[1] + below[1]


def _gap(first: Node, second: Node, name: str, at: int) -> Fraction:
    here = {name: Fraction(at)}
    return exactly(first, here) - exactly(second, here)


def _half(sign: str, limit: End) -> list[Interval]:
    below = Interval(_LINE.low, limit, False, sign == r"\le")
    above = Interval(limit, _LINE.high, sign == r"\ge", False)
    if sign == r"\ne":
        return [below, above]
    return [below] if sign in ("<", r"\le") else [above]
