"""Arithmetic and geometric sequences, recurrences, sums."""

from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.notation import code, linear_form, nonzero, ordinal, poly


def _listed(values: list[int]) -> Math:
    text = ", ".join(map(str, values))
    return Math(text + ", \\dots", text + ", ...")


def _arithmetic_term(rng: Random) -> Draw:
    a, d, n = rng.randint(-20, 60), rng.choice(nonzero(-12, 20)), rng.randint(5, 200)
    value = a + (n - 1) * d
    return Draw(
        {"s": _listed([a + k * d for k in range(4)]), "a": a, "d": d, "n": n, "o": ordinal(n)},
        (
            Call(
                "Each step adds the common difference.",
                f"print({a} + ({n} - 1) * ({d}))",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    term = {a}\n    for _ in range({n} - 1):\n"
        f"        term += {d}\n    return answer == term",
    )


def _arithmetic_sum(rng: Random) -> Draw:
    a, d, n = rng.randint(-20, 60), rng.choice(nonzero(-12, 20)), rng.randint(5, 100)
    value = sum(a + k * d for k in range(n))
    return Draw(
        {"s": _listed([a + k * d for k in range(4)]), "a": a, "d": d, "n": n},
        (
            Call(
                "I add the terms one by one.",
                f"print(sum({a} + k * ({d}) for k in range({n})))",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    return 2 * answer == {n} * (2 * ({a}) + ({n} - 1) * ({d}))",
    )


def _geometric_term(rng: Random) -> Draw:
    a, r, n = rng.randint(1, 12), rng.choice((2, 3, 4, 5, -2, -3)), rng.randint(4, 12)
    value = a * r ** (n - 1)
    return Draw(
        {"s": _listed([a * r**k for k in range(4)]), "a": a, "r": r, "n": n, "o": ordinal(n)},
        (
            Call(
                "Each step multiplies by the common ratio.",
                f"print({a} * ({r})**({n} - 1))",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    term = {a}\n    for _ in range({n} - 1):\n"
        f"        term *= {r}\n    return answer == term",
    )


def _geometric_sum(rng: Random) -> Draw:
    a, r, n = rng.randint(1, 12), rng.choice((2, 3, 4, 5, -2, -3)), rng.randint(4, 12)
    value = sum(a * r**k for k in range(n))
    return Draw(
        {"s": _listed([a * r**k for k in range(4)]), "a": a, "r": r, "n": n},
        (
            Call(
                "I add the terms one by one.",
                f"print(sum({a} * ({r})**k for k in range({n})))",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    return answer * ({r} - 1) == {a} * (({r})**{n} - 1)",
    )


def _recurrence(rng: Random) -> Draw:
    p, q = rng.randint(1, 4), rng.choice(nonzero(-6, 9))
    first, n = rng.randint(-4, 9), rng.randint(4, 12)
    value = first
    for _ in range(n - 1):
        value = p * value + q
    step_latex = linear_form((p,), ("a_n",)) + (f" + {q}" if q > 0 else f" - {-q}")
    return Draw(
        {
            "f": Math(f"a_1 = {first}", f"a_1 = {first}"),
            "e": Math("a_{n+1} = " + step_latex, "a_(n+1) = " + step_latex),
            "y": Math(f"a_{{{n}}}", f"a_{n}"),
        },
        (
            Call(
                "I go from term to term.",
                f"a = {first}\nfor _ in range({n} - 1):\n    a = {code((p, q), 'a')}\nprint(a)",
                str(value),
            ),
        ),
        str(value),
        "def check(answer):\n    def term(n):\n"
        f"        if n == 1:\n            return {first}\n"
        "        a = term(n - 1)\n"
        f"        return {code((p, q), 'a')}\n    return answer == term({n})",
    )


def _series(rng: Random) -> Draw:
    n = rng.randint(3, 60)
    coefficients = rng.choice(
        (
            (1, 0, 0),
            (1, 0),
            (rng.randint(2, 6), rng.randint(-5, 9)),
            (1, 0, rng.randint(1, 6)),
            (1, 1, 0),
        )
    )

    def at(k: int) -> int:
        total = 0
        for c in coefficients:
            total = total * k + c
        return total

    value = sum(at(k) for k in range(1, n + 1))
    body = code(coefficients, "k")
    inner = poly(coefficients, "k").latex
    return Draw(
        {
            "e": Math(
                f"\\sum_{{k=1}}^{{{n}}} ({inner})",
                f"the sum of {inner} for k = 1 to {n}",
            )
        },
        (
            Call(
                "I add the terms one by one.",
                f"print(sum({body} for k in range(1, {n} + 1)))",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    total, k = 0, 1\n    while k <= {n}:\n        total += {body}\n"
        "        k += 1\n    return answer == total",
    )


FAMILIES = (
    Family(
        "arithmetic-sequence",
        "sequences",
        (
            Variant(
                _arithmetic_term,
                (
                    "[Find|Compute|Determine|What is] the @o term of the arithmetic sequence @s[.|?]",
                    "An arithmetic sequence starts with @a and has common difference @d. [Find|What is] the @o term[.|?]",
                    "What is term number @n of the arithmetic sequence @s?",
                    "The first term of an arithmetic sequence is @a and the common difference is @d. [Find|What is] the @o term[.|?]",
                    "In the arithmetic sequence @s, [find|what is] the @o term[.|?]",
                ),
                (
                    "Calculate the @o term of the arithmetic sequence @s.",
                    "An arithmetic sequence has first term @a and common difference @d. Compute the @o term.",
                ),
            ),
            Variant(
                _arithmetic_sum,
                (
                    "[Find|Compute|Determine|What is] the sum of the first @n terms of the arithmetic sequence @s[.|?]",
                    "An arithmetic sequence starts with @a and has common difference @d. [Find|What is] the sum of the first @n terms[.|?]",
                    "Add up the first @n terms of the arithmetic sequence @s.",
                    "The first term of an arithmetic sequence is @a and the common difference is @d. [Find|What is] the sum of the first @n terms[.|?]",
                ),
                (
                    "Calculate the sum of the first @n terms of the arithmetic sequence @s.",
                    "An arithmetic sequence has first term @a and common difference @d. What is the sum of its first @n terms?",
                ),
            ),
        ),
    ),
    Family(
        "geometric-sequence",
        "sequences",
        (
            Variant(
                _geometric_term,
                (
                    "[Find|Compute|Determine|What is] the @o term of the geometric sequence @s[.|?]",
                    "A geometric sequence starts with @a and has common ratio @r. [Find|What is] the @o term[.|?]",
                    "What is term number @n of the geometric sequence @s?",
                    "The first term of a geometric sequence is @a and the common ratio is @r. [Find|What is] the @o term[.|?]",
                    "In the geometric sequence @s, [find|what is] the @o term[.|?]",
                ),
                (
                    "Calculate the @o term of the geometric sequence @s.",
                    "A geometric sequence has first term @a and common ratio @r. Compute the @o term.",
                ),
            ),
            Variant(
                _geometric_sum,
                (
                    "[Find|Compute|Determine|What is] the sum of the first @n terms of the geometric sequence @s[.|?]",
                    "A geometric sequence starts with @a and has common ratio @r. [Find|What is] the sum of the first @n terms[.|?]",
                    "Add up the first @n terms of the geometric sequence @s.",
                    "The first term of a geometric sequence is @a and the common ratio is @r. [Find|What is] the sum of the first @n terms[.|?]",
                ),
                (
                    "Calculate the sum of the first @n terms of the geometric sequence @s.",
                    "A geometric sequence has first term @a and common ratio @r. What is the sum of its first @n terms?",
                ),
            ),
        ),
    ),
    Family(
        "recurrence",
        "sequences",
        (
            Variant(
                _recurrence,
                (
                    "A sequence has @f and @e. [Find|What is] @y[.|?]",
                    "Let @f and @e. [Find|Compute|What is] @y[.|?]",
                    "A sequence is defined by @f and @e. [Find|Compute|Determine] @y.",
                    "If @f and @e, [find|what is] @y[.|?]",
                    "Given @f and @e, [find|compute] @y.",
                ),
                (
                    "A sequence is given by @f and @e. What is the value of @y?",
                    "Compute @y for the sequence with @f and @e.",
                ),
            ),
        ),
    ),
    Family(
        "series",
        "sequences",
        (
            Variant(
                _series,
                (
                    "[Find|Compute|Calculate|Evaluate|Determine] @e.",
                    "What is @e?",
                    "[Find|Give|Determine] the value of @e.",
                    "What does @e [equal|give]?",
                ),
                (
                    "What is the value of @e?",
                    "Work out @e.",
                ),
            ),
        ),
    ),
)
