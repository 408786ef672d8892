"""Deficits drawn from what each school may have: levels, place, service, and the method's figures.

A draw of the *data* takes a place for each doubtful location, a true level of each operator and
technology from its own distribution with the error that all maps of that operator share, and a
service: none, or one of the Beta distribution given a line. A draw of the *values* takes another
weight of the delivered service and another exponent of the adequacy. Everything random depends on
the school, the draw and the seed only (:mod:`.streams`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.robustness.level_posterior import NORMAL
from kalsel_gap.robustness.streams import two_normal, two_uniform
from kalsel_gap.robustness.threads import in_threads
from kalsel_gap.robustness.values import EXPONENT, LAMBDA, uniform_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.robustness import ValueDraws

# Quantities of the random numbers; those of levels begin at the last one, one for two sources.
_CASE, _SERVICE, _SHARED, _LEVEL = (np.uint64(n) for n in (1, 2, 3, 16))
_FIRST, _LAST = float(NORMAL[0]), float(len(NORMAL) - 1)
_PER_SIGMA = _LAST / float(NORMAL[-1] - NORMAL[0])

_DEFICITS_AT_ONCE = 2**18  # of a batch
_MEANS, _CHANCES = 65, 257  # knots of the tables of Beta distributions


class Levels(NamedTuple):
    """Levels of each operator and technology at each place where a school may stand.

    Attributes
    ----------
    quantiles : float32 array of shape (m, len(NORMAL))
        Of distributions of true levels (:func:`.level_posterior.posterior_quantiles`).
    of_place : int32 array of shape (sources, places)
        Distribution of each; -1 where nothing is known.
    shared_db : float32 array of shape (sources, places)
        Error that all levels of the source have together, dB.
    keys : uint64 array of shape (sources,)
        Streams of the shared errors.
    dbm, adequacy : float arrays of shape (sources, points)
        Curve of each source, rising; the last point repeated where a curve has fewer.
    """

    quantiles: NDArray[np.float32]
    of_place: NDArray[np.int32]
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
    donors_begin, donors_end : int64 arrays of shape (cases,)
        Donors of each case, none where both are equal.
    donors : float array
        Adequacies of like schools, of which one counts where nothing is known of the school.
    at_most : float array of shape (cases,)
        Of what a donor gives.
    """

    begin: NDArray[np.int64]
    weight: FloatArray
    place: NDArray[np.int64]
    at_least: FloatArray
    point: FloatArray
    donors_begin: NDArray[np.int64]
    donors_end: NDArray[np.int64]
    donors: FloatArray
    at_most: FloatArray


class Service(NamedTuple):
    """What is known of the service of each school.

    Attributes
    ----------
    rates_begin : int64 array of shape (n + 1,)
        First row of each school in `rates`; several are samples of one another, the first is what
        the list is ordered by.
    rates : float array of shape (rows, 3)
        Shares of the required download and upload rates, and the part of the latency, as they were
        measured or are stated.
    weights : float array of shape (3,)
        Of download, upload and latency in the adequacy.
    known : float array of shape (n,)
        A_d where it is stated otherwise than by rates; NaN elsewhere.
    concentration : float array of shape (n,)
        a + b of the Beta; infinite where A_d is known.
    has_line : bool array of shape (n,)
        Whether the school has a line, of whatever rate.
    knots, no_line, given_line : float arrays of shape (k,)
        Both curves over A_a.
    """

    rates_begin: NDArray[np.int64]
    rates: FloatArray
    weights: FloatArray
    known: FloatArray
    concentration: FloatArray
    has_line: BoolArray
    knots: FloatArray
    no_line: FloatArray
    given_line: FloatArray


class _Given(NamedTuple):
    """What the kernel reads."""

    keys: NDArray[np.uint64]
    seed: np.uint64
    levels: Levels
    cases: Cases
    service: Service
    tables: NDArray[np.float32]
    table_of_school: NDArray[np.int64]


class _Batch(NamedTuple):
    """Draws that are made together."""

    first: int
    draws_data: bool
    lam: FloatArray
    exponent: FloatArray
    shared: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class DeficitDraws:
    """Draws of the deficit of n schools.

    Attributes
    ----------
    keys : uint64 array of shape (n,)
        Streams of the schools.
    levels, cases, service
        What is drawn from.
    weight_delivered, exponent : float
        λ, and the exponent of the share of the required rate, as the list has them.
    values : ValueDraws
        From where to where both are drawn.
    seed : int
        Of all draws.
    """

    keys: NDArray[np.uint64]
    levels: Levels
    cases: Cases
    service: Service
    weight_delivered: float
    exponent: float
    values: ValueDraws
    seed: int = 0
    _given: _Given = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the tables of Beta distributions that the schools need."""
        tables, of_school = _beta_tables(self.service.concentration)
        parts = (self.levels, self.cases, self.service)
        given = _Given(self.keys, np.uint64(self.seed), *parts, tables, of_school)
        object.__setattr__(self, "_given", given)

    @property
    def at_once(self) -> int:
        """Draws of a batch, fewer of many schools."""
        return int(np.clip(_DEFICITS_AT_ONCE // max(len(self.keys), 1), 16, 4096))

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
        for first in range(0, draws, self.at_once):
            yield self.batch(first, min(self.at_once, draws - first), data=data, values=values)

    def batch(self, first: int, count: int, *, data: bool, values: bool) -> FloatArray:
        """The draws from `first` on; see :meth:`batches`."""
        lam, exponent = self._values(first, count, drawn=values)
        shared = _shared_errors(self.levels.keys, first, count, np.uint64(self.seed))
        batch = _Batch(first, data, lam, exponent, shared)
        out = np.empty((count, len(self.keys)))
        in_threads(len(self.keys), lambda a, b: _fill(out, a, b, batch, self._given))
        return out

    def facts(self, schools: NDArray[np.int64], count: int) -> FloatArray:
        """What some schools have in the first draws of the data.

        Returns
        -------
        float array of shape (schools, 4, draws)
            Number of the case that holds, A_a, A_d, and the mean A_d given A_a.
        """
        lam, exponent = self._values(0, count, drawn=False)
        shared = _shared_errors(self.levels.keys, 0, count, np.uint64(self.seed))
        batch = _Batch(0, draws_data=True, lam=lam, exponent=exponent, shared=shared)
        out = np.empty((len(schools), 4, count))
        in_threads(len(schools), lambda a, b: _fill_facts(out, schools, a, b, batch, self._given))
        # What is known is drawn by its tests alone, whatever the signal.
        known = ~np.isfinite(self.service.concentration[schools])
        out[known, 3] = out[known, 2].mean(axis=1, keepdims=True)
        return out

    def _values(self, first: int, count: int, *, drawn: bool) -> tuple[FloatArray, FloatArray]:
        """λ and the exponent of each draw."""
        if not drawn:
            same = np.ones(count)
            return same * self.weight_delivered, same * self.exponent
        number = uniform_values((LAMBDA, EXPONENT), first, count, self.seed)
        ranges = (self.values.weight_delivered, self.values.exponent)
        lam, exponent = (low + (high - low) * number[:, n] for n, (low, high) in enumerate(ranges))
        return lam, exponent


def _beta_tables(concentration: FloatArray) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Quantiles of the Beta distributions that are needed, and which of them each school has.

    -1 where A_d is known.
    """
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
    if x >= knots[last]:
        return float(values[last])
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if x < knots[middle]:
            high = middle
        else:
            low = middle
    part = (x - knots[low]) / (knots[high] - knots[low])
    return float(values[low] + part * (values[high] - values[low]))


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
def _level(quantiles: NDArray[np.float32], z: float) -> float:
    """True level that a standard normal number maps to."""
    x = min(max((z - _FIRST) * _PER_SIGMA, 0.0), _LAST)
    knot = min(int(x), len(quantiles) - 2)
    return float(quantiles[knot] + (x - knot) * (quantiles[knot + 1] - quantiles[knot]))


@inlined
def _drawn_available(
    case: int, donor: float, school: int, at: int, batch: _Batch, given: _Given
) -> float:
    """A_a of a case in one draw."""
    levels, cases = given.levels, given.cases
    best = cases.at_least[case]
    begin, donors = cases.donors_begin[case], cases.donors_end[case] - cases.donors_begin[case]
    if donors > 0:
        best = max(best, min(cases.donors[begin + int(donor * donors)], cases.at_most[case]))
    place = cases.place[case]
    if place < 0:
        return float(best)
    key, draw, other = given.keys[school], np.uint64(batch.first + at), 0.0
    for source in range(levels.of_place.shape[0]):
        if source % 2 == 0:
            z, other = two_normal(key, draw, _LEVEL + np.uint64(source // 2), given.seed)
        else:
            z = other
        which = levels.of_place[source, place]
        if which < 0:
            continue
        level = _level(levels.quantiles[which], z)
        level += levels.shared_db[source, place] * batch.shared[source, at]
        best = max(best, _interpolate(level, levels.dbm[source], levels.adequacy[source]))
    return float(best)


@inlined
def _stated(school: int, sample: int, exponent: float, service: Service) -> float:
    """A_d as it is stated, NaN where it is not; parts that were not measured are left out."""
    row = service.rates_begin[school] + sample
    if row >= service.rates_begin[school + 1]:
        return float(service.known[school])
    total = weight = 0.0
    for part in range(3):
        share = service.rates[row, part]
        if not np.isnan(share):
            weight += service.weights[part]
            total += service.weights[part] * (share if part == 2 else min(1.0, share) ** exponent)
    return total / weight


@inlined
def _chance_and_mean(
    stated: float, available: float, school: int, service: Service
) -> tuple[float, float]:
    """Probability of no line, and the mean A_d given a line."""
    if not np.isnan(stated):
        return 0.0, stated
    none = 0.0
    if not service.has_line[school]:
        none = _interpolate(available, service.knots, service.no_line)
    return none, _interpolate(available, service.knots, service.given_line)


@inlined
def _drawn(school: int, at: int, batch: _Batch, given: _Given) -> tuple[int, float, float, float]:
    """Case, A_a, A_d and the mean A_d given A_a of a school in one draw of the data."""
    cases, service = given.cases, given.service
    key, draw = given.keys[school], np.uint64(batch.first + at)
    pick, donor = two_uniform(key, draw, _CASE, given.seed)
    chance, quantile = two_uniform(key, draw, _SERVICE, given.seed)
    case, last = cases.begin[school], cases.begin[school + 1] - 1
    weight = cases.weight[case]
    while case < last and pick > weight:
        case += 1
        weight += cases.weight[case]
    available = _drawn_available(case, donor, school, at, batch, given)
    table = given.table_of_school[school]
    samples = service.rates_begin[school + 1] - service.rates_begin[school]
    sample = int(quantile * samples) if table < 0 else 0
    stated = _stated(school, sample, batch.exponent[at], service)
    none, mean = _chance_and_mean(stated, available, school, service)
    delivered = mean
    if chance < none:
        delivered = 0.0
    elif table >= 0:
        delivered = _beta(given.tables[table], mean, quantile)
    return case, available, delivered, (1.0 - none) * mean


@inlined
def _expected(school: int, at: int, batch: _Batch, given: _Given) -> float:
    """Mean deficit of a school with the figures of one draw."""
    cases, service, found = given.cases, given.service, 0.0
    stated = _stated(school, 0, batch.exponent[at], service)
    for case in range(cases.begin[school], cases.begin[school + 1]):
        available = cases.point[case]
        none, mean = _chance_and_mean(stated, available, school, service)
        most = 1.0 - (1.0 - batch.lam[at]) * available
        found += cases.weight[case] * (1.0 - (1.0 - none) * mean) * most
    return float(found)


@kernel
def _fill(out: FloatArray, begin: int, end: int, batch: _Batch, given: _Given) -> None:
    """Deficits of the schools from `begin` to `end` in the draws of a batch."""
    for school in range(begin, end):
        for at in range(out.shape[0]):
            if given.cases.begin[school] == given.cases.begin[school + 1]:
                out[at, school] = np.nan
            elif batch.draws_data:
                _, available, delivered, _ = _drawn(school, at, batch, given)
                most = 1.0 - (1.0 - batch.lam[at]) * available
                out[at, school] = min(max((1.0 - delivered) * most, 0.0), 1.0)
            else:
                out[at, school] = min(max(_expected(school, at, batch, given), 0.0), 1.0)


@kernel
def _fill_facts(
    out: FloatArray,
    schools: NDArray[np.int64],
    begin: int,
    end: int,
    batch: _Batch,
    given: _Given,
) -> None:
    """See :meth:`DeficitDraws.facts`."""
    for row in range(begin, end):
        for at in range(out.shape[2]):
            case, available, delivered, expected = _drawn(schools[row], at, batch, given)
            out[row, 0, at], out[row, 1, at] = case, available
            out[row, 2, at], out[row, 3, at] = delivered, expected
