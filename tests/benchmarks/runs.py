"""Runs at size: memory and rows per second of `tir grade` and `tir eval`, overhead per trajectory.

    python tests/benchmarks/runs.py [--rows 1000000] [--solved 1000000] [--small 10000]

Each measurement is a process of its own; peak memory is what the system counted for it (VmHWM).
Model and executor of `tir eval` are the scripted doubles, so that what is left is the machinery:
loop, parser, votes, grading, store. The bars are those of the issue.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

MEMORY = 1.2
"""Peak at the large size over that at the small one, at most."""
OVERHEAD = 0.002
"""Seconds of one trajectory, at most."""


def main() -> None:
    options = parsed()
    if options.child:
        print(json.dumps(CHILDREN[options.child](options.size, Path(options.folder))))
        return
    ok = True
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        for name, large in (("grade", options.rows), ("eval", options.solved)):
            peaks = []
            for place, size in (("small", options.small), ("large", large)):
                each = measured(name, size, Path(scratch) / f"{name}-{place}")
                peaks.append(each["peak"])
                rate, cpu = size / each["seconds"], 1e6 * each["cpu"] / size
                print(
                    f"{name:<6} {size:>9,} rows  {each['seconds']:8.1f} s  {rate:9,.0f} rows/s  "
                    f"{cpu:6,.0f} us of CPU each  peak {each['peak'] / 2**20:6.1f} MiB",
                    flush=True,
                )
            ratio = peaks[1] / peaks[0]
            ok &= ratio <= MEMORY
            print(f"{name:<6} peak ratio {ratio:.3f}  (bar {MEMORY})")
        one = measured("eval", options.small, Path(scratch) / "overhead")
        each = one["seconds"] / options.small
        ok &= each <= OVERHEAD
        used = one["cpu"] / options.small
        print(
            f"eval   {1000 * each:.2f} ms per trajectory, whole stack, {1000 * used:.2f} ms of CPU"
            f"  (bar {1000 * OVERHEAD})"
        )
    sys.exit(0 if ok else 1)


def measured(name: str, size: int, folder: Path) -> dict[str, float]:
    """One measurement in a process of its own."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, __file__, "--child", name, "--size", str(size), "--folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def grade(size: int, folder: Path) -> dict[str, float]:
    """`size` answers of `size / 10` students to ten problems, a third of them wrong."""
    import tir

    key, answers = folder / "key.csv", folder / "answers.csv"
    key.write_text("id,answer\n" + "".join(f"q{n},{n}/7\n" for n in range(1, 11)))
    with answers.open("w") as file:
        file.write("student,problem,answer\n")
        for number in range(size):
            n = number % 10 + 1
            file.write(f"s{number // 10},q{n},{n + number % 3 // 2}/7\n")
    began, used = time.monotonic(), time.process_time()
    run = tir.grade(answers, key=key, out=folder / "run")
    seconds = time.monotonic() - began
    totals = run.summary().total
    assert totals.rows == size
    assert abs(totals.accuracy.right / size - 2 / 3) < 0.01
    return {"seconds": seconds, "cpu": time.process_time() - used, "peak": peak()}


def solve(size: int, folder: Path) -> dict[str, float]:
    """`size` problems, each one trajectory with one program."""
    from runs_doubles import POLICY, adder, executor

    import tir

    path = folder / "set.jsonl"
    with path.open("w") as file:
        for n in range(size):
            row = {"id": f"p{n}", "question": f"What is {n} + {n + 1}?", "answer": 2 * n + 1}
            file.write(json.dumps(row) + "\n")
    model = adder(lambda n, seed: n % 5 == 0)
    began, used = time.monotonic(), time.process_time()
    run = tir.evaluate(path, model=model, policy=POLICY, out=folder / "run", executor=executor())
    seconds = time.monotonic() - began
    totals = run.summary().total
    assert totals.rows == size
    assert totals.accuracy.right == size - len(range(0, size, 5))
    return {"seconds": seconds, "cpu": time.process_time() - used, "peak": peak()}


CHILDREN = {"grade": grade, "eval": solve}


def peak() -> float:
    """Bytes that this process held at most."""
    return next(_fields("VmHWM")) * 1024


def _fields(name: str) -> Iterator[float]:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            yield float(line.split()[1])


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--solved", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--scratch", help="Where the runs are written; the system's by default.")
    parser.add_argument("--child", choices=CHILDREN, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
