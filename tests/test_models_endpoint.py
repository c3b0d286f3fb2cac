"""The endpoint against a real server, `transformers serve` with the built-in model.

Between the two stands a proxy that spoils connections; whatever it does, the text that comes
out is the text that the model says in this process.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from endpoint_faults import Fault, FaultProxy, Kind
from endpoint_server import Served, transformers_serve

from executors import JupyterExecutor
from problems import Problem
from tir.api import PRELUDE
from tir.dialects import QWEN_MATH, Prompt, Sampling
from tir.errors import EndpointFailed
from tir.inquiry import Inquiry
from tir.models.base import Halt, Model, ModelSession
from tir.models.endpoint.budget import Budget, Prices
from tir.models.endpoint.load import connect
from tir.models.endpoint.model import EndpointModel
from tir.models.endpoint.offer import Mode, Stops
from tir.models.endpoint.patience import Patience
from tir.models.load import load
from tir.models.options import LoadOptions
from tir.policy import Policy
from tir.solution import Solution
from tir.trajectory import Stop, Trajectory

PROBLEM = Problem("What is 12 * 13?")
HASTY = Patience(attempts=4, base=0.01, longest=0.02, silence=5.0)
GREEDY = Sampling(max_tokens=200)
STOPS = QWEN_MATH.stops


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with transformers_serve() as served:
        yield served


@pytest.fixture(scope="module")
def proxy(server: Served) -> Iterator[FaultProxy]:
    with FaultProxy(server.port, lambda _: Fault()) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def local() -> Model:
    return load("mini", LoadOptions(device="cpu", dtype="float32")).model


@pytest.fixture(scope="module")
def found(server: Served) -> EndpointModel:
    """What asking the server itself found out."""
    options = LoadOptions(endpoint=server.url, dialect="qwen2.5-math")
    return connect(server.model, options)


@pytest.fixture
def model(found: EndpointModel, proxy: FaultProxy) -> EndpointModel:
    """The same model through the proxy, which spoils nothing until it is told to."""
    proxy.restart(lambda _: Fault())
    return through(found, proxy)


def through(found: EndpointModel, proxy: FaultProxy, **more: object) -> EndpointModel:
    address = type(found.address).parse(proxy.url, {})
    return EndpointModel(address, found.offer, **{"patience": HASTY, **more})  # type: ignore[arg-type]


async def say(
    session: ModelSession, sampling: Sampling = GREEDY, stop: tuple[str, ...] = STOPS
) -> tuple[str, Halt | None]:
    """One generation: its text and why it ended, after a look at its last delta."""
    text, halts = "", []
    async with aclosing(session.generate(sampling, stop)) as deltas:
        async for delta in deltas:
            text += delta.text
            halts.append(delta.halt)
    assert halts[:-1] == [None] * (len(halts) - 1), "only the last delta says why it ended"
    return text, halts[-1]


async def talk(model: Model) -> list[tuple[str, Halt | None]]:
    """A trajectory of two generations and an observation."""
    session = model.open(QWEN_MATH.prompt(PROBLEM), seed=0)
    first = await say(session)
    session.append(QWEN_MATH.observation("156"))
    second = await say(session)
    session.close()
    return [first, second]


def test_what_it_offers_is_found_by_asking(found: EndpointModel) -> None:
    offer = found.offer
    assert offer.mode is Mode.COMPLETION
    assert offer.stops is Stops.KEPT
    assert "seed" in offer.fields
    assert "skip_special_tokens" not in offer.fields, "it refuses fields that it does not know"
    # It is greedy at any temperature unless told to draw: four samples would be one, four times.
    assert offer.draws
    assert offer.drawing == {"generation_config": '{"do_sample": true}'}


async def test_greedy_text_and_halts_are_those_of_the_model_in_this_process(
    model: EndpointModel, local: Model
) -> None:
    there, here = await talk(model), await talk(local)
    assert there == here
    assert [halt for _, halt in there] == [Halt.STOP, Halt.EOS]
    assert there[0][0].endswith("```output")


async def test_usage_is_what_the_server_counts(model: EndpointModel, local: Model) -> None:
    session, twin = (m.open(QWEN_MATH.prompt(PROBLEM), seed=0) for m in (model, local))
    for one in (session, twin):
        await say(one)
        one.append(QWEN_MATH.observation("156"))
        await say(one)
    there, here = session.usage, twin.usage
    assert there.prompt == here.prompt
    # The server counts the token that ends a turn, too; the session here drops it.
    assert there.generated == here.generated + 1
    assert abs(there.observed - here.observed) <= 1
    assert there.forwarded > there.prompt + there.generated, (
        "all was sent twice, and nothing cached"
    )
    assert abs(session.length - (here.prompt + here.generated + here.observed)) <= 1


async def test_a_fork_goes_its_own_way(model: EndpointModel, local: Model) -> None:
    sides = []
    for one in (model, local):
        session = one.open(QWEN_MATH.prompt(PROBLEM), seed=0)
        await say(session)
        twin = session.fork()
        session.append(QWEN_MATH.observation("156"))
        twin.append(QWEN_MATH.observation("99"))
        sides.append([await say(session), await say(twin)])
    assert sides[0] == sides[1]
    assert sides[0][0] != sides[0][1]


async def test_samples_differ_by_their_seeds_and_repeat_by_them(model: EndpointModel) -> None:
    hot = Sampling(temperature=1.8, max_tokens=30)

    async def draw(seed: int) -> str:
        # Of something that it was trained on it is sure at any temperature.
        return (await say(model.open(Prompt((), "Why is a raven"), seed=seed), hot))[0]

    drawn = [await draw(seed) for seed in (1, 2, 3, 1)]
    assert len(set(drawn)) == 3
    assert drawn[3] == drawn[0]


async def test_a_limit_of_tokens_ends_a_generation(model: EndpointModel) -> None:
    session = model.open(QWEN_MATH.prompt(PROBLEM), seed=0)
    text, halt = await say(session, Sampling(max_tokens=3))
    assert (text, halt) == ("I compute the", Halt.LENGTH)
    assert session.usage.generated == 3


async def test_closing_early_keeps_what_was_generated(model: EndpointModel, local: Model) -> None:
    whole = (await talk(local))[0][0]
    session = model.open(QWEN_MATH.prompt(PROBLEM), seed=0)
    text = ""
    async with aclosing(session.generate(GREEDY, STOPS)) as deltas:
        async for delta in deltas:
            text += delta.text
            if len(text) > 12:
                break
    assert text + (await say(session))[0] == whole


FAULTS = {
    "delay": Fault(Kind.DELAY, seconds=0.2),
    "cut at once": Fault(Kind.REFUSE),
    "cut in the head": Fault(Kind.CUT, after=40),
    "cut in the stream": Fault(Kind.CUT, after=1500),
    "cut late": Fault(Kind.CUT, after=4000),
    "garbled": Fault(Kind.GARBLE, after=1),
    "limited": Fault(Kind.LIMIT),
    "failing": Fault(Kind.FAIL),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_no_fault_loses_or_repeats_a_token(
    fault: Fault, model: EndpointModel, proxy: FaultProxy, local: Model
) -> None:
    proxy.restart(lambda number: fault if number in (0, 2) else Fault())
    assert await talk(model) == await talk(local)
    assert proxy.seen[fault.kind] >= 1
    assert (model.retries > 0) is (fault.kind is not Kind.DELAY)


async def test_a_stream_cut_at_every_place_gives_the_same_text(
    model: EndpointModel, proxy: FaultProxy, local: Model
) -> None:
    """Cut again and again after ever more bytes: each attempt goes on where the last one was."""
    proxy.restart(lambda number: Fault(Kind.CUT, after=900 + 250 * (number % 5)))
    text, halt = await say(model.open(QWEN_MATH.prompt(PROBLEM), seed=0))
    assert (text, halt) == (await talk(local))[0]
    assert model.retries >= 4, "progress is made a few tokens at a time, and begins patience anew"


async def test_a_silent_server_counts_as_gone(
    found: EndpointModel, proxy: FaultProxy, local: Model
) -> None:
    proxy.restart(lambda n: Fault(Kind.HANG, after=900, seconds=1.0) if n == 0 else Fault())
    # On a busy machine an honest reply may take longer than that, too: so it may ask again.
    model = through(found, proxy, patience=Patience(attempts=20, base=0.01, silence=0.4))
    assert await talk(model) == await talk(local)
    assert model.retries >= 1


async def test_the_wait_that_a_server_asks_for_is_kept(
    model: EndpointModel, proxy: FaultProxy
) -> None:
    proxy.restart(lambda number: Fault(Kind.LIMIT, seconds=1) if number == 0 else Fault())
    began = time.monotonic()
    await say(model.open(QWEN_MATH.prompt(PROBLEM), seed=0))
    assert time.monotonic() - began >= 1.0


@pytest.mark.parametrize("fault", [Fault(Kind.CUT, after=40), Fault(Kind.FAIL)], ids=["cut", "500"])
async def test_a_server_that_is_broken_for_good_ends_in_three_lines(
    fault: Fault, model: EndpointModel, proxy: FaultProxy
) -> None:
    proxy.restart(lambda _: fault)
    with pytest.raises(EndpointFailed, match="cannot be used") as caught:
        await say(model.open(QWEN_MATH.prompt(PROBLEM), seed=0))
    assert len(str(caught.value).splitlines()) == 3
    assert model.retries == HASTY.attempts - 1


async def test_no_more_requests_are_in_flight_than_allowed(
    found: EndpointModel, proxy: FaultProxy
) -> None:
    flying, most, lock = 0, 0, threading.Lock()
    model = through(found, proxy, concurrency=3)
    line = await model.lines.get()

    async def watched() -> None:
        nonlocal flying, most
        async with aclosing(
            model.open(QWEN_MATH.prompt(PROBLEM), seed=0).generate(Sampling(max_tokens=4), STOPS)
        ) as deltas:
            async for _ in deltas:
                with lock:
                    most = max(most, 3 - line.free._value)

    proxy.restart(lambda _: Fault(Kind.DELAY, seconds=0.05))
    await asyncio.gather(*(watched() for _ in range(12)))
    assert most == 3
    assert proxy.seen[Kind.DELAY] == 12


def test_each_loop_has_its_connections_and_takes_them_along(
    found: EndpointModel, proxy: FaultProxy
) -> None:
    """Warnings are errors here: a connection left open at the end of a loop would be one."""
    proxy.restart(lambda _: Fault())
    model = through(found, proxy)
    talks = [asyncio.run(talk(model)) for _ in range(2)]
    assert talks[0] == talks[1]
    threads = [
        threading.Thread(target=lambda: talks.append(asyncio.run(talk(model)))) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert talks == [talks[0]] * 4
    assert not model.lines._lines


@pytest.mark.parametrize(
    "budget",
    [Budget(tokens=60), Budget(money=6e-5, prices=Prices(prompt=1.0, generated=1.0))],
    ids=["tokens", "money"],
)
async def test_a_budget_ends_a_generation_in_mid_stream(
    budget: Budget, found: EndpointModel, proxy: FaultProxy
) -> None:
    proxy.restart(lambda _: Fault())
    model = through(found, proxy, budget=budget)
    model.learn(5, 1)  # characters and tokens: so that the prompt is not thought longer than it is
    session = model.open(QWEN_MATH.prompt(PROBLEM), seed=0)
    text, halt = await say(session, Sampling(max_tokens=200), ())
    assert halt is Halt.BUDGET
    assert text.startswith("I compute the expression")
    assert model.purse.tokens < 120
    sent = sum(proxy.seen.values())
    assert await say(session) == ("", Halt.BUDGET)
    assert await say(model.open(QWEN_MATH.prompt(PROBLEM), seed=1)) == ("", Halt.BUDGET)
    assert sum(proxy.seen.values()) == sent, "nothing is asked for any more"


async def solve(model: Model, policy: Policy) -> Solution:
    async with JupyterExecutor(prelude=PRELUDE) as executor:
        inquiry = Inquiry(PROBLEM, model=model, executor=executor, policy=policy)
        async with aclosing(inquiry.run()) as events:
            async for _ in events:
                pass
        return inquiry.solution()


def story(trajectory: Trajectory) -> list[object]:
    """What was said, run and found."""
    steps = [
        (step.rationale, step.program, step.execution and step.execution.observation(400))
        for step in trajectory.steps
    ]
    return [*steps, trajectory.answer, trajectory.stop]


async def test_a_greedy_solve_is_the_same_there_and_here(
    model: EndpointModel, proxy: FaultProxy, local: Model
) -> None:
    """Through a proxy that breaks every third reply: the same steps, answer and evidence."""
    proxy.restart(lambda n: Fault(Kind.CUT, after=1500) if n % 3 == 1 else Fault())
    policy = Policy(samples=1)
    there, here = await solve(model, policy), await solve(local, policy)
    assert [story(one) for one in there.trajectories] == [story(one) for one in here.trajectories]
    assert there.answer is not None
    assert (there.answer, there.status) == (here.answer, here.status)
    assert model.retries > 0


async def test_a_spent_budget_ends_a_solve_and_keeps_what_there_is(
    found: EndpointModel, proxy: FaultProxy
) -> None:
    proxy.restart(lambda _: Fault())
    model = through(found, proxy, budget=Budget(tokens=100))
    solution = await solve(model, Policy(samples=4))
    assert solution.trajectories[-1].stop is Stop.BUDGET
    assert len(solution.trajectories) < 4
