"""Polynomials and functions: values, expansion, Vieta, composition."""

from fractions import Fraction
from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.notation import code, nonzero, poly, rational, sympy_latex


def _coefficients(rng: Random, degree: int) -> tuple[int, ...]:
    return (rng.choice(nonzero(-9, 9)), *(rng.randint(-12, 12) for _ in range(degree)))


def _value(coefficients: tuple[int, ...], at: int) -> int:
    total = 0
    for c in coefficients:
        total = total * at + c
    return total


def _evaluation(rng: Random) -> Draw:
    coefficients = _coefficients(rng, rng.choice((2, 2, 3)))
    at, v = rng.randint(-9, 12), rng.choice("x x t n".split())
    value = _value(coefficients, at)
    f = rng.choice("f p g".split())
    spelled = poly(coefficients, v)
    return Draw(
        {
            "f": Math(f"{f}({v}) = {spelled.latex}", f"{f}({v}) = {spelled.plain}"),
            "y": Math(f"{f}({at})", f"{f}({at})"),
            "p": spelled,
            "v": Math(f"{v} = {at}", f"{v} = {at}"),
        },
        (
            Call(
                "I put the value into the polynomial.",
                f"{v} = {at}\nprint({code(coefficients, v)})",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    value = 0\n    for c in {list(coefficients)}:\n"
        f"        value = value * ({at}) + c\n    return answer == value",
    )


def _composition(rng: Random) -> Draw:
    f, g = _coefficients(rng, rng.choice((1, 2))), _coefficients(rng, 1)
    at = rng.randint(-6, 9)
    inner = _value(g, at)
    value = _value(f, inner)
    return Draw(
        {
            "f": Math(f"f(x) = {poly(f).latex}", f"f(x) = {poly(f).plain}"),
            "g": Math(f"g(x) = {poly(g).latex}", f"g(x) = {poly(g).plain}"),
            "y": Math(f"f(g({at}))", f"f(g({at}))"),
        },
        (
            Call("First the inner function.", f"x = {at}\nx = {code(g)}\nprint(x)", str(inner)),
            Call("Now the outer one.", f"print({code(f)})", str(value)),
        ),
        str(value),
        f"def check(answer):\n    g = lambda x: {code(g)}\n    f = lambda x: {code(f)}\n"
        f"    return answer == f(g({at}))",
    )


def _expansion(rng: Random) -> Draw:
    a, c = rng.randint(1, 6), rng.choice(nonzero(-6, 6))
    b, d = rng.choice(nonzero(-12, 12)), rng.choice(nonzero(-12, 12))
    v = rng.choice("x x y t".split())
    product = (a * c, a * d + b * c, b * d)
    one, two = code((a, b), v), code((c, d), v)
    spelled = f"({poly((a, b), v).latex})({poly((c, d), v).latex})"
    text = sympy_latex(product, v)
    return Draw(
        {"e": Math(spelled, spelled)},
        (
            Call(
                "I multiply out.",
                "from sympy import symbols, expand, latex\n\n"
                f'{v} = symbols("{v}")\nprint(latex(expand(({one}) * ({two}))))',
                text,
            ),
        ),
        text,
        "from sympy import symbols\n\ndef check(answer):\n"
        f'    {v} = symbols("{v}")\n    d = answer - ({one}) * ({two})\n'
        f"    return all(d.subs({v}, k) == 0 for k in (2, 5, 11))",
    )


def _vieta(rng: Random) -> Draw:
    a, b, c = rng.choice((1, 1, 2, 3, 4, 5)), rng.randint(-20, 20), rng.choice(nonzero(-20, 20))
    while b * b - 4 * a * c <= 0:
        b, c = rng.randint(-20, 20), rng.choice(nonzero(-20, 20))
    word = rng.choice(("sum", "product"))
    value = Fraction(-b, a) if word == "sum" else Fraction(c, a)
    formula = f"Rational(-({b}), {a})" if word == "sum" else f"Rational({c}, {a})"
    combine = "sum(roots)" if word == "sum" else "roots[0] * roots[1]"
    return Draw(
        {"e": poly((a, b, c), "x", " = 0"), "p": poly((a, b, c)), "w": word},
        (
            Call(
                f"By Vieta's formulas the {word} follows from the coefficients.",
                f"from sympy import Rational, latex\n\nprint(latex({formula}))",
                rational(value),
            ),
        ),
        rational(value),
        "from sympy import symbols, solve, simplify\n\ndef check(answer):\n"
        f'    x = symbols("x")\n    roots = solve({code((a, b, c))}, x)\n'
        f"    return simplify({combine} - answer) == 0",
    )


FAMILIES = (
    Family(
        "evaluation",
        "algebra",
        (
            Variant(
                _evaluation,
                (
                    "Let @f. [Find|Compute|Evaluate|What is] @y[.|?]",
                    "If @f, [find|compute|what is] @y[.|?]",
                    "[Given|For] @f, [find|compute|evaluate] @y.",
                    "[Find|Compute] @y for the function @f.",
                    "What is the value of @p [when|if|at] @v?",
                    "[Evaluate|Compute] @p [when|at|for] @v.",
                    "Suppose @f. [What is|Find] @y[.|?]",
                ),
                (
                    "Given that @f, what is the value of @y?",
                    "Find the value of @p at @v.",
                ),
            ),
        ),
    ),
    Family(
        "composition",
        "algebra",
        (
            Variant(
                _composition,
                (
                    "Let @f and @g. [Find|Compute|Evaluate|What is] @y[.|?]",
                    "If @f and @g, [find|compute|what is] @y[.|?]",
                    "[Given|For] @f and @g, [find|compute|evaluate] @y.",
                    "[Find|Compute] @y for the functions @f and @g.",
                    "Suppose @f and @g. [What is|Find] @y[.|?]",
                ),
                (
                    "Given that @f and @g, what is the value of @y?",
                    "Two functions are @f and @g. Compute @y.",
                ),
            ),
        ),
    ),
    Family(
        "expansion",
        "algebra",
        (
            Variant(
                _expansion,
                (
                    "Expand @e.",
                    "Multiply out @e.",
                    "[Expand|Multiply out] the product @e.",
                    "[Write|Give] @e [in expanded form|as a polynomial].",
                    "[Find|Compute] the product @e.",
                    "What is the expanded form of @e?",
                    "Expand and simplify: @e",
                ),
                (
                    "Expand and simplify the product @e.",
                    "Write the product @e as a polynomial.",
                ),
            ),
        ),
    ),
    Family(
        "vieta",
        "algebra",
        (
            Variant(
                _vieta,
                (
                    "What is the @w of the [roots|solutions] of @e?",
                    "[Find|Compute|Determine] the @w of the roots of @e.",
                    "[Find|Determine] the @w of the [roots|zeros] of [the polynomial|] @p.",
                    "[Find|Compute] the @w of the solutions of [the equation|] @e.",
                    "The equation @e has two roots. What is their @w?",
                    "What is the @w of the zeros of @p?",
                ),
                (
                    "Calculate the @w of the solutions of the equation @e.",
                    "Determine the @w of the two roots of @e.",
                ),
            ),
        ),
    ),
)
