"""The handle of a session behind walls: whether it lives, how it is interrupted and ended."""

import contextlib
import os
import shutil
import signal
import weakref
from pathlib import Path

from executors.execution import Status
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
        self.doom: Status | None = None
        # Each runs once: when called, when this object is collected, or at the interpreter's exit.
        # The handle stays open after `kill`, for whoever waits on it to hear of the death.
        self._close = weakref.finalize(self, os.close, pidfd)
        self._end = weakref.finalize(self, end_session, pidfd, directory, os.getpid())

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._end.alive and not dead(self.pidfd)

    def interrupt(self) -> None:
        """SIGINT to the kernel, and to what it started where the system can."""
        if not self._end.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            try:
                signal.pidfd_send_signal(self.pidfd, signal.SIGINT, None, WHOLE_GROUP)
            except OSError:
                signal.pidfd_send_signal(self.pidfd, signal.SIGINT)

    def kill(self) -> None:
        """Kill it, and so all of its namespace, and remove its directory. Idempotent."""
        self._end()


def end_session(pidfd: int, directory: Path, owner: int) -> None:
    """Kill and remove; nothing if this is a fork of the process that owns the session."""
    if os.getpid() != owner:
        return
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)


def process_number(pidfd: int) -> int:
    """The process behind a pidfd as our own namespace counts it; -1 if it is dead already."""
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii").splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    return -1
