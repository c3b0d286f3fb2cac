"""Number theory: powers and remainders, primes, digits."""

from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.integers import factorise
from problems.families.notation import ordinal


def _primes(limit: int) -> list[int]:
    return [n for n in range(2, limit) if len(factorise(n)) == 1 and n in factorise(n)]


_PRIMES = _primes(1300)


def _modular_power(rng: Random) -> Draw:
    a, e, m = rng.randint(2, 99), rng.randint(5, 999), rng.randint(3, 200)
    value = pow(a, e, m)
    return Draw(
        {
            "a": a,
            "e": e,
            "m": m,
            "p": Math(f"{a}^{{{e}}}", f"{a}^{e}"),
            "q": Math(f"{a}^{{{e}}} \\bmod {m}", f"{a}^{e} mod {m}"),
        },
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
