"""How often a failed request is sent again, and after how long."""

import random
from dataclasses import dataclass

from tir.models.endpoint.failure import is_passing, retry_after


@dataclass(frozen=True, slots=True)
class Patience:
    """Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", 2015).

    Full jitter spreads thousands of trajectories that failed in one moment over the whole wait.
    """

    attempts: int = 8
    """In a row without any new text; progress begins the count anew."""
    base: float = 0.5
    """Seconds; the first wait is somewhere between 0 and this."""
    longest: float = 30.0
    """Seconds of a wait that the server did not ask for."""
    asked: float = 600.0
    """Seconds of a wait that it asked for; who asks for more has given up on us."""
    silence: float = 300.0
    """Seconds in which nothing comes before a connection counts as dead. A server under load
    lets a request wait that long before its first token."""

    def wait(self, failures: int, error: Exception) -> float | None:
        """Seconds until the next attempt after so many failures; None to give up."""
        if failures >= self.attempts or not is_passing(error):
            return None
        asked = retry_after(error)
        if asked is None:
            return random.uniform(0, min(self.longest, self.base * 2 ** (failures - 1)))
        # All who were refused together come back spread over a second.
        return asked + random.uniform(0, self.base) if asked <= self.asked else None


PATIENCE = Patience()
