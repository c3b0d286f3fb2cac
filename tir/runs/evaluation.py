"""`evaluate` for people: a model, a set, one call, and a run folder that can be gone on with."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from executors import Executor, ExecutorError, Isolation, JupyterExecutor, Tier
from problems import Problem
from tir import __version__
from tir.api import PRELUDE
from tir.errors import from_executor
from tir.models.base import Model
from tir.models.options import CHOSEN, LoadOptions
from tir.policy import Policy
from tir.record import isolation_record
from tir.reward import Reward
from tir.runs.background import Background
from tir.runs.campaign import Campaign
from tir.runs.engine import Engine
from tir.runs.interrupted import Interrupted
from tir.runs.key import digest, policy_content
from tir.runs.machine import machine, versions
from tir.runs.manifest import Manifest
from tir.runs.progress import Progress
from tir.runs.run import Run
from tir.runs.selection import Selection
from tir.runs.solver import Solver, solver_of
from tir.runs.sources import Source, source_of
from tir.runs.store import Store

FOLDER = "TIR_RUNS"
"""The environment variable that names the folder of runs; `runs` here, if it is not set."""
WIDTH = 32
"""Problems in flight. More only fill memory: a batch is rarely wider, and some wait for tools."""
SPARES = 2


class Resume(StrEnum):
    """What becomes of results that are there."""

    GO_ON = "go on"
    """They stay, and what is missing is done."""
    FRESH = "fresh"
    """They are thrown away."""
    RETRY = "retry"
    """Those that are undecided or failed are done again."""
    REGRADE = "regrade"
    """All are scored anew; nothing is generated."""


def evaluate(
    problems: str | os.PathLike[str] | Sequence[Problem],
    *,
    model: str | Model = "auto",
    policy: Policy | None = None,
    options: LoadOptions = CHOSEN,
    reward: str | Reward | None = None,
    reward_options: LoadOptions = CHOSEN,
    out: str | os.PathLike[str] | None = None,
    folder: str | None = None,
    limit: int | None = None,
    ids: Sequence[str] = (),
    shuffle: int | None = None,
    resume: Resume = Resume.GO_ON,
    width: int = WIDTH,
    on_progress: Callable[[Progress], None] = lambda _: None,
    executor: Executor | None = None,
    ray: str | None = None,
    unsafe_no_sandbox: bool = False,
) -> Run:
    """Solves and scores a set of problems; returns the run, which is a folder.

    The same call goes on where an earlier one was cut, at any point: what is done is known by
    the content of problem, model, sampling and policy. A problem that fails is a result.

    Args:
        problems: a file, a bundled set, the name of a benchmark, or problems.
        model: a name (`auto`, `mini`, `qwen2.5-math-7b`, a folder) or a loaded model.
        reward: what scores samples, for policies that select by reward; see `tir.solve`.
        out: the run's folder; by default one under `runs` named after set, model and content.
        folder: where named sets lie.
        limit, ids, shuffle: a part of the set; see `Selection`.
        resume: what becomes of results that are there.
        width: problems in flight at most.
        on_progress: called after each row, in another thread.
        executor: where programs run, if not in Jupyter kernels of this machine.
        ray: address of a Ray cluster to solve on; `width` is then that of each replica.

    Raises:
        BadInput: the set has rows that cannot be used, or the folder holds another run.
        EnvironmentFailed: no model, no kernel, no space, no right to write.
        Interrupted: by Ctrl-C, after what ran was finished, or at once after a second one.
    """
    source = source_of(problems, folder)
    engine = Engine(model, policy or Policy(), options, reward, reward_options).known()
    where = (
        Path(out)
        if out is not None
        else default_folder("eval", source.name, [source.place, engine.key], engine.short_name)
    )
    manifest = manifest_of(source, engine)
    with Store(where, fresh=resume is Resume.FRESH) as store:
        if resume is not Resume.FRESH and (where / "manifest.json").is_file():
            manifest = joined(Manifest.read(where), manifest, where)
        manifest.write(where)
        campaign = Campaign(
            source,
            store,
            engine=engine.key,
            timeout=engine.policy.timeout,
            selection=Selection(limit, tuple(ids), shuffle),
            retry=resume is Resume.RETRY,
            on_progress=on_progress,
        )
        to_do = campaign.plan()

        tier = Tier.NONE if unsafe_no_sandbox else None
        place = _Place(executor, tier, ray, width)
        if to_do and resume is not Resume.REGRADE and ray is None:
            # Here: a first Ctrl-C during the seconds that it takes is the end.
            engine = engine.loaded()

        async def work() -> None:
            if resume is Resume.REGRADE:
                await campaign.regrade()
            elif to_do:
                async with _solver(engine, place) as (solver, in_flight):
                    with_walls(manifest, solver.isolation).write(where)
                    await campaign.run(solver, in_flight)

        background = Background(work, campaign.drain)
        background.result()
    run = Run.open(where)
    if background.interrupts:
        raise Interrupted(run)
    return run


@dataclass(frozen=True, slots=True)
class _Place:
    """Where problems are solved."""

    executor: Executor | None
    tier: Tier | None
    ray: str | None
    width: int


@asynccontextmanager
async def _solver(engine: Engine, place: _Place) -> AsyncIterator[tuple[Solver, int]]:
    """A solver that is ready, and how many problems it takes at a time."""
    if place.ray is not None:
        from tir.runs.cluster import RaySolver

        async with RaySolver(place.ray, engine, tier=place.tier, width=place.width) as cluster:
            yield cluster, cluster.width
        return
    kernels = place.executor or JupyterExecutor(prelude=PRELUDE, tier=place.tier, spares=SPARES)
    try:
        async with kernels:
            if place.executor is None:
                # Before the first problem: a machine without a sandbox fails them all.
                await (await kernels.session()).close()
            yield solver_of(engine, kernels), place.width
    except ExecutorError as error:
        raise from_executor(error) from error


def with_walls(manifest: Manifest, walls: Isolation | None) -> Manifest:
    """The manifest with what is known once everything runs."""
    held = None if walls is None else isolation_record(walls)
    return replace(manifest, machine=machine(), isolation=held)


def default_folder(kind: str, name: str, content: object, by: str = "") -> Path:
    """Where a run goes: the same for the same name and content."""
    return runs_folder() / "-".join([name, by or kind, digest([kind, name, content])[:8]])


def runs_folder() -> Path:
    """Where runs go that are not told where to."""
    return Path(os.environ.get(FOLDER) or "runs")


def manifest_of(source: Source, engine: Engine) -> Manifest:
    """The manifest of an evaluation that begins now."""
    return Manifest(
        kind="eval",
        name=source.name,
        engine=engine.key,
        created=now(),
        source=source.about,
        model=engine.record(),
        policy={**policy_content(engine.policy), "timeout": engine.policy.timeout},
        commands=[command()],
        versions=versions(),
        machine=machine(),
    )


def joined(old: Manifest, new: Manifest, folder: Path) -> Manifest:
    """The manifest of a run that is gone on with. Raises BadInput if it is another run."""
    old.require_same(new, folder)
    return replace(new, created=old.created, commands=[*old.commands, *new.commands])


def command() -> dict[str, str]:
    """What was typed, when, in which version."""
    return {"at": now(), "typed": " ".join(sys.argv), "tir": __version__}


def now() -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
