"""Reader of measured levels: drive tests and phones at schools, dBm, or that there is no signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.findings import Finding
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.columns import LAT_SPELLINGS, LON_SPELLINGS, recognise, row_findings
from kalsel_gap.sources.coordinate_pairs import split_column
from kalsel_gap.sources.coordinates import read_places, to_degrees
from kalsel_gap.sources.npsn import read_npsn
from kalsel_gap.sources.operator_names import operators_in
from kalsel_gap.sources.quantities import is_nothing, read_quantities
from kalsel_gap.sources.speed_test_tiles import is_tiles
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import RawTable, read_table
from kalsel_gap.sources.technologies import technology_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kalsel_gap.project.inputs import Measurements
    from kalsel_gap.project.model import Opened

# Measured quantity of each technology; the total power (RSSI) of a 4G carrier is not its RSRP.
LEVELS = {"2g": "rssi_dbm", "3g": "rscp_dbm", "4g": "rsrp_dbm", "5g": "rsrp_dbm"}
# Without a technology, the measured quantity determines it.
MEANT = {"rssi_dbm": "2g", "rscp_dbm": "3g", "rsrp_dbm": "4g"}
ALIASES: dict[str, tuple[str, ...]] = {
    "npsn": ("npsn",),
    "lat": LAT_SPELLINGS,
    "lon": LON_SPELLINGS,
    "operator": ("operator", "provider", "penyedia"),
    "technology": ("technology", "teknologi", "radio", "jaringan"),
    "site_id": ("siteid", "site", "idsite"),
    "rsrp_dbm": ("rsrp", "rsrpdbm", "ssrsrp", "ssrsrpdbm"),
    "rscp_dbm": ("rscp", "rscpdbm"),
    "rssi_dbm": ("rssi", "rssidbm", "rxlev", "rxlevdbm"),
    "signal": ("signal", "sinyal"),
}
# What a cell of the column *signal* says where a phone found none; anything else says nothing.
NO_SIGNAL = frozenset(
    ("none", "nosignal", "noservice", "tidakada", "tidakadasinyal", "tanpasinyal", "nihil")
)
COLUMNS = (
    *("npsn", "lat", "lon", "operator", "technology", "site_id", "measured_dbm", "is_none"),
    *("file", "row"),
)
# Packet loss: in percent, as a share, or in a unit that its name leaves open.
LOSS: dict[str, tuple[str, ...]] = {
    "loss_percent": (
        *("losspercent", "losspct", "packetlosspercent", "packetlosspct", "losspersen"),
        *("packetlosspersen", "kehilanganpaketpersen", "persenkehilanganpaket"),
        *("persentasekehilanganpaket", "persenpacketloss", "persentasepacketloss"),
    ),
    "loss_share": (
        *("lossshare", "lossratio", "lossfraction", "packetlossshare", "packetlossratio"),
        *("packetlossfraction", "rasiokehilanganpaket", "rasiopacketloss"),
    ),
    "loss": (
        *("loss", "packetloss", "packetlossrate", "packetslost", "lossrate", "pktloss"),
        *("paketloss", "pakethilang", "paketyanghilang", "kehilanganpaket", "lospaket"),
    ),
}
# Columns of a speed test in the same row, which another reader reads.
BESIDE: dict[str, tuple[str, ...]] = {
    "date": (
        *("date", "tanggal", "waktu", "timestamp", "tanggaltes", "tanggaluji", "tgl", "tgltes"),
        *("tanggalpengukuran", "testdate", "datetime", "tanggalwaktu"),
    ),
    "down_kbps": ("downkbps", "avgdkbps", "downloadkbps", "unduhkbps"),
    "up_kbps": ("upkbps", "avgukbps", "uploadkbps", "unggahkbps"),
    "down_mbps": (
        "downmbps",
        "downloadmbps",
        "download",
        "unduh",
        "unduhmbps",
        "kecepatanunduh",
        "downloadspeed",
    ),
    "up_mbps": (
        "upmbps",
        "uploadmbps",
        "upload",
        "unggah",
        "unggahmbps",
        "kecepatanunggah",
        "uploadspeed",
    ),
    "latency_ms": ("latencyms", "latency", "ping", "pingms", "latensi", "latensims", "avglatms"),
    **LOSS,
}
# No receiver reports more or less (3GPP TS 45.008, 25.133, 36.133 and 38.133).
RANGE_DBM = (-160.0, -20.0)


def holds(source: Measurements, columns: Mapping[str, Iterable[str]]) -> bool:
    """Whether a file has one of the columns, by its own name, its spellings or the project."""
    table = _read(source)
    headers = {fold(name) for name in (*table.headers, *source.columns)}
    return bool(
        headers & {fold(word) for name, words in columns.items() for word in (name, *words)}
    )


def _read(source: Measurements) -> RawTable:
    """The table as text; of a workbook with other sheets, those with levels or else with tests."""
    return read_table(
        *(source.path, source.sheet),
        aliases={**ALIASES, **BESIDE},
        override=source.columns,
        required=(("npsn", "lat"), (*MEANT, *BESIDE)),
    )


def holds_levels(source: Measurements) -> bool:
    """Whether a file of measurements has a column of levels."""
    return holds(source, {kind: ALIASES[kind] for kind in MEANT})


def read_levels(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """All measured levels of the project.

    Returns
    -------
    levels : DataFrame
        :data:`COLUMNS`; `lat` and `lon` are NaN where only the school is known. ``is_none``: a
        phone found no signal, and ``measured_dbm`` is NaN.
    findings : list of Finding
        Rows whose level, technology or location cannot be read, or that contradict themselves.
    """
    frames, findings = [pd.DataFrame(columns=list(COLUMNS))], []
    for source in opened.project.measurements:
        if not is_tiles(source) and holds_levels(source):
            frame, found = read_source(source, opened.shown(source.path))
            frames.append(frame)
            findings += found
    return pd.concat(frames[1:] or frames, ignore_index=True), findings


def read_source(source: Measurements, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """One file of measured levels; see :func:`read_levels`.

    Raises
    ------
    InputError
        There is no column of operators, or neither of places nor of schools.
    """
    table = _read(source)
    known = {**ALIASES, **dict.fromkeys(BESIDE, ())}
    header = recognise(table, known, override=source.columns, lenient=("signal",))
    required = [] if source.operator else ["operator"]
    required += [] if "npsn" in header else ["lat", "lon"]
    header = recognise(
        *(table, known), override=source.columns, required=required, lenient=("signal",)
    )
    cells = table.cells
    empty = pd.Series("", index=cells.index, dtype="str")
    text = {name: cells[header[name]] if name in header else empty for name in ALIASES}
    technology = _technology(text, source, given="technology" in header)
    given = empty.copy()
    for name, kind in LEVELS.items():
        given = given.where(technology != name, text[kind])
    given = given.mask(is_nothing(given), "")
    level = read_quantities(given, "dBm", possible=RANGE_DBM, by_column=True)
    if "lat" in header and header["lat"] == header.get("lon"):
        text["lat"], text["lon"] = split_column(text["lat"], header["lat"])
    found = (
        to_degrees(text["lat"], text["lon"], source.crs)
        if source.crs
        else read_places(text["lat"], text["lon"])
    )
    places = dict(zip(("lat", "lon"), found, strict=True))
    placed = places["lat"].between(-90, 90) & places["lon"].between(-180, 180)
    placed &= (places["lat"] != 0) | (places["lon"] != 0)
    operator = text["operator"].str.casefold().str.strip()
    several = operator.map({each: len(operators_in(each)) > 1 for each in operator.unique()})
    several = several.astype(bool)
    said = text["signal"].map({each: fold(each) in NO_SIGNAL for each in text["signal"].unique()})
    said = said.astype(bool)
    levels = pd.DataFrame(
        {
            "npsn": read_npsn(text["npsn"]),
            **{name: values.where(placed) for name, values in places.items()},
            "operator": operator.where(operator != "", source.operator.casefold()),
            "technology": technology,
            "site_id": text["site_id"],
            "measured_dbm": level.where(level.between(*RANGE_DBM)),
            "is_none": said & (given == ""),
            "file": table.files(file),
            "row": cells[ROW],
        }
    )
    faults = {
        "technology_unknown": technology.isna(),
        "value_not_read": technology.notna() & (given != "") & levels["measured_dbm"].isna(),
        "level_not_placed": ~placed & (text["npsn"] == ""),
        "level_of_several_operators": several,
        "level_and_no_signal": said & levels["measured_dbm"].notna(),
    }
    shown = {
        "technology_unknown": ("technology", text["technology"]),
        "value_not_read": ("level", given),
        "level_not_placed": ("lat, lon", text["lat"] + ", " + text["lon"]),
        "level_of_several_operators": ("operator", text["operator"]),
        "level_and_no_signal": ("signal", text["signal"]),
    }
    findings = row_findings(table, file)
    findings += [
        Finding(code, file=where, row=int(row), column=shown[code][0], value=value)
        for code, wrong in faults.items()
        for where, row, value in zip(
            *(each[wrong] for each in (levels["file"], cells[ROW], shown[code][1])), strict=True
        )
    ]
    useful = (levels["measured_dbm"].notna() & ~said) | (levels["is_none"] & technology.notna())
    useful &= (levels["operator"] != "") & ~several
    useful &= placed | (levels["npsn"] != "")
    return levels[useful].reset_index(drop=True), findings


def _technology(
    text: Mapping[str, pd.Series[str]], source: Measurements, *, given: bool
) -> pd.Series[str]:
    """Technology of each row: from the row, the project, or the measured quantity."""
    if given:
        named = text["technology"]
        return named.map({each: technology_of(each) for each in named.unique()}).astype("str")
    meant = pd.Series(source.technology, index=text["operator"].index, dtype="str")
    if source.technology is None:
        for kind, technology in MEANT.items():
            meant = meant.where((text[kind] == "") | meant.notna(), technology)
    return meant
