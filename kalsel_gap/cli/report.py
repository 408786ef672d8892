"""``kalsel-gap report``: a run on paper, for the head of an office."""

from __future__ import annotations

import typer

from kalsel_gap.cli import console, drawn, options, plan_choice
from kalsel_gap.i18n.text import N_, Text

HELP = N_(
    "Write the official run, or without one the last full run, as a report to print and sign: PDF "
    "or HTML by the ending of the file.\n\n"
    "A summary of one page, a map, the first schools of every kabupaten, charts, how sure the list "
    "is, how it is made, the quality of the data and its sources; where the run has a plan, what "
    "it buys in which year. Both files have the same content and can be read aloud by a screen "
    "reader (PDF/UA).\n\n"
    "Example: kalsel-gap report --out report.pdf"
)
_PDF, _PAGES = ".pdf", (".html", ".htm")


def report(
    ctx: typer.Context,
    *,
    out: options.NewFile,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    plan: plan_choice.PlanName = None,
    no_plan: plan_choice.NoPlan = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables.report import make_report
    from kalsel_gap.deliverables.report_page import to_html
    from kalsel_gap.deliverables.report_pdf import to_pdf

    text: Text = ctx.obj
    source = drawn.RunChoice(project, runs, run)
    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, out, (_PDF, *_PAGES)),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="none" if no_plan else "wanted",
    )
    chosen = found.chosen
    with console.progress(text, ("report",), quiet=quiet) as shown:
        made = make_report(chosen.run, chosen.words, found.plan)
        shown("report", 1, 2)
        if out.suffix.lower() == _PDF:
            data = to_pdf(made, chosen.words)
        else:
            data = to_html(made).encode("utf-8")
        shown("report", 2, 2)
    with chosen.outputs.replace(out) as temporary:
        temporary.write_bytes(data)
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
