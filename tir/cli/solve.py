"""`tir solve`: one problem, watched live, answered on stdout."""

import contextlib
import math
import re
import sys
from dataclasses import replace

import click

from tir.cli import screen
from tir.cli.question import read_question
from tir.dialects import QWEN_MATH
from tir.errors import BadInput, ExitCode
from tir.policy import Policy
from tir.solution import Solution, SolutionStatus

DEFAULTS = Policy()

_DEVICE = re.compile(r"(cpu|cuda|mps|xpu)(:\d+)?")

_EPILOG = """\b
Examples:
  tir solve "Find all x with x^2 - 5x + 6 = 0."
  tir solve problem.txt -m 1.5b -n 8
  tir solve -q "What is 17^4?"            the answer, nothing else
  tir solve --json - < problem.txt | jq .status
  tir solve -- "-5 + 3 = ?"               a problem that begins with a dash

A terminal shows the work as it happens. Into a pipe or file goes the answer alone, and the work
to stderr.
"""


def _finite(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    # Every comparison with NaN is false, so it is in every range.
    if value is not None and math.isnan(value):
        raise click.BadParameter("it is not a number.")
    return value


def _device(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _DEVICE.fullmatch(value):
        raise click.BadParameter(f"{value!r} is none of cpu, cuda, cuda:N, mps, xpu.")
    return value


@click.command(epilog=_EPILOG)
@click.argument("problem", metavar="[TEXT | FILE | -]", nargs=-1)
@click.option(
    "-m",
    "--model",
    default="auto",
    envvar="TIR_MODEL",
    show_default=True,
    show_envvar=True,
    metavar="NAME",
    help="Name or folder of a model; see tir models.",
)
@click.option(
    "-n",
    "--samples",
    type=click.IntRange(1, 64),
    default=DEFAULTS.samples,
    show_default=True,
    help="Independent attempts at most.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=DEFAULTS.seed,
    show_default=True,
    help="The same seed, model and machine give the same answer.",
)
@click.option(
    "--max-steps",
    type=click.IntRange(1, 50),
    default=DEFAULTS.max_steps,
    show_default=True,
    help="Programs per sample.",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(16, 32768),
    default=DEFAULTS.max_tokens,
    show_default=True,
    help="Tokens per sample.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 86400, min_open=True),
    default=DEFAULTS.timeout,
    show_default=True,
    callback=_finite,
    metavar="SECONDS",
    help="Time for the whole solve.",
)
@click.option(
    "-t",
    "--temperature",
    type=click.FloatRange(0, 2),
    callback=_finite,
    help="Of every sample. By default the first is greedy, the others as the model's authors do.",
)
@click.option("--no-check", is_flag=True, help="Do not have the answer checked by a program.")
@click.option(
    "--device",
    metavar="NAME",
    callback=_device,
    help="cpu, cuda, cuda:1, mps. Chosen by default.",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    help="Precision of the weights. Chosen by default.",
)
@click.option(
    "--unsafe-no-sandbox",
    is_flag=True,
    help="Run programs as you, with your files and network. Never on a model you do not trust.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the solution as one JSON document.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Print each event as a line of JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print the answer alone.")
@click.option("--no-color", is_flag=True, help="No colour; NO_COLOR does the same.")
@click.pass_context
def solve(
    context: click.Context,
    problem: tuple[str, ...],
    model: str,
    samples: int,
    seed: int,
    max_steps: int,
    max_tokens: int,
    timeout: float,
    temperature: float | None,
    no_check: bool,
    device: str | None,
    dtype: str | None,
    unsafe_no_sandbox: bool,
    as_json: bool,
    as_jsonl: bool,
    quiet: bool,
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
    question = read_question(problem[0] if problem else None)
    policy = Policy(
        samples=samples,
        max_steps=max_steps,
        max_tokens=max_tokens,
        timeout=timeout,
        seed=seed,
        sampling=None
        if temperature is None
        else replace(QWEN_MATH.sampled, temperature=temperature),
        check=not no_check,
    )
    view = screen.choose(as_json=as_json, as_jsonl=as_jsonl, quiet=quiet, no_color=no_color)
    from tir.api import solve as run

    # A library that prints would spoil the answer, or the JSON, that a program reads from us.
    with contextlib.closing(view), contextlib.redirect_stdout(sys.stderr):
        solution = run(
            question,
            model=model,
            policy=policy,
            device=device,
            dtype=dtype,
            on_event=view.during,
            unsafe_no_sandbox=unsafe_no_sandbox,
        )
        view.finish(solution)
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
