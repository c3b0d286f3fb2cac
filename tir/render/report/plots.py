"""Plots of a run as SVG and tables, drawn in the colour of the text so that any theme shows them.

A plot that is a table of bars stays a table, which a screen reader reads and a narrow screen
wraps; the others say what they show in words, for whoever does not see them.
"""

from collections.abc import Mapping, Sequence

from tir.metrics import Point, area_under_risk
from tir.render.markup import plain
from tir.render.report.spread import Bin
from tir.render.report.words import interval, of, percent
from tir.runs.summary import Share, Totals

MOST_GROUPS = 40
"""Groups of a plot, those with the most rows; the table below can be searched for any."""

_WIDTH, _HEIGHT = 480, 240
_LEFT, _BOTTOM, _TOP, _RIGHT = 46, 40, 12, 8


def ranges(title: str, groups: Mapping[str, Totals]) -> str:
    """Accuracy per group with its interval; nothing if there is but one group."""
    shown = {name: totals.accuracy for name, totals in groups.items() if totals.decided}
    if len(shown) < 2:
        return ""
    most = sorted(shown, key=lambda name: -shown[name].of)[:MOST_GROUPS]
    rows = "".join(_range(name, shown[name]) for name in shown if name in set(most))
    left_out = len(shown) - len(most)
    note = f'<p class="note">{left_out} smaller groups are left out.</p>' if left_out else ""
    return (
        f"<figure><figcaption>{plain(title)}</figcaption>"
        '<table class="ranges"><thead><tr><th scope="col">Group</th>'
        '<th scope="col" class="plot"><span aria-hidden="true">0 to 100 %</span></th>'
        '<th scope="col" class="number">Correct</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>{note}</figure>"
    )


def _range(name: str, share: Share) -> str:
    found = share.interval
    assert found is not None, "groups without decided rows are left out"
    value = 100 * (share.value or 0.0)
    low, high = 100 * found.low, 100 * found.high
    return (
        f'<tr><th scope="row">{plain(name or "(none)")}</th><td class="plot">'
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="grid" d="M0 0V10M50 0V10M100 0V10" vector-effect="non-scaling-stroke"/>'
        f'<path class="range" d="M{low:.1f} 5H{high:.1f}" vector-effect="non-scaling-stroke"/>'
        f'<rect class="mark" x="{value - 0.8:.1f}" y="1" width="1.6" height="8"/></svg></td>'
        f'<td class="number">{percent(share.value)}<br><small>{interval(share)},'
        f" {of(share)}</small></td></tr>"
    )


def risk_coverage(points: Sequence[Point]) -> str:
    """How many are wrong among those most trusted, over how many are trusted."""
    if not points:
        return ""
    top = _round_up(max(point.risk for point in points))
    path = f"M{_x(0):.1f} {_y(points[0].risk / top):.1f}"
    for point in points:
        path += f"V{_y(point.risk / top):.1f}H{_x(point.coverage):.1f}"
    axes = _axes(
        [(share, f"{100 * share:.0f} %") for share in (0, 0.25, 0.5, 0.75, 1)],
        [(share, percent(top * share)) for share in (0, 0.5, 1)],
        "share answered, most trusted first",
    )
    trusted, last = points[0], points[-1]
    words = (
        f"Of the {percent(trusted.coverage)} most trusted, {percent(trusted.risk)} are wrong; "
        f"of all, {percent(last.risk)}. Mean risk over all coverages: "
        f"{area_under_risk(points):.3f}."
    )
    return _figure("Wrong among the most trusted (risk and coverage)", words, axes, path)


def histogram(title: str, unit: str, bins: Sequence[Bin]) -> str:
    """Rows per bin, the correct ones below in full colour, all others on top, lighter."""
    if not bins:
        return ""
    top = max(each.right + each.rest for each in bins)
    width = (_WIDTH - _LEFT - _RIGHT) / len(bins)
    bars = ""
    for at, each in enumerate(bins):
        left = _LEFT + at * width + 1
        right, rest = each.right / top, each.rest / top
        bars += _bar("mark", left, width - 2, 0.0, right) + _bar(
            "rest", left, width - 2, right, rest
        )
    every = 1 + len(bins) // 9
    edges = [(at / len(bins), _number(each.low)) for at, each in enumerate(bins)][::every]
    axes = _axes(
        [*edges, (1.0, _number(bins[-1].high))] if every == 1 else edges,
        [(0, "0"), (1, f"{top:,}")],
        unit,
    )
    most = max(bins, key=lambda each: each.right + each.rest)
    words = (
        f"From {_number(bins[0].low)} to {_number(bins[-1].high)} {unit}; most rows between "
        f"{_number(most.low)} and {_number(most.high)}."
    )
    legend = (
        '<p class="note" aria-hidden="true"><span class="swatch"></span>correct'
        '<span class="swatch faint"></span>all others</p>'
    )
    return _figure(title, words, axes + bars, "", legend)


def _figure(title: str, words: str, drawn: str, path: str, legend: str = "") -> str:
    curve = f'<path class="curve" d="{path}"/>' if path else ""
    return (
        f"<figure><figcaption>{plain(title)}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{plain(words)}">'
        f'{drawn}{curve}</svg>{legend}<p class="note">{plain(words)}</p></figure>'
    )


def _axes(across: Sequence[tuple[float, str]], up: Sequence[tuple[float, str]], label: str) -> str:
    parts = [f'<path class="axis" fill="none" d="M{_LEFT} {_TOP}V{_y(0):.1f}H{_WIDTH - _RIGHT}"/>']
    for share, text in across:
        parts.append(
            f'<text x="{_x(share):.1f}" y="{_y(0) + 16:.1f}" text-anchor="middle">{plain(text)}'
            "</text>"
        )
    for share, text in up:
        y = _y(share)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(
            f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{plain(text)}</text>'
        )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(
        f'<text x="{middle:.1f}" y="{_HEIGHT - 4}" text-anchor="middle">{plain(label)}</text>'
    )
    return "".join(parts)


def _bar(kind: str, left: float, width: float, low: float, height: float) -> str:
    if not height:
        return ""
    top, bottom = _y(low + height), _y(low)
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{bottom - top:.1f}"/>'
    )


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)


def _round_up(share: float) -> float:
    """The end of an axis for shares up to this one."""
    return next(top for top in (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if share <= top)


def _number(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:,.0f}k"
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
