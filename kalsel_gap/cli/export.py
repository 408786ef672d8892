"""``kalsel-gap export …``: files for others, drawn from a run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, drawn, export_plan, options, plan_choice
from kalsel_gap.cli.drawn import Drawn
from kalsel_gap.cli.options import By, DialectChoice, NamesChoice
from kalsel_gap.cli.plan_choice import BookChoice
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.deliverables.tables import View

HELP = N_(
    "Export the official run, or without one the last full run.\n\n"
    "Example: kalsel-gap export csv --out list.csv"
)
CSV_HELP = N_(
    "Write the schools as CSV.\n\n"
    "The columns that a person reads first; --columns all writes every column, the same ones in "
    "each project. --names both writes two lines of headers: names for programs in the first, "
    "words for people in the second. --columns budget writes the lines of the budget of a plan, "
    "--columns budget_totals their sums by year and source of funds.\n\n"
    "Example: kalsel-gap export csv --lang id --dialect id --out list.csv"
)

XLSX_HELP = N_(
    "Write a workbook for Excel or LibreOffice.\n\n"
    "Sheets: summary, ranked list, schools without a rank, each kabupaten, each office that is "
    "responsible, data dictionary, findings, method and sources. Where the run has a plan, each "
    "school has what is chosen for it. --columns budget: the budget of a plan, a sheet for each "
    "office (SKPD). While another program has the workbook open, the new one is written beside it "
    "under another name.\n\n"
    "Example: kalsel-gap export xlsx --lang id --out list.xlsx"
)
GPKG_HELP = N_(
    "Write a GeoPackage that QGIS opens with its symbology.\n\n"
    "Layers: schools, findings, sites, results by kabupaten, kecamatan and desa with their "
    "boundaries, predicted levels; the descriptions of the columns are included. Filters choose "
    "the schools, their findings and their predicted levels. With --plan also what the plan "
    "chooses.\n\n"
    "Example: kalsel-gap export gpkg --out schools.gpkg"
)
GEOJSON_HELP = N_(
    "Write the schools as GeoJSON; --plan adds what a plan chooses for them.\n\n"
    "Example: kalsel-gap export geojson --out schools.geojson"
)
PARQUET_HELP = N_(
    "Write the schools as GeoParquet 1.1, for Python, R and databases.\n\n"
    "Example: kalsel-gap export parquet --out schools.parquet"
)
KML_HELP = N_(
    "Write the schools as KML, for Google Earth and phones: a folder for each tier; --plan adds "
    "what a plan chooses for them.\n\n"
    "Example: kalsel-gap export kml --out schools.kml"
)
QGZ_HELP = N_(
    "Write a QGIS project and the GeoPackage that it shows.\n\n"
    "Layers in groups with several styles each, labels, and print layouts A4 and A3 with legend, "
    "scale bar and notices. The GeoPackage has the same name and lies beside the project, and the "
    "two can be moved together. QGIS 3.22 and later open it.\n\n"
    "Example: kalsel-gap export qgz --out schools.qgz"
)
FLATGEOBUF_HELP = N_(
    "Write the schools as FlatGeobuf, for large maps on the web.\n\n"
    "A school without a usable location is not in the file: its index allows none.\n\n"
    "Example: kalsel-gap export flatgeobuf --out schools.fgb"
)


def csv(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    plan: plan_choice.PlanName = None,
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

    source = drawn.RunChoice(project, runs, run)
    filters = (kabupaten, kecamatan, level, authority, terrain, gap)
    if list_ := export_plan.list_wanted(columns, plan, (*filters, top)):
        export_plan.write_csv(
            *(ctx, source, plan, list_, out),
            dialect=dialect,
            names=names,
            overwrite=overwrite,
            lang=lang,
            quiet=quiet,
        )
        return
    chosen = drawn.open_run(
        *(ctx, source, out, (".csv",)), overwrite=overwrite, lang=lang, quiet=quiet
    )
    view = _view(by, top, filters)
    selected = tables.select(chosen.run.schools, view)
    _note_nothing(chosen, selected, view, ctx.obj, quiet=quiet)
    is_for_people = dialect is not DialectChoice.raw or options.is_language_given(ctx, lang)
    named = names or (NamesChoice.labels if is_for_people else NamesChoice.codes)
    data = tables.to_csv(
        *(chosen.run, selected, chosen.words, dialect.value),
        names=options.names_of(columns) or (),
        named=named.value,
    )
    drawn.write_data(chosen, data, out, ctx.obj, quiet=quiet)


def xlsx(
    ctx: typer.Context,
    *,
    out: options.NewFile,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    plan: plan_choice.PlanName = None,
    no_plan: plan_choice.NoPlan = False,
    columns: plan_choice.BookColumns = BookChoice.schools,
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
    filters = (kabupaten, kecamatan, level, authority, terrain, gap)
    if columns is BookChoice.budget:
        export_plan.list_wanted(columns.value, plan, (*filters, top))
        export_plan.write_xlsx(ctx, source, plan, out, overwrite=overwrite, lang=lang, quiet=quiet)
        return
    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, out, (".xlsx",)),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="none" if no_plan else "wanted",
    )
    chosen = found.chosen
    view = _view(by, top, filters)
    selected = tables.select(chosen.run.schools, view.everyone())
    _note_nothing(chosen, selected, view, ctx.obj, quiet=quiet)
    with console.progress(ctx.obj, (STEP,), quiet=quiet) as report:
        write = partial(
            write_workbook,
            *(chosen.run, view),
            text=chosen.words,
            older=chosen.older,
            plan=found.plan,
            progress=partial(report, STEP),
        )
        drawn.write_unless_open(chosen, out, lambda path: write(path=path), ctx.obj, quiet=quiet)


def geojson(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    plan: plan_choice.PlanName = None,
    out: options.OutFile = None,
    crs: options.DegreesOnly = None,
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
    """Do what :data:`GEOJSON_HELP` says."""
    from kalsel_gap.deliverables import gis_layers
    from kalsel_gap.deliverables.layer_crs import refuse_other_crs

    refuse_other_crs(crs, layer="GeoJSON", standard="RFC 7946, section 4")
    source = drawn.RunChoice(project, runs, run)
    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, out, (".geojson", ".json")),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="none",
    )
    chosen = found.chosen
    view = _view(by, top, (kabupaten, kecamatan, level, authority, terrain, gap))
    selected = _selected(chosen, view, ctx.obj, quiet=quiet)
    with console.progress(ctx.obj, ("gis",), quiet=quiet):
        data = gis_layers.to_geojson(chosen.run, selected, chosen.words, plan=found.plan)
    drawn.write_data(chosen, data, out, ctx.obj, quiet=quiet)


def gpkg(
    ctx: typer.Context,
    *,
    out: options.NewFile,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    plan: plan_choice.PlanName = None,
    crs: options.LayerCrs = None,
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
    """Do what :data:`GPKG_HELP` says."""
    from kalsel_gap.deliverables import gis_layers
    from kalsel_gap.deliverables.layer_crs import chosen_crs

    source = drawn.RunChoice(project, runs, run)
    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, out, (".gpkg",)),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="none",
    )
    chosen = found.chosen
    view = _view(by, top, (kabupaten, kecamatan, level, authority, terrain, gap))
    crs = chosen_crs(crs, chosen.run.schools)
    _selected(chosen, view, ctx.obj, quiet=quiet)
    text: Text = ctx.obj
    with (
        console.progress(text, ("gis",), quiet=quiet) as report,
        chosen.outputs.replace(out) as temporary,
    ):
        progress = partial(report, "gis")
        gis_layers.write_gpkg(
            *(chosen.run, temporary, chosen.words),
            crs=crs,
            view=view,
            plan=found.plan,
            progress=progress,
        )
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)


def qgz(
    ctx: typer.Context,
    *,
    out: options.NewFile,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    crs: options.LayerCrs = None,
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
    """Do what :data:`QGZ_HELP` says."""
    from kalsel_gap.deliverables import gis_layers
    from kalsel_gap.deliverables.layer_crs import chosen_crs
    from kalsel_gap.deliverables.qgis_project import refuse_layer_sign, to_qgz
    from kalsel_gap.storage.atomic import sync

    source, data = drawn.RunChoice(project, runs, run), out.with_suffix(".gpkg")
    refuse_layer_sign(out)
    chosen = drawn.open_run(
        *(ctx, source, out, (".qgz",)), overwrite=overwrite, lang=lang, quiet=quiet, beside=(data,)
    )
    view = _view(by, top, (kabupaten, kecamatan, level, authority, terrain, gap))
    crs = chosen_crs(crs, chosen.run.schools)
    _selected(chosen, view, ctx.obj, quiet=quiet)
    text, words = ctx.obj, chosen.words
    with (
        console.progress(text, ("gis",), quiet=quiet) as report,
        chosen.outputs.replace(out) as temporary,
    ):
        layers = gis_layers.layers_of(chosen.run, words, view)
        temporary.write_bytes(to_qgz(chosen.run, layers, words, data=data.name, crs=crs))
        sync(temporary)  # so that nothing can fail between the two files
        with chosen.outputs.replace(data) as beside:
            progress = partial(report, "gis")
            gis_layers.write_layers(
                *(chosen.run, layers, beside, words), crs=crs, progress=progress
            )
    for path in (out, data):
        console.note(text(N_("Written: {path}"), path=path), quiet=quiet)


def parquet(
    ctx: typer.Context,
    *,
    out: options.NewFile,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    crs: options.LayerCrs = None,
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
    """Do what :data:`PARQUET_HELP` says."""
    from kalsel_gap.deliverables.geoparquet import to_geoparquet
    from kalsel_gap.deliverables.layer_crs import chosen_crs

    source = drawn.RunChoice(project, runs, run)
    chosen = drawn.open_run(
        *(ctx, source, out, (".parquet", ".geoparquet")),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
    )
    view = _view(by, top, (kabupaten, kecamatan, level, authority, terrain, gap))
    crs = chosen_crs(crs, chosen.run.schools)
    selected = _selected(chosen, view, ctx.obj, quiet=quiet)
    with console.progress(ctx.obj, ("gis",), quiet=quiet):
        data = to_geoparquet(chosen.run, selected, chosen.words, crs=crs)
    drawn.write_data(chosen, data, out, ctx.obj, quiet=quiet)


def kml(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    plan: plan_choice.PlanName = None,
    out: options.OutFile = None,
    crs: options.DegreesOnly = None,
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
    """Do what :data:`KML_HELP` says."""
    from kalsel_gap.deliverables.layer_crs import refuse_other_crs
    from kalsel_gap.deliverables.school_kml import to_kml

    refuse_other_crs(crs, layer="KML", standard="OGC 07-147r2, section 6")
    source = drawn.RunChoice(project, runs, run)
    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, out, (".kml",)),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="none",
    )
    chosen = found.chosen
    view = _view(by, top, (kabupaten, kecamatan, level, authority, terrain, gap))
    selected = _selected(chosen, view, ctx.obj, quiet=quiet)
    with console.progress(ctx.obj, ("gis",), quiet=quiet):
        data = to_kml(chosen.run, selected, chosen.words, plan=found.plan)
    drawn.write_data(chosen, data, out, ctx.obj, quiet=quiet)


def flatgeobuf(
    ctx: typer.Context,
    *,
    out: options.NewFile,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    crs: options.LayerCrs = None,
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
    """Do what :data:`FLATGEOBUF_HELP` says."""
    from kalsel_gap.deliverables.flatgeobuf import to_flatgeobuf
    from kalsel_gap.deliverables.layer_crs import chosen_crs

    source = drawn.RunChoice(project, runs, run)
    chosen = drawn.open_run(
        *(ctx, source, out, (".fgb",)), overwrite=overwrite, lang=lang, quiet=quiet
    )
    view = _view(by, top, (kabupaten, kecamatan, level, authority, terrain, gap))
    crs = chosen_crs(crs, chosen.run.schools)
    selected = _selected(chosen, view, ctx.obj, quiet=quiet, holds_placeless=False)
    with console.progress(ctx.obj, ("gis",), quiet=quiet):
        data = to_flatgeobuf(chosen.run, selected, chosen.words, crs=crs)
    drawn.write_data(chosen, data, out, ctx.obj, quiet=quiet)


def _view(by: By, top: int | None, filters: tuple[list[str] | None, ...]) -> View:
    """The schools that are asked for; `filters` in the order of :class:`View`."""
    from kalsel_gap.deliverables.tables import View

    return View(by.value, top, *(tuple(each or ()) for each in filters))


def _note_nothing(
    chosen: Drawn, selected: pd.DataFrame, view: View, text: Text, *, quiet: bool
) -> None:
    """Where no school matches the filters, why, on standard error."""
    from kalsel_gap.deliverables.remarks import list_remarks

    if selected.empty:
        for sentence in list_remarks(chosen.run, text, view):
            console.note(sentence, quiet=quiet)


def _selected(
    chosen: Drawn, view: View, text: Text, *, quiet: bool, holds_placeless: bool = True
) -> pd.DataFrame:
    """The schools of a view; standard error says who is left out, and who has no place."""
    from kalsel_gap.deliverables import tables
    from kalsel_gap.deliverables.remarks import cut_tie, list_remarks, placeless

    selected = tables.select(chosen.run.schools, view)
    said = list_remarks(chosen.run, text, view) if selected.empty else []
    if len(selected) < len(chosen.run.schools):
        words = N_("{count} of {all} rows of the register are asked for; the others are left out.")
        counts = {"count": len(selected), "all": len(chosen.run.schools)}
        said.append(text(words, **{name: text.number(n) for name, n in counts.items()}))
    said += [cut_tie(chosen.run, text, view), placeless(selected, text, is_held=holds_placeless)]
    for sentence in filter(None, said):
        console.note(sentence, quiet=quiet)
    return selected
