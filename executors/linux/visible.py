"""What of the machine a session is shown, whatever holds it: programs, libraries, some devices."""

import os
from collections.abc import Sequence
from pathlib import Path

SYSTEM_DIRECTORIES = tuple(map(Path, "/bin /sbin /lib /lib64 /lib32".split()))
"""Beside /usr; on most machines they are links into it."""
SYSTEM_FILES = tuple(
    map(Path, "/etc/ld.so.cache /etc/ld.so.conf /etc/alternatives /etc/localtime".split())
)
DEVICES = tuple(Path("/dev", name) for name in "null full random urandom".split())
"""Not `zero`: mapped and shared, it is memory that no process is charged for."""


def outermost(paths: Sequence[Path]) -> list[Path]:
    """The paths that exist and lie in none before them: by their own names, and by the real ones.

    A path is shown under the name it was given, through whatever links, for by that name it will
    be asked for inside; and under its real name, for what follows the links itself. A name that
    begins with a system directory that is a link is no name of its own: the link is made anew.
    """
    kept: list[Path] = []
    links = [directory for directory in SYSTEM_DIRECTORIES if directory.is_symlink()]
    for path in paths:
        absolute = Path(os.path.abspath(path))
        for name in (absolute, absolute.resolve()):
            hidden = any(name.is_relative_to(link) for link in links)
            if not hidden and name.exists() and not any(map(name.is_relative_to, kept)):
                kept.append(name)
    return kept
