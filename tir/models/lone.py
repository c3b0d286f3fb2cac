"""A forward for networks with attention of their own kind: one trajectory at a time.

Sliding windows, soft caps, sinks, linear attention: transformers' `DynamicCache` knows how to keep
what each layer needs, but not how to do so for many trajectories of different lengths at once.
Where a layer's state cannot be taken back (a window that has moved on, a recurrent state), a crop
forgets everything and the trajectory is read again from its start.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from transformers import DynamicCache

from tir.models.forward import Work


class LoneCache:
    """One trajectory's `DynamicCache`."""

    __slots__ = ("_config", "length", "past")

    def __init__(self, config: Any) -> None:
        self.length = 0
        self._config = config
        self.past = DynamicCache(config=config)

    @property
    def buffers(self) -> dict[int, int]:
        """It is its own memory, as long as what it holds."""
        return {id(self): self.length}

    def growth(self, upto: int) -> int:
        """As many tokens as are new."""
        return upto - self.length

    def reserve(self, upto: int) -> None:
        """transformers takes the room as it goes."""

    def crop(self, length: int) -> None:
        """Takes back the last tokens, or everything."""
        if length < self.length and self._croppable:
            self.past.crop(length - self.length)
            self.length = length
        elif length < self.length:
            self.release()

    def fork(self, length: int) -> "LoneCache":
        """A copy; an empty one if it cannot be cut to that length."""
        twin = LoneCache(self._config)
        if length == self.length or self._croppable:
            twin.past, twin.length = deepcopy(self.past), self.length
            twin.crop(length)
        return twin

    def release(self) -> None:
        """Forgets all."""
        self.past, self.length = DynamicCache(config=self._config), 0

    def shrink(self) -> None:
        """It is never longer than needed."""

    @property
    def _croppable(self) -> bool:
        # A window's cache can be cropped until it has moved on, but says so only by an exception.
        return self.past.is_croppable and not any(self.past.is_sliding)


class LoneForward:
    """Runs a network over one trajectory after another."""

    batched = False

    def __init__(self, network: Any) -> None:
        self._network = network
        self._device = network.get_input_embeddings().weight.device

    def cache(self) -> LoneCache:
        """An empty one."""
        return LoneCache(self._network.config)

    @torch.inference_mode()
    def __call__(self, work: Sequence[Work[LoneCache]]) -> torch.Tensor:
        """Computes the tokens of each; see `Forward`."""
        rows = []
        before = [item.cache.length for item in work]
        try:
            for item in work:
                out = self._network(
                    input_ids=torch.tensor([item.ids], device=self._device),
                    past_key_values=item.cache.past,
                    use_cache=True,
                    logits_to_keep=1,
                )
                item.cache.length += len(item.ids)
                if item.wanted:
                    rows.append(out.logits[0, -1])
        except BaseException:
            for item, length in zip(work, before, strict=True):
                # The one that failed may hold half a token: none of it can be trusted.
                item.cache.crop(length) if item.cache.length > length else item.cache.release()
            raise
        if not rows:
            return torch.empty(0, self._network.config.get_text_config().vocab_size)
        return torch.stack(rows)
