"""What a server was found to offer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from tir.dialects import Dialect


class Mode(StrEnum):
    """How a trajectory is kept on a server."""

    COMPLETION = "completion"
    """As one text, in the model's own format: `/v1/completions`."""
    CHAT = "chat"
    """As messages: `/v1/chat/completions`."""
    TOOLS = "tools"
    """As messages, in which programs are native tool calls."""


class Stops(StrEnum):
    """What a server does with stop strings."""

    KEPT = "kept"
    """They end the text."""
    NAMED = "named"
    """They are left out, and the reply says which it was."""
    SILENT = "silent"
    """They are left out or ignored, and nobody knows: then they are not sent, and the
    connection is closed as soon as one has come."""


class Prefill(StrEnum):
    """How a server is told to go on with the last message instead of answering it."""

    CONTINUE = "continue"
    """vLLM and SGLang: two fields of the request."""
    PARTIAL = "partial"
    """DashScope and Moonshot: a field of the message."""
    PREFIX = "prefix"
    """DeepSeek and Mistral: a field of the message, of another name."""


PREFILL_REQUEST = MappingProxyType(
    {
        Prefill.CONTINUE: {"continue_final_message": True, "add_generation_prompt": False},
        Prefill.PARTIAL: {},
        Prefill.PREFIX: {},
    }
)
"""Fields of the request."""
PREFILL_MESSAGE = MappingProxyType(
    {Prefill.CONTINUE: {}, Prefill.PARTIAL: {"partial": True}, Prefill.PREFIX: {"prefix": True}}
)
"""Fields of the message that is to be continued."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One model on one server, as it was found."""

    model: str
    """Its name there."""
    mode: Mode
    dialect: Dialect
    context: int
    stops: Stops = Stops.SILENT
    prefill: Prefill | None = None
    """None: what the model has begun to say can only be said again from the beginning."""
    fields: frozenset[str] = frozenset()
    """Fields that not every server has and this one takes."""
    drawing: Mapping[str, str] = field(default_factory=dict)
    """What this server has to be told beside the temperature before it draws at random."""
    draws: bool = True
    """Whether another seed gives another text. If not, samples are copies of each other."""
