"""A causal language model in this process, through transformers.

A session is a list of token ids and the KV cache of a prefix of it. Whatever is not in the
cache yet is *pending* and goes through the network with the next forward: the prompt at first,
then one sampled token at a time, then an observation together with the token before it. So no
token is forwarded twice; a crop after a stop string drops ids and cache entries alike.
"""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DynamicCache,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from problems import Problem
from tir.dialects import QWEN_MATH, Dialect, Prompt, Sampling
from tir.errors import ModelBroken
from tir.models.base import Delta, Halt
from tir.models.stops import Cut, StopWatch
from tir.trajectory import Usage

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class LocalModel:
    """Weights, tokenizer and the one thread that runs the network."""

    def __init__(
        self,
        network: "PreTrainedModel",
        tokenizer: PreTrainedTokenizerFast,
        *,
        name: str,
        dialect: Dialect = QWEN_MATH,
    ) -> None:
        self.name = name
        self.dialect = dialect
        self.network: Any = network.requires_grad_(False)
        self.network.eval()
        self.tokenizer = tokenizer
        self.context = min(dialect.context, network.config.max_position_embeddings)
        named = [tokenizer.convert_tokens_to_ids(token) for token in dialect.eos]
        declared = network.generation_config.eos_token_id if network.generation_config else None
        own = declared if isinstance(declared, list) else [declared, tokenizer.eos_token_id]
        self.eos = frozenset(token for token in (*named, *own) if isinstance(token, int))
        # One thread, always the same: a thread that is new to torch makes its own pool of
        # workers, and two at once on one model gain nothing.
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="tir-model")

    @classmethod
    def load(
        cls, path: Path, *, name: str, device: str, dtype: str, dialect: Dialect = QWEN_MATH
    ) -> "LocalModel":
        """Loads a folder of safetensors; never runs code that came with it, never downloads.

        Raises:
            ModelBroken: weights or tokenizer are missing or do not load.
        """
        # A line that counts 60 tensors in a hundredth of a second helps nobody.
        transformers_logging.disable_progress_bar()
        try:
            # A class chosen by the model's type brings its own rules for splitting words, which
            # need not be those of the file: only tokenizer.json says how this model was trained.
            kind: Any = AutoTokenizer
            if (path / "tokenizer.json").is_file():
                kind = PreTrainedTokenizerFast
            tokenizer = kind.from_pretrained(path, local_files_only=True, trust_remote_code=False)
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                path,
                dtype=getattr(torch, dtype),
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
            network, report = loaded
            network = network.to(device)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelBroken(
                f"the model in {path} does not load.",
                why=str(error).split("\n")[0][:300],
                hint="tir models",
            ) from error
        finally:
            transformers_logging.enable_progress_bar()
        if report["missing_keys"]:
            names = ", ".join(sorted(report["missing_keys"])[:3])
            raise ModelBroken(
                f"the model in {path} is incomplete.",
                why=f"{len(report['missing_keys'])} weights are missing, among them {names}",
                hint="tir models",
            )
        return cls(network, tokenizer, name=name, dialect=dialect)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, special tokens in it recognised, none added."""
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def count(self, text: str) -> int:
        """How many tokens a text is."""
        return len(self.encode(text))

    def open(self, prompt: Prompt, *, seed: int) -> "LocalSession":
        """A trajectory that begins with `prompt`; nothing is computed yet."""
        return LocalSession(self, self.encode(prompt.text), seed)

    def outside(self, problem: Problem) -> str | None:
        """None: a model given by the user declares no scope."""
        return None

    def close(self) -> None:
        """Stops the model's thread."""
        self.thread.shutdown(wait=True, cancel_futures=True)


class LocalSession:
    """One trajectory on a `LocalModel`."""

    def __init__(self, model: LocalModel, ids: list[int], seed: int) -> None:
        self._model = model
        self._ids = ids
        self._cache = DynamicCache(config=model.network.config)
        self._cached = 0
        self._residue = ""
        self._random = torch.Generator().manual_seed(seed)
        self._usage = Usage(prompt=len(ids))

    @property
    def ids(self) -> tuple[int, ...]:
        """Every token of the trajectory so far."""
        return tuple(self._ids)

    @property
    def usage(self) -> Usage:
        """Token counts so far."""
        return self._usage

    async def generate(
        self, sampling: Sampling, stop: tuple[str, ...]
    ) -> AsyncGenerator[Delta, None]:
        """Samples until a stop string, EOS or a limit; see `ModelSession.generate`."""
        watch = StopWatch(self._model.tokenizer.backend_tokenizer, stop)
        loop = asyncio.get_running_loop()
        for _ in range(sampling.max_tokens):
            if len(self._ids) >= self._model.context:
                yield Delta("", Halt.CONTEXT)
                return
            token = await loop.run_in_executor(self._model.thread, self._next, sampling)
            if token in self._model.eos:
                yield Delta("", Halt.EOS)
                return
            self._ids.append(token)
            self._usage = replace(self._usage, generated=self._usage.generated + 1)
            piece = watch.feed(token)
            if isinstance(piece, Cut):
                self._crop(piece)
                yield Delta(piece.text, Halt.STOP)
                return
            if piece:
                yield Delta(piece)
        yield Delta("", Halt.LENGTH)

    def append(self, text: str) -> None:
        """Adds text that the model did not write, behind what a crop has left to write again."""
        added = self._model.encode(self._residue + text)
        self._residue = ""
        self._ids += added
        self._usage = replace(self._usage, observed=self._usage.observed + len(added))

    def fork(self) -> "LocalSession":
        """A second session with the same past; its cache is a copy, nothing is computed."""
        twin = LocalSession(self._model, list(self._ids), 0)
        twin._cache = deepcopy(self._cache)
        twin._cached = self._cached
        twin._residue = self._residue
        twin._random.set_state(self._random.get_state())
        # What is in the copied cache was forwarded by the original, not by the twin.
        twin._usage = Usage(prompt=len(self._ids))
        return twin

    def close(self) -> None:
        """Frees the cache."""
        self._cache = DynamicCache(config=self._model.network.config)
        self._cached = 0

    @torch.inference_mode()
    def _next(self, sampling: Sampling) -> int:
        """Forwards what is pending and chooses the next token."""
        if self._cached == len(self._ids):
            # All is computed but the logits are gone, as after EOS: the last token goes again.
            self._cache.crop(-1)
            self._cached -= 1
        pending = self._ids[self._cached :]
        output = self._model.network(
            input_ids=torch.tensor([pending], device=self._model.network.device),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._cached = len(self._ids)
        self._usage = replace(self._usage, forwarded=self._usage.forwarded + len(pending))
        return choose(output.logits[0, -1], sampling, self._random)

    def _crop(self, cut: Cut) -> None:
        """Drops the tokens that reach past a stop string, from the ids and from the cache."""
        if cut.drop:
            del self._ids[-cut.drop :]
        self._residue = cut.residue
        excess = self._cached - len(self._ids)
        if excess > 0:
            self._cache.crop(-excess)
            self._cached = len(self._ids)


def choose(logits: torch.Tensor, sampling: Sampling, random: torch.Generator) -> int:
    """The next token from logits of shape (vocabulary,): greedy at temperature 0, else nucleus.

    Nucleus sampling (Holtzman et al. 2020) keeps the fewest likeliest tokens whose probability
    reaches `top_p`. Computed on the CPU in float32, so that one seed means one choice anywhere.
    """
    if sampling.is_greedy:
        return int(logits.argmax())
    scores = torch.softmax(logits.float().cpu() / sampling.temperature, -1)
    values, order = scores.sort(descending=True)
    beyond = values.cumsum(-1) - values >= sampling.top_p
    beyond[0] = False
    values[beyond] = 0
    return int(order[torch.multinomial(values, 1, generator=random)])
