"""Algebra without algebra: two trees compared by their values at points.

Rational functions are evaluated exactly, everything else to rising precision: a difference that
stays when digits are added proves the two unequal, with the point as witness; one that shrinks
below 90 digits at several points is taken for zero.
"""

import random
from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from . import decimals as d
from .plain import split_top
from .points import Irrational, Unvalued, exactly, nearly
from .tree import Node, Op, tree
from .verdict import Certainty, Finding, Outcome, found, undecided

_AGREEING = 3
"""Points that must agree. Of a rational function one alone leaves a chance of about 10^-3."""
_TRIED = 24
_FEW, _SOME, _MANY = 32, 100, 400
"""Digits: to find a difference, to believe in none at each of several points, and at the only one
there is. At 60, e^(pi*sqrt(163)) is still told from its nearest integer."""
_EXTRA = 12
_SPARE = 8
"""Digits that honest cancellation may take."""
_LARGEST = 9
_STEPS = frozenset({Op.ABS, Op.FLOOR, Op.CEILING})
_NO_INTEGERS = frozenset({Op.FACTORIAL, Op.BINOMIAL})
_NAMES = 8
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19)
_VISIBLE = 10**6
"""A difference smaller than this part of the values would not show in the digits written out."""
_MINUS_ONE = Node(Op.NUMBER, value=Fraction(-1))
Point = dict[str, Fraction]


def compare_trees(gold: str, answer: str) -> Finding | None:
    """What values tell of two expressions or two equations in normal form; None where the
    notation is not ours. What no value within bounds can tell, algebra would not either."""
    sides = split_top(gold, "="), split_top(answer, "=")
    if len(sides[0]) == len(sides[1]) == 2:
        return _equations(sides[0], sides[1])
    if len(sides[0]) != 1 or len(sides[1]) != 1:
        return None
    first, second = tree(gold), tree(answer)
    if first is None or second is None:
        return None
    first, second = _folded(first, second)
    if first == second:
        return found(True, Certainty.PROVED, "same expression")
    return _expressions(first, second)


def _expressions(first: Node, second: Node) -> Finding:
    names = _names(first, second)
    if not names:
        return _constants(first, second)
    if len(names) > _NAMES:
        return undecided("algebra", "too many names")
    ops = {node.op for side in (first, second) for node in side.walk()}
    signed, whole = bool(ops & _STEPS), bool(ops & _NO_INTEGERS)
    imaginary = _imaginary(first) or _imaginary(second)
    # First where all is real; where that is nowhere, with complex values.
    for real in (True, False):
        if real and (signed or imaginary):
            continue
        agreed = 0
        for at in _points(names, signed=signed, whole=whole):
            try:
                same = _same(first, second, at, real=real)
            except Unvalued:
                continue
            if same is False:
                detail = _witness(first, second, at)
                return found(False, Certainty.NUMERIC, "differs at a point", detail)
            agreed += same is True
            if agreed == _AGREEING * (2 if signed else 1):
                return found(True, Certainty.NUMERIC, "equal at points")
    return undecided("algebra", "no value within bounds to compare by")


def _constants(first: Node, second: Node) -> Finding:
    try:
        same = exactly(first, {}) == exactly(second, {})
        return found(same, Certainty.PROVED, "number", "" if same else "the values differ")
    except Unvalued:
        pass
    try:
        close = _near(first, second, {}, real=False)
    except Unvalued:
        close = None
    if close is None:
        return undecided("algebra", "no value within bounds to compare by")
    if close:
        return found(True, Certainty.NUMERIC, "equal in value")
    return found(False, Certainty.NUMERIC, "differs in value", _against(first, second, {}))


def _same(first: Node, second: Node, at: Mapping[str, Fraction], *, real: bool) -> bool | None:
    try:
        return exactly(first, at) == exactly(second, at)
    except Irrational:
        return _near(first, second, at, real=real, many=_SOME)


def _near(
    first: Node, second: Node, at: Mapping[str, Fraction], *, real: bool, many: int = _MANY
) -> bool | None:
    """Whether two values agree; None between "differ" and "agree". With `real`, a point where
    either leaves the real numbers is outside the domain and has no value."""
    for digits in (_FEW, many):
        coarse, scale = _gap(first, second, at, digits, real=real)
        if d.size(coarse) <= scale.scaleb(_SPARE - digits):
            # Nothing is left of it at this precision. Beyond 10^40 that says too little.
            if digits == many and scale.adjusted() < many // 2 and not _tiny(coarse, first, at):
                return True
            if digits < many:
                continue
        fine, _ = _gap(first, second, at, digits + _EXTRA, real=real)
        with localcontext() as context:
            context.prec = digits
            if d.size(d.subtract(coarse, fine)) * 1000 < d.size(fine):
                return False
    return None


def _tiny(gap: d.Complex, side: Node, at: Mapping[str, Fraction]) -> bool:
    """Whether what is compared is itself that small, as e^(-1000) is."""
    if not d.size(gap):
        return False
    return d.size(nearly(side, at, _FEW)) < Decimal(10) ** -_FEW


def _gap(
    first: Node, second: Node, at: Mapping[str, Fraction], digits: int, *, real: bool
) -> tuple[d.Complex, Decimal]:
    """The difference and the scale to judge it by."""
    one, other = nearly(first, at, digits), nearly(second, at, digits)
    if real and (one[1] or other[1]):
        raise Unvalued
    with localcontext() as context:
        context.prec = digits
        return d.subtract(one, other), max(d.size(one), d.size(other), d.ONE)


def _equations(first: list[str], second: list[str]) -> Finding | None:
    """Equations are the same up to a nonzero factor: with all on one side and polynomial, their
    values have one ratio everywhere."""
    trees = [tree(side) for side in (*first, *second)]
    left, right, other_left, other_right = trees
    if left is None or right is None or other_left is None or other_right is None:
        return None
    one = Node(Op.SUM, (left, Node(Op.PRODUCT, (_MINUS_ONE, right))))
    other = Node(Op.SUM, (other_left, Node(Op.PRODUCT, (_MINUS_ONE, other_right))))
    one, other = _folded(one, other)
    names = _names(one, other)
    if not names or len(names) > _NAMES:
        return undecided("equation", "too many names, or none")
    polynomial = _polynomial(one) and _polynomial(other)
    ratios: list[Fraction] = []
    for at in _points(names, signed=True, whole=False):
        try:
            values = _cleared(one, at)[0], _cleared(other, at)[0]
        except Unvalued:
            return _up_to_sign(one, other)
        if not values[1]:
            if values[0]:
                return _off(at) if polynomial else _up_to_sign(one, other)
            continue
        ratios.append(values[0] / values[1])
        if ratios[-1] != ratios[0] or not ratios[0]:
            return _off(at) if polynomial else _up_to_sign(one, other)
        if len(ratios) == 2 * _AGREEING:
            return found(True, Certainty.NUMERIC, "equation up to a factor")
    return undecided("equation", "no value within bounds to compare by")


def _off(at: Point) -> Finding:
    detail = f"no multiple of the other: compare both sides at {_written(at)}"
    return found(False, Certainty.NUMERIC, "equation", detail)


def _up_to_sign(one: Node, other: Node) -> Finding:
    """Equations that are not rational: the same if their sides differ by the same, or by less."""
    minus = Node(Op.PRODUCT, (_MINUS_ONE, other))
    for side in (other, minus):
        finding = _expressions(one, side)
        if finding.outcome is Outcome.CORRECT:
            return finding
    return undecided("equation", "not shown to be a multiple of the other")


def _polynomial(node: Node) -> bool:
    """Whether no name stands below a fraction bar, in an exponent, under a root or in a call."""
    match node.op:
        case Op.NUMBER | Op.NAME | Op.CONSTANT:
            return True
        case Op.SUM | Op.PRODUCT:
            return all(map(_polynomial, node.args))
        case Op.QUOTIENT:
            return _polynomial(node.args[0]) and not _names(node.args[1])
        case Op.POWER:
            exponent = node.args[1]
            whole = exponent.op is Op.NUMBER and exponent.value.denominator == 1
            return _polynomial(node.args[0]) and whole and exponent.value >= 0
    return not _names(node)


def _cleared(node: Node, at: Mapping[str, Fraction]) -> tuple[Fraction, Fraction]:
    """Numerator and denominator of a rational function, not reduced: as one would clear it."""
    match node.op:
        case Op.SUM:
            top, bottom = Fraction(0), Fraction(1)
            for arg in node.args:
                above, below = _cleared(arg, at)
                top, bottom = (
                    (top + above, bottom)
                    if below == bottom
                    else (top * below + above * bottom, bottom * below)
                )
            return top, bottom
        case Op.PRODUCT:
            top, bottom = Fraction(1), Fraction(1)
            for arg in node.args:
                above, below = _cleared(arg, at)
                top, bottom = top * above, bottom * below
            return top, bottom
        case Op.QUOTIENT if _names(node.args[1]):
            (top, bottom), (above, below) = (_cleared(arg, at) for arg in node.args)
            return top * below, bottom * above
    return exactly(node, at), Fraction(1)


def _points(names: list[str], *, signed: bool, whole: bool) -> Iterator[Point]:
    """Positive: there roots and logarithms of single letters are real, and textbooks write
    sqrt(x^2 y) as x sqrt(y). Where an absolute value or a step stands, or an equation is meant,
    signs are mixed. The scale varies, so that some points fall into any reasonable domain."""
    source = random.Random(0)
    for count in range(_TRIED):
        if whole:
            yield {name: Fraction(source.randint(2, 30)) for name in names}
            continue
        scale = (1009, 401, 5003, 97, 10007, 13)[count % 6]
        yield {
            name: Fraction(source.randint(101, 2999), scale)
            * (source.choice((1, -1)) if signed else 1)
            for name in names
        }


@lru_cache(maxsize=512)
def _all_names(node: Node) -> frozenset[str]:
    return frozenset(part.name for part in node.walk() if part.op is Op.NAME)


def _names(*nodes: Node) -> list[str]:
    return sorted(frozenset().union(*map(_all_names, nodes)))


def _imaginary(node: Node) -> bool:
    return any(part.op is Op.CONSTANT and part.name == "i" for part in node.walk())


def _folded(first: Node, second: Node) -> tuple[Node, Node]:
    """Capital letters as small ones ("+C" is "+c"), unless one side uses both."""
    for side in (first, second):
        names = _all_names(side)
        if any(name.swapcase() in names for name in names if name.swapcase() != name):
            return first, second
    return _lower(first), _lower(second)


def _lower(node: Node) -> Node:
    if node.op is Op.NAME:
        small = node.name.lower() if node.name[0] != "\\" else node.name
        return node if small == node.name else Node(Op.NAME, name=small)
    args = tuple(map(_lower, node.args))
    return node if args == node.args else Node(node.op, args, node.value, node.name)


def _simple(first: Node, second: Node, at: Point) -> Point:
    """A point of small whole numbers where the two differ as well, if one is near."""
    for shift in (0, 1, 2, -8, -9):
        point = {name: Fraction(prime + shift) for name, prime in zip(at, _PRIMES, strict=False)}
        try:
            one, other = nearly(first, point, _FEW), nearly(second, point, _FEW)
        except Unvalued:
            continue
        scale = max(d.size(one), d.size(other))
        if not (one[1] or other[1]) and d.size(d.subtract(one, other)) * _VISIBLE > scale:
            return point
    return at


def _witness(first: Node, second: Node, at: Point) -> str:
    at = _simple(first, second, at)
    return f"{_written(at)}: {_against(first, second, at)}"


def _against(first: Node, second: Node, at: Mapping[str, Fraction]) -> str:
    one, other = _shown(first, at), _shown(second, at)
    if one != other:
        return f"{other} against {one}"
    minus = Node(Op.SUM, (second, Node(Op.PRODUCT, (_MINUS_ONE, first))))
    gap = _shown(minus, at, digits=_MANY).removeprefix("-")
    return f"both are about {one}, but {gap} apart"


def _written(at: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in at.items())


def _shown(node: Node, at: Mapping[str, Fraction], digits: int = 20) -> str:
    try:
        real, imaginary = nearly(node, at, digits)
    except Unvalued:
        return "no value"
    if not imaginary:
        # Plus nothing: a product with a zero may be "-0".
        return f"{float(real) + 0:.{_LARGEST}g}" if abs(real) < 10**300 else f"{real:.8E}"
    return f"{real:.8g} {'-' if imaginary < 0 else '+'} {abs(imaginary):.8g}i"
