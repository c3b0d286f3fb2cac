"""Students' answers out of a file: one answer in a row, or one student in a row."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from problems.rows import READERS, BadRow, Row, rows
from problems.sets import Unusable, text_of
from tir.errors import BadInput
from tir.runs.badrows import BadRows
from tir.runs.key import digest

STUDENT = ("student", "studentid", "name", "user", "email")
PROBLEM = ("problem", "problemid", "questionid", "exercise", "item", "question")
ANSWER = ("answer", "response", "submission")
"""Names of columns, without case, blanks and underscores; the first that is there is taken."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's answer to one problem."""

    line: int
    student: str
    problem: str
    """As the file names it: an id, or the question itself."""
    answer: str | None
    """None where nothing was given."""


@dataclass(frozen=True, slots=True)
class Submissions:
    """A file of answers of which every row was found usable. Iterate as often as you like."""

    path: Path
    count: int
    """Answers, blank ones included."""
    layout: str
    """`long`: one answer in a row; `wide`: one student in a row, a column for each problem."""
    _columns: "_Columns"

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Submission]:
        """Raises BadInput if the file is no longer the one that was checked."""
        for line, row in rows(self.path):
            if isinstance(row, BadRow):
                raise _changed(self.path, row.line)
            try:
                yield from self._columns.of(line, row)
            except Unusable as error:
                raise _changed(self.path, line) from error


def load_submissions(path: Path, known: Callable[[str], bool]) -> Submissions:
    """The answers of a file; `known` says whether a problem of this name is in the key.

    Raises:
        BadInput: no such file, no column for students or answers, or rows that cannot be used:
            unreadable, without a student, with a problem that is not in the key, or the second
            of one student to one problem. File, lines and reasons are named.
    """
    require_readable(path)
    bad = BadRows(path)
    columns: _Columns | None = None
    count = 0
    with closing(_Seen()) as seen:
        for line, row in rows(path):
            if isinstance(row, BadRow):
                bad.add(row.line, row.reason)
                continue
            try:
                columns = columns or _Columns.found(row, known)
                for each in columns.of(line, row):
                    if columns.layout == "long" and not known(each.problem):
                        raise Unusable(f"problem {each.problem[:60]!r} is not in the key")
                    before = seen.line(each)
                    if before is not None:
                        raise Unusable(
                            f"{each.student!r} answered {each.problem[:60]!r} in line {before}"
                        )
                    count += 1
            except Unusable as error:
                bad.add(line, str(error))
                if columns is None:
                    break
    bad.raise_any(count)
    if columns is None or not count:
        raise BadInput(f"{path.name} holds no answers.", why=str(path), hint="add some rows")
    return Submissions(path, count, columns.layout, columns)


def require_readable(path: Path) -> None:
    """Raises BadInput for what is no file, or none of the formats that are read."""
    if not path.is_file():
        raise BadInput(
            f"{path} {'is a folder' if path.is_dir() else 'is not there'}.",
            why="A file with the answers is needed.",
            hint="check the path",
        )
    if path.suffix.lower() not in READERS:
        raise BadInput(
            f"{path.name} is no table.",
            why=f"Its suffix is none of {', '.join(READERS)}.",
            hint="save it as CSV or JSONL",
        )


def plain(name: str) -> str:
    """The name of a column without case, blanks, underscores and hyphens."""
    return "".join(name.split()).replace("_", "").replace("-", "").lower()


def column(row: Row, names: tuple[str, ...]) -> str | None:
    """The row's own name of the first of some columns that it has."""
    found = {plain(name): name for name in reversed(list(row))}
    return next((found[name] for name in names if name in found), None)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which columns of a table are what."""

    layout: str
    student: str
    problem: str | None = None
    answer: str | None = None
    problems: tuple[str, ...] = ()
    """Of a wide table: columns that are problems of the key."""

    @classmethod
    def found(cls, row: Row, known: Callable[[str], bool]) -> "_Columns":
        student = column(row, STUDENT)
        named = ", ".join(map(repr, list(row)[:12]))
        if student is None:
            raise Unusable(f"there is no column `student`; the columns are {named}")
        problem, answer = column(row, PROBLEM), column(row, ANSWER)
        if problem is not None and answer is not None:
            return cls("long", student, problem, answer)
        problems = tuple(name for name in row if name != student and known(name.strip()))
        if not problems:
            missing = "problem" if problem is None else "answer"
            raise Unusable(
                f"there is no column `{missing}`, and none is named as a problem of the key; "
                f"the columns are {named}"
            )
        return cls("wide", student, problems=problems)

    def of(self, line: int, row: Row) -> Iterator[Submission]:
        """The answers of a row. Raises Unusable."""
        student = cell_text(row, self.student)
        if not student:
            raise Unusable(f"{self.student} is blank")
        if self.problem is not None and self.answer is not None:
            problem = cell_text(row, self.problem)
            if not problem:
                raise Unusable(f"{self.problem} is blank")
            yield Submission(line, student, problem, cell_text(row, self.answer) or None)
            return
        for name in self.problems:
            yield Submission(line, student, name.strip(), cell_text(row, name) or None)


def cell_text(row: Row, name: str) -> str:
    """A cell as text without blanks around it. Raises Unusable."""
    if name not in row:
        raise Unusable(f"has no field {name!r}")
    try:
        text = text_of(row[name])
    except Unusable as error:
        raise Unusable(f"{name} {error}") from error
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Unusable(f"{name} holds half a character (a lone surrogate)") from error
    return text


class _Seen:
    """Which line holds which student's answer to which problem; on disk, for there are many."""

    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None)
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute("PRAGMA synchronous = OFF")
        self._table.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INT) WITHOUT ROWID")
        self._table.execute("BEGIN")

    def line(self, each: Submission) -> int | None:
        key = digest([each.student, each.problem])
        done = self._table.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, each.line))
        if done.rowcount:
            return None
        found: Any = self._table.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
        return int(found[0])

    def close(self) -> None:
        self._table.close()


def _changed(path: Path, line: int) -> BadInput:
    return BadInput(
        f"{path.name} was changed after it was checked.",
        why=f"{path.name}:{line} can no longer be read as it was.",
        hint="the same command again",
    )
