"""A model on a server."""

from problems import Problem
from tir.dialects import Dialect, Prompt, Sampling
from tir.models.endpoint.address import Address
from tir.models.endpoint.budget import UNLIMITED, Budget, Purse
from tir.models.endpoint.chat import ChatSession
from tir.models.endpoint.client import Lines
from tir.models.endpoint.completion import CompletionSession
from tir.models.endpoint.failure import Failure
from tir.models.endpoint.offer import Mode, Offer, Stops
from tir.models.endpoint.patience import PATIENCE, Patience
from tir.models.endpoint.session import EndpointSession

CHARACTERS_PER_TOKEN = 2.5
"""Of mathematics in LaTeX and Python, before the server has counted any."""


class EndpointModel:
    """What the trajectories on one server share. Usable from any number of event loops."""

    def __init__(
        self,
        address: Address,
        offer: Offer,
        *,
        patience: Patience = PATIENCE,
        concurrency: int = 256,
        budget: Budget = UNLIMITED,
    ) -> None:
        self.address = address
        self.offer = offer
        self.lines = Lines(address, patience, concurrency)
        self.purse = Purse(budget)
        self.retries = 0
        """Requests that had to be sent again."""
        self._characters = 0
        self._tokens = 0

    @property
    def name(self) -> str:
        """Its name there, and where."""
        return f"{self.offer.model}@{self.address.host}"

    @property
    def notice(self) -> str | None:
        """What the user should know of it; None if it does all that it is told."""
        if self.offer.draws:
            return None
        return f"{self.address.host} said the same for two seeds: more samples may be only copies"

    @property
    def dialect(self) -> Dialect:
        """The format of its transcripts."""
        return self.offer.dialect

    @property
    def context(self) -> int:
        """Tokens that a trajectory may have at most."""
        return self.offer.context

    @property
    def sends_stops(self) -> bool:
        """Whether the server is told the stop strings."""
        return self.offer.stops is not Stops.SILENT

    @property
    def failure(self) -> Failure:
        """Words for what goes wrong with it."""
        return Failure(self.address, self.offer.model)

    def open(self, prompt: Prompt, *, seed: int) -> EndpointSession:
        """A trajectory that begins with `prompt`; nothing is sent yet."""
        kind = CompletionSession if self.offer.mode is Mode.COMPLETION else ChatSession
        return kind(self, prompt, seed)

    def count(self, text: str) -> int:
        """How many tokens a text is, estimated by what the server has counted so far."""
        return self.count_characters(len(text))

    def count_characters(self, characters: int) -> int:
        """The same of a text of that length."""
        ratio = self._characters / self._tokens if self._tokens else CHARACTERS_PER_TOKEN
        return -int(-characters // max(ratio, 0.25))

    def learn(self, characters: int, tokens: int) -> None:
        """Takes note of what the server counted."""
        self._characters += characters
        self._tokens += tokens

    def outside(self, problem: Problem) -> str | None:
        """None: servers declare no scope."""
        return None

    def fields(self, sampling: Sampling, stop: tuple[str, ...], seed: int) -> dict[str, object]:
        """What every request says beside the transcript, in words that this server takes."""
        taken = self.offer.fields
        temperature = 0.0 if sampling.is_greedy else sampling.temperature
        said: dict[str, object] = {
            "model": self.offer.model,
            "temperature": temperature,
            "top_p": 1.0 if sampling.is_greedy else sampling.top_p,
            "seed": seed,
            "max_tokens": sampling.max_tokens,
            "max_completion_tokens": sampling.max_tokens,
            "stream_options": {"include_usage": True},
            "skip_special_tokens": False,
            "parallel_tool_calls": False,
        }
        said = {key: value for key, value in said.items() if key == "model" or key in taken}
        if stop and self.sends_stops:
            said["stop"] = list(stop)
        if not sampling.is_greedy:
            said.update(self.offer.drawing)
        return said
