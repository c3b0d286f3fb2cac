"""Where a run's problems are solved: in this process, or wherever else this protocol is met."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from executors import Executor, ExecutorError, Isolation
from problems import Problem
from tir.errors import EnvironmentFailed, from_executor
from tir.events import TrajectoryStarted
from tir.inquiry import Checkpoint, Inquiry
from tir.models.base import Model
from tir.policy import Policy
from tir.reward import Reward
from tir.runs.engine import Engine
from tir.solution import Solution


class SolverLost(EnvironmentFailed):
    """Nothing is left to solve with: the run ends, and the problem stays to do."""


class Solver(Protocol):
    """Solves problems, any number at a time."""

    @property
    def isolation(self) -> Isolation | None:
        """What programs are held by, once one has run."""
        ...

    async def solve(
        self, problem: Problem, past: Checkpoint | None, keep: Callable[[Checkpoint], None]
    ) -> Solution:
        """Solves one problem, from where `past` left it.

        `keep` is called with how far it has come whenever more of it could be gone on from. The
        reference answer and the test are taken off the problem: what solves it has no use for
        them.

        Raises:
            BadInput: this problem cannot be put to the model.
            SolverLost: no other problem can be solved either.
            TirError: our machinery failed.
        """
        ...


class LocalSolver:
    """One model and one executor in this process; trajectories of all problems share both."""

    def __init__(
        self, model: Model, executor: Executor, policy: Policy, reward: Reward | None = None
    ) -> None:
        self._reward = reward
        self._model = model
        self._executor = executor
        self._policy = policy

    @property
    def isolation(self) -> Isolation | None:
        return self._executor.isolation

    async def solve(
        self, problem: Problem, past: Checkpoint | None, keep: Callable[[Checkpoint], None]
    ) -> Solution:
        """See `Solver`."""
        inquiry = Inquiry(
            replace(problem, gold=None, test=None, points=None),
            model=self._model,
            executor=self._executor,
            policy=self._policy,
            reward=self._reward,
            past=past,
        )
        kept = inquiry.checkpoint
        try:
            async with aclosing(inquiry.run()) as events:
                async for event in events:
                    if isinstance(event, TrajectoryStarted) and inquiry.checkpoint is not kept:
                        kept = inquiry.checkpoint
                        keep(kept)
        except ExecutorError as error:
            raise from_executor(error) from error
        return inquiry.solution()


def solver_of(engine: Engine, executor: Executor) -> LocalSolver:
    """A solver in this process, for an engine that is loaded."""
    assert not isinstance(engine.model, str), "it is loaded by now"
    assert not isinstance(engine.reward, str), "it is loaded by now"
    return LocalSolver(engine.model, executor, engine.policy, engine.reward)
