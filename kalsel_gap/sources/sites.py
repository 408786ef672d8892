"""Reader of radio sites: own columns or those of OpenCelliD."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.findings import Finding
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.columns import recognise, table_findings
from kalsel_gap.sources.tables import ROW, RawTable, read_table
from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from kalsel_gap.project.inputs import Sites
    from kalsel_gap.project.model import Opened

ALIASES: dict[str, tuple[str, ...]] = {
    "site_id": ("siteid", "site", "idsite", "cell"),
    "operator": ("operator", "provider"),
    "technology": ("technology", "teknologi", "radio", "jaringan"),
    "lat": ("lat", "latitude", "lintang"),
    "lon": ("lon", "long", "lng", "longitude", "bujur"),
    "antenna_height_m": (
        *("antennaheightm", "antennaheight", "height"),
        *("tinggi", "tinggim", "tinggiantena", "tinggiantenam"),
    ),
    "frequency_mhz": ("frequencymhz", "frequency", "frekuensi", "frekuensimhz"),
    "eirp_dbm": ("eirpdbm", "eirp"),
    "azimuth_deg": ("azimuthdeg", "azimuth", "azimut", "azimutderajat", "arah", "arahantena"),
    "downtilt_deg": ("downtiltdeg", "downtilt", "tilt", "kemiringan", "sudutkemiringan"),
    "bandwidth_mhz": ("bandwidthmhz", "bandwidth", "lebarpita", "lebarpitamhz", "lebarkanal"),
    "mcc": ("mcc",),
    "net": ("net", "mnc"),
}
TECHNOLOGY = {
    **{name: name for name in ("2g", "3g", "4g", "5g")},
    "gsm": "2g",
    "edge": "2g",
    "umts": "3g",
    "wcdma": "3g",
    "hspa": "3g",
    "lte": "4g",
    "nr": "5g",
    "nr5g": "5g",
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
NUMBERS = ("lat", "lon", *STATED, "azimuth_deg", "downtilt_deg")
# A number outside the range is in another unit, or means that there is none: -1, 999.
RANGES = {"eirp_dbm": (0.0, 100.0), "downtilt_deg": (-90.0, 90.0)}
AZIMUTHS = (-360.0, 720.0)  # one turn too many is still a direction; 999 is not
OMNI = ("", "omni", "omnidirectional")
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
    "file",
    "row",
)


def read_sites(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """All sites of the project that have a location and a technology.

    Returns
    -------
    sites : DataFrame
        :data:`COLUMNS`; what is given neither in the table nor in its section is NaN.
    findings : list of Finding
        Rows without a usable location or technology, and values that the section states for others.
    """
    frames, findings = [], []
    for source in opened.project.sites:
        frame, found = read_source(source, opened.shown(source.path))
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


def _opencellid(row: Sequence[str]) -> Sequence[str] | None:
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
        unheaded=_opencellid,
    )


def read_source(source: Sites, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """One table of sites; see :func:`read_sites`."""
    table = read_source_table(source)
    header = recognise(table, ALIASES, override=source.columns, required=_required(source))
    files = table.files(file)

    def text(column: str) -> pd.Series[str]:
        return _column(table, header.get(column))

    given = text("technology").str.casefold()
    technology = given.map(TECHNOLOGY) if "technology" in header else source.technology
    operator = text("operator").str.casefold()
    by_network = text("net").where(text("mcc") == "510", "").str.lstrip("0").map(OPERATORS)
    sites = pd.DataFrame(
        {
            "site_id": text("site_id"),
            "operator": operator.where(operator != "", by_network.fillna(source.operator)),
            "technology": technology,
            **{name: text(name).map(number).astype("float64") for name in NUMBERS},
            "file": files,
            "row": table.cells[ROW],
        }
    )[list(COLUMNS)]
    azimuths = text("azimuth_deg")
    fits = sites["azimuth_deg"].between(*AZIMUTHS) & (sites["azimuth_deg"] != -1.0)
    refused = ~fits & ~azimuths.str.strip().str.casefold().isin(OMNI)
    sites["azimuth_deg"] = (sites["azimuth_deg"] % 360.0).where(fits)
    placed = sites["lat"].between(-90, 90) & sites["lon"].between(-180, 180)
    placed &= ~((sites["lat"] == 0) & (sites["lon"] == 0))
    known = sites["technology"].notna()
    findings = table_findings(table, header, ALIASES, file)
    findings += [
        Finding(
            "site_unusable" if not ok else "technology_unknown",
            file=where,
            row=int(row),
            column="lat, lon" if not ok else "technology",
            value=f"{lat}, {lon}" if not ok else tech,
        )
        for ok, where, row, lat, lon, tech in zip(
            placed[~(placed & known)],
            files[~(placed & known)],
            table.cells[ROW][~(placed & known)],
            text("lat")[~(placed & known)],
            text("lon")[~(placed & known)],
            text("technology")[~(placed & known)],
            strict=True,
        )
    ]
    findings += [
        Finding("site_azimuth_refused", file=where, row=int(row), column="azimuth_deg", value=value)
        for where, row, value in zip(
            *(each[refused & placed & known] for each in (files, table.cells[ROW], azimuths)),
            strict=True,
        )
    ]
    sites = sites[placed & known].reset_index(drop=True)
    return sites, findings + _drop(sites) + _state(sites, source, file)


def _drop(sites: pd.DataFrame) -> list[Finding]:
    """Remove numbers outside their range, with a finding for each."""
    findings = []
    for name, (low, high) in RANGES.items():
        odd = sites[name].notna() & ~sites[name].between(low, high)
        findings += [
            implausible(file, int(row), name, value, f"{low:g}–{high:g}")
            for file, row, value in sites.loc[odd, ["file", "row", name]].itertuples(index=False)
        ]
        sites[name] = sites[name].mask(odd)
    return findings


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
    """Fill in the values that the section states, with a finding."""
    findings = []
    for name in STATED:
        value, missing = getattr(source, name), sites[name].isna()
        if value is None or not missing.any():
            continue
        sites[name] = sites[name].fillna(value)
        findings.append(
            Finding(
                "site_term_stated",
                file=file,
                column=name,
                value=f"{value:g}",
                parameters={"count": int(missing.sum())},
            )
        )
    return findings


def _column(table: RawTable, header: str | None) -> pd.Series[str]:
    if header is None:
        return pd.Series(np.full(len(table.cells), ""), dtype="str")
    return table.cells[header]
