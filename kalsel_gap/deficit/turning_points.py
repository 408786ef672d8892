"""What would move one school into the first k of the list, or out of it: the deficit inverted.

``D = (1 - A_d)·(λ + (1 - λ)(1 - A_a))`` is solved for one thing at a time, everything else of the
school and all other schools unchanged. A turning point is an answer to "what if", never a promise:
in a new run the curves that infer an unknown service may have moved too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kalsel_gap.indicators.available import from_level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.index import Index

_TENTHS = 10  # a rate is stated in tenths of 1 Mbps
_NEARLY = 1e-9  # of a tenth: rounding of the computer
_INFERRED = ("curves", "provider")  # bases of a delivered adequacy that depends on the available


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """One change that moves a school across the end of the first k.

    Attributes
    ----------
    kind : {'line', 'test', 'level_4g'}
        A subscription or own tests (the school has no tests yet), the download rate of its own
        tests, or the level of the best signal as 4G.
    value : float or None
        At least so much, for a school that leaves the first k, or at most so much, for one that
        enters: Mbps in tenths, dBm in whole numbers. None where no value is enough.
    """

    kind: Literal["line", "test", "level_4g"]
    value: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a school stands against the end of the first k.

    Attributes
    ----------
    k : int
        How many schools come first.
    is_inside : bool
        Whether the school is one of them.
    limit : float or None
        Deficit of the k-th among all other schools: below it the school is out, above it in. None
        where there are not so many.
    """

    k: int
    is_inside: bool
    limit: float | None


def first_k(schools: pd.DataFrame, row_id: str, k: int) -> Standing:
    """Where a ranked school stands.

    Parameters
    ----------
    schools : DataFrame
        ``row_id``, ``rank`` and ``deficit`` of all schools.
    row_id : str
        The school.
    k : int
        How many come first.
    """
    own = schools["row_id"] == row_id
    others = schools.loc[~own, "deficit"].dropna().sort_values(ascending=False)
    limit = float(others.iloc[k - 1]) if 0 < k <= len(others) else None
    rank = schools.loc[own, "rank"].iloc[0]
    return Standing(k, bool(rank <= k), limit)


def find_turning_points(
    school: Mapping[str, Any],
    service: pd.DataFrame,
    curves: pd.DataFrame,
    at: Standing,
    index: Index,
    points_4g: Sequence[tuple[float, float]],
) -> Iterator[TurningPoint]:
    """Each single change that would move the school across the end of the first k.

    Parameters
    ----------
    school : mapping
        Its row: ``required_mbps``, ``delivered_basis``, ``available``, ``best_technology``,
        ``delivered_up_mbps`` and ``delivered_latency_ms``, None where unknown.
    service : DataFrame
        Its rows of the table ``service``.
    curves : DataFrame
        The table ``curves``.
    at : Standing
        Where it stands.
    index : Index
        λ and the adequacy of a link.
    points_4g : sequence of (dBm, adequacy)
        The 4G curve, rising.
    """
    if at.limit is None or service.empty:
        return
    has_tests = school["delivered_basis"] == "test"
    yield TurningPoint("test" if has_tests else "line", _rate(school, service, at, index))
    if at.is_inside or school["best_technology"] == "4g":
        yield TurningPoint("level_4g", _level(school, service, curves, at, index, points_4g))


def _rate(
    school: Mapping[str, Any], service: pd.DataFrame, at: Standing, index: Index
) -> float | None:
    """Download rate at which the deficit crosses the limit, Mbps."""
    rule, lam = index.adequacy, index.weight_delivered
    assert at.limit is not None
    # What the available service leaves of a deficit without any line.
    rest = float((service["weight"] * (lam + (1 - lam) * (1 - service["available"]))).sum())
    if not rest > 0.0 or not rule.down > 0.0:
        return None
    adequacy = 1.0 - at.limit / rest
    fixed, weight = _other_parts(school, index)
    share = (adequacy * weight - fixed) / rule.down
    required = float(school["required_mbps"])
    tenths = _TENTHS * required * share ** (1.0 / rule.exponent) if share > 0.0 else -1.0
    if at.is_inside:  # strictly more
        enough = max(math.floor(tenths + _NEARLY) + 1, 0) / _TENTHS
        # Beyond the required rate nothing is gained.
        return enough if share < 1.0 - _NEARLY else None
    if share <= 0.0:
        return None
    return max(math.ceil(min(tenths, _TENTHS * required) - _NEARLY) - 1, 0) / _TENTHS


def _other_parts(school: Mapping[str, Any], index: Index) -> tuple[float, float]:
    """Weighted upload rate and latency of the school's own tests, and the weight of all parts."""
    rule = index.adequacy
    up, late = _of_tests(school, "up_mbps"), _of_tests(school, "latency_ms")
    fixed, weight = 0.0, rule.down
    if school["delivered_basis"] != "test":
        return fixed, weight
    if up is not None:
        required = float(school["required_mbps"]) * rule.up_fraction
        fixed += rule.up * min(1.0, up / required) ** rule.exponent
        weight += rule.up
    if late is not None:
        worst = rule.latency_worst_ms - rule.latency_best_ms
        fixed += rule.latency * (1.0 - min(max((late - rule.latency_best_ms) / worst, 0.0), 1.0))
        weight += rule.latency
    return fixed, weight


def _of_tests(school: Mapping[str, Any], part: str) -> float | None:
    """A value that the delivered adequacy counts; an older run counted the median."""
    value = school.get(f"delivered_{part}", school.get(f"measured_{part}"))
    return None if value is None else float(value)


def _level(
    school: Mapping[str, Any],
    service: pd.DataFrame,
    curves: pd.DataFrame,
    at: Standing,
    index: Index,
    points_4g: Sequence[tuple[float, float]],
) -> float | None:
    """Level in whole dBm at which the deficit crosses the limit."""
    levels = np.arange(math.ceil(points_4g[0][0]), math.floor(points_4g[-1][0]) + 1.0)
    available = from_level(levels, points_4g)
    deficit = deficit_at(available, school, service, curves, index)
    now = school.get("available")
    assert at.limit is not None
    if at.is_inside:
        better = available > now if now is not None else np.ones(len(levels), dtype=np.bool_)
        crosses = levels[(deficit < at.limit) & better]
        return float(crosses.min()) if len(crosses) else None
    crosses = levels[deficit > at.limit]
    return float(crosses.max()) if len(crosses) else None


def deficit_at(
    available: FloatArray,
    school: Mapping[str, Any],
    service: pd.DataFrame,
    curves: pd.DataFrame,
    index: Index,
) -> FloatArray:
    """Mean deficit of a school if it had another available adequacy, wherever it stands.

    Parameters
    ----------
    available : float array of shape (n,)
        Available adequacies.
    school, service, curves, index
        As of :func:`find_turning_points`.

    Returns
    -------
    float array of shape (n,)
    """
    lam = index.weight_delivered
    if school["delivered_basis"] in _INFERRED:
        no_line, given_line = (
            _curve(curves, name, available) for name in ("no_line", "given_line")
        )
        if school["delivered_basis"] == "provider":
            no_line = np.zeros(len(available))
        delivered = (1.0 - no_line) * given_line
    else:
        means = (1.0 - service["no_line"]) * service["given_line"]
        delivered = np.full(len(available), float((service["weight"] * means).sum()))
    result: FloatArray = (1.0 - delivered) * (lam + (1.0 - lam) * (1.0 - available))
    return result


def _curve(curves: pd.DataFrame, name: str, available: FloatArray) -> FloatArray:
    knots = curves[curves["curve"] == name].sort_values("available")
    places, values = (knots[each].to_numpy(np.float64) for each in ("available", "value"))
    found: FloatArray = np.interp(available, places, values)
    return found
