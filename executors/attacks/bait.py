"""What the attacks are after, laid out on our side: secrets, listeners, and who touched them."""

import contextlib
import os
import secrets
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Self

from executors.base import Limits

SHIFT = 77
"""The secret variable is told to programs shifted by this, so that none holds a copy of it."""
SOCKETS = ("socket", "letters")
CONTENT = "of nobody's business\n"


class Bait:
    """A context manager: files, a variable and listeners that no program may reach.

    The files can be read by everybody, so that nothing but the sandbox is between them and a
    program. All of them bear `token` in their names, and so does what attacks leave behind.
    """

    def __init__(self) -> None:
        self.token = f"tir{secrets.token_hex(8)}"
        self.variable = f"SECRET_{self.token.upper()}"
        self._secret = secrets.token_hex(24)
        self._files: list[Path] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            for folder in {Path.home(), Path.cwd(), Path(tempfile.gettempdir())}:
                # One that we may not write ourselves holds no bait.
                with contextlib.suppress(OSError):
                    self._files.append(self._lay(stack, folder))
            # The address of a socket holds no more than 107 characters.
            shortest = min(self._files, key=lambda file: len(str(file)))
            self._tcp = stack.enter_context(socket.socket())
            self._tcp.bind(("127.0.0.1", 0))
            self._udp = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            self._udp.bind(("127.0.0.1", 0))
            self._path = stack.enter_context(socket.socket(socket.AF_UNIX))
            self._path.bind(str(shortest.with_name("socket")))
            self._letters = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            self._letters.bind(str(shortest.with_name("letters")))
            self._abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
            self._abstract.bind(f"\0{self.token}")
            for listener in (self._tcp, self._path, self._abstract):
                listener.listen()
            for each in (self._tcp, self._udp, self._path, self._letters, self._abstract):
                each.setblocking(False)
            os.environ[self.variable] = self._secret
            stack.callback(os.environ.pop, self.variable, None)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def facts(self, limits: Limits) -> dict[str, object]:
        """What programs are told, so that they need not search: a good attacker would know."""
        return {
            "token": self.token,
            "secrets": [str(file) for file in self._files],
            "home": str(Path.home()),
            "folder": str(Path.cwd()),
            "port": self._tcp.getsockname()[1],
            "datagrams": self._udp.getsockname()[1],
            "abstract": self.token,
            "socket": self._path.getsockname(),
            "letters": self._letters.getsockname(),
            "variable": self.variable,
            "shifted": bytes((each + SHIFT) % 256 for each in self._secret.encode()).hex(),
            "engine": os.getpid(),
            "group": os.getpgrp(),
            "memory": limits.memory_bytes,
            "disk": limits.disk_bytes,
            "files": limits.files,
            "tasks": limits.tasks,
        }

    def touched(self) -> list[str]:
        """What came through since the last call, seen from here. Puts it right again."""
        found = []
        for name, listener in (
            ("a port", self._tcp),
            ("a socket's path", self._path),
            ("a socket's abstract name", self._abstract),
        ):
            with contextlib.suppress(OSError):
                while True:
                    listener.accept()[0].close()
                    found.append(f"a connection came in by {name}")
        for receiver in (self._udp, self._letters):
            with contextlib.suppress(OSError):
                while receiver.recv(64):
                    found.append("a datagram came in")
        for file in self._files:
            if complaint := self._restored(file):
                found.append(f"{file}: {complaint}")
        return [*dict.fromkeys(found), *self._left_behind()]

    def _lay(self, stack: contextlib.ExitStack, folder: Path) -> Path:
        made = Path(tempfile.mkdtemp(prefix=f".{self.token}-", dir=folder))
        stack.callback(shutil.rmtree, made, ignore_errors=True)
        made.chmod(0o755)
        file = made / f"{self.token}.txt"
        self._write(file)
        return file

    def _write(self, file: Path) -> None:
        file.write_text(CONTENT, encoding="ascii")
        file.chmod(0o644)
        os.utime(file, (1_000_000_000, 1_000_000_000))

    def _restored(self, file: Path) -> str:
        complaint = ""
        try:
            seen = file.stat()
            if file.read_text(encoding="ascii") != CONTENT:
                complaint = "its content changed"
            elif seen.st_mode & 0o777 != 0o644 or seen.st_mtime != 1_000_000_000:
                complaint = "its mode or time changed"
            elif others := {entry.name for entry in file.parent.iterdir()} - {file.name, *SOCKETS}:
                complaint = f"{others.pop()} lies beside it"
        except OSError as error:
            complaint = f"{error.strerror}"
        if complaint:
            file.parent.mkdir(exist_ok=True)
            file.parent.chmod(0o755)
            # Anew: it may have got attributes, or be something else by now.
            file.unlink(missing_ok=True)
            self._write(file)
        return complaint

    def _left_behind(self) -> list[str]:
        """Files of the token's name that a program made outside of its session's directory."""
        shared = ["/", "/etc", "/usr", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/dev", "/root"]
        shared += [tempfile.gettempdir(), str(Path.home()), str(Path.cwd())]
        found = []
        for folder in sorted(set(shared)):
            path = Path(folder, self.token)
            if os.path.lexists(path):
                found.append(f"a program made {path}")
                with contextlib.suppress(OSError):
                    path.rmdir() if path.is_dir() else path.unlink()
        return found
