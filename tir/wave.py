"""Trajectories of one problem drawn side by side."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from tir.episode import Episode
from tir.events import Event, TrajectoryDone
from tir.trajectory import Stop, Trajectory


class Wave:
    """The trajectories being drawn. In order of their index, whichever is the first to end."""

    def __init__(self, episodes: Sequence[Episode] = ()) -> None:
        self.episodes = tuple(episodes)

    def trajectories(self, otherwise: Stop) -> list[Trajectory]:
        """As far as they are; `otherwise` is the stop of those that have not come to one."""
        return [episode.trajectory(otherwise) for episode in self.episodes]

    async def work(self, episodes: Sequence[Episode]) -> AsyncGenerator[Event, None]:
        """Lets some of its episodes work until each stops; their events as they come.

        Raises:
            TirError: of the first that fails; the others are stopped where they are.
        """
        async with aclosing(together([_finish(episode) for episode in episodes])) as events:
            async for event in events:
                yield event

    async def close(self) -> None:
        """Ends all kernels and frees all caches; an error of one does not keep the others."""
        closing = asyncio.gather(
            *(episode.close() for episode in self.episodes), return_exceptions=True
        )
        try:
            closed = await asyncio.shield(closing)
        except asyncio.CancelledError:
            # A second Ctrl-C: what holds a process or memory is let go of all the same.
            await closing
            raise
        for error in closed:
            if isinstance(error, BaseException):
                raise error


async def _finish(episode: Episode) -> AsyncGenerator[Event, None]:
    async for event in episode.work():
        yield event
    yield TrajectoryDone(episode.index, episode.trajectory())


async def together(
    streams: Sequence[AsyncGenerator[Event, None]],
) -> AsyncGenerator[Event, None]:
    """The events of all streams as they come, each stream's own in order.

    When it ends, by exhaustion, failure, cancellation or because the caller has had enough, no
    stream goes on behind the caller's back.
    """
    if len(streams) == 1:
        # No task and no queue: a single stream runs no further than its events are asked for.
        async with aclosing(streams[0]) as events:
            async for event in events:
                yield event
        return
    arrived: asyncio.Queue[Event | asyncio.Task[None]] = asyncio.Queue()

    async def pump(stream: AsyncGenerator[Event, None]) -> None:
        async with aclosing(stream) as events:
            async for event in events:
                arrived.put_nowait(event)

    running = {asyncio.create_task(pump(stream)) for stream in streams}
    for task in running:
        task.add_done_callback(arrived.put_nowait)
    try:
        while running:
            item = await arrived.get()
            if isinstance(item, asyncio.Task):
                running.discard(item)
                item.result()
            else:
                yield item
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
