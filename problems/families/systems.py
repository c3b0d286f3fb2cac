"""Systems of two equations, and inequalities."""

from fractions import Fraction
from math import isqrt
from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.notation import (
    code,
    linear_form,
    nonzero,
    poly,
    rational,
)

_LATEX_SIGN = {"<": "<", ">": ">", "<=": "\\le", ">=": "\\ge"}
_PRINTED_SIGN = {"<": "<", ">": ">", "<=": "\\leq", ">=": "\\geq"}
"""As `sympy.latex` spells them."""


VARIABLES = "x y z t n a m k".split()


def _system(rng: Random) -> Draw:
    names = rng.choice((("x", "y"), ("x", "y"), ("a", "b"), ("u", "v"), ("m", "n")))
    u, v = names
    x, y = rng.randint(-12, 12), rng.randint(-12, 12)
    while True:
        a, b, c, d = (rng.choice(nonzero(-9, 9)) for _ in range(4))
        if a * d - b * c:
            break
    one = (linear_form((a, b), names), a * x + b * y)
    two = (linear_form((c, d), names), c * x + d * y)
    left, right = linear_form((a, b), names, "*"), linear_form((c, d), names, "*")
    text = f"({x}, {y})"
    program = (
        "from sympy import symbols, solve\n\n"
        f'{u}, {v} = symbols("{u} {v}")\n'
        f"solution = solve([{left} - ({one[1]}), {right} - ({two[1]})], [{u}, {v}])\n"
        f"print((solution[{u}], solution[{v}]))"
    )
    return Draw(
        {
            "u": Math(u, u),
            "v": Math(v, v),
            "p": Math(f"({u}, {v})", f"({u}, {v})"),
            "e": Math(f"{one[0]} = {one[1]}", f"{one[0]} = {one[1]}"),
            "f": Math(f"{two[0]} = {two[1]}", f"{two[0]} = {two[1]}"),
        },
        (Call("I solve both equations together.", program, text),),
        text,
        f"def check(answer):\n    {u}, {v} = answer\n"
        f"    return {left} == {one[1]} and {right} == {two[1]}",
    )


def _system_sum(rng: Random) -> Draw:
    draw = _system(rng)
    u, v = (str(draw.slots[k].latex) for k in "uv")  # type: ignore[union-attr]
    x, y = (int(part) for part in draw.gold.strip("()").split(", "))
    op = rng.choice("+-*")
    value = {"+": x + y, "-": x - y, "*": x * y}[op]
    wanted = Math(f"{u}{v}", f"{u}*{v}") if op == "*" else Math(f"{u} {op} {v}", f"{u} {op} {v}")
    solve_both = draw.calls[0]
    left = solve_both.program.split("solve([")[1].split("], [")[0]
    return Draw(
        {**draw.slots, "w": wanted},
        (
            solve_both,
            Call(
                "Now I put the values together.",
                f"print(solution[{u}] {op} solution[{v}])",
                str(value),
            ),
        ),
        str(value),
        "from sympy import Matrix, linear_eq_to_matrix, symbols\n\n"
        f'def check(answer):\n    {u}, {v} = symbols("{u} {v}")\n'
        f"    A, b = linear_eq_to_matrix([{left}], [{u}, {v}])\n"
        f"    {u}, {v} = A.LUsolve(b)\n    return answer == {u} {op} {v}",
    )


def _inequality(rng: Random) -> Draw:
    v = rng.choice(VARIABLES)
    a, b = rng.choice(nonzero(-9, 12)), rng.randint(-40, 40)
    c = b + a * rng.randint(-12, 12) if rng.random() < 0.7 else rng.randint(-60, 60)
    sign = rng.choice(("<", ">", "<=", ">="))
    flipped = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    solved = sign if a > 0 else flipped[sign]
    bound = Fraction(c - b, a)
    text = f"{v} {_PRINTED_SIGN[solved]} {rational(bound)}"
    left = code((a, b), v)
    program = (
        "from sympy import symbols, simplify, latex\n\n"
        f'{v} = symbols("{v}")\nprint(latex(simplify({left} {sign} {c})))'
    )
    spelled = poly((a, b), v).latex
    return Draw(
        {
            "v": Math(v, v),
            "e": Math(f"{spelled} {_LATEX_SIGN[sign]} {c}", f"{spelled} {sign} {c}"),
        },
        (
            Call(
                "I solve the inequality; SymPy turns the sign where it must.",
                program,
                text,
            ),
        ),
        text,
        "from sympy import symbols, solveset, S\n\ndef check(answer):\n"
        f'    {v} = symbols("{v}")\n'
        f"    return answer.as_set() == solveset({left} {sign} {c}, {v}, S.Reals)",
    )


def _integer_bound(rng: Random) -> Draw:
    v = rng.choice(VARIABLES)
    a, b = rng.randint(2, 12), rng.randint(-40, 40)
    c = rng.randint(-30, 150)
    largest = rng.random() < 0.5
    sign = rng.choice(("<", "<=")) if largest else rng.choice((">", ">="))
    left = code((a, b), v)
    fits = [n for n in range(-400, 400) if eval_sign(a * n + b, sign, c)]
    value = max(fits) if largest else min(fits)
    pick = "max" if largest else "min"
    step = "+" if largest else "-"
    spelled = poly((a, b), v).latex
    return Draw(
        {
            "v": Math(v, v),
            "w": "largest" if largest else "smallest",
            "e": Math(f"{spelled} {_LATEX_SIGN[sign]} {c}", f"{spelled} {sign} {c}"),
        },
        (
            Call(
                "I try the integers in a wide range.",
                f"print({pick}({v} for {v} in range(-400, 400) if {left} {sign} {c}))",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    f = lambda {v}: {left} {sign} {c}\n"
        f"    return bool(f(answer)) and not f(answer {step} 1)",
    )


def eval_sign(left: int, sign: str, right: int) -> bool:
    """Whether `left sign right` holds."""
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[sign]


def _quadratic_count(rng: Random) -> Draw:
    v = rng.choice(VARIABLES)
    c = rng.randint(2, 400)
    sign = rng.choice(("<", "<="))
    top = isqrt(c if sign == "<=" else c - 1)
    value = 2 * top + 1
    return Draw(
        {
            "v": Math(v, v),
            "e": Math(f"{v}^2 {_LATEX_SIGN[sign]} {c}", f"{v}^2 {sign} {c}"),
        },
        (
            Call(
                "I count the integers in a wide range.",
                f"print(sum(1 for {v} in range(-100, 101) if {v}**2 {sign} {c}))",
                str(value),
            ),
        ),
        str(value),
        "def check(answer):\n    top = 0\n"
        f"    while (top + 1)**2 {sign} {c}:\n        top += 1\n    return answer == 2*top + 1",
    )


FAMILIES = (
    Family(
        "systems",
        "algebra",
        (
            Variant(
                _system,
                (
                    "Solve the system @e and @f. [Give the answer as @p.|Write the answer as @p.]",
                    "Find @p if @e and @f.",
                    "Solve the system of equations @e, @f for @p.",
                    "[Find|Determine] the [pair|ordered pair] @p [that satisfies|with] @e and @f.",
                    "Given @e and @f, find @p.",
                    "Where do the lines @e and @f meet? Give the point @p.",
                    "Find the values of @u and @v such that @e and @f. Answer as @p.",
                    "What is the [solution|pair] @p of @e and @f?",
                    "@e and @f. [Find|Determine] @p.",
                    "Solve @e, @f. Answer as @p.",
                    "Find numbers @u and @v that satisfy @e and @f, as a pair @p.",
                ),
                (
                    "Find the ordered pair @p such that @e and @f.",
                    "Determine the solution @p of the system of equations @e and @f.",
                ),
            ),
            Variant(
                _system_sum,
                (
                    "If @e and @f, what is @w?",
                    "[Find|Compute|Determine] @w if @e and @f.",
                    "Given that @e and @f, [find|compute] the value of @w.",
                    "Suppose @e and @f. What is [the value of|] @w?",
                    "Let @e and @f. [Find|Compute] @w.",
                ),
                (
                    "Given that @e and @f, what is the value of @w?",
                    "Suppose that @e and @f. Find @w.",
                ),
            ),
        ),
    ),
    Family(
        "inequalities",
        "algebra",
        (
            Variant(
                _inequality,
                (
                    "Solve @e.",
                    "Solve the inequality @e [for @v|].",
                    "[Find|Determine] all real @v with @e.",
                    "For which @v is @e?",
                    "[Find|Give|What is] the solution of the inequality @e[.|?]",
                    "[Find|Determine] all [values of @v|@v] such that @e.",
                    "Which real numbers @v satisfy @e?",
                    "[Find|Give] all numbers @v that satisfy the inequality @e.",
                    "What is the solution set of @e?",
                    "Solve for @v: @e",
                    "When is @e true?",
                ),
                (
                    "Determine all real numbers @v that satisfy @e.",
                    "Find the solution of the inequality @e for @v.",
                ),
            ),
            Variant(
                _integer_bound,
                (
                    "What is the @w integer @v with @e?",
                    "[Find|Determine|Give] the @w integer @v such that @e.",
                    "[Find|What is] the @w integer [that satisfies|satisfying] @e[.|?]",
                    "What is the @w integer @v for which @e?",
                ),
                (
                    "Determine the @w integer @v for which @e.",
                    "Find the @w integer @v that satisfies @e.",
                ),
            ),
            Variant(
                _quadratic_count,
                (
                    "How many integers @v satisfy @e?",
                    "[Find|Determine|Compute] the number of integers @v with @e.",
                    "For how many integers @v is @e?",
                    "Count the integers @v such that @e.",
                ),
                (
                    "How many integers @v are there with @e?",
                    "Determine the number of integers @v such that @e.",
                ),
            ),
        ),
    ),
)
