"""What can go wrong in our own machinery while it runs somebody's program.

    ExecutorError
    ├── ExecutorUnavailable   no session can be started on this machine
    └── SessionClosed         a closed session was asked to run something

A program that fails, hangs, or kills its interpreter is none of these: it is an
`Execution` with the matching `Status`. The exit codes belong to `tir.errors`.
"""


class ExecutorError(Exception):
    """Our machinery failed; the program is not to blame."""

    hint: str = "tir solve --help"

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        if hint:
            self.hint = hint


class ExecutorUnavailable(ExecutorError):
    """No session could be started: ipykernel is missing, or the kernel died at birth."""

    hint = "pip install ipykernel"


class SessionClosed(ExecutorError):
    """The session was closed before this call."""
