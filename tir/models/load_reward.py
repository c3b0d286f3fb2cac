"""From a name to a reward model, in this process or on a server."""

from tir.errors import BadInput
from tir.models.catalog import locate
from tir.models.fit import choose_device, choose_dtype, estimate, require
from tir.models.options import CHOSEN, LoadOptions
from tir.reward import OutcomeReward, ProcessReward, Reward

CONTEXT = 4096
"""Tokens: the longest conversation of Qwen2.5-Math, for the memory it takes."""
PROCESS = "prm"
"""In a name on a server: process reward model. Of files, the tokenizer tells."""


def load_reward(name: str, options: LoadOptions = CHOSEN) -> Reward:
    """Loads a reward model by hub id or folder, or connects to it with `options.endpoint`.

    Never downloads. Python files that came with the weights run with
    `options.trust_remote_code` only.

    Raises:
        ModelNotFound, ModelBroken, ModelDoesNotFit, EndpointFailed, BadInput: see `tir.errors`.
    """
    if options.endpoint is not None:
        from tir.models.endpoint.reward import EndpointReward

        remote = EndpointReward.connect(name, options)
        is_process = PROCESS in remote.model.casefold()
        return ProcessReward(remote) if is_process else OutcomeReward(remote)
    if options.quantize is not None:
        raise BadInput(
            f"a reward model cannot be loaded in {options.quantize}.",
            why="Scores of rounded weights were never compared with the authors'.",
            hint="leave quantize out, or serve the reward model and name its endpoint",
        )
    located = locate(name)
    device = options.device or choose_device()
    dtype = options.dtype or choose_dtype(device, located.name)
    require(estimate(located, device=device, dtype=dtype, context=CONTEXT))
    full_name = f"{located.name}@{located.revision}" if located.revision else located.name
    from tir.models.reward import LocalScorer

    scorer = LocalScorer.load(
        located.path,
        name=full_name,
        device=device,
        dtype=dtype,
        trust_remote_code=options.trust_remote_code,
    )
    return ProcessReward(scorer) if scorer.is_process else OutcomeReward(scorer)
