"""The one writer of a run's results."""

import math
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from problems import Problem
from tir.runs import columns, database
from tir.runs.files import make_folder
from tir.runs.key import problem_key, question_key
from tir.runs.lock import Lock
from tir.runs.result import OVERRIDE, Decision, Outcome, Result
from tir.solution import Solution

_UPSERT = (
    f"INSERT INTO results ({', '.join(columns.NAMES)}) "
    f"VALUES ({', '.join('?' * len(columns.NAMES))}) ON CONFLICT (key) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in columns.NAMES if name != "key")
    + " RETURNING number"
)


class Store:
    """The results of a run folder, open for writing; use as a context manager.

    Each call is its own transaction, unless `every` says for how many seconds rows may be
    collected; `flush` and the end write what is collected. A killed process loses no more.

    Raises:
        BadInput: another process writes this run, or the file is of another version.
        EnvironmentFailed: the folder cannot be written or the disk is full; every method may.
    """

    def __init__(self, folder: Path, *, fresh: bool = False, every: float = 0.0) -> None:
        self.folder = folder
        self._path = folder / database.FILE
        self._fresh = fresh
        self._every = every
        self._began = 0.0
        self._lock = Lock(folder)
        self._open: sqlite3.Connection | None = None
        self._command = 0
        self._kept = ""

    def __enter__(self) -> Self:
        make_folder(self.folder)
        self._lock.__enter__()
        try:
            if self._fresh:
                with database.troubles(self._path):
                    for tail in ("", "-wal", "-shm"):
                        self._path.with_name(database.FILE + tail).unlink(missing_ok=True)
            self._open = database.write(self.folder)
            self._open.row_factory = sqlite3.Row
            # In a private file, or a million rows would be a hundred megabytes of memory.
            self._open.execute("CREATE TEMP TABLE selected (key TEXT PRIMARY KEY) WITHOUT ROWID")
        except BaseException:
            self._lock.__exit__()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.flush()
            else:
                # The disk may be what failed: that is told already.
                with suppress(Exception):
                    self.flush()
        finally:
            self._db.close()
            self._open = None
            self._lock.__exit__()

    def begin(self) -> int:
        """A new command begins; rows that it does not `place` are no longer part of the run.

        They stay in the file and are found again if a later command selects them.
        """
        with self._writing() as db:
            began = datetime.now(UTC).isoformat(timespec="seconds")
            done = db.execute("INSERT INTO commands (began, rows) VALUES (?, 0)", (began,))
            self._command = int(done.lastrowid or 0)
        return self._command

    def place(self, key: str, position: int) -> Outcome | None:
        """Takes a row into the running command; its outcome, or None if it is still to do."""
        outcome = self.outcome(key)
        if outcome is not None:
            with self._writing() as db:
                db.execute(
                    "UPDATE results SET command = ?, position = ? WHERE key = ?",
                    (self._command, position, key),
                )
        return outcome

    def outcome(self, key: str) -> Outcome | None:
        """Of a row; None if it is still to do."""
        found = self._db.execute("SELECT outcome FROM results WHERE key = ?", (key,)).fetchone()
        return None if found is None else Outcome(found["outcome"])

    def select(self, key: str) -> bool:
        """Whether the running command meets this row for the first time."""
        with database.troubles(self._path):
            done = self._db.execute("INSERT OR IGNORE INTO selected VALUES (?)", (key,))
        return done.rowcount > 0

    def take(self, key: str) -> bool:
        """Whether a selected row is free to be done; from now on it is not."""
        with database.troubles(self._path):
            done = self._db.execute("DELETE FROM selected WHERE key = ?", (key,))
        return done.rowcount > 0

    def planned(self, rows: int) -> None:
        """Notes how many rows the running command has."""
        with self._writing() as db:
            db.execute("UPDATE commands SET rows = ? WHERE number = ?", (rows, self._command))

    def put(
        self, result: Result, *, work: str | None = None, solution: Solution | None = None
    ) -> None:
        """Keeps a finished row, in place of an older one of the same key."""
        with self._writing() as db:
            self._insert(db, result, work, solution)
            if work is not None:
                db.execute("DELETE FROM unfinished WHERE work = ?", (work,))

    def _insert(
        self, db: sqlite3.Connection, result: Result, work: str | None, solution: Solution | None
    ) -> None:
        problem = self._keep(db, result.problem)
        row = columns.row_of(result, work=work, problem=problem, command=self._command)
        (number,) = db.execute(_UPSERT, row).fetchone()
        if solution is not None:
            data = columns.pack_solution(solution)
            db.execute("INSERT OR REPLACE INTO solutions VALUES (?, ?)", (number, data))

    def answer(self, result: Result, problem: str) -> None:
        """`put` for a student's answer to the problem of this key."""
        with self._writing() as db:
            if problem != self._kept:
                self._kept = self._keep(db, result.problem)
            row = columns.row_of(result, work=None, problem=problem, command=self._command)
            db.execute(_UPSERT, row)

    def _keep(self, db: sqlite3.Connection, problem: Problem) -> str:
        key = problem_key(problem)
        values = (key, question_key(problem), columns.problem_text(problem))
        db.execute("INSERT OR IGNORE INTO problems VALUES (?, ?, ?)", values)
        return key

    def solved(self, work: str) -> Solution | None:
        """The solution of this work, whatever reference it was scored against."""
        found = self._db.execute(
            "SELECT record FROM solutions JOIN results USING (number) WHERE work = ? LIMIT 1",
            (work,),
        ).fetchone()
        return None if found is None else columns.unpack_solution(found["record"])

    def checkpoint(self, work: str, record: Mapping[str, Any]) -> None:
        """Keeps how far an unfinished problem has come."""
        with self._writing() as db:
            data = columns.pack(record)
            db.execute("INSERT OR REPLACE INTO unfinished VALUES (?, ?)", (work, data))

    def resumed(self, work: str) -> Mapping[str, Any] | None:
        """The last checkpoint of an unfinished problem."""
        found = self._db.execute("SELECT record FROM unfinished WHERE work = ?", (work,)).fetchone()
        return None if found is None else columns.unpack(found["record"])

    def decide(self, key: str, decision: Decision, answer: str | None) -> None:
        """Puts a person's decision in the place of what stands in a row, and logs both.

        It holds for this answer of this student to this problem, also when the row is graded
        again, until a later decision.
        """
        before = self._db.execute(
            "SELECT outcome, score FROM results WHERE key = ?", (key,)
        ).fetchone()
        values = (decision.outcome.value, decision.score)
        if before is None or self.decided(decision.student, decision.problem, answer) == decision:
            return
        with self._writing() as db:
            db.execute(
                "INSERT INTO decisions (at, student, problem, answer, outcome, score, note, "
                "source, before, before_score) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    datetime.now(UTC).isoformat(timespec="seconds"), decision.student,
                    decision.problem, answer, *values, decision.note, decision.source, *before,
                ),
            )  # fmt: skip
            db.execute(
                "UPDATE results SET outcome = ?, score = ?, rule = ?, detail = ?, "
                "needs_person = 0 WHERE key = ?",
                (*values, OVERRIDE, decision.note, key),
            )

    def decided(self, student: str | None, problem: str, answer: str | None) -> Decision | None:
        """The latest decision about this answer, if a person has made one."""
        row = self._db.execute(
            "SELECT * FROM decisions WHERE student IS ? AND problem = ? AND answer IS ? "
            "ORDER BY number DESC LIMIT 1",
            (student, problem, answer),
        ).fetchone()
        return None if row is None else columns.decision_of(row)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What is written in this block is seen, and kept, all together or not at all."""
        before, self._every = self._every, math.inf
        try:
            yield
            self.flush()
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._every = before

    def flush(self) -> None:
        """Writes what is collected."""
        if self._db.in_transaction:
            with database.troubles(self._path):
                self._db.execute("COMMIT")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with database.troubles(self._path):
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
                self._began = time.monotonic()
            try:
                yield self._db
                if time.monotonic() - self._began >= self._every:
                    self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @property
    def _db(self) -> sqlite3.Connection:
        assert self._open is not None, "the store is used inside `with`"
        return self._open
