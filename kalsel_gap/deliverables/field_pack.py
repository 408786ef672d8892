"""The field pack: what a surveyor takes along, as a folder of files.

A list, waypoints, a layer for QField and a form for ODK or Kobo. All of them ask only for facts
whose knowledge could change which schools come first, and for nothing about a person.
"""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables.codes import CODES, NO, YES
from kalsel_gap.deliverables.columns import with_unit
from kalsel_gap.deliverables.gis_layers import Layer, write_layers
from kalsel_gap.deliverables.layer_styles import points_style
from kalsel_gap.deliverables.qgis_style import Field
from kalsel_gap.deliverables.survey_form import INTERNET_WORDS, RECEPTION_WORDS, form_bytes
from kalsel_gap.deliverables.symbology import visit_symbols
from kalsel_gap.deliverables.tables import all_notices
from kalsel_gap.deliverables.visit_list import school_title
from kalsel_gap.deliverables.waypoints import Waypoint, to_gpx, to_kml
from kalsel_gap.i18n.text import LANGUAGES, N_, Text, plain
from kalsel_gap.robustness.visits import ASKED
from kalsel_gap.sources.field_results import LEVEL_DBM, RADIO, START, choice_name
from kalsel_gap.storage.spreadsheet import csv_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.run_folder import Run

TABLE, GPX, KML, LAYER, FORM, README = (
    *("verify.csv", "verify.gpx", "verify.kml", "verify.gpkg", "verify.xlsx", "README.txt"),
)
FILES = (TABLE, GPX, KML, LAYER, FORM, README)
_LAYER_NAME = "visits"
_TODAY = "format_date(now(), 'yyyy-MM-dd')"  # of QGIS
_MARKS = ("data", "standing")  # columns that say what the list is
_ANY = "any"  # of maps that name no operator

# Columns of the layer: first what is known, then what the surveyor fills in.
_KNOWN: dict[str, tuple[str, str]] = {
    "visit": (N_("Visit"), N_("Order of the visits: the first are worth most.")),
    "npsn": (N_("NPSN"), N_("National school number.")),
    "school": (N_("School"), N_("Name as the register gives it.")),
    "kabupaten": (N_("Kabupaten/kota"), N_("Kabupaten or kota that the register states.")),
    "kecamatan": (N_("Kecamatan"), N_("Kecamatan that the register states.")),
    "find_out": (N_("Find out"), N_("What matters at this school; the rest need not be asked.")),
    "ask_service": (N_("Ask: internet"), N_("Whether the internet of the school matters.")),
    "ask_signal": (N_("Ask: signal"), N_("Whether the level at the school matters.")),
    "ask_location": (N_("Ask: location"), N_("Whether it matters where the school stands.")),
    "run": (N_("Run"), N_("Run that the list comes from; leave it as it is.")),
    "start_lat": (N_("Latitude so far"), N_("Where the point lay at first; leave it as it is.")),
    "start_lon": (N_("Longitude so far"), N_("Where the point lay at first; leave it as it is.")),
}
_ANSWERED: dict[str, tuple[str, str]] = {
    "date": (N_("Date of the visit"), N_("Year-month-day; filled in by itself.")),
    "internet": (N_("Internet"), N_("Whether the school has an internet connection.")),
    "subscription_down_mbps": (N_("Subscription: download"), N_("From the bill or contract.")),
    "subscription_up_mbps": (N_("Subscription: upload"), N_("From the bill or contract.")),
    "down_mbps": (N_("Speed test: download"), N_("Measured over the connection of the school.")),
    "up_mbps": (N_("Speed test: upload"), N_("From the same test.")),
    "latency_ms": (N_("Speed test: latency"), N_("From the same test.")),
    "operator": (N_("Operator"), N_("Operator of the SIM card; others go into the form.")),
    "reception": (N_("Signal"), N_("Whether the phone shows a signal of the operator.")),
    "technology": (
        N_("Technology"),
        N_("Technology that the phone shows; without any signal it may stay empty."),
    ),
    "level_dbm": (N_("Level"), N_("Level in the school yard, with a minus sign.")),
}


def operators_of(run: Run) -> list[str]:
    """Mobile operators whose signal a run knows, by name."""
    signals = run.table("signals")
    mobile = signals[signals["technology"].isin(RADIO)]["operator"]
    return sorted({str(each) for each in mobile.dropna()} - {_ANY, ""})


def technologies_of(run: Run) -> dict[str, list[str]]:
    """Mobile technologies that a run knows of each operator of :func:`operators_of`."""
    signals = run.table("signals")
    mobile = signals[signals["technology"].isin(RADIO)]
    known = mobile.groupby(mobile["operator"].astype("str"))["technology"].unique()
    return {name: sorted(map(str, known[name])) for name in operators_of(run)}


def pack_folder(folder: Path, outputs: Outputs, *, overwrite: bool) -> None:
    """Refuse the folder where one of its files may not be written.

    Raises
    ------
    OutputError
        A file there is an input of the project, or somebody's own.
    """
    outputs.check(*(folder / name for name in FILES), overwrite=overwrite)


def write_pack(run: Run, visits: pd.DataFrame, folder: Path, outputs: Outputs, text: Text) -> None:
    """Write all files, or none.

    Parameters
    ----------
    run : Run
        The run of the list.
    visits : DataFrame
        As :func:`.list_visits` gives them.
    folder : Path
        Where they go.
    outputs : Outputs
        The guard, after :func:`pack_folder`.
    text : Text
        Language of the words.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    title = pack_title(run, text)
    operators = operators_of(run)
    waypoints = waypoints_of(visits)
    about = " ".join(map(plain, all_notices(run, text)))
    said = {code: " ".join(map(plain, all_notices(run, Text(code)))) for code in LANGUAGES}
    form = form_bytes(visits, operators, run.folder.name, title, said, text.language)
    contents: dict[str, bytes] = {
        TABLE: csv_of(visits).encode(),
        GPX: to_gpx(waypoints, title, about).encode(),
        KML: to_kml(waypoints, title, about).encode(),
        FORM: form,
        README: readme(run, visits, text).encode(),
    }
    with contextlib.ExitStack() as stack:
        for name, content in contents.items():
            stack.enter_context(outputs.replace(folder / name)).write_bytes(content)
        layer = stack.enter_context(outputs.replace(folder / LAYER))
        written = visit_layer(visits, operators, text)
        write_layers(run, [written], layer, text, crs=schema.CRS)


def pack_title(run: Run, text: Text) -> str:
    """Title of the form and of the waypoints: the project's."""
    project = plain(run.manifest.get("project", "")).strip()
    title = text(N_("Field verification"))
    return f"{title}: {project}" if project else title


def waypoints_of(visits: pd.DataFrame) -> list[Waypoint]:
    """The schools to visit that have a location, in their order."""
    return [
        Waypoint(row["lat"], row["lon"], school_title(row), row["find_out"])
        for row in visits.dropna(subset=["lat", "lon"]).to_dict("records")
    ]


def visit_layer(visits: pd.DataFrame, operators: Sequence[str], text: Text) -> Layer:
    """The schools to visit as points, with empty columns for what is found out."""
    import geopandas as gpd

    placed = visits.dropna(subset=["lat", "lon"]).reset_index(drop=True)
    yes = {True: "yes", False: "no"}
    known = {
        "visit": placed["visit"].astype("int64"),
        "npsn": placed["npsn"].astype("str"),
        "school": placed["name"].map(plain).astype("str"),
        "kabupaten": placed["kabupaten"].fillna("").map(plain).astype("str"),
        "kecamatan": placed["kecamatan"].fillna("").map(plain).astype("str"),
        "find_out": placed["find_out"],
        **{f"ask_{fact}": placed[f"asks_{fact}"].map(yes).astype("str") for fact in ASKED},
        "run": placed["run"],
        **{start: placed[name] for start, name in zip(START, ("lat", "lon"), strict=True)},
    }
    empty = {
        name: pd.Series(None, index=placed.index, dtype="float64" if _is_number(name) else "str")
        for name in _ANSWERED
    }
    points = gpd.points_from_xy(placed["lon"], placed["lat"])
    features: gpd.GeoDataFrame = gpd.GeoDataFrame(
        {**known, **empty, **{mark: placed[mark] for mark in _MARKS}},
        geometry=points,
        crs=schema.CRS,
    )
    fields = _layer_fields(operators, text)
    described = text(
        N_("Schools to visit. A point that is moved says that the school stands there.")
    )
    style = points_style(
        *(visit_symbols(text), fields, _LAYER_NAME),
        sort="visit",
        expressions={"date": _TODAY},
    )
    return Layer(_LAYER_NAME, described, features, fields, (style,), title=text(N_("Visits")))


def _is_number(name: str) -> bool:
    return name.endswith(("_mbps", "_ms", "_dbm"))


def _layer_fields(operators: Sequence[str], text: Text) -> dict[str, Field]:
    words = {
        "internet": {code: text(said) for code, said in INTERNET_WORDS.items()},
        "reception": {code: text(said) for code, said in RECEPTION_WORDS.items()},
        "operator": {choice_name(each): plain(each) for each in operators},
        "technology": {code: text(CODES[code]) for code in RADIO},
        **{f"ask_{fact}": {"yes": text(YES), "no": text(NO)} for fact in ASKED},
    }
    marks = {
        name: Field(text(schema.BY_NAME[name].label), text(schema.BY_NAME[name].description))
        for name in _MARKS
    }
    fields = {
        name: Field(with_unit(text(label), name), text(what), words.get(name, {}))
        for name, (label, what) in {**_KNOWN, **_ANSWERED}.items()
    }
    return {**fields, **marks}


def readme(run: Run, visits: pd.DataFrame, text: Text) -> str:
    """How the pack is used, as text."""
    file = io.StringIO()

    def write(*lines: str) -> None:
        for line in lines:
            file.write(plain(line).strip() + "\n")

    write(pack_title(run, text), "", *all_notices(run, text))
    counts = {
        "count": text.number(len(visits)),
        "unnumbered": text.number(int((visits["npsn"] == "").sum())),
    }
    write(text(N_("{count} schools, in the order of what a visit is worth."), **counts), "")
    for name, words in _PARTS.items():
        write(f"{name}: {text(words)}")
    write("")
    figures = {"low": text.number(LEVEL_DBM[0]), "high": text.number(LEVEL_DBM[1])}
    for number, words in enumerate(_STEPS, start=1):
        write(f"{number}. {text(words, **figures)}")
    write("", text(_PERSONAL))
    if (visits["npsn"] == "").any():
        write(text(_WITHOUT_NPSN, **counts))
    return file.getvalue()


_PARTS = {
    TABLE: N_("the list for a spreadsheet: rank, what to find out, what it is worth."),
    GPX: N_("waypoints for a navigation device or a phone."),
    KML: N_("the same places for Google Earth or Google Maps."),
    LAYER: N_("the same places for QField or QGIS, with columns to fill in."),
    FORM: N_("a form (XLSForm) for ODK Central or KoboToolbox, in Indonesian and English."),
}
_STEPS = (
    N_(
        "Use either the form or the layer: upload verify.xlsx to the server and open the form on "
        "the phone, or copy verify.gpkg to QField."
    ),
    N_("At each school answer only what the form shows; the layer says it under “Find out”."),
    N_(
        "Internet: ask for the bill or the contract, and run a speed test over the connection of "
        "the school."
    ),
    N_(
        "Signal: stand in the school yard, read the level from the network page of the phone "
        "({low} to {high} dBm) and send the form once for each operator. Where the phone shows no "
        "signal at all, say so: that is a result too. The layer has one row for each school, so "
        "further operators go into the form."
    ),
    N_("Location: record the gate; in QField move the point there."),
    N_(
        "Export the answers as CSV or XLSX with the names of the questions (“XML values and "
        "headers” in Kobo), or copy verify.gpkg back. Then: kalsel-gap verify --import FILE"
    ),
)
_PERSONAL = N_(
    "Write down no names and no telephone numbers: nothing here asks for them, and the import "
    "ignores such columns."
)
_WITHOUT_NPSN = N_(
    "Schools without an NPSN in the list: {unnumbered}. The form leaves them out, because answers "
    "are joined by NPSN; add their NPSN to the register first."
)
