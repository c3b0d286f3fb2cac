"""One sample: what a model wrote and ran, step by step, until it stopped."""

from dataclasses import dataclass
from enum import StrEnum

from executors import Execution, Status
from problems import Answer
from problems.shown import Shown


class Stop(StrEnum):
    """Why a trajectory ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    """The model ended its turn without a boxed answer."""
    MAX_STEPS = "max_steps"
    MAX_TOKENS = "max_tokens"
    BUDGET = "budget"
    """The budget of tokens or money is spent; nothing more may be drawn."""
    TIMEOUT = "timeout"
    EXECUTOR_FAILED = "executor_failed"
    INTERRUPTED = "interrupted"


class Halt(StrEnum):
    """Why a generation ended."""

    EOS = "eos"
    STOP = "stop"
    """A stop string was completed; it is the end of the text, and nothing after it is kept."""
    LENGTH = "length"
    """`Sampling.max_tokens` were generated."""
    CONTEXT = "context"
    """The trajectory is as long as the model allows."""
    BUDGET = "budget"
    """The budget of tokens or money is spent."""


@dataclass(frozen=True, slots=True)
class Step:
    """One generation, with the program that it ended in and what came of it."""

    rationale: str
    program: str | None
    execution: Execution | None
    tokens: int
    """Tokens generated in this step."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts. A token is forwarded once: forwarded <= prompt + observed + generated.

    But for a server: it is sent the whole trajectory again for each generation, and `forwarded`
    is what it read anew, by its own word.
    """

    prompt: int = 0
    generated: int = 0
    observed: int = 0
    """Tokens appended by us: outputs of programs and messages to the model."""
    forwarded: int = 0
    """Tokens that went through the network."""
    cached: int = 0
    """Tokens sent again that a server still had, by its own word: some bill them for less. Of a
    model in this process: those whose keys and values another trajectory had computed."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt + other.prompt,
            self.generated + other.generated,
            self.observed + other.observed,
            self.forwarded + other.forwarded,
            self.cached + other.cached,
        )


@dataclass(frozen=True, slots=True)
class Trajectory(Shown):
    """A finished or interrupted sample. Its answer is the last one that it gave."""

    steps: tuple[Step, ...]
    answer: Answer | None
    stop: Stop
    seed: int
    usage: Usage
    seconds: float = 0.0
    rejected: tuple[str, ...] = ()
    """Answers it gave before, which a check rejected and it was told so."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """What its programs printed or returned, oldest first, failures left out."""
        return tuple(
            text
            for step in self.steps
            if step.execution is not None and step.execution.status is Status.OK
            for text in (step.execution.stdout.strip(), step.execution.result or "")
            if text
        )
