"""The totals of a run as text and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from tir.render.safe import one_line
from tir.runs.run import Run
from tir.runs.summary import Share, Summary, Totals

SCHEMA = "tir.summary/1"
MOST_LINES = 30
"""Groups of one kind that are printed; `--json` and the report have all."""


def lines(run: Run, summary: Summary) -> Iterator[str]:
    """What a person wants to know first."""
    total = summary.total
    model = run.manifest.model.get("name")
    by = f" by {one_line(str(model))}" if model else ""
    yield f"{one_line(run.manifest.name)}{by}: {total.rows:,} of {summary.planned:,} rows"
    yield f"  accuracy   {percent(total.accuracy)}"
    if total.mean_score is not None and total.score != total.accuracy.right:
        yield f"  score      {100 * total.mean_score:.1f} %, part marks counted"
    if run.manifest.kind == "grade" and total.points:
        share = 100 * total.earned / total.points
        yield f"  points     {total.earned:,.10g} of {total.points:,.10g} ({share:.1f} %)"
    if total.verified:
        yield f"  verified   {percent(total.coverage)}; of these right {percent(total.precision)}"
    for name, values in (("pass@k", summary.pass_at), ("maj@k", summary.maj_at)):
        if len(values) > 1:
            shown = "  ".join(f"{k}: {100 * value:.1f} %" for k, value in values.items())
            yield f"  {name:<10} {shown}"
    left = {outcome: count for outcome, count in total.outcomes.items() if count}
    yield f"  outcomes   {', '.join(f'{count:,} {name.value}' for name, count in left.items())}"
    if total.needs_person:
        need = "row needs" if total.needs_person == 1 else "rows need"
        yield f"  to review  {total.needs_person:,} {need} a person"
    if total.rows and total.usage.generated:
        n = total.rows
        yield (
            f"  per row    {total.calls / n:.1f} programs, "
            f"{total.usage.generated / n:,.0f} tokens, {total.seconds / n:.1f} s"
        )
    for kind, groups in (("subject", summary.by_subject), ("level", summary.by_level)):
        yield from _groups(kind, groups)


def _groups(kind: str, groups: Mapping[str, Totals]) -> Iterator[str]:
    if len(groups) < 2:
        return
    yield f"  by {kind}"
    width = min(40, max(len(one_line(name)) for name in groups))
    for name, totals in list(groups.items())[:MOST_LINES]:
        label = one_line(name) or "(none)"
        yield f"    {label[:width]:<{width}}  {percent(totals.accuracy)}"
    if len(groups) > MOST_LINES:
        yield f"    and {len(groups) - MOST_LINES:,} more"


def percent(share: Share) -> str:
    """`81.0 % (72.2 to 87.5), 81 of 100`; a dash of nothing."""
    if share.value is None or share.interval is None:
        return "-"
    low, high = 100 * share.interval.low, 100 * share.interval.high
    return f"{100 * share.value:.1f} % ({low:.1f} to {high:.1f}), {share.right:,} of {share.of:,}"


def document(run: Run, summary: Summary) -> dict[str, Any]:
    """The same as data, `tir.summary/1`."""
    return {
        "schema": SCHEMA,
        "folder": str(run.folder),
        "kind": run.manifest.kind,
        "name": run.manifest.name,
        "model": run.manifest.model.get("name"),
        "planned": summary.planned,
        "total": _totals(summary.total),
        "pass_at": {str(k): value for k, value in summary.pass_at.items()},
        "maj_at": {str(k): value for k, value in summary.maj_at.items()},
        "risk_coverage": [
            {"threshold": point.threshold, "coverage": point.coverage, "risk": point.risk}
            for point in summary.risk_coverage
        ],
        "by_subject": {name: _totals(each) for name, each in summary.by_subject.items()},
        "by_level": {name: _totals(each) for name, each in summary.by_level.items()},
        "by_source": {name: _totals(each) for name, each in summary.by_source.items()},
    }


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "rows": totals.rows,
        "outcomes": {outcome.value: count for outcome, count in totals.outcomes.items()},
        "accuracy": _share(totals.accuracy),
        "mean_score": totals.mean_score,
        "earned": totals.earned,
        "points": totals.points,
        "precision": _share(totals.precision),
        "coverage": _share(totals.coverage),
        "needs_person": totals.needs_person,
        "calls": totals.calls,
        "tokens": totals.usage.generated,
        "seconds": totals.seconds,
    }


def _share(share: Share) -> dict[str, Any]:
    interval = share.interval
    return {
        "value": share.value,
        "right": share.right,
        "of": share.of,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
    }
