"""What a trial of a plan changes, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables.plan_comparison_words import objective_value, percent
from kalsel_gap.deliverables.plan_difference import CHANGES
from kalsel_gap.deliverables.plan_words import places_of
from kalsel_gap.deliverables.sections import PageSection, WordTable
from kalsel_gap.i18n.plan_names import SHARED_NAMES, envelope_name, name_of, option_name
from kalsel_gap.i18n.rupiah import short_rupiah, whole
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd

    from kalsel_gap.deliverables.plan_difference import PlanDifference

_LINES = 10  # of each list, unless asked for
_NONE = "–"
CHANGE_NAMES: dict[str, str] = {
    "gained": N_("gained"),
    "lost": N_("lost"),
    "changed": N_("other option, year or payer"),
    "apart_gained": N_("gained, without a ceiling"),
    "apart_lost": N_("lost, without a ceiling"),
    "apart_changed": N_("other option, without a ceiling"),
}
_ROWS: tuple[tuple[str, str], ...] = (
    ("schools", N_("Schools in the plan")),
    ("students", N_("Pupils that are known")),
    ("capex_idr", N_("Investment, with PPN")),
    ("opex_year_idr", N_("Running cost a year, with PPN")),
    ("unfunded", N_("Schools without a ceiling, planned apart")),
)


def difference_sections(
    found: PlanDifference, schools: pd.DataFrame, text: Text, *, top: int | None = None
) -> list[PageSection]:
    """What a trial changes: sums, schools, money by envelope and year.

    Parameters
    ----------
    found : PlanDifference
    schools : DataFrame
        The schools of the run.
    text : Text
        The reader's language.
    top : int, optional
        Lines of each list.
    """
    places = places_of(schools)
    lines = top or _LINES
    sections = [
        _sums(found, text),
        _schools(found, text, lines),
        _money(found, places, text, lines),
        _shared(found, text, lines),
    ]
    return [each for each in sections if each.said or each.grids]


def _sums(found: PlanDifference, text: Text) -> PageSection:
    before, after = found.facts["before"], found.facts["after"]
    objective = str(after["objective"])

    def value(number: object) -> str:
        return objective_value(number, objective, text) if number is not None else _NONE

    rows: list[tuple[str, ...]] = [
        (
            text(N_("Value")),
            value(before["value"]),
            value(after["value"]),
            _signed(value(abs(_change(before, after, "value"))), _change(before, after, "value")),
        )
    ]
    for name, label in _ROWS:
        change = int(after[name]) - int(before[name])
        shown = [
            short_rupiah(each, text) if name.endswith("_idr") else text.number(each)
            for each in (before[name], after[name], abs(change))
        ]
        rows.append((text(label), *shown[:2], _signed(shown[2], change)))
    heads = tuple(map(text, (N_("In all"), N_("Without"), N_("Trial"), N_("Difference"))))
    said = [_site(row, text) for row in found.sites.to_dict("records")]
    gaps = [each["gap"] for each in (before, after) if each["gap"]]
    if gaps:
        words = N_(
            "Each of the two plans is within {gap} % of its best one: a smaller difference of "
            "value can come from the search."
        )
        said.append(text(words, gap=percent(max(gaps), text)))
    if found.schools.empty and found.money.empty:
        said.append(text(N_("Nothing else changes: both plans buy the same.")))
    grid = WordTable("", heads, tuple(rows), frozenset({1, 2, 3}))
    return PageSection(text(N_("What the trial changes")), "difference", said=said, grids=[grid])


def _site(row: Mapping[Hashable, Any], text: Text) -> str:
    at = f"{row['lat']:g}, {row['lon']:g}"
    year = whole(row["year"])
    values = {"place": at, "schools": text.number(row["schools"])}
    if year is None:
        words = N_("Site {place}: schools within reach {schools}; the plan does not open it.")
        return text(words, **values)
    words = N_(
        "Site {place}: schools within reach {schools}; opened in {year}, it serves {served}."
    )
    return text(words, **values, year=year, served=text.number(row["served"]))


def _schools(found: PlanDifference, text: Text, lines: int) -> PageSection:
    table = found.schools
    counts = table["change"].value_counts()
    pupils = table.groupby("change")["students"].sum()
    said = []
    for code in CHANGES:
        if count := int(counts.get(code, 0)):
            words = N_("{change}: schools {schools}, pupils that are known {students}.")
            said.append(
                text(
                    words,
                    change=text(CHANGE_NAMES[code]).capitalize(),
                    schools=text.number(count),
                    students=text.number(int(pupils.get(code, 0))),
                )
            )
    # Some of each kind, so that those who lose stand beside those who gain.
    shown = table.groupby("change", sort=False).head(max(lines // max(len(counts), 1), 1))
    rows = tuple(
        (
            " ".join(plain(row["name"]).split())
            if isinstance(row["name"], str)
            else plain(row["row_id"]),
            plain(row["npsn"]) if isinstance(row["npsn"], str) and row["npsn"] else _NONE,
            text(CHANGE_NAMES[row["change"]]),
            _bought(row, "before", text),
            _bought(row, "after", text),
        )
        for row in shown.to_dict("records")
    )
    if len(shown) < len(table):
        said.append(_shown(len(shown), len(table), text))
    heads = (N_("School"), N_("NPSN"), N_("Change"), N_("Without"), N_("Trial"))
    grids = [WordTable("", tuple(map(text, heads)), rows, frozenset({1}))] if rows else []
    title = text(N_("Schools gained and lost"))
    return PageSection(title, "difference_schools", said=said, grids=grids)


def _bought(row: Mapping[Hashable, Any], side: str, text: Text) -> str:
    if not isinstance(row[f"option_{side}"], str):
        return _NONE
    return f"{option_name(row[f'option_{side}'], text)}, {row[f'year_{side}']}"


def _money(found: PlanDifference, places: Mapping[str, str], text: Text, lines: int) -> PageSection:
    """The largest differences first."""
    table = found.money
    order = table.assign(size=table["difference_idr"].abs()).sort_values(
        ["size", "year", "envelope"], ascending=[False, True, True]
    )
    shown = order.head(lines)
    rows = tuple(
        (
            envelope_name(row["envelope"], places, text),
            str(row["year"]),
            *(short_rupiah(row[name], text) for name in ("before_idr", "after_idr")),
            _signed(short_rupiah(abs(row["difference_idr"]), text), row["difference_idr"]),
        )
        for row in shown.to_dict("records")
    )
    said = [text(N_("What is spent within ceilings, with PPN."))] if rows else []
    if len(shown) < len(table):
        said.append(_shown(len(shown), len(table), text))
    heads = (N_("Envelope"), N_("Year"), N_("Without"), N_("Trial"), N_("Difference"))
    numbers = frozenset({1, 2, 3, 4})
    grids = [WordTable("", tuple(map(text, heads)), rows, numbers)] if rows else []
    return PageSection(text(N_("Money that moves")), "difference_money", said=said, grids=grids)


def _shared(found: PlanDifference, text: Text, lines: int) -> PageSection:
    shown = found.shared.head(lines)
    rows = tuple(
        (
            name_of(row["kind"], SHARED_NAMES, text),
            " ".join(plain(row["name"] or row["shared_id"]).split()),
            text(CHANGE_NAMES[row["change"]]),
            str(row["year"]),
        )
        for row in shown.to_dict("records")
    )
    said = []
    if len(shown) < len(found.shared):
        said.append(_shown(len(shown), len(found.shared), text))
    heads = (N_("What is opened"), N_("Name"), N_("Change"), N_("Year"))
    grids = [WordTable("", tuple(map(text, heads)), rows, frozenset({3}))] if rows else []
    title = text(N_("Shared infrastructure"))
    return PageSection(title, "difference_shared", said=said, grids=grids)


def _shown(shown: int, every: int, text: Text) -> str:
    words = N_("Shown: {shown} of {all}; --top {all} or --format json has all of them.")
    return text(words, shown=text.number(shown), all=text.number(every))


def _change(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> float:
    return float(after[name] or 0.0) - float(before[name] or 0.0)


def _signed(shown: str, change: float) -> str:
    """With + or −; no sign where nothing changes."""
    return shown if not change else f"{'+' if change > 0 else '−'}{shown}"
