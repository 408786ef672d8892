"""Which schools to visit first, and what to find out there.

The value of a visit is that of knowing all that can be found out there (table ``fact_values`` of a
run). A single fact is asked where it has a good part of that value: the time of a surveyor is
short, and an answer that changes nothing is not worth a question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

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
    values: pd.DataFrame, rows: Collection[str] | None = None, top: int | None = None
) -> pd.DataFrame:
    """Schools in the order of the value of a visit, and the facts that are worth a question there.

    Parameters
    ----------
    values : DataFrame
        ``row_id``, ``npsn``, ``fact``, ``value``, ``chance``, ``is_chosen``: for each school and
        fact what it is worth to know it, and how likely that changes whether the school is among
        the first k; ``is_chosen`` whether it is among them now.
    rows : collection of str, optional
        Only schools with one of these ``row_id``.
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
    >>> planned = plan_visits(pd.DataFrame([*facts, {**one, "fact": "signal", "value": 0.001}]))
    >>> planned[["visit_value", "asks_service", "asks_signal"]].values.tolist()
    [[0.04, True, False]]
    """
    known = values[values["fact"].isin(_KINDS) & (values["value"] > 0)]
    if rows is not None:
        known = known[known["row_id"].isin(set(rows))]
    planned = known.drop_duplicates("row_id")[["row_id", "npsn", "is_chosen"]]
    planned = planned.set_index("row_id")
    for fact in _KINDS:
        of_fact = known[known["fact"] == fact].set_index("row_id")
        for figure in ("value", "chance"):
            planned[f"{fact}_{figure}"] = of_fact[figure].reindex(planned.index).fillna(0.0)
    # Knowing everything is worth no less than knowing one of it.
    for figure in ("value", "chance"):
        each = [f"{kind}_{figure}" for kind in _KINDS]
        planned[f"{VISIT}_{figure}"] = planned[each].max(axis="columns")
    least = _WORTH_ASKING * planned[f"{VISIT}_value"]
    for fact in ASKED:
        planned[f"asks_{fact}"] = (planned[f"{fact}_value"] >= least) & (
            planned[f"{fact}_value"] > 0
        )
    # Where no fact alone changes anything, only all of them together do.
    none = ~planned[[f"asks_{fact}" for fact in ASKED]].any(axis="columns")
    planned.loc[none, [f"asks_{fact}" for fact in ASKED]] = True
    planned = planned.reset_index().sort_values(
        ["visit_value", "npsn", "row_id"], ascending=[False, True, True], ignore_index=True
    )[list(COLUMNS)]
    return planned if top is None else planned.head(top)
