"""A real JupyterLab for the tests, and the page of a browser in which a notebook is open."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parent.parent
SECONDS = 120.0
"""For a server or a page to be there, on a machine that is busy."""


@contextmanager
def lab(folder: Path) -> Iterator[str]:
    """The address of a running JupyterLab whose files are those of `folder`."""
    pytest.importorskip("jupyterlab", reason="needs JupyterLab")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    paths = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    own = {f"JUPYTER_{name}_DIR": str(folder / f".{name}") for name in ("CONFIG", "DATA")}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--IdentityProvider.token=", "--ServerApp.password=",
        f"--ServerApp.root_dir={folder}", "--LabApp.extension_manager=readonly",
        "--LabApp.expose_app_in_browser=True",
        f"--LabApp.user_settings_dir={folder / '.settings'}",
        f"--LabApp.workspaces_dir={folder / '.workspaces'}",
    ]  # fmt: skip
    environment = {**os.environ, **own, "PYTHONPATH": os.pathsep.join(paths)}
    log = folder / ".lab.log"
    with log.open("w") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, server, log)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab does not start: {log.read_text()[-2000:]}")


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of code cells."""
    about = {
        "cells": [
            {
                "cell_type": "code", "execution_count": None, "id": f"cell-{at}", "metadata": {},
                "outputs": [], "source": source,
            }
            for at, source in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip
    path.write_text(json.dumps(about))


class Notebook:
    """An open notebook; its cells count from 0."""

    def __init__(self, page: "Page", address: str, name: str) -> None:
        self.page = page
        page.set_default_timeout(1000 * SECONDS)
        page.goto(f"{address}/lab/tree/{name}?reset")
        self.cell(0).wait_for()
        page.get_by_text("| Idle").first.wait_for()

    def cell(self, at: int) -> "Locator":
        """A code cell with its output."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(at)

    def output(self, at: int) -> "Locator":
        """The output of a cell."""
        return self.cell(at).locator(".jp-OutputArea-output").first

    def start(self, at: int) -> None:
        """Runs a cell, without waiting for it."""
        self.cell(at).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def finish(self, at: int) -> None:
        """Waits until a cell has its number."""
        prompt = self.cell(at).locator(".jp-InputPrompt")
        self.page.wait_for_function(
            r"element => /\[\d+\]/.test(element.textContent)", arg=prompt.element_handle()
        )

    def run(self, at: int) -> None:
        """Runs a cell to its end."""
        self.start(at)
        self.finish(at)

    def interrupt(self) -> None:
        """The button that interrupts the kernel."""
        self.page.locator(
            '[data-command="notebook:interrupt-kernel"], [title*="Interrupt"]'
        ).first.click()

    def dark(self, *, on: bool) -> None:
        """Changes the theme."""
        name = "JupyterLab Dark" if on else "JupyterLab Light"
        self.page.evaluate(
            "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})",
            name,
        )
        self.page.locator(f'body[data-jp-theme-light="{"false" if on else "true"}"]').wait_for(
            state="attached"
        )
