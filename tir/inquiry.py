"""One problem, until it is verified or the budget is spent."""

import asyncio
import time
from collections.abc import AsyncIterator

from executors import Executor
from problems import Problem
from tir.check import Finding
from tir.checker import Checker, Examined
from tir.episode import LAST_WORDS, Episode
from tir.equality import Equality
from tir.errors import BadInput, TirError
from tir.events import (
    AnswerRejected,
    Event,
    EvidenceFound,
    Solved,
    Started,
    TrajectoryDone,
    TrajectoryStarted,
)
from tir.models.base import Model
from tir.policy import Policy
from tir.solution import Evidence, Solution, SolutionStatus
from tir.trajectory import Stop, Trajectory
from tir.verify import agreed, checked, computed, printed, reference, scope, status
from tir.vote import Group, can_be_overtaken, vote

SEEDS_APART = 1000
"""Between the seeds of two runs, so that `--seed 1` shares no trajectory with `--seed 0`."""
LAST_PRINTED = 2
"""Outputs that may have been meant for the answer: the last one, and its last line."""
LONGEST_ANSWER = 200
"""Characters. A longer output is a table or a log, not an answer."""


class Inquiry:
    """Solves one problem. `run` yields events; `solution` is what is known at any moment."""

    def __init__(
        self,
        problem: Problem,
        *,
        model: Model,
        executor: Executor,
        policy: Policy,
        notice: str | None = None,
    ) -> None:
        self.problem = problem
        self._model = model
        self._executor = executor
        self._policy = policy
        self._notice = notice
        self._outside = model.outside(problem)
        self._equality = Equality()
        self._checker = Checker(
            problem, model=model, executor=executor, policy=policy, equality=self._equality
        )
        self._done: list[Trajectory] = []
        self._episode: Episode | None = None
        self._told: set[tuple[str, Evidence]] = set()
        self._born = time.monotonic()
        self._cut = Stop.INTERRUPTED

    async def run(self) -> AsyncIterator[Event]:
        """Draws trajectories and weighs their answers until the decision stands.

        Raises:
            BadInput: the problem is too long for the model.
            TirError: our own machinery failed; the trajectories so far stay in `solution`.
        """
        self._refuse_what_does_not_fit()
        yield Started(self.problem, self._model.name, self._notice)
        try:
            async with asyncio.timeout(self._policy.timeout):
                while self._undecided():
                    async for event in self._draw():
                        yield event
                    async for event in self._examine():
                        yield event
        except TimeoutError:
            self._cut = Stop.TIMEOUT
        except TirError:
            self._cut = Stop.EXECUTOR_FAILED
            raise
        finally:
            await self._retire()
        yield Solved(self.solution())

    def solution(self, *, interrupted: bool = False) -> Solution:
        """The outcome so far. An interrupted one is never verified."""
        trajectories = self._trajectories()
        groups = vote(trajectories, self._equality)
        answer: str | None = None
        standing = SolutionStatus.NO_ANSWER
        found: tuple[Evidence, ...] = (scope(self._outside),) if self._outside else ()
        check: str | None = None
        if groups and not _is_outvoted_by_silence(groups, trajectories):
            answer = groups[0].answer
            found = self._evidence(groups[0])
            standing = self._status(groups[0], found)
            if interrupted and standing is SolutionStatus.VERIFIED:
                standing = SolutionStatus.UNVERIFIED
            examined = self._checker(answer)
            check = examined.source if examined else None
            final = reference(self.problem, answer)
            found = (*found, final) if final else found
        return Solution(
            problem=self.problem,
            answer=answer,
            status=standing,
            evidence=found,
            trajectories=tuple(trajectories),
            usage=sum((t.usage for t in trajectories), self._checker.usage),
            model=self._model.name,
            seconds=time.monotonic() - self._born,
            agreement=(len(groups[0].members) if answer else 0, len(trajectories)),
            check=check,
            isolation=self._executor.isolation,
            interrupted=interrupted,
        )

    async def _draw(self) -> AsyncIterator[Event]:
        """One more trajectory."""
        await self._retire()
        index = len(self._done)
        seed = SEEDS_APART * self._policy.seed + index
        dialect = self._model.dialect
        self._episode = Episode(
            self.problem,
            model=self._model,
            executor=self._executor,
            policy=self._policy,
            sampling=self._policy.sampling or (dialect.sampled if index else dialect.greedy),
            index=index,
            seed=seed,
        )
        yield TrajectoryStarted(index, seed)
        async for event in self._go_on(self._episode):
            yield event

    async def _go_on(self, episode: Episode) -> AsyncIterator[Event]:
        async for event in episode.work():
            yield event
        yield TrajectoryDone(episode.index, episode.trajectory())

    async def _examine(self) -> AsyncIterator[Event]:
        """Weighs the leading answer; one that a check rejects goes back to its author."""
        while groups := await self._vote():
            leader, trajectories = groups[0], self._trajectories()
            if self._policy.check and not self._outside:
                rejected = [text for t in trajectories for text in t.rejected]
                await self._checker.examine(
                    leader.answer, [*(group.answer for group in groups[1:]), *rejected]
                )
            for evidence in self._evidence(leader):
                if (leader.answer, evidence) not in self._told:
                    self._told.add((leader.answer, evidence))
                    yield EvidenceFound(leader.answer, evidence)
            episode, examined = self._episode, self._checker(leader.answer)
            if episode is None or examined is None or episode.index not in leader.members:
                return
            if own := await self._miscopied(episode.trajectory(), examined):
                episode.adopt(own)
                continue
            if not (examined.goes_back and episode.can_be_rejected):
                return
            episode.reject(leader.answer)
            yield AnswerRejected(episode.index, leader.answer)
            async for event in self._go_on(episode):
                yield event

    async def _miscopied(self, trajectory: Trajectory, examined: Examined) -> str | None:
        """The value that its last program printed, if it boxed another and a check proves this one.

        Models copy a right output wrongly: `6 x` for `6*x**2`. The output may take the place of
        what was boxed, but on a check's word alone, and the check must reject what was boxed.
        """
        if trajectory.answer is None or examined.result.finding is Finding.ACCEPTS:
            return None
        boxed = trajectory.answer.text
        for text in printed(trajectory)[:LAST_PRINTED]:
            if len(text) > LONGEST_ANSWER or await self._equality.learn(boxed, text) is not False:
                continue
            if (await self._checker.examine(text, [boxed])).result.finding is Finding.ACCEPTS:
                return text
        return None

    async def _vote(self) -> list[Group]:
        """The groups, once all that is needed to form and to judge them is known."""
        trajectories = self._trajectories()
        await self._equality.learn_all(t.answer.text for t in trajectories if t.answer)
        for trajectory in trajectories:
            for text in printed(trajectory) if trajectory.answer else ():
                if trajectory.answer and await self._equality.learn(trajectory.answer.text, text):
                    break
        return vote(trajectories, self._equality)

    def _undecided(self) -> bool:
        """Whether another trajectory is to be drawn."""
        trajectories, policy = self._trajectories(), self._policy
        remaining = policy.samples - len(trajectories)
        is_greedy = policy.sampling is not None and policy.sampling.is_greedy
        if remaining <= 0 or (is_greedy and trajectories):
            # Greedy trajectories are all the same: a second one is no second opinion.
            return False
        groups = vote(trajectories, self._equality)
        if not groups:
            # A model that declares a scope and declines outside of it is taken at its word.
            return not (trajectories and self._outside)
        leader = groups[0]
        if self._status(leader, self._evidence(leader)) is SolutionStatus.VERIFIED:
            return False
        answered = sum(t.answer is not None for t in trajectories)
        best = len(leader.members) + remaining
        by_vote = best >= policy.agree and best >= policy.share * (answered + remaining)
        return can_be_overtaken(groups, remaining) or (by_vote and not self._outside)

    def _trajectories(self) -> list[Trajectory]:
        current = [self._episode.trajectory(self._cut)] if self._episode else []
        return [*self._done, *current]

    def _evidence(self, group: Group) -> tuple[Evidence, ...]:
        trajectories = self._trajectories()
        own = [computed(trajectories[index], self._equality) for index in group.members]
        found = [next((e for e in own if e.holds), own[0])]
        if len(trajectories) > 1:
            found.append(agreed(group, len(trajectories)))
        examined = self._checker(group.answer)
        if examined is not None:
            found.append(checked(examined.result))
        if self._outside:
            found.append(scope(self._outside))
        return tuple(found)

    def _status(self, group: Group, evidence: tuple[Evidence, ...]) -> SolutionStatus:
        answered = sum(t.answer is not None for t in self._trajectories())
        examined = self._checker(group.answer)
        finding = examined.result.finding if examined else None
        return status(evidence, finding, group, answered, self._policy)

    def _refuse_what_does_not_fit(self) -> None:
        needed = self._model.count(self._model.dialect.prompt(self.problem).text) + 2 * LAST_WORDS
        if needed > self._model.context:
            raise BadInput(
                "the problem is too long for this model.",
                why=f"It needs {needed:,} tokens; {self._model.name} has {self._model.context:,}.",
                hint="a shorter problem, or another model: tir models",
            )

    async def _retire(self) -> None:
        """Puts the current trajectory among the finished ones and frees what it held."""
        if self._episode is not None:
            self._done.append(self._episode.trajectory(self._cut))
            episode, self._episode = self._episode, None
            await episode.close()


def _is_outvoted_by_silence(groups: list[Group], trajectories: list[Trajectory]) -> bool:
    """Whether more trajectories ended without an answer of their own than agree on one."""
    silent = sum(t.stop is Stop.NO_ANSWER for t in trajectories)
    return silent > len(groups[0].members)
