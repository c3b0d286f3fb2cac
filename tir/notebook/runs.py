"""Runs at a glance: the figures of merit of one, and what a second gains and loses."""

from collections.abc import Iterator

from tir.notebook.table import Formula, Question, Table
from tir.render.report.words import OUTCOMES, interval, of, percent
from tir.render.safe import one_line
from tir.runs.comparison import Change, Comparison
from tir.runs.result import Outcome
from tir.runs.run import Run
from tir.runs.summary import Share, Summary

_HEAD = ("Figure", "Value", "95 % interval", "Of")
_CHANGED = ("", "Problem", "Question", "First run", "Second run")
MOST_CHANGES = 20
"""Rows of a comparison that are shown; `Comparison.changes()` gives all."""


def run_table(run: Run) -> Table:
    """The name and the figures."""
    return Table(_title(run), _HEAD, tuple(_figures(run)))


def comparison_table(comparison: Comparison) -> Table:
    """What the second run has right and the first has not, and the other way round."""
    counts = comparison.counts
    changes = tuple(comparison.changes())
    rows = tuple(_change(change) for change in changes[:MOST_CHANGES])
    below = [f"The second gains {counts.gained:,} and loses {counts.lost:,}."]
    if counts.difference is not None and counts.interval is not None:
        low, high = 100 * counts.interval.low, 100 * counts.interval.high
        below.append(
            f"Second minus first: {100 * counts.difference:+.1f} points "
            f"({low:+.1f} to {high:+.1f} with 95 % confidence; p = {counts.p:.3g}, exact McNemar)."
        )
    for name, count in (
        ("undecided in one of them", counts.undecided),
        ("only in the first", counts.only_first),
        ("only in the second", counts.only_second),
    ):
        if count:
            below.append(f"Left out: {count:,} {name}.")
    if len(changes) > len(rows):
        below.append(f"{len(changes) - len(rows):,} more rows changed.")
    right = [f"{counts.both + more:,} of {counts.pairs:,}" for more in (counts.lost, counts.gained)]
    title = (
        f"First: {one_line(str(comparison.first.folder))}, {right[0]} right. "
        f"Second: {one_line(str(comparison.second.folder))}, {right[1]} right."
    )
    return Table(title, _CHANGED, rows, tuple(below))


def _change(change: Change) -> tuple[str, ...]:
    who = f"{change.id} ({change.student})" if change.student is not None else change.id
    answers = (Formula(text) if text is not None else "no answer" for text in change.answers)
    gained = change.after is Outcome.CORRECT
    return "gained" if gained else "lost", who, Question(change.question), *answers


def _title(run: Run) -> str:
    manifest = run.manifest
    what = "grades" if manifest.kind == "grade" else "evaluation"
    model = f", {manifest.model['name']}" if manifest.model.get("name") else ""
    return one_line(f"{manifest.name}: {what}{model} ({run.folder})")


def _figures(run: Run) -> Iterator[tuple[str, str, str, str]]:
    summary = run.summary()
    total = summary.total
    yield _share("Accuracy", total.accuracy)
    if run.manifest.kind == "grade":
        yield "Points", f"{total.earned:,.10g}", "", f"{total.points:,.10g}"
        yield "A person should look", f"{total.needs_person:,}", "", f"{total.rows:,}"
    else:
        yield _share("Right among the verified", total.precision)
        yield _share("Verified", total.coverage)
    for outcome, (word, _) in OUTCOMES.items():
        if total.outcomes[outcome] and outcome is not Outcome.CORRECT:
            yield word.capitalize(), f"{total.outcomes[outcome]:,}", "", f"{total.rows:,}"
    yield from _at_k(summary)
    if total.rows < summary.planned:
        yield "Done so far", f"{total.rows:,}", "", f"{summary.planned:,}"


def _at_k(summary: Summary) -> Iterator[tuple[str, str, str, str]]:
    for name, values in (("pass", summary.pass_at), ("maj", summary.maj_at)):
        for k, value in values.items():
            yield f"{name}@{k}", percent(value), "", ""


def _share(name: str, share: Share) -> tuple[str, str, str, str]:
    return name, percent(share.value), interval(share), of(share)
