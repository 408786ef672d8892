"""``kalsel-gap predict school``: the links of one school, and a picture of the best one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.predict import link_table
from kalsel_gap.errors import OutputError
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from kalsel_gap.radio.links.link_table import LinkTable

HELP = N_(
    "Print the radio links of one school, and draw the best one.\n\n"
    "One row for each site in reach: level, path loss, path loss by a second model and the worst "
    "obstacle; the level indoors and at an antenna on the roof, and whether a microwave hop is "
    "feasible. Sites need antenna_height_m, frequency_mhz and eirp_dbm.\n\n"
    "Example: kalsel-gap predict school 99100001 --picture runs/path.svg"
)
_PICTURES = (".svg", ".png")


def school(
    ctx: typer.Context,
    npsn: options.Npsn,
    *,
    project: options.ProjectFile = None,
    picture: options.Picture = None,
    overwrite: options.Overwrite = False,
    operator: options.Operators = None,
    technology: options.Technologies = None,
    radius_km: options.RadiusKm = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    assignments: options.Assignments = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.project.read import find_project, read_project
    from kalsel_gap.radio.links.link_table import list_links
    from kalsel_gap.storage.atomic import refuse_unwritable

    text: Text = ctx.obj
    opened = read_project(project or find_project(Path.cwd()), tuple(assignments or ()))
    outputs = outputs_of(opened)
    if picture is not None:
        outputs.check(picture, endings=_PICTURES, overwrite=overwrite)
        if not picture.parent.is_dir():
            raise OutputError("folder_missing", path=picture.parent)
        refuse_unwritable(picture)
    with console.progress(text, ("links",), quiet=quiet):  # kernels are compiled the first time
        found = list_links(
            *(opened, npsn),
            operators=operator or (),
            technologies=[each.value for each in technology or ()],
            radius_km=radius_km,
        )
    link_table.show(found, format, text, quiet=quiet)
    if picture is not None:
        drawn = _drawn(found, picture, options.words(ctx, lang, opened))
        with outputs.replace(picture) as temporary:
            temporary.write_bytes(drawn)
        console.note(text(N_("Written: {path}"), path=picture), quiet=quiet)


def _drawn(found: LinkTable, picture: Path, words: Text) -> bytes:
    from kalsel_gap.deliverables import drawing, profile_plot
    from kalsel_gap.radio.links import link_table as linktable

    write = drawing.to_svg if picture.suffix.lower() == ".svg" else drawing.to_png
    return write(profile_plot.picture(linktable.view(found), words))
