"""Names for work by its content: what was asked of which model, and what was marked.

A row of a file has no place of its own: it may move, the file may grow or be shuffled. What is
done once is found again by what was asked, so that the same command goes on wherever it was cut.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256

from problems import Problem
from tir.policy import Policy
from tir.record import problem_record

LENGTH = 32
"""Hexadecimal digits of a key: 128 bits, so that no two of a billion rows meet."""


def digest(content: object) -> str:
    """The key of JSON data: the same for equal data, whatever the order of names."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()[:LENGTH]


def problem_key(problem: Problem) -> str:
    """Of all that the source says of a problem, its reference answer and test included."""
    return digest(problem_record(problem))


def question_key(problem: Problem) -> str:
    """Of what a model gets to see: a corrected reference answer leaves it as it is."""
    return digest([problem.question, problem.choices])


def policy_content(policy: Policy) -> Mapping[str, object]:
    """What of a policy can change a result.

    The time limit is not in it: a problem that runs out of time is undecided, so more time never
    changes a result that there is.
    """
    content = asdict(policy)
    del content["timeout"]
    return content


def work_key(problem: Problem, engine: str) -> str:
    """Of one problem given to one engine, which is a key of its own: model, sampling, policy."""
    return digest([question_key(problem), engine])


def result_key(problem: Problem, engine: str) -> str:
    """Of one problem, solved by one engine and scored against its reference."""
    return digest([problem_key(problem), engine])


def submission_key(problem: str, student: str, answer: str | None) -> str:
    """Of one student's answer to the problem of this key."""
    return digest([problem, student, answer])
