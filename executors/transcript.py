"""What a kernel said while it ran one program, bounded while it is read."""

import json
from collections.abc import Mapping
from typing import Any

from executors.execution import CellError, Execution, Status

MESSAGE_LIMIT = 300
FRAME_LIMIT = 3
ERROR_LIMIT = 1 << 15
"""Characters of a described error. A true one has at most four texts of `MESSAGE_LIMIT`, each
character written as six in one JSON and escaped again in another; a forged one could decode to
thirty times its size."""


class Transcript:
    """Collects the messages that answer one request.

    A program can forge any message of its own kernel, so nothing is taken to be well formed.
    """

    def __init__(self, output_bytes: int) -> None:
        self.replied = False
        self.idle = False
        self.truncated = False
        self._room = output_bytes
        self._stdout: list[str] = []
        self._stderr: list[str] = []
        self._result: str | None = None
        self._failed = False
        self._error: CellError | None = None

    def take(self, kind: str, content: Mapping[str, Any]) -> None:
        """Add one message of either channel."""
        match kind:
            case "stream":
                into = self._stderr if content.get("name") == "stderr" else self._stdout
                self._add(into, content.get("text"))
            case "execute_result":
                self._result = self._cut(plain_text(content)) or None
            case "display_data":
                self._add(self._stdout, plain_text(content) + "\n")
            case "status":
                self.idle = self.idle or content.get("execution_state") == "idle"
            case "execute_reply" | "kernel_info_reply":
                self.replied = True
                self._failed = content.get("status") != "ok"
                if self._failed:
                    self._error = parse_error(content.get("traceback"))

    def execution(self, ended: Status | None, seconds: float) -> Execution:
        """The outcome; `ended` overrules the reply where the program did not end by itself."""
        error = None
        if ended is None:
            error = self._error
            ended = Status.ERROR if self._failed else Status.OK
            if error is not None and error.name == "MemoryError":
                ended = Status.MEMORY
        return Execution(
            status=ended,
            stdout="".join(self._stdout),
            stderr="".join(self._stderr),
            result=self._result,
            error=error,
            seconds=seconds,
            truncated=self.truncated,
        )

    def _add(self, into: list[str], text: object) -> None:
        # Past the cap a flood goes on; not even empty strings are kept of it.
        if kept := self._cut(text):
            into.append(kept)

    def _cut(self, text: object) -> str:
        if not isinstance(text, str):
            return ""
        encoded = text[: self._room + 1].encode("utf-8", "replace")
        if len(encoded) > self._room:
            self.truncated = True
            encoded = encoded[: self._room]
        self._room -= len(encoded)
        return encoded.decode("utf-8", "ignore")


def plain_text(content: Mapping[str, Any]) -> str:
    """The text form of a displayed value, or nothing."""
    data = content.get("data")
    text = data.get("text/plain") if isinstance(data, dict) else None
    return text if isinstance(text, str) else ""


def parse_error(trace: object) -> CellError:
    """The description that `inside.errors.describe` put in place of a traceback."""
    try:
        text = trace[0] if isinstance(trace, list) else ""
        told = json.loads(text if len(text) <= ERROR_LIMIT else "")
        frames = tuple((int(number), readable(source)) for number, source in told["frames"])
        name, message = readable(told["name"]), readable(told["message"])
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        # Not from our description: forged, or ipykernel gave up before it got that far.
        return CellError("SystemError", "the interpreter failed without saying how")
    return CellError(name, message, frames[:FRAME_LIMIT])


def readable(text: object) -> str:
    """At most `MESSAGE_LIMIT` characters that any tokenizer and any file will take."""
    return str(text)[:MESSAGE_LIMIT].encode("utf-8", "replace").decode()
