"""Stage ``certainty``: how sure each rank is, and which lists hold together.

Deficits are drawn (:mod:`.deficit_draws`), each draw is ranked (:mod:`.draw_ranks`), and of the
ranks is kept what is said of a school and of the list. What is said of one school (*likely in*,
*open*, *likely out*) and what is said of the whole list (*certain*, *contested*, *out*) are
different statements with different names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.robustness.deficit_counts import DeficitCounts
from kalsel_gap.robustness.draw_ranks import DrawRanks
from kalsel_gap.robustness.evidence import prepare_draws
from kalsel_gap.robustness.information_value import FACT_VALUES, find_fact_values
from kalsel_gap.robustness.top_k_sets import find_top_k_sets
from kalsel_gap.stages import NO_TABLES, Stage, Staged, silent

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.model import Opened, Project
    from kalsel_gap.robustness.deficit_draws import DeficitDraws
    from kalsel_gap.stages import Progress, Tables

# Of each ranked school and kind of draws: data and values together, then each alone.
ROBUSTNESS = (
    *("row_id", "npsn", "kind", "rank_p05", "rank_p50", "rank_p95", "p_top_k"),
    *("deficit_p05", "deficit_p95"),
)
KINDS = {"both": (True, True), "data": (True, False), "values": (False, True)}
# Of each ranked school: its deficit over draws of the data.
DEFICIT_DRAWS = ("row_id", "deficit_low", "deficit_high")
# Of the list: what a run records.
CERTAINTY = ("name", "value")
_DECIMALS = 12
_AS_LIST = 6


def draw_certainty(
    schools: gpd.GeoDataFrame,
    opened: Opened,
    tables: Tables = NO_TABLES,
    progress: Progress = silent,
) -> Staged:
    """The columns of the stage *certainty*; all missing where no draws are asked for.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    opened : Opened
        The project.
    tables : mapping of DataFrame
        Those that :data:`STAGE` reads.
    progress : callable
        Called with the number of batches done and of all.

    Returns
    -------
    Staged
        Table ``robustness``: :data:`ROBUSTNESS`. Table ``deficit_draws``: :data:`DEFICIT_DRAWS`
        and ``tier_1`` to the last tier, the share of the draws in each. Table ``certainty``:
        :data:`CERTAINTY`, figures of the list. Table ``fact_values``: :data:`FACT_VALUES`, what it
        is worth to find something out.
    """
    rule = opened.project.robustness
    ranked = schools[schools["row_id"].isin(set(tables["service"]["row_id"]))]
    k = rule.first(len(ranked))
    written = schema.of_stage("certainty")
    columns = pd.DataFrame(index=schools.index, columns=[column.name for column in written])
    made = {
        "robustness": pd.DataFrame(columns=list(ROBUSTNESS)),
        "deficit_draws": pd.DataFrame(columns=list(DEFICIT_DRAWS)),
        "fact_values": pd.DataFrame(columns=list(FACT_VALUES)),
        "certainty": _figures({"draws": rule.draws, "k": k, "confidence": rule.confidence}),
    }
    if not rule.draws or ranked.empty:
        return Staged(schema.table(columns, written), tables=made)
    draws = prepare_draws(ranked, tables, opened.project)
    point = draws.batch(0, 1, data=False, values=False)[0]
    drawn = _draw(draws, point, k, opened.project, progress)
    both, sets = drawn["both"], drawn["both"].sets
    names = ["rank_p05", "rank_p50", "rank_p95", "p_top_k"]
    said = both.ranks[names].set_axis(ranked.index)
    said = said.assign(
        top_k_set=sets,
        top_k_label=np.select(
            [said["p_top_k"] >= rule.likely, said["p_top_k"] <= 1.0 - rule.likely],
            ["likely_in", "likely_out"],
            "open",
        ),
    )
    who = ranked[["row_id", "npsn"]].reset_index(drop=True)
    of_kinds = [who.join(found.ranks).assign(kind=kind) for kind, found in drawn.items()]
    made["robustness"] = pd.concat(of_kinds, ignore_index=True)[list(ROBUSTNESS)]
    made["deficit_draws"] = drawn["data"].deficits.assign(row_id=who["row_id"])
    share = drawn["data"].ranks["p_top_k"].to_numpy()
    facts = find_fact_values(draws, point, (share > 0.0) & (share < 1.0), k, rule.draws)
    made["fact_values"] = facts.join(who, on="school")[list(FACT_VALUES)]
    made["certainty"] = _figures(
        {
            "draws": rule.draws,
            "seed": rule.seed,
            "k": k,
            "confidence": rule.confidence,
            **{name: int((sets == name).sum()) for name in schema.TOP_K_SETS},
            **{f"mean_rank_shift_{kind}": found.mean_shift for kind, found in drawn.items()},
            **{f"top_k_overlap_{kind}": found.overlap for kind, found in drawn.items()},
        }
    )
    return Staged(schema.table(said.reindex(schools.index), written), tables=made)


STAGE = Stage(
    "certainty",
    draw_certainty,
    reads=(
        *("row_id", "npsn", "name", "level", "kabupaten", "kecamatan", "lat", "lon"),
        *("site_4g_km", "delivered", "delivered_basis", "required_mbps"),
        *("delivered_down_mbps", "delivered_up_mbps", "delivered_latency_ms"),
    ),
    sections=(
        *("robustness", "signal", "index.weight_delivered", "index.adequacy"),
        *("index.gap", "index.tiers", "index.tests"),
    ),
    tables=("service", "curves", "shown_levels", "place_availability", "own_tests"),
    writes=("certainty",),
    passes_on=("deficit_draws", "certainty"),
)


class _OfDraws(NamedTuple):
    """What is kept of all draws of a kind; their large counters are removed before the next.

    The sets are those of data and values together, and empty otherwise.
    """

    ranks: pd.DataFrame
    deficits: pd.DataFrame
    sets: NDArray[np.str_]
    mean_shift: float
    overlap: float


def _draw(
    draws: DeficitDraws, point: FloatArray, k: int, project: Project, progress: Progress
) -> dict[str, _OfDraws]:
    """Ranks and deficits over all draws, for each of :data:`KINDS`."""
    rule, n = project.robustness, len(draws.keys)
    usual = pd.Series(point.round(_DECIMALS)).rank(ascending=False, method="average")
    batches = -(-rule.draws // draws.at_once)

    def of_kind(number: int, *, data: bool, values: bool) -> _OfDraws:
        ranks = DrawRanks(draws.keys, k=k, seed=rule.seed, usual=np.asarray(usual, np.float64))
        deficits = DeficitCounts(n, project.index.tiers.bounds)
        for done, batch in enumerate(draws.batches(rule.draws, data=data, values=values), 1):
            ranks.add(batch)
            deficits.add(batch)
            progress(number * batches + done, batches * len(KINDS))
        sets = np.empty(0, dtype="<U9")
        if data and values:
            best = ranks.best_of_ordering()
            sets = find_top_k_sets(ranks.in_top(), best, confidence=rule.confidence)
        summary = _ranks(ranks, deficits), _deficits(deficits)
        return _OfDraws(*summary, sets, ranks.mean_shift(), ranks.overlap())

    return {
        kind: of_kind(number, data=data, values=values)
        for number, (kind, (data, values)) in enumerate(KINDS.items())
    }


def _ranks(ranks: DrawRanks, deficits: DeficitCounts) -> pd.DataFrame:
    """What is kept of each school."""
    low, high = deficits.interval()
    names = ["rank_p05", "rank_p50", "rank_p95"]
    found = pd.DataFrame(np.floor(ranks.quantiles()).astype(np.int64), columns=names)
    return found.assign(p_top_k=ranks.top_share(), deficit_p05=low, deficit_p95=high)


def _deficits(deficits: DeficitCounts) -> pd.DataFrame:
    low, high = deficits.interval()
    chances: FloatArray = deficits.tier_chances()
    tiers = {f"tier_{n}": chances[:, n - 1] for n in range(1, chances.shape[1] + 1)}
    return pd.DataFrame({"deficit_low": low, "deficit_high": high, **tiers})


def _figures(values: dict[str, float]) -> pd.DataFrame:
    """Figures of the list by name."""
    table = pd.DataFrame(values.items(), columns=list(CERTAINTY))
    return table.assign(value=table["value"].astype("float64").round(_AS_LIST))
