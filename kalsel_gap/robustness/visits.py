"""Which schools to visit first, and what to find out there.

The value of a visit is that of knowing all that can be found out there (table ``fact_values`` of a
run). A single fact is asked where it has a good part of that value: the time of a surveyor is
short, and an answer that changes nothing is not worth a question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.storage.run_folder import Run

ASKED = ("service", "signal", "location")  # what a surveyor can find out
VISIT = "visit"  # all of them at once
_KINDS = (*ASKED, VISIT)
COLUMNS = (
    *("row_id", "npsn", "is_chosen", "visit_value", "visit_chance"),
    *(f"{fact}_{figure}" for fact in ASKED for figure in ("value", "chance")),
    *(f"asks_{fact}" for fact in ASKED),
)
# A fact is asked from this share of the value of the visit on.
_WORTH_ASKING = 0.1


def fact_values(run: Run) -> pd.DataFrame:
    """The table of a run that says what each fact is worth.

    Raises
    ------
    InputError
        The run was made without draws, or before there was such a table.
    """
    has_table = "fact_values.parquet" in run.manifest.get("files", {})
    if not has_table or not run.manifest.get("certainty", {}).get("draws"):
        raise InputError("verify_without_draws", path=run.folder)
    return run.table("fact_values")


def plan_visits(
    values: pd.DataFrame, schools: pd.DataFrame, top: int | None = None
) -> pd.DataFrame:
    """Schools in the order of the value of a visit, and the facts that are worth a question there.

    Parameters
    ----------
    values : DataFrame
        ``row_id``, ``npsn``, ``fact``, ``value``, ``chance``, ``is_chosen``: for each school and
        fact what it is worth to know it, and how likely that changes whether the school is among
        the first k; ``is_chosen`` whether it is among them now.
    schools : DataFrame
        Those that may be visited: ``row_id``, ``delivered_status``, ``point_weight``.
    top : int, optional
        Largest number of schools.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`; a value or chance of 0 where knowing the fact changes nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> one = {"row_id": "a:2", "npsn": "1", "chance": 0.4, "is_chosen": False}
    >>> facts = [{**one, "fact": "service", "value": 0.03}, {**one, "fact": "visit", "value": 0.04}]
    >>> values = pd.DataFrame([*facts, {**one, "fact": "signal", "value": 0.001}])
    >>> school = {"row_id": "a:2", "delivered_status": "inferred", "point_weight": None}
    >>> planned = plan_visits(values, pd.DataFrame([school]))
    >>> planned[["visit_value", "asks_service", "asks_signal"]].values.tolist()
    [[0.04, True, False]]
    """
    of_schools = schools.set_index("row_id")
    known = values[values["fact"].isin(_KINDS) & (values["value"] > 0)]
    known = known[known["row_id"].isin(of_schools.index)]
    planned = known.drop_duplicates("row_id")[["row_id", "npsn", "is_chosen"]]
    planned = planned.set_index("row_id")
    for fact in _KINDS:
        of_fact = known[known["fact"] == fact].set_index("row_id")
        for figure in ("value", "chance"):
            planned[f"{fact}_{figure}"] = of_fact[figure].reindex(planned.index).fillna(0.0)
    _complete_visits(planned)
    least = _WORTH_ASKING * planned[f"{VISIT}_value"]
    for fact in ASKED:
        value = planned[f"{fact}_value"]
        planned[f"asks_{fact}"] = (value >= least) & (value > 0)
    # Where no fact alone changes anything, all together do: what is not known there.
    none = ~planned[[f"asks_{fact}" for fact in ASKED]].any(axis="columns")
    of_schools = of_schools.loc[planned.index]
    planned.loc[none, "asks_service"] = of_schools["delivered_status"] != "known"
    planned.loc[none, "asks_signal"] = True
    planned.loc[none, "asks_location"] = of_schools["point_weight"].notna()
    planned = planned.reset_index().sort_values(
        ["visit_value", "npsn", "row_id"], ascending=[False, True, True], ignore_index=True
    )[list(COLUMNS)]
    return planned if top is None else planned.head(top)


def _complete_visits(planned: pd.DataFrame) -> None:
    """Value and chance of a visit where only those of a single fact are known.

    Knowing everything is worth no less than knowing one of it.
    """
    values = planned[[f"{fact}_value" for fact in ASKED]]
    is_missing = planned[f"{VISIT}_value"] == 0
    for fact in ASKED:
        is_best = is_missing & (values[f"{fact}_value"] == values.max(axis="columns"))
        both = planned.loc[is_best, [f"{VISIT}_chance", f"{fact}_chance"]]
        planned.loc[is_best, f"{VISIT}_chance"] = both.max(axis="columns")
    planned[f"{VISIT}_value"] = planned[f"{VISIT}_value"].combine(values.max(axis="columns"), max)
