"""The deficit of each school: its mean, its interval, its tier and how likely that is; its gap.

``D = (1 - A_d)·(λ + (1 - λ)(1 - A_a))``. What a school may have is a mixture of cases (the table
``service``): of the two places of a doubtful location, or of the project's A_a.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit.ranks import DECIMALS
from kalsel_gap.deficit.service import by_number_of_cases, of_cases
from kalsel_gap.indicators.distribution import (
    deficit_interval,
    mean_deficit,
    mix,
    mix_intervals,
    tier_probabilities,
)

if TYPE_CHECKING:
    from kalsel_gap.project.index import Gap, Index, Tiers


def measure_deficits(
    service: pd.DataFrame, index: Index, draws: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Deficit, interval and tier of every school that the table names.

    Parameters
    ----------
    service : DataFrame
        The table of the stage *service*.
    index : Index
        λ and the tiers.
    draws : DataFrame, optional
        ``row_id``, ``deficit_low``, ``deficit_high`` and ``tier_1`` to the last tier, the chance of
        each, over draws: they replace those of the closed forms.

    Returns
    -------
    DataFrame
        Indexed by ``row_id``: ``deficit``, ``deficit_low``, ``deficit_high``, ``tier``,
        ``tier_probability``.
    """
    lam, frames = index.weight_delivered, []
    for rows in by_number_of_cases(service):
        cases = of_cases(rows)
        weights = [weight for _, _, weight in cases]
        mean = mix([mean_deficit(d, a, weight_delivered=lam) for d, a, _ in cases], weights)
        if len(cases) == 1:
            low, high = deficit_interval(*cases[0][:2], weight_delivered=lam)
        else:
            pairs = [(d, a) for d, a, _ in cases]
            low, high = mix_intervals(pairs, weights, weight_delivered=lam)
        each = [
            tier_probabilities(d, a, index.tiers.bounds, weight_delivered=lam) for d, a, _ in cases
        ]
        tier = tier_of(pd.Series(mean), index.tiers)
        chance = mix(each, [weight[:, None] for weight in weights])
        frames.append(
            pd.DataFrame(
                {
                    "deficit": mean,
                    "deficit_low": np.minimum(low.round(DECIMALS), mean),
                    "deficit_high": np.maximum(high.round(DECIMALS), mean),
                    "tier": tier,
                    "tier_probability": chance[np.arange(len(mean)), tier.to_numpy(int) - 1],
                }
            ).set_axis(rows["row_id"].drop_duplicates())
        )
    columns = ["deficit", "deficit_low", "deficit_high", "tier", "tier_probability"]
    found = pd.concat(frames) if frames else pd.DataFrame(columns=columns, dtype="float64")
    return found if draws is None or draws.empty else _of_draws(found, draws)


def _of_draws(found: pd.DataFrame, draws: pd.DataFrame) -> pd.DataFrame:
    """Interval and chance of the tier, as they were drawn."""
    drawn = draws.set_index("row_id").reindex(found.index)
    chances = drawn[[f"tier_{n}" for n in range(1, len(schema.TIER_LABELS))]].to_numpy()
    return found.assign(
        deficit_low=drawn["deficit_low"],
        deficit_high=drawn["deficit_high"],
        tier_probability=chances[np.arange(len(found)), found["tier"].to_numpy(int) - 1],
    )


def tier_of(deficit: pd.Series[float], tiers: Tiers) -> pd.Series[int]:
    """1 where the deficit reaches the first bound, to 5 below the last; missing where unknown."""
    below = (deficit.round(DECIMALS).to_numpy()[:, None] < np.asarray(tiers.bounds)).sum(axis=1)
    return pd.Series(1 + below, index=deficit.index, dtype="Int64").mask(deficit.isna())


def tier_label(
    tier: pd.Series[int], status: pd.Series[str], probability: pd.Series[float], tiers: Tiers
) -> pd.Series[str]:
    """The tier by name: an inferred deficit is called adequate only where that is nearly certain.

    Parameters
    ----------
    tier : Series of nullable int
        As of :func:`tier_of`.
    status : Series of str
        How the deficit is known.
    probability : Series of float
        Of the tier.
    tiers : Tiers
        From which probability on the last tier is certain enough.
    """
    *names, covered = schema.TIER_LABELS
    label = tier.map(dict(enumerate(names, start=1)))
    open_ = (tier == len(names)) & (status != "known") & ~(probability >= tiers.sure)
    return label.mask(open_.fillna(value=False).astype(bool), covered).astype("str")


def gap_type(delivered: pd.Series[float], available: pd.Series[float], rule: Gap) -> pd.Series[str]:
    """What kind of gap it is.

    Parameters
    ----------
    delivered : Series of float
        A_d where it is known, NaN where it is not (an inferred one is not known).
    available : Series of float
        A_a, NaN where unknown.
    rule : Gap
        Thresholds.
    """
    served = delivered.notna() & (delivered > rule.unconnected)
    return pd.Series(
        np.select(
            [
                delivered >= rule.adequate,
                served,
                available.isna(),
                available < rule.weak,
                available < rule.covered,
                delivered.isna(),
            ],
            ["adequate", "slow", "unknown", "uncovered", "weak", "covered_unverified"],
            "unconnected",
        ),
        index=delivered.index,
        dtype="str",
    )
