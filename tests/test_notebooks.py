"""The notebooks run from top to bottom and show again what they show now."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

nbformat: Any = pytest.importorskip("nbformat", reason="needs nbformat")
nbclient: Any = pytest.importorskip("nbclient", reason="needs nbclient")

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
TIMES = re.compile(r"\d+(?:\.\d+)?(?:\s|&nbsp;)s\b")
PATHS = re.compile(r"(?:/(?:home|root|Users|tmp|work|usr|private|var)/|[A-Z]:\\)")


def outputs(notebook: Any) -> list[tuple[str, str]]:
    """Kind and text of every form of every output, times left out."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            forms = output.get("data") or {output.get("name", "error"): output.get("text", "")}
            found += [(kind, TIMES.sub("0 s", str(text))) for kind, text in sorted(forms.items())]
    return found


def test_they_are_those_that_the_readme_names() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_solve", "02_worksheet", "03_grade", "04_evaluate", "05_verification"
    ]  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_shown_can_be_read_everywhere(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    shown = outputs(notebook)
    assert shown
    assert not PATHS.search(str(shown)), "a folder of the machine that it ran on"
    assert " at 0x" not in str(shown), "an address in memory"
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error", output
            forms = output.get("data", {"text/plain": ""})
            assert "text/plain" in forms
            if '<article class="tir">' in forms.get("text/html", ""):
                assert "text/markdown" in forms
            assert "<script" not in forms.get("text/html", "")


@pytest.mark.filterwarnings("default")  # nbclient's own dependencies warn; ours are not in play
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_repeats_itself(path: Path, tmp_path: Path) -> None:
    # A copy: what it writes lies beside it.
    folder = shutil.copytree(
        FOLDER, tmp_path / "notebooks", ignore=shutil.ignore_patterns("runs", "worksheet")
    )
    shown, again = (nbformat.read(path, as_version=4) for _ in range(2))
    search = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    client = nbclient.NotebookClient(again, timeout=300, resources={"metadata": {"path": folder}})
    client.execute(env={**os.environ, "PYTHONPATH": search})
    assert outputs(again) == outputs(shown)
