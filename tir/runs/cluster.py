"""Solving on a Ray cluster: replicas of the model with sandboxes beside them, one work queue.

The queue, the scheduler and the store stay in the process that was started; a replica is an
actor that Ray places where its resources are. A node that is lost takes its replicas with it;
what was in flight on them goes back to the others, from the last checkpoint.
"""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from typing import Any, Self

from executors import Isolation, JupyterExecutor, Tier
from problems import Problem
from tir.api import PRELUDE
from tir.errors import BadInput, EnvironmentFailed, TirError
from tir.inquiry import Checkpoint
from tir.record import isolation_from_record, isolation_record
from tir.runs import columns
from tir.runs.engine import Engine
from tir.runs.solver import LocalSolver, SolverLost, solver_of
from tir.runs.unfinished import checkpoint_from_record, checkpoint_record
from tir.solution import Solution

START_SECONDS = 600.0
"""For a replica to be placed and its model to be loaded, perhaps from a network share."""


class Replica:
    """One model and its kernels, on some node. Ray makes an actor of it."""

    def __init__(self, engine: Engine, tier: Tier | None) -> None:
        self._engine = engine.loaded()
        self._executor = JupyterExecutor(prelude=PRELUDE, tier=tier, spares=2)
        self._solver: LocalSolver | None = None

    async def start(self) -> dict[str, Any] | None:
        """Opens the sandbox; what programs are held by, as a record."""
        await self._executor.__aenter__()
        await (await self._executor.session()).close()
        self._solver = solver_of(self._engine, self._executor)
        walls = self._executor.isolation
        return None if walls is None else isolation_record(walls)

    async def solve(
        self, problem: str, past: bytes | None
    ) -> AsyncGenerator[tuple[str, bytes | tuple[str, str, str]], None]:
        """Checkpoints as they come, then the solution or what is wrong with the problem."""
        assert self._solver is not None, "`start` is called first"
        kept: asyncio.Queue[Checkpoint] = asyncio.Queue()
        before = None if past is None else checkpoint_from_record(columns.unpack(past))
        solving = asyncio.create_task(
            self._solver.solve(columns.problem_of(problem), before, kept.put_nowait)
        )
        while not solving.done():
            getting = asyncio.create_task(kept.get())
            await asyncio.wait((solving, getting), return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                yield "checkpoint", columns.pack(checkpoint_record(getting.result()))
            getting.cancel()
        try:
            yield "solution", columns.pack_solution(await solving)
        except TirError as error:
            kind = "refused" if isinstance(error, BadInput) else "failed"
            yield kind, (error.what, error.why, error.hint)


class RaySolver:
    """Solves on the replicas of a cluster; use as an async context manager.

    Args:
        address: of the cluster, as `ray start` prints it; `auto` finds one on this machine.
        width: problems in flight on each replica.

    Raises:
        EnvironmentFailed: Ray is not installed, the cluster cannot be reached, or no replica
            can be placed.
    """

    def __init__(self, address: str, engine: Engine, *, tier: Tier | None, width: int) -> None:
        self.isolation: Isolation | None = None
        self._ray = connected(address)
        self._engine = engine
        self._tier = tier
        self._width = width
        self._load: Counter[Any] = Counter()
        self._living: list[Any] = []

    @property
    def width(self) -> int:
        """Problems in flight on all replicas together."""
        return self._width * len(self._living)

    async def __aenter__(self) -> Self:
        found = int(self._ray.cluster_resources().get("GPU", 0))
        accelerators = found if self._engine.needs_accelerator else 0
        nodes = sum(1 for node in self._ray.nodes() if node["Alive"])
        actor = self._ray.remote(
            num_cpus=1,
            num_gpus=1 if accelerators else 0,
            max_concurrency=self._width + 1,
            scheduling_strategy="SPREAD",
        )(Replica)
        asked = [actor.remote(self._engine, self._tier) for _ in range(accelerators or nodes)]
        started = [asyncio.wait_for(each.start.remote(), START_SECONDS) for each in asked]
        for replica, walls in zip(
            asked, await asyncio.gather(*started, return_exceptions=True), strict=True
        ):
            if isinstance(walls, BaseException):
                reason = walls
            else:
                self._living.append(replica)
                self.isolation = None if walls is None else isolation_from_record(walls)
        if not self._living:
            raise EnvironmentFailed(
                "no replica of the model could be started on the cluster.",
                why=str(reason).strip().splitlines()[-1][:300],
                hint="ray status",
            ) from reason
        return self

    async def __aexit__(self, *_: object) -> None:
        for replica in self._living:
            self._ray.kill(replica)
        self._living.clear()

    async def solve(
        self, problem: Problem, past: Checkpoint | None, keep: Callable[[Checkpoint], None]
    ) -> Solution:
        """See `Solver`. A problem whose replica is lost goes to another one.

        Raises:
            SolverLost: no replica is left.
        """
        latest = past

        def keep_too(checkpoint: Checkpoint) -> None:
            nonlocal latest
            latest = checkpoint
            keep(checkpoint)

        while True:
            if not self._living:
                raise SolverLost(
                    "every node of the cluster is lost.",
                    why="Ray reports that no replica of the model is alive.",
                    hint="ray status, then the same command again",
                )
            replica = min(self._living, key=self._load.__getitem__)
            self._load[replica] += 1
            try:
                return await self._ask(replica, problem, latest, keep_too)
            except self._ray.exceptions.RayActorError:
                if replica in self._living:
                    self._living.remove(replica)
            finally:
                self._load[replica] -= 1

    async def _ask(
        self,
        replica: Any,
        problem: Problem,
        past: Checkpoint | None,
        keep: Callable[[Checkpoint], None],
    ) -> Solution:
        before = None if past is None else columns.pack(checkpoint_record(past))
        answers = replica.solve.options(num_returns="streaming").remote(
            columns.problem_text(problem), before
        )
        async for answer in answers:
            kind, content = await answer
            match kind:
                case "checkpoint":
                    keep(checkpoint_from_record(columns.unpack(content)))
                case "solution":
                    return columns.unpack_solution(content)
                case _:
                    what, why, hint = content
                    error = BadInput if kind == "refused" else EnvironmentFailed
                    raise error(what, why=why, hint=hint)
        raise EnvironmentFailed("a replica gave no solution.", why="It ended.", hint="ray status")


def connected(address: str) -> Any:
    """Ray, connected to a cluster. Raises EnvironmentFailed."""
    try:
        import ray
    except ImportError as error:
        raise EnvironmentFailed(
            "--ray needs Ray.", why=f"{error}.", hint='pip install "tir-math[ray]"'
        ) from error
    try:
        _knock(address)
        ray.init(
            address, log_to_driver=False, ignore_reinit_error=True, logging_level=logging.ERROR
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise EnvironmentFailed(
            f"the Ray cluster {address} cannot be reached.",
            why=str(error).strip().splitlines()[0][:300],
            hint="ray start --head, then --ray auto",
        ) from error
    return ray


def _knock(address: str) -> None:
    """Raises OSError if nobody listens there: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=5.0).close()
