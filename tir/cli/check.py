"""`tir check`: is my answer right, and where does my working go wrong; never the solution."""

import json
import sys
from typing import TYPE_CHECKING

import click

from tir.cli.desk import desk_options, out_of_sight
from tir.cli.question import read_question
from tir.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from problems.working import Working
    from tir.students.assess import Assessment
    from tir.students.silent import Desk

SCHEMA = "tir.check/1"
WORKING = "tir.working/1"
"""Of what `--work --json` prints."""
_CODES = {
    "right": ExitCode.ANSWERED,
    "wrong": ExitCode.NO_ANSWER,
    "can't tell": ExitCode.UNDECIDED,
}
_HELP = """Say whether ANSWER is right, and why, without showing the solution.

The problem is solved out of sight and kept. No word of what is printed equals the right answer.
With --work FILE, the lines of your working are looked at instead, and the first one that does not
follow is named, with numbers that show it. A line is an equation, an inequality, or an expression
that goes on from the line above ("= ...").

\b
Examples:
  tir check "Find all x with x^2 - 5x + 6 = 0." "2, 3"
  tir check problem.txt -- -5
  tir check --work working.txt

\b
Exit codes:
  0  right; every line follows    3  no model or kernel
  1  wrong; a line does not       4  can't tell
  2  usage or bad input           130  interrupted
"""


@click.command(help=_HELP, short_help="Say whether your answer is right, and why.")
@click.argument("problem", required=False)
@click.argument("answer", required=False)
@click.option("--work", metavar="FILE", help="Look at the lines of a working; - is stdin.")
@desk_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_context
def check(
    context: click.Context,
    problem: str | None,
    answer: str | None,
    work: str | None,
    desk: "Desk",
    as_json: bool,
) -> None:
    """See `_HELP`."""
    if work is not None:
        if problem is not None:
            raise click.UsageError("--work takes no problem and no answer.", context)
        context.exit(_look(work, as_json))
    if problem is None or answer is None:
        raise click.UsageError("Missing argument: PROBLEM and ANSWER are needed.", context)
    question = read_question(problem)
    from tir.students.assess import check as assess

    with out_of_sight(quiet=as_json):
        found = assess(
            question,
            answer,
            model=desk.model,
            policy=desk.policy,
            options=desk.options,
            history=desk.history,
            unsafe_no_sandbox=desk.unsafe_no_sandbox,
        )
    if as_json:
        click.echo(json.dumps(document(found), indent=2))
    else:
        click.echo("\n".join(lines(found)))
    context.exit(_CODES[found.ruling.value])


def lines(found: "Assessment") -> list[str]:
    """The ruling and its reasons as text."""
    from tir.render.safe import one_line

    first, *rest = found.reasons or ("",)
    return [f"{found.ruling.value}: {one_line(first)}", *(f"  {one_line(each)}" for each in rest)]


def document(found: "Assessment") -> dict[str, object]:
    """The ruling as JSON."""
    return {
        "schema": SCHEMA,
        "ruling": found.ruling.value,
        "right": {"right": True, "wrong": False}.get(found.ruling.value),
        "answer": found.answer,
        "reasons": list(found.reasons),
        "checked": found.checked,
    }


def _look(name: str, as_json: bool) -> ExitCode:
    from problems.working import examine
    from tir.render.safe import one_line

    working = examine(read_question(name if name == "-" else _file(name)))
    if not working.judged:
        raise BadInput(
            "there is no mathematics in the working.",
            why="A line is an equation, an inequality or an expression.",
            hint="printf '2x + 3 = 9\\n2x = 6\\nx = 3\\n' | tir check --work -",
        )
    if as_json:
        click.echo(json.dumps(_working_document(working), indent=2))
    else:
        for each in working.unclear:
            click.echo(
                f"line {each.number}: can't tell. {one_line(each.detail)}   {one_line(each.text)}"
            )
        if working.fault is not None:
            click.echo(f"{one_line(working.fault.detail)}\n  {one_line(working.fault.text)}")
        else:
            read = len(working.judged) - len(working.unclear)
            click.echo(f"{read} of {len(working.judged)} lines: nothing speaks against them.")
    sys.stdout.flush()
    if working.fault is not None:
        return ExitCode.NO_ANSWER
    return ExitCode.UNDECIDED if working.unclear else ExitCode.ANSWERED


def _file(name: str) -> str:
    """The name of a file that is there: a working is never the argument itself."""
    from pathlib import Path

    if not Path(name).exists():
        raise BadInput(
            f"there is no file {name!r}.", why="--work reads a file.", hint="tir check --work -"
        )
    return name


def _working_document(working: "Working") -> dict[str, object]:
    fault = working.fault
    return {
        "schema": WORKING,
        "follows": False if fault else None if working.unclear else True,
        "fault": None if fault is None else {"line": fault.number, "detail": fault.detail},
        "lines": [
            {"line": e.number, "text": e.text, "standing": e.standing.value, "detail": e.detail}
            for e in working.judged
        ],
    }
