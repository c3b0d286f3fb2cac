"""The details of one row: the question, the grade with its reason, and the whole solution."""

from executors.execution import cut_middle
from problems.problem import ALPHABET
from tir.render.colour import Tone
from tir.render.html import TEXT_LIMIT, answer_block, definitions, fold, inline_answer, samples
from tir.render.markup import code, inline, markup, plain
from tir.render.report.table import took
from tir.render.report.words import OUTCOMES
from tir.render.safe import one_line
from tir.render.summary import Row
from tir.runs.result import Result
from tir.solution import Solution

DETAIL_LIMIT = 400_000
"""Characters of markup of one row. Samples past it are counted, and not shown."""

_TONES = {"good": Tone.GOOD, "bad": Tone.BAD, "open": Tone.OPEN}


def details(result: Result) -> str:
    """One row folded; `id="pN"` is within the fold, for a link to it unfolds what is around."""
    word, _ = OUTCOMES[result.outcome]
    name = one_line(result.problem.id)[:80]
    who = "" if result.student is None else f", {one_line(result.student)[:80]}"
    return (
        '<details class="problem tir"><summary>'
        f"{result.position}. {plain(name)}{plain(who)}: {word}</summary>"
        f'<div id="p{result.position}" tabindex="-1">{_turn(result.position)}{_question(result)}'
        f"{_grade(result)}{_solution(result.solution())}</div></details>"
    )


def _turn(number: int) -> str:
    """Links to the rows beside it; with a script they follow what is shown in the table."""
    before = f'<a class="before" href="#p{number - 1}">Previous</a>'
    return (
        f'<div class="turn">{before if number > 1 else before.replace("href", "hidden href")}'
        f'<a class="after" href="#p{number + 1}">Next</a>'
        '<a href="#problems">Back to the table</a></div>'
    )


def _question(result: Result) -> str:
    problem = result.problem
    choices = "".join(
        f"<li>({letter}) {inline(cut_middle(choice, TEXT_LIMIT))}</li>"
        for letter, choice in zip(ALPHABET, problem.choices, strict=False)
    )
    return f'<div class="tir-question">{markup(cut_middle(problem.question, TEXT_LIMIT))}</div>' + (
        f"<ul>{choices}</ul>" if choices else ""
    )


def _grade(result: Result) -> str:
    problem = result.problem
    word, kind = OUTCOMES[result.outcome]
    lines: list[tuple[Row, str | None]] = [(Row("Outcome", word, _TONES[kind]), None)]
    lines.append((Row("Why", one_line(result.detail) or "(the rule says it)"), None))
    lines.append((Row("Rule", one_line(result.rule)), None))
    if result.student is not None:
        lines.append((Row("Student", one_line(result.student)), None))
        lines.append((Row("Answer", ""), inline_answer(result.answer or "(none)")))
    gold = "(none)" if problem.gold is None else inline_answer(problem.gold)
    lines.append((Row("Reference", ""), gold))
    if result.earned is not None and (result.points != 1 or result.score not in (0, 1)):
        lines.append((Row("Points", f"{result.earned:g} of {result.points:g}"), None))
    if result.needs_person:
        lines.append((Row("Person", "somebody should look at it", Tone.OPEN), None))
    about = [problem.subject, _level(problem.level), problem.source]
    if any(about):
        lines.append((Row("From", one_line(", ".join(filter(None, about)))), None))
    if cost := took(result):
        lines.append((Row("Cost", cost), None))
    return definitions(lines)


def _level(level: str | None) -> str | None:
    """The MATH set calls a level "Level 3", others "3"."""
    return f"level {level}" if level and level.isalnum() else level


def _solution(solution: Solution | None) -> str:
    if solution is None:
        return ""
    body = samples(solution, limit=DETAIL_LIMIT)
    check = "" if solution.check is None else _check(solution.check)
    return f"<h3>Solution</h3>{answer_block(solution)}{body}{check}"


def _check(program: str) -> str:
    return fold("The check that decided", code(cut_middle(program, TEXT_LIMIT)), kind="check")
