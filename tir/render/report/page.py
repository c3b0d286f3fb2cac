"""The frame of the report: head, totals, plots, the table's frame, what the run was.

The page allows itself nothing: its policy (CSP) permits the two scripts and the style in it, by
their hashes, and no connection, image, frame, form or event handler. So even text that slipped
through the escaping could load and run nothing.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.resources import files

from tir import __version__
from tir.render.markup import plain
from tir.render.report import plots
from tir.render.report.packing import Packer
from tir.render.report.spread import Costs
from tir.render.report.table import choices, head
from tir.render.report.words import OUTCOMES, duration, interval, of, percent
from tir.render.style import STYLE
from tir.runs.manifest import Manifest
from tir.runs.result import Outcome
from tir.runs.summary import Share, Summary

_AT_ONCE = 'document.documentElement.classList.add("js")'
"""Before anything is drawn: a table that is paged must not be laid out whole before."""


def opening(manifest: Manifest, summary: Summary, costs: Costs, rows: int) -> Iterator[str]:
    """All that stands before the first row of the table."""
    title = f"{manifest.name}: {'grades' if manifest.kind == 'grade' else 'evaluation'}"
    script, style = asset("report.js"), STYLE + "\n" + asset("report.css")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; "
        f"script-src '{_hash(_AT_ONCE)}' '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{plain(title)}</title><style>{style}</style><script>{_AT_ONCE}</script></head>"
        '<body><a class="skip" href="#problems">Skip to the problems</a>'
    )
    yield f"<header><h1>{plain(title)}</h1>{_about(manifest, summary)}</header><main>"
    yield f'<section id="totals"><h2>Totals</h2>{_totals(manifest, summary)}</section>'
    if drawn := _plots(summary, costs):
        yield f'<section id="plots"><h2>Plots</h2><div class="plots">{drawn}</div></section>'
    yield f'<section id="problems" tabindex="-1"><h2>Problems</h2>{_filter(manifest.kind)}'
    if summary.total.rows > rows:
        yield (
            f'<p class="note">The first {rows:,} of {summary.total.rows:,} rows; all are in the '
            "run's folder, and in its tables: tir export.</p>"
        )
    yield (
        f'<div class="wide"><table id="rows" class="tir{_blank(summary)}">'
        f'<caption class="unscripted">{rows:,} rows</caption>'
        f"{head(manifest.kind)}<tbody>"
    )


def _blank(summary: Summary) -> str:
    """Classes for columns in which nothing stands, and which the style leaves out."""
    groups = (("subject", summary.by_subject), ("level", summary.by_level))
    return "".join(f" no-{name}" for name, found in groups if not any(found))


def between() -> str:
    """What stands between the rows and their details."""
    return (
        "</tbody></table></div>"
        '<div class="scripted pager"><button type="button" id="before">Previous page</button>'
        '<span id="page"></span><button type="button" id="after">Next page</button></div></section>'
        '<section id="details"><h2>Details</h2>'
        '<p id="none" class="scripted note">Choose a number in the table.</p>'
    )


def closing(manifest: Manifest, packer: Packer) -> str:
    """What stands after the last details."""
    return (
        f"{_bounds(packer)}</section></main><footer><h2>About this run</h2>"
        "<details><summary>Its manifest: model, sampling, versions, machine</summary>"
        f'<pre class="manifest">{plain(json.dumps(asdict(manifest), indent=2, default=str))}</pre>'
        f"</details><p>Written by tir {plain(__version__)}. Intervals: 95 %, Wilson. Undecided and "
        "failed rows count neither as right nor as wrong.</p></footer>"
        f"<script>{asset('report.js')}</script></body></html>\n"
    )


@cache
def asset(name: str) -> str:
    """A file that lies beside this one, as text."""
    return files("tir.render.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"


def _about(manifest: Manifest, summary: Summary) -> str:
    parts = [str(manifest.model.get("name", "")), _moment(manifest.created)]
    done = summary.total.rows
    parts.append(
        f"{done:,} rows" if done >= summary.planned else f"{done:,} of {summary.planned:,} rows"
    )
    if manifest.policy:
        parts.append(f"seed {manifest.policy.get('seed', '?')}")
    return f'<p class="about">{plain(" · ".join(filter(None, parts)))}</p>'


def _moment(iso: str) -> str:
    """Such as "2026-11-23 20:00 UTC": a run is known by its minute."""
    return f"{iso[:16].replace('T', ' ')} UTC" if iso.endswith("+00:00") else iso


def _totals(manifest: Manifest, summary: Summary) -> str:
    total = summary.total
    rows = [_share("Accuracy", total.accuracy)]
    partial = total.outcomes[Outcome.PARTIAL]
    if partial:
        rows.append(_figure("Mean score", f"{total.mean_score or 0:.3f}", "", "part marks counted"))
    if manifest.kind == "grade":
        earned = f"{total.earned:,.10g} of {total.points:,.10g}"
        rows.append(_figure("Points", earned, "", ""))
        queue = "choose Person: needed" if total.needs_person else ""
        rows.append(_figure("A person should look", f"{total.needs_person:,}", "", queue))
    else:
        rows.append(_share("Right among the verified", total.precision))
        rows.append(_share("Verified", total.coverage))
    for outcome, (word, _) in OUTCOMES.items():
        if total.outcomes[outcome] and outcome is not Outcome.CORRECT:
            share = Share(total.outcomes[outcome], total.rows)
            rows.append(_figure(word.capitalize(), f"{share.right:,}", "", f"of {share.of:,}"))
    for name, values in (("pass", summary.pass_at), ("maj", summary.maj_at)):
        rows += [_figure(f"{name}@{k}", percent(value), "", "") for k, value in values.items()]
    if total.usage.generated:
        mean = total.usage.generated / total.rows
        rows.append(_figure("Tokens", f"{total.usage.generated:,}", "", f"{mean:,.0f} a problem"))
        rows.append(_figure("Programs", f"{total.calls:,}", "", ""))
        each = duration(total.seconds / total.rows)
        rows.append(_figure("Time of all solves", duration(total.seconds), "", f"{each} a problem"))
    return (
        '<table class="figures"><thead><tr><th scope="col">Figure</th><th scope="col">Value</th>'
        '<th scope="col">95 % interval</th><th scope="col">Of</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _share(name: str, share: Share) -> str:
    return _figure(name, percent(share.value), interval(share), of(share))


def _figure(name: str, value: str, around: str, base: str) -> str:
    cells = "".join(f"<td>{plain(each)}</td>" for each in (value, around, base))
    return f'<tr><th scope="row">{plain(name)}</th>{cells}</tr>'


def _plots(summary: Summary, costs: Costs) -> str:
    return (
        plots.ranges("Accuracy by subject", summary.by_subject)
        + plots.ranges("Accuracy by level", summary.by_level)
        + plots.ranges("Accuracy by source", summary.by_source)
        + plots.risk_coverage(summary.risk_coverage)
        + plots.histogram("Tokens", "tokens generated for a problem", costs.tokens.bins())
        + plots.histogram("Time", "seconds of a solve", costs.seconds.bins())
    )


def _filter(kind: str) -> str:
    return (
        '<form id="filter" class="scripted" role="search"><label class="search">Words'
        '<input type="search" name="words" autocomplete="off"></label>'
        f'{choices(kind)}<button type="reset">All</button>'
        '<output id="count" aria-live="polite"></output></form>'
        '<noscript><p class="note">Without a script the table is whole and unfiltered, and the '
        "details below it open all the same.</p></noscript>"
    )


def _bounds(packer: Packer) -> str:
    notes = []
    if packer.packed:
        notes.append(
            f"<noscript>The details of {packer.packed:,} rows are compressed, and only a script "
            f"can unpack them; {packer.standing:,} can be read without.</noscript>"
        )
    if packer.left_out:
        notes.append(
            f"The details of {packer.left_out:,} rows are left out, for the page would be too "
            "large; they are in the run's folder, and tir view shows them."
        )
    return "".join(f'<p class="note">{note}</p>' for note in notes)
