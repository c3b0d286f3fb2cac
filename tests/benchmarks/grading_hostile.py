"""What the grader must survive: texts that cost, and texts that would like to be run."""

import collections
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from grading_golds import rows
from grading_peer import MathVerify

from problems import grade

CASES = Path(__file__).parents[1] / "data"
BUDGET = 2.0
"""Seconds of the worker that every grade here may take."""
MB = 1 << 20


def line(what: str, peer: str, ours: str, bar: str) -> None:
    print(f"{what:58} {peer:>24} {ours:>32}   {bar}", flush=True)


def hostile_cases() -> list[dict]:
    """Each with `answer` and `gold` written out."""
    cases = rows(CASES / "hostile.jsonl")
    for case in cases:
        if "make" in case:
            case["answer"] = "".join(text * times for text, times in case["make"])
        if "numbers" in case:
            numbers = [str(n) for n in range(case["numbers"])]
            case["gold"] = r"\{" + ",".join(numbers) + r"\}"
            case["answer"] = r"\{" + ",".join(reversed(numbers)) + r"\}"
    return cases


def hostile(peer: MathVerify) -> None:
    cases = hostile_cases()
    seconds, outcomes = [], collections.Counter()
    watch = Watch()
    watch.others = frozenset({peer.process.pid})
    watch.start()
    for case in cases:
        for gold, answer in ((case["gold"], case["answer"]), (case["answer"], case["gold"])):
            if not gold.strip():
                continue
            started = time.perf_counter()
            verdict = grade(answer, gold, budget=BUDGET)
            seconds.append(time.perf_counter() - started)
            outcomes[verdict.outcome.value] += 1
            if seconds[-1] > 3 or verdict.outcome == case.get("never"):
                print(
                    f"    {case['name']}: {verdict.outcome} ({verdict.rule}) in {seconds[-1]:.2f} s"
                )
    watch.done.set()
    watch.join()
    line(
        f"hostile strings ({len(cases)}, both sides): longest",
        "43 of 74 take 5 s",
        f"{max(seconds):.2f} s",
        "<= 3 s",
    )
    line("hostile strings: median", "", f"{statistics.median(seconds) * 1e3:.2f} ms", "<= 50 ms")
    line(
        "hostile strings: memory of all our processes", "", f"{watch.most / MB:.0f} MB", "< 1000 MB"
    )
    line(
        "hostile strings: verdicts",
        "",
        ", ".join(f"{n} {k}" for k, n in outcomes.most_common()),
        "none wrongly decided",
    )


class Watch(threading.Thread):
    """Notes the most memory that this process and those under it hold together."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.most = 0

    def run(self) -> None:
        own = psutil.Process()
        while not self.done.wait(0.02):
            total = 0
            for process in (own, *own.children(recursive=True)):
                if process.pid in self.others:
                    continue
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.most = max(self.most, total)

    others: frozenset[int] = frozenset()
    """Processes that are not ours: Math-Verify's."""


def injection() -> None:
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "ran"
        payloads = [
            row["payload"].replace("CANARY", str(canary)) for row in rows(CASES / "injection.jsonl")
        ]
        ran = 0
        for payload in payloads:
            for gold, answer in (("7x", payload), (payload, "7x"), (payload, payload + "+1")):
                grade(answer, gold, budget=BUDGET)
                ran += canary.exists()
                canary.unlink(missing_ok=True)
        line(f"injections ({len(payloads)} payloads, both sides): run", "0", str(ran), "0")
    heavy = {"sympy", "latex2sympy2_extended", "math_verify", "mpmath"} & set(sys.modules)
    line("SymPy's parsers in the fast tier's process", "", ", ".join(heavy) or "none", "none")
