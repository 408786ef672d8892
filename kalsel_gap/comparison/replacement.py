"""Ranks between two runs: columns of the older one give way to those of the newer, cause by cause.

After each step the service and the scores are made again by this version from the columns that the
runs have stored; nothing else runs. What a school of unknown service is inferred to have is learned
again at each step, from the columns of that step: it moves by the cause that moved what it is
learned from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.comparison.causes import CAUSES, COLUMNS, COUNTED, GROUPS
from kalsel_gap.deficit.scores import score_schools
from kalsel_gap.deficit.service import assess_service
from kalsel_gap.indicators.delivered import MEDIAN, PARTS
from kalsel_gap.sources.schools import located

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kalsel_gap.geo.arrays import BoolArray, IntArray
    from kalsel_gap.project.model import Opened

SCORED = ("rank", "deficit", "gap_type", "unranked_reason")


def counted_tests(schools: pd.DataFrame, figures: Opened) -> pd.DataFrame:
    """Own tests of each school at the percentile by which a run was ranked.

    A run keeps no single tests, but their median, and what it has counted as delivered.

    Parameters
    ----------
    schools : DataFrame
        The table of a run.
    figures : Opened
        Of the same run.

    Returns
    -------
    DataFrame
        :data:`kalsel_gap.comparison.causes.COUNTED`; missing without tests.
    """
    is_median = figures.project.index.tests.percentile == MEDIAN
    by_test = schools["delivered_basis"] == "test"
    found = {
        name: schools[f"measured_{part}"]
        if is_median
        else schools[f"delivered_{part}"].where(by_test)
        for name, part in zip(COUNTED, PARTS, strict=True)
    }
    return pd.DataFrame(found, index=schools.index)


def score_again(table: pd.DataFrame, figures: Opened) -> pd.DataFrame:
    """Rank schools from stored columns.

    Parameters
    ----------
    table : DataFrame
        :data:`kalsel_gap.comparison.causes.COLUMNS`, one row for each row of the register.
    figures : Opened
        As :func:`kalsel_gap.project.recorded_figures.opened_figures` gives them.

    Returns
    -------
    DataFrame
        :data:`SCORED`, in the index of the table.
    """
    schools = located(table.reset_index(drop=True))
    # One test for each school, which is its own percentile.
    tests = schools[["npsn", *COUNTED]].set_axis(["npsn", *PARTS], axis="columns")
    service = assess_service(schools, figures, {"own_tests": tests})
    schools = schools.join(service.columns)
    scores = score_schools(schools, figures, service=service.tables["service"]).columns
    return scores[list(SCORED)].set_axis(table.index)


def replace_by_cause(
    before: pd.DataFrame,
    after: pd.DataFrame,
    causes: Mapping[str, IntArray],
    rows: IntArray,
    figures: tuple[Opened, Opened],
) -> Iterator[pd.DataFrame]:
    """Ranks of the older run, then after each of the causes has been replaced.

    Parameters
    ----------
    before, after : DataFrame
        :data:`kalsel_gap.comparison.causes.COLUMNS` of both runs, in one index of all schools;
        missing where a run has no such school.
    causes : mapping of int array of shape (schools,)
        As :func:`kalsel_gap.comparison.causes.causes_of_columns` gives them; of a school that is in
        one run only they do not matter.
    rows : int array of shape (schools,)
        Position of the cause by which a school enters or leaves; -1 where both runs have it.
    figures : Opened, Opened
        Of both runs.

    Yields
    ------
    DataFrame
        :data:`SCORED` for the first state and after each of :data:`CAUSES`, in the index of all
        schools; missing where a school is not there.
    """
    both = pd.concat([before[list(COLUMNS)], after[list(COLUMNS)]], ignore_index=True)
    count = len(before)
    is_old, is_new = (table["row_id"].notna().to_numpy(dtype=np.bool_) for table in (before, after))
    scored: pd.DataFrame | None = None
    last: tuple[IntArray, BoolArray, Opened] | None = None
    for step in range(-1, len(CAUSES)):
        own = figures[1] if step >= CAUSES.index("figures") else figures[0]
        there = (rows < 0) | np.where(rows <= step, is_new, is_old)
        is_replaced = np.stack([causes[group.name] <= step for group in GROUPS])
        is_replaced = np.where(rows < 0, is_replaced, is_new)
        at = np.arange(count) + np.where(is_replaced, count, 0)
        if last is None or not (
            np.array_equal(at, last[0]) and np.array_equal(there, last[1]) and own is last[2]
        ):
            frames = [
                both.loc[places[there], list(group.columns)].set_axis(before.index[there])
                for group, places in zip(GROUPS, at, strict=True)
            ]
            table = pd.concat(frames, axis="columns")
            scored = score_again(table.astype(both.dtypes), own).reindex(before.index)
            last = at, there, own
        assert scored is not None
        yield scored
