"""Where sets come from: the bundled one, a file, a folder, the hub."""

import json
from pathlib import Path

import pytest

from executors import JupyterExecutor
from tir.checks import CheckProgram, Finding, run_check
from tir.errors import BadInput, EnvironmentFailed
from tir.runs import hub
from tir.runs.sources import BUNDLED, source_of
from tir.trajectory import Usage


def test_the_bundled_set_is_whole_and_its_references_hold() -> None:
    found = source_of("school")
    problems = list(found)
    assert len(problems) == len(found) == 215
    assert len({problem.id for problem in problems}) == 215
    assert all(problem.subject for problem in problems)
    assert len({problem.question for problem in problems}) == 215


async def test_checks_accept_the_references_and_nothing_near() -> None:
    """Every twentieth; all were run when the set was made."""
    rows = [json.loads(line) for line in BUNDLED["school"].read_text().splitlines()]
    async with JupyterExecutor(prelude="import sympy") as executor:
        for row in rows[::20]:
            check = CheckProgram(row["check"], "no such value", Usage())
            said = await run_check(check, row["answer"], (), executor=executor, seconds=30)
            wanted = {Finding.ACCEPTS}
            if row.get("test") == "up_to_constant":
                wanted = {Finding.VACUOUS}
            assert said.finding in wanted, row


def test_a_set_by_name_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "gsm8k.jsonl").write_text('{"question": "q", "answer": "so\\n#### 7"}\n')
    (problem,) = source_of("gsm8k", str(tmp_path))
    assert problem.gold == "7"


@pytest.mark.parametrize("name", ["skool", "no/such/set", "./absent", "a/b:c:d:e"])
def test_what_is_no_set_is_told_with_the_known_ones(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIR_PROBLEMS", raising=False)
    with pytest.raises(BadInput, match="no file and no set"):
        source_of(name)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("GSM8K", hub.PLACES["gsm8k"]),
        ("minerva_math", hub.PLACES["minervamath"]),
        ("AIME-2024", hub.PLACES["aime24"]),
        ("me/mine", hub.Place("me/mine")),
        ("me/mine:hard", hub.Place("me/mine", "hard")),
        ("me/mine::train", hub.Place("me/mine", None, "train")),
    ],
)
def test_names_of_the_hub(name: str, place: hub.Place) -> None:
    assert hub.place_of(name) == place


def test_every_benchmark_of_the_issue_has_a_place() -> None:
    named = (
        "gsm8k math math500 aime24 aime25 amc23 minerva_math olympiadbench college_math "
        "gaokao_math_qa gaokao_math_cloze cmath aqua sat_math mmlu_stem svamp mawps asdiv livebench"
    )
    for name in named.split():
        assert hub.place_of(name).id.count("/") == 1


def test_a_set_of_the_hub_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` itself, on a data set of this machine: the hub is not reached in tests."""
    pytest.importorskip("datasets", reason="datasets is not installed")
    monkeypatch.setenv("TIR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("TIR_PROBLEMS", raising=False)
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "me" / "mine"
    data.mkdir(parents=True)
    (data / "test.jsonl").write_text('{"question": "What is 1 + 1?", "answer": "2"}\n')
    first = source_of("me/mine")
    assert [(problem.question, problem.gold) for problem in first] == [("What is 1 + 1?", "2")]
    (data / "test.jsonl").unlink()
    assert len(source_of("me/mine")) == 1


def test_parquet_without_pyarrow_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(EnvironmentFailed, match="cannot be read"):
        source_of(tmp_path / "a.parquet")
