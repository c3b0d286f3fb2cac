"""Options that say which of several answers is put forward, and by whose judgement."""

from dataclasses import replace
from functools import wraps
from typing import Any

import click

from tir.cli.options import DEFAULTS, Command, finite, url, with_options
from tir.models.options import LoadOptions
from tir.policy import Policy, Select

_SELECTION = (
    click.option(
        "--select",
        type=click.Choice([choice.value for choice in Select]),
        default=DEFAULTS.select.value,
        show_default=True,
        help="By votes, by the highest reward, or by votes weighted with rewards.",
    ),
    click.option(
        "--reward", metavar="NAME", help="A reward model, by hub id or folder, that scores samples."
    ),
    click.option(
        "--reward-endpoint",
        metavar="URL",
        callback=url,
        help="A server with a pooling API that has the reward model.",
    ),
    click.option(
        "--trust-reward-code",
        is_flag=True,
        help="Run, as you, the Python files that came with the reward model.",
    ),
    click.option("--prune", is_flag=True, help="No vote for a sample of which no program ran."),
    click.option(
        "--wave",
        type=click.IntRange(1, 64),
        default=DEFAULTS.wave,
        show_default=True,
        help="Samples drawn at once.",
    ),
    click.option(
        "--risk",
        type=click.FloatRange(0, 0.5),
        default=DEFAULTS.risk,
        show_default=True,
        callback=finite,
        help="Accepted chance that samples not drawn would change the answer.",
    ),
)


def selection_options(command: Command) -> Command:
    """Adds the options; to stand below `budget_options`, whose `policy` it completes, and below
    `model_options`, whose device and precision hold for the reward model as well.

    The command gets `policy`, `reward: str | None` and `reward_options: LoadOptions`.
    """

    @wraps(command)
    def collected(
        *arguments: Any,
        policy: Policy,
        options: LoadOptions,
        select: str,
        reward: str | None,
        reward_endpoint: str | None,
        trust_reward_code: bool,
        prune: bool,
        wave: int,
        risk: float,
        **others: Any,
    ) -> Any:
        if reward is None and reward_endpoint is not None:
            reward = "auto"
        if reward is None and trust_reward_code:
            raise click.UsageError("--trust-reward-code goes with --reward.")
        if reward is None and Select(select) is not Select.MAJORITY:
            raise click.UsageError(f"--select {select} goes with --reward or --reward-endpoint.")
        return command(
            *arguments,
            options=options,
            policy=replace(policy, select=Select(select), prune=prune, wave=wave, risk=risk),
            reward=reward,
            reward_options=LoadOptions(
                device=options.device,
                dtype=options.dtype,
                endpoint=reward_endpoint,
                concurrency=options.concurrency,
                trust_remote_code=trust_reward_code,
            ),
            **others,
        )

    return with_options(_SELECTION, collected)
