"""Text from a model, a program or a question, made harmless for a terminal.

A terminal obeys what it prints: an escape sequence can move the cursor up and write over the
answer, set the window's title or fill the clipboard, and a bidi override can show 12 as 21. So
nothing of the kind is printed; it is shown as the escape that Python would write. Each character
is judged alone, without state, so it does not matter where a stream is cut into chunks. Removing
sequences instead would need a parser that agrees with every terminal about where they end.
"""

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f"  # C0 but for tab and newline. "\r" returns to the margin and overwrites.
    "\x7f-\x9f"  # DEL and C1: 0x9b alone begins a sequence, as ESC [ does
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks, embeddings, overrides, isolates
    "\u2028\u2029"  # line separators, which some terminals obey
    "\ud800-\udfff"  # lone surrogates: undecodable bytes of an argument, which cannot be written
    "]"
)


def visible(text: str) -> str:
    """`text` with everything that a terminal would obey, but for tab and newline, spelt out."""
    return _UNSAFE.sub(_spell, text)


def one_line(text: str) -> str:
    """The same with white space, newlines among it, as single spaces."""
    return visible(" ".join(text.split()))


def _spell(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
