"""A machine of its own for an ordinary user: root directory, processes, network, hostname.

`enter` is called once, by the warm process; `enter_session` by each of its forks. Both need to
be single-threaded, and both leave the caller with capabilities that only reach what it made.
Source: namespaces(7), user_namespaces(7), pivot_root(2), proc(5).
"""

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from executors.linux import syscalls
from executors.linux.syscalls import Attribute, Mount, Namespace
from executors.linux.visible import DEVICES, SYSTEM_DIRECTORIES, SYSTEM_FILES, outermost

HOME = Path("/box")
"""The session's own directory, and its only one that can be written."""
TEMPORARY = ".tmp"
"""In `HOME`; seen as /tmp as well, unless something readable lies there."""
USER = 1000
"""The user and group that the processes inside take themselves for."""

FIRST_NOBODY, NOBODIES = 150_000, 40_000
"""Users that no machine gives to anybody, one for each warm process of root's."""

_SHARED_MEMORY = "size=16m,nr_inodes=256,mode=1777"
_PASSWD = f"box:x:{USER}:{USER}::{HOME}:/bin/sh\n"


def enter(readable: Sequence[Path]) -> None:
    """Leave the machine for an empty one in which only `readable` and the system's files are.

    Forks: the caller goes on as process 1 of the new machine, its former self waits and ends
    with it.

    Raises:
        OSError: this machine does not let us, as the text says.
    """
    if os.geteuid() == 0:
        # While everything can still be reached; nobody could not enter a home of root's.
        syscalls.unshare(Namespace.MOUNTS)
        root = _build_root(readable)
        _become_nobody()
        _own_namespaces()
        # What came along belongs to the namespace outside; on a mount of our own we can pivot.
        syscalls.mount(root, root, None, Mount.BIND | Mount.RECURSIVE)
    else:
        _own_namespaces()
        root = _build_root(readable)
    socket.sethostname("box")
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        os._exit(0)
    syscalls.mount("proc", root / "proc", "proc", Mount.NOSUID | Mount.NODEV | Mount.NOEXEC)
    syscalls.pivot_root(root)
    syscalls.restrict_mounts(
        "/", Attribute.READONLY | Attribute.NOSUID | Attribute.NODEV, below=False
    )
    # An interpreter may be installed there.
    if not os.listdir("/tmp"):
        syscalls.mount("tmpfs", "/tmp", "tmpfs", 0, "size=4k")
    _mount_home("size=4m")


def enter_session(*, bytes_: int, files: int) -> None:
    """Leave the warm process's machine for a copy of it with a home and processes of its own.

    The caller is process 1 of a new pid namespace already. The new user namespace comes last:
    the mounts belong to the old one, so the session can undo none of them.
    """
    syscalls.unshare(Namespace.MOUNTS | Namespace.NETWORK)
    _mount_processes()
    _mount_home(f"size={bytes_},nr_inodes={files}")
    syscalls.mount("tmpfs", "/dev/shm", "tmpfs", Mount.NOSUID | Mount.NODEV, _SHARED_MEMORY)
    os.chdir(HOME)
    syscalls.unshare(Namespace.USER)
    syscalls.map_ids(USER, USER, USER)


def _own_namespaces() -> None:
    user, group = os.getuid(), os.getgid()
    try:
        syscalls.unshare(
            Namespace.USER
            | Namespace.MOUNTS
            | Namespace.PID
            | Namespace.IPC
            | Namespace.NETWORK
            | Namespace.HOSTNAME
        )
        syscalls.map_ids(USER, user, group)
    except PermissionError as error:
        # The first succeeds and the second does not where AppArmor has its say.
        raise OSError(error.errno, f"user namespaces are denied here: {error}") from error


def _become_nobody() -> None:
    """Root owns much that namespaces do not hide, /proc/sys for one; this user owns nothing."""
    user = FIRST_NOBODY + os.getpid() % NOBODIES
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    syscalls.set_dumpable()


def _mount_processes() -> None:
    """A /proc of our own processes, without /proc/sys and the like where that can be had."""
    flags = Mount.NOSUID | Mount.NODEV | Mount.NOEXEC
    try:
        syscalls.mount("proc", "/proc", "proc", flags, "subset=pid")
    except OSError:
        # Before Linux 5.8. What is in it can be read but, for our user, not written.
        syscalls.mount("proc", "/proc", "proc", flags)


def _mount_home(bounds: str) -> None:
    syscalls.mount("tmpfs", HOME, "tmpfs", Mount.NOSUID | Mount.NODEV, f"{bounds},mode=700")
    temporary = HOME / TEMPORARY
    temporary.mkdir(mode=0o700)
    if os.path.ismount("/tmp"):
        syscalls.mount(temporary, "/tmp", None, Mount.BIND)


def _opened(wanted: Sequence[Path]) -> dict[Path, int]:
    """Handles of all that will be visible, by which it can be mounted once its path is hidden."""
    shown = outermost(wanted)
    shown += [path for path in SYSTEM_DIRECTORIES if path.is_dir() and not path.is_symlink()]
    shown += [path for path in SYSTEM_FILES if path.exists()]
    shown += DEVICES
    return {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in shown}


def _build_root(readable: Sequence[Path]) -> Path:
    """A root directory that holds nothing but what is readable, mounted at the path returned."""
    sources = _opened([Path("/usr"), *readable])
    links = {path: os.readlink(path) for path in SYSTEM_DIRECTORIES if path.is_symlink()}
    # Mounted over a directory that every machine has; what is below it is in `sources` by handle.
    root = Path("/tmp")
    # Nothing that is mounted from here on shows outside.
    syscalls.mount("none", "/", None, Mount.RECURSIVE | Mount.PRIVATE)
    syscalls.mount("tmpfs", root, "tmpfs", Mount.NOSUID | Mount.NODEV, "size=4m,mode=755")
    for path, handle in sources.items():
        target = root / path.relative_to("/")
        here = f"/proc/self/fd/{handle}"
        if os.path.isdir(here):
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        syscalls.mount(here, target, None, Mount.BIND | Mount.RECURSIVE)
        attributes = Attribute.READONLY | Attribute.NOSUID
        # A device on a mount without devices cannot be opened.
        attributes |= Attribute.NOEXEC if path.parts[1] == "dev" else Attribute.NODEV
        syscalls.restrict_mounts(target, attributes)
        os.close(handle)
    for path, aim in links.items():
        (root / path.relative_to("/")).symlink_to(aim)
    for name in ("proc", "tmp", "box", "etc", "dev/shm"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "dev/fd").symlink_to("/proc/self/fd")
    (root / "etc/passwd").write_text(_PASSWD, encoding="utf-8")
    return root
