"""A plan, the run that it was made from and a later run: what was built, what it cost, what it did.

Nothing is computed again: everything comes from the tables of the plan, of the runs and of the
deliveries. The formulas are in :mod:`kalsel_gap.planning.evaluate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from kalsel_gap.comparison.gap_changes import GAP_CHANGES
from kalsel_gap.comparison.planned_schools import (
    OF_A_RUN,
    follow_schools,
    near_new_site,
    planned_money,
)
from kalsel_gap.comparison.school_matches import match_schools
from kalsel_gap.deliverables.provenance import last_day_of_data
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.rupiah import whole
from kalsel_gap.planning.evaluate import (
    SERVED_GROUPS,
    compare_changes,
    rupiah_per,
    spending_until,
    tenths_of,
)
from kalsel_gap.sources.delivery import DELIVERY_STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.geo.arrays import BoolArray
    from kalsel_gap.planning.evaluate import ChangeEffect
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

Comparison = Literal["chosen", "delivered"]
COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)
# The schools that are not yet served, by comparison.
_WAITING = {"chosen": ("later", "waiting"), "delivered": ("chosen", "later", "waiting")}
OUTCOMES = ("deficit", "delivered")
SCHOOLS = (
    *("npsn", "name", "kabupaten", "group", "option", "is_chosen", "service_year", "state"),
    "delivered_option",
    *("state_date", "tests_after", "promised", "deficit_before", "deficit_after"),
    *("delivered_before", "delivered_after", "is_known", "gap_before", "gap_after", "gap_change"),
    *("students", "planned_idr", "opex_year_idr", "actual_idr", "spent_idr", "matched_by"),
)
EFFECTS = (
    *("compared", "outcome", "evidence", "method", "effect", "standard_error", "low", "high"),
    *("served", "not_served", "unmatched", "clusters"),
    *("change_served", "change_expected", "change_not_served"),
)
BUILT = (
    *("option", "due", *DELIVERY_STATES, "not_reported"),
    *("tested", "planned_idr", "actual_idr", "with_actual"),
)
_METHODS = ("plain", "matched", "apart")


class PlanSpending(NamedTuple):
    """What the schools served have cost, and its results.

    Attributes
    ----------
    schools : int
        Schools served.
    spent_idr : int
        Until the end of the year of the later run, with PPN, shared sites included.
    shared_idr : int
        Of it, capex and opex of shared sites that serve at least one of the schools.
    with_actual : int
        Schools whose actual cost is known; of the others the plan's is counted.
    planned_idr, actual_idr : int
        Capex of the schools whose actual cost is known: as planned, and as paid.
    closed, adequate : int
        Gaps closed; schools that are known to be adequate now and were not before, closed gaps and
        those of which it was not known whether there was one.
    fall : float
        Sum of the falls of D, rises taken off.
    caused : float
        Of the fall, what the schools served have more than those not served of like D before; NaN
        where it cannot be estimated, or more than half of the schools served have none like them.
    students, unknown_students : int
        Pupils of the schools served, and schools whose pupils are not known.
    per_gap_idr, per_adequate_idr, per_fall_idr, per_caused_idr, per_student_idr : int or None
        Rupiah for each gap closed, for each school adequate now, for D falling by 1 at one school,
        the same of what was caused, and for each pupil; None where there is nothing to divide by.
    """

    schools: int
    spent_idr: int
    shared_idr: int
    with_actual: int
    planned_idr: int
    actual_idr: int
    closed: int
    adequate: int
    fall: float
    caused: float
    students: int
    unknown_students: int
    per_gap_idr: int | None
    per_adequate_idr: int | None
    per_fall_idr: int | None
    per_caused_idr: int | None
    per_student_idr: int | None


@dataclass(frozen=True, slots=True)
class PlanEvaluation:
    """What a plan did.

    Attributes
    ----------
    plan : Plan
    before, after : Run
        The run that the plan was made from, and the later one.
    year : int or None
        Of the last day of the later run's data.
    compared : {'chosen', 'delivered'}
        Which of :data:`COMPARISONS` the spending is of: *delivered* where deliveries are reported,
        otherwise *chosen*.
    schools : DataFrame
        :data:`SCHOOLS`, one row for each row of the older run, duplicates left out. ``is_known``:
        what is delivered is known in both runs. ``promised``: adequacy that the option was to
        bring. Money in whole rupiah with PPN, missing where nothing was chosen.
    built : DataFrame
        :data:`BUILT`: by option the schools due until the year, how many are in each state, how
        many have tests of their own in the later run.
    gaps : DataFrame
        ``group`` and a column for each of :data:`.gap_changes.GAP_CHANGES`.
    effects : DataFrame
        :data:`EFFECTS`. ``evidence``: *all* schools, or *known* in both runs. ``method``: *plain*
        difference in differences; *matched* by the tenth of the deficit before; *apart*, plain
        without schools near a new 4G site.
    placebo : DataFrame
        ``run`` and :data:`EFFECTS` for the time before the plan, where nothing was built yet.
    near_new_site : int
        Schools not yet served near a new 4G site: :data:`.planned_schools.SITE_KM`.
    spending : PlanSpending
    strangers : tuple of str
        NPSN of deliveries that are of no school of the plan.
    """

    plan: Plan
    before: Run
    after: Run
    year: int | None
    compared: Comparison
    schools: pd.DataFrame
    built: pd.DataFrame
    gaps: pd.DataFrame
    effects: pd.DataFrame
    placebo: pd.DataFrame
    near_new_site: int
    spending: PlanSpending
    strangers: tuple[str, ...]

    @property
    def is_same_run(self) -> bool:
        """Whether the later run is the one that the plan was made from."""
        return self.before.folder.name == self.after.folder.name


def evaluate_plan(
    plan: Plan,
    before: Run,
    after: Run,
    *,
    delivery: pd.DataFrame | None = None,
    earlier: Sequence[Run] = (),
) -> PlanEvaluation:
    """Compare what a plan has promised with what a later run shows.

    Parameters
    ----------
    plan : Plan
    before, after : Run
        The run that the plan was made from, and the later one.
    delivery : DataFrame, optional
        ``npsn``, ``option``, ``state``, ``date`` and, where it is known, ``cost_idr``: what is
        reported today. By default what was reported when the plan was made.
    earlier : sequence of Run
        Runs before the one of the plan, the oldest first, for the placebo.

    Raises
    ------
    InputError
        The runs have no school in common, or a run lacks columns.
    """
    old, new = _columns(before), _columns(after)
    pairs = match_schools(before.schools, after.schools)
    if not pairs["matched_by"].notna().any():
        raise InputError("runs_unrelated", path=before.folder, value=after.folder.name)
    day = last_day_of_data(after)
    year = None if day is None else day.year
    reported = plan.table("delivery") if delivery is None else delivery
    schools = follow_schools(plan, old, new, pairs, reported, year)
    near = near_new_site(schools)
    compared: Comparison = "delivered" if is_served(schools, "delivered").any() else "chosen"
    effects = pd.DataFrame(_effects(schools, near), columns=list(EFFECTS))
    placebo = [
        {"run": run.folder.name, **row} for run in earlier for row in _placebo(run, before, schools)
    ]
    known = set(schools["npsn"])
    strangers = sorted({str(npsn) for npsn in reported["npsn"].dropna()} - known - {""})
    shown = schools[schools["group"] != "left_out"]
    return PlanEvaluation(
        plan=plan,
        before=before,
        after=after,
        year=year,
        compared=compared,
        schools=schools[list(SCHOOLS)],
        built=_built(schools, year),
        gaps=_gaps(shown),
        effects=effects,
        placebo=pd.DataFrame(placebo, columns=["run", *EFFECTS]),
        near_new_site=int(near.sum()),
        spending=_spending(plan, schools, compared, effects, year),
        strangers=tuple(strangers),
    )


def _columns(run: Run) -> pd.DataFrame:
    missing = tuple(name for name in OF_A_RUN if name not in run.schools)
    if missing:
        raise InputError(
            "run_other_version",
            path=run.folder,
            version=run.manifest.get("kalsel_gap", "?"),
            names=", ".join(missing),
        )
    return pd.DataFrame(run.schools[list(OF_A_RUN)]).reset_index(drop=True)


# --- what was built ------------------------------------------------------------------------------


def _built(schools: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """By option: schools due, their states, tests in the later run, money."""
    due = schools["is_chosen"]
    if year is not None:
        due &= (schools["service_year"] <= year).fillna(value=False)
    chosen = schools[due | (schools["group"] == "delivered")]
    rows = []
    # What the plan did not choose has the option that was delivered.
    options = chosen["option"].where(chosen["option"].notna(), chosen["delivered_option"])
    for option, table in chosen.groupby(options.fillna(""), sort=True):
        paid = table[table["actual_idr"].notna() & table["planned_idr"].notna()]
        states = table["state"].value_counts()
        rows.append(
            {
                "option": option,
                "due": int(due[table.index].sum()),
                **{state: int(states.get(state, 0)) for state in DELIVERY_STATES},
                "not_reported": int((table["state"] == "").sum()),
                "tested": int((table["tests_after"] > 0).sum()),
                "planned_idr": int(paid["planned_idr"].sum()),
                "actual_idr": int(paid["actual_idr"].sum()),
                "with_actual": len(paid),
            }
        )
    return pd.DataFrame(rows, columns=list(BUILT))


def _gaps(schools: pd.DataFrame) -> pd.DataFrame:
    counts = pd.crosstab(schools["group"], schools["gap_change"])
    rows = [name for name in SERVED_GROUPS if (schools["group"] == name).any()]
    counts = counts.reindex(index=rows, columns=list(GAP_CHANGES), fill_value=0)
    counts.insert(0, "schools", schools["group"].value_counts().reindex(rows))
    return counts.rename_axis("group").rename_axis(None, axis="columns").reset_index()


# --- effects -------------------------------------------------------------------------------------


def is_served(schools: pd.DataFrame, compared: Comparison) -> BoolArray:
    """Which schools count as served in a comparison.

    *delivered*: those that something was delivered to since the plan. *chosen*: those that the plan
    chose until the year of the later run, whatever was delivered: who gets the delivery first is
    chosen by somebody, and is not like the others.
    """
    delivered = (schools["group"] == "delivered").to_numpy(dtype=np.bool_)
    if compared == "delivered":
        return delivered
    is_due = (schools["group"] == "chosen").to_numpy(dtype=np.bool_)
    served: BoolArray = is_due | (delivered & schools["is_chosen"].to_numpy(dtype=np.bool_))
    return served


def _comparisons(schools: pd.DataFrame) -> list[Comparison]:
    return [each for each in COMPARISONS if is_served(schools, each).any()]


def _effects(schools: pd.DataFrame, near: pd.Series[bool]) -> list[dict[str, Any]]:
    found = []
    for compared in _comparisons(schools):
        for outcome in OUTCOMES:
            change = _change(schools, outcome)
            for evidence in ("all", "known"):
                for method in _METHODS:
                    left_out = near if method == "apart" else near & False
                    if method == "apart" and not near.any():
                        continue
                    counted = ~left_out.to_numpy(dtype=np.bool_)
                    if evidence == "known":
                        counted &= schools["is_known"].to_numpy(dtype=np.bool_)
                    effect = _compared(
                        schools, change, counted, compared, by_tenth=method == "matched"
                    )
                    found.append(_row(effect, compared, outcome, evidence, method))
    return found


def _change(schools: pd.DataFrame, outcome: str) -> pd.Series[float]:
    after, before = schools[f"{outcome}_after"], schools[f"{outcome}_before"]
    return (after - before).astype("float64")


def _compared(
    schools: pd.DataFrame,
    change: pd.Series[float],
    counted: BoolArray,
    compared: Comparison,
    *,
    by_tenth: bool,
) -> ChangeEffect:
    served = is_served(schools, compared)
    is_waiting = schools["group"].isin(_WAITING[compared]).to_numpy(dtype=np.bool_)
    baseline = schools["deficit_before"].astype("float64").to_numpy().astype(np.float64)
    values = change.to_numpy().astype(np.float64)
    counted = counted & (served | is_waiting) & ~np.isnan(values) & ~np.isnan(baseline)
    cluster = pd.factorize(schools["kabupaten"].fillna(""), sort=True)[0].astype(np.int64)
    return compare_changes(
        values[counted],
        served[counted],
        stratum=tenths_of(baseline[counted]) if by_tenth else None,
        cluster=cluster[counted],
    )


def _row(
    effect: ChangeEffect, compared: Comparison, outcome: str, evidence: str, method: str
) -> dict[str, Any]:
    names = {"compared": compared, "outcome": outcome, "evidence": evidence, "method": method}
    return names | {name: getattr(effect, name) for name in EFFECTS[len(names) :]}


def _placebo(run: Run, before: Run, schools: pd.DataFrame) -> list[dict[str, Any]]:
    """The same comparison between an earlier run and the one of the plan."""
    old = _columns(run)
    pairs = match_schools(before.schools, run.schools)
    pairs = pairs[pairs["before"].notna()]
    at = pairs["after"].fillna(-1).to_numpy(np.int64)
    earlier = old.reindex(at).set_axis(before.schools["row_id"].to_numpy())
    earlier = earlier.reindex(schools["row_id"]).reset_index(drop=True)
    found = []
    for compared in _comparisons(schools):
        for outcome in OUTCOMES:
            change = (schools[f"{outcome}_before"] - earlier[outcome]).astype("float64")
            everyone = np.ones(len(schools), dtype=np.bool_)
            effect = _compared(schools, change, everyone, compared, by_tenth=False)
            found.append(_row(effect, compared, outcome, "all", "plain"))
    return found


# --- money ---------------------------------------------------------------------------------------


def _spending(
    plan: Plan, schools: pd.DataFrame, compared: Comparison, effects: pd.DataFrame, year: int | None
) -> PlanSpending:
    served = schools[is_served(schools, compared)]
    shared = _shared_spending(plan, served, year)
    spent = int(served["spent_idr"].fillna(0).sum()) + shared
    paid = served[served["actual_idr"].notna() & served["planned_idr"].notna()]
    closed = int((served["gap_change"] == "closed").sum())
    adequate = closed + int((served["gap_change"] == "found_adequate").sum())
    change = _change(served, "deficit").dropna()
    fall = -float(change.sum()) + 0.0
    matched = effects[
        (effects["compared"] == compared)
        & (effects["outcome"] == "deficit")
        & (effects["evidence"] == "all")
        & (effects["method"] == "matched")
    ]
    is_like = matched["served"] >= matched["unmatched"]
    caused = -float(matched["effect"].where(is_like).sum(min_count=1)) * len(change)
    students = int(served["students"].fillna(0).sum())
    return PlanSpending(
        schools=len(served),
        spent_idr=spent,
        shared_idr=shared,
        with_actual=int(served["actual_idr"].notna().sum()),
        planned_idr=int(paid["planned_idr"].sum()),
        actual_idr=int(paid["actual_idr"].sum()),
        closed=closed,
        adequate=adequate,
        fall=fall,
        caused=caused,
        students=students,
        unknown_students=int(served["students"].isna().sum()),
        per_gap_idr=rupiah_per(spent, closed),
        per_adequate_idr=rupiah_per(spent, adequate),
        per_fall_idr=rupiah_per(spent, fall),
        per_caused_idr=rupiah_per(spent, caused),
        per_student_idr=rupiah_per(spent, students),
    )


def _shared_spending(plan: Plan, served: pd.DataFrame, year: int | None) -> int:
    """Rupiah of shared sites that a served school uses, each once."""
    choice = plan.table("choice")
    used = _with_needed(set(served["shared_id"].dropna()) - {""}, plan.table("shared"))
    opened = choice[(choice["row_id"].fillna("") == "") & choice["shared_id"].isin(used)]
    return sum(
        spending_until(
            int(row["planned_idr"]),
            int(row["opex_year_idr"]),
            actual_idr=None,
            service_year=whole(row["service_year"]),
            year=year,
        )
        for row in planned_money(opened, "shared_id").to_dict("records")
    )


def _with_needed(used: set[str], shared: pd.DataFrame) -> set[str]:
    """Shared sites and those that they need themselves, such as the trunk of a relay."""
    needs = dict(zip(shared["shared_id"], shared["needs_shared"].fillna(""), strict=True))
    waiting, found = list(used), set(used)
    while waiting:
        needed = needs.get(waiting.pop(), "")
        if needed and needed not in found:
            found.add(needed)
            waiting.append(needed)
    return found
