"""The results of a run as CSV, Parquet and lines of JSON: one row per problem, or per answer."""

import csv
import importlib.util
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tir.errors import BadInput, EnvironmentFailed
from tir.record import problem_record, solution_record, to_json
from tir.runs.files import failed, replaced
from tir.runs.result import Result
from tir.runs.run import Run

SCHEMA = "tir.result/1"
"""Of a line of JSON."""
COLUMNS: dict[str, str] = {
    "position": "int64", "student": "string", "problem": "string", "subject": "string",
    "level": "string", "source": "string", "question": "string", "gold": "string",
    "answer": "string", "outcome": "string", "score": "float64", "points": "float64",
    "earned": "float64", "rule": "string", "detail": "string", "needs_person": "bool_",
    "status": "string", "agreeing": "int64", "drawn": "int64", "calls": "int64",
    "tokens": "int64", "seconds": "float64",
}  # fmt: skip
"""Of CSV and Parquet, with their types in Arrow."""
_BATCH = 5000

_ACTIVE = re.compile(r"[\s\0]*[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?%?")


def cells(result: Result) -> dict[str, Any]:
    """A result as the values of `COLUMNS`."""
    problem = result.problem
    return {
        "position": result.position, "student": result.student, "problem": problem.id,
        "subject": problem.subject, "level": problem.level, "source": problem.source,
        "question": problem.question, "gold": problem.gold, "answer": result.answer,
        "outcome": result.outcome.value, "score": result.score, "points": result.points,
        "earned": result.earned, "rule": result.rule, "detail": result.detail,
        "needs_person": result.needs_person,
        "status": None if result.status is None else result.status.value,
        "agreeing": result.agreement[0], "drawn": result.agreement[1], "calls": result.calls,
        "tokens": result.usage.generated, "seconds": result.seconds,
    }  # fmt: skip


def harmless(value: object) -> object:
    """A cell that no spreadsheet takes for a formula (OWASP, *CSV Injection*).

    What begins like a formula gets an apostrophe in front, which spreadsheets read as "text".
    A number stays one: `-5` computes nothing.
    """
    if isinstance(value, str):
        value = value.replace("\0", "")
        if _ACTIVE.match(value) and not _NUMBER.fullmatch(value):
            return f"'{value}"
    return value


def unharmed(text: str) -> str:
    """The cell that `harmless` made this of."""
    rest = text[1:]
    return rest if text.startswith("'") and harmless(rest) == text else text


def to_csv(run: Run, path: Path) -> None:
    """Every row, in UTF-8, quoted by RFC 4180, formulas made harmless."""
    with replaced(path, newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for result in run.results():
            table.writerow([harmless(value) for value in cells(result).values()])


def to_jsonl(run: Run, path: Path) -> None:
    """Every row with its whole problem and solution, one JSON object in a line."""
    with replaced(path) as file:
        for result in run.results():
            solution = result.solution()
            record = {
                "schema": SCHEMA,
                "key": result.key,
                **cells(result),
                "problem": problem_record(result.problem),
                "samples": [list(sample) for sample in result.samples],
                "solution": None if solution is None else solution_record(solution),
            }
            file.write(f"{to_json(record)}\n")


def to_parquet(run: Run, path: Path) -> None:
    """Every row, with the types of `COLUMNS`. Raises EnvironmentFailed without pyarrow."""
    try:
        import pyarrow
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise EnvironmentFailed(
            "Parquet cannot be written.",
            why="pyarrow is not installed.",
            hint='pip install "tir-math[parquet]"',
        ) from error
    schema = pyarrow.schema([(name, getattr(pyarrow, kind)()) for name, kind in COLUMNS.items()])
    new = path.with_name(f".{path.name}.new")
    try:
        with ParquetWriter(new, schema, compression="zstd") as writer:
            for rows in _batches(map(cells, run.results())):
                writer.write_table(pyarrow.Table.from_pylist(rows, schema))
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise failed(path, error) from error


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


FORMATS: dict[str, Callable[[Run, Path], None]] = {
    "csv": to_csv,
    "parquet": to_parquet,
    "jsonl": to_jsonl,
}
"""What a run can be exported as, by the suffix of the file."""


def write_exports(run: Run) -> None:
    """The tables that a run's folder holds: CSV, and Parquet where pyarrow is installed."""
    to_csv(run, run.folder / "results.csv")
    if importlib.util.find_spec("pyarrow") is not None:
        to_parquet(run, run.folder / "results.parquet")


def export(run: Run, path: Path, kind: str | None = None) -> None:
    """Writes a run to a file, as `kind` or as its suffix says.

    Raises:
        BadInput: there is no such format.
        EnvironmentFailed: the file cannot be written, or pyarrow is missing.
    """
    name = kind or path.suffix.lstrip(".").lower()
    if name not in FORMATS:
        raise BadInput(
            f"a run cannot be exported as {name or 'a file without a suffix'!r}.",
            why=f"The formats are {', '.join(FORMATS)}, and html for the report.",
            hint=f"tir export {run.folder} -o {path.stem}.csv",
        )
    FORMATS[name](run, path)
