"""A causal language model in this process, through transformers.

A session is a list of token ids and the keys and values of a prefix of it. Whatever is not
computed yet is *pending* and goes through the network with the next step: the prompt at first,
then one sampled token at a time, then an observation together with the token before it. So no
token is forwarded twice; a crop after a stop string drops ids and keys alike. The steps of all
sessions are taken together by `tir.models.engine`.
"""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import PreTrainedTokenizerFast

from problems import Problem
from tir.dialects import QWEN_MATH, Dialect, Prompt, Sampling
from tir.errors import BadInput
from tir.models.base import Delta, Halt
from tir.models.engine import CHUNK, CPU_CHUNK, Engine
from tir.models.forward import Forward, Unsuited
from tir.models.lone import LoneForward
from tir.models.ragged import RaggedForward
from tir.models.requests import Request
from tir.models.room import room_for_tokens
from tir.models.stops import Cut, StopWatch
from tir.models.threads import set_threads
from tir.models.weights import read
from tir.trajectory import Usage

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class LocalModel:
    """Weights, tokenizer and the engine that computes all sessions."""

    def __init__(
        self,
        network: "PreTrainedModel",
        tokenizer: PreTrainedTokenizerFast,
        *,
        name: str,
        dialect: Dialect = QWEN_MATH,
        tokens: int | None = None,
    ) -> None:
        """`tokens`: how many keys and values of all sessions may number; None: half of what is
        free. It is never less than one trajectory at full length."""
        self.name = name
        self.dialect = dialect
        self.network: Any = network.requires_grad_(False)
        self.network.eval()
        self.tokenizer = tokenizer
        config = network.config.get_text_config()
        self.context = min(dialect.context, config.max_position_embeddings)
        named = [tokenizer.convert_tokens_to_ids(token) for token in dialect.eos]
        declared = network.generation_config.eos_token_id if network.generation_config else None
        own = declared if isinstance(declared, list) else [declared, tokenizer.eos_token_id]
        self.eos = frozenset(token for token in (*named, *own) if isinstance(token, int))
        forward: Forward[Any]
        try:
            forward = RaggedForward(self.network)
        except Unsuited:
            forward = LoneForward(self.network)
        self.batched = forward.batched
        """Whether trajectories are computed together, or one after another."""
        device = self.network.get_input_embeddings().weight.device.type
        self.engine = Engine(
            forward,
            tokens=max(tokens or room_for_tokens(self.network), 2 * self.context),
            chunk=CPU_CHUNK if device == "cpu" else CHUNK,
            begin=partial(set_threads, sum(p.numel() for p in self.network.parameters())),
        )

    @classmethod
    def load(cls, path: Path, *, name: str, **how: Any) -> "LocalModel":
        """Loads a folder of safetensors, as `tir.models.weights.read` says; never downloads."""
        network, tokenizer, dialect = read(path, name=name, **how)
        return cls(network, tokenizer, name=name, dialect=dialect)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, special tokens in it recognised, none added."""
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def count(self, text: str) -> int:
        """How many tokens a text is."""
        return len(self.encode(text))

    def open(self, prompt: Prompt, *, seed: int) -> "LocalSession":
        """A trajectory that begins with `prompt`; nothing is computed yet.

        Raises:
            BadInput: the prompt alone is longer than the context.
        """
        ids = self.encode(prompt.text)
        if len(ids) >= self.context:
            raise BadInput(
                "the problem is too long for this model.",
                why=f"It is {len(ids):,} tokens; {self.name} reads {self.context:,} at most.",
                hint="a shorter problem, or another model: tir models",
            )
        return LocalSession(self, ids, seed)

    def outside(self, problem: Problem) -> str | None:
        """None: a model given by the user declares no scope."""
        return None

    def close(self) -> None:
        """Stops the model's thread after the step that it is in."""
        self.engine.stop()


class LocalSession:
    """One trajectory on a `LocalModel`. The engine reads and writes its public attributes."""

    _numbers = itertools.count()

    def __init__(self, model: LocalModel, ids: list[int], seed: int) -> None:
        self.number = next(self._numbers)
        """The order in which sessions began."""
        self.tokens = ids
        self.prompt = tuple(ids)
        self.random = torch.Generator().manual_seed(seed)
        self.generated = self.forwarded = self.borrowed = 0
        self.cache = model.engine.empty()
        self._model = model
        self._residue = ""
        self._given = len(ids)
        self._observed = 0
        model.engine.join(self)

    @property
    def ids(self) -> tuple[int, ...]:
        """Every token of the trajectory so far."""
        return tuple(self.tokens)

    @property
    def length(self) -> int:
        """How many they are."""
        return len(self.tokens)

    @property
    def usage(self) -> Usage:
        """Token counts so far."""
        return Usage(
            prompt=self._given,
            generated=self.generated,
            observed=self._observed,
            forwarded=self.forwarded,
            cached=self.borrowed,
        )

    async def generate(
        self, sampling: Sampling, stop: tuple[str, ...]
    ) -> AsyncGenerator[Delta, None]:
        """Samples until a stop string, EOS or a limit; see `ModelSession.generate`.

        Raises:
            TirError: the step failed that this session was in.
        """
        if sampling.max_tokens <= 0:
            yield Delta("", Halt.LENGTH)
            return
        if len(self.tokens) >= self._model.context:
            yield Delta("", Halt.CONTEXT)
            return
        request = Request(
            session=self,
            sampling=sampling,
            watch=StopWatch(self._model.tokenizer.backend_tokenizer, stop),
            eos=self._model.eos,
            context=self._model.context,
            loop=asyncio.get_running_loop(),
        )
        self._model.engine.submit(request)
        try:
            while True:
                heard = await request.heard.get()
                if isinstance(heard, BaseException):
                    raise heard
                yield heard
                if heard.halt is not None:
                    return
        finally:
            self._model.engine.leave(request)

    def append(self, text: str) -> None:
        """Adds text that the model did not write, behind what a crop has left to write again."""
        added = self._model.encode(self._residue + text)
        self._residue = ""
        self.tokens += added
        self._observed += len(added)

    def fork(self) -> "LocalSession":
        """A second session with the same past, which is not computed again.

        Keys and values are shared until one of the two writes where the other reads.
        """
        twin = LocalSession(self._model, list(self.tokens), 0)
        twin.cache = self._model.engine.fork(self)
        twin.prompt = self.prompt
        twin.borrowed = twin.cache.length
        twin._residue = self._residue
        twin.random.set_state(self.random.get_state())
        return twin

    def close(self) -> None:
        """Frees the cache; the prompt's part is kept a while for the next sample."""
        self._model.engine.close(self)

    def crop(self, cut: Cut) -> None:
        """Drops the tokens that reach past a stop string, from the ids and from the cache."""
        if cut.drop:
            del self.tokens[-cut.drop :]
        self._residue = cut.residue
        if self.cache.length > len(self.tokens):
            self.cache.crop(len(self.tokens))
