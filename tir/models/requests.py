"""A generation that is asked for, and how its text gets back to whoever asked.

The model's thread computes; a generation is consumed in the event loop that asked for it, of which
there may be several (`tir.solve` runs one per call). Text goes one way only and is never waited
for: the model runs ahead of a slow reader by as much as the reader is slow.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tir.dialects import Sampling
from tir.models.base import Delta
from tir.models.stops import StopWatch

if TYPE_CHECKING:
    from tir.models.local import LocalSession

PACE = 0.02
"""Seconds between two pieces of one text, at least, but for its last. Waking a reader costs some
30 microseconds, which 16 readers of a small model, or 256 of a large one on a GPU, feel at every
step; nobody reads faster than 50 pieces a second."""

Outcome = Delta | BaseException


@dataclass(eq=False, slots=True)
class Request:
    """One generation of one session."""

    session: "LocalSession"
    sampling: Sampling
    watch: StopWatch
    eos: frozenset[int]
    context: int
    loop: asyncio.AbstractEventLoop
    heard: "asyncio.Queue[Outcome]" = field(default_factory=asyncio.Queue)
    generated: int = 0


class Teller:
    """Holds pieces of text back for `PACE`, and hands them out together."""

    def __init__(self) -> None:
        self._held: list[tuple[Request, Outcome]] = []
        self._told = 0.0

    def tell(self, news: list[tuple[Request, Outcome]]) -> list[Request]:
        """Takes pieces; whoever's generation has ended gets his at once. See `deliver`."""
        self._held += news
        if time.monotonic() - self._told >= PACE:
            return self.flush([])
        over = {id(r) for r, told in news if not isinstance(told, Delta) or told.halt is not None}
        if not over:
            return []
        due = [each for each in self._held if id(each[0]) in over]
        self._held = [each for each in self._held if id(each[0]) not in over]
        return deliver(_joined(due))

    def flush(self, news: list[tuple[Request, Outcome]]) -> list[Request]:
        """Hands out all that is held, and then this."""
        due, self._held, self._told = self._held + news, [], time.monotonic()
        return deliver(_joined(due))


def _joined(news: list[tuple[Request, Outcome]]) -> list[tuple[Request, Outcome]]:
    """One piece for each request instead of several in a row."""
    joined: list[tuple[Request, Outcome]] = []
    places: dict[int, int] = {}
    for request, told in news:
        at = places.get(id(request))
        before = None if at is None else joined[at][1]
        if at is not None and isinstance(before, Delta) and isinstance(told, Delta):
            joined[at] = (request, Delta(before.text + told.text, told.halt))
        else:
            places[id(request)] = len(joined)
            joined.append((request, told))
    return joined


def deliver(news: list[tuple[Request, Outcome]]) -> list[Request]:
    """Puts each piece where its reader waits, waking every loop once.

    Returns the requests whose loop has ended: nobody reads them any more.
    """
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Request, Outcome]]] = {}
    for request, outcome in news:
        by_loop.setdefault(request.loop, []).append((request, outcome))
    orphans = []
    for loop, own in by_loop.items():
        try:
            loop.call_soon_threadsafe(_put, own)
        except RuntimeError:
            orphans += [request for request, _ in own]
    return orphans


def _put(news: list[tuple[Request, Outcome]]) -> None:
    for request, outcome in news:
        request.heard.put_nowait(outcome)
