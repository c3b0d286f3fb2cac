"""Numbers in words: English up to the millions with common fractions, and Chinese."""

import re
from fractions import Fraction

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: n for n, word in enumerate(_ONES)} | {
    word: 10 * n for n, word in enumerate(_TENS, 2)
}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6} | {
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "hundredth": 100,
}  # fmt: skip
_DIGITS = {char: n for n, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_STEPS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(
    r"(负?)([零〇一二两三四五六七八九十百千万亿]{1,20})(?:点([零〇一二三四五六七八九]+))?\Z"
)
_WORDS = 12
"""Longest number read, in words."""


def numeral(text: str) -> Fraction | None:
    """The number that words say ("forty-five", "three quarters", "百分之二十五"), or None."""
    text = text.strip().casefold()
    if len(text) > 100:
        return None
    if text and "\u4e00" <= text[-1] <= "\u9fff":
        return _chinese(text)
    whole, comma, part = text.partition(",")
    if comma:
        # "and" has become a comma: "two,a half", "one hundred,five".
        amount, rest = numeral(whole), _part(part.split())
        if amount is not None and rest is not None and amount.denominator == 1:
            return amount + rest
        joined = whole.split()[-1:] in (["hundred"], ["thousand"])
        return numeral(f"{whole} {part}") if joined and "," not in part else None
    words = re.findall(r"[a-z]+", text)
    if not 0 < len(words) <= _WORDS or re.sub(r"[a-z\s-]", "", text):
        return None
    if words[0] in ("minus", "negative"):
        value = _english(words[1:])
        return None if value is None else -value
    return _english(words)


def _english(words: list[str]) -> Fraction | None:
    if len(words) > 2 and "and" in words:
        # "two and a half"; "one hundred and five" is read as a whole.
        at = len(words) - 1 - words[::-1].index("and")
        rest = _part(words[at + 1 :])
        whole = _whole(words[:at])
        if rest is not None and whole is not None:
            return whole + rest
    part = _part(words)
    if part is not None:
        return part
    whole = _whole(words)
    return None if whole is None else Fraction(whole)


def _part(words: list[str]) -> Fraction | None:
    if not words or words == ["third"] or words[-1] in ("second", "seconds"):
        return None
    bottom = _PARTS.get(words[-1]) or _PARTS.get(words[-1].removesuffix("s"))
    top = 1 if words[:-1] in ([], ["a"], ["an"]) else _whole(words[:-1])
    # "quarter" and "half" stand alone; "fifth" alone is a rank.
    if bottom is None or top is None or (len(words) == 1 and bottom not in (2, 4)):
        return None
    return Fraction(top, bottom)


def _whole(words: list[str]) -> int | None:
    total = group = 0
    last = 0
    for at, word in enumerate(words):
        if word == "and":
            if not at or at == len(words) - 1:
                return None
            continue
        if word in _SMALL:
            value = _SMALL[word]
            if last and not (20 <= last < 100 and value < 10 and last % 10 == 0):
                return None
            group += value
            last = value
        elif word == "hundred" and 0 < group < 10:
            group, last = group * 100, 0
        elif word == "hundred" and words[:at] == ["a"]:
            group, last = 100, 0
        elif word in _LARGE and (group or words[:at] == ["a"]):
            total, group, last = total + (group or 1) * _LARGE[word], 0, 0
        elif word == "a" and at == 0 and len(words) > 1:
            continue
        else:
            return None
    return total + group if words else None


def _chinese(text: str) -> Fraction | None:
    for mark, bottom in (("百分之", 100), ("千分之", 1000)):
        if text.startswith(mark):
            value = _chinese(text.removeprefix(mark))
            return None if value is None else value / bottom
    below, mark, above = text.partition("分之")
    if mark:
        sign = -1 if below.startswith("负") else 1
        top, bottom_value = _chinese(above), _chinese(below.removeprefix("负"))
        return sign * top / bottom_value if top is not None and bottom_value else None
    match = _CHINESE.match(text.removesuffix("个"))
    if not match:
        return None
    value = Fraction(_characters(match.group(2)))
    if match.group(3):
        digits = "".join(str(_DIGITS[char]) for char in match.group(3))
        value += Fraction(int(digits), 10 ** len(digits))
    return -value if match.group(1) else value


def _characters(text: str) -> int:
    for mark, scale in (("亿", 10**8), ("万", 10**4)):
        high, found, low = text.partition(mark)
        if found:
            return (_characters(high) if high else 1) * scale + (_characters(low) if low else 0)
    if len(text) > 1 and all(char in _DIGITS for char in text):
        # Read out: 二〇二六.
        return int("".join(str(_DIGITS[char]) for char in text))
    total = digit = 0
    for char in text:
        if char in _STEPS:
            total += (digit or 1) * _STEPS[char]
            digit = 0
        else:
            digit = _DIGITS.get(char, 0)
    return total + digit
