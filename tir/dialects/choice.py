"""Which dialect a model speaks: by its name, by its chat template, or as somebody says."""

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from tir.dialects.base import Dialect
from tir.errors import BadInput


@cache
def dialects() -> dict[str, Dialect]:
    """All dialects by name: whatever `Dialect` a module of this package defines."""
    modules = sorted(module.name for module in iter_modules([str(Path(__file__).parent)]))
    found = [
        value
        for name in modules
        for value in vars(import_module(f"tir.dialects.{name}")).values()
        if isinstance(value, Dialect)
    ]
    return {dialect.name: dialect for dialect in sorted(found, key=lambda each: each.name)}


def by_name(name: str) -> Dialect:
    """The dialect of that name; case does not matter.

    Raises:
        BadInput: there is none; the message lists them.
    """
    found = dialects().get(name.casefold())
    if found is None:
        raise BadInput(
            f"there is no dialect {name!r}.",
            why=f"There are: {', '.join(dialects())}.",
            hint="--dialect NAME with one of these, or leave it out",
        )
    return found


def dialect_for(model: str, template: str | None = None) -> Dialect | None:
    """The dialect of a model, told by its name or by the source of its chat template.

    The family named in the model's name comes first; then the one whose marks the template has,
    that with most of them first. None if neither tells.
    """
    known = dialects().values()
    for dialect in known:
        if dialect.models and re.search(dialect.models, model, re.IGNORECASE):
            return dialect
    for dialect in sorted(known, key=lambda each: -len("".join(each.templates))):
        if template and dialect.templates and all(mark in template for mark in dialect.templates):
            return dialect
    return None


def choose(model: str, template: str | None, wanted: str | None = None) -> Dialect:
    """The dialect of a model. `wanted` is the user's word and decides.

    Of a template that is of no known family the turns can be taken over: then it is Markdown,
    to be `fitted`.

    Raises:
        BadInput: `wanted` is unknown, or neither name nor template tells anything.
    """
    if wanted is not None:
        return by_name(wanted)
    found = dialect_for(model, template)
    if found is None and template is None:
        raise BadInput(
            f"it is not known how to talk to {model}.",
            why="Its name is of no known family, and it has no chat template.",
            hint=f"--dialect NAME, one of: {', '.join(dialects())}",
        )
    return found or by_name("markdown")
