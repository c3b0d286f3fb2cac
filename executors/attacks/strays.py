"""Attempts to leave something running: children that hide, that outlive, that come back."""

from executors.attacks.attack import ENDED, KILLED, STOPPED, Attack
from executors.execution import Status
from executors.walls import Wall

_DAEMONS = Attack(
    "daemons",
    Wall.STRAYS,
    r"""
import signal, subprocess
argument = [sys.executable, "-c", "import time; time.sleep(600)", bait["token"]]
subprocess.Popen(argument, start_new_session=True)
subprocess.Popen(argument, process_group=0, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 32):
            quietly(lambda: signal.signal(number, signal.SIG_IGN))
        if os.fork() == 0:
            os.closerange(0, 256)
            os.chdir("/")
            os.execve(sys.executable, argument, {})
        os._exit(0)
tried += 1
finish()
""",
)

_SWARM = Attack(
    "children-that-are-born-while-others-are-killed",
    Wall.STRAYS,
    r"""
until = time.monotonic() + 30.0
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        while time.monotonic() < until:
            # The parent ends and the child goes on under a new number.
            if quietly(os.fork, 0):
                os._exit(0)
            time.sleep(0.002)
        os._exit(0)
tried += 1
finish()
""",
)

_BURN = Attack(
    "children-that-burn",
    Wall.STRAYS,
    r"""
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setpgid(0, 0)
        while True:
            pass
while True:
    pass
""",
    STOPPED,
    says="",
    timeout=0.7,
    keeps=False,
    quick=False,
)

_STOPPED_CHILDREN = Attack(
    "children-that-are-stopped-or-traced",
    Wall.STRAYS,
    r"""
import signal
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        libc.ptrace(0, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(600)
        os._exit(0)
tried += 1
finish()
""",
)

_ORPHANS = Attack(
    "orphans-of-a-dead-session",
    Wall.STRAYS,
    r"""
import subprocess
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", bait["token"]],
                 start_new_session=True)
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
    os._exit(0)
time.sleep(0.1)
os._exit(0)
""",
    KILLED,
    says="",
    keeps=False,
)

_PARENT = Attack(
    "a-child-that-does-not-let-its-parent-go",
    Wall.STRAYS,
    r"""
# With vfork the parent sleeps in the kernel until the child ends.
arm = platform.machine() == "aarch64"
if not arm:
    pid = call(56, 0x4000 | 17, 0, 0, 0, 0)
    if pid == 0:
        while True:
            time.sleep(600)
tried += 1
finish()
""",
    ENDED | STOPPED | KILLED | {Status.ERROR},
    says="",
    timeout=1.0,
    keeps=False,
    quick=False,
)

STRAYS = (_DAEMONS, _SWARM, _BURN, _STOPPED_CHILDREN, _ORPHANS, _PARENT)
