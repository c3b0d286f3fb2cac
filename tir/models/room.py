"""How many tokens' keys and values there is room for."""

from typing import Any

import torch

from tir.models.fit import free_bytes

SHARE = 0.5
"""Of the memory that is free once the weights are in it. The rest is for what a step needs in
passing, for the programs that trajectories run, and for whatever else the machine does."""
MOST = 1_000_000
"""Tokens; a million keeps 250 trajectories of 4096 at once, which is more than a step takes."""


def token_bytes(config: Any, dtype: torch.dtype) -> int:
    """What one token's keys and values take in all layers.

    0 if the configuration does not use the names that Qwen, Llama, Mistral and the like share.
    """
    heads = getattr(config, "num_attention_heads", 0)
    groups = getattr(config, "num_key_value_heads", None) or heads
    width = getattr(config, "head_dim", None) or getattr(config, "hidden_size", 0) // max(1, heads)
    layers = getattr(config, "num_hidden_layers", 0)
    return int(2 * layers * groups * width * dtype.itemsize)


def room_for_tokens(network: Any) -> int:
    """How many tokens' keys and values half of the free memory holds."""
    weight = network.get_input_embeddings().weight
    device = "cpu" if weight.device.type == "meta" else str(weight.device)
    each = token_bytes(network.config.get_text_config(), weight.dtype)
    return min(MOST, int(SHARE * free_bytes(device)) // max(1, each))
