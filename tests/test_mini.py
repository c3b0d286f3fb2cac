"""The built-in model: what ships, and that it solves problems through the ordinary path."""

import json
from copy import copy
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

import tir
from executors import JupyterExecutor
from problems import Problem
from tir.api import load_model
from tir.dialects import QWEN_MATH, Prompt, Sampling
from tir.episode import Episode
from tir.mini.model import WEIGHTS, MiniModel
from tir.mini.scope import signs, unfamiliar, worded
from tir.mini.syllabus import SYLLABUS, UNTAUGHT
from tir.mini.tokenizer import train_tokenizer
from tir.mini.train import (
    FURTHER,
    IGNORE,
    Recipe,
    average,
    batches,
    build,
    collate,
    encode,
    rate,
    train,
    width,
)
from tir.mini.transcripts import transcripts
from tir.models.local import LocalSession
from tir.policy import Policy
from tir.solution import SolutionStatus
from tir.trajectory import Stop

QUESTION = "Find all real x with 2x^2 - 7x + 3 = 0"


@pytest.fixture(scope="module")
def model() -> MiniModel:
    loaded = load_model("mini").model
    assert isinstance(loaded, MiniModel)
    return loaded


def test_it_is_small_and_complete() -> None:
    names = {file.name for file in WEIGHTS.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "scope.json"} <= names
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) <= 16_000_000
    config = json.loads((WEIGHTS / "config.json").read_text())
    assert config["architectures"] == ["Qwen2ForCausalLM"]
    assert config["dtype"] == "bfloat16"


def test_the_recipes_on_record_are_the_recipes_in_the_code() -> None:
    """The weights come from the first recipe and the further ones, each from where it ended."""
    record = json.loads((WEIGHTS / "training.json").read_text())
    for recipe in (*reversed(FURTHER), Recipe()):
        assert record["recipe"] == json.loads(json.dumps(asdict(recipe)))
        record = record.get("before")
    assert record is None


def test_training_goes_on_from_a_folder(tmp_path: Path) -> None:
    """Two steps from the weights that ship: other weights, the same tokenizer, both on record."""
    recipe = replace(FURTHER[-1], steps=2, batch_tokens=640)
    train(recipe, tmp_path, WEIGHTS)
    record = json.loads((tmp_path / "training.json").read_text())
    assert record["recipe"]["steps"] == 2
    assert record["before"] == json.loads((WEIGHTS / "training.json").read_text())
    assert (tmp_path / "tokenizer.json").read_bytes() == (WEIGHTS / "tokenizer.json").read_bytes()
    before, after = (load_file(at / "model.safetensors") for at in (WEIGHTS, tmp_path))
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_the_weights_of_two_folders_are_averaged(tmp_path: Path) -> None:
    for name, value in (("before", 1.0), ("behind", 2.0)):
        (tmp_path / name).mkdir()
        weights = {"w": torch.full((2, 2), value, dtype=torch.bfloat16)}
        save_file(weights, tmp_path / name / "model.safetensors")
    average(tmp_path / "before", tmp_path / "behind")
    mean = load_file(tmp_path / "behind" / "model.safetensors")["w"]
    assert mean.dtype is torch.bfloat16
    assert mean.tolist() == [[1.5, 1.5], [1.5, 1.5]]


def test_every_digit_is_one_token_and_specials_are_qwens(model: MiniModel) -> None:
    assert len(model.encode("1234567890")) == 10
    assert [model.tokenizer.decode([i]) for i in model.encode("x=-42")] == ["x", "=", "-", "4", "2"]
    for special in ("<|im_start|>", "<|im_end|>", "<|endoftext|>"):
        assert len(model.encode(special)) == 1
    for text in ("Größe √2 ≤ π, 答案", "```python\n    return x**2\n```"):
        assert model.tokenizer.decode(model.encode(text)) == text


def test_its_words_are_split_as_in_training(model: MiniModel) -> None:
    trained = Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))
    for transcript in islice(transcripts(11), 100):
        for segment in transcript:
            expected = trained.encode(segment.text, add_special_tokens=False).ids
            assert model.encode(segment.text) == expected


def test_the_chat_template_is_the_dialect(model: MiniModel) -> None:
    messages = [
        {"role": "system", "content": QWEN_MATH.system},
        {"role": "user", "content": QUESTION},
    ]
    rendered = model.tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True
    )
    assert rendered == QWEN_MATH.prompt(Problem(QUESTION)).text


def test_it_solves_and_verifies_the_readmes_problem() -> None:
    solution = tir.solve(QUESTION, model="mini")
    assert solution.status is SolutionStatus.VERIFIED
    assert solution.answer == "\\frac{1}{2}, 3"
    trajectory = solution.trajectories[0]
    assert trajectory.stop is Stop.ANSWERED
    assert trajectory.steps[0].program is not None
    usage = trajectory.usage
    # Every token once; the last one that was sampled is read by nobody.
    # The prompt may have been read by an earlier solve of the same problem in this process.
    assert usage.forwarded + usage.cached == usage.prompt + usage.generated + usage.observed


class Recorded(LocalSession):
    """A session that remembers which tokens it was given rather than chose."""

    given: set[int]

    def append(self, text: str) -> None:
        start = len(self.ids)
        super().append(text)
        self.given |= set(range(start, len(self.ids)))


async def test_an_episode_is_what_a_full_prefill_would_have_written(model: MiniModel) -> None:
    """One forward over the finished transcript chooses every token that the episode chose."""
    question = "Let f(x) = 3x^2 - x + 4 and g(x) = 2x - 5. Find f(g(7))."
    sessions: list[Recorded] = []

    def opened(prompt: Prompt, *, seed: int) -> Recorded:
        session = Recorded(model, model.encode(prompt.text), seed)
        session.given = set(range(len(session.ids)))
        sessions.append(session)
        return session

    recorder = copy(model)
    recorder.open = opened  # type: ignore[method-assign]
    async with JupyterExecutor() as executor:
        episode = Episode(
            Problem(question),
            model=recorder,
            executor=executor,
            policy=Policy(),
            sampling=Sampling(),
            index=0,
            seed=0,
        )
        async for _ in episode.work():
            pass
        result = episode.trajectory()
        await episode.close()
    assert sum(step.execution is not None for step in result.steps) == 2
    (session,) = sessions
    ids = session.ids
    with torch.inference_mode():
        logits = model.network(input_ids=torch.tensor([ids])).logits[0]
    chosen = [at for at in range(len(ids)) if at not in session.given]
    assert len(chosen) == result.usage.generated
    assert [int(logits[at - 1].argmax()) for at in chosen] == [ids[at] for at in chosen]
    assert result.usage.forwarded == len(ids)


def test_solving_is_deterministic() -> None:
    one, two = (tir.solve("What is 15% of 80?", model="mini") for _ in range(2))
    assert [s.program for t in one.trajectories for s in t.steps] == [
        s.program for t in two.trajectories for s in t.steps
    ]
    assert one.answer == two.answer == "12"


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "Janet's ducks lay 16 eggs per day. She eats three for breakfast. How many are left?",
        "How many vertical asymptotes does the graph of $y=\\frac{2}{x^2+x-6}$ have?",
    ],
)
def test_outside_its_scope_nothing_is_verified(question: str) -> None:
    solution = tir.solve(question, model="mini")
    assert solution.status in (SolutionStatus.UNVERIFIED, SolutionStatus.NO_ANSWER)


def test_the_scope_holds_every_training_phrasing(model: MiniModel) -> None:
    rng = Random("scope")
    questions = [family.exercise(rng).question for family in SYLLABUS for _ in range(20)]
    known = [question for question in questions if model.outside(Problem(question)) is None]
    assert len(known) >= 0.99 * len(questions)


def test_enough_families_are_taught_and_the_others_are_not() -> None:
    assert len(SYLLABUS) >= 24
    taught = {id(variant) for family in SYLLABUS for variant in family.variants}
    assert not taught & {id(variant) for family in UNTAUGHT for variant in family.variants}


def test_the_scope_sees_kinds_of_signs() -> None:
    assert signs("Solve $2x^3 + 10 = 0$ for Ana.")[1:-1] == (
        "solve <number> <variable> ^ 3 + <number> = <number> for <name>".split()
    )
    assert signs("What is the 21st?") == signs("what is the 3rd")
    assert unfamiliar("Solve it", frozenset({"<start> solve it"})) == ("solve it <end>",)
    assert unfamiliar("x", frozenset()) == ("<start> <variable> <end>",)
    assert worded("<start> <variable> =") == "x ="


def test_training_starts_from_the_seed_and_learns() -> None:
    """A few real steps: the same seed gives the same weights, and the loss falls."""
    recipe = Recipe(steps=8, warmup=2, batch_tokens=1024, hidden=64, layers=1, intermediate=64)
    texts = list(islice(transcripts(1), 60))
    tokenizer = train_tokenizer(s.text for t in texts for s in t)

    def losses() -> list[float]:
        torch.manual_seed(recipe.seed)
        network = build(recipe, tokenizer)
        stepper = torch.optim.AdamW(network.parameters(), lr=5e-3)
        feed = batches((encode(t, tokenizer) for t in texts * 4), 1024, Random(0))
        seen = []
        for step in range(8):
            ids, labels = collate(next(feed), 1024, 0)
            loss = network(input_ids=ids, labels=labels).loss
            loss.backward()
            for group in stepper.param_groups:
                group["lr"] = 5e-3 * rate(step, recipe)
            stepper.step()
            stepper.zero_grad()
            seen.append(loss.item())
        return seen

    one, two = losses(), losses()
    assert one == two
    assert one[-1] < one[0]


def test_only_what_a_good_solver_writes_is_learned() -> None:
    for transcript in islice(transcripts(3), 200):
        assert not transcript[0].learned
        assert transcript[-1].learned
        assert transcript[-1].text.endswith("<|im_end|>")
        learned = "".join(s.text for s in transcript if s.learned)
        assert "no output" not in learned
        assert "NameError" not in learned


def test_batches_come_in_few_shapes() -> None:
    tokenizer = train_tokenizer(s.text for t in islice(transcripts(1), 50) for s in t)
    rows = [encode(t, tokenizer) for t in islice(transcripts(2), 300)]
    feed = batches(iter(rows), 2048, Random(0))
    made = [next(feed) for _ in range(20)]
    for batch in made:
        ids, labels = collate(batch, 2048, 0)
        assert ids.shape == labels.shape == (2048 // width(batch), width(batch))
        assert (labels != IGNORE).any()
