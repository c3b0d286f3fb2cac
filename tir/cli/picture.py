"""`--image` and `--audio`: a problem as read by a model, seen by a person before it is solved."""

import contextlib
import sys
from collections.abc import Callable
from typing import Any

import click

from tir.errors import BadInput
from tir.models.options import LoadOptions
from tir.render.safe import visible

Command = Callable[..., Any]


def picture_options(command: Command) -> Command:
    """Adds `--image`, `--audio`, `--reader` and `--yes`."""
    options = (
        click.option("--image", metavar="FILE", help="Read the problem from a photo."),
        click.option("--audio", metavar="FILE", help="Read it from a recording, by an endpoint."),
        click.option(
            "--reader", metavar="NAME", help="The model that sees or hears: name or folder."
        ),
        click.option("--yes", is_flag=True, help="Solve it as read, without asking."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def question_from(
    image: str | None, audio: str | None, *, reader: str | None, yes: bool, options: LoadOptions
) -> str:
    """The problem as read, corrected by the person if there is a terminal to do so.

    Raises:
        BadInput: the file cannot be used; or nobody can see what was read, and `yes` is not set.
        EnvironmentFailed: the model that reads cannot be had.
    """
    from tir.students.transcribe import transcribe_audio, transcribe_image

    with contextlib.redirect_stdout(sys.stderr):
        if image is not None:
            text = transcribe_image(image, reader=reader, options=options)
        else:
            text = transcribe_audio(audio or "", reader=reader, options=options)
    click.echo(f"As read:\n{visible(text)}\n", err=True)
    if yes:
        return text
    if not sys.stdin.isatty():
        raise BadInput(
            "nobody has seen what was read.",
            why="A misread sign makes another problem; here is no terminal to ask at.",
            hint=f"tir solve --yes {'--image' if image else '--audio'} {image or audio}",
        )
    answer = click.prompt(
        "Enter solves it, e opens it in an editor; else type it as it should be",
        default="",
        show_default=False,
        err=True,
    )
    said = str(answer).strip()
    if said == "e":
        # An editor that is left without saving changes nothing.
        said = (click.edit(text, extension=".txt") or "").strip()
    return said or text
