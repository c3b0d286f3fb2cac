"""Who gets to see what: the work, the answer or JSON, on stdout or stderr."""

import os
import sys
from collections.abc import Callable
from typing import IO, Protocol

from tir.events import Event, Solved
from tir.render import Terminal, event_record, one_line, solution_record, to_json
from tir.render.colour import wants_colour
from tir.render.live import Live, window
from tir.render.math.glyphs import Charset
from tir.solution import Solution


class View(Protocol):
    """Shows events as they happen."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


class JsonLines:
    """Each event as one line of JSON, out at once, so that a reader can follow."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        self._stream.write(f"{to_json(event_record(event))}\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is ever left open."""


class Screen:
    """Call `during` with events, `finish` with the solution, and `close` in any case.

    Args:
        out: Standard output.
        view: What shows the events, if anything does.
        result: What `out` gets of the solution at the end, if anything.
    """

    def __init__(
        self,
        out: IO[str],
        *,
        view: View | None = None,
        result: Callable[[Solution], str | None] | None = None,
    ) -> None:
        self._out = out
        self._view = view
        self._result = result

    def during(self, event: Event) -> None:
        """Shows an event, but for the last one: that is `finish`, whoever is interrupted."""
        if self._view is not None and not isinstance(event, Solved):
            self._view(event)

    def finish(self, solution: Solution) -> None:
        """Shows the outcome, once and last."""
        if self._view is not None:
            self._view(Solved(solution))
        text = None if self._result is None else self._result(solution)
        if text is not None:
            self._out.write(f"{text}\n")
            self._out.flush()

    def close(self) -> None:
        """Ends what is in mid-line."""
        if self._view is not None:
            self._view.close()


def choose(
    *,
    as_json: bool = False,
    as_jsonl: bool = False,
    quiet: bool = False,
    no_color: bool = False,
    full: bool = False,
    ascii_only: bool = False,
) -> Screen:
    """The screen for these options and for where stdout goes, as it is now."""
    out = sys.stdout
    if as_json:
        return Screen(out, result=lambda solution: to_json(solution_record(solution), indent=2))
    if as_jsonl:
        return Screen(out, view=JsonLines(out))
    if quiet:
        return Screen(out, result=_answer)
    stream = out if out.isatty() else sys.stderr
    view = _terminal(stream, no_color=no_color, full=full, ascii_only=ascii_only)
    return Screen(out, view=view, result=None if stream is out else _answer)


def _answer(solution: Solution) -> str | None:
    return None if solution.answer is None else one_line(solution.answer)


def _terminal(stream: IO[str], *, no_color: bool, full: bool, ascii_only: bool) -> Terminal:
    colour = wants_colour(stream, os.environ, forbidden=no_color)
    width = window(stream).columns if stream.isatty() else None
    # NO_COLOR is about colour; a dumb terminal cannot move its cursor.
    can_redraw = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return Terminal(
        stream,
        colour=colour,
        width=width,
        live=Live(stream, colour=colour) if can_redraw else None,
        full=full,
        charset=Charset.ASCII if ascii_only else Charset.UNICODE,
    )
