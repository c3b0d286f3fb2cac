"""Sets of real numbers: intervals, inequalities and unions, with the point where two differ."""

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from .asking import Asker
from .exact import exact
from .normal import normal_form
from .plain import split_top
from .policy import Ranges
from .shape import Kind, Shape, shape
from .verdict import BadReference, Certainty, Finding, found, partly

_SIGN = re.compile(r"<|>|\\(?:le|ge|ne)(?![A-Za-z])")
_UNEQUAL = re.compile(r"[A-Za-z]\\ne ?(.+)\Z")
_MOST = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """From `low` to `high`; None is infinite, `closed` says of each end whether it belongs."""

    low: Fraction | None
    high: Fraction | None
    closed: tuple[bool, bool]

    def holds(self, point: Fraction) -> bool:
        """Whether `point` belongs to it."""
        above = self.low is None or point > self.low or (point == self.low and self.closed[0])
        below = self.high is None or point < self.high or (point == self.high and self.closed[1])
        return above and below


def ranges(test: Ranges, answer: str, gold: str, asker: Asker) -> Finding:
    """The same numbers; in the notation asked for, else for part of the marks."""
    given, wanted = normal_form(answer), normal_form(gold)
    if not wanted:
        raise BadReference("the reference cannot be read as a range of numbers")
    first, second = _pieces(wanted), _pieces(given)
    if first is None or second is None:
        finding = asker.compare(answer, gold)
    else:
        finding = _compared(first, second)
    if not finding.correct or _in_notation(test, given):
        return finding
    asked = "in interval notation" if test.kind == "interval" else "as an inequality"
    return partly(test.credit, finding.certainty, "notation", f"It is right, but not {asked}.")


def _in_notation(test: Ranges, form: str) -> bool:
    inequality = _SIGN.search(form) is not None
    return test.kind == "union" or inequality is (test.kind == "inequality")


def _compared(wanted: list[Piece], given: list[Piece]) -> Finding:
    ends = {end for piece in wanted + given for end in (piece.low, piece.high) if end is not None}
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


def _holds(pieces: list[Piece], point: Fraction) -> bool:
    return any(piece.holds(point) for piece in pieces)


def _pieces(form: str) -> list[Piece] | None:
    """The pieces of a range with rational ends; None where it is none."""
    if not form:
        return None
    if form == r"\emptyset":
        return []
    if form == r"\mathbb{R}":
        return [Piece(None, None, (False, False))]
    unequal = _UNEQUAL.match(form)
    if unequal:
        hole = exact(unequal.group(1))
        if hole is None:
            return None
        return [Piece(None, hole, (False, False)), Piece(hole, None, (False, False))]
    outer = shape(form)
    if outer.kind is Kind.UNION:
        inner = [_pieces(part) for part in outer.parts[:_MOST]]
        known = [pieces for pieces in inner if pieces is not None]
        if len(known) < len(outer.parts):
            return None
        return [piece for pieces in known for piece in pieces]
    if form.startswith(r"\{") and not _SIGN.search(form):
        points = [exact(part) for part in split_top(form[2:-2])][:_MOST]
        return (
            [Piece(p, p, (True, True)) for p in points if p is not None]
            if all(point is not None for point in points)
            else None
        )
    return _interval(outer)


def _interval(outer: Shape) -> list[Piece] | None:
    if outer.kind not in (Kind.PAREN, Kind.BRACKET, Kind.HALF) or len(outer.parts) != 2:
        return None
    low, high = outer.parts
    ends = exact(low), exact(high)
    if (ends[0] is None and low != r"-\infty") or (ends[1] is None and high != r"\infty"):
        return None
    if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
        return None
    closed = (
        outer.opening[0] == "[" and ends[0] is not None,
        (outer.opening[1] == "]" and ends[1] is not None),
    )
    return [Piece(ends[0], ends[1], closed)]
