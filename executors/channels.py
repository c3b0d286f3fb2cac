"""The two channels to a kernel, and the Jupyter protocol on them.

A program can forge any message of its own kernel, at any rate and size. So what does not concern
the request being waited for is dropped at the price of a search for its id, and what does is
decoded only where that cannot cost much more memory than its bytes.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Self

from executors.process import Connection
from executors.zmtp import Frames, HungUp, Link

SMALL = 1 << 16
"""Bytes of JSON decoded without a look at its shape first."""
STRINGS, SKELETON = 256, 4096
"""What a larger content may have: quotes, and bytes outside of strings. Ours has some ten and a
hundred. `[[],[],...` would decode to thirty times its size."""
WELCOME = 0.25
"""Seconds to wait for a word that the subscription is in force; ipykernel 7 sends one."""
DELIMITER = b"<IDS|MSG>"

Take = Callable[[str, Mapping[str, Any]], None]
"""Called with the type and the content of a message."""


class Channels:
    """Shell and iopub of one kernel: requests out, signed answers in."""

    def __init__(self, shell: Link, iopub: Link, key: bytes, room: int) -> None:
        self._links = (shell, iopub)
        self._room = room
        self._name = secrets.token_hex(8)
        block = key if len(key) <= 64 else hashlib.sha256(key).digest()
        self.welcomed = False
        """The kernel said that it heard the subscription: nothing later is lost."""
        # HMAC with its first block hashed already: half the cost of hmac.new per message.
        self._inner, self._outer = (
            hashlib.sha256(bytes(byte ^ pad for byte in block.ljust(64, b"\0")))
            for pad in (0x36, 0x5C)
        )

    @classmethod
    async def open(cls, connection: Connection, room: int) -> Self:
        """Connect both; `room` is the bytes that one answer may have.

        Raises:
            OSError: nobody listens at these paths, yet or any more.
            HungUp: the kernel went away meanwhile.
        """
        shell = await Link.open(str(connection.shell), "DEALER", room)
        try:
            iopub = await Link.open(str(connection.iopub), "SUB", room)
        except BaseException:
            shell.wire.close()
            raise
        channels = cls(shell, iopub, connection.key, room)
        try:
            iopub.send([b"\x01"])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WELCOME):
                    await iopub.hear()
                    channels.welcomed = True
        except BaseException:
            channels.close()
            raise
        return channels

    def request(self, kind: str, content: Mapping[str, Any]) -> str:
        """Send a request on the shell channel; its answers carry the id returned.

        Raises:
            HungUp: the kernel takes no requests.
        """
        # Not to be guessed: a program must not answer a request that was not made yet.
        identity = secrets.token_hex(16)
        header = {
            "msg_id": identity,
            "msg_type": kind,
            "session": self._name,
            "username": "",
            "version": "5.3",
        }
        parts = [json.dumps(header).encode(), b"{}", b"{}", json.dumps(content).encode()]
        # A program of any length may be sent, and iopub repeats it.
        for link in self._links:
            link.room = self._room + len(parts[-1])
        self._links[0].send([DELIMITER, self._sign(b"".join(parts)), *parts])
        return identity

    def listen(self, identity: str, take: Take, lost: Callable[[HungUp], None]) -> None:
        """From now on give every answer to the request `identity` to `take`, until `pause`.

        `lost` is called once for each channel that hangs up.
        """
        loop = asyncio.get_running_loop()
        mark = identity.encode()
        for link in self._links:
            loop.add_reader(link.wire.fileno(), self._hear, link, mark, take, lost)

    def pause(self) -> None:
        """Read nothing more. What comes in meanwhile fills the kernel's queues, not our memory."""
        loop = asyncio.get_running_loop()
        for link in self._links:
            loop.remove_reader(link.wire.fileno())
            link.pause()

    def close(self) -> None:
        """Hang up. Idempotent; not while listening."""
        for link in self._links:
            link.wire.close()

    def _hear(self, link: Link, mark: bytes, take: Take, lost: Callable[[HungUp], None]) -> None:
        try:
            messages = link.receive()
        except HungUp as why:
            asyncio.get_running_loop().remove_reader(link.wire.fileno())
            lost(why)
            return
        for message in messages:
            answer = self._decode(message, mark)
            if answer is not None:
                take(*answer)

    def _decode(self, message: Frames, mark: bytes) -> tuple[str, Mapping[str, Any]] | None:
        """Type and content if it is signed, well formed, and answers the request `mark`."""
        try:
            signature, header, parent, metadata, content = message[message.index(DELIMITER) + 1 :]
        except ValueError:
            return None
        # The cheapest first: most of what does not concern us costs no more than this.
        if mark not in parent or not modest(header) or not modest(content):
            return None
        signed = b"".join((header, parent, metadata, content))
        if not hmac.compare_digest(signature, self._sign(signed)):
            return None
        try:
            kind, told = json.loads(header)["msg_type"], json.loads(content)
        except (ValueError, TypeError, LookupError, RecursionError):
            return None
        return (kind, told) if isinstance(kind, str) and isinstance(told, dict) else None

    def _sign(self, signed: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(signed)
        outer.update(inner.digest())
        return outer.hexdigest().encode()


def modest(told: bytes | bytearray) -> bool:
    """Whether JSON decodes to little more than its own size. Linear in it, unlike a regex."""
    if len(told) <= SMALL:
        return True
    bare = told.replace(b"\\\\", b"").replace(b'\\"', b"")
    if bare.count(b'"') > STRINGS:
        return False
    return sum(len(outside) for outside in bare.split(b'"')[::2]) <= SKELETON
