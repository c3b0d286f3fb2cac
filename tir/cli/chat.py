"""`tir chat`: questions one after another, in one transcript with one kernel."""

import contextlib
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tir.cli import screen
from tir.cli.desk import desk_options
from tir.errors import BadInput, ExitCode, TirError
from tir.render.prose import fitted
from tir.render.safe import visible

if TYPE_CHECKING:
    from problems import Problem
    from tir.students.conversation import Conversation
    from tir.students.silent import Desk

PROMPT = "tir> "
_HELP = """Ask one question after another; each may refer to those before it.

The model keeps its transcript, and Python its variables, until /new or /quit. Ctrl-C ends an
answer, not the session. In a pipe each line is a question, and its answer a line on stdout.

\b
Commands:
  /model [NAME]     the model, or another one for a new conversation
  /hint             one hint more on the first question, never its answer
  /check ANSWER     whether your answer to it is right
  /code             the programs so far
  /export FILE      the conversation as .md, .ipynb, .tex, .html or .json
  /new              forget the conversation
  /help  /quit
\"\"\" begins and ends a question of several lines.
"""
_MARK = '"""'


@click.command(help=_HELP, short_help="Ask one question after another.")
@desk_options
@click.option("--full", is_flag=True, help="Keep programs and outputs on the screen.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Write mathematics in plain ASCII.")
@click.option("--no-color", is_flag=True, help="No colour; NO_COLOR does the same.")
@click.pass_context
def chat(
    context: click.Context, desk: "Desk", full: bool, ascii_only: bool, no_color: bool
) -> None:
    """See `_HELP`."""
    from tir.students.conversation import Conversation

    with contextlib.redirect_stdout(sys.stderr):
        model = desk.loaded()
    conversation = Conversation(model, desk.policy, unsafe_no_sandbox=desk.unsafe_no_sandbox)
    shown = {"full": full, "ascii_only": ascii_only, "no_color": no_color}
    try:
        session = Chat(conversation, desk, shown)
        code = session.run(lines(keeps=desk.history is not None))
    finally:
        conversation.close()
    context.exit(code)


class Chat:
    """What each line of the user does."""

    def __init__(self, conversation: "Conversation", desk: "Desk", shown: dict[str, bool]) -> None:
        self._conversation = conversation
        self._desk = desk
        self._shown = shown
        self._hints = 0
        self._commands = {
            "/model": self._model,
            "/hint": self._hint,
            "/check": self._check,
            "/code": self._code,
            "/export": self._export,
            "/new": self._new,
            "/help": self._help,
        }

    def run(self, entered: Iterator[str]) -> ExitCode:
        """Until /quit or the end of the input. The code is that of the last failure, if any."""
        code = ExitCode.ANSWERED
        if sys.stdin.isatty():
            _say(f"{self._conversation.model.name}. /help lists the commands, /quit ends.")
        for line in entered:
            word, _, rest = line.strip().partition(" ")
            if word in ("/quit", "/exit", "/bye"):
                break
            try:
                if word.startswith("/") and word[1:].isalpha():
                    self._command(word, rest.strip())
                elif line.strip():
                    self._ask(line.strip())
            except TirError as error:
                _say(f"Error: {error}")
                code = error.exit_code
            except KeyboardInterrupt:
                _say("Interrupted.")
                code = ExitCode.INTERRUPTED
        return ExitCode.ANSWERED if sys.stdin.isatty() else code

    def _command(self, word: str, rest: str) -> None:
        command = self._commands.get(word)
        if command is None:
            raise BadInput(
                f"there is no command {word}.",
                why=f"The commands are {', '.join(self._commands)}, /quit.",
                hint="/help",
            )
        command(rest)

    def _ask(self, question: str) -> None:
        view = screen.choose(**self._shown)
        with contextlib.closing(view), contextlib.redirect_stdout(sys.stderr):
            solution = self._conversation.ask(question, view.during)
            view.finish(solution)
        if sys.stdout.isatty() or solution.answer is None:
            # On a terminal the next question stands apart; in a pipe each has a line, so that
            # whoever reads them can count.
            click.echo("")

    def _model(self, name: str) -> None:
        if not name:
            _say(self._conversation.model.name)
            return
        from dataclasses import replace

        desk = replace(self._desk, model=name)
        with contextlib.redirect_stdout(sys.stderr):
            model = desk.loaded()
        self._desk = desk
        self._conversation.restart(model)
        self._hints = 0
        _say(f"{model.name}, and a new conversation.")

    def _problem(self) -> "Problem":
        problem = self._conversation.problem
        if problem is None:
            raise BadInput(
                "there is no question yet.",
                why="/hint and /check are about the first question of a conversation.",
                hint='tir hint "..."   (without an answer before it)',
            )
        return problem

    def _hint(self, _: str) -> None:
        from tir.students.hints import hints_of

        problem = self._problem()
        with contextlib.redirect_stdout(sys.stderr):
            found = hints_of(self._desk.solution(problem)[0])
        if self._hints >= len(found):
            _say("That was all.")
            return
        from tir.cli.hint import tell

        self._hints += 1
        ascii_only = self._shown["ascii_only"]
        tell(found[self._hints - 1], self._hints, len(found), ascii_only=ascii_only)

    def _check(self, answer: str) -> None:
        from tir.cli.check import ruling
        from tir.students.assess import assess_against

        if not answer:
            raise BadInput("there is no answer.", why="/check ANSWER", hint="/check 42")
        problem = self._problem()
        with contextlib.redirect_stdout(sys.stderr):
            solution = self._desk.solution(problem)[0]
            found = assess_against(solution, answer, unsafe_no_sandbox=self._desk.unsafe_no_sandbox)
        click.echo(ruling(found, no_color=self._shown["no_color"]), color=True)

    def _code(self, _: str) -> None:
        trajectory = self._conversation.trajectory
        programs = [step.program for step in trajectory.steps if step.program] if trajectory else []
        if not programs:
            _say("No program was run yet.")
        for number, program in enumerate(programs, start=1):
            click.echo(f"# {number}\n{visible(program).rstrip()}\n")

    def _export(self, name: str) -> None:
        from tir.students.export import export

        whole = self._conversation.whole()
        if whole is None or not name:
            raise BadInput(
                "there is nothing to export." if whole is None else "a file is needed.",
                why="/export FILE writes the conversation so far.",
                hint="/export chat.md",
            )
        (file, *_) = shlex.split(name) or [name]
        export(whole, Path(file), None)
        _say(f"{file} is written.")

    def _new(self, _: str) -> None:
        self._conversation.restart()
        self._hints = 0
        _say("A new conversation.")

    def _help(self, _: str) -> None:
        _say(_HELP.partition("\b\n")[2].rstrip())


def lines(*, keeps: bool) -> Iterator[str]:
    """What the user enters, line by line; between two marks several lines are one."""
    ask = _typed(keeps) if sys.stdin.isatty() else sys.stdin
    for line in ask:
        text = line.rstrip("\n")
        if text.strip().startswith(_MARK) and text.strip().count(_MARK) == 1:
            block = [text.strip().removeprefix(_MARK)]
            for more in ask:
                text = more.rstrip("\n")
                if _MARK in text:
                    block.append(text.partition(_MARK)[0])
                    break
                block.append(text)
            yield "\n".join(block)
        else:
            yield text.strip().strip('"') if text.strip().startswith(_MARK) else text


def _typed(keeps: bool) -> Iterator[str]:
    """Lines from a terminal, with editing and, if kept, those of earlier sessions."""
    file = _remembered() if keeps else None
    warned = False
    while True:
        try:
            if sys.stdout.isatty():
                line = input(PROMPT)
            else:
                sys.stderr.write(PROMPT)
                sys.stderr.flush()
                line = input()
        except EOFError:
            click.echo(err=True)
            return
        except KeyboardInterrupt:
            if warned:
                return
            warned = True
            _say("\n/quit, or Ctrl-C again, ends the session.")
            continue
        warned = False
        if file is not None and line.strip():
            import readline

            with contextlib.suppress(OSError):
                readline.write_history_file(file)
        yield line


def _remembered() -> Path | None:
    """The file of lines entered before, read; None where there is no readline."""
    try:
        import readline
    except ImportError:
        return None
    from tir.places import state_folder

    file = state_folder() / "chat_lines"
    with contextlib.suppress(OSError):
        file.touch(mode=0o600)
        readline.read_history_file(file)
    readline.set_history_length(1000)
    return file


def _say(text: str) -> None:
    """On stderr, where no reader of answers looks."""
    click.echo(fitted(visible(text), sys.stderr), err=True)
