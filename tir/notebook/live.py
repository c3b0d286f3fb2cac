"""A view of a solve in the output of a cell, drawn anew at most ten times a second.

There is one output, known by its display id, and every drawing replaces the one before. So the
saved notebook holds the last of them: the solution, or how far it came.
"""

import contextvars
import threading
import time
from types import TracebackType
from typing import Any, Self

from IPython.display import publish_display_data

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
from tir.notebook.bundle import HTML, MARKDOWN, PLAIN, bundle, fitted
from tir.notebook.markdown import prose
from tir.notebook.plain import ending_text
from tir.render.html import ending, fold, framed, step_body
from tir.render.markup import answer as answer_markup
from tir.render.markup import code, markup, plain
from tir.render.summary import evidence_line
from tir.solution import Solution
from tir.trajectory import Step

PERIOD = 0.1
"""Seconds between two drawings."""
_ids = iter(range(1 << 62))


class Live:
    """Give it each event, then `finish` it with the solution; use it in `with`."""

    def __init__(self, question: str, *, samples: int) -> None:
        self._question = question
        self._samples = samples
        self._lock = threading.Lock()
        self._stale = threading.Event()
        self._over = threading.Event()
        self._display = f"tir-{time.time_ns():x}-{next(_ids)}"
        self._shown = False
        self._born = time.monotonic()
        self._note = "The model is being loaded."
        self._model = ""
        self._done: list[str] = []
        """Markup of what does not change any more."""
        self._index = 0
        self._steps = 0
        self._rationale = ""
        self._program = ""
        # In a copy of the context, for it says to which cell the output belongs.
        context = contextvars.copy_context()
        self._drawer = threading.Thread(
            target=context.run, args=(self._redraw,), name="tir-live", daemon=True
        )

    def __enter__(self) -> Self:
        self._draw()
        self._drawer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        if error is not None:
            # The error is shown below by IPython; what was come to stays.
            interrupted = isinstance(error, KeyboardInterrupt)
            with self._lock:
                self._note = "Interrupted." if interrupted else "It ended with an error."
            self._draw()

    def event(self, event: Event) -> None:
        """Takes an event; it is seen within a tenth of a second."""
        with self._lock:
            self._take(event)
        self._stale.set()

    def finish(self, solution: Solution) -> None:
        """Shows the solution in the place of the work."""
        self._stop()
        self._publish(bundle(solution))

    def _stop(self) -> None:
        self._over.set()
        self._stale.set()
        self._drawer.join()

    def _redraw(self) -> None:
        while not self._over.wait(PERIOD):
            self._stale.wait()
            if self._over.is_set():
                return
            self._stale.clear()
            self._draw()

    def _take(self, event: Event) -> None:
        match event:
            case Started(_, model, notice):
                self._model = model
                if notice:
                    self._done.append(f"<p>{plain(notice)}</p>")
                self._say("reads the problem")
            case TrajectoryStarted(index):
                if index:
                    self._done = [part for part in self._done if not part.startswith("<details")]
                self._index, self._steps = index, 0
                self._say("reads the problem")
            case RationaleDelta(index, text) if index == self._index:
                self._rationale += text
                self._say("writes")
            case ProgramDelta(index, text) if index == self._index:
                self._program += text
                self._say("writes a program")
            case Executing(index) if index == self._index:
                self._say("waits for its program")
            case StepDone(index, step) if index == self._index:
                self._end_step(step)
            case TrajectoryDone(index, trajectory):
                self._done.append(f"<p>Sample {index + 1}: {ending(trajectory)}</p>")
                self._note = f"Sample {index + 1}: {ending_text(trajectory)}"
            case AnswerRejected(index, answer):
                self._done.append(
                    f"<p>Sample {index + 1}: a check rejects {answer_markup(answer)}, "
                    "and the model is told so.</p>"
                )
                self._index = index
            case EvidenceFound(answer, evidence):
                self._done.append(
                    f"<p>{answer_markup(answer)}: {plain(evidence_line(evidence))}</p>"
                )
            case Solved():
                self._note = ""

    def _say(self, what: str) -> None:
        of = f" of at most {self._samples}" if self._samples > 1 else ""
        self._note = f"Sample {self._index + 1}{of}, step {self._steps + 1}: the model {what}."

    def _end_step(self, step: Step) -> None:
        self._steps += 1
        self._done.append(
            fold(f"Step {self._steps}", step_body(step), kind="step", unfolded=step.program is None)
        )
        self._rationale = self._program = ""
        self._say("goes on")

    def _draw(self) -> None:
        with self._lock:
            parts = list(self._done)
            if self._rationale:
                parts.append(f'<div class="tir-rationale">{markup(self._rationale)}</div>')
            if self._program:
                parts.append(code(self._program))
            note, model = self._note, self._model
        seconds = f"{time.monotonic() - self._born:.1f} s"
        status = ", ".join(filter(None, [model, seconds]))
        asked = f'<div class="tir-question">{markup(self._question)}</div>'
        working = f'<p class="tir-label">{plain(note)} ({plain(status)})</p>'
        self._publish(
            {
                HTML: fitted(framed(asked + "".join(parts) + working)),
                MARKDOWN: f"{prose(self._question)}\n\n{prose(note)}",
                PLAIN: f"{note} ({status})",
            }
        )

    def _publish(self, data: dict[str, Any]) -> None:
        publish_display_data(  # type: ignore[no-untyped-call]
            data=data, transient={"display_id": self._display}, update=self._shown
        )
        self._shown = True
