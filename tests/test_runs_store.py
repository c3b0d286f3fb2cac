"""The store of a run: what it keeps, who may write it, and what its troubles say."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from runs_doubles import sums

from problems import Problem
from tir.errors import BadInput, EnvironmentFailed
from tir.runs import database
from tir.runs.manifest import Manifest
from tir.runs.result import Decision, Outcome, Result
from tir.runs.run import Run
from tir.runs.store import Store

ROOT = Path(__file__).parent.parent
MANIFEST = Manifest("eval", "set", "engine", "2026-01-01T00:00:00+00:00")


def result(number: int, outcome: Outcome = Outcome.CORRECT, **more: object) -> Result:
    problem = sums(1, start=number)[0]
    row = Result(f"k{number}", number, problem, outcome, 1.0, 1.0, "number", "It is.", "1", False)
    return replace(row, **more)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    MANIFEST.write(tmp_path)
    with Store(tmp_path) as store:
        store.begin()
        for number in range(1, 4):
            store.put(result(number), work=f"w{number}")
        store.planned(3)
    return tmp_path


def test_what_is_put_comes_back(folder: Path) -> None:
    run = Run.open(folder)
    assert list(run.results()) == [result(number) for number in range(1, 4)]
    assert run.planned == 3
    assert run.manifest == MANIFEST


def test_it_may_be_read_while_it_is_written(folder: Path) -> None:
    with Store(folder) as store:
        store.begin()
        store.put(result(9))
        assert [each.position for each in Run.open(folder).results()] == [9]
        reading = Run.open(folder).results(every_command=True)
        next(reading)
        store.put(result(10))
        assert len(list(reading)) == 3


def interrupted_block(store: Store) -> None:
    with store.at_once():
        store.begin()
        store.put(result(9))
        raise KeyboardInterrupt


def test_a_block_is_seen_all_at_once_or_not_at_all(folder: Path) -> None:
    with Store(folder) as store:
        with pytest.raises(KeyboardInterrupt):
            interrupted_block(store)
        assert len(list(Run.open(folder).results())) == 3


def test_text_that_utf8_does_not_have_does_no_harm(folder: Path) -> None:
    with Store(folder) as store:
        store.begin()
        store.put(result(9, answer="\udc80\x00\x1b[2J", detail="\ud800"))
    (kept,) = Run.open(folder).results()
    assert kept.answer == "?\x00\x1b[2J"


def test_one_writer_at_a_time(folder: Path) -> None:
    with Store(folder), pytest.raises(BadInput, match="written by another process") as caught:
        Store(folder).__enter__()
    assert f"Process {os.getpid()}" in caught.value.why
    with Store(folder):
        pass


def test_a_torn_end_of_the_log_costs_the_torn_row_alone(folder: Path) -> None:
    """A write-ahead log cut in the middle, as by a power cut, is found and left out."""
    code = (
        "import os, sys\nfrom pathlib import Path\nsys.path.insert(0, 'tests')\n"
        "from test_runs_store import result\nfrom tir.runs.store import Store\n"
        "store = Store(Path(sys.argv[1]))\nstore.__enter__()\nstore.begin()\n"
        "for n in range(11, 31): store.put(result(n))\nos._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=False)
    log = folder / f"{database.FILE}-wal"
    assert log.stat().st_size > 4096
    os.truncate(log, log.stat().st_size - 1000)
    with Store(folder) as store:
        assert store.outcome("k11") is Outcome.CORRECT
        assert store.outcome("k30") is None


def test_another_version_is_refused(folder: Path) -> None:
    db = sqlite3.connect(folder / database.FILE)
    db.execute("PRAGMA user_version = 99")
    db.close()
    for use in (lambda: Run.open(folder), lambda: Store(folder).__enter__()):
        with pytest.raises(BadInput, match="of version 99"):
            use()


def test_a_manifest_of_another_version_is_refused(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({"schema": "tir.run/7"}))
    with pytest.raises(BadInput, match=r"another version: tir\.run/7"):
        Run.open(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": "tir.run/1"}', "\x00\xff"])
def test_a_damaged_manifest_is_told(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(BadInput):
        Run.open(folder)


@pytest.mark.parametrize("content", [b"not a database at all " * 300, b""])
def test_a_damaged_database_is_told(folder: Path, content: bytes) -> None:
    for tail in ("-wal", "-shm"):
        (folder / (database.FILE + tail)).unlink(missing_ok=True)
    (folder / database.FILE).write_bytes(content)
    with pytest.raises(BadInput):
        Run.open(folder)


def test_a_foreign_database_is_not_touched(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / database.FILE)
    db.execute("CREATE TABLE photos (name)")
    db.close()
    with pytest.raises(BadInput, match="no file of results"):
        Store(tmp_path).__enter__()


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not the folder of a run"):
        Run.open(tmp_path)
    MANIFEST.write(tmp_path)
    with pytest.raises(BadInput, match="holds no results"):
        Run.open(tmp_path)


def fill(folder: Path) -> None:
    held = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Store(folder) as store:
        store.begin()
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, held[1]))
        try:
            for number in range(100, 2000):
                store.put(result(number, detail="x" * 1000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, held)


def test_a_full_disk_keeps_what_was_there(folder: Path) -> None:
    """The limit on the size of a file stands for the end of the disk."""
    with pytest.raises(EnvironmentFailed, match="no space left"):
        fill(folder)
    kept = [each.position for each in Run.open(folder).results(every_command=True)]
    assert kept[:3] == [1, 2, 3]
    assert kept[3:] == list(range(100, 100 + len(kept) - 3))
    assert len(kept) > 20
    with Store(folder) as store:
        store.put(result(9999))
        assert store.outcome("k9999") is Outcome.CORRECT


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write what is read-only")
def test_a_read_only_folder_is_told_and_can_be_read(folder: Path) -> None:
    before = list(Run.open(folder).results())
    folder.chmod(0o555)
    try:
        with pytest.raises(EnvironmentFailed, match="cannot be written"):
            Store(folder).__enter__()
        assert list(Run.open(folder).results()) == before
    finally:
        folder.chmod(0o755)


def test_a_place_where_nothing_can_be_made_is_told() -> None:
    with pytest.raises(EnvironmentFailed, match="cannot be written"):
        Store(Path("/proc/no/run")).__enter__()


def test_a_decision_is_kept_logged_and_found_by_the_answer(folder: Path) -> None:
    decision = Decision("ann", "p1", Outcome.PARTIAL, 0.5, "half right", "o.csv:2")
    with Store(folder) as store:
        store.begin()
        store.put(result(1, key="s", student="ann", answer="7", outcome=Outcome.INCORRECT))
        store.decide("s", decision, "7")
        store.decide("s", decision, "7")
        assert store.decided("ann", "p1", "7") == decision
        assert store.decided("ann", "p1", "8") is None
    run = Run.open(folder)
    (row,) = run.results()
    assert (row.outcome, row.score, row.rule, row.detail) == (
        Outcome.PARTIAL, 0.5, "override", "half right",
    )  # fmt: skip
    assert [each for _, each in run.decisions()] == [decision]


def test_a_problem_comes_back_whole(tmp_path: Path) -> None:
    problem = Problem(
        "q", "A", "id", "s", "l", "src", ("x", "y"), {"test": "choice", "choices": ["x", "y"]},
        {"": 2.0},
    )  # fmt: skip
    MANIFEST.write(tmp_path)
    with Store(tmp_path) as store:
        store.begin()
        store.put(result(1, problem=problem))
    (row,) = Run.open(tmp_path).results()
    assert row.problem == problem
