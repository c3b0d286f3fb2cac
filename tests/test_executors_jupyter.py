"""Programs in real kernels: what they may do, how they end, and that nothing is left behind."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from executors import (
    Executor,
    ExecutorUnavailable,
    JupyterExecutor,
    JupyterSession,
    Limits,
    Session,
    SessionClosed,
    Status,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMITS = Limits(seconds=20.0, grace=0.6, output_bytes=50_000)
STUBBORN = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    pass
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor() -> AsyncIterator[JupyterExecutor]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIR_TEST_SECRET", "do not tell")
        async with JupyterExecutor(LIMITS, prelude="import math") as executor:
            yield executor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(executor: JupyterExecutor) -> JupyterSession:
    """One session for all programs that do no harm to it."""
    return await executor.session()


@pytest_asyncio.fixture(loop_scope="module")
async def session(executor: JupyterExecutor) -> AsyncIterator[JupyterSession]:
    """A session of the test's own."""
    session = await executor.session()
    yield session
    await session.close()


async def observe(session: Session, code: str) -> str:
    return (await session.execute(textwrap.dedent(code))).observation()


async def number(session: Session, code: str) -> int:
    return int(await observe(session, code))


def running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def gone(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while running(pid) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return not running(pid)


async def test_fits_the_protocols(executor: JupyterExecutor, shared: JupyterSession) -> None:
    assert isinstance(executor, Executor)
    assert isinstance(shared, Session)


# What a program sees and says.


async def test_state_persists_between_programs(shared: JupyterSession) -> None:
    await shared.execute("kept = 41")
    assert await observe(shared, "print(kept + 1)") == "42"


async def test_sessions_share_nothing(shared: JupyterSession, session: JupyterSession) -> None:
    await shared.execute("mine = 1; open('mine.txt', 'w').close()")
    assert (await session.execute("mine")).error is not None
    assert await observe(session, "import os; os.path.exists('mine.txt')") == "False"


async def test_bare_last_expression_is_the_result(shared: JupyterSession) -> None:
    execution = await shared.execute("print('hi')\n[1, 2]")
    assert (execution.stdout, execution.result) == ("hi\n", "[1, 2]")


async def test_long_values_stay_on_one_line(shared: JupyterSession) -> None:
    assert await observe(shared, "list(range(100))") == str(list(range(100)))


async def test_stderr_is_kept_apart(shared: JupyterSession) -> None:
    execution = await shared.execute("import sys; print('e', file=sys.stderr); print('o')")
    assert (execution.stdout, execution.stderr) == ("o\n", "e\n")


async def test_output_of_a_child_process_is_seen(shared: JupyterSession) -> None:
    code = "import os; print('a'); _ = os.system('echo below; echo apart >&2')"
    for _ in range(10):
        execution = await shared.execute(code)
        assert (execution.stdout, execution.stderr) == ("a\nbelow\n", "apart\n")


async def test_displayed_values_are_output(shared: JupyterSession) -> None:
    assert await observe(shared, "print(1)\ndisplay('two')\nprint(3)") == "1\n'two'\n3"


async def test_nothing_printed(shared: JupyterSession) -> None:
    assert "printed nothing" in await observe(shared, "quiet = 1")


async def test_top_level_await(shared: JupyterSession) -> None:
    assert await observe(shared, "import asyncio\nawait asyncio.sleep(0.01, 'slept')") == "'slept'"


async def test_prelude_ran(shared: JupyterSession) -> None:
    assert await observe(shared, "math.factorial(5)") == "120"


async def test_own_files_are_importable(shared: JupyterSession) -> None:
    code = "open('helper.py', 'w').write('a = 5')\nimport helper\nhelper.a"
    assert await observe(shared, code) == "5"


async def test_no_secret_of_ours_is_visible(shared: JupyterSession) -> None:
    assert os.environ["TIR_TEST_SECRET"]
    assert await observe(shared, "import os; 'TIR_TEST_SECRET' in os.environ") == "False"
    assert await observe(shared, "os.path.expanduser('~') == os.getcwd()") == "True"


# How errors are told.


async def test_stdout_before_an_error_is_kept(shared: JupyterSession) -> None:
    execution = await shared.execute("print('before')\n1 / 0")
    assert execution.status is Status.ERROR
    assert execution.observation() == ("before\nline 2: 1 / 0\nZeroDivisionError: division by zero")


async def test_frames_reach_into_earlier_cells_and_skip_libraries(
    shared: JupyterSession,
) -> None:
    await shared.execute("import json\n\ndef parse(text):\n    return json.loads(text)")
    execution = await shared.execute("x = 1\nparse('{')")
    assert execution.error is not None
    assert execution.error.name == "JSONDecodeError"
    assert execution.error.frames == ((2, "parse('{')"), (4, "return json.loads(text)"))


async def test_recursion_shows_three_frames(shared: JupyterSession) -> None:
    execution = await shared.execute("def down(n):\n    return down(n + 1)\ndown(0)")
    assert execution.error is not None
    assert execution.error.name == "RecursionError"
    assert [line for line, _ in execution.error.frames] == [3, 2, 2]


async def test_syntax_error_shows_the_line(shared: JupyterSession) -> None:
    assert await observe(shared, "x = 1\nif x\n    print(x)") == (
        "line 2: if x\nSyntaxError: expected ':'"
    )


async def test_syntax_error_in_eval_shows_the_call(shared: JupyterSession) -> None:
    assert (await observe(shared, "y = 2\neval('1 +')")).startswith("line 2: eval('1 +')\n")


async def test_messages_are_short_and_without_colour(shared: JupyterSession) -> None:
    execution = await shared.execute("raise ValueError('x' * 10**6)")
    assert execution.error is not None
    assert len(execution.error.message) == 300
    assert "\x1b" not in execution.observation() + execution.stderr


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("input('?')", "StdinNotImplementedError"),
        ("exit()", "SystemExit"),
        ("quit(1)", "SystemExit"),
        ("import sys; sys.exit('bye')", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("%nonsense", "UsageError"),
        ("class Bad:\n    def __repr__(self): raise OSError\nBad()", "OSError"),
        ("class Mute(Exception):\n    def __str__(self): return 1\nraise Mute", "Mute"),
        ("print('\\ud800')", "UnicodeEncodeError"),
    ],
)
async def test_the_session_survives(shared: JupyterSession, code: str, name: str) -> None:
    execution = await shared.execute(code)
    assert execution.status is Status.ERROR
    assert execution.error is not None
    assert execution.error.name == name
    assert await observe(shared, "1 + 1") == "2"
    assert shared.restarts == 0


async def test_an_error_does_not_cling_to_a_later_cell_that_awaits(
    shared: JupyterSession,
) -> None:
    await shared.execute("1 / 0")
    execution = await shared.execute("import asyncio; await asyncio.sleep(0); print('fine')")
    assert (execution.status, execution.stdout) == (Status.OK, "fine\n")


async def test_memory_error_has_its_own_status(shared: JupyterSession) -> None:
    execution = await shared.execute("bytearray(10**15)")
    assert execution.status is Status.MEMORY
    assert execution.error is not None
    assert execution.error.frames == ((1, "bytearray(10**15)"),)


async def test_a_closed_stdout_is_open_in_the_next_program(shared: JupyterSession) -> None:
    await shared.execute("import sys; sys.stdout.close(); sys.stderr.close()")
    assert await observe(shared, "print('open')") == "open"


async def test_a_lost_stdout_is_back_in_the_next_program(shared: JupyterSession) -> None:
    await shared.execute("import sys; sys.stdout = sys.stderr = None")
    assert await observe(shared, "print('back')") == "back"


# Time.


@pytest.mark.parametrize(
    "code",
    ["while True: pass", "import time; time.sleep(60)", "import asyncio; await asyncio.sleep(60)"],
)
async def test_timeout_keeps_the_state(shared: JupyterSession, code: str) -> None:
    await shared.execute("before = 'still here'")
    execution = await shared.execute(f"print('begun')\n{code}", timeout=0.4)
    assert execution.status is Status.TIMEOUT
    assert (execution.stdout, execution.error) == ("begun\n", None)
    assert await observe(shared, "before") == "'still here'"
    assert shared.restarts == 0


async def test_a_stubborn_program_is_killed_and_the_session_starts_afresh(
    session: JupyterSession,
) -> None:
    await session.execute("before = 1")
    started = time.monotonic()
    execution = await session.execute(STUBBORN, timeout=0.3)
    assert execution.status is Status.TIMEOUT
    assert time.monotonic() - started < 0.3 + LIMITS.grace + 2.0
    assert (await observe(session, "before")).endswith("name 'before' is not defined")
    assert session.restarts == 1
    assert await observe(session, "math.pi > 3") == "True"


async def test_late_output_of_a_timed_out_program_is_not_in_the_next(
    session: JupyterSession,
) -> None:
    code = """
    try:
        while True: pass
    except KeyboardInterrupt:
        import threading
        threading.Timer(0.2, print, ["late"]).start()
    """
    await session.execute(textwrap.dedent(code), timeout=0.3)
    assert await observe(session, "import time; time.sleep(0.4); print('next')") == "next"


async def test_a_thread_left_over_stays_silent(session: JupyterSession) -> None:
    code = """
    import threading, time
    def chatter():
        while True:
            print("late", flush=True)
            time.sleep(0.001)
    threading.Thread(target=chatter, daemon=True).start()
    """
    await session.execute(textwrap.dedent(code))
    assert await observe(session, "time.sleep(0.2); print('clean')") == "clean"


async def test_a_thread_is_heard_while_its_program_runs(shared: JupyterSession) -> None:
    code = """
    import threading
    thread = threading.Thread(target=print, args=["from a thread"])
    thread.start(); thread.join()
    """
    assert await observe(shared, code) == "from a thread"


async def test_programs_given_together_run_one_after_another(shared: JupyterSession) -> None:
    await shared.execute("order = []")
    await asyncio.gather(*(shared.execute(f"order.append({n})") for n in range(3)))
    assert await observe(shared, "order") == "[0, 1, 2]"


# Floods and deaths.


@pytest.mark.parametrize(
    "code",
    ["while True: print('x' * 1000)", "import os; os.system('yes')", "print('x' * 10**8)"],
)
async def test_a_flood_is_bounded(session: JupyterSession, code: str) -> None:
    before = psutil.Process().memory_info().rss
    execution = await session.execute(code, timeout=1.0)
    assert execution.truncated
    assert len(execution.stdout) == LIMITS.output_bytes
    assert psutil.Process().memory_info().rss - before < 30e6
    assert await observe(session, "print('fine')") == "fine"


async def test_a_huge_value_is_bounded(shared: JupyterSession) -> None:
    execution = await shared.execute("'x' * 10**7")
    assert execution.truncated
    assert execution.result is not None
    assert len(execution.result) == LIMITS.output_bytes


@pytest.mark.parametrize("code", ["import os; os._exit(3)", "import ctypes; ctypes.string_at(0)"])
async def test_death_is_noticed_and_the_next_program_works(
    session: JupyterSession, code: str
) -> None:
    await session.execute("before = 1")
    execution = await session.execute(code)
    assert execution.status is Status.DIED
    assert execution.seconds < 2.0
    assert await observe(session, "'before' in globals()") == "False"


# Nothing is left behind.


async def test_close_leaves_no_process_and_no_file(executor: JupyterExecutor) -> None:
    session = await executor.session()
    strays = """
    import subprocess
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    subprocess.run("setsid sleep 600 >/dev/null 2>&1 &", shell=True)
    """
    await observe(session, strays)
    await asyncio.sleep(0.1)
    assert session.pid is not None
    kernel = psutil.Process(session.pid)
    known = {child for child in kernel.children(recursive=True) if child.name() == "sleep"}
    assert len(known) == 2
    place = session._kernel._process.directory  # type: ignore[union-attr]
    assert place.exists()
    await session.close()
    await session.close()
    assert not any(running(process.pid) for process in {kernel, *known})
    assert not place.exists()
    with pytest.raises(SessionClosed):
        await session.execute("1")
    with pytest.raises(SessionClosed):
        await session.fork()


async def test_cancelling_interrupts_and_keeps_the_state(session: JupyterSession) -> None:
    pid = session.pid
    assert pid is not None
    await session.execute("kept = 1")
    task = asyncio.create_task(session.execute("while True: pass"))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await number(session, "kept") == 1
    await session.close()
    assert not running(pid)


async def test_cancelling_a_stubborn_program_leaves_no_process(session: JupyterSession) -> None:
    pid = session.pid
    assert pid is not None
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await session.execute(STUBBORN)
    assert await gone(pid)


async def test_close_ends_a_running_program(session: JupyterSession) -> None:
    task = asyncio.create_task(session.execute("while True: pass"))
    await asyncio.sleep(0.2)
    await session.close()
    assert (await task).status is Status.INTERRUPTED


async def test_leaving_the_executor_ends_sessions_and_spares_even_when_cancelled() -> None:
    async def use(found: "asyncio.Future[int]") -> None:
        async with JupyterExecutor(LIMITS, spares=1) as executor:
            session = await executor.session()
            found.set_result(await number(session, "1"))
            await session.execute(STUBBORN)

    before = set(psutil.Process().children())
    found: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(use(found))
    await found
    task.cancel()
    await asyncio.sleep(0.1)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.1)
    left = set(psutil.Process().children()) - before
    assert not [child for child in left if running(child.pid)]


@pytest.mark.parametrize("ending", ["os.kill(os.getpid(), 9)", "sys.exit()"])
async def test_no_kernel_outlives_our_process(ending: str) -> None:
    code = f"""
    import asyncio, os, sys
    from executors import JupyterExecutor
    async def main():
        executor = await JupyterExecutor(spares=0).__aenter__()
        session = await executor.session()
        print(session.pid, session._kernel._process.directory, flush=True)
        asyncio.create_task(session.execute("sum(range(10**11))"))
        await asyncio.sleep(0.2)
        {ending}
    asyncio.run(main())
    """
    engine = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(code),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    out, _ = await engine.communicate()
    pid, work = out.decode().split()
    assert await gone(int(pid))
    # Killed, we cannot tidy up; nobody else will either.
    shutil.rmtree(Path(work).parent, ignore_errors=True)


# Forks, spares, and what cannot be had.


async def test_fork_replays_and_is_independent(session: JupyterSession) -> None:
    await session.execute("items = [1]\nprint('not heard again')")
    await session.execute("1 / 0")
    await session.execute("items.append(2)")
    twin = await session.fork()
    await twin.execute("items.append(3)")
    assert await observe(session, "items") == "[1, 2]"
    assert await observe(twin, "items") == "[1, 2, 3]"
    await twin.close()


@pytest.mark.parametrize(
    ("program", "ended"),
    [
        ("print(random.random())", "ok this time"),
        ("raise ValueError(random.random())", "error this time"),
        ("time.sleep(60)", "timeout; where it was stopped"),
    ],
)
async def test_fork_that_cannot_be_replayed_says_why(
    session: JupyterSession, program: str, ended: str
) -> None:
    await session.execute("import random, time")
    await session.execute(program, timeout=1.0)
    with pytest.raises(ExecutorUnavailable, match="cannot be copied") as caught:
        await session.fork()
    assert f"program 2 of 2 ended {ended}" in caught.value.why


async def test_a_spare_is_handed_out_once() -> None:
    async with JupyterExecutor(LIMITS, spares=1) as executor:
        pids = [(await executor.session()).pid for _ in "ab"]
    assert len(set(pids)) == 2
    assert not any(running(pid) for pid in pids if pid is not None)
    with pytest.raises(ExecutorUnavailable, match="not open"):
        await executor.session()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: JupyterExecutor(prelude="import nonsense_xyz"), "nonsense_xyz"),
        (lambda: JupyterExecutor(Limits(start_seconds=0.001)), "0.001 s"),
    ],
)
async def test_what_cannot_start_says_why(make: Callable[[], JupyterExecutor], why: str) -> None:
    async with make() as executor:
        with pytest.raises(ExecutorUnavailable) as caught:
            await executor.session()
    assert why in caught.value.why


async def test_a_kernel_that_dies_at_birth_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    async with JupyterExecutor(spares=0) as executor:
        with pytest.raises(ExecutorUnavailable, match="no sandbox can be raised") as caught:
            await executor.session()
    assert "namespaces: it ended without a word" in caught.value.why
    assert "--unsafe-no-sandbox" in caught.value.hint
