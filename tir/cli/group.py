"""A click group that imports commands on use, takes a bare problem, and ends with our codes."""

import io
import os
import re
import select
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

import click

CLOSED_PIPE = 141
"""128 + SIGPIPE: what the shell reports of any program whose reader went away."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
"""What a name of a command looks like. Anything else in its place, such as "2+2", is a problem."""


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Where a command is found, and the line about it that `--help` shows without looking."""

    name: str
    target: str
    """"module:attribute"."""
    summary: str


class LazyGroup(click.Group):
    """`default` is the command that takes a bare problem: `tir "what is 2 + 2"`."""

    def __init__(
        self, name: str, *, lazy: tuple[LazyCommand, ...], default: str, **settings: Any
    ) -> None:
        super().__init__(name, **settings)
        self._lazy = {command.name: command for command in lazy}
        self._default = default

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were given: the most used one first."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        lazy = self._lazy.get(cmd_name)
        if lazy is None:
            return None
        module, attribute = lazy.target.split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        from tir.cli.configured import configured

        return configured(command)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """As click does, with the user's settings as defaults of every command."""
        if parent is None:
            from tir.cli.configured import Defaults

            extra.setdefault("default_map", Defaults(self._lazy))
        return super().make_context(info_name, args, parent, **extra)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(each.name, each.summary) for each in self._lazy.values()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, except that an option of `default` may stand before a bare problem."""
        own = {name for each in self.get_params(ctx) for name in (*each.opts, *each.secondary_opts)}
        if len(args) > 1 and args[0].startswith("-") and args[0] not in {*own, "--"}:
            args = [self._default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, except that a first argument that cannot be a name is a problem."""
        first = args[0]
        if first in self._lazy or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if _NAME.fullmatch(first):
            raise self._unknown(first, args[1:])
        return self._default, self.get_command(ctx, self._default), args

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, except that a reader who went away is no failure of ours."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            if not _reader_is_gone():
                # click takes every broken pipe for that of the output and would end in silence.
                raise RuntimeError("a pipe to one of our own processes broke") from error
            ctx.exit(CLOSED_PIPE)

    def main(self, *args: Any, **settings: Any) -> NoReturn:
        """Runs and exits. Every way out is one of ours: a code, and an error as text."""
        _open_streams()
        settings["standalone_mode"] = False
        try:
            code = super().main(*args, **settings)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - nothing lies above this
            from tir.cli.failure import report

            code = report(error)
        sys.exit(code if isinstance(code, int) else 0)

    def _unknown(self, word: str, rest: list[str]) -> Exception:
        """The error for a word that is no command: a slip, or a problem without quotes."""
        from difflib import get_close_matches

        from tir.errors import BadInput

        close = get_close_matches(word, self._lazy, n=1)
        if close:
            return BadInput(
                f"there is no command {word!r}.",
                why=f"The nearest name is {close[0]!r}.",
                hint=f"tir {close[0]} --help",
            )
        as_problem = f'tir {self._default} "{" ".join([word, *rest])}"'
        commands = f"The commands are {', '.join(self._lazy)}"
        if rest:
            why, hint = f"{commands}; a problem needs quotes around it.", as_problem
        else:
            why, hint = f"{commands}; if it is a problem: {as_problem}", "tir --help"
        return BadInput(f"there is no command {word!r}.", why=why, hint=hint)


def _open_streams() -> None:
    """Makes both output streams writable with any text.

    A stream that the caller closed (`tir ... >&-`) is None in Python: what is for it is dropped.
    An encoding that lacks a character, such as ASCII, shows it as an escape.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - open until the process ends
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - open until the process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _reader_is_gone() -> bool:
    """Whether an output stream has lost its reader; if so, the rest of it is thrown away.

    The kernel is asked, because the error does not say which pipe broke. Without the second step
    the interpreter would write what is buffered once more at exit, and complain.
    """
    gone = False
    for stream in (sys.stdout, sys.stderr):
        poll = select.poll()
        poll.register(stream.fileno(), 0)
        if any(flags & (select.POLLERR | select.POLLHUP) for _, flags in poll.poll(0)):
            gone = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return gone
