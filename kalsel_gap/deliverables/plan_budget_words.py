"""The money of a plan in sentences and tables: envelopes, years, demand without a payer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables import plan_tables
from kalsel_gap.deliverables.sections import PageSection, WordTable
from kalsel_gap.i18n.plan_names import CLIFF_SENTENCES, envelope_name, name_of
from kalsel_gap.i18n.rupiah import short_rupiah
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.planning.opex_cliff import first_years

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

    from kalsel_gap.storage.plan_folder import Plan

BRIEF_ENVELOPES = 5  # of a short page, the largest
_MOST_YEARS = 3  # that have a column of their own

KabupatenNames = dict[str, str]
"""Names of kabupaten by their code."""


def years_section(plan: Plan, places: KabupatenNames, text: Text) -> PageSection:
    """One line for each of the largest envelopes: what is spent of it by year, what is left."""
    title = text(N_("By envelope and year"))
    budget = plan.table("budget")
    funded = budget[budget["ceiling_idr"].notna()]
    if funded.empty:
        return PageSection(title, "budget", warnings=_no_ceiling(text))
    years = sorted(funded["year"].unique())
    shown_years = years if len(years) <= _MOST_YEARS else []
    groups = sorted(
        funded.groupby("envelope"), key=lambda each: (-int(each[1]["total_idr"].sum()), each[0])
    )

    def line(name: str, rows: pd.DataFrame) -> tuple[str, ...]:
        by_year = rows.groupby("year")["total_idr"].sum()
        sums = [rows[each].sum() for each in ("total_idr", "ceiling_idr", "left_idr")]
        spent = [by_year.get(year, 0) for year in shown_years] or sums[:1]
        return (name, *(short_rupiah(each, text) for each in (*spent, *sums[1:])))

    rows = [
        line(envelope_name(code, places, text), rows) for code, rows in groups[:BRIEF_ENVELOPES]
    ]
    if len(groups) > 1:
        rows.append(line(text(N_("all {count}"), count=text.number(len(groups))), funded))
    spent = [str(year) for year in shown_years] or [text(N_("Spent"))]
    heads = (text(N_("Envelope")), *spent, text(N_("Ceilings")), text(N_("Left")))
    grid = WordTable("", heads, tuple(rows), frozenset(range(1, len(heads))))
    said = [text(N_("What is spent of the ceilings, with PPN."))]
    said += cut_words(min(len(groups), BRIEF_ENVELOPES), len(groups), plan, text)
    return PageSection(title, "budget", said=said, grids=[grid])


def _no_ceiling(text: Text) -> list[str]:
    nothing = N_(
        "No ceiling is stated, so nothing is funded. State envelope, year and amount under "
        "[[plan.ceilings]] in the project file."
    )
    return [text(nothing)]


def budget_section(plan: Plan, places: KabupatenNames, text: Text) -> PageSection:
    """One table for each year: ceiling, what is spent of it, what is left."""
    heads = (N_("Envelope"), N_("Ceiling"), N_("Capex"), N_("Opex"), N_("PPN"), N_("Left"))
    budget = plan.table("budget").sort_values(["year", "envelope"])
    funded = budget[budget["ceiling_idr"].notna()]
    names = ("ceiling_idr", "capex_idr", "opex_idr", "ppn_idr", "left_idr")
    grids = []
    for year, group in funded.groupby("year"):
        rows = tuple(
            (
                envelope_name(row["envelope"], places, text),
                *(short_rupiah(row[name], text) for name in names),
            )
            for row in group.to_dict("records")
        )
        grids.append(
            WordTable(str(year), tuple(map(text, heads)), rows, frozenset({1, 2, 3, 4, 5}))
        )
    words = N_(
        "Ceilings hold PPN; investment (capex) and running cost (opex, of earlier years too) are "
        "without it."
    )
    said = [text(words)] if grids else []
    warnings = [] if grids else _no_ceiling(text)
    title = text(N_("By year and envelope"))
    return PageSection(title, "budget", warnings=warnings, said=said, grids=grids)


def more_money_section(plan: Plan, places: KabupatenNames, text: Text, most: int) -> PageSection:
    """What more money of each envelope and year buys, in words."""
    shadow = plan.table("shadow")
    buys = shadow[shadow["schools"] > 0].sort_values(
        ["schools", "students", "envelope", "year"], ascending=[False, False, True, True]
    )
    said = [more_money_sentence(row, places, text) for row in buys.head(most).to_dict("records")]
    if more := len(buys) - len(said):
        words = N_("{count} more envelopes and years: --format json has all of them.")
        said.append(text(words, count=text.number(more)))
    elif said and len(buys) < len(shadow):
        words = N_("Nowhere else does so much more buy a further school on its own.")
        said.append(text(words))
    if not said and len(shadow):
        words = N_("{more} more in one year of one envelope connects no further school on its own.")
        amount = short_rupiah(shadow["more_idr"].max(), text)
        said.append(text(words, more=amount))
    return PageSection(text(N_("What more money would buy")), "more", said=said)


def more_money_sentence(row: Mapping[Hashable, Any], places: KabupatenNames, text: Text) -> str:
    """What more money buys: *Rp 1 bn more in 2028 connects 9 more schools, 2,140 pupils*."""
    words = N_(
        "{more} more in {year} ({envelope}) connects {schools} more schools, {students} pupils."
    )
    if row["schools"] == 1:
        words = N_(
            "{more} more in {year} ({envelope}) connects one more school, {students} pupils."
        )
    return text(
        words,
        more=short_rupiah(row["more_idr"], text),
        year=row["year"],
        envelope=envelope_name(row["envelope"], places, text),
        schools=text.number(row["schools"]),
        students=text.number(row["students"]),
    )


def cliff_section(plan: Plan, places: KabupatenNames, text: Text, most: int) -> PageSection:
    """From which year on running costs are not covered, the largest first."""
    said = []
    every = first_years(plan.table("cliff"))
    every = every.sort_values(["opex_idr", "year", "envelope"], ascending=[False, True, True])
    for row in every.head(most).to_dict("records"):
        words = N_(
            "From {year} to {last}, {envelope}: {opex} a year has no payer, because {why}. "
            "Schools at risk: {schools}."
        )
        if row["year"] == row["last_year"]:
            words = N_(
                "In {year}, {envelope}: {opex} a year has no payer, because {why}. "
                "Schools at risk: {schools}."
            )
        said.append(
            text(
                words,
                year=row["year"],
                last=row["last_year"],
                envelope=envelope_name(row["envelope"], places, text),
                opex=short_rupiah(row["opex_idr"], text),
                schools=text.number(row["schools"]),
                why=name_of(row["why"], CLIFF_SENTENCES, text),
            )
        )
    if len(rest := every.iloc[most:]):
        words = N_(
            "{count} more envelopes with {opex} a year together, from {year} on; --format json has "
            "all of them."
        )
        said.append(
            text(
                words,
                count=text.number(len(rest)),
                opex=short_rupiah(rest["opex_idr"].sum(), text),
                year=int(rest["year"].min()),
            )
        )
    title = text(N_("Running costs that lose their payer"))
    return PageSection(title, "cliff", said=said)


def unfunded_section(plan: Plan, places: KabupatenNames, text: Text, top: int) -> PageSection:
    """What schools need whose envelope has no ceiling, most schools first; their sum last."""
    demand = plan_tables.unfunded_demand(plan)
    demand = demand.sort_values(["schools", "envelope"], ascending=[False, True])
    shown = demand.head(top)
    names = ("schools", "capex_idr", "opex_year_idr")

    def line(name: str, sums: Sequence[Any]) -> tuple[str, ...]:
        return (name, text.number(sums[0]), *(short_rupiah(each, text) for each in sums[1:]))

    rows = [
        line(envelope_name(row["envelope"], places, text), [row[name] for name in names])
        for row in shown.to_dict("records")
    ]
    if len(demand) > 1:
        label = text(N_("all {count}"), count=text.number(len(demand)))
        rows.append(line(label, [int(demand[name].sum()) for name in names]))
    heads = (N_("Envelope"), N_("Schools"), N_("Capex"), N_("Opex a year"))
    words = N_(
        "No ceiling of these envelopes is stated. What their schools need is planned apart, with "
        "PPN, and is in no sum above."
    )
    return PageSection(
        text(N_("Demand without a ceiling")),
        "unfunded",
        said=[text(words), *cut_words(len(shown), len(demand), plan, text)] if rows else [],
        grids=[WordTable("", tuple(map(text, heads)), tuple(rows), frozenset({1, 2, 3}))]
        if rows
        else [],
    )


def cut_words(shown: int, every: int, plan: Plan, text: Text) -> Sequence[str]:
    """How many lines of a list are shown, and what lists the others; nothing where all are."""
    if shown == every:
        return ()
    words = N_("Shown: {shown} of {all}; {command} lists them.")
    counts = {"shown": text.number(shown), "all": text.number(every)}
    return (text(words, **counts, command=listing_command(plan, every)),)


def listing_command(plan: Plan, lines: int) -> str:
    """What lists more of a plan, as it is typed."""
    return f"kalsel-gap plan --show {plan.folder.name} --top {lines}"
