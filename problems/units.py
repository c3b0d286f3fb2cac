"""Numbers with units, by the Pint registry: equal, converted, left out, or of another kind.

Pint is imported at the first use. It never sees an answer: the unit is cut into names and small
exponents here, and Pint is asked about single names.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from .asking import Asker
from .figures import measure, no_number, within
from .normal import CHARS, spelling, split_label
from .policy import Numeric, Units
from .verdict import BadReference, Finding, found, partly, undecided, weakest

if TYPE_CHECKING:
    import pint

_NAME = r"(?:[A-Za-zµΩμ%€£¥°]+|[\u4e00-\u9fff]+)"
_FACTOR = rf"{_NAME}(?:\^\{{?-?\d\}}?)?"
_SIGN = r"(?:\s*(?:/|\\cdot(?![A-Za-z])|\*)\s*|\s+)"
_UNIT = re.compile(rf"(?<![A-Za-z\\_{{]){_FACTOR}(?:{_SIGN}\(?{_FACTOR}\)?){{0,8}}\Z")
_PIECE = re.compile(rf"({_NAME})(?:\^\{{?(-?\d)\}}?)?|(/)")
_UPRIGHT = re.compile(r"\\(?:mathrm|text|textrm|mbox)\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_DEGREES = re.compile(r"\^\\circ ?([CFK]?)\Z")
_MONEY = {r"\$": "dollar", "€": "euro", "£": "pound_sterling", "¥": "yuan"}
_SPOKEN = {
    "°c": "degC",
    "°f": "degF",
    "°k": "kelvin",
    "°": "degree",
    "%": "percent",
    "€": "euro",
    "£": "pound_sterling",
    "¥": "yuan",
    "usd": "dollar",
    "cents": "dollar_cent",
    "cent": "dollar_cent",
    "mph": "mile_per_hour",
    "μm": "micrometer",
}
_POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cubed": 3}
_MOST_POWER = 12
_LONGEST = 200
_CURRENCIES = (
    "dollar = [currency_dollar]",
    "dollar_cent = 0.01 * dollar",
    "euro = [currency_euro]",
    "pound_sterling = [currency_pound]",
    "yuan = [currency_yuan]",
)
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Measured:
    """A number text and the powers of unit names; no names where no unit is written."""

    number: str
    unit: tuple[tuple[str, int], ...] = ()
    written: str = ""


def units(test: Units, answer: str, gold: str, asker: Asker) -> Finding:
    """The quantity `answer` against `gold`, with marks as `test` shares them out."""
    wanted, given = measured(gold), measured(answer)
    if not wanted.unit:
        raise BadReference(f"the reference {gold!r} has no unit")
    number, target = measure(given.number, asker), measure(wanted.number, asker)
    if target is None:
        raise BadReference(f"the reference {gold!r} has no number before its unit")
    if number is None:
        return no_number(given.number)
    tolerance = Numeric(test.absolute, test.relative)
    value, goal = number[0], target[0]
    ground = weakest(number[1], target[1])
    as_written = within(tolerance, value, goal, ground)
    if not given.unit:
        if not as_written:
            return found(False, ground, "unit", "The number is wrong, and the unit is missing.")
        said = f"The number is right; its unit, {wanted.written}, is missing."
        return partly(test.missing, ground, "unit", said)
    same = given.unit == wanted.unit
    if same:
        if as_written:
            return found(True, ground, "unit", "Number and unit are right.")
        said = f"The unit {given.written} is right; the number is wrong."
        return partly(test.unit, ground, "unit", said)
    try:
        converted = _converted(value, given.unit, wanted.unit)
    except _OtherKind:
        said = f"The unit is wrong: {given.written} does not measure what {wanted.written} does."
        return partly(test.magnitude if as_written else 0.0, ground, "unit", said)
    except _NoScale:
        return undecided("unit", "a temperature inside a compound unit")
    if within(tolerance, converted, goal, ground):
        said = f"It is right: {given.written} is converted to {wanted.written}."
        return partly(test.converted, ground, "unit converted", said)
    if as_written:
        said = f"The number is right, but in {wanted.written}, not in {given.written}."
        return partly(test.magnitude, ground, "unit", said)
    said = f"In {wanted.written} it would be {float(converted):.6g}: the value is wrong."
    return partly(test.unit, ground, "unit", said)


def measured(text: str) -> Measured:
    """A text cut into its number and its unit."""
    if len(text) <= CHARS:
        text = _UPRIGHT.sub(r" \1 ", text)
    form = split_label(spelling(text))[1]
    if len(form) > _LONGEST:
        return Measured(form)
    for mark, name in _MONEY.items():
        if form.removeprefix("-").startswith(mark):
            return Measured(form.replace(mark, "", 1).strip(), ((name, 1),), mark.lstrip("\\"))
    # A degree sign is typeset as a power: the only one that is part of a unit.
    form = _DEGREES.sub(r" °\1", form)
    if form.endswith("%"):
        return Measured(form[:-1].strip(), (("percent", 1),), "%")
    match = _UNIT.search(form)
    if match is None or not form[: match.start()].strip():
        return Measured(form)
    return Measured(form[: match.start()].strip(), _powers(match.group()), match.group())


class _OtherKind(Exception):
    """The units measure different things."""


class _NoScale(Exception):
    """A conversion needs a zero point that the unit does not have."""


@lru_cache(maxsize=512)
def _powers(text: str) -> tuple[tuple[str, int], ...]:
    powers: dict[str, int] = {}
    sign, pending, last = 1, 1, ""
    for name, power, slash in _PIECE.findall(text.replace(r"\cdot", " ")):
        if slash or name == "per":
            sign = -1
            continue
        if name.lower() in _POWERS:
            if name.lower().endswith("d") and last:
                powers[last] *= _POWERS[name.lower()]
            else:
                pending = _POWERS[name.lower()]
            continue
        last = _known(name)
        powers[last] = powers.get(last, 0) + sign * pending * int(power or 1)
        pending = 1
    return tuple(sorted((name, n) for name, n in powers.items() if n))


@lru_cache(maxsize=1)
def _registry() -> "pint.UnitRegistry[Any]":
    import pint

    # Fractions, so that 300 cm is 3 m and not 3.0000000000000004 m.
    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(non_int_type=Fraction)
    for line in _CURRENCIES:
        registry.define(line)
    return registry


@lru_cache(maxsize=512)
def _known(name: str) -> str:
    """Pint's name of a unit; a word that it does not know is a unit of its own, such as apples."""
    name = _SPOKEN.get(name.lower(), name)
    with _lock:
        registry = _registry()
        for each in (name, name.lower()):
            try:
                return str(registry.get_name(each, case_sensitive=True))
            except (AttributeError, ValueError, KeyError):
                # UndefinedUnitError is an AttributeError.
                continue
    word = name.lower()
    return word.removesuffix("s") if len(word) > 3 else word


def _converted(
    value: Fraction, given: tuple[tuple[str, int], ...], wanted: tuple[tuple[str, int], ...]
) -> Fraction:
    """`value` of the unit `given` in the unit `wanted`."""
    import pint

    if any(abs(power) > _MOST_POWER for _, power in given + wanted):
        raise _OtherKind
    with _lock:
        registry = _registry()
        strangers = [{n: p for n, p in unit if n not in registry} for unit in (given, wanted)]
        if strangers[0] != strangers[1]:
            raise _OtherKind
        first, second = (
            registry.Unit(
                registry.UnitsContainer({n: Fraction(p) for n, p in unit if n in registry})
            )
            for unit in (given, wanted)
        )
        try:
            quantity = registry.Quantity(value, first).to(second)
        except pint.DimensionalityError:
            raise _OtherKind from None
        except pint.OffsetUnitCalculusError:
            raise _NoScale from None
    return Fraction(quantity.magnitude)
