"""An XLSForm for ODK or Kobo: a surveyor is asked only what matters at the school.

XLSForm 1.0 (https://xlsform.org/en/ref-table). Which facts matter stands beside each school in the
sheet *choices*; a group of questions is relevant where they do. Names of the questions are those
that :mod:`kalsel_gap.sources.field_results` reads. Nothing is asked about a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables.visit_list import school_title
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.robustness.visits import ASKED
from kalsel_gap.sources.field_results import (
    INTERNET,
    LEVEL_DBM,
    MOST_MBPS,
    MOST_MS,
    RADIO,
    RECEPTION,
    choice_name,
)
from kalsel_gap.storage.text_workbook import workbook_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from kalsel_gap.i18n.text import Language

LANGUAGE_NAMES: dict[Language, str] = {"id": "Bahasa Indonesia (id)", "en": "English (en)"}
_FORM = "kalsel_gap_verify"
_TRANSLATED = ("label", "hint", "constraint_message")
_SURVEY = (
    *("type", "name", "required", "relevant", "constraint", "choice_filter", "calculation"),
    *("default", "appearance"),
)
_SCHOOLS = ("instance('schools')", "root")  # steps to the list of schools, as XForms keeps it
_RATE = f". >= 0 and . <= {MOST_MBPS:g}"
_RATE_WORDS = N_("Mbps, from 0 to {most}.")
INTERNET_WORDS = {"ada": N_("There is internet"), "tidak_ada": N_("There is no internet")}
RECEPTION_WORDS = {"ada": N_("There is a signal"), "tidak_ada": N_("No signal at all")}


def _row(type_: str, name: str, label: str = "", **others: str) -> dict[str, str]:
    return {"type": type_, "name": name, "label": label, **others}


def _rate(name: str, label: str, hint: str, **others: str) -> dict[str, str]:
    bounds = {"constraint": _RATE, "constraint_message": _RATE_WORDS}
    return _row("decimal", name, label, hint=hint, **bounds, **others)


def _asks(fact: str) -> dict[str, str]:
    """Whether a fact matters at the chosen school, from the list of schools."""
    formula = "/".join((*_SCHOOLS, "item[name=${npsn}]", fact))
    return _row("calculate", f"ask_{fact}", calculation=formula)


_HEAD = (
    _row("date", "date", N_("Date of the visit"), required="yes", default="today()"),
    _row("select_one kabupaten", "kabupaten", N_("Kabupaten or kota"), required="yes"),
    _row(
        *("select_one schools", "npsn", N_("School")),
        hint=N_("The number is its order in the list: the first visits are worth most."),
        required="yes",
        choice_filter="kabupaten=${kabupaten}",
        appearance="autocomplete",
    ),
    *(_asks(fact) for fact in ASKED),
)
_SERVICE = (
    _row("begin_group", "service", N_("Internet of the school"), relevant="${ask_service} = 'yes'"),
    _row(
        *("select_one internet", "internet", N_("Does the school have an internet connection?")),
        hint=N_(
            "One that the school pays for or was given. The phone of a teacher does not count."
        ),
        required="yes",
    ),
    _rate(
        *("subscription_down_mbps", N_("Subscription: download, Mbps")),
        N_("From the bill or the contract; leave empty if nobody knows."),
        relevant="${internet} = 'ada'",
    ),
    _rate(
        *("subscription_up_mbps", N_("Subscription: upload, Mbps")),
        N_("From the bill or the contract; leave empty if nobody knows."),
        relevant="${internet} = 'ada'",
    ),
    _rate(
        *("down_mbps", N_("Speed test: download, Mbps")),
        N_("Measured over the connection of the school, near its router."),
        relevant="${internet} = 'ada'",
    ),
    _rate(
        *("up_mbps", N_("Speed test: upload, Mbps")),
        N_("From the same test."),
        relevant="${internet} = 'ada'",
    ),
    _row(
        *("decimal", "latency_ms", N_("Speed test: latency (ping), ms")),
        hint=N_("From the same test."),
        relevant="${internet} = 'ada'",
        constraint=f". >= 0 and . <= {MOST_MS:g}",
        constraint_message=N_("Milliseconds, from 0 to {most_ms}."),
    ),
    _row("end_group", "service"),
)
_SIGNAL = (
    _row(
        *("begin_group", "signal", N_("Signal at the school")),
        relevant="${ask_signal} = 'yes'",
        hint=N_("Outdoors in the school yard. For a second operator send the form once more."),
    ),
    _row("select_one operator", "operator", N_("Operator of the SIM card")),
    _row(
        *("select_one reception", "reception", N_("Is there a signal of this operator?")),
        hint=N_("Walk around the yard first. No signal is an answer too: it is worth as much."),
        required="yes",
        relevant="${operator} != ''",
    ),
    _row(
        *("select_one technology", "technology", N_("Technology that the phone shows")),
        hint=N_(
            "Without any signal: leave it empty, unless the phone was set to one technology only."
        ),
        required="${reception} = 'ada'",
        relevant="${reception} != ''",
    ),
    _row(
        *("integer", "level_dbm", N_("Level, dBm")),
        hint=N_("RSRP of 4G and 5G, RSCP of 3G, RSSI of 2G, from the network page of the phone."),
        required="yes",
        relevant="${reception} = 'ada'",
        constraint=f". >= {LEVEL_DBM[0]:g} and . <= {LEVEL_DBM[1]:g}",
        constraint_message=N_("dBm, from {low} to {high}, with a minus sign."),
    ),
    _row("end_group", "signal"),
)
_LOCATION = (
    _row(
        *("begin_group", "location", N_("Location of the school")),
        relevant="${ask_location} = 'yes'",
    ),
    _row(
        *("geopoint", "gate", N_("Location of the gate")),
        hint=N_("Stand at the gate and wait until the accuracy is 20 m or better."),
    ),
    _row("end_group", "location"),
)


def form_bytes(
    visits: pd.DataFrame,
    operators: Sequence[str],
    run: str,
    title: str,
    about: Mapping[Language, str],
    language: Language,
) -> bytes:
    """The form as a workbook with the sheets *survey*, *choices* and *settings*.

    Parameters
    ----------
    visits : DataFrame
        As :func:`.list_visits` gives them.
    operators : sequence of str
        Operators whose signal the run knows; without any, no level is asked.
    run : str
        Name of the run: it comes back with the answers.
    title : str
        Title of the form.
    about : mapping of str
        By language what the list is: official or not, of real data or not.
    language : {'id', 'en'}
        The language in which it opens; both are in it.
    """
    schools = [row for row in visits.to_dict("records") if row["npsn"]]
    signal = _SIGNAL if operators else ()
    survey = [_about(about), *_HEAD, _run_of(run), *_SERVICE, *signal, *_LOCATION]
    return workbook_bytes(
        {
            "survey": _translated_sheet(survey, _SURVEY, _TRANSLATED),
            "choices": _translated_sheet(
                _choices(schools, operators),
                ("list_name", "name", "kabupaten", *ASKED),
                ("label",),
            ),
            "settings": [
                ["form_title", "form_id", "version", "default_language", "allow_choice_duplicates"],
                [_shown(title), _FORM, run, LANGUAGE_NAMES[language], "yes"],
            ],
        }
    )


def _about(said: Mapping[Language, str]) -> dict[str, str]:
    """A note above all questions, in the words of each language."""
    shown = {f"label::{code}": _shown(sentence) for code, sentence in said.items()}
    return _row("note", "about", **shown)


def _run_of(run: str) -> dict[str, str]:
    return _row("calculate", "run", calculation=f"'{run}'")


def _choices(
    schools: Sequence[Mapping[Any, Any]], operators: Sequence[str]
) -> list[dict[str, str]]:
    """Rows of the sheet: all lists of choices; a label of a school or a name is not translated."""
    places = {str(row["kabupaten"] or "") for row in schools}
    rows = [
        {"list_name": "kabupaten", "name": _place(each), "label": _shown(each) or "?", "as_is": "1"}
        for each in sorted(places)
    ]
    rows += [
        {
            "list_name": "schools",
            "name": str(row["npsn"]),
            "label": _shown(f"{school_title(row)} ({row['kecamatan'] or '?'})"),
            "kabupaten": _place(str(row["kabupaten"] or "")),
            **{fact: "yes" if row[f"asks_{fact}"] else "no" for fact in ASKED},
            "as_is": "1",
        }
        for row in schools
    ]
    rows += [
        {"list_name": "internet", "name": name, "label": INTERNET_WORDS[name]} for name in INTERNET
    ]
    rows += [
        {"list_name": "reception", "name": name, "label": RECEPTION_WORDS[name]}
        for name in RECEPTION
        if operators
    ]
    rows += [
        {"list_name": "operator", "name": choice_name(each), "label": _shown(each), "as_is": "1"}
        for each in operators
    ]
    rows += [
        {"list_name": "technology", "name": name, "label": name.upper(), "as_is": "1"}
        for name in RADIO
        if operators
    ]
    return rows


def _translated_sheet(
    rows: Sequence[Mapping[str, str]], columns: Sequence[str], translated: Sequence[str]
) -> list[list[str]]:
    """Rows below a header, with a column for each language of a text that is translated."""
    first, *others = columns
    header = [first, *others]
    header += [f"{name}::{LANGUAGE_NAMES[code]}" for name in translated for code in LANGUAGE_NAMES]
    sheet = [header]
    for row in rows:
        cells = [row.get(name, "") for name in columns]
        for name in translated:
            for code in LANGUAGE_NAMES:
                given = row.get(name, "")
                words = given if row.get("as_is") else _in_language(given, Text(code))
                cells.append(row.get(f"{name}::{code}", words))
        sheet.append(cells)
    return sheet


def _in_language(message: str, text: Text) -> str:
    if not message:
        return ""
    figures = {
        "most": text.number(MOST_MBPS),
        "most_ms": text.number(MOST_MS),
        "low": text.number(LEVEL_DBM[0]),
        "high": text.number(LEVEL_DBM[1]),
    }
    return text(message, **figures)


def _shown(name: object) -> str:
    """A name that a form shows as it is: no reference to an answer, no markup."""
    return re.sub(r"\$\s*\{", "$ (", plain(name)).replace("<", "‹").replace(">", "›").strip()


def _place(kabupaten: str) -> str:
    return choice_name(kabupaten) or "unknown"
