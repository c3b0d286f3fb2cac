"""A number with what stands around it: percent, unit, currency, number base, clock time, ratio.

Units are few and only the ones answers use; a word not in the table is its own unit, so
"9 apples" matches "9" and "9 apples" but not "9 pears".
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from .exact import exact

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of base dimensions and its factor to the base unit."""

    dimension: Dimension
    factor: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Quantity:
    """`body` (a normal form, often a number) measured in `unit`."""

    body: str
    unit: Unit


_TABLE = """
length: 1 m meter metre 米; 1000 km kilometer kilometre 千米 公里; 1/100 cm centimeter 厘米;
length: 1/1000 mm millimeter; 1/10 dm decimeter; 1/1000000000 nm nanometer; 0.0254 in inch inches;
length: 0.3048 ft foot feet; 0.9144 yd yard; 1609.344 mi mile;
time: 1 s sec second 秒; 60 min minute 分钟; 3600 h hr hour 小时; 86400 day; 604800 week;
calendar: 1 month; 12 yr year;
mass: 1 g gram 克; 1000 kg kilogram 千克 公斤; 1/1000 mg milligram; 1000000 t ton tonne;
dollar: 1 dollar usd $; 1/100 cent;
euro: 1 euro €;
pound: 1 £;
yen: 1 yuan 元 ¥;
angle: 1 degree deg 度;
celsius: 1 °c;
fahrenheit: 1 °f;
kelvin: 1 kelvin k;
power: 1 w watt;
energy: 1 j joule;
force: 1 n newton;
volt: 1 v volt
"""


def _table() -> dict[str, tuple[str, Fraction]]:
    table: dict[str, tuple[str, Fraction]] = {}
    for line in _TABLE.strip().splitlines():
        dimension, _, units = line.partition(":")
        for unit in units.strip().rstrip(";").split(";"):
            factor, *names = unit.split()
            table.update(dict.fromkeys(names, (dimension, Fraction(factor))))
    return table


_UNITS = _table()
_VOLUMES = dict.fromkeys(("L", "l", "liter", "litre"), Fraction(1, 1000)) | dict.fromkeys(
    ("mL", "ml", "milliliter"), Fraction(1, 10**6)
)
_COMPOUND = {"mph": ("mile", "h"), "kph": ("km", "h"), "kmh": ("km", "h")}
# Words that say only that there is a unit, and words that say nothing.
_SAID = ("rad", "radian", "radians")
_VAGUE = {"unit", "rad", "radian", "of", "the", "a", "in", "total", "about"}
_WORDS = r"[A-Za-z°\u4e00-\u9fff][A-Za-z°.\u4e00-\u9fff]*"
_UNIT = re.compile(
    rf"\s*\(?((?:{_WORDS})(?:\^\{{?-?\d\}}?)?(?:\s*(?:/|\\cdot|\s)\s*{_WORDS}(?:\^\{{?-?\d\}}?)?)*)"
    r"\)?\s*(\^\{?[23]\}?)?"
)
_HEAD = re.compile(r"[-+]?(?:[\d.,^/+\-{}()!_ ]|\\(?:frac|sqrt|pi|cdot|times)(?![A-Za-z]) ?)+")
_POWER = re.compile(r"\^\{?(-?\d)\}?\Z")
_BASED = re.compile(r"\(?([0-9A-Za-z]+)\)?_\{?\(?(\d{1,2})\)?\}?\Z")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\s*([ap])?\.?\s*(?:m\.?)?\Z", re.IGNORECASE)
_COLON = re.compile(r":|(?<=\d) ?to ?(?=\d)")


@lru_cache(maxsize=2048)
def quantity(text: str) -> Quantity | None:
    """The number-with-unit that the normal form `text` is, or None."""
    if text.endswith(("%", "percent", "pct")):
        return Quantity(re.sub(r"\s*(?:%|percent|pct)\Z", "", text), PERCENT)
    for mark in (r"\$", "€", "£", "¥"):
        if mark in text[: 1 + len(mark)]:
            body = text.replace(mark, "", 1).strip()
            rest = quantity(body)
            return Quantity(rest.body if rest else body, _named(mark.removeprefix("\\")))
    text = re.sub(r"\^\\circ ?", "°", text)
    head = _HEAD.match(text)
    if not head:
        return None
    body, tail = head.group().strip(), text[head.end() :]
    if body.endswith("(") and tail.endswith(")"):
        body, tail = body[:-1].strip(), tail[:-1]
    # "1" of "10^3 m": a body cut inside a group is no body.
    if not tail or not body or not any(char.isdigit() or char == "\\" for char in body):
        return None
    match = _UNIT.fullmatch(tail)
    if match is None:
        return None
    name = match.group(1) + (match.group(2) or "")
    if not _is_unit(name, spaced=head.group().endswith(" "), numeric=exact(body) is not None):
        return None
    return Quantity(body, _named(name))


@lru_cache(maxsize=2048)
def based(text: str) -> tuple[int, int] | None:
    """(value, base) of digits with a base subscript (`2112_6`), or None."""
    match = _BASED.match(text)
    if not match or not 2 <= int(match.group(2)) <= 36 or len(match.group(1)) > 300:
        return None
    try:
        return int(match.group(1), int(match.group(2))), int(match.group(2))
    except ValueError:
        # A digit the base does not have: `8_7` is a name with an index, not a number.
        return None


def clock(text: str) -> tuple[int, int, str] | None:
    """(hour, minute, "a" | "p" | "") of a time of day; from 13 o'clock on it is known to be pm."""
    match = _CLOCK.match(text)
    if not match or int(match.group(2)) > 59:
        return None
    hour, half = int(match.group(1)), (match.group(3) or "").lower()
    return (hour - 12, int(match.group(2)), "p") if hour > 12 else (hour, int(match.group(2)), half)


def ratio(text: str) -> tuple[str, ...] | None:
    """The terms of `2:5` or "2 to 5"."""
    parts = tuple(_COLON.split(text))
    return parts if len(parts) > 1 and all(exact(part) is not None for part in parts) else None


PERCENT = Unit((("percent", 1),), Fraction(1, 100))
DEGREE = Unit((("angle", 1),))


def _is_unit(name: str, *, spaced: bool, numeric: bool) -> bool:
    """A single letter right after a number is a factor ("4m"), after a space a unit ("4 m")."""
    first = re.split(r"[\s/^\\.]", name.strip())[0]
    if "°" in first:
        return True
    word = first.lower()
    known = any(name in _UNITS for name in (first, word, _singular(word)))
    known = known or first in _VOLUMES or word in _COMPOUND or word in _SAID
    if len(first) == 1:
        return known and spaced if first.isascii() else known or numeric
    return known or (numeric and len(first) >= 3) or not first.isascii()


def _singular(word: str) -> str:
    if word in _UNITS or len(word) < 4 or word.endswith("ss"):
        return word
    return word.removesuffix("s")


def _named(name: str) -> Unit:
    powers: dict[str, int] = {}
    factor = Fraction(1)
    sign = 1
    name = re.sub(r"\\cdot ?", " ", name).replace(" per ", "/")
    pending = 1
    for word in re.findall(r"/|[^\s/]+", name):
        if word == "/":
            sign = -1
            continue
        if word.lower() in ("square", "sq", "cubic", "cu"):
            pending = 2 if word.lower().startswith("s") else 3
            continue
        power = _POWER.search(word)
        exponent = int(power.group(1)) if power else pending
        word = _POWER.sub("", word).strip(".()")
        pending = 1
        for part, direction in zip(
            _COMPOUND.get(word.lower(), (word,)), (sign, -sign), strict=False
        ):
            key = part if part in _UNITS else _singular(part.lower())
            if key == "°":
                key = "deg"
            if key in _VAGUE or not key:
                continue
            if key in _VOLUMES:
                powers["length"] = powers.get("length", 0) + 3 * exponent * direction
                factor *= _VOLUMES[key] ** (exponent * direction)
                continue
            dimension, scale = _UNITS.get(key, (key, Fraction(1)))
            powers[dimension] = powers.get(dimension, 0) + exponent * direction
            factor *= scale ** (exponent * direction)
    return Unit(tuple(sorted((name, n) for name, n in powers.items() if n)), factor)
