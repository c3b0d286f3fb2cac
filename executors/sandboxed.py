"""The handle of a session behind walls: whether it lives, how it is interrupted and ended."""

import contextlib
import os
import shutil
import signal
import weakref
from pathlib import Path

from executors.execution import Status
from executors.linux.cgroup import Group
from executors.process import Connection, dead

WHOLE_GROUP = 4
"""PIDFD_SIGNAL_PROCESS_GROUP of Linux 6.9: the session's own children are interrupted as well."""


class SandboxedProcess:
    """A session's first process. Killed with this object, or with our process."""

    def __init__(self, pidfd: int, directory: Path, connection: Connection) -> None:
        self.pidfd = pidfd
        self.pid = process_number(pidfd)
        self.directory = directory
        self.connection = connection
        self._doom: Status | None = None
        self._group: Group | None = None
        self._killed = False
        self._owner = os.getpid()
        # Runs once: when called, when this object is collected, or at the interpreter's exit.
        self._release = weakref.finalize(self, release, pidfd, directory, self._owner)

    @property
    def doom(self) -> Status | None:
        """Why our side, or the control group it is in, killed it."""
        if self._doom is None and self._group is not None and self._group.out_of_memory():
            return Status.MEMORY
        return self._doom

    @doom.setter
    def doom(self, why: Status | None) -> None:
        self._doom = why

    def confine(self, group: Group) -> None:
        """Put it into a control group, before it runs a program."""
        group.add(self.pid)
        self._group = group

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._release.alive and not self._killed and not dead(self.pidfd)

    def interrupt(self) -> None:
        """SIGINT to the kernel, and to what it started where the system can."""
        if not self._release.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            try:
                signal.pidfd_send_signal(self.pidfd, signal.SIGINT, None, WHOLE_GROUP)
            except OSError:
                signal.pidfd_send_signal(self.pidfd, signal.SIGINT)

    def kill(self) -> None:
        """Kill it, and so all of its namespace, and remove its directory. Idempotent.

        The handle stays open, for whoever waits on it to hear of the death.
        """
        if self._release.alive and not self._killed:
            self._killed = True
            end(self.pidfd, self.directory, self._owner)

    def close(self) -> None:
        """Kill it, and let go of the handle. Idempotent."""
        self._release()


def end(pidfd: int, directory: Path, owner: int) -> None:
    """Kill a session and remove its directory."""
    if os.getpid() != owner:
        # A fork of ours inherited the object; the session is not its to end.
        return
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)


def release(pidfd: int, directory: Path, owner: int) -> None:
    """The end of the session and of its handle."""
    end(pidfd, directory, owner)
    os.close(pidfd)


def process_number(pidfd: int) -> int:
    """The process behind a pidfd as our own namespace counts it; -1 if it is dead already."""
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii").splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    return -1
