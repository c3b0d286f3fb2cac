"""ZMTP 3.0, the protocol of ZeroMQ's sockets, with a bound on all that can come in.

Spoken here and not by libzmq: a program owns its kernel's descriptors and can write anything to
them, and ZMQ_MAXMSGSIZE bounds a frame but not a message. Of one with ever more frames libzmq's
thread stores every byte (measured: 300 MB sent, 301 MB more here) and never tells us. Here a
message past the bound is a hang-up, nothing is read while nobody listens, and there are no
threads or contexts to mind across forks and event loops. It is also cheaper: no bytes change
threads on their way.
"""

import asyncio
import contextlib
import socket
from typing import Self

CHUNK = 1 << 15
"""Bytes read at a time. In between the event loop serves timers and other sessions, so a socket
that is never empty does not starve a deadline."""
FRAME_COST = 64
"""What a frame counts for besides its bytes, lest empty ones be free."""
MORE, LONG, COMMAND = 1, 2, 4
"""Flags of a frame."""
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)

Frames = list[bytes | bytearray]


class HungUp(Exception):
    """The kernel closed a channel; or broke the protocol, which is the end of it as well."""

    def __init__(self, why: str, *, broken: bool = False) -> None:
        super().__init__(why)
        self.broken = broken
        """Known for good. A mere hang-up may be the first sign that the process died."""


class Link:
    """One connection. Reads nothing by itself, and never blocks."""

    def __init__(self, wire: socket.socket, room: int) -> None:
        self.wire = wire
        self.room = room
        """Bytes that one message may have."""
        self._heard = bytearray()
        self._frames: Frames = []
        self._size = 0
        self._unsent = b""

    @classmethod
    async def open(cls, path: str, kind: str, room: int) -> Self:
        """Connect to a ZeroMQ socket and shake hands, as a socket of type `kind`.

        Raises:
            OSError: nobody listens there, yet or any more.
            HungUp: it went away, or is no ZeroMQ socket.
        """
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            wire.setblocking(False)
            wire.connect(path)
            link = cls(wire, room)
            link._write(GREETING + frame(COMMAND, ready(kind)))
            while len(link._heard) < len(GREETING):
                await link._more()
            # Signature and major version; the peer speaks as we do to an older one.
            if link._heard[0] != 0xFF or link._heard[10] < 3 or link._heard[12:17] != b"NULL\0":
                raise HungUp("no ZeroMQ socket", broken=True)
            del link._heard[: len(GREETING)]
            # Not a byte of a message before the peer's READY, or it takes it for a mistake.
            while not link._skip_command():
                await link._more()
        except BaseException:
            wire.close()
            raise
        return link

    async def hear(self) -> None:
        """Wait until anything more has come in."""
        if not self._heard:
            await self._more()

    def send(self, frames: Frames) -> None:
        """Send a message; what the kernel does not take at once follows as it does.

        Raises:
            HungUp: the channel is gone, or an earlier message is still not taken.
        """
        if self._unsent:
            raise HungUp("it takes no messages", broken=True)
        last = len(frames) - 1
        self._write(b"".join(frame(MORE * (i < last), body) for i, body in enumerate(frames)))

    def receive(self) -> list[Frames]:
        """The messages that one read completes; to be called when there is something to read.

        Raises:
            HungUp: the channel is gone, or a message is longer than it may be.
        """
        self._read()
        return self._split()

    def pause(self) -> None:
        """Stop sending what the kernel did not take."""
        if self._unsent:
            asyncio.get_running_loop().remove_writer(self.wire.fileno())

    def _split(self) -> list[Frames]:
        heard, at = self._heard, 0
        whole: list[Frames] = []
        while (bounds := next_frame(heard, at)) is not None:
            start, end = bounds
            flags = heard[at]
            if self._size + end - start > self.room:
                raise HungUp("a message of more bytes than it may have", broken=True)
            if end > len(heard):
                break
            at = end
            if flags & COMMAND:
                continue
            self._frames.append(heard[start:end])
            self._size += end - start + FRAME_COST
            if not flags & MORE:
                whole.append(self._frames)
                self._frames, self._size = [], 0
        del heard[:at]
        return whole

    def _skip_command(self) -> bool:
        bounds = next_frame(self._heard, 0)
        if bounds is None or bounds[1] > len(self._heard):
            return False
        if not self._heard[0] & COMMAND or self._heard[bounds[0] :][:6] != b"\x05READY":
            raise HungUp("no handshake", broken=True)
        del self._heard[: bounds[1]]
        return True

    async def _more(self) -> None:
        news = await asyncio.get_running_loop().sock_recv(self.wire, CHUNK)
        if not news:
            raise HungUp("the connection was closed")
        self._heard += news
        if len(self._heard) > CHUNK:
            raise HungUp("no handshake", broken=True)

    def _read(self) -> None:
        try:
            news = self.wire.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise HungUp(str(error)) from error
        if not news:
            raise HungUp("the connection was closed")
        self._heard += news

    def _write(self, data: bytes) -> None:
        try:
            sent = self.wire.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            raise HungUp(str(error)) from error
        if sent < len(data):
            self._unsent = data[sent:]
            asyncio.get_running_loop().add_writer(self.wire.fileno(), self._flush)

    def _flush(self) -> None:
        asyncio.get_running_loop().remove_writer(self.wire.fileno())
        data, self._unsent = self._unsent, b""
        # That the channel is gone is told by its reading side.
        with contextlib.suppress(HungUp):
            self._write(data)


def frame(flags: int, body: bytes | bytearray) -> bytes:
    """One frame of the protocol."""
    if len(body) < 256:
        return bytes((flags, len(body))) + body
    return bytes((flags | LONG,)) + len(body).to_bytes(8, "big") + body


def next_frame(heard: bytearray, at: int) -> tuple[int, int] | None:
    """Where the body of the frame at `at` starts and will end; None if that is not known yet."""
    head = 9 if len(heard) > at and heard[at] & LONG else 2
    if len(heard) < at + head:
        return None
    start = at + head
    return start, start + int.from_bytes(heard[at + 1 : start], "big")


def ready(kind: str) -> bytes:
    """The command that ends a handshake without encryption."""
    return b"\x05READY\x0bSocket-Type" + len(kind).to_bytes(4, "big") + kind.encode()
