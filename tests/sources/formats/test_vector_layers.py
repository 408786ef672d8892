from __future__ import annotations

import json
import sqlite3
import struct
import warnings
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from kalsel_gap.errors import InputError
from kalsel_gap.sources.formats.vector_layers import (
    layers_beside,
    read_layer_cells,
    read_vector,
    single_parts,
)
from kalsel_gap.sources.tables import read_table
from kalsel_gap.sources.values import parse_date
from tests.conftest import TINY
from tests.spreadsheets import zipped

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


POINT = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": 1}, %s}]}'
)


def test_a_layer_comes_in_wgs84(tmp_path: Path) -> None:
    utm = '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32750"}}, '
    point = '"geometry": {"type": "Point", "coordinates": [500000, 10000000]}'
    path = written(tmp_path, (POINT % point).replace("{", "{" + utm, 1), "layer.geojson")
    layer = read_vector(path)
    # On the central meridian of zone 50 at the equator.
    assert layer.geometry[0].x == pytest.approx(117.0, abs=1e-9)
    assert layer.geometry[0].y == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "vector_unreadable"),
        ("npsn,lat\n1,2\n", "vector_unreadable"),
        (POINT % '"geometry": null', "vector_no_geometry"),
        ('{"type": "FeatureCollection", "features": []}', "vector_no_geometry"),
    ],
)
def test_a_bad_layer_is_one_error(tmp_path: Path, content: str, code: str) -> None:
    path = written(tmp_path, content, "layer.geojson")
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_a_geopackage_in_an_archive_must_be_unpacked(tmp_path: Path) -> None:
    path = written(tmp_path, zipped({"desa.gpkg": b"SQLite format 3\0"}), "desa.zip")
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert (caught.value.code, caught.value.params["value"]) == ("table_packed_inside", "desa.gpkg")


def test_a_layer_without_crs_is_an_error_never_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "layer.shp"
    point = gpd.GeoDataFrame({"n": [1]}, geometry=gpd.points_from_xy([115.0], [-3.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        point.to_file(path, engine="pyogrio")
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert caught.value.code == "vector_no_crs"


def area(
    *corners: tuple[float | str, float | str], crs: str = "urn:ogc:def:crs:OGC:1.3:CRS84"
) -> str:
    """GeoJSON of one polygon."""
    ring = ", ".join(f"[{x}, {y}]" for x, y in corners)
    shape = f'{{"type": "Polygon", "coordinates": [[{ring}]]}}'
    named = f'"crs": {{"type": "name", "properties": {{"name": "{crs}"}}}}, '
    return (POINT % f'"geometry": {shape}').replace("{", "{" + named, 1)


LAYERS: dict[str, tuple[str, str]] = {
    "metres": (area((300_000, 9_650_000), (1, 1), (2, 2), (300_000, 9_650_000)), "not_degrees"),
    "swapped axes": (area((-3, 115), (-3, 116), (-2, 116), (-3, 115)), "not_degrees"),
    "no number": (area((115, -3), (116, "1e308"), (116, -2), (115, -3)), "not_degrees"),
    "ring not closed": (area((115, -3), (116, -3), (116, -2), (115.5, -2)), "unreadable"),
    "one corner": (area((115, -3)), "unreadable"),
    "vertical CRS": (
        area((115, -3), (116, -3), (116, -2), (115, -3), crs="urn:ogc:def:crs:EPSG::5773"),
        "crs_unfit",
    ),
    "far from its zone": (
        area((1e300, 1), (1, 1), (2, 2), (1e300, 1), crs="urn:ogc:def:crs:EPSG::32750"),
        "not_degrees",
    ),
}


@pytest.mark.parametrize("case", LAYERS)
def test_a_layer_that_lies_nowhere_is_refused(tmp_path: Path, case: str) -> None:
    content, code = LAYERS[case]
    path = written(tmp_path, content, "layer.geojson")
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert (caught.value.code, caught.value.path) == (f"vector_{code}", path)


def test_a_local_crs_is_refused(tmp_path: Path) -> None:
    site = 'LOCAL_CS["site",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
    shape = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=site)
    shape.to_file(tmp_path / "layer.gpkg")
    with pytest.raises(InputError) as caught:
        read_vector(tmp_path / "layer.gpkg")
    assert caught.value.code == "vector_crs_unfit"


def test_empty_shapes_are_missing_ones(tmp_path: Path) -> None:
    points = [shapely.Point(), shapely.Point(115, -3)]
    path = tmp_path / "layer.gpkg"
    gpd.GeoDataFrame({"npsn": [1, 2]}, geometry=points, crs="EPSG:4326").to_file(path)
    assert read_vector(path).geometry.isna().tolist() == [True, False]
    assert read_table(path).cells["lat"].tolist() == ["", "-3"]


def test_a_damaged_feature_is_an_error_and_does_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "layer.fgb"
    gpd.read_file(TINY / "kecamatan.geojson").to_file(path, engine="pyogrio")
    raw = bytearray(path.read_bytes())
    end = raw.index(b"99.01.01") + 9
    raw[end - 33 : end] = bytes(33)  # offsets that Arrow would follow
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert (caught.value.code, caught.value.path) == ("vector_unreadable", path)


@pytest.mark.parametrize("name", ["layer.gpkg", "layer.parquet"])
def test_text_that_is_not_utf8_is_an_error_of_the_layer(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    layer = gpd.read_file(TINY / "kecamatan.geojson")
    layer.to_parquet(path) if path.suffix == ".parquet" else layer.to_file(path, engine="pyogrio")
    raw = path.read_bytes()
    assert b"Hulu" in raw
    path.write_bytes(raw.replace(b"Hulu", b"\xa0ulu"))
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert (caught.value.code, caught.value.path) == ("vector_unreadable", path)


def test_no_warning_of_gdal_is_shown_for_the_layers_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "layer.gpkg"
    gpd.read_file(TINY / "kecamatan.geojson").to_file(path, engine="pyogrio")
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 2")
        file.commit()
    assert layers_beside(path, None) == []  # a warning is an error here


def test_heights_of_corners_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "layer.gpkg"
    shape = shapely.force_3d(shapely.box(115, -3, 116, -2), 12.0)
    gpd.GeoDataFrame({"a": [1]}, geometry=[shape], crs="EPSG:4326").to_file(path, engine="pyogrio")
    assert not read_vector(path).geometry.has_z.any()


def geoparquet(path: Path, geometry: pa.Array) -> Path:
    geo = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    table = pa.table({"npsn": pa.array(["1"]), "geometry": geometry})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


@pytest.mark.parametrize("geometry", [pa.array([b"\x01\x01\0"]), pa.array([7]), pa.array(["x"])])
def test_shapes_that_are_none_are_one_error(tmp_path: Path, geometry: pa.Array) -> None:
    path = geoparquet(tmp_path / "a.parquet", geometry)
    for read, code in ((read_table, "table_not_parquet"), (read_vector, "vector_unreadable")):
        with pytest.raises(InputError) as caught:
            read(path)
        assert (caught.value.code, caught.value.path) == (code, path)


@pytest.mark.parametrize(
    "dates",
    [
        pa.array([2**31 - 1, 0], pa.date32()),
        pa.array([2**62, 0], pa.timestamp("ms")),
        pa.array([2**62, 0], pa.timestamp("us", "UTC")),
    ],
)
def test_a_date_out_of_range_is_a_text_that_is_no_date(tmp_path: Path, dates: pa.Array) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"npsn": ["1", "2"], "sinkron": dates}), path)
    far, near = read_table(path).cells["sinkron"]
    assert parse_date(far) is None
    assert str(parse_date(near)) == "1970-01-01"


# --- shapes of every kind ------------------------------------------------------------------------

# Well-known binary as GDAL writes it: a circle of arcs, and a surface of one triangle.
CURVE = struct.pack("<BII", 1, 10, 1) + struct.pack("<BII", 1, 8, 5)
CURVE += struct.pack("<10d", 114, -3, 114.5, -2.5, 115, -3, 114.5, -3.5, 114, -3)
TIN = struct.pack("<BII", 1, 16, 1) + struct.pack("<BIII", 1, 17, 1, 4)
TIN += struct.pack("<8d", 116, -3, 116.5, -3, 116.5, -2.5, 116, -3)


def geopackage(path: Path, *shapes: bytes | None) -> Path:
    """A layer of any shapes, as another program can write it."""
    frame = gpd.GeoDataFrame(
        {"kode": [f"63.{n:02}" for n in range(1, len(shapes) + 1)], "nama": "A"},
        geometry=[shapely.Point(115, -3)] * len(shapes),
        crs="EPSG:4326",
    )
    frame.to_file(path, layer="areas", geometry_type="Unknown", SPATIAL_INDEX="NO")
    header = b"GP\x00\x01" + struct.pack("<i", 4326)
    with closing(sqlite3.connect(path)) as file:
        for name in file.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            file.execute(f'DROP TRIGGER "{name[0]}"')
        file.executemany(
            "UPDATE areas SET geom = ? WHERE kode = ?",
            [(shape and header + shape, f"63.{n:02}") for n, shape in enumerate(shapes, start=1)],
        )
        file.commit()
    return path


def wkb(text: str) -> bytes:
    return bytes(shapely.to_wkb(shapely.from_wkt(text), flavor="iso"))


def test_shapes_of_every_kind_are_read_or_missing(tmp_path: Path) -> None:
    nowhere = struct.pack("<BII4d", 1, 2, 2, 110, -3, 111, float("nan"))
    path = geopackage(
        tmp_path / "all.gpkg",
        CURVE,
        TIN,
        None,
        wkb("POLYGON EMPTY"),
        wkb("POLYGON ZM ((112 -3 1 5, 112.5 -3 1 5, 112.5 -2.5 1 5, 112 -3 1 5))"),
        wkb("POLYGON M ((111 -3 1, 111.5 -3 1, 111.5 -2.5 1, 111 -3 1))"),
        wkb("GEOMETRYCOLLECTION (POLYGON ((113 -3, 113.5 -3, 113.5 -2.5, 113 -3)), POINT (1 1))"),
        wkb("POINT (110 -3)"),
        nowhere,
    )
    kinds = read_vector(path, shapes="polygons").geometry.geom_type.tolist()
    assert kinds[:1] + kinds[4:7] == ["Polygon", "Polygon", "Polygon", "MultiPolygon"]
    assert all(isinstance(kind, float) or kind is None for kind in (*kinds[1:4], *kinds[7:]))
    lines = read_vector(path, shapes="lines").geometry
    assert lines.notna().tolist() == [True, False, False, False, True, True, True, False, False]
    assert lines.has_z.sum() == 0
    anything = read_vector(path).geometry
    assert anything.notna().sum() == 5


def test_the_points_of_a_register_among_curves(tmp_path: Path) -> None:
    inner = "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (POINT (115.5 -3.25)))"
    path = geopackage(
        tmp_path / "s.gpkg",
        *(wkb("POINT Z (115 -3 7)"), CURVE, TIN, None, wkb("POINT EMPTY"), wkb(inner)),
    )
    (cells,) = read_layer_cells(path, None)
    assert cells.spare["lat"]() == ["-3", "", "", "", "", "-3.25"]
    assert cells.spare["lon"]() == ["115", "", "", "", "", "115.5"]


def test_a_layer_of_nothing_but_unreadable_shapes_says_why(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_vector(geopackage(tmp_path / "tin.gpkg", TIN))
    assert caught.value.code == "vector_unreadable"


def test_collections_within_collections_have_single_parts() -> None:
    shapes = shapely.from_wkt(
        ["GEOMETRYCOLLECTION (MULTIPOINT ((1 1), (2 2)), GEOMETRYCOLLECTION (POINT (3 3)))"]
    )
    assert shapely.to_wkt(single_parts(shapes)).tolist() == [
        *("POINT (1 1)", "POINT (2 2)", "POINT (3 3)"),
    ]


def test_two_columns_of_one_name_are_an_error(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"kode": ["1"], "kodf": ["2"]}, geometry=[shapely.Point(115, -3)])
    frame.set_crs("EPSG:4326").to_file(tmp_path / "a.shp")
    table = tmp_path / "a.dbf"
    table.write_bytes(table.read_bytes().replace(b"kodf", b"kode"))
    with pytest.raises(InputError) as caught:
        read_vector(tmp_path / "a.shp")
    assert (caught.value.code, caught.value.column) == ("vector_column_twice", "kode")
