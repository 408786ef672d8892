"""Diffraction over a profile by the delta-Bullington method: ITU-R P.1812-8, section 4.3.

Kernels for one path; ITU-R P.526 section 4.5 is the same method. Equation numbers are those of
P.1812-8. Inside, frequencies are gigahertz and distances kilometres, as the equations have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kalsel_gap.kernels import kernel
from kalsel_gap.propagation.fresnel import knife_edge
from kalsel_gap.propagation.geometry import deepest, steepest

if TYPE_CHECKING:
    from kalsel_gap.propagation.geometry import Profile

FloatArray: TypeAlias = NDArray[np.float64]

# The rounded speed of light that the published results rest on: the loss moves by 0.0001 dB.
WAVELENGTH_M_GHZ = 0.2998
# Every step of a path, or those that its loss hangs on.
ALL_STEPS, LOSS_ONLY = 1, 0
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
    """What diffraction asks of a link."""

    f_ghz: float
    vertical: bool
    """Vertical polarization, else horizontal."""
    sea_share: float
    """Share of the path over sea ω."""


class Ends(NamedTuple):
    """Antennas of a link above sea level, and the surface fitted below the terrain, m."""

    tx_m: float
    rx_m: float
    tx_base_m: float
    rx_base_m: float


@kernel
def bullington_db(
    profile: Profile, s: FloatArray, tx_m: float, rx_m: float, radius_km: float, f_ghz: float
) -> float:
    """Bullington loss over surface heights `s`, between antennas at `tx_m` and `rx_m`.

    Eqs. (13) to (21): a single edge where the steepest rays from both ends meet, or, with line
    of sight, the sample that reaches farthest into the Fresnel zone.
    """
    slopes = steepest(profile, s, tx_m, rx_m, 500.0 / radius_km)
    return _actual_db(profile, s, tx_m, rx_m, radius_km, f_ghz, slopes)


@kernel
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


@kernel
def _smooth_db(profile: Profile, tx_m: float, rx_m: float, radius_km: float, f_ghz: float) -> float:
    """Bullington loss over a smooth path, eqs. (13) to (21), whose antennas are above 0.

    What a sample has to say of it rises and falls once along the path, so the samples on both
    sides of the summit are enough: where the Earth's curve touches the rays from either end, and
    with line of sight the point that mirrors them.
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


@kernel
def _before(profile: Profile, distance_km: float) -> int:
    """The inner sample before a distance, or the first or the last but one."""
    n, d = profile.n, profile.d
    i = int(max(min(distance_km / d[n - 1] * (n - 1), n - 3.0), 1.0))
    while i < n - 3 and d[i + 1] <= distance_km:
        i += 1
    while i > 1 and d[i] > distance_km:
        i -= 1
    return i


@kernel
def _grazes(tx_slope: float, rx_slope: float, tx_m: float, rx_m: float, path_km: float) -> bool:
    """Whether there is line of sight; the slopes cancel where the ray just grazes."""
    return bool(tx_slope < (rx_m - tx_m) / path_km or tx_slope + rx_slope <= 0.0)


@kernel
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
        # Between the outermost samples, whatever is left of the digits of a grazing ray.
        at = min(max((climb_m + rx_slope * path) / (tx_slope + rx_slope), d[1]), d[n - 2])
        above = (tx_slope - climb_m / path) * at
        nu = above * np.sqrt(0.002 * path / (wavelength * at * (path - at)))
    edge = knife_edge(nu)
    return float(edge + (1.0 - np.exp(-edge / 6.0)) * (10.0 + 0.02 * path))


@kernel
def _ground_db(
    path_km: float,
    tx_m: float,
    rx_m: float,
    radius_km: float,
    wave: Wave,
    ground: tuple[float, float],
) -> float:
    """First-term loss over a smooth Earth of one kind of ground, eqs. (29) to (36)."""
    f, permittivity = wave.f_ghz, ground[0]
    loss = 18.0 * ground[1] / f
    root_f, root_radius = f ** (1.0 / 3.0), radius_km ** (1.0 / 3.0)
    k = 0.036 / (root_radius * root_f) / np.sqrt(np.sqrt((permittivity - 1.0) ** 2 + loss**2))
    if wave.vertical:
        k *= np.sqrt(permittivity**2 + loss**2)
    beta = (1.0 + 1.6 * k**2 + 0.67 * k**4) / (1.0 + 4.5 * k**2 + 1.53 * k**4)
    x = 21.88 * beta * root_f / root_radius**2 * path_km
    if x >= 1.6:
        by_distance = 11.0 + 10.0 * np.log10(x) - 17.6 * x
    else:
        by_distance = -20.0 * np.log10(x) - 5.6488 * x**1.425
    per_metre = beta * 0.9575 * beta * root_f**2 / root_radius
    floor = 2.0 + 20.0 * np.log10(k)
    return float(
        -by_distance - _gain_db(per_metre * tx_m, floor) - _gain_db(per_metre * rx_m, floor)
    )


@kernel
def _gain_db(b: float, floor: float) -> float:
    """Height gain G(Y) with B = βY, eqs. (34) and (35)."""
    if b > 2.0:
        gain = 17.6 * np.sqrt(b - 1.1) - 5.0 * np.log10(b - 1.1) - 8.0
    elif b > 0.0:
        gain = 20.0 * np.log10(b + 0.1 * b**3)
    else:
        gain = floor
    return float(max(gain, floor))


@kernel
def _first_term_db(path_km: float, tx_m: float, rx_m: float, radius_km: float, wave: Wave) -> float:
    """First-term loss over land and sea by their shares of the path, eq. (28)."""
    loss = 0.0
    if wave.sea_share < 1.0:
        loss += (1.0 - wave.sea_share) * _ground_db(path_km, tx_m, rx_m, radius_km, wave, LAND)
    if wave.sea_share > 0.0:
        loss += wave.sea_share * _ground_db(path_km, tx_m, rx_m, radius_km, wave, SEA)
    return loss


@kernel
def mirror_km(path_km: float, tx_m: float, rx_m: float, radius_km: float) -> float:
    """How far from the first antenna a smooth Earth mirrors the other, eqs. (24) to (26)."""
    both = tx_m + rx_m
    c = (tx_m - rx_m) / both
    m = 250.0 * path_km * path_km / (radius_km * both)
    turn = np.arccos(3.0 * c / 2.0 * np.sqrt(3.0 * m / (m + 1.0) ** 3))
    b = 2.0 * np.sqrt((m + 1.0) / (3.0 * m)) * np.cos(np.pi / 3.0 + turn / 3.0)
    return float(path_km / 2.0 * (1.0 + b))


@kernel
def spherical_db(path_km: float, tx_m: float, rx_m: float, radius_km: float, wave: Wave) -> float:
    """Loss over the spherical Earth between antennas at heights above it, eqs. (22) to (28)."""
    roots = np.sqrt(0.001 * tx_m) + np.sqrt(0.001 * rx_m)
    if path_km >= np.sqrt(2.0 * radius_km) * roots:
        return _first_term_db(path_km, tx_m, rx_m, radius_km, wave)
    # With line of sight: least clearance over the curved path against what is free of loss.
    near = mirror_km(path_km, tx_m, rx_m, radius_km)
    far = path_km - near
    clearance = (
        (tx_m - 500.0 * near * near / radius_km) * far
        + (rx_m - 500.0 * far * far / radius_km) * near
    ) / path_km
    required = 17.456 * np.sqrt(near * far * (WAVELENGTH_M_GHZ / wave.f_ghz) / path_km)
    if clearance > required:
        return 0.0
    marginal_km = 500.0 * (path_km / (np.sqrt(tx_m) + np.sqrt(rx_m))) ** 2
    loss = _first_term_db(path_km, tx_m, rx_m, marginal_km, wave)
    return float(max((1.0 - clearance / required) * loss, 0.0))


@kernel
def delta_bullington(
    profile: Profile, ends: Ends, radius_km: float, wave: Wave, slopes: tuple[float, float],
    extent: int,
) -> Diffraction:  # fmt: skip
    """Loss of the profile, with what a spherical Earth adds to a smooth path, eqs. (37) to (39).

    `slopes` are the steepest from both ends to samples of the surface. With LOSS_ONLY for an
    `extent`, a smooth path is passed over where a spherical Earth adds nothing anyway.
    """
    f = wave.f_ghz
    actual = _actual_db(profile, profile.surface, ends.tx_m, ends.rx_m, radius_km, f, slopes)
    tx, rx = ends.tx_m - ends.tx_base_m, ends.rx_m - ends.rx_base_m
    sphere, smooth = spherical_db(profile.d[profile.n - 1], tx, rx, radius_km, wave), np.nan
    added = 0.0
    if extent == ALL_STEPS or sphere > 0.0:
        smooth = _smooth_db(profile, tx, rx, radius_km, f)
        added = max(sphere - smooth, 0.0)
    return Diffraction(actual + added, actual, smooth, sphere)
