"""Several answers to one problem: points, penalties, part marks.

test = AnswerTest.of({"test": "parts", "parts": [
    {"name": "a", "gold": "3", "points": 2, "penalty": 0.1},
    {"name": "b", "gold": "x^2", "test": "factored"},
]})
grade_parts({"a": "3", "b": "x*x"}, test, attempts={"a": 1}).points     # 1.8 of 3
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .answer import extract
from .asking import Asker
from .judge import mark
from .plain import split_top
from .policy import Part, Parts
from .verdict import Outcome, Verdict, weakest

_SEPARATORS = ("\n", ";", ",")


@dataclass(frozen=True, slots=True)
class PartMark:
    """One part's verdict, and the points that it earned."""

    name: str
    verdict: Verdict
    points: float | None
    """After the penalties; None where the part is undecided."""
    of: float


@dataclass(frozen=True, slots=True)
class Marks:
    """What a problem of several parts earned."""

    verdict: Verdict
    """Of the whole. Its score is the share of all points; None as long as a part is undecided."""
    parts: tuple[PartMark, ...]

    @property
    def points(self) -> float:
        """Those that are sure: an undecided part has none yet."""
        return sum(part.points or 0.0 for part in self.parts)

    @property
    def of(self) -> float:
        """The most that could be had."""
        return sum(part.of for part in self.parts)


def grade_parts(
    answers: str | Sequence[str | None] | Mapping[str, str | None],
    test: Parts,
    *,
    attempts: Mapping[str, int] | None = None,
    budget: float = 5.0,
) -> Marks:
    """The marks for `answers`: by name, in order, or in one text.

    Unnamed parts are called "1", "2", ... `attempts` counts the earlier wrong tries of a part,
    each of which costs its penalty; no part earns less than nothing. `budget` is for all parts.
    Raises BadReference and WorkerUnavailable as `grade` does.
    """
    names = [part.name or str(at) for at, part in enumerate(test.parts, 1)]
    given = _by_name(answers, names)
    asker = Asker(budget)
    marks = [
        _marked(name, part, given.get(name) or "", (attempts or {}).get(name, 0), asker)
        for name, part in zip(names, test.parts, strict=True)
    ]
    return Marks(_whole(marks), tuple(marks))


def _marked(name: str, part: Part, answer: str, attempts: int, asker: Asker) -> PartMark:
    found = extract(answer)
    verdict = mark(part.test, found.text if found else answer, part.gold, asker)
    if verdict.score is None:
        return PartMark(name, verdict, None, part.points)
    share = max(0.0, verdict.score * (1 - part.penalty * max(0, attempts)))
    return PartMark(name, verdict, share * part.points, part.points)


def _whole(marks: list[PartMark]) -> Verdict:
    verdicts = [each.verdict for each in marks]
    outcomes = {verdict.outcome for verdict in verdicts}
    of = sum(each.of for each in marks)
    points = sum(each.points or 0.0 for each in marks)
    score: float | None = points / of if of else 1.0
    if Outcome.UNDECIDED in outcomes:
        outcome, score = Outcome.UNDECIDED, None
    elif len(outcomes) == 1 and Outcome.PARTIAL not in outcomes:
        (outcome,) = outcomes
    else:
        outcome = Outcome.PARTIAL if points else Outcome.INCORRECT
    return Verdict(
        outcome,
        score,
        "parts",
        " ".join(f"Part {each.name}: {each.verdict.detail}" for each in marks),
        (
            ", ".join(verdict.normal_forms[0] for verdict in verdicts),
            ", ".join(verdict.normal_forms[1] for verdict in verdicts),
        ),
        weakest(*(verdict.certainty for verdict in verdicts)),
        any(verdict.needs_review for verdict in verdicts),
    )


def _by_name(
    answers: str | Sequence[str | None] | Mapping[str, str | None], names: list[str]
) -> Mapping[str, str | None]:
    if isinstance(answers, Mapping):
        return answers
    if isinstance(answers, str):
        labelled = _labelled(answers, names)
        if labelled:
            return labelled
        answers = _cut(answers, len(names))
    return dict(zip(names, answers, strict=False))


def _labelled(text: str, names: list[str]) -> dict[str, str]:
    """The parts of "(a) 3, (b) 5" or "a = 3; b = 5", if every one of `names` is there once."""
    marks = [
        list(re.finditer(rf"(?<![A-Za-z0-9\\])\(?{re.escape(name)}(?:\)|\s*[:=])\s*", text))
        for name in names
    ]
    if not all(len(found) == 1 for found in marks):
        return {}
    begins = sorted(
        (found[0].start(), found[0].end(), name) for found, name in zip(marks, names, strict=True)
    )
    ends = [start for start, _, _ in begins[1:]] + [len(text)]
    return {
        name: text[start:end].strip().rstrip(",;").strip()
        for (_, start, name), end in zip(begins, ends, strict=True)
    }


def _cut(text: str, count: int) -> list[str]:
    """The text in `count` pieces, if one of the separators makes so many; else all in the first."""
    for separator in _SEPARATORS:
        pieces = [piece.strip() for piece in split_top(text, separator)]
        if len(pieces) == count:
            return pieces
    return [text]
