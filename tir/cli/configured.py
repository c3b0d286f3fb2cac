"""Puts the user's settings behind every command: environment, then file, then default.

Imported by every `tir`, so it imports the rest only when a command runs.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

import click

_NEED_NONE = ("config", "completion", "doctor", "kernel", "equal")
"""Commands that must work whatever is in the file, or that no setting concerns."""


class Defaults(Mapping[str, Any]):
    """click's `default_map`: by command, by parameter. The file is read when a command asks."""

    def __init__(self, commands: Collection[str]) -> None:
        self._commands = commands

    def __getitem__(self, command: str) -> Mapping[str, Any]:
        if command not in self._commands:
            # A parameter of `tir` itself, which has no settings.
            raise KeyError(command)
        if command == "config":
            # Only `config show` says what is in the file.
            return {"show": _Late()}
        return {} if command in _NEED_NONE else _values()

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)


class _Late(Mapping[str, Any]):
    """The same values, read when they are asked for."""

    def __getitem__(self, parameter: str) -> Any:
        return _values()[parameter]

    def __iter__(self) -> Iterator[str]:
        return iter(_values())

    def __len__(self) -> int:
        return len(_values())


@cache
def configured(command: click.Command) -> click.Command:
    """The command with an environment variable for each setting, and with completion."""
    for each in getattr(command, "commands", {}).values():
        configured(each)
    from tir import settings
    from tir.cli.completion import COMPLETERS

    for parameter in command.params:
        name = next((o[2:] for o in parameter.opts if o.startswith("--")), "")
        if name in settings.SETTINGS and parameter.envvar is None:
            parameter.envvar = settings.variable(name)
        complete = COMPLETERS.get(parameter.name or "")
        if complete is not None and parameter._custom_shell_complete is None:
            parameter._custom_shell_complete = complete
    return command


def _values() -> Mapping[str, Any]:
    """The settings by the names of parameters.

    Raises:
        ConfigBroken: the file is broken, or a value is none for its option; with the line.
    """
    from tir import settings

    found = settings.read()
    if not found:
        return {}
    from tir.cli.config import checked, setting_options
    from tir.places import config_file

    options = setting_options()
    values: dict[str, Any] = {}
    for name, value in found.items():
        option = options[name]
        context = click.Context(click.Command(name))
        try:
            values[option.name or name] = checked(option, value, context)
        except click.BadParameter as error:
            file = config_file()
            key = next(k for k in (name, name.replace("-", "_")) if _line(k))
            raise settings.fault(file, _line(key), f"{name}: {error.message}") from error
    return values


def _line(key: str) -> int | None:
    from tir import settings
    from tir.places import config_file

    return settings.line_of(config_file().read_text(encoding="utf-8"), key)
