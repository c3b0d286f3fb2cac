"""How the warm process is started, and what it is given to see."""

import contextlib
import json
import os
import shutil
import site
import socket
import stat
import subprocess
import sys
from pathlib import Path

from executors.base import Limits
from executors.linux import bubblewrap
from executors.process import ONE_THREAD, PACKAGE, python
from executors.walls import Tier

NOBODY = 149_999
"""A user that no machine gives to anybody."""


def popen(
    tier: Tier, limits: Limits, prelude: str, root: Path, control: socket.socket, *, notebook: bool
) -> "subprocess.Popen[bytes]":
    """Start the warm process; it speaks first."""
    order = {
        "tier": str(tier),
        "readable": list(map(str, readable())),
        "bounds": {
            "process_bytes": limits.process_bytes,
            "cpu_seconds": limits.cpu_seconds,
            "tasks": limits.tasks,
            "disk_bytes": limits.disk_bytes,
            "files": limits.files,
        },
        "output_limit": limits.output_bytes,
        "prelude": prelude,
        "notebook": notebook,
        "directory": str(inside(tier, root)),
    }
    # Everything it is told to do by root, it does as somebody else.
    steps_down = tier is Tier.BUBBLEWRAP and os.geteuid() == 0
    if steps_down and not can_give_users():
        raise PermissionError("run as root, it needs an interpreter that others can read")
    command = [*python("executors.inside.zygote"), str(control.fileno()), json.dumps(order)]
    if tier is Tier.BUBBLEWRAP:
        if shutil.which("bwrap") is None:
            raise FileNotFoundError(bubblewrap.NOT_INSTALLED)
        command = bubblewrap.command(command, [*readable(), PACKAGE], environment())
    with (root / "stderr").open("wb") as stderr:
        return subprocess.Popen(
            command,
            cwd=root,
            env=environment(),
            pass_fds=[control.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
            user=NOBODY if steps_down else None,
            group=NOBODY if steps_down else None,
            extra_groups=[] if steps_down else None,
        )


def inside(tier: Tier, directory: Path) -> Path:
    """What a directory of ours is called behind the walls."""
    return bubblewrap.HOME / directory.name if tier is Tier.BUBBLEWRAP else directory


def readable() -> list[Path]:
    """Where the interpreter and its packages are: all that a session sees of this machine."""
    places = [sys.base_prefix, sys.prefix, *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        places.append(site.getusersitepackages())
    return [path for place in dict.fromkeys(places) if (path := Path(place)).is_dir()]


def environment() -> dict[str, str]:
    """All that the warm process sees of our environment: nothing but where packages are."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONUSERBASE": site.getuserbase(),
        # Sets print in the same order in every session.
        "PYTHONHASHSEED": "0",
        **ONE_THREAD,
    }


def can_give_users() -> bool:
    """Whether each session can be a user that nobody else is: only root can do it, and only if
    such a user could reach the interpreter."""
    if os.geteuid() != 0:
        return False
    passed = {parent for path in readable() for parent in (path, *path.parents)}
    return all(path.stat().st_mode & stat.S_IXOTH for path in passed)


def last_words(root: Path) -> str:
    """What the warm process said before it ended without a message."""
    with contextlib.suppress(OSError):
        lines = (root / "stderr").read_text(encoding="utf-8", errors="replace").splitlines()
        if lines:
            return lines[-1][:500]
    return "it ended without a word"
