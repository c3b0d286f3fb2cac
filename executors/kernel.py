"""One live kernel: wait until it answers, run a program in it, end it."""

import asyncio
import contextlib
import enum
import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from executors.base import Limits
from executors.channels import Channels
from executors.errors import ExecutorUnavailable
from executors.execution import Execution, Status
from executors.process import Process, ended
from executors.transcript import Transcript
from executors.watchdog import Watchdog
from executors.zmtp import HungUp

TICK = 0.05
"""Seconds between looks at whether the process still lives, where no descriptor tells it."""
BIND_TICK = 0.01
LAG = 2.0
"""Seconds that the reply and the idle message may lie apart; they come on different sockets, and
a flood of output can push idle out of a full queue."""
ASK_AGAIN = 0.25
REAP_SECONDS = 3.0
LAST_WORDS = 0.1
"""Seconds to read on after a death, for what was already under way; and after a hang-up, for the
death that it may be the first sign of."""
ROOM = 4 << 20
"""Bytes of one message, at least: as much again as any honest one needs."""
ESCAPED = 12
"""Bytes that JSON may make of one byte of output."""


class End(enum.Enum):
    """Why waiting for a program stopped."""

    ANSWERED = enum.auto()
    DIED = enum.auto()
    LATE = enum.auto()


class Kernel:
    """A kernel that is ready. Not for two programs at a time: its session sees to that."""

    def __init__(self, process: Process, limits: Limits, watchdog: Watchdog | None = None) -> None:
        self._process = process
        self._watchdog = watchdog
        self._limits = limits
        self._channels: Channels | None = None
        # Our own copy: `process.kill` closes the original while a program may be waited for.
        self._pidfd = -1 if process.pidfd < 0 else os.dup(process.pidfd)

    @classmethod
    async def start(
        cls,
        process: Process,
        limits: Limits,
        prelude: str = "",
        watchdog: Watchdog | None = None,
        *,
        warm: bool = False,
    ) -> "Kernel":
        """Take over a launched process, wait until it answers, and run the prelude in it.

        However this ends, the process is no longer the caller's to kill. A watchdog that knows
        the process is told when a program runs. One forked `warm` needs no time to start, and so
        is not asked whether it has.

        Raises:
            ExecutorUnavailable: it died, was not ready in `limits.start_seconds`, or the
                prelude failed.
        """
        try:
            kernel = cls(process, limits, watchdog)
        except OSError as error:
            process.kill()
            raise ExecutorUnavailable(
                "the kernel did not start", why=str(error), hint="ulimit -n"
            ) from error
        try:
            try:
                async with asyncio.timeout(limits.start_seconds):
                    await kernel._connect(warm=warm)
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
        transcript = Transcript(self._limits.output_bytes)
        content = {"code": code, "silent": False, "allow_stdin": False, "stop_on_error": False}
        ended: Status | None = None
        with self._watched(), Watch(self._process, self._pidfd, transcript) as watch:
            try:
                end = self._ask(watch, "execute_request", content)
                end = end or await watch.until(started + seconds)
                if end is End.LATE:
                    ended = Status.TIMEOUT
                    await self._give_way(watch)
                elif end is End.DIED:
                    # It may only have hung up; without its channels it is as good as dead.
                    self._process.kill()
                    ended = self._process.doom or Status.DIED
            except asyncio.CancelledError:
                await self._give_way(watch)
                raise
        return transcript.execution(ended, time.monotonic() - started)

    def close(self) -> None:
        """Kill the process with all it started and close the channels. Idempotent; some 10 ms."""
        self.kill()
        if self._channels is not None:
            self._channels.close()
        self._process.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        if self._watchdog is None:
            yield
            return
        self._watchdog.busy(self._process)
        try:
            yield
        finally:
            self._watchdog.idle(self._process)

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    async def ended(self) -> None:
        """Wait until the process, killed, is gone with all of its own; some 10 ms."""
        if self._pidfd < 0:
            return
        # It may wait for a device, or the machine is drowning; it was killed and will end.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REAP_SECONDS):
                await ended(self._pidfd)

    def kill(self) -> None:
        """Kill the process alone; a program being run notices at once."""
        if self._watchdog is not None:
            self._watchdog.unwatch(self._process)
        self._process.kill()

    def _ask(self, watch: "Watch", kind: str, content: Mapping[str, Any]) -> End | None:
        assert self._channels is not None
        try:
            watch.listen(self._channels, self._channels.request(kind, content))
        except HungUp:
            return End.DIED
        return None

    async def _connect(self, *, warm: bool) -> None:
        room = max(ROOM, ESCAPED * self._limits.output_bytes + ROOM // 16)
        while self._channels is None:
            try:
                self._channels = await Channels.open(self._process.connection, room)
            except (OSError, HungUp):
                # It does not listen yet, or it is just dying.
                self._check_birth()
                await asyncio.sleep(BIND_TICK)
        if warm and self._channels.welcomed:
            return
        # The stock wait_for_ready listens for 200 ms of silence. One request answered on both
        # channels says as much: the subscription is in force, so nothing later is lost.
        end = End.LATE
        while end is End.LATE:
            with Watch(self._process, self._pidfd, Transcript(0)) as watch:
                refused = self._ask(watch, "kernel_info_request", {})
                end = refused or await watch.until(time.monotonic() + ASK_AGAIN)
        if end is End.DIED:
            self._process.kill()
        self._check_birth()

    def _check_birth(self) -> None:
        if not self.alive:
            raise ExecutorUnavailable(
                "the kernel did not start",
                why="its process ended before it was ready",
                hint=f"{sys.executable} -m ipykernel_launcher",
            )

    async def _give_way(self, watch: "Watch") -> None:
        """Interrupt the program; kill the kernel if it, or a second cancellation, insists."""
        end = End.LATE
        try:
            # Twice, because one that comes before the kernel took up the program is ignored.
            for _ in range(2):
                self._process.interrupt()
                end = await watch.until(time.monotonic() + self._limits.grace / 2)
                if end is not End.LATE:
                    break
        finally:
            if end is not End.ANSWERED:
                self._process.kill()


class Watch:
    """Eyes on one request: both channels and the process, in the event loop, without a task.

    Used as a context manager, that nothing is heard once nobody waits for it.
    """

    def __init__(self, process: Process, pidfd: int, transcript: Transcript) -> None:
        self._process = process
        self._pidfd = pidfd
        self._transcript = transcript
        self._channels: Channels | None = None
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Future[None] | None = None
        self._deaf = 0
        """Channels that hung up."""
        self._broken = False
        self._half = math.inf
        """When the first half of the answer came."""
        self._ending = math.inf
        """When the first sign of death came."""

    def __enter__(self) -> Self:
        if self._pidfd >= 0:
            self._loop.add_reader(self._pidfd, self._died)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
        if self._channels is not None:
            self._channels.pause()

    def listen(self, channels: Channels, identity: str) -> None:
        """Hear the answers to this request."""
        self._channels = channels
        channels.listen(identity, self._take, self._lost)

    async def until(self, deadline: float) -> End:
        """Until all is answered, the process is dead, or the clock is past `deadline`."""
        while True:
            now = time.monotonic()
            end, again = self._judge(now, deadline)
            if end is not None:
                return end
            if self._pidfd < 0:
                again = min(again, now + TICK)
            self._news = self._loop.create_future()
            alarm = self._loop.call_later(again - now, self._wake)
            try:
                await self._news
            finally:
                alarm.cancel()
                self._news = None
            if self._pidfd < 0 and not self._process.alive:
                self._ending = min(self._ending, time.monotonic())

    def _judge(self, now: float, deadline: float) -> tuple[End | None, float]:
        """The verdict, or None and when to look again if nothing happens before."""
        told = self._transcript
        if self._broken:
            return End.DIED, now
        if told.replied and told.idle:
            return End.ANSWERED, now
        # Both closed is all that a dead process can say. One that only hung up is given the time
        # to die, so that it is not killed, and reaped as such, for what was its own end.
        until = self._ending + LAST_WORDS
        if now >= until or (self._deaf == 2 and not self._process.alive):
            return End.DIED, now
        if told.replied or told.idle:
            # The rest of an answer is worth more than the deadline; and it is bounded.
            self._half = min(self._half, now)
            bound = self._half + LAG
            if told.replied and now >= bound:
                told.truncated = True
                return End.ANSWERED, now
            deadline = bound if told.replied else max(deadline, bound)
        if now >= deadline:
            return End.LATE, now
        return None, min(deadline, until)

    def _take(self, kind: str, content: Mapping[str, Any]) -> None:
        told = self._transcript
        before = told.replied, told.idle
        told.take(kind, content)
        if (told.replied, told.idle) != before:
            self._wake()

    def _lost(self, why: HungUp) -> None:
        self._deaf += 1
        self._broken = self._broken or why.broken
        self._ending = min(self._ending, time.monotonic())
        self._wake()

    def _died(self) -> None:
        # Readable from now on, so it would be told again and again.
        self._loop.remove_reader(self._pidfd)
        self._ending = min(self._ending, time.monotonic())
        self._wake()

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)
