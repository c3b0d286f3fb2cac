"""`tir doctor`: attacks the sandbox of this machine and says which walls hold."""

import asyncio
import getpass
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from executors.errors import ExecutorUnavailable
from executors.selfcheck import Finding, SandboxReport, selfcheck
from executors.walls import REQUIRED, Isolation, Tier, Wall
from tir import __version__
from tir.errors import EnvironmentFailed
from tir.render.safe import one_line

SCHEMA = "tir.doctor/1"
DETAIL = 200
"""Characters of what an attack showed; `--json` has all."""
PACKAGES = ("ipykernel", "jupyter_client", "pyzmq", "sympy", "numpy")


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps this machine from a better sandbox, and what to type against it."""

    what: str
    remedy: str


@click.command()
@click.option("--full", is_flag=True, help="Every attack, some two minutes; else the quick ones.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option(
    "--tier",
    type=click.Choice([str(tier) for tier in Tier if tier is not Tier.NONE]),
    help="The sandbox to attack; the best that can be had, if not given.",
)
def doctor(full: bool, as_json: bool, tier: str | None) -> None:
    """Attack the sandbox on this machine, and show which walls hold.

    Ends with 3 if one does not hold that programs of a model must not be run without.
    """
    started = time.monotonic()
    on_result = _progress if sys.stderr.isatty() and not as_json else None
    try:
        report = asyncio.run(
            selfcheck(tier=Tier(tier) if tier else None, full=full, on_result=on_result)
        )
    except ExecutorUnavailable as error:
        if as_json:
            click.echo(json.dumps(_without_sandbox(error), indent=2))
        raise _unavailable(error) from error
    finally:
        if on_result:
            click.echo("\r\x1b[K", nl=False, err=True)
    seconds = time.monotonic() - started
    if as_json:
        click.echo(json.dumps(document(report, full=full, seconds=seconds), indent=2))
    else:
        click.echo("\n".join(lines(report, seconds)))
    if not report.holds(REQUIRED):
        raise _broken(report)


def lines(report: SandboxReport, seconds: float) -> list[str]:
    """The report as text; what a program printed is harmless in it."""
    text = [f"sandbox: {report.isolation.tier}", ""]
    width = max(map(len, Wall))
    for wall in Wall:
        tried = report.at(wall)
        broken = [finding for finding in tried if not finding.held]
        count = f"{len(tried)} attacks" if not broken else f"{len(broken)} of {len(tried)} attacks"
        verdict = "not tried" if not tried else "does not hold" if broken else "holds"
        text.append(f"  {wall:{width}}  {verdict:13}  {count if tried else ''}".rstrip())
        text += [f"      {finding.name}: {_short(finding)}" for finding in broken]
    for gap in report.isolation.gaps:
        text += ["", f"{gap.wall}: {one_line(gap.why)}"]
        text += [f"  Try: {gap.remedy}"] if gap.remedy else []
    for refused, why in report.isolation.refused:
        text += ["", f"no {refused}: {one_line(why)}"]
    for each in missing(report.isolation):
        text += ["", each.what, f"  Try: {each.remedy}"]
    text += ["", f"{len(report.findings)} attacks in {seconds:.0f} s", ""]
    return text + [f"{name}: {one_line(value)}" for name, value in facts().items()]


def document(report: SandboxReport, *, full: bool, seconds: float) -> dict[str, object]:
    """The report as JSON."""
    return {
        "schema": SCHEMA,
        "tier": report.isolation.tier,
        "required_hold": report.holds(REQUIRED),
        "full": full,
        "seconds": round(seconds, 3),
        "walls": [
            {
                "wall": wall,
                "required": wall in REQUIRED,
                "holds": report.holds([wall]),
                "attacks": len(report.at(wall)),
                "broken": [f.name for f in report.at(wall) if not f.held],
            }
            for wall in Wall
        ],
        "findings": [asdict(finding) for finding in report.findings],
        "gaps": [asdict(gap) for gap in report.isolation.gaps],
        "refused": [{"tier": tier, "why": why} for tier, why in report.isolation.refused],
        "missing": [asdict(each) for each in missing(report.isolation)],
        "facts": facts(),
    }


def facts() -> dict[str, str]:
    """What somebody who reads a report of a fault has to know."""
    found = {
        "tir": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
        "user": f"{_user()} ({os.geteuid()})",
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def missing(isolation: Isolation | None) -> Sequence[Missing]:
    """What stands in the way of the best tier; empty if that is the one in use."""
    if isolation is not None and isolation.tier is Tier.NAMESPACES:
        return ()
    if sys.platform != "linux":
        return (Missing("The better sandboxes need Linux.", "docker run -it python:3.12 bash"),)
    found = [
        Missing(f"User namespaces are denied by {setting}.", f"sudo sysctl -w {setting}={wanted}")
        for setting, bad, wanted in (
            ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
            ("kernel.unprivileged_userns_clone", "0", "1"),
            ("user.max_user_namespaces", "0", "15000"),
        )
        if _setting(setting) == bad
    ]
    if not any(Path(folder, "bwrap").exists() for folder in os.get_exec_path()):
        found.append(Missing("bubblewrap is not installed.", "sudo apt install bubblewrap"))
    if any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv")):
        found.append(
            Missing(
                "A container's own filter denies user namespaces.",
                "docker run --security-opt seccomp=unconfined ...",
            )
        )
    return tuple(found)


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", *name.split(".")).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A user without an entry, as in some containers.
        return "?"


def _short(finding: Finding) -> str:
    text = one_line(finding.detail)
    return text if len(text) <= DETAIL else f"{text[:DETAIL]} [...]"


def _progress(finding: Finding) -> None:
    click.echo(f"\r\x1b[K{finding.wall}: {finding.name}", nl=False, err=True)


def _without_sandbox(error: ExecutorUnavailable) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "tier": Tier.NONE,
        "required_hold": False,
        "why": error.why,
        "missing": [asdict(each) for each in missing(None)],
        "facts": facts(),
    }


def _unavailable(error: ExecutorUnavailable) -> EnvironmentFailed:
    remedies = [each.remedy for each in missing(None)]
    return EnvironmentFailed(
        f"{one_line(error.what)}.",
        why=one_line(error.why) or "The executor gave no reason.",
        hint=remedies[0] if remedies else one_line(error.hint),
    )


def _broken(report: SandboxReport) -> EnvironmentFailed:
    walls = [wall for wall in Wall if wall in REQUIRED and not report.holds([wall])]
    names = [f.name for f in report.broken if f.wall in walls]
    remedies = [gap.remedy for gap in report.isolation.gaps if gap.wall in walls and gap.remedy]
    remedies += [each.remedy for each in missing(report.isolation)]
    return EnvironmentFailed(
        f"the sandbox of this machine does not hold: {', '.join(walls)}.",
        why=f"What got through: {', '.join(names)}." if names else "It was not tried.",
        hint=remedies[0] if remedies else "tir doctor --full --json   (for a report of this)",
    )
