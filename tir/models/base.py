"""The seam between the loop and whatever predicts tokens."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from problems import Problem
from tir.dialects import Dialect, Prompt, Sampling
from tir.trajectory import Halt, Usage

__all__ = ["Delta", "Halt", "Model", "ModelSession"]


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of generated text; the last one of a generation says why it ended."""

    text: str
    halt: Halt | None = None


@runtime_checkable
class ModelSession(Protocol):
    """One trajectory: a token prefix with its live KV cache; append-only but for crops at stops."""

    @property
    def length(self) -> int:
        """Tokens of the trajectory so far; estimated where only a server could count them."""
        ...

    @property
    def usage(self) -> Usage:
        """Token counts so far."""
        ...

    def generate(self, sampling: Sampling, stop: tuple[str, ...]) -> AsyncGenerator[Delta, None]:
        """Samples tokens until one of `stop` is completed, EOS, or a limit.

        The EOS token is not kept. Text past a completed stop string is cropped from text, ids
        and cache alike. Closing the iterator early keeps what was generated.
        """
        ...

    def append(self, text: str) -> None:
        """Adds text that the model did not write: encoded alone, then appended to the ids."""
        ...

    def fork(self) -> "ModelSession":
        """A second session with the same past, which is not computed again."""
        ...

    def close(self) -> None:
        """Frees the cache. Idempotent."""
        ...


@runtime_checkable
class Model(Protocol):
    """A loaded model."""

    @property
    def name(self) -> str:
        """What results record: name and revision."""
        ...

    @property
    def dialect(self) -> Dialect: ...

    @property
    def context(self) -> int:
        """Tokens that a trajectory may have at most."""
        ...

    def count(self, text: str) -> int:
        """How many tokens a text is."""
        ...

    def open(self, prompt: Prompt, *, seed: int) -> ModelSession:
        """A trajectory that begins with a prompt and draws from its own random numbers."""
        ...

    def outside(self, problem: Problem) -> str | None:
        """Why this model's word proves nothing on this problem; None if it declares no scope."""
        ...
