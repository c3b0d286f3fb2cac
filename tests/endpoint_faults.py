"""A proxy that does to connections what networks and busy servers do. For tests and benchmarks.

It passes bytes on between a client and a real server, one request per connection, and spoils
replies as a plan says: it delays, cuts, garbles, hangs, rate-limits and fails.
"""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What happens to a request."""

    PASS = "pass"
    DELAY = "delay"
    """The reply begins later."""
    CUT = "cut"
    """The connection breaks after so many bytes of the reply."""
    GARBLE = "garble"
    """After so many bytes, one event of the stream is no JSON any more."""
    HANG = "hang"
    """After so many bytes nothing more comes."""
    LIMIT = "limit"
    """429, with a wish to wait."""
    FAIL = "fail"
    """500."""
    REFUSE = "refuse"
    """The connection is closed before a reply."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One request's fate."""

    kind: Kind = Kind.PASS
    after: int = 0
    """Bytes of the reply that pass unharmed."""
    seconds: float = 0.0


Plan = Callable[[int], Fault]
"""From the number of a request that wants a generation, from 0, to its fate."""


class FaultProxy:
    """Listens on a port of its own, in a thread of its own; use as a context manager."""

    def __init__(self, upstream: int, plan: Plan) -> None:
        self.plan = plan
        self.seen: Counter[Kind] = Counter()
        self.port = 0
        self._upstream = upstream
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._number = 0
        self._thread = threading.Thread(target=self._run)
        # A loop holds its tasks weakly: who waits for what nobody else knows is lost.
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Of the API, through this proxy."""
        return f"http://127.0.0.1:{self.port}/v1"

    def restart(self, plan: Plan) -> None:
        """Another plan, from its beginning."""
        self.plan, self._number, self.seen = plan, 0, Counter()

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0, backlog=4096)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # Clients leave in the middle of a reply: that is what they are here to do.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._one(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        sizes = [
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ]
        request = head + await reader.readexactly(sizes[0] if sizes else 0)
        fault = Fault()
        if b'"stream": true' in request or b'"stream":true' in request:
            fault = self.plan(self._number)
            self._number += 1
            self.seen[fault.kind] += 1
        await self._answer(request, fault, writer)

    async def _answer(self, request: bytes, fault: Fault, writer: asyncio.StreamWriter) -> None:
        match fault.kind:
            case Kind.REFUSE:
                return
            case Kind.LIMIT:
                after = f"Retry-After: {fault.seconds:g}\r\n".encode() if fault.seconds else b""
                writer.write(_reply(b"429 Too Many Requests", after, b"slow down"))
                await writer.drain()
                return
            case Kind.FAIL:
                writer.write(_reply(b"500 Internal Server Error", b"", b"it broke"))
                await writer.drain()
                return
            case Kind.DELAY:
                await asyncio.sleep(fault.seconds)
        await self._pass_on(request, fault, writer)

    async def _pass_on(self, request: bytes, fault: Fault, writer: asyncio.StreamWriter) -> None:
        source, sink = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            # The server closes when it is done, so the end of its reply is the end of a read.
            sink.write(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            passed = 0
            is_spoilt = False
            while piece := await source.read(1 << 16):
                passed += len(piece)
                over = fault.after and passed >= fault.after
                if over and fault.kind is Kind.CUT:
                    writer.write(piece[: len(piece) - (passed - fault.after)])
                    await writer.drain()
                    writer.transport.abort()
                    return
                if over and fault.kind is Kind.HANG:
                    await asyncio.sleep(fault.seconds)
                    return
                if over and fault.kind is Kind.GARBLE and not is_spoilt:
                    # As many bytes as before, or the frame around them would break, too.
                    is_spoilt = b'"choices"' in piece
                    piece = piece.replace(b'"choices"', b'"cho\0ces"', 1)
                writer.write(piece)
                await writer.drain()
        finally:
            sink.close()


def _reply(status: bytes, header: bytes, message: bytes) -> bytes:
    body = b'{"error": {"message": "' + message + b'"}}'
    size = str(len(body)).encode()
    return (
        b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n" + header
        + b"Connection: close\r\nContent-Length: " + size + b"\r\n\r\n" + body
    )  # fmt: skip
