"""What is read about processes from /proc, and what they can do about it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest

if sys.platform != "linux":
    pytest.skip("reads /proc", allow_module_level=True)

from executors.linux import usage

MB = 1 << 20


@contextmanager
def running(code: str) -> Iterator[int]:
    """A program that has said "up" and waits."""
    with subprocess.Popen(
        [sys.executable, "-c", dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process.pid
        process.kill()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing can be hidden from root")
def test_a_process_that_hides_its_pages_is_charged_for_all_it_maps() -> None:
    hiding = """
        import ctypes
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
        held = bytearray(b"1") * (20 << 20)
        print("up", flush=True)
        input()
    """
    with running(hiding) as pid:
        with pytest.raises(PermissionError):
            usage.read(f"/proc/{pid}/smaps_rollup")
        mapped = usage.resident_or_swapped(pid)
        assert usage.proportional([pid], 1 << 40, 1) == mapped > 20 * MB
        # Nor can its open files be seen, so there may be any number of deleted ones.
        assert usage.disk(Path("/usr/bin"), [pid], 1 << 20)[0] == usage.MOST


def test_a_name_full_of_brackets_does_not_hide_the_parent() -> None:
    code = """
        from pathlib import Path
        Path("/proc/self/comm").write_text(") R 1 (")
        print("up", flush=True)
        input()
    """
    with running(code) as pid:
        assert usage.parent(pid) == os.getpid()


def test_the_two_upper_bounds_agree() -> None:
    with running("print('up', flush=True); input()") as pid:
        cheap, with_swap = usage.resident(pid), usage.resident_or_swapped(pid)
        assert abs(cheap - with_swap) < 4 * MB


def test_who_has_ended_uses_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    pid = process.pid
    assert usage.resident(pid) == usage.resident_or_swapped(pid) == usage.sockets(pid) == 0
    assert usage.tasks([pid]) == usage.proportional([pid], 1, 1) == usage.parent(pid) == 0
    assert usage.descendants(pid) == set()
    assert usage.disk(tmp_path, [pid], 1) == (0, 0)
    assert usage.disk(tmp_path / "gone", [pid], 1) == (0, 0)


def test_a_census_hands_a_tree_within_a_tree_to_its_own_root() -> None:
    two = """
        import subprocess, sys
        with subprocess.Popen([sys.executable, "-c", "print('up', flush=True); input()"]):
            input()
    """
    with running(two) as outer:
        inner = usage.descendants(outer).pop()
        census = usage.Census()
        census.add(outer)
        assert census.members(outer) == {outer, inner}
        census.add(inner)
        census.scan()
        assert (census.members(outer), census.members(inner)) == ({outer}, {inner})
        census.remove(inner)
        os.kill(inner, 9)
    census.scan()
    assert census.members(outer) == set()
