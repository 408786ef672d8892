"""``kalsel-gap check``: findings about every input, and proposed repairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import DialectChoice, Format
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.full_check import Checked

HELP = N_(
    "Check the inputs: what is wrong, where and how serious it is, and which repairs are "
    "proposed.\n\n"
    "Writes findings.csv, .json and .geojson, check.html with a map, and repairs.csv to review. "
    "Exit status 3 if any finding is an error.\n\n"
    "Example: kalsel-gap check"
)
_FOUND = 3  # exit status


def check(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    out: options.CheckFolder = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    strict: options.Strict = False,
    accept_repairs: options.AcceptRepairs = None,
    accept: options.AcceptKinds = None,
    overwrite: options.Overwrite = False,
    dialect: options.CsvDialect = DialectChoice.raw,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables import findings_map, findings_report
    from kalsel_gap.project.read import find_project, read_project
    from kalsel_gap.quality.full_check import STEPS, check_all
    from kalsel_gap.storage.outputs import refuse_file_name

    text: Text = ctx.obj
    refuse_file_name(out)
    opened = read_project(project or find_project(Path.cwd()))
    if accept_repairs is not None or accept:
        chosen = accept_repairs, tuple(accept or ())
        _accept(opened, chosen, text, overwrite=overwrite, quiet=quiet)
        return
    folder = out or opened.project.output.folder / findings_report.FOLDER
    outputs = findings_report.check_folder(folder, opened, overwrite=overwrite)
    with console.progress(text, STEPS, quiet=quiet) as report:
        checked = check_all(opened, report=report)
    words = options.words(ctx, lang, opened)
    table = findings_report.findings_table(checked, opened, words)
    files = findings_report.file_contents(checked, table, folder, dialect.value)
    files[findings_report.PAGE] = findings_map.to_html(checked, table, opened, words)
    findings_report.write(folder, files, outputs)
    _print(checked, opened, format, dialect, text)
    for sentence in findings_report.remarks(checked, folder, text):
        console.note(sentence, quiet=quiet)
    found = findings_report.count_by_severity(checked)
    if found["error"] or (strict and found["warning"]):
        raise typer.Exit(_FOUND)


def _accept(
    opened: Opened,
    chosen: tuple[Path | None, tuple[str, ...]],
    text: Text,
    *,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Save the repairs of the reviewed file and of the kinds, and print each of them."""
    from kalsel_gap.deliverables import findings_report
    from kalsel_gap.quality.accept import accept_repairs, check_store
    from kalsel_gap.quality.full_check import STEPS, check_all

    check_store(opened, overwrite=overwrite)  # before the checks take their time
    with console.progress(text, STEPS, quiet=quiet) as report:
        checked = check_all(opened, report=report)
    proposals = findings_report.repairs_with_reasons(checked, opened)
    reviewed, kinds = chosen
    accepted = accept_repairs(
        *(opened, checked, proposals, reviewed), kinds=kinds, overwrite=overwrite
    )
    rows = accepted.repairs.to_dict("records")
    console.emit("".join(f"{findings_report.repair_line(row)}\n" for row in rows))
    count, withdrawn = text.number(accepted.count), text.number(accepted.withdrawn)
    sentences = []
    if accepted.count:
        words = N_(
            "Repairs accepted: {count}, saved in {path}. “kalsel-gap rank” uses them from now on."
        )
        sentences.append(text(words, count=count, path=accepted.path))
    if accepted.withdrawn:
        words = N_("Repairs withdrawn: {count}; they are no longer in {path}.")
        sentences.append(text(words, count=withdrawn, path=accepted.path))
    words = N_(
        "{reviewed} accepts no repair. Write yes in its column “accept” for each repair that you "
        "accept."
    )
    for sentence in sentences or [text(words, reviewed=reviewed)]:
        console.note(sentence, quiet=quiet)


def _print(
    checked: Checked, opened: Opened, format_: Format | None, dialect: DialectChoice, text: Text
) -> None:
    """The findings to standard output."""
    from kalsel_gap.deliverables import findings_report
    from kalsel_gap.storage import spreadsheet

    chosen = format_ or Format.table
    if chosen is Format.table:
        nature = opened.project.project.data
        console.summary(findings_report.group_findings(checked, text), nature, text)
    else:
        table = findings_report.findings_table(checked, opened, text)
        is_json = chosen is Format.json
        written = spreadsheet.csv_of(table, dialect.value)
        console.emit(findings_report.to_json(table) if is_json else written)
