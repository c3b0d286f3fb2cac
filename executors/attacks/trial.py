"""One sandbox under attack: what is done before, during and after each, and what is looked at."""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, replace

from executors.attacks.attack import ENDED, TRIED, Attack, with_preamble
from executors.attacks.bait import Bait
from executors.attacks.drills import Drill
from executors.attacks.witness import Witness
from executors.base import Executor, Limits, Session
from executors.errors import ExecutorError, ExecutorUnavailable
from executors.execution import Execution, Status
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
AFTERWARDS = 3.0
"""Seconds for a trivial program in a session that was attacked, which may well hang."""
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
BUSY = "import os, time\nif os.fork() == 0:\n    os.setsid()\ntime.sleep(600)"
LOCKS = "print(open_locks() or 'locked')"


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one attack."""

    name: str
    wall: Wall
    held: bool
    detail: str = ""
    """What got through, or what it left behind; empty if it held. May hold a program's text."""
    seconds: float = 0.0


class Trial:
    """One executor under attack, a neighbour in it, and a session that waits for its turn."""

    def __init__(self, sandbox: Executor, bait: Bait) -> None:
        self._sandbox = sandbox
        self._bait = bait
        self._witness = Witness(bait.token)
        self._pulse = 0
        self._tier = Tier.NONE
        self._failures: list[str] = []
        self._running: list[asyncio.Future[Execution]] = []
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
        told = await self._neighbour.execute(with_preamble(LOCKS, {}))
        if told.stdout != "locked\n":
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

    async def leave_running(self) -> None:
        """Leave both sessions as they are when a user's program ends with an error: busy."""
        self._running = [
            asyncio.ensure_future(session.execute(BUSY, timeout=PATIENCE))
            for session in (self._next, self._neighbour)
        ]
        await asyncio.sleep(0.1)

    async def afterwards(self) -> Finding:
        """What is left when the executor is closed: nothing, not even the warm process."""
        await asyncio.wait(self._running, timeout=CLOSE_SECONDS)
        complaints = [f"{task} is not done" for task in self._running if not task.done()]
        for task in self._running:
            if task.done() and task.exception() is None and task.result().status is Status.OK:
                complaints.append("a program whose executor was closed ended ok")
        complaints += await self._witness.leftovers(nothing=True)
        detail = "; ".join([*complaints, *self._failures])
        return Finding("leave-the-executor", Wall.STRAYS, not detail, detail)

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
        # Once around the loop, for what was thrown into it last.
        await asyncio.sleep(0)
        complaints += self._failures
        self._failures = []
        detail = "; ".join(complaint for complaint in complaints if complaint)
        seconds = time.monotonic() - started
        return Finding(each.name, each.wall, not detail, detail, seconds)

    def note(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """An exception of the engine's own that reached the event loop."""
        what = repr(context.get("exception") or context.get("message"))
        if not any(what[:200] in each for each in self._failures):
            self._failures.append(f"the engine's own code failed: {what[:200]}")

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
        self._witness.settle()
        return f"a neighbour was harmed: {outcome.observation(200)}"


async def still_there(attack: Attack, session: Session, outcome: Execution) -> str:
    """Whether the session can be used after the attack, with its state where that must be kept."""
    program = "print(mark)" if attack.keeps else "print(6 * 7)"
    after = await session.execute(program, timeout=AFTERWARDS)
    if attack.keeps and (after.status, after.stdout) != (Status.OK, "kept\n"):
        return f"the session lost its state: {after.observation(200)}"
    lost = outcome.status in (Status.DIED, Status.MEMORY)
    if lost and (after.status, after.stdout) != (Status.OK, "42\n"):
        return f"a dead session was not replaced: {after.observation(200)}"
    return ""
