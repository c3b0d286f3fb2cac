"""`grade` for people: the answers of a class, marked, in a folder that can be gone on with."""

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import overload

from executors import Executor
from problems import Problem
from problems.rows import BadRow, rows
from tir.errors import BadInput
from tir.models.base import Model
from tir.models.options import CHOSEN, LoadOptions
from tir.policy import Policy
from tir.runs.answer_key import AnswerKey, load_key
from tir.runs.evaluation import Resume, command, default_folder, evaluate, joined, now
from tir.runs.frames import Frame, Key, grade_frame, is_frame
from tir.runs.interrupted import Interrupted
from tir.runs.key import digest, submission_key
from tir.runs.machine import machine, versions
from tir.runs.manifest import Manifest
from tir.runs.marking import Mark, Marker
from tir.runs.overrides import Overrides
from tir.runs.progress import Progress
from tir.runs.result import OVERRIDE, Decision, Outcome, Result
from tir.runs.run import Run
from tir.runs.store import Store
from tir.runs.submissions import (
    Submission,
    Submissions,
    cell_text,
    column,
    load_submissions,
    require_readable,
)
from tir.solution import SolutionStatus

EVERY = 0.5
"""Seconds between two commits: marking is quick, and what a crash takes is soon marked again."""
_NO_KEY = "The key has no answer, and the engine found none."


@overload
def grade(
    submissions: str | os.PathLike[str],
    *,
    key: str | os.PathLike[str] | None = None,
    override: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    model: str | Model = "auto",
    policy: Policy | None = None,
    options: LoadOptions = CHOSEN,
    resume: Resume = Resume.GO_ON,
    on_progress: Callable[[Progress], None] = lambda _: None,
    executor: Executor | None = None,
    unsafe_no_sandbox: bool = False,
) -> Run: ...
@overload
def grade(
    submissions: Frame,
    *,
    key: Key = None,
    override: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    model: str | Model = "auto",
    policy: Policy | None = None,
    options: LoadOptions = CHOSEN,
    resume: Resume = Resume.GO_ON,
    on_progress: Callable[[Progress], None] = lambda _: None,
    executor: Executor | None = None,
    unsafe_no_sandbox: bool = False,
) -> Frame: ...
def grade(
    submissions: str | os.PathLike[str] | Frame,
    *,
    key: Key = None,
    override: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    model: str | Model = "auto",
    policy: Policy | None = None,
    options: LoadOptions = CHOSEN,
    resume: Resume = Resume.GO_ON,
    on_progress: Callable[[Progress], None] = lambda _: None,
    executor: Executor | None = None,
    unsafe_no_sandbox: bool = False,
) -> Run | Frame:
    """Marks the answers of a class; returns the run, which is a folder.

    `submissions` is a table with one answer in a row (student, problem, answer) or one student
    in a row (a column for each problem). `key` is a problem file; without one the answers name
    their `question`. A problem without an answer is solved by the engine, and its answer is
    used if it is verified; if not, the answers to it need a person.

    Of a pandas DataFrame a copy with columns outcome, score, rule and reason is returned; see
    `tir.runs.frames` for how its columns are found.

    Raises:
        BadInput: rows cannot be used, or the folder holds another run; nothing was started.
        EnvironmentFailed: no space, no right to write; no model or kernel where one is needed.
        Interrupted: by Ctrl-C; what was marked is kept.
    """
    if is_frame(submissions):
        return grade_frame(
            submissions, grade, key=key, override=override, out=out, model=model, policy=policy,
            options=options, resume=resume, on_progress=on_progress, executor=executor,
            unsafe_no_sandbox=unsafe_no_sandbox,
        )  # fmt: skip
    if key is not None and not isinstance(key, str | os.PathLike):
        raise BadInput(
            "the key is no file.", why="Only a frame may come with another.", hint="key='key.csv'"
        )
    path = Path(submissions)
    require_readable(path)
    with closing(AnswerKey(load_key(Path(key)) if key is not None else _asked(path))) as answers:
        table = load_submissions(path, answers.knows)
        overrides = Overrides(Path(override) if override is not None else None)
        if len(overrides):
            _match(overrides, table, answers)
        where = (
            Path(out)
            if out is not None
            else default_folder("grade", path.stem, str(path.absolute()))
        )
        missing = answers.without_answer()
        found: dict[str, str] = {}
        if missing:
            found = _solve(
                missing, answers, where, model, policy, options, resume, on_progress,
                executor, unsafe_no_sandbox,
            )  # fmt: skip
        manifest = Manifest(
            kind="grade",
            name=path.stem,
            engine=digest("grader"),
            created=now(),
            source={
                "file": str(path.absolute()),
                "layout": table.layout,
                "rows": len(table),
                "key": None if key is None else str(Path(key).absolute()),
            },
            commands=[command()],
            versions=versions(),
            machine=machine(),
        )
        with Store(where, fresh=resume is Resume.FRESH, every=EVERY) as store:
            if resume is not Resume.FRESH and (where / "manifest.json").is_file():
                manifest = joined(Manifest.read(where), manifest, where)
            manifest.write(where)
            grading = _Grading(store, answers, overrides, resume, on_progress, found)
            try:
                grading.run(table)
            except KeyboardInterrupt:
                store.flush()
                raise Interrupted(Run.open(where)) from None
    return Run.open(where)


class _Grading:
    """One pass over the answers."""

    def __init__(
        self,
        store: Store,
        answers: AnswerKey,
        overrides: Overrides,
        resume: Resume,
        on_progress: Callable[[Progress], None],
        unverified: Mapping[str, str],
    ) -> None:
        self._store = store
        self._unverified = unverified
        self._answers = answers
        self._overrides = overrides
        self._resume = resume
        self._on_progress = on_progress
        self._progress = Progress()

    def run(self, table: Submissions) -> None:
        self._progress.planned = len(table)
        with self._store.at_once():
            self._store.begin()
            self._store.planned(len(table))
        self._progress.start()
        self._on_progress(self._progress)
        for position, each in enumerate(table, 1):
            self._row(position, each)
            self._on_progress(self._progress)

    def _row(self, position: int, each: Submission) -> None:
        found = self._answers.marker(each.problem)
        assert found is not None, "the file was checked against the key"
        marker, problem = found
        key = submission_key(problem, each.student, each.answer)
        outcome = None if self._resume is Resume.REGRADE else self._store.place(key, position)
        if outcome is not None and not (
            self._resume is Resume.RETRY and outcome is Outcome.UNDECIDED
        ):
            self._progress.found(outcome)
        else:
            result = self._marked(marker, each, key, position)
            self._store.answer(result, problem)
            self._progress.done(result)
        decision = self._overrides.of(each.student, marker.problem.id, each.problem)
        if decision is not None:
            named = replace(decision, problem=marker.problem.id)
            self._store.decide(key, named, each.answer)

    def _marked(self, marker: Marker, each: Submission, key: str, position: int) -> Result:
        decided = self._store.decided(each.student, marker.problem.id, each.answer)
        if decided is not None:
            mark = _decided(decided)
        elif marker.has_reference:
            mark = marker.mark_now(each.answer)
        else:
            why = self._unverified.get(marker.problem.id, _NO_KEY)
            mark = Mark(Outcome.UNGRADED, None, "no verified key", why, True)
        return Result(
            key=key,
            position=position,
            problem=marker.problem,
            outcome=mark.outcome,
            score=mark.score,
            points=marker.points,
            rule=mark.rule,
            detail=mark.detail,
            answer=each.answer,
            needs_person=mark.needs_person,
            student=each.student,
        )


def _decided(decision: Decision) -> Mark:
    return Mark(decision.outcome, decision.score, OVERRIDE, decision.note, False)


def _match(overrides: Overrides, table: Submissions, answers: AnswerKey) -> None:
    for each in table:
        found = answers.marker(each.problem)
        if found is not None:
            overrides.of(each.student, found[0].problem.id, each.problem)
    overrides.require_matched()


def _asked(path: Path) -> list[Problem]:
    """The distinct questions of a file of answers that comes without a key."""
    found: dict[str, Problem] = {}
    for line, row in rows(path):
        if isinstance(row, BadRow):
            continue
        name = column(row, ("question", "problem"))
        if name is None or column(row, ("answer", "response", "submission")) is None:
            raise BadInput(
                f"{path.name} has no questions.",
                why=f"{path.name}:{line}: without --key, a column `question` says what was asked.",
                hint=f"tir grade {path.name} --key KEY",
            )
        text = cell_text(row, name)
        if text:
            found.setdefault(text, Problem(text))
    return list(found.values())


def _solve(
    missing: list[Problem],
    answers: AnswerKey,
    where: Path,
    model: str | Model,
    policy: Policy | None,
    options: LoadOptions,
    resume: Resume,
    on_progress: Callable[[Progress], None],
    executor: Executor | None,
    unsafe_no_sandbox: bool,
) -> dict[str, str]:
    """Has the engine solve what the key has no answer to; takes what it verifies.

    What it found otherwise is told, by the problem's id, to the person who is to decide.
    """
    run = evaluate(
        missing,
        model=model,
        policy=policy,
        options=options,
        out=where / "key",
        resume=Resume.GO_ON if resume is Resume.REGRADE else resume,
        on_progress=on_progress,
        executor=executor,
        unsafe_no_sandbox=unsafe_no_sandbox,
    )
    unverified = {}
    for result in run.results():
        if result.answer is None:
            continue
        if result.status is SolutionStatus.VERIFIED:
            answers.give(result.problem, result.answer)
        else:
            equal, drawn = result.agreement
            unverified[result.problem.id] = (
                f"The key has no answer; the engine found {result.answer} ({equal} of {drawn} "
                "samples), but could not verify it."
            )
    return unverified
