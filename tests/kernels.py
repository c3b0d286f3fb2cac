"""A real kernel for the tests, as a notebook has one, and all that a cell sends."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


@dataclass
class Cell:
    """What came of one cell."""

    messages: list[tuple[str, dict[str, Any], float]] = field(default_factory=list)
    """Kind, content, and when it arrived."""
    status: str = ""

    def kinds(self) -> list[str]:
        """Kinds of the messages, in order."""
        return [kind for kind, _, _ in self.messages]

    def text(self) -> str:
        """What was printed."""
        return "".join(c["text"] for kind, c, _ in self.messages if kind == "stream")

    def shown(self) -> list[dict[str, str]]:
        """Data of each output as a saved notebook has it: an update takes the first's place."""
        found: dict[object, dict[str, str]] = {}
        for at, (kind, content, _) in enumerate(self.messages):
            if kind in ("display_data", "update_display_data", "execute_result"):
                found[content.get("transient", {}).get("display_id", at)] = content["data"]
        return list(found.values())

    def error(self) -> str:
        """The lines that stand in the place of a traceback."""
        lines = [c["traceback"] for kind, c, _ in self.messages if kind == "error"]
        return "\n".join(lines[0]) if lines else ""


class Kernel:
    """Runs cells one by one."""

    def __init__(self, manager: Any, client: Any) -> None:
        self.manager = manager
        self._client = client

    def run(self, code: str, *, interrupt_at: str | None = None, seconds: float = 120) -> Cell:
        """The cell's messages; interrupted once one of them holds the text `interrupt_at`."""
        asked = self._client.execute(code)
        cell, until = Cell(), time.monotonic() + seconds
        while True:
            message = self._client.get_iopub_msg(timeout=max(until - time.monotonic(), 0.1))
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            cell.messages.append((kind, content, time.monotonic()))
            if interrupt_at is not None and interrupt_at in str(content.get("data")):
                interrupt_at = None
                self.manager.interrupt_kernel()
            if kind == "status" and content["execution_state"] == "idle":
                break
        while (reply := self._client.get_shell_msg(timeout=30))["parent_header"]["msg_id"] != asked:
            pass
        cell.status = reply["content"]["status"]
        return cell


@contextmanager
def kernel() -> Iterator[Kernel]:
    """A fresh kernel of this environment, in which `tir` can be imported."""
    manager_module = pytest.importorskip("jupyter_client.manager")
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    manager, client = manager_module.start_new_kernel(
        kernel_name="python3", env={**os.environ, "PYTHONPATH": path}
    )
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
