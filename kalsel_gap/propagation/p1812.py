"""Recommendation ITU-R P.1812-8: path-specific prediction for point-to-area services.

30 MHz to 6 GHz, 0.25 to 3000 km, 1 to 50 % of time, 1 to 99 % of locations. All mechanisms:
line of sight with multipath and focusing (4.2), delta-Bullington diffraction (4.3), tropospheric
scatter (4.4), ducting and layer reflection (4.5), their combination (4.6), location variability
(4.7), building entry loss (4.8) and field strength (4.10). Equation numbers are those of the
published step-by-step results of that edition. The surface that diffracts is the terrain with its
clutter, but for both ends (3.2); since the fifth edition there is no further loss at a terminal.

The alternative of Attachment 4, which does without the profile's own samples for the smooth
path, is not offered: the main method needs nothing that is missing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from kalsel_gap.propagation.diffraction import delta_bullington
from kalsel_gap.propagation.geometry import horizons, inverses, shares, smooth_earth
from kalsel_gap.propagation.paths import (
    ANTENNA,
    DISTANCE,
    FREQUENCY,
    OK,
    TERM,
    VOID,
    ByteArray,
    Heights,
    IntArray,
    Paths,
    Polarization,
    in_pieces,
    kernel,
    load,
    terms_of,
)

FloatArray: TypeAlias = NDArray[np.float64]

# What the Recommendation covers.
FREQUENCY_MHZ = (30.0, 6000.0)
DISTANCE_KM = (0.25, 3000.0)
ANTENNA_M = (1.0, 3000.0)
TIME_PERCENT = (1.0, 50.0)
LOCATION_PERCENT = (1.0, 99.0)
LATITUDE_DEG = (-80.0, 80.0)
# Physically possible lapse rates only: at 157 N-units/km the ray follows the Earth.
DELTA_N = (0.0, 150.0)
N0 = (200.0, 500.0)

EARTH_KM = 6371.0
BETA0_RADIUS_KM = 3.0 * EARTH_KM  # eq. (7b): kβ = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Link:
    """Terms of the links, each one number for all paths or an array of shape (n,).

    Attributes
    ----------
    frequency_mhz : array
        Frequency.
    tx_height_m, rx_height_m : array
        Antennas above ground.
    latitude_deg : array
        Of the middle of the path.
    delta_n : array
        Mean lapse rate of refractivity through the lowest kilometre, N-units/km, positive.
    n0 : array
        Refractivity at sea level, N-units.
    time_percent : array
        Share of the time for which the loss is not exceeded.
    location_percent : array
        Share of the locations around the receiver for which it is not exceeded.
    location_sigma_db : array
        Standard deviation over locations, from :func:`location_sigma_db`; 0 leaves it out.
    entry_loss_db, entry_sigma_db : array
        Median and standard deviation of the loss into the building; 0 outdoors.
    polarization : array
        :class:`~kalsel_gap.propagation.paths.Polarization`.
    tx_coast_km, rx_coast_km : array
        Distance over land from either end to the coast along the path; NaN takes the first sea
        sample of the profile.
    """

    frequency_mhz: ArrayLike
    tx_height_m: ArrayLike
    rx_height_m: ArrayLike
    latitude_deg: ArrayLike
    delta_n: ArrayLike
    n0: ArrayLike
    time_percent: ArrayLike = 50.0
    location_percent: ArrayLike = 50.0
    location_sigma_db: ArrayLike = 0.0
    entry_loss_db: ArrayLike = 0.0
    entry_sigma_db: ArrayLike = 0.0
    polarization: ArrayLike = Polarization.VERTICAL
    tx_coast_km: ArrayLike = np.nan
    rx_coast_km: ArrayLike = np.nan

    def rows(self, paths: Paths) -> FloatArray:
        """One row of :class:`Terms` for each path."""
        return terms_of(paths, [getattr(self, name) for name in Terms._fields])


class Terms(NamedTuple):
    """Terms of one link, as :class:`Link`."""

    frequency_mhz: float
    tx_height_m: float
    rx_height_m: float
    latitude_deg: float
    delta_n: float
    n0: float
    time_percent: float
    location_percent: float
    location_sigma_db: float
    entry_loss_db: float
    entry_sigma_db: float
    polarization: float
    tx_coast_km: float
    rx_coast_km: float


class Details(NamedTuple):
    """Every step of one path; the equations are those of the published results."""

    path_km: float
    """Great-circle length d."""
    tx_horizon_km: float
    """dlt, eq. (78)."""
    rx_horizon_km: float
    """dlr, eq. (81a)."""
    tx_elevation_mrad: float
    """θt, eqs. (76) to (78)."""
    rx_elevation_mrad: float
    """θr, eqs. (79) to (81)."""
    angular_distance_mrad: float
    """θ, eq. (82)."""
    line_of_sight: float
    """1 where no terrain is higher than the ray, else 0."""
    tx_antenna_m: float
    """hts: antenna above sea."""
    rx_antenna_m: float
    """hrs: antenna above sea."""
    sea_share: float
    """ω."""
    land_km: float
    """dtm."""
    inland_km: float
    """dlm."""
    beta0_percent: float
    """β0, eq. (5)."""
    radius_km: float
    """Median effective Earth radius, eq. (7a)."""
    tx_fit_m: float
    """hst, eq. (85)."""
    rx_fit_m: float
    """hsr, eq. (86)."""
    tx_diffraction_m: float
    """hstd, eq. (89)."""
    rx_diffraction_m: float
    """hsrd, eq. (89)."""
    tx_effective_m: float
    """hte, eq. (92a)."""
    rx_effective_m: float
    """hre, eq. (92b)."""
    roughness_m: float
    """hm, eq. (93)."""
    time_factor: float
    """Fi, eq. (40)."""
    angle_factor: float
    """Fj, eq. (57)."""
    distance_factor: float
    """Fk, eq. (58)."""
    free_space_db: float
    """Lbfs, eq. (8)."""
    line_of_sight_p_db: float
    """Lb0p, eq. (10)."""
    line_of_sight_beta_db: float
    """Lb0β, eq. (11)."""
    bullington_median_db: float
    """Lbulla, eq. (21), median Earth radius."""
    smooth_median_db: float
    """Lbulls, eq. (21), median Earth radius."""
    spherical_median_db: float
    """Ldsph, eq. (27), median Earth radius."""
    diffraction_median_db: float
    """Ld50, eq. (39)."""
    bullington_beta_db: float
    """Lbulla, eq. (21), Earth radius of β0; that of the median where p is 50 %."""
    smooth_beta_db: float
    """Lbulls, eq. (21), likewise."""
    spherical_beta_db: float
    """Ldsph, eq. (27), likewise."""
    diffraction_beta_db: float
    """Ldβ, eq. (39), likewise."""
    diffraction_p_db: float
    """Ldp, eq. (41)."""
    median_db: float
    """Lbd50, eq. (42)."""
    diffracted_p_db: float
    """Lbd, eq. (43)."""
    least_p_db: float
    """Lminb0p, eq. (59)."""
    ducting_db: float
    """Lba, eq. (46)."""
    least_ducting_db: float
    """Lminbap, eq. (60)."""
    ducted_diffraction_db: float
    """Lbda, eq. (61)."""
    modified_diffraction_db: float
    """Lbam, eq. (62)."""
    troposcatter_db: float
    """Lbs, eq. (44)."""
    outdoor_median_db: float
    """Lbc, eq. (63)."""
    loss_db: float
    """Lb, eq. (69)."""
    field_strength_dbuv_m: float
    """Ep of 1 kW effective radiated power, eq. (70)."""


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """What the paths lose, arrays of shape (n,); NaN unless the status is OK.

    Attributes
    ----------
    loss_db : float array
        Basic transmission loss between isotropic antennas.
    diffraction_db : float array
        The part of it that is median diffraction loss, eq. (39).
    free_space_db : float array
        The part of it that is free-space loss, eq. (8).
    line_of_sight : bool array
        Whether the bare terrain leaves the ray free at the median Earth radius.
    status : int8 array
        :class:`~kalsel_gap.propagation.paths.Status`.
    """

    loss_db: FloatArray
    diffraction_db: FloatArray
    free_space_db: FloatArray
    line_of_sight: NDArray[np.bool_]
    status: ByteArray


def loss(paths: Paths, link: Link, *, threads: int = 1) -> Losses:
    """Basic transmission loss of many paths.

    Parameters
    ----------
    paths : Paths
        Terrain profiles.
    link : Link
        Terms of the links.
    threads : int
        Threads to work in; the result does not depend on it.

    Examples
    --------
    A ridge of 100 m half way along 20 km costs some 30 dB:

    >>> ground_m = np.zeros((2, 101))
    >>> ground_m[1, 50] = 100.0
    >>> link = Link(frequency_mhz=1800.0, tx_height_m=30.0, rx_height_m=10.0, latitude_deg=-3.0,
    ...             delta_n=45.0, n0=380.0)
    >>> found = loss(Paths.equally_spaced([20.0, 20.0], ground_m), link)
    >>> [int(each) for each in found.status]
    [0, 0]
    >>> bool(found.loss_db[1] - found.loss_db[0] > 20.0)
    True
    """
    kept = ("loss_db", "diffraction_median_db", "free_space_db", "line_of_sight")
    found, status = _run(paths, link, kept, threads)
    return Losses(found[0], found[1], found[2], found[3] == 1.0, status)


def details(paths: Paths, link: Link, *, threads: int = 1) -> tuple[dict[str, FloatArray], ByteArray]:
    """Every step of many paths, for validation and for explaining a prediction.

    Returns
    -------
    steps : dict of float array of shape (n,)
        By the names of :class:`Details`; NaN unless the status is OK.
    status : int8 array of shape (n,)
        :class:`~kalsel_gap.propagation.paths.Status`.
    """
    found, status = _run(paths, link, Details._fields, threads)
    return dict(zip(Details._fields, found, strict=True)), status


def location_sigma_db(
    frequency_mhz: ArrayLike,
    resolution_m: ArrayLike,
    rx_height_m: ArrayLike = 1.5,
    clutter_m: ArrayLike = 10.0,
) -> FloatArray:
    """Standard deviation of the loss over locations, eqs. (64) to (66).

    Parameters
    ----------
    frequency_mhz : array
        Frequency.
    resolution_m : array
        Width of the square over which the prediction stands, 50 to 1000 m in the Recommendation.
    rx_height_m, clutter_m : array
        Antenna above ground and clutter at the receiver: 10 m above it nothing varies.

    Examples
    --------
    >>> round(float(location_sigma_db(600.0, 500.0)), 2)
    3.04
    """
    spread = (0.52 + 0.024 * np.asarray(frequency_mhz, dtype=np.float64) / 1000.0) * (
        np.asarray(resolution_m, dtype=np.float64) ** 0.28
    )
    above_m = np.asarray(rx_height_m, dtype=np.float64) - np.asarray(clutter_m, dtype=np.float64)
    return spread * np.clip(1.0 - above_m / 10.0, 0.0, 1.0)


def normal_quantile(share: float) -> float:
    """Value that a standard normal variable stays below in a share of cases, eqs. (95) to (97).

    The rational approximation of the Recommendation, which its results rest on (error below
    0.00054), for one number, in Python and in kernels.

    Examples
    --------
    >>> round(normal_quantile(0.9), 3)
    1.282
    """
    tail = min(share, 1.0 - share)
    t = np.sqrt(-2.0 * np.log(tail))
    rational = ((0.010328 * t + 0.802853) * t + 2.515516698) / (
        ((0.001308 * t + 0.189269) * t + 1.432788) * t + 1.0
    )
    value: float = rational - t if share <= 0.5 else t - rational
    return value


register_jitable(normal_quantile)  # the kernels call it as it is


def _run(
    paths: Paths, link: Link, names: tuple[str, ...], threads: int
) -> tuple[FloatArray, ByteArray]:
    """Steps with these names, one row each, and the status of each path."""
    count = len(paths)
    rows = link.rows(paths)
    keep = np.array([Details._fields.index(name) for name in names])
    found = np.full((len(names), count), np.nan)
    status = np.zeros(count, dtype=np.int8)

    def work(begin: int, end: int) -> None:
        _batch(
            begin,
            end,
            paths.longest,
            paths.first,
            paths.length_km,
            paths.ground_m,
            paths.distance_km,
            paths.clutter_m,
            paths.zone,
            rows,
            keep,
            found,
            status,
        )

    in_pieces(work, count, threads)
    return found, status


# --- kernels -------------------------------------------------------------------------------------


@kernel
def _batch(
    begin: int,
    end: int,
    longest: int,
    first: IntArray,
    length_km: FloatArray,
    ground_m: Heights,
    distance_km: FloatArray,
    clutter_m: Heights,
    zone: ByteArray,
    rows: FloatArray,
    keep: IntArray,
    found: FloatArray,
    status: ByteArray,
) -> None:
    """Paths from `begin` to `end`: their status, and what is kept of their steps."""
    d, h, s = np.empty(longest), np.empty(longest), np.empty(longest)
    to_tx, to_rx, flat = np.empty(longest), np.empty(longest), np.zeros(longest)
    for path in range(begin, end):
        state = load(path, first, length_km, ground_m, distance_km, d, h)
        start = first[path]
        n = first[path + 1] - start
        row = rows[path]
        terms = Terms(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            row[5],
            row[6],
            row[7],
            row[8],
            row[9],
            row[10],
            row[11],
            row[12],
            row[13],
        )
        if state == OK:
            state = _covered(terms, d[n - 1])
        if state == OK:
            s[:n] = h[:n]
            if clutter_m.size > 0:
                for i in range(1, n - 1):
                    s[i] += clutter_m[start + i]
                    if not np.isfinite(s[i]):
                        state = VOID
        status[path] = state
        if state == OK:
            inverses(d, n, to_tx, to_rx)
            steps = _path(d, to_tx, to_rx, h, s, flat, n, zone, start, terms)
            for k in range(keep.size):
                found[k, path] = steps[keep[k]]


@kernel
def _within(value: float, bounds: tuple[float, float]) -> bool:
    """Whether a value is known and within bounds."""
    return bounds[0] <= value <= bounds[1]


@kernel
def _covered(terms: Terms, path_km: float) -> int:
    """Status of a link by the limits of the Recommendation."""
    if not _within(terms.frequency_mhz, FREQUENCY_MHZ):
        return FREQUENCY
    if not _within(path_km, DISTANCE_KM):
        return DISTANCE
    if not (_within(terms.tx_height_m, ANTENNA_M) and _within(terms.rx_height_m, ANTENNA_M)):
        return ANTENNA
    known = (
        _within(terms.time_percent, TIME_PERCENT)
        and _within(terms.location_percent, LOCATION_PERCENT)
        and _within(terms.latitude_deg, LATITUDE_DEG)
        and _within(terms.delta_n, DELTA_N)
        and _within(terms.n0, N0)
        and 0.0 <= terms.location_sigma_db < np.inf
        and 0.0 <= terms.entry_sigma_db < np.inf
        and np.isfinite(terms.entry_loss_db)
        and (terms.polarization == 0.0 or terms.polarization == 1.0)
        and not terms.tx_coast_km < 0.0
        and not terms.rx_coast_km < 0.0
    )
    return OK if known else TERM


@kernel
def _beta0(latitude_deg: float, land_km: float, inland_km: float) -> float:
    """Share of the time with strong lapse rates near the ground, %, eqs. (2) to (5)."""
    tau = _tau(inland_km)
    mu1 = (10.0 ** (-land_km / (16.0 - 6.6 * tau)) + 10.0 ** (-5.0 * (0.496 + 0.354 * tau))) ** 0.2
    mu1 = min(mu1, 1.0)
    latitude = abs(latitude_deg)
    if latitude <= 70.0:
        mu4 = mu1 ** (-0.935 + 0.0176 * latitude)
        return float(10.0 ** (-0.015 * latitude + 1.67) * mu1 * mu4)
    return float(4.17 * mu1 * mu1**0.3)


@kernel
def _tau(inland_km: float) -> float:
    """How far inland the path runs, eq. (3)."""
    return float(1.0 - np.exp(-4.12e-4 * inland_km**2.41))


@kernel
def _coast_db(sea_share: float, coast_km: float, horizon_km: float, antenna_m: float) -> float:
    """Gain of an antenna near the coast over sea, eq. (49)."""
    if sea_share >= 0.75 and coast_km <= horizon_km and coast_km <= 5.0:
        return float(
            -3.0 * np.exp(-0.25 * coast_km**2) * (1.0 + np.tanh(0.07 * (50.0 - antenna_m)))
        )
    return 0.0


@kernel
def _shielding_db(elevation_mrad: float, horizon_km: float, f_ghz: float) -> float:
    """Site shielding of an antenna against a duct, eq. (48)."""
    angle = elevation_mrad - 0.1 * horizon_km
    if angle <= 0.0:
        return 0.0
    near = 20.0 * np.log10(1.0 + 0.361 * angle * np.sqrt(f_ghz * horizon_km))
    return float(near + 0.264 * angle * f_ghz ** (1.0 / 3.0))


@kernel
def _path(
    d: FloatArray,
    to_tx: FloatArray,
    to_rx: FloatArray,
    h: FloatArray,
    s: FloatArray,
    flat: FloatArray,
    n: int,
    zone: ByteArray,
    start: int,
    terms: Terms,
) -> Details:
    """Every step of one path that the Recommendation covers."""
    f = terms.frequency_mhz / 1000.0
    p = terms.time_percent
    path = d[n - 1]
    tx, rx = h[0] + terms.tx_height_m, h[n - 1] + terms.rx_height_m
    vertical = terms.polarization == 1.0

    # 3.3 to 3.7 and Attachment 1
    over = shares(d, n, zone, start)
    beta0 = _beta0(terms.latitude_deg, over.land_km, over.inland_km)
    radius = EARTH_KM * 157.0 / (157.0 - terms.delta_n)
    horizon = horizons(d, to_tx, to_rx, h, n, tx, rx, radius)
    earth = smooth_earth(d, to_tx, to_rx, h, n, tx, rx, horizon)
    horizon_km = horizon.tx_horizon_km + horizon.rx_horizon_km

    # 4.2 line of sight
    ray = np.sqrt(path * path + ((tx - rx) / 1000.0) ** 2)
    free_space = 92.4 + 20.0 * np.log10(f) + 20.0 * np.log10(ray)
    fading = 2.6 * (1.0 - np.exp(-0.1 * horizon_km))
    sight_p = free_space + fading * np.log10(p / 50.0)
    sight_beta = free_space + fading * np.log10(beta0 / 50.0)

    # 4.3 diffraction
    base_tx, base_rx = earth.tx_diffraction_m, earth.rx_diffraction_m
    median = delta_bullington(
        d, to_tx, to_rx, s, flat, n, tx, rx, base_tx, base_rx, radius, f, vertical, over.sea_share
    )
    beta, factor = median, 0.0
    if p < 50.0:
        beta = delta_bullington(
            d, to_tx, to_rx, s, flat, n, tx, rx, base_tx, base_rx, BETA0_RADIUS_KM, f, vertical,
            over.sea_share,
        )  # fmt: skip
        factor = 1.0
        if p > beta0:
            factor = normal_quantile(p / 100.0) / normal_quantile(beta0 / 100.0)
    diffraction_p = median.total_db + factor * (beta.total_db - median.total_db)
    diffracted_50 = free_space + median.total_db
    diffracted_p = sight_p + diffraction_p

    # 4.4 and 4.5 scatter and ducts
    troposcatter = _troposcatter_db(path, horizon.angular_distance_mrad, f, p, terms.n0)
    coast_tx = over.tx_coast_km if np.isnan(terms.tx_coast_km) else terms.tx_coast_km
    coast_rx = over.rx_coast_km if np.isnan(terms.rx_coast_km) else terms.rx_coast_km
    coupling = (
        102.45
        + 20.0 * np.log10(f)
        + 20.0 * np.log10(horizon_km)
        + _shielding_db(horizon.tx_elevation_mrad, horizon.tx_horizon_km, f)
        + _shielding_db(horizon.rx_elevation_mrad, horizon.rx_horizon_km, f)
        + _coast_db(over.sea_share, coast_tx, horizon.tx_horizon_km, tx)
        + _coast_db(over.sea_share, coast_rx, horizon.rx_horizon_km, rx)
    )
    if f < 0.5:
        coupling += 45.375 - 137.0 * f + 92.5 * f * f
    angle = (
        1000.0 * path / radius
        + min(horizon.tx_elevation_mrad, 0.1 * horizon.tx_horizon_km)
        + min(horizon.rx_elevation_mrad, 0.1 * horizon.rx_horizon_km)
    )
    ducting = (
        coupling
        + 5e-5 * radius * f ** (1.0 / 3.0) * angle
        + _ducting_time_db(
            path,
            path - horizon_km,
            radius,
            p,
            beta0,
            _tau(over.inland_km),
            earth.tx_effective_m,
            earth.rx_effective_m,
            earth.roughness_m,
        )
    )

    # 4.6 combination
    by_angle = 1.0 - 0.5 * (
        1.0 + np.tanh(2.4 * (horizon.angular_distance_mrad - 0.3) / 0.3)
    )
    by_distance = 1.0 - 0.5 * (1.0 + np.tanh(1.5 * (path - 20.0) / 20.0))
    over_land = (1.0 - over.sea_share) * diffraction_p
    if p < beta0:
        least_p = sight_p + over_land
    else:
        least_p = diffracted_50 + (sight_beta + over_land - diffracted_50) * factor
    # η·ln(exp(Lba/η) + exp(Lb0p/η)) without an overflow.
    low, high = min(ducting, sight_p), max(ducting, sight_p)
    least_ducting = high + 2.5 * np.log1p(np.exp((low - high) / 2.5))
    ducted = diffracted_p
    if least_ducting <= diffracted_p:
        ducted = least_ducting + (diffracted_p - least_ducting) * by_distance
    modified = ducted + (least_p - ducted) * by_angle
    # -5·log10(10^(-0.2·Lbs) + 10^(-0.2·Lbam)), likewise.
    outdoor = min(troposcatter, modified) - 5.0 * np.log10(
        1.0 + 10.0 ** (-0.2 * abs(troposcatter - modified))
    )

    # 4.7 to 4.10 locations, buildings, field strength
    sigma = np.sqrt(terms.location_sigma_db**2 + terms.entry_sigma_db**2)
    at_sea = zone.size > 0 and zone[start + n - 1] == 1
    spread = 0.0 if at_sea else normal_quantile(terms.location_percent / 100.0) * sigma
    total = max(sight_p, outdoor + terms.entry_loss_db + spread)
    field = 199.36 + 20.0 * np.log10(f) - total
    return Details(
        path,
        horizon.tx_horizon_km,
        horizon.rx_horizon_km,
        horizon.tx_elevation_mrad,
        horizon.rx_elevation_mrad,
        horizon.angular_distance_mrad,
        1.0 * horizon.line_of_sight,
        tx,
        rx,
        over.sea_share,
        over.land_km,
        over.inland_km,
        beta0,
        radius,
        earth.tx_fit_m,
        earth.rx_fit_m,
        earth.tx_diffraction_m,
        earth.rx_diffraction_m,
        earth.tx_effective_m,
        earth.rx_effective_m,
        earth.roughness_m,
        factor,
        by_angle,
        by_distance,
        free_space,
        sight_p,
        sight_beta,
        median.bullington_actual_db,
        median.bullington_smooth_db,
        median.spherical_db,
        median.total_db,
        beta.bullington_actual_db,
        beta.bullington_smooth_db,
        beta.spherical_db,
        beta.total_db,
        diffraction_p,
        diffracted_50,
        diffracted_p,
        least_p,
        ducting,
        least_ducting,
        ducted,
        modified,
        troposcatter,
        outdoor,
        total,
        field,
    )


@kernel
def _troposcatter_db(path_km: float, angle_mrad: float, f: float, p: float, n0: float) -> float:
    """Loss by tropospheric scatter, eqs. (44) and (45)."""
    by_frequency = 25.0 * np.log10(f) - 2.5 * np.log10(f / 2.0) ** 2
    return float(
        190.1
        + by_frequency
        + 20.0 * np.log10(path_km)
        + 0.573 * angle_mrad
        - 0.15 * n0
        - 10.125 * np.log10(50.0 / p) ** 0.7
    )


@kernel
def _ducting_time_db(
    path: float,
    between_horizons_km: float,
    radius: float,
    p: float,
    beta0: float,
    tau: float,
    tx_m: float,
    rx_m: float,
    roughness_m: float,
) -> float:
    """Variability A(p) of ducts in time, eqs. (53) to (56)."""
    alpha = max(-0.6 - 3.5e-9 * path**3.1 * tau, -3.4)
    reach = 500.0 / radius * path * path / (np.sqrt(tx_m) + np.sqrt(rx_m)) ** 2
    mu2 = min(reach**alpha, 1.0)
    mu3 = 1.0
    if roughness_m > 10.0:
        between = min(between_horizons_km, 40.0)
        mu3 = np.exp(-4.6e-5 * (roughness_m - 10.0) * (43.0 + 6.0 * between))
    beta = beta0 * mu2 * mu3
    log_beta = np.log10(beta)
    gamma = (
        1.076
        / (2.0058 - log_beta) ** 1.012
        * np.exp(-(9.51 - 4.8 * log_beta + 0.198 * log_beta**2) * 1e-6 * path**1.13)
    )
    return float(
        -12.0 + (1.2 + 3.7e-3 * path) * np.log10(p / beta) + 12.0 * (p / beta) ** gamma
    )
