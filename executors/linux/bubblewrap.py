"""`bwrap` around the warm process, where it alone may make user namespaces.

One such room holds all sessions of an executor: in it there is no network, no process of others,
no variable but those given, and of the file system only programs, libraries and the given
directories, which cannot be written. Between sessions there is no wall but those they put up
themselves; they share /tmp and its size, and bubblewrap cannot bound how many files lie there.

Options are those of bwrap(1); `--size` needs bubblewrap 0.7. Nobody asks for a version, though:
`available` tries. Root should become an ordinary user before it runs the command: inside there
are no capabilities, but whoever owns the machine's files owns those that are shown there, too.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from executors.linux.visible import DEVICES, SYSTEM_DIRECTORIES, SYSTEM_FILES, outermost

HOME = Path("/tmp")
"""All that can be written, with /dev/shm. Gone when the room is."""
TMP_BYTES = 1 << 30
SHARED_MEMORY_BYTES = 16 << 20
"""multiprocessing keeps its locks there."""
SECONDS = 20.0

NOT_INSTALLED = "bwrap is not installed: sudo apt install bubblewrap"


def command(
    interpreter_command: Sequence[str],
    readable: Sequence[Path],
    env: Mapping[str, str],
    *,
    tmp_bytes: int = TMP_BYTES,
) -> list[str]:
    """The command that runs another one inside.

    Descriptors need no mention: what `subprocess` hands on by `pass_fds` is open inside as well,
    under the same numbers. bwrap stays as the parent, hands on no signal but its own death, and
    ends with the same status.

    Args:
        interpreter_command: program, by a path that is visible inside, and its arguments.
        readable: directories and files that are visible, as they are called outside.
        env: all variables there will be.
        tmp_bytes: what fits into /tmp, for all sessions together. It is memory.
    """
    made = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    made += ["--hostname", "box", "--clearenv"]
    for name, value in env.items():
        made += ["--setenv", name, value]
    made += system()
    # Of files in /proc/sys the owner is root, whatever its capabilities, and bwrap leaves them
    # open: by one of them the machine runs any program.
    made += ["--proc", "/proc", "--remount-ro", "/proc", *devices()]
    # Before the directories: one of them may lie under /tmp outside.
    made += ["--size", str(tmp_bytes), "--perms", "1777", "--tmpfs", str(HOME)]
    for path in outermost([Path("/usr"), *readable])[1:]:
        made += ["--ro-bind", str(path), str(path)]
    made += ["--remount-ro", "/", "--chdir", str(HOME)]
    return [*made, "--", *interpreter_command]


def system() -> list[str]:
    """Options that show the machine's programs and libraries."""
    made = ["--ro-bind", "/usr", "/usr"]
    for path in SYSTEM_DIRECTORIES:
        if path.is_symlink():
            made += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            made += ["--ro-bind", str(path), str(path)]
    for path in SYSTEM_FILES:
        made += ["--ro-bind-try", str(path), str(path)]
    return made


def devices() -> list[str]:
    """Options for a small /dev: that of `--dev` can be written, without bounds."""
    made = ["--dir", "/dev", "--symlink", "/proc/self/fd", "/dev/fd"]
    for path in DEVICES:
        made += ["--dev-bind", str(path), str(path)]
    size = str(SHARED_MEMORY_BYTES)
    return [*made, "--size", size, "--perms", "1777", "--tmpfs", "/dev/shm"]


def available(readable: Sequence[Path] = ()) -> str | None:
    """None if this interpreter starts inside, with the given directories, else why not.

    Args:
        readable: what the interpreter needs beside its own installation.
    """
    interpreter = [Path(sys.prefix), Path(sys.base_prefix)]
    attempt = command([sys.executable, "-I", "-c", ""], [*interpreter, *readable], {})
    try:
        done = subprocess.run(
            attempt,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return NOT_INSTALLED
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap cannot be run: {error}"
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return f"bwrap does not work here: {said[-1] if said else f'status {done.returncode}'}"
    return None
