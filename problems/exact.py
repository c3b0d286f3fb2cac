"""Exact rational value of number text: `3/4`, `2\\frac{1}{3}`, `1.2\\cdot 10^3`, `2^{100}`, `43+7`.

A recursive descent over a normal form (`problems.normal`), in `fractions.Fraction`. Every step is
bounded before it is taken, so `9^{9^{9}}` costs nothing: it is simply no number here.
"""

import math
import re
from fractions import Fraction
from functools import lru_cache

BITS = 3400
"""About 1000 digits: above every benchmark answer, and arithmetic on it takes microseconds."""
_EXPONENT = 1000
_FACTORIAL = 400
"""400! has 869 digits, the last factorial well within BITS."""

_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,4})(?![\d.]))?")
_REPEATING = re.compile(r"(\d+)\.(\d*)\\overline\{?(\d+)\}?")
_MIXED = re.compile(r"(\d+) ?\\frac\{(\d+)\}\{(\d+)\}|(\d+) (\d+)/(\d+)(?![\d.])")
_FACTOR = re.compile(r"\\cdot(?![A-Za-z]) ?|\\times(?![A-Za-z]) ?|[*/]")
_SYMBOLS = re.compile(r"[A-Za-z]")
_KNOWN = re.compile(r"\\(?:frac|sqrt|cdot|times|binom|overline)(?![A-Za-z])|(?<=\d)[eE](?=[+-]?\d)")


class _NotExact(Exception):
    """The text is no rational number within bounds."""


@lru_cache(maxsize=4096)
def exact(text: str) -> Fraction | None:
    """The rational number `text` (a normal form) denotes, or None."""
    if (
        not text
        or not any(char.isdigit() for char in text)
        or _SYMBOLS.search(_KNOWN.sub("", text))
    ):
        return None
    reader = _Reader(text)
    try:
        value = reader.sum()
    except (_NotExact, ZeroDivisionError):
        return None
    return value if reader.at == len(text) else None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def take(self, mark: str) -> bool:
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False

    def sum(self) -> Fraction:
        total = self.product()
        while True:
            if self.take("+"):
                total = _bounded(total + self.product())
            elif self.take("-"):
                total = _bounded(total - self.product())
            else:
                return total

    def product(self) -> Fraction:
        total = self.signed()
        divided = False
        while True:
            mark = _FACTOR.match(self.text, self.at)
            if mark:
                self.at = mark.end()
                if mark.group() == "/":
                    divided = True
                    total = _bounded(total / self.signed())
                else:
                    total = _bounded(total * self.signed())
            elif self.text.startswith(("(", "\\frac", "\\sqrt"), self.at):
                # 1/2(3) is read both ways; we take neither.
                if divided:
                    raise _NotExact
                total = _bounded(total * self.power())
            else:
                return total

    def signed(self) -> Fraction:
        if self.take("-"):
            return -self.signed()
        if self.take("+"):
            return self.signed()
        return self.power()

    def power(self) -> Fraction:
        base = self.atom()
        while self.take("!"):
            if base.denominator != 1 or not 0 <= base <= _FACTORIAL:
                raise _NotExact
            base = Fraction(math.factorial(int(base)))
        if not self.take("^"):
            return base
        if self.at < len(self.text) and self.text[self.at].isdigit():
            # LaTeX raises one digit: 10^23 typeset is 10²3, written by people it is 10^{23}.
            exponent = self.number()
        else:
            exponent = self.group()
        if exponent.denominator != 1 or abs(exponent) > _EXPONENT * 10:
            raise _NotExact
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if size * abs(exponent) > BITS and base not in (0, 1, -1):
            raise _NotExact
        return base ** int(exponent)

    def atom(self) -> Fraction:
        mixed = _MIXED.match(self.text, self.at)
        if mixed:
            self.at = mixed.end()
            whole, top, bottom = (_integer(part) for part in mixed.groups() if part is not None)
            return whole + Fraction(top, bottom)
        if self.take(r"\frac"):
            top_part = self.group()
            return _bounded(top_part / self.group())
        if self.take(r"\binom"):
            n, k = self.group(), self.group()
            if n.denominator != 1 or k.denominator != 1 or not 0 <= k <= n <= _FACTORIAL:
                raise _NotExact
            return Fraction(math.comb(int(n), int(k)))
        if self.take(r"\sqrt"):
            return self.root()
        if self.text.startswith(("(", "{"), self.at):
            return self.group()
        return self.number()

    def group(self) -> Fraction:
        for opening, closing in ("{}", "()"):
            if self.take(opening):
                inner = self.sum()
                if not self.take(closing):
                    raise _NotExact
                return inner
        raise _NotExact

    def root(self) -> Fraction:
        degree = 2
        if self.take("["):
            inner = self.sum()
            if not self.take("]") or inner.denominator != 1 or not 2 <= inner <= 100:
                raise _NotExact
            degree = int(inner)
        under = self.group()
        # The convention of school mathematics: an odd root of a negative number is real.
        if under < 0 and degree % 2:
            return -_root(-under, degree)
        return _root(under, degree)

    def number(self) -> Fraction:
        repeating = _REPEATING.match(self.text, self.at)
        if repeating:
            self.at = repeating.end()
            whole, fixed, period = repeating.groups()
            value = Fraction(_integer(whole + fixed), 10 ** len(fixed))
            return value + Fraction(_integer(period), (10 ** len(period) - 1) * 10 ** len(fixed))
        match = _NUMBER.match(self.text, self.at)
        if not match:
            raise _NotExact
        self.at = match.end()
        whole, _, fixed = match.group(1).partition(".")
        value = Fraction(_integer((whole + fixed) or "0"), 10 ** len(fixed))
        if match.group(2) is not None:
            scale = int(match.group(2))
            if abs(scale) > _EXPONENT:
                raise _NotExact
            value *= Fraction(10) ** scale
        return _bounded(value)


def _integer(digits: str) -> int:
    if len(digits) > _EXPONENT:
        raise _NotExact
    return int(digits)


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS:
        raise _NotExact
    return value


def _root(value: Fraction, degree: int) -> Fraction:
    top, bottom = _integer_root(value.numerator, degree), _integer_root(value.denominator, degree)
    return Fraction(top, bottom)


def _integer_root(value: int, degree: int) -> int:
    """The exact root by bisection; a float would lose digits past 2^53."""
    if value < 0:
        raise _NotExact
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**degree < value:
            low = middle + 1
        else:
            high = middle
    if low**degree != value:
        raise _NotExact
    return low
