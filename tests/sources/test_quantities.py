from __future__ import annotations

import math

import pandas as pd
import pytest

from kalsel_gap.sources.quantities import (
    is_nothing,
    read_quantities,
    read_quantity,
    read_whole,
    split_unit,
)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("72 m", "m", 72.0),
        ("72m", "m", 72.0),
        ("72 meter", "m", 72.0),
        ("72,5 M", "m", 72.5),
        ("42,5", "m", 42.5),
        ("4200 cm", "m", 42.0),
        ("100 ft", "m", 30.48),
        ("1800 MHz", "MHz", 1800.0),
        ("1800MHZ", "MHz", 1800.0),
        ("1.8 GHz", "MHz", 1800.0),
        ("1,8 GHz", "MHz", 1800.0),
        ("900000 kHz", "MHz", 900.0),
        ("61 dBm", "dBm", 61.0),
        ("\u221295 dBm", "dBm", -95.0),
        ("31 dBW", "dBm", 61.0),
        ("20 W", "dBm", 10.0 * math.log10(20.0) + 30.0),
        ("20 Mbps", "Mbps", 20.0),
        ("512 kbps", "Mbps", 0.512),
        ("1 Gbps", "Mbps", 1000.0),
        ("20 Mb/s", "Mbps", 20.0),
        ("35 ms", "ms", 35.0),
        ("1,5 detik", "ms", 1500.0),
        ("12,5 %", "share", 0.125),
        ("1.234,5", "m", 1234.5),
        ("1,234.5", "m", 1234.5),
        ("1.234.567", "", 1234567.0),
        ("1 234", "m", 1234.0),
        ("1\u00a0234", "m", 1234.0),
        ("\uff17\uff12 m", "m", 72.0),
        ("1e3", "m", 1000.0),
    ],
)
def test_numbers_with_units(text: str, unit: str, expected: float) -> None:
    assert read_quantity(text, unit) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1.070", "m"),
        ("1,070", "m"),
        ("72 dBm", "m"),
        ("1800 m", "MHz"),
        ("100 mdpl", "m"),
        ("20 MB/s", "Mbps"),
        ("72 m 3", "m"),
        ("40-50", "m"),
        ("~72", "m"),
        ("tinggi", "m"),
        ("", "m"),
        ("nan", "m"),
        ("0 W", "dBm"),
    ],
)
def test_what_is_no_number_of_its_column(text: str, unit: str) -> None:
    assert math.isnan(read_quantity(text, unit))


def test_only_one_of_two_readings_is_possible() -> None:
    assert read_quantity("1.800", "MHz", possible=(30.0, 6000.0)) == 1800.0
    assert read_quantity("58.125", "dBm", possible=(0.0, 100.0)) == 58.125
    assert math.isnan(read_quantity("1.070", "m", possible=(1.0, 3000.0)))


def test_a_column_shows_its_decimal_sign() -> None:
    points = pd.Series(["12.5", "1.070"])
    commas = pd.Series(["12,5", "1.070"])
    assert read_quantities(points, by_column=True).tolist() == [12.5, 1.07]
    assert read_quantities(commas, by_column=True).tolist() == [12.5, 1070.0]
    mixed = pd.Series(["12,5", "10.5 Mbps", "1.070"])  # both signs: neither is that of the column
    assert read_quantities(mixed, "Mbps", by_column=True).isna().tolist() == [False, False, True]
    assert read_quantities(points).isna().tolist() == [False, True]


def test_the_unit_of_a_header_holds_for_cells_without_one() -> None:
    cells = pd.Series(["1.8", "900 MHz"])
    assert read_quantities(cells, "MHz", header="Frekuensi (GHz)").tolist() == [1800.0, 900.0]
    assert read_quantities(cells, "m", header="Frekuensi (GHz)").isna().all()


def test_bytes_are_no_bits() -> None:
    cells = pd.Series(["10", "10 Mbps"])
    for header in ("Download (MB/s)", "Download KB/s"):
        assert read_quantities(cells, "Mbps", header=header).isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Tinggi (m)", ("Tinggi", "m")),
        ("Frekuensi [GHz]", ("Frekuensi", "ghz")),
        ("frequency_mhz", ("frequency", "mhz")),
        ("Nama siswa", ("Nama siswa", "")),
        ("Jumlah (orang)", ("Jumlah", "orang")),
        ("Download (MB/s)", ("Download", "MB/s")),
        ("DOWNLOAD (MBPS)", ("DOWNLOAD", "mbps")),
        ("Siswa (L)", ("Siswa (L)", "")),
        ("(m)", ("(m)", "")),
        ("", ("", "")),
    ],
)
def test_units_in_headers(header: str, expected: tuple[str, str]) -> None:
    assert split_unit(header) == expected


def test_counts() -> None:
    given = ("120", "120 siswa", "12.0", "1 200", "1.200", "1.200.000", "12,5", "-")
    read = [read_whole(text) for text in given]
    assert read[:4] == [120.0, 120.0, 12.0, 1200.0]
    assert all(map(math.isnan, read[4:]))


def test_nothing_is_not_unreadable() -> None:
    given = pd.Series(["", "-", "n/a", "NULL", "0", "tidak tahu"])
    assert is_nothing(given).tolist() == [True] * 4 + [False] * 2
