"""How much of the mathematics of public problem sets a terminal shows without LaTeX.

    python tests/benchmarks/mathematics.py FOLDER [--show N] [--seed S]

`FOLDER` has problem sets as JSONL. For answers and questions: the share without a backslash. For
each formula that has one line: whether it keeps every digit and letter of its source (commands
apart). `--show` prints as many formulas with their renderings, drawn at random, to be looked at.
"""

import argparse
import collections
import io
import json
import random
import re
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from problems.families import FAMILIES
from tir.render.flow import Flow, Manner
from tir.render.math.document import answer_box, without_drawings
from tir.render.math.formula import laid_out, one_line
from tir.render.math.glyphs import Charset
from tir.render.spans import Kind, spans
from tir.render.typesetter import Typesetter

QUESTIONS = ("problem", "question", "body")
ANSWERS = ("answer", "label", "Answer", "correct")


def texts(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Set, "question" or "answer", text."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for name in QUESTIONS:
                if isinstance(row.get(name), str):
                    yield path.stem, "question", row[name]
            for name in ANSWERS:
                if isinstance(row.get(name), str) and path.stem != "gsm8k":
                    yield path.stem, "answer", row[name]
            boxed = boxed_answer(str(row.get("solution", "")))
            if boxed:
                yield path.stem, "answer", boxed


def generated() -> Iterator[tuple[str, str, str]]:
    """Problems of our own families."""
    for family in FAMILIES:
        for seed in range(5):
            problem = family.exercise(random.Random(seed))
            yield "families", "question", problem.question
            if problem.gold:
                yield "families", "answer", problem.gold


def boxed_answer(solution: str) -> str:
    """The content of the last box."""
    begin = solution.rfind("\\boxed{")
    if begin < 0:
        return ""
    depth = 0
    for at in range(begin + 6, len(solution)):
        depth += {"{": 1, "}": -1}.get(solution[at], 0)
        if depth == 0:
            return solution[begin + 7 : at]
    return ""


def on_screen(text: str) -> str:
    """A text as a terminal of 80 columns shows it."""
    stream = io.StringIO()
    flow = Flow(stream, 80)
    typesetter = Typesetter(flow, Manner("  ", str, prose=True), Charset.UNICODE)
    typesetter.write(without_drawings(text))
    typesetter.end()
    flow.end()
    return stream.getvalue()


def significant(text: str) -> collections.Counter[str]:
    """Digits and letters, whatever their font and place."""
    plain = unicodedata.normalize("NFKC", text)
    return collections.Counter(char for char in plain if char.isalnum() and char.isascii())


COMMAND = re.compile(
    r"\\(?:begin|end)\s*\{[^}]*\}(?:\{[^}]*\})?|\\(?:hspace|vspace|color|textcolor)\*?\{[^}]*\}"
    r"|\\\\\[[^\]]*\]|\\[A-Za-z]+|%.*"
)
NAMES = re.compile(r"\\(?:operatorname\*?\{|math[a-z]+\{|text[a-z]*\{)")
SPELT = (
    "sin cos tan cot sec csc log ln lim max min gcd lcm det exp mod arcsin arccos arctan sup inf"
)
SPELT += " sinh cosh tanh deg dim ker arg Pr"


def lost(latex: str, shown: str) -> collections.Counter[str]:
    """What of the source's digits and letters the rendering does not have."""
    kept = COMMAND.sub(
        lambda found: found[0][1:] if found[0][1:] in SPELT.split() else " ",
        NAMES.sub(" {", latex),
    )
    shown = shown.replace("∛", "√3").replace("∜", "√4")
    return significant(kept) - significant(shown)


def main() -> None:
    """Measures and prints."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--show", type=int, default=0)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--failures", type=int, default=0)
    options = arguments.parse_args()
    counts: collections.Counter[tuple[str, str, bool]] = collections.Counter()
    formulas: list[str] = []
    failures = []
    began = time.perf_counter()
    for name, what, text in [*texts(options.folder), *generated()]:
        if what == "answer":
            shown = "\n".join(answer_box(text, Charset.UNICODE, 80).rows)
            formulas.append(text)
        else:
            shown = on_screen(text)
            formulas += [
                span.text for span in spans(text) if span.kind in (Kind.INLINE, Kind.DISPLAY)
            ]
        raw = "\\" in shown
        counts[name, what, raw] += 1
        if raw:
            failures.append((name, what, text, shown))
    seconds = time.perf_counter() - began
    for what in ("answer", "question"):
        for name in [*sorted({n for n, w, _ in counts if w == what}), "all"]:
            good, bad = (
                sum(n for (s, w, raw), n in counts.items() if w == what and raw is is_raw
                    and name in (s, "all"))
                for is_raw in (False, True)
            )  # fmt: skip
            share = 100 * good / (good + bad)
            print(f"{what:9} {name:18} {good + bad:6}  without a backslash {share:6.2f} %")
    print(f"{seconds:.1f} s")
    different = [
        (latex, line, missing)
        for latex in formulas
        if (line := one_line(latex, Charset.UNICODE)) is not None and (missing := lost(latex, line))
    ]
    print(f"formulas {len(formulas)}, with digits or letters lost: {len(different)}")
    draw = random.Random(options.seed)
    for latex, line, missing in draw.sample(different, min(options.failures, len(different))):
        print(f"LOST {dict(missing)}: {latex!r} -> {line!r}")
    for name, what, _, shown in draw.sample(failures, min(options.failures, len(failures))):
        at = shown.find("\\")
        print(f"RAW {name} {what}: {shown[max(0, at - 60) : at + 100]!r}")
    several = sorted({latex for latex in formulas if len(latex) > 3})
    for latex in draw.sample(several, min(options.show, len(several))):
        box = laid_out(latex, Charset.UNICODE, 80)
        print(f"\n### {latex}\n  = {one_line(latex, Charset.UNICODE)}")
        if box is not None and box.height > 1:
            print("\n".join(f"    {row}" for row in box.rows))


if __name__ == "__main__":
    main()
