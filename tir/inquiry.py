"""One problem, until it is verified or the budget is spent."""

import asyncio
import time
from collections.abc import AsyncIterator

from executors import Executor
from problems import Problem, equal
from tir.check import CheckProgram, CheckResult, Finding, run_check, write_check
from tir.episode import Episode
from tir.errors import TirError
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
from tir.solution import Evidence, EvidenceKind, Solution, SolutionStatus
from tir.trajectory import Stop, Trajectory, Usage
from tir.verify import agreed, checked, computed, reference, scope, status
from tir.vote import Group, can_be_overtaken, vote


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
        self._done: list[Trajectory] = []
        self._episode: Episode | None = None
        self._checks: list[CheckProgram] = []
        self._results: dict[str, CheckResult] = {}
        self._told: set[tuple[str, Evidence]] = set()
        self._born = time.monotonic()
        self._cut = Stop.INTERRUPTED

    async def run(self) -> AsyncIterator[Event]:
        """Draws trajectories and weighs their answers until the decision stands.

        Raises:
            TirError: our own machinery failed; the trajectories so far stay in `solution`.
        """
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
            await self._leave()
        yield Solved(self.solution())

    def solution(self, *, interrupted: bool = False) -> Solution:
        """The outcome so far. An interrupted one is never verified."""
        trajectories = self._trajectories()
        groups = vote(trajectories)
        used = sum((t.usage for t in trajectories), Usage())
        used = sum((c.usage for c in self._checks), used)
        answer: str | None = None
        standing = SolutionStatus.NO_ANSWER
        found: tuple[Evidence, ...] = (scope(self._outside),) if self._outside else ()
        check: str | None = None
        if groups and not self._declined(groups, trajectories):
            answer = groups[0].answer
            found = self._evidence(groups[0], trajectories)
            standing = self._status(groups[0], trajectories, found)
            if interrupted and standing is SolutionStatus.VERIFIED:
                standing = SolutionStatus.UNVERIFIED
            if any(e.kind is EvidenceKind.CHECKED and e.holds is not None for e in found):
                check = self._checks[-1].source
            final = reference(self.problem, answer)
            found = (*found, final) if final else found
        return Solution(
            problem=self.problem,
            answer=answer,
            status=standing,
            evidence=found,
            trajectories=tuple(trajectories),
            usage=used,
            model=self._model.name,
            seconds=time.monotonic() - self._born,
            agreement=(len(groups[0].members) if answer else 0, len(trajectories)),
            check=check,
            interrupted=interrupted,
        )

    async def _draw(self) -> AsyncIterator[Event]:
        """One more trajectory."""
        if self._episode is not None:
            await self._retire()
        index = len(self._done)
        seed = self._policy.seed + index
        dialect = self._model.dialect
        sampling = self._policy.sampling or (dialect.sampled if index else dialect.greedy)
        self._episode = Episode(
            self.problem,
            model=self._model,
            executor=self._executor,
            policy=self._policy,
            sampling=sampling,
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
        """Weighs the leading answer; a refuted one goes back to its author once."""
        while groups := vote(self._trajectories()):
            leader, trajectories = groups[0], self._trajectories()
            if self._policy.check and not self._outside:
                await self._check(leader, groups)
            for evidence in self._evidence(leader, trajectories):
                if (leader.answer, evidence) not in self._told:
                    self._told.add((leader.answer, evidence))
                    yield EvidenceFound(leader.answer, evidence)
            episode = self._episode
            result = self._results.get(leader.answer)
            rejected = result and result.finding in (Finding.REFUTES, Finding.REJECTS)
            if not rejected or episode is None or not episode.can_be_rejected:
                return
            own = episode.trajectory().answer
            if own is None or not equal(own.text, leader.answer):
                return
            episode.reject(own.text)
            yield AnswerRejected(episode.index, own.text)
            async for event in self._go_on(episode):
                yield event

    async def _check(self, leader: Group, groups: list[Group]) -> None:
        """Has the leading answer checked, and checked again when there is a new rival.

        Kept is the last check that could tell; a check that cannot is replaced, up to the
        policy's number of attempts.
        """
        rejected = [text for t in self._trajectories() for text in t.rejected]
        others = tuple(dict.fromkeys([*(g.answer for g in groups[1:]), *rejected]))
        others = tuple(text for text in others if not equal(text, leader.answer))
        while True:
            if not self._checks:
                await self._write(leader.answer)
            result = await run_check(
                self._checks[-1],
                leader.answer,
                others,
                executor=self._executor,
                seconds=self._policy.program_seconds,
            )
            self._results[leader.answer] = result
            # Told that a check rejects it, the model stands by its answer: it takes another check
            # to tell which of the two is wrong.
            disputed = result.finding is Finding.REJECTS and leader.answer in rejected
            useless = disputed or result.finding in (Finding.VACUOUS, Finding.BROKEN)
            if not useless or len(self._checks) >= self._policy.checks:
                return
            await self._write(leader.answer)

    async def _write(self, answer: str) -> None:
        dialect, attempt = self._model.dialect, len(self._checks)
        self._checks.append(
            await write_check(
                self.problem,
                answer,
                model=self._model,
                sampling=dialect.sampled if attempt else dialect.greedy,
                seed=self._policy.seed + attempt,
            )
        )

    def _undecided(self) -> bool:
        """Whether another trajectory is to be drawn."""
        trajectories = self._trajectories()
        remaining = self._policy.samples - len(trajectories)
        if remaining <= 0:
            return False
        groups = vote(trajectories)
        if not groups:
            # A model that declares a scope and declines outside of it is taken at its word.
            return not (trajectories and self._outside)
        leader = groups[0]
        evidence = self._evidence(leader, trajectories)
        if self._status(leader, trajectories, evidence) is SolutionStatus.VERIFIED:
            return False
        answered = sum(t.answer is not None for t in trajectories)
        best = len(leader.members) + remaining
        policy = self._policy
        by_vote = best >= policy.agree and best >= policy.share * (answered + remaining)
        return can_be_overtaken(groups, remaining) or (by_vote and not self._outside)

    def _trajectories(self) -> list[Trajectory]:
        current = [self._episode.trajectory(self._cut)] if self._episode else []
        return [*self._done, *current]

    def _evidence(self, group: Group, trajectories: list[Trajectory]) -> tuple[Evidence, ...]:
        own = [computed(trajectories[index]) for index in group.members]
        found = [next((e for e in own if e.holds), own[0]), agreed(group, len(trajectories))]
        if group.answer in self._results:
            found.append(checked(self._results[group.answer]))
        if self._outside:
            found.append(scope(self._outside))
        return tuple(found)

    def _status(
        self, group: Group, trajectories: list[Trajectory], evidence: tuple[Evidence, ...]
    ) -> SolutionStatus:
        answered = sum(t.answer is not None for t in trajectories)
        result = self._results.get(group.answer)
        finding = result.finding if result else None
        return status(evidence, finding, group, answered, self._policy)

    def _declined(self, groups: list[Group], trajectories: list[Trajectory]) -> bool:
        """Whether more trajectories ended without an answer of their own than agree on one."""
        silent = sum(t.stop is Stop.NO_ANSWER for t in trajectories)
        return silent > len(groups[0].members)

    async def _retire(self) -> None:
        """Puts the current trajectory among the finished ones and frees what it held."""
        assert self._episode is not None
        self._done.append(self._episode.trajectory(self._cut))
        episode, self._episode = self._episode, None
        await episode.close()

    async def _leave(self) -> None:
        if self._episode is not None:
            await self._retire()
