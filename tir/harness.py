"""Gives `check(answer)` its values. This file's text runs inside the sandbox, never in our process.

The engine sends the source of this module to the session in which a model's `check` has been
defined, then calls `_judge` with the answers as plain data (`problems.typed`). Expressions
become SymPy values here, where reading them can harm nobody.
"""

import json
from typing import Any

_TRUTHS = ("bool", "bool_", "BooleanTrue", "BooleanFalse")
"""Python's, numpy's and SymPy's. A check that forgets to return says None, and that is no "no"."""


def _value(tree: Any) -> Any:
    """A SymPy value, a list of them, a Matrix, an Interval, or a text.

    Raises whatever the parser raises on an expression that it cannot read.
    """
    import sympy

    if "number" in tree:
        return sympy.Rational(tree["number"])
    if "list" in tree:
        return [_value(part) for part in tree["list"]]
    if "matrix" in tree:
        return sympy.Matrix([[_value(cell) for cell in row] for row in tree["matrix"]])
    if "interval" in tree:
        low, high = map(_value, tree["interval"])
        return sympy.Interval(low, high, tree["ends"][0] == "(", tree["ends"][1] == ")")
    if "text" in tree:
        return tree["text"]
    from latex2sympy2_extended import latex2sympy

    value = latex2sympy(tree["expression"]).doit()
    constants = {sympy.Symbol("e"): sympy.E, sympy.Symbol("i"): sympy.I}
    floats = {number: sympy.Rational(str(number)) for number in value.atoms(sympy.Float)}
    return value.subs({**constants, **floats})


def _verdict(check: Any, value: Any) -> bool:
    """The check's word on a value. Raises what the check raises, TypeError if it says no bool."""
    import sympy

    said = check(value)
    if isinstance(value, sympy.Rational) and not value.is_integer and not said:
        # Rational(1, 2) == 0.5 is False in SymPy, though nobody who writes it means that.
        said = check(float(value))
    if type(said).__name__ not in _TRUTHS:
        raise TypeError(f"check returned {type(said).__name__}")
    return bool(said)


def _judge(check: Any, trees: list[Any]) -> str:
    """JSON: for each answer true, false, or why there is no word on it."""
    verdicts: list[object] = []
    for tree in trees:
        try:
            value = _value(tree)
        except Exception as error:  # noqa: BLE001 - whatever a parser raises
            verdicts.append(f"unread ({type(error).__name__})")
            continue
        try:
            verdicts.append(_verdict(check, value))
        except Exception as error:  # noqa: BLE001 - the check is a model's code
            verdicts.append(type(error).__name__)
    return json.dumps(verdicts)
