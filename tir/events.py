"""What happens while a problem is solved. Front ends consume these and nothing else.

In order: one `Started`; per trajectory `TrajectoryStarted`, then any number of `RationaleDelta`,
`ProgramDelta`, `Executing`, `StepDone`, then `TrajectoryDone`; between trajectories
`EvidenceFound` and `AnswerRejected`; last, one `Solved`. Of trajectories drawn at once
(`Policy.wave`) each one's events keep this order, and those of different ones interleave.
"""

from dataclasses import dataclass

from problems import Problem
from tir.solution import Evidence, Solution
from tir.trajectory import Step, Trajectory


@dataclass(frozen=True, slots=True)
class Started:
    """Solving begins; `notice` is a line the user should know, such as which model was chosen."""

    problem: Problem
    model: str
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class TrajectoryStarted:
    """A sample begins. `index` counts from 0."""

    index: int
    seed: int


@dataclass(frozen=True, slots=True)
class RationaleDelta:
    """More text outside of programs."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class ProgramDelta:
    """More text of a program."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Executing:
    """A complete program goes to the kernel."""

    index: int
    program: str


@dataclass(frozen=True, slots=True)
class StepDone:
    """A generation has ended, and its program, if any, has run."""

    index: int
    step: Step


@dataclass(frozen=True, slots=True)
class AnswerRejected:
    """A check rejected the trajectory's answer; the model is told and goes on."""

    index: int
    answer: str


@dataclass(frozen=True, slots=True)
class TrajectoryDone:
    """A sample has ended, perhaps to be taken up again after `AnswerRejected`."""

    index: int
    trajectory: Trajectory


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """Something was learned about an answer."""

    answer: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Solved:
    """The end."""

    solution: Solution


Event = (
    Started
    | TrajectoryStarted
    | RationaleDelta
    | ProgramDelta
    | Executing
    | StepDone
    | AnswerRejected
    | TrajectoryDone
    | EvidenceFound
    | Solved
)
