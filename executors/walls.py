"""What keeps a program in: the walls, the tiers that raise them, and what a tier leaves open."""

from dataclasses import dataclass
from enum import StrEnum


class Wall(StrEnum):
    """Something a program in a session cannot do."""

    NETWORK = "network"
    """Send or receive anything, by name, address or socket of this machine."""
    FILES = "files"
    """Read what is not the interpreter's, its packages' or the session's own."""
    WRITES = "writes"
    """Write outside the session's own small directory."""
    ENVIRONMENT = "environment"
    """See a variable, an argument or an open file of ours."""
    PROCESSES = "processes"
    """See or signal a process outside the session."""
    SYSTEM_CALLS = "system calls"
    """Ask the kernel of the operating system for what no program of mathematics needs."""
    STRAYS = "strays"
    """Leave anything running when the session ends, however the engine ended."""
    MEMORY = "memory"
    """Use more than its share, in one process or in many."""
    TASKS = "tasks"
    """Start more than its share of processes and threads."""
    DISK = "disk"
    """Fill the disk."""
    CPU = "cpu"
    """Run on past its deadline."""
    OUTPUT = "output"
    """Flood the engine."""


class Tier(StrEnum):
    """How the walls are raised, best first."""

    NAMESPACES = "namespaces"
    """Linux namespaces of an ordinary user: a machine of its own for each session."""
    BUBBLEWRAP = "bubblewrap"
    """`bwrap` around all sessions, Landlock and seccomp between them."""
    LANDLOCK = "landlock"
    """Landlock and seccomp alone, as inside a container."""
    SEATBELT = "seatbelt"
    """macOS sandbox-exec."""
    NONE = "none"
    """No walls."""


REQUIRED = frozenset(
    {Wall.NETWORK, Wall.FILES, Wall.WRITES, Wall.ENVIRONMENT, Wall.CPU, Wall.OUTPUT}
)
"""Without these a machine is not safe to run model code on, whatever the tier."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A wall that does not stand, or not whole."""

    wall: Wall
    why: str
    remedy: str
    """What to type to have it; empty if nothing helps here."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """The tier that sessions of an executor run in, and what it leaves open."""

    tier: Tier
    gaps: tuple[Gap, ...] = ()
    refused: tuple[tuple[Tier, str], ...] = ()
    """Better tiers that this machine would not let us have, and why."""

    def __str__(self) -> str:
        if self.tier is Tier.NONE:
            return "no sandbox: programs run as you, with your files and network"
        open_ = ", ".join(gap.wall for gap in self.gaps)
        return f"sandbox: {self.tier}" + (f"; not held: {open_}" if open_ else "")
