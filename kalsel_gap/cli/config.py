"""``kalsel-gap config``: every value in force and where it comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import Format
from kalsel_gap.i18n.text import N_, Text, escaped

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened

HELP = N_(
    "Print every setting in use and where it comes from, and what the last run learned.\n\n"
    "Origins: project (the project file), option (--set), a file of defaults/, built-in, or a "
    "run: of curves.…, the curves that infer an unknown service (docs/method.md).\n\n"
    "Example: kalsel-gap config --format csv"
)


def config(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    assignments: options.Assignments = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from pathlib import Path

    from kalsel_gap.project.read import find_project, read_project

    text: Text = ctx.obj
    opened = read_project(project or find_project(Path.cwd()), tuple(assignments or ()))
    values = [*opened.values(), *_curves(opened)]
    rows = [(key, json.dumps(v, ensure_ascii=False), origin) for key, v, origin in values]
    chosen = format or Format.table
    if chosen is Format.table:
        console.values(rows, text)
    elif chosen is Format.json:
        records = [{"key": k, "value": json.loads(v), "origin": o} for k, v, o in rows]
        console.emit(escaped(json.dumps(records, indent=1, ensure_ascii=False)) + "\n")
    else:
        console.emit_csv(("key", "value", "origin"), rows)


def _curves(opened: Opened) -> list[tuple[str, Any, str]]:
    """The curves that infer an unknown service as the last run learned them, or their prior.

    Points are (A_a, value), of the curve over distance (km, A_a); ``schools`` is how many each was
    learned from.
    """
    from kalsel_gap.errors import InputError
    from kalsel_gap.indicators.inference import fit_given_line, fit_no_line
    from kalsel_gap.storage.run_folder import LATEST, read_run

    prior = opened.project.index.inference.prior
    try:
        run = read_run(opened.project.output.folder, LATEST)
        learned, distance = run.table("curves"), run.table("distance_curve")
    except InputError as error:  # no run yet, or one of an older version
        if error.code == "run_altered":
            raise
        origin = "defaults/index.toml"
        curves = {
            "no_line": fit_no_line([], [], prior=prior).as_table(),
            "given_line": fit_given_line([], [], prior=prior).as_table(),
        }
    else:
        origin = f"run {run.folder.name}"
        curves = {str(name): each for name, each in learned.groupby("curve", sort=False)}
        curves |= {"distance": distance} if len(distance) else {}
    rows: list[tuple[str, Any, str]] = []
    for name, each in curves.items():
        x, y = (n for n in ("km", "knot", "available", "value") if n in each.columns)
        points = each[[x, y]].round(4).to_numpy().tolist()
        rows += [
            (f"curves.{name}.points", points, origin),
            (f"curves.{name}.schools", int(each["schools"].iloc[0]), origin),
        ]
    return rows
