"""Grading of a pandas DataFrame: the marks come back as columns, and stand in a run's folder too.

The frame goes through the same door as a file (`tir.grade`), so that the rules, the log of
decisions and the report are the same. pandas itself is never imported here: who has no frame
needs none.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from problems import Problem
from tir.errors import BadInput
from tir.record import problem_record
from tir.runs.evaluation import default_folder
from tir.runs.files import make_folder
from tir.runs.key import digest
from tir.runs.result import Result
from tir.runs.run import Run
from tir.runs.submissions import ANSWER, PROBLEM, STUDENT, column

GOLD = ("gold", "key", "reference", "expected", "correctanswer", "solution")
"""Names of a column that holds the key, row by row; without case, blanks and underscores."""
FOLDER = "tir_run"
"""Under this name the frame that is returned says, in `attrs`, where its run is."""

Frame = Any
"""A pandas DataFrame."""
Key = str | os.PathLike[str] | Mapping[str, str] | Sequence[Problem] | None


def is_frame(value: object) -> bool:
    """Whether it is a pandas DataFrame, told without importing pandas."""
    return any(
        kind.__name__ == "DataFrame" and kind.__module__.startswith("pandas")
        for kind in type(value).__mro__
    )


def grade_frame(
    frame: Frame,
    grade: Callable[..., Run],
    *,
    key: Key = None,
    out: str | os.PathLike[str] | None = None,
    **others: Any,
) -> Frame:
    """A copy of `frame` with columns outcome, score, rule and reason.

    Its columns are found by name: `answer`; `problem` or `question`; `student`, or each row is
    one; a column `gold` with the key, or `key`: a problem file, a mapping from problem to answer,
    or problems. `grade` is the function for files.

    Raises:
        BadInput: there is no column of answers, or two keys for one problem.
        TirError: see `tir.grade`.
    """
    rows, golds = _rows(frame)
    where = Path(out) if out is not None else _default(rows)
    make_folder(where)
    table = _written(where / "frame.jsonl", rows)
    known = _key(key, golds, where)
    run = grade(table, key=known, out=where, **others)
    return marked(frame, run)


def marked(frame: Frame, run: Run) -> Frame:
    """A copy of `frame` with the marks of its run as they are now."""
    results: list[Result] = list(run.results())
    found = frame.copy()
    found["outcome"] = [result.outcome.value for result in results]
    found["score"] = [result.score for result in results]
    found["rule"] = [result.rule for result in results]
    found["reason"] = [result.detail for result in results]
    found.attrs[FOLDER] = str(run.folder)
    return found


def _rows(frame: Frame) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The rows as `tir.grade` reads them, and the key that stands in the frame."""
    names: dict[str, object] = {str(name): None for name in frame.columns}
    answer, problem = column(names, ANSWER), column(names, PROBLEM)
    student, gold = column(names, STUDENT), column(names, GOLD)
    if answer is None:
        raise BadInput(
            "the frame has no answers.",
            why=f"Its columns are {', '.join(map(repr, names))}; none is called `answer`.",
            hint='frame.rename(columns={"...": "answer"})',
        )
    rows: list[dict[str, str]] = []
    golds: dict[str, str] = {}
    for label, values in zip(frame.index, _values(frame), strict=True):
        name = values[problem] if problem is not None else str(label)
        who = values[student] if student is not None else f"row {label}"
        rows.append({"student": who, "problem": name, "answer": values[answer]})
        key = values[gold] if gold is not None else ""
        if key and golds.setdefault(name, key) != key:
            raise BadInput(
                f"there are two keys for {name[:60]!r}.",
                why=f"{golds[name]!r} and {key!r} stand in the column {gold!r}.",
                hint="a column `problem` that tells the problems apart",
            )
    return rows, golds


def _values(frame: Frame) -> Iterator[dict[str, str]]:
    """Each row as text; what is missing is blank."""
    blank = frame.isna()
    for at in range(len(frame)):
        row, missing = frame.iloc[at], blank.iloc[at]
        yield {
            str(name): "" if missing.iloc[n] else str(row.iloc[n]).strip()
            for n, name in enumerate(frame.columns)
        }


def _key(key: Key, golds: Mapping[str, str], where: Path) -> Path | None:
    if key is None and not golds:
        return None
    if isinstance(key, str | os.PathLike):
        return Path(key)
    path = where / "frame-key.jsonl"
    if key is None or isinstance(key, Mapping):
        named = golds if key is None else key
        keys = [{"id": str(id), "question": str(id), "answer": g} for id, g in named.items()]
        return _written(path, keys)
    records = []
    for problem in key:
        record = {name: value for name, value in problem_record(problem).items() if value}
        record["answer"] = record.pop("gold", "")
        records.append(record)
    return _written(path, records)


def _default(rows: Sequence[Mapping[str, str]]) -> Path:
    """The same folder for the same students and problems, so that decisions hold."""
    return default_folder("grade", "frame", digest([[r["student"], r["problem"]] for r in rows]))


def _written(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path
