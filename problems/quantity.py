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


# Base dimensions: length L, mass M, time T, current I. A number, then the names that share it.
_TABLE = """
L: 1 m meter metre 米; 0.0254 in inch inches 英寸; 0.3048 ft foot feet 英尺; 0.9144 yd yard;
L: 1609.344 mi mile 英里;
L: 500 里; 1852 nmi;
L2: 10000 ha hectare 公顷; 4046.8564224 acre; 2000/3 亩;
L3: 1/1000 l liter litre 升; 0.003785411784 gal gallon; 0.000946352946 qt quart;
L3: 0.000473176473 pt pint;
T: 1 s sec second 秒 秒钟; 60 min minute 分钟; 3600 h hr hour 小时 时; 86400 day 天 日;
T: 604800 week 周 星期;
calendar: 1 month 月 个月; 12 yr year 年;
M: 1 g gram 克; 500 斤; 1000000 t ton tonne 吨; 453.59237 lb lbs pound 磅; 28.349523125 oz ounce;
M L T-2: 1000 n newton 牛 牛顿;
M L2 T-2: 1000 j joule 焦 焦耳; 4184 cal calorie; 0.0000000000000001602176634 ev;
M L2 T-3: 1000 w watt 瓦 瓦特; 745699.87158227022 hp horsepower;
M L-1 T-2: 1000 pa pascal 帕; 101325000 atm; 100000000 bar;
T-1: 1 hz hertz 赫兹;
I: 1 ampere amp 安培;
I T: 1 coulomb 库仑;
M L2 T-3 I-1: 1000 v volt 伏 伏特;
M L2 T-3 I-2: 1000 ohm Ω ω 欧 欧姆;
dollar: 1 dollar usd $ buck 美元; 1/100 cent;
euro: 1 euro €;
sterling: 1 £ gbp;
yen: 1 yuan rmb 元 ¥ 块; 1/10 角; 1/100 分;
angle: 1 degree deg 度;
celsius: 1 °c celsius 摄氏度;
fahrenheit: 1 °f fahrenheit 华氏度;
kelvin: 1 kelvin k 开
"""
_PREFIXES = {
    "n": Fraction(1, 10**9), "μ": Fraction(1, 10**6), "µ": Fraction(1, 10**6),
    "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "c": Fraction(1, 100), "d": Fraction(1, 10),
    "k": Fraction(1000), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12),
    "nano": Fraction(1, 10**9), "micro": Fraction(1, 10**6), "milli": Fraction(1, 1000),
    "centi": Fraction(1, 100), "deci": Fraction(1, 10), "kilo": Fraction(1000),
    "mega": Fraction(10**6), "giga": Fraction(10**9),
    "毫": Fraction(1, 1000), "厘": Fraction(1, 100), "分": Fraction(1, 10), "千": Fraction(1000),
    "公": Fraction(1000), "微": Fraction(1, 10**6),
}  # fmt: skip
_PREFIXED = {
    *("m", "g", "s", "l", "j", "w", "n", "pa", "hz", "v", "cal", "ev", "ohm", "Ω", "t"),
    *("meter", "metre", "gram", "second", "liter", "litre", "joule", "watt", "newton", "pascal"),
    *("hertz", "volt", "calorie", "米", "克", "升", "瓦", "焦", "帕", "牛"),
}
_BASE = re.compile(r"([A-Za-z]+)(-?\d)?\Z")


def _table() -> dict[str, tuple[Dimension, Fraction]]:
    table: dict[str, tuple[Dimension, Fraction]] = {}
    for line in _TABLE.strip().splitlines():
        written, _, units = line.partition(":")
        powers = [_BASE.match(part) for part in written.split()]
        dimension = tuple((power[1], int(power[2] or 1)) for power in powers if power)
        for unit in filter(None, units.strip().split(";")):
            factor, *names = unit.split()
            table.update(dict.fromkeys(names, (dimension, Fraction(factor))))
    return table


_UNITS = _table()
_ALONE = frozenset("mgshLKJWNVCtl")
"""Letters that are a unit after a number and a space, where others are a variable."""
_COMPOUND = {"mph": ("mile", "h"), "kph": ("km", "h"), "kmh": ("km", "h"), "kwh": ("kw", "h*")}
_CHINESE_PER = re.compile(r"(.+?)(?:每|/)(.+)\Z")
# Words that say only that there is a unit, and words that say nothing.
_SAID = ("rad", "radian", "radians")
_VAGUE = {"unit", "rad", "radian", "of", "the", "a", "in", "total", "about", "个", "单位"}
_WORDS = r"[A-Za-zμµΩ°\u4e00-\u9fff][A-Za-zΩ°.\u4e00-\u9fff]*"
_UNIT = re.compile(
    rf"\s*\(?((?:{_WORDS})(?:\^\{{?-?\d\}}?)?(?:\s*(?:/|\\cdot|\s)\s*{_WORDS}(?:\^\{{?-?\d\}}?)?)*)"
    r"\)?\s*(\^\{?[23]\}?)?"
)
_HEAD = re.compile(
    r"[-+]?(?:\d[eE][-+]?\d+(?!\w)|[\d.,^/+\-{}()!_ ]"
    r"|\\(?:frac|sqrt|pi|cdot|times)(?![A-Za-z]) ?)+"
)
# "\\frac{m}{s^{2}}" after a number.
_FRACTION = re.compile(r"(?<=\d) ?\\frac\{([a-z]{1,4})\}\{([a-z]{1,4}(?:\^\{\d\})?)\}\Z")
_POWER = re.compile(r"\^\{?(-?\d)\}?\Z")
_BASED = re.compile(r"\(?([0-9A-Za-z]+)\)?_\{?\(?(\d{1,2})\)?\}?\Z")
_CLOCK = re.compile(
    r"(上午|下午|晚上)?(\d{1,2})(?::(\d{2}))?\s*(?:([ap])\.?\s*m\.?|o'clock)?\Z", re.IGNORECASE
)
_CLOSE = re.compile(r"(?<=[\d)}])(?=[A-Za-zμΩ°]+\Z)")
_AFTER_NUMBER = re.compile(rf"(?<=\d)\s+({_WORDS})")
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
    text = re.sub(r"\^\\circ ?", "°", text).replace("\\mu ", "μ").replace("\\Omega", "Ω")
    pieces = _compound(text.replace("^{\\prime}", "'").replace("\\prime", "'"))
    if pieces:
        return pieces
    text = _FRACTION.sub(r" \1/\2", text)
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


def subscripted_digits(text: str) -> bool:
    """Whether `text` is written as a number in a base, be its digits possible or not."""
    return _BASED.match(text) is not None


def clock(text: str) -> tuple[int, int, str] | None:
    """(hour, minute, "a" | "p" | "") of a time of day; from 13 o'clock on it is known to be pm."""
    match = _CLOCK.match(text)
    if not match or match.end() == match.end(2) or int(match.group(3) or 0) > 59:
        return None
    hour, minute = int(match.group(2)), int(match.group(3) or 0)
    half = (match.group(4) or "").lower()
    if match.group(1):
        half = "a" if match.group(1) == "上午" else "p"
    return (hour - 12, minute, "p") if hour > 12 else (hour, minute, half)


def ratio(text: str) -> tuple[str, ...] | None:
    """The terms of `2:5` or "2 to 5"."""
    parts = tuple(_COLON.split(text))
    return parts if len(parts) > 1 and all(exact(part) is not None for part in parts) else None


PERCENT = Unit((("percent", 1),), Fraction(1, 100))
DEGREE = Unit((("angle", 1),))


def apart(text: str) -> str:
    """The text with a space between its last number and the word right behind."""
    return _CLOSE.sub(" ", text)


def reckons_in(text: str, unit: Unit) -> bool:
    """Whether numbers in it stand before units of the same kind: a sum of lengths, not a length."""
    found = (_unit(name) for name in _AFTER_NUMBER.findall(text))
    return bool(unit.dimension) and any(each and each[0] == unit.dimension for each in found)


def _is_unit(name: str, *, spaced: bool, numeric: bool) -> bool:
    """A single letter right after a number is a factor ("4m"), after a space a unit ("4 m")."""
    first = re.split(r"[\s/^\\.]", name.strip())[0]
    if "°" in first:
        return True
    if len(first) == 1 and first.isascii():
        return spaced and first in _ALONE
    word = first.lower()
    known = _unit(first) is not None or word in _COMPOUND or word in _SAID
    if len(first) == 1:
        return known or numeric
    if word in ("square", "sq", "cubic", "cu"):
        return True
    if len(first) == 2 and first.isascii() and known and not spaced:
        # "3cm" and "5kg" are no products that anyone writes; "3mn" may be.
        return first in ("cm", "mm", "km", "kg", "mg", "ml", "mL", "ft", "lb", "oz", "kW")
    return known or (numeric and len(first) >= 3) or not first.isascii()


@lru_cache(maxsize=512)
def _unit(word: str) -> tuple[Dimension, Fraction] | None:
    """Dimension and factor of one unit's name, with a prefix of ten or a plural."""
    for name in (word, _ABBREVIATED.get(word, ""), word.lower(), _singular(word.lower())):
        # Of capitals only those that are no other unit's small letter.
        if name in _UNITS and not (len(name) == 1 and name != word and word not in _ALONE):
            return _UNITS[name]
    for length in (5, 4, 1):
        prefix, rest = word[:length], word[length:]
        scale = _PREFIXES.get(prefix) or _PREFIXES.get(prefix.lower() if length > 1 else "")
        base = rest if rest in _PREFIXED else _singular(rest.lower())
        if scale is not None and base in _PREFIXED and base in _UNITS:
            dimension, factor = _UNITS[base]
            return dimension, factor * scale
    return None


_ABBREVIATED = {"A": "ampere", "C": "coulomb", "Kg": "kg", "KM": "km", "CM": "cm"}


def _singular(word: str) -> str:
    if word in _UNITS or len(word) < 4 or word.endswith("ss"):
        return word
    return word.removesuffix("s")


def _named(name: str) -> Unit:
    powers: dict[str, int] = {}
    factor = Fraction(1)
    sign = 1
    name = re.sub(r"\\cdot ?", " ", name).replace(" per ", "/")
    per = _CHINESE_PER.match(name)
    if per and not name.isascii():
        name = f"{per[1]}/{per[2]}"
    pending = 1
    for word in re.findall(r"/|[^\s/]+", name):
        if word == "/":
            sign = -1
            continue
        if word.lower() in ("square", "sq", "cubic", "cu"):
            pending = 2 if word.lower().startswith("s") else 3
            continue
        if word[:2] in ("平方", "立方") and len(word) > 2:
            pending, word = (2 if word[0] == "平" else 3), word[2:]
        power = _POWER.search(word)
        exponent = int(power.group(1)) if power else pending
        word = _POWER.sub("", word).strip(".()")
        pending = 1
        parts = _COMPOUND.get(word.lower(), (word,))
        for part, direction in zip(parts, (sign, -sign), strict=False):
            if part.endswith("*"):
                part, direction = part[:-1], sign
            key = "deg" if part == "°" else part
            known = _unit(key)
            if known is None:
                key = _singular(key.lower())
                if key in _VAGUE or not key:
                    continue
                known = ((key, 1),), Fraction(1)
            for dimension, amount in known[0]:
                powers[dimension] = powers.get(dimension, 0) + amount * exponent * direction
            factor *= known[1] ** (exponent * direction)
    return Unit(tuple(sorted((name, n) for name, n in powers.items() if n)), factor)


def temperature(one: Quantity) -> Fraction | None:
    """In kelvin, exactly; None where `one` is no temperature or no exact number."""
    value = exact(one.body)
    if value is None or len(one.unit.dimension) != 1:
        return None
    match one.unit.dimension[0]:
        case ("celsius", 1):
            return value + Fraction("273.15")
        case ("fahrenheit", 1):
            return (value - 32) * Fraction(5, 9) + Fraction("273.15")
        case ("kelvin", 1):
            return value
    return None


_PIECE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(°|'|′|\"|″|[A-Za-z\u4e00-\u9fff]+\.?)\s*(?:,|and)?")
_ARC = {"°": Fraction(1), "'": Fraction(1, 60), "′": Fraction(1, 60)} | {
    '"': Fraction(1, 3600), "″": Fraction(1, 3600),
}  # fmt: skip


def _compound(text: str) -> Quantity | None:
    """ "2 h 30 min", "5 feet 6 inches", "45°30'": parts of one kind, each smaller than the last."""
    pieces = _PIECE.findall(text)
    if not 2 <= len(pieces) <= 4 or _PIECE.sub("", text).strip():
        return None
    total, dimension, last = Fraction(0), None, None
    for amount, name in pieces:
        name = name.strip(".")
        if name in _ARC:
            kind, factor = DEGREE.dimension, _ARC[name]
        else:
            known = _unit({"分": "分钟", "点": "小时"}.get(name, name) if "时" in text else name)
            if known is None:
                return None
            kind, factor = known
        if (dimension is not None and kind != dimension) or (last is not None and factor >= last):
            return None
        dimension, last = kind, factor
        total += Fraction(amount) * factor
    return Quantity(str(total), Unit(dimension)) if dimension else None
