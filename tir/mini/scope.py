"""What the built-in model has met: the runs of three words and signs in its training questions.

A model of 3.5 million parameters answers an unknown question with one of its families, and its
check shares the misreading. So its own agreement proves nothing outside them. A question is in
scope only if every run of three neighbouring words or signs occurs in the training questions.
All numbers count as one word, all variables as one, all names of people as one. Outside it the
model may answer, but nothing is verified.

Measured on the 5,000 questions of MATH: runs of two let 98 through, runs of three 42, of which
about 28 belong to a family.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from problems.families.words import NAMES
from tir.mini.syllabus import SYLLABUS

RUN = 3
DRAWS = 6000
"""Exercises of each family whose questions are read."""

_NAMES = frozenset(NAMES)
_VARIABLES = frozenset("xyztnamkuvbc")
_SIGN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:st|nd|rd|th)?|[^\W\d_]+(?:'[^\W\d_]+)?|[^\s\w]|_")
_START, _END = "<start>", "<end>"
_WORDED = {
    "<name>": "a name",
    "<variable>": "x",
    "<number>": "a number",
    "<ordinal>": "an ordinal",
    _START: "",
    _END: "",
}


def signs(question: str) -> list[str]:
    """A question as the scope sees it. Dollars around formulas and the final stop do not count."""
    found = [_START]
    for match in _SIGN.finditer(question.replace("$", " ").rstrip(" .?")):
        sign = match[0]
        if sign in _NAMES:
            sign = "<name>"
        elif sign in _VARIABLES:
            sign = "<variable>"
        elif sign[0].isdigit():
            # Exponents of one digit are told apart: a cubic is no quadratic.
            is_power = found[-1] == "^" and len(sign) == 1
            sign = sign if is_power else "<number>" if sign.isdigit() else "<ordinal>"
        elif len(sign) > 1:
            sign = sign.lower()
        found.append(sign)
    return [*found, _END]


def runs(question: str) -> Iterator[str]:
    """Every run of `RUN` neighbouring signs."""
    found = signs(question)
    for at in range(max(1, len(found) - RUN + 1)):
        yield " ".join(found[at : at + RUN])


def write_scope(path: Path, seed: int) -> None:
    """Collects the runs from the training phrasings of every family that was learned."""
    rng = Random(seed)
    met = {
        run
        for family in SYLLABUS
        for _ in range(DRAWS)
        for run in runs(family.exercise(rng).question)
    }
    path.write_text(json.dumps(sorted(met), indent=0) + "\n", encoding="utf-8")


def unfamiliar(question: str, scope: frozenset[str]) -> tuple[str, ...]:
    """The runs that the training questions never held, in order."""
    return tuple(dict.fromkeys(run for run in runs(question) if run not in scope))


def worded(run: str) -> str:
    """A run as a person reads it."""
    return " ".join(filter(None, (_WORDED.get(sign, sign) for sign in run.split())))
