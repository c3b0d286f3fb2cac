"""Number theory: common divisors and multiples, factorisation, divisors."""

from math import gcd, lcm
from random import Random

from problems.families.base import Call, Draw, Family, Variant


def factorise(n: int) -> dict[int, int]:
    """Prime factors and their exponents, smallest first."""
    factors: dict[int, int] = {}
    p = 2
    while p * p <= n:
        while n % p == 0:
            factors[p] = factors.get(p, 0) + 1
            n //= p
        p += 1
    if n > 1:
        factors[n] = factors.get(n, 0) + 1
    return factors


def _two_numbers(rng: Random) -> tuple[int, int]:
    g = rng.randint(1, 30)
    a, b = g * rng.randint(2, 40), g * rng.randint(2, 40)
    return (a, b) if a != b else (a, b + g)


def _gcd(rng: Random) -> Draw:
    a, b = _two_numbers(rng)
    return Draw(
        {"a": a, "b": b},
        (
            Call(
                "Euclid's algorithm gives the greatest common divisor.",
                f"from math import gcd\n\nprint(gcd({a}, {b}))",
                str(gcd(a, b)),
            ),
        ),
        str(gcd(a, b)),
        "def check(answer):\n"
        f"    common = [d for d in range(1, {min(a, b)} + 1) if {a} % d == 0 and {b} % d == 0]\n"
        "    return answer == max(common)",
    )


def _lcm(rng: Random) -> Draw:
    a, b = _two_numbers(rng)
    return Draw(
        {"a": a, "b": b},
        (
            Call(
                "The least common multiple can be computed directly.",
                f"from math import lcm\n\nprint(lcm({a}, {b}))",
                str(lcm(a, b)),
            ),
        ),
        str(lcm(a, b)),
        "def check(answer):\n"
        f"    n = {a}\n"
        f"    while n % {b}:\n        n += {a}\n"
        "    return answer == n",
    )


def _factorisation(rng: Random) -> Draw:
    n = rng.choice(
        (rng.randint(12, 400), 2 ** rng.randint(1, 5) * 3 ** rng.randint(0, 3) * rng.randint(2, 60))
    )
    factors = factorise(n)
    text = " \\cdot ".join(f"{p}^{{{e}}}" if e > 1 else str(p) for p, e in factors.items())
    program = (
        "from sympy import factorint\n\n"
        f"factors = factorint({n})\n"
        'print(" \\\\cdot ".join(f"{p}^{{{e}}}" if e > 1 else str(p) for p, e in factors.items()))'
    )
    return Draw(
        {"n": n},
        (Call("I split off the primes one after another.", program, text),),
        text,
        f"def check(answer):\n    return answer == {n}",
    )


def _divisor_count(rng: Random) -> Draw:
    n = rng.choice((rng.randint(10, 300), rng.randint(2, 60) * rng.choice((6, 12, 30))))
    divisors = [d for d in range(1, n + 1) if n % d == 0]
    return Draw(
        {"n": n},
        (
            Call(
                "I list the divisors and count them.",
                f"from sympy import divisors\n\nprint(len(divisors({n})))",
                str(len(divisors)),
            ),
        ),
        str(len(divisors)),
        f"def check(answer):\n    return answer == sum({n} % d == 0 for d in range(1, {n} + 1))",
    )


def _divisor_sum(rng: Random) -> Draw:
    n = rng.choice((rng.randint(10, 300), rng.randint(2, 60) * rng.choice((6, 12, 30))))
    divisors = [d for d in range(1, n + 1) if n % d == 0]
    return Draw(
        {"n": n},
        (
            Call(
                "I list the divisors and add them.",
                f"from sympy import divisors\n\nprint(sum(divisors({n})))",
                str(sum(divisors)),
            ),
        ),
        str(sum(divisors)),
        f"def check(answer):\n    return answer == sum(d for d in range(1, {n} + 1) if {n} % d == 0)",
    )


FAMILIES = (
    Family(
        "gcd",
        "number theory",
        (
            Variant(
                _gcd,
                (
                    "[Find|Compute|Determine|Calculate] the greatest common divisor of @a and @b.",
                    "What is the greatest common [divisor|factor] of @a and @b?",
                    "[Find|Compute|What is] gcd(@a, @b)[.|?]",
                    "What is the gcd of @a and @b?",
                    "[Find|Give] the largest [number|integer] that divides both @a and @b.",
                    "[Find|Determine] the highest common factor of @a and @b.",
                    "What is the largest [positive integer|integer] dividing both @a and @b?",
                    "What is the GCD of the numbers @a and @b?",
                ),
                (
                    "Give the greatest common divisor of the numbers @a and @b.",
                    "What is the largest number that divides both @a and @b?",
                    "Calculate the gcd of @a and @b.",
                ),
            ),
        ),
    ),
    Family(
        "lcm",
        "number theory",
        (
            Variant(
                _lcm,
                (
                    "[Find|Compute|Determine|Calculate] the least common multiple of @a and @b.",
                    "What is the least common multiple of @a and @b?",
                    "[Find|Compute|What is] lcm(@a, @b)[.|?]",
                    "What is the lcm of @a and @b?",
                    "[Find|Give] the smallest [positive integer|number] divisible by both @a and @b.",
                    "[Find|Determine] the lowest common multiple of @a and @b.",
                    "What is the smallest positive [integer|number] that is a multiple of both @a and @b?",
                    "What is the LCM of the numbers @a and @b?",
                ),
                (
                    "Give the least common multiple of the numbers @a and @b.",
                    "What is the smallest positive integer divisible by both @a and @b?",
                    "Calculate the lcm of @a and @b.",
                ),
            ),
        ),
    ),
    Family(
        "factorisation",
        "number theory",
        (
            Variant(
                _factorisation,
                (
                    "[Find|Give|Determine|Compute] the prime factorization of @n.",
                    "What is the prime factorization of @n?",
                    "[Write|Express] @n as a product of [primes|prime numbers|prime factors].",
                    "Factor @n into primes.",
                    "Factorize @n into prime factors.",
                    "[Write|Give] the prime factorization of the number @n.",
                    "How does @n factor into primes?",
                ),
                (
                    "Express the number @n as a product of primes.",
                    "Determine how @n factors into prime numbers.",
                ),
            ),
        ),
    ),
    Family(
        "divisors",
        "number theory",
        (
            Variant(
                _divisor_count,
                (
                    "How many [positive|] divisors does @n have?",
                    "[Find|Compute|Determine] the number of [positive|] divisors of @n.",
                    "How many positive [integers|whole numbers] divide @n?",
                    "Count the [positive|] divisors of @n.",
                    "What is the number of [positive|] divisors of @n?",
                    "How many positive factors does @n have?",
                ),
                (
                    "How many divisors does the number @n have?",
                    "Determine how many positive divisors @n has.",
                ),
            ),
            Variant(
                _divisor_sum,
                (
                    "[Find|Compute|Determine|Calculate] the sum of the [positive|] divisors of @n.",
                    "What is the sum of [all|the] [positive|] divisors of @n?",
                    "Add up all [positive|] divisors of @n.",
                    "[Find|What is] the sum of all positive integers that divide @n[.|?]",
                    "What do the divisors of @n add up to?",
                ),
                (
                    "Find the sum of all positive divisors of the number @n.",
                    "What do all positive divisors of @n sum to?",
                ),
            ),
        ),
    ),
)
