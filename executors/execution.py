"""What came of running one program, and the text of it that a model reads."""

from dataclasses import dataclass
from enum import StrEnum

OBSERVATION_LIMIT = 2000
"""Characters of one observation. Peers feed back 200 to 1000; a 4096-token context has room for
a matrix or a traceback, and 2000 characters are at most some 1000 tokens of digits."""

NOTHING_PRINTED = "[no output: the program printed nothing]"


class Status(StrEnum):
    """How an execution ended. Exactly one of these, never a set of flags."""

    OK = "ok"
    ERROR = "error"
    """The program raised; the session lives on."""
    TIMEOUT = "timeout"
    """The deadline passed; the session lives on only if the interrupt was obeyed."""
    MEMORY = "memory"
    DIED = "died"
    """The interpreter is gone and its state with it."""
    INTERRUPTED = "interrupted"
    """The caller cancelled."""


@dataclass(frozen=True, slots=True)
class CellError:
    """An exception raised by the program, trimmed to what helps to mend it."""

    name: str
    message: str
    frames: tuple[tuple[int, str], ...] = ()
    """(line number, source line) within the program itself, outermost first."""

    def __str__(self) -> str:
        where = [f"line {number}: {source.strip()}" for number, source in self.frames]
        return "\n".join([*where, f"{self.name}: {self.message}" if self.message else self.name])


@dataclass(frozen=True, slots=True)
class Execution:
    """The outcome of one program in one session. `seconds` is wall time."""

    status: Status
    stdout: str = ""
    stderr: str = ""
    result: str | None = None
    """repr of a bare last expression, as the interpreter shows it; None if there was none."""
    error: CellError | None = None
    seconds: float = 0.0
    truncated: bool = False
    """Output went past the session's cap and was dropped while it was read."""

    def observation(self, limit: int = OBSERVATION_LIMIT) -> str:
        """Exactly what the model reads: stdout, then the last value, then the trimmed error.

        At most about `limit` characters, cut in the middle with a mark; never empty.
        """
        parts = [self.stdout.rstrip("\n")] if self.stdout.strip() else []
        if self.result is not None:
            parts.append(self.result)
        if self.error is not None:
            parts.append(str(self.error))
        elif self.status is Status.TIMEOUT:
            parts.append(f"TimeoutError: the program was stopped after {self.seconds:.0f} s")
        elif self.status is Status.MEMORY:
            parts.append("MemoryError: the program used more memory than it may")
        elif self.status is Status.DIED:
            parts.append("SystemError: the interpreter died; all variables are lost")
        elif self.status is Status.INTERRUPTED:
            parts.append("KeyboardInterrupt: the program was interrupted")
        return cut_middle("\n".join(parts), limit) if parts else NOTHING_PRINTED


def cut_middle(text: str, limit: int) -> str:
    """`text` itself, or its head and tail with a mark that says how much is missing."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters cut ...]\n{text[-half:]}"
