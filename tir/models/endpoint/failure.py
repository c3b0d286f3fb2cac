"""What a server's refusals mean: which pass, and which end a command, in three lines."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time

import openai

from tir.errors import ContextTooShort, EndpointFailed, ModelNotFound, TirError
from tir.models.endpoint.address import NO_KEY, OPENAI_KEY, OWN_KEY, Address

SHOWN = 200
"""Characters of a server's own words that are shown."""

_CONTEXT = re.compile(
    r"context[ _-]?(length|size|window)|max_model_len|(prompt|input|request) (is|was)? ?too long",
    re.IGNORECASE,
)
"""How vLLM, SGLang, llama.cpp, Ollama and OpenAI word it that a prompt is too long."""


class Dropped(Exception):
    """A stream that ended before the generation did, or said something that is no protocol."""


def is_passing(error: Exception) -> bool:
    """Whether the same request may well succeed a little later.

    429 says that a rate was exceeded, but OpenAI answers an empty account with it, too, and
    that does not pass.
    """
    if isinstance(error, openai.RateLimitError):
        return "insufficient_quota" not in str(error.body)
    if isinstance(error, openai.APIStatusError):
        return error.status_code in (408, 409, 425) or error.status_code >= 500
    if isinstance(error, (openai.APIConnectionError, Dropped)):
        return True
    # The client raises this, and not one of its kinds, for an error told within a stream.
    return type(error) is openai.APIError


def is_too_long(error: Exception) -> bool:
    """Whether a request was refused because prompt and generation exceed the context."""
    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 413, 422):
        return False
    return _CONTEXT.search(f"{error.message} {error.body}") is not None


def retry_after(error: Exception) -> float | None:
    """Seconds that the server asks to wait: `Retry-After` as a number or a date (RFC 9110)."""
    if not isinstance(error, openai.APIStatusError):
        return None
    value = error.response.headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Failure:
    """Words for what one server does."""

    address: Address
    model: str

    def error(self, error: Exception) -> TirError:
        """Why it cannot be used, after all that passes has been waited for."""
        if is_too_long(error):
            return self.too_long(self.words(error))
        match error:
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                return self._locked(error)
            case openai.NotFoundError():
                return self.foreign(error)
            case openai.RateLimitError():
                return self._refused("it allows no more requests", error)
            case openai.InternalServerError():
                return self._refused(f"it fails (status {error.status_code})", error)
            case openai.APIStatusError():
                return self._refused(f"it refuses the request (status {error.status_code})", error)
            case openai.APITimeoutError():
                return self._failed("it does not answer in time", "look at the server's log")
            case Dropped():
                return self._failed(f"it broke off again and again: {error}", "try again later")
            case openai.APIConnectionError():
                why = f"no connection: {self.words(error.__cause__ or error)}"
                return self._failed(why, f"curl {self.address.url}/models")
            case openai.APIError():
                return self._refused("it broke off", error)
        return self.foreign(error)

    def unknown(self, names: Iterable[str]) -> ModelNotFound:
        """There is no model of that name, but of these."""
        names = sorted(names)
        shown = ", ".join(self.clean(name) for name in names[:12]) or "none that it lists"
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        return ModelNotFound(
            f"the endpoint {self.address.host} has no model {self.clean(self.model)!r}.",
            why=f"it has {shown}{more}",
            hint=f"tir solve --endpoint {self.address.url} -m {names[0] if names else 'NAME'}",
        )

    def foreign(self, refusal: Exception | None) -> EndpointFailed:
        """Nothing that was asked got an answer that could be used."""
        said = self.words(refusal) if refusal is not None else "it lists no models"
        return EndpointFailed(
            f"{self.address.url} does not speak OpenAI's protocol.",
            why=f"neither /completions nor /chat/completions can be used: {said}",
            hint=f"curl {self.address.url}/models",
        )

    def too_long(self, why: str) -> ContextTooShort:
        """Not even the prompt fits."""
        return ContextTooShort(
            "the problem is longer than the model's context.",
            why=why,
            hint="a shorter problem, or a model or server with a longer context",
        )

    def words(self, error: BaseException) -> str:
        """What the server said, in one printable line, without the key."""
        said = str(error)
        if isinstance(error, openai.APIStatusError):
            said = _message(error.body) or error.response.text
        return self.clean(said)

    def clean(self, text: str) -> str:
        """A server's words: hostile text, in one line, cut, and the key blotted out."""
        line = "".join(char if char.isprintable() else " " for char in text[: 20 * SHOWN])
        line = " ".join(self.address.key.blot(line).split())
        return line if len(line) <= SHOWN else f"{line[:SHOWN]}..."

    def _locked(self, error: openai.APIStatusError) -> EndpointFailed:
        sent = "wants a key" if self.address.key is NO_KEY else "does not accept the key"
        return EndpointFailed(
            f"the endpoint {self.address.host} {sent}.",
            why=f"status {error.status_code}: {self.words(error)}",
            hint=f"export {OWN_KEY}=... (or {OPENAI_KEY} for OpenAI's own servers)",
        )

    def _refused(self, what: str, error: openai.APIError) -> EndpointFailed:
        return self._failed(f"{what}: {self.words(error)}", "look at the server's log")

    def _failed(self, why: str, hint: str) -> EndpointFailed:
        return EndpointFailed(
            f"the endpoint {self.address.host} cannot be used.", why=why, hint=hint
        )


def _message(body: object) -> str:
    """The sentence in an error's body: OpenAI's `message`, FastAPI's `detail`, or the body."""
    if not isinstance(body, dict):
        return ""
    found = body.get("message") or body.get("detail") or body.get("error") or body
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
