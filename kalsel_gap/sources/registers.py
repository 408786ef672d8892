"""Registers of schools and attribute tables as text cells, gaps filled from one another.

A register makes rows; an attribute table only adds columns by NPSN, and each of its rows without a
school is a finding. A value that was read first stands: later files fill gaps.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding, at_rows
from kalsel_gap.sources.accepted_objections import AcceptedObjections
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.columns import (
    LAT_SPELLINGS,
    LON_SPELLINGS,
    likely_misspellings,
    recognise,
    table_findings,
)
from kalsel_gap.sources.coordinate_pairs import split_column
from kalsel_gap.sources.coordinates import DECIMALS, to_degrees
from kalsel_gap.sources.npsn import read_npsn
from kalsel_gap.sources.quantities import (
    BARE_NUMBER,
    is_other_unit,
    read_whole,
    split_unit,
    unit_of,
)
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import RawTable, read_table
from kalsel_gap.sources.value_repairs import ValueRepairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.project.inputs import Attributes, Register
    from kalsel_gap.project.model import Opened


REGISTER_ALIASES: dict[str, tuple[str, ...]] = {
    # Of other countries: the numbers of INEP (Brazil) and UDISE+ (India).
    "npsn": (
        *(
            "npsn",
            "schoolidgovt",
            "schoolidgov",
            "nomorpokoksekolahnasional",
            "kodenpsn",
            "nonpsn",
            "refnpsn",
        ),
        *("coentidade", "udisecode", "udiseschcode", "udiseschoolcode"),
    ),
    "name": (
        *("sekolah", "namasekolah", "nama", "schoolname", "namasatuanpendidikan"),
        *("madrasah", "namamadrasah", "namalembaga", "namasekolahmadrasah", "sekolahmadrasah"),
        *("namasp", "namasatpen", "namasatuan", "noentidade", "schname", "poiname"),
    ),
    "level": (
        *("bentuk", "bp", "bentukpendidikan", "jenjang", "schoollevel", "educationlevel"),
        *("jenjangmadrasah", "bentuksekolah", "jenjangpendidikan", "jenjangsekolah"),
        *("iscedlevel", "schoolcategory", "schcategory"),
    ),
    "ownership": (
        *("status", "statussekolah", "statusmadrasah", "statuslembaga"),
        *("statussatuanpendidikan", "schoolfundingtype", "operatortype", "schoolmanagement"),
    ),
    "kabupaten": (
        *("kabupatenkota", "kabkota", "kabkotanegaraln", "kotakabupaten", "namakabupaten"),
        *("namakabupatenkota", "namakabkota", "kabupatennama", "admin2"),
        *("admin2name", "adm2en", "adm2id", "kabkotasekolah", "nomunicipio"),
    ),
    "kecamatan": (
        *("kecamatankotaln", "namakecamatan", "kecamatannama", "kec", "admin3name", "adm3en"),
        "adm3id",
    ),
    "lat": LAT_SPELLINGS,
    "lon": LON_SPELLINGS,
}
ATTRIBUTE_ALIASES: dict[str, tuple[str, ...]] = {
    "students": (
        *("pd", "siswa", "pesertadidik", "jumlahsiswa", "jmlsiswa", "murid", "totalsiswa"),
        *("numstudents", "studentcount", "jumlahpd", "jmlpd", "jumlahpesertadidik", "jumlahmurid"),
        *("jmlpesertadidik", "totalstudents", "qtmatbas", "enrolment", "enrollment"),
        *("totalenrolment", "totalenrollment"),
    ),
    "teachers": (
        *("guru", "jumlahguru", "jmlguru", "ptk", "numteachers", "teachercount", "totalteachers"),
        *("qtdocbas", "jumlahptk", "jmlptk"),
    ),
    "devices": ("chromebook", "chromebooks", "jumlahchromebook", "perangkat"),
    "accounts": ("akun", "akunbelajar", "jumlahakun"),
    "accounts_active": ("akunaktif", "akunbelajaraktif"),
    "poor_share": ("sharemiskin", "proporsimiskin"),
    "inclusive": ("inklusi", "inklusif"),
    "electricity": ("listrik", "sumberlistrik", "electricityavailability", "inenergiaredepublica"),
    "internet": (
        *("aksesinternet", "connectivity", "ininternet", "internetaccess", "statusinternet"),
        *("koneksiinternet", "ketersediaaninternet", "jaringaninternet"),
    ),
    "subscription_down_mbps": (
        *("bandwidth", "bandwidthmbps", "downloadspeedcontracted", "bandwidthinternet"),
        *("kecepataninternet", "kecepataninternetmbps"),
    ),
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
        *("pdlakilaki", "pdl", "studentcountboys", "totalboys", "numstudentsboys"),
    ),
    "students_female": (
        *("siswaperempuan", "jumlahsiswaperempuan", "jmlsiswaperempuan", "siswapr", "siswap"),
        *("jmlsiswap", "jumlahsiswap"),
        *("pdperempuan", "pdp", "studentcountgirls", "totalgirls", "numstudentsgirls"),
    ),
}
YEAR_ALIASES = {"year": ("tahun", "tahundata")}
# Read for checks only. Of several headers the first one counts: none of them is worth an error.
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
# Numbers of Giga, EMIS, CPP and OpenStreetMap: with one of them there may be no NPSN at all.
_OTHER_NUMBERS = frozenset({"schoolidgiga", "gigaidschool", "nsm", "poiid", "osmid", "fullid"})
# 2025, 2025/2026, 2025-26, 20251 (year and semester), 2025/2026 Ganjil
_YEAR = re.compile(
    r"((?:19|20)\d\d)(?:\s*[/-]\s*((?:\d\d)?\d\d))?(?:[\s/-]*(1|2|ganjil|genap))?",
    re.IGNORECASE,
)
_SEMESTERS = {"1": 0.1, "ganjil": 0.1, "2": 0.2, "genap": 0.2}
TEXT_COLUMNS = [*REGISTER_ALIASES, *ATTRIBUTE_ALIASES]
CELLS = ("file", "row", *TEXT_COLUMNS, *CHECK_ALIASES, "npsn_given", "filled_from")


def read_cells(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """Text of all registers as it is given, gaps filled from later registers and attribute tables.

    Returns
    -------
    cells : DataFrame
        Columns :data:`CELLS`, text and empty where nothing is given, `row` a whole number; one
        row for each school, in the order of :func:`read_schools`. ``npsn`` is that to join by,
        ``npsn_given`` the cell as it is. ``filled_from`` names the rows
        of other tables, ``file:row``, that have filled cells.
    findings : list of Finding
        What was made of the files, and rows of theirs that make or fill no school.

    Raises
    ------
    InputError
        A file is unusable as a whole.
    """
    repairs = ValueRepairs(opened)
    cells, findings = _registers(opened, repairs)
    tables, faults = read_attributes(opened, cells["npsn"], repairs)
    for _, given in tables:
        cells = _filled(cells, given[["file", "row", *ATTRIBUTE_ALIASES]])
    cells, repaired = repairs.apply(cells, ATTRIBUTE_ALIASES)
    cells, contradicted = AcceptedObjections(opened).apply(cells)
    return cells[list(CELLS)], [*findings, *faults, *repaired, *repairs.left(), *contradicted]


def read_attributes(
    opened: Opened, npsn: pd.Series[str], repairs: ValueRepairs | None = None
) -> tuple[list[tuple[Attributes, pd.DataFrame]], list[Finding]]:
    """Rows of the attribute tables that the schools use, and findings about the others.

    Parameters
    ----------
    opened : Opened
        The project.
    npsn : Series of str
        NPSN of the schools.
    repairs : ValueRepairs, optional
        The accepted ones of the project.

    Returns
    -------
    tables : list of (Attributes, DataFrame)
        One for each table of the project, and one for each kind of its sheets: text cells indexed
        by NPSN, one row for each, with ``file``, ``row``, the attributes, ``name`` and
        ``updated_at``.
    findings : list of Finding
        What was made of the files, and one for each row that is not used.
    """
    known = set(npsn) - {""}
    repairs = repairs or ValueRepairs(opened)
    tables: list[tuple[Attributes, pd.DataFrame]] = []
    findings: list[Finding] = []
    for source in opened.project.attributes:
        read, found = _attributes(source, opened.shown(source.path), known, repairs)
        tables += [(source, table) for table in read]
        findings += found
    return tables, findings


def _registers(opened: Opened, repairs: ValueRepairs) -> tuple[pd.DataFrame, list[Finding]]:
    """Text cells of all registers by canonical column, with ``file`` and ``row``."""
    first, *others = opened.project.schools
    names = [source.path.name for source in opened.project.schools]

    def shown(source: Register) -> str:
        repeated = names.count(source.path.name) > 1
        return opened.shown(source.path) if repeated else source.path.name

    base, findings = _register(first, shown(first), repairs)
    for source in others:
        cells, found = _register(source, shown(source), repairs)
        base, unused = _with_register(base, cells, adds_rows=source.adds_rows)
        findings += [*found, *unused]
    return base, findings


def _with_register(
    base: pd.DataFrame, cells: pd.DataFrame, *, adds_rows: bool
) -> tuple[pd.DataFrame, list[Finding]]:
    """A register with its gaps filled from a further one, and that one's other rows if wanted."""
    is_new = ~cells["npsn"].isin(set(base["npsn"]) - {""})
    fuller = _most_complete(cells[~is_new], TEXT_COLUMNS)
    base, new = _filled(base, fuller), cells[is_new]
    findings = _not_used(cells[~is_new], fuller)
    if adds_rows:
        return pd.concat([base, new], ignore_index=True), findings
    not_added = [
        Finding("register_row_not_added", file=file, row=int(row), npsn=npsn, value=name)
        for file, row, npsn, name in new[["file", "row", "npsn", "name"]].itertuples(index=False)
    ]
    return base, findings + not_added


def _register(
    source: Register, shown: str, repairs: ValueRepairs
) -> tuple[pd.DataFrame, list[Finding]]:
    """Text cells of one register."""
    aliases = REGISTER_ALIASES | ATTRIBUTE_ALIASES | PART_ALIASES
    every = aliases | CHECK_ALIASES
    table = read_table(
        *(source.path, source.sheet),
        aliases=every,
        override=source.columns,
        required=(("npsn", *_OTHER_NUMBERS), "name", "lat", "lon"),
    )
    numbered = "@id" in table.headers or _OTHER_NUMBERS & {fold(name) for name in table.headers}
    header = recognise(
        *(table, every),
        override=source.columns,
        required=("name", "lat", "lon") if numbered else ("npsn", "name", "lat", "lon"),
        lenient=CHECK_ALIASES,
    )
    cells, repaired = repairs.apply(_text(table, header, shown), {"npsn"})
    if source.crs:
        places = to_degrees(cells["lat"], cells["lon"], source.crs)
        for name, values in zip(("lat", "lon"), places, strict=True):
            known = values.map(f"{{:.{DECIMALS}f}}".format)
            cells[name] = cells[name].where(values.isna(), known)
    return cells, table_findings(table, header, aliases, shown) + repaired


def _text(table: RawTable, header: Mapping[str, str], shown: str) -> pd.DataFrame:
    """Cells by canonical column, with ``file`` and ``row``; empty where there is no such header."""
    empty = pd.Series("", index=table.cells.index, dtype="str")  # once: 8 MB for a million rows
    cells = pd.DataFrame(
        {
            column: table.cells[header[column]] if column in header else empty
            for column in (*TEXT_COLUMNS, *CHECK_ALIASES)
        }
    ).astype("str")
    for column in ATTRIBUTE_ALIASES.keys() & header.keys():
        unit = split_unit(table.meant.get(header[column], header[column]))[1]
        # “Bandwidth (kbps)”: the numbers below have that unit.
        if is_other_unit(unit, unit_of(column)):
            bare = cells[column].str.fullmatch(BARE_NUMBER).astype(bool)
            cells[column] = cells[column].mask(bare, cells[column] + f" {unit}")
    if "lat" in header and header["lat"] == header.get("lon"):
        cells["lat"], cells["lon"] = split_column(cells["lat"], header["lat"])
    cells["npsn_given"] = cells["npsn"]
    cells["npsn"] = read_npsn(cells["npsn"])
    cells["file"] = table.files(shown)
    cells["row"] = table.cells[ROW]
    cells["filled_from"] = empty
    if set(PART_ALIASES) <= set(header):
        parts = [table.cells[header[part]] for part in PART_ALIASES]
        absent = cells["students"] == ""
        sums = [_sum(*both) for both in zip(*parts, strict=True)]
        cells["students"] = cells["students"].where(~absent, pd.Series(sums, dtype="str"))
    return cells


def _sum(boys: str, girls: str) -> str:
    """Both counts as one; where one of them is no count, as text that says so and is not read.

    Examples
    --------
    >>> _sum("12", "11 siswa"), _sum("", ""), _sum("12", "")
    ('23', '', '12 + ')
    """
    if not boys and not girls:
        return ""
    both = read_whole(boys) + read_whole(girls)
    return f"{boys} + {girls}" if math.isnan(both) else str(int(both))


def _attributes(
    source: Attributes, shown: str, known: set[str], repairs: ValueRepairs
) -> tuple[list[pd.DataFrame], list[Finding]]:
    """The attribute rows to use, one per NPSN of a school, indexed by NPSN.

    Sheets with other columns, pupils in one and rooms in another, are tables of their own: a school
    has a row in each.
    """
    aliases = {
        "npsn": REGISTER_ALIASES["npsn"],
        **ATTRIBUTE_ALIASES,
        **PART_ALIASES,
        **YEAR_ALIASES,
    }
    beside = {"name": REGISTER_ALIASES["name"], "updated_at": CHECK_ALIASES["updated_at"]}
    every = aliases | beside
    table = read_table(
        *(source.path, source.sheet),
        aliases=every,
        override=source.columns,
        required=("npsn", (*ATTRIBUTE_ALIASES, *PART_ALIASES)),
    )
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
    cells, repaired = repairs.apply(_text(table, header, shown), {"npsn"})
    findings = table_findings(table, header, aliases, shown) + repaired
    cells["npsn"] = repairs.of_schools(cells["npsn"], known)
    schoolless = ~cells["npsn"].isin(known)
    findings += [
        Finding("attribute_without_school", file=file, row=int(row), npsn=npsn, column="npsn")
        for file, row, npsn in cells.loc[schoolless, ["file", "row", "npsn_given"]].itertuples(
            index=False
        )
    ]
    cells = cells[~schoolless]
    if "year" in header:
        dated = cells.assign(year=table.cells[header["year"]])
        cells, found = _of_year(dated, source, shown)
        findings += found
    best = [(part, _most_complete(part, used)) for part in _alike(cells, used)]
    unused = [finding for part, rows in best for finding in _not_used(part, rows)]
    return [rows for _, rows in best], findings + unused


def _alike(cells: pd.DataFrame, used: list[str]) -> list[pd.DataFrame]:
    """Rows of the sheets that fill the same columns, together; at least one table, if empty."""
    files = list(cells["file"].unique())
    if len(files) < 2:
        return [cells]
    given = {file: tuple((cells.loc[cells["file"] == file, used] != "").any()) for file in files}
    return [cells[cells["file"].map(given) == columns] for columns in dict.fromkeys(given.values())]


def _of_year(
    cells: pd.DataFrame, source: Attributes, shown: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Rows of the year that the project asks for, by default the latest of each school."""
    year = cells["year"].map(_year).astype("float64")
    findings = at_rows("value_not_read", cells, year.isna() & (cells["year"] != ""), "year")
    year = year.fillna(-np.inf)  # a row without a year is older than all others
    usable = pd.Series(data=True, index=cells.index)
    if source.year != "latest":
        usable = (np.floor(year) == source.year) | (year == _year(str(source.year)))
    wanted = year.where(usable).groupby(cells["npsn"]).transform("max")
    other = ~usable | (year != wanted)
    if other.any():
        asked = int(np.floor(year.max())) if source.year == "latest" else source.year
        counted = {"count": int(other.sum()), "year": str(asked)}
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


def _not_used(cells: pd.DataFrame, best: pd.DataFrame) -> list[Finding]:
    """A finding for each row of an NPSN other than its most complete one."""
    used = dict(zip(best.index, zip(best["file"], best["row"], strict=True), strict=True))
    findings = []
    for file, row, npsn in cells[["file", "row", "npsn"]].itertuples(index=False):
        if used[npsn] == (file, row):
            continue
        used_file, used_row = used[npsn]
        same = used_file == file
        findings.append(
            Finding(
                "attribute_duplicate",
                file=file,
                row=int(row),
                npsn=npsn,
                parameters={"used_row": int(used_row) if same else f"{used_file}:{used_row}"},
            )
        )
    return findings


def _most_complete(cells: pd.DataFrame, used: list[str]) -> pd.DataFrame:
    """One row per NPSN: most filled cells, then by content, so that order decides nothing."""
    order = cells.assign(filled=(cells[used] != "").sum(axis="columns"))
    order = order.sort_values(
        ["filled", *used, "row"],
        ascending=[False, *[True] * (len(used) + 1)],
        kind="stable",
    )
    return order.drop_duplicates("npsn").set_index("npsn")


def _filled(cells: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """`cells` with its empty cells filled from `given`, indexed by NPSN; what is there stands."""
    cells = cells.copy()
    placeless = (cells["lat"] == "") & (cells["lon"] == "")
    filled_any = pd.Series(data=False, index=cells.index)
    for column in (*TEXT_COLUMNS, *CHECK_ALIASES):
        if column in given.columns and column != "npsn":
            # A latitude of one file and a longitude of another are no place.
            empty = placeless if column in ("lat", "lon") else cells[column] == ""
            filled = given[column].reindex(cells.loc[empty, "npsn"]).fillna("")
            cells.loc[empty, column] = filled.to_numpy()
            filled_any |= empty & (cells[column] != "")
    origin = (given["file"] + ":" + given["row"].astype("str")).astype("str")
    names = cells.loc[filled_any, "npsn"].map(origin).astype("str")
    before = cells.loc[filled_any, "filled_from"]
    cells.loc[filled_any, "filled_from"] = names.where(before == "", before + "; " + names)
    return cells
