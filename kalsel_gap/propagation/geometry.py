"""Horizons, smooth Earth and zones of one profile: ITU-R P.1812-8, Attachment 1 and section 3.

Heights are metres above sea level, distances kilometres, angles milliradians. The horizon and
the smooth Earth are those of the bare terrain; what stands on it is seen by diffraction only.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kalsel_gap.kernels import kernel
from kalsel_gap.propagation.paths import Arrays, ByteArray, Zone

FloatArray: TypeAlias = NDArray[np.float64]

SEA, INLAND = int(Zone.SEA), int(Zone.INLAND)

# Whole numbers in the order of floats: all bits but the sign, and what is less than any of them.
_MAGNITUDE = np.int64(2**63 - 1)
LOWEST = np.int64(-(2**63))

# Terminal distance from the coast where there is none on the path: too far to matter.
NO_COAST_KM = 500.0


class Profile(NamedTuple):
    """One path of n samples, in arrays that may be longer."""

    n: int
    d: FloatArray
    """Distance from the transmitter, km."""
    to_tx: FloatArray
    """Inverse distance of the inner samples from the transmitter, 1/km."""
    to_rx: FloatArray
    """Inverse distance of the inner samples from the receiver, 1/km."""
    ground: FloatArray
    """Terrain above sea level, m."""
    surface: FloatArray
    """Terrain with what stands on it, m."""


class Horizons(NamedTuple):
    """Where the antennas' horizons lie, Attachment 1, sections 4 and 5.1 to 5.5."""

    tx_horizon_km: float
    """From the transmitter to its horizon, eq. (78)."""
    rx_horizon_km: float
    """From the receiver to its horizon, eq. (81a)."""
    tx_elevation_mrad: float
    """Elevation of the transmitter's horizon, eqs. (76) to (78)."""
    rx_elevation_mrad: float
    """Elevation of the receiver's horizon, eqs. (79) to (81)."""
    angular_distance_mrad: float
    """Path angular distance, eq. (82)."""
    tx_index: int
    """Sample of the transmitter's horizon."""
    rx_index: int
    """Sample of the receiver's horizon."""
    line_of_sight: bool
    """Whether no terrain is higher than the ray."""


class SmoothEarth(NamedTuple):
    """Surface fitted to the terrain, Attachment 1, section 5.6."""

    tx_fit_m: float
    """Least-squares height at the transmitter, eq. (85)."""
    rx_fit_m: float
    """Least-squares height at the receiver, eq. (86)."""
    tx_diffraction_m: float
    """Height for diffraction at the transmitter, eq. (89)."""
    rx_diffraction_m: float
    """Height for diffraction at the receiver, eq. (89)."""
    tx_effective_m: float
    """Antenna above the surface for ducting at the transmitter, eq. (92a)."""
    rx_effective_m: float
    """Antenna above the surface for ducting at the receiver, eq. (92b)."""
    roughness_m: float
    """Terrain roughness between the horizons, eq. (93)."""


class Shares(NamedTuple):
    """What the path runs over, section 3.3 and 3.4."""

    sea_share: float
    """Share over sea ω."""
    land_km: float
    """Longest continuous section over land, inland and coastal."""
    inland_km: float
    """Longest continuous section inland."""
    tx_coast_km: float
    """From the transmitter to the first sea on the path."""
    rx_coast_km: float
    """From the receiver to the first sea on the path."""


@kernel
def empty_profile(longest: int) -> Profile:
    """Room for paths of up to `longest` samples."""
    return Profile(
        0,
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
    )


@kernel
def filled(room: Profile, paths: Arrays, path: int) -> Profile:
    """A path whose distances and ground are in `room`, with its clutter; NaN where that is void."""
    d, start = room.d, paths.first[path]
    n = paths.first[path + 1] - start
    room.surface[:n] = room.ground[:n]
    if paths.clutter_m.size > 0:
        for i in range(1, n - 1):
            room.surface[i] += paths.clutter_m[start + i]
    for i in range(1, n - 1):
        room.to_tx[i] = 1.0 / d[i]
        room.to_rx[i] = 1.0 / (d[n - 1] - d[i])
    return Profile(n, d, room.to_tx, room.to_rx, room.ground, room.surface)


@kernel
def _ordered(value: float) -> int:
    """A whole number that is larger where the value is: of these a processor finds many at once."""
    bits = np.float64(value).view(np.int64)
    return bits ^ ((bits >> np.int64(63)) & _MAGNITUDE)


@kernel
def _value_of(ordered: int) -> float:
    """The value that a whole number of `_ordered` stands for."""
    bits = np.int64(ordered ^ ((ordered >> np.int64(63)) & _MAGNITUDE))
    return float(bits.view(np.float64))


@kernel
def steepest(
    profile: Profile, s: FloatArray, tx_m: float, rx_m: float, curvature: float
) -> tuple[float, float]:
    """Steepest slopes up from both ends to inner samples of surface `s` over the curved Earth, m/km."""
    n, d, to_tx, to_rx = profile.n, profile.d, profile.to_tx, profile.to_rx
    path = d[n - 1]
    tx = rx = LOWEST
    for i in range(1, n - 1):
        tx = max(tx, _ordered((s[i] - tx_m) * to_tx[i] - curvature * d[i]))
        rx = max(rx, _ordered((s[i] - rx_m) * to_rx[i] - curvature * (path - d[i])))
    return _value_of(tx), _value_of(rx)


@kernel
def deepest(profile: Profile, s: FloatArray, tx_m: float, rx_m: float, curvature: float) -> float:
    """How far surface `s` reaches into the Fresnel zone at most: ν² with the sign of ν, scaled."""
    n, d, to_tx, to_rx = profile.n, profile.d, profile.to_tx, profile.to_rx
    path = d[n - 1]
    rise = (rx_m - tx_m) / path
    found = LOWEST
    for i in range(1, n - 1):
        above = s[i] + curvature * d[i] * (path - d[i]) - (tx_m + rise * d[i])
        found = max(found, _ordered(above * abs(above) * to_tx[i] * to_rx[i]))
    return _value_of(found)


@kernel
def horizons(profile: Profile, tx_m: float, rx_m: float, radius_km: float) -> Horizons:
    """Horizons over the terrain between antennas at heights `tx_m` and `rx_m` above sea."""
    n, d, h, to_tx, to_rx = profile.n, profile.d, profile.ground, profile.to_tx, profile.to_rx
    path = d[n - 1]
    curvature = 500.0 / radius_km
    rise = (rx_m - tx_m) / path
    highest_tx, highest_rx = steepest(profile, h, tx_m, rx_m, curvature)
    # Slopes in metres a kilometre; the arc tangent is taken once, of the largest.
    direct = rise - curvature * path
    sees = highest_tx <= direct
    # The first sample that is as high as that.
    at_tx, at_rx = 1, 1
    if sees:
        depth = deepest(profile, h, tx_m, rx_m, curvature)
        while at_tx < n - 2:
            above = h[at_tx] + curvature * d[at_tx] * (path - d[at_tx]) - (tx_m + rise * d[at_tx])
            if above * abs(above) * to_tx[at_tx] * to_rx[at_tx] >= depth:
                break
            at_tx += 1
        at_rx = at_tx
        highest_tx = direct
        highest_rx = -rise - curvature * path
    else:
        while at_tx < n - 2:
            if (h[at_tx] - tx_m) * to_tx[at_tx] - curvature * d[at_tx] >= highest_tx:
                break
            at_tx += 1
        while at_rx < n - 2:
            if (h[at_rx] - rx_m) * to_rx[at_rx] - curvature * (path - d[at_rx]) >= highest_rx:
                break
            at_rx += 1
    tx_mrad = 1000.0 * np.arctan(highest_tx / 1000.0)
    rx_mrad = 1000.0 * np.arctan(highest_rx / 1000.0)
    angle = 1000.0 * path / radius_km + tx_mrad + rx_mrad
    return Horizons(d[at_tx], path - d[at_rx], tx_mrad, rx_mrad, angle, at_tx, at_rx, sees)


@kernel
def smooth_earth(profile: Profile, tx_m: float, rx_m: float, horizon: Horizons) -> SmoothEarth:
    """Surface fitted to the terrain, and antenna heights above it."""
    n, d, h, to_tx, to_rx = profile.n, profile.d, profile.ground, profile.to_tx, profile.to_rx
    path = d[n - 1]
    sum1 = sum2 = 0.0
    for i in range(1, n):
        step = d[i] - d[i - 1]
        sum1 += step * (h[i] + h[i - 1])
        sum2 += step * (h[i] * (2.0 * d[i] + d[i - 1]) + h[i - 1] * (d[i] + 2.0 * d[i - 1]))
    tx_fit = (2.0 * sum1 * path - sum2) / path**2
    rx_fit = (sum2 - sum1 * path) / path**2

    rise = (rx_m - tx_m) / path
    highest = far_tx = far_rx = LOWEST
    for i in range(1, n - 1):
        above = h[i] - (tx_m + rise * d[i])
        highest = max(highest, _ordered(above))
        far_tx = max(far_tx, _ordered(above * to_tx[i]))
        far_rx = max(far_rx, _ordered(above * to_rx[i]))
    obstacle, from_tx, from_rx = _value_of(highest), _value_of(far_tx), _value_of(far_rx)
    tx_base, rx_base = tx_fit, rx_fit
    if obstacle > 0.0:
        tx_base -= obstacle * from_tx / (from_tx + from_rx)
        rx_base -= obstacle * from_rx / (from_tx + from_rx)

    tx_duct, rx_duct = min(tx_fit, h[0]), min(rx_fit, h[n - 1])
    slope = (rx_duct - tx_duct) / path
    rough = LOWEST
    for i in range(horizon.tx_index, horizon.rx_index + 1):
        rough = max(rough, _ordered(h[i] - (tx_duct + slope * d[i])))
    return SmoothEarth(
        tx_fit,
        rx_fit,
        min(tx_base, h[0]),
        min(rx_base, h[n - 1]),
        tx_m - tx_duct,
        rx_m - rx_duct,
        _value_of(rough),
    )


@kernel
def shares(profile: Profile, zone: ByteArray, begin: int) -> Shares:
    """Share over sea, longest sections over land, distances from the coast.

    Each sample stands for the path half way to its neighbours. `zone` is that of all paths, this
    one from `begin` on; an empty one is all inland.
    """
    n, d = profile.n, profile.d
    path = d[n - 1]
    if zone.size == 0:
        return Shares(0.0, path, path, NO_COAST_KM, NO_COAST_KM)
    sea = longest_land = longest_inland = land = inland = 0.0
    tx_coast = rx_coast = NO_COAST_KM
    for i in range(n):
        left = (d[i] + d[i - 1]) / 2.0 if i > 0 else 0.0
        right = (d[i] + d[i + 1]) / 2.0 if i < n - 1 else path
        kind = zone[begin + i]
        if kind == SEA:
            sea += right - left
            tx_coast = min(tx_coast, left)
            rx_coast = path - right
        land = 0.0 if kind == SEA else land + right - left
        inland = inland + right - left if kind == INLAND else 0.0
        longest_land, longest_inland = max(longest_land, land), max(longest_inland, inland)
    return Shares(sea / path, longest_land, longest_inland, tx_coast, rx_coast)
