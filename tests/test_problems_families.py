"""Every family: its programs print what it declares, its checks can tell right from wrong."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

import tir.harness
from executors import JupyterExecutor, Session
from problems import decoys, typed
from problems.families import FAMILIES
from problems.families.base import Draw, Variant, fill
from problems.families.wording import choose, reword, spellings
from tir.mini.transcripts import _without_import, _without_print

VARIANTS = [
    pytest.param(variant, id=f"{family.name}-{number}")
    for family in FAMILIES
    for number, variant in enumerate(family.variants)
]
DRAWS = 2
HARNESS = Path(tir.harness.__file__).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def draws() -> dict[int, list[Draw]]:
    made = {}
    for family in FAMILIES:
        for number, variant in enumerate(family.variants):
            rng = Random(f"{family.name}-{number}")
            made[id(variant)] = [variant.draw(rng) for _ in range(DRAWS)]
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor() -> AsyncIterator[JupyterExecutor]:
    async with JupyterExecutor(spares=0) as executor:
        yield executor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def session(executor: JupyterExecutor) -> Session:
    return await executor.session()


def test_there_are_enough_of_them() -> None:
    assert len(FAMILIES) >= 24
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert sum(len(d.calls) > 1 for f in FAMILIES for d in [f.variants[-1].draw(Random(1))]) >= 3


@pytest.mark.parametrize("variant", VARIANTS)
def test_phrasings_are_many_and_held_out_ones_are_new(variant: Variant) -> None:
    assert len(variant.phrasings) >= 4
    assert len(variant.held_out) >= 2
    rng = Random(3)
    slots = variant.draw(rng).slots
    trained = {fill(p, slots, Random(s)) for p in variant.phrasings for s in range(40)}
    for phrasing in variant.held_out:
        for seed in range(10):
            question = fill(phrasing, slots, Random(seed))
            assert "@" not in question
            assert question not in trained


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rewording_makes_a_held_out_phrasing(variant: Variant) -> None:
    held = spellings(variant.held_out)
    made = set()
    for seed in range(400):
        rng = Random(seed)
        spelled = choose(rng.choice(variant.phrasings), rng)
        made.add(reword(spelled, variant.held_out, rng))
    assert len(made) > len(variant.phrasings)
    assert not {text.rstrip(" .?").lower() for text in made} & held


def test_a_question_is_reworded_without_a_change_of_meaning() -> None:
    made = {reword("If @e, what is @v?", (), Random(seed)) for seed in range(300)}
    assert {"If @e, what is @v?", "Given that @e, what is @v?", "If @e, find @v."} <= made
    # What would be held out stays as it was.
    kept = {reword("Find @v.", ("Compute @v.",), Random(seed)) for seed in range(300)}
    assert "Find @v." in kept
    assert "Compute @v." not in kept


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("variant", VARIANTS)
async def test_programs_print_what_is_declared(
    variant: Variant, draws: dict[int, list[Draw]], session: Session
) -> None:
    for draw in draws[id(variant)]:
        for call in draw.calls:
            execution = await session.execute(call.program)
            assert execution.observation() == call.output, call.program
        assert draw.calls[-1].output == draw.gold


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("variant", VARIANTS)
async def test_checks_accept_the_answer_and_reject_decoys(
    variant: Variant, draws: dict[int, list[Draw]], session: Session, request: pytest.FixtureRequest
) -> None:
    # Any constant may be added to an antiderivative, so one decoy is no wrong answer there.
    free_constant = "integrals-1" in request.node.name
    for draw in draws[id(variant)]:
        texts = [draw.gold, *decoys(draw.gold)]
        assert len(texts) >= 3
        trees = [typed(text) for text in texts]
        await session.execute(draw.check)
        judged = await session.execute(f"{HARNESS}\nprint(_judge(check, {trees!r}))", timeout=30)
        verdicts = json.loads(judged.stdout)
        assert verdicts[0] is True, draw.check
        if not free_constant:
            assert True not in verdicts[1:], (draw.check, texts, verdicts)
        assert verdicts.count(False) >= 2, (draw.check, texts, verdicts)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("variant", VARIANTS)
async def test_planted_mistakes_fail_as_the_transcripts_say(
    variant: Variant, draws: dict[int, list[Draw]], executor: JupyterExecutor
) -> None:
    fresh = await executor.session()
    for draw in draws[id(variant)][:1]:
        broken = _without_import(draw.calls[0])
        planted = [broken] if broken else []
        for mistake, repaired in [*planted, _without_print(draw.calls[0])]:
            seen = await fresh.execute(mistake.program)
            assert seen.observation() == mistake.output, mistake.program
            mended = await fresh.execute(repaired.program)
            assert mended.observation() == repaired.output, repaired.program
    await fresh.close()


def test_the_same_seed_gives_the_same_exercise() -> None:
    for family in FAMILIES:
        assert family.exercise(Random(5)) == family.exercise(Random(5))
