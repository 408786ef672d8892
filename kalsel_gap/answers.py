"""Objections to the list: they are judged and stored, and the list is ranked with and without them.

What is judged is the list without any objection, so that an accepted one does not contradict
itself when the same file is read again.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.deficit import signals
from kalsel_gap.errors import InputError
from kalsel_gap.pipeline import STAGES, OpenProject
from kalsel_gap.project.model import Opened
from kalsel_gap.project.outputs import outputs_of
from kalsel_gap.quality import stage as quality
from kalsel_gap.quality.objections import judge_objections, listed_schools
from kalsel_gap.sources.objections import STORED, in_order, read_objections
from kalsel_gap.sources.tables import has_columns_only
from kalsel_gap.stage_cache import StageCache, nobody
from kalsel_gap.storage.atomic import clear_leftovers, temporary_beside
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import default_cache_folder
from kalsel_gap.storage.official_run import read_official
from kalsel_gap.storage.run_folder import read_run
from kalsel_gap.storage.spreadsheet import csv_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from kalsel_gap.quality.objections import ListedSchools
    from kalsel_gap.sources.objections import Objection
    from kalsel_gap.stages import Reporter
    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.run_folder import Run

# Stages whose result is contradicted: what schools are, and how sure their locations are; and which
# signal they have, which only statements about it need.
LISTING = STAGES[: STAGES.index(quality.STAGE) + 1]
OF_SIGNALS = STAGES[len(LISTING) : STAGES.index(signals.STAGE) + 1]
STEPS = tuple(stage.name for stage in (*LISTING, *OF_SIGNALS))


@dataclass(frozen=True, slots=True)
class ImportedObjections:
    """What was made of a file of objections.

    Attributes
    ----------
    path : Path
        Where judged objections are stored.
    rows : list of Objection
        Every row of the file, judged, in its order.
    added : int
        How many were stored now.
    stored : int
        How many are stored in all.
    unknown : int
        How many of these are about a school that is missing from the register now; they stay.
    changed : bool
        Whether the file was written.
    """

    path: Path
    rows: list[Objection]
    added: int
    stored: int
    unknown: int
    changed: bool


def import_objections(
    opened: Opened,
    path: Path,
    *,
    today: date,
    cached: bool = True,
    overwrite: bool = False,
    report: Reporter,
) -> ImportedObjections:
    """Judge a file of objections, and store the rows about known schools where the project reads.

    Earlier rows stay, with the decisions of the office, and are judged again: three tests may be
    enough where two were not. None is lost, also where the register has no such school any more.
    The same file twice changes nothing.

    Parameters
    ----------
    opened : Opened
        The project.
    path : Path
        The form that was filled in.
    today : date
        Day of the import: the same day judges the same file alike.
    cached : bool
        Whether the cache is used.
    overwrite : bool
        Whether a table may be replaced that was not written by this tool.
    report : Reporter
        Receives the progress.

    Raises
    ------
    InputError, SeveralErrors
        The file cannot be read, or shows something personal: nothing is stored.
    OutputError
        The store may not be written; it is unchanged.
    """
    store = opened.project.objections.path
    outputs = check_store(opened, overwrite=overwrite)
    highest_mbps = opened.project.file_checks.measurements.highest_mbps
    rules = opened.project.objections
    given = read_objections(path, highest_mbps, rules.known_abbreviations)
    before = stored_objections(opened) if is_of_objections(store) else []
    listed = list_without_objections(
        opened,
        with_signals=any(each.is_statement for each in (*before, *given)),
        cached=cached,
        report=report,
    )
    known = {each.identity() for each in before}
    new = {
        each.identity(): each
        for each in reversed(given)  # the first of equal rows
        if each.identity() not in known
    }
    judged = judge_objections([*before, *in_order(new.values())], listed, rules, today=today)
    verdicts = {each.identity(): each for each in judged}
    kept = in_order(
        each
        for each in judged
        if each.identity() in known
        or (
            each.npsn in listed.schools
            and each.code
            and not each.is_example
            and each.reason != "reference_unread"  # it would be stored as one without a number
        )
    )
    text = _as_csv(kept)
    changed = bool(kept) and (not store.is_file() or store.read_text(encoding="utf-8") != text)
    if changed:
        with outputs.replace(store) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")
    return ImportedObjections(
        store,
        _as_given(given, verdicts),
        added=sum(each.identity() not in known for each in kept),
        stored=len(kept),
        unknown=sum(each.npsn not in listed.schools for each in kept),
        changed=changed,
    )


def _as_given(
    given: Sequence[Objection], verdicts: dict[tuple[str, ...], Objection]
) -> list[Objection]:
    """The rows of a file, judged; of equal ones that could count, the later are repeated."""
    rows, seen = [], set()
    for each in given:
        identity = each.identity()
        verdict = verdicts[identity]
        row = replace(verdict, row=each.row, unread=each.unread, is_example=each.is_example)
        if identity in seen and verdict.judgement != "rejected":
            row = replace(row, judgement="rejected", reason="repeated", decision="")
        rows.append(row)
        seen.add(identity)
    return rows


def _as_csv(objections: Sequence[Objection]) -> str:
    table = pd.DataFrame([each.cells() for each in objections], columns=list(STORED))
    return csv_of(table)


def stored_objections(opened: Opened) -> list[Objection]:
    """All objections of a project that are stored, whatever their judgement; none without a file.

    Raises
    ------
    InputError, SeveralErrors
        As of :func:`.objections.read_objections`.
    """
    path = opened.project.objections.path
    if not path.is_file():
        return []
    highest_mbps = opened.project.file_checks.measurements.highest_mbps
    known = opened.project.objections.known_abbreviations
    return read_objections(path, highest_mbps, known, is_stored=True)


def check_store(opened: Opened, *, overwrite: bool = False) -> Outputs:
    """The guard, once it lets the objections of a project be written.

    Raises
    ------
    OutputError
        The project names a file for its objections that holds something else.
    """
    path = opened.project.objections.path
    outputs = outputs_of(opened, writes="objections")
    outputs.check(path, endings=(".csv",), overwrite=overwrite, merged=is_of_objections(path))
    return outputs


def is_of_objections(path: Path) -> bool:
    """Whether a file is a table of judged objections without a column of somebody's own."""
    needed = ("npsn", "code", "judgement", "decision")
    return has_columns_only(path, needed=needed, known=STORED)


def list_without_objections(
    opened: Opened, *, with_signals: bool, cached: bool, report: Reporter
) -> ListedSchools:
    """What the list says of each school where no objection counts; of signals only where asked."""
    bare = without_objections(opened)
    store = Cache(default_cache_folder() if cached else None)
    work, table = StageCache(bare, store), nobody()
    for stage in (*LISTING, *(OF_SIGNALS if with_signals else ())):
        report(stage.name, 0, 1)
        table, _ = work.run(stage, table, partial(report, stage.name))
        report(stage.name, 1, 1)
    store.save()
    return listed_schools(table, work.table("cells"), bare)


def without_objections(opened: Opened) -> Opened:
    """The project as if there were no objections."""
    section = opened.project.objections.model_copy(update={"used": False})
    project = opened.project.model_copy(update={"objections": section})
    return Opened(opened.path, project, opened.origins)


@dataclass(frozen=True, slots=True)
class RankedTwice:
    """The list without objections and with them.

    Attributes
    ----------
    before, after : Run
        Both runs; their folders are gone, their identity is the one that `rank` would give.
    objections : list of Objection
        All that are stored.
    official : Run or None
        The run of the project that was approved; None where there is none.
    """

    before: Run
    after: Run
    objections: list[Objection]
    official: Run | None = None


def rank_twice(
    opened: Opened,
    *,
    cached: bool = True,
    despite_errors: bool = False,
    report: Reporter,
) -> RankedTwice:
    """Rank the schools without the stored objections, and with them; neither run is kept.

    Parameters
    ----------
    opened : Opened
        The project.
    cached : bool
        Whether the cache is used.
    despite_errors : bool
        As of :meth:`.pipeline.OpenProject.rank`.
    report : Reporter
        Receives the progress, once for each run.

    Raises
    ------
    InputError
        The project does not use its objections, or its official run is missing or was altered; see
        also the readers.
    """
    objections = stored_objections(opened)
    if not opened.project.objections.used:
        raise InputError("objections_not_used", path=opened.path, column="objections.used")
    folder_of_runs = opened.project.output.folder
    official = None if read_official(folder_of_runs) is None else read_run(folder_of_runs)
    runs: list[Run] = []
    for project in (without_objections(opened), opened):
        with _scratch_folder() as folder:
            run = OpenProject(project).rank(
                out=folder, cached=cached, despite_errors=despite_errors, report=report
            )
        runs.append(run)
    before, after = runs
    return RankedTwice(before, after, objections, official)


@contextlib.contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A folder for a run that is not kept; what a killed process leaves is removed next time."""
    cache = default_cache_folder()
    clear_leftovers(cache)
    folder = temporary_beside(cache)
    try:
        folder.mkdir(parents=True)
    except OSError:  # a cache that cannot be written is no error
        with tempfile.TemporaryDirectory() as elsewhere:
            yield Path(elsewhere)
        return
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
