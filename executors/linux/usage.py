"""What a tree of processes uses, read from /proc (proc(5)); nothing here waits or kills.

Whatever is asked about may have ended meanwhile, and then counts as nothing. Other errors, such
as too many open files on our side, are raised: they are no sign that a process is gone.
"""

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterable, Set
from pathlib import Path

PAGE = os.sysconf("SC_PAGESIZE")
BLOCK = 512
"""Bytes in a unit of st_blocks, whatever the file system's own block is."""
MOST = 1 << 62
"""Stands for "cannot be looked at", which is taken for too much."""
SOCKET = 1 << 18
"""Bytes that wait in a socket at most while its buffer has its first size (net.core.wmem_default,
and one packet)."""
LARGEST_READ = 1 << 16
GONE = (FileNotFoundError, ProcessLookupError, NotADirectoryError)


class Census:
    """Which live processes belong to which session.

    A process is asked for its parent once, when it first appears: it stays with its session
    when that parent ends. So a scan costs one directory listing however many sessions there are.
    """

    def __init__(self) -> None:
        self._trees: dict[int, set[int]] = {}
        self._owner: dict[int, int] = {}
        self._seen: set[int] = set()

    def add(self, root: int) -> None:
        """Follow the tree that grows from `root`, with what is in it already."""
        self._trees[root] = set()
        for pid in {root, *descendants(root)}:
            self._assign(pid, root)

    def remove(self, root: int) -> None:
        """Follow it no longer."""
        for pid in self._trees.pop(root, ()):
            self._owner.pop(pid, None)

    def members(self, root: int) -> Set[int]:
        """The tree as of the last scan, live; empty once all of it has ended."""
        return self._trees[root]

    def scan(self) -> None:
        """Notice what has started and what has ended."""
        present = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        for pid in self._owner.keys() - present:
            self._trees[self._owner.pop(pid)].discard(pid)
        unknown = present - self._seen - self._owner.keys()
        self._seen = present
        while unknown:
            self._place(unknown.pop(), unknown)

    def _place(self, pid: int, unknown: set[int]) -> None:
        line = [pid]
        while (ancestor := parent(line[-1])) in unknown:
            unknown.discard(ancestor)
            line.append(ancestor)
        owner = self._owner.get(ancestor)
        if owner is not None:
            for member in line:
                self._assign(member, owner)

    def _assign(self, pid: int, root: int) -> None:
        before = self._owner.get(pid)
        if before is not None:
            self._trees[before].discard(pid)
        self._owner[pid] = root
        self._trees[root].add(pid)


def descendants(root: int) -> set[int]:
    """Children of children, by /proc/PID/task/*/children: any thread may have children."""
    found: set[int] = set()
    frontier = [root]
    while frontier:
        pid = frontier.pop()
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except GONE:
            continue
        for thread in threads:
            children = {int(n) for n in read(f"/proc/{pid}/task/{thread}/children").split()}
            frontier += children - found
            found |= children
    return found


def parent(pid: int) -> int:
    """Its parent's number, 0 if it has none or is gone."""
    # The name before it is in brackets, and may itself hold brackets and spaces.
    fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else 0


def tasks(pids: Iterable[int]) -> int:
    """Processes and threads together."""
    count = 0
    for pid in pids:
        try:
            count += os.stat(f"/proc/{pid}/task").st_nlink - 2
        except GONE:
            continue
    return count


def resident(pid: int) -> int:
    """Bytes of memory that it has mapped and present: shared pages in full, swapped ones not."""
    fields = read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * PAGE if fields else 0


def resident_or_swapped(pid: int) -> int:
    """The same, with what is swapped out; twice as slow, so only for machines that swap."""
    return 1024 * sum(kilobytes(read(f"/proc/{pid}/status"), b"VmRSS:", b"VmSwap:"))


def sockets(pid: int) -> int:
    """Sockets in its network namespace, whoever holds them."""
    first = read(f"/proc/{pid}/net/sockstat").partition(b"\n")[0].split()
    return int(first[-1]) if first else 0


def proportional(pids: Iterable[int], enough: int, patience: float) -> int:
    """Bytes the processes use together, each shared page once, divided among its users.

    It takes some 12 ms per GB mapped. It ends early once `enough` is passed; after `patience`
    seconds of processor time, and for a process that hides its pages, all that is mapped counts.
    """
    total = 0
    deadline = time.thread_time() + patience
    for pid in pids:
        if total > enough:
            break
        try:
            if time.thread_time() > deadline:
                raise PermissionError
            total += 1024 * sum(kilobytes(read(f"/proc/{pid}/smaps_rollup"), b"Pss:", b"SwapPss:"))
        except PermissionError:
            total += resident_or_swapped(pid)
    return total


def disk(directory: Path, pids: Iterable[int], files: int) -> tuple[int, int]:
    """(bytes, files) that lie under `directory`, deleted ones too while the processes have them
    open. Stops counting once there are more than `files`. A deleted file that is mapped but
    not open is not found.

    What cannot be looked at, because it is hidden or nested too deep, is `MOST` bytes.
    """
    found: dict[int, int] = {}
    try:
        home = os.stat(directory)
        walk(directory, files, found)
        for pid in pids:
            deleted(pid, home.st_dev, files, found)
    except GONE:
        return 0, 0
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise
        return MOST, len(found)
    return sum(found.values()), len(found)


def walk(directory: Path, files: int, found: dict[int, int]) -> None:
    """Add inode and bytes of all that lies under a directory, until there are enough."""
    frontier = [str(directory)]
    while frontier:
        try:
            entries = os.scandir(frontier.pop())
        except GONE:
            continue
        with entries:
            for entry in entries:
                # One that vanishes must not hide those after it.
                with contextlib.suppress(*GONE):
                    status = entry.stat(follow_symlinks=False)
                    found[status.st_ino] = status.st_blocks * BLOCK
                    if stat.S_ISDIR(status.st_mode):
                        frontier.append(entry.path)
                if len(found) > files:
                    return


def deleted(pid: int, device: int, files: int, found: dict[int, int]) -> None:
    """Add the files without a name that a process has open on a device."""
    try:
        with os.scandir(f"/proc/{pid}/fd") as entries:
            for entry in entries:
                with contextlib.suppress(*GONE):
                    status = entry.stat()
                    if status.st_dev == device and not status.st_nlink:
                        found[status.st_ino] = status.st_blocks * BLOCK
                if len(found) > files:
                    return
    except GONE:
        return
    except PermissionError:
        # As for one that has ended, at any moment of this, and waits to be reaped; a live one
        # hides on purpose.
        if resident(pid):
            raise


def kilobytes(text: bytes, *names: bytes) -> list[int]:
    """The numbers on the lines that begin with these names."""
    return [int(line.split()[1]) for line in text.splitlines() if line.startswith(names)]


def read(path: str) -> bytes:
    """The beginning of a file of /proc, nothing if its process is gone.

    By bare system calls: a file object costs three times as much, and this runs thousands of
    times a second.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except GONE:
        return b""
    try:
        return os.read(descriptor, LARGEST_READ)
    except ProcessLookupError:
        return b""
    finally:
        os.close(descriptor)
