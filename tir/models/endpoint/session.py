"""One trajectory on a server, and how it survives what happens to connections.

A request that fails is sent again (`Patience`). If the stream broke after text had come, then a
server that can continue a text is asked for the rest of it: what came is kept, and handed out as
it comes. A server that cannot has to say it all again, perhaps otherwise; so there nothing is
handed out before it is complete. Either way every piece of text is given out once.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import openai

from tir.dialects import Sampling
from tir.models.base import Delta, Halt
from tir.models.endpoint.budget import Bill
from tir.models.endpoint.client import Line
from tir.models.endpoint.failure import Dropped, is_too_long
from tir.models.endpoint.reply import Counted, fragments
from tir.models.endpoint.taken import Taken, tokens_in
from tir.trajectory import Usage

if TYPE_CHECKING:
    from tir.models.endpoint.model import EndpointModel


class EndpointSession(ABC):
    """A trajectory, whichever way the server keeps it."""

    path: str
    """Of the API that it is kept with."""
    continues: bool
    """Whether the server can go on with a text that was begun."""

    def __init__(self, model: "EndpointModel", seed: int) -> None:
        self._model = model
        self._seed = seed
        self._turn = 0
        self._usage = Usage()
        self._is_told = False
        """Whether the server has told how long the prompt is."""
        self._size = 0
        """Characters of the transcript."""
        self._uncounted = 0
        """Those of them, not generated, whose tokens the server has not counted yet."""

    @property
    def usage(self) -> Usage:
        """Token counts so far, as the server told them; estimates where it has not."""
        guess = self._model.count_characters(self._uncounted)
        if self._is_told:
            return replace(self._usage, observed=self._usage.observed + guess)
        return replace(self._usage, prompt=guess)

    @property
    def length(self) -> int:
        """Tokens of the trajectory so far, with the same estimates."""
        usage = self.usage
        return usage.prompt + usage.generated + usage.observed

    @abstractmethod
    def append(self, text: str) -> None:
        """Adds text that the model did not write."""

    @abstractmethod
    def fork(self) -> "EndpointSession":
        """A second session with the same past; whether it is computed again is the server's."""

    def close(self) -> None:  # noqa: B027 - nothing, for every kind of session
        """Nothing to free: between two requests a server keeps nothing of ours."""

    @abstractmethod
    def _body(self, taken: Taken) -> dict[str, object]:
        """The transcript as a request holds it, with what has come of this turn behind it."""

    @abstractmethod
    def _hear(self, taken: Taken) -> str:
        """Adds a complete turn of the model to the transcript; returns it as text."""

    async def generate(
        self, sampling: Sampling, stop: tuple[str, ...]
    ) -> AsyncGenerator[Delta, None]:
        """Has the server generate; see `ModelSession.generate`.

        Raises:
            EndpointFailed, ContextTooShort: it does not, and will not.
        """
        line = await self._model.lines.get()
        taken, room, failures = Taken.of(stop), sampling.max_tokens, 0
        async with line.free:
            try:
                while taken.halt is None:
                    if self._model.purse.is_empty:
                        taken.halt = Halt.BUDGET
                        break
                    if (left := min(room, sampling.max_tokens - taken.tokens)) <= 0:
                        taken.halt = Halt.LENGTH if room else Halt.CONTEXT
                        break
                    before = taken.given
                    limited = replace(sampling, max_tokens=left)
                    try:
                        async with aclosing(self._attempt(line, limited, stop, taken)) as texts:
                            async for text in texts:
                                if text:
                                    yield Delta(text)
                    except (openai.APIError, Dropped) as error:
                        if is_too_long(error):
                            room = self._shorter(left, error)
                            continue
                        failures = 1 if taken.given > before else failures + 1
                        await self._wait(failures, error)
                        taken.rewind(stop)
            finally:
                # Closing the iterator early keeps what was generated, as far as it was seen.
                if taken.halt is None:
                    taken.rewind(stop)
                rest = self._keep(taken)[taken.given :]
        if rest:
            yield Delta(rest)
        yield Delta("", taken.halt)

    async def _attempt(
        self, line: Line, sampling: Sampling, stop: tuple[str, ...], taken: Taken
    ) -> AsyncGenerator[str, None]:
        """One request: what comes of it goes into `taken`, and its tokens are accounted for."""
        seed = (self._seed + 7919 * self._turn) % 2**31
        body = {**self._body(taken), **self._model.fields(sampling, stop, seed)}
        bill = Bill(self._model.purse, prompt=self.length + taken.tokens)
        counted: Counted | None = None
        try:
            async with aclosing(fragments(line.client, self.path, body)) as parts:
                async for part in parts:
                    counted = part.counted or counted
                    bill.more(tokens_in(part))
                    taken.take(part)
                    if self.continues:
                        yield taken.give()
                    if taken.watch.is_complete and not self._model.sends_stops:
                        # The rest is not wanted: closing the connection tells the server so.
                        break
                    if self._model.purse.is_empty and taken.halt is None:
                        taken.halt = Halt.BUDGET
                        break
        finally:
            if counted is not None:
                bill.settle(counted.prompt, counted.cached, counted.generated)
                self._learn(counted.prompt, taken)
            taken.tokens += bill.generated
            self._usage = replace(
                self._usage,
                forwarded=self._usage.forwarded + bill.prompt - bill.cached + bill.generated,
                cached=self._usage.cached + bill.cached,
            )

    def _learn(self, prompt: int, taken: Taken) -> None:
        """Takes over how many tokens the server says the transcript has."""
        usage, told = self._usage, prompt - taken.tokens
        if self._is_told:
            # A server that encodes the text anew may find a token less than there was.
            grown = max(0, told - usage.prompt - usage.generated - usage.observed)
            self._usage = replace(usage, observed=usage.observed + grown)
        else:
            self._usage = replace(usage, prompt=max(1, told - usage.generated))
        self._is_told, self._uncounted = True, 0
        self._model.learn(self._size + len(taken.text), prompt)

    def _keep(self, taken: Taken) -> str:
        """Ends a turn of the model's; returns its text."""
        said = self._hear(taken)
        self._turn += 1
        self._size += len(said)
        self._usage = replace(self._usage, generated=self._usage.generated + taken.tokens)
        return said

    def _add(self, text: str) -> None:
        """Counts text that the model did not write."""
        self._size += len(text)
        self._uncounted += len(text)

    def _shorter(self, room: int, error: Exception) -> int:
        """Tokens to ask for after so many were too many for the context.

        Servers refuse a prompt together with what may be generated, and say by how much it is
        too long in words only.
        """
        if room <= 1 and not self._is_told:
            raise self._model.failure.error(error) from error
        return max(1, room // 4) if room > 1 else 0

    async def _wait(self, failures: int, error: Exception) -> None:
        """Until the next attempt, if there is to be one."""
        seconds = self._model.lines.patience.wait(failures, error)
        if seconds is None:
            raise self._model.failure.error(error) from error
        self._model.retries += 1
        await asyncio.sleep(seconds)

    def _copy_counts(self, past: "EndpointSession") -> None:
        """Begins where another trajectory is; what that one used is not counted twice."""
        self._turn, self._size, self._is_told = past._turn, past._size, past._is_told
        if past._is_told:
            self._uncounted = past._uncounted
            past_usage = past._usage
            known = past_usage.prompt + past_usage.generated + past_usage.observed
            self._usage = Usage(prompt=known)
        else:
            self._uncounted = past._size
