"""Words of both languages for objections: judgements, their reasons and what can be done now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.i18n.objection_names import CODE_NAMES, EVIDENCE_NAMES, SIGNER_NAMES
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.sources.objection_cells import WORDS
from kalsel_gap.sources.objections import TESTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kalsel_gap.project.objections import Objections
    from kalsel_gap.sources.objections import Objection

JUDGEMENT_NAMES = {
    "accepted": N_("accepted"),
    "verify": N_("to be verified"),
    "rejected": N_("rejected"),
}
_DECIDED = {
    "accepted": N_("accepted by decision of the office"),
    "rejected": N_("rejected by decision of the office"),
}
REASONS = {
    "as_listed": N_("The list states this already."),
    "code_not_open": N_("This project takes no objection of this code."),
    "code_unread": N_("The code is missing, or it is none of these: {codes}."),
    "contradictory": N_(
        "Two statements with evidence of the same day contradict each other; an office must "
        "confirm one of them."
    ),
    "date_later": N_("The evidence has a later date than the objection."),
    "date_missing": N_("The date of the evidence is missing or cannot be read."),
    "enough": N_("The evidence is sufficient."),
    "evidence_unfit": N_("This kind of evidence is not sufficient. What is needed: {evidence}."),
    "evidence_unread": N_(
        "The kind of evidence is missing, or it is none of these: {all_evidence}."
    ),
    "example": N_("This row is the example of the form. Replace it with your own."),
    "expired": N_(
        "The evidence is more than {months} months old on the date of the objection, or on that "
        "of the data of this list where that is later."
    ),
    "far_from_area": N_(
        "The place lies more than {near_km} km from the area that the register (Dapodik/EMIS) "
        "states; an office must confirm it."
    ),
    "few_decimals": N_("The coordinates have fewer than {decimals} decimals."),
    "filed_later": N_("The date of the objection is later than the day of its import."),
    "filed_missing": N_("The date of the objection is missing or cannot be read."),
    "implausible": N_("No school of this level has that number of pupils."),
    "large_change": N_(
        "The number differs from that of the list by more than a factor of {factor}; an office "
        "must confirm it."
    ),
    "measure_first": N_(
        "A statement alone does not change the coverage: the signal must be measured at the "
        "school. Until then the number stays, and it counts as not certain."
    ),
    "no_area": N_(
        "The area to which the school belongs is unknown; an office must confirm the place."
    ),
    "npsn_unknown": N_("No school of the list has this NPSN."),
    "npsn_unread": N_("The NPSN is missing or is not a valid number."),
    "outside_area": N_("The place lies outside the area of the project."),
    "outside_claimed_area": N_(
        "The list has no usable location of the school, and the place of the test lies outside the "
        "area that the register (Dapodik/EMIS) states for it."
    ),
    "outside_circle": N_(
        "The place of the test lies outside the circle in which the school stands."
    ),
    "outside_school_hours": N_("The test was not made in school hours ({hours})."),
    "place_missing": N_("The coordinates are missing or cannot be read."),
    "reference_missing": N_("The number of the document is missing; free text is not read."),
    "reference_unread": N_(
        "The number of the document is not read and not stored. It may have digits, separators, "
        "Roman numerals and known abbreviations of offices, and must be no telephone number. "
        "A further abbreviation is added to the project file: [objections], own_abbreviations."
    ),
    "repeated": N_("The same row is already there."),
    "school_not_located": N_(
        "The list has no usable location of the school; an office must confirm the place of the "
        "test."
    ),
    "signer_unfit": N_("It must be confirmed by: {signers}."),
    "signer_unread": N_("The kind of signer is missing, or it is none of these: {all_signers}."),
    "superseded": N_("Later evidence counts in its place."),
    "time_missing": N_("The time of the test is missing or cannot be read."),
    "too_few_days": N_("The valid tests were made on fewer than {days} different days."),
    "too_few_tests": N_("There are fewer than {tests} valid tests."),
    "value_missing": N_("A value is missing or cannot be read: {needed}."),
}
_NEEDED = {
    "availability": N_("service, which is one of {services}"),
    "speed": N_("download rate in Mbps"),
    "latency": N_("download rate in Mbps and latency in ms of the same test"),
    "enrolment": N_("number of pupils"),
}
_NEXT_STEPS = {
    "expired": N_("Send evidence that is not older than {months} months."),
    "filed_later": N_("Write the day on which the objection was filed."),
    "outside_claimed_area": N_(
        "Object to the location of the school too, with a photograph, and then make the tests at "
        "the school."
    ),
    "measure_first": N_(
        "Ask the office to measure the signal at the school, or send speed tests that were made "
        "there."
    ),
    "outside_circle": N_(
        "Make the tests on the grounds of the school. If the list has a wrong location of the "
        "school, object to its location too."
    ),
    "outside_school_hours": N_("Make the tests in school hours ({hours})."),
    "school_not_located": N_("Object to the location of the school too, with a photograph."),
    "too_few_days": N_("Make further tests until there are {tests}, on {days} different days."),
    "too_few_tests": N_("Make further tests until there are {tests}, on {days} different days."),
    "evidence_unfit": N_("Send the evidence that is needed: {evidence}."),
    "reference_missing": N_("Write the number of the document."),
}
_DAYS = (
    *(N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday")),
    *(N_("Saturday"), N_("Sunday")),
)
OFFICE_STEP = N_("The office confirms what is to be verified, and answers again.")


def sentence_of(objection: Objection, rules: Objections, text: Text) -> str:
    """Why an objection was judged as it was, for its signer."""
    if objection.decision and objection.decision != objection.judgement:
        return sentence(text(_DECIDED[objection.decision]))
    if objection.reason not in REASONS:  # somebody has edited the store
        return "–"
    return text(REASONS[objection.reason], **parameters(objection.code, rules, text))


def result_of(objection: Objection, text: Text) -> str:
    """The judgement in a word; the office's decision comes before it."""
    return text(JUDGEMENT_NAMES.get(objection.decision or objection.judgement, "–"))


def next_steps(objections: Iterable[Objection], rules: Objections, text: Text) -> list[str]:
    """What a school can do about what was not accepted, each said once.

    Where tests of a code were accepted nothing more is needed of it.
    """
    rows = list(objections)
    accepted = {each.code for each in rows if each.counts and each.code in TESTED}
    said = [
        text(_NEXT_STEPS[each.reason], **parameters(each.code, rules, text))
        for each in rows
        if each.code not in accepted and not each.decision and each.reason in _NEXT_STEPS
    ]
    # What only a measurement can show an office does not confirm.
    if any(each.is_open and not each.is_statement for each in rows):
        said.append(text(OFFICE_STEP))
    return list(dict.fromkeys(said))


def parameters(code: str, rules: Objections, text: Text) -> dict[str, object]:
    """Values of the rules of a code that its sentences mention."""
    rule = rules.codes.get(code)  # type: ignore[call-overload]
    tests = rules.tests
    return {
        "codes": _written("code", rules.codes),
        "all_evidence": _written("evidence"),
        "all_signers": _written("signer"),
        "evidence": listed(rule.evidence if rule else (), EVIDENCE_NAMES, text),
        "signers": listed(rule.signers if rule else (), SIGNER_NAMES, text),
        "months": text.number(rule.valid_months if rule else None),
        "near_km": text.figure(rules.places.near_km),
        "decimals": text.number(rules.places.minimum_decimals),
        "factor": text.figure(rules.counts.most_factor),
        "hours": text(
            N_("{start} to {end}, {days}"),
            start=tests.from_,
            end=tests.until,
            days=weekdays(tests.weekdays, text),
        ),
        "tests": text.number(tests.minimum_tests),
        "days": text.number(tests.minimum_days),
        "needed": text(_NEEDED.get(code, ""), services=_written("service")),
    }


def _written(column: str, codes: Iterable[str] | None = None) -> str:
    """What a cell of the form may say, in both languages: the code and its Indonesian word."""
    words = WORDS[column]
    return ", ".join(f"{code} ({words[code]})" for code in (words if codes is None else codes))


def weekdays(days: Sequence[int], text: Text) -> str:
    """Names of school days: from the first to the last where none between them is free.

    Examples
    --------
    >>> weekdays((1, 2, 3, 4, 5), Text("en")), weekdays((1, 3), Text("en"))
    ('Monday to Friday', 'Monday, Wednesday')
    """
    names = [text(_DAYS[day - 1]) for day in sorted(days)]
    if len(days) > 2 and max(days) - min(days) == len(set(days)) - 1:
        return text(N_("{first} to {last}"), first=names[0], last=names[-1])
    return ", ".join(names)


def listed(codes: Iterable[str], names: Mapping[str, str], text: Text) -> str:
    """Names of codes, separated by commas."""
    return ", ".join(text(names[code]) for code in codes)


def sentence(words: str) -> str:
    """Words with a capital letter and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def judged_table(
    objections: Sequence[Objection], rules: Objections, text: Text
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Judged rows as data with codes, and as a person reads them: with the numbers of reasons.

    Returns
    -------
    data : DataFrame
        With codes.
    shown : DataFrame
        In words; ``reason`` is the number of a sentence.
    reasons : list of str
        The sentences, each once: a column beside others would leave a narrow terminal no room.
    """
    rows = [
        {
            "row": each.row,
            "npsn": each.npsn,
            "code": each.code,
            "judgement": each.judgement,
            "reason": each.reason,
            "unread": ", ".join(each.unread),
        }
        for each in objections
    ]
    data = pd.DataFrame(rows, columns=["row", "npsn", "code", "judgement", "reason", "unread"])
    said = [sentence_of(each, rules, text) for each in objections]
    numbers = {sentence: at for at, sentence in enumerate(dict.fromkeys(said), start=1)}
    shown = data.assign(
        code=[text(CODE_NAMES[each.code]) if each.code else "–" for each in objections],
        npsn=[each.npsn or "–" for each in objections],
        judgement=[result_of(each, text) for each in objections],
        reason=[f"{numbers[sentence]}." for sentence in said],
    )
    return data, shown.astype({"row": "int64"}), list(numbers)
