"""Measures the report of a run in a real browser: `python tests/benchmarks/report.py`.

Per number of problems: how long it takes to write, how large it is, how many details stand in it
as they are, and in Chromium how long until it has loaded, until a filter has been applied, and
until the last problem, whose details may be packed, is open. Times of the processor stand beside
those of the clock, for a machine that does something else besides.

A solution is four samples of two steps. Its text is what models wrote (responses of Qwen2.5-Math,
programs of ToRA with their outputs, in `--transcripts`), so that it compresses as such text does;
without that folder it is six questions run in real kernels, which compress far too well.
"""

import json
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import ARGUMENTS, executable
from reports import make_run

from executors import Execution, Status
from problems import Answer, Problem
from tir.api import solve
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.render.report import write_report
from tir.solution import Evidence, EvidenceKind, Solution, SolutionStatus
from tir.trajectory import Step, Stop, Trajectory, Usage

SHARED = Path(__file__).parents[3] / "shared" / "data" / "transcripts"
TEXTS, PROGRAMS = "qwen-math-cot-50x8.jsonl", "tora-code-34b-gsm8k.jsonl"
BLOCK = re.compile(r"```python\n(.*?)```\s*```output\n(.*?)```", re.DOTALL)
QUESTIONS = (
    r"Find the sum of the roots of $x^2-5x+6=0$.",
    r"How many vertical asymptotes does the graph of $y=\frac{2}{x^2+x-6}$ have?",
    r"If $\mathbf{A}=\begin{pmatrix}2&3\\0&1\end{pmatrix}$, what is the trace of $\mathbf{A}^2$?",
    r"Compute $\displaystyle\sum_{k=1}^{5}\binom{5}{k}\left(\frac12\right)^k$ and round it.",
    r"In triangle $ABC$, $\overline{AB}=3$, $\angle C=90^\circ$ and $\sin A=\frac{\sqrt3}{2}$. "
    r"What is $\lfloor AC^2+BC^2\rfloor-4$?",
    r"Evaluate $\lim_{x\to0}\frac{\sin 5x}{x}+f(0)$ where "
    r"$f(x)=\begin{cases}x&x>0\\-x&x\le0\end{cases}$.",
)
TURNS = (
    "To answer, I first write down **what is given**: {question}\n\nThe plan:\n\n"
    "1. Let $x = \\frac{{-b \\pm \\sqrt{{b^2-4ac}}}}{{2a}}$ where $a \\ne 0$.\n"
    "2. Sum it: $$\\sum_{{i=1}}^{{n}} i = \\frac{{n(n+1)}}{{2}}.$$\n"
    "```python\nfrom sympy import symbols, solve\n\nx = symbols('x')\n"
    "roots = solve(x**2 - 5*x + 6, x)\nfor root in roots:\n    print(root)\nprint(sum(roots))\n```",
    "The program prints the roots $2$ and $3$ and their sum, so the answer is $\\boxed{{5}}$.",
)
IN_BROWSER = """async () => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const load = performance.getEntriesByType("navigation")[0].loadEventEnd;
    const filtering = performance.now();
    const words = document.querySelector("input[name=words]");
    words.value = "number";
    words.dispatchEvent(new Event("input", {bubbles: true}));
    await painted();
    const filtered = performance.now() - filtering;
    const opening = performance.now();
    location.hash = "#p" + document.querySelectorAll("#rows tbody tr").length;
    while (!document.querySelector(".problem.shown")) await painted();
    return [load, filtered, performance.now() - opening, performance.memory.usedJSHeapSize];
}"""


def solved(questions: Sequence[str]) -> list[Solution]:
    """Real solutions of the questions, four samples each."""
    policy = Policy(samples=1, check=False)
    found = []
    for question in questions:
        turns = tuple(turn.format(question=question) for turn in TURNS)
        solution = solve(Problem(question), model=ScriptedModel(turns), policy=policy)
        found.append(replace(solution, trajectories=solution.trajectories * 4))
    return found


def written(folder: Path, count: int) -> list[Solution]:
    """Solutions put together of what models wrote: texts of one, programs of another."""
    chance = random.Random(1)
    texts = [json.loads(line) for line in (folder / TEXTS).open(encoding="utf-8")]
    programs = [
        found.groups()
        for line in (folder / PROGRAMS).open(encoding="utf-8")
        if (found := BLOCK.search(json.loads(line)["code"][0]))
    ]
    found = []
    for _ in range(count):
        about = chance.choice(texts)
        samples = []
        for text in chance.sample(about["responses"], 4):
            program, output = chance.choice(programs)
            half = text.find("\n\n", len(text) // 2)
            ran = Execution(Status.OK, output, seconds=0.2)
            steps = (
                Step(text[:half], program, ran, 300, 2.0),
                Step(text[half:], None, None, 200, 1.0),
            )
            answer = Answer(about["answer"], "boxed")
            samples.append(Trajectory(steps, answer, Stop.ANSWERED, 0, Usage(generated=500), 3.0))
        problem = Problem(about["question"], about["answer"])
        evidence = (Evidence(EvidenceKind.AGREED, True, "4 of 4 trajectories agree"),)
        found.append(
            Solution(
                problem,
                about["answer"],
                SolutionStatus.VERIFIED,
                evidence,
                tuple(samples),
                Usage(generated=2000),
                "Qwen2.5-Math-7B-Instruct",
                12.0,
                (4, 4),
            )
        )  # fmt: skip
    return found


def in_browser(path: Path) -> Any:
    """Milliseconds until loaded, filtered, opened; bytes of the heap; CPU seconds of loading."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        page = running.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(300_000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(path.as_uri())
        metrics = session.send("Performance.getMetrics")["metrics"]
        (busy,) = (each["value"] for each in metrics if each["name"] == "TaskDuration")
        figures = [*page.evaluate(IN_BROWSER), busy]
        running.close()
    return figures


@click.command()
@click.option("--sizes", default="100,1000,10000", show_default=True, help="Problems of a run.")
@click.option("--transcripts", default=SHARED, type=click.Path(path_type=Path))
@click.option("--as-json", is_flag=True, help="One JSON object per size.")
def main(sizes: str, transcripts: Path, as_json: bool) -> None:
    """Prints a line per size."""
    counts = [int(size) for size in sizes.split(",")]
    if (transcripts / TEXTS).exists():
        solutions = written(transcripts, min(max(counts), 2000))
    else:
        click.echo(f"no transcripts in {transcripts}: sizes are of text that repeats", err=True)
        solutions = solved(QUESTIONS[: max(counts)])
    with tempfile.TemporaryDirectory() as folder:
        for rows in counts:
            run = make_run(Path(folder) / str(rows), solutions, rows)
            path = Path(folder) / f"{rows}.html"
            started, busy = time.perf_counter(), time.process_time()
            write_report(run, path)
            spent, busy = time.perf_counter() - started, time.process_time() - busy
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            html = path.read_text(encoding="utf-8")
            figures = {
                "problems": rows,
                "written_s": round(spent, 2),
                "written_cpu_s": round(busy, 2),
                "size_mb": round(path.stat().st_size / 1e6, 2),
                "standing": len(re.findall(r'<details class="problem', html)),
                "peak_mb": peak,
            }
            if executable() is not None:
                load, filtered, opened, heap, busy = in_browser(path)
                figures |= {
                    "loaded_s": round(load / 1e3, 2),
                    "loaded_cpu_s": round(busy, 2),
                    "filtered_s": round(filtered / 1e3, 2),
                    "opened_s": round(opened / 1e3, 2),
                    "heap_mb": round(heap / 1e6),
                }
            click.echo(json.dumps(figures) if as_json else "  ".join(
                f"{name} {value}" for name, value in figures.items()
            ))  # fmt: skip


if __name__ == "__main__":
    main()
