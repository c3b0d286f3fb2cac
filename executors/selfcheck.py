"""Attacks a sandbox, to see on this very machine what it holds: the contract of every tier."""

import asyncio
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from executors.attacks import ATTACKS, DRILLS, Attack, Bait, Drill
from executors.attacks.trial import LIMITS, Finding, Trial
from executors.base import Executor, Limits
from executors.errors import ExecutorUnavailable
from executors.jupyter import JupyterExecutor
from executors.walls import Isolation, Tier, Wall

__all__ = ["Finding", "SandboxReport", "selfcheck"]


@dataclass(frozen=True, slots=True)
class SandboxReport:
    """What a sandbox withstood."""

    isolation: Isolation
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The attacks that were not contained."""
        return tuple(finding for finding in self.findings if not finding.held)

    def at(self, wall: Wall) -> tuple[Finding, ...]:
        """What was tried against one wall."""
        return tuple(finding for finding in self.findings if finding.wall is wall)

    def holds(self, walls: Collection[Wall]) -> bool:
        """Whether each of them was attacked and none gave way: one not tried is not known to."""
        return all(
            (tried := self.at(wall)) and all(finding.held for finding in tried) for wall in walls
        )


async def selfcheck(
    make: Callable[[Limits], Executor] | None = None,
    *,
    tier: Tier | None = None,
    full: bool = True,
    only: Collection[str] = (),
    attacks: Sequence[Attack] = ATTACKS,
    drills: Sequence[Drill] = DRILLS,
    on_result: Callable[[Finding], None] | None = None,
) -> SandboxReport:
    """Run the attacks, one after another, while a neighbour's session is open.

    Args:
        make: makes the executor for these limits; `JupyterExecutor` of `tier` if None.
        tier: which walls, the best that this machine can raise if None.
        full: also what takes its time; without, some 10 s.
        only: names of attacks and drills; all if empty.
        on_result: called with each finding as soon as it is made.

    Raises:
        ExecutorUnavailable: no such sandbox can be raised here, or what was raised is none. It is
            not attacked then: what is tried here does harm where no wall stands.
    """
    if sys.platform != "linux":
        raise ExecutorUnavailable(
            "the sandbox cannot be attacked here",
            why="the attacks are written for Linux",
            hint="run them in a Linux container on this machine",
        )
    everything: tuple[Attack | Drill, ...] = (*attacks, *drills)
    wanted = [each for each in everything if (each.name in only if only else full or each.quick)]
    findings: list[Finding] = []
    sandbox: Executor = make(LIMITS) if make else JupyterExecutor(LIMITS, spares=0, tier=tier)
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    with Bait() as bait:
        trial = Trial(sandbox, bait)
        # A message that fails to be read ends as an exception that nobody awaits.
        loop.set_exception_handler(trial.note)
        try:
            async with sandbox:
                isolation = await trial.open()
                for each in wanted:
                    findings.append(await trial.run(each))
                    if on_result:
                        on_result(findings[-1])
                await trial.leave_running()
            findings.append(await trial.afterwards())
        finally:
            loop.set_exception_handler(before)
    if on_result:
        on_result(findings[-1])
    return SandboxReport(isolation, tuple(findings))
