"""What a run is a run of: enough to say what was measured, and to know the run again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tir import __version__
from tir.errors import BadInput
from tir.runs.files import replaced

FILE = "manifest.json"
SCHEMA = "tir.run/1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Written before the first result, and again when a later command changes what may change."""

    kind: str
    """`eval` or `grade`."""
    name: str
    """Of the set or the file of answers."""
    engine: str
    """Key of model, dialect, sampling and policy: results of two engines do not mix."""
    created: str
    """ISO 8601, UTC."""
    source: Mapping[str, Any] = field(default_factory=dict)
    """The files that the problems and answers came from, with their hashes."""
    model: Mapping[str, Any] = field(default_factory=dict)
    """Name, revision or file hashes, how it was loaded; empty if none was used."""
    policy: Mapping[str, Any] = field(default_factory=dict)
    """Samples, limits, sampling, seed."""
    commands: Sequence[Mapping[str, str]] = ()
    """Each that worked on this run: when, what was typed, and the version of this package."""
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    isolation: Mapping[str, Any] | None = None
    """The walls around programs, as far as they are known."""
    tir: str = __version__

    def require_same(self, other: "Manifest", folder: Path) -> None:
        """Raises BadInput if results of `other` may not be put among those of this run."""
        if (self.kind, self.engine) == (other.kind, other.engine):
            return
        what = f"a {self.kind} of {self.name} by {self.model.get('name') or 'no model'}"
        raise BadInput(
            f"{folder} holds another run: {what}.",
            why="Its kind, model, sampling or policy differ, and results must not mix.",
            hint="another folder: --out FOLDER; or --fresh, which starts this one over",
        )

    def write(self, folder: Path) -> None:
        """Puts it into a run's folder. Raises EnvironmentFailed if that cannot be written."""
        with replaced(folder / FILE) as file:
            json.dump({"schema": SCHEMA} | asdict(self), file, indent=2, allow_nan=False)
            file.write("\n")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of a run's folder.

        Raises:
            BadInput: there is none, or it is damaged or of another version.
        """
        path = folder / FILE
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadInput(
                f"{folder} is not the folder of a run.",
                why=f"{FILE} in it cannot be read: {error.strerror}."
                if folder.exists()
                else "There is no such folder.",
                hint="the folder that tir eval or tir grade names at its end: ls runs",
            ) from error
        except ValueError as error:
            raise _damaged(path, f"line {getattr(error, 'lineno', 1)}: {error}") from error
        schema = record.get("schema") if isinstance(record, dict) else None
        if schema != SCHEMA:
            raise BadInput(
                f"{path}: this run is of another version: {str(schema)[:40]}.",
                why=f"This tir ({__version__}) reads {SCHEMA}.",
                hint="the tir that wrote it, or another folder: --out FOLDER",
            )
        try:
            fields = {name: value for name, value in record.items() if name != "schema"}
            return cls(**{**fields, "commands": tuple(fields["commands"])})
        except (KeyError, TypeError) as error:
            raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> BadInput:
    return BadInput(f"{path} is damaged.", why=why, hint="start over with --fresh")
