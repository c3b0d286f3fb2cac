"""Details that a browser unpacks when they are asked for.

Ten thousand solutions are a hundred megabytes of markup, which no browser opens with pleasure.
Compressed, some fifty together, they are a tenth of that, and cost nothing until one is opened.
Without a script they cannot be read: so as many as a page holds well stand in it as they are.
"""

import base64
import gzip
from collections.abc import Callable

STATIC_LIMIT = 6_000_000
"""Characters of details that stand in the page as they are: one or two seconds of loading."""
PACKED_LIMIT = 400_000_000
"""Characters, before they are compressed, of those that are packed. The rest is left out."""
CHUNK = 1_500_000
"""Characters that are packed together: a browser unpacks them in a tenth of a second."""


class Packer:
    """Sorts details into those that stand as they are, those that are packed, those left out."""

    def __init__(
        self,
        write: Callable[[str], object],
        *,
        static_limit: int = STATIC_LIMIT,
        packed_limit: int = PACKED_LIMIT,
    ) -> None:
        self._write = write
        self._room = static_limit
        self._packed_room = packed_limit
        self._held: list[str] = []
        self._numbers: list[int] = []
        self._size = 0
        self.standing = 0
        """Rows whose details stand in the page."""
        self.packed = 0
        self.left_out = 0

    @property
    def is_full(self) -> bool:
        """Whether further details would be left out."""
        return self._packed_room <= 0

    def skip(self) -> None:
        """Counts a row without details."""
        self.left_out += 1

    def add(self, number: int, details: str) -> None:
        """Takes the details of a row; the numbers must rise."""
        if self._room > 0:
            self._room -= len(details)
            self.standing += 1
            self._write(details)
            return
        self._packed_room -= len(details)
        self.packed += 1
        self._held.append(details)
        self._numbers.append(number)
        self._size += len(details)
        if self._size >= CHUNK:
            self.end()

    def end(self) -> None:
        """Writes what is held."""
        if not self._held:
            return
        # Without the time of day in it, so that the same run gives the same bytes.
        data = gzip.compress("".join(self._held).encode(), compresslevel=6, mtime=0)
        self._write(
            f'<script type="text/plain" data-first="{self._numbers[0]}" '
            f'data-last="{self._numbers[-1]}">{base64.b64encode(data).decode()}</script>'
        )
        self._held.clear()
        self._numbers.clear()
        self._size = 0
