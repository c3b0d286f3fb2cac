"""Extraction of final answers: rows of `data/extract.jsonl`, hostile texts, real transcripts."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from problems import Outcome, extract, grade

HERE = Path(__file__).resolve().parent
ROWS = [json.loads(line) for line in (HERE / "data" / "extract.jsonl").read_text().splitlines()]
TRANSCRIPTS = HERE.parent.parent / "shared" / "data" / "transcripts"
needs_transcripts = pytest.mark.skipif(
    not TRANSCRIPTS.exists(), reason=f"the shared transcripts are not at {TRANSCRIPTS}"
)
WRONGLY_REJECTED = {("72", "10{,}000", "10000")}
"""(problem, gold, answer) whose recorded score says wrong though they are equal."""
HOSTILE = {
    "unclosed boxes": r"\boxed{" * 150_000,
    "unclosed boxes with words": r"\boxed{x. " * 100_000,
    "empty boxes": r"\boxed{}" * 120_000,
    "boxes in boxes": r"\boxed{" * 50_000 + "1" + "}" * 50_000,
    "joined boxes": r"\boxed{1}, " * 80_000,
    "named boxes": r"x = \boxed{1} and y = " * 40_000,
    "glue": r"\boxed{1}" + r"\quad $ & " * 100_000 + r"\boxed{2}",
    "announcements": "the answer is " * 70_000,
    "answer to": "answer to " * 100_000,
    "denials": "if the answer is 5, " * 50_000,
    "fences": "```" * 300_000,
    "fenced words": "```\na\n" * 150_000,
    "open fences": "```python\n" * 100_000,
    "turns": "<|im_start|>user\n" * 60_000,
    "tool responses": "<tool_response>" * 60_000,
    "question": "Question: " + "answer \n" * 120_000,
    "parts": "(a) x\n" * 150_000,
    "labelled boxes": "(a) \\boxed{1}\n" * 60_000,
    "choices": "故选" * 300_000,
    "letters": "故选A" + "、A" * 300_000,
    "leading": "$1$ is our " * 90_000,
    "dollars": "$" * 1_000_000,
    "hashes": "#### 1" * 150_000,
    "spaces": "Answer:" + " \n" * 500_000,
    "stars": "*" * 1_000_000,
    "braces": "{" * 1_000_000,
    "NUL and surrogates": "\0\ud83d" * 300_000 + r"\boxed{1}",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["kind"])
def test_rows(row: dict[str, str | None]) -> None:
    assert row["text"] is not None
    found = extract(row["text"])
    assert (found and found.text, found and found.how) == (row["answer"], row["how"])


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_take_linear_time(kind: str) -> None:
    began = time.process_time()
    extract(HOSTILE[kind])
    assert time.process_time() - began < 3


@needs_transcripts
def test_chains_of_thought_agree_with_their_recorded_scores() -> None:
    counts: Counter[str] = Counter()
    for row in _rows("qwen-math-cot-50x8.jsonl"):
        for text, score in zip(row["responses"], row["scores"], strict=True):
            found = extract(text)
            assert found is not None
            right = grade(found.text, row["answer"]).outcome is Outcome.CORRECT
            key = (str(row["idx"]), row["answer"], found.text)
            assert right == (bool(score) or key in WRONGLY_REJECTED), key
            counts["right" if right else "wrong"] += 1
    assert counts == {"right": 352, "wrong": 48}


@needs_transcripts
def test_tool_integrated_transcripts_agree_with_their_recorded_answers() -> None:
    """An answer is missing only where the writer states none: the program is cut off, or the
    last sentence announces nothing and the recorded answer was fished out of it."""
    missing, counts = set(), Counter[str]()
    for row in _rows("tora-code-34b-gsm8k.jsonl"):
        (text,), (recorded,) = row["code"], row["pred"]
        found = extract(text)
        if found is None:
            missing.add(row["idx"])
            continue
        outcome = grade(found.text, row["gt"]).outcome
        assert (outcome is Outcome.CORRECT) == _same_number(recorded, row["gt"]), row["idx"]
        counts[outcome.value] += 1
    assert missing == {146, 659, 718}
    assert counts["correct"] == 1061


def _same_number(recorded: str, gold: str) -> bool:
    try:
        return float(recorded.replace(",", "")) == float(gold.replace(",", ""))
    except ValueError:
        return False


def _rows(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (TRANSCRIPTS / name).read_text().splitlines()]
