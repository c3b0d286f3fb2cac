"""Turns tokens into text as they come, and finds where a stop string ends.

Stop strings span tokens and are tokenised differently in different company, so they are looked
for in the text; the place found there is mapped back to tokens. Only a tail of text shorter
than the longest stop string is kept.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tokenizers.decoders import DecodeStream

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Cut:
    """A stop string is complete."""

    text: str
    """The new text up to the end of the stop string."""
    drop: int
    """How many tokens to crop: those that reach past that end."""
    residue: str
    """The part of `text` that is cropped with them and has to be written again."""


@dataclass(slots=True)
class StopWatch:
    """Watches one generation, token by token."""

    tokenizer: "Tokenizer"
    stop: tuple[str, ...]
    _stream: DecodeStream = field(default_factory=DecodeStream)
    _unfinished: int = 0
    """Tokens just before this one that ended inside a character and gave no text yet."""
    _tail: str = ""

    def feed(self, token: int) -> str | Cut:
        """The text that this token completes, or the cut if that completes a stop string."""
        text = self._stream.step(self.tokenizer, token) or ""
        window = self._tail + text
        # The tail is too short to hold a stop string, so one found here ends in the new text.
        ends = [at + len(s) for s in self.stop if (at := window.find(s)) >= 0]
        if ends:
            fresh = text[: min(ends) - len(self._tail)]
            if fresh == text:
                return Cut(fresh, 0, "")
            return Cut(fresh, 1 + self._unfinished, fresh)
        self._unfinished = self._unfinished + 1 if not text else 0
        longest = max(map(len, self.stop), default=1)
        self._tail = window[-(longest - 1) :] if longest > 1 else ""
        return text
