"""`tir solve`: one problem, watched live, answered on stdout."""

import contextlib
import sys
from dataclasses import replace

import click

from tir.cli import screen
from tir.cli.desk import history_option, keep
from tir.cli.options import budget_options, model_options
from tir.cli.picture import picture_options, question_from
from tir.cli.question import read_question
from tir.cli.selection import selection_options
from tir.errors import BadInput, ExitCode
from tir.models.options import LoadOptions
from tir.policy import Policy
from tir.solution import Solution, SolutionStatus

_EPILOG = """\b
Examples:
  tir solve "Find all x with x^2 - 5x + 6 = 0."
  tir solve problem.txt -m 1.5b -n 8
  tir solve -q "What is 17^4?"            the answer, nothing else
  tir solve --json - < problem.txt | jq .status
  tir solve -- "-5 + 3 = ?"               a problem that begins with a dash
  tir solve --image photo.jpg             a photo; you see what was read first

A terminal shows the work as it happens. Into a pipe or file goes the answer alone, and the work
to stderr.
"""


@click.command(epilog=_EPILOG)
@click.argument("problem", metavar="[TEXT | FILE | -]", nargs=-1)
@picture_options
@model_options
@budget_options
@selection_options
@click.option("--no-check", is_flag=True, help="Do not have the answer checked by a program.")
@click.option(
    "--unsafe-no-sandbox",
    is_flag=True,
    help="Run programs as you, with your files and network. Never on a model you do not trust.",
)
@history_option
@click.option("--json", "as_json", is_flag=True, help="Print the solution as one JSON document.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Print each event as a line of JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print the answer alone.")
@click.option("--full", is_flag=True, help="Keep programs and outputs on the screen.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Write mathematics in plain ASCII.")
@click.option("--no-color", is_flag=True, help="No colour; NO_COLOR does the same.")
@click.pass_context
def solve(
    context: click.Context,
    problem: tuple[str, ...],
    image: str | None,
    audio: str | None,
    reader: str | None,
    yes: bool,
    model: str,
    options: LoadOptions,
    policy: Policy,
    reward: str | None,
    reward_options: LoadOptions,
    no_check: bool,
    unsafe_no_sandbox: bool,
    history: bool,
    as_json: bool,
    as_jsonl: bool,
    quiet: bool,
    full: bool,
    ascii_only: bool,
    no_color: bool,
) -> None:
    """Solve a mathematical problem and verify the answer.

    The problem is a text, the name of a file, or - for standard input.
    """
    if as_json and as_jsonl:
        raise click.UsageError("--json and --jsonl exclude each other.")
    if len(problem) > 1:
        raise BadInput(
            f"{len(problem)} problems were given.",
            why="A shell splits a problem at its blanks; quotes keep it whole.",
            hint=f'tir solve "{" ".join(problem)}"',
        )
    if (image is not None) + (audio is not None) + bool(problem) > 1:
        raise click.UsageError("A problem, --image and --audio exclude each other.")
    if image is not None or audio is not None:
        question = question_from(image, audio, reader=reader, yes=yes, options=options)
    else:
        question = read_question(problem[0] if problem else None)
    view = screen.choose(
        as_json=as_json,
        as_jsonl=as_jsonl,
        quiet=quiet,
        no_color=no_color,
        full=full,
        ascii_only=ascii_only,
    )
    from tir.api import solve as run

    # A library that prints would spoil the answer, or the JSON, that a program reads from us.
    with contextlib.closing(view), contextlib.redirect_stdout(sys.stderr):
        solution = run(
            question,
            model=model,
            policy=replace(policy, check=not no_check),
            options=options,
            reward=reward,
            reward_options=reward_options,
            on_event=view.during,
            unsafe_no_sandbox=unsafe_no_sandbox,
        )
        view.finish(solution)
    if history and not solution.interrupted:
        keep(solution, model, options)
    context.exit(exit_code(solution))


def exit_code(solution: Solution) -> ExitCode:
    """What the outcome means to the shell. An unverified answer is an answer."""
    if solution.interrupted:
        return ExitCode.INTERRUPTED
    if solution.answer is None:
        return ExitCode.NO_ANSWER
    if solution.status is SolutionStatus.REFUTED:
        return ExitCode.UNDECIDED
    return ExitCode.ANSWERED
