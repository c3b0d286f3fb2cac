"""Ends sessions that use more memory than they may, in one process or in many. Linux only.

No limit of the operating system that an ordinary user can set counts the processes of a session
together; a control group does, where one is delegated. So they are watched. How often depends on
the room that is left: memory cannot fill faster than all processors can touch it.

First the sum of what each process has mapped and present, which is never too low and costs 5 µs
a process; only past the limit the exact figure, in which a page shared with the warm process or
among forks counts in parts. That takes 12 ms per GB mapped, so it is done in a thread.

Not seen is what no process maps: shared memory dropped by madvise(2), System V segments, memory
files, enlarged buffers of sockets and pipes. The filter on system calls has to refuse those.
Sockets of the first size are charged in full, filled or not.
"""

import asyncio
import errno
import os
import time
from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from executors.base import Limits
from executors.execution import Status
from executors.linux import usage
from executors.process import Process

FASTEST, BUSY, IDLE = 0.01, 0.1, 1.0
"""Seconds between two looks: at a session near its limit, one that runs a program, any other."""
DISK = 0.25
"""Seconds between two looks at a directory, where one is watched at all."""
FILL_RATE = 4_000_000_000 * (os.cpu_count() or 1)
"""Bytes a second that programs can touch for the first time, generously: 0.5 GB a second and
processor was measured with pages of 4 KB, 2 GB with huge ones."""
BACK_OFF = 10
"""A costly look is not repeated before this many times as long has passed."""
FEW = 4
"""Processes whose sockets are not worth counting: each has at most so many files open."""
PATIENCE = 0.25
"""Seconds of processor time for one exact figure: some 20 GB mapped."""
MEASURERS = 4
"""Sessions whose exact figures are taken at once; each takes little of the interpreter's time."""


@dataclass(slots=True)
class Watched:
    """A session, and what the last looks at it said. Times are the event loop's."""

    process: Process
    limits: Limits
    directory: Path | None
    tasks: bool
    sockets: bool
    due: float
    busy: bool = False
    measuring: bool = False
    exact_due: float = 0.0
    room: int = 0
    """Bytes below the limit, by the last exact figure."""
    seen: int = 0
    """The upper bound at the time of that figure."""
    disk_due: float = 0.0

    def interval(self, free: int) -> float:
        """Until the next look, with so many bytes left."""
        if not self.busy:
            return IDLE
        return min(BUSY, max(FASTEST, free / FILL_RATE))


class Watchdog:
    """Watches the sessions of one executor, in its event loop. Idle until the first `watch`.

    A session found over a limit has its `doom` set, `MEMORY` or else `DIED`, is killed, and is
    watched no longer.
    """

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}
        self._census = usage.Census()
        self._measurers: ThreadPoolExecutor | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._bound = usage.resident_or_swapped if swaps() else usage.resident

    def watch(
        self,
        process: Process,
        limits: Limits,
        directory: Path | None = None,
        *,
        tasks: bool = False,
        sockets: bool = False,
    ) -> None:
        """Bound the memory of a process with all it starts.

        Args:
            process: its `pid` is the root of the tree.
            directory: bound bytes and files below it, too, where no file system of its own does.
            tasks: bound processes and threads, too, where the operating system does not.
            sockets: charge for sockets, too: needs a network namespace of the session's own.
        """
        now = asyncio.get_running_loop().time()
        # Numbers are used again: whoever had this one before has ended.
        self._drop(process.pid)
        self._watched[process.pid] = Watched(
            process, limits, directory, tasks, sockets, due=now + IDLE
        )
        self._census.add(process.pid)
        self._wake_by(now + IDLE)

    def unwatch(self, process: Process) -> None:
        """Watch it no longer. Nothing if it is not watched."""
        watched = self._watched.get(process.pid)
        if watched is not None and watched.process is process:
            self._drop(process.pid)

    def busy(self, process: Process) -> None:
        """It runs a program from now on: look closely."""
        self._hint(process, busy=True)

    def idle(self, process: Process) -> None:
        """It waits for the next program: an occasional look will do."""
        self._hint(process, busy=False)

    def close(self) -> None:
        """Stop watching everything. Idempotent; `watch` starts anew."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for pid in tuple(self._watched):
            self._drop(pid)
        if self._measurers is not None:
            self._measurers.shutdown(wait=False, cancel_futures=True)
            self._measurers = None

    def _hint(self, process: Process, *, busy: bool) -> None:
        watched = self._watched.get(process.pid)
        if watched is None or watched.process is not process or watched.busy is busy:
            return
        watched.busy = busy
        if busy:
            now = asyncio.get_running_loop().time()
            watched.due = min(watched.due, now + FASTEST)
            self._wake_by(watched.due)

    def _wake_by(self, due: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        # Those due soon come along: one scan of all processes serves them all.
        soon = [w for w in self._watched.values() if w.due <= now + FASTEST]
        for watched in soon:
            # Whatever goes wrong below, it is looked at again.
            watched.due = now + BUSY
        try:
            self._census.scan()
            for watched in soon:
                self._look(watched, now)
        except OSError as error:
            # Out of descriptors, which is the executor's doing and not a session's.
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
        finally:
            if self._watched:
                self._wake_by(min(watched.due for watched in self._watched.values()))

    def _look(self, watched: Watched, now: float) -> None:
        members = self._census.members(watched.process.pid)
        if watched.process.pid not in members:
            self._drop(watched.process.pid)
            return
        limits = watched.limits
        if watched.tasks and usage.tasks(members) > limits.tasks:
            self._end(watched, Status.DIED)
            return
        hidden = 0
        if watched.sockets and len(members) > FEW:
            hidden = usage.sockets(watched.process.pid) * usage.SOCKET
        bound = hidden + sum(map(self._bound, members))
        free = limits.memory_bytes - bound
        watched.due = now + watched.interval(free)
        if watched.measuring:
            return
        # Past the limit by the bound alone, look when it has grown by the room that was left,
        # and now and then, since a page that stops being shared does not change the bound.
        memory = free < 0 and (bound - watched.seen > watched.room or now >= watched.exact_due)
        disk = watched.directory if now >= watched.disk_due else None
        if memory or disk is not None:
            self._measure(watched, members, hidden, bound if memory else None, disk)

    def _measure(
        self,
        watched: Watched,
        members: Set[int],
        hidden: int,
        bound: int | None,
        directory: Path | None,
    ) -> None:
        """Take the exact figures in a thread, and judge when they are there."""
        members = frozenset(members)
        if self._measurers is None:
            self._measurers = ThreadPoolExecutor(MEASURERS, thread_name_prefix="watchdog")
        loop = asyncio.get_running_loop()
        watched.measuring = True
        limits = watched.limits

        def figures() -> tuple[int, float, tuple[int, int], float]:
            started = time.monotonic()
            memory = 0
            if bound is not None:
                enough = limits.memory_bytes - hidden
                memory = hidden + usage.proportional(members, enough, PATIENCE)
            half = time.monotonic()
            disk = (0, 0)
            if directory is not None:
                disk = usage.disk(directory, members, limits.files)
            return memory, half - started, disk, time.monotonic() - half

        def judge(done: asyncio.Future[tuple[int, float, tuple[int, int], float]]) -> None:
            watched.measuring = False
            if self._watched.get(watched.process.pid) is not watched or done.cancelled():
                return
            now = loop.time()
            if done.exception() is not None:
                watched.due = now + BUSY
                return
            memory, memory_seconds, (size, files), disk_seconds = done.result()
            if memory > limits.memory_bytes:
                self._end(watched, Status.MEMORY)
            elif size > limits.disk_bytes or files > limits.files:
                self._end(watched, Status.DIED)
            if bound is not None:
                watched.room, watched.seen = limits.memory_bytes - memory, bound
                watched.exact_due = now + max(BUSY, BACK_OFF * memory_seconds)
            if directory is not None:
                watched.disk_due = now + max(DISK, BACK_OFF * disk_seconds)

        loop.run_in_executor(self._measurers, figures).add_done_callback(judge)

    def _end(self, watched: Watched, doom: Status) -> None:
        watched.process.doom = doom
        watched.process.kill()
        self._drop(watched.process.pid)

    def _drop(self, pid: int) -> None:
        if self._watched.pop(pid, None) is not None:
            self._census.remove(pid)


def swaps() -> bool:
    """Whether memory can move where the cheaper figure does not see it."""
    with open("/proc/swaps", encoding="ascii") as file:
        return len(file.readlines()) > 1
