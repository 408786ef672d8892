"""Profiles of many paths, status of a path, and the batches and threads of every model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kalsel_gap.geo.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kalsel_gap.geo.arrays import FloatArray, IntArray


ProfileHeights: TypeAlias = NDArray[np.float64] | NDArray[np.float32]
ByteArray: TypeAlias = NDArray[np.int8]


# From the deepest trench to the highest summit.
HEIGHT_M = (-12_000.0, 9_000.0)

# Each thread processes several parts, so that none waits long for the slowest.
PARTS_PER_THREAD = 4


class Status(IntEnum):
    """Why a path has a loss, or has none."""

    OK = 0
    """The loss is known."""
    VOID = 1
    """A height along the path is missing, or impossible on Earth: an undeclared nodata value."""
    PROFILE = 2
    """Fewer than three samples, or distances that do not rise from 0 to the path's length; for the
    Irregular Terrain Model also samples that are not equally spaced, too high a mean height, or
    impossibly steep terrain."""
    DISTANCE = 3
    """The length of the path is missing or outside the model's range."""
    FREQUENCY = 4
    """The frequency lies outside the model's range."""
    ANTENNA = 5
    """An antenna height is missing or lies outside the model's range."""
    TERM = 6
    """Another term of the link is missing or lies outside the model's range."""
    LAND_COVER = 7
    """Heights are known, but not the clutter along the path or at its end."""


# The kernels use integers only.
OK, VOID, PROFILE = int(Status.OK), int(Status.VOID), int(Status.PROFILE)
DISTANCE, FREQUENCY = int(Status.DISTANCE), int(Status.FREQUENCY)
ANTENNA, TERM = int(Status.ANTENNA), int(Status.TERM)
LAND_COVER = int(Status.LAND_COVER)


class RadioZone(IntEnum):
    """Radio-climatic zone, with the codes of the published profiles (ITU-R P.1812, Table 3)."""

    SEA = 1
    COASTAL = 3
    INLAND = 4


class Polarization(IntEnum):
    """Polarization of the antennas."""

    HORIZONTAL = 0
    VERTICAL = 1


class Arrays(NamedTuple):
    """The arrays of :class:`Paths` for kernels."""

    first: IntArray
    length_km: FloatArray
    ground_m: ProfileHeights
    distance_km: FloatArray
    clutter_m: ProfileHeights
    zone: ByteArray


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Terrain profiles of n paths, one after the other in flat arrays of m samples.

    The first sample of each path lies at the transmitter, the last one at the receiver.

    Attributes
    ----------
    first : int array of shape (n + 1,)
        Where each path begins in the flat arrays; the last entry is m.
    length_km : float array of shape (n,)
        Great-circle length.
    ground_m : float array of shape (m,)
        Terrain height above sea level; NaN is a void.
    distance_km : float array of shape (m,) or (0,)
        From the transmitter; empty where the samples of each path are equally spaced.
    clutter_m : float array of shape (m,) or (0,)
        Representative clutter height; empty where there is none. With a surface model beside a
        terrain model it is their difference (ITU-R P.1812, 3.2.2); with a surface model alone it
        stays empty. Clutter at either end is not counted.
    zone : int array of shape (m,) or (0,)
        :class:`RadioZone` of each sample; empty where all is inland.
    """

    first: IntArray
    length_km: FloatArray
    ground_m: ProfileHeights
    distance_km: FloatArray = field(default_factory=lambda: np.empty(0))
    clutter_m: ProfileHeights = field(default_factory=lambda: np.empty(0))
    zone: ByteArray = field(default_factory=lambda: np.empty(0, dtype=np.int8))

    def __post_init__(self) -> None:
        """Convert the arrays to the few types that the kernels are compiled for."""
        ground = np.asarray(self.ground_m)
        heights: type[Any] = np.float32 if ground.dtype == np.float32 else np.float64
        forms: dict[str, type[Any]] = {
            "first": np.int64,
            "length_km": np.float64,
            "ground_m": heights,
            "distance_km": np.float64,
            "clutter_m": heights,
            "zone": np.int8,
        }
        for name, dtype in forms.items():
            array = np.ascontiguousarray(getattr(self, name), dtype=dtype).reshape(-1)
            object.__setattr__(self, name, array)
        samples = self.ground_m.size
        if self.first.size != self.length_km.size + 1 or np.any(np.diff(self.first) < 0):
            raise ValueError("first must rise and have one entry more than length_km")
        if self.first[0] != 0 or self.first[-1] != samples:
            raise ValueError("first must run from 0 to the number of samples")
        for name in ("distance_km", "clutter_m", "zone"):
            if getattr(self, name).size not in (0, samples):
                raise ValueError(f"{name} must be empty or as long as ground_m")
        # Much faster than isin for millions of samples.
        known = sum(np.count_nonzero(self.zone == each.value) for each in RadioZone)
        if known != self.zone.size:
            raise ValueError("zone holds a code that Zone has not")

    def __len__(self) -> int:
        """Number of paths."""
        return self.length_km.size

    @property
    def arrays(self) -> Arrays:
        """The arrays together, for a kernel."""
        return Arrays(*(getattr(self, name) for name in Arrays._fields))

    @property
    def longest(self) -> int:
        """Number of samples of the path with most samples."""
        return int(np.diff(self.first).max()) if len(self) else 0

    def part(self, index: IntArray) -> Paths:
        """Some of the paths, in this order."""
        count = np.diff(self.first)[index]
        first = np.concatenate([[0], np.cumsum(count)])
        at = np.repeat(self.first[:-1][index] - first[:-1], count) + np.arange(first[-1])
        given = ("ground_m", "distance_km", "clutter_m", "zone")
        flat = {name: getattr(self, name)[at] for name in given if getattr(self, name).size}
        return Paths(first, self.length_km[index], **flat)

    @classmethod
    def equally_spaced(
        cls,
        length_km: ArrayLike,
        ground_m: ArrayLike,
        *,
        clutter_m: ArrayLike | None = None,
        zone: ArrayLike | None = None,
    ) -> Paths:
        """Paths with the same number of samples each.

        Parameters
        ----------
        length_km : array of shape (n,)
            Great-circle lengths.
        ground_m, clutter_m, zone : array of shape (n, samples)
            As the attributes; a row for each path.
        """
        ground = np.asarray(ground_m)
        rows, samples = ground.shape
        rest: dict[str, Any] = {
            name: np.asarray(given).reshape(-1)
            for name, given in (("clutter_m", clutter_m), ("zone", zone))
            if given is not None
        }
        first = np.arange(rows + 1, dtype=np.int64) * samples
        return cls(first, np.asarray(length_km, dtype=np.float64), ground.reshape(-1), **rest)

    @classmethod
    def of(
        cls,
        distance_km: Sequence[ArrayLike],
        ground_m: Sequence[ArrayLike],
        *,
        clutter_m: Sequence[ArrayLike] | None = None,
        zone: Sequence[ArrayLike] | None = None,
    ) -> Paths:
        """Paths given one by one, each with the distances of its samples."""
        distances = [np.asarray(each, dtype=np.float64) for each in distance_km]
        rest: dict[str, Any] = {
            name: np.concatenate([np.asarray(each) for each in given])
            for name, given in (("clutter_m", clutter_m), ("zone", zone))
            if given
        }
        return cls(
            np.cumsum([0, *(each.size for each in distances)]),
            np.array([each[-1] if each.size else np.nan for each in distances]),
            np.concatenate([np.empty(0), *(np.asarray(each) for each in ground_m)]),
            np.concatenate([np.empty(0), *distances]),
            **rest,
        )


def terms_of(paths: Paths, values: Sequence[ArrayLike]) -> FloatArray:
    """Terms of the links as one row for each path; scalars hold for all paths."""
    rows = [np.broadcast_to(np.asarray(value, dtype=np.float64), len(paths)) for value in values]
    return np.ascontiguousarray(np.stack(rows, axis=1))


def run_in_threads(work: Callable[[int, int], None], count: int, threads: int) -> None:
    """Call ``work(begin, end)`` in threads for parts of the range from 0 to `count`.

    Each path is computed independently: their order and the number of threads change nothing.
    """
    if threads <= 1 or count <= 1:
        work(0, count)
        return
    parts = min(count, threads * PARTS_PER_THREAD)
    bounds = [count * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))


def in_batches(
    batch: Callable[..., None], paths: Paths, rows: FloatArray, keep: Sequence[int], threads: int
) -> tuple[FloatArray, ByteArray]:
    """Results of a model for many paths.

    Parameters
    ----------
    batch : kernel
        Called with (begin, end, :class:`Arrays`, `rows`, `keep`, found, status): fills in the
        columns of found and the status of paths `begin` to `end`.
    paths : Paths
    rows : float array of shape (n, terms)
        From :func:`terms_of`.
    keep : sequence of int
        Which of the model's steps are wanted.
    threads : int
        Number of threads; the result does not depend on it.

    Returns
    -------
    found : float array of shape (steps, n)
        NaN unless the status is OK.
    status : int8 array of shape (n,)
        :class:`Status`.
    """
    arrays, wanted = paths.arrays, np.array(keep, dtype=np.int64)
    found = np.full((wanted.size, len(paths)), np.nan)
    status = np.zeros(len(paths), dtype=np.int8)

    def work(begin: int, end: int) -> None:
        batch(begin, end, arrays, rows, wanted, found, status)

    run_in_threads(work, len(paths), threads)
    return found, status


@kernel
def within(value: float, bounds: tuple[float, float]) -> bool:
    """Whether a value is known and within bounds."""
    return bounds[0] <= value <= bounds[1]


@kernel
def longest(paths: Arrays, begin: int, end: int) -> int:
    """Samples of the longest path from `begin` to before `end`."""
    most = 0
    for path in range(begin, end):
        most = max(most, paths.first[path + 1] - paths.first[path])
    return most


@kernel
def _place(distance_km: FloatArray, begin: int, length: float, n: int, d: FloatArray) -> None:
    """Distances of the samples of one path, equally spaced where none are given."""
    if distance_km.size > 0:
        d[:n] = distance_km[begin : begin + n]
        return
    step = length / (n - 1)
    for i in range(n - 1):
        d[i] = step * i
    d[n - 1] = length  # the product may differ in the last digit


@kernel
def load(paths: Arrays, path: int, d: FloatArray, h: FloatArray) -> int:
    """Copy distances and terrain of one path into `d` and `h`; return its status."""
    begin = paths.first[path]
    n = paths.first[path + 1] - begin
    length = paths.length_km[path]
    if not (np.isfinite(length) and length > 0.0):
        return DISTANCE
    if n < 3:
        return PROFILE
    _place(paths.distance_km, begin, length, n, d)
    rises = d[0] == 0.0 and d[n - 1] == length
    for i in range(1, n):
        rises &= d[i] > d[i - 1]
    if not rises:
        return PROFILE
    known = True
    for i in range(n):
        h[i] = paths.ground_m[begin + i]
        known &= within(h[i], HEIGHT_M)
    return OK if known else VOID
