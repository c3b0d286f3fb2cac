"""`tir compare`: what one run gains and loses against another."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tir.render.safe import one_line

if TYPE_CHECKING:
    from tir.runs.comparison import Comparison

SCHEMA = "tir.comparison/1"


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="Rows shown.")
def compare(first: str, second: str, as_json: bool, limit: int) -> None:
    """Compare two runs problem by problem: is B better than A?

    Rows that only one of them decided are left out and counted. The interval is that of the
    difference of paired proportions, p that of the exact McNemar test.
    """
    from tir.runs.comparison import compare as compared

    comparison = compared(first, second)
    if as_json:
        click.echo(json.dumps(document(comparison), indent=2, allow_nan=False))
    else:
        click.echo("\n".join(lines(comparison, limit)))


def lines(comparison: "Comparison", limit: int) -> Iterator[str]:
    """For people; what models wrote is harmless in it."""
    counts = comparison.counts
    yield f"A  {comparison.first.folder}"
    yield f"B  {comparison.second.folder}"
    if counts.difference is not None and counts.interval is not None:
        low, high = 100 * counts.interval.low, 100 * counts.interval.high
        right_a, right_b = counts.both + counts.lost, counts.both + counts.gained
        yield f"  A right    {right_a:,} of {counts.pairs:,}"
        yield f"  B right    {right_b:,} of {counts.pairs:,}"
        yield (
            f"  B minus A  {100 * counts.difference:+.1f} points ({low:+.1f} to {high:+.1f}), "
            f"p = {counts.p:.3g}"
        )
    yield f"  gained     {counts.gained:,}"
    yield f"  lost       {counts.lost:,}"
    for name, count in (
        ("undecided in one of them", counts.undecided),
        ("only in A", counts.only_first),
        ("only in B", counts.only_second),
    ):
        if count:
            yield f"  left out   {count:,} {name}"
    for number, change in enumerate(comparison.changes()):
        if number == limit:
            yield f"  and {counts.gained + counts.lost - limit:,} more: --limit, or --json"
            break
        mark = "+" if change.after.value == "correct" else "-"
        who = f" {one_line(change.student)}" if change.student is not None else ""
        answers = " -> ".join(one_line(text or "no answer")[:40] for text in change.answers)
        yield f"  {mark} {one_line(change.id)}{who}: {answers}"


def document(comparison: "Comparison") -> dict[str, object]:
    """`tir.comparison/1`."""
    counts = comparison.counts
    interval = counts.interval
    return {
        "schema": SCHEMA,
        "first": str(comparison.first.folder),
        "second": str(comparison.second.folder),
        "pairs": counts.pairs,
        "both": counts.both,
        "neither": counts.neither,
        "gained": counts.gained,
        "lost": counts.lost,
        "undecided": counts.undecided,
        "only_first": counts.only_first,
        "only_second": counts.only_second,
        "difference": counts.difference,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "p": counts.p,
        "changes": [
            {
                "id": change.id,
                "student": change.student,
                "before": change.before.value,
                "after": change.after.value,
                "answers": list(change.answers),
            }
            for change in comparison.changes()
        ],
    }
