"""A generation that is asked for, and how its text gets back to whoever asked.

The model's thread computes; a generation is consumed in the event loop that asked for it, of which
there may be several (`tir.solve` runs one per call). Text goes one way only and is never waited
for: the model runs ahead of a slow reader by as much as the reader is slow.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tir.dialects import Sampling
from tir.models.base import Delta
from tir.models.stops import StopWatch

if TYPE_CHECKING:
    from tir.models.local import LocalSession

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
