"""Where problems come from: a file, a set by name, a bundled set, or values in memory."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from problems import Problem, ProblemFileError, ProblemSet, load
from problems.rows import READERS
from tir.errors import BadInput, EnvironmentFailed
from tir.runs.key import digest, problem_key

BUNDLED = {"school": Path(__file__).parent / "sets" / "school.jsonl"}
"""Sets that ship, by name."""


@dataclass(frozen=True, slots=True)
class Source:
    """Problems, a name for them, and what a manifest says of where they are from."""

    problems: "ProblemSet | Sequence[Problem]"
    name: str
    about: Mapping[str, Any]
    place: str
    """What tells it from others of the same name: the file it is, or its content."""

    def __len__(self) -> int:
        return len(self.problems)

    def __iter__(self) -> Iterator[Problem]:
        try:
            yield from self.problems
        except ProblemFileError as error:
            raise _bad(error) from error


def source_of(
    problems: str | os.PathLike[str] | Sequence[Problem], folder: str | None = None
) -> Source:
    """The problems of a file or name, every row of them checked; or the given ones.

    A name is that of a file, of a bundled set, of a set in `folder` (else $TIR_PROBLEMS), or of
    a benchmark on the Hugging Face hub, in this order.

    Raises:
        BadInput: there are none, or rows that cannot be used: with file, lines and reasons.
        EnvironmentFailed: a package that the file needs is not installed.
    """
    if not isinstance(problems, str | os.PathLike):
        if not problems:
            raise BadInput("there are no problems.", why="The list is empty.", hint="add some")
        content = digest([problem_key(problem) for problem in problems])
        return Source(problems, "problems", {"content": content}, content)
    name = os.fspath(problems)
    path = BUNDLED.get(name, Path(name)) if not Path(name).is_file() else Path(name)
    is_name = path.suffix.lower() not in READERS and not path.is_file()
    if is_name and folder is None and not os.environ.get("TIR_PROBLEMS"):
        from tir.runs.hub import fetched

        path = fetched(name)
    return _loaded(path, folder, name)


def _loaded(path: Path, folder: str | None, name: str) -> Source:
    try:
        found = load(path, folder=folder)
    except ProblemFileError as error:
        raise _bad(error) from error
    except ImportError as error:
        raise EnvironmentFailed(
            f"{path.name} cannot be read.",
            why=f"{error}.",
            hint='pip install "tir-math[parquet]"',
        ) from error
    with found.path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    about = {
        "file": str(found.path.absolute()),
        "sha256": content,
        "rows": len(found),
        "layout": found.layout,
    }
    ships = found.path in BUNDLED.values()
    return Source(found, found.name, about, name if ships else str(found.path.absolute()))


def _bad(error: ProblemFileError) -> BadInput:
    return BadInput(f"{error.what}.", why=error.why, hint=error.hint)
