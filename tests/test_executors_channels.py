"""What a kernel may do to us through its channels: lie, flood, stall, hang up, and die."""

import asyncio
import contextlib
import os
import signal
import socket
import struct
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
import pytest_asyncio
import zmq
from jupyter_client.session import Session

from executors import ExecutorUnavailable, Limits, Status
from executors.channels import Channels
from executors.kernel import LAG, Kernel
from executors.process import BareProcess, Connection, launch
from executors.zmtp import CHUNK, GREETING, HungUp, Link

pytestmark = pytest.mark.asyncio(loop_scope="module")

T = TypeVar("T")
LIMITS = Limits(seconds=20.0, grace=0.6, output_bytes=200_000)
linux = pytest.mark.skipif(sys.platform != "linux", reason="finds its sockets in /proc")
GROWTH = 16 << 20
"""Bytes that no program may add to our memory."""
TOOLS = """
import json, os, socket, sys, threading, time
kernel = get_ipython().kernel

def send(*parts):
    kernel.iopub_socket.send_multipart(list(parts))

def forge(content, kind="stream"):
    session = kernel.session
    header = session.pack(session.msg_header(kind))
    parts = [header, session.pack(kernel.get_parent()["header"]), b"{}", content]
    send(b"<IDS|MSG>", session.sign(parts), *parts)

def forge_reply():
    ident = kernel._get_shell_context_var(kernel._shell_parent_ident)
    stream, parent = kernel.shell_stream, kernel.get_parent()
    kernel.session.send(stream.socket, "execute_reply", {"status": "ok"}, parent, ident)

def hang_up(*numbers):
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            wire = socket.socket(fileno=os.dup(fd))
            wire.getpeername()
            if wire.getsockname().endswith(tuple(f"/s-{number}" for number in numbers)):
                os.dup2(nowhere, fd)
        except (OSError, AttributeError):
            pass
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Kernel]:
    """One kernel for all programs that only lie."""
    kernel = await Kernel.start(launch(LIMITS.output_bytes), LIMITS, TOOLS)
    yield kernel
    kernel.close()


@pytest.fixture
def process() -> BareProcess:
    return launch(LIMITS.output_bytes)


@pytest_asyncio.fixture(loop_scope="module")
async def kernel(process: BareProcess) -> AsyncIterator[Kernel]:
    """A kernel of the test's own."""
    kernel = await Kernel.start(process, LIMITS, TOOLS)
    yield kernel
    kernel.close()


@contextlib.contextmanager
def listener(path: Path) -> Iterator[socket.socket]:
    """A plain socket where a kernel's should be."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield server


@contextlib.asynccontextmanager
async def connected(path: Path) -> AsyncIterator[tuple[Link, socket.socket]]:
    """A link, and the plain socket that it is connected to."""
    with listener(path) as server:
        opening = asyncio.create_task(Link.open(str(path), "SUB", 1 << 20))
        await asyncio.sleep(0.05)
        peer, _ = server.accept()
        with peer:
            peer.sendall(GREETING + b"\x04\x06\x05READY")
            with (link := await opening).wire:
                yield link, peer


def memory() -> int:
    return int(psutil.Process().memory_info().rss)


async def peak(work: Awaitable[T]) -> tuple[T, int]:
    """What comes of `work`, and by how many bytes we were larger at any time of it."""
    before, most = memory(), 0
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait([task], timeout=0.01)
        most = max(most, memory() - before)
    return task.result(), most


async def fine(kernel: Kernel) -> bool:
    execution = await kernel.run("print('fine')", 10.0)
    return (execution.status, execution.stdout) == (Status.OK, "fine\n")


# Too much.


@pytest.mark.parametrize(
    "code",
    [
        "send(b'x' * (64 << 20))",
        "send(*[b'x' * (1 << 20)] * 64)",
        "send(*[b''] * 10**6)",
        "kernel.session.send(kernel.iopub_socket, 'stream', {'text': 'x' * (64 << 20)})",
        "kernel.shell_stream.socket.send_multipart([*IDENT, b'x' * (64 << 20)])",
    ],
)
async def test_a_message_too_long_ends_the_kernel(kernel: Kernel, code: str) -> None:
    code = code.replace("IDENT", "kernel._get_shell_context_var(kernel._shell_parent_ident)")
    execution, growth = await peak(kernel.run(f"{code}\ntime.sleep(5)", 10.0))
    assert (execution.status, kernel.alive) == (Status.DIED, False)
    assert execution.seconds < 5.0
    assert growth < GROWTH
    assert (await kernel.run("1", 10.0)).status is Status.DIED


async def test_a_message_too_long_between_programs_ends_the_next(kernel: Kernel) -> None:
    await kernel.run("threading.Timer(0.1, send, [b'x' * (64 << 20)]).start()", 10.0)
    await asyncio.sleep(0.4)
    execution, growth = await peak(kernel.run("time.sleep(2)", 10.0))
    assert (execution.status, growth < GROWTH) == (Status.DIED, True)
    assert execution.seconds < 1.0


async def test_a_message_that_never_ends_is_not_stored(tmp_path: Path) -> None:
    async with connected(tmp_path / "s") as (link, peer):
        frame = b"\x03" + struct.pack(">Q", 1000) + bytes(1000)
        for _ in range(90):
            peer.sendall(frame * 10)
            assert link.receive() == []
        with pytest.raises(HungUp, match="more bytes"):  # noqa: PT012
            for _ in range(20):
                peer.sendall(frame * 10)
                link.receive()


async def test_thirty_thousand_lines_arrive_and_so_does_the_end(shared: Kernel) -> None:
    execution, growth = await peak(
        shared.run("for number in range(30_000): print(number, flush=True)", 60.0)
    )
    assert execution.status is Status.OK
    assert execution.stdout.startswith("0\n1\n2\n")
    assert not execution.truncated
    assert growth < GROWTH
    assert await fine(shared)


async def test_a_program_longer_than_any_answer_may_be(shared: Kernel) -> None:
    execution = await shared.run("text = '" + "\u20ac" * (3 << 20) + "'\nlen(text)", 30.0)
    assert execution.result == str(3 << 20)


async def test_a_flood_of_tiny_messages_starves_no_timer(tmp_path: Path) -> None:
    # As many messages in one read as there can be.
    async with connected(tmp_path / "s") as (link, peer):
        peer.sendall(bytes(CHUNK))
        started = time.process_time()
        assert len(link.receive()) == CHUNK // 2
        # Some 30 ms of processor time, more on a busy one; a cell that is told to stop has 1 s.
        assert time.process_time() - started < 1.0


# Lies.


@pytest.mark.parametrize(
    "code",
    [
        "send(b'x')",
        "send(b'\\xff' * 100, b'<IDS|MSG>', b'bad', b'{', b'{}', b'{}', b'{}')",
        "send(b'<IDS|MSG>', b'', *[kernel.session.pack(kernel.get_parent()['header'])] * 4)",
        "forge(b'[' * 100_000 + b']' * 100_000)",
        "forge(b'[]')",
        "forge(b'not json')",
        "forge(b'\\xff')",
        'forge(b\'{"name": [], "text": {}}\')',
        "forge(b'{\"execution_state\": {}}', 'status')",
        "forge(b'{\"text\": ' + b'9' * 100_000 + b'}')",
        "forge(b'{\"data\": []}', 'execute_result')",
    ],
)
async def test_nonsense_is_dropped(shared: Kernel, code: str) -> None:
    execution = await shared.run(f"for _ in range(50): {code}\nprint('sent')", 10.0)
    assert (execution.status, execution.stdout) == (Status.OK, "sent\n")
    assert await fine(shared)


async def test_json_that_would_decode_to_much_more_is_dropped(shared: Kernel) -> None:
    code = "forge(b'{\"a\": [' + b'[],' * 10**6 + b'[]]}')\nprint('sent')"
    execution, growth = await peak(shared.run(code, 10.0))
    assert (execution.status, execution.stdout) == (Status.OK, "sent\n")
    assert growth < GROWTH


async def test_text_as_wide_and_long_as_may_be_costs_little(shared: Kernel) -> None:
    # One character beyond the first plane makes Python keep four bytes of each.
    code = "wide = ('\U0001f600' + 'x' * (4_000_000)).encode()\n"
    code += "for _ in range(5): forge(b'{\"text\": \"' + wide + b'\"}')"
    execution, growth = await peak(shared.run(code, 10.0))
    assert execution.truncated
    assert len(execution.stdout.encode()) == LIMITS.output_bytes
    assert growth < GROWTH


async def test_long_text_full_of_quotes_and_brackets_is_not_dropped(shared: Kernel) -> None:
    code = r"""text = '[],{}:"\\"\\\\' * 10_000; print(text)"""
    execution = await shared.run(code, 10.0)
    assert execution.stdout == '[],{}:"\\"\\\\' * 10_000 + "\n"


async def test_a_forged_end_ends_the_program_early_at_most(shared: Kernel) -> None:
    code = """
    forge_reply()
    forge(b'{"execution_state": "idle"}', "status")
    time.sleep(0.5)
    print("late")
    late
    """
    execution = await shared.run(textwrap.dedent(code), 10.0)
    assert (execution.status, execution.stdout) == (Status.OK, "")
    assert execution.seconds < 0.4
    # Its true reply, an error, comes while the next is waited for.
    execution = await shared.run("print('next')", 10.0)
    assert (execution.status, execution.stdout) == (Status.OK, "next\n")


async def test_a_forged_idle_hides_no_reply(shared: Kernel) -> None:
    code = "forge(b'{\"execution_state\": \"idle\"}', 'status'); time.sleep(0.3); 1 / 0"
    assert (await shared.run(code, 10.0)).status is Status.ERROR


async def test_a_forged_idle_moves_no_deadline_by_more_than_the_lag(kernel: Kernel) -> None:
    code = "forge(b'{\"execution_state\": \"idle\"}', 'status'); time.sleep(60)"
    execution = await kernel.run(code, 0.3)
    assert execution.status is Status.TIMEOUT
    assert execution.seconds < 0.3 + LAG + LIMITS.grace + 1.0
    assert await fine(kernel)


async def test_a_forged_reply_without_idle_is_not_waited_on_for_ever(kernel: Kernel) -> None:
    execution = await kernel.run("forge_reply(); time.sleep(60)", 20.0)
    assert execution.truncated
    assert LAG <= execution.seconds < LAG + 1.0


async def test_only_signed_answers_to_the_latest_request_are_heard(tmp_path: Path) -> None:
    context = zmq.Context()
    shell, iopub = context.socket(zmq.ROUTER), context.socket(zmq.XPUB)
    shell.bind(f"ipc://{tmp_path}/s-1")
    iopub.bind(f"ipc://{tmp_path}/s-2")
    session, stranger = Session(key=b"key"), Session(key=b"other")
    heard: list[str] = []
    lost: list[HungUp] = []

    def take(kind: str, content: Any) -> None:
        heard.append(content["from"])

    try:
        connection = Connection(tmp_path / "s-1", tmp_path / "s-2", b"key")
        channels = await Channels.open(connection, 1 << 20)
        requests = []
        for name in ("earlier", "latest"):
            identity = channels.request("execute_request", {"code": name})
            ident, message = session.recv(shell, mode=0)
            assert message is not None
            assert (message["msg_id"], message["content"]) == (identity, {"code": name})
            requests.append(message)
        channels.listen(requests[1]["msg_id"], take, lost.append)
        for link, prefix in ((shell, ident), (iopub, None)):
            session.send(link, "a", {"from": "earlier"}, requests[0], prefix)
            session.send(link, "a", {"from": "nobody"}, None, prefix)
            stranger.send(link, "a", {"from": "stranger"}, requests[1], prefix)
            session.send(link, "a", {"from": "latest"}, requests[1], prefix)
        while len(heard) < 2:
            await asyncio.sleep(0.01)
        assert heard == ["latest", "latest"]
        assert not lost
    finally:
        context.destroy(linger=0)
    while len(lost) < 2:
        await asyncio.sleep(0.01)
    assert not lost[0].broken
    channels.pause()
    channels.close()


# Silence and death.


@linux
@pytest.mark.parametrize("numbers", ["1", "2", "1, 2"])
async def test_a_kernel_that_hangs_up_is_killed(kernel: Kernel, numbers: str) -> None:
    execution = await kernel.run(f"hang_up({numbers}); time.sleep(5)", 10.0)
    assert (execution.status, kernel.alive) == (Status.DIED, False)
    assert execution.seconds < 1.0


@linux
async def test_a_kernel_that_hung_up_between_programs_is_killed(kernel: Kernel) -> None:
    await kernel.run("threading.Timer(0.1, hang_up, [1]).start()", 10.0)
    await asyncio.sleep(0.4)
    assert kernel.alive
    execution = await kernel.run("1", 10.0)
    assert (execution.status, kernel.alive) == (Status.DIED, False)
    assert execution.seconds < 1.0


async def test_a_kernel_that_takes_nothing_is_killed_at_the_deadline(
    kernel: Kernel, process: BareProcess
) -> None:
    os.kill(process.pid, signal.SIGSTOP)
    execution = await kernel.run("'" + "x" * (8 << 20) + "'", 0.5)
    assert (execution.status, kernel.alive) == (Status.TIMEOUT, False)
    assert execution.seconds < 0.5 + LIMITS.grace + 1.0


async def test_last_words_are_heard(kernel: Kernel) -> None:
    execution = await kernel.run("print('words', flush=True); time.sleep(0.1); os._exit(0)", 10.0)
    assert (execution.status, execution.stdout) == (Status.DIED, "words\n")
    assert execution.seconds < 0.5


async def test_a_death_is_noticed_although_a_child_holds_the_channels(kernel: Kernel) -> None:
    code = "if os.fork() == 0: time.sleep(30)\nos._exit(0)"
    execution = await kernel.run(code, 10.0)
    assert execution.status is Status.DIED
    assert execution.seconds < 1.0


async def test_our_reason_to_kill_it_is_the_status(kernel: Kernel, process: BareProcess) -> None:
    def doom() -> None:
        process.doom = Status.MEMORY
        process.kill()

    asyncio.get_running_loop().call_later(0.2, doom)
    execution = await kernel.run("time.sleep(10)", 20.0)
    assert execution.status is Status.MEMORY
    assert execution.seconds < 1.0


async def test_without_a_descriptor_of_the_process_it_is_polled(process: BareProcess) -> None:
    kept, process.pidfd = process.pidfd, -1
    kernel = await Kernel.start(process, LIMITS, TOOLS)
    try:
        assert await fine(kernel)
        assert (await kernel.run("os._exit(0)", 10.0)).status is Status.DIED
        assert not kernel.alive
    finally:
        process.pidfd = kept
        kernel.close()


async def test_what_is_no_kernel_is_not_waited_for(tmp_path: Path, process: BareProcess) -> None:
    limits = Limits(start_seconds=0.3)
    with listener(tmp_path / "s"):
        process.connection = Connection(tmp_path / "s", tmp_path / "s", b"")
        with pytest.raises(ExecutorUnavailable, match="did not start"):
            await Kernel.start(process, limits)
    assert not process.alive


async def test_nothing_stays_open(process: BareProcess) -> None:
    before = len(os.listdir("/dev/fd"))
    kernel = await Kernel.start(process, LIMITS)
    await kernel.run("1", 10.0)
    kernel.close()
    kernel.close()
    assert len(os.listdir("/dev/fd")) < before + (process.pidfd >= 0)
