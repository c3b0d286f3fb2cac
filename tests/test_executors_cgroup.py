"""Control groups, for real where they are delegated, else what is said instead."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from executors import Limits

if sys.platform != "linux":
    pytest.skip("control groups are part of Linux", allow_module_level=True)

from executors.linux import cgroup

MISSING = cgroup.available()
MB = 1 << 20
delegated = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


@pytest.mark.skipif(MISSING is None, reason="control groups can be had")
def test_why_there_are_none_is_said() -> None:
    assert MISSING is not None
    assert len(MISSING) > 10
    with pytest.raises(OSError, match=r"\w"):
        cgroup.Group(cgroup.home(), Limits())


@pytest.mark.skipif("cgroup2" not in Path("/proc/mounts").read_text(), reason="not mounted")
def test_a_process_is_in_its_own_group() -> None:
    assert str(os.getpid()) in cgroup.words(cgroup.own_path() / "cgroup.procs")


def test_a_file_that_is_not_there_lists_nothing(tmp_path: Path) -> None:
    assert cgroup.words(tmp_path / "no") == set()


@pytest.fixture
def group() -> Iterator[cgroup.Group]:
    made = cgroup.Group(cgroup.home(), Limits(memory_bytes=64 * MB, tasks=8))
    yield made
    made.kill()
    end = time.monotonic() + 10
    while not made.remove():
        assert time.monotonic() < end
        time.sleep(0.01)
    assert not made.path.exists()
    assert made.remove()
    made.kill()


def run(group: cgroup.Group, code: str) -> tuple[int, str]:
    """Status and output of a program that waits until it is in the group."""
    with subprocess.Popen(
        [sys.executable, "-c", f"import os, time\ninput()\n{code}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        group.add(process.pid)
        output, _ = process.communicate("go\n", timeout=120)
        return process.returncode, output.strip()


@delegated
def test_memory_of_all_processes_together_is_bounded(group: cgroup.Group) -> None:
    hog = "os.fork(); os.fork()\nheld = bytearray(b'1') * (40 << 20)\ntime.sleep(60)"
    began = time.monotonic()
    assert run(group, hog)[0] == -9
    assert group.out_of_memory()
    assert time.monotonic() - began < 50


@delegated
def test_shared_memory_that_nobody_maps_is_bounded(group: cgroup.Group) -> None:
    hiding = """
import mmap
kept = []
for _ in range(5):
    kept.append(mmap.mmap(-1, 20 << 20))
    kept[-1].write(bytes(20 << 20))
    kept[-1].madvise(mmap.MADV_DONTNEED)
"""
    assert run(group, hiding)[0] == -9
    assert group.out_of_memory()


@delegated
def test_tasks_are_bounded(group: cgroup.Group) -> None:
    bomb = """
started = 0
try:
    while started < 100:
        if os.fork() == 0:
            time.sleep(60)
        started += 1
except OSError as error:
    print(started, error.errno, flush=True)
os._exit(0)
"""
    with subprocess.Popen(
        [sys.executable, "-c", f"import os, time\ninput()\n{bomb}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        group.add(process.pid)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline().split() == ["7", "11"]
        # The children live on, without a parent, until they are killed all at once.
        process.wait(20)
        assert len(cgroup.words(group.path / "cgroup.procs")) == 7
        assert not group.remove()
        group.kill()
        assert process.stdout.read() == ""
    assert not group.out_of_memory()


@delegated
def test_within_its_limits_nothing_happens(group: cgroup.Group) -> None:
    assert run(group, "print(len(bytearray(10 << 20)))") == (0, str(10 << 20))
    assert not group.out_of_memory()
