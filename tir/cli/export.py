"""`tir export`: a solved problem or a run as a file for people, kernels, TeX and spreadsheets."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tir.errors import BadInput

if TYPE_CHECKING:
    from tir.solution import Solution

_HELP = """Write a solved problem, or a run, as a file.

SOURCE is the number or id of a solved problem (tir history), the word last, a file that
tir solve --json has written, or the folder of a run. The suffix of FILE says the format.

\b
Of a solution:
  .md      Markdown, formulas between dollars
  .ipynb   a notebook; its programs are run again in the sandbox, and nothing
           is written if one of them gives another output than it did
  .tex     a LaTeX document
  .html    a page without a script
  .json    what tir solve --json prints
Of a run:
  .csv  .parquet  .jsonl   its rows
  .html                    its report

\b
Examples:
  tir export last -o solution.ipynb
  tir export solution.json -o solution.tex
  tir export last -f md | pandoc -o solution.pdf
  tir export runs/school-mini-1a2b3c4d -o results.csv
"""


@click.command(help=_HELP, short_help="Write a solved problem, or a run, as a file.")
@click.argument("source")
@click.option("-o", "--out", metavar="FILE", help="Where to; a solution goes to stdout without.")
@click.option("-f", "--format", "kind", metavar="NAME", help="The format, whatever the suffix.")
def export(source: str, out: str | None, kind: str | None) -> None:
    """See `_HELP`."""
    if Path(source).is_dir():
        _run(source, out, kind)
        return
    from tir.students.export import export as write

    target = None if out in (None, "-") else Path(str(out))
    text = write(_solution(source), target, kind)
    if target is None:
        sys.stdout.write(text)
    else:
        click.echo(f"{target} is written.", err=True)


def _solution(source: str) -> "Solution":
    """From a file, else from the history."""
    if Path(source).is_file():
        from tir.students.export import load_solution

        return load_solution(Path(source))
    if source.endswith(".json") or "/" in source:
        raise BadInput(
            f"there is no file {source!r}.",
            why="A solution is a file of tir solve --json, or one of tir history.",
            hint="tir history",
        )
    from tir.students.history import History

    history = History()
    return history.solution(history.entry(source))


def _run(source: str, out: str | None, kind: str | None) -> None:
    if out is None:
        raise BadInput(
            "there is no file to write the run to.",
            why="A run is exported to a file, whose suffix says the format.",
            hint=f"tir export {source} -o results.csv",
        )
    from tir.runs.export import export as write
    from tir.runs.run import Run

    found = Run.open(source)
    if (kind or Path(out).suffix.lstrip(".").lower()) == "html":
        from tir.render.report import write_report

        write_report(found, Path(out))
    else:
        write(found, Path(out), kind)
    click.echo(f"{out} is written.", err=True)
