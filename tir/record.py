"""Solutions and events as JSON, and solutions back out of it.

Field names are a contract: fields may be added, a change of meaning is a new number. What is
written is pure ASCII: `json` spells out C0, we spell out the rest, so that a document may be
shown on any terminal and reads back to exactly the same text.
"""

import json
from collections.abc import Mapping
from typing import Any

from executors import CellError, Execution, Isolation, Status
from executors.walls import Gap, Tier, Wall
from problems import Answer, Problem
from tir import __version__
from tir.errors import BadInput
from tir.events import (
    AnswerRejected,
    Event,
    EvidenceFound,
    Executing,
    ProgramDelta,
    RationaleDelta,
    Solved,
    Started,
    StepDone,
    TrajectoryDone,
    TrajectoryStarted,
)
from tir.solution import Evidence, EvidenceKind, Solution, SolutionStatus
from tir.trajectory import Step, Stop, Trajectory, Usage

SOLUTION_SCHEMA = "tir.solution/1"
EVENT_SCHEMA = "tir.event/1"

Record = dict[str, object]


def to_json(record: Record, *, indent: int | None = None) -> str:
    """`record` as one JSON document, without a newline at its end."""
    # DEL is ASCII, so `json` leaves it; it can stand only within a string.
    return json.dumps(record, allow_nan=False, indent=indent).replace("\x7f", "\\u007f")


def solution_record(solution: Solution) -> Record:
    """A whole solution, `tir.solution/1`."""
    agreeing, drawn = solution.agreement
    return {
        "schema": SOLUTION_SCHEMA,
        "tir": __version__,
        "problem": problem_record(solution.problem),
        "answer": solution.answer,
        "status": solution.status.value,
        "interrupted": solution.interrupted,
        "agreement": {"k": agreeing, "n": drawn},
        "evidence": [_evidence(each) for each in solution.evidence],
        "check": solution.check,
        "isolation": None if solution.isolation is None else isolation_record(solution.isolation),
        "trajectories": [trajectory_record(each) for each in solution.trajectories],
        "rewards": list(solution.rewards),
        "usage": usage_record(solution.usage),
        "model": solution.model,
        "seconds": solution.seconds,
    }


def solution_from_record(record: Mapping[str, Any]) -> Solution:
    """The solution that `solution_record` made this of, equal to it in every field.

    Raises:
        BadInput: it is no `tir.solution/1`, or one with parts missing.
    """
    schema = record.get("schema")
    if schema != SOLUTION_SCHEMA:
        raise BadInput(
            f"this is no record of a solution: its schema is {str(schema)[:80]!r}.",
            why=f"This version reads {SOLUTION_SCHEMA}; {__version__} is the version.",
            hint="pip install --upgrade tir-math",
        )
    try:
        return _to_solution(record)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            "the record of a solution is damaged.",
            why=f"{type(error).__name__}: {error}",
            hint="another copy of it, or solve the problem again",
        ) from error


def problem_record(problem: Problem) -> Record:
    """A problem with all that its source says of it."""
    return {
        "id": problem.id,
        "question": problem.question,
        "gold": problem.gold,
        "subject": problem.subject,
        "level": problem.level,
        "source": problem.source,
        "choices": list(problem.choices),
        "test": None if problem.test is None else dict(problem.test),
        "points": None if problem.points is None else dict(problem.points),
    }


def problem_from_record(record: Mapping[str, Any]) -> Problem:
    """The problem of `problem_record`. Raises KeyError where a part is missing."""
    return Problem(
        record["question"],
        gold=record["gold"],
        id=record["id"],
        subject=record["subject"],
        level=record["level"],
        source=record["source"],
        choices=tuple(record["choices"]),
        test=record["test"],
        points=record["points"],
    )


def isolation_record(isolation: Isolation) -> Record:
    """The tier and what it leaves open."""
    return {
        "tier": isolation.tier.value,
        "gaps": [
            {"wall": gap.wall.value, "why": gap.why, "remedy": gap.remedy} for gap in isolation.gaps
        ],
        "refused": [{"tier": tier.value, "why": why} for tier, why in isolation.refused],
    }


def event_record(event: Event) -> Record:
    """One event, `tir.event/1`; `event` names it and `index` counts samples from 0."""
    name, fields = _event(event)
    return {"schema": EVENT_SCHEMA, "event": name, **fields}


def _event(event: Event) -> tuple[str, Record]:
    match event:
        case Started(problem, model, notice):
            about = problem_record(problem)
            return "started", {"problem": about, "model": model, "notice": notice}
        case TrajectoryStarted(index, seed):
            return "trajectory_started", {"index": index, "seed": seed}
        case RationaleDelta(index, text):
            return "rationale_delta", {"index": index, "text": text}
        case ProgramDelta(index, text):
            return "program_delta", {"index": index, "text": text}
        case Executing(index, program):
            return "executing", {"index": index, "program": program}
        case StepDone(index, step):
            return "step_done", {"index": index, "step": _step(step)}
        case AnswerRejected(index, answer):
            return "answer_rejected", {"index": index, "answer": answer}
        case TrajectoryDone(index, trajectory):
            return "trajectory_done", {"index": index, "trajectory": trajectory_record(trajectory)}
        case EvidenceFound(answer, evidence):
            return "evidence_found", {"answer": answer, "evidence": _evidence(evidence)}
        case Solved(solution):
            return "solved", {"solution": solution_record(solution)}


def _evidence(evidence: Evidence) -> Record:
    return {"kind": evidence.kind.value, "holds": evidence.holds, "detail": evidence.detail}


def trajectory_record(trajectory: Trajectory) -> Record:
    """A trajectory, as it stands in the record of a solution."""
    return {
        "seed": trajectory.seed,
        "stop": trajectory.stop.value,
        "answer": None if trajectory.answer is None else trajectory.answer.text,
        "answer_from": None if trajectory.answer is None else trajectory.answer.how,
        "rejected": list(trajectory.rejected),
        "seconds": trajectory.seconds,
        "steps": [_step(each) for each in trajectory.steps],
        "usage": usage_record(trajectory.usage),
    }


def _step(step: Step) -> Record:
    return {
        "rationale": step.rationale,
        "program": step.program,
        "execution": None if step.execution is None else _execution(step.execution),
        "tokens": step.tokens,
        "seconds": step.seconds,
    }


def _execution(execution: Execution) -> Record:
    error = execution.error
    return {
        "status": execution.status.value,
        "stdout": execution.stdout,
        "stderr": execution.stderr,
        "result": execution.result,
        "error": None
        if error is None
        else {
            "name": error.name,
            "message": error.message,
            "frames": [{"line": line, "source": source} for line, source in error.frames],
        },
        "seconds": execution.seconds,
        "truncated": execution.truncated,
        "observation": execution.observation(),
    }


def usage_record(usage: Usage) -> Record:
    """Token counts."""
    return {
        "prompt": usage.prompt,
        "generated": usage.generated,
        "observed": usage.observed,
        "forwarded": usage.forwarded,
        "cached": usage.cached,
    }


def _to_solution(record: Mapping[str, Any]) -> Solution:
    isolation = record["isolation"]
    return Solution(
        problem=problem_from_record(record["problem"]),
        answer=record["answer"],
        status=SolutionStatus(record["status"]),
        evidence=tuple(
            Evidence(EvidenceKind(each["kind"]), each["holds"], each["detail"])
            for each in record["evidence"]
        ),
        trajectories=tuple(trajectory_from_record(each) for each in record["trajectories"]),
        usage=usage_from_record(record["usage"]),
        model=record["model"],
        seconds=record["seconds"],
        agreement=(record["agreement"]["k"], record["agreement"]["n"]),
        check=record["check"],
        isolation=None if isolation is None else isolation_from_record(isolation),
        interrupted=record["interrupted"],
        rewards=tuple(record["rewards"]),
    )


def isolation_from_record(record: Mapping[str, Any]) -> Isolation:
    """The isolation of `isolation_record`. Raises KeyError where a part is missing."""
    return Isolation(
        Tier(record["tier"]),
        tuple(Gap(Wall(gap["wall"]), gap["why"], gap["remedy"]) for gap in record["gaps"]),
        tuple((Tier(each["tier"]), each["why"]) for each in record["refused"]),
    )


def trajectory_from_record(record: Mapping[str, Any]) -> Trajectory:
    """The trajectory of `trajectory_record`. Raises KeyError where a part is missing."""
    text = record["answer"]
    return Trajectory(
        steps=tuple(_to_step(each) for each in record["steps"]),
        answer=None if text is None else Answer(text, record["answer_from"]),
        stop=Stop(record["stop"]),
        seed=record["seed"],
        usage=usage_from_record(record["usage"]),
        seconds=record["seconds"],
        rejected=tuple(record["rejected"]),
    )


def _to_step(record: Mapping[str, Any]) -> Step:
    execution = record["execution"]
    return Step(
        record["rationale"],
        record["program"],
        None if execution is None else _to_execution(execution),
        record["tokens"],
        record["seconds"],
    )


def _to_execution(record: Mapping[str, Any]) -> Execution:
    error = record["error"]
    return Execution(
        Status(record["status"]),
        stdout=record["stdout"],
        stderr=record["stderr"],
        result=record["result"],
        error=None
        if error is None
        else CellError(
            error["name"],
            error["message"],
            tuple((frame["line"], frame["source"]) for frame in error["frames"]),
        ),
        seconds=record["seconds"],
        truncated=record["truncated"],
    )


def usage_from_record(record: Mapping[str, Any]) -> Usage:
    """The token counts of `usage_record`. Raises KeyError where one is missing."""
    return Usage(
        prompt=record["prompt"],
        generated=record["generated"],
        observed=record["observed"],
        forwarded=record["forwarded"],
        cached=record["cached"],
    )
