"""`tir config`, `tir completion`: settings by flag, environment and file; a real bash."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tir import settings
from tir.cli import COMMANDS, cli
from tir.cli.config import setting_options
from tir.errors import BadInput, ExitCode

ROOT = Path(__file__).parent.parent


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("TIR_CONFIG", str(path))
    monkeypatch.setenv("TIR_STATE", str(tmp_path / "state"))
    for name in settings.SETTINGS:
        monkeypatch.delenv(settings.variable(name), raising=False)
    return path


def tir(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def shown(*arguments: str) -> dict[str, tuple[object, str]]:
    rows = json.loads(tir("config", "show", "--json", *arguments).stdout)["settings"]
    return {row["name"]: (row["value"], row["origin"]) for row in rows}


def test_every_setting_is_an_option_of_the_same_name() -> None:
    assert set(setting_options()) == set(settings.SETTINGS)


def test_flag_before_environment_before_file_before_default(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown()["samples"] == (4, "default")
    file.write_text("samples = 5\nmax_tokens = 99\nhistory = false\n")
    assert shown()["samples"] == (5, "file")
    assert shown()["max-tokens"] == (99, "file")
    assert shown()["history"] == (False, "file")
    monkeypatch.setenv("TIR_SAMPLES", "6")
    assert shown()["samples"] == (6, "environment")
    assert shown("--samples", "7")["samples"] == (7, "flag")
    assert shown("--samples", "7")["max-tokens"] == (99, "file")


def test_a_command_obeys_the_file(file: Path) -> None:
    """`tir models` takes the device; a nonsense one shows that it was read."""
    file.write_text('model = "nowhere/at-all"\n')
    done = tir("solve", "1 + 1")
    assert done.exit_code == ExitCode.ENVIRONMENT
    assert "nowhere/at-all" in done.stderr


def test_set_and_unset_keep_the_rest_of_the_file(file: Path) -> None:
    file.write_text("# mine\nseed = 3  # lucky\n")
    assert tir("config", "set", "samples", "8").exit_code == 0
    assert tir("config", "set", "--", "model", 'a "b" \\ c').exit_code == 0
    assert tir("config", "set", "ascii", "yes").exit_code == 0
    assert settings.read() == {"seed": 3, "samples": 8, "model": 'a "b" \\ c', "ascii": True}
    assert file.read_text().startswith("# mine\nseed = 3  # lucky\n")
    assert tir("config", "set", "samples", "9").exit_code == 0
    assert tir("config", "set", "--unset", "model").exit_code == 0
    assert settings.read() == {"seed": 3, "samples": 9, "ascii": True}


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("samples = [1\n", 1, "Unclosed"),
        ("a b\n", 1, "Expected"),
        ("# x\n\nfoo = 1\n", 3, "no setting 'foo'"),
        ("[solve]\nsamples = 3\n", None, "no setting 'solve'"),
        ("seed = 1\nsamples = 0\n", 2, "samples: 0 is not in the range"),
        ('samples = "x"\n', 1, "samples"),
        ("samples = [1]\n", 1, "a list"),
        ('device = "abacus"\n', 1, "abacus"),
        ("unsafe-no-sandbox = true\n", 1, "no setting"),
        ("trust-remote-code = true\n", 1, "no setting"),
    ],
)
def test_a_bad_file_is_told_with_its_line(
    file: Path, text: str, line: int | None, why: str
) -> None:
    file.write_text(text)
    done = tir("solve", "1 + 1")
    assert done.exit_code == ExitCode.ENVIRONMENT
    assert str(file) in done.stderr
    assert line is None or f"{file}:{line} " in done.stderr
    assert why in done.stderr
    assert done.stdout == ""
    # And these work all the same.
    assert tir("config", "path").stdout == f"{file}\n"
    assert tir("--help").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [("samples", "0"), ("nope", "1"), ("samples",), ("unsafe-no-sandbox", "true")],
)
def test_what_cannot_be_set_is_refused(file: Path, arguments: tuple[str, ...]) -> None:
    assert tir("config", "set", *arguments).exit_code == ExitCode.USAGE
    assert not file.exists()


def test_write_refuses_what_is_no_setting(file: Path) -> None:
    with pytest.raises(BadInput, match="no setting"):
        settings.write("nope", 1)


def bash(tmp_path: Path, *words: str) -> list[str]:
    """What a real bash offers for the last of these words."""
    command = tmp_path / "tir"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m tir "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        'eval "$(tir completion bash)"\n'
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n"
        '_tir_completion tir; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TIR_STATE": str(tmp_path / "state"),
    }
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_real_bash_completes_commands_options_models_and_runs(tmp_path: Path) -> None:
    assert bash(tmp_path, "tir", "hin") == ["hint"]
    assert bash(tmp_path, "tir", "solve", "--max-s") == ["--max-steps"]
    assert bash(tmp_path, "tir", "solve", "-m", "min") == ["mini"]
    (tmp_path / "runs" / "algebra-mini").mkdir(parents=True)
    assert bash(tmp_path, "tir", "view", "runs/al") == ["runs/algebra-mini"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_have_a_script(shell: str) -> None:
    done = tir("completion", shell)
    assert done.exit_code == 0
    assert "_TIR_COMPLETE" in done.stdout


def test_all_commands_can_be_asked_for_help() -> None:
    for command in COMMANDS:
        assert tir(command.name, "--help").exit_code == 0, command.name
