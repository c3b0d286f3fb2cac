"""When more samples cannot, or hardly can, put another answer in front."""

from collections.abc import Sequence
from math import comb

from tir.policy import Select
from tir.vote import Group


def can_be_overtaken(
    groups: Sequence[Group], remaining: int, *, select: Select = Select.MAJORITY, risk: float = 0.0
) -> bool:
    """Whether `remaining` more samples could put another answer in front of the first group.

    `groups` are ranked by `select`. A tie counts as overtaken. With a risk, majorities count as
    settled when the chance of an upset is no greater. A best-of-k is never settled, for the next
    sample may have any reward; a weighted vote when all of the rest, each with at most weight 1,
    could not turn it.
    """
    if not groups:
        return True
    if select is Select.REWARD:
        return remaining > 0
    runner_up = groups[1] if len(groups) > 1 else None
    if select is Select.WEIGHTED:
        return (runner_up.weight if runner_up else 0.0) + remaining >= groups[0].weight
    behind = len(runner_up.members) if runner_up else 0
    return chance_of_upset(len(groups[0].members), behind, remaining) > risk


def chance_of_upset(leader: int, runner_up: int, remaining: int) -> float:
    """Chance that after `remaining` more votes the runner-up has as many as the leader, or more.

    Adaptive-Consistency (Aggarwal et al. 2023, arXiv 2305.11860) puts a uniform prior on the
    leader's share of the votes for the first two and stops when the leader is the true majority
    with probability 0.95. That asks about infinitely many votes; with a budget the question is
    what the votes that are left can do, and the same prior answers it: the runner-up's share of
    them is beta-binomial. Votes for third answers are left out, which can only delay the stop.
    """
    ways = sum(
        comb(leader + remaining - more, leader) * comb(runner_up + more, runner_up)
        for more in range(remaining + 1)
        if runner_up + more >= leader + remaining - more
    )
    return ways / comb(leader + runner_up + remaining + 1, remaining)
