"""What a session leaves behind, and what it does to the engine, as our own process sees it."""

import asyncio
import contextlib
import os
import tempfile
import time
from pathlib import Path

import psutil

GROWTH = 16 << 20
"""Bytes that the engine's memory may grow by while one program runs, whatever it does."""
SETTLE_SECONDS = 2.0
"""Time for what is being ended to be gone."""
TICK = 0.02

Known = tuple[int, float]
"""A process: its number, and when it began; a number alone may be given to another."""


class Witness:
    """Compares the engine with how it was when `settle` was called.

    Args:
        token: stands in the arguments of processes that attacks start.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._engine = psutil.Process()
        self._everybody = {known(process) for process in psutil.process_iter()}
        self._names: set[tuple[str, ...]] = set()
        self._processes: set[Known] = set()
        self._handles = self._handles_before = open_handles()
        self._directories: set[Path] = set()
        self._resident = 0

    def settle(self) -> None:
        """All that there is now may stay."""
        family = self._engine.children(recursive=True)
        self._processes = {known(process) for process in family}
        self._names = {line for process in family if (line := arguments(process))}
        self._handles = open_handles()
        self._directories = self._own_directories()

    def watch_memory(self) -> None:
        """Measure growth from here on, with peaks where the system tells them."""
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._resident = self._engine.memory_info().rss

    def growth(self) -> str:
        """What is wrong with the engine's memory; empty if nothing."""
        grown = max(peak(), self._engine.memory_info().rss) - self._resident
        return f"the engine's memory grew by {grown >> 20} MB" if grown >= GROWTH else ""

    async def leftovers(self, *, nothing: bool = False) -> list[str]:
        """What should be gone and is not, even after some time.

        With `nothing`, what was there when `settle` was called should be gone as well.
        """
        if nothing:
            self._processes, self._handles = set(), self._handles_before
            self._directories = set()
        until = time.monotonic() + SETTLE_SECONDS
        while (found := self._leftovers()) and time.monotonic() < until:
            await asyncio.sleep(TICK)
        return found

    def strays(self) -> set[Known]:
        """Processes of sessions that have been closed."""
        return {known(process) for process in self._strays()}

    def _leftovers(self) -> list[str]:
        found = [
            f"process {process.pid} is left: {' '.join(arguments(process))[:80]}"
            for process in self._strays()
        ]
        if len(handles := open_handles()) > len(self._handles):
            new = [aim for number, aim in handles.items() if self._handles.get(number) != aim]
            found.append(f"descriptors are left open: {', '.join(new)}")
        found += [f"{path} is left" for path in self._own_directories() - self._directories]
        return found

    def _own_directories(self) -> set[Path]:
        """What lies in our engine's directories: those that its processes are told to use. Other
        engines on this machine have directories of the same form."""
        places = Path(tempfile.gettempdir()).glob("tir-*")
        words = " ".join(word for line in self._names for word in line)
        found = set()
        for place in places:
            if place.name in words:
                with contextlib.suppress(OSError):
                    found |= {place, *place.iterdir()}
        return found

    def _strays(self) -> list[psutil.Process]:
        """Our descendants, and those that left our tree but have the looks of one."""
        family = {known(process) for process in self._engine.children(recursive=True)}
        found = []
        for process in psutil.process_iter():
            key = known(process)
            if key in self._processes or key in self._everybody:
                continue
            line = arguments(process)
            orphan = line in self._names and parent(process) <= 1
            if key in family or orphan or any(self._token in word for word in line):
                found.append(process)
        return found


def known(process: psutil.Process) -> Known:
    try:
        return process.pid, process.create_time()
    except psutil.Error:
        return process.pid, 0.0


def arguments(process: psutil.Process) -> tuple[str, ...]:
    try:
        return tuple(process.cmdline())
    except psutil.Error:
        return ()


def parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.Error:
        return -1


def open_handles() -> dict[int, str]:
    """Descriptors of our process and where they lead, the one that lists them left out."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
    return found


def peak() -> int:
    """The most bytes that were present since `watch_memory`, or 0 where nobody knows."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0
