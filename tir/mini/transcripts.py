"""Exercises written out in the dialect: what the model is trained to continue.

A transcript is a sequence of segments. Prompts, outputs of programs and planted mistakes are
there to be read; only what a good solver would write is there to be learned.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from executors.execution import NOTHING_PRINTED, CellError
from problems.families import Call, Exercise, Family
from problems.problem import Problem
from tir.dialects import QWEN_MATH, Dialect
from tir.mini.copybook import copied
from tir.mini.segments import Segment, Transcript
from tir.mini.syllabus import SYLLABUS
from tir.mini.unknown import unknown

DECLINE = "This is not a kind of problem that I know, so I give no answer."
DECLINE_CHECK = "This is not a kind of problem that I can check."


COPYBOOK = 7_000
"""Lines copied before the first transcript. Copying appears after some 5,000 of them."""
COPYBOOK_SHARE = 0.1
"""Lines copied for each of the first `COPYBOOK_TAIL` transcripts, so that it is not forgotten."""
COPYBOOK_TAIL = 60_000


def curriculum(
    seed: int, lines: int = COPYBOOK, families: Sequence[Family] = SYLLABUS
) -> Iterator[Transcript]:
    """What is read in training, in order: the copybook, transcripts mixed with it, transcripts."""
    rng = Random(f"copybook {seed}")
    yield from (copied(rng) for _ in range(lines))
    for count, transcript in enumerate(transcripts(seed, families)):
        if count < COPYBOOK_TAIL and rng.random() < COPYBOOK_SHARE:
            yield copied(rng)
        yield transcript


def transcripts(seed: int, families: Sequence[Family] = SYLLABUS) -> Iterator[Transcript]:
    """An endless stream: 55 % solutions, 38 % checks, 7 % questions to decline.

    A family that stands twice among `families` comes twice as often.
    """
    rng = Random(seed)
    while True:
        kind = rng.random()
        if kind < 0.55:
            yield solution(rng.choice(families), rng)
        elif kind < 0.93:
            yield check(rng.choice(families), rng)
        elif kind < 0.98:
            yield _declined(QWEN_MATH.prompt(Problem(unknown(rng))).text, DECLINE)
        else:
            proposed = rng.choice(SYLLABUS).exercise(rng).gold
            asked = QWEN_MATH.check_prompt(Problem(unknown(rng)), proposed)
            yield _declined(asked.text, DECLINE_CHECK)


def _declined(prompt: str, text: str) -> Transcript:
    return Segment(prompt, False), Segment(f"{text}{QWEN_MATH.eos[0]}", True)


def solution(family: Family, rng: Random) -> Transcript:
    """A worked solution: 82 % straight, 12 % with a program that fails, 6 % after a rejection."""
    exercise = family.exercise(rng)
    prompt = Segment(QWEN_MATH.prompt(Problem(exercise.question)).text, False)
    chance = rng.random()
    if chance < 0.06:
        wrong = family.exercise(rng)
        rejected = [replace(s, learned=False) for s in _worked(wrong.calls, wrong.gold)]
        rejected.append(Segment(QWEN_MATH.rejection(wrong.gold), False))
        return prompt, *rejected, *_ended(_worked(exercise.calls, exercise.gold))
    if chance < 0.18:
        return prompt, *_stumble(exercise, rng), *_ended(_closing(exercise.gold))
    return prompt, *_ended(_worked(exercise.calls, exercise.gold))


def check(family: Family, rng: Random) -> Transcript:
    """The second task: `check(answer)` for a proposed answer, most often a wrong one."""
    exercise = family.exercise(rng)
    proposed = exercise.gold if rng.random() < 0.2 else _near(exercise, family, rng)
    prompt = QWEN_MATH.check_prompt(Problem(exercise.question), proposed)
    code = f"{QWEN_MATH.program(exercise.check)}{QWEN_MATH.eos[0]}"
    return Segment(prompt.text, False), Segment(code, True)


def _near(exercise: Exercise, family: Family, rng: Random) -> str:
    """A wrong answer of the same shape: another exercise's, or this one with a digit changed."""
    digits = [m.start() for m in re.finditer(r"\d", exercise.gold)]
    if not digits or rng.random() < 0.3:
        return family.exercise(rng).gold
    at = rng.choice(digits)
    return exercise.gold[:at] + str(rng.randint(0, 9)) + exercise.gold[at + 1 :]


def _run(call: Call, dialect: Dialect = QWEN_MATH) -> list[Segment]:
    asked = f"{call.rationale}\n{dialect.program(call.program)}\n{dialect.stops[0]}"
    return [Segment(asked, True), Segment(dialect.observation(call.output), False)]


def _closing(gold: str) -> list[Segment]:
    return [Segment(f"The answer is $\\boxed{{{gold}}}$.", True)]


def _worked(calls: tuple[Call, ...], gold: str) -> list[Segment]:
    return [segment for call in calls for segment in _run(call)] + _closing(gold)


def _ended(segments: list[Segment]) -> list[Segment]:
    """The last segment with the end-of-turn token, which belongs to the same generation."""
    return [*segments[:-1], replace(segments[-1], text=segments[-1].text + QWEN_MATH.eos[0])]


def _stumble(exercise: Exercise, rng: Random) -> list[Segment]:
    """The calls, one of them first written with a mistake, which is read but not learned."""
    at = rng.randrange(len(exercise.calls))
    call = exercise.calls[at]
    broken = _without_import(call) if rng.random() < 0.5 else None
    mistake, repaired = broken or _without_print(call)
    segments = [s for before in exercise.calls[:at] for s in _run(before)]
    segments += [replace(s, learned=False) for s in _run(mistake)]
    segments += _run(repaired)
    return segments + [s for after in exercise.calls[at + 1 :] for s in _run(after)]


def _without_print(call: Call) -> tuple[Call, Call]:
    *lines, last = call.program.split("\n")
    inside = last.strip().removeprefix("print(")[:-1]
    program = "\n".join([*lines, f"{last[: len(last) - len(last.lstrip())]}value = {inside}"])
    mended = Call("I forgot to print the value.", "print(value)", call.output)
    return replace(call, program=program, output=NOTHING_PRINTED), mended


def _without_import(call: Call) -> tuple[Call, Call] | None:
    found = re.match(r"from \w+ import (.+)\n\n?", call.program)
    if not found:
        return None
    names = found[1].split(", ")
    program = call.program[found.end() :]
    for number, line in enumerate(program.split("\n"), 1):
        used = re.search(rf"\b({'|'.join(names)})\b(?!\")", line)
        if used and "import" not in line:
            message = f"name '{used[1]}' is not defined"
            error = CellError("NameError", message, ((number, line),))
            mended = replace(call, rationale="An import is missing. I add it.")
            return replace(call, program=program, output=str(error)), mended
    return None
