"""One writer for a run folder at a time."""

import contextlib
import fcntl
import os
from pathlib import Path

from tir.errors import BadInput
from tir.runs.files import failed

NAME = "run.lock"


class Lock:
    """Held from `__enter__` to `__exit__`, or to the end of the process, however it ends.

    Raises BadInput if another process holds it, EnvironmentFailed if the folder takes no file.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._file = -1

    def __enter__(self) -> "Lock":
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise failed(self._path, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._file, 20, 0).decode(errors="replace").strip()
            self._release()
            raise BadInput(
                f"{self._path.parent} is being written by another process.",
                why=f"Process {holder or 'of another machine'} holds {NAME}.",
                hint="wait until it ends, or name another folder with --out",
            ) from error
        # A full disk is told by what is written next, and with a better message.
        with contextlib.suppress(OSError):
            os.truncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def _release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
