"""A real server with a real model: `transformers serve` with the built-in one."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tir.mini.model import WEIGHTS


@dataclass(frozen=True, slots=True)
class Served:
    """Where it listens, and what the model is called there: the folder that it was loaded from."""

    port: int
    model: str = str(WEIGHTS)

    @property
    def url(self) -> str:
        """Of the API."""
        return f"http://127.0.0.1:{self.port}/v1"


START = """
from transformers.cli.transformers import main
from transformers.models.auto import tokenization_auto

# For this type of model it takes the rules for splitting words from a class of its own, and not
# from the tokenizer.json that the model was trained with: as for Qwen's own files, but ours differ.
tokenization_auto.MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS.discard("qwen2")
main()
"""


@contextlib.contextmanager
def transformers_serve(seconds: float = 180.0) -> Iterator[Served]:
    """Starts it, waits until it answers, and ends it. Offline, in float32, on the CPU."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        # Its list of models is that of a cache, which has to be there, if empty.
        Path(home, "hub").mkdir()
        process = subprocess.Popen(
            [
                sys.executable, "-c", START, "serve", str(WEIGHTS),
                "--device", "cpu", "--dtype", "float32", "--host", "127.0.0.1", "--port", str(port),
            ],
            env={**os.environ, "HF_HOME": home, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait(port, process, time.monotonic() + seconds)
            yield Served(port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(port: int, process: "subprocess.Popen[bytes]", until: float) -> None:
    while True:
        health = f"http://127.0.0.1:{port}/health"
        with contextlib.suppress(OSError), urllib.request.urlopen(health, timeout=5):
            return
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("transformers serve does not come up")
        time.sleep(0.1)
