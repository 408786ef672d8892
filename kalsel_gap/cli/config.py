"""``kalsel-gap config``: every value in force and where it comes from."""

from __future__ import annotations

import json

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import Format
from kalsel_gap.i18n.text import N_, Text, escaped

HELP = N_(
    "Print every setting in use and where it comes from.\n\n"
    "Origins: project (the project file), option (--set), a file of defaults/, or built-in.\n\n"
    "Example: kalsel-gap config --format csv"
)


def config(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    assignments: options.Assignments = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from pathlib import Path

    from kalsel_gap.project.read import find_project, read_project

    text: Text = ctx.obj
    opened = read_project(project or find_project(Path.cwd()), tuple(assignments or ()))
    rows = [(key, json.dumps(v, ensure_ascii=False), origin) for key, v, origin in opened.values()]
    chosen = console.output_format(format)
    if chosen is Format.table:
        console.values(rows, text)
    elif chosen is Format.json:
        records = [{"key": k, "value": json.loads(v), "origin": o} for k, v, o in rows]
        console.emit(escaped(json.dumps(records, indent=1, ensure_ascii=False)) + "\n")
    else:
        console.emit_csv(("key", "value", "origin"), rows)
