"""A model that says what a script tells it to: the double at the model seam, for tests and docs.

It goes through the same dialect, parser, kernel and verification as a real model; only the
next text is not predicted but read from the script.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace

from problems import Problem
from tir.dialects import QWEN_MATH, Dialect, Prompt, Sampling
from tir.dialects.base import CHECK_SYSTEM
from tir.models.base import Delta, Halt
from tir.trajectory import Usage

Script = Sequence[str] | Callable[[str, int], str]
"""Turns to speak one after another, or a function of (text so far, seed) that gives the next."""


@dataclass(frozen=True, slots=True)
class ScriptedModel:
    """Speaks `solution` turns in trajectories and `check` turns when asked for a check.

    A turn that contains a stop string ends there, as a real model's would. When the script has
    no more turns the model ends its turn. One token is one character.
    """

    solution: Script
    check: Script = ()
    name: str = "scripted"
    dialect: Dialect = QWEN_MATH
    context: int = 100_000
    scope: str | None = None
    """What `outside` says of every problem."""
    seconds_per_delta: float = 0.0
    """A pause before each delta, to be interrupted in."""

    def open(self, prompt: Prompt, *, seed: int) -> "ScriptedSession":
        """A trajectory; which script it follows is told by the prompt."""
        asks_for_check = any(CHECK_SYSTEM in message.content for message in prompt.messages)
        script = self.check if asks_for_check else self.solution
        return ScriptedSession(self, prompt.text, seed, script)

    def count(self, text: str) -> int:
        """Its characters."""
        return len(text)

    def outside(self, problem: Problem) -> str | None:
        """`scope`, whatever the problem."""
        return self.scope


class ScriptedSession:
    """One trajectory of a `ScriptedModel`."""

    def __init__(self, model: ScriptedModel, prompt: str, seed: int, script: Script) -> None:
        self.text = prompt
        """Everything so far, as a real model would have it in its cache."""
        self._model = model
        self._seed = seed
        self._script = script
        self._turn = 0
        self._usage = Usage(prompt=len(prompt))

    @property
    def ids(self) -> tuple[int, ...]:
        """The code points of the text."""
        return tuple(map(ord, self.text))

    @property
    def length(self) -> int:
        """Tokens of the trajectory so far."""
        return len(self.text)

    @property
    def usage(self) -> Usage:
        """Characters, counted as tokens; each is forwarded when it is generated or appended."""
        return replace(self._usage, forwarded=len(self.text))

    async def generate(
        self, sampling: Sampling, stop: tuple[str, ...]
    ) -> AsyncGenerator[Delta, None]:
        """The next turn of the script, word by word."""
        turn, halt = self._next(), Halt.EOS
        ends = [at + len(s) for s in stop if (at := turn.find(s)) >= 0]
        if ends:
            turn, halt = turn[: min(ends)], Halt.STOP
        if len(turn) > sampling.max_tokens:
            turn, halt = turn[: sampling.max_tokens], Halt.LENGTH
        for start in range(0, len(turn), 8):
            await asyncio.sleep(self._model.seconds_per_delta)
            text = turn[start : start + 8]
            self.text += text
            self._usage = replace(self._usage, generated=self._usage.generated + len(text))
            yield Delta(text)
        yield Delta("", halt)

    def append(self, text: str) -> None:
        """Adds text to the transcript."""
        self.text += text
        self._usage = replace(self._usage, observed=self._usage.observed + len(text))

    def fork(self) -> "ScriptedSession":
        """A second session at the same place of the script."""
        twin = ScriptedSession(self._model, self.text, self._seed, self._script)
        twin._turn = self._turn
        return twin

    def close(self) -> None:
        """Nothing to free."""

    def _next(self) -> str:
        if callable(self._script):
            return self._script(self.text, self._seed)
        turn = self._script[self._turn] if self._turn < len(self._script) else ""
        self._turn += 1
        return turn
