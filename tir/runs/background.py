"""Work in an event loop of its own, watched from a thread that Ctrl-C can reach."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from types import FrameType
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Background(Generic[Value]):
    """Runs a coroutine to its end, also where a loop already runs, as in a notebook.

    A first Ctrl-C calls `drain` in the loop, and the waiting goes on; a second cancels the work;
    a third is raised at once. Only the main thread hears of Ctrl-C, as everywhere in Python.
    """

    def __init__(
        self, main: Callable[[], Coroutine[Any, Any, Value]], drain: Callable[[], None]
    ) -> None:
        self.interrupts = 0
        self._main = main
        self._drain = drain
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Value] | None = None
        self._value: list[Value] = []
        self._error: BaseException | None = None
        self._started = threading.Event()

    def result(self) -> Value | None:
        """The value of the coroutine; None if it was cancelled by a second interrupt.

        Raises what the coroutine raises.
        """
        thread = threading.Thread(target=self._work, name="tir-run", daemon=True)
        with self._listening():
            thread.start()
            thread.join()
        if self._error is not None:
            raise self._error
        return self._value[0] if self._value else None

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Counts interrupts instead of raising them in whatever line they fall into."""
        is_main = threading.current_thread() is threading.main_thread()
        if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, self._interrupted)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        self.interrupts += 1
        if self.interrupts > 2 or not self._started.is_set():
            signal.default_int_handler(number, frame)
        assert self._loop is not None, "set before the event"
        assert self._task is not None, "set before the event"
        step = self._drain if self.interrupts == 1 else self._task.cancel
        # The loop may have ended in this very moment: then there is nothing to stop.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(step)

    def _work(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._error = error

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._main())
        self._started.set()
        try:
            self._value.append(await self._task)
        except asyncio.CancelledError:
            if self.interrupts < 2:
                raise
