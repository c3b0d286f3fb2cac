"""ipykernel, made fit for programs nobody watches.

Every request is answered and can be interrupted, and nothing a program does to `exit` or
`sys.stdout` outlives its cell.
"""

import asyncio
import json
import signal
import socket
import sys
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from traitlets import Type

from executors.inside.errors import MESSAGE_LIMIT, describe
from executors.inside.shell import Shell
from executors.inside.taps import Cell, Tap, name_threads, request_of


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
        # The stock shell resets it for cells without `await` only.
        shell._last_traceback_during_displayhook = False
        try:
            reply: dict[str, Any] = await super().do_execute(
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
            reply = {"status": "error", "ename": "", "traceback": shell._last_traceback or trace}
        finally:
            self.restore()
        # They may be a gigabyte, and the description has all that is wanted of them.
        reply.pop("evalue", None)
        reply["ename"] = reply.get("ename", "")[:MESSAGE_LIMIT]
        return reply
