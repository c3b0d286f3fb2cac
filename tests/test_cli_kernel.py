"""`tir kernel`: what is written, where, and that nothing else is ever overwritten or removed."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jupyter_core.paths
import pytest
from click.testing import CliRunner, Result

from tir.cli.kernel import GROUP, PROVISIONER, kernel
from tir.errors import ExitCode

ROOT = Path(__file__).parent.parent
OTHER = {"argv": ["x"], "display_name": "other", "language": "python"}


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages in which the project is installed, as pyproject.toml has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = "\n".join(
        f"{name} = {value}" for name, value in project["entry-points"][GROUP].items()
    )
    info = tmp_path / "site" / "tir_math-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tir-math\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\n")
    monkeypatch.syspath_prepend(str(info.parent))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_PATH", "")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    # Worked out from it when the module is imported.
    shared = [str(tmp_path / "prefix" / "share" / "jupyter")]
    monkeypatch.setattr(jupyter_core.paths, "ENV_JUPYTER_PATH", shared)
    return info.parent


def tir_kernel(*arguments: str | Path) -> Result:
    return CliRunner().invoke(kernel, list(map(str, arguments)))


def write(folder: Path, spec: object) -> None:
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))


def failure(result: Result) -> list[str]:
    """The three lines that the command would end with."""
    assert result.exception is not None
    return str(result.exception).splitlines()


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ((), "prefix/share/jupyter/kernels"),
        (("--sys-prefix",), "prefix/share/jupyter/kernels"),
        (("--user",), "data/kernels"),
        (("--prefix", "{}/else"), "else/share/jupyter/kernels"),
    ],
)
def test_install_and_remove(options: tuple[str, ...], place: str, tmp_path: Path) -> None:
    options = tuple(option.format(tmp_path) for option in options)
    folder = tmp_path / place / "tir-sandbox"
    for _ in range(2):
        done = tir_kernel("install", *options)
        assert (done.exit_code, done.stdout) == (0, f"{folder}\n")
        assert "Try: jupyter console --kernel tir-sandbox" in done.stderr
    spec = json.loads((folder / "kernel.json").read_text())
    assert spec["metadata"]["kernel_provisioner"]["provisioner_name"] == PROVISIONER
    assert spec["language"] == "python"
    done = tir_kernel("remove", *options)
    assert (done.exit_code, done.stdout) == (0, f"{folder}\n")
    assert not folder.exists()


def test_a_place_where_jupyter_does_not_look_is_pointed_out(tmp_path: Path) -> None:
    done = tir_kernel("install", "--prefix", tmp_path / "else")
    assert f"export JUPYTER_PATH={tmp_path / 'else' / 'share' / 'jupyter'}\n" in done.stderr
    assert "JUPYTER_PATH" not in tir_kernel("install", "--user").stderr


def test_names_are_as_asked(tmp_path: Path) -> None:
    done = tir_kernel("install", "--user", "--name", "Walled", "--display-name", "Mine")
    folder = tmp_path / "data" / "kernels" / "walled"
    assert done.stdout == f"{folder}\n"
    assert json.loads((folder / "kernel.json").read_text())["display_name"] == "Mine"
    assert 'jupyter console --kernel walled, or "Mine"' in done.stderr
    assert tir_kernel("remove", "--name", "Walled").exit_code == 0


def test_jupyter_lists_it(tmp_path: Path, site: Path) -> None:
    tir_kernel("install", "--user")
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter_client.kernelspecapp", "list", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"},
    )
    assert PROVISIONER in json.loads(listed.stdout)["kernelspecs"]


def test_what_ignores_the_provisioner_runs_no_kernel_without_walls() -> None:
    tir_kernel("install", "--user")
    spec = json.loads(
        Path(os.environ["JUPYTER_DATA_DIR"], "kernels/tir-sandbox/kernel.json").read_text()
    )
    done = subprocess.run(spec["argv"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "kernel_provisioner" in done.stderr


def test_it_is_not_installed_where_jupyter_would_not_find_the_provisioner(
    site: Path, tmp_path: Path
) -> None:
    (site / "tir_math-0.1.0.dist-info" / "entry_points.txt").write_text("")
    result = tir_kernel("install", "--user")
    assert failure(result)[2] == "  Try: pip install tir-math"
    assert getattr(result.exception, "exit_code", None) == ExitCode.ENVIRONMENT
    assert not (tmp_path / "data").exists()


def test_a_kernel_of_somebody_else_is_neither_replaced_nor_removed(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "kernels" / "mine"
    write(folder, OTHER)
    for command in ("install", "remove"):
        result = tir_kernel(command, "--user", "--name", "mine")
        assert getattr(result.exception, "exit_code", None) == ExitCode.USAGE
        assert len(failure(result)) == 3
        assert str(folder) in failure(result)[1]
    assert json.loads((folder / "kernel.json").read_text()) == OTHER


def test_what_is_not_there_is_not_removed(tmp_path: Path) -> None:
    result = tir_kernel("remove", "--user")
    what, why, hint = failure(result)
    assert what == "there is no kernel 'tir-sandbox'."
    assert str(tmp_path / "data" / "kernels") in why
    assert hint == "  Try: jupyter kernelspec list"


def test_a_place_that_cannot_be_written_is_three_lines(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = tir_kernel("install", "--prefix", tmp_path / "file")
    assert getattr(result.exception, "exit_code", None) == ExitCode.ENVIRONMENT
    assert failure(result)[2] == "  Try: tir kernel install --user"


@pytest.mark.parametrize(
    "options", [("--user", "--sys-prefix"), ("--name", "a b"), ("--name", ""), ("--name", "../x")]
)
@pytest.mark.parametrize("command", ["install", "remove"])
def test_bad_options_are_refused(command: str, options: tuple[str, ...]) -> None:
    assert tir_kernel(command, *options).exit_code == ExitCode.USAGE
