"""Outcomes, shares and numbers of a run, as the report and its table say them."""

from tir.render.markup import plain
from tir.runs.result import Outcome
from tir.runs.summary import Share

OUTCOMES = {
    Outcome.CORRECT: ("correct", "good"),
    Outcome.INCORRECT: ("incorrect", "bad"),
    Outcome.PARTIAL: ("partly correct", "open"),
    Outcome.NO_ANSWER: ("no answer", "bad"),
    Outcome.UNDECIDED: ("undecided", "open"),
    Outcome.FAILED: ("failed", "open"),
    Outcome.UNGRADED: ("not graded", "open"),
}
"""The word, and the class of its sign. The word alone says it; the sign helps to find it."""


def percent(value: float | None) -> str:
    """Such as "81.1 %", never broken in two; a dash for nothing."""
    return "–" if value is None else f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def interval(share: Share) -> str:
    """Such as "72.0 to 87.8 %"."""
    found = share.interval
    return (
        "–"
        if found is None
        else f"{100 * found.low:.1f} to {100 * found.high:.1f}\N{NO-BREAK SPACE}%"
    )


def of(share: Share) -> str:
    """Such as "73 of 90"."""
    return f"{share.right:,} of {share.of:,}"


def duration(seconds: float) -> str:
    """Such as "41.3 s", "12 min", "5.2 h"."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def outcome_cell(outcome: Outcome) -> str:
    """The outcome as markup, with its sign."""
    word, kind = OUTCOMES[outcome]
    return f'<span class="{kind}">{plain(word)}</span>'
