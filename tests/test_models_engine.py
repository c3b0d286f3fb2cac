"""Many trajectories on one network: what each gets, what is computed, and what is given back.

The network is real, small and random, in float32; what a trajectory writes in company is compared
with what transformers' own `generate`, or the same trajectory alone, writes.
"""

import asyncio
import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from tir.dialects import Prompt, Sampling
from tir.errors import BadInput, ModelBroken
from tir.mini.tokenizer import as_transformers, train_tokenizer
from tir.models.base import Halt
from tir.models.draw import HEAD, draw
from tir.models.keys import KeyValues
from tir.models.local import LocalModel, LocalSession
from tir.models.ragged import RaggedForward
from tir.models.threads import SMALL, cores, set_threads

TEXTS = ["<|im_start|>user\nThe greatest common divisor of 84 and 36.<|im_end|>\n```output\n"] * 20
TOKENIZER: Any = as_transformers(train_tokenizer(TEXTS))
SHAPE: dict[str, Any] = {
    "vocab_size": len(TOKENIZER),
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 96,
    "max_position_embeddings": 2048,
    "initializer_range": 0.3,  # large, so that greedy tokens vary instead of repeating one
}
SAMPLED = Sampling(temperature=1.0, top_p=0.9, max_tokens=24)
GREEDY = Sampling(max_tokens=24)


@pytest.fixture(scope="module")
def network() -> Any:
    torch.manual_seed(0)
    return Qwen2ForCausalLM(Qwen2Config(**SHAPE))


@pytest.fixture
def make(network: Any) -> Callable[..., LocalModel]:
    """Models on one network, each with an engine and memory of its own."""

    def made(tokens: int | None = None, chunk: int = 256, net: Any = network) -> LocalModel:
        model = LocalModel(net, TOKENIZER, name="random")
        model.eos = frozenset()
        model.engine._chunk = chunk
        if tokens is not None:
            model.engine._tokens = tokens
        return model

    return made


def prompt(seed: int, count: int) -> list[int]:
    random = torch.Generator().manual_seed(seed)
    return [int(i) for i in torch.randint(3, len(TOKENIZER), (count,), generator=random)]


def reference(network: Any, ids: list[int], count: int) -> list[int]:
    """Greedy tokens by transformers' own `generate`, everything prefilled anew."""
    out = network.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        max_new_tokens=count,
        min_new_tokens=count,
        do_sample=False,
        pad_token_id=0,
        eos_token_id=None,
    )
    return [int(i) for i in out[0, len(ids) :]]


async def speak(session: LocalSession, sampling: Sampling, stop: tuple[str, ...] = ()) -> Halt:
    halt = None
    async for delta in session.generate(sampling, stop):
        halt = delta.halt
    assert halt is not None
    return halt


async def episode(model: LocalModel, seed: int, sampling: Sampling) -> tuple[int, ...]:
    """Two tool calls, each after a pause in which the others go on."""
    session = LocalSession(model, prompt(seed, 20 + 37 * (seed % 5)), seed)
    for call in range(3):
        await speak(session, sampling)
        if call < 2:
            await asyncio.sleep(0.01 * ((seed + call) % 3))
            session.append(" 84 and 36." * (1 + seed % 3))
    usage, ids = session.usage, session.ids
    assert usage.forwarded == usage.prompt + usage.observed + usage.generated - 1
    session.close()
    return ids


# What a trajectory gets


@pytest.mark.parametrize("sampling", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
async def test_a_trajectory_does_not_depend_on_its_company(
    make: Callable[..., LocalModel], sampling: Sampling
) -> None:
    model = make(chunk=50)
    alone = [await episode(make(), seed, sampling) for seed in range(9)]
    together = await asyncio.gather(*(episode(model, seed, sampling) for seed in range(9)))
    assert together == alone
    assert len(set(alone)) == 9


async def test_it_writes_what_generate_writes(
    make: Callable[..., LocalModel], network: Any
) -> None:
    model = make(chunk=50)
    sessions = [LocalSession(model, prompt(seed, 30 + 45 * seed), seed) for seed in range(4)]
    for _ in range(2):
        before = [list(session.ids) for session in sessions]
        await asyncio.gather(*(speak(session, GREEDY) for session in sessions))
        for session, ids in zip(sessions, before, strict=True):
            assert list(session.ids[len(ids) :]) == reference(network, ids, 24)
            session.append("The greatest")


async def test_stop_strings_are_each_sessions_own(make: Callable[..., LocalModel]) -> None:
    model = make()
    free = LocalSession(model, prompt(3, 40), 0)
    await speak(free, GREEDY)
    ids = list(free.ids[40:])
    text = model.tokenizer.decode(ids)
    places = [4, 9, 14]
    stops = [model.tokenizer.decode(ids[at : at + 2]) for at in places]
    sessions = [LocalSession(model, prompt(3, 40), 0) for _ in stops]
    halts = await asyncio.gather(
        *(speak(s, GREEDY, (stop,)) for s, stop in zip(sessions, stops, strict=True))
    )
    assert halts == [Halt.STOP] * 3
    for session, stop in zip(sessions, stops, strict=True):
        kept = model.tokenizer.decode(session.ids[40:])
        assert text[: text.index(stop) + len(stop)].startswith(kept)


async def test_a_long_prompt_does_not_hold_up_who_decodes(make: Callable[..., LocalModel]) -> None:
    model = make(chunk=32)
    talker = LocalSession(model, prompt(1, 10), 0)
    talking = asyncio.create_task(speak(talker, Sampling(max_tokens=400)))
    while not talker.usage.generated:
        await asyncio.sleep(0)
    before = talker.usage.generated
    await speak(LocalSession(model, prompt(2, 640), 0), Sampling(max_tokens=1))
    assert talker.usage.generated - before >= 19  # 640 tokens, 32 at a time, are 20 steps
    await talking


# What is computed


async def test_samples_of_one_problem_read_its_prompt_once(
    make: Callable[..., LocalModel],
) -> None:
    model = make()
    ids = prompt(5, 1000)
    alone = []
    for seed in range(8):
        session = LocalSession(make(), list(ids), seed)
        await speak(session, SAMPLED)
        alone.append(session.ids)
    sessions = [LocalSession(model, list(ids), seed) for seed in range(8)]
    await asyncio.gather(*(speak(session, SAMPLED) for session in sessions))
    assert [session.ids for session in sessions] == alone
    generated = sum(session.usage.generated for session in sessions)
    # Each reads the last token of the prompt for itself, to draw from what comes after it; what
    # each draws last is read by nobody.
    assert sum(session.usage.forwarded for session in sessions) == 999 + 8 + generated - 8
    assert sum(session.usage.cached for session in sessions) == 7 * 999


async def test_the_next_sample_finds_the_prompt_read(make: Callable[..., LocalModel]) -> None:
    model = make()
    ids = prompt(6, 300)
    first = LocalSession(model, list(ids), 1)
    await speak(first, SAMPLED)
    first.close()
    second = LocalSession(model, list(ids), 1)
    await speak(second, SAMPLED)
    assert second.ids == first.ids
    assert second.usage.forwarded == second.usage.generated
    assert second.usage.cached == 299
    second.close()
    assert model.engine.used <= 512  # one prompt, in a buffer of its own size


async def test_a_fork_copies_when_it_must_and_else_not(make: Callable[..., LocalModel]) -> None:
    model = make()
    session = LocalSession(model, prompt(7, 200), 0)
    await speak(session, GREEDY)
    twin = session.fork()
    assert isinstance(twin.cache, KeyValues)
    assert isinstance(session.cache, KeyValues)
    assert twin.cache.buffer is session.cache.buffer
    room = model.engine.used
    await speak(session, GREEDY)
    assert twin.cache.buffer is session.cache.buffer  # its owner writes behind what is shared
    assert model.engine.used == room
    await speak(twin, GREEDY)
    assert twin.cache.buffer is not session.cache.buffer
    assert twin.ids == session.ids
    heir = session.fork()
    shared = session.cache.buffer
    session.close()
    heir.append("The greatest")
    await speak(heir, Sampling(max_tokens=2))
    assert heir.cache.buffer is shared  # nobody else writes there any more


async def test_a_crop_behind_a_fork_leaves_the_fork_as_it_was(
    make: Callable[..., LocalModel], network: Any
) -> None:
    model = make()
    session = LocalSession(model, prompt(8, 50), 0)
    await speak(session, GREEDY)
    twin = session.fork()
    before = list(twin.ids)
    del session.tokens[-10:]
    session.cache.crop(len(session.tokens))
    session.append(" common divisor of 84")
    await speak(session, GREEDY)
    await speak(twin, GREEDY)
    assert list(twin.ids[len(before) :]) == reference(network, before, 24)


# Memory


async def test_memory_is_bounded_and_the_parked_read_themselves_again(
    make: Callable[..., LocalModel],
) -> None:
    sampling = Sampling(1.0, 0.9, max_tokens=150)
    ids = [prompt(20 + seed, 100) for seed in range(6)]
    alone = []
    for seed in range(6):
        session = LocalSession(make(), list(ids[seed]), seed)
        await speak(session, sampling)
        alone.append(session.ids)
    model = make(tokens=700)
    sessions = [LocalSession(model, list(ids[seed]), seed) for seed in range(6)]
    most = 0

    async def watched(session: LocalSession) -> None:
        nonlocal most
        async for _ in session.generate(sampling, ()):
            most = max(most, model.engine.used)

    await asyncio.gather(*(watched(session) for session in sessions))
    assert [session.ids for session in sessions] == alone
    assert 0 < most <= 700
    again = [session.usage.forwarded - 249 for session in sessions]
    assert again[0] == 0  # the oldest is never turned out
    assert sum(again) > 0


async def test_who_waits_gives_way_when_nobody_else_can_go_on(
    make: Callable[..., LocalModel], network: Any
) -> None:
    model = make(tokens=300)
    waiting = LocalSession(model, prompt(30, 150), 0)
    await speak(waiting, GREEDY)
    before = list(waiting.ids)
    other = LocalSession(model, prompt(31, 150), 0)
    await asyncio.wait_for(speak(other, GREEDY), 20)
    assert waiting.cache.length == 0
    await asyncio.wait_for(speak(waiting, GREEDY), 20)
    assert list(waiting.ids[len(before) :]) == reference(network, before, 24)
    assert waiting.usage.forwarded == 150 + 24 - 1 + len(before) + 24 - 1


# Failure, cancellation, threads


async def test_a_failed_step_fails_who_is_in_it_and_nobody_later(
    make: Callable[..., LocalModel], network: Any
) -> None:
    model = make()

    def fail(*_: Any) -> None:
        raise RuntimeError("shapes cannot be multiplied")

    sessions = [LocalSession(model, prompt(40 + i, 30), 0) for i in range(3)]
    hook = network.model.layers[1].register_forward_pre_hook(fail)
    try:
        told = await asyncio.gather(
            *(speak(session, GREEDY) for session in sessions), return_exceptions=True
        )
    finally:
        hook.remove()
    for error in told:
        assert isinstance(error, ModelBroken)
        assert len(str(error).split("\n")) == 3
        assert "shapes cannot be multiplied" in error.why
    before = list(sessions[0].ids)
    await speak(sessions[0], GREEDY)
    assert list(sessions[0].ids[len(before) :]) == reference(network, before, 24)


async def test_overflow_ends_whom_it_befalls_and_nobody_else(
    make: Callable[..., LocalModel], network: Any
) -> None:
    model = make()
    alone = await episode(make(), 4, SAMPLED)

    def overflow(_: Any, __: Any, logits: torch.Tensor) -> torch.Tensor:
        logits = logits.clone()
        logits[0, 0] = float("nan")  # the oldest of those in the step
        return logits

    sick = LocalSession(model, prompt(45, 30), 0)
    hook = network.lm_head.register_forward_hook(overflow)
    try:
        for sampling in (GREEDY, SAMPLED):
            with pytest.raises(ModelBroken, match="overflow") as caught:
                await speak(sick, sampling)
    finally:
        hook.remove()
    assert len(str(caught.value).split("\n")) == 3
    assert sick.usage.generated == 0
    assert await episode(model, 4, SAMPLED) == alone


def test_only_the_row_that_overflows_has_no_token() -> None:
    logits = torch.randn(4, 500, generator=torch.Generator().manual_seed(1))
    logits[1, 7], logits[2, 9] = float("nan"), float("inf")
    modes = [Sampling(), Sampling(1.0, 0.9), Sampling(), Sampling(1.0, 0.9)]
    random = [torch.Generator().manual_seed(0) for _ in modes]
    tokens = draw(logits, modes, random)
    assert tokens[1:3] == [None, None]
    assert None not in (tokens[0], tokens[3])


async def test_who_is_cancelled_leaves_at_once_and_can_come_back(
    make: Callable[..., LocalModel], network: Any
) -> None:
    model = make()
    session, other = (LocalSession(model, prompt(50 + i, 30), 0) for i in range(2))
    long = Sampling(max_tokens=400)
    task = asyncio.create_task(speak(session, long))
    while session.usage.generated < 5:
        await asyncio.sleep(0.001)
    going_on = asyncio.create_task(speak(other, long))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    written = session.usage.generated
    assert await going_on is Halt.LENGTH
    assert session.usage.generated == written < 400
    before = list(session.ids)
    await speak(session, GREEDY)
    assert list(session.ids[len(before) :]) == reference(network, before, 24)


async def test_a_closed_session_does_not_hurt_the_step_that_it_is_in(
    make: Callable[..., LocalModel],
) -> None:
    model = make()
    alone = await episode(make(), 4, GREEDY)

    async def come_and_go(seed: int) -> None:
        session = LocalSession(model, prompt(60 + seed, 40), 0)
        async for _ in session.generate(Sampling(max_tokens=400), ()):
            if session.usage.generated > seed:
                break
        session.close()

    together = await asyncio.gather(
        episode(model, 4, GREEDY), *(come_and_go(seed) for seed in range(12))
    )
    assert together[0] == alone


def test_several_event_loops_share_one_model(make: Callable[..., LocalModel]) -> None:
    model = make()
    alone = [asyncio.run(episode(make(), seed, SAMPLED)) for seed in range(4)]
    found: dict[int, tuple[int, ...]] = {}

    def work(seed: int) -> None:
        found[seed] = asyncio.run(episode(model, seed, SAMPLED))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [found[seed] for seed in range(4)] == alone


async def test_a_closed_model_tells_who_waits(make: Callable[..., LocalModel]) -> None:
    model = make()
    session = LocalSession(model, prompt(70, 30), 0)
    task = asyncio.create_task(speak(session, Sampling(max_tokens=1900)))
    while session.usage.generated < 2:
        await asyncio.sleep(0.001)
    model.close()
    with pytest.raises(ModelBroken, match="closed"):
        await asyncio.wait_for(task, 10)
    with pytest.raises(ModelBroken, match="closed"):
        await speak(session, GREEDY)


async def test_a_model_that_nobody_has_is_freed_with_its_thread(
    make: Callable[..., LocalModel],
) -> None:
    model = make()
    await episode(model, 1, GREEDY)
    ref, thread = weakref.ref(model.engine), model.engine._thread
    assert thread is not None
    del model
    gc.collect()
    assert ref() is None
    thread.join(10)
    assert not thread.is_alive()


def test_a_process_that_ends_in_mid_generation_ends() -> None:
    program = """
import asyncio, threading, time
from tir.dialects import QWEN_MATH, Sampling
from tir.models.load import load
from problems import Problem
model = load("mini").model
model.eos = frozenset()
started = threading.Event()
async def main():
    session = model.open(QWEN_MATH.prompt(Problem("What is 1 + 1?")), seed=0)
    async for _ in session.generate(Sampling(max_tokens=100000), ()):
        started.set()
threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
started.wait()
print(time.time())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert time.time() - float(done.stdout) < 30


# Networks of other kinds


def windowed(**more: Any) -> Any:
    return MistralForCausalLM(MistralConfig(**SHAPE | {"sliding_window": 16} | more))


def capped() -> Any:
    return Gemma2ForCausalLM(Gemma2Config(**SHAPE, head_dim=16, sliding_window=64))


@pytest.mark.parametrize(
    ("build", "batched"),
    [
        (lambda: LlamaForCausalLM(LlamaConfig(**SHAPE)), True),
        (lambda: Qwen3ForCausalLM(Qwen3Config(**SHAPE, head_dim=32)), True),
        (lambda: windowed(sliding_window=None), True),
        (windowed, False),
        (capped, False),
    ],
    ids=["llama", "qwen3", "mistral", "mistral with a window", "gemma 2"],
)
async def test_every_architecture_writes_what_generate_writes(
    build: Callable[[], Any], batched: bool, make: Callable[..., LocalModel]
) -> None:
    """Attention that the ragged step would get wrong is recognised, and computed one by one."""
    torch.manual_seed(1)
    net = build().eval()
    ids = [prompt(80 + i, 12 + 15 * i) for i in range(3)]
    expected = [reference(net, list(own), 24) for own in ids]
    model = make(chunk=20, net=net)
    assert model.batched is batched
    sessions = [LocalSession(model, list(own), 0) for own in ids]
    await asyncio.gather(*(speak(session, GREEDY) for session in sessions))
    assert [list(session.ids[-24:]) for session in sessions] == expected
    twin = sessions[0].fork()
    del twin.tokens[-3:]
    twin.cache.crop(min(twin.cache.length, len(twin.tokens)))
    twin.append("The greatest common")
    fed = list(twin.ids)
    await speak(twin, GREEDY)
    assert list(twin.ids[len(fed) :]) == reference(net, fed, 24)
    assert list(sessions[0].ids[-24:]) == expected[0]


def test_generate_and_plain_calls_go_on_as_before(network: Any) -> None:
    ids = torch.tensor([prompt(90, 30)])
    padded = torch.cat([torch.zeros(1, 5, dtype=torch.long), ids], 1)
    mask = torch.tensor([[0] * 5 + [1] * 30])
    with torch.inference_mode():
        plain = Qwen2ForCausalLM(network.config)
        plain.load_state_dict(network.state_dict())
        plain.set_attn_implementation("sdpa")
        expected = plain(input_ids=padded, attention_mask=mask).logits[0, 5:]
        RaggedForward(network)
        found = network(input_ids=padded, attention_mask=mask).logits[0, 5:]
    assert torch.allclose(found, expected, atol=1e-4)


# The rest


def test_a_prompt_longer_than_the_context_is_three_lines(make: Callable[..., LocalModel]) -> None:
    model = make()
    model.context = 20
    with pytest.raises(BadInput, match="too long for this model") as caught:
        model.open(Prompt((), "The greatest common divisor " * 20), seed=0)
    assert len(str(caught.value).split("\n")) == 3
    assert "reads 20 at most" in caught.value.why


def test_a_wide_nucleus_is_found_by_sorting() -> None:
    flat = torch.zeros(1, 4 * HEAD)
    random = torch.Generator().manual_seed(0)
    drawn = {draw(flat, [Sampling(1.0, 1.0)], [random])[0] for _ in range(400)}
    assert len(drawn) > HEAD
    half = torch.zeros(1, 4 * HEAD)
    half[0, : 2 * HEAD] = 20.0
    drawn = {draw(half, [Sampling(1.0, 0.99)], [random])[0] for _ in range(200)}
    assert max(drawn) < 2 * HEAD
    assert len(drawn) > 100


def test_rows_are_drawn_each_from_its_own_numbers() -> None:
    logits = torch.randn(3, 500, generator=torch.Generator().manual_seed(1))
    modes = [Sampling(1.0, 0.9), Sampling(), Sampling(0.5, 0.95)]

    def seeded() -> list[torch.Generator]:
        return [torch.Generator().manual_seed(seed) for seed in range(3)]

    together = draw(logits, modes, seeded())
    apart = [draw(logits[i : i + 1], [modes[i]], [seeded()[i]])[0] for i in range(3)]
    assert together == apart
    assert together[1] == int(logits[1].argmax())


def test_draws_have_the_probabilities_of_the_nucleus() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]]))
    random = torch.Generator().manual_seed(0)
    drawn = [draw(logits, [Sampling(1.0, 0.9)], [random])[0] for _ in range(4000)]
    shares = [drawn.count(token) / 4000 for token in range(4)]
    assert shares == pytest.approx([0.526, 0.316, 0.158, 0.0], abs=0.03)


def test_hyperthreads_count_once_and_a_quota_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    for processor in range(4):
        folder = tmp_path / f"cpu{processor}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text("0,2" if processor % 2 == 0 else "1,3")
    quota = tmp_path / "cpu.max"
    assert cores(tmp_path, quota) == 2
    quota.write_text("max 100000\n")
    assert cores(tmp_path, quota) == 2
    quota.write_text("50000 100000\n")
    assert cores(tmp_path, quota) == 1
    assert cores(tmp_path / "nowhere", quota) == 1


def test_a_small_network_gets_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    try:
        set_threads(SMALL - 1)
        assert torch.get_num_threads() == 1
        set_threads(SMALL)
        assert torch.get_num_threads() == cores()
        monkeypatch.setenv("OMP_NUM_THREADS", "1")
        torch.set_num_threads(2)
        set_threads(SMALL - 1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
