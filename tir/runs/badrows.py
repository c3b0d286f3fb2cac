"""Rows of a file that cannot be used, told all at once."""

from pathlib import Path

from tir.errors import BadInput

SHOWN = 10
"""Rows that the message names."""


class BadRows:
    """Collects what is wrong with which lines, and raises it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shown: list[str] = []
        self._count = 0

    def add(self, line: int, reason: str) -> None:
        """Notes a row."""
        self._count += 1
        if len(self._shown) < SHOWN:
            self._shown.append(f"{self._path.name}:{line}: {reason}")

    def raise_any(self, good: int) -> None:
        """Raises BadInput if a row was noted; `good` rows can be used."""
        if not self._count:
            return
        shown = list(self._shown)
        if self._count > len(shown):
            shown.append(f"and {self._count - len(shown):,} more")
        rows = "row" if self._count == 1 else "rows"
        raise BadInput(
            f"{self._path.name}: {self._count:,} {rows} cannot be used, {good:,} can.",
            why="; ".join(shown),
            hint="mend these rows, or take them out; nothing was started",
        )
