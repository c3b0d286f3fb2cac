"""Landlock: a process gives up, for ever and for its children, what it does not need.

By raw system calls; Documentation/userspace-api/landlock.rst of the Linux sources says what each
version (ABI) can refuse, include/uapi/linux/landlock.h has the numbers:

    ABI  Linux  can refuse, besides what came before
    1    5.13   reading, writing, making, removing and executing files
    2    5.19   moving a file to another directory (REFER; before, that was always refused)
    3    6.2    emptying a file by truncate(2) or O_TRUNC (TRUNCATE)
    4    6.7    TCP bind and connect
    5    6.10   ioctl(2) on devices (IOCTL_DEV)
    6    6.12   signals and abstract unix sockets that cross the wall (scopes)
    7, 8        nothing more
    9    7.1    unix sockets with a path (RESOLVE_UNIX)
    10   7.2    UDP bind, connect and send

No version refuses to tell that a file is there, nor chmod(2), chown(2) and utime(2) on the
caller's own files anywhere: those the filter on system calls only pretends to do. `gaps` says in
words what is left. Run here up to ABI 7; 8 to 10 never were.
"""

import ctypes
import os
import struct
from collections.abc import Sequence
from enum import IntFlag
from pathlib import Path

from executors.linux.syscalls import forbid_new_privileges
from executors.linux.visible import DEVICES
from executors.walls import Gap, Wall

# The same numbers on x86_64 and aarch64, as for every system call since Linux 5.1.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1
PATH_BENEATH = 1


class File(IntFlag):
    """LANDLOCK_ACCESS_FS_*"""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15
    RESOLVE_UNIX = 1 << 16


SINCE = {File.REFER: 2, File.TRUNCATE: 3, File.IOCTL_DEV: 5, File.RESOLVE_UNIX: 9}
"""First ABI that knows the right; all others are as old as Landlock."""
TCP, TCP_AND_UDP = 0b0011, 0b1111
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

READ = File.EXECUTE | File.READ_FILE | File.READ_DIR
NEVER = File.MAKE_CHAR | File.MAKE_BLOCK | File.IOCTL_DEV | File.RESOLVE_UNIX
"""A program has no use for devices, nor for sockets that it did not make itself."""
WRITE = ~NEVER
DEVICE = File.READ_FILE | File.WRITE_FILE
OF_A_FILE = File.EXECUTE | File.WRITE_FILE | File.READ_FILE | File.TRUNCATE | File.IOCTL_DEV

"""Not `zero`: mapped and shared, it is memory that no process is charged for."""

LACKS = (
    (3, "6.2", Wall.WRITES, "your files can be emptied, though not read or written"),
    (4, "6.7", Wall.NETWORK, "TCP is open"),
    (6, "6.12", Wall.NETWORK, "abstract unix sockets of this machine can be reached"),
    (6, "6.12", Wall.PROCESSES, "your other processes can be signalled"),
    (9, "7.1", Wall.NETWORK, "unix sockets of this machine can be reached by their path"),
    (10, "7.2", Wall.NETWORK, "UDP is open"),
)
"""(first ABI that closes it, first Linux with that ABI, wall, what is open before)"""
METADATA = Gap(
    Wall.WRITES, "mode, owner and times of your files can be changed, not their content", ""
)
BY_SAME_USER = (
    Gap(Wall.TASKS, "tasks are counted per user, so those of a session are only watched", ""),
    Gap(Wall.STRAYS, "processes are killed one by one, and some can outrun that", ""),
)
"""What stays open on every ABI where sessions run as the user who starts them."""

ALWAYS = (
    Gap(Wall.PROCESSES, "a number can be asked whether it is that of a process", ""),
    Gap(Wall.DISK, "use of the disk is watched, not walled off", ""),
)
"""What stays open on every ABI, whoever runs the sessions."""

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def abi() -> int:
    """The version of the running kernel, 0 where Landlock is absent or off."""
    return max(0, int(libc.syscall(*longs(CREATE_RULESET, 0, 0, ASK_VERSION))))


def restrict(
    readable: Sequence[Path], writable: Sequence[Path], devices: Sequence[Path] = DEVICES
) -> None:
    """Refuse the calling thread and all its later children everything the kernel can refuse.

    Left are: reading and executing beneath `readable`, everything but making devices beneath
    `writable`, reading and writing `devices`, and whatever is open already. TCP, UDP, signals
    and abstract sockets are refused as far as the ABI knows them. There is no way back. A path
    that does not exist is passed over. Call it before the first thread starts: a thread that
    runs already keeps all its rights.

    Raises:
        OSError: Landlock is absent, or refuses; nothing has been given up then, except that
            no_new_privs may be set.
    """
    version = abi()
    if not version:
        raise OSError("Landlock is absent from this kernel, or off")
    handled = rights(version)
    net = 0 if version < 4 else TCP if version < 10 else TCP_AND_UDP
    scoped = ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0
    # An older kernel refuses a longer structure than it knows.
    size = 8 if version < 4 else 16 if version < 6 else 24
    request = ctypes.create_string_buffer(struct.pack("=QQQ", handled, net, scoped), 24)
    ruleset = call("create a ruleset", CREATE_RULESET, ctypes.addressof(request), size, 0)
    try:
        for paths, allowed in ((readable, READ), (writable, WRITE), (devices, DEVICE)):
            for path in paths:
                allow(ruleset, path, allowed & handled)
        forbid_new_privileges()
        call("restrict this thread", RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def rights(version: int) -> File:
    """All rights over files that this ABI can withhold."""
    known = File(0)
    for right in File:
        if version >= SINCE.get(right, 1):
            known |= right
    return known


def allow(ruleset: int, path: Path, allowed: File) -> None:
    """Add one path, and what lies beneath it if it is a directory."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not path.is_dir():
            # Rights that only a directory can have make the kernel refuse the rule.
            allowed &= OF_A_FILE
        rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, handle), 12)
        call(f"allow {path}", ADD_RULE, ruleset, PATH_BENEATH, ctypes.addressof(rule), 0)
    finally:
        os.close(handle)


def call(purpose: str, number: int, *arguments: int) -> int:
    """A system call whose failure is told."""
    result = int(libc.syscall(*longs(number, *arguments)))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock cannot {purpose}: {os.strerror(code)}")
    return result


def longs(*values: int) -> list[ctypes.c_long]:
    """Arguments of full width: a bare int would pass as 32 bits and leave the rest to chance."""
    return [ctypes.c_long(value) for value in values]


def gaps(
    version: int, *, root: bool, sockets: bool = False, metadata: bool = False
) -> tuple[Gap, ...]:
    """What Landlock alone leaves open, under the plan for the tier.

    Args:
        version: what `abi` says.
        root: each session runs as a throw-away user of its own, which owns nothing and shares
            no count of tasks with anyone.
        sockets: whether a program may call socket(2). A seccomp filter that refuses it closes
            the network on every ABI; without one Landlock has to, as far as it can.
        metadata: whether chmod(2) and its like do what they say.
    """
    if not version:
        remedy = "boot Linux 5.13 or later with landlock among lsm= on its command line"
        open_walls = (Wall.FILES, Wall.WRITES, Wall.NETWORK, Wall.PROCESSES)
        return tuple(Gap(wall, "this kernel has no Landlock", remedy) for wall in open_walls)
    found = []
    for since, linux, wall, why in LACKS:
        # A user that owns nothing has nothing to empty and nobody to signal.
        if version < since and (sockets if wall is Wall.NETWORK else not root):
            found.append(Gap(wall, f"{why} (Landlock ABI {version})", f"boot Linux {linux}"))
    if not root:
        found += (METADATA, *BY_SAME_USER) if metadata else BY_SAME_USER
    return (*found, *ALWAYS)
