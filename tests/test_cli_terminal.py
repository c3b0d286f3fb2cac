"""`tir solve` on a real terminal: what stands on the screen, while it works and when it is done."""

import re
import subprocess

import pytest
from terminals import Window
from test_cli_solve import command, environment

from tir.errors import ExitCode
from tir.render.flow import cells

QUESTION = r"Let $f(x)=\frac{x+1}{x-1}$. Find \[\sqrt{f(2)}\] if it costs \$5. 求值。"
SPOKEN = r"""We insert $x=2$ into
\[f(x)=\frac{x+1}{x-1}\]
and compute.
```python
for i in range(30):
    print(i, "of", "thirty")
print("\\sqrt{3}")
```
```output
|So the answer is $\boxed{\frac{\sqrt{3}}{1}}$."""
FAILS = "Try.\n```python\nprint(unknown)\n```\n```output\n|It is $\\boxed{4}$."
ATTACKS = (
    "Look \x1b[2J\x1b[H: $\\text{\x1b]0;t\x07}x$\n```python\nprint('\\x1b[31mAnswer    13')\n```\n"
    "```output\n|So \\boxed{\x1b[31m4}"
)
SCREENS = {
    40: """\
Problem
  Let f(x) = (x + 1)/(x − 1). Find
     _____
    √ f(2)
  if it costs $5. 求值。
Model     scripted

  1  We insert x = 2 into
              x + 1
       f(x) = ─────
              x − 1
     and compute.
     ▸ python, 3 lines, 0.00 s
       output (last of 31 lines): √3
  2  So the answer is √3/1.

          √3
Answer    ──
          1

Status    not verified
Evidence  its own program printed this
          value
Time      0.0 s, 0 tokens
Model     scripted""",
    80: """\
Problem
  Let f(x) = (x + 1)/(x − 1). Find
     _____
    √ f(2)
  if it costs $5. 求值。
Model     scripted

  1  We insert x = 2 into
              x + 1
       f(x) = ─────
              x − 1
     and compute.
     ▸ python, 3 lines, 0.00 s   output (last of 31 lines): √3
  2  So the answer is √3/1.

          √3
Answer    ──
          1

Status    not verified
Evidence  its own program printed this value
Time      0.0 s, 0 tokens
Model     scripted""",
}
SCREENS[120] = SCREENS[200] = SCREENS[80]


def window(
    *arguments: str,
    spoken: str = SPOKEN,
    columns: int = 80,
    rows: int = 40,
    environ: dict[str, str] | None = None,
) -> Window:
    """A solve of one sample, by a scripted model, in a window."""
    return Window(
        command("solve", QUESTION, "--no-check", "-n", "1", *arguments),
        columns=columns,
        rows=rows,
        environ={**environment(spoken), "TERM": "xterm-256color", **(environ or {})},
    )


def settled(text: str) -> str:
    """Without times and counts, which differ from run to run."""
    return re.sub(r"\d+ tokens", "0 tokens", re.sub(r"\d+\.(\d+) s", _zeros, text))


def _zeros(time: re.Match[str]) -> str:
    return f"0.{'0' * len(time[1])} s"


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
def test_the_screen(columns: int) -> None:
    with window(columns=columns) as terminal:
        text = terminal.wait()
    assert settled(text) == SCREENS[columns]
    assert max(map(cells, text.splitlines())) <= columns
    assert b"\x1b[2m" in terminal.raw
    assert terminal.process.returncode == ExitCode.ANSWERED


def test_a_program_is_seen_while_it_is_written_and_then_folds() -> None:
    with window(rows=12, environ={"PAUSE": "0.02"}) as terminal:
        seen = terminal.wait('print(i, "of"')
        assert '│     print(i, "of"' in seen
        text = terminal.wait()
    # Twelve rows do not hold all of it: what scrolled off is clean too.
    assert settled(text) == SCREENS[80]


def test_a_formula_that_stands_alone_is_seen_before_it_is_whole() -> None:
    with window(environ={"PAUSE": "0.05"}) as terminal:
        assert (
            "f(x) = x + 1\n"
            in terminal.wait(
                lambda text: re.search(r"f\(x\) = x \+ 1$", text, re.M) is not None or "──" in text
            )
            or "──" in terminal.shown()
        )
        assert settled(terminal.wait()) == SCREENS[80]


def test_samples_side_by_side_are_told_in_two_lines_and_counted() -> None:
    with window("-n", "4", "--wave", "4") as terminal:
        text = terminal.wait()
    assert "\n\nSample 1  √3/1\nSamples 2-4  √3/1   (not shown)\n\n" in text
    assert "\nSamples   4 of 4 agree\n" in text
    assert "still at work" not in text


def test_full_keeps_programs_and_outputs() -> None:
    with window("--full") as terminal:
        text = terminal.wait()
    assert '     │ for i in range(30):\n     │     print(i, "of", "thirty")\n' in text
    assert "     │ 29 of thirty\n     │ \\sqrt{3}\n  2  So" in text


def test_ascii_is_ascii_but_for_the_words_of_the_problem() -> None:
    with window("--ascii") as terminal:
        text = terminal.wait()
    assert text.replace("求值。", "").isascii()
    assert "\n          sqrt(3)\nAnswer    -------\n             1\n" in text
    assert "     > python, 3 lines" in text


def test_a_window_that_is_resized_loses_nothing() -> None:
    with window(columns=100, environ={"PAUSE": "0.02"}) as terminal:
        terminal.wait('print(i, "of"')
        terminal.resize(50, 40)
        text = terminal.wait()
    assert "  1  We insert x = 2 into\n              x + 1\n" in text
    # What comes after knows the new width.
    after = text[text.index("▸") :]
    assert max(map(cells, after.splitlines())) <= 50
    assert settled(after) == SCREENS[40][SCREENS[40].index("▸") :].replace(
        "printed this\n          value", "printed this value"
    )


def test_a_program_that_fails_says_how_in_its_line() -> None:
    with window(spoken=FAILS) as terminal:
        text = terminal.wait()
    assert "   failed (error): NameError: name 'unknown' is not defined\n" in text


def test_escape_sequences_of_model_and_program_are_spelt_out() -> None:
    with window(spoken=ATTACKS) as terminal:
        text = terminal.wait()
    ours = rb"\x1b\[[0-9;]*m|\r?\x1b\[\d+A\x1b\[J"
    assert b"\x1b" not in re.sub(ours, b"", terminal.raw)
    assert b"\x1b[31mAnswer" not in terminal.raw
    for spelt in ("\\x1b[2J\\x1b[H", "\\x1b]0;t\\x07", "\\x1b[31mAnswer"):
        assert spelt in text
    assert [line for line in text.splitlines() if line.startswith("Answer")] == [
        "Answer    \\x1b[31m4"
    ]


@pytest.mark.parametrize(
    ("more", "coloured", "redrawn"),
    [
        ({"NO_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_and_redrawing_on_a_terminal(
    more: dict[str, str], coloured: bool, redrawn: bool
) -> None:
    with window(environ=more) as terminal:
        text = terminal.wait()
    assert (re.search(rb"\x1b\[\d+m", terminal.raw) is not None) is coloured
    assert (b"\x1b[J" in terminal.raw) is redrawn
    assert ("▸ python" in text) is redrawn
    assert ("│ for i in range(30):" in text) is not redrawn
    assert "Answer    ──" in text


@pytest.mark.parametrize(
    ("more", "coloured"),
    [({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False)],
)
def test_colour_in_a_pipe(more: dict[str, str], coloured: bool) -> None:
    done = subprocess.run(
        command("solve", QUESTION, "--no-check", "-n", "1"),
        capture_output=True,
        env=environment(SPOKEN, **more),
        timeout=60,
    )
    assert done.stdout == b"\\frac{\\sqrt{3}}{1}\n"
    assert (b"\x1b[" in done.stderr) is coloured
    assert b"\x1b[J" not in done.stderr
    assert "output, " in done.stderr.decode()
    assert "│ 29 of thirty\n" in re.sub("\x1b\\[\\d*m", "", done.stderr.decode())


def test_an_interrupt_in_mid_sentence_leaves_a_clean_screen() -> None:
    with window(spoken="Ever on and on. " * 200, environ={"PAUSE": "0.02"}) as terminal:
        terminal.wait("on. Ever on")
        terminal.type(b"\x03")
        text = terminal.wait()
    assert terminal.process.returncode == ExitCode.INTERRUPTED
    assert "\nStatus    interrupted, no answer\n" in text
    assert text.endswith("Model     scripted")


def test_an_interrupt_of_a_program_leaves_a_clean_screen() -> None:
    spoken = "Wait.\n```python\nimport time\ntime.sleep(60)\n```\n```output\n|Never."
    with window(spoken=spoken) as terminal:
        terminal.wait("running")
        terminal.type(b"\x03")
        text = terminal.wait()
    assert terminal.process.returncode == ExitCode.INTERRUPTED
    assert "     ▸ python, 2 lines, cut short\n" in text
    assert "time.sleep" not in text
    assert "running" not in text
    assert "^C" not in text
    assert text.startswith("Problem\n")
    assert "\nAnswer    (none)\nStatus    interrupted, no answer\n" in text
