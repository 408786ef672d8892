"""``kalsel-gap export …``: files of a run as CSV, GeoPackage and GeoJSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import By, DialectChoice, LanguageChoice, NamesChoice
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

HELP = N_("Export the latest run.\n\nExample: kalsel-gap export csv --out list.csv")
CSV_HELP = N_(
    "Write the schools as CSV.\n\n"
    "The columns that a person reads first; --columns all writes every column, the same ones in "
    "each project.\n\n"
    "Example: kalsel-gap export csv --lang id --dialect id --out list.csv"
)


GPKG_HELP = N_(
    "Write a GeoPackage that QGIS opens with its symbology.\n\n"
    "Layers: schools, sites, boundaries; the descriptions of the columns are included.\n\n"
    "Example: kalsel-gap export gpkg --out schools.gpkg"
)
GEOJSON_HELP = N_(
    "Write the schools as GeoJSON.\n\nExample: kalsel-gap export geojson --out schools.geojson"
)


def csv(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    out: options.OutFile = None,
    columns: options.CsvColumns = "summary",
    dialect: options.CsvDialect = DialectChoice.raw,
    names: options.CsvNames = None,
    top: options.Top = None,
    by: options.RankBy = By.deficit,
    kabupaten: options.OnlyKabupaten = None,
    kecamatan: options.OnlyKecamatan = None,
    level: options.OnlyLevel = None,
    authority: options.OnlyAuthority = None,
    terrain: options.OnlyTerrain = None,
    gap: options.OnlyGap = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
) -> None:
    """Do what :data:`CSV_HELP` says."""
    from kalsel_gap.deliverables import tables
    from kalsel_gap.deliverables.remarks import find_remarks

    chosen, words = _opened(ctx, project, runs, run, lang)
    filters = (kabupaten, kecamatan, level, authority, terrain, gap)
    view = tables.View(by.value, top, *(tuple(each or ()) for each in filters))
    selected = tables.select(chosen.schools, view)
    if selected.empty:
        for sentence in find_remarks(chosen, ctx.obj, view):
            console.note(sentence, quiet=quiet)
    is_for_people = dialect is not DialectChoice.raw or options.is_language_given(ctx, lang)
    named = names or (NamesChoice.labels if is_for_people else NamesChoice.codes)
    data = tables.to_csv(
        *(chosen, selected, words, dialect.value),
        names=options.names_of(columns) or (),
        labelled=named is NamesChoice.labels,
    )
    _write(data, out, ctx.obj, quiet=quiet)


def geojson(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    out: options.OutFile = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
) -> None:
    """Do what :data:`GEOJSON_HELP` says."""
    from kalsel_gap.deliverables import gis_layers

    chosen, words = _opened(ctx, project, runs, run, lang)
    _write(gis_layers.to_geojson(chosen, chosen.schools, words), out, ctx.obj, quiet=quiet)


def gpkg(
    ctx: typer.Context,
    *,
    out: options.NewFile,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
) -> None:
    """Do what :data:`GPKG_HELP` says."""
    from kalsel_gap.deliverables import gis_layers
    from kalsel_gap.storage.atomic import replace_file

    chosen, words = _opened(ctx, project, runs, run, lang)
    with replace_file(out) as temporary:
        gis_layers.write_gpkg(chosen, temporary, words)
    text: Text = ctx.obj
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)


def _opened(
    ctx: typer.Context,
    project: Path | None,
    runs: Path | None,
    run: str | None,
    lang: LanguageChoice | None,
) -> tuple[Run, Text]:
    """The run, and the language of its exports."""
    from kalsel_gap.storage.run_folder import read_run

    opened, folder = console.runs_of(project, runs)
    return read_run(folder, run), options.words(ctx, lang, opened)


def _write(data: str, out: Path | None, text: Text, *, quiet: bool) -> None:
    """Write to the file, or to standard output without one."""
    from kalsel_gap.storage.atomic import replace_file

    if out is None:
        console.emit(data)
        return
    with replace_file(out) as temporary:
        temporary.write_bytes(data.encode("utf-8"))
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
