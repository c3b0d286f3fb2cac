"""The line that tells how far a run is: on a terminal in its place, else now and then."""

import time
from typing import IO

from tir.runs.progress import Progress

REDRAW = 0.1
"""Seconds between two drawings on a terminal."""
LINE_SECONDS = 60.0
LINE_SHARE = 0.05
"""Without a terminal: a line whenever one of these has passed."""
LEAST_SECONDS = 1.0
"""Between two such lines: a set of twenty rows is no reason for twenty lines."""


class Line:
    """Give it to a run as `on_progress`; `close` ends the line."""

    def __init__(self, stream: IO[str], *, quiet: bool = False) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._quiet = quiet
        self._at = float("-inf")
        self._share = 0.0
        self._shown = ""
        self._draining = False
        self._latest: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Shows the progress, if it is time to."""
        if self._quiet:
            return
        self._latest = progress
        now, share = time.monotonic(), progress.finished / max(1, progress.planned)
        drains = progress.draining and not self._draining
        self._draining = progress.draining
        ended = progress.finished >= progress.planned
        if self._live:
            if now - self._at >= REDRAW or drains or ended:
                self._at = now
                self._draw(progress.line())
        elif (
            drains
            or (ended and progress.fresh)
            or (share - self._share >= LINE_SHARE and now - self._at >= LEAST_SECONDS)
            or now - self._at >= LINE_SECONDS
        ):
            self._at, self._share = now, share
            self._stream.write(f"{progress.line()}\n")
            self._stream.flush()

    def _draw(self, line: str) -> None:
        self._shown = line
        self._stream.write(f"\r\x1b[K{line}")
        self._stream.flush()

    def close(self) -> None:
        """Leaves the last line on the terminal, and tells what was not done again."""
        if self._shown:
            self._stream.write("\n")
            self._shown = ""
        if self._latest is not None and self._latest.resumed:
            done = f"{self._latest.resumed:,} of {self._latest.planned:,}"
            self._stream.write(f"{done} were there from before; --fresh does them again.\n")
        self._latest = None
        self._stream.flush()
