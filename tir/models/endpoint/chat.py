"""A trajectory as messages: `/v1/chat/completions`, with native tool calls or without."""

from typing import TYPE_CHECKING

from tir.dialects import Prompt
from tir.dialects.calls import TOOL
from tir.dialects.tools import called
from tir.models.endpoint.offer import PREFILL_MESSAGE, PREFILL_REQUEST, Mode
from tir.models.endpoint.reply import CallPart
from tir.models.endpoint.session import EndpointSession
from tir.models.endpoint.taken import Taken

if TYPE_CHECKING:
    from tir.models.endpoint.model import EndpointModel

Message = dict[str, object]

TOGETHER = "[ran together with the last call of this turn; see the output there]"
"""The result of every call but the last: the calls of a turn are one program, but each must be
answered."""


class ChatSession(EndpointSession):
    """Turns of both sides. The model's last turn may be open, where the server continues it."""

    path = "/chat/completions"

    def __init__(self, model: "EndpointModel", prompt: Prompt, seed: int) -> None:
        super().__init__(model, seed)
        self.continues = model.offer.prefill is not None and model.offer.mode is Mode.CHAT
        self._prompt = prompt
        self._messages: list[Message] = [
            {"role": message.role, "content": message.content} for message in prompt.messages
        ]
        self._open = ""
        """The model's turn, as far as it has come; it may yet be continued."""
        self._calls: list[str] = []
        """Calls that wait for their result."""
        self._add("".join(message.content for message in prompt.messages))

    def append(self, text: str) -> None:
        """A tool's result after a call; what goes on in the model's turn; else a user's turn."""
        self._add(text)
        if self._calls:
            for call in self._calls:
                content = text if call == self._calls[-1] else TOGETHER
                self._messages.append({"role": "tool", "tool_call_id": call, "content": content})
            self._calls = []
            return
        message = self._message_in(text)
        if message is None:
            self._open += text
            return
        if self._open:
            self._messages.append({"role": "assistant", "content": self._open})
            self._open = ""
        self._messages.append({"role": "user", "content": message})

    def fork(self) -> "ChatSession":
        """A second session with the same past."""
        twin = ChatSession(self._model, self._prompt, self._seed)
        twin._messages, twin._open, twin._calls = list(self._messages), self._open, [*self._calls]
        twin._copy_counts(self)
        return twin

    def _body(self, taken: Taken) -> dict[str, object]:
        body: dict[str, object] = {"messages": self._messages}
        if begun := self._open + taken.text:
            prefill = self._model.offer.prefill
            assert prefill is not None, "only a server that continues has an open turn"
            open_turn = {"role": "assistant", "content": begun, **PREFILL_MESSAGE[prefill]}
            body = {"messages": [*self._messages, open_turn], **PREFILL_REQUEST[prefill]}
        if self._model.offer.mode is Mode.TOOLS and self._prompt.tools:
            body["tools"] = [TOOL]
        return body

    def _hear(self, taken: Taken) -> str:
        if self.continues:
            self._open += taken.text
            return taken.text
        said: Message = {"role": "assistant", "content": taken.text}
        text = taken.text
        calls = [taken.calls[index] for index in sorted(taken.calls)]
        if calls:
            said["tool_calls"] = [
                {
                    "id": self._id(call),
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in calls
            ]
            self._calls = [self._id(call) for call in calls]
            text += "".join(called(call.name, call.arguments) for call in calls)
        self._messages.append(said)
        return text

    def _id(self, call: CallPart) -> str:
        """What its result refers to it by; some servers leave that to us."""
        return call.id or f"call_{self._turn}_{call.index}"

    def _message_in(self, text: str) -> str | None:
        """What the user says in a text that ends the model's turn; None if it goes on."""
        turns = self._model.dialect.turns
        if turns is None:
            return text
        before, behind = turns.reply("\0").split("\0")
        if text.startswith(before) and text.endswith(behind):
            return text.removeprefix(before).removesuffix(behind)
        return None
