"""Reader of the village development index (Indeks Desa Membangun), and its join to the desa.

The index is joined by code. Where most of its codes are of another kind than those of the desa (BPS
against Kemendagri), villages are joined by name instead, as far as a name means one desa only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.findings import Finding
from kalsel_gap.sources.area_codes import KIND_NAMES, digits, kind_of
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.columns import recognise, table_findings
from kalsel_gap.sources.quantities import read_whole
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import geopandas as gpd

    from kalsel_gap.project.model import Opened

ALIASES: dict[str, tuple[str, ...]] = {
    "code": ("kode", "kodedesa", "desacode", "iddesa", "kddesa", "kodewilayah", "kdepum"),
    "status": ("status", "statusidx", "statusidm", "idmstatus"),
}
# Only for a join by name: without them there is none.
NAME_ALIASES: dict[str, tuple[str, ...]] = {
    "name": ("nama", "namadesa", "desa", "kelurahan", "desakelurahan", "nmdesa", "village"),
    "kecamatan": ("namakec", "namakecamatan", "nmkec", "district"),
}
STATUS = {"mandiri": 1, "maju": 2, "berkembang": 3, "tertinggal": 4, "sangattertinggal": 5}
_LARGEST = len(STATUS)
_HALF = 0.5  # of the codes that could match: fewer, and the two are not of one kind
_KIND_OF_AREA = re.compile(r"^\s*(desa|ds|kelurahan|kel|kecamatan|kec)\b\.?\s*", re.IGNORECASE)
_KABUPATEN = 4  # digits, the same for Kemendagri and BPS


def read_villages(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """Villages of the index.

    Returns
    -------
    villages : DataFrame
        ``code`` as digits, ``given`` as it stands in the file, ``name``, ``kecamatan`` (empty where
        the file has none) and ``status``, 1 Mandiri to 5 Sangat Tertinggal. Villages without a
        status (0 or empty) are left out: unknown.
    findings : list of Finding
        Statuses and codes that cannot be read.
    """
    source = opened.project.villages
    if source is None:
        return pd.DataFrame(columns=["code", "given", "name", "kecamatan", "status"]), []
    every, required = ALIASES | NAME_ALIASES, ("code", "status")
    table = read_table(
        *(source.path, source.sheet), aliases=every, override=source.columns, required=required
    )
    header = recognise(
        *(table, every), override=source.columns, required=required, lenient=NAME_ALIASES
    )
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
    villages = pd.DataFrame(
        {
            "code": codes,
            "given": table.cells[header["code"]],
            **{n: table.cells[header[n]] if n in header else "" for n in NAME_ALIASES},
            "status": status,
        }
    )
    return villages[good].astype({"status": "int64"}).reset_index(drop=True), findings


def status_of_areas(
    villages: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    kecamatan: gpd.GeoDataFrame | None,
    files: tuple[str, str],
) -> tuple[dict[int, int], list[Finding]]:
    """The status of each desa of the boundaries, as far as the index has it.

    Parameters
    ----------
    villages : DataFrame
        As :func:`read_villages` gives them.
    areas : GeoDataFrame
        The desa: ``code``, ``name`` and polygons.
    kecamatan : GeoDataFrame or None
        The kecamatan: of several desa of one name they show which one is meant.
    files : tuple of str
        The index and the boundaries as the project names them.

    Returns
    -------
    status : dict
        Position in `areas` to status.
    findings : list of Finding
        ``village_codes_differ`` where fewer than half of the codes match.
    """
    own = areas["code"].map(digits)
    of_code = dict(zip(villages["code"], villages["status"], strict=True))
    status = {n: int(of_code[code]) for n, code in enumerate(own) if code and code in of_code}
    codes = set(villages["code"])
    matched, possible = len(codes & set(own)), min(len(codes), len(set(own) - {""}))
    if not villages.shape[0] or not len(areas) or matched >= _HALF * max(possible, 1):
        return status, []
    by_name = _by_name(villages[~villages["code"].isin(set(own))], areas, kecamatan)
    by_name = {n: found for n, found in by_name.items() if n not in status}
    kinds, examples = zip(*map(_kind_and_example, (villages["given"], areas["code"])), strict=True)
    told = {
        "matched": matched,
        "count": len(codes),
        "areas": files[1],
        "kind": kinds[0],
        "example": examples[0],
        "areas_kind": kinds[1],
        "areas_example": examples[1],
        "by_name": len(by_name),
    }
    finding = Finding("village_codes_differ", file=files[0], column="code", parameters=told)
    return status | by_name, [finding]


def _kind_and_example(column: pd.Series) -> tuple[str, str]:
    """Whose codes most of a column are, and the first of these."""
    codes = [str(code) for code in column if code]
    kind = kind_of(codes, "desa")
    return KIND_NAMES[kind], next(
        (code for code in codes if kind_of([code], "desa") == kind), codes[0] if codes else "-"
    )


def _by_name(
    villages: pd.DataFrame, areas: gpd.GeoDataFrame, kecamatan: gpd.GeoDataFrame | None
) -> dict[int, int]:
    """Status of the desa whose name, kecamatan and kabupaten one village alone has."""
    within = _kecamatan_of(areas, kecamatan)
    has_kecamatan = bool((villages["kecamatan"] != "").all()) and within is not None

    def keys(table: pd.DataFrame, names: pd.Series[str] | None) -> pd.Series:
        wider = names.map(_name_key) if has_kecamatan and names is not None else ""
        frame = pd.DataFrame({"name": table["name"].map(_name_key), "wider": wider})
        frame["kabupaten"] = table["code"].map(lambda code: digits(code)[:_KABUPATEN])
        return pd.Series([*frame.itertuples(index=False, name=None)], index=table.index)

    theirs = _once(keys(villages, villages["kecamatan"]))
    ours = _once(keys(areas.reset_index(drop=True), within))
    return {
        int(ours[key]): int(villages["status"].loc[row])  # type: ignore[call-overload]
        for key, row in theirs.items()
        if key in ours
    }


def _once(keys: pd.Series) -> Mapping[Hashable, Hashable]:
    """Rows by their key, without the keys that several rows have and those without a name."""
    single = keys[~keys.duplicated(keep=False)]
    return {key: row for row, key in single.items() if key[0]}


def _name_key(name: str) -> str:
    """The name of a desa or kecamatan to compare by.

    Examples
    --------
    >>> _name_key("Desa Sungai-Andai "), _name_key("KEL. SUNGAI ANDAI")
    ('sungaiandai', 'sungaiandai')
    """
    return fold(_KIND_OF_AREA.sub("", name))


def _kecamatan_of(
    areas: gpd.GeoDataFrame, kecamatan: gpd.GeoDataFrame | None
) -> pd.Series[str] | None:
    """Name of the kecamatan that holds a point inside each desa; None without a layer of them."""
    if kecamatan is None or kecamatan.empty:
        return None
    points = areas.geometry.representative_point()
    desa, holder = kecamatan.sindex.query(points, predicate="intersects")
    first = pd.Series(holder).groupby(desa).min()
    names = pd.Series(kecamatan["name"].to_numpy()[first], index=first.index)
    return names.reindex(range(len(areas)), fill_value="")
