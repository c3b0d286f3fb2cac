"""Two runs over the same problems, row by row."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import NormalDist

from problems.shown import Shown
from tir.errors import BadInput
from tir.metrics import CONFIDENCE, Interval, mcnemar
from tir.runs import columns, database
from tir.runs.result import Outcome
from tir.runs.run import Run


@dataclass(frozen=True, slots=True)
class Change:
    """A row that one run has right and the other has not."""

    id: str
    student: str | None
    question: str
    before: Outcome
    after: Outcome
    answers: tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Counts:
    """How the rows that both runs decided stand to each other."""

    both: int
    neither: int
    gained: int
    lost: int
    only_first: int
    """Rows that the second run does not have..."""
    only_second: int
    undecided: int
    """Rows that both have and one of them did not decide."""

    @property
    def pairs(self) -> int:
        """Rows that both decided."""
        return self.both + self.neither + self.gained + self.lost

    @property
    def difference(self) -> float | None:
        """Accuracy of the second minus that of the first, over the pairs."""
        return (self.gained - self.lost) / self.pairs if self.pairs else None

    @property
    def interval(self) -> Interval | None:
        """Of the difference of paired proportions (Agresti, Min 2005): Wald's, with half a row
        added to each of the four counts, which holds its level where few rows change."""
        if not self.pairs:
            return None
        n = self.pairs + 2
        gained, lost = self.gained + 0.5, self.lost + 0.5
        middle = (gained - lost) / n
        z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
        spread = z * sqrt(max(0.0, (gained + lost) - (gained - lost) ** 2 / n)) / n
        return Interval(max(-1.0, middle - spread), min(1.0, middle + spread))

    @property
    def p(self) -> float:
        """Exact McNemar test: how likely so lopsided a change is if there is no difference."""
        return mcnemar(self.gained, self.lost)


@dataclass(frozen=True, slots=True)
class Comparison(Shown):
    """Two runs side by side. Rows are the same that ask the same question of the same student."""

    first: Run
    second: Run
    counts: Counts

    def changes(self) -> Iterator[Change]:
        """Rows gained, then rows lost, each in the order of the second run."""
        with closing(database.read(self.second.folder)) as db, _troubles(self.second):
            _attach(db, self.first.folder)
            for row in db.execute(_CHANGES):
                record, student, before, after, *answers = row
                problem = columns.problem_of(record)
                yield Change(
                    problem.id,
                    student,
                    problem.question,
                    Outcome(before),
                    Outcome(after),
                    (answers[0], answers[1]),
                )


def compare(first: Path | str, second: Path | str) -> Comparison:
    """Compares the latest commands of two runs, in SQLite, without holding them in memory.

    Raises:
        BadInput: one is no run, or they have no row in common.
    """
    runs = Run.open(first), Run.open(second)
    with closing(database.read(runs[1].folder)) as db, _troubles(runs[1]):
        _attach(db, runs[0].folder)
        counts = Counts(*map(int, db.execute(_COUNTS).fetchone()))
    if counts.pairs + counts.undecided == 0:
        raise BadInput(
            "the two runs have no problem in common.",
            why=f"{first} is of {runs[0].manifest.name}, {second} of {runs[1].manifest.name}.",
            hint="two runs over the same set",
        )
    return Comparison(*runs, counts)


_SIDE = """
    SELECT problems.question AS question, coalesce(student, '') AS who, student, outcome, answer,
        position, record, min(number)
    FROM {side}.results AS rows JOIN {side}.problems AS problems ON rows.problem = problems.key
    WHERE command = (SELECT max(number) FROM {side}.commands)
    GROUP BY problems.question, who
"""
_WITH = f"WITH a AS ({_SIDE.format(side='first')}), b AS ({_SIDE.format(side='main')})"
_DECIDED = ", ".join(f"'{outcome.value}'" for outcome in Outcome if outcome.decided)
_BOTH = f"(a.outcome IN ({_DECIDED}) AND b.outcome IN ({_DECIDED}))"
_A, _B = "(a.outcome = 'correct')", "(b.outcome = 'correct')"
_COUNTS = f"""
    {_WITH}
    SELECT total({_BOTH} AND {_A} AND {_B}), total({_BOTH} AND NOT {_A} AND NOT {_B}),
        total({_BOTH} AND NOT {_A} AND {_B}), total({_BOTH} AND {_A} AND NOT {_B}),
        (SELECT count(*) FROM a) - count(*), (SELECT count(*) FROM b) - count(*),
        total(NOT {_BOTH})
    FROM a JOIN b USING (question, who)
"""
_CHANGES = f"""
    {_WITH}
    SELECT b.record, b.student, a.outcome, b.outcome, a.answer, b.answer
    FROM a JOIN b USING (question, who)
    WHERE {_BOTH} AND {_A} <> {_B} ORDER BY {_A}, b.position
"""


def _attach(db: sqlite3.Connection, folder: Path) -> None:
    """The first run's database as `first`, read only as the other is."""
    database.read(folder).close()
    db.execute("ATTACH ? AS first", (database.address(folder),))


def _troubles(run: Run) -> AbstractContextManager[None]:
    return database.troubles(run.folder / database.FILE)
