"""Measures the sandbox against what others do: `python tests/benchmarks/sandbox.py`.

Beside it, in the same run: stock `jupyter_client` with a cold kernel for each program, and a pool
of processes that `exec` programs with their standard output captured, as the evaluation code of
Qwen2.5-Math has it (neither isolates anything). Every figure is printed with its bar; nothing is
asserted. Medians on a machine that does something else besides are worth little.
"""

import asyncio
import contextlib
import io
import json
import multiprocessing
import os
import re
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import psutil
from jupyter_client.manager import start_new_kernel

from executors import JupyterExecutor, Limits, Status, Tier
from executors.jupyter import JupyterSession

SHARED = Path(__file__).parents[3] / "shared" / "data" / "transcripts"
TRANSCRIPTS = SHARED / "tora-code-34b-gsm8k.jsonl"
SOLVE = 'import sympy\nx = sympy.symbols("x")\nprint(sympy.solve(2*x**2 - 7*x + 3, x))'
SOLVED = "[1/2, 3]"
TRIVIAL = "print(1)"
BLOCK = re.compile(r"```python\n(.*?)```\s*```output\n(.*?)```", re.DOTALL)
MB = 1 << 20
Figure = tuple[str, str, str]
"""What was measured, the figure, its bar."""


def milliseconds(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1e3:.1f} ms (best {min(seconds) * 1e3:.1f})"


def stock_kernel(count: int) -> list[float]:
    """Seconds from nothing to the first result of SymPy, a cold kernel each time."""
    spent = []
    for _ in range(count):
        started = time.perf_counter()
        manager, client = start_new_kernel(kernel_name="python3")
        said: list[str] = []
        client.execute_interactive(
            SOLVE, output_hook=lambda m, said=said: said.append(m["content"].get("text", ""))
        )
        spent.append(time.perf_counter() - started)
        assert SOLVED in "".join(said), said
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return spent


async def solve_in(session: JupyterSession) -> None:
    execution = await session.execute(SOLVE)
    assert execution.stdout.strip() == SOLVED, execution


async def first_results(count: int, tier: Tier | None, *, spares: int) -> list[tuple[float, float]]:
    """Seconds until a session is there, and until its first result, one after another."""
    spent = []
    async with JupyterExecutor(spares=spares, tier=tier) as executor:
        await (await executor.session()).close()
        for _ in range(count):
            if spares:
                # Time for the pool to fill: what is measured is the handing out.
                await asyncio.sleep(0.15)
            started = time.perf_counter()
            session = await executor.session()
            there = time.perf_counter() - started
            await solve_in(session)
            spent.append((there, time.perf_counter() - started))
            await session.close()
    return spent


async def throughput(seconds: float, tier: Tier | None, workers: int = 4) -> float:
    """Sessions per second that are made, used once and ended."""
    done = 0
    async with JupyterExecutor(spares=0, tier=tier) as executor:
        await (await executor.session()).close()
        deadline = time.perf_counter() + seconds

        async def work() -> None:
            nonlocal done
            while time.perf_counter() < deadline:
                session = await executor.session()
                await solve_in(session)
                await session.close()
                done += 1

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(workers)))
        return done / (time.perf_counter() - started)


async def one_session(tier: Tier | None) -> tuple[list[float], float, float]:
    """Round trips of a trivial cell, our processor time for one, USS of a session that solved."""
    async with JupyterExecutor(spares=0, tier=tier) as executor:
        session = await executor.session()
        await solve_in(session)
        kernel = session._kernel
        assert kernel is not None
        private = psutil.Process(kernel._process.pid).memory_full_info().uss
        trips = []
        ours = time.process_time()
        for _ in range(500):
            started = time.perf_counter()
            await session.execute(TRIVIAL)
            trips.append(time.perf_counter() - started)
        return trips, (time.process_time() - ours) / 500, private


async def many_at_once(count: int, tier: Tier | None) -> tuple[float, float]:
    """Bytes of the machine's memory and seconds for so many live sessions, each answering."""
    async with JupyterExecutor(Limits(seconds=60), spares=0, tier=tier) as executor:
        await (await executor.session()).close()
        before = psutil.virtual_memory().available
        started = time.perf_counter()
        sessions = []
        for _ in range(count):
            session = await executor.session()
            await solve_in(session)
            sessions.append(session)
        # All are alive still: each answers once more, after the last was started.
        said = await asyncio.gather(*(s.execute("print(x)") for s in sessions))
        assert all(s.stdout == "x\n" for s in said)
        return before - psutil.virtual_memory().available, time.perf_counter() - started


def recorded() -> list[tuple[str, str]]:
    """Programs that a model wrote, with the output recorded when they were run."""
    found = []
    for line in TRANSCRIPTS.read_text(encoding="utf-8").splitlines():
        for text in json.loads(line)["code"]:
            found += [(code, output.strip()) for code, output in BLOCK.findall(text)[:1]]
    return found


async def replay(
    programs: list[tuple[str, str]], tier: Tier | None, workers: int = 4
) -> tuple[float, list[str]]:
    """Programs per second, a fresh session each, and what came out otherwise than recorded."""
    queue, other = list(enumerate(programs)), []
    async with JupyterExecutor(Limits(seconds=10), spares=2, tier=tier) as executor:
        await (await executor.session()).close()

        async def work() -> None:
            while queue:
                number, (code, output) = queue.pop()
                session = await executor.session()
                execution = await session.execute(code)
                await session.close()
                said = execution.stdout.strip()
                error = "" if execution.error is None else str(execution.error).splitlines()[-1]
                if said != output and not (error and output.endswith(error)):
                    seen = execution.observation()[-80:]
                    other.append(f"{number}: {seen!r}, recorded {output[-80:]!r}")

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(workers)))
        return len(programs) / (time.perf_counter() - started), other


def execute_unwalled(code: str) -> str:
    """As in the pool of Qwen2.5-Math's evaluation: fresh globals, captured output, no walls."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(Exception):
        exec(code, {})  # noqa: S102 - the peer being measured; the programs are harmless
    return said.getvalue().strip()


def pool(programs: list[tuple[str, str]]) -> float:
    """Programs per second of such a pool, as many processes as processors."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as workers:
        started = time.perf_counter()
        list(workers.map(execute_unwalled, [code for code, _ in programs], timeout=600))
        return len(programs) / (time.perf_counter() - started)


async def soak(count: int, tier: Tier | None) -> list[Figure]:
    """Sessions through one executor, and what is there after them that was not before."""
    me = psutil.Process()

    def standing() -> dict[str, int]:
        return {
            "processes": len(me.children(recursive=True)),
            "descriptors": me.num_fds(),
            "mounts": len(Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()),
            "our MB": me.memory_info().rss // MB,
            "machine's MB": psutil.virtual_memory().used // MB,
        }

    async with JupyterExecutor(spares=0, tier=tier) as executor:

        async def work(times: int) -> None:
            for _ in range(times):
                session = await executor.session()
                execution = await session.execute(TRIVIAL)
                assert execution.status is Status.OK
                await session.close()

        await work(50)
        await asyncio.sleep(1)
        before, started = standing(), time.perf_counter()
        await asyncio.gather(*(work(count // 4) for _ in range(4)))
        rate = count / (time.perf_counter() - started)
        await asyncio.sleep(1)
        after = standing()
    print(f"soak: {count} sessions, {rate:.1f}/s")
    return [
        (f"soak, {name}", f"{before[name]} before, {after[name]} after", "no growth")
        for name in before
    ]


@click.command()
@click.option("--tier", type=click.Choice([t.value for t in Tier]), help="Not the best one.")
@click.option("--count", default=20, help="Sessions for each median.")
@click.option("--stock", default=5, help="Cold stock kernels.")
@click.option("--live", default=500, help="Sessions alive at once; 0 leaves it out.")
@click.option("--programs", default=10_000, help="Recorded programs at most; 0 leaves them out.")
@click.option("--soak", "soaked", default=20_000, help="Sessions of the soak; 0 leaves it out.")
def main(tier: str | None, count: int, stock: int, live: int, programs: int, soaked: int) -> None:
    """Print each figure with its bar."""
    wanted = Tier(tier) if tier else None
    rows: list[Figure] = []

    def note(name: str, figure: str, bar: str) -> None:
        rows.append((name, figure, bar))
        print(f"{name:44} {figure:44} {bar}", flush=True)

    cold = stock_kernel(stock)
    base = statistics.median(cold)
    note("stock kernel, cold, first result", milliseconds(cold), "-")
    fresh = [done for _, done in asyncio.run(first_results(count, wanted, spares=0))]
    ratio = base / statistics.median(fresh)
    note("fresh session, first result", f"{milliseconds(fresh)}, 1/{ratio:.0f} of stock", "1/25")
    handed = [there for there, _ in asyncio.run(first_results(count, wanted, spares=4))]
    ratio = base / statistics.median(handed)
    note("handed out from a ready pool", f"{milliseconds(handed)}, 1/{ratio:.0f} of stock", "1/100")
    rate = asyncio.run(throughput(5.0, wanted))
    note("create + solve + destroy", f"{rate:.1f}/s, {rate * base:.0f} x stock", "40/s, 30 x")
    trips, ours, private = asyncio.run(one_session(wanted))
    note("round trip of a trivial cell", milliseconds(trips), "5 ms")
    note("engine's processor time per cell", f"{ours * 1e3:.2f} ms", "0.5 ms")
    note("private memory after a solve", f"{private / MB:.1f} MB", "20 MB")
    if live:
        memory, seconds = asyncio.run(many_at_once(live, wanted))
        note(f"{live} sessions at once", f"{memory / MB / 1024:.2f} GiB, {seconds:.0f} s", "12 GiB")
    if programs and TRANSCRIPTS.exists():
        known = recorded()[:programs]
        speed, other = asyncio.run(replay(known, wanted))
        same = 1 - len(other) / len(known)
        note(f"{len(known)} recorded programs", f"{same:.2%} equal, {speed:.1f}/s", "99.8 %")
        note("the same in a pool of exec, no walls", f"{pool(known):.1f}/s", "-")
        print("\n".join(other))
    if soaked:
        for row in asyncio.run(soak(soaked, wanted)):
            note(*row)


if __name__ == "__main__":
    main()
