from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.project.base import default_values
from kalsel_gap.project.radio import Radio
from kalsel_gap.radio.propagation import building_entry, clutter, fresnel, vegetation
from kalsel_gap.radio.propagation.free_space import free_space_db
from kalsel_gap.radio.propagation.itm import ItmLink
from kalsel_gap.radio.propagation.itm import loss as itm_loss
from kalsel_gap.radio.propagation.itm_variability import Climate
from kalsel_gap.radio.propagation.path_inputs import Paths, RadioZone, run_in_threads

NAN = np.nan
km = st.floats(0.01, 500.0)
mhz = st.floats(30.0, 6000.0)


# --- Earth bulge, Fresnel zone, edges ------------------------------------------------------------


def test_the_figures_of_the_method() -> None:
    assert fresnel.earth_bulge_m(10.0, 10.0) == pytest.approx(5.9, abs=0.05)
    assert fresnel.fresnel_radius_m(10.0, 10.0, 1800.0) == pytest.approx(28.9, abs=0.05)


@given(km, km, mhz, st.floats(0.4, 4.0))
def test_the_usual_factors(first: float, second: float, f: float, k: float) -> None:
    """d1·d2/(12.74·k) and 17.32·√(d1·d2/(f·d)) with f in GHz."""
    assert fresnel.earth_bulge_m(first, second, k) == pytest.approx(
        first * second / (12.74 * k), rel=0.001
    )
    usual = 17.32 * np.sqrt(first * second / (f / 1000.0 * (first + second)))
    assert fresnel.fresnel_radius_m(first, second, f) == pytest.approx(usual, rel=0.001)


def test_at_the_ends_nothing_bulges_and_nothing_can_be_clear() -> None:
    assert fresnel.earth_bulge_m([0.0, 20.0], [20.0, 0.0]).tolist() == [0.0, 0.0]
    radius = fresnel.fresnel_radius_m([0.0, 0.0], [20.0, 0.0], 1800.0)
    assert radius[0] == 0.0
    assert np.isnan(radius[1])  # equal points
    assert np.isnan(fresnel.clearance_ratio(5.0, radius)).all()


@pytest.mark.parametrize(
    ("nu", "loss_db"), [(-1.0, 0.0), (-0.78, 0.0), (-0.7, 0.54), (0.0, 6.03), (2.4, 20.5)]
)
def test_a_knife_edge(nu: float, loss_db: float) -> None:
    # 13 + 20·log₁₀(2.4) = 20.6 for a high edge; 6.9 + 20·log₁₀(√1.64 - .8) just below the ray.
    assert fresnel.knife_edge(nu) == pytest.approx(loss_db, abs=0.06)
    assert fresnel.knife_edge_db(nu) == pytest.approx(loss_db, abs=0.06)


@given(st.lists(st.floats(-50.0, 50.0), min_size=2, max_size=2))
def test_an_edge_that_is_higher_loses_more(nu: list[float]) -> None:
    low, high = fresnel.knife_edge_db(sorted(nu))
    assert low <= high
    assert [low, high] == pytest.approx([fresnel.knife_edge(each) for each in sorted(nu)])


def test_an_unknown_edge_is_unknown() -> None:
    assert np.isnan(fresnel.knife_edge_db(NAN))
    assert np.isnan(fresnel.diffraction_parameter(NAN, 1.0, 1.0, 900.0))


@given(km, mhz)
def test_free_space_by_the_usual_formula_and_by_doubling(distance: float, f: float) -> None:
    usual = 32.45 + 20.0 * np.log10(f) + 20.0 * np.log10(distance)
    assert free_space_db(distance, f) == pytest.approx(usual, abs=0.01)
    for again in (free_space_db(2.0 * distance, f), free_space_db(distance, 2.0 * f)):
        assert again - free_space_db(distance, f) == pytest.approx(6.0206, abs=1e-4)


def test_free_space_of_nothing() -> None:
    assert np.isnan(free_space_db([0.0, -1.0, NAN, np.inf], 900.0)).all()
    assert np.isnan(free_space_db(1.0, [0.0, -900.0, NAN])).all()


# --- clutter and zones ---------------------------------------------------------------------------


def test_only_a_terrain_model_gets_clutter() -> None:
    heights = Radio.model_validate(default_values("radio")).clutter_heights_m()
    codes = np.array([[10, 50], [80, 0]])
    got = clutter.clutter_m(codes, heights, surface="dtm")
    assert got[0].tolist() == [20.0, 10.0]
    assert got[1, 0] == 0.0
    assert np.isnan(got[1, 1])  # without a class the height is unknown, not 0
    for surface in ("dsm", "unknown"):
        assert not clutter.clutter_m(codes, heights, surface=surface).any()


def test_every_class_of_the_land_cover_has_a_height() -> None:
    radio = Radio.model_validate(default_values("radio"))
    assert sorted(radio.clutter_heights_m()) == [10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100]
    assert all(each.source for each in radio.clutter.values())


def test_zones_by_hand() -> None:
    # 10 km between samples: low land within 50 km of the sea is coast, a mountain is not.
    ground = np.array([[0.0, 5, 5, 5, 5, 5, 5, 5, 200, 5, 5]])
    sea = np.array([True, *[False] * 10])
    paths = Paths.equally_spaced([100.0], ground)
    wanted = [RadioZone.SEA, *[RadioZone.COASTAL] * 5, *[RadioZone.INLAND] * 5]
    assert clutter.zones(paths, sea).tolist() == wanted
    assert (
        clutter.zones(Paths.equally_spaced([100.0], ground[:, ::-1]), sea[::-1]).tolist()
        == (wanted[::-1])
    )
    assert replace(paths, zone=clutter.zones(paths, sea)).zone.dtype == np.int8
    assert set(clutter.zones(paths, ~sea & sea).tolist()) == {RadioZone.INLAND}
    with pytest.raises(ValueError, match="as long as"):
        clutter.zones(paths, sea[1:])


# --- vegetation and buildings --------------------------------------------------------------------


def woodland_db(frequency_mhz: float, depth_m: float) -> float:
    values = Radio.model_validate(default_values("radio")).vegetation
    maximum = vegetation.maximum_db(frequency_mhz, values.maximum_factor, values.maximum_exponent)
    rate = vegetation.specific_db_per_m(frequency_mhz, values.specific)
    return float(vegetation.woodland_db(depth_m, rate, maximum))


def test_a_school_in_woodland_by_hand() -> None:
    # 949 MHz: γ = 0.17 dB/m, Am = 0.18·949^0.752 = 31.2 dB; 100 m: 31.2·(1 - e^(-17/31.2)) = 13.1.
    assert woodland_db(949.0, 100.0) == pytest.approx(13.1, abs=0.1)
    assert woodland_db(949.0, 0.0) == 0.0
    assert np.isnan(woodland_db(949.0, -1.0))
    assert np.isnan(woodland_db(949.0, NAN))


@given(mhz, mhz, st.floats(0.0, 5000.0), st.floats(0.0, 5000.0))
def test_more_woodland_and_higher_frequencies_lose_more(
    first: float, second: float, near: float, deep: float
) -> None:
    low, high = sorted([first, second])
    assert woodland_db(low, near) <= woodland_db(high, near) + 1e-9
    assert woodland_db(low, min(near, deep)) <= woodland_db(low, max(near, deep)) + 1e-9


def test_entry_loss_by_hand() -> None:
    # 1 GHz, half of the cases: 10·log₁₀(10^1.264 + 10^0.91 + 10^-0.3) = 14.3 and for an efficient
    # building 10·log₁₀(10^2.819 + 10^2.78 + 10^-0.3) = 31.0.
    for kind, wanted in zip(building_entry.Building, (14.31, 31.01), strict=True):
        got = building_entry.entry_loss_db(1000.0, building=kind)
        assert got == pytest.approx(wanted, abs=0.01)
    assert np.isnan(building_entry.entry_loss_db([79.0, 100_001.0, NAN])).all()
    assert np.isnan(building_entry.entry_loss_db(1000.0, share=[0.0, 1.0, NAN])).all()


@pytest.mark.parametrize(
    ("kind", "frequency_mhz", "elevation_deg", "wanted"),
    [
        ("traditional", 28_000.0, 0.0, [2.769, 6.891, 45.021]),
        ("efficient", 28_000.0, 0.0, [9.369, 19.484, 79.602]),
        ("traditional", 2000.0, 45.0, [3.508, 11.251, 43.796]),
        ("efficient", 2000.0, 45.0, [8.605, 20.566, 66.905]),
    ],
)
def test_entry_loss_of_the_reference_workbook(
    kind: str, frequency_mhz: float, elevation_deg: float, wanted: list[float]
) -> None:
    """Of ITU-R Study Group 3, as its implementation in MATLAB lists them (eeveetza/p2109)."""
    got = building_entry.entry_loss_db(
        frequency_mhz,
        share=[0.01, 0.1, 0.9772372],
        elevation_deg=elevation_deg,
        building=building_entry.Building(kind),
    )
    assert got == pytest.approx(wanted, abs=0.001)


@given(mhz.filter(lambda f: f >= 80.0), st.floats(0.01, 0.98))
def test_more_buildings_lose_more(f: float, share: float) -> None:
    low, high = building_entry.entry_loss_db(f, share=[share, share + 0.01])
    assert low < high
    assert building_entry.entry_sigma_db(f) > 0.0


# --- profiles and defaults -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"first": [0, 5]}, "run from 0"),
        ({"first": [1, 3]}, "run from 0"),
        ({"first": [0, 2, 1, 3], "length_km": [1.0] * 3}, "rise"),
        ({"first": [0, 3, 3]}, "one entry more"),
        ({"clutter_m": [0.0]}, "clutter_m"),
        ({"distance_km": [0.0, 1.0]}, "distance_km"),
        ({"zone": [4, 4, 2]}, "zone"),
    ],
)
def test_profiles_that_do_not_fit_together(wrong: dict[str, Any], match: str) -> None:
    right: dict[str, Any] = {"first": [0, 3], "length_km": [1.0], "ground_m": [0.0, 1.0, 2.0]}
    assert len(Paths(**right)) == 1
    with pytest.raises(ValueError, match=match):
        Paths(**(right | wrong))


def test_heights_keep_their_width() -> None:
    small = Paths.equally_spaced([1.0], np.zeros((1, 3), dtype=np.float32), clutter_m=[[0, 1, 0]])
    assert small.ground_m.dtype == small.clutter_m.dtype == np.float32
    whole = Paths.equally_spaced([1.0], np.zeros((1, 3), dtype=np.int16))
    assert whole.ground_m.dtype == np.float64


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_every_path_is_done_once(count: int, threads: int) -> None:
    done = np.zeros(count, dtype=int)

    def work(begin: int, end: int) -> None:
        done[begin:end] += 1

    run_in_threads(work, count, threads)
    assert (done == 1).all()


def test_the_defaults_can_be_used() -> None:
    radio = Radio.model_validate(default_values("radio"))
    link = ItmLink(
        frequency_mhz=900.0, tx_height_m=40.0, rx_height_m=8.0, n0=radio.atmosphere.n0,
        climate=Climate[radio.atmosphere.climate.upper()],
        permittivity=radio.ground.permittivity, conductivity_s_m=radio.ground.conductivity_s_m,
    )  # fmt: skip
    found = itm_loss(Paths.equally_spaced([10.0], np.zeros((1, 50))), link)
    assert np.isfinite(found.loss_db).all()
    assert building_entry.Building(radio.prediction.building) in building_entry.COEFFICIENTS
    assert fresnel.worst_k([1.0, 1000.0], radio.k_factor.worst).tolist() == [0.6, 0.8]
