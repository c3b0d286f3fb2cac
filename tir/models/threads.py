"""How many threads a forward uses on this CPU."""

import os
from pathlib import Path

import torch

TOPOLOGY = Path("/sys/devices/system/cpu")
QUOTA = Path("/sys/fs/cgroup/cpu.max")
SMALL = 50_000_000
"""Parameters below which one thread is as fast as two (the built-in model: 1.8 ms a token either
way), and far faster on a machine that has other things to do: threads wait for each other at
every matrix, and one that has lost its processor holds up all (20 ms a token and more)."""


def cores(topology: Path = TOPOLOGY, quota: Path = QUOTA) -> int:
    """Cores that this process may use.

    Two hyperthreads of a core share its multipliers, so a second thread on it only costs; and
    threads beyond a container's quota take each other's time. Of the processors in the affinity
    mask those that are siblings count once.
    """
    if hasattr(os, "sched_getaffinity"):
        allowed = os.sched_getaffinity(0)
    else:
        allowed = set(range(os.cpu_count() or 1))
    siblings = set()
    for processor in allowed:
        file = topology / f"cpu{processor}" / "topology" / "thread_siblings_list"
        try:
            siblings.add(file.read_text())
        except OSError:
            siblings.add(str(processor))
    granted = _granted(quota)
    return len(siblings) if granted is None else max(1, min(len(siblings), granted))


def _granted(quota: Path) -> int | None:
    """Processors' worth of time that the container may use, rounded up; None: no limit is set."""
    try:
        time, period = quota.read_text().split()
    except (OSError, ValueError):
        return None
    return None if time == "max" else -(-int(time) // int(period))


def set_threads(parameters: int) -> None:
    """Sets the thread count of the calling thread's forwards, unless the user has set it."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1 if parameters < SMALL else cores())
