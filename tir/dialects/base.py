"""What a model family's transcript looks like, as data: prompts, fences, stops, specials."""

import re
from dataclasses import dataclass

from problems.problem import Problem

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
class Dialect:
    """One family's wording and markers. Adding a family adds a value, no code."""

    name: str
    system: str
    """System text that asks for programs (TIR)."""
    cot_system: str
    """System text that asks for reasoning alone (CoT)."""
    code_open: str
    code_close: str
    output_open: str
    """The model writes this when it wants its program run: the stop string, kept in the text."""
    output_close: str
    eos: tuple[str, ...]
    context: int
    """Tokens of prompt and answer together that the family was trained for."""
    greedy: Sampling = Sampling()
    sampled: Sampling = Sampling(temperature=0.7, top_p=0.8)

    def _turns(self, system: str, user: str) -> str:
        return (
            f"<|im_start|>system\n{system}<|im_end|>\n"
            f"<|im_start|>user\n{defang(user)}<|im_end|>\n"
            f"<|im_start|>assistant\n"
        )

    def prompt(self, problem: Problem) -> str:
        """The text before the model's first token. The question is defanged."""
        return self._turns(self.system, with_choices(problem))

    def cot_prompt(self, problem: Problem) -> str:
        """The same without tools."""
        return self._turns(self.cot_system, with_choices(problem))

    def check_prompt(self, problem: Problem, proposed: str) -> str:
        """Asks for `check(answer)`, given the problem and a proposed answer, without working."""
        user = f"{with_choices(problem)}\n\nProposed answer: {proposed}"
        return self._turns(CHECK_SYSTEM, user)

    def observation(self, text: str) -> str:
        """What follows `output_open`: the program's output, defanged, and the closing fence."""
        return f"\n{defang(text)}\n{self.output_close}"

    def rejection(self, answer: str) -> str:
        """Ends the model's turn and tells it that a check rejected its answer."""
        message = defang(REJECTED.format(answer=answer))
        return f"<|im_end|>\n<|im_start|>user\n{message}<|im_end|>\n<|im_start|>assistant\n"


def with_choices(problem: Problem) -> str:
    """The question, and its choices as lines `(A) ...` if it has any."""
    lines = [f"({chr(65 + i)}) {choice}" for i, choice in enumerate(problem.choices)]
    return "\n".join([problem.question.strip(), *lines])


_SPECIAL = re.compile(r"<\|([^|<>]{0,40})\|>")
_BOX = re.compile(r"\\(boxed|fbox)\b")


def defang(text: str) -> str:
    """Text that cannot speak for anybody else.

    A question or a program's output must not close a fence, forge a turn or an answer:
    three or more backticks become as many quotes, `<|x|>` becomes `<| x |>`, and `\\boxed`
    loses its backslash. NUL is dropped; everything else stays.
    """
    text = re.sub(r"`{3,}", lambda run: "'" * len(run[0]), text.replace("\0", ""))
    return _BOX.sub(r"\1", _SPECIAL.sub(r"<| \1 |>", text))
