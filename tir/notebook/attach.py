"""A solved problem's session, taken up again: look into it, change a program, let the model go on.

The session in which a solve ran is gone when the solve is over. This one is made by replay: the
programs run once more, in a fresh sandbox, and must come out as they did.
"""

import asyncio
import json
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

from executors import Execution, ExecutorError, JupyterExecutor, JupyterSession, Status, Tier
from tir.api import PRELUDE, load_model
from tir.episode import Episode
from tir.errors import BadInput, TirError, from_executor
from tir.inquiry import Checkpoint, Inquiry
from tir.models.base import Model
from tir.models.options import CHOSEN, LoadOptions
from tir.notebook.markdown import leader
from tir.policy import Policy
from tir.render.safe import visible
from tir.solution import Solution
from tir.trajectory import Step, Trajectory

T = TypeVar("T")
SECONDS = 60.0
"""Wall time of one program: a person waits for it, and may interrupt it."""
_LOOK = """
def _tir_look():
    import json, types
    skipped = {"In", "Out", "exit", "quit", "open", "get_ipython"}
    found = {}
    for name, value in list(globals().items()):
        imported = isinstance(value, types.ModuleType)
        named = callable(value) and hasattr(value, "__name__")
        if not (name.startswith("_") or name in skipped or imported or named):
            try:
                found[name] = repr(value)[:400]
            except Exception as error:
                found[name] = type(error).__name__
    print(json.dumps(found))
_tir_look()
del _tir_look
"""


class NotRepeatable(TirError):
    """The programs of a solution do not come out as they did."""


_sessions: "dict[int, Attached]" = {}
"""By the identity of their solutions, which they hold, so that no other can have it."""


def session_of(solution: Solution) -> "Attached":
    """The session that `solution.session` is: the same one until it is closed."""
    kept = _sessions.get(id(solution))
    if kept is None or not kept.is_open:
        kept = _sessions[id(solution)] = attach(solution)
    return kept


def attach(
    solution: Solution, *, sample: int | None = None, unsafe_no_sandbox: bool = False
) -> "Attached":
    """A sandboxed session in the state that a sample of the solution left; close it when done.

    `sample` counts from 1; by default it is the one whose answer was put forward.

    Raises:
        BadInput: there is no such sample.
        NotRepeatable: a program comes out otherwise than it did.
        KernelFailed: no session can be started.
    """
    drawn = solution.trajectories
    if not drawn or (sample is not None and not 1 <= sample <= len(drawn)):
        raise BadInput(
            f"there is no sample {sample or 1}.",
            why=f"The solution has {len(drawn)}.",
            hint="tir.attach(solution)",
        )
    trajectory = leader(solution) if sample is None else drawn[sample - 1]
    assert trajectory is not None, "there is one"
    session = Attached(solution, trajectory, Tier.NONE if unsafe_no_sandbox else None)
    try:
        session.rewind(len(session.steps))
    except BaseException:
        session.close()
        raise
    return session


class Attached:
    """The session. Its programs run behind the walls of a solve, whoever wrote them."""

    def __init__(self, solution: Solution, trajectory: Trajectory, tier: Tier | None) -> None:
        self.solution = solution
        self.steps: tuple[Step, ...] = _that_ran(trajectory)
        """What has run in the session so far."""
        self._seed = trajectory.seed
        self._executor = JupyterExecutor(prelude=PRELUDE, tier=tier, spares=1)
        self._session: JupyterSession | None = None
        self._is_entered = False
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[Any] | None = None
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="tir-attached", daemon=True
        )
        self._thread.start()

    def __repr__(self) -> str:
        asked = self.solution.problem.question[:60]
        state = "open" if self.is_open else "closed"
        return f"<session of {asked!r}, {len(self.steps)} programs have run, {state}>"

    @property
    def is_open(self) -> bool:
        """Whether it can still be used."""
        return not self._loop.is_closed()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, code: str) -> Execution:
        """Runs something of yours in the session, which the model does not get to see."""
        return self._await(self._run(code))

    def variables(self) -> dict[str, str]:
        """The variables of the session, each as its `repr`, without modules and functions.

        What is callable and has a name is a function or a class, also if a library wrapped it.
        """
        looked = self._await(self._run(_LOOK))
        with suppress(ValueError):
            found = json.loads(looked.stdout)
            if isinstance(found, dict):
                return {visible(str(name)): visible(str(value)) for name, value in found.items()}
        return {}

    def rewind(self, steps: int) -> None:
        """Back to where the first `steps` programs had run; what came later is forgotten.

        Raises:
            NotRepeatable: one of them comes out otherwise than it did.
        """
        self.steps = self.steps[:steps]
        self._await(self._replay())

    def edit(self, step: int, program: str) -> Execution:
        """Runs another program in the place of that of a step, counted from 1.

        The steps before it are replayed, those behind it are forgotten: they came of the old one.

        Raises:
            BadInput: there is no such step.
        """
        if not 1 <= step <= len(self.steps):
            raise BadInput(
                f"there is no step {step} with a program.",
                why=f"There are {len(self.steps)}; they count from 1.",
                hint="session.steps",
            )
        edited = self.steps[step - 1]
        self.rewind(step - 1)
        execution = self.run(program)
        self.steps += (replace(edited, program=program, execution=execution),)
        return execution

    def go_on(
        self,
        model: str | Model | None = None,
        policy: Policy | None = None,
        options: LoadOptions = CHOSEN,
    ) -> Solution:
        """Lets the model go on behind the last step, and has its answer checked as ever.

        The model is that of the solution if none is named. It reads the steps as its own. The
        session is then in the state that it leaves. Ctrl-C ends the work and returns what there
        is, with `interrupted` set.

        Raises:
            TirError: see `tir.solve`.
        """
        named = model or self.solution.model
        loaded = load_model(named, options).model if isinstance(named, str) else named
        return self._await(self._go_on(loaded, replace(policy or Policy(), samples=1)))

    def close(self) -> None:
        """Ends the session and all of its processes. Idempotent."""
        if not self.is_open:
            return
        if _sessions.get(id(self.solution)) is self:
            del _sessions[id(self.solution)]
        if self._is_entered:
            self._await(self._executor.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _go_on(self, model: Model, policy: Policy) -> Solution:
        session = await self._opened()
        sampling = policy.sampling or model.dialect.greedy
        episode = Episode(
            self.solution.problem, model=model, executor=self._executor, policy=policy,
            sampling=sampling, index=0, seed=self._seed,
        )  # fmt: skip
        # The session stays ours: an episode that ends would end it.
        episode.take_up(self.steps, _Kept(session))
        interrupted = False
        try:
            async for _ in episode.work():
                pass
        except asyncio.CancelledError:
            # Ctrl-C: what there is is returned. Where a program was cut short is no state to be in.
            interrupted = True
        finally:
            await episode.close()
        trajectory = episode.trajectory()
        self.steps = _that_ran(trajectory)
        inquiry = Inquiry(
            self.solution.problem, model=model, executor=self._executor, policy=policy,
            past=Checkpoint((trajectory,)),
        )  # fmt: skip
        if interrupted:
            await self._replay()
            return inquiry.solution(interrupted=True)
        try:
            async for _ in inquiry.run():
                pass
        except asyncio.CancelledError:
            return inquiry.solution(interrupted=True)
        return inquiry.solution()

    async def _replay(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
        for at, step in enumerate(self.steps, 1):
            before = step.execution
            again = await self._run(step.program or "")
            if before is not None and again.observation() != before.observation():
                raise NotRepeatable(
                    "the session cannot be taken up again.",
                    why=f"Program {at} says {again.observation(80)!r} this time.",
                    hint="tir.solve(...) and tir.attach of what comes of it",
                )

    async def _run(self, code: str) -> Execution:
        try:
            return await (await self._opened()).execute(code, timeout=SECONDS)
        except ExecutorError as error:
            raise from_executor(error) from error

    async def _opened(self) -> JupyterSession:
        try:
            if not self._is_entered:
                await self._executor.__aenter__()
                self._is_entered = True
            self._session = self._session or await self._executor.session()
        except ExecutorError as error:
            raise from_executor(error) from error
        return self._session

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of work in the session's loop; Ctrl-C cancels it, and raises if it may."""
        if not self.is_open:
            work.close()
            raise BadInput(
                "the session is closed.", why="close() ended it.", hint="tir.attach(solution)"
            )
        future = asyncio.run_coroutine_threadsafe(self._noted(work), self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            self._loop.call_soon_threadsafe(self._cancel)
            with suppress(CancelledError):
                return future.result()
            raise

    async def _noted(self, work: Coroutine[Any, Any, T]) -> T:
        self._task = asyncio.current_task()
        return await work

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()


class _Kept:
    """A session that its borrower cannot close."""

    def __init__(self, session: JupyterSession) -> None:
        self._session = session

    async def execute(self, code: str, *, timeout: float | None = None) -> Execution:
        """As the session does."""
        return await self._session.execute(code, timeout=timeout)

    async def fork(self) -> JupyterSession:
        """As the session does."""
        return await self._session.fork()

    async def close(self) -> None:
        """Leaves it open."""


def _that_ran(trajectory: Trajectory) -> tuple[Step, ...]:
    """The steps whose programs ran to an end."""
    kept: list[Step] = []
    for step in trajectory.steps:
        if step.program is None or step.execution is None:
            continue
        if step.execution.status not in (Status.OK, Status.ERROR):
            break
        kept.append(step)
    return tuple(kept)
