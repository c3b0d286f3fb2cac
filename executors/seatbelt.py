"""macOS: a kernel of its own for each session, started under sandbox-exec (Seatbelt).

**Written from documentation, never run.** From sandbox-exec(1), which calls itself deprecated and
is still what browsers and coding agents use; from the profiles in /System/Library/Sandbox/Profiles,
whose language Apple does not document; and from Chromium's sandbox/policy/mac/common.sb. Only the
text of the profile is tested. Whoever has a Mac: `tir doctor` says which walls hold.

There are no namespaces here and no warm process: a session costs the start of a kernel.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from executors.walls import Gap, Wall

PROGRAM = "/usr/bin/sandbox-exec"
SECONDS = 20.0

SYSTEM = tuple(
    map(Path, ("/System", "/Library/Apple", "/usr/lib", "/usr/share", "/usr/bin", "/bin"))
)
SYSTEM_FILES = tuple(
    map(
        Path,
        (
            "/private/etc/localtime",
            "/private/var/db/timezone",
            "/dev/null",
            "/dev/random",
            "/dev/urandom",
        ),
    )
)
LINKED = tuple(map(Path, ("/etc", "/tmp", "/var")))
"""Links into /private, which are followed by name."""

GAPS = (
    Gap(Wall.MEMORY, "one process can be bounded, many together cannot", ""),
    Gap(Wall.TASKS, "tasks are counted per user, not per session", ""),
    Gap(Wall.DISK, "nothing bounds what the session's directory holds", ""),
    Gap(Wall.STRAYS, "processes that leave the session's group can outlive it", ""),
    Gap(Wall.PROCESSES, "names and owners of other processes can be seen, not signalled", ""),
    Gap(Wall.SYSTEM_CALLS, "system calls are not filtered", ""),
)
"""What stays open by design, beside what a run on a Mac may yet show."""

RULES = """\
(version 1)
(deny default)

; What a program starts stays under this profile.
(allow process-exec process-fork)
(allow process-info* signal (target same-sandbox))
(allow sysctl-read)
; multiprocessing keeps its locks in them.
(allow ipc-posix-sem)
; Names of users and groups.
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))

; To walk down to a file, each directory above it is looked at, not listed.
(allow file-read-metadata {above})
(allow file-read* {readable})
(allow file-map-executable {mappable})
(allow file-write-data file-ioctl (literal "/dev/null"))
(allow file-read* file-write* {own})

; Unix sockets of the session's own, no others and no network.
(allow system-socket (socket-domain AF_UNIX))
(allow network-bind network-inbound (local unix-socket {own}))
(allow network-outbound (remote unix-socket {own}))
"""


def command(kernel_command: Sequence[str], readable: Sequence[Path], directory: Path) -> list[str]:
    """The command that runs another one under the profile for these directories.

    It replaces itself by that command, so process number, signals and status are the kernel's.
    """
    return [PROGRAM, "-p", profile(readable, directory), *kernel_command]


def profile(readable: Sequence[Path], directory: Path) -> str:
    """The rules for one session.

    Args:
        readable: the interpreter's and its packages' directories.
        directory: the session's own, with its sockets: all it can write.
    """
    # Seatbelt compares the path that is left when all links have been followed.
    shown = [path.resolve() for path in readable]
    own = directory.resolve()
    everything = [*SYSTEM, *SYSTEM_FILES, *shown, own]
    above = {parent for path in everything for parent in path.parents}
    return RULES.format(
        above=filters("literal", sorted({*above, *LINKED})),
        readable=filters("subpath", [*SYSTEM, *SYSTEM_FILES, *shown]),
        mappable=filters("subpath", [*SYSTEM, *shown]),
        own=filters("subpath", [own]),
    )


def filters(kind: str, paths: Iterable[Path]) -> str:
    """One filter for each path."""
    return " ".join(f"({kind} {quoted(path)})" for path in paths)


def quoted(path: Path) -> str:
    """A string of the profile's language, which is Scheme: only two characters mean something."""
    return '"' + os.fspath(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def available(directory: Path) -> str | None:
    """None if this interpreter starts under the profile, with that directory, else why not."""
    if sys.platform != "darwin" or shutil.which(PROGRAM) is None:
        return "sandbox-exec is part of macOS, and this is not"
    attempt = command(
        [sys.executable, "-I", "-c", ""], [Path(sys.prefix), Path(sys.base_prefix)], directory
    )
    try:
        done = subprocess.run(attempt, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"sandbox-exec cannot be run: {error}"
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return f"sandbox-exec does not work here: {said[-1] if said else done.returncode}"
    return None
