"""What the built-in model has met: pairs of neighbouring words in its training questions.

A model of 4 million parameters answers an unknown question with one of its families, and its
check shares the misreading. So its own agreement proves nothing outside them. A question is
in scope only if every pair of neighbouring words occurs in the training questions; formulas
and numbers count as one word each. Outside it the model may answer, but nothing is verified.
"""

import json
import re
from itertools import pairwise
from pathlib import Path
from random import Random

from problems.families import FAMILIES
from problems.families.words import NAMES

_NAMES = frozenset(NAMES)
_MATH = re.compile(r"\$\$?[^$]*\$|\S*[\d=^*\\][^\s,.?:]*")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|#|[?:;()<>+\-*/]")

DRAWS = 2000
"""Exercises of each family whose questions are read; more adds no new pair."""


def words(question: str) -> list[str]:
    """A question as the scope sees it: lower-case words, `#` for formulas, `@` for names."""
    plain = _MATH.sub(" # ", question)
    return [
        "^",
        *("@" if w in _NAMES else w if len(w) == 1 else w.lower() for w in _WORD.findall(plain)),
        "$",
    ]


def write_scope(path: Path, seed: int) -> None:
    """Collects the pairs from every family's training phrasings."""
    rng = Random(seed)
    pairs = {
        pair
        for family in FAMILIES
        for _ in range(DRAWS)
        for pair in pairwise(words(family.exercise(rng).question))
    }
    path.write_text(json.dumps(sorted(" ".join(pair) for pair in pairs)) + "\n")


def unfamiliar(question: str, scope: frozenset[str]) -> tuple[str, ...]:
    """The pairs of neighbouring words that the training questions never held."""
    pairs = (" ".join(pair) for pair in pairwise(words(question)))
    return tuple(dict.fromkeys(pair for pair in pairs if pair not in scope))
