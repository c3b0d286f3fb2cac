"""Equations in one unknown: linear, quadratic, cubic."""

from fractions import Fraction
from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.notation import (
    code,
    equation,
    nonzero,
    poly,
    rational,
    rationals,
)

VARIABLES = "x y z t n a m k".split()


def _linear(rng: Random) -> Draw:
    v = rng.choice(VARIABLES)
    a, c = rng.sample(nonzero(-15, 20), 2)
    b = rng.randint(-60, 60)
    if rng.random() < 0.6:
        c = 0
    d = rng.randint(-90, 90)
    if rng.random() < 0.6:
        d = b + (a - c) * rng.randint(-15, 15)
    value = Fraction(d - b, a - c)
    left, right = code((a, b), v), code((c, d), v) if c else str(d)
    program = (
        "from sympy import symbols, solve, latex\n\n"
        f'{v} = symbols("{v}")\nprint(latex(solve({left} - ({right}), {v})[0]))'
    )
    return Draw(
        {"v": Math(v, v), "e": equation((a, b), (c, d) if c else (d,), v)},
        (Call("I solve the linear equation.", program, rational(value)),),
        rational(value),
        f"def check(answer):\n    {v} = answer\n    return {left} == {right}",
    )


def _quadratic_roots(rng: Random) -> tuple[tuple[int, int, int], list[Fraction]]:
    """Coefficients with rational roots, and the roots in increasing order."""
    a, p = rng.choice((1, 1, 1, 2, 3, 4, 5)), rng.randint(-12, 12)
    q = rng.randint(-12, 12)
    roots = sorted({Fraction(p), Fraction(q, a)})
    return (a, -(q + a * p), p * q), roots


def _quadratic(rng: Random) -> Draw:
    v = rng.choice(VARIABLES)
    coefficients, roots = _quadratic_roots(rng)
    left = code(coefficients, v)
    program = (
        "from sympy import symbols, solve, latex\n\n"
        f'{v} = symbols("{v}")\nroots = solve({left}, {v})\n'
        'print(", ".join(latex(r) for r in sorted(roots)))'
    )
    return Draw(
        {"v": Math(v, v), "e": poly(coefficients, v, " = 0"), "p": poly(coefficients, v)},
        (Call("I solve the quadratic equation and sort the roots.", program, rationals(roots)),),
        rationals(roots),
        "def check(answer):\n"
        "    roots = answer if isinstance(answer, list) else [answer]\n"
        f"    return len(set(roots)) == {len(roots)} and all({left} == 0 for {v} in roots)",
    )


def _moved_quadratic(rng: Random) -> Draw:
    v = rng.choice(VARIABLES)
    (a, b, c), roots = _quadratic_roots(rng)
    d, e = rng.choice(((0, rng.randint(1, 30)), (rng.randint(1, 9), rng.randint(-20, 20))))
    left, right = (a, b + d, c + e), (d, e) if d else (e,)
    one, two = code(left, v), code(right, v)
    program = (
        "from sympy import symbols, solve, latex\n\n"
        f'{v} = symbols("{v}")\nroots = solve({one} - ({two}), {v})\n'
        'print(", ".join(latex(r) for r in sorted(roots)))'
    )
    return Draw(
        {"v": Math(v, v), "e": equation(left, right, v)},
        (Call("I bring all to one side and solve the quadratic.", program, rationals(roots)),),
        rationals(roots),
        "def check(answer):\n"
        "    roots = answer if isinstance(answer, list) else [answer]\n"
        f"    return len(set(roots)) == {len(roots)} and all({one} == {two} for {v} in roots)",
    )


def _cubic(rng: Random) -> Draw:
    v = rng.choice(VARIABLES)
    p, q, r = (rng.randint(-7, 7) for _ in range(3))
    coefficients = (1, -(p + q + r), p * q + q * r + r * p, -p * q * r)
    roots = sorted({Fraction(p), Fraction(q), Fraction(r)})
    left = code(coefficients, v)
    program = (
        "from sympy import symbols, solve, latex\n\n"
        f'{v} = symbols("{v}")\nroots = solve({left}, {v})\n'
        'print(", ".join(latex(r) for r in sorted(roots)))'
    )
    return Draw(
        {"v": Math(v, v), "e": poly(coefficients, v, " = 0"), "p": poly(coefficients, v)},
        (Call("I solve the cubic equation and sort the roots.", program, rationals(roots)),),
        rationals(roots),
        "def check(answer):\n"
        "    roots = answer if isinstance(answer, list) else [answer]\n"
        f"    return len(set(roots)) == {len(roots)} and all({left} == 0 for {v} in roots)",
    )


_SOLVE_HELD_OUT = (
    "Find the value of @v for which @e.",
    "Solve @e to find @v.",
)


_ROOTS = (
    "Solve @e.",
    "Solve the equation @e [for @v|].",
    "Find all [real|] [@v|solutions] [with|such that|of] @e.",
    "Find all real @v with @e.",
    "[What are|Find] the [roots|zeros] of @p[.|?]",
    "[Find|Determine|Give|Compute] [all|the] [real|] [solutions|roots] of [the equation|] @e.",
    "For which @v is @e?",
    "What are the solutions of @e?",
    "Find all values of @v [for which|such that] @e.",
    "[Solve|Solve for @v]: @e",
)


_ROOTS_HELD_OUT = (
    "Determine all real numbers @v such that @e.",
    "What are the real roots of the equation @e?",
    "Give all values of @v with @e.",
)


FAMILIES = (
    Family(
        "linear",
        "algebra",
        (
            Variant(
                _linear,
                (
                    "Solve @e.",
                    "Solve [the equation|] @e for @v.",
                    "[Find|Determine] @v if @e.",
                    "If @e, what is [@v|the value of @v]?",
                    "[Find|What is] the solution of [the equation|] @e[.|?]",
                    "For [which|what] value of @v is @e?",
                    "[Find|Determine|Compute] the value of @v such that @e.",
                    "Given that @e, find @v.",
                    "What is the value of @v if @e?",
                    "[Solve|Solve for @v]: @e",
                ),
                _SOLVE_HELD_OUT,
            ),
        ),
    ),
    Family(
        "quadratic",
        "algebra",
        (
            Variant(_quadratic, _ROOTS, _ROOTS_HELD_OUT),
            Variant(
                _moved_quadratic,
                tuple(p for p in _ROOTS if "@p" not in p),
                _ROOTS_HELD_OUT,
            ),
        ),
    ),
    Family("cubic", "algebra", (Variant(_cubic, _ROOTS, _ROOTS_HELD_OUT),)),
)
