"""The real solutions of one equation in one unknown: of polynomials all of them, else those found.

Polynomials with rational coefficients are solved by isolation: between neighbouring zeros of the
derivative there is at most one, found by bisection. Anything else is searched for changes of sign
on a grid, so a zero that is found is one, and one that is not found proves nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from .points import Irrational, Unvalued, exactly, nearly
from .tree import Node, Op

DEGREE = 12
PRECISION = Fraction(1, 10**40)
_DIGITS = 60
_REACH = 20
_STEP = Fraction(1, 4)
_FAR = (30, 50, 100, 1000)
_DENOMINATOR = 10**6
_SMALL = Fraction(1, 10**24)

Polynomial = tuple[Fraction, ...]
"""Coefficients, the constant one first; without zeros at the end."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Solutions in ascending order: exact where rational, else to 40 digits."""

    values: tuple[Fraction, ...]
    complete: bool
    """Whether there are no others. False also where everything is a solution."""


def roots(left: Node, right: Node, name: str) -> Roots:
    """Where the two sides are equal, as functions of `name`, their only name."""
    for one, other in ((left, right), (right, left)):
        if one.op is Op.NAME and not any(part.op is Op.NAME for part in other.walk()):
            number = value(other, name, Fraction(0))
            return Roots(() if number is None else (number,), complete=True)
    quotient = _quotient(Node(Op.SUM, (left, Node(Op.PRODUCT, (_MINUS_ONE, right)))), name)
    if quotient is None:
        return Roots(tuple(sorted(set(_searched(left, right, name)))), complete=False)
    above, below = quotient
    if not above:
        return Roots((), complete=False)
    found = [root for root in _zeros(above) if abs(_value(below, root)) > _SMALL]
    return Roots(tuple(found), complete=True)


def value(node: Node, name: str, at: Fraction) -> Fraction | None:
    """The real value at a point, or None; irrational ones to some 50 digits."""
    try:
        return exactly(node, {name: at})
    except Irrational:
        pass
    except Unvalued:
        return None
    try:
        real, imaginary = nearly(node, {name: at}, _DIGITS)
    except Unvalued:
        return None
    return None if abs(imaginary) > _SMALL else Fraction(real)


_MINUS_ONE = Node(Op.NUMBER, value=Fraction(-1))
_ONE: Polynomial = (Fraction(1),)


def _quotient(node: Node, name: str) -> tuple[Polynomial, Polynomial] | None:
    """Numerator and denominator as polynomials, not reduced; None if it is no such quotient."""
    match node.op:
        case Op.NUMBER:
            return _trimmed([node.value]), _ONE
        case Op.NAME:
            return ((Fraction(0), Fraction(1)), _ONE) if node.name == name else None
        case Op.SUM | Op.PRODUCT | Op.QUOTIENT:
            parts = [_quotient(arg, name) for arg in node.args]
            result = parts[0]
            for part in parts[1:]:
                if result is None or part is None:
                    return None
                result = _joined(node.op, result, part)
            return result
        case Op.POWER:
            return _powered(node, name)
    return None


def _joined(
    op: Op, one: tuple[Polynomial, Polynomial], other: tuple[Polynomial, Polynomial]
) -> tuple[Polynomial, Polynomial] | None:
    (a, b), (c, d) = one, other
    if op is Op.PRODUCT:
        above, below = _times(a, c), _times(b, d)
    elif op is Op.QUOTIENT:
        above, below = _times(a, d), _times(b, c)
    elif b == d:
        above, below = _plus(a, c), b
    else:
        above, below = _plus(_times(a, d), _times(c, b)), _times(b, d)
    return (above, below) if below and max(len(above), len(below)) <= DEGREE + 1 else None


def _powered(node: Node, name: str) -> tuple[Polynomial, Polynomial] | None:
    base, exponent = node.args
    power = exponent.value
    if exponent.op is Op.PRODUCT and [arg.op for arg in exponent.args] == [Op.NUMBER, Op.NUMBER]:
        power = exponent.args[0].value * exponent.args[1].value
    elif exponent.op is not Op.NUMBER:
        return None
    inner = _quotient(base, name)
    if inner is None or power.denominator != 1 or abs(power) > DEGREE:
        return None
    if power < 0:
        inner = inner[1], inner[0]
    result: tuple[Polynomial, Polynomial] | None = (_ONE, _ONE)
    for _ in range(abs(int(power))):
        if result is None or not inner[1]:
            return None
        result = _joined(Op.PRODUCT, result, inner)
    return result


def _trimmed(coefficients: Sequence[Fraction]) -> Polynomial:
    last = len(coefficients)
    while last and not coefficients[last - 1]:
        last -= 1
    return tuple(coefficients[:last])


def _plus(a: Polynomial, b: Polynomial) -> Polynomial:
    longest = max(len(a), len(b))
    zero = Fraction(0)
    padded = [(*side, *([zero] * (longest - len(side)))) for side in (a, b)]
    return _trimmed([x + y for x, y in zip(*padded, strict=True)])


def _times(a: Polynomial, b: Polynomial) -> Polynomial:
    if not a or not b:
        return ()
    product = [Fraction(0)] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    return _trimmed(product)


def _value(p: Polynomial, at: Fraction) -> Fraction:
    total = Fraction(0)
    for coefficient in reversed(p):
        total = total * at + coefficient
    return total


def _slope(p: Polynomial) -> Polynomial:
    return _trimmed([n * c for n, c in enumerate(p)][1:])


def _divided(a: Polynomial, b: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Quotient and remainder."""
    rest = list(a)
    quotient = [Fraction(0)] * max(0, len(a) - len(b) + 1)
    while len(rest) >= len(b):
        factor = rest[-1] / b[-1]
        shift = len(rest) - len(b)
        quotient[shift] = factor
        for n, c in enumerate(b):
            rest[shift + n] -= factor * c
        rest = list(_trimmed(rest[:-1]))
    return _trimmed(quotient), _trimmed(rest)


def _single(p: Polynomial) -> Polynomial:
    """The polynomial with the same zeros, each of them simple."""
    a, b = p, _slope(p)
    while b:
        a, b = b, _divided(a, b)[1]
    return _divided(p, a)[0]


def _zeros(p: Polynomial) -> list[Fraction]:
    """All real zeros of a polynomial that is not zero, in ascending order."""
    p = _single(p)
    if len(p) < 2:
        return []
    if len(p) == 2:
        return [-p[0] / p[1]]
    # Cauchy's bound.
    bound = 1 + max(abs(c / p[-1]) for c in p[:-1])
    turns = [-bound, *_zeros(_slope(p)), bound]
    found = [_bisected(p, low, high) for low, high in pairwise(turns)]
    return sorted({root for root in found if root is not None})


def _bisected(p: Polynomial, low: Fraction, high: Fraction) -> Fraction | None:
    signs = _value(p, low), _value(p, high)
    if not signs[0] or not signs[1]:
        return high if not signs[1] else low
    if (signs[0] > 0) == (signs[1] > 0):
        return None
    while high - low > PRECISION:
        middle = _short((low + high) / 2)
        if (_value(p, middle) > 0) == (signs[0] > 0):
            low = middle
        else:
            high = middle
    middle = (low + high) / 2
    near = middle.limit_denominator(_DENOMINATOR)
    return near if not _value(p, near) else middle


def _short(number: Fraction) -> Fraction:
    """The number with no more digits than the bisection needs."""
    return number if number.denominator < 2**200 else number.limit_denominator(2**180)


def _searched(left: Node, right: Node, name: str) -> Iterator[Fraction]:
    grid = [_STEP * n for n in range(-4 * _REACH, 4 * _REACH + 1)]
    grid = [Fraction(-far) for far in reversed(_FAR)] + grid + [Fraction(far) for far in _FAR]
    before: tuple[Fraction, Fraction] | None = None
    for at in grid:
        gap = _gap(left, right, name, at)
        if gap is None:
            before = None
            continue
        if abs(gap) < _SMALL:
            yield at
        elif before is not None and before[1] and (before[1] > 0) != (gap > 0):
            root = _narrowed(left, right, name, before[0], at, rising=gap > 0)
            if root is not None:
                yield root
        before = None if abs(gap) < _SMALL else (at, gap)


def _narrowed(
    left: Node, right: Node, name: str, low: Fraction, high: Fraction, *, rising: bool
) -> Fraction | None:
    """The zero between, or None at a pole."""
    for _ in range(100):
        middle = (low + high) / 2
        gap = _gap(left, right, name, middle)
        if gap is None:
            return None
        if not gap:
            return middle
        if (gap > 0) == rising:
            high = middle
        else:
            low = middle
    middle = (low + high) / 2
    near = middle.limit_denominator(1000)
    gap = _gap(left, right, name, near)
    if gap is not None and abs(gap) < _SMALL:
        return near
    gap = _gap(left, right, name, middle)
    return middle if gap is not None and abs(gap) < _SMALL else None


def _gap(left: Node, right: Node, name: str, at: Fraction) -> Fraction | None:
    first, second = value(left, name, at), value(right, name, at)
    return None if first is None or second is None else first - second
