"""What the engine needs of a network: caches of its trajectories, and a forward over some of them.

`RaggedForward` computes many trajectories together and suits every network whose attention is
plain causal attention in every layer: Qwen2, Qwen2.5, Qwen3, Llama, Mistral without a window, and
most others. `LoneForward` computes them one after another with transformers' own cache and suits
all that `generate` suits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch


class Unsuited(Exception):
    """A network cannot be run in this way. Never leaves this package."""


class Cache(Protocol):
    """What the network keeps of one trajectory's first `length` tokens."""

    length: int

    @property
    def buffers(self) -> dict[int, int]:
        """Tokens that its memory has room for, by the identity of that memory."""
        ...

    def growth(self, upto: int) -> int:
        """Tokens of new room that it takes to hold `upto` of them."""
        ...

    def reserve(self, upto: int) -> None:
        """Takes that room."""
        ...

    def crop(self, length: int) -> None:
        """Forgets all but the first `length` tokens; `self.length` is then `length` or, where the
        network's state cannot be taken back, 0."""
        ...

    def fork(self, length: int) -> "Cache":
        """A cache of the first `length` tokens, or an empty one where that cannot be had."""
        ...

    def release(self) -> None:
        """Gives its memory back and forgets all."""
        ...

    def shrink(self) -> None:
        """Gives back what memory is not needed for `length` tokens."""
        ...


CacheT = TypeVar("CacheT", bound=Cache)


@dataclass(frozen=True, slots=True)
class Work(Generic[CacheT]):
    """Tokens to be computed, which follow those in the cache."""

    cache: CacheT
    ids: list[int]
    wanted: bool
    """Whether the logits after the last of them are."""


class Forward(Protocol[CacheT]):
    """Runs a network."""

    batched: bool
    """Whether several trajectories at once cost less than one after another."""

    def cache(self) -> CacheT:
        """An empty one."""
        ...

    def __call__(self, work: Sequence[Work[CacheT]]) -> torch.Tensor:
        """Computes the tokens and adds them to the caches.

        Returns logits of shape (number wanted, vocabulary), in order. If it raises, no cache has
        got longer.
        """
        ...
