"""How much a list depends on the figures of the method: other weights, other curves, one leaf less.

It is computed of a run where it is asked for. The scores of the run are made again first, and must
be the same: then they are made with other figures. Source: kalsel-gap method, section 1.3;
Lahdelma and Salminen (2001), SMAA-2, doi:10.1287/opre.49.3.444.11220, for the central weights;
OECD/JRC Handbook on Constructing Composite Indicators (2008) for what is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap.deficit.service import counted
from kalsel_gap.deficit.trees import IDLE
from kalsel_gap.errors import InputError
from kalsel_gap.indicators.imputation import fill_by_group_median
from kalsel_gap.project.base import section_of
from kalsel_gap.project.checks import Registers
from kalsel_gap.project.index import Index
from kalsel_gap.project.robustness import Robustness
from kalsel_gap.robustness.draw_ranks import DrawRanks
from kalsel_gap.robustness.evidence import school_keys, shares_of_required, stated_rates
from kalsel_gap.robustness.list_ranks import ListRanks, distances, rank_lists
from kalsel_gap.robustness.list_scores import SCORES, SchoolFacts, TreeLayout, score_lists
from kalsel_gap.robustness.sobol import sobol_indices_of
from kalsel_gap.robustness.values import AVAILABLE, DELIVERED, EXPONENT, Assumptions, P
from kalsel_gap.stages import silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.robustness.values import Figures
    from kalsel_gap.stages import Progress
    from kalsel_gap.storage.run_folder import Run

Order = Literal["deficit", "priority"]
ORDERS: tuple[Order, ...] = ("deficit", "priority")
_SCORE = {name: SCORES.index(name) for name in ORDERS}
RESULTS = ("mean_rank_shift", "top_k_overlap")

VALUE_RANKS = ("row_id", "npsn", "rank_p05", "rank_p50", "rank_p95", "p_top_k")
LIST_SHIFTS = ("order", *RESULTS)
SENSITIVITY = (
    *("order", "result", "assumption", "group", "nominal"),
    *("first_order", "first_order_error", "total", "total_error"),
)
LEAF_CORRELATIONS = ("leaf", "other", "correlation", "says_the_same")
WITHOUT_LEAF = ("order", "leaf", "mean_rank_shift", "changed", "enters", "leaves")
CENTRAL_WEIGHTS = ("row_id", "npsn", "first_share")  # and a column for each weight

SAME = 0.9  # correlation from which two leaves state the same
_TOLERANCE = 1e-9  # of a score that is made again
# Schools times evaluations: more are not made for the draws, nor for the indices.
_MOST_DRAWN, _MOST_EVALUATED = 1e8, 6e7
_BASE, _LEAST_BASE, _LEAST_DRAWS = 512, 32, 256
_AT_ONCE = 2**18  # schools times evaluations
_DECIMALS = 12


@dataclass(frozen=True, slots=True, eq=False)
class ListSensitivity:
    """How much a list depends on the figures of the method.

    Attributes
    ----------
    ranked, k : int
        Schools of the list, and how many come first.
    draws : int
        Draws of the figures: fewer than the project has where the list is very long.
    evaluations : int
        Lists that the Sobol indices are made from.
    value_ranks : DataFrame
        :data:`VALUE_RANKS` of each school by priority, over draws of the figures.
    list_shifts : DataFrame
        :data:`LIST_SHIFTS`, means over the draws, by either order.
    sensitivity : DataFrame
        :data:`SENSITIVITY`: Sobol indices of each assumption on each result, by either order.
        Missing where a result does not vary. Errors are one standard error.
    leaf_correlations : DataFrame
        :data:`LEAF_CORRELATIONS`: Spearman's, of each pair of leaves; missing for a constant one.
    without_leaf : DataFrame
        :data:`WITHOUT_LEAF`: the list without a leaf, or without a part of the deficit: how far
        it moves, how many of the first k are others, and which (NPSN).
    central_weights : DataFrame
        :data:`CENTRAL_WEIGHTS`: share of the draws in which a school is first by priority, and the
        mean of the weights in these; missing where there is none.
    """

    ranked: int
    k: int
    draws: int
    evaluations: int
    value_ranks: pd.DataFrame
    list_shifts: pd.DataFrame
    sensitivity: pd.DataFrame
    leaf_correlations: pd.DataFrame
    without_leaf: pd.DataFrame
    central_weights: pd.DataFrame


def list_sensitivity(
    run: Run, progress: Progress = silent, *, drawn: Sequence[str] = ()
) -> ListSensitivity:
    """How much the list of a run depends on the figures of the method.

    Parameters
    ----------
    run : Run
        It holds all that is needed; its figures are those that it records, whatever the project
        has now.
    progress : callable
        Called with the number of lists made and of all.
    drawn : sequence of str
        Names of the assumptions that are drawn; all by default.

    Raises
    ------
    InputError
        The scores of the run cannot be made again from what it keeps: `scores_not_reproduced`; it
        keeps no table ``service``: `run_broken`; an assumption that is to be drawn changes nothing
        in this list: `assumption_unknown`, or cannot move alone: `assumption_alone`.
    """
    parameters = run.manifest["parameters"]
    found = examine_list(
        *(run.schools, run.table("service")),
        index=Index.model_validate(section_of(parameters, "index")),
        rule=Robustness.model_validate(
            section_of(parameters, "robustness") or Robustness.shipped().model_dump()
        ),
        registers=Registers.model_validate(section_of(parameters, "registers")),
        progress=progress,
        drawn=drawn,
    )
    if found is None:
        raise InputError("scores_not_reproduced", path=run.folder)
    return found


def examine_list(
    schools: pd.DataFrame,
    service: pd.DataFrame,
    *,
    index: Index,
    rule: Robustness,
    registers: Registers,
    progress: Progress = silent,
    drawn: Sequence[str] = (),
) -> ListSensitivity | None:
    """:func:`list_sensitivity` of tables and figures; None where the scores are other ones.

    Parameters
    ----------
    schools : DataFrame
        The table of schools with its scores.
    service : DataFrame
        The table of the stage *service*.
    index, rule, registers
        The figures that the scores were made with, and those of the draws.
    progress : callable
    drawn : sequence of str
        As in :func:`list_sensitivity`.
    """
    ranked = schools[schools["deficit"].notna()].reset_index(drop=True)
    leaves = [leaf for leaf in index.leaves() if f"{leaf}_score" in schools]
    assumptions = Assumptions.of(index, rule.values, leaves)
    assumptions = assumptions.only(drawn) if drawn else assumptions
    facts = school_facts(schools, service, assumptions, registers)
    lists = _Lists.of(facts, tree_layout(assumptions), assumptions, rule.first(len(ranked)))
    if not lists.agree_with(ranked):
        return None
    n = max(len(ranked), 1)
    draws = min(rule.draws, max(_LEAST_DRAWS, int(_MOST_DRAWN / n)))
    sample = _BASE
    while sample > _LEAST_BASE and sample * (len(assumptions.each) + 2) * n > _MOST_EVALUATED:
        sample //= 2
    evaluations = sample * (len(assumptions.each) + 2) if draws and len(ranked) else 0
    work = _Work(progress, draws + evaluations)
    made = _draw(lists, ranked, rule.seed, draws if len(ranked) else 0, work)
    return ListSensitivity(
        ranked=len(ranked),
        k=lists.k,
        draws=draws if len(ranked) else 0,
        evaluations=evaluations,
        value_ranks=made.value_ranks,
        list_shifts=made.list_shifts,
        sensitivity=_indices(lists, rule.seed, sample if evaluations else 0, work),
        leaf_correlations=correlate_leaves(ranked, assumptions.leaves),
        without_leaf=_without_leaf(lists, ranked),
        central_weights=made.central_weights,
    )


# --- what the scores are made of -----------------------------------------------------------------


def school_facts(
    schools: pd.DataFrame, service: pd.DataFrame, assumptions: Assumptions, registers: Registers
) -> SchoolFacts:
    """What the scores of the ranked schools are made of, in their order.

    Parameters
    ----------
    schools : DataFrame
        All schools of a run: medians of groups are those of schools that count.
    service : DataFrame
        The table of the stage *service*.
    assumptions : Assumptions
        Which leaves are scored.
    registers : Registers
        Which rates are plausible.
    """
    is_ranked = schools["deficit"].notna()
    ranked = schools[is_ranked]
    number = pd.Series(np.arange(len(ranked)), index=ranked["row_id"])
    of_school = number.reindex(service["row_id"])
    service = service.assign(school=of_school.to_numpy())[of_school.notna().to_numpy()]
    service = service.sort_values("school", kind="stable")
    size = service["school"].value_counts().reindex(range(len(ranked)), fill_value=0)
    rule, columns = assumptions.index.adequacy, []
    for leaf in assumptions.leaves:
        column = str(assumptions.index.nodes[leaf].column)
        if column in IDLE:
            counts = counted(schools)
            given = schools[IDLE[column]].astype("float64").where(counts)
            filled, _ = fill_by_group_median(given, schools["kabupaten"], schools["level"], counts)
            columns.append(filled[is_ranked].to_numpy(float))
        else:
            columns.append(ranked[f"{leaf}_score"].to_numpy(float))
    case = {
        name: np.ascontiguousarray(service[name], dtype=np.float64)
        for name in ("weight", "available", "no_line", "given_line")
    }
    required = ranked["required_mbps"].to_numpy(float)
    return SchoolFacts(
        begin=np.concatenate([[0], np.cumsum(size.to_numpy(np.int64))]),
        **case,
        rates=shares_of_required(stated_rates(ranked, registers), required, rule),
        rate_weights=np.array([rule.down, rule.up, rule.latency]),
        leaves=np.stack([*columns, np.zeros(len(ranked))], axis=1),  # the last one is no leaf
    )


def tree_layout(assumptions: Assumptions) -> TreeLayout:
    """The nodes of both trees as numbers."""
    index, nodes = assumptions.index, assumptions.nodes
    number = {code: n for n, code in enumerate(nodes)}
    below = [[number[child] for child in index.children(code) if child in number] for code in nodes]
    leaf = {code: n for n, code in enumerate(assumptions.leaves)}
    each = [index.nodes[code] for code in nodes]
    return TreeLayout(
        leaf=np.array([leaf.get(code, -1) for code in nodes], dtype=np.int64),
        begin=np.concatenate([[0], np.cumsum([len(b) for b in below])]).astype(np.int64),
        children=np.array([child for b in below for child in b], dtype=np.int64),
        is_idle=np.array([node.column in IDLE for node in each], dtype=np.bool_),
        is_log=np.array([node.transform == "log10" for node in each], dtype=np.bool_),
        best=np.array([node.best or 0.0 for node in each], dtype=np.float64),
        worst=np.array([node.worst or 0.0 for node in each], dtype=np.float64),
        barrier=number.get("barrier", -1),
        need=number.get("need", -1),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    """Lists of the same schools by other figures, and the one that is shown."""

    facts: SchoolFacts
    trees: TreeLayout
    assumptions: Assumptions
    k: int
    shown: dict[Order, ListRanks]

    @classmethod
    def of(cls, facts: SchoolFacts, trees: TreeLayout, assumptions: Assumptions, k: int) -> _Lists:
        shown = _ranked(score_lists(facts, trees, assumptions.nominal()))
        return cls(facts, trees, assumptions, k, shown)

    def scores(self, figures: Figures) -> FloatArray:
        return score_lists(self.facts, self.trees, figures)

    def agree_with(self, ranked: pd.DataFrame) -> bool:
        """Whether the scores of a run are made again."""
        made = self.scores(self.assumptions.nominal())[0]
        table = ranked[list(SCORES)].to_numpy(float).T
        return bool(np.allclose(made, table, rtol=0.0, atol=_TOLERANCE, equal_nan=True))

    def distances(self, lists: dict[Order, ListRanks]) -> FloatArray:
        """Of m lists by either order each of :data:`RESULTS`, shape (orders · results, m)."""
        found = [distances(lists[order], self.shown[order], self.k) for order in ORDERS]
        return np.stack([values for each in found for values in each])


class _Work:
    """Progress over batches of lists."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.done, self.total = progress, 0, total

    def batches(self, count: int, schools: int) -> Iterator[slice]:
        """Parts of `count` lists, few at once where each is long."""
        size = min(64, max(2, _AT_ONCE // max(schools, 1)))
        for begin in range(0, count, size):
            part = slice(begin, min(begin + size, count))
            yield part
            self.done += part.stop - part.start
            self.progress(self.done, self.total)


def _ranked(scores: FloatArray) -> dict[Order, ListRanks]:
    """Ranks by either order; equal ones by the other score."""
    deficit, priority = (scores[:, _SCORE[order]] for order in ORDERS)
    return {"deficit": rank_lists(deficit, priority), "priority": rank_lists(priority, deficit)}


# --- draws ---------------------------------------------------------------------------------------


class _Drawn(NamedTuple):
    value_ranks: pd.DataFrame
    list_shifts: pd.DataFrame
    central_weights: pd.DataFrame


def _draw(lists: _Lists, ranked: pd.DataFrame, seed: int, draws: int, work: _Work) -> _Drawn:
    """Lists by drawn figures: ranks of each school, how far the list moves, who is first."""
    assumptions, n = lists.assumptions, len(ranked)
    weights = [a for a in assumptions.each if a.name not in (EXPONENT, P)]
    names = [a.name for a in weights]
    ranks = DrawRanks(school_keys(ranked), k=lists.k, seed=seed)
    moved = np.zeros(len(ORDERS) * len(RESULTS))
    first, mean = np.zeros(n), np.zeros((n, len(weights)))
    for part in work.batches(draws, n):
        figures = assumptions.drawn(part.start, part.stop - part.start, seed)
        scores = lists.scores(figures)
        made = _ranked(scores)
        ranks.add(np.ascontiguousarray(scores[:, _SCORE["priority"]]))
        moved += lists.distances(made).sum(axis=1)
        is_first = (made["priority"].ahead == 0) / made["priority"].equal
        first += is_first.sum(axis=0)
        mean += is_first.T @ assumptions.values_of(figures, names)
    who = ranked[["row_id", "npsn"]].reset_index(drop=True)
    nothing = np.full((n, 3), np.nan)
    quantiles = ranks.quantiles() if draws else nothing
    value_ranks = who.assign(
        **dict(zip(VALUE_RANKS[2:5], quantiles.T, strict=True)),
        p_top_k=ranks.top_share() if draws else np.nan,
    )
    moved = moved.reshape(len(ORDERS), len(RESULTS)) / draws if draws else np.full((2, 2), np.nan)
    shifts = pd.DataFrame(moved, columns=list(RESULTS)).assign(order=ORDERS)[list(LIST_SHIFTS)]
    with np.errstate(invalid="ignore"):
        central = pd.DataFrame(mean / first[:, None], columns=names)
    share = first / draws if draws else np.full(n, np.nan)
    return _Drawn(
        value_ranks[list(VALUE_RANKS)],
        shifts,
        pd.concat([who.assign(first_share=share), central], axis=1),
    )


def _indices(lists: _Lists, seed: int, sample: int, work: _Work) -> pd.DataFrame:
    """Sobol indices of each assumption on each result, by either order."""
    assumptions = lists.assumptions

    def evaluate(uniform: FloatArray) -> FloatArray:
        return np.concatenate(
            [
                lists.distances(_ranked(lists.scores(assumptions.figures(uniform[part]))))
                for part in work.batches(len(uniform), len(lists.facts.leaves))
            ],
            axis=1,
        )

    if not sample:
        return pd.DataFrame(columns=list(SENSITIVITY))
    found = sobol_indices_of(evaluate, len(assumptions.each), sample=sample, seed=seed)
    what = [(order, result) for order in ORDERS for result in RESULTS]
    rows = [
        (order, result, assumption.name, assumption.group, assumption.nominal)
        for order, result in what
        for assumption in assumptions.each
    ]
    table = pd.DataFrame(rows, columns=list(SENSITIVITY[:5]))
    return table.assign(**{name: getattr(found, name).ravel() for name in SENSITIVITY[5:]})


# --- leaves --------------------------------------------------------------------------------------


def correlate_leaves(ranked: pd.DataFrame, leaves: Sequence[str]) -> pd.DataFrame:
    """Spearman's correlation of the scores of each pair of leaves over the ranked schools.

    Returns
    -------
    DataFrame
        :data:`LEAF_CORRELATIONS`, the strongest first; missing where a leaf is constant.
        *says_the_same* from |ρ| = 0.9 on.
    """
    ranks = pd.DataFrame({leaf: ranked[f"{leaf}_score"].rank() for leaf in leaves})
    spread = ranks.std(ddof=0)
    centred = (ranks - ranks.mean()) / spread.where(spread > 0)
    rows = [
        (leaf, other, (centred[leaf] * centred[other]).mean(skipna=False))
        for n, leaf in enumerate(leaves)
        for other in leaves[n + 1 :]
    ]
    table = pd.DataFrame(rows, columns=list(LEAF_CORRELATIONS[:3]))
    rho = table["correlation"].astype("float64").clip(-1.0, 1.0).round(_DECIMALS)
    table = table.assign(correlation=rho, says_the_same=rho.abs() >= SAME)
    order = rho.abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _without_leaf(lists: _Lists, ranked: pd.DataFrame) -> pd.DataFrame:
    """The list without each leaf and without each part of the deficit, where it moves."""
    npsn = ranked["npsn"].where(ranked["npsn"] != "", ranked["row_id"]).to_numpy(str)
    rows = []
    for leaf in (DELIVERED, AVAILABLE, *lists.assumptions.leaves):
        made = _ranked(lists.scores(lists.assumptions.without(leaf)))
        for order in ORDERS:
            shift = distances(made[order], lists.shown[order], lists.k).mean_rank_shift[0]
            now, then = (each.ahead[0] < lists.k for each in (lists.shown[order], made[order]))
            enters, leaves = (", ".join(sorted(npsn[w])) for w in (then & ~now, now & ~then))
            changed = int((then & ~now).sum())
            rows.append((order, leaf, shift, changed, enters, leaves))
    table = pd.DataFrame(rows, columns=list(WITHOUT_LEAF))
    # By deficit a leaf orders nothing but equal deficits.
    matters = (table["order"] == "priority") | (table["mean_rank_shift"] > 0)
    return table[matters].sort_values("order", kind="stable").reset_index(drop=True)
