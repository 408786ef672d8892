from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.formats.vector_layers import read_vector

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


def test_a_layer_without_crs_is_an_error_never_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "layer.shp"
    point = gpd.GeoDataFrame({"n": [1]}, geometry=gpd.points_from_xy([115.0], [-3.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        point.to_file(path, engine="pyogrio")
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert caught.value.code == "vector_no_crs"
