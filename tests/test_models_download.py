"""`tir models pull`, against a small hub that runs on this machine."""

import contextlib
import fcntl
import hashlib
import json
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pytest
from click.testing import CliRunner
from huggingface_hub import constants
from safetensors.numpy import save

from tir.cli.models import models
from tir.errors import BadInput, EnvironmentFailed, ExitCode
from tir.models import download

HUB_ID = "Qwen/Qwen2.5-Math-1.5B-Instruct"
REVISION = "0123456789abcdef0123456789abcdef01234567"
CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
WEIGHTS = save({"w": np.arange(200_000, dtype=np.float32)})
FILES = {
    "config.json": json.dumps(CONFIG).encode(),
    "tokenizer.json": b"{}",
    "LICENSE": b"Apache",
    "model.safetensors": WEIGHTS,
    "modeling_rm.py": b"raise SystemExit('it ran')",  # what Qwen2.5-Math-RM is made of
}
UNWANTED = {"pytorch_model.bin": b"pickle", "README.md": b"# Model"}


class Request(NamedTuple):
    method: str
    file: str
    start: int | None
    """First byte asked for; None without a Range header."""


class Hub(ThreadingHTTPServer):
    """As much of the hub as a download needs: one repository, listing, files, ranges."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = FILES | UNWANTED
        self.requests: list[Request] = []
        self.cuts = 0
        """How many more times the weights break off half-way."""
        self.stalled = threading.Event()
        """Set when the weights begin to stall, if they are to."""
        self.stalls = False
        self.go_on = threading.Event()
        self.refused: set[str] = set()
        """Files answered with 500."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def sent(self, method: str = "GET") -> Counter[str]:
        return Counter(request.file for request in self.requests if request.method == method)


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def reply(self, code: int, content: bytes, body: bool, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def answer(self, *, body: bool) -> None:
        path = urlsplit(self.path).path
        files = self.server.files
        if path.startswith(f"/api/models/{HUB_ID}/tree/"):
            tree = [
                {"type": "file", "path": name, "size": len(data), "oid": self.etag(data)}
                for name, data in files.items()
            ]
            self.reply(200, json.dumps(tree).encode(), body, Content_Type="application/json")
        elif path.startswith(f"/api/models/{HUB_ID}"):
            about = json.dumps({"id": HUB_ID, "sha": REVISION, "siblings": []}).encode()
            self.reply(200, about, body, Content_Type="application/json")
        elif found := re.fullmatch(rf"/{HUB_ID}/resolve/{REVISION}/(.+)", path):
            self.file(found[1], body)
        else:
            self.reply(404, b"", body, X_Error_Code="RepoNotFound")

    def file(self, name: str, body: bool) -> None:
        hub, data = self.server, self.server.files[name]
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        hub.requests.append(Request(self.command, name, start if asked else None))
        if body and name in hub.refused:
            self.reply(500, b"", body)
            return
        headers = {"ETag": f'"{self.etag(data)}"', "X_Repo_Commit": REVISION}
        if body and name == "model.safetensors" and hub.stalls:
            hub.stalled.set()
            hub.go_on.wait(60)
        if body and name == "model.safetensors" and hub.cuts > 0:
            hub.cuts -= 1
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            self.wfile.write(data[start : (start + len(data)) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if asked:
            headers["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self.reply(206 if asked else 200, data[start:], body, **headers)

    @staticmethod
    def etag(data: bytes) -> str:
        return hashlib.sha1(data).hexdigest()


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


RUN = "from tir.cli.models import models; from tir.errors import TirError; import sys\n" + (
    "try: models()\n"
    "except TirError as error: print(f'Error: {error}', file=sys.stderr); sys.exit(error.exit_code)"
)


def environment(home: Path, endpoint: str, **settings: str) -> dict[str, str]:
    """Ours, with a cache and a hub of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
    return kept | {"HF_HOME": str(home), "HF_ENDPOINT": endpoint} | settings


def tir_models(
    *args: str, home: Path, endpoint: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    """`tir models ...` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", RUN, *args],
        env=environment(home, endpoint, **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def nobody_listens() -> str:
    """An address of this machine at which a connection is refused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


# pull


def test_pull_brings_a_model_and_locate_finds_it(hub: Hub, tmp_path: Path) -> None:
    done = tir_models("pull", "1.5b", home=tmp_path, endpoint=hub.url)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == FILES
    assert set(hub.sent()) == set(FILES)  # pickles were not fetched, programs not run
    assert f"{HUB_ID}, 3.1 GB, to {tmp_path / 'hub'}" in done.stderr
    assert done.stderr.endswith('Try: tir solve -m 1.5b "..."\n')

    listed = json.loads(tir_models("--json", home=tmp_path, endpoint=nobody_listens()).stdout)
    row = next(row for row in listed["models"] if row["name"] == "qwen2.5-math-1.5b")
    assert (row["state"], row["path"], row["revision"]) == ("here", str(folder), REVISION)
    assert row["parameters"] == 200_000
    assert row["auto"]


def test_pull_of_what_is_here_asks_nobody(hub: Hub, tmp_path: Path) -> None:
    first = tir_models("pull", HUB_ID, "-q", home=tmp_path, endpoint=hub.url)
    again = tir_models("pull", "1.5b", "-q", home=tmp_path, endpoint=nobody_listens())
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, "")


def test_pull_resumes_a_connection_that_breaks(hub: Hub, tmp_path: Path) -> None:
    # The library writes in pieces of 10 MB: a smaller file has nothing yet that could be kept.
    piece = constants.DOWNLOAD_CHUNK_SIZE
    hub.files["model.safetensors"] = save({"w": np.ones(3 * piece, np.uint8)})
    hub.cuts = 1
    done = tir_models("pull", "1.5b", home=tmp_path, endpoint=hub.url)
    assert done.returncode == 0, done.stderr
    weights = Path(done.stdout.strip()) / "model.safetensors"
    assert weights.read_bytes() == hub.files["model.safetensors"]
    assert [request.start for request in hub.requests if request[:2] == ("GET", weights.name)] == [
        None,
        piece,
    ]


def test_pull_that_failed_goes_on_with_the_missing_files(hub: Hub, tmp_path: Path) -> None:
    hub.refused = {"model.safetensors"}
    failed = tir_models("pull", "1.5b", home=tmp_path, endpoint=hub.url)
    assert failed.returncode == ExitCode.ENVIRONMENT
    assert "Try: tir models pull 1.5b" in failed.stderr
    assert "it goes on" in failed.stderr
    hub.refused = set()
    hub.requests.clear()
    done = tir_models("pull", "1.5b", home=tmp_path, endpoint=hub.url)
    assert done.returncode == 0, done.stderr
    assert hub.sent()["model.safetensors"] == 1
    assert hub.sent()["config.json"] == 0


def test_pull_replaces_a_damaged_file_only(hub: Hub, tmp_path: Path) -> None:
    done = tir_models("pull", "1.5b", home=tmp_path, endpoint=hub.url)
    weights = Path(done.stdout.strip()) / "model.safetensors"
    weights.resolve().write_bytes(WEIGHTS[:-1000])
    hub.requests.clear()
    again = tir_models("pull", "1.5b", home=tmp_path, endpoint=hub.url)
    assert again.returncode == 0, again.stderr
    assert weights.read_bytes() == WEIGHTS
    assert hub.sent() == {"model.safetensors": 1}


def test_pull_refuses_a_repository_without_safetensors(hub: Hub, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    done = tir_models("pull", "1.5b", home=tmp_path, endpoint=hub.url)
    assert done.returncode == ExitCode.ENVIRONMENT
    assert "Only safetensors are loaded" in done.stderr
    assert not hub.sent()


def test_pull_of_an_unknown_repository(hub: Hub, tmp_path: Path) -> None:
    done = tir_models("pull", "org/nothing", home=tmp_path, endpoint=hub.url)
    assert done.returncode == ExitCode.ENVIRONMENT
    assert done.stderr.splitlines()[0] == (
        "Error: the hub has no model org/nothing, or it is private."
    )


def test_interrupted_pull_ends_at_once_and_leaves_no_half_file(hub: Hub, tmp_path: Path) -> None:
    hub.stalls = True
    pulling = subprocess.Popen(
        [sys.executable, "-c", RUN, "pull", "1.5b"],
        env=environment(tmp_path, hub.url),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert hub.stalled.wait(30)
        assert list(tmp_path.rglob("*.incomplete"))
        pulling.send_signal(signal.SIGINT)
        _, stderr = pulling.communicate(timeout=5)  # the stall would hold it for much longer
    finally:
        pulling.kill()
        pulling.wait()
        hub.go_on.set()
    assert pulling.returncode == ExitCode.INTERRUPTED
    # The library may still say something of the files that were taken from under it.
    assert "Interrupted. Whole files are kept. Try: tir models pull 1.5b\n" in stderr
    assert not list(tmp_path.rglob("*.incomplete"))
    hub.stalls = False
    assert tir_models("pull", "1.5b", "-q", home=tmp_path, endpoint=hub.url).returncode == 0


def test_pull_draws_one_bar_and_ends_its_line(hub: Hub, tmp_path: Path) -> None:
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    done = subprocess.run(
        [sys.executable, "-c", RUN, "pull", "1.5b"],
        env=environment(tmp_path, hub.url),
        stdout=subprocess.PIPE,
        stderr=terminal,
        timeout=60,
        check=True,
    )
    os.close(terminal)
    drawn = b""
    with contextlib.suppress(OSError), open(master, "rb", buffering=0) as screen:
        while piece := screen.read(4096):
            drawn += piece
    text = drawn.decode()
    assert Path(done.stdout.decode().strip()).is_dir()
    assert "Downloading: 100%" in text
    assert "Fetching" not in text
    assert "econstruct" not in text
    assert text.endswith('\nTry: tir solve -m 1.5b "..."\r\n')


def test_pull_without_a_network_is_three_lines(tmp_path: Path) -> None:
    endpoint = nobody_listens()
    done = tir_models("pull", "7b", "-q", home=tmp_path, endpoint=endpoint)
    assert done.returncode == ExitCode.ENVIRONMENT
    assert done.stdout == ""
    what, why, hint = done.stderr.splitlines()
    assert what == "Error: 7b was not downloaded."
    assert endpoint in why
    assert "refused" in why
    assert hint.startswith("  Try: tir models pull 7b ")


def test_pull_says_that_offline_mode_is_on(tmp_path: Path) -> None:
    done = tir_models(
        "pull", "7b", "-q", home=tmp_path, endpoint=nobody_listens(), HF_HUB_OFFLINE="1"
    )
    assert done.returncode == ExitCode.ENVIRONMENT
    assert done.stderr.splitlines()[1:] == [
        "  HF_HUB_OFFLINE is set, which forbids downloads.",
        "  Try: HF_HUB_OFFLINE=0 tir models pull 7b",
    ]


def test_pull_looks_at_the_disk_before_it_downloads(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace("https://huggingface.co", hub.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    usage = shutil.disk_usage(tmp_path)
    room = sum(map(len, FILES.values())) + download.SPARE_BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=room - 1))
    with pytest.raises(EnvironmentFailed, match="too full") as caught:
        download.pull("1.5b", progress=False)
    assert "HF_HUB_CACHE" in caught.value.hint
    assert not hub.sent()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=room))
    assert download.pull("1.5b", progress=False).name == REVISION


@pytest.mark.parametrize(
    ("name", "what"),
    [("mini", "built in"), ("zzz", "cannot be downloaded"), ("./x", "cannot be downloaded")],
)
def test_pull_of_what_cannot_be_pulled_is_bad_input(name: str, what: str) -> None:
    result = CliRunner().invoke(models, ["pull", name])
    assert isinstance(result.exception, BadInput)
    assert what in result.exception.what
