"""Lines to copy, as in a first year at school: numbers and formulas written twice.

Solving is mostly copying: digits from the question into the program, and from the output into
the box. On transcripts alone the network learns every phrase long before it learns to look
back; on lines that can be known in no other way, it learns to look back in minutes.
"""

from random import Random

from tir.mini.segments import Segment, Transcript

_NAMES = "xyztnamkuvbc"


def _number(rng: Random) -> str:
    return str(rng.randint(0, 10 ** rng.randint(1, 4) - 1))


def _term(rng: Random) -> str:
    return f"{_number(rng)}{rng.choice(_NAMES)}^{rng.randint(2, 9)}"


def _item(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.6:
        return _number(rng)
    if kind < 0.7:
        return f"\\frac{{{_number(rng)}}}{{{_number(rng)}}}"
    if kind < 0.8:
        return f"({_number(rng)}, {_number(rng)})"
    return _term(rng)


def _few(rng: Random) -> list[str]:
    """Small numbers, among which the same one comes again: where it came from must be looked up
    by place, not by what stood before it."""
    most = rng.choice((9, 20, 99))
    return [str(rng.randint(-most if most < 20 else 1, most)) for _ in range(rng.randint(3, 8))]


def _line(rng: Random) -> str:
    if rng.random() < 0.3:
        return ", ".join(_few(rng))
    parts = [_item(rng)]
    for _ in range(rng.randint(2, 9)):
        parts += [rng.choice((" + ", " - ", ", ", " ", "/", " * ", " = ", " and ")), _item(rng)]
    return "".join(parts)


def copied(rng: Random) -> Transcript:
    """A line, and the same line to be written again."""
    line = _line(rng)
    return Segment(f"{line}\n", False), Segment(f"{line}\n", True)
