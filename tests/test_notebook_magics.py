"""`%tir` in a real kernel: the live view, the final state, interrupts, errors as a card."""

from collections.abc import Iterator

import pytest
from kernels import Cell, Kernel, kernel
from pages import harmless

pytestmark = pytest.mark.filterwarnings("default")  # jupyter_client's own; ours run in the kernel

SLOW = """
from tir import ScriptedModel
slow = ScriptedModel(
    (
        "Let us count, slowly, from one to a hundred, and look at each of the numbers in turn. " * 4
        + "\\n```python\\nimport time\\nprint('<b>out</b>')\\ntime.sleep({sleep})\\n```\\n",
        "So it is $\\\\boxed{{7}}$.",
    ),
    seconds_per_delta=0.02,
)
"""
QUESTION = "Find all real x with 2x^2 - 7x + 3 = 0"


@pytest.fixture(scope="module")
def notebook() -> Iterator[Kernel]:
    with kernel() as running:
        assert running.run("%load_ext tir").status == "ok"
        yield running


def saved(cell: Cell) -> dict[str, str]:
    (only,) = cell.shown()
    return only


def test_loading_the_extension_loads_no_model(notebook: Kernel) -> None:
    cell = notebook.run("import sys; print([n for n in ('torch', 'sympy') if n in sys.modules])")
    assert cell.text() == "[]\n"


def test_a_cell_is_solved_and_its_solution_kept(notebook: Kernel) -> None:
    cell = notebook.run(f"%%tir -m mini --as sol\n{QUESTION}")
    assert cell.status == "ok"
    data = saved(cell)
    assert set(data) == {"text/plain", "text/markdown", "text/html"}
    assert "verified" in harmless(data["text/html"]).text
    assert r"- **Answer** $\frac{1}{2}, 3$" in data["text/markdown"]
    assert "Status    verified" in data["text/plain"]
    same = f"tir.solve({QUESTION!r}, model='mini').answer"
    told = notebook.run(f"import tir\nprint(type(sol).__name__, sol is _tir, sol.answer == {same})")
    assert told.text() == "Solution True True\n"


def test_a_question_mark_asks_the_model_and_not_ipython(notebook: Kernel) -> None:
    notebook.run("%tir -m mini --as asked What is the greatest common divisor of 84 and 36?")
    assert notebook.run("print(asked.answer)").text() == "12\n"


def test_the_text_behind_the_options_stays_as_it_was_typed(notebook: Kernel) -> None:
    typed = r"Is $\frac{a}{b}$ 'rational' if {a} = \"2\" -- or  not"
    notebook.run(f"%tir -m mini -n 1 --as asked {typed}")
    assert notebook.run("print(asked.problem.question)").text() == f"{typed}\n"


def test_the_view_is_live_and_at_most_ten_times_a_second(notebook: Kernel) -> None:
    notebook.run(SLOW.format(sleep=0.2))
    cell = notebook.run("%%tir -m slow -n 1 --no-check\nCount <script>alert(1)</script> to 7.")
    drawn = [(c["data"], at) for kind, c, at in cell.messages if "display_data" in kind]
    assert cell.kinds().count("display_data") == 1, "one output, updated"
    assert len(drawn) >= 5
    span = drawn[-1][1] - drawn[0][1]
    assert len(drawn) <= 10 * span + 3
    for data, _ in drawn:
        harmless(data["text/html"])
    during = "".join(data["text/html"] for data, _ in drawn[:-1])
    assert "the model writes." in during
    assert "waits for its program" in during
    assert "&lt;script&gt;" in during
    final = saved(cell)
    assert "waits" not in final["text/html"]
    assert "&lt;b&gt;out&lt;/b&gt;" in final["text/html"]


def test_an_interrupted_cell_keeps_what_there_is(notebook: Kernel) -> None:
    notebook.run(SLOW.format(sleep=60))
    cell = notebook.run(
        "%%tir -m slow -n 1 --as part\nCount to 7.", interrupt_at="waits for its program"
    )
    assert cell.status == "ok"
    assert "interrupted" in saved(cell)["text/plain"]
    told = notebook.run("print(part.interrupted, part.answer, len(part.trajectories[0].steps))")
    assert told.text() == "True None 1\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%tir", "there is no problem."),
        ("%tir --nope 1 + 1", "No such option"),
        ("%tir --as 3x 1 + 1", "no name of a variable"),
        ("%tir -m no-such-model 1 + 1", "no-such-model"),
        ("%%tir 1 + 1\n2 + 2", "one in the cell"),
        ("import tir; tir.solve(' ')", "the problem is empty."),
    ],
)
def test_an_error_is_a_card_of_three_lines(notebook: Kernel, line: str, said: str) -> None:
    cell = notebook.run(line)
    assert cell.status == "error", "Run All stops here"
    card = cell.error()
    assert said in card
    assert "Try: " in card
    assert "Traceback" not in card
    assert len(card.splitlines()) == 3


def test_help_is_that_of_the_command_line(notebook: Kernel) -> None:
    assert "--samples" in notebook.run("%tir --help").text()


def test_without_the_extension_a_solution_shows_itself_all_the_same(notebook: Kernel) -> None:
    cell = notebook.run("sol")
    assert cell.kinds().count("execute_result") == 1
    assert "text/html" in saved(cell)
