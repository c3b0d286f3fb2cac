"""What a class came to: points by student, and the answers that need a person."""

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tir.runs import database
from tir.runs.export import harmless
from tir.runs.files import replaced
from tir.runs.run import Run

STUDENTS = "students.csv"
REVIEW = "review.csv"


@dataclass(frozen=True, slots=True)
class Standing:
    """One student's totals."""

    student: str
    answers: int
    earned: float
    """Points, those of undecided answers not yet counted."""
    points: float
    """The most that could be earned."""
    undecided: int
    needs_person: int


def standings(run: Run) -> Iterator[Standing]:
    """Every student of a run, by name; one at a time."""
    with closing(database.read(run.folder)) as db, database.troubles(run.folder / database.FILE):
        db.row_factory = sqlite3.Row
        for row in db.execute(
            "SELECT student, count(*) AS answers, total(score * points) AS earned, "
            "total(points) AS points, total(score IS NULL) AS undecided, "
            "total(needs_person) AS needs_person FROM results "
            "WHERE command = (SELECT max(number) FROM commands) AND student IS NOT NULL "
            "GROUP BY student ORDER BY student"
        ):
            yield Standing(
                row["student"],
                row["answers"],
                row["earned"],
                row["points"],
                int(row["undecided"]),
                int(row["needs_person"]),
            )


def write_students(run: Run, path: Path) -> None:
    """One row per student."""
    with replaced(path, newline="") as file:
        table = csv.writer(file)
        table.writerow(["student", "answers", "earned", "points", "undecided", "needs_person"])
        for each in standings(run):
            table.writerow(
                [
                    harmless(each.student), each.answers, f"{each.earned:g}", f"{each.points:g}",
                    each.undecided, each.needs_person,
                ]
            )  # fmt: skip


def write_review(run: Run, path: Path) -> None:
    """The answers that need a person. Filled in, it is a file for `--override`."""
    names = [
        "student", "problem", "question", "answer", "gold", "rule", "detail",
        "outcome", "score", "note",
    ]  # fmt: skip
    with replaced(path, newline="") as file:
        table = csv.writer(file)
        table.writerow(names)
        for each in run.results():
            if each.needs_person:
                known = (
                    each.student, each.problem.id, each.problem.question, each.answer,
                    each.problem.gold, each.rule, each.detail,
                )  # fmt: skip
                table.writerow([*map(harmless, known), "", "", ""])
