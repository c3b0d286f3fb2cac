"""Reward models in process: real networks, small and random, with code of their own on disk."""

import asyncio
import importlib.util
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2ForSequenceClassification

from executors import Execution, Status
from problems import Answer, Problem
from tir.errors import BadInput, ModelBroken
from tir.mini.tokenizer import as_transformers, train_tokenizer
from tir.models.load_reward import load_reward
from tir.models.options import LoadOptions, Quantize
from tir.models.reward import LocalScorer
from tir.reward import INSTRUCTION, STEP_END, OutcomeReward, ProcessReward, steps
from tir.trajectory import Step, Stop, Trajectory, Usage

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CODE = '''
import torch
from torch import nn
from transformers import Qwen2Model, Qwen2PreTrainedModel


class Rewarding(Qwen2PreTrainedModel):
    """A head as the reward models of Qwen2.5-Math have it, for the last token or for all."""

    def __init__(self, config):
        super().__init__(config)
        self.model = Qwen2Model(config)
        width = config.hidden_size
        self.score = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, config.rewards)
        )
        self.post_init()

    def forward(self, input_ids):
        scores = self.score(self.model(input_ids=input_ids).last_hidden_state)
        return (scores if self.config.rewards == 2 else scores[:, -1],)
'''
RUN = Execution(Status.OK, stdout="12\n")
LONG = Trajectory(
    (
        Step("First this.\n\nThen that:", "print(12)", RUN, 1, 0.1),
        Step("It is \\boxed{12}.", None, None, 1, 0.1),
    ),
    Answer("12", "boxed"),
    Stop.ANSWERED,
    0,
    Usage(),
)
SHORT = Trajectory(LONG.steps[1:], LONG.answer, Stop.ANSWERED, 1, Usage())
PROBLEM = Problem("What is 3 times 4?")
TRUSTED = LoadOptions(device="cpu", dtype="float32", trust_remote_code=True)


def config(**more: Any) -> Qwen2Config:
    return Qwen2Config(
        vocab_size=512,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=2048,
        initializer_range=0.5,
        **more,
    )


def tokenizer(*, marked: bool) -> Any:
    made = as_transformers(train_tokenizer(["Find 3 times 4. ```python print(12) ```"] * 5))
    made.chat_template = CHATML
    if marked:
        made.add_special_tokens({"additional_special_tokens": [STEP_END]})
    assert len(made) <= 512
    return made


def save(folder: Path, rewards: int) -> Path:
    """A reward model with a Python file, as its authors would publish it."""
    folder.mkdir()
    (folder / "modeling_rewarding.py").write_text(CODE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("rewarding", folder / "modeling_rewarding.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(rewards)
    module.Rewarding(config(rewards=rewards)).save_pretrained(folder)
    tokenizer(marked=rewards == 2).save_pretrained(folder)
    file = folder / "config.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    record["auto_map"] = {"AutoModel": "modeling_rewarding.Rewarding"}
    file.write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.fixture(scope="module", autouse=True)
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where transformers copies code to before it runs it: not to the user's cache."""
    import transformers.dynamic_module_utils as dynamic

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamic, "HF_MODULES_CACHE", str(tmp_path_factory.mktemp("modules")))
        yield


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("models") / "tiny-rm", 1)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("models") / "tiny-prm", 2)


def by_hand(scorer: Any, text: str) -> torch.Tensor:
    """What the network says of a conversation written out, token by token."""
    ids = scorer.tokenizer.encode(
        f"<|im_start|>system\n{INSTRUCTION}<|im_end|>\n"
        f"<|im_start|>user\nWhat is 3 times 4?<|im_end|>\n"
        f"<|im_start|>assistant\n{text}<|im_end|>\n",
        add_special_tokens=False,
    )
    logits: torch.Tensor = scorer.network(input_ids=torch.tensor([ids]))[0][0]
    if logits.dim() == 1:
        return logits
    marks = scorer.tokenizer.convert_tokens_to_ids(STEP_END)
    return torch.stack([logits[i] for i, token in enumerate(ids) if token == marks])


async def test_an_outcome_model_scores_the_whole_solution(outcome: Path) -> None:
    reward = load_reward(str(outcome), TRUSTED)
    assert isinstance(reward, OutcomeReward)
    scores = await reward.score(PROBLEM, [LONG, SHORT])
    scorer = reward._scorer
    expected = [by_hand(scorer, "\n\n".join(steps(t))).item() for t in (LONG, SHORT)]
    assert scores == pytest.approx(expected, rel=1e-5)
    assert scores[0] != pytest.approx(scores[1], rel=1e-3)


async def test_a_process_model_scores_each_step(process: Path) -> None:
    reward = load_reward(str(process), TRUSTED)
    assert isinstance(reward, ProcessReward)
    scorer = reward._scorer
    logits = by_hand(scorer, "".join(step + STEP_END for step in steps(LONG)))
    assert logits.shape == (4, 2)
    right = torch.softmax(logits, -1)[:, 1]
    (score,) = await reward.score(PROBLEM, [LONG])
    assert score == pytest.approx(right.log().sum().item(), rel=1e-4)  # of so small a product


@pytest.mark.parametrize("kind", ["outcome", "process"])
def test_code_that_came_with_weights_runs_on_consent_only(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder: Path = request.getfixturevalue(kind)
    traced = tmp_path / "model"
    traced.mkdir()
    for file in folder.iterdir():
        if file.is_file():
            (traced / file.name).write_bytes(file.read_bytes())
    ran = tmp_path / "ran"
    code = traced / "modeling_rewarding.py"
    code.write_text(f"import pathlib\npathlib.Path({str(ran)!r}).touch()\n{CODE}", encoding="utf-8")
    with pytest.raises(BadInput, match="brings Python code of its own") as raised:
        load_reward(str(traced), LoadOptions(device="cpu", dtype="float32"))
    assert "modeling_rewarding.py" in str(raised.value)
    assert "--trust-reward-code" in str(raised.value)
    assert not ran.exists()
    load_reward(str(traced), TRUSTED)
    assert ran.exists()


def test_a_reward_model_is_not_quantized_in_silence(outcome: Path) -> None:
    with pytest.raises(BadInput, match="cannot be loaded in int8") as raised:
        load_reward(str(outcome), replace(TRUSTED, quantize=Quantize.INT8))
    assert len(str(raised.value).split("\n")) == 3


async def test_a_head_that_transformers_knows_needs_no_consent(tmp_path: Path) -> None:
    torch.manual_seed(0)
    Qwen2ForSequenceClassification(config(num_labels=1, pad_token_id=0)).save_pretrained(tmp_path)
    tokenizer(marked=False).save_pretrained(tmp_path)
    reward = load_reward(str(tmp_path), LoadOptions(device="cpu", dtype="float32"))
    assert isinstance(reward, OutcomeReward)
    (score,) = await reward.score(PROBLEM, [SHORT])
    assert score == pytest.approx(by_hand(reward._scorer, "\n\n".join(steps(SHORT))).item())


def test_a_language_model_is_no_reward_model(tmp_path: Path) -> None:
    Qwen2ForCausalLM(config()).save_pretrained(tmp_path)
    tokenizer(marked=False).save_pretrained(tmp_path)
    with pytest.raises(ModelBroken, match="does not load") as raised:
        load_reward(str(tmp_path), TRUSTED)
    assert "Qwen2ForCausalLM" in str(raised.value)


async def test_a_number_that_is_none_is_an_error(outcome: Path) -> None:
    scorer = LocalScorer.load(
        outcome, name="tiny", device="cpu", dtype="float32", trust_remote_code=True
    )
    with torch.inference_mode():
        scorer.network.score[2].bias.fill_(math.nan)
    with pytest.raises(ModelBroken, match="gives no number"):
        await OutcomeReward(scorer).score(PROBLEM, [SHORT])


async def test_a_process_head_of_another_shape_is_an_error(outcome: Path, tmp_path: Path) -> None:
    for file in outcome.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    tokenizer(marked=True).save_pretrained(tmp_path)
    reward = load_reward(str(tmp_path), TRUSTED)
    with pytest.raises(ModelBroken, match="is no process reward model"):
        await reward.score(PROBLEM, [SHORT])


class Served(BaseHTTPRequestHandler):
    """vLLM's pooling API as far as its documents describe it, with a real network behind it."""

    scorer: LocalScorer

    def do_GET(self) -> None:
        self.reply({"data": [{"id": self.scorer.name}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert (self.path, asked["model"]) == ("/pooling", self.scorer.name)
        numbers = self.scorer._one(asked["messages"])
        rows = [[1 - p, p] if self.scorer.is_process else [p] for p in numbers]
        self.reply({"data": [{"index": 0, "data": rows}]})

    def reply(self, record: object) -> None:
        body = json.dumps(record).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.mark.parametrize("kind", ["outcome", "process"])
async def test_on_a_server_it_scores_as_it_does_here(
    kind: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(kind)
    here = load_reward(str(folder), TRUSTED)
    scorer = LocalScorer.load(
        folder, name=folder.name, device="cpu", dtype="float32", trust_remote_code=True
    )
    handler = type("Handler", (Served,), {"scorer": scorer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            options = LoadOptions(endpoint=f"http://127.0.0.1:{server.server_port}/v1")
            there = await asyncio.to_thread(load_reward, folder.name, options)
            assert type(there) is type(here)
            assert there.name == f"{folder.name}@127.0.0.1:{server.server_port}"
            scores = await there.score(PROBLEM, [LONG, SHORT])
        finally:
            server.shutdown()
            thread.join()
    assert scores == pytest.approx(await here.score(PROBLEM, [LONG, SHORT]), rel=1e-5)
