"""Solved problems, kept on this machine for their user alone.

One SQLite file in the state folder: several commands may write at once, and a command killed in
the middle leaves it whole. Nothing in it is ever sent anywhere.
"""

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from problems import Problem
from tir.errors import BadInput, EnvironmentFailed
from tir.models.options import CHOSEN, LoadOptions
from tir.places import state_folder
from tir.record import solution_from_record, solution_record, to_json
from tir.solution import Solution

FILE = "history.sqlite3"
WAIT = 10.0
"""Seconds that one command waits for another that is writing."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS solved (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL, at TEXT NOT NULL, problem TEXT NOT NULL, question TEXT NOT NULL,
    answer TEXT, status TEXT NOT NULL, model TEXT NOT NULL, record BLOB NOT NULL,
    shown INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_key ON solved (key);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One solved problem, without its working."""

    number: int
    """What it is asked for by."""
    at: datetime
    problem: str
    """Id of the problem."""
    question: str
    answer: str | None
    status: str
    model: str
    shown: int
    """Hints given so far."""


def key_of(problem: Problem, model: str, options: LoadOptions = CHOSEN) -> str:
    """The same for the same content, asked of the same model in the same way."""
    content = (problem.question.strip(), problem.choices, problem.test, model, repr(options))
    return sha256(repr(content).encode(errors="surrogatepass")).hexdigest()


class History:
    """The solved problems of one state folder.

    Every method raises EnvironmentFailed where the file cannot be used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or state_folder()) / FILE

    def add(self, key: str, solution: Solution) -> int:
        """Keeps a solution; returns its number."""
        record = zlib.compress(to_json(solution_record(solution)).encode())
        row = (
            key,
            datetime.now(UTC).isoformat(timespec="seconds"),
            solution.problem.id,
            solution.problem.question,
            solution.answer,
            solution.status.value,
            solution.model,
            record,
        )
        with self._open() as database:
            cursor = database.execute(
                "INSERT INTO solved (key, at, problem, question, answer, status, model, record)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            return int(cursor.lastrowid or 0)

    def find(self, key: str) -> Entry | None:
        """The latest solution of that key."""
        return next(iter(self._entries("WHERE key = ? ORDER BY number DESC LIMIT 1", [key])), None)

    def entry(self, name: str) -> Entry:
        """By its number, by the id of its problem or the beginning of that; `last` is the latest.

        Raises:
            BadInput: there is none.
        """
        if name == "last":
            found = self._entries("ORDER BY number DESC LIMIT 1", [])
        elif name.isdecimal() and len(name) < 12:
            found = self._entries("WHERE number = ?", [int(name)])
        else:
            found = self._entries(
                "WHERE substr(problem, 1, ?) = ? ORDER BY number DESC LIMIT 1", [len(name), name]
            )
        if not name or not found:
            raise BadInput(
                f"there is no solved problem {name!r}.",
                why=f"{self.path} holds none of that number or id.",
                hint="tir history",
            )
        return found[0]

    def latest(self, most: int) -> list[Entry]:
        """The latest ones, newest first."""
        return self._entries("ORDER BY number DESC LIMIT ?", [most])

    def solution(self, entry: Entry) -> Solution:
        """All of it."""
        with self._open() as database:
            row = database.execute(
                "SELECT record FROM solved WHERE number = ?", [entry.number]
            ).fetchone()
        try:
            return solution_from_record(json.loads(zlib.decompress(row[0])))
        except (zlib.error, ValueError, TypeError) as error:
            raise self._damaged(str(error)) from error

    def show(self, entry: Entry, shown: int) -> None:
        """Notes how many hints were given."""
        with self._open() as database:
            database.execute("UPDATE solved SET shown = ? WHERE number = ?", [shown, entry.number])

    def clear(self) -> int:
        """Forgets everything; returns how much there was."""
        with self._open() as database:
            return database.execute("DELETE FROM solved").rowcount

    def _entries(self, condition: str, values: Sequence[object]) -> list[Entry]:
        # `condition` is ours, never a user's text: that is in `values`.
        with self._open() as database:
            rows = database.execute(
                "SELECT number, at, problem, question, answer, status, model, shown"
                f" FROM solved {condition}",
                values,
            ).fetchall()
        return [Entry(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            # Made with its rights, not given them later: nobody else reads it in between.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            with closing(sqlite3.connect(self.path, timeout=WAIT)) as database, database:
                database.executescript(_SCHEMA)
                yield database
        except (sqlite3.Error, OSError) as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, why: str) -> EnvironmentFailed:
        return EnvironmentFailed(
            f"the history in {str(self.path)!r} cannot be used.",
            why=f"{why}.",
            hint=f"mv {self.path} {self.path}.old   (or TIR_HISTORY=false, to do without)",
        )
