"""What internet a school has and may have, in sentences that a head teacher understands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables.sections import PageSection
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_RATES = (
    ("down_mbps", N_("{value} Mbps down")),
    ("up_mbps", N_("{value} Mbps up")),
    ("latency_ms", N_("{value} ms latency")),
    ("loss_share", N_("{value} % packet loss")),
)

# What the share of the peak that a school has is measured by.
_MET = {
    "test": N_("On a difficult day it has {percent} % of that."),
    "subscription": N_("Its subscription states {percent} % of that."),
}

_LEAST_PERCENT = 1.0  # of a share that is given as a number


def service_section(row: dict[str, Any], indicative_tests: int, text: Text) -> PageSection:
    """Its tests, the operators there, a fixed network, and the peak of an examination day.

    Parameters
    ----------
    row : dict
        The school; columns that an older run lacks are left out.
    indicative_tests : int
        With fewer tests they are only indicative.
    text : Text
        Language of the page.
    """
    said = [
        *_tests(row, indicative_tests, text),
        *_operators(row, text),
        *_fixed(row, text),
        *_exam(row, text),
    ]
    return PageSection(text(N_("Its internet service")), said=said)


def _rates(row: dict[str, Any], prefix: str, text: Text) -> str:
    """Those of the values that were measured."""
    shown = []
    for name, words in _RATES:
        value = row.get(f"{prefix}_{name}")
        if value is not None:
            value, digits = (100.0 * value, 1) if name == "loss_share" else (value, _digits(value))
            shown.append(text(words, value=text.number(value, digits)))
    return ", ".join(shown)


def _digits(value: float) -> int:
    return 0 if value >= 10.0 else 1


def _tests(row: dict[str, Any], indicative_tests: int, text: Text) -> Iterator[str]:
    """Its own tests, the median and a difficult day beside each other."""
    if row.get("measured_down_mbps") is None:
        yield text(N_("It has no speed tests of its own."))
        return
    words = N_("Its own speed tests of the latest quarter ({count}), the middle one: {rates}.")
    if row["measured_tests"] == 1:
        words = N_("Its only speed test of the latest quarter: {rates}.")
    count = text.number(row["measured_tests"])
    rates = _rates(row, "measured", text)
    yield text(words, count=count, rates=rates)
    if row.get("difficult_down_mbps") is not None:
        words = N_("On a difficult day, as in the worst quarter of the tests: {rates} or worse.")
        yield text(words, rates=_rates(row, "difficult", text))
    if row.get("measured_is_indicative"):
        words = N_("Fewer than {least} tests: this is only an indication.")
        yield text(words, least=text.number(indicative_tests))


def _operators(row: dict[str, Any], text: Text) -> Iterator[str]:
    """How many operators are usable there, and the margin of the best 4G."""
    if row.get("known_operators") is None:  # an older run, or no location
        return
    if not row["known_operators"]:
        yield text(N_("It is unknown which operators have 4G or 5G there."))
        return
    words = N_("Operators with usable 4G or 5G there: {usable} of {known}.")
    usable, known = (text.number(row[f"{name}_operators"]) for name in ("usable", "known"))
    yield text(words, usable=usable, known=known)
    margin = row.get("margin_4g_db")
    if margin is not None:
        above = N_("The best 4G is {margin} dB above the level from which it is usable.")
        below = N_("The best 4G is {margin} dB below the level from which it is usable.")
        if row["margin_4g_status"] == "inferred":
            above = N_("The best 4G is about {margin} dB above the level from which it is usable.")
            below = N_("The best 4G is about {margin} dB below the level from which it is usable.")
        yield text(above if margin >= 0.0 else below, margin=text.number(abs(margin)))
    elif row["margin_4g_status"] == "none":
        yield text(N_("No operator has 4G there."))


def _fixed(row: dict[str, Any], text: Text) -> Iterator[str]:
    words = {
        (True, "known"): N_("A fixed network serves its location."),
        (False, "known"): N_("No fixed network serves its location."),
        (True, "inferred"): N_("A fixed network probably serves its location."),
        (False, "inferred"): N_("Probably no fixed network serves its location."),
    }
    if "fixed_status" in row:
        unknown = N_("It is unknown whether a fixed network serves its location.")
        yield text(words.get((row["fixed_served"], row["fixed_status"]), unknown))


def _exam(row: dict[str, Any], text: Text) -> Iterator[str]:
    """The peak of an examination day, and what the school has or may have of it."""
    status = row.get("exam_status")
    if status in (None, "none"):
        return
    if status == "unknown":
        yield text(N_("How many take ANBK at a time is unknown: its pupils or its level are."))
    else:
        words = N_("For ANBK, {clients} pupils at a time need {rate} Mbps.")
        rate = text.number(row["exam_mbps"], _digits(row["exam_mbps"]))
        yield text(words, clients=text.number(row["exam_clients"]), rate=rate)
    met, may = row["exam_met_share"], row["exam_available_share"]
    if met is not None:
        words = _MET.get(str(row.get("delivered_basis")), N_("It has {percent} % of that."))
        if met == 0.0:
            words = N_("It has nothing of that.")
        if status == "unknown":
            words = N_("Without internet it cannot hold ANBK online.")
        yield text(words, percent=text.number(100.0 * met))
    elif may is not None:
        words = N_(
            "What it has of that is not known; the best subscription there could give {percent} % "
            "of it."
        )
        if 100.0 * may < _LEAST_PERCENT:
            words = N_(
                "What it has of that is not known; no ordinary subscription there would "
                "give a usable part of it."
            )
        yield text(words, percent=text.number(100.0 * may))
