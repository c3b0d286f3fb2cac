"""The sandbox's contract: the attacks on every tier, as every user; and that the suite can fail."""

import ast
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from executors import Execution, ExecutorUnavailable, Limits, ScriptedExecutor, Status
from executors.attacks import ATTACKS, DRILLS, Attack
from executors.attacks.bait import Bait
from executors.selfcheck import Finding, SandboxReport, selfcheck
from executors.walls import REQUIRED, Isolation, Tier, Wall

ROOT = Path(__file__).parent.parent
ORDINARY_USER = 54321
ALL = """
import asyncio, json, sys
from executors import ExecutorUnavailable
from executors.selfcheck import selfcheck
from executors.walls import Tier
try:
    report = asyncio.run(selfcheck(tier=Tier(sys.argv[1])))
except ExecutorUnavailable as error:
    print(json.dumps({"unavailable": f"{error.what}: {error.why}"}))
else:
    print(json.dumps({
        "tier": report.isolation.tier,
        "gaps": [gap.wall for gap in report.isolation.gaps],
        "tried": len(report.findings),
        "broken": [(each.wall, each.name, each.detail) for each in report.broken],
    }))
"""
BAIT = re.compile(r"^bait = (\{.*\})$", re.MULTILINE)

Effect = Callable[[dict[str, object]], Execution | str]


@pytest.mark.parametrize("user", ["ours", "ordinary"])
@pytest.mark.parametrize("tier", [Tier.NAMESPACES, Tier.BUBBLEWRAP, Tier.LANDLOCK], ids=str)
def test_every_attack_is_contained(tier: Tier, user: str, tmp_path: Path) -> None:
    if user == "ordinary" and os.geteuid() != 0:
        pytest.skip("we are an ordinary user already")
    other = ORDINARY_USER if user == "ordinary" else None
    if other is not None and not can_run_python(other):
        pytest.skip(f"another user cannot reach {sys.executable}")
    home = tmp_path / "home"
    home.mkdir()
    if other is not None:
        os.chown(home, other, other)
        # pytest's own directories are closed to others, and a session's path must be short.
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", ALL, tier],
        cwd=home,
        env=os.environ | {"HOME": str(home), "PYTHONPATH": str(ROOT)},
        user=other,
        group=other,
        extra_groups=None if other is None else [],
        stdout=subprocess.PIPE,
        text=True,
        timeout=900,
        check=True,
    )
    told = json.loads(done.stdout)
    if "unavailable" in told:
        pytest.skip(told["unavailable"])
    assert told["tier"] == tier
    assert told["tried"] == len(ATTACKS) + len(DRILLS) + 1
    assert [each for each in told["broken"] if each[0] not in told["gaps"]] == []
    assert not REQUIRED & set(told["gaps"])


def test_a_long_home_does_not_keep_the_bait_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ("long" * 30)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    with Bait() as bait:
        facts = bait.facts(Limits())
        assert any(str(secret).startswith(str(home)) for secret in facts["secrets"])
        assert Path(str(facts["socket"])).is_socket()


def can_run_python(user: int) -> bool:
    """Whether this interpreter lies where everybody may go."""
    try:
        subprocess.run([sys.executable, "-c", ""], user=user, check=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def test_each_wall_is_attacked_by_what_is_quick() -> None:
    assert {attack.wall for attack in ATTACKS if attack.quick} == set(Wall)
    names = [each.name for each in (*ATTACKS, *DRILLS)]
    assert len(names) == len(set(names))
    for attack in ATTACKS:
        for program in (attack.code({}), attack.victim, attack.verdict):
            compile(program, attack.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


PROBE = Attack("probe", Wall.FILES, "finish()")


class Scripted(ScriptedExecutor):
    """A sandbox of which nothing is real. `effect` is what the attack's program does to us."""

    def __init__(self, effect: Effect, tier: Tier | None = Tier.NAMESPACES) -> None:
        super().__init__(self.answer)
        self.effect = effect
        self.pulse = 0
        self.isolation = None if tier is None else Isolation(tier)

    def answer(self, code: str) -> Execution | str:
        if "open_locks() or" in code:
            return "locked\n"
        if "print(pulse)" in code:
            self.pulse += 1
            return f"{self.pulse}\n"
        if "time.sleep(600)" in code:
            return Execution(Status.INTERRUPTED)
        if bait := BAIT.search(code):
            return self.effect(ast.literal_eval(bait[1]))
        return "kept\n" if "mark" in code else "42\n"


async def attacked(effect: Effect, attack: Attack = PROBE) -> Finding:
    report = await selfcheck(lambda limits: Scripted(effect), attacks=[attack], drills=[])
    return report.findings[0]


async def test_what_is_contained_is_held() -> None:
    finding = await attacked(lambda bait: "HELD 1\n")
    assert finding.held, finding.detail
    assert (finding.name, finding.wall) == ("probe", Wall.FILES)


@pytest.mark.parametrize(
    ("outcome", "complaint"),
    [
        ("BROKEN: /etc/shadow 'root'\nHELD 1\n", "/etc/shadow 'root'"),
        (Execution(Status.OK, stderr="BROKEN: x\n"), "x"),
        (Execution(Status.OK, result="'BROKEN: x'"), "x"),
        ("HELD 0\n", "without its last word"),
        ("", "without its last word"),
        (Execution(Status.ERROR, stdout="HELD 1\n"), "ended error instead of ok"),
        (Execution(Status.DIED), "ended died instead of ok"),
    ],
)
async def test_a_program_that_gets_through_is_found(
    outcome: Execution | str, complaint: str
) -> None:
    finding = await attacked(lambda bait: outcome)
    assert not finding.held
    assert complaint in finding.detail


async def test_output_that_went_missing_has_to_be_admitted() -> None:
    loud = Attack("loud", Wall.OUTPUT, "", says="", loud=True)
    assert not (await attacked(lambda bait: "x", loud)).held
    assert (await attacked(lambda bait: Execution(Status.OK, truncated=True), loud)).held


async def test_growth_of_the_engine_is_found() -> None:
    kept = []

    def grow(bait: dict[str, object]) -> str:
        kept.append(b"x" * (64 << 20))
        return "HELD 1\n"

    assert "memory grew" in (await attacked(grow)).detail
    # Freed later it would hide the growth of the next test.
    kept.clear()


async def test_a_peak_of_the_engine_is_found() -> None:
    def swell(bait: dict[str, object]) -> str:
        return f"HELD {len(b'x' * (64 << 20))}\n"

    assert "memory grew" in (await attacked(swell)).detail


async def test_a_stray_is_found() -> None:
    strays = []

    def stray(bait: dict[str, object]) -> str:
        strays.append(subprocess.Popen(["sleep", "60"]))
        return "HELD 1\n"

    try:
        assert f"process {strays[0].pid if strays else ''}" in (await attacked(stray)).detail
    finally:
        for each in strays:
            each.kill()
            each.wait()


async def test_a_stray_that_left_our_tree_is_found() -> None:
    def daemonise(bait: dict[str, object]) -> str:
        code = "import time; time.sleep(20)"
        # The shell ends at once, and its child is nobody's.
        subprocess.run(["sh", "-c", f"{sys.executable} -c '{code}' {bait['token']} &"], check=True)
        return "HELD 1\n"

    assert "is left" in (await attacked(daemonise)).detail


async def test_an_open_descriptor_is_found() -> None:
    handles = []

    def leave_open(bait: dict[str, object]) -> str:
        handles.append(os.open(os.devnull, os.O_RDONLY))
        return "HELD 1\n"

    try:
        assert "descriptors are left open: /dev/null" in (await attacked(leave_open)).detail
    finally:
        for handle in handles:
            os.close(handle)


async def test_a_connection_is_found_though_the_program_denies_it() -> None:
    def connect(bait: dict[str, object]) -> str:
        socket.create_connection(("127.0.0.1", int(str(bait["port"])))).close()
        return "HELD 1\n"

    assert "a connection came in by a port" in (await attacked(connect)).detail


async def test_a_changed_file_is_found_and_mended() -> None:
    seen = []

    def write(bait: dict[str, object]) -> str:
        (path,) = ast.literal_eval(str(bait["secrets"]))[:1]
        seen.append(Path(path).read_text())
        Path(path).write_text("poisoned")
        return "HELD 1\n"

    twice = [Attack(name, Wall.WRITES, "finish()") for name in ("first", "second")]
    report = await selfcheck(lambda limits: Scripted(write), attacks=twice, drills=[])
    assert all("its content changed" in finding.detail for finding in report.findings[:2])
    assert seen[0] == seen[1]


async def test_an_exception_that_nobody_awaits_is_found() -> None:
    def fail(bait: dict[str, object]) -> str:
        asyncio.get_running_loop().call_soon(int, "forged")
        return "HELD 1\n"

    assert "the engine's own code failed: ValueError" in (await attacked(fail)).detail


async def test_a_harmed_neighbour_is_found() -> None:
    class Harmed(Scripted):
        def answer(self, code: str) -> Execution | str:
            return Execution(Status.DIED) if "print(pulse)" in code else super().answer(code)

    report = await selfcheck(
        lambda limits: Harmed(lambda bait: "HELD 1\n"), attacks=[PROBE], drills=[]
    )
    assert "a neighbour was harmed" in report.findings[0].detail


@pytest.mark.parametrize("tier", [None, Tier.NONE])
async def test_nothing_is_attacked_without_a_sandbox(tier: Tier | None) -> None:
    attacked: list[object] = []

    def make(limits: Limits) -> Scripted:
        return Scripted(lambda bait: attacked.append(bait) or "HELD 1\n", tier)

    with pytest.raises(ExecutorUnavailable, match="no sandbox to attack"):
        await selfcheck(make, attacks=[PROBE], drills=[])
    with pytest.raises(ExecutorUnavailable):
        await selfcheck(tier=Tier.NONE)
    assert not attacked


async def test_nothing_is_attacked_in_a_session_that_is_not_locked() -> None:
    class Unlocked(Scripted):
        def answer(self, code: str) -> Execution | str:
            return "['it has capabilities']\n" if "open_locks() or" in code else "HELD 1\n"

    with pytest.raises(ExecutorUnavailable, match="is not attacked") as caught:
        await selfcheck(lambda limits: Unlocked(lambda bait: ""), attacks=[PROBE], drills=[])
    assert "capabilities" in caught.value.why


def test_a_wall_that_was_not_tried_is_not_held() -> None:
    report = SandboxReport(
        Isolation(Tier.NAMESPACES),
        (Finding("a", Wall.FILES, True), Finding("b", Wall.DISK, False, "1 GB")),
    )
    assert report.holds([Wall.FILES])
    assert not report.holds([Wall.FILES, Wall.NETWORK])
    assert not report.holds([Wall.DISK])
    assert [finding.name for finding in report.broken] == ["b"]
