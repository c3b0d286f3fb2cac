"""`tir check`, `tir hint`, `tir history`: codes, purity of stdout, and no answer unasked."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import tir.api
from tir.cli import cli
from tir.cli.history import row
from tir.errors import ExitCode
from tir.models.load import Loaded
from tir.models.options import LoadOptions
from tir.models.scripted import ScriptedModel
from tir.render.flow import cells
from tir.students.history import Entry

SOLVES = [
    "Multiply the two.\n```python\nprint(6 * 7)\n```\n```output",
    "It is $\\boxed{42}$.",
]
CHECK = "```python\ndef check(answer):\n    return answer / 6 == 7\n```"
QUESTION = "What is 6 * 7?"


class Spoken:
    """Commands with a scripted model, which counts how often it was loaded."""

    def __init__(self, turns: list[str]) -> None:
        self.turns = turns
        self.loads = 0

    def load(self, name: str, options: LoadOptions) -> Loaded:
        self.loads += 1
        return Loaded(ScriptedModel(self.turns, check=[CHECK]))

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(cli, list(arguments), input=stdin)


@pytest.fixture
def spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spoken:
    monkeypatch.setenv("TIR_STATE", str(tmp_path))
    said = Spoken(SOLVES)
    monkeypatch.setattr(tir.api, "load_model", said.load)
    return said


def test_right_wrong_and_cannot_tell_have_their_codes(spoken: Spoken) -> None:
    right = spoken("check", QUESTION, "42", "-n", "1")
    assert (right.exit_code, right.stdout.split(":")[0]) == (0, "right")
    wrong = spoken("check", QUESTION, "41", "-n", "1")
    assert (wrong.exit_code, wrong.stdout.split(":")[0]) == (1, "wrong")
    assert "42" not in wrong.stdout + wrong.stderr
    # The second was asked of what the first had kept.
    assert spoken.loads == 1
    spoken.turns = ["I do not know."] * 2
    unsure = spoken("check", "What is it?", "42", "-n", "1")
    assert (unsure.exit_code, unsure.stdout.split(":")[0]) == (ExitCode.UNDECIDED, "can't tell")


def test_check_as_json_is_the_only_thing_on_stdout(spoken: Spoken) -> None:
    record = json.loads(spoken("check", QUESTION, "-n", "1", "--json", "--", "-42").stdout)
    assert (record["schema"], record["ruling"], record["right"]) == ("tir.check/1", "wrong", False)
    assert record["checked"] is True


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check",), ExitCode.USAGE),
        (("check", QUESTION), ExitCode.USAGE),
        (("check", QUESTION, " "), ExitCode.USAGE),
        (("check", "--work", "/no/such/file"), ExitCode.USAGE),
        (("check", "--work", "-", QUESTION), ExitCode.USAGE),
        (("hint", "--answer", "--all", QUESTION), ExitCode.USAGE),
        (("hint", QUESTION, "--step", "99", "-n", "1"), ExitCode.USAGE),
        (("history", "show", "77"), ExitCode.USAGE),
        (("history",), ExitCode.NO_ANSWER),
    ],
)
def test_codes_one_by_one(spoken: Spoken, arguments: tuple[str, ...], code: int) -> None:
    done = spoken(*arguments)
    assert done.exit_code == code, done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("working", "code", "told"),
    [
        (
            "2x + 3 = 9\n2x = 6\nx = 3\n",
            0,
            "No fault found: 2 lines follow",
        ),
        ("(x + 1)^2 = x^2 + 2x + 1\n", 0, "No fault found: 1 line follows"),
        ("(x + 1)^2 = x^2 + 1\n", 4, "Nothing could be compared: 1 is taken as given."),
        ("2x + 3 = 9\n2x = 12\nx = 6\n", 1, "Line 2 does not follow from line 1: x = 3"),
        ("f(x) = x^2\nf'(x) = 2x\n", 4, "Line 1: can't tell"),
    ],
)
def test_a_working_is_looked_at_without_any_model(
    spoken: Spoken, working: str, code: int, told: str
) -> None:
    done = spoken("check", "--work", "-", stdin=working)
    assert done.exit_code == code
    assert told in done.stdout
    assert spoken.loads == 0
    record = json.loads(spoken("check", "--work", "-", "--json", stdin=working).stdout)
    assert record["schema"] == "tir.working/1"
    assert record["follows"] is {0: True, 1: False, 4: None}[code]


def test_a_working_without_mathematics_is_refused(spoken: Spoken) -> None:
    assert spoken("check", "--work", "-", stdin="hello there\n").exit_code == ExitCode.USAGE


def test_hints_come_one_at_a_time_and_never_the_answer(spoken: Spoken) -> None:
    first, second, third = (spoken("hint", QUESTION, "-n", "1") for _ in range(3))
    assert first.stdout == "Hint 1 of 2: idea\n  Multiply the two.\n"
    assert second.stdout.startswith("Hint 2 of 2: program\n  print([hidden])\n")
    assert "give the answer away" in second.stdout
    assert (third.exit_code, third.stdout) == (ExitCode.NO_ANSWER, "")
    assert "--answer" in third.stderr
    assert spoken.loads == 1
    assert spoken("hint", QUESTION, "--restart").stdout == first.stdout
    assert spoken("hint", QUESTION).stdout == second.stdout
    everything = "".join(
        done.stdout + done.stderr
        for done in (first, second, third, spoken("hint", "--all", QUESTION))
    )
    assert "42" not in everything
    told = spoken("hint", "--answer", QUESTION)
    assert (told.exit_code, told.stdout) == (0, "42\n")


def test_hints_as_json(spoken: Spoken) -> None:
    record = json.loads(spoken("hint", QUESTION, "--all", "--json", "-n", "1").stdout)
    assert (record["schema"], record["total"]) == ("tir.hint/1", 2)
    assert [each["covered"] for each in record["hints"]] == [False, True]


def test_what_is_solved_is_kept_unless_it_is_not_to_be(spoken: Spoken) -> None:
    assert spoken("solve", "-q", "-n", "1", QUESTION).stdout == "42\n"
    assert spoken("solve", "-q", "-n", "1", "--no-history", "What is 7 * 6?").exit_code == 0
    entries = json.loads(spoken("history", "list", "--json").stdout)["entries"]
    assert [each["question"] for each in entries] == [QUESTION]
    assert QUESTION in spoken("history").stdout
    again = spoken("history", "show", "last", "--json")
    assert json.loads(again.stdout)["answer"] == "42"
    assert "Multiply the two." in spoken("history", "show", "1").stderr
    # And `tir hint` goes on from what was solved.
    loads = spoken.loads
    assert spoken("hint", QUESTION).stdout.startswith("Hint 1")
    assert spoken.loads == loads
    assert spoken("history", "clear", "--yes").exit_code == 0
    assert spoken("history").exit_code == ExitCode.NO_ANSWER


def test_an_entry_is_a_line_and_two_on_a_narrow_terminal() -> None:
    at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    entry = Entry(7, at, "id", "How long is it? " * 9, "x^{2}", "unverified", "mini", 0)
    (line,) = row(entry, 80)
    assert cells(line) <= 80
    assert "not verified" in line
    narrow = row(entry, 40)
    assert len(narrow) == 2
    assert max(map(cells, narrow)) <= 40
    assert narrow[1].endswith("...  =>  x^{2}")


def test_a_history_that_cannot_be_used_fails_no_solve(
    spoken: Spoken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TIR_STATE", str(tmp_path / "file"))
    done = spoken("solve", "-q", "-n", "1", QUESTION)
    assert (done.exit_code, done.stdout) == (0, "42\n")
    assert "Not kept" in done.stderr
    assert spoken("hint", QUESTION).exit_code == ExitCode.ENVIRONMENT
