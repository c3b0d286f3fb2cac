"""Figures of merit, against brute force and against values that can be looked up."""

import itertools
import math

import pytest

from tir.metrics import (
    area_under_risk,
    bootstrap,
    compare,
    maj_at_k,
    mcnemar,
    pass_at_k,
    risk_coverage,
    wilson,
)


@pytest.mark.parametrize(("samples", "right"), [(6, 0), (6, 1), (6, 3), (6, 6), (1, 1)])
def test_pass_at_k_is_the_share_of_subsets_with_a_right_sample(samples: int, right: int) -> None:
    marks = [i < right for i in range(samples)]
    for k in range(1, samples + 1):
        subsets = list(itertools.combinations(marks, k))
        assert pass_at_k(samples, right, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


def majority_of_orders(groups: list[tuple[int, bool]], silent: int, k: int) -> float:
    """Every order of the samples, its first k, the vote as `tir.vote` holds it."""
    samples = [i for i, (size, _) in enumerate(groups) for _ in range(size)] + [-1] * silent
    won = []
    for order in itertools.permutations(samples):
        drawn = [answer for answer in order[:k] if answer >= 0]
        # max keeps the first of equals: ties go to whoever came first.
        leader = max(dict.fromkeys(drawn), key=drawn.count, default=None)
        won.append(leader is not None and groups[leader][1])
    return sum(won) / len(won)


@pytest.mark.parametrize(
    ("groups", "silent"),
    [
        ([(3, True), (2, False), (1, False)], 0),
        ([(2, True), (2, False), (2, False)], 0),
        ([(3, False), (2, True)], 1),
        ([(2, True), (3, False), (1, True)], 0),
        ([(1, True)], 4),
        ([], 3),
        ([(4, False), (2, False)], 0),
    ],
)
def test_maj_at_k_is_the_mean_over_all_orders(groups: list[tuple[int, bool]], silent: int) -> None:
    for k in range(1, sum(size for size, _ in groups) + silent + 1):
        expected = majority_of_orders(groups, silent, k)
        assert maj_at_k(groups, k, silent=silent) == pytest.approx(expected)


def test_maj_at_1_is_pass_at_1() -> None:
    assert maj_at_k([(5, True), (27, False), (32, False)], 1) == pytest.approx(pass_at_k(64, 5, 1))


def test_many_samples_take_no_time() -> None:
    assert maj_at_k([(100, True), (99, False), (20, False), (37, False)], 64) > 0.4


@pytest.mark.parametrize("k", [0, 4])
def test_k_is_among_the_samples(k: int) -> None:
    with pytest.raises(ValueError, match="of 3 samples"):
        pass_at_k(3, 1, k)
    with pytest.raises(ValueError, match="of 3 samples"):
        maj_at_k([(3, True)], k)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662), (10, 10, 0.7225, 1.0)],
)
def test_wilson(successes: int, trials: int, low: float, high: float) -> None:
    """81 of 263 is Newcombe's example (1998, table I, method 3)."""
    interval = wilson(successes, trials)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_wilson_holds_the_truth_as_often_as_it_says() -> None:
    """Mean coverage over a grid of truths, by the binomial distribution, not by chance."""
    n, held = 30, []
    for truth in (i / 100 for i in range(5, 100, 5)):
        inside = (i for i in range(n + 1) if wilson(i, n).low <= truth <= wilson(i, n).high)
        held.append(sum(math.comb(n, i) * truth**i * (1 - truth) ** (n - i) for i in inside))
    assert 0.94 < sum(held) / len(held) < 0.97


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (1, 0), (5, 5), (6, 1), (2, 9)])
def test_mcnemar_against_every_way_the_coins_can_fall(gained: int, lost: int) -> None:
    n = gained + lost
    lean = abs(gained - lost)
    falls = [sum(coins) for coins in itertools.product((0, 1), repeat=n)]
    as_far = sum(abs(2 * heads - n) >= lean for heads in falls) / len(falls)
    assert mcnemar(gained, lost) == pytest.approx(as_far)


def test_the_bootstrap_matches_all_resamples_of_a_small_set() -> None:
    values = [0.0, 0.0, 1.0, 1.0, 1.0]
    every = sorted(sum(draw) / 5 for draw in itertools.product(values, repeat=5))
    exact = every[round(0.025 * len(every))], every[-1 - round(0.025 * len(every))]
    interval = bootstrap(values, resamples=20_000)
    assert (interval.low, interval.high) == pytest.approx(exact)
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3)


def test_a_paired_comparison_sees_what_two_intervals_do_not() -> None:
    first = [i % 2 == 0 for i in range(100)]
    second = [is_right or i < 20 for i, is_right in enumerate(first)]
    assert wilson(sum(first), 100).high > wilson(sum(second), 100).low
    found = compare(first, second)
    assert (found.gained, found.lost) == (10, 0)
    assert found.difference == pytest.approx(0.1)
    assert found.interval.low > 0
    assert found.p == pytest.approx(2 / 2**10)
    same = compare(first, first)
    assert (same.difference, same.p) == (0, 1)


def test_runs_over_other_problems_are_not_compared() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        compare([True], [True, False])


def test_risk_coverage_trusts_the_most_confident_first() -> None:
    points = risk_coverage([0.9, 0.5, 0.9, 0.1], [True, False, True, True])
    assert [(p.threshold, p.coverage, p.risk) for p in points] == [
        (0.9, 0.5, 0.0),
        (0.5, 0.75, pytest.approx(1 / 3)),
        (0.1, 1.0, 0.25),
    ]
    assert area_under_risk(points) == pytest.approx(0.25 / 3 + 0.25 / 4)


def test_the_order_of_equals_does_not_matter() -> None:
    """Neither does a perfect ranking lose to chance, nor chance win."""
    right = [True, True, False, True, False, False]
    same = risk_coverage([1.0] * 6, right)
    assert same == risk_coverage([1.0] * 6, right[::-1])
    assert area_under_risk(same) == 0.5
    assert area_under_risk(risk_coverage([6, 5, 3, 4, 2, 1], right)) < 0.5
    assert math.isnan(area_under_risk([]))
