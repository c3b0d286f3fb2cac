"""The file that a run's results live in, and what its troubles mean.

SQLite, from the standard library, in write-ahead (WAL) mode. A format of our own, or lines of
JSON, would have to be taught what SQLite has been tested for in billions of installations: a
result is there whole or not at all, whatever moment the process is killed in; a torn write at
the end is found by its checksum and left out; readers see a consistent state while a run writes;
one row among a million is found by key without a read of the others. DuckDB over Parquet is
faster at totals, but is a dependency, and a Parquet file cannot be added to.

A commit survives the death of the process. The write-ahead log reaches the disk when it is
checkpointed (`synchronous = NORMAL`), so that a power cut may cost the last results, never the
consistency of those before. WAL needs a file system of this machine: on a network share, write
the run elsewhere and copy the folder.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tir.errors import BadInput, EnvironmentFailed, TirError
from tir.runs.files import failed, full

FILE = "results.sqlite"
VERSION = 1
"""Of the tables. Another one is another format."""
_APPLICATION = 0x74697231
""""tir1": tells our files from other SQLite files."""

_TABLES = """
CREATE TABLE problems (
    key TEXT PRIMARY KEY, question TEXT NOT NULL, record TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE results (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, work TEXT, problem TEXT NOT NULL,
    command INTEGER NOT NULL, position INTEGER NOT NULL, student TEXT,
    outcome TEXT NOT NULL, score REAL, points REAL NOT NULL, rule TEXT NOT NULL,
    detail TEXT NOT NULL, answer TEXT, needs_person INTEGER NOT NULL,
    status TEXT, agreeing INTEGER NOT NULL, drawn INTEGER NOT NULL, samples TEXT NOT NULL,
    prompt INTEGER NOT NULL, generated INTEGER NOT NULL, observed INTEGER NOT NULL,
    forwarded INTEGER NOT NULL, cached INTEGER NOT NULL, calls INTEGER NOT NULL,
    seconds REAL NOT NULL
);
CREATE INDEX results_in_order ON results (command, position);
CREATE INDEX results_by_work ON results (work) WHERE work IS NOT NULL;
CREATE TABLE solutions (number INTEGER PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE unfinished (work TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE commands (number INTEGER PRIMARY KEY, began TEXT NOT NULL, rows INTEGER NOT NULL);
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, student TEXT, problem TEXT NOT NULL,
    answer TEXT, outcome TEXT NOT NULL, score REAL, note TEXT NOT NULL, source TEXT NOT NULL,
    before TEXT NOT NULL, before_score REAL
);
CREATE INDEX decisions_by_answer ON decisions (problem, student);
"""


def write(folder: Path) -> sqlite3.Connection:
    """The database of a folder, made if it is not there, open for writing.

    Raises:
        BadInput: it is of another version, or no database of ours.
        EnvironmentFailed: it cannot be written.
    """
    path = folder / FILE
    with troubles(path):
        _touch(path)
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            if not _is_made(database):
                database.executescript(
                    f"BEGIN; PRAGMA application_id = {_APPLICATION};"
                    f"PRAGMA user_version = {VERSION}; {_TABLES} COMMIT;"
                )
            _require_ours(database, path)
        except BaseException:
            database.close()
            raise
    return database


def read(folder: Path) -> sqlite3.Connection:
    """The database of a folder, open for reading; a run may be writing it.

    Raises:
        BadInput: there is none, it is of another version, or no database of ours.
    """
    path = folder / FILE
    if not path.is_file():
        raise BadInput(
            f"{folder} holds no results.",
            why=f"There is no {FILE} in it.",
            hint="the folder of a run: ls runs",
        )
    with troubles(path):
        database = sqlite3.connect(
            address(folder), uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            database.execute("PRAGMA query_only = ON")
            _require_ours(database, path)
        except BaseException:
            database.close()
            raise
    return database


def address(folder: Path) -> str:
    """The URI by which SQLite opens the database of a folder for reading."""
    # Reading a WAL file makes an index beside it. Where nothing can be made nothing is written
    # either, and the file may be read as it is.
    mode = "mode=ro" if os.access(folder, os.W_OK) else "immutable=1"
    return f"{(folder / FILE).absolute().as_uri()}?{mode}"


@contextlib.contextmanager
def troubles(path: Path) -> Iterator[None]:
    """Turns SQLite's errors about `path` into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(path, error) from error
    except OSError as error:
        raise failed(path, error) from error


def _meaning(path: Path, error: sqlite3.Error) -> TirError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL" or name.startswith(("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")):
        return full(path)
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return EnvironmentFailed(
            f"{path} cannot be written.",
            why=f"{error}. What was written before is kept.",
            hint="another folder: --out FOLDER",
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return BadInput(
            f"{path} is damaged, or no file of ours.",
            why=f"SQLite says: {error}.",
            hint=f"sqlite3 {path} .recover, or start over with --fresh",
        )
    return EnvironmentFailed(
        f"{path} could not be used.",
        why=f"SQLite says: {error} ({name or type(error).__name__}).",
        hint=f"ls -l {path.parent}; df -h {path.parent}",
    )


def _touch(path: Path) -> None:
    """SQLite's word for a folder that cannot be written is vague; the system's is not."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666))


def _is_made(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _require_ours(database: sqlite3.Connection, path: Path) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION:
        raise BadInput(
            f"{path} is no file of results.",
            why="It is a SQLite file that something else has made.",
            hint="another folder: --out FOLDER",
        )
    if version != VERSION:
        raise BadInput(
            f"{path} is of version {version}.",
            why=f"This tir reads and writes version {VERSION}.",
            hint="the tir that wrote it, or another folder: --out FOLDER",
        )
