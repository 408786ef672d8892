"""``kalsel-gap doctor``: whether this machine and the project are ready."""

from __future__ import annotations

import json

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import Format
from kalsel_gap.i18n.text import N_, Text, escaped

HELP = N_(
    "Check what the tool needs and say what to do if something is missing or broken.\n\n"
    "Environment, libraries, GDAL, project and inputs, cache, disk, terminal. Works without a "
    "project. Exit status 3 if there is a problem.\n\n"
    "Example: kalsel-gap doctor"
)
_AT_FAULT = 3  # exit status


def doctor(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.doctor import examine, fact

    text: Text = ctx.obj
    found = examine(project)
    chosen = format or Format.table
    rows = [{"part": f.part, "state": f.state, "message": fact(f, text)} for f in found]
    if chosen is Format.table:
        console.facts(found, text)
    elif chosen is Format.json:
        console.emit(escaped(json.dumps(rows, indent=1, ensure_ascii=False)) + "\n")
    else:
        console.emit_csv(("part", "state", "message"), [tuple(row.values()) for row in rows])
    if any(f.state == "fault" for f in found):
        raise typer.Exit(_AT_FAULT)
