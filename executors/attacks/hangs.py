"""Attempts to run past the deadline, or to leave the session unable to answer."""

from executors.attacks.attack import ENDED, KILLED, STOPPED, Attack
from executors.execution import Status
from executors.walls import Wall

FAILED = frozenset({Status.ERROR})
SHORT = 0.7
PROMPT = 5.0
"""Seconds. No program that ends at once will ever get there."""


def _hang(name: str, program: str, *, keeps: bool = True, quick: bool = False) -> Attack:
    """A program that would never end. `keeps`: the interrupt is enough."""
    return Attack(
        name, Wall.CPU, program, STOPPED, says="", timeout=SHORT, keeps=keeps, quick=quick
    )


def _trip(
    name: str,
    program: str,
    ends: frozenset[Status] = ENDED | FAILED | KILLED,
    *,
    keeps: bool = True,
    timeout: float = PROMPT,
) -> Attack:
    """A program that breaks what would answer for it."""
    # A short deadline is one that is meant to be waited for.
    quick = timeout >= PROMPT
    return Attack(name, Wall.CPU, program, ends, says="", timeout=timeout, keeps=keeps, quick=quick)


_STUBBORN = r"""
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
"""

HANGS = (
    _hang("loop", "while True: pass", quick=True),
    _hang("loop-in-c", "sum(range(10**12))", keeps=False, quick=True),
    _hang("loop-with-interrupts-ignored", _STUBBORN + "while True: pass", keeps=False),
    _hang("sleep", "time.sleep(1000)"),
    _hang("power", "len(str(pow(7, 10**9)))", keeps=False),
    _hang("pattern", "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')", keeps=False),
    _hang(
        "loop-that-catches-everything",
        "def stay():\n    while True:\n        try:\n            while True: pass\n"
        "        except BaseException: pass\nstay()",
        keeps=False,
    ),
    _hang(
        "signals-blocked",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        keeps=False,
    ),
    _hang("lock", "lock = threading.Lock()\nlock.acquire()\nlock.acquire()"),
    _hang("await", "import asyncio\nawait asyncio.Event().wait()"),
    _hang("pipe", "os.read(os.pipe()[0], 1)"),
    _hang("join", "t = threading.Thread(target=time.sleep, args=(900,)); t.start(); t.join()"),
    _hang("wait-for-child", "import subprocess\nsubprocess.run(['sleep', '900'])", keeps=False),
    _hang(
        "child-that-ignores-signals",
        "import subprocess\nsubprocess.run([sys.executable, '-c', 'import signal, time\\n"
        "for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\\ntime.sleep(900)'])",
        keeps=False,
    ),
    _hang(
        "stubborn-while-closing",
        "import atexit, weakref\natexit.register(time.sleep, 900)\n"
        "weakref.finalize(sys.modules['os'], time.sleep, 900)\n" + _STUBBORN + "time.sleep(900)\n"
        "while True: pass",
        keeps=False,
    ),
    _trip(
        "hang-after-the-cell",
        "import asyncio\ndef hang():\n    while True: pass\n"
        "asyncio.get_event_loop().call_soon(hang)\nprint('done')",
        ENDED | STOPPED | KILLED,
        keeps=False,
        timeout=3.0,
    ),
    _trip(
        "alarm-after-the-cell",
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_DFL)\nsignal.setitimer("
        "signal.ITIMER_REAL, 0.05)\nprint('done')",
        ENDED | KILLED,
        keeps=False,
    ),
    _trip("exit", "os._exit(0)", KILLED, keeps=False),
    _trip("exit-politely", "sys.exit(3)", FAILED | ENDED),
    _trip("quit", "quit()", FAILED | ENDED),
    _trip("segfault", "ctypes.string_at(0)", KILLED, keeps=False),
    _trip("abort", "os.abort()", KILLED | ENDED, keeps=False),
    _trip("close-all-descriptors", "os.closerange(0, 1024)", KILLED | STOPPED, keeps=False),
    _trip("exec", "os.execv(sys.executable, [sys.executable, '-c', '1'])", KILLED, keeps=False),
    _trip(
        "exec-something-that-stays",
        "os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(900)'])",
        KILLED | STOPPED,
        keeps=False,
        timeout=1.0,
    ),
    _trip("recursion", "def f(n): return f(n + 1)\nf(0)", FAILED),
    _trip(
        "recursion-without-limit",
        "sys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)",
        FAILED | KILLED | STOPPED | {Status.MEMORY},
        keeps=False,
        timeout=1.5,
    ),
    _trip(
        "recursion-in-c",
        "sys.setrecursionlimit(10**9)\nl = []\nfor _ in range(10**6): l = [l]\nrepr(l)",
        FAILED | KILLED | STOPPED,
        keeps=False,
        timeout=3.0,
    ),
    _trip(
        "no-builtins",
        "import builtins\nfor name in list(vars(builtins)):\n    delattr(builtins, name)",
        ENDED | FAILED | KILLED | STOPPED,
        keeps=False,
        timeout=1.0,
    ),
    _trip("no-streams", "sys.stdout = sys.stderr = None\nprint(1)\n1 / 0", FAILED),
    _trip(
        "false-streams",
        "class Silent:\n    def write(self, text): pass\n    def flush(self): raise OSError\n"
        "sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Silent()\nprint(1)",
        ENDED | FAILED,
    ),
    _trip("closed-streams", "sys.stdout.close()\nsys.stderr.close()\nprint(1)"),
    _trip("input", "input('give: ')", FAILED),
    _trip("password", "import getpass\ngetpass.getpass()", FAILED),
    _trip("read-input", "print(repr(sys.stdin.read()))", ENDED | FAILED),
    _trip(
        "no-modules",
        "sys.modules.clear()",
        ENDED | FAILED | KILLED | STOPPED,
        keeps=False,
        timeout=1.0,
    ),
    _trip(
        "limits-of-its-own",
        "import resource\nfor kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS):\n"
        "    resource.setrlimit(kind, (1, resource.getrlimit(kind)[1]))\nopen('x', 'w')",
        FAILED | KILLED | STOPPED | {Status.MEMORY},
        keeps=False,
        timeout=1.0,
    ),
    _trip(
        "cpu-limit-of-its-own",
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass",
        KILLED | STOPPED,
        keeps=False,
        timeout=3.0,
    ),
    _trip(
        "dump-core",
        "import resource\ntry: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))\n"
        "except ValueError: pass\nimport signal\nsignal.signal(signal.SIGQUIT, signal.SIG_DFL)\n"
        "ctypes.memset(0, 1, 1)",
        KILLED,
        keeps=False,
    ),
)
