"""int8 weights against bfloat16: speed at one and sixteen trajectories, and whether they agree."""

import copy
import statistics
from typing import Any

import torch
from engine_networks import FULL, LocalModel, build, prompt, spent
from engine_rows import Row

from tir.models.int8 import quantize_linears
from tir.models.load import load
from tir.models.options import LoadOptions, Quantize

QUESTION = "Find all real x with 2x^2 - 7x + 3 = 0"


def milliseconds(network: Any, rows: int) -> float:
    """Of one forward over so many tokens, without attention to a past."""
    ids = torch.tensor([prompt(network, rows, 1)])
    with torch.inference_mode():
        network(input_ids=ids, use_cache=False)
        taken = [spent(lambda: network(input_ids=ids, use_cache=False))[0] for _ in range(7)]
    return statistics.median(taken) * 1e3


def agreement(plain: Any, small: Any, ids: list[int], given: int) -> float:
    """Share of positions after the prompt at which both choose the same token."""
    with torch.inference_mode():
        one, two = (
            net(input_ids=torch.tensor([ids])).logits[0, given - 1 : -1].argmax(-1)
            for net in (plain, small)
        )
    return float((one == two).float().mean())


def int8_rows(network: Any, mini: LocalModel, *, full: bool) -> list[Row]:
    """Speed at the true width; agreement of the built-in model on its own work."""
    network = build(FULL, torch.bfloat16) if full else network
    small = copy.deepcopy(network)
    quantize_linears(small)
    figures = []
    for rows in (1, 16, 256):
        exact, rounded = milliseconds(network, rows), milliseconds(small, rows)
        figures.append(f"{rows}: {exact / rounded:.2f} x ({exact:.0f} -> {rounded:.0f} ms)")
    plain = load("mini", LoadOptions(dtype="bfloat16")).model
    quantized = load("mini", LoadOptions(dtype="bfloat16", quantize=Quantize.INT8)).model
    assert isinstance(plain, LocalModel)
    assert isinstance(quantized, LocalModel)
    from problems import Problem

    ids = plain.encode(plain.dialect.prompt(Problem(QUESTION)).text)
    out = plain.network.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        max_new_tokens=120,
        do_sample=False,
        pad_token_id=0,
    )[0].tolist()
    same = agreement(plain.network, quantized.network, out, len(ids))
    return [
        Row("int8 against bf16, tokens at once", ", ".join(figures), "printed", None),
        Row("int8 greedy agreement, built-in model on a solve", f"{same:.1%}", "printed", None),
    ]
