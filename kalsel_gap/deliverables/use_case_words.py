"""What a school's internet is enough for, in sentences that a head teacher understands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap import schema
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from kalsel_gap.storage.run_folder import Run

# Uses that are shipped; one of the project's own has its own name.
USES: dict[str, str] = {
    "anbk": N_("ANBK online"),
    "lesson": N_("web lessons for a class"),
    "video": N_("a video for a class"),
    "meeting": N_("a video meeting of a teacher"),
    "dapodik": N_("Dapodik and e-Rapor"),
    "updates": N_("updates of the devices at night"),
}
_ANBK = N_("ANBK online (pupils at a time: {clients})")
_ANBK_OF_NOBODY = N_("ANBK online (even for one pupil)")
_RATE = "delivered_down_mbps"
_FIRST, _LAST = "use_", "_typical"  # around the code in the name of a column
_Days = tuple[str, str]
# Of uses, by what their columns say for a usual and for a difficult day.
_ALL: dict[_Days, str] = {
    ("yes", "yes"): N_("Enough, also on a difficult day, for: {uses}."),
    ("yes", "no"): N_("Enough on a usual day, not on a difficult one, for: {uses}."),
    ("yes", "unknown"): N_(
        "Enough, if the line is as fast as its subscription states, for: {uses}."
    ),
    ("no", "unknown"): N_(
        "Not enough, even if the line is as fast as its subscription states, for: {uses}."
    ),
    ("no", "no"): N_("Not enough for: {uses}."),
    ("unknown", "no"): N_("Not enough on a difficult day, unknown on a usual one, for: {uses}."),
}
_NEITHER = ("unknown", "unknown")
# Why it is not known of a line of which something is known.
_NO_CLIENTS = N_("Unknown, because the number of pupils is not known: {uses}.")
_NO_RATE = N_("Unknown, because the upload or the download rate is not known: {uses}.")
# Not measured, though the use needs it: by the figure of the use, and the column.
_LEFT_OUT = {
    "latency_ms": (
        "measured_latency_ms",
        N_("Latency is not known and was left out."),
    ),
    "loss_percent": (
        "measured_loss_share",
        N_("Packet loss is not known and was left out."),
    ),
}
_NO_INTERNET = {  # by who says so
    "register": N_(
        "By the register (Dapodik/EMIS) this school has no internet, so none of this works: {uses}."
    ),
    "subscription": N_("This school has no internet, so none of this works: {uses}."),
}
_INDICATIVE = N_("Few tests: only an indication.")
_UNKNOWN_SPEED = N_(
    "By the register (Dapodik/EMIS) this school has internet, but its speed is not recorded, so "
    "what it is enough for is not known."
)
_UNKNOWN_LINE = N_(
    "The data do not say whether this school has internet, so what it is enough for is not known."
)


def uses_of(run: Run) -> dict[str, str]:
    """Uses that a run judges, in order: code, and the name that the project gives it."""
    parameters = run.manifest.get("parameters", {})
    codes = [
        name.removeprefix(_FIRST).removesuffix(_LAST)
        for name in map(str, run.schools.columns)
        if name.startswith(_FIRST) and name.endswith(_LAST)
    ]
    return {code: str(parameters.get(f"use_cases.cases.{code}.name") or "") for code in codes}


def name_of(code: str, named: str, text: Text) -> str:
    """A use in words: as the project calls it, otherwise as shipped, otherwise its code."""
    return plain(named) or text(USES.get(code, code))


def sentences(row: dict[str, Any], run: Run, text: Text) -> list[str]:
    """What the internet is enough for: a sentence for all uses of which the same is said.

    Parameters
    ----------
    row : dict
        The school; an older run has no such columns, and then there is no sentence.
    run, text
        The run, and the language.
    """
    judged = _judged(row, run, text)
    if "anbk" in judged:
        days, _ = judged["anbk"]
        if row.get("exam_clients"):
            judged["anbk"] = days, text(_ANBK, clients=text.number(row["exam_clients"]))
        elif "no" in days and _says_none(row) is None:
            judged["anbk"] = days, text(_ANBK_OF_NOBODY)
    return _said(judged, row, run, text)


def summary(row: dict[str, Any], run: Run, text: Text) -> str:
    """All uses of a school in one text: what works, what only sometimes, what does not."""
    found = _said(_judged(row, run, text), row, run, text)
    if row.get("measured_is_indicative") and len(found):
        found.append(text(_INDICATIVE))
    return " ".join(found)


def summaries(schools: pd.DataFrame, run: Run, text: Text) -> list[str]:
    """The text of :func:`summary` of each school."""
    names = [column.name for column in schema.use_case_columns(uses_of(run))]
    needed = [*names, "delivered_basis", "exam_clients", "measured_is_indicative", _RATE]
    needed += [column for column, _ in _LEFT_OUT.values()]
    rows = to_records(schools[[name for name in schools.columns if name in needed]])
    return [summary(row, run, text) for row in rows]


def _judged(row: dict[str, Any], run: Run, text: Text) -> dict[str, tuple[_Days, str]]:
    """What is said of each use on both days, and its name."""
    found = {}
    for code, named in uses_of(run).items():
        usually, difficult = (row.get(f"use_{code}_{day}") for day in ("typical", "difficult"))
        if usually is not None and difficult is not None:
            found[code] = _days(str(usually), str(difficult)), name_of(code, named, text)
    return found


def _days(usually: str, difficult: str) -> _Days:
    """A key of :data:`_ALL`, or :data:`_NEITHER`."""
    if usually == "no" and difficult != "unknown":  # a difficult day is no better
        return "no", "no"
    return (usually, difficult) if (usually, difficult) in _ALL else _NEITHER


def _says_none(row: dict[str, Any]) -> str | None:
    """The sentence that a school has no internet, as a register or a line of 0 Mbps says."""
    basis = row.get("delivered_basis")
    is_none = basis == "register" or (basis == "subscription" and row.get(_RATE) == 0.0)
    return _NO_INTERNET[str(basis)] if is_none else None


def _said(
    judged: dict[str, tuple[_Days, str]], row: dict[str, Any], run: Run, text: Text
) -> list[str]:
    """A sentence for all uses of which the same is said; one alone where nothing is known."""
    if not judged:
        return []
    basis = row.get("delivered_basis")
    if words := _says_none(row):
        return [text(words, uses=_listed(use for _, use in judged.values()))]
    if basis not in ("test", "subscription"):
        return [text(_UNKNOWN_SPEED if basis == "provider" else _UNKNOWN_LINE)]
    groups = {words: [u for d, u in judged.values() if d == days] for days, words in _ALL.items()}
    groups |= {_NO_CLIENTS: [], _NO_RATE: []}
    left_out: dict[str, None] = {}  # in order, each once
    parameters = run.manifest.get("parameters", {})
    for code, (days, use) in judged.items():
        key = f"use_cases.cases.{code}"
        if days == _NEITHER:
            of_clients = parameters.get(f"{key}.for_clients") is not None
            is_counted = row.get("exam_clients") is not None
            groups[_NO_CLIENTS if of_clients and not is_counted else _NO_RATE].append(use)
        if "yes" in days:
            for figure, (column, words) in _LEFT_OUT.items():
                is_measured = basis == "test" and row.get(column) is not None
                if parameters.get(f"{key}.{figure}") is not None and not is_measured:
                    left_out[words] = None
    found = [text(words, uses=_listed(uses)) for words, uses in groups.items() if uses]
    return [*found, *map(text, left_out)]


def _listed(uses: Iterable[str]) -> str:
    return ", ".join(uses)
