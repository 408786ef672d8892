"""What visits have shown of a list: how often they move a school, and whether chances were right.

Everything compares a run with one of the same project in which the answers stand. Figures of few
visits say nothing; from :data:`FEWEST` on a statement is held against what was stated before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from kalsel_gap.robustness.visits import ASKED, VISIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

FEWEST = 10  # visits from which on a figure is judged
INTERVAL = 0.9  # share that the interval of a deficit is to hold
_UNLIKELY = 0.05  # a figure that chance gives less often than so differs
_TOLERANCE = 1e-9
_STATED = ("test", "subscription", "register")  # of what is delivered
Agreement = Literal["few", "agrees", "more", "fewer"]


@dataclass(frozen=True, slots=True)
class Figure:
    """How often something was, and how often it was expected.

    Attributes
    ----------
    count : int
        Schools of which it can be said.
    expected : float
        In how many it was expected.
    observed : int
        In how many it was.
    verdict : {'few', 'agrees', 'more', 'fewer'}
        Whether both agree; `few` where that cannot be judged.
    """

    count: int
    expected: float
    observed: int
    verdict: Agreement


@dataclass(frozen=True, slots=True)
class Outcome:
    """What visits have shown.

    Attributes
    ----------
    schools : DataFrame
        Of each visited school ``npsn``, ``name``, ``answered``, the facts, separated by semicolons;
        ``rank``, ``deficit`` and ``is_chosen`` before and after, such as ``rank_before``;
        ``is_changed``: whether it has come among the first k or has left them.
    changes : Figure
        Schools that have come or left: the hit rate.
    intervals : Figure
        Deficits inside of the 90 % interval stated before.
    no_line, at_point : Figure
        Schools without a line; doubtful locations at which the school was found.
    level_difference_db : float
        Median of measured less shown level; NaN without any.
    levels : int
        Levels that are compared.
    no_signal : int
        Operators and technologies of which no signal was found at a school.
    no_signal_shown : int
        Those of them of which the run before shows one there.
    """

    schools: pd.DataFrame
    changes: Figure
    intervals: Figure
    no_line: Figure
    at_point: Figure
    level_difference_db: float
    levels: int
    no_signal: int = 0
    no_signal_shown: int = 0


def figure_of(chances: ArrayLike, happened: ArrayLike) -> Figure:
    """How often something happened against the chances that were stated.

    The number is compared with the sum of independent draws with these chances, by its normal
    approximation with a correction for continuity.

    Examples
    --------
    >>> figure_of([0.5] * 20, [True] * 20).verdict, figure_of([0.5] * 20, [True] * 11).verdict
    ('more', 'agrees')
    >>> figure_of([0.5] * 9, [True] * 9).verdict, figure_of([0.0] * 10, [False] * 10).verdict
    ('few', 'agrees')
    """
    from scipy.stats import norm

    stated, seen = np.asarray(chances, dtype=np.float64), np.asarray(happened, dtype=np.bool_)
    count, expected, observed = len(stated), float(stated.sum()), int(seen.sum())
    if count < FEWEST:
        return Figure(count, expected, observed, "few")
    apart = max(abs(observed - expected) - 0.5, 0.0)
    spread = float(np.sqrt((stated * (1.0 - stated)).sum()))
    is_unlikely = apart > 0 and (spread == 0 or 2.0 * norm.sf(apart / spread) < _UNLIKELY)
    if not is_unlikely:
        return Figure(count, expected, observed, "agrees")
    return Figure(count, expected, observed, "more" if observed > expected else "fewer")


def chosen_rows(schools: pd.DataFrame, k: int) -> set[str]:
    """NPSN of the first k of a list, schools of one rank in the order of their NPSN."""
    order = schools[schools["rank"].notna()].sort_values(["rank", "npsn", "row_id"])
    return set(order["npsn"].head(k))


def assess_visits(
    before: pd.DataFrame,
    after: pd.DataFrame,
    planned: pd.DataFrame,
    answers: pd.DataFrame,
    service: pd.DataFrame,
    *,
    k: int,
    level_differences_db: ArrayLike = (),
    shown_where_none: Sequence[bool] = (),
) -> Outcome:
    """What visits have shown of a list.

    Parameters
    ----------
    before, after : DataFrame
        Schools of the run that the visits were planned with, and with the answers.
    planned : DataFrame
        As :func:`.plan_visits` gives them, with all schools of `answers`.
    answers : DataFrame
        Of each visited school ``npsn``, a flag ``has_<fact>`` for each fact, ``has_line`` (missing
        where unknown) and ``is_at_point`` (missing where there is no other place).
    service : DataFrame
        Table *service* of the run before.
    k : int
        How many come first.
    level_differences_db : array
        Measured less shown levels.
    shown_where_none : sequence of bool
        Of each operator and technology without a signal, whether the run before shows one.
    """
    old = before.drop_duplicates("npsn").set_index("npsn")
    new = after.drop_duplicates("npsn").set_index("npsn")
    npsn = answers["npsn"]
    table = pd.DataFrame({"npsn": npsn, "name": old["name"].reindex(npsn).to_numpy()})
    facts = answers[[f"has_{fact}" for fact in ASKED]].to_numpy(dtype=bool)
    table["answered"] = [
        ";".join(f for f, is_it in zip(ASKED, row, strict=True) if is_it) for row in facts
    ]
    for when, schools, rows in (("before", old, before), ("after", new, after)):
        chosen = chosen_rows(rows, k)
        table[f"rank_{when}"] = schools["rank"].reindex(npsn).astype("Int64").to_numpy()
        table[f"deficit_{when}"] = schools["deficit"].reindex(npsn).to_numpy()
        table[f"is_chosen_{when}"] = [each in chosen for each in npsn]
    table["is_changed"] = table["is_chosen_before"] != table["is_chosen_after"]
    chances = _chances(planned.drop_duplicates("npsn").set_index("npsn").reindex(npsn), facts)
    judged = (
        answers["has_service"].to_numpy(dtype=bool)
        & (old["delivered_status"].reindex(npsn) != "known").to_numpy()
        & new["delivered_basis"].reindex(npsn).isin(_STATED).to_numpy()
        & table["deficit_after"].notna().to_numpy()
    )
    low, high = (old[f"deficit_{end}"].reindex(npsn).to_numpy() for end in ("low", "high"))
    now = table["deficit_after"].to_numpy()
    inside = (low - _TOLERANCE <= now) & (now <= high + _TOLERANCE)
    differences = np.asarray(level_differences_db, dtype=np.float64)
    return Outcome(
        table,
        changes=figure_of(chances, table["is_changed"]),
        intervals=figure_of(np.full(int(judged.sum()), INTERVAL), inside[judged]),
        no_line=_no_line(answers, service),
        at_point=_at_point(answers, old),
        level_difference_db=float(np.median(differences)) if len(differences) else np.nan,
        levels=len(differences),
        no_signal=len(shown_where_none),
        no_signal_shown=sum(shown_where_none),
    )


def _chances(planned: pd.DataFrame, has_fact: np.ndarray) -> np.ndarray:
    """How likely the answers of each school change the choice.

    Of all facts that were asked it is the chance of the visit, otherwise the largest chance of
    those that were answered.
    """
    asks = planned[[f"asks_{fact}" for fact in ASKED]].to_numpy(dtype=bool)
    each = planned[[f"{fact}_chance" for fact in ASKED]].to_numpy(dtype=np.float64)
    whole = (has_fact | ~asks).all(axis=1)
    part = np.where(has_fact, each, 0.0).max(axis=1, initial=0.0)
    visit = planned[f"{VISIT}_chance"].to_numpy(dtype=np.float64)
    found: np.ndarray = np.where(whole, visit, part)
    return found


def _no_line(answers: pd.DataFrame, service: pd.DataFrame) -> Figure:
    chance = (service["no_line"] * service["weight"]).groupby(service["npsn"]).sum()
    open_ = chance[(chance > 0.0) & (chance < 1.0)]
    known = answers[answers["has_line"].notna() & answers["npsn"].isin(open_.index)]
    has_none = ~known["has_line"].astype(bool)
    return figure_of(open_.reindex(known["npsn"]), has_none)


def _at_point(answers: pd.DataFrame, before: pd.DataFrame) -> Figure:
    known = answers[answers["is_at_point"].notna()]
    weight = before["point_weight"].reindex(known["npsn"])
    doubtful = weight.notna().to_numpy()
    return figure_of(weight[doubtful], known.loc[doubtful, "is_at_point"].astype(bool))
