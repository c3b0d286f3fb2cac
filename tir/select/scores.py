"""What the reward model says of the trajectories, asked once for each text."""

import math
from collections.abc import Mapping, Sequence

from problems import Problem
from tir.reward import Reward
from tir.trajectory import Trajectory


class Scores:
    """Calling it looks a trajectory's reward up; `learn` asks the reward model."""

    def __init__(self, problem: Problem, reward: Reward | None) -> None:
        self._problem = problem
        self._reward = reward
        self._scored: dict[int, tuple[int, float]] = {}
        """By index: of how many steps, and the score. A rejected trajectory goes on and grows."""

    @property
    def judge(self) -> str | None:
        """The reward model's name; None if there is none."""
        return self._reward.name if self._reward else None

    def __call__(self, index: int) -> float:
        """The log odds that this trajectory is right; those of the impossible if not yet asked."""
        return self._scored[index][1] if index in self._scored else -math.inf

    def known(self, count: int) -> tuple[float | None, ...]:
        """The rewards of the first `count` trajectories; None for those that gave no answer."""
        if self._reward is None:
            return ()
        return tuple(self._scored[i][1] if i in self._scored else None for i in range(count))

    async def learn(self, trajectories: Sequence[Trajectory]) -> None:
        """Has the answered trajectories scored whose text is new, all of them at once.

        Raises:
            TirError: the reward model cannot be asked.
        """
        if self._reward is None:
            return
        new: Mapping[int, Trajectory] = {
            index: trajectory
            for index, trajectory in enumerate(trajectories)
            if trajectory.answer and self._steps(index) != len(trajectory.steps)
        }
        if new:
            scores = await self._reward.score(self._problem, tuple(new.values()))
            for index, score in zip(new, scores, strict=True):
                self._scored[index] = (len(trajectories[index].steps), score)

    def _steps(self, index: int) -> int:
        return self._scored[index][0] if index in self._scored else -1
