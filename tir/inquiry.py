"""One problem, until it is verified or the budget is spent."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from executors import Executor
from problems import Problem
from tir.ballot import Ballot
from tir.checker import Checker, Examined
from tir.checks import CheckProgram, Finding
from tir.episode import LAST_WORDS, Episode
from tir.equality import Equality
from tir.errors import BadInput, TirError
from tir.events import (
    AnswerRejected,
    Event,
    EvidenceFound,
    Solved,
    Started,
    TrajectoryStarted,
)
from tir.models.base import Model
from tir.policy import Policy, Select
from tir.reward import Reward
from tir.select.scores import Scores
from tir.solution import Evidence, Solution, SolutionStatus
from tir.trajectory import Stop, Trajectory
from tir.verify import printed, reference, scope
from tir.vote import Group
from tir.wave import Wave

SEEDS_APART = 1000
"""Between the seeds of two runs, so that `--seed 1` shares no trajectory with `--seed 0`."""
LAST_PRINTED = 2
"""Outputs that may have been meant for the answer: the last one, and its last line."""
LONGEST_ANSWER = 200
"""Characters. A longer output is a table or a log, not an answer."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What an inquiry had between two waves; another one goes on from it to the same end."""

    trajectories: tuple[Trajectory, ...] = ()
    checks: tuple[CheckProgram, ...] = ()


class Inquiry:
    """Solves one problem. `run` yields events; `solution` is what is known at any moment."""

    def __init__(
        self,
        problem: Problem,
        *,
        model: Model,
        executor: Executor,
        policy: Policy,
        reward: Reward | None = None,
        notice: str | None = None,
        past: Checkpoint | None = None,
    ) -> None:
        if policy.select is not Select.MAJORITY and reward is None:
            raise BadInput(
                f"answers cannot be selected by {policy.select}.",
                why="No reward model is given.",
                hint="--reward NAME, or --select majority",
            )
        self.problem = problem
        self.checkpoint = past or Checkpoint()
        """Changes when a wave is over and all that it led to is done."""
        self._model = model
        self._executor = executor
        self._policy = policy
        self._notice = notice
        self._outside = model.outside(problem)
        self._equality = Equality()
        self._checker = Checker(
            problem,
            model=model,
            executor=executor,
            policy=policy,
            equality=self._equality,
            checks=self.checkpoint.checks,
        )
        self._scores = Scores(problem, reward)
        self._ballot = Ballot(
            policy=policy,
            equality=self._equality,
            checker=self._checker,
            scores=self._scores,
            outside=self._outside,
        )
        self._done = list(self.checkpoint.trajectories)
        self._wave = Wave()
        self._told: set[tuple[str, Evidence]] = set()
        self._born = time.monotonic()
        self._cut = Stop.INTERRUPTED

    async def run(self) -> AsyncGenerator[Event, None]:
        """Draws trajectories and weighs their answers until the decision stands.

        Raises:
            BadInput: the problem is too long for the model.
            TirError: our own machinery failed; the trajectories so far stay in `solution`.
        """
        self._refuse_what_does_not_fit()
        yield Started(self.problem, self._model.name, self._notice)
        deadline = asyncio.get_running_loop().time() + self._policy.timeout
        try:
            async with aclosing(self._rounds()) as events:
                while True:
                    # Around each step and never around a yield: time that runs out must not
                    # cancel whatever the caller awaits between two events (PEP 789).
                    async with asyncio.timeout_at(deadline):
                        event = await anext(events, None)
                    if event is None:
                        break
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
        leader = self._ballot.elected(trajectories)
        standing = SolutionStatus.NO_ANSWER
        found: tuple[Evidence, ...] = (scope(self._outside),) if self._outside else ()
        check: str | None = None
        if leader is not None:
            found = self._ballot.evidence(leader, trajectories)
            standing = self._ballot.status(leader, trajectories)
            if interrupted and standing is SolutionStatus.VERIFIED:
                standing = SolutionStatus.UNVERIFIED
            examined = self._checker(leader.answer)
            check = examined.source if examined else None
            final = reference(self.problem, leader.answer)
            found = (*found, final) if final else found
        return Solution(
            problem=self.problem,
            answer=leader.answer if leader else None,
            status=standing,
            evidence=found,
            trajectories=tuple(trajectories),
            usage=sum((t.usage for t in trajectories), self._checker.usage),
            model=self._model.name,
            seconds=time.monotonic() - self._born,
            agreement=(len(leader.members) if leader else 0, len(trajectories)),
            check=check,
            isolation=self._executor.isolation,
            interrupted=interrupted,
            rewards=self._scores.known(len(trajectories)),
        )

    async def _rounds(self) -> AsyncGenerator[Event, None]:
        """Wave after wave, and what each leads to."""
        async with aclosing(self._examine()) as events:
            async for event in events:
                yield event
        while self._ballot.is_open(self._trajectories()):
            await self._retire()
            self.checkpoint = Checkpoint(tuple(self._done), self._checker.checks)
            self._wave = Wave(self._episodes())
            for episode in self._wave.episodes:
                yield TrajectoryStarted(episode.index, self._seed(episode.index))
            async with aclosing(self._wave.work(self._wave.episodes)) as events:
                async for event in events:
                    yield event
            async with aclosing(self._examine()) as events:
                async for event in events:
                    yield event

    async def _examine(self) -> AsyncGenerator[Event, None]:
        """Weighs the leading answer; one that a check rejects goes back to its authors."""
        while groups := await self._count():
            leader = groups[0]
            if self._policy.check and not self._outside:
                rejected = [text for t in self._trajectories() for text in t.rejected]
                await self._checker.examine(
                    leader.answer, [*(group.answer for group in groups[1:]), *rejected]
                )
            for evidence in self._ballot.evidence(leader, self._trajectories()):
                if (leader.answer, evidence) not in self._told:
                    self._told.add((leader.answer, evidence))
                    yield EvidenceFound(leader.answer, evidence)
            examined = self._checker(leader.answer)
            authors = [e for e in self._wave.episodes if e.index in leader.members]
            if examined is None or not authors:
                return
            if await self._mend(authors, examined):
                continue
            again = [e for e in authors if examined.goes_back and e.can_be_rejected]
            if not again:
                return
            for episode in again:
                episode.reject(leader.answer)
                yield AnswerRejected(episode.index, leader.answer)
            async with aclosing(self._wave.work(again)) as events:
                async for event in events:
                    yield event

    async def _mend(self, authors: list[Episode], examined: Examined) -> bool:
        """Whether an author had miscopied what its program printed, and a check proves it."""
        mended = False
        for episode in authors:
            if own := await self._miscopied(episode.trajectory(), examined):
                episode.adopt(own)
                mended = True
        return mended

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

    async def _count(self) -> list[Group]:
        await self._ballot.learn(self._trajectories())
        return self._ballot.groups(self._trajectories())

    def _episodes(self) -> list[Episode]:
        """The next wave, each with a seed of its own."""
        first, dialect, policy = len(self._done), self._model.dialect, self._policy
        is_greedy = policy.sampling is not None and policy.sampling.is_greedy
        size = 1 if is_greedy else min(policy.wave, policy.samples - first)
        return [
            Episode(
                self.problem,
                model=self._model,
                executor=self._executor,
                policy=policy,
                sampling=policy.sampling or (dialect.sampled if index else dialect.greedy),
                index=index,
                seed=self._seed(index),
            )
            for index in range(first, first + size)
        ]

    def _seed(self, index: int) -> int:
        return SEEDS_APART * self._policy.seed + index

    def _trajectories(self) -> list[Trajectory]:
        return [*self._done, *self._wave.trajectories(self._cut)]

    def _refuse_what_does_not_fit(self) -> None:
        needed = self._model.count(self._model.dialect.prompt(self.problem).text) + 2 * LAST_WORDS
        if needed > self._model.context:
            raise BadInput(
                "the problem is too long for this model.",
                why=f"It needs {needed:,} tokens; {self._model.name} has {self._model.context:,}.",
                hint="a shorter problem, or another model: tir models",
            )

    async def _retire(self) -> None:
        """Puts the wave among the finished trajectories and frees what it held."""
        wave, self._wave = self._wave, Wave()
        self._done += wave.trajectories(self._cut)
        await wave.close()
