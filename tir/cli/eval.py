"""`tir eval`: a model put to a problem set, scored, resumable at any point."""

import contextlib
import sys

import click

from tir.cli.options import budget_options, finite, model_options
from tir.cli.selection import selection_options
from tir.models.options import LoadOptions
from tir.policy import Policy

_EPILOG = """\b
Examples:
  tir eval school -m mini                 the set that ships with tir
  tir eval homework.csv -m 1.5b -n 8
  tir eval gsm8k --sets ~/sets --limit 100 --shuffle 1
  tir eval school --retry undecided       the same command, those rows again
  tir eval school --fail-under 0.8        exit code 1 below 80 %

SET is a file (JSONL, JSON, CSV, TSV, Parquet, Markdown), `school`, or the name of a benchmark:
in --sets, or on the Hugging Face hub if `datasets` is installed. Whatever stops a run, the same
command goes on with it. Exit code 4: some rows are undecided or failed.
"""


@click.command(name="eval", epilog=_EPILOG)
@click.argument("problems", metavar="SET")
@model_options
@budget_options
@selection_options
@click.option(
    "--all-samples",
    is_flag=True,
    help="Draw every sample of every problem, which pass@k and maj@k need.",
)
@click.option("--no-check", is_flag=True, help="Do not have answers checked by a program.")
@click.option("-o", "--out", metavar="FOLDER", help="The run's folder. One under runs by default.")
@click.option("--sets", metavar="FOLDER", help="Where named sets lie; TIR_PROBLEMS does the same.")
@click.option("--limit", type=click.IntRange(1), help="The first so many problems.")
@click.option("--ids", metavar="ID,ID,...", help="These problems.")
@click.option("--shuffle", type=click.IntRange(0), metavar="SEED", help="In a random order.")
@click.option("--fresh", is_flag=True, help="Throw away the results that are there.")
@click.option(
    "--retry", type=click.Choice(["undecided"]), help="Do undecided and failed problems again."
)
@click.option("--regrade", is_flag=True, help="Score what is solved anew; generate nothing.")
@click.option(
    "--in-flight",
    type=click.IntRange(1, 1024),
    default=32,
    show_default=True,
    help="Problems worked on at a time, at most.",
)
@click.option("--ray", metavar="ADDRESS", help="Solve on a Ray cluster; `auto` finds one.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 1),
    callback=finite,
    metavar="SHARE",
    help="Exit with 1 below this accuracy.",
)
@click.option(
    "--unsafe-no-sandbox",
    is_flag=True,
    help="Run programs as you, with your files and network. Never on a model you do not trust.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the totals as one JSON document.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_context
def evaluate(
    context: click.Context,
    problems: str,
    model: str,
    options: LoadOptions,
    policy: Policy,
    reward: str | None,
    reward_options: LoadOptions,
    all_samples: bool,
    no_check: bool,
    out: str | None,
    sets: str | None,
    limit: int | None,
    ids: str | None,
    shuffle: int | None,
    fresh: bool,
    retry: str | None,
    regrade: bool,
    in_flight: int,
    ray: str | None,
    fail_under: float | None,
    unsafe_no_sandbox: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Solve a problem set and score it. The same command resumes."""
    from dataclasses import replace

    from tir.cli.finish import finish, interrupted, resumed
    from tir.cli.progress import Line
    from tir.runs.evaluation import evaluate
    from tir.runs.interrupted import Interrupted

    named = tuple(filter(None, (each.strip() for each in ids.split(",")))) if ids else ()
    line = Line(sys.stderr, quiet=quiet)
    try:
        # A library that prints would spoil the totals that a program reads from us.
        with contextlib.closing(line), contextlib.redirect_stdout(sys.stderr):
            run = evaluate(
                problems,
                model=model,
                policy=replace(policy, stop_early=not all_samples, check=not no_check),
                options=options,
                reward=reward,
                reward_options=reward_options,
                out=out,
                folder=sets,
                limit=limit,
                ids=named,
                shuffle=shuffle,
                resume=resumed(fresh=fresh, retry=retry, regrade=regrade),
                width=in_flight,
                on_progress=line,
                ray=ray,
                unsafe_no_sandbox=unsafe_no_sandbox,
            )
    except Interrupted as error:
        context.exit(interrupted(error.run))
    context.exit(finish(run, as_json=as_json, fail_under=fail_under))
