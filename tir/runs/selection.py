"""Which problems of a set are taken, and in which order."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from problems import Problem
from tir.errors import BadInput
from tir.runs import columns
from tir.runs.key import digest, problem_key


class Problems(Protocol):
    """A set of problems that may be read again and again."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Problem]: ...


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a set. `ids` first, then `shuffle`, then `limit`."""

    limit: int | None = None
    ids: tuple[str, ...] = ()
    shuffle: int | None = None
    """Seed of the order; the same seed gives the same order of the same problems."""

    def of(self, problems: Problems) -> Iterator[Problem]:
        """The selected problems, one at a time.

        Raises:
            BadInput: an id is not in the set.
        """
        chosen: Iterable[Problem] = problems
        if self.ids:
            chosen = self._named(problems)
        if self.shuffle is not None:
            chosen = _shuffled(chosen, self.shuffle)
        for number, problem in enumerate(chosen):
            if self.limit is not None and number >= self.limit:
                return
            yield problem

    def _named(self, problems: Problems) -> Iterator[Problem]:
        missing = dict.fromkeys(self.ids)
        for problem in problems:
            if problem.id in self.ids:
                missing.pop(problem.id, None)
                yield problem
        if missing:
            raise BadInput(
                f"{_and(list(missing))} {'is' if len(missing) == 1 else 'are'} not in the set.",
                why=f"It holds {len(problems):,} problems, none of this id.",
                hint="the ids of the file, separated by commas: --ids a,b",
            )


def _shuffled(problems: Iterable[Problem], seed: int) -> Iterator[Problem]:
    """By a hash of seed and content: a problem's place does not depend on the others."""
    # A private file that SQLite deletes itself: a million problems would be a gigabyte of memory.
    with closing(sqlite3.connect("", isolation_level=None)) as table:
        table.execute("PRAGMA journal_mode = OFF")
        table.execute("PRAGMA synchronous = OFF")
        table.execute("CREATE TABLE problems (place TEXT, number INT, record TEXT)")
        table.execute("BEGIN")
        table.executemany(
            "INSERT INTO problems VALUES (?, ?, ?)",
            (
                (digest([seed, problem_key(problem)]), number, columns.problem_text(problem))
                for number, problem in enumerate(problems)
            ),
        )
        for (text,) in table.execute("SELECT record FROM problems ORDER BY place, number"):
            yield columns.problem_of(text)


def _and(names: Sequence[str]) -> str:
    shown = [repr(name) for name in names[:5]]
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown)} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
