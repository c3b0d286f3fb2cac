"""The warm process: behind the outer walls, with everything imported, it forks sessions.

It talks to the engine over one socket of the kind SEQPACKET; each message is a JSON object,
handles go with it (unix(7), SCM_RIGHTS). From the engine: `{"id": n, "directory": path,
"user": n}` with the key's file and the listeners. To the engine: `{"up": ...}` once or
`{"failed": why}`, then for each session `{"forked": n}` with its pidfd, once its walls stand, or
`{"refused": n, "why": ...}`, and `{"ended": n}`. When the engine goes, the socket closes, and
everything here ends.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from executors.inside.app import SETTLED, ForkedKernelApp
from executors.inside.session import Bounds, Landlock, Namespaces, raise_walls, run_kernel
from executors.linux import namespaces, seccomp, syscalls

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONIOENCODING": "utf-8",
    "MPLBACKEND": "Agg",
}
LARGEST = 1 << 16
FAILED = 70
LAST_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """What the engine wants of this process, as given on the command line."""

    tier: str
    readable: tuple[Path, ...]
    bounds: Bounds
    output_limit: int
    prelude: str
    notebook: bool
    directory: Path
    """Ours to write in where there is no machine of our own."""


def main() -> None:
    """Argument 1: the socket's descriptor; 2: the order, as JSON."""
    control = socket.socket(fileno=int(sys.argv[1]))
    order = read_order(sys.argv[2])
    control.set_inheritable(False)
    try:
        enter(order)
        app = warm_up(order)
    except Exception as error:  # noqa: BLE001 - whatever it is, the engine must be told
        why = f"{type(error).__name__}: {error}"
        control.send(json.dumps({"failed": why[:2000]}).encode())
        os._exit(FAILED)
    # What it says from here on goes nowhere: the file is ours, and sessions would inherit it.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.close(null)
    control.send(json.dumps({"up": os.getpid()}).encode())
    Zygote(control, app, order).serve()


def read_order(text: str) -> Order:
    given: dict[str, Any] = json.loads(text)
    given["readable"] = tuple(map(Path, given["readable"]))
    given["bounds"] = Bounds(**given["bounds"])
    given["directory"] = Path(given["directory"])
    return Order(**given)


def enter(order: Order) -> None:
    """The outer walls."""
    os.umask(0o022)
    home = order.directory
    if order.tier == "namespaces":
        syscalls.die_with_parent(signal.SIGKILL)
        namespaces.enter(order.readable)
        syscalls.die_with_parent(signal.SIGKILL)
        home = namespaces.HOME
        os.environ.update(TMPDIR=str(home / namespaces.TEMPORARY))
    else:
        # Not killed with the engine, but told by the socket: there may be strays to end first.
        syscalls.adopt_orphans()
        home.mkdir(parents=True, exist_ok=True)
    os.environ.update(ENVIRONMENT, HOME=str(home), IPYTHONDIR=str(home / ".ipython"))
    os.chdir(home)


def warm_up(order: Order) -> ForkedKernelApp:
    """Import what programs use, build all of a kernel that can be built before a fork."""
    import numpy.random  # noqa: F401 - a package of its own, loaded when first asked for
    import sympy

    x = sympy.symbols("x")
    # The first time fills caches that all sessions then share; the others settle the code.
    for number in range(SETTLED):
        sympy.latex(sympy.solve(x**2 - (7 + number) * x + 3, x))
        sympy.simplify(sympy.factor(x**2 - 1) / (x - 1))
        sympy.N(sympy.sqrt(8) + sympy.pi, 20)
    app = ForkedKernelApp.instance()
    app.prebuild(order.output_limit, order.prelude, notebook=order.notebook)
    apart = order.tier == "namespaces"
    seccomp.encoded(sockets=apart, metadata=apart)
    gc.collect()
    # A collection in one session would otherwise write to, and so copy, what all share.
    gc.freeze()
    syscalls.use_huge_pages()
    return app


class Zygote:
    """Forks a session for each request and tells of each death."""

    def __init__(self, control: socket.socket, app: ForkedKernelApp, order: Order) -> None:
        self._control = control
        self._app = app
        self._order = order
        self._sessions: dict[int, int] = {}
        self._own_processes = -1
        if order.tier == "namespaces":
            self._own_processes = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._ear, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def serve(self) -> None:
        """Until the engine hangs up."""
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._ear, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._ear:
                    self._bury()
                elif not self._hear():
                    self._end()

    def _hear(self) -> bool:
        try:
            message, handles, _, _ = socket.recv_fds(self._control, LARGEST, 8)
        except ConnectionResetError:
            return False
        if not message:
            return False
        request = json.loads(message)
        try:
            self._answer(request, handles)
        except OSError as error:
            self._tell({"refused": request["id"], "why": str(error)})
        finally:
            for handle in handles:
                os.close(handle)
        return True

    def _answer(self, request: dict[str, Any], handles: list[int]) -> None:
        walls = self._walls(request)
        if self._own_processes >= 0:
            # Back first, or the namespaces would nest one deeper with each session.
            syscalls.enter_namespace(self._own_processes)
            syscalls.unshare(syscalls.Namespace.PID)
        pid = os.fork()
        if pid == 0:
            self._become(request["id"], walls, handles)
        self._sessions[pid] = request["id"]

    def _become(
        self, number: int, walls: Namespaces | Landlock, handles: Sequence[int]
    ) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for descriptor in (self._ear, self._waker, self._own_processes):
                if descriptor >= 0:
                    os.close(descriptor)
            key = os.pread(handles[0], LARGEST, 0)
            os.close(handles[0])
            raise_walls(walls)
            handle = os.pidfd_open(os.getpid())
            self._tell({"forked": number}, [handle])
            os.close(handle)
            self._control.close()
            run_kernel(self._app, key, handles[1:])
        except Exception as error:  # noqa: BLE001 - the engine is told while there is a way to
            if self._control.fileno() >= 0:
                self._tell({"refused": number, "why": f"{type(error).__name__}: {error}"})
        finally:
            # Not sys.exit: nothing that the warm process registered is the session's to run.
            os._exit(FAILED)

    def _walls(self, request: dict[str, Any]) -> Namespaces | Landlock:
        order = self._order
        if order.tier == "namespaces":
            return Namespaces(order.bounds)
        directory = Path(request["directory"])
        return Landlock(order.bounds, directory, order.readable, request["user"])

    def _tell(self, message: dict[str, Any], handles: Sequence[int] = ()) -> None:
        # If the engine is gone, the next thing heard is that it hung up.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._control, [json.dumps(message).encode()], handles)

    def _bury(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._ear, 4096)
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                if (number := self._sessions.pop(pid, None)) is not None:
                    self._tell({"ended": number})
        self._kill_strays()

    def _kill_strays(self) -> None:
        """End what a dead session left; where sessions are namespaces there is never any."""
        if self._own_processes >= 0:
            return
        for pid in children() - self._sessions.keys():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def _end(self) -> NoReturn:
        if self._own_processes < 0:
            deadline = time.monotonic() + LAST_SECONDS
            while (left := children()) and time.monotonic() < deadline:
                for pid in left:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(-1, 0)
        os._exit(0)


def children() -> set[int]:
    """Of this process, orphans of its former children among them."""
    listed = Path("/proc/self/task", str(os.getpid()), "children").read_text(encoding="utf-8")
    return set(map(int, listed.split()))
