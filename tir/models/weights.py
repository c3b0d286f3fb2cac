"""Weights and tokenizer of a folder, by transformers: nothing is downloaded or unpickled."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from tir.errors import ModelBroken
from tir.models.options import EVERYWHERE


def read_tokenizer(path: Path) -> PreTrainedTokenizerFast:
    """The folder's tokenizer.

    A class chosen by the model's type brings its own rules for splitting words, which need not be
    those of the file: only tokenizer.json says how this model was trained.
    """
    kind: Any = AutoTokenizer
    if (path / "tokenizer.json").is_file():
        kind = PreTrainedTokenizerFast
    read: Any = kind.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    if not getattr(read, "is_fast", False):
        raise ValueError("it has no fast tokenizer, and text is streamed token by token")
    tokenizer: PreTrainedTokenizerFast = read
    return tokenizer


def read_network(path: Path, *, device: str, dtype: str, trust_remote_code: bool = False) -> Any:
    """The folder's network, on the device; `auto` spreads its layers over all accelerators.

    Raises:
        ModelBroken: weights are missing.
    """
    spread: dict[str, Any] = {"device_map": EVERYWHERE} if device == EVERYWHERE else {}
    loaded: Any = AutoModelForCausalLM.from_pretrained(
        path,
        dtype=getattr(torch, dtype),
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=trust_remote_code,
        output_loading_info=True,
        **spread,
    )
    network, report = loaded
    if report["missing_keys"]:
        names = ", ".join(sorted(report["missing_keys"])[:3])
        raise ModelBroken(
            f"the model in {path} is incomplete.",
            why=f"{len(report['missing_keys'])} weights are missing, among them {names}",
            hint="tir models",
        )
    return network if spread else network.to(device)


def read(
    path: Path, *, device: str, dtype: str, trust_remote_code: bool = False
) -> tuple[Any, PreTrainedTokenizerFast]:
    """Network and tokenizer of a folder of safetensors.

    Python files that came with it are run only if `trust_remote_code` says so.

    Raises:
        ModelBroken: weights or tokenizer are missing or do not load.
    """
    # A line that counts 60 tensors in a hundredth of a second helps nobody.
    transformers_logging.disable_progress_bar()
    try:
        tokenizer = read_tokenizer(path)
        network = read_network(
            path, device=device, dtype=dtype, trust_remote_code=trust_remote_code
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelBroken(
            f"the model in {path} does not load.",
            why=str(error).split("\n")[0][:300],
            hint="tir models",
        ) from error
    finally:
        transformers_logging.enable_progress_bar()
    return network, tokenizer
