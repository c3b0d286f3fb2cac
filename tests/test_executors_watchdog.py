"""Sessions that take too much are ended, and those that only share much are not.

Every process here is real and bounded: the hungriest tree stays under 600 MB.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent

import pytest

from executors import Limits, Status
from executors.process import Connection

if sys.platform != "linux":
    pytest.skip("reads /proc", allow_module_level=True)

from executors.linux import usage
from executors.watchdog import Watchdog

MB = 1 << 20


class Tree:
    """A program in a process group of its own, for a session's process."""

    def __init__(self, code: str, *arguments: str) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-c", dedent(code), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pid = self._popen.pid
        self.pidfd = -1
        self.connection = Connection(Path(), Path(), b"")
        self.doom: Status | None = None
        self.killed_at = 0.0

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def interrupt(self) -> None:
        os.killpg(self.pid, signal.SIGINT)

    def kill(self) -> None:
        self.killed_at = time.monotonic()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def line(self) -> str:
        assert self._popen.stdout is not None
        return self._popen.stdout.readline().strip()

    def go(self) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.write("go\n")
        self._popen.stdin.flush()

    def close(self) -> None:
        self.kill()
        self._popen.communicate()


@contextmanager
def tree(code: str, *arguments: str) -> Iterator[Tree]:
    started = Tree(code, *arguments)
    try:
        yield started
    finally:
        started.close()


@pytest.fixture
async def watchdog() -> AsyncIterator[Watchdog]:
    made = Watchdog()
    yield made
    made.close()


async def doom(process: Tree, seconds: float) -> Status | None:
    end = time.monotonic() + seconds
    while process.doom is None and time.monotonic() < end:
        await asyncio.sleep(0.005)
    return process.doom


HOG = """
    import os, sys, time
    print("up", flush=True)
    sys.stdin.readline()
    for _ in range(5):
        if os.fork() == 0:
            held = bytearray(b"1") * (100 << 20)
            time.sleep(60)
    time.sleep(60)
"""


async def test_memory_of_many_processes_is_added_up(watchdog: Watchdog) -> None:
    with tree(HOG) as hog:
        assert hog.line() == "up"
        watchdog.watch(hog, Limits(memory_bytes=300 * MB))
        watchdog.busy(hog)
        hog.go()
        assert await doom(hog, 10) is Status.MEMORY


async def test_memory_is_noticed_within_half_a_second_of_being_taken(watchdog: Watchdog) -> None:
    taking = """
        import sys, time
        first = bytearray(b"1") * (70 << 20)
        print("up", flush=True)
        sys.stdin.readline()
        print(time.monotonic(), flush=True)
        second = bytearray(b"1") * (100 << 20)
        time.sleep(60)
    """
    with tree(taking) as hog:
        assert hog.line() == "up"
        watchdog.watch(hog, Limits(memory_bytes=100 * MB))
        watchdog.busy(hog)
        hog.go()
        taken = float(await asyncio.to_thread(hog.line))
        assert await doom(hog, 10) is Status.MEMORY
        assert hog.killed_at - taken < 0.5


async def test_an_idle_session_is_watched_too(watchdog: Watchdog) -> None:
    with tree(HOG) as hog:
        assert hog.line() == "up"
        watchdog.watch(hog, Limits(memory_bytes=300 * MB))
        hog.go()
        assert await doom(hog, 10) is Status.MEMORY


SHARING = """
    import os, sys, time
    held = b"1" * (120 << 20)
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
        children.append(str(pid))
    print(*children, flush=True)
    time.sleep(60)
"""


async def test_forks_that_share_their_memory_are_left_alone(watchdog: Watchdog) -> None:
    with tree(SHARING) as family:
        children = [int(pid) for pid in family.line().split()]
        everyone = [family.pid, *children]
        assert sum(map(usage.resident, everyone)) > 500 * MB
        watchdog.watch(family, Limits(memory_bytes=300 * MB))
        watchdog.busy(family)
        assert await doom(family, 0.7) is None
        assert usage.proportional(everyone, 300 * MB, 1) < 200 * MB
        # Without the patience to look, what is shared is believed to be used many times.
        assert usage.proportional(everyone, 1 << 40, -1) > 500 * MB


async def test_what_is_shared_with_a_warm_parent_counts_in_part(watchdog: Watchdog) -> None:
    with tree(SHARING) as warm:
        child = Tree.__new__(Tree)
        child.pid, child.doom = int(warm.line().split()[0]), None
        assert usage.resident(child.pid) > 120 * MB
        watchdog.watch(child, Limits(memory_bytes=80 * MB))
        watchdog.busy(child)
        assert await doom(child, 0.7) is None


async def test_memory_that_stops_being_shared_is_noticed(watchdog: Watchdog) -> None:
    """The sum of what is mapped is the same before and after."""
    parting = """
        import os, sys, time
        held = bytearray(b"1") * (100 << 20)
        ready, go = os.pipe()
        for _ in range(4):
            if os.fork() == 0:
                os.read(ready, 1)
                for at in range(0, len(held), 4096):
                    held[at] = 2
                time.sleep(60)
        print("up", flush=True)
        sys.stdin.readline()
        os.write(go, b"1234")
        time.sleep(60)
    """
    with tree(parting) as family:
        assert family.line() == "up"
        watchdog.watch(family, Limits(memory_bytes=250 * MB))
        watchdog.busy(family)
        assert await doom(family, 0.4) is None
        family.go()
        assert await doom(family, 10) is Status.MEMORY


async def test_a_child_whose_parent_has_ended_still_counts(watchdog: Watchdog) -> None:
    orphan = """
        import ctypes, os, sys, time
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # as process 1 of a namespace does
        print("up", flush=True)
        sys.stdin.readline()
        if os.fork() == 0:
            if os.fork():
                os._exit(0)
            held = bytearray(b"1") * (150 << 20)
            time.sleep(60)
        os.wait()
        time.sleep(60)
    """
    with tree(orphan) as family:
        assert family.line() == "up"
        watchdog.watch(family, Limits(memory_bytes=100 * MB))
        watchdog.busy(family)
        family.go()
        assert await doom(family, 10) is Status.MEMORY


async def test_children_of_other_threads_count(watchdog: Watchdog) -> None:
    threaded = """
        import subprocess, sys, threading, time
        hog = "held = bytearray(b'1') * (150 << 20); input()"
        def work():
            subprocess.Popen([sys.executable, "-c", hog], stdin=subprocess.PIPE).wait()
        threading.Thread(target=work).start()
        print("up", flush=True)
        time.sleep(60)
    """
    with tree(threaded) as family:
        assert family.line() == "up"
        watchdog.watch(family, Limits(memory_bytes=100 * MB))
        watchdog.busy(family)
        assert await doom(family, 10) is Status.MEMORY


@pytest.mark.skipif(
    subprocess.run(["sh", "-c", "unshare -rn true"], stderr=subprocess.DEVNULL).returncode != 0,
    reason="no network namespace to be had",
)
async def test_what_may_wait_in_sockets_is_charged_where_asked(watchdog: Watchdog) -> None:
    """Memory of the operating system's, which no process maps."""
    connected = """
        import os, socket, subprocess, sys, time
        if len(sys.argv) == 1:
            os.execvp("unshare", ["unshare", "-rn", sys.executable, "-c", *sys.orig_argv[2:], "in"])
        kept = []
        for _ in range(6):
            if os.fork() == 0:
                kept += [socket.socketpair() for _ in range(100)]
                os.write(1, b"up\\n")
                time.sleep(60)
        time.sleep(60)
    """
    with tree(connected) as free, tree(connected) as charged:
        for process in (free, charged):
            assert {process.line() for _ in range(6)} == {"up"}
            assert usage.sockets(process.pid) >= 1200
            watchdog.watch(process, Limits(memory_bytes=200 * MB), sockets=process is charged)
            watchdog.busy(process)
        assert await doom(charged, 10) is Status.MEMORY
        assert await doom(free, 0.3) is None


async def test_tasks_are_counted_only_where_asked(watchdog: Watchdog) -> None:
    crowd = """
        import threading, time
        for _ in range(30):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        print("up", flush=True)
        time.sleep(60)
    """
    with tree(crowd) as free, tree(crowd) as bounded:
        assert free.line() == bounded.line() == "up"
        for process in (free, bounded):
            watchdog.watch(process, Limits(tasks=20), tasks=process is bounded)
            watchdog.busy(process)
        assert await doom(bounded, 10) is Status.DIED
        assert free.doom is None
        assert usage.tasks([free.pid]) == 31


FILLING = """
    import os, sys, time
    os.chdir(sys.argv[1])
    {}
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("filling", "told"),
    [
        ("open('one', 'wb').write(bytes(3 << 20))", Status.DIED),
        ("[open(str(n), 'wb').write(bytes(1 << 16)) for n in range(40)]", Status.DIED),
        ("[open(str(n), 'wb').close() for n in range(60)]", Status.DIED),
        ("[os.makedirs(f'{n}/a/b/c/d') for n in range(20)]", Status.DIED),
        ("f = open('x', 'wb', 0); os.remove('x'); f.write(bytes(3 << 20))", Status.DIED),
        ("[os.mkdir('d' * 250) or os.chdir('d' * 250) for _ in range(20)]", Status.DIED),
        ("f = open('x', 'wb', 0); f.truncate(1 << 30)", None),
        ("open('x', 'wb').write(bytes(1 << 20)); [os.link('x', str(n)) for n in range(9)]", None),
        ("os.symlink('/usr', 'x')", None),
    ],
)
async def test_the_disk_is_bounded_where_asked(
    watchdog: Watchdog, tmp_path: Path, filling: str, told: Status | None
) -> None:
    with tree(FILLING.format(filling), str(tmp_path)) as process:
        assert process.line() == "up"
        watchdog.watch(process, Limits(disk_bytes=2 * MB, files=50), tmp_path)
        watchdog.busy(process)
        assert await doom(process, 10 if told else 0.6) is told


async def test_processes_may_vanish_at_any_time(watchdog: Watchdog) -> None:
    churning = """
        import os, time
        print("up", flush=True)
        while True:
            if os.fork() == 0:
                if os.fork() == 0:
                    time.sleep(0.002)
                os._exit(0)
            os.wait()
    """
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: failures.append(said))
    with tree(churning) as process, tree("import time; time.sleep(0.3)") as short:
        assert process.line() == "up"
        for each in (process, short):
            watchdog.watch(each, Limits(memory_bytes=30 * MB, tasks=1000), tasks=True)
            watchdog.busy(each)
        await asyncio.sleep(0.8)
        assert process.doom is None
        assert short.doom is None
    await asyncio.sleep(0.2)
    assert failures == []


async def test_nothing_is_done_to_what_is_no_longer_watched(watchdog: Watchdog) -> None:
    with tree(HOG) as hog:
        assert hog.line() == "up"
        watchdog.watch(hog, Limits(memory_bytes=1 * MB))
        watchdog.unwatch(hog)
        watchdog.busy(hog)
        watchdog.idle(hog)
        assert await doom(hog, 1.2) is None


async def test_closing_stops_all_looks_and_watching_may_begin_again(watchdog: Watchdog) -> None:
    with tree("input()") as process:
        watchdog.watch(process, Limits(memory_bytes=1 * MB))
        watchdog.busy(process)
        watchdog.close()
        watchdog.close()
        assert await doom(process, 0.3) is None
        watchdog.watch(process, Limits(memory_bytes=1 * MB))
        watchdog.busy(process)
        assert await doom(process, 10) is Status.MEMORY


async def test_a_process_that_was_dead_when_given_is_forgotten(watchdog: Watchdog) -> None:
    process = Tree.__new__(Tree)
    process.pid, process.doom = -1, None
    watchdog.watch(process, Limits())
    watchdog.busy(process)
    await asyncio.sleep(0.2)
    watchdog.watch(process, Limits())
    assert process.doom is None
