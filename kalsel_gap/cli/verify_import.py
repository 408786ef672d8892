"""``kalsel-gap verify --import``: answers of surveyors, and what they show of the list."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.cli import console, drawn, options
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import typer

    from kalsel_gap.cli.drawn import RunChoice
    from kalsel_gap.cli.options import Format, LanguageChoice
    from kalsel_gap.project.model import Opened
    from kalsel_gap.robustness.outcome import Outcome
    from kalsel_gap.storage.run_folder import Run

_DRAWS = "robustness.draws"
_NO_VALUES = frozenset({"despite_errors", "reason", "role", _DRAWS})  # overrides


class Import(NamedTuple):
    """What is imported, and how that is reported.

    Attributes
    ----------
    path : Path
        The answers.
    folder : Path, optional
        Where they are kept; beside the project file by default.
    format : Format
    overwrite, quiet : bool
    """

    path: Path
    folder: Path | None
    format: Format
    overwrite: bool
    quiet: bool


def import_results(
    ctx: typer.Context, source: RunChoice, asked: Import, *, lang: LanguageChoice | None
) -> None:
    """Keep the answers to what was asked, rank with them, and report what they show."""
    from kalsel_gap.deliverables import field_pack, outcome_words, verified_tables
    from kalsel_gap.deliverables.visit_list import first_k
    from kalsel_gap.project.read import find_project, read_project
    from kalsel_gap.robustness.outcome import assess_visits
    from kalsel_gap.robustness.visits import fact_values, plan_visits
    from kalsel_gap.sources.field_results import read_results, runs_of

    text: Text = ctx.obj
    named, _ = drawn.project_and_runs(*source)
    path = named.path if named is not None else find_project(Path.cwd())
    folder = asked.folder or path.parent
    guard = verified_tables.verified_guard(
        folder, read_project(path, with_inputs=False), overwrite=asked.overwrite
    )
    if source.run is None:
        source = source._replace(run=_run_of(asked.path, runs_of(asked.path)))
    chosen = drawn.open_run(
        *(ctx, source, None, ()),
        overwrite=asked.overwrite,
        lang=lang,
        quiet=asked.quiet,
        says_standing=asked.format is options.Format.table,
    )
    run = chosen.run
    planned = plan_visits(fact_values(run), run.schools)
    technologies = field_pack.technologies_of(run)
    answers, problems = read_results(asked.path, technologies)
    opened = read_project(path, _values(run))
    kept = verified_tables.keep_answers(answers, planned, run.schools, opened, technologies)
    for sentence in (
        *outcome_words.problem_sentences(problems, text),
        *outcome_words.kept_sentences(kept, text),
    ):
        console.note(sentence, quiet=asked.quiet)
    paths = verified_tables.write_verified(folder, kept.tables, guard)
    lines = verified_tables.lines_to_add(paths, opened)
    after = _ranked(opened, paths, text, is_trial="despite_errors" in run.overrides, asked=asked)
    outcome = assess_visits(
        *(run.schools, after.schools, planned, verified_tables.by_school(kept, run.schools)),
        run.table("service"),
        k=first_k(run),
        level_differences_db=verified_tables.level_differences_db(kept, run.table("signals")),
        shown_where_none=verified_tables.shown_where_none(kept, run.table("signals")),
    )
    if asked.format is options.Format.json:
        console.emit(outcome_words.to_json(outcome, kept, paths, lines))
    else:
        _print(outcome, run, asked, text)
    for name in kept.tables:
        console.note(text(N_("Written: {path}"), path=folder / name), quiet=asked.quiet)
    if lines:
        words = N_("Add these lines to {file}, before other [[attributes]]:")
        console.note(text(words, file=path.name), quiet=asked.quiet)
        for line in lines:
            console.note(line, quiet=asked.quiet)


def _print(outcome: Outcome, run: Run, asked: Import, text: Text) -> None:
    """The visited schools before and after, and below them hit rate and calibration."""
    from kalsel_gap.deliverables import outcome_words
    from kalsel_gap.deliverables.tables import all_notices
    from kalsel_gap.deliverables.visit_list import first_k
    from kalsel_gap.storage.spreadsheet import csv_of

    if asked.format is options.Format.csv:
        console.emit(csv_of(outcome.schools))
        return
    console.notices(all_notices(run, text))
    if len(outcome.schools):
        shown = outcome_words.in_terminal(outcome, text)
        labels, spare = outcome_words.LABELS, outcome_words.SPARE
        console.figures(shown, labels, text, spare=spare, quiet=asked.quiet)
    for sentence in outcome_words.outcome_sentences(outcome, first_k(run), text):
        console.paragraph(sentence)


def _run_of(path: Path, runs: list[str]) -> str | None:
    """The run that the field pack of the answers was made from, where they name one."""
    if len(runs) > 1:
        raise InputError("results_of_several_runs", path=path, known=", ".join(runs))
    return runs[0] if runs else None


def _values(run: Run) -> tuple[str, ...]:
    """What was set for the run of the visits, without its draws."""
    already = {key: value for key, value in run.overrides.items() if key not in _NO_VALUES}
    return (*(f"{key}={json.dumps(value)}" for key, value in already.items()), f"{_DRAWS}=0")


def _ranked(
    opened: Opened, paths: Mapping[str, Path], text: Text, *, is_trial: bool, asked: Import
) -> Run:
    """The project ranked with the answers through the cache, and not kept."""
    from kalsel_gap.pipeline import STEPS, OpenProject

    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kalsel-gap-")))
        report = stack.enter_context(console.progress(text, STEPS, quiet=asked.quiet))
        with_answers = _with_answers(opened, paths, place)
        return OpenProject(with_answers).rank(
            out=place / "runs", despite_errors=is_trial, report=report
        )


def _with_answers(opened: Opened, paths: Mapping[str, Path], place: Path) -> Opened:
    """The project with the tables of answers before its own, and schools where they were found.

    A register that stands before all others gives the locations; the others fill in the rest.
    """
    import dataclasses

    from kalsel_gap.deliverables.verified_tables import LOCATIONS, SECTIONS
    from kalsel_gap.project.inputs import Attributes, Measurements, Register

    project = opened.project
    kinds = {"attributes": Attributes, "measurements": Measurements}
    added: dict[str, list[object]] = {name: [] for name in kinds}
    mine = {path.resolve() for path in paths.values()}
    for name, section in SECTIONS.items():
        if name in paths:
            added[section].append(kinds[section](path=paths[name]))
    updated: dict[str, object] = {
        section: (
            *new,
            *(each for each in getattr(project, section) if each.path.resolve() not in mine),
        )
        for section, new in added.items()
    }
    if LOCATIONS in paths:
        first, *others = project.schools
        base = first.model_copy(update={"adds_rows": True})
        found = Register(path=_register(paths[LOCATIONS], place))
        updated["schools"] = (found, base, *others)
    return dataclasses.replace(opened, project=project.model_copy(update=updated))


def _register(locations: Path, place: Path) -> Path:
    """The found locations as a register."""
    import pandas as pd

    path = place / locations.name
    table = pd.read_csv(locations, dtype="str", keep_default_na=False)
    table[["npsn", "name", "lat", "lon"]].to_csv(path, index=False)
    return path
