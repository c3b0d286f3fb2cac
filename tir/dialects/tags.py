"""Programs between two tags, as they are or in a call that has to be read first."""

from collections.abc import Callable
from dataclasses import dataclass

from tir.dialects.calls import Malformed
from tir.dialects.parser import Kind, Parser, Piece, partial_marker


@dataclass(slots=True)
class TagParser(Parser):
    """Reads one generation. Each call stands between `opening` and `closing_tag`.

    Without `call` a program is what stands between the tags, and is handed out as it comes.
    With `call` it is what that reads out of the whole body, or else a complaint.
    """

    opening: tuple[str, ...] = ("<tool_call>",)
    """The first is the tag; a further one begins a call whose tag was forgotten."""
    closing_tag: str = "</tool_call>"
    call: Callable[[str], str] | None = None
    ended_by_turn: str | None = None
    """If the end of the turn closes a call: what closes the call and opens a turn instead."""
    _body: str | None = None
    """The call being read; None outside of calls."""
    _rest: str = ""
    """What may yet become a tag."""

    @property
    def inside(self) -> bool:
        """Whether the text so far ends within a call."""
        return self._body is not None

    @property
    def _closing(self) -> str:
        if not self.inside:
            return "\n"
        return self.ended_by_turn or f"\n{self.closing_tag}\n"

    def _read(self, text: str) -> list[Piece]:
        pieces: list[Piece] = []
        text, self._rest = self._rest + text, ""
        while text:
            text = self._speech(text, pieces) if self._body is None else self._within(text, pieces)
        return pieces

    def _finish(self) -> list[Piece]:
        pieces: list[Piece] = []
        rest, self._rest = self._rest, ""
        if self._body is None:
            if rest:
                pieces.append(self._say(rest))
        elif self.ended_by_turn:
            self._take(rest, pieces)
            body = self._body
            self._done(pieces)
            self._body = body  # closed for us, but not in the text
        else:
            self._take(rest, pieces)
            self.complaint = f"[nothing ran: the call was not closed by {self.closing_tag}]"
        return pieces

    def _speech(self, text: str, pieces: list[Piece]) -> str:
        """Reads up to the next call and returns what is left to read."""
        found = [(at, tag) for tag in self.opening if (at := text.find(tag)) >= 0]
        if not found:
            kept = partial_marker(text, *self.opening)
            said, self._rest = text[: len(text) - kept], text[len(text) - kept :]
            if said:
                pieces.append(self._say(said))
            return ""
        at, tag = min(found)
        if at:
            pieces.append(self._say(text[:at]))
        self._body = ""
        if self.call is None:
            self._block = ""
        return text[at + len(tag) :] if tag == self.opening[0] else text[at:]

    def _within(self, text: str, pieces: list[Piece]) -> str:
        """Reads up to the end of this call and returns what is left to read."""
        body, tag, behind = text.partition(self.closing_tag)
        if tag:
            self._take(body, pieces)
            self._done(pieces)
            return behind
        kept = partial_marker(text, self.closing_tag)
        self._rest = text[len(text) - kept :]
        self._take(text[: len(text) - kept], pieces)
        return ""

    def _take(self, text: str, pieces: list[Piece]) -> None:
        """More of the call."""
        # The first line break ends the line of the tag and belongs to no program.
        shown = text if self._body else text.removeprefix("\n")
        self._body = (self._body or "") + text
        if self.call is None and shown:
            pieces.append(self._write(shown))

    def _done(self, pieces: list[Piece]) -> None:
        """The call is complete."""
        body, self._body = self._body or "", None
        if self.call is None:
            self._close()
            return
        try:
            self._block = self.call(body)
        except Malformed as wrong:
            self.complaint = f"[nothing ran: {wrong}]"
            return
        pieces.append(Piece(Kind.PROGRAM, f"{self._block}\n"))
        self._close()
