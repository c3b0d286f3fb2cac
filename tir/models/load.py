"""From a name to a loaded model, for this machine."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tir.models.auto import best_available
from tir.models.base import Model
from tir.models.catalog import locate
from tir.models.fit import choose_device, choose_dtype, estimate, require
from tir.models.options import CHOSEN, LoadOptions

if TYPE_CHECKING:
    from tir.models.local import LocalModel


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model, and a line about the choice if it was not the user's."""

    model: Model
    notice: str | None = None


BUILT_IN = (
    "using the built-in model, which knows a few dozen kinds of school problem; "
    "for Qwen2.5-Math: tir models pull qwen2.5-math-1.5b"
)


def load(name: str = "auto", options: LoadOptions = CHOSEN) -> Loaded:
    """Loads a model by short name, hub id or folder; `auto` takes the best one that is here.

    With `options.endpoint` the name is that of a model on that server. Never downloads.

    Raises:
        ModelNotFound, ModelBroken, ModelDoesNotFit: see `tir.errors`.
        BadInput: it is not known how to talk to the model, or an option does not suit it.
    """
    if options.endpoint is not None:
        from tir.models.endpoint.load import connect

        remote = connect(name, options)
        return Loaded(remote, remote.notice)
    located = best_available(device=options.device) if name == "auto" else locate(name)
    notice = None
    if name == "auto":
        notice = BUILT_IN if located.name == "mini" else f"using {located.name}, found here"
    device = options.device or choose_device()
    dtype = options.dtype or choose_dtype(device, located.name)
    require(estimate(located, device=device, dtype=dtype, context=4096))
    full_name = f"{located.name}@{located.revision}" if located.revision else located.name
    kind = _kind(located.name == "mini")
    model = kind.load(
        located.path,
        name=full_name,
        device=device,
        dtype=dtype,
        dialect=options.dialect,
        quantize=options.quantize,
        trust_remote_code=options.trust_remote_code,
    )
    return Loaded(model, notice)


def _kind(is_mini: bool) -> "type[LocalModel]":
    with warnings.catch_warnings():
        # In a notebook without ipywidgets, transformers' progress bars warn when imported.
        warnings.filterwarnings("ignore", message="IProgress not found")
        from tir.mini.model import MiniModel
        from tir.models.local import LocalModel
    return MiniModel if is_mini else LocalModel
