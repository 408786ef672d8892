"""``kalsel-gap objections …``: the form, its judgement, and the answers to schools."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.clock import today
from kalsel_gap.cli.framework import Command, CommandGroup
from kalsel_gap.cli.options import DialectChoice
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from kalsel_gap.answers import ImportedObjections
    from kalsel_gap.project.model import Opened

HELP = N_(
    "Take objections to the list (sanggah), judge their evidence, and answer them.\n\n"
    "An objection has a code, evidence, dates and a kind of signer; it names nobody.\n\n"
    "Example: kalsel-gap objections template --out form.csv"
)
TEMPLATE_HELP = N_(
    "Write the form for objections, with an example of each code.\n\n"
    "The examples have no NPSN, and the import takes none of them for an objection.\n\n"
    "Example: kalsel-gap objections template --out form.csv"
)
IMPORT_HELP = N_(
    "Judge a form that was filled in, and store its objections for the ranking.\n\n"
    "Each row is accepted, rejected with a reason, or to be verified by an office, which writes "
    "yes or no into the column “decision” of the stored file. A file with the name, telephone "
    "number, e-mail address or identity number of a person is refused, and nothing of it is "
    "stored.\n\n"
    "Example: kalsel-gap objections import form.csv"
)
ANSWER_HELP = N_(
    "Rank without and with the stored objections, and write a letter to each school.\n\n"
    "Writes a page for each school, named by its NPSN, and answers.csv. No run is kept.\n\n"
    "Example: kalsel-gap objections answer --out answers"
)
_LABELS = {
    "row": N_("Row"),
    "npsn": N_("NPSN"),
    "code": N_("Objection"),
    "judgement": N_("Result"),
    "reason": N_("Reason"),
}


def template(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    out: options.OutFile = None,
    dialect: options.CsvDialect = DialectChoice.raw,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`TEMPLATE_HELP` says."""
    import pandas as pd

    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.project.read import find_project, read_project
    from kalsel_gap.sources.objections import template_rows
    from kalsel_gap.storage.spreadsheet import csv_of

    text: Text = ctx.obj
    opened = read_project(project or find_project(Path.cwd()), with_inputs=False)
    words = options.words(ctx, lang, opened)
    headers, rows = template_rows(words.language)
    content = csv_of(pd.DataFrame(rows, columns=headers, dtype="str"), dialect.value)
    if out is None:
        console.emit(content)
        return
    outputs = outputs_of(opened)
    outputs.check(out, endings=(".csv",), overwrite=overwrite)
    with outputs.replace(out) as temporary:
        temporary.write_text(content, encoding="utf-8", newline="")
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)


def import_(
    ctx: typer.Context,
    file: options.ObjectionsFile,
    *,
    project: options.ProjectFile = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    no_cache: options.NoCache = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`IMPORT_HELP` says."""
    from kalsel_gap.answers import STEPS, import_objections
    from kalsel_gap.deliverables.objection_words import judged_table
    from kalsel_gap.project.read import find_project, read_project

    text: Text = ctx.obj
    opened = read_project(project or find_project(Path.cwd()))
    with console.progress(text, STEPS, quiet=quiet) as report:
        found = import_objections(
            opened, file, today=today(), cached=not no_cache, overwrite=overwrite, report=report
        )
    data, shown, reasons = judged_table(found.rows, opened.project.objections, text)
    console.publish(data, format, _LABELS, text, shown=shown, quiet=quiet)
    if format in (None, options.Format.table):
        numbered = [(f"{at}.", sentence) for at, sentence in enumerate(reasons, start=1)]
        console.pairs(text(N_("Reasons")), numbered)
    for sentence in _remarks(found, opened, text):
        console.note(sentence, quiet=quiet)


def _remarks(found: ImportedObjections, opened: Opened, text: Text) -> list[str]:
    """How many of each judgement, where they are stored, and what to do next."""
    counts = {
        name: text.number(sum(each.judgement == name for each in found.rows))
        for name in ("accepted", "verify", "rejected")
    }
    words = N_("Rows accepted: {accepted}; to be verified: {verify}; rejected: {rejected}.")
    said = [text(words, **counts), *_unknown_schools(found, opened, text)]
    if found.unknown:
        words = N_(
            "Stored objections about schools that the register does not have now: {count}. They "
            "stay stored and change nothing."
        )
        said.append(text(words, count=text.number(found.unknown)))
    if not found.changed:
        said.append(text(N_("{path} is unchanged."), path=found.path))
        return said
    words = N_("New in {path}: {added}, in all {stored}. “kalsel-gap rank” uses them from now on.")
    said.append(
        text(
            words,
            path=found.path,
            added=text.number(found.added),
            stored=text.number(found.stored),
        )
    )
    if opened.origins.get("objections.path") not in ("project", "option"):
        words = N_(
            "The project file does not name this file; it is used because it lies beside it. To "
            "name it, add: [objections] and below it path = “{file}”."
        )
        said.append(text(words, file=opened.shown(found.path)))
    if not opened.project.objections.used:
        words = N_("objections.used is false in this project: no objection counts.")
        said.append(text(words))
    return said


def _unknown_schools(found: ImportedObjections, opened: Opened, text: Text) -> list[str]:
    """How a school that the register does not have is reported; nothing where all are known."""
    rows = [each.row for each in found.rows if each.reason == "npsn_unknown"]
    if not rows:
        return []
    words = N_(
        "No school of {files} has the NPSN of these rows: {rows}. Where the number is right, the "
        "school is missing from the register: its data operator reports it in Dapodik through the "
        "education office, or a madrasah in EMIS through the Kemenag office. Once {files} has the "
        "school, import the form again."
    )
    files = dict.fromkeys(opened.shown(source.path) for source in opened.project.schools)
    return [text(words, files=", ".join(files), rows=", ".join(map(str, rows)))]


def answer(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    out: options.AnswersFolder,
    despite_errors: options.DespiteErrors = False,
    no_cache: options.NoCache = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`ANSWER_HELP` says."""
    from kalsel_gap.answers import rank_twice, stored_objections
    from kalsel_gap.deliverables.objection_letters import (
        ANY_LETTER,
        SUMMARY,
        answers_of,
        files_of,
        letter_name,
    )
    from kalsel_gap.pipeline import STEPS
    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.project.read import find_project, read_project
    from kalsel_gap.storage.outputs import refuse_file_name

    text: Text = ctx.obj
    refuse_file_name(out)
    opened = read_project(project or find_project(Path.cwd()))
    words = options.words(ctx, lang, opened)
    outputs = outputs_of(opened)
    stored = stored_objections(opened)
    names = {letter_name(each.npsn) for each in stored} | {SUMMARY}
    outputs.check(*(out / name for name in sorted(names)), overwrite=overwrite)
    if not stored:
        sentence = N_("{path} holds no objection, so there is nothing to answer.")
        console.note(text(sentence, path=opened.project.objections.path), quiet=quiet)
        return
    with console.progress(text, STEPS, quiet=quiet) as report:  # once for each ranking
        ranked = rank_twice(
            opened, cached=not no_cache, despite_errors=despite_errors, report=report
        )
    rules = opened.project.objections
    adequacy = opened.project.index.adequacy
    runs, objections = (ranked.before, ranked.after), ranked.objections
    answers = answers_of(*runs, objections, rules, adequacy, official=ranked.official)
    files = files_of(answers, words)
    with contextlib.ExitStack() as stack:
        for name, content in files.items():
            temporary = stack.enter_context(outputs.replace(out / name))
            temporary.write_bytes(content.encode("utf-8"))
    words_ = N_("Letters written to {folder}: {count}, and answers.csv.")
    count = text.number(len(answers.schools))
    console.note(text(words_, folder=out, count=count), quiet=quiet)
    earlier = [path.name for path in sorted(out.glob(ANY_LETTER)) if path.name not in files]
    if earlier:
        words_ = N_(
            "Earlier letters that were not written again, as no stored objection is about their "
            "school now: {files}."
        )
        console.note(text(words_, files=", ".join(map(plain, earlier))), quiet=quiet)


app = typer.Typer(cls=CommandGroup, help=HELP, no_args_is_help=True, rich_markup_mode=None)
app.command("template", cls=Command, help=TEMPLATE_HELP)(template)
app.command("import", cls=Command, help=IMPORT_HELP)(import_)
app.command("answer", cls=Command, help=ANSWER_HELP)(answer)
