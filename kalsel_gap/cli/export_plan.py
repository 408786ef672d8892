"""``kalsel-gap export …`` of a plan: budget lines, terms of reference, proposals for BTS."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kalsel_gap.cli import console, drawn, options, plan_choice
from kalsel_gap.cli.options import DialectChoice, NamesChoice
from kalsel_gap.errors import KalselGapError
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kalsel_gap.cli.drawn import RunChoice
    from kalsel_gap.cli.options import LanguageChoice
    from kalsel_gap.deliverables.budget_lists import ListName

TOR_HELP = N_(
    "Write drafts of terms of reference (TOR/KAK) of a plan: one text for each office, option and "
    "year.\n\n"
    "Background, aim, places, volume, unit prices with their sources, schedule, costs, output and "
    "risks, as Markdown. What an official must fill in, such as the legal basis, is marked.\n\n"
    "Example: kalsel-gap export tor --lang id --out tor"
)
BTS_HELP = N_(
    "Write the base stations (BTS) that a plan proposes, as a list for Komdigi and BAKTI: CSV, or "
    "a workbook by the ending of the file.\n\n"
    "Each with its coordinates, population where known, the schools and pupils that it serves, "
    "terrain, access and the nearest radio sites.\n\n"
    "Example: kalsel-gap export bts --lang id --out bts.xlsx"
)
LISTS: tuple[ListName, ...] = ("budget", "budget_totals")  # of a plan, as `export csv` takes them
TorFolder = Annotated[
    Path, typer.Option("--out", "-o", metavar=N_("<folder>"), help=N_("Folder for the texts."))
]


def list_wanted(columns: str, plan: str | None, filters: Iterable[object]) -> ListName | None:
    """Which list of a plan ``export csv`` is asked for; None for the schools.

    Raises
    ------
    KalselGapError
        `plan_no_filter`: only some schools are asked for, and a budget is a whole.
    """
    name = next((each for each in LISTS if each == columns), None)
    if name is None and plan is not None:
        name = LISTS[0]
    if name is not None and any(filters):
        raise KalselGapError("plan_no_filter", column="--columns", value=name)
    return name


def write_csv(
    ctx: typer.Context,
    source: RunChoice,
    plan: str | None,
    name: ListName,
    out: Path | None,
    *,
    dialect: DialectChoice,
    names: NamesChoice | None,
    overwrite: bool,
    lang: LanguageChoice | None,
    quiet: bool,
) -> None:
    """Write a list of a plan as CSV."""
    from kalsel_gap.deliverables.budget_lists import to_csv

    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, out, (".csv",)),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="needed",
    )
    assert found.plan is not None
    is_for_people = dialect is not DialectChoice.raw or options.is_language_given(ctx, lang)
    named = names or (NamesChoice.labels if is_for_people else NamesChoice.codes)
    chosen = found.chosen
    data = to_csv(
        *(chosen.run, found.plan, chosen.words, dialect.value), name=name, named=named.value
    )
    drawn.write_data(chosen, data, out, ctx.obj, quiet=quiet)


def write_xlsx(
    ctx: typer.Context,
    source: RunChoice,
    plan: str | None,
    out: Path,
    *,
    overwrite: bool,
    lang: LanguageChoice | None,
    quiet: bool,
) -> None:
    """Write the budget of a plan as a workbook."""
    from kalsel_gap.deliverables.budget_lists import write_budget_workbook

    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, out, (".xlsx",)),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="needed",
    )
    chosen, of_run = found.chosen, found.plan
    assert of_run is not None
    drawn.write_unless_open(
        chosen,
        out,
        lambda path: write_budget_workbook(chosen.run, of_run, path, chosen.words),
        ctx.obj,
        quiet=quiet,
    )


def bts(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    plan: plan_choice.PlanName = None,
    out: options.OutFile = None,
    dialect: options.CsvDialect = DialectChoice.raw,
    names: options.CsvNames = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`BTS_HELP` says."""
    from kalsel_gap.deliverables.budget_lists import write_bts_workbook

    source = drawn.RunChoice(project, runs, run)
    if out is None or out.suffix.lower() != ".xlsx":
        write_csv(
            *(ctx, source, plan, "bts", out),
            dialect=dialect,
            names=names,
            overwrite=overwrite,
            lang=lang,
            quiet=quiet,
        )
        return
    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, out, (".csv", ".xlsx")),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="needed",
    )
    chosen, of_run = found.chosen, found.plan
    assert of_run is not None
    drawn.write_unless_open(
        chosen,
        out,
        lambda path: write_bts_workbook(chosen.run, of_run, path, chosen.words),
        ctx.obj,
        quiet=quiet,
    )


def tor(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    plan: plan_choice.PlanName = None,
    out: TorFolder,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`TOR_HELP` says."""
    from kalsel_gap.deliverables.budget_texts import ANY_TEXT, terms_of_reference
    from kalsel_gap.storage.outputs import refuse_file_name

    text: Text = ctx.obj
    refuse_file_name(out)
    source = drawn.RunChoice(project, runs, run)
    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, None, ()),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="needed",
    )
    assert found.plan is not None
    chosen = found.chosen
    texts = terms_of_reference(chosen.run, found.plan, chosen.words)
    chosen.outputs.check(*(out / name for name in sorted(texts)), overwrite=overwrite)
    with contextlib.ExitStack() as stack:
        for name, content in sorted(texts.items()):
            temporary = stack.enter_context(chosen.outputs.replace(out / name))
            temporary.write_bytes(content.encode("utf-8"))
    words = N_("Drafts written to {folder}: {count}.")
    console.note(text(words, folder=out, count=text.number(len(texts))), quiet=quiet)
    earlier = [path.name for path in sorted(out.glob(ANY_TEXT)) if path.name not in texts]
    if earlier:
        words = N_("Earlier drafts, of packages that this plan does not have: {files}.")
        console.note(text(words, files=", ".join(map(plain, earlier))), quiet=quiet)
