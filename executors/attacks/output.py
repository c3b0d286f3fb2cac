"""Attempts to flood the engine by all that a program can say."""

from executors.attacks.attack import ENDED, KILLED, STOPPED, Attack
from executors.execution import Status
from executors.walls import Wall

FAILED = frozenset({Status.ERROR})
ANY = ENDED | FAILED | KILLED | STOPPED | {Status.MEMORY}


def _flood(
    name: str,
    program: str,
    ends: frozenset[Status] = ENDED,
    *,
    loud: bool = True,
    keeps: bool = True,
    timeout: float = 10.0,
    quick: bool = True,
    linger: float = 0.0,
) -> Attack:
    """A program that says more than anybody wants to hear."""
    return Attack(
        name,
        Wall.OUTPUT,
        program,
        ends,
        says="",
        loud=loud,
        keeps=keeps,
        timeout=timeout,
        quick=quick,
        linger=linger,
    )


OUTPUT = (
    _flood("print-at-once", "print('x' * (64 << 20))"),
    _flood("print-on-stderr", "sys.stderr.write('x' * (64 << 20)) and None"),
    _flood("print-in-a-loop", "for _ in range(1 << 10): print('x' * 65535)"),
    _flood(
        "print-many-lines",
        "for number in range(50_000): print(number, flush=True)",
        ENDED | STOPPED,
        quick=False,
        timeout=20.0,
    ),
    _flood(
        "print-on-both",
        "for _ in range(1 << 9):\n    print('x' * 65535)\n    print('y' * 65535, file=sys.stderr)",
    ),
    _flood(
        "write-to-descriptor",
        "text = b'y' * 65536\nfor _ in range(512): os.write(1, text)",
        ENDED | STOPPED | KILLED,
        keeps=False,
        timeout=20.0,
        quick=False,
    ),
    _flood(
        "write-from-a-child",
        "import subprocess\nsubprocess.run([sys.executable, '-c', "
        "\"import sys\\nfor _ in range(256): sys.stdout.write('z' * 65536)\"])\nprint('end')",
        ENDED | STOPPED | KILLED,
        loud=False,
        keeps=False,
        timeout=20.0,
        quick=False,
    ),
    _flood("a-large-value", "'z' * (64 << 20)"),
    _flood(
        "a-large-description",
        "class Large:\n    def __repr__(self): return 'q' * (64 << 20)\nLarge()",
    ),
    _flood(
        "display",
        "from IPython.display import display\nclass Large:\n"
        "    def __repr__(self): return 'q' * (64 << 20)\ndisplay(Large())",
    ),
    _flood(
        "display-often",
        "from IPython.display import display\nfor _ in range(400): display('q' * 4000)",
    ),
    _flood(
        "display-raw",
        "from IPython.display import publish_display_data, clear_output\n"
        "publish_display_data({'text/plain': 'q' * (24 << 20)})\n"
        "publish_display_data({'text/html': 'q' * (24 << 20)})\n"
        "publish_display_data({'text/plain': 'x'}, metadata={'q': 'q' * (24 << 20)})",
        ANY - {Status.TIMEOUT},
        loud=False,
        keeps=False,
    ),
    _flood(
        "rich-values",
        "class Rich:\n    def _repr_html_(self): return 'h' * (24 << 20)\n"
        "    def _repr_mimebundle_(self, **_): return {'text/plain': 'm' * (24 << 20)}\n"
        "    def _ipython_display_(self): print('d' * (24 << 20))\nRich()",
    ),
    _flood("a-large-error", "raise ValueError('v' * (64 << 20))", FAILED, loud=False),
    _flood(
        "an-error-of-a-large-name",
        "raise type('E' * (24 << 20), (Exception,), {})('x')",
        FAILED,
        loud=False,
    ),
    _flood(
        "an-error-of-large-source",
        "source = 'x = 1; ' * (1 << 20) + 'raise ValueError(1)'\n"
        "import linecache\nname = get_ipython().compile.cache(source)\n"
        "exec(compile(source.replace('x = 1; ', '', 1 << 20), name, 'exec'))",
        FAILED,
        loud=False,
        quick=False,
    ),
    _flood(
        "an-error-that-lies",
        "class Lies(SyntaxError):\n    def __str__(self): raise SystemExit\n"
        "error = Lies('x', ('f', 10**5000, 0, 'y' * (24 << 20)))\n"
        "error.lineno = 10**5000\nerror.text = 'y' * (24 << 20)\nerror.msg = ['z'] * 1000\n"
        "raise error",
        FAILED | KILLED,
        loud=False,
        keeps=False,
    ),
    _flood(
        "an-error-without-end",
        "error = None\nfor number in range(3000):\n    new = ValueError(number)\n"
        "    new.__context__ = new.__cause__ = error\n    error = new\nraise error",
        FAILED,
        loud=False,
    ),
    _flood(
        "a-large-reply",
        "get_ipython().set_next_input('n' * (24 << 20))",
        ANY - {Status.TIMEOUT},
        loud=False,
        keeps=False,
    ),
    _flood(
        "a-large-payload",
        "get_ipython().payload_manager.write_payload({'source': 'x', 'd': 'p' * (24 << 20)})",
        ANY - {Status.TIMEOUT},
        loud=False,
        keeps=False,
    ),
    _flood(
        "characters-that-are-none",
        "print('\\ud800')",
        FAILED | ENDED,
        loud=False,
    ),
    _flood(
        "orders-to-a-terminal",
        "print('\\x1b]0;owned\\x07\\x1b[2J\\r\\x9b31m\\u202e')",
        loud=False,
    ),
    _flood("fences", "print('\\0' * 1000)\nos.write(1, b'\\0' * 1000)", loud=False),
    _flood(
        "a-full-pipe-for-output",
        "reader, writer = os.pipe()\nos.set_blocking(writer, False)\n"
        "quietly(lambda: [os.write(writer, b'x' * 4096) for _ in range(10**6)])\n"
        "os.set_blocking(writer, True)\nos.dup2(writer, 1)\nos.dup2(writer, 2)\nprint('done')",
        ENDED | STOPPED | KILLED,
        loud=False,
        keeps=False,
        timeout=2.0,
        quick=False,
    ),
    _flood(
        "talk-after-the-cell",
        # The first words come when the cell is over for certain, on a busy machine too.
        "def talk():\n    time.sleep(0.3)\n    for number in range(40):\n"
        "        time.sleep(0.01)\n        print('BROKEN: late', number)\n"
        "threading.Thread(target=talk).start()\nprint('done')",
        loud=False,
        linger=0.6,
    ),
)
