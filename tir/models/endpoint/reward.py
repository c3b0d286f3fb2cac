"""Scores of a reward model on a server: vLLM's pooling API.

`POST /pooling` takes messages and gives, for each of them, one vector per position that the
model's pooler kept: for an outcome model (Qwen2.5-Math-RM-72B) one per token with one number, of
which the last counts; for a process model (Qwen2.5-Math-PRM-7B) two per step, wrong and right.
Format: vllm/entrypoints/pooling/pooling/protocol.py, `PoolingChatRequest`.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress

import openai

from tir.errors import EndpointFailed
from tir.models.endpoint.address import Address
from tir.models.endpoint.asking import Asking
from tir.models.endpoint.client import Lines
from tir.models.endpoint.failure import Failure
from tir.models.endpoint.patience import PATIENCE, Patience
from tir.models.options import LoadOptions

Conversation = Sequence[Mapping[str, str]]
"""Messages in OpenAI's form: `role` and `content`."""


class EndpointReward:
    """One reward model on one server. Usable from any number of event loops."""

    def __init__(
        self,
        address: Address,
        model: str,
        *,
        patience: Patience = PATIENCE,
        concurrency: int = 256,
    ) -> None:
        self.address = address
        self.model = model
        self._lines = Lines(address, patience, concurrency)

    @classmethod
    def connect(
        cls, name: str, options: LoadOptions, *, patience: Patience = PATIENCE
    ) -> "EndpointReward":
        """The reward model of that name; `auto` is that of a server that lists only one.

        Raises:
            BadInput: there is no URL, or it is none.
            ModelNotFound: the server lists models, but not this one.
            EndpointFailed: it cannot be reached or does not let us in.
        """
        address = Address.parse(options.endpoint or "")
        with Asking(address, name, patience) as asking:
            listed = list(asking.models())
            if name == "auto" and len(listed) == 1:
                name = listed[0]
            if name not in listed and (listed or name == "auto"):
                raise asking.failure.unknown(listed)
        return cls(address, name, patience=patience, concurrency=options.concurrency)

    @property
    def name(self) -> str:
        """Its name there, and where."""
        return f"{self.model}@{self.address.host}"

    async def score(self, conversations: Sequence[Conversation]) -> list[list[float]]:
        """For each conversation, in order: one number, or one per step of a process model.

        Numbers are as the server gives them: for an outcome model an unbounded score, for a
        process model the probability that the step is right.

        Raises:
            EndpointFailed: the server does not score them.
        """
        tasks = [asyncio.create_task(self._score(one)) for one in conversations]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _score(self, conversation: Conversation) -> list[float]:
        line = await self._lines.get()
        body = {"model": self.model, "messages": [dict(message) for message in conversation]}
        url = f"{self.address.root}/pooling"
        failures = 0
        async with line.free:
            while True:
                try:
                    reply = await line.client.post(url, cast_to=object, body=body)
                except openai.NotFoundError as error:
                    raise self._scoreless(f"/pooling: {self._failure.words(error)}") from error
                except openai.APIError as error:
                    failures += 1
                    seconds = self._lines.patience.wait(failures, error)
                    if seconds is None:
                        raise self._failure.error(error) from error
                    await asyncio.sleep(seconds)
                    continue
                with suppress(KeyError, IndexError, TypeError, ValueError):
                    return scores(reply["data"][0]["data"])  # type: ignore[index]
                raise self._scoreless(f"/pooling answers {self._failure.clean(str(reply))}")

    def _scoreless(self, why: str) -> EndpointFailed:
        return EndpointFailed(
            f"{self._failure.clean(self.model)} gives no scores.",
            why=why,
            hint="a reward model, served with: vllm serve MODEL --runner pooling",
        )

    @property
    def _failure(self) -> Failure:
        return Failure(self.address, self.model)


def scores(data: object) -> list[float]:
    """The numbers in what a pooler kept.

    Raises:
        ValueError: they are not of one of the forms described above.
    """
    if not isinstance(data, list) or not data:
        raise ValueError("no list of numbers")
    if not isinstance(data[0], list):
        if len(data) != 1:
            raise ValueError("an embedding, not a score")
        return [_number(data[0])]
    if all(isinstance(row, list) and len(row) == 2 for row in data):
        return [_number(row[1]) for row in data]
    if all(isinstance(row, list) and len(row) == 1 for row in data):
        return [_number(data[-1][0])]
    raise ValueError("vectors of more than two numbers")


def _number(value: object) -> float:
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("not a finite number")
    return float(value)
