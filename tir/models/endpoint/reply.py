"""Reads what a server says, chunk by chunk. Nothing in it is believed before it is looked at.

The format is OpenAI's for streams (`text/event-stream`, one JSON object per event), with the
fields that other servers add: `stop_reason` and `token_ids` (vLLM), `matched_stop` (SGLang).
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

import openai

from tir.models.endpoint.failure import Dropped

NAMES_OF_STOPS = ("stop_reason", "matched_stop", "stopping_word")
"""Where a server says which stop string ended a generation; other stops are no string there."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Tokens of one request, as the server counts and bills them."""

    prompt: int
    cached: int
    """Of `prompt`, those that it still had from an earlier request."""
    generated: int


@dataclass(frozen=True, slots=True)
class CallPart:
    """A piece of a native tool call. Pieces of one index belong together."""

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """What one chunk holds."""

    text: str = ""
    ids: tuple[int, ...] = ()
    """The tokens of the text, where the server tells them."""
    calls: tuple[CallPart, ...] = ()
    finish: str | None = None
    """`stop`, `length`, `tool_calls`...; without it a stream is not over."""
    stopped_by: str = ""
    """The stop string that the server names, and has left out of the text."""
    counted: Counted | None = None


async def fragments(
    client: openai.AsyncOpenAI, path: str, body: Mapping[str, object]
) -> AsyncGenerator[Fragment, None]:
    """Asks for a streamed reply and reads it to its end.

    Raises:
        Dropped: it ended before the generation did, or a part of it is no chunk.
        openai.APIError: whatever the server or the connection has to complain of.
    """
    is_over = False
    stream: openai.AsyncStream[object] = await client.post(
        path,
        cast_to=object,
        body={**body, "stream": True},
        stream=True,
        stream_cls=openai.AsyncStream[object],
    )
    # The generators within the stream are closed with it, not whenever they are collected.
    async with stream, aclosing(stream.__aiter__()) as chunks:  # type: ignore[type-var]
        try:
            async for chunk in chunks:
                part = read(chunk)
                is_over = is_over or part.finish is not None
                yield part
        except ValueError as error:
            raise Dropped(f"a part of its stream is no JSON ({error})") from error
        except openai.APIConnectionError:
            # All has been said; only the server's goodbye is missing.
            if not is_over:
                raise
    if not is_over:
        raise Dropped("its stream ended before the generation did")


def read(chunk: object) -> Fragment:
    """One chunk of `/completions` or `/chat/completions`, or a whole reply of either.

    Raises:
        Dropped: it is neither.
    """
    if not isinstance(chunk, dict):
        raise Dropped("it said something that is no completion")
    choices = chunk.get("choices")
    if not isinstance(choices, list):
        raise Dropped("it said something that is no completion")
    counted = _counted(chunk.get("usage"))
    if not choices:
        # OpenAI's last chunk counts the tokens and says nothing.
        return Fragment(counted=counted)
    choice = _mapping(choices[0])
    message = _mapping(choice.get("delta") or choice.get("message"))
    finish = choice.get("finish_reason")
    if finish in ("abort", "error"):
        raise Dropped("the server gave the generation up")
    named = next((text for key in NAMES_OF_STOPS if (text := _text(choice.get(key)))), "")
    return Fragment(
        text=_text(choice.get("text")) + _text(message.get("content")),
        ids=_ids(choice.get("token_ids")),
        calls=tuple(_calls(message.get("tool_calls"))),
        finish=finish if isinstance(finish, str) else None,
        stopped_by=named if finish == "stop" else "",
        counted=counted,
    )


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _ids(value: object) -> tuple[int, ...]:
    return tuple(map(_number, value)) if isinstance(value, list) else ()


def _counted(usage: object) -> Counted | None:
    if not isinstance(usage, dict) or not _number(usage.get("prompt_tokens")):
        return None
    details = _mapping(usage.get("prompt_tokens_details"))
    # DeepSeek's own name for it is the second.
    cached = details.get("cached_tokens") or usage.get("prompt_cache_hit_tokens")
    prompt = _number(usage["prompt_tokens"])
    return Counted(prompt, min(prompt, _number(cached)), _number(usage.get("completion_tokens")))


def _calls(parts: object) -> list[CallPart]:
    found = []
    for at, part in enumerate(parts if isinstance(parts, list) else []):
        call = _mapping(part)
        function = _mapping(call.get("function"))
        index = call.get("index")
        found.append(
            CallPart(
                index=index if isinstance(index, int) else at,
                id=_text(call.get("id")),
                name=_text(function.get("name")),
                arguments=_text(function.get("arguments")),
            )
        )
    return found
