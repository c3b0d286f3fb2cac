"""`tir models`: which models there are, which are here, what fits; and `pull`, which downloads."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap

import click

from tir.errors import ExitCode, ModelBroken, ModelNotFound, TirError
from tir.models import catalog, fit
from tir.models.auto import best_available
from tir.models.catalog import Entry, Located, size_text
from tir.render.live import window

SCHEMA = "tir.models/1"
CONTEXT = 4096
LEAST_NOTE = 16
"""Characters: a note that is wrapped into fewer cannot be read."""
"""Tokens of the one trajectory for which `needs` is worked out."""


@dataclass(frozen=True, slots=True)
class Row:
    """One model of the table; the fields are those of `--json`."""

    name: str
    hub_id: str | None
    parameters: int
    state: str
    """`here`, `absent`, or `broken`: files are here, but not all or not whole."""
    path: str | None
    revision: str | None
    needs_bytes: int | None
    """None: broken, and not in the catalogue, so nothing is known of its size."""
    fits: bool | None
    auto: bool
    """Whether it is what `-m auto` would take."""
    note: str


class DefaultsToList(click.Group):
    """A group that takes `tir models` and `tir models --json` for `tir models list ...`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=DefaultsToList)
def models() -> None:
    """List the models, or download one. Without a command: list."""


@models.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def list_models(as_json: bool) -> None:
    """Show the models, whether they are on this machine, and whether they fit into memory."""
    device = fit.choose_device()
    dtype = fit.choose_dtype(device)
    free = fit.free_bytes(device)
    try:
        auto = best_available(device=device, context=CONTEXT).name
    except ModelBroken:
        auto = None
    others = [hub_id for hub_id in catalog.cached_ids() if catalog.find(hub_id) is None]
    rows = [
        _row(name, device, free, auto)
        for name in (*(entry.name for entry in catalog.CATALOG), *others)
    ]
    if as_json:
        head = {
            "schema": SCHEMA,
            "device": device,
            "dtype": dtype,
            "free_bytes": free,
            "context": CONTEXT,
        }
        click.echo(json.dumps(head | {"models": [asdict(row) for row in rows]}, indent=2))
        return
    click.echo(table(rows, window(sys.stdout).columns if sys.stdout.isatty() else None))
    click.echo(
        f"\n{device}, {dtype}, {size_text(free)} free. "
        f"NEEDS: weights and one trajectory of {CONTEXT} tokens.",
        err=True,
    )
    if advice := _advice(rows, device):
        click.echo(advice, err=True)


@models.command()
@click.argument("name")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar, only the folder.")
def pull(name: str, quiet: bool) -> None:
    """Download NAME: a name that `tir models` lists, or a hub id org/name.

    Prints the model's folder. A copy that is already here is left as it is.
    """
    from tir.models import download

    hub_id = download.hub_name(name)
    entry = catalog.find(name)
    if entry is not None and not quiet:
        _announce(entry, hub_id)
    try:
        path = download.pull(name, progress=not quiet)
    except KeyboardInterrupt:
        click.echo(f"\nInterrupted. Whole files are kept. Try: tir models pull {name}", err=True)
        download.discard_partial()
        # Not an exception: the interpreter would wait for the threads that are downloading.
        os._exit(ExitCode.INTERRUPTED)
    click.echo(path)
    if not quiet:
        click.echo(f'Try: tir solve -m {name} "..."', err=True)


def _announce(entry: Entry, hub_id: str) -> None:
    """Says what would be downloaded, and whether it will fit, before a long wait."""
    from huggingface_hub import constants

    size = size_text(entry.weight_bytes)
    click.echo(f"{hub_id}, {size}, to {constants.HF_HUB_CACHE}", err=True)
    device = fit.choose_device()
    dtype = fit.choose_dtype(device)
    try:
        fit.require(fit.estimate(entry, device=device, dtype=dtype, context=CONTEXT))
    except TirError as error:
        click.echo(f"Note: {error.what} {error.why}", err=True)


def _row(name: str, device: str, free: int, auto: str | None) -> Row:
    entry = catalog.find(name)
    state, path, revision, note = "here", None, None, entry.note if entry else "in the hub's cache"
    model: Located | Entry | None = entry
    parameters = entry.parameters if entry else 0
    try:
        model = catalog.locate(name)
    except ModelNotFound:
        state = "absent"
    except ModelBroken as error:
        state, note = "broken", f"{error.why} Try: {error.hint}"
    else:
        path, revision = str(model.path), model.revision
        parameters = sum(elements for _, elements, _ in catalog.tensors(model.path))
    dtype = fit.choose_dtype(device, name)
    need = model and fit.estimate(model, device=device, dtype=dtype, context=CONTEXT, free=free)
    return Row(
        name=name,
        hub_id=entry.hub_id if entry else name,
        parameters=parameters,
        state=state,
        path=path,
        revision=revision,
        needs_bytes=need.needs_bytes if need else None,
        fits=need.fits if need else None,
        auto=name == auto,
        note=note,
    )


def table(rows: Sequence[Row], width: int | None = None) -> str:
    """Aligned columns; `auto` in front of the model that is taken without `-m`.

    Notes are wrapped to a `width` of so many characters, where it leaves them room.
    """
    lines = [("", "MODEL", "PARAMETERS", "HERE", "NEEDS", "FITS", "NOTE")]
    for row in rows:
        count = f"{row.parameters / 1e9:.1f} B" if row.parameters >= 1e8 else _millions(row)
        here = {"here": "yes", "absent": "no", "broken": "broken"}[row.state]
        needs = size_text(row.needs_bytes) if row.needs_bytes else "?"
        fits = "?" if row.fits is None else "yes" if row.fits else "no"
        lines.append(("auto" if row.auto else "", row.name, count, here, needs, fits, row.note))
    *widths, longest = [max(map(len, column)) for column in zip(*lines, strict=True)]
    before = sum(widths) + 2 * len(widths)
    room = longest if width is None else max(width - before, LEAST_NOTE)
    shown = []
    for *cells, note in lines:
        left = "".join(f"{cell:<{size}}  " for cell, size in zip(cells, widths, strict=True))
        first, *more = wrap(note, room) or [""]
        shown += [f"{left}{first}".rstrip(), *(" " * before + part for part in more)]
    return "\n".join(shown)


def _millions(row: Row) -> str:
    return f"{row.parameters / 1e6:.1f} M" if row.parameters else "?"


def _advice(rows: Sequence[Row], device: str) -> str | None:
    """The download that would make `auto` better; None if nothing larger fits.

    On a CPU the smallest: memory would allow a larger one, patience would not.
    """
    names = [entry.name for entry in catalog.QWEN_MATH]
    at = max((names.index(row.name) for row in rows if row.auto and row.name in names), default=-1)
    if device == "cpu" and at >= 0:
        return None
    better = [row.name for row in rows if row.fits and row.name in names[at + 1 :]]
    if not better:
        return None
    return f"Try: tir models pull {better[0] if device == 'cpu' else better[-1]}"
