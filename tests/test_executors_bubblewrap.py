"""The room that bubblewrap makes, tried from inside."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest

if sys.platform != "linux":
    pytest.skip("bubblewrap is for Linux", allow_module_level=True)

from executors.linux import bubblewrap

INTERPRETER = [Path(sys.prefix), Path(sys.base_prefix)]
MISSING = bubblewrap.available()
if MISSING is not None:
    pytest.skip(MISSING, allow_module_level=True)


def inside(
    code: str, *arguments: str, readable: Sequence[Path] = (), pass_fds: Sequence[int] = ()
) -> str:
    """What an interpreter inside prints: of an error only its name."""
    program = f"""
import errno, os, socket, subprocess, sys
arguments = sys.argv[1:]
try:
    {dedent(code)}
except OSError as error:
    print(errno.errorcode.get(error.errno, error))
"""
    command = bubblewrap.command(
        [sys.executable, "-c", program, *arguments],
        [*INTERPRETER, *readable],
        {"COLOUR": "blue and green"},
        tmp_bytes=1 << 20,
    )
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, pass_fds=pass_fds, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("print(sorted(os.listdir('/proc')) and [n for n in os.listdir('/proc') if n.isdigit()])",
         "['1', '2']"),  # The first is bwrap, which reaps.
        ("print(os.environ['COLOUR'], sorted({*os.environ} - {'LC_CTYPE'}))",
         "blue and green ['COLOUR', 'PWD']"),
        ("print(os.getcwd())", "/tmp"),
        ("print(socket.gethostname())", "box"),
        ("open('/etc/passwd')", "ENOENT"),
        ("os.listdir('/home')", "ENOENT"),
        ("os.listdir('/sys')", "ENOENT"),
        ("print(sorted(os.listdir('/dev')))",
         "['fd', 'full', 'null', 'random', 'shm', 'urandom']"),
        ("open('/new', 'w')", "EROFS"),
        ("open('/dev/new', 'w')", "EROFS"),
        ("open('/etc/new', 'w')", "EROFS"),
        ("open('/usr/new', 'w')", "EROFS"),
        ("open(os.__file__, 'a')", "EROFS"),
        ("os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)", "EROFS"),
        ("os.open('/proc/self/oom_score_adj', os.O_WRONLY)", "EROFS"),
        ("open('/tmp/x', 'wb', 0).write(bytes(1 << 19)); print(os.path.getsize('/tmp/x'))",
         "524288"),
        ("[open(f'/tmp/{n}', 'wb', 0).write(bytes(1 << 20)) for n in range(2)]", "ENOSPC"),
        ("open('/dev/shm/x', 'wb', 0).write(bytes(1)); print('yes')", "yes"),
        ("[open(f'/dev/shm/{n}', 'wb', 0).write(bytes(9 << 20)) for n in range(3)]", "ENOSPC"),
        ("open('/dev/null', 'w').write('x'); print(len(os.urandom(3)))", "3"),
        ("socket.create_connection(('1.1.1.1', 53), 5)", "ENETUNREACH"),
        ("print(subprocess.run(['/bin/sh', '-c', 'exit 3']).returncode)", "3"),
        ("print([l for l in open('/proc/self/status') if l.startswith('CapEff')][0].split()[1])",
         "0000000000000000"),
        ("os.chroot('/tmp')", "EPERM"),
    ],
)  # fmt: skip
def test_what_it_looks_like_inside(code: str, told: str) -> None:
    # Where the owner of a file is not who asks, that is said first.
    assert inside(code) in ((told, "EACCES") if told == "EROFS" else (told,))


def test_a_secret_is_out_of_sight_and_a_given_directory_is_not(tmp_path: Path) -> None:
    for name in ("given", "secret"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    given, secret = tmp_path / "given", tmp_path / "secret"
    read = "print(open(arguments[0] + '/file').read())"
    assert inside(read, str(given), readable=[given]) == "given"
    assert inside(read, str(secret), readable=[given]) == "ENOENT"
    assert inside("open(arguments[0] + '/new', 'w')", str(given), readable=[given]) == "EROFS"
    assert inside("os.remove(arguments[0] + '/file')", str(given), readable=[given]) == "EROFS"


def test_names_that_look_like_options_are_names(tmp_path: Path) -> None:
    odd = tmp_path / "--bind a'\"\n(b)"
    odd.mkdir()
    (odd / "file").write_text("odd")
    assert inside("print(open(arguments[0] + '/file').read())", str(odd), readable=[odd]) == "odd"


def test_abstract_sockets_and_listeners_of_this_machine_are_out_of_reach() -> None:
    with socket.socket(socket.AF_UNIX) as listening, socket.create_server(("", 0)) as tcp:
        name = f"\0tir-test-{os.getpid()}"
        listening.bind(name)
        listening.listen()
        assert inside(f"socket.socket(socket.AF_UNIX).connect({name!r})") == "ECONNREFUSED"
        port = tcp.getsockname()[1]
        assert inside(f"socket.create_connection(('127.0.0.1', {port}))") == "ECONNREFUSED"


def test_descriptors_pass_through_and_sockets_in_them_work() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        code = f"socket.socket(fileno={theirs.fileno()}).sendall(b'hello')"
        assert inside(code, pass_fds=[theirs.fileno()]) == ""
        assert ours.recv(16) == b"hello"


def test_killing_bwrap_ends_what_is_inside(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    code = f"import os, time; os.write({writer}, b'up'); time.sleep(60)"
    command = bubblewrap.command([sys.executable, "-c", code], INTERPRETER, {})
    with subprocess.Popen(command, pass_fds=[writer]) as process:
        os.close(writer)
        assert os.read(reader, 2) == b"up"
        process.send_signal(signal.SIGKILL)
        began = time.monotonic()
        # The end of the pipe: nobody is left who holds its other end.
        assert os.read(reader, 1) == b""
        assert time.monotonic() - began < 5
    os.close(reader)


def test_why_it_cannot_be_had_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bubblewrap.available() == "bwrap is not installed: sudo apt install bubblewrap"
    refusing = tmp_path / "bwrap"
    refusing.write_text(
        "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1"
    )
    refusing.chmod(0o755)
    told = bubblewrap.available()
    assert told == "bwrap does not work here: bwrap: setting up uid map: Permission denied"
