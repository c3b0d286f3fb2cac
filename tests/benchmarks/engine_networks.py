"""What the benchmarks of the engine run on: networks of a true shape with random weights."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from tir.dialects import Sampling
from tir.models.load import load
from tir.models.local import LocalModel, LocalSession

WIDTH = {
    "hidden_size": 1536,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "intermediate_size": 8960,
}
"""Of Qwen2.5-Math-1.5B."""
FULL = WIDTH | {"num_hidden_layers": 28, "vocab_size": 151_936}
SHORT = WIDTH | {"num_hidden_layers": 4, "vocab_size": 32_000}
"""A seventh of the depth, and a vocabulary cut alike: head and layers have their usual shares."""


def build(shape: dict[str, int], dtype: torch.dtype, seed: int = 0) -> Any:
    """A Qwen2 with random weights."""
    torch.manual_seed(seed)
    config = Qwen2Config(
        **shape,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        eos_token_id=None,
        pad_token_id=0,
    )
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        network = Qwen2ForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    network.set_attn_implementation("sdpa")
    return network.eval().requires_grad_(False)


def model_of(network: Any) -> LocalModel:
    """The network behind the engine; words stand for its tokens, and no token ends a turn."""
    words = WordLevel({f"w{i}": i for i in range(network.config.vocab_size)}, unk_token="w0")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(words), eos_token="w0")
    model = LocalModel(network, tokenizer, name="random")
    model.eos = frozenset()
    return model


def built_in() -> LocalModel:
    """`mini` in float32; it never ends a turn by itself here."""
    model = load("mini").model
    assert isinstance(model, LocalModel)
    model.eos = frozenset()
    return model


def prompt(network: Any, count: int, seed: int) -> list[int]:
    """Random tokens."""
    random = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, network.config.vocab_size - 5, (count,), generator=random)
    return [int(i) for i in ids]


async def speak(session: LocalSession, count: int) -> None:
    """Generates that many tokens, greedily."""
    async for _ in session.generate(Sampling(max_tokens=count), ()):
        pass


def spent(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of all threads, and the result. With one thread of torch it is the time
    that the work takes on an idle machine, and other programs disturb it least."""
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def run(work: Awaitable[Any]) -> Any:
    """In an event loop of its own."""

    async def main() -> Any:
        return await work

    return asyncio.run(main())
