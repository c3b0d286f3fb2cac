"""Geometry: right triangles, distances, areas, circles."""

from fractions import Fraction
from math import isqrt
from random import Random

from problems.families.base import Call, Draw, Family, Math, Variant
from problems.families.notation import rational


def _root(n: int) -> str:
    """The square root of n as `sympy.latex` prints it: `5`, `\\sqrt{13}`, `2 \\sqrt{13}`."""
    outside = max(k for k in range(1, isqrt(n) + 1) if n % (k * k) == 0)
    inside = n // outside**2
    if inside == 1:
        return str(outside)
    return f"\\sqrt{{{inside}}}" if outside == 1 else f"{outside} \\sqrt{{{inside}}}"


_TRIPLES = ((3, 4), (5, 12), (8, 15), (7, 24), (20, 21), (9, 40))


def _hypotenuse(rng: Random) -> Draw:
    a, b = rng.randint(2, 40), rng.randint(2, 40)
    if rng.random() < 0.5:
        scale = rng.randint(1, 6)
        a, b = (scale * side for side in rng.choice(_TRIPLES))
    text = _root(a * a + b * b)
    return Draw(
        {"a": a, "b": b},
        (
            Call(
                "Pythagoras gives the hypotenuse.",
                f"from sympy import sqrt, latex\n\nprint(latex(sqrt({a}**2 + {b}**2)))",
                text,
            ),
        ),
        text,
        f"def check(answer):\n    return bool(answer > 0) and answer**2 == {a}**2 + {b}**2",
    )


def _distance(rng: Random) -> Draw:
    a, b, c, d = (rng.randint(-15, 15) for _ in range(4))
    if (a, b) == (c, d):
        c += 3
    if rng.random() < 0.4:
        scale, (dx, dy) = rng.randint(1, 2), rng.choice(_TRIPLES[:3])
        c, d = a + scale * dx, b - scale * dy
    text = _root((a - c) ** 2 + (b - d) ** 2)
    return Draw(
        {"p": Math(f"({a}, {b})", f"({a}, {b})"), "q": Math(f"({c}, {d})", f"({c}, {d})")},
        (
            Call(
                "The distance follows from Pythagoras.",
                "from sympy import Point, latex\n\n"
                f"print(latex(Point({a}, {b}).distance(Point({c}, {d}))))",
                text,
            ),
        ),
        text,
        "def check(answer):\n"
        f"    return bool(answer > 0) and answer**2 == ({a} - ({c}))**2 + ({b} - ({d}))**2",
    )


def _triangle(rng: Random) -> Draw:
    twice = 0
    while not twice:
        (a, b), (c, d), (e, f) = ((rng.randint(-9, 12), rng.randint(-9, 12)) for _ in range(3))
        twice = abs((c - a) * (f - b) - (e - a) * (d - b))
    text = rational(Fraction(twice, 2))
    return Draw(
        {
            "p": Math(f"({a}, {b})", f"({a}, {b})"),
            "q": Math(f"({c}, {d})", f"({c}, {d})"),
            "r": Math(f"({e}, {f})", f"({e}, {f})"),
        },
        (
            Call(
                "The corners give the area.",
                "from sympy import Triangle, latex\n\n"
                f"print(latex(abs(Triangle(({a}, {b}), ({c}, {d}), ({e}, {f})).area)))",
                text,
            ),
        ),
        text,
        "from sympy import Matrix\n\ndef check(answer):\n"
        f"    m = Matrix([[{a}, {b}, 1], [{c}, {d}, 1], [{e}, {f}, 1]])\n"
        "    return 2 * answer == abs(m.det())",
    )


def _rectangle(rng: Random) -> Draw:
    a, b = rng.randint(2, 90), rng.randint(2, 90)
    word, value, formula, test = rng.choice(
        (
            ("area", a * b, f"{a} * {b}", f"answer / {a} == {b}"),
            ("perimeter", 2 * (a + b), f"2 * ({a} + {b})", f"answer - {a} - {b} == {a} + {b}"),
        )
    )
    return Draw(
        {"a": a, "b": b, "w": word},
        (Call(f"The {word} follows from the sides.", f"print({formula})", str(value)),),
        str(value),
        f"def check(answer):\n    return {test}",
    )


def _circle(rng: Random) -> Draw:
    r = rng.randint(1, 60)
    word, factor, formula = rng.choice(
        (("area", r * r, f"pi * {r}**2"), ("circumference", 2 * r, f"2 * pi * {r}"))
    )
    text = f"{factor} \\pi" if factor > 1 else "\\pi"
    test = f"answer / {r} == pi * {r}" if word == "area" else f"answer / {r} == 2 * pi"
    return Draw(
        {"r": r, "w": word},
        (
            Call(
                f"The radius gives the {word}.",
                f"from sympy import pi, latex\n\nprint(latex({formula}))",
                text,
            ),
        ),
        text,
        f"from sympy import pi\n\ndef check(answer):\n    return {test}",
    )


FAMILIES = (
    Family(
        "right-triangle",
        "geometry",
        (
            Variant(
                _hypotenuse,
                (
                    "A right triangle has legs @a and @b. [Find|What is|Compute] the hypotenuse[.|?]",
                    "[Find|Compute|Determine] the hypotenuse of a right triangle with legs @a and @b.",
                    "The legs of a right triangle are @a and @b. How long is the hypotenuse?",
                    "What is the length of the hypotenuse of a right triangle with legs @a and @b?",
                    "A rectangle has sides @a and @b. How long is its diagonal?",
                    "[Find|Compute] the length of the diagonal of a rectangle with sides @a and @b.",
                ),
                (
                    "How long is the hypotenuse of a right triangle with legs @a and @b?",
                    "The legs of a right triangle have length @a and @b. Find the length of the hypotenuse.",
                ),
            ),
        ),
    ),
    Family(
        "points",
        "geometry",
        (
            Variant(
                _distance,
                (
                    "[Find|Compute|Determine|What is] the distance between @p and @q[.|?]",
                    "What is the distance from @p to @q?",
                    "How far apart are the points @p and @q?",
                    "[Find|Compute] the distance between the points @p and @q.",
                    "[Find|Compute] the length of the segment from @p to @q.",
                ),
                (
                    "How far is the point @p from the point @q?",
                    "Determine the distance from the point @p to the point @q.",
                ),
            ),
            Variant(
                _triangle,
                (
                    "[Find|Compute|Determine|What is] the area of the triangle with [vertices|corners] @p, @q and @r[.|?]",
                    "A triangle has [vertices|corners] @p, @q and @r. [Find|What is] its area[.|?]",
                    "What is the area of the triangle with vertices at @p, @q and @r?",
                    "The points @p, @q and @r form a triangle. [Find|Compute] the area.",
                ),
                (
                    "The points @p, @q and @r are the vertices of a triangle. What is its area?",
                    "Find the area of a triangle whose corners are @p, @q and @r.",
                ),
            ),
        ),
    ),
    Family(
        "areas",
        "geometry",
        (
            Variant(
                _rectangle,
                (
                    "[Find|Compute|What is] the @w of a rectangle with sides @a and @b[.|?]",
                    "A rectangle has sides @a and @b. [Find|What is] its @w[.|?]",
                    "A rectangle is @a cm long and @b cm wide. [Find|What is] its @w[.|?]",
                    "What is the @w of a rectangle that is @a by @b?",
                    "The sides of a rectangle are @a and @b. [Find|Compute] the @w.",
                ),
                (
                    "Determine the @w of a rectangle with side lengths @a and @b.",
                    "What is the @w of a rectangle whose sides are @a and @b?",
                ),
            ),
            Variant(
                _circle,
                (
                    "[Find|Compute|What is] the @w of a circle with radius @r[.|?]",
                    "A circle has radius @r. [Find|What is] its @w[.|?]",
                    "The radius of a circle is @r. [Find|Compute|What is] the @w[.|?]",
                    "What is the @w of a circle of radius @r?",
                ),
                (
                    "Determine the @w of a circle of radius @r.",
                    "What is the @w of a circle whose radius is @r?",
                ),
            ),
        ),
    ),
)
