"""Stage ``schools``: reader of registers and attribute tables, one school per row.

A register makes rows; an attribute table only adds columns by NPSN, and each of its rows without a
school is a finding. A value that was read first is kept: later files only fill gaps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding, at_rows
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources import coordinates
from kalsel_gap.sources.boundaries import bare_name, envelope, known_kabupaten, short_name
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.repairs import accepted_repairs
from kalsel_gap.sources.tables import (
    ROW,
    RawTable,
    header_findings,
    likely_misspellings,
    read_table,
    recognise,
    whole_number,
)
from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from kalsel_gap.project.inputs import Attributes, Register
    from kalsel_gap.project.model import Opened

REGISTER_ALIASES: dict[str, tuple[str, ...]] = {
    "npsn": ("npsn", "schoolidgovt", "schoolidgov"),
    "name": (
        *("sekolah", "namasekolah", "nama", "schoolname", "namasatuanpendidikan"),
        *("madrasah", "namamadrasah", "namalembaga"),
    ),
    "level": (
        *("bentuk", "bp", "bentukpendidikan", "jenjang", "schoollevel", "educationlevel"),
        "jenjangmadrasah",
    ),
    "ownership": (
        *("status", "statussekolah", "statusmadrasah", "statuslembaga"),
        *("statussatuanpendidikan", "schoolfundingtype"),
    ),
    "kabupaten": (
        *("kabupatenkota", "kabkota", "kabkotanegaraln", "kotakabupaten", "namakabupaten"),
        *("namakabupatenkota", "namakabkota", "kabupatennama", "admin2"),
    ),
    "kecamatan": ("kecamatankotaln", "namakecamatan", "kecamatannama"),
    "lat": ("lintang", "latitude"),
    "lon": ("bujur", "long", "lng", "longitude"),
}
ATTRIBUTE_ALIASES: dict[str, tuple[str, ...]] = {
    "students": (
        *("pd", "siswa", "pesertadidik", "jumlahsiswa", "jmlsiswa", "murid", "totalsiswa"),
        *("numstudents", "studentcount"),
    ),
    "teachers": ("guru", "jumlahguru", "jmlguru", "ptk", "numteachers", "teachercount"),
    "devices": ("chromebook", "chromebooks", "jumlahchromebook", "perangkat"),
    "accounts": ("akun", "akunbelajar", "jumlahakun"),
    "accounts_active": ("akunaktif", "akunbelajaraktif"),
    "poor_share": ("sharemiskin", "proporsimiskin"),
    "inclusive": ("inklusi", "inklusif"),
    "electricity": ("listrik", "sumberlistrik", "electricityavailability"),
    "internet": ("aksesinternet", "connectivity"),
    "subscription_down_mbps": ("bandwidth", "bandwidthmbps", "downloadspeedcontracted"),
    "subscription_up_mbps": ("uploadspeedcontracted",),
    "fixed_network": ("jaringantetap", "fiber"),
    "reached_by_water": ("aksesair", "hanyalewatair"),
    "diffraction_loss_db": (),
}
# Pupils where a table gives them by sex only (EMIS): their sum is taken.
PART_ALIASES: dict[str, tuple[str, ...]] = {
    "students_male": (
        *("siswalakilaki", "jumlahsiswalakilaki", "jmlsiswalakilaki", "siswalk", "siswal"),
        *("jmlsiswal", "jumlahsiswal"),
        *("pdlakilaki", "pdl", "studentcountboys"),
    ),
    "students_female": (
        *("siswaperempuan", "jumlahsiswaperempuan", "jmlsiswaperempuan", "siswapr", "siswap"),
        *("jmlsiswap", "jumlahsiswap"),
        *("pdperempuan", "pdp", "studentcountgirls"),
    ),
}
YEAR_ALIASES = {"year": ("tahun", "tahundata")}
# Read for checks only. Of several headers the first one is used, without an error.
CHECK_ALIASES: dict[str, tuple[str, ...]] = {
    "kabupaten_code": (
        *("kodekabkota", "kodekab", "kodekabupaten", "kodekabupatenkota", "kodekota"),
        "kabupatenkode",
    ),
    "kecamatan_code": ("kodekec", "kodekecamatan", "kecamatankode"),
    "desa_code": ("kodedesa", "kodekelurahan", "kodedesakelurahan", "desakode"),
    "desa": (
        *("kelurahan", "desakelurahan", "kelurahandesa", "namadesa", "namakelurahan"),
        *("namadesakelurahan", "desanama"),
    ),
    "address": (
        *("alamat", "alamatjalan", "alamatsekolah", "alamatmadrasah", "alamatlengkap", "jalan"),
        "schooladdress",
    ),
    "ministry": ("kementerian", "kementrian", "kementerianpembina", "pembina", "naungan"),
    "updated_at": (
        *("lastsync", "lastupdate", "sinkron", "sinkronterakhir", "terakhirsinkron"),
        *("tanggalsinkron", "tglsinkron"),
    ),
}

# Numbers of Giga and EMIS: a register that has one of them may have no NPSN at all.
_OTHER_NUMBERS = frozenset({"schoolidgiga", "gigaidschool", "nsm"})

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
YES = frozenset({"ya", "y", "1", "true", "ada", "yes", "inklusi", "inklusif"})
NO = frozenset({"tidak", "t", "0", "false", "tidakada", "no", "bukan"})

# 2025, 2025/2026, 2025-26, 20251 (year and semester), 2025/2026 Ganjil
_YEAR = re.compile(
    r"((?:19|20)\d\d)(?:\s*[/-]\s*((?:\d\d)?\d\d))?(?:[\s/-]*(1|2|ganjil|genap))?",
    re.IGNORECASE,
)
_SEMESTERS = {"1": 0.1, "ganjil": 0.1, "2": 0.2, "genap": 0.2}
_YES_NO = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
_LEVELS = {fold(level): level for level in schema.LEVELS}
_TEXT = [*REGISTER_ALIASES, *ATTRIBUTE_ALIASES]
CELLS = ("file", "row", *_TEXT, *CHECK_ALIASES, "filled_from")


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
    schools, findings = read_schools(opened)
    return Staged(pd.DataFrame(schools.drop(columns="geometry")), findings)


STAGE = Stage(
    "schools",
    _make,
    sections=("schools", "attributes", "boundaries", "repairs", "registers"),
    writes=("register", "attributes"),
)


def read_cells(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """Text of all registers as given, gaps filled from later registers and attribute tables.

    Returns
    -------
    cells : DataFrame
        Columns :data:`CELLS`, text and empty where nothing is given, `row` a whole number; one
        row for each school, in the order of :func:`read_schools`. ``filled_from`` names the rows
        of other tables, ``file:row``, that have filled cells.
    findings : list of Finding
        How the headers were understood, and rows that neither add nor fill a school.

    Raises
    ------
    InputError
        A file is unusable as a whole.
    """
    cells, findings = _registers(opened)
    tables, faults = read_attributes(opened, cells["npsn"])
    for given in tables:
        cells = _filled(cells, given[["file", "row", *ATTRIBUTE_ALIASES]])
    return cells[list(CELLS)], findings + faults


def read_attributes(
    opened: Opened, npsn: pd.Series[str]
) -> tuple[list[pd.DataFrame], list[Finding]]:
    """Rows of the attribute tables that the schools use, and findings about the others.

    Parameters
    ----------
    opened : Opened
        The project.
    npsn : Series of str
        NPSN of the schools.

    Returns
    -------
    tables : list of DataFrame
        One for each table of the project: text cells indexed by NPSN, one row for each, with
        ``file``, ``row``, the attributes, ``name`` and ``updated_at``.
    findings : list of Finding
        How the headers were understood, and one finding for each row that is not used.
    """
    known = set(npsn) - {""}
    read = [
        _attributes(source, opened.shown(source.path), known)
        for source in opened.project.attributes
    ]
    return [table for table, _ in read], [finding for _, found in read for finding in found]


def schools_of(cells: pd.DataFrame, opened: Opened) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The schools that :func:`read_cells` has found, as :func:`read_schools` gives them."""
    identity, unknown = _identity(cells, opened)
    location, misplaced = _location(cells, opened)
    facts, unread = _facts(cells, opened)
    columns = pd.DataFrame(
        {
            "row_id": cells["file"] + ":" + cells["row"].astype("str"),
            "npsn": cells["npsn"],
            "name": cells["name"],
            **identity,
            **location,
            **facts,
        }
    )
    columns["is_duplicate"], repeated = _duplicates(cells, columns)
    schools = located(schema.table(columns, schema.up_to("attributes")))
    return schools, [*unknown, *misplaced, *unread, *repeated]


def located(columns: pd.DataFrame) -> gpd.GeoDataFrame:
    """The table with its points, EPSG:4326; none where the location is unusable."""
    import geopandas as gpd

    points = gpd.points_from_xy(columns["lon"], columns["lat"])
    schools = gpd.GeoDataFrame(columns, geometry=points, crs=schema.CRS)
    schools.loc[columns["lat"].isna(), "geometry"] = None
    return schools


def _registers(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """Text cells of all registers by canonical column, with ``file`` and ``row``."""
    first, *others = opened.project.schools
    names = [source.path.name for source in opened.project.schools]

    def shown(source: Register) -> str:
        repeated = names.count(source.path.name) > 1
        return opened.shown(source.path) if repeated else source.path.name

    base, findings = _register(first, shown(first))
    for source in others:
        cells, found = _register(source, shown(source))
        base, unused = _with_register(base, cells, shown(source), adds_rows=source.adds_rows)
        findings += [*found, *unused]
    return base, findings


def _with_register(
    base: pd.DataFrame, cells: pd.DataFrame, shown: str, *, adds_rows: bool
) -> tuple[pd.DataFrame, list[Finding]]:
    """A register with its gaps filled from a further one, and that one's other rows if wanted."""
    is_new = ~cells["npsn"].isin(set(base["npsn"]) - {""})
    fuller = _most_complete(cells[~is_new], _TEXT)
    base, new = _filled(base, fuller), cells[is_new]
    findings = _not_used(cells[~is_new], fuller, shown)
    if adds_rows:
        return pd.concat([base, new], ignore_index=True), findings
    not_added = [
        Finding("register_row_not_added", file=shown, row=int(row), npsn=npsn, value=name)
        for row, npsn, name in new[["row", "npsn", "name"]].itertuples(index=False)
    ]
    return base, findings + not_added


def _register(source: Register, shown: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Text cells of one register."""
    aliases = REGISTER_ALIASES | ATTRIBUTE_ALIASES | PART_ALIASES
    every = aliases | CHECK_ALIASES
    table = read_table(source.path, source.sheet, aliases=every, override=source.columns)
    numbered = _OTHER_NUMBERS & {fold(name) for name in table.headers}
    header = recognise(
        *(table, every),
        override=source.columns,
        required=("name", "lat", "lon") if numbered else ("npsn", "name", "lat", "lon"),
        lenient=CHECK_ALIASES,
    )
    findings = header_findings(table, header, aliases, shown)
    findings += [Finding("row_too_long", file=shown, row=row) for row in table.too_long]
    return _text(table, header, shown), findings


def _text(table: RawTable, header: Mapping[str, str], shown: str) -> pd.DataFrame:
    """Cells by canonical column, with ``file`` and ``row``; empty where there is no such header."""
    cells = pd.DataFrame(
        {
            column: table.cells[header[column]] if column in header else ""
            for column in (*_TEXT, *CHECK_ALIASES)
        }
    ).astype("str")
    cells["file"] = shown
    cells["row"] = table.cells[ROW]
    cells["filled_from"] = pd.Series("", index=cells.index, dtype="str")
    if set(PART_ALIASES) <= set(header):
        parts = [table.cells[header[part]] for part in PART_ALIASES]
        absent = cells["students"] == ""
        sums = [_sum(*both) for both in zip(*parts, strict=True)]
        cells["students"] = cells["students"].where(~absent, pd.Series(sums, dtype="str"))
    return cells


def _sum(boys: str, girls: str) -> str:
    """Sum of two counts; if one of them is not a count, a text that cannot be read as a number.

    Examples
    --------
    >>> _sum("12", "11"), _sum("", ""), _sum("12", "")
    ('23', '', '12 + ')
    """
    if not boys and not girls:
        return ""
    return str(int(boys) + int(girls)) if _is_count(boys, girls) else f"{boys} + {girls}"


def _is_count(*texts: str) -> bool:
    return all(text.isascii() and text.isdigit() and len(text) < 10 for text in texts)


def _attributes(
    source: Attributes, shown: str, known: set[str]
) -> tuple[pd.DataFrame, list[Finding]]:
    """The attribute rows to use, one per NPSN of a school, indexed by NPSN."""
    aliases = {
        "npsn": REGISTER_ALIASES["npsn"],
        **ATTRIBUTE_ALIASES,
        **PART_ALIASES,
        **YEAR_ALIASES,
    }
    beside = {"name": REGISTER_ALIASES["name"], "updated_at": CHECK_ALIASES["updated_at"]}
    every = aliases | beside
    table = read_table(source.path, source.sheet, aliases=every, override=source.columns)
    header = recognise(table, every, override=source.columns, required=("npsn",), lenient=beside)
    made = {"students"} if set(PART_ALIASES) <= set(header) else set()
    used = [column for column in ATTRIBUTE_ALIASES if column in header or column in made]
    if not used:
        near = likely_misspellings(table, header, aliases)
        raise InputError(
            "table_adds_nothing",
            path=source.path,
            known=", ".join(table.headers),
            expected=", ".join(ATTRIBUTE_ALIASES),
            suggestion=next(iter(near.values()), ""),
        )
    cells = _text(table, header, shown)
    findings = header_findings(table, header, aliases, shown)
    findings += [Finding("row_too_long", file=shown, row=row) for row in table.too_long]
    schoolless = ~cells["npsn"].isin(known)
    findings += [
        Finding("attribute_without_school", file=shown, row=int(row), npsn=npsn, column="npsn")
        for row, npsn in cells.loc[schoolless, ["row", "npsn"]].itertuples(index=False)
    ]
    cells = cells[~schoolless]
    if "year" in header:
        dated = cells.assign(year=table.cells[header["year"]])
        cells, found = _of_year(dated, source, shown)
        findings += found
    best = _most_complete(cells, used)
    return best, findings + _not_used(cells, best, shown)


def _of_year(
    cells: pd.DataFrame, source: Attributes, shown: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Rows of the year that the project asks for, by default the latest of each school."""
    year = cells["year"].map(_year).astype("float64")
    findings = _unread(cells, year.isna() & (cells["year"] != ""), "value_not_read", "year")
    year = year.fillna(-np.inf)  # a row without a year is older than all others
    usable = pd.Series(data=True, index=cells.index)
    if source.year != "latest":
        usable = (np.floor(year) == source.year) | (year == _year(str(source.year)))
    wanted = year.where(usable).groupby(cells["npsn"]).transform("max")
    other = ~usable | (year != wanted)
    if other.any():
        counted = {"count": int(other.sum()), "year": str(source.year)}
        findings.append(Finding("attribute_other_year", file=shown, parameters=counted))
    return cells[~other], findings


def _year(text: str) -> float:
    """The year in which a school year begins, a semester as a part of it; NaN for anything else.

    Examples
    --------
    >>> _year("2025"), _year("2025/2026"), _year("2025-26"), _year("20252"), _year("2025/2027")
    (2025.0, 2025.0, 2025.0, 2025.2, nan)
    """
    given = _YEAR.fullmatch(text)
    if not given:
        return np.nan
    first, second, semester = given.groups()
    if second and second not in (str(int(first) + 1), str(int(first) + 1)[2:]):
        return np.nan
    return int(first) + _SEMESTERS.get((semester or "").lower(), 0.0)


def _not_used(cells: pd.DataFrame, best: pd.DataFrame, shown: str) -> list[Finding]:
    """A finding for each row of an NPSN other than its most complete one."""
    others = cells.loc[~cells["row"].isin(best["row"]), ["row", "npsn"]]
    return [
        Finding(
            "attribute_duplicate",
            file=shown,
            row=int(row),
            npsn=npsn,
            parameters={"used_row": int(best.loc[npsn, "row"])},
        )
        for row, npsn in others.itertuples(index=False)
    ]


def _most_complete(cells: pd.DataFrame, used: list[str]) -> pd.DataFrame:
    """One row per NPSN: the most filled cells, then by content, so that the order has no effect."""
    order = cells.assign(filled=(cells[used] != "").sum(axis="columns"))
    order = order.sort_values(
        ["filled", *used, "row"], ascending=[False, *[True] * (len(used) + 1)], kind="stable"
    )
    return order.drop_duplicates("npsn").set_index("npsn")


def _filled(cells: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """`cells` with its empty cells filled from `given`, indexed by NPSN; what is there stands."""
    cells = cells.copy()
    placeless = (cells["lat"] == "") & (cells["lon"] == "")
    filled_any = pd.Series(data=False, index=cells.index)
    for column in (*_TEXT, *CHECK_ALIASES):
        if column in given.columns and column != "npsn":
            # A latitude of one file and a longitude of another do not make a place.
            empty = placeless if column in ("lat", "lon") else cells[column] == ""
            filled = given[column].reindex(cells.loc[empty, "npsn"]).fillna("")
            cells.loc[empty, column] = filled.to_numpy()
            filled_any |= empty & (cells[column] != "")
    origin = (given["file"] + ":" + given["row"].astype("str")).astype("str")
    names = cells.loc[filled_any, "npsn"].map(origin).astype("str")
    before = cells.loc[filled_any, "filled_from"]
    cells.loc[filled_any, "filled_from"] = names.where(before == "", before + "; " + names)
    return cells


def _identity(
    cells: pd.DataFrame, opened: Opened
) -> tuple[dict[str, pd.Series[str]], list[Finding]]:
    """Level, ownership, and the kabupaten and kecamatan that each row claims."""
    level, ownership = level_of(cells), ownership_of(cells)
    no_owner = ownership.isna() & (cells["ownership"] != "")
    findings = [
        *_unread(cells, level.isna() & (cells["level"] != ""), "level_unknown", "level"),
        *_unread(cells, no_owner, "ownership_unknown", "ownership"),
    ]
    names = known_kabupaten(opened)
    spellings = {text: names.find(text) for text in cells["kabupaten"].unique()}
    kabupaten = _each(cells["kabupaten"], lambda text: spellings[text] or short_name(text) or None)
    if opened.project.boundaries.kabupaten is not None:
        unknown = cells["kabupaten"].map(lambda text: bool(text) and spellings[text] is None)
        findings += _unread(cells, unknown, "kabupaten_unknown", "kabupaten", names.suggest)
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
    given = {name: coordinates.plain_degrees(cells[name]).where(usable) for name in ("lat", "lon")}
    columns = {name: values.to_numpy(copy=True) for name, values in given.items()}
    columns["location_status"] = np.where(usable, "given", "unusable").astype(object)
    columns["location_area"] = np.full(len(cells), None, dtype=object)
    repairs, findings = accepted_repairs(cells, opened, bounds)
    for repair in repairs:
        columns["lat"][repair.at], columns["lon"][repair.at] = repair.lat, repair.lon
        columns["location_status"][repair.at] = "area" if repair.area else "repaired"
        columns["location_area"][repair.at] = repair.area or None
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
    findings += _unread(cells, share > 1, "accounts_inconsistent", "accounts_active")
    facts["accounts_active_share"] = share.where(share <= 1)
    return facts, findings


def _fact(text: pd.Series[str], column: schema.Column) -> pd.Series[Any]:
    """The values of an attribute column; missing where they cannot be read or are impossible."""
    if column.kind == "text":
        return text.replace("", None)
    if column.kind == "flag":
        return _each(text, lambda t: _YES_NO.get(fold(t))).astype("boolean")
    values = _each(text, whole_number if column.kind == "integer" else number).astype("float64")
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
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
        filled=(cells[_TEXT] != "").sum(axis="columns"),
    )[repeated]
    rivals = rivals.sort_values(
        ["usable", "filled", *_TEXT, "file", "row"],
        ascending=[False, False, *[True] * (len(_TEXT) + 2)],
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


def _unread(
    cells: pd.DataFrame,
    at_fault: pd.Series[bool],
    code: str,
    column: str,
    suggest: object = None,
) -> list[Finding]:
    """One finding for each row with an error."""
    wrong = cells[at_fault.fillna(value=False).astype(bool)]
    return [
        Finding(
            code,
            file=file,
            row=int(row),
            npsn=npsn,
            column=column,
            value=value,
            parameters={"suggestion": suggest(value)} if callable(suggest) else {},
        )
        for file, row, npsn, value in wrong[["file", "row", "npsn", column]].itertuples(index=False)
    ]
