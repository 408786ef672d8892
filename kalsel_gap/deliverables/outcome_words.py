"""What visits have shown of a list, in sentences."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.deliverables.verified_tables import LOCATIONS
from kalsel_gap.i18n.text import N_, Text, escaped, plain
from kalsel_gap.robustness.outcome import FEWEST, INTERVAL, Figure, Outcome
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.deliverables.verified_tables import KeptAnswers
    from kalsel_gap.sources.field_results import AnswerProblem

_ROWS_SHOWN = 10
# Columns of the terminal: the school before and with the answers.
LABELS = {
    "npsn": N_("NPSN"),
    "name": N_("School"),
    "ranks": N_("Rank"),
    "deficits": N_("Deficit"),
    "moved": N_("First k"),
}
SPARE = ("npsn", "deficits")
_PROBLEMS = {
    "personal": N_(
        "Column “{column}” is about a person: it is not read and not stored. Leave it out of the "
        "form."
    ),
    "unread": N_("Column “{column}”, row {rows}: no possible answer; not used."),
    "no_school": N_("Row {rows}: no NPSN, so the answers belong to no school; not used."),
    "no_date": N_("Row {rows}: a speed test without a date; not used."),
    "no_operator": N_("Row {rows}: a signal without its operator or technology; not used."),
    "operator_unknown": N_(
        "Row {rows}: no signal at all of an operator of whom the run knows no technology; not "
        "used. Name the technology."
    ),
    "no_level": N_(
        "Row {rows}: a signal without its level, or an operator without an answer; not used."
    ),
    "both_signals": N_(
        "Row {rows}: “no signal at all” and a level, which contradict each other; neither is used."
    ),
}
_VERDICTS = {
    "few": N_("Too few to judge."),
    "agrees": N_("This agrees with what was stated."),
    "more": N_("That is more than stated, by more than chance explains."),
    "fewer": N_("That is fewer than stated, by more than chance explains."),
}


def problem_sentences(problems: Sequence[AnswerProblem], text: Text) -> Iterator[str]:
    """What was not used of a file, one sentence each."""
    for each in problems:
        rows = ", ".join(map(str, each.rows[:_ROWS_SHOWN]))
        rows += " …" if len(each.rows) > _ROWS_SHOWN else ""
        yield text(_PROBLEMS[each.kind], column=plain(each.column), rows=rows)


def kept_sentences(kept: KeptAnswers, text: Text) -> Iterator[str]:
    """Which answers are not used although they can be read, and what is proposed."""
    if kept.unknown:
        words = N_("NPSN that no school of the run has: {schools}.")
        yield text(words, schools=_listed(kept.unknown))
    if kept.not_asked:
        words = N_("Answers to facts that were not asked, and that are not kept: {count}.")
        yield text(words, count=text.number(kept.not_asked))
    if kept.unused:
        words = N_(
            "The register states that there is no internet, a visit found one of unknown speed: "
            "{schools}. Correct the register there."
        )
        yield text(words, schools=_listed(kept.unused))
    if LOCATIONS in kept.tables:
        words = N_(
            "Locations found: {count}, in {file}. They are proposals: correct the register by "
            "them; the figures below already use them."
        )
        count = text.number(len(kept.tables[LOCATIONS]))
        yield text(words, count=count, file=LOCATIONS)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_ROWS_SHOWN]) + (" …" if len(names) > _ROWS_SHOWN else "")


def outcome_sentences(outcome: Outcome, k: int, text: Text) -> Iterator[str]:
    """Hit rate and calibration."""
    changes = outcome.changes
    share = _percent(changes.observed / changes.count, text) if changes.count else ""
    words = N_(
        "Hit rate: {observed} of {count} visited schools ({share}) come among the first {k} or "
        "leave them; {expected} were expected."
    )
    if changes.count:
        yield _with_verdict(words, changes, text, k=text.number(k), share=share)
    else:
        yield text(N_("No answer that was asked for; the list stays as it is."))
    words = N_(
        "Deficit: {observed} of {count} lie inside of the {interval} interval that was stated; "
        "{expected} were expected."
    )
    if outcome.intervals.count:
        yield _with_verdict(words, outcome.intervals, text, interval=_percent(INTERVAL, text))
    words = N_("Internet: {observed} of {count} schools have none; {expected} were expected.")
    if outcome.no_line.count:
        yield _with_verdict(words, outcome.no_line, text)
    words = N_(
        "Location: {observed} of {count} doubtful schools stand at the point of the register; "
        "{expected} were expected."
    )
    if outcome.at_point.count:
        yield _with_verdict(words, outcome.at_point, text)
    if outcome.levels:
        words = N_(
            "Signal: measured less shown level {difference} dB, median of {count}. {verdict}"
        )
        verdict = text(_VERDICTS["few"]) if outcome.levels < FEWEST else ""
        difference = text.number(outcome.level_difference_db, 1)
        count = text.number(outcome.levels)
        yield text(words, difference=difference, count=count, verdict=verdict).strip()
    if outcome.no_signal:
        words = N_(
            "No signal at all: {count}, each of one operator and technology at a school; the list "
            "shows a signal for {shown} of them."
        )
        shown = text.number(outcome.no_signal_shown)
        yield text(words, count=text.number(outcome.no_signal), shown=shown)


def _with_verdict(words: str, figure: Figure, text: Text, **more: str) -> str:
    sentence = text(
        words,
        observed=text.number(figure.observed),
        count=text.number(figure.count),
        expected=text.number(figure.expected, 1),
        **more,
    )
    return f"{sentence} {text(_VERDICTS[figure.verdict])}"


def in_terminal(outcome: Outcome, text: Text) -> pd.DataFrame:
    """The columns :data:`LABELS` of the visited schools."""
    shown = []
    for row in outcome.schools.to_dict("records"):
        before, after = row["is_chosen_before"], row["is_chosen_after"]
        moved = N_("stays in") if after else N_("stays out")
        if before != after:
            moved = N_("comes in") if after else N_("leaves")
        shown.append(
            {
                "npsn": row["npsn"],
                "name": row["name"],
                "ranks": _both(row["rank_before"], row["rank_after"], 0, text),
                "deficits": _both(row["deficit_before"], row["deficit_after"], 3, text),
                "moved": text(moved),
            }
        )
    return pd.DataFrame(shown, columns=list(LABELS)).astype("str")


def _both(before: Any, after: Any, digits: int, text: Text) -> str:  # noqa: ANN401 - NA or a number
    numbers = ("?" if pd.isna(each) else text.number(each, digits) for each in (before, after))
    return " → ".join(numbers)


def to_json(
    outcome: Outcome, kept: KeptAnswers, paths: Mapping[str, Path], lines: list[str]
) -> str:
    """The report for programs; what is unknown is null."""
    figures = ("changes", "intervals", "no_line", "at_point")
    difference = outcome.level_difference_db
    report = {
        "schools": to_records(outcome.schools),
        **{name: dataclasses.asdict(getattr(outcome, name)) for name in figures},
        "levels": outcome.levels,
        "no_signal": outcome.no_signal,
        "no_signal_shown": outcome.no_signal_shown,
        "level_difference_db": None if math.isnan(difference) else difference,
        "not_asked": kept.not_asked,
        "unknown": list(kept.unknown),
        "unused": list(kept.unused),
        "files": sorted(paths),
        "project_lines": lines,
    }
    return escaped(json.dumps(report, indent=1, ensure_ascii=False)) + "\n"


def _percent(share: float, text: Text) -> str:
    return f"{text.number(100.0 * share)} %"
