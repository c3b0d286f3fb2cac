"""What Landlock takes from a process. The restricted one is always a child: there is no undoing."""

import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent, indent

import pytest

from executors.walls import Wall

if sys.platform != "linux":
    pytest.skip("Landlock is part of Linux", allow_module_level=True)

from executors.linux import landlock
from executors.linux.landlock import File

ROOT = Path(__file__).parent.parent
ABI = landlock.abi()
SYSTEM = [Path(path) for path in ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache")]
READABLE = [*SYSTEM, Path(sys.prefix), Path(sys.base_prefix)]
REFUSED = ("EACCES", "EPERM", "EXDEV")


def since(abi: int) -> pytest.MarkDecorator:
    return pytest.mark.skipif(abi > ABI, reason=f"needs Landlock ABI {abi}, this is {ABI}")


def inside(
    code: str, writable: Path, *arguments: object, readable: Sequence[Path] = READABLE
) -> str:
    """What a restricted interpreter makes of the code: "done", or the name of an OSError."""
    if not ABI:
        pytest.skip("this kernel has no Landlock")
    program = dedent(
        """
        import ctypes, errno, mmap, os, signal, socket, struct, subprocess, sys, threading
        from pathlib import Path
        from executors.linux.landlock import restrict
        *paths, writable = sys.argv.pop(1).split(":")
        own, arguments = Path(writable), sys.argv[1:]
        restrict([Path(path) for path in paths], [own])
        try:
        {}
        except OSError as error:
            print(errno.errorcode[error.errno])
        else:
            print("done")
        """
    ).format(indent(dedent(code), "    "))
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            ":".join(map(str, [*readable, writable])),
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join([str(ROOT), *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    directory = tmp_path / "own"
    directory.mkdir()
    return directory


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    directory = tmp_path / "outside"
    directory.mkdir()
    (directory / "secret").write_text("0123456789")
    return directory


@pytest.mark.parametrize(
    "code",
    [
        "(own / 'a').write_text('x'); assert (own / 'a').read_text() == 'x'; (own / 'a').unlink()",
        "(own / 'd').mkdir(); (own / 'a').touch(); (own / 'a').rename(own / 'a2')",
        "(own / 'l').symlink_to('x'); os.mkfifo(own / 'p'); (own / 'l').unlink()",
        "(own / 'a').write_text('xyz'); os.truncate(own / 'a', 1)",
        "Path('/dev/null').write_text('x'); assert len(open('/dev/urandom', 'rb').read(4)) == 4",
        "assert subprocess.run(['/bin/sh', '-c', 'exit 3']).returncode == 3",
        "import decimal, json, sqlite3; os.listdir('/usr')",
        "import socket; a, b = socket.socketpair(); a.send(b'x'); assert b.recv(1) == b'x'",
        "t = threading.Thread(target=print); t.start(); t.join()",
        "p = subprocess.Popen(['sleep', '60']); p.kill(); p.wait()",
    ],
)
def test_what_a_program_needs_is_left(own: Path, code: str) -> None:
    assert inside(code, own) == "done"


@since(2)
def test_files_move_between_own_directories(own: Path) -> None:
    code = "(own / 'd').mkdir(); (own / 'a').touch(); (own / 'a').rename(own / 'd' / 'a')"
    assert inside(code, own) == "done"


@pytest.mark.parametrize(
    "code",
    [
        "open(arguments[0] + '/secret').read()",
        "os.listdir(arguments[0])",
        "open(arguments[0] + '/new', 'w')",
        "open(arguments[0] + '/secret', 'a')",
        "os.remove(arguments[0] + '/secret')",
        "os.mkdir(arguments[0] + '/new')",
        "os.rename(arguments[0] + '/secret', own / 'mine')",
        "os.link(arguments[0] + '/secret', own / 'mine')",
        "os.symlink('/', arguments[0] + '/new')",
        "os.symlink(arguments[0], own / 'way'); open(own / 'way' / 'secret')",
        # A child's shell; it tells by its status.
        "if os.system(f'cat {arguments[0]}/secret'): raise PermissionError(errno.EACCES, '')",
        "open('/etc/passwd')",
        "open('/proc/self/environ')",
        "open(f'/proc/{os.getppid()}/environ')",
        "os.listdir('/')",
        "os.listdir('/proc')",
        "os.listdir('/dev')",
        "open('/dev/zero')",
        "open('/usr/new', 'w')",
        "open(os.__file__, 'a')",
        "os.remove(os.__file__)",
        "os.mknod(own / 'device', 0o20600, os.makedev(1, 3))",
        "os.open(own, os.O_TMPFILE | os.O_RDWR) and os.listdir(own.parent)",
        "threading.Thread(target=print).start(); open(arguments[0] + '/secret')",
    ],
)
def test_what_is_not_its_own_is_refused(own: Path, outside: Path, code: str) -> None:
    assert inside(code, own, outside) in REFUSED
    assert (outside / "secret").read_text() == "0123456789"
    assert list(outside.iterdir()) == [outside / "secret"]


@since(3)
@pytest.mark.parametrize(
    "code",
    [
        "os.truncate(arguments[0], 1)",
        # Opened for reading alone, which is allowed there, and emptied by that all the same.
        "os.open(arguments[0], os.O_RDONLY | os.O_TRUNC)",
    ],
)
def test_a_file_that_may_be_read_cannot_be_emptied(own: Path, outside: Path, code: str) -> None:
    secret = outside / "secret"
    assert inside(code, own, secret, readable=[*READABLE, outside]) in REFUSED
    assert secret.read_text() == "0123456789"


@since(4)
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_tcp_is_refused(own: Path, family: socket.AddressFamily) -> None:
    try:
        listening = socket.create_server(("localhost", 0), family=family)
    except OSError as error:
        pytest.skip(f"no such network here: {error}")
    with listening:
        address = listening.getsockname()[:2]
        connect = f"socket.socket({int(family)}).connect({address!r})"
        assert inside(connect, own) == "EACCES"
        bind = f"socket.socket({int(family)}).bind(({address[0]!r}, 0))"
        assert inside(bind, own) == "EACCES"


@since(6)
def test_abstract_sockets_of_others_are_refused_and_own_ones_are_not(own: Path) -> None:
    name = f"\0tir-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(name)
        listening.listen()
        assert inside(f"socket.socket(socket.AF_UNIX).connect({name!r})", own) == "EPERM"
    among_themselves = """
        server = socket.socket(socket.AF_UNIX)
        server.bind(chr(0) + f"tir-test-own-{os.getpid()}")
        server.listen()
        socket.socket(socket.AF_UNIX).connect(server.getsockname())
    """
    assert inside(among_themselves, own) == "done"


@since(6)
def test_signals_stay_inside(own: Path) -> None:
    assert inside("os.kill(os.getppid(), 0)", own) == "EPERM"
    assert inside("signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0)", own) == "EPERM"
    assert inside("os.kill(os.getpid(), 0)", own) == "done"


def test_the_gaps_that_are_told_are_there(own: Path, outside: Path) -> None:
    """Whoever reads the list can rely on it in this direction as well."""
    told = landlock.gaps(ABI, root=False, sockets=True, metadata=True)
    network = [gap.why for gap in told if gap.wall is Wall.NETWORK]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(outside / "socket"))
        listening.listen()
        connect = "socket.socket(socket.AF_UNIX).connect(arguments[0])"
        reached = inside(connect, own, outside / "socket") == "done"
    assert reached is any("by their path" in why for why in network)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiving:
        receiving.bind(("127.0.0.1", 0))
        send = f"socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', {receiving.getsockname()!r})"
        assert (inside(send, own) == "done") is any("UDP" in why for why in network)
    assert inside("os.chmod(arguments[0], 0o600)", own, outside / "secret") == "done"
    assert any("mode" in gap.why for gap in told if gap.wall is Wall.WRITES)


@since(1)
def test_the_callers_other_threads_are_not_restricted(outside: Path) -> None:
    """Why it has to come before the first thread."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            started, go = threading.Event(), threading.Event()
            read: list[str] = []

            def work() -> None:
                started.set()
                go.wait()
                read.append((outside / "secret").read_text())

            thread = threading.Thread(target=work)
            thread.start()
            started.wait()
            landlock.restrict([], [])
            go.set()
            thread.join()
            os.write(writer, struct.pack("?", bool(read)))
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with open(reader, "rb") as answer:
        assert struct.unpack("?", answer.read()) == (True,)


def test_missing_paths_are_passed_over_and_bad_ones_told(own: Path) -> None:
    assert inside("pass", own, readable=[*READABLE, Path("/no/such/path")]) == "done"
    bad = "restrict([Path('/usr/bin/env/x')], [])"
    assert inside(bad, own) == "ENOTDIR"


def test_seventeen_layers_are_too_many_and_that_is_said(own: Path) -> None:
    code = """
        try:
            for _ in range(20):
                restrict([own], [own])
        except OSError as error:
            assert str(error).startswith(f"[Errno {errno.E2BIG}] Landlock cannot restrict"), error
            raise
    """
    assert inside(code, own) == "E2BIG"


@pytest.mark.skipif(ABI > 0, reason="this kernel has Landlock")
def test_without_landlock_nothing_is_restricted_in_silence() -> None:
    with pytest.raises(OSError, match="absent"):
        landlock.restrict([], [])


def test_each_abi_withholds_what_it_knows_and_no_more() -> None:
    assert landlock.rights(1) == File(0x1FFF)
    assert landlock.rights(2) == File(0x3FFF)
    assert landlock.rights(4) == File(0x7FFF)
    assert landlock.rights(7) == File(0xFFFF)
    assert landlock.rights(9) == landlock.rights(10) == File(0x1FFFF)


def walls(abi: int, *, root: bool, sockets: bool) -> set[Wall]:
    return {gap.wall for gap in landlock.gaps(abi, root=root, sockets=sockets)}


def test_gaps_shrink_with_the_abi() -> None:
    assert {Wall.FILES, Wall.WRITES, Wall.NETWORK} < walls(0, root=True, sockets=False)
    for root in (True, False):
        for sockets in (True, False):
            counts = [len(landlock.gaps(abi, root=root, sockets=sockets)) for abi in range(1, 11)]
            assert counts == sorted(counts, reverse=True)
    assert Wall.NETWORK in walls(9, root=True, sockets=True)
    assert Wall.NETWORK not in walls(10, root=True, sockets=True)


def test_a_user_of_its_own_and_no_sockets_close_what_landlock_does_not() -> None:
    assert walls(1, root=True, sockets=False) == {Wall.DISK, Wall.PROCESSES}
    same = walls(5, root=False, sockets=False)
    assert same == {Wall.PROCESSES, Wall.TASKS, Wall.STRAYS, Wall.DISK}
