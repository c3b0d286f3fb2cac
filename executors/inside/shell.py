"""The interactive shell: errors as data, values as plain Python shows them."""

import json
import os
import sys
from typing import Any

from ipykernel.zmqshell import ZMQInteractiveShell

from executors.inside.errors import describe


class Shell(ZMQInteractiveShell):  # type: ignore[misc,unused-ignore]
    """Reports an error as one line of JSON. The stock traceback costs 260 ms the first time,
    3 s for a RecursionError, and is full of colour codes and library frames."""

    def init_environment(self) -> None:
        # Replaces the stock one, which asks every library for colours.
        os.environ.update(TERM="dumb", NO_COLOR="1", PAGER="cat")

    def showtraceback(self, exc_tuple: Any = None, *_: Any, **__: Any) -> None:
        kind, error, trace = exc_tuple or sys.exc_info()
        # Only the first is the program's own: IPython fails over errors without a readable text.
        if kind is None or error is None or self._last_traceback:
            return
        # What the reply is built from; the second says that an error in a repr is one too.
        self._last_traceback = [json.dumps(describe(kind, error, trace))]
        self._last_traceback_during_displayhook = True

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> list[str]:
        # For a history that nobody reads; it cost 50 ms the first time.
        return []

    def showsyntaxerror(self, *_: Any, **__: Any) -> None:
        self.showtraceback()


def bound_values(shell: Any, limit: int) -> None:
    """Show values as plain Python does, and no more than `limit` characters of them."""
    formatter = shell.display_formatter
    # LaTeX and HTML are never read here, and sympy takes long to make them.
    formatter.active_types = ["text/plain"]
    # The pretty printer puts each element of a long list on a line of its own.
    formatter.formatters["text/plain"].pprint = False
    plain = formatter.format

    def bounded(*args: Any, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = plain(*args, **kwargs)
        if isinstance(text := data.get("text/plain"), str):
            data["text/plain"] = text[: limit + 1].encode("utf-8", "backslashreplace").decode()
        return data, metadata

    formatter.format = bounded
