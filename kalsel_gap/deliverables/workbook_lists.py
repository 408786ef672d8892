"""Lists of schools as sheets of a workbook: their columns, typed cells, and who stands on which.

Of a column that people read, what is unknown is the word for it, never an empty cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from kalsel_gap import schema
from kalsel_gap.deliverables import columns
from kalsel_gap.deliverables.map_story import list_length
from kalsel_gap.deliverables.tables import as_read, claimed_kabupaten, with_words
from kalsel_gap.deliverables.workbook_writer import (
    SENTENCE,
    TEXT,
    SheetColumn,
    SheetTable,
    lines_of,
)
from kalsel_gap.i18n.messages import NAMES, UNKNOWN_KABUPATEN
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from kalsel_gap.deliverables.workbook_writer import CellValue
    from kalsel_gap.storage.run_folder import Run

# What a budget officer prints; the rest of the summary stands beside it on the screen.
PRINTED = (
    *("rank", "npsn", "name", "level", "ownership", "authority", "kabupaten", "kecamatan"),
    *("students", "tier_label", "deficit", "priority"),
    *("top_k_set", "p_top_k", "rank_p05", "rank_p95", "gap_type", "reason_text"),
)
FROZEN = 3  # columns: rank, number and name
BARS = ("deficit", "priority")
# Columns that are left out where nothing stands in them.
_WHERE_GIVEN = frozenset(
    (
        *("rank_p05", "rank_p95", "p_top_k", "top_k_label", "top_k_set"),
        *("objections", "trial", "official"),
    )
)
_OF_RANK = ("rank", "rank_p05", "rank_p95", "p_top_k", "top_k_label", "top_k_set")
_OF_SIGNAL = ("best_level_dbm", "best_technology", "best_operator")
_NO_RANK = N_("no rank")
_PERCENT = frozenset(("p_top_k", "completeness", "tier_probability"))
_RUPIAH = '"Rp"#,##0'
_FEWEST, _MOST = 8.0, 24.0  # characters of a column
_MOST_OF = {
    "name": 30.0,
    "authority": 16.5,
    "kabupaten": 18.0,
    "kecamatan": 17.5,
    "tier_label": 13.5,
    "top_k_set": 13.5,
    "gap_type": 16.0,
    "reason_text": 49.5,
}  # of texts that are printed: they are broken into lines
# Where the run states how long its list is, the number stands in place of k.
_OF_FIRST: dict[str, tuple[str, str]] = {
    "p_top_k": (
        N_("Chance to be among the first {k}"),
        N_("Share of the draws in which the school is among the first {k} of the list."),
    ),
    "top_k_label": (N_("Among the first {k}"), schema.BY_NAME["top_k_label"].description),
    "top_k_set": (
        schema.BY_NAME["top_k_set"].label,
        N_(
            "Statement about the list as a whole: all certain schools are among the first {k}, no "
            "school that is out is, each at the stated confidence."
        ),
    ),
}
_LINES = 3  # most of a header
MOST_KABUPATEN = 100  # that have a sheet of their own: each sheet is an open file

_Key = TypeVar("_Key", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class SchoolGroup:
    """Schools that stand on one sheet.

    Attributes
    ----------
    name : str
        As the sheet is to be called.
    rows : sequence of int
        Their positions in the list.
    content : str
        What its sheet holds, where that is not the same as for the others.
    """

    name: str
    rows: Sequence[int]
    content: str = ""


def list_codes(run: Run, schools: pd.DataFrame, text: Text) -> pd.DataFrame:
    """Schools with every column of what is written for others, numbers rounded, codes as codes."""
    return as_read(with_words(run, schools, text))


def list_table(run: Run, codes: pd.DataFrame, text: Text) -> SheetTable:
    """Schools in the columns of :func:`list_columns`, in words, with typed cells.

    Parameters
    ----------
    run : Run
        The run of the schools.
    codes : DataFrame
        Of :func:`list_codes`.
    text : Text
        Language of headers and words.
    """
    names = list_columns(codes)
    declared, words = columns.declared(run), column_words(run, text)
    shown = columns.in_words(codes[names], run, text).set_axis(names, axis=1)
    is_silent = (codes["available"] == 0.0).tolist()
    cells = [_cells(name, shown[name], is_silent, text) for name in names]
    described = [
        SheetColumn(
            label=words[name][0],
            note=words[name][1],
            style=SENTENCE if name in _MOST_OF else number_format(declared[name]),
            width=_width(name, words[name][0], column),
            has_bars=name in BARS,
        )
        for name, column in zip(names, cells, strict=True)
    ]
    tiers = codes["tier_label"].astype("object").where(codes["tier_label"].notna(), "unknown")
    return SheetTable(described, cells, {names.index("tier_label"): tiers.tolist()})


def column_words(run: Run, text: Text) -> dict[str, tuple[str, str]]:
    """Label and description of each column of a run, no two labels alike."""
    declared, labels = columns.declared(run), columns.labels(run, text)
    words = {name: (labels[name], text(column.description)) for name, column in declared.items()}
    if (k := list_length(run)) is not None:
        words |= {
            name: (text(label, k=text.number(k)), text(description, k=text.number(k)))
            for name, (label, description) in _OF_FIRST.items()
        }
    return words


def printed_count(names: Sequence[str]) -> int:
    """How many columns of a list are printed: its first ones."""
    return sum(name in PRINTED for name in names)


def list_columns(table: pd.DataFrame) -> list[str]:
    """Columns of a list: those that are printed, then the others of the summary."""
    every = dict.fromkeys((*PRINTED, *schema.SUMMARY))
    return [name for name in every if name not in _WHERE_GIVEN or table[name].notna().any()]


def number_format(column: schema.Column) -> str:
    """How Excel writes the numbers of a column, by its unit; of texts that they are texts.

    Examples
    --------
    >>> number_format(schema.BY_NAME["npsn"]), number_format(schema.BY_NAME["students"])
    ('@', '#,##0')
    >>> number_format(schema.Column("capex_idr", "integer", "scores", "", ""))
    '"Rp"#,##0'
    """
    if column.kind in ("text", "flag"):
        return TEXT
    if column.name.endswith("_idr"):
        return _RUPIAH
    if column.name.endswith("_share") or column.name in _PERCENT:
        return "0%"
    if column.kind == "integer":
        return "#,##0"
    if column.maximum == 1.0:  # a score
        return "0.00"
    return f"#,##0.{'0' * schema.decimals(column.name)}"


def kabupaten_groups(schools: pd.DataFrame, text: Text) -> list[SchoolGroup]:
    """The schools of each kabupaten that the register states, by name.

    Those of a kabupaten that is not recognised come last, as do those of the smallest ones where
    there are more than :data:`MOST_KABUPATEN`.
    """
    claimed = _sheets_of_kabupaten(schools, text)
    return _groups(claimed, {name: name for name in sorted(set(claimed))})


def office_groups(schools: pd.DataFrame, text: Text) -> list[SchoolGroup]:
    """The schools of each office that could pay for them: each school stands in one group.

    Public schools by who is responsible for their level; madrasah of both kinds at the ministry of
    religion; other private schools apart, as nobody's capital spending may go to them.
    """
    others: dict[tuple[str, str], str] = {
        ("province", ""): text(N_("Dinas of the province")),
        ("kemenag", ""): text(N_("Kemenag")),
        ("private", ""): text(N_("Private schools")),
        ("unknown", ""): text(N_("Office not known")),
    }
    claimed = _sheets_of_kabupaten(schools, text)
    keys: list[tuple[str, str]] = []
    facts = zip(schools["authority"].tolist(), schools["ownership"].tolist(), claimed, strict=True)
    for authority, ownership, kabupaten in facts:
        if authority == "kemenag":
            keys.append(("kemenag", ""))
        elif ownership == "private":
            keys.append(("private", ""))
        elif authority == "kabupaten":
            keys.append(("kabupaten", kabupaten))
        else:
            keys.append(("province" if authority == "province" else "unknown", ""))
    words = N_("Dinas {kabupaten}")
    named = {
        key: text(words, kabupaten=key[1]) for key in sorted(set(keys)) if key[0] == "kabupaten"
    }
    groups = _groups(keys, {("province", ""): others[("province", "")], **named, **others})
    private = text(N_("Private schools by rank; paid by a grant (hibah), BOS or CSR"))
    return [
        replace(group, content=private) if group.name == others[("private", "")] else group
        for group in groups
    ]


def _sheets_of_kabupaten(schools: pd.DataFrame, text: Text) -> list[str]:
    """The kabupaten of each school, as the sheet on which it stands is called."""
    claimed = claimed_kabupaten(schools)
    counts = claimed[claimed != ""].value_counts()
    kept = set(counts.index[:MOST_KABUPATEN])
    unknown, rest = text(UNKNOWN_KABUPATEN), text(N_("other kabupaten"))
    return [unknown if not name else name if name in kept else rest for name in claimed.tolist()]


def _groups(keys: Sequence[_Key], names: Mapping[_Key, str]) -> list[SchoolGroup]:
    rows: dict[_Key, list[int]] = {key: [] for key in names}
    for row, key in enumerate(keys):
        rows[key].append(row)
    return [SchoolGroup(names[key], mine) for key, mine in rows.items() if mine]


def _cells(name: str, column: pd.Series, is_silent: Sequence[bool], text: Text) -> list[CellValue]:
    """Typed cells of a column, with a word where nothing is known."""
    unknown = text(NAMES["unknown"])
    if name in _OF_RANK:
        unknown = text(_NO_RANK)
    elif name == "objections":
        unknown = text(N_("none"))
    missing = column.isna() | (column.astype("object") == "")
    values = column.astype("object").tolist()
    found: list[CellValue] = [
        unknown if is_missing else value for value, is_missing in zip(values, missing, strict=True)
    ]
    if name in _OF_SIGNAL:
        none = text(N_("none"))
        found = [
            none if is_missing and silent else cell
            for cell, is_missing, silent in zip(found, missing, is_silent, strict=True)
        ]
    return found


def _width(name: str, label: str, cells: Sequence[CellValue]) -> float:
    """The width that shows all of a column and its header in a few lines, within bounds."""
    of_numbers = not all(isinstance(cell, str) for cell in cells)
    texts = {cell for cell in cells if isinstance(cell, str)}
    if of_numbers and name in PRINTED:  # a text among them is broken into lines
        longest = max([7, *(len(word) for each in texts for word in each.split())])
    else:
        longest = max(map(len, texts), default=7)
    width = float(min(max(longest + 2.5, _FEWEST), _MOST_OF.get(name, _MOST)))
    while lines_of(label, width - 1) > _LINES:
        width += 1.0
    return max(width, max(map(len, label.split()), default=0) + 2.0)
