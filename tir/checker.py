"""Has the answers of one problem checked, and keeps what each check said."""

from collections.abc import Sequence
from dataclasses import dataclass

from executors import Executor
from problems import Problem
from tir.checks import CheckProgram, CheckResult, Finding, run_check, write_check
from tir.equality import Equality
from tir.models.base import Model
from tir.policy import Policy
from tir.trajectory import Usage

_WEIGHT = (Finding.BROKEN, Finding.VACUOUS, Finding.REJECTS, Finding.ACCEPTS, Finding.REFUTES)
"""What a check says counts for more than that another one is of no use."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What the checks say of one answer, all in all."""

    result: CheckResult
    """Of the check that counts most."""
    source: str | None
    """That check."""
    rejections: int
    """How many checks reject the answer."""

    @property
    def goes_back(self) -> bool:
        """Whether the model is to be told: a sound check says no, or two checks do.

        One check that rejects all it is given may reject everything, a right answer too.
        """
        return self.result.finding is Finding.REFUTES or (
            self.result.finding is Finding.REJECTS and self.rejections >= 2
        )


class Checker:
    """Writes up to `Policy.checks` checks, no more than it takes to get a clear word."""

    def __init__(
        self,
        problem: Problem,
        *,
        model: Model,
        executor: Executor,
        policy: Policy,
        equality: Equality,
        checks: Sequence[CheckProgram] = (),
    ) -> None:
        self.usage = sum((check.usage for check in checks), Usage())
        self._problem = problem
        self._model = model
        self._executor = executor
        self._policy = policy
        self._equality = equality
        self._checks = list(checks)
        self._said: dict[tuple[int, str, tuple[str, ...]], CheckResult] = {}
        self._examined: dict[str, Examined] = {}

    @property
    def checks(self) -> tuple[CheckProgram, ...]:
        """Those written so far; `checks` of the constructor were written before."""
        return tuple(self._checks)

    def __call__(self, answer: str) -> Examined | None:
        """What is known of an answer."""
        return self._examined.get(answer)

    async def examine(self, answer: str, rivals: Sequence[str]) -> Examined:
        """Asks the checks written so far, newest first, and then new ones, until one can tell.

        `rivals` are other answers; those equal to this one are left out.

        Raises:
            KernelFailed: no session could be started.
        """
        others = tuple([text for text in rivals if not await self._equality.learn(text, answer)])
        findings: list[tuple[CheckResult, CheckProgram]] = []
        for number in range(len(self._checks) - 1, -1, -1):
            # A check whose author was shown this very answer cannot judge it.
            if await self._equality.learn(self._checks[number].shown, answer) is False:
                findings.append((await self._ask(number, answer, others), self._checks[number]))
        while not _is_clear(findings) and len(self._checks) < self._policy.checks:
            check = await self._write(answer)
            findings.append((await self._ask(len(self._checks) - 1, answer, others), check))
        if not findings:
            nothing = CheckResult(Finding.BROKEN, 0, "no check could be had")
            self._examined[answer] = Examined(nothing, None, 0)
            return self._examined[answer]
        result, check = max(findings, key=lambda found: _WEIGHT.index(found[0].finding))
        rejections = sum(
            found.finding in (Finding.REJECTS, Finding.REFUTES) for found, _ in findings
        )
        self._examined[answer] = Examined(result, check.source, rejections)
        return self._examined[answer]

    async def _ask(self, number: int, answer: str, others: tuple[str, ...]) -> CheckResult:
        key = (number, answer, others)
        if key not in self._said:
            self._said[key] = await run_check(
                self._checks[number],
                answer,
                others,
                executor=self._executor,
                seconds=self._policy.program_seconds,
            )
        return self._said[key]

    async def _write(self, answer: str) -> CheckProgram:
        dialect, attempt = self._model.dialect, len(self._checks)
        check = await write_check(
            self._problem,
            answer,
            model=self._model,
            sampling=dialect.sampled if attempt else dialect.greedy,
            seed=self._policy.seed + attempt,
        )
        self.usage += check.usage
        self._checks.append(check)
        return check


def _is_clear(findings: Sequence[tuple[CheckResult, CheckProgram]]) -> bool:
    return any(found.finding in (Finding.ACCEPTS, Finding.REFUTES) for found, _ in findings)
