"""A forward over any trajectories at once: no padding, no mask, each with its own keys and values.

Trajectories of TIR stop and go: one waits two seconds for its program, another is forty tokens
into a sentence, a third has a prompt of a thousand tokens to read. A static batch pads them to a
rectangle and makes all wait for the slowest. Here the tokens that are to be computed - one of a
trajectory that decodes, a chunk of one that reads - are laid end to end in one row. All layers but
attention treat tokens one by one and do not notice; attention is ours, through the public registry
of transformers (`AttentionInterface`): it appends each stretch's keys and values to those of its
owner and lets the stretch attend to these alone. To leave the batch is not to be in the list, to
come back with a tool's output is to be in it again, to crop is to lower a number.

What it costs: attention is one call per trajectory and layer instead of one per layer, some ten
microseconds each; and buffers grow by copying. What it saves is measured in
`tests/benchmarks/engine.py`: beside `generate` with a static batch of 16 a step is faster at the
width of 1.5B and slower on the built-in model, whose layers are so small that those calls show.
transformers' own continuous batching was the alternative; what it could and could not do is in
`tests/benchmarks/engine_continuous.py`.

On a GPU this is the same code, and it has never been measured on one. There each call is a launch,
so that a step of 16 trajectories and 28 layers launches some 450 kernels that a fused one would
not; CUDA graphs want shapes that stay, and these change with every token. Where throughput on a
GPU counts, serve the model with vLLM or SGLang and name its endpoint.

In float32 a trajectory's numbers depend on the company it is in by rounding only (a matrix product
may add in another order for another number of rows): 1e-6 of the logits, so that tokens are the
same unless two are as close as that. In bfloat16 the same effect is 1e-2, and now and then a close
choice falls otherwise: the draws of a seed are then equally good, but not always the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from tir.models.forward import Unsuited, Work
from tir.models.keys import KeyValues, Kind, Layout, Views

NAME = "tir_ragged"
HARMLESS = frozenset(
    {"dropout", "position_ids", "use_cache", "is_causal", "output_attentions", "cache_position"}
)
"""What a layer may hand to its attention without changing it. Anything else that is not None, such
as a sliding window, a soft cap or sinks, would be ignored here, so it is refused."""


@dataclass(slots=True)
class _Step:
    """What attention needs to know of one forward."""

    counts: list[int]
    """Tokens of each trajectory, in the order in which they lie in the row."""
    layers: "list[tuple[Views, ...]]"
    """By layer, then by trajectory."""
    masks: dict[tuple[int, int, torch.device], torch.Tensor] = field(default_factory=dict)
    """By new tokens, all tokens and device; a step has many layers and few shapes."""


@dataclass(slots=True)
class _Survey:
    """In the place of a step: what the layers of a network are like."""

    layers: dict[int, Kind] = field(default_factory=dict)


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
            self._layout = self._try_out()
        except Exception as error:
            network.set_attn_implementation(before)
            if isinstance(error, Unsuited):
                raise
            # Whatever a foreign architecture trips over: it has a path of its own.
            raise Unsuited(f"{type(error).__name__}: {error}") from error

    def cache(self) -> KeyValues:
        """An empty one."""
        return KeyValues(self._layout)

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
        logits = self._run(ids, positions, last or [len(ids) - 1], _step(work))
        for item in work:
            item.cache.length += len(item.ids)
        return logits[: len(last)]

    def _run(
        self, ids: list[int], positions: list[int], last: list[int], step: "_Step | _Survey"
    ) -> torch.Tensor:
        logits = self._network(
            input_ids=torch.tensor([ids], device=self._device),
            position_ids=torch.tensor([positions], device=self._device),
            # A mask of four dimensions is taken for a finished one: none is built.
            attention_mask=self._no_mask,
            use_cache=False,
            # A list, for the last layer may lie on another device than the first, and an index
            # has to lie where it is used.
            logits_to_keep=last,
            ragged=step,
        ).logits[0]
        assert isinstance(logits, torch.Tensor)
        return logits

    @torch.inference_mode()
    def _try_out(self) -> Layout:
        """Two trajectories side by side, one of them in two stretches, against the plain forward.

        No list of architectures can be complete: whether one is suited is found out by asking it.
        """
        network = self._network
        config = network.config.get_text_config()
        ids = [token % config.vocab_size for token in (3, 1, 4, 1, 5, 9)]
        plain = network(input_ids=torch.tensor([ids], device=self._device), use_cache=False).logits
        network.set_attn_implementation(NAME)
        survey = _Survey()
        self._run(ids, list(range(6)), [5], survey)
        if sorted(survey.layers) != list(range(config.num_hidden_layers)):
            raise Unsuited(f"{len(survey.layers)} of {config.num_hidden_layers} layers attend")
        self._layout = Layout.of([kind for _, kind in sorted(survey.layers.items())])
        one, two = self.cache(), self.cache()
        first = self([Work(one, ids[:4], True), Work(two, ids, True)])
        second = self([Work(one, ids[4:5], False), Work(two, ids[:1], False)])
        third = self([Work(one, ids[5:], True)])
        assert not len(second)
        found = torch.cat([first, third])
        difference = (found.float() - plain[0, [3, 5, 5]].float()).abs().max()
        if not difference <= _TOLERANCE[plain.dtype] * plain.float().abs().max():
            raise Unsuited(f"its logits differ by {float(difference):.2g}")
        return self._layout


_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.02}
"""Of the largest logit. A layer that lost its positions or its mask is off by about 1."""


def _step(work: Sequence[Work[KeyValues]]) -> _Step:
    counts = [len(item.ids) for item in work]
    views = [
        item.cache.views(item.cache.length, item.cache.length + count)
        for item, count in zip(work, counts, strict=True)
    ]
    return _Step(counts, list(zip(*views, strict=True)))


def _attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    ragged: _Step | _Survey | None = None,
    **others: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The attention that transformers calls; without `ragged`, its own."""
    if not isinstance(ragged, _Step):
        if ragged is not None:
            strange = [n for n, given in others.items() if given is not None and n not in HARMLESS]
            if strange:
                raise Unsuited(f"its attention wants {', '.join(sorted(strange))}")
            ragged.layers[module.layer_idx] = Kind(
                key.device, key.dtype, key.shape[1], key.shape[3], value.shape[3]
            )
            attention_mask = None
        plain: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **others
        )
        return plain
    views, counts, share = (
        ragged.layers[module.layer_idx],
        ragged.counts,
        query.shape[1] // key.shape[1],
    )
    new_keys, new_values, keys, values = zip(*views, strict=True)
    torch._foreach_copy_(new_keys, key[0].split(counts, 1))
    torch._foreach_copy_(new_values, value[0].split(counts, 1))
    # (tokens, 1, key heads, query heads of each, width): the query heads that share a key head
    # lie one after another as if they were tokens, so that no key is repeated in memory.
    queries = query[0].transpose(0, 1).unflatten(1, (-1, share)).unsqueeze(1)
    if len(queries) == len(counts):
        done = [
            scaled_dot_product_attention(own, its_keys, its_values, scale=scaling)
            for own, its_keys, its_values in zip(queries.unbind(0), keys, values, strict=True)
        ]
    else:
        done = [
            _read(own, its_keys, its_values, scaling, ragged)
            for own, its_keys, its_values in zip(queries.split(counts), keys, values, strict=True)
        ]
    return torch.cat(done).flatten(1, 2).unsqueeze(0), None


def _read(
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    scaling: float | None,
    step: _Step,
) -> torch.Tensor:
    """Attention of one trajectory's new tokens to all its own, both in the shape above."""
    count, _, heads, share, width = query.shape
    out: torch.Tensor
    if count == 1:
        out = scaled_dot_product_attention(query[0], keys, values, scale=scaling)
        return out
    if count == keys.shape[2]:
        whole = query.view(count, heads * share, width).transpose(0, 1).unsqueeze(0)
        out = scaled_dot_product_attention(
            whole, keys, values, is_causal=True, scale=scaling, enable_gqa=share > 1
        )
        out = out[0].transpose(0, 1)
        return out.view(count, heads, share, -1)
    shape = (count, keys.shape[2], query.device)
    mask = step.masks.get(shape)
    if mask is None:
        mask = torch.ones(count, keys.shape[2], dtype=torch.bool, device=query.device)
        step.masks[shape] = mask = mask.tril_(keys.shape[2] - count).repeat(share, 1)
    packed = query[:, 0].permute(1, 2, 0, 3).reshape(1, heads, share * count, width)
    out = scaled_dot_product_attention(packed, keys, values, attn_mask=mask, scale=scaling)
    return out.view(heads, share, count, -1).permute(2, 0, 1, 3)


AttentionInterface.register(NAME, _attend)
AttentionMaskInterface.register(NAME, sdpa_mask)
