"""The notebooks run from top to bottom and show again what they show now."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def outputs(notebook: nbformat.NotebookNode) -> list[str]:
    """Text of every output, times left out."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            texts.append(re.sub(r"\d+\.\d+ s", "0.0 s", text))
    return texts


def test_there_are_some() -> None:
    assert NOTEBOOKS


@pytest.mark.filterwarnings("default")  # nbclient's own dependencies warn; ours are not in play
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_repeats_itself(path: Path) -> None:
    shown = nbformat.read(path, as_version=4)
    again = nbformat.read(path, as_version=4)
    NotebookClient(again, timeout=180, resources={"metadata": {"path": str(path.parent)}}).execute()
    assert outputs(shown)
    assert outputs(again) == outputs(shown)
