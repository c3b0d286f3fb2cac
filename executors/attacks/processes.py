"""Attempts to see, signal, slow down or change a process outside the session."""

from executors.attacks.attack import ENDED, KILLED, STOPPED, Attack
from executors.walls import Wall

_ENGINE = Attack(
    "reach-the-engine",
    Wall.PROCESSES,
    r"""
import resource, signal
engine = bait["engine"]
attempt("see it", lambda: os.listdir(f"/proc/{engine}"))
attempt("signal it", lambda: os.kill(engine, 0))
attempt("signal its group", lambda: os.killpg(bait["group"], 0))
attempt("its group", lambda: os.getpgid(engine))
attempt("its priority", lambda: os.setpriority(
    os.PRIO_PROCESS, engine, os.getpriority(os.PRIO_PROCESS, engine)))
attempt("its processors", lambda: os.sched_setaffinity(engine, os.sched_getaffinity(engine)))
attempt("its scheduler", lambda: os.sched_getscheduler(engine))
attempt("its limits", lambda: resource.prlimit(engine, resource.RLIMIT_NOFILE), ValueError)
attempt("a handle of it", lambda: os.pidfd_open(engine))
attempt("its memory", lambda: open(f"/proc/{engine}/mem", "rb"))
arm = platform.machine() == "aarch64"
attempt("its memory by number", lambda: call(270 if arm else 310, engine, None, 0, None, 0, 0))
attempt("its priority of disks", lambda: call(31 if arm else 252, 1, engine))
finish()
""",
)

_SCAN = Attack(
    "signal-every-number",
    Wall.PROCESSES,
    r"""
def signal_foreign(pid):
    os.kill(pid, 0)
    if os.getpgid(pid) == os.getpgrp():
        raise OSError("one of our own")

foreign = [pid for pid in pids() if bait["token"].encode() in
           quietly(lambda: open(f"/proc/{pid}/environ", "rb").read(), b"")]
leak("processes of ours", foreign)
for pid in range(2, 33000):
    attempt(f"process {pid}", lambda: signal_foreign(pid))
if os.getpid() != 1:
    attempt("process 1", lambda: os.kill(1, 0))
finish()
""",
)

_EVERYBODY = Attack(
    "kill-everybody",
    Wall.PROCESSES,
    r"""
import signal
attempt("signal the engine", lambda: os.kill(bait["engine"], 0))
if os.getpid() == 1:
    # Nobody else can be meant: all that it may signal is in its own namespace. Elsewhere there is
    # no harmless form: signal 0 to all succeeds also where each single one is refused.
    attempt("kill all", lambda: os.kill(-1, signal.SIGKILL))
finish()
""",
    ends=ENDED | KILLED,
    says="",
    keeps=False,
)

_GROUP = Attack(
    "kill-its-own-group",
    Wall.PROCESSES,
    r"""
import signal
# 0 means that the group was made outside of the namespace: then ours is in it, or a neighbour.
leak("the group is not the session's own", os.getpgrp() == 0 or os.getpgrp() == bait["group"])
leak("nor is the terminal's session", os.getsid(0) == 0)
if os.getpgrp() not in (0, bait["group"]) and os.getpgrp() in (os.getpid(), 1):
    os.kill(0, signal.SIGKILL)
finish()
""",
    ends=ENDED | KILLED,
    says="",
    keeps=False,
)

_SUICIDE = Attack(
    "signal-itself",
    Wall.PROCESSES,
    r"""
import signal
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1, signal.SIGCHLD):
    signal.signal(number, signal.SIG_IGN)
    os.kill(os.getpid(), number)
os.kill(os.getpid(), signal.SIGKILL)
finish()
""",
    ends=ENDED | KILLED,
    says="",
    keeps=False,
)

_FREEZE = Attack(
    "stop-itself",
    Wall.PROCESSES,
    r"""
import signal
os.kill(os.getpid(), signal.SIGSTOP)
os.kill(1, signal.SIGSTOP)
""",
    ends=ENDED | STOPPED | KILLED,
    says="",
    timeout=1.0,
    keeps=False,
    quick=False,
)

_SWAP = Attack(
    "see-whose-parent-it-is",
    Wall.PROCESSES,
    r"""
PR_SET_PTRACER, PR_SET_CHILD_SUBREAPER, PR_SET_DUMPABLE = 0x59616D61, 36, 4
libc.prctl(PR_SET_PTRACER, -1, 0, 0, 0)
libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
parent = os.getppid()
if parent > 0:
    attempt("signal its parent", lambda: os.kill(parent, 0))
    attempt("its parent's memory", lambda: open(f"/proc/{parent}/mem", "rb"))
    attempt("its parent's descriptors", lambda: os.listdir(f"/proc/{parent}/fd"))
tried += 1
finish()
""",
)

_NEIGHBOUR = Attack(
    "reach-a-neighbour",
    Wall.PROCESSES,
    r"""
victim = bait["victim"]
space = quietly(lambda: os.readlink("/proc/self/ns/pid"), "")
if space == victim["space"] and victim["pid"] != os.getpid():
    attempt("signal it", lambda: os.kill(victim["pid"], 0))
    attempt("its memory", lambda: open(f"/proc/{victim['pid']}/mem", "rb"))
    attempt("its variables", lambda: open(f"/proc/{victim['pid']}/environ", "rb").read())
    attempt("its priority", lambda: os.setpriority(os.PRIO_PROCESS, victim["pid"], 0))
leak("a process of its name", [pid for pid in pids() if victim["name"] in
                               quietly(lambda: open(f"/proc/{pid}/comm").read(), "")])
def connect(address):
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(address)
        return "connected"
attempt("its abstract socket", lambda: connect("\0" + victim["socket"]))
if victim["queue"] >= 0:
    arm = platform.machine() == "aarch64"
    attempt("its message queue", lambda: call(187 if arm else 71, victim["queue"], 2, bytes(200)))
finish()
""",
    victim=r"""
import json
name = "v" + bait["token"][-8:]
libc.prctl(15, name.encode(), 0, 0, 0)
mine = "neighbour-" + bait["token"]
try:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + mine)
    listener.listen()
except OSError:
    pass
arm = platform.machine() == "aarch64"
queue = quietly(lambda: call(186 if arm else 68, 0x7172, 0o1666), -1)
print(json.dumps({"pid": os.getpid(), "name": name, "socket": mine, "queue": queue,
                  "space": quietly(lambda: os.readlink("/proc/self/ns/pid"), "")}))
""",
)

_POISON = Attack(
    "poison-what-the-next-session-uses",
    Wall.PROCESSES,
    r"""
import builtins, math, sympy, json
math.pi = 4
math.sqrt = lambda number: 42
sympy.Integer.__add__ = lambda self, other: self
json.dumps = lambda *_, **__: "poisoned"
builtins.sum = lambda numbers: 13
sys.modules["fractions"] = None
os.environ["PYTHONPATH"] = "/nowhere"
# A small integer that all forks of one process share: 251 becomes 250 for whoever has this page.
ctypes.cast(id(251) + 24, ctypes.POINTER(ctypes.c_uint32))[0] = 250
""",
    verdict=r"""
import builtins, math, sympy, json, fractions
leak("math", math.pi > 3.5 or math.sqrt(4) != 2)
leak("sympy", sympy.Integer(2) + 2 != 4)
leak("json", json.dumps([1]) != "[1]")
leak("builtins", sum([1, 2]) != 3)
leak("a number", int("250") + 1 - 250 != 1)
leak("environment", os.environ.get("PYTHONPATH") == "/nowhere")
finish()
""",
    ends=ENDED | STOPPED | KILLED,
    says="",
    timeout=1.0,
    keeps=False,
    quick=False,
)

_CHANCE = Attack(
    "guess-a-neighbour's-random-numbers",
    Wall.PROCESSES,
    r"""
import random, secrets, uuid
import numpy
numbers = [random.random(), float(numpy.random.random()), secrets.token_hex(8), str(uuid.uuid4())]
leak("the same numbers", [each for each in bait["victim"] if each in numbers])
finish()
""",
    victim=r"""
import json, random, secrets, uuid
import numpy
print(json.dumps([random.random(), float(numpy.random.random()), secrets.token_hex(8),
                  str(uuid.uuid4())]))
""",
)

PROCESSES = (
    _ENGINE,
    _SCAN,
    _EVERYBODY,
    _GROUP,
    _SUICIDE,
    _SWAP,
    _NEIGHBOUR,
    _POISON,
    _CHANCE,
    _FREEZE,
)
