"""Stage ``schools``: one school for each row of the registers, its cells as values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.findings import Finding, at_rows
from kalsel_gap.sources import coordinates
from kalsel_gap.sources.accepted_objections import AcceptedObjections
from kalsel_gap.sources.boundaries import bare_name, envelope, known_kabupaten, short_name
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.degrees import plain_degrees
from kalsel_gap.sources.quantities import read_quantities, read_whole, unit_of
from kalsel_gap.sources.registers import TEXT_COLUMNS, read_cells
from kalsel_gap.sources.repairs import accepted_repairs
from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from kalsel_gap.project.model import Opened


_IDS = "5 SD, 6 SMP, 13 SMA, 15 SMK, 29 SLB, 9 MI, 10 MTs, 16 MA"  # bentuk_pendidikan_id
LEVEL_IDS = dict(pair.split() for pair in _IDS.split(", "))
LEVEL_NAMES = {
    "sekolahdasar": "SD",
    "sekolahmenengahpertama": "SMP",
    "sekolahmenengahatas": "SMA",
    "sekolahmenengahkejuruan": "SMK",
    "sekolahluarbiasa": "SLB",
    "raudhatulathfal": "RA",
    "raudlatulathfal": "RA",
    "madrasahibtidaiyah": "MI",
    "madrasahtsanawiyah": "MTs",
    "madrasahaliyah": "MA",
    "madrasahaliyahkejuruan": "MAK",
}
# Possible levels of an English word; the name of the school shows which one it is.
ENGLISH_LEVELS: dict[str, tuple[str, ...]] = {
    "preprimary": ("TK", "KB", "TPA", "SPS", "RA"),
    "primary": ("SD", "MI", "SDLB"),
    "lowersecondary": ("SMP", "MTs", "SMPLB"),
    "juniorsecondary": ("SMP", "MTs", "SMPLB"),
    "juniorhigh": ("SMP", "MTs", "SMPLB"),
    "uppersecondary": ("SMA", "SMK", "MA", "MAK", "SMLB"),
    "seniorsecondary": ("SMA", "SMK", "MA", "MAK", "SMLB"),
    "seniorhigh": ("SMA", "SMK", "MA", "MAK", "SMLB"),
    "secondary": ("SMP", "MTs", "SMPLB", "SMA", "SMK", "MA", "MAK", "SMLB"),
}
OWNERSHIP = {
    **dict.fromkeys(("n", "negeri", "1", "public", "government"), "public"),
    **dict.fromkeys(("s", "swasta", "private"), "private"),
}
AUTHORITY = {
    **dict.fromkeys(("TK", "KB", "TPA", "SPS", "SD", "SMP", "PKBM", "SKB"), "kabupaten"),
    **dict.fromkeys(("SMA", "SMK", "SLB", "SDLB", "SMPLB", "SMLB"), "province"),
    **dict.fromkeys(("RA", "MI", "MTs", "MA", "MAK"), "kemenag"),
}  # UU 23/2014
_LARGEST_COUNT = 2**31 - 1  # twenty digits are no number of pupils, whatever they are
YES = frozenset(
    (
        *("ya", "y", "1", "true", "ada", "yes", "inklusi", "inklusif", "iya", "benar", "sudah"),
        *("sudahada", "tersedia", "punya", "memiliki", "v", "\u2713", "\u2714", "\u221a"),
    )
)
NO = frozenset(
    (
        *("tidak", "t", "0", "false", "tidakada", "no", "bukan", "tdk", "tdkada", "takada"),
        *("belum", "belumada", "belumtersedia", "tidaktersedia", "tidakpunya", "tidakmemiliki"),
        *("nihil", "salah", "n"),
    )
)

_YES_NO = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
_LEVELS = {fold(level): level for level in schema.LEVELS}


def read_schools(opened: Opened) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """All registers and attribute tables as one table, one row per row of the register.

    Returns
    -------
    schools : GeoDataFrame
        Columns of the stages *register* and *attributes*, EPSG:4326 points (empty where the
        location is unusable), in the order of the register.
    findings : list of Finding
        What is wrong with rows.

    Raises
    ------
    InputError
        A file is unusable as a whole.
    """
    cells, findings = read_cells(opened)
    schools, faults = schools_of(cells, opened)
    return schools, findings + faults


def _make(_schools: gpd.GeoDataFrame, opened: Opened, *_: object) -> Staged:
    cells, findings = read_cells(opened)
    columns, faults = _columns_of(cells, opened)
    return Staged(columns, findings + faults, {"cells": cells})


STAGE = Stage(
    "schools",
    _make,
    sections=(
        *("schools", "attributes", "boundaries", "repairs", "objections", "registers"),
        "file_checks.measurements",
    ),
    writes=("register", "attributes"),
    passes_on=("cells",),
)


def schools_of(cells: pd.DataFrame, opened: Opened) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The schools that :func:`read_cells` has found, as :func:`read_schools` gives them."""
    columns, findings = _columns_of(cells, opened)
    return located(columns), findings


def _columns_of(cells: pd.DataFrame, opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """The same without points: of a million schools they take 300 MB."""
    identity, unknown = _identity(cells, opened)
    location, misplaced = _location(cells, opened)
    facts, unread = _facts(cells, opened)
    columns = pd.DataFrame(
        {
            "row_id": cells["file"] + ":" + cells["row"].astype("str"),
            "npsn": cells["npsn"],
            "name": cells["name"],
            "objections": AcceptedObjections(opened).codes(cells["npsn"]),
            **identity,
            **location,
            **facts,
        },
        copy=False,
    )
    columns["is_duplicate"], repeated = _duplicates(cells, columns)
    columns = schema.table(columns, schema.up_to("attributes"))
    return columns, [*unknown, *misplaced, *unread, *repeated]


def located(columns: pd.DataFrame) -> gpd.GeoDataFrame:
    """The table with its points, EPSG:4326; none where the location is unusable."""
    import geopandas as gpd

    points = gpd.points_from_xy(columns["lon"], columns["lat"], crs=schema.CRS)
    points[columns["lat"].isna().to_numpy()] = None
    return gpd.GeoDataFrame(columns, geometry=points)


def _identity(
    cells: pd.DataFrame, opened: Opened
) -> tuple[dict[str, pd.Series[str]], list[Finding]]:
    """Level, ownership, and the kabupaten and kecamatan that each row claims."""
    level, ownership = level_of(cells), ownership_of(cells)
    no_owner = ownership.isna() & (cells["ownership"] != "")
    findings = [
        *at_rows("level_unknown", cells, level.isna() & (cells["level"] != ""), "level"),
        *at_rows("ownership_unknown", cells, no_owner, "ownership"),
    ]
    names = known_kabupaten(opened)
    spellings = {text: names.find(text) for text in cells["kabupaten"].unique()}
    kabupaten = _each(cells["kabupaten"], lambda text: spellings[text] or short_name(text) or None)
    if opened.project.boundaries.kabupaten is not None:
        unread = [text for text, name in spellings.items() if text and name is None]
        unknown = cells["kabupaten"].isin(unread)
        near = {"suggestion": cells["kabupaten"][unknown].map(names.suggest)}
        findings += at_rows("kabupaten_unknown", cells, unknown, "kabupaten", parameters=near)
    identity = {
        "level": level,
        "ownership": ownership,
        "authority": level.map(AUTHORITY),
        "kabupaten": kabupaten,
        "kabupaten_code": kabupaten.map(names.codes).replace("", None),
        "kecamatan": _each(cells["kecamatan"], lambda text: bare_name(text) or None),
    }
    return identity, findings


def level_of(cells: pd.DataFrame) -> pd.Series[str]:
    """Level of each row by its cell, an English one also by its name; missing where not read."""
    folded = _each(cells["level"], fold)
    level = folded.map(_LEVELS).fillna(cells["level"].map(LEVEL_IDS))
    level = level.fillna(folded.map(LEVEL_NAMES))
    english = level.isna() & folded.isin(list(ENGLISH_LEVELS))
    named = [
        _level_in_name(name, ENGLISH_LEVELS[text])
        for name, text in zip(cells.loc[english, "name"], folded[english], strict=True)
    ]
    return level.fillna(pd.Series(named, index=cells.index[english], dtype="str"))


def ownership_of(cells: pd.DataFrame) -> pd.Series[str]:
    """Ownership of each row by its cell; missing where not read."""

    def read(text: str) -> str | None:
        # 1 is negeri in the API's list; any other number is not.
        return OWNERSHIP.get(fold(text), "private" if fold(text).isdigit() else None)

    return _each(cells["ownership"], read)


def _each(text: pd.Series[str], read: Callable[[str], Any]) -> pd.Series[Any]:
    """`read` of every cell, called once for each different text."""
    codes, different = pd.factorize(text)
    values = np.empty(len(different), dtype=object)
    values[:] = [read(t) for t in different]
    return pd.Series(values[codes], index=text.index)


def _level_in_name(name: str, levels: tuple[str, ...]) -> str | None:
    """The one of `levels` that a school's name begins with, also as negeri, swasta or Islam.

    Examples
    --------
    >>> _level_in_name("MIN 1 Banjar", ("SD", "MI")), _level_in_name("Harapan", ("SD", "MI"))
    ('MI', None)
    """
    first = re.match(r"\w+", name.upper())
    word = first.group() if first else ""
    endings = ("", "N", "S", "K", "IT", "TA")
    return next((lv for lv in levels if word in {lv.upper() + end for end in endings}), None)


def _location(
    cells: pd.DataFrame, opened: Opened
) -> tuple[dict[str, pd.Series[Any]], list[Finding]]:
    """Location of each row: as given if usable, otherwise by its accepted repair, if any."""
    bounds = envelope(opened)
    usable = coordinates.location_errors(cells["lat"], cells["lon"], bounds) == ""
    given = {name: plain_degrees(cells[name]).where(usable) for name in ("lat", "lon")}
    columns = {name: values.to_numpy(copy=True) for name, values in given.items()}
    columns["location_status"] = np.where(usable, "given", "unusable").astype(object)
    columns["location_area"] = np.full(len(cells), None, dtype=object)
    repairs, findings = accepted_repairs(cells, opened, bounds)
    for repair in repairs:
        columns["lat"][repair.at], columns["lon"][repair.at] = repair.lat, repair.lon
        columns["location_status"][repair.at] = "area" if repair.area else "repaired"
        columns["location_area"][repair.at] = repair.area or None
    places = AcceptedObjections(opened).places(bounds)  # later than any repair, and with evidence
    for at in np.flatnonzero(cells["npsn"].isin(set(places) - {""})):
        columns["lat"][at], columns["lon"][at] = places[cells["npsn"].iloc[at]]
        columns["location_status"][at], columns["location_area"][at] = "repaired", None
    used = {name: pd.Series(values, index=cells.index) for name, values in columns.items()}
    return {"lat_given": cells["lat"], "lon_given": cells["lon"], **used}, findings


def _facts(cells: pd.DataFrame, opened: Opened) -> tuple[dict[str, pd.Series[Any]], list[Finding]]:
    """Numbers, flags and texts of the attribute columns; what cannot be read is unknown."""
    facts: dict[str, pd.Series[Any]] = {}
    findings: list[Finding] = []
    highest = opened.project.registers.highest
    for column in schema.COLUMNS:
        if column.stage != "attributes" or column.name == "accounts_active_share":
            continue
        text = cells[column.name]
        facts[column.name] = _fact(text, column)
        limit = highest.get(column.name) if column.kind == "integer" else None
        unread = facts[column.name].isna() & (text != "")
        findings += at_rows(
            *("value_not_read", cells, unread, column.name),
            proposal=_counts(text[unread], limit.otherwise if limit else 0.0),
            evidence={"filled_from": cells["filled_from"]},
        )
    share = facts["accounts_active"] / facts["accounts"].where(facts["accounts"] > 0)
    findings += at_rows("accounts_inconsistent", cells, share > 1, "accounts_active")
    facts["accounts_active_share"] = share.where(share <= 1)
    return facts, findings


def _fact(text: pd.Series[str], column: schema.Column) -> pd.Series[Any]:
    """The values of an attribute column; missing where they cannot be read or are impossible."""
    if column.kind == "text":
        return text.replace("", None)
    if column.kind == "flag":
        return _each(text, lambda t: _YES_NO.get(fold(t) or t)).astype("boolean")
    return read_numbers(text, column)


def read_numbers(text: pd.Series[str], column: schema.Column) -> pd.Series[float]:
    """The numbers of an attribute column; NaN where they cannot be read or are impossible.

    Counts are whole, rates and shares are not.
    """
    low = -np.inf if column.minimum is None else column.minimum
    largest = _LARGEST_COUNT if column.kind == "integer" else np.inf
    high = largest if column.maximum is None else column.maximum
    if column.kind == "integer":
        values = _each(text, read_whole).astype("float64")
    else:
        values = read_quantities(text, unit_of(column.name), possible=(low, high))
    return values.where(values.between(low, high))


def _counts(text: pd.Series[str], highest: float) -> pd.Series[str]:
    """Possible values of counts that cannot be read, up to `highest`."""
    return pd.Series([_thousands(t, highest) for t in text], index=text.index, dtype="str")


def _thousands(text: str, highest: float) -> str:
    """A count without its thousands separators; empty where it is not one.

    A spreadsheet that takes the separator for a decimal point drops zeros: 1.400 becomes 1.4.

    Examples
    --------
    >>> _thousands("1.693", 4000.0), _thousands("1.4", 4000.0), _thousands("12.5", 4000.0)
    ('1693', '1400', '')
    """
    groups = re.fullmatch(r"([1-9]\d{0,2})[.,](\d{1,3})", text, re.ASCII)
    whole_ = groups.group(1) + groups.group(2).ljust(3, "0") if groups else ""
    return whole_ if groups and int(whole_) <= highest else ""


def _duplicates(
    cells: pd.DataFrame, columns: pd.DataFrame
) -> tuple[pd.Series[bool], list[Finding]]:
    """Rows of an NPSN other than its most complete one."""
    repeated = (cells["npsn"] != "") & cells["npsn"].duplicated(keep=False)
    rivals = cells.assign(
        usable=columns["location_status"] != "unusable",
        filled=(cells[TEXT_COLUMNS] != "").sum(axis="columns"),
    )[repeated]
    rivals = rivals.sort_values(
        ["usable", "filled", *TEXT_COLUMNS, "file", "row"],
        ascending=[False, False, *[True] * (len(TEXT_COLUMNS) + 2)],
        kind="stable",
    )
    best = rivals.drop_duplicates("npsn")
    ranked = dict(zip(best["npsn"], best["file"] + ":" + best["row"].astype("str"), strict=True))
    others = rivals.drop(best.index)
    findings = [
        Finding(
            "npsn_duplicate",
            file=file,
            row=int(row),
            npsn=npsn,
            column="npsn",
            value=npsn,
            parameters={"ranked_row": ranked[npsn]},
        )
        for file, row, npsn in others[["file", "row", "npsn"]].itertuples(index=False)
    ]
    return pd.Series(cells.index.isin(others.index), index=cells.index), findings
