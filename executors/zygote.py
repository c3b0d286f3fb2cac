"""Our side of the warm process behind walls: start it, have it fork sessions, hear of its end.

A session costs a fork instead of a start: numpy, sympy and ipykernel are imported once, and the
walls are raised around each fork before a program can run. What a session listens on is bound
here and handed over, so it sees no path of ours, and its key goes through a file that only it
reads.
"""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import weakref
from pathlib import Path
from typing import Any

from executors.base import Limits
from executors.errors import ExecutorUnavailable
from executors.process import Connection, private_directory
from executors.sandboxed import SandboxedProcess
from executors.walls import Tier
from executors.warm import can_give_users, inside, last_words, popen

OURS = 2
"""Of these our own sessions listen on the first two; the rest is for Jupyter's front ends."""
BACKLOG = 4
LARGEST = 1 << 16
WARM_SECONDS = 60.0
"""Time for the warm process to come up; it takes 1 s, and some on a loaded machine."""
FORK_SECONDS = 20.0
FIRST_USER, USERS = 200_000, 1_000_000
"""Users that no machine gives to anybody."""
CLOSE_SECONDS = 5.0


class Zygote:
    """The warm process of one executor. Programs of different people never share one."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", control: socket.socket, root: Path, tier: Tier
    ) -> None:
        self.tier = tier
        self._process = process
        self._control = control
        self._root = root
        self._spawned = 0
        self._own_users = tier is Tier.LANDLOCK and can_give_users()
        self._loop = asyncio.get_running_loop()
        self._up: asyncio.Future[None] = self._loop.create_future()
        self._forks: dict[int, asyncio.Future[int]] = {}
        self._end = weakref.finalize(self, end_zygote, process, control, root, os.getpid())
        control.setblocking(False)
        self._loop.add_reader(control, self._hear)

    @classmethod
    async def start(
        cls, tier: Tier, limits: Limits, prelude: str = "", *, notebook: bool = False
    ) -> "Zygote":
        """Start it and wait until it is warm.

        With `notebook` its sessions are ordinary kernels that show rich output and listen on
        every channel, for Jupyter's front ends.

        Raises:
            ExecutorUnavailable: the walls of this tier cannot be raised here, or the prelude
                failed; `why` says which.
        """
        root = private_directory()
        if tier is not Tier.NAMESPACES and os.geteuid() == 0:
            # Root's sessions become users of their own, who must be able to pass through.
            root.chmod(0o711)
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            process = popen(tier, limits, prelude, root, theirs, notebook=notebook)
        except OSError as error:
            shutil.rmtree(root, ignore_errors=True)
            control.close()
            raise unavailable(tier, str(error)) from error
        finally:
            theirs.close()
        zygote = cls(process, control, root, tier)
        try:
            async with asyncio.timeout(WARM_SECONDS):
                await zygote._up
        except BaseException as error:
            await zygote.close()
            if isinstance(error, TimeoutError):
                raise unavailable(tier, f"it was not warm after {WARM_SECONDS:g} s") from error
            raise
        return zygote

    @property
    def alive(self) -> bool:
        """Whether it can still fork."""
        return self._end.alive and self._process.poll() is None and self._up.done()

    async def spawn(self, key: bytes = b"", channels: int = OURS) -> SandboxedProcess:
        """A fresh session, forked; its kernel answers some milliseconds later.

        It listens at `directory/k-1` and so on, in the order of `CHANNELS`.

        Raises:
            ExecutorUnavailable: the warm process is gone, or the system refused the fork.
        """
        number = self._spawned
        key = key or secrets.token_hex(32).encode()
        self._spawned += 1
        directory = self._root / f"{number:x}"
        directory.mkdir(mode=0o711)
        fork: asyncio.Future[int] = self._loop.create_future()
        self._forks[number] = fork
        try:
            self._request(number, directory, key, channels)
            async with asyncio.timeout(FORK_SECONDS):
                pidfd = await fork
        except (OSError, TimeoutError) as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise unavailable(self.tier, str(error) or "it does not answer") from error
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            fork.add_done_callback(kill_unwanted)
            raise
        finally:
            self._forks.pop(number, None)
        connection = Connection(address(directory, 1), address(directory, 2), key)
        return SandboxedProcess(pidfd, directory, connection)

    async def close(self) -> None:
        """End it, and every session with it. Idempotent."""
        if not self._end.alive:
            return
        self._loop.remove_reader(self._control)
        self._control.close()
        self._fail("it was closed")
        # Hundreds of sessions take a while to die.
        await asyncio.to_thread(self._end)

    def _request(self, number: int, directory: Path, key: bytes, channels: int) -> None:
        with contextlib.ExitStack() as stack:
            letter = os.memfd_create("key")
            stack.callback(os.close, letter)
            os.write(letter, key)
            handles = [letter]
            for channel in range(1, channels + 1):
                listener = stack.enter_context(socket.socket(socket.AF_UNIX))
                listener.bind(str(address(directory, channel)))
                listener.listen(BACKLOG)
                # zmq expects the descriptor that it takes over to be like this.
                listener.setblocking(False)
                handles.append(listener.fileno())
            user = FIRST_USER + number % USERS if self._own_users else None
            work = inside(self.tier, self._root) / directory.name
            message = {"id": number, "directory": str(work), "user": user}
            socket.send_fds(self._control, [json.dumps(message).encode()], handles)

    def _hear(self) -> None:
        try:
            message, handles, _, _ = socket.recv_fds(self._control, LARGEST, 1)
        except BlockingIOError:
            return
        except OSError as error:
            message, handles = json.dumps({"failed": str(error)}).encode(), []
        told: dict[str, Any] = (
            json.loads(message) if message else {"failed": last_words(self._root)}
        )
        match told:
            case {"up": _}:
                self._up.set_result(None)
            case {"forked": number} if number in self._forks and not self._forks[number].done():
                self._forks[number].set_result(handles.pop())
            case {"refused": number, "why": why} if number in self._forks:
                self._forks[number].set_exception(OSError(why))
            case {"ended": number} if number in self._forks and not self._forks[number].done():
                self._forks[number].set_exception(OSError("the session ended at birth"))
            case {"failed": why}:
                self._loop.remove_reader(self._control)
                self._fail(why)
        for handle in handles:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)

    def _fail(self, why: str) -> None:
        waiting: list[asyncio.Future[Any]] = [self._up, *self._forks.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(unavailable(self.tier, why))
                # Nobody may be left to ask.
                future.exception()


def address(directory: Path, channel: int) -> Path:
    """Where a session listens, counted from 1; the form is that of Jupyter's ipc transport."""
    return directory / f"k-{channel}"


def kill_unwanted(fork: "asyncio.Future[int]") -> None:
    """End a session whose caller gave up before it was there."""
    if not fork.cancelled() and fork.exception() is None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(fork.result(), signal.SIGKILL)
        os.close(fork.result())


def unavailable(tier: Tier, why: str) -> ExecutorUnavailable:
    return ExecutorUnavailable(f"no {tier} sandbox can be raised here", why=why, hint="tir doctor")


def end_zygote(
    process: "subprocess.Popen[bytes]", control: socket.socket, root: Path, owner: int
) -> None:
    """Hang up, wait for the end, remove what is left."""
    if os.getpid() != owner:
        return
    control.close()
    try:
        process.wait(CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(root, ignore_errors=True)
