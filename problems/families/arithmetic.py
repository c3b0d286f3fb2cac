"""Arithmetic: expressions, fractions, percent."""

from fractions import Fraction
from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.notation import fraction, rational

_COMPUTE = (
    "[Compute|Calculate|Evaluate|Work out|Find] @e.",
    "What is @e?",
    "[Find|Determine|Give] the value of @e.",
    "@e = ?",
    "[Evaluate|Simplify] the expression @e.",
    "How much is @e?",
    "[What does|What number does] @e [equal|give|come to]?",
    "Calculate: @e",
    "What is the result of @e?",
    "What do you get for @e?",
    "[Find|Compute] the result of the calculation @e.",
    "Tell me what @e is.",
    "[Find|Say] the number that @e is equal to.",
)
_COMPUTE_HELD_OUT = (
    "Evaluate @e and give the value.",
    "What is the value of the expression @e?",
    "Please find what @e equals.",
)


def _expression(rng: Random) -> Draw:
    a, b, c, d = (rng.randint(2, rng.choice((12, 99, 999))) for _ in range(4))
    shapes = (
        ("{a} * {b} + {c}", a * b + c),
        ("{a} * {b} - {c}", a * b - c),
        ("{a} * ({b} + {c})", a * (b + c)),
        ("{a} * ({b} - {c})", a * (b - c)),
        ("({a} + {b}) * ({c} - {d})", (a + b) * (c - d)),
        ("{a} + {b} * {c} - {d}", a + b * c - d),
        ("{a} + {b} - {c}", a + b - c),
        ("{a} - ({b} - {c}) + {d}", a - (b - c) + d),
        ("{a} * {b}", a * b),
    )
    shape, value = rng.choice(shapes)
    text = shape.format(a=a, b=b, c=c, d=d)
    times = rng.choice(("\\times", "\\cdot"))
    return Draw(
        {"e": Math(text.replace("*", times), text)},
        (Call("I compute the expression exactly.", f"print({text})", str(value)),),
        str(value),
        f"def check(answer):\n    return answer - ({text}) == 0",
    )


def _powers(rng: Random) -> Draw:
    a, m = rng.randint(2, 12), rng.randint(2, 6)
    b, n = rng.randint(2, 12), rng.randint(2, 4)
    op = rng.choice("+-")
    value = a**m + b**n if op == "+" else a**m - b**n
    return Draw(
        {"e": Math(f"{a}^{m} {op} {b}^{n}", f"{a}^{m} {op} {b}^{n}")},
        (Call("Powers first, then the sum.", f"print({a}**{m} {op} {b}**{n})", str(value)),),
        str(value),
        f"def check(answer):\n    return answer - ({a}**{m} {op} {b}**{n}) == 0",
    )


def _fractions(rng: Random) -> Draw:
    p, q = (Fraction(rng.randint(1, 15), rng.randint(2, 16)) for _ in range(2))
    while p.denominator == 1 or q.denominator == 1:
        p, q = (Fraction(rng.randint(1, 15), rng.randint(2, 16)) for _ in range(2))
    name, sign = rng.choice((("plus", "+"), ("minus", "-"), ("times", "*"), ("over", "/")))
    value = {"plus": p + q, "minus": p - q, "times": p * q, "over": p / q}[name]
    a, b = fraction(p), fraction(q)
    latex_sign = {"+": "+", "-": "-", "*": "\\cdot", "/": "\\div"}[sign]
    plain = f"({a.plain}) {sign} ({b.plain})" if sign in "*/" else f"{a.plain} {sign} {b.plain}"
    one = f"Rational({p.numerator}, {p.denominator})"
    two = f"Rational({q.numerator}, {q.denominator})"
    program = f"from sympy import Rational, latex\n\nprint(latex({one} {sign} {two}))"
    back = {"+": "-", "-": "+", "*": "/", "/": "*"}[sign]
    return Draw(
        {"e": Math(f"{a.latex} {latex_sign} {b.latex}", plain)},
        (Call("I use exact fractions.", program, rational(value)),),
        rational(value),
        f"from sympy import Rational\n\ndef check(answer):\n    return answer {back} {two} == {one}",
    )


def _percent_of(rng: Random) -> Draw:
    p, n = rng.choice(range(2, 100)), rng.choice((rng.randint(2, 99) * 10, rng.randint(10, 999)))
    value = Fraction(p * n, 100)
    program = f"from sympy import Rational, latex\n\nprint(latex(Rational({p}, 100) * {n}))"
    return Draw(
        {"p": Math(f"{p}\\%", f"{p}%"), "n": n},
        (Call("A percentage is a fraction of 100.", program, rational(value)),),
        rational(value),
        f"def check(answer):\n    return answer * 100 == {p} * {n}",
    )


def _percent_change(rng: Random) -> Draw:
    p, n = rng.choice(range(5, 96, 5)), rng.randint(2, 60) * rng.choice((10, 20))
    word, sign = rng.choice((("increased", "+"), ("decreased", "-")))
    factor = Fraction(100 + p, 100) if sign == "+" else Fraction(100 - p, 100)
    program = (
        f"from sympy import Rational, latex\n\nprint(latex({n} * Rational(100 {sign} {p}, 100)))"
    )
    return Draw(
        {"p": Math(f"{p}\\%", f"{p}%"), "n": n, "w": word},
        (Call("The new value is the old one times the factor.", program, rational(n * factor)),),
        rational(n * factor),
        f"def check(answer):\n    return answer * 100 == {n} * (100 {sign} {p})",
    )


FAMILIES = (
    Family("arithmetic", "arithmetic", (Variant(_expression, _COMPUTE, _COMPUTE_HELD_OUT),)),
    Family("powers", "arithmetic", (Variant(_powers, _COMPUTE, _COMPUTE_HELD_OUT),)),
    Family("fractions", "arithmetic", (Variant(_fractions, _COMPUTE, _COMPUTE_HELD_OUT),)),
    Family(
        "percent",
        "arithmetic",
        (
            Variant(
                _percent_of,
                (
                    "What is @p of @n?",
                    "[Find|Compute|Calculate|Determine] @p of @n.",
                    "How much is @p of @n?",
                    "[Find|Give] the number that is @p of @n.",
                    "A [school|club|town] has @n [members|people]. @p of them [vote|sing|play chess]. How many is that?",
                    "@p of @n is [what number|how much]?",
                ),
                (
                    "Work out @p of @n.",
                    "What number is @p of @n?",
                ),
            ),
            Variant(
                _percent_change,
                (
                    "@n is @w by @p. What is the [result|new value]?",
                    "A price of @n dollars is @w by @p. What is the new price?",
                    "[Find|Compute] the [result|value] when @n is @w by @p.",
                    "What do you get when @n is @w by @p?",
                    "The number @n is @w by @p. [Find|Determine|Calculate] the new number.",
                    "A town of @n people: the number is @w by @p. How many people are there now?",
                ),
                (
                    "What is the value of @n after it is @w by @p?",
                    "If @n is @w by @p, what is the new value?",
                ),
            ),
        ),
    ),
)
