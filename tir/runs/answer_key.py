"""The problems that a class was given, with their answers, tests and points."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from problems import Problem
from problems.making import Maker
from problems.rows import BadRow, Row, rows
from problems.sets import Unusable, plain_name
from tir.errors import BadInput
from tir.runs import columns
from tir.runs.badrows import BadRows
from tir.runs.key import problem_key
from tir.runs.marking import Marker
from tir.runs.submissions import column, plain, require_readable

_HELD = 1024
"""Problems held in memory; the others are in a private file."""


class AnswerKey:
    """Problems by id, or by the words of the question. Close it when done."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._table = sqlite3.connect("", isolation_level=None)
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute("PRAGMA synchronous = OFF")
        self._table.execute("CREATE TABLE problems (id INTEGER PRIMARY KEY, record TEXT)")
        self._table.execute("CREATE TABLE names (name TEXT PRIMARY KEY, id INT) WITHOUT ROWID")
        self._table.execute("BEGIN")
        self.marker = lru_cache(_HELD)(self._marker)
        """Of the problem of this name, with the problem's key; None if there is none."""
        for problem in problems:
            self.add(problem)

    def add(self, problem: Problem) -> None:
        """Takes a problem in; of two of the same name the first one counts."""
        text = columns.problem_text(problem)
        number = self._table.execute("INSERT INTO problems (record) VALUES (?)", (text,)).lastrowid
        for name in (problem.id, " ".join(problem.question.split())):
            self._table.execute("INSERT OR IGNORE INTO names VALUES (?, ?)", (name, number))

    def give(self, problem: Problem, gold: str) -> None:
        """Puts a reference answer to a problem that has none."""
        text = columns.problem_text(replace(problem, gold=gold))
        self._table.execute(
            "UPDATE problems SET record = ? WHERE id = (SELECT id FROM names WHERE name = ?)",
            (text, problem.id),
        )
        self.marker.cache_clear()

    def knows(self, name: str) -> bool:
        """Whether there is a problem of this name."""
        return self.marker(name) is not None

    def __iter__(self) -> Iterator[Problem]:
        for (text,) in self._table.execute("SELECT record FROM problems ORDER BY id"):
            yield columns.problem_of(text)

    def without_answer(self) -> list[Problem]:
        """Problems that nothing can be marked against."""
        return [problem for problem in self if not Marker(problem).has_reference]

    def close(self) -> None:
        """Frees the file."""
        self._table.close()

    def _marker(self, name: str) -> tuple[Marker, str] | None:
        found = self._table.execute(
            "SELECT record FROM problems JOIN names USING (id) WHERE name IN (?, ?)",
            (name, " ".join(name.split())),
        ).fetchone()
        if found is None:
            return None
        problem = columns.problem_of(found[0])
        return Marker(problem), problem_key(problem)


def load_key(path: Path) -> Iterator[Problem]:
    """The problems of a key file, once every row of it is found usable.

    It is a problem file in which the question may be left out: `id, answer, test, points`; and
    the answer may be blank.

    Raises:
        BadInput: with file, lines and reasons.
    """
    require_readable(path)
    reader = _Reader(path.stem)
    bad = BadRows(path)
    lines: dict[str, int] = {}
    for line, row in rows(path):
        try:
            if isinstance(row, BadRow):
                raise Unusable(row.reason)
            problem = reader.problem(row)
            if problem.id in lines:
                raise Unusable(f"id {problem.id!r} is that of line {lines[problem.id]}")
            lines[problem.id] = line
        except Unusable as error:
            bad.add(row.line if isinstance(row, BadRow) else line, str(error))
            if reader.is_lost:
                break
    bad.raise_any(len(lines))
    if not lines:
        raise BadInput(f"{path.name} holds no problems.", why=str(path), hint="add some rows")
    return _again(path, reader)


def _again(path: Path, reader: "_Reader") -> Iterator[Problem]:
    for line, row in rows(path):
        try:
            if isinstance(row, BadRow):
                raise Unusable(row.reason)
            yield reader.problem(row)
        except Unusable as error:
            raise BadInput(
                f"{path.name} was changed after it was checked.",
                why=f"{path.name}:{line}: {error}",
                hint="the same command again",
            ) from error


class _Reader:
    """Problems out of rows; the first row with an answer, and the first without, say how."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._makers: dict[bool, Maker] = {}

    @property
    def is_lost(self) -> bool:
        """Whether no row could be read so far: then none of this table can."""
        return not self._makers

    def problem(self, row: Row) -> Problem:
        """Raises Unusable."""
        asked = _asked(row)
        answer = column(asked, _ANSWERS)
        has_answer = answer is not None and asked[answer] not in (None, "")
        if not has_answer and answer is not None:
            asked = {name: value for name, value in asked.items() if name != answer}
        if has_answer not in self._makers:
            found = Maker.of(plain_name(self._name), asked, source=self._name)
            self._makers[has_answer] = found
        return self._makers[has_answer].problem(asked)


_ANSWERS = ("answer", "gold", "finalanswer", "expectedanswer", "groundtruth", "reference")


def _asked(row: Row) -> Row:
    """The row with its id for a question, if it has none."""
    names = {plain(name) for name in row}
    if names & {"question", "problem", "prompt"}:
        return row
    id_ = column(row, ("id", "problemid", "questionid", "exercise", "item"))
    if id_ is None:
        raise Unusable(
            f"there is no column `id` or `question`; the columns are {', '.join(list(row)[:12])}"
        )
    others = {name: value for name, value in row.items() if name != id_}
    return {"id": row[id_], "question": row[id_], **others}
