"""Names, folders and the hub's cache; what a broken folder is told; what fits into memory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import constants
from numpy.typing import NDArray
from safetensors.numpy import save_file

from tir.errors import ModelBroken, ModelNotFound
from tir.models import catalog, fit
from tir.models.auto import best_available
from tir.models.catalog import INDEX, WEIGHTS, Located, locate

CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}
REVISION = "0123456789abcdef0123456789abcdef01234567"
TENSORS: dict[str, NDArray[Any]] = {
    "a": np.ones((3, 5), np.float32),
    "b": np.ones(7, np.float16),
    "packed": np.ones(11, np.int32),
}


def write_model(folder: Path, **config: object) -> Path:
    """A whole model, as far as files go: config, tokenizer, 15 + 7 numbers and 44 packed bytes."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    (folder / "tokenizer.json").write_text("{}")
    save_file(TENSORS, folder / WEIGHTS)
    return folder


def write_sharded(folder: Path) -> Path:
    write_model(folder)
    (folder / WEIGHTS).unlink()
    places = {}
    for i, (name, tensor) in enumerate(TENSORS.items(), 1):
        places[name] = f"model-0000{i}-of-00003.safetensors"
        save_file({name: tensor}, folder / places[name])
    (folder / INDEX).write_text(json.dumps({"weight_map": places}))
    return folder


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def cache_model(cache: Path, hub_id: str, **config: object) -> Path:
    """A model laid out as the hub's library lays it out, with `main` at REVISION."""
    root = cache / f"models--{hub_id.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(REVISION)
    return write_model(root / "snapshots" / REVISION, **config)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache in place of the user's."""
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


@pytest.fixture
def mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the built-in weights."""
    folder = write_model(tmp_path / "mini")
    monkeypatch.setattr(catalog, "MINI_FOLDER", folder)
    return folder


# Names


@pytest.mark.parametrize(
    "name", ["1.5b", "1.5B", "qwen2.5-math-1.5b", "Qwen2.5-Math-1.5B-Instruct"]
)
def test_short_names_find_the_cached_model(name: str, cache: Path) -> None:
    snapshot = cache_model(cache, "Qwen/Qwen2.5-Math-1.5B-Instruct")
    assert locate(name) == Located("qwen2.5-math-1.5b", snapshot, REVISION)


def test_hub_id_of_a_catalogued_model_gets_its_short_name(cache: Path) -> None:
    cache_model(cache, "Qwen/Qwen2.5-Math-7B-Instruct")
    assert locate("Qwen/Qwen2.5-Math-7B-Instruct").name == "qwen2.5-math-7b"


def test_other_hub_id_is_found_in_the_cache(cache: Path) -> None:
    snapshot = cache_model(cache, "some-org/Some_Model.v2")
    assert locate("some-org/Some_Model.v2") == Located("some-org/Some_Model.v2", snapshot, REVISION)


def test_folder_comes_before_hub_id(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_model(cache, "org/model")
    write_model(tmp_path / "org" / "model")
    monkeypatch.chdir(tmp_path)
    assert locate("org/model") == Located("org/model", Path("org/model"), None)


def test_mini_comes_before_a_folder_of_that_name(
    mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (tmp_path / "mini").is_dir()
    monkeypatch.chdir(tmp_path)
    assert locate("mini") == Located("mini", mini, None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("org/model", True),
        ("Qwen/Qwen2.5-Math-72B-Instruct", True),
        ("./model", False),
        ("/model", False),
        ("org/model/part", False),
        ("model", False),
        ("org/a--b", False),
        ("org/..", False),
        ("org/model.git", False),
        ("-org/model", False),
        ("org/" + "m" * 100, False),
    ],
)
def test_hub_id_rule_is_the_hubs(name: str, expected: bool) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    assert catalog.is_hub_id(name) is expected
    if expected:
        validate_repo_id(name)
    elif name != "model":  # the hub itself also takes ids without an organisation
        with pytest.raises(HFValidationError):
            validate_repo_id(name)


def test_unknown_name_lists_known_and_close_ones(cache: Path) -> None:
    with pytest.raises(ModelNotFound) as caught:
        locate("qwen2.5-math-1.5")
    assert "Did you mean qwen2.5-math-1.5b" in caught.value.why
    assert "qwen2.5-math-72b = 72b" in caught.value.why
    with pytest.raises(ModelNotFound) as caught:
        locate("zzzzzz")
    assert "Did you mean" not in caught.value.why


def test_absent_model_says_size_and_how_to_get_it(cache: Path) -> None:
    with pytest.raises(ModelNotFound) as caught:
        locate("7b")
    assert "15.2 GB" in caught.value.why
    assert caught.value.hint == "tir models pull qwen2.5-math-7b"
    assert str(caught.value).count("\n") == 2


def test_absent_hub_id_absent_folder_and_file(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="org/model is not on this machine") as caught:
        locate("org/model")
    assert caught.value.hint == "tir models pull org/model"
    with pytest.raises(ModelNotFound, match="no model at") as caught:
        locate(str(tmp_path / "nowhere"))
    folder = write_model(tmp_path / "model")
    with pytest.raises(ModelNotFound, match="is not a model") as caught:
        locate(str(folder / WEIGHTS))
    assert caught.value.hint == f"tir solve -m {folder}"


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_model(tmp_path / "model")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locate("~/model").path == folder


# Broken folders


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def config_not_json(folder: Path) -> None:
    (folder / "config.json").write_text('{"hidden_size": ')


def no_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def pickles_only(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")


def adapter_only(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "adapter_model.safetensors")


def truncated(folder: Path) -> None:
    cut_short(folder / WEIGHTS)


def empty_file(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"")


def not_safetensors(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"\xff" * 200)


def error_page(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"<html><body>502 Bad Gateway</body></html>")


def padded(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes() + b"\0")


def no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("breakage", "why"),
    [
        (no_config, "no readable config.json"),
        (config_not_json, "no readable config.json"),
        (no_weights, "It has no weights"),
        (pickles_only, "Only safetensors are loaded, not pytorch_model.bin"),
        (adapter_only, "There is adapter_model.safetensors, but neither"),
        (truncated, "Cut short, or not what their headers say: model.safetensors"),
        (empty_file, "Cut short, or not what their headers say: model.safetensors"),
        (not_safetensors, "Cut short, or not what their headers say: model.safetensors"),
        (error_page, "Cut short, or not what their headers say: model.safetensors"),
        (padded, "Cut short, or not what their headers say: model.safetensors"),
        (no_tokenizer, "It has no tokenizer"),
    ],
)
def test_broken_folder_says_what_is_wrong(
    breakage: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "model")
    assert locate(str(folder)).path == folder
    breakage(folder)
    with pytest.raises(ModelBroken) as caught:
        locate(str(folder))
    assert why in caught.value.why
    assert str(folder) in caught.value.what


def test_whole_shards_are_accepted(tmp_path: Path) -> None:
    folder = write_sharded(tmp_path / "model")
    assert locate(str(folder)).path == folder
    assert sum(elements for _, elements, _ in catalog.tensors(folder)) == 15 + 7 + 11


def test_missing_and_cut_shards_are_named(tmp_path: Path) -> None:
    folder = write_sharded(tmp_path / "model")
    cut_short(folder / "model-00003-of-00003.safetensors")
    with pytest.raises(ModelBroken) as caught:
        locate(str(folder))
    assert caught.value.why.endswith("say: model-00003-of-00003.safetensors.")
    (folder / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(ModelBroken) as caught:
        locate(str(folder))
    assert caught.value.why.endswith("missing: model-00002-of-00003.safetensors.")
    (folder / INDEX).write_text("[]")
    with pytest.raises(ModelBroken, match="cannot be loaded") as caught:
        locate(str(folder))
    assert caught.value.why == f"{INDEX} cannot be read."


def test_broken_cached_model_says_to_pull_again(cache: Path) -> None:
    cut_short(cache_model(cache, "Qwen/Qwen2.5-Math-1.5B-Instruct") / WEIGHTS)
    with pytest.raises(ModelBroken) as caught:
        locate("1.5b")
    assert caught.value.hint == "tir models pull qwen2.5-math-1.5b"


def test_missing_mini_says_to_reinstall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "MINI_FOLDER", tmp_path / "nowhere")
    with pytest.raises(ModelBroken, match="cannot be loaded") as caught:
        locate("mini")
    assert "pip install" in caught.value.hint


# No network


def test_nothing_here_touches_the_network_or_torch(tmp_path: Path) -> None:
    """Runs in its own process, whose sockets raise, with the cache where HF_HOME says."""
    snapshot = cache_model(tmp_path / "home" / "hub", "Qwen/Qwen2.5-Math-1.5B-Instruct")
    program = f"""
import socket, sys
def forbid(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise AssertionError(event)
sys.addaudithook(forbid)
try:
    socket.create_connection(("127.0.0.1", 9))
except AssertionError as error:
    print("guarded", error)
from tir.errors import ModelNotFound
from tir.models import catalog
from tir.models.auto import best_available
for name in ("7b", "org/model", "zzz"):
    try:
        catalog.locate(name)
    except ModelNotFound as error:
        print("absent", name)
print(catalog.locate("1.5b").path == {str(snapshot)!r} or catalog.locate("1.5b").path)
print(best_available(device="cpu").name, catalog.cached_ids(), "torch" in sys.modules)
"""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=kept | {"HF_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "guarded socket.getaddrinfo",
        "absent 7b",
        "absent org/model",
        "absent zzz",
        str(snapshot),
        "qwen2.5-math-1.5b ['Qwen/Qwen2.5-Math-1.5B-Instruct'] False",
    ]


# What `auto` takes


def test_auto_takes_the_largest_that_is_here_and_fits(
    cache: Path, mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert best_available(device="cpu").name == "mini"
    cache_model(cache, "Qwen/Qwen2.5-Math-1.5B-Instruct")
    assert best_available(device="cpu").name == "qwen2.5-math-1.5b"
    # More layers: a longer KV cache, so that memory can tell the two apart.
    cache_model(cache, "Qwen/Qwen2.5-Math-7B-Instruct", num_hidden_layers=300)
    assert best_available(device="cpu").name == "qwen2.5-math-7b"
    monkeypatch.setattr(fit, "free_bytes", lambda device: 5_000_000)
    assert best_available(device="cpu").name == "qwen2.5-math-1.5b"


def test_auto_passes_over_a_broken_model(cache: Path, mini: Path) -> None:
    cut_short(cache_model(cache, "Qwen/Qwen2.5-Math-7B-Instruct") / WEIGHTS)
    assert best_available(device="cpu").name == "mini"


def test_cached_ids_are_those_of_causal_models(cache: Path) -> None:
    cache_model(cache, "org/llama", architectures=["LlamaForCausalLM"], model_type="llama")
    cache_model(cache, "Qwen/Qwen2.5-Math-RM-72B", architectures=["Qwen2ForRewardModel"])
    cache_model(cache, "org/silent", architectures=None)
    (cache / "models--org--half").mkdir()
    (cache / "datasets--org--data").mkdir()
    assert catalog.cached_ids() == ["org/llama"]


# Sizes


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (3_087_428_608, "3.1 GB"),
        (145_412_407_296, "145 GB"),
        (99_960_000_000, "100 GB"),
        (999_600_000, "1.0 GB"),
        (999_000_000, "999 MB"),
        (12, "1 MB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert catalog.size_text(size) == text
