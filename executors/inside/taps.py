"""What a cell prints: bounded at its source, and each line put to the cell that wrote it."""

import os
import threading
from typing import Any

FENCE = "\0"
SETTLE_SECONDS = 0.5


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
        self.home = os.getpid()
        stream.write = self.write
        # Closed by one program, it would be closed for all later ones.
        stream.close = stream.flush

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        length = len(text)
        if os.getpid() != self.home:
            # A fork has none of the threads that send; what goes to the descriptor arrives.
            os.write(self.stream._original_stdstream_fd, text.encode())
            return length
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
