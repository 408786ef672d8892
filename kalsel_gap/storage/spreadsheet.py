"""CSV and JSON that a spreadsheet opens without executing the content of a cell."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from kalsel_gap.i18n.text import escaped, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

# raw: for programs. id, en: for Excel in an Indonesian and in an English locale.
Dialect = Literal["raw", "id", "en"]

_BYTE_ORDER_MARK = "\ufeff"  # without it Excel does not read UTF-8
# A formula, also in full width, small, raised or lowered: programs and people normalize such text.
FORMULA_SIGNS = (
    *("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\ufe62", "\ufe63"),
    *("\ufe6b", "\u207a", "\u207b", "\u207c", "\u208a", "\u208b", "\u208c", "\u2010", "\u2011"),
    *("\u2212", "\u2795", "\u2796"),
)
# Whole, or with groups of three digits; a decimal point or comma: nothing that is executed.
_NUMBER = re.compile(
    r"[+-]?((\d+|\d{1,3}(\.\d{3})+|\d{1,3}(,\d{3})+)([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", re.ASCII
)

# Texts that Excel would turn into another number: 114.673 into 114673 in an Indonesian locale,
# 114,673 in an English one, and the code 63.10 into 63.1 there.
_MISREAD = {
    "id": re.compile(r"[+-]?\d{1,3}(\.\d{3})+|[+-]?\d+[eE][+-]?\d+", re.ASCII),
    "en": re.compile(r"[+-]?\d{1,3}(,\d{3})+|\d{2}\.\d0|[+-]?\d+[eE][+-]?\d+", re.ASCII),
}


def csv_of(table: pd.DataFrame, dialect: Dialect = "raw", *, labels: Sequence[str] = ()) -> str:
    """Any table as CSV, its texts inert.

    Parameters
    ----------
    table : DataFrame
    dialect : {'raw', 'id', 'en'}
        *raw*: comma and decimal point. *id*: semicolon and decimal comma, *en*: comma and decimal
        point, both with a byte order mark, as Excel expects them in that locale; a text that it
        would take for another number has an apostrophe before it.
    labels : sequence of str
        A second line of headers; none without any.
    """
    file = io.StringIO("" if dialect == "raw" else _BYTE_ORDER_MARK, newline="")
    file.seek(0, io.SEEK_END)
    writer = csv.writer(file, delimiter=";" if dialect == "id" else ",", lineterminator="\n")
    writer.writerow(table.columns)
    if labels:
        writer.writerow(labels)
    # Column by column: pandas's own writer takes twice the time.
    writer.writerows(zip(*(_cells(table[name], dialect) for name in table.columns), strict=True))
    return file.getvalue()


def _cells(column: pd.Series[Any], dialect: Dialect) -> list[str]:
    """A column as text; 12 digits hold any score to the last bit that two machines share."""
    values = column.tolist()
    decimal = "," if dialect == "id" else "."
    if pd.api.types.is_float_dtype(column):
        return ["" if _missing(v) else f"{v:.12g}".replace(".", decimal) for v in values]
    if pd.api.types.is_numeric_dtype(column):  # flags are 1 and 0
        return ["" if _missing(v) else str(int(v)) for v in values]
    written = {value: inert(value) for value in column.dropna().unique()}
    if dialect != "raw":
        marks = _MISREAD[dialect]
        written = {v: f"'{text}" if marks.fullmatch(text) else text for v, text in written.items()}
    return [written.get(value, "") for value in values]


def json_of(table: pd.DataFrame) -> str:
    """Any table as a JSON list of objects; what is unknown is null."""
    return escaped(json.dumps(to_records(table), indent=1, ensure_ascii=False)) + "\n"


def to_records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as plain Python values; what is unknown is None."""
    return [
        {str(key): None if _missing(value) else _plain_value(value) for key, value in row.items()}
        for row in table.to_dict("records")
    ]


def inert(value: object) -> str:
    r"""A text cell that no spreadsheet executes: no control characters, no leading formula sign.

    A number stays as it is, also with a decimal comma or with groups of digits.

    Examples
    --------
    >>> inert('=HYPERLINK("x")'), inert("SD 1"), inert("-3.4"), inert("-3,1")
    ('\'=HYPERLINK("x")', 'SD 1', '-3.4', '-3,1')
    >>> inert("\uff1d1+1"), inert("\u22121")
    ("'\uff1d1+1", "'\u22121")
    """
    if _missing(value):
        return ""
    shown = plain(value)
    risky = shown.lstrip().startswith(FORMULA_SIGNS) and not is_number(shown)
    return f"'{shown}" if risky else shown


def is_number(text: str) -> bool:
    """Whether a text is one number, however it is written.

    Examples
    --------
    >>> [is_number(text) for text in ("-3,1", "+1.234,5", "1e5", "1E5", "-", "+1+1", "-3 12")]
    [True, True, True, True, False, False, False]
    """
    return _NUMBER.fullmatch(text.strip()) is not None


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or value != value  # noqa: PLR0124 - NaN


def _plain_value(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.12g}")
    return value.item() if hasattr(value, "item") else value
