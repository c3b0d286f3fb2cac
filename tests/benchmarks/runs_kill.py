"""kill -9 at twenty random moments of a run of 200 problems, then equality with an undisturbed run.

    python tests/benchmarks/runs_kill.py [--kills 20] [--rows 200] [--seed 0]

Model scripted, kernels real, each problem three trajectories. After each kill the results on disk
must be whole and none there twice; at the end they must equal, but for times, those of a run
that nothing disturbed and that went through the problems in another order, one by one.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
sys.path[:0] = [str(TESTS), str(ROOT)]

CHILD = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
import tir
from runs_doubles import adder, sums
from tir.policy import Policy
policy = Policy(samples=3, check=False)
model = adder(lambda n, seed: (n + seed) % 4 == 0, seconds={pause})
tir.evaluate(
    sums({rows}), model=model, policy=policy, out={out!r}, width={width}, shuffle={shuffle}
)
"""


def child(out: Path, rows: int, *, pause: float, width: int, shuffle: int | None) -> list[str]:
    code = CHILD.format(
        tests=str(TESTS), root=str(ROOT), rows=rows, out=str(out), pause=pause, width=width,
        shuffle=shuffle,
    )  # fmt: skip
    return [sys.executable, "-c", code]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        killed, whole = Path(scratch) / "killed", Path(scratch) / "whole"
        counts = [0]
        # A moment is drawn from the run itself, by how many results there are, and then from the
        # clock. What a run has finished beyond the next moment by then is not waited for again.
        moments = sorted(draw.sample(range(options.rows * 9 // 10), options.kills))
        for number, moment in enumerate(moments):
            goal = max(moment, counts[-1])
            counts.append(kill(killed, options.rows, goal, draw.uniform(0, 0.2)))
            print(f"kill {number + 1:>2}: {counts[-1]:>3} of {options.rows} on disk", flush=True)
        finish = child(killed, options.rows, pause=0, width=16, shuffle=None)
        subprocess.run(finish, check=True)
        subprocess.run(child(whole, options.rows, pause=0, width=1, shuffle=5), check=True)
        unfinished = sum(count < options.rows for count in counts[1:])
        same = essence_of(killed) == essence_of(whole)
    print(
        f"after {options.kills} kills, {unfinished} of them before the end, and a resume: each of "
        f"{options.rows} problems once and equal: {same}"
    )
    sys.exit(0 if same else 1)


def kill(out: Path, rows: int, goal: int, late: float) -> int:
    """Starts the run, kills it soon after it has `goal` results; how many are on disk then."""
    process = subprocess.Popen(child(out, rows, pause=0.05, width=16, shuffle=None))
    while process.poll() is None and done(out) <= goal:
        time.sleep(0.02)
    time.sleep(late)
    process.kill()
    process.wait()
    return done(out)


def done(out: Path) -> int:
    """Results on disk, as another process sees them."""
    from tir.errors import TirError
    from tir.runs.run import Run

    try:
        keys = [result.key for result in Run.open(out).results()]
    except TirError:
        return 0
    assert len(keys) == len(set(keys))
    return len(keys)


def essence_of(out: Path) -> list[object]:
    """The results without times, in the order of their keys; all must be there."""
    from runs_doubles import essence

    from tir.runs.run import Run

    run = Run.open(out)
    results = list(run.results())
    assert len(results) == len({result.problem.id for result in results}) == run.planned
    return json.loads(json.dumps(essence(results), default=str))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    main()
