"""What a school's internet is enough for, in sentences that a head teacher understands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap import schema
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
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
_ANBK = N_("ANBK online, {clients} pupils at a time")
_FIRST, _LAST = "use_", "_typical"  # around the code in the name of a column
# Of a use, by what its columns say for a usual and for a difficult day.
_ONE: dict[tuple[str, str], str] = {
    ("yes", "yes"): N_("{use}: works, also on a difficult day."),
    ("yes", "no"): N_("{use}: works on a usual day, not on a difficult one."),
    ("no", "yes"): N_("{use}: does not work on a usual day."),
    ("no", "no"): N_("{use}: does not work."),
    ("unknown", "unknown"): N_("{use}: unknown."),
    ("unknown", "no"): N_("{use}: does not work on a difficult day, on a usual one unknown."),
    ("yes", "unknown"): N_("{use}: works if the line is as fast as its subscription states."),
    ("no", "unknown"): N_("{use}: does not work, even if the line is as fast as stated."),
}
_ALL: dict[tuple[str, str], str] = {
    ("yes", "yes"): N_("Works: {uses}."),
    ("yes", "no"): N_("Works on a usual day only: {uses}."),
    ("yes", "unknown"): N_("Works by its subscription: {uses}."),
    ("no", "unknown"): N_("Does not work by its subscription: {uses}."),
    ("no", "no"): N_("Does not work: {uses}."),
    ("unknown", "unknown"): N_("Unknown: {uses}."),
}
_NEITHER = ("unknown", "unknown")
_NOTHING_WORKS = N_("Without internet nothing of this works: {uses}.")
_INDICATIVE = N_("Few tests: only an indication.")
_UNKNOWN = N_("Unknown what works: its line was neither tested nor declared.")


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
    """Each use as one sentence, those that do not apply left out; one for all without a line.

    Parameters
    ----------
    row : dict
        The school; an older run has no such columns, and then there is no sentence.
    run, text
        The run, and the language.
    """
    found = []
    judged = _judged(row, run, text)
    if _is_offline(row) or all(days == _NEITHER for days, _ in judged.values()):
        return [summary(row, run, text)] if judged else []
    for code, (days, use) in judged.items():
        words = _ONE[days]
        is_counted = code == "anbk" and row.get("exam_clients")
        counted = text(_ANBK, clients=text.number(row.get("exam_clients")))
        sentence = text(words, use=counted if is_counted else use)
        found.append(sentence[:1].upper() + sentence[1:])
    return found


def summary(row: dict[str, Any], run: Run, text: Text) -> str:
    """All uses of a school in one text: what works, what only sometimes, what does not."""
    judged = _judged(row, run, text)
    if not judged:
        return ""
    if all(days == _NEITHER for days, _ in judged.values()):
        return text(_UNKNOWN)
    if _is_offline(row):
        return text(_NOTHING_WORKS, uses=", ".join(use for _, use in judged.values()))
    found = []
    for days, words in _ALL.items():
        uses = [use for of, use in judged.values() if _grouped(of) == days]
        if uses:
            found.append(text(words, uses=", ".join(uses)))
    if row.get("measured_is_indicative"):
        found.append(text(_INDICATIVE))
    return " ".join(found)


def summaries(schools: pd.DataFrame, run: Run, text: Text) -> list[str]:
    """The text of :func:`summary` of each school."""
    names = [column.name for column in schema.use_case_columns(uses_of(run))]
    needed = [*names, "delivered_basis", "measured_is_indicative"]
    rows = to_records(schools[[name for name in schools.columns if name in needed]])
    return [summary(row, run, text) for row in rows]


def _judged(row: dict[str, Any], run: Run, text: Text) -> dict[str, tuple[tuple[str, str], str]]:
    """What is said of each use on both days, and its name."""
    found = {}
    for code, named in uses_of(run).items():
        usually, difficult = (row.get(f"use_{code}_{day}") for day in ("typical", "difficult"))
        if usually is not None and difficult is not None:
            days = str(usually), str(difficult)
            found[code] = (days if days in _ONE else _NEITHER), name_of(code, named, text)
    return found


def _grouped(days: tuple[str, str]) -> tuple[str, str]:
    """The group of :data:`_ALL` that a use is in."""
    if days[0] == "no":
        return days if days[1] == "unknown" else ("no", "no")
    return days if days in _ALL else _NEITHER


def _is_offline(row: dict[str, Any]) -> bool:
    return row.get("delivered_basis") == "register"
