"""Need N: whom a deficit hurts. Each function: Series in, Series with the same index out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.geo import geodesy

if TYPE_CHECKING:
    from kalsel_gap.project.index import Vulnerability

SPECIAL_LEVELS = frozenset({"SLB", "SDLB", "SMPLB", "SMLB"})


def vulnerability(
    level: pd.Series[str],
    inclusive: pd.Series[bool],
    village_index: pd.Series[int],
    poor_share: pd.Series[float],
    rule: Vulnerability,
) -> pd.Series[float]:
    """1 for special and inclusive schools; otherwise the village's or pupils' share, the larger.

    Unknown where neither is known.

    Parameters
    ----------
    level : Series of str
        Kind of school.
    inclusive : Series of nullable bool
        Whether it is an inclusive school.
    village_index : Series of nullable int
        1 Mandiri to 5 Sangat Tertinggal.
    poor_share : Series of float
        Share of poor pupils.
    rule : Vulnerability
        Vulnerability by village index.
    """
    by_index = dict(enumerate(rule.village, start=1))
    village = village_index.map(by_index, na_action="ignore").astype("float64")
    special = level.isin(SPECIAL_LEVELS) | inclusive.fillna(value=False).astype(bool)
    larger = pd.concat([village, poor_share.astype("float64")], axis="columns").max(axis="columns")
    return larger.mask(special, 1.0)


def idle(amount: pd.Series[float], delivered: pd.Series[float]) -> pd.Series[float]:
    """Part of an amount that is not used for lack of bandwidth: ``amount · (1 - A_d)``.

    Examples
    --------
    >>> import pandas as pd
    >>> idle(pd.Series([15.0]), pd.Series([0.168])).round(2).tolist()
    [12.48]
    """
    return amount.astype("float64") * (1.0 - delivered)


def adequate_school_km(
    lat: pd.Series[float], lon: pd.Series[float], adequate: pd.Series[bool]
) -> pd.Series[float]:
    """Geodesic distance to the nearest school known to be adequate, km; 0 for such a school.

    Parameters
    ----------
    lat, lon : Series of float
        WGS 84 degrees.
    adequate : Series of bool
        Whether the school's delivered adequacy is known and adequate.
    """
    there = adequate & lat.notna()
    distance_m, _ = geodesy.nearest_point_m(
        lat.to_numpy(), lon.to_numpy(), lat[there].to_numpy(), lon[there].to_numpy()
    )
    return pd.Series(distance_m / 1000, index=lat.index)
