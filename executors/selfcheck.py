"""Attacks a sandbox, to see on this very machine what it holds: the contract of every tier."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from executors.attacks import ATTACKS, DRILLS, Attack, Bait, Drill, Witness, with_preamble
from executors.attacks.attack import ENDED, TRIED
from executors.base import Executor, Limits, Session
from executors.errors import ExecutorError, ExecutorUnavailable
from executors.execution import Execution, Status
from executors.jupyter import JupyterExecutor
from executors.walls import Isolation, Tier, Wall

LIMITS = Limits(
    seconds=10.0,
    grace=0.5,
    output_bytes=50_000,
    memory_bytes=256 << 20,
    cpu_seconds=60,
    tasks=48,
    disk_bytes=8 << 20,
    files=512,
)
"""Small, so that taking too much is soon done, and harms nobody where nothing stops it."""
SLACK = 2.0
"""Seconds that a verdict may come after deadline and grace; the machine may be busy."""
CLOSE_SECONDS = 5.0
PATIENCE = 20.0
"""Seconds after which an engine that does not answer at all is given up."""
PULSE = r"""
pulse = globals().get("pulse", 0) + 1
import os, threading
thread = threading.Thread(target=int)
thread.start()
thread.join()
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
print(pulse)
"""
LOCKS = r"""
import json
told = dict(line.split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
print(json.dumps({key: told[key].strip() for key in ("CapEff", "NoNewPrivs", "Seccomp")}))
"""
LOCKED = {"CapEff": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one attack."""

    name: str
    wall: Wall
    held: bool
    detail: str = ""
    """What got through, or what it left behind; empty if it held. May hold a program's text."""
    seconds: float = 0.0


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
    with Bait() as bait:
        witness = Witness(bait.token)
        async with sandbox:
            trial = Trial(sandbox, bait, witness)
            isolation = await trial.open()
            for each in wanted:
                findings.append(await trial.run(each))
                if on_result:
                    on_result(findings[-1])
            await trial.close()
    return SandboxReport(isolation, tuple(findings))


class Trial:
    """One executor under attack, a neighbour in it, and a session that waits for its turn."""

    def __init__(self, sandbox: Executor, bait: Bait, witness: Witness) -> None:
        self._sandbox = sandbox
        self._bait = bait
        self._witness = witness
        self._pulse = 0
        self._tier = Tier.NONE
        self._neighbour: Session
        self._next: Session

    async def open(self) -> Isolation:
        """Take the sessions, and make sure with a harmless program that there are walls.

        Raises:
            ExecutorUnavailable: there are none, so that an attack would do harm.
        """
        self._neighbour = await self._sandbox.session()
        isolation = self._sandbox.isolation
        if isolation is None or isolation.tier is Tier.NONE:
            raise ExecutorUnavailable(
                "there is no sandbox to attack",
                why="Programs would run with all rights of this user, and the attacks do harm.",
                hint="tir doctor",
            )
        told = await self._neighbour.execute(LOCKS)
        try:
            locks = json.loads(told.stdout)
        except ValueError:
            locks = {}
        if locks != LOCKED:
            raise ExecutorUnavailable(
                "the sandbox is not attacked",
                why=f"A session says that it is not locked: {told.observation(200)}",
                hint="report this, with the output of 'tir doctor --json'",
            )
        await self._beat()
        # What the first session makes for good, such as threads and sockets, is made now.
        await (await self._sandbox.session()).close()
        self._witness.settle()
        self._next = await self._sandbox.session()
        self._tier = isolation.tier
        return isolation

    async def close(self) -> None:
        """Close both sessions."""
        await self._next.close()
        await self._neighbour.close()

    async def run(self, each: Attack | Drill) -> Finding:
        """One attack, and a look at everything that it may have harmed."""
        started = time.monotonic()
        self._witness.watch_memory()
        try:
            async with asyncio.timeout(2 * PATIENCE + getattr(each, "timeout", PATIENCE)):
                if isinstance(each, Attack):
                    complaints = await self._attack(each)
                else:
                    complaints = [await each.run(self._sandbox, self._tier)]
                complaints += await self._aftermath(each)
        except TimeoutError:
            complaints = ["the engine does not answer any more"]
        except ExecutorError as error:
            complaints = [f"{error.what}: {error.why}"]
        detail = "; ".join(complaint for complaint in complaints if complaint)
        seconds = time.monotonic() - started
        return Finding(each.name, each.wall, not detail, detail, seconds)

    async def _attack(self, attack: Attack) -> list[str]:
        facts = self._bait.facts(LIMITS)
        if attack.victim:
            told = await self._neighbour.execute(with_preamble(attack.victim, facts))
            try:
                facts["victim"] = json.loads(told.stdout.splitlines()[-1])
            except (ValueError, IndexError):
                return [f"the neighbour could not be prepared: {told.observation(300)}"]
        session = self._next
        started = time.monotonic()
        outcome = await session.execute(attack.code(facts), timeout=attack.timeout)
        late = time.monotonic() - started - attack.timeout - LIMITS.grace - SLACK
        complaints = [attack.complaint(outcome)]
        if late > 0:
            complaints.append(f"the verdict came {late + SLACK:.1f} s late")
        if attack.linger:
            await asyncio.sleep(attack.linger)
        complaints += [self._witness.growth(), await self._beat()]
        complaints += [await still_there(attack, session, outcome)]
        if attack.verdict:
            complaints.append(await self._verdict(attack, self._neighbour))
        started = time.monotonic()
        await session.close()
        if (took := time.monotonic() - started) > CLOSE_SECONDS:
            complaints.append(f"closing took {took:.1f} s")
        return complaints

    async def _aftermath(self, each: Attack | Drill) -> list[str]:
        if not isinstance(each, Attack):
            await self._next.close()
        complaints = [*self._bait.touched(), *await self._witness.leftovers()]
        if complaints:
            # Said once: what is there now is not the next one's fault.
            self._witness.settle()
        self._next = await self._sandbox.session()
        outcome = await self._next.execute("print(6 * 7)")
        if (outcome.status, outcome.stdout) != (Status.OK, "42\n"):
            complaints.append(f"the next session does not work: {outcome.observation(200)}")
        if isinstance(each, Attack) and each.verdict:
            complaints.append(await self._verdict(each, self._next))
        return [*complaints, await self._beat()]

    async def _verdict(self, attack: Attack, session: Session) -> str:
        program = with_preamble(attack.verdict, self._bait.facts(LIMITS))
        wanted = replace(attack, ends=ENDED, says=TRIED, loud=False)
        return wanted.complaint(await session.execute(program))

    async def _beat(self) -> str:
        """Whether the neighbour still answers, with its state; if not, there is a new one."""
        self._pulse += 1
        outcome = await self._neighbour.execute(PULSE)
        if (outcome.status, outcome.stdout) == (Status.OK, f"{self._pulse}\n"):
            return ""
        with contextlib.suppress(ExecutorError):
            await self._neighbour.close()
        self._neighbour, self._pulse = await self._sandbox.session(), 0
        return f"a neighbour was harmed: {outcome.observation(200)}"


async def still_there(attack: Attack, session: Session, outcome: Execution) -> str:
    """Whether the session can be used after the attack, with its state where that must be kept."""
    after = await session.execute("print(mark)" if attack.keeps else "print(6 * 7)")
    if attack.keeps and (after.status, after.stdout) != (Status.OK, "kept\n"):
        return f"the session lost its state: {after.observation(200)}"
    lost = outcome.status in (Status.DIED, Status.MEMORY)
    if lost and (after.status, after.stdout) != (Status.OK, "42\n"):
        return f"a dead session was not replaced: {after.observation(200)}"
    return ""
