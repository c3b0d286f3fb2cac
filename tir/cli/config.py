"""`tir config`: each setting, its value and where that comes from; and the file they are in."""

import json
from typing import Any

import click
from click.core import ParameterSource

from tir import settings
from tir.cli.desk import history_option
from tir.cli.solve import solve
from tir.errors import BadInput
from tir.places import config_file
from tir.render.safe import one_line

SCHEMA = "tir.config/1"
_ORIGINS = {
    ParameterSource.COMMANDLINE: "flag",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: "file",
}


def setting_options() -> dict[str, click.Option]:
    """The option of each setting, as `tir solve` and `tir hint` take it."""
    found: dict[str, click.Option] = {}
    probe = history_option(lambda: None)
    for parameter in (*solve.params, *getattr(probe, "__click_params__", ())):
        if (
            isinstance(parameter, click.Option)
            and (name := name_of(parameter)) in settings.SETTINGS
        ):
            found.setdefault(name, parameter)
    return found


def name_of(option: click.Option) -> str:
    """The long name of an option, without its dashes."""
    return next((each[2:] for each in option.opts if each.startswith("--")), "")


@click.group()
def config() -> None:
    """Show or change the settings that all commands share.

    \b
    flag > environment (TIR_SAMPLES=8) > file (samples = 8) > default
    """


def _show(context: click.Context, as_json: bool) -> None:
    rows = [_row(context, name, option) for name, option in setting_options().items()]
    if as_json:
        document = {"schema": SCHEMA, "file": str(config_file()), "settings": rows}
        click.echo(json.dumps(document, indent=2))
        return
    width = max(len(str(row["name"])) for row in rows)
    values = [one_line("-" if r["value"] is None else _plain(r["value"])) for r in rows]
    room = max(map(len, values))
    for row, value in zip(rows, values, strict=True):
        where = {
            "environment": f"environment, {row['variable']}",
            "file": f"file, {config_file()}",
        }.get(str(row["origin"]), str(row["origin"]))
        click.echo(f"{row['name']!s:{width}}  {value:{room}}  {where}")


def _row(context: click.Context, name: str, option: click.Option) -> dict[str, Any]:
    assert option.name is not None
    value = context.params.get(option.name)
    source = context.get_parameter_source(option.name)
    origin = "default" if source is None else _ORIGINS.get(source, "default")
    variable = settings.variable(name)
    return {"name": name, "value": value, "origin": origin, "variable": variable}


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Show(click.Command):
    """Takes every setting as a flag too, so that flags show where they stand."""

    def __init__(self) -> None:
        as_json = click.Option(["--json", "as_json"], is_flag=True, help="One JSON object.")
        super().__init__(
            "show",
            params=[*setting_options().values(), as_json],
            callback=click.pass_context(lambda context, as_json, **_: _show(context, as_json)),
            help="Show each setting, its value, and whether a flag, the environment, the file or"
            " nobody set it.",
            short_help="Show each setting and where its value comes from.",
        )


config.add_command(_Show())


@config.command("set")
@click.argument("name")
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Take it out of the file.")
@click.pass_context
def set_(context: click.Context, name: str, value: str | None, unset: bool) -> None:
    """Write a setting into the file: tir config set samples 8"""
    name = name.removeprefix("--").replace("_", "-")
    if (value is None) is not unset:
        raise click.UsageError("A value, or --unset, is needed.", context)
    option = setting_options().get(name)
    if option is None:
        raise BadInput(
            f"there is no setting {name!r}.",
            why=f"The settings are {', '.join(settings.SETTINGS)}.",
            hint="tir config show",
        )
    typed = None if value is None else checked(option, value, context)
    click.echo(f"{settings.write(name, typed)}", err=True)


@config.command()
def path() -> None:
    """Print where the file is, or would be."""
    click.echo(str(config_file()))


def checked(option: click.Option, value: object, context: click.Context) -> settings.Value:
    """The value as the option takes it.

    Raises click.BadParameter where it does not.
    """
    converted = option.type_cast_value(context, value)
    if option.callback is not None:
        converted = option.callback(context, option, converted)
    if not isinstance(converted, str | int | float | bool):
        raise click.BadParameter(f"{value!r} is no value for it.", context, option)
    return converted
