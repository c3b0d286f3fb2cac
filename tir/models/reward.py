"""A reward model in this process, through transformers.

Qwen2.5-Math-RM and -PRM are no classes of transformers: their networks are Python files that come
with the weights. Such files run as you, with all that you may do, so they are run on consent
only. Reward models whose head transformers knows need none.
"""

import asyncio
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModel,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)
from transformers.utils import logging as transformers_logging

from tir.errors import BadInput, ModelBroken
from tir.models.catalog import CONFIG, read_json
from tir.models.options import EVERYWHERE
from tir.reward import STEP_END, Conversation

_HEADS: dict[str, Any] = {
    "ForSequenceClassification": AutoModelForSequenceClassification,
    "ForTokenClassification": AutoModelForTokenClassification,
}


class LocalScorer:
    """Weights, tokenizer and the one thread that runs the network."""

    def __init__(self, network: Any, tokenizer: Any, *, name: str) -> None:
        self.name = name
        self.network = network.requires_grad_(False).eval()
        self.tokenizer = tokenizer
        marks = tokenizer.encode(STEP_END, add_special_tokens=False)
        # To any other tokenizer the mark is a few ordinary characters.
        self._mark: int | None = marks[0] if len(marks) == 1 else None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tir-reward")

    @classmethod
    def load(
        cls, path: Path, *, name: str, device: str, dtype: str, trust_remote_code: bool
    ) -> "LocalScorer":
        """Loads a folder of safetensors; never downloads.

        Raises:
            BadInput: it would run Python files of its own, and nobody has consented.
            ModelBroken: it is no reward model, or does not load.
        """
        config = read_json(path / CONFIG)
        kind = _kind(path, config)
        if kind is AutoModel and not trust_remote_code:
            files = sorted({str(v).partition(".")[0] + ".py" for v in config["auto_map"].values()})
            raise BadInput(
                f"the reward model {name} brings Python code of its own.",
                why=f"{', '.join(files)} would run as you, with your files and network.",
                hint="read it, then --trust-reward-code; or serve it and use --reward-endpoint URL",
            )
        transformers_logging.disable_progress_bar()
        try:
            tokenizer = AutoTokenizer.from_pretrained(
                path, local_files_only=True, trust_remote_code=False
            )
            network, report = kind.from_pretrained(
                path,
                dtype=getattr(torch, dtype),
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=trust_remote_code,
                output_loading_info=True,
                **({"device_map": EVERYWHERE} if device == EVERYWHERE else {}),
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise _broken(path, str(error).split("\n")[0][:300]) from error
        finally:
            transformers_logging.enable_progress_bar()
        if report["missing_keys"]:
            names = ", ".join(sorted(report["missing_keys"])[:3])
            raise _broken(path, f"Weights are missing, among them {names}.")
        if not tokenizer.chat_template:
            raise _broken(path, "Its tokenizer has no chat template.")
        return cls(network if device == EVERYWHERE else network.to(device), tokenizer, name=name)

    @property
    def is_process(self) -> bool:
        """Whether it judges each step: its tokenizer then has a token for the end of one."""
        return self._mark is not None

    async def score(self, conversations: Sequence[Conversation]) -> list[list[float]]:
        """One number per conversation, or of each step the probability that it is right.

        Raises:
            ModelBroken: what the network gives is no reward.
        """
        loop = asyncio.get_running_loop()
        return [await loop.run_in_executor(self._thread, self._one, each) for each in conversations]

    @torch.inference_mode()
    def _one(self, conversation: Conversation) -> list[float]:
        text = self.tokenizer.apply_chat_template(
            list(conversation), tokenize=False, add_generation_prompt=False
        )
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        output = self.network(input_ids=torch.tensor([ids], device=self.network.device))
        logits = output[0][0].float().cpu()
        if self._mark is None:
            # One number, or one for each token, of which the last has seen all.
            numbers = logits.reshape(-1)[-1:].tolist()
        else:
            marked = torch.tensor([token == self._mark for token in ids])
            if logits.shape != (len(ids), 2):
                raise ModelBroken(
                    f"{self.name} is no process reward model.",
                    why=f"It gives {tuple(logits.shape)} numbers for {len(ids)} tokens.",
                    hint="Qwen/Qwen2.5-Math-PRM-7B",
                )
            numbers = torch.softmax(logits[marked], -1)[:, 1].tolist()
        if not all(map(math.isfinite, numbers)):
            raise ModelBroken(
                f"{self.name} gives no number.",
                why="Its network overflows in this precision.",
                hint="serve it in bfloat16, and use --reward-endpoint URL",
            )
        return [float(number) for number in numbers]


def _kind(path: Path, config: dict[str, Any]) -> Any:
    """The class of transformers that loads it."""
    if isinstance(config.get("auto_map"), dict) and "AutoModel" in config["auto_map"]:
        return AutoModel
    for name in map(str, config.get("architectures") or ()):
        for ending, kind in _HEADS.items():
            if name.endswith(ending):
                return kind
    raise _broken(path, f"Its architecture, {config.get('architectures')}, gives no reward.")


def _broken(path: Path, why: str) -> ModelBroken:
    return ModelBroken(
        f"the reward model in {path} does not load.", why=why, hint="Qwen/Qwen2.5-Math-PRM-7B"
    )
