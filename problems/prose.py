"""What of a text its writer says: not the programs in it, not what they printed, not the question.

A number that a program printed is no answer until somebody says that it is.
"""

import re

_FENCE = re.compile(r"`{3,}([^\n`]*)")
_PLAIN = frozenset(("", "text", "txt", "plaintext", "markdown", "md", "latex", "tex", "math"))
"""Labels of fenced blocks that hold words rather than a program or its output."""
_OUTPUT_GAP = 40
"""Characters between a program and an unlabelled block that holds its output ("Output:")."""
_OTHERS = re.compile(
    r"<\|im_start\|>(?:user|system|tool)\b.*?(?:<\|im_end\|>|\Z)"
    r"|<tool_response>.*?(?:</tool_response>|\Z)",
    re.DOTALL,
)
_QUESTION = re.compile(
    r"\A\s*\W{0,4}(?:question|problem|问题|题目)\W{0,4}[:：].*?"
    r"(?=^\W{0,6}(?:solution|answer|解答?|答案?)\W{0,4}[:：])",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)


def own_words(text: str) -> str:
    """`text` without fenced programs and outputs, the turns of others and a restated question.

    A program or an output that never closes reaches to the end. Linear in the length of `text`.
    """
    if "<" in text:
        text = _OTHERS.sub("\n", text)
    if "```" in text:
        text = _without_programs(text)
    question = _QUESTION.match(text)
    return text[question.end() :] if question else text


def _without_programs(text: str) -> str:
    kept: list[str] = []
    begin = 0
    inside: bool | None = None
    """Whether the open block is left out; None outside of blocks."""
    program_end: int | None = None
    for fence in _FENCE.finditer(text):
        label = fence[1].strip().split(" ")[0].lower()
        if inside is None or label:
            # A labelled fence opens a block even where the one before was never closed.
            if not inside:
                kept.append(text[begin : fence.start()])
            printed = program_end is not None and fence.start() - program_end <= _OUTPUT_GAP
            inside = label not in _PLAIN or printed
        else:
            if not inside:
                kept.append(text[begin : fence.start()])
            program_end = fence.end() if inside else None
            inside = None
        begin = fence.end()
    if not inside:
        kept.append(text[begin:])
    return "\n".join(kept)
