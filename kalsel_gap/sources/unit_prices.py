"""Reader of the project's own unit prices (SSH, SBU): a table of item codes, units and prices.

A row that cannot be used for certain is an error, not a finding: another price in its place would
be spent. A row without a price is not filled in and says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.errors import InputError, KalselGapError, SeveralErrors, suggestion
from kalsel_gap.findings import Finding
from kalsel_gap.i18n.price_names import ITEM_NAMES, UNIT_NAMES
from kalsel_gap.project.costs import ITEMS, MOST_IDR
from kalsel_gap.project.invalid import section_fault
from kalsel_gap.sources.cells import fold, plain_signs
from kalsel_gap.sources.columns import recognise, table_findings
from kalsel_gap.sources.quantities import is_nothing, read_quantities
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table
from kalsel_gap.sources.values import end_of, read_dates

if TYPE_CHECKING:
    from kalsel_gap.i18n.text import Text
    from kalsel_gap.project.costs import Costs
    from kalsel_gap.project.model import Opened

# What the table to fill in has: canonical column and its header in each language.
TEMPLATE = {
    "item": {"en": "item", "id": "kode_item"},
    "description": {"en": "description", "id": "uraian"},
    "unit": {"en": "unit", "id": "satuan"},
    "price": {"en": "price_without_ppn", "id": "harga_tanpa_ppn"},
    "reference": {"en": "reference_code", "id": "kode_ssh"},
    "date": {"en": "date", "id": "tanggal"},
}
ALIASES: dict[str, tuple[str, ...]] = {
    "item": ("kodeitem", "itemcode", "kodebarang", "kodebarangjasa", "kode", "code"),
    "description": ("uraian", "uraianbarang", "namabarang", "namaitem", "deskripsi", "keterangan"),
    "unit": ("satuan", "satuanbarang", "uom"),
    "price": (
        *("pricewithoutppn", "hargatanpappn", "harga", "hargasatuan", "hargarp", "hargasatuanrp"),
        *("unitprice", "unitpriceidr", "priceidr", "hargasatuantanpappn", "hargasebelumppn"),
    ),
    "reference": (
        *("referencecode", "kodessh", "kodesbu", "refssh", "kodereferensi", "kodestandarharga"),
        *("nomorssh", "nossh", "koderef"),
    ),
    "date": ("tanggal", "tgl", "tanggalharga", "tanggalssh", "pricedate", "berlakusejak"),
}
_REQUIRED = ("item", "price")
COLUMNS = ("item", "price_idr", "ref_ssh", "date", "file", "row")
# Names that a unit has in such tables.
_UNITS = {
    "unit": (
        *("unit", "units", "buah", "bh", "set", "paket", "pkt", "pcs", "ls", "lokasi", "titik"),
        *("perangkat", "sambungan", "piece", "package", "each"),
    ),
    "km": ("km", "kilometer", "kilometre"),
    "m": ("m", "m1", "meter", "metre", "mtr"),
    "kWp": ("kwp", "kilowattpeak", "kilowatpuncak"),
    "bulan": ("bulan", "bln", "perbulan", "bulanan", "month", "monthly", "permonth", "ob"),
}
_RUPIAH = re.compile(r"^(?:rp|idr)\.?\s*|\s*(?:,-+|rupiah|idr)$", re.IGNORECASE)
# No unit costs less: so 850.000 is a number in groups and no fraction.
_POSSIBLE_IDR = (1_000.0, float(MOST_IDR))


def read_unit_prices(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """The prices of the project's own table; none where it names no table.

    Returns
    -------
    prices : DataFrame
        :data:`COLUMNS`, a row for each priced item: ``price_idr`` (Int64, rupiah of one unit
        without PPN), reference code and date (empty where not given or not read), file and row.
    findings : list of Finding
        Rows of items that are not ours, dates that could not be read, and what was made of the
        table.

    Raises
    ------
    InputError, SeveralErrors
        The file cannot be read or has no column of items or prices; and, all at once, each price
        that is no whole number of rupiah or is negative, each unit that is not that of its item,
        and each item that has several prices.
    """
    path = opened.project.costs.ssh
    if path is None:
        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in COLUMNS}), []
    if (fault := section_fault("costs.ssh", path)) is not None:
        raise fault
    table = read_table(path, aliases=ALIASES, required=_REQUIRED)
    header = recognise(table, ALIASES, required=_REQUIRED)
    file = opened.shown(path)
    findings = table_findings(table, header, ALIASES, file)
    empty = pd.Series("", index=table.cells.index, dtype="str")
    cells = pd.DataFrame(
        {
            name: table.cells[header[name]].str.strip() if name in header else empty
            for name in TEMPLATE
        }
    )
    cells["file"], cells["row"] = table.files(file), table.cells[ROW].astype("int64")
    cells = cells[(cells["item"] != "") & ~is_nothing(cells["price"])]
    known = {fold(code): code for code in ITEMS}
    cells["code"] = cells["item"].map(lambda item: known.get(fold(item), ""))
    findings += [
        Finding(
            *("price_item_unknown", where, int(row)),
            column=header["item"],
            value=item,
            parameters={"suggestion": suggestion(item, ITEMS)},
        )
        for where, row, item in cells.loc[cells["code"] == "", ["file", "row", "item"]].itertuples(
            index=False
        )
    ]
    cells = cells[cells["code"] != ""]
    texts = cells["price"].map(_without_rupiah)
    prices = read_quantities(texts, possible=_POSSIBLE_IDR)
    errors = _faults(cells, prices, header, opened)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralErrors(errors)
    dates = _dates(cells["date"])
    undated = ~is_nothing(cells["date"]) & (dates == "")
    findings += [
        Finding("date_unreadable", where, int(row), column=header["date"], value=value)
        for where, row, value in cells.loc[undated, ["file", "row", "date"]].itertuples(index=False)
    ]
    found = pd.DataFrame(
        {
            "item": cells["code"].astype("str"),
            "price_idr": prices.round().astype("Int64"),
            "ref_ssh": cells["reference"].astype("str"),
            "date": dates,
            "file": cells["file"].astype("str"),
            "row": cells["row"],
        }
    )
    return found.reset_index(drop=True), findings


def template_rows(costs: Costs, words: Text) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the table to fill in: every item, its prices left empty.

    Parameters
    ----------
    costs : Costs
        Its items.
    words : Text
        Language of headers, descriptions and units.
    """
    rows = [
        [code, words(ITEM_NAMES[code]), words(UNIT_NAMES.get(item.unit, item.unit)), "", "", ""]
        for code, item in costs.items.items()
    ]
    return [names[words.language] for names in TEMPLATE.values()], rows


def is_unit_of(text: str, unit: str) -> bool:
    """Whether a cell names the unit of an item; an empty one does not contradict it.

    Examples
    --------
    >>> is_unit_of("Buah", "unit"), is_unit_of("", "km"), is_unit_of("m", "km")
    (True, True, False)
    """
    return text == "" or fold(text) in (fold(unit), *_UNITS.get(unit, ()))


def _faults(
    cells: pd.DataFrame, prices: pd.Series[float], header: dict[str, str], opened: Opened
) -> list[KalselGapError]:
    """Everything that makes a price useless, by row."""
    errors: list[KalselGapError] = []
    items = opened.project.costs.items
    first_rows: dict[str, int] = {}
    rows = zip(cells.to_dict("records"), prices, strict=True)
    for cell, price in rows:
        code, row, where = str(cell["code"]), int(cell["row"]), str(cell["file"])
        price_at, unit_at, item_at = (header.get(name) for name in ("price", "unit", "item"))
        unit = items[code].unit  # type: ignore[index]
        if price < 0:
            errors.append(
                InputError(
                    "unit_price_negative", path=where, row=row, column=price_at, value=cell["price"]
                )
            )
        elif not (price.is_integer() and price <= MOST_IDR):
            errors.append(
                InputError(
                    "unit_price_wrong", path=where, row=row, column=price_at, value=cell["price"]
                )
            )
        if not is_unit_of(str(cell["unit"]), unit):
            errors.append(
                InputError(
                    "unit_price_unit",
                    path=where,
                    row=row,
                    column=unit_at,
                    value=cell["unit"],
                    item=code,
                    expected=unit,
                )
            )
        if code in first_rows:
            errors.append(
                InputError(
                    "unit_price_twice",
                    path=where,
                    row=row,
                    column=item_at,
                    value=cell["item"],
                    first=first_rows[code],
                )
            )
        first_rows.setdefault(code, row)
    return errors


def _dates(texts: pd.Series[str]) -> pd.Series[str]:
    """Days as ISO dates; a year or a month alone as it is given, such as 2026; otherwise empty."""
    days = read_dates(texts)
    known = [
        text if pd.isna(day) and end_of(text) else "" if pd.isna(day) else day.isoformat()
        for text, day in zip(texts, days, strict=True)
    ]
    return pd.Series(known, index=texts.index, dtype="str")


def _without_rupiah(text: str) -> str:
    """A price without the name of its currency: ``Rp 8.050.000,-`` is 8.050.000."""
    return _RUPIAH.sub("", _RUPIAH.sub("", plain_signs(text).strip())).strip()


def _dtype(name: str) -> str:
    return {"price_idr": "Int64", "row": "int64"}.get(name, "str")
