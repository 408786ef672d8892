"""Columns of what is written for others: which there are, their labels, and words for codes."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables.codes import NO, YES, words_of
from kalsel_gap.deliverables.use_case_words import name_of, uses_of
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.storage.run_folder import Run

GROUPS = ("summary", "all")
_NODE, _MEASURED = "index.nodes.", ".column"  # around the code of a node in the parameters
_NEAR = 3  # columns that a message suggests
_UNITS = {
    "km": "km",
    "m": "m",
    "km2": "km²",
    "dbm": "dBm",
    "db": "dB",
    "deg": "°",
    "mbps": "Mbps",
    "ms": "ms",
}  # by the end of a column's name
_OF_LEAF = {
    "score": N_("{indicator}: score"),
    "status": N_("{indicator}: status"),
    "contribution": N_("{indicator}: contribution"),
}

# The name of a use can be the user's own: it never begins a cell.
_OF_USE = {
    "typical": N_("Usual day: {use}"),
    "difficult": N_("Difficult day: {use}"),
}


def leaves_of(run: Run) -> dict[str, str]:
    """Indicators of the run's index by code, scored or not: the column that each measures."""
    return {
        key.removeprefix(_NODE).removesuffix(_MEASURED): column
        for key, column in sorted(run.manifest.get("parameters", {}).items())
        if key.startswith(_NODE) and key.endswith(_MEASURED) and column
    }


def declared(run: Run) -> dict[str, schema.Column]:
    """Every column of what is written of a run, in order: those of the schema in each project."""
    canonical = len(schema.CANONICAL)
    words, *marks = schema.ADDED
    columns = (
        *(*schema.COLUMNS[:canonical], words, *schema.COLUMNS[canonical:]),
        *(*schema.leaf_columns(leaves_of(run)), *schema.use_case_columns(uses_of(run)), *marks),
    )
    return {column.name: column for column in columns}


def complete(table: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The table with every declared column in order and type; what the run has not is empty."""
    columns = declared(run)
    typed = {
        name: table[name] if name in table.columns else pd.Series(None, table.index, dtype="object")
        for name in columns
    }
    others = [name for name in table.columns if name not in columns]
    whole = pd.DataFrame(typed).astype({name: column.dtype for name, column in columns.items()})
    return whole.join(table[others])


def choose(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """Names of columns, with ``summary`` and ``all`` for those that they stand for.

    Parameters
    ----------
    wanted : sequence of str
        Names of columns and of :data:`GROUPS`.
    names : sequence of str
        All that there are.

    Raises
    ------
    InputError
        `column_unknown`: the message suggests similar ones.
    """
    groups = {"summary": [name for name in schema.SUMMARY if name in names], "all": list(names)}
    for name in wanted:
        if name not in groups and name not in names:
            near = difflib.get_close_matches(name, [*names, *GROUPS], n=_NEAR)
            near += [other for other in names if name and name in other and other not in near]
            raise InputError("column_unknown", value=name, suggestion="”, “".join(near[:_NEAR]))
    return list(dict.fromkeys(each for name in wanted for each in groups.get(name, [name])))


def with_unit(label: str, name: str) -> str:
    """A label with the unit that the name of its column ends in.

    Examples
    --------
    >>> with_unit("Best signal", "best_level_dbm"), with_unit("Rank", "rank")
    ('Best signal (dBm)', 'Rank')
    """
    unit = unit_of(name)
    return f"{label} ({unit})" if unit else label


def unit_of(name: str) -> str:
    """The unit that the name of a column ends in; empty for a share, a score, a count or a text.

    Examples
    --------
    >>> unit_of("best_level_dbm"), unit_of("rank")
    ('dBm', '')
    """
    return _UNITS.get(name.rpartition("_")[2], "")


def labels(run: Run, text: Text) -> dict[str, str]:
    """A label for each column of a run, no two alike."""
    columns, leaves = declared(run), leaves_of(run)
    found = {name: with_unit(text(column.label), name) for name, column in columns.items()}
    for leaf, measured in leaves.items():
        indicator = text(schema.BY_NAME[measured].label)
        found |= {f"{leaf}_{part}": text(_OF_LEAF[part], indicator=indicator) for part in _OF_LEAF}
    for code, named in uses_of(run).items():
        use = name_of(code, named, text)
        found |= {f"use_{code}_{day}": text(_OF_USE[day], use=use) for day in _OF_USE}
    often = Counter(label.casefold() for label in found.values())
    return {
        name: f"{label} ({name})" if often[label.casefold()] > 1 else label
        for name, label in found.items()
    }


def in_words(table: pd.DataFrame, run: Run, text: Text) -> pd.DataFrame:
    """The table with labels as names of its columns, and with words for codes and flags."""
    columns, named = declared(run), labels(run, text)
    shown = {}
    for name in table.columns:
        values, column = table[name], columns.get(str(name))
        if column is not None and column.kind == "flag":
            values = values.map({True: text(YES), False: text(NO)}).astype("str")
        elif name == "hindrance":
            measured = {leaf: schema.BY_NAME[by] for leaf, by in leaves_of(run).items()}
            values = values.replace({leaf: text(by.label) for leaf, by in measured.items()})
        elif column is not None and column.choices:
            values = values.replace(words_of(column, text))
        shown[named.get(str(name), str(name))] = values
    return pd.DataFrame(shown)
