"""`tir history`: what was solved on this machine."""

import contextlib
import json
import sys

import click

from tir.cli import screen
from tir.cli.desk import flat
from tir.errors import ExitCode
from tir.render.flow import cells, fitting
from tir.render.live import window
from tir.render.safe import one_line
from tir.render.summary import STATUS
from tir.solution import SolutionStatus
from tir.students.history import Entry, History

SCHEMA = "tir.history/1"
_QUESTION = 60
_ANSWER = 30
_WIDE = 80
"""Columns from which an entry is one line."""


@click.group(invoke_without_command=True)
@click.pass_context
def history(context: click.Context) -> None:
    """List, show or forget what was solved on this machine.

    Solved problems are kept in one file that only you may read. TIR_HISTORY=false, or
    tir config set history false, keeps nothing.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@history.command("list")
@click.option("-n", "most", type=click.IntRange(1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_context
def list_(context: click.Context, most: int = 20, as_json: bool = False) -> None:
    """The latest, newest first."""
    entries = History().latest(most)
    if as_json:
        document = {"schema": SCHEMA, "entries": [_record(each) for each in entries]}
        click.echo(json.dumps(document, indent=2))
        return
    width = window(sys.stdout).columns if sys.stdout.isatty() else None
    for each in entries:
        click.echo("\n".join(row(each, width)))
    if not entries:
        click.echo("Nothing was solved yet.", err=True)
        context.exit(ExitCode.NO_ANSWER)


@history.command()
@click.argument("entry", metavar="NUMBER | ID | last")
@click.option("--json", "as_json", is_flag=True, help="The solution as one JSON document.")
@click.option("--full", is_flag=True, help="Programs and outputs too.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Write mathematics in plain ASCII.")
@click.option("--no-color", is_flag=True, help="No colour; NO_COLOR does the same.")
def show(entry: str, as_json: bool, full: bool, ascii_only: bool, no_color: bool) -> None:
    """One solution again, as it was."""
    from tir.students.replay import replay

    kept = History()
    solution = kept.solution(kept.entry(entry))
    view = screen.choose(as_json=as_json, full=full, ascii_only=ascii_only, no_color=no_color)
    with contextlib.closing(view):
        for event in replay(solution):
            view.during(event)
        view.finish(solution)


@history.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def clear(yes: bool) -> None:
    """Forget everything."""
    if not yes:
        click.confirm("Forget all solved problems?", abort=True, err=True)
    click.echo(f"{History().clear()} forgotten.", err=True)


def row(each: Entry, width: int | None) -> list[str]:
    """An entry of the list: a line, or two on a narrow terminal."""
    when = each.at.astimezone().strftime("%Y-%m-%d %H:%M")
    status = STATUS[SolutionStatus(each.status)][0]
    head = f"{each.number:>4}  {when}  {status:12}"
    answer = "-" if each.answer is None else _cut(flat(each.answer, sys.stdout), _ANSWER)
    tail = f"  =>  {answer}"
    question = one_line(each.question)
    if width is None:
        return [f"{head}  {_cut(question, _QUESTION)}{tail}"]
    if width >= _WIDE:
        return [f"{head}  {_cut(question, width - cells(head) - 2 - cells(tail))}{tail}"]
    return [head.rstrip(), f"      {_cut(question, max(width - 6 - cells(tail), 8))}{tail}"]


def _cut(text: str, room: int) -> str:
    return text if cells(text) <= room else f"{text[: fitting(text, room - 3)].rstrip()}..."


def _record(each: Entry) -> dict[str, object]:
    return {
        "number": each.number,
        "at": each.at.isoformat(),
        "problem": each.problem,
        "question": each.question,
        "answer": each.answer,
        "status": each.status,
        "model": each.model,
        "hints_shown": each.shown,
    }
