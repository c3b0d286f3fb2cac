"""Orders groups of equal answers by votes, by reward, or by both."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from tir.policy import Select
from tir.vote import Group

Scores = Callable[[int], float]
"""The reward of a trajectory, by its index: the log odds that it is right."""


def probability(score: float) -> float:
    """The logistic function: from log odds, which a reward model gives, to a chance."""
    # Of the two equal forms the one whose exponential cannot overflow.
    if score >= 0:
        return 1 / (1 + math.exp(-score))
    return math.exp(score) / (1 + math.exp(score))


def rank(groups: Sequence[Group], select: Select, scores: Scores) -> list[Group]:
    """The groups with their `weight`, heaviest first; of equals the larger, then the earlier.

    A reward model whose scores are only comparable with each other, such as one trained to rank,
    is used by its order under REWARD and by its scale as well under WEIGHTED.
    """
    weigh: dict[Select, Callable[[Group], float]] = {
        Select.MAJORITY: lambda group: len(group.members),
        Select.REWARD: lambda group: max(map(scores, group.members)),
        Select.WEIGHTED: lambda group: sum(probability(scores(i)) for i in group.members),
    }
    weighed = [replace(group, weight=weigh[select](group)) for group in groups]
    return sorted(weighed, key=lambda group: (-group.weight, -len(group.members)))
