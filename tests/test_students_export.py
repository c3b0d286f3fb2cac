"""Exports: Markdown, notebook, TeX, HTML, JSON; hostile text; outputs that changed."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

import tir
from executors import Execution, Status
from problems import Answer, Problem
from tir.cli import cli
from tir.errors import BadInput, ExitCode
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.render.markdown import solution_markdown
from tir.render.tex import escaped, formula, solution_tex, text_tex
from tir.solution import Evidence, EvidenceKind, Solution, SolutionStatus
from tir.students.export import document, export, load_solution, page
from tir.students.notebook import OutputChanged, solution_notebook
from tir.trajectory import Step, Stop, Trajectory, Usage

HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) ![p](http://e/x.png) 5% of $5 & #1_a ~ "
    "^^5c \\input{/etc/passwd} $\\href{javascript:alert(1)}{x}$ $\\def\\x{\\x}\\x$ $a^b^c$ "
    "\\end{document} `` ` \x1b[31m π 中 “q” $\\text{#_%}$ $\\frac{1}{2} < \\pi$ }{ \\"
)


def made(rationale: str, program: str, output: str, answer: str) -> Solution:
    """A solution of one step, as a model might have written it."""
    step = Step(rationale, program, Execution(Status.OK, stdout=output), 10, 0.1)
    trajectory = Trajectory((step,), Answer(answer, "boxed"), Stop.ANSWERED, 0, Usage())
    evidence = (Evidence(EvidenceKind.CHECKED, True, f"a check says {rationale}"),)
    return Solution(
        Problem(rationale or "What?"),
        answer,
        SolutionStatus.VERIFIED,
        evidence,
        (trajectory,),
        Usage(),
        "model",
    )


NASTY = made(HOSTILE, "print('```')\n\\end{tircode}\n" + HOSTILE, HOSTILE, HOSTILE)


@pytest.fixture(scope="module")
def solution() -> Solution:
    turns = [
        "We have $x^2 = \\frac{9}{4}$.\n```python\nx = 3\nprint(x * 14)\nx\n```\n```output",
        "So \\[x = 42\\] and the answer is $\\boxed{42}$.",
    ]
    return tir.solve(
        "Is \\(6 \\cdot 7\\) $42?",
        model=ScriptedModel(turns),
        policy=Policy(samples=1, check=False),
    )


def test_markdown_has_the_formulas_the_program_and_what_it_printed(solution: Solution) -> None:
    text = solution_markdown(solution)
    assert "Is $6 \\cdot 7$ \\$42?" in text
    assert "```python\nx = 3\nprint(x * 14)\nx\n```" in text
    assert "```text\n42\n3\n```" in text
    assert "$$\nx = 42\n$$" in text
    assert "**Answer:** $42$" in text


def test_markdown_of_hostile_text_holds_no_tag_no_link_and_no_open_fence() -> None:
    text = solution_markdown(NASTY)
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", text)
    assert "print(" not in outside  # each fence ends where it should
    outside = re.sub(r"(`+)[^`\n].*?[^`]\1(?!`)", "", outside)
    assert not re.search(r"<[A-Za-z/!]", outside)
    assert "](" not in outside
    formulas = re.findall(r"(?<!\\)\$([^$]+)(?<!\\)\$", outside)
    assert formulas
    assert not any("href" in each or "def" in each for each in formulas)
    assert "\x1b" not in text


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_a_page_is_whole_and_holds_no_script() -> None:
    reader = _Tags()
    reader.feed(page(NASTY))
    assert {"html", "head", "title", "body", "article"} <= reader.seen
    assert not reader.seen & {"script", "img", "a", "iframe", "object"}
    assert not any(name.startswith("on") for name in reader.attributes)


def commands(tex: str) -> Iterator[str]:
    yield from re.findall(r"\\([A-Za-z]+|.)", tex)


def test_tex_is_ascii_balanced_and_has_no_command_of_the_model() -> None:
    text = solution_tex(NASTY)
    assert text.isascii()
    body = text.partition("\\begin{document}")[2]
    assert not {"input", "href", "def", "write", "catcode", "include"} & set(commands(body))
    assert body.count("\\end{document}") == 1
    bare = re.sub(r"\\.", "", body)
    assert bare.count("{") == bare.count("}")
    assert not set("$#%&~") & set(bare)
    depth = 0
    for name in re.findall(r"\\(begin|end)\{tircode\}", body):
        depth += 1 if name == "begin" else -1
        assert depth in (0, 1)
    assert "\\(\\frac{1}{2} < {\\pi}\\)" in body or "\\(\\frac{1}{2} < \\pi\\)" in body


@pytest.mark.parametrize(
    "latex",
    ["\\frac{1}{2}", "x^2", "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "\\sqrt[3]{x}",
     "\\begin{align*} a &= b \\\\ c &= d \\end{align*}", "x \\text{ if } y > 0", "25\\%", "π"],
)  # fmt: skip
def test_formulas_pass(latex: str) -> None:
    assert formula(latex) is not None


@pytest.mark.parametrize(
    "latex",
    ["\\input{x}", "a^b^c", "\\frac{1}", "{", "a & b", "\\left( x", "^^41", "$", "x % y", "#1",
     "\\begin{document}", "\\end{pmatrix}", "\\text{a_b}", "\\text{\\input{x}}", "中", "\\unknown",
     "\\write18{ls}", "\\def\\x{}", "", "x" * 5000, "\\csname input\\endcsname"],
)  # fmt: skip
def test_what_might_not_compile_or_might_do_more_is_set_as_text(latex: str) -> None:
    assert formula(latex) is None
    shown = text_tex(f"${latex}$") if latex else ""
    assert "\\(" not in shown or latex == "$"


def test_escaped_text_is_read_as_it_was() -> None:
    assert escaped("50% of $3_a ~^\\{}") == (
        "50\\% of \\$3\\_a \\textasciitilde{}\\textasciicircum{}\\textbackslash{}\\{\\}"
    )


@pytest.mark.skipif(
    shutil.which("pdflatex") is None and shutil.which("tectonic") is None,
    reason="no TeX is installed here; the structure of the document is tested above",
)
def test_the_document_compiles(tmp_path: Path) -> None:
    (tmp_path / "s.tex").write_text(solution_tex(NASTY), encoding="ascii")
    program = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode"]
    if shutil.which("pdflatex") is None:
        program = ["tectonic"]
    done = subprocess.run([*program, "s.tex"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]


def test_a_notebook_is_valid_and_has_been_run(solution: Solution) -> None:
    book = nbformat.from_dict(solution_notebook(solution))
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == ["x = 3\nprint(x * 14)\nx"]
    assert [output.output_type for output in code[0].outputs] == ["stream", "execute_result"]
    assert code[0].outputs[0].text == "42\n"
    assert "**$42$**" in book.cells[-1].source


def test_a_notebook_whose_output_changed_is_not_written(solution: Solution, tmp_path: Path) -> None:
    (trajectory,) = solution.trajectories
    step = trajectory.steps[0]
    assert step.execution is not None
    lied = replace(step, execution=replace(step.execution, stdout="43\n"))
    changed = replace(
        solution, trajectories=(replace(trajectory, steps=(lied, *trajectory.steps[1:])),)
    )
    target = tmp_path / "s.ipynb"
    with pytest.raises(OutputChanged, match="program 1 gives another output now"):
        export(changed, target, None)
    assert not target.exists()
    (tmp_path / "s.json").write_text(document(changed))
    done = CliRunner().invoke(cli, ["export", str(tmp_path / "s.json"), "-o", str(target)])
    assert done.exit_code == ExitCode.NO_ANSWER
    assert "It was: 43 3. It is: 42 3." in done.stderr


def test_json_reads_back_and_every_format_is_one_command(
    solution: Solution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "s.json"
    saved.write_text(document(solution))
    assert load_solution(saved) == solution
    for suffix in ("md", "tex", "html", "json", "ipynb"):
        out = tmp_path / f"out.{suffix}"
        done = CliRunner().invoke(cli, ["export", str(saved), "-o", str(out)])
        assert (done.exit_code, done.stdout) == (0, ""), done.stderr
        assert out.stat().st_size > 100
    assert CliRunner().invoke(cli, ["export", str(saved)]).stdout.startswith("# Problem")


@pytest.mark.parametrize(
    "arguments",
    [("nothing.json",), ("12345",), ("last", "-f", "docx"), ("no such thing",)],
)
def test_what_cannot_be_exported_is_told(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIR_STATE", str(tmp_path))
    done = CliRunner().invoke(cli, ["export", *arguments])
    assert (done.exit_code, done.stdout) == (ExitCode.USAGE, "")


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"schema": "tir.solution/1"}'])
def test_a_damaged_file_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(BadInput):
        load_solution(tmp_path / "s.json")
