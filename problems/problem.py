"""A mathematical problem as a value."""

from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Problem:
    """One question. `id` is a hash of the question unless the source names one."""

    question: str
    gold: str | None = None
    """The reference answer as its source writes it, plain or LaTeX."""
    id: str = ""
    subject: str | None = None
    level: str | None = None
    source: str | None = None
    choices: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.id:
            # A lone surrogate has no UTF-8, but a problem that holds one still has an identity.
            text = self.question.strip().encode(errors="surrogatepass")
            digest = sha256(text).hexdigest()[:12]
            object.__setattr__(self, "id", digest)
