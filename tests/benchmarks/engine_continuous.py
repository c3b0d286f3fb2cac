"""transformers' own continuous batching beside the ragged step: what it does, and what it takes.

`python tests/benchmarks/engine_continuous.py` prints the cost of one decode step of a batch of 16,
and how much is read when a trajectory comes back from its tool. What its interface (5.23) has and
lacks for TIR, by its source and by trying:

    append to a live request    no: a request ends, and the whole text comes as a new request. With
                                `allow_block_sharing` its full blocks are found again by hash, so
                                that only the last block and what is new is read
    rejoin after a tool         so it is a new request each time, as above
    fork                        after the prompt, as often for every request of a manager
                                (`num_return_sequences`); not of a live request
    stop strings per request    no: EOS ids and a length per request; a stop string has to be
                                looked for outside and the request cancelled, which loses the step
                                or two that ran meanwhile
    crop after a stop string    no: cancelled requests cannot be continued at an earlier token
    seeds per request           no: one generator draws for all, so that a trajectory depends on
                                its company
    streaming                   yes, per request
    memory bound                yes, in blocks; on shortage requests are offloaded

On a CPU its stock attention builds one mask over the whole paged cache. An attention of another
name is refused, so a varlen one has to be registered in the place of `sdpa`, as here. Its speed is
that of the ragged step, and what TIR needs of a trajectory is not to be had of it.
"""

import os
import statistics
import time
from typing import Any

import click

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from engine_networks import SHORT, build, model_of, prompt, run, speak
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, GenerationConfig
from transformers.generation.configuration_utils import ContinuousBatchingConfig
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from tir.models.local import LocalSession

ROWS = 16
CHUNK = 256
"""Tokens of one of its steps."""


def varlen(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    cache: Any = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of each request to its own keys, in the place of one mask over all."""
    if cache is None:
        found: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **others
        )
        return found
    key, value = cache.update(
        key_states=key, value_states=value, layer_idx=module.layer_idx, kwargs=others
    )
    queries, keys = others["cu_seq_lens_q"].tolist(), others["cu_seq_lens_k"].tolist()
    out = torch.empty_like(query)
    for at in range(len(queries) - 1):
        mine, all_of = slice(*queries[at : at + 2]), slice(*keys[at : at + 2])
        count, length = mine.stop - mine.start, all_of.stop - all_of.start
        if count == 1:
            # Query heads of one group as if they were tokens, as in ours: `enable_gqa` is ten
            # times slower here.
            packed = query[:, :, mine].reshape(1, key.shape[1], -1, query.shape[-1])
            out[:, :, mine] = scaled_dot_product_attention(
                packed, key[:, :, all_of], value[:, :, all_of], scale=scaling
            ).reshape(1, -1, 1, query.shape[-1])
        elif count:
            mask = torch.ones(count, length, dtype=torch.bool).tril_(length - count)
            out[:, :, mine] = scaled_dot_product_attention(
                query[:, :, mine],
                key[:, :, all_of],
                value[:, :, all_of],
                attn_mask=mask,
                scale=scaling,
                enable_gqa=True,
            )
    return out.transpose(1, 2).contiguous(), None


class Continuous:
    """The library's batching, stepped by hand so that a step can be timed."""

    def __init__(self, network: Any) -> None:
        network.set_attn_implementation("sdpa")
        self.manager = network.init_continuous_batching(
            generation_config=GenerationConfig(
                max_new_tokens=1000, do_sample=False, eos_token_id=-1, pad_token_id=0
            ),
            continuous_batching_config=ContinuousBatchingConfig(
                page_size=16,
                num_blocks=2048,
                max_batch_tokens=CHUNK,
                max_requests_per_batch=ROWS,
                auto_switch_to_flash=False,
                allow_block_sharing=True,
            ),
        )
        self.processor = self.manager._create_batch_processor()
        self.manager.batch_processor = self.processor
        self.manager.current_batch = 0

    @torch.inference_mode()
    def finish(self) -> tuple[list[float], dict[str, Any]]:
        """Processor seconds of every step until all requests are done, and what came out."""
        taken, done = [], {}
        while self.processor.has_pending_requests() or not self.manager.input_queue.empty():
            begun = time.process_time()
            self.manager._generation_loop_body(self.processor, False)
            taken.append(time.process_time() - begun)
        while not self.manager.output_router.output_queue.empty():
            output = self.manager.output_router.output_queue.get()
            done[output.request_id] = output
        return taken, done

    def add(self, ids: list[int], name: str, count: int) -> None:
        """A request."""
        self.manager.add_request(ids, request_id=name, max_new_tokens=count)


def ragged(network: Any, length: int, steps: int) -> tuple[float, list[list[int]]]:
    """Processor seconds of one of our steps, and what was written."""
    model = model_of(network)
    sessions = [LocalSession(model, prompt(network, length, i), 0) for i in range(ROWS)]

    async def together(count: int) -> None:
        import asyncio

        await asyncio.gather(*(speak(session, count) for session in sessions))

    run(together(1))
    begun = time.process_time()
    run(together(steps))
    seconds = (time.process_time() - begun) / steps
    return seconds, [session.tokens[length:] for session in sessions]


@click.command()
@click.option("--length", default=256, show_default=True, help="Tokens of context.")
@click.option("--steps", default=20, show_default=True)
def main(length: int, steps: int) -> None:
    """Measure a step of 16 and a return from a tool."""
    network = build(SHORT, torch.bfloat16)
    ours, written = ragged(network, length, steps)
    click.echo(f"ragged step, batch {ROWS}, {length} tokens each: {ours * 1e3:.1f} ms")
    for name, attention in (("varlen", varlen), ("stock sdpa", sdpa_attention_forward)):
        AttentionInterface.register("sdpa", attention)
        batching = Continuous(network)
        # Prompts are read one after another: all decode from when the last is read until the
        # first is done, and only those steps are counted.
        reading = -(-ROWS * length // (CHUNK - ROWS)) + 2
        for row in range(ROWS):
            batching.add(prompt(network, length, row), f"{row}:0", 2 * reading + steps)
        taken, done = batching.finish()
        step = statistics.median(taken[reading : reading + steps])
        click.echo(f"continuous batching, {name}: {step * 1e3:.1f} ms ({step / ours:.2f} x ours)")
        same = sum(
            list(done[f"{row}:0"].generated_tokens[:4]) == written[row][:4] for row in range(ROWS)
        )
        click.echo(f"  first tokens as ours: {same} of {ROWS}")
        first = done["0:0"]
        again = [*first.prompt_ids, *first.generated_tokens, *prompt(network, 40, 99)]
        batching.add(again, "0:1", 1)
        begun = time.process_time()
        batching.finish()
        spent = time.process_time() - begun
        click.echo(f"  back from a tool with 40 tokens, {len(again)} in all: {spent * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
