"""Models that have a short name, and where a model's files are on this machine.

Nothing here opens a connection or imports torch: `locate` reads folders and the local cache of
the Hugging Face hub (`HF_HOME`, `HF_HUB_CACHE`), and only `tir models pull` downloads.

    mini                                  shipped inside the package
    1.5b, qwen2.5-math-7b, ...            a name from `CATALOG`, looked up in the cache
    ./runs/tuned, /models/x               a folder with config, tokenizer and safetensors
    org/name                              any causal model in the cache
"""

import difflib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import tir
from tir.errors import ModelBroken, ModelNotFound

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "vocab.json", "tokenizer.model")
"""One of these has to be there: fast, byte-level BPE, SentencePiece."""
HUB_ID = re.compile(
    r"(?=.{3,96}$)(?!.*(--|\.\.|\.git$))\w([\w.-]*\w)?/\w([\w.-]*\w)?", flags=re.ASCII
)
"""The hub's own rule (`validate_repo_id`), without the quarter second that importing it takes."""
HEADER_BYTES = 100_000_000
"""No longer header is read; the safetensors library refuses more as well."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model with a short name. Sizes are those its authors published."""

    name: str
    hub_id: str | None
    """None: it is built in and cannot be downloaded."""
    parameters: int
    weight_bytes: int
    """Of its files on disk, in bfloat16; headers add less than 0.01 %."""
    context: int
    """Tokens of prompt and answer together."""
    note: str
    layers: int
    kv_heads: int
    head_dim: int
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Located:
    """A model whose files are here and whole."""

    name: str
    """The catalogue's short name if it has one, else what the caller wrote."""
    path: Path
    revision: str | None
    """The hub commit of a cached model; None for a folder."""


MINI = Entry(
    name="mini",
    hub_id=None,
    parameters=3_543_296,
    weight_bytes=7_086_592,
    context=1024,
    note="built in; knows its few families of problems only",
    layers=4,
    kv_heads=4,
    head_dim=32,
)
MINI_FOLDER = Path(tir.__file__).parent / "mini" / "weights"

QWEN_MATH = (
    Entry(
        name="qwen2.5-math-1.5b",
        hub_id="Qwen/Qwen2.5-Math-1.5B-Instruct",
        parameters=1_543_714_304,
        weight_bytes=3_087_428_608,
        context=4096,
        note="a laptop is enough",
        layers=28,
        kv_heads=2,
        head_dim=128,
        aliases=("1.5b", "qwen2.5-math-1.5b-instruct"),
    ),
    Entry(
        name="qwen2.5-math-7b",
        hub_id="Qwen/Qwen2.5-Math-7B-Instruct",
        parameters=7_615_616_512,
        weight_bytes=15_231_233_024,
        context=4096,
        note="wants a GPU",
        layers=28,
        kv_heads=4,
        head_dim=128,
        aliases=("7b", "qwen2.5-math-7b-instruct"),
    ),
    Entry(
        name="qwen2.5-math-72b",
        hub_id="Qwen/Qwen2.5-Math-72B-Instruct",
        parameters=72_706_203_648,
        weight_bytes=145_412_407_296,
        context=4096,
        note="wants several large GPUs; Qwen licence",
        layers=80,
        kv_heads=8,
        head_dim=128,
        aliases=("72b", "qwen2.5-math-72b-instruct"),
    ),
)
CATALOG = (MINI, *QWEN_MATH)
"""Smallest first."""


def find(name: str) -> Entry | None:
    """The entry of a short name, an alias or a hub id; case does not matter."""
    wanted = name.casefold()
    for entry in CATALOG:
        if wanted in (entry.name, *entry.aliases, (entry.hub_id or "").casefold()):
            return entry
    return None


def locate(name: str) -> Located:
    """Where the model's files are.

    Raises ModelNotFound if the name means nothing or the model is not on this machine, and
    ModelBroken if files are missing, cut short, or in a format that is not loaded.
    """
    entry = find(name)
    if entry is MINI:
        check_folder(MINI_FOLDER, hint="pip install --force-reinstall tir-math")
        return Located(MINI.name, MINI_FOLDER, None)
    if entry is not None and entry.hub_id is not None:
        return _from_cache(entry.name, entry.hub_id, size_text(entry.weight_bytes))
    folder = Path(name).expanduser()
    if folder.is_dir():
        check_folder(folder, hint="tir models list     (or copy the folder again)")
        return Located(name, folder, None)
    if is_hub_id(name):
        return _from_cache(name, name, None)
    _not_found(name, folder)


def cached_ids() -> list[str]:
    """Hub ids of the causal language models in the local cache, sorted."""
    from huggingface_hub import constants

    found = []
    for folder in Path(constants.HF_HUB_CACHE).glob("models--*--*"):
        hub_id = "/".join(folder.name.split("--")[1:])
        snapshot = _snapshot(hub_id) if is_hub_id(hub_id) else None
        # A reward model has the same `model_type` as its base: the architecture tells.
        if snapshot is not None and any(
            str(name).endswith("ForCausalLM")
            for name in read_json(snapshot / CONFIG).get("architectures") or ()
        ):
            found.append(hub_id)
    return sorted(found)


def is_hub_id(name: str) -> bool:
    """Whether the name has the form `org/name` that the hub accepts."""
    return HUB_ID.fullmatch(name) is not None


def check_folder(path: Path, *, hint: str) -> None:
    """Raises ModelBroken, with the hint, unless config, tokenizer and whole weights are there."""
    if not path.is_dir():
        _broken(path, "The folder does not exist.", hint)
    if not read_json(path / CONFIG):
        _broken(path, f"It has no readable {CONFIG}.", hint)
    missing = [file.name for file in weight_files(path, hint=hint) if not file.is_file()]
    if missing:
        _broken(path, f"{INDEX} lists files that are missing: {_some(missing)}.", hint)
    damaged = damaged_files(path)
    if damaged:
        _broken(path, f"Cut short, or not what their headers say: {_some(damaged)}.", hint)
    if not any((path / name).is_file() for name in TOKENIZERS):
        _broken(path, f"It has no tokenizer: none of {', '.join(TOKENIZERS)}.", hint)


def weight_files(path: Path, *, hint: str = "tir models list") -> list[Path]:
    """The safetensors files that make up the model, in order; one may be missing.

    Raises ModelBroken if the folder does not say which they are.
    """
    if (path / WEIGHTS).is_file():
        return [path / WEIGHTS]
    if (path / INDEX).is_file():
        shards = read_json(path / INDEX).get("weight_map")
        if not isinstance(shards, dict) or not shards:
            _broken(path, f"{INDEX} cannot be read.", hint)
        return [path / name for name in sorted(set(map(str, shards.values())))]
    if others := sorted(file.name for file in path.glob("*.safetensors")):
        _broken(path, f"There is {_some(others)}, but neither {WEIGHTS} nor {INDEX}.", hint)
    if pickles := sorted(file.name for file in path.glob("*.bin")):
        why = f"Only safetensors are loaded, not {_some(pickles)}: a pickle can run any program."
        _broken(path, why, hint)
    _broken(path, f"It has no weights: neither {WEIGHTS} nor {INDEX}.", hint)


def damaged_files(path: Path) -> list[str]:
    """Names of the weight files that are not as long as their own headers say."""
    return [file.name for file in weight_files(path) if file.is_file() and _tensors(file) is None]


def tensors(path: Path) -> Iterator[tuple[str, int, int]]:
    """Of every tensor in the folder's weights: safetensors dtype, elements, bytes in the file."""
    for file in weight_files(path):
        yield from _tensors(file) or ()


def _tensors(file: Path) -> list[tuple[str, int, int]] | None:
    """The same of one file; None if the header is nonsense or the length contradicts it.

    Layout: 8 bytes with the header's length, the header in JSON, then the data, nothing else.
    """
    found, end = [], 0
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > HEADER_BYTES:
            return None
        try:
            header = json.loads(stream.read(length))
            for name, tensor in header.items():
                if name == "__metadata__":
                    continue
                first, last = tensor["data_offsets"]
                found.append((str(tensor["dtype"]), int(math.prod(tensor["shape"])), last - first))
                end = max(end, last)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
    return found if file.stat().st_size == 8 + length + end else None


def read_json(file: Path) -> dict[str, Any]:
    """The object in a JSON file; empty if there is none, or it cannot be read."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def size_text(size: int) -> str:
    """Bytes for people, in powers of ten as disks are sold: `3.1 GB`, `8 MB`."""
    if size >= 999_500_000:
        return f"{size / 1e9:.1f} GB" if size < 99_950_000_000 else f"{size / 1e9:.0f} GB"
    return f"{max(1, round(size / 1e6))} MB"


def _snapshot(hub_id: str) -> Path | None:
    """The folder of the cached revision that `main` last pointed to."""
    from huggingface_hub import constants, try_to_load_from_cache

    config = try_to_load_from_cache(hub_id, CONFIG, cache_dir=constants.HF_HUB_CACHE)
    return Path(config).parent if isinstance(config, str) else None


def _from_cache(name: str, hub_id: str, size: str | None) -> Located:
    pull = f"tir models pull {name}"
    snapshot = _snapshot(hub_id)
    if snapshot is None:
        download = f"a download of {size}, once," if size else "one download"
        raise ModelNotFound(
            f"{name} is not on this machine.",
            why=f"There is no folder and no cached model {hub_id}; {download} would bring it here.",
            hint=pull,
        )
    check_folder(snapshot, hint=pull)
    return Located(name, snapshot, snapshot.name)


def _not_found(name: str, folder: Path) -> NoReturn:
    if folder.exists():
        why = "It is a file; a model is a folder with config.json, tokenizer and safetensors."
        raise ModelNotFound(
            f"{name} is not a model.", why=why, hint=f"tir solve -m {folder.parent}"
        )
    if "/" in name:
        why = "There is no such folder, and it has not the form org/name of a hub id."
        raise ModelNotFound(f"no model at {name}.", why=why, hint="tir models list")
    names = [spelling for entry in CATALOG for spelling in (entry.name, *entry.aliases)]
    close = difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.5)
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    known = ", ".join(" = ".join((entry.name, *entry.aliases[:1])) for entry in CATALOG)
    raise ModelNotFound(
        f"there is no model called {name}.",
        why=f"{meant}Known: {known}; or give a folder, or a hub id org/name.",
        hint="tir models list",
    )


def _broken(path: Path, why: str, hint: str) -> NoReturn:
    raise ModelBroken(f"the model in {path} cannot be loaded.", why=why, hint=hint)


def _some(names: list[str]) -> str:
    """At most three names, and how many more."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
