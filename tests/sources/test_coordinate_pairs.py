from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap.sources.coordinate_pairs import is_link, is_plus_code, split_pair
from kalsel_gap.sources.coordinates import (
    are_metres,
    candidates,
    from_metres,
    location_errors,
    read_places,
    to_degrees,
)

KALSEL = (-5.0, 114.3, -1.2, 117.5)
MAPS = "https://www.google.com/maps"


@pytest.mark.parametrize(
    "text",
    [
        "-3.4112, 114.8472",
        "-3.4112,114.8472",
        "-3.4112;114.8472",
        "-3.4112 114.8472",
        "-3.4112 / 114.8472",
        "(-3.4112, 114.8472)",
        "lat: -3.4112, long: 114.8472",
        "\u22123.4112, 114.8472",
        "POINT(114.8472 -3.4112)",
        "POINT Z (114.8472 -3.4112 12)",
        "SRID=4326;POINT(114.8472 -3.4112)",
        "geo:-3.4112,114.8472?z=17",
        "https://maps.google.com/?q=-3.4112,114.8472",
        f"{MAPS}?ll=-3.4112,114.8472&z=17",
        f"{MAPS}/@-3.4112,114.8472,17z",
        f"{MAPS}/place/SDN+1/@-3.4,114.8,17z/data=!3m1!4b1!8m2!3d-3.4112!4d114.8472",
        f"{MAPS}/place/3%C2%B024'40.32%22S+114%C2%B050'49.92%22E/@-3.4,114.8,17z",
        f"{MAPS}/place/3°24'40.32\"S+114°50'49.92\"E",
        "https://maps.google.com/?q=3°24'40.32\"S 114°50'49.92\"E",
        "50S 260812.5975 9622687.9679",
        "50 M, 260812.5975, 9622687.9679",
        f"{MAPS}/search/?api=1&query=-3.4112%2C114.8472",
        f"{MAPS}/place/-3.4112,114.8472",
        "https://www.openstreetmap.org/?mlat=-3.4112&mlon=114.8472#map=17/-3.4/114.8",
        "https://www.openstreetmap.org/#map=17/-3.4112/114.8472",
        "3.4112 LS, 114.8472 BT",
        "114.8472 BT, 3.4112 LS",
        "-3,4112, 114,8472",
        "-3,4112,114,8472",
        "3°24'40.32\"S 114°50'49.92\"E",
        "S 3.4112 E 114.8472",
    ],
)
def test_both_coordinates_of_a_cell_are_one_proposal(text: str) -> None:
    for pair in ((text, ""), ("", text), (text, text)):
        found = candidates([pair[0]], [pair[1]], KALSEL)
        assert found[["code", "lat", "lon"]].to_numpy().tolist() == [
            ["location_spelled", -3.4112, 114.8472]
        ]


@pytest.mark.parametrize(
    ("lat", "lon"),
    [("\u22123.4112", "114.8472"), ("-3.4112,", "114.8472"), ("\uff0d3.4112", "114.8472.")],
)
def test_a_sign_too_many_or_of_another_kind_is_a_proposal(lat: str, lon: str) -> None:
    found = candidates([lat], [lon], KALSEL)
    assert found["code"].tolist() == ["location_spelled"]
    assert found[["lat", "lon"]].to_numpy().tolist() == [[-3.4112, 114.8472]]


@pytest.mark.parametrize("text", ["", "-3.4112", "03 24 40", "3°24'40\"", "114,8472", "1.148.472"])
def test_one_coordinate_is_no_pair(text: str) -> None:
    assert split_pair(text, "") is None


def test_why_a_location_is_not_usable() -> None:
    lat = pd.Series(
        ["", "-3.4", "https://maps.app.goo.gl/aB3", "HRQW+F3 Martapura", "-3.4, 100", "x"]
    )
    lon = pd.Series(["", "", "", "", "", "115"])
    assert location_errors(lat, lon, KALSEL).tolist() == [
        "location_missing",
        "location_missing",
        "location_link",
        "location_plus_code",
        "location_not_numeric",
        "location_not_numeric",
    ]
    assert is_link("goo.gl/maps/aB3")
    assert not is_plus_code("-3.4112")


def test_places_of_sites_are_read_in_any_certain_form() -> None:
    lat = pd.Series(["-3,44", "3°27'00\" LS", "-3.4, 114.9", "\u22123.5", "1.148.472", ""])
    lon = pd.Series(["114,92", "114°55' BT", "", "115", "115", ""])
    y, x = read_places(lat, lon)
    assert y.round(4).fillna(0).tolist() == [-3.44, -3.45, -3.4, -3.5, 0.0, 0.0]
    assert x.round(4).fillna(0).tolist()[:4] == [114.92, 114.9167, 114.9, 115.0]


def test_metres_of_one_zone_and_of_a_declared_one() -> None:
    north = pd.Series(["9622860", "9600000", ""])
    east = pd.Series(["260900", "270000", ""])
    assert are_metres(north, east)
    assert not are_metres(pd.Series(["-3.4"]), pd.Series(["114.8"]))
    for pair in ((north, east), (east, north)):
        found = from_metres(*pair, KALSEL)
        assert found is not None
        assert found.epsg == 32750
        lat, lon = to_degrees(north, east, "EPSG:32750")
        assert found.lat[:2].tolist() == lat[:2].round(7).tolist()
        assert found.lon[:2].tolist() == lon[:2].round(7).tolist()
        assert found.lat.isna().tolist() == [False, False, True]
    assert from_metres(north, east, (-11.0, 94.0, 6.5, 142.0)) is None  # in several zones
