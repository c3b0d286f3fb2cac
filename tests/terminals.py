"""A real terminal for tests: a command on a pty, its screen kept by an emulator."""

import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence

import pyte


class Window:
    """A command in a window of so many columns and rows; use it as a context."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 40,
        environ: dict[str, str] | None = None,
    ) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=2000, ratio=0.99)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        """All that was written, escape sequences included."""
        self._master, slave = pty.openpty()
        self._size(columns, rows)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", **(environ or {})},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """As a person drags the corner."""
        self._size(columns, rows)
        self._screen.resize(rows, columns)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def type(self, keys: bytes) -> None:
        """Such as b"\\x03" for Ctrl-C."""
        os.write(self._master, keys)

    def shown(self) -> str:
        """The text on the screen and above it, without blank lines at the end."""
        above = [
            "".join(line[column].data for column in range(self._screen.columns)).rstrip()
            for line in self._screen.history.top
        ]
        return "\n".join([*above, *(line.rstrip() for line in self._screen.display)]).rstrip("\n")

    def wait(self, until: Callable[[str], bool] | str | None = None, seconds: float = 60) -> str:
        """Reads until the text is there, or the command ends; returns what is shown."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if until is not None:
                shown = self.shown()
                if (until in shown) if isinstance(until, str) else until(shown):
                    return shown
            if not select.select([self._master], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                data = b""
            if not data:
                self.process.wait(10)
                return self.shown()
            self.raw += data
            self._stream.feed(data)
        raise TimeoutError(f"it shows:\n{self.shown()}")
