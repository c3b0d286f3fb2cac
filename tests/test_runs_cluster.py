"""A real Ray cluster of two nodes on this machine, of which one is killed in the middle."""

import threading
from collections.abc import Iterator
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


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    root = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", f"{root.parent}:{root}")
    monkeypatch.setenv("RAY_DISABLE_DOCKER_CPU_WARNING", "1")
    try:
        made = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 1, "include_dashboard": False, "num_gpus": 0},
        )
    except Exception as error:  # noqa: BLE001 - Ray raises a bare Exception when it is too slow
        pytest.skip(f"no Ray cluster starts on this machine: {error}")
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_lost_node_costs_only_what_was_in_flight(cluster: Any, tmp_path: Path) -> None:
    doomed = cluster.add_node(num_cpus=1, num_gpus=0)
    cluster.wait_for_nodes()
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
