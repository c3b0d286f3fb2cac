"""A real Ray cluster of two nodes on this machine, of which one is killed in the middle."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from runs_doubles import POLICY, adder, essence, executor, sums

import tir
from tir.errors import EnvironmentFailed
from tir.runs.progress import Progress

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install tir-math[ray]")

pytestmark = pytest.mark.filterwarnings("ignore")
ROWS = 60
PATIENCE = 240.0
"""Seconds for a node to start. Ray gives it 30, which a machine that is busy does not keep."""
AGENTS = {
    "metrics_agent_port": None,
    "runtime_env_agent_port": None,
    "metrics_export_port": "--metrics-export-port=",
    "dashboard_agent_listen_port": "--listen-port=",
}
"""Ports of a node's agents, and the options by which an agent, but not the node, is told of one."""


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray, with time for a busy machine: every limit that its starting of nodes has."""
    from ray._private import ray_constants, services
    from ray.cluster_utils import Cluster

    at_once, started = services.get_node, services.start_ray_process

    def get_node(*args: Any) -> Any:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return at_once(*args)
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def start(command: list[str], kind: str, **others: Any) -> Any:
        # A node dies that hears nothing for 15 s of ports that its agents chose. It takes them as
        # options as well, which Ray does not hand on.
        if kind == ray_constants.PROCESS_TYPE_RAYLET:
            words = " ".join(command).split()
            for name, option in AGENTS.items():
                told = next((word for word in words if option and word.startswith(option)), "=")
                command = [*command, f"--{name}={told.split('=')[1]}"] if told != "=" else command
        return started(command, kind, **others)

    monkeypatch.setattr(services, "start_ray_process", start)
    monkeypatch.setattr(services, "get_node", get_node)
    waiting = partialmethod(Cluster._wait_for_node, timeout=PATIENCE)
    monkeypatch.setattr(Cluster, "_wait_for_node", waiting)
    monkeypatch.setattr(ray_constants, "NUM_REDIS_GET_RETRIES", int(PATIENCE))
    for name, value in {
        "RAY_worker_register_timeout_seconds": f"{PATIENCE:.0f}",
        "RAY_health_check_timeout_ms": "60000",
        "RAY_USAGE_STATS_ENABLED": "0",
    }.items():
        monkeypatch.setenv(name, value)


def ports() -> dict[str, int]:
    """Free ports for a node's agents."""
    with ExitStack() as held:
        made = [held.enter_context(socket.create_server(("", 0))) for _ in AGENTS]
        return {name: each.getsockname()[1] for name, each in zip(AGENTS, made, strict=True)}


@pytest.fixture
def cluster(patient: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    root = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", f"{root.parent}:{root}")
    monkeypatch.setenv("RAY_DISABLE_DOCKER_CPU_WARNING", "1")
    try:
        made = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 1, "include_dashboard": False, "num_gpus": 0, **ports()},
        )
    except Exception as error:  # noqa: BLE001 - Ray raises a bare Exception when it is too slow
        pytest.skip(f"no Ray cluster starts on this machine: {error}")
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_lost_node_costs_only_what_was_in_flight(cluster: Any, tmp_path: Path) -> None:
    doomed = cluster.add_node(num_cpus=1, num_gpus=0, **ports())
    cluster.wait_for_nodes(PATIENCE)
    killers: list[threading.Thread] = []

    def kill(progress: Progress) -> None:
        if progress.fresh == ROWS // 4 and not killers:
            killers.append(threading.Thread(target=cluster.remove_node, args=(doomed, False)))
            killers[0].start()

    model = adder(lambda n, seed: n % 7 == 3, seconds=0.03)
    spread = tir.evaluate(
        sums(ROWS), model=model, policy=POLICY, out=tmp_path / "spread",
        ray=cluster.address, width=4, on_progress=kill,
    )  # fmt: skip
    killers[0].join()
    assert doomed not in cluster.list_all_nodes()
    alone = tir.evaluate(
        sums(ROWS), model=model, policy=POLICY, out=tmp_path / "alone", executor=executor()
    )
    rows = list(spread.results())
    assert [row.problem.id for row in rows] == [f"p{n}" for n in range(ROWS)]
    assert essence(rows, walls=False) == essence(list(alone.results()), walls=False)
    assert spread.manifest.isolation is not None


def test_a_cluster_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="cannot be reached"):
        tir.evaluate(
            sums(1), model=adder(), policy=POLICY, out=tmp_path, ray="127.0.0.1:1",
        )  # fmt: skip
