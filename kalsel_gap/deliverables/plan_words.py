"""A plan in sentences and tables, in the reader's language: what is bought, what is not and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables import plan_tables
from kalsel_gap.deliverables.plan_budget_words import (
    budget_section,
    cliff_section,
    cut_words,
    listing_command,
    more_money_section,
    unfunded_section,
    years_section,
)
from kalsel_gap.deliverables.plan_comparison_words import ending_sentences
from kalsel_gap.deliverables.sections import PageSection, WordTable
from kalsel_gap.deliverables.tables import assignments
from kalsel_gap.i18n.messages import NAMES
from kalsel_gap.i18n.plan_names import (
    DELIVERY_NAMES,
    OBJECTIVE_NAMES,
    PLANNED_NAMES,
    REASON_NAMES,
    SHARED_NAMES,
    envelope_name,
    name_of,
    option_name,
)
from kalsel_gap.i18n.rupiah import short_amount, short_rupiah, whole
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd

    from kalsel_gap.deliverables.plan_budget_words import KabupatenNames
    from kalsel_gap.storage.plan_folder import Plan

_CUT_REASONS = 3  # of each option, the most frequent
_CUT_SENTENCES = 10  # envelopes of which is said what more money buys, or who loses a payer
_BRIEF, _BRIEF_CHOSEN = 2, 3  # lines of the lists of a short page
_NONE = "–"


def places_of(schools: pd.DataFrame) -> KabupatenNames:
    """Names of kabupaten by their code, as the register has them."""
    if "kabupaten_code" not in schools or "kabupaten" not in schools:
        return {}
    known = schools[["kabupaten_code", "kabupaten"]].dropna()
    known = known.sort_values(["kabupaten_code", "kabupaten"]).drop_duplicates("kabupaten_code")
    return dict(zip(known["kabupaten_code"], known["kabupaten"], strict=True))


def plan_title(plan: Plan, text: Text) -> str:
    """Which plan, of which project."""
    title = text(N_("Plan {plan}"), plan=plan.folder.name)
    name = plan.manifest.get("project")
    return f"{title}: {plain(name)}" if name else title


def plan_notices(plan: Plan, text: Text) -> list[str]:
    """What stands above everything: that data are not real, a trial, or not reproducible."""
    facts = plan_tables.plan_facts(plan)
    said = []
    if nature := NAMES.get(str(facts["data"])):
        said.append(text(nature))
    if facts["overrides"]:
        words = N_("Trial, not the plan of the project: {overrides}.")
        said.append(text(words, overrides=assignments(facts["overrides"])))
    if facts["is_reproducible"] is False:
        said.append(
            text(
                N_(
                    "Not reproducible: a time limit or an interruption ended the search, so "
                    "another machine may find another plan."
                )
            )
        )
    return said


def plan_sections(
    plan: Plan, schools: pd.DataFrame, text: Text, *, top: int | None = None
) -> list[PageSection]:
    """The page of a plan, the summary first.

    Parameters
    ----------
    plan : Plan
    schools : DataFrame
        The schools of its run; without rows where the run is not there any more.
    text : Text
        The reader's language.
    top : int, optional
        How many lines each list has; without it a short page of the most important, which names
        what it leaves out.
    """
    places = places_of(schools)
    lines = _BRIEF if top is None else top
    sentences = _BRIEF if top is None else _CUT_SENTENCES
    sections = [
        _summary(plan, schools, text),
        years_section(plan, places, text) if top is None else budget_section(plan, places, text),
        _chosen(plan, schools, places, text, _BRIEF_CHOSEN if top is None else top),
        *([] if top is None else [_shared(plan, text, lines)]),
        _left_out(plan, schools, text),
        _marginal(plan, schools, places, text, lines),
        unfunded_section(plan, places, text, lines),
        more_money_section(plan, places, text, sentences),
        cliff_section(plan, places, text, 1 if top is None else sentences),
        *([_not_shown(plan, text)] if top is None else [_options(plan, text)]),
        *([] if top is None else [_delivery(plan, text)]),
    ]
    return [each for each in sections if each.said or each.grids or each.pairs or each.warnings]


def _summary(plan: Plan, schools: pd.DataFrame, text: Text) -> PageSection:
    facts, totals = plan_tables.plan_facts(plan), plan_tables.plan_totals(plan, schools)
    pairs = [
        (text(N_("Run")), plain(facts["run"] or "")),
        (text(N_("Objective")), name_of(facts["objective"], OBJECTIVE_NAMES, text)),
        (text(N_("Schools in the plan")), _with_pupils(totals, text)),
        *([(text(N_("What is bought")), bought)] if (bought := _bought(plan, text)) else []),
        (text(N_("Investment, with PPN")), short_rupiah(totals["capex_idr"], text)),
        (text(N_("Running cost a year")), short_rupiah(totals["opex_year_idr"], text)),
    ]
    section = PageSection(text(N_("The plan in short")), "plan", pairs=pairs)
    section.said.extend(ending_sentences(facts, text))
    if totals["unfunded"]:
        words = N_(
            "Schools planned apart, because no ceiling is stated for who would pay: {schools}. "
            "They are in no sum here."
        )
        section.said.append(text(words, schools=text.number(totals["unfunded"])))
    return section


def _bought(plan: Plan, text: Text) -> str:
    """Schools by option, the most first, and how much shared infrastructure is opened."""
    choice = plan.table("choice")
    funded = choice[~choice["is_unfunded"].astype("bool")]
    is_opened = plan_tables.is_opening(funded)
    parts = []
    for part in (funded[~is_opened], funded[is_opened]):
        counts = part.drop_duplicates(["row_id", "shared_id"]).groupby("option").size()
        order = sorted(counts.items(), key=lambda each: (-each[1], str(each[0])))
        parts.append([f"{option_name(code, text)} {text.number(count)}" for code, count in order])
    words = ", ".join(parts[0])
    if parts[1]:
        words = text(
            N_("{schools}; opened for several: {opened}"), schools=words, opened=", ".join(parts[1])
        )
    return words


def _with_pupils(totals: Mapping[str, int], text: Text) -> str:
    words = N_("{schools}, with {students} pupils")
    if totals["students_unknown"]:
        words = N_("{schools}, with {students} pupils that are known")
    counts = {name: text.number(totals[name]) for name in ("schools", "students")}
    return text(words, **counts)


def _chosen(
    plan: Plan, schools: pd.DataFrame, places: KabupatenNames, text: Text, top: int
) -> PageSection:
    table = plan_tables.chosen_options(plan, schools)
    table = table[~plan_tables.is_opening(table) & ~table["is_unfunded"].astype("bool")]
    shown = table.head(top)
    heads = (
        *(N_("School"), N_("NPSN"), N_("Option"), N_("Capex"), N_("Opex a year")),
        N_("Paid by"),
    )
    grids = []
    for year, group in shown.groupby("year", sort=True):
        rows = tuple(
            (
                _school(row),
                _npsn(row),
                option_name(row["option"], text),
                short_rupiah(_both(row, "capex_idr", "ppn_capex_idr"), text),
                short_rupiah(_both(row, "opex_year_idr", "ppn_opex_idr"), text),
                _payers(row, places, text),
            )
            for row in group.to_dict("records")
        )
        grids.append(WordTable(str(year), tuple(map(text, heads)), rows, frozenset({1, 3, 4})))
    said = [text(N_("Amounts with PPN, by the year of spending."))] if grids else []
    said += cut_words(len(shown), len(table), plan, text)
    return PageSection(text(N_("Schools that are chosen")), "chosen", said=said, grids=grids)


def _payers(row: Mapping[Hashable, Any], places: KabupatenNames, text: Text) -> str:
    codes = [row["envelope_capex"]]
    if _both(row, "opex_year_idr", "ppn_opex_idr") and row["envelope_opex"] not in codes:
        codes.append(row["envelope_opex"])
    return ", ".join(envelope_name(code, places, text) for code in codes if code)


def _shared(plan: Plan, text: Text, top: int) -> PageSection:
    """What most schools of the plan share, first."""
    every = plan_tables.openings(plan)
    table = every.sort_values(
        ["is_unfunded", "schools", "year", "shared_id"], ascending=[True, False, True, True]
    ).head(top)
    rows = tuple(
        (
            _join(
                name_of(row["kind"], SHARED_NAMES, text),
                plain(row["name"] or ""),
                text(N_("no ceiling")) if row["is_unfunded"] else "",
            ),
            str(row["year"]),
            text.number(row["schools"]),
            short_rupiah(row["capex_idr"], text),
            short_rupiah(row["opex_year_idr"], text),
            f"{text.number(100 * (row['facility_share'] or 0.0))} %",
        )
        for row in table.to_dict("records")
    )
    heads = (
        *(N_("What is opened"), N_("Year"), N_("Schools"), N_("Capex"), N_("Opex a year")),
        N_("Borne by facilities"),
    )
    numbers = frozenset({1, 2, 3, 4, 5})
    grids = [WordTable("", tuple(map(text, heads)), rows, numbers)] if rows else []
    words = N_("Opened once and used by many; its cost is allocated by bandwidth.")
    said = [text(words)] if rows else []
    said += cut_words(len(table), len(every), plan, text)
    return PageSection(text(N_("Shared infrastructure")), "shared", said=said, grids=grids)


def _marginal(
    plan: Plan, schools: pd.DataFrame, places: KabupatenNames, text: Text, top: int
) -> PageSection:
    table = plan_tables.marginal_schools(plan, schools)
    shown = table.head(top)
    rows = tuple(
        (
            _school(row),
            _npsn(row),
            option_name(row["option"], text),
            shortage_words(row, places, text),
        )
        for row in shown.to_dict("records")
    )
    heads = (N_("School"), N_("NPSN"), N_("Option"), N_("What is short"))
    grids = [WordTable("", tuple(map(text, heads)), rows, frozenset({1}))] if rows else []
    return PageSection(
        text(N_("The first schools that are left out")),
        "marginal",
        said=list(cut_words(len(shown), len(table), plan, text)),
        grids=grids,
    )


def shortage_words(row: Mapping[Hashable, Any], places: KabupatenNames, text: Text) -> str:
    """What a school that is left out needs, and what is short: *needs Rp 310 m, 12 m short*."""
    needs = short_rupiah(row["needs_idr"], text)
    short = whole(row["short_idr"])
    if not short:
        words = N_(
            "needs {needs}, which is there: supply, teams or a shared capacity is short, or the "
            "best plan is not known exactly"
        )
        return text(words, needs=needs)
    values = {
        "needs": needs,
        "short": short_amount(row["short_there_idr"], text),
        "year": row["short_year"],
        "envelope": envelope_name(row["short_envelope"], places, text),
    }
    if short > (whole(row["short_there_idr"]) or 0):
        words = N_(
            "needs {needs}, {short} short in {year} ({envelope}); {all} short in all years and "
            "envelopes"
        )
        return text(words, **values, all=short_amount(short, text))
    return text(N_("needs {needs}, {short} short in {year} ({envelope})"), **values)


def _left_out(plan: Plan, schools: pd.DataFrame, text: Text) -> PageSection:
    rows = tuple(
        (
            name_of(row["status"], PLANNED_NAMES, text),
            text.number(row["schools"]),
            text.number(whole(row["students"])) or _NONE,
        )
        for row in plan_tables.school_states(plan, schools).to_dict("records")
    )
    heads = (N_("Status"), N_("Schools"), N_("Pupils"))
    grid = WordTable("", tuple(map(text, heads)), rows, frozenset({1, 2}))
    title = text(N_("Who is in the plan and who is not"))
    return PageSection(title, "states", grids=[grid] if rows else [])


def _options(plan: Plan, text: Text) -> PageSection:
    """How many schools each reason keeps from each option."""
    rows = []
    is_cut = False
    for option, group in plan_tables.option_states(plan).groupby("option", sort=False):
        kept = ~group["reason"].isin(["chosen", "feasible"])
        others = group[kept].head(_CUT_REASONS)
        is_cut = is_cut or len(others) < kept.sum()
        counts = group.set_index("reason")["schools"]
        why = "; ".join(
            f"{name_of(row['reason'], REASON_NAMES, text)}: {text.number(row['schools'])}"
            for row in others.to_dict("records")
        )
        rows.append(
            (
                option_name(option, text),
                text.number(int(counts.get("feasible", 0))),
                text.number(int(counts.get("chosen", 0))),
                why or text(N_("nothing")),
            )
        )
    heads = (N_("Option"), N_("Feasible"), N_("Chosen"), N_("What keeps schools from it"))
    said = []
    if is_cut:
        words = N_("The {count} most frequent reasons of each option; --format json has all.")
        said.append(text(words, count=text.number(_CUT_REASONS)))
    grids = [WordTable("", tuple(map(text, heads)), tuple(rows), frozenset({1, 2}))] if rows else []
    title = text(N_("Options, in schools"))
    return PageSection(title, "options", said=said, grids=grids)


def _delivery(plan: Plan, text: Text) -> PageSection:
    table = plan_tables.delivery_states(plan)
    rows = tuple(
        (
            option_name(row["option"], text),
            *(text.number(row[state]) for state in plan_tables.DELIVERY_STATES),
        )
        for row in table.to_dict("records")
    )
    heads = (N_("Option"), *(DELIVERY_NAMES[state] for state in plan_tables.DELIVERY_STATES))
    numbers = frozenset(range(1, len(heads)))
    return PageSection(
        text(N_("State of delivery, in schools")),
        "delivery",
        grids=[WordTable("", tuple(map(text, heads)), rows, numbers)] if rows else [],
    )


# --- cells ---------------------------------------------------------------------------------------


def _school(row: Mapping[Hashable, Any]) -> str:
    """The name of a school, of one line; its row where the run is not there any more."""
    name = row["name"] if isinstance(row["name"], str) else ""
    return " ".join(plain(name).split()) or plain(row["row_id"])


def _npsn(row: Mapping[Hashable, Any]) -> str:
    return plain(row["npsn"]) if isinstance(row["npsn"], str) and row["npsn"] else _NONE


def _both(row: Mapping[Hashable, Any], *names: str) -> int | None:
    parts = [whole(row[name]) for name in names]
    known = [each for each in parts if each is not None]
    return sum(known) if known else None


def _join(*words: str) -> str:
    return " · ".join(" ".join(each.split()) for each in words if each)


def _not_shown(plan: Plan, text: Text) -> PageSection:
    """What a short page leaves out."""
    parts = [
        text(
            N_("shared infrastructure ({count})"),
            count=text.number(len(plan_tables.openings(plan))),
        ),
        text(
            N_("what keeps schools from each option ({count})"),
            count=text.number(plan.table("options")["option"].nunique()),
        ),
        text(N_("deliveries ({count})"), count=text.number(len(plan.table("delivery")))),
    ]
    words = N_("{parts}: {command}. Everything: --format json, and the tables in {folder}.")
    said = text(
        words, parts=", ".join(parts), command=listing_command(plan, 20), folder=plain(plan.folder)
    )
    return PageSection(text(N_("What is not listed here")), "more_lists", said=[said])
