"""Groups trajectories by mathematical equality of their answers (self-consistency, maj@k)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tir.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class Group:
    """Trajectories with equal answers, by their indices."""

    answer: str
    """The first one's wording."""
    members: tuple[int, ...]
    wordings: tuple[str, ...] = ()
    weight: float = 0.0
    """What `tir.select.rank` puts it in order by."""


Equality = Callable[[str, str], bool | None]
"""Whether two answers are equal; None is undecided."""


def vote(trajectories: Sequence[Trajectory], equal: Equality) -> list[Group]:
    """Groups, largest first, ties by who came first. Trajectories without an answer are left out.

    Answers that cannot be decided equal are kept apart, and one joins a group only if it equals
    every wording in it: 25 % is 25 and is 0.25, yet those two differ.
    """
    groups: list[Group] = []
    for index, trajectory in enumerate(trajectories):
        if trajectory.answer is None:
            continue
        text = trajectory.answer.text
        for at, group in enumerate(groups):
            if all(equal(text, wording) for wording in group.wordings):
                wordings = tuple(dict.fromkeys((*group.wordings, text)))
                groups[at] = Group(group.answer, (*group.members, index), wordings)
                break
        else:
            groups.append(Group(text, (index,), (text,)))
    return sorted(groups, key=lambda group: -len(group.members))
