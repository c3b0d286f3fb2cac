"""Sets of reals as unions of intervals, in normal order: written in any cut, they compare equal."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key

from .exact import exact
from .points import Unvalued, nearly
from .tree import tree

_DIGITS = 60
_SAME = Fraction(1, 10**40)
_PARTS = 40
_ENDLESS = {r"\infty": 1, r"+\infty": 1, r"-\infty": -1}


@dataclass(frozen=True, slots=True)
class End:
    """An end: `endless` is -1 or 1 at infinity, else 0 and `value` holds."""

    value: Fraction
    endless: int = 0


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; each end belongs to it or not."""

    low: End
    high: End
    has_low: bool
    has_high: bool

    def __str__(self) -> str:
        return (
            f"{'[' if self.has_low else '('}{_written(self.low)}, "
            f"{_written(self.high)}{']' if self.has_high else ')'}"
        )


def end(text: str) -> End | None:
    """The end that a normal form denotes: infinity, or a real constant (to 60 digits)."""
    text = text.strip()
    if text in _ENDLESS:
        return End(Fraction(0), _ENDLESS[text])
    value = exact(text)
    if value is not None:
        return End(value)
    node = tree(text)
    if node is None:
        return None
    try:
        real, imaginary = nearly(node, {}, _DIGITS)
    except (Unvalued, KeyError):
        return None
    return None if imaginary else End(Fraction(real))


def interval(low: str, high: str, ends: str) -> Interval | None:
    """The interval with brackets `ends` (`[)`), or None where an end is no constant."""
    bottom, top = end(low), end(high)
    if bottom is None or top is None:
        return None
    return Interval(
        bottom,
        top,
        ends[0] == "[" and not bottom.endless,
        ends[1] == "]" and not top.endless,
    )


def merged(parts: list[Interval]) -> list[Interval] | None:
    """Disjoint intervals in rising order, those that touch joined; None when there are many."""
    if len(parts) > _PARTS:
        return None
    kept = [part for part in parts if not _empty(part)]
    kept.sort(key=cmp_to_key(lambda a, b: compare(a.low, b.low) or b.has_low - a.has_low))
    joined: list[Interval] = []
    for part in kept:
        last = joined[-1] if joined else None
        gap = compare(last.high, part.low) if last else -1
        if last is None or gap < 0 or (gap == 0 and not (last.has_high or part.has_low)):
            joined.append(part)
            continue
        further = compare(part.high, last.high)
        joined[-1] = Interval(
            last.low,
            part.high if further > 0 else last.high,
            last.has_low,
            part.has_high if further > 0 else (last.has_high or (further == 0 and part.has_high)),
        )
    return joined


def written(union: Sequence[Interval]) -> str:
    """For people: "(-infinity, 1] and [2, 2]"."""
    return " and ".join(map(str, union)) or "the empty set"


def same(first: Sequence[Interval], second: Sequence[Interval]) -> bool:
    """Whether two merged unions are one set."""
    return len(first) == len(second) and all(
        (one.has_low, one.has_high) == (other.has_low, other.has_high)
        and not compare(one.low, other.low)
        and not compare(one.high, other.high)
        for one, other in zip(first, second, strict=True)
    )


def compare(a: End, b: End) -> int:
    """-1, 0 or 1. Values closer than 10^-40 are one: irrational ends are known to 60 digits."""
    if a.endless or b.endless:
        return (a.endless > b.endless) - (a.endless < b.endless)
    gap = a.value - b.value
    if gap and abs(gap) <= _SAME * max(Fraction(1), abs(a.value)) and _rounded(a.value, b.value):
        return 0
    return (gap > 0) - (gap < 0)


def _rounded(*values: Fraction) -> bool:
    """Whether one of them came from decimals of full length, and is not exact as written."""
    return any(value.denominator.bit_length() > 3 * _DIGITS // 2 for value in values)


def _empty(part: Interval) -> bool:
    order = compare(part.low, part.high)
    return order > 0 or (order == 0 and not (part.has_low and part.has_high))


def _written(at: End) -> str:
    if at.endless:
        return "infinity" if at.endless > 0 else "-infinity"
    return str(at.value) if at.value.denominator < 10**6 else f"{float(at.value):.6g}"
