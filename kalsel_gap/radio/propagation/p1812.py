"""Recommendation ITU-R P.1812-8: path-specific prediction for point-to-area services.

30 MHz to 6 GHz, 0.25 to 3000 km, 1 to 50 % of time, 1 to 99 % of locations. All mechanisms:
line of sight with multipath and focusing (4.2), delta-Bullington diffraction (4.3), tropospheric
scatter (4.4), ducting and layer reflection (4.5), their combination (4.6), location variability
(4.7), building entry loss (4.8) and field strength (4.10).

Equation numbers are those of the published step-by-step results of the edition. The diffracting
surface is the terrain with its clutter, except at both ends (3.2): since the fifth edition clutter
around a terminal counts in this way, and no further loss is added there. The published results of
the sixth and the eighth edition are the same numbers where both were compared.

Attachment 4, an alternative method for the smooth path without the samples of the profile, is not
implemented: the main method has all its inputs here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import inlined, kernel, uncounted
from kalsel_gap.radio.propagation.diffraction import (
    ALL_STEPS,
    LOSS_ONLY,
    AntennaHeights,
    Globe,
    Wave,
    delta_bullington,
    globe_of,
    wave_of,
)
from kalsel_gap.radio.propagation.geometry import (
    INLAND,
    SEA,
    Ducted,
    Horizons,
    LineFit,
    Profile,
    Shares,
    area,
    ducted,
    empty_profile,
    filled,
    horizons,
    rays,
    shares,
    smooth_earth,
    steepest,
)
from kalsel_gap.radio.propagation.location_variability import normal_quantile
from kalsel_gap.radio.propagation.mechanisms import (
    LineOfSightLoss,
    Parts,
    bent_db,
    coupling_db,
    duct_angle_mrad,
    ducting_percent,
    free_space_db,
    least_duct_db,
    line_of_sight_loss,
    mixed,
    scatter_base_db,
    timed_db,
    troposcatter_db,
)
from kalsel_gap.radio.propagation.path_inputs import (
    ANTENNA,
    DISTANCE,
    FREQUENCY,
    HEIGHT_M,
    OK,
    TERM,
    VOID,
    Arrays,
    ByteArray,
    Paths,
    Polarization,
    in_batches,
    load,
    longest,
    terms_of,
    within,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import FloatArray, IntArray


# Range of the Recommendation.
FREQUENCY_MHZ = (30.0, 6000.0)
DISTANCE_KM = (0.25, 3000.0)
ANTENNA_M = (1.0, 3000.0)
TIME_PERCENT = (1.0, 50.0)
LOCATION_PERCENT = (1.0, 99.0)
LATITUDE_DEG = (-80.0, 80.0)
# Physically possible lapse rates only: at 157 N-units/km the ray follows the Earth.
DELTA_N = (0.0, 150.0)
N0 = (200.0, 500.0)
SIGMA_DB = (0.0, 50.0)

EARTH_KM = 6371.0
BETA0_RADIUS_KM = 3.0 * EARTH_KM  # eq. (7b): kβ = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class P1812Link:
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
        Standard deviation over locations, from ``location_variability``; 0 ignores it.
    entry_loss_db, entry_sigma_db : array
        Median and standard deviation of the loss into the building; 0 outdoors.
    polarization : array
        :class:`~kalsel_gap.radio.propagation.path_inputs.Polarization`.
    tx_coast_km, rx_coast_km : array
        Distance over land from either end to the coast along the path; NaN: to the first sea sample
        of the profile.
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
        """One row of :class:`P1812Terms` for each path."""
        return terms_of(paths, [getattr(self, name) for name in P1812Terms._fields])


class P1812Terms(NamedTuple):
    """Terms of one link, as :class:`P1812Link`."""

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


class Common(NamedTuple):
    """Values that depend on the terms of a link only."""

    wave: Wave
    median: Globe
    """Earth of the median effective radius, eq. (7a)."""
    beta: Globe
    """Earth of β0, eq. (7b)."""
    scatter_db: float
    """Of tropospheric scatter."""
    field_dbuv_m: float
    """Field strength of 1 kW at no loss, eq. (70)."""


class P1812Details(NamedTuple):
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
    """Lbulla, eq. (21), Earth radius of β0."""
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


STEPS = len(P1812Details._fields)


@dataclass(frozen=True, slots=True, eq=False)
class P1812Loss:
    """Path loss, arrays of shape (n,); NaN unless the status is OK.

    Attributes
    ----------
    loss_db : float array
        Basic transmission loss between isotropic antennas.
    diffraction_db : float array
        The part of it that is median diffraction loss, eq. (39).
    free_space_db : float array
        The part of it that is free-space loss, eq. (8).
    line_of_sight : bool array
        Whether the bare terrain does not obstruct the ray at the median Earth radius.
    status : int8 array
        :class:`~kalsel_gap.radio.propagation.path_inputs.Status`.
    """

    loss_db: FloatArray
    diffraction_db: FloatArray
    free_space_db: FloatArray
    line_of_sight: NDArray[np.bool_]
    status: ByteArray


def loss(paths: Paths, link: P1812Link, *, threads: int = 1) -> P1812Loss:
    """Basic transmission loss of many paths.

    Parameters
    ----------
    paths : Paths
        Terrain profiles.
    link : P1812Link
        Terms of the links.
    threads : int
        Number of threads; the result does not depend on it.

    Examples
    --------
    A ridge of 100 m in the middle of 20 km causes a loss of some 30 dB:

    >>> ground_m = np.zeros((2, 101))
    >>> ground_m[1, 50] = 100.0
    >>> link = P1812Link(frequency_mhz=1800.0, tx_height_m=30.0, rx_height_m=10.0,
    ...                  latitude_deg=-3.0, delta_n=45.0, n0=380.0)
    >>> found = loss(Paths.equally_spaced([20.0, 20.0], ground_m), link)
    >>> [int(each) for each in found.status]
    [0, 0]
    >>> bool(found.loss_db[1] - found.loss_db[0] > 20.0)
    True
    """
    kept = ("loss_db", "diffraction_median_db", "free_space_db", "line_of_sight")
    found, status = _run(paths, link, kept, threads)
    return P1812Loss(found[0], found[1], found[2], found[3] == 1.0, status)


def details(
    paths: Paths, link: P1812Link, *, threads: int = 1
) -> tuple[dict[str, FloatArray], ByteArray]:
    """Every step of many paths, for validation and for explaining a prediction.

    Returns
    -------
    steps : dict of float array of shape (n,)
        By the names of :class:`P1812Details`; NaN unless the status is OK.
    status : int8 array of shape (n,)
        :class:`~kalsel_gap.radio.propagation.path_inputs.Status`.
    """
    found, status = _run(paths, link, P1812Details._fields, threads)
    return dict(zip(P1812Details._fields, found, strict=True)), status


def _run(
    paths: Paths, link: P1812Link, names: tuple[str, ...], threads: int
) -> tuple[FloatArray, ByteArray]:
    """Steps with these names, one row each, and the status of each path."""
    keep = [P1812Details._fields.index(name) for name in names]
    return in_batches(_batch, paths, link.rows(paths), keep, threads)


# --- kernels -------------------------------------------------------------------------------------


@kernel
def _batch(
    begin: int, end: int, paths: Arrays, rows: FloatArray, keep: IntArray, found: FloatArray,
    status: ByteArray,
) -> None:  # fmt: skip
    """Paths from `begin` to `end`: their status, and the requested steps."""
    room = empty_profile(longest(paths, begin, end))
    extent = ALL_STEPS if keep.size == STEPS else LOSS_ONLY
    for path in range(begin, end):
        row = rows[path]
        terms = P1812Terms(
            row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9],
            row[10], row[11], row[12], row[13],
        )  # fmt: skip
        state = load(paths, path, room.d, room.ground)
        if state == OK:
            state = covered(terms, paths.length_km[path])
        if state == OK:
            profile = filled(room, paths, path)
            known = True
            for i in range(profile.n):
                known &= within(profile.surface[i], HEIGHT_M)
            state = OK if known else VOID
        if state == OK:
            over = shares(profile, paths.zone, paths.first[path])
            rx_zone = paths.zone[paths.first[path + 1] - 1] if paths.zone.size > 0 else INLAND
            steps = steps_of(profile, area(profile), over, rx_zone, terms, common_of(terms), extent)
            for k in range(keep.size):
                found[k, path] = steps[keep[k]]
        status[path] = state


@inlined
def covered(terms: P1812Terms, path_km: float) -> int:
    """Status of a link by the range of the Recommendation."""
    if not within(terms.frequency_mhz, FREQUENCY_MHZ):
        return FREQUENCY
    if not within(path_km, DISTANCE_KM):
        return DISTANCE
    if not (within(terms.tx_height_m, ANTENNA_M) and within(terms.rx_height_m, ANTENNA_M)):
        return ANTENNA
    known = (
        within(terms.time_percent, TIME_PERCENT)
        and within(terms.location_percent, LOCATION_PERCENT)
        and within(terms.latitude_deg, LATITUDE_DEG)
        and within(terms.delta_n, DELTA_N)
        and within(terms.n0, N0)
        and within(terms.location_sigma_db, SIGMA_DB)
        and within(terms.entry_sigma_db, SIGMA_DB)
        and np.isfinite(terms.entry_loss_db)
        and terms.polarization in (0.0, 1.0)
        and not terms.tx_coast_km < 0.0
        and not terms.rx_coast_km < 0.0
    )
    return OK if known else TERM


@inlined
def spread_db(terms: P1812Terms, zone: int) -> float:
    """Loss added to the median for locations and buildings, eqs. (67) to (69); 0 at sea."""
    sigma = np.sqrt(terms.location_sigma_db**2 + terms.entry_sigma_db**2)
    if zone == SEA or sigma == 0.0:
        return 0.0
    return float(normal_quantile(terms.location_percent / 100.0) * sigma)


@inlined
def common_of(terms: P1812Terms) -> Common:
    """Values of a path that depend on the terms of its link only."""
    f = terms.frequency_mhz / 1000.0
    return Common(
        wave_of(f, terms.polarization),
        globe_of(EARTH_KM * 157.0 / (157.0 - terms.delta_n)),
        globe_of(BETA0_RADIUS_KM),
        scatter_base_db(f, terms.time_percent, terms.n0),
        199.36 + 20.0 * np.log10(f),
    )


@uncounted
def steps_of(
    profile: Profile, sums: LineFit, over: Shares, rx_zone: int, terms: P1812Terms, common: Common,
    extent: int,
) -> P1812Details:  # fmt: skip
    """Every step of one path that the Recommendation covers.

    With LOSS_ONLY for an `extent`, steps that cannot change the loss are skipped: NaN.
    """
    wave, p = common.wave, terms.time_percent
    last = profile.n - 1
    path = profile.d[last]
    tx = profile.ground[0] + terms.tx_height_m
    rx = profile.ground[last] + terms.rx_height_m

    radius = common.median.radius_km
    ray = rays(profile, tx, rx, radius)
    earth = smooth_earth(profile, sums, tx, rx, ray)
    straight = np.sqrt(path * path + ((tx - rx) / 1000.0) ** 2)
    free_space = free_space_db(straight, wave.f_ghz)

    ends = AntennaHeights(tx, rx, earth.tx_diffraction_m, earth.rx_diffraction_m)
    slopes = ray.tx_slope, ray.rx_slope
    if not profile.bare:
        slopes = steepest(profile, profile.surface, tx, rx, 500.0 / radius)
    median = delta_bullington(profile, ends, common.median, wave, over.sea_share, slopes, extent)
    diffraction_p, beta, factor = median.total_db, median, 0.0

    # At 50 % of the time only the median counts, and ducting often has more loss than it.
    beta0 = duct = np.nan
    horizon, flat = Horizons(np.nan, np.nan, 0, 0), Ducted(np.nan, np.nan, np.nan)
    seen = LineOfSightLoss(free_space, free_space, np.nan)
    whole = extent == ALL_STEPS or p < 50.0
    reached = free_space + median.total_db
    if whole or not ray.line_of_sight or least_duct_db(path, radius, wave, ray) <= reached:
        horizon = horizons(profile, tx, rx, radius, ray)
        tx_coast, rx_coast = over.tx_coast_km, over.rx_coast_km
        if tx_coast > 0.0 and not np.isnan(terms.tx_coast_km):  # an antenna at sea is at distance 0
            tx_coast = terms.tx_coast_km
        if rx_coast > 0.0 and not np.isnan(terms.rx_coast_km):
            rx_coast = terms.rx_coast_km
        duct = coupling_db(tx, rx, tx_coast, rx_coast, over, wave, ray, horizon)
        duct += bent_db(radius, wave, duct_angle_mrad(path, radius, ray, horizon))
    if whole or duct <= reached:
        beta0 = ducting_percent(terms.latitude_deg, over)
        seen = line_of_sight_loss(
            free_space, horizon.tx_horizon_km + horizon.rx_horizon_km, p, beta0
        )
        flat = ducted(profile, tx, rx, horizon, earth)
        duct += timed_db(path, radius, p, beta0, horizon, flat, over.inland_km)
    if whole:  # at p = 50 % no loss depends on it, but the published steps include it
        slopes = steepest(profile, profile.surface, tx, rx, 500.0 / BETA0_RADIUS_KM)
        beta = delta_bullington(profile, ends, common.beta, wave, over.sea_share, slopes, extent)
    if p < 50.0:
        factor = 1.0
        if p > beta0:
            factor = normal_quantile(p / 100.0) / normal_quantile(beta0 / 100.0)
        diffraction_p = median.total_db + factor * (beta.total_db - median.total_db)

    scatter = troposcatter_db(common.scatter_db, path, ray.angular_distance_mrad)
    parts = Parts(seen, median.total_db, diffraction_p, duct, scatter)
    mix = mixed(path, ray.angular_distance_mrad, p, beta0, factor, over, parts, extent)

    # 4.7 to 4.10: locations, buildings, field strength.
    total = max(seen.p_db, mix.total_db + terms.entry_loss_db + spread_db(terms, rx_zone))
    return P1812Details(
        path,
        horizon.tx_horizon_km,
        horizon.rx_horizon_km,
        ray.tx_elevation_mrad,
        ray.rx_elevation_mrad,
        ray.angular_distance_mrad,
        1.0 * ray.line_of_sight,
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
        flat.tx_effective_m,
        flat.rx_effective_m,
        flat.roughness_m,
        factor,
        mix.angle_factor,
        mix.distance_factor,
        seen.free_space_db,
        seen.p_db,
        seen.beta_db,
        median.bullington_actual_db,
        median.bullington_smooth_db,
        median.spherical_db,
        median.total_db,
        beta.bullington_actual_db,
        beta.bullington_smooth_db,
        beta.spherical_db,
        beta.total_db,
        diffraction_p,
        seen.free_space_db + median.total_db,
        mix.diffracted_p_db,
        mix.least_p_db,
        duct,
        mix.least_ducting_db,
        mix.ducted_db,
        mix.modified_db,
        scatter,
        mix.total_db,
        total,
        common.field_dbuv_m - total,
    )
