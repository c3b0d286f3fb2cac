"""Word problems: shopping, journeys, ratios, ages."""

from fractions import Fraction
from random import Random

from problems.families.base import Call, Draw, Family, Variant
from problems.families.notation import rational

NAMES = (
    "Ana Ben Clara David Emma Felix Grace Hugo Ines Jack Kira Leo Maria Noah Olga Paul Rosa Sam Tina Tom "
    "Uma Victor Wendy Yusuf Zoe Lina Omar Mei Ravi Nora John Mary Alice Bob Lucy Peter"
).split()
_THINGS = (
    "apples pens books tickets cakes shirts oranges pencils cups notebooks balls stamps toys "
    "muffins lamps hats bags plants cards chairs"
).split()


def _shopping(rng: Random) -> Draw:
    name = rng.choice(NAMES)
    one, two = rng.sample(_THINGS, 2)
    a, c = rng.randint(2, 30), rng.randint(2, 30)
    b, d = rng.randint(2, 40), rng.randint(2, 40)
    total = a * b + c * d
    return Draw(
        {"who": name, "x": one, "y": two, "a": a, "b": b, "c": c, "d": d},
        (
            Call(
                "Each cost is number times price.",
                f"first = {a} * {b}\nsecond = {c} * {d}\nprint(first + second)",
                str(total),
            ),
        ),
        str(total),
        f"def check(answer):\n    return answer - {a} * {b} == {c} * {d}",
    )


def _change(rng: Random) -> Draw:
    name, thing = rng.choice(NAMES), rng.choice(_THINGS)
    a, b = rng.randint(2, 20), rng.randint(2, 30)
    cost = a * b
    paid = cost + rng.randint(1, 80)
    return Draw(
        {"who": name, "x": thing, "a": a, "b": b, "c": paid},
        (
            Call("First the cost.", f"cost = {a} * {b}\nprint(cost)", str(cost)),
            Call("Now what is left.", f"print({paid} - cost)", str(paid - cost)),
        ),
        str(paid - cost),
        f"def check(answer):\n    return answer + {a} * {b} == {paid}",
    )


def _journey(rng: Random) -> Draw:
    v, t = rng.randint(10, 120), rng.randint(2, 15)
    w, s = rng.randint(10, 120), rng.randint(2, 15)
    total = v * t + w * s
    return Draw(
        {"a": v, "b": t, "c": w, "d": s, "who": rng.choice(NAMES)},
        (
            Call(
                "Distance is speed times time, for each part.",
                f"first = {v} * {t}\nsecond = {w} * {s}\nprint(first + second)",
                str(total),
            ),
        ),
        str(total),
        f"def check(answer):\n    return answer - {v} * {t} == {w} * {s}",
    )


def _duration(rng: Random) -> Draw:
    v, t = rng.randint(4, 120), rng.randint(2, 20)
    d = v * t if rng.random() < 0.6 else rng.randint(20, 900)
    value = Fraction(d, v)
    return Draw(
        {"a": d, "b": v, "who": rng.choice(NAMES)},
        (
            Call(
                "Time is distance over speed.",
                f"from sympy import Rational, latex\n\nprint(latex(Rational({d}, {v})))",
                rational(value),
            ),
        ),
        rational(value),
        f"def check(answer):\n    return answer * {v} == {d}",
    )


def _ratio(rng: Random) -> Draw:
    p, q = rng.sample(range(1, 12), 2)
    unit = rng.randint(2, 60)
    total = (p + q) * unit
    one, two = rng.sample(NAMES, 2)
    return Draw(
        {"who": one, "you": two, "n": total, "a": p, "b": q},
        (
            Call(
                "I find one part, then multiply.",
                f"part = {total} // ({p} + {q})\nprint({p} * part)",
                str(p * unit),
            ),
        ),
        str(p * unit),
        f"def check(answer):\n    return answer * {q} == ({total} - answer) * {p}",
    )


def _ages(rng: Random) -> Draw:
    younger, gap = rng.randint(3, 50), rng.randint(2, 30)
    total = 2 * younger + gap
    one, two = rng.sample(NAMES, 2)
    program = (
        "from sympy import symbols, solve\n\n"
        f'b = symbols("b")\nprint(solve(b + (b + {gap}) - {total}, b)[0])'
    )
    return Draw(
        {"who": one, "you": two, "a": gap, "n": total},
        (Call("I write an equation for the younger age.", program, str(younger)),),
        str(younger),
        f"def check(answer):\n    return answer + (answer + {gap}) == {total}",
    )


FAMILIES = (
    Family(
        "shopping",
        "word problems",
        (
            Variant(
                _shopping,
                (
                    "@who buys @a @x at $@b each and @c @y at $@d each. How much does @who [pay|spend] in total?",
                    "@a @x cost $@b each and @c @y cost $@d each. What is the total cost?",
                    "@who bought @a @x for @b dollars each and @c @y for @d dollars each. [How much did it cost|What was the total]?",
                    "A shop sells @a @x at @b dollars each and @c @y at @d dollars each. [Find|Compute] the total [price|income].",
                    "@who needs @a @x and @c @y. The @x cost @b dollars each, the @y cost @d dollars each. [Find the total cost.|What is the total cost?]",
                    "In a shop @who takes @a @x at @b dollars and @c @y at @d dollars. What does @who pay?",
                    "@who sells @a @x at $@b each and @c @y at $@d each. How much money does @who [get|earn]?",
                    "At a market, @who buys @a @x for $@b apiece and @c @y for $@d apiece. [Find|What is] the total cost[.|?]",
                    "@who orders @a @x and @c @y. One of the @x is $@b and one of the @y is $@d. What does @who [pay|spend]?",
                    "[Find|What is] the price of @a @x at $@b each and @c @y at $@d each[.|?]",
                    "If @who buys @a @x for @b dollars each and @c @y for @d dollars each, what [is the total|does it cost]?",
                ),
                (
                    "@who buys @a @x for $@b each and @c @y for $@d each. What is the total cost?",
                    "If @who pays for @a @x at $@b each and @c @y at $@d each, how much is that in total?",
                ),
            ),
            Variant(
                _change,
                (
                    "@who buys @a @x at $@b each and pays with $@c. How much change does @who get?",
                    "@who has @c dollars and buys @a @x at @b dollars each. How much [money|] is left?",
                    "@a @x cost @b dollars each. @who pays @c dollars. [Find|Compute] the change.",
                    "@who had $@c and spent it on @a @x at $@b each. How many dollars are left?",
                    "With @c dollars, @who buys @a @x for @b dollars each. What is left?",
                    "@who pays for @a @x at $@b each with $@c. What is the change?",
                    "@who has $@c. After buying @a @x for $@b each, how much [money|] is left?",
                    "If @who buys @a @x for $@b each and pays with $@c, what is the change?",
                    "@who takes $@c to the shop and buys @a @x at $@b apiece. How much is left?",
                ),
                (
                    "@who has $@c and buys @a @x for $@b each. How much money is left?",
                    "@who buys @a @x at @b dollars each and pays with @c dollars. What is the change?",
                ),
            ),
        ),
    ),
    Family(
        "journeys",
        "word problems",
        (
            Variant(
                _journey,
                (
                    "A [train|car|bus] travels at @a km/h for @b hours and then at @c km/h for @d hours. How far does it travel?",
                    "@who drives @b hours at @a km/h and then @d hours at @c km/h. What is the total distance?",
                    "A [ship|truck] goes at @a miles per hour for @b hours, then at @c miles per hour for @d hours. [Find|Compute] the distance.",
                    "@who [rides|drives] at @a km/h for @b hours, then at @c km/h for @d hours. How many kilometers is that?",
                    "First a [train|car] goes @a km/h for @b hours, then @c km/h for @d hours. How far does it go in total?",
                ),
                (
                    "A [car|train] drives at @a km/h for @b hours and then at @c km/h for @d hours. What is the total distance?",
                    "@who travels at @a km/h for @b hours, then at @c km/h for @d hours. How far is that?",
                ),
            ),
            Variant(
                _duration,
                (
                    "How long does a [train|car|bus] need for @a km at @b km/h? Answer in hours.",
                    "A [car|ship|bus] travels @a km at @b km/h. How many hours does it take?",
                    "@who drives @a miles at @b miles per hour. How many hours does that take?",
                    "At @b km/h, how many hours does it take to travel @a km?",
                    "[Find|Compute] the time in hours for a distance of @a km at a speed of @b km/h.",
                ),
                (
                    "@who travels @a km at @b km/h. How many hours does @who need?",
                    "How many hours does it take to drive @a km at @b km/h?",
                ),
            ),
        ),
    ),
    Family(
        "ratios",
        "word problems",
        (
            Variant(
                _ratio,
                (
                    "@who and @you share @n dollars in the ratio @a:@b. How much does @who get?",
                    "[Divide|Split] $@n between @who and @you in the ratio @a:@b. How much does @who [get|receive]?",
                    "@n [stamps|cards] are shared by @who and @you in the ratio @a to @b. How many does @who get?",
                    "@who and @you split @n dollars in the ratio @a to @b. [Find|What is] the share of @who[.|?]",
                    "A sum of @n dollars is divided between @who and @you in the ratio @a:@b. What is the share of @who?",
                ),
                (
                    "@who and @you divide $@n in the ratio @a:@b. How much does @who receive?",
                    "@who and @you share $@n in the ratio @a to @b. What does @who get?",
                ),
            ),
        ),
    ),
    Family(
        "ages",
        "word problems",
        (
            Variant(
                _ages,
                (
                    "@who is @a years older than @you. Together they are @n years old. How old is @you?",
                    "@you is @a years younger than @who. The sum of their ages is @n. How old is @you?",
                    "The ages of @who and @you add up to @n. @who is @a years older. [How old is @you?|What is the age of @you?|Find the age of @you.]",
                    "@who is older than @you by @a years, and their ages sum to @n. [Find|Determine] the age of @you.",
                    "Together @who and @you are @n years old. @who is @a years older than @you. What is the age of @you?",
                ),
                (
                    "@who is @a years older than @you. The sum of their ages is @n. What is the age of @you?",
                    "Together @who and @you are @n years old, and @you is @a years younger than @who. How old is @you?",
                ),
            ),
        ),
    ),
)
