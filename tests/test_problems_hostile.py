"""Answers made to cost, to hang or to be run; and the process that bears them."""

import asyncio
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from problems import Outcome, grade
from problems.worker import GRACE, Worker, shared

DATA = Path(__file__).resolve().parent / "data"
BUDGET = 0.5
# For a process that has to be started, on a machine that may be busy.
START = 20
SLOW = r"\sum_{k=1}^{10^{12}}\frac{\sin k}{k}"


def cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def written(case: dict[str, Any]) -> tuple[str, str]:
    """Reference and answer, written out."""
    if "numbers" in case:
        numbers = [str(n) for n in range(case["numbers"])]
        return (
            r"\{" + ",".join(numbers) + r"\}",
            r"\{" + ",".join(reversed(numbers)) + r"\}",
        )
    parts = case.get("make") or [[case["answer"], 1]]
    return case["gold"], "".join(text * times for text, times in parts)


@pytest.fixture(scope="module", autouse=True)
def _running() -> None:
    assert grade("1/2", r"\int_0^1 x dx", budget=30).outcome is Outcome.CORRECT


@pytest.mark.parametrize("case", cases("hostile.jsonl"), ids=lambda case: str(case["name"]))
def test_hostile_text_costs_no_more_than_the_budget(case: dict[str, Any]) -> None:
    gold, answer = written(case)
    for one, other in ((gold, answer), (answer, gold)):
        if not one.strip():
            continue
        began = time.monotonic()
        verdict = grade(other, one, budget=BUDGET)
        assert time.monotonic() - began < BUDGET + GRACE + 5
        assert verdict.outcome != case.get("never")
        if "never" not in case and gold == "7x":
            assert verdict.outcome is not Outcome.CORRECT


def test_there_are_hostile_texts_enough() -> None:
    assert len(cases("hostile.jsonl")) >= 80
    assert len(cases("injection.jsonl")) >= 32


@pytest.mark.parametrize("case", cases("injection.jsonl"), ids=lambda case: case["payload"][:40])
def test_nothing_in_an_answer_is_run(case: dict[str, str], tmp_path: Path) -> None:
    canary = tmp_path / "ran"
    payload = case["payload"].replace("CANARY", str(canary))
    for gold, answer in (("7x", payload), (payload, "7x"), (payload, f"{payload}+1")):
        verdict = grade(answer, gold, budget=BUDGET)
        assert not canary.exists()
        assert verdict.outcome is not Outcome.CORRECT


def test_a_late_answer_is_undecided_and_the_next_is_quick() -> None:
    worker = Worker()
    try:
        assert worker.ask("x+1", "1+x", budget=30).says == "equal"
        pid = worker.pid
        began = time.monotonic()
        assert worker.ask(SLOW, "x", budget=BUDGET).says == "late"
        assert time.monotonic() - began < BUDGET + GRACE + 1
        assert worker.ask("x+2", "2+x", budget=30).says == "equal"
        # A question of its own child each: the process itself went on.
        assert worker.pid == pid
    finally:
        worker.close()


def test_memory_is_bounded() -> None:
    worker = Worker()
    most = 0
    try:
        assert worker.ask("x+1", "1+x", budget=30).says == "equal"
        assert worker.pid is not None
        own = psutil.Process(worker.pid)
        done = threading.Event()

        def watch() -> None:
            nonlocal most
            while not done.wait(0.01):
                total = 0
                for process in (own, *own.children()):
                    try:
                        total += process.memory_info().rss
                    except psutil.NoSuchProcess:
                        continue
                most = max(most, total)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            for greedy in ("((9!)!)!", r"\binom{10^{9}}{10^{8}}", "2^{2^{33}}", "(10^{8})!"):
                assert worker.ask(greedy, "x", budget=1.5).says in ("late", "unread")
        finally:
            done.set()
            watcher.join()
    finally:
        worker.close()
    assert 0 < most < 1_000_000_000


def test_a_killed_process_is_replaced() -> None:
    worker = Worker()
    try:
        assert worker.ask("x+1", "1+x", budget=30).says == "equal"
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        psutil.Process(worker.pid).wait(timeout=START)
        assert worker.ask("x+2", "2+x", budget=30).says == "equal"
    finally:
        worker.close()


def test_no_child_outlives_a_closed_worker() -> None:
    worker = Worker()
    assert worker.ask("x+1", "1+x", budget=30).says == "equal"
    assert worker.pid is not None
    own = psutil.Process(worker.pid)
    asking = threading.Thread(target=worker.ask, args=(SLOW, "x"), kwargs={"budget": 10})
    asking.start()
    deadline = time.monotonic() + START
    while not (children := own.children()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert children
    worker.abandon()
    asking.join(START)
    assert not asking.is_alive()
    gone, alive = psutil.wait_procs(children, timeout=START)
    assert gone
    assert not alive


def test_threads_and_a_loop_get_the_verdicts_of_one_alone() -> None:
    pairs = [(f"x^2+{n}x+{n % 3}", f"{n}x+x^2+{n % 2}") for n in range(12)]
    pairs += [(rf"\int_0^{n} x dx", "2") for n in range(1, 4)]
    alone = [grade(a, g, budget=30).outcome for g, a in pairs]

    def again(_: int) -> list[Outcome]:
        return [grade(a, g, budget=30).outcome for g, a in pairs]

    async def loop() -> list[list[Outcome]]:
        return [*await asyncio.gather(asyncio.to_thread(again, 0)), again(1)]

    with ThreadPoolExecutor(16) as pool:
        threads = [pool.submit(again, n) for n in range(16)]
        runs = asyncio.run(loop()) + [thread.result() for thread in threads]
    assert all(run == alone for run in runs)


def test_a_fork_grades_on_its_own_and_harms_no_one() -> None:
    child = os.fork()
    if child == 0:
        late = grade("x", SLOW, budget=BUDGET).outcome is Outcome.UNDECIDED
        right = grade("1/2", r"\int_0^1 x dx", budget=30).outcome is Outcome.CORRECT
        shared.close()
        os._exit(0 if late and right else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert grade("1/2", r"\int_0^1 x dx", budget=30).outcome is Outcome.CORRECT


def test_the_callers_alarm_rings() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        assert grade("x", SLOW, budget=BUDGET).outcome is Outcome.UNDECIDED
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rung == [signal.SIGALRM]
