"""Lists of a plan for budget officers: CSV, and a workbook with a sheet for each office.

The sums of a sheet are those of the lines on it, and the totals are those of the plan: the lines of
each envelope and year sum up to them, to the rupiah.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables import plan_tables
from kalsel_gap.deliverables.bts_proposals import propose_bts
from kalsel_gap.deliverables.budget_columns import BTS, BUDGET, MARGINAL, TOTALS
from kalsel_gap.deliverables.budget_lines import horizon_of, make_budget_lines, total_rows
from kalsel_gap.deliverables.budget_words import (
    ACCESS_NAMES,
    CONFIDENCE_NAMES,
    POPULATION_NAMES,
    PROGRAMME_NAMES,
    SPENDING_NAMES,
    envelope_names,
    item_words,
    office_words,
    unit_words,
)
from kalsel_gap.deliverables.codes import NO, YES, words_of
from kalsel_gap.deliverables.plan_comparison_words import ending_sentences
from kalsel_gap.deliverables.plan_records import rows_of
from kalsel_gap.deliverables.plan_tables import OPENING
from kalsel_gap.deliverables.plan_words import places_of, plan_notices
from kalsel_gap.deliverables.workbook_file import open_book
from kalsel_gap.deliverables.workbook_lists import MOST_KABUPATEN
from kalsel_gap.deliverables.workbook_writer import (
    LONGEST_NAME,
    MOST_ROWS,
    SENTENCE,
    SheetColumn,
    SheetSection,
    SheetTable,
    lines_of,
    sheet_names,
)
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.messages import NAMES
from kalsel_gap.i18n.plan_names import OBJECTIVE_NAMES, envelope_name, name_of, option_name
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.storage.spreadsheet import csv_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.deliverables.budget_columns import PlanColumn
    from kalsel_gap.deliverables.tables import NamedBy
    from kalsel_gap.deliverables.workbook_writer import CellValue
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run
    from kalsel_gap.storage.spreadsheet import Dialect

ListName = Literal["budget", "budget_totals", "bts"]
_DECIMALS = {"volume": 4, "lat": 6, "lon": 6, "nearest_km": 1}  # others: as of the schools
# Columns of a line that are printed; the others are folded, for no sheet of paper holds them all.
_ON_PAPER = frozenset(
    {"npsn", "name", "option", "item", "spending", "volume", "unit", "unit_price_idr", "ppn_idr"}
    | {"capex_idr", "opex_year_idr", "total_idr", "account", "envelope", "budget_year"}
)
_FOLDED = frozenset(n for n, column in enumerate(BUDGET) if column.name not in _ON_PAPER)
_WIDTHS = (40.0, *(17.0,) * 7)  # of the summary
_OFFICE, _APART = "#1f3a5f", "#8d3f8f"  # colours of tabs
_FROZEN = 6  # columns of the lines: up to the name


class _ListOfPlan(NamedTuple):
    """A sheet that is a list: its name and title, its table, which rows."""

    wanted: str
    content: str
    table: SheetTable
    rows: Sequence[int]
    frozen: int
    colour: str


def list_of_plan(
    run: Run, plan: Plan, name: ListName
) -> tuple[pd.DataFrame, tuple[PlanColumn, ...]]:
    """A list of a plan in codes, and its columns.

    Parameters
    ----------
    run : Run
        The run that the plan is of.
    plan : Plan
    name : {'budget', 'budget_totals', 'bts'}
        Lines of the budget, their sums by year and envelope, or proposals for base stations.

    Raises
    ------
    InputError
        `plan_unequal`: the lines do not sum up to what the plan states.
    """
    if name == "bts":
        return propose_bts(run, plan), BTS
    lines = make_budget_lines(run, plan)
    if name == "budget_totals":
        return total_rows(lines, plan), TOTALS
    return lines[[column.name for column in BUDGET]], BUDGET


def to_csv(
    run: Run,
    plan: Plan,
    text: Text,
    dialect: Dialect = "raw",
    *,
    name: ListName = "budget",
    named: NamedBy = "codes",
) -> str:
    """A list of a plan as CSV.

    Parameters
    ----------
    run : Run
        The run that the plan is of.
    plan : Plan
    text : Text
        Language of labels and words.
    dialect : {'raw', 'id', 'en'}
        As of :func:`.spreadsheet.csv_of`.
    name : {'budget', 'budget_totals', 'bts'}
    named : {'codes', 'labels', 'both'}
        As of :func:`.tables.to_csv`.

    Raises
    ------
    InputError
        `plan_unequal`: the lines do not sum up to what the plan states.
    """
    table, columns = list_of_plan(run, plan, name)
    table = _rounded(table)
    if named == "codes":
        return csv_of(table, dialect)
    labels = [column.words(text, horizon_of(plan))[0] for column in columns]
    shown = in_words(table, places_of(run.schools), text)
    if named == "labels":
        return csv_of(shown.set_axis(labels, axis=1), dialect)
    return csv_of(shown, dialect, labels=labels)


def in_words(table: pd.DataFrame, places: Mapping[str, str], text: Text) -> pd.DataFrame:
    """A list of a plan with words for its codes, under the same names.

    Parameters
    ----------
    table : DataFrame
        In codes, such as :func:`list_of_plan` gives it.
    places : mapping of str to str
        Names of kabupaten by code.
    text : Text
    """
    words: dict[str, Callable[[object], str]] = {
        "option": lambda code: option_name(code, text),
        "option_alternative": lambda code: option_name(code, text),
        "plan_option": lambda code: option_name(code, text),
        "item": lambda code: item_words(code, text) or text(N_("lump sum")),
        "unit": lambda code: unit_words(code, text),
        "spending": lambda code: name_of(code, SPENDING_NAMES, text),
        "price_confidence": lambda code: name_of(code, CONFIDENCE_NAMES, text),
        "envelope": lambda code: envelope_name(code, places, text),
        "short_envelope": lambda code: envelope_name(code, places, text),
        "sources": lambda code: envelope_names(code, places, text),
        "skpd": lambda code: office_words(code, places, text),
        "is_multi_year": lambda code: text(YES if code == "yes" else NO),
        "is_unfunded": lambda code: text(YES if code == "yes" else NO),
        "central_programme": lambda code: name_of(code, PROGRAMME_NAMES, text),
        "access": lambda code: _each(code, ACCESS_NAMES, text),
        "population_status": lambda code: name_of(code, POPULATION_NAMES, text),
        "terrain_class": lambda code: _each(code, NAMES, text),
    }
    for name in ("level", "ownership", "authority", "data"):
        known = words_of(schema.BY_NAME[name], text)
        words[name] = partial(_word_of, known)
    shown = {
        name: table[name].map(words[name], na_action="ignore").astype("str")
        if name in words
        else table[name]
        for name in table.columns
    }
    return pd.DataFrame(shown, index=table.index)


def _word_of(known: Mapping[str, str], code: object) -> str:
    return known.get(str(code), str(code))


def _each(codes: object, names: Mapping[str, str], text: Text) -> str:
    """Codes with semicolons between them, each in words."""
    return "; ".join(name_of(code, names, text) for code in str(codes).split("; "))


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    decimals = {
        name: _DECIMALS.get(str(name), schema.decimals(str(name)))
        for name in table.columns
        if pd.api.types.is_float_dtype(table[name])
    }
    return table.round(decimals)


# --- workbook -----------------------------------------------------------------------------------


def write_budget_workbook(run: Run, plan: Plan, path: Path, text: Text) -> None:
    """Write the budget of a plan as a workbook.

    Summary with the totals by year and envelope, a sheet of lines for each office (SKPD), the
    marginal list, unfunded demand, what is proposed to the central government, the totals as a
    list, and what each column means.

    Parameters
    ----------
    run : Run
        The run that the plan is of.
    plan : Plan
    path : Path
        The XLSX file.
    text : Text
        Language of the sheets.

    Raises
    ------
    InputError
        `plan_unequal`; `plan_too_long`: more lines than a sheet of Excel has rows.
    OSError
        It cannot be written completely, such as on a full disk.
    """
    places, years = places_of(run.schools), horizon_of(plan)
    lines = _rounded(make_budget_lines(run, plan))
    if len(lines) >= MOST_ROWS:
        raise InputError("plan_too_long", path=path, most=MOST_ROWS - 1, count=len(lines))
    totals = total_rows(lines, plan)
    table = sheet_table(lines, BUDGET, places, text, years)
    lists = [
        *_sheets_of_offices(lines, table, places, text),
        *_sheets_apart(run, plan, lines, table, text),
    ]
    of_totals = sheet_table(totals, TOTALS, places, text, years)
    wanted = [text(N_("Summary")), *(_short_name(each.wanted) for each in lists)]
    wanted += [text(N_("Totals")), text(N_("Data dictionary"))]
    summary, *names, totals_name, dictionary_name = sheet_names(wanted)
    title = text(N_("Plan {plan}"), plan=plan.folder.name)
    with open_book(run, path, text, title=title) as writer:
        contents = [
            *zip(
                names, (each.content for each in lists), (len(x.rows) for x in lists), strict=True
            ),
            (totals_name, text(N_("Sums by year and source of funds")), len(totals)),
        ]
        sections = _summary(plan, of_totals, contents, text)
        writer.add_page(summary, title, sections, _WIDTHS)
        for name, each in zip(names, lists, strict=True):
            writer.add_list(
                *(name, f"{each.wanted}: {each.content}", each.table, each.rows),
                frozen=each.frozen,
                colour=each.colour,
                folded=_FOLDED if each.table is table else (),
            )
        writer.add_list(totals_name, totals_name, of_totals)
        dictionary = dictionary_of((*BUDGET, *TOTALS, *MARGINAL, *BTS), text, years)
        writer.add_list(dictionary_name, dictionary_name, dictionary, frozen=1)


def _sheets_of_offices(
    lines: pd.DataFrame, table: SheetTable, places: Mapping[str, str], text: Text
) -> list[_ListOfPlan]:
    """A sheet for each office whose lines have a ceiling; the smallest of very many in one."""
    mine = lines[(lines["is_unfunded"] == "no") & ~lines["is_central"]]
    offices = mine["skpd"].fillna("")
    counts = offices.value_counts()
    kept = set(sorted(counts.index, key=lambda each: (-counts[each], each))[:MOST_KABUPATEN])
    content = text(N_("Lines of the budget of this office, by year and rank"))
    groups: dict[str, list[int]] = {}
    for row, office in offices.items():
        wanted = office_words(office, places, text) if office in kept else text(N_("other offices"))
        groups.setdefault(wanted, []).append(int(str(row)))
    return [
        _ListOfPlan(wanted, content, table, rows, _FROZEN, _OFFICE)
        for wanted, rows in sorted(groups.items())
    ]


def _sheets_apart(
    run: Run, plan: Plan, lines: pd.DataFrame, table: SheetTable, text: Text
) -> list[_ListOfPlan]:
    """What is in no budget of an office: left out, without a ceiling, of the central government."""
    places, years = places_of(run.schools), horizon_of(plan)
    marginal = plan_tables.marginal_schools(plan, run.schools)
    shown = sheet_table(marginal, MARGINAL, places, text, years)
    unfunded = lines.index[(lines["is_unfunded"] == "yes") & ~lines["is_central"]]
    central = lines.index[lines["is_central"]]
    bts = sheet_table(_rounded(propose_bts(run, plan)), BTS, places, text, years)
    return [
        _ListOfPlan(
            text(N_("Marginal list")),
            text(N_("Schools that are left out, those that come next first")),
            *(shown, shown.rows, 2, _APART),
        ),
        _ListOfPlan(
            text(N_("Unfunded demand")),
            text(N_("Lines without a ceiling of who would pay: in no budget of an office")),
            *(table, [int(n) for n in unfunded], _FROZEN, _APART),
        ),
        _ListOfPlan(
            text(N_("Central government")),
            text(N_("Lines that are proposed to the central government, outside APBD")),
            *(table, [int(n) for n in central], _FROZEN, _APART),
        ),
        _ListOfPlan(
            text(N_("BTS proposals")),
            text(N_("Proposals for base stations to Komdigi/BAKTI")),
            *(bts, bts.rows, 2, _APART),
        ),
    ]


def _summary(
    plan: Plan, totals: SheetTable, contents: Sequence[tuple[str, str, int]], text: Text
) -> list[SheetSection]:
    facts = plan_tables.plan_facts(plan)
    objective = name_of(facts["objective"], OBJECTIVE_NAMES, text)
    opening = [
        text(N_("Plan {plan} of run {run}."), plan=facts["plan"], run=facts["run"]),
        text(N_("Objective: {objective}."), objective=objective),
        *ending_sentences(facts, text),
        text(
            N_(
                "All amounts are whole rupiah. Ceilings hold PPN, and PPN stands apart from the "
                "prices. The lines of all sheets sum up to the totals below."
            )
        ),
        text(
            N_(
                "The sheets of lines have {count} columns, of which {printed} are printed. The "
                "others are folded: click on 2 or + above the sheet to see them."
            ),
            count=text.number(len(BUDGET)),
            printed=text.number(len(BUDGET) - len(_FOLDED)),
        ),
    ]
    # The source of funds comes first, where the column of the sheet is wide.
    order = (1, 0, *range(2, len(totals.columns)))
    known = (totals.columns[n] for n in order)
    shown = SheetTable(
        [
            SheetColumn(column.label, column.note, column.style, width)
            for column, width in zip(known, _WIDTHS, strict=True)
        ],
        [totals.cells[n] for n in order],
    )
    sheets = SheetTable(
        [
            SheetColumn(text(N_("Sheet")), width=_WIDTHS[0]),
            SheetColumn(text(N_("Rows")), style="#,##0"),
            SheetColumn(text(N_("Content")), style=SENTENCE, span=6),
        ],
        [
            [name for name, _, _ in contents],
            [count for _, _, count in contents],
            [content for _, content, _ in contents],
        ],
    )
    links = {name: name for name, _, _ in contents}
    return [
        SheetSection("", opening, plan_notices(plan, text)),
        SheetSection(text(N_("Totals by source of funds and year")), table=shown),
        SheetSection(text(N_("Sheets of this workbook")), table=sheets, links=links),
    ]


def _short_name(name: str) -> str:
    """A name for a sheet: of a long one its last words, by which offices differ.

    Examples
    --------
    >>> _short_name("Dinas Pendidikan Kab. Hulu Sungai Tengah")
    '… Kab. Hulu Sungai Tengah'
    """
    words = name.split(" ")
    for first in range(1, len(words)):
        if len(name) <= LONGEST_NAME:
            return name
        name = " ".join(("…", *words[first:]))
    return name


def sheet_table(
    table: pd.DataFrame,
    columns: Sequence[PlanColumn],
    places: Mapping[str, str],
    text: Text,
    years: int,
) -> SheetTable:
    """A list of a plan as a sheet: typed cells, and a word where a fact of a school is unknown.

    Parameters
    ----------
    table : DataFrame
        In codes; a column that it lacks is empty.
    columns : sequence of PlanColumn
    places : mapping of str to str
        Names of kabupaten by code.
    text : Text
    years : int
        Horizon of the costs.
    """
    names = [column.name for column in columns]
    shown = in_words(table.reindex(columns=names), places, text)
    unknown = text(NAMES["unknown"])
    # What is shared has no pupils of its own.
    options = table["option"].tolist() if "option" in table else [""] * len(table)
    openings = [str(each).startswith(OPENING) for each in options]
    described, cells = [], []
    for column in columns:
        label, note = column.words(text, years)
        empty = unknown if column.name in ("students", "population", "ceiling_idr") else ""
        values: list[CellValue] = [
            ("" if is_shared and column.name == "students" else empty) if value is None else value
            for value, is_shared in zip(
                (row[column.name] for row in rows_of(shown[[column.name]])), openings, strict=True
            )
        ]
        if column.dtype == "str":
            values = [plain(value) for value in values]
        cells.append(values)
        described.append(SheetColumn(label, note, column.style, _width(column, label, values)))
    return SheetTable(described, cells)


def _width(column: PlanColumn, label: str, cells: Sequence[CellValue]) -> float:
    """The width that shows a column and its header in a few lines."""
    if column.name.endswith("_idr"):
        width = 18.0
    elif column.dtype != "str":
        width = 10.0
    else:
        longest = max((len(str(cell)) for cell in cells), default=7)
        width = float(min(max(longest + 2.5, 9.0), 34.0 if column.is_long else 24.0))
    while lines_of(label, width - 1) > 4:
        width += 1.0
    return max(width, max(map(len, label.split())) + 2.0)


def dictionary_of(columns: Sequence[PlanColumn], text: Text, years: int) -> SheetTable:
    """What each column means: label, code, description; a column of several lists once."""
    known = {(column.name, column.label): column for column in columns}
    words = [column.words(text, years) for column in known.values()]
    heads = (
        SheetColumn(text(N_("Column")), style=SENTENCE, width=44.0),
        SheetColumn(text(N_("Code")), width=22.0),
        SheetColumn(text(N_("Description")), style=SENTENCE, width=90.0),
    )
    return SheetTable(
        heads,
        [
            [label for label, _ in words],
            [column.name for column in known.values()],
            [description for _, description in words],
        ],
    )


def write_bts_workbook(run: Run, plan: Plan, path: Path, text: Text) -> None:
    """Write the proposals for base stations as a workbook: what it is, the list, its columns.

    Parameters
    ----------
    run : Run
        The run that the plan is of.
    plan : Plan
    path : Path
        The XLSX file.
    text : Text
        Language of the sheets.

    Raises
    ------
    OSError
        It cannot be written completely, such as on a full disk.
    """
    places, years = places_of(run.schools), horizon_of(plan)
    table = sheet_table(_rounded(propose_bts(run, plan)), BTS, places, text, years)
    title = text(N_("Proposals for base stations to Komdigi/BAKTI"))
    wanted = (N_("Summary"), N_("BTS proposals"), N_("Data dictionary"))
    summary, proposals, dictionary = sheet_names(map(text, wanted))
    said = [
        text(N_("Plan {plan} of run {run}."), plan=plan.folder.name, run=run.folder.name),
        text(
            N_(
                "The central government builds base stations: this list is a proposal and no line "
                "of an APBD. Places are to be surveyed, and costs are estimates."
            )
        ),
    ]
    with open_book(run, path, text, title=title) as writer:
        sections = [SheetSection("", said, plan_notices(plan, text))]
        writer.add_page(summary, title, sections, _WIDTHS)
        writer.add_list(proposals, title, table, frozen=2, colour=_APART)
        of_columns = dictionary_of(BTS, text, years)
        writer.add_list(dictionary, dictionary, of_columns, frozen=1)
