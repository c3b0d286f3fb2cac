"""The tool that models call by name: how it is described to them, and how their calls are read.

The body of a call is a model's text: whatever is wrong with it is said in a sentence that goes
back to the model.
"""

import json
import re

NAME = "python"
ARGUMENT = "code"
DESCRIPTION = (
    "Runs Python code in a session that keeps its state from call to call; sympy is installed. "
    "The result is what the code prints and the value of its last expression."
)
MEANING = "The code to run."
TOOL = {
    "type": "function",
    "function": {
        "name": NAME,
        "description": DESCRIPTION,
        "parameters": {
            "type": "object",
            "properties": {ARGUMENT: {"type": "string", "description": MEANING}},
            "required": [ARGUMENT],
        },
    },
}
"""In the form of the OpenAI API, which the templates of model families take over."""
INSTRUCTION = (
    "Solve the problem step by step. Use the tool to calculate and to check what you have found; "
    "then put your final answer within \\boxed{}."
)
SHOWN = 40
"""Characters of a wrong name that are quoted back."""
_FUNCTION = re.compile(r"\s*<function=([^>\n]*)>")
_PARAMETER = re.compile(r"\s*<parameter=([^>\n]*)>\n?")


class Malformed(ValueError):
    """A call cannot be run; the message is for the model that wrote it."""


def quoted(program: str) -> str:
    """A program as a JSON string, as `tojson` of the chat templates writes it."""
    return json.dumps(program, ensure_ascii=False)


def from_json(body: str) -> str:
    """The program of a call `{"name": "python", "arguments": {"code": "..."}}`.

    Line breaks within the string are taken as they are meant, and arguments that are JSON in a
    string are read: models write both.

    Raises:
        Malformed: it is no such call.
    """
    call = _loaded(body)
    _require_name(call.get("name"))
    arguments = call.get("arguments", call.get("parameters"))
    if isinstance(arguments, str):
        arguments = _loaded(arguments)
    if not isinstance(arguments, dict) or ARGUMENT not in arguments:
        raise Malformed(f'the argument "{ARGUMENT}" is missing')
    return _program(arguments[ARGUMENT])


def from_xml(body: str) -> str:
    """The program of a call `<function=python><parameter=code>...</parameter></function>`.

    Raises:
        Malformed: it is no such call.
    """
    function = _FUNCTION.match(body)
    if function is None:
        raise Malformed(f"the call does not begin with <function={NAME}>")
    _require_name(function[1])
    parameter = _PARAMETER.match(body, function.end())
    if parameter is None or parameter[1].strip() != ARGUMENT:
        raise Malformed(f'the parameter "{ARGUMENT}" is missing')
    # The last one: the program itself may have the tag in a string.
    end = body.rfind("</parameter>")
    if end < parameter.end():
        raise Malformed("the parameter was not closed by </parameter>")
    return _program(body[parameter.end() : end].removesuffix("\n"))


def _loaded(text: str) -> dict[str, object]:
    try:
        loaded = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        raise Malformed(
            f"the call is no valid JSON ({error.msg} at character {error.pos})"
        ) from error
    except (ValueError, RecursionError) as error:
        raise Malformed("the call is no JSON that can be read") from error
    if not isinstance(loaded, dict):
        raise Malformed("the call is no JSON object")
    return loaded


def _require_name(name: object) -> None:
    said = name.strip() if isinstance(name, str) else name
    if said != NAME:
        raise Malformed(f'there is no tool {str(said)[:SHOWN]!r}, only "{NAME}"')


def _program(code: object) -> str:
    if not isinstance(code, str):
        raise Malformed(f'the argument "{ARGUMENT}" is no string')
    try:
        code.encode()
    except UnicodeEncodeError as error:
        raise Malformed(f'the argument "{ARGUMENT}" has half a character in it') from error
    return code
