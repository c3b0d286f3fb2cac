"""Where an executor's sessions come from: a tier, found by trying, and its warm process."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from executors import seatbelt
from executors.base import Limits
from executors.errors import ExecutorUnavailable
from executors.kernel import Kernel
from executors.linux import cgroup, landlock
from executors.process import PACKAGE, launch, private_directory
from executors.sandboxed import SandboxedProcess
from executors.walls import Gap, Isolation, Tier, Wall
from executors.warm import can_give_users, readable
from executors.watchdog import Watchdog
from executors.zygote import Zygote

WARM = (Tier.NAMESPACES, Tier.BUBBLEWRAP, Tier.LANDLOCK)
"""Tiers of Linux, with a warm process that forks sessions."""
TRIED = WARM if sys.platform == "linux" else (Tier.SEATBELT,)
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
        self._home: Path | None = None
        """Where control groups can be made."""
        self._groups: list[cgroup.Group] = []

    @property
    def isolation(self) -> Isolation | None:
        """What the sessions are held by; None until the first kernel was asked for."""
        return self._isolation

    async def kernel(self) -> Kernel:
        """A kernel that nobody has used.

        Raises:
            ExecutorUnavailable: no walls can be raised here, or no kernel started.
        """
        tier = await self._stand()
        if self._zygote is None:
            wrap = seatbelted if tier is Tier.SEATBELT else None
            process = launch(self._limits.output_bytes, wrap)
            return await Kernel.start(process, self._limits, self._prelude)
        forked = await self._zygote.spawn()
        if self._home is not None:
            self._sweep()
            self._confine(forked, self._home)
        bound(self._watchdog, forked, self._limits, tier)
        # The prelude has been run already, before the fork.
        return await Kernel.start(forked, self._limits, watchdog=self._watchdog, warm=True)

    async def close(self) -> None:
        """End the warm process, and every session with it."""
        self._watchdog.close()
        if self._zygote is not None:
            zygote, self._zygote = self._zygote, None
            await zygote.close()
        self._sweep()

    def _sweep(self) -> None:
        """Remove the control groups that have emptied; the others refuse."""
        self._groups = [group for group in self._groups if not group.remove()]

    def _confine(self, forked: SandboxedProcess, home: Path) -> None:
        try:
            self._groups.append(cgroup.Group(home, self._limits))
            forked.confine(self._groups[-1])
        except OSError as error:
            forked.close()
            raise ExecutorUnavailable(
                "a session cannot be put into its control group", why=str(error)
            ) from error

    async def _stand(self) -> Tier:
        """See that the walls stand and, where there is a warm process, that it lives."""
        async with self._raising:
            if self._zygote is not None and not self._zygote.alive:
                await self._zygote.close()
                self._zygote = None
            if self._isolation is None:
                wanted = TRIED if self._wanted is None else (self._wanted,)
                _, self._isolation = await first_standing(wanted, self._raise)
            elif self._zygote is None and self._isolation.tier in WARM:
                # A tier once chosen is kept: no later session is held by less than the first.
                await self._raise(self._isolation.tier)
            return self._isolation.tier

    async def _raise(self, tier: Tier) -> None:
        if tier is Tier.NONE:
            refuse_root()
        elif tier is Tier.SEATBELT:
            try_seatbelt()
        else:
            self._zygote = await Zygote.start(tier, self._limits, self._prelude)
            self._home = None if cgroup.available() else cgroup.home()


def bound(watchdog: Watchdog, process: SandboxedProcess, limits: Limits, tier: Tier) -> None:
    """Have watched what this tier leaves to be watched: in a namespace of its own a session has
    a disk and a count of tasks of its own, and there its sockets can be told from others'."""
    apart = tier is Tier.NAMESPACES
    directory = None if apart else process.directory
    watchdog.watch(process, limits, directory, tasks=not apart, sockets=apart)


T = TypeVar("T")


async def first_standing(
    tiers: Sequence[Tier], attempt: Callable[[Tier], Awaitable[T]]
) -> tuple[T, Isolation]:
    """What `attempt` makes of the first tier that this machine lets us have.

    Raises:
        ExecutorUnavailable: of none of them.
    """
    refused: list[tuple[Tier, str]] = []
    for tier in tiers:
        try:
            made = await attempt(tier)
        except ExecutorUnavailable as error:
            if tier is Tier.NONE:
                raise
            refused.append((tier, error.why))
            continue
        return made, Isolation(tier, gaps(tier), tuple(refused))
    raise ExecutorUnavailable(
        "no sandbox can be raised on this machine",
        why="; ".join(f"{tier}: {why}" for tier, why in refused),
        hint=f"tir doctor; {UNSAFE}",
    )


def try_seatbelt() -> None:
    """See that a process starts under the profile.

    Raises:
        ExecutorUnavailable: it does not, or this is no Mac.
    """
    directory = private_directory()
    try:
        if (why := seatbelt.available(directory)) is not None:
            raise ExecutorUnavailable("no seatbelt sandbox can be raised here", why=why)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def seatbelted(command: Sequence[str], directory: Path) -> list[str]:
    """The command of a kernel, under the profile for its directory."""
    return seatbelt.command(command, [*readable(), PACKAGE], directory)


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
    if tier is Tier.SEATBELT:
        return seatbelt.GAPS
    if tier is Tier.NONE:
        return BARE
    return landlock.gaps(landlock.abi(), root=can_give_users())
