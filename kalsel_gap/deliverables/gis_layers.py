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
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables import (
    area_results,
    columns,
    findings_layer,
    geopackage,
    plan_layer,
    prediction_layer,
    symbology,
)
from kalsel_gap.deliverables.codes import words_of
from kalsel_gap.deliverables.data_package import KEYWORDS
from kalsel_gap.deliverables.iso19115 import run_abstract, to_iso19115
from kalsel_gap.deliverables.layer_crs import METRIC_CRS
from kalsel_gap.deliverables.layer_styles import NamedStyle, outline_style, points_style
from kalsel_gap.deliverables.map_story import list_length
from kalsel_gap.deliverables.plan_words import plan_notices
from kalsel_gap.deliverables.provenance import (
    day_of_writing,
    last_day_of_data,
    publication_of,
    stated_dates,
)
from kalsel_gap.deliverables.qgis_style import Field
from kalsel_gap.deliverables.tables import (
    all_notices,
    approval,
    as_read,
    assignments,
    select,
    standing_facts,
    with_words,
)
from kalsel_gap.errors import reason
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.stages import silent
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from kalsel_gap.deliverables.tables import View
    from kalsel_gap.stages import Progress
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

_DEGREES = 6  # decimals: a decimetre, as RFC 7946 advises

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
_AREAS = {
    "province": N_("Results by province, with its boundary as given, not simplified."),
    "kabupaten": N_("Results by kabupaten and kota, with boundaries as given, not simplified."),
    "kecamatan": N_("Results by kecamatan, with boundaries as given, not simplified."),
    "desa": N_("Results by desa and kelurahan, with boundaries as given, not simplified."),
}
_AREA_TITLES = {
    "province": N_("Province"),
    "kabupaten": N_("Kabupaten/kota"),
    "kecamatan": N_("Kecamatan"),
    "desa": N_("Desa"),
}
_NOWHERE = N_("No area, or not known which")
NO_CODES: Mapping[str, Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the GeoPackage.

    Attributes
    ----------
    name, description : str
    features : GeoDataFrame
    fields : dict of Field
        What a reader sees of each column.
    styles : tuple of NamedStyle
        At least one; QGIS loads the first one by itself.
    is_point : bool
        Whether it holds points; otherwise polygons.
    title : str
        Name that a reader sees in a project; that of the layer where it is empty.
    """

    name: str
    description: str
    features: gpd.GeoDataFrame
    fields: dict[str, Field]
    styles: tuple[NamedStyle, ...]
    is_point: bool = True
    title: str = ""


def write_gpkg(
    run: Run,
    path: Path,
    text: Text,
    *,
    crs: str = METRIC_CRS,
    view: View | None = None,
    plan: Plan | None = None,
    progress: Progress = silent,
) -> None:
    """Write the run as a GeoPackage that QGIS opens with its symbology.

    Parameters
    ----------
    run : Run
        The run; findings, sites, areas and predictions become layers of their own.
    path : Path
        A file that does not exist yet.
    text : Text
        Language of the labels, the reasons and the legend.
    crs : str
        Coordinate reference system of all layers.
    view : View, optional
        Which schools the layers of schools, findings and predictions are about; all by default.
        Sites and areas are those of the whole run.
    plan : Plan, optional
        A plan of this run: what it chooses becomes a layer of its own.
    progress : callable
        Called with the number of layers done and of all.

    Raises
    ------
    InputError
        A filter names a value that no school has.
    OSError
        It cannot be written completely, such as on a full disk.
    """
    layers = layers_of(run, text, view)
    if plan is not None:
        layers.insert(1, layer_of_plan(run, plan, text))
    write_layers(run, layers, path, text, crs=crs, progress=progress)


def write_layers(
    run: Run,
    layers: Sequence[Layer],
    path: Path,
    text: Text,
    *,
    crs: str = METRIC_CRS,
    progress: Progress = silent,
) -> None:
    """Write layers of a run as a GeoPackage: dictionary, metadata and styles inside.

    Parameters
    ----------
    run : Run
        What the layers rest on.
    layers : sequence of Layer
        At least one.
    path, text, crs, progress
        As for :func:`write_gpkg`.

    Raises
    ------
    OSError
        It cannot be written completely, such as on a full disk.
    """
    try:
        _write_layers(run, layers, path, text, crs, progress)
    except (RuntimeError, sqlite3.Error) as error:  # of GDAL: not all are OSErrors
        raise OSError(errno.EIO, reason(error), str(path)) from error
    finally:
        for beside in ("-journal", "-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)


def _write_layers(
    run: Run, layers: Sequence[Layer], path: Path, text: Text, crs: str, progress: Progress
) -> None:
    import pyogrio

    moment = f"{day_of_writing(run).isoformat()}T00:00:00.000Z"
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
            progress(number + 1, len(layers))
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
            geopackage.add_styles(database, layer.name, layer.styles, moment=moment)
        geopackage.add_metadata(
            *(database, facts_of(run, text), to_iso19115(run, text, crs=crs)),
            *((layer.name for layer in layers), moment),
        )


def layers_of(run: Run, text: Text, view: View | None = None) -> list[Layer]:
    """Schools, findings, sites, areas and predictions, each with its columns and styles.

    A view that leaves nothing in a layer leaves it empty, so that a project of QGIS keeps it.

    Parameters
    ----------
    run : Run
        The run.
    text : Text
        Language of labels, words and legends.
    view : View, optional
        Which schools; all by default. The classes are those of all.
    """
    return list(_layers(run, text, view))


def layer_of_plan(run: Run, plan: Plan, text: Text) -> Layer:
    """What a plan chooses for the schools of its run, and the infrastructure that it opens.

    Parameters
    ----------
    run : Run
    plan : Plan
        Of this run.
    text : Text
        Language of labels and words.
    """
    features = plan_layer.plan_features(run, plan, text)
    nature = {"data": run.manifest.get("data", "real"), "standing": run.standing}
    fields = _fields(plan_layer.FIELDS, text)
    style = points_style(
        *(plan_layer.plan_symbols(run, plan, text), fields, plan_layer.LAYER), sort="year"
    )
    words = N_("What plan {plan} chooses for the schools, and the infrastructure that it opens.")
    about = " ".join((*plan_notices(plan, text), text(words, plan=plan.folder.name)))
    title = text(N_("Plan"))
    marked = _marked(features, nature)
    return Layer(plan_layer.LAYER, about, marked, fields, (style,), title=title)


def _layers(run: Run, text: Text, view: View | None) -> Iterator[Layer]:
    import geopandas as gpd

    chosen = run.schools if view is None else select(run.schools, view)
    rows = None if len(chosen) == len(run.schools) else frozenset(chosen["row_id"])
    part = [] if rows is None else [text(N_("Only the schools that were asked for."))]
    schools, fields = drawn_schools(run, chosen, text), school_fields(run, text)
    described = text(N_("Schools by tier of deficit, the worst drawn on top."))
    symbols = symbology.school_symbols(run.schools, list_length(run), text)
    styles = tuple(points_style(each, fields, "schools", sort="rank") for each in symbols)
    about = " ".join((described, *part))
    yield Layer("schools", about, schools, fields, styles, title=text(N_("Schools")))
    nature = {"data": run.manifest.get("data", "real"), "standing": run.standing}
    if run.overrides:
        nature["trial"] = plain(assignments(run.overrides))
    if decree := approval(run):
        nature["official"] = plain(decree)
    findings = findings_layer.findings_features(run, text, rows)
    fields = _fields(findings_layer.FIELDS, text, findings_layer.WORDS)
    described = text(N_("Findings about the inputs, where each lies; some lie nowhere."))
    style = points_style(symbology.finding_symbols(text), fields, "findings", sort="severity")
    about, title = " ".join((described, *part)), text(N_("Findings"))
    features = _marked(findings, nature)
    yield Layer("findings", about, features, fields, (style,), title=title)
    sites = run.table("sites")
    if len(sites):
        points = gpd.points_from_xy(sites["lon"], sites["lat"])
        features = gpd.GeoDataFrame(sites.assign(**nature), geometry=points, crs=schema.CRS)
        fields, crosses = _fields(SITE_FIELDS, text), symbology.site_symbols(text)
        style = points_style(crosses, fields, "sites", sort="site_id")
        described = text(N_("Radio sites and their antennas."))
        yield Layer("sites", described, features, fields, (style,), title=text(N_("Sites")))
    fields = _fields(area_results.FIELDS, text)
    for level in area_results.levels_of(run):
        features = _areas(run, level, text).assign(**nature)
        style = outline_style(symbology.area_outline(level, text), fields, level, sort="code")
        yield Layer(
            *(level, text(_AREAS[level]), features, fields, (style,)),
            is_point=False,
            title=text(_AREA_TITLES[level]),
        )
    if len(run.table("predictions")):
        predictions = prediction_layer.prediction_features(run, rows)
        fields = _fields(prediction_layer.FIELDS, text, prediction_layer.WORDS)
        described = text(N_("Predicted levels at each school, of each operator and technology."))
        symbols_of = symbology.prediction_symbols(text)
        style = points_style(symbols_of, fields, "predictions", sort="npsn")
        about, features = " ".join((described, *part)), _marked(predictions, nature)
        title = text(N_("Predictions"))
        yield Layer("predictions", about, features, fields, (style,), title=title)


def _marked(features: gpd.GeoDataFrame, nature: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Features with what the data and the list are, as texts also where there are none."""
    return features.assign(**nature).astype(dict.fromkeys(nature, "str"))


def _areas(run: Run, level: str, text: Text) -> gpd.GeoDataFrame:
    """Results of a level with the boundaries; the schools of no area have no geometry."""
    import geopandas as gpd

    results = area_results.count_by_area(run, level)
    shapes = area_results.areas_of_level(run, level).geometry
    results["name"] = results["name"].where(results["code"] + results["name"] != "", text(_NOWHERE))
    for name in ("code", "name"):
        results[name] = results[name].map(plain).astype("str")
    return gpd.GeoDataFrame(results, geometry=shapes.reindex(results.index), crs=schema.CRS)


def to_geojson(
    run: Run,
    schools: pd.DataFrame,
    text: Text,
    *,
    without: Collection[str] = (),
    plan: Plan | None = None,
) -> str:
    """Schools as GeoJSON (RFC 7946): WGS 84, null geometry where the location is unusable.

    Parameters
    ----------
    run : Run
        The run of the schools.
    schools : DataFrame
        A view of the run's schools.
    text : Text
        Language of the reasons.
    without : collection of str
        Columns that are left out.
    plan : Plan, optional
        Of this run: its id and what it chooses, as codes, behind the columns of each school.
    """
    table = drawn_schools(run, schools, text)
    names = [name for name in table.columns if name not in {"geometry", *without}]
    if plan is not None:
        planned = plan_layer.planned_schools(plan, table["row_id"].tolist())
        planned = planned.assign(plan=plan.folder.name)
        table = table.assign(**{name: planned[name].array for name in planned.columns})
        names += list(planned.columns)
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


def drawn_schools(run: Run, schools: pd.DataFrame, text: Text) -> gpd.GeoDataFrame:
    """Schools with reasons in words and with inert texts, in the order of drawing.

    Parameters
    ----------
    run : Run
        The run of the schools.
    schools : DataFrame
        A view of the run's schools.
    text : Text
        Language of the reasons.

    Returns
    -------
    GeoDataFrame
        Every declared column; points in degrees, WGS 84, none where there is no usable location.
        The worst school comes last.
    """
    import geopandas as gpd

    chosen = pd.DataFrame(schools.drop(columns="geometry", errors="ignore"))
    table = as_read(with_words(run, chosen, text))
    for name in table.columns:
        if pd.api.types.is_string_dtype(table[name]):
            # A column without any text would lose its type.
            table[name] = table[name].map(plain, na_action="ignore").astype("str")
    table = table.sort_values(
        ["rank", "npsn", "row_id"],
        ascending=[False, True, True],
        na_position="first",
        ignore_index=True,
    )
    lat, lon = (
        schools.set_index("row_id")[axis].reindex(table["row_id"]) for axis in ("lat", "lon")
    )
    points = gpd.GeoSeries(gpd.points_from_xy(lon.to_numpy("float64"), lat.to_numpy("float64")))
    points = points.where(~np.isnan(lat.to_numpy("float64")), None)
    return gpd.GeoDataFrame(table, geometry=points.to_numpy(), crs=schema.CRS)


def school_fields(run: Run, text: Text) -> dict[str, Field]:
    """What a reader sees of each column of :func:`drawn_schools`."""
    named = columns.labels(run, text)
    return {
        name: Field(named[name], text(column.description), words_of(column, text))
        for name, column in columns.declared(run).items()
    }


def _fields(
    named: Mapping[str, tuple[str, str]],
    text: Text,
    codes: Mapping[str, Mapping[str, str]] = NO_CODES,
) -> dict[str, Field]:
    """Fields of a layer that is not of schools, and the marks of its data and of the list."""
    found = {
        name: Field(
            columns.with_unit(text(label), name),
            text(what),
            {code: text(words) for code, words in codes.get(name, {}).items()},
        )
        for name, (label, what) in named.items()
    }
    marks = {
        name: Field(text(column.label), text(column.description), words_of(column, text))
        for name, column in schema.BY_NAME.items()
        if name in ("data", "standing")
    }
    return {**found, **marks}


def facts_of(run: Run, text: Text) -> dict[str, Any]:
    """What a layer rests on: the run, the version, the inputs and their dates; its metadata.

    `satu_data` are the principles of Satu Data Indonesia (Perpres 39/2019): the standard of the
    data, their metadata, where they come from, their date and whom to ask. What the project does
    not state is None.
    """
    kept = ("kalsel_gap", "project", "data", "overrides", "inputs", "not_scored")
    known = {name: run.manifest[name] for name in kept if name in run.manifest}
    facts = {**known, **standing_facts(run), "dates": stated_dates(run)}
    return facts | {"satu_data": _satu_data(run, text)}


def _satu_data(run: Run, text: Text) -> dict[str, Any]:
    inputs = run.manifest.get("inputs", {}).values()
    published = publication_of(run)
    day = last_day_of_data(run)
    return {
        "standard": {
            "columns": text(N_("gpkg_data_columns: label, description and unit of each column")),
            "method": "docs/method.md",
            "places": "Kemendagri",
            "schools": "NPSN",
        },
        "metadata": {
            "title": run.manifest.get("project"),
            "description": run_abstract(run, text),
            "keywords": [text(word) for word in KEYWORDS],
            "publisher": published.publisher or None,
            "licence": published.licence or None,
            "licence_url": published.licence_url or None,
        },
        "source": [each["file"] for each in inputs],
        "date": day.isoformat() if day else None,
        "contact": published.contact_email or None,
    }
