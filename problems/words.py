"""Answers in words: choices, yes and no, "no solution", number words. Never mathematics.

Words must not reach a LaTeX grammar: it reads "east" as e*a*s*t, equal to "seat".
"""

import re

from .numerals import numeral
from .plain import KNOWN
from .verdict import Certainty, Finding, found, undecided

_RUN = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}")
_ENVIRONMENT = re.compile(r"\\(?:begin|end|operatorname|mathbb)\{[^{}]*\}(?:\{[lcr|]*\})?")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_COMMAND = re.compile(r"\\[A-Za-z]+ ?")
_SPACED = re.compile(r"[A-Za-z]{2,} [A-Za-z]|(?<![A-Za-z])[A-Za-z] [A-Za-z]{2,}")
_FORMULA = re.compile(r"[+*/^=<>_|\\]|\d")
# A digit beside a word makes no formula: "June 20".
_MATHEMATICS = re.compile(r"[+*/^=<>_|\\]")
_CALCULUS = re.compile(r"\\(?:int|sum|prod|lim)(?![A-Za-z])")
_CHOICE = re.compile(r"\(?([A-J])\)?\Z")
_CHOSEN = re.compile(
    r"(?:option|choice|answer|选项|故选|选|答案)?:? ?\(?([A-J])(?:\)(?: ?\S.*)?|[.:] ?\S.*|)\Z",
    re.IGNORECASE | re.DOTALL,
)
_LETTERS = re.compile(r"\(?[A-J](?:[,() ]*[A-J])+\)?\Z")
_ARTICLES = re.compile(r"\b(?:the|an|a) (?=[a-z]{2})")
_PUNCTUATION = re.compile(r"[\s.,;:!'\"]+")
_RANK = re.compile(r"(\d)(?:st|nd|rd|th)(?![a-z])")
_SAME = (
    ("nosolutions", "norealsolution", "norealsolutions", "none", "emptyset", "nosolution"),
    (r"\emptyset", "nosolution"),
    ("无解", "nosolution"),
    ("空集", "nosolution"),
    ("无实数解", "nosolution"),
    ("therearenosolutions", "nosolution"),
    ("thereisnosolution", "nosolution"),
    ("doesnotexist", "limitdoesnotexist", "dne"),
    ("充要条件", "充分必要条件"),
    ("充分非必要条件", "充分不必要条件"),
    ("必要非充分条件", "必要不充分条件"),
    ("非充分非必要条件", "既非充分又非必要条件", "既不充分也不必要条件"),
    ("undef", "notdefined", "undefined"),
    ("不存在", "dne"),
    (r"\mathbb{r}", "allrealnumbers", "allreals", "全体实数", "realnumbers"),
    ("是", "yes"),
    ("否", "no"),
    ("正确", "对", "真", "true"),
    ("错误", "错", "假", "false"),
)
_MEANS = {word: group[-1] for group in _SAME for word in group}
_SHORT = {"no", "is", "or", "up"}


def number_word(text: str) -> str:
    """ "forty-five" as "45", "one quarter" as "1/4"; any other text as it is."""
    value = numeral(text)
    return text if value is None else str(value)


def wordy(text: str) -> bool:
    """Whether a normal form holds words rather than only mathematics."""
    if _CALCULUS.search(text):
        # "x dx" is no word.
        return False
    return bool(_runs(text)) or text.casefold() in _SHORT or _spaced(text)


def choices(gold: str, answer: str) -> Finding | None:
    """Multiple choice: the letter, its brackets and the option's text after it."""
    letter = _CHOICE.match(gold) or _CHOICE.match(answer)
    if letter:
        chosen = _CHOSEN.match(answer if _CHOICE.match(gold) else gold)
        if not chosen:
            return None
        same = chosen.group(1).upper() == letter.group(1)
        bare = _CHOICE.match(gold) is not None and _CHOICE.match(answer) is not None
        return found(same, Certainty.PROVED if bare else Certainty.CONVENTION, "choice")
    if _LETTERS.match(gold) and _LETTERS.match(answer):
        first, second = (sorted(re.findall("[A-J]", text)) for text in (gold, answer))
        return found(first == second, Certainty.CONVENTION, "choices")
    return None


def texts(gold: str, answer: str) -> Finding | None:
    """Two answers of which at least one is words; None when a formula is to be compared."""
    first, second = _key(gold), _key(answer)
    if first == second and (wordy(gold) or wordy(answer) or first in _MEANS.values()):
        return found(True, Certainty.CONVENTION, "text")
    runs = _runs(gold) + _runs(answer)
    if not (wordy(gold) or wordy(answer)) and any(map(_FORMULA.search, (gold, answer))):
        return None
    longest = max(map(len, runs), default=0)
    spaced = any(map(_spaced, (gold, answer)))
    chinese = any(map(_CJK.search, (gold, answer)))
    if all(map(_MATHEMATICS.search, (gold, answer))) and not chinese and (longest > 3 or spaced):
        return undecided("text", "a word inside a formula")
    if not (spaced or chinese):
        formula = any(_FORMULA.search(text) for text in (gold, answer))
        if longest <= 3 and formula:
            return None
        # "abc" and "cab": one product, or two words.
        if longest <= 3 and sorted(first) == sorted(second):
            return undecided("text", "letters in another order")
    return found(False, Certainty.HEURISTIC, "text", "different words")


def _runs(text: str) -> list[str]:
    text = _ENVIRONMENT.sub(" ", text)
    return [run for run in _RUN.findall(text) if run not in KNOWN] + _CJK.findall(text)


def _key(text: str) -> str:
    key = _PUNCTUATION.sub("", _ARTICLES.sub("", _RANK.sub(r"\1", text.casefold())))
    return _MEANS.get(key, key)


def _spaced(text: str) -> bool:
    return bool(_SPACED.search(_COMMAND.sub("", text)))
