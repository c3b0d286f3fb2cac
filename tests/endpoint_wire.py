"""A small server that speaks the documented wire format, for what `transformers serve` lacks.

Native tool calls, prefill in its several forms, stop strings left out or named, token ids,
cached-token counts, keys, a limited context, a pooling API: each can be switched on. Formats
after OpenAI's API reference and the protocol files of vLLM; the text comes from any `Model`.
"""

import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tir.dialects import Prompt, Sampling
from tir.dialects.turns import CHATML
from tir.models.base import Halt, Model
from tir.models.endpoint.offer import Prefill, Stops

Call = tuple[str, str]
"""Name and arguments of a tool call."""
Answer = Callable[[list[Mapping[str, object]], int], tuple[str, list[Call]]]
"""From messages and a seed to what an assistant says and calls."""


@dataclass(slots=True)
class Wire:
    """What the server is and has. May be changed while it runs."""

    model: Model
    name: str = "mini"
    completions: bool = True
    chat: bool = True
    stops: Stops = Stops.NAMED
    prefill: Prefill | None = None
    answer: Answer | None = None
    """Gives native tool calls; without it, the model answers chats."""
    context: int | None = None
    key: str | None = None
    refused: tuple[str, ...] = ()
    """Fields that it refuses by name."""
    draws: bool = True
    """Whether it heeds a temperature."""
    counts: bool = True
    html: bool = False
    pooled: Callable[[str], list[float] | list[list[float]]] | None = None
    requests: list[dict[str, object]] = field(default_factory=list)
    """Bodies of all requests so far."""
    _seen: list[str] = field(default_factory=list, init=False)

    @classmethod
    def defaults(cls, model: Model) -> dict[str, object]:
        """Every public setting as it is without any wish."""
        plain = cls(model)
        return {each.name: getattr(plain, each.name) for each in fields(plain) if each.init}

    def app(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                Route("/v1/models", self._guarded(self._models)),
                Route("/v1/completions", self._guarded(self._complete), methods=["POST"]),
                Route("/v1/chat/completions", self._guarded(self._chat), methods=["POST"]),
                Route("/pooling", self._guarded(self._pool), methods=["POST"]),
            ]
        )

    def _guarded(
        self, handle: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            if self.html:
                return HTMLResponse("<html><body>It works!</body></html>")
            said = request.headers.get("authorization", "")
            if self.key is not None and said != f"Bearer {self.key}":
                return _error(401, f"Incorrect API key provided: {said.removeprefix('Bearer ')}")
            return await handle(request)

        return guarded

    async def _models(self, request: Request) -> Response:
        row = {"id": self.name, "object": "model", "created": 0, "owned_by": "tests"}
        if self.context is not None:
            row["max_model_len"] = self.context
        return JSONResponse({"object": "list", "data": [row]})

    async def _complete(self, request: Request) -> Response:
        body = await self._read(request)
        if isinstance(body, Response) or not self.completions:
            return body if isinstance(body, Response) else _error(404, "Not Found")
        return await self._generate(body, str(body["prompt"]), "text_completion")

    async def _chat(self, request: Request) -> Response:
        body = await self._read(request)
        if isinstance(body, Response) or not self.chat:
            return body if isinstance(body, Response) else _error(404, "Not Found")
        messages = body["messages"]
        assert isinstance(messages, list)
        if body.get("tools") and self.answer is not None:
            return self._called(body, messages)
        if body.get("tools"):
            return _error(400, '"auto" tool choice requires --enable-auto-tool-choice to be set')
        return await self._generate(body, self._templated(body, messages), "chat.completion")

    async def _read(self, request: Request) -> "dict[str, object] | Response":
        body = await request.json()
        assert isinstance(body, dict)
        self.requests.append(body)
        if body.get("model") != self.name:
            return _error(404, f"The model `{body.get('model')}` does not exist.")
        for name in self.refused:
            if name in body:
                return _error(400, f"Unsupported parameter: '{name}' is not supported.")
        return body

    def _templated(self, body: Mapping[str, object], messages: list[dict[str, str]]) -> str:
        last, begun = messages[-1], None
        if last["role"] == "assistant" and self.prefill is not None:
            told = {
                Prefill.CONTINUE: body.get("continue_final_message"),
                Prefill.PARTIAL: last.get("partial"),
                Prefill.PREFIX: last.get("prefix"),
            }
            begun = last["content"] if told[self.prefill] else None
        if begun is not None:
            messages = messages[:-1]
        text = "".join(
            f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n"
            for message in messages
        )
        return f"{text}{CHATML.assistant}{begun or ''}"

    async def _generate(self, body: Mapping[str, object], prompt: str, kind: str) -> Response:
        limit = int(str(body.get("max_tokens") or body.get("max_completion_tokens") or 16))
        size = self.model.count(prompt)
        if self.context is not None and size + limit > self.context:
            return _error(
                400,
                f"This model's maximum context length is {self.context} tokens. However, you "
                f"requested {size + limit} tokens ({size} in the prompt). Please reduce it.",
            )
        reply = self._reply(body, prompt, limit, size, kind)
        if body.get("stream"):
            return StreamingResponse(_events(reply), media_type="text/event-stream")
        chunks = [chunk async for chunk in reply]
        return JSONResponse(_whole(chunks, kind))

    async def _reply(
        self, body: Mapping[str, object], prompt: str, limit: int, size: int, kind: str
    ) -> AsyncIterator[dict[str, object]]:
        temperature = float(str(body.get("temperature", 1.0))) if self.draws else 0.0
        sampling = Sampling(temperature, float(str(body.get("top_p", 1.0))), limit)
        stop = tuple(map(str, body.get("stop") or ()))  # type: ignore[call-overload]
        session = self.model.open(Prompt((), prompt), seed=int(str(body.get("seed", 0))))
        cached = max((len(text) for text in self._seen if prompt.startswith(text)), default=0)
        self._seen.append(prompt)
        said, held = "", max(map(len, stop), default=1) - 1
        finish, named = None, None
        pending = ""
        async for delta in session.generate(sampling, stop):
            said += delta.text
            pending += delta.text
            if delta.halt is not None:
                finish = "length" if delta.halt is Halt.LENGTH else "stop"
                if delta.halt is Halt.STOP and self.stops is not Stops.KEPT:
                    named = next(text for text in stop if said.endswith(text))
                    pending = pending.removesuffix(named)
                    named = named if self.stops is Stops.NAMED else None
                held = 0
            out, pending = (pending, "") if not held else (pending[:-held], pending[-held:])
            if out:
                yield _chunk(kind, text=out)
        session.close()
        yield _chunk(kind, finish=finish, named=named)
        wants = body.get("stream_options") or {}
        if self.counts and (not body.get("stream") or wants):
            yield _usage(size, self.model.count(prompt[:cached]), session.usage.generated)

    def _called(self, body: Mapping[str, object], messages: list[dict[str, str]]) -> Response:
        assert self.answer is not None
        content, calls = self.answer(list(messages), int(str(body.get("seed", 0))))
        parts = [
            {"index": at, "id": f"call_{len(messages)}_{at}", "type": "function",
             "function": {"name": name, "arguments": arguments}}
            for at, (name, arguments) in enumerate(calls)
        ]  # fmt: skip
        finish = "tool_calls" if calls else "stop"
        usage = _usage(len(json.dumps(messages)), 0, len(content) + len(parts))
        if not body.get("stream"):
            message = {"role": "assistant", "content": content or None}
            message |= {"tool_calls": parts} if parts else {}
            choice = {"index": 0, "message": message, "finish_reason": finish}
            return JSONResponse({**usage, "object": "chat.completion", "choices": [choice]})

        async def stream() -> AsyncIterator[dict[str, object]]:
            for at in range(0, len(content), 5):
                yield _chunk("chat.completion", text=content[at : at + 5])
            for part in parts:
                # The name comes first, the arguments in pieces, as OpenAI sends them.
                function = part["function"]
                assert isinstance(function, dict)
                head = {**part, "function": {**function, "arguments": ""}}
                yield _chunk("chat.completion", calls=[head])
                whole = function["arguments"]
                for at in range(0, len(whole), 7):
                    piece = {"arguments": whole[at : at + 7]}
                    yield _chunk(
                        "chat.completion", calls=[{"index": part["index"], "function": piece}]
                    )
            yield _chunk("chat.completion", finish=finish)
            yield usage

        return StreamingResponse(_events(stream()), media_type="text/event-stream")

    async def _pool(self, request: Request) -> Response:
        body = await self._read(request)
        if isinstance(body, Response) or self.pooled is None:
            return body if isinstance(body, Response) else _error(404, "Not Found")
        messages = body["messages"]
        assert isinstance(messages, list)
        data = [{"index": 0, "object": "pooling", "data": self.pooled(messages[-1]["content"])}]
        return JSONResponse({"object": "list", "model": self.name, "data": data, "usage": {}})


def _chunk(
    kind: str,
    *,
    text: str = "",
    calls: list[dict[str, object]] | None = None,
    finish: str | None = None,
    named: str | None = None,
) -> dict[str, object]:
    choice: dict[str, object] = {"index": 0, "finish_reason": finish, "logprobs": None}
    if named is not None:
        choice["stop_reason"] = named
    if kind == "text_completion":
        choice["text"] = text
    else:
        delta: dict[str, object] = {"content": text} if text else {}
        choice["delta"] = delta | ({"tool_calls": calls} if calls else {})
        kind = "chat.completion.chunk"
    return {"id": "x", "object": kind, "created": 0, "model": "mini", "choices": [choice]}


def _usage(prompt: int, cached: int, generated: int) -> dict[str, object]:
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": generated,
        "total_tokens": prompt + generated,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    return {"id": "x", "object": "chunk", "choices": [], "usage": usage}


def _whole(chunks: list[dict[str, object]], kind: str) -> dict[str, object]:
    """The parts of a stream as one reply."""
    whole: dict[str, object] = {"id": "x", "object": kind, "created": 0, "model": "mini"}
    text, last = "", {}
    for chunk in chunks:
        whole |= {"usage": chunk["usage"]} if "usage" in chunk else {}
        for choice in chunk["choices"]:  # type: ignore[attr-defined]
            text += choice.get("text", "") or choice.get("delta", {}).get("content", "")
            last = choice
    last = {key: value for key, value in last.items() if key not in ("text", "delta")}
    said = {"text": text} if kind == "text_completion" else {}
    said = said or {"message": {"role": "assistant", "content": text}}
    return {**whole, "choices": [{**last, **said}]}


async def _events(chunks: AsyncIterator[dict[str, object]]) -> AsyncIterator[str]:
    async for chunk in chunks:
        yield f"data: {json.dumps(chunk)}\n\n"
    yield "data: [DONE]\n\n"


def _error(status: int, message: str) -> Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": status}
    return JSONResponse({"error": error}, status_code=status)


class WireServer:
    """Serves a `Wire` on a port of its own, in a thread; use as a context manager."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        config = uvicorn.Config(
            wire.app(), host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="none",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Of the API."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> "WireServer":
        self._thread.start()
        until = time.monotonic() + 20
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
