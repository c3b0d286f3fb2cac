"""One killable process that does the symbolic comparisons, so that none can hang or hurt us."""

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

START_SECONDS = 60.0
"""Importing SymPy takes 0.5 s on an idle machine; the bound is for one that is far from idle."""
GRACE = 0.8
"""Seconds after the deadline that the process has to say it was missed, before it is killed."""
CHARS = 2000
"""Longer texts are not asked about; they cost the whole budget and end undecided anyway."""


class WorkerUnavailable(RuntimeError):
    """The comparing process could not be started: our machinery, not the answer, is at fault."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the process said. `says` is "late" when it was killed, "unread" when it could not
    read one side; `how` is its ground: proved, numeric or heuristic."""

    says: Literal["equal", "unequal", "unread", "late"]
    how: str = "heuristic"
    rule: str = ""
    seconds: float = 0.0
    detail: str = ""
    """What an inspection adds (`problems.inspection`): a factor, a value, a witness."""


class Worker:
    """A lazily started `python -m problems.symbolic`, one question at a time, from any thread.

    The budget of a question counts from when it is put, not while it waits for another thread's:
    else a verdict would depend on how busy we are. The process ends when our end of its pipe
    closes, that is with us, however we end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, gold: str, answer: str, *, budget: float, test: str = "") -> Opinion:
        """The process's opinion on two normal forms within `budget` seconds.

        With `test`, one of `problems.inspection` is run on them instead of the comparison.
        Raises WorkerUnavailable if no process can be started.
        """
        if budget <= 0:
            return Opinion("late")
        if max(len(gold), len(answer)) > CHARS:
            return Opinion("unread", rule="too long")
        with self._lock:
            process = self._running()
            question = json.dumps({"gold": gold, "answer": answer, "seconds": budget, "test": test})
            began = time.monotonic()
            line = b""
            try:
                _pipe(process.stdin).write(question.encode() + b"\n")
                line = _line(process, began + budget + GRACE)
            except BrokenPipeError:
                # It died while idle, say by the system's memory killer: the next call starts anew.
                pass
            finally:
                # Also on KeyboardInterrupt: an answer left in the pipe would go to the next pair.
                if not line:
                    self._end()
            spent = time.monotonic() - began
            if not line:
                return Opinion("late", rule="no answer in time", seconds=spent)
            said = json.loads(line)
            return Opinion(said["says"], said["how"], said["rule"], spent, said.get("detail", ""))

    def close(self) -> None:
        """End the process; a later question starts another."""
        with self._lock:
            self._end()

    def abandon(self) -> None:
        """Kill the process under a question that another thread waits for; it ends "late".

        Takes no lock, for the lock is held by that thread.
        """
        process = self._process
        if process is not None:
            _kill(process)

    @property
    def pid(self) -> int | None:
        """The process, if one runs."""
        return self._process.pid if self._process else None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = _start()
        try:
            ready = _line(self._process, time.monotonic() + START_SECONDS)
        except BaseException:
            self._end()
            raise
        if not ready:
            self._end()
            raise WorkerUnavailable(f"no comparing process within {START_SECONDS:g} s")
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.wait()

    def _forget(self) -> None:
        """In a forked child: the process and the lock belong to the parent."""
        self._lock = threading.Lock()
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
            # Not our child, so Popen must neither poll nor warn about it.
            process.returncode = 0


def _start() -> subprocess.Popen[bytes]:
    root = Path(__file__).resolve().parent.parent
    kept = {
        key: os.environ[key] for key in ("PATH", "HOME", "LD_LIBRARY_PATH") if key in os.environ
    }
    paths = [str(root), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    # Nothing of ours that hostile text could want is in its environment; hash order is fixed, as
    # SymPy's results can depend on it.
    environment = kept | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "0"}
    try:
        return subprocess.Popen(
            # -P: a problems.py in the user's folder must not stand in for ours.
            [sys.executable, "-P", "-m", "problems.symbolic"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=environment,
            cwd=root,
            # Ctrl-C is for us; the process then ends by its pipe.
            start_new_session=True,
        )
    except OSError as error:
        raise WorkerUnavailable(f"cannot start the comparing process: {error}") from error


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The process and the child that answers for it: they are a group of their own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """One line of its output, or b"" at the deadline or its end."""
    output = _pipe(process.stdout).fileno()
    # poll, not select: select fails on descriptors above 1023, and a busy campaign has them.
    poll = select.poll()
    poll.register(output, select.POLLIN)
    received = b""
    while not received.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            return b""
        chunk = os.read(output, 65536)
        if not chunk:
            return b""
        received += chunk
    return received


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "the process is started with both pipes"
    return stream


shared = Worker()
"""The process of this interpreter; `problems.grade` asks it."""
abandon = shared.abandon
atexit.register(shared.close)
os.register_at_fork(after_in_child=shared._forget)
