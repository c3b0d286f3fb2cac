"""Which families the built-in model is taught, and which it must decline.

Two processor cores can teach thirty kinds of problem well or sixty badly: at 500 worked examples
of each the model knew the phrases and mixed up the kinds. What is left out is not lost: it serves
as examples of what to decline.
"""

from dataclasses import replace

from problems.families import FAMILIES, Family

_TAUGHT = {
    "arithmetic": (0,),
    "fractions": (0,),
    "percent": (0,),
    "shopping": (0, 1),
    "journeys": (0,),
    "gcd": (0,),
    "lcm": (0,),
    "factorisation": (0,),
    "divisors": (0,),
    "modular": (0,),
    "primes": (0,),
    "linear": (0,),
    "quadratic": (0,),
    "cubic": (0,),
    "systems": (0,),
    "inequalities": (0,),
    "evaluation": (0,),
    "composition": (0,),
    "arithmetic-sequence": (0, 1),
    "geometric-sequence": (0, 1),
    "combinations": (0,),
    "permutations": (0,),
    "dice": (0,),
    "derivatives": (0,),
    "integrals": (0,),
    "limits": (0,),
    "right-triangle": (0,),
    "areas": (0,),
    "determinants": (0,),
    "averages": (0, 1),
    "variance": (0,),
}
"""The variants, by their place in the family."""


def _chosen(family: Family, *, taught: bool) -> Family:
    places = _TAUGHT.get(family.name, ())
    variants = (v for at, v in enumerate(family.variants) if (at in places) == taught)
    return replace(family, variants=tuple(variants))


SYLLABUS = tuple(f for f in (_chosen(f, taught=True) for f in FAMILIES) if f.variants)
UNTAUGHT = tuple(f for f in (_chosen(f, taught=False) for f in FAMILIES) if f.variants)
