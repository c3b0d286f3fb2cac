"""`tir solve --reward`: a real reward model on disk judges what a scripted model says."""

import json
from pathlib import Path

import pytest
from test_cli_solve import QUESTION, tir
from test_models_reward import save

GUESSES = "It is $\\boxed{42}$."


@pytest.fixture(scope="module")
def reward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("models") / "tiny-rm", 1)


def test_a_reward_model_chooses_and_its_scores_are_in_the_record(
    reward: Path, tmp_path: Path
) -> None:
    done = tir(
        "solve",
        QUESTION,
        *("--reward", str(reward), "--trust-reward-code", "--select", "reward"),
        *("-n", "3", "--wave", "2", "--no-check", "--json"),
        spoken=GUESSES,
        HF_MODULES_CACHE=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["status"] == "unverified"
    assert record["agreement"] == {"k": 3, "n": 3}
    assert len(record["rewards"]) == 3
    assert len(set(record["rewards"])) == 1  # of equal texts
    kinds = {each["kind"]: each["detail"] for each in record["evidence"]}
    assert "tiny-rm" in kinds["reward"]


def test_without_consent_its_code_is_not_run(reward: Path) -> None:
    done = tir("solve", QUESTION, "--reward", str(reward))
    assert done.returncode == 2
    assert "brings Python code of its own" in done.stderr
    assert "--trust-reward-code" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select", "weighted"], "--select weighted goes with --reward"),
        (["--trust-reward-code"], "--trust-reward-code goes with --reward"),
        (["--reward-endpoint", "localhost:8000"], "does not begin with http://"),
        (["--risk", "nan"], "it is not a number"),
        (["--wave", "0"], "--wave"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: list[str], message: str) -> None:
    done = tir("solve", QUESTION, *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_reward_model_that_is_not_here_is_said(tmp_path: Path) -> None:
    done = tir("solve", QUESTION, "--reward", str(tmp_path / "none"))
    assert done.returncode == 3
    assert "no model at" in done.stderr
