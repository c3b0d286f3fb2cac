"""What the sandbox is attacked with, to see that it holds: data, run by `executors.selfcheck`.

No program here is ever run but in a session behind walls.
"""

from executors.attacks.attack import Attack
from executors.attacks.bait import Bait
from executors.attacks.calls import CALLS
from executors.attacks.drills import DRILLS, Drill
from executors.attacks.environment import ENVIRONMENT
from executors.attacks.files import FILES
from executors.attacks.hangs import HANGS
from executors.attacks.memory import MEMORY
from executors.attacks.network import NETWORK
from executors.attacks.output import OUTPUT
from executors.attacks.processes import PROCESSES
from executors.attacks.protocol import PROTOCOL
from executors.attacks.resources import RESOURCES
from executors.attacks.strays import STRAYS
from executors.attacks.writes import WRITES

ATTACKS: tuple[Attack, ...] = (
    *NETWORK,
    *FILES,
    *WRITES,
    *ENVIRONMENT,
    *PROCESSES,
    *CALLS,
    *MEMORY,
    *RESOURCES,
    *HANGS,
    *OUTPUT,
    *PROTOCOL,
    *STRAYS,
)
"""All, in the order in which they are run: from looking around to breaking things."""

__all__ = ["ATTACKS", "DRILLS", "Attack", "Bait", "Drill"]
