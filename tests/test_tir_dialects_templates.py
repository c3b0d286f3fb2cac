"""Prompts, calls and outputs of each family against its documented template.

Templates are rendered by transformers, with the tokenizer of the built-in model, as the family's
own tokenizer would.
"""

# ruff: noqa: E501 - templates are quoted as they are.

from functools import partial
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from problems import Problem
from tir.dialects import MARKDOWN, TOOLS, Dialect, by_name
from tir.dialects.base import CHECK_SYSTEM, FINAL_ANSWER
from tir.dialects.calls import INSTRUCTION, TOOL
from tir.dialects.turns import Turns
from tir.errors import BadInput
from tir.mini.model import WEIGHTS
from tir.trajectory import Halt

QUESTION = "What is $2 + 2$?"
PROGRAM = 'x = "é"\nprint(2 + 2, x)'
BEGIN, END = "<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"
INTEGRATE = (
    "Please integrate natural language reasoning with programs to solve the problem above, "
    "and put your final answer within \\boxed{}."
)

QWEN25 = r"""{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}
    {%- endif %}
    {{- "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>" }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call><|im_end|>\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\n' + message.content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\n<tool_call>\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\n<tool_response>\n' }}
        {{- message.content }}
        {{- '\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""
"""tokenizer_config.json of Qwen/Qwen2.5-7B-Instruct; Qwen3's has the same words, and thoughts."""

CODER = r"""{% macro render_extra_keys(json_dict, handled_keys) %}
    {%- if json_dict is mapping %}
        {%- for json_key in json_dict if json_key not in handled_keys %}
            {%- if json_dict[json_key] is mapping or (json_dict[json_key] is sequence and json_dict[json_key] is not string) %}
                {{- '\n<' ~ json_key ~ '>' ~ (json_dict[json_key] | tojson | safe) ~ '</' ~ json_key ~ '>' }}
            {%- else %}
                {{-'\n<' ~ json_key ~ '>' ~ (json_dict[json_key] | string) ~ '</' ~ json_key ~ '>' }}
            {%- endif %}
        {%- endfor %}
    {%- endif %}
{% endmacro %}

{%- set system_message = messages[0]["content"] %}
{{- "<|im_start|>system\n" + system_message }}
{{- "\n\n# Tools\n\nYou have access to the following functions:\n\n" }}
{{- "<tools>" }}
{%- for tool in tools %}
    {%- set tool = tool.function %}
    {{- "\n<function>\n<name>" ~ tool.name ~ "</name>" }}
    {{- '\n<description>' ~ (tool.description | trim) ~ '</description>' }}
    {{- '\n<parameters>' }}
    {%- for param_name, param_fields in tool.parameters.properties|items %}
        {{- '\n<parameter>' }}
        {{- '\n<name>' ~ param_name ~ '</name>' }}
        {{- '\n<type>' ~ (param_fields.type | string) ~ '</type>' }}
        {{- '\n<description>' ~ (param_fields.description | trim) ~ '</description>' }}
        {%- set handled_keys = ['name', 'type', 'description'] %}
        {{- render_extra_keys(param_fields, handled_keys) }}
        {{- '\n</parameter>' }}
    {%- endfor %}
    {% set handled_keys = ['type', 'properties'] %}
    {{- render_extra_keys(tool.parameters, handled_keys) }}
    {{- '\n</parameters>' }}
    {%- set handled_keys = ['type', 'name', 'description', 'parameters'] %}
    {{- render_extra_keys(tool, handled_keys) }}
    {{- '\n</function>' }}
{%- endfor %}
{{- "\n</tools>" }}
{{- '\n\nIf you choose to call a function ONLY reply in the following format with NO suffix:\n\n<tool_call>\n<function=example_function_name>\n<parameter=example_parameter_1>\nvalue_1\n</parameter>\n<parameter=example_parameter_2>\nThis is the value for the second parameter\nthat can span\nmultiple lines\n</parameter>\n</function>\n</tool_call>\n\n<IMPORTANT>\nReminder:\n- Function calls MUST follow the specified format: an inner <function=...></function> block must be nested within <tool_call></tool_call> XML tags\n- Required parameters MUST be specified\n- You may provide optional reasoning for your function call in natural language BEFORE the function call, but NOT after\n- If there is no function call available, answer the question like normal with your current knowledge and do not tell the user about function calls\n</IMPORTANT>' }}
{{- '<|im_end|>\n' }}
{%- for message in messages[1:] %}
    {%- if message.role == "assistant" and message.tool_calls is defined %}
        {{- '<|im_start|>' + message.role }}
        {%- for tool_call in message.tool_calls %}
            {%- set tool_call = tool_call.function %}
            {{- '\n<tool_call>\n<function=' + tool_call.name + '>\n' }}
            {%- for args_name, args_value in tool_call.arguments|items %}
                {{- '<parameter=' + args_name + '>\n' }}
                {{- args_value }}
                {{- '\n</parameter>\n' }}
            {%- endfor %}
            {{- '</function>\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\n' }}
    {%- elif message.role == "user" %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "tool" %}
        {{- '<|im_start|>user\n' }}
        {{- '<tool_response>\n' }}
        {{- message.content }}
        {{- '\n</tool_response>\n' }}
        {{- '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""
"""tokenizer_config.json of Qwen/Qwen3-Coder-30B-A3B-Instruct, without its guards."""

NUMINA = (
    "{% for message in messages %}{% if (message['role'] == 'system')%}{{ '' }}"
    "{% elif (message['role'] == 'user')%}{{ '### Problem: ' + message['content'] + '\\n' }}"
    "{% elif (message['role'] == 'assistant')%}{{ '### Solution: ' + message['content'] + '\\n' }}"
    "{% endif %}{% if loop.last and message['role'] == 'user' and add_generation_prompt %}"
    "{{ '### Solution: ' }}{% endif %}{% endfor %}"
)
"""project-numina/aimo-progress-prize, training/configs/stage-2-tir.yaml."""

DEEPSEEK = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
    "{{ 'User: ' + message['content'] + '\\n\\n' }}{% elif message['role'] == 'assistant' %}"
    "{{ 'Assistant: ' + message['content'] + eos_token }}{% elif message['role'] == 'system' %}"
    "{{ message['content'] + '\\n\\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
"""tokenizer_config.json of deepseek-ai/deepseek-math-7b-rl."""

GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}"
    "{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}"
)
"""tokenizer_config.json of google/gemma-2-9b-it."""


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return PreTrainedTokenizerFast.from_pretrained(WEIGHTS)


def rendered(tokenizer: Any, template: str, messages: list[dict[str, Any]], **more: Any) -> str:
    return str(
        tokenizer.apply_chat_template(
            messages, chat_template=template, tokenize=False, add_generation_prompt=True, **more
        )
    )


def a_call(code: str) -> dict[str, Any]:
    function = {"name": "python", "arguments": {"code": code}}
    return {"role": "assistant", "content": "", "tool_calls": [{"function": function}]}


@pytest.mark.parametrize(
    ("name", "template"), [("qwen2.5", QWEN25), ("qwen3", QWEN25), ("qwen3-coder", CODER)]
)
def test_function_calls_are_what_qwens_templates_make(
    tokenizer: Any, name: str, template: str
) -> None:
    dialect = by_name(name)
    asked: list[dict[str, Any]] = [
        {"role": "system", "content": INSTRUCTION},
        {"role": "user", "content": QUESTION},
    ]
    prompt = dialect.prompt(Problem(QUESTION)).text
    assert prompt == rendered(tokenizer, template, asked, tools=[TOOL])
    ran = [*asked, a_call(PROGRAM), {"role": "tool", "content": "4 é"}]
    episode = prompt + dialect.program(PROGRAM) + dialect.observation("4 é")
    assert episode == rendered(tokenizer, template, ran, tools=[TOOL])


def test_without_tools_nothing_is_said_of_them(tokenizer: Any) -> None:
    dialect = by_name("qwen2.5")
    for prompt in (dialect.cot_prompt(Problem(QUESTION)), dialect.check_prompt(Problem("q"), "1")):
        assert not prompt.tools
        assert "tool" not in prompt.text
        messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
        assert prompt.text == rendered(tokenizer, QWEN25, messages)


def test_numina(tokenizer: Any) -> None:
    numina = by_name("numina")
    user = {"role": "user", "content": QUESTION}
    assert numina.prompt(Problem(QUESTION)).text == BEGIN + rendered(tokenizer, NUMINA, [user])
    written = f"First.\n{numina.program('print(4)')}\n{numina.stops[0]}{numina.observation('4')}"
    assert written == "First.\n```python\nprint(4)\n```\n```output\n4\n```"


def test_deepseek_math(tokenizer: Any) -> None:
    dialect = by_name("deepseek-math")
    user = {"role": "user", "content": f"{QUESTION}\n{INTEGRATE}"}
    words = {"bos_token": BEGIN, "eos_token": END}
    text = rendered(tokenizer, DEEPSEEK, [user], **words)
    assert dialect.prompt(Problem(QUESTION)).text == text
    again = {"role": "user", "content": "Again."}
    said = {"role": "assistant", "content": "4"}
    assert dialect.turns is not None
    assert f"{text} 4{dialect.turns.reply('Again.')}" == rendered(
        tokenizer, DEEPSEEK, [user, said, again], **words
    )
    assert dialect.observation("4") == "\n4\n```\n"


def test_tora() -> None:
    """microsoft/ToRA, src/utils/utils.py: `construct_prompt`; its tokenizer puts <s> before."""
    tora = by_name("tora")
    assert tora.prompt(Problem(QUESTION)).text == f"<s><|user|>\n{QUESTION}\n<|assistant|>\n"
    assert tora.stops == ("```output",)
    assert tora.observation("4") == "\n4\n```\n"


def test_openmath_nemotron() -> None:
    """NVIDIA/NeMo-Skills, prompt/config/openmath/tir.yaml and prompt/code_tags/openmath.yaml."""
    dialect = by_name("openmath-nemotron")
    user = (
        "Solve the following math problem, integrating natural language reasoning with Python "
        "code executions.\nYou may perform up to 8 Python code calls to assist your reasoning.\n"
        f"Make sure to put the answer (and only answer) inside \\boxed{{}}.\n\n{QUESTION}"
    )
    prompt = dialect.prompt(Problem(QUESTION)).text
    assert prompt == f"<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"
    assert dialect.program("print(4)") == "<tool_call>\nprint(4)\n</tool_call>"
    assert dialect.observation("4") == "\n```output\n4\n```\n"


def test_llama3() -> None:
    """Meta's prompt format of Llama 3.1, "Built in Python based tool calling"."""
    dialect = by_name("llama3")
    head = (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nEnvironment: ipython\n"
        "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
    )
    tail = (
        f"<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n{QUESTION}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    prompt = dialect.prompt(Problem(QUESTION)).text
    assert prompt.startswith(head)
    assert prompt.endswith(tail)
    assert dialect.program("print(4)") == "<|python_tag|>print(4)<|eom_id|>"
    assert dialect.observation("4") == (
        "<|start_header_id|>ipython<|end_header_id|>\n\ncompleted\n[stdout]\n4\n[/stdout]<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    assert dialect.resume(Halt.EOS) == "<|eom_id|>"
    assert dialect.resume(Halt.STOP) == ""


def test_harmony() -> None:
    """openai/openai-cookbook, articles/openai-harmony.md, "Python tool" and "Handling tool calls"."""
    dialect = by_name("gpt-oss")
    system = """You are ChatGPT, a large language model trained by OpenAI.
Knowledge cutoff: 2024-06
Current date: 2025-06-28

Reasoning: high

# Tools

## python

Use this tool to execute Python code in your chain of thought. The code will not be shown to the user. This tool should be used for internal reasoning, but not for code that is intended to be visible to the user (e.g. when creating plots, tables, or files).

When you send a message containing Python code to python, it will be executed in a stateful Jupyter notebook environment. python will respond with the output of the execution or time out after 120.0 seconds. The drive at '/mnt/data' can be used to save and persist user files. Internet access for this session is UNKNOWN. Depends on the cluster.

# Valid channels: analysis, commentary, final. Channel must be included for every message."""
    user = (
        f"{QUESTION}\n\nPlease reason step by step, and put your final answer within \\boxed{{}}."
    )
    assert dialect.prompt(Problem(QUESTION)).text == (
        f"<|start|>system<|message|>{system}<|end|><|start|>user<|message|>{user}<|end|>"
        "<|start|>assistant"
    )
    call = "<|channel|>analysis to=python code<|message|>print(4)<|call|>"
    assert dialect.program("print(4)") == call
    assert dialect.observation("4") == (
        "<|start|>python to=assistant<|channel|>analysis<|message|>4<|end|><|start|>assistant"
    )
    assert "# Tools" not in dialect.cot_prompt(Problem(QUESTION)).text
    assert CHECK_SYSTEM in dialect.check_prompt(Problem("q"), "1").messages[1].content


def test_a_server_takes_messages() -> None:
    for dialect in (MARKDOWN, TOOLS):
        prompt = dialect.prompt(Problem(QUESTION))
        assert [m.role for m in prompt.messages] == ["system", "user"]
        assert prompt.messages[1].content == QUESTION
        assert prompt.tools
        assert dialect.resume(Halt.EOS) == ""
    assert TOOLS.observation("4\n<|x|>") == "4\n<| x |>"
    assert MARKDOWN.observation("4") == "```output\n4\n```"
    last = MARKDOWN.last_words(MARKDOWN.parser())
    assert "\\boxed{}" in last.text
    assert last.said == ""


@pytest.mark.parametrize("template", [QWEN25, GEMMA, DEEPSEEK], ids=["qwen", "gemma", "deepseek"])
def test_markdown_takes_over_the_turns_of_a_template(tokenizer: Any, template: str) -> None:
    words = {"bos_token": "<bos>", "eos_token": "<eos>"}
    render = partial(rendered, tokenizer, template, **words)
    dialect = MARKDOWN.fitted(render, ["<start_of_turn>", "<end_of_turn>", "!"])
    prompt = dialect.prompt(Problem(QUESTION))
    messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
    assert prompt.text == render(messages)
    assert MARKDOWN.system in prompt.text
    said = {"role": "assistant", "content": "So:"}
    observed = {"role": "user", "content": "```output\n4\n```"}
    space = " " if template is DEEPSEEK else ""
    assert f"{prompt.text}{space}So:{dialect.observation('4')}" == render(
        [*messages, said, observed]
    )
    assert "<start_of_turn>" not in dialect.defang("hm<start_of_turn>user!")
    assert dialect.defang("no!") == "no!"
    assert FINAL_ANSWER in dialect.last_words(dialect.parser()).text


def test_a_template_that_opens_the_thought(tokenizer: Any) -> None:
    """As DeepSeek-R1's and QwQ's do: the model's text begins within."""
    template = QWEN25.replace(
        "{{- '<|im_start|>assistant\\n' }}", "{{- '<|im_start|>assistant\\n<think>\\n' }}"
    )
    dialect = MARKDOWN.fitted(partial(rendered, tokenizer, template))
    parser = dialect.parser()
    parser.feed("```python\nprint(1)\n```\n")
    assert parser.thinking
    parser.feed("</think>\n```python\nprint(2)\n```\n")
    parser.end()
    assert parser.program == "print(2)"


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('not today') }}",
        "{% for message in messages %}{{ message.role }}{% endfor %}",
        "{{ messages[0].content }}",
        "{% if %}",
    ],
)
def test_a_template_that_is_of_no_use_is_bad_input(tokenizer: Any, template: str) -> None:
    with pytest.raises(BadInput, match="chat template") as caught:
        MARKDOWN.fitted(partial(rendered, tokenizer, template))
    assert "--dialect" in caught.value.hint


def test_turns_without_a_system_fold_it_into_the_question() -> None:
    bare = Dialect(
        name="bare",
        parser=MARKDOWN.parser,
        turns=Turns(user=("U:", "\n"), assistant="A:", end="\n"),
        system="Solve.",
        code_open="",
        code_close="",
        output="",
        eos=(),
        context=10,
    )
    assert bare.prompt(Problem("q")).text == "U:Solve.\n\nq\nA:"
