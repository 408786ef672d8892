"""The command line: parse, call the library, render. Only here are typer and rich imported.

Heavy libraries are imported inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import typer

from kalsel_gap.cli import (
    check,
    compare,
    config,
    costs,
    doctor,
    evaluate,
    explain,
    export,
    export_plan,
    init,
    objections,
    options,
    plan,
    predict,
    publish,
    rank,
    report,
    runs,
    spoken,
    terrain,
    verify,
)
from kalsel_gap.cli import map as map_
from kalsel_gap.cli.console import fail, note
from kalsel_gap.cli.framework import Command, CommandGroup
from kalsel_gap.errors import KalselGapError, suggestion
from kalsel_gap.i18n.text import N_, Text, choose_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.i18n.text import Language

# The help of the framework's own options.
_HELP_OF_OPTIONS = (
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)
# The framework's messages about a wrong command line, as our error codes; the first match.
_USAGE = {
    "command_split": r"'(?P<value>.*?)' is now '(?P<expected>.*?)'\.",
    "command_unknown": r"No such command '(?P<value>.*?)'.?( Did you mean '(?P<suggestion>.*)'\?)?",
    "option_unknown": r"No such option: (?P<value>.*?)( \(Possible options: (?P<suggestion>.*)\))?",
    "option_missing": r"Missing (option|argument) (?P<option>.*?)\.( .*)?",
    "option_without_value": r"Option '(?P<option>.*)' requires an argument.",
    "option_with_value": r"Option '(?P<option>.*)' does not take a value.",
    "arguments_surplus": r"Got unexpected extra argument.*? \((?P<value>.*)\)",
    "value_not_a_choice": (
        r"Invalid value for (?P<column>.*?): (Value error, )?'(?P<value>.*)' is not one of "
        r"(?P<expected>.*?)\.?"
    ),
    "value_unfit": r"Invalid value for (?P<column>.*?): (?P<reason>.*)",
    "usage": r"(?P<reason>.*)",
}
_INTERRUPTED = 130  # how the framework reports Ctrl-C while it reads the command line
# Only this child of the framework's usage errors is public.
_UsageError: Any = typer.BadParameter.__base__


app = typer.Typer(
    cls=CommandGroup,
    help=N_(
        "Rank schools by connectivity deficit, and say how sure that is.\n\n"
        "Example: kalsel-gap rank"
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init", cls=Command, help=init.HELP)(init.init)
app.command("check", cls=Command, help=check.HELP)(check.check)
app.command("rank", cls=Command, help=rank.HELP)(rank.rank)
app.command("explain", cls=Command, help=explain.HELP)(explain.explain)
app.command("verify", cls=Command, help=verify.HELP)(verify.verify)
app.command("compare", cls=Command, help=compare.HELP)(compare.compare)
app.command("evaluate", cls=Command, help=evaluate.HELP)(evaluate.evaluate)
app.add_typer(runs.app, name="runs")
app.command("terrain", cls=Command, help=terrain.HELP)(terrain.terrain)
app.add_typer(predict.app, name="predict")
app.command("map", cls=Command, help=map_.HELP)(map_.map)
app.command("report", cls=Command, help=report.HELP)(report.report)
app.command("plan", cls=Command, help=plan.HELP)(plan.plan)
app.command("publish", cls=Command, help=publish.HELP)(publish.publish)
app.command("costs", cls=Command, help=costs.HELP)(costs.costs)
app.command("config", cls=Command, help=config.HELP)(config.config)
app.add_typer(objections.app, name="objections")
app.command("doctor", cls=Command, help=doctor.HELP)(doctor.doctor)
export_app = typer.Typer(
    cls=CommandGroup,
    help=export.HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
)
export_app.command("csv", cls=Command, help=export.CSV_HELP)(export.csv)
export_app.command("xlsx", cls=Command, help=export.XLSX_HELP)(export.xlsx)
export_app.command("gpkg", cls=Command, help=export.GPKG_HELP)(export.gpkg)
export_app.command("qgz", cls=Command, help=export.QGZ_HELP)(export.qgz)
export_app.command("geojson", cls=Command, help=export.GEOJSON_HELP)(export.geojson)
export_app.command("parquet", cls=Command, help=export.PARQUET_HELP)(export.parquet)
export_app.command("kml", cls=Command, help=export.KML_HELP)(export.kml)
export_app.command("flatgeobuf", cls=Command, help=export.FLATGEOBUF_HELP)(export.flatgeobuf)
export_app.command("tor", cls=Command, help=export_plan.TOR_HELP)(export_plan.tor)
export_app.command("bts", cls=Command, help=export_plan.BTS_HELP)(export_plan.bts)
app.add_typer(export_app, name="export")


def _print_version(wanted: bool) -> None:
    if wanted:
        from kalsel_gap import __version__

        typer.echo(f"kalsel-gap {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    *,
    version: bool = typer.Option(
        False,
        "--version",
        callback=_print_version,
        is_eager=True,
        help=N_("Print the version and exit."),
    ),
    lang: options.Lang = None,
    aloud: options.Plain = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the process's own.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    text = Text(choose_language(_language_option(arguments)))
    command = _command(text.language)
    try:
        with spoken.plainly("--plain" in arguments):
            status = command.main(
                args=arguments, prog_name="kalsel-gap", obj=text, standalone_mode=False
            )
    except _UsageError as error:
        _explain(error, text)
        status = error.exit_code
    if status == _INTERRUPTED:
        fail(KalselGapError("interrupted"), text)
        status = 1
    raise SystemExit(status or 0)


@cache
def _command(language: Language) -> Any:  # noqa: ANN401
    """All commands with their help in a language: to build them takes longer than to parse."""
    command = typer.main.get_command(app)
    _translate(command, Text(language))
    return command


def _explain(error: Any, text: Text) -> None:  # noqa: ANN401
    """Print what is wrong with the command line, and where its help is."""
    if error.ctx and error.message == error.ctx.get_help():  # no command was given
        print(error.message, file=sys.stderr)  # noqa: T201 - a page of several lines
        return
    words = error.format_message()
    fits = ((code, re.fullmatch(p, words, re.DOTALL)) for code, p in _USAGE.items())
    code, found = next((code, match) for code, match in fits if match)
    params: dict[str, Any] = {
        key: (value or "").replace("'", "") for key, value in found.groupdict().items()
    }
    if ", " in params.get("suggestion", ""):  # of several near words the nearest
        params["suggestion"] = suggestion(params["value"], params["suggestion"].split(", "))
    fail(KalselGapError(code, **params), text)
    path = error.ctx.command_path if error.ctx else "kalsel-gap"
    note(text(N_("Help: {command}"), command=f"{path} --help"))


def _language_option(arguments: Sequence[str]) -> str | None:
    """The value of ``--lang``, before anything is parsed: help and errors need it too."""
    for argument, following in pairwise([*arguments, ""]):
        if argument == "--lang":
            return following
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return None


def _translate(command: Any, text: Text) -> None:  # noqa: ANN401
    """Put the help of a command, its options and its sub-commands into the reader's language."""
    for name in ("help", "short_help", "epilog"):
        if value := getattr(command, name, None):
            setattr(command, name, text(value))
    for parameter in command.params:
        for name in ("help", "metavar"):
            if value := getattr(parameter, name, None):
                setattr(parameter, name, text(value))
    for inner in getattr(command, "commands", {}).values():
        _translate(inner, text)
