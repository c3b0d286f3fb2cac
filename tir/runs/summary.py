"""What the results of a run come to: figures of merit with intervals, in all and by group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tir.metrics import Interval, Point, maj_at_k, pass_at_k, wilson
from tir.runs.result import NOTHING, Outcome, Result
from tir.solution import SolutionStatus
from tir.trajectory import Usage

MOST_GROUPS = 1000
"""Subjects, levels or sources that are told apart; a set with an id for a subject has millions."""
OTHERS = "(others)"
KS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class Share:
    """A proportion with its 95 % interval (Wilson 1927)."""

    right: int
    of: int

    @property
    def value(self) -> float | None:
        """None of nothing."""
        return self.right / self.of if self.of else None

    @property
    def interval(self) -> Interval | None:
        """None of nothing."""
        return wilson(self.right, self.of) if self.of else None


@dataclass(slots=True)
class Totals:
    """Counts over some rows. `add` is the only thing that changes them."""

    rows: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    needs_person: int = 0
    score: float = 0.0
    """Sum over the decided rows."""
    earned: float = 0.0
    points: float = 0.0
    """The most that all rows could earn."""
    verified: int = 0
    """Decided rows whose answer the engine verified..."""
    verified_right: int = 0
    """...and those of them that are right."""
    usage: Usage = NOTHING
    calls: int = 0
    seconds: float = 0.0
    """Sum of the wall times of all solves, which overlap."""

    def add(self, result: Result) -> None:
        """Counts one row."""
        self.rows += 1
        self.outcomes[result.outcome] += 1
        self.needs_person += result.needs_person
        self.points += result.points
        if result.outcome.decided:
            self.score += result.score or 0.0
            self.earned += result.earned or 0.0
            if result.status is SolutionStatus.VERIFIED:
                self.verified += 1
                self.verified_right += result.outcome is Outcome.CORRECT
        if result.usage != NOTHING:
            self.usage += result.usage
        self.calls += result.calls
        self.seconds += result.seconds

    @property
    def decided(self) -> int:
        """Rows that count towards accuracy."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.decided)

    @property
    def accuracy(self) -> Share:
        """Wholly right among the decided; what is undecided or failed is on neither side."""
        return Share(self.outcomes[Outcome.CORRECT], self.decided)

    @property
    def mean_score(self) -> float | None:
        """Of the decided, part marks counted."""
        return self.score / self.decided if self.decided else None

    @property
    def precision(self) -> Share:
        """How much of what is called verified is right."""
        return Share(self.verified_right, self.verified)

    @property
    def coverage(self) -> Share:
        """How much of the decided is called verified."""
        return Share(self.verified, self.decided)

    @property
    def open(self) -> int:
        """Rows that are undecided or failed."""
        return self.outcomes[Outcome.UNDECIDED] + self.outcomes[Outcome.FAILED]


@dataclass(frozen=True, slots=True)
class Summary:
    """The totals of a run."""

    planned: int
    """Rows that the latest command selected, done or not."""
    total: Totals
    by_subject: Mapping[str, Totals]
    by_level: Mapping[str, Totals]
    by_source: Mapping[str, Totals]
    pass_at: Mapping[int, float]
    """pass@k by k; empty unless every problem has the same number of samples, without which the
    estimate is biased: early stopping draws more where the model is unsure."""
    maj_at: Mapping[int, float]
    """maj@k by k, under the same condition."""
    risk_coverage: tuple[Point, ...]
    """Most confident first; see `confidence`."""


def confidence(result: Result) -> float:
    """An order of trust, no probability: verified above all, refuted below; else the agreement."""
    if result.status is SolutionStatus.VERIFIED:
        return 1.0
    agreeing, drawn = result.agreement
    share = agreeing / drawn if drawn else 0.0
    return 0.0 if result.status is SolutionStatus.REFUTED else 0.99 * share


def summarize(results: Iterable[Result], *, rows: int = 0) -> Summary:
    """The summary of some results, read once. Memory does not grow with their number."""
    total = Totals()
    groups: dict[str, dict[str, Totals]] = {"subject": {}, "level": {}, "source": {}}
    sampled = _Sampled()
    trust: dict[float, list[int]] = {}
    for result in results:
        total.add(result)
        for kind, named in groups.items():
            _group(named, getattr(result.problem, kind)).add(result)
        if result.outcome.decided and result.status is not None:
            sampled.add(result)
            counts = trust.setdefault(confidence(result), [0, 0])
            counts[0] += 1
            counts[1] += result.outcome is not Outcome.CORRECT
    return Summary(
        planned=max(rows, total.rows),
        total=total,
        by_subject=dict(sorted(groups["subject"].items())),
        by_level=dict(sorted(groups["level"].items())),
        by_source=dict(sorted(groups["source"].items())),
        pass_at=sampled.mean(sampled.passed),
        maj_at=sampled.mean(sampled.majority),
        risk_coverage=tuple(_curve(trust)),
    )


def _group(named: dict[str, Totals], name: str | None) -> Totals:
    key = name or ""
    if key not in named and len(named) >= MOST_GROUPS:
        key = OTHERS
    return named.setdefault(key, Totals())


class _Sampled:
    """Sums of pass@k and maj@k over problems."""

    def __init__(self) -> None:
        self.passed: dict[int, float] = {}
        self.majority: dict[int, float] = {}
        self._problems = 0
        self._drawn: set[int] = set()

    def add(self, result: Result) -> None:
        _, drawn = result.agreement
        self._problems += 1
        self._drawn.add(drawn)
        if len(self._drawn) > 1:
            return
        groups = [(size, score == 1.0) for size, score in result.samples]
        answered = sum(size for size, _ in groups)
        right = sum(size for size, is_right in groups if is_right)
        for k in (k for k in KS if k <= drawn):
            self.passed[k] = self.passed.get(k, 0.0) + pass_at_k(drawn, right, k)
            majority = maj_at_k(groups, k, silent=drawn - answered)
            self.majority[k] = self.majority.get(k, 0.0) + majority

    def mean(self, sums: Mapping[int, float]) -> dict[int, float]:
        if len(self._drawn) != 1:
            return {}
        return {k: value / self._problems for k, value in sums.items()}


def _curve(trust: Mapping[float, list[int]]) -> Iterable[Point]:
    """Risk at each coverage (El-Yaniv, Wiener 2010); rows of equal confidence enter together."""
    everything = sum(count for count, _ in trust.values())
    taken = wrong = 0
    for level in sorted(trust, reverse=True):
        taken += trust[level][0]
        wrong += trust[level][1]
        yield Point(level, taken / everything, wrong / taken)
