"""Missing values of barrier and need: which leaves are active, and medians of similar schools.

A constant for an unknown value moves a school above or below similar ones, and a leaf known in one
kabupaten only compares its schools with others on an input that these do not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def fill_by_group_median(
    value: pd.Series[float],
    kabupaten: pd.Series[str],
    level: pd.Series[str],
    counts: pd.Series[bool],
) -> tuple[pd.Series[float], pd.Series[bool]]:
    """Missing values from the median of the same kabupaten and level, otherwise of the project.

    Parameters
    ----------
    value : Series of float, shape (n,)
        NaN where unknown.
    kabupaten, level : Series of str, shape (n,)
        The group; a school without one of them takes the project's median.
    counts : Series of bool, shape (n,)
        Schools whose values enter the medians: ranked, no duplicates.

    Returns
    -------
    filled : Series of float
        NaN only where no school that counts has a value.
    is_inferred : Series of bool
        Filled in.

    Examples
    --------
    >>> import pandas as pd
    >>> filled, inferred = fill_by_group_median(
    ...     pd.Series([1.0, 3.0, None, None, 8.0]),
    ...     pd.Series(["A", "A", "A", "B", "C"]),
    ...     pd.Series(["SD"] * 5),
    ...     pd.Series([True] * 5),
    ... )
    >>> filled.tolist(), inferred.tolist()
    ([1.0, 3.0, 2.0, 3.0, 8.0], [False, False, True, True, False])
    """
    given = value.astype("float64")
    usable = given.where(counts)
    of_group = usable.groupby([kabupaten, level]).transform("median")
    filled = given.fillna(of_group).fillna(usable.median())
    return filled, given.isna() & filled.notna()


def is_widely_known(
    known: pd.Series[bool],
    ranked: pd.Series[bool],
    kabupaten: pd.Series[str],
    *,
    least_share: float,
) -> bool:
    """Whether a leaf is known for half of the ranked schools in half of the kabupaten.

    Parameters
    ----------
    known : Series of bool, shape (n,)
        The leaf's value is known, not inferred.
    ranked : Series of bool, shape (n,)
        Schools that are ranked; kabupaten without any do not count.
    kabupaten : Series of str, shape (n,)
        Schools without one form a group of their own.
    least_share : float
        The half, of both.

    Examples
    --------
    >>> import pandas as pd
    >>> known, kabupaten = pd.Series([True, False, False, True]), pd.Series(["A", "A", "B", "C"])
    >>> is_widely_known(known, pd.Series([True] * 4), kabupaten, least_share=0.5)
    True
    >>> known &= kabupaten == "A"
    >>> is_widely_known(known, pd.Series([True] * 4), kabupaten, least_share=0.5)
    False
    """
    of_ranked = known[ranked].astype("float64")
    shares = of_ranked.groupby(kabupaten[ranked], dropna=False).mean()
    return len(shares) > 0 and bool((shares >= least_share).sum() >= least_share * len(shares))
