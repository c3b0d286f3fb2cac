"""The seam between whoever wants a program run and whatever runs it."""

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from executors.execution import Execution
from executors.walls import Isolation


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one session. Seconds and bytes."""

    seconds: float = 10.0
    """Wall time of one program when the caller names none."""
    grace: float = 1.0
    """Time an interrupted program has to give way before its interpreter is killed."""
    output_bytes: int = 200_000
    """stdout, stderr and result together; enforced while reading, so a flood costs no memory."""
    start_seconds: float = 60.0
    """Time a session has to come up. A cold kernel takes about 1 s, 10 s on a loaded machine."""
    memory_bytes: int = 1 << 30
    """Memory of the whole session, all its processes together, shared pages counted once."""
    process_bytes: int = 2 << 30
    """Address space of one process: what it may ask for, used or not."""
    cpu_seconds: int = 120
    """Processor time of one process over the life of the session."""
    tasks: int = 64
    """Processes and threads of the session; the interpreter itself has about ten."""
    disk_bytes: int = 64 << 20
    """What the session's own directory holds."""
    files: int = 4096
    """How many files it holds."""


@runtime_checkable
class Session(Protocol):
    """One isolated interpreter state. Programs run one after another and share that state."""

    async def execute(self, code: str, *, timeout: float | None = None) -> Execution:
        """Run one program. A failing program is an `Execution`, never an exception.

        After `TIMEOUT` with a killed interpreter, or `DIED`, the next call starts from a fresh
        state in the same session. Cancelling the call interrupts the program.

        Raises:
            SessionClosed: the session is closed.
            ExecutorUnavailable: the interpreter had died and no new one could be started.
        """
        ...

    async def fork(self) -> "Session":
        """A second session with the same state; changes in one are not seen in the other."""
        ...

    async def close(self) -> None:
        """Kill the interpreter and everything it started. Idempotent."""
        ...


@runtime_checkable
class Executor(Protocol):
    """Makes sessions. Used as an async context manager; leaving it closes every session."""

    @property
    def isolation(self) -> Isolation | None:
        """What programs are held by; None while it is not known, and where none is run."""
        ...

    async def session(self) -> Session:
        """A fresh session that shares nothing with any other.

        Raises:
            ExecutorUnavailable: none can be started on this machine.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
