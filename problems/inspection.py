"""Questions about expressions other than "are they equal", answered in the comparing process.

`problems.symbolic` hands over what came with a `test`. Every answer has the shape of its own:
{"says", "how", "rule", "detail"}, where "unequal" means no and `detail` is the sentence why.
"""

import json
from typing import Any

from .symbolic import _at_points, _read, _Unread

DIGITS = 40
"""Of a value: above the 30 figures that a test may ask for."""


def inspect(test: str, first: str, second: str) -> dict[str, str]:
    """The inspection `test` of two texts; some take a JSON list of texts as `first`."""
    try:
        match test:
            case "value":
                return _value(first)
            case "irreducible":
                return _each(first, _irreducible)
            case "partial":
                return _partial(json.loads(first))
            case "coprime":
                return _coprime(*json.loads(first))
        variable = test.removeprefix("antiderivative:")
        return _antiderivative(first, second, variable)
    except (_Unread, ArithmeticError, AttributeError, LookupError, NotImplementedError) as error:
        return _unread(error)
    except (TypeError, ValueError, RecursionError, MemoryError) as error:
        return _unread(error)


def _unread(error: BaseException) -> dict[str, str]:
    return {"says": "unread", "how": "heuristic", "rule": str(error) or type(error).__name__}


def _yes(rule: str, detail: str = "", how: str = "proved") -> dict[str, str]:
    return {"says": "equal", "how": how, "rule": rule, "detail": detail}


def _no(rule: str, detail: str, how: str = "proved") -> dict[str, str]:
    return {"says": "unequal", "how": how, "rule": rule, "detail": detail}


def _value(text: str) -> dict[str, str]:
    value = _read(text, text)
    if value.free_symbols:
        return {"says": "unread", "how": "heuristic", "rule": "no number"}
    number = value.doit().evalf(DIGITS, maxn=10 * DIGITS)
    if not number.is_Float and not number.is_Rational:
        return {"says": "unread", "how": "heuristic", "rule": "no real number"}
    if not number.is_finite:
        return {"says": "unread", "how": "heuristic", "rule": "not finite"}
    return _yes("value", str(number.evalf(DIGITS)), "numeric")


def _each(texts: str, check: Any) -> dict[str, str]:
    for text in json.loads(texts):
        complaint = check(text)
        if complaint:
            return _no("form", complaint)
    return _yes("form")


def _irreducible(text: str) -> str:
    """Why `text` is no factor that stays whole over the rationals; "" if it is one."""
    import sympy

    value = _read(text, text)
    names = sorted(value.free_symbols, key=lambda symbol: symbol.name)
    if not names or not value.is_polynomial(*names):
        return ""
    whole = sympy.Poly(sympy.expand(value), *names)
    if not all(coefficient.is_Rational for coefficient in whole.coeffs()):
        if whole.total_degree() > 1:
            raise _Unread("coefficients that are not rational")
        return ""
    content, primitive = whole.primitive()
    if abs(content) != 1 and content.q == 1 and len(whole.terms()) > 1:
        return f"{abs(content)} can be taken out of {text}."
    factors = primitive.factor_list()[1]
    if len(factors) == 1 and factors[0][1] == 1:
        return ""
    return f"{text} can still be factored."


def _coprime(above: str, below: str) -> dict[str, str]:
    import sympy

    both = [_read(text, above + below) for text in (above, below)]
    names = sorted(set().union(*(side.free_symbols for side in both)), key=lambda s: s.name)
    if not all(side.is_polynomial(*names) for side in both):
        return _yes("form")
    common = sympy.gcd(*(sympy.Poly(sympy.expand(side), *names) for side in both))
    if common.total_degree() == 0:
        return _yes("form")
    return _no("form", f"{sympy.sstr(common.as_expr())} divides both.")


def _partial(terms: list[str]) -> dict[str, str]:
    """Each term is a polynomial, or has a power of one irreducible below and less above."""
    import sympy

    seen: list[tuple[Any, int]] = []
    for text in terms:
        above, below = sympy.fraction(sympy.together(_read(text, text)))
        names = sorted(above.free_symbols | below.free_symbols, key=lambda s: s.name)
        if len(names) != 1 or not (above.is_polynomial(*names) and below.is_polynomial(*names)):
            raise _Unread("not a rational function of one variable")
        if not below.free_symbols:
            continue
        factors = sympy.Poly(sympy.expand(below), *names).factor_list()[1]
        if len(factors) != 1:
            return _no("form", f"The denominator of {text} can still be split.")
        (prime, power) = factors[0]
        if sympy.Poly(sympy.expand(above), *names).degree() >= prime.degree():
            return _no("form", f"The numerator of {text} is of too high a degree.")
        if (prime, power) in seen:
            return _no("form", f"The denominator of {text} stands in two terms.")
        seen.append((prime, power))
    return _yes("form")


def _antiderivative(gold: str, answer: str, variable: str) -> dict[str, str]:
    """Whether two expressions have the same derivative. `detail` is "constant" where the answer
    has one of integration, else, if they differ, where."""
    import sympy

    first, second = _read(gold, answer), _read(answer, gold)
    free = {symbol for symbol in first.free_symbols if symbol.name.lower() not in ("c", "k")}
    named = [s for s in first.free_symbols | second.free_symbols if s.name == variable]
    if variable and not named:
        named = [sympy.Symbol(variable, real=True)]
    if not named:
        named = list(free)
    if len(named) != 1:
        return {"says": "unread", "how": "heuristic", "rule": "the variable is not known"}
    (x,) = named
    slopes = sympy.diff(first, x), sympy.diff(second, x)
    agreement = _at_points(*slopes)
    if agreement is None:
        return {"says": "unread", "how": "heuristic", "rule": "derivatives not compared"}
    if agreement["says"] == "equal":
        added = second.free_symbols - slopes[1].free_symbols - first.free_symbols - {x}
        constant = added | {s for s in second.free_symbols if s.name.lower() in ("c", "k")}
        return agreement | {"detail": "constant" if constant else ""}
    return agreement
