"""`tir check`: is my answer right, and where does my working go wrong; never the solution."""

import json
import os
import sys
from collections import Counter
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
  0  right; the lines follow      3  no model or kernel
  1  wrong; a line does not       4  can't tell
  2  usage or bad input           130  interrupted
"""


@click.command(help=_HELP, short_help="Say whether your answer is right, and why.")
@click.argument("problem", required=False)
@click.argument("answer", required=False)
@click.option("--work", metavar="FILE", help="Look at the lines of a working; - is stdin.")
@desk_options
@click.option("--no-color", is_flag=True, help="No colour; NO_COLOR does the same.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_context
def check(
    context: click.Context,
    problem: str | None,
    answer: str | None,
    work: str | None,
    desk: "Desk",
    no_color: bool,
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
        click.echo(ruling(found, no_color=no_color), color=True)
    context.exit(_CODES[found.ruling.value])


def ruling(found: "Assessment", *, no_color: bool) -> str:
    """For stdout: on a terminal within its width, and the ruling in its colour.

    Print it with `color=True`: whether to colour is settled here, and click would strip it again.
    """
    from tir.render.colour import Tone, paint, wants_colour
    from tir.render.prose import fitted

    text = fitted("\n".join(lines(found)), sys.stdout)
    if not wants_colour(sys.stdout, os.environ, forbidden=no_color):
        return text
    word = found.ruling.value
    tone = {"right": Tone.GOOD, "wrong": Tone.BAD}.get(word, Tone.OPEN)
    return paint(word, tone) + text.removeprefix(word)


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
        from tir.render.prose import fitted

        click.echo(fitted("\n".join(told(working)), sys.stdout))
    sys.stdout.flush()
    return {False: ExitCode.NO_ANSWER, None: ExitCode.UNDECIDED, True: ExitCode.ANSWERED}[
        follows(working)
    ]


def follows(working: "Working") -> bool | None:
    """Whether it holds together; None where part of it is open, or nothing was compared."""
    from problems.working import Standing

    if working.fault is not None:
        return False
    compared = any(each.standing is Standing.FOLLOWS for each in working.judged)
    return True if compared and not working.unclear else None


def told(working: "Working") -> list[str]:
    """A working in words: each doubt, then the fault, or that there is none."""
    from problems.working import Standing
    from tir.render.safe import one_line

    said = []
    for each in working.unclear:
        why = one_line(each.detail)
        said += [f"Line {each.number}: can't tell. {why}".rstrip(), f"  {one_line(each.text)}"]
    if working.fault is not None:
        return [*said, one_line(working.fault.detail), f"  {one_line(working.fault.text)}"]
    count = Counter(each.standing for each in working.judged)
    follow, given = count[Standing.FOLLOWS], count[Standing.GIVEN]
    taken = f"{given} {'is' if given == 1 else 'are'} taken as given"
    if not follow:
        return [*said, f"Nothing could be compared{f': {taken}' if given else ''}."]
    holds = f"{follow} line{' follows' if follow == 1 else 's follow'} as far as numbers tell"
    rest = " in the rest" if working.unclear else ""
    return [*said, f"No fault found{rest}: {holds}{f', {taken}' if given else ''}."]


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
        "follows": follows(working),
        "fault": None if fault is None else {"line": fault.number, "detail": fault.detail},
        "lines": [
            {"line": e.number, "text": e.text, "standing": e.standing.value, "detail": e.detail}
            for e in working.judged
        ],
    }
