"""Arithmetic and geometric sequences, recurrences, sums."""

from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.notation import code, linear_form, nonzero, ordinal, poly


def _listed(values: list[int]) -> Math:
    text = ", ".join(map(str, values))
    return Math(text + ", \\dots", text + ", ...")


def _arithmetic(rng: Random, longest: int) -> tuple[int, int, int]:
    return rng.randint(-20, 60), rng.choice(nonzero(-12, 20)), rng.randint(5, longest)


def _geometric(rng: Random) -> tuple[int, int, int]:
    return rng.randint(1, 12), rng.choice((2, 3, 4, 5, -2, -3)), rng.randint(4, 12)


def _draw(
    slots: dict[str, str | int | Math], rationale: str, program: str, value: int, check: str
) -> Draw:
    return Draw(
        slots, (Call(rationale, program, str(value)),), str(value), f"def check(answer):\n{check}"
    )


def _arithmetic_term(rng: Random) -> Draw:
    a, d, n = _arithmetic(rng, 200)
    return _draw(
        {"a": a, "d": d, "n": n, "o": ordinal(n)},
        "Each step adds the common difference.",
        f"print({a} + ({n} - 1) * ({d}))",
        a + (n - 1) * d,
        f"    term = {a}\n    for _ in range({n} - 1):\n        term += {d}\n    return answer == term",
    )


def _arithmetic_listed_term(rng: Random) -> Draw:
    a, d, n = _arithmetic(rng, 200)
    terms = [a + k * d for k in range(4)]
    return _draw(
        {"s": _listed(terms), "n": n, "o": ordinal(n)},
        "The common difference is the second term minus the first.",
        f"terms = {terms}\nprint(terms[0] + ({n} - 1) * (terms[1] - terms[0]))",
        a + (n - 1) * d,
        f"    terms = {terms}\n    while len(terms) < {n}:\n"
        "        terms.append(2 * terms[-1] - terms[-2])\n    return answer == terms[-1]",
    )


def _arithmetic_sum(rng: Random) -> Draw:
    a, d, n = _arithmetic(rng, 100)
    return _draw(
        {"a": a, "d": d, "n": n},
        "I add the terms one by one.",
        f"print(sum({a} + k * ({d}) for k in range({n})))",
        sum(a + k * d for k in range(n)),
        f"    return 2 * answer == {n} * (2 * ({a}) + ({n} - 1) * ({d}))",
    )


def _arithmetic_listed_sum(rng: Random) -> Draw:
    a, d, n = _arithmetic(rng, 100)
    terms = [a + k * d for k in range(4)]
    return _draw(
        {"s": _listed(terms), "n": n},
        "I find the common difference and add the terms one by one.",
        f"terms = {terms}\nd = terms[1] - terms[0]\n"
        f"print(sum(terms[0] + k * d for k in range({n})))",
        sum(a + k * d for k in range(n)),
        f"    terms = {terms}\n    while len(terms) < {n}:\n"
        "        terms.append(2 * terms[-1] - terms[-2])\n    return answer == sum(terms)",
    )


def _geometric_term(rng: Random) -> Draw:
    a, r, n = _geometric(rng)
    return _draw(
        {"a": a, "r": r, "n": n, "o": ordinal(n)},
        "Each step multiplies by the common ratio.",
        f"print({a} * ({r})**({n} - 1))",
        a * r ** (n - 1),
        f"    term = {a}\n    for _ in range({n} - 1):\n        term *= {r}\n    return answer == term",
    )


def _geometric_listed_term(rng: Random) -> Draw:
    a, r, n = _geometric(rng)
    terms = [a * r**k for k in range(4)]
    return _draw(
        {"s": _listed(terms), "n": n, "o": ordinal(n)},
        "The common ratio is the second term over the first.",
        f"terms = {terms}\nprint(terms[0] * (terms[1] // terms[0])**({n} - 1))",
        a * r ** (n - 1),
        f"    terms = {terms}\n    while len(terms) < {n}:\n"
        "        terms.append(terms[-1] * terms[-1] // terms[-2])\n    return answer == terms[-1]",
    )


def _geometric_sum(rng: Random) -> Draw:
    a, r, n = _geometric(rng)
    return _draw(
        {"a": a, "r": r, "n": n},
        "I add the terms one by one.",
        f"print(sum({a} * ({r})**k for k in range({n})))",
        sum(a * r**k for k in range(n)),
        f"    return answer * ({r} - 1) == {a} * (({r})**{n} - 1)",
    )


def _geometric_listed_sum(rng: Random) -> Draw:
    a, r, n = _geometric(rng)
    terms = [a * r**k for k in range(4)]
    return _draw(
        {"s": _listed(terms), "n": n},
        "I find the common ratio and add the terms one by one.",
        f"terms = {terms}\nr = terms[1] // terms[0]\n"
        f"print(sum(terms[0] * r**k for k in range({n})))",
        sum(a * r**k for k in range(n)),
        f"    terms = {terms}\n    while len(terms) < {n}:\n"
        "        terms.append(terms[-1] * terms[-1] // terms[-2])\n    return answer == sum(terms)",
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


Phrasings = tuple[tuple[str, ...], tuple[str, ...]]
"""Trained on, and held out."""


def _listed_term(kind: str) -> Phrasings:
    return (
        f"[Find|Compute|Determine|What is] the @o term of the {kind} sequence @s[.|?]",
        f"What is term number @n of the {kind} sequence @s?",
        f"In the {kind} sequence @s, [find|what is] the @o term[.|?]",
        f"The {kind} sequence @s is given. [Find|What is] its @o term[.|?]",
        f"Which number is the @o term of the {kind} sequence @s?",
        f"Consider the {kind} sequence @s. [Find|What is] the @o term[.|?]",
    ), (
        f"Calculate the @o term of the {kind} sequence @s.",
        f"The {kind} sequence @s goes on. Which number is its @o term?",
    )


def _stated_term(kind: str, name: str, step: str) -> Phrasings:
    return (
        f"{kind} sequence starts with @a and has common {name} {step}. [Find|What is] the @o term[.|?]",
        f"The first term of {_inner(kind)} sequence is @a and the common {name} is {step}. [Find|What is] the @o term[.|?]",
        f"[Find|What is] the @o term of {_inner(kind)} sequence with first term @a and common {name} {step}[.|?]",
        f"{kind} sequence begins with @a and its common {name} is {step}. What is term number @n?",
    ), (
        f"{kind} sequence has first term @a and common {name} {step}. Compute the @o term.",
        f"{kind} sequence has common {name} {step} and first term @a. What is the @o term?",
    )


def _listed_sum(kind: str) -> Phrasings:
    return (
        f"[Find|Compute|Determine|What is] the sum of the first @n terms of the {kind} sequence @s[.|?]",
        f"Add up the first @n terms of the {kind} sequence @s.",
        f"In the {kind} sequence @s, [find|what is] the sum of the first @n terms[.|?]",
        f"Consider the {kind} sequence @s. [Find|What is] the sum of its first @n terms[.|?]",
    ), (
        f"Calculate the sum of the first @n terms of the {kind} sequence @s.",
        f"What do the first @n terms of the {kind} sequence @s add up to?",
    )


def _stated_sum(kind: str, name: str, step: str) -> Phrasings:
    return (
        f"{kind} sequence starts with @a and has common {name} {step}. [Find|What is] the sum of the first @n terms[.|?]",
        f"The first term of {_inner(kind)} sequence is @a and the common {name} is {step}. [Find|What is] the sum of the first @n terms[.|?]",
        f"[Find|What is] the sum of the first @n terms of {_inner(kind)} sequence with first term @a and common {name} {step}[.|?]",
        f"{kind} sequence begins with @a and its common {name} is {step}. Add up its first @n terms.",
    ), (
        f"{kind} sequence has first term @a and common {name} {step}. What is the sum of its first @n terms?",
        f"{kind} sequence has common {name} {step} and first term @a. Find the sum of its first @n terms.",
    )


def _inner(kind: str) -> str:
    return kind[0].lower() + kind[1:]


FAMILIES = (
    Family(
        "arithmetic-sequence",
        "sequences",
        (
            Variant(_arithmetic_listed_term, *_listed_term("arithmetic")),
            Variant(_arithmetic_term, *_stated_term("An arithmetic", "difference", "@d")),
            Variant(_arithmetic_listed_sum, *_listed_sum("arithmetic")),
            Variant(_arithmetic_sum, *_stated_sum("An arithmetic", "difference", "@d")),
        ),
    ),
    Family(
        "geometric-sequence",
        "sequences",
        (
            Variant(_geometric_listed_term, *_listed_term("geometric")),
            Variant(_geometric_term, *_stated_term("A geometric", "ratio", "@r")),
            Variant(_geometric_listed_sum, *_listed_sum("geometric")),
            Variant(_geometric_sum, *_stated_sum("A geometric", "ratio", "@r")),
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
