"""A level that was measured at a school counts there, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import MakeRaster, SignalsAt

MAP = {
    "technology": "4g",
    "operator": "telkomsel",
    "kind": "rsrp_dbm",
    "basis": "modelled",
    "nodata_means": "none",
}
# Two schools in one cell: the map says -95 dBm (.70) of both.
SCHOOLS = [{"lat": -2.905, "lon": 115.304}, {"lat": -2.905, "lon": 115.306}]
HEADER = "npsn,operator,technology,rsrp_dbm,rssi_dbm,lat,lon\n"


def available(
    signals_at: SignalsAt, raster: MakeRaster, levels: str, **more: object
) -> list[float]:
    coverage = [{**MAP, "path": str(raster("a.tif", [[-95]]))}]
    sections = {"coverage": coverage, "measurements": [{"path": "levels.csv"}], **more}
    staged = signals_at(SCHOOLS, sections, {"levels.csv": HEADER + levels})
    signals = staged.tables["signals"]
    measured = signals[signals["basis"] == "measured"]
    assert set(measured["source"]) <= {"levels.csv"}
    assert measured["used"].all()
    return list(staged.columns["available"].round(4))


def test_the_median_counts_before_a_map_of_its_operator(
    signals_at: SignalsAt, raster: MakeRaster
) -> None:
    one = "00000001,Telkomsel,4g,{},,,\n"
    # -110 dBm is .25; of three the middle one.
    levels = "".join(one.format(level) for level in (-120, -110, -70))
    assert available(signals_at, raster, levels) == [0.25, 0.7]


def test_other_operators_and_technologies_are_evidence_of_their_own(
    signals_at: SignalsAt, raster: MakeRaster
) -> None:
    # -85 dBm of another operator is .85; 2G of -80 dBm is .05, and the map of 4G stays better.
    levels = "00000001,indosat,4g,-85,,,\n00000002,telkomsel,2g,,-80,,\n"
    assert available(signals_at, raster, levels) == [0.85, 0.7]


def test_levels_of_one_old_technology_alone(signals_at: SignalsAt, raster: MakeRaster) -> None:
    assert available(signals_at, raster, "00000002,axis,2g,,-50,,\n") == [0.7, 0.7]


def test_no_signal_is_known_too(signals_at: SignalsAt, raster: MakeRaster) -> None:
    assert available(signals_at, raster, "00000001,telkomsel,4g,-141,,,\n") == [0.0, 0.7]


def test_no_signal_at_all_is_said_in_words(signals_at: SignalsAt, raster: MakeRaster) -> None:
    """It is the lowest level of the curve, -140 dBm: with one of -100 dBm the median is -120."""
    words = "npsn,operator,technology,signal,rsrp_dbm\n"
    rows = "00000001,telkomsel,4g,Tidak Ada,\n00000002,telkomsel,4g,none,\n"
    coverage = [{**MAP, "path": str(raster("a.tif", [[-95]]))}]
    sections = {"coverage": coverage, "measurements": [{"path": "levels.csv"}]}
    levels = words + rows + "00000002,telkomsel,4g,,-100\n"
    staged = signals_at(SCHOOLS, sections, {"levels.csv": levels})
    assert list(staged.columns["available"].round(4)) == [0.0, 0.05]
    measured = staged.tables["signals"].query("basis == 'measured'")
    assert measured["status"].tolist() == ["none", "value"]
    assert measured["used"].all()


@pytest.mark.parametrize("levels", ["", "99999999,telkomsel,4g,-110,,,\n"])
def test_levels_of_nobody_move_nobody(
    signals_at: SignalsAt, raster: MakeRaster, levels: str
) -> None:
    placed = ",telkomsel,4g,-110,,-2.905,115.305\n"  # on the road: it calibrates predictions
    assert available(signals_at, raster, levels + placed) == [0.7, 0.7]


def test_a_doubtful_location_has_the_level_wherever_it_is(
    signals_at: SignalsAt, raster: MakeRaster
) -> None:
    coverage = [{**MAP, "path": str(raster("a.tif", [[-95, -95]]))}]
    rows = [{**SCHOOLS[0], "confidence": "D", "point_weight": 0.5, "point_radius_m": 250.0}]
    sections = {"coverage": coverage, "measurements": [{"path": "levels.csv"}]}
    files = {"levels.csv": HEADER + "00000001,telkomsel,4g,-110,,,\n"}
    staged = signals_at(rows, sections, files)
    measured = staged.tables["signals"].query("basis == 'measured'")
    assert set(measured["place"]) == set(staged.tables["signals"]["place"])
    assert staged.columns["available"].tolist() == pytest.approx([0.25])
