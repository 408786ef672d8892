"""Mechanisms of ITU-R P.1812-8 except diffraction, and how they combine: kernels for one path.

Sections 3.6 and 4.2 to 4.6. Frequencies are gigahertz, distances kilometres, angles milliradians,
as the equations have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import inlined
from kalsel_gap.radio.propagation.diffraction import ALL_STEPS

if TYPE_CHECKING:
    from kalsel_gap.radio.propagation.diffraction import Wave
    from kalsel_gap.radio.propagation.geometry import Ducted, HorizonRays, Horizons, Shares


class LineOfSightLoss(NamedTuple):
    """Loss with line of sight, dB, section 4.2."""

    free_space_db: float
    """Lbfs, eq. (8)."""
    p_db: float
    """Lb0p with multipath and focusing, eq. (10)."""
    beta_db: float
    """Lb0β, eq. (11)."""


class Parts(NamedTuple):
    """Loss of each mechanism, dB."""

    seen: LineOfSightLoss
    """With line of sight."""
    median_db: float
    """Ld50: median diffraction."""
    diffraction_p_db: float
    """Ldp: diffraction not exceeded for p %."""
    ducting_db: float
    """Lba: ducts and layers."""
    scatter_db: float
    """Lbs: tropospheric scatter."""


class Mix(NamedTuple):
    """How the mechanisms combine, section 4.6."""

    angle_factor: float
    """Fj, eq. (57)."""
    distance_factor: float
    """Fk, eq. (58)."""
    diffracted_p_db: float
    """Lbd, eq. (43)."""
    least_p_db: float
    """Lminb0p, eq. (59)."""
    least_ducting_db: float
    """Lminbap, eq. (60)."""
    ducted_db: float
    """Lbda, eq. (61)."""
    modified_db: float
    """Lbam, eq. (62)."""
    total_db: float
    """Lbc, eq. (63)."""


@inlined
def ducting_percent(latitude_deg: float, over: Shares) -> float:
    """Share β0 of the time with strong lapse rates near the ground, %, eqs. (2) to (5)."""
    tau = inland_factor(over.inland_km)
    mu1 = 10.0 ** (-over.land_km / (16.0 - 6.6 * tau)) + 10.0 ** (-5.0 * (0.496 + 0.354 * tau))
    mu1 = min(mu1**0.2, 1.0)
    latitude = abs(latitude_deg)
    if latitude <= 70.0:
        mu4 = mu1 ** (-0.935 + 0.0176 * latitude)
        return float(10.0 ** (-0.015 * latitude + 1.67) * mu1 * mu4)
    return float(4.17 * mu1 * mu1**0.3)


@inlined
def inland_factor(inland_km: float) -> float:
    """Factor τ of the longest inland section, eq. (3)."""
    return float(1.0 - np.exp(-4.12e-4 * inland_km**2.41))


@inlined
def free_space_db(ray_km: float, f: float) -> float:
    """Free space, eq. (8)."""
    return float(92.4 + 20.0 * np.log10(f * ray_km))


@inlined
def line_of_sight_loss(
    free_space: float, horizon_km: float, p: float, beta0: float
) -> LineOfSightLoss:
    """Free space, with multipath and focusing for both shares of the time, eqs. (10) and (11)."""
    fading = 2.6 * (1.0 - np.exp(-0.1 * horizon_km))
    return LineOfSightLoss(
        free_space,
        free_space + fading * np.log10(p / 50.0),
        free_space + fading * np.log10(beta0 / 50.0),
    )


@inlined
def scatter_base_db(f: float, p: float, n0: float) -> float:
    """Part of the scatter loss that does not depend on path and angle, eqs. (44) and (45)."""
    by_frequency = 25.0 * np.log10(f) - 2.5 * np.log10(f / 2.0) ** 2
    by_time = 10.125 * np.log10(50.0 / p) ** 0.7
    return float(190.1 + by_frequency - 0.15 * n0 - by_time)


@inlined
def troposcatter_db(base_db: float, path_km: float, angle_mrad: float) -> float:
    """Loss Lbs by tropospheric scatter, eq. (44), with :func:`scatter_base_db`."""
    return float(base_db + 20.0 * np.log10(path_km) + 0.573 * angle_mrad)


@inlined
def coupling_db(
    tx_m: float, rx_m: float, tx_coast_km: float, rx_coast_km: float, over: Shares, wave: Wave,
    ray: HorizonRays, horizon: Horizons,
) -> float:  # fmt: skip
    """Fixed loss Af between antennas and duct, eqs. (47) to (49)."""
    return float(
        _far_coupling_db(horizon.tx_horizon_km + horizon.rx_horizon_km, wave.f_ghz)
        + _shielding_db(ray.tx_elevation_mrad, horizon.tx_horizon_km, wave)
        + _shielding_db(ray.rx_elevation_mrad, horizon.rx_horizon_km, wave)
        + _coast_db(over.sea_share, tx_coast_km, horizon.tx_horizon_km, tx_m)
        + _coast_db(over.sea_share, rx_coast_km, horizon.rx_horizon_km, rx_m)
    )


@inlined
def _far_coupling_db(horizons_km: float, f: float) -> float:
    """Fixed loss Af of antennas without shielding or coast, eqs. (47) and (47a)."""
    loss = 102.45 + 20.0 * np.log10(f * horizons_km)
    if f < 0.5:
        loss += 45.375 - 137.0 * f + 92.5 * f * f
    return float(loss)


@inlined
def _shielding_db(elevation_mrad: float, horizon_km: float, wave: Wave) -> float:
    """Site shielding of an antenna against a duct, eq. (48)."""
    angle = elevation_mrad - 0.1 * horizon_km
    if angle <= 0.0:
        return 0.0
    near = 20.0 * np.log10(1.0 + 0.361 * angle * np.sqrt(wave.f_ghz * horizon_km))
    return float(near + 0.264 * angle * wave.root_f)


@inlined
def _coast_db(sea_share: float, coast_km: float, horizon_km: float, antenna_m: float) -> float:
    """Correction for an antenna near the coast of a path over sea, eq. (49)."""
    if sea_share < 0.75 or coast_km > horizon_km or coast_km > 5.0:
        return 0.0
    by_height = 1.0 + np.tanh(0.07 * (50.0 - antenna_m))
    return float(-3.0 * np.exp(-0.25 * coast_km**2) * by_height)


@inlined
def least_duct_db(path: float, radius: float, wave: Wave, ray: HorizonRays) -> float:
    """Least loss by ducting for half of the time with line of sight.

    No shielding, the sea at both ends, eq. (49), and the horizons with the smallest angle: the
    share of the time of eqs. (52) to (56) is no larger than 50 %.
    """
    angle = (
        1000.0 * path / radius + min(ray.tx_elevation_mrad, 0.0) + min(ray.rx_elevation_mrad, 0.0)
    )
    return float(_far_coupling_db(path, wave.f_ghz) - 12.0 + bent_db(radius, wave, angle))


@inlined
def bent_db(radius: float, wave: Wave, angle_mrad: float) -> float:
    """Loss inside a duct by angle, eq. (51)."""
    return float(5e-5 * radius * wave.root_f * angle_mrad)


@inlined
def duct_angle_mrad(path: float, radius: float, ray: HorizonRays, horizon: Horizons) -> float:
    """Angular distance of a duct θ', eq. (52)."""
    return float(
        1000.0 * path / radius
        + min(ray.tx_elevation_mrad, 0.1 * horizon.tx_horizon_km)
        + min(ray.rx_elevation_mrad, 0.1 * horizon.rx_horizon_km)
    )


@inlined
def timed_db(
    path: float, radius: float, p: float, beta0: float, horizon: Horizons, earth: Ducted,
    inland_km: float,
) -> float:  # fmt: skip
    """Loss A(p) inside a duct by time, eqs. (53) to (56); at least 0 where `p` is above `beta0`."""
    alpha = max(-0.6 - 3.5e-9 * path**3.1 * inland_factor(inland_km), -3.4)
    heights = (np.sqrt(earth.tx_effective_m) + np.sqrt(earth.rx_effective_m)) ** 2
    mu2 = min((500.0 / radius * path * path / heights) ** alpha, 1.0)
    mu3 = 1.0
    if earth.roughness_m > 10.0:
        between = min(path - horizon.tx_horizon_km - horizon.rx_horizon_km, 40.0)
        mu3 = np.exp(-4.6e-5 * (earth.roughness_m - 10.0) * (43.0 + 6.0 * between))
    # In mountains the share of the time may become 0: its logarithm must stay finite.
    beta = max(beta0 * mu2 * mu3, 1e-300)
    log_beta = np.log10(beta)
    bend = np.exp(-(9.51 - 4.8 * log_beta + 0.198 * log_beta**2) * 1e-6 * path**1.13)
    gamma = 1.076 / (2.0058 - log_beta) ** 1.012 * bend
    by_time = (1.2 + 3.7e-3 * path) * np.log10(p / beta) + 12.0 * (p / beta) ** gamma
    return float(by_time - 12.0)


@inlined
def mixed(
    path: float, angle_mrad: float, p: float, beta0: float, factor: float, over: Shares,
    parts: Parts, extent: int,
) -> Mix:  # fmt: skip
    """All mechanisms together, eqs. (42), (43) and (57) to (63).

    With LOSS_ONLY for an `extent`, factors that do not change the loss are skipped.
    """
    seen, scatter = parts.seen, parts.scatter_db
    diffracted_50 = seen.free_space_db + parts.median_db
    diffracted_p = seen.p_db + parts.diffraction_p_db
    over_land = (1.0 - over.sea_share) * parts.diffraction_p_db
    if p < beta0:
        least_p = seen.p_db + over_land
    elif factor != 0.0:
        least_p = diffracted_50 + (seen.beta_db + over_land - diffracted_50) * factor
    else:
        least_p = diffracted_50
    by_angle = by_distance = least_ducting = np.nan
    ducted = diffracted_p
    if extent == ALL_STEPS or parts.ducting_db <= diffracted_p:
        # η·ln(exp(Lba/η) + exp(Lb0p/η)) without an overflow.
        low, high = min(parts.ducting_db, seen.p_db), max(parts.ducting_db, seen.p_db)
        least_ducting = high + 2.5 * np.log1p(np.exp((low - high) / 2.5))
        by_distance = 1.0 - 0.5 * (1.0 + np.tanh(1.5 * (path - 20.0) / 20.0))
        if least_ducting <= diffracted_p:
            ducted = least_ducting + (diffracted_p - least_ducting) * by_distance
    modified = ducted
    if extent == ALL_STEPS or least_p != ducted:
        by_angle = 1.0 - 0.5 * (1.0 + np.tanh(2.4 * (angle_mrad - 0.3) / 0.3))
        modified = ducted + (least_p - ducted) * by_angle
    # -5·log10(10^(-0.2·Lbs) + 10^(-0.2·Lbam)), likewise.
    # At a difference of 80 dB the larger loss is negligible.
    apart, total = abs(scatter - modified), min(scatter, modified)
    if apart < 80.0:
        total -= 5.0 * np.log10(1.0 + 10.0 ** (-0.2 * apart))
    return Mix(by_angle, by_distance, diffracted_p, least_p, least_ducting, ducted, modified, total)
