"""A session of questions: one transcript, one kernel, one cache, as long as it lasts.

The first question begins a trajectory; each later one is a new turn of the user in it. So nothing
is read twice, and what a program defined is still there. The work is done in a thread with an
event loop of its own; an interrupt ends the answer that is being written, not the session.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from queue import SimpleQueue
from typing import Any, TypeVar

from executors import ExecutorError, JupyterExecutor, Tier
from problems import Problem
from tir.api import PRELUDE
from tir.episode import Episode
from tir.equality import Equality
from tir.errors import BadInput, from_executor
from tir.events import Event, TrajectoryStarted
from tir.models.base import Model
from tir.policy import Policy
from tir.solution import Evidence, Solution, SolutionStatus
from tir.trajectory import Stop, Trajectory, Usage
from tir.verify import computed, printed, scope

T = TypeVar("T")
_TIGHTEST = 400
"""Tokens that must be left for another question and its answer."""


class Conversation:
    """Call `ask` for each question, and `close` at the end. Not for several threads at once."""

    def __init__(self, model: Model, policy: Policy, *, unsafe_no_sandbox: bool = False) -> None:
        self.model = model
        self._policy = policy
        self._executor = JupyterExecutor(
            prelude=PRELUDE, tier=Tier.NONE if unsafe_no_sandbox else None
        )
        self._entered = False
        self._episode: Episode | None = None
        self._problem: Problem | None = None
        self._began = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tir-chat", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> Problem | None:
        """The question that began the transcript."""
        return self._problem

    @property
    def trajectory(self) -> Trajectory | None:
        """All that was said and run so far."""
        return None if self._episode is None else self._episode.trajectory()

    def ask(self, question: str, on_event: Callable[[Event], None]) -> Solution:
        """The answer to a question, which may refer to those before it.

        Its trajectory holds the steps of this answer alone. Interrupted, it is what there is,
        and the session goes on.

        Raises:
            BadInput: the transcript has grown too long for the model.
            KernelFailed: no kernel could be started.
        """
        began = time.monotonic()
        interrupted = not self._watched(self._answer(question), on_event)
        assert self._episode is not None
        return self._solution(question, time.monotonic() - began, interrupted=interrupted)

    def whole(self) -> Solution | None:
        """The session as one solution, for an export; None before the first question."""
        if self._episode is None or self._problem is None:
            return None
        trajectory = self._episode.trajectory()
        return self._as_solution(self._problem, trajectory, trajectory.seconds, interrupted=False)

    def restart(self, model: Model | None = None) -> None:
        """Forgets the transcript and the kernel; the next question begins a new one."""
        self.model = model or self.model
        episode, self._episode, self._problem = self._episode, None, None
        if episode is not None:
            self._done(episode.close())

    def close(self) -> None:
        """Ends the kernel, the loop and the thread. Idempotent."""
        if self._loop.is_closed():
            return
        self.restart()
        if self._entered:
            self._done(self._executor.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _answer(self, question: str) -> None:
        if not self._entered:
            await self._executor.__aenter__()
            self._entered = True
        if self._episode is None:
            self._problem = Problem(question)
            prompt = self.model.dialect.prompt(self._problem)
            self._has_room(self.model.count(prompt.text))
            self._episode = Episode(
                self._problem,
                model=self.model,
                executor=self._executor,
                policy=self._policy,
                sampling=self._policy.sampling or self.model.dialect.greedy,
                index=0,
                seed=self._policy.seed,
            )
            self._began = 0
        else:
            so_far = self._episode.trajectory()
            self._has_room(self._episode.length + self.model.count(question))
            self._episode.follow_up(question)
            self._began = max(len(so_far.steps), len(self._episode.trajectory().steps))
        self._events.put(TrajectoryStarted(0, self._policy.seed))
        async with aclosing(self._episode.work()) as events:  # type: ignore[type-var]
            async for event in events:
                self._events.put(event)

    def _has_room(self, taken: int) -> None:
        if taken + _TIGHTEST > self.model.context:
            raise BadInput(
                "the conversation is too long for this model.",
                why=f"It has {taken:,} of {self.model.context:,} tokens.",
                hint="/new   (begins a new one)",
            )

    def _solution(self, question: str, seconds: float, *, interrupted: bool) -> Solution:
        assert self._episode is not None
        whole = self._episode.trajectory()
        own = Trajectory(
            steps=whole.steps[self._began :],
            answer=whole.answer,
            stop=Stop.INTERRUPTED if interrupted else whole.stop,
            seed=whole.seed,
            usage=whole.usage,
            seconds=seconds,
        )
        return self._as_solution(Problem(question), own, seconds, interrupted=interrupted)

    def _as_solution(
        self, problem: Problem, trajectory: Trajectory, seconds: float, *, interrupted: bool
    ) -> Solution:
        answer = None if trajectory.answer is None else trajectory.answer.text
        evidence: list[Evidence] = []
        if answer is not None:
            evidence.append(self._done(_computed(trajectory)))
        if outside := self.model.outside(problem):
            evidence.append(scope(outside))
        status = SolutionStatus.NO_ANSWER if answer is None else SolutionStatus.UNVERIFIED
        return Solution(
            problem=problem,
            answer=answer,
            status=status,
            evidence=tuple(evidence),
            trajectories=(trajectory,),
            usage=trajectory.usage if trajectory.usage else Usage(),
            model=self.model.name,
            seconds=seconds,
            agreement=(1 if answer else 0, 1),
            isolation=self._executor.isolation,
            interrupted=interrupted,
        )

    def _watched(self, work: Coroutine[Any, Any, None], on_event: Callable[[Event], None]) -> bool:
        """Does the work and passes its events on; False if it was interrupted."""
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        future.add_done_callback(lambda _: self._events.put(None))
        try:
            while (event := self._events.get()) is not None:
                on_event(event)
        except BaseException as error:
            # Ctrl-C, or a front end that failed: the model and the program stop either way.
            future.cancel()
            self._done(_settled())
            if not isinstance(error, KeyboardInterrupt):
                raise
            return self._episode is None and _reraise(error)
        try:
            future.result()
        except ExecutorError as error:
            raise from_executor(error) from error
        return True

    def _done(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _reraise(error: BaseException) -> bool:
    """Before there is any transcript there is nothing to keep."""
    raise error


async def _settled() -> None:
    """Until every other task has cleared up."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    running = {task for task in others if task.cancelling()}
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*running, return_exceptions=True)


async def _computed(trajectory: Trajectory) -> Evidence:
    equality = Equality()
    for text in printed(trajectory):
        if trajectory.answer and await equality.learn(trajectory.answer.text, text):
            break
    return computed(trajectory, equality)
