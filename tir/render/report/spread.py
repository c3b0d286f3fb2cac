"""How tokens and seconds spread over the rows, counted while they stream by."""

from collections import Counter
from dataclasses import dataclass, field
from math import floor, log10

from tir.runs.result import Outcome, Result

_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows from `low` up to, but not including, `high`."""

    low: float
    high: float
    right: int
    rest: int


@dataclass(slots=True)
class Spread:
    """Counts in bins of 1, 2, 5, 10, ...: a fixed number of them, whatever the run's size."""

    rows: Counter[int] = field(default_factory=Counter)
    right: Counter[int] = field(default_factory=Counter)

    def add(self, value: float, outcome: Outcome) -> None:
        """Counts one row; one that cost nothing is none of those asked about."""
        if value > 0:
            at = _index(value)
            self.rows[at] += 1
            self.right[at] += outcome is Outcome.CORRECT

    def bins(self) -> list[Bin]:
        """From the first to the last that holds a row, empty ones between included."""
        if not self.rows:
            return []
        return [
            Bin(_edge(at), _edge(at + 1), self.right[at], self.rows[at] - self.right[at])
            for at in range(min(self.rows), max(self.rows) + 1)
        ]


@dataclass(slots=True)
class Costs:
    """The spreads of what rows cost."""

    tokens: Spread = field(default_factory=Spread)
    seconds: Spread = field(default_factory=Spread)

    def add(self, result: Result) -> None:
        """Counts one row."""
        self.tokens.add(result.usage.generated, result.outcome)
        self.seconds.add(result.seconds, result.outcome)


def _index(value: float) -> int:
    decade = floor(log10(value))
    leading = value / float(10**decade)
    return 3 * decade + sum(leading >= step for step in _STEPS[1:])


def _edge(index: int) -> float:
    decade, step = divmod(index, 3)
    return float(_STEPS[step] * 10**decade) if decade >= 0 else _STEPS[step] / 10**-decade
