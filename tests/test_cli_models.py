"""`tir models`: the table and its JSON. What `pull` does is in test_models_download.py."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from huggingface_hub import constants
from safetensors.numpy import save

from tir.cli.models import Row, models, table
from tir.models import catalog, fit

HUB_ID = "Qwen/Qwen2.5-Math-1.5B-Instruct"
REVISION = "0123456789abcdef0123456789abcdef01234567"
CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
WEIGHTS = save({"w": np.arange(200_000, dtype=np.float32)})
FILES = {
    "config.json": json.dumps(CONFIG).encode(),
    "tokenizer.json": b"{}",
    "LICENSE": b"Apache",
    "model.safetensors": WEIGHTS,
}


@pytest.fixture
def cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CPU with bfloat16 and 20 GB free, `mini` whole, and an empty cache, which is returned."""
    monkeypatch.setattr(fit, "choose_device", lambda: "cpu")
    monkeypatch.setattr(fit, "cpu_has_bf16", lambda: True)
    monkeypatch.setattr(fit, "free_bytes", lambda device: 20_000_000_000)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(catalog, "MINI_FOLDER", tmp_path / "mini")
    write_files(tmp_path / "mini")
    return tmp_path / "hub"


def write_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, data in FILES.items():
        (folder / name).write_bytes(data)


def cache_model(cache: Path, hub_id: str) -> Path:
    root = cache / f"models--{hub_id.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(REVISION)
    write_files(root / "snapshots" / REVISION)
    return root / "snapshots" / REVISION


def cells(output: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in output.splitlines()]


def test_notes_are_wrapped_to_a_window() -> None:
    notes = {"mini": "built in; knows its few families of problems only", "other": ""}
    rows = [
        Row(name, name, 3543296, "here", None, None, 21 << 20, True, name == "mini", note)
        for name, note in notes.items()
    ]
    whole, narrow = table(rows).splitlines(), table(rows, 72).splitlines()
    assert len(whole) == 3
    assert max(map(len, narrow)) <= 72
    assert [line.strip() for line in narrow[2:-1]] == ["families of problems only"]
    assert narrow[2].index("families") == narrow[1].index("built") == narrow[0].index("NOTE")


def test_table_says_what_is_here_and_what_fits(cpu: Path) -> None:
    result = CliRunner().invoke(models, [])
    assert result.exit_code == 0
    assert [row[:6] for row in cells(result.stdout)] == [
        ["MODEL", "PARAMETERS", "HERE", "NEEDS", "FITS", "NOTE"],
        ["auto", "mini", "0.2 M", "yes", "3 MB", "yes"],
        ["qwen2.5-math-1.5b", "1.5 B", "no", "3.7 GB", "yes", "a laptop is enough"],
        ["qwen2.5-math-7b", "7.6 B", "no", "17.8 GB", "yes", "wants a GPU"],
        ["qwen2.5-math-72b", "72.7 B", "no", "169 GB", "no", catalog.CATALOG[-1].note],
    ]
    assert result.stderr.endswith("Try: tir models pull qwen2.5-math-1.5b\n")
    assert "cpu, bfloat16, 20.0 GB free." in result.stderr
    assert CliRunner().invoke(models, ["list"]).stdout == result.stdout


def test_cached_models_are_listed_and_auto_moves(cpu: Path) -> None:
    cache_model(cpu, "org/other")
    cache_model(cpu, HUB_ID)
    result = CliRunner().invoke(models, ["list"])
    rows = cells(result.stdout)
    assert [row[1] for row in rows if row[0] == "auto"] == ["qwen2.5-math-1.5b"]
    assert rows[-1][:3] == ["org/other", "0.2 M", "yes"]
    assert "Try:" not in result.stderr


def test_broken_models_are_shown_with_the_way_out(cpu: Path) -> None:
    (cache_model(cpu, HUB_ID) / "model.safetensors").unlink()
    (cache_model(cpu, "org/other") / "tokenizer.json").unlink()
    (catalog.MINI_FOLDER / "config.json").unlink()
    result = CliRunner().invoke(models, ["--json"])
    assert result.exit_code == 0
    listed = json.loads(result.stdout)
    rows = {row["name"]: row for row in listed["models"]}
    assert {name for name, row in rows.items() if row["state"] == "broken"} == {
        "mini",
        "qwen2.5-math-1.5b",
        "org/other",
    }
    assert rows["qwen2.5-math-1.5b"]["note"].endswith("Try: tir models pull qwen2.5-math-1.5b")
    assert rows["org/other"]["needs_bytes"] is None
    assert not any(row["auto"] for row in rows.values())
    assert CliRunner().invoke(models, []).exit_code == 0


def test_json_is_complete_and_alone_on_stdout(cpu: Path) -> None:
    result = CliRunner().invoke(models, ["list", "--json"])
    listed = json.loads(result.stdout)
    assert result.stderr == ""
    assert listed["schema"] == "tir.models/1"
    assert (listed["device"], listed["dtype"]) == ("cpu", "bfloat16")
    assert listed["free_bytes"] == 20_000_000_000
    large = listed["models"][-1]
    assert (large["hub_id"], large["state"], large["fits"]) == (
        "Qwen/Qwen2.5-Math-72B-Instruct",
        "absent",
        False,
    )


def test_advice_on_a_gpu_is_the_largest_that_fits(
    cpu: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "choose_device", lambda: "mps")
    cache_model(cpu, HUB_ID)
    result = CliRunner().invoke(models, [])
    assert result.stderr.endswith("Try: tir models pull qwen2.5-math-7b\n")


@pytest.mark.skipif(fit.accelerator_possible(), reason="torch has to be asked for the GPU")
def test_list_does_not_import_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from tir.cli.models import models\n"
        "models(['list'], standalone_mode=False); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_help_shows_both_commands() -> None:
    result = CliRunner().invoke(models, ["--help"])
    assert result.exit_code == 0
    assert "list" in result.output
    assert "pull" in result.output
