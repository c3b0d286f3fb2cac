"""Wrong answers near a right one: what a sound check of that answer must reject."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count
from math import isqrt

from .exact import exact
from .grade import cheaply_equal
from .normal import normal_form
from .plain import split_top
from .quantity import quantity
from .shape import Kind, Shape, shape
from .words import wordy

MOST = 10
_LARGEST_PRIME = 10**6
"""Above it no prime is looked for: trial division would take more than milliseconds."""
_CHOICES = "ABCDE"
_COMMAND = re.compile(r"\\[A-Za-z]+")
_FREE = re.compile(r"(?<![A-Za-z])[abkmnp-zA-Z](?![A-Za-z])")
"""A letter that stands for a variable: not e or i, not part of a word."""
_INEQUALITY = re.compile(r"([A-Za-z]) ?(<|>|\\le|\\ge) ?(.+)\Z")
_OPPOSITES = (
    ("yes", "no"),
    ("true", "false"),
    ("even", "odd"),
    ("positive", "negative"),
    ("increasing", "decreasing"),
    ("convergent", "divergent"),
    ("converges", "diverges"),
)


def decoys(answer: str, others: Sequence[str] = ()) -> tuple[str, ...]:
    """Up to ten answers different from `answer`, in its shape; the same ones every time.

    `others`, answers of other trajectories, come first. A decoy is one that the cheap tiers of
    `equal` tell from the answer, or whose change alters the value of any expression. Words that
    have no opposite and are no choice get only decoys from `others`.
    """
    form = normal_form(answer)
    kept: list[str] = []
    seen: set[object] = {_key(form), ""}
    if not form:
        return ()
    for candidate, certain in [
        *((other, False) for other in others),
        *((near, False) for near in _near(form)),
        *_near_parts(shape(form)),
        *((near, True) for near in _perturbed(form)),
    ]:
        key = _key(normal_form(candidate))
        if key not in seen and (certain or cheaply_equal(candidate, answer) is False):
            seen.add(key)
            kept.append(candidate)
    return tuple(kept[:MOST])


def _key(form: str) -> object:
    value = exact(form)
    return form if value is None else value


def _near(form: str) -> Iterator[str]:
    value = exact(form)
    if value is not None:
        yield from map(_write, _near_number(value))
        return
    measured = quantity(form)
    if measured and (amount := exact(measured.body)) is not None:
        before, body, after = form.partition(measured.body)
        if body:
            yield from (before + _write(near) + after for near in _near_number(amount))
            return
    if form in tuple(_CHOICES):
        yield from (letter for letter in _CHOICES if letter != form)
        return
    for one, other in _OPPOSITES:
        if form.casefold() in (one, other):
            yield other if form.casefold() == one else one
            return
    bound = _INEQUALITY.match(form)
    if bound and (limit := exact(bound[3])) is not None:
        yield from _near_bound(bound[1], bound[2], limit)


def _near_bound(name: str, sign: str, limit: Fraction) -> Iterator[str]:
    """Inequalities near `name sign limit`: the bound moved, the sign turned, the end let in."""
    turned = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le"}
    other_end = {"<": r"\le", ">": r"\ge", r"\le": "<", r"\ge": ">"}
    yield f"{name} {sign} {_write(limit + 1)}"
    yield f"{name} {sign} {_write(limit - 1)}"
    yield f"{name} {turned[sign]} {_write(limit)}"
    yield f"{name} {other_end[sign]} {_write(limit)}"


def _near_number(value: Fraction) -> Iterator[Fraction]:
    yield value + 1
    yield value - 1
    # Of the same kind: a check that asks only "is it prime, is it a square" must not pass.
    if value.denominator == 1 and value > 1:
        root = isqrt(value.numerator)
        if root * root == value:
            yield Fraction((root + 1) ** 2)
        if value < _LARGEST_PRIME and _is_prime(value.numerator):
            yield Fraction(next(n for n in count(value.numerator + 1) if _is_prime(n)))
    yield -value
    yield 2 * value
    yield value + 2
    yield value - 6
    if value:
        yield 1 / value
    yield value / 2
    yield value + 10
    yield value * 10


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, isqrt(n) + 1))


def _near_parts(outer: Shape) -> Iterator[tuple[str, bool]]:
    """One element changed, each in turn; then one left out. With each, whether it surely differs:
    in a list the changed element may have become another one's equal."""
    if outer.kind is Kind.ATOM:
        return
    parts = list(outer.parts)
    fixed = outer.kind not in (Kind.LIST, Kind.SET)
    for at, part in list(enumerate(parts))[:4]:
        value = exact(part)
        if value is not None:
            changed = [_write(value + 1), _write(value - 1)]
        elif outer.kind is Kind.UNION:
            changed = [near for near, _ in _near_parts(shape(part))]
        else:
            changed = _perturbed(part)
        for near in changed[:2]:
            yield _assemble(outer, [*parts[:at], near, *parts[at + 1 :]]), fixed
    if len(parts) >= 2 and not (fixed and outer.kind is not Kind.UNION):
        yield _assemble(outer, parts[:-1], outer.labels[:-1]), outer.kind is Kind.UNION
    if len(parts) >= 2 and outer.kind is Kind.PAREN:
        yield _assemble(outer, [*parts[1:], parts[0]]), False


def _assemble(outer: Shape, parts: list[str], labels: tuple[str, ...] | None = None) -> str:
    names = outer.labels if labels is None else labels
    if any(names):
        parts = [f"{name} = {part}" for name, part in zip(names, parts, strict=True)]
    if outer.kind is Kind.UNION:
        return r" \cup ".join(parts)
    inner = ", ".join(parts)
    if outer.kind is Kind.SET:
        return rf"\{{{inner}\}}"
    if outer.kind is Kind.MATRIX:
        width = outer.columns
        rows = [" & ".join(parts[at : at + width]) for at in range(0, len(parts), width)]
        return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"
    if outer.opening:
        return f"{outer.opening[0]}{inner}{outer.opening[1]}"
    return inner


def _perturbed(form: str) -> list[str]:
    """Changes that alter the value of every finite expression whatever it is. Twice or minus an
    expression equals it where it is 0, so only shifts are certain."""
    outer = shape(form)
    if outer.kind is not Kind.ATOM or wordy(form) or exact(form) is not None:
        return []
    ranges = any(mark in form for mark in ("<", ">", r"\le", r"\ge"))
    sides = len(split_top(form, "="))
    if sides == 2 and not ranges:
        return [f"{form} {shift}" for shift in ("+ 1", "- 1", "+ 2", "- 2")]
    if ranges or sides > 1 or any(mark in form for mark in (r"\infty", r"\mathbb", r"\emptyset")):
        return []
    # One capital is a point or a choice.
    if form.isupper() or quantity(form):
        return []
    shifts = ["+ 1", "- 1", "+ 2", "- 2", r"+ \frac{1}{2}"]
    free = _FREE.search(_COMMAND.sub(" ", form))
    if free:
        # A constant more is no change to a derivative's or an integral's check; these are.
        shifts[:0] = [f"+ {free[0]}", f"- {free[0]}^{{2}}"]
    return [f"({form}) {shift}" for shift in shifts]


def _write(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
