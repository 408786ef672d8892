from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

from kalsel_gap.project.base import default_values
from kalsel_gap.project.checks import Locations
from kalsel_gap.quality.area_names import AreaLayer
from kalsel_gap.quality.claimed_areas import claim, majority

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
LAYER = AreaLayer(KECAMATAN, np.array([0, 0, 1, 1]), 0.0)


def area_of(names: list[str], codes: list[str], within: list[str] | None = None) -> list[int]:
    found = claim(
        "kecamatan",
        pd.Series(names, dtype="str"),
        pd.Series(codes, dtype="str"),
        LAYER,
        np.array(within or [""] * len(names), dtype=object),
        FIGURES,
    )
    return [-2 if lost else area for area, lost in zip(found.area, found.unknown, strict=True)]


def test_a_name_in_two_kabupaten_is_the_one_in_the_claimed_kabupaten() -> None:
    assert area_of(["Hulu", "Hulu", "Hulu"], [""] * 3, ["9901", "9902", ""]) == [0, 2, -1]


def test_a_name_of_another_kabupaten_is_unknown() -> None:
    assert area_of(["Kec. Batu Mandi", "Nowhere", ""], [""] * 3, ["9902", "9901", "9901"]) == [
        -2,
        -2,
        -1,
    ]


def test_where_the_kecamatan_is_unknown_the_kabupaten_still_bounds_the_desa() -> None:
    # "Batumandi" is only in 99.01: a row of 99.02 is not sent there.
    assert area_of(["Batumandi", "Batumandi"], ["", ""], ["9902", ""]) == [-2, 1]


def test_kemendagri_codes_with_and_without_dots() -> None:
    codes = ["99.01.01", "990102", "99.02.02 ", "99.09.09"]
    assert area_of(["Hulu", "Batu Mandi", "", ""], codes, ["9901", "9901", "", ""]) == [0, 1, 3, -1]
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
