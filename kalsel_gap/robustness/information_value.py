"""What it is worth to find something out about a school before the first k are chosen.

The first k are chosen by their mean deficit, and what a choice is worth is the sum of the deficits
of the chosen. A fact changes the choice where, once it is known, the expected deficit of a school
lies on the other side of the limit: that of the first school left out for a chosen one, that of the
last chosen one for any other. Its value is what the sum is expected to gain by that.

Source: the expected value of partial perfect information (Raiffa and Schlaifer, 1961; Strong and
Oakley, 2014); kalsel-gap method, section 1.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from kalsel_gap.geo.kernels import kernel
from kalsel_gap.robustness.threads import in_threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.robustness.deficit_draws import DeficitDraws

FieldFact = Literal["service", "signal", "location", "visit"]
FACTS: tuple[FieldFact, ...] = get_args(FieldFact)
# Of each fact that could change the choice: its value, how likely it does, and whether the school
# is chosen without it.
FACT_VALUES = ("row_id", "npsn", "fact", "value", "chance", "is_chosen")
_SERVICE, _SIGNAL, _LOCATION, _VISIT = range(4)
_AT_ONCE = 1_024  # schools of a block
_GROUPS = 16  # of draws in which a school has a line, by what it delivers
_DECIMALS = 9  # of a value; below that it is none


class Choice(NamedTuple):
    """Who is chosen by the mean deficit, and the limits.

    Attributes
    ----------
    is_chosen : bool array of shape (n,)
    last_in, first_out : float
        Deficit of the last chosen school and of the first one left out; NaN without one.
    """

    is_chosen: BoolArray
    last_in: float
    first_out: float


def choose(deficit: FloatArray, k: int) -> Choice:
    """The first k by their mean deficit, equal ones in the order in which they stand.

    Examples
    --------
    >>> choose(np.array([0.2, 0.9, 0.6]), 2)
    Choice(is_chosen=array([False,  True,  True]), last_in=0.6, first_out=0.2)
    """
    order = np.argsort(-deficit, kind="stable")
    is_chosen = np.zeros(len(deficit), dtype=np.bool_)
    is_chosen[order[:k]] = True
    limits = [float(deficit[order[at]]) if 0 <= at < len(deficit) else np.nan for at in (k - 1, k)]
    return Choice(is_chosen, *limits)


def find_fact_values(
    draws: DeficitDraws, deficit: FloatArray, is_open: BoolArray, k: int, count: int
) -> pd.DataFrame:
    """Values of the facts of all schools for which they may change the choice.

    Parameters
    ----------
    draws : DeficitDraws
        Those that have been ranked: the same numbers are drawn again.
    deficit : float array of shape (n,)
        Mean deficit of each school, by which the list is ordered.
    is_open : bool array of shape (n,)
        Whether some draws have the school among the first k, and some have not.
    k : int
        How many are chosen.
    count : int
        Draws.

    Returns
    -------
    DataFrame
        ``school``, the number of the school, and :data:`FACT_VALUES` but for its names; by school
        and in the order of :data:`FACTS`. Facts of no value are left out.
    """
    choice, schools = choose(deficit, k), np.flatnonzero(is_open)
    limit = np.where(choice.is_chosen, choice.first_out, choice.last_in)
    found = np.zeros((len(schools), len(FACTS), 2))
    if not np.isnan(limit).any():
        for begin in range(0, len(schools), _AT_ONCE):
            block = schools[begin : begin + _AT_ONCE]
            expected = expected_deficits(draws.facts(block, count), draws.weight_delivered)
            part = found[begin : begin + len(block)]
            part[:] = values_of_knowing(expected, limit[block], choice.is_chosen[block])
    table = pd.DataFrame(
        {
            "school": np.repeat(schools, len(FACTS)),
            "fact": np.tile(np.array(FACTS, dtype=object), len(schools)),
            "value": found[:, :, 0].ravel().round(_DECIMALS),
            "chance": found[:, :, 1].ravel(),
        }
    ).astype({"fact": "str"})
    table = table[table["value"] > 0.0].reset_index(drop=True)
    return table.assign(is_chosen=choice.is_chosen[table["school"].to_numpy()])


def values_of_knowing(expected: FloatArray, limit: FloatArray, is_chosen: BoolArray) -> FloatArray:
    """Value of each fact of each school, and the chance that it changes whether it is chosen.

    ``E[(E[D | fact] - c)⁺] - (E[D] - c)⁺`` for a school that is left out; both differences the
    other way round for one that is chosen.

    Parameters
    ----------
    expected : float array of shape (n, facts, m)
        Expected deficit with the fact, for each of m equally likely things that it may be.
    limit : float array of shape (n,)
        c, the deficit of the school that competes with it.
    is_chosen : bool array of shape (n,)
        Whether it is chosen without the fact.

    Returns
    -------
    float array of shape (n, facts, 2)

    Examples
    --------
    A school of .5 is left out at a limit of .6; with even chances it has .9 or .1:

    >>> expected, limit = np.array([[[0.9, 0.1]]]), np.array([0.6])
    >>> values_of_knowing(expected, limit, np.array([False])).round(3).tolist()
    [[[0.15, 0.5]]]
    """
    out = np.empty((*expected.shape[:2], 2))
    in_threads(len(out), lambda a, b: _value(out, a, b, expected, limit, is_chosen))
    return out


def expected_deficits(facts: FloatArray, weight_delivered: float) -> FloatArray:
    """Expected deficit in each draw, if a fact were known as it is in that draw.

    Known signal leaves the service open, known service the signal, a known location both; after a
    visit all of them are known.

    Parameters
    ----------
    facts : float array of shape (n, 4, m)
        As of :meth:`.DeficitDraws.facts`.
    weight_delivered : float
        λ.

    Returns
    -------
    float array of shape (n, facts, m)
        In the order of :data:`FACTS`.
    """
    out = np.empty((len(facts), len(FACTS), facts.shape[2]))
    in_threads(len(out), lambda a, b: _expect(out, a, b, facts, weight_delivered))
    return out


@kernel
def _value(
    out: FloatArray,
    begin: int,
    end: int,
    expected: FloatArray,
    limit: FloatArray,
    is_chosen: BoolArray,
) -> None:
    for school in range(begin, end):
        sign = -1.0 if is_chosen[school] else 1.0
        for fact in range(expected.shape[1]):
            gain = total = 0.0
            changes, draws = 0, expected.shape[2]
            for at in range(draws):
                more = sign * (expected[school, fact, at] - limit[school])
                total += more
                if more > 0.0:
                    gain += more
                    changes += 1
            out[school, fact, 0] = max((gain - max(total, 0.0)) / draws, 0.0)
            out[school, fact, 1] = changes / draws


@kernel
def _expect(
    out: FloatArray, begin: int, end: int, facts: FloatArray, weight_delivered: float
) -> None:
    draws = facts.shape[2]
    most, group = np.empty(draws), np.empty(draws, dtype=np.int64)
    for school in range(begin, end):
        case, available, delivered, mean = facts[school]
        for at in range(draws):
            most[at] = 1.0 - (1.0 - weight_delivered) * available[at]
            out[school, _SIGNAL, at] = (1.0 - mean[at]) * most[at]
            out[school, _VISIT, at] = (1.0 - delivered[at]) * most[at]
            group[at] = int(case[at])
        _mean_of_groups(out[school, _LOCATION], out[school, _SIGNAL], group)
        _group_service(group, delivered)
        _mean_of_groups(out[school, _SERVICE], most, group)
        for at in range(draws):
            out[school, _SERVICE, at] *= 1.0 - delivered[at]


@kernel
def _group_service(group: NDArray[np.int64], delivered: FloatArray) -> None:
    """Groups of draws with about the same service, those without any in a group of their own."""
    given = np.sort(delivered[delivered > 0.0])
    edges = np.empty(_GROUPS)
    for number in range(_GROUPS):
        edges[number] = given[number * len(given) // _GROUPS] if len(given) else 0.0
    for at in range(len(group)):
        group[at] = np.searchsorted(edges, delivered[at], side="right")


@kernel
def _mean_of_groups(out: FloatArray, values: FloatArray, group: NDArray[np.int64]) -> None:
    """Of each draw the mean of its group."""
    count = group.max() + 1
    total, size = np.zeros(count), np.zeros(count)
    for at in range(len(values)):
        total[group[at]] += values[at]
        size[group[at]] += 1.0
    for at in range(len(values)):
        out[at] = total[group[at]] / size[group[at]]
