"""A run's folder, read: the manifest, the results one by one, and what they come to."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Self

from problems import Problem
from problems.shown import Shown
from tir.runs import columns, database
from tir.runs.manifest import Manifest
from tir.runs.result import Decision, Result
from tir.runs.summary import Summary, summarize
from tir.solution import Solution


@dataclass(frozen=True, slots=True)
class Run(Shown):
    """What a folder holds. It may be read while the run goes on."""

    folder: Path
    manifest: Manifest

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Self:
        """The run in a folder.

        Raises:
            BadInput: it holds no run, one of another version, or a damaged one.
        """
        path = Path(folder)
        manifest = Manifest.read(path)
        database.read(path).close()
        return cls(path, manifest)

    def results(self, *, every_command: bool = False) -> Iterator[Result]:
        """The rows of the latest command in their order, one at a time, as they are now.

        `every_command`: also those that only earlier commands selected, say by `--limit`.
        """
        where = "" if every_command else "WHERE command = (SELECT max(number) FROM commands)"
        with closing(database.read(self.folder)) as db, database.troubles(self._path):
            db.row_factory = sqlite3.Row
            problem = lru_cache(1024)(partial(_problem, db))
            for row in db.execute(f"SELECT * FROM results {where} ORDER BY command, position"):
                solution = partial(self._solution, row["number"])
                yield columns.result_of(row, problem(row["problem"]), solution)

    def summary(self) -> Summary:
        """The totals of `results`, with intervals; in constant memory."""
        return summarize(self.results(), rows=self.planned)

    @property
    def planned(self) -> int:
        """Rows of the latest command, done or not."""
        with closing(database.read(self.folder)) as db, database.troubles(self._path):
            row = db.execute("SELECT rows FROM commands ORDER BY number DESC LIMIT 1").fetchone()
        return int(row[0]) if row else 0

    def decisions(self) -> list[tuple[str, Decision]]:
        """What persons decided, each with its time, in order."""
        with closing(database.read(self.folder)) as db, database.troubles(self._path):
            db.row_factory = sqlite3.Row
            rows = db.execute("SELECT * FROM decisions ORDER BY number").fetchall()
        return [(row["at"], columns.decision_of(row)) for row in rows]

    def _solution(self, number: int) -> Solution | None:
        with closing(database.read(self.folder)) as db, database.troubles(self._path):
            found = db.execute(
                "SELECT record FROM solutions WHERE number = ?", (number,)
            ).fetchone()
        return None if found is None else columns.unpack_solution(found[0])

    @property
    def _path(self) -> Path:
        return self.folder / database.FILE


def _problem(db: sqlite3.Connection, key: str) -> Problem:
    (text,) = db.execute("SELECT record FROM problems WHERE key = ?", (key,)).fetchone()
    return columns.problem_of(text)
