"""Files of a run folder: written whole or not at all, and what it means when they cannot be."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tir.errors import EnvironmentFailed

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def failed(path: Path, error: OSError) -> EnvironmentFailed:
    """The error to raise when `path` cannot be written."""
    if error.errno in _FULL:
        return full(path)
    return EnvironmentFailed(
        f"{path} cannot be written.",
        why=f"{error.strerror or error}. What was written before is kept.",
        hint="another folder: --out FOLDER",
    )


def full(path: Path) -> EnvironmentFailed:
    """The error for a device, quota or file size limit that is used up."""
    return EnvironmentFailed(
        f"there is no space left for {path}.",
        why="Every result before this one is kept, and the same command goes on from there.",
        hint=f"df -h {path.parent}",
    )


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it. Raises EnvironmentFailed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failed(folder, error) from error


@contextlib.contextmanager
def replaced(path: Path, *, newline: str | None = None) -> Iterator[IO[str]]:
    """A text file that takes the place of `path` when the block ends well, and not before.

    Raises EnvironmentFailed if it cannot be written; then the old file is untouched.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with new.open("w", encoding="utf-8", newline=newline) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            new.unlink()
        if isinstance(error, OSError):
            raise failed(path, error) from error
        raise
