"""Attempts to mislead or exhaust the engine's client by messages of the kernel's own."""

from executors.attacks.attack import ENDED, KILLED, STOPPED, Attack
from executors.execution import Status
from executors.walls import Wall

FAILED = frozenset({Status.ERROR})
ANY = ENDED | FAILED | KILLED | STOPPED

_TOOLS = r"""
import stat
kernel = get_ipython().kernel
session = kernel.session
parent = kernel.get_parent("shell")

def say(kind, content, parent=parent):
    session.send(kernel.iopub_socket, kind, content, parent=parent)

def signed(kind, content, parent=parent["header"]):
    frames = [session.pack(session.msg_header(kind)), session.pack(parent), b"{}", content]
    return [b"<IDS|MSG>", session.sign(frames), *frames]

def engine_sockets():
    '''Those that are connected to the engine, as bare descriptors.'''
    for number in handles():
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            found = socket.socket(fileno=os.dup(number))
            # A pair of our own has no name on either end.
            if quietly(found.getpeername) is not None and quietly(found.getsockname):
                found.setblocking(True)
                found.settimeout(0.3)
                yield found
"""


def _forge(
    name: str,
    program: str,
    ends: frozenset[Status] = ANY,
    *,
    says: str = "",
    keeps: bool = False,
    timeout: float = 5.0,
    linger: float = 0.0,
    quick: bool = True,
) -> Attack:
    """A program that speaks to the engine past its kernel."""
    return Attack(
        name,
        Wall.OUTPUT,
        _TOOLS + program,
        ends,
        says=says,
        keeps=keeps,
        timeout=timeout,
        linger=linger,
        quick=quick,
    )


_FORMS = r"""
for content in (b"[]", b"null", b"1", b'"text"', b"{", b"\xff\xfe", b"", b'{"text": 1}',
                b'{"name": [], "text": {}}', b'{"name": "stdout", "text": ' + b"9" * 5000 + b"}",
                b'{"execution_state": ["idle"]}', b'{"status": 7, "traceback": [{}]}',
                b'{"status": "error", "traceback": ["{\\"frames\\": [[1e999, 2]]}"]}',
                b'{"status": "error", "traceback": [7], "ename": 1, "evalue": 2}',
                b'{"data": [], "metadata": 1}', b'{"data": {"text/plain": 1}}', b"NaN",
                b"[" * 100000 + b"]" * 100000, b'{"a":' * 50000 + b"1" + b"}" * 50000):
    for kind in ("stream", "status", "execute_result", "display_data", "error", "execute_reply",
                 "execute_input", "iopub_welcome", "shutdown_reply", 7, None, "\0"):
        kernel.iopub_socket.send_multipart(signed(kind, content))
        kernel.iopub_socket.send_multipart(signed(kind, content, parent="text"))
        kernel.iopub_socket.send_multipart(signed(kind, content, parent=[1]))
for frames in ([b"x"], [b"<IDS|MSG>"], [b"<IDS|MSG>"] * 9, [b"", b""], [b"\xff" * 300],
               [b"<IDS|MSG>", b"bad", b"{}", b"{}", b"{}", b"{}"], [b"a"] * 500):
    kernel.iopub_socket.send_multipart(frames)
print("after")
"""

PROTOCOL = (
    _forge(
        "false-stream",
        r"""
say("stream", {"name": "stdout", "text": "of this cell\n"})
say("stream", {"name": "stdout", "text": "BROKEN: of another"}, {"header": {"msg_id": "other"}})
""",
        ENDED,
        keeps=True,
    ),
    _forge(
        "false-idle",
        r"""
say("status", {"execution_state": "idle"})
time.sleep(0.5)
print("after")
""",
        ENDED | FAILED,
        says="^after$",
        keeps=True,
    ),
    _forge(
        "false-reply-and-run-on",
        r"""
identity = kernel._get_shell_context_var(kernel._shell_parent_ident) \
    if hasattr(kernel, "_get_shell_context_var") else kernel.get_parent_ident("shell")
for stream in (kernel.shell_stream, getattr(kernel, "shell_stream", None)):
    session.send(stream, "execute_reply", {"status": "ok"}, parent=parent, ident=identity)
say("status", {"execution_state": "idle"})
time.sleep(2.0)
""",
        ANY,
        timeout=3.0,
        quick=False,
    ),
    _forge("messages-of-every-form", _FORMS, ENDED | FAILED | KILLED, timeout=10.0),
    _forge(
        "unsigned-and-large",
        r"""
kernel.iopub_socket.send_multipart([b"<IDS|MSG>"] + [b"x" * (24 << 20)] * 4)
time.sleep(0.3)
""",
        ENDED | KILLED,
    ),
    _forge(
        "signed-and-large",
        r"""
kernel.iopub_socket.send_multipart(signed("stream", b'{"text": "' + b"x" * (48 << 20) + b'"}'))
time.sleep(0.3)
""",
        ENDED | KILLED,
        quick=False,
    ),
    _forge(
        "many-parts",
        r"""
kernel.iopub_socket.send_multipart([b"x" * 100] * 200_000)
time.sleep(0.3)
""",
        ENDED | KILLED,
        quick=False,
    ),
    _forge(
        "many-messages",
        r"""
message = signed("stream", b'{"name": "stdout", "text": "' + b"x" * 1_000_000 + b'"}')
for _ in range(96):
    kernel.iopub_socket.send_multipart(message)
time.sleep(0.3)
""",
        ENDED | KILLED | STOPPED,
        timeout=10.0,
        quick=False,
    ),
    _forge(
        "many-messages-while-nobody-listens",
        r"""
message = signed("stream", b'{"name": "stdout", "text": "' + b"x" * 1_000_000 + b'"}')
def flood():
    time.sleep(0.1)
    for _ in range(96):
        kernel.iopub_socket.send_multipart(message)
threading.Thread(target=flood, daemon=True).start()
""",
        ENDED | KILLED,
        linger=1.0,
    ),
    _forge(
        "garbage-below-the-messages",
        r"""
for found in engine_sockets():
    quietly(lambda: found.send(b"\xff\x00garbage" * 1000))
time.sleep(0.3)
print("after")
""",
        ENDED | KILLED | STOPPED | FAILED,
        timeout=2.0,
        quick=False,
    ),
    _forge(
        "a-frame-as-large-as-the-world",
        r"""
for found in engine_sockets():
    quietly(lambda: found.send(b"\x02" + (2**63 - 1).to_bytes(8, "big") + b"x" * 65536))
time.sleep(0.3)
""",
        ENDED | KILLED | STOPPED | FAILED,
        timeout=2.0,
    ),
    _forge(
        "a-message-without-end",
        r"""
part = b"\x03" + (60000).to_bytes(8, "big") + b"x" * 60000
for found in engine_sockets():
    for _ in range(900):
        if quietly(lambda: found.sendall(part), 1):
            break
time.sleep(0.3)
""",
        ENDED | KILLED | STOPPED | FAILED,
        timeout=5.0,
    ),
    _forge(
        "small-parts-without-end",
        r"""
part = b"\x01\x00" * 30000
for found in engine_sockets():
    for _ in range(60):
        if quietly(lambda: found.sendall(part), 1):
            break
time.sleep(0.3)
""",
        ENDED | KILLED | STOPPED | FAILED,
        timeout=5.0,
        quick=False,
    ),
    _forge(
        "commands-below-the-messages",
        r"""
for found in engine_sockets():
    quietly(lambda: found.sendall(b"\x04\x0a\x05ERROR\x03bad" * 2000))
    quietly(lambda: found.sendall((b"\x04\x17\x04PING\x00\x10" + b"c" * 16) * 2000))
time.sleep(0.3)
""",
        ENDED | KILLED | STOPPED | FAILED,
        timeout=4.0,
        quick=False,
    ),
    _forge(
        "descriptors-for-the-engine",
        r"""
import array
own = [os.open("/dev/null", os.O_RDONLY) for _ in range(100)]
for found in engine_sockets():
    quietly(lambda: found.sendmsg([b"\x00"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                               array.array("i", own))]))
time.sleep(0.3)
""",
        ENDED | KILLED | STOPPED | FAILED,
        timeout=2.0,
        quick=False,
    ),
    _forge(
        "hang-up",
        r"""
for found in engine_sockets():
    quietly(lambda: found.shutdown(socket.SHUT_RDWR))
time.sleep(0.3)
""",
        KILLED | STOPPED | FAILED,
        timeout=2.0,
    ),
    _forge(
        "stop-listening",
        r"""
for found in engine_sockets():
    quietly(lambda: found.shutdown(socket.SHUT_RD))
time.sleep(0.3)
""",
        ENDED | KILLED | STOPPED | FAILED,
        timeout=2.0,
        quick=False,
    ),
    _forge(
        "close-its-sockets",
        r"""
kernel.iopub_socket.close()
kernel.shell_stream.close()
""",
        ANY,
        timeout=2.0,
        quick=False,
    ),
    _forge(
        "two-that-answer",
        r"""
os.fork()
print("both")
""",
        ENDED | FAILED | KILLED | STOPPED,
        timeout=2.0,
    ),
    _forge(
        "kernel-replaced",
        r"""
kernel.do_execute = None
kernel.execute_request = lambda *_: None
kernel.session.key = b"another"
""",
        ANY,
        timeout=1.0,
        quick=False,
    ),
    _forge(
        "no-more-replies",
        r"""
session.send = lambda *_, **__: None
print("quiet")
""",
        ANY,
        timeout=1.0,
        quick=False,
    ),
    _forge(
        "control",
        r"""
kernel.control_thread.io_loop.add_callback(time.sleep, 900)
kernel.iopub_thread.io_loop.add_callback(time.sleep, 900)
print("quiet")
""",
        ANY,
        timeout=1.0,
        quick=False,
    ),
)
