"""The rows of the report's table: one per problem, or per answer of a student."""

from dataclasses import dataclass

from tir.render.html import inline_answer
from tir.render.markup import plain
from tir.render.math.document import flat_text
from tir.render.math.glyphs import Charset
from tir.render.report.words import OUTCOMES, duration, outcome_cell
from tir.render.safe import one_line
from tir.runs.result import Result

QUESTION_LIMIT = 160
"""Characters of a question in the table: enough to know it again."""
ANSWER_LIMIT = 80
"""Characters of source of an answer that is drawn in the table; a longer one is cut."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `choice` if the rows can be narrowed down to one of its values."""

    name: str
    choice: bool = False
    extra: bool = False
    """Left out where the screen is narrow: the details say it too."""


PROBLEM = Column("Problem")
STUDENT = Column("Student", choice=True)
COLUMNS = (
    Column("No."),
    PROBLEM,
    Column("Outcome", choice=True),
    Column("Answer"),
    Column("Reference"),
    Column("Subject", choice=True),
    Column("Level", choice=True),
)
SOLVED = (
    Column("Status", choice=True),
    Column("Agree", extra=True),
    Column("Tokens", extra=True),
    Column("Seconds", extra=True),
)
GRADED = (STUDENT, Column("Person", choice=True))


def columns(kind: str) -> tuple[Column, ...]:
    """Of a run of this kind: `eval` or `grade`."""
    return COLUMNS + (GRADED if kind == "grade" else SOLVED)


def head(kind: str) -> str:
    """The line of names."""
    names = "".join(f'<th scope="col">{plain(each.name)}</th>' for each in columns(kind))
    return f"<thead><tr>{names}</tr></thead>"


def choices(kind: str) -> str:
    """One list per column that rows can be chosen by; the page fills in what stands there."""
    return "".join(
        f'<label>{plain(each.name)}<select data-column="{at}"><option value="">any</option>'
        "</select></label>"
        for at, each in enumerate(columns(kind))
        if each.choice
    )


def row(result: Result, kind: str) -> str:
    """One line; its first cell links to the details."""
    problem = result.problem
    word, _ = OUTCOMES[result.outcome]
    cells = [
        f'<td class="question"><small>{plain(_clipped(problem.id, 60))}</small>'
        f"{plain(_preview(problem.question))}</td>",
        f"<td>{outcome_cell(result.outcome)}</td>",
        _cell("Answer", _answer(result.answer)),
        _cell("Reference", _answer(problem.gold)),
        _cell("Subject", plain(_clipped(problem.subject or "", 60))),
        _cell("Level", plain(_clipped(problem.level or "", 60))),
    ]
    if kind == "grade":
        person = "needed" if result.needs_person else ""
        cells += [
            _cell("Student", plain(_clipped(result.student or "", 60))),
            _cell("Person", person),
        ]
    else:
        equal, drawn = result.agreement
        status = "" if result.status is None else result.status.value.replace("_", " ")
        cells += [
            _cell("Status", status),
            _extra(f"{equal} of {drawn}" if drawn else ""),
            _extra(f"{result.usage.generated:,}"),
            _extra(f"{result.seconds:,.1f}"),
        ]
    number = result.position
    label = f"{number}, {word}"
    return (
        f'<tr><th scope="row" class="number"><a href="#p{number}" aria-label="{plain(label)}">'
        f"{number}</a></th>{''.join(cells)}</tr>"
    )


def _cell(label: str, content: str) -> str:
    return f'<td data-label="{label}">{content}</td>'


def _extra(content: str) -> str:
    return f'<td class="extra number">{content}</td>'


def _answer(text: str | None) -> str:
    if text is None:
        return ""
    return inline_answer(text) if len(text) <= ANSWER_LIMIT else plain(_clipped(text, ANSWER_LIMIT))


def _preview(question: str) -> str:
    # What is cut off need not be laid out; a formula is at most some times longer than its text.
    return _clipped(flat_text(question[: 4 * QUESTION_LIMIT], Charset.UNICODE), QUESTION_LIMIT)


def _clipped(text: str, limit: int) -> str:
    text = one_line(text)
    return text if len(text) <= limit else f"{text[:limit].rstrip()}…"


def took(result: Result) -> str:
    """What a row cost, in words; empty if nothing was generated for it."""
    if not result.usage.generated:
        return ""
    programs = "1 program" if result.calls == 1 else f"{result.calls:,} programs"
    return f"{duration(result.seconds)}, {result.usage.generated:,} tokens, {programs}"
