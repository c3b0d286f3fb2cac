"""Options that commands share: which model, and how much to spend on a problem.

`model_options` hands a command `model: str` and `options: LoadOptions`; `budget_options` hands
it `policy: Policy`. A command that needs another policy derives it by `dataclasses.replace`.
"""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import click

from tir.dialects import QWEN_MATH
from tir.models.endpoint.budget import FREE, Budget, Prices
from tir.models.options import LoadOptions, Quantize
from tir.policy import Policy

DEFAULTS = Policy()

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")

Command = Callable[..., Any]


def finite(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    """Refuses NaN, which is in every range, because every comparison with it is false."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("it is not a number.")
    return value


def _device(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _DEVICE.fullmatch(value):
        raise click.BadParameter(f"{value!r} is none of auto, cpu, cuda, cuda:N, mps.")
    return value


def url(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Refuses what is no address of a server."""
    if value is not None and not value.startswith(("http://", "https://")):
        raise click.BadParameter(f"{value!r} does not begin with http:// or https://.")
    return value


def _budget(amount: str | None, prices: str | None) -> Budget | None:
    if amount is None:
        return None
    try:
        return Budget.parse(amount, Prices.parse(prices) if prices else FREE)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--budget") from error


_MODEL = (
    click.option(
        "-m",
        "--model",
        default="auto",
        envvar="TIR_MODEL",
        show_default=True,
        show_envvar=True,
        metavar="NAME",
        help="Name or folder of a model; see tir models.",
    ),
    click.option(
        "--endpoint",
        envvar="TIR_ENDPOINT",
        show_envvar=True,
        metavar="URL",
        callback=url,
        help="An OpenAI-compatible server that has the model.",
    ),
    click.option(
        "--concurrency",
        type=click.IntRange(1, 4096),
        default=256,
        show_default=True,
        help="Requests that the endpoint is sent at a time, at most.",
    ),
    click.option(
        "--budget",
        metavar="AMOUNT",
        help="Of tokens or money for the endpoint: 200k, or $2.50 with --prices.",
    ),
    click.option(
        "--prices",
        metavar="IN/OUT",
        help="The endpoint's, per million tokens: 2.50/10, or 2.50/0.25/10 with cached ones.",
    ),
    click.option(
        "--dialect", metavar="NAME", help="Transcript format. Told by the model by default."
    ),
    click.option(
        "--device",
        metavar="NAME",
        callback=_device,
        help="cpu, cuda, cuda:1, mps; auto spreads a model over all GPUs. Chosen by default.",
    ),
    click.option(
        "--dtype",
        type=click.Choice(["float32", "bfloat16", "float16"]),
        help="Precision of the weights. Chosen by default.",
    ),
    click.option(
        "--quantize",
        type=click.Choice([choice.value for choice in Quantize]),
        help="Keep the weights in fewer bits.",
    ),
)

_BUDGET = (
    click.option(
        "-n",
        "--samples",
        type=click.IntRange(1, 64),
        default=DEFAULTS.samples,
        show_default=True,
        help="Independent attempts at most.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        default=DEFAULTS.seed,
        show_default=True,
        help="The same seed, model and machine give the same answer.",
    ),
    click.option(
        "--max-steps",
        type=click.IntRange(1, 50),
        default=DEFAULTS.max_steps,
        show_default=True,
        help="Programs per sample.",
    ),
    click.option(
        "--max-tokens",
        type=click.IntRange(16, 32768),
        default=DEFAULTS.max_tokens,
        show_default=True,
        help="Tokens per sample.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0, 86400, min_open=True),
        default=DEFAULTS.timeout,
        show_default=True,
        callback=finite,
        metavar="SECONDS",
        help="Time for the whole solve.",
    ),
    click.option(
        "-t",
        "--temperature",
        type=click.FloatRange(0, 2),
        callback=finite,
        help="Of every sample. By default the first is greedy, the others as the authors do.",
    ),
)


def model_options(command: Command) -> Command:
    """Adds the options that say which model; the command gets `model` and `options`."""

    @wraps(command)
    def collected(
        *arguments: Any,
        device: str | None,
        dtype: str | None,
        dialect: str | None,
        quantize: str | None,
        endpoint: str | None,
        concurrency: int,
        budget: str | None,
        prices: str | None,
        **others: Any,
    ) -> Any:
        options = LoadOptions(
            device=device,
            dtype=dtype,
            dialect=dialect,
            quantize=Quantize(quantize) if quantize else None,
            endpoint=endpoint,
            concurrency=concurrency,
            budget=_budget(budget, prices),
        )
        return command(*arguments, options=options, **others)

    return with_options(_MODEL, collected)


def budget_options(command: Command) -> Command:
    """Adds the options that say how much to spend; the command gets `policy`."""

    @wraps(command)
    def collected(
        *arguments: Any,
        samples: int,
        seed: int,
        max_steps: int,
        max_tokens: int,
        timeout: float,
        temperature: float | None,
        **others: Any,
    ) -> Any:
        policy = Policy(
            samples=samples,
            max_steps=max_steps,
            max_tokens=max_tokens,
            timeout=timeout,
            seed=seed,
            sampling=None
            if temperature is None
            else replace(QWEN_MATH.sampled, temperature=temperature),
        )
        return command(*arguments, policy=policy, **others)

    return with_options(_BUDGET, collected)


def with_options(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    """The command with all the options, listed in this order."""
    # click lists options in the opposite order to that in which they are applied.
    for option in reversed(options):
        command = option(command)
    return command
