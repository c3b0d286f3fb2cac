"""Math-Verify in a process of its own, with a hard kill, as the benchmark's point of comparison.

Run as a program it reads `[gold, answer]` as JSON, one pair a line, and writes `[right, seconds]`;
its clock is its own, so that pipes cost it nothing.
"""

import json
import select
import subprocess
import sys
import time

KILL_SECONDS = 20.0


def serve() -> None:
    from math_verify import parse, verify

    out = sys.stdout
    for line in sys.stdin:
        gold, answer = json.loads(line)
        started = time.process_time()
        try:
            right = bool(verify(parse(_delimited(gold)), parse(_delimited(answer))))
        except Exception:  # noqa: BLE001 - whatever it raises, the answer was not accepted
            right = False
        out.write(json.dumps([right, time.process_time() - started]) + "\n")
        out.flush()


def _delimited(text: str) -> str:
    """Its best mode by far: without dollars it grades the first number it finds."""
    has = any(mark in text for mark in ("$", r"\(", r"\[", r"\boxed"))
    return text if has else f"${text}$"


class MathVerify:
    """Asks the process; a pair that takes longer than `KILL_SECONDS` counts as not accepted."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.ask("1", "x+1")

    def ask(self, gold: str, answer: str) -> tuple[bool, float]:
        """Whether it accepts, and the processor seconds it spent."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([gold, answer]) + "\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], KILL_SECONDS)[0]:
            self.close()
            self._start()
            return False, KILL_SECONDS
        line = self.process.stdout.readline()
        if not line:
            self.close()
            self._start()
            return False, KILL_SECONDS
        right, seconds = json.loads(line)
        return right, seconds

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


if __name__ == "__main__":
    serve()
