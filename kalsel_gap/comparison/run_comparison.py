"""Two runs of one project: how far each school moved in the list, by what, and whether by chance.

A move is the sum of its parts: one for each cause of :data:`.causes.CAUSES`, from the ranks after
each replacement (:mod:`.replacement`). The last part, the method, is what is left: what another
version of the code did to the older run, to the newer one, and to columns whose inputs and figures
are the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from kalsel_gap import schema
from kalsel_gap.comparison.causes import (
    CAUSES,
    RunDifference,
    causes_of_columns,
    differing_evidence,
    find_differences,
)
from kalsel_gap.comparison.gap_changes import change_of_gap, count_gap_changes
from kalsel_gap.comparison.replacement import counted_tests, replace_by_cause
from kalsel_gap.comparison.school_matches import match_schools
from kalsel_gap.errors import InputError
from kalsel_gap.indicators.delivered import PARTS
from kalsel_gap.project.recorded_figures import opened_figures
from kalsel_gap.stages import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Progress
    from kalsel_gap.storage.run_folder import Run

# Of each leaf: what its scores are measured against.
GOALPOSTS = ("best", "worst", "transform")
_SHOWN = ("name", "level", "kabupaten", "kecamatan", "terrain_class")
_INTERVAL = ("rank_p05", "rank_p95")
_DELIVERED = ("delivered_basis", "delivered_status", *(f"delivered_{part}" for part in PARTS))
_NAMED = 5  # goalposts or columns that a message names
SCHOOLS = (
    *("npsn", *_SHOWN, "row_before", "row_after", "matched_by", "state"),
    *("rank_before", "rank_after", "move", *(f"by_{cause}" for cause in CAUSES), "main_cause"),
    *("within_chance", "rank_p05_before", "rank_p95_before", "rank_p05_after", "rank_p95_after"),
    *("rank_stored", "deficit_before", "deficit_after", "gap_before", "gap_after", "gap_change"),
    *("unranked_before", "unranked_after", "cause_of_state"),
)


@dataclass(frozen=True, slots=True)
class RunComparison:
    """What changed from one run to another one.

    Attributes
    ----------
    before, after : Run
        The older and the newer run.
    differences : tuple of RunDifference
        Inputs and figures in which they differ.
    goalposts : tuple of str
        Keys of the goalposts by which the older run was scored again.
    schools : DataFrame
        :data:`SCHOOLS`, one row for each school of either run. ``state``: *ranked* in both runs;
        *entered* or *left* the ranked ones, by ``cause_of_state``; *unranked* in both.
        ``move`` is the rank after less that before, the sum of ``by_…``; ``main_cause`` the
        largest of these, the first of equal ones. ``within_chance``: both ranks lie in the
        intervals of both runs; missing where a run has none, or one without its own rank.
        ``rank_stored`` is the rank in the
        older run's own list, another one than ``rank_before`` only where it was scored again.
        ``unranked_…``: why a school has no rank; *not_in_register* where a run does not have it.
    gaps : DataFrame
        As :func:`.gap_changes.count_gap_changes` gives them.
    """

    before: Run
    after: Run
    differences: tuple[RunDifference, ...]
    goalposts: tuple[str, ...]
    schools: pd.DataFrame
    gaps: pd.DataFrame

    @property
    def moved(self) -> pd.DataFrame:
        """Schools that are ranked in both runs, and differently."""
        return self.schools[self.schools["move"].fillna(0) != 0]

    def by_cause(self) -> pd.DataFrame:
        """For each cause how many schools it moved, was the main cause of, and how far.

        Returns
        -------
        DataFrame
            ``cause schools main_cause_of mean_places most_places``: places up or down, the mean
            over the schools that the cause moved; missing where it moved none.
        """
        rows = []
        for cause in CAUSES:
            parts = self.schools[f"by_{cause}"].fillna(0).astype("int64").abs()
            moved = parts[parts > 0]
            rows.append(
                {
                    "cause": cause,
                    "schools": len(moved),
                    "main_cause_of": int((self.moved["main_cause"] == cause).sum()),
                    "mean_places": moved.mean() if len(moved) else np.nan,
                    "most_places": moved.max() if len(moved) else np.nan,
                }
            )
        return pd.DataFrame(rows)


def compare_runs(
    before: Run, after: Run, *, recompute: bool = False, progress: Progress = silent
) -> RunComparison:
    """Compare two runs of one project.

    Parameters
    ----------
    before, after : Run
        The older and the newer run.
    recompute : bool
        Whether the older run is scored again by the goalposts of the newer one, where these are
        others.
    progress : callable
        Called with the number of steps done and of all.

    Raises
    ------
    InputError
        The runs have no school in common; a run lacks columns or figures, as it was made by another
        version; the goalposts differ, and the older run is not to be scored again.
    """
    pairs = match_schools(before.schools, after.schools)
    if not pairs["matched_by"].notna().any():
        raise InputError("runs_unrelated", path=before.folder, value=after.folder.name)
    goalposts = other_goalposts(_parameters(before), _parameters(after))
    if goalposts and not recompute:
        raise InputError(
            "runs_other_goalposts",
            path=before.folder,
            value=after.folder.name,
            keys=_first_few(goalposts),
        )
    given = {key: _parameters(after)[key] for key in goalposts}
    figures = (_figures_of(before, given), _figures_of(after, {}))
    own = _figures_of(before, {}) if given else figures[0]  # those that it was ranked by
    old = _aligned(before, pairs["before"], own)
    new = _aligned(after, pairs["after"], figures[1])
    differences = find_differences(before.manifest, after.manifest)
    causes, rows = _causes(before, after, old, new, pairs, differences)
    steps = len(CAUSES) + 1
    scored = []
    for state in replace_by_cause(old, new, causes, rows, figures):
        scored.append(state)
        progress(len(scored), steps)
    first, last = _ranks_of(old), _ranks_of(new)
    if goalposts:
        first = scored[0]["rank"]
    schools = _described(old, new, pairs)
    schools["rank_before"], schools["rank_after"] = first, last
    schools["rank_stored"] = _ranks_of(old)
    schools = schools.join(_parts(first, [state["rank"] for state in scored], last))
    return _finished(before, after, differences, goalposts, schools)


def other_goalposts(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys of the goalposts of leaves that both runs have, where these differ.

    Parameters
    ----------
    before, after : mapping
        Figures of both runs by dotted key.
    """
    return tuple(
        sorted(
            key
            for key in before.keys() & after.keys()
            if key.startswith("index.nodes.")
            and key.rpartition(".")[2] in GOALPOSTS
            and before[key] != after[key]
        )
    )


def _first_few(names: tuple[str, ...]) -> str:
    more = " …" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _parameters(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run.manifest.get("parameters", {})
    return found


def _figures_of(run: Run, changed: Mapping[str, Any]) -> Opened:
    try:
        figures = opened_figures({**_parameters(run), **changed})
    except ValidationError as error:
        keys = {".".join(map(str, each["loc"])) for each in error.errors()}
        raise _other_version(run, tuple(sorted(keys))) from None
    measured = {str(node.column) for node in figures.project.index.leaves().values()}
    if unknown := measured - set(schema.measurable()):
        raise _other_version(run, tuple(sorted(unknown)))
    return figures


def _other_version(run: Run, names: tuple[str, ...]) -> InputError:
    version = run.manifest.get("kalsel_gap", "?")
    return InputError(
        "run_other_version", path=run.folder, version=version, names=_first_few(names)
    )


# --- columns of both runs in one index -----------------------------------------------------------


def _aligned(run: Run, positions: pd.Series[int], figures: Opened) -> pd.DataFrame:
    """The rows of a run in the order of all schools; missing where the run has no such school."""
    needed = (*(c.name for c in schema.up_to("signals")), *_DELIVERED, "rank", *_INTERVAL)
    missing = tuple(name for name in needed if name not in run.schools)
    if missing:
        raise _other_version(run, missing)
    table = pd.DataFrame(run.schools.drop(columns="geometry")).reset_index(drop=True)
    table = table.join(counted_tests(table, figures))
    return table.reindex(positions.fillna(-1).to_numpy(np.int64)).reset_index(drop=True)


def _ranks_of(table: pd.DataFrame) -> pd.Series[int]:
    return table["rank"].astype("Int64")


def _causes(
    before: Run,
    after: Run,
    old: pd.DataFrame,
    new: pd.DataFrame,
    pairs: pd.DataFrame,
    differences: tuple[RunDifference, ...],
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Which cause replaces which columns of a school, and by which one it enters or leaves."""
    both = pairs["matched_by"].notna().to_numpy(dtype=np.bool_)
    evidence = differing_evidence(_signals(before, old), _signals(after, new))
    evidence = evidence.reindex(old.index, fill_value=False)
    found = causes_of_columns(old[both], new[both], differences, evidence[both])
    last = len(CAUSES) - 1
    causes = {}
    for name, of_both in found.items():
        causes[name] = np.full(len(pairs), last)
        causes[name][both] = of_both
    by_register = any(each.cause == "register" for each in differences)
    enters = CAUSES.index("register") if by_register else last
    return causes, np.where(both, -1, enters)


def _signals(run: Run, aligned: pd.DataFrame) -> pd.DataFrame:
    """The table ``signals`` with the number of each school among all."""
    numbers = pd.Series(aligned.index, index=aligned["row_id"])
    numbers = numbers[numbers.index.notna()]
    table = run.table("signals")
    school = table["row_id"].map(numbers)
    return table.assign(school=school)[school.notna()]


# --- what is said of each school -----------------------------------------------------------------


def _described(old: pd.DataFrame, new: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Who each school is, by the newer run where that has it, and what both runs say of it."""
    is_new = pairs["after"].notna()
    table = pd.DataFrame(
        {name: new[name].where(is_new, old[name]) for name in ("npsn", *_SHOWN)},
        index=pairs.index,
    )
    table["matched_by"] = pairs["matched_by"]
    for side, run in (("before", old), ("after", new)):
        there = pairs[side].notna()
        table[f"row_{side}"] = run["row_id"]
        table[f"gap_{side}"] = run["gap_type"]
        table[f"delivered_status_{side}"] = run["delivered_status"]
        table[f"deficit_{side}"] = run["deficit"]
        table[f"unranked_{side}"] = run["unranked_reason"].where(there, "not_in_register")
        for name in _INTERVAL:
            table[f"{name}_{side}"] = run[name].astype("Int64")
    return table


def _parts(
    first: pd.Series[int], steps: list[pd.Series[int]], last: pd.Series[int]
) -> pd.DataFrame:
    """The move of each school and its parts; and by which cause it entered or left the ranked.

    A school that has no rank between two steps keeps the one before: its parts still add up.
    """
    ranks = pd.concat([first, *steps, last], axis="columns").astype("Float64").astype("float64")
    kept = ranks.ffill(axis="columns").diff(axis="columns").to_numpy()[:, 1:]
    both = (first.notna() & last.notna()).to_numpy(dtype=np.bool_)
    parts = kept[:, 1:-1].copy()  # before it what this version changes of the older run
    parts[:, -1] += kept[:, 0] + kept[:, -1]
    table = pd.DataFrame(parts, first.index, [f"by_{cause}" for cause in CAUSES])
    table = table.mask(~pd.Series(both, first.index)).round().astype("Int64")
    table["move"] = (last - first).astype("Int64")
    largest = np.argmax(np.abs(np.nan_to_num(parts)), axis=1)
    main = pd.Series(np.asarray(CAUSES, dtype=object)[largest], first.index, dtype="str")
    table["main_cause"] = main.where(both & (table["move"].fillna(0) != 0).to_numpy(np.bool_))
    table["cause_of_state"] = _cause_of_state(ranks.notna().to_numpy())
    return table


def _cause_of_state(is_ranked: np.ndarray) -> pd.Series[str]:
    """By which cause a school entered the ranked ones or left them for good."""
    is_last = is_ranked == is_ranked[:, -1:]
    # The first state from which on it is as in the end.
    since = is_last[:, ::-1].cumprod(axis=1).sum(axis=1)
    at = is_ranked.shape[1] - since  # 0 where it never changes
    names = np.asarray(["method", "method", *CAUSES, "method"], dtype=object)
    changed = is_ranked[:, 0] != is_ranked[:, -1]
    return pd.Series(np.where(changed, names[at], None), dtype="str")


def _within_chance(schools: pd.DataFrame) -> pd.Series[bool]:
    """Whether both ranks lie in the intervals of both runs.

    Missing without an interval, and where the interval of a run does not hold the rank in that run.
    """
    is_outside = pd.Series(data=False, index=schools.index, dtype="boolean")
    inside = pd.Series(data=True, index=schools.index, dtype="boolean")
    for side in ("before", "after"):
        for rank in ("rank_before", "rank_after"):
            low, high = (schools[f"{name}_{side}"] for name in _INTERVAL)
            holds = (low <= schools[rank]) & (schools[rank] <= high)
            inside &= holds
            if rank == f"rank_{side}":
                is_outside |= ~holds
    moved = schools["move"].fillna(0) != 0
    unknown = schools[[f"{n}_{s}" for n in _INTERVAL for s in ("before", "after")]].isna()
    unsaid = unknown.any(axis="columns") | is_outside.fillna(value=True)
    return inside.mask(~moved | unsaid.astype(bool))


def _finished(
    before: Run,
    after: Run,
    differences: tuple[RunDifference, ...],
    goalposts: tuple[str, ...],
    schools: pd.DataFrame,
) -> RunComparison:
    was, is_ = schools["rank_before"].notna(), schools["rank_after"].notna()
    schools["state"] = np.select([was & is_, is_, was], ["ranked", "entered", "left"], "unranked")
    schools["within_chance"] = _within_chance(schools)
    schools["gap_change"] = change_of_gap(
        *(schools[f"gap_{side}"] for side in ("before", "after")),
        *(schools[f"delivered_status_{side}"] == "known" for side in ("before", "after")),
    )
    distance = schools["move"].abs()
    order = pd.DataFrame(
        {
            "distance": -distance.astype("Float64").fillna(-1.0),
            "state": schools["state"].map({"ranked": 0, "entered": 1, "left": 2, "unranked": 3}),
            "rank": schools["rank_after"].fillna(schools["rank_before"]),
            "npsn": schools["npsn"],
        }
    )
    by = ["state", "distance", "rank", "npsn"]
    schools = schools.loc[order.sort_values(by, kind="stable", na_position="last").index]
    schools = schools[list(SCHOOLS)].reset_index(drop=True)
    return RunComparison(before, after, differences, goalposts, schools, count_gap_changes(schools))
