"""The live view of a solve: plain lines, top to bottom, nothing ever redrawn.

So it reads the same on a terminal, in a log, in a screen reader and in scrollback. Lines at the
margin are ours; everything that a model or a program wrote is indented.
"""

from functools import partial
from typing import IO

from executors import Execution, Status
from tir.events import (
    AnswerRejected,
    Event,
    EvidenceFound,
    Executing,
    ProgramDelta,
    RationaleDelta,
    Solved,
    Started,
    StepDone,
    TrajectoryDone,
    TrajectoryStarted,
)
from tir.render.colour import Tone, paint
from tir.render.flow import Flow, Manner
from tir.render.safe import one_line
from tir.render.summary import STOPPED, evidence_line, rows
from tir.solution import Solution
from tir.trajectory import Step, Stop, Trajectory

QUESTION_LIMIT = 1000
"""Characters of the question shown: enough to see that the right one was read."""

_LABEL = 10
"""Columns of a label in the answer block."""


class Terminal:
    """Call it with each event, in order; then, whatever happened, `close` it.

    Args:
        stream: Where to write. Closed by its owner.
        colour: Whether to colour, see `wants_colour`.
        width: Columns of the terminal; None, for a pipe or file, leaves lines unbroken.
    """

    def __init__(self, stream: IO[str], *, colour: bool, width: int | None) -> None:
        self._flow = Flow(stream, width)
        self._colour = colour
        bar = "│" if _can_write(stream, "│") else "|"
        faint = partial(self._paint, tone=Tone.FAINT)
        self._question = Manner("  ", partial(self._paint, tone=Tone.STRONG), prose=True)
        self._rationale = Manner("  ", str, prose=True)
        self._program = Manner(f"    {bar} ", faint, prose=False)
        self._output = Manner(f"    {bar} ", str, prose=False)
        self._index = 0
        self._seeds: dict[int, int] = {}
        self._streamed_rationale = self._streamed_program = False

    def __call__(self, event: Event) -> None:
        """Shows the event at once."""
        match event:
            case Started():
                self._start(event)
            case TrajectoryStarted(index, seed):
                self._seeds[index] = seed
                if index:
                    self._head(index)
            case RationaleDelta(index, text):
                self._turn_to(index)
                self._add_rationale(text)
            case ProgramDelta(index, text):
                self._turn_to(index)
                self._add_program(text)
            case Executing():
                self._flow.end()
            case StepDone(index, step):
                self._turn_to(index)
                self._finish_step(step)
            case AnswerRejected(_, answer):
                self._flow.line()
                self._flow.line(
                    self._paint("Rejected", Tone.BAD)
                    + f"  {one_line(answer)}: a check rejects it, and the model is told so."
                )
            case TrajectoryDone(index, trajectory):
                self._finish_trajectory(index, trajectory)
            case EvidenceFound(answer, evidence):
                self._flow.line(
                    self._paint("Evidence", Tone.STRONG)
                    + f"  {one_line(answer)}: {evidence_line(evidence)}"
                )
            case Solved(solution):
                self._conclude(solution)
        self._flow.flush()

    def close(self) -> None:
        """Leaves the cursor at the margin, also after an error in mid-line. Idempotent."""
        self._flow.end()
        self._flow.flush()

    def _start(self, event: Started) -> None:
        self._flow.line(self._paint("Problem", Tone.STRONG))
        question = event.problem.question.strip()
        self._flow.write(question[:QUESTION_LIMIT], self._question)
        self._flow.end()
        if len(question) > QUESTION_LIMIT:
            rest = len(question) - QUESTION_LIMIT
            self._flow.line(self._paint(f"  [{rest} more characters]", Tone.FAINT))
        self._flow.line(self._paint(f"Model     {one_line(event.model)}", Tone.FAINT))
        if event.notice:
            self._flow.line(f"Note      {one_line(event.notice)}")
        self._flow.line()

    def _head(self, index: int, *, again: bool = False) -> None:
        seed = f" (seed {self._seeds[index]})" if index in self._seeds else ""
        self._flow.line()
        more = ", continued" if again else ""
        self._flow.line(self._paint(f"sample {index + 1}{seed}{more}", Tone.STRONG))
        self._index = index

    def _turn_to(self, index: int) -> None:
        """Says whose text follows, where samples are drawn side by side."""
        if index != self._index:
            self._head(index, again=True)

    def _add_rationale(self, text: str) -> None:
        self._streamed_rationale = True
        self._flow.write(text, self._rationale)

    def _add_program(self, text: str) -> None:
        if not self._streamed_program:
            self._flow.line(self._paint("  program", Tone.FAINT))
        self._streamed_program = True
        self._flow.write(text, self._program)

    def _finish_step(self, step: Step) -> None:
        # A model need not stream; what came whole is shown whole.
        if step.rationale and not self._streamed_rationale:
            self._add_rationale(step.rationale)
        if step.program and not self._streamed_program:
            self._add_program(step.program)
        self._streamed_rationale = self._streamed_program = False
        self._flow.end()
        if step.execution is not None:
            self._flow.line(self._paint(f"  {_output_label(step.execution)}", Tone.FAINT))
            self._flow.write(step.execution.observation(), self._output)
            self._flow.line()

    def _finish_trajectory(self, index: int, trajectory: Trajectory) -> None:
        self._streamed_rationale = self._streamed_program = False
        what = STOPPED[trajectory.stop]
        if trajectory.answer is not None:
            answer = one_line(trajectory.answer.text)
            what = answer if trajectory.stop is Stop.ANSWERED else f"{answer}; {what}"
        self._flow.line()
        self._flow.line(self._paint(f"Sample {index + 1}", Tone.STRONG) + f"  {what}")

    def _conclude(self, solution: Solution) -> None:
        self._flow.line()
        for row in rows(solution):
            label = self._paint(row.label.ljust(_LABEL), Tone.FAINT)
            self._flow.line(label + self._paint(row.text, row.tone))

    def _paint(self, text: str, tone: Tone) -> str:
        return paint(text, tone) if self._colour else text


def _output_label(execution: Execution) -> str:
    """ "output", with how it ended if it failed, and how long it took."""
    failed = "" if execution.status is Status.OK else f" ({execution.status.value})"
    cut = ", too long and cut" if execution.truncated else ""
    return f"output{failed}, {execution.seconds:.2f} s{cut}"


def _can_write(stream: IO[str], text: str) -> bool:
    """Whether the stream's encoding has these characters."""
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
