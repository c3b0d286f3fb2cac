"""A full episode of each family: the real loop, a real kernel, a scripted model."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from executors import JupyterExecutor, ScriptedExecutor
from problems import Problem
from tir.checks import write_check
from tir.dialects import Dialect, Sampling, by_name, dialects
from tir.dialects.tools import called
from tir.episode import NO_MORE, Episode
from tir.models.scripted import Script, ScriptedModel, ScriptedSession
from tir.policy import Policy
from tir.trajectory import Stop

NAMES = sorted(dialects())
ANSWER = "It is \\boxed{42}."
FINAL = "<|channel|>final<|message|>"
FENCED = {"qwen2.5-math", "tora", "numina", "deepseek-math", "markdown"}
TALKATIVE = 600
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor() -> AsyncIterator[JupyterExecutor]:
    async with JupyterExecutor() as executor:
        yield executor


def spoken(dialect: Dialect, text: str) -> str:
    return FINAL + text if dialect.name == "gpt-oss" else text


def turn(dialect: Dialect, program: str, before: str = "") -> str:
    """What a model of the family writes when it wants a program run."""
    asks = f"\n{dialect.stops[0]}" if dialect.name in FENCED else ""
    return f"{before}{dialect.program(program)}{asks}"


def made(
    dialect: Dialect, script: Script, executor: object, policy: Policy | None = None
) -> Episode:
    return Episode(
        Problem("What is it?"),
        model=ScriptedModel(script, dialect=dialect),
        executor=executor,  # type: ignore[arg-type]
        policy=policy or Policy(),
        sampling=Sampling(max_tokens=4096),
        index=0,
        seed=0,
    )


async def worked(episode: Episode) -> str:
    """The text behind the prompt."""
    async for _ in episode.work():
        pass
    await episode.close()
    session = episode._session
    assert isinstance(session, ScriptedSession)
    prompt = episode._dialect.prompt(Problem("What is it?")).text
    assert session.text.startswith(prompt)
    return session.text.removeprefix(prompt)


@pytest.mark.parametrize("name", NAMES)
async def test_an_episode(name: str, executor: JupyterExecutor) -> None:
    dialect = by_name(name)
    thought = "<think>\nFirst.\n</think>\n\n" if name in ("qwen3", "markdown") else ""
    first, second = turn(dialect, "a = 41", thought), turn(dialect, "print(a + 1)")
    last = spoken(dialect, ANSWER)
    episode = made(dialect, [first, second, last], executor)
    text = await worked(episode)
    result = episode.trajectory()
    assert result.stop is Stop.ANSWERED
    assert result.answer is not None
    assert result.answer.text == "42"
    assert [step.program for step in result.steps] == ["a = 41", "print(a + 1)", None]
    assert result.outputs == ("42",)
    nothing = "[no output: the program printed nothing]"
    # A native call leaves no stop string: the server ends the turn.
    assert text == (
        f"{first}{dialect.observation(nothing)}{second}{dialect.observation('42')}{last}"
    )
    assert ANSWER in result.steps[-1].rationale
    if thought:
        assert result.steps[0].rationale == "First."


@pytest.mark.parametrize("name", NAMES)
async def test_a_model_that_ends_its_turn_after_the_program(name: str) -> None:
    """Some end their turn where they should ask; what is missing is written for them."""
    dialect = by_name(name)
    program = dialect.program("print(42)")
    for end in dialect.stops:
        program = program.removesuffix(end)
    if dialect.stops == ("</tool_call>",):
        program += "</tool_call>"  # without it there is no call
    episode = made(dialect, [program, spoken(dialect, ANSWER)], ScriptedExecutor(["42\n"]))
    text = await worked(episode)
    assert episode.trajectory().outputs == ("42",)
    left_out = dialect.resumed if dialect.stops != ("</tool_call>",) else ""
    assert text.startswith(f"{program}{left_out}{dialect.observation('42')}")


MALFORMED = {
    "qwen2.5": "<tool_call>\n{oops}\n</tool_call>",
    "qwen3": '<tool_call>\n{"name": "sh", "arguments": {}}\n</tool_call>',
    "qwen3-coder": "<tool_call>\n<function=sh>\n</function>\n</tool_call>",
    "openmath-nemotron": "<tool_call>\nprint(1)",
    "gpt-oss": "<|channel|>commentary to=browser.search<|message|>{}<|call|>",
    "tools": called("python", "{}"),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_call_is_answered_and_the_model_goes_on(name: str) -> None:
    dialect = by_name(name)
    turns = [MALFORMED[name], turn(dialect, "print(42)"), spoken(dialect, ANSWER)]
    episode = made(dialect, turns, ScriptedExecutor(["42\n"]))
    text = await worked(episode)
    assert "[nothing ran: " in text
    result = episode.trajectory()
    assert result.stop is Stop.ANSWERED
    assert [step.execution is not None for step in result.steps] == [False, True, False]
    assert result.steps[1].program == "print(42)"


@pytest.mark.parametrize("name", NAMES)
async def test_a_rejected_answer_and_a_limit(name: str) -> None:
    dialect = by_name(name)
    episode = made(dialect, [spoken(dialect, "\\boxed{1}"), spoken(dialect, ANSWER)], None)
    await worked(episode)
    episode.reject("1")
    text = await worked(episode)
    assert dialect.rejection("1") in text
    result = episode.trajectory()
    assert result.rejected == ("1",)
    assert result.answer is not None
    assert result.answer.text == "42"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["steps", "words", "program", "thought"])
async def test_at_a_limit_the_model_must_name_its_answer(name: str, kind: str) -> None:
    dialect = by_name(name)
    endless = {
        "steps": turn(dialect, "print(1)"),
        "words": spoken(dialect, "and so on " * TALKATIVE),
        "program": dialect.program("x = 1\n" * TALKATIVE),
        "thought": "<think>" + "hm " * TALKATIVE * 4,
    }[kind]
    if name == "gpt-oss" and kind == "thought":
        endless = "<|channel|>analysis<|message|>" + "hm " * TALKATIVE * 4

    def talk(text: str, seed: int) -> str:
        if text.endswith("\\boxed{"):
            return "42}$."
        return ANSWER if text.endswith("within \\boxed{}.") else endless

    policy = Policy(max_steps=2, max_tokens=2000)
    episode = made(dialect, talk, ScriptedExecutor(lambda code: "1\n"), policy)
    text = await worked(episode)
    result = episode.trajectory()
    assert result.stop is (Stop.MAX_STEPS if kind == "steps" else Stop.MAX_TOKENS)
    assert result.answer is not None
    assert result.answer.text == "42"
    assert (dialect.observation(NO_MORE) in text) == (kind == "steps")
    last = result.steps[-1].rationale
    assert "<|" not in last
    assert "</" not in last
    if name == "qwen3" and kind == "thought":
        assert text.endswith("\n</think>\n\nThe final answer is $\\boxed{42}$.")


async def test_a_stop_string_in_a_thought_is_only_mentioned(executor: JupyterExecutor) -> None:
    dialect = by_name("qwen3")
    call = dialect.program("print(42)")
    turns = [f"<think>\nI could write {call}", f" here.\n</think>\n\n{call}", ANSWER]
    episode = made(dialect, turns, executor)
    text = await worked(episode)
    assert text == turns[0] + turns[1] + dialect.observation("42") + ANSWER
    assert len(episode.trajectory().steps) == 2


@pytest.mark.parametrize("name", NAMES)
async def test_a_check_is_written_in_every_dialect(name: str) -> None:
    dialect = by_name(name)
    check = "def check(answer):\n    return answer == 42"
    fence = f"```python\n{check}\n```\n"
    if name == "openmath-nemotron":
        assert dialect.check_parser is not None
    model = ScriptedModel([], [spoken(dialect, fence)], dialect=dialect)
    written = await write_check(
        Problem("q"), "42", model=model, sampling=Sampling(max_tokens=4096), seed=0
    )
    assert written.source == check
