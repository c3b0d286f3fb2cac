"""Number theory: divisors, primes, modular arithmetic."""

from math import gcd, lcm
from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant


def _factorise(n: int) -> dict[int, int]:
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


def _primes(limit: int) -> list[int]:
    return [n for n in range(2, limit) if len(_factorise(n)) == 1 and n in _factorise(n)]


_PRIMES = _primes(1300)


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
    n = rng.choice((rng.randint(12, 400), 2 ** rng.randint(1, 5) * 3 ** rng.randint(0, 3) * rng.randint(2, 60)))
    factors = _factorise(n)
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


def _modular_power(rng: Random) -> Draw:
    a, e, m = rng.randint(2, 99), rng.randint(5, 999), rng.randint(3, 200)
    value = pow(a, e, m)
    return Draw(
        {"a": a, "e": e, "m": m, "p": Math(f"{a}^{{{e}}}", f"{a}^{e}"), "q": Math(f"{a}^{{{e}}} \\bmod {m}", f"{a}^{e} mod {m}")},
        (
            Call(
                "Modular exponentiation keeps the numbers small.",
                f"print(pow({a}, {e}, {m}))",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    return answer == {a}**{e} % {m}",
    )


def _remainder(rng: Random) -> Draw:
    a, m = rng.randint(100, 99999), rng.randint(3, 120)
    return Draw(
        {"a": a, "m": m},
        (Call("The remainder comes from the modulo operator.", f"print({a} % {m})", str(a % m)),),
        str(a % m),
        f"def check(answer):\n    return 0 <= answer < {m} and ({a} - answer) % {m} == 0",
    )


def _nth_prime(rng: Random) -> Draw:
    n = rng.randint(3, 200)
    return Draw(
        {"n": n, "o": ordinal(n)},
        (
            Call(
                "I count the primes in order.",
                f"from sympy import prime\n\nprint(prime({n}))",
                str(_PRIMES[n - 1]),
            ),
        ),
        str(_PRIMES[n - 1]),
        f"from sympy import isprime, primepi\n\ndef check(answer):\n    return isprime(answer) and primepi(answer) == {n}",
    )


def ordinal(n: int) -> str:
    """`21st`, `12th`."""
    if n % 100 in (11, 12, 13):
        return f"{n}th"
    return f"{n}" + {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


def _prime_sum(rng: Random) -> Draw:
    n = rng.randint(10, 1200)
    value = sum(p for p in _PRIMES if p < n)
    return Draw(
        {"n": n},
        (
            Call(
                "I list the primes below the bound.",
                f"from sympy import primerange\n\nprimes = list(primerange(2, {n}))\nprint(len(primes))",
                str(sum(1 for p in _PRIMES if p < n)),
            ),
            Call("Now I add them.", "print(sum(primes))", str(value)),
        ),
        str(value),
        f"from sympy import isprime\n\ndef check(answer):\n    return answer == sum(n for n in range(2, {n}) if isprime(n))",
    )


def _digit_sum(rng: Random) -> Draw:
    a, e = rng.randint(2, 20), rng.randint(3, 60)
    n = a**e
    value = sum(int(d) for d in str(n))
    return Draw(
        {"p": Math(f"{a}^{{{e}}}", f"{a}^{e}")},
        (
            Call(
                "I write the number out and add its digits.",
                f"n = {a}**{e}\nprint(sum(int(d) for d in str(n)))",
                str(value),
            ),
        ),
        str(value),
        f"def check(answer):\n    n, total = {a}**{e}, 0\n    while n:\n        total += n % 10\n        n //= 10\n    return answer == total",
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
    Family(
        "modular",
        "number theory",
        (
            Variant(
                _modular_power,
                (
                    "What is the remainder when @p is divided by @m?",
                    "[Find|Compute|Determine] the remainder when @p is divided by @m.",
                    "[Compute|Find|Calculate|Evaluate] @q.",
                    "What is @q?",
                    "@p is divided by @m. What is the remainder?",
                    "What remainder does @p leave [when divided by|on division by|modulo] @m?",
                    "[Find|Determine] @p modulo @m.",
                ),
                (
                    "Calculate the remainder of @p when divided by @m.",
                    "Find the remainder that @p leaves when it is divided by @m.",
                ),
            ),
            Variant(
                _remainder,
                (
                    "What is the remainder when @a is divided by @m?",
                    "[Find|Compute|Determine] the remainder when @a is divided by @m.",
                    "@a is divided by @m. What is the remainder?",
                    "What remainder does @a leave [when divided by|on division by|modulo] @m?",
                    "[Find|Determine|Compute] @a modulo @m.",
                ),
                (
                    "Calculate the remainder of @a when divided by @m.",
                    "Find the remainder that @a leaves when it is divided by @m.",
                ),
            ),
        ),
    ),
    Family(
        "primes",
        "number theory",
        (
            Variant(
                _nth_prime,
                (
                    "What is the @o prime [number|]?",
                    "[Find|Compute|Determine|Give] the @o prime [number|].",
                    "Which prime is number @n in the list of primes?",
                    "[Find|Give] prime number @n in order, where 2 is the first.",
                    "If the primes are listed in order, what is the @o one?",
                ),
                (
                    "Which number is the @o prime?",
                    "Calculate the @o prime number.",
                ),
            ),
            Variant(
                _prime_sum,
                (
                    "What is the sum of [all|the] primes [less than|below|smaller than] @n?",
                    "[Find|Compute|Determine|Calculate] the sum of all prime numbers [less than|below] @n.",
                    "Add up all [primes|prime numbers] [below|less than|smaller than] @n.",
                    "What do the primes below @n add up to?",
                    "[Find|Compute] the sum of the primes less than @n.",
                ),
                (
                    "What do all prime numbers less than @n add up to?",
                    "Determine the sum of the primes smaller than @n.",
                ),
            ),
        ),
    ),
    Family(
        "digits",
        "number theory",
        (
            Variant(
                _digit_sum,
                (
                    "What is the sum of the digits of @p?",
                    "[Find|Compute|Determine|Calculate] the sum of the digits of @p.",
                    "Add up the digits of @p.",
                    "[Find|Compute] the digit sum of @p.",
                    "What do the digits of @p add up to?",
                    "What is the digit sum of the number @p?",
                ),
                (
                    "Determine the sum of all digits of @p.",
                    "What is the digit sum of @p?",
                ),
            ),
        ),
    ),
)
