"""A person's decision about one answer, from Python: it goes before the grader's and is logged."""

from tir.errors import BadInput
from tir.runs.frames import FOLDER, Frame, is_frame, marked
from tir.runs.result import Decision, Outcome, Result
from tir.runs.run import Run
from tir.runs.store import Store

SCORES = {Outcome.CORRECT: 1.0, Outcome.INCORRECT: 0.0, Outcome.NO_ANSWER: 0.0}
"""With the score that each stands for; `partial` needs one of its own."""
SOURCE = "tir.override"


def override(
    graded: Run | Frame,
    id: object,
    outcome: Outcome | str,
    note: str,
    *,
    student: str | None = None,
    score: float | None = None,
) -> Run | Frame:
    """Decides about one answer; the decision, its note and what stood there before are logged.

    `graded` is what `tir.grade` returned: of a frame, `id` is the row's label in its index; of a
    run, the problem's id, with the `student` where several answered it. Returns a frame with the
    new mark, or the run. `run.decisions()` is the log.

    Raises:
        BadInput: there is no such answer, or more than one; the outcome cannot be decided; the
            note is blank.
    """
    decided = _outcome(outcome, score)
    if not note.strip():
        raise BadInput(
            "a decision needs a note.",
            why="Whoever reads the log wants to know why.",
            hint='tir.override(graded, id, "correct", "accepted: rounding was allowed")',
        )
    run = _run_of(graded)
    result = _found(graded, run, id, student)
    decision = Decision(result.student, result.problem.id, *decided, note.strip(), SOURCE)
    with Store(run.folder) as store:
        store.decide(result.key, decision, result.answer)
    return marked(graded, run) if is_frame(graded) else run


def _outcome(outcome: Outcome | str, score: float | None) -> tuple[Outcome, float]:
    named = str(outcome).lower().replace(" ", "_")
    allowed = (*SCORES, Outcome.PARTIAL)
    if named not in [each.value for each in allowed]:
        raise BadInput(
            f"the outcome {str(outcome)!r} cannot be decided.",
            why=f"It is none of {', '.join(each.value for each in allowed)}.",
            hint='tir.override(graded, id, "correct", "a note")',
        )
    found = Outcome(named)
    if found is Outcome.PARTIAL and (score is None or not 0 <= score <= 1):
        raise BadInput(
            "a partial outcome needs a score between 0 and 1.",
            why=f"The score is {score!r}.",
            hint='tir.override(graded, id, "partial", "a note", score=0.5)',
        )
    return found, SCORES.get(found, score or 0.0)


def _run_of(graded: Run | Frame) -> Run:
    if isinstance(graded, Run):
        return graded
    folder = graded.attrs.get(FOLDER) if is_frame(graded) else None
    if folder is None:
        raise BadInput(
            "this was not graded.",
            why="A decision is about a mark; tir.grade returns what has marks.",
            hint="graded = tir.grade(frame)",
        )
    return Run.open(folder)


def _found(graded: Run | Frame, run: Run, id: object, student: str | None) -> Result:
    if not isinstance(graded, Run):
        labels = [at for at, label in enumerate(graded.index, 1) if label == id]
        found = [result for result in run.results() if result.position in labels]
    else:
        found = [
            result
            for result in run.results()
            if id in (result.problem.id, result.key)
            and (student is None or result.student == student)
        ]
    if len(found) != 1:
        raise BadInput(
            f"{id!r} is {'no answer' if not found else f'{len(found)} answers'} of this run.",
            why="A frame's rows are named by its index, a run's by the problem's id and student.",
            hint='tir.override(run, "p1", "correct", "a note", student="Ann")',
        )
    return found[0]
