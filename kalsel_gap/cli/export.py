"""``kalsel-gap export …``: files for others, drawn from a run."""

from __future__ import annotations

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import By, Dialect
from kalsel_gap.text import N_, Text, choose_language

HELP = N_("Write the latest run for others.\n\nExample: kalsel-gap export csv --out list.csv")
CSV_HELP = N_(
    "Write the schools as CSV.\n\n"
    "The canonical columns come first, then the reason in words, then the indicators.\n\n"
    "Example: kalsel-gap export csv --project data/tiny --out list.csv"
)


def csv(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    out: options.OutFile = None,
    dialect: options.CsvDialect = Dialect.raw,
    top: options.Top = None,
    by: options.RankBy = By.deficit,
    kabupaten: options.Kabupaten = None,
    kecamatan: options.Kecamatan = None,
    level: options.Level = None,
    authority: options.Authority = None,
    terrain: options.Terrain = None,
    gap: options.Gap = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
) -> None:
    """Do what :data:`CSV_HELP` says."""
    from kalsel_gap import tables
    from kalsel_gap.run import atomic, read_run

    opened, folder = console.runs_of(project, runs)
    language = choose_language(
        lang.value if lang else None, project=opened.project.project.language, deliverable=True
    )
    chosen = read_run(folder, run)
    view = tables.View(by.value, top, kabupaten, kecamatan, level, authority, terrain, gap)
    written = tables.to_csv(
        chosen, tables.select(chosen.schools, view), Text(language), dialect.value
    )
    if out is None:
        console.emit(written)
        return
    with atomic(out) as temporary:
        temporary.write_bytes(written.encode("utf-8"))
    text: Text = ctx.obj
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
