"""Weights and tokenizer of a folder, by transformers: nothing is downloaded or unpickled."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from tir.dialects import Dialect
from tir.errors import BadInput, EnvironmentFailed, ModelBroken
from tir.models.int8 import quantize_linears
from tir.models.options import EVERYWHERE, Quantize
from tir.models.speech import speech


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
    path: Path,
    *,
    name: str,
    device: str,
    dtype: str,
    dialect: str | None = None,
    quantize: Quantize | None = None,
    trust_remote_code: bool = False,
) -> tuple[Any, PreTrainedTokenizerFast, Dialect]:
    """Network, tokenizer and dialect of a folder of safetensors.

    Python files that came with it are run only if `trust_remote_code` says so.

    Raises:
        ModelBroken: weights or tokenizer are missing, do not load, or do not fit together.
        BadInput: it is not known how to talk to the model, or an option does not suit it.
    """
    if quantize is not None and device != "cpu":
        raise BadInput(
            f"{quantize} is for CPUs only.",
            why=f"The model would go to {device}, which has no kernel for it here.",
            hint="--device cpu, or leave out --quantize",
        )
    # A line that counts 60 tensors in a hundredth of a second helps nobody.
    transformers_logging.disable_progress_bar()
    try:
        tokenizer = read_tokenizer(path)
        spoken = speech(name, tokenizer, dialect)
        network = read_network(
            path, device=device, dtype=dtype, trust_remote_code=trust_remote_code
        )
    except ImportError as error:
        raise EnvironmentFailed(
            f"the model in {path} needs a package that is not installed.",
            why=str(error).strip().split("\n")[0][:300],
            hint="pip install accelerate" if device == EVERYWHERE else "tir models list",
        ) from error
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelBroken(
            f"the model in {path} does not load.",
            why=str(error).split("\n")[0][:300],
            hint="tir models",
        ) from error
    finally:
        transformers_logging.enable_progress_bar()
    require_same_vocabulary(network, tokenizer, path)
    if quantize is Quantize.INT8:
        quantize_linears(network)
    return network, tokenizer, spoken


def require_same_vocabulary(network: Any, tokenizer: PreTrainedTokenizerFast, path: Path) -> None:
    """Raises ModelBroken if the tokenizer has tokens that the network has never heard of.

    The other way round is usual: networks are padded to a round number of rows.
    """
    rows = int(network.get_input_embeddings().weight.shape[0])
    beyond = [token for token, number in tokenizer.get_vocab().items() if number >= rows]
    if beyond:
        raise ModelBroken(
            f"tokenizer and weights in {path} are not of one model.",
            why=f"The weights know {rows:,} tokens; {len(beyond):,} of the tokenizer's have higher "
            f"numbers, among them {min(beyond)!r}.",
            hint="copy the folder again, with the tokenizer that belongs to the weights",
        )
