"""`tir export`: a run as a table or as lines of JSON."""

import sys
from pathlib import Path

import click

_EPILOG = """\b
Examples:
  tir export runs/school-mini-1a2b3c4d -o results.csv
  tir export runs/school-mini-1a2b3c4d -o results.parquet
  tir export runs/school-mini-1a2b3c4d -o results.jsonl    with every solution
"""


@click.command(epilog=_EPILOG)
@click.argument("source", metavar="RUN")
@click.option("-o", "--out", required=True, metavar="FILE", help="Its suffix says the format.")
@click.option(
    "-f",
    "--format",
    "kind",
    metavar="NAME",
    help="csv, parquet or jsonl, whatever the suffix.",
)
def export(source: str, out: str, kind: str | None) -> None:
    """Write a run as CSV, Parquet or JSONL."""
    from tir.runs.export import export as write
    from tir.runs.run import Run

    write(Run.open(source), Path(out), kind)
    sys.stderr.write(f"{out} is written.\n")
