"""What the engine is told of an error that a program raised."""

import linecache
from types import TracebackType
from typing import Any

from ipykernel.compiler import get_tmp_directory

MESSAGE_LIMIT = 300
FRAME_LIMIT = 3


def describe(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> dict[str, Any]:
    """What the engine wants to know of an error."""
    # numpy raises a private subclass, which no reader of the name would recognise.
    name = "MemoryError" if issubclass(kind, MemoryError) else kind.__name__[:MESSAGE_LIMIT]
    try:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # noqa: BLE001 - __str__ is the program's own and may raise anything
        message = ""
    # Where the compiler pretends that the source of cells lies; it depends on the process.
    cells: str = get_tmp_directory()
    frames: list[tuple[int, str]] = []
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(cells):
            frames.append((trace.tb_lineno, linecache.getline(file, trace.tb_lineno).strip()))
        trace = trace.tb_next
    # A line that does not compile never had a frame. One given to eval or sympify did.
    if isinstance(error, SyntaxError) and not frames and error.lineno is not None:
        frames.append((error.lineno, (error.text or "").strip()))
    if len(frames) > FRAME_LIMIT:
        # Of a recursion, where it was entered and where it ended.
        frames = [frames[0], *frames[1 - FRAME_LIMIT :]]
    return {
        "name": name,
        "message": str(message or "")[:MESSAGE_LIMIT],
        "frames": [(number, source[:MESSAGE_LIMIT]) for number, source in frames],
    }
