"""Results as rows of the database, and back."""

import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from problems import Problem
from tir.record import (
    problem_from_record,
    problem_record,
    solution_from_record,
    solution_record,
    to_json,
)
from tir.runs.result import Decision, Outcome, Result
from tir.solution import Solution, SolutionStatus
from tir.trajectory import Usage

NAMES = (
    "key", "work", "problem", "command", "position", "student", "outcome", "score", "points",
    "rule", "detail", "answer", "needs_person", "status", "agreeing", "drawn", "samples",
    "prompt", "generated", "observed", "forwarded", "cached", "calls", "seconds",
)  # fmt: skip


def row_of(result: Result, *, work: str | None, problem: str, command: int) -> tuple[object, ...]:
    """The values of `NAMES` for a result; `work` and `problem` are keys."""
    usage = result.usage
    return (
        result.key, work, problem, command, result.position, result.student,
        result.outcome.value, result.score, result.points, result.rule, _text(result.detail),
        _text(result.answer), result.needs_person,
        None if result.status is None else result.status.value, *result.agreement,
        json.dumps(result.samples) if result.samples else "",
        usage.prompt, usage.generated, usage.observed, usage.forwarded, usage.cached, result.calls,
        result.seconds,
    )  # fmt: skip


def result_of(
    row: sqlite3.Row, problem: Problem, solution: Callable[[], Solution | None]
) -> Result:
    """The result of a row, whose problem is given and whose solution can be had."""
    return Result(
        key=row["key"],
        position=row["position"],
        problem=problem,
        outcome=Outcome(row["outcome"]),
        score=row["score"],
        points=row["points"],
        rule=row["rule"],
        detail=row["detail"],
        answer=row["answer"],
        needs_person=bool(row["needs_person"]),
        student=row["student"],
        status=None if row["status"] is None else SolutionStatus(row["status"]),
        agreement=(row["agreeing"], row["drawn"]),
        samples=tuple((size, score) for size, score in json.loads(row["samples"] or "[]")),
        usage=Usage(
            row["prompt"], row["generated"], row["observed"], row["forwarded"], row["cached"]
        ),
        calls=row["calls"],
        seconds=row["seconds"],
        _solution=solution,
    )


def decision_of(row: sqlite3.Row) -> Decision:
    """The decision of a row."""
    return Decision(
        row["student"],
        row["problem"],
        Outcome(row["outcome"]),
        row["score"],
        row["note"],
        row["source"],
    )


def pack(record: Mapping[str, Any]) -> bytes:
    """A record in a tenth of its size; half characters of a model's text are kept by JSON."""
    return zlib.compress(to_json(dict(record)).encode(), 1)


def unpack(data: bytes) -> Any:
    """The record of `pack`."""
    return json.loads(zlib.decompress(data))


def pack_solution(solution: Solution) -> bytes:
    """A solution as it is stored."""
    return pack(solution_record(solution))


def unpack_solution(data: bytes) -> Solution:
    """The solution of `pack_solution`."""
    return solution_from_record(unpack(data))


def problem_text(problem: Problem) -> str:
    """A problem as it is stored."""
    return to_json(problem_record(problem))


def problem_of(text: str) -> Problem:
    """The problem of `problem_text`."""
    return problem_from_record(json.loads(text))


def _text(text: str | None) -> str | None:
    """Text that SQLite takes: it holds UTF-8, which has no half characters (lone surrogates)."""
    if text is None or text.isascii():
        return text
    return text.encode(errors="replace").decode() if _has_halves(text) else text


def _has_halves(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
