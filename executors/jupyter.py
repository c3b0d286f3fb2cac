"""Sessions that run programs in Jupyter kernels, one kernel each."""

import asyncio
import importlib.util
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from executors.base import Limits
from executors.enclosure import Enclosure
from executors.errors import ExecutorUnavailable, SessionClosed
from executors.execution import Execution, Status
from executors.kernel import Kernel
from executors.walls import Isolation, Tier

REPEATABLE = frozenset({Status.OK, Status.ERROR})
SLACK = 5.0
"""Seconds that a program may take more on its second time, on a machine that is busier then."""


class JupyterSession:
    """One kernel and its state. Programs given at the same time run one after another."""

    def __init__(
        self,
        kernel: "Kernel",
        limits: Limits,
        supply: Callable[[], Awaitable["Kernel"]],
        twin: Callable[[], Awaitable["JupyterSession"]],
        forget: Callable[["JupyterSession"], None],
    ) -> None:
        self.restarts = 0
        """How often the state was lost and a fresh kernel taken. Changes in `execute` only."""
        self._kernel: Kernel | None = kernel
        self._limits = limits
        self._supply = supply
        self._twin = twin
        self._forget = forget
        self._history: list[tuple[str, Execution]] = []
        self._turn = asyncio.Lock()
        self._closed = False

    async def execute(self, code: str, *, timeout: float | None = None) -> Execution:
        """Run one program for at most `timeout` seconds, `limits.seconds` if None.

        At the deadline the program is interrupted; if that ends it within `limits.grace`, the
        state is kept, else the kernel is killed and the next call finds a fresh one, as it does
        after `DIED`. Ends with `INTERRUPTED` if the session is closed meanwhile. Cancelling
        interrupts the program in the same way, then raises `CancelledError`.

        Raises:
            SessionClosed: the session is closed.
            ExecutorUnavailable: the kernel is gone and no new one could be started.
        """
        seconds = self._limits.seconds if timeout is None else timeout
        async with self._turn:
            kernel = await self._live_kernel()
            try:
                outcome = await kernel.run(code, seconds)
            finally:
                if not kernel.alive:
                    kernel.close()
                    self._kernel = None
            self._history.append((code, outcome))
            if self._closed:
                return replace(outcome, status=Status.INTERRUPTED, error=None)
            return outcome

    async def fork(self) -> "JupyterSession":
        """A second session with the same state, made by replay.

        A process with threads cannot be copied by the system, so every program is run once more
        in a fresh kernel, and what it prints, returns and raises must be what it was. It costs a
        fresh session, and the time that the programs took together. State that shows in no
        output, a random number kept for later, is as like as the programs are deterministic.

        Raises:
            SessionClosed: the session is closed.
            ExecutorUnavailable: no kernel could be started, a program came out otherwise, or one
                had been stopped in the middle, which cannot be repeated.
        """
        async with self._turn:
            if self._closed:
                raise SessionClosed("the session is closed")
            programs = tuple(self._history)
        twin = await self._twin()
        try:
            for number, (code, before) in enumerate(programs, start=1):
                if before.status in REPEATABLE:
                    after = await twin.execute(code, timeout=2 * before.seconds + SLACK)
                    if told(after) == told(before):
                        continue
                    how = f"ended {after.status} this time: {after.observation()}"
                else:
                    how = f"ended {before.status}; where it was stopped cannot be repeated"
                raise ExecutorUnavailable(
                    "the session cannot be copied",
                    why=f"program {number} of {len(programs)} {how}",
                    hint="start a fresh session instead",
                )
        except BaseException:
            await twin.close()
            raise
        return twin

    async def close(self) -> None:
        """Kill the kernel and everything it started. Idempotent."""
        self.kill()
        # A program being run notices the death at once; its sockets are still in use.
        async with self._turn:
            if self._kernel is not None:
                kernel, self._kernel = self._kernel, None
                try:
                    await kernel.ended()
                finally:
                    kernel.close()

    @property
    def pid(self) -> int | None:
        """The interpreter's process as this machine counts it; None after its death."""
        return self._kernel.pid if self._kernel is not None else None

    def kill(self) -> None:
        """The part of `close` that cannot wait: afterwards every process is dying."""
        self._closed = True
        self._forget(self)
        if self._kernel is not None:
            self._kernel.kill()

    async def _live_kernel(self) -> "Kernel":
        if not self._closed and self._kernel is None:
            self._history.clear()
            self._kernel = await self._supply()
            self.restarts += 1
        if self._closed or self._kernel is None:
            if self._kernel is not None:
                self._kernel.close()
            raise SessionClosed("the session is closed")
        return self._kernel


def told(outcome: Execution) -> tuple[object, ...]:
    """What of an outcome a replay must repeat."""
    return outcome.status, outcome.stdout, outcome.result, outcome.error


class JupyterExecutor:
    """Makes sessions that run programs in kernels of this interpreter's ipykernel.

    Args:
        limits: bounds on each session.
        spares: kernels kept started ahead of need, so that a session costs no wait. Each is
            handed out once and replaced in the background.
        prelude: a program run in every kernel before it is handed out, also after a restart.
        tier: the walls to use and no others; None for the best that this machine lets us have.
            `Tier.NONE`, programs running as the user does, is never fallen back to.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        spares: int = 1,
        prelude: str = "",
        tier: Tier | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._spares_wanted = spares
        self._prelude = prelude
        self._tier = tier
        self._spares: deque[asyncio.Task[Kernel]] = deque()
        self._unclaimed: set[asyncio.Task[Kernel]] = set()
        self._sessions: set[JupyterSession] = set()
        self._isolation: Isolation | None = None
        self._enclosure: Enclosure | None = None
        """Set while the executor is open."""

    @property
    def isolation(self) -> Isolation | None:
        """What programs are held by; known once a session was handed out, and kept afterwards."""
        return self._isolation

    async def session(self) -> JupyterSession:
        """A session on a kernel that no other session has used or will use.

        Raises:
            ExecutorUnavailable: outside `async with`, or no kernel can be started.
        """
        kernel = await self._take()
        if self._enclosure is not None:
            self._isolation = self._enclosure.isolation
        session = JupyterSession(
            kernel,
            self._limits,
            supply=self._take,
            twin=self.session,
            forget=self._sessions.discard,
        )
        self._sessions.add(session)
        return session

    async def __aenter__(self) -> Self:
        if importlib.util.find_spec("ipykernel") is None:
            raise ExecutorUnavailable("ipykernel is not installed")
        self._enclosure = Enclosure(self._limits, self._prelude, self._tier)
        self._top_up(self._enclosure)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        enclosure, self._enclosure = self._enclosure, None
        sessions = tuple(self._sessions)
        # First all that cannot be interrupted: a cancellation below leaves no process behind.
        for session in sessions:
            session.kill()
        for task in self._unclaimed:
            if not task.cancel() and not task.cancelled() and task.exception() is None:
                task.result().close()
        try:
            await asyncio.gather(
                *(session.close() for session in sessions),
                *self._unclaimed,
                return_exceptions=True,
            )
        finally:
            self._spares.clear()
            self._unclaimed.clear()
            if enclosure is not None:
                await enclosure.close()

    def _top_up(self, enclosure: Enclosure) -> None:
        while len(self._spares) < self._spares_wanted:
            self._spares.append(self._begin(enclosure))

    def _begin(self, enclosure: Enclosure) -> "asyncio.Task[Kernel]":
        task = asyncio.create_task(enclosure.kernel())
        self._unclaimed.add(task)
        return task

    async def _take(self) -> "Kernel":
        """A spare, or a new kernel if there is none."""
        while True:
            enclosure = self._enclosure
            if enclosure is None:
                raise ExecutorUnavailable(
                    "the executor is not open",
                    why="sessions live inside 'async with'",
                    hint="async with JupyterExecutor() as executor: ...",
                )
            task = self._spares.popleft() if self._spares else self._begin(enclosure)
            self._top_up(enclosure)
            # Waited for without awaiting it: a caller who gives up leaves it to the next one.
            try:
                if not task.done():
                    await asyncio.wait([task])
            except asyncio.CancelledError:
                self._spares.appendleft(task)
                raise
            self._unclaimed.discard(task)
            if not task.cancelled():
                kernel = task.result()
                if kernel.alive:
                    return kernel
                kernel.close()
