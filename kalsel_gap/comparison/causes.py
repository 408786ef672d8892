"""What may have moved a rank between two runs, and which of it changed a column of a school.

A run records the hash of every input and every figure. What is the same in both runs is no cause:
where columns differ all the same, the cause is upstream, or it is the method. So one more school,
which moves the curves that others are inferred by, stays one cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit import signals
from kalsel_gap.indicators.delivered import PARTS
from kalsel_gap.project.base import OVERRIDABLE
from kalsel_gap.quality import stage as quality
from kalsel_gap.radio.links import prediction
from kalsel_gap.sources import places, schools, sites
from kalsel_gap.sources.school_points import POSITION
from kalsel_gap.terrain import stage as terrain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kalsel_gap.geo.arrays import BoolArray, IntArray

Cause = Literal["register", "measurements", "coverage", "terrain", "figures", "method"]
# In the order in which what is older gives way to what is newer.
CAUSES: tuple[Cause, ...] = get_args(Cause)
_LAST = CAUSES.index("method")
_FIGURES = CAUSES.index("figures")
_COVERAGE = CAUSES.index("coverage")
_MEASUREMENTS = CAUSES.index("measurements")

# Cause of each section of a project that names inputs; what files say, and how they are read.
_OF_SECTION: dict[str, Cause] = {
    **dict.fromkeys(
        ("schools", "attributes", "boundaries", "villages", "facilities", "repairs", "objections"),
        "register",
    ),
    "measurements": "measurements",
    "project": "measurements",  # its evidence date: the day that tests may be too old on
    "coverage": "coverage",
    **dict.fromkeys(
        (
            *("sites", "elevation", "land_cover", "calibration"),
            *("coastline", "wetlands", "rivers", "roads", "fibre"),
        ),
        "terrain",
    ),
}
_DATES = "dates"  # what stages call the evidence date, otherwise the dates of all inputs
_EVIDENCE_DATE = "project.evidence_date"
# Words beside figures that no number depends on.
_SAID = frozenset({"source", "date", "confidence"})
# Of objections only whether they are used; the rules of evidence have judged them before a run.
_OBJECTIONS = "objections"
_OBJECTIONS_USED = "objections.used"
_MEASURED = tuple(
    column.name
    for column in schema.of_stage("signals")
    if column.name.startswith(("measured_", "difficult_"))
)
# The rates and latency of own tests at the percentile by which the run was ranked: no column of a
# run, but what :func:`kalsel_gap.comparison.replacement.counted_tests` makes of one.
COUNTED = tuple(f"counted_{part}" for part in PARTS)
_OF_TESTS = ("measurements", _DATES, "index.tests", "file_checks.measurements", _OBJECTIONS)


@dataclass(frozen=True, slots=True)
class ColumnGroup:
    """Columns of a run that are replaced together.

    Attributes
    ----------
    name : str
    columns : tuple of str
        Columns of the table of schools.
    sections : tuple of str
        Sections of the project that they depend on, with the files that these name.
    reads : tuple of str
        Columns of earlier groups that they depend on, in the row of the same school.
    depends_on_others : bool
        Whether they may also depend on the rows of other schools.
    of_objections : str
        The cause that objections are of these columns: facts of the register, or measurements.
    """

    name: str
    columns: tuple[str, ...]
    sections: tuple[str, ...]
    reads: tuple[str, ...]
    depends_on_others: bool = False
    of_objections: Cause = "register"


def _names(*stages: schema.StageName) -> tuple[str, ...]:
    return tuple(column.name for stage in stages for column in schema.of_stage(stage))


# Everything that service and scores are made from, each group behind those that it depends on.
GROUPS: tuple[ColumnGroup, ...] = (
    ColumnGroup("register", _names("register", "attributes"), schools.STAGE.sections, ()),
    ColumnGroup(
        *("quality", _names("quality"), quality.STAGE.sections, quality.STAGE.reads),
        depends_on_others=True,  # schools near each other
    ),
    ColumnGroup("places", _names("places"), places.STAGE.sections, places.STAGE.reads),
    ColumnGroup(
        "terrain",
        _names("terrain"),
        (*terrain.STAGE.sections, *sites.STAGE.sections),
        terrain.STAGE.reads,
    ),
    ColumnGroup(
        "prediction", _names("prediction"), prediction.STAGE.sections, prediction.STAGE.reads
    ),
    ColumnGroup(
        "available",
        tuple(name for name in _names("signals") if name not in _MEASURED),
        tuple(s for s in signals.STAGE.sections if s not in {_DATES, "index.tests"}),
        (*signals.STAGE.reads, *_names("prediction")),
        depends_on_others=True,  # the curve over the distance to a site
    ),
    ColumnGroup(
        *("measured", (*_MEASURED, *COUNTED), _OF_TESTS, ("npsn",)),
        of_objections="measurements",
    ),
)
COLUMNS = tuple(name for group in GROUPS for name in group.columns)
# Of a school and place, what a map, a tile or a prediction states.
_STATED = (
    *("place", "technology", "operator", "kind", "basis", "status"),
    *("signal_share", "known_share"),
)
_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class RunDifference:
    """An input or a figure in which two runs differ.

    Attributes
    ----------
    cause : str
        One of :data:`CAUSES`.
    key : str
        Dotted key of the project file.
    file : str
        File of an input, as the newer run names it, otherwise the older; empty for a figure.
    before, after : object
        SHA-256 of the file, or the figure; None where a run has none.
    """

    cause: Cause
    key: str
    file: str
    before: object
    after: object

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Every cause that it can be: what was accepted of objections may be a speed test."""
        is_of_two = _is_in(self.key, _OBJECTIONS) and self.cause != "measurements"
        return (self.cause, "measurements") if is_of_two else (self.cause,)


def find_differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[RunDifference, ...]:
    """Every input and figure in which two runs differ, in the order of the causes.

    Parameters
    ----------
    before, after : mapping
        ``run.json`` of both runs.
    """
    found = []
    inputs, other_inputs = (run.get("inputs", {}) for run in (before, after))
    for key in sorted({*inputs, *other_inputs}):
        one, other = inputs.get(key, {}), other_inputs.get(key, {})
        if one.get("sha256") != other.get("sha256"):
            cause = _OF_SECTION.get(key.partition(".")[0], "method")
            file = str(other.get("file") or one.get("file"))
            found.append(RunDifference(cause, key, file, one.get("sha256"), other.get("sha256")))
    values, other_values = (run.get("parameters", {}) for run in (before, after))
    named = {part for key in {*inputs, *other_inputs} for part in _and_above(key)}
    for key in sorted({*values, *other_values} - named):  # a path: what the file holds counts
        if _counts(key) and values.get(key) != other_values.get(key):
            figure = values.get(key), other_values.get(key)
            found.append(RunDifference(_cause_of_figure(key), key, "", *figure))
    return tuple(sorted(found, key=lambda each: (CAUSES.index(each.cause), not each.file)))


def _and_above(key: str) -> Iterator[str]:
    """A dotted key and all that it is below."""
    parts = key.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def _counts(key: str) -> bool:
    """Whether a number can depend on a figure."""
    section, _, name = key.partition(".")
    if section == "project":
        return key == _EVIDENCE_DATE
    if section == _OBJECTIONS:
        return key == _OBJECTIONS_USED
    last = name.rpartition(".")[2]
    return section not in {"output", "decision", "publication"} and not (
        last == "licence" or (section in OVERRIDABLE and last in _SAID)
    )


def _cause_of_figure(key: str) -> Cause:
    section = key.partition(".")[0]
    if key == _OBJECTIONS_USED:  # as if the file were not there
        return _OF_SECTION[section]
    return "figures" if section in OVERRIDABLE else _OF_SECTION.get(section, "figures")


def causes_of_columns(
    before: pd.DataFrame,
    after: pd.DataFrame,
    differences: Iterable[RunDifference],
    evidence: pd.DataFrame,
) -> dict[str, IntArray]:
    """For each group of columns and school, which cause replaces the columns.

    Parameters
    ----------
    before, after : DataFrame
        :data:`COLUMNS` of both runs, one row for each school that is in both, in one index.
    differences : iterable of RunDifference
        What differs between the runs.
    evidence : DataFrame
        As :func:`differing_evidence` gives it, of the same rows.

    Returns
    -------
    dict of int array of shape (schools,)
        By the name of the group: position in :data:`CAUSES`. Where the columns do not differ the
        last one, which changes nothing then.
    """
    changed = tuple(differences)
    differing = {name: differs(before[name], after[name]) for name in COLUMNS}
    causes: dict[str, IntArray] = {}
    of_column: dict[str, IntArray] = {}  # the last one where a column does not differ
    others: set[int] = set()
    for group in GROUPS:
        direct = _causes_of(group.sections, changed, group.of_objections)
        others |= direct
        if group.name == "available":
            of_sites = min(_causes_of(prediction.STAGE.sections, changed), default=_LAST)
            found = _of_available(before, after, direct, of_sites, of_column, evidence)
        else:
            found = _earliest((of_column[n] for n in group.reads), len(before))
            found = np.minimum(found, min(direct, default=_LAST))
        if group.depends_on_others:
            # Nothing of its own: another school has changed, and what is learned of all with it.
            by_others = np.full(len(before), min(others, default=_LAST))
            if group.name == "available":
                own_map = (before["available_evidence"] == "map") & (
                    after["available_evidence"] == "map"
                )
                by_others[own_map.to_numpy(dtype=np.bool_)] = _LAST
            found = np.where(found == _LAST, by_others, found)
        for name in group.columns:
            of_column[name] = np.where(differing[name], found, _LAST)
        causes[group.name] = _earliest((of_column[n] for n in group.columns), len(before))
    return causes


def _causes_of(
    sections: Iterable[str],
    changed: Iterable[RunDifference],
    of_objections: Cause = "register",
) -> set[int]:
    """Positions of the causes by which any of the sections has changed."""
    return {
        CAUSES.index(of_objections if _is_in(each.key, _OBJECTIONS) else each.cause)
        for each in changed
        for section in sections
        if _is_in(each.key, section)
    }


def _is_in(key: str, section: str) -> bool:
    if section == _DATES:
        return key == _EVIDENCE_DATE or (
            key.endswith(".date") and key.partition(".")[0] in _OF_SECTION
        )
    return key == section or key.startswith(f"{section}.")


def _earliest(causes: Iterable[IntArray], count: int) -> IntArray:
    found = np.full(count, _LAST)
    for each in causes:
        found = np.minimum(found, each)
    return found


def _of_available(
    before: pd.DataFrame,
    after: pd.DataFrame,
    direct: set[int],
    of_sites: int,
    of_column: Mapping[str, IntArray],
    evidence: pd.DataFrame,
) -> IntArray:
    """What changed what is available: the place, otherwise the evidence that states otherwise."""

    def if_changed(cause: int) -> int:
        return cause if cause in direct else _LAST

    def either(column: str, value: str) -> BoolArray:
        has = (before[column] == value) | (after[column] == value)
        return has.fillna(value=False).to_numpy(dtype=np.bool_)

    count = len(before)
    by_distance = either("available_evidence", "distance")
    is_fixed = either("best_technology", "fixed")
    predicted = _earliest((of_column[name] for name in _names("prediction")), count)
    own = _earliest((of_column[name] for name in signals.STAGE.reads), count)
    candidates = (
        _earliest((of_column[name] for name in POSITION), count),
        np.where(is_fixed, of_column["fixed_network"], _LAST),
        np.where(evidence["measured"], if_changed(_MEASUREMENTS), _LAST),
        np.where(evidence["maps"], if_changed(_COVERAGE), _LAST),
        np.where(evidence["predictions"], np.minimum(predicted, of_sites), _LAST),
        np.where(by_distance, of_column["site_4g_km"], _LAST),
        np.where(by_distance, _LAST, if_changed(_FIGURES)),
        # Speed tests reach a school by tiles, and the others by the curve over distance.
        np.where(
            by_distance,
            min(direct, default=_LAST),
            min(direct - {_MEASUREMENTS}, default=_LAST),
        ),
        own,
    )
    found = np.full(count, _LAST)
    for each in candidates:
        found = np.where(found == _LAST, each, found)
    return found


def differs(before: pd.Series[Any], after: pd.Series[Any]) -> BoolArray:
    """Where two columns of the same rows differ; what is missing in both does not."""
    one, other = before.isna().to_numpy(), after.isna().to_numpy()
    equal = before.eq(after).fillna(value=False).to_numpy(dtype=np.bool_)
    both: BoolArray = ~(equal | (one & other))
    return both


def differing_evidence(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Of which schools maps, measurements or predictions state something else.

    Parameters
    ----------
    before, after : DataFrame
        The table ``signals`` of both runs with ``school``, the same number for a school in both.

    Returns
    -------
    DataFrame
        By ``school``: *maps*, *measured* (tiles, and levels measured at the school),
        *predictions*. Only rows that count in their run matter; of a level its adequacy is a
        matter of the figures.
    """
    frames = [_stated(table) for table in (before, after)]
    # A row that is in both runs stands twice.
    alone = pd.concat(frames).drop_duplicates(keep=False)
    is_tile, is_predicted = alone["kind"] == "tile", alone["kind"] == "prediction"
    kinds = pd.DataFrame(
        {
            "maps": ~is_tile & ~is_predicted,  # a map may be of measurements too
            "measured": is_tile | (alone["basis"] == "measured"),
            "predictions": is_predicted,
        }
    )
    return kinds.groupby(alone["school"]).any()


def _stated(table: pd.DataFrame) -> pd.DataFrame:
    counting = table[table["used"].astype(bool)]
    numbers = counting[["level_dbm", "adequacy"]].astype("float64").round(_DECIMALS)
    stated = counting[["school", *_STATED]].assign(
        level_dbm=numbers["level_dbm"],
        adequacy=numbers["adequacy"].where(numbers["level_dbm"].isna()),
    )
    shares = ["signal_share", "known_share"]
    stated[shares] = stated[shares].astype("float64").round(_DECIMALS)
    return stated.drop_duplicates()
