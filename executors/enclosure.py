"""Where an executor's sessions come from: a tier, found by trying, and its warm process."""

import asyncio
import os

from executors.base import Limits
from executors.errors import ExecutorUnavailable
from executors.kernel import Kernel
from executors.linux import landlock
from executors.process import launch
from executors.walls import Gap, Isolation, Tier, Wall
from executors.warm import can_give_users
from executors.watchdog import Watchdog
from executors.zygote import Zygote

TRIED = (Tier.NAMESPACES, Tier.BUBBLEWRAP, Tier.LANDLOCK)
"""In this order, where nobody says which. `NONE` is never fallen back to."""
THROWAWAY = "TIR_THROWAWAY_CONTAINER"
UNSAFE = "tir solve --unsafe-no-sandbox ... runs programs as you, with your files and network"
TOGETHER = tuple(
    Gap(wall, why, "allow user namespaces; see tir doctor")
    for wall, why in (
        (Wall.TASKS, "tasks are watched, not walled off"),
        (Wall.STRAYS, "processes of an ended session are killed one by one"),
        (Wall.DISK, "sessions share one /tmp and its size"),
        (Wall.PROCESSES, "sessions can ask which processes of other sessions there are"),
    )
)
"""What stays open where all sessions are in one room."""
BARE = tuple(
    Gap(wall, "nothing holds it", "")
    for wall in Wall
    if wall not in (Wall.CPU, Wall.OUTPUT, Wall.ENVIRONMENT)
)


class Enclosure:
    """The walls of one executor: raised once, then any number of kernels behind them.

    Args:
        tier: the tier to use and no other; None for the best that this machine lets us have.
    """

    def __init__(self, limits: Limits, prelude: str, tier: Tier | None) -> None:
        self._limits = limits
        self._prelude = prelude
        self._wanted = tier
        self._isolation: Isolation | None = None
        self._zygote: Zygote | None = None
        self._raising = asyncio.Lock()
        self._watchdog = Watchdog()

    @property
    def isolation(self) -> Isolation | None:
        """What the sessions are held by; None until the first kernel was asked for."""
        return self._isolation

    async def kernel(self) -> Kernel:
        """A kernel that nobody has used.

        Raises:
            ExecutorUnavailable: no walls can be raised here, or no kernel started.
        """
        if self._wanted is Tier.NONE:
            refuse_root()
            self._isolation = Isolation(Tier.NONE, BARE)
            return await Kernel.start(
                launch(self._limits.output_bytes), self._limits, self._prelude
            )
        zygote = await self._warm()
        process = await zygote.spawn()
        loose = zygote.tier is not Tier.NAMESPACES
        self._watchdog.watch(
            process,
            self._limits,
            process.directory if loose else None,
            tasks=loose,
            sockets=not loose,
        )
        # The prelude has been run already, before the fork.
        return await Kernel.start(process, self._limits, watchdog=self._watchdog)

    async def close(self) -> None:
        """End the warm process, and every session with it."""
        self._watchdog.close()
        if self._zygote is not None:
            zygote, self._zygote = self._zygote, None
            await zygote.close()

    async def _warm(self) -> Zygote:
        async with self._raising:
            if self._zygote is not None and not self._zygote.alive:
                await self._zygote.close()
                self._zygote = None
            if self._zygote is None:
                self._zygote = await self._raise()
            return self._zygote

    async def _raise(self) -> Zygote:
        refused: list[tuple[Tier, str]] = []
        # A tier once chosen is kept: no later session is held by less than the first.
        known = self._isolation.tier if self._isolation else self._wanted
        for tier in TRIED if known is None else (known,):
            try:
                zygote = await Zygote.start(tier, self._limits, self._prelude)
            except ExecutorUnavailable as error:
                refused.append((tier, error.why))
                continue
            self._isolation = Isolation(tier, gaps(tier), tuple(refused))
            return zygote
        raise ExecutorUnavailable(
            "no sandbox can be raised on this machine",
            why="; ".join(f"{tier}: {why}" for tier, why in refused),
            hint=f"tir doctor; {UNSAFE}",
        )


def refuse_root() -> None:
    """No program of a model's runs as root without walls, unless the machine is to be thrown away.

    Raises:
        ExecutorUnavailable: we are root, and `TIR_THROWAWAY_CONTAINER` is not set to 1.
    """
    if os.geteuid() == 0 and os.environ.get(THROWAWAY) != "1":
        raise ExecutorUnavailable(
            "programs are not run as root without a sandbox",
            why="Such a program can overwrite any file of this machine",
            hint=f"an ordinary user, or {THROWAWAY}=1 inside a container that is thrown away",
        )


def gaps(tier: Tier) -> tuple[Gap, ...]:
    """What a tier leaves open on this machine."""
    if tier is Tier.NAMESPACES:
        return ()
    if tier is Tier.BUBBLEWRAP:
        return TOGETHER
    return landlock.gaps(landlock.abi(), root=can_give_users())
