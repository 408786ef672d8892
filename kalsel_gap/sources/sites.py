"""Reader of radio sites: own columns or those of OpenCelliD."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap.findings import Finding
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.boundaries import envelope
from kalsel_gap.sources.columns import LAT_SPELLINGS, LON_SPELLINGS, recognise, table_findings
from kalsel_gap.sources.coordinate_pairs import split_column
from kalsel_gap.sources.coordinates import are_metres, from_metres, read_places, to_degrees
from kalsel_gap.sources.operator_names import operators_in
from kalsel_gap.sources.quantities import is_nothing, read_quantities, split_unit
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import RawTable, read_table
from kalsel_gap.sources.technologies import (
    SiteCarrier,
    read_directions,
    read_frequencies,
    read_technologies,
    with_frequencies,
)
from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from kalsel_gap.project.inputs import Sites
    from kalsel_gap.project.model import Opened

ALIASES: dict[str, tuple[str, ...]] = {
    "site_id": (
        *("siteid", "site", "idsite", "cell", "cellid", "namasite", "sitename", "kodesite"),
        *("ictid", "towerid", "idtower", "namamenara", "idmenara"),
    ),
    "operator": (
        *("operator", "provider", "penyedia", "operatorname", "namaoperator"),
        *("operatorseluler", "penyelenggara"),
    ),
    "technology": (
        *("technology", "teknologi", "radio", "jaringan", "radiotype", "radiotech", "tech"),
        *("jenisjaringan", "teknologijaringan"),
    ),
    "lat": LAT_SPELLINGS,
    "lon": LON_SPELLINGS,
    "antenna_height_m": (
        *("antennaheightm", "antennaheight", "height", "heightm", "antennaheightagl"),
        *("tinggi", "tinggim", "tinggiantena", "tinggiantenam", "towerheight", "tinggimenara"),
        *("tinggitower", "ketinggianantena"),
    ),
    "frequency_mhz": (
        *("frequencymhz", "frequency", "frekuensi", "frekuensimhz", "freq", "freqmhz", "band"),
        *("pitafrekuensi", "bandfrekuensi", "frequencyband"),
    ),
    "eirp_dbm": ("eirpdbm", "eirp"),
    "azimuth_deg": (
        *("azimuthdeg", "azimuth", "azimut", "azimutderajat", "arah", "arahantena"),
        *("antennaazimuth", "antennaazimuthdeg"),
    ),
    "downtilt_deg": ("downtiltdeg", "downtilt", "tilt", "kemiringan", "sudutkemiringan"),
    "bandwidth_mhz": ("bandwidthmhz", "bandwidth", "lebarpita", "lebarpitamhz", "lebarkanal"),
    "mcc": ("mcc",),
    "net": ("net", "mnc"),
    "range_m": ("range", "rangem", "ketidakpastianm"),
    "changeable": ("changeable",),
}
# Mobile network codes of Indonesia (MCC 510); merged operators carry their present name.
OPERATORS = {
    "1": "indosat",
    "21": "indosat",
    "89": "indosat",
    "8": "xlsmart",
    "9": "xlsmart",
    "11": "xlsmart",
    "28": "xlsmart",
    "10": "telkomsel",
}
NEEDED = ("antenna_height_m", "frequency_mhz", "eirp_dbm")  # by any prediction
STATED = (*NEEDED, "bandwidth_mhz")
# Units of the columns, and between which values a number that can be read in two ways must lie.
UNITS: dict[str, tuple[str, tuple[float, float]]] = {
    "antenna_height_m": ("m", (1.0, 3000.0)),
    "eirp_dbm": ("dBm", (0.0, 100.0)),
    "downtilt_deg": ("degrees", (-90.0, 90.0)),
    "bandwidth_mhz": ("MHz", (0.1, 400.0)),
}
# A number outside the range is in another unit, or means that there is none: -1, 999.
RANGES = {"eirp_dbm": (0.0, 100.0), "downtilt_deg": (-90.0, 90.0)}
AZIMUTHS = (-360.0, 720.0)  # one turn too many is still a direction; 999 is not
OMNI = ("omni", "omnidirectional", "omnidireksional", "semua arah")
_AROUND_DEG = 0.5  # how far beyond the project's area sites still serve its schools
_ONE_OF_SEVERAL = re.compile(r"(?:operator|provider|penyedia)[\s_-]*[a-d1-4]", re.IGNORECASE)
COLUMNS = (
    "site_id",
    "operator",
    "technology",
    "lat",
    "lon",
    "antenna_height_m",
    "frequency_mhz",
    "eirp_dbm",
    "azimuth_deg",
    "downtilt_deg",
    "bandwidth_mhz",
    "position_m",
    "file",
    "row",
)


def read_sites(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """All sites of the project that have a location and a technology.

    Returns
    -------
    sites : DataFrame
        :data:`COLUMNS`, one row for each carrier and sector: a row of a table may name several.
        What is given neither in the table nor in its section is NaN, and so is what is given and
        cannot be read. ``position_m`` is the uncertainty of the position, metres, where the table
        states one.
    findings : list of Finding
        Rows without a usable location or technology, values that cannot be read, and values that
        the section states for others.
    """
    frames, findings = [], []
    for source in opened.project.sites:
        frame, found = read_source(source, opened)
        frames.append(frame)
        findings += found
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS)), []
    return pd.concat(frames, ignore_index=True), findings


def _make(schools: gpd.GeoDataFrame, opened: Opened, *_: object) -> Staged:
    sites, findings = read_sites(opened)
    return Staged(pd.DataFrame(index=schools.index), findings, {"sites": sites})


STAGE = Stage("sites", _make, sections=("sites",))


# Columns of OpenCelliD's downloads of a country, which have no header.
_OPENCELLID = (
    *("radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples"),
    *("changeable", "created", "updated", "averageSignal"),
)


def opencellid_columns(row: Sequence[str]) -> Sequence[str] | None:
    """Names of the columns of a row of OpenCelliD; None for any other."""
    if len(row) not in (len(_OPENCELLID) - 1, len(_OPENCELLID)):
        return None
    _, mcc, _, _, _, _, lon, lat, *_ = row
    x, y = number(lon), number(lat)
    is_place = abs(x) <= 180 and abs(y) <= 90 and row[0].isalnum() and not row[0].isdigit()
    return _OPENCELLID[: len(row)] if is_place and len(mcc) == 3 and mcc.isdigit() else None


def _required(source: Sites) -> list[str]:
    return ["lat", "lon", *([] if source.technology else ["technology"])]


def read_source_table(source: Sites) -> RawTable:
    """The table of sites as text."""
    return read_table(
        *(source.path, source.sheet),
        aliases=ALIASES,
        override=source.columns,
        required=_required(source),
        unheaded=opencellid_columns,
    )


def read_source(source: Sites, opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """One table of sites; see :func:`read_sites`."""
    file = opened.shown(source.path)
    table = read_source_table(source)
    beside = _operator_columns(table, source)
    header = recognise(table, ALIASES, override=source.columns, required=_required(source))
    cells = {name: _column(table, header.get(name)) for name in ALIASES}
    if header["lat"] == header["lon"]:
        cells["lat"], cells["lon"] = split_column(cells["lat"], header["lat"])
    lat, lon, moved = site_places(cells, source, opened, file)
    numbers, unread = _numbers(cells, header)
    by_network = cells["net"].where(cells["mcc"] == "510", "").str.lstrip("0").map(OPERATORS)
    operators = _operators(table, beside) if beside else cells["operator"].map(operators_in)
    otherwise = by_network.fillna(source.operator).tolist()
    rows = pd.DataFrame(
        {
            "site_id": cells["site_id"],
            "operator": [
                names if any(names) else [other]
                for names, other in zip(operators, otherwise, strict=True)
            ],
            "lat": lat,
            "lon": lon,
            **numbers,
            "position_m": _position_m(cells),
            "file": table.files(file),
            "row": table.cells[ROW],
        }
    )
    carriers, off, loose = _carriers(cells, header, source, opened)
    unread["frequency_mhz"] = off
    sectors, refused = _sectors(cells["azimuth_deg"], header.get("azimuth_deg", ""))
    placed = lat.between(-90, 90) & lon.between(-180, 180) & ~((lat == 0) & (lon == 0))
    usable = placed & carriers.map(bool)
    findings = table_findings(table, header, ALIASES, file, beside=beside)
    findings += moved
    places = (cells["lat"] + ", " + cells["lon"]).str.replace(r"(?<=.), $", "", regex=True)
    given = {"site_unusable": places, "technology_unknown": cells["technology"]}
    findings += [
        Finding(
            "technology_unknown" if ok else "site_unusable",
            file=where,
            row=int(row),
            column="technology" if ok else "lat, lon",
            value=given["technology_unknown" if ok else "site_unusable"][n],
        )
        for n, (ok, where, row) in enumerate(zip(placed, rows["file"], rows["row"], strict=True))
        if not usable[n]
    ]
    findings += _at("site_azimuth_refused", rows, refused & usable, cells, "azimuth_deg")
    for name, wrong in unread.items():
        parameters = {"unit": UNITS[name][0] if name in UNITS else "MHz"}
        findings += _at("quantity_not_read", rows, wrong & usable, cells, name, parameters)
    findings += _at("carrier_not_assigned", rows, loose & usable, cells, "frequency_mhz")
    lacking = {name: is_nothing(cells[name]) & ~unread[name] for name in STATED}
    rows = rows.assign(
        _carrier=carriers, _sector=sectors, **{f"_{n}": v for n, v in lacking.items()}
    )
    sites = _expanded(rows[usable])
    findings += [*_drop(sites), *_state(sites, source, file)]
    return sites[list(COLUMNS)], findings


def site_places(
    cells: Mapping[str, pd.Series[str]], source: Sites, opened: Opened, file: str
) -> tuple[pd.Series[float], pd.Series[float], list[Finding]]:
    """Degrees of each site, and a note where metres are read by the evidence of all of them."""
    lat, lon = cells["lat"], cells["lon"]
    if source.crs:
        return *to_degrees(lat, lon, source.crs), []
    if not are_metres(lat, lon):
        return *read_places(lat, lon), []
    south, west, north, east = envelope(opened)
    around = (south - _AROUND_DEG, west - _AROUND_DEG, north + _AROUND_DEG, east + _AROUND_DEG)
    projected = from_metres(lat, lon, around)
    if projected is None:
        return *read_places(lat, lon), []
    crs = f"EPSG:{projected.epsg}"
    note = Finding("coordinates_projected", file=file, column="lat, lon", value=crs)
    return projected.lat, projected.lon, [note]


def _numbers(
    cells: Mapping[str, pd.Series[str]], header: Mapping[str, str]
) -> tuple[dict[str, pd.Series[float]], dict[str, pd.Series[bool]]]:
    """The columns of numbers, and where a cell has something that is no number of its unit."""
    numbers = {
        name: read_quantities(cells[name], unit, header=header.get(name, ""), possible=possible)
        for name, (unit, possible) in UNITS.items()
    }
    return numbers, {
        name: values.isna() & ~is_nothing(cells[name]) for name, values in numbers.items()
    }


def _position_m(cells: Mapping[str, pd.Series[str]]) -> pd.Series[float]:
    """The uncertainty of each position, metres; NaN where the table states none.

    OpenCelliD estimates it (`range`) for cells whose place was computed from measurements;
    `changeable` = 0 marks a place that an operator has given.
    """
    range_m = read_quantities(cells["range_m"], "m")
    return range_m.where((range_m > 0.0) & (cells["changeable"] != "0"))


def _carriers(
    cells: Mapping[str, pd.Series[str]],
    header: Mapping[str, str],
    source: Sites,
    opened: Opened,
) -> tuple[pd.Series[Any], pd.Series[bool], pd.Series[bool]]:
    """The carriers of each row, none where its technology is unknown.

    And where frequencies cannot be read, or belong to none of several technologies for certain.
    """
    bands = {str(t): b for t, b in opened.project.file_checks.sites.bands_mhz.items()}
    unit = split_unit(header.get("frequency_mhz", ""))[1]
    named, frequencies = cells["technology"], cells["frequency_mhz"]
    if "technology" not in header:
        stated: tuple[SiteCarrier, ...] = (SiteCarrier(str(source.technology)),)
        meant = dict.fromkeys(named.unique(), stated)
    else:
        meant = {text: read_technologies(text) for text in named.unique()}
    mhz = {text: read_frequencies(text, unit) for text in frequencies.unique()}
    found = [
        with_frequencies(meant[technology], mhz[text], bands)
        for technology, text in zip(named, frequencies, strict=True)
    ]
    blank = is_nothing(frequencies)
    unread = ~blank & ~frequencies.map(mhz).map(bool)
    loose = [
        len({each.technology for each in carriers}) > 1
        and not set(mhz[text]) <= {each.frequency_mhz for each in carriers}
        for carriers, text in zip(found, frequencies, strict=True)
    ]
    return (
        pd.Series(found, index=named.index, dtype=object),
        unread,
        pd.Series(loose, index=named.index, dtype=bool),
    )


def _sectors(texts: pd.Series[str], header: str) -> tuple[pd.Series[Any], pd.Series[bool]]:
    """The directions of each row, NaN for all directions; and which cells are refused."""
    unit = split_unit(header)[1]
    everywhere = is_nothing(texts) | texts.str.strip().str.casefold().isin(OMNI)
    read: dict[str, tuple[float, ...]] = {}
    for text in texts[~everywhere].unique():
        values = read_directions(text, unit)
        fit = all(AZIMUTHS[0] <= value <= AZIMUTHS[1] and value != -1.0 for value in values)
        read[text] = tuple(value % 360.0 for value in values) if fit else ()
    found = [read.get(text, ()) for text in texts]
    refused = ~everywhere & ~pd.Series(found, index=texts.index, dtype=object).map(bool)
    sectors = [each or (np.nan,) for each in found]
    return pd.Series(sectors, index=texts.index, dtype=object), refused


def _expanded(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each carrier, sector and operator."""
    rows = rows.explode("_carrier").explode("_sector").explode("operator")
    carriers = rows["_carrier"].tolist()
    return rows.assign(
        operator=rows["operator"].astype("str"),
        technology=pd.Series([c.technology for c in carriers], index=rows.index, dtype="str"),
        frequency_mhz=np.array([c.frequency_mhz for c in carriers], dtype="float64"),
        azimuth_deg=rows["_sector"].astype("float64"),
    ).reset_index(drop=True)


def _operator_columns(table: RawTable, source: Sites) -> list[str]:
    """Columns of two operators and more that share a site: operator_a, operator_b."""
    if "operator" in source.columns:
        return []
    found = [header for header in table.headers if _ONE_OF_SEVERAL.fullmatch(header)]
    return found if len(found) > 1 else []


def _operators(table: RawTable, headers: Sequence[str]) -> list[list[str]]:
    """The operators of each row by several columns, none where all are empty."""
    cells = zip(*(table.cells[header] for header in headers), strict=True)
    return [
        [*dict.fromkeys(name for cell in each for name in operators_in(cell) if name)]
        for each in cells
    ]


def _at(
    code: str,
    rows: pd.DataFrame,
    wrong: pd.Series[bool],
    cells: Mapping[str, pd.Series[str]],
    column: str,
    parameters: Mapping[str, object] | None = None,
) -> list[Finding]:
    """A finding for each row whose cell is wrong."""
    return [
        Finding(
            *(code, file, int(row)),
            column=column,
            value=value,
            parameters=dict(parameters or {}),
        )
        for file, row, value in zip(
            rows["file"][wrong], rows["row"][wrong], cells[column][wrong], strict=True
        )
    ]


def _drop(sites: pd.DataFrame) -> list[Finding]:
    """Remove numbers outside their range, with a finding for each."""
    findings: dict[tuple[str, int, str], Finding] = {}
    for name, (low, high) in RANGES.items():
        odd = sites[name].notna() & ~sites[name].between(low, high)
        for file, row, value in sites.loc[odd, ["file", "row", name]].itertuples(index=False):
            found = implausible(file, int(row), name, value, f"{low:g}–{high:g}")
            findings.setdefault((file, int(row), name), found)
        sites[name] = sites[name].mask(odd)
    return [*findings.values()]


def implausible(file: str, row: int, column: str, value: float, known: str) -> Finding:
    """Finding about a number that cannot be used."""
    return Finding(
        "site_term_implausible",
        file=file,
        row=row,
        column=column,
        value=f"{value:g}",
        parameters={"known": known},
    )


def _state(sites: pd.DataFrame, source: Sites, file: str) -> list[Finding]:
    """Fill in the values that the section states for empty cells, with a finding."""
    findings = []
    for name in STATED:
        value = getattr(source, name)
        missing = sites[name].isna() & sites[f"_{name}"]
        if value is None or not missing.any():
            continue
        sites[name] = sites[name].mask(missing, value)
        findings.append(
            Finding(
                "site_term_stated",
                file=file,
                column=name,
                value=f"{value:g}",
                parameters={"count": len(sites.loc[missing, ["file", "row"]].drop_duplicates())},
            )
        )
    return findings


def _column(table: RawTable, header: str | None) -> pd.Series[str]:
    if header is None:
        return pd.Series(np.full(len(table.cells), ""), dtype="str")
    return table.cells[header]
