"""Method, certainty, data quality and sources of the report, in plain words.

Every figure is that of the run, which the project file may have changed.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import ValidationError

from kalsel_gap.deliverables.certainty_words import tie_at
from kalsel_gap.deliverables.explanation import index_of
from kalsel_gap.deliverables.input_words import name_of_input
from kalsel_gap.deliverables.page_weights import weight_words, weights_in_force
from kalsel_gap.deliverables.provenance import input_files, licence_of, publication_of
from kalsel_gap.deliverables.remarks import findings_by_code, leaves_not_scored, shortened
from kalsel_gap.deliverables.report_blocks import (
    FactList,
    Listing,
    Passage,
    PrintedPicture,
    PrintedTable,
    SectionHead,
)
from kalsel_gap.deliverables.report_charts import rank_chart
from kalsel_gap.deliverables.school_columns import joined, school_rows
from kalsel_gap.deliverables.tables import counted_schools
from kalsel_gap.i18n.messages import (
    NAMES,
    REASONS,
    TIER_NAMES,
    TOP_K_SETS,
    UNKNOWN_KABUPATEN,
)
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.project.departures import find_departures

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from kalsel_gap.deliverables.report_blocks import Block
    from kalsel_gap.project.index import Index
    from kalsel_gap.storage.run_folder import Run

_INTERVALS = 20  # schools whose rank interval is drawn
_UNRANKED = 40  # schools without a rank that are named
_SETS = {
    "certain": N_("All of them are among the first {k}, with a probability of {percent} %."),
    "contested": N_("What is known does not decide whether they are among the first {k}."),
    "out": N_("None of them is among the first {k}, with a probability of {percent} %."),
}
_GAPS: dict[str, tuple[str, str]] = {
    "adequate": (
        N_("service known, at least {adequate} of what is needed"),
        N_("nothing is missing"),
    ),
    "slow": (
        N_("service known, between {unconnected} and {adequate} of what is needed"),
        N_("a faster line"),
    ),
    "unconnected": (
        N_("no service, but a signal or line of at least {covered} is available"),
        N_("a subscription is enough"),
    ),
    "covered_unverified": (
        N_("a signal or line of at least {covered} is available; the service is not known"),
        N_("ask the school first"),
    ),
    "weak": (
        N_("what is available is between {weak} and {covered}"),
        N_("an antenna, a better site or another technology"),
    ),
    "uncovered": (
        N_("what is available is below {weak}"),
        N_("a network has to be built, or satellite"),
    ),
    "unknown": (N_("neither is known"), N_("evidence first")),
}


def whole_percent(share: float, text: Text) -> str:
    """A share in whole per cent, without the sign: none and all only where it is so.

    Examples
    --------
    >>> [whole_percent(share, Text("en")) for share in (0.0, 0.002, 0.108, 0.999, 1.0)]
    ['0', '<1', '11', '99', '100']
    """
    percent = 100.0 * share
    if 0.0 < percent < 1.0:
        return "<1"
    return text.number(min(percent, 99.0) if share < 1.0 else percent)


# --- certainty ----------------------------------------------------------------------------------


def certainty_blocks(run: Run, text: Text) -> Iterator[Block]:
    """How sure the list is: draws, the three sets, and the rank intervals of the first schools."""
    yield SectionHead(text(N_("How sure the list is")), code="certainty", is_new_page=True)
    figures = run.manifest.get("certainty") or {}
    if not figures.get("draws") or "certain" not in figures:
        yield Passage(
            text(
                N_(
                    "This run has no draws: nothing is stated of how sure the list is. Rank "
                    "without --draws 0."
                )
            )
        )
        return
    k, certain = int(figures["k"]), int(figures["certain"])
    yield Passage(
        text(
            N_(
                "What is not known exactly is drawn by chance, {draws} times: levels, positions, "
                "service, and the figures of the method. Each time the schools are ranked again. "
                "The rank interval of a school holds its rank in 9 of 10 draws."
            ),
            draws=text.number(figures["draws"]),
        )
    )
    words = N_("Certain among the first {k}: {certain} ({percent} %).")
    share = whole_percent(certain / k, text) if k else ""
    yield Passage(
        text(words, k=text.number(k), certain=text.number(certain), percent=share), "lead"
    )
    confidence = 100.0 * float(figures["confidence"])
    percent = text.number(confidence)
    yield PrintedTable(
        text(N_("Schools by what is stated of them")),
        tuple(map(text, (N_("Part of the list"), N_("Schools"), N_("What it means")))),
        tuple(
            (
                text(TOP_K_SETS[name]),
                text.number(figures[name]),
                text(words, k=text.number(k), percent=percent),
            )
            for name, words in _SETS.items()
        ),
        (0.22, 0.13, 0.65),
        numbers=frozenset({1}),
    )
    together = f"{text.number(max(0.0, 2.0 * confidence - 100.0))} %"
    words = N_("Both statements hold together with a probability of at least {both}.")
    yield Listing((text(words, both=together), *tie_at(run, k, text)))
    yield from _intervals(run.schools, k, text)


def _intervals(schools: pd.DataFrame, k: int, text: Text) -> Iterator[Block]:
    ranked = schools[schools["rank"].notna() & schools["rank_p05"].notna()]
    first = ranked.sort_values(["rank", "npsn", "row_id"]).head(min(k, _INTERVALS))
    if first.empty:
        return
    title = text(N_("Rank intervals of the first {count} schools"), count=text.number(len(first)))
    words = N_(
        "The dot is the rank by the mean deficit, the bar its interval: the longer the bar, the "
        "less is known of the school. Where the dot lies left of its bar, most draws place the "
        "school further back."
    )
    yield Passage(text(words))
    yield PrintedPicture(rank_chart(title, first, k, text))


# --- method -------------------------------------------------------------------------------------


def method_blocks(run: Run, text: Text) -> Iterator[Block]:
    """The four numbers, tiers, gaps and weights, with the figures in force."""
    yield SectionHead(text(N_("How the list is made")), code="method", is_new_page=True)
    try:
        index = index_of(run)
    except ValidationError:
        yield Passage(
            text(N_("The run is an older one, without the figures of its method. Rank again."))
        )
        return
    yield Passage(
        text(N_("Four numbers from 0 to 1 describe a school, and they are never mixed up:"))
    )
    yield FactList(tuple(_numbers(index, text)))
    yield Listing(tuple(_rules(index, text)))
    yield _tiers(index, text)
    yield _gaps(index, text)
    yield from _weights(run, text)
    yield from _departures(run, text)


def _numbers(index: Index, text: Text) -> Iterator[tuple[str, str]]:
    delivered = 100.0 * index.weight_delivered
    words = N_(
        "how far the service of a school falls short: 0 is adequate, 1 is no service at all. "
        "Without a connection {delivered} % of it counts in any case, the other {available} % as "
        "far as no good signal or line is available at the school."
    )
    shares = {"delivered": text.number(delivered), "available": text.number(100.0 - delivered)}
    yield text(N_("Deficit")), text(words, **shares)
    words = N_("why the gap stays: terrain, hills in the path of the signal, remoteness.")
    yield text(N_("Barrier")), text(words)
    words = N_(
        "whom the gap affects: number of pupils, vulnerable pupils, devices and accounts without "
        "internet, distance to a school with adequate service."
    )
    yield text(N_("Need")), text(words)
    words = N_(
        "deficit × ({base} + {need} × need + {barrier} × barrier). The list is ordered by deficit; "
        "of schools with equal deficit the one with the higher priority stands first."
    )
    rule = index.priority
    weights = {
        name: weight_words(getattr(rule, name), text) for name in ("base", "need", "barrier")
    }
    yield text(N_("Priority")), text(words, **weights)


def _rules(index: Index, text: Text) -> Iterator[str]:
    needed = index.required_mbps
    words = N_("A school needs {minimum} Mbps, and {each} Mbps for each pupil where that is more.")
    yield text(
        words,
        minimum=weight_words(needed.minimum, text),
        each=weight_words(needed.per_student, text),
    )
    words = N_(
        "Where no speed test, subscription or statement shows the service of a school, it is "
        "inferred from what is available there, and marked so. An inferred school is called "
        "adequate only with a probability of at least {sure} %; otherwise it is “{covered}”."
    )
    sure = text.number(100.0 * index.tiers.sure)
    yield text(words, sure=sure, covered=text(TIER_NAMES["covered"]))
    yield text(
        N_(
            "Where neither service nor signal is known, a school has no rank and counts as "
            "unknown: never as adequate."
        )
    )


def _tiers(index: Index, text: Text) -> PrintedTable:
    ends = [1.0, *index.tiers.bounds, 0.0]
    names = [name for name in TIER_NAMES if name not in ("covered", "unknown")]
    rows = []
    for number, (name, (high, low)) in enumerate(zip(names, pairwise(ends), strict=True)):
        words = N_("{low} to below {high}") if number else N_("{low} to {high}")
        bounds = {"low": weight_words(low, text), "high": weight_words(high, text)}
        rows.append((text(TIER_NAMES[name]), text(words, **bounds)))
    heads = tuple(map(text, (N_("Tier"), N_("Deficit"))))
    return PrintedTable(text(N_("Tiers of the deficit")), heads, tuple(rows), (0.4, 0.6))


def _gaps(index: Index, text: Text) -> PrintedTable:
    values = {
        name: weight_words(getattr(index.gap, name), text)
        for name in ("adequate", "unconnected", "covered", "weak")
    }
    rows = tuple(
        (text(NAMES[name]), text(when, **values), text(helps))
        for name, (when, helps) in _GAPS.items()
    )
    heads = tuple(map(text, (N_("Kind of gap"), N_("When"), N_("What helps"))))
    title = text(N_("Kinds of gap, and which spending helps"))
    return PrintedTable(title, heads, rows, (0.2, 0.48, 0.32))


def _weights(run: Run, text: Text) -> Iterator[Block]:
    rows = tuple(
        (
            label,
            weight_words(value, text),
            text(N_("none")) if shipped is None else weight_words(shipped, text),
            meaning,
        )
        for label, value, shipped, meaning in weights_in_force(run, text)
    )
    if rows:
        heads = (N_("Weight"), N_("In force"), N_("As shipped"), N_("What more of it means"))
        yield PrintedTable(
            text(N_("Weights in force; among weights side by side only proportions count")),
            tuple(map(text, heads)),
            rows,
            (0.3, 0.1, 0.12, 0.48),
            numbers=frozenset({1, 2}),
        )
    yield Listing(tuple(leaves_not_scored(run, text)))


def _departures(run: Run, text: Text) -> Iterator[Block]:
    found = find_departures(run.manifest)
    if not found:
        yield Passage(text(N_("Every figure is the shipped one.")))
        return
    heads = (N_("Key"), N_("In force"), N_("As shipped"), N_("Reason"))
    unstated = text(N_("no reason stated"))
    yield PrintedTable(
        text(N_("Figures that differ from the shipped ones")),
        tuple(map(text, heads)),
        tuple(
            (
                each.key,
                shortened(text.figure(each.value)),
                shortened(text(N_("none")) if each.shipped is None else text.figure(each.shipped)),
                each.reason or each.decree or unstated,
            )
            for each in found
        ),
        (0.32, 0.17, 0.17, 0.34),
        codes=frozenset({0}),
    )


# --- data ---------------------------------------------------------------------------------------


def quality_blocks(run: Run, text: Text) -> Iterator[Block]:
    """Schools without a rank and why, and the findings by their codes."""
    yield SectionHead(text(N_("Quality of the data")), code="quality")
    schools = run.schools
    reasons = schools["unranked_reason"].value_counts()
    yield PrintedTable(
        text(N_("Rows of the register with and without a rank")),
        tuple(map(text, (N_("Row"), N_("Count")))),
        (
            (text(N_("with a rank")), text.number(int(schools["rank"].notna().sum()))),
            *(
                (
                    text(N_("no rank: {reason}"), reason=text(REASONS[str(code)])),
                    text.number(int(count)),
                )
                for code, count in reasons.items()
            ),
            (text(N_("all")), text.number(len(schools))),
        ),
        (0.8, 0.2),
        numbers=frozenset({1}),
        has_total=True,
    )
    yield from _unranked(schools, text)
    found = findings_by_code(run.findings, text)
    if not found:
        yield Passage(text(N_("The checks found nothing wrong with the inputs.")))
        return
    words = N_(
        "Findings: {count}, of {kinds} kinds; every single one is in findings.csv of the run."
    )
    count, kinds = text.number(len(run.findings)), text.number(len(found))
    yield Passage(text(words, count=count, kinds=kinds))
    heads = (N_("Severity"), N_("Finding, by its first example"), N_("Count"), N_("Code"))
    yield PrintedTable(
        text(N_("Findings about the inputs")),
        tuple(map(text, heads)),
        tuple(
            (severity, said, text.number(number), code) for said, severity, code, number in found
        ),
        (0.12, 0.58, 0.09, 0.21),
        numbers=frozenset({2}),
        codes=frozenset({3}),
        named_by=3,
    )


def _unranked(schools: pd.DataFrame, text: Text) -> Iterator[Block]:
    """The first schools without a rank by name; repeated rows and closed schools are none."""
    counted = counted_schools(schools)
    missing = counted[counted["rank"].isna()]
    if missing.empty:
        return
    missing = missing.sort_values(["kabupaten", "npsn", "row_id"])
    unknown = text(NAMES["unknown"])
    heads = (N_("School"), N_("NPSN"), N_("Kabupaten/kota"), N_("Why it has no rank"))
    yield PrintedTable(
        text(N_("Schools without a rank")),
        tuple(map(text, heads)),
        tuple(
            (
                plain(row["name"]) or unknown,
                plain(row["npsn"]) or unknown,
                joined(row["kabupaten"]) or text(UNKNOWN_KABUPATEN),
                text(REASONS[str(row["unranked_reason"])]),
            )
            for row in school_rows(missing.head(_UNRANKED))
        ),
        (0.36, 0.13, 0.24, 0.27),
    )
    if len(missing) > _UNRANKED:
        words = N_("and {count} more: “kalsel-gap export csv” lists every one.")
        yield Passage(text(words, count=text.number(len(missing) - _UNRANKED)), "small")


def source_blocks(run: Run, text: Text) -> Iterator[Block]:
    """The inputs with dates and hashes, who publishes, and what made the list."""
    yield SectionHead(text(N_("Sources")), code="sources")
    manifest = run.manifest
    not_stated = text(N_("not stated"))
    words = N_("run {run}, kalsel-gap {version}, Python {python}")
    made = text(
        words,
        run=run.folder.name,
        version=manifest.get("kalsel_gap", ""),
        python=manifest.get("python", ""),
    )
    published = publication_of(run)
    yield FactList(
        (
            (text(N_("Publisher")), published.publisher or not_stated),
            (text(N_("Contact")), published.contact_email or not_stated),
            (text(N_("Licence of this report")), licence_of(run, " · ") or not_stated),
            (text(N_("Made by")), made),
        )
    )
    files = input_files(run)
    if not all(each.licence for each in files):
        words = N_(
            "A licence that the project file does not state is unknown: ask the owner of the file "
            "before you publish it."
        )
        yield Passage(text(words))
    rows = tuple(
        (
            each.file,
            name_of_input(each.name, text),
            each.date or not_stated,
            each.licence or not_stated,
            each.sha256,
        )
        for each in files
    )
    if rows:
        heads = (N_("File"), N_("What it is"), N_("Date"), N_("Licence"), N_("SHA-256"))
        yield PrintedTable(
            text(N_("Input files and their hashes")),
            tuple(map(text, heads)),
            rows,
            (0.2, 0.14, 0.12, 0.13, 0.41),
            codes=frozenset({4}),
        )
