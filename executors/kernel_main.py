"""The script that runs inside the kernel's process. The engine never imports it.

It is ipykernel, made fit for programs nobody watches: output is bounded at its source and belongs
to the cell that wrote it, errors come as data instead of coloured text, every request is answered
and can be interrupted, nothing a program does to `exit` or `sys.stdout` outlives its cell, and
debugpy, which is 180 of some 500 ms of start-up, is not imported.
"""

import asyncio
import ctypes
import json
import linecache
import os
import signal
import socket
import sys
import threading
from types import TracebackType
from typing import Any

# Found missing by ipykernel.debugger, which then runs without a debugger.
sys.modules["debugpy"] = None  # type: ignore[assignment]

from ipykernel.compiler import get_tmp_directory  # noqa: E402
from ipykernel.ipkernel import IPythonKernel  # noqa: E402
from ipykernel.kernelapp import IPKernelApp  # noqa: E402
from ipykernel.zmqshell import ZMQInteractiveShell  # noqa: E402
from traitlets import Type  # noqa: E402

MESSAGE_LIMIT = 300
FRAME_LIMIT = 3
FENCE = "\0"
SETTLE_SECONDS = 0.5
CELLS: str = get_tmp_directory()  # type: ignore[no-untyped-call]
"""Where the compiler pretends that the source of cells lies; tells our frames from a library's."""


class Shell(ZMQInteractiveShell):  # type: ignore[misc,unused-ignore]
    """Reports an error as one line of JSON. The stock traceback costs 260 ms the first time,
    3 s for a RecursionError, and is full of colour codes and library frames."""

    def init_environment(self) -> None:
        # Replaces the stock one, which asks every library for colours.
        os.environ.update(TERM="dumb", NO_COLOR="1", PAGER="cat")

    def showtraceback(self, exc_tuple: Any = None, *_: Any, **__: Any) -> None:
        kind, error, trace = exc_tuple or sys.exc_info()
        # Only the first is the program's own: IPython fails over errors without a readable text.
        if kind is None or error is None or self._last_traceback:
            return
        # What the reply is built from; the second says that an error in a repr is one too.
        self._last_traceback = [json.dumps(describe(kind, error, trace))]
        self._last_traceback_during_displayhook = True

    def showsyntaxerror(self, *_: Any, **__: Any) -> None:
        self.showtraceback()


class Kernel(IPythonKernel):  # type: ignore[misc,unused-ignore]
    """Answers every request, and gives each cell the real stdout and stderr."""

    shell_class = Type(Shell)

    def prepare(self, limit: int) -> None:
        """Take hold of the streams; bound them to `limit` characters for each cell."""
        self.streams = (sys.stdout, sys.stderr)
        self.cell = Cell()
        self.waker: socket.socket | None = None
        self.taps = [Tap(stream, self.cell, limit) for stream in self.streams]
        name_threads(self.streams)

    def restore(self) -> None:
        # A program may have set them to None, after which the kernel itself would fail to flush.
        sys.stdout, sys.stderr = self.streams

    def wake_on_signal(self) -> None:
        # ipykernel turns SIGINT into a callback by a call that does not wake a sleeping event
        # loop, so a cell waiting in `await` would never be interrupted.
        if self.waker is None:
            ear, self.waker = socket.socketpair()
            ear.setblocking(False)
            self.waker.setblocking(False)
            asyncio.get_running_loop().add_reader(ear, ear.recv, 4096)
            signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: dict[str, str] | None = None,
        allow_stdin: bool = False,
        *,
        cell_meta: dict[str, Any] | None = None,
        cell_id: str | None = None,
    ) -> dict[str, Any]:
        self.restore()
        self.wake_on_signal()
        self.cell.request = request_of(sys.stdout)
        self.cell.written = 0
        shell: Any = self.shell
        shell._last_traceback = None
        try:
            reply: dict[str, Any] = await super().do_execute(  # type: ignore[no-untyped-call]
                code,
                silent,
                store_history,
                user_expressions,
                allow_stdin,
                cell_meta=cell_meta,
                cell_id=cell_id,
            )
            for tap in self.taps:
                tap.settle()
        except (Exception, asyncio.CancelledError, KeyboardInterrupt) as error:  # noqa: BLE001
            # Without a reply the engine would wait in vain: an interrupted `await` ends here,
            # and so does an exception that cannot be turned into text.
            trace = [json.dumps(describe(type(error), error, error.__traceback__))]
            reply = {"status": "error", "traceback": shell._last_traceback or trace}
        finally:
            self.restore()
        # It may be a gigabyte, and the description has all that is wanted of it.
        reply.pop("evalue", None)
        return reply


def describe(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> dict[str, Any]:
    """What the engine wants to know of an error."""
    # numpy raises a private subclass, which no reader of the name would recognise.
    name = "MemoryError" if issubclass(kind, MemoryError) else kind.__name__
    try:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # noqa: BLE001 - __str__ is the program's own and may raise anything
        message = ""
    frames: list[tuple[int, str]] = []
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(CELLS):
            frames.append((trace.tb_lineno, linecache.getline(file, trace.tb_lineno).strip()))
        trace = trace.tb_next
    # A line that does not compile never had a frame. One given to eval or sympify did.
    if isinstance(error, SyntaxError) and not frames and error.lineno is not None:
        frames.append((error.lineno, (error.text or "").strip()))
    if len(frames) > FRAME_LIMIT:
        # Of a recursion, where it was entered and where it ended.
        frames = [frames[0], *frames[1 - FRAME_LIMIT :]]
    return {
        "name": name,
        "message": str(message or "")[:MESSAGE_LIMIT],
        "frames": [(number, source[:MESSAGE_LIMIT]) for number, source in frames],
    }


class Cell:
    """The cell being run, and what it has written on both streams, in characters."""

    request = ""
    written = 0


def request_of(stream: Any) -> str:
    """The request on whose behalf the calling thread writes."""
    return str(stream.parent_header.get("msg_id", ""))


class Tap:
    """Sits on a stream and drops what must not come out of it.

    That is what a cell writes past `limit` characters, before it costs memory or messages, and
    what a thread writes after the cell that started it has ended. One character more than the
    limit goes out, so that the engine sees that there was more.
    """

    def __init__(self, stream: Any, cell: Cell, limit: int) -> None:
        self.stream = stream
        self.cell = cell
        self.limit = limit
        self.pass_on = stream.write
        self.passed = threading.Event()
        self.settling = False
        stream.write = self.write

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        length = len(text)
        passed = self.settling and FENCE in text
        if passed:
            text = text.replace(FENCE, "", 1)
        room = self.limit + 1 - self.cell.written
        if room > 0 and request_of(self.stream) == self.cell.request:
            self.cell.written += len(text)
            # Lone surrogates fail here, in the program, as they do on any UTF-8 stream.
            text[:room].encode()
            self.pass_on(text[:room])
        if passed:
            self.passed.set()
        return length

    def settle(self) -> None:
        """Wait for what went to the file descriptor, from a child process or a C library.

        A thread of ipykernel's copies it to the stream, some time; what we send after it by the
        same pipe shows that it did.
        """
        self.passed.clear()
        self.settling = True
        try:
            os.write(self.stream._original_stdstream_fd, FENCE.encode())
            self.passed.wait(SETTLE_SECONDS)
        except OSError:
            # The program closed the descriptor, and with it this way out.
            pass
        finally:
            self.settling = False


def name_threads(streams: tuple[Any, ...]) -> None:
    """Let a thread write on behalf of the cell that started it, for as long as it lives.

    ipykernel takes it to write for whichever cell is being run.
    """
    start = threading.Thread.start

    def start_named(thread: threading.Thread) -> None:
        headers = [stream.parent_header for stream in streams]
        run = thread.run

        def run_named() -> None:
            for stream, header in zip(streams, headers, strict=True):
                stream.set_thread_parent({"header": header})
            run()

        thread.run = run_named  # type: ignore[method-assign]
        start(thread)

    threading.Thread.start = start_named  # type: ignore[method-assign,assignment]


def bound_values(shell: Any, limit: int) -> None:
    """Show values as plain Python does, and no more than `limit` characters of them."""
    formatter = shell.display_formatter
    # LaTeX and HTML are never read here, and sympy takes long to make them.
    formatter.active_types = ["text/plain"]
    # The pretty printer puts each element of a long list on a line of its own.
    formatter.formatters["text/plain"].pprint = False
    plain = formatter.format

    def bounded(*args: Any, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = plain(*args, **kwargs)
        if isinstance(text := data.get("text/plain"), str):
            data["text/plain"] = text[: limit + 1].encode("utf-8", "backslashreplace").decode()
        return data, metadata

    formatter.format = bounded


def follow_parent() -> None:
    """Die with the engine, even while a loop in C keeps ipykernel's own poller from running."""
    if sys.platform != "linux":
        return
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(os.environ["JPY_PARENT_PID"]):
        os._exit(1)


def main() -> None:
    follow_parent()
    limit = int(sys.argv.pop(1))
    app: Any = IPKernelApp.instance(kernel_class=Kernel)
    app.initialize(sys.argv[1:])
    kernel = app.kernel
    kernel.prepare(limit)
    bound_values(kernel.shell, limit)
    # IPython's own end the kernel; these end the program.
    kernel.shell.user_ns.update(exit=sys.exit, quit=sys.exit)
    sys.argv = [""]
    # The program's own files are importable, as in a notebook; -P had taken this away.
    sys.path.insert(0, "")
    app.start()


if __name__ == "__main__":
    main()
