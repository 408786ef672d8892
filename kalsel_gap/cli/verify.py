"""``kalsel-gap verify``: which schools to visit, what to find out there, and what was found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, drawn, options
from kalsel_gap.cli.verify_import import Import, import_results
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.cli.drawn import Drawn
    from kalsel_gap.deliverables.tables import View
    from kalsel_gap.storage.outputs import Outputs

HELP = N_(
    "List the schools whose visit could change most who comes first, and what to find out.\n\n"
    "--out writes a field pack: the list, waypoints (GPX, KML), a layer for QField and a form for "
    "ODK or Kobo that asks only what matters at each school. --import takes in what was found out "
    "and reports how often the list was wrong about it.\n\n"
    "Example: kalsel-gap verify --top 10 --out runs/visits"
)
_TOP = 50


def verify(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    top: options.VisitTop = _TOP,
    kabupaten: options.OnlyKabupaten = None,
    kecamatan: options.OnlyKecamatan = None,
    level: options.OnlyLevel = None,
    authority: options.OnlyAuthority = None,
    terrain: options.OnlyTerrain = None,
    gap: options.OnlyGap = None,
    import_: options.ImportedResults = None,
    out: options.PackFolder = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables import field_pack
    from kalsel_gap.deliverables.tables import View
    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.storage.outputs import Outputs, refuse_file_name

    text: Text = ctx.obj
    refuse_file_name(out)
    source = drawn.RunChoice(project, runs, run)
    if import_ is not None:
        asked = Import(import_, out, format or options.Format.table, overwrite, quiet)
        import_results(ctx, source, asked, lang=lang)
        return
    if out is not None:  # before anything is said of the run
        opened, folder = drawn.project_and_runs(*source)
        guard = Outputs(folder) if opened is None else outputs_of(opened)
        field_pack.pack_folder(out, guard, overwrite=overwrite)
    shown = format or options.Format.table
    chosen = drawn.open_run(
        *(ctx, source, None, ()),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        says_standing=shown is options.Format.table,
    )
    filters = (kabupaten, kecamatan, level, authority, terrain, gap)
    view = View("deficit", None, *(tuple(each or ()) for each in filters))
    _print(chosen, view, top, shown, text, quiet=quiet)
    if out is not None:
        _write(chosen, view, top, out, guard)
        console.note(text(N_("Written: {path}"), path=out), quiet=quiet)


def _print(
    chosen: Drawn, view: View, top: int, format_: options.Format, text: Text, *, quiet: bool
) -> None:
    """The list to standard output."""
    from kalsel_gap.deliverables import tables, visit_list
    from kalsel_gap.storage import spreadsheet

    selected = tables.select(chosen.run.schools, view)
    visits = visit_list.list_visits(chosen.run, selected, text, top=top)
    if format_ is options.Format.json:
        console.emit(spreadsheet.json_of(visits))
    elif format_ is options.Format.csv:
        console.emit(spreadsheet.csv_of(visits))
    else:
        console.notices(tables.all_notices(chosen.run, text))
    if format_ is options.Format.table and len(visits):
        shown = visit_list.in_terminal(visits, text)
        console.figures(shown, visit_list.LABELS, text, spare=visit_list.SPARE, quiet=quiet)
        console.paragraph(visit_list.what_values_mean(chosen.run, text))
    if visits.empty:
        console.note(visit_list.nothing_to_visit(text), quiet=quiet)


def _write(chosen: Drawn, view: View, top: int, folder: Path, guard: Outputs) -> None:
    """The field pack, in the language of the deliverables."""
    from kalsel_gap.deliverables import field_pack, tables, visit_list

    selected = tables.select(chosen.run.schools, view)
    visits = visit_list.list_visits(chosen.run, selected, chosen.words, top=top)
    field_pack.write_pack(chosen.run, visits, folder, guard, chosen.words)
