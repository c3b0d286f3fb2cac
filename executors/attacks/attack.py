"""One attack: a program that tries to get through a wall, and what must be seen if it does not."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from executors.execution import Execution, Status
from executors.walls import Wall

ENDED = frozenset({Status.OK})
"""The walls answered every attempt with an error, and the program lived to say so."""
STOPPED = frozenset({Status.TIMEOUT})
OUT_OF_MEMORY = frozenset({Status.MEMORY, Status.DIED})
KILLED = frozenset({Status.DIED})
TRIED = r"^HELD [1-9]\d*$"
"""What `finish()` prints: how many attempts were refused."""
KEPT = "kept"
"""Value of a variable that the harness leaves in each session, to see whether its state lives."""

PREAMBLE = r'''
import ctypes, errno, os, platform, socket, sys, threading, time
bait = __BAIT__
tried, mark = 0, "kept"

def got_through(what, got):
    print("BROKEN:", what, ascii(got)[:150])

def attempt(what, act, *refusals):
    """An OSError, or one of `refusals`, is a wall's answer. Any other is a defect of the attack."""
    global tried
    tried += 1
    try:
        got = act()
    except (OSError, *refusals):
        return
    got_through(what, got)

def leak(what, found):
    """For what can be looked at, but must show nothing."""
    global tried
    tried += 1
    if found:
        got_through(what, found)

def refused(what, act):
    """A system call may not even look at its arguments, so EINVAL or EFAULT are too late."""
    global tried
    tried += 1
    try:
        got = act()
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            return
        got = error
    got_through(what, got)

def quietly(act, otherwise=None):
    try:
        return act()
    except OSError:
        return otherwise

def finish():
    print("HELD", tried)

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

def call(number, *arguments):
    """A raw system call; integers go in as long."""
    ctypes.set_errno(0)
    whole = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    got = libc.syscall(ctypes.c_long(number), *whole)
    if got == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return got

def read(path, size=4096):
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(handle, size)
    finally:
        os.close(handle)

def writable(path):
    """Only opens: nothing is written even where the wall is down."""
    os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    return "opened for writing"

def pids():
    return [int(name) for name in quietly(lambda: os.listdir("/proc"), []) if name.isdigit()]

def handles():
    """Numbers of all open descriptors; /proc may not be there to be asked."""
    return [number for number in range(1024) if quietly(lambda: os.fstat(number))]

def aim(number):
    """What a descriptor leads to, empty where nobody says."""
    return quietly(lambda: os.readlink(f"/proc/self/fd/{number}"), "")

def open_locks():
    """What should be locked in this thread, and is not: capabilities, privileges, system calls."""
    found = [] if libc.prctl(39, 0, 0, 0, 0) == 1 else ["it may gain privileges"]
    found += [] if libc.prctl(21, 0, 0, 0, 0) == 2 else ["its system calls are not filtered"]
    header = ctypes.create_string_buffer((0x20080522).to_bytes(4, "little") + bytes(4), 8)
    held = ctypes.create_string_buffer(24)
    call(90 if platform.machine() == "aarch64" else 125, header, held)
    return found + (["it has capabilities"] if any(held.raw) else [])
'''
"""What every attack's program may use. `bait` says where our secrets and listeners are."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A program of somebody who knows the engine's source, and what has to come of it.

    `held` judges the `Execution` alone. What the engine sees from outside, such as its own
    memory, strays and neighbours, is judged for every attack in the same way, by the harness.
    """

    name: str
    wall: Wall
    program: str
    """Runs after `PREAMBLE`. Prints `BROKEN: ...` when it gets through, and `HELD n` at its end.

    It makes sure that it is harmless where a wall is down: it opens and does not write, sends
    signal 0 before a deadly one, and takes a bounded amount of whatever it takes.
    """
    ends: frozenset[Status] = ENDED
    """How it may end. Anything else is a finding, an untruthful `OK` above all."""
    says: str = TRIED
    """What it has to have printed, as a pattern of one line; empty where it cannot get to print."""
    loud: bool = False
    """It writes more than may be kept, so the outcome has to admit that something is missing."""
    timeout: float = 5.0
    """Seconds of wall time that the program is given."""
    keeps: bool = True
    """The session's variables must have survived; else only the session, with fresh ones."""
    victim: str = ""
    """Runs in the neighbour before; the last line that it prints is the attacker's `bait`, as
    JSON, under "victim"."""
    verdict: str = ""
    """Runs in the neighbour and in the next session afterwards; prints as the attack does."""
    linger: float = 0.0
    """Seconds that the session stays open and idle, for what the program left running in it."""
    quick: bool = True
    """Whether it takes well under a second where the wall stands."""

    def code(self, bait: Mapping[str, object]) -> str:
        """The whole program, for this bait."""
        return with_preamble(self.program, bait)

    def complaint(self, execution: Execution) -> str:
        """What is wrong with the outcome; empty if the attack was held."""
        lines = f"{execution.stdout}\n{execution.stderr}\n{execution.result or ''}"
        if through := re.search(r"^'?(BROKEN: .*)", lines, re.MULTILINE):
            return through[1].removeprefix("BROKEN: ")[:300]
        if execution.status not in self.ends:
            wanted = " or ".join(sorted(self.ends))
            return f"ended {execution.status} instead of {wanted}: {execution.observation(300)}"
        if self.says and not re.search(self.says, execution.stdout, re.MULTILINE):
            return f"ended {execution.status} without its last word: {execution.observation(300)}"
        if self.loud and not execution.truncated:
            return f"ended {execution.status}, and nobody said that output is missing"
        return ""


def with_preamble(program: str, bait: Mapping[str, object]) -> str:
    """`program` after `PREAMBLE`, which finds `bait` in it as a dictionary."""
    literal = repr(json.loads(json.dumps(bait)))
    return f"{PREAMBLE.replace('__BAIT__', literal)}\n{program}"
