"""Two schools side by side, and one school before and after a trial, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.deliverables.certainty_words import chance_of_school, rank_interval
from kalsel_gap.deliverables.columns import with_unit
from kalsel_gap.deliverables.explanation_words import (
    difference_words,
    label_of,
    title_of,
    value_words,
)
from kalsel_gap.deliverables.school_columns import (
    completeness_words,
    deficit_words,
    joined,
    mark_of,
    signal_words,
    tier_words,
)
from kalsel_gap.deliverables.sections import PageSection, WordTable
from kalsel_gap.i18n.messages import NAMES, REASONS, TIER_NAMES
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from kalsel_gap.deliverables.explanation import Explanation
    from kalsel_gap.storage.run_folder import Run


def comparison(one: Explanation, other: Explanation, run: Run, text: Text) -> list[PageSection]:
    """What separates two schools, leaf by leaf."""
    both = (one, other)
    heads = ("", *(title_of(each) for each in both))
    whole = PageSection(text(N_("Side by side")))
    for each in both:
        if each.row["rank"] is None:
            words = N_("{school} has no rank: {reason}.")
            why = text(REASONS[str(each.row["unranked_reason"])])
            whole.said.append(text(words, school=title_of(each), reason=why))
    facts = {
        N_("Rank"): [text.number(each.row["rank"]) for each in both],
        N_("Rank, 90% range"): [rank_interval(each.row, text) for each in both],
        N_("Chance to be among the first k"): [chance_of_school(each.row, text) for each in both],
        N_("Deficit"): [deficit_words(each.row, text) for each in both],
        N_("Tier"): [tier_words(each.row, text) for each in both],
        N_("Priority"): [text.number(each.row["priority"], 2) for each in both],
        N_("Completeness"): [completeness_words(each.row, text) for each in both],
        N_("Kabupaten/kota"): [joined(each.row["kabupaten"]) for each in both],
        N_("Terrain"): [text(NAMES[str(each.row["terrain_class"] or "unknown")]) for each in both],
        N_("Best signal"): [signal_words(each.row, text) for each in both],
    }
    rows = tuple(
        (text(label), *(value or "–" for value in values))
        for label, values in facts.items()
        if any(values)
    )
    whole.grids.append(WordTable("", heads, rows))
    if all(each.row["rank"] is not None for each in both):
        whole.said.append(_who_is_before(one, other, run, text))
    return [whole, _leaf_by_leaf(one, other, run, text)]


def _who_is_before(one: Explanation, other: Explanation, run: Run, text: Text) -> str:
    first, second = sorted((one, other), key=lambda each: int(each.row["rank"]))
    words = N_("{first} stands {places} places before {second}: {difference}")
    if first.row["rank"] == second.row["rank"]:
        words = N_("{first} and {second} share a rank: {difference}")
    places = int(second.row["rank"]) - int(first.row["rank"])
    return text(
        words,
        first=title_of(first),
        second=title_of(second),
        places=text.number(places),
        difference=difference_words(second, first, run, text),
    )


def _leaf_by_leaf(one: Explanation, other: Explanation, run: Run, text: Text) -> PageSection:
    """Values and contributions of both, and which has more."""
    names = tuple(plain(each.row["npsn"]) or plain(each.row["row_id"]) for each in (one, other))
    section = PageSection(text(N_("Indicator by indicator")))
    values = {leaf.code: leaf for leaf in other.leaves}
    rows = []
    for leaf in one.leaves:
        theirs = values[leaf.code]
        if leaf.status == theirs.status == "not_scored":
            continue
        parts = [_contribution(each, leaf.code) for each in (one, other)]
        more = "–"
        if None not in parts:
            difference = (parts[0] or 0.0) - (parts[1] or 0.0)
            sign = "+" if difference > 0 else "−" if difference < 0 else ""
            more = sign + text.number(abs(difference), 3)
        rows.append(
            (
                with_unit(label_of(leaf.code, run, text), leaf.column),
                *(value_words(leaf.column, each.value, text) for each in (leaf, theirs)),
                *(text.number(part, 3) or "–" for part in parts),
                more,
            )
        )
    heads = (
        text(N_("Indicator")),
        *names,
        *(text(N_("Adds to P: {school}"), school=name) for name in names),
        text(N_("Difference")),
    )
    words = N_(
        "Value of each school, what it adds to its priority, and how much more it adds for the "
        "first one."
    )
    section.said.append(text(words))
    section.grids.append(WordTable("", heads, tuple(rows), frozenset(range(1, 6))))
    return section


def _contribution(explained: Explanation, leaf: str) -> float | None:
    parts = explained.parts.get("priority")
    if parts is None:
        return None
    return next((part.contribution for part in parts if part.leaf == leaf), 0.0)


# --- before and after ----------------------------------------------------------------------------


def change(before: Explanation, after: Explanation, overrides: str, text: Text) -> PageSection:
    """What a trial changes for a school; how sure a tier is, is left out: a trial has no draws."""
    both = (before.row, after.row)
    facts = {
        N_("Rank"): [text.number(row["rank"]) or text(N_("no rank")) for row in both],
        N_("Tier"): [text(TIER_NAMES[mark_of(row["tier_label"])]) for row in both],
        N_("Deficit"): [text.number(row["deficit"], 4) for row in both],
        N_("Barrier"): [text.number(row["barrier"], 4) for row in both],
        N_("Need"): [text.number(row["need"], 4) for row in both],
        N_("Priority"): [text.number(row["priority"], 4) for row in both],
        N_("Among the first k"): [_among(each, text) for each in (before, after)],
    }
    rows = tuple((text(label), *(v or "–" for v in values)) for label, values in facts.items())
    heads = ("", text(N_("Before")), text(N_("After")))
    section = PageSection(text(N_("What if: {overrides}"), overrides=plain(overrides)))
    words = N_("A trial for this page only: the list is unchanged, and nothing of it is kept.")
    section.said.append(text(words))
    section.grids.append(WordTable("", heads, rows))
    return section


def _among(explained: Explanation, text: Text) -> str:
    if explained.at is None:
        return ""
    words = N_("yes, k = {k}") if explained.at.is_inside else N_("no, k = {k}")
    return text(words, k=text.number(explained.at.k))
