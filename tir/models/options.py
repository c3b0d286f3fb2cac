"""How a model is to be loaded: what a user may ask for beside its name."""

from dataclasses import dataclass
from enum import StrEnum

from tir.models.endpoint.budget import Budget

EVERYWHERE = "auto"
"""The device that means all accelerators together: layers are spread by `device_map`."""


class Quantize(StrEnum):
    """Weights kept in fewer bits than they were trained in."""

    INT8 = "int8"
    """One signed byte per weight and one scale per output row; activations stay bfloat16."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """Whatever is None is chosen for this machine and model.

    Hashable: two equal requests are one loaded model.
    """

    device: str | None = None
    """`cpu`, `cuda`, `cuda:1`, `mps`, or `auto`: layers spread over all accelerators."""
    dtype: str | None = None
    """`float32`, `bfloat16` or `float16`."""
    dialect: str | None = None
    """Name of a transcript format. None: told by the model's name and chat template."""
    quantize: Quantize | None = None
    endpoint: str | None = None
    """URL of an OpenAI-compatible server; the model's name is then its name there."""
    concurrency: int = 256
    """Requests that an endpoint is sent at once, at most; all others wait here."""
    budget: Budget | None = None
    """What may be spent on an endpoint. None: no limit."""
    trust_remote_code: bool = False
    """Whether Python files that came with the weights may run in this process, as you."""


CHOSEN = LoadOptions()
"""All chosen for this machine and model."""
