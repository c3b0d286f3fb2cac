"""What stops a command, what it means, and the exit code it carries.

    TirError                    1  nothing more precise is known
    ├── NoHints                 1  no answer was found that hints could lead to
    ├── NoVariants              1  the problem cannot be given other numbers
    ├── NotRepeatable           1  programs of a solution do not come out as they did
    ├── OutputChanged           1  the same, when a solution is written as a notebook
    ├── BadInput                2  the problem, file or option cannot be used
    │   └── ContextTooShort     2  the problem does not fit into what the model can read
    └── EnvironmentFailed       3  this machine cannot do it as it is
        ├── ModelNotFound       3  no model of that name is here
        ├── ModelDoesNotFit     3  it needs more memory than there is
        ├── ModelBroken         3  its files are incomplete or do not load
        ├── ConfigBroken        3  the file of settings cannot be used
        ├── SolverLost          3  a cluster that solved problems is gone
        ├── EndpointFailed      3  the server cannot be reached, locks us out, or speaks otherwise
        └── KernelFailed        3  no Python kernel can be started, or none behind walls

A program that a model wrote and that fails is none of these: it is an `Execution`.
Exit codes of a finished command are in `ExitCode`. Every error prints as three lines: what
happened, why, and what to type next.
"""

from enum import IntEnum
from importlib import import_module

from executors.errors import ExecutorError
from problems.shown import ARTIST


class ExitCode(IntEnum):
    """What `tir` returns to the shell."""

    ANSWERED = 0
    NO_ANSWER = 1
    USAGE = 2
    ENVIRONMENT = 3
    UNDECIDED = 4
    """An answer that a sound check rejects, or a run that failed in part."""
    INTERRUPTED = 130


class TirError(Exception):
    """The command cannot go on. `str()` gives the three lines."""

    exit_code: ExitCode = ExitCode.NO_ANSWER

    def __init__(self, what: str, *, why: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\n  {self.why}\n  Try: {self.hint}"

    def _render_traceback_(self) -> list[str]:
        """What IPython shows for it, in a notebook above all: the three lines, no traceback."""
        lines: list[str] = import_module(ARTIST).card(self)
        return lines


class BadInput(TirError):
    """The problem, file or option cannot be used."""

    exit_code = ExitCode.USAGE


class ContextTooShort(BadInput):
    """The problem does not fit into what the model can read."""


class EnvironmentFailed(TirError):
    """This machine cannot do it as it is."""

    exit_code = ExitCode.ENVIRONMENT


class ModelNotFound(EnvironmentFailed):
    """No model of that name is on this machine."""


class ModelDoesNotFit(EnvironmentFailed):
    """The model needs more memory than is free."""


class ModelBroken(EnvironmentFailed):
    """The model's folder is incomplete, or its weights do not load."""


class EndpointFailed(EnvironmentFailed):
    """A server cannot be reached, does not let us in, or does not keep to the protocol."""


class KernelFailed(EnvironmentFailed):
    """No Python kernel can be started, or none behind walls."""


def from_executor(error: ExecutorError) -> KernelFailed:
    """An executor's failure as an error that a command can end with."""
    why = error.why or "the executor gave no reason"
    return KernelFailed(error.what, why=why, hint=error.hint)
