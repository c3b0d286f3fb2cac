"""`tir equal`: verdicts, exit codes, JSON, hostile text, light imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tir.cli import cli
from tir.errors import ExitCode


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tir", "equal", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        stdin=subprocess.DEVNULL,
    )


def invoke(*arguments: str) -> Result:
    """In this process, where the comparing process of an earlier question is still warm."""
    return CliRunner().invoke(cli, ["equal", *arguments])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["0.5", "1/2"], 0, "equal: "),
        (["x^2-1", "(x-1)(x+1)"], 0, "equal: "),
        (["4", "5"], 1, "different: 4 is not 5."),
        (["--", "-5", "5"], 1, "different: The sign is wrong: -5."),
        (["", "5"], 1, "no answer: "),
        (["--budget", "0", r"\lim_{x\to 0}\frac{\sin x}{x}", "1"], 4, "undecided: "),
        (["3.14", r"\pi", "--test", "numeric", "--tolerance", "0.01"], 0, "equal: "),
        (["3.14", r"\pi", "--relative", "0.0001"], 1, "different: "),
        (["2/4", "1/2", "--test", "lowest_terms"], 1, "not in lowest terms"),
        (["2/4", "1/2", "--test", '{"test": "lowest_terms", "credit": 0.5}'], 1, "partly right"),
        (["300 cm", "3 m", "--test", "units"], 0, "equal: "),
        ([r"so it is \boxed{7}", "7"], 0, "equal: "),
    ],
)
def test_verdict_and_exit_code(arguments: list[str], code: int, says: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == code, result.output
    assert says in result.stdout
    assert result.stderr == ""


def test_who_should_look_is_said() -> None:
    result = invoke("0.05", "5")
    assert result.exit_code == ExitCode.NO_ANSWER
    assert result.stdout.splitlines()[1].startswith("A person should look")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["5", " "], "GOLD cannot be used."),
        (["5", "3", "--test", "units"], "GOLD cannot be used."),
        (["5", "3", "--test", "nonsense"], "the test cannot be used."),
        (["5", "3", "--test", '{"test": "set"'], "--test is no JSON."),
        (["5", "3", "--test", '{"a":' * 10_000], "--test is no JSON."),
        (["5", "3", "--test", "numeric", "--tolerance", "wide"], "the test cannot be used."),
        (["5", "3", "--test", "set", "--tolerance", "1"], "the test cannot be used."),
        (["5"], "Missing argument: ANSWER"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_used_ends_with_2(arguments: list[str], says: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == ExitCode.USAGE
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 3
    assert result.stdout == ""


def test_json() -> None:
    result = invoke("--json", "2/4", "1/2", "--test", '{"test": "lowest_terms", "credit": 0.5}')
    assert json.loads(result.stdout) == {
        "schema": "tir.equal/1",
        "outcome": "partial",
        "equal": False,
        "score": 0.5,
        "rule": "lowest_terms",
        "detail": "The value is right, but the form is not. "
        "The fraction 2/4 is not in lowest terms.",
        "normal_forms": {"answer": "2/4", "gold": "1/2"},
        "certainty": "proved",
        "needs_review": False,
    }
    undecided = json.loads(
        invoke("--json", "--budget", "0", r"\lim_{x\to 0}\frac{\sin x}{x}", "1").stdout
    )
    assert (undecided["equal"], undecided["score"]) == (None, None)


@pytest.mark.parametrize("options", [[], ["--json"], ["--test", "text"], ["--test", "set"]])
def test_no_escape_sequence_is_printed(options: list[str]) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31m5\u202e\r6"
    for arguments in ([hostile, "7"], ["7", hostile], [f"1,{hostile}", "1,2"]):
        result = invoke(*options, *arguments)
        assert not set("\x1b\x07\x9b\u202e\r") & set(result.stdout + result.stderr)
        assert result.exit_code in (ExitCode.NO_ANSWER, ExitCode.UNDECIDED)


def _set(path: Path, *rows: tuple[str, str]) -> str:
    lines = [json.dumps({"question": question, "answer": gold}) for question, gold in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_audit_lists_references_that_look_wrong(tmp_path: Path) -> None:
    bad = _set(tmp_path / "bad.jsonl", ("1 + 1?", "2"), ("1 + 1?", "\u202e3"), ("2 + 2?", "4"))
    result = invoke("--audit", bad)
    assert result.exit_code == ExitCode.NO_ANSWER
    assert "contradicts 2" in result.stdout
    assert "\u202e" not in result.stdout
    assert result.stderr == "1 suspicious references.\n"
    (line,) = invoke("--audit", bad, "--json").stdout.splitlines()
    assert json.loads(line)["schema"] == "tir.audit/1"
    assert json.loads(line)["flaw"] == "contradicted"
    good = _set(tmp_path / "good.jsonl", ("1 + 1?", "2"), ("2 + 2?", "4"))
    assert invoke("--audit", good).exit_code == ExitCode.ANSWERED


@pytest.mark.parametrize("more", [["5"], ["5", "5"], ["--test", "set"]])
def test_audit_takes_nothing_else(tmp_path: Path, more: list[str]) -> None:
    good = _set(tmp_path / "good.jsonl", ("1 + 1?", "2"))
    assert invoke("--audit", good, *more).exit_code == ExitCode.USAGE


def test_audit_of_a_set_that_does_not_parse_names_the_line(tmp_path: Path) -> None:
    broken = _set(tmp_path / "broken.jsonl", ("1 + 1?", "2"), ("2 + 2?", r"\frac{4"))
    result = invoke("--audit", broken)
    assert result.exit_code == ExitCode.USAGE
    assert "broken.jsonl:2: " in result.stderr
    assert invoke("--audit", str(tmp_path / "none.jsonl")).exit_code == ExitCode.USAGE


def test_a_long_reason_is_cut() -> None:
    result = invoke("x" * 3000, "7")
    assert len(result.stdout) < 600


def test_the_command_itself() -> None:
    done = run("1/2", "0.5")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "equal: It equals the reference.\n"
    assert run("x+1", "x+2").returncode == 1
    assert run("\udcff", "5").returncode in (1, 4)


def test_help_names_every_test() -> None:
    from problems.policy import TESTS

    result = invoke("--help")
    assert result.exit_code == 0
    assert not [name for name in TESTS if name not in result.stdout.split()]


def test_numbers_need_no_computer_algebra() -> None:
    code = (
        "import sys\nfrom tir.cli.equal import equal\n"
        "equal(['1/2', '0.5'], standalone_mode=False)\n"
        "print({'sympy', 'torch', 'pint', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
