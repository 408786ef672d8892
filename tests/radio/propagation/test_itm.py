from __future__ import annotations

import csv
from math import exp, pi, sin, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kalsel_gap.radio.propagation import itm
from kalsel_gap.radio.propagation.itm_variability import (
    Climate,
    Variability,
    VariabilityTerms,
    varied_db,
)
from kalsel_gap.radio.propagation.longley_rice import WAVE_NUMBER, ItmPath, reference_db
from kalsel_gap.radio.propagation.path_inputs import Paths, Status
from tests.conftest import hills

if TYPE_CHECKING:
    from pathlib import Path

FloatArray = NDArray[np.float64]
NAN = np.nan


def usual(**terms: Any) -> itm.ItmLink:
    """A 4G site and a school, unless a test changes terms."""
    given_terms: dict[str, Any] = {
        "frequency_mhz": 1800.0,
        "tx_height_m": 42.0,
        "rx_height_m": 8.0,
        "n0": 360.0,
    }
    return itm.ItmLink(**(given_terms | terms))


def rows_of(path: Path) -> list[dict[str, float]]:
    with path.open(encoding="ascii", newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


# --- NTIA's own results --------------------------------------------------------------------------


@pytest.mark.real
def test_the_five_point_to_point_losses(shared: Path) -> None:
    folder = shared / "validation" / "itm"
    cases = rows_of(folder / "p2p.csv")
    with (folder / "pfls.csv").open(encoding="ascii", newline="") as file:
        profiles = [np.array(row, dtype=float) for row in csv.reader(file)]
    assert len(cases) == len(profiles) == 5
    grounds = [each[2:] for each in profiles]
    assert [ground.size for ground in grounds] == [each[0] + 1 for each in profiles]
    paths = Paths(
        np.cumsum([0, *(ground.size for ground in grounds)]),
        np.array([each[0] * each[1] / 1000.0 for each in profiles]),
        np.concatenate(grounds),
    )
    names = {
        "frequency_mhz": "f__mhz",
        "tx_height_m": "h_tx__meter",
        "rx_height_m": "h_rx__meter",
        "n0": "N_0",
        "climate": "climate",
        "permittivity": "epsilon",
        "conductivity_s_m": "sigma",
        "polarization": "pol",
        "variability": "mdvar",
        "time_percent": "time",
        "location_percent": "location",
        "situation_percent": "situation",
    }
    link = itm.ItmLink(**{ours: [case[theirs] for case in cases] for ours, theirs in names.items()})
    found = itm.loss(paths, link)
    assert not found.status.any()
    # They are published with two decimals.
    assert found.loss_db.round(2).tolist() == [case["A__db"] for case in cases]


@pytest.mark.real
def test_the_formulas_behind_by_the_area_losses(shared: Path) -> None:
    """NTIA's area results use the same formulas; three of them have line of sight."""
    sights = 0
    for case in rows_of(shared / "validation" / "itm" / "area.csv"):
        f, delta_m, path_m = case["f__mhz"], case["delta_h__meter"], 1000.0 * case["d__km"]
        radius_m = 1.0 / (157e-9 * (1.0 - 0.04665 * exp(case["N_0"] / 179.3)))
        permittivity = complex(case["epsilon"], 18_000.0 * case["sigma"] / f)
        impedance = (permittivity - 1.0) ** 0.5
        impedance /= permittivity if case["pol"] == 1 else 1.0
        heights = [case["h_tx__meter"], case["h_rx__meter"]]
        effective, horizon, angle = [], [], []
        for height, siting in zip(
            heights, (case["tx_siting_criteria"], case["rx_siting_criteria"]), strict=True
        ):
            care = {0: 0.0, 1: 4.0, 2: 9.0}[int(siting)]
            care *= sin(0.1 * pi * height) if height < 5.0 else 1.0
            lift = exp(-min(20.0, 2.0 * height / max(0.001, delta_m))) if siting else 0.0
            high = height + (1.0 + care) * lift
            smooth = sqrt(2.0 * high * radius_m)
            at = smooth * exp(-0.07 * sqrt(delta_m / max(high, 5.0)))
            effective.append(high)
            horizon.append(at)
            angle.append((0.65 * delta_m * (smooth / at - 1.0) - 2.0 * high) / smooth)
        ground = ItmPath(
            f, f / WAVE_NUMBER, impedance, radius_m, case["N_0"], delta_m,
            heights[0], heights[1], effective[0], effective[1], horizon[0], horizon[1],
            angle[0], angle[1],
            sqrt(2.0 * effective[0] * radius_m) + sqrt(2.0 * effective[1] * radius_m),
            sum(horizon), -max(sum(angle), -sum(horizon) / radius_m), heights[0] * heights[1],
        )  # fmt: skip
        terms = VariabilityTerms(
            f, heights[0], heights[1], case["N_0"], case["climate"], case["epsilon"],
            case["sigma"], case["pol"], case["mdvar"], case["time"], case["location"],
            case["situation"],
        )  # fmt: skip
        free_space = 32.45 + 20.0 * np.log10(f * case["d__km"])
        varied = varied_db(path_m, reference_db(path_m, ground), ground, terms)
        assert free_space + varied == pytest.approx(case["A__db"], abs=0.0501), case
        sights += path_m < ground.sight_m
    assert sights == 3


# --- by hand -------------------------------------------------------------------------------------


def test_a_flat_path_by_hand() -> None:
    # Refractivity at sea level stays; curvature 157e-9·(1 - 0.04665·e^(301/179.3)) per metre.
    paths = Paths.equally_spaced([30.0], np.zeros((1, 101)))
    steps, _ = itm.details(paths, usual(n0=301.0))
    assert steps["refractivity"][0] == 301.0
    assert steps["radius_m"][0] == pytest.approx(8_493_000, rel=0.001)
    assert steps["irregularity_m"][0] == 0.0
    assert steps["tx_effective_m"][0] == 42.0
    # √(2·42·8.493e6) = 26.7 km to the horizon, and 32.45 + 20·log₁₀(1800·30) = 127.1 dB.
    assert steps["tx_horizon_m"][0] == pytest.approx(26_711, abs=15)
    assert steps["free_space_db"][0] == pytest.approx(127.10, abs=0.01)


def test_terrain_irregularity_is_the_interdecile_range() -> None:
    # A wave of ±50 m is within ±50·cos(π/10) m for eight tenths of its way, a range of 95.1 m;
    # on 40 km the formula for an infinite path divides by 1 - 0.8·e^(-40/50).
    wave = 500.0 + 50.0 * np.sin(np.linspace(0.0, 20.0 * np.pi, 2001))
    steps, _ = itm.details(
        Paths.equally_spaced([40.0], wave[None, :]), usual(tx_height_m=1.0, rx_height_m=1.0)
    )
    wanted = 100.0 * np.cos(np.pi / 10.0) / (1.0 - 0.8 * exp(-0.8))
    assert steps["irregularity_m"][0] == pytest.approx(wanted, rel=0.05)


# --- properties ----------------------------------------------------------------------------------

seeds = st.integers(0, 100_000)


@given(
    seeds, st.floats(1.0, 2000.0), st.floats(20.0, 20_000.0), st.floats(0.5, 3000.0),
    st.sampled_from(Climate), st.sampled_from(Variability), st.sampled_from([0, 10, 20, 30]),
    st.floats(1.0, 99.0),
)  # fmt: skip
@settings(max_examples=300)
def test_whatever_is_covered_has_a_loss(
    seed: int, path_km: float, frequency_mhz: float, mast_m: float, climate: Climate,
    variability: Variability, without: int, percent: float,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    h = rng.choice([0.0, 1.0, 300.0, 4000.0], 1) * rng.random((1, int(rng.integers(3, 300))))
    link = usual(
        frequency_mhz=frequency_mhz, tx_height_m=mast_m, climate=climate,
        variability=variability + without, polarization=seed % 2, time_percent=percent,
        location_percent=100.0 - percent, situation_percent=percent,
    )  # fmt: skip
    found = itm.loss(Paths.equally_spaced([path_km], h), link)
    impossibly_steep = np.abs(np.diff(h)).max() > 2000.0 * path_km / h.size
    assert found.status[0] == Status.OK or (impossibly_steep and found.status[0] == Status.PROFILE)
    assert np.isfinite(found.loss_db[0]) == (found.status[0] == Status.OK)


@given(seeds, st.floats(2.0, 300.0), st.integers(5, 54), st.floats(500.0, 2000.0))
@settings(max_examples=100)
@example(seed=1, path_km=210.42578125, at=49, height_m=1391.0)  # 10 steps from the receiver: 6 dB
def test_over_a_mountain_the_loss_is_the_same_either_way(
    seed: int, path_km: float, at: int, height_m: float
) -> None:
    """Lines are fitted to the samples up to nine tenths of the way to each horizon.

    Where that is a sample, at every tenth step, the rounding of its distance decides whether the
    line has it, and it is not the same rounding either way: only there losses may differ.
    """
    h = hills(seed)
    h[0, at] += height_m
    paths = Paths.equally_spaced([path_km] * 2, np.vstack([h, h[:, ::-1]]))
    steps, _ = itm.details(paths, usual(tx_height_m=[42.0, 8.0], rx_height_m=[8.0, 42.0]))
    for step in ("horizon_m", "elevation_rad"):
        there, back = steps[f"tx_{step}"], steps[f"rx_{step}"][::-1]
        assert there == pytest.approx(back, rel=1e-9, abs=1e-12)
    assert steps["free_space_db"][0] == steps["free_space_db"][1]
    assert steps["irregularity_m"][0] == pytest.approx(steps["irregularity_m"][1], abs=1e-8)
    horizons_m = np.array([steps["tx_horizon_m"][0], steps["rx_horizon_m"][0]])
    tenths = np.round(horizons_m / (1000.0 * path_km) * (h.size - 1)) % 10.0 == 0.0
    for end, may_differ in zip(("tx", "rx"), tenths, strict=True):
        other = {"tx": "rx", "rx": "tx"}[end]
        same = steps[f"{end}_effective_m"][0] == pytest.approx(steps[f"{other}_effective_m"][1])
        assert same or may_differ
    if not tenths.any():
        assert steps["loss_db"][0] == pytest.approx(steps["loss_db"][1], abs=1e-9)


@given(seeds, st.floats(1.0, 200.0), st.lists(st.floats(1.0, 99.0), min_size=2, max_size=2))
@settings(max_examples=100)
def test_what_more_cases_shall_meet_loses_more(
    seed: int, path_km: float, percent: list[float]
) -> None:
    paths = Paths.equally_spaced([path_km] * 2, hills(seed).repeat(2, axis=0))
    found = itm.loss(paths, usual(situation_percent=sorted(percent)))
    assert found.loss_db[0] <= found.loss_db[1] + 1e-9


@given(
    st.floats(2.0, 8.0), st.integers(25, 75), st.floats(300.0, 3000.0),
    st.floats(50.0, 300.0), st.floats(1.0, 2.0), st.floats(1.0, 3.0),
)  # fmt: skip
@settings(max_examples=200)
def test_a_higher_ridge_and_a_higher_frequency_lose_more(
    path_km: float, at: int, frequency_mhz: float, height_m: float, grown: float, faster: float
) -> None:
    """Where only an edge counts: over ridges as steep as walls, at wavelengths of metres and far
    behind, the model weights it with a round Earth and scatter, and the result has steps."""
    ground = np.zeros((3, 101))
    ground[:, at] = [height_m, height_m * grown, height_m]
    link = usual(frequency_mhz=[frequency_mhz, frequency_mhz, frequency_mhz * faster])
    found = itm.loss(Paths.equally_spaced([path_km] * 3, ground), link)
    assert found.loss_db[0] <= found.loss_db[1] + 1e-9
    assert found.loss_db[0] <= found.loss_db[2] + 1e-9


# --- batches and hostile input -------------------------------------------------------------------


def test_threads_forms_and_neighbours_change_nothing() -> None:
    ground = hills(1, rows=40).astype(np.float32)
    length = np.linspace(1.5, 80.0, 40)
    paths = Paths.equally_spaced(length, ground)
    found = itm.loss(paths, usual())
    for threads in (2, 3):
        assert np.array_equal(itm.loss(paths, usual(), threads=threads).loss_db, found.loss_db)
    alone = itm.loss(Paths.equally_spaced(length[7:8], ground[7:8]), usual())
    assert alone.loss_db[0] == found.loss_db[7]
    d = [np.linspace(0.0, each, 60) for each in length]
    unequal = itm.loss(Paths.of(d, list(ground.astype(np.float64))), usual())
    assert unequal.loss_db == pytest.approx(found.loss_db, abs=1e-9)


@pytest.mark.parametrize(
    ("terms", "status"),
    [
        ({"frequency_mhz": 19.0}, Status.FREQUENCY),
        ({"frequency_mhz": NAN}, Status.FREQUENCY),
        ({"tx_height_m": 0.4}, Status.ANTENNA),
        ({"rx_height_m": NAN}, Status.ANTENNA),
        ({"n0": 240.0}, Status.TERM),
        ({"climate": 8}, Status.TERM),
        ({"climate": 1.5}, Status.TERM),
        ({"variability": 4}, Status.TERM),
        ({"variability": 40}, Status.TERM),
        ({"permittivity": 0.9}, Status.TERM),
        ({"permittivity": 1.0, "polarization": 0}, Status.TERM),
        ({"conductivity_s_m": 0.0}, Status.TERM),
        ({"polarization": -1}, Status.TERM),
        ({"time_percent": 0.0}, Status.TERM),
        ({"situation_percent": 100.0}, Status.TERM),
    ],
)
def test_what_the_model_does_not_cover(terms: dict[str, Any], status: Status) -> None:
    found = itm.loss(Paths.equally_spaced([10.0], hills(0)), usual(**terms))
    assert found.status.tolist() == [status]
    assert np.isnan(found.loss_db).all()


def test_a_bad_path_stops_no_other() -> None:
    good = hills(5)[0]
    hole = good.copy()
    hole[20] = NAN
    d = np.linspace(0.0, 10.0, 60)
    uneven = d.copy()
    uneven[30] += 0.05
    bad: list[tuple[FloatArray, FloatArray, Status]] = [
        (d, hole, Status.VOID),
        (uneven, good, Status.PROFILE),
        (d[:2], good[:2], Status.PROFILE),
        (d * 0.0, good, Status.DISTANCE),
        (d * 0.09, good, Status.DISTANCE),
        (d * 1000.0, good, Status.DISTANCE),
        (d, good - 11_000.0, Status.PROFILE),
        (d, good + 8_700.0, Status.PROFILE),
        (d, good - 32_768.0, Status.VOID),
        (d, good * 1e200, Status.VOID),
    ]
    paths = Paths.of([d, *(x for x, _, _ in bad), d], [good, *(h for _, h, _ in bad), good])
    found = itm.loss(paths, usual(), threads=2)
    assert found.status.tolist() == [Status.OK, *(wanted for _, _, wanted in bad), Status.OK]
    assert found.loss_db[0] == found.loss_db[-1]
    assert np.isnan(found.loss_db[1:-1]).all()
