"""Which model `auto` means on this machine."""

from tir.errors import ModelBroken, ModelNotFound
from tir.models.catalog import MINI, QWEN_MATH, Located, locate
from tir.models.fit import choose_device, choose_dtype, estimate


def best_available(
    *, device: str | None = None, context: int = 4096, trajectories: int = 1
) -> Located:
    """The largest Qwen2.5-Math that is whole, here, and fits into memory; else `mini`.

    Raises ModelBroken if even `mini` is missing from this installation.
    """
    device = device or choose_device()
    dtype = choose_dtype(device)
    for entry in reversed(QWEN_MATH):
        try:
            located = locate(entry.name)
        except (ModelNotFound, ModelBroken):
            continue
        if estimate(
            located, device=device, dtype=dtype, context=context, trajectories=trajectories
        ).fits:
            return located
    return locate(MINI.name)
