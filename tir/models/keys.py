"""Keys and values of one trajectory: tensors that grow, are cropped, and are shared by forks."""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

BLOCK = 64
"""Buffers are a multiple of this many tokens long."""
Views = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Of one layer: where new keys go, where new values go, all keys, all values."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the keys and values of a layer are like; most networks have one kind."""

    device: torch.device
    dtype: torch.dtype
    heads: int
    key_width: int
    value_width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The layers of a network by kind. Those of one kind lie in one tensor, so that a view of all
    of them costs one call."""

    kinds: dict[Kind, int]
    """And how many layers each has."""
    places: tuple[tuple[int, int], ...]
    """Of each layer: which kind, and which place among its layers."""

    @classmethod
    def of(cls, layers: Sequence[Kind]) -> "Layout":
        """The layout of layers in their order."""
        kinds: dict[Kind, int] = {}
        places = []
        for kind in layers:
            at = kinds.setdefault(kind, 0)
            kinds[kind] += 1
            places.append((list(kinds).index(kind), at))
        return cls(kinds, tuple(places))

    def room(self, capacity: int) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Keys and values, not written yet: for each kind (layers, 1, heads, capacity, width)."""
        keys, values = [], []
        for kind, count in self.kinds.items():
            shape = (count, 1, kind.heads, capacity)
            how: dict[str, Any] = {"device": kind.device, "dtype": kind.dtype}
            keys.append(torch.empty(*shape, kind.key_width, **how))
            values.append(torch.empty(*shape, kind.value_width, **how))
        return keys, values


@dataclass(eq=False, slots=True)
class Buffer:
    """Room for keys and values. Many may read its head; one writes at its end."""

    capacity: int
    keys: list[torch.Tensor] = field(default_factory=list)
    values: list[torch.Tensor] = field(default_factory=list)
    writer: "weakref.ref[KeyValues] | None" = None
    read: int = 0
    """Tokens from the start that others than the writer rely on."""


class KeyValues:
    """What attention keeps of one trajectory: `length` tokens at the head of a buffer.

    A fork shares the buffer, and copies its head when it first writes; a fork of a trajectory that
    is gone, and that nobody else has written to since, takes the buffer over and copies nothing.
    """

    __slots__ = ("__weakref__", "_layout", "buffer", "length")

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.length = 0
        self.buffer = Buffer(0, writer=weakref.ref(self))

    @property
    def buffers(self) -> dict[int, int]:
        """Capacities by identity, to count buffers that are shared once."""
        return {id(self.buffer): self.buffer.capacity}

    def growth(self, upto: int) -> int:
        """Tokens of new room that it takes to write up to that length."""
        if upto <= self.buffer.capacity and self._may_write:
            return 0
        kept = self.buffer.capacity if self._may_write else 0
        return _rounded(upto) - kept

    def crop(self, length: int) -> None:
        """Forgets all but the first `length` tokens."""
        self.length = length

    def fork(self, length: int) -> "KeyValues":
        """Another owner of the first `length` tokens; nothing is copied yet."""
        twin = KeyValues(self._layout)
        twin.buffer = self.buffer
        twin.length = length
        self.buffer.read = max(self.buffer.read, length)
        return twin

    def release(self) -> None:
        """Gives up the right to write, and the tokens."""
        self._abandon()
        self.buffer = Buffer(0, writer=weakref.ref(self))
        self.length = 0

    def shrink(self) -> None:
        """Moves to a buffer no larger than needed, if its own is much larger."""
        if self.buffer.capacity > _rounded(self.length):
            self._move(self.length)

    def reserve(self, upto: int) -> None:
        """Makes sure that tokens can be written up to that length."""
        if upto <= self.buffer.capacity and self._may_write:
            self.buffer.writer = weakref.ref(self)
        else:
            self._move(_rounded(upto))

    @property
    def _writer(self) -> "KeyValues | None":
        return self.buffer.writer() if self.buffer.writer else None

    @property
    def _may_write(self) -> bool:
        return self._writer in (self, None) and self.length >= self.buffer.read

    def _abandon(self) -> None:
        if self._writer is self:
            self.buffer.writer = None

    def views(self, start: int, end: int) -> "list[Views]":
        """Of each layer: where new keys and values go, and all of them up to `end`."""
        by_kind = [
            (
                keys[:, 0, :, start:end].unbind(0),
                values[:, 0, :, start:end].unbind(0),
                keys[:, :, :, :end].unbind(0),
                values[:, :, :, :end].unbind(0),
            )
            for keys, values in zip(self.buffer.keys, self.buffer.values, strict=True)
        ]
        if len(by_kind) == 1:
            return list(zip(*by_kind[0], strict=True))
        return [
            (news[at], more[at], keys[at], values[at])
            for kind, at in self._layout.places
            for news, more, keys, values in [by_kind[kind]]
        ]

    def _move(self, capacity: int) -> None:
        keys, values = self._layout.room(capacity)
        if self.length:
            old = [*self.buffer.keys, *self.buffer.values]
            for mine, theirs in zip([*keys, *values], old, strict=True):
                mine[:, :, :, : self.length] = theirs[:, :, :, : self.length]
        self._abandon()
        self.buffer = Buffer(capacity, keys, values, writer=weakref.ref(self))


def _rounded(tokens: int) -> int:
    """A quarter more than needed, so that a growing trajectory is seldom copied."""
    return -(-(tokens + tokens // 4) // BLOCK) * BLOCK
