"""Answers to objections: a letter for each school as an offline page, and a table of all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.deficit.ranks import DECIMALS
from kalsel_gap.deliverables.objection_words import (
    JUDGEMENT_NAMES,
    listed,
    next_steps,
    parameters,
    result_of,
    sentence,
    sentence_of,
)
from kalsel_gap.deliverables.offline_html import page_without_script
from kalsel_gap.deliverables.tables import page_notices
from kalsel_gap.geo import geodesy
from kalsel_gap.i18n.messages import REASONS, finding_sentence, rate, reason
from kalsel_gap.i18n.objection_names import CODE_NAMES, EVIDENCE_NAMES, SERVICE_NAMES
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.sources.objections import TESTED
from kalsel_gap.sources.values import parse_date
from kalsel_gap.storage.spreadsheet import csv_of, to_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from kalsel_gap.project.index import Adequacy
    from kalsel_gap.project.objections import Objections
    from kalsel_gap.sources.objections import Objection
    from kalsel_gap.storage.run_folder import Run

SUMMARY = "answers.csv"
ANY_LETTER = "answer-*.html"
_HERE_M = 1.0  # a smaller move is none
_SHOWN = 3  # decimals of a deficit


@dataclass(frozen=True, slots=True)
class Answered:
    """A school's objections and what they have changed.

    Attributes
    ----------
    npsn : str
        The school.
    objections : tuple of Objection
        All of it that are stored.
    before, after : dict
        Its row in the run without objections, and in the run with them.
    official : dict or None
        Its row in the official run; None where there is no such run, or it has no such school.
    findings : tuple of dict
        Findings about it in the run with objections.
    """

    npsn: str
    objections: tuple[Objection, ...]
    before: dict[str, Any]
    after: dict[str, Any]
    official: dict[str, Any] | None = None
    findings: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """All schools with objections, and the two runs.

    Attributes
    ----------
    schools : tuple of Answered
        In the order of their NPSN.
    before, after : Run
        The list without objections and with them.
    rules : Objections
        What the objections were judged by.
    adequacy : Adequacy
        Between which limits a latency counts.
    official : Run or None
        The run that was approved, where there is one.
    """

    schools: tuple[Answered, ...]
    before: Run
    after: Run
    rules: Objections
    adequacy: Adequacy
    official: Run | None = None


def answers_of(
    before: Run,
    after: Run,
    objections: Sequence[Objection],
    rules: Objections,
    adequacy: Adequacy,
    *,
    official: Run | None = None,
) -> Answers:
    """The schools with objections in both runs; a school that is in no register has none.

    Parameters
    ----------
    before, after : Run
        Without objections, and with them.
    objections : sequence of Objection
        All that are stored.
    rules : Objections
        What they were judged by.
    adequacy : Adequacy
        Between which limits a latency counts.
    official : Run, optional
        The run that was approved, where there is one.
    """
    wanted = {each.npsn for each in objections}
    was, now = _by_npsn(before, wanted), _by_npsn(after, wanted)
    approved = {} if official is None else _by_npsn(official, wanted)
    findings = to_records(after.findings[after.findings["npsn"].isin(wanted - {""})])
    schools = [
        Answered(
            npsn,
            tuple(each for each in objections if each.npsn == npsn),
            was[npsn],
            now[npsn],
            approved.get(npsn),
            tuple(each for each in findings if each["npsn"] == npsn),
        )
        for npsn in sorted(was.keys() & now.keys())
    ]
    return Answers(tuple(schools), before, after, rules, adequacy, official)


def _by_npsn(run: Run, wanted: set[str]) -> dict[str, dict[str, Any]]:
    schools = run.schools
    chosen = schools["npsn"].isin(wanted - {""}) & ~schools["is_duplicate"].astype(bool)
    table = pd.DataFrame(schools[chosen].drop(columns="geometry"))
    return {str(row["npsn"]): row for row in to_records(table)}


def letter_name(npsn: str) -> str:
    """File name of a school's letter: nothing of an NPSN can lead to another folder.

    Examples
    --------
    >>> letter_name("30301027"), letter_name("../x")
    ('answer-30301027.html', 'answer--2e-2e-2fx.html')
    """
    return f"answer-{re.sub(r'[^0-9A-Za-z]', lambda found: f'-{ord(found[0]):x}', npsn)}.html"


def files_of(answers: Answers, text: Text) -> dict[str, str]:
    """Content of every file by its name: the letters and :data:`SUMMARY`."""
    files = {letter_name(each.npsn): letter(each, answers, text) for each in answers.schools}
    return {**files, SUMMARY: csv_of(summary(answers))}


def summary(answers: Answers) -> pd.DataFrame:
    """One row for each school: its objections by judgement, and its rank before and after."""
    rows = [
        {
            "npsn": each.npsn,
            "name": each.after["name"],
            "kabupaten": each.after["kabupaten"] or "",
            "objections": "; ".join(dict.fromkeys(o.code for o in each.objections)),
            "accepted": sum(o.counts for o in each.objections),
            "verify": sum(o.is_open for o in each.objections),
            "rejected": sum(not o.counts and not o.is_open for o in each.objections),
            "reasons": "; ".join(dict.fromkeys(o.reason for o in each.objections)),
            "rank_before": each.before["rank"],
            "rank_after": each.after["rank"],
            "deficit_before": each.before["deficit"],
            "deficit_after": each.after["deficit"],
            "unranked_reason": each.after["unranked_reason"] or "",
            "letter": letter_name(each.npsn),
        }
        for each in answers.schools
    ]
    columns = (
        *("npsn", "name", "kabupaten", "objections", "accepted", "verify", "rejected", "reasons"),
        *("rank_before", "rank_after", "deficit_before", "deficit_after", "unranked_reason"),
        "letter",
    )
    table = pd.DataFrame(rows, columns=list(columns))
    whole = dict.fromkeys(("rank_before", "rank_after"), "Int64")
    return table.astype({**whole, "deficit_before": "float64", "deficit_after": "float64"})


def letter(answered: Answered, answers: Answers, text: Text) -> str:
    """The letter to a school: the same runs and objections give the same bytes."""
    rules, after = answers.rules, answered.after
    where = ", ".join(filter(None, (after["kecamatan"], after["kabupaten"])))
    words = N_("{name}, NPSN {npsn}; {where}")
    school = text(words, name=after["name"], npsn=answered.npsn, where=where or "–")
    content = {
        "language": text.language,
        "title": text(N_("Answer to an objection")),
        "school": plain(school),
        **page_notices(answers.after, text),
        "pairs": [(label, plain(value)) for label, value in _pairs(answered, answers, text)],
        "said": [plain(each) for each in changes(answered, answers.adequacy, text)],
        "heads": [
            text(words)
            for words in (
                *(N_("Objection"), N_("Evidence"), N_("Date"), N_("Result"), N_("Reason")),
            )
        ],
        "rows": [[plain(cell) for cell in _row(each, rules, text)] for each in answered.objections],
        "steps": [plain(each) for each in next_steps(answered.objections, rules, text)],
        "imprint": [plain(each) for each in _imprint(answered, answers, text)],
        "words": {
            "result": text(N_("Result")),
            "judged": text(N_("What was stated, and how it was judged")),
            "steps": text(N_("What can be done now")),
            "sign": text(N_("Office, date, stamp")),
        },
    }
    return page_without_script("letter", content)


def _row(each: Objection, rules: Objections, text: Text) -> list[str]:
    return [
        text(CODE_NAMES[each.code]) if each.code else "–",
        evidence_words(each, text),
        _day(each.date, text) + (f", {each.time}" if each.time and each.code in TESTED else ""),
        result_of(each, text),
        sentence_of(each, rules, text),
    ]


def evidence_words(each: Objection, text: Text) -> str:
    """The kind of evidence, and what it says."""
    kind = text(EVIDENCE_NAMES[each.evidence]) if each.evidence else "–"
    values = {
        "down_mbps": N_("{value} Mbps down"),
        "latency_ms": N_("{value} ms"),
        "students": N_("{value} pupils"),
    }
    wanted = {
        "speed": ("down_mbps",),
        "latency": ("down_mbps", "latency_ms"),
        "enrolment": ("students",),
    }.get(each.code, ())
    said = [
        text(values[name], value=rate(value, text) if name == "down_mbps" else text.number(value))
        for name in wanted
        if (value := getattr(each, name)) == value
    ]
    if each.code == "availability" and each.service:
        said.append(text(SERVICE_NAMES[each.service]))
    if each.code == "location" and each.lat == each.lat:
        said.append("; ".join(text.figure(round(v, 5)) for v in (each.lat, each.lon)))
    return ", ".join(filter(None, (kind, each.reference, *said)))


def _day(day: date | None, text: Text) -> str:
    """A date as it is written in letters."""
    if day is None:
        return "–"
    from babel.dates import format_date

    return str(format_date(day, format="d MMM y", locale=text.language))


def _pairs(answered: Answered, answers: Answers, text: Text) -> list[tuple[str, str]]:
    """When the objections were filed, rank and deficit before and after, and the official rank."""
    rows = (
        (answers.before, answered.before, N_("Rank before"), N_("Deficit before")),
        (answers.after, answered.after, N_("Rank after"), N_("Deficit after")),
    )
    days = sorted({each.filed for each in answered.objections if each.filed is not None})
    filed = ", ".join(_day(day, text) for day in days) or "–"
    ranks = [(text(label), rank_words(run, row, text)) for run, row, label, _ in rows]
    deficits = [(text(label), _deficit(row, text)) for _, row, _, label in rows]
    official = _official_rank(answered, answers, text)
    return [(text(N_("Date of the objection")), filed), *ranks, *official, *deficits]


def _deficit(row: Mapping[str, Any], text: Text) -> str:
    """A deficit, with the mark of the list where it is inferred."""
    number = text.number(row["deficit"], _SHOWN)
    return f"~{number}" if number and row["deficit_status"] == "inferred" else number or "–"


def _official_rank(answered: Answered, answers: Answers, text: Text) -> list[tuple[str, str]]:
    """The rank in the official list and its decree; nothing where no run was approved."""
    run = answers.official
    if run is None or run.official is None:
        return []
    row = answered.official
    rank = text(N_("not in it")) if row is None else rank_words(run, row, text)
    day = _day(parse_date(run.official.date), text)
    words = N_("{rank} (decree {decree} of {date})")
    said = text(words, rank=rank, decree=run.official.decree, date=day)
    return [(text(N_("Rank in the official list")), said)]


def rank_words(run: Run, row: Mapping[str, Any], text: Text) -> str:
    """A rank of how many, or why there is none."""
    if row["rank"] is None:
        words = N_("none: {reason}")
        return text(words, reason=text(REASONS[str(row["unranked_reason"])]))
    count = int(run.schools["rank"].notna().sum())
    return text(N_("{rank} of {count}"), rank=text.number(row["rank"]), count=text.number(count))


def changes(answered: Answered, adequacy: Adequacy, text: Text) -> list[str]:
    """What the objections have changed, and why the rank is what it is now."""
    before, after = answered.before, answered.after
    facts, planned = _facts(answered, adequacy, text), _planned(answered.objections, text)
    fewer = _fewer_tests(answered.findings, text)
    said = [
        *_by_judgement(answered.objections, text),
        *([] if fewer else _deciding(answered.objections, text)),
        _moved(before, after, text),
        *facts,
        *planned,
        *fewer,
    ]
    if not facts and not planned:
        said.append(text(N_("No fact of this school has changed.")))
    said += _by_others(before, after, text, has_facts=bool(facts), is_planned=bool(planned))
    if after["rank"] is not None:
        words = N_("Main reason of its rank now: {reason}.")
        if after["deficit_status"] == "inferred":
            words = N_(
                "Main reason of its rank now: {reason}. This is inferred (~), because too little "
                "of its service is known."
            )
        said.append(text(words, reason=reason(after, text)))
    return said


def _by_others(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    text: Text,
    *,
    has_facts: bool,
    is_planned: bool,
) -> list[str]:
    """What other schools have changed of this one's deficit and rank, if anything."""
    if before["rank"] is None or after["rank"] is None:
        return []
    later = after["rank"] - before["rank"]
    more = round(after["deficit"] - before["deficit"], DECIMALS)
    is_seen = round(after["deficit"], _SHOWN) != round(before["deficit"], _SHOWN)
    if not has_facts and is_seen:
        words = N_(
            "Its deficit has changed all the same: it is an estimate that is learned from the "
            "facts of all schools, and those of other schools have changed."
        )
    elif not later:
        return []
    elif not has_facts and not is_planned:
        words = N_("Its rank is another one because facts of other schools have changed.")
    elif not has_facts or not more:
        words = N_("Its deficit is the same as before: the move comes from other schools.")
    elif later * more > 0:
        words = N_(
            "Its own deficit has changed the other way: those of other schools have changed more. "
            "What tests show is also expected of schools without tests."
        )
    else:
        return []
    return [text(words)]


def _deciding(objections: Sequence[Objection], text: Text) -> list[str]:
    """Which tests decide where some were accepted and others were rejected, for each code."""
    said = []
    for code in TESTED:
        rows = [each for each in objections if each.code == code]
        accepted = sum(each.counts for each in rows)
        rejected = sum(not each.counts and not each.is_open for each in rows)
        if accepted and rejected:
            words = N_(
                "Tests of the {code}: {accepted} accepted, {rejected} rejected. The accepted ones "
                "decide."
            )
            figures = {"accepted": text.number(accepted), "rejected": text.number(rejected)}
            said.append(text(words, code=text(CODE_NAMES[code]), **figures))
    return said


def _planned(objections: Sequence[Objection], text: Text) -> list[str]:
    """That the list shows a connection as planned, where an accepted objection says so."""
    if not any(each.code == "planned" and each.counts for each in objections):
        return []
    words = N_("The list shows that a connection is already planned. This changes no rank.")
    return [text(words)]


def _fewer_tests(findings: Sequence[Mapping[str, Any]], text: Text) -> list[str]:
    """That accepted tests do not take the place of more that are known, where that holds."""
    fewer = [each for each in findings if each["code"] == "objection_tests_fewer"]
    return list(dict.fromkeys(finding_sentence(each, text) for each in fewer))


def _by_judgement(objections: Sequence[Objection], text: Text) -> list[str]:
    """What was accepted, what must be verified, what was rejected: a sentence for each.

    Tests of a code of which others were accepted have a sentence of their own.
    """
    named: dict[str, list[str]] = {}
    decided = {each.code for each in objections if each.counts and each.code in TESTED}
    for each in objections:
        if each.code in decided and not each.counts and not each.is_open:
            continue
        codes = named.setdefault(each.decision or each.judgement, [])
        if each.code and each.code not in codes:
            codes.append(each.code)
    return [
        f"{sentence(text(words))[:-1]}: {listed(named[judgement], CODE_NAMES, text)}."
        for judgement, words in JUDGEMENT_NAMES.items()
        if named.get(judgement)
    ]


def _moved(before: Mapping[str, Any], after: Mapping[str, Any], text: Text) -> str:
    """Whether the rank has changed, and in which direction; rank 1 is served first."""
    was, now = before["rank"], after["rank"]
    if was is None and now is None:
        return text(N_("The school had no rank and has none now."))
    if was is None:
        return text(N_("The school had no rank, and it has one now."))
    if now is None:
        return text(N_("The school had a rank, and it has none now."))
    if was == now:
        return text(N_("The rank of the school stays the same."))
    words = (
        N_("The school moves up by {places}: it is served earlier than before.")
        if now < was
        else N_("The school moves down by {places}: it is served later than before.")
    )
    return text(words, places=text.number(abs(was - now)))


def _facts(answered: Answered, adequacy: Adequacy, text: Text) -> list[str]:
    """Facts of the school that accepted objections have changed, a sentence for each."""
    before, after = answered.before, answered.after
    counted = {each.code for each in answered.objections if each.counts}
    said = []
    if "closed" in counted:
        said.append(text(N_("The school is closed. It stays in the list, without a rank.")))
    names = ("measured_down_mbps", "measured_latency_ms", "measured_tests")
    is_tested = any(before[name] != after[name] for name in names)
    if counted & set(TESTED) and is_tested:
        words = N_(
            "Its own speed tests now count: the median of {tests} tests is {down} Mbps; it needs "
            "{required} Mbps."
        )
        said.append(
            text(
                words,
                tests=text.number(after["measured_tests"]),
                down=rate(after["measured_down_mbps"], text),
                required=rate(after["required_mbps"], text),
            )
        )
    latency_ms = after["measured_latency_ms"]
    if "latency" in counted and is_tested and latency_ms is not None:
        words = N_(
            "The median latency of its speed tests is {latency} ms; its part of the score is full "
            "up to {best} ms and zero from {worst} ms on."
        )
        limits = (latency_ms, adequacy.latency_best_ms, adequacy.latency_worst_ms)
        names_ = ("latency", "best", "worst")
        said.append(text(words, **{n: text.number(v) for n, v in zip(names_, limits, strict=True)}))
    if "enrolment" in counted and before["students"] != after["students"]:
        words = N_("Pupils: {now} instead of {was}; the school needs {required} Mbps.")
        said.append(
            text(
                words,
                now=text.number(after["students"]),
                was=text.number(before["students"]) or text(N_("unknown")),
                required=rate(after["required_mbps"], text),
            )
        )
    if "location" in counted:
        said += _place(before, after, text)
    if "availability" in counted and after["fixed_network"] and not before["fixed_network"]:
        said.append(text(N_("A fixed network now counts as available at the school.")))
    return said


def _place(before: Mapping[str, Any], after: Mapping[str, Any], text: Text) -> list[str]:
    if before["lat"] is None and after["lat"] is not None:
        return [text(N_("The school now has a usable location."))]
    if before["lat"] is None or after["lat"] is None:
        return []
    places = [[float(row[axis])] for row in (before, after) for axis in ("lat", "lon")]
    away_m = float(geodesy.distance_m(*places)[0])
    if away_m < _HERE_M:
        return []
    words = N_("The location of the school was corrected by {km} km.")
    return [text(words, km=text.number(away_m / 1000, 2))]


def _imprint(answered: Answered, answers: Answers, text: Text) -> list[str]:
    rules = answers.rules
    tested = N_(
        "Speed tests count if they are at most {months} months old on the date of the objection, "
        "and on that of the data of the list where it is later, were made inside the circle in "
        "which the school stands and in school hours ({hours}); at least {tests} on {days} "
        "different days."
    )
    words = N_(
        "Rank 1 is served first; deficit 0 is adequate service and 1 is none. The rules of "
        "evidence are those of [objections] in the project file, of {date}."
    )
    figures = parameters("speed", rules, text)
    names = ("months", "hours", "tests", "days")
    made_by = N_(
        "{project}: kalsel-gap {version}. The rank before is that of the same list without any "
        "objection; the rank after is that of run {after}, as “kalsel-gap rank” makes it."
    )
    rows = (answered.before, answered.after)
    has_estimate = any(_deficit(row, text).startswith("~") for row in rows)
    has_tests = any(each.code in TESTED for each in answered.objections)
    return [
        *([text(tested, **{name: figures[name] for name in names})] if has_tests else []),
        text(words, date=_day(parse_date(rules.date), text)),
        *(
            [text(N_("~: estimated, because too little of the service is known."))]
            if has_estimate
            else []
        ),
        text(
            made_by,
            project=answers.after.manifest.get("project", ""),
            version=answers.after.manifest.get("kalsel_gap", ""),
            after=answers.after.folder.name,
        ),
    ]
