"""Wrong answers that samples really gave: what a class may be tempted by."""

from collections.abc import Iterator
from dataclasses import dataclass

from executors import Status
from problems import equal
from tir.solution import Solution
from tir.trajectory import Trajectory
from tir.verify import printed


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong answer and where it comes from. None is ever made up."""

    answer: str
    samples: int
    """How many samples gave it."""
    programs: tuple[str, ...] = ()
    """Those that computed it in one of the samples, if any did."""


def wrong_answers(solution: Solution) -> tuple[Wrong, ...]:
    """The answers of its samples that differ from the key, most frequent first.

    The key is the problem's gold answer, else the one put forward. Answers that a check rejected
    on the way count too; those of which the grader cannot tell are left out.
    """
    key = solution.problem.gold or solution.answer
    if key is None:
        return ()
    found: list[Wrong] = []
    for text, programs in _given(solution):
        if equal(text, key) is not False:
            continue
        same = next((at for at, w in enumerate(found) if equal(w.answer, text)), None)
        if same is None:
            found.append(Wrong(text, 1, programs))
        else:
            old = found[same]
            found[same] = Wrong(old.answer, old.samples + 1, old.programs or programs)
    return tuple(sorted(found, key=lambda wrong: -wrong.samples))


def wrong_programs(solution: Solution) -> tuple[Wrong, ...]:
    """Those of them that programs computed, so that they can be computed with other numbers."""
    return tuple(wrong for wrong in wrong_answers(solution) if wrong.programs)


def _given(solution: Solution) -> Iterator[tuple[str, tuple[str, ...]]]:
    for trajectory in solution.trajectories:
        for text in trajectory.rejected:
            yield text, ()
        if trajectory.answer is not None:
            yield trajectory.answer.text, _computing(trajectory)


def _computing(trajectory: Trajectory) -> tuple[str, ...]:
    """Its programs, if what they printed last is what it answered."""
    said = printed(trajectory)
    answer = trajectory.answer
    if not said or answer is None or equal(answer.text, said[0], find=False) is not True:
        return ()
    return tuple(
        step.program
        for step in trajectory.steps
        if step.program and step.execution and step.execution.status is Status.OK
    )
