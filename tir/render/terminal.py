"""The view of a solve: plain lines, top to bottom, the answer last and alone.

Lines at the margin are ours; everything that a model or a program wrote is indented. On a terminal
that can, a program is shown while it is written and run, and then folds into one line; nothing else
is ever drawn again. So it reads the same in a log, in a screen reader and in scrollback.
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
from tir.render.flow import Flow, Manner, cells, fitting
from tir.render.folding import folded
from tir.render.live import Live
from tir.render.math.document import answer_box, flat_answer, without_drawings
from tir.render.math.glyphs import Charset
from tir.render.safe import one_line, visible
from tir.render.summary import ANSWER_LIMIT, STOPPED, evidence_line, rows, spans_of
from tir.render.typesetter import Typesetter
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
        live: The region that can be drawn again, if the terminal can; its width is then followed.
        full: Keep programs and outputs, also where they could fold.
        charset: What mathematics is written with.
    """

    def __init__(
        self,
        stream: IO[str],
        *,
        colour: bool,
        width: int | None,
        live: Live | None = None,
        full: bool = False,
        charset: Charset = Charset.UNICODE,
    ) -> None:
        if not _can_write(stream, "│√⎛ₙⁿ"):
            charset = Charset.ASCII
        self._flow = Flow(stream, width)
        self._live = live
        self._folds = live is not None and not full
        self._charset = charset
        self._colour = colour
        bar = "│" if charset is Charset.UNICODE else "|"
        faint = partial(self._paint, tone=Tone.FAINT)
        self._faint = Manner("     ", faint, prose=True)
        self._program = Manner(f"     {bar} ", faint, prose=False)
        self._output = Manner(f"     {bar} ", str, prose=False)
        self._shown: int | None = None
        """The sample whose text is shown; others at the same time are told in a line each."""
        self._running: set[int] = set()
        self._resumed: set[int] = set()
        self._seeds: dict[int, int] = {}
        self._ended: list[tuple[int, str]] = []
        """Samples and how they ended, to be told when nothing is in mid-line."""
        self._told = False
        """Whether a line about a sample is the last that stands there."""
        self._evidence: list[str] = []
        self._steps = 0
        self._rationale: Typesetter | None = None
        self._code = ""

    def __call__(self, event: Event) -> None:
        """Shows the event at once."""
        if self._live is not None:
            self._flow.width = self._live.columns()
        match event:
            case RationaleDelta(index, text):
                if self._follows(index):
                    self._add_rationale(text)
            case ProgramDelta(index, text):
                if self._follows(index):
                    self._add_program(text)
            case Executing(index, _):
                if self._follows(index):
                    self._run_program()
            case _:
                self._clear()
                self._tell(event)
        self._flow.flush()

    def close(self) -> None:
        """Leaves the cursor at the margin, also after an error in mid-line. Idempotent."""
        self._clear()
        self._end_text()
        self._flow.flush()

    def _tell(self, event: Event) -> None:
        match event:
            case Started():
                self._start(event)
            case TrajectoryStarted(index, seed):
                self._begin(index, seed)
            case StepDone(index, step):
                if self._follows(index):
                    self._finish_step(step)
                    if self._live is None:
                        self._tell_others()
            case AnswerRejected(index, answer):
                self._end_text()
                self._running.add(index)
                self._resumed.add(index)
                self._flow.line()
                self._flow.line(
                    self._paint("Rejected", Tone.BAD)
                    + f"  {flat_answer(answer, self._charset)}: a check rejects it, and the model"
                    " is told so."
                )
            case TrajectoryDone(index, trajectory):
                self._finish_trajectory(index, trajectory)
            case EvidenceFound(answer, evidence):
                found = f"{flat_answer(answer, self._charset)}: {evidence_line(evidence)}"
                if self._live is None:
                    self._flow.line(f"{self._paint('Evidence', Tone.STRONG)}  {found}")
                else:
                    # The answer block says it again.
                    self._evidence.append(f"Evidence  {found}")
                    self._live.draw(["", *self._evidence])
            case Solved(solution):
                self._conclude(solution)

    def _start(self, event: Started) -> None:
        self._flow.line(self._paint("Problem", Tone.STRONG))
        question = without_drawings(event.problem.question.strip())
        manner = Manner("  ", partial(self._paint, tone=Tone.STRONG), prose=True)
        typesetter = Typesetter(self._flow, manner, self._charset)
        typesetter.write(question[:QUESTION_LIMIT])
        typesetter.end()
        self._flow.end()
        if len(question) > QUESTION_LIMIT:
            rest = len(question) - QUESTION_LIMIT
            self._flow.line(self._paint(f"  [{rest} more characters]", Tone.FAINT))
        self._flow.line(self._paint(f"Model     {one_line(event.model)}", Tone.FAINT))
        if event.notice:
            self._row("Note", one_line(event.notice))
        self._flow.line()

    def _begin(self, index: int, seed: int) -> None:
        self._seeds[index] = seed
        alone = not self._running
        self._running.add(index)
        self._evidence = []
        self._tell_others()
        if alone:
            self._turn_to(index, "" if index == 0 else f"sample {index + 1} (seed {seed})")

    def _turn_to(self, index: int, head: str) -> None:
        self._shown = index
        self._steps = 0
        self._told = False
        if head:
            self._flow.line()
            self._flow.line(self._paint(head, Tone.STRONG))

    def _follows(self, index: int) -> bool:
        """Whether this sample's text is shown; one that is taken up again, alone, is from here."""
        again = index in self._resumed or self._shown is None
        if index != self._shown and again and self._running <= {index}:
            self._clear()
            self._tell_others()
            head = "" if self._shown is None else f"sample {index + 1}, continued"
            self._turn_to(index, head)
        return index == self._shown

    def _add_rationale(self, text: str) -> None:
        self._clear()
        if self._rationale is None:
            self._steps += 1
            self._told = False
            manner = Manner("     ", str, prose=True, first=f"{self._steps:>3}  ")
            self._rationale = Typesetter(self._flow, manner, self._charset)
        self._rationale.write(text)
        preview = self._rationale.preview()
        if preview and self._live is not None:
            self._flow.finish_line()
            self._live.draw([f"     {visible(line)}" for line in preview])

    def _end_rationale(self) -> None:
        if self._rationale is not None:
            self._rationale.end()
            self._rationale = None
        self._flow.end()

    def _end_text(self) -> None:
        """Ends what a sample was writing; of a program that never ended its first line is kept."""
        self._end_rationale()
        if self._folds and self._code:
            mark = ">" if self._charset is Charset.ASCII else "▸"
            lines = len(self._code.strip("\n").splitlines())
            many = "" if lines == 1 else "s"
            self._flow.line(
                self._paint(f"     {mark} python, {lines} line{many}, cut short", Tone.FAINT)
            )
        self._code = ""

    def _add_program(self, text: str) -> None:
        begins = not self._code
        if begins:
            self._clear()
            self._end_rationale()
        self._code += text
        if self._folds:
            self._draw_program("")
        else:
            self._flow.write(text, self._program)

    def _run_program(self) -> None:
        if self._folds:
            self._draw_program("running")
        else:
            self._flow.end()

    def _draw_program(self, note: str) -> None:
        if self._live is not None and self._code:
            code = visible(self._code).expandtabs(4).rstrip("\n").split("\n")
            lines = [f"{self._program.prefix}{line}" for line in code]
            self._live.draw([*lines, f"     {note}"] if note else lines)

    def _finish_step(self, step: Step) -> None:
        # A model need not stream; what came whole is shown whole.
        if step.rationale and self._rationale is None and not self._code:
            self._add_rationale(step.rationale)
        self._clear()
        self._end_rationale()
        if step.program and not self._folds:
            if not self._code:
                self._flow.write(step.program, self._program)
            self._flow.end()
        if step.program and self._folds:
            self._fold(step)
        elif step.execution is not None:
            self._flow.line(self._paint(f"     {_output_label(step.execution)}", Tone.FAINT))
            self._flow.write(step.execution.observation(), self._output)
            self._flow.end()
        self._code = ""

    def _fold(self, step: Step) -> None:
        line, ran = folded(step, self._charset)
        tone = Tone.FAINT if ran else Tone.BAD
        manner = Manner("       ", partial(self._paint, tone=tone), prose=True, first="     ")
        head, gap, said = line.partition("   ")
        room = max((self._flow.width or 0) - len(manner.prefix), 20)
        if cells(line) > room:
            # Two lines: what ran, and what came of it, as far as a line reaches.
            said = said if cells(said) <= room else f"{said[: fitting(said, room - 4)]} ..."
            self._flow.rows([head, said], manner)
        else:
            self._flow.rows([f"{head}{gap}{said}"], manner)
        self._flow.end()

    def _finish_trajectory(self, index: int, trajectory: Trajectory) -> None:
        self._running.discard(index)
        outcome = self._outcome(trajectory)
        if index == self._shown:
            self._end_text()
        else:
            outcome = f"{outcome}   (not shown)"
        self._ended.append((index, outcome))
        # In a log everything is told at once; a terminal shows that others are still at work, and
        # of a sample that stays alone the answer block says all there is to say.
        if self._live is None:
            if self._shown not in self._running:
                self._tell_others()
        elif self._shown not in self._running and len(self._seeds) > 1:
            if self._running:
                left = len(self._running)
                self._live.draw(["", f"     {left} of {len(self._seeds)} samples still at work"])
            else:
                self._tell_others()

    def _tell_others(self) -> None:
        if self._ended and not self._told:
            self._flow.line()
            self._told = True
        samples: dict[str, list[int]] = {}
        for index, outcome in sorted(self._ended):
            samples.setdefault(outcome, []).append(index + 1)
        for outcome, numbers in samples.items():
            name = f"Sample{'s' if len(numbers) > 1 else ''} {spans_of(numbers)}"
            self._flow.line(f"{self._paint(name, Tone.STRONG)}  {outcome}")
        self._ended = []

    def _outcome(self, trajectory: Trajectory) -> str:
        what = STOPPED[trajectory.stop]
        if trajectory.answer is None:
            return what
        answer = flat_answer(trajectory.answer.text, self._charset)
        return answer if trajectory.stop is Stop.ANSWERED else f"{answer}; {what}"

    def _conclude(self, solution: Solution) -> None:
        self._end_text()
        if len(self._seeds) > 1:
            self._tell_others()
        self._flow.line()
        for row in rows(solution, self._charset):
            if row.label == "Answer" and solution.answer is not None:
                self._show_answer(solution.answer, row.text)
            else:
                self._row(row.label, row.text, row.tone)

    def _show_answer(self, answer: str, line: str) -> None:
        """Laid out where there is a terminal, in one line in a log."""
        room = self._flow.width - _LABEL - 1 if self._flow.width is not None else None
        if room is None or len(answer) > ANSWER_LIMIT:
            self._row("Answer", line, Tone.STRONG)
            return
        box = answer_box(answer, self._charset, max(room, 1))
        if box.height == 1:
            self._row("Answer", box.rows[0].rstrip(), Tone.STRONG)
            return
        for index, row in enumerate(box.rows):
            label = "Answer" if index == box.base else ""
            text = self._paint(visible(row).rstrip(), Tone.STRONG)
            self._flow.line(self._paint(label.ljust(_LABEL), Tone.FAINT) + text)
        self._flow.line()

    def _row(self, label: str, text: str, tone: Tone = Tone.PLAIN) -> None:
        """A labelled line; what is longer than the terminal goes on under its beginning."""
        faint = self._paint(label.ljust(_LABEL), Tone.FAINT)
        manner = Manner(" " * _LABEL, str, prose=True, first=label.ljust(_LABEL))
        if self._flow.width is None or _LABEL + cells(text) <= self._flow.width:
            self._flow.line(faint + self._paint(text, tone))
        else:
            self._flow.end()
            self._flow.write(text, manner)
            self._flow.end()

    def _clear(self) -> None:
        if self._live is not None:
            self._live.clear()

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
