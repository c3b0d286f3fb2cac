"""Finds out what a server can do by asking it, in a handful of requests of a few tokens.

A name says little: one server is known by the name of another, and what a server does depends
on how it was started. Nor does it say much that a request is accepted, because most servers
ignore what they do not know. So what counts is what comes back.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

import openai

from tir.models.endpoint.address import Address
from tir.models.endpoint.client import timeout
from tir.models.endpoint.failure import Dropped, Failure
from tir.models.endpoint.offer import PREFILL_MESSAGE, PREFILL_REQUEST, Prefill, Stops
from tir.models.endpoint.patience import Patience
from tir.models.endpoint.reply import Fragment, read

FIELDS: Mapping[str, object] = {
    "temperature": 0.0,
    "top_p": 1.0,
    "seed": 0,
    "skip_special_tokens": False,
}
"""What we should like to say in each request, and not every server lets be said."""
LIMITS = ("max_tokens", "max_completion_tokens")
"""How many tokens to generate at most: the usual name, and OpenAI's new one."""

HOTTEST = 2.0
"""The highest temperature of OpenAI's protocol: there no two seeds give the same 16 tokens."""
OPEN = "Why is a raven"
DRAWING: tuple[Mapping[str, str], ...] = ({}, {"generation_config": '{"do_sample": true}'})
"""Nothing; `transformers serve`, which is greedy at any temperature if the model says so."""

REFUSALS = (400, 404, 405, 415, 422, 501)
"""Statuses that mean: not this way. A server that fails or locks us out is another matter."""


@dataclass(slots=True)
class Asking:
    """A conversation with one server about itself. Use as a context manager."""

    address: Address
    model: str
    patience: Patience
    fields: frozenset[str] = frozenset({*FIELDS, "max_tokens"})
    """Those that it takes, as far as it has been asked."""
    refusal: Exception | None = None
    """The first one: it tells most of what stands there if nothing is accepted."""
    _client: openai.OpenAI = field(init=False)

    def __post_init__(self) -> None:
        self._client = openai.OpenAI(
            base_url=self.address.url,
            api_key=self.address.key.secret,
            max_retries=0,
            timeout=timeout(self.patience),
        )

    def __enter__(self) -> "Asking":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    @property
    def failure(self) -> Failure:
        """Words for what goes wrong."""
        return Failure(self.address, self.model)

    def models(self) -> dict[str, dict[str, object]]:
        """What the server lists, by name; empty if it keeps no list.

        Raises:
            EndpointFailed: it cannot be reached or does not let us in.
        """
        try:
            listed = self._client.get("/models", cast_to=object)
        except openai.APIStatusError as error:
            if error.status_code in (401, 403):
                raise self.failure.error(error) from error
            # A server without a list, or with one that is broken: it may have models all the same.
            self.refusal = error
            return {}
        except (openai.APIError, ValueError) as error:
            raise self.failure.error(error) from error
        rows = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(rows, list):
            self.refusal = Dropped(f"it answers GET /models with {self.failure.clean(str(listed))}")
            return {}
        named = (row for row in rows if isinstance(row, dict))
        return {row["id"]: row for row in named if isinstance(row.get("id"), str)}

    def completes(self, prompt: str) -> Fragment | None:
        """How the server begins to continue a text; None if it does not do that."""
        found = self._ask("/completions", {"prompt": prompt})
        return found if found is not None and found.text else None

    def chats(self, messages: list[dict[str, object]]) -> Fragment | None:
        """How the server begins to answer a message; None if it does not do that."""
        return self._ask("/chat/completions", {"messages": messages})

    def stops(self, path: str, body: Mapping[str, object], text: str) -> Stops:
        """What becomes of a stop string, taken from the midst of what it said before."""
        if len(text) < 3:
            return Stops.SILENT
        at = len(text) // 3
        stop = text[at : at + max(1, len(text) // 3)]
        found = self._ask(path, {**body, "stop": [stop]})
        if found is None:
            return Stops.SILENT
        if found.stopped_by == stop:
            return Stops.NAMED
        kept = text[: text.find(stop) + len(stop)]
        return Stops.KEPT if found.text == kept and found.finish == "stop" else Stops.SILENT

    def prefill(self, messages: list[dict[str, object]]) -> Prefill | None:
        """How it is told to continue a message, if it can be.

        One letter as the beginning of an answer makes the prompt one token longer. If it is
        closed as a turn and a new one opened, several more: that is how a server that ignores
        what it is told shows itself, however well or badly its model answers.
        """
        alone = self.chats(messages)
        if alone is None or alone.counted is None:
            return None
        for way in Prefill:
            begun = {"role": "assistant", "content": "A", **PREFILL_MESSAGE[way]}
            body = {"messages": [*messages, begun], **PREFILL_REQUEST[way]}
            found = self._ask("/chat/completions", body)
            if found is None or found.counted is None:
                continue
            if 1 <= found.counted.prompt - alone.counted.prompt <= 2:
                return way
        return None

    def calls(self, tool: Mapping[str, object]) -> bool:
        """Whether its model makes a native tool call when told to."""
        wish = "Call the tool python now with this code, and say nothing: print(6 * 7)"
        body = {"messages": [{"role": "user", "content": wish}], "tools": [tool]}
        found = self._ask("/chat/completions", body, tokens=200)
        return found is not None and any(call.name == "python" for call in found.calls)

    def drawing(self, path: str) -> Mapping[str, str] | None:
        """What it has to be told so that seeds differ; None if it never draws at random.

        It is given half a sentence of no mathematics: of what a model was trained on it may be
        sure at any temperature.
        """
        body: dict[str, object] = {"prompt": OPEN}
        if path != "/completions":
            body = {"messages": [{"role": "user", "content": OPEN}]}
        if "temperature" not in self.fields:
            # It has a temperature of its own, and it is not 0, or it would not insist.
            return {}
        for also in DRAWING:
            hot = {**body, **also, "temperature": HOTTEST}
            drawn = [self._ask(path, {**hot, "seed": seed}, tokens=16) for seed in (1, 2)]
            texts = {found.text for found in drawn if found is not None}
            if len(texts) == 2:
                return also
        return None

    def counts(self, path: str, body: Mapping[str, object]) -> bool:
        """Whether it takes the wish to have the tokens of a stream counted, or refuses it."""
        wish = {"stream": True, "stream_options": {"include_usage": True}}
        limits = {key: 1 for key in LIMITS if key in self.fields}
        try:
            self._client.post(
                path, cast_to=str, body={"model": self.model, **limits, **body, **wish}
            )
        except openai.APIError:
            return False
        return True

    def _ask(self, path: str, body: Mapping[str, object], tokens: int = 8) -> Fragment | None:
        """A whole reply; None if the server refuses.

        A field that it does not take, and says so by its name, is left out from then on.
        """
        while True:
            said = {key: value for key, value in FIELDS.items() if key in self.fields}
            limits = {key: tokens for key in LIMITS if key in self.fields}
            whole = {"model": self.model, **said, **limits, **body}
            try:
                return read(self._patiently(path, whole))
            except openai.APIStatusError as error:
                self.refusal = self.refusal or error
                if error.status_code not in REFUSALS:
                    raise self.failure.error(error) from error
                if error.status_code in (404, 405) or not self._give_up_a_field(error, body):
                    return None
            except Dropped as error:
                self.refusal = self.refusal or error
                return None
            except (openai.APIError, ValueError) as error:
                raise self.failure.error(error) from error

    def _give_up_a_field(self, error: openai.APIStatusError, body: Mapping[str, object]) -> bool:
        """Whether there is another way to say it."""
        words = f"{error.body} {error.message}"
        if "max_tokens" in self.fields and all(limit in words for limit in LIMITS):
            self.fields = self.fields - {"max_tokens"} | {"max_completion_tokens"}
            return True
        refused = {name for name in FIELDS if name in words and name not in body} & self.fields
        self.fields -= refused
        return bool(refused)

    def _patiently(self, path: str, body: Mapping[str, object]) -> object:
        failures = 0
        while True:
            try:
                return self._client.post(path, cast_to=object, body=body)
            except openai.APIError as error:
                failures += 1
                # Nobody listens there: a wrong URL more likely than a server that restarts.
                nobody = type(error) is openai.APIConnectionError
                seconds = None if nobody else self.patience.wait(failures, error)
                if seconds is None:
                    raise
                time.sleep(seconds)
