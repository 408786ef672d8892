"""Layers for GIS from a run: GeoPackage with styles and dictionary, GeoJSON.

Every row of the register is written; a school without a usable location has no geometry.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.tables import as_read, assignments, notices, with_words
from kalsel_gap.i18n.messages import TIER_NAMES
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from kalsel_gap.storage.run_folder import Run

METRIC_CRS = "EPSG:32750"  # WGS 84 / UTM 50S: what GIS trainings in Kalsel use
_DEGREES = 7  # decimals: a centimetre
# A GeoPackage contains the time of its writing: a fixed one keeps the bytes the same.
_NO_CLOCK = "2000-01-01T00:00:00.000Z"


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
    """
    import geopandas as gpd
    import pyogrio

    schools = _with_inert_texts(run, run.schools, text)
    layers: dict[str, gpd.GeoDataFrame] = {"schools": schools}
    nature = {"data": run.manifest.get("data", "real")}
    trial = {"trial": plain(assignments(run.overrides))} if run.overrides else {}
    sites = run.table("sites")
    if len(sites):
        points = gpd.points_from_xy(sites["lon"], sites["lat"])
        layers["sites"] = gpd.GeoDataFrame(sites, geometry=points, crs=schema.CRS)
    areas = run.table("boundaries")
    for level, of_level in areas.groupby("level", sort=True):
        layers[str(level)] = gpd.GeoDataFrame(of_level.reset_index(drop=True))
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _NO_CLOCK})
    try:
        for name, layer in layers.items():
            pyogrio.write_dataframe(
                layer.assign(**nature, **trial).to_crs(crs),
                path,
                layer=name,
                driver="GPKG",
                append=path.is_file() and name != "schools",
                geometry_type="Point" if name in ("schools", "sites") else "MultiPolygon",
                promote_to_multi=name not in ("schools", "sites"),
                dataset_options={"VERSION": "1.2"},  # what QGIS 3.22 knows
                layer_options={"GEOMETRY_NAME": "geom", "SPATIAL_INDEX": "YES"},
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    with sqlite3.connect(path) as database:
        notice = " ".join(notices(run, text))
        database.execute("UPDATE gpkg_contents SET description = ?", (notice,))
        _describe(database, text)
        _style(database, text)
    database.close()


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
    table = _with_inert_texts(run, schools, text)
    columns = [name for name in table.columns if name != "geometry"]
    points = [
        None if lat != lat else [round(lon, _DEGREES), round(lat, _DEGREES)]  # noqa: PLR0124 - NaN
        for lon, lat in zip(table["lon"], table["lat"], strict=True)
    ]
    features = [
        {
            "type": "Feature",
            "id": record["row_id"],
            "geometry": point and {"type": "Point", "coordinates": point},
            "properties": record,
        }
        for record, point in zip(to_records(table[columns]), points, strict=True)
    ]
    collection = {"type": "FeatureCollection", "name": "schools", "features": features}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _with_inert_texts(run: Run, schools: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The table with the reasons in words, and with texts that no program executes."""
    table = as_read(with_words(run, schools, text))
    for name in table.columns:
        if pd.api.types.is_string_dtype(table[name]):
            table[name] = table[name].map(plain, na_action="ignore")
    return table


def _describe(database: sqlite3.Connection, text: Text) -> None:
    """Labels and descriptions of the columns, as the schema extension of GeoPackage has them."""
    database.execute(
        "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, "
        "name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, "
        "CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), "
        "CONSTRAINT gdc_tn UNIQUE (table_name, name))"
    )
    database.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
    )
    database.execute(
        "INSERT INTO gpkg_extensions VALUES ('gpkg_data_columns', NULL, 'gpkg_schema', "
        "'http://www.geopackage.org/spec121/#extension_schema', 'read-write')"
    )
    present = {row[1] for row in database.execute("PRAGMA table_info(schools)")}
    leaves = [name.removesuffix("_score") for name in present if name.endswith("_score")]
    database.executemany(
        "INSERT INTO gpkg_data_columns VALUES ('schools', ?, ?, ?, ?, NULL, NULL)",
        [
            (c.name, c.name, text(c.label), text(c.description))
            for c in (*schema.COLUMNS, *schema.leaf_columns(sorted(leaves)))
            if c.name in present
        ],
    )


def _style(database: sqlite3.Connection, text: Text) -> None:
    """A default style for the schools, in the table where QGIS looks for it."""
    database.execute(
        "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT, "
        "f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, "
        "styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT, "
        "ui TEXT, update_time DATETIME)"
    )
    database.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', 'schools', 'geom', ?, ?, '', 1, ?, '', ?)",
        (text(N_("Tier")), tier_qml(text), text(N_("Schools by tier of deficit")), _NO_CLOCK),
    )
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (_NO_CLOCK,),
    )


def tier_qml(text: Text) -> str:
    """QGIS style: one marker per tier, by shape and colour, and one for unknown."""
    marks = [*palette.TIERS.items(), ("", palette.UNKNOWN)]
    categories, symbols = [], []
    for number, (value, mark) in enumerate(marks):
        label = quoteattr(text(TIER_NAMES[value or "unknown"]))
        categories.append(
            f'<category render="true" symbol="{number}" value="{value}" label={label}/>'
        )
        hollow = mark.shape == "ring"
        options = {
            "angle": "0",
            "color": _rgba(mark.colour, 0 if hollow else 255),
            "name": "circle" if hollow else mark.shape,
            "outline_color": _rgba(mark.colour if hollow else palette.OUTLINE, 255),
            "outline_style": "solid",
            "outline_width": "0.6" if hollow else "0.2",
            "outline_width_unit": "MM",
            "size": "2.8",
            "size_unit": "MM",
        }
        listed = "".join(
            f'<Option type="QString" name="{key}" value="{v}"/>' for key, v in options.items()
        )
        props = "".join(f'<prop k="{key}" v="{v}"/>' for key, v in options.items())
        symbols.append(
            f'<symbol type="marker" name="{number}" alpha="1" clip_to_extent="1" force_rhr="0">'
            '<layer class="SimpleMarker" enabled="1" locked="0" pass="0">'
            f'<Option type="Map">{listed}</Option>{props}</layer></symbol>'
        )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22.0" styleCategories="Symbology">'
        '<renderer-v2 type="categorizedSymbol" attr="tier_label" symbollevels="0" '
        'enableorderby="0" forceraster="0">'
        f"<categories>{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols>"
        "</renderer-v2></qgis>"
    )


def _rgba(colour: str, alpha: int) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"
