"""Diffraction over a profile by the delta-Bullington method: ITU-R P.1812-8, section 4.3.

Kernels for one path; ITU-R P.526 section 4.5 is the same method. Equation numbers are those of
P.1812-8. Inside, frequencies are gigahertz and distances kilometres, as the equations have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import inlined
from kalsel_gap.radio.propagation.fresnel import knife_edge
from kalsel_gap.radio.propagation.geometry import deepest, steepest
from kalsel_gap.radio.propagation.path_inputs import Polarization

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.radio.propagation.geometry import Profile


# The rounded speed of light of the published results: it changes the loss by 0.0001 dB.
WAVELENGTH_M_GHZ = 0.2998
# Every step of a path, or only those that its loss depends on.
ALL_STEPS, LOSS_ONLY = 1, 0
VERTICAL = int(Polarization.VERTICAL)
LAND, SEA = (22.0, 0.003), (80.0, 5.0)  # relative permittivity, conductivity in S/m


class Diffraction(NamedTuple):
    """Diffraction loss of one path for one effective Earth radius, dB."""

    total_db: float
    """Delta-Bullington loss, eq. (39)."""
    bullington_actual_db: float
    """Bullington loss over the profile, eq. (21)."""
    bullington_smooth_db: float
    """Bullington loss over the smooth path, eq. (21)."""
    spherical_db: float
    """Loss over the spherical Earth, eq. (27)."""


class Wave(NamedTuple):
    """A carrier, and values that depend on it only."""

    f_ghz: float
    root_f: float
    """Cube root of it."""
    over_land: float
    """Admittance of the ground times the cube root of the Earth's radius, eqs. (29) and (30)."""
    over_sea: float
    """Of the sea."""


class Globe(NamedTuple):
    """An Earth by its effective radius."""

    radius_km: float
    root_km: float
    """Cube root of it."""


class AntennaHeights(NamedTuple):
    """Antennas of a link above sea level, and the surface fitted below the terrain, m."""

    tx_m: float
    rx_m: float
    tx_base_m: float
    rx_base_m: float


@inlined
def wave_of(f_ghz: float, polarization: float) -> Wave:
    """A carrier of a :class:`~kalsel_gap.radio.propagation.path_inputs.Polarization`."""
    root_f = f_ghz ** (1.0 / 3.0)
    over_land = _admittance(f_ghz, root_f, polarization, LAND)
    return Wave(f_ghz, root_f, over_land, _admittance(f_ghz, root_f, polarization, SEA))


@inlined
def _admittance(
    f_ghz: float,
    root_f: float,
    polarization: float,
    ground: tuple[float, float],
) -> float:
    """Normalised surface admittance times the cube root of the Earth's radius, eqs. (29), (30)."""
    permittivity, loss = ground[0], 18.0 * ground[1] / f_ghz
    found = 0.036 / root_f / np.sqrt(np.sqrt((permittivity - 1.0) ** 2 + loss**2))
    if polarization == VERTICAL:
        found *= np.sqrt(permittivity**2 + loss**2)
    return float(found)


@inlined
def globe_of(radius_km: float) -> Globe:
    """An Earth of this effective radius."""
    return Globe(radius_km, radius_km ** (1.0 / 3.0))


@inlined
def bullington_db(
    profile: Profile, s: FloatArray, tx_m: float, rx_m: float, radius_km: float, f_ghz: float
) -> float:
    """Bullington loss over surface heights `s`, between antennas at `tx_m` and `rx_m`.

    Eqs. (13) to (21): a single edge where the steepest rays from both ends meet, or, with line
    of sight, the sample that reaches farthest into the Fresnel zone.
    """
    slopes = steepest(profile, s, tx_m, rx_m, 500.0 / radius_km)
    return _actual_db(profile, s, tx_m, rx_m, radius_km, f_ghz, slopes)


@inlined
def _actual_db(
    profile: Profile, s: FloatArray, tx_m: float, rx_m: float, radius_km: float, f_ghz: float,
    slopes: tuple[float, float],
) -> float:  # fmt: skip
    """Bullington loss by the steepest slopes from both ends to samples of the surface."""
    curvature = 500.0 / radius_km
    chord = curvature * profile.d[profile.n - 1]
    tx_slope, rx_slope, depth = slopes[0] + chord, slopes[1] + chord, -np.inf
    if _grazes(tx_slope, rx_slope, tx_m, rx_m, profile.d[profile.n - 1]):
        depth = deepest(profile, s, tx_m, rx_m, curvature)
    return _edge_db(profile, tx_slope, rx_slope, depth, rx_m - tx_m, f_ghz)


@inlined
def _smooth_db(profile: Profile, tx_m: float, rx_m: float, radius_km: float, f_ghz: float) -> float:
    """Bullington loss over a smooth path, eqs. (13) to (21), whose antennas are above 0.

    The value at a sample rises and falls once along the path, so the samples on both sides of the
    maximum are enough: where the curve of the Earth touches the rays from either end, and with line
    of sight the reflection point.
    """
    n, d = profile.n, profile.d
    path = d[n - 1]
    curvature = 500.0 / radius_km
    tx_slope = rx_slope = depth = -np.inf
    at = _before(profile, np.sqrt(tx_m / curvature))
    for i in range(at, min(at + 2, n - 1)):
        tx_slope = max(tx_slope, curvature * (path - d[i]) - tx_m * profile.to_tx[i])
    at = _before(profile, path - np.sqrt(rx_m / curvature))
    for i in range(at, min(at + 2, n - 1)):
        rx_slope = max(rx_slope, curvature * d[i] - rx_m * profile.to_rx[i])
    if _grazes(tx_slope, rx_slope, tx_m, rx_m, path):
        rise = (rx_m - tx_m) / path
        at = _before(profile, mirror_km(path, tx_m, rx_m, radius_km))
        for i in range(at, min(at + 2, n - 1)):
            above = curvature * d[i] * (path - d[i]) - (tx_m + rise * d[i])
            depth = max(depth, above * abs(above) * profile.to_tx[i] * profile.to_rx[i])
    return _edge_db(profile, tx_slope, rx_slope, depth, rx_m - tx_m, f_ghz)


@inlined
def _before(profile: Profile, distance_km: float) -> int:
    """The inner sample before a distance, or the first or the last but one."""
    n, d = profile.n, profile.d
    i = int(max(min(distance_km / d[n - 1] * (n - 1), n - 3.0), 1.0))
    while i < n - 3 and d[i + 1] <= distance_km:
        i += 1
    while i > 1 and d[i] > distance_km:
        i -= 1
    return i


@inlined
def _grazes(tx_slope: float, rx_slope: float, tx_m: float, rx_m: float, path_km: float) -> bool:
    """Whether there is line of sight; the slopes cancel where the ray just grazes."""
    return bool(tx_slope < (rx_m - tx_m) / path_km or tx_slope + rx_slope <= 0.0)


@inlined
def _edge_db(
    profile: Profile, tx_slope: float, rx_slope: float, depth: float, climb_m: float, f_ghz: float
) -> float:
    """Bullington loss by the slopes, or by the depth in the Fresnel zone where that is known."""
    n, d = profile.n, profile.d
    path = d[n - 1]
    wavelength = WAVELENGTH_M_GHZ / f_ghz
    if depth > -np.inf:
        nu = np.sign(depth) * np.sqrt(0.002 * path / wavelength * abs(depth))
    else:
        # Limited to the inner samples, because rounding of a grazing ray may exceed them.
        at = min(max((climb_m + rx_slope * path) / (tx_slope + rx_slope), d[1]), d[n - 2])
        above = (tx_slope - climb_m / path) * at
        nu = above * np.sqrt(0.002 * path / (wavelength * at * (path - at)))
    edge = knife_edge(nu)
    if edge == 0.0:
        return 0.0
    return float(edge + (1.0 - np.exp(-edge / 6.0)) * (10.0 + 0.02 * path))


@inlined
def _ground_db(
    path_km: float, tx_m: float, rx_m: float, globe: Globe, root_f: float, admittance: float
) -> float:
    """First-term loss over a smooth Earth of one kind of ground, eqs. (29) to (36)."""
    k = admittance / globe.root_km
    k2 = k * k
    beta = (1.0 + (1.6 + 0.67 * k2) * k2) / (1.0 + (4.5 + 1.53 * k2) * k2)
    x = 21.88 * beta * root_f / (globe.root_km * globe.root_km) * path_km
    log_x = np.log10(x)
    if x >= 1.6:
        by_distance = 11.0 + 10.0 * log_x - 17.6 * x
    else:
        by_distance = -20.0 * log_x - 5.6488 * 10.0 ** (1.425 * log_x)
    per_metre = beta * 0.9575 * beta * root_f * root_f / globe.root_km
    return float(-by_distance - _gain_db(per_metre * tx_m, k) - _gain_db(per_metre * rx_m, k))


@inlined
def _gain_db(b: float, k: float) -> float:
    """Height gain G(Y) with B = βY, at least 2 + 20·log10(K), eqs. (34) and (35)."""
    if b > 2.0:
        gain = 17.6 * np.sqrt(b - 1.1) - 5.0 * np.log10(b - 1.1) - 8.0
        # It is 8.9 at least: K is only so large on an Earth as small as a hill.
        return float(max(gain, 2.0 + 20.0 * np.log10(k))) if k > 2.0 else float(gain)
    return float(20.0 * np.log10(max(b + 0.1 * b**3, 10.0**0.1 * k)))


@inlined
def _first_term_db(
    path_km: float, tx_m: float, rx_m: float, globe: Globe, wave: Wave, sea_share: float
) -> float:
    """First-term loss over land and sea by their shares of the path, eq. (28)."""
    loss, root_f = 0.0, wave.root_f
    if sea_share < 1.0:
        over_land = _ground_db(path_km, tx_m, rx_m, globe, root_f, wave.over_land)
        loss += (1.0 - sea_share) * over_land
    if sea_share > 0.0:
        loss += sea_share * _ground_db(path_km, tx_m, rx_m, globe, root_f, wave.over_sea)
    return loss


@inlined
def mirror_km(path_km: float, tx_m: float, rx_m: float, radius_km: float) -> float:
    """Distance of the reflection point on a smooth Earth from antenna 1, eqs. (24) to (26)."""
    both = tx_m + rx_m
    c = (tx_m - rx_m) / both
    m = 250.0 * path_km * path_km / (radius_km * both)
    turn = np.arccos(3.0 * c / 2.0 * np.sqrt(3.0 * m / (m + 1.0) ** 3))
    b = 2.0 * np.sqrt((m + 1.0) / (3.0 * m)) * np.cos(np.pi / 3.0 + turn / 3.0)
    return float(path_km / 2.0 * (1.0 + b))


@inlined
def spherical_db(
    path_km: float, tx_m: float, rx_m: float, globe: Globe, wave: Wave, sea_share: float
) -> float:
    """Loss over the spherical Earth between antennas at heights above it, eqs. (22) to (28)."""
    radius_km = globe.radius_km
    roots = np.sqrt(tx_m) + np.sqrt(rx_m)
    if path_km >= np.sqrt(0.002 * radius_km) * roots:
        return _first_term_db(path_km, tx_m, rx_m, globe, wave, sea_share)
    # With line of sight: least clearance over the curved path, against the clearance without loss.
    near = mirror_km(path_km, tx_m, rx_m, radius_km)
    far = path_km - near
    clearance = (
        (tx_m - 500.0 * near * near / radius_km) * far
        + (rx_m - 500.0 * far * far / radius_km) * near
    ) / path_km
    required = 17.456 * np.sqrt(near * far * (WAVELENGTH_M_GHZ / wave.f_ghz) / path_km)
    if clearance > required:
        return 0.0
    marginal = globe_of(500.0 * (path_km / roots) ** 2)
    loss = _first_term_db(path_km, tx_m, rx_m, marginal, wave, sea_share)
    return float(max((1.0 - clearance / required) * loss, 0.0))


@inlined
def delta_bullington(
    profile: Profile, ends: AntennaHeights, globe: Globe, wave: Wave, sea_share: float,
    slopes: tuple[float, float], extent: int,
) -> Diffraction:  # fmt: skip
    """Loss of the profile, with what a spherical Earth adds to a smooth path, eqs. (37) to (39).

    `slopes` are the steepest from both ends to samples of the surface, `sea_share` the share ω of
    the path over sea. With LOSS_ONLY for an `extent`, a smooth path is skipped where a spherical
    Earth adds nothing.
    """
    f, radius_km = wave.f_ghz, globe.radius_km
    actual = _actual_db(profile, profile.surface, ends.tx_m, ends.rx_m, radius_km, f, slopes)
    tx, rx = ends.tx_m - ends.tx_base_m, ends.rx_m - ends.rx_base_m
    sphere = spherical_db(profile.d[profile.n - 1], tx, rx, globe, wave, sea_share)
    smooth, added = np.nan, 0.0
    if extent == ALL_STEPS or sphere > 0.0:
        smooth = _smooth_db(profile, tx, rx, radius_km, f)
        added = max(sphere - smooth, 0.0)
    return Diffraction(actual + added, actual, smooth, sphere)
