"""A finished solution as the events that it was made in, so that it can be watched again."""

from collections.abc import Iterator

from tir.events import (
    Event,
    EvidenceFound,
    RationaleDelta,
    Started,
    StepDone,
    TrajectoryDone,
    TrajectoryStarted,
)
from tir.solution import Solution


def replay(solution: Solution) -> Iterator[Event]:
    """Its events in order, but for the last one, `Solved`: the caller has the solution."""
    yield Started(solution.problem, solution.model)
    for index, trajectory in enumerate(solution.trajectories):
        yield TrajectoryStarted(index, trajectory.seed)
        for step in trajectory.steps:
            if step.rationale:
                yield RationaleDelta(index, step.rationale)
            yield StepDone(index, step)
        yield TrajectoryDone(index, trajectory)
    if solution.answer is not None:
        for evidence in solution.evidence:
            yield EvidenceFound(solution.answer, evidence)
