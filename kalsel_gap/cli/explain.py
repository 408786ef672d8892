"""``kalsel-gap explain``: a school's place in the list, two schools, how sure the list is."""

from __future__ import annotations

import contextlib
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from kalsel_gap.cli import console, drawn, explain_table, options
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from kalsel_gap.cli.drawn import Drawn, RunChoice
    from kalsel_gap.deliverables.explanation import Explanation
    from kalsel_gap.deliverables.sections import PageSection
    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run

HELP = N_(
    "Explain why a school has its place in the list; of two schools, what separates them; without "
    "any, how sure the whole list is.\n\n"
    "A school is named by its NPSN, its name or a part of it. One page: where it is, its rank and "
    "how sure that is, its numbers, what its scores are made of, the terrain on the way to the "
    "nearest sites, its neighbours in the list, what is not known, and what would move it. "
    "--without and --set show what would be different; the list stays as it is.\n\n"
    "Example: kalsel-gap explain 99100001 --out runs/school.html"
)
_ENDINGS = (".html", ".htm")
_LISTED = 20  # schools that fit a name
_TWO = 2
_DRAWS = "robustness.draws"
_NO_VALUES = frozenset({"despite_errors", "reason", "role", _DRAWS})  # overrides


class _Trial(NamedTuple):
    """The school in a trial, and what was set for it."""

    after: Explanation
    overrides: str


def explain(
    ctx: typer.Context,
    schools: options.ExplainedSchools = None,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    without: options.WithoutLeaf = None,
    assignments: options.Assignments = None,
    format: options.PageFormat = None,  # noqa: A002 - the option's name
    out: options.OutFile = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables.explanation import as_data, explain_school, to_json
    from kalsel_gap.deliverables.tables import standing_facts

    text: Text = ctx.obj
    named = schools or []
    if len(named) > _TWO:
        raise InputError("schools_too_many")
    if (without or assignments) and len(named) != 1:
        raise InputError("what_if_of_one")
    source = drawn.RunChoice(project, runs, run)
    is_printed = out is None and format is not options.PageChoice.json
    chosen = drawn.open_run(
        *(ctx, source, out, _ENDINGS),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        says_standing=is_printed,
    )
    if not named:
        _explain_list(chosen, out, format, text, quiet=quiet)
        return
    rows = [_one_of(chosen.run.schools, wanted, text) for wanted in named]
    explained = [explain_school(chosen.run, row_id) for row_id in rows]
    trial = None
    if without or assignments:
        trial = _trial(
            *(chosen.run, source, rows[0], without or (), assignments or ()), text, quiet=quiet
        )
    if out is None and format is options.PageChoice.json:
        shown = standing_facts(chosen.run)
        pages: list[dict[str, Any]] = [
            {**shown, **as_data(each), **_ways_data(source, chosen.run, row_id)}
            for each, row_id in zip(explained, rows, strict=True)
        ]
        if trial is not None:
            pages.append({**as_data(trial.after), "overrides": trial.overrides})
        console.emit(to_json(pages if len(pages) > 1 else pages[0]))
        return
    words = text if out is None else chosen.words
    with console.progress(text, ("links",), quiet=quiet):  # kernels are compiled the first time
        title, sections = _page(explained, trial, chosen.run, source, words)
    if out is None:
        from kalsel_gap.deliverables.tables import all_notices

        explain_table.show(title, all_notices(chosen.run, text), sections, text)
        return
    from kalsel_gap.deliverables.explanation_page import to_html

    _write(chosen, to_html(title, sections, chosen.run, words), out, text, quiet=quiet)


def _write(chosen: Drawn, page: str, out: Path, text: Text, *, quiet: bool) -> None:
    with chosen.outputs.replace(out) as temporary:
        temporary.write_bytes(page.encode("utf-8"))
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)


def _explain_list(
    chosen: Drawn, out: Path | None, format_: options.PageChoice | None, text: Text, *, quiet: bool
) -> None:
    """How sure the list is as a whole, and what it depends on."""
    from kalsel_gap.deliverables import explanation, explanation_page
    from kalsel_gap.deliverables.list_certainty import certainty_sections
    from kalsel_gap.deliverables.tables import all_notices, standing_facts
    from kalsel_gap.robustness.sensitivity import list_sensitivity

    with console.progress(text, ("audit",), quiet=quiet) as report:
        found = list_sensitivity(chosen.run, partial(report, "audit"))
    if format_ is options.PageChoice.json and out is None:
        data = {**standing_facts(chosen.run), **explanation.list_data(chosen.run, found)}
        console.emit(explanation.to_json(data))
        return
    words = text if out is None else chosen.words
    title = explanation_page.list_title(chosen.run, words)
    sections = certainty_sections(chosen.run, found, words)
    if out is None:
        explain_table.show(title, all_notices(chosen.run, text), sections, text)
    else:
        page = explanation_page.to_html(title, sections, chosen.run, words)
        _write(chosen, page, out, text, quiet=quiet)


def _one_of(schools: pd.DataFrame, wanted: str, text: Text) -> str:
    """The row of the school that is meant; several are listed, and one has to be chosen."""
    from kalsel_gap.deliverables.school_columns import joined
    from kalsel_gap.deliverables.school_search import find_schools

    found = find_schools(schools, wanted)
    if len(found) == 1:
        return str(found["row_id"].iloc[0])
    columns = ["npsn", "row_id", "name", "level", "kecamatan", "kabupaten"]
    for row in found.head(_LISTED)[columns].to_dict("records"):
        number = plain(row["npsn"] or row["row_id"])
        console.note(f"{number}  {joined(*(row[name] for name in columns[2:]))}")
    if len(found) > _LISTED:
        more = text.number(len(found) - _LISTED)
        console.note(text(N_("… and {count} more"), count=more))
    raise InputError("school_ambiguous", value=wanted, count=len(found))


def _page(
    explained: Sequence[Explanation],
    trial: _Trial | None,
    run: Run,
    source: RunChoice,
    text: Text,
) -> tuple[str, list[PageSection]]:
    """Title and sections of the page."""
    from kalsel_gap.deliverables import comparison_words
    from kalsel_gap.deliverables import explanation_words as said
    from kalsel_gap.deliverables.explanation_pictures import maps_of, paths_of

    if len(explained) == _TWO:
        one, other = explained
        title = text(N_("{one} and {other}"), one=said.title_of(one), other=said.title_of(other))
        return title, comparison_words.comparison(one, other, run, text)
    (school,) = explained
    sections = said.sections(school, run, text)
    where, _, _, _, _, _, sites, *_ = sections
    where.pictures.extend(maps_of(school, run, text))
    pictures, missing = paths_of(school, _project(source), text)
    sites.pictures.extend(pictures)
    sites.said.extend(missing)
    sections.extend(_ways(source, run, str(school.row["row_id"]), text))
    if trial is not None:
        sections.insert(0, comparison_words.change(school, trial.after, trial.overrides, text))
    return said.title_of(school), sections


def _ways(source: RunChoice, run: Run, row_id: str, text: Text) -> list[PageSection]:
    """The options of the school in the last plan of the run, if there is one."""
    from kalsel_gap.deliverables.plan_list import plan_of_run
    from kalsel_gap.deliverables.school_options import school_options_section, unreadable_section
    from kalsel_gap.i18n.messages import error_lines

    try:
        found = plan_of_run(drawn.plans_folder(source), run.folder.name)
        section = None if found is None else school_options_section(found, row_id, text)
    except InputError as error:  # the page of the school is right without it
        section = unreadable_section(error_lines(error, text), text)
    return [] if section is None else [section]


def _ways_data(source: RunChoice, run: Run, row_id: str) -> dict[str, Any]:
    """The same for programs; a plan that cannot be read is an error there."""
    from kalsel_gap.deliverables.plan_list import plan_of_run
    from kalsel_gap.deliverables.plan_tables import options_of_school
    from kalsel_gap.storage.spreadsheet import to_records

    found = plan_of_run(drawn.plans_folder(source), run.folder.name)
    if found is None:
        return {"plan": None, "options": []}
    options_ = options_of_school(found, row_id)
    return {"plan": found.folder.name, "options": to_records(options_)}


def _project(source: RunChoice) -> Opened | None:
    opened, _ = drawn.project_and_runs(*source)
    return opened


def _trial(
    run: Run,
    source: RunChoice,
    row_id: str,
    without: Sequence[str],
    assignments: Sequence[str],
    text: Text,
    *,
    quiet: bool,
) -> _Trial:
    """The school with other values: ranked again through the cache, and not kept."""
    import tempfile

    from kalsel_gap.deliverables.explanation import explain_school, index_of, switched_off
    from kalsel_gap.deliverables.tables import assignments as as_text
    from kalsel_gap.pipeline import STEPS, OpenProject
    from kalsel_gap.project.read import find_project, read_project

    own = (*assignments, *switched_off(index_of(run), list(without)))
    already = {key: value for key, value in run.overrides.items() if key not in _NO_VALUES}
    values = (
        *(f"{key}={json.dumps(value)}" for key, value in already.items()),
        *own,
        f"{_DRAWS}=0",  # they would take longer than all the rest
    )
    named = _project(source)
    path = named.path if named is not None else find_project(Path.cwd())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kalsel-gap-")))
        report = stack.enter_context(console.progress(text, STEPS, quiet=quiet))
        trial = OpenProject(read_project(path, values)).rank(
            out=folder, despite_errors="despite_errors" in run.overrides, report=report
        )
        after = explain_school(trial, row_id)
    beside = {*already, *_NO_VALUES}
    return _Trial(after, as_text({k: v for k, v in trial.overrides.items() if k not in beside}))
