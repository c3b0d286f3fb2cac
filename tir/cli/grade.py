"""`tir grade`: the answers of a class, marked."""

import contextlib
import sys

import click

from tir.cli.options import budget_options, finite, model_options
from tir.models.options import LoadOptions
from tir.policy import Policy

_EPILOG = """\b
Examples:
  tir grade answers.csv --key key.csv
  tir grade answers.csv --key exam.md -m 1.5b   solves what has no answer there
  tir grade answers.csv --key key.csv --override runs/answers-.../review.csv

SUBMISSIONS is CSV or JSONL: columns student, problem, answer; or student and a column for each
problem. KEY is a problem file, CSV for instance: id, answer, and if you like question, test,
points. The run's folder gets results.csv (an answer in a row), students.csv (points), and
review.csv: what needs a person. Fill in its outcome, score and note, and give it as --override.
"""


@click.command(epilog=_EPILOG)
@click.argument("submissions", metavar="SUBMISSIONS")
@click.option("-k", "--key", metavar="KEY", help="Problems with their answers, tests and points.")
@click.option("--override", metavar="FILE", help="Decisions of a person; they are logged.")
@click.option("-o", "--out", metavar="FOLDER", help="The run's folder. One under runs by default.")
@click.option("--fresh", is_flag=True, help="Throw away the marks that are there.")
@click.option("--retry", type=click.Choice(["undecided"]), help="Mark undecided answers again.")
@click.option("--regrade", is_flag=True, help="Mark all answers again; decisions stay.")
@model_options
@budget_options
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
def grade(
    context: click.Context,
    submissions: str,
    key: str | None,
    override: str | None,
    out: str | None,
    fresh: bool,
    retry: str | None,
    regrade: bool,
    model: str,
    options: LoadOptions,
    policy: Policy,
    fail_under: float | None,
    unsafe_no_sandbox: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Mark the answers of a class against a key. The same command resumes."""
    from tir.cli.finish import finish, interrupted, resumed
    from tir.cli.progress import Line
    from tir.runs.grading import grade as run_grading
    from tir.runs.interrupted import Interrupted

    line = Line(sys.stderr, quiet=quiet)
    try:
        with contextlib.closing(line), contextlib.redirect_stdout(sys.stderr):
            run = run_grading(
                submissions,
                key=key,
                override=override,
                out=out,
                model=model,
                policy=policy,
                options=options,
                resume=resumed(fresh=fresh, retry=retry, regrade=regrade),
                on_progress=line,
                unsafe_no_sandbox=unsafe_no_sandbox,
            )
    except Interrupted as error:
        context.exit(interrupted(error.run))
    context.exit(finish(run, as_json=as_json, fail_under=fail_under))
