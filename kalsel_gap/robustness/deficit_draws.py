"""Deficits drawn from what each school may have: levels, place, service, and the method's figures.

A draw of the *data* takes a place for each doubtful location, a true level of each operator and
technology from its own distribution with the error that all maps of that operator share, and a
service: none, or one of the Beta distribution given a line. A draw of the *values* takes another
weight of the delivered service and another exponent of the adequacy. Everything random depends on
the school, the draw and the seed only (:mod:`.streams`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.robustness.level_posterior import NORMAL
from kalsel_gap.robustness.streams import two_normal, two_uniform
from kalsel_gap.robustness.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray

# Quantities of the random numbers; those of levels begin at the last one, one for each source.
_CASE, _SERVICE, _SHARED, _VALUES, _LEVEL = (np.uint64(n) for n in (1, 2, 3, 4, 16))
_FIRST, _LAST = float(NORMAL[0]), float(len(NORMAL) - 1)
_PER_SIGMA = _LAST / float(NORMAL[-1] - NORMAL[0])
_AT_ONCE = 64
_MEANS, _CHANCES = 65, 257  # knots of the tables of Beta distributions


class Levels(NamedTuple):
    """Levels of each operator and technology at each place where a school may stand.

    Attributes
    ----------
    quantiles : float32 array of shape (sources, places, len(NORMAL))
        Of :func:`.level_posterior.posterior_quantiles`; NaN where nothing is known.
    shared_db : float32 array of shape (sources, places)
        Error that all levels of the source have together, dB.
    keys : uint64 array of shape (sources,)
        Streams of the shared errors.
    dbm, adequacy : float arrays of shape (sources, points)
        Curve of each source, rising; the last point repeated where a curve has fewer.
    """

    quantiles: NDArray[np.float32]
    shared_db: NDArray[np.float32]
    keys: NDArray[np.uint64]
    dbm: FloatArray
    adequacy: FloatArray


class Cases(NamedTuple):
    """What may be available at each school: one case, or several of which one holds.

    Attributes
    ----------
    begin : int64 array of shape (n + 1,)
        First case of each school; a school without any has no deficit.
    weight : float array of shape (cases,)
        Of each case; those of a school add up to 1.
    place : int64 array of shape (cases,)
        Place in :class:`Levels`, -1 where no level counts.
    at_least : float array of shape (cases,)
        Adequacy that is available whatever the levels are, such as that of a fixed network.
    point : float array of shape (cases,)
        Adequacy by which the list is ordered.
    donors_begin : int64 array of shape (cases + 1,)
        First donor of each case.
    donors : float array
        Adequacies of like schools, of which one counts where nothing is known of the school.
    """

    begin: NDArray[np.int64]
    weight: FloatArray
    place: NDArray[np.int64]
    at_least: FloatArray
    point: FloatArray
    donors_begin: NDArray[np.int64]
    donors: FloatArray


class Service(NamedTuple):
    """What is known of the service of each school.

    Attributes
    ----------
    rates : float array of shape (n, samples, 3)
        Shares of the required download and upload rates, and the part of the latency, as they were
        measured or are stated; several samples of one school are drawn one at a time. NaN where
        nothing is stated.
    weights : float array of shape (3,)
        Of download, upload and latency in the adequacy.
    known : float array of shape (n,)
        A_d where it is stated otherwise than by rates; NaN elsewhere.
    concentration : float array of shape (n,)
        a + b of the Beta around what is stated; infinite where that is known.
    has_line : bool array of shape (n,)
        Whether the school has a line, of whatever rate.
    knots, no_line, given_line : float arrays of shape (k,)
        Both curves over A_a.
    unknown_concentration : float
        a + b of the Beta where nothing is stated.
    """

    rates: FloatArray
    weights: FloatArray
    known: FloatArray
    concentration: FloatArray
    has_line: BoolArray
    knots: FloatArray
    no_line: FloatArray
    given_line: FloatArray
    unknown_concentration: float


@dataclass(frozen=True, slots=True)
class Values:
    """Figures of the method, and the range that each may lie in.

    Attributes
    ----------
    weight_delivered, exponent : float
        λ, and the exponent of the share of the required rate.
    weight_delivered_range, exponent_range : tuple of float
        From where to where they are drawn.
    """

    weight_delivered: float
    exponent: float
    weight_delivered_range: tuple[float, float] = (0.4, 0.8)
    exponent_range: tuple[float, float] = (0.35, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class DeficitDraws:
    """Draws of the deficit of n schools.

    Attributes
    ----------
    keys : uint64 array of shape (n,)
        Streams of the schools.
    levels, cases, service, values
        What is drawn from.
    seed : int
        Of all draws.
    """

    keys: NDArray[np.uint64]
    levels: Levels
    cases: Cases
    service: Service
    values: Values
    seed: int = 0

    def batches(self, draws: int, *, data: bool, values: bool) -> Iterator[FloatArray]:
        """Deficits of all schools, some draws at a time.

        Parameters
        ----------
        draws : int
            How many in all.
        data, values : bool
            What is drawn; the other stays at its best estimate.

        Yields
        ------
        float array of shape (draws of the batch, n)
            From 0 to 1; NaN for a school without a case.
        """
        tables, of_school = self._beta_tables()
        for first in range(0, draws, _AT_ONCE):
            count = min(_AT_ONCE, draws - first)
            lam, exponent = self._values(first, count, drawn=values)
            shared = _shared_errors(self.levels.keys, first, count, np.uint64(self.seed))
            out = np.empty((count, len(self.keys)))

            def work(begin: int, end: int) -> None:
                _fill(
                    *(out, begin, end, self.keys, first, np.uint64(self.seed), data),  # noqa: B023
                    *(lam, exponent, shared, tables, of_school),  # noqa: B023
                    *(self.levels, self.cases, self.service),
                )

            in_threads(len(self.keys), work)
            yield out

    def _values(self, first: int, count: int, *, drawn: bool) -> tuple[FloatArray, FloatArray]:
        """λ and the exponent of each draw."""
        if not drawn:
            same = np.ones(count)
            return same * self.values.weight_delivered, same * self.values.exponent
        number = np.array(
            [
                two_uniform(np.uint64(0), np.uint64(d), _VALUES, np.uint64(self.seed))
                for d in range(first, first + count)
            ]
        )
        ranges = (self.values.weight_delivered_range, self.values.exponent_range)
        lam, exponent = (low + (high - low) * number[:, n] for n, (low, high) in enumerate(ranges))
        return lam, exponent

    def _beta_tables(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Quantiles of the Beta distributions that are needed, and which of them each school has.

        -1 where what is stated is known.
        """
        given = self.service
        concentration = np.where(
            np.isnan(given.known) & np.isnan(given.rates).all(axis=(1, 2)),
            given.unknown_concentration,
            given.concentration,
        )
        finite = np.isfinite(concentration)
        each, of_finite = np.unique(concentration[finite], return_inverse=True)
        of_school = np.full(len(concentration), -1, dtype=np.int64)
        of_school[finite] = of_finite
        empty = np.empty((0, _MEANS, _CHANCES), dtype=np.float32)
        return np.concatenate([empty, *(_beta_table(float(c))[None] for c in each)]), of_school


@cache
def _beta_table(concentration: float) -> NDArray[np.float32]:
    """Quantiles of Beta distributions by mean and probability, both evenly from 0 to 1."""
    from scipy.special import betaincinv

    mean, chance = np.linspace(0, 1, _MEANS)[1:-1, None], np.linspace(0, 1, _CHANCES)
    table = np.zeros((_MEANS, _CHANCES), dtype=np.float32)
    table[1:-1] = betaincinv(concentration * mean, concentration * (1 - mean), chance)
    table[-1] = 1.0
    return table


@kernel
def _shared_errors(keys: NDArray[np.uint64], first: int, count: int, seed: np.uint64) -> FloatArray:
    """Standard normal number of each source and draw, shape (sources, draws)."""
    found = np.empty((len(keys), count))
    for source in range(len(keys)):
        for at in range(count):
            found[source, at] = two_normal(keys[source], np.uint64(first + at), _SHARED, seed)[0]
    return found


@inlined
def _interpolate(x: float, knots: FloatArray, values: FloatArray) -> float:
    """As ``numpy.interp``."""
    last = len(knots) - 1
    if x <= knots[0]:
        return float(values[0])
    for at in range(last):
        if x < knots[at + 1]:
            part = (x - knots[at]) / (knots[at + 1] - knots[at])
            return float(values[at] + part * (values[at + 1] - values[at]))
    return float(values[last])


@inlined
def _beta(table: NDArray[np.float32], mean: float, chance: float) -> float:
    """Quantile of a Beta distribution from its table."""
    x, y = mean * (_MEANS - 1), chance * (_CHANCES - 1)
    row, column = min(int(x), _MEANS - 2), min(int(y), _CHANCES - 2)
    x, y = x - row, y - column
    low = table[row, column] * (1.0 - y) + table[row, column + 1] * y
    high = table[row + 1, column] * (1.0 - y) + table[row + 1, column + 1] * y
    return float(low * (1.0 - x) + high * x)


@inlined
def _adequacy(rates: FloatArray, weights: FloatArray, exponent: float) -> float:
    """Adequacy of a link; parts that were not measured are left out."""
    total = weight = 0.0
    for part in range(3):
        if not np.isnan(rates[part]):
            share = rates[part] if part == 2 else min(1.0, rates[part]) ** exponent
            total += weights[part] * share
            weight += weights[part]
    return total / weight


@inlined
def _available(
    case: int, donor: float, key: np.uint64, draw: np.uint64, seed: np.uint64,
    shared: FloatArray, at: int, levels: Levels, cases: Cases,
) -> float:  # fmt: skip
    """A_a of a case in one draw."""
    best = cases.at_least[case]
    donors = cases.donors_begin[case + 1] - cases.donors_begin[case]
    if donors > 0:
        best = max(best, cases.donors[cases.donors_begin[case] + int(donor * donors)])
    place = cases.place[case]
    if place < 0:
        return float(best)
    for source in range(levels.quantiles.shape[0]):
        row = levels.quantiles[source, place]
        if np.isnan(row[0]):
            continue
        z, _ = two_normal(key, draw, _LEVEL + np.uint64(source), seed)
        x = min(max((z - _FIRST) * _PER_SIGMA, 0.0), _LAST)
        knot = min(int(x), len(row) - 2)
        level = row[knot] + (x - knot) * (row[knot + 1] - row[knot])
        level += levels.shared_db[source, place] * shared[source, at]
        best = max(best, _interpolate(level, levels.dbm[source], levels.adequacy[source]))
    return float(best)


@kernel
def _fill(
    out: FloatArray, begin: int, end: int, keys: NDArray[np.uint64], first: int, seed: np.uint64,
    data: bool, lam: FloatArray, exponent: FloatArray, shared: FloatArray,
    tables: NDArray[np.float32], of_school: NDArray[np.int64],
    levels: Levels, cases: Cases, service: Service,
) -> None:  # fmt: skip
    """Deficits of the schools from `begin` to `end` in the draws of a batch."""
    for school in range(begin, end):
        key, table = keys[school], of_school[school]
        case_begin, case_end = cases.begin[school], cases.begin[school + 1]
        samples = 0
        while samples < service.rates.shape[1] and not np.isnan(
            np.nanmax(service.rates[school, samples])
        ):
            samples += 1
        for at in range(out.shape[0]):
            if case_begin == case_end:
                out[at, school] = np.nan
                continue
            draw = np.uint64(first + at)
            pick, donor = two_uniform(key, draw, _CASE, seed)
            chance, quantile = two_uniform(key, draw, _SERVICE, seed)
            stated = service.known[school]
            if samples > 0:
                sample = int(quantile * samples) if data and table < 0 else 0
                stated = _adequacy(service.rates[school, sample], service.weights, exponent[at])
            total, weight = 0.0, 0.0
            for case in range(case_begin, case_end):
                weight += cases.weight[case]
                if data:
                    if pick > weight and case + 1 < case_end:
                        continue
                    available = _available(case, donor, key, draw, seed, shared, at, levels, cases)
                else:
                    available = cases.point[case]
                if np.isnan(stated):
                    mean = _interpolate(available, service.knots, service.given_line)
                    none = 0.0
                    if not service.has_line[school]:
                        none = _interpolate(available, service.knots, service.no_line)
                else:
                    mean, none = stated, 0.0
                if not data:
                    delivered = (1.0 - none) * mean
                elif table < 0:
                    delivered = mean
                else:
                    delivered = 0.0 if chance < none else _beta(tables[table], mean, quantile)
                most = 1.0 - (1.0 - lam[at]) * available
                deficit = (1.0 - delivered) * most
                if data:
                    total = deficit
                    break
                total += cases.weight[case] * deficit
            out[at, school] = min(max(total, 0.0), 1.0)
