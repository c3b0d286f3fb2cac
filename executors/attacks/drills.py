"""Attacks by circumstance: whoever uses the engine gives up, closes, is killed at a bad moment."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from executors.attacks.witness import Known, known
from executors.base import Executor
from executors.execution import Status
from executors.walls import Tier, Wall

CLOSE_SECONDS = 5.0
ORPHAN_SECONDS = 1.0
"""Time in which every session has to be gone once the engine is."""
LOOP = "while True: pass"
STUBBORN = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
SWARM = (
    "import os, subprocess, sys, time\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True)\n"
    "if os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\n"
)
ENGINE = """
import asyncio, sys
from executors.jupyter import JupyterExecutor
from executors.walls import Tier

async def main():
    async with JupyterExecutor(spares=1, tier=Tier(sys.argv[1])) as executor:
        first, second = await executor.session(), await executor.session()
        await first.execute(sys.argv[3])
        running = asyncio.create_task(second.execute(sys.argv[2], timeout=600))
        await asyncio.sleep(0.2)
        print("ready", flush=True)
        await running

asyncio.run(main())
"""

Maneuver = Callable[[Executor, Tier], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Drill:
    """`run` gives what went wrong, empty if nothing did; leftovers are the harness's to see."""

    name: str
    wall: Wall
    run: Maneuver
    quick: bool = True


async def cancel(executor: Executor, tier: Tier) -> str:
    """The caller gives up while a program runs; the session goes on to be of use."""
    session = await executor.session()
    for program in (LOOP, STUBBORN):
        task = asyncio.create_task(session.execute(program, timeout=60))
        await asyncio.sleep(0.1)
        task.cancel()
        _, late = await asyncio.wait([task], timeout=CLOSE_SECONDS)
        if late:
            return "a cancelled call does not come back"
    outcome = await session.execute("print(6 * 7)")
    await session.close()
    return "" if outcome.stdout == "42\n" else f"afterwards: {outcome.status}, {outcome.stdout!r}"


async def close_running(executor: Executor, tier: Tier) -> str:
    """A session is closed while it runs something that does not want to end."""
    session = await executor.session()
    task = asyncio.create_task(session.execute(SWARM + STUBBORN, timeout=60))
    await asyncio.sleep(0.2)
    await asyncio.wait_for(session.close(), CLOSE_SECONDS)
    outcome = await asyncio.wait_for(task, CLOSE_SECONDS)
    if outcome.status is not Status.INTERRUPTED:
        return f"a program whose session was closed ended {outcome.status}"
    return ""


async def crowd(executor: Executor, tier: Tier) -> str:
    """Many at once, each with its own state, closed at once."""
    sessions = await asyncio.gather(*(executor.session() for _ in range(8)))
    await asyncio.gather(*(s.execute(f"mine = {n}") for n, s in enumerate(sessions)))
    seen = await asyncio.gather(*(s.execute("print(mine)") for s in sessions))
    await asyncio.gather(*(s.close() for s in sessions))
    wrong = [each for n, each in enumerate(seen) if each.stdout != f"{n}\n"]
    return f"one of many answered {wrong[0]}" if wrong else ""


async def kill_engine(executor: Executor, tier: Tier) -> str:
    """Another engine is killed while its sessions run; none of them may live on."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        ENGINE,
        tier,
        STUBBORN,
        SWARM,
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        said = await asyncio.wait_for(process.stdout.readline(), 60)
        family = psutil.Process(process.pid).children(recursive=True) if said else []
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if not family:
        return "the other engine did not start"
    ours = {known(child) for child in family}
    await asyncio.sleep(ORPHAN_SECONDS)
    left = living(ours)
    for pid, _ in left:
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()
    return f"{len(left)} of {len(ours)} processes outlived their engine" if left else ""


def living(processes: set[Known]) -> set[Known]:
    """Those that still run; a zombie, which waits to be buried, does not."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if known(process) in processes and process.status() != psutil.STATUS_ZOMBIE:
                found.add(known(process))
    return found


DRILLS: tuple[Drill, ...] = (
    Drill("cancel-while-it-runs", Wall.CPU, cancel, quick=False),
    Drill("close-while-it-runs", Wall.STRAYS, close_running),
    Drill("many-at-once", Wall.STRAYS, crowd),
    Drill("kill-the-engine", Wall.STRAYS, kill_engine, quick=False),
)
