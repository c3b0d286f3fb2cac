"""A bounded number in flight, no rounds, and an end that leaves nothing running."""

import asyncio
from collections.abc import Iterator

import pytest

from tir.runs.scheduler import Scheduler


async def test_the_next_begins_as_one_ends_and_never_more_than_the_width() -> None:
    running: set[int] = set()
    most: list[int] = []
    ended: list[int] = []

    async def work(item: int) -> None:
        running.add(item)
        most.append(len(running))
        # The first one is slow: in rounds, all others of its round would wait for it.
        await asyncio.sleep(0.2 if item == 0 else 0.001)
        running.remove(item)
        ended.append(item)

    await Scheduler(work).run(range(40), 4)
    assert sorted(ended) == list(range(40))
    assert ended[-1] == 0
    assert max(most) == 4


async def test_it_reads_no_further_than_it_works() -> None:
    read: list[int] = []
    gate = asyncio.Event()

    def items() -> Iterator[int]:
        for number in range(1_000_000):
            read.append(number)
            yield number

    async def work(item: int) -> None:
        if item == 5:
            gate.set()
        await asyncio.sleep(0)
        if item > 8:
            await asyncio.sleep(60)

    task = asyncio.create_task(Scheduler(work).run(items(), 3))
    await gate.wait()
    await asyncio.sleep(0.05)
    assert len(read) < 15
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_drained_it_finishes_what_runs_and_begins_nothing() -> None:
    begun: list[int] = []
    ended: list[int] = []

    async def work(item: int) -> None:
        begun.append(item)
        await asyncio.sleep(0.02)
        if item == 2:
            scheduler.drain()
        ended.append(item)

    scheduler: Scheduler[int] = Scheduler(work)
    await scheduler.run(range(100), 2)
    assert begun == ended
    assert 3 <= len(begun) <= 4
    assert scheduler.draining


async def test_an_error_of_the_run_ends_it_and_cancels_the_rest() -> None:
    cancelled: list[int] = []

    async def work(item: int) -> None:
        if item == 3:
            raise OSError("disk full")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(item)
            raise

    with pytest.raises(OSError, match="disk full"):
        await Scheduler(work).run(range(100), 4)
    assert sorted(cancelled) == [0, 1, 2]
