"""Grades, the comparing process, hostile answers, and the measured error rates."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from problems import Certainty, Outcome, equal, grade
from problems.worker import Worker, shared

CASES = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "grading.jsonl"

EQUAL = [
    ("1/2", "0.5"),
    (r"\frac{-11}{2}", "-5.5"),
    ("10{,}000", "10000"),
    ("50%", "50"),
    ("50%", "0.5"),
    ("x = 5", "5"),
    ("1, 2", "2, 1"),
    ("[1, 2]", "1, 2"),
    ("{1, 2}", r"\{2, 1\}"),
    ("[2]", "2"),
    (r"\pm 3", "-3, 3"),
    ("{x: 2, y: 3}", "x=2, y=3"),
    ("{x: 2, y: 3}", "(2, 3)"),
    ("a=3, b=4", "b=4, a=3"),
    ("(2, 3)", r"\left(2, 3\right)"),
    ("Matrix([[1, 2], [3, 4]])", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"),
    ("[[1, 2], [3, 4]]", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"),
    ("Interval.Lopen(1, oo)", r"(1, \infty)"),
    ("x > 2", r"(2, \infty)"),
    (r"\{x \mid -2 \le x < 1\}", "[-2, 1)"),
    ("Union(Interval.open(-oo, 1), Interval.open(2, oo))", r"(-\infty,1)\cup(2,\infty)"),
    (r"x<1 \text{ or } x>2", r"(-\infty,1)\cup(2,\infty)"),
    ("3 m", "300 cm"),
    ("1.441e6 m", "1441 km"),
    ("(37/4)m", r"\frac{37}{4} m"),
    ("9.25m", r"\frac{37}{4} m"),
    (r"18\sqrt{3}\text{ cm}", r"18\sqrt{3}"),
    ("9 (apples)", "9"),
    ("3.5 million dollars", "3500000"),
    ("3.5万", "35000"),
    (r"\sum_{k=1}^{5} k^2", "55"),
    (r"\text{4:30 p.m.}", r"4:30 \text{ p.m.}"),
    ("EmptySet", "no solution"),
    ("(A)", "A"),
    ("yes", r"\text{Yes}"),
    ("seven", "7"),
    ("The answer is 7.", "7"),
    (r"Therefore $\boxed{\frac{3}{4}}$.", "0.75"),
    (" " * 200_000 + "4", "4"),
    # From here on the process is asked.
    ("3*x**2 + 1", "1 + 3x^2"),
    ("sqrt(2)/2", r"\frac{1}{\sqrt{2}}"),
    ("x**2/2", r"\frac{x^2}{2}"),
    ("exp(-x)*sin(x)", r"e^{-x}\sin x"),
    ("log(x)/log(2)", r"\log_2 x"),
    ("-sqrt(3) + 2*I", r"2i - \sqrt3"),
    ("x^2 + C", "x^2 + c"),
    ("5x-4y=-2", "10x-8y=-4"),
    ("(x+1)(x-1)", "x^2-1"),
    (r"\sqrt{5+2\sqrt{6}}", r"\sqrt{2}+\sqrt{3}"),
    ("[-sqrt(2), sqrt(2)]", r"\sqrt{2}, -\sqrt{2}"),
    ("75^\\circ", r"\frac{5\pi}{12}"),
]
UNEQUAL = [
    ("0.33", "1/3"),
    ("1.000001", "1"),
    ("-5", "5"),
    ("25%", "2.5"),
    ("(1, 2)", "(2, 1)"),
    ("[1, 2]", "(1, 2)"),
    ("[1, 2)", "(1, 2]"),
    ("1, 2", "1"),
    ("5 or 6", "5"),
    ("x=5", "y=5"),
    ("2 h", "2 min"),
    (r"\text{cm}^2", r"\text{cm}^3"),
    ("1101_2", "1101_3"),
    ("A", "B"),
    ("3.5 million", "3.5"),
    (r"\text{east}", r"\text{seat}"),
    ("no solution", "0"),
    (r"\infty", r"-\infty"),
    (r"\frac{1}{10^{30}}", "0"),
    # From here on the process is asked.
    ("3x+4y=13", "5"),
    ("|x|", "x"),
    (r"2\pi", "2\\pi + 1"),
    ("x^2+1=0", "x^2+2=0"),
    (r"e^{\pi\sqrt{163}}", "262537412640768744"),
    ("(a+b)^{60}", "(a+b)^{60}+1"),
    (r"1-1/\mathrm{e}", r"1+1/\mathrm{e}"),
    (r"\sqrt{x+9}", r"\sqrt{x}+3"),
]
UNKNOWN = [
    ("301 km + 1140 km", "1441 km"),
    ("5", "xy=5"),
    ("abc", "bca"),
    ("2112_6", "2112"),
    ("(" * 60 + "1", "2"),
]
# What only the process can compare.
SUM = r"\sum_{k=1}^{n} (2k-1)"
EXECUTED = Path("/tmp/tir-grade-executed")
HOSTILE = [
    f"__import__('os').system('touch {EXECUTED}')",
    f"__import__('pathlib').Path('{EXECUTED}').touch()",
    f"[open('{EXECUTED}','w')]",
    f"(lambda: open('{EXECUTED}','w'))()",
    f"\\text{{__import__('os').system('touch {EXECUTED}')}}",
    "9**9**9",
    "9^{9^{9^{9}}}",
    "100000!",
    "((9!)!)!",
    r"\binom{10^9}{10^8}",
    r"\sum_{k=1}^{10^{12}} \frac{1}{k^2}",
    r"\int_0^1 x^{x^{x^{x}}} dx",
    "9" * 1_000_000,
    "(" * 100_000,
    r"\frac{" * 5000 + "}" * 5000,
    "x" + "+x" * 900,
    "(a+b+c+d)^{200}",
    "\\" * 3000,
    "{" * 49 + "1" + "}" * 49,
    "x(" * 45 + "1" + ")" * 45,
    "\x00\ud83d",
]


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_equal(a: str, b: str) -> None:
    assert grade(a, b).outcome is Outcome.CORRECT, grade(a, b)
    assert equal(b, a) is True


@pytest.mark.parametrize(("a", "b"), UNEQUAL)
def test_unequal(a: str, b: str) -> None:
    assert grade(a, b).outcome is Outcome.INCORRECT, grade(a, b)
    assert equal(b, a) is False


@pytest.mark.parametrize(("a", "b"), UNKNOWN)
def test_what_cannot_be_told_is_undecided(a: str, b: str) -> None:
    verdict = grade(a, b)
    assert (verdict.outcome, verdict.score) == (Outcome.UNDECIDED, None)
    assert equal(a, b) is None


def test_a_witness_has_no_minus_nothing() -> None:
    verdict = grade("(x + 2)(x + 3)", "(x - 2)(x - 3)")
    assert verdict.detail == "The two differ at x = 2: 20 against 0."


@pytest.mark.parametrize("answer", [None, "", "  \n"])
def test_no_answer(answer: str | None) -> None:
    assert grade(answer, "5").outcome is Outcome.NO_ANSWER


def test_a_blank_reference_is_an_error() -> None:
    with pytest.raises(ValueError, match="blank"):
        grade("5", " ")


def test_verdicts_say_how_sure_they_are() -> None:
    assert grade("4", "5").certainty is Certainty.PROVED
    assert grade("5", "5%").certainty is Certainty.CONVENTION
    assert grade("x+1", "x+2").certainty is Certainty.NUMERIC
    assert grade("x = 1/2", "0.5").normal_forms == ("1/2", "0.5")


@pytest.mark.parametrize("answer", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers_neither_run_nor_hang(answer: str) -> None:
    EXECUTED.unlink(missing_ok=True)
    equal("1", "x - x + 1")
    began = time.monotonic()
    verdicts = grade(answer, "7x", budget=0.5), grade("7x", answer, budget=0.5)
    assert not EXECUTED.exists()
    assert Outcome.CORRECT not in {verdict.outcome for verdict in verdicts}
    # Two budgets, and a new process after each kill, on a machine that may be busy.
    assert time.monotonic() - began < 2 * 0.5 + 20


def test_a_killed_worker_comes_back() -> None:
    assert equal(SUM, "n^2") is True
    before = shared.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    # The first question may meet the pipe before the death is seen; then it is undecided.
    assert equal(f"2{SUM}", "2n^2") in (True, None)
    assert equal(f"3{SUM}", "3n^2") is True
    assert shared.pid not in (None, before)


def test_the_deadline_kills_and_the_next_question_is_answered() -> None:
    worker = Worker()
    try:
        late = worker.ask(r"\sum_{k=1}^{10^{12}}\frac{\sin k}{k}", "x", budget=0.2)
        assert late.says in ("late", "unread")
        assert worker.ask("x+1", "1+x", budget=30).says == "equal"
    finally:
        worker.close()
    assert worker.pid is None


def test_a_forked_child_has_its_own_worker() -> None:
    assert equal(SUM, "n^2") is True
    child = os.fork()
    if child == 0:
        code = 0 if shared.pid is None and equal(f"2{SUM}", "2n^2") is True else 1
        shared.close()
        os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert equal(f"3{SUM}", "3n^2") is True


def test_the_worker_dies_with_a_killed_parent() -> None:
    code = "import problems, problems.worker as w; problems.equal(r'\\int_0^1 x dx', '1/2')"
    code += "; print(w.shared.pid, flush=True); input()"
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 20
    while _alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(worker)


def _alive(pid: int) -> bool:
    """Running, not merely unreaped by whoever adopted it."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_threads_and_a_running_loop() -> None:
    pairs = [(f"x+{n}", f"{n}+x") for n in range(1, 25)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda pair: equal(*pair), pairs))

    async def inside() -> bool | None:
        return equal("a+b", "b+a")

    assert asyncio.run(inside()) is True


@pytest.mark.skipif(not CASES.exists(), reason=f"the shared grading cases are not at {CASES}")
def test_error_rates_on_the_shared_cases() -> None:
    """Measured when written: 98.9 % right, no false accept, 2.1 % false rejects."""
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    accepted = [grade(row["answer"], row["gold"]).outcome is Outcome.CORRECT for row in rows]
    unequal = [got for got, row in zip(accepted, rows, strict=True) if not row["equal"]]
    right = sum(got == row["equal"] for got, row in zip(accepted, rows, strict=True))
    assert sum(unequal) / len(unequal) <= 0.01
    assert right / len(rows) >= 0.97
