"""Coordinates as people type them, against values worked out by hand and against pyproj."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from kalsel_gap.sources.coordinates import (
    CHANGES,
    candidates,
    decimals,
    location_errors,
)
from kalsel_gap.sources.degrees import ParsedCoordinate, parse_coordinate, plain_degrees

KALSEL = (-5.0, 114.3, -1.2, 117.5)
LAT, LON = -(3 + 26 / 60 + 12 / 3600), 114 + 40 / 60 + 5 / 3600  # 3°26'12" S, 114°40'5" E
TEXTS = st.one_of(
    st.text(max_size=45),
    st.text("0123456789.,-+° '\"SNEWLBTU", max_size=20),
    st.floats(allow_nan=True).map(str),
    st.integers().map(str),
)


@pytest.mark.parametrize(
    "text",
    [
        *("3°26'12\"S", "3° 26' 12\" S", "3º26’12”S", "3°26′12″ LS", "3 26 12 LS", "LS 3 26 12"),
        *("S3°26'12\"", "3-26-12 S", "03-26-12 LS", "3:26:12 S", "3.26.12 LS", "-3°26'12\""),
        *("3°26'12,0\" LS", "3° 26' 12\" Lintang Selatan", "3°26'12\" south", "-3 26 12"),
        *("3 ° 26 ' 12 '' LS", "3°26.2'S", "-3.436666666666667 S", "s 3.436666666666667"),
    ],
)
def test_every_spelling_of_one_latitude(text: str) -> None:
    assert parse_coordinate(text).value == pytest.approx(LAT, abs=1e-12)
    assert parse_coordinate(text).change == "location_dms"


@pytest.mark.parametrize(
    ("text", "value", "axis"),
    [
        ("114°40'5\"BT", LON, "lon"),
        ("114 40 5 Bujur Timur", LON, "lon"),
        ("E114°40'5\"", LON, "lon"),
        ("114-40-05", LON, ""),
        ("1°30' LU", 1.5, "lat"),
        ("1.5N", 1.5, "lat"),
        ("10°30'BB", -10.5, "lon"),
        ("3°", 3.0, ""),
    ],
)
def test_hemispheres_tell_the_axis(text: str, value: float, axis: str) -> None:
    read = parse_coordinate(text)
    assert read.value == pytest.approx(value, abs=1e-12)
    assert read.axis == axis


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "°", "S", "tiga", "3 61 0 S", "3 10 60 S", "3.5 10 S", "S3.45S", "-3.45 N"),
        *("3,4,5", "1 2 3 4", "nan", "1e999", "200°", "3°S" * 20, "\x00", "三", "-3.45 LSX"),
    ],
)
def test_what_is_no_coordinate_in_any_spelling(text: str) -> None:
    assert np.isnan(parse_coordinate(text).value)


def test_commas_and_groups() -> None:
    assert parse_coordinate("-3,45") == ParsedCoordinate(-3.45, "location_decimal_comma")
    assert parse_coordinate("-3.436.000") == ParsedCoordinate(-3436000.0, "grouped")
    assert parse_coordinate("114,668,000") == ParsedCoordinate(114668000.0, "grouped")
    assert parse_coordinate("-3.45") == ParsedCoordinate(-3.45)


@pytest.mark.parametrize(
    ("lat", "lon", "code", "meant"),
    [
        ("3.4356", "114.668", "location_sign_missing", (-3.4356, 114.668)),
        ("-3.4356", "-114.668", "location_sign_missing", (-3.4356, 114.668)),
        ("114.668", "-3.4356", "location_swapped", (-3.4356, 114.668)),
        ("114.668", "3.4356", "location_swapped", (-3.4356, 114.668)),
        ("-3,4356", "114.668", "location_decimal_comma", (-3.4356, 114.668)),
        ("3,4356", "114,668", "location_decimal_comma", (-3.4356, 114.668)),
        ("-34356000", "114.668", "location_scaled", (-3.4356, 114.668)),
        ("34356", "1146680000", "location_scaled", (-3.4356, 114.668)),
        ("-3.4356", "11.4668", "location_scaled", (-3.4356, 114.668)),
        ("-3.435.600", "114.668.000", "location_scaled", (-3.4356, 114.668)),
        ("3°26'12\"S", "114°40'5\"E", "location_dms", (LAT, LON)),
        ("3 26 12", "114 40 5", "location_dms", (LAT, LON)),
        ("114°40'5\"BT", "3°26'12\"LS", "location_swapped", (LAT, LON)),
    ],
)
def test_what_was_meant(lat: str, lon: str, code: str, meant: tuple[float, float]) -> None:
    found = candidates([lat], [lon], KALSEL)
    places = list(found[["code", "lat", "lon"]].itertuples(index=False, name=None))
    assert (code, *(pytest.approx(v, abs=5.1e-8) for v in meant)) in places
    assert len(places) == 1  # in a province there is one reading only


@pytest.mark.parametrize("epsg", [32749, 32750])
@pytest.mark.parametrize("crossed", [False, True])
def test_metres_of_both_zones(epsg: int, *, crossed: bool) -> None:
    lon = 113.2 if epsg == 32749 else 114.668
    metres = Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, -3.4356)
    easting, northing = (f"{value:.2f}" for value in metres)
    pair = (easting, northing) if crossed else (northing, easting)
    south, _, north, _ = KALSEL
    found = candidates([pair[0]], [pair[1]], (south, 112.0, north, 117.5))
    assert set(found["code"]) == {"location_projected"}
    near = (found["lat"] + 3.4356).abs() + (found["lon"] - lon).abs()
    assert near.min() < 2e-7  # a centimetre of rounding


def test_a_pair_as_it_stands_is_no_candidate() -> None:
    assert candidates(["-3.4356"], ["114.668"], KALSEL).empty
    assert candidates(["", "0", "-3.1"], ["", "0", ""], KALSEL).empty
    assert candidates([], [], KALSEL).empty


def test_of_several_powers_none_is_chosen_here() -> None:
    found = candidates(["-33000000"], ["114.668"], (-11.2, 94.9, 6.2, 141.2))
    assert sorted(found["lat"]) == [-3.3, -0.33, -0.033]


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        ("", "", "location_missing"),
        ("-3.1", "", "location_missing"),
        ("3°S", "115", "location_not_numeric"),
        ("-3,1", "115", "location_not_numeric"),
        ("nan", "115", "location_not_numeric"),
        ("115.1", "-3.1", "location_out_of_range"),
        ("-3.1", "1151.0", "location_out_of_range"),
        (".0000000", ".0000000", "location_zero"),
        ("-3.1", "0", "location_half_zero"),
        ("-0.0", "115.1", "location_half_zero"),
        ("51.5", "115.1", "location_outside_area"),
        ("-5.0", "114.3", ""),
        ("-3.1", "115.1", ""),
    ],
)
def test_faults(lat: str, lon: str, code: str) -> None:
    assert location_errors(pd.Series([lat]), pd.Series([lon]), KALSEL).tolist() == [code]


def test_decimals_are_those_that_say_something() -> None:
    texts = pd.Series(["-3.4356000", "115", "115.", "-.5", "1.50e2", "3°S", ""])
    np.testing.assert_array_equal(decimals(texts), [4, 0, 0, 1, 1, np.nan, np.nan])


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
@example([("9" * 40, "-" + "9" * 39), ("1e308", "-1e308")])
def test_any_texts_are_read_without_complaint(pairs: list[tuple[str, str]]) -> None:
    lat, lon = (pd.Series([pair[n] for pair in pairs], dtype="str") for n in (0, 1))
    before = lat.copy(), lon.copy()
    found = candidates(lat.tolist(), lon.tolist(), KALSEL)
    assert set(found["code"]) <= set(CHANGES)
    assert found["changes"].between(1, 2).all()
    south, west, north, east = KALSEL
    assert found["lat"].between(south, north).all()
    assert found["lon"].between(west, east).all()
    usable = location_errors(lat, lon, KALSEL) == ""
    assert (plain_degrees(lat)[usable].between(south, north)).all()
    pd.testing.assert_series_equal(lat, before[0])
    pd.testing.assert_series_equal(lon, before[1])


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(*(st.decimals(-(10**9), 10**9, places=4).map(str) for _ in range(2))), max_size=5
    )
)
def test_no_digit_is_invented(pairs: list[tuple[str, str]]) -> None:
    """Signs, order and powers of ten aside, a candidate has the digits that were given."""
    found = candidates([p[0] for p in pairs], [p[1] for p in pairs], KALSEL)

    def digits(value: float) -> str:
        mantissa, _, power = f"{abs(value):.17e}".partition("e")
        return f"{round(float(mantissa) * 10 ** min(7 + int(power), 12))}".rstrip("0")

    for at, code, lat, lon in found[["at", "code", "lat", "lon"]].itertuples(index=False):
        if code == "location_projected":
            continue
        given_digits = {digits(round(float(text), 4)) for text in pairs[at]}
        for value in (lat, lon):  # a candidate keeps seven decimals
            mine = digits(value)
            assert any(g[: len(mine) - 1] == mine[:-1] or g == mine for g in given_digits)
