from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kalsel_gap.radio.propagation import geometry, p1812
from kalsel_gap.radio.propagation.diffraction import bullington_db, globe_of, spherical_db, wave_of
from kalsel_gap.radio.propagation.geometry import Profile
from kalsel_gap.radio.propagation.location_variability import location_sigma_db, normal_quantile
from kalsel_gap.radio.propagation.path_inputs import Paths, Polarization, RadioZone, Status
from tests.conftest import hills

if TYPE_CHECKING:
    from pathlib import Path

FloatArray = NDArray[np.float64]
NAN = np.nan


def usual(**terms: Any) -> p1812.P1812Link:
    """A 4G site and a school, unless a test changes terms."""
    given_terms: dict[str, Any] = {
        "frequency_mhz": 1800.0,
        "tx_height_m": 42.0,
        "rx_height_m": 8.0,
        "latitude_deg": -3.0,
        "delta_n": 50.0,
        "n0": 380.0,
    }
    return p1812.P1812Link(**(given_terms | terms))


def profile_of(d: FloatArray, ground: FloatArray, surface: FloatArray | None = None) -> Profile:
    n = d.size
    to_tx, to_rx = np.zeros(n), np.zeros(n)
    to_tx[1:-1], to_rx[1:-1] = 1.0 / d[1:-1], 1.0 / (d[-1] - d[1:-1])
    top = ground if surface is None else surface
    return Profile(n, d, to_tx, to_rx, ground, top, surface is None)


# --- the published results -----------------------------------------------------------------------


class Published(NamedTuple):
    """A published profile with one of its results."""

    d_km: FloatArray
    ground_m: FloatArray
    clutter_m: FloatArray
    zone: NDArray[np.int8]
    log: list[tuple[str, str, float]]


# Names of the logs, and the equation where a name has two meanings.
STEPS = {
    ("d (km)", ""): "path_km",
    ("dlt (km)", "Eq (78)"): "tx_horizon_km",
    ("dlr (km)", "Eq (81a)"): "rx_horizon_km",
    ("th_t (mrad)", "Eqs (76-78)"): "tx_elevation_mrad",
    ("th_r (mrad)", "Eqs (79-81)"): "rx_elevation_mrad",
    ("th (mrad)", "Eq (82)"): "angular_distance_mrad",
    ("hts (m)", ""): "tx_antenna_m",
    ("hrs (m)", ""): "rx_antenna_m",
    ("w", "Table 5"): "sea_share",
    ("dtm (km)", "Sec 3.6"): "land_km",
    ("dlm (km)", "Sec 3.6"): "inland_km",
    ("b0 (%)", "Eq (5)"): "beta0_percent",
    ("ae (km)", "Eq (7a)"): "radius_km",
    ("hst (m)", "Eq (85)"): "tx_fit_m",
    ("hsr (m)", "Eq (86)"): "rx_fit_m",
    ("hstd (m)", "Eq (89)"): "tx_diffraction_m",
    ("hsrd (m)", "Eq (89)"): "rx_diffraction_m",
    ("hte (m)", "Eq (92a)"): "tx_effective_m",
    ("hre (m)", "Eq (92b)"): "rx_effective_m",
    ("hm (m)", "Eq (93)"): "roughness_m",
    ("Fi", "Eq (40)"): "time_factor",
    ("Fj", "Eq (57)"): "angle_factor",
    ("Fk", "Eq (58)"): "distance_factor",
    ("Lbfs", "Eq (8)"): "free_space_db",
    ("Lb0p", "Eq (10)"): "line_of_sight_p_db",
    ("Lb0b", "Eq (11)"): "line_of_sight_beta_db",
    # The last values of the logs under these names belong to the Earth radius of β0.
    ("Lbulla (dB)", "Eq (21)"): "bullington_beta_db",
    ("Lbulls (dB)", "Eq (21)"): "smooth_beta_db",
    ("Ldsph (dB)", "Eq (27)"): "spherical_beta_db",
    ("Ldb (dB)", "Eq (39)"): "diffraction_beta_db",
    ("Ld50 (dB)", "Eq (39)"): "diffraction_median_db",
    ("Ldp (dB)", "Eq (41)"): "diffraction_p_db",
    ("Lbd50 (dB)", "Eq (42)"): "median_db",
    # The reference program writes eq. (61) over eq. (43) before it prints both.
    ("Lbd (dB)", "Eq (43)"): "ducted_diffraction_db",
    ("Lminb0p (dB)", "Eq (59)"): "least_p_db",
    ("Lba (dB)", "Eq (46)"): "ducting_db",
    ("Lminbap (dB)", "Eq (60)"): "least_ducting_db",
    ("Lbda (dB)", "Eq (61)"): "ducted_diffraction_db",
    ("Lbam (dB)", "Eq (62)"): "modified_diffraction_db",
    ("Lbs (dB)", "Eq (44)"): "troposcatter_db",
    ("Lbc (dB)", "Eq (63)"): "outdoor_median_db",
    ("Lb (dB)", "Eq (69)"): "loss_db",
    ("Ep (dBuV/m)", "Eq (70)"): "field_strength_dbuv_m",
}


def published(folder: Path) -> list[Published]:
    """Every result with its profile."""
    found = []
    for path in sorted((folder / "results").glob("*_log.csv")):
        profile = folder / "profiles" / (re.sub(r"_\d_log$", "", path.stem) + ".csv")
        lines = profile.read_text(encoding="ascii").splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("Number of Points"))
        count = int(lines[at].rpartition(",")[2])
        rows = np.array([line.split(",")[:5] for line in lines[at + 1 : at + 1 + count]], float)
        with path.open(encoding="ascii", newline="") as file:
            log = [
                (row[0].strip(), row[1].strip(), float(row[-2]))
                for row in csv.reader(file)
                if len(row) > 3 and not row[0].startswith("#") and row[-2]
            ]
        zone = rows[:, 4].astype(np.int8)
        found.append(Published(rows[:, 0], rows[:, 1], rows[:, 3], zone, log))
    return found


@pytest.mark.real
def test_every_published_step(shared: Path) -> None:
    cases = published(shared / "validation" / "p1812")
    assert len(cases) == 30
    given_terms = [{name: value for name, _, value in reversed(case.log)} for case in cases]
    terms = {key: np.array([each[key] for each in given_terms]) for key in given_terms[0]}
    paths = Paths.of(
        [case.d_km for case in cases],
        [case.ground_m for case in cases],
        clutter_m=[case.clutter_m for case in cases],
        zone=[case.zone for case in cases],
    )
    link = p1812.P1812Link(
        frequency_mhz=terms["f (GHz)"] * 1000.0,
        tx_height_m=terms["htg (m)"],
        rx_height_m=terms["hrg (m)"],
        latitude_deg=terms["phi (deg)"],
        delta_n=terms["DN"],
        n0=terms["N0"],
        time_percent=terms["p (%)"],
        location_percent=terms["pL (%)"],
        location_sigma_db=terms["sigmaL (dB)"],
        polarization=terms["pol"] - 1.0,
        tx_coast_km=terms["dct (km)"],
        rx_coast_km=terms["dcr (km)"],
    )
    steps, status = p1812.details(paths, link)
    assert not status.any()
    compared = 0
    for i, case in enumerate(cases):
        for name, equation, value in case.log:
            step = STEPS.get((name, equation))
            if step is None:
                continue
            assert steps[step][i] == pytest.approx(value, abs=1e-6, rel=1e-8), (i, name, equation)
            compared += 1
    assert compared == 30 * len(STEPS)


# Field strength in dBµV/m of 1 kW, exceeded for 1, 10 and 50 % of time, of the same source but not
# in the folder. Its profiles can be made from those of the folder: vertical polarization; the
# samples nearest to 2001 equally spaced places; the first 100 km as if there were no sea; and the
# first kilometre, whose six samples are those of the profile of 10 km.
ELSEWHERE = {
    ("sea", "vertical"): (49.71941069, 40.40580540, 19.45997309),
    ("equal", "horizontal"): (49.84343245, 40.31240276, 18.86906501),
    ("equal", "vertical"): (49.71785152, 40.41131262, 19.46091059),
    ("equal inland", "horizontal"): (49.84342625, 35.08671910, 18.86909474),
    ("100 km", "horizontal"): (62.96805469, 59.70936930, 56.72515496),
    ("1 km", "horizontal"): (91.90331472, 91.63917679, 91.45198697),
}
MIDDLE_DEG = {"100 km": 53.39987472, "1 km": 53.18551669}


@pytest.mark.real
def test_published_results_over_the_sea_that_are_not_in_the_folder(shared: Path) -> None:
    cases = published(shared / "validation" / "p1812")
    sea = next(case for case in cases if case.d_km[-1] == 235.1 and 1 in case.zone)
    d = np.linspace(0.0, 235.1, 2001)
    nearest = np.abs(sea.d_km - d[:, None]).argmin(axis=1)
    inland = np.full(sea.d_km.size, RadioZone.INLAND, dtype=np.int8)
    taken = {
        "sea": (sea.d_km, slice(None), sea.zone),
        "equal": (d, nearest, sea.zone),
        "equal inland": (d, nearest, inland),
        "100 km": (sea.d_km[sea.d_km <= 100.0], sea.d_km <= 100.0, inland),
        "1 km": (sea.d_km[sea.d_km <= 1.0], sea.d_km <= 1.0, inland),
    }
    for (name, polarization), wanted in ELSEWHERE.items():
        distance, samples, zone = taken[name]
        paths = Paths.of(
            [distance] * 3,
            [sea.ground_m[samples]] * 3,
            clutter_m=[sea.clutter_m[samples]] * 3,
            zone=[zone[samples]] * 3,
        )
        link = p1812.P1812Link(
            frequency_mhz=95.3,
            tx_height_m=60.0,
            rx_height_m=7.0,
            latitude_deg=MIDDLE_DEG.get(name, 53.68658428),
            delta_n=45.0,
            n0=326.079979,
            time_percent=[1.0, 10.0, 50.0],
            polarization=Polarization[polarization.upper()],
            tx_coast_km=500.0,
            rx_coast_km=500.0,
        )
        steps, _ = p1812.details(paths, link)
        assert steps["field_strength_dbuv_m"] == pytest.approx(wanted, abs=1e-6), name


@pytest.mark.real
def test_published_results_over_a_town_that_are_not_in_the_folder(shared: Path) -> None:
    """The six results of the profile without a log, and those of vertical polarization."""
    name = "rburg_urban_with_clutter.csv"
    text = (shared / "validation" / "p1812" / "profiles" / name).read_text(encoding="ascii")
    measured = [row.split(",") for row in text.partition("{Begin of Measurements}\n")[2].split()]
    rows = [row for row in measured if len(row) > 9]
    cases = published(shared / "validation" / "p1812")
    town = next(case for case in cases if case.log[-1][2] == pytest.approx(9.581584417))
    paths = Paths.of([town.d_km] * 12, [town.ground_m] * 12, clutter_m=[town.clutter_m] * 12)
    link = p1812.P1812Link(
        frequency_mhz=[float(row[0]) for row in rows] * 2,
        time_percent=[float(row[14]) for row in rows] * 2,
        polarization=[Polarization.HORIZONTAL] * 6 + [Polarization.VERTICAL] * 6,
        tx_height_m=12.0,
        rx_height_m=19.0,
        latitude_deg=48.58877214,
        delta_n=45.0,
        n0=323.947135,
        tx_coast_km=500.0,
        rx_coast_km=500.0,
    )
    steps, _ = p1812.details(paths, link)
    assert steps["loss_db"][:6] == pytest.approx([float(row[-1]) for row in rows], abs=1e-6)
    # Of 22 dBW, which is 8 dB less than 1 kW.
    upright = [9.58158442, -3.36795650, -18.51652276, 8.42284248, -18.01852218, -19.03248554]
    assert steps["field_strength_dbuv_m"][6:] - 8.0 == pytest.approx(upright, abs=1e-6)


# --- by hand -------------------------------------------------------------------------------------


def test_a_single_ridge_by_hand() -> None:
    # 20 km at 1.5 GHz over an Earth next to flat, a ridge 50 m above the ray half way:
    # ν = 50·√(0.002·20/(0.19987·100)) = 2.2368, J(ν) = 19.956 dB, and with the empirical
    # correction 19.956 + (1 - e^(-19.956/6))·10.4 = 29.982 dB.
    d = np.array([0.0, 10.0, 20.0])
    profile = profile_of(d, np.array([0.0, 150.0, 0.0]))
    got = bullington_db(profile, profile.surface, 100.0, 100.0, 1e12, 1.5)
    assert got == pytest.approx(29.982, abs=0.001)
    # Far below the ray there is no loss.
    low = profile_of(d, np.array([0.0, -500.0, 0.0]))
    assert bullington_db(low, low.surface, 100.0, 100.0, 1e12, 1.5) == 0.0


def test_a_ray_that_just_grazes_costs_six_decibels() -> None:
    d = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    flat = profile_of(d, np.full(5, 10.0))
    edge = 6.9 + 20.0 * np.log10(np.hypot(0.1, 1.0) - 0.1)
    wanted = edge + (1.0 - np.exp(-edge / 6.0)) * (10.0 + 0.08)
    got = bullington_db(flat, flat.surface, 10.0, 10.0, np.inf, 1.0)
    assert got == pytest.approx(wanted, abs=1e-9)


def test_spherical_earth_by_hand() -> None:
    # 10 km, 50 m masts, k = 4/3, 2 GHz: the ray clears the bulge of 25·1000/(2·8495) = 1.47 m by
    # 48.5 m, more than 17.456·√(5·5·0.1499/10) = 10.7 m: free.
    assert spherical_db(10.0, 50.0, 50.0, globe_of(8495.0), wave_of(2.0, 1.0), 0.0) == 0.0
    # Beyond the horizons, √(2·8495)·2·√0.05 = 58.3 km, a land path loses as P.526 says: every
    # kilometre at a rate of 17.6·21.88·β·(f/a²)^⅓ dB with β ≈ 1, less 10·log₁₀ of the distance.
    loss = [
        spherical_db(d, 50.0, 50.0, globe_of(8495.0), wave_of(2.0, 1.0), 0.0)
        for d in (100.0, 200.0)
    ]
    rate = 17.6 * 21.88 * (2.0 / 8495.0**2) ** (1.0 / 3.0)
    assert loss[1] - loss[0] == pytest.approx(100.0 * rate - 10.0 * np.log10(2.0), abs=0.05)


def test_shares_of_a_path_by_hand() -> None:
    # Samples stand for half the way to their neighbours: inland to 2.5 km, coast to 4.5 km, sea
    # to 8.5 km, inland to the end.
    d = np.arange(11.0)
    zone = np.array([4, 4, 4, 3, 3, 1, 1, 1, 1, 4, 4], dtype=np.int8)
    got = geometry.shares(profile_of(d, np.zeros(11)), zone, 0)
    assert got == pytest.approx((0.4, 4.5, 2.5, 4.5, 1.5))
    nothing = geometry.shares(profile_of(d, np.zeros(11)), np.empty(0, dtype=np.int8), 0)
    assert nothing == (0.0, 10.0, 10.0, geometry.NO_COAST_KM, geometry.NO_COAST_KM)


def test_free_space_is_what_is_left_with_nothing_in_the_way() -> None:
    paths = Paths.equally_spaced([2.0], np.zeros((1, 20)))
    found = p1812.loss(paths, usual(tx_height_m=300.0, rx_height_m=300.0))
    assert found.loss_db[0] == pytest.approx(found.free_space_db[0], abs=0.01)
    assert found.diffraction_db[0] == 0.0
    assert found.line_of_sight[0]


def test_location_variability_by_hand() -> None:
    # (0.52 + 0.024·0.6)·500^0.28 = 0.5344·5.697 = 3.044 dB; half of it 5 m above the clutter.
    got = location_sigma_db(600.0, 500.0, [1.5, 15.0, 20.0], 10.0)
    assert got == pytest.approx([3.044, 1.522, 0.0], abs=0.001)
    # 90 % of locations lose 1.2816 standard deviations more than the median.
    paths = Paths.equally_spaced([10.0] * 2, hills(3, rows=1).repeat(2, axis=0))
    link = usual(location_percent=[50.0, 90.0], location_sigma_db=5.5)
    found = p1812.loss(paths, link)
    assert found.loss_db[1] - found.loss_db[0] == pytest.approx(1.2816 * 5.5, abs=0.005)


def test_indoors_adds_the_median_and_joins_the_spread() -> None:
    paths = Paths.equally_spaced([15.0] * 2, hills(3, rows=1).repeat(2, axis=0))
    link = usual(
        location_percent=84.134, location_sigma_db=3.0, entry_loss_db=[0.0, 12.0],
        entry_sigma_db=[0.0, 4.0],
    )  # fmt: skip
    found = p1812.loss(paths, link)
    # √(3² + 4²) = 5 in place of 3, one standard deviation up.
    assert found.loss_db[1] - found.loss_db[0] == pytest.approx(12.0 + 2.0, abs=0.01)


def test_the_shore_is_found_on_the_path() -> None:
    ground = np.zeros((3, 201))
    ground[:, :5] = ground[:, -5:] = 2.0
    zone = np.full((3, 201), RadioZone.SEA, dtype=np.int8)
    zone[:, :5] = zone[:, -5:] = RadioZone.COASTAL
    paths = Paths.equally_spaced([150.0] * 3, ground, zone=zone)
    # Samples every 0.75 km, the first sea at the sixth: 4.5 of them on land.
    coast_km = [NAN, 4.5 * 0.75, 500.0]
    link = usual(time_percent=1.0, tx_coast_km=coast_km, rx_coast_km=coast_km)
    steps, _ = p1812.details(paths, link)
    assert steps["sea_share"] == pytest.approx([191 / 200] * 3)
    assert steps["ducting_db"][0] == pytest.approx(steps["ducting_db"][1], abs=1e-9)
    assert steps["ducting_db"][0] < steps["ducting_db"][2]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.7, 0.99])
def test_the_quantile_of_the_recommendation(share: float) -> None:
    from scipy.special import ndtri

    assert normal_quantile(share) == pytest.approx(ndtri(share), abs=0.00054)
    assert normal_quantile(1.0 - share) == pytest.approx(-normal_quantile(share), abs=1e-8)


# --- a fast and a plain way ----------------------------------------------------------------------


def plain_horizons(d: FloatArray, h: FloatArray, tx: float, rx: float, a: float) -> list[float]:
    """Attachment 1 line by line, an arc tangent for each sample."""
    inner, path = slice(1, -1), d[-1]
    up = 1000.0 * np.arctan((h[inner] - tx) / (1000.0 * d[inner]) - d[inner] / (2.0 * a))
    direct = 1000.0 * np.arctan((rx - tx) / (1000.0 * path) - path / (2.0 * a))
    rest = path - d[inner]
    if up.max() > direct:
        back = 1000.0 * np.arctan((h[inner] - rx) / (1000.0 * rest) - rest / (2.0 * a))
        angles = [up.max(), back.max()]
        at = [d[inner][up.argmax()], rest[back.argmax()]]
    else:
        angles = [direct, 1000.0 * np.arctan((tx - rx) / (1000.0 * path) - path / (2.0 * a))]
        above = h[inner] + 500.0 * d[inner] * rest / a - (tx * rest + rx * d[inner]) / path
        nearest = (above * np.sqrt(0.002 * path / (0.2 * d[inner] * rest))).argmax()
        at = [d[inner][nearest], rest[nearest]]
    return [*at, *angles, 1000.0 * path / a + sum(angles)]


@given(st.integers(0, 10_000), st.floats(1.0, 300.0), st.floats(0.5, 60.0))
@settings(max_examples=200)
def test_horizons_agree_with_the_equations(seed: int, mast_m: float, path_km: float) -> None:
    h = hills(seed)[0]
    d = np.linspace(0.0, path_km, h.size)
    tx, rx = h[0] + mast_m, h[-1] + 5.0
    profile = profile_of(d, h)
    ray = geometry.rays(profile, tx, rx, 8930.0)
    got = geometry.horizons(profile, tx, rx, 8930.0, ray)
    assert (*got[:2], *ray[3:]) == pytest.approx(
        plain_horizons(d, h, tx, rx, 8930.0), rel=1e-9, abs=1e-9
    )


@given(st.integers(0, 10_000))
@settings(max_examples=50)
def test_the_fitted_surface_is_the_least_squares_line(seed: int) -> None:
    h = hills(seed, samples=400)[0]
    d = np.linspace(0.0, 30.0, h.size)
    profile = profile_of(d, h)
    ray = geometry.rays(profile, h[0] + 30.0, h[-1] + 10.0, 8930.0)
    sums = geometry.area(profile)
    earth = geometry.smooth_earth(profile, sums, h[0] + 30.0, h[-1] + 10.0, ray)
    # Least squares over the line through the samples: over many points of it.
    fine = np.linspace(0.0, 30.0, 40_001)
    slope, start = np.polyfit(fine, np.interp(fine, d, h), 1)
    assert earth.tx_fit_m == pytest.approx(start, abs=0.02)
    assert earth.rx_fit_m == pytest.approx(start + 30.0 * slope, abs=0.02)


# --- properties ----------------------------------------------------------------------------------

seeds = st.integers(0, 100_000)


@given(
    seeds, st.floats(0.25, 300.0), st.floats(30.0, 6000.0), st.floats(1.0, 300.0),
    st.floats(1.0, 50.0), st.floats(0.0, 1000.0),
)  # fmt: skip
@settings(max_examples=150)
def test_either_way_the_same(
    seed: int, path_km: float, frequency_mhz: float, mast_m: float, p: float, height_m: float
) -> None:
    h = hills(seed, height_m=height_m + 1.0)
    paths = Paths.equally_spaced([path_km] * 2, np.vstack([h, h[:, ::-1]]))
    link = usual(
        frequency_mhz=frequency_mhz, tx_height_m=[mast_m, 9.0], rx_height_m=[9.0, mast_m],
        time_percent=p,
    )  # fmt: skip
    found = p1812.loss(paths, link)
    assert not found.status.any()
    assert found.loss_db[0] == pytest.approx(found.loss_db[1], abs=1e-6)
    assert found.diffraction_db[0] == pytest.approx(found.diffraction_db[1], abs=1e-6)


@given(
    seeds, st.floats(0.25, 3000.0), st.floats(30.0, 6000.0), st.floats(1.0, 3000.0),
    st.floats(1.0, 50.0), st.floats(-80.0, 80.0), st.floats(0.0, 150.0), st.integers(3, 80),
)  # fmt: skip
@settings(max_examples=300)
def test_whatever_is_covered_has_a_loss(
    seed: int, path_km: float, frequency_mhz: float, mast_m: float, p: float, latitude: float,
    delta_n: float, samples: int,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    h = rng.choice([0.0, 1.0, 300.0, 4000.0], 1) * rng.random((1, samples))
    zone = rng.choice([1, 3, 4], (1, samples))
    paths = Paths.equally_spaced([path_km], h, clutter_m=rng.random((1, samples)) * 30, zone=zone)
    link = usual(
        frequency_mhz=frequency_mhz, tx_height_m=mast_m, time_percent=p, latitude_deg=latitude,
        delta_n=delta_n, polarization=seed % 2,
    )  # fmt: skip
    steps, status = p1812.details(paths, link)
    assert status[0] == Status.OK
    assert {name for name, value in steps.items() if not np.isfinite(value[0])} == set()
    assert steps["loss_db"][0] >= steps["line_of_sight_p_db"][0]


@given(seeds, st.floats(1.0, 60.0), st.integers(1, 58), st.floats(0.0, 200.0))
@settings(max_examples=150)
def test_higher_clutter_never_helps(seed: int, path_km: float, at: int, height_m: float) -> None:
    ground = hills(seed).repeat(2, axis=0)
    clutter = np.zeros((2, 60))
    clutter[1, at] = height_m
    paths = Paths.equally_spaced([path_km] * 2, ground, clutter_m=clutter)
    found = p1812.loss(paths, usual())
    assert found.diffraction_db[1] >= found.diffraction_db[0] - 1e-9
    assert found.loss_db[1] >= found.loss_db[0] - 1e-9


@given(seeds, st.floats(1.0, 60.0), st.floats(30.0, 6000.0), st.floats(30.0, 6000.0))
def test_behind_an_obstacle_a_higher_frequency_loses_more(
    seed: int, path_km: float, first: float, second: float
) -> None:
    h = hills(seed)[0]
    h[30] += 1000.0
    profile = profile_of(np.linspace(0.0, path_km, h.size), h)
    tx, rx = h[0] + 30.0, h[-1] + 10.0
    low, high = (
        bullington_db(profile, h, tx, rx, 8495.0, f / 1000.0) for f in sorted([first, second])
    )
    assert low <= high


@given(
    seeds, st.floats(1.0, 60.0), st.integers(15, 45), st.floats(50.0, 2000.0),
    st.lists(st.floats(30.0, 6000.0), min_size=2, max_size=2),
)  # fmt: skip
def test_over_a_ridge_a_higher_frequency_loses_more(
    seed: int, path_km: float, at: int, height_m: float, frequency_mhz: list[float]
) -> None:
    """For the median only: ducting at a few percent of the time is not symmetric."""
    h = hills(seed, height_m=5.0)
    h[0, at] += height_m
    paths = Paths.equally_spaced([path_km] * 2, h.repeat(2, axis=0))
    low, high = p1812.loss(paths, usual(frequency_mhz=sorted(frequency_mhz))).loss_db
    assert low <= high + 1e-9


@given(seeds, st.floats(1.0, 60.0), st.floats(0.2, 5.0))
def test_an_edge_scales(seed: int, path_km: float, factor: float) -> None:
    """Heights by c, curvature by c and wavelength by c²: ν and with it the loss stay."""
    h = hills(seed)[0]
    d = np.linspace(0.0, path_km, h.size)
    tx, rx = h[0] + 30.0, h[-1] + 10.0
    small = bullington_db(profile_of(d, h), h, tx, rx, 8495.0, 0.9)
    big = h * factor
    large = bullington_db(
        profile_of(d, big), big, tx * factor, rx * factor, 8495.0 / factor, 0.9 / factor**2
    )
    assert large == pytest.approx(small, abs=1e-6)


@given(seeds, st.floats(0.5, 150.0), st.lists(st.floats(1.0, 50.0), min_size=2, max_size=2))
def test_what_more_of_the_time_shall_meet_loses_more(
    seed: int, path_km: float, percent: list[float]
) -> None:
    paths = Paths.equally_spaced([path_km] * 2, hills(seed).repeat(2, axis=0))
    found = p1812.loss(paths, usual(time_percent=sorted(percent)))
    assert found.loss_db[0] <= found.loss_db[1] + 1e-9


@given(seeds, st.floats(0.5, 100.0), st.floats(-100.0, 3000.0))
def test_only_differences_of_height_count_over_land(
    seed: int, path_km: float, lift_m: float
) -> None:
    h = hills(seed)
    paths = Paths.equally_spaced([path_km] * 2, np.vstack([h, h + lift_m]))
    found = p1812.loss(paths, usual(time_percent=10.0))
    assert found.loss_db[0] == pytest.approx(found.loss_db[1], abs=1e-5)


# --- batches and hostile input -------------------------------------------------------------------


def test_threads_forms_and_neighbours_change_nothing() -> None:
    ground = hills(1, rows=40).astype(np.float32)
    length = np.linspace(0.5, 80.0, 40)
    paths = Paths.equally_spaced(length, ground)
    link = usual(time_percent=10.0)
    found = p1812.loss(paths, link)
    for threads in (2, 3):
        again = p1812.loss(paths, link, threads=threads)
        assert np.array_equal(again.loss_db, found.loss_db)
        assert np.array_equal(again.status, found.status)
    double = p1812.loss(Paths.equally_spaced(length, ground.astype(np.float64)), link)
    assert np.array_equal(double.loss_db, found.loss_db)
    alone = p1812.loss(Paths.equally_spaced(length[7:8], ground[7:8]), link)
    assert alone.loss_db[0] == found.loss_db[7]
    d = [np.linspace(0.0, each, 60) for each in length]
    unequal = p1812.loss(Paths.of(d, list(ground.astype(np.float64))), link)
    assert unequal.loss_db == pytest.approx(found.loss_db, abs=1e-9)


@pytest.mark.parametrize(
    ("terms", "status"),
    [
        ({"frequency_mhz": 29.9}, Status.FREQUENCY),
        ({"frequency_mhz": 6000.1}, Status.FREQUENCY),
        ({"frequency_mhz": NAN}, Status.FREQUENCY),
        ({"tx_height_m": NAN}, Status.ANTENNA),
        ({"rx_height_m": 0.5}, Status.ANTENNA),
        ({"rx_height_m": 3001.0}, Status.ANTENNA),
        ({"time_percent": 0.9}, Status.TERM),
        ({"time_percent": 51.0}, Status.TERM),
        ({"location_percent": 100.0}, Status.TERM),
        ({"latitude_deg": NAN}, Status.TERM),
        ({"delta_n": 157.0}, Status.TERM),
        ({"n0": -1.0}, Status.TERM),
        ({"polarization": 2}, Status.TERM),
        ({"tx_coast_km": -1.0}, Status.TERM),
        ({"location_sigma_db": -1.0}, Status.TERM),
        ({"entry_loss_db": np.inf}, Status.TERM),
    ],
)
def test_what_the_model_does_not_cover(terms: dict[str, Any], status: Status) -> None:
    found = p1812.loss(Paths.equally_spaced([10.0], hills(0)), usual(**terms))
    assert found.status.tolist() == [status]
    assert np.isnan(found.loss_db).all()
    assert not found.line_of_sight.any()


def test_a_bad_path_stops_no_other() -> None:
    good = hills(5)[0]
    hole, endless = good.copy(), good.copy()
    hole[20], endless[20] = NAN, np.inf
    d = np.linspace(0.0, 10.0, 60)
    back, late = d.copy(), d.copy()
    back[30], late[0] = 0.1, 0.01
    bad: list[tuple[FloatArray, FloatArray, Status]] = [
        (d, hole, Status.VOID),
        (d, endless, Status.VOID),
        (back, good, Status.PROFILE),
        (late, good, Status.PROFILE),
        (d[:2], good[:2], Status.PROFILE),
        (d[:0], good[:0], Status.DISTANCE),
        (d * 0.0, good, Status.DISTANCE),
        (d * 0.01, good, Status.DISTANCE),
        (d * 1000.0, good, Status.DISTANCE),
        (d * NAN, good, Status.DISTANCE),
        (d, np.where(d > 5.0, -32_768.0, good), Status.VOID),
        (d, good * 1e200, Status.VOID),
    ]
    paths = Paths.of([d, *(x for x, _, _ in bad), d], [good, *(h for _, h, _ in bad), good])
    found = p1812.loss(paths, usual(), threads=2)
    assert found.status.tolist() == [Status.OK, *(wanted for _, _, wanted in bad), Status.OK]
    assert found.loss_db[0] == found.loss_db[-1]
    assert np.isnan(found.loss_db[1:-1]).all()


def test_a_void_in_the_clutter_is_a_void() -> None:
    clutter = np.zeros((2, 60))
    clutter[0, 30] = clutter[1, 0] = NAN  # what stands at the ends is not counted
    paths = Paths.equally_spaced([10.0] * 2, hills(5).repeat(2, axis=0), clutter_m=clutter)
    assert p1812.loss(paths, usual()).status.tolist() == [Status.VOID, Status.OK]


def test_no_paths_at_all() -> None:
    found = p1812.loss(Paths.of([], []), usual(), threads=2)
    assert found.loss_db.shape == found.status.shape == (0,)
