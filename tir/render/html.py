"""Solutions, trajectories and verdicts as HTML without a script.

Made to be shown anywhere: a notebook's output cell, the report, GitHub and nbviewer, which strip
styles. So the order of the elements and the words carry everything, and the style adds only room
and lines. Colours are those of the page around (`currentColor`), so it reads in light and dark.
"""

from itertools import starmap

from executors import Execution, Status
from executors.execution import cut_middle
from problems import Outcome, Verdict
from tir.render.colour import Tone
from tir.render.folding import in_a_line
from tir.render.markup import answer as answer_markup
from tir.render.markup import code, markup, plain
from tir.render.math.glyphs import Charset
from tir.render.safe import one_line
from tir.render.style import STYLE
from tir.render.summary import ANSWER_LIMIT, STOPPED, Row, rows
from tir.solution import Solution
from tir.trajectory import Step, Stop, Trajectory

TEXT_LIMIT = 20_000
"""Characters of one rationale, program or output. A step of the longest models has less."""
LINE_LIMIT = 160
"""Characters of a text that stands within a line."""

OUTCOME = {
    Outcome.CORRECT: ("correct", Tone.GOOD),
    Outcome.INCORRECT: ("incorrect", Tone.BAD),
    Outcome.PARTIAL: ("partly correct", Tone.OPEN),
    Outcome.NO_ANSWER: ("no answer", Tone.BAD),
    Outcome.UNDECIDED: ("undecided", Tone.OPEN),
}


def solution_html(solution: Solution) -> str:
    """The question, the answer with its evidence, and every sample, folded, step by step."""
    return framed(solution_body(solution))


def trajectory_html(trajectory: Trajectory) -> str:
    """One sample: its steps, each folded, and how it ended."""
    return framed(trajectory_body(trajectory))


def verdict_html(verdict: Verdict) -> str:
    """A grade: the outcome, why, by which rule, and what was compared."""
    return framed(verdict_body(verdict))


def framed(body: str) -> str:
    """`body` as a piece that may stand in any page: with the style that it needs."""
    return f'<article class="tir"><style>{STYLE}</style>{body}</article>'


def solution_body(solution: Solution) -> str:
    """What `solution_html` frames."""
    question = f'<div class="tir-question">{markup(_cut(solution.problem.question))}</div>'
    return question + answer_block(solution) + samples(solution)


def answer_block(solution: Solution) -> str:
    """The lines that end a solve on a terminal, the answer as mathematics."""
    drawn = None
    if solution.answer is not None and len(solution.answer) <= ANSWER_LIMIT:
        drawn = answer_markup(solution.answer)
    shown = rows(solution, Charset.UNICODE)
    return definitions([(row, drawn if row.label == "Answer" else None) for row in shown])


def samples(solution: Solution, *, limit: int | None = None) -> str:
    """All trajectories; a single one without a fold of its own.

    Past `limit` characters of markup the others are only named.
    """
    drawn = solution.trajectories
    if len(drawn) == 1:
        return trajectory_body(drawn[0])
    parts: list[str] = []
    size = 0
    for at, each in enumerate(drawn, 1):
        named = (
            f"Sample {at} of {len(drawn)}: {ending(each)}, {_counted(len(each.steps), 'step')}, "
            f"{each.seconds:.1f} s"
        )
        if limit is not None and size > limit:
            parts.append(f"<p>{named} (not shown)</p>")
        else:
            parts.append(fold(named, trajectory_body(each), kind="sample"))
        size += len(parts[-1])
    return "".join(parts)


def trajectory_body(trajectory: Trajectory) -> str:
    """What `trajectory_html` frames."""
    steps = "".join(_step(at, each) for at, each in enumerate(trajectory.steps, 1))
    rejected = "".join(
        f"<li>{answer_markup(_cut(each))}: a check rejects it, and the model is told so.</li>"
        for each in trajectory.rejected
    )
    return (
        steps
        + (f'<ul class="tir-rejected">{rejected}</ul>' if rejected else "")
        + f'<p class="tir-end">Ended: {ending(trajectory)}</p>'
    )


def verdict_body(verdict: Verdict) -> str:
    """What `verdict_html` frames."""
    word, tone = OUTCOME[verdict.outcome]
    given, reference = verdict.normal_forms
    found = [Row("Outcome", word, tone)]
    if verdict.score is not None and verdict.outcome is Outcome.PARTIAL:
        found.append(Row("Score", f"{verdict.score:.2f} of 1"))
    found.append(Row("Why", one_line(verdict.detail) or "(the rule says it)"))
    found.append(Row("Rule", f"{one_line(verdict.rule)} ({verdict.certainty.value})"))
    found.append(Row("Compared", _clipped(f"{given or '(nothing)'} with {reference}")))
    if verdict.needs_review:
        found.append(Row("Person", "somebody should look at the question", Tone.OPEN))
    return definitions([(row, None) for row in found])


def definitions(lines: list[tuple[Row, str | None]]) -> str:
    """Labelled lines; markup, where it is given, takes the place of a row's text."""
    # One `dd` for each `dt`: front ends without our style set them side by side.
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    for row, drawn in lines:
        tone = "" if row.tone is Tone.PLAIN else f' class="tir-{row.tone.value}"'
        if row.label or not groups:
            groups.append((row.label, []))
        groups[-1][1].append((tone, plain(row.text) if drawn is None else drawn))
    return f'<dl class="tir-facts">{"".join(starmap(_definition, groups))}</dl>'


def _definition(label: str, texts: list[tuple[str, str]]) -> str:
    if len(texts) == 1:
        tone, text = texts[0]
        return f"<dt>{plain(label)}</dt><dd{tone}>{text}</dd>"
    body = "".join(f"<div{tone}>{text}</div>" for tone, text in texts)
    return f"<dt>{plain(label)}</dt><dd>{body}</dd>"


def fold(summary: str, body: str, *, kind: str, unfolded: bool = False) -> str:
    """A part that opens on demand. `summary` and `body` are markup, `kind` a word of ours."""
    is_open = " open" if unfolded else ""
    return f'<details class="tir-{kind}"{is_open}><summary>{summary}</summary>{body}</details>'


def ending(trajectory: Trajectory) -> str:
    """Its answer and, where it did not end with one, why it ended."""
    parts = []
    if trajectory.answer is not None:
        parts.append(f"answer {inline_answer(trajectory.answer.text)}")
    if trajectory.stop is not Stop.ANSWERED or not parts:
        parts.append(plain(STOPPED[trajectory.stop]))
    return "; ".join(parts)


def inline_answer(text: str) -> str:
    """An answer within a line, cut where it is longer than a line can be."""
    return answer_markup(text) if len(text) <= ANSWER_LIMIT else plain(_clipped(text))


def _step(at: int, step: Step) -> str:
    if step.program is None:
        return fold(f"Step {at}: in words", step_body(step), kind="step", unfolded=True)
    # The gap of a terminal's line closes on a page.
    what = _clipped(in_a_line(step, Charset.UNICODE).replace("   ", ", ", 1))
    return fold(f"Step {at}: {plain(what)}", step_body(step), kind="step")


def step_body(step: Step) -> str:
    """The rationale, the program and what came of it."""
    parts = [f'<div class="tir-rationale">{markup(_cut(step.rationale))}</div>']
    if step.program is not None:
        parts.append(f'<p class="tir-label">program</p>{code(_cut(step.program.strip(chr(10))))}')
    if step.execution is not None:
        parts.append(f'<p class="tir-label">{plain(output_label(step.execution))}</p>')
        parts.append(code(step.execution.observation(TEXT_LIMIT), tag="samp"))
    return "".join(parts)


def output_label(execution: Execution) -> str:
    """ "output", with how it ended if it failed, and how long it took."""
    failed = "" if execution.status is Status.OK else f" ({execution.status.value})"
    shortened = ", too long and cut" if execution.truncated else ""
    return f"output{failed}, {execution.seconds:.2f} s{shortened}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _cut(text: str) -> str:
    return cut_middle(text, TEXT_LIMIT)


def _clipped(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= LINE_LIMIT else f"{text[:LINE_LIMIT]} [...]"
