"""Problems out of rows: the layout found once for a file, then applied to each of its rows."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from . import sets
from .audit import fault
from .grade import grade
from .policy import AnswerTest, BadTest, Parts
from .problem import ALPHABET, Problem
from .rows import Number, Row
from .sets import Layout, Unusable
from .verdict import BadReference

_QUESTIONS = ("question", "problem", "prompt", "题目", "问题")
_GOLDS = ("gold", "answer", "finalanswer", "expectedanswer", "groundtruth", "reference", "答案")
_CHOICES = ("choices", "options", "选项")
_IDS = ("id", "uniqueid", "questionid", "problemid", "idx", "编号")
_SUBJECTS = ("subject", "topic", "category", "type")
_LEVELS = ("level", "difficulty", "grade")

_UNPRINTABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Maker:
    """How the rows of one file become problems."""

    layout: str
    """In words: "question: body, question; gold: answer"."""
    has_ids: bool
    _source: str
    _rows: Layout
    _known: frozenset[str]
    """Fields that the first row has."""

    @classmethod
    def of(cls, name: str, row: Row, *, source: str) -> Self:
        """For a set of this plain name whose first row is `row`.

        Raises Unusable if no field can be the question, or two that differ can.
        """
        fields = _plain(row)
        layout = sets.layout_for(name, frozenset(fields)) or _anybodys(fields)
        said = [
            f"{what}: {', '.join(used)}"
            for what, used in (
                ("question", layout.question.split()),
                ("gold", layout.gold.split()),
                ("choices", layout.choices.split()),
            )
            if used
        ]
        has_ids = bool(_first(fields, layout.id))
        return cls("; ".join(said), has_ids, source, layout, frozenset(fields))

    def problem(self, row: Row) -> Problem:
        """Raises Unusable, which says what is wrong with the row."""
        fields = _plain(row)
        layout = self._rows
        for name in f"{layout.question} {layout.gold} {layout.choices}".split():
            if name not in fields:
                raise Unusable(f"has no field {name!r}")
        question = " ".join(_question(name, fields[name]) for name in layout.question.split())
        if not question.strip():
            raise Unusable("has no question: it is blank")
        choices: tuple[str, ...] = ()
        if layout.choices and fields[layout.choices] not in (None, "", []):
            with _about(layout.choices):
                choices = sets.options(fields[layout.choices])
        test = _test(fields.get("test"))
        gold = None
        # The answers of a problem in parts stand with its parts.
        if layout.gold and not (_in_parts(test) and fields[layout.gold] in (None, "")):
            with _about(layout.gold):
                gold = layout.cut(fields, layout.gold)
                if choices:
                    gold = _chosen(gold, choices)
                if wrong := fault(gold):
                    raise Unusable(wrong)
        if test is not None:
            _check_golds(test, gold)
        elif choices:
            test = {"test": "choice", "choices": list(choices)}
        return Problem(
            _clean("question", question.strip()),
            gold=_clean("answer", gold) if gold else None,
            id=self._optional(fields, layout.id),
            subject=self._optional(fields, layout.subject) or None,
            level=self._optional(fields, layout.level) or None,
            source=self._source,
            choices=tuple(_clean("choice", choice) for choice in choices),
            test=test,
            points=_points(fields.get("points")),
        )

    def _optional(self, fields: Mapping[str, object], names: str) -> str:
        name = _first(self._known, names)
        if not name:
            return ""
        value = fields.get(name)
        items = value if isinstance(value, list) else [value]
        with _about(name):
            return _clean(name, ", ".join(map(sets.text_of, items)))


@contextmanager
def _about(field: str) -> Iterator[None]:
    """Puts the name of a field before what is wrong with it."""
    try:
        yield
    except Unusable as error:
        raise Unusable(f"{field} {error}") from error


def _anybodys(fields: Mapping[str, object]) -> Layout:
    """The layout of a file of one's own: fields by their usual names."""
    question = _only(fields, _QUESTIONS, "question")
    if not question:
        named = ", ".join(fields) or "none"
        raise Unusable(f"has no field `question` or `problem`; its fields are {named}")
    gold = _only(fields, _GOLDS, "reference answer")
    choices = next((name for name in _CHOICES if name in fields), "")
    cut = sets.whole
    if gold and choices:
        cut = sets.listed
    elif not gold and "solution" in fields:
        gold, cut = "solution", sets.boxed
    return Layout(
        "",
        question,
        gold,
        cut,
        choices,
        subject=" ".join(_SUBJECTS),
        level=" ".join(_LEVELS),
        id=" ".join(_IDS),
    )


def _only(fields: Mapping[str, object], names: tuple[str, ...], what: str) -> str:
    there = [name for name in names if fields.get(name) not in (None, "")]
    there = there or [name for name in names if name in fields]
    if there and any(fields[name] != fields[there[0]] for name in there):
        raise Unusable(f"has several fields that could be the {what}: {', '.join(there)}")
    return there[0] if there else ""


def _first(fields: Mapping[str, object] | frozenset[str], names: str) -> str:
    return next((name for name in names.split() if name in fields), "")


def _plain(row: Row) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in row.items():
        plain = _plain_field(name)
        if plain in fields:
            raise Unusable(f"has two fields called {name!r}, but for case")
        fields[plain] = value
    return fields


@lru_cache(maxsize=1024)
def _plain_field(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).lower()


def _question(name: str, value: object) -> str:
    with _about(name):
        if isinstance(value, list):
            # The turns of a conversation, of which a problem has one.
            return "\n".join(sets.text_of(turn) for turn in value)
        return sets.text_of(value)


def _chosen(gold: str, choices: tuple[str, ...]) -> str:
    """The letters of a gold that names choices by letter or text."""
    if gold in choices and choices.count(gold) == 1:
        return ALPHABET[choices.index(gold)]
    letters = sets.letters({"gold": gold}, "gold")
    for letter in letters.split(", "):
        if ALPHABET.index(letter) >= len(choices):
            raise Unusable(f"is {letter}, but there are only {len(choices)} choices")
    return letters


def _clean(what: str, text: str) -> str:
    found = _UNPRINTABLE.search(text)
    if found:
        raise Unusable(f"{what} holds U+{ord(found.group()):04X}, which is no character")
    return text


def _test(value: object) -> Mapping[str, object] | None:
    """The declaration of an answer test: a name, or a mapping that says more."""
    if value in (None, ""):
        return None
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise Unusable(f"test is not JSON: {error}") from error
    data = _numbers(value) if isinstance(value, Mapping) else {"test": value}
    try:
        AnswerTest.of(data)
    except (BadTest, BadReference) as error:
        raise Unusable(f"test: {error}") from error
    return data


def _in_parts(test: Mapping[str, object] | None) -> bool:
    return test is not None and isinstance(AnswerTest.of(test), Parts)


def _check_golds(test: Mapping[str, object], gold: str | None) -> None:
    """Whether the test can be applied to its references at all."""
    parsed = AnswerTest.of(test)
    if isinstance(parsed, Parts):
        pairs = [
            (f"part {part.name or at}", part.gold, part.test)
            for at, part in enumerate(parsed.parts, 1)
        ]
    else:
        pairs = [("answer", gold, parsed)] if gold else []
    for name, reference, how in pairs:
        if wrong := fault(reference):
            raise Unusable(f"{name} {wrong}")
        try:
            grade(reference, reference, test=how, budget=0.0)
        except BadReference as error:
            raise Unusable(f"{name} does not fit its test: {error}") from error


def _numbers(value: Mapping[str, object]) -> dict[str, object]:
    return {name: _number(item) for name, item in value.items()}


def _number(value: object) -> object:
    if isinstance(value, Number):
        return int(value) if value.lstrip("-").isdecimal() else float(value)
    if isinstance(value, Mapping):
        return _numbers(value)
    return [_number(item) for item in value] if isinstance(value, list) else value


def _points(value: object) -> Mapping[str, float] | None:
    if value in (None, ""):
        return None
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise Unusable(f"points is not JSON: {error}") from error
    given = value if isinstance(value, Mapping) else {"": value}
    points = {}
    for part, worth in given.items():
        try:
            points[str(part)] = float(sets.text_of(worth))
        except ValueError as error:
            raise Unusable(f"points are {worth!r}, not a number") from error
        if not 0 <= points[str(part)] < math.inf:
            raise Unusable(f"points are {worth}, which nobody can score")
    return points
