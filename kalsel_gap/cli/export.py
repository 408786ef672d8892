"""``kalsel-gap export …``: files for others, drawn from a run."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, drawn, options
from kalsel_gap.cli.drawn import Drawn
from kalsel_gap.cli.options import By, DialectChoice, NamesChoice
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Callable

HELP = N_(
    "Export the official run, or without one the last full run.\n\n"
    "Example: kalsel-gap export csv --out list.csv"
)
CSV_HELP = N_(
    "Write the schools as CSV.\n\n"
    "The columns that a person reads first; --columns all writes every column, the same ones in "
    "each project. --names both writes two lines of headers: names for programs in the first, "
    "words for people in the second.\n\n"
    "Example: kalsel-gap export csv --lang id --dialect id --out list.csv"
)

XLSX_HELP = N_(
    "Write a workbook for Excel or LibreOffice.\n\n"
    "Sheets: summary, ranked list, schools without a rank, each kabupaten, each office that is "
    "responsible, data dictionary, findings, method and sources. While another program has the "
    "workbook open, the new one is written beside it under another name.\n\n"
    "Example: kalsel-gap export xlsx --lang id --out list.xlsx"
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
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`CSV_HELP` says."""
    from kalsel_gap.deliverables import tables
    from kalsel_gap.deliverables.remarks import list_remarks

    source = drawn.RunChoice(project, runs, run)
    chosen = drawn.open_run(
        *(ctx, source, out, (".csv",)), overwrite=overwrite, lang=lang, quiet=quiet
    )
    filters = (kabupaten, kecamatan, level, authority, terrain, gap)
    view = tables.View(by.value, top, *(tuple(each or ()) for each in filters))
    selected = tables.select(chosen.run.schools, view)
    if selected.empty:
        for sentence in list_remarks(chosen.run, ctx.obj, view):
            console.note(sentence, quiet=quiet)
    is_for_people = dialect is not DialectChoice.raw or options.is_language_given(ctx, lang)
    named = names or (NamesChoice.labels if is_for_people else NamesChoice.codes)
    data = tables.to_csv(
        *(chosen.run, selected, chosen.words, dialect.value),
        names=options.names_of(columns) or (),
        named=named.value,
    )
    _write(chosen, data, out, ctx.obj, quiet=quiet)


def xlsx(
    ctx: typer.Context,
    *,
    out: options.NewFile,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    top: options.Top = None,
    by: options.RankBy = By.deficit,
    kabupaten: options.OnlyKabupaten = None,
    kecamatan: options.OnlyKecamatan = None,
    level: options.OnlyLevel = None,
    authority: options.OnlyAuthority = None,
    terrain: options.OnlyTerrain = None,
    gap: options.OnlyGap = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`XLSX_HELP` says."""
    from kalsel_gap.deliverables import tables
    from kalsel_gap.deliverables.workbook import STEP, write_workbook

    source = drawn.RunChoice(project, runs, run)
    chosen = drawn.open_run(
        *(ctx, source, out, (".xlsx",)), overwrite=overwrite, lang=lang, quiet=quiet
    )
    filters = (kabupaten, kecamatan, level, authority, terrain, gap)
    view = tables.View(by.value, top, *(tuple(each or ()) for each in filters))
    with console.progress(ctx.obj, (STEP,), quiet=quiet) as report:
        write = partial(
            write_workbook,
            *(chosen.run, view),
            text=chosen.words,
            older=chosen.older,
            progress=partial(report, STEP),
        )
        _write_unless_open(chosen, out, lambda path: write(path=path), ctx.obj, quiet=quiet)


def geojson(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    out: options.OutFile = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`GEOJSON_HELP` says."""
    from kalsel_gap.deliverables import gis_layers

    source = drawn.RunChoice(project, runs, run)
    chosen = drawn.open_run(
        *(ctx, source, out, (".geojson", ".json")), overwrite=overwrite, lang=lang, quiet=quiet
    )
    data = gis_layers.to_geojson(chosen.run, chosen.run.schools, chosen.words)
    _write(chosen, data, out, ctx.obj, quiet=quiet)


def gpkg(
    ctx: typer.Context,
    *,
    out: options.NewFile,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`GPKG_HELP` says."""
    from kalsel_gap.deliverables import gis_layers

    source = drawn.RunChoice(project, runs, run)
    chosen = drawn.open_run(
        *(ctx, source, out, (".gpkg",)), overwrite=overwrite, lang=lang, quiet=quiet
    )
    with chosen.outputs.replace(out) as temporary:
        gis_layers.write_gpkg(chosen.run, temporary, chosen.words)
    text: Text = ctx.obj
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)


def _write(chosen: Drawn, data: str, out: Path | None, text: Text, *, quiet: bool) -> None:
    """Write to the file, or to standard output without one."""
    if out is None:
        console.emit(data)
        return
    written = data.encode("utf-8")
    _write_unless_open(chosen, out, lambda path: path.write_bytes(written), text, quiet=quiet)


def _write_unless_open(
    chosen: Drawn, out: Path, write: Callable[[Path], object], text: Text, *, quiet: bool
) -> None:
    """Write the file, or another one beside it while a spreadsheet has it open, and say so."""
    from kalsel_gap.storage.outputs import opened_by

    lock = opened_by(out)
    place = chosen.outputs.write_unless_open(out, write)
    if place == out:
        console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
        return
    # Also where no notes are wanted: the file that was asked for is not the new one.
    words = N_("{path} is open in another program and was not replaced. Written instead: {other}")
    console.note(text(words, path=out, other=place))
    if lock is not None:
        words = N_("If no program has it open, delete {lock} and run the command again.")
        console.note(text(words, lock=lock))
