"""What the students' commands share: the problem, who solves it, and where that is kept."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import IO, TYPE_CHECKING, Any

import click

from tir.cli.options import budget_options, model_options
from tir.models.options import LoadOptions
from tir.policy import Policy

if TYPE_CHECKING:
    from tir.render.math.glyphs import Charset
    from tir.solution import Solution

Command = Callable[..., Any]


def history_option(command: Command) -> Command:
    """Adds `--history/--no-history`; the command gets `history: bool`."""
    return click.option(
        "--history/--no-history",
        default=True,
        help="Whether to keep what is solved on this machine (the default).",
    )(command)


def desk_options(command: Command) -> Command:
    """Adds the options of whoever solves silently; the command gets `desk: Desk`."""

    @wraps(command)
    def collected(
        *arguments: Any,
        model: str,
        options: LoadOptions,
        policy: Policy,
        history: bool,
        unsafe_no_sandbox: bool,
        **others: Any,
    ) -> Any:
        from tir.students.history import History
        from tir.students.silent import Desk

        desk = Desk(model, options, policy, History() if history else None, unsafe_no_sandbox)
        return command(*arguments, desk=desk, **others)

    unsafe = click.option(
        "--unsafe-no-sandbox",
        is_flag=True,
        help="Run programs as you, with your files and network.",
    )
    return model_options(budget_options(history_option(unsafe(collected))))


def keep(solution: "Solution", model: str, options: LoadOptions) -> None:
    """Puts a solution into the history. That it cannot is said, and no failure of the solve."""
    from tir.errors import TirError
    from tir.students.history import History, key_of

    try:
        History().add(key_of(solution.problem, model, options), solution)
    except TirError as error:
        click.echo(f"Not kept: {error}", err=True)


@contextlib.contextmanager
def out_of_sight(*, quiet: bool = False) -> Iterator[None]:
    """While a problem is solved silently: a word about it on a terminal, nothing on stdout."""
    said = not quiet and sys.stderr.isatty()
    if said:
        click.echo("Solving it first, out of sight ...", nl=False, err=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        if said:
            clears = os.environ.get("TERM", "dumb") != "dumb"
            click.echo("\r\x1b[K" if clears else "", nl=not clears, err=True)


def typeset(
    text: str, stream: IO[str], *, ascii_only: bool = False, indent: str = "  ", prose: bool = True
) -> None:
    """Writes a text, indented: on a terminal with its mathematics laid out, into a pipe as it is.

    What is no `prose`, such as a program, keeps its lines.
    """
    from tir.render.flow import Flow, Manner
    from tir.render.live import window
    from tir.render.typesetter import Typesetter

    if not stream.isatty():
        from tir.render.safe import visible

        stream.write("".join(f"{indent}{line}\n" for line in visible(text).splitlines()))
        return
    flow = Flow(stream, window(stream).columns)
    manner = Manner(indent, str, prose=prose)
    if prose:
        setter = Typesetter(flow, manner, _charset(stream, ascii_only))
        setter.write(text)
        setter.end()
    else:
        flow.write(text, manner)
    flow.end()
    flow.flush()


def flat(text: str, stream: IO[str], *, ascii_only: bool = False) -> str:
    """A text in one line with its formulas readable on a terminal, as its source elsewhere."""
    from tir.render.safe import one_line

    if not stream.isatty():
        return one_line(text)
    from tir.render.math.document import flat_answer

    return flat_answer(text, _charset(stream, ascii_only))


def _charset(stream: IO[str], ascii_only: bool) -> "Charset":
    from tir.render.math.glyphs import Charset

    try:
        "√│".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return Charset.ASCII
    return Charset.ASCII if ascii_only else Charset.UNICODE
