"""How every command that makes a run ends: files, totals, what to type next, the exit code."""

import json
import shlex
import sys

import click

from tir.cli.totals import document, lines
from tir.errors import ExitCode
from tir.runs.evaluation import Resume
from tir.runs.export import write_exports
from tir.runs.roster import REVIEW, STUDENTS, write_review, write_students
from tir.runs.run import Run
from tir.runs.summary import Summary

REPORT = "report.html"


def finish(run: Run, *, as_json: bool, fail_under: float | None) -> ExitCode:
    """Writes the run's report and tables, prints its totals, and gives the exit code.

    Raises EnvironmentFailed where the folder takes no more files; the results are kept.
    """
    summary = run.summary()
    write_exports(run)
    if run.manifest.kind == "grade":
        write_students(run, run.folder / STUDENTS)
        write_review(run, run.folder / REVIEW)
    write_report(run)
    if as_json:
        click.echo(json.dumps(document(run, summary), indent=2, allow_nan=False))
    else:
        click.echo("\n".join(lines(run, summary)))
    next_steps(run)
    return exit_code(summary, fail_under)


def resumed(*, fresh: bool, retry: str | None, regrade: bool) -> Resume:
    """What `--fresh`, `--retry` and `--regrade` ask for. Raises UsageError for two of them."""
    asked = [
        how
        for how, wanted in (
            (Resume.FRESH, fresh),
            (Resume.RETRY, retry is not None),
            (Resume.REGRADE, regrade),
        )
        if wanted
    ]
    if len(asked) > 1:
        raise click.UsageError("--fresh, --retry and --regrade exclude each other.")
    return asked[0] if asked else Resume.GO_ON


def interrupted(run: Run) -> ExitCode:
    """Tells how to go on with a run that Ctrl-C has ended; what is done is in its report."""
    write_report(run)
    next_steps(run)
    sys.stderr.write(f"Interrupted. To go on: {again(sys.argv)}\n")
    return ExitCode.INTERRUPTED


def again(arguments: list[str]) -> str:
    """The command that goes on: the same, but for what would start over."""
    return shlex.join(["tir", *(word for word in arguments[1:] if word != "--fresh")])


def next_steps(run: Run) -> None:
    """What to type next, on stderr."""
    sys.stderr.write(f"Report: {run.folder / REPORT}\nNext:   tir view {run.folder}\n")
    review = run.folder / REVIEW
    if review.is_file() and run.summary().total.needs_person:
        sys.stderr.write(f"Review: {review}, then the same command with --override {review}\n")


def write_report(run: Run) -> None:
    """The page of a run, in its folder."""
    from tir.render.report import write_report as write

    write(run, run.folder / REPORT)


def exit_code(summary: Summary, fail_under: float | None) -> ExitCode:
    """1 if the accuracy is below what is asked for, 4 if rows are undecided or failed."""
    accuracy = summary.total.accuracy.value
    if fail_under is not None and (accuracy is None or accuracy < fail_under):
        return ExitCode.NO_ANSWER
    return ExitCode.UNDECIDED if summary.total.open else ExitCode.ANSWERED
