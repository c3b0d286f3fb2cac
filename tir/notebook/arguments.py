"""The words of a `%tir` line: options as those of `tir solve`, then the problem as it stands."""

import re
from dataclasses import dataclass, replace
from typing import Any, cast

import click

from tir.cli.configured import Defaults, configured
from tir.cli.options import budget_options, model_options
from tir.cli.selection import selection_options
from tir.errors import BadInput
from tir.models.options import LoadOptions
from tir.policy import Policy

NAME = "%tir"
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|\S+")

_EPILOG = """\b
Examples:
  %tir Find all real x with 2x^2 - 7x + 3 = 0
  %tir -m mini What is 17^4?          (-m: a name, or a variable that holds a model)
\b
  %%tir -n 8 --as sol
  Find all pairs (a, b) of positive integers
  with a b = 12 and a + b = 7.

The line takes the options of `tir solve`. The solution is kept under the name that follows --as,
and as `_tir` in any case.
"""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a magic was asked for."""

    question: str
    """Of the line; a cell magic has its own."""
    model: str
    options: LoadOptions
    policy: Policy
    reward: str | None
    reward_options: LoadOptions
    unsafe_no_sandbox: bool
    name: str | None
    """Of the variable that gets the solution."""


@click.command(name=NAME, epilog=_EPILOG, context_settings={"allow_interspersed_args": False})
@click.argument("problem", nargs=-1, metavar="[PROBLEM]")
@model_options
@budget_options
@selection_options
@click.option("--no-check", is_flag=True, help="Do not have the answer checked by a program.")
@click.option(
    "--unsafe-no-sandbox",
    is_flag=True,
    help="Run programs as you, with your files and network. Never on a model you do not trust.",
)
@click.option("--as", "name", metavar="NAME", help="The variable that gets the solution.")
def _magic(
    problem: tuple[str, ...], policy: Policy, no_check: bool, name: str | None, **others: Any
) -> tuple[int, Arguments]:
    """Solve a problem in this notebook, watched live."""
    if name is not None and not name.isidentifier():
        raise click.BadParameter(f"{name!r} is no name of a variable.", param_hint="--as")
    return len(problem), Arguments(
        question="", policy=replace(policy, check=not no_check), name=name, **others
    )


def parse(line: str) -> Arguments | None:
    """The arguments of a line; None after `--help`, which has been printed by then.

    Only the options are split at blanks: the problem behind them stays as it was typed, with
    its backslashes, quotes and braces.

    Raises:
        BadInput: an option is unknown, or has a value that it cannot have.
        ConfigBroken: the file of settings cannot be used.
    """
    found = list(_WORD.finditer(line))
    words = [_unquoted(match.group()) for match in found]
    settings = Defaults([NAME])[NAME]
    try:
        parsed = configured(_magic).main(
            words, prog_name=NAME, standalone_mode=False, default_map=settings
        )
    except click.ClickException as error:
        raise BadInput(
            f"{NAME} cannot be run like this.", why=error.format_message(), hint=f"{NAME} --help"
        ) from error
    if not isinstance(parsed, tuple):
        return None
    count, arguments = cast("tuple[int, Arguments]", parsed)
    question = line[found[len(found) - count].start() :].strip() if count else ""
    return replace(arguments, question=_unquoted(question) if count == 1 else question)


def _unquoted(word: str) -> str:
    is_quoted = len(word) > 1 and word[0] == word[-1] and word[0] in "\"'"
    return word[1:-1] if is_quoted else word
