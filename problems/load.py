"""Loading problem sets: from a file, or by name from a folder.

    for problem in load("gsm8k", folder="data"):
    len(load("homework.csv"))

A file is read twice, each time row by row: once whole, to find every row that cannot be used
before anything is done with the first, and then for each iteration. So a set of a million rows
takes no more memory than one of ten.
"""

import difflib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from .making import Maker
from .problem import Problem
from .rows import READERS, BadRow, rows
from .sets import Unusable, plain_name

FOLDER = "TIR_PROBLEMS"
"""The environment variable that names the folder of sets."""
SHOWN = 10
"""Bad rows that a message names."""
KEPT = 10_000
"""Bad rows that an error carries; it counts the others."""


class ProblemFileError(ValueError):
    """A problem set cannot be used. `str()` gives what, where, and what to do."""

    def __init__(
        self, what: str, *, hint: str, bad: tuple[BadRow, ...] = (), count: int = 0, path: Path
    ) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.path = path
        self.bad = bad
        """The rows that cannot be used, in the order of the file, at most `KEPT`."""
        self.count = count or len(bad)
        """How many there are."""

    @property
    def why(self) -> str:
        """The first bad rows, each as "file:line: reason"."""
        shown = [f"{self.path.name}:{row.line}: {row.reason}" for row in self.bad[:SHOWN]]
        if self.count > len(shown) > 0:
            shown.append(f"and {self.count - len(shown)} more")
        return "; ".join(shown) or str(self.path)

    def __str__(self) -> str:
        return f"{self.what}\n  {self.why}\n  Try: {self.hint}"


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """The problems of one file whose every row was found usable. Iterate as often as you like."""

    path: Path
    name: str
    layout: str
    """Which fields were read as what: "question: Body Question, gold: Answer"."""
    count: int
    _maker: Maker
    _stamp: tuple[int, int]

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Problem]:
        """Raises ProblemFileError if the file is no longer the one that was checked."""
        if _stamp(self.path) != self._stamp:
            raise _changed(self.path)
        for line, row in rows(self.path):
            if isinstance(row, BadRow):
                raise _changed(self.path, row)
            try:
                yield self._maker.problem(row)
            except Unusable as error:
                raise _changed(self.path, BadRow(line, str(error))) from error
        if _stamp(self.path) != self._stamp:
            raise _changed(self.path)


def load(
    path_or_name: str | os.PathLike[str], *, folder: str | os.PathLike[str] | None = None
) -> ProblemSet:
    """The problems of a file, or of the set of this name in `folder` (else in $TIR_PROBLEMS).

    Raises ProblemFileError, which names file, lines and reasons, if there is no such file or
    name, or if any row cannot be used: unreadable, without a question, with a reference answer
    that is blank or does not parse, with the id of another row. Raises ImportError for Parquet
    without pyarrow.
    """
    path = _find(os.fspath(path_or_name), folder)
    if path.suffix.lower() not in READERS:
        raise ProblemFileError(
            f"{path.name} is no problem file",
            hint=f"save it as one of {', '.join(READERS)}",
            path=path,
        )
    try:
        stamp = _stamp(path)
        found = _checked(path, stamp)
    except OSError as error:
        raise ProblemFileError(
            f"{path.name} cannot be read: {error.strerror or error}",
            hint="name a file that you may read",
            path=path,
        ) from error
    if _stamp(path) != stamp:
        raise _changed(path)
    return found


def _checked(path: Path, stamp: tuple[int, int]) -> ProblemSet:
    name = plain_name(path.stem if path.stem not in _SPLITS else path.parent.name)
    maker: Maker | None = None
    bad: list[BadRow] = []
    wrong = good = 0
    with closing(_Ids()) as ids:
        for line, row in rows(path):
            reason = row.reason if isinstance(row, BadRow) else ""
            at = row.line if isinstance(row, BadRow) else line
            if not isinstance(row, BadRow):
                try:
                    # The first row that can be read says how all are laid out.
                    maker = maker or Maker.of(name, row, source=_source(path))
                    problem = maker.problem(row)
                    before = ids.line(problem.id, line) if maker.has_ids else None
                    if before is not None:
                        reason = f"id {problem.id!r} is that of line {before}"
                except Unusable as error:
                    reason = str(error)
            if reason:
                wrong += 1
                if len(bad) < KEPT:
                    bad.append(BadRow(at, reason))
            else:
                good += 1
            if reason and maker is None and not isinstance(row, BadRow):
                break
    if wrong:
        rows_ = "row" if wrong == 1 else "rows"
        raise ProblemFileError(
            f"{path.name}: {wrong} {rows_} cannot be used, {good} can",
            hint="mend these rows, or take them out; nothing was started",
            bad=tuple(bad),
            count=wrong,
            path=path,
        )
    if maker is None:
        raise ProblemFileError(f"{path.name} holds no problems", hint="add some rows", path=path)
    return ProblemSet(path, _source(path), maker.layout, good, maker, stamp)


class _Ids:
    """Which line has which id, on disk: a million ids in memory would be 100 MB."""

    def __init__(self) -> None:
        # An empty name is SQLite's for a private file that it deletes itself.
        self._table = sqlite3.connect("", isolation_level=None)
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute("PRAGMA synchronous = OFF")
        self._table.execute("CREATE TABLE ids (id TEXT PRIMARY KEY, line INT) WITHOUT ROWID")
        self._table.execute("BEGIN")

    def line(self, id: str, line: int) -> int | None:
        """The line that has this id already; else None, and from now on it is `line`."""
        done = self._table.execute("INSERT OR IGNORE INTO ids VALUES (?, ?)", (id, line))
        if done.rowcount:
            return None
        found = self._table.execute("SELECT line FROM ids WHERE id = ?", (id,)).fetchone()
        return int(found[0])

    def close(self) -> None:
        self._table.close()


_SPLITS = frozenset(("test", "train", "validation", "val", "dev"))
"""A file of this name is called by its folder: gsm8k/test.jsonl."""


def _source(path: Path) -> str:
    return path.parent.name if path.stem in _SPLITS and path.parent.name else path.stem


def _find(name: str, folder: str | os.PathLike[str] | None) -> Path:
    path = Path(name)
    if path.is_file():
        return path
    if path.suffix.lower() in READERS or path.is_dir():
        what = "is a folder" if path.is_dir() else "is not there"
        hint = "name one file of it" if path.is_dir() else "check the path"
        raise ProblemFileError(f"{name} {what}", hint=hint, path=path)
    where = folder or os.environ.get(FOLDER)
    if not where:
        raise ProblemFileError(
            f"there is no file {name}",
            hint=f"name the folder that holds the set {plain_name(name)}, or set {FOLDER}",
            path=path,
        )
    sets = _sets(Path(where))
    files = sets.get(plain_name(name), [])
    if len(files) == 1:
        return files[0]
    if files:
        several = ", ".join(file.name for file in files)
        raise ProblemFileError(
            f"{where} holds the set {name} several times: {several}",
            hint="name the file",
            path=Path(where),
        )
    near = difflib.get_close_matches(plain_name(name), sets, n=3) or sorted(sets)[:12]
    raise ProblemFileError(
        f"{where} holds no set {name}",
        hint=f"one of {', '.join(near)}" if near else "name a folder with problem files",
        path=Path(where),
    )


def _sets(folder: Path) -> dict[str, list[Path]]:
    """Files by the plain name of their set: name.jsonl, or name/test.jsonl."""
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in READERS)
        files += sorted(file for file in folder.glob("*/test.*") if file.suffix.lower() in READERS)
    except OSError as error:
        raise ProblemFileError(
            f"{folder} cannot be read: {error.strerror}", hint="name a folder of sets", path=folder
        ) from error
    named: dict[str, list[Path]] = {}
    for file in files:
        named.setdefault(plain_name(_source(file)), []).append(file)
    return named


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _changed(path: Path, *bad: BadRow) -> ProblemFileError:
    return ProblemFileError(
        f"{path.name} was changed after it was checked",
        hint="load it again",
        bad=bad,
        path=path,
    )
