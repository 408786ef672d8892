"""What a plan did to the schools that it served: pure formulas, no run is read here.

The effect is a difference in differences: the change of the schools served less the change of
schools not yet served. Schools are chosen because their deficit was high when it was measured, and
what was high partly by chance falls by itself at the next measurement. So the second estimate
compares each school served with those not served whose deficit was about the same before: schools
of the same tenth. What these changed is what the served ones would have changed without being
served, and how far it differs from the change of all is regression to the mean.

Sources: Angrist and Pischke, Mostly Harmless Econometrics (2009), §5.2 and §8.2 (the estimate, and
errors that are correlated within a group); Cameron and Miller, Journal of Human Resources 50
(2015), §II (the correction for few clusters); Barnett, van der Pols and Dobson, International
Journal of Epidemiology 34 (2005) (regression to the mean).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from scipy.special import stdtrit

from kalsel_gap.planning.delivery import IN_PROGRESS, SERVED

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray

BUILT = (*IN_PROGRESS, *SERVED)  # something is there

# What became of a school of the plan until the later run.
ServedGroup = Literal["delivered", "chosen", "later", "waiting", "earlier", "left_out"]
SERVED_GROUPS: tuple[ServedGroup, ...] = get_args(ServedGroup)
# Statuses of a plan whose schools wait: the plan has looked at them, and they have nothing yet.
WAITING = ("not_chosen", "unfunded", "no_option", "planned")

TENTHS = 10
FEW_CLUSTERS = 20  # with fewer the standard error is too small on average: Cameron and Miller, §VI
_COVERED = 0.95  # of the intervals


@dataclass(frozen=True, slots=True)
class ChangeEffect:
    """The change of schools served beside that of schools not yet served.

    Attributes
    ----------
    effect : float
        Change of the schools served less the change expected of them; NaN without one of the two.
    standard_error, low, high : float
        Robust to clusters; the interval of 95 %. NaN with fewer than two clusters.
    served, not_served : int
        Schools that are compared. With strata, those of strata in which both are.
    unmatched : int
        Schools served in whose stratum there is none not served; they are left out.
    clusters : int
        Of the schools compared.
    change_served : float
        Mean change of the schools served.
    change_expected : float
        Mean change of the schools not served, each stratum weighted by its schools served.
    change_not_served : float
        Mean change of all schools not served, matched or not.
    """

    effect: float
    standard_error: float
    low: float
    high: float
    served: int
    not_served: int
    unmatched: int
    clusters: int
    change_served: float
    change_expected: float
    change_not_served: float

    @property
    def regression_to_mean(self) -> float:
        """How much more the schools served were to change by themselves than the others did."""
        return self.change_expected - self.change_not_served


def tenths_of(baseline: FloatArray) -> IntArray:
    """The tenth in which each value lies, 0 to 9, by the deciles of all values.

    Parameters
    ----------
    baseline : float array of shape (schools,)
        Without NaN.

    Returns
    -------
    int array of shape (schools,)
        Equal values lie in one tenth, so a tenth may hold more schools than another, or none.

    Examples
    --------
    >>> tenths_of(np.array([0.1, 0.2, 0.2, 0.9])).tolist()
    [0, 2, 2, 7]
    """
    if not len(baseline):
        return np.zeros(0, dtype=np.int64)
    shares = np.arange(1, TENTHS) / TENTHS
    # Inverted: a decile is one of the values, so that rounding moves no school over it.
    bounds = np.quantile(baseline, shares, method="inverted_cdf")
    return np.searchsorted(bounds, baseline, side="left").astype(np.int64)


def compare_changes(
    change: FloatArray,
    served: BoolArray,
    *,
    stratum: IntArray | None = None,
    cluster: IntArray,
) -> ChangeEffect:
    """Difference in differences of two rounds, plain or within strata, with its standard error.

    With one value before and one after, a regression with an effect for each school is the same as
    comparing the means of the changes. With strata it is the effect on the schools served: in each
    stratum the difference of means, weighted by its schools served.

    Parameters
    ----------
    change : float array of shape (schools,)
        Value after less value before; without NaN.
    served : bool array of shape (schools,)
        Whether the school was served between the two rounds.
    stratum : int array of shape (schools,), optional
        Schools are compared within one stratum; one for all by default.
    cluster : int array of shape (schools,)
        Schools of one cluster may change together.

    Returns
    -------
    ChangeEffect
        Its standard error is that of clusters (CR1): with G clusters, N schools and K means, the
        sum over the clusters of the squared sums of influences, times G/(G - 1) and
        (N - 1)/(N - K). The interval takes Student's t with G - 1 degrees of freedom.

    Examples
    --------
    >>> change = np.array([-0.5, -0.3, -0.1, 0.1])
    >>> served = np.array([True, True, False, False])
    >>> found = compare_changes(change, served, cluster=np.arange(4))
    >>> round(found.effect, 3), round(found.standard_error, 3)
    (-0.4, 0.141)
    """
    strata = np.zeros(len(change), dtype=np.int64) if stratum is None else stratum
    everyone = _mean(change[~served])
    both = np.intersect1d(strata[served], strata[~served])
    counted = np.isin(strata, both)
    unmatched = int((served & ~counted).sum())
    change, is_served = change[counted], served[counted]
    strata, clusters = strata[counted], cluster[counted]
    treated = int(is_served.sum())
    if not treated:
        nan = math.nan
        return ChangeEffect(nan, nan, nan, nan, 0, 0, unmatched, 0, nan, nan, everyone)
    _, at = np.unique(strata, return_inverse=True)
    ours, theirs = np.bincount(at[is_served]), np.bincount(at[~is_served])
    means = np.bincount(at, weights=np.where(is_served, 0.0, change)) / theirs
    expected = float((means * ours).sum() / treated)
    mean = float(change[is_served].mean())
    effect = mean - expected
    weight = ours[at] / theirs[at]
    influence = (
        np.where(is_served, (change - means[at] - effect), -weight * (change - means[at])) / treated
    )
    error, degrees = _clustered(influence, clusters, 2 * len(both))
    margin = float(stdtrit(degrees, 0.5 + _COVERED / 2)) * error if degrees else math.nan
    return ChangeEffect(
        effect=effect,
        standard_error=error,
        low=effect - margin,
        high=effect + margin,
        served=treated,
        not_served=int((~is_served).sum()),
        unmatched=unmatched,
        clusters=degrees + 1,
        change_served=mean,
        change_expected=expected,
        change_not_served=everyone,
    )


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else math.nan


def _clustered(influence: FloatArray, cluster: IntArray, means: int) -> tuple[float, int]:
    """Standard error of a sum of influences, and clusters less one."""
    _, at = np.unique(cluster, return_inverse=True)
    sums = np.bincount(at, weights=influence)
    count, groups = len(influence), len(sums)
    if groups < 2 or count <= means:
        return math.nan, groups - 1
    factor = groups / (groups - 1) * (count - 1) / (count - means)
    return float(np.sqrt(factor * (sums**2).sum())), groups - 1


def group_of_school(
    status: str,
    *,
    service_year: int | None,
    state: str,
    state_before: str,
    year: int | None,
) -> ServedGroup:
    """What became of a school of the plan until the year of the later run.

    Parameters
    ----------
    status : str
        Of the school in the plan; empty where the plan does not have it.
    service_year : int, optional
        The first year of service; None where nothing was chosen for the school.
    state, state_before : str
        Of its delivery today and when the plan was made; empty without one.
    year : int, optional
        Of the later run; None where its data have no date: then every chosen school was due.

    Returns
    -------
    str
        *delivered* since the plan, whether the plan chose it or not; *chosen*, due and not
        delivered; chosen for a *later* year; *waiting*, not chosen; delivered *earlier* than the
        plan was made; *left_out*: adequate, promised, excluded or not counted.

    Examples
    --------
    >>> group_of_school("planned", service_year=2027, state="active", state_before="", year=2027)
    'delivered'
    >>> group_of_school("planned", service_year=2028, state="", state_before="", year=2027)
    'later'
    >>> group_of_school("adequate", service_year=None, state="", state_before="", year=2027)
    'left_out'
    """
    if state_before in BUILT:
        return "earlier"
    if state in BUILT:
        return "delivered"
    if service_year is not None:
        return "later" if year is not None and service_year > year else "chosen"
    return "waiting" if status in WAITING else "left_out"


def spending_until(
    capex_idr: int,
    opex_year_idr: int,
    *,
    actual_idr: int | None,
    service_year: int | None,
    year: int | None,
) -> int:
    """Rupiah that a school has cost until the end of a year, with PPN.

    Parameters
    ----------
    capex_idr, opex_year_idr : int
        As planned.
    actual_idr : int, optional
        What was paid to buy and install it; takes the place of the planned capex.
    service_year : int, optional
        The first year in which opex is paid.
    year : int, optional
        The last one; without either of the two no opex is counted.

    Examples
    --------
    >>> spending_until(8_000_000, 9_000_000, actual_idr=None, service_year=2027, year=2028)
    26000000
    >>> spending_until(8_000_000, 9_000_000, actual_idr=7_500_000, service_year=2028, year=2027)
    7500000
    """
    years = 0 if service_year is None or year is None else max(year - service_year + 1, 0)
    return (capex_idr if actual_idr is None else actual_idr) + opex_year_idr * years


def rupiah_per(spent_idr: int, units: float) -> int | None:
    """Rupiah for each unit, whole, half a rupiah up; None where there is nothing to divide by.

    Examples
    --------
    >>> rupiah_per(1_000, 3), rupiah_per(5, 2), rupiah_per(5, 0), rupiah_per(5, float("nan"))
    (333, 3, None, None)
    """
    if not units > 0 or math.isinf(units):
        return None
    return math.floor(spent_idr / units + 0.5)
