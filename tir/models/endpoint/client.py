"""The one connection pool of each event loop, and how many requests it may have in flight."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import openai

from tir.models.endpoint.address import Address
from tir.models.endpoint.patience import Patience

CONNECT = 10.0
"""Seconds for a connection to come about."""


@dataclass(frozen=True, slots=True)
class Line:
    """What requests of one event loop share."""

    client: openai.AsyncOpenAI
    free: asyncio.Semaphore
    """Held while a request is in flight or waits to be sent again: so a server that sends us
    away is asked less, and thousands of trajectories wait here instead of on the server."""


@dataclass(slots=True)
class Lines:
    """A line for each event loop, closed when its loop ends.

    A connection belongs to the loop that opened it and has to be closed there, but a model
    outlives its loops and nobody tells it when one ends. An event loop closes its asynchronous
    generators before it ends (`loop.shutdown_asyncgens`, which `asyncio.run` calls): so each
    client lives in one.
    """

    address: Address
    patience: Patience
    concurrency: int
    _lines: dict[asyncio.AbstractEventLoop, Line] = field(default_factory=dict)
    _keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[Line, None]] = field(
        default_factory=dict
    )

    async def get(self) -> Line:
        """The line of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._lines:
            keeper = self._keepers[loop] = self._keep(loop)
            # Nothing in it waits before its only yield, so no other task comes between.
            self._lines[loop] = await anext(keeper)
        return self._lines[loop]

    async def _keep(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[Line, None]:
        try:
            async with self._client() as client:
                yield Line(client, asyncio.Semaphore(self.concurrency))
        finally:
            del self._lines[loop], self._keepers[loop]

    def _client(self) -> openai.AsyncOpenAI:
        # Which of two HTTP libraries the client is built on depends on its version: only it
        # knows the class of its limits.
        limits = type(openai.DEFAULT_CONNECTION_LIMITS)
        return openai.AsyncOpenAI(
            base_url=self.address.url,
            api_key=self.address.key.secret,
            # Streams break after the client has returned, where it retries nothing: so all
            # retrying is in one place, ours.
            max_retries=0,
            timeout=timeout(self.patience),
            http_client=openai.DefaultAsyncHttpxClient(
                limits=limits(
                    max_connections=self.concurrency, max_keepalive_connections=self.concurrency
                )
            ),
        )


def timeout(patience: Patience) -> openai.Timeout:
    """How long to wait for a connection and for its next byte; for a free one, without end."""
    return openai.Timeout(patience.silence, connect=CONNECT, pool=None)
