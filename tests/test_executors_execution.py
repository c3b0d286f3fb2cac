"""What a model reads, and the scripted double. No interpreter is started here."""

import subprocess
import sys

import pytest

from executors import (
    CellError,
    Execution,
    Executor,
    ExecutorUnavailable,
    ScriptedExecutor,
    Session,
    SessionClosed,
    Status,
)
from executors.execution import NOTHING_PRINTED, cut_middle
from executors.transcript import Transcript


def test_nothing_printed_says_so() -> None:
    assert Execution(Status.OK).observation() == NOTHING_PRINTED


def test_white_space_alone_is_nothing_printed() -> None:
    assert Execution(Status.OK, stdout="\n \n").observation() == NOTHING_PRINTED


def test_stdout_comes_before_the_value_and_the_value_before_the_error() -> None:
    error = CellError("ValueError", "no", ((1, "  f(0)"), (7, "raise ValueError('no')")))
    execution = Execution(Status.ERROR, stdout="a\n", result="2", error=error)
    assert execution.observation() == (
        "a\n2\nline 1: f(0)\nline 7: raise ValueError('no')\nValueError: no"
    )


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (Status.TIMEOUT, "TimeoutError: the program was stopped after 10 s"),
        (Status.MEMORY, "MemoryError: the program used more memory than it may"),
        (Status.DIED, "SystemError: the interpreter died; all variables are lost"),
        (Status.INTERRUPTED, "KeyboardInterrupt: the program was interrupted"),
    ],
)
def test_every_bad_end_is_told(status: Status, text: str) -> None:
    assert Execution(status, stdout="so far", seconds=10.2).observation() == f"so far\n{text}"


def test_long_text_is_cut_in_the_middle_and_says_by_how_much() -> None:
    text = Execution(Status.OK, stdout="a" * 1500 + "b" * 1500).observation(limit=100)
    assert text == "a" * 50 + "\n[... 2900 characters cut ...]\n" + "b" * 50


def test_text_within_the_limit_is_left_alone() -> None:
    assert cut_middle("x" * 100, 100) == "x" * 100


def test_transcript_keeps_no_more_bytes_than_allowed_over_all_streams() -> None:
    transcript = Transcript(output_bytes=5)
    transcript.take("stream", {"name": "stdout", "text": "aé"})
    transcript.take("stream", {"name": "stderr", "text": "ééé"})
    transcript.take("execute_result", {"data": {"text/plain": "1"}})
    execution = transcript.execution(Status.TIMEOUT, 1.0)
    assert (execution.stdout, execution.stderr, execution.result) == ("aé", "é", None)
    assert execution.truncated


@pytest.mark.parametrize(
    "forged",
    [
        ("stream", {}),
        ("stream", {"name": "stdout", "text": 1}),
        ("execute_result", {"data": [1]}),
        ("status", {"execution_state": ["idle"]}),
        ("nonsense", {"text": "late"}),
    ],
)
def test_transcript_takes_nothing_from_malformed_messages(
    forged: tuple[str, dict[str, object]],
) -> None:
    transcript = Transcript(output_bytes=100)
    transcript.take(*forged)
    assert transcript.execution(Status.TIMEOUT, 0.0).observation().startswith("TimeoutError")
    assert not transcript.idle


@pytest.mark.parametrize(
    "trace", [None, [], [1], ["not json"], ["[]"], ['{"name": 1}'], ["[" * 10**5]]
)
def test_a_forged_traceback_is_still_an_error(trace: object) -> None:
    transcript = Transcript(output_bytes=100)
    transcript.take("execute_reply", {"status": "error", "traceback": trace})
    execution = transcript.execution(None, 0.0)
    assert execution.status is Status.ERROR
    assert execution.error is not None
    assert execution.error.name == "SystemError"


def test_import_is_light() -> None:
    check = "import executors, sys; raise SystemExit('zmq' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


async def test_scripted_answers_by_code() -> None:
    async with ScriptedExecutor({"print(1)": "1\n"}) as executor:
        session = await executor.session()
        assert (await session.execute("print(1)\n")).observation() == "1"
        assert session.programs == ["print(1)\n"]
        with pytest.raises(ExecutorUnavailable, match="no outcome is scripted"):
            await session.execute("print(2)")


async def test_scripted_answers_in_order_over_all_sessions() -> None:
    died = Execution(Status.DIED)
    async with ScriptedExecutor(["1", died]) as executor:
        first, second = await executor.session(), await executor.session()
        assert (await first.execute("a")).stdout == "1"
        assert await second.execute("b") is died
    with pytest.raises(SessionClosed):
        await first.execute("c")


async def test_scripted_answers_by_function_and_forks() -> None:
    async with ScriptedExecutor(str.upper) as executor:
        session = await executor.session()
        await session.execute("a")
        twin = await session.fork()
        assert (await twin.execute("b")).stdout == "B"
        assert (session.programs, twin.programs) == (["a"], ["a", "b"])


async def test_scripted_fits_the_protocols() -> None:
    executor = ScriptedExecutor([])
    assert isinstance(executor, Executor)
    assert isinstance(await executor.session(), Session)
