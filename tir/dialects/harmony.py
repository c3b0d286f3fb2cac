"""gpt-oss in its harmony format, by OpenAI's guide: messages on channels, a Python tool."""

import re
from dataclasses import dataclass, field
from functools import partial

from tir.dialects.base import CHECK_SYSTEM, Dialect, Sampling
from tir.dialects.fences import FenceParser
from tir.dialects.parser import Parser, Piece, partial_marker
from tir.dialects.turns import Turns

_ENDS = ("<|end|>", "<|call|>", "<|return|>")
_BEGIN = "<|message|>"
_TO = re.compile(r"to=([^\s<]+)")
_FINAL = "<|channel|>final<|message|>"
TOOL = "python"
SHOWN = 40
"""Characters of a wrong name that are quoted back."""


@dataclass(slots=True)
class HarmonyParser(Parser):
    """Reads one generation: headers up to `<|message|>`, then content up to one of the ends.

    A message to `python` is a program; one to anything else is a call that nobody answers; the
    rest, thoughts on the channel `analysis` included, is rationale.
    """

    tool: str | None = TOOL
    """None: no tool was offered, and a program stands in a fence of the final message."""
    _fences: FenceParser = field(default_factory=FenceParser)
    _header: str | None = ""
    """The header being read; None within content."""
    _started: bool = True
    """Whether `<|start|>assistant` has been said, as it has by the prompt."""
    _final: bool = False
    _rest: str = ""

    @property
    def _closing(self) -> str:
        if self._header is None:
            return "\n" if self._final else f"<|end|><|start|>assistant{_FINAL}"
        return _FINAL if self._started else f"<|start|>assistant{_FINAL}"

    def _read(self, text: str) -> list[Piece]:
        pieces: list[Piece] = []
        text, self._rest = self._rest + text, ""
        while text:
            text = self._content(text, pieces) if self._header is None else self._head(text)
        return pieces

    def _finish(self) -> list[Piece]:
        pieces: list[Piece] = []
        rest, self._rest = self._rest, ""
        if self._header is None:
            self._take(rest, pieces)
            self._ended(pieces)
        elif "<|" not in self._header + rest:
            # A server that strips special tokens leaves bare words.
            self._take(self._header + rest, pieces)
        if self.tool is None:
            pieces += self._fences.end()
            self.program = self._fences.program
        return pieces

    def _head(self, text: str) -> str:
        """Reads up to the content and returns what is left to read."""
        head, mark, behind = text.partition(_BEGIN)
        if not mark:
            kept = partial_marker(text, _BEGIN)
            self._rest = text[len(text) - kept :]
            self._header = (self._header or "") + text[: len(text) - kept]
            self._started = self._started or "<|start|>" in self._header
            return ""
        header = (self._header or "") + head
        to = _TO.search(header)
        self._header, self._final = None, "<|channel|>final" in header
        if to is None:
            return behind
        if to[1].removeprefix("functions.").partition(".")[0] == self.tool:
            self._block = ""
        else:
            self.complaint = f'[nothing ran: there is no tool {to[1][:SHOWN]!r}, only "{TOOL}"]'
        return behind

    def _content(self, text: str, pieces: list[Piece]) -> str:
        """Reads up to the end of the message and returns what is left to read."""
        found = [(at, end) for end in _ENDS if (at := text.find(end)) >= 0]
        if not found:
            kept = partial_marker(text, *_ENDS)
            self._rest = text[len(text) - kept :]
            self._take(text[: len(text) - kept], pieces)
            return ""
        at, end = min(found)
        self._take(text[:at], pieces)
        self._ended(pieces)
        self._header, self._started = "", False
        return text[at + len(end) :]

    def _take(self, text: str, pieces: list[Piece]) -> None:
        if not text:
            return
        if self._block is not None:
            pieces.append(self._write(text))
        elif self.tool is None and self._final:
            pieces += self._fences.feed(text)
        else:
            pieces.append(self._say(text))

    def _ended(self, pieces: list[Piece]) -> None:
        if self._block is not None:
            self._close()
        elif not self._final and self.rationale:
            pieces.append(self._say("\n"))


def _system(tools: str) -> str:
    """The system message of the guide; its date stays, so that a prompt is the same every day."""
    return (
        "You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\n"
        f"Current date: 2025-06-28\n\nReasoning: high\n\n{tools}# Valid channels: analysis, "
        "commentary, final. Channel must be included for every message."
    )


PYTHON = (
    "# Tools\n\n## python\n\nUse this tool to execute Python code in your chain of thought. The "
    "code will not be shown to the user. This tool should be used for internal reasoning, but not "
    "for code that is intended to be visible to the user (e.g. when creating plots, tables, or "
    "files).\n\nWhen you send a message containing Python code to python, it will be executed in "
    "a stateful Jupyter notebook environment. python will respond with the output of the "
    "execution or time out after 120.0 seconds. The drive at '/mnt/data' can be used to save and "
    "persist user files. Internet access for this session is UNKNOWN. Depends on the cluster.\n\n"
)
"""The guide's words: what the models were trained on, though our walls are higher."""
ASKED = "{question}\n\nPlease reason step by step, and put your final answer within \\boxed{}."
LONG = Sampling(temperature=1.0, top_p=1.0, max_tokens=8192)
"""What OpenAI's repository of the models recommends."""

HARMONY = Dialect(
    name="gpt-oss",
    models=r"gpt-oss",
    templates=("<|channel|>", "<|message|>"),
    parser=HarmonyParser,
    check_parser=partial(HarmonyParser, tool=None),
    turns=Turns(
        system=("<|start|>system<|message|>", "<|end|>"),
        user=("<|start|>user<|message|>", "<|end|>"),
        assistant="<|start|>assistant",
        end="<|end|>",
    ),
    system=_system(PYTHON),
    user=ASKED,
    cot_system=_system(""),
    cot_user=ASKED,
    check_system=_system(""),
    check_user=f"{CHECK_SYSTEM}\n\n{{question}}",
    code_open="<|channel|>analysis to=python code<|message|>",
    code_close="<|call|>",
    stops=("<|call|>",),
    resumed="<|call|>",
    output=(
        "<|start|>python to=assistant<|channel|>analysis<|message|>{output}<|end|>"
        "<|start|>assistant"
    ),
    tokens=("<|start|>", "<|message|>", "<|channel|>", "<|end|>", "<|call|>"),
    eos=("<|return|>",),
    context=131_072,
    greedy=LONG,
    sampled=LONG,
)
