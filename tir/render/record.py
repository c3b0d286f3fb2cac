"""Solutions and events as JSON. Field names are a contract; a change of meaning is a new number.

What is written is pure ASCII: `json` spells out C0, we spell out the rest, so that a document
may be shown on any terminal and reads back to exactly the same text.
"""

import json

from executors import Execution, Isolation
from tir import __version__
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
from tir.solution import Evidence, Solution
from tir.trajectory import Step, Trajectory, Usage

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
        "problem": {"id": solution.problem.id, "question": solution.problem.question},
        "answer": solution.answer,
        "status": solution.status.value,
        "interrupted": solution.interrupted,
        "agreement": {"k": agreeing, "n": drawn},
        "evidence": [_evidence(each) for each in solution.evidence],
        "check": solution.check,
        "isolation": None if solution.isolation is None else isolation_record(solution.isolation),
        "trajectories": [_trajectory(each) for each in solution.trajectories],
        "usage": _usage(solution.usage),
        "model": solution.model,
        "seconds": solution.seconds,
    }


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
            about = {"id": problem.id, "question": problem.question}
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
            return "trajectory_done", {"index": index, "trajectory": _trajectory(trajectory)}
        case EvidenceFound(answer, evidence):
            return "evidence_found", {"answer": answer, "evidence": _evidence(evidence)}
        case Solved(solution):
            return "solved", {"solution": solution_record(solution)}


def _evidence(evidence: Evidence) -> Record:
    return {"kind": evidence.kind.value, "holds": evidence.holds, "detail": evidence.detail}


def _trajectory(trajectory: Trajectory) -> Record:
    return {
        "seed": trajectory.seed,
        "stop": trajectory.stop.value,
        "answer": None if trajectory.answer is None else trajectory.answer.text,
        "rejected": list(trajectory.rejected),
        "seconds": trajectory.seconds,
        "steps": [_step(each) for each in trajectory.steps],
        "usage": _usage(trajectory.usage),
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


def _usage(usage: Usage) -> Record:
    return {
        "prompt": usage.prompt,
        "generated": usage.generated,
        "observed": usage.observed,
        "forwarded": usage.forwarded,
    }
