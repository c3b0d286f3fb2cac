"""An ipykernel in two halves: all that can be made before a fork, and what must come after it.

Before: configuration, kernel object, shell, warm caches. After: sockets, threads, streams. The
halves follow `IPKernelApp.initialize` of ipykernel 7.
"""

import faulthandler  # noqa: F401 - asked for by `init_io`
import os
import signal
import sys
import threading
import uuid
from typing import Any

import IPython.core.logger  # noqa: F401 - asked for by the first cell
import zmq
from ipykernel.control import ControlThread
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.shellchannel import ShellChannelThread
from IPython.core.application import BaseIPythonApplication
from tornado.ioloop import IOLoop
from traitlets import Type
from zmq.eventloop.zmqstream import ZMQStream

from executors.inside.kernel import Kernel
from executors.inside.notebook import show_commands
from executors.inside.shell import bound_values

OPTIONS = (
    "--HistoryManager.enabled=False",
    "--InteractiveShellApp.exec_PYTHONSTARTUP=False",
    "--log-level=50",
)
PLAIN = "--InteractiveShell.colors=NoColor"
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
WARMING = (
    "1",
    "print(end='')",
    "def f():\n    return 1 / 0\nf()",
    "x =",
    "from sympy import *",
)
"""Cells that fill the caches of parser, compiler and error reports; each first time costs
milliseconds."""
SETTLED = 8
"""How often they are run: so often CPython looks at a function before it rewrites its code, which
is better done once here than in each session (PEP 659)."""


class KernelApp(IPKernelApp):  # type: ignore[misc,unused-ignore]
    """Loses no output, and opens no port."""

    def init_iopub(self, context: zmq.Context[Any]) -> None:
        """The stock one binds a TCP port, for output of forks, and aborts where it may not."""
        socket: Any = context.socket(zmq.XPUB)
        socket.linger = 1000
        # What cannot be sent yet is kept, not dropped: it is the session's own memory.
        socket.sndhwm = 0
        self.iopub_port = self._bind_socket(socket, self.iopub_port)
        self.iopub_thread = IOPubThread(socket, pipe=False, session=self.session)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket


class ForkedKernelApp(KernelApp):
    """Listens on sockets that were bound by the engine, so that it needs to see no path."""

    kernel_class: Any = Type(Kernel, IPythonKernel)

    def prebuild(self, limit: int, prelude: str, *, notebook: bool) -> None:
        """Everything up to the fork. Starts no thread.

        With `notebook` it is the stock kernel, which shows colours and pictures.

        Raises:
            RuntimeError: the prelude failed, or something started a thread.
        """
        self.transport, self.ip = "ipc", "box"
        for port, channel in enumerate(CHANNELS, start=1):
            setattr(self, f"{channel}_port", port)
        self.limit = limit
        if notebook:
            self.kernel_class = IPythonKernel
        options = list(OPTIONS) if notebook else [*OPTIONS, PLAIN]
        BaseIPythonApplication.initialize(self, options)
        self.session.signature_scheme = "hmac-sha256"
        self.kernel: Any = self.kernel_class.instance(
            parent=self,
            session=self.session,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )
        self.init_pdb()
        self.init_path()
        self.init_shell()
        if notebook:
            # Figures of matplotlib are shown inline, as the stock kernel asks for.
            os.environ.pop("MPLBACKEND", None)
            self.init_gui_pylab()
        self.init_extensions()
        self.init_code()
        self.configure_tornado_logger()
        shell: Any = self.kernel.shell
        for cell in WARMING * SETTLED:
            shell._last_traceback = None
            shell.run_cell(cell, silent=True, store_history=False)
        # What each session does once, done here once for all of them.
        IOLoop(make_current=False).close(all_fds=True)
        self.session.serialize(self.session.msg("status"))
        shell.reset(new_session=False)
        if notebook:
            show_commands(shell)
        else:
            # A cell with `!` asks for a terminal, which there is none of; this way needs none.
            shell.system = shell.system_raw
            # IPython's own end the kernel; these end the program.
            shell.user_ns.update(exit=sys.exit, quit=sys.exit)
            bound_values(shell, limit)
        shell._last_traceback = None
        done = shell.run_cell(prelude, silent=True, store_history=False)
        if not done.success:
            error = done.error_before_exec or done.error_in_exec
            raise RuntimeError(f"the prelude failed: {type(error).__name__}: {error}")
        shell._last_traceback = None
        sys.argv = [""]
        sys.path.insert(0, "")
        if threading.active_count() > 1:
            raise RuntimeError(f"a thread runs before the fork: {threading.enumerate()}")

    def launch(self, key: bytes, listeners: dict[str, int]) -> None:
        """Everything from the fork on, up to the first request. `listeners` by channel."""
        self.listeners = listeners
        session = self.session
        session.pid, session.session, session.key = os.getpid(), uuid.uuid4().hex, key
        session.message_count = 0
        self.init_sockets()
        self.init_io()
        if "hb" in listeners:
            self.beat()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        kernel, shell = self.kernel, self.kernel.shell
        if self.control_thread is not None:
            self.control_thread.start()
            kernel.control_stream = ZMQStream(self.control_socket, self.control_thread.io_loop)
        # Without this thread the reply of a cell that awaits is never sent.
        channel = self.shell_channel_thread
        channel.shell_stream = ZMQStream(self.shell_socket, channel.io_loop)
        kernel.shell_stream, kernel.shell_channel_thread = channel.shell_stream, channel
        channel.start()
        kernel.control_thread, kernel.iopub_thread = self.control_thread, self.iopub_thread
        kernel.iopub_socket, kernel.stdin_socket = self.iopub_socket, self.stdin_socket
        kernel.ident = uuid.uuid4().hex
        for speaker in (shell.displayhook, shell.display_pub):
            speaker.session, speaker.pub_socket = session, self.iopub_socket
        shell.displayhook.topic = kernel._topic("execute_result")
        self.displayhook.get_execution_count = lambda: kernel.execution_count
        if isinstance(kernel, Kernel):
            kernel.prepare(self.limit)

    def beat(self) -> None:
        """Send back whatever comes in on the heartbeat channel, by a thread of its own."""
        # A context of its own as well, like the stock one's: the other may wait for the GIL.
        echo: Any = zmq.Context().socket(zmq.ROUTER)
        echo.linger = 1000
        self._bind_socket(echo, self.hb_port)
        threading.Thread(target=zmq.proxy, args=(echo, echo), daemon=True).start()

    def init_control(self, context: zmq.Context[Any]) -> None:
        """The stock one also makes sockets for a debugger. Our engine asks for no control."""
        self.shell_channel_thread = ShellChannelThread(context, daemon=True)
        if "control" not in self.listeners:
            return
        self.control_socket = context.socket(zmq.ROUTER)
        self.control_socket.linger = 1000
        self.control_port = self._bind_socket(self.control_socket, self.control_port)
        self.control_thread = ControlThread(daemon=True)

    def _bind_socket(self, socket: zmq.Socket[Any], port: int) -> int:
        name = CHANNELS[port - 1]
        if (listener := self.listeners.get(name)) is None:
            socket.bind(f"inproc://{name}")
        else:
            socket.setsockopt(zmq.USE_FD, listener)
            # Listens already; the name is only what zmq calls it.
            socket.bind(f"ipc:///{name}")
        return port
