"""A step's program and its output in one line."""

from executors import Execution, Status
from tir.render.math.document import flat_answer
from tir.render.math.glyphs import Charset
from tir.render.safe import one_line
from tir.trajectory import Step

_MARKS = {Charset.UNICODE: ("▸", "…"), Charset.ASCII: (">", "...")}
_LONGEST = 2000
"""Characters of an output that are looked at for one line of it."""


def folded(step: Step, charset: Charset) -> tuple[str, bool]:
    """Such as "▸ python, 6 lines, 0.21 s   output: 2, 3", and whether the program ran through."""
    mark, _ = _MARKS[charset]
    execution = step.execution
    ran = execution is not None and execution.status is Status.OK
    return f"{mark} {in_a_line(step, charset)}", ran


def in_a_line(step: Step, charset: Charset) -> str:
    """The same without the mark: a page has one of its own."""
    lines = len((step.program or "").strip("\n").splitlines())
    head = f"python, {lines} line{'' if lines == 1 else 's'}"
    execution = step.execution
    if execution is None:
        return f"{head}, not run"
    return f"{head}, {execution.seconds:.2f} s   {_outcome(execution, charset)}"


def _outcome(execution: Execution, charset: Charset) -> str:
    """The last line of what it printed, or how it failed."""
    if execution.status is not Status.OK:
        error = execution.error
        said = "" if error is None else one_line(f": {error.name}: {error.message[:_LONGEST]}")
        return f"failed ({execution.status.value}){said}"
    lines = [line for line in execution.observation()[-_LONGEST:].splitlines() if line.strip()]
    if not lines:
        return "no output"
    more = f" (last of {len(lines)} lines)" if len(lines) > 1 else ""
    return f"output{more}: {flat_answer(lines[-1].strip(), charset)}"
