"""`tir view`: the report of a run, in the browser."""

import sys
import webbrowser
from pathlib import Path

import click

from tir.errors import BadInput


@click.command()
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--no-open", is_flag=True, help="Write the report and print its path, no more.")
def view(run: str | None, no_open: bool) -> None:
    """Write the report of a run anew and open it: the given folder, or the latest under runs.

    A run may go on meanwhile: the report shows what is done.
    """
    from tir.cli.finish import REPORT, write_report
    from tir.runs.run import Run

    found = Run.open(run if run is not None else latest())
    write_report(found)
    path = (found.folder / REPORT).absolute()
    click.echo(str(path))
    if not no_open and not webbrowser.open(path.as_uri()):
        sys.stderr.write("No browser was found to open it with.\n")


def latest() -> Path:
    """The folder of runs' youngest run. Raises BadInput if there is none."""
    from tir.runs import database
    from tir.runs.evaluation import runs_folder

    folder = runs_folder()
    found = [(path.stat().st_mtime, path.parent) for path in folder.glob(f"*/{database.FILE}")]
    if not found:
        raise BadInput(
            f"there is no run in {folder}.",
            why="None was made here, or TIR_RUNS names another folder.",
            hint="tir eval school -m mini",
        )
    return max(found)[1]
