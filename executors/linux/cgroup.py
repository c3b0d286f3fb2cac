"""A control group for each session, where version 2 of them is delegated to us.

Then the kernel itself bounds memory and tasks of a session, at once and whatever it does, and
counts what no process maps: nothing has to be watched. An ordinary user has that under systemd,
in a desktop session or by `systemd-run --user --scope -p Delegate=yes`; root has it outside of
containers. Files and their meaning: Documentation/admin-guide/cgroup-v2.rst of the Linux sources.

We only ever make groups of our own below one that hands the controllers on. The one exception is
a group that was delegated to us and holds nobody else: there we first move into a corner.

Run as root and as a user on Linux 6.1 without systemd; what systemd delegates was never tried.
"""

import contextlib
import errno
import itertools
import os
import subprocess
from pathlib import Path

from executors.base import Limits

CONTROLLERS = frozenset({"memory", "pids"})
DELEGATE = "systemd-run --user --scope -p Delegate=yes tir ..."
SECONDS = 5.0
NUMBERS = itertools.count(1)


class Group:
    """One session's group. Raises `OSError` where it cannot be made, or a process not added."""

    def __init__(self, home: Path, limits: Limits) -> None:
        self.path = home / f"tir-{os.getpid()}-{next(NUMBERS)}"
        self.path.mkdir()
        try:
            self._write("memory.max", limits.memory_bytes)
            self._write("pids.max", limits.tasks)
            # One process of a session killed is a session in an unknown state: all or none.
            self._write("memory.oom.group", 1)
            # Absent where the machine does not account for swap.
            with contextlib.suppress(FileNotFoundError):
                self._write("memory.swap.max", 0)
        except BaseException:
            self.path.rmdir()
            raise

    def add(self, pid: int) -> None:
        """Bring in a process before it runs a program; what it starts from then on is in as well.

        Memory it has already, the warm process's, stays charged to the group it comes from.
        """
        self._write("cgroup.procs", pid)

    def out_of_memory(self) -> bool:
        """Whether it was killed for passing its memory limit; not known once it is removed."""
        try:
            text = (self.path / "memory.events").read_text(encoding="ascii")
        except FileNotFoundError:
            return False
        events = dict(line.split() for line in text.splitlines())
        return int(events["oom_kill"]) > 0

    def kill(self) -> None:
        """Kill all that is in it, in one step that nothing can outrun. Idempotent."""
        with contextlib.suppress(FileNotFoundError):
            self._write("cgroup.kill", 1)

    def remove(self) -> bool:
        """Remove it; False as long as something in it is still about to end. Idempotent."""
        try:
            self.path.rmdir()
        except FileNotFoundError:
            pass
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            return False
        return True

    def _write(self, name: str, value: int) -> None:
        # In one write and without O_CREAT: a file that is not there is not to be made.
        descriptor = os.open(self.path / name, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, str(value).encode())
        finally:
            os.close(descriptor)


def home() -> Path:
    """The group below which ours are made; an `OSError` says why there is none."""
    mount, own = mounted(), own_path()
    if not own.is_relative_to(mount):
        raise OSError("our own control group is out of sight")
    for group in (own, *own.parents):
        if words(group / "cgroup.subtree_control") >= CONTROLLERS and os.access(group, os.W_OK):
            return group
        if group == mount:
            break
    missing = CONTROLLERS - words(own / "cgroup.controllers")
    if missing:
        raise OSError(f"version 2 of control groups has no {' and no '.join(sorted(missing))} here")
    if words(own / "cgroup.procs") != {str(os.getpid())} or not os.access(own, os.W_OK):
        raise OSError(f"no control group is delegated to us: start with {DELEGATE}")
    # A group that hands controllers on may hold no process itself.
    corner = own / "tir-engine"
    corner.mkdir(exist_ok=True)
    (corner / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    (own / "cgroup.subtree_control").write_text("+memory +pids", encoding="ascii")
    return own


def available() -> str | None:
    """None if a group can really be made, joined, killed and removed, else why not."""
    try:
        group = Group(home(), Limits())
        try:
            if not (group.path / "cgroup.kill").exists():
                return "control groups cannot be killed before Linux 5.14"
            with subprocess.Popen(["sleep", str(2 * SECONDS)]) as process:
                try:
                    group.add(process.pid)
                    group.kill()
                    process.wait(SECONDS)
                finally:
                    process.kill()
        finally:
            group.remove()
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None


def mounted() -> Path:
    """Where version 2 is mounted, by proc_pid_mountinfo(5)."""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        about, _, source = line.partition(" - ")
        if source.split()[0] == "cgroup2":
            return Path(about.split()[4])
    raise OSError("version 2 of control groups is not mounted")


def own_path() -> Path:
    """The group that this process is in, by cgroups(7)."""
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        number, _, path = line.split(":", 2)
        if number == "0":
            return mounted() / path.lstrip("/")
    raise OSError("version 2 of control groups does not know this process")


def words(file: Path) -> set[str]:
    """What a file lists; nothing if there is no such file."""
    return set(file.read_text(encoding="ascii").split()) if file.exists() else set()
