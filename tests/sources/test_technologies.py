from __future__ import annotations

import math

import pytest

from kalsel_gap.sources.technologies import (
    SiteCarrier,
    read_directions,
    read_frequencies,
    read_technologies,
    technology_of,
    with_frequencies,
)

BANDS = {
    "2g": ((880.0, 960.0), (1710.0, 1880.0)),
    "3g": ((880.0, 960.0), (1920.0, 2170.0)),
    "4g": ((880.0, 960.0), (1710.0, 1880.0), (1920.0, 2170.0), (2300.0, 2400.0)),
}


def named(text: str) -> list[tuple[str, float | None]]:
    return [
        (each.technology, None if math.isnan(each.frequency_mhz) else each.frequency_mhz)
        for each in read_technologies(text)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4G LTE", ["4g"]),
        ("4G, LTE", ["4g"]),
        ("LTE-A", ["4g"]),
        ("LTE Advanced", ["4g"]),
        ("lte ", ["4g"]),
        ("E-UTRAN", ["4g"]),
        ("TD-LTE", ["4g"]),
        ("HSPA+", ["3g"]),
        ("UTRAN", ["3g"]),
        ("NR", ["5g"]),
        ("5GNR", ["5g"]),
        ("5G NR", ["5g"]),
        ("2G/3G/4G", ["2g", "3g", "4g"]),
        ("2G+3G", ["2g", "3g"]),
        ("2G-3G-4G", ["2g", "3g", "4g"]),
        ("GSM/UMTS/LTE", ["2g", "3g", "4g"]),
        ("3G dan 4G", ["3g", "4g"]),
        ("2G-3G", ["2g", "3g"]),
        ("LTE-A Pro", ["4g"]),
        ("5G SA", ["5g"]),
        ("3,5G", ["3g"]),
    ],
)
def test_names_of_technologies(text: str, expected: list[str]) -> None:
    assert named(text) == [(each, None) for each in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LTE 1800", [("4g", 1800.0)]),
        ("GSM900", [("2g", 900.0)]),
        ("L1800", [("4g", 1800.0)]),
        ("LTE 1.8 GHz", [("4g", 1800.0)]),
        ("DCS", [("2g", 1800.0)]),
        ("LTE B3", [("4g", 1800.0)]),
        ("LTE Band 40", [("4g", 2300.0)]),
        ("5G NSA n78", [("5g", 3500.0)]),
        ("LTE 1800/2100", [("4g", 1800.0), ("4g", 2100.0)]),
        ("GSM 900, LTE 1800", [("2g", 900.0), ("4g", 1800.0)]),
        ("900 GSM, 1800 LTE", [("2g", 900.0), ("4g", 1800.0)]),
        ("G900/U2100/L2300", [("2g", 900.0), ("3g", 2100.0), ("4g", 2300.0)]),
    ],
)
def test_names_with_their_carrier(text: str, expected: list[tuple[str, float]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize("text", ["", "CDMA", "1800", "LTE?", "4G VSAT", "SA"])
def test_what_is_no_technology(text: str) -> None:
    assert read_technologies(text) == ()
    assert technology_of(text) is None


@pytest.mark.parametrize("text", ["2G-4G", "2G s/d 4G", "2 sampai 4G", "3G – 5G"])
def test_a_range_of_technologies_is_not_its_two_ends(text: str) -> None:
    assert read_technologies(text) == ()


def test_a_carrier_goes_only_where_it_fits_one() -> None:
    three = read_technologies("2G/3G/4G")

    def of(*mhz: float) -> list[float]:
        found = with_frequencies(three, mhz, BANDS)
        return [-1.0 if math.isnan(each.frequency_mhz) else each.frequency_mhz for each in found]

    assert of(1800.0) == [-1.0, -1.0, -1.0]  # of 2G or of 4G
    assert of(2300.0) == [-1.0, -1.0, 2300.0]
    assert of(900.0, 2100.0, 1800.0) == [900.0, 2100.0, 1800.0]  # in the order of the names
    one = read_technologies("LTE")
    assert with_frequencies(one, (1800.0, 2100.0), BANDS) == (
        SiteCarrier("4g", 1800.0),
        SiteCarrier("4g", 2100.0),
    )
    # What the name says stands where the column is empty.
    assert with_frequencies(read_technologies("GSM 900"), (), BANDS) == (SiteCarrier("2g", 900.0),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1800", (1800.0,)),
        ("1.800", (1800.0,)),
        ("1800 MHz", (1800.0,)),
        ("1.8 GHz", (1800.0,)),
        ("900/1800", (900.0, 1800.0)),
        ("900, 1800", (900.0, 1800.0)),
        ("900/1800 MHz", (900.0, 1800.0)),
        ("61 dBm", ()),
        ("", ()),
    ],
)
def test_frequencies(text: str, expected: tuple[float, ...]) -> None:
    assert read_frequencies(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", (120.0,)),
        ("120°", (120.0,)),
        ("120 derajat", (120.0,)),
        ("N", (0.0,)),
        ("Utara", (0.0,)),
        ("timur laut", (45.0,)),
        ("Barat-Daya", (225.0,)),
        ("SSW", (202.5,)),
        ("0/120/240", (0.0, 120.0, 240.0)),
        ("0,120,240", (0.0, 120.0, 240.0)),
        ("120,5", (120.5,)),
        ("atas", ()),
    ],
)
def test_directions(text: str, expected: tuple[float, ...]) -> None:
    assert read_directions(text) == expected
