"""`tir hint`: one step more of a solution at each call, and never the answer unasked."""

import json
import sys
from typing import TYPE_CHECKING

import click

from tir.cli.desk import desk_options, flat, out_of_sight, typeset
from tir.cli.question import read_question
from tir.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from tir.solution import Solution
    from tir.students.hints import Hint
    from tir.students.silent import Desk

SCHEMA = "tir.hint/1"
_HELP = """Give the next hint for a problem.

The first call solves it out of sight and keeps the solution; each call then tells one thing more:
the idea, the method, how a program for it begins, the further steps. Nothing in a hint equals the
answer: whatever does is covered, and that is said. --answer shows the answer.

\b
Examples:
  tir hint "Find all x with x^2 - 5x + 6 = 0."
  tir hint "Find all x with x^2 - 5x + 6 = 0."     the next one
  tir hint --all problem.txt
  tir hint --answer problem.txt

\b
Exit codes:
  0  a hint, or the answer    3  no model or kernel
  1  no (more) hints          130  interrupted
  2  usage or bad input
"""


@click.command(help=_HELP, short_help="Give one hint more, never the answer unasked.")
@click.argument("problem", metavar="[TEXT | FILE | -]", required=False)
@click.option("--answer", "wants_answer", is_flag=True, help="Show the answer.")
@click.option("--all", "wants_all", is_flag=True, help="All hints at once.")
@click.option("--step", type=click.IntRange(1), metavar="N", help="The hint of that number.")
@click.option("--restart", is_flag=True, help="Begin with the first hint again.")
@click.option("--again", is_flag=True, help="Solve anew instead of taking what is kept.")
@desk_options
@click.option("--ascii", "ascii_only", is_flag=True, help="Write mathematics in plain ASCII.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_context
def hint(
    context: click.Context,
    problem: str | None,
    wants_answer: bool,
    wants_all: bool,
    step: int | None,
    restart: bool,
    again: bool,
    desk: "Desk",
    ascii_only: bool,
    as_json: bool,
) -> None:
    """See `_HELP`."""
    if wants_answer + wants_all + (step is not None) > 1:
        raise click.UsageError("--answer, --all and --step exclude each other.", context)
    from problems import Problem
    from tir.solution import SolutionStatus
    from tir.students.hints import hints_of

    asked = Problem(read_question(problem))
    with out_of_sight(quiet=as_json):
        solution, entry = desk.solution(asked, again=again)
        found = () if wants_answer else hints_of(solution)
    if wants_answer:
        context.exit(_tell(solution, as_json, ascii_only))
    shown = 0 if entry is None or restart else entry.shown
    first, last = _range(len(found), shown, wants_all, step)
    if entry is not None and desk.history is not None and last <= len(found):
        desk.history.show(entry, max(last, 0 if restart else entry.shown))
    given = found[first:last]
    if as_json:
        click.echo(json.dumps(document(given, first, len(found)), indent=2))
    elif not given:
        total = f"That was all: there are {len(found)} hints" if found else "There are no hints"
        click.echo(f"{total}. tir hint --answer shows the answer.", err=True)
    if given and not as_json and solution.status is not SolutionStatus.VERIFIED:
        click.echo("The solution that the hints are from is not verified.", err=True)
    for number, each in enumerate(() if as_json else given, start=first + 1):
        tell(each, number, len(found), ascii_only=ascii_only)
    goes_on = entry is not None and step is None and last < len(found)
    if given and goes_on and not as_json and sys.stderr.isatty():
        click.echo("The same command gives the next one.", err=True)
    context.exit(ExitCode.ANSWERED if given else ExitCode.NO_ANSWER)


def document(given: "tuple[Hint, ...]", first: int, total: int) -> dict[str, object]:
    """Hints as JSON."""
    return {
        "schema": SCHEMA,
        "total": total,
        "hints": [
            {"number": n, "kind": each.kind.value, "text": each.text, "covered": each.covered}
            for n, each in enumerate(given, start=first + 1)
        ],
    }


def _range(total: int, shown: int, wants_all: bool, step: int | None) -> tuple[int, int]:
    """The first hint to show, from 0, and the one after the last."""
    if wants_all:
        return 0, total
    if step is not None:
        if step > total:
            raise BadInput(
                f"there is no hint {step}.",
                why=f"There are {total}.",
                hint="tir hint --all ...",
            )
        return step - 1, step
    return shown, shown + 1


def tell(each: "Hint", number: int, total: int, *, ascii_only: bool) -> None:
    """Writes one hint to stdout: what it is, and below that its text, indented."""
    from tir.students.hints import Kind

    click.echo(f"Hint {number} of {total}: {each.kind.value}")
    is_program = each.kind in (Kind.SET_UP, Kind.PROGRAM)
    typeset(each.text, sys.stdout, ascii_only=ascii_only, prose=not is_program)
    if each.covered:
        click.echo("  ([hidden]: that would give the answer away.)")


def _tell(solution: "Solution", as_json: bool, ascii_only: bool) -> ExitCode:
    if as_json:
        status = {"answer": solution.answer, "status": solution.status.value}
        click.echo(json.dumps({"schema": SCHEMA} | status, indent=2))
    elif solution.answer is not None:
        click.echo(flat(solution.answer, sys.stdout, ascii_only=ascii_only))
        click.echo(f"Status: {solution.status.value.replace('_', ' ')}", err=True)
    return ExitCode.NO_ANSWER if solution.answer is None else ExitCode.ANSWERED
