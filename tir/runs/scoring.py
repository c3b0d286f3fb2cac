"""A solution, scored: against the reference, sample by sample, with what it cost."""

from dataclasses import replace

from executors import Status
from tir.equality import Equality
from tir.errors import BadInput, TirError
from tir.runs.marking import Mark, Marker
from tir.runs.result import Outcome, Result
from tir.solution import Evidence, EvidenceKind, Solution
from tir.trajectory import Stop
from tir.vote import vote

SPENT = "budget"
"""The rule of a row that the budget did not suffice for: no other will do better."""
_HOLDS = {Outcome.CORRECT: True, Outcome.INCORRECT: False}
_WORDS = {True: "equal to", False: "different from", None: "not decidable against"}
_CUT = (Stop.TIMEOUT, Stop.EXECUTOR_FAILED, Stop.INTERRUPTED)


async def scored(
    marker: Marker, solution: Solution, *, key: str, position: int, timeout: float
) -> tuple[Result, Solution]:
    """The result of a solve, and the solution with its problem and reference put back.

    A solve that the clock or a lost kernel cut short is undecided, whatever answer it had by
    then: on a faster machine it might have had another.
    """
    cut = _cut_short(solution, timeout)
    mark = cut or await marker.mark(solution.answer)
    result = Result(
        key=key,
        position=position,
        problem=marker.problem,
        outcome=mark.outcome,
        score=mark.score,
        points=marker.points,
        rule=mark.rule,
        detail=mark.detail,
        answer=solution.answer,
        needs_person=mark.needs_person,
        status=solution.status,
        agreement=solution.agreement,
        samples=await _samples(marker, solution),
        usage=solution.usage,
        calls=sum(step.program is not None for t in solution.trajectories for step in t.steps),
        seconds=solution.seconds,
    )
    return result, _with_reference(solution, marker, mark)


def failed(marker: Marker, error: Exception, *, key: str, position: int) -> Result:
    """The result of a solve that ended in an error: the run goes on without it."""
    match error:
        case BadInput():
            mark = Mark(Outcome.FAILED, None, "refused", f"{error.what} {error.why}", False)
        case TirError():
            mark = Mark(Outcome.UNDECIDED, None, "machine", f"{error.what} {error.why}", False)
        case _:
            what = f"{type(error).__name__}: {error}"
            mark = Mark(Outcome.FAILED, None, "defect", what[:2000], False)
    return Result(
        key=key,
        position=position,
        problem=marker.problem,
        outcome=mark.outcome,
        score=None,
        points=marker.points,
        rule=mark.rule,
        detail=mark.detail,
        answer=None,
        needs_person=False,
    )


def _cut_short(solution: Solution, timeout: float) -> Mark | None:
    stops = {trajectory.stop for trajectory in solution.trajectories}
    if Stop.TIMEOUT in stops or solution.seconds >= timeout:
        return _undecided("timeout", f"The time for a problem, {timeout:g} s, ran out.")
    if Stop.BUDGET in stops:
        return _undecided(SPENT, "The budget of tokens or money is spent.")
    if stops.intersection(_CUT):
        return _undecided("cut short", "A kernel was lost, or the solve was interrupted.")
    died = any(
        step.execution is not None and step.execution.status is Status.DIED
        for trajectory in solution.trajectories
        for step in trajectory.steps
    )
    if solution.answer is None and died:
        return _undecided("kernel died", "A program killed its interpreter, and no answer came.")
    return None


def _undecided(rule: str, detail: str) -> Mark:
    return Mark(Outcome.UNDECIDED, None, rule, detail, False)


async def _samples(marker: Marker, solution: Solution) -> tuple[tuple[int, float | None], ...]:
    """How many trajectories gave each distinct answer, largest first, and its score."""
    if not marker.has_reference:
        return ()
    equality = Equality()
    await equality.learn_all(t.answer.text for t in solution.trajectories if t.answer)
    return tuple(
        [
            (len(group.members), (await marker.mark(group.answer)).score)
            for group in vote(solution.trajectories, equality)
        ]
    )


def _with_reference(solution: Solution, marker: Marker, mark: Mark) -> Solution:
    gold = marker.problem.gold
    kept = tuple(each for each in solution.evidence if each.kind is not EvidenceKind.REFERENCE)
    if gold is not None and solution.answer is not None:
        holds = _HOLDS.get(mark.outcome)
        found = Evidence(EvidenceKind.REFERENCE, holds, f"{_WORDS[holds]} the reference {gold}")
        kept = (*kept, found)
    return replace(solution, problem=marker.problem, evidence=kept)
