"""Brings a model from the Hugging Face hub into the local cache. Never called unasked."""

import contextlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from tir.errors import (
    BadInput,
    EnvironmentFailed,
    ModelBroken,
    ModelNotFound,
    TirError,
)
from tir.models.catalog import MINI, check_folder, damaged_files, find, is_hub_id, locate, size_text

PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "LICENSE*", "*.py")
"""Weights, configs, tokenizers of every kind, chat template, licence, and the Python files that
some architectures are (Qwen2.5-Math-RM and -PRM): nothing of them runs when they are fetched, nor
when the model is loaded, unless somebody consents. No pickles: they run by being read."""

SPARE_BYTES = 500_000_000
"""Left free on the disk: a full one breaks more than this download."""
QUIET_SWEEPS, MOST_SWEEPS, PAUSE = 3, 40, 0.02
"""Looks for half files after an interrupt: until so many find none, at most; seconds between."""


def pull(name: str, *, progress: bool) -> Path:
    """The folder of the model, downloaded unless a whole copy is here already.

    `name` is a catalogue name or a hub id `org/name`. `progress` lets the hub's library draw
    its bar on stderr, if that is a terminal. Files that arrived are kept when the rest fails,
    and a dropped connection is resumed within the call; a file that was only half there when
    the program ended starts again. A file whose length contradicts its header is fetched again.

    Raises BadInput if nothing of that name can be downloaded, ModelNotFound if the hub does not
    have it or does not give it, ModelBroken if it holds no safetensors, and EnvironmentFailed
    if the hub cannot be reached or the disk is too full. KeyboardInterrupt comes at once, but
    the library's threads download on until the process ends: see `discard_partial`.
    """
    hub_id = hub_name(name)
    try:
        return locate(hub_id).path
    except (ModelNotFound, ModelBroken):
        _check_room(name, hub_id)
    folder = Path(_snapshot(name, hub_id, progress, allow_patterns=list(PATTERNS)))
    # The library takes any file of the right name for a good one.
    if damaged := damaged_files(folder):
        _snapshot(name, hub_id, progress, allow_patterns=damaged, force_download=True)
    check_folder(folder, hint=f"tir models pull {name}")
    return folder


def discard_partial() -> None:
    """Deletes what this process has half downloaded; for an interrupted one, about to end.

    Nothing could reuse these files, and nothing else would ever delete them. Only those that
    this process holds open are its own: another `pull` may be at work beside it. The library's
    threads go on meanwhile and may open the next one, so this looks until there is none.
    """
    quiet = 0
    for _ in range(MOST_SWEEPS):
        found = [file.path for file in psutil.Process().open_files()]
        half = [path for path in found if path.endswith(".incomplete")]
        for path in half:
            with contextlib.suppress(OSError):
                Path(path).unlink()
        quiet = 0 if half else quiet + 1
        if quiet == QUIET_SWEEPS:
            break
        time.sleep(PAUSE)


def hub_name(name: str) -> str:
    """The hub id behind a catalogue name or hub id. Raises BadInput for anything else."""
    entry = find(name)
    if entry is MINI:
        raise BadInput(
            "mini is built in: there is nothing to download.",
            why="It ships inside the package and works offline.",
            hint='tir solve -m mini "..."',
        )
    if entry is not None and entry.hub_id is not None:
        return entry.hub_id
    if is_hub_id(name) and not Path(name).expanduser().is_dir():
        return name
    raise BadInput(
        f"{name} cannot be downloaded.",
        why="It is neither a name that `tir models` lists nor a hub id org/name.",
        hint="tir models pull 1.5b",
    )


def _check_room(name: str, hub_id: str) -> None:
    """Asks the hub for the sizes of the files that are missing, and the disk for its room."""
    from huggingface_hub import constants

    files = _snapshot(name, hub_id, False, allow_patterns=list(PATTERNS), dry_run=True)
    if not any(file.filename.endswith(".safetensors") for file in files):
        raise ModelBroken(
            f"{hub_id} holds no weights that can be loaded.",
            why="Only safetensors are loaded, and there are none; nothing was downloaded.",
            hint="tir models list",
        )
    needed = sum(file.file_size or 0 for file in files if file.will_download)
    cache = Path(constants.HF_HUB_CACHE)
    existing = next(folder for folder in (cache, *cache.absolute().parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if needed + SPARE_BYTES > free:
        raise EnvironmentFailed(
            f"the disk is too full for {name}.",
            why=f"{size_text(needed)} would be downloaded to {cache}, {size_text(free)} are free.",
            hint=f"HF_HUB_CACHE=/a/larger/disk tir models pull {name}",
        )


def _snapshot(name: str, hub_id: str, progress: bool, **options: Any) -> Any:
    """`snapshot_download` with one bar, closed at the end, and failures that are ours."""
    from huggingface_hub import snapshot_download

    bars: list[Any] = []
    # In a thread of its own because the library, when interrupted, first waits for every file
    # it is in the middle of, which can be gigabytes. Here the interrupt reaches this thread.
    pool = ThreadPoolExecutor(1, thread_name_prefix="tir-pull")
    try:
        bar = _bar_class(progress, bars)
        return pool.submit(lambda: snapshot_download(hub_id, tqdm_class=bar, **options)).result()
    except Exception as error:
        # Below the hub's own errors come those of httpx, xet and the OS, with no common base;
        # whichever it is, the download failed and the reason is its text.
        raise _failure(name, hub_id, error) from error
    finally:
        pool.shutdown(wait=False)
        # The library leaves its bars open, and what is printed next would land in them.
        for bar in bars:
            bar.close()


def _bar_class(progress: bool, made: list[Any]) -> type:
    """The hub's progress bar, but of its three only the one that counts bytes on the disk."""
    from huggingface_hub.utils.tqdm import tqdm

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            network = str(options.get("name")).endswith(".transfer")
            if not progress or network or options.get("unit") != "B":
                options["disable"] = True
            options["desc"] = "Downloading"
            super().__init__(*args, **options)  # type: ignore[no-untyped-call]
            made.append(self)

        def set_description(self, desc: str | None = None, refresh: bool | None = True) -> None:
            """Keeps ours: the library's speaks of reconstruction."""

    return Bar


def _failure(name: str, hub_id: str, error: Exception) -> TirError:
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        GatedRepoError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    # The library wraps what happened into advice for its own users.
    cause = error
    while isinstance(cause.__cause__, Exception):
        if isinstance(cause, RepositoryNotFoundError | OfflineModeIsEnabled):
            break
        cause = cause.__cause__
    again = f"tir models pull {name}"
    if isinstance(cause, OfflineModeIsEnabled):
        return EnvironmentFailed(
            f"{name} was not downloaded.",
            why="HF_HUB_OFFLINE is set, which forbids downloads.",
            hint=f"HF_HUB_OFFLINE=0 {again}",
        )
    if isinstance(cause, GatedRepoError):
        return ModelNotFound(
            f"{hub_id} is given only to those who accepted its terms.",
            why=f"Accept them at https://huggingface.co/{hub_id}, then log in on this machine.",
            hint=f"hf auth login && {again}",
        )
    if isinstance(cause, RepositoryNotFoundError):
        return ModelNotFound(
            f"the hub has no model {hub_id}, or it is private.",
            why="The name is misspelt, or needs a login.",
            hint="tir models list",
        )
    reason = " ".join(str(cause).split()) or type(cause).__name__
    return EnvironmentFailed(
        f"{name} was not downloaded.",
        why=f"From {constants.ENDPOINT}: {type(cause).__name__}: {reason[:200]}",
        hint=f"{again}     (it goes on: files that arrived are kept)",
    )
