"""Measures the grader against Math-Verify: `python tests/benchmarks/grading.py [--quick]`.

Both are given the same pairs in the same run; every figure is printed with its bar and nothing is
asserted. Math-Verify 0.9 runs in its best mode (formulas delimited) in a process of its own, which
is killed after 20 s. Its own test pairs are read from its unpacked source distribution:

    pip download math-verify==0.9.0 --no-deps --no-binary :all: && tar xzf math_verify-*.tar.gz
    python tests/benchmarks/grading.py --sdist math_verify-0.9.0

What needs the shared sets is left out, and says so, where they are not.
"""

import ast
import asyncio
import collections
import random
import re
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import click
import grading_changes  # noqa: F401 - registers its rules
import psutil
from grading_golds import PAIRS, PROBLEMS, QWEN, TORA, golds, plainly_equal, rows
from grading_hostile import BUDGET, hostile, injection, line
from grading_peer import MathVerify
from grading_rules import RULES

from problems import Outcome, extract, grade
from problems.worker import shared

Pair = tuple[str, str]
"""A reference answer and an answer."""


def share(count: int, of: int) -> str:
    return f"{100 * count / max(of, 1):.2f} % ({count}/{of})"


def timed(pairs: Iterable[Pair]) -> tuple[list[Outcome], list[float]]:
    """Our outcomes, and the processor seconds of each grade, ours and our worker's together."""
    outcomes, seconds = [], []
    for gold, answer in pairs:
        before = spent()
        outcomes.append(grade(answer, gold, budget=BUDGET).outcome)
        seconds.append(spent() - before)
    return outcomes, seconds


def spent() -> float:
    """Processor seconds of this process and of the worker; the latter in steps of 10 ms, which
    even out over many grades."""
    total = time.process_time()
    if shared.pid is not None:
        with_worker = psutil.Process(shared.pid).cpu_times()
        total += with_worker.user + with_worker.system
        total += with_worker.children_user + with_worker.children_system
    return total


def labelled(peer: MathVerify, *, quick: bool) -> None:
    if not PAIRS.exists():
        print(f"the labelled pairs are not at {PAIRS}: left out")
        return
    cases = rows(PAIRS)[: 200 if quick else None]
    ours = [grade(c["answer"], c["gold"], budget=BUDGET) for c in cases]
    theirs = [peer.ask(c["gold"], c["answer"])[0] for c in cases]
    equal, unequal = sum(c["equal"] for c in cases), sum(not c["equal"] for c in cases)

    def rate(said: Sequence[bool], *, truth: bool) -> str:
        wrong = sum(
            s is not truth and c["equal"] is truth for s, c in zip(said, cases, strict=True)
        )
        return share(wrong, equal if truth else unequal)

    accepted = [v.outcome is Outcome.CORRECT for v in ours]
    refused = [v.outcome is not Outcome.INCORRECT for v in ours]
    open_ = sum(v.outcome is Outcome.UNDECIDED for v in ours)
    line(
        "labelled pairs: false accepts",
        rate(theirs, truth=False),
        rate(accepted, truth=False),
        "<= 0.4 %",
    )
    line(
        "labelled pairs: false rejects",
        rate(theirs, truth=True),
        rate(refused, truth=True),
        "<= 2 %",
    )
    line("labelled pairs: undecided", "-", share(open_, len(cases)), "<= 2 %")
    for case, verdict in zip(cases, ours, strict=True):
        wrong = (Outcome.INCORRECT, Outcome.NO_ANSWER)
        if verdict.outcome not in ((Outcome.CORRECT,) if case["equal"] else wrong):
            print(
                f"    {case['class']}: {verdict.outcome} ({verdict.rule}) "
                f"{case['answer']!r} for {case['gold']!r}"
            )


def references(peer: MathVerify, *, quick: bool) -> None:
    if not PROBLEMS.exists():
        print(f"the problem sets are not at {PROBLEMS}: left out")
        return
    texts = golds()
    failed = [gold for gold in texts if grade(gold, gold).outcome is not Outcome.CORRECT]
    asked = texts[: 100 if quick else None]
    theirs = sum(not peer.ask(gold, gold)[0] for gold in asked)
    line(
        "references against themselves: failures",
        f"{theirs} of {len(asked)}",
        f"{len(failed)} of {len(texts)}",
        "0",
    )
    kept, changed = rewritten(texts, 6 if quick else 50)
    for pairs, keeps in ((kept, True), (changed, False)):
        outcomes, seconds = timed([(gold, answer) for _, gold, answer in pairs])
        peers = [peer.ask(gold, answer) for _, gold, answer in pairs]
        wanted = Outcome.CORRECT if keeps else Outcome.INCORRECT
        accepted = sum(outcome is Outcome.CORRECT for outcome in outcomes)
        theirs = sum(right for right, _ in peers)
        kinds = len({name for name, _, _ in pairs})
        if keeps:
            line(
                f"rewritten, {kinds} kinds that keep the value: recall",
                share(theirs, len(pairs)),
                share(accepted, len(pairs)),
                ">= 99 %",
            )
            line(
                "rewritten: 99th percentile",
                milliseconds([s for _, s in peers], 0.99),
                milliseconds(seconds, 0.99),
                "<= 60 ms",
            )
            line("rewritten: gradings/s", speed([s for _, s in peers]), speed(seconds), "")
        else:
            line(
                f"rewritten, {kinds} kinds that change it: false accepts",
                share(theirs, len(pairs)),
                share(accepted, len(pairs)),
                "<= 0.1 %",
            )
        misses = collections.Counter()
        for (name, gold, answer), outcome in zip(pairs, outcomes, strict=True):
            if outcome is not wanted:
                misses[name] += 1
                if misses[name] <= 2:
                    print(f"    {name}: {outcome} {answer!r} for {gold!r}")


def rewritten(texts: list[str], most: int) -> tuple[list[tuple[str, str, str]], ...]:
    """(rule, gold, answer) of rules that keep the value, and of those that change it."""
    order = list(texts)
    random.Random(20).shuffle(order)
    chosen: tuple[list[tuple[str, str, str]], ...] = [], []
    for rule in RULES:
        count = 0
        for gold in order:
            answer = rule.rewrite(gold)
            if answer is not None and answer != gold:
                chosen[not rule.keeps].append((rule.name, gold, answer))
                count += 1
                if count == most:
                    break
    return chosen


def milliseconds(seconds: Sequence[float], quantile: float) -> str:
    return f"{sorted(seconds)[int(len(seconds) * quantile)] * 1e3:.1f} ms"


def speed(seconds: Sequence[float]) -> str:
    return f"{len(seconds) / sum(seconds):,.0f} /s"


def contested(gold: str, answer: str, want: int) -> str:
    """Why a pair of theirs is not counted; "" where it is."""
    prose = re.compile(r"(?<![\\\\{A-Za-z])[a-z]{2,} [a-z]{2,}")
    if prose.search(answer) or prose.search(gold):
        return "a sentence to find the answer in"
    if want and re.search(r"\d\.\d{2,}", answer) and r"\frac" in gold:
        return "rounding that nobody asked for"
    if gold.count("=") > 2:
        return "a chain of equations for its last member"
    if {gold.strip("$")[:1], answer.strip("$")[:1]} == {"{", "("}:
        return "a set for a pair"
    if "f(" in gold and "f(" in answer and gold != answer:
        return "functions up to the letter"
    if not want and r"\in" in gold and r"\le" in answer:
        return "equal one way and not the other"
    if want and r"\mathrm{e}" in gold and "-" in gold and "+" in answer:
        return "wrong: another sign"
    return ""


def own_tests(sdist: Path | None, peer: MathVerify) -> None:
    if sdist is None:
        print("Math-Verify's own test pairs: no --sdist given, left out")
        return
    pairs = [p for p in test_pairs(sdist / "tests") if bare(p[0]) and bare(p[1])]
    reasons = collections.Counter(filter(None, (contested(*pair) for pair in pairs)))
    pairs = [pair for pair in pairs if not contested(*pair)]
    ours = [grade(answer, gold, budget=BUDGET) for gold, answer, _ in pairs]
    agree = sum(
        (v.outcome is Outcome.CORRECT) == bool(p[2]) for v, p in zip(ours, pairs, strict=True)
    )
    theirs = sum(peer.ask(gold, answer)[0] == bool(want) for gold, answer, want in pairs)
    line(
        "Math-Verify's own short test pairs: agreement",
        share(theirs, len(pairs)),
        share(agree, len(pairs)),
        ">= 97 %",
    )
    for reason, count in reasons.items():
        print(f"    left out: {count} x {reason}")
    for verdict, (gold, answer, want) in zip(ours, pairs, strict=True):
        if (verdict.outcome is Outcome.CORRECT) != bool(want):
            print(
                f"    {verdict.outcome} ({verdict.rule}), expected {want}: {answer!r} for {gold!r}"
            )


def test_pairs(folder: Path) -> list[tuple[str, str, int]]:
    """Every (gold, prediction, expected) that a parametrised test there lists."""
    found: dict[tuple[str, str, int], None] = {}
    for file in sorted(folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple) and len(node.elts) >= 3:
                try:
                    gold, answer, want = (ast.literal_eval(item) for item in node.elts[:3])
                except ValueError:
                    continue
                if isinstance(gold, str) and isinstance(answer, str) and want in (0, 1):
                    found[gold, answer, int(want)] = None
    return list(found)


def bare(text: str) -> bool:
    """An answer, not a text that has one somewhere."""
    inner = text.strip().strip("$")
    return "\n" not in inner and "$" not in inner and len(inner) < 200 and "boxed" not in inner


def transcripts() -> None:
    if not QWEN.exists() or not TORA.exists():
        print(f"the transcripts are not at {QWEN.parent}: left out")
        return
    total = recorded = 0
    differ = collections.Counter()
    for row in rows(QWEN):
        for response, score in zip(row["responses"], row["scores"], strict=True):
            answer = extract(response)
            verdict = grade(answer.text if answer else "", row["answer"], budget=BUDGET)
            total += 1
            recorded += score
            if (verdict.outcome is Outcome.CORRECT) != score:
                differ[
                    row["answer"], answer.text if answer else None, verdict.outcome.value, score
                ] += 1
    line(
        "MATH transcripts: differ from the recorded score",
        "-",
        f"{sum(differ.values())} of {total}",
        "all explained",
    )
    for (gold, answer, outcome, score), count in differ.items():
        print(
            f"    {count} x {answer!r} for {gold!r}: {outcome}; "
            f"recorded {'right' if score else 'wrong'}"
        )
    total, odd = 0, []
    for row in rows(TORA):
        for code, pred in zip(row["code"], row["pred"], strict=True):
            boxed = extract(code)
            text = boxed.text if boxed else pred
            verdict = grade(text, row["gt"], budget=BUDGET)
            total += 1
            # The references are whole numbers: plain arithmetic is a second opinion.
            if (verdict.outcome is Outcome.CORRECT) != plainly_equal(text, row["gt"]):
                odd.append(f"    {text!r} for {row['gt']!r}: {verdict.outcome} ({verdict.rule})")
    line(
        "GSM8K transcripts: differ from arithmetic", "-", f"{len(odd)} of {total}", "all explained"
    )
    print(*odd, sep="\n")


def forget() -> None:
    """Empty our caches, so that no figure rests on a pair's having been graded before."""
    for name, module in list(sys.modules.items()):
        if name.startswith("problems."):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def speeds(peer: MathVerify, *, quick: bool) -> None:
    if not TORA.exists():
        print("speed: no transcripts, left out")
        return
    most = 100 if quick else 833
    tora = [
        (row["gt"], found.text)
        for row in rows(TORA)
        for code in row["code"]
        if (found := extract(code))
    ][:most]
    math = list(
        {
            (row["answer"], found.text): None
            for row in rows(QWEN)
            for response in row["responses"]
            if (found := extract(response))
        }
    )
    algebra = [(c["gold"], c["answer"]) for c in rows(PAIRS) if c["class"].startswith("alg_")]
    if quick:
        math, algebra = math[:50], algebra[:30]
    bars = (
        ("GSM8K answers", tora, 10),
        ("MATH outputs", math, 5),
        ("algebraic rewrites", algebra, 1.5),
    )
    for name, pairs, bar in bars:
        theirs = [peer.ask(*pair)[1] for pair in pairs]
        forget()
        before = spent()
        for gold, answer in pairs:
            grade(answer, gold, budget=BUDGET)
        taken = spent() - before
        ratio = sum(theirs) / taken
        line(
            f"gradings/s of processor time: {name} ({len(pairs)})",
            speed(theirs),
            f"{len(pairs) / taken:,.0f} /s ({ratio:.0f} x)",
            f">= {bar} x",
        )


def at_once() -> None:
    pairs = [(f"x^2+{n}x+{n % 7}", f"{n}x+{n % 5}+x^2") for n in range(60)]
    pairs += [(rf"\int_0^{n} x dx", str(Fraction(n * n, 2))) for n in range(2, 8)]
    alone = [grade(a, g, budget=30).outcome for g, a in pairs]
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.2)

    def all_of(_: int) -> list[Outcome]:
        return [grade(a, g, budget=30).outcome for g, a in pairs]

    async def loop() -> list[list[Outcome]]:
        inside = await asyncio.gather(*(asyncio.to_thread(all_of, n) for n in range(4)))
        return [*inside, all_of(0)]

    with ThreadPoolExecutor(16) as pool:
        threads = [pool.submit(all_of, n) for n in range(16)]
        runs = asyncio.run(loop()) + [thread.result() for thread in threads]
    time.sleep(0.3)
    signal.signal(signal.SIGALRM, before)
    same = sum(run == alone for run in runs)
    line(
        "16 threads and a loop at once: runs as alone",
        "raises off the main thread",
        f"{same} of {len(runs)}",
        "all",
    )
    line("the caller's own SIGALRM", "cancelled", "rang" if rung else "lost", "rings")


@click.command()
@click.option("--quick", is_flag=True, help="A few of everything.")
@click.option(
    "--sdist", type=click.Path(exists=True, path_type=Path), help="Math-Verify, unpacked."
)
@click.option("--only", multiple=True, help="Only these parts, by name.")
def main(quick: bool, sdist: Path | None, only: tuple[str, ...]) -> None:
    """Our grader and Math-Verify 0.9 side by side."""
    peer = MathVerify()
    grade("x", r"\int x dx", budget=60)
    parts = {
        "labelled": lambda: labelled(peer, quick=quick),
        "references": lambda: references(peer, quick=quick),
        "own": lambda: own_tests(sdist, peer),
        "transcripts": transcripts,
        "speed": lambda: speeds(peer, quick=quick),
        "hostile": lambda: hostile(peer),
        "injection": injection,
        "threads": at_once,
    }
    line("figure", "Math-Verify 0.9", "ours", "bar")
    for name, part in parts.items():
        if not only or name in only:
            part()
    peer.close()


if __name__ == "__main__":
    main()
