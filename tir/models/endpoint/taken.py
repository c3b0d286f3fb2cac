"""What has come of one generation so far, in one attempt or several."""

import re
from dataclasses import dataclass, field

from tir.models.base import Halt
from tir.models.endpoint.reply import CallPart, Fragment
from tir.models.endpoint.stoptext import StopText

_SEAM = re.compile(r"(?<=\w)(?=\W)|(?<=\S)(?= \S)")
"""Behind a word or number, and before one blank."""
_HALTS = {"length": Halt.LENGTH, "tool_calls": Halt.STOP, "function_call": Halt.STOP}
"""What servers call the end of a generation; whatever else they call it, the turn is over."""


@dataclass(slots=True)
class Taken:
    """Text, tokens, native calls, and why it ended."""

    watch: StopText
    text: str = ""
    given: int = 0
    """Characters of it that have been handed out, never to be taken back."""
    tokens: int = 0
    """Of the attempts that are over."""
    calls: dict[int, CallPart] = field(default_factory=dict)
    """Native tool calls by their index, put together from their pieces."""
    halt: Halt | None = None
    """None: more is to come."""

    @classmethod
    def of(cls, stop: tuple[str, ...]) -> "Taken":
        """Nothing yet."""
        return cls(StopText(stop))

    def take(self, part: Fragment) -> None:
        """Adds a fragment, as far as it belongs to the generation."""
        self.text += self.watch.feed(part.text + part.stopped_by)
        for piece in part.calls:
            begun = self.calls.get(piece.index, CallPart(piece.index, "", "", ""))
            self.calls[piece.index] = CallPart(
                piece.index,
                begun.id or piece.id,
                begun.name or piece.name,
                begun.arguments + piece.arguments,
            )
        if part.finish is not None:
            self.halt = Halt.STOP if self.calls else _HALTS.get(part.finish, Halt.EOS)
        if self.watch.is_complete:
            self.halt = Halt.STOP

    def give(self) -> str:
        """What of the text can be handed out: what another attempt could go on from.

        Servers cut their text anywhere, but a text that ends within a word or behind a blank is
        encoded as no model ever wrote it, and goes on badly. Tokenizers end a token where a word
        ends, and begin one at a single blank; so the last such place is where a text may end.
        """
        ends = [match.start() for match in _SEAM.finditer(self.text, max(0, self.given - 1))]
        place = len(self.text) if self.halt is not None else ends[-1] if ends else 0
        fresh = self.text[self.given : place]
        self.given += len(fresh)
        return fresh

    def rewind(self, stop: tuple[str, ...]) -> None:
        """Forgets what has not been handed out, for it will be said again."""
        self.tokens = self.tokens * self.given // max(1, len(self.text))
        self.text = self.text[: self.given]
        self.watch, self.calls = StopText(stop), {}
        self.watch.feed(self.text)


def tokens_in(part: Fragment) -> int:
    """Tokens of a fragment; one if the server only shows its text, for so servers stream."""
    return len(part.ids) or int(bool(part.text or part.calls))
