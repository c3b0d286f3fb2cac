"""Chat messages, and how they become the text that a model reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of somebody other than the model."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a trajectory begins with, in both forms: a server takes one, a local model the other."""

    messages: tuple[Message, ...]
    text: str
    """The same messages and the opening of the model's turn, exactly as the model reads them."""


@dataclass(frozen=True, slots=True)
class Turns:
    """What stands before and behind each role's words in a text."""

    user: tuple[str, str]
    assistant: str
    """Opens the model's turn."""
    end: str
    """Closes the model's turn, its end-of-turn token included: that token is never kept."""
    system: tuple[str, str] | None = None
    """None: the family knows no system turn, and what it would say opens the user's turn."""
    begin: str = ""
    """The token that every text begins with, if the tokenizer has one."""

    def text(self, messages: Iterable[Message]) -> str:
        """The messages as text, up to where the model's first token goes."""
        return f"{self.begin}{''.join(self._turn(message) for message in messages)}{self.assistant}"

    def reply(self, content: str) -> str:
        """Ends the model's turn, has the user speak, and opens the model's next turn."""
        return f"{self.end}{self.user[0]}{content}{self.user[1]}{self.assistant}"

    def _turn(self, message: Message) -> str:
        if message.role == "user":
            return f"{self.user[0]}{message.content}{self.user[1]}"
        if self.system is None:
            return ""
        return f"{self.system[0]}{message.content}{self.system[1]}"


CHATML = Turns(
    system=("<|im_start|>system\n", "<|im_end|>\n"),
    user=("<|im_start|>user\n", "<|im_end|>\n"),
    assistant="<|im_start|>assistant\n",
    end="<|im_end|>\n",
)
"""Qwen's, after OpenAI's Chat Markup Language."""
