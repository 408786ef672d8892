"""What a reader of a list must know beside it: who is missing from it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap import schema
from kalsel_gap.deliverables.certainty_words import certainty_of_list
from kalsel_gap.deliverables.tables import (
    counted_schools,
    known_values,
    not_counted_sentence,
    select,
    silent_maps,
    values_meant,
)
from kalsel_gap.i18n.messages import (
    INACTIVE,
    NAMES,
    REASONS,
    SEVERITY_NAMES,
    finding_sentence,
)
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pandas as pd

    from kalsel_gap.deliverables.tables import View
    from kalsel_gap.storage.run_folder import Run

_SLIPS = 3  # headers that look misspelt: the rest are in findings.csv
_LONGEST = 160  # characters of a sentence in a cell
_LONGEST_FINDING = 320  # the values in it are those of others
_SEVERITIES = ("error", "warning", "note")

_FEW = 10  # schools that a sentence names; the table has all of them
# Terrain classes that are known from a layer only: the input of the run, and what to do.
_LAYERS = {
    "rawa": (
        ("wetlands",),
        N_("Wetlands are known from a layer only: name one under [wetlands]."),
    ),
    "pulau_kecil": (
        ("coastline.land",),
        N_("Small islands are known from polygons of land only: name them as land of [coastline]."),
    ),
    "pesisir": (
        ("coastline", "elevation"),
        N_("The coast is known from a coastline or an elevation model only: name one of them."),
    ),
}


def list_remarks(run: Run, text: Text, view: View | None = None) -> list[str]:
    """What a reader of the ranking must know besides: unranked schools, findings, idle leaves.

    Parameters
    ----------
    run : Run
        The run.
    text : Text
        The reader's language.
    view : View, optional
        Which schools the list shows: what is counted is about these. All by default.
    """
    is_part = view is not None and any(wanted for _, _, wanted in view.filters())
    chosen = select(run.schools, view.everyone()) if view is not None else run.schools
    if is_part and not len(chosen):
        return list(_nothing(run, view, text)) if view is not None else []
    return [
        *_decided(run, text),
        *certainty_of_list(run, text),
        *_unranked(run, chosen, text),
        *_planned(chosen, text),
        *leaves_not_scored(run, text),
        *_missing_layers(run, text, set(_LAYERS)),
        *_found(run, chosen, text, is_part=is_part),
    ]


def findings_by_code(findings: pd.DataFrame, text: Text) -> list[tuple[str, str, str, int]]:
    """The findings of a run by their codes: the errors first, then the most frequent.

    Returns
    -------
    list of tuple
        Sentence of the first one, severity in words, code, count.
    """
    groups = [
        (_SEVERITIES.index(str(group["severity"].iloc[0])), -len(group), str(code), group)
        for code, group in findings.groupby("code", sort=True)
    ]
    return [
        (
            shortened(finding_sentence(group.iloc[0].to_dict(), text), _LONGEST_FINDING),
            text(SEVERITY_NAMES[_SEVERITIES[severity]]),
            code,
            len(group),
        )
        for severity, _, code, group in sorted(groups, key=lambda each: each[:3])
    ]


def shortened(said: str, most: int = _LONGEST) -> str:
    """A long text up to the last whole word that fits into a cell."""
    return said if len(said) <= most else f"{said[:most].rpartition(' ')[0]} …"


def when_decided(manifest: Mapping[str, Any], text: Text) -> str:
    """Whether a decision came before the first result; empty where none is recorded."""
    decided = manifest.get("decision", {})
    if not decided:
        return ""
    if decided.get("set") == "before":
        return text(N_("set before the first ranking of these inputs"))
    words = N_("set after a ranking of these inputs: run {run} came first")
    return text(words, run=plain(decided.get("after_run", "")))


def _decided(run: Run, text: Text) -> Iterator[str]:
    if when := when_decided(run.manifest, text):
        number = plain(run.manifest["decision"]["number"])
        yield text(N_("Decision {number}: {when}."), number=number, when=when)


def cut_tie(run: Run, text: Text, view: View) -> str:
    """That the list of a view ends among schools of one rank; empty where it does not.

    No money is decided by the order of rows: a reader who takes the first schools must know
    that others have the same claim.
    """
    everyone = select(run.schools, view.everyone())
    if view.top is None or view.top >= len(everyone):
        return ""
    ranks = everyone["rank"].reset_index(drop=True)
    last = ranks[view.top - 1]
    equal = (ranks == last).fillna(value=False)  # unranked schools have no rank to share
    inside, count = int(equal[: view.top].sum()), int(equal.sum())
    if inside == count:
        return ""
    words = N_(
        "Rank {rank} is shared by {count} schools of equal deficit and priority, and the list ends "
        "after {inside} of them: their order means nothing. --top {top} shows all of them."
    )
    return text(
        words,
        rank=text.number(last),
        count=text.number(count),
        inside=text.number(inside),
        top=view.top - inside + count,
    )


def placeless(schools: pd.DataFrame, text: Text, *, is_held: bool = True) -> str:
    """How many rows have no place in a file of places; empty where all have one.

    Parameters
    ----------
    schools : DataFrame
        What is written.
    text : Text
        The reader's language.
    is_held : bool
        Whether the file holds such rows, without a place.
    """
    fallen = schools[schools["lat"].isna()]
    if fallen.empty:
        return ""
    if is_held:
        words = N_("Rows without a usable location, in the file without a place: {count}.")
        return text(words, count=text.number(len(fallen)))
    few = [f"{plain(npsn)} {plain(name)}".strip() for npsn, name in _named(fallen.head(_FEW))]
    more = " …" if len(fallen) > _FEW else ""
    words = N_(
        "Not in the file, as this format holds no row without a usable location ({count}): "
        "{schools}. GeoPackage, GeoJSON, Parquet and KML hold all."
    )
    return text(words, count=text.number(len(fallen)), schools="; ".join(few) + more)


def _nothing(run: Run, view: View, text: Text) -> Iterator[str]:
    """Why no school matches the filters: what each leaves to choose, given the others."""
    yield text(N_("No school matches all of these filters."))
    for option, column, wanted in view.filters():
        if not wanted:
            continue
        others = select(run.schools, view.without(option).everyone())
        values = known_values(others, column)
        shown = ", ".join(values) or text(N_("nothing"))
        words = N_("With the other filters, --{option} can be: {values}.")
        yield text(words, option=option, values=shown)
        if option == "terrain":
            meant = {v for each in wanted for v in values_meant(run.schools, column, each)}
            yield from _missing_layers(run, text, meant)


def _missing_layers(run: Run, text: Text, classes: Collection[str]) -> Iterator[str]:
    """For each of these terrain classes, the layer that the project would need to know it."""
    inputs = list(run.manifest.get("inputs", {}))
    for name, (sections, words) in _LAYERS.items():
        if name in classes and not any(each.startswith(sections) for each in inputs):
            yield text(words)


def _unranked(run: Run, chosen: pd.DataFrame, text: Text) -> Iterator[str]:
    reasons = counted_schools(chosen)["unranked_reason"].value_counts()
    if len(reasons):
        counted = [f"{text(REASONS[str(code)])}: {text.number(n)}" for code, n in reasons.items()]
        yield text(
            N_("Schools without a rank: {count} ({reasons})."),
            count=text.number(reasons.sum()),
            reasons="; ".join(counted),
        )
    if others := not_counted_sentence(chosen, text):
        yield others
    yield from _without_evidence(run, chosen, text)
    if nobody_ranked(run):
        yield _missing(run, text)


def _planned(chosen: pd.DataFrame, text: Text) -> Iterator[str]:
    """Ranked schools whose connection is planned already, as accepted objections show."""
    if "objections" not in chosen:  # a run of an older version
        return
    planned = chosen["objections"].fillna("").str.contains("planned")
    schools = chosen[planned & chosen["rank"].notna()]
    if len(schools):
        few = [f"{plain(npsn)} {plain(name)}" for npsn, name in _named(schools.head(_FEW))]
        more = " …" if len(schools) > _FEW else ""
        words = N_("Connection already planned, rank unchanged ({count}): {schools}.")
        yield text(words, count=text.number(len(schools)), schools="; ".join(few) + more)


def nobody_ranked(run: Run) -> bool:
    """Whether the run has schools and none of them has a rank."""
    return bool(len(run.schools)) and bool(run.schools["rank"].isna().all())


def _missing(run: Run, text: Text) -> str:
    """Which evidence would be needed for anybody to have a rank."""
    inputs = {name.partition(".")[0] for name in run.manifest.get("inputs", {})}
    if run.schools["lat"].isna().all():
        if "boundaries" in inputs:
            return text(N_("No school has a rank. Are the coordinates inside the boundaries?"))
        return text(N_("No school has a rank, as none has usable coordinates. See findings.csv."))
    lacking = {
        "coverage": N_("coverage maps ([[coverage]])"),
        "sites": N_("radio sites with an elevation model ([[sites]], [elevation])"),
        "measurements": N_("speed tests ([[measurements]])"),
    }
    named = [text(words) for section, words in lacking.items() if section not in inputs]
    named.append(text(N_("what the register says of the internet (column “internet”)")))
    if "coverage" in inputs:
        words = N_(
            "No school has a rank: the maps of the project say nothing at any school. What would "
            "help: {lacking}."
        )
    else:
        words = N_("No school has a rank, as the project has no evidence. It lacks: {lacking}.")
    return text(words, lacking=", ".join(named))


def _without_evidence(run: Run, chosen: pd.DataFrame, text: Text) -> Iterator[str]:
    """Schools that fell off the list for lack of evidence, and the map and key that decided it."""
    fallen = chosen[chosen["unranked_reason"] == "no_evidence"]
    if fallen.empty:
        return
    few = [f"{plain(npsn)} {plain(name)}".strip() for npsn, name in _named(fallen.head(_FEW))]
    more = " …" if len(fallen) > _FEW else ""
    words = N_("Not in the list for lack of evidence ({count}): {schools}.")
    yield text(words, count=text.number(len(fallen)), schools="; ".join(few) + more)
    for file, count in silent_maps(run, fallen)["source"].value_counts().sort_index().items():
        words = N_(
            "{file} has no data at {count} of them, and nodata_means = “unknown” leaves them out; "
            "with “none” they would count as without signal. Ask whoever made the map which it is."
        )
        yield text(words, file=plain(str(file)), count=text.number(count))


def _named(schools: pd.DataFrame) -> Iterator[tuple[str, str]]:
    for npsn, name in schools[["npsn", "name"]].fillna("").itertuples(index=False):
        yield str(npsn), str(name)


def leaves_not_scored(run: Run, text: Text) -> Iterator[str]:
    """Leaves that are not scored, a sentence for each reason."""
    parameters = run.manifest.get("parameters", {})
    leaves: dict[str, list[str]] = {}
    for leaf, why in sorted(run.manifest.get("not_scored", {}).items()):
        column = parameters.get(f"index.nodes.{leaf}.column")
        known = schema.BY_NAME.get(column)
        leaves.setdefault(why, []).append(text(known.label) if known else str(column))
    for code, sentence in INACTIVE.items():
        if code in leaves:
            yield text(sentence, leaves=", ".join(leaves[code]))


def _found(run: Run, chosen: pd.DataFrame, text: Text, *, is_part: bool) -> Iterator[str]:
    findings = run.findings
    words = N_("Findings in findings.csv: {counts}.")
    if is_part:
        place = findings["file"] + ":" + findings["row"].astype("str")
        findings = findings[place.isin(set(chosen["row_id"]))]
        words = N_("Findings about these schools in findings.csv: {counts}.")
    if len(findings):
        severities = findings["severity"].value_counts()
        counted = [
            f"{text(NAMES[s])} {text.number(severities[s])}" for s in _SEVERITIES if s in severities
        ]
        yield text(words, counts=", ".join(counted))
    slips = run.findings[run.findings["code"] == "column_not_understood"]
    for row in slips.head(_SLIPS).to_dict("records"):
        yield f"{row['file']}: {finding_sentence(row, text)}"
