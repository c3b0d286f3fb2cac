"""From a fork of the warm process to a kernel behind walls.

Capabilities, privileges and the filter of system calls belong to a thread: all walls stand
before the first one is started.
"""

import contextlib
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from executors.inside.app import CHANNELS, ForkedKernelApp
from executors.linux import landlock, namespaces, seccomp, syscalls
from executors.linux.visible import SYSTEM_DIRECTORIES, SYSTEM_FILES

OPEN_FILES = 256
NICENESS = 5
"""The engine that reads a flood comes before the program that makes it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a session may use, as `executors.base.Limits` has it."""

    process_bytes: int
    cpu_seconds: int
    tasks: int
    disk_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Walls made of namespaces."""

    bounds: Bounds

    def enter(self) -> None:
        namespaces.enter_session(bytes_=self.bounds.disk_bytes, files=self.bounds.files)
        bound_resources(self.bounds, tasks=True)
        lock(apart=True)


@dataclass(frozen=True, slots=True)
class Landlock:
    """Walls made of Landlock and seccomp alone, for where there are no namespaces."""

    bounds: Bounds
    directory: Path
    readable: Sequence[Path]
    user: int | None
    """Whom to become; None to stay who we are, without any power."""

    def enter(self) -> None:
        home, temporary = self.directory / "work", self.directory / "work" / ".tmp"
        # Within bubblewrap our directory is not the engine's of that name, and not there yet.
        self.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        for made in (home, temporary):
            made.mkdir(mode=0o700)
        if self.user is not None:
            for made in (home, temporary):
                os.chown(made, self.user, self.user)
            os.setgroups([])
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user, self.user, self.user)
            syscalls.die_with_parent(signal.SIGKILL)
        os.chdir(home)
        os.environ.update(HOME=str(home), TMPDIR=str(temporary))
        tempfile.tempdir = None
        syscalls.adopt_orphans()
        system = (Path("/usr"), *SYSTEM_DIRECTORIES, *SYSTEM_FILES)
        landlock.restrict([*system, *self.readable], [home])
        # Without a user of its own, the tasks of all the user's sessions would count as one.
        bound_resources(self.bounds, tasks=self.user is not None)
        lock(apart=False)


def lock(*, apart: bool) -> None:
    """Give up all power, for ever.

    Where we are not on a machine `apart`, a socket could reach one of the user's by its path, and
    the user's files have a mode, an owner and times, all of which Landlock cannot refuse.
    """
    syscalls.drop_capabilities()
    syscalls.forbid_new_privileges()
    seccomp.install(sockets=apart, metadata=apart)


def bound_resources(bounds: Bounds, *, tasks: bool) -> None:
    """Limits on each process of the session, which no child can raise again."""
    limits = {
        resource.RLIMIT_AS: bounds.process_bytes,
        resource.RLIMIT_FSIZE: bounds.disk_bytes,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_STACK: 8 << 20,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 256,
    }
    if tasks:
        limits[resource.RLIMIT_NPROC] = bounds.tasks
    for which, most in limits.items():
        _, hard = resource.getrlimit(which)
        known = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (known, known))
    # The soft limit sends SIGXCPU, which ends Python; the hard one kills what caught that.
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_seconds, bounds.cpu_seconds + 1))
    os.nice(NICENESS)


def raise_walls(walls: Namespaces | Landlock) -> None:
    """Runs in the fork, before any thread and any line of a program.

    Raises:
        OSError: a wall could not be raised.
    """
    os.setsid()
    syscalls.die_with_parent(signal.SIGKILL)
    walls.enter()
    os.umask(0o077)


def run_kernel(app: ForkedKernelApp, key: bytes, listeners: Sequence[int]) -> None:
    """Runs in the fork until the session ends."""
    if "numpy" in sys.modules:
        # Python's own generator is seeded anew by every fork, numpy's is not.
        sys.modules["numpy"].random.seed()
    app.launch(key, dict(zip(CHANNELS, listeners, strict=False)))
    with contextlib.suppress(KeyboardInterrupt):
        app.start()
