"""What a model needs, what is free on this machine, and what a refusal offers instead."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import constants
from numpy.typing import NDArray
from safetensors.numpy import save_file

from tir.errors import BadInput, ModelDoesNotFit
from tir.models import catalog, fit
from tir.models.catalog import locate

CONFIG = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}


def write_model(folder: Path) -> Path:
    """A whole model, as far as files go: config, tokenizer, 15 + 7 numbers and 44 packed bytes."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.json").write_text("{}")
    tensors: dict[str, NDArray[Any]] = {
        "a": np.ones((3, 5), np.float32),
        "b": np.ones(7, np.float16),
        "packed": np.ones(11, np.int32),
    }
    save_file(tensors, folder / "model.safetensors")
    return folder


@pytest.fixture
def only_mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`mini` is here, and the hub's cache, which is returned, is empty."""
    monkeypatch.setattr(catalog, "MINI_FOLDER", write_model(tmp_path / "mini"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.mark.parametrize(
    ("name", "hidden", "inner", "vocabulary", "tied"),
    [
        ("1.5b", 1536, 8960, 151_936, True),
        ("7b", 3584, 18_944, 152_064, False),
        ("72b", 8192, 29_568, 152_064, False),
    ],
)
def test_published_counts_follow_from_the_shapes(
    name: str, hidden: int, inner: int, vocabulary: int, tied: bool
) -> None:
    entry = catalog.find(name)
    assert entry is not None
    keys = entry.kv_heads * entry.head_dim
    attention = 2 * hidden * hidden + hidden + 2 * (hidden * keys + keys)
    layer = attention + 3 * hidden * inner + 2 * hidden
    embeddings = vocabulary * hidden * (1 if tied else 2)
    assert entry.parameters == entry.layers * layer + embeddings + hidden
    assert entry.weight_bytes == 2 * entry.parameters


def test_estimate_counts_tensors_and_cache(tmp_path: Path) -> None:
    model = locate(str(write_model(tmp_path / "model")))
    found = fit.estimate(model, device="cpu", dtype="bfloat16", context=100, trajectories=4)
    assert found.weight_bytes == (15 + 7) * 2 + 44  # packed integers are not cast
    assert found.cache_bytes == 2 * 3 * (2 * 8) * 2 * 100 * 4
    assert found.needs_bytes == round((found.weight_bytes + found.cache_bytes) * 1.15)
    assert found.free_bytes > 0
    assert found.fits
    wide = fit.estimate(model, device="cpu", dtype="float32", context=10_000)
    assert wide.weight_bytes == (15 + 7) * 4 + 44
    assert wide.cache_bytes == 2 * 3 * (2 * 8) * 4 * 512  # the model's own limit


def test_estimate_of_an_entry_uses_published_sizes() -> None:
    entry = catalog.find("7b")
    assert entry is not None
    found = fit.estimate(entry, device="cpu", dtype="bfloat16", context=4096, free=16_000_000_000)
    assert found.weight_bytes == entry.weight_bytes
    assert found.cache_bytes == 57_344 * 4096  # 56 KiB per token
    assert not found.fits


def test_config_without_the_usual_names_costs_no_cache(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"n_layer": 12, "n_head": 12}')
    assert fit.cache_shape(folder) == (0, 0, 0, 0)


def test_unknown_device_and_dtype_are_bad_input() -> None:
    with pytest.raises(BadInput, match="no device tpu"):
        fit.free_bytes("tpu")
    with pytest.raises(BadInput, match="no number format int4"):
        fit.estimate(catalog.MINI, device="cpu", dtype="int4", context=10)


def refusal(name: str, free: int, trajectories: int = 1) -> ModelDoesNotFit:
    entry = catalog.find(name)
    assert entry is not None
    found = fit.estimate(
        entry,
        device="cpu",
        dtype="bfloat16",
        context=4096,
        trajectories=trajectories,
        free=free,
    )
    with pytest.raises(ModelDoesNotFit) as caught:
        fit.require(found)
    return caught.value


def test_require_passes_what_fits() -> None:
    fit.require(fit.estimate(catalog.MINI, device="cpu", dtype="float32", context=64, free=10**9))


def test_refusal_names_the_largest_that_fits(only_mini: Path) -> None:
    error = refusal("72b", 30_000_000_000)
    assert error.what == (
        "qwen2.5-math-72b does not fit: it needs about 169 GB, cpu has 30.0 GB free."
    )
    assert error.why == "qwen2.5-math-7b needs about 17.8 GB and fits."
    assert error.hint == "tir models pull qwen2.5-math-7b"
    assert refusal("7b", 3_000_000_000).hint == 'tir solve -m mini "..."'
    root = only_mini / "models--Qwen--Qwen2.5-Math-1.5B-Instruct"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text("abc")
    write_model(root / "snapshots" / "abc")
    assert refusal("7b", 8_000_000_000).hint == 'tir solve -m qwen2.5-math-1.5b "..."'


def test_refusal_offers_fewer_trajectories_first(only_mini: Path) -> None:
    error = refusal("1.5b", 4_000_000_000, trajectories=16)
    assert error.hint == 'tir solve -m qwen2.5-math-1.5b -n 1 "..."'
    assert "3.7 GB" in error.why


def test_refusal_when_nothing_fits(only_mini: Path) -> None:
    assert refusal("mini", 1_000_000).why == "No smaller model fits either."


# The machine


def test_bf16_is_read_from_cpuinfo(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor: 0\nflags\t\t: fpu avx512f avx512_bf16\nbugs\t: bf16\n")
    assert fit.cpu_has_bf16(cpuinfo)
    cpuinfo.write_text("Features\t: fp asimd bf16 i8mm\n")
    assert fit.cpu_has_bf16(cpuinfo)
    cpuinfo.write_text("flags\t\t: fpu avx512f avx2\nbugs\t: bf16\n")
    assert not fit.cpu_has_bf16(cpuinfo)
    assert not fit.cpu_has_bf16(tmp_path / "nowhere")


def test_dtype_by_device_and_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "cpu_has_bf16", lambda: True)
    assert fit.choose_dtype("cpu") == "bfloat16"
    assert fit.choose_dtype("cpu", "mini") == "float32"
    monkeypatch.setattr(fit, "cpu_has_bf16", lambda: False)
    assert fit.choose_dtype("cpu") == "float32"
    assert fit.choose_dtype("mps") == "float16"


def limits(folder: Path, limit: str, used: int, cached: int, *, v1: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("memory.limit_in_bytes" if v1 else "memory.max")).write_text(f"{limit}\n")
    (folder / ("memory.usage_in_bytes" if v1 else "memory.current")).write_text(f"{used}\n")
    name = "total_inactive_file" if v1 else "inactive_file"
    (folder / "memory.stat").write_text(f"anon 5\n{name} {cached}\n")


def test_tightest_cgroup_v2_limit_counts(tmp_path: Path) -> None:
    membership, mount = tmp_path / "cgroup", tmp_path / "fs"
    membership.write_text("0::/slice/unit\n")
    assert fit.cgroup_free(membership, mount) is None
    limits(mount / "slice" / "unit", "max", 40, 0)
    assert fit.cgroup_free(membership, mount) is None
    limits(mount / "slice", "1000", 300, 100)
    assert fit.cgroup_free(membership, mount) == 800
    limits(mount / "slice" / "unit", "500", 700, 0)
    assert fit.cgroup_free(membership, mount) == 0
    assert fit.cgroup_free(tmp_path / "nowhere", mount) is None


def test_cgroup_v1_in_a_container_and_hybrid(tmp_path: Path) -> None:
    membership, mount = tmp_path / "cgroup", tmp_path / "fs"
    membership.write_text("4:cpuset,memory:/docker/abc\n1:cpu:/\n0::/\n")
    limits(mount / "memory", "9000", 1000, 50, v1=True)  # the path is the host's: only the top
    assert fit.cgroup_free(membership, mount) == 8050


def test_limit_bounds_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "cgroup_free", lambda: 12_345)
    assert fit.free_bytes("cpu") == 12_345
