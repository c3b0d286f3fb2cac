"""Choices and texts: tests on words, never on mathematics."""

import re

from .answer import strip
from .policy import Choice, Text
from .verdict import BadReference, Certainty, Finding, found, undecided
from .words import choices as chosen

_LETTER = re.compile(
    r"(?:option|choice|选项|选)?\s*\(?([A-Za-z])(?:\)(?:\s*\S.*)?|[.:]\s*\S.*|)\Z", re.S | re.I
)
_SEVERAL = re.compile(
    r"\(?[A-Za-z]\)?(?:(?:\s*[,;&]\s*|\s*\band\b\s*|\s+)\(?[A-Za-z]\)?)+\Z|[A-J]{2,10}\Z"
)
_AND = re.compile(r"\band\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:the|an|a) (?=\S{2})")
_MARKS = re.compile(r"[\s.,;:!?'\"]+")
_LONGEST = 2000


def choice(test: Choice, answer: str, gold: str) -> Finding:
    """The same letters; the text of an option stands for its letter."""
    wanted = _letters(test, gold)
    if not wanted:
        raise BadReference(f"the reference {gold!r} is none of the choices")
    given = _letters(test, answer)
    if given is None:
        finding = chosen(gold, answer)
        return finding or undecided("choice", "the answer is none of the choices")
    if given == wanted:
        return found(True, Certainty.PROVED, "choice", f"{_list(wanted)} is the choice.")
    missing, extra = wanted - given, given - wanted
    said = [
        f"{_list(extra)} is wrong" if extra else "",
        f"{_list(missing)} is missing" if missing and len(wanted) > 1 else "",
    ]
    return found(False, Certainty.PROVED, "choice", ", and ".join(filter(None, said)) + ".")


def text(test: Text, answer: str, gold: str) -> Finding:
    """The same words, but for the typos that are allowed."""
    given = _key(test, answer)
    for right in (gold, *test.accept):
        words = _key(test, right)
        # Of a short word so many letters would leave nothing: "no" is not "yes" with typos.
        most = min(test.typos, len(words) // 4)
        wrong = _distance(given, words, most)
        if wrong == 0:
            return found(True, Certainty.PROVED, "text", "The words are the same.")
        if wrong <= most:
            said = f"It is right but for {wrong} letter{'s' if wrong > 1 else ''}."
            return found(True, Certainty.CONVENTION, "text", said)
    return found(False, Certainty.PROVED, "text", "The words are not those of the reference.")


def _letters(test: Choice, answer: str) -> frozenset[str] | None:
    said = strip(answer)[:_LONGEST]
    texts = [_key(Text(), option) for option in test.choices]
    if _key(Text(), said) in texts:
        return frozenset(chr(ord("A") + texts.index(_key(Text(), said))))
    one = _LETTER.match(said)
    if one:
        return frozenset(one.group(1).upper())
    if len(said) < 100 and _SEVERAL.match(said):
        return frozenset(re.findall("[A-Z]", _AND.sub(" ", said).upper()))
    return None


def _key(test: Text, words: str) -> str:
    words = strip(words)[:_LONGEST]
    if test.strict:
        return words
    return _MARKS.sub(" ", _ARTICLE.sub("", words.casefold())).strip()


def _distance(one: str, other: str, most: int) -> int:
    """Letters to change, drop or add; `most` + 1 stands for all that is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    if one == other:
        return 0
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row = row, [at]
        for to, mark in enumerate(other, 1):
            row.append(min(row[-1] + 1, before[to] + 1, before[to - 1] + (letter != mark)))
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _list(letters: frozenset[str]) -> str:
    return ", ".join(sorted(letters))
