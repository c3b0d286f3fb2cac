"""How much may be spent on a server, in tokens or money, and what has been spent."""

import re
import threading
from dataclasses import dataclass, field

_AMOUNT = re.compile(r"(\$)?(\d+(?:\.\d+)?)\s*([kmKM])?")
_SCALE = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True)
class Prices:
    """Money per million tokens, in the currency of the budget. No server tells them."""

    prompt: float = 0.0
    cached: float = 0.0
    """Prompt tokens that the server had in its cache."""
    generated: float = 0.0

    def cost(self, prompt: int, cached: int, generated: int) -> float:
        """What a request costs; `cached` is a part of `prompt`."""
        new = (prompt - cached) * self.prompt
        return (new + cached * self.cached + generated * self.generated) / 1e6

    @classmethod
    def parse(cls, text: str) -> "Prices":
        """Reads `2.50/10` (prompt/generated) or `2.50/0.25/10` (prompt/cached/generated).

        Raises:
            ValueError: the text is neither.
        """
        try:
            numbers = [float(part) for part in text.split("/")]
        except ValueError:
            numbers = []
        if len(numbers) not in (2, 3) or not all(0 <= number < 1e9 for number in numbers):
            raise ValueError(f"{text!r} is no price per million tokens, such as 2.50/10.")
        cached = numbers[1] if len(numbers) == 3 else numbers[0]
        return cls(prompt=numbers[0], cached=cached, generated=numbers[-1])


FREE = Prices()


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit on all that one loaded model may use. None: no limit of that kind."""

    tokens: int | None = None
    """Prompt and generated tokens together, as the server counts them."""
    money: float | None = None
    prices: Prices = FREE

    @classmethod
    def parse(cls, text: str, prices: Prices = FREE) -> "Budget":
        """Reads tokens, `200000` or `200k`, or money, `$2.50`.

        Raises:
            ValueError: the text is neither, or it is money and there are no prices.
        """
        found = _AMOUNT.fullmatch(text.strip())
        if found is None or float(found[2]) <= 0:
            raise ValueError(f"{text!r} is no budget, such as 200k (tokens) or $2.50.")
        amount = float(found[2]) * _SCALE[(found[3] or "").lower()]
        if not found[1]:
            return cls(tokens=round(amount), prices=prices)
        if prices == FREE:
            raise ValueError("a budget of money needs prices per million tokens, such as 2.50/10.")
        return cls(money=amount, prices=prices)


UNLIMITED = Budget()


@dataclass(slots=True)
class Purse:
    """What one loaded model has spent of its budget. Shared by all its sessions and threads."""

    budget: Budget
    prompt: int = 0
    cached: int = 0
    generated: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def tokens(self) -> int:
        """Prompt and generated tokens so far."""
        return self.prompt + self.generated

    @property
    def money(self) -> float:
        """Their cost at the budget's prices."""
        return self.budget.prices.cost(self.prompt, self.cached, self.generated)

    @property
    def is_empty(self) -> bool:
        """Whether nothing more may be asked for."""
        tokens, money = self.budget.tokens, self.budget.money
        spent = tokens is not None and self.tokens >= tokens
        return spent or (money is not None and self.money >= money)

    def pay(self, *, prompt: int = 0, cached: int = 0, generated: int = 0) -> None:
        """Counts tokens; negative numbers correct an estimate that was counted before."""
        with self._lock:
            self.prompt += prompt
            self.cached += cached
            self.generated += generated


@dataclass(slots=True)
class Bill:
    """One request: charged as it runs, so that a budget ends it in mid-stream, then settled.

    A stream that breaks never tells what it used; then what was charged stands.
    """

    purse: Purse
    prompt: int
    """Estimated before the server has said it."""
    cached: int = 0
    generated: int = 0

    def __post_init__(self) -> None:
        self.purse.pay(prompt=self.prompt)

    def more(self, tokens: int) -> None:
        """Tokens that have come."""
        self.generated += tokens
        self.purse.pay(generated=tokens)

    def settle(self, prompt: int, cached: int, generated: int) -> None:
        """What the server says it was."""
        self.purse.pay(
            prompt=prompt - self.prompt,
            cached=cached - self.cached,
            generated=generated - self.generated,
        )
        self.prompt, self.cached, self.generated = prompt, cached, generated
