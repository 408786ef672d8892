"""Two runs compared, as sections for a page or a terminal, and as data for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kalsel_gap.comparison.causes import CAUSES, Cause, RunDifference
from kalsel_gap.comparison.gap_changes import GAP_CHANGES, GapChange
from kalsel_gap.deliverables.sections import PageSection, WordTable
from kalsel_gap.deliverables.tables import all_notices
from kalsel_gap.i18n.messages import NAMES, REASONS
from kalsel_gap.i18n.text import N_, Text, escaped, plain
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    import pandas as pd

    from kalsel_gap.comparison.run_comparison import RunComparison
    from kalsel_gap.storage.run_folder import Run

CAUSE_NAMES: dict[Cause, str] = {
    "register": N_("register"),
    "measurements": N_("measurements"),
    "coverage": N_("coverage"),
    "terrain": N_("sites and terrain"),
    "figures": N_("weights and figures"),
    "method": N_("method"),
}
GAP_CHANGE_NAMES: dict[GapChange, str] = {
    "closed": N_("closed"),
    "opened": N_("opened"),
    "regressed": N_("worse"),
    "improved": N_("better"),
    "found_adequate": N_("found adequate"),
    "found_gap": N_("found with a gap"),
    "lost_sight": N_("no longer known"),
}
_GROUPS = {
    "kabupaten": N_("Kabupaten/kota"),
    "terrain_class": N_("Terrain"),
    "gap_type": N_("Gap"),
}
_NATURES = (NAMES["stylised"], NAMES["synthetic"])
_NOT_IN_REGISTER = N_("not in its register")
_LISTED = 20  # inputs and figures that differ


def title_of(found: RunComparison, text: Text) -> str:
    """Title: which runs."""
    before, after = (run.folder.name for run in (found.before, found.after))
    title = text(N_("From run {before} to run {after}"), before=before, after=after)
    name = found.after.manifest.get("project")
    return f"{title}: {plain(name)}" if name else title


def notices_of(found: RunComparison, text: Text) -> list[str]:
    """What stands above everything: that data are not real, and what each run counts for."""
    of_runs = [(run.folder.name, all_notices(run, text)) for run in (found.before, found.after)]
    natures = {text(words) for words in _NATURES}
    of_both = natures & set(of_runs[0][1]) & set(of_runs[1][1])
    said = [sentence for _, sentences in of_runs for sentence in sentences if sentence in of_both]
    said += [
        text(N_("Run {run}: {sentence}"), run=name, sentence=sentence)
        for name, sentences in of_runs
        for sentence in sentences
        if sentence not in of_both
    ]
    return list(dict.fromkeys(said))


def imprint_of(found: RunComparison, text: Text) -> str:
    """What the page is made from."""
    return text(
        N_("kalsel-gap {version}, runs {before} and {after}"),
        version=found.after.manifest.get("kalsel_gap", ""),
        before=found.before.folder.name,
        after=found.after.folder.name,
    )


def sections_of(found: RunComparison, text: Text, *, top: int) -> list[PageSection]:
    """The page, the summary first.

    Parameters
    ----------
    found : RunComparison
    text : Text
        The reader's language.
    top : int
        How many schools are listed of those that moved most, and of those that entered or left.
    """
    sections = [
        _summary(found, text),
        _differences(found, text),
        _most_moved(found, text, top),
        _entered_and_left(found, text, top),
        _gaps(found, text),
        _how(text),
    ]
    return [each for each in sections if each.said or each.grids]


def as_data(found: RunComparison) -> str:
    """Everything that was found, as JSON for programs."""
    data: dict[str, Any] = {
        "before": _run(found.before),
        "after": _run(found.after),
        "goalposts_recomputed": list(found.goalposts),
        "differences": [
            {
                "cause": each.cause,
                "causes": list(each.causes),
                "key": each.key,
                "file": each.file or None,
                "before": each.before,
                "after": each.after,
            }
            for each in found.differences
        ],
        "causes": to_records(found.by_cause()),
        "gaps": to_records(found.gaps),
        "schools": to_records(found.schools),
    }
    return escaped(json.dumps(data, indent=1, ensure_ascii=False)) + "\n"


def _run(run: Run) -> dict[str, Any]:
    return {
        "run": run.folder.name,
        "kalsel_gap": run.manifest.get("kalsel_gap"),
        "project": run.manifest.get("project"),
        "data": run.manifest.get("data", "real"),
        "overrides": run.overrides,
    }


# --- sections ------------------------------------------------------------------------------------


def _summary(found: RunComparison, text: Text) -> PageSection:
    """How many schools moved, by what, how many of the moves are within chance."""
    ranked = int((found.schools["state"] == "ranked").sum())
    moved = found.moved
    counts = {"moved": text.number(len(moved)), "ranked": text.number(ranked)}
    said = []
    if found.before.folder.resolve() == found.after.folder.resolve():
        words = N_(
            "Both names mean the same run, {run}, so nothing can have moved. “kalsel-gap runs” "
            "lists the others."
        )
        said.append(text(words, run=found.after.folder.name))
    elif moved.empty:
        words = N_("Every one of the {ranked} schools that are ranked in both runs kept its rank.")
        said.append(text(words, **counts))
    else:
        median = float(moved["move"].abs().astype("float64").median())
        words = N_(
            "{moved} of the {ranked} schools that are ranked in both runs have another rank. "
            "Median of their moves: {median}."
        )
        said.append(text(words, **counts, median=text.number(median, 1 if median % 1 else 0)))
        said += _chance(moved, text)
    states = found.schools["state"].value_counts()
    entered, left = (int(states.get(state, 0)) for state in ("entered", "left"))
    if entered or left:
        words = N_("Newly ranked schools: {entered}. No longer ranked: {left}.")
        said.append(text(words, entered=text.number(entered), left=text.number(left)))
    warnings = []
    if found.goalposts:
        words = N_(
            "The older run was scored again by the goalposts of the newer one, so {count} of its "
            "schools have another rank here than in its own list. Other goalposts: {keys}."
        )
        again = found.schools["rank_stored"] != found.schools["rank_before"]
        count = text.number(int(again.fillna(value=False).sum()))
        warnings.append(text(words, count=count, keys=", ".join(found.goalposts)))
    return PageSection(
        text(N_("What moved")),
        "moved",
        warnings=warnings,
        said=said,
        grids=[] if moved.empty else [_causes(found, text)],
    )


def _chance(moved: pd.DataFrame, text: Text) -> Iterator[str]:
    """How many moves are within chance."""
    within = moved["within_chance"]
    known = within.dropna()
    if len(known):
        yield text(
            N_(
                "{count} of these moves are within chance: both ranks lie in the intervals of both "
                "runs (9 of 10 draws)."
            ),
            count=text.number(int(known.sum())),
        )
    if len(known) < len(within):
        yield text(
            N_(
                "Whether {count} of these moves are within chance is not known: a run was made "
                "without draws, or a rank lies outside its own interval."
            ),
            count=text.number(len(within) - len(known)),
        )


def _causes(found: RunComparison, text: Text) -> WordTable:
    rows = tuple(
        (
            text(CAUSE_NAMES[row["cause"]]),
            text.number(row["schools"]),
            text.number(row["main_cause_of"]),
            text.number(row["mean_places"], 1) or "–",
            text.number(row["most_places"]) or "–",
        )
        for row in found.by_cause().to_dict("records")
        if row["schools"]
    )
    heads = (
        N_("Cause"),
        N_("Schools moved"),
        N_("Mainly by it"),
        N_("Places, mean"),
        N_("Places, most"),
    )
    return WordTable(
        text(N_("What moved the ranks")), tuple(map(text, heads)), rows, frozenset({1, 2, 3, 4})
    )


def _differences(found: RunComparison, text: Text) -> PageSection:
    """Inputs and figures in which the runs differ."""
    said = []
    versions = [str(run.manifest.get("kalsel_gap", "?")) for run in (found.before, found.after)]
    if versions[0] != versions[1]:
        words = N_("The runs were made by two versions of kalsel-gap: {before} and {after}.")
        said.append(text(words, before=versions[0], after=versions[1]))
    if not found.differences:
        said.append(text(N_("All inputs and figures are the same in both runs.")))
        if not found.moved.empty:
            words = N_(
                "Ranks moved all the same: another version of the code made one of the runs."
            )
            said.append(text(words))
    shown = found.differences[:_LISTED]
    if more := len(found.differences) - len(shown):
        said.append(text(N_("… and {count} more"), count=text.number(more)))
    rows = tuple(
        (
            each.file or each.key,
            ", ".join(text(CAUSE_NAMES[cause]) for cause in each.causes),
            _change(each, text),
        )
        for each in shown
    )
    heads = (N_("Input or figure"), N_("Counts as"), N_("Change"))
    grids = [WordTable("", tuple(map(text, heads)), rows)] if rows else []
    title = text(N_("In what the runs differ"))
    return PageSection(title, "differences", said=said, grids=grids)


def _change(each: RunDifference, text: Text) -> str:
    if each.before is None:
        return text(N_("new")) if each.file else _value(each.after, text)
    if each.after is None:
        return text(N_("no longer there"))
    if each.file:
        return text(N_("other content"))
    return f"{_value(each.before, text)} → {_value(each.after, text)}"


def _value(value: object, text: Text) -> str:
    """A figure as it is read, anything else as the project file has it."""
    if isinstance(value, float):
        return text.figure(value)
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= _LISTED * 2 else shown[: _LISTED * 2] + "…"


def _most_moved(found: RunComparison, text: Text, top: int) -> PageSection:
    """The schools that moved most, each with the parts of its move."""
    shown = found.moved.head(top)
    rows = tuple(
        (
            plain(row["npsn"]) or "–",
            plain(row["name"]),
            f"{text.number(row['rank_before'])} → {text.number(row['rank_after'])}",
            _why(row, text),
            _chance_of(row["within_chance"], text),
        )
        for row in shown.to_dict("records")
    )
    heads = (
        N_("NPSN"),
        N_("School"),
        N_("Rank"),
        N_("Up or down, by"),
        N_("Within chance"),
    )
    said = []
    if len(shown) < len(found.moved):
        words = N_("Shown: {shown} of {all}; --format csv has all of them.")
        every = text.number(len(found.moved))
        said.append(text(words, shown=text.number(len(shown)), all=every))
    grids = [WordTable("", tuple(map(text, heads)), rows)] if rows else []
    title = text(N_("Schools that moved most"))
    return PageSection(title, "schools", said=said if rows else [], grids=grids)


def _why(row: Mapping[Hashable, Any], text: Text) -> str:
    """The parts of a move, the largest first; one alone is the whole move."""
    parts = {cause: int(row[f"by_{cause}"]) for cause in CAUSES if row[f"by_{cause}"]}
    order = sorted(parts, key=lambda cause: -abs(parts[cause]))
    each = [f"{text(CAUSE_NAMES[cause])} {_places(parts[cause], text)}" for cause in order]
    return ", ".join(each)


def _places(move: int, text: Text) -> str:
    words = N_("up {count}") if move < 0 else N_("down {count}")
    return text(words, count=text.number(abs(move)))


def _chance_of(within: object, text: Text) -> str:
    if within is True:
        return text(N_("yes"))
    return text(N_("no")) if within is False else text(N_("not known"))


def _entered_and_left(found: RunComparison, text: Text, top: int) -> PageSection:
    """Schools that are ranked in one run only, each with the reason; never dropped."""
    schools = found.schools[found.schools["state"].isin(["entered", "left"])]
    shown = schools.head(top)
    rows = tuple(_entry(row, text) for row in shown.to_dict("records"))
    heads = (N_("NPSN"), N_("School"), N_("Rank"), N_("By"), N_("The other run"))
    said = []
    if len(shown) < len(schools):
        words = N_("Shown: {shown} of {all}; --format csv has all of them.")
        every = text.number(len(schools))
        said.append(text(words, shown=text.number(len(shown)), all=every))
    grids = [WordTable("", tuple(map(text, heads)), rows)] if rows else []
    title = text(N_("Newly ranked, or no longer"))
    return PageSection(title, "entered", said=said, grids=grids)


def _entry(row: Mapping[Hashable, Any], text: Text) -> tuple[str, ...]:
    is_new = row["state"] == "entered"
    rank = text.number(row["rank_after" if is_new else "rank_before"])
    reason = row["unranked_before" if is_new else "unranked_after"]
    words = _NOT_IN_REGISTER if reason == "not_in_register" else REASONS.get(reason, "")
    return (
        plain(row["npsn"]) or "–",
        plain(row["name"]),
        f"– → {rank}" if is_new else f"{rank} → –",
        text(CAUSE_NAMES[row["cause_of_state"]]),
        text(words),
    )


def _gaps(found: RunComparison, text: Text) -> PageSection:
    """Gaps closed, opened and regressed: of all, by kabupaten, by terrain, by kind of gap."""
    title = text(N_("Gaps that changed"))
    if found.gaps.empty:
        return PageSection(title, "gaps", said=[text(N_("No school has another gap than before."))])
    (of_all,) = found.gaps[found.gaps["by"] == "all"].to_dict("records")
    counts = {name: text.number(of_all[name]) for name in GAP_CHANGES}
    said = [
        text(
            N_(
                "Closed: {closed}. Opened: {opened}. Worse: {regressed}. Better: {improved}. Found "
                "adequate: {found_adequate}. Found with a gap: {found_gap}. No longer known: "
                "{lost_sight}."
            ),
            **counts,
        ),
        *map(text, _MEANINGS),
    ]
    if any(each.key.startswith("index.gap.") for each in found.differences):
        words = N_(
            "The thresholds between the kinds of gaps differ: some of these gaps changed by "
            "definition only."
        )
        said.append(text(words))
    grids = []
    for by, label in _GROUPS.items():
        of_group = found.gaps[found.gaps["by"] == by]
        rows = tuple(
            (
                _group(row["group"], by, text),
                *(text.number(row[name]) if row[name] else "–" for name in GAP_CHANGES),
            )
            for row in of_group.to_dict("records")
        )
        heads = (text(label), *(text(GAP_CHANGE_NAMES[name]) for name in GAP_CHANGES))
        grids.append(WordTable("", heads, rows, frozenset(range(1, len(heads)))))
    return PageSection(title, "gaps", said=said, grids=grids)


_MEANINGS = (
    N_("Closed: there was a gap, the line is adequate now, and both are known."),
    N_("Opened: the line was known to be adequate, and now there is a gap."),
    N_(
        "Worse, better: another kind of gap than before. From better to worse: slow, unconnected, "
        "weak, uncovered. A signal that suffices now is better than none, also where no line is "
        "known."
    ),
    N_(
        "Found adequate, found with a gap: before, it was not known whether there was a gap, or "
        "the school was not in the register. Something was found out; nothing need have changed "
        "at the school."
    ),
    N_("No longer known: it was known whether there is a gap, and now it is not."),
)


def _group(value: str, by: str, text: Text) -> str:
    if not value:
        return text(N_("not known"))
    return plain(value) if by == "kabupaten" else text(NAMES.get(value, plain(value)))


def _how(text: Text) -> PageSection:
    """How the causes were separated, and what they cannot say."""
    return PageSection(
        text(N_("How the causes were separated")),
        "how",
        said=[
            text(
                N_(
                    "Up is nearer to rank 1. The parts of a move add up to it: in the older run "
                    "register, measurements, coverage, sites and terrain, weights and figures were "
                    "replaced by those of the newer one, in this order, and the schools were "
                    "ranked again after each."
                )
            ),
            text(
                N_(
                    "The order matters where causes work together: the earlier one has what both "
                    "did. A school that moved on the map counts as register, with all that is at "
                    "its new place."
                )
            ),
            text(
                N_(
                    "Where the service of a school is not known it is inferred from other schools. "
                    "What moved these moved the school, so one cause can move many schools."
                )
            ),
            text(
                N_(
                    "Method is what is left: what another version of the code did, also where "
                    "inputs and figures are the same."
                )
            ),
        ],
    )
