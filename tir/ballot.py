"""What the trajectories of one problem come to: groups of answers, evidence, a status."""

import math
from collections.abc import Sequence
from dataclasses import replace

from executors import Status
from tir.checker import Checker
from tir.equality import Equality
from tir.policy import Policy
from tir.select.rank import rank
from tir.select.scores import Scores
from tir.select.stopping import can_be_overtaken
from tir.solution import Evidence, SolutionStatus
from tir.trajectory import Stop, Trajectory
from tir.verify import agreed, checked, computed, printed, rewarded, scope, status
from tir.vote import Group, vote


class Ballot:
    """Judges trajectories by what is known: only `learn` finds anything out."""

    def __init__(
        self,
        *,
        policy: Policy,
        equality: Equality,
        checker: Checker,
        scores: Scores,
        outside: str | None,
    ) -> None:
        self._policy = policy
        self._equality = equality
        self._checker = checker
        self._scores = scores
        self._outside = outside

    async def learn(self, trajectories: Sequence[Trajectory]) -> None:
        """Finds out all that is needed to form groups and to judge them, but for the checks."""
        answered = [(t, t.answer.text) for t in trajectories if t.answer]
        await self._equality.learn_all(text for _, text in answered)
        for trajectory, answer in answered:
            for text in printed(trajectory):
                if await self._equality.learn(answer, text):
                    break
        await self._scores.learn(trajectories)

    def groups(self, trajectories: Sequence[Trajectory]) -> list[Group]:
        """The answers, the one to put forward first."""
        groups = vote(self._voters(trajectories), self._equality)
        return rank(groups, self._policy.select, self._scores)

    def elected(self, trajectories: Sequence[Trajectory]) -> Group | None:
        """The answer put forward; none if more trajectories fell silent than agree on any."""
        groups = self.groups(trajectories)
        silent = sum(t.stop is Stop.NO_ANSWER for t in trajectories)
        largest = max((len(group.members) for group in groups), default=0)
        return groups[0] if groups and silent <= largest else None

    def evidence(self, group: Group, trajectories: Sequence[Trajectory]) -> tuple[Evidence, ...]:
        """All that is known for and against an answer."""
        own = [computed(trajectories[index], self._equality) for index in group.members]
        found = [next((e for e in own if e.holds), own[0])]
        if len(trajectories) > 1:
            found.append(agreed(group, len(trajectories)))
        examined = self._checker(group.answer)
        if examined is not None:
            found.append(checked(examined.result))
        if self._scores.judge and self._best(group) > -math.inf:
            best = [self._best(other) for other in self.groups(trajectories)]
            found.append(rewarded(self._best(group), max(best), len(best), self._scores.judge))
        if self._outside:
            found.append(scope(self._outside))
        return tuple(found)

    def status(self, group: Group, trajectories: Sequence[Trajectory]) -> SolutionStatus:
        """How far an answer is verified."""
        answered = sum(t.answer is not None for t in self._voters(trajectories))
        examined = self._checker(group.answer)
        finding = examined.result.finding if examined else None
        evidence = self.evidence(group, trajectories)
        return status(evidence, finding, group, answered, self._policy)

    def is_open(self, trajectories: Sequence[Trajectory]) -> bool:
        """Whether more trajectories are to be drawn."""
        policy = self._policy
        remaining = policy.samples - len(trajectories)
        is_greedy = policy.sampling is not None and policy.sampling.is_greedy
        if remaining <= 0 or (is_greedy and trajectories):
            # Greedy trajectories are all the same: a second one is no second opinion.
            return False
        if any(t.stop is Stop.BUDGET for t in trajectories):
            return False
        if not policy.stop_early:
            return True
        groups = self.groups(trajectories)
        if not groups:
            # A model that declares a scope and declines outside of it is taken at its word.
            return not (trajectories and self._outside)
        leader = groups[0]
        if self.status(leader, trajectories) is SolutionStatus.VERIFIED:
            return False
        if can_be_overtaken(groups, remaining, select=policy.select, risk=policy.risk):
            return True
        answered = sum(t.answer is not None for t in self._voters(trajectories))
        best = len(leader.members) + remaining
        by_vote = best >= policy.agree and best >= policy.share * (answered + remaining)
        return by_vote and policy.risk == 0 and not self._outside

    def _best(self, group: Group) -> float:
        """Its highest reward; that of the impossible if an interrupt came before the scoring."""
        return max(map(self._scores, group.members))

    def _voters(self, trajectories: Sequence[Trajectory]) -> list[Trajectory]:
        """The same trajectories, those without a vote also without an answer."""
        if not self._policy.prune:
            return list(trajectories)
        return [t if has_run(t) else replace(t, answer=None) for t in trajectories]


def has_run(trajectory: Trajectory) -> bool:
    """Whether one of its programs ran to its end."""
    return any(
        step.execution is not None and step.execution.status is Status.OK
        for step in trajectory.steps
    )
