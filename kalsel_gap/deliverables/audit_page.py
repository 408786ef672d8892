"""Audit page of a run: what it rests on, what was fixed before it, and how to make it again.

One HTML file that opens without a network and prints on A4. It is made from the run alone, and
texts of the inputs and of the project file are shown as text and never as markup.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kalsel_gap import schema
from kalsel_gap.deliverables.certainty_words import tie_at, what_orders
from kalsel_gap.deliverables.codes import CODES, STANDINGS, words_of
from kalsel_gap.deliverables.first_k_shares import shares_of_first_k
from kalsel_gap.deliverables.list_certainty import certainty_sections
from kalsel_gap.deliverables.offline_html import page_without_script
from kalsel_gap.deliverables.provenance import input_files
from kalsel_gap.deliverables.remarks import (
    findings_by_code,
    leaves_not_scored,
    shortened,
    when_decided,
)
from kalsel_gap.deliverables.tables import counted_schools, not_counted_sentence, page_notices
from kalsel_gap.i18n.messages import REASONS
from kalsel_gap.i18n.text import N_, Text, plain, typed
from kalsel_gap.project.decision import FIXES
from kalsel_gap.project.departures import (
    decided_figures,
    find_departures,
    idle_reasons,
    shipped_figures,
    stated_reason,
)
from kalsel_gap.storage.fingerprint import code_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kalsel_gap.project.departures import Departure
    from kalsel_gap.robustness.sensitivity import ListSensitivity
    from kalsel_gap.storage.run_folder import Run

_PIPELINE = "kalsel_gap.pipeline"  # its hash covers whatever it imports
_NOT_SET = ("despite_errors", "reason", "role")  # overrides with an option of their own
_REPAIRED = {  # findings about accepted repairs
    "location_repaired": N_("coordinates"),
    "location_is_area": N_("areas instead of a point"),
    "value_repaired": N_("values"),
}
_FACTS = {
    "deficit_status": N_("Deficit"),
    "delivered_status": N_("Service that the school has"),
    "available_status": N_("Service that is available there"),
}
_FIGURES = {  # keys of a decision
    "k": N_("How many schools come first (k)"),
    "confidence": N_("Confidence of the statements about the whole list"),
    "evidence_date": N_("Day up to which the evidence reaches"),
    "weights.lambda": N_("λ: weight of the delivered service in the deficit"),
    "weights.base": N_("Priority: weight of the deficit alone"),
    "weights.need": N_("Priority: weight of the need"),
    "weights.barrier": N_("Priority: weight of the barrier"),
}
_GROUPS = {
    "kabupaten": N_("By kabupaten or kota"),
    "level": N_("By level"),
    "ownership": N_("By ownership"),
    "terrain_class": N_("By terrain"),
}
_NO_REASON = N_("no reason stated")


@dataclass(frozen=True, slots=True)
class AuditTable:
    """A table of the page: its cells are text.

    Attributes
    ----------
    title : str
        Caption; empty where the section's title says it.
    head : sequence of str
    rows : sequence of sequences of str
        The first cell heads its row.
    numbers : frozenset of int
        Columns that are set to the right.
    code : frozenset of int
        Columns with keys and hashes.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    code: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class AuditSection:
    """A section of the page: warnings and sentences, then commands, then tables."""

    name: str
    title: str
    sentences: Sequence[str] = ()
    tables: Sequence[AuditTable] = ()
    commands: Sequence[str] = ()
    warnings: Sequence[str] = ()


def audit_html(run: Run, found: ListSensitivity, text: Text, *, damaged: Sequence[str] = ()) -> str:
    """The page as text: the same run gives the same bytes.

    Parameters
    ----------
    run : Run
        The run.
    found : ListSensitivity
        What its list depends on.
    text : Text
        Language of the page.
    damaged : sequence of str
        Runs whose record could not be read when the decision was compared with earlier ones.
    """
    title = text(N_("Audit of the ranking"))
    if name := run.manifest.get("project"):
        title = f"{title}: {plain(name)}"
    first, *others = _certainty(run, found, text)
    sections = (
        _decision(run, text, damaged),
        _figures(run, text),
        first,
        _shares(run, text),
        _known(run, text),
        *others,
        _repairs(run, text),
        _inputs(run, text),
        _again(run, text),
    )
    content = {
        "language": text.language,
        "title": title,
        **page_notices(run, text),
        "facts": [(plain(label), plain(value)) for label, value in _facts(run, text)],
        "contents": text(N_("Contents")),
        "sections": sections,
        "plain": plain,
        "made_by": f"kalsel-gap {run.manifest['kalsel_gap']}",
    }
    return page_without_script("audit", content)


# --- which run ----------------------------------------------------------------------------------


def _facts(run: Run, text: Text) -> Iterator[tuple[str, str]]:
    """What stands at the top."""
    manifest, counted = run.manifest, counted_schools(run.schools)
    yield text(N_("Run")), f"{run.folder.name} ({text(STANDINGS[run.standing])})"
    if run.official is not None:
        words = N_("run {run}, approved by decree {decree} of {date}")
        yield text(N_("Official list")), text(words, **asdict(run.official))
    decided = manifest.get("decision", {})
    number = str(decided.get("number", "")) or text(N_("none recorded"))
    if day := decided.get("date"):
        number = text(N_("{number} of {day}"), number=number, day=day)
    yield text(N_("Decision")), number
    if when := when_decided(manifest, text):
        yield text(N_("When")), when
    words = N_("{all} in the register, {ranked} ranked")
    ranked = int(counted["rank"].notna().sum())
    yield (
        text(N_("Schools")),
        text(words, all=text.number(len(counted)), ranked=text.number(ranked)),
    )
    if k := _k(run):
        yield text(N_("First k")), text.number(k)
    if order := what_orders(run, text):
        yield text(N_("Order")), order


def _decision(run: Run, text: Text, damaged: Sequence[str]) -> AuditSection:
    manifest = run.manifest
    decided = manifest.get("decision", {})
    if not decided:
        words = N_(
            "The project file records no decision ([decision]). So it cannot be shown that k, "
            "confidence and weights were set before the result was seen."
        )
        sentences = [text(words)]
    elif decided.get("set") == "before":
        words = N_(
            "The decision {number} was set before the first ranking of these inputs: the folder of "
            "runs has no earlier run of them with another decision."
        )
        sentences = [text(words, number=decided["number"])]
    else:
        words = N_(
            "The decision {number} was set after a ranking of these inputs: run {run}, with "
            "another decision or none, came first."
        )
        sentences = [text(words, number=decided["number"], run=decided.get("after_run", ""))]
    if decided:
        words = N_(
            "Trials count as rankings, and so do rankings before repairs were accepted. Runs that "
            "were deleted, or that lie in other folders, cannot be seen."
        )
        sentences.append(text(words))
    if departed := _not_as_decided(run, text):
        words = N_("This trial departs from what was decided: {figures}.")
        sentences.append(text(words, figures="; ".join(departed)))
    if damaged:
        words = N_("Runs whose record cannot be trusted, and that may have come first: {runs}.")
        sentences.append(text(words, runs=", ".join(damaged)))
    return AuditSection(
        *("decision", text(N_("What was fixed before the result"))),
        sentences,
        [_decided_table(run, text)],
    )


def _not_as_decided(run: Run, text: Text) -> list[str]:
    """Figures that were decided and that are others in this run: only a trial has any."""
    parameters = run.manifest.get("parameters", {})
    decided = decided_figures(run.manifest).items()
    return [
        text(_FIGURES[name])
        for name, value in decided
        if value is not None and parameters.get(FIXES[name]) != value
    ]


def _decided_table(run: Run, text: Text) -> AuditTable:
    """Each figure that a decision can fix: decided, in force, shipped."""
    parameters, shipped = run.manifest.get("parameters", {}), shipped_figures()
    rows = []
    for name, decided in decided_figures(run.manifest).items():
        in_force, usual = parameters.get(FIXES[name]), shipped.get(FIXES[name])
        rows.append(
            (
                text(_FIGURES[name]),
                text(N_("not fixed")) if decided is None else _value(decided, text),
                _in_force(name, in_force, run, text),
                _usual(name, usual, text),
            )
        )
    head = [text(w) for w in (N_("Figure"), N_("Decided"), N_("In force"), N_("As shipped"))]
    return AuditTable("", head, rows, frozenset((1, 2, 3)))


def _in_force(name: str, value: object, run: Run, text: Text) -> str:
    if name == "k" and value is None:
        return text.number(_k(run))
    if name == "evidence_date" and not value:
        return text(N_("the latest date of an input"))
    return _value(value, text)


def _usual(name: str, value: object, text: Text) -> str:
    if name == "k":
        share = 100.0 * shipped_figures()["robustness.top_share"]
        return text(N_("{share} % of the ranked"), share=text.number(share))
    if name == "evidence_date":
        return text(N_("the latest date of an input"))
    return _value(value, text)


# --- figures, repairs and findings ---------------------------------------------------------------


def _figures(run: Run, text: Text) -> AuditSection:
    found = find_departures(run.manifest)
    sentences = []
    if not found:
        sentences.append(text(N_("Every figure is the shipped one.")))
    unstated = sum(1 for each in found if not (each.reason or each.decree))
    if unstated:
        words = N_("Without a stated reason: {count} of {all}.")
        sentences.append(text(words, count=text.number(unstated), all=text.number(len(found))))
    keys = iter([each.key for each in found] + (["repairs"] if _repair_counts(run) else []))
    if idle := idle_reasons(run.manifest, keys):
        words = N_("Reasons are also stated for values that are as shipped: {keys}.")
        sentences.append(text(words, keys=", ".join(idle)))
    head = (
        *(N_("Key"), N_("In force"), N_("As shipped"), N_("Set in")),
        *(N_("Reason"), N_("Role of who decided")),
    )
    rows = [_departure(each, text) for each in found]
    tables = [AuditTable("", [text(w) for w in head], rows, code=frozenset((0,)))]
    title = text(N_("What differs from the shipped figures, and why"))
    return AuditSection("figures", title, sentences, tables if rows else ())


def _departure(each: Departure, text: Text) -> tuple[str, ...]:
    reason = each.reason or text(_NO_REASON)
    role = each.role or text(N_("not stated"))
    if each.decree and not each.reason:  # who signed it stands in the decree
        reason, role = text(N_("fixed by the decision {number}"), number=each.decree), ""
    return (
        each.key,
        _value(each.value, text),
        _value(each.shipped, text),
        text(N_("this run only")) if each.is_of_run else text(N_("the project file")),
        reason,
        role,
    )


def _repair_counts(run: Run) -> dict[str, int]:
    counts = run.findings["code"].value_counts()
    return {code: int(counts[code]) for code in _REPAIRED if code in counts}


def _repairs(run: Run, text: Text) -> AuditSection:
    repairs = _repair_counts(run)
    if repairs:
        counted = ", ".join(f"{text(_REPAIRED[c])} {text.number(n)}" for c, n in repairs.items())
        reason, role = stated_reason(run.manifest, "repairs")
        words = N_(
            "Accepted repairs in use: {count}. Reason: {reason}. Role of who decided: {role}."
        )
        sentence = text(
            words,
            count=counted,
            reason=reason or text(_NO_REASON),
            role=role or text(N_("not stated")),
        )
    else:
        sentence = text(N_("No repair is accepted: every location and value is used as given."))
    rows = [
        (said, severity, code, text.number(count))
        for said, severity, code, count in findings_by_code(run.findings, text)
    ]
    head = [
        text(w)
        for w in (N_("Finding, by its first example"), N_("Severity"), N_("Code"), N_("Count"))
    ]
    table = AuditTable("", head, rows, frozenset((3,)), frozenset((2,)))
    title = text(N_("Accepted repairs and findings about the inputs"))
    return AuditSection("repairs", title, [sentence], [table] if rows else ())


# --- what is known -------------------------------------------------------------------------------


def _known(run: Run, text: Text) -> AuditSection:
    counted = counted_schools(run.schools)
    rows = [
        (
            text(label),
            *(
                _of_all(int((counted[name] == s).sum()), len(counted), text)
                for s in schema.STATUSES
            ),
        )
        for name, label in _FACTS.items()
    ]
    words = (N_("Fact"), *(_STATUS_WORDS[status] for status in schema.STATUSES))
    table = AuditTable("", [text(w) for w in words], rows, frozenset((1, 2, 3)))
    reasons = counted["unranked_reason"].value_counts()
    sentences = list(leaves_not_scored(run, text))
    if len(reasons):
        said = "; ".join(f"{text(REASONS[str(c)])}: {text.number(n)}" for c, n in reasons.items())
        words_of_all = N_("Schools without a rank: {count} ({reasons}).")
        sentences.append(text(words_of_all, count=text.number(reasons.sum()), reasons=said))
    if left_out := not_counted_sentence(run.schools, text):
        sentences.append(left_out)
    return AuditSection(
        "known", text(N_("What is known, inferred and unknown")), sentences, [table]
    )


_STATUS_WORDS = {"known": CODES["known"], "inferred": CODES["inferred"], "unknown": N_("unknown")}


def _of_all(count: int, whole: int, text: Text) -> str:
    return f"{text.number(count)} ({_percent(count / max(whole, 1), text)})"


def _percent(share: float, text: Text) -> str:
    return f"{text.number(100.0 * share, 1)} %"


# --- certainty -----------------------------------------------------------------------------------


def _k(run: Run) -> int:
    """How many schools come first; 0 where the run does not say."""
    return int(run.manifest.get("certainty", {}).get("k", 0))


def _certainty(run: Run, found: ListSensitivity, text: Text) -> list[AuditSection]:
    """How sure the list is and what it depends on, as for everybody who asks."""
    sections = [
        AuditSection(
            f"list-{each.code}",
            each.title,
            [*each.said, *(tie_at(run, _k(run), text) if each.code == "sets" else ())],
            [AuditTable(grid.title, grid.heads, grid.rows, grid.numbers) for grid in each.grids],
            warnings=each.warnings,
        )
        for each in certainty_sections(run, found, text)
    ]
    return [section for section in sections if section.sentences or section.tables]


# --- who is first --------------------------------------------------------------------------------


def _shares(run: Run, text: Text) -> AuditSection:
    title, k = text(N_("Who is among the first k")), _k(run)
    if not k:
        return AuditSection("shares", title, [text(N_("The run does not state k."))])
    shares = shares_of_first_k(run.schools, k)
    of_one = shares[shares["group"] == "level"]
    words = N_(
        "Share of the first {k} against the share of all {all} schools of the register, with those "
        "that have no rank. A ratio above 1 means more of the first k than of all schools."
    )
    sentences = [text(words, k=text.number(k), all=text.number(of_one["all"].sum()))]
    if (first := int(of_one["first"].sum())) > k:
        words = N_("Schools that share the last place are counted too: {count} schools.")
        sentences.append(text(words, count=text.number(first)))
    head = (
        *(N_("First k"), N_("Of the first k"), N_("All schools"), N_("Of all schools")),
        N_("Ratio"),
    )
    tables = []
    for group, label in _GROUPS.items():
        names = words_of(schema.BY_NAME[group], text)
        rows = [
            (
                names.get(str(row["value"]), str(row["value"])) or text(N_("unknown")),
                text.number(row["first"]),
                _percent(row["first_share"], text),
                text.number(row["all"]),
                _percent(row["all_share"], text),
                text.number(row["ratio"], 2),
            )
            for row in shares[shares["group"] == group].to_dict("records")
        ]
        first_head = text(schema.BY_NAME[group].label)
        tables.append(
            AuditTable(
                text(label), [first_head, *map(text, head)], rows, frozenset((1, 2, 3, 4, 5))
            )
        )
    return AuditSection("shares", title, sentences, tables)


# --- inputs, and how to make it again -------------------------------------------------------------


def _inputs(run: Run, text: Text) -> AuditSection:
    head = (N_("Section"), N_("File"), N_("Date"), N_("Licence"), N_("SHA-256"))
    table = AuditTable("", [*map(text, head)], input_files(run), code=frozenset((0, 4)))
    return AuditSection("inputs", text(N_("Inputs")), (), [table])


def _again(run: Run, text: Text) -> AuditSection:
    manifest = run.manifest
    words = N_(
        "In the folder of the project, with the same inputs, the same project file and the same "
        "earlier runs, these commands give run {run} again, byte for byte. The last one compares "
        "every file of every run with its record."
    )
    sentences = [
        text(words, run=run.folder.name),
        text(
            N_("Version {version}, code {code}; Python {python}; {libraries}."),
            version=manifest["kalsel_gap"],
            code=code_hash(_PIPELINE)[:12],
            python=manifest.get("python", ""),
            libraries=", ".join(f"{n} {v}" for n, v in manifest.get("libraries", {}).items()),
        ),
    ]
    commands = [
        f"python -m pip install kalsel-gap=={manifest['kalsel_gap']}",
        " ".join(("kalsel-gap rank", *_options(run.overrides))),
        "kalsel-gap runs --verify",
    ]
    title = text(N_("How to make this ranking again"))
    return AuditSection("again", title, sentences, commands=commands)


def _options(overrides: Mapping[str, Any]) -> Iterator[str]:
    """The options of a trial, as they are typed."""
    for key in sorted(overrides):
        if key not in _NOT_SET:
            yield f"--set {typed(f'{key}={_written(overrides[key])}')}"
    if "despite_errors" in overrides:
        yield "--despite-errors"
    for name in ("reason", "role"):
        if name in overrides:
            yield f"--{name} {typed(overrides[name])}"


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value(value: object, text: Text) -> str:
    """A figure of the project file as people read it."""
    if value is None:
        return text(N_("none"))
    if isinstance(value, bool | list | dict):
        return shortened(_written(value))
    return text.figure(value)
