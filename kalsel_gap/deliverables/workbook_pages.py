"""What stands in a workbook beside its lists: summary, data dictionary, findings, method."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables import columns
from kalsel_gap.deliverables.codes import words_of
from kalsel_gap.deliverables.input_words import name_of_input
from kalsel_gap.deliverables.map_story import headline, list_length
from kalsel_gap.deliverables.map_tables import imprint_of
from kalsel_gap.deliverables.provenance import input_files, licence_of, publication_of
from kalsel_gap.deliverables.remarks import list_remarks, when_decided
from kalsel_gap.deliverables.tables import (
    ALL,
    INFERRED,
    all_notices,
    approval,
    assignments,
    by_kabupaten,
    counted_schools,
)
from kalsel_gap.deliverables.workbook_lists import column_words, office_groups
from kalsel_gap.deliverables.workbook_writer import (
    MOST_ROWS,
    SENTENCE,
    SheetColumn,
    SheetSection,
    SheetTable,
)
from kalsel_gap.i18n.messages import (
    COUNT_NAMES,
    REASONS,
    SEVERITY_NAMES,
    TIER_NAMES,
    UNKNOWN_KABUPATEN,
    finding_sentence,
)
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.sources.values import parse_date

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from kalsel_gap.deliverables.tables import View
    from kalsel_gap.deliverables.workbook_writer import CellValue
    from kalsel_gap.storage.run_folder import Run

SUMMARY_WIDTHS = (36.0, *(15.0,) * 9)
METHOD_WIDTHS = (26.0, 36.0, 20.0, 16.0, 70.0)
_WHOLE, _DAY = "#,##0", "yyyy-mm-dd"
_ORDER = ("error", "warning", "note")
_PRIVATE = N_(
    "Private schools stand apart: the column “{column}” names the office that is responsible for "
    "them by law, but ordinary capital spending of the government may not go to them. A grant "
    "(hibah), BOS or CSR can."
)
_METHOD = (
    N_(
        "The deficit of a school is how far its internet falls short of what it needs: 0 is "
        "enough, 1 is none at all. A tier is a range of the deficit."
    ),
    N_(
        "Known: measured or stated in the data. Inferred: computed from what is available at the "
        "school. Unknown: nobody knows; it counts neither as 0 nor as enough."
    ),
    N_(
        "The priority weights the deficit by need (pupils and whom else it touches) and barrier "
        "(why the gap will not close by itself). The documentation of kalsel-gap explains every "
        "figure."
    ),
    N_(
        "The office of a kabupaten or kota is responsible for its public SD and SMP, that of the "
        "province for public SMA, SMK and SLB, Kemenag for every madrasah (UU 23/2014). Other "
        "private schools stand on a sheet of their own, because ordinary capital spending of the "
        "government may not go to them."
    ),
    N_(
        "Lists of schools are printed up to the column “{column}”. The other columns stand to the "
        "right of it on the screen."
    ),
)


class SheetContent(NamedTuple):
    """What a sheet of the workbook holds.

    Attributes
    ----------
    name, content : str
    schools, others : int or None
        Rows that are a school to count, and its other rows; None where there is nothing to count.
    """

    name: str
    content: str
    schools: int | None = None
    others: int | None = None


# --- summary -------------------------------------------------------------------------------------


def summary_sections(
    run: Run,
    view: View,
    schools: pd.DataFrame,
    sheets: Sequence[SheetContent],
    text: Text,
    *,
    older: str = "",
) -> Iterator[SheetSection]:
    """What a budget officer reads first.

    Parameters
    ----------
    run : Run
    view : View
        Which schools the workbook holds.
    schools : DataFrame
        All of them that match its filters, whatever its limit is.
    sheets : sequence of SheetContent
        Those behind the summary.
    text : Text
    older : str
        That the run is older than its inputs; empty where it is not.
    """
    counted = counted_schools(schools)
    yield _opening(run, text, older)
    chosen = list(_choice(view, schools, text))
    sentences = headline(counted, list_length(run), text)
    yield SheetSection(text(N_("In brief")), [*sentences, *chosen])
    kabupaten = by_kabupaten(counted)
    below = {ALL: N_("all"), INFERRED: COUNT_NAMES["inferred"], "": UNKNOWN_KABUPATEN}
    kabupaten = kabupaten.sort_values(  # those that are not recognised below the others
        "kabupaten",
        key=lambda names: names.map({"": 1, ALL: 2, INFERRED: 3}).fillna(0),
        kind="stable",
    )
    names = [text(below.get(name, "")) or name for name in kabupaten["kabupaten"]]
    title = text(N_("Schools by tier in each kabupaten or kota"))
    sums = range(len(names) - 2, len(names))
    table = _counts(kabupaten, names, N_("Kabupaten/kota"), text, sums)
    yield SheetSection(title, table=table)
    offices = _by_office(counted, text)
    title = text(N_("Schools by tier and by the office that is responsible"))
    table = _counts(offices, list(offices.index), N_("Office"), text)
    yield SheetSection(title, table=table, is_new_page=True)
    if text(N_("Private schools")) in offices.index:
        office = column_words(run, text)["authority"][0]
        yield SheetSection("", [text(_PRIVATE, column=office)])
    title = text(N_("What is not in the ranking, and what else to know"))
    remarks = [] if schools.empty else list_remarks(run, text, view)
    yield SheetSection(title, remarks, table=_reasons(schools, text))
    yield _sheet_list(sheets, text)


def _sheet_list(sheets: Sequence[SheetContent], text: Text) -> SheetSection:
    """Every sheet behind the summary, what it holds, and how much of it."""
    described = [
        SheetColumn(text(N_("Sheet")), width=SUMMARY_WIDTHS[0]),
        SheetColumn(text(N_("Schools")), style=_WHOLE),
        SheetColumn(text(N_("Other rows")), style=_WHOLE),
        SheetColumn(text(N_("Content")), span=7),
    ]
    counts = ([each.schools for each in sheets], [each.others for each in sheets])
    shown: list[list[CellValue]] = [
        ["" if count is None else count for count in column] for column in counts
    ]
    listed: list[list[CellValue]] = [
        [each.name for each in sheets],
        *shown,
        [each.content for each in sheets],
    ]
    words = N_(
        "Other rows repeat a school or are of a closed one, and are not counted above; on the "
        "last sheets they are columns and findings."
    )
    return SheetSection(
        text(N_("Sheets of this workbook")),
        [text(words)],
        table=SheetTable(described, listed),
        links={each.name: each.name for each in sheets},
        is_new_page=True,
    )


def _opening(run: Run, text: Text, older: str) -> SheetSection:
    """Whose list it is and what it counts for: that it is official is no warning."""
    said = all_notices(run, text)
    official = [each for each in said if run.standing == "official" and each == said[-1]]
    warnings = [*(each for each in said if each not in official), *filter(None, [older])]
    project = str(run.manifest.get("project") or "")
    return SheetSection("", [*filter(None, [project]), *official], warnings)


def _choice(view: View, schools: pd.DataFrame, text: Text) -> Iterator[str]:
    """Which schools the workbook holds, where that is not all, and what their rank is by."""
    wanted = [f"--{name} {value}" for name, _, values in view.filters() for value in values]
    if wanted:
        yield text(N_("Only the schools of this choice: {choice}."), choice="; ".join(wanted))
    ranked = int(schools["rank"].notna().sum())
    if view.top is not None and view.top < ranked:
        words = N_(
            "The lists hold only the first {top} of {count} schools with a rank; the counts below "
            "are of all of them."
        )
        yield text(words, top=text.number(view.top), count=text.number(ranked))
    if view.by == "priority":
        yield text(N_("The rank is by priority, not by deficit."))


def _counts(
    table: pd.DataFrame,
    names: Sequence[str],
    head: str,
    text: Text,
    sums: Collection[int] = frozenset(),
) -> SheetTable:
    """Counts by tier: a row for each name; some rows sum up others."""
    kinds = [*schema.TIER_LABELS, "unknown", "all", "inferred"]
    described = [SheetColumn(text(head), width=SUMMARY_WIDTHS[0])] + [
        SheetColumn(
            text(COUNT_NAMES.get(kind) or TIER_NAMES[kind]), style=_WHOLE, width=SUMMARY_WIDTHS[1]
        )
        for kind in kinds
    ]
    counts = (table[kind].astype(int).tolist() for kind in kinds)
    return SheetTable(described, [list(names), *counts], sums=sums)


def _by_office(schools: pd.DataFrame, text: Text) -> pd.DataFrame:
    """Schools by tier and unknown for each office, as :func:`.tables.by_kabupaten` counts them."""
    groups = office_groups(schools, text)
    kinds = [*schema.TIER_LABELS, "unknown", "all", "inferred"]
    rows = {}
    for group in groups:
        mine = schools.iloc[list(group.rows)]
        tiers = mine["tier_label"].fillna("unknown").value_counts()
        counts = [int(tiers.get(kind, 0)) for kind in kinds[:-2]]
        rows[group.name] = [*counts, len(mine), int((mine["deficit_status"] == "inferred").sum())]
    return pd.DataFrame.from_dict(rows, orient="index", columns=kinds)


def _reasons(schools: pd.DataFrame, text: Text) -> SheetTable | None:
    """Why rows have no rank, and how many; None where all have one."""
    reasons = schools["unranked_reason"].value_counts()
    if reasons.empty:
        return None
    described = [
        SheetColumn(text(N_("Why unranked")), style=SENTENCE, width=SUMMARY_WIDTHS[0]),
        SheetColumn(text(N_("Rows")), style=_WHOLE),
    ]
    words = [text(REASONS[str(code)]) for code in reasons.index]
    return SheetTable(described, [words, [int(n) for n in reasons]])


# --- dictionary and findings ---------------------------------------------------------------------


def dictionary_table(run: Run, names: Sequence[str], text: Text) -> SheetTable:
    """What each of these columns means: label, code, description, values, source."""
    declared, words = columns.declared(run), column_words(run, text)
    known = [declared[name] for name in names]
    heads = (
        SheetColumn(text(N_("Column")), style=SENTENCE, width=30.0),
        SheetColumn(text(N_("Code")), width=20.0),
        SheetColumn(text(N_("Description")), style=SENTENCE, width=70.0),
        SheetColumn(text(N_("Values")), style=SENTENCE, width=50.0),
        SheetColumn(text(N_("Source")), width=22.0),
    )
    values = [
        "; ".join(words_of(column, text).get(code, code) for code in column.choices)
        for column in known
    ]
    return SheetTable(
        heads,
        [
            [words[name][0] for name in names],
            list(names),
            [words[name][1] for name in names],
            values,
            [column.source for column in known],
        ],
    )


def findings_table(run: Run, schools: pd.DataFrame, text: Text, *, is_part: bool) -> SheetTable:
    """Findings about the inputs, the errors first; of a part of the schools those about them."""
    found = run.findings
    if is_part:
        place = found["file"] + ":" + found["row"].astype("str")
        found = found[place.isin(set(schools["row_id"]))]
    order = found["severity"].map(_ORDER.index)
    found = found.iloc[order.argsort(kind="stable")]
    cut = len(found) > MOST_ROWS - 2
    shown = found.head(MOST_ROWS - 2)
    heads = (
        SheetColumn(text(N_("Severity")), width=12.0),
        SheetColumn(text(N_("File")), width=20.0),
        SheetColumn(text(N_("Row")), style="0", width=9.0),
        SheetColumn(text(N_("NPSN")), width=12.0),
        SheetColumn(text(N_("Finding")), style=SENTENCE, width=90.0),
        SheetColumn(text(N_("Column")), width=16.0),
        SheetColumn(text(N_("Value")), style=SENTENCE, width=26.0),
        SheetColumn(text(N_("Code")), width=28.0),
    )
    cells: list[list[CellValue]] = [
        [text(SEVERITY_NAMES[severity]) for severity in shown["severity"]],
        *_texts(shown, "file"),
        ["" if pd.isna(row) else int(row) for row in shown["row"]],
        *_texts(shown, "npsn"),
        [finding_sentence(row, text) for row in shown.to_dict("records")],
        *_texts(shown, "column"),
        *_texts(shown, "value"),
        *_texts(shown, "code"),
    ]
    if cut:
        words = N_("{count} more are in findings.csv of the run.")
        last = text(words, count=text.number(len(found) - len(shown)))
        for column, cell in zip(cells, ("", "", "", "", last, "", "", ""), strict=True):
            column.append(cell)
    return SheetTable(heads, cells)


def _texts(table: pd.DataFrame, name: str) -> Iterator[list[CellValue]]:
    yield list(table[name].fillna("").astype("str"))


# --- method and sources --------------------------------------------------------------------------


def method_sections(run: Run, last_printed: str, text: Text) -> Iterator[SheetSection]:
    """How the list was made and from what: the run, the method, each input with its date.

    Parameters
    ----------
    run : Run
    last_printed : str
        Label of the last column of the lists that is printed.
    text : Text
    """
    yield SheetSection(text(N_("The run")), [imprint_of(run, text)], table=_facts(run, text))
    sentences = [text(words, column=last_printed) for words in _METHOD]
    yield SheetSection(text(N_("How to read the lists")), sentences)
    yield SheetSection(text(N_("Inputs")), table=_inputs(run, text))


def _facts(run: Run, text: Text) -> SheetTable:
    manifest = run.manifest
    decision = manifest.get("decision", {})
    published, not_stated = publication_of(run), text(N_("not stated"))
    facts: dict[str, CellValue] = {
        text(N_("Run")): run.folder.name,
        text(N_("Official list")): approval(run) or text(N_("none")),
        text(N_("Trial")): assignments(run.overrides) if run.overrides else text(N_("none")),
        text(N_("Publisher")): published.publisher or not_stated,
        text(N_("Contact")): published.contact_email or not_stated,
        text(N_("Licence of this workbook")): licence_of(run, " · ") or not_stated,
        text(N_("Decision")): str(decision.get("number") or text(N_("none recorded"))),
    }
    if when := when_decided(manifest, text):
        facts[text(N_("When"))] = when
    described = [
        SheetColumn(text(N_("Fact")), width=METHOD_WIDTHS[0]),
        SheetColumn(text(N_("Value")), style=SENTENCE, width=METHOD_WIDTHS[1], span=3),
    ]
    return SheetTable(described, [list(facts), list(facts.values())])


def _inputs(run: Run, text: Text) -> SheetTable:
    """Each input file: what it is, its date as a date, its licence, its hash."""
    inputs, not_stated = input_files(run), text(N_("not stated"))
    heads = (
        SheetColumn(text(N_("What it is")), style=SENTENCE, width=METHOD_WIDTHS[0]),
        SheetColumn(text(N_("File")), style=SENTENCE, width=METHOD_WIDTHS[1]),
        SheetColumn(text(N_("Date")), style=_DAY, width=METHOD_WIDTHS[2]),
        SheetColumn(text(N_("Licence")), style=SENTENCE, width=METHOD_WIDTHS[3]),
        SheetColumn(text(N_("SHA-256")), width=70.0),
    )
    return SheetTable(
        heads,
        [
            [name_of_input(each.name, text) for each in inputs],
            [each.file for each in inputs],
            [parse_date(each.date) or each.date or not_stated for each in inputs],
            [each.licence or not_stated for each in inputs],
            [each.sha256 for each in inputs],
        ],
    )
