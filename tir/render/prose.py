"""Finished text in lines no wider than a terminal, broken between words."""

from io import StringIO
from typing import IO

from tir.render.flow import Flow, Manner
from tir.render.live import window

_DEEPER = "  "
_WHOLE = "Try: "
"""Begins a command to be copied, which a line break would spoil: the terminal itself wraps it."""


def fitted(text: str, stream: IO[str]) -> str:
    """`text` for `stream`: wrapped if that is a terminal, as it is for a pipe or file.

    What is left of a line stands a little deeper than its beginning.
    """
    return wrapped(text, window(stream).columns) if stream.isatty() else text


def wrapped(text: str, width: int) -> str:
    """`text` in lines of at most `width` columns, if its words allow it.

    A line that does not fit goes on under itself, indented by two columns more.
    """
    return "\n".join(_line(line, width) for line in text.split("\n"))


def _line(line: str, width: int) -> str:
    said = line.lstrip(" ")
    if said.startswith(_WHOLE):
        return line
    indent = line[: len(line) - len(said)]
    out = StringIO()
    flow = Flow(out, width)
    flow.write(said, Manner(indent + _DEEPER, str, prose=True, first=indent))
    flow.end()
    return out.getvalue().removesuffix("\n")
