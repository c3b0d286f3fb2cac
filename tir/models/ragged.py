"""A forward over any trajectories at once: no padding, no mask, each with its own keys and values.

Trajectories of TIR stop and go: one waits two seconds for its program, another is forty tokens
into a sentence, a third has a prompt of a thousand tokens to read. A static batch pads them to a
rectangle and makes all wait for the slowest. Here the tokens that are to be computed - one of a
trajectory that decodes, a chunk of one that reads - are laid end to end in one row. All layers but
attention treat tokens one by one and do not notice; attention is ours, through the public registry
of transformers (`AttentionInterface`): it appends each stretch's keys and values to those of its
owner and lets the stretch attend to these alone. To leave the batch is not to be in the list, to
come back with a tool's output is to be in it again, to crop is to lower a number.

What it costs: attention is one call per trajectory and layer instead of one per layer, some 25
microseconds each; and buffers grow by copying. What it saves is measured in
`tests/benchmarks/engine.py`. transformers' own continuous batching was the alternative; what it
could and could not do is in `tests/benchmarks/engine_continuous.py`.

In float32 a trajectory's numbers depend on the company it is in by rounding only (a matrix product
may add in another order for another number of rows): 1e-6 of the logits, so that tokens are the
same unless two are as close as that. In bfloat16 the same effect is 1e-2, and now and then a close
choice falls otherwise: the draws of a seed are then equally good, but not always the same.
"""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from tir.models.forward import Unsuited, Work

NAME = "tir_ragged"
BLOCK = 64
"""Buffers are a multiple of this many tokens long."""
HARMLESS = frozenset(
    {"dropout", "position_ids", "use_cache", "is_causal", "output_attentions", "cache_position"}
)
"""What a layer may hand to its attention without changing it. Anything else that is not None, such
as a sliding window, a soft cap or sinks, would be ignored here, so it is refused."""

Layer = tuple[torch.Tensor, torch.Tensor]
"""Keys and values, (1, heads, tokens, width)."""


@dataclass(eq=False, slots=True)
class Buffer:
    """Room for keys and values. Many may read its head; one writes at its end."""

    capacity: int
    layers: list[Layer] = field(default_factory=list)
    writer: "weakref.ref[KeyValues] | None" = None
    read: int = 0
    """Tokens from the start that others than the writer rely on."""


class KeyValues:
    """What attention keeps of one trajectory: `length` tokens at the head of a buffer.

    A fork shares the buffer, and copies its head when it first writes; a fork of a trajectory that
    is gone, and that nobody else has written to since, takes the buffer over and copies nothing.
    """

    __slots__ = ("__weakref__", "buffer", "length")

    def __init__(self) -> None:
        self.length = 0
        self.buffer = Buffer(0, writer=weakref.ref(self))

    @property
    def buffers(self) -> dict[int, int]:
        """Capacities by identity, to count buffers that are shared once."""
        return {id(self.buffer): self.buffer.capacity}

    def growth(self, upto: int) -> int:
        """Tokens of new room that it takes to write up to that length."""
        if upto <= self.buffer.capacity and self._may_write:
            return 0
        kept = self.buffer.capacity if self._may_write else 0
        return _rounded(upto) - kept

    def crop(self, length: int) -> None:
        """Forgets all but the first `length` tokens."""
        self.length = length

    def fork(self, length: int) -> "KeyValues":
        """Another owner of the first `length` tokens; nothing is copied yet."""
        twin = KeyValues()
        twin.buffer = self.buffer
        twin.length = length
        self.buffer.read = max(self.buffer.read, length)
        return twin

    def release(self) -> None:
        """Gives up the right to write, and the tokens."""
        self._abandon()
        self.buffer = Buffer(0, writer=weakref.ref(self))
        self.length = 0

    def shrink(self) -> None:
        """Moves to a buffer no larger than needed, if its own is much larger."""
        if self.buffer.capacity > _rounded(self.length):
            self._move(self.length)

    def reserve(self, upto: int) -> None:
        """Makes sure that tokens can be written up to that length."""
        if upto <= self.buffer.capacity and self._may_write:
            self.buffer.writer = weakref.ref(self)
        else:
            self._move(_rounded(upto))

    @property
    def _writer(self) -> "KeyValues | None":
        return self.buffer.writer() if self.buffer.writer else None

    @property
    def _may_write(self) -> bool:
        return self._writer in (self, None) and self.length >= self.buffer.read

    def _abandon(self) -> None:
        if self._writer is self:
            self.buffer.writer = None

    def _move(self, capacity: int) -> None:
        new = Buffer(capacity, writer=weakref.ref(self))
        for keys, values in self.buffer.layers:
            new.layers.append((self._copied(keys, capacity), self._copied(values, capacity)))
        self._abandon()
        self.buffer = new

    def _copied(self, old: torch.Tensor, capacity: int) -> torch.Tensor:
        new = old.new_empty(*old.shape[:2], capacity, old.shape[3])
        new[:, :, : self.length] = old[:, :, : self.length]
        return new


@dataclass(slots=True)
class _Step:
    """What attention needs to know of one forward."""

    spans: list[tuple[KeyValues, int]]
    """Whose tokens they are, and how many; in the order in which they lie in the row."""
    masks: dict[tuple[int, int, torch.device], torch.Tensor] = field(default_factory=dict)
    """By new tokens, all tokens and device; a step has many layers and few shapes."""
    layers: int = 0
    """How many attention layers have come by."""


class RaggedForward:
    """Runs a network over stretches of many trajectories in one row."""

    batched = True

    def __init__(self, network: Any) -> None:
        """Takes over the network's attention; `generate` and plain calls go on as before.

        Raises:
            Unsuited: the network does something in attention that would be lost, or its results
                are not those of its own attention.
        """
        self._network = network
        self._device = network.get_input_embeddings().weight.device
        self._no_mask = torch.empty(1, 1, 0, 0, device=self._device)
        before = network.config._attn_implementation
        try:
            self._try_out()
        except Exception as error:
            network.set_attn_implementation(before)
            if isinstance(error, Unsuited):
                raise
            # Whatever a foreign architecture trips over: it has a path of its own.
            raise Unsuited(f"{type(error).__name__}: {error}") from error

    def cache(self) -> KeyValues:
        """An empty one."""
        return KeyValues()

    @torch.inference_mode()
    def __call__(self, work: Sequence[Work[KeyValues]]) -> torch.Tensor:
        """Computes the given tokens; logits, (n, vocabulary), of those that want some, in order."""
        ids: list[int] = []
        positions: list[int] = []
        last: list[int] = []
        for item in work:
            start, count = item.cache.length, len(item.ids)
            item.cache.reserve(start + count)
            ids += item.ids
            positions += range(start, start + count)
            if item.wanted:
                last.append(len(ids) - 1)
        step = _Step([(item.cache, len(item.ids)) for item in work])
        logits = self._run(ids, positions, last or [len(ids) - 1], step)
        for item in work:
            item.cache.length += len(item.ids)
        return logits[: len(last)]

    def _run(
        self, ids: list[int], positions: list[int], last: list[int], step: _Step
    ) -> torch.Tensor:
        logits = self._network(
            input_ids=torch.tensor([ids], device=self._device),
            position_ids=torch.tensor([positions], device=self._device),
            # A mask of four dimensions is taken for a finished one: none is built.
            attention_mask=self._no_mask,
            use_cache=False,
            logits_to_keep=torch.tensor(last, device=self._device),
            ragged=step,
        ).logits[0]
        assert isinstance(logits, torch.Tensor)
        return logits

    @torch.inference_mode()
    def _try_out(self) -> None:
        """Two trajectories side by side, one of them in two stretches, against the plain forward.

        No list of architectures can be complete: whether one is suited is found out by asking it.
        """
        network = self._network
        config = network.config.get_text_config()
        ids = [token % config.vocab_size for token in (3, 1, 4, 1, 5, 9)]
        plain = network(input_ids=torch.tensor([ids], device=self._device), use_cache=False).logits
        network.set_attn_implementation(NAME)
        one, two = self.cache(), self.cache()
        self([Work(one, ids[:4], False), Work(two, ids, True)])
        step = _Step([(one, 2)])
        one.reserve(6)
        logits = self._run(ids[4:], [4, 5], [0, 1], step)
        if step.layers != config.num_hidden_layers:
            raise Unsuited(f"{step.layers} of {config.num_hidden_layers} layers are attention")
        difference = (logits.float() - plain[0, 4:].float()).abs().max()
        if not difference <= _TOLERANCE[plain.dtype] * plain.float().abs().max():
            raise Unsuited(f"its logits differ by {float(difference):.2g}")


_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.02}
"""Of the largest logit. A layer that lost its positions or its mask is off by about 1."""


def _attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    ragged: _Step | None = None,
    **others: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The attention that transformers calls; without `ragged`, its own."""
    if ragged is None:
        mine = {"scaling": scaling, **others}
        plain: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, **mine
        )
        return plain
    ragged.layers += 1
    strange = [name for name, given in others.items() if given is not None and name not in HARMLESS]
    if strange:
        raise Unsuited(f"its attention wants {', '.join(sorted(strange))}")
    layer, heads, groups = module.layer_idx, query.shape[1], key.shape[1]
    queries, keys, values = query[0].transpose(0, 1), key[0], value[0]
    done, at = [], 0
    for cache, count in ragged.spans:
        start, end = cache.length, cache.length + count
        layers = cache.buffer.layers
        if len(layers) <= layer:
            shape = (1, groups, cache.buffer.capacity)
            layers.append(
                (key.new_empty(*shape, key.shape[3]), value.new_empty(*shape, value.shape[3]))
            )
        held_keys, held_values = layers[layer]
        held_keys[0, :, start:end] = keys[:, at : at + count]
        held_values[0, :, start:end] = values[:, at : at + count]
        done.append(
            _one(
                queries[at : at + count],
                held_keys[:, :, :end],
                held_values[:, :, :end],
                scaling,
                heads // groups,
                ragged,
            )
        )
        at += count
    return torch.cat(done).unsqueeze(0), None


def _one(
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    scaling: float | None,
    share: int,
    step: _Step,
) -> torch.Tensor:
    """Attention of one trajectory's new tokens, (tokens, heads, width), to all of its own.

    The query heads that share a key head are laid one after another as if they were tokens, so
    that no key is repeated in memory.
    """
    count, heads, width = query.shape
    if count == 1:
        packed = query.view(1, heads // share, share, width)
        out = scaled_dot_product_attention(packed, keys, values, scale=scaling)
        return out.reshape(1, heads, -1)
    if count == keys.shape[2]:
        whole = query.transpose(0, 1).unsqueeze(0)
        out = scaled_dot_product_attention(
            whole, keys, values, is_causal=True, scale=scaling, enable_gqa=share > 1
        )
        return out[0].transpose(0, 1)
    shape = (count, keys.shape[2], query.device)
    mask = step.masks.get(shape)
    if mask is None:
        mask = torch.ones(count, keys.shape[2], dtype=torch.bool, device=query.device)
        step.masks[shape] = mask = mask.tril_(keys.shape[2] - count).repeat(share, 1)
    packed = query.view(count, heads // share, share, width).permute(1, 2, 0, 3)
    out = scaled_dot_product_attention(
        packed.reshape(1, heads // share, share * count, width),
        keys,
        values,
        attn_mask=mask,
        scale=scaling,
    )
    return out.view(heads, count, -1).transpose(0, 1)


def _rounded(tokens: int) -> int:
    """A quarter more than needed, so that a growing trajectory is seldom copied."""
    return -(-(tokens + tokens // 4) // BLOCK) * BLOCK


AttentionInterface.register(NAME, _attend)
AttentionMaskInterface.register(NAME, sdpa_mask)
