"""`solve` for people: one call, one `Solution`, also where an event loop already runs."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from queue import SimpleQueue

from executors import ExecutorError, JupyterExecutor, Tier
from problems import Problem
from tir.errors import BadInput, from_executor
from tir.events import Event
from tir.inquiry import Inquiry
from tir.models.base import Model
from tir.models.load import Loaded
from tir.models.options import CHOSEN, LoadOptions
from tir.policy import QUESTION_LIMIT, Policy
from tir.reward import Reward
from tir.solution import Solution

PRELUDE = "import sympy"
"""Run in each kernel while it is still a spare: most programs import SymPy, which takes 0.5 s."""


_loading = threading.Lock()


def load_model(name: str = "auto", options: LoadOptions = CHOSEN) -> Loaded:
    """A loaded model, kept for the next call with the same arguments.

    Raises:
        ModelNotFound, ModelBroken, ModelDoesNotFit: see `tir.errors`.
    """
    with _loading:
        return _load(name, options)


@lru_cache(maxsize=2)
def _load(name: str, options: LoadOptions) -> Loaded:
    from tir.models.load import load

    return load(name, options)


def load_reward(name: str, options: LoadOptions = CHOSEN) -> Reward:
    """A reward model, kept for the next call with the same arguments.

    Raises:
        ModelNotFound, ModelBroken, ModelDoesNotFit, EndpointFailed, BadInput: see `tir.errors`.
    """
    with _loading:
        return _load_reward(name, options)


@lru_cache(maxsize=1)
def _load_reward(name: str, options: LoadOptions) -> Reward:
    from tir.models.load_reward import load_reward as load

    return load(name, options)


def solve(
    question: str | Problem,
    *,
    model: str | Model = "auto",
    policy: Policy | None = None,
    device: str | None = None,
    dtype: str | None = None,
    options: LoadOptions = CHOSEN,
    reward: str | Reward | None = None,
    reward_options: LoadOptions = CHOSEN,
    on_event: Callable[[Event], None] | None = None,
    unsafe_no_sandbox: bool = False,
) -> Solution:
    """Solves one problem and returns what came of it.

    `model` is a name (`auto`, `mini`, `qwen2.5-math-7b`, a folder) or a loaded model; `options`
    say how it is loaded, `device` and `dtype` being the two of them asked for most. A `reward`
    model, by name or loaded, scores the trajectories; `policy.select` says whether it chooses.

    Events reach `on_event` in this thread as they happen. Ctrl-C, or interrupting the notebook
    cell, ends the work and returns what there is, with `interrupted` set; a second one raises at
    once, while the work ends in the background.

    Programs run in the best sandbox that this machine has. With `unsafe_no_sandbox` they run as
    you do, with your files and network.

    Raises:
        TirError: the question is unusable, the model cannot be had, no kernel or no sandbox
            starts.
    """
    problem = question if isinstance(question, Problem) else Problem(question)
    if not problem.question.isprintable():
        _refuse_half_characters(problem.question)
    if not problem.question.strip("\0 \t\r\n"):
        raise BadInput(
            "the problem is empty.",
            why="There is nothing to solve in it.",
            hint='tir solve "Find all real x with 2x^2 - 7x + 3 = 0"',
        )
    if len(problem.question) > QUESTION_LIMIT:
        raise BadInput(
            f"the problem has {len(problem.question):,} characters.",
            why=f"A problem may have {QUESTION_LIMIT:,}; the model's memory is shorter still.",
            hint="a file with one problem in it",
        )
    options = replace(options, device=device or options.device, dtype=dtype or options.dtype)
    loaded = load_model(model, options) if isinstance(model, str) else Loaded(model)
    judge = load_reward(reward, reward_options) if isinstance(reward, str) else reward
    tier = Tier.NONE if unsafe_no_sandbox else None
    return _Run(problem, loaded, judge, policy or Policy(), on_event, tier).result()


def _refuse_half_characters(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput(
            "the problem is not valid text.",
            why=f"Character {error.start + 1} is half of a pair (a lone surrogate).",
            hint="the problem as UTF-8",
        ) from error


class _Run:
    """The work in a thread with an event loop of its own, watched from the caller's thread."""

    def __init__(
        self,
        problem: Problem,
        loaded: Loaded,
        reward: Reward | None,
        policy: Policy,
        on_event: Callable[[Event], None] | None,
        tier: Tier | None,
    ) -> None:
        self._tier = tier
        self._problem = problem
        self._loaded = loaded
        self._reward = reward
        self._policy = policy
        self._on_event = on_event
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False
        self._solution: Solution | None = None
        self._error: BaseException | None = None

    def result(self) -> Solution:
        thread = threading.Thread(target=self._work, name="tir-solve", daemon=True)
        thread.start()
        try:
            self._pass_on()
        except BaseException as error:
            # Ctrl-C, or a front end that failed: either way nothing may stay behind.
            self._cancel()
            thread.join()
            if not isinstance(error, KeyboardInterrupt):
                raise
            self._drain()
        thread.join()
        if self._error is not None:
            raise self._error
        assert self._solution is not None
        return self._solution

    def _pass_on(self) -> None:
        while (event := self._events.get()) is not None:
            if self._on_event is not None:
                self._on_event(event)

    def _drain(self) -> None:
        while not self._events.empty():
            event = self._events.get()
            if event is not None and self._on_event is not None:
                self._on_event(event)

    def _cancel(self) -> None:
        self._cancelled = True
        if self._loop is not None and self._task is not None:
            # The loop may have ended in this very moment: then there is nothing to cancel.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._task.cancel)

    def _work(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._error = error
        finally:
            self._events.put(None)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        inquiry: Inquiry | None = None
        try:
            if self._cancelled:
                raise asyncio.CancelledError
            async with JupyterExecutor(prelude=PRELUDE, tier=self._tier) as executor:
                inquiry = Inquiry(
                    self._problem,
                    model=self._loaded.model,
                    executor=executor,
                    policy=self._policy,
                    reward=self._reward,
                    notice=self._loaded.notice,
                )
                async for event in inquiry.run():
                    self._events.put(event)
            self._solution = inquiry.solution()
        except asyncio.CancelledError:
            if inquiry is None:
                raise KeyboardInterrupt from None
            self._solution = inquiry.solution(interrupted=True)
        except ExecutorError as error:
            raise from_executor(error) from error
