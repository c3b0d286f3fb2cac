"""Attempts to take more memory than a session has: in one process, in many, in none."""

from executors.attacks.attack import ENDED, OUT_OF_MEMORY, Attack
from executors.walls import Wall

_ONE_PROCESS = Attack(
    "memory-of-one-process",
    Wall.MEMORY,
    r"""
held = []
while len(held) < 6 * (bait["memory"] >> 24):
    held.append(bytearray(b"x" * (16 << 20)))
    time.sleep(0.005)
got_through("memory of one process", len(held))
""",
    ends=OUT_OF_MEMORY,
    says="",
    timeout=20.0,
    keeps=False,
)

_CHILDREN = Attack(
    "memory-of-many-processes",
    Wall.MEMORY,
    r"""
share = bait["memory"] // 3
children = []
for _ in range(6):
    pid = os.fork()
    if pid == 0:
        held = bytearray(b"x" * share)
        time.sleep(4)
        os._exit(0)
    children.append(pid)
ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
if ended == [0] * 6:
    got_through("twice its share, by children", ended)
finish()
""",
    ends=OUT_OF_MEMORY | ENDED,
    says="",
    timeout=15.0,
    keeps=False,
)

_SHARED = Attack(
    "memory-shared-between-processes",
    Wall.MEMORY,
    r"""
import mmap
held = []
try:
    while len(held) < 6 * (bait["memory"] >> 24):
        page = mmap.mmap(-1, 16 << 20)
        page[:] = b"x" * (16 << 20)
        held.append(page)
        time.sleep(0.005)
    got_through("shared memory", len(held))
except (OSError, MemoryError):
    pass
del held
finish()
""",
    ends=OUT_OF_MEMORY | ENDED,
    says="",
    timeout=20.0,
    keeps=False,
)

_FILE_IN_MEMORY = Attack(
    "memory-that-belongs-to-no-process",
    Wall.MEMORY,
    r"""
arm = platform.machine() == "aarch64"
taken = 0

def grow(handle):
    global taken
    while taken < 2 * bait["memory"]:
        taken += os.write(handle, b"x" * (1 << 20))
        time.sleep(0.001)
    return f"{taken >> 20} MB"

attempt("a file in memory", lambda: grow(os.memfd_create("tir")))
attempt("System V", lambda: call(194 if arm else 29, 0, 2 * bait["memory"], 0o1600))
attempt("a secret file", lambda: call(447, 0))
finish()
""",
    ends=OUT_OF_MEMORY | ENDED,
    says="",
    timeout=20.0,
    keeps=False,
)

_PIPES = Attack(
    "memory-in-pipes-and-sockets",
    Wall.MEMORY,
    r"""
import fcntl
taken, held = 0, []
try:
    while taken < bait["memory"]:
        ends = os.pipe()
        held.append(ends)
        quietly(lambda: fcntl.fcntl(ends[1], 1031, 1 << 20))
        os.set_blocking(ends[1], False)
        taken += quietly(lambda: os.write(ends[1], b"x" * (1 << 20)), 0)
except OSError:
    pass
in_pipes, taken = taken, 0
for ends in held[:-20]:
    os.close(ends[0]), os.close(ends[1])
pairs = []
try:
    while taken < bait["memory"]:
        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        pairs += [left, right]
        left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
        left.setblocking(False)
        try:
            while taken < bait["memory"]:
                taken += left.send(b"x" * 32768)
        except BlockingIOError:
            pass
except OSError:
    pass
leak("pipes", in_pipes >= bait["memory"] and in_pipes)
leak("sockets", taken >= bait["memory"] and taken)
finish()
""",
    ends=OUT_OF_MEMORY | ENDED,
    says="",
    timeout=15.0,
    keeps=False,
    quick=False,
)

_NUMBER = Attack(
    "memory-in-one-step",
    Wall.MEMORY,
    r"""
for step in (lambda: bytearray(1 << 40), lambda: [0] * (1 << 38), lambda: 1 << (1 << 40)):
    tried += 1
    try:
        got_through("a terabyte", len(step()))
    except (MemoryError, OverflowError):
        pass
finish()
""",
)

MEMORY = (_NUMBER, _ONE_PROCESS, _CHILDREN, _SHARED, _FILE_IN_MEMORY, _PIPES)
