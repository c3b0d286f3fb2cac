"""One live kernel and the channels to it: start it, run a program in it, end it."""

import asyncio
import enum
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient

from executors.base import Limits
from executors.errors import ExecutorUnavailable
from executors.execution import Execution, Status
from executors.process import KernelProcess, launch
from executors.transcript import Transcript

TICK = 0.05
"""Seconds between looks at whether the process still lives. A dead one sends no message."""
BIND_TICK = 0.01
LAG = 2.0
"""Seconds that the reply and the idle message may lie apart; they come on different sockets, and
a flood of output can push idle out of a full queue."""
ASK_AGAIN = 0.25
LAST_WORDS = 0.1
"""Seconds to read on after a death, for what was already under way."""
GARBLED = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What the decoding of a message that the program forged may raise."""

Readers = tuple[asyncio.Task[None], asyncio.Task[None]]


class End(enum.Enum):
    """Why waiting for a program stopped."""

    ANSWERED = enum.auto()
    DIED = enum.auto()
    LATE = enum.auto()


class Kernel:
    """A kernel that is ready. Not for two programs at a time: its session sees to that."""

    def __init__(self, process: KernelProcess, client: AsyncKernelClient, limits: Limits) -> None:
        self._process = process
        self._client = client
        self._limits = limits

    @classmethod
    async def start(
        cls, limits: Limits, context: zmq.asyncio.Context, prelude: str = ""
    ) -> "Kernel":
        """Launch a kernel, wait until it answers, and run the prelude in it.

        Raises:
            ExecutorUnavailable: it died, was not ready in `limits.start_seconds`, or the
                prelude failed.
        """
        process = launch(limits.output_bytes)
        client = AsyncKernelClient(context=context)
        kernel = cls(process, client, limits)
        try:
            try:
                async with asyncio.timeout(limits.start_seconds):
                    await kernel._connect()
            except TimeoutError as error:
                raise ExecutorUnavailable(
                    "the kernel did not start",
                    why=f"it was not ready after {limits.start_seconds:g} s",
                    hint="raise Limits.start_seconds, or free the processor",
                ) from error
            if prelude:
                outcome = await kernel.run(prelude, limits.start_seconds)
                if outcome.status is not Status.OK:
                    raise ExecutorUnavailable(
                        "the prelude failed", why=outcome.observation(), hint="mend the prelude"
                    )
        except BaseException:
            kernel.close()
            raise
        return kernel

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.alive

    async def run(self, code: str, seconds: float) -> Execution:
        """Run one program for at most `seconds`, and `limits.grace` more to give way.

        Afterwards `alive` says whether the state is kept. Cancelling interrupts the program,
        and kills the kernel if that is not obeyed in time.
        """
        started = time.monotonic()
        request = self._client.execute(code, allow_stdin=False, stop_on_error=False)
        transcript = Transcript(request, self._limits.output_bytes)
        readers = self._read(transcript)
        ended: Status | None = None
        try:
            end = await self._wait(readers, transcript, started + seconds)
            if end is End.LATE:
                ended = Status.TIMEOUT
                await self._give_way(readers, transcript)
            elif end is End.DIED:
                ended = Status.DIED
        except asyncio.CancelledError:
            await self._give_way(readers, transcript)
            raise
        finally:
            await stop(readers)
        return transcript.execution(ended, time.monotonic() - started)

    def close(self) -> None:
        """Kill the process with all it started and close the channels. Idempotent; some 10 ms."""
        self._process.kill()
        # Each is made when first asked for, so asking here could open a socket.
        for channel in (self._client._shell_channel, self._client._iopub_channel):
            if channel is not None:
                channel.close()

    def kill(self) -> None:
        """Kill the process alone; a program being run notices within a tick."""
        self._process.kill()

    async def _connect(self) -> None:
        # Connected before the kernel has bound, zmq would try again only after 100 ms.
        while not all(socket.exists() for socket in self._process.sockets):
            self._check_birth()
            await asyncio.sleep(BIND_TICK)
        self._client.load_connection_file(str(self._process.connection_file))
        self._client.start_channels(stdin=False, hb=False, control=False)
        # The stock wait_for_ready listens for 200 ms of silence. One request answered on both
        # channels says as much: the subscription is in force, so nothing later is lost.
        end = End.LATE
        while end is End.LATE:
            transcript = Transcript(self._client.kernel_info(), 0)
            readers = self._read(transcript)
            try:
                end = await self._wait(readers, transcript, time.monotonic() + ASK_AGAIN)
            finally:
                await stop(readers)
        self._check_birth()

    def _check_birth(self) -> None:
        if not self.alive:
            raise ExecutorUnavailable(
                "the kernel did not start",
                why="its process ended before it was ready",
                hint=f"{sys.executable} -m ipykernel_launcher",
            )

    def _read(self, transcript: Transcript) -> Readers:
        shell, iopub = self._client.shell_channel, self._client.iopub_channel
        return (
            asyncio.create_task(self._listen(shell, transcript, lambda: transcript.replied)),
            asyncio.create_task(self._listen(iopub, transcript, lambda: transcript.idle)),
        )

    async def _listen(self, channel: Any, transcript: Transcript, done: Callable[[], bool]) -> None:
        session = self._client.session
        while not done():
            parts = await channel.socket.recv_multipart()
            try:
                message: Mapping[str, Any] = session.deserialize(session.feed_identities(parts)[1])
            except GARBLED:
                continue
            transcript.take(message)
            # A socket that is never empty never yields by itself, and the deadline would starve.
            await asyncio.sleep(0)

    async def _wait(self, readers: Readers, transcript: Transcript, deadline: float) -> End:
        """Until both readers are done, the process is dead, or the clock is past `deadline`."""
        half_answered = 0.0
        while True:
            span = max(0.0, min(TICK, deadline - time.monotonic()))
            _, pending = await asyncio.wait(readers, timeout=span)
            if not pending:
                return End.ANSWERED
            if not self.alive:
                await asyncio.wait(readers, timeout=LAST_WORDS)
                return End.DIED
            now = time.monotonic()
            if transcript.replied or transcript.idle:
                half_answered = half_answered or now
                if now - half_answered > LAG:
                    transcript.truncated = True
                    return End.ANSWERED
                # The rest of an answer is worth more than the deadline; and it is bounded.
                deadline = half_answered + 2 * LAG
            elif now >= deadline:
                return End.LATE

    async def _give_way(self, readers: Readers, transcript: Transcript) -> None:
        """Interrupt the program; kill the kernel if it, or a second cancellation, insists."""
        end = End.LATE
        try:
            # Twice, because one that comes before the kernel took up the program is ignored.
            for _ in range(2):
                self._process.interrupt()
                until = time.monotonic() + self._limits.grace / 2
                end = await self._wait(readers, transcript, until)
                if end is not End.LATE:
                    break
        finally:
            if end is not End.ANSWERED:
                self._process.kill()


async def stop(readers: Readers) -> None:
    """Cancel the readers and see them end. What they raised is told by the missing answer."""
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
