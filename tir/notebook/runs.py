"""A run at a glance: its figures of merit, and where the report is."""

from collections.abc import Iterator

from tir.notebook.markdown import escaped
from tir.render.markup import plain
from tir.render.report.words import OUTCOMES, interval, of, percent
from tir.render.safe import one_line
from tir.render.style import STYLE
from tir.runs.result import Outcome
from tir.runs.run import Run
from tir.runs.summary import Share, Summary

_HEAD = ("Figure", "Value", "95 % interval", "Of")


def run_html(run: Run) -> str:
    """The name and the figures as a table."""
    head = "".join(f'<th scope="col">{plain(name)}</th>' for name in _HEAD)
    body = "".join(
        f'<tr><th scope="row">{plain(name)}</th>'
        + "".join(f"<td>{plain(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in _figures(run)
    )
    return (
        f'<article class="tir"><style>{STYLE}</style><p>{plain(_title(run))}</p>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></article>"
    )


def run_markdown(run: Run) -> str:
    """The same as a Markdown table."""
    lines = [_HEAD, ("---",) * len(_HEAD), *_figures(run)]
    table = "\n".join(
        f"| {' | '.join(cell if cell == '---' else escaped(cell) for cell in line)} |"
        for line in lines
    )
    return f"{escaped(_title(run))}\n\n{table}"


def run_text(run: Run) -> str:
    """The same in columns."""
    lines = [_HEAD, *_figures(run)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEAD))]
    rows = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "\n".join([_title(run), *rows])


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
