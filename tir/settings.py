"""The user's settings: one TOML file of long option names, such as `samples = 8`.

    flag > environment (TIR_SAMPLES) > file (samples = 8) > default

A name is the same in all three, but for the case and the dash that an environment variable
cannot have. What may be set is in `SETTINGS`; nothing that weakens the sandbox is.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tir.errors import BadInput, EnvironmentFailed
from tir.places import config_file

SETTINGS: Mapping[str, str] = {
    "model": "Name or folder of a model",
    "endpoint": "URL of an OpenAI-compatible server",
    "dialect": "Transcript format",
    "device": "cpu, cuda, cuda:1, mps, auto",
    "dtype": "float32, bfloat16, float16",
    "quantize": "Fewer bits for the weights",
    "samples": "Independent attempts at most",
    "seed": "Of the first attempt",
    "max-steps": "Programs per sample",
    "max-tokens": "Tokens per sample",
    "timeout": "Seconds for the whole solve",
    "temperature": "Of every sample",
    "full": "Keep programs and outputs on the screen",
    "ascii": "Write mathematics in plain ASCII",
    "no-color": "No colour",
    "history": "Keep what is solved",
}
"""What may stand in the file, and what it means."""

Value = str | int | float | bool
_KEY = r"^\s*[\"']?{}[\"']?\s*="


class ConfigBroken(EnvironmentFailed):
    """The file of settings cannot be used."""


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return f"TIR_{setting.upper().replace('-', '_')}"


def read(file: Path | None = None) -> dict[str, Value]:
    """The settings of the file, by their names; empty if there is no file.

    Raises:
        ConfigBroken: it cannot be read, is no TOML, or holds what is no setting; with the line.
    """
    file = file or config_file()
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigBroken(
            f"{file} cannot be read.", why=f"{error}.", hint="tir config path"
        ) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        number = int(line[1]) if line else len(text.splitlines())
        raise fault(file, number, f"{error}.") from error
    found: dict[str, Value] = {}
    for key, value in table.items():
        name = key.replace("_", "-")
        if name not in SETTINGS:
            raise fault(file, line_of(text, key), f"There is no setting {key!r}.")
        if not isinstance(value, str | int | float | bool):
            raise fault(file, line_of(text, key), f"The value of {key!r} is {_kind(value)}.")
        found[name] = value
    return found


def fault(file: Path, line: int | None, why: str) -> ConfigBroken:
    """The error for something that is wrong in a line of the file."""
    where = f"{file}:{line}" if line else str(file)
    return ConfigBroken(
        f"the settings in {where} cannot be used.",
        why=why,
        hint=f"tir config show; the settings are {', '.join(SETTINGS)}",
    )


def line_of(text: str, key: str) -> int | None:
    """The line that sets a key, from 1."""
    match = re.search(_KEY.format(re.escape(key)), text, re.MULTILINE)
    return None if match is None else text.count("\n", 0, match.end()) + 1


def write(setting: str, value: Value | None, file: Path | None = None) -> Path:
    """Sets a line of the file, or takes it out if `value` is None; other lines stay as they are.

    Raises:
        BadInput: there is no such setting.
        ConfigBroken: the file is broken already, or cannot be written.
    """
    if setting not in SETTINGS:
        raise BadInput(
            f"there is no setting {setting!r}.",
            why=f"The settings are {', '.join(SETTINGS)}.",
            hint="tir config show",
        )
    file = file or config_file()
    read(file)
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        pattern = re.compile(
            rf"^[ \t]*[\"']?(?:{re.escape(setting)}|{setting.replace('-', '_')})[\"']?[ \t]*=.*\n?",
            re.MULTILINE,
        )
        kept = pattern.sub("", text)
        if kept and not kept.endswith("\n"):
            kept += "\n"
        # Before any table, where a key would belong to that.
        line = "" if value is None else f"{setting} = {_toml(value)}\n"
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        beside.write_text(kept + line, encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise ConfigBroken(
            f"{file} cannot be written.",
            why=f"{error.strerror or error}.",
            hint="TIR_CONFIG=/some/file.toml tir config set ...   (another place for it)",
        ) from error
    return file


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
    return repr(value)


def _kind(value: object) -> str:
    return {"dict": "a table", "list": "a list"}.get(type(value).__name__, type(value).__name__)
