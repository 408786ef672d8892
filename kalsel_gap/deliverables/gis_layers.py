"""Layers for GIS from a run: GeoPackage with styles, dictionary and metadata; GeoJSON.

Every row of the register is written; a school without a usable location has no geometry. Features
are in the order in which they are drawn: the worst school last, on top of the others.
"""

from __future__ import annotations

import contextlib
import errno
import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables import columns, geopackage
from kalsel_gap.deliverables.codes import words_of
from kalsel_gap.deliverables.data_dates import last_day, stated_dates
from kalsel_gap.deliverables.qgis_style import Field, areas_qml, schools_qml, sites_qml
from kalsel_gap.deliverables.tables import (
    all_notices,
    approval,
    as_read,
    assignments,
    standing_facts,
    with_words,
)
from kalsel_gap.errors import reason
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.sources.boundaries import AREA_LEVELS
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd

    from kalsel_gap.storage.run_folder import Run

METRIC_CRS = "EPSG:32750"  # WGS 84 / UTM 50S: what GIS trainings in Kalsel use
_DEGREES = 6  # decimals: a decimetre, as RFC 7946 advises
# A GeoPackage contains the time of its writing. Ours has the last day of the data instead, so that
# the same run gives the same bytes; and this one if no input states its date.
_NO_DATE = "2000-01-01"

SITE_FIELDS: dict[str, tuple[str, str]] = {
    "site_id": (N_("Site"), N_("Identifier in the file.")),
    "operator": (N_("Operator"), N_("Operator of the site.")),
    "technology": (N_("Technology"), N_("2g, 3g, 4g or 5g.")),
    "lat": (N_("Latitude"), N_("Latitude, degrees.")),
    "lon": (N_("Longitude"), N_("Longitude, degrees.")),
    "antenna_height_m": (N_("Antenna height"), N_("Height of the antenna above ground, m.")),
    "frequency_mhz": (N_("Frequency"), N_("Carrier, MHz.")),
    "eirp_dbm": (N_("Radiated power"), N_("Radiated power of the whole carrier (EIRP), dBm.")),
    "azimuth_deg": (
        N_("Azimuth"),
        N_("Where the antenna looks, degrees clockwise from north; empty: all around."),
    ),
    "downtilt_deg": (
        N_("Downtilt"),
        N_("How far it looks below the horizon, degrees; empty: at the school."),
    ),
    "bandwidth_mhz": (N_("Bandwidth"), N_("Bandwidth of the carrier, MHz.")),
    "position_m": (
        N_("Uncertainty of the position"),
        N_("Radius of the circle in which the site may lie, m; empty: at this place."),
    ),
    "file": (N_("File"), N_("Input file.")),
    "row": (N_("Row in the file"), N_("Row in the input file.")),
}
_AREA_FIELDS: dict[str, tuple[str, str]] = {
    "level": (N_("Kind of area"), N_("Province, kabupaten, kecamatan or desa.")),
    "code": (N_("Kemendagri code"), N_("Kemendagri code of the area.")),
    "name": (N_("Area"), N_("Name of the area.")),
}
_AREAS = {
    "province": N_("Boundary of the province as given, not simplified."),
    "kabupaten": N_("Boundaries of kabupaten and kota as given, not simplified."),
    "kecamatan": N_("Boundaries of kecamatan as given, not simplified."),
    "desa": N_("Boundaries of desa and kelurahan as given, not simplified."),
}


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the GeoPackage.

    Attributes
    ----------
    name, description : str
    features : GeoDataFrame
    fields : dict of Field
        What a reader sees of each column.
    qml : str
        Style for QGIS.
    style : str
        Name of the style.
    is_point : bool
        Whether it holds points; otherwise polygons.
    """

    name: str
    description: str
    features: gpd.GeoDataFrame
    fields: dict[str, Field]
    qml: str
    style: str
    is_point: bool = True


def write_gpkg(run: Run, path: Path, text: Text, *, crs: str = METRIC_CRS) -> None:
    """Write the run as a GeoPackage that QGIS opens with its symbology.

    Parameters
    ----------
    run : Run
        The run; its sites and boundaries become layers of their own.
    path : Path
        A file that does not exist yet.
    text : Text
        Language of the labels, the reasons and the legend.
    crs : str
        Coordinate reference system of all layers.

    Raises
    ------
    OSError
        It cannot be written completely, such as on a full disk.
    """
    write_layers(run, list(_layers(run, text)), path, text, crs=crs)


def write_layers(
    run: Run, layers: Sequence[Layer], path: Path, text: Text, *, crs: str = METRIC_CRS
) -> None:
    """Write layers of a run as a GeoPackage: dictionary, metadata and styles inside.

    Parameters
    ----------
    run : Run
        What the layers rest on.
    layers : sequence of Layer
        At least one.
    path, text, crs
        As for :func:`write_gpkg`.

    Raises
    ------
    OSError
        It cannot be written completely, such as on a full disk.
    """
    try:
        _write_layers(run, layers, path, text, crs)
    except (RuntimeError, sqlite3.Error) as error:  # of GDAL: not all are OSErrors
        raise OSError(errno.EIO, reason(error), str(path)) from error
    finally:
        for beside in ("-journal", "-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)


def _write_layers(run: Run, layers: Sequence[Layer], path: Path, text: Text, crs: str) -> None:
    import pyogrio

    moment = f"{_last_date(run)}T00:00:00.000Z"
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": moment})
    try:
        for number, layer in enumerate(layers):
            is_point = layer.is_point
            pyogrio.write_dataframe(
                layer.features.to_crs(crs),
                path,
                layer=layer.name,
                driver="GPKG",
                append=number > 0,
                geometry_type="Point" if is_point else "MultiPolygon",
                promote_to_multi=not is_point,
                dataset_options={"VERSION": "1.2"},  # what QGIS 3.22 knows
                layer_options={"GEOMETRY_NAME": "geom", "SPATIAL_INDEX": "YES"},
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        geopackage.create_tables(database, moment)
        for layer in layers:
            about = " ".join((*all_notices(run, text), layer.description))
            database.execute(
                "UPDATE gpkg_contents SET description = ? WHERE table_name = ?", (about, layer.name)
            )
            geopackage.describe(database, layer.name, layer.fields)
            geopackage.add_style(database, layer.name, layer.qml, name=layer.style, moment=moment)
        geopackage.add_metadata(database, _facts(run), (layer.name for layer in layers), moment)


def _layers(run: Run, text: Text) -> Iterator[Layer]:
    """Schools, sites and boundaries, each with its columns and style."""
    import geopandas as gpd

    schools = gpd.GeoDataFrame(_drawn(run, run.schools, text), crs=schema.CRS)
    fields = _school_fields(run, text)
    described = text(N_("Schools by tier of deficit, the worst drawn on top."))
    qml, style = schools_qml(fields, text), text(N_("Tier"))
    yield Layer("schools", described, schools, fields, qml, style)
    nature = {"data": run.manifest.get("data", "real"), "standing": run.standing}
    if run.overrides:
        nature["trial"] = plain(assignments(run.overrides))
    if decree := approval(run):
        nature["official"] = plain(decree)
    sites = run.table("sites")
    if len(sites):
        points = gpd.points_from_xy(sites["lon"], sites["lat"])
        features = gpd.GeoDataFrame(sites.assign(**nature), geometry=points, crs=schema.CRS)
        fields = _fields(SITE_FIELDS, text)
        described, qml = text(N_("Radio sites and their antennas.")), sites_qml(fields)
        yield Layer("sites", described, features, fields, qml, text(N_("Sites")))
    areas, fields = run.table("areas"), _fields(_AREA_FIELDS, text)
    for level in AREA_LEVELS:
        of_level = areas[areas["level"] == level].reset_index(drop=True)
        if len(of_level):
            features = gpd.GeoDataFrame(of_level.assign(**nature), crs=schema.CRS)
            described, qml = text(_AREAS[level]), areas_qml(level, fields)
            style = text(N_("Boundaries"))
            yield Layer(level, described, features, fields, qml, style, is_point=False)


def to_geojson(run: Run, schools: pd.DataFrame, text: Text) -> str:
    """Schools as GeoJSON (RFC 7946): WGS 84, null geometry where the location is unusable.

    Parameters
    ----------
    run : Run
        The run of the schools.
    schools : DataFrame
        A view of the run's schools.
    text : Text
        Language of the reasons.
    """
    table = _drawn(run, schools, text)
    names = [name for name in table.columns if name != "geometry"]
    points = [
        None if lat != lat else [round(lon, _DEGREES), round(lat, _DEGREES)]  # noqa: PLR0124 - NaN
        for lon, lat in zip(table["lon"], table["lat"], strict=True)
    ]
    features = (
        {
            "type": "Feature",
            "id": record["row_id"],
            "geometry": point and {"type": "Point", "coordinates": point},
            "properties": record,
        }
        for record, point in zip(to_records(table[names]), points, strict=True)
    )
    written = ",\n".join(
        json.dumps(each, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        for each in features
    )
    return f'{{"type":"FeatureCollection","name":"schools","features":[\n{written}\n]}}\n'


def _drawn(run: Run, schools: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The table with reasons in words and with inert texts, in the order of drawing."""
    table = as_read(with_words(run, schools, text))
    for name in table.columns:
        if pd.api.types.is_string_dtype(table[name]):
            # A column without any text would lose its type.
            table[name] = table[name].map(plain, na_action="ignore").astype("str")
    return table.sort_values(
        ["rank", "npsn", "row_id"],
        ascending=[False, True, True],
        na_position="first",
        ignore_index=True,
    )


def _school_fields(run: Run, text: Text) -> dict[str, Field]:
    named = columns.labels(run, text)
    return {
        name: Field(named[name], text(column.description), words_of(column, text))
        for name, column in columns.declared(run).items()
    }


def _fields(named: dict[str, tuple[str, str]], text: Text) -> dict[str, Field]:
    """Fields of a layer that is not of schools, and the marks of its data and of the list."""
    found = {
        name: Field(columns.with_unit(text(label), name), text(what))
        for name, (label, what) in named.items()
    }
    marks = {
        name: Field(text(column.label), text(column.description), words_of(column, text))
        for name, column in schema.BY_NAME.items()
        if name in ("data", "standing")
    }
    return {**found, **marks}


def _last_date(run: Run) -> str:
    """The last day of the data, from the dates that the project states of its inputs."""
    day = last_day(run)
    return day.isoformat() if day else _NO_DATE


def _facts(run: Run) -> dict[str, Any]:
    """What a layer rests on: the run, the version, the inputs and their dates."""
    kept = ("kalsel_gap", "project", "data", "overrides", "inputs", "not_scored")
    known = {name: run.manifest[name] for name in kept if name in run.manifest}
    return {**known, **standing_facts(run), "dates": stated_dates(run)}
