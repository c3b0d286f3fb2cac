"""Finds a stop string in a text that arrives in pieces, whatever the server does with it."""

from dataclasses import dataclass


@dataclass(slots=True)
class StopText:
    """Watches one generation. What has been handed out is never taken back.

    Text that may be the beginning of a stop string needs no holding back, because a stop string
    stays in the text; only what follows one is dropped.
    """

    stop: tuple[str, ...]
    is_complete: bool = False
    """Whether a stop string has come to its end; nothing is taken after it."""
    _tail: str = ""
    """The last characters, one fewer than the longest stop string has."""

    def feed(self, text: str) -> str:
        """The part of `text` that belongs to the generation."""
        if self.is_complete:
            return ""
        window = self._tail + text
        ends = [at + len(stop) for stop in self.stop if (at := window.find(stop)) >= 0]
        if ends:
            self.is_complete = True
            return text[: min(ends) - len(self._tail)]
        longest = max(map(len, self.stop), default=1)
        self._tail = window[-(longest - 1) :] if longest > 1 else ""
        return text
