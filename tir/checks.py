"""A second opinion by code: `check(answer)`, written without sight of the working.

A check counts only if it could have failed. So it is run on decoys, wrong answers near the
candidate, and must reject every one. And the proposed answer that its author is shown is
itself a decoy: a check that copies what it was shown accepts the decoy and gives itself away.
"""

import json
import secrets
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from executors import Executor, ExecutorError, Status
from problems import Problem, decoys, typed
from tir.dialects import Sampling
from tir.errors import from_executor
from tir.models.base import Model
from tir.trajectory import Usage

_HARNESS = Path(__file__).with_name("harness.py").read_text(encoding="utf-8")
FEWEST_DECOYS = 2
"""A check must have rejected this many wrong answers by saying so, not by raising."""
START_SECONDS = 20.0
"""On top of a program's time: the harness imports SymPy, 0.5 s cold and several on a busy disk."""


class Finding(StrEnum):
    """What a check says of a candidate."""

    ACCEPTS = "accepts"
    """Accepts it and rejects every decoy, the one its author was shown included."""
    REFUTES = "refutes"
    """Rejects it and accepts another value: it can tell, and says no."""
    REJECTS = "rejects"
    """Rejects it, and all else it was tried on: perhaps it rejects everything."""
    VACUOUS = "vacuous"
    """Accepts a decoy too, or the wrong answer that its author was shown."""
    BROKEN = "broken"
    """Does not run, or gives no clear word."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A finding, with the numbers behind it and a sentence for people."""

    finding: Finding
    rejected: int
    detail: str


@dataclass(frozen=True, slots=True)
class CheckProgram:
    """A check as written. `source` is None if the model wrote no `check`."""

    source: str | None
    shown: str
    """The decoy that its author was shown as the proposed answer."""
    usage: Usage


async def write_check(
    problem: Problem, candidate: str, *, model: Model, sampling: Sampling, seed: int
) -> CheckProgram:
    """Has the model write a check for a problem, shown a decoy of the candidate."""
    near = decoys(candidate)
    shown = near[seed % len(near)] if near else "0"
    dialect = model.dialect
    session = model.open(dialect.check_prompt(problem, shown), seed=seed)
    parser = (dialect.check_parser or dialect.parser)()
    room = max(1, model.context - session.length)
    sampling = replace(sampling, max_tokens=min(sampling.max_tokens, room))
    try:
        async with aclosing(session.generate(sampling, dialect.check_stops)) as deltas:
            async for delta in deltas:
                parser.feed(delta.text)
        parser.end()
    finally:
        usage = session.usage
        session.close()
    source = parser.program if parser.program and "def check" in parser.program else None
    return CheckProgram(source, shown, usage)


async def run_check(
    check: CheckProgram,
    candidate: str,
    others: Sequence[str],
    *,
    executor: Executor,
    seconds: float,
) -> CheckResult:
    """Runs a check on the candidate, on decoys of it, and on `others`, in a session of its own.

    `others` are rival answers: to accept one of them and not the candidate is to refute it. A
    check that accepts the decoy its author was shown may have copied it, and judges nothing;
    the caller sees to it that this decoy is not the candidate.

    Raises:
        KernelFailed: no session could be started.
    """
    if check.source is None:
        return CheckResult(Finding.BROKEN, 0, "the model wrote no check")
    near = tuple(dict.fromkeys((*others, *decoys(candidate, others))))
    near = tuple(text for text in near if text not in (candidate, check.shown))
    verdicts = await _verdicts(check.source, (candidate, check.shown, *near), executor, seconds)
    if isinstance(verdicts, str):
        return CheckResult(Finding.BROKEN, 0, verdicts)
    own, shown, *rest = verdicts
    if shown is True:
        detail = f"a check accepts {check.shown}, which its author was shown"
        return CheckResult(Finding.VACUOUS, 0, detail)
    return judge(own, [shown, *rest], [check.shown, *near])


def judge(own: object, rest: Sequence[object], near: Sequence[str]) -> CheckResult:
    """The finding from the check's word on the candidate and on its decoys `near`."""
    accepted = [text for text, verdict in zip(near, rest, strict=True) if verdict is True]
    rejected = sum(1 for verdict in rest if verdict is False)
    if own is True and accepted:
        return CheckResult(
            Finding.VACUOUS, rejected, f"a check accepts it, but the wrong answer {accepted[0]} too"
        )
    if own is True and rejected >= FEWEST_DECOYS:
        return CheckResult(
            Finding.ACCEPTS, rejected, f"a check accepts it and rejects {rejected} wrong answers"
        )
    if own is False and accepted:
        return CheckResult(
            Finding.REFUTES, rejected, f"a check rejects it and accepts {accepted[0]}"
        )
    if own is False:
        return CheckResult(
            Finding.REJECTS, rejected, "a check rejects it, and all else it was given"
        )
    return CheckResult(Finding.BROKEN, rejected, f"a check gave no clear word ({own})")


async def _verdicts(
    source: str, texts: Sequence[str], executor: Executor, seconds: float
) -> list[object] | str:
    """The check's word on each text, or why there is none."""
    mark = secrets.token_hex(8)
    trees = [typed(text) for text in texts]
    ask = f"{_HARNESS}\nprint({mark!r} + _judge(check, {trees!r}))"
    try:
        session = await executor.session()
        try:
            defined = await session.execute(source, timeout=seconds + START_SECONDS)
            if defined.status is not Status.OK:
                return f"the check does not run ({defined.observation(200)})"
            asked = await session.execute(ask, timeout=seconds + START_SECONDS)
        finally:
            await session.close()
    except ExecutorError as error:
        raise from_executor(error) from error
    if asked.status is not Status.OK:
        return f"the check did not finish ({asked.observation(200)})"
    _, _, line = asked.stdout.rpartition(mark)
    try:
        verdicts = json.loads(line)
    except json.JSONDecodeError:
        return "the check printed over its own result"
    if not isinstance(verdicts, list) or len(verdicts) != len(texts):
        return "the check gave no result"
    return verdicts
