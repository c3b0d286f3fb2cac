"""Trajectories side by side: timing has no say, and nothing stays open however it ends.

Scripted model that pauses at random, real kernels.
"""

import asyncio
import contextlib
import gc
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio

from executors import ExecutorUnavailable, JupyterExecutor, JupyterSession
from problems import Problem
from tir.dialects import Prompt
from tir.errors import KernelFailed
from tir.events import AnswerRejected, Event, RationaleDelta, Solved, TrajectoryStarted
from tir.inquiry import Checkpoint, Inquiry
from tir.models.scripted import ScriptedModel, ScriptedSession
from tir.policy import Policy
from tir.solution import Solution, SolutionStatus
from tir.trajectory import Stop

pytestmark = pytest.mark.asyncio(loop_scope="module")

FENCE = "```"
GOOD = f"{FENCE}python\ndef check(answer):\n    return answer - 2 == 40\n{FENCE}"
FIRST_WORDS = ("41", "41", "42", "7", "42", "42")


class Open(ScriptedSession):
    """A session of which is known whether it was closed."""

    is_open = True

    def close(self) -> None:
        self.is_open = False


@dataclass(frozen=True)
class Hesitant(ScriptedModel):
    """Pauses before each delta, for each trajectory another time."""

    pauses: random.Random = field(default_factory=lambda: random.Random(0))
    opened: list[Open] = field(default_factory=list)
    longest: float = 0.01

    def open(self, prompt: Prompt, *, seed: int) -> Open:
        paused = replace(self, seconds_per_delta=self.longest * self.pauses.random())
        plain = ScriptedModel.open(paused, prompt, seed=seed)
        session = Open(paused, plain.text, seed, plain._script)
        self.opened.append(session)
        return session


class Counted(JupyterExecutor):
    """Remembers the sessions it handed out, and fails at the `failing`th."""

    def __init__(self, failing: int | None = None) -> None:
        super().__init__(spares=3)
        self.handed_out: list[JupyterSession] = []
        self.asked = 0
        self.failing = failing

    async def session(self) -> JupyterSession:
        self.asked += 1
        if self.asked == self.failing:
            raise ExecutorUnavailable("no more kernels", why="as asked for", hint="none")
        self.handed_out.append(await super().session())
        return self.handed_out[-1]

    @property
    def live(self) -> list[JupyterSession]:
        return [session for session in self.handed_out if session.pid is not None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor() -> AsyncIterator[Counted]:
    async with Counted() as executor:
        yield executor


def script(text: str, seed: int) -> str:
    """Says FIRST_WORDS after a program that prints them, and 42 once it is told of a mistake."""
    if "rejected the answer" in text:
        return "Then it must be \\boxed{42}."
    if "output" not in text.split("assistant\n", 1)[1]:
        return f"We compute.\n{FENCE}python\nprint({FIRST_WORDS[seed]})\n{FENCE}\n{FENCE}output"
    return f"So it is \\boxed{{{FIRST_WORDS[seed]}}}."


def inquiry(
    model: ScriptedModel, executor: Counted, policy: Policy, past: Checkpoint | None = None
) -> Inquiry:
    return Inquiry(Problem("What?"), model=model, executor=executor, policy=policy, past=past)


def told(solution: Solution) -> Solution:
    """All of a solution but the times."""
    trajectories = tuple(
        replace(
            each,
            seconds=0.0,
            steps=tuple(
                replace(
                    step,
                    seconds=0.0,
                    execution=replace(step.execution, seconds=0.0) if step.execution else None,
                )
                for step in each.steps
            ),
        )
        for each in solution.trajectories
    )
    return replace(solution, seconds=0.0, trajectories=trajectories)


async def test_the_result_is_the_same_whatever_the_timing(executor: Counted) -> None:
    policy = Policy(samples=6, wave=3)
    seen: list[Solution] = []
    orders: set[tuple[int, ...]] = set()
    for timing in range(4):
        model = Hesitant(script, check=[GOOD], pauses=random.Random(timing))
        events = [event async for event in inquiry(model, executor, policy).run()]
        assert isinstance(events[-1], Solved)
        seen.append(told(events[-1].solution))
        orders.add(tuple(e.index for e in events if isinstance(e, RationaleDelta)))
        assert [e.index for e in events if isinstance(e, TrajectoryStarted)] == [0, 1, 2]
        rejected = [(e.index, e.answer) for e in events if isinstance(e, AnswerRejected)]
        assert rejected == [(0, "41"), (1, "41")]
    assert len(orders) > 1  # else the timing did not vary, and nothing is shown
    assert seen == [seen[0]] * 4
    assert seen[0].status is SolutionStatus.VERIFIED
    assert seen[0].agreement == (3, 3)


async def test_events_of_a_wave_interleave_each_in_its_order(executor: Counted) -> None:
    model = Hesitant(script)
    events = [e async for e in inquiry(model, executor, Policy(3, wave=3, check=False)).run()]
    whose = [e.index for e in events if isinstance(e, RationaleDelta)]
    assert whose != sorted(whose)
    for index in range(3):
        mine = (e for e in events if isinstance(e, RationaleDelta) and e.index == index)
        assert "".join(e.text for e in mine).split() == (
            f"We compute. So it is \\boxed{{{FIRST_WORDS[index]}}}.".split()
        )


async def test_a_wave_of_many_takes_the_time_of_its_longest(executor: Counted) -> None:
    """1.5 s each, and what 4 programs take."""

    def dozes(text: str, seed: int) -> str:
        if "output" not in text.split("assistant\n", 1)[1]:
            doze = "import time\ntime.sleep(1.5)\nprint(1)"
            return f"{FENCE}python\n{doze}\n{FENCE}\n{FENCE}output"
        return "\\boxed{1}"

    policy = Policy(samples=4, wave=4, check=False, stop_early=False)
    ask = inquiry(ScriptedModel(dozes), executor, policy)
    started = asyncio.get_running_loop().time()
    solutions = [e.solution async for e in ask.run() if isinstance(e, Solved)]
    assert solutions[0].agreement == (4, 4)
    assert asyncio.get_running_loop().time() - started < 5.5


@pytest.mark.parametrize("how", ["cancelled", "cancelled twice", "left", "timed out"])
@pytest.mark.parametrize("after", [2, 9, 24, 60])
async def test_nothing_stays_open_however_it_ends(executor: Counted, how: str, after: int) -> None:
    """Wherever in the work: among tokens, in programs, while answers are compared or checked."""
    model = Hesitant(script, check=[GOOD], longest=0.002)
    seconds = 0.01 * after if how == "timed out" else 60
    ask = inquiry(model, executor, Policy(samples=6, wave=3, timeout=seconds))
    events: list[Event] = []

    async def consume() -> None:
        stream = ask.run()
        async for event in stream:
            events.append(event)
            if len(events) >= after and how == "left":
                await stream.aclose()
                return
            if len(events) == after and how.startswith("cancelled"):
                this = asyncio.current_task()
                assert this is not None
                asyncio.get_running_loop().call_soon(this.cancel)

    task = asyncio.create_task(consume())
    if how == "cancelled twice":
        while len(events) < after and not task.done():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.002)
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert not executor.live
    assert not [session for session in model.opened if session.is_open]
    assert [t for t in asyncio.all_tasks() if "pump" in repr(t.get_coro())] == []
    solution = ask.solution(interrupted=how != "timed out")
    assert len(solution.trajectories) == (3 if len(events) > 1 else 0)
    if how.startswith("cancelled") and after == 9:
        assert {t.stop for t in solution.trajectories} == {Stop.INTERRUPTED}
        assert all(t.steps for t in solution.trajectories)


async def test_a_kernel_that_fails_ends_the_whole_wave() -> None:
    model = Hesitant(script)
    async with Counted(failing=2) as executor:
        ask = inquiry(model, executor, Policy(samples=3, wave=3))
        with pytest.raises(KernelFailed, match="no more kernels"):
            async for _ in ask.run():
                pass
        assert not executor.live
    assert not [session for session in model.opened if session.is_open]
    assert Stop.EXECUTOR_FAILED in {t.stop for t in ask.solution().trajectories}


async def test_time_that_runs_out_does_not_disturb_who_listens(executor: Counted) -> None:
    ask = inquiry(ScriptedModel(script), executor, Policy(samples=2, timeout=0.3, check=False))
    events: list[Event] = []
    async for event in ask.run():
        await asyncio.sleep(0.2)  # cancelled here, it would raise
        events.append(event)
    assert isinstance(events[-1], Solved)
    assert [t.stop for t in events[-1].solution.trajectories] == [Stop.TIMEOUT]


async def test_a_resumed_inquiry_comes_to_the_same_end(executor: Counted) -> None:
    """From every point between two waves; nothing of the past is generated again."""

    def hard(text: str, seed: int) -> str:
        return f"It is \\boxed{{{'341215'[seed]}}}."

    checks = [f"{FENCE}python\ndef check(answer):\n    return False\n{FENCE}"]
    policy = Policy(samples=6, wave=2)
    whole = inquiry(ScriptedModel(hard, check=checks), executor, policy)
    points: list[Checkpoint] = []
    async for event in whole.run():
        if isinstance(event, TrajectoryStarted):
            points.append(whole.checkpoint)
    lengths = [len(point.trajectories) for point in points]
    assert lengths == [0, 0, 2, 2, 4, 4]
    for point in (points[0], points[2], points[4]):
        model = Hesitant(hard, check=checks[len(point.checks) :], longest=0.0)
        again = inquiry(model, executor, policy, past=point)
        started = [e.index async for e in again.run() if isinstance(e, TrajectoryStarted)]
        assert started == list(range(len(point.trajectories), 6))
        assert told(again.solution()) == told(whole.solution())


@pytest.mark.filterwarnings("error::ResourceWarning")
async def test_a_check_interrupted_while_its_kernel_ends_leaves_nothing_open() -> None:
    """A second Ctrl-C, as early as it can come: while the first one is being obeyed."""
    async with Counted() as executor:
        session = await executor.session()
        await session.execute("1 + 1")
        closing = asyncio.create_task(session.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        del closing
        executor.handed_out.clear()
        del session
        gc.collect()  # what it left open would warn, and a warning is an error
