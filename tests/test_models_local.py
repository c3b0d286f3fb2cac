"""The real model class: tokens, cache, stops, sampling. The network is small and random."""

from pathlib import Path

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from tir.dialects import Prompt, Sampling
from tir.errors import ModelBroken
from tir.mini.tokenizer import as_transformers, train_tokenizer
from tir.models.base import Halt, Model, ModelSession
from tir.models.draw import draw
from tir.models.local import LocalModel, LocalSession
from tir.models.stops import Cut, StopWatch

TEXTS = [
    "<|im_start|>user\nFind the greatest common divisor of 84 and 36.<|im_end|>\n",
    "```python\nfrom math import gcd\nprint(gcd(84, 36))\n```\n```output\n12\n```\n",
    "Die Lösung ist größer als π ≈ 3.14159, also etwa √10 — 答案是 42.",
] * 20
PROMPT = "Find the greatest common divisor of 84 and 36."
PROMPTED = Prompt((), PROMPT)
OBSERVATION = "\n12\n```\n"


@pytest.fixture(scope="module")
def model() -> LocalModel:
    torch.manual_seed(0)
    tokenizer = as_transformers(train_tokenizer(TEXTS))
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=128,
        max_position_embeddings=2048,
        initializer_range=0.3,  # large, so that greedy tokens vary instead of repeating one
    )
    network = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for token in range(len(tokenizer)):
            if not tokenizer.decode([token]).isascii():
                network.lm_head.weight[token] = 0  # never the largest: no half characters
    return LocalModel(network, tokenizer, name="random")


def reference(model: LocalModel, ids: list[int], count: int) -> list[int]:
    """Greedy tokens by transformers' own `generate`, everything prefilled anew."""
    out = model.network.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        max_new_tokens=count,
        min_new_tokens=count,
        do_sample=False,
        pad_token_id=0,
        eos_token_id=None,
    )
    return out[0, len(ids) :].tolist()


async def run(session: LocalSession, count: int, stop: tuple[str, ...] = ()) -> tuple[str, Halt]:
    text, halt = "", None
    sampling = Sampling(max_tokens=count)
    async for delta in session.generate(sampling, stop):
        text += delta.text
        halt = delta.halt
    assert halt is not None
    return text, halt


def test_it_meets_the_protocols(model: LocalModel) -> None:
    assert isinstance(model, Model)
    assert isinstance(model.open(PROMPTED, seed=0), ModelSession)


@pytest.mark.parametrize("calls", [1, 2, 3, 4, 5, 6])
async def test_no_token_is_forwarded_twice(model: LocalModel, calls: int) -> None:
    session = model.open(PROMPTED, seed=0)
    for call in range(calls):
        before = list(session.ids)
        _, halt = await run(session, 12 + call)
        assert halt is Halt.LENGTH
        assert list(session.ids[len(before) :]) == reference(model, before, 12 + call)
        session.append(OBSERVATION)
    before = list(session.ids)
    await run(session, 9)
    assert list(session.ids[len(before) :]) == reference(model, before, 9)
    usage = session.usage
    assert usage.prompt == len(model.encode(PROMPT))
    assert usage.observed == calls * len(model.encode(OBSERVATION))
    assert usage.generated == sum(12 + call for call in range(calls)) + 9
    # All but the very last token, which nothing was predicted from.
    assert usage.forwarded == usage.prompt + usage.observed + usage.generated - 1
    assert len(session.ids) == usage.prompt + usage.observed + usage.generated


async def test_the_past_is_never_encoded_again(model: LocalModel) -> None:
    session = model.open(PROMPTED, seed=0)
    await run(session, 20)
    before = session.ids
    session.append(OBSERVATION)
    assert session.ids == before + tuple(model.encode(OBSERVATION))


@pytest.mark.parametrize("start", [3, 7, 11])
@pytest.mark.parametrize("inside", [0, 1])
async def test_a_stop_string_may_span_tokens_and_overshoot(
    model: LocalModel, start: int, inside: int
) -> None:
    """Any stretch of the greedy text is a stop string; what reaches past it is cropped."""
    free = model.open(PROMPTED, seed=0)
    whole, _ = await run(free, 40)
    pieces = [model.tokenizer.decode([i]) for i in free.ids[free.usage.prompt :]]
    assert "".join(pieces).startswith(whole[:20])
    begin = len("".join(pieces[:start])) + inside
    end = len("".join(pieces[: start + 3])) - inside
    stop = whole[begin:end]
    session = model.open(PROMPTED, seed=0)
    text, halt = await run(session, 40, (stop,))
    assert halt is Halt.STOP
    assert text == whole[: whole.index(stop) + len(stop)]
    kept = model.tokenizer.decode(session.ids[session.usage.prompt :])
    assert text.startswith(kept)
    session.append(OBSERVATION)
    seen = model.tokenizer.decode(session.ids[session.usage.prompt :])
    assert seen == text + OBSERVATION
    before = list(session.ids)
    await run(session, 10)
    assert list(session.ids[len(before) :]) == reference(model, before, 10)
    assert session.cache.length == len(session.ids) - 1


async def test_a_fork_shares_the_past_and_nothing_else(model: LocalModel) -> None:
    session = model.open(PROMPTED, seed=0)
    await run(session, 10)
    twin = session.fork()
    before = list(session.ids)
    assert list(twin.ids) == before
    twin.append(" 999 ")
    await run(twin, 8)
    await run(session, 8)
    assert list(session.ids[len(before) :]) == reference(model, before, 8)
    fed = before + model.encode(" 999 ")
    assert list(twin.ids[len(fed) :]) == reference(model, fed, 8)
    assert twin.usage.forwarded == 8 + len(model.encode(" 999 "))


async def test_after_the_end_of_a_turn_one_token_goes_again(model: LocalModel) -> None:
    session = model.open(PROMPTED, seed=0)
    await run(session, 5)
    session.tokens.pop()  # as EOS leaves it: all that is kept is in the cache
    before = list(session.ids)
    await run(session, 5)
    assert list(session.ids[len(before) :]) == reference(model, before, 5)


async def test_the_end_of_turn_token_is_not_kept(model: LocalModel) -> None:
    session = model.open(PROMPTED, seed=0)
    first = reference(model, list(session.ids), 1)[0]
    ending = LocalModel(model.network, model.tokenizer, name="random")
    ending.eos = frozenset([first])
    session = ending.open(PROMPTED, seed=0)
    assert await run(session, 20) == ("", Halt.EOS)
    assert session.usage.generated == 0


async def test_a_trajectory_ends_at_the_context(model: LocalModel) -> None:
    short = LocalModel(model.network, model.tokenizer, name="random")
    short.context = len(model.encode(PROMPT)) + 6
    session = short.open(PROMPTED, seed=0)
    _, halt = await run(session, 50)
    assert halt is Halt.CONTEXT
    assert len(session.ids) == short.context


async def test_one_seed_one_trajectory(model: LocalModel) -> None:
    sampling = Sampling(temperature=1.0, top_p=0.95, max_tokens=30)

    async def sample(seed: int) -> tuple[int, ...]:
        session = model.open(PROMPTED, seed=seed)
        async for _ in session.generate(sampling, ()):
            pass
        return session.ids

    assert await sample(1) == await sample(1)
    assert await sample(1) != await sample(2)


def choose(logits: torch.Tensor, sampling: Sampling, random: torch.Generator) -> int:
    return draw(logits.unsqueeze(0), [sampling], [random])[0]


def test_nucleus_keeps_the_fewest_tokens_that_reach_top_p() -> None:
    logits = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05]))
    random = torch.Generator().manual_seed(0)
    drawn = {choose(logits, Sampling(1.0, 0.7), random) for _ in range(200)}
    assert drawn == {0, 1}
    assert {choose(logits, Sampling(1.0, 0.4), random) for _ in range(50)} == {0}
    assert choose(logits, Sampling(0.0, 1.0), random) == 0


def test_incomplete_folders_are_errors_with_reasons(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken) as caught:
        LocalModel.load(tmp_path, name="x", device="cpu", dtype="float32")
    assert len(str(caught.value).split("\n")) == 3
    assert caught.value.exit_code == 3


def test_missing_weights_are_named(model: LocalModel, tmp_path: Path) -> None:
    state = dict(model.network.state_dict())
    state.pop("model.layers.1.mlp.up_proj.weight")
    model.network.save_pretrained(tmp_path, state_dict=state)
    model.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ModelBroken, match="incomplete") as caught:
        LocalModel.load(tmp_path, name="x", device="cpu", dtype="float32")
    assert "up_proj" in caught.value.why


def test_a_saved_model_loads_and_says_the_same(model: LocalModel, tmp_path: Path) -> None:
    model.network.save_pretrained(tmp_path)
    model.tokenizer.save_pretrained(tmp_path)
    again = LocalModel.load(tmp_path, name="again", device="cpu", dtype="float32")
    ids = model.encode(PROMPT)
    assert again.encode(PROMPT) == ids
    assert reference(again, ids, 15) == reference(model, ids, 15)
    again.close()


async def test_a_crop_of_several_tokens_reaches_the_cache(model: LocalModel) -> None:
    session = model.open(PROMPTED, seed=0)
    await run(session, 12)
    before = list(session.ids[:-4])
    session.crop(Cut("", 4, ""))
    assert list(session.ids) == before
    assert session.cache.length == len(before)
    session.append(OBSERVATION)
    fed = list(session.ids)
    await run(session, 8)
    assert list(session.ids[len(fed) :]) == reference(model, fed, 8)


def test_half_characters_are_cropped_with_the_token_that_completes_them(model: LocalModel) -> None:
    backend = model.tokenizer.backend_tokenizer
    ids = [model.tokenizer.convert_tokens_to_ids(c) for c in "xâĪļz"]  # x, 3 bytes of √, z
    watch = StopWatch(backend, ("x√",))
    assert [watch.feed(i) for i in ids[:3]] == ["x", "", ""]
    assert watch.feed(ids[3]) == Cut("√", 0, "")


def test_a_stop_inside_a_token_gives_back_what_the_crop_takes(model: LocalModel) -> None:
    backend = model.tokenizer.backend_tokenizer
    (word,) = model.encode(" greatest")
    watch = StopWatch(backend, (" gr",))
    assert watch.feed(word) == Cut(" gr", 1, " gr")
    watch = StopWatch(backend, ("e", " greatest"))
    assert watch.feed(word) == Cut(" gre", 1, " gre")
    watch = StopWatch(backend, (" greatest",))
    assert watch.feed(word) == Cut(" greatest", 0, "")
