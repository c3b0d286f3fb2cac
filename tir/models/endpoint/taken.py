"""What has come of one generation so far, in one attempt or several."""

from dataclasses import dataclass, field

from tir.models.base import Halt
from tir.models.endpoint.reply import CallPart, Fragment
from tir.models.endpoint.stoptext import StopText

_HALTS = {"length": Halt.LENGTH, "tool_calls": Halt.STOP, "function_call": Halt.STOP}
"""What servers call the end of a generation; whatever else they call it, the turn is over."""


@dataclass(slots=True)
class Taken:
    """Text, tokens, native calls, and why it ended."""

    watch: StopText
    text: str = ""
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

    def take(self, part: Fragment) -> str:
        """Adds a fragment; returns the text of it that belongs to the generation."""
        text = self.watch.feed(part.text + part.stopped_by)
        self.text += text
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
        return text


def tokens_in(part: Fragment) -> int:
    """Tokens of a fragment; one if the server only shows its text, for so servers stream."""
    return len(part.ids) or int(bool(part.text or part.calls))
