"""Groups trajectories by mathematical equality of their answers (self-consistency, maj@k)."""

from collections.abc import Sequence
from dataclasses import dataclass

from problems import equal
from tir.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class Group:
    """Trajectories with equal answers, by their indices; `answer` is the first one's wording."""

    answer: str
    members: tuple[int, ...]


def vote(trajectories: Sequence[Trajectory]) -> list[Group]:
    """Groups, largest first, ties by who came first. Trajectories without an answer are left out.

    Answers that cannot be decided equal are kept apart.
    """
    groups: list[Group] = []
    for index, trajectory in enumerate(trajectories):
        if trajectory.answer is None:
            continue
        text = trajectory.answer.text
        for at, group in enumerate(groups):
            if equal(text, group.answer):
                groups[at] = Group(group.answer, (*group.members, index))
                break
        else:
            groups.append(Group(text, (index,)))
    return sorted(groups, key=lambda group: -len(group.members))


def can_be_overtaken(groups: Sequence[Group], remaining: int) -> bool:
    """Whether `remaining` more samples could put another answer in front of the first group."""
    if not groups:
        return True
    runner_up = len(groups[1].members) if len(groups) > 1 else 0
    return runner_up + remaining >= len(groups[0].members)
