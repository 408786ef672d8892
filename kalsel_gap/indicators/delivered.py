"""Delivered adequacy A_d: what the school has now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.index import Adequacy, RequiredMbps


MEDIAN = 50.0
PARTS = ("down_mbps", "up_mbps", "latency_ms")
# Of these more is worse.
_BAD_ABOVE = frozenset({"latency_ms", "loss_share"})


def side_of_percentile(value: str, percentile: float) -> float:
    """The percentile that is as bad for a value: of latency and loss that from above.

    Examples
    --------
    >>> side_of_percentile("down_mbps", 25.0), side_of_percentile("latency_ms", 25.0)
    (25.0, 75.0)
    """
    return 100.0 - percentile if value in _BAD_ABOVE else percentile


def percentile_of_tests(tests: pd.DataFrame, percentile: float) -> pd.DataFrame:
    """Rates, latency and loss of each school at a percentile of its own tests.

    A share of the tests, `percentile` in 100, is as bad or worse: of latency and loss it is the
    percentile from above. Linear between two tests, as numpy's default.

    Parameters
    ----------
    tests : DataFrame
        ``npsn`` and columns of measured values, NaN where not measured.
    percentile : float
        50 is the median.

    Returns
    -------
    DataFrame
        The same columns, indexed by NPSN.

    Examples
    --------
    >>> import pandas as pd
    >>> tests = pd.DataFrame({"npsn": "1", "down_mbps": [4.0, 8.0, 9.0, 12.0, 30.0]})
    >>> tests["latency_ms"] = [300.0, 80.0, 70.0, 60.0, 50.0]
    >>> percentile_of_tests(tests, 25.0).loc["1"].tolist()
    [8.0, 80.0]
    """
    of_school = tests.groupby("npsn")
    if percentile == MEDIAN:
        return of_school.median()
    found = {
        name: of_school[name].quantile(side_of_percentile(name, percentile) / 100.0)
        for name in tests.columns.drop("npsn")
    }
    return type(tests)(found)


def required_mbps(students: ArrayLike, rule: RequiredMbps) -> FloatArray:
    """Bandwidth a school needs, ``max(minimum, per_student · students)``; unknown: the minimum.

    Source: WSIS 2023 session 407, ITU/Giga target for 2030.

    Parameters
    ----------
    students : array
        Number of pupils; NaN where unknown.
    rule : RequiredMbps
        Minimum in Mbps and Mbps per student.
    """
    count = np.asarray(students, dtype=np.float64)
    return np.where(np.isnan(count), rule.minimum, np.fmax(rule.minimum, rule.per_student * count))


def adequacy(
    down_mbps: ArrayLike,
    up_mbps: ArrayLike,
    latency_ms: ArrayLike,
    required: ArrayLike,
    rule: Adequacy,
) -> FloatArray:
    """Adequacy of a link, ``.7·down + .2·up + .1·latency`` of the parts that were measured.

    Parameters
    ----------
    down_mbps, up_mbps, latency_ms : array of shape (n,)
        NaN where not measured; without a download rate the link is unknown.
    required : array of shape (n,)
        Required bandwidth, Mbps.
    rule : Adequacy
        Weights, exponent and goalposts.

    Returns
    -------
    float array of shape (n,)
        0 to 1.
    """
    need = np.asarray(required, dtype=np.float64)
    down = np.minimum(1.0, np.asarray(down_mbps, dtype=np.float64) / need) ** rule.exponent
    up_need = need * rule.up_fraction
    up = np.minimum(1.0, np.asarray(up_mbps, dtype=np.float64) / up_need) ** rule.exponent
    worst = rule.latency_worst_ms - rule.latency_best_ms
    late = (np.asarray(latency_ms, dtype=np.float64) - rule.latency_best_ms) / worst
    parts = np.stack([down, up, 1.0 - np.clip(late, 0.0, 1.0)])
    weights = np.array([rule.down, rule.up, rule.latency])[:, None] * ~np.isnan(parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.nan_to_num(parts) * weights).sum(axis=0) / weights.sum(axis=0)
    return np.where(np.isnan(down), np.nan, np.clip(mean, 0.0, 1.0))
