"""Horizons, smooth Earth and zones of one profile: ITU-R P.1812-8, Attachment 1 and section 3.

Heights are metres above sea level, distances kilometres, angles milliradians. The horizon and
the smooth Earth are those of the bare terrain; clutter counts in the diffraction only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.radio.propagation.path_inputs import Arrays, ByteArray, RadioZone

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray

SEA, INLAND = int(RadioZone.SEA), int(RadioZone.INLAND)

# Integers in the order of floats: all bits but the sign, and a value less than any of them.
_MAGNITUDE = 2**63 - 1
LOWEST = -(2**63)

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
    """Terrain with clutter, m."""
    bare: bool
    """Whether there is no clutter: the surface is the terrain."""


class HorizonRays(NamedTuple):
    """Rays to the horizons, Attachment 1, sections 4 and 5.1 to 5.5."""

    tx_slope: float
    """Steepest up from the transmitter to a sample over the curved Earth, m/km."""
    rx_slope: float
    """Steepest up from the receiver likewise."""
    line_of_sight: bool
    """Whether no terrain is higher than the ray."""
    tx_elevation_mrad: float
    """Elevation of the transmitter's horizon, eqs. (76) to (78)."""
    rx_elevation_mrad: float
    """Elevation of the receiver's horizon, eqs. (79) to (81)."""
    angular_distance_mrad: float
    """Path angular distance, eq. (82)."""


class Horizons(NamedTuple):
    """Where the antennas' horizons lie."""

    tx_horizon_km: float
    """From the transmitter to its horizon, eq. (78)."""
    rx_horizon_km: float
    """From the receiver to its horizon, eq. (81a)."""
    tx_index: int
    """Sample of the transmitter's horizon."""
    rx_index: int
    """Sample of the receiver's horizon."""


class LineFit(NamedTuple):
    """Sums over the sections of a profile, to fit a straight line."""

    height: float
    """v1 of eq. (83)."""
    moment: float
    """v2 of eq. (84)."""


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


class Ducted(NamedTuple):
    """The fitted surface for ducting, Attachment 1, section 5.6.4."""

    tx_effective_m: float
    """Antenna above it at the transmitter, eq. (92a)."""
    rx_effective_m: float
    """Antenna above it at the receiver, eq. (92b)."""
    roughness_m: float
    """Terrain roughness between the horizons, eq. (93)."""


class Shares(NamedTuple):
    """Land and sea along the path, sections 3.3 and 3.4."""

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


class Course(NamedTuple):
    """Land and sea along the first part of a path."""

    sea_km: float
    """Over sea."""
    land_km: float
    """Over land since the last sea."""
    inland_km: float
    """Inland since the last sea or coast."""
    longest_land_km: float
    """Longest section over land."""
    longest_inland_km: float
    """Longest section inland."""
    first_sea_km: float
    """Where the first sea begins."""
    last_sea_km: float
    """Where the last sea ends."""


ASHORE = Course(0.0, 0.0, 0.0, 0.0, 0.0, NO_COAST_KM, 0.0)


@kernel
def empty_profile(longest: int) -> Profile:
    """Arrays for paths of up to `longest` samples."""
    return Profile(
        0,
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        np.empty(longest),
        bare=True,
    )


@kernel
def filled(room: Profile, paths: Arrays, path: int) -> Profile:
    """A path whose distances and terrain are in `room`, with its clutter; NaN where unknown."""
    d, start = room.d, paths.first[path]
    n = paths.first[path + 1] - start
    room.surface[:n] = room.ground[:n]
    if paths.clutter_m.size > 0:
        for i in range(1, n - 1):
            room.surface[i] += paths.clutter_m[start + i]
    for i in range(1, n - 1):
        room.to_tx[i] = 1.0 / d[i]
        room.to_rx[i] = 1.0 / (d[n - 1] - d[i])
    return Profile(
        n, d, room.to_tx, room.to_rx, room.ground, room.surface, paths.clutter_m.size == 0
    )


@inlined
def ordered(value: float) -> int:
    """An integer that is larger where the value is: maxima of integers use vector instructions."""
    bits = np.float64(value).view(np.int64)
    return int(bits ^ ((bits >> 63) & _MAGNITUDE))


@inlined
def value_of(ordered: int) -> float:
    """The value of an integer from `ordered`: its inverse."""
    bits = np.int64(ordered ^ ((ordered >> 63) & _MAGNITUDE))
    return float(bits.view(np.float64))


@inlined
def steepest(
    profile: Profile, s: FloatArray, tx_m: float, rx_m: float, curvature: float
) -> tuple[float, float]:
    """Steepest slopes up from both ends to samples of a surface over the curved Earth, m/km."""
    n, d, to_tx, to_rx = profile.n, profile.d, profile.to_tx, profile.to_rx
    path = d[n - 1]
    tx = rx = LOWEST
    for i in range(1, n - 1):
        tx = max(tx, ordered((s[i] - tx_m) * to_tx[i] - curvature * d[i]))
        rx = max(rx, ordered((s[i] - rx_m) * to_rx[i] - curvature * (path - d[i])))
    return value_of(tx), value_of(rx)


@inlined
def deepest(profile: Profile, s: FloatArray, tx_m: float, rx_m: float, curvature: float) -> float:
    """Deepest point of surface `s` in the Fresnel zone: ν² with the sign of ν, scaled."""
    n, d, to_tx, to_rx = profile.n, profile.d, profile.to_tx, profile.to_rx
    path = d[n - 1]
    rise = (rx_m - tx_m) / path
    found = LOWEST
    for i in range(1, n - 1):
        above = s[i] + curvature * d[i] * (path - d[i]) - (tx_m + rise * d[i])
        found = max(found, ordered(above * abs(above) * to_tx[i] * to_rx[i]))
    return value_of(found)


@inlined
def rays(profile: Profile, tx_m: float, rx_m: float, radius_km: float) -> HorizonRays:
    """Rays over the terrain from antennas at heights `tx_m` and `rx_m` above sea."""
    path = profile.d[profile.n - 1]
    curvature = 500.0 / radius_km
    rise = (rx_m - tx_m) / path
    tx_slope, rx_slope = steepest(profile, profile.ground, tx_m, rx_m, curvature)
    # Slopes in metres per kilometre; one arctangent only, of the largest.
    highest_tx, highest_rx = tx_slope, rx_slope
    direct = rise - curvature * path
    sees = tx_slope <= direct
    if sees:
        highest_tx, highest_rx = direct, -rise - curvature * path
    tx_mrad = 1000.0 * np.arctan(highest_tx / 1000.0)
    rx_mrad = 1000.0 * np.arctan(highest_rx / 1000.0)
    angle = 1000.0 * path / radius_km + tx_mrad + rx_mrad
    return HorizonRays(tx_slope, rx_slope, sees, tx_mrad, rx_mrad, angle)


@inlined
def horizons(
    profile: Profile, tx_m: float, rx_m: float, radius_km: float, ray: HorizonRays
) -> Horizons:
    """First samples that touch the rays to the horizons, or the one that obstructs most."""
    n, d, h, to_tx, to_rx = profile.n, profile.d, profile.ground, profile.to_tx, profile.to_rx
    path = d[n - 1]
    curvature = 500.0 / radius_km
    at_tx = at_rx = n - 2
    if ray.line_of_sight:
        rise = (rx_m - tx_m) / path
        depth = deepest(profile, h, tx_m, rx_m, curvature)
        for i in range(1, n - 1):
            above = h[i] + curvature * d[i] * (path - d[i]) - (tx_m + rise * d[i])
            at_tx = min(at_tx, i if above * abs(above) * to_tx[i] * to_rx[i] >= depth else n)
        at_rx = at_tx
    else:
        for i in range(1, n - 1):
            tx_slope = (h[i] - tx_m) * to_tx[i] - curvature * d[i]
            rx_slope = (h[i] - rx_m) * to_rx[i] - curvature * (path - d[i])
            at_tx = min(at_tx, i if tx_slope >= ray.tx_slope else n)
            at_rx = min(at_rx, i if rx_slope >= ray.rx_slope else n)
    return Horizons(d[at_tx], path - d[at_rx], at_tx, at_rx)


@inlined
def area(profile: Profile) -> LineFit:
    """Sums over all sections of a profile."""
    found = LineFit(0.0, 0.0)
    for i in range(1, profile.n):
        found = with_section(
            found, profile.d[i - 1], profile.d[i], profile.ground[i - 1], profile.ground[i]
        )
    return found


@inlined
def with_section(area: LineFit, d0: float, d1: float, h0: float, h1: float) -> LineFit:
    """Sums with one more section, eqs. (83) and (84)."""
    step = d1 - d0
    moment = step * (h1 * (2.0 * d1 + d0) + h0 * (d1 + 2.0 * d0))
    return LineFit(area.height + step * (h1 + h0), area.moment + moment)


@inlined
def smooth_earth(
    profile: Profile, sums: LineFit, tx_m: float, rx_m: float, ray: HorizonRays
) -> SmoothEarth:
    """Surface fitted to the terrain, below its obstacles."""
    n, d, h, to_tx, to_rx = profile.n, profile.d, profile.ground, profile.to_tx, profile.to_rx
    path = d[n - 1]
    tx_fit = (2.0 * sums.height * path - sums.moment) / path**2
    rx_fit = (sums.moment - sums.height * path) / path**2
    tx_base, rx_base = tx_fit, rx_fit
    if not ray.line_of_sight:  # otherwise nothing is above the ray, nor over a flat Earth
        rise = (rx_m - tx_m) / path
        highest = far_tx = far_rx = LOWEST
        for i in range(1, n - 1):
            above = h[i] - (tx_m + rise * d[i])
            highest = max(highest, ordered(above))
            far_tx = max(far_tx, ordered(above * to_tx[i]))
            far_rx = max(far_rx, ordered(above * to_rx[i]))
        obstacle, from_tx, from_rx = value_of(highest), value_of(far_tx), value_of(far_rx)
        if obstacle > 0.0:
            tx_base -= obstacle * from_tx / (from_tx + from_rx)
            rx_base -= obstacle * from_rx / (from_tx + from_rx)
    return SmoothEarth(tx_fit, rx_fit, min(tx_base, h[0]), min(rx_base, h[n - 1]))


@inlined
def ducted(
    profile: Profile, tx_m: float, rx_m: float, horizon: Horizons, earth: SmoothEarth
) -> Ducted:
    """Antenna heights above the fitted surface, and the terrain's roughness above it."""
    n, d, h = profile.n, profile.d, profile.ground
    tx_duct, rx_duct = min(earth.tx_fit_m, h[0]), min(earth.rx_fit_m, h[n - 1])
    slope = (rx_duct - tx_duct) / d[n - 1]
    rough = LOWEST
    for i in range(horizon.tx_index, horizon.rx_index + 1):
        rough = max(rough, ordered(h[i] - (tx_duct + slope * d[i])))
    return Ducted(tx_m - tx_duct, rx_m - rx_duct, value_of(rough))


@inlined
def shares(profile: Profile, zone: ByteArray, begin: int) -> Shares:
    """Share over sea, longest sections over land, distances from the coast.

    Each sample represents the path half way to its neighbours. `zone` is that of all paths, this
    path begins at `begin`; an empty one is all inland.
    """
    n, d = profile.n, profile.d
    path = d[n - 1]
    if zone.size == 0:
        return Shares(0.0, path, path, NO_COAST_KM, NO_COAST_KM)
    course, left = ASHORE, 0.0
    for i in range(n - 1):
        right = (d[i] + d[i + 1]) / 2.0
        course = onward(course, zone[begin + i], left, right)
        left = right
    return shares_of(onward(course, zone[begin + n - 1], left, path), path)


@inlined
def onward(course: Course, kind: int, left: float, right: float) -> Course:
    """Land and sea of a path after one more section, from `left` to `right`."""
    if kind == SEA:
        shore = min(course.first_sea_km, left)
        return Course(
            course.sea_km + right - left, 0.0, 0.0, course.longest_land_km,
            course.longest_inland_km, shore, right,
        )  # fmt: skip
    land = course.land_km + right - left
    inland = course.inland_km + right - left if kind == INLAND else 0.0
    return Course(
        course.sea_km, land, inland, max(course.longest_land_km, land),
        max(course.longest_inland_km, inland), course.first_sea_km, course.last_sea_km,
    )  # fmt: skip


@inlined
def shares_of(course: Course, path_km: float) -> Shares:
    """Land and sea of a whole path."""
    return Shares(
        course.sea_km / path_km,
        course.longest_land_km,
        course.longest_inland_km,
        course.first_sea_km,
        path_km - course.last_sea_km if course.sea_km > 0.0 else NO_COAST_KM,
    )
