"""Reader of the village development index (Indeks Desa Membangun)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.findings import Finding
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.columns import recognise, table_findings
from kalsel_gap.sources.quantities import read_whole
from kalsel_gap.sources.tables import ROW, read_table

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened

ALIASES: dict[str, tuple[str, ...]] = {
    "code": ("kode", "kodedesa", "desacode"),
    "status": ("status", "statusidx", "statusidm", "idmstatus"),
}
STATUS = {"mandiri": 1, "maju": 2, "berkembang": 3, "tertinggal": 4, "sangattertinggal": 5}
_LARGEST = len(STATUS)


def read_villages(opened: Opened) -> tuple[dict[str, int], list[Finding]]:
    """Status 1 Mandiri to 5 Sangat Tertinggal by the desa's code, digits only.

    Returns
    -------
    status : dict
        Villages without a status (0 or empty) are left out: unknown.
    findings : list of Finding
        Statuses that cannot be read.
    """
    source = opened.project.villages
    if source is None:
        return {}, []
    required = ("code", "status")
    table = read_table(
        *(source.path, source.sheet), aliases=ALIASES, override=source.columns, required=required
    )
    header = recognise(table, ALIASES, override=source.columns, required=required)
    given = table.cells[header["status"]]
    status = given.map(lambda text: STATUS.get(fold(text), read_whole(text))).astype("float64")
    none = given.isin(["", "0"])
    good = status.isin(range(1, _LARGEST + 1))
    shown = opened.shown(source.path)
    files = table.files(shown)
    findings = table_findings(table, header, ALIASES, shown)
    findings += [
        Finding(
            "village_unknown",
            file=file,
            row=int(row),
            column="status",
            value=text,
        )
        for file, row, text in zip(
            *(each[~good & ~none] for each in (files, table.cells[ROW], given)), strict=True
        )
    ]
    codes = table.cells[header["code"]].map(digits)
    good &= codes != ""
    findings += [
        Finding("value_not_read", file=file, row=int(row), column="code", value=text)
        for file, row, text in zip(
            *(each[codes == ""] for each in (files, table.cells[ROW], table.cells[header["code"]])),
            strict=True,
        )
    ]
    return dict(zip(codes[good], status[good].astype(int), strict=True)), findings


def digits(code: str) -> str:
    """A code without its dots and spaces: 63.01.10.2001 is 6301102001."""
    return "".join(char for char in code if char.isdigit())
