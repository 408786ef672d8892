"""The first schools that a plan leaves out: what they need, and what is short of it.

The plan is kept as it is and what is left of each ceiling is given out: so it is a statement about
this plan, and a plan of larger ceilings can only be better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_CELL = ["envelope", "spend_year"]
_COLUMNS = (
    *("row_id", "option_id", "option", "year", "value", "needs_idr"),
    *("short_idr", "short_year", "short_envelope", "short_there_idr"),
)


def find_marginal(
    candidates: pd.DataFrame, needs: pd.DataFrame, left: pd.DataFrame
) -> pd.DataFrame:
    """The schools that are left out, those that the next rupiah should go to first.

    Of each school the option and year that are short of least money, of equal ones that of the
    largest value for its money.

    Parameters
    ----------
    candidates : DataFrame
        Feasible options with a price, of schools that the plan leaves out: `row_id`, `option_id`,
        `option`, `year` (in which it begins), `value` (in the unit of the objective). One row for
        each option and year.
    needs : DataFrame
        `option_id`, `year` as above; `envelope`, `spend_year`, `idr`: what it spends there,
        rupiah with PPN.
    left : DataFrame
        `envelope`, `year`, `left_idr` (Int64): what the plan leaves of a ceiling; missing where
        there is none. Who needs money of an envelope without a ceiling is unfunded demand and not
        in the result.

    Returns
    -------
    DataFrame
        `row_id`, `option_id`, `option`, `year`, `value`; `needs_idr`, all that it spends within
        the ceilings; `short_idr`, how much of that is not there; `short_year`, `short_envelope`
        and `short_there_idr`, where most of it is missing. One row for each school, by value for
        the money, then by `row_id`. Where nothing is short, something other than money is: supply,
        teams, a shared capacity, or the best plan is not known exactly.
    """
    sums = _shortages(needs, left)
    found = candidates.merge(sums, on=["option_id", "year"], how="inner")
    found = found.assign(rate=_rate(found))
    found = found.sort_values(
        ["row_id", "short_idr", "rate", "year", "option_id"],
        ascending=[True, True, False, True, True],
        kind="stable",
    ).drop_duplicates("row_id")
    found = found.sort_values(["rate", "row_id"], ascending=[False, True], kind="stable")
    return found[list(_COLUMNS)].reset_index(drop=True)


def _shortages(needs: pd.DataFrame, left: pd.DataFrame) -> pd.DataFrame:
    """Of each option and year what it needs, what is short, and where most of it is."""
    cells = needs.groupby(["option_id", "year", *_CELL], sort=True, as_index=False)["idr"].sum()
    cells = cells.merge(
        left.rename(columns={"year": "spend_year"})[[*_CELL, "left_idr"]], on=_CELL, how="left"
    )
    is_unknown = cells["left_idr"].isna()
    unknown = is_unknown.groupby([cells["option_id"], cells["year"]]).transform("any")
    cells = cells[~unknown]
    lacking = np.maximum(cells["idr"].to_numpy("int64") - cells["left_idr"].to_numpy("int64"), 0)
    cells = cells.assign(idr=cells["idr"].astype("int64"), short=lacking)
    sums = cells.groupby(["option_id", "year"], as_index=False).agg(
        needs_idr=("idr", "sum"), short_idr=("short", "sum")
    )
    most = cells.sort_values(
        ["option_id", "year", "short", "spend_year", "envelope"],
        ascending=[True, True, False, True, True],
        kind="stable",
    ).drop_duplicates(["option_id", "year"])
    most = most.rename(
        columns={
            "spend_year": "short_year",
            "envelope": "short_envelope",
            "short": "short_there_idr",
        }
    )
    there = ["short_year", "short_envelope", "short_there_idr"]
    found: pd.DataFrame = sums.merge(most[["option_id", "year", *there]], on=["option_id", "year"])
    return found


def _rate(found: pd.DataFrame) -> pd.Series[float]:
    """Value for a rupiah; what needs no money comes first."""
    needs = found["needs_idr"].astype("float64")
    return found["value"].astype("float64") / needs.where(needs > 0.0, 1e-9)
