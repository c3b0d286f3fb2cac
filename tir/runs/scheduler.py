"""A bounded number of things in flight: the next begins as one ends, none waits for another."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Scheduler(Generic[Item]):
    """Runs `work` on items, some at a time, in one event loop.

    No rounds: an item whose kernel works leaves the model to the others, and the next item is
    read when one ends. So memory holds those in flight, however many there are.
    """

    def __init__(self, work: Callable[[Item], Awaitable[None]]) -> None:
        self._work = work
        self._draining = False

    @property
    def draining(self) -> bool:
        """Whether nothing new is begun any more."""
        return self._draining

    def drain(self) -> None:
        """Begins nothing more; what runs is finished. For the thread of the event loop."""
        self._draining = True

    async def run(self, items: Iterable[Item], width: int) -> None:
        """`width` at a time, until all are done, or those that ran when `drain` was called.

        An exception of `work` or `items` ends the run: the others are cancelled, it is raised.
        """
        shared = iter(items)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(width):
                    group.create_task(self._lane(shared))
        except BaseExceptionGroup as errors:
            # The first is what went wrong; the others fell with it.
            raise errors.exceptions[0] from errors

    async def _lane(self, shared: Iterator[Item]) -> None:
        while not self._draining:
            # `next`, not `for`: a lane that saw the end must not read on from a closed file.
            try:
                item = next(shared)
            except StopIteration:
                return
            await self._work(item)
