"""The `tir` command. Importing it is light: a command's module is imported when it is used."""

from typing import NoReturn

import click

from tir import __version__
from tir.cli.group import LazyCommand, LazyGroup

COMMANDS = (
    LazyCommand("solve", "tir.cli.solve:solve", "Solve a problem and verify the answer."),
    LazyCommand("hint", "tir.cli.hint:hint", "Give one hint more, never the answer unasked."),
    LazyCommand("check", "tir.cli.check:check", "Say whether your answer is right, and why."),
    LazyCommand("chat", "tir.cli.chat:chat", "Ask one question after another."),
    LazyCommand("eval", "tir.cli.eval:evaluate", "Put a model to a problem set; resumable."),
    LazyCommand("grade", "tir.cli.grade:grade", "Mark the answers of a class."),
    LazyCommand("view", "tir.cli.view:view", "Open the report of a run."),
    LazyCommand("compare", "tir.cli.compare:compare", "Compare two runs, problem by problem."),
    LazyCommand("export", "tir.cli.export:export", "Write a solved problem, or a run, as a file."),
    LazyCommand("equal", "tir.cli.equal:equal", "Say whether an answer equals a reference."),
    LazyCommand("history", "tir.cli.history:history", "List or show what was solved here."),
    LazyCommand("config", "tir.cli.config:config", "Show or change settings."),
    LazyCommand("completion", "tir.cli.completion:completion", "Complete in bash, zsh or fish."),
    LazyCommand("models", "tir.cli.models:models", "List the models and which of them fit."),
    LazyCommand("doctor", "tir.cli.doctor:doctor", "Attack the sandbox, to see that it holds."),
    LazyCommand("kernel", "tir.cli.kernel:kernel", "Put Jupyter notebooks behind the same walls."),
)

_HELP = """Solve mathematics: a model reasons, Python computes, code verifies.

A problem may stand alone: tir "what is 12 * 13?" means tir solve "what is 12 * 13?".

\b
Examples:
  tir "What is the sum of the first 100 primes?"
  tir solve problem.txt -n 8
  tir solve --json < problem.txt > solution.json
  tir models

\b
Exit codes:
  0  an answer             3    no model or kernel, or too little memory
  1  no answer             4    a check refutes the answer; rows are undecided
  2  usage or bad input    130  interrupted; what was done is printed
"""


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"tir {__version__}")
        context.exit()


cli = LazyGroup(
    "tir",
    lazy=COMMANDS,
    default="solve",
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Show the version and exit.",
        )
    ],
)


def main() -> NoReturn:
    """Runs the command line and exits; see `tir.errors.ExitCode`."""
    cli.main(prog_name="tir")
