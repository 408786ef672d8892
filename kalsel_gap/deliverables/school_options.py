"""The ways to connect one school in a plan: which, feasible or why not, cost, chosen or not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables.plan_tables import options_of_school
from kalsel_gap.deliverables.sections import PageSection, WordTable
from kalsel_gap.i18n.messages import option_reason
from kalsel_gap.i18n.plan_names import REASON_NAMES, name_of, option_name
from kalsel_gap.i18n.rupiah import short_rupiah
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

    from kalsel_gap.storage.plan_folder import Plan

_NONE = "–"


def unreadable_section(lines: Sequence[str], text: Text) -> PageSection:
    """That a plan is there and cannot be read, and what to do."""
    return PageSection(text(N_("Ways to connect it")), "options", warnings=list(lines))


def school_options_section(
    plan: Plan, row_id: str, schools: pd.DataFrame, text: Text
) -> PageSection | None:
    """The options of a school in a plan; None where the plan has none of it.

    Parameters
    ----------
    plan : Plan
    row_id : str
        Of the school.
    schools : DataFrame
        Of the run, with the names of other schools that it would be connected to.
    text : Text
        The reader's language.
    """
    table = options_of_school(plan, row_id)
    if table.empty:
        return None
    names = dict(zip(schools["row_id"], schools["name"], strict=True))
    shared = plan.table("shared")
    shared_names = dict(zip(shared["shared_id"], shared["name"], strict=True))
    rows = []
    for row in table.to_dict("records"):
        state = text(N_("feasible"))
        if row["is_chosen"]:
            state = text(N_("chosen, {year}"), year=row["year"])
        elif not row["is_feasible"]:
            state = _why_not(row, text)
        elif not row["is_priced"]:
            state = text(REASON_NAMES["unpriced"])
        rows.append(
            (
                _with_partner(option_name(row["option"], text), row, names, shared_names),
                state,
                short_rupiah(row["capex_idr"], text) or _NONE,
                short_rupiah(row["opex_year_idr"], text) or _NONE,
            )
        )
    heads = (N_("Option"), N_("State"), N_("Capex"), N_("Opex a year"))
    words = N_("From plan {plan}; amounts without PPN.")
    return PageSection(
        text(N_("Ways to connect it")),
        "options",
        said=[text(words, plan=plan.folder.name)],
        grids=[WordTable("", tuple(map(text, heads)), tuple(rows), frozenset({2, 3}))],
    )


def _why_not(row: Mapping[Hashable, Any], text: Text) -> str:
    """The reason as a sentence with its figures; its short name where these cannot be read."""
    code = str(row["reason"])
    try:
        parameters = json.loads(str(row["reason_params"] or "{}"))
    except ValueError:
        parameters = None
    said = option_reason(code, parameters, text) if isinstance(parameters, dict) else ""
    return said or name_of(code, REASON_NAMES, text)


def _with_partner(
    option: str,
    row: Mapping[Hashable, Any],
    names: Mapping[str, str],
    shared_names: Mapping[str, str],
) -> str:
    """An option and, of one line, the site, school or facility that it needs."""
    partner = str(row["partner"] or "").removeprefix(f"{row['partner_kind']}:")
    if row["partner_kind"] == "school":
        partner = names.get(partner, partner)
    elif shared := shared_names.get(str(row.get("shared_id") or "")):
        partner = shared
    elif row["partner_kind"] == "shared":
        partner = partner.partition(":")[2] or partner
    return " · ".join(filter(None, [option, " ".join(plain(partner).split())]))
