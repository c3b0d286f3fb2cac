"""From a folder to a model: dialect, vocabulary, quantization, device, and what is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from problems import Problem
from tir.dialects import QWEN_MATH, Sampling
from tir.errors import BadInput, EnvironmentFailed, ModelBroken, TirError
from tir.mini.model import WEIGHTS
from tir.models import weights
from tir.models.int8 import FEW, Int8Linear
from tir.models.load import load
from tir.models.local import LocalModel
from tir.models.options import LoadOptions, Quantize
from tir.models.room import room_for_tokens, token_bytes

QUESTION = Problem("Find all real x with 2x^2 - 7x + 3 = 0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The built-in model under another name, to be changed."""
    copied = tmp_path / "somebody's-model"
    shutil.copytree(WEIGHTS, copied)
    return copied


def change(file: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    edit(content)
    file.write_text(json.dumps(content), encoding="utf-8")


def refusal(folder: Path, **options: Any) -> TirError:
    with pytest.raises(TirError) as caught:
        load(str(folder), LoadOptions(**options))
    assert len(str(caught.value).split("\n")) == 3
    return caught.value


async def written(model: Any, sampling: Sampling, seed: int = 0) -> tuple[int, ...]:
    session = model.open(QWEN_MATH.prompt(QUESTION), seed=seed)
    async for _ in session.generate(sampling, ("```output",)):
        pass
    ids: tuple[int, ...] = session.ids
    session.close()
    return ids


def test_a_folder_speaks_the_dialect_of_its_template(folder: Path) -> None:
    model = load(str(folder)).model
    assert isinstance(model, LocalModel)
    prompt = model.dialect.prompt(QUESTION).text
    assert prompt.startswith("<|im_start|>system\n")
    assert prompt.endswith("<|im_start|>assistant\n")


def test_the_users_word_decides(folder: Path) -> None:
    model = load(str(folder), LoadOptions(dialect="qwen2.5-math")).model
    assert model.dialect == QWEN_MATH
    error = refusal(folder, dialect="esperanto")
    assert isinstance(error, BadInput)
    assert "qwen2.5-math" in error.why


def drop_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    change(folder / "tokenizer_config.json", lambda config: config.pop("chat_template", None))


def test_a_model_without_a_chat_template(folder: Path) -> None:
    drop_template(folder)
    error = refusal(folder)
    assert isinstance(error, BadInput)
    assert "no chat template" in error.why
    assert "--dialect" in error.hint
    error = refusal(folder, dialect="markdown")
    assert "has no chat template" in error.what
    assert load(str(folder), LoadOptions(dialect="qwen2.5-math")).model.dialect == QWEN_MATH


def test_a_tokenizer_that_lacks_the_dialects_specials(folder: Path) -> None:
    error = refusal(folder, dialect="gpt-oss")
    assert isinstance(error, BadInput)
    assert "does not speak the dialect" in error.what
    assert "<|channel|>" in error.why


def test_a_vocabulary_larger_than_the_logits(folder: Path) -> None:
    def more(tokenizer: dict[str, Any]) -> None:
        token = dict(tokenizer["added_tokens"][0])
        tokenizer["added_tokens"].append(token | {"id": 1536, "content": "<|extra|>"})

    change(folder / "tokenizer.json", more)
    error = refusal(folder)
    assert isinstance(error, ModelBroken)
    assert "not of one model" in error.what
    assert "'<|extra|>'" in error.why


def test_a_context_shorter_than_the_prompt(folder: Path) -> None:
    change(folder / "config.json", lambda config: config.update(max_position_embeddings=40))
    model = load(str(folder)).model
    assert model.context == 40
    with pytest.raises(BadInput, match="too long for this model") as caught:
        model.open(QWEN_MATH.prompt(QUESTION), seed=0)
    assert len(str(caught.value).split("\n")) == 3


def test_remote_code_is_not_run_unasked(folder: Path) -> None:
    def foreign(config: dict[str, Any]) -> None:
        config["model_type"] = "homemade"
        config["auto_map"] = {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}

    change(folder / "config.json", foreign)
    ran = folder / "ran"
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w')\n")
    assert isinstance(refusal(folder), ModelBroken)
    assert not ran.exists()


# Eight bits


def test_bytes_are_as_near_as_rounding_allows() -> None:
    torch.manual_seed(0)
    linear = nn.Linear(256, 64, dtype=torch.bfloat16).requires_grad_(False)
    small = Int8Linear(linear)
    assert small.weight.dtype is torch.int8
    off = (small.weight.float() * small.scale.float()[:, None] - linear.weight.float()).abs()
    # Half a step, and the scale's own rounding to bfloat16.
    assert bool((off <= small.scale.float()[:, None] * (0.5 + 127 / 256)).all())
    for count in (1, FEW, FEW + 1):
        x = torch.randn(1, count, 256, dtype=torch.bfloat16)
        exact = linear(x).float()
        assert small(x).shape == (1, count, 64)
        assert float((small(x).float() - exact).abs().max()) < 0.05 * float(exact.abs().max())


async def test_int8_agrees_with_bf16_on_nearly_every_token() -> None:
    plain = load("mini", LoadOptions(dtype="bfloat16")).model
    small = load("mini", LoadOptions(dtype="bfloat16", quantize=Quantize.INT8)).model
    assert isinstance(small, LocalModel)
    assert isinstance(plain, LocalModel)
    assert isinstance(small.network.model.layers[0].mlp.up_proj, Int8Linear)
    assert small.network.get_input_embeddings().weight.dtype is torch.bfloat16
    ids = await written(plain, Sampling(max_tokens=120))
    given = len(plain.encode(QWEN_MATH.prompt(QUESTION).text))
    with torch.inference_mode():
        chosen = small.network(input_ids=torch.tensor([ids])).logits[0].argmax(-1)
    same = sum(int(chosen[at - 1]) == ids[at] for at in range(given, len(ids)))
    assert same >= 0.95 * (len(ids) - given)


def test_int8_is_for_cpus(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="for CPUs only") as caught:
        weights.read(tmp_path, name="x", device="cuda", dtype="bfloat16", quantize=Quantize.INT8)
    assert len(str(caught.value).split("\n")) == 3


# Where it goes


async def test_a_model_spread_by_device_map_writes_the_same() -> None:
    pytest.importorskip("accelerate")
    sampling = Sampling(max_tokens=40)
    plain = load("mini", LoadOptions(dtype="float32")).model
    spread = load("mini", LoadOptions(device="auto", dtype="float32")).model
    assert isinstance(spread, LocalModel)
    assert spread.batched
    assert await written(spread, sampling) == await written(plain, sampling)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(*_: Any, **__: Any) -> Any:
        raise ImportError("Using `device_map` requires Accelerate: pip install accelerate\nmore")

    monkeypatch.setattr(weights.AutoModelForCausalLM, "from_pretrained", without)
    with pytest.raises(EnvironmentFailed, match="not installed") as caught:
        load("mini", LoadOptions(device="auto"))
    assert caught.value.hint == "pip install accelerate"
    assert len(str(caught.value).split("\n")) == 3


def test_room_is_counted_in_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load("mini").model
    assert isinstance(model, LocalModel)
    # 4 layers, keys and values, 4 heads of 32 numbers, 4 bytes each.
    assert token_bytes(model.network.config, torch.float32) == 4 * 2 * 4 * 32 * 4
    monkeypatch.setattr("tir.models.room.free_bytes", lambda _: 4096 * 1000)
    assert room_for_tokens(model.network) == 500
