"""The end of a run by Ctrl-C."""

from tir.runs.run import Run


class Interrupted(KeyboardInterrupt):
    """What was done is kept in `run`; the same command goes on from there."""

    def __init__(self, run: Run) -> None:
        super().__init__("interrupted")
        self.run = run
