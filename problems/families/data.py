"""Matrices and statistics."""

from fractions import Fraction
from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.notation import rational


def _latex(rows: list[list[int]]) -> str:
    """A matrix as `sympy.latex(m, mat_str="pmatrix", mat_delim="")` prints it."""
    body = "\\\\".join(" & ".join(map(str, row)) for row in rows)
    return f"\\begin{{pmatrix}}{body}\\end{{pmatrix}}"


def _matrix(rng: Random, size: int, bound: int = 9) -> list[list[int]]:
    return [[rng.randint(-bound, bound) for _ in range(size)] for _ in range(size)]


def _spell(rows: list[list[int]]) -> Math:
    return Math(_latex(rows), str(rows))


def _determinant(rng: Random) -> Draw:
    return _determinant_of(_matrix(rng, 2, 12))


def _larger_determinant(rng: Random) -> Draw:
    return _determinant_of(_matrix(rng, 3, 6))


def _determinant_of(m: list[list[int]]) -> Draw:
    if len(m) == 2:
        value = m[0][0] * m[1][1] - m[0][1] * m[1][0]
        test = f"    (a, b), (c, d) = {m}\n    return answer == a * d - b * c"
    else:
        (a, b, c), (d, e, f), (g, h, i) = m
        value = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
        test = (
            f"    (a, b, c), (d, e, f), (g, h, i) = {m}\n"
            "    return answer == a*(e*i - f*h) - b*(d*i - f*g) + c*(d*h - e*g)"
        )
    return Draw(
        {"m": _spell(m)},
        (
            Call(
                "The determinant can be computed exactly.",
                f"from sympy import Matrix\n\nprint(Matrix({m}).det())",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n{test}",
    )


def _product(rng: Random) -> Draw:
    a, b = _matrix(rng, 2), _matrix(rng, 2)
    word = rng.choice(("product", "sum"))
    if word == "product":
        c = [[sum(a[i][k] * b[k][j] for k in range(2)) for j in range(2)] for i in range(2)]
        op, spelled, plain = "*", "", " * "
        test = (
            f"    a, b = {a}, {b}\n"
            "    return all(answer[i, j] == sum(a[i][k] * b[k][j] for k in range(2))\n"
            "               for i in range(2) for j in range(2))"
        )
    else:
        c = [[a[i][j] + b[i][j] for j in range(2)] for i in range(2)]
        op, spelled, plain = "+", " + ", " + "
        test = (
            f"    a, b = {a}, {b}\n"
            "    return all(answer[i, j] == a[i][j] + b[i][j] for i in range(2) for j in range(2))"
        )
    return Draw(
        {
            "a": _spell(a),
            "b": _spell(b),
            "w": word,
            "e": Math(_latex(a) + spelled + _latex(b), f"{a}{plain}{b}"),
        },
        (
            Call(
                f"I compute the {word} of the matrices.",
                "from sympy import Matrix, latex\n\n"
                f"c = Matrix({a}) {op} Matrix({b})\n"
                'print(latex(c, mat_str="pmatrix", mat_delim=""))',
                _latex(c),
            ),
        ),
        _latex(c),
        f"def check(answer):\n{test}",
    )


def _numbers(rng: Random, low: int = 3, high: int = 6) -> list[int]:
    return [rng.randint(1, rng.choice((20, 99))) for _ in range(rng.randint(low, high))]


def _listed(values: list[int]) -> Math:
    text = ", ".join(map(str, values))
    return Math(text, text)


def _mean(rng: Random) -> Draw:
    values = _numbers(rng)
    value = Fraction(sum(values), len(values))
    return Draw(
        {"s": _listed(values)},
        (
            Call(
                "The mean is the sum over the count.",
                "from sympy import Rational, latex\n\n"
                f"data = {values}\nprint(latex(Rational(sum(data), len(data))))",
                rational(value),
            ),
        ),
        rational(value),
        f"def check(answer):\n    return sum(n - answer for n in {values}) == 0",
    )


def _median(rng: Random) -> Draw:
    values = _numbers(rng)
    ordered, n = sorted(values), len(values)
    value = Fraction(ordered[(n - 1) // 2] + ordered[n // 2], 2)
    return Draw(
        {"s": _listed(values)},
        (
            Call(
                "The median is the middle of the sorted numbers.",
                "from statistics import median\nfrom sympy import Rational, latex\n\n"
                f"data = {values}\nprint(latex(Rational(median(data))))",
                rational(value),
            ),
        ),
        rational(value),
        f"def check(answer):\n    data = sorted({values})\n    n = len(data)\n"
        "    return 2 * answer == data[n // 2] + data[(n - 1) // 2]",
    )


def _range(rng: Random) -> Draw:
    values = _numbers(rng)
    value = max(values) - min(values)
    return Draw(
        {"s": _listed(values)},
        (
            Call(
                "The range is the largest minus the smallest.",
                f"data = {values}\nprint(max(data) - min(data))",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    return answer == max(a - b for a in {values} for b in {values})",
    )


def _variance(rng: Random) -> Draw:
    values = _numbers(rng, 3, 5)
    n = len(values)
    mean = Fraction(sum(values), n)
    value = sum(((v - mean) ** 2 for v in values), Fraction(0)) / n
    return Draw(
        {"s": _listed(values)},
        (
            Call(
                "First the mean.",
                "from sympy import Rational, latex\n\n"
                f"data = {values}\nmean = Rational(sum(data), len(data))\nprint(latex(mean))",
                rational(mean),
            ),
            Call(
                "Now the mean of the squared differences.",
                "print(latex(sum((n - mean)**2 for n in data) / len(data)))",
                rational(value),
            ),
        ),
        rational(value),
        "from sympy import Rational\n\ndef check(answer):\n"
        f"    data = {values}\n    n = len(data)\n"
        "    return answer == Rational(n * sum(k * k for k in data) - sum(data)**2, n * n)",
    )


_DETERMINANT = (
    "[Find|Compute|Calculate|Evaluate] the determinant of @m.",
    "What is the determinant of [the matrix|] @m?",
    "[Find|Compute] det @m.",
    "[Find|Determine] the determinant of the matrix @m.",
    "Let A = @m. [Find|Compute] det A.",
    "The matrix A = @m is given. [Find|What is] its determinant[.|?]",
    "What is the value of the determinant of @m?",
)
_DETERMINANT_HELD_OUT = (
    "Give the determinant of the matrix @m.",
    "Let A = @m. What is the determinant of A?",
)

FAMILIES = (
    Family(
        "determinants",
        "matrices",
        (
            Variant(_determinant, _DETERMINANT, _DETERMINANT_HELD_OUT),
            Variant(_larger_determinant, _DETERMINANT, _DETERMINANT_HELD_OUT),
        ),
    ),
    Family(
        "matrices",
        "matrices",
        (
            Variant(
                _product,
                (
                    "[Find|Compute|Calculate] @e.",
                    "What is @e?",
                    "[Find|Compute] the @w of the matrices @a and @b.",
                    "What is the @w of @a and @b?",
                    "Let A = @a and B = @b. [Find|Compute] the @w of A and B.",
                    "[Find|Determine] the matrix @w @e.",
                ),
                (
                    "Calculate the @w of the matrices @a and @b.",
                    "Let A = @a and B = @b. What is the @w of A and B?",
                ),
            ),
        ),
    ),
    Family(
        "averages",
        "statistics",
        (
            Variant(
                _mean,
                (
                    "[Find|Compute|Calculate|What is] the [mean|average] of @s[.|?]",
                    "What is the [mean|average] of the numbers @s?",
                    "[Find|Determine] the [mean|average] of the data @s.",
                    "The scores are @s. [Find|What is] the [mean|average] score[.|?]",
                    "[Find|What is] the [mean|average] of these numbers: @s[.|?]",
                    "Consider the data @s. [Find|What is] the [mean|average|average value][.|?]",
                    "The [temperatures|ages|prices|values] are @s. [Find|What is] their [mean|average][.|?]",
                ),
                (
                    "Determine the [mean|average] of the numbers @s.",
                    "The numbers are @s. What is the average?",
                ),
            ),
            Variant(
                _median,
                (
                    "[Find|Compute|Calculate|What is] the median of @s[.|?]",
                    "What is the median of the numbers @s?",
                    "[Find|Determine] the median of the data @s.",
                    "The scores are @s. [Find|What is] the median score[.|?]",
                    "[Find|What is] the median of these numbers: @s[.|?]",
                    "Consider the data @s. [Find|What is] the median[.|?]",
                    "The [temperatures|ages|prices|values] are @s. [Find|What is] their median[.|?]",
                ),
                (
                    "Determine the median of the numbers @s.",
                    "The numbers are @s. What is the median?",
                ),
            ),
            Variant(
                _range,
                (
                    "[Find|Compute|Calculate|What is] the range of @s[.|?]",
                    "What is the range of the numbers @s?",
                    "[Find|Determine] the range of the data @s.",
                    "The scores are @s. [Find|What is] the range of the scores[.|?]",
                ),
                (
                    "Determine the range of the numbers @s.",
                    "The numbers are @s. What is the range?",
                ),
            ),
        ),
    ),
    Family(
        "variance",
        "statistics",
        (
            Variant(
                _variance,
                (
                    "[Find|Compute|Calculate|What is] the population variance of @s[.|?]",
                    "What is the variance of the numbers @s?",
                    "[Find|Determine|Compute] the variance of the data @s.",
                    "The scores are @s. [Find|What is] the variance of the scores[.|?]",
                    "[Find|What is] the variance of these numbers: @s[.|?]",
                    "Consider the data @s. [Find|What is] the population variance[.|?]",
                    "The [temperatures|ages|prices|values] are @s. [Find|What is] their variance[.|?]",
                ),
                (
                    "Determine the variance of the numbers @s.",
                    "The numbers are @s. What is the population variance?",
                ),
            ),
        ),
    ),
)
