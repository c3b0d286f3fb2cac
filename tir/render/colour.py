"""Whether to colour, and how. A colour never says what a word or a sign does not say too."""

from collections.abc import Mapping
from enum import Enum
from typing import IO

import click


class Tone(Enum):
    """A manner of printing, named after what it says."""

    PLAIN = "plain"
    STRONG = "strong"
    FAINT = "faint"
    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


def wants_colour(stream: IO[str], environ: Mapping[str, str], *, forbidden: bool = False) -> bool:
    """Whether text on `stream` is to be coloured; `forbidden` is the user's `--no-color`.

    The order is CPython's own (3.13): NO_COLOR, FORCE_COLOR, TERM=dumb, then whether it is a
    terminal. An empty variable counts as unset, as no-color.org asks.
    """
    if forbidden or environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return environ["FORCE_COLOR"] != "0"
    return environ.get("TERM") != "dumb" and stream.isatty()


def paint(text: str, tone: Tone) -> str:
    """`text` in that tone, reset at its end, so that an interrupt leaves no colour behind."""
    match tone:
        case Tone.PLAIN:
            return text
        case Tone.STRONG:
            return click.style(text, bold=True)
        case Tone.FAINT:
            return click.style(text, dim=True)
        case Tone.GOOD:
            return click.style(text, fg="green", bold=True)
        case Tone.BAD:
            return click.style(text, fg="red", bold=True)
        case Tone.OPEN:
            return click.style(text, fg="yellow", bold=True)
