from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from shapely import box

from kalsel_gap.assumptions import default_values
from kalsel_gap.limits import Locations
from kalsel_gap.quality.areas import Layer, area_key, claim, majority, parents, precision_m

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
LAYER = Layer(KECAMATAN, np.array([0, 0, 1, 1]), 0.0)


def area_of(names: list[str], codes: list[str], within: list[int] | None = None) -> list[int]:
    words = FIGURES.names.words
    found = claim(
        pd.Series([area_key(name, words) for name in names], dtype="str"),
        pd.Series(codes, dtype="str"),
        LAYER,
        known=[area_key(name, words) for name in KECAMATAN["name"]],
        within=None if within is None else np.array(within),
        figures=FIGURES,
    )
    return [-2 if lost else area for area, lost in zip(found.area, found.unknown, strict=True)]


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


def test_a_name_in_two_kabupaten_is_the_one_in_the_claimed_kabupaten() -> None:
    assert area_of(["Hulu", "Hulu", "Hulu"], [""] * 3, [0, 1, -1]) == [0, 2, -1]


def test_a_name_of_another_kabupaten_is_unknown() -> None:
    assert area_of(["Kec. Batu Mandi", "Nowhere", ""], [""] * 3, [1, 0, 0]) == [-2, -2, -1]


def test_kemendagri_codes_with_and_without_dots() -> None:
    codes = ["99.01.01", "990102", "99.02.02 ", "99.09.09"]
    assert area_of(["Hulu", "Batu Mandi", "", ""], codes, [0, 0, -1, -1]) == [0, 1, 3, -1]
    assert area_of(["", ""], ["990102", "99.02.02"]) == [1, 3]


def test_other_codes_mean_what_their_rows_say() -> None:
    # Dapodik: no table is asked; two rows say 150102 is Batumandi, the third follows them.
    names = ["Batu Mandi", "Batumandi", "", ""]
    assert area_of(names, ["150102", "150102", "150102", "150103"]) == [1, 1, 1, -1]


def test_a_column_that_only_looks_like_kemendagri_is_none() -> None:
    # The same digits in another numbering: here 990101 is what Kemendagri calls 99.01.02.
    names = ["Batumandi", "Batumandi", ""]
    assert area_of(names, ["990101", "990101", "990101"]) == [1, 1, 1]


def test_bps_codes_are_not_cut_into_kemendagri_ones() -> None:
    assert area_of([""], ["9901010"]) == [-1]


def test_majority_needs_two_rows_and_no_tie() -> None:
    codes = pd.Series(list("111223344"))
    says = pd.Series(list("aabababbb"))
    assert majority(codes, says, 0.5) == {"1": "a", "4": "b"}


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
