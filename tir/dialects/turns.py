"""Chat messages, and how they become the text that a model reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from tir.errors import BadInput

Role = Literal["system", "user"]
Template = Callable[[list[dict[str, str]]], str]
"""A tokenizer's chat template: messages in the form of the OpenAI API to text, generation prompt
added: `partial(tokenizer.apply_chat_template, tokenize=False, add_generation_prompt=True)`."""
_WORDS = ("tir-0f3a-system", "tir-0f3a-user", "tir-0f3a-model", "tir-0f3a-again")
"""Stand for messages in a template; no template has them in its own text."""


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
    tools: bool = True
    """Whether programs may be run: a server with native tools offers the tool, or does not."""


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

    @classmethod
    def of(cls, template: Template) -> "Turns":
        """The turns of a chat template, found by rendering messages that can be told from it.

        Raises:
            BadInput: the template cannot render a conversation, or leaves messages out.
        """
        from jinja2 import TemplateError

        system, user, said, again = _WORDS
        asked = {"role": "user", "content": user}
        goes_on = [{"role": "assistant", "content": said}, {"role": "user", "content": again}]
        try:
            rest = template([asked, *goes_on])
            before, question, rest = rest.partition(user)
            _, answer, rest = rest.partition(said)
            end, reply, _ = rest.partition(again)
            _, last, assistant = template([asked]).partition(user)
        except (TemplateError, TypeError, ValueError) as error:
            raise _unusable(str(error)) from error
        if not (question and answer and reply and last):
            raise _unusable("it leaves messages out")
        try:
            opening, instructed, rest = template(
                [{"role": "system", "content": system}, asked]
            ).partition(system)
            between, followed, _ = rest.partition(user)
        except (TemplateError, TypeError, ValueError):
            instructed = followed = ""  # Gemma's refuses a system message
        if instructed and followed:
            return cls(user=("", ""), assistant=assistant, end=end, system=(opening, between))
        return cls(user=("", ""), assistant=assistant, end=end, begin=before)

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


def _unusable(why: str) -> BadInput:
    return BadInput(
        "the chat template of this model cannot be used.",
        why=why.split("\n")[0][:200] or "It cannot render a conversation.",
        hint="--dialect NAME, with the family that the model comes from",
    )


CHATML = Turns(
    system=("<|im_start|>system\n", "<|im_end|>\n"),
    user=("<|im_start|>user\n", "<|im_end|>\n"),
    assistant="<|im_start|>assistant\n",
    end="<|im_end|>\n",
)
"""Qwen's, after OpenAI's Chat Markup Language."""
