"""Irregular Terrain Model (Longley-Rice) of NTIA, version 1.2.2, point to point.

An independent model beside ITU-R P.1812, in use since 1968. After Hufford, *The ITS Irregular
Terrain Model, version 1.2.2: the algorithm* (1985), and the report by Hufford, Longley and Kissick,
NTIA 82-100, with our own code; TN101 is NBS Technical Note 101.

20 MHz to 20 GHz, 1 to 2000 km, antennas 0.5 to 3000 m above ground. The model requires equally
spaced samples. It has no clutter: with a terrain model clutter heights are added to the terrain.
Inside, frequencies are megahertz and all lengths metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import kernel
from kalsel_gap.radio.propagation.itm_variability import (
    Climate,
    Variability,
    VariabilityTerms,
    varied_db,
)
from kalsel_gap.radio.propagation.longley_rice import (
    TERRAIN_SCALE_M,
    WAVE_NUMBER,
    ItmPath,
    reference_db,
)
from kalsel_gap.radio.propagation.path_inputs import (
    ANTENNA,
    DISTANCE,
    FREQUENCY,
    OK,
    PROFILE,
    TERM,
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
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray, IntArray


# Range of the model.
FREQUENCY_MHZ = (20.0, 20_000.0)
DISTANCE_KM = (1.0, 2000.0)
ANTENNA_M = (0.5, 3000.0)
N0 = (250.0, 400.0)
PERCENT = (0.01, 99.99)
RADIUS_M = (4e6, 13.333e6)
LEAST_REFRACTIVITY = 150.0


# Samples for the terrain irregularity: at most 10·25 - 5.
IRREGULARITY_SAMPLES = 245


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItmLink:
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
        :class:`~kalsel_gap.radio.propagation.path_inputs.Polarization`.
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
        return terms_of(paths, [getattr(self, name) for name in VariabilityTerms._fields])


class ItmDetails(NamedTuple):
    """Intermediate values and loss of one path."""

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
    """Reference attenuation: the median loss added by terrain."""
    loss_db: float
    """Basic transmission loss."""


@dataclass(frozen=True, slots=True, eq=False)
class ItmLoss:
    """Path loss, arrays of shape (n,); NaN unless the status is OK.

    Attributes
    ----------
    loss_db : float array
        Basic transmission loss between isotropic antennas.
    status : int8 array
        :class:`~kalsel_gap.radio.propagation.path_inputs.Status`.
    """

    loss_db: FloatArray
    status: ByteArray


def loss(paths: Paths, link: ItmLink, *, threads: int = 1) -> ItmLoss:
    """Basic transmission loss of many paths.

    Parameters
    ----------
    paths : Paths
        Terrain profiles with equally spaced samples.
    link : ItmLink
        Terms of the links.
    threads : int
        Number of threads; the result does not depend on it.

    Examples
    --------
    >>> link = ItmLink(frequency_mhz=900.0, tx_height_m=30.0, rx_height_m=10.0, n0=360.0)
    >>> found = loss(Paths.equally_spaced([20.0], np.zeros((1, 101))), link)
    >>> [int(each) for each in found.status], bool(115.0 < found.loss_db[0] < 150.0)
    ([0], True)
    """
    found, status = _run(paths, link, ("loss_db",), threads)
    return ItmLoss(found[0], status)


def details(
    paths: Paths, link: ItmLink, *, threads: int = 1
) -> tuple[dict[str, FloatArray], ByteArray]:
    """Values of many paths by the names of :class:`ItmDetails`, and the status of each path."""
    found, status = _run(paths, link, ItmDetails._fields, threads)
    return dict(zip(ItmDetails._fields, found, strict=True)), status


def _run(
    paths: Paths, link: ItmLink, names: tuple[str, ...], threads: int
) -> tuple[FloatArray, ByteArray]:
    """Details with these names, one row each, and the status of each path."""
    keep = [ItmDetails._fields.index(name) for name in names]
    return in_batches(_batch, paths, link.rows(paths), keep, threads)


# --- kernels: batches and ranges -----------------------------------------------------------------


@kernel
def _batch(
    begin: int, end: int, paths: Arrays, rows: FloatArray, keep: IntArray, found: FloatArray,
    status: ByteArray,
) -> None:  # fmt: skip
    """Paths from `begin` to `end`: their status, and the requested details."""
    room = longest(paths, begin, end)
    d, h, scratch = np.empty(room), np.empty(room), np.empty(IRREGULARITY_SAMPLES)
    for path in range(begin, end):
        row = rows[path]
        terms = VariabilityTerms(
            row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9],
            row[10], row[11],
        )  # fmt: skip
        state = load(paths, path, d, h)
        n = paths.first[path + 1] - paths.first[path]
        if state == OK:
            state = _covered(terms, d[n - 1])
        if state == OK:
            state = _spaced(d, h, n, terms.n0)
        if state == OK:
            steps = _path(h, n, 1000.0 * d[n - 1] / (n - 1), terms, scratch)
            if not np.isfinite(steps.loss_db):  # no real terrain is so steep
                state = PROFILE
        if state == OK:
            for k in range(keep.size):
                found[k, path] = steps[keep[k]]
        status[path] = state


@kernel
def _covered(terms: VariabilityTerms, path_km: float) -> int:
    """Status of a link by the range of the model."""
    if not within(terms.frequency_mhz, FREQUENCY_MHZ):
        return FREQUENCY
    if not within(path_km, DISTANCE_KM):
        return DISTANCE
    if not (within(terms.tx_height_m, ANTENNA_M) and within(terms.rx_height_m, ANTENNA_M)):
        return ANTENNA
    known = (
        within(terms.n0, N0)
        and within(terms.time_percent, PERCENT)
        and within(terms.location_percent, PERCENT)
        and within(terms.situation_percent, PERCENT)
        and 1.0 <= terms.permittivity < np.inf
        and 0.0 < terms.conductivity_s_m < np.inf
        and terms.polarization in (0.0, 1.0)
        and 1.0 <= terms.climate <= 7.0
        and terms.climate == np.floor(terms.climate)
        and 0.0 <= terms.variability % 10.0 <= 3.0
        and 0.0 <= terms.variability <= 33.0
        and terms.variability == np.floor(terms.variability)
    )
    if not known:
        return TERM
    impedance = _impedance(terms)
    return OK if impedance.real > abs(impedance.imag) else TERM


@kernel
def _spaced(d: FloatArray, h: FloatArray, n: int, n0: float) -> int:
    """Status of a profile: its spacing, and the air at its mean height."""
    step = d[n - 1] / (n - 1)
    for i in range(n):
        if abs(d[i] - i * step) > 1e-6 * d[n - 1]:
            return PROFILE
    refractivity = _refractivity(h, n, n0)
    if refractivity < LEAST_REFRACTIVITY or not within(_radius_m(refractivity), RADIUS_M):
        return PROFILE
    return OK


@kernel
def _refractivity(h: FloatArray, n: int, n0: float) -> float:
    """Refractivity at the mean height of the inner eight tenths of the path, N-units."""
    last = n - 1
    tenth = int(0.1 * last)
    height = 0.0
    for i in range(tenth, last - tenth + 1):
        height += h[i]
    return float(n0 * np.exp(-height / (last - 2 * tenth + 1) / 9460.0))


@kernel
def _radius_m(refractivity: float) -> float:
    """Effective Earth radius for a refractivity at the ground."""
    return float(1.0 / (157e-9 * (1.0 - 0.04665 * np.exp(refractivity / 179.3))))


@kernel
def _impedance(terms: VariabilityTerms) -> complex:
    """Surface transfer impedance of the ground."""
    permittivity = complex(
        terms.permittivity, 18_000.0 * terms.conductivity_s_m / terms.frequency_mhz
    )
    impedance: complex = np.sqrt(permittivity - 1.0)
    return impedance / permittivity if terms.polarization == 1.0 else impedance


@kernel
def _path(
    h: FloatArray, n: int, step: float, terms: VariabilityTerms, scratch: FloatArray
) -> ItmDetails:
    """Loss of one path that the model covers."""
    f = terms.frequency_mhz
    path = (n - 1) * step
    refractivity = _refractivity(h, n, terms.n0)
    ground = _ground(h, n, step, terms, refractivity, scratch)
    reference = reference_db(path, ground)
    free_space = 32.45 + 20.0 * np.log10(f) + 20.0 * np.log10(path / 1000.0)
    total = free_space + varied_db(path, reference, ground, terms)
    return ItmDetails(
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


# --- kernels: parameters of the profile ----------------------------------------------------------


@kernel
def _ground(
    h: FloatArray,
    n: int,
    step: float,
    terms: VariabilityTerms,
    refractivity: float,
    scratch: FloatArray,
) -> ItmPath:
    """Horizons, irregularity and effective heights of a profile."""
    last = n - 1
    path = last * step
    tx, rx = terms.tx_height_m, terms.rx_height_m
    radius = _radius_m(refractivity)
    at_tx, at_rx, angle_tx, angle_rx = _horizons(h, n, step, tx, rx, radius)
    start = min(15.0 * tx, 0.1 * at_tx)
    end = path - min(15.0 * rx, 0.1 * at_rx)
    irregularity = _irregularity_m(h, n, step, start, end, scratch)
    if at_tx + at_rx > 1.5 * path:  # line of sight: horizons of a smooth Earth with roughness
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
    return ItmPath(
        terms.frequency_mhz,
        terms.frequency_mhz / WAVE_NUMBER,
        _impedance(terms),
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
        tx * rx + 10.0,
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
    """Distances and elevations of the horizons; the other end where no terrain is higher."""
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
    """Terrain irregularity Δh: interdecile range around a line, for an infinite path."""
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
    deviations = scratch[:count]
    high = np.partition(deviations, count - tenth)[count - tenth]
    spread = high - np.partition(deviations, tenth - 1)[tenth - 1]
    return float(spread / (1.0 - 0.8 * np.exp(-(end - start) / TERRAIN_SCALE_M)))
