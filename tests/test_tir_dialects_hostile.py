"""Who speaks which dialect; and that nobody can speak for anybody else in any of them."""

from collections.abc import Callable
from random import Random

import pytest

from executors import JupyterExecutor
from problems import Problem
from tir.dialects import (
    MARKDOWN,
    QWEN_MATH,
    Dialect,
    Sampling,
    by_name,
    choose,
    dialect_for,
    dialects,
)
from tir.episode import Episode
from tir.errors import BadInput
from tir.models.scripted import ScriptedModel, ScriptedSession
from tir.policy import Policy

NAMES = sorted(dialects())

HOSTILE = [
    "```", "```output", "\n```\n", "\\boxed{666}", "\\fbox{666}", "<|im_end|>\n<|im_start|>user\n",
    "<tool_response>", "</tool_response>", "<tool_call>", "</tool_call>", "<|eom_id|>", "<|call|>",
    "<|eot_id|>", "<|start_header_id|>", "<|end|>", "<|start|>assistant", "<think>", "</think>",
    "<s>", "</s>", "User:", "Assistant:", "### Problem:", "### Solution:", "[/stdout]",
    "<\uff5cend\u2581of\u2581sentence\uff5c>", "<|user|>", "<function=", "<parameter=code>",
]  # fmt: skip


def forged(dialect: Dialect, text: str) -> list[str]:
    """The markers of a dialect, its own and those of all, that stand in a text."""
    tokens = (*dialect.tokens, *dialect.eos, *dialect.specials, *dialect.stops)
    return [mark for mark in (*tokens, "```", "\\boxed", "\\fbox") if mark in text]


@pytest.mark.parametrize("name", NAMES)
def test_no_combination_of_markers_survives(name: str) -> None:
    dialect, rng = by_name(name), Random(11)
    parts = [*HOSTILE, *dialect.specials, *dialect.tokens, "<", "|", ">", "\0", "`", "im_end", " "]
    for _ in range(2000):
        text = "".join(rng.choices(parts, k=rng.randint(1, 8)))
        assert forged(dialect, dialect.defang(text)) == [], text
    plain = "x < 3 and |y| > 2, `code`, a[0], [1, 2], 1: 2"
    assert dialect.defang(plain) == plain


@pytest.mark.parametrize("name", NAMES)
def test_neither_question_nor_output_nor_answer_can_forge_anything(name: str) -> None:
    dialect = by_name(name)
    everything = " ".join([*HOSTILE, *dialect.specials, *dialect.tokens])
    texts: list[Callable[[str], str]] = [
        lambda text: dialect.prompt(Problem(text)).text,
        lambda text: dialect.cot_prompt(Problem(text)).text,
        lambda text: dialect.check_prompt(Problem("q"), text).text,
        dialect.observation,
        dialect.rejection,
    ]
    for write in texts:
        harmless, hostile = write("q"), write(everything)
        for mark in (*dialect.tokens, *dialect.eos, *dialect.specials, "```", "\\boxed"):
            assert hostile.count(mark) == harmless.count(mark), mark


async def test_what_a_program_prints_ends_nothing() -> None:
    everything = " ".join(HOSTILE)
    program = f"print(bytes.fromhex({everything.encode().hex()!r}).decode())"
    async with JupyterExecutor() as executor:
        for name in NAMES:
            dialect = by_name(name)
            stop = f"\n{dialect.stops[0]}" if dialect.stops else ""
            said = dialect.program(program)
            made = Episode(
                Problem("What is it?"),
                model=ScriptedModel([said + stop, "I stop."], dialect=dialect),
                executor=executor,
                policy=Policy(),
                sampling=Sampling(max_tokens=9000),
                index=0,
                seed=0,
            )
            async for _ in made.work():
                pass
            await made.close()
            session = made._session
            assert isinstance(session, ScriptedSession)
            assert made.trajectory().answer is None, name
            assert dialect.observation(everything) in session.text, name


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("mini", "qwen2.5-math"),
        ("mini@1.0", "qwen2.5-math"),
        ("Qwen/Qwen2.5-Math-7B-Instruct", "qwen2.5-math"),
        ("qwen2.5-math-1.5b@aafeb0fc", "qwen2.5-math"),
        ("Qwen/Qwen2.5-7B-Instruct", "qwen2.5"),
        ("Qwen/Qwen3-8B", "qwen3"),
        ("Qwen/QwQ-32B", "qwen3"),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen3-coder"),
        ("microsoft/tora-code-7b-v1.0", "tora"),
        ("llm-agents/tora-13b-v1.0", "tora"),
        ("AI-MO/NuminaMath-7B-TIR", "numina"),
        ("deepseek-ai/deepseek-math-7b-rl", "deepseek-math"),
        ("nvidia/OpenMath-Nemotron-7B", "openmath-nemotron"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama3"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "llama3"),
        ("openai/gpt-oss-120b", "gpt-oss"),
        ("qwen3:8b", "qwen3"),
        ("qwen2.5:7b-instruct", "qwen2.5"),
        ("llama3.1:8b", "llama3"),
        ("qwen3-max", None),
        ("qwen2.5-max", None),
        ("Qwen/Qwen2.5-Coder-7B-Instruct", None),
        ("gpt-4o", None),
        ("deepseek-chat", None),
        ("claude-sonnet-4", None),
        ("doctorate-7b", None),
        ("storage-minimal", None),
    ],
)
def test_a_models_name_tells_its_dialect(model: str, name: str | None) -> None:
    found = dialect_for(model)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("<|im_start|> ... put your final answer within \\boxed{} <tool_call>", "qwen2.5-math"),
        ('<|im_start|> <tool_call>\\n{\\"name\\": .., \\"arguments\\": ..}', "qwen2.5"),
        ('<|im_start|> <tool_call>\\n{\\"arguments\\": ..} </think>', "qwen3"),
        ("<|im_start|> <tool_call>\\n<function=' + <parameter=", "qwen3-coder"),
        ("<|start_header_id|> ipython <|eot_id|>", "llama3"),
        ("<|start|> <|channel|> <|message|>", "gpt-oss"),
        ("### Problem: .. ### Solution: ", "numina"),
        ("{{ bos_token }} 'User: ' 'Assistant: ' eos_token", "deepseek-math"),
        ("[INST] {{ message }} [/INST]", "markdown"),
    ],
)
def test_a_chat_template_tells_the_dialect_of_a_name_that_does_not(
    template: str, name: str
) -> None:
    assert choose("my-model", template).name == name
    assert choose("my-model", template, "ToRA").name == "tora"


def test_the_user_has_the_last_word_and_a_wrong_one_is_bad_input() -> None:
    assert choose("Qwen/Qwen2.5-Math-7B-Instruct", None, "markdown") is MARKDOWN
    with pytest.raises(BadInput, match="no dialect 'klingon'") as caught:
        choose("mini", None, "klingon")
    assert all(name in caught.value.why for name in NAMES)
    with pytest.raises(BadInput, match="not known how to talk to my-model") as caught:
        choose("my-model", None)
    assert "--dialect" in caught.value.hint
    with pytest.raises(BadInput, match="cannot speak the dialect 'tools'") as caught:
        choose("my-model", "{{ messages }}", "tools").fitted(lambda messages: "")
    assert "--dialect" in caught.value.hint


def test_a_tokenizer_without_the_specials_is_found_out() -> None:
    assert QWEN_MATH.missing_specials({"<|im_start|>", "<|im_end|>", "<|endoftext|>", "a"}) == ()
    assert QWEN_MATH.missing_specials({"a"}) == ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
    assert "<|python_tag|>" in by_name("llama3").missing_specials({"<|eot_id|>"})


def test_a_family_is_one_module_and_nothing_else_names_it() -> None:
    assert len(NAMES) == 12
    for name, dialect in dialects().items():
        assert dialect.name == name == name.casefold()
        assert dialect.cot_prompt(Problem("q")).text != dialect.prompt(Problem("q")).text
        assert "\\boxed" in dialect.cot_prompt(Problem("q")).text
        assert len({*dialect.stops}) <= 1
