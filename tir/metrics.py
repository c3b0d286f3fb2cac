"""Figures of merit over many problems, and how sure one can be of them.

Pure functions over numbers and truth values; what a sample or a right answer is, the caller says.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, nan, sqrt
from statistics import NormalDist, fmean

CONFIDENCE = 0.95
"""Of every interval that is not asked for otherwise."""
RESAMPLES = 2000
"""Of a bootstrap. 1000 and more are advised for percentile intervals (Efron, Tibshirani 1993)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A range that holds the true value in a stated share of experiments like this one."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much higher the second of two runs over the same problems scores."""

    difference: float
    """Mean of second minus first."""
    interval: Interval
    p: float
    """Exact McNemar test; how likely a difference this large is if there is none."""
    gained: int
    """Problems that the second got right and the first did not."""
    lost: int


@dataclass(frozen=True, slots=True)
class Point:
    """Of a risk-coverage curve: what comes of trusting every confidence from `threshold` on."""

    threshold: float
    coverage: float
    """Share of the problems trusted."""
    risk: float
    """Share of those that are wrong."""


def pass_at_k(samples: int, right: int, k: int) -> float:
    """Chance that one of k samples is right, of which `right` of `samples` drawn were.

    The unbiased estimator 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, arXiv 2107.03374, eq. 1).

    Raises:
        ValueError: k or `right` is not among the samples.
    """
    _require(samples, k)
    if not 0 <= right <= samples:
        raise ValueError(f"{right} right of {samples} samples")
    return 1 - comb(samples - right, k) / comb(samples, k)


def maj_at_k(groups: Sequence[tuple[int, bool]], k: int, *, silent: int = 0) -> float:
    """Chance that the majority of k samples is right, over all subsets of those drawn.

    `groups` holds, per distinct answer, how many samples gave it and whether it is right;
    `silent` samples gave none. Of answers that tie, the one drawn first wins, and each is
    equally likely to be; k silent samples are wrong. Like pass@k this averages over every subset
    of k, so a run of n samples gives maj@k for all k <= n without a choice of which k.

    Raises:
        ValueError: k is not among the samples.
    """
    samples = sum(size for size, _ in groups) + silent
    _require(samples, k)
    won = sum(
        _ways_to_win(size, [other for j, (other, _) in enumerate(groups) if j != i], silent, k)
        for i, (size, is_right) in enumerate(groups)
        if is_right
    )
    return won / comb(samples, k)


def _ways_to_win(own: int, others: Sequence[int], silent: int, k: int) -> float:
    """Subsets of k in which a group of `own` wins; one in which t tie counts as 1/t."""
    total = 0.0
    for votes in range(1, min(own, k) + 1):
        # ways[v, t]: choices from the other groups of v samples in all, t of them level with ours
        ways = {(0, 0): 1}
        for size in others:
            step: dict[tuple[int, int], int] = {}
            for (taken, ties), count in ways.items():
                for more in range(min(size, votes, k - votes - taken) + 1):
                    key = (taken + more, ties + (more == votes))
                    step[key] = step.get(key, 0) + count * comb(size, more)
            ways = step
        total += comb(own, votes) * sum(
            count * comb(silent, k - votes - taken) / (ties + 1)
            for (taken, ties), count in ways.items()
        )
    return total


def _require(samples: int, k: int) -> None:
    if not 1 <= k <= samples:
        raise ValueError(f"k = {k} of {samples} samples")


def wilson(successes: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """Score interval of a proportion (Wilson 1927); unlike the textbook's it stays in [0, 1].

    Raises:
        ValueError: there were no trials, or more successes than trials.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = successes / trials
    spread = z * sqrt(p * (1 - p) / trials + z**2 / (4 * trials**2))
    centre, scale = p + z**2 / (2 * trials), 1 + z**2 / trials
    return Interval(max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided p of the exact McNemar test: do the problems that changed lean to one side?

    Twice the smaller tail of a fair coin thrown `gained + lost` times, at most 1 (McNemar 1947).
    """
    changed = gained + lost
    tail = sum(comb(changed, i) for i in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / (1 << changed))


def bootstrap(
    values: Sequence[float],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a mean (Efron 1979). Draw whole problems, never single samples.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    chance = random.Random(seed)
    n = len(values)
    means = sorted(fmean(chance.choices(values, k=n)) for _ in range(resamples))
    cut = round((1 - confidence) / 2 * (resamples - 1))
    return Interval(means[cut], means[-1 - cut])


def compare(first: Sequence[bool], second: Sequence[bool], *, seed: int = 0) -> Comparison:
    """Two runs over the same problems, in the same order, problem by problem.

    Pairing takes the difficulty of the problems out of the comparison: two runs of 50 % +- 14 %
    may still differ beyond doubt.

    Raises:
        ValueError: the runs differ in length, or are empty.
    """
    pairs = list(zip(first, second, strict=True))
    changes = [float(b) - float(a) for a, b in pairs]
    interval = bootstrap(changes, seed=seed)
    gained, lost = changes.count(1.0), changes.count(-1.0)
    return Comparison(fmean(changes), interval, mcnemar(gained, lost), gained, lost)


def risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> list[Point]:
    """Risk at each coverage, most confident first (El-Yaniv, Wiener 2010).

    Problems of equal confidence cannot be told apart, so they enter together as one point.
    """
    ranked = sorted(zip(confidence, right, strict=True), key=lambda pair: -pair[0])
    points: list[Point] = []
    wrong = 0
    for n, (level, is_right) in enumerate(ranked, 1):
        wrong += not is_right
        if n == len(ranked) or ranked[n][0] != level:
            points.append(Point(level, n / len(ranked), wrong / n))
    return points


def area_under_risk(points: Sequence[Point]) -> float:
    """Mean risk over all coverages (AURC; Geifman, El-Yaniv 2017): 0 is perfect; nan of nothing.

    Each point's risk counts for the coverage that it adds.
    """
    if not points:
        return nan
    before = [0.0, *(point.coverage for point in points[:-1])]
    return sum(p.risk * (p.coverage - b) for p, b in zip(points, before, strict=True))
