"""Workbook (XLSX) of a run: summary, ranked list, a sheet for each kabupaten and each office.

Made from the run alone. It holds no formula, no link to other files and no clock: the same run
gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.deliverables.plan_columns import plan_section, with_plan, with_plan_words
from kalsel_gap.deliverables.tables import NO_SCHOOLS, select
from kalsel_gap.deliverables.workbook_file import open_book
from kalsel_gap.deliverables.workbook_lists import (
    FROZEN,
    kabupaten_groups,
    list_codes,
    list_columns,
    list_table,
    office_groups,
    printed_count,
)
from kalsel_gap.deliverables.workbook_pages import (
    METHOD_WIDTHS,
    SUMMARY_WIDTHS,
    SheetContent,
    dictionary_table,
    findings_table,
    method_sections,
    summary_sections,
)
from kalsel_gap.deliverables.workbook_writer import (
    MOST_ROWS,
    sheet_names,
)
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.stages import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from kalsel_gap.deliverables.tables import View
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

STEP = "workbook"
_OF_KABUPATEN, _OF_OFFICE, _OF_ALL = "#1b8a7a", "#8d3f8f", "#1f3a5f"  # colours of tabs


class _ListSheet(NamedTuple):
    """A sheet of schools: what it is called, what it holds, and which rows."""

    wanted: str
    content: str
    rows: Sequence[int]
    colour: str


def write_workbook(
    run: Run,
    view: View,
    path: Path,
    text: Text,
    *,
    older: str = "",
    plan: Plan | None = None,
    progress: Callable[[int, int], None] = silent,
) -> None:
    """Write a run, or some of its schools, as a workbook.

    Parameters
    ----------
    run : Run
        The run; nothing else is read.
    view : View
        Which schools the lists hold. Schools without a rank are named whatever its limit is.
    path : Path
        The XLSX file.
    text : Text
        Language of the sheets.
    older : str
        That the run is older than its inputs; empty where it is not.
    plan : Plan, optional
        A plan of this run: each school has what it chooses, in columns behind the others.
    progress : callable
        Called with the number of sheets done and of all.

    Raises
    ------
    InputError
        `workbook_too_long`: more schools than a sheet of Excel has rows.
    OSError
        It cannot be written completely, such as on a full disk.
    """
    schools = select(run.schools, view.everyone())
    codes = list_codes(run, schools, text)
    if len(codes) >= MOST_ROWS:
        kabupaten = next(iter(schools["kabupaten"].dropna()), "")
        raise InputError(
            "workbook_too_long",
            path=path,
            most=MOST_ROWS - 1,
            count=len(codes),
            kabupaten=kabupaten,
        )
    table, names = list_table(run, codes, text), list_columns(codes)
    is_school = (~codes["unranked_reason"].isin(NO_SCHOOLS)).tolist()
    is_ranked = codes["rank"].notna().to_numpy()
    ranked = [row for row in table.rows if is_ranked[row]][: view.top]
    unranked = [row for row in table.rows if not is_ranked[row]]
    listed = frozenset((*ranked, *unranked))
    is_part = any(wanted for _, _, wanted in view.filters())
    findings = findings_table(run, schools, text, is_part=is_part)
    dictionary = dictionary_table(run, names, text)
    if plan is not None:
        table = with_plan(table, plan, codes["row_id"].tolist(), text)
        dictionary = with_plan_words(dictionary, text)

    of_kabupaten = text(N_("Schools of this kabupaten or kota, by rank"))
    of_office = text(N_("Schools for which this office is responsible, by rank"))
    lists = [
        _ListSheet(
            *(text(N_("Priorities")), text(N_("Schools by rank, the first on top")), ranked),
            _OF_ALL,
        ),
        _ListSheet(
            *(text(N_("Without a rank")), text(N_("Schools without a rank, and why")), unranked),
            _OF_ALL,
        ),
        *(
            _ListSheet(
                *(group.name, group.content or content),
                *([n for n in group.rows if n in listed], colour),
            )
            for groups, content, colour in (
                (kabupaten_groups(schools, text), of_kabupaten, _OF_KABUPATEN),
                (office_groups(schools, text), of_office, _OF_OFFICE),
            )
            for group in groups
        ),
    ]
    wanted = [text(N_("Summary")), *(each.wanted for each in lists)]
    wanted += [text(w) for w in (N_("Data dictionary"), N_("Findings"), N_("Method and sources"))]
    summary_name, *list_names, of_dictionary, of_findings, of_method = sheet_names(wanted)
    described = [
        *(_described(name, each, is_school) for name, each in zip(list_names, lists, strict=True)),
        SheetContent(
            of_dictionary, text(N_("What each column means")), others=len(dictionary.rows)
        ),
        SheetContent(
            *(of_findings, text(N_("What is wrong or doubtful in the inputs"))),
            others=len(findings.rows),
        ),
        SheetContent(of_method, text(N_("How the list was made, and from which files"))),
    ]
    sections = [*summary_sections(run, view, schools, described, text, older=older)]
    if plan is not None:
        sections.insert(1, plan_section(plan, text))
    printed = printed_count(names)
    last_printed = table.columns[printed - 1].label
    count = len(lists) + 4
    title = text(N_("Schools to connect first"))
    with open_book(run, path, text, title=title) as writer:
        writer.add_page(summary_name, title, sections, SUMMARY_WIDTHS)
        for done, (name, each) in enumerate(zip(list_names, lists, strict=True), start=1):
            progress(done, count)
            writer.add_list(
                *(name, f"{each.wanted}: {each.content}", table, each.rows),
                frozen=FROZEN,
                printed=printed,
                colour=each.colour,
            )
        writer.add_list(of_dictionary, of_dictionary, dictionary, frozen=1)
        writer.add_list(of_findings, of_findings, findings)
        method = method_sections(run, last_printed, text)
        writer.add_page(of_method, of_method, method, METHOD_WIDTHS)
        progress(count - 1, count)
    progress(count, count)


def _described(name: str, sheet: _ListSheet, is_school: Sequence[bool]) -> SheetContent:
    """What a list holds: rows that are no school to count apart from the schools."""
    schools = sum(is_school[row] for row in sheet.rows)
    return SheetContent(name, sheet.content, schools, len(sheet.rows) - schools)
