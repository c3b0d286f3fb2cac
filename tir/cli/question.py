"""The text of the problem: from the argument, a file or standard input."""

import re
import sys
from pathlib import Path
from typing import BinaryIO

from tir.errors import BadInput
from tir.policy import QUESTION_LIMIT

_BYTES = 4 * QUESTION_LIMIT
"""No UTF-8 text within the limit is longer."""

_SUFFIXES = (".txt", ".md", ".tex", ".json")
_PATH = re.compile(r"(?=.*[A-Za-z_]{3})[\w.~-]*(/[\w.~-]*)+")
"""A slash, only characters of file names, and a word: "a/problem" but not "1/2", "x/(x+1)"."""

_HINT = 'tir solve "What is 12 * 13?"'


def read_question(argument: str | None) -> str:
    """The problem that `argument` gives: text, the name of a file, or "-".

    Without an argument, standard input is read, provided it is not a terminal.

    Raises:
        BadInput: There is no text, it is too long or not text, or the file cannot be read.
    """
    if argument is None:
        if sys.stdin is None or sys.stdin.isatty():
            raise BadInput(
                "no problem was given.",
                why="It may be a text, a file, or standard input.",
                hint=_HINT,
            )
        return _read(sys.stdin.buffer, "standard input")
    if argument == "-":
        if sys.stdin is None:
            raise BadInput("standard input is closed.", why='"-" reads it.', hint=_HINT)
        return _read(sys.stdin.buffer, "standard input")
    if _exists(argument):
        return _read_file(Path(argument))
    if _looks_like_path(argument):
        raise BadInput(
            f"there is no file {argument!r}.",
            why="It looks like a path, so it is not taken for a problem.",
            hint=f"ls {Path(argument).parent}    or, if it is one:  echo PROBLEM | tir solve -",
        )
    return _checked(argument, "the problem")


def _exists(argument: str) -> bool:
    """False also for what no file system would take as a name, such as a page of text."""
    try:
        return Path(argument).exists() and argument.strip() != ""
    except (OSError, ValueError):
        return False


def _looks_like_path(argument: str) -> bool:
    if re.search(r"\s", argument):
        return False
    return argument.lower().endswith(_SUFFIXES) or _PATH.fullmatch(argument) is not None


def _read_file(path: Path) -> str:
    name = f"{str(path)!r}"
    if path.is_dir():
        raise BadInput(
            f"{name} is a directory.",
            why="A problem is one file.",
            hint=f"tir solve {path / 'problem.txt'}",
        )
    try:
        with path.open("rb") as file:
            return _read(file, name)
    except OSError as error:
        raise BadInput(
            f"{name} cannot be read.",
            why=f"{error.strerror or error}.",
            hint=f"ls -l {path}",
        ) from error


def _read(source: BinaryIO, name: str) -> str:
    """Reads one byte past the limit at most: `tir solve - < /dev/zero` ends at once."""
    data = source.read(_BYTES + 1)
    if b"\0" in data:
        raise _not_text(name)
    if len(data) > _BYTES:
        raise _too_long(name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_text(name) from error
    return _checked(text, name)


def _checked(text: str, name: str) -> str:
    """`text` with plain newlines and without white space around it."""
    if len(text) > QUESTION_LIMIT:
        raise _too_long(name)
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise _not_text(name)
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not any(char.isprintable() and not char.isspace() for char in text):
        raise BadInput(f"{name} is empty.", why="There is nothing to solve.", hint=_HINT)
    return text


def _not_text(name: str) -> BadInput:
    return BadInput(
        f"{name} is not text.",
        why="It is binary, or in an encoding other than UTF-8.",
        hint="iconv -f LATIN1 -t UTF-8 FILE | tir solve -",
    )


def _too_long(name: str) -> BadInput:
    return BadInput(
        f"{name} is too long.",
        why=f"A problem has at most {QUESTION_LIMIT:,} characters.",
        hint="head -c 2000 FILE | tir solve -",
    )
