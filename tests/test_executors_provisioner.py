"""Notebooks behind walls: real kernels, through Jupyter's own clients and nothing else."""

import asyncio
import gc
import importlib.util
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from jupyter_client import AsyncKernelManager, BlockingKernelClient, KernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

if sys.platform != "linux":
    pytest.skip("its walls are Linux's", allow_module_level=True)

from executors.base import Limits
from executors.enclosure import TRIED
from executors.errors import ExecutorUnavailable
from executors.provisioner import GENEROUS, NAME, SandboxProvisioner
from executors.walls import Tier
from executors.zygote import Zygote

ROOT = Path(__file__).parent.parent
GROUP = KernelProvisionerFactory.GROUP_NAME
SECONDS = 60


def declared() -> EntryPoint:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return EntryPoint(NAME, project["entry-points"][GROUP][NAME], GROUP)


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    """Jupyter finds the provisioner, whether or not the project is installed here."""
    KernelProvisionerFactory.clear_instance()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(KernelProvisionerFactory.provisioners, NAME, declared())
        patch.setenv("OUR_TOKEN", "secret")
        yield
    KernelProvisionerFactory.clear_instance()


@pytest.fixture(scope="module")
def refused() -> dict[Tier, str]:
    """Tiers that cannot be raised on this machine, and why."""

    async def probe() -> dict[Tier, str]:
        refused = {}
        for tier in TRIED:
            try:
                await (await Zygote.start(tier, Limits())).close()
            except ExecutorUnavailable as error:
                refused[tier] = error.why
        return refused

    return asyncio.run(probe())


@pytest.fixture(scope="module")
def sandbox(refused: dict[Tier, str]) -> None:
    if len(refused) == len(TRIED):
        pytest.skip(f"no sandbox can be raised here: {refused}")


@pytest.fixture
def short_tmp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """All temporary files go here; the usual folder's name is too long for a socket's address."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        Path(folder).chmod(0o711)
        yield Path(folder)


def spec(**config: Any) -> KernelSpec:
    stanza = {"provisioner_name": NAME, "config": config}
    return KernelSpec(argv=["false"], language="python", metadata={"kernel_provisioner": stanza})


def manager(**config: Any) -> KernelManager:
    made = KernelManager()
    made._kernel_spec = spec(**config)
    return made


def provisioner(kernel: KernelManager) -> SandboxProvisioner:
    assert isinstance(kernel.provisioner, SandboxProvisioner)
    return kernel.provisioner


@dataclass
class Ran:
    """What a cell brought back."""

    reply: dict[str, Any]
    shown: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""


class Kernel:
    """A manager and a client of it, as in any front end."""

    def __init__(self, kernel: KernelManager) -> None:
        self.manager = kernel
        kernel.start_kernel()
        self.client: BlockingKernelClient = kernel.client()
        self.client.start_channels()
        self.client.wait_for_ready(SECONDS)

    def run(self, code: str, answer: str | None = None) -> Ran:
        ran = Ran({})

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                ran.text += content["text"]
            elif "data" in content:
                ran.shown.append(content["data"])

        def ask(message: dict[str, Any]) -> None:
            self.client.input(answer)

        ran.reply = self.client.execute_interactive(
            code,
            timeout=SECONDS,
            stop_on_error=False,
            output_hook=hear,
            allow_stdin=answer is not None,
            stdin_hook=ask,
        )["content"]
        return ran

    def value(self, code: str) -> str:
        """The last expression, as text."""
        ran = self.run(code)
        assert ran.reply["status"] == "ok", ran.reply
        return str(ran.shown[-1]["text/plain"])

    def restart(self, now: bool = True) -> None:
        self.manager.restart_kernel(now=now)
        self.client.wait_for_ready(SECONDS)

    def end(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel()


@pytest.fixture(scope="module")
def kernel(sandbox: None) -> Iterator[Kernel]:
    """One for all tests that leave it as it is."""
    made = Kernel(manager())
    yield made
    made.end()


@pytest.fixture
def start(sandbox: None) -> Iterator[Callable[..., Kernel]]:
    """Kernels of a test's own."""
    started: list[Kernel] = []

    def start(**config: Any) -> Kernel:
        started.append(Kernel(manager(**config)))
        return started[-1]

    yield start
    for each in started:
        each.end()


def soon(condition: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_the_declared_entry_point_is_the_provisioner() -> None:
    assert declared().load() is SandboxProvisioner
    assert KernelProvisionerFactory.instance().get_provisioner_entries()[NAME] == declared().value


def test_notebooks_may_use_more_than_programs_of_a_model() -> None:
    few, many = Limits(), GENEROUS
    assert many.memory_bytes > few.memory_bytes
    assert many.process_bytes > few.process_bytes
    assert many.cpu_seconds > few.cpu_seconds
    assert many.tasks > few.tasks
    assert many.disk_bytes > few.disk_bytes


def test_values_are_rich(kernel: Kernel) -> None:
    ran = kernel.run("import sympy\nsympy.Symbol('x') ** 2")
    assert ran.shown == [{"text/plain": "x**2", "text/latex": "$\\displaystyle x^{2}$"}]
    ran = kernel.run("from IPython.display import HTML, display\ndisplay(HTML('<b>b</b>'))")
    assert ran.shown[0]["text/html"] == "<b>b</b>"


def test_a_traceback_is_the_stock_one_in_colour(kernel: Kernel) -> None:
    reply = kernel.run("def f():\n    return 1 / 0\nf()").reply
    assert (reply["ename"], reply["evalue"]) == ("ZeroDivisionError", "division by zero")
    assert "\x1b[" in "".join(reply["traceback"])
    assert len(reply["traceback"]) > 3


def test_input_is_answered(kernel: Kernel) -> None:
    assert kernel.run("print(input('name? ') * 2)", answer="bob").text == "bobbob\n"
    reply = kernel.run("input()").reply
    assert reply["ename"] == "StdinNotImplementedError"


@pytest.mark.parametrize(
    ("cell", "output"),
    [
        ("%timeit -n 10 -r 2 1 + 1", "per loop"),
        ("!echo $((6 * 7))", "42\n"),
        ("six = 6\n!echo {six}0; exit 3", "60\n"),
        ("!exit 3\nprint(_exit_code)", "3\n"),
        ("!read line; echo done", "done\n"),
        ("lines = !echo one; echo two\nprint(lines)", "['one', 'two']\n"),
        ("%%bash\necho $HOME", "\n"),
        ("%%writefile mine.py\nq = 3", "Writing mine.py"),
        ("import time\n%time time.sleep(0)", "Wall time"),
        ("import sys\nprint('e', file=sys.stderr)", "e\n"),
    ],
)
def test_magics_and_streams(kernel: Kernel, cell: str, output: str) -> None:
    ran = kernel.run(cell)
    assert ran.reply["status"] == "ok"
    assert output in ran.text


def test_cells_may_await_and_be_looked_up(kernel: Kernel) -> None:
    assert kernel.value("import asyncio\nawait asyncio.sleep(0.01)\n41 + 1") == "42"
    assert kernel.value("_ + 1") == "43"
    assert kernel.value("Out[max(Out)]") == "43"


def test_the_shell_channel_completes_and_inspects(kernel: Kernel) -> None:
    kernel.run("import sympy")
    client = kernel.client
    matches = client.complete("sympy.nextpr", reply=True, timeout=SECONDS)["content"]["matches"]
    assert any(match.endswith("nextprime") for match in matches)
    found = client.inspect("sympy.nextprime", reply=True, timeout=SECONDS)["content"]
    assert "Return the ith prime" in found["data"]["text/plain"]
    known = client.history(reply=True, timeout=SECONDS)["content"]["history"]
    assert [0, known[-1][1], "import sympy"] == known[-1]
    about = client.kernel_info(reply=True, timeout=SECONDS)["content"]
    assert about["language_info"]["name"] == "python"


def test_its_heart_beats(kernel: Kernel) -> None:
    assert soon(kernel.client.hb_channel.is_beating)


def test_figures_are_inline(kernel: Kernel) -> None:
    assert "inline" in kernel.value("import os\nos.environ['MPLBACKEND']")
    if importlib.util.find_spec("matplotlib"):
        ran = kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
        assert "image/png" in ran.shown[-1]


def test_any_client_connects_by_the_connection_file(kernel: Kernel) -> None:
    file = kernel.manager.connection_file
    assert json.loads(Path(file).read_text())["transport"] == "ipc"
    kernel.run("common = 5")
    other = BlockingKernelClient(connection_file=file)
    other.load_connection_file()
    other.start_channels()
    try:
        other.wait_for_ready(SECONDS)
        reply = other.execute("", user_expressions={"it": "common"}, reply=True, timeout=SECONDS)
    finally:
        other.stop_channels()
    assert reply["content"]["user_expressions"]["it"]["data"]["text/plain"] == "5"


def test_a_loop_is_interrupted_and_the_state_kept(kernel: Kernel) -> None:
    kernel.run("kept = 7")
    for code in ("while True: pass", "import time; time.sleep(60)", "!sleep 60"):
        number = kernel.client.execute(code, stop_on_error=False)
        while kernel.client.get_iopub_msg(SECONDS)["msg_type"] != "execute_input":
            pass
        time.sleep(0.2)
        kernel.manager.interrupt_kernel()
        reply = kernel.client._recv_reply(number, timeout=SECONDS)["content"]
        assert code.startswith("!") or reply["ename"] == "KeyboardInterrupt"
        assert kernel.value("kept") == "7"


def test_no_file_variable_or_port_of_ours_is_seen(kernel: Kernel, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s")
    hidden = ("FileNotFoundError", "PermissionError")
    assert kernel.run(f"open({str(secret)!r})").reply["ename"] in hidden
    assert kernel.run(f"open({str(tmp_path / 'new')!r}, 'w')").reply["status"] == "error"
    assert list(tmp_path.iterdir()) == [secret]
    assert kernel.value("import os\nos.environ.get('OUR_TOKEN', 'hidden')") == "'hidden'"
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        code = f"import socket\nsocket.create_connection({address}, 1)"
        assert kernel.run(code).reply["status"] == "error"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_restart_is_a_fresh_fork_at_the_same_address(start: Callable[..., Kernel]) -> None:
    kernel = start()
    warm = provisioner(kernel.manager)._zygote
    info = kernel.manager.get_connection_info()
    kernel.run("old = 1\nopen('left', 'w').close()")
    for now in (False, True):
        kernel.restart(now)
        assert kernel.run("old").reply["ename"] == "NameError"
        assert kernel.value("import os\nos.path.exists('left')") == "False"
    assert provisioner(kernel.manager)._zygote is warm
    assert kernel.manager.get_connection_info() == info


def test_a_kernel_that_died_is_noticed_and_started_again(start: Callable[..., Kernel]) -> None:
    kernel = start()
    kernel.client.execute("import os; os._exit(1)")
    assert soon(lambda: not kernel.manager.is_alive())
    kernel.restart()
    assert kernel.value("6 * 7") == "42"


def test_it_comes_back_even_if_the_warm_process_died(start: Callable[..., Kernel]) -> None:
    kernel = start()
    warm = provisioner(kernel.manager)._zygote
    assert warm is not None
    warm._process.kill()
    assert soon(lambda: not kernel.manager.is_alive())
    kernel.restart()
    assert kernel.value("6 * 7") == "42"


@pytest.mark.parametrize("tier", TRIED)
@pytest.mark.parametrize("now", [False, True])
def test_a_shutdown_leaves_nothing(
    tier: Tier, now: bool, refused: dict[Tier, str], short_tmp: Path
) -> None:
    if tier in refused:
        pytest.skip(refused[tier])
    gc.collect()
    before = set(psutil.Process().children(recursive=True))
    for _ in range(2):
        kernel = Kernel(manager(tier=str(tier)))
        assert kernel.value("6 * 7") == "42"
        kernel.run("import subprocess\nstray = subprocess.Popen(['sleep', '600'])")
        inside = set(psutil.Process().children(recursive=True)) - before
        assert inside
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=now)
        assert not kernel.manager.is_alive()
        assert soon(lambda: not any(child.is_running() for child in inside))  # noqa: B023
        assert list(short_tmp.iterdir()) == []


def test_descriptors_and_threads_do_not_pile_up(sandbox: None) -> None:
    counts = []
    for _ in range(5):
        kernel = Kernel(manager())
        kernel.manager.restart_kernel(now=True)
        kernel.end()
        del kernel
        gc.collect()
        counts.append((len(os.listdir("/proc/self/fd")), threading.active_count()))
    # One left over by each round would be three more; a pool's thread comes and goes.
    for first, last in zip(counts[1], counts[4], strict=True):
        assert last - first < 3, counts


def test_two_notebooks_share_nothing(kernel: Kernel, start: Callable[..., Kernel]) -> None:
    other = start()
    assert provisioner(other.manager)._zygote is not provisioner(kernel.manager)._zygote
    place = other.value("import os\nopen('mine', 'w').close()\nos.path.abspath('mine')")
    assert kernel.value(f"import os\nos.path.exists({place})") == "False"


def test_sigterm_ends_it_too(start: Callable[..., Kernel]) -> None:
    kernel = start()
    kernel.manager.signal_kernel(signal.SIGTERM)
    assert not kernel.manager.is_alive()


def test_memory_is_bounded_for_all_its_processes_together(
    start: Callable[..., Kernel], caplog: pytest.LogCaptureFixture
) -> None:
    kernel = start(memory_bytes=400 << 20)
    kernel.manager.log = logging.getLogger("notebook")
    provisioner(kernel.manager).log = kernel.manager.log
    kernel.client.execute(
        "import os, time\n"
        "for _ in range(3):\n    os.fork()\nheld = bytearray(os.urandom(1)) * (100 << 20)\n"
        "time.sleep(60)"
    )
    assert soon(lambda: not kernel.manager.is_alive(), 20)
    kernel.restart()
    assert "more than 419430400 bytes" in caplog.text
    assert kernel.value("6 * 7") == "42"


def test_limits_and_a_prelude_come_from_the_kernelspec(start: Callable[..., Kernel]) -> None:
    kernel = start(cpu_seconds=77, prelude="import math as warm")
    code = "import resource\nresource.getrlimit(resource.RLIMIT_CPU)[0], warm.isqrt(9)"
    assert kernel.value(code) == "(77, 3)"


def test_where_none_can_be_raised_the_front_end_is_told(sandbox: None, short_tmp: Path) -> None:
    kernel = manager(prelude="1 / 0")
    with pytest.raises(
        RuntimeError, match=r"no sandbox .*prelude failed: ZeroDivisionError: .*Try: tir doctor"
    ):
        kernel.start_kernel()
    assert not kernel.has_kernel
    del kernel
    gc.collect()
    assert list(short_tmp.iterdir()) == []


@pytest.fixture
async def awaited(sandbox: None) -> AsyncIterator[AsyncKernelManager]:
    kernel = AsyncKernelManager()
    kernel._kernel_spec = spec()
    await kernel.start_kernel()
    yield kernel
    await kernel.shutdown_kernel(now=True)


async def test_its_end_is_waited_for_without_looking_again_and_again(
    awaited: AsyncKernelManager,
) -> None:
    assert awaited.provisioner is not None
    waiting = [asyncio.ensure_future(awaited.provisioner.wait()) for _ in range(2)]
    await asyncio.sleep(0.1)
    assert not any(each.done() for each in waiting)
    await awaited.provisioner.kill()
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    assert not awaited.has_kernel


async def test_a_front_end_that_stays_connected_misses_nothing_after_a_restart(
    awaited: AsyncKernelManager,
) -> None:
    client = awaited.client()
    client.start_channels()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def listen() -> None:
        while True:
            await heard.put(await client.get_iopub_msg())

    await client.wait_for_ready(SECONDS)
    listening = asyncio.ensure_future(listen())
    try:
        for _ in range(5):
            await awaited.restart_kernel(now=True)
            number = client.execute("6 * 7")
            kinds: list[str] = []
            while kinds.count("status") < 2:
                message = await asyncio.wait_for(heard.get(), SECONDS)
                if message["parent_header"].get("msg_id") == number:
                    kinds.append(message["msg_type"])
            assert kinds == ["status", "execute_input", "execute_result", "status"]
    finally:
        listening.cancel()
        client.stop_channels()


def test_nbclient_executes_a_notebook(
    sandbox: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kernels" / "walled"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(spec().to_json())
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    cell = nbformat.v4.new_code_cell
    notebook = nbformat.v4.new_notebook(
        cells=[cell("import sympy\nx = sympy.Symbol('x')"), cell("sympy.diff(x**3, x)")]
    )
    NotebookClient(notebook, kernel_name="walled", timeout=SECONDS).execute()
    assert notebook.cells[1].outputs[0].data["text/latex"] == "$\\displaystyle 3 x^{2}$"
    notebook.cells.append(cell("1 / 0"))
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        NotebookClient(notebook, kernel_name="walled", timeout=SECONDS).execute()


def test_no_kernel_outlives_the_process_that_started_it(
    sandbox: None, short_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A process killed like this cannot remove its folders.
    monkeypatch.setenv("TMPDIR", str(short_tmp))
    code = (
        "import sys, time\n"
        "from tests.test_executors_provisioner import *\n"
        "KernelProvisionerFactory.provisioners[NAME] = declared()\n"
        "kernel = Kernel(manager())\n"
        "print(provisioner(kernel.manager)._process.pid, flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        inside = psutil.Process(int(host.stdout.readline()))
        host.kill()
        assert soon(lambda: not inside.is_running(), 1)
