"""Irregular Terrain Model (Longley-Rice) of NTIA, version 1.2.2, point to point.

The second opinion beside ITU-R P.1812: another school of propagation, in use since 1968. After
Hufford, *The ITS Irregular Terrain Model, version 1.2.2: the algorithm* (1985), and the report by
Hufford, Longley and Kissick, NTIA 82-100, written anew here; TN101 is NBS Technical Note 101.

20 MHz to 20 GHz, 1 to 2000 km, antennas 0.5 to 3000 m above ground. Samples of a path must be
equally spaced, as that model has them. Clutter is no part of it: with a terrain model its
heights belong into the ground. Inside, frequencies are megahertz and all lengths metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kalsel_gap.propagation.p1812 import normal_quantile
from kalsel_gap.propagation.paths import (
    ANTENNA,
    DISTANCE,
    FREQUENCY,
    OK,
    PROFILE,
    TERM,
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

# What the model covers.
FREQUENCY_MHZ = (20.0, 20_000.0)
DISTANCE_KM = (1.0, 2000.0)
ANTENNA_M = (0.5, 3000.0)
N0 = (250.0, 400.0)
PERCENT = (0.01, 99.99)

EARTH_M = 6_370_000.0
EFFECTIVE_M = 9_000_000.0  # Earth radius that the climate curves were drawn for
WAVE_NUMBER = 47.7  # MHz of a wave number of 1 per metre
TERRAIN_SCALE_M = 50_000.0

# Samples that the terrain irregularity is taken from: at most 10·25 - 5.
IRREGULARITY_SAMPLES = 245


class Climate(IntEnum):
    """Radio climates, with the codes of the model."""

    EQUATORIAL = 1
    CONTINENTAL_SUBTROPICAL = 2
    MARITIME_SUBTROPICAL = 3
    DESERT = 4
    CONTINENTAL_TEMPERATE = 5
    MARITIME_TEMPERATE_LAND = 6
    MARITIME_TEMPERATE_SEA = 7


class Variability(IntEnum):
    """What repeats when a prediction is judged, with the codes of the model.

    Add 10 where both ends are known, so that locations do not vary, and 20 where situations do
    not; point to point is usually ``MOBILE + 10``.
    """

    SINGLE_MESSAGE = 0
    ACCIDENTAL = 1
    MOBILE = 2
    BROADCAST = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Link:
    """Terms of the links, each one number for all paths or an array of shape (n,).

    Attributes
    ----------
    frequency_mhz : array
        Frequency.
    tx_height_m, rx_height_m : array
        Antennas above ground.
    n0 : array
        Refractivity at sea level, N-units.
    climate : array
        :class:`Climate`.
    permittivity, conductivity_s_m : array
        Of the ground, relative and in S/m.
    polarization : array
        :class:`~kalsel_gap.propagation.paths.Polarization`.
    variability : array
        :class:`Variability`, with 10 or 20 or both added.
    time_percent, location_percent, situation_percent : array
        Shares of time, locations and situations for which the loss is not exceeded. The model's
        other pair of terms is among them: reliability is `time_percent`, confidence is
        `situation_percent`, with half of the locations.
    """

    frequency_mhz: ArrayLike
    tx_height_m: ArrayLike
    rx_height_m: ArrayLike
    n0: ArrayLike
    climate: ArrayLike = Climate.EQUATORIAL
    permittivity: ArrayLike = 15.0
    conductivity_s_m: ArrayLike = 0.005
    polarization: ArrayLike = Polarization.VERTICAL
    variability: ArrayLike = Variability.MOBILE + 10
    time_percent: ArrayLike = 50.0
    location_percent: ArrayLike = 50.0
    situation_percent: ArrayLike = 50.0

    def rows(self, paths: Paths) -> FloatArray:
        """One row of :class:`Terms` for each path."""
        return terms_of(paths, [getattr(self, name) for name in Terms._fields])


class Terms(NamedTuple):
    """Terms of one link, as :class:`Link`."""

    frequency_mhz: float
    tx_height_m: float
    rx_height_m: float
    n0: float
    climate: float
    permittivity: float
    conductivity_s_m: float
    polarization: float
    variability: float
    time_percent: float
    location_percent: float
    situation_percent: float


class Details(NamedTuple):
    """What the model makes of one path."""

    irregularity_m: float
    """Terrain irregularity Δh."""
    tx_horizon_m: float
    """From the transmitter to its horizon."""
    rx_horizon_m: float
    """From the receiver to its horizon."""
    tx_elevation_rad: float
    """Elevation of the transmitter's horizon."""
    rx_elevation_rad: float
    """Elevation of the receiver's horizon."""
    tx_effective_m: float
    """Effective antenna height of the transmitter."""
    rx_effective_m: float
    """Effective antenna height of the receiver."""
    refractivity: float
    """Refractivity at the path's height Ns, N-units."""
    radius_m: float
    """Effective Earth radius."""
    free_space_db: float
    """Free-space loss."""
    reference_db: float
    """Reference attenuation, what terrain adds in the median."""
    loss_db: float
    """Basic transmission loss."""


class Ground(NamedTuple):
    """One path as the Longley-Rice formulas see it."""

    frequency_mhz: float
    wave_number: float
    impedance: complex
    radius_m: float
    refractivity: float
    irregularity_m: float
    tx_m: float
    rx_m: float
    tx_effective_m: float
    rx_effective_m: float
    tx_horizon_m: float
    rx_horizon_m: float
    tx_elevation: float
    rx_elevation: float
    sight_m: float
    """Sum of the distances to the smooth-Earth horizons."""
    horizons_m: float
    """Sum of the distances to the horizons."""
    angle: float
    """Angular distance of the region with line of sight."""


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """What the paths lose, arrays of shape (n,); NaN unless the status is OK.

    Attributes
    ----------
    loss_db : float array
        Basic transmission loss between isotropic antennas.
    status : int8 array
        :class:`~kalsel_gap.propagation.paths.Status`.
    """

    loss_db: FloatArray
    status: ByteArray


def loss(paths: Paths, link: Link, *, threads: int = 1) -> Losses:
    """Basic transmission loss of many paths.

    Parameters
    ----------
    paths : Paths
        Terrain profiles with equally spaced samples.
    link : Link
        Terms of the links.
    threads : int
        Threads to work in; the result does not depend on it.

    Examples
    --------
    >>> link = Link(frequency_mhz=900.0, tx_height_m=30.0, rx_height_m=10.0, n0=360.0)
    >>> found = loss(Paths.equally_spaced([20.0], np.zeros((1, 101))), link)
    >>> [int(each) for each in found.status], bool(115.0 < found.loss_db[0] < 150.0)
    ([0], True)
    """
    found, status = _run(paths, link, ("loss_db",), threads)
    return Losses(found[0], status)


def details(paths: Paths, link: Link, *, threads: int = 1) -> tuple[dict[str, FloatArray], ByteArray]:
    """What the model makes of many paths, by the names of :class:`Details`, and their status."""
    found, status = _run(paths, link, Details._fields, threads)
    return dict(zip(Details._fields, found, strict=True)), status


def _run(
    paths: Paths, link: Link, names: tuple[str, ...], threads: int
) -> tuple[FloatArray, ByteArray]:
    """Details with these names, one row each, and the status of each path."""
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
            rows,
            keep,
            found,
            status,
        )

    in_pieces(work, count, threads)
    return found, status


# --- kernels: the frame --------------------------------------------------------------------------


@kernel
def _batch(
    begin: int,
    end: int,
    longest: int,
    first: IntArray,
    length_km: FloatArray,
    ground_m: Heights,
    distance_km: FloatArray,
    rows: FloatArray,
    keep: IntArray,
    found: FloatArray,
    status: ByteArray,
) -> None:
    """Paths from `begin` to `end`: their status, and what is kept of their details."""
    d, h, scratch = np.empty(longest), np.empty(longest), np.empty(IRREGULARITY_SAMPLES)
    for path in range(begin, end):
        state = load(path, first, length_km, ground_m, distance_km, d, h)
        n = first[path + 1] - first[path]
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
        )
        if state == OK:
            state = _covered(terms, d, n)
        status[path] = state
        if state == OK:
            steps = _path(h, n, 1000.0 * d[n - 1] / (n - 1), terms, scratch)
            for k in range(keep.size):
                found[k, path] = steps[keep[k]]


@kernel
def _within(value: float, bounds: tuple[float, float]) -> bool:
    """Whether a value is known and within bounds."""
    return bounds[0] <= value <= bounds[1]


@kernel
def _covered(terms: Terms, d: FloatArray, n: int) -> int:
    """Status of a link by the limits of the model."""
    if not _within(terms.frequency_mhz, FREQUENCY_MHZ):
        return FREQUENCY
    if not _within(d[n - 1], DISTANCE_KM):
        return DISTANCE
    if not (_within(terms.tx_height_m, ANTENNA_M) and _within(terms.rx_height_m, ANTENNA_M)):
        return ANTENNA
    known = (
        _within(terms.n0, N0)
        and _within(terms.time_percent, PERCENT)
        and _within(terms.location_percent, PERCENT)
        and _within(terms.situation_percent, PERCENT)
        and 1.0 <= terms.permittivity < np.inf
        and 0.0 < terms.conductivity_s_m < np.inf
        and (terms.polarization == 0.0 or terms.polarization == 1.0)
        and 1.0 <= terms.climate <= 7.0
        and terms.climate == np.floor(terms.climate)
        and 0.0 <= terms.variability % 10.0 <= 3.0
        and 0.0 <= terms.variability <= 33.0
        and terms.variability == np.floor(terms.variability)
    )
    if not known:
        return TERM
    step = d[n - 1] / (n - 1)
    for i in range(n):
        if abs(d[i] - i * step) > 1e-6 * d[n - 1]:
            return PROFILE
    return OK


@kernel
def _path(h: FloatArray, n: int, step: float, terms: Terms, scratch: FloatArray) -> Details:
    """Loss of one path that the model covers."""
    f = terms.frequency_mhz
    last = n - 1
    path = last * step
    tenth = int(0.1 * last)
    height = 0.0
    for i in range(tenth, last - tenth + 1):
        height += h[i]
    height /= last - 2 * tenth + 1
    refractivity = terms.n0 if height == 0.0 else terms.n0 * np.exp(-height / 9460.0)
    curvature = 157e-9 * (1.0 - 0.04665 * np.exp(refractivity / 179.3))
    permittivity = complex(terms.permittivity, 18_000.0 * terms.conductivity_s_m / f)
    impedance = np.sqrt(permittivity - 1.0)
    if terms.polarization == 1.0:
        impedance /= permittivity
    ground = _ground(h, n, step, terms, refractivity, curvature, impedance, scratch)
    reference = _reference_db(path, ground)
    free_space = 32.45 + 20.0 * np.log10(f) + 20.0 * np.log10(path / 1000.0)
    total = free_space + _varied_db(path, reference, ground, terms)
    return Details(
        ground.irregularity_m,
        ground.tx_horizon_m,
        ground.rx_horizon_m,
        ground.tx_elevation,
        ground.rx_elevation,
        ground.tx_effective_m,
        ground.rx_effective_m,
        refractivity,
        ground.radius_m,
        free_space,
        reference,
        total,
    )


# --- kernels: what the profile says ----------------------------------------------------------------


@kernel
def _ground(
    h: FloatArray,
    n: int,
    step: float,
    terms: Terms,
    refractivity: float,
    curvature: float,
    impedance: complex,
    scratch: FloatArray,
) -> Ground:
    """Horizons, irregularity and effective heights of a profile."""
    last = n - 1
    path = last * step
    tx, rx = terms.tx_height_m, terms.rx_height_m
    radius = 1.0 / curvature
    at_tx, at_rx, angle_tx, angle_rx = _horizons(h, n, step, tx, rx, radius)
    start = min(15.0 * tx, 0.1 * at_tx)
    end = path - min(15.0 * rx, 0.1 * at_rx)
    irregularity = _irregularity_m(h, n, step, start, end, scratch)
    if at_tx + at_rx > 1.5 * path:  # line of sight: horizons of a smooth Earth, made rougher
        fit_tx, fit_rx = _fit(h, last, start / step, end / step)
        high_tx, high_rx = tx + max(h[0] - fit_tx, 0.0), rx + max(h[last] - fit_rx, 0.0)
        at_tx = _smooth_horizon_m(high_tx, radius, irregularity)
        at_rx = _smooth_horizon_m(high_rx, radius, irregularity)
        if at_tx + at_rx <= path:
            stretch = (path / (at_tx + at_rx)) ** 2
            high_tx *= stretch
            high_rx *= stretch
            at_tx = _smooth_horizon_m(high_tx, radius, irregularity)
            at_rx = _smooth_horizon_m(high_rx, radius, irregularity)
        angle_tx = _smooth_elevation(high_tx, at_tx, radius, irregularity)
        angle_rx = _smooth_elevation(high_rx, at_rx, radius, irregularity)
    else:
        fit_tx, _ = _fit(h, last, start / step, 0.9 * at_tx / step)
        _, fit_rx = _fit(h, last, (path - 0.9 * at_rx) / step, end / step)
        high_tx, high_rx = tx + max(h[0] - fit_tx, 0.0), rx + max(h[last] - fit_rx, 0.0)
    return Ground(
        terms.frequency_mhz,
        terms.frequency_mhz / WAVE_NUMBER,
        impedance,
        radius,
        refractivity,
        irregularity,
        tx,
        rx,
        high_tx,
        high_rx,
        at_tx,
        at_rx,
        angle_tx,
        angle_rx,
        np.sqrt(2.0 * high_tx * radius) + np.sqrt(2.0 * high_rx * radius),
        at_tx + at_rx,
        -max(angle_tx + angle_rx, -(at_tx + at_rx) / radius),
    )


@kernel
def _smooth_horizon_m(height: float, radius: float, irregularity: float) -> float:
    """Distance to the horizon of an antenna over terrain of this irregularity."""
    rough = np.exp(-0.07 * np.sqrt(irregularity / max(height, 5.0)))
    return float(np.sqrt(2.0 * height * radius) * rough)


@kernel
def _smooth_elevation(height: float, at: float, radius: float, irregularity: float) -> float:
    """Elevation of that horizon, radians."""
    smooth = np.sqrt(2.0 * height * radius)
    return float((0.65 * irregularity * (smooth / at - 1.0) - 2.0 * height) / smooth)


@kernel
def _horizons(
    h: FloatArray, n: int, step: float, tx: float, rx: float, radius: float
) -> tuple[float, float, float, float]:
    """Distances to the horizons and their elevations; the other end where nothing is higher."""
    last = n - 1
    path = last * step
    top_tx, top_rx = h[0] + tx, h[last] + rx
    sink = path / (2.0 * radius)
    angle_tx, angle_rx = (top_rx - top_tx) / path - sink, (top_tx - top_rx) / path - sink
    at_tx = at_rx = path
    for i in range(1, last):
        before, after = i * step, (last - i) * step
        angle = (h[i] - top_tx) / before - before / (2.0 * radius)
        if angle > angle_tx:
            angle_tx, at_tx = angle, before
        angle = (h[i] - top_rx) / after - after / (2.0 * radius)
        if angle > angle_rx:
            angle_rx, at_rx = angle, after
    return at_tx, at_rx, angle_tx, angle_rx


@kernel
def _fit(y: FloatArray, last: int, start: float, end: float) -> tuple[float, float]:
    """Least-squares line over samples from `start` to `end`; its height at both ends of all."""
    begin = int(max(start, 0.0))
    stop = last - int(max(last - end, 0.0))
    if stop <= begin:
        begin = max(begin - 1, 0)
        stop = last - max(last - (stop + 1), 0)
    count = stop - begin
    shift = -0.5 * count
    middle = stop + shift
    total = 0.5 * (y[begin] + y[stop])
    moment = 0.5 * (y[begin] - y[stop]) * shift
    for i in range(begin + 1, stop):
        shift += 1.0
        total += y[i]
        moment += y[i] * shift
    total /= count
    moment *= 12.0 / ((count * count + 2.0) * count)
    return total - moment * middle, total + moment * (last - middle)


@kernel
def _irregularity_m(
    h: FloatArray, n: int, step: float, start: float, end: float, scratch: FloatArray
) -> float:
    """Terrain irregularity Δh: interdecile range around a line, for an endless path."""
    last = n - 1
    at, stop = start / step, end / step
    if stop - at < 2.0:
        return 0.0
    tenth = min(max(int(0.1 * (stop - at + 8.0)), 4), 25)
    count = 10 * tenth - 5
    stride = (stop - at) / (count - 1)
    i = int(at)
    at -= i + 1.0
    for k in range(count):
        while at > 0.0 and i + 1 < last:
            at -= 1.0
            i += 1
        scratch[k] = h[i + 1] + (h[i + 1] - h[i]) * at
        at += stride
    left, right = _fit(scratch, count - 1, 0.0, count - 1.0)
    slope = (right - left) / (count - 1)
    for k in range(count):
        scratch[k] -= left + slope * k
    ordered = np.sort(scratch[:count])
    spread = ordered[count - tenth] - ordered[tenth - 1]
    return float(spread / (1.0 - 0.8 * np.exp(-(end - start) / TERRAIN_SCALE_M)))


# --- kernels: reference attenuation ------------------------------------------------------------------


@kernel
def _reference_db(path: float, g: Ground) -> float:
    """Median attenuation beside free space, by the region that the path lies in."""
    scale = (g.radius_m * g.radius_m / g.frequency_mhz) ** (1.0 / 3.0)
    far = max(g.sight_m, g.horizons_m + 5.0 * scale)
    first = _diffraction_db(far, g)
    second = _diffraction_db(far + 10.0 * scale, g)
    slope = (second - first) / (10.0 * scale)
    base = first - slope * far
    if path < g.sight_m:
        return max(_sight_db(path, g, slope, base), 0.0)
    h0 = -1.0
    outer, h0 = _scatter_db(g.horizons_m + 400e3, g, h0)
    inner, h0 = _scatter_db(g.horizons_m + 200e3, g, h0)
    if inner < 1000.0:
        scatter_slope = (outer - inner) / 200e3
        begins = max(
            max(g.sight_m, g.horizons_m + 1.088 * scale * np.log(g.frequency_mhz)),
            (inner - base - scatter_slope * (g.horizons_m + 200e3)) / (slope - scatter_slope),
        )
        if path > begins:
            return max((slope - scatter_slope) * begins + base + scatter_slope * path, 0.0)
    return max(base + slope * path, 0.0)


@kernel
def _sight_db(path: float, g: Ground, slope: float, base: float) -> float:
    """Attenuation with line of sight: a curve through three points of it."""
    limit = g.sight_m
    at_limit = base + slope * limit
    near = 0.04 * g.frequency_mhz * g.tx_effective_m * g.rx_effective_m
    if base >= 0.0:
        near = min(near, 0.5 * g.horizons_m)
        middle = near + 0.25 * (g.horizons_m - near)
    else:
        middle = max(-base / slope, 0.25 * g.horizons_m)
    at_middle = _two_rays_db(middle, g, slope, base)
    linear = logarithmic = 0.0
    fitted = False
    if near < middle:
        at_near = _two_rays_db(near, g, slope, base)
        ratio = np.log(limit / near)
        logarithmic = max(
            0.0,
            ((limit - near) * (at_middle - at_near) - (middle - near) * (at_limit - at_near))
            / ((limit - near) * np.log(middle / near) - (middle - near) * ratio),
        )
        fitted = base > 0.0 or logarithmic > 0.0
        if fitted:
            linear = (at_limit - at_near - logarithmic * ratio) / (limit - near)
            if linear < 0.0:
                linear = 0.0
                logarithmic = max(at_limit - at_near, 0.0) / ratio
                if logarithmic == 0.0:
                    linear = slope
    if not fitted:
        linear = max(at_limit - at_middle, 0.0) / (limit - middle)
        logarithmic = 0.0
        if linear == 0.0:
            linear = slope
    return at_limit + linear * (path - limit) + logarithmic * np.log(path / limit)


@kernel
def _two_rays_db(path: float, g: Ground, slope: float, base: float) -> float:
    """Two-ray attenuation, weighted with extended diffraction by the terrain's irregularity."""
    rough = _roughness_m(_irregularity_at_m(path, g.irregularity_m))
    both = g.tx_effective_m + g.rx_effective_m
    grazing = both / np.sqrt(path * path + both * both)
    reflected = (grazing - g.impedance) / (grazing + g.impedance)
    reflected *= np.exp(-min(10.0, g.wave_number * rough * grazing))
    power = reflected.real**2 + reflected.imag**2
    if power < 0.25 or power < grazing:
        reflected *= np.sqrt(grazing / power)
    phase = g.wave_number * 2.0 * g.tx_effective_m * g.rx_effective_m / path
    if phase > np.pi / 2.0:
        phase = np.pi - (np.pi / 2.0) ** 2 / phase
    both_rays = complex(np.cos(phase), -np.sin(phase)) + reflected
    two_rays = -10.0 * np.log10(both_rays.real**2 + both_rays.imag**2)
    weight = 1.0 / (1.0 + g.frequency_mhz * g.irregularity_m / max(10e3, g.sight_m))
    return weight * two_rays + (1.0 - weight) * (base + slope * path)


@kernel
def _irregularity_at_m(path: float, irregularity: float) -> float:
    """Terrain irregularity of a path of this length."""
    return irregularity * (1.0 - 0.8 * np.exp(-path / TERRAIN_SCALE_M))


@kernel
def _roughness_m(irregularity: float) -> float:
    """Standard deviation of the terrain, metres."""
    return 0.78 * irregularity * np.exp(-0.5 * irregularity**0.25)


@kernel
def _diffraction_db(path: float, g: Ground) -> float:
    """Diffraction over a rounded Earth and over two edges, weighted, with clutter in front."""
    angle = path / g.radius_m - g.angle
    beyond = path - g.horizons_m
    edges = 0.0
    for at in (g.tx_horizon_m, g.rx_horizon_m):
        edges += _fresnel_db(
            g.wave_number / (4.0 * np.pi) * angle * angle * at * beyond / (beyond + at)
        )
    rounded = _rounded_db(path, angle, g)
    rough = _roughness_m(_irregularity_at_m(g.sight_m, g.irregularity_m))
    product = g.tx_m * g.rx_m
    front = min(15.0, 5.0 * np.log10(1.0 + 1e-5 * product * g.frequency_mhz * rough))
    gain = g.tx_effective_m * g.rx_effective_m - product
    heights = np.sqrt(1.0 + gain / (product + 10.0))
    lift = heights + (-g.angle * g.radius_m + g.horizons_m) / path
    irregular = g.wave_number * _irregularity_at_m(path, g.irregularity_m)
    weight = 25.1 / (25.1 + np.sqrt(lift * min(irregular, 6283.2)))
    return weight * rounded + (1.0 - weight) * edges + front


@kernel
def _fresnel_db(v2: float) -> float:
    """Loss of one edge, with v² of TN101."""
    if v2 < 5.76:
        return 6.02 + 9.11 * np.sqrt(v2) - 1.27 * v2
    return 12.953 + 10.0 * np.log10(v2)


@kernel
def _rounded_db(path: float, angle: float, g: Ground) -> float:
    """Diffraction over an Earth with three radii: before, between and behind the horizons."""
    x_tx, k_tx = _rounded_part(
        0.5 * g.tx_horizon_m**2 / g.tx_effective_m, g.tx_horizon_m, g.frequency_mhz, g.impedance
    )
    x_rx, k_rx = _rounded_part(
        0.5 * g.rx_horizon_m**2 / g.rx_effective_m, g.rx_horizon_m, g.frequency_mhz, g.impedance
    )
    between = path - g.horizons_m
    x, _ = _rounded_part(between / angle, between, g.frequency_mhz, g.impedance)
    x += x_tx + x_rx
    return 0.05751 * x - 10.0 * np.log10(x) - _height_db(x_tx, k_tx) - _height_db(x_rx, k_rx) - 20.0


@kernel
def _rounded_part(
    radius: float, length: float, frequency_mhz: float, impedance: complex
) -> tuple[float, float]:
    """Distance in units of the attenuation rate, and K, over one of the radii."""
    scale = (4.0 / 3.0 * EARTH_M / radius) ** (1.0 / 3.0)
    k = 0.017778 * scale * frequency_mhz ** (-1.0 / 3.0) / abs(impedance)
    x = (1.607 - k) * scale * scale * frequency_mhz ** (1.0 / 3.0) * length / 1000.0
    return x, k


@kernel
def _height_db(x: float, k: float) -> float:
    """Height gain over a rounded Earth, Vogler's curves."""
    if x < 200.0:
        w = -np.log(k)
        if k < 1e-5 or x * w**3 > 5495.0:
            return -117.0 + (17.372 * np.log(x) if x > 1.0 else 0.0)
        return 2.5e-5 * x * x / k - 8.686 * w - 15.0
    far = 0.05751 * x - 4.343 * np.log(x)
    if x < 2000.0:
        w = 0.0134 * x * np.exp(-0.005 * x)
        far = (1.0 - w) * far + w * (17.372 * np.log(x) - 117.0)
    return float(far)


@kernel
def _scatter_db(path: float, g: Ground, h0: float) -> tuple[float, float]:
    """Attenuation by scatter, and the frequency gain to go on with (TN101, chapter 9)."""
    if h0 > 15.0:
        gain = h0
    else:
        apart = g.tx_horizon_m - g.rx_horizon_m
        ratio = g.rx_effective_m / g.tx_effective_m
        if apart < 0.0:
            apart, ratio = -apart, 1.0 / ratio
        angle = g.tx_elevation + g.rx_elevation + path / g.radius_m
        r1 = 2.0 * g.wave_number * angle * g.tx_effective_m
        r2 = 2.0 * g.wave_number * angle * g.rx_effective_m
        if r1 < 0.2 and r2 < 0.2:
            return 1001.0, h0
        s = (path - apart) / (path + apart)
        q = min(max(0.1, ratio / s), 10.0)
        s = max(0.1, s)
        crossing = (path - apart) * (path + apart) * angle * 0.25 / path
        eta = (
            crossing
            / 1756.0
            * (
                1.0
                + (0.031 - g.refractivity * 2.32e-3 + g.refractivity**2 * 5.67e-6)
                * np.exp(-(min(1.7, crossing / 8000.0) ** 6))
            )
        )
        gain = (_gain_db(r1, eta) + _gain_db(r2, eta)) / 2.0
        gain += min(gain, 6.0 * (0.6 - np.log10(max(eta, 1.0))) * np.log10(s) * np.log10(q))
        gain = max(gain, 0.0)
        if eta < 1.0:
            root = np.sqrt(2.0)
            gain = eta * gain + (1.0 - eta) * 10.0 * np.log10(
                ((1.0 + root / r1) * (1.0 + root / r2)) ** 2 * (r1 + r2) / (r1 + r2 + 2.0 * root)
            )
        if gain > 15.0 and h0 >= 0.0:
            gain = h0
    angle = path / g.radius_m - g.angle
    attenuation = (
        _attenuation_db(angle * path)
        + 10.0 * np.log10(g.wave_number * WAVE_NUMBER * angle**4)
        - 0.1 * (g.refractivity - 301.0) * np.exp(-angle * path / 40e3)
        + gain
    )
    return attenuation, gain


@kernel
def _gain_db(r: float, eta: float) -> float:
    """Frequency gain H0 between the curves for whole η."""
    eta = min(max(eta, 1.0), 5.0)
    i = int(eta)
    part = eta - i
    gain = _gain_curve_db(i - 1, r)
    if part != 0.0:
        gain = (1.0 - part) * gain + part * _gain_curve_db(i, r)
    return gain


@kernel
def _gain_curve_db(i: int, r: float) -> float:
    """Frequency gain H0 for η = i + 1."""
    a = (25.0, 80.0, 177.0, 395.0, 705.0)
    b = (24.0, 45.0, 68.0, 80.0, 105.0)
    return float(10.0 * np.log10(1.0 + a[i] / r**4 + b[i] / r**2))


@kernel
def _attenuation_db(reach: float) -> float:
    """Attenuation function F of the product of angle and distance, metres."""
    if reach <= 10e3:
        return float(133.4 + 0.332e-3 * reach - 10.0 * np.log10(reach))
    if reach <= 70e3:
        return float(104.6 + 0.212e-3 * reach - 2.5 * np.log10(reach))
    return float(71.8 + 0.157e-3 * reach + 5.0 * np.log10(reach))


# --- kernels: variability ------------------------------------------------------------------------

# Curves of the climates, columns as in :class:`Climate` (Hufford 1985, table 5.1).
MEDIAN = (
    (-9.67, -0.62, 1.26, -9.21, -0.62, -0.39, 3.15),
    (12.7, 9.19, 15.5, 9.05, 9.19, 2.86, 857.9),
    (144.9e3, 228.9e3, 262.6e3, 84.1e3, 228.9e3, 141.7e3, 2222e3),
    (190.3e3, 205.2e3, 185.2e3, 101.1e3, 205.2e3, 315.9e3, 164.8e3),
    (133.8e3, 143.6e3, 99.8e3, 98.6e3, 143.6e3, 167.4e3, 116.3e3),
)
BELOW = (
    (2.13, 2.66, 6.11, 1.98, 2.68, 6.86, 8.51),
    (159.5, 7.67, 6.65, 13.11, 7.16, 10.38, 169.8),
    (762.2e3, 100.4e3, 138.2e3, 139.1e3, 93.7e3, 187.8e3, 609.8e3),
    (123.6e3, 172.5e3, 242.2e3, 132.7e3, 186.8e3, 169.6e3, 119.9e3),
    (94.5e3, 136.4e3, 178.6e3, 193.5e3, 133.5e3, 108.9e3, 106.6e3),
)
ABOVE = (
    (2.11, 6.87, 10.08, 3.68, 4.75, 8.58, 8.43),
    (102.3, 15.53, 9.60, 159.3, 8.12, 13.97, 8.19),
    (636.9e3, 138.7e3, 165.3e3, 464.4e3, 93.2e3, 216.0e3, 136.2e3),
    (134.8e3, 143.7e3, 225.7e3, 93.1e3, 135.9e3, 152.0e3, 188.5e3),
    (95.6e3, 98.6e3, 129.7e3, 94.2e3, 113.4e3, 122.7e3, 122.9e3),
)
DUCTING = (1.224, 0.801, 1.380, 1.000, 1.224, 1.518, 1.518)
DUCTING_FROM = (1.282, 2.161, 1.282, 20.0, 1.282, 1.282, 1.282)
BELOW_FREQUENCY = (
    (1.0, 1.0, 1.0, 1.0, 0.92, 1.0, 1.0),
    (0.0, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0),
    (0.0, 0.0, 0.0, 0.0, 1.77, 0.0, 0.0),
)
ABOVE_FREQUENCY = (
    (1.0, 0.93, 1.0, 0.93, 0.93, 1.0, 1.0),
    (0.0, 0.31, 0.0, 0.19, 0.31, 0.0, 0.0),
    (0.0, 2.00, 0.0, 1.79, 2.00, 0.0, 0.0),
)


@kernel
def _curve(table: tuple[tuple[float, ...], ...], climate: int, reach: float) -> float:
    """A climate's curve at an effective distance."""
    bend = ((reach - table[3][climate]) / table[4][climate]) ** 2
    rise = (reach / table[2][climate]) ** 2
    return (table[0][climate] + table[1][climate] / (1.0 + bend)) * rise / (1.0 + rise)


@kernel
def _by_frequency(table: tuple[tuple[float, ...], ...], climate: int, wave_number: float) -> float:
    """A climate's factor of the spread in time at a frequency."""
    q = table[2][climate] * np.log(0.133 * wave_number)
    return float(table[0][climate] + table[1][climate] / (q * q + 1.0))


@kernel
def _varied_db(path: float, reference: float, g: Ground, terms: Terms) -> float:
    """Attenuation beside free space for the wanted quantiles."""
    climate = int(terms.climate) - 1
    mode = int(terms.variability) % 10
    situations = terms.variability < 20.0
    locations = int(terms.variability) // 10 % 2 == 0
    # The loss that more cases do not exceed is larger: quantiles of the level, not of the loss.
    z_time = -normal_quantile(terms.time_percent / 100.0)
    z_place = -normal_quantile(terms.location_percent / 100.0)
    z_case = -normal_quantile(terms.situation_percent / 100.0)
    if mode == Variability.SINGLE_MESSAGE:
        z_time = z_case
    if mode in (Variability.SINGLE_MESSAGE, Variability.ACCIDENTAL):
        z_place = z_case
    elif mode == Variability.MOBILE:
        z_place = z_time

    heights = np.sqrt(2.0 * EFFECTIVE_M * g.tx_effective_m) + np.sqrt(
        2.0 * EFFECTIVE_M * g.rx_effective_m
    )
    reach = heights + (575.7e12 / g.wave_number) ** (1.0 / 3.0)
    effective = 130e3 * path / reach if path < reach else 130e3 + path - reach

    sigma_case = 5.0 + 3.0 * np.exp(-effective / 100e3) if situations else 0.0
    irregular = g.wave_number * _irregularity_at_m(path, g.irregularity_m)
    sigma_place = 10.0 * irregular / (irregular + 13.0) if locations else 0.0
    above = _curve(ABOVE, climate, effective) * _by_frequency(
        ABOVE_FREQUENCY, climate, g.wave_number
    )
    if z_time < 0.0:
        sigma_time = _curve(BELOW, climate, effective) * _by_frequency(
            BELOW_FREQUENCY, climate, g.wave_number
        )
    elif z_time <= DUCTING_FROM[climate]:
        sigma_time = above
    else:
        ducting = DUCTING[climate] * above
        sigma_time = ducting + (above - ducting) * DUCTING_FROM[climate] / z_time

    y_time, y_place = sigma_time * z_time, sigma_place * z_place
    case = (
        sigma_case**2 + y_time**2 / (7.8 + z_case**2) + y_place**2 / (24.0 + z_case**2)
    )
    if mode == Variability.SINGLE_MESSAGE:
        repeated, situation = 0.0, np.sqrt(sigma_time**2 + sigma_place**2 + case) * z_case
    elif mode == Variability.ACCIDENTAL:
        repeated, situation = y_time, np.sqrt(sigma_place**2 + case) * z_case
    elif mode == Variability.MOBILE:
        repeated = np.sqrt(sigma_time**2 + sigma_place**2) * z_time
        situation = np.sqrt(case) * z_case
    else:
        repeated, situation = y_time + y_place, np.sqrt(case) * z_case
    varied = reference - _curve(MEDIAN, climate, effective) - repeated - situation
    if varied < 0.0:
        varied *= (29.0 - varied) / (29.0 - 10.0 * varied)
    return varied
