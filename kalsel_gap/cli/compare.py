"""``kalsel-gap compare``: two runs, which ranks moved and why, which gaps changed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, drawn, explain_table, options
from kalsel_gap.cli.options import Format
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from kalsel_gap.comparison.run_comparison import RunComparison

HELP = N_(
    "Compare two runs: which ranks moved, by what, and which gaps were closed or opened.\n\n"
    "Each move is the sum of what the register, measurements, coverage, sites and terrain, and "
    "weights and figures did to it, in this order; what is left is the method, another version of "
    "the code. Everything comes from what the two runs hold; no input is read. A run is named by "
    "its id, the beginning of it, latest, or its folder; “kalsel-gap runs” lists them. The example "
    "works wherever there is a run, and compares it with itself: put the id of an older run "
    "first.\n\n"
    "Example: kalsel-gap compare latest latest --top 10"
)
_ENDINGS = (".html", ".htm")
_STEP = "compare"


def compare(
    ctx: typer.Context,
    run_a: options.OlderRun,
    run_b: options.NewerRun,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    recompute: options.Recompute = False,
    top: options.MostMoved = console.TOP,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    out: options.PageFile = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.comparison.comparison_page import as_data, notices_of, sections_of, title_of
    from kalsel_gap.comparison.run_comparison import compare_runs
    from kalsel_gap.storage.spreadsheet import csv_of

    text: Text = ctx.obj
    source = drawn.RunChoice(project, runs, None)
    chosen = drawn.open_two_runs(
        *(ctx, source, (run_a, run_b), out, _ENDINGS), overwrite=overwrite, lang=lang
    )
    with console.progress(text, (_STEP,), quiet=quiet) as report:
        found = compare_runs(*chosen.runs, recompute=recompute, progress=partial(report, _STEP))
    if out is not None:
        _write(chosen, found, out, text, top=top, quiet=quiet)
        return
    match format or Format.table:
        case Format.json:
            console.emit(as_data(found))
        case Format.csv:
            console.emit(csv_of(found.schools))
        case Format.table:
            sections = sections_of(found, text, top=top)
            explain_table.show(title_of(found, text), notices_of(found, text), sections, text)


def _write(
    chosen: drawn.TwoDrawn,
    found: RunComparison,
    out: Path,
    text: Text,
    *,
    top: int,
    quiet: bool,
) -> None:
    from kalsel_gap.comparison.comparison_page import (
        imprint_of,
        notices_of,
        sections_of,
        title_of,
    )
    from kalsel_gap.deliverables.explanation_page import page_of_sections

    words = chosen.words
    page = page_of_sections(
        title_of(found, words),
        {"notices": [plain(each) for each in notices_of(found, words)], "official": ""},
        sections_of(found, words, top=top),
        imprint_of(found, words),
        words,
    )
    with chosen.outputs.replace(out) as temporary:
        temporary.write_bytes(page.encode("utf-8"))
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
