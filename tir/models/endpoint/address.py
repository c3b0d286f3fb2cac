"""Where a server is, and the key that opens it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from tir.errors import BadInput

OWN_KEY = "TIR_API_KEY"
OPENAI_KEY = "OPENAI_API_KEY"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret. It is in no representation and no message."""

    _secret: str

    def __repr__(self) -> str:
        return "Key(...)"

    @property
    def secret(self) -> str:
        """The key itself, for the client alone."""
        return self._secret

    def blot(self, text: str) -> str:
        """A text in which the key, if some server repeats it, cannot be read."""
        return text.replace(self._secret, "[key]") if len(self._secret) >= 4 else text


NO_KEY = Key("none")
"""Sent where no key is known: servers of one's own accept anything."""


@dataclass(frozen=True, slots=True)
class Address:
    """The URL of an API, such as `http://localhost:8000/v1`, and its key."""

    url: str
    key: Key = NO_KEY

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str] = os.environ) -> "Address":
        """The address that a user typed; `/v1` is added to a bare host.

        The key is TIR_API_KEY; or OPENAI_API_KEY, but only for OpenAI's own servers and the one
        that OPENAI_BASE_URL names: a key is shown to nobody whom it was not made for.

        Raises:
            BadInput: it is no URL of a server, or holds a password.
        """
        parts = urlsplit(text.strip())
        try:
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        if parts.scheme not in ("http", "https") or not host:
            raise BadInput(
                f"{text[:200]!r} is not the URL of a server.",
                why="it has to begin with http:// or https:// and name a host",
                hint="tir solve --endpoint http://localhost:8000/v1",
            )
        if parts.username is not None or parts.password is not None:
            raise BadInput(
                "the URL of the endpoint holds a user name or password.",
                why="URLs are kept in results; a key belongs in the environment",
                hint=f"export {OWN_KEY}=...",
            )
        path = parts.path.rstrip("/") or "/v1"
        url = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
        return cls(url, _key(host, environment))

    @property
    def host(self) -> str:
        """Host and port: what results name."""
        return urlsplit(self.url).netloc

    @property
    def root(self) -> str:
        """The URL above `/v1`, where servers keep what is not OpenAI's."""
        return self.url.removesuffix("/v1")


def _key(host: str, environment: Mapping[str, str]) -> Key:
    own = environment.get(OWN_KEY, "")
    if own:
        return Key(own)
    theirs = environment.get(OPENAI_KEY, "")
    named = urlsplit(environment.get("OPENAI_BASE_URL", "")).hostname
    is_theirs = host == "api.openai.com" or host.endswith(".openai.com") or host == named
    return Key(theirs) if theirs and is_theirs else NO_KEY
