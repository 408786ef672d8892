"""Benefit of an option: the expected fall of the priority-weighted deficit in a year of service.

``(base + w_N·N + w_H·H) · (λ + (1 - λ)(1 - A_a)) · (E[max(A_d, a)] - E[A_d])``. N, H and A_a stay
as they are before the plan. What a school has now is the mixture of the table ``service``: no line
with probability π, otherwise a Beta; a known A_d is one point. A school keeps the better of what it
has and of the option, hence the maximum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.deficit.contributions import priority_weights
from kalsel_gap.deficit.service import by_number_of_cases, of_cases
from kalsel_gap.indicators.distribution import Delivered, deficit_without_service, mix

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.index import Index


def expected_gain(delivered: Delivered, adequacy: ArrayLike) -> FloatArray:
    """``E[max(A_d, a)] - E[A_d]``, what an option adds to the delivered adequacy.

    ``π·a + (1 - π)·(a·I_a(α, β) - μ·I_a(α + 1, β))`` with the regularised incomplete beta function
    I, as ``∫₀ᵃ x f(x) dx = μ·I_a(α + 1, β)`` for a Beta density f.

    Parameters
    ----------
    delivered : Delivered
        Distribution of A_d of n schools.
    adequacy : array of shape (n,)
        a, of the option alone, 0 to 1.

    Returns
    -------
    float array of shape (n,)
        Not negative; NaN where the adequacy or the distribution is unknown.

    Examples
    --------
    >>> known = Delivered(np.array([0.0, 0.0]), np.array([0.3, 0.9]), np.array([np.inf, np.inf]))
    >>> expected_gain(known, [0.8, 0.8]).round(12).tolist()
    [0.5, 0.0]
    """
    from scipy.special import betainc

    a = np.asarray(adequacy, dtype=np.float64)
    a, none, mean, concentration = np.broadcast_arrays(
        a, delivered.no_line, delivered.given_line, delivered.concentration
    )
    given = np.maximum(a - mean, 0.0)  # where all mass is at the mean
    beta = (mean > 0.0) & (mean < 1.0) & np.isfinite(concentration) & ~np.isnan(a)
    alpha = concentration[beta] * mean[beta]
    rest = concentration[beta] - alpha
    at = np.clip(a[beta], 0.0, 1.0)
    below = at * betainc(alpha, rest, at) - mean[beta] * betainc(alpha + 1.0, rest, at)
    given[beta] = np.maximum(below, 0.0)
    gain: FloatArray = none * a + (1.0 - none) * given
    return gain


def served_before(service: pd.DataFrame) -> pd.Series[float]:
    """Expected delivered adequacy now, by ``row_id``; schools without evidence are missing."""
    parts = []
    for rows in by_number_of_cases(service):
        cases = of_cases(rows)
        mean = mix([d.mean() for d, _, _ in cases], [weight for _, _, weight in cases])
        parts.append(pd.Series(mean, index=rows["row_id"].drop_duplicates()))
    found = pd.concat(parts) if parts else pd.Series(dtype="float64")
    return found.rename("served_before")


def priority_factor(schools: pd.DataFrame, index: Index) -> pd.Series[float]:
    """``base + w_N·N + w_H·H`` of each school, by ``row_id``.

    The weights add up to 1; a tree of which the project knows nothing is left out, as in the
    priority itself.
    """
    trees = {tree: schools[tree].astype("float64") for tree in ("barrier", "need")}
    base, *rest = priority_weights(index, trees).items()
    factor = pd.Series(base[1], index=schools.index)
    for tree, weight in rest:
        factor = factor + weight * trees[tree]
    return factor.set_axis(schools["row_id"])


def benefit_of(
    options: pd.DataFrame, service: pd.DataFrame, factor: pd.Series[float], index: Index
) -> FloatArray:
    """Expected yearly fall of the priority-weighted deficit by each option.

    Parameters
    ----------
    options : DataFrame
        ``row_id`` and ``delivered_after``, the adequacy of the option alone.
    service : DataFrame
        The table ``service`` of the run, rows of a school one after the other.
    factor : Series
        As :func:`priority_factor` gives it.
    index : Index
        λ.

    Returns
    -------
    float array of shape (options,)
        NaN where the school has no evidence of its service, no priority, or the adequacy is
        unknown.
    """
    asked = pd.DataFrame(
        {
            "row_id": options["row_id"].to_numpy(),
            "adequacy": options["delivered_after"].to_numpy("float64"),
            "at": np.arange(len(options)),
        }
    )
    found = np.full(len(options), np.nan)
    # A case beyond the first is a further row of the same school.
    number = service.groupby("row_id", sort=False).cumcount().to_numpy()
    cases = asked.merge(service.assign(case=number), on="row_id").sort_values(
        ["at", "case"], kind="stable"
    )
    columns = [cases[name].to_numpy("float64") for name in _DISTRIBUTION]
    available, weight = (cases[name].to_numpy("float64") for name in ("available", "weight"))
    most = deficit_without_service(available, weight_delivered=index.weight_delivered)
    fall = most * expected_gain(Delivered(*columns), cases["adequacy"].to_numpy("float64"))
    known = ~np.isnan(most * np.asarray(columns[1]))
    share = np.where(known, weight, 0.0)
    at = cases["at"].to_numpy()
    total = np.bincount(at, share, minlength=len(options))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(at, np.where(share > 0.0, share * fall, 0.0), len(options)) / total
    found = np.where(total > 0.0, mean, np.nan)
    return found * factor.reindex(options["row_id"]).to_numpy("float64")


_DISTRIBUTION = ("no_line", "given_line", "concentration")
