"""A double at the `Executor` protocol: answers programs from a script, runs none of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from executors.errors import ExecutorUnavailable, SessionClosed
from executors.execution import Execution, Status
from executors.walls import Isolation

Outcome = Execution | str
Script = Mapping[str, Outcome] | Sequence[Outcome] | Callable[[str], Outcome]


class ScriptedSession:
    """Answers from the script. `programs` holds the code it was given, in order."""

    def __init__(self, answer: Callable[[str], Outcome]) -> None:
        self.programs: list[str] = []
        self.closed = False
        self._answer = answer

    async def execute(self, code: str, *, timeout: float | None = None) -> Execution:
        """The scripted outcome. Raises `SessionClosed` after `close`."""
        if self.closed:
            raise SessionClosed("the session is closed")
        self.programs.append(code)
        outcome = self._answer(code)
        return Execution(Status.OK, stdout=outcome) if isinstance(outcome, str) else outcome

    async def fork(self) -> "ScriptedSession":
        """A session that was given the same programs and answers from the same script."""
        twin = ScriptedSession(self._answer)
        twin.programs = self.programs.copy()
        return twin

    async def close(self) -> None:
        """Refuse programs from now on. Idempotent."""
        self.closed = True


class ScriptedExecutor:
    """Hands out sessions that all answer from one script.

    Args:
        script: outcomes by code (surrounding white space does not count), or outcomes in the
            order of the programs over all sessions, or a function of the code. A plain string
            stands for a program that printed it and ended `OK`.

    A program the script does not foresee raises `ExecutorUnavailable`.
    """

    def __init__(self, script: Script) -> None:
        self.sessions: list[ScriptedSession] = []
        self._script = script
        self.isolation: Isolation | None = None
        self._queue: Iterator[Outcome] = iter(script if isinstance(script, Sequence) else ())

    async def session(self) -> ScriptedSession:
        """A new session; `sessions` remembers it."""
        self.sessions.append(ScriptedSession(self._answer))
        return self.sessions[-1]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for session in self.sessions:
            await session.close()

    def _answer(self, code: str) -> Outcome:
        if callable(self._script):
            return self._script(code)
        if isinstance(self._script, Mapping):
            outcome = self._script.get(code.strip())
        else:
            outcome = next(self._queue, None)
        if outcome is None:
            raise ExecutorUnavailable("no outcome is scripted", why=code, hint="add one")
        return outcome
