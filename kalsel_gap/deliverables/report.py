"""Report of a run for the head of an office: one content, written as HTML and as PDF.

A summary of one page, a map, every kabupaten with its first schools, charts, how sure the list is,
how it is made, what is wrong with the data, the sources, and lines for signatures. Everything is
counted from the run; a row that repeats a school counts once, and what is unknown is counted as
unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from pydantic import ValidationError

from kalsel_gap import schema
from kalsel_gap.deliverables.certainty_words import rank_interval, what_orders
from kalsel_gap.deliverables.explanation import index_of
from kalsel_gap.deliverables.first_k_shares import among_first
from kalsel_gap.deliverables.map_story import headline, list_length
from kalsel_gap.deliverables.provenance import last_day_of_data, publication_of
from kalsel_gap.deliverables.remarks import leaves_not_scored
from kalsel_gap.deliverables.report_blocks import (
    FactList,
    Listing,
    Passage,
    PrintedPicture,
    PrintedTable,
    Report,
    SectionHead,
    SignatureLines,
)
from kalsel_gap.deliverables.report_charts import deficit_chart, deficit_rows
from kalsel_gap.deliverables.report_map import tier_map
from kalsel_gap.deliverables.report_method import (
    certainty_blocks,
    method_blocks,
    quality_blocks,
    source_blocks,
    whole_percent,
)
from kalsel_gap.deliverables.report_plan import plan_blocks
from kalsel_gap.deliverables.school_columns import mark_of, school_rows
from kalsel_gap.deliverables.tables import (
    ALL,
    INFERRED,
    by_kabupaten,
    claimed_kabupaten,
    counted_schools,
    page_notices,
    standing_sentence,
)
from kalsel_gap.i18n.messages import (
    COUNT_NAMES,
    NAMES,
    REASON_COLUMNS,
    REASONS,
    TIER_NAMES,
    UNKNOWN_KABUPATEN,
    reason,
)
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.project.index import Index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from kalsel_gap.deliverables.report_blocks import Block
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

FIRST_OF_ALL, FIRST_OF_AREA = 5, 10  # schools in the summary, and of each kabupaten
_COLUMNS = (
    *("row_id", "npsn", "name", "level", "kabupaten", "kabupaten_code", "kecamatan"),
    *("lat", "lon", "students", "terrain_class", "rank", "unranked_reason"),
    *("tier_label", "deficit", "deficit_status", "gap_type", "top_k_set", "rank_p05", "rank_p95"),
)
# Shares of the columns of the table of all kabupaten.
_WIDTHS = (0.15, 0.065, 0.06, 0.06, 0.08, 0.06, 0.08, 0.095, 0.085, 0.095, 0.085, 0.085)


def make_report(run: Run, text: Text, plan: Plan | None = None) -> Report:
    """The content of the report: the same run gives the same one.

    Parameters
    ----------
    run : Run
        The run.
    text : Text
        Language of the report.
    plan : Plan, optional
        A plan of this run, which becomes a chapter.
    """
    name = run.manifest.get("project")
    day = last_day_of_data(run)
    notices = page_notices(run, text)
    made_by = text(
        N_("kalsel-gap {version}, run {run}"),
        version=run.manifest.get("kalsel_gap", ""),
        run=run.folder.name,
    )
    schools = _counted(run)
    return Report(
        title=text(N_("Internet connection of the schools")),
        project=plain(name) if name else "",
        language=text.language,
        date=day.isoformat() if day else "",
        notices=tuple(notices["notices"]),
        official=notices["official"],
        running=_running(run, text),
        imprint=f"{made_by}. {_standing(run, text)}",
        publisher=publication_of(run).publisher,
        words={
            "skip": text(N_("Skip to the report")),
            "contents": text(N_("Contents")),
            "in_words": text(N_("The picture in words")),
            "page": text(N_("Page {page} of {pages}")),
        },
        blocks=[
            *_summary(run, schools, day, text),
            *_map(run, schools, text),
            *_kabupaten(run, schools, text),
            *_charts(run, schools, text),
            *(() if plan is None else plan_blocks(run, plan, text)),
            *certainty_blocks(run, text),
            *method_blocks(run, text),
            *quality_blocks(run, text),
            *source_blocks(run, text),
            *_signatures(text),
        ],
    )


def _counted(run: Run) -> pd.DataFrame:
    """Every school that counts, once, with the columns that the report reads."""
    wanted = {*_COLUMNS, *REASON_COLUMNS}
    names = [name for name in run.schools.columns if name in wanted]
    return pd.DataFrame(counted_schools(run.schools)[names])


def _running(run: Run, text: Text) -> str:
    """What no sheet may be without: that data are not real, that a run is no official list."""
    said = [text(nature)] if (nature := NAMES.get(run.manifest.get("data", "real"))) else []
    if run.standing == "trial":
        said.append(_standing(run, text))
    elif run.official is not None and run.standing != "official":
        said.append(text(N_("Not the official list.")))
    return " ".join(said)


def _standing(run: Run, text: Text) -> str:
    """What the run counts for, in few words: what a trial sets stands in the notices."""
    if run.standing == "trial":
        return text(N_("Trial, not the official list."))
    return standing_sentence(run, text)


# --- summary ------------------------------------------------------------------------------------


def _summary(run: Run, schools: pd.DataFrame, day: date | None, text: Text) -> Iterator[Block]:
    yield SectionHead(text(N_("Summary for the head of the office")), code="summary")
    k = list_length(run)
    ranked = schools[schools["rank"].notna()]
    main, unknown = headline(schools, k, text)
    yield Passage(main, "lead")
    words = N_("{all} in the register, {ranked} with a rank, {others} without")
    counts = {
        "all": text.number(len(schools)),
        "ranked": text.number(len(ranked)),
        "others": text.number(len(schools) - len(ranked)),
    }
    yield FactList(
        (
            (text(N_("Standing of the list")), standing_sentence(run, text)),
            (text(N_("Data up to")), _long_date(day, text)),
            (text(N_("Schools")), text(words, **counts)),
        )
    )
    yield from _first_schools(ranked, text)
    yield from _worst_kabupaten(schools, text)
    yield SectionHead(text(N_("How sure this is, and what is not known")), level=3)
    yield Listing(tuple(_not_known(run, schools, unknown, k, text)))


def _long_date(day: date | None, text: Text) -> str:
    if day is None:
        return text(N_("not stated by the project"))
    from babel.dates import format_date

    return str(format_date(day, format="d MMMM y", locale=text.language))


def _first_schools(ranked: pd.DataFrame, text: Text) -> Iterator[Block]:
    if ranked.empty:
        return
    first = _in_order(ranked).head(FIRST_OF_ALL)
    yield SectionHead(text(N_("Which schools come first, and why")), level=3)
    heads = (N_("Rank"), N_("School"), N_("Kabupaten/kota"), N_("Tier"), N_("Main reason"))
    yield PrintedTable(
        text(N_("The first {count} schools"), count=text.number(len(first))),
        tuple(map(text, heads)),
        tuple(
            (
                text.number(row["rank"]),
                _school(row, text),
                _area(row["kabupaten"], text),
                text(TIER_NAMES[mark_of(row["tier_label"])]),
                reason(row, text),
            )
            for row in school_rows(first)
        ),
        (0.1, 0.29, 0.18, 0.12, 0.31),
        numbers=frozenset({0}),
        named_by=1,
    )
    yield from _shared_rank(ranked, first, text)


def _shared_rank(ranked: pd.DataFrame, shown: pd.DataFrame, text: Text) -> Iterator[Block]:
    """That a table ends among schools of equal rank, whose order means nothing."""
    last = shown["rank"].iloc[-1]
    count, inside = int((ranked["rank"] == last).sum()), int((shown["rank"] == last).sum())
    if inside < count:
        words = N_(
            "Rank {rank} is shared by {count} schools of equal deficit and priority, and {inside} "
            "of them are shown: their order means nothing."
        )
        numbers = {"rank": last, "count": count, "inside": inside}
        yield Passage(text(words, **{n: text.number(v) for n, v in numbers.items()}), "small")


def _worst_kabupaten(schools: pd.DataFrame, text: Text) -> Iterator[Block]:
    counts = by_kabupaten(schools)
    counts = counts[~counts["kabupaten"].isin([ALL, INFERRED]) & (counts["critical"] > 0)]
    if counts.empty:
        return
    counts = counts.sort_values(["critical", "kabupaten"], ascending=[False, True])
    worst = counts.head(FIRST_OF_ALL)
    yield SectionHead(text(N_("Which kabupaten has most critical schools")), level=3)
    heads = (
        *(N_("Kabupaten/kota"), N_("Critical schools")),
        N_("Share of its schools whose deficit is known or inferred"),
        N_("Schools whose deficit is unknown"),
    )
    yield PrintedTable(
        text(N_("Kabupaten and kota with most critical schools")),
        tuple(map(text, heads)),
        tuple(
            (
                _area(row["kabupaten"], text),
                text.number(row["critical"]),
                f"{whole_percent(row['critical'] / (row['all'] - row['unknown']), text)} %",
                text.number(row["unknown"]),
            )
            for row in worst.to_dict("records")
        ),
        (0.3, 0.16, 0.34, 0.2),
        numbers=frozenset({1, 2, 3}),
    )


def _not_known(
    run: Run, schools: pd.DataFrame, unknown: str, k: int | None, text: Text
) -> Iterator[str]:
    yield unknown
    if order := what_orders(run, text):
        yield order
    reasons = schools["unranked_reason"].value_counts()
    if len(reasons):
        said = "; ".join(f"{text(REASONS[str(c)])}: {text.number(n)}" for c, n in reasons.items())
        words = N_("Schools without a rank: {count} ({reasons}).")
        yield text(words, count=text.number(int(reasons.sum())), reasons=said)
    figures = run.manifest.get("certainty") or {}
    if k is not None and "certain" in figures:
        words = N_("Certain among the first {k}: {certain} ({percent} %).")
        certain = int(figures["certain"])
        percent = whole_percent(certain / k, text)
        yield text(words, k=text.number(k), certain=text.number(certain), percent=percent)
    else:
        yield text(N_("How sure the list is: unknown, because this run has no draws."))
    yield from leaves_not_scored(run, text)


# --- map, kabupaten, charts ---------------------------------------------------------------------


def _map(run: Run, schools: pd.DataFrame, text: Text) -> Iterator[Block]:
    yield SectionHead(text(N_("Where the schools are")), code="map", is_new_page=True)
    title = text(N_("Schools by tier of their deficit"))
    main, _ = headline(schools, None, text)
    yield PrintedPicture(tier_map(title, (main,), schools, run.table("boundaries"), text))
    words = N_(
        "Each sign is a school, the worst ones lie on top. Dark is a large deficit; a hollow ring "
        "is a school whose deficit is unknown, which does not mean that it is adequate."
    )
    yield Passage(text(words))
    if missing := int(schools["lat"].isna().sum()):
        words = N_("Without a usable location, so not on the map: {count}.")
        yield Passage(text(words, count=text.number(missing)))


def _kabupaten(run: Run, schools: pd.DataFrame, text: Text) -> Iterator[Block]:
    """All of them in one table, then each with its first schools."""
    yield SectionHead(text(N_("Schools by kabupaten")), code="kabupaten", is_new_page=True)
    claimed = claimed_kabupaten(schools)
    yield _counts_table(schools, claimed, text)
    words = N_(
        "“{unknown}” counts schools whose deficit cannot be said; “{covered}” counts schools with "
        "a good signal whose service is not known. Neither is adequate. “{inferred}” counts "
        "schools whose deficit is inferred, not measured."
    )
    yield Passage(
        text(
            words,
            unknown=text(NAMES["unknown"]),
            covered=text(TIER_NAMES["covered"]),
            inferred=text(COUNT_NAMES["inferred"]),
        ),
        "small",
    )
    if (k := list_length(run)) is not None:
        yield _first_k(schools, claimed, k, text)
    for name in sorted(set(claimed), key=lambda each: (each == "", each)):
        yield from _one_kabupaten(name, schools[claimed == name], text)


def _counts_table(schools: pd.DataFrame, claimed: pd.Series[str], text: Text) -> PrintedTable:
    counts = by_kabupaten(schools)
    inferred = int(counts.loc[counts["kabupaten"] == INFERRED, "all"].sum())
    counts = counts[counts["kabupaten"] != INFERRED]
    counts = counts.assign(last=counts["kabupaten"].map({"": 1, ALL: 2}).fillna(0))
    counts = counts.sort_values(["last", "kabupaten"])
    pupils = schools["students"].astype("float64")
    known = {**pupils.groupby(claimed).sum(), ALL: float(pupils.sum())}
    blank = {**pupils.isna().groupby(claimed).sum(), ALL: int(pupils.isna().sum())}
    counts.loc[counts["kabupaten"] == ALL, "inferred"] = inferred
    names = [*schema.TIER_LABELS, "unknown"]
    rows = []
    for row in counts.to_dict("records"):
        area, unknown = row["kabupaten"], text(NAMES["unknown"])
        has_pupils, at_least = blank[area] < row["all"], "≥ " if blank[area] else ""
        rows.append(
            (
                text(N_("all")) if area == ALL else _area(area, text),
                text.number(row["all"]),
                *(text.number(row[name]) for name in names),
                text.number(row["inferred"]),
                f"{at_least}{text.number(known[area])}" if has_pupils else unknown,
                text.number(int(blank[area])),
            )
        )
    heads = (
        *(text(N_("Kabupaten/kota")), text(N_("Schools"))),
        *(text(TIER_NAMES[name]) for name in names),
        *(text(COUNT_NAMES["inferred"]), text(N_("Pupils")), text(N_("Pupils unknown, schools"))),
    )
    return PrintedTable(
        text(N_("Schools by tier of their deficit, and their pupils")),
        heads,
        tuple(rows),
        _WIDTHS,
        numbers=frozenset(range(1, len(heads))),
        has_total=True,
    )


def _one_kabupaten(name: str, schools: pd.DataFrame, text: Text) -> Iterator[Block]:
    ranked = schools[schools["rank"].notna()]
    head = _area(name, text)
    yield SectionHead(head[:1].upper() + head[1:], level=3)
    critical = int((ranked["tier_label"] == "critical").sum())
    words = N_("Schools: {all}; critical: {critical}; without a rank: {unranked}.")
    numbers = {"all": len(schools), "critical": critical, "unranked": len(schools) - len(ranked)}
    yield Passage(text(words, **{key: text.number(value) for key, value in numbers.items()}))
    if ranked.empty:
        return
    first = _in_order(ranked).head(FIRST_OF_AREA)
    heads = (
        *(N_("Rank"), N_("School"), N_("Rank in 9 of 10 draws"), N_("Tier")),
        *(N_("Kind of gap"), N_("Main reason")),
    )
    unknown = text(NAMES["unknown"])
    title = N_("{kabupaten}: the first schools ({count} of {all} with a rank)")
    yield PrintedTable(
        text(
            title,
            kabupaten=_area(name, text),
            count=text.number(len(first)),
            all=text.number(len(ranked)),
        ),
        tuple(map(text, heads)),
        tuple(
            (
                text.number(row["rank"]),
                _school(row, text),
                rank_interval(row, text) or unknown,
                text(TIER_NAMES[mark_of(row["tier_label"])]),
                text(NAMES[str(row["gap_type"] or "unknown")]),
                reason(row, text),
            )
            for row in school_rows(first)
        ),
        (0.1, 0.28, 0.13, 0.11, 0.13, 0.25),
        numbers=frozenset({0, 2}),
        named_by=1,
    )
    yield from _shared_rank(ranked, first, text)


def _charts(run: Run, schools: pd.DataFrame, text: Text) -> Iterator[Block]:
    yield SectionHead(text(N_("How large the deficits are")), code="deficits", is_new_page=True)
    words = N_(
        "The dot is the middle school of a group, the bar the middle half of its schools, the "
        "line 9 of 10 of them; of fewer than five schools each is a dot. Schools whose deficit is "
        "unknown are counted beside and are no part of the bars. The strip above is the scale of "
        "the tiers, from adequate at the left to critical at the right."
    )
    yield Passage(text(words))
    try:
        bounds = index_of(run).tiers.bounds
    except ValidationError:
        bounds = Index.shipped().tiers.bounds
    claimed = claimed_kabupaten(schools)
    areas = {**{name: plain(name) for name in set(claimed)}, "": text(UNKNOWN_KABUPATEN)}
    rows = deficit_rows(schools, claimed, areas)
    yield PrintedPicture(
        deficit_chart(text(N_("Deficit by kabupaten and kota")), rows, bounds, text)
    )
    terrain = schools["terrain_class"].astype("object").fillna("unknown")
    terrains = {name: text(NAMES[name]) for name in (*schema.TERRAIN_CLASSES, "unknown")}
    rows = deficit_rows(schools, terrain, terrains)
    yield PrintedPicture(deficit_chart(text(N_("Deficit by terrain")), rows, bounds, text))


def _first_k(schools: pd.DataFrame, claimed: pd.Series[str], k: int, text: Text) -> PrintedTable:
    """Where the first k schools are."""
    is_first = among_first(schools["rank"], k)
    counts = is_first.groupby(claimed).agg(["sum", "count"])
    names = sorted(counts.index, key=lambda name: (-counts["sum"][name], name == "", name))
    heads = (N_("Kabupaten/kota"), N_("Among the first {k}"), N_("Share of all its schools"))
    return PrintedTable(
        text(N_("Where the first {k} schools are"), k=text.number(k)),
        tuple(text(head, k=text.number(k)) for head in heads),
        tuple(
            (
                _area(name, text),
                text.number(counts["sum"][name]),
                f"{whole_percent(counts['sum'][name] / counts['count'][name], text)} %",
            )
            for name in names
        ),
        (0.5, 0.25, 0.25),
        numbers=frozenset({1, 2}),
    )


def _signatures(text: Text) -> Iterator[Block]:
    yield SectionHead(text(N_("Signatures")), code="signatures")
    lines = (N_("Place and date"), N_("Position"), N_("Signature"), N_("Name"))
    signers = (N_("Prepared by"), N_("Approved by"))
    yield SignatureLines(tuple(map(text, signers)), tuple(map(text, lines)))


# --- words --------------------------------------------------------------------------------------


def _in_order(ranked: pd.DataFrame) -> pd.DataFrame:
    return ranked.sort_values(["rank", "npsn", "row_id"])


def _school(row: dict[str, object], text: Text) -> str:
    """Name and number of a school."""
    name = " ".join(plain(row["name"]).split()) or text(NAMES["unknown"])
    return f"{name} ({plain(row['npsn'])})" if row["npsn"] else name


def _area(name: object, text: Text) -> str:
    return plain(name) if name else text(UNKNOWN_KABUPATEN)
