"""From a URL and a name to a model on a server."""

from collections.abc import Mapping
from dataclasses import replace

from problems import Problem
from tir.dialects import Dialect, choose
from tir.dialects.calls import TOOL
from tir.dialects.markdown import MARKDOWN
from tir.dialects.tools import TOOLS
from tir.errors import BadInput, ModelNotFound
from tir.models.endpoint.address import Address
from tir.models.endpoint.asking import Asking
from tir.models.endpoint.budget import UNLIMITED
from tir.models.endpoint.model import EndpointModel
from tir.models.endpoint.offer import Mode, Offer, Stops
from tir.models.endpoint.patience import PATIENCE, Patience
from tir.models.options import LoadOptions

QUESTION = Problem("What is 12 + 30?")
"""Asked while finding out; any model of mathematics begins to answer it in words."""

_LENGTHS = ("max_model_len", "context_length", "max_context_length", "context_window")
"""What servers that list the context of a model call it (vLLM and SGLang; others)."""


def connect(
    name: str,
    options: LoadOptions,
    *,
    patience: Patience = PATIENCE,
) -> EndpointModel:
    """Finds a model on the server at `options.endpoint`, and out what that can do.

    `auto` is the model of a server that has only one. A model whose family is known is given
    its own format as text, or as a turn to go on with; any other one messages, with native tool
    calls if it makes them, else with fences in Markdown.

    Raises:
        BadInput: the URL is none, or the name or dialect cannot be used there.
        ModelNotFound: the server has no such model.
        EndpointFailed: it cannot be reached, does not let us in, or speaks something else.
    """
    address = Address.parse(options.endpoint or "")
    with Asking(address, name, patience) as asking:
        listed = asking.models()
        asking.model = _named(name, list(listed), asking)
        offer = _offer(asking, options.dialect, _context(listed.get(asking.model, {})))
        if offer is None:
            if listed and asking.model not in listed:
                raise asking.failure.unknown(listed)
            raise asking.failure.foreign(asking.refusal)
    return EndpointModel(
        address,
        offer,
        patience=patience,
        concurrency=options.concurrency,
        budget=options.budget or UNLIMITED,
    )


def _named(name: str, listed: list[str], asking: Asking) -> str:
    """The name itself, or for `auto` the only one there."""
    if name != "auto":
        return name
    if len(listed) == 1:
        return listed[0]
    if not listed and asking.refusal is not None:
        raise asking.failure.foreign(asking.refusal)
    raise ModelNotFound(
        f"the endpoint {asking.address.host} has {len(listed)} models.",
        why=", ".join(asking.failure.clean(one) for one in sorted(listed)[:12]) or "it lists none",
        hint=f"tir solve --endpoint {asking.address.url} -m {listed[0] if listed else 'NAME'}",
    )


def _offer(asking: Asking, wanted: str | None, context: int | None) -> Offer | None:
    """The best that the server has for this model; None if it has nothing."""
    # A server applies its chat template itself, and does not show it: there is only the name.
    dialect = choose(asking.model, "", wanted)
    if dialect.turns is not None:
        found = _as_text(asking, dialect, context) or _as_turn(asking, dialect, context)
        if found is not None:
            return found
        if wanted is not None and asking.chats(_messages(MARKDOWN)) is not None:
            raise BadInput(
                f"dialect {wanted} cannot be used on this endpoint.",
                why="it takes messages only, and lets no model go on with its own turn",
                hint="--dialect markdown, or leave it out",
            )
    return _as_messages(asking, dialect if wanted else None, context)


def _as_text(asking: Asking, dialect: Dialect, context: int | None) -> Offer | None:
    """`/v1/completions`."""
    path, body = "/completions", {"prompt": dialect.prompt(QUESTION).text}
    begun = asking.completes(body["prompt"])
    if begun is None:
        return None
    return _found(asking, Mode.COMPLETION, dialect, context, path, body, begun.text)


def _as_turn(asking: Asking, dialect: Dialect, context: int | None) -> Offer | None:
    """A chat whose last turn the model goes on with."""
    path, body = "/chat/completions", {"messages": _messages(dialect)}
    begun = asking.chats(body["messages"])
    if begun is None or (prefill := asking.prefill(body["messages"])) is None:
        return None
    found = _found(asking, Mode.CHAT, dialect, context, path, body, begun.text)
    return replace(found, prefill=prefill)


def _as_messages(asking: Asking, wanted: Dialect | None, context: int | None) -> Offer | None:
    """A chat in turns: with native tool calls, or programs in Markdown's fences."""
    path, body = "/chat/completions", {"messages": _messages(MARKDOWN)}
    begun = asking.chats(body["messages"])
    if begun is None:
        return None
    if wanted is not MARKDOWN and asking.calls(TOOL):
        return _found(asking, Mode.TOOLS, TOOLS, context, path, body, begun.text)
    if wanted is TOOLS:
        raise BadInput(
            f"{asking.failure.clean(asking.model)} makes no native tool calls on this endpoint.",
            why="told to call a tool, it did not; some servers have to be started for it",
            hint="the same without --dialect",
        )
    found = _found(asking, Mode.CHAT, MARKDOWN, context, path, body, begun.text)
    return replace(found, prefill=asking.prefill(body["messages"]))


def _found(
    asking: Asking,
    mode: Mode,
    dialect: Dialect,
    context: int | None,
    path: str,
    body: Mapping[str, object],
    begun: str,
) -> Offer:
    """Asks for all the rest."""
    stops = asking.stops(path, body, begun) if dialect.stops else Stops.SILENT
    drawing = asking.drawing(path)
    fields = asking.fields
    if asking.counts(path, body):
        fields |= {"stream_options"}
    if mode is Mode.TOOLS:
        fields |= {"parallel_tool_calls"}
    return Offer(
        model=asking.model,
        mode=mode,
        dialect=dialect,
        context=min(context or dialect.context, dialect.context),
        stops=stops,
        fields=fields,
        drawing=drawing or {},
        draws=drawing is not None,
    )


def _messages(dialect: Dialect) -> list[dict[str, object]]:
    prompt = dialect.prompt(QUESTION)
    return [{"role": message.role, "content": message.content} for message in prompt.messages]


def _context(row: Mapping[str, object]) -> int | None:
    """Tokens of context that a server's list gives for a model, if it does."""
    meta = row.get("meta")
    found = [row.get(key) for key in _LENGTHS]
    # llama.cpp: what the model was trained for; it may serve less, and then says so itself.
    found.append(meta.get("n_ctx_train") if isinstance(meta, dict) else None)
    return next((value for value in found if isinstance(value, int) and value > 0), None)
