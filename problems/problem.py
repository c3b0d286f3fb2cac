"""A mathematical problem as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

ALPHABET = "ABCDEFGHIJ"
"""Letters of choices: nobody offers more than ten."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One question. `id` is a hash of the question and its choices unless the source names one."""

    question: str
    gold: str | None = None
    """The reference answer as its source writes it, plain or LaTeX; the letter of a choice."""
    id: str = ""
    subject: str | None = None
    level: str | None = None
    source: str | None = None
    choices: tuple[str, ...] = field(default=())
    """What the letters A, B, ... stand for, without the letters."""
    test: Mapping[str, object] | None = field(default=None, hash=False)
    """How an answer is to be compared, as `AnswerTest.of` takes it; None: plainly equal."""
    points: Mapping[str, float] | None = field(default=None, hash=False)
    """Points for each part, or for the whole under ""; None: one for the whole."""

    def __post_init__(self) -> None:
        if not self.id:
            # Many questions are only "Which of these is true?": what tells them apart is below.
            text = "\n".join((self.question.strip(), *self.choices))
            # A lone surrogate has no UTF-8, but a problem that holds one still has an identity.
            digest = sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]
            object.__setattr__(self, "id", digest)
