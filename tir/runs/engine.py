"""What solves the problems of a run: a model, how it was loaded, and a policy. Known by content.

An engine is told before anything is loaded, so that a run that is finished, or is only scored
anew, needs no model.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tir.models.base import Model
from tir.models.options import CHOSEN, LoadOptions
from tir.policy import Policy
from tir.reward import Reward
from tir.runs.key import digest, policy_content

_SHORT = 24
"""Characters of a model's name in the name of a folder."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A model with its policy. `model` is a name, or one that is loaded already."""

    model: str | Model
    policy: Policy
    options: LoadOptions = CHOSEN
    reward: str | Reward | None = None
    """What scores samples, if anything does: a name, or one that is loaded already."""
    reward_options: LoadOptions = CHOSEN
    identity: Mapping[str, Any] | None = None
    """What makes it this model and no other; see `known`."""

    def known(self) -> "Engine":
        """The engine with its model found, but not loaded.

        Raises:
            ModelNotFound, ModelBroken: see `tir.errors`.
        """
        identity = _identity(self.model, self.options)
        if self.reward is not None:
            given = self.reward if isinstance(self.reward, str) else self.reward.name
            identity["reward"] = {"name": given, "endpoint": self.reward_options.endpoint}
        return replace(self, identity=identity)

    @property
    def key(self) -> str:
        """Equal for engines that give equal results."""
        return digest([self.identity, policy_content(self.policy)])

    @property
    def name(self) -> str:
        """The model's name, without its folder."""
        name = self.model if isinstance(self.model, str) else self.model.name
        assert self.identity is not None, "made by `known`"
        return str(self.identity.get("name", name))

    @property
    def short_name(self) -> str:
        """The model's name as a part of a folder's name."""
        bare = self.name.split("@")[0].rstrip("/").rsplit("/", 1)[-1]
        return "".join(c if c.isalnum() or c in ".-_" else "-" for c in bare)[:_SHORT] or "model"

    @property
    def needs_accelerator(self) -> bool:
        """Whether something of it runs where it is loaded, and not on a server."""
        runs_here = self.options.endpoint is None
        return runs_here or (self.reward is not None and self.reward_options.endpoint is None)

    def loaded(self) -> "Engine":
        """The engine with everything loaded. Raises as `tir.models.load.load` does."""
        from tir.api import load_model, load_reward

        model, reward = self.model, self.reward
        if isinstance(model, str):
            model = load_model(model, self.options).model
        if isinstance(reward, str):
            reward = load_reward(reward, self.reward_options)
        return replace(self, model=model, reward=reward)

    def record(self) -> dict[str, Any]:
        """Of the model, for a manifest."""
        return {**(self.identity or {}), "options": _options(self.options, _TOLD)}


def _identity(model: str | Model, options: LoadOptions) -> dict[str, Any]:
    if not isinstance(model, str):
        return {"name": model.name, "dialect": model.dialect.name}
    asked = _options(options, _CHANGING)
    if options.endpoint is not None:
        return {"name": model, "endpoint": options.endpoint, "asked": asked}
    from tir.models.auto import best_available
    from tir.models.catalog import locate

    located = best_available(device=options.device) if model == "auto" else locate(model)
    identity: dict[str, Any] = {"name": located.name, "asked": asked}
    if located.revision is not None:
        return {**identity, "revision": located.revision}
    return {**identity, "files": _hashes(located.path)}


_CHANGING = ("dtype", "dialect", "quantize")
_TOLD = (*_CHANGING, "device", "endpoint", "trust_remote_code")
"""By name: what else options may hold, such as a key for a server, is in no manifest."""


def _options(options: LoadOptions, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(options, name) for name in names}


def _hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a model's folder: it has no revision to be known by."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".md":
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[str(path.relative_to(folder))] = digest
    return found
