"""Counting and probability."""

from fractions import Fraction
from math import comb, factorial, perm
from random import Random

from problems.families.base import Call, Draw, Family, Variant
from problems.families.notation import rational


def _choose(rng: Random) -> Draw:
    n = rng.randint(4, 30)
    k = rng.randint(2, min(8, n - 1))
    return Draw(
        {"n": n, "k": k},
        (
            Call(
                "The order does not matter, so I count combinations.",
                f"from math import comb\n\nprint(comb({n}, {k}))",
                str(comb(n, k)),
            ),
        ),
        str(comb(n, k)),
        "from math import factorial\n\ndef check(answer):\n"
        f"    return answer * factorial({k}) * factorial({n} - {k}) == factorial({n})",
    )


def _arrange(rng: Random) -> Draw:
    n = rng.randint(4, 20)
    k = rng.randint(2, min(5, n - 1))
    return Draw(
        {"n": n, "k": k},
        (
            Call(
                "The order matters, so I count permutations.",
                f"from math import perm\n\nprint(perm({n}, {k}))",
                str(perm(n, k)),
            ),
        ),
        str(perm(n, k)),
        "from math import factorial\n\ndef check(answer):\n"
        f"    return answer * factorial({n} - {k}) == factorial({n})",
    )


_WORDS = (
    "BANANA LEVEL APPLE BOOK LETTER COFFEE SEVEN NUMBER MATH TREE SUMMER PEPPER GOOSE RIVER STONE "
    "BALLOON SCHOOL CHEESE KITTEN RABBIT CARROT HAPPY SUNNY PUZZLE ROBOT ORANGE LEMON ERROR"
).split()


def _letters(rng: Random) -> Draw:
    word = (
        rng.choice(_WORDS)
        if rng.random() < 0.5
        else "".join(rng.choice("ABCDENOST") for _ in range(rng.randint(4, 8)))
    )
    value = factorial(len(word))
    for letter in set(word):
        value //= factorial(word.count(letter))
    return Draw(
        {"w": word},
        (
            Call(
                "Equal letters may be swapped without a new word.",
                "from math import factorial\n\n"
                f'word = "{word}"\ncount = factorial(len(word))\n'
                "for letter in set(word):\n    count //= factorial(word.count(letter))\nprint(count)",
                str(value),
            ),
        ),
        str(value),
        "from collections import Counter\nfrom math import factorial\n\ndef check(answer):\n"
        f'    count = Counter("{word}")\n    for c in count.values():\n        answer *= factorial(c)\n'
        "    return answer == factorial(count.total())",
    )


def _dice_sum(rng: Random) -> Draw:
    s = rng.randint(2, 12)
    ways = sum(1 for a in range(1, 7) for b in range(1, 7) if a + b == s)
    value = Fraction(ways, 36)
    return Draw(
        {"s": s},
        (
            Call(
                "I count the favourable outcomes of 36.",
                "from sympy import Rational, latex\n\n"
                f"ways = sum(1 for a in range(1, 7) for b in range(1, 7) if a + b == {s})\n"
                "print(latex(Rational(ways, 36)))",
                rational(value),
            ),
        ),
        rational(value),
        "from itertools import product\n\ndef check(answer):\n"
        f"    rolls = [sum(r) for r in product(range(1, 7), repeat=2)]\n"
        f"    return answer * len(rolls) == rolls.count({s})",
    )


_COLORS = "red blue green white black yellow".split()


def _marbles(rng: Random) -> Draw:
    one, two = rng.sample(_COLORS, 2)
    a, b = rng.randint(3, 15), rng.randint(2, 15)
    k = rng.randint(2, 3)
    value = Fraction(comb(a, k), comb(a + b, k))
    return Draw(
        {"a": a, "b": b, "k": k, "x": one, "y": two},
        (
            Call(
                "I count the draws of one color among all draws.",
                "from math import comb\nfrom sympy import Rational, latex\n\n"
                f"print(latex(Rational(comb({a}, {k}), comb({a} + {b}, {k}))))",
                rational(value),
            ),
        ),
        rational(value),
        "from sympy import Rational\n\ndef check(answer):\n    p = Rational(1)\n"
        f"    for i in range({k}):\n        p *= Rational({a} - i, {a} + {b} - i)\n    return answer == p",
    )


def _coins(rng: Random) -> Draw:
    n = rng.randint(3, 12)
    k = rng.randint(1, n - 1)
    value = Fraction(comb(n, k), 2**n)
    return Draw(
        {"n": n, "k": k},
        (
            Call(
                "I count the ways to place the heads.",
                "from math import comb\nfrom sympy import Rational, latex\n\n"
                f"print(latex(Rational(comb({n}, {k}), 2**{n})))",
                rational(value),
            ),
        ),
        rational(value),
        "from itertools import product\n\ndef check(answer):\n"
        f"    ways = sum(sum(t) == {k} for t in product((0, 1), repeat={n}))\n"
        f"    return answer * 2**{n} == ways",
    )


FAMILIES = (
    Family(
        "combinations",
        "counting",
        (
            Variant(
                _choose,
                (
                    "In how many ways can @k [people|students|books] be chosen from @n?",
                    "How many committees of @k [people|members] can be [formed|chosen] from @n people?",
                    "A club has @n members. In how many ways can they choose a committee of @k?",
                    "How many ways are there to choose @k [objects|cards|books] from @n [different ones|]?",
                    "[Find|Compute] the number of ways to choose @k of @n [students|people].",
                    "How many teams of @k can be chosen from a group of @n [students|people]?",
                    "How many subsets with @k elements does a set of @n elements have?",
                ),
                (
                    "How many ways are there to choose a committee of @k members from @n people?",
                    "Find the number of ways to choose @k books from @n different books.",
                ),
            ),
        ),
    ),
    Family(
        "permutations",
        "counting",
        (
            Variant(
                _arrange,
                (
                    "In how many ways can @k of @n [people|books|students] be [arranged|placed] in a row?",
                    "How many ways are there to arrange @k of @n [different|] books [on a shelf|in a row]?",
                    "@n runners race. In how many ways can the first @k places be taken?",
                    "[Find|Compute] the number of ordered selections of @k from @n [objects|people].",
                    "How many [codes|words] of @k different letters can be made from @n letters?",
                ),
                (
                    "In how many ways can @k of @n different books be placed in a row?",
                    "How many ways are there to arrange @k of @n people in a row?",
                ),
            ),
            Variant(
                _letters,
                (
                    "In how many ways can the letters of @w be arranged?",
                    "How many [different|distinct] arrangements do the letters of @w have?",
                    "How many [different|] words can be made from all the letters of @w?",
                    "[Find|Compute] the number of [distinct|different] arrangements of the letters of [the word|] @w.",
                    "How many ways are there to arrange the letters of the word @w?",
                ),
                (
                    "In how many different ways can the letters of the word @w be arranged?",
                    "How many distinct arrangements of the letters of @w are there?",
                ),
            ),
        ),
    ),
    Family(
        "dice",
        "probability",
        (
            Variant(
                _dice_sum,
                (
                    "Two dice are rolled. What is the probability that the sum is @s?",
                    "[Find|Compute|What is] the probability of rolling a sum of @s with two dice[.|?]",
                    "Two [fair|] dice are thrown. [Find|Determine] the probability of a total of @s.",
                    "What is the probability that two dice show a sum of @s?",
                    "If two [fair|] dice are rolled, what is the probability that they add up to @s?",
                ),
                (
                    "Two fair dice are rolled. Find the probability that the sum is @s.",
                    "What is the probability of a total of @s when two dice are thrown?",
                ),
            ),
        ),
    ),
    Family(
        "urns",
        "probability",
        (
            Variant(
                _marbles,
                (
                    "A bag [holds|contains|has] @a @x and @b @y marbles. @k are drawn [without replacement|at random]. What is the probability that all are @x?",
                    "An urn [holds|contains] @a @x and @b @y balls. @k balls are drawn without replacement. [Find|What is] the probability that all @k are @x[.|?]",
                    "From a bag with @a @x and @b @y marbles, @k are drawn at random. [Find|Compute|What is] the probability that all are @x[.|?]",
                    "There are @a @x and @b @y balls in a box. You draw @k. What is the probability that all are @x?",
                ),
                (
                    "A bag contains @a @x and @b @y balls. You draw @k at random without replacement. Find the probability that all are @x.",
                    "From a box with @a @x and @b @y marbles, @k marbles are drawn without replacement. What is the probability that all @k are @x?",
                ),
            ),
        ),
    ),
    Family(
        "coins",
        "probability",
        (
            Variant(
                _coins,
                (
                    "A [fair|] coin is [flipped|tossed] @n times. What is the probability of exactly @k heads?",
                    "[Find|Compute|What is] the probability of getting exactly @k heads in @n coin [flips|tosses][.|?]",
                    "What is the probability of exactly @k heads when @n [fair|] coins are [flipped|tossed]?",
                    "You [flip|toss] a coin @n times. [Find|What is] the probability that you get exactly @k heads[.|?]",
                ),
                (
                    "A coin is tossed @n times. Find the probability of getting exactly @k heads.",
                    "What is the probability that @n tosses of a fair coin give exactly @k heads?",
                ),
            ),
        ),
    ),
)
