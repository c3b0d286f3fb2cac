"""Which texts are equal answers, asked once each and never in the event loop's way."""

import asyncio
from collections.abc import Iterable

from problems import WorkerUnavailable, abandon, equal
from tir.errors import EnvironmentFailed


class Equality:
    """What is known about pairs of answers. Calling it looks up; `learn` finds out.

    A comparison may take seconds of computer algebra. It runs in a thread, so that Ctrl-C and
    the deadline are obeyed meanwhile; cancelled, it kills the comparing process.
    """

    def __init__(self) -> None:
        self._known: dict[frozenset[str], bool | None] = {}

    def __call__(self, a: str, b: str) -> bool | None:
        """Whether two answers are equal; None if undecided, or not asked yet."""
        return True if a == b else self._known.get(frozenset((a, b)))

    async def learn(self, a: str, b: str) -> bool | None:
        """Whether two answers are equal, found out if need be.

        Raises:
            EnvironmentFailed: the comparing process cannot be started.
        """
        pair = frozenset((a, b))
        if a != b and pair not in self._known:
            try:
                self._known[pair] = await asyncio.to_thread(equal, a, b, find=False)
            except asyncio.CancelledError:
                abandon()
                raise
            except WorkerUnavailable as error:
                raise EnvironmentFailed(
                    "answers cannot be compared.",
                    why=str(error),
                    hint="the same command again; else reinstall: make clean solve",
                ) from error
        return self(a, b)

    async def learn_all(self, texts: Iterable[str]) -> None:
        """Every pair among some texts."""
        distinct = list(dict.fromkeys(texts))
        for at, one in enumerate(distinct):
            for other in distinct[:at]:
                await self.learn(one, other)
