"""What a model family's transcript looks like, as data: prompts, markers, stops, specials."""

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from problems.problem import Problem
from tir.dialects.parser import THOUGHT, Parser, Phase
from tir.dialects.turns import Message, Prompt, Template, Turns
from tir.errors import BadInput
from tir.trajectory import Halt

CHECK_SYSTEM = (
    "Write a Python function check(answer) that returns True exactly when answer, a SymPy value "
    "or a list of them, is correct for this problem. Test the conditions of the problem; never "
    "compare with the proposed answer."
)
REJECTED = (
    "A separate check rejected the answer {answer}. Find the mistake and solve the problem again."
)
FINAL_ANSWER = "The final answer is $\\boxed{"
"""Opens the last generation of a trajectory that ran into a limit, so that it must answer."""
LAST_REQUEST = "No more programs can be run. Give your final answer now, within \\boxed{}."
"""Asks for that answer where nobody but the model can begin its turn."""

SHORTEST_SPECIAL = 3
"""Characters. Some tokenizers declare a lone `!` special, which people need."""
COLDEST = 1e-4
"""Below it logits divided by the temperature overflow; the choice is the greedy one by then."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. Temperature 0 is greedy."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024
    """Of one generation, from one tool call to the next."""

    @property
    def is_greedy(self) -> bool:
        """Whether every draw is the same."""
        return self.temperature < COLDEST


@dataclass(frozen=True, slots=True)
class LastWords:
    """How a trajectory that ran into a limit is made to name its answer."""

    text: str
    """To be appended before the last generation."""
    said: str
    """The part of it that counts as the model's own words."""
    stops: tuple[str, ...]
    """End that generation."""


class Continuation(StrEnum):
    """Where the model reads the output of its program."""

    SAME_TURN = "same turn"
    """Right behind what it wrote."""
    USER_TURN = "user turn"
    """In a message of the user's, to which it replies."""


def plainly(program: str) -> str:
    """A program written as it is."""
    return program


@dataclass(frozen=True, slots=True)
class Dialect:
    """One family's wording and markers. Adding a family adds a value, and a parser if need be."""

    name: str
    parser: Callable[..., Parser]
    """Makes a fresh parser of one generation."""
    turns: Turns | None
    """None: the text of a chat is its server's business, and all that is appended a message."""
    eos: tuple[str, ...]
    """End the model's turn; declared ones of its generation_config.json come on top."""
    context: int
    """Tokens of prompt and answer together that the family was trained for."""
    code_open: str
    code_close: str
    output: str
    """What the model reads of a run; `{output}` stands for what it printed."""
    stops: tuple[str, ...] = ()
    """End a generation because a program waits to be run; kept in the text."""
    resumed: str = ""
    """What the model left out before an output if it ended its turn instead of stopping."""
    continuation: Continuation = Continuation.SAME_TURN
    system: str = ""
    """System text that asks for programs (TIR)."""
    user: str = "{question}"
    """The user's turn that goes with it."""
    cot_system: str = ""
    """System text that asks for reasoning alone (CoT)."""
    cot_user: str = "{question}"
    quoted: Callable[[str], str] = plainly
    """How a program is written between `code_open` and `code_close`."""
    check_parser: Callable[..., Parser] | None = None
    """Reads what the model writes when it is given no tool; None: the same as `parser`."""
    specials: tuple[str, ...] = ()
    """What only the model or we may write, besides fences, boxes and `<|...|>`."""
    tokens: tuple[str, ...] = ()
    """What must each be one token of the tokenizer, `eos` aside: markers of turns, of calls."""
    models: str = ""
    """Regular expression that the names of the family's models contain; case does not matter."""
    templates: tuple[str, ...] = ()
    """What its chat templates contain, all of it."""
    check_system: str = CHECK_SYSTEM
    check_user: str = "{question}"
    greedy: Sampling = Sampling()
    sampled: Sampling = Sampling(temperature=0.7, top_p=0.8)

    def prompt(self, problem: Problem) -> Prompt:
        """What precedes the model's first token. The question is defanged."""
        return self._prompt(self.system, self.user, with_choices(problem))

    def cot_prompt(self, problem: Problem) -> Prompt:
        """The same without tools."""
        asked = self._prompt(self.cot_system, self.cot_user, with_choices(problem))
        return replace(asked, tools=False)

    def check_prompt(self, problem: Problem, proposed: str) -> Prompt:
        """Asks for `check(answer)`, given the problem and a proposed answer, without working."""
        user = f"{with_choices(problem)}\n\nProposed answer: {proposed}"
        return replace(self._prompt(self.check_system, self.check_user, user), tools=False)

    def fitted(self, template: Template, specials: Iterable[str] = ()) -> "Dialect":
        """This dialect in the turns of a model's own chat template.

        `specials` are the special tokens of its tokenizer: nobody else may write them.

        Raises:
            BadInput: the template cannot be used, or the dialect is a server's.
        """
        if self.is_native:
            raise BadInput(
                f"a model on this machine cannot speak the dialect {self.name!r}.",
                why="It is for the tool calls of a server, which here nobody would make.",
                hint="--endpoint URL, or the same without --dialect",
            )
        turns = Turns.of(template)
        parser = self.parser
        if turns.assistant.rstrip().endswith(THOUGHT[0]):
            parser = partial(parser, phase=Phase.THOUGHT)
        own = (special for special in specials if len(special) >= SHORTEST_SPECIAL)
        kept = tuple(dict.fromkeys((*self.specials, *own)))
        return replace(self, turns=turns, parser=parser, specials=kept)

    def missing_specials(self, vocabulary: Container[str]) -> tuple[str, ...]:
        """The markers of this dialect that a tokenizer's vocabulary does not have."""
        needed = (*self.tokens, *self.eos)
        return tuple(token for token in dict.fromkeys(needed) if token not in vocabulary)

    @property
    def is_native(self) -> bool:
        """Whether its calls are a server's, so that a model which reads text cannot speak it."""
        return self.turns is None and self.continuation is Continuation.SAME_TURN

    @property
    def check_stops(self) -> tuple[str, ...]:
        """End a generation that writes a check."""
        return self.stops if self.check_parser is None else ()

    def program(self, text: str) -> str:
        """A program as a model of this family writes it."""
        return f"{self.code_open}{self.quoted(text)}{self.code_close}"

    def resume(self, halt: Halt) -> str:
        """What goes before an observation: what the model left out if it ended its turn."""
        return self.resumed if halt is Halt.EOS else ""

    def observation(self, text: str) -> str:
        """A program's output, defanged, up to where the model goes on."""
        output = self.output.replace("{output}", self.defang(text))
        if self.continuation is Continuation.SAME_TURN or self.turns is None:
            return output
        return self.turns.reply(output)

    def rejection(self, answer: str) -> str:
        """Ends the model's turn and tells it that a check rejected its answer."""
        message = self.defang(REJECTED.replace("{answer}", answer))
        return self.turns.reply(message) if self.turns else message

    def follow_up(self, question: str) -> str:
        """Ends the model's turn and has the user ask on, defanged."""
        message = self.defang(question)
        return self.turns.reply(message) if self.turns else message

    def last_words(self, parser: Parser) -> LastWords:
        """Closes what the text leaves open, and opens a box that the model has to fill."""
        if self.turns is None:
            return LastWords(LAST_REQUEST, "", ())
        said = f"\n{FINAL_ANSWER}"
        return LastWords(parser.closing.removesuffix("\n") + said, said, ("\n",))

    def defang(self, text: str) -> str:
        """Text that cannot speak for anybody else in this dialect; see `defang`."""
        return defang(text, self.specials)

    def _prompt(self, system: str, user: str, question: str) -> Prompt:
        content = user.replace("{question}", self.defang(question))
        if system and self.turns is not None and self.turns.system is None:
            system, content = "", f"{system}\n\n{content}"
        asked = Message("user", content)
        messages = (Message("system", system), asked) if system else (asked,)
        if self.turns is None:
            return Prompt(messages, "\n\n".join(message.content for message in messages))
        return Prompt(messages, self.turns.text(messages))


def with_choices(problem: Problem) -> str:
    """The question, and its choices as lines `(A) ...` if it has any."""
    lines = [f"({chr(65 + i)}) {choice}" for i, choice in enumerate(problem.choices)]
    return "\n".join([problem.question.strip(), *lines])


_SPECIAL = re.compile(r"<([|\uff5c])([^|\uff5c<>]{0,40})([|\uff5c])>")
"""Tokens of nearly all families, `<|im_end|>`, and DeepSeek's, with fullwidth bars."""
_BOX = re.compile(r"\\(boxed|fbox)\b")


def defang(text: str, specials: tuple[str, ...] = ()) -> str:
    """Text that cannot speak for anybody else.

    A question or a program's output must not close a fence, forge a turn or an answer:
    three or more backticks become as many quotes, `<|x|>` becomes `<| x |>`, and `\\boxed`
    loses its backslash. Each of `specials` is broken by a blank, `<tag>` into `< tag>` and
    `User:` into `User :`. NUL is dropped; everything else stays.
    """
    text = re.sub(r"`{3,}", lambda run: "'" * len(run[0]), text.replace("\0", ""))
    text = _BOX.sub(r"\1", _SPECIAL.sub(r"<\1 \2 \3>", text))
    for special in specials:
        at = 1 if special.startswith(("<", "[")) else len(special) - 1
        text = text.replace(special, f"{special[:at]} {special[at:]}")
    return text
