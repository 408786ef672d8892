"""What a plan does with each row of the register, and why: every row has a status."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from kalsel_gap.planning.delivery import DeliveryEffects
    from kalsel_gap.project.plan import PlanRules

_ADEQUATE = "already_adequate"
_PLANNED_OBJECTION = "planned"
STATUS_TYPES: dict[str, str] = {
    **dict.fromkeys(("row_id", "npsn", "status", "why", "best_option_id"), "str"),
    **dict.fromkeys(("short_idr", "short_year"), "Int64"),
    "short_envelope": "str",
}


class PlanStanding(NamedTuple):
    """Which schools a plan may serve.

    Attributes
    ----------
    fixed : dict
        Status and why by `row_id`, of all that the plan leaves aside.
    waiting : tuple of str
        `row_id` of the others, by NPSN.
    connected : frozenset of str
        `row_id` of those that have a connection already.
    """

    fixed: dict[str, tuple[str, str]]
    waiting: tuple[str, ...]
    connected: frozenset[str]


def standing_of(
    schools: pd.DataFrame,
    options: pd.DataFrame,
    rules: PlanRules,
    effects: DeliveryEffects,
    without: Collection[str],
) -> PlanStanding:
    """Which schools wait for a connection, and why the others do not.

    Parameters
    ----------
    schools : DataFrame
        ``row_id npsn rank unranked_reason is_duplicate objections``.
    options : DataFrame
        ``row_id reason``.
    rules : PlanRules
        Lists of schools.
    effects : DeliveryEffects
        What was delivered.
    without : collection of str
        NPSN that are left out for this plan.
    """
    adequate = set(options.loc[options["reason"] == _ADEQUATE, "row_id"])
    must, promised = set(rules.must_include), set(rules.promised)
    excluded, left = set(rules.must_exclude), set(without)
    fixed: dict[str, tuple[str, str]] = {}
    waiting: list[tuple[str, str]] = []
    names = ["row_id", "npsn", "rank", "unranked_reason", "is_duplicate", "objections"]
    for row_id, npsn, rank, reason, is_duplicate, objections in schools[names].itertuples(
        index=False, name=None
    ):
        codes = "" if pd.isna(objections) else str(objections)
        if is_duplicate or pd.isna(rank):
            why = "duplicate" if is_duplicate else "" if pd.isna(reason) else str(reason)
            fixed[row_id] = "not_counted", why
        elif npsn in left:
            fixed[row_id] = "excluded", "without"
        elif npsn in excluded:
            fixed[row_id] = "excluded", "listed"
        elif row_id in effects.served:
            fixed[row_id] = "served", "delivery"
        elif row_id in effects.in_progress:
            fixed[row_id] = "in_progress", "delivery"
        elif npsn in promised:
            fixed[row_id] = "promised", "listed"
        elif _PLANNED_OBJECTION in codes.split("; ") and npsn not in must:
            fixed[row_id] = "promised", "objection"
        elif row_id in adequate:
            fixed[row_id] = "adequate", _ADEQUATE
        else:
            waiting.append((str(npsn), str(row_id)))
    connected = frozenset(
        row_id for row_id, (status, _) in fixed.items() if status in ("adequate", "served")
    )
    return PlanStanding(fixed, tuple(row_id for _, row_id in sorted(waiting)), connected)


def status_table(
    schools: pd.DataFrame,
    standing: PlanStanding,
    options: pd.DataFrame,
    *,
    planned: Mapping[str, str],
    unfunded: Mapping[str, str],
    payable: Collection[str],
    apart: Mapping[str, str],
    marginal: pd.DataFrame,
) -> pd.DataFrame:
    """A row for each row of the register.

    Parameters
    ----------
    schools : DataFrame
        ``row_id npsn``.
    standing : PlanStanding
    options : DataFrame
        ``row_id option_id is_feasible is_priced reason``.
    planned, unfunded : mapping of str
        `option_id` by `row_id`, of what the plan chose within and apart from the ceilings.
    payable : collection of str
        `row_id` of schools of which an envelope with a ceiling could pay something.
    apart : mapping of str
        Why, by `row_id`, of schools of which none could.
    marginal : DataFrame
        As of :func:`.marginal.find_marginal`.

    Returns
    -------
    DataFrame
        :data:`STATUS_TYPES`.
    """
    short = marginal.set_index("row_id")[
        ["option_id", "short_idr", "short_year", "short_envelope"]
    ].to_dict("index")
    why_none = _why_none(options)
    rows = []
    for row_id, npsn in schools[["row_id", "npsn"]].itertuples(index=False, name=None):
        best, lacks = "", {}
        if row_id in standing.fixed:
            status, why = standing.fixed[row_id]
        elif row_id in planned:
            status, why, best = "planned", "", planned[row_id]
        elif row_id in payable:
            lacks = short.get(row_id, {})
            status, why = "not_chosen", "money" if lacks.get("short_idr") else "limits"
            best = lacks.get("option_id", "")
        elif row_id in apart:
            status, why, best = "unfunded", apart[row_id], unfunded.get(row_id, "")
        else:
            status, why = "no_option", why_none.get(row_id, "")
        is_short = bool(lacks.get("short_idr"))
        rows.append(
            (
                *(row_id, npsn, status, why, best),
                lacks["short_idr"] if is_short else pd.NA,
                lacks["short_year"] if is_short else pd.NA,
                lacks["short_envelope"] if is_short else "",
            )
        )
    return pd.DataFrame(rows, columns=list(STATUS_TYPES)).astype(STATUS_TYPES)


def _why_none(options: pd.DataFrame) -> dict[str, str]:
    """Of each school without an option that can be chosen: unpriced, or the commonest reason."""
    counts = (
        options[options["reason"] != ""]
        .groupby(["row_id", "reason"])
        .size()
        .reset_index(name="count")
    )
    commonest = counts.sort_values(
        ["row_id", "count", "reason"], ascending=[True, False, True]
    ).drop_duplicates("row_id")
    found = dict(zip(commonest["row_id"], commonest["reason"], strict=True))
    unpriced = options.loc[options["is_feasible"] & ~options["is_priced"], "row_id"]
    return found | dict.fromkeys(unpriced, "unpriced")
