"""The list of schools to visit: what to find out at each, and what that is worth, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.deliverables.tables import approval, assignments
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.robustness.visits import ASKED, fact_values, plan_visits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.storage.run_folder import Run

# What a surveyor finds out, as a part of a sentence.
FACT_WORDS = {
    "service": N_("internet: is there any, and how fast"),
    "signal": N_("signal: its level at the school"),
    "location": N_("location: where the school stands"),
}
_SHORT = {"service": N_("internet"), "signal": N_("signal"), "location": N_("location")}
# Columns of the terminal.
LABELS = {
    "visit": N_("#"),
    "rank": N_("Rank"),
    "name": N_("School"),
    "kecamatan": N_("Kecamatan"),
    "find_out": N_("Find out"),
    "chance_text": N_("Chance"),
    "value_text": N_("Value"),
}
SPARE = ("value_text", "visit")  # what is left out first where the terminal is narrow
_OF_SCHOOL = ("rank", "npsn", "name", "level", "kabupaten", "kecamatan", "lat", "lon")
_DECIMALS = {"value": 6, "chance": 4}


def first_k(run: Run) -> int:
    """How many schools come first in the statements of a run."""
    return int(run.manifest["certainty"]["k"])


def list_visits(
    run: Run, schools: pd.DataFrame, text: Text, *, top: int | None = None
) -> pd.DataFrame:
    """The schools to visit, the most valuable visit first.

    Parameters
    ----------
    run : Run
        A run with draws.
    schools : DataFrame
        Those of its schools that may be visited.
    text : Text
        Language of the words.
    top : int, optional
        Largest number of visits.

    Returns
    -------
    DataFrame
        ``visit``, their order; the school; ``find_out``, ``meaning``: what to find out there and
        what that is worth, in words; the columns of :func:`.plan_visits`; ``data``, ``standing``,
        ``trial`` and ``official``, as in every table of schools.

    Raises
    ------
    InputError
        The run has no draws.
    """
    planned = plan_visits(fact_values(run), schools, top)
    of_school = schools.set_index("row_id").loc[planned["row_id"], list(_OF_SCHOOL)]
    table = planned.drop(columns="npsn").join(of_school, on="row_id")
    table["rank"] = table["rank"].astype("Int64")
    rows = table.to_dict("records")
    k = text.number(first_k(run))
    table["find_out"] = pd.Series([_facts(row, text) for row in rows], dtype="str")
    table["meaning"] = pd.Series([_meaning(row, k, text) for row in rows], dtype="str")
    table["visit"] = pd.RangeIndex(1, len(table) + 1)
    table["run"] = run.folder.name
    table["data"] = run.manifest.get("data", "real")
    table["standing"] = run.standing
    table["trial"] = assignments(run.overrides) if run.overrides else ""
    table["official"] = approval(run) or ""
    figures = [name for name in planned.columns if name.rpartition("_")[2] in _DECIMALS]
    table = table.round({name: _DECIMALS[name.rpartition("_")[2]] for name in figures})
    asks = [f"asks_{fact}" for fact in ASKED]
    return table[
        [
            *("visit", *_OF_SCHOOL, "find_out", "meaning", "is_chosen"),
            *(*figures, *asks, "row_id", "run", "data", "standing", "trial"),
            "official",
        ]
    ]


def in_terminal(visits: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The columns :data:`LABELS` of the list, as a terminal shows them."""
    rows = visits.to_dict("records")
    return visits.assign(
        find_out=pd.Series([_facts(row, text, short=True) for row in rows], dtype="str"),
        chance_text=pd.Series([_percent(row["visit_chance"], text) for row in rows], dtype="str"),
        value_text=pd.Series([text.number(row["visit_value"], 3) for row in rows], dtype="str"),
    )[list(LABELS)]


def what_values_mean(run: Run, text: Text) -> str:
    """What chance and value of a visit are, as one sentence below the list."""
    words = N_(
        "Chance: how likely a visit changes whether the school is among the first {k}. Value: by "
        "how much the sum of the deficits of the first {k} is expected to rise, because the "
        "schools that need it more come first."
    )
    return text(words, k=text.number(first_k(run)))


def nothing_to_visit(text: Text) -> str:
    """That no fact that can be found out would change who comes first."""
    return text(N_("Nothing that a visit can find out would change which schools come first."))


def facts_of(row: Mapping[Any, Any]) -> list[str]:
    """The facts that are asked at a school, the most valuable first."""
    asked = [fact for fact in ASKED if row[f"asks_{fact}"]]
    return sorted(asked, key=lambda fact: -row[f"{fact}_value"])


def _facts(row: Mapping[Any, Any], text: Text, *, short: bool = False) -> str:
    words = _SHORT if short else FACT_WORDS
    return (", " if short else "; ").join(text(words[fact]) for fact in facts_of(row))


def _meaning(row: Mapping[Any, Any], k: str, text: Text) -> str:
    """One sentence about a visit."""
    inside = N_(
        "Now among the first {k}; the chance is {chance} that a visit shows that it does not "
        "belong there."
    )
    outside = N_(
        "Now not among the first {k}; the chance is {chance} that a visit shows that it belongs "
        "there."
    )
    words = inside if row["is_chosen"] else outside
    return text(words, k=k, chance=_percent(row["visit_chance"], text))


def _percent(chance: float, text: Text) -> str:
    """A chance as per cent; one that is not 0 is never shown as 0."""
    percent = 100.0 * chance
    if 0.0 < percent < 1.0:
        return f"< {text.number(1)} %"
    return f"{text.number(percent)} %"


def school_title(row: Mapping[Any, Any]) -> str:
    """Name of a school with its order in the list, safe to show."""
    return f"{row['visit']}. {plain(row['name']).strip()}"
