"""Spells numbers and polynomials: as people write them, as Python, and as SymPy's `latex` prints."""

from collections.abc import Sequence
from fractions import Fraction

from problems.families.base import Math


def rational(value: Fraction | int) -> str:
    """As `sympy.latex` prints an exact number: `3`, `\\frac{1}{2}`, `- \\frac{1}{2}`."""
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    sign = "- " if value < 0 else ""
    return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def rationals(values: Sequence[Fraction | int]) -> str:
    """A comma-separated list of exact numbers."""
    return ", ".join(rational(value) for value in values)


def fraction(value: Fraction) -> Math:
    """A fraction in a question."""
    return Math(f"\\frac{{{value.numerator}}}{{{value.denominator}}}", str(value))


def _terms(coefficients: Sequence[int]) -> list[tuple[int, int]]:
    """(coefficient, power) of the non-zero terms, highest power first."""
    top = len(coefficients) - 1
    return [(c, top - i) for i, c in enumerate(coefficients) if c]


def _join(terms: list[tuple[str, str]]) -> str:
    """Signed terms as one sum: `[("-", "x"), ("+", "3")]` is `-x + 3`."""
    if not terms:
        return "0"
    sign, first = terms[0]
    return ("-" if sign == "-" else "") + first + "".join(f" {s} {t}" for s, t in terms[1:])


def _spell(coefficients: Sequence[int], times: str, power: str, var: str) -> str:
    terms = []
    for c, p in _terms(coefficients):
        factor = var if p == 1 else power.replace("v", var).replace("p", str(p))
        body = str(abs(c)) if p == 0 else factor if abs(c) == 1 else f"{abs(c)}{times}{factor}"
        terms.append(("-" if c < 0 else "+", body))
    return _join(terms)


def code(coefficients: Sequence[int], var: str = "x") -> str:
    """A polynomial in Python, highest power first: `2*x**2 - 7*x + 3`."""
    return _spell(coefficients, "*", "v**p", var)


def sympy_latex(coefficients: Sequence[int], var: str = "x") -> str:
    """A polynomial as `sympy.latex` prints it: `2 x^{2} - 7 x + 3`.

    A lone positive number goes first when the other term is negative (`3 - x`), as SymPy's
    `Expr.as_ordered_terms` has it, and a leading minus stands apart (`- x^{2} + x`).
    """
    terms = _terms(coefficients)
    if len(terms) == 2 and terms[1][1] == 0 and terms[0][0] < 0 < terms[1][0]:
        negated = [-c for c in coefficients[:-1]]
        return f"{terms[1][0]} - {_spell([*negated, 0], ' ', 'v^{p}', var)}"
    text = _spell(coefficients, " ", "v^{p}", var)
    return "- " + text[1:] if text.startswith("-") and terms[0][1] else text


def poly(coefficients: Sequence[int], var: str = "x", tail: str = "") -> Math:
    """A polynomial in a question; `tail` (such as ` = 0`) is put after it."""
    written = _spell(coefficients, "", "v^p", var)
    return Math(written + tail, written + tail)


def equation(left: Sequence[int], right: Sequence[int], var: str = "x") -> Math:
    """`left = right`, both polynomials in `var`."""
    return poly(left, var, " = " + _spell(right, "", "v^p", var))


def linear_form(coefficients: Sequence[int], names: Sequence[str], times: str = "") -> str:
    """`3x - 2y`, or with `times="*"` the same in Python."""
    terms = []
    for c, name in zip(coefficients, names, strict=True):
        if c:
            body = name if abs(c) == 1 else f"{abs(c)}{times}{name}"
            terms.append(("-" if c < 0 else "+", body))
    return _join(terms)


def nonzero(low: int, high: int) -> list[int]:
    """The integers from `low` to `high` without zero."""
    return [n for n in range(low, high + 1) if n]


def ordinal(n: int) -> str:
    """`21st`, `12th`."""
    if n % 100 in (11, 12, 13):
        return f"{n}th"
    return f"{n}" + {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
