"""The opex cliff: the year in which a running cost loses who pays it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

# no_ceiling: nobody has stated money for that year. one_off: the envelope may not pay year after
# year (grants). ceiling_below: what is stated is less than what runs on.
CliffReason = Literal["no_ceiling", "one_off", "ceiling_below"]
_COLUMNS = ["year", "envelope", "schools", "opex_idr", "why"]


def find_cliffs(
    running: pd.DataFrame,
    ceilings: pd.DataFrame,
    years: Sequence[int],
    *,
    one_off: Collection[str] = (),
) -> pd.DataFrame:
    """Years and envelopes in which running costs are not covered.

    Parameters
    ----------
    running : DataFrame
        What the plan sets running: `row_id`, `envelope` (that pays it), `service_year` (the first
        one), `opex_idr` (a year, rupiah with PPN). One row for each school.
    ceilings : DataFrame
        `year`, `envelope`, `ceiling_idr` (Int64, rupiah with PPN; missing: not known).
    years : sequence of int
        All years in which the services should run.
    one_off : collection of str
        Envelopes that pay only the first year of a service: grants (hibah) are not given year
        after year.

    Returns
    -------
    DataFrame
        `year`, `envelope`, `schools`, `opex_idr`, `why`, by year, envelope and why. Of a ceiling
        that is too low the rupiah are those that are missing, and the schools the fewest that lose
        their service by that: those with the largest cost.
    """
    known = ceilings[ceilings["ceiling_idr"].notna()]
    stated = {
        (str(envelope), int(year)): int(ceiling)
        for envelope, year, ceiling in zip(
            known["envelope"], known["year"], known["ceiling_idr"], strict=True
        )
    }
    rows = []
    paid = running[running["opex_idr"].fillna(0) > 0]
    for year in sorted(set(years)):
        on = paid[paid["service_year"] <= year]
        for name, group in on.groupby("envelope", sort=True):
            envelope = str(name)
            if envelope in one_off:
                later = group[group["service_year"] < year]
                rows.append((year, envelope, *_sums(later), "one_off"))
            elif (envelope, year) not in stated:
                rows.append((year, envelope, *_sums(group), "no_ceiling"))
            else:
                missing = int(group["opex_idr"].sum()) - stated[envelope, year]
                costs = group["opex_idr"].sort_values(ascending=False).astype("int64").cumsum()
                losing = int((costs < missing).sum()) + 1
                rows.append((year, envelope, losing, missing, "ceiling_below"))
    found = pd.DataFrame(rows, columns=_COLUMNS)
    return found[(found["schools"] > 0) & (found["opex_idr"] > 0)].reset_index(drop=True)


def first_years(cliffs: pd.DataFrame) -> pd.DataFrame:
    """Of each envelope and reason the first year, and the largest year's schools and rupiah.

    Returns
    -------
    DataFrame
        `year`, `last_year`, `envelope`, `schools`, `opex_idr`, `why`, by year and envelope.
    """
    found = cliffs.groupby(["envelope", "why"], as_index=False).agg(
        year=("year", "min"),
        last_year=("year", "max"),
        schools=("schools", "max"),
        opex_idr=("opex_idr", "max"),
    )
    names = ["year", "last_year", "envelope", "schools", "opex_idr", "why"]
    return found[names].sort_values(["year", "envelope", "why"]).reset_index(drop=True)


def _sums(group: pd.DataFrame) -> tuple[int, int]:
    return len(group), int(group["opex_idr"].sum())
