"""Layers for GIS: complete, styled, described, the same bytes."""

from __future__ import annotations

import json
import sqlite3
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import pytest

from kalsel_gap import schema
from kalsel_gap.deliverables import gis_layers, palette
from kalsel_gap.i18n.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run


@pytest.fixture
def gpkg(tiny_run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "schools.gpkg"
    gis_layers.write_gpkg(tiny_run, path, Text("id"))
    return path


def test_every_row_comes_out_and_lies_where_it_lay(tiny_run: Run, gpkg: Path) -> None:
    layer = gpd.read_file(gpkg, layer="schools")
    assert list(layer["row_id"]) == list(tiny_run.schools["row_id"])
    assert layer.crs == gis_layers.METRIC_CRS
    back = layer.to_crs(schema.CRS)
    located = tiny_run.schools["lat"].notna()
    assert list(back.geometry.notna()) == list(located)
    assert back.geometry[located].x.to_numpy() == pytest.approx(
        tiny_run.schools["lon"][located].to_numpy(), abs=1e-9
    )
    assert list(layer["npsn"]) == list(tiny_run.schools["npsn"])  # text: leading zeros stay


def test_layers_of_the_run(tiny_run: Run, gpkg: Path) -> None:
    names = {str(name) for name, _ in pyogrio.list_layers(gpkg)}
    assert {"schools", "sites", "kabupaten", "kecamatan"} <= names
    assert len(gpd.read_file(gpkg, layer="sites")) == len(tiny_run.table("sites"))


def test_every_layer_says_that_its_data_are_invented(tiny_run: Run, gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        told = dict(database.execute("SELECT table_name, description FROM gpkg_contents"))
    for name in ("schools", "sites", "kabupaten", "kecamatan"):
        assert set(gpd.read_file(gpkg, layer=name)["data"]) == {tiny_run.manifest["data"]}
        assert told[name].startswith("DATA SINTETIS")


def test_columns_are_described_in_the_reader_s_language(gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        rows = database.execute("SELECT column_name, title, description FROM gpkg_data_columns")
        described = {name: (title, text) for name, title, text in rows}
        extensions = {r[0] for r in database.execute("SELECT extension_name FROM gpkg_extensions")}
    assert described["rank"] == (
        Text("id")(schema.BY_NAME["rank"].label),
        Text("id")(schema.BY_NAME["rank"].description),
    )
    assert {c.name for c in schema.COLUMNS} <= set(described)
    assert "gpkg_schema" in extensions


def test_the_style_has_one_marker_for_each_tier_and_one_for_unknown(gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        (qml, default, column), *others = database.execute(
            "SELECT styleQML, useAsDefault, f_geometry_column FROM layer_styles"
        )
        kinds = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
    assert (others, default, column, kinds["layer_styles"]) == ([], 1, "geom", "attributes")
    root = ET.fromstring(qml.partition(">")[2])
    values = [c.get("value") for c in root.iter("category")]
    assert values == [*schema.TIER_LABELS, ""]
    shapes = [o.get("value") for o in root.iter("Option") if o.get("name") == "name"]
    assert len(set(shapes[:6])) == 6  # shape alone tells the tiers apart
    assert tuple(palette.TIERS) == schema.TIER_LABELS


def test_the_same_run_gives_the_same_bytes(tiny_run: Run, gpkg: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.gpkg"
    gis_layers.write_gpkg(tiny_run, again, Text("id"))
    assert again.read_bytes() == gpkg.read_bytes()


def test_geojson_holds_every_row_and_null_for_what_is_unknown(tiny_run: Run) -> None:
    collection = json.loads(gis_layers.to_geojson(tiny_run, tiny_run.schools, Text("en")))
    features = collection["features"]
    assert [f["id"] for f in features] == list(tiny_run.schools["row_id"])
    assert "crs" not in collection  # RFC 7946: always WGS 84
    for feature, row in zip(features, tiny_run.schools.to_dict("records"), strict=True):
        if row["lat"] != row["lat"]:
            assert feature["geometry"] is None
            assert feature["properties"]["lat"] is None
        else:
            assert feature["geometry"]["coordinates"] == [
                pytest.approx(row["lon"], abs=1e-7),
                pytest.approx(row["lat"], abs=1e-7),
            ]
        assert feature["properties"]["data"] == "synthetic"


def test_a_name_cannot_steer_a_terminal(tiny_run: Run) -> None:
    schools = tiny_run.schools.copy()
    schools.loc[0, "name"] = "SD \x1b[31m\u202e<b>"
    told = json.loads(gis_layers.to_geojson(tiny_run, schools, Text("en")))
    assert told["features"][0]["properties"]["name"] == "SD  [31m <b>"
