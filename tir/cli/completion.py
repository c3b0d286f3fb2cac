"""`tir completion SHELL`: what the shell is to be told, and what it may be offered."""

import os
from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem, get_completion_class

from tir.errors import BadInput

_HELP = """Print the completion script of a shell.

It completes commands, options, models, runs, files and the numbers of solved problems.

\b
Put it to use:
  bash   eval "$(tir completion bash)"            in ~/.bashrc
  zsh    eval "$(tir completion zsh)"             in ~/.zshrc
  fish   tir completion fish > ~/.config/fish/completions/tir.fish
"""
_LONGEST = 50
"""Characters of a question beside its number."""


@click.command(help=_HELP, short_help="Print the completion script of bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """See `_HELP`."""
    kind = get_completion_class(shell)
    assert kind is not None, "click knows these three"
    try:
        source = kind(context.find_root().command, {}, "tir", "_TIR_COMPLETE").source()
    except RuntimeError as error:
        raise BadInput(
            "the script cannot be made.", why=f"{error}.", hint="bash --version   (4.4 or newer)"
        ) from error
    click.echo(source)


def models(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of models; a name that is none is completed as a folder."""
    from tir.models.catalog import CATALOG, cached_ids

    names = dict.fromkeys(["auto", *(each.name for each in CATALOG), *cached_ids()])
    fitting = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return fitting or [CompletionItem(incomplete, type="dir")]


def runs(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders of runs, those in `runs` first."""
    found = [name for name in _runs() if name.startswith(incomplete)]
    return [CompletionItem(name) for name in found] or [CompletionItem(incomplete, type="dir")]


def entries(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Numbers and problem ids of what was solved, with the question beside them."""
    from tir.students.history import History

    found = []
    for each in History().latest(200):
        question = " ".join(each.question.split())[:_LONGEST]
        for name in (str(each.number), each.problem):
            if name.startswith(incomplete):
                found.append(CompletionItem(name, help=question))
    return found


def _runs() -> Iterator[str]:
    try:
        with os.scandir("runs") as folder:
            yield from sorted(f"runs/{each.name}" for each in folder if each.is_dir())
    except OSError:
        return


def exportable(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Solved problems, then runs, then files."""
    found = entries(context, parameter, incomplete)
    found += [CompletionItem(name) for name in _runs() if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


COMPLETERS = {
    "model": models,
    "run": runs,
    "first": runs,
    "second": runs,
    "source": exportable,
    "entry": entries,
}
"""By the name of a parameter, whatever command it belongs to."""
