"""The process behind `problems.worker`: reads pairs, compares them with SymPy and Math-Verify.

Protocol: one JSON object a line. In: {"gold", "answer", "seconds"}. Out: {"says": "equal" |
"unequal" | "unread" | "late", "how": "proved" | "numeric" | "heuristic", "rule"}; the first line
out is {"ready": true}. It ends when standard input does.

LaTeX is read by latex2sympy2_extended's grammar alone. Math-Verify's own `parse` is not used: it
falls back to whatever number it finds in text it cannot read (shared study: 19 % false accepts).
"""

import gc
import json
import math
import os
import random
import re
import resource
import select
import signal
import sys
import time
from typing import Any, TextIO

MEMORY = 640 << 20
"""Address space: with what the caller's process takes it stays below 1 GB. Honest pairs take less
than half of it; what takes more ends undecided."""
POINTS = 3
DIGITS = 400
"""Digits to which a difference that is not rational must vanish to count as zero. At 60,
e^(pi*sqrt(163)) is still told from its nearest integer; 400 costs a millisecond more."""
_LEADING = 15
_DEGREES = re.compile(r"(\d+\.?\d*)\^\\circ")
# The grammar takes "\\log_{2}3\\cdot 5" for the logarithm of 15.
_ARGUMENT = re.compile(
    r"(\\(?:ln|log(?:_\{[^{}]*\})?|sin|cos|tan) ?)(\d+|[A-Za-z])(?= ?\\cdot(?![A-Za-z]))"
)
_LETTER = re.compile(r"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z])")


class _Unread(Exception):
    """One side is no mathematics that the grammar reads."""


def main() -> None:
    """Serve until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # ANTLR prints complaints; the protocol gets standard output to itself.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # The first comparison imports everything and costs a tenth of a second: not on a budget.
    compare("1", "x+1")
    _say(out, {"ready": True})
    # Objects that a collection would touch are pages that every child would copy.
    gc.freeze()
    for line in sys.stdin:
        _say(out, _answered(json.loads(line)))


def _answered(job: dict[str, Any]) -> dict[str, str]:
    """The opinion of a child forked for this question: what ran before has left no trace in its
    caches, and killing it at the deadline costs nothing but the question."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # The default action of SIGALRM ends the process in the kernel, even inside C code, so an
        # orphan whose parent was killed in mid-question cannot burn a core for ever.
        signal.alarm(math.ceil(job["seconds"]) + 2)
        try:
            os.write(writing, json.dumps(_opinion(job)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    deadline = time.monotonic() + job["seconds"]
    said = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([reading], [], [], left)[0]:
            break
        chunk = os.read(reading, 65536)
        if not chunk:
            break
        said += chunk
    os.close(reading)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        return dict(json.loads(said))
    except ValueError:
        return {"says": "late", "how": "heuristic", "rule": "no answer in time"}


def _opinion(job: dict[str, Any]) -> dict[str, str]:
    if not job.get("test"):
        return compare(job["gold"], job["answer"])
    from .inspection import inspect

    return inspect(job["test"], job["gold"], job["answer"])


def compare(gold: str, answer: str) -> dict[str, str]:
    """What SymPy makes of two normal forms."""
    try:
        first, second = _read(gold, answer), _read(answer, gold)
    except _Unread as error:
        return {"says": "unread", "how": "heuristic", "rule": str(error)}
    try:
        return _decide(first, second)
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError) as error:
        return _trouble(error)
    except (TypeError, ValueError, RecursionError, MemoryError) as error:
        return _trouble(error)


def _trouble(error: BaseException) -> dict[str, str]:
    return {"says": "unread", "how": "heuristic", "rule": type(error).__name__}


def _decide(first: Any, second: Any) -> dict[str, str]:
    import sympy
    from math_verify import verify

    if first == second:
        return _answer(True, "proved", "same expression")
    if isinstance(first, sympy.Eq) and isinstance(second, sympy.Eq):
        return _equations(first, second)
    sets = _ranges(first), _ranges(second)
    if sets[0] is not None and sets[1] is not None:
        if sets[0] == sets[1]:
            return _answer(True, "proved", "ranges")
        first, second = sets
    if isinstance(first, sympy.Expr) and isinstance(second, sympy.Expr):
        agreement = _at_points(first, second)
        if agreement is not None:
            return agreement
    same = verify(first, second, timeout_seconds=None, allow_set_relation_comp=True)
    if not same and isinstance(first, sympy.Expr) and isinstance(second, sympy.Expr):
        # It found no proof; that is not a difference.
        return {"says": "unread", "how": "heuristic", "rule": "no difference shown"}
    return _answer(same, "numeric" if same else "heuristic", "math-verify")


def _answer(same: bool, how: str, rule: str) -> dict[str, str]:
    return {"says": "equal" if same else "unequal", "how": how, "rule": rule}


def _read(text: str, other: str) -> Any:
    import sympy
    from latex2sympy2_extended.latex2sympy2 import (
        ConversionConfig,
        NormalizationConfig,
        latex2sympy,
        normalize_latex,
    )

    # Letters are folded as Math-Verify does ("+C" is "+c"), unless a text uses both cases.
    cases = [set(_LETTER.findall(side)) for side in (text, other)]
    folded = not any(letter.swapcase() in case for case in cases for letter in case)
    cosmetic = NormalizationConfig(
        basic_latex=True,
        units=False,
        malformed_operators=True,
        nits=True,
        boxed="none",
        equations=False,
    )
    text = _ARGUMENT.sub(r"\1(\2)", text)
    text = _DEGREES.sub(r"(\\frac{\1\\cdot \\pi}{180})", text)
    try:
        value = latex2sympy(
            normalize_latex(text, cosmetic),
            is_real=True,
            convert_degrees=False,
            normalization_config=None,
            conversion_config=ConversionConfig(lowercase_symbols=folded),
        )
    # The grammar raises bare Exception for everything it cannot read.
    except Exception as error:  # noqa: BLE001
        raise _Unread(type(error).__name__) from None
    # "1=1" is read as true, and every true equals every other.
    truth = isinstance(value, sympy.logic.boolalg.BooleanAtom)
    if truth or not isinstance(value, (sympy.Basic, sympy.MatrixBase)):
        raise _Unread("no expression")
    # Decimals are exact as written; as floats 50.0 is not 50 to SymPy (since 1.13).
    floats = value.atoms(sympy.Float)
    exact = {number: sympy.Rational(str(number)) for number in floats}
    units = {s: sympy.I for s in value.free_symbols if s.name == "i"}
    return value.xreplace({**exact, **units}) if exact or units else value


def _ranges(value: Any) -> Any:
    """The set of reals that inequalities in one variable leave, or None."""
    import sympy

    if isinstance(value, sympy.Set):
        return value
    relational = sympy.core.relational.Relational
    boolean = getattr(value, "is_Boolean", False)
    parts = getattr(value, "_unsorted_args", value.args) if boolean else ()
    terms = [value] if isinstance(value, relational) else list(parts)
    if not terms or not all(isinstance(term, relational) for term in terms):
        return None
    names = value.free_symbols
    if len(names) != 1 or any(isinstance(term, sympy.Eq) for term in terms):
        return None
    plain = sympy.Symbol("x", real=True)
    swap = {next(iter(names)): plain}
    return sympy.Intersection(*(term.xreplace(swap).as_set() for term in terms))


def _equations(first: Any, second: Any) -> dict[str, str]:
    """Equations are the same up to a nonzero factor. Math-Verify compares solution lists instead,
    so all equations without a real root are equal to it; it is not asked."""
    import sympy

    sides = [equation.lhs - equation.rhs for equation in (first, second)]
    names = sorted(first.free_symbols | second.free_symbols, key=lambda symbol: symbol.name)
    cleared = [sympy.fraction(sympy.together(side))[0] for side in sides]
    if names and all(side.is_polynomial(*names) for side in cleared):
        one, other = (sympy.Poly(side, *names) for side in cleared)
        if not one.is_zero and not other.is_zero:
            same = (one * other.LC() - other * one.LC()).is_zero
            return _answer(bool(same), "proved" if same else "heuristic", "polynomial equation")
    for sign in (1, -1):
        agreement = _at_points(sides[0], sign * sides[1])
        if agreement is not None and agreement["says"] == "equal":
            return agreement
    return {"says": "unread", "how": "heuristic", "rule": "equation"}


def _at_points(first: Any, second: Any) -> dict[str, str] | None:
    """Compare two expressions at random rational points; None when too few points count.

    Points are positive: roots and logarithms of single letters are real there, and textbooks write
    sqrt(x^2 y) as x sqrt(y). Where an absolute value or a step stands on either side the answer
    hangs on signs, so then they are mixed.
    """
    import sympy

    names = sorted(first.free_symbols | second.free_symbols, key=lambda symbol: symbol.name)
    if not names:
        same = _agree(first, second)
        rule = "equal in value" if same else "differs in value"
        return None if same is None else _answer(same, "numeric", rule)
    steps = (sympy.Abs, sympy.sign, sympy.floor, sympy.ceiling, sympy.Max, sympy.Min, sympy.Mod)
    signs = (1, -1) if first.has(*steps) or second.has(*steps) else (1,)
    source = random.Random(0)
    counted = 0
    for _ in range(3 * POINTS):
        at = {
            name: sympy.Rational(source.choice(signs) * source.randint(101, 2999), 1009)
            for name in names
        }
        same = _agree(first.subs(at), second.subs(at))
        if same is False:
            return _answer(False, "numeric", "differs at a point") | {"detail": _witness(at)}
        counted += same is True
        if counted == POINTS * len(signs):
            return _answer(True, "numeric", "equal at points")
    return None


def _witness(at: dict[Any, Any]) -> str:
    return ", ".join(f"{name} = {float(value):.4g}" for name, value in at.items())


def _agree(left: Any, right: Any) -> bool | None:
    """Whether two constants are equal: exactly where they are rational, else to `DIGITS` digits."""
    import sympy

    gap = (left - right).doit()
    if gap.is_Rational:
        return bool(gap == 0)
    if gap.has(sympy.Integral, sympy.Sum, sympy.Product, sympy.Limit, sympy.Derivative):
        return None
    try:
        # Strict: SymPy raises precision until the first digits of the gap are known to be right.
        value = gap.evalf(_LEADING, maxn=DIGITS, strict=True)
    except sympy.core.evalf.PrecisionExhausted:
        return True
    if not value.is_number or not value.is_finite:
        return None
    return bool(value.is_zero)


def _say(out: TextIO, message: dict[str, Any]) -> None:
    out.write(json.dumps(message) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
