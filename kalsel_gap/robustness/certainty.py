"""Stage ``certainty``: how sure each rank is, and which lists hold together.

Deficits are drawn (:mod:`.deficit_draws`), each draw is ranked (:mod:`.draw_ranks`), and of the
ranks is kept what is said of a school and of the list. What is said of one school (*likely in*,
*open*, *likely out*) and what is said of the whole list (*certain*, *contested*, *out*) are
different statements with different names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    kept = _draw(draws, point, k, opened.project, progress)
    both = kept["both"][0]
    sets = find_top_k_sets(both.in_top(), both.best_of_ordering(), confidence=rule.confidence)
    of_kind = {
        kind: _ranks(ranks, deficits).assign(kind=kind) for kind, (ranks, deficits) in kept.items()
    }
    names = ["rank_p05", "rank_p50", "rank_p95", "p_top_k"]
    said = of_kind["both"][names].set_axis(ranked.index)
    said = said.assign(
        top_k_set=sets,
        top_k_label=np.select(
            [said["p_top_k"] >= rule.likely, said["p_top_k"] <= 1.0 - rule.likely],
            ["likely_in", "likely_out"],
            "open",
        ),
    )
    who = ranked[["row_id", "npsn"]].reset_index(drop=True)
    everything = pd.concat([who.join(table) for table in of_kind.values()], ignore_index=True)
    made["robustness"] = everything[list(ROBUSTNESS)]
    made["deficit_draws"] = _deficits(who["row_id"], kept["data"][1])
    share = kept["data"][0].top_share()
    facts = find_fact_values(draws, point, (share > 0.0) & (share < 1.0), k, rule.draws)
    made["fact_values"] = facts.join(who, on="school")[list(FACT_VALUES)]
    made["certainty"] = _figures(
        {
            "draws": rule.draws,
            "seed": rule.seed,
            "k": k,
            "confidence": rule.confidence,
            **{name: int((sets == name).sum()) for name in schema.TOP_K_SETS},
            **{f"mean_rank_shift_{kind}": ranks.mean_shift() for kind, (ranks, _) in kept.items()},
            **{f"top_k_overlap_{kind}": ranks.overlap() for kind, (ranks, _) in kept.items()},
        }
    )
    return Staged(schema.table(said.reindex(schools.index), written), tables=made)


STAGE = Stage(
    "certainty",
    draw_certainty,
    reads=(
        *("row_id", "npsn", "name", "level", "kabupaten", "kecamatan", "lat", "lon"),
        *("site_4g_km", "delivered", "delivered_basis", "required_mbps"),
        *("measured_down_mbps", "measured_up_mbps", "measured_latency_ms"),
        *("subscription_down_mbps", "subscription_up_mbps"),
    ),
    sections=(
        *("robustness", "signal", "index.weight_delivered", "index.adequacy"),
        *("index.gap", "index.tiers", "registers"),
    ),
    tables=("service", "curves", "shown_levels", "place_availability", "own_tests"),
    writes=("certainty",),
    passes_on=("deficit_draws", "certainty"),
)


def _draw(
    draws: DeficitDraws, point: FloatArray, k: int, project: Project, progress: Progress
) -> dict[str, tuple[DrawRanks, DeficitCounts]]:
    """Ranks and deficits over all draws, for each of :data:`KINDS`."""
    rule, n = project.robustness, len(draws.keys)
    usual = pd.Series(point.round(_DECIMALS)).rank(ascending=False, method="average")
    batches = -(-rule.draws // draws.AT_ONCE)
    kept, done = {}, 0
    for kind, (data, values) in KINDS.items():
        ranks = DrawRanks(draws.keys, k=k, seed=rule.seed, usual=np.asarray(usual, np.float64))
        deficits = DeficitCounts(n, project.index.tiers.bounds)
        for batch in draws.batches(rule.draws, data=data, values=values):
            ranks.add(batch)
            deficits.add(batch)
            done += 1
            progress(done, batches * len(KINDS))
        kept[kind] = ranks, deficits
    return kept


def _ranks(ranks: DrawRanks, deficits: DeficitCounts) -> pd.DataFrame:
    """What is kept of each school."""
    low, high = deficits.interval()
    names = ["rank_p05", "rank_p50", "rank_p95"]
    found = pd.DataFrame(np.floor(ranks.quantiles()).astype(np.int64), columns=names)
    return found.assign(p_top_k=ranks.top_share(), deficit_p05=low, deficit_p95=high)


def _deficits(row_id: pd.Series[int], deficits: DeficitCounts) -> pd.DataFrame:
    low, high = deficits.interval()
    chances: FloatArray = deficits.tier_chances()
    tiers = {f"tier_{n}": chances[:, n - 1] for n in range(1, chances.shape[1] + 1)}
    return pd.DataFrame({"row_id": row_id, "deficit_low": low, "deficit_high": high, **tiers})


def _figures(values: dict[str, float]) -> pd.DataFrame:
    """Figures of the list by name."""
    table = pd.DataFrame(values.items(), columns=list(CERTAINTY))
    return table.assign(value=table["value"].astype("float64").round(_AS_LIST))
