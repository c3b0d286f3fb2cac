"""Sets of real numbers: intervals, inequalities and unions, with the point where two differ."""

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from .asking import Asker
from .intervals import End, Interval, compare
from .normal import normal_form
from .policy import Ranges
from .reals import reals
from .verdict import BadReference, Certainty, Finding, found, partly

_SIGN = re.compile(r"<|>|\\(?:le|ge|ne)(?![A-Za-z])")
_MODEST = 10**6
"""Denominators up to here are of ends as written; larger ones come from digits of an irrational."""


def ranges(test: Ranges, answer: str, gold: str, asker: Asker) -> Finding:
    """The same numbers; in the notation asked for, else for part of the marks."""
    given, wanted = normal_form(answer), normal_form(gold)
    if not wanted:
        raise BadReference("the reference cannot be read as a range of numbers")
    first, second = reals(wanted), reals(given)
    if first is None or second is None or not _modest((*first[0], *second[0])):
        finding = asker.compare(answer, gold)
    else:
        finding = _compared(first[0], second[0])
    if not finding.correct or _in_notation(test, given):
        return finding
    asked = "in interval notation" if test.kind == "interval" else "as an inequality"
    return partly(test.credit, finding.certainty, "notation", f"It is right, but not {asked}.")


def _in_notation(test: Ranges, form: str) -> bool:
    inequality = _SIGN.search(form) is not None
    return test.kind == "union" or inequality is (test.kind == "inequality")


def _modest(pieces: Sequence[Interval]) -> bool:
    ends = (end for piece in pieces for end in (piece.low, piece.high))
    return all(end.endless or end.value.denominator <= _MODEST for end in ends)


def _compared(wanted: Sequence[Interval], given: Sequence[Interval]) -> Finding:
    pieces = (*wanted, *given)
    ends = {e.value for piece in pieces for e in (piece.low, piece.high) if not e.endless}
    marks = sorted(ends) or [Fraction(0)]
    between = [(low + high) / 2 for low, high in pairwise(marks)]
    # Between neighbouring ends nothing changes, so these points tell all there is to tell.
    for point in (*between, marks[0] - 1, marks[-1] + 1, *marks):
        here, there = _holds(wanted, point), _holds(given, point)
        if here is not there:
            said = "is missing" if here else "does not belong"
            end = ": the end is wrong" if point in ends else ""
            detail = f"{point} {said}{end}."
            return found(False, Certainty.PROVED, "range", detail)
    return found(True, Certainty.PROVED, "range", "Both are the same set of numbers.")


def _holds(pieces: Sequence[Interval], point: Fraction) -> bool:
    at = End(point)
    return any(
        compare(piece.low, at) < piece.has_low and compare(at, piece.high) < piece.has_high
        for piece in pieces
    )
