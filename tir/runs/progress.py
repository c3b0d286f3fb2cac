"""How far a run is, and how it looks so far."""

import time
from dataclasses import dataclass, field

from tir.runs.result import Outcome, Result
from tir.runs.summary import Totals


@dataclass(slots=True)
class Progress:
    """Counts that grow while a run goes on. `line` says them in one line."""

    planned: int = 0
    """Rows that the command selected."""
    resumed: int = 0
    """Of them, rows that an earlier command had done."""
    totals: Totals = field(default_factory=Totals)
    """Over the rows that are done, the resumed ones included: outcomes, nothing else of those."""
    fresh: int = 0
    """Rows done by this command."""
    draining: bool = False
    """Interrupted: what runs is finished, nothing new begins."""
    _born: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """The clock runs from now."""
        self._born = time.monotonic()

    def found(self, outcome: Outcome) -> None:
        """A row was done before."""
        self.resumed += 1
        self.totals.rows += 1
        self.totals.outcomes[outcome] += 1

    def done(self, result: Result) -> None:
        """A row is done now."""
        self.fresh += 1
        self.totals.add(result)

    @property
    def finished(self) -> int:
        """Rows that are done."""
        return self.totals.rows

    @property
    def seconds(self) -> float:
        """Since `start`."""
        return time.monotonic() - self._born

    @property
    def left(self) -> float | None:
        """Seconds to go at the present rate; None while there is no rate."""
        if not self.fresh:
            return None
        return self.seconds / self.fresh * max(0, self.planned - self.finished)

    def line(self) -> str:
        """For instance `37/500 · 81.1 % (66 to 91) · 2 undecided · 0.4 /s · 19 min left`."""
        parts = [f"{self.finished:,}/{self.planned:,}"]
        accuracy = self.totals.accuracy
        if accuracy.value is not None and accuracy.interval is not None:
            low, high = (100 * end for end in (accuracy.interval.low, accuracy.interval.high))
            parts.append(f"{100 * accuracy.value:.1f} % ({low:.0f} to {high:.0f})")
        undecided = self.totals.outcomes[Outcome.UNDECIDED]
        failed = self.totals.outcomes[Outcome.FAILED]
        parts.append(f"{undecided:,} undecided")
        if failed:
            parts.append(f"{failed:,} failed")
        if self.fresh and self.seconds:
            parts.append(_rate(self.fresh / self.seconds))
        if self.draining:
            parts.append("finishing what runs; Ctrl-C again stops at once")
        elif self.left is not None:
            parts.append(f"{span(self.left)} left")
        return " · ".join(parts)


def span(seconds: float) -> str:
    """A length of time in the largest unit that gives two digits or so."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _rate(rate: float) -> str:
    return f"{rate:,.1f} /s" if rate >= 0.95 else f"{1 / rate:.1f} s each"
