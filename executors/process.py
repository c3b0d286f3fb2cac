"""The operating system's side of a kernel: a process, a private directory, and their end.

A `Process` is all that the rest knows of how a kernel is started and stopped. `launch` makes a
`BareProcess`, without any walls around it; whoever puts some up makes a class of the same form.
"""

import asyncio
import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from executors.errors import ExecutorUnavailable
from executors.execution import Status

PACKAGE = Path(__file__).parent
OPTIONS = (
    "--HistoryManager.enabled=False",
    "--InteractiveShell.colors=NoColor",
    "--InteractiveShellApp.exec_PYTHONSTARTUP=False",
)
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
"""In the order in which a kernel's sockets are numbered."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Variables that keep numpy from starting threads: many sessions share few cores."""
SOCKET_PATH_LIMIT = 100
"""Characters. The kernel of the operating system allows 107 on Linux, 103 on macOS."""
MARK = "TIR_KERNEL"
"""Environment variable by which a kernel's descendants are known once they left its tree."""
REAP_SECONDS = 5.0
SWEEPS = 10


@dataclass(frozen=True, slots=True)
class Connection:
    """How to talk to a kernel."""

    shell: Path
    iopub: Path
    """ZeroMQ sockets at these paths."""
    key: bytes
    """Of the HMAC-SHA256 that signs every message."""


class Process(Protocol):
    """A kernel's process, with all that it started."""

    pid: int
    connection: Connection
    pidfd: int
    """Readable once the process is dead; -1 after `kill`, and where the system has none."""
    doom: Status | None
    """Why our side killed it, if for something that the program did: set before the kill."""

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        ...

    def interrupt(self) -> None:
        """SIGINT to the program and to what it started. Nothing if it is dead."""
        ...

    def kill(self) -> None:
        """End it with all that it started, and leave nothing behind. Idempotent."""
        ...

    def close(self) -> None:
        """Kill it, and let go of the handle by which its death is heard. Idempotent."""
        ...


class BareProcess:
    """A kernel that runs as we do, and its directory. Killed with this object, or with us."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", root: Path, key: bytes, mark: str
    ) -> None:
        self.pid = process.pid
        self.connection = Connection(root / "s-1", root / "s-2", key)
        self.pidfd = open_pidfd(process.pid)
        self.doom: Status | None = None
        self._entry = psutil.Process(process.pid)
        # Runs once: when called, when this object is collected, or at the interpreter's exit.
        self._end = weakref.finalize(self, end, process, self.pidfd, root, mark, os.getpid())

    @property
    def alive(self) -> bool:
        """Whether it still runs. Does not reap it: until `kill`, its group keeps its number."""
        if not self._end.alive:
            return False
        if self.pidfd >= 0:
            return not dead(self.pidfd)
        try:
            return bool(self._entry.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def interrupt(self) -> None:
        """SIGINT to the kernel and to what it started, as ctrl-c in a terminal would."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGINT)

    def kill(self) -> None:
        """Kill it and everything it started, wait for it, remove its directory. Idempotent."""
        self.pidfd = -1
        self._end()

    def close(self) -> None:
        """The same: with the kill the handle is gone."""
        self.kill()


def open_pidfd(pid: int) -> int:
    """A descriptor that is readable once our child `pid` is dead; -1 where there is no such."""
    if sys.platform != "linux":
        return -1
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1


def dead(pidfd: int) -> bool:
    """Whether the process behind a descriptor has ended, reaped or not."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


async def ended(pidfd: int) -> None:
    """Until the process behind a descriptor is dead."""
    # A handle of our own: a loop knows each one once, and more than one may be waiting.
    handle = os.dup(pidfd)
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(handle, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


Wrap = Callable[[Sequence[str], Path], list[str]]
"""Puts a command behind walls; the directory is the session's own."""


def launch(output_bytes: int, wrap: Wrap | None = None) -> BareProcess:
    """Start a kernel of this interpreter in a fresh private directory; it is not ready yet.

    It sees none of our environment but what it needs to run, so no token or key of ours.

    Raises:
        ExecutorUnavailable: the process cannot be started.
    """
    root = private_directory()
    try:
        mark, key = secrets.token_hex(16), secrets.token_hex(32)
        ports = {f"{name}_port": number for number, name in enumerate(CHANNELS, start=1)}
        (root / "c.json").write_text(
            json.dumps(
                {
                    **ports,
                    "transport": "ipc",
                    "ip": str(root / "s"),
                    "key": key,
                    "signature_scheme": "hmac-sha256",
                }
            ),
            encoding="ascii",
        )
        work = root / "work"
        work.mkdir()
        command = [*python("executors.inside.bare"), str(output_bytes)]
        command += ["-f", str(root / "c.json"), *OPTIONS]
        process = subprocess.Popen(
            wrap(command, root) if wrap else command,
            cwd=work,
            env=environment(root, work, mark),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        shutil.rmtree(root, ignore_errors=True)
        raise ExecutorUnavailable(
            "the kernel cannot be started", why=str(error), hint="df -h /tmp; ulimit -u -n"
        ) from error
    return BareProcess(process, root, key.encode(), mark)


def python(module: str) -> list[str]:
    """The command that runs `main` of one of our modules, before its arguments.

    With -P the working directory is not importable while we start; our own packages are reached
    by their path, which then is forgotten.
    """
    start = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); "
        f"from {module} import main; sys.path.pop(0); main()"
    )
    return [sys.executable, "-P", "-c", start, str(PACKAGE.parent)]


def private_directory() -> Path:
    """A new directory only we can enter, with a path short enough for a socket's address."""
    try:
        root = tempfile.mkdtemp(prefix="tir-")
        if len(root) > SOCKET_PATH_LIMIT - len("/s-1"):
            os.rmdir(root)
            root = tempfile.mkdtemp(prefix="tir-", dir="/tmp")
    except OSError as error:
        raise ExecutorUnavailable(
            "no directory for a kernel can be made", why=str(error), hint="set TMPDIR"
        ) from error
    return Path(root)


def environment(root: Path, work: Path, mark: str) -> dict[str, str]:
    """All that the kernel sees of the environment."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "HOME": str(work),
        "TMPDIR": str(work),
        "IPYTHONDIR": str(root / "ipython"),
        # HOME is not ours, so packages installed for one user would not be found without it.
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONIOENCODING": "utf-8",
        # By this ipykernel knows whose end is its own end as well.
        "JPY_PARENT_PID": str(os.getpid()),
        MARK: mark,
        **ONE_THREAD,
    }


def end(process: "subprocess.Popen[bytes]", pidfd: int, root: Path, mark: str, owner: int) -> None:
    """Kill the kernel's group and all descendants, reap it, remove its directory."""
    if os.getpid() != owner:
        # A fork of ours that inherited the object; the kernel is not its to end.
        return
    # Stopped first, so that what it started can be counted before any of it is orphaned.
    signal_group(process.pid, signal.SIGSTOP)
    strays = descendants(process.pid)
    signal_group(process.pid, signal.SIGKILL)
    ended = {process.pid}
    for _ in range(SWEEPS):
        # Again until nothing new turns up: a stray outside the group can fork meanwhile.
        strays = (strays | marked(mark)) - ended
        if not strays:
            break
        for pid in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        ended |= strays
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(REAP_SECONDS)
    if pidfd >= 0:
        os.close(pidfd)
    shutil.rmtree(root, ignore_errors=True)


def signal_group(group: int, number: signal.Signals) -> None:
    """Signal a process group, which may have gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def descendants(pid: int) -> set[int]:
    """Children of children, as far as their parents still live."""
    try:
        return {child.pid for child in psutil.Process(pid).children(recursive=True)}
    except psutil.NoSuchProcess:
        return set()


def marked(mark: str) -> set[int]:
    """Processes that carry the mark in their environment. Empty where there is no /proc."""
    wanted = f"{MARK}={mark}".encode()
    pids = set()
    for file in Path("/proc").glob("[0-9]*/environ"):
        # Gone meanwhile, or another user's.
        with contextlib.suppress(OSError):
            if wanted in file.read_bytes():
                pids.add(int(file.parent.name))
    return pids
