"""Any notebook behind the same walls: Jupyter's kernels started by a warm process.

Jupyter finds the class by its entry point, when a kernelspec's metadata names it. Each kernel has
a warm process of its own, so that two notebooks share nothing; a restart is one more fork of it.
"""

import asyncio
import functools
import os
import shutil
import signal
import threading
import weakref
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Enum, Int, Unicode

from executors.base import Limits
from executors.enclosure import TRIED, bound, first_standing
from executors.errors import ExecutorUnavailable
from executors.execution import Status
from executors.process import CHANNELS, ended, private_directory
from executors.sandboxed import SandboxedProcess
from executors.walls import Tier
from executors.watchdog import Watchdog
from executors.zygote import Zygote, address

NAME = "tir-sandbox"
"""Of the entry point and, by default, of the kernelspec."""
GENEROUS = Limits(
    memory_bytes=4 << 30,
    process_bytes=16 << 30,
    cpu_seconds=24 * 3600,
    tasks=256,
    disk_bytes=1 << 30,
    files=1 << 16,
)
"""A notebook lives for days, and its arrays, figures and pools of workers are its author's. What
remains bounded is what would take the machine down with it. Libraries reserve far more address
space than they use, so that bound is the loosest."""

RECONNECT_SECONDS = 0.25
"""A front end whose kernel is gone looks for the next one every 0.2 s, by ZeroMQ's default. What
the new one publishes before it is found, such as the end of a cell, would be lost; other kernels
take longer to start than that."""
ANSWER_SECONDS = 10.0
GREETING = 10
"""Bytes that ZeroMQ sends to whoever connects, before anything else."""

T = TypeVar("T")


class Keeper:
    """A thread that keeps an event loop running for all kernels of this process.

    A blocking KernelManager runs its own loop only while it is called; memory has to be watched
    in between.
    """

    def __init__(self) -> None:
        self.watchdog = Watchdog()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name=NAME, daemon=True).start()

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of `work`, done in the thread; cancelling this cancels that."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))


@functools.cache
def keeper() -> Keeper:
    """The one of this process."""
    return Keeper()


# A fork has no threads; it starts its own.
os.register_at_fork(after_in_child=keeper.cache_clear)


class SandboxProvisioner(KernelProvisionerBase):
    """One notebook's kernel. The traits may be set as `config` in the kernelspec's metadata."""

    memory_bytes = Int(
        GENEROUS.memory_bytes, min=1, help="Memory of the kernel with all that it starts."
    ).tag(config=True)
    process_bytes = Int(
        GENEROUS.process_bytes, min=1, help="Address space of one process, used or not."
    ).tag(config=True)
    cpu_seconds = Int(
        GENEROUS.cpu_seconds, min=1, help="Processor time of one process over its life."
    ).tag(config=True)
    tasks = Int(GENEROUS.tasks, min=1, help="Processes and threads.").tag(config=True)
    disk_bytes = Int(GENEROUS.disk_bytes, min=1, help="What its directory may hold.").tag(
        config=True
    )
    files = Int(GENEROUS.files, min=1, help="How many files that may be.").tag(config=True)
    prelude = Unicode(help="A program to run first, such as imports.").tag(config=True)
    tier = Enum(
        [None, *map(str, TRIED)],
        default_value=None,
        allow_none=True,
        help="This tier and no other; by default the best one that this machine lets us have.",
    ).tag(config=True)

    _process: SandboxedProcess | None = None
    _zygote: Zygote | None = None
    _root: Path | None = None
    """Ours alone; in it a link to where the kernel of the moment listens."""

    @property
    def has_process(self) -> bool:
        """Whether a kernel was launched that nobody has waited for yet."""
        return self._process is not None

    async def poll(self) -> int | None:
        """None while the kernel runs, else 1: the exit code is known to the warm process only."""
        if self._process is None:
            return 0
        return None if self._process.alive else 1

    async def wait(self) -> int | None:
        """Wait for the kernel's end without looking again and again; clear up after it."""
        if (process := self._process) is None:
            return 0
        await ended(process.pidfd)
        if process.doom is Status.MEMORY:
            self.log.warning("The kernel used more than %d bytes and was ended", self.memory_bytes)
        elif process.doom is not None:
            self.log.warning("The kernel used more disk or tasks than it may and was ended")
        keeper().loop.call_soon_threadsafe(keeper().watchdog.unwatch, process)
        process.kill()
        self._process = None
        return 1

    async def send_signal(self, signum: int) -> None:
        """Interrupt the kernel and what it started, or send any other signal to it alone."""
        if self._process is None or not self._process.alive:
            return
        if signum == signal.SIGINT:
            self._process.interrupt()
        elif signum in (signal.SIGTERM, signal.SIGKILL):
            # The first process of a namespace is deaf to SIGTERM.
            self._process.kill()
        else:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process.pidfd, signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel with all that it started."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """The same: what can be saved inside is lost with the session anyway."""
        await self.send_signal(signal.SIGKILL)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Settle where the kernel will listen, and write the connection file that says so."""
        manager: Any = self.parent
        if self._root is None:
            self._root = private_directory()
            weakref.finalize(self, remove, self._root, os.getpid())
        if not manager.session.key:
            manager.session.key = os.urandom(32).hex().encode()
        manager.session.signature_scheme = "hmac-sha256"
        # The same before and after a restart, so that whoever is connected connects again.
        manager.transport = "ipc"
        manager.ip = str(address(self._root / "now", 1)).removesuffix("-1")
        for number, channel in enumerate(CHANNELS, start=1):
            setattr(manager, f"{channel}_port", number)
        session_name = kwargs.get("env", os.environ).get("JPY_SESSION_NAME", "")
        manager.write_connection_file(jupyter_session=session_name)
        self.connection_info = manager.get_connection_info()
        # What the kernelspec would have started, and its environment, are of no use inside.
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel; the first one waits for the warm process.

        Raises:
            RuntimeError: no walls can be raised on this machine; front ends show its text.
        """
        assert self._root is not None
        manager: Any = self.parent
        link = self._root / "now"
        again = link.is_symlink()
        try:
            process = await keeper().do(self._fork(manager.session.key))
            self._process = process
            following = self._root / "next"
            following.symlink_to(process.directory)
            following.replace(link)
            if again:
                await accepting(address(link, 2))
                await asyncio.sleep(RECONNECT_SECONDS)
        except BaseException as error:
            await self.cleanup()
            manager.cleanup_connection_file()
            if isinstance(error, ExecutorUnavailable):
                raise RuntimeError(f"{error.what}: {error.why}. Try: {error.hint}") from error
            raise
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:
        """Leave nothing, unless there will be another kernel: it needs the warm process."""
        if restart:
            return
        zygote, self._zygote = self._zygote, None
        if zygote is not None:
            await keeper().do(zygote.close())
        root, self._root = self._root, None
        if root is not None:
            shutil.rmtree(root, ignore_errors=True)

    async def _fork(self, key: bytes) -> SandboxedProcess:
        if self._zygote is not None and not self._zygote.alive:
            await self._zygote.close()
            self._zygote = None
        if self._zygote is None:
            self._zygote = await self._raise()
        process = await self._zygote.spawn(key, len(CHANNELS))
        watchdog = keeper().watchdog
        bound(watchdog, process, self._limits(), self._zygote.tier)
        # Nobody tells us when a cell runs.
        watchdog.busy(process)
        return process

    async def _raise(self) -> Zygote:
        tiers = TRIED if self.tier is None else (Tier(self.tier),)
        start = functools.partial(
            Zygote.start, limits=self._limits(), prelude=self.prelude, notebook=True
        )
        zygote, isolation = await first_standing(tiers, start)
        if isolation.gaps:
            reasons = "".join(f"; no {better}: {why}" for better, why in isolation.refused)
            self.log.warning("%s%s", isolation, reasons)
        return zygote

    def _limits(self) -> Limits:
        return Limits(
            memory_bytes=self.memory_bytes,
            process_bytes=self.process_bytes,
            cpu_seconds=self.cpu_seconds,
            tasks=self.tasks,
            disk_bytes=self.disk_bytes,
            files=self.files,
        )


async def accepting(channel: Path) -> None:
    """Until the kernel takes connections there, or will not."""
    with suppress(OSError, EOFError, TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(channel)
            try:
                await reader.readexactly(GREETING)
            finally:
                writer.close()


def remove(root: Path, owner: int) -> None:
    """Remove the directory, unless we are a fork of the process that made it."""
    if os.getpid() == owner:
        shutil.rmtree(root, ignore_errors=True)
