"""Values that a notebook can show as more than their `repr`.

What draws a value lies at the top of the house (`tir.notebook`), the values lie at its bottom. So
a value knows by name who draws it, and asks for it only when somebody looks: nothing is imported
before that, and it works whether or not `%load_ext tir` was ever run.
"""

from collections.abc import Collection
from importlib import import_module

ARTIST = "tir.notebook.bundle"
"""The module whose `bundle` draws every such value."""


class Shown:
    """Gives a value the method by which Jupyter, and who follows its protocol, asks for forms."""

    __slots__ = ()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """The value as plain text, Markdown and HTML by media type, but for those not wanted."""
        forms: dict[str, str] = import_module(ARTIST).bundle(self, include, exclude)
        return forms
