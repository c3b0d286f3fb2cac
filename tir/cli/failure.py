"""What ended a command early, as lines on stderr and an exit code. No traceback is shown."""

import errno
import os
import sys
import tempfile
import traceback

import click

from executors import ExecutorError
from tir.errors import EnvironmentFailed, ExitCode, TirError, from_executor
from tir.render.safe import one_line, visible


def report(error: BaseException) -> int:
    """Tells what happened and returns the exit code. Never raises for any `error`."""
    match error:
        case click.Abort() if not isinstance(error.__cause__, EOFError):
            return ExitCode.INTERRUPTED
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            return ExitCode.USAGE
        case click.UsageError():
            _say(_usage(error))
            return ExitCode.USAGE
        case click.ClickException():
            _say(error.format_message())
            return error.exit_code
        case TirError():
            _say(str(error))
            return error.exit_code
        case ExecutorError():
            return report(from_executor(error))
        case OSError(errno=errno.ENOSPC):
            return report(_disk_full())
        case _:
            return _unexpected(error)


def _disk_full() -> EnvironmentFailed:
    return EnvironmentFailed(
        "the output could not be written.",
        why="There is no space left on its device.",
        hint="df -h",
    )


def _usage(error: click.UsageError) -> str:
    """The three lines that every error has."""
    if error.ctx is None:
        return error.format_message()
    command = error.ctx.command_path
    hint = f"{command} --help"
    if isinstance(error, click.NoSuchOption) and not error.option_name.lstrip("-")[:1].isalpha():
        hint = 'tir solve -- "-5 + 3"   (a problem that begins with a dash)'
    return f"{error.format_message()}\n  {one_line(error.ctx.get_usage())}\n  Try: {hint}"


def _unexpected(error: BaseException) -> int:
    """A defect of ours: one line, and where the traceback is."""
    text = "".join(traceback.format_exception(error))
    what = f"unexpected {type(error).__name__}: {one_line(str(error))}"
    if os.environ.get("TIR_DEBUG", "0") not in ("", "0"):
        _write(f"{text}Error: {what}")
    else:
        _say(f"{what} (traceback: {_save(text)}; TIR_DEBUG=1 shows it)")
    return 1


def _save(text: str) -> str:
    """Writes the traceback where only the user can read it; returns the path, or why not."""
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            prefix="tir-",
            suffix=".traceback.txt",
            encoding="utf-8",
            errors="backslashreplace",
            delete=False,
        ) as file:
            file.write(text)
    except OSError as error:
        return f"not saved, {error.strerror}"
    return file.name


def _say(text: str) -> None:
    from tir.render.prose import fitted

    _write(fitted(f"Error: {text}", sys.stderr))


def _write(text: str) -> None:
    """On stderr, which may be gone as well: then there is nobody left to tell."""
    try:
        sys.stderr.write(f"{visible(text)}\n")
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
