"""How far an unfinished problem has come, as JSON and back."""

from collections.abc import Mapping
from typing import Any

from tir.checks import CheckProgram
from tir.inquiry import Checkpoint
from tir.record import (
    trajectory_from_record,
    trajectory_record,
    usage_from_record,
    usage_record,
)


def checkpoint_record(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint as JSON data."""
    return {
        "trajectories": [trajectory_record(each) for each in checkpoint.trajectories],
        "checks": [
            {"source": check.source, "shown": check.shown, "usage": usage_record(check.usage)}
            for check in checkpoint.checks
        ],
    }


def checkpoint_from_record(record: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint of `checkpoint_record`."""
    return Checkpoint(
        tuple(trajectory_from_record(each) for each in record["trajectories"]),
        tuple(
            CheckProgram(check["source"], check["shown"], usage_from_record(check["usage"]))
            for check in record["checks"]
        ),
    )
