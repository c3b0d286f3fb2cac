"""A real JupyterLab in a real browser: live view, unfolded steps, an interrupt, both themes."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import browser
from lab import Notebook, lab, write_notebook

SLOW = """
import tir
%load_ext tir
slow = tir.ScriptedModel(
    (
        "Let us count, slowly, and look at each of the numbers $\\\\frac{1}{2}$ in turn. " * 3
        + "\\n```python\\nimport time\\nprint('one half', 1/2)\\ntime.sleep(SLEEP)\\n```\\n",
        "So it is $\\\\boxed{\\\\frac{1}{2}}$.",
    ),
    seconds_per_delta=0.05,
)
"""
WATCH = """() => {
    window.drawn = [];
    const area = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[1];
    new MutationObserver(() => {
        const label = [...area.querySelectorAll('.tir-label')].pop();
        const said = label ? label.textContent : '';
        if (said && (!window.drawn.length || window.drawn.at(-1)[1] !== said))
            window.drawn.push([performance.now(), said]);
    }).observe(area, {childList: true, subtree: true, characterData: true});
}"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    folder: Path = tmp_path_factory.mktemp("lab")
    write_notebook(
        folder / "n.ipynb",
        SLOW.replace("SLEEP", "0.5"),
        "%%tir -m slow -n 1 --no-check --as sol\nFind $x$ with $2x = 1$.",
        SLOW.replace("SLEEP", "60"),
        "part = tir.solve('Find x with 2x = 1.', model=slow)\npart",
        "print(type(part).__name__, part.interrupted)",
    )
    with browser() as chromium, lab(folder) as address:
        page = chromium.new_page(viewport={"width": 1200, "height": 900})
        opened = Notebook(page, address, "n.ipynb")
        opened.run(0)
        yield opened


def test_the_view_is_live_and_at_most_ten_times_a_second(notebook: Notebook) -> None:
    notebook.page.evaluate(WATCH)
    notebook.run(1)
    notebook.cell(1).locator(".tir-facts").wait_for()
    drawn = notebook.page.evaluate("window.drawn")
    said = " ".join(text for _, text in drawn)
    assert "the model writes." in said
    assert "the model waits for its program" in said
    seconds = (drawn[-1][0] - drawn[0][0]) / 1000
    assert seconds > 0.5
    assert 4 <= len(drawn) <= 10 * seconds + 3
    assert notebook.cell(1).locator(".jp-OutputArea-output").count() == 1


def test_a_step_unfolds(notebook: Notebook) -> None:
    output = notebook.output(1)
    program = output.locator("pre", has_text="import time")
    if program.is_visible():
        pytest.fail("a step with a program is folded at first")
    for summary in output.locator("summary").all():
        if not program.is_visible():
            summary.click()
    assert program.is_visible()
    assert output.locator("samp, pre", has_text="one half 0.5").first.is_visible()
    # Mathematics is typeset by the browser itself: a fraction is higher than its letters.
    fraction = output.locator("mfrac").first.bounding_box()
    assert fraction is not None
    assert fraction["height"] > fraction["width"]


def test_facts_stand_beside_their_labels_and_within_the_cell(notebook: Notebook) -> None:
    output = notebook.output(1)
    facts, area = output.locator(".tir-facts").bounding_box(), output.bounding_box()
    assert facts is not None
    assert area is not None
    assert facts["x"] + facts["width"] <= area["x"] + area["width"] + 1
    for label, fact in zip(
        output.locator(".tir-facts dt").all(), output.locator(".tir-facts dd").all(), strict=True
    ):
        left, right = label.bounding_box(), fact.bounding_box()
        assert left is not None
        assert right is not None
        assert left["x"] + left["width"] <= right["x"]
        assert left["height"] < 40, "a label is one line"
        assert left["y"] < right["y"] + right["height"]
        assert right["y"] < left["y"] + left["height"]


@pytest.mark.parametrize("dark", [False, True])
def test_words_can_be_read_in_both_themes(notebook: Notebook, dark: bool) -> None:
    notebook.dark(on=dark)
    inks = notebook.output(1).evaluate(
        """element => {
            const back = node => {
                for (let n = node; n; n = n.parentElement) {
                    const colour = getComputedStyle(n).backgroundColor;
                    const parts = colour.match(/[\\d.]+/g).map(Number);
                    if (parts.length < 4 || parts[3] > 0.5) return parts;
                }
                return [255, 255, 255];
            };
            const light = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
            return [...element.querySelectorAll('dt, dd, p, summary, samp, code')]
                .filter(n => n.textContent.trim())
                .map(n => Math.abs(
                    light(getComputedStyle(n).color.match(/[\\d.]+/g).map(Number)) - light(back(n))
                ));
        }"""
    )
    assert inks
    assert min(inks) > 100, "of 255"


def test_an_interrupted_solve_is_a_solution(notebook: Notebook) -> None:
    notebook.run(2)
    notebook.start(3)
    time.sleep(1.5)
    notebook.interrupt()
    notebook.finish(3)
    assert "interrupted" in notebook.output(3).inner_text()
    notebook.run(4)
    assert notebook.output(4).inner_text().strip() == "Solution True"
