"""Marks: what an answer to a problem is worth, by the problem's own test and points."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from problems import AnswerTest, BadReference, Part, Parts, Problem, WorkerUnavailable, grade
from problems import Outcome as Judged
from problems.policy import EQUIVALENT
from tir.runs.result import Outcome

ALGEBRA = 2.0
"""Seconds of computer algebra that one answer may cost."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the grader says of one answer."""

    outcome: Outcome
    score: float | None
    rule: str
    detail: str
    needs_person: bool


_NO_REFERENCE = Mark(Outcome.UNGRADED, None, "no reference", "There is no reference answer.", False)


class Marker:
    """Marks answers to one problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._test = _test(problem)
        self.points = _worth(problem, self._test)
        """The most that an answer can earn."""

    @property
    def has_reference(self) -> bool:
        """Whether there is anything to mark against."""
        return self.problem.gold is not None or isinstance(self._test, Parts)

    async def mark(self, answer: str | None) -> Mark:
        """The mark, with algebra in a thread, so that nothing else waits for it."""
        quick = self.mark_now(answer, algebra=0.0)
        if quick.outcome is not Outcome.UNDECIDED:
            return quick
        return await asyncio.to_thread(self.mark_now, answer)

    def mark_now(self, answer: str | None, *, algebra: float = ALGEBRA) -> Mark:
        """The mark, after at most `algebra` seconds of computer algebra."""
        if not self.has_reference:
            return _NO_REFERENCE
        try:
            verdict = grade(answer, self.problem.gold or "", test=self._test, budget=algebra)
        except BadReference as error:
            return Mark(Outcome.UNGRADED, None, "bad reference", f"{error}.", True)
        except WorkerUnavailable as error:
            return Mark(Outcome.UNDECIDED, None, "no grader", f"{error}.", True)
        undecided = verdict.outcome is Judged.UNDECIDED
        return Mark(
            Outcome(verdict.outcome.value),
            verdict.score,
            verdict.rule,
            verdict.detail,
            verdict.needs_review or undecided,
        )


def _test(problem: Problem) -> AnswerTest:
    """The problem's test; points that the problem gives to parts go before the test's own."""
    if problem.test is None:
        return EQUIVALENT
    data: Any = problem.test
    test = AnswerTest.of(data)
    if isinstance(test, Parts) and problem.points is not None:
        named = problem.points
        return Parts(tuple(_worth_of(part, at, named) for at, part in enumerate(test.parts, 1)))
    return test


def _worth_of(part: Part, at: int, named: Any) -> Part:
    return replace(part, points=named.get(part.name or str(at), part.points))


def _worth(problem: Problem, test: AnswerTest) -> float:
    if problem.points is not None and "" in problem.points:
        return problem.points[""]
    if isinstance(test, Parts):
        return sum(part.points for part in test.parts)
    return sum(problem.points.values()) if problem.points else 1.0
