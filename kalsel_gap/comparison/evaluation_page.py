"""A plan evaluated, as sections for a page or a terminal, and as data for programs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from kalsel_gap.comparison.comparison_page import GAP_CHANGE_NAMES
from kalsel_gap.comparison.gap_changes import GAP_CHANGES
from kalsel_gap.comparison.plan_evaluation import COMPARISONS, OUTCOMES
from kalsel_gap.comparison.planned_schools import SITE_KM
from kalsel_gap.deliverables.sections import PageSection, WordTable
from kalsel_gap.deliverables.tables import all_notices
from kalsel_gap.i18n.plan_names import DELIVERY_NAMES, option_name
from kalsel_gap.i18n.rupiah import short_rupiah
from kalsel_gap.i18n.text import N_, Text, escaped, plain
from kalsel_gap.planning.evaluate import FEW_CLUSTERS
from kalsel_gap.sources.delivery import DELIVERY_STATES
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from kalsel_gap.comparison.plan_evaluation import Comparison, PlanEvaluation
    from kalsel_gap.planning.evaluate import ServedGroup

GROUP_NAMES: dict[ServedGroup, str] = {
    "delivered": N_("delivered since the plan"),
    "chosen": N_("chosen and due, not delivered"),
    "later": N_("chosen for a later year"),
    "waiting": N_("not chosen, nothing delivered"),
    "earlier": N_("delivered before the plan"),
    "left_out": N_("no candidate: adequate, promised or excluded"),
}
_SERVED_NAMES: dict[Comparison, str] = {
    "chosen": N_("chosen and due, whatever was delivered"),
    "delivered": N_("delivered since the plan"),
}
_OUTCOME_NAMES = {
    "deficit": N_("deficit D (a fall is good)"),
    "delivered": N_("service A_d (a rise is good)"),
}
_METHOD_NAMES = {
    "plain": N_("all not served"),
    "matched": N_("not served, of like deficit before"),
    "apart": N_("not served, far from new 4G sites"),
}
_ASSUMPTIONS = (
    N_(
        "Parallel trends: without the plan, the schools served would have changed as those not "
        "served did. No test can prove it. The placebo shows whether they did so before."
    ),
    N_(
        "No spill-over: what was built for one school does not serve another one that counts as "
        "not served. A new 4G site does. Then the effect is larger than it looks here."
    ),
    N_(
        "The same measure in both runs: where a school served is measured and one not served is "
        "inferred, a part of the difference is that of the evidence. The rows of schools that are "
        "known in both runs are free of it."
    ),
    N_(
        "Regression to the mean: a school is chosen because its deficit was high when it was "
        "measured. What was high partly by chance falls at the next measurement without any help. "
        "The rows “of like deficit before” compare schools of the same tenth of the deficit."
    ),
    N_(
        "Who gets the delivery first was chosen by somebody. The rows of all schools chosen and "
        "due are free of that choice, and their effect is smaller where not all were delivered."
    ),
    N_(
        "Schools of one kabupaten may change together. The intervals (95 %) allow for it, by the "
        "kabupaten as groups."
    ),
)


def evaluation_title(found: PlanEvaluation, text: Text) -> str:
    """Title: which plan, by which run."""
    title = text(
        N_("Plan {plan}, evaluated by run {run}"),
        plan=found.plan.folder.name,
        run=found.after.folder.name,
    )
    name = found.after.manifest.get("project")
    return f"{title}: {plain(name)}" if name else title


def evaluation_notices(found: PlanEvaluation, text: Text) -> list[str]:
    """What stands above everything: that data are not real, what the later run counts for."""
    return list(dict.fromkeys([*all_notices(found.after, text), *all_notices(found.before, text)]))


def evaluation_imprint(found: PlanEvaluation, text: Text) -> str:
    """What the page is made from."""
    return text(
        N_("kalsel-gap {version}, plan {plan} of run {before}, and run {after}"),
        version=found.after.manifest.get("kalsel_gap", ""),
        plan=found.plan.folder.name,
        before=found.before.folder.name,
        after=found.after.folder.name,
    )


def evaluation_sections(found: PlanEvaluation, text: Text, *, top: int) -> list[PageSection]:
    """The page, what was built first.

    Parameters
    ----------
    found : PlanEvaluation
    text : Text
        The reader's language.
    top : int
        How many schools are listed of those that were served and did not improve.
    """
    sections = [
        _built(found, text),
        _spending(found, text),
        _gaps(found, text),
        _effects(found, text),
        _placebo(found, text),
        _no_better(found, text, top),
        PageSection(text(N_("What this assumes")), "assumes", said=list(map(text, _ASSUMPTIONS))),
    ]
    return [each for each in sections if each.said or each.grids or each.pairs]


def evaluation_data(found: PlanEvaluation) -> str:
    """Everything that was found, as JSON for programs."""
    data: dict[str, Any] = {
        "plan": found.plan.folder.name,
        "before": found.before.folder.name,
        "after": found.after.folder.name,
        "project": found.after.manifest.get("project"),
        "data": found.after.manifest.get("data", "real"),
        "year": found.year,
        "compared": found.compared,
        "built": to_records(found.built),
        "spending": {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in found.spending._asdict().items()
        },
        "gaps": to_records(found.gaps),
        "effects": to_records(found.effects),
        "placebo": to_records(found.placebo),
        "near_new_site": found.near_new_site,
        "deliveries_of_no_school": list(found.strangers),
        "schools": to_records(found.schools),
    }
    return escaped(json.dumps(data, indent=1, ensure_ascii=False)) + "\n"


# --- what was built ------------------------------------------------------------------------------


def _built(found: PlanEvaluation, text: Text) -> PageSection:
    """Schools due, states of delivery, tests in the later run."""
    built = found.built
    said, warnings = [], []
    if found.is_same_run:
        words = N_(
            "The plan was made from this run, so nothing can have changed. Name a run of later "
            "data; “kalsel-gap runs” lists them."
        )
        warnings.append(text(words))
    due = int(built["due"].sum())
    if found.year is None:
        words = N_(
            "The later run states no date of its data, so every chosen school counts as due: "
            "{count}."
        )
        said.append(text(words, count=text.number(due)))
    else:
        words = N_("Schools that the plan serves until {year}: {count}.")
        said.append(text(words, year=found.year, count=text.number(due)))
    if found.compared == "chosen":
        words = N_(
            "No delivery since the plan is reported. What follows takes every school that was due "
            "as served. To say what was delivered, name the table of deliveries as “delivery” "
            "under [plan] in the project file."
        )
        warnings.append(text(words))
    else:
        delivered = found.schools[found.schools["group"] == "delivered"]
        words = N_(
            "Delivered since the plan: {count} schools, {outside} of them not by the plan. With "
            "speed tests of their own in the later run: {tested}."
        )
        said.append(
            text(
                words,
                count=text.number(len(delivered)),
                outside=text.number(int((~delivered["is_chosen"]).sum())),
                tested=text.number(int((delivered["tests_after"] > 0).sum())),
            )
        )
        is_other = delivered["is_chosen"] & (
            delivered["delivered_option"] != delivered["option"]
        ).fillna(value=False)
        if is_other.any():
            words = N_("Schools with another option than the plan has for them: {count}.")
            said.append(text(words, count=text.number(int(is_other.sum()))))
    if found.strangers:
        words = N_("Deliveries of no school of the plan's run: {names}.")
        warnings.append(text(words, names=_first_few(found.strangers)))
    states = [state for state in DELIVERY_STATES if built[state].any()]
    heads = (
        text(N_("Option")),
        text(N_("Due")),
        *(text(DELIVERY_NAMES[state]) for state in states),
        text(N_("Not reported")),
        text(N_("With own tests")),
    )
    rows = tuple(
        (
            option_name(row["option"], text) or text(N_("not of the plan")),
            *(
                text.number(row[name]) if row[name] else "–"
                for name in ("due", *states, "not_reported", "tested")
            ),
        )
        for row in built.to_dict("records")
    )
    grids = [WordTable("", heads, rows, frozenset(range(1, len(heads))))] if rows else []
    title = text(N_("What was built"))
    return PageSection(title, "built", warnings=warnings, said=said, grids=grids)


_NAMED = 5


def _first_few(names: tuple[str, ...]) -> str:
    more = " …" if len(names) > _NAMED else ""
    return ", ".join(map(plain, names[:_NAMED])) + more


# --- money ---------------------------------------------------------------------------------------


def _spending(found: PlanEvaluation, text: Text) -> PageSection:
    """What it cost, and what one unit of the result cost."""
    money = found.spending
    title = text(N_("What it cost"))
    if not money.schools:
        return PageSection(title, "cost")
    pairs = [
        (text(N_("Schools served")), text.number(money.schools)),
        (text(N_("Spent until then, with PPN")), short_rupiah(money.spent_idr, text)),
    ]
    if money.shared_idr:
        pairs.append((text(N_("Of it shared sites")), short_rupiah(money.shared_idr, text)))
    units = {
        N_("Per gap closed"): money.per_gap_idr,
        N_("Per school adequate now"): money.per_adequate_idr,
        N_("Per pupil"): money.per_student_idr,
        N_("Per fall of D by 1 at one school"): money.per_fall_idr,
        N_("Per such fall that was caused"): money.per_caused_idr,
    }
    none = text(N_("cannot be stated"))
    pairs += [(text(label), short_rupiah(idr, text) or none) for label, idr in units.items()]
    said = []
    if money.with_actual:
        words = N_(
            "The actual cost is known of {count} of these schools: {actual}, where the plan had "
            "{planned}. Of the others the plan's figures are counted."
        )
        said.append(
            text(
                words,
                count=text.number(money.with_actual),
                actual=short_rupiah(money.actual_idr, text),
                planned=short_rupiah(money.planned_idr, text),
            )
        )
    else:
        said.append(text(N_("No actual cost is known: all amounts are those of the plan.")))
    words = N_(
        "Gaps closed: {closed}. Known to be adequate now, and not before: {adequate}. D of these "
        "schools fell by {fall} in all. A school whose D falls from 1 to 0 counts as 1."
    )
    fall = text.number(money.fall, 2)
    counts = {"closed": text.number(money.closed), "adequate": text.number(money.adequate)}
    said.append(text(words, **counts, fall=fall))
    if not math.isnan(money.caused):
        words = N_(
            "Caused is what these schools fell more than schools of like deficit that were not "
            "served: {caused}."
        )
        said.append(text(words, caused=text.number(money.caused, 2)))
    if money.unknown_students:
        words = N_("The pupils of {count} of these schools are not known and not counted.")
        said.append(text(words, count=text.number(money.unknown_students)))
    return PageSection(title, "cost", pairs=pairs, said=said)


# --- gaps ----------------------------------------------------------------------------------------


def _gaps(found: PlanEvaluation, text: Text) -> PageSection:
    """Gaps closed, opened and regressed by what became of the school."""
    title = text(N_("Gaps closed, opened and worse"))
    changes = [name for name in GAP_CHANGES if found.gaps[name].any()]
    if not changes:
        return PageSection(title, "gaps", said=[text(N_("No school has another gap than before."))])
    heads = (
        text(N_("Schools that were")),
        text(N_("Schools")),
        *(text(GAP_CHANGE_NAMES[name]) for name in changes),
    )
    rows = tuple(
        (
            text(GROUP_NAMES[row["group"]]),
            *(text.number(row[name]) if row[name] else "–" for name in ("schools", *changes)),
        )
        for row in found.gaps.to_dict("records")
    )
    said = [
        text(
            N_(
                "Closed: there was a gap, the line is adequate now, and both are known. Found "
                "adequate or with a gap: before, it was not known."
            )
        )
    ]
    grid = WordTable("", heads, rows, frozenset(range(1, len(heads))))
    return PageSection(title, "gaps", said=said, grids=[grid])


# --- effects -------------------------------------------------------------------------------------


def _effects(found: PlanEvaluation, text: Text) -> PageSection:
    """Differences in differences, with what part is regression to the mean."""
    title = text(N_("Effect beside schools not yet served"))
    known = found.effects[found.effects["effect"].notna()]
    if known.empty:
        words = N_("There are no schools to compare: of both kinds, served and not yet served.")
        return PageSection(title, "effect", said=[text(words)])
    said = [
        text(
            N_(
                "The effect is the change of the schools served, less the change of schools not "
                "yet served (difference in differences)."
            )
        ),
        *_regression(found, text),
    ]
    warnings = []
    clusters = int(known["clusters"].max())
    if clusters < FEW_CLUSTERS:
        words = N_(
            "There are only {count} kabupaten, so the intervals are rather too narrow: an effect "
            "whose interval nearly reaches 0 is not proven."
        )
        warnings.append(text(words, count=text.number(clusters)))
    if found.near_new_site:
        words = N_(
            "{count} schools not yet served are within {distance} km of a school with a new 4G "
            "site and may be served too; the rows “far from new 4G sites” leave them out."
        )
        distance = text.number(SITE_KM)
        warnings.append(text(words, count=text.number(found.near_new_site), distance=distance))
    grids = [
        WordTable(
            text(N_("Served: {who}"), who=text(_SERVED_NAMES[compared])),
            tuple(map(text, _EFFECT_HEADS)),
            tuple(_effect_rows(known[known["compared"] == compared], text)),
            frozenset({3, 4, 5, 6, 7}),
        )
        for compared in COMPARISONS
        if (known["compared"] == compared).any()
    ]
    return PageSection(title, "effect", warnings=warnings, said=said, grids=grids)


_EFFECT_HEADS = (
    N_("Change of"),
    N_("Compared with"),
    N_("Evidence"),
    N_("Served"),
    N_("Not served"),
    N_("Change, served"),
    N_("Expected"),
    N_("Effect"),
    N_("Interval of 95 %"),
)


def _effect_rows(effects: pd.DataFrame, text: Text) -> Iterator[tuple[str, ...]]:
    for row in effects.to_dict("records"):
        evidence = N_("known in both runs") if row["evidence"] == "known" else N_("all")
        yield (
            text(_OUTCOME_NAMES[row["outcome"]]),
            text(_METHOD_NAMES[row["method"]]),
            text(evidence),
            text.number(row["served"]),
            text.number(row["not_served"]),
            _signed(row["change_served"], text),
            _signed(row["change_expected"], text),
            _signed(row["effect"], text),
            _interval(row["low"], row["high"], text),
        )


def _signed(value: float, text: Text) -> str:
    written = text.number(abs(value), 3)
    if not written:
        return "–"
    is_zero = round(abs(value), 3) == 0.0
    return written if is_zero else f"{'−' if value < 0 else '+'}{written}"


def _interval(low: float, high: float, text: Text) -> str:
    if math.isnan(low) or math.isnan(high):
        return text(N_("not known"))
    return text(N_("{low} to {high}"), low=_signed(low, text), high=_signed(high, text))


def _regression(found: PlanEvaluation, text: Text) -> Iterator[str]:
    """What the schools served would have changed by themselves, beyond the others."""
    effects = found.effects
    chosen = effects[
        (effects["compared"] == found.compared)
        & (effects["outcome"] == OUTCOMES[0])
        & (effects["evidence"] == "all")
        & (effects["method"] == "matched")
        & effects["effect"].notna()
    ]
    for row in chosen.to_dict("records"):
        words = N_(
            "Regression to the mean: D of schools not served whose deficit was like that of the "
            "schools served changed by {expected}, and of all not served by {others}. So "
            "{share} of the change of the schools served is no effect of the plan."
        )
        yield text(
            words,
            expected=_signed(row["change_expected"], text),
            others=_signed(row["change_not_served"], text),
            share=_signed(row["change_expected"] - row["change_not_served"], text),
        )
        if row["unmatched"]:
            words = N_(
                "{count} schools served have no school of like deficit that was not served, and "
                "are left out of that comparison."
            )
            yield text(words, count=text.number(row["unmatched"]))


def _placebo(found: PlanEvaluation, text: Text) -> PageSection:
    """The same comparison before the plan: where nothing was built, it should find nothing."""
    title = text(N_("Before the plan (placebo)"))
    if found.placebo.empty:
        words = N_(
            "No earlier run was named, so whether both kinds of schools changed alike before the "
            "plan is not known. Name one of earlier data with --earlier."
        )
        return PageSection(title, "placebo", said=[text(words)])
    known = found.placebo[found.placebo["effect"].notna()]
    rows = tuple(
        (
            plain(row["run"]),
            text(_SERVED_NAMES[row["compared"]]),
            text(_OUTCOME_NAMES[row["outcome"]]),
            _signed(row["effect"], text),
            _interval(row["low"], row["high"], text),
        )
        for row in known.to_dict("records")
    )
    heads = (
        N_("From run"),
        N_("Served"),
        N_("Change of"),
        N_("Effect"),
        N_("Interval of 95 %"),
    )
    said = [
        text(
            N_(
                "Until the run of the plan nothing of it was built, so an effect that is not near "
                "0 is none of the plan: then the trends were not parallel, or the schools were "
                "chosen for a deficit that was high by chance."
            )
        )
    ]
    grids = [WordTable("", tuple(map(text, heads)), rows, frozenset({3}))] if rows else []
    return PageSection(title, "placebo", said=said, grids=grids)


# --- schools -------------------------------------------------------------------------------------


def _no_better(found: PlanEvaluation, text: Text, top: int) -> PageSection:
    """Schools that something was delivered to and whose deficit did not fall."""
    schools = found.schools
    title = text(N_("Delivered, and not better"))
    change = schools["deficit_after"] - schools["deficit_before"]
    is_listed = (schools["group"] == "delivered") & (change >= 0).fillna(value=False)
    listed = schools[is_listed].sort_values(
        ["spent_idr", "npsn"], ascending=[False, True], kind="stable"
    )
    if listed.empty or found.is_same_run:
        return PageSection(title, "no_better")
    heads = (
        N_("NPSN"),
        N_("School"),
        N_("Option"),
        N_("State"),
        N_("Deficit"),
        N_("Own tests"),
        N_("Spent"),
    )
    rows = tuple(
        (
            plain(row["npsn"]) or "–",
            plain(row["name"]),
            option_name(row["option"], text) if isinstance(row["option"], str) else "–",
            text(DELIVERY_NAMES[row["state"]]),
            f"{text.number(row['deficit_before'], 2)} → {text.number(row['deficit_after'], 2)}",
            text.number(row["tests_after"]),
            short_rupiah(row["spent_idr"], text) or "–",
        )
        for row in listed.head(top).to_dict("records")
    )
    said = []
    if len(rows) < len(listed):
        words = N_("Shown: {shown} of {all}; --format csv has all of them.")
        said.append(text(words, shown=text.number(len(rows)), all=text.number(len(listed))))
    grid = WordTable("", tuple(map(text, heads)), rows, frozenset({5, 6}))
    return PageSection(title, "no_better", said=said, grids=[grid])
