"""Lines of a budget from a plan: one per school, year and item, in whole rupiah.

The amounts are those of the plan; the items only divide them. So the lines of an envelope and year
sum up to what the plan's table ``budget`` states, to the rupiah, and a plan of which that is not
true is refused.
"""

from __future__ import annotations

import json
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from kalsel_gap.deliverables.budget_columns import BUDGET, TOTALS
from kalsel_gap.deliverables.plan_records import rows_by, rows_of, table_of_rows
from kalsel_gap.deliverables.plan_tables import OPENING
from kalsel_gap.deliverables.provenance import last_day_of_data
from kalsel_gap.deliverables.tables import assignments
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import plain
from kalsel_gap.storage.run_folder import overrides_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

_MONTHS = 12
_HORIZON = "costs.horizon_years"
_OF_SCHOOL = (
    *("rank", "rank_p05", "rank_p95", "p_top_k", "npsn", "name", "level", "ownership"),
    *("authority", "kabupaten_code", "kabupaten", "kecamatan", "students"),
    *("deficit", "delivered", "available", "need", "barrier", "confidence", "completeness"),
    *("objections",),
)
_SUMS = ("capex_idr", "opex_idr", "ppn_idr", "total_idr")
_CENTRAL = "central"
_PROGRAMMES = frozenset(("satria", "bts"))


class ItemShare(NamedTuple):
    """An item of an amount.

    Attributes
    ----------
    item : str
        Its code; empty where the plan names no items.
    volume : float or None
        None of a lump sum.
    amount, ppn : int
        Rupiah.
    """

    item: str
    volume: float | None
    amount: int
    ppn: int


def make_budget_lines(run: Run, plan: Plan) -> pd.DataFrame:
    """Every line of the budget of a plan, in codes.

    Parameters
    ----------
    run : Run
        The run that the plan is of.
    plan : Plan
        Its tables ``choice``, ``options``, ``shared``, ``prices``, ``envelopes`` and ``budget``.

    Returns
    -------
    DataFrame
        Columns of :data:`.budget_columns.BUDGET` in order, and behind them ``row_id``,
        ``option_id``, ``shared_id``, ``service_year`` and ``is_central``, for what is made from
        the lines. Sorted by office, year and rank; what has no ceiling comes after the rest.

    Raises
    ------
    InputError
        `plan_unequal`: the lines do not sum up to what the plan states.
    """
    source = _Source(run, plan)
    choice = rows_of(plan.table("choice"))
    years = years_of(plan)
    paid_in = defaultdict(set)
    for row in choice:
        paid_in[_key(row)].add(row["year"])
    first: set[str] = set()
    lines: list[dict[str, Any]] = []
    for row in sorted(choice, key=lambda each: (_key(each), each["year"])):
        facts = source.facts(row)
        facts["is_multi_year"] = "yes" if len(paid_in[_key(row)]) > 1 else "no"
        for line in _lines_of(row, facts, source, years):
            is_first = _key(row) not in first
            first.add(_key(row))
            lines.append(line | source.whole_life(row) if is_first else line)
    declared = {column.name: column.dtype for column in BUDGET}
    beside = {
        **dict.fromkeys(("row_id", "option_id", "shared_id"), "str"),
        "service_year": "Int64",
        "is_central": "boolean",
        "number": "Int64",
    }
    typed = {**declared, **beside}
    table = table_of_rows(lines, typed)
    order = ["is_unfunded", "is_central", "skpd", "budget_year", "rank", "npsn", "row_id"]
    table = table.sort_values(
        [*order, "option_id", "spending", "number"], na_position="last", ignore_index=True
    ).drop(columns="number")
    refuse_unequal(table, plan)
    return table


def years_of(plan: Plan) -> list[int]:
    """The budget years of a plan, rising."""
    stated = plan.manifest.get("parameters", {}).get("plan.years")
    if isinstance(stated, list) and stated:
        return sorted(int(year) for year in stated)
    years = [*plan.table("budget")["year"].tolist(), *plan.table("choice")["year"].tolist()]
    return sorted({int(year) for year in years})


def horizon_of(plan: Plan) -> int:
    """Years over which the costs of an option are summed up."""
    return int(plan.manifest.get("parameters", {}).get(_HORIZON) or 5)


def opex_years(row: Mapping[str, Any], years: Sequence[int]) -> list[int]:
    """Budget years in which a chosen option is paid again: from its first year of service."""
    return [year for year in years if year >= row["service_year"]]


def divide_amount(total: int, weights: Sequence[Fraction]) -> list[int]:
    """An amount in whole parts that sum up to it, as near to the weights as possible.

    What is left after rounding down is given by the largest remainders, the first of equal ones
    before the others (Hamilton's method).

    Examples
    --------
    >>> divide_amount(100, [Fraction(1), Fraction(1), Fraction(1)])
    [34, 33, 33]
    >>> divide_amount(7, [Fraction(0), Fraction(0)])
    [7, 0]
    """
    whole = sum(weights, Fraction(0))
    if not weights:
        return []
    if not whole:
        return [total, *(0 for _ in weights[1:])]
    exact = [total * weight / whole for weight in weights]
    parts = [int(each // 1) for each in exact]
    order = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in order[: total - sum(parts)]:
        parts[n] += 1
    return parts


def totals(lines: pd.DataFrame) -> pd.DataFrame:
    """What the lines sum up to by year and envelope: ``capex_idr opex_idr ppn_idr total_idr``."""
    sums = lines.rename(columns={"budget_year": "year", "opex_year_idr": "opex_idr"})
    grouped = sums.groupby(["year", "envelope"], sort=True)[list(_SUMS)].sum()
    return grouped.reset_index()


def total_rows(lines: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The plan's table ``budget`` in the columns of :data:`.budget_columns.TOTALS`.

    Envelopes that have lines but no row there are added without a ceiling.
    """
    names = [column.name for column in TOTALS]
    stated = plan.table("budget").reindex(columns=names)
    known = set(zip(stated["year"].tolist(), stated["envelope"].tolist(), strict=True))
    summed = totals(lines)
    is_new = [
        key not in known
        for key in zip(summed["year"].tolist(), summed["envelope"].tolist(), strict=True)
    ]
    records = rows_of(stated) + rows_of(summed[is_new])
    records.sort(key=lambda row: (row["year"], row["envelope"]))
    return table_of_rows(records, {column.name: column.dtype for column in TOTALS})


def refuse_unequal(lines: pd.DataFrame, plan: Plan) -> None:
    """An error where lines and the plan's table ``budget`` differ by a rupiah.

    Raises
    ------
    InputError
        `plan_unequal`: the first year and envelope of which that is so.
    """
    summed = {(row["year"], row["envelope"]): row for row in rows_of(totals(lines))}
    stated = {(row["year"], row["envelope"]): row for row in rows_of(plan.table("budget"))}
    unfunded = lines[lines["is_unfunded"] == "yes"]
    apart = set(zip(unfunded["budget_year"], unfunded["envelope"], strict=True))
    for key in sorted({*summed, *stated}):
        if key not in stated and key in apart:
            continue
        ours, theirs = (side.get(key, {}) for side in (summed, stated))
        for name in _SUMS:
            value, expected = int(ours.get(name) or 0), int(theirs.get(name) or 0)
            if value != expected:
                raise InputError(
                    "plan_unequal",
                    path=plan.folder,
                    column=name,
                    year=key[0],
                    envelope=key[1],
                    value=value,
                    expected=expected,
                )


# --- one chosen option --------------------------------------------------------------------------


class _Source:
    """The tables of a plan by their keys, and the facts of its schools."""

    def __init__(self, run: Run, plan: Plan) -> None:
        self.horizon = horizon_of(plan)
        wanted = [name for name in ("row_id", *_OF_SCHOOL) if name in run.schools.columns]
        self._schools = rows_by(run.schools[wanted], "row_id")
        options, choice = plan.table("options"), plan.table("choice")
        chosen = options[options["option_id"].isin(set(choice["option_id"]))]
        self._options = rows_by(chosen, "option_id")
        self._shared = rows_by(plan.table("shared"), "shared_id")
        self.prices = rows_by(plan.table("prices"), "item")
        self._payers = rows_by(plan.table("envelopes"), "option_id")
        # What is shared has no row there: the office of its envelope proposes it.
        self._offices: dict[str, str] = {}
        for row in sorted(self._payers.values(), key=lambda each: str(each["option_id"])):
            self._offices.setdefault(row["payer_capex"], row["skpd"])
        self._second = _alternatives(options[options["row_id"].isin(set(choice["row_id"]))])
        day = last_day_of_data(run)
        overrides = overrides_of(plan.manifest) or run.overrides
        self._marks = {
            "data_date": day.isoformat() if day else None,
            "plan": plan.folder.name,
            "data": run.manifest.get("data", "real"),
            "trial": plain(assignments(overrides)) if overrides else None,
        }

    def facts(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What is the same in all lines of a chosen option."""
        school = self._schools.get(row["row_id"], {})
        payer = self._payers.get(row["option_id"], {})
        shared = self._shared.get(row["shared_id"], {})
        is_central = _CENTRAL in (row["envelope_capex"], row["envelope_opex"])
        planned = "planned" in str(school.get("objections") or "").split("; ")
        named = {name: school.get(name) for name in _OF_SCHOOL if name != "objections"}
        if row["option"].startswith(OPENING):
            named["name"] = shared.get("name") or row["shared_id"]
        return {
            **named,
            **self._marks,
            "row_id": row["row_id"] or "",
            "option_id": row["option_id"] or "",
            "shared_id": row["shared_id"] or "",
            "service_year": row["service_year"],
            "is_central": is_central,
            "skpd": _CENTRAL
            if is_central
            else payer.get("skpd") or self._offices.get(row["envelope_capex"]) or "",
            "option": row["option"],
            "option_alternative": self._second.get((row["row_id"], row["option"])),
            "subkegiatan": payer.get("subkegiatan"),
            "sources": payer.get("sources"),
            "account_capex": payer.get("account_capex"),
            "account_opex": payer.get("account_opex"),
            "central_programme": "yes"
            if is_central or planned or row["option"] in _PROGRAMMES
            else "none_known",
            "shared_with": _shared_words(shared),
            "is_unfunded": "yes" if row["is_unfunded"] else "no",
        }

    def made_of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The option, or the shared infrastructure, that a row of the choice buys."""
        if row["option"].startswith(OPENING):
            return self._shared.get(row["shared_id"], {})
        return self._options.get(row["option_id"], {})

    def whole_life(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Cost over the horizon, of the option as a whole."""
        made = self.made_of(row)
        capex, opex = made.get("capex_idr"), made.get("opex_year_idr")
        if capex is None or opex is None:
            return {}
        cost = capex + self.horizon * opex + (made.get("replacement_idr") or 0)
        return {"tco_idr": cost, "pv_per_student_idr": made.get("pv_per_student_idr")}

    def divided(
        self, items: Mapping[str, float], every: str, amount: int, ppn: int
    ) -> list[ItemShare]:
        """An amount and its PPN, divided among those items that are paid `every` so often."""
        mine = [
            (code, Fraction(str(volume)) * (_MONTHS if every == "month" else 1))
            for code, volume in sorted(items.items())
            if code in self.prices and self.prices[code]["every"] == every and volume
        ]
        if not mine:
            return [ItemShare("", None, amount, ppn)] if amount or ppn else []
        weights = [volume * (self.prices[code]["price_idr"] or 0) for code, volume in mine]
        parts = divide_amount(amount, weights)
        taxed = [
            weight if self.prices[code]["taxable"] else Fraction(0)
            for weight, (code, _) in zip(weights, mine, strict=True)
        ]
        taxes = divide_amount(ppn, taxed if any(taxed) else weights)
        whole = sum(weights, Fraction(0))
        # Part of a price in one of several years, or the part that the schools bear.
        scale = Fraction(amount) / whole if whole else Fraction(1)
        if abs(amount - whole) <= len(mine):  # rounding alone
            scale = Fraction(1)
        return [
            ItemShare(code, float(volume * scale), part, tax)
            for (code, volume), part, tax in zip(mine, parts, taxes, strict=True)
        ]


def _lines_of(
    row: Mapping[str, Any], facts: Mapping[str, Any], source: _Source, years: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """Lines of a row of the choice: what is bought in its year, and what is paid again."""
    items = json.loads(source.made_of(row).get("items") or "{}")
    capex = (int(row["capex_idr"] or 0), int(row["ppn_capex_idr"] or 0))
    opex = (int(row["opex_year_idr"] or 0), int(row["ppn_opex_idr"] or 0))
    for number, share in enumerate(source.divided(items, "once", *capex)):
        envelope = row["envelope_capex"]
        yield _line(share, facts, source, "capex", (row["year"], envelope, number))
    again = source.divided(items, "month", *opex)
    for year in opex_years(row, years):
        for number, share in enumerate(again):
            yield _line(share, facts, source, "opex", (year, row["envelope_opex"], number))


def _line(
    share: ItemShare,
    facts: Mapping[str, Any],
    source: _Source,
    spending: str,
    place: tuple[int, str, int],
) -> dict[str, Any]:
    price = source.prices.get(share.item, {})
    year, envelope, number = place
    return {
        **facts,
        "item": share.item,
        "spending": spending,
        "volume": share.volume,
        "unit": price.get("unit"),
        "unit_price_idr": price.get("price_idr"),
        "ref_ssh": price.get("ref_ssh"),
        "price_source": price.get("source"),
        "price_date": price.get("date"),
        "price_confidence": price.get("confidence"),
        "ppn_idr": share.ppn,
        "capex_idr": share.amount if spending == "capex" else 0,
        "opex_year_idr": share.amount if spending == "opex" else 0,
        "total_idr": share.amount + share.ppn,
        "account": facts[f"account_{spending}"] or price.get("account"),
        "envelope": envelope,
        "budget_year": year,
        "number": number,
    }


def _key(row: Mapping[str, Any]) -> str:
    """What a row of the choice is about: an option of a school, or shared infrastructure."""
    return f"{row['option_id'] or ''}\n{row['option']}\n{row['shared_id'] or ''}"


def _alternatives(options: pd.DataFrame) -> dict[tuple[str, str], str]:
    """The best other option of each school, by school and option."""
    is_usable = options["is_feasible"].astype("bool") & options["is_priced"].astype("bool")
    best = options[is_usable].sort_values(
        ["benefit", "pv_idr", "option_id"], ascending=[False, True, True], na_position="last"
    )
    best = best.drop_duplicates(["row_id", "option"])
    of_school: dict[str, list[str]] = defaultdict(list)
    for row_id, option in zip(best["row_id"], best["option"], strict=True):
        of_school[row_id].append(option)
    return {
        (row_id, option): known[known[0] == option]
        for row_id, known in of_school.items()
        for option in known
        if len(known) > 1
    }


def _shared_words(shared: Mapping[str, Any]) -> str | None:
    """What an option shares: a name, and the part that public facilities bear."""
    if not shared:
        return None
    name = plain(shared.get("name") or shared["shared_id"])
    part = shared.get("facility_share")
    if not part:
        return name
    # Its file and number say nothing to a reader; most often the facility is the hub itself.
    return f"{name}; {round(100 * part)} %"
