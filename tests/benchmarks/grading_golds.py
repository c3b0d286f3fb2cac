"""Reference answers and real answers of the shared sets, as the benchmark reads them."""

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from problems import extract

DATA = Path(__file__).parents[3] / "shared" / "data"
PAIRS = DATA / "grading.jsonl"
PROBLEMS = DATA / "problems"
TORA = DATA / "transcripts" / "tora-code-34b-gsm8k.jsonl"
QWEN = DATA / "transcripts" / "qwen-math-cot-50x8.jsonl"
_OPTION = re.compile(r"\(?[A-J]\)\s*(.*)", re.DOTALL)


def rows(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def golds() -> list[str]:
    """Every distinct reference answer of the problem sets, and every distinct option's text."""
    found: dict[str, None] = {}
    for file in sorted(PROBLEMS.glob("*.jsonl")):
        for row in rows(file):
            for gold in _answers(file.stem, row):
                if gold and len(gold) < 1000:
                    found[gold] = None
    return list(found)


def _answers(name: str, row: dict) -> Iterator[str]:
    match name:
        case "math" | "minerva_math":
            boxed = extract(row["solution"])
            yield boxed.text if boxed else ""
        case "gsm8k":
            yield row["answer"].rpartition("####")[2].strip()
        case "mmlu_stem":
            # Questions of biology and chemistry mostly: only the letter is mathematics' business.
            yield "ABCD"[row["answer"]]
        case "aqua":
            yield row["correct"]
            for option in row["options"]:
                match = _OPTION.match(option)
                yield match[1].strip() if match else ""
        case "gaokao_math_qa":
            yield row["label"]
            yield from row["options"].values()
        case "sat_math":
            yield row["Answer"]
        case _:
            yield str(row["answer"]).strip()


def plainly_equal(text: str, gold: str) -> bool:
    """Equal once commas, currency and percent signs are taken off."""
    try:
        return Fraction(re.sub(r"[\\,$%{}\s]", "", text)) == Fraction(gold.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return False
