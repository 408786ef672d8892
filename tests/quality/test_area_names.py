from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from pyproj import Geod
from shapely import box

from kalsel_gap.project.base import default_values
from kalsel_gap.project.checks import Locations
from kalsel_gap.quality.area_names import area_key, parents, precision_m

FIGURES = Locations.model_validate(default_values("locations"))
# Kecamatan of two kabupaten; one name is in both.
KECAMATAN = gpd.GeoDataFrame(
    {
        "code": ["99.01.01", "99.01.02", "99.02.01", "99.02.02"],
        "name": ["Hulu", "Batumandi", "Hulu", "Pulau Laut II"],
        "geometry": [box(x, 0, x + 1, 1) for x in range(4)],
    },
    crs="EPSG:4326",
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kec. Batu Mandi", "BATUMANDI"),
        ("kecamatan  Aluh-Aluh", "Aluh Aluh"),
        ("Desa Sei Rangas Ulu", "Sungai Rangas Ulu"),
        ("Kel. Kertak Baru II", "kertak baru 2"),
        ("Pulau Laut XIV", "Pulau Laut 014"),
    ],
)
def test_spellings_of_one_area(one: str, other: str) -> None:
    assert area_key(one, FIGURES.names.words) == area_key(other, FIGURES.names.words)


def test_other_numbers_and_directions_are_other_areas() -> None:
    keys = {area_key(name, {}) for name in ("Kuin 1", "Kuin II", "Kuin Hulu", "Kuin Hilir", "Kuin")}
    assert len(keys) == 5


def test_parents_by_code() -> None:
    wider = pd.DataFrame({"code": ["99.01", "99.02", ""]})
    assert parents(KECAMATAN, wider).tolist() == [0, 0, 1, 1]
    assert parents(pd.DataFrame({"code": ["98.01.01", "", "99.01"]}), wider).tolist() == [-1] * 3
    assert parents(KECAMATAN, None).tolist() == [-1] * 4


def areas(*codes_and_boxes: tuple[str, tuple[float, float, float, float]]) -> gpd.GeoDataFrame:
    codes, boxes = zip(*codes_and_boxes, strict=True)
    return gpd.GeoDataFrame(
        {"code": codes, "name": codes, "geometry": [box(*each) for each in boxes]}, crs="EPSG:4326"
    )


def test_precision_is_how_far_the_finer_layer_lies_outside() -> None:
    coarse = areas(("99", (115.0, -3.1, 115.1, -3.0)))
    fine = areas(("99.01", (115.0, -3.1, 115.05, -3.0)), ("99.02", (115.05, -3.1, 115.11, -3.0)))
    own_m = precision_m(fine, None, FIGURES.precision)
    _, _, metres = Geod(ellps="WGS84").inv(115.10, -3.0, 115.11, -3.0)
    got = precision_m(coarse, fine, FIGURES.precision)
    assert got == pytest.approx(own_m + metres, rel=1e-3)
    inside = areas(("99.01", (115.0, -3.1, 115.05, -3.0)))
    own_m = precision_m(inside, None, FIGURES.precision)
    assert precision_m(coarse, inside, FIGURES.precision) == own_m


def test_precision_without_a_finer_layer_is_a_share_of_the_spacing() -> None:
    square = areas(("99", (115.0, -0.05, 115.1, 0.05)))
    _, _, metres = Geod(ellps="WGS84").inv(115.0, 0.05, 115.1, 0.05)
    got = precision_m(square, None, FIGURES.precision)
    assert got == pytest.approx(FIGURES.precision.spacing_share * metres, rel=0.01)
    # A finer layer whose codes have nothing to do with these tells nothing.
    strange = areas(("12.01", (115.0, -0.05, 115.3, 0.05)))
    assert precision_m(square, strange, FIGURES.precision) == got
