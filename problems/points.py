"""The value of a tree: exactly where it is rational, else in decimals of any precision.

Both raise `Unvalued` where there is no value, or none within bounds; they never take long.
"""

import math
from collections.abc import Mapping
from decimal import (
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction

from . import decimals as d
from .tree import Node, Op

BITS = 40_000
"""Of an exact value; sums and products of such take well under a millisecond."""
_FACTORIAL = 3000
_POWER = 5000
_RANGE = 100_000
"""Decimal exponents of an approximate value: e^(10^5) is looked at, e^(e^20) is not."""


class Unvalued(Exception):
    """No value at this point, or none that may be computed."""


class Irrational(Unvalued):
    """No rational value that these rules find; there may be a real one."""


def exactly(node: Node, at: Mapping[str, Fraction]) -> Fraction:
    """The rational value. Raises Irrational where only an approximation could be given."""
    match node.op:
        case Op.NUMBER:
            return node.value
        case Op.NAME:
            return at[node.name]
        case Op.SUM:
            return _bounded(sum((exactly(arg, at) for arg in node.args), Fraction(0)))
        case Op.PRODUCT:
            total = Fraction(1)
            for arg in node.args:
                total = _bounded(total * exactly(arg, at))
            return total
        case Op.QUOTIENT:
            top, bottom = (exactly(arg, at) for arg in node.args)
            if not bottom:
                raise Unvalued
            return _bounded(top / bottom)
        case Op.POWER:
            return _power(exactly(node.args[0], at), exactly(node.args[1], at))
        case Op.ROOT:
            degree = exactly(node.args[1], at)
            if degree.denominator != 1 or not 2 <= degree <= 100:
                raise Unvalued
            return _root(exactly(node.args[0], at), int(degree))
        case Op.ABS:
            return abs(exactly(node.args[0], at))
        case Op.FLOOR:
            return Fraction(math.floor(exactly(node.args[0], at)))
        case Op.CEILING:
            return Fraction(math.ceil(exactly(node.args[0], at)))
        case Op.FACTORIAL:
            return Fraction(math.factorial(_count(exactly(node.args[0], at))))
        case Op.BINOMIAL:
            whole = [_count(exactly(arg, at)) for arg in node.args]
            return Fraction(math.comb(whole[0], whole[1]))
    raise Irrational


def nearly(node: Node, at: Mapping[str, Fraction], digits: int) -> d.Complex:
    """The value to about `digits` digits, less what cancellation takes."""
    with localcontext() as context:
        context.prec = digits
        context.Emax, context.Emin = _RANGE, -_RANGE
        for trap in (Overflow, InvalidOperation, DivisionByZero):
            context.traps[trap] = True
        try:
            return _near(node, at)
        except (DecimalException, ArithmeticError) as error:
            raise Unvalued from error


def _near(node: Node, at: Mapping[str, Fraction]) -> d.Complex:
    args = node.args
    match node.op:
        case Op.NUMBER:
            return _decimal(node.value), d.ZERO
        case Op.NAME:
            return _decimal(at[node.name]), d.ZERO
        case Op.CONSTANT:
            return _CONSTANTS[node.name]()
        case Op.SUM:
            total = _near(args[0], at)
            for arg in args[1:]:
                total = d.add(total, _near(arg, at))
            return total
        case Op.PRODUCT:
            total = _near(args[0], at)
            for arg in args[1:]:
                total = d.times(total, _near(arg, at))
            return total
        case Op.QUOTIENT:
            return d.over(_near(args[0], at), _near(args[1], at))
        case Op.POWER:
            return _raised(_near(args[0], at), args[1], at)
        case Op.ROOT:
            degree = exactly(args[1], at)
            if degree.denominator != 1 or not 2 <= degree <= 100:
                raise Unvalued
            return d.root(_near(args[0], at), int(degree))
        case Op.ABS:
            return d.size(_near(args[0], at)), d.ZERO
        case Op.CALL:
            return _called(node.name, [_near(arg, at) for arg in args])
    value = exactly(node, at)
    return _decimal(value), d.ZERO


def _raised(base: d.Complex, exponent: Node, at: Mapping[str, Fraction]) -> d.Complex:
    try:
        power = exactly(exponent, at)
    except Irrational:
        return d.power(base, _near(exponent, at))
    if power.denominator % 2 and power.denominator <= 99 and base[0] < 0 and not base[1]:
        # (-8)^(1/3) is -2 at school.
        base = d.root(base, power.denominator)
        power = Fraction(power.numerator)
    return d.power(base, (_decimal(power), d.ZERO))


def _called(name: str, args: list[d.Complex]) -> d.Complex:
    (one, *rest) = args
    match name:
        case "sin":
            return d.sin(one)
        case "cos":
            return d.cos(one)
        case "tan":
            return d.over(d.sin(one), d.cos(one))
        case "cot":
            return d.over(d.cos(one), d.sin(one))
        case "sec":
            return d.over((d.ONE, d.ZERO), d.cos(one))
        case "csc":
            return d.over((d.ONE, d.ZERO), d.sin(one))
        case "arcsin":
            return d.arcsin(one)
        case "arccos":
            return d.subtract((d.pi() / 2, d.ZERO), d.arcsin(one))
        case "arctan":
            return d.arctangent(one)
        case "arccot":
            return d.subtract((d.pi() / 2, d.ZERO), d.arctangent(one))
        case "sinh":
            return d.sinh(one)
        case "cosh":
            return d.cosh(one)
        case "tanh":
            return d.over(d.sinh(one), d.cosh(one))
        case "arsinh":
            return d.ln(d.add(one, d.root(d.add(d.times(one, one), (d.ONE, d.ZERO)), 2)))
        case "arcosh":
            return d.ln(d.add(one, d.root(d.subtract(d.times(one, one), (d.ONE, d.ZERO)), 2)))
        case "ln":
            return d.ln(one)
        case "log":
            return d.over(d.ln(one), d.ln(rest[0]))
        case "exp":
            return d.exp(one)
    raise Unvalued


_CONSTANTS = {
    "pi": lambda: (d.pi(), d.ZERO),
    "e": lambda: (d.ONE.exp(), d.ZERO),
    "i": lambda: (d.ZERO, d.ONE),
}


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS:
        raise Unvalued
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        if exponent.denominator > 100 or abs(exponent) > _POWER:
            raise Irrational
        base, exponent = _root(base, exponent.denominator), Fraction(exponent.numerator)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if base not in (0, 1, -1) and bits * abs(exponent) > BITS:
        raise Unvalued
    if not base and exponent < 0:
        raise Unvalued
    return base ** int(exponent)


def _root(value: Fraction, degree: int) -> Fraction:
    if value < 0:
        if degree % 2 == 0:
            raise Irrational
        return -_root(-value, degree)
    return Fraction(_whole_root(value.numerator, degree), _whole_root(value.denominator, degree))


def _whole_root(value: int, degree: int) -> int:
    if degree == 2:
        found = math.isqrt(value)
    else:
        # Newton's steps from above; they end, as each is smaller than the last.
        found = 1 << -(-value.bit_length() // degree)
        while value:
            better = ((degree - 1) * found + value // found ** (degree - 1)) // degree
            if better >= found:
                break
            found = better
        found = found if value else 0
    if found**degree != value:
        raise Irrational
    return found


def _count(value: Fraction) -> int:
    if value.denominator != 1 or not 0 <= value <= _FACTORIAL:
        raise Unvalued
    return int(value)
