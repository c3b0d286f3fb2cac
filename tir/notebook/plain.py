"""Solutions, trajectories and verdicts as plain text with mathematics in Unicode."""

import io

from problems import Verdict
from tir.notebook.markdown import leader
from tir.render.flow import Flow, Manner
from tir.render.folding import folded
from tir.render.html import OUTCOME
from tir.render.math.document import answer_box, flat_answer, without_drawings
from tir.render.math.glyphs import Charset
from tir.render.safe import one_line
from tir.render.summary import ANSWER_LIMIT, STOPPED, rows
from tir.render.typesetter import Typesetter
from tir.solution import Solution
from tir.trajectory import Step, Stop, Trajectory

WIDTH = 80
"""Columns. A notebook's output cell has more."""
_UNICODE = Charset.UNICODE
_LABEL = 10


def solution_text(solution: Solution) -> str:
    """The question, the steps of the sample that gave the answer, and the answer with evidence."""
    parts = [_set(without_drawings(solution.problem.question), "")]
    leading = leader(solution)
    if leading is not None:
        parts.append(trajectory_text(leading))
    if len(solution.trajectories) > 1:
        parts.append(_others(solution, leading))
    parts.append(_facts(solution))
    return "\n\n".join(part for part in parts if part)


def trajectory_text(trajectory: Trajectory) -> str:
    """A line of words and a line of program for each step."""
    return "\n".join(_step(at, each) for at, each in enumerate(trajectory.steps, 1))


def verdict_text(verdict: Verdict) -> str:
    """Such as "correct: both are 1/2 (exact arithmetic, proved)"."""
    word, _ = OUTCOME[verdict.outcome]
    why = one_line(verdict.detail)
    look = "; somebody should look at the question" if verdict.needs_review else ""
    said = f"{word}: {why}" if why else word
    return f"{said} ({one_line(verdict.rule)}, {verdict.certainty.value}){look}"


def ending_text(trajectory: Trajectory) -> str:
    """Its answer and, where it did not end with one, why it ended."""
    parts = []
    if trajectory.answer is not None:
        parts.append(f"answer {flat_answer(trajectory.answer.text, _UNICODE)[:ANSWER_LIMIT]}")
    if trajectory.stop is not Stop.ANSWERED or not parts:
        parts.append(STOPPED[trajectory.stop])
    return "; ".join(parts)


def _step(at: int, step: Step) -> str:
    words = _set(step.rationale, f"{at:>3}  ") or f"{at:>3}"
    if step.program is None:
        return words
    return f"{words}\n     {folded(step, _UNICODE)[0]}"


def _others(solution: Solution, leading: Trajectory | None) -> str:
    return "\n".join(
        f"Sample {at} of {len(solution.trajectories)}: {ending_text(each)}"
        for at, each in enumerate(solution.trajectories, 1)
        if each is not leading
    )


def _facts(solution: Solution) -> str:
    lines = []
    for row in rows(solution, _UNICODE):
        if row.label == "Answer" and solution.answer and len(solution.answer) <= ANSWER_LIMIT:
            box = answer_box(solution.answer, _UNICODE, WIDTH - _LABEL)
            for at, line in enumerate(box.rows):
                label = row.label if at == box.base else ""
                lines.append(f"{label:<{_LABEL}}{line}".rstrip())
        else:
            lines.append(f"{row.label:<{_LABEL}}{row.text}")
    return "\n".join(lines)


def _set(text: str, first: str) -> str:
    stream = io.StringIO()
    flow = Flow(stream, WIDTH)
    manner = Manner(" " * len(first), str, prose=True, first=first or None)
    typesetter = Typesetter(flow, manner, _UNICODE)
    typesetter.write(text.strip())
    typesetter.end()
    flow.end()
    return stream.getvalue().rstrip("\n")
