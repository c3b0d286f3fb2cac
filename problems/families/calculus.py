"""Derivatives, integrals, limits."""

from fractions import Fraction
from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.notation import code, nonzero, poly, rational, sympy_latex


def _coefficients(rng: Random) -> tuple[int, ...]:
    degree = rng.choice((2, 2, 3, 3, 4))
    return (
        rng.choice(nonzero(-9, 9)),
        *(rng.randint(-12, 12) if rng.random() < 0.75 else 0 for _ in range(degree)),
    )


def _derive(coefficients: tuple[int, ...]) -> tuple[int, ...]:
    top = len(coefficients) - 1
    return tuple(c * (top - i) for i, c in enumerate(coefficients[:-1]))


def _derivative(rng: Random) -> Draw:
    coefficients, v = _coefficients(rng), rng.choice("x x x t".split())
    body, text = code(coefficients, v), sympy_latex(_derive(coefficients), v)
    spelled = poly(coefficients, v)
    return Draw(
        {
            "p": spelled,
            "f": Math(f"f({v}) = {spelled.latex}", f"f({v}) = {spelled.plain}"),
            "d": Math(f"f'({v})", f"f'({v})"),
            "o": Math(f"\\frac{{d}}{{d{v}}} ({spelled.latex})", f"d/d{v} ({spelled.plain})"),
        },
        (
            Call(
                "I differentiate term by term.",
                "from sympy import symbols, diff, latex\n\n"
                f'{v} = symbols("{v}")\nprint(latex(diff({body}, {v})))',
                text,
            ),
        ),
        text,
        "from sympy import symbols, Rational\n\ndef check(answer):\n"
        f'    {v} = symbols("{v}")\n    f = {body}\n    h = Rational(1, 10**9)\n'
        f"    slope = lambda k: (f.subs({v}, k + h) - f.subs({v}, k - h)) / (2 * h)\n"
        f"    return all(abs(answer.subs({v}, k) - slope(k)) < h for k in (2, 5, 11))",
    )


def _slope(rng: Random) -> Draw:
    coefficients, v = _coefficients(rng), "x"
    at = rng.randint(-6, 9)
    value = 0
    for c in _derive(coefficients):
        value = value * at + c
    body, spelled = code(coefficients, v), poly(coefficients, v)
    return Draw(
        {
            "p": spelled,
            "f": Math(f"f(x) = {spelled.latex}", f"f(x) = {spelled.plain}"),
            "d": Math(f"f'({at})", f"f'({at})"),
            "y": Math(f"y = {spelled.latex}", f"y = {spelled.plain}"),
            "a": Math(f"x = {at}", f"x = {at}"),
        },
        (
            Call(
                "I differentiate first.",
                "from sympy import symbols, diff, latex\n\n"
                f'x = symbols("x")\nd = diff({body}, x)\nprint(latex(d))',
                sympy_latex(_derive(coefficients), v),
            ),
            Call("Now I put in the point.", f"print(d.subs(x, {at}))", str(value)),
        ),
        str(value),
        "from sympy import Rational\n\ndef check(answer):\n"
        f"    f = lambda x: {body}\n    h = Rational(1, 10**9)\n"
        f"    return abs((f({at} + h) - f({at} - h)) / (2 * h) - answer) < h",
    )


def _integral(rng: Random) -> Draw:
    degree = rng.choice((1, 2, 2, 3))
    coefficients = (rng.choice(nonzero(-9, 9)), *(rng.randint(-9, 9) for _ in range(degree)))
    a = rng.randint(-4, 4)
    b = a + rng.randint(1, 6)

    def primitive(at: int) -> Fraction:
        return sum(
            (
                Fraction(c * at ** (degree - i + 1), degree - i + 1)
                for i, c in enumerate(coefficients)
            ),
            Fraction(0),
        )

    value = primitive(b) - primitive(a)
    body, spelled = code(coefficients), poly(coefficients).latex
    return Draw(
        {
            "e": Math(
                f"\\int_{{{a}}}^{{{b}}} ({spelled}) \\, dx",
                f"the integral of {spelled} from {a} to {b}",
            ),
            "p": poly(coefficients),
            "a": Math(f"x = {a}", f"x = {a}"),
            "b": Math(f"x = {b}", f"x = {b}"),
        },
        (
            Call(
                "I integrate between the limits.",
                "from sympy import symbols, integrate, latex\n\n"
                f'x = symbols("x")\nprint(latex(integrate({body}, (x, {a}, {b}))))',
                rational(value),
            ),
        ),
        rational(value),
        "from sympy import Rational\n\ndef check(answer):\n"
        f"    f = lambda x: {body}\n    a, b = Rational({a}), Rational({b})\n"
        "    return answer == (b - a) / 6 * (f(a) + 4 * f((a + b) / 2) + f(b))",
    )


def _antiderivative(rng: Random) -> Draw:
    degree = rng.choice((1, 2, 2, 3))
    integral = (
        rng.choice(nonzero(-4, 5)),
        *(rng.randint(-9, 9) for _ in range(degree)),
        0,
    )
    coefficients = _derive(integral)
    body, spelled = code(coefficients), poly(coefficients)
    text = sympy_latex(integral)
    return Draw(
        {
            "e": Math(f"\\int ({spelled.latex}) \\, dx", f"the integral of {spelled.plain} dx"),
            "p": spelled,
        },
        (
            Call(
                "I integrate term by term.",
                "from sympy import symbols, integrate, latex\n\n"
                f'x = symbols("x")\nprint(latex(integrate({body}, x)))',
                text,
            ),
        ),
        text,
        "from sympy import symbols, diff\n\ndef check(answer):\n"
        f'    x = symbols("x")\n    return (diff(answer, x) - ({body})).expand() == 0',
    )


def _limit(rng: Random) -> Draw:
    a, b = rng.randint(-9, 9), rng.randint(-12, 12)
    while b == a:
        b = rng.randint(-12, 12)
    top, bottom = (1, -(a + b), a * b), (1, -a)
    value = a - b
    one, two = code(top), code(bottom)
    p, q = poly(top).latex, poly(bottom).latex
    return Draw(
        {
            "e": Math(
                f"\\lim_{{x \\to {a}}} \\frac{{{p}}}{{{q}}}",
                f"the limit of ({p})/({q}) as x goes to {a}",
            )
        },
        (
            Call(
                "I take the limit symbolically.",
                "from sympy import symbols, limit, latex\n\n"
                f'x = symbols("x")\nprint(latex(limit(({one}) / ({two}), x, {a})))',
                str(value),
            ),
        ),
        str(value),
        "from sympy import Rational\n\ndef check(answer):\n"
        f"    x = {a} + Rational(1, 10**9)\n"
        f"    return abs(({one}) / ({two}) - answer) < Rational(1, 10**6)",
    )


def _limit_infinity(rng: Random) -> Draw:
    degree = rng.choice((1, 2, 2, 3))
    top = (rng.choice(nonzero(-12, 12)), *(rng.randint(-9, 9) for _ in range(degree)))
    bottom = (rng.randint(1, 12), *(rng.randint(-9, 9) for _ in range(degree)))
    while not any(bottom[1:] + top[1:]):
        bottom = (rng.randint(1, 12), *(rng.randint(-9, 9) for _ in range(degree)))
    value = Fraction(top[0], bottom[0])
    one, two = code(top), code(bottom)
    p, q = poly(top).latex, poly(bottom).latex
    return Draw(
        {
            "e": Math(
                f"\\lim_{{x \\to \\infty}} \\frac{{{p}}}{{{q}}}",
                f"the limit of ({p})/({q}) as x goes to infinity",
            )
        },
        (
            Call(
                "I take the limit symbolically.",
                "from sympy import symbols, limit, latex, oo\n\n"
                f'x = symbols("x")\nprint(latex(limit(({one}) / ({two}), x, oo)))',
                rational(value),
            ),
        ),
        rational(value),
        "from sympy import Rational\n\ndef check(answer):\n"
        f"    x = Rational(10**12)\n    return abs(({one}) / ({two}) - answer) < Rational(1, 10**6)",
    )


_EVALUATE = (
    "[Find|Compute|Calculate|Evaluate|Determine] @e.",
    "What is @e?",
    "[Find|Give|Determine] the value of @e.",
)
_EVALUATE_HELD_OUT = ("What is the value of @e?", "Work out @e.")

FAMILIES = (
    Family(
        "derivatives",
        "calculus",
        (
            Variant(
                _derivative,
                (
                    "[Find|Compute|Determine] the derivative of @p.",
                    "Differentiate @p.",
                    "What is the derivative of @p?",
                    "Let @f. [Find|Compute] @d.",
                    "If @f, [find|what is] @d[.|?]",
                    "[Find|Compute] @o.",
                    "[Find|Give] the derivative of the function @f.",
                    "What is the derivative of the function @f?",
                    "Given @f, [find|what is] @d[.|?]",
                    "Suppose @f. [Find|What is] @d[.|?]",
                    "The function @f is given. [Find|Determine] its derivative.",
                    "Differentiate the [function|polynomial] @f.",
                ),
                (
                    "Calculate the derivative of the function @f.",
                    "Given @f, determine @d.",
                ),
            ),
            Variant(
                _slope,
                (
                    "Let @f. [Find|Compute] @d.",
                    "If @f, [find|what is] @d[.|?]",
                    "[Find|Compute] the slope of @y at @a.",
                    "What is the slope of the [graph|curve] @y at @a?",
                    "[Find|Compute|What is] the derivative of @p at @a[.|?]",
                ),
                (
                    "Determine the slope of the graph of @y at @a.",
                    "Given @f, determine @d.",
                ),
            ),
        ),
    ),
    Family(
        "integrals",
        "calculus",
        (
            Variant(
                _integral,
                (
                    *_EVALUATE,
                    "[Find|Compute|Evaluate] the definite integral @e.",
                    "Integrate @p from @a to @b.",
                    "[Find|What is] the integral of @p from @a to @b[.|?]",
                    "What does @e [equal|give]?",
                    "[Find|What is] the value of the integral @e[.|?]",
                ),
                _EVALUATE_HELD_OUT,
            ),
            Variant(
                _antiderivative,
                (
                    *(p for p in _EVALUATE if "value" not in p),
                    "[Find|Compute|Give] an antiderivative of @p.",
                    "Integrate @p.",
                    "[Find|Compute] the indefinite integral @e.",
                    "What is an antiderivative of @p?",
                ),
                ("Determine an antiderivative of @p.", "Work out the indefinite integral @e."),
            ),
        ),
    ),
    Family(
        "limits",
        "calculus",
        (
            Variant(
                _limit,
                (
                    *_EVALUATE,
                    "[Find|Compute|Evaluate] the limit @e.",
                    "Does @e exist? [Find|Give] it.",
                    "What does @e [equal|give]?",
                ),
                _EVALUATE_HELD_OUT,
            ),
            Variant(
                _limit_infinity,
                (
                    *_EVALUATE,
                    "[Find|Compute|Evaluate] the limit @e.",
                    "Does @e exist? [Find|Give] it.",
                    "What does @e [equal|give]?",
                ),
                _EVALUATE_HELD_OUT,
            ),
        ),
    ),
)
