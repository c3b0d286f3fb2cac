"""Benchmarks by name: where the Hugging Face hub has them. Their fields: `problems.sets`."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from problems.sets import plain_name
from tir.errors import BadInput, EnvironmentFailed
from tir.runs.files import make_folder, replaced

CACHE = "TIR_CACHE"
"""The environment variable that names the folder of what was fetched."""


@dataclass(frozen=True, slots=True)
class Place:
    """A set on the hub."""

    id: str
    config: str | None = None
    split: str = "test"


PLACES = {
    "aime24": Place("HuggingFaceH4/aime_2024", split="train"),
    "aime25": Place("math-ai/aime25"),
    "amc23": Place("math-ai/amc23"),
    "aqua": Place("deepmind/aqua_rat", "raw"),
    "asdiv": Place("EleutherAI/asdiv", split="validation"),
    "cmath": Place("weitianwen/cmath"),
    "collegemath": Place("di-zhang-fdu/College_Math_Test"),
    "gaokaomath": Place("hails/agieval-gaokao-mathqa"),
    "gaokaomathcloze": Place("hails/agieval-gaokao-mathcloze"),
    "gaokaomathqa": Place("hails/agieval-gaokao-mathqa"),
    "gsm8k": Place("openai/gsm8k", "main"),
    "livebenchmath": Place("livebench/math"),
    "math": Place("DigitalLearningGmbH/MATH-lighteval"),
    "math500": Place("HuggingFaceH4/MATH-500"),
    "mawps": Place("mwpt5/MAWPS", split="train"),
    "minervamath": Place("math-ai/minervamath"),
    "mmlustem": Place("TIGER-Lab/MMLU-STEM"),
    "olympiadbench": Place("Hothan/OlympiadBench", "OE_TO_maths_en_COMP", "train"),
    "satmath": Place("hails/agieval-sat-math"),
    "svamp": Place("ChilleD/SVAMP"),
}
"""Benchmarks by their plain names."""


def fetched(name: str) -> Path:
    """The file with a set of the hub, fetched now unless it was before.

    `name` is that of a benchmark, or `owner/set`, `owner/set:config`, `owner/set:config:split`.

    Raises:
        BadInput: no set has this name.
        EnvironmentFailed: `datasets` is not installed, or the hub cannot be reached.
    """
    place = place_of(name)
    folder = cache() / "-".join(filter(None, (*place.id.split("/"), place.config, place.split)))
    path = folder / f"{plain_name(name.split(':')[0])}.jsonl"
    if not path.is_file():
        rows = _rows(place, name)
        make_folder(folder)
        with replaced(path) as file:
            for row in rows:
                file.write(json.dumps(_plain(row)) + "\n")
    return path


def place_of(name: str) -> Place:
    """Where the hub has a set of this name. Raises BadInput if none is known."""
    known = PLACES.get(plain_name(name)) if "/" not in name else None
    if known is not None:
        return known
    parts = name.split(":")
    if name.count("/") != 1 or len(parts) > 3 or name.startswith((".", "/")):
        raise BadInput(
            f"there is no file and no set {name!r}.",
            why=f"The sets known by name are school, {', '.join(PLACES)}.",
            hint="the path of a file, or owner/set of the Hugging Face hub",
        )
    config = parts[1] or None if len(parts) > 1 else None
    return Place(parts[0], config, parts[2] if len(parts) > 2 else "test")


def cache() -> Path:
    """Where fetched sets are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get(CACHE) or Path(home) / "tir") / "sets"


def _rows(place: Place, name: str) -> Iterator[dict[str, Any]]:
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise EnvironmentFailed(
            f"the set {name} is not here.",
            why="It could be fetched from the Hugging Face hub, but `datasets` is not installed.",
            hint=f"pip install datasets, or name the folder that holds it: --sets FOLDER {name}",
        ) from error
    # Each try to reach the hub would be a line of its own; the last one's error says enough.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        found = load_dataset(place.id, place.config, split=place.split)
    except Exception as error:
        raise EnvironmentFailed(
            f"the set {place.id} could not be fetched.",
            why=f"{type(error).__name__}: {str(error).splitlines()[0][:200]}",
            hint=f"the folder that holds it: --sets FOLDER {name}",
        ) from error
    return iter(found)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """The fields that are data: pictures and dates have no place in a problem's text."""
    return {name: value for name, value in row.items() if _is_data(value)}


def _is_data(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_data, value))
    if isinstance(value, dict):
        return all(map(_is_data, value.values()))
    return value is None or isinstance(value, str | int | float | bool)
