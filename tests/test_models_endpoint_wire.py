"""What `transformers serve` lacks, on a small server that speaks the documented wire format.

Its text comes from the real built-in model, its tool calls from a script.
"""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any

import pytest
from endpoint_faults import Fault, FaultProxy, Kind
from endpoint_wire import Call, Wire, WireServer

from executors import JupyterExecutor
from problems import Problem
from tir.api import PRELUDE
from tir.dialects import QWEN_MATH, Sampling
from tir.dialects.markdown import MARKDOWN
from tir.dialects.tools import TOOLS
from tir.errors import BadInput, ContextTooShort, EndpointFailed, ExitCode, ModelNotFound
from tir.inquiry import Inquiry
from tir.models.base import Halt, Model, ModelSession
from tir.models.endpoint.load import connect
from tir.models.endpoint.model import EndpointModel
from tir.models.endpoint.offer import Mode, Prefill, Stops
from tir.models.endpoint.patience import Patience
from tir.models.endpoint.reward import EndpointReward
from tir.models.load import load
from tir.models.options import LoadOptions
from tir.policy import Policy
from tir.solution import Solution

PROBLEM = Problem("What is 12 * 13?")
HASTY = Patience(attempts=3, base=0.01, longest=0.02, silence=5.0)
GREEDY = Sampling(max_tokens=200)
SECRET = "sk-this-is-a-secret"


@pytest.fixture(scope="module")
def local() -> Model:
    return load("mini", LoadOptions(device="cpu", dtype="float32")).model


@pytest.fixture(scope="module")
def server(local: Model) -> Iterator[WireServer]:
    with WireServer(Wire(local)) as server:
        yield server


@pytest.fixture
def wire(server: WireServer, local: Model) -> Wire:
    """The server as it is by default: completions and chats, stop strings named, no extras."""
    for name, value in Wire.defaults(local).items():
        setattr(server.wire, name, value)
    return server.wire


def reach(url: str, name: str = "mini", dialect: str | None = "qwen2.5-math") -> EndpointModel:
    return connect(name, LoadOptions(endpoint=url, dialect=dialect), patience=HASTY)


async def say(
    session: ModelSession, stop: tuple[str, ...] = QWEN_MATH.stops
) -> tuple[str, Halt | None]:
    text, halt = "", None
    async with aclosing(session.generate(GREEDY, stop)) as deltas:
        async for delta in deltas:
            text, halt = text + delta.text, delta.halt
    return text, halt


async def talk(model: Model) -> list[tuple[str, Halt | None]]:
    """Two generations with an observation between them, and a rejection answered."""
    session = model.open(QWEN_MATH.prompt(PROBLEM), seed=0)
    said = [await say(session)]
    session.append(QWEN_MATH.observation("156"))
    said.append(await say(session))
    session.append(QWEN_MATH.rejection("156"))
    return [*said, await say(session)]


async def solve(model: Model, policy: Policy) -> Solution:
    async with JupyterExecutor(prelude=PRELUDE) as executor:
        inquiry = Inquiry(PROBLEM, model=model, executor=executor, policy=policy)
        async with aclosing(inquiry.run()) as events:
            async for _ in events:
                pass
        return inquiry.solution()


@pytest.mark.parametrize("stops", Stops)
async def test_a_stop_string_is_in_the_text_whatever_the_server_does_with_it(
    stops: Stops, wire: Wire, server: WireServer, local: Model
) -> None:
    wire.stops = stops
    model = reach(server.url)
    assert (model.offer.mode, model.offer.stops) == (Mode.COMPLETION, stops)
    wire.requests.clear()
    assert await talk(model) == await talk(local)
    sent = {bool(request.get("stop")) for request in wire.requests}
    assert sent == {stops is not Stops.SILENT}


@pytest.mark.parametrize("prefill", Prefill)
async def test_a_chat_whose_last_turn_is_continued_is_one_text(
    prefill: Prefill, wire: Wire, server: WireServer, local: Model
) -> None:
    wire.completions, wire.prefill = False, prefill
    model = reach(server.url)
    assert (model.offer.mode, model.offer.prefill) == (Mode.CHAT, prefill)
    assert model.dialect is QWEN_MATH
    wire.requests.clear()
    assert await talk(model) == await talk(local)
    last = wire.requests[-1]["messages"]
    # The rejection is the user's turn, not a part of the model's.
    assert [message["role"] for message in last] == ["system", "user", "assistant", "user"]
    assert "<|im_" not in json.dumps(last)


async def test_a_dropped_turn_is_continued_where_it_can_be(
    wire: Wire, server: WireServer, local: Model
) -> None:
    wire.completions, wire.prefill = False, Prefill.CONTINUE
    with FaultProxy(server.port, lambda n: Fault(Kind.CUT, 520) if n % 2 else Fault()) as proxy:
        model = reach(proxy.url)
        assert await talk(model) == await talk(local)
        assert model.retries > 0


def test_a_server_that_ignores_prefill_is_not_believed(wire: Wire, server: WireServer) -> None:
    wire.completions = False
    model = reach(server.url, dialect=None)
    assert (model.offer.mode, model.offer.prefill) == (Mode.CHAT, None)
    assert model.dialect is MARKDOWN


async def test_without_a_way_to_continue_a_dropped_turn_is_said_anew(
    wire: Wire, server: WireServer
) -> None:
    """Nothing is handed out before it is complete, so that nothing has to be taken back."""
    wire.completions = False
    plan: Callable[[int], Fault] = lambda n: Fault(Kind.CUT, 520) if n < 2 else Fault()  # noqa: E731
    with FaultProxy(server.port, plan) as proxy:
        model, undisturbed = reach(proxy.url, dialect=None), reach(server.url, dialect=None)
        proxy.restart(plan)
        session = model.open(MARKDOWN.prompt(PROBLEM), seed=0)
        text, halt = await say(session, ())
        assert (text, halt) == await say(undisturbed.open(MARKDOWN.prompt(PROBLEM), seed=0), ())
        assert text
        assert model.retries == 2
        # What was thrown away was paid for, but is no part of the trajectory.
        assert model.purse.generated > session.usage.generated


def calls_python(messages: list[Mapping[str, Any]], seed: int) -> tuple[str, list[Call]]:
    """A model with a native tool: it calculates, then answers with what it was told."""
    if "Call the tool" in messages[-1]["content"]:
        return "", [("python", json.dumps({"code": "print(6 * 7)"}))]
    if messages[-1]["role"] == "tool":
        return f"So it is $\\boxed{{{messages[-1]['content'].strip()}}}$.", []
    return "I compute it.", [("python", json.dumps({"code": "x = 12 * 13\nprint(x)"}))]


async def test_native_tool_calls_run_in_the_kernel(wire: Wire, server: WireServer) -> None:
    wire.completions, wire.answer = False, calls_python
    model = reach(server.url, dialect=None)
    assert (model.offer.mode, model.dialect) == (Mode.TOOLS, TOOLS)
    wire.requests.clear()
    solution = await solve(model, Policy(samples=1, check=False))
    assert solution.answer == "156"
    step = solution.trajectories[0].steps[0]
    assert (step.rationale, step.program) == ("I compute it.", "x = 12 * 13\nprint(x)")
    called, told = wire.requests[1]["messages"][-2:]
    assert called["tool_calls"][0]["function"]["name"] == "python"
    assert told["role"] == "tool"
    assert told["tool_call_id"] == called["tool_calls"][0]["id"]
    assert told["content"].strip() == "156"


async def test_two_calls_of_one_turn_are_one_program_and_both_are_answered(
    wire: Wire, server: WireServer
) -> None:
    programs = ({"code": "x = 12"}, {"code": "print(x * 13)"})

    def calls_twice(messages: list[Mapping[str, Any]], seed: int) -> tuple[str, list[Call]]:
        content, calls = calls_python(messages, seed)
        return content, [("python", json.dumps(one)) for one in programs] if calls else []

    wire.completions, wire.answer = False, calls_twice
    model = reach(server.url, dialect=None)
    wire.requests.clear()
    solution = await solve(model, Policy(samples=1, check=False))
    assert solution.answer == "156"
    assert solution.trajectories[0].steps[0].program == "x = 12\nprint(x * 13)"
    last = wire.requests[-1]["messages"]
    ids = [call["id"] for call in last[-3]["tool_calls"]]
    assert [message["tool_call_id"] for message in last[-2:]] == ids


async def test_no_tool_is_offered_for_a_check(wire: Wire, server: WireServer) -> None:
    wire.completions, wire.answer = False, calls_python
    model = reach(server.url, dialect=None)
    wire.requests.clear()
    await say(model.open(TOOLS.prompt(PROBLEM), seed=0), ())
    await say(model.open(TOOLS.check_prompt(PROBLEM, "156"), seed=0), ())
    assert ["tools" in request for request in wire.requests] == [True, False]


async def test_dropped_tool_calls_are_not_made_twice(wire: Wire, server: WireServer) -> None:
    wire.completions, wire.answer = False, calls_python
    with FaultProxy(server.port, lambda _: Fault()) as proxy:
        model = reach(proxy.url, dialect=None)
        proxy.restart(lambda n: Fault(Kind.CUT, after=700 + 300 * n) if n < 2 else Fault())
        session = model.open(TOOLS.prompt(PROBLEM), seed=0)
        text, halt = await say(session, ())
        assert proxy.seen[Kind.CUT] == 2
    assert halt is Halt.STOP
    parser = TOOLS.parser()
    parser.feed(text)
    parser.end()
    assert (parser.program, parser.complaint) == ("x = 12 * 13\nprint(x)", None)


async def test_cached_tokens_are_counted_as_the_server_says(wire: Wire, server: WireServer) -> None:
    model = reach(server.url)
    session = model.open(QWEN_MATH.prompt(Problem("What is 35 * 17?")), seed=0)
    await say(session)
    assert session.usage.cached == 0
    first = session.usage
    session.append(QWEN_MATH.observation("595"))
    await say(session)
    assert session.usage.cached == first.prompt, "the prompt was sent again, and still there"
    sent = session.usage.forwarded + session.usage.cached
    assert sent == model.purse.tokens


def test_fields_that_a_server_refuses_are_left_out(wire: Wire, server: WireServer) -> None:
    wire.refused = ("seed", "skip_special_tokens", "temperature")
    fields = reach(server.url).offer.fields
    assert fields == {"top_p", "max_tokens", "stream_options"}


def test_a_server_that_never_draws_is_told_of(wire: Wire, server: WireServer) -> None:
    wire.draws = False
    said = reach(server.url).notice or ""
    assert "more samples may be only copies" in said


def test_auto_is_the_only_model_that_a_server_has(wire: Wire, server: WireServer) -> None:
    assert reach(server.url, name="auto").name == f"mini@127.0.0.1:{server.port}"


async def test_the_server_s_context_is_the_trajectory_s(wire: Wire, server: WireServer) -> None:
    wire.context = 120
    model = reach(server.url)
    assert model.context == 120
    # 47 tokens of prompt: 200 more do not fit, and the server says so; fewer are asked for.
    session = model.open(QWEN_MATH.prompt(PROBLEM), seed=0)
    text, halt = await say(session)
    assert halt is Halt.STOP
    assert text.endswith("```output")


async def test_a_prompt_that_does_not_fit_ends_in_three_lines(
    wire: Wire, server: WireServer
) -> None:
    model = reach(server.url)
    wire.context = 40
    with pytest.raises(ContextTooShort, match="longer than the model's context") as caught:
        await say(model.open(QWEN_MATH.prompt(PROBLEM), seed=0))
    assert "maximum context length is 40 tokens" in caught.value.why
    assert caught.value.exit_code is ExitCode.USAGE


def failure(url: str, **more: Any) -> str:
    """The three lines of a server that cannot be used."""
    with pytest.raises((EndpointFailed, ModelNotFound, BadInput)) as caught:
        reach(url, **more)
    error = caught.value
    lines = str(error).splitlines()
    assert len(lines) == 3, lines
    assert error.exit_code in (ExitCode.ENVIRONMENT, ExitCode.USAGE)
    return "\n".join(lines)


def test_an_unknown_name_is_answered_with_those_there_are(wire: Wire, server: WireServer) -> None:
    said = failure(server.url, name="qwen2.5-math-7b")
    assert "no model 'qwen2.5-math-7b'" in said
    assert "it has mini" in said


def test_a_web_page_is_no_endpoint(wire: Wire, server: WireServer) -> None:
    wire.html = True
    said = failure(server.url)
    assert "does not speak OpenAI's protocol" in said
    assert "It works!" in said


def test_other_json_is_no_endpoint(wire: Wire, server: WireServer) -> None:
    """The same server asked at a path where it has nothing, as any JSON API would answer."""
    said = failure(f"http://127.0.0.1:{server.port}/nothing/here")
    assert "does not speak OpenAI's protocol" in said


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "no connection" in failure(f"http://127.0.0.1:{port}/v1")


def test_a_wrong_key_is_told_and_not_shown(
    wire: Wire, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.key = "another"
    monkeypatch.setenv("TIR_API_KEY", SECRET)
    said = failure(server.url)
    assert "does not accept the key" in said
    assert "TIR_API_KEY" in said
    # This server repeats the key that it was given; the message does not.
    assert SECRET not in said
    assert "[key]" in said
    monkeypatch.delenv("TIR_API_KEY")
    assert "wants a key" in failure(server.url)


async def test_the_right_key_opens(
    wire: Wire, server: WireServer, monkeypatch: pytest.MonkeyPatch, local: Model
) -> None:
    wire.key = SECRET
    monkeypatch.setenv("TIR_API_KEY", SECRET)
    model = reach(server.url)
    assert await talk(model) == await talk(local)
    assert SECRET not in repr((model.address, model.offer, model.lines))


def test_tools_asked_for_where_there_are_none(wire: Wire, server: WireServer) -> None:
    assert "makes no native tool calls" in failure(server.url, dialect="tools")


def test_a_family_s_own_format_needs_a_text_or_an_open_turn(wire: Wire, server: WireServer) -> None:
    wire.completions = False
    assert "--dialect markdown" in failure(server.url, dialect="qwen2.5-math")


CONVERSATION = [
    {"role": "user", "content": "What is 1 + 1?"},
    {"role": "assistant", "content": "It is 2."},
]


async def test_an_outcome_model_s_last_number_counts(wire: Wire, server: WireServer) -> None:
    wire.pooled = lambda text: [[0.5], [float(len(text))]]
    reward = EndpointReward.connect("auto", LoadOptions(endpoint=server.url))
    assert reward.name == f"mini@127.0.0.1:{server.port}"
    other = [{"role": "assistant", "content": "three"}]
    assert await reward.score([CONVERSATION, other]) == [[8.0], [5.0]]


async def test_a_process_model_gives_a_number_per_step(wire: Wire, server: WireServer) -> None:
    wire.pooled = lambda _: [[0.1, 0.9], [0.75, 0.25]]
    reward = EndpointReward.connect("mini", LoadOptions(endpoint=server.url))
    assert await reward.score([CONVERSATION]) == [[0.9, 0.25]]


@pytest.mark.parametrize("pooled", [None, lambda _: [0.1, 0.2, 0.3], lambda _: []])
async def test_a_model_that_scores_nothing_is_no_reward_model(
    pooled: Any, wire: Wire, server: WireServer
) -> None:
    wire.pooled = pooled
    reward = EndpointReward.connect("mini", LoadOptions(endpoint=server.url), patience=HASTY)
    with pytest.raises(EndpointFailed) as caught:
        await reward.score([CONVERSATION])
    assert "gives no scores" in caught.value.what
    assert len(str(caught.value).splitlines()) == 3
