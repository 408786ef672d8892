"""Time and memory of the certainty: draws, their ranks and the sets, of a province and a nation.

Invented schools with the levels of three operators and unknown service: ``python
benchmarks/robustness.py``. The ranking alone is compared with numpy's ``argsort`` and scipy's
``rankdata``. The error of a chance over 1/√draws is printed last.
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from kalsel_gap.indicators.inference import prior_given_line, prior_no_line
from kalsel_gap.project.index import Index
from kalsel_gap.project.robustness import Robustness
from kalsel_gap.project.signal import Signal
from kalsel_gap.robustness.deficit_counts import DeficitCounts
from kalsel_gap.robustness.deficit_draws import Cases, DeficitDraws, Levels, Service
from kalsel_gap.robustness.draw_ranks import DrawRanks, rank_draws
from kalsel_gap.robustness.level_posterior import posterior_quantiles
from kalsel_gap.robustness.streams import stream_keys
from kalsel_gap.robustness.top_k_sets import find_top_k_sets

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray

PROVINCE, NATION = 3_845, 215_372
OPERATORS = 3
RULE, INDEX = Robustness.shipped(), Index.shipped()
CURVE = np.array(Signal.shipped().curves["4g"].points)
ERROR_DB, SHARED_DB = 8.0, 4.0


def invented(n: int) -> DeficitDraws:
    """Schools with levels of all operators and unknown service."""
    rng = np.random.default_rng(n)
    shown = rng.normal(-95, 14, (OPERATORS, n)).clip(-139, -50)
    made = [posterior_quantiles(row, np.full(n, ERROR_DB), np.zeros(n, bool)) for row in shown]
    first = np.cumsum([0, *(len(quantiles) for quantiles, _ in made)])
    of_place = [which + begin for (_, which), begin in zip(made, first, strict=False)]
    dbm, adequacy = (np.tile(part, (OPERATORS, 1)) for part in CURVE.T)
    levels = Levels(
        np.concatenate([quantiles for quantiles, _ in made]).astype(np.float32),
        np.array(of_place, dtype=np.int32),
        np.full((OPERATORS, n), SHARED_DB, dtype=np.float32),
        stream_keys([f"operator {number}" for number in range(OPERATORS)]),
        dbm,
        adequacy,
    )
    best = np.interp(shown.max(axis=0), *CURVE.T)
    nobody = np.zeros(n, dtype=np.int64)
    cases = Cases(
        *(np.arange(n + 1), np.ones(n), np.arange(n), np.zeros(n), best),
        *(nobody, nobody, np.empty(0), np.ones(n)),
    )
    knots = np.linspace(0, 0.95, 20)
    prior = INDEX.inference.prior
    service = Service(
        *(np.zeros(n + 1, dtype=np.int64), np.empty((0, 3)), np.array([0.7, 0.2, 0.1])),
        *(np.full(n, np.nan), np.full(n, INDEX.inference.concentration), rng.random(n) < 0.1),
        *(knots, prior_no_line(knots, prior=prior), prior_given_line(knots, prior=prior)),
    )
    keys = stream_keys(map(str, range(n)))
    figures = INDEX.weight_delivered, INDEX.adequacy.exponent
    return DeficitDraws(keys, levels, cases, service, *figures, RULE.values, RULE.seed)


def together(n: int, draws: int) -> None:
    """Print what the draws of data and values of n schools cost."""
    schools = invented(n)
    k = RULE.first(n)
    spent = {"draw": 0.0, "rank": 0.0, "count": 0.0, "sets": 0.0}
    ranks, deficits = DrawRanks(schools.keys, k=k), DeficitCounts(n, INDEX.tiers.bounds)
    begun = last = time.perf_counter()

    def clock(step: str) -> None:
        nonlocal last
        now = time.perf_counter()
        spent[step] += now - last
        last = now

    for batch in schools.batches(draws, data=True, values=True):
        clock("draw")
        ranks.add(batch)
        clock("rank")
        deficits.add(batch)
        clock("count")
    find_top_k_sets(ranks.in_top(), ranks.best_of_ordering(), confidence=RULE.confidence)
    ranks.quantiles()
    deficits.interval()
    clock("sets")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    parts = ", ".join(f"{step} {seconds:.2f}" for step, seconds in spent.items())
    total = time.perf_counter() - begun
    print(f"{n:>9,} x {draws:,} draws: {total:7.2f} s ({parts}), peak {peak:,.0f} MB")


def ranking_alone(n: int, draws: int) -> None:
    """Print how long the ranking of given draws takes, and the peers.

    Ours says too who is among the first k. The ranks of each school counted, which the peers do not
    do, are printed beside it.
    """
    scores = np.random.default_rng(1).random((draws, n))
    keys = stream_keys(map(str, range(n)))

    def ours() -> None:
        rank_draws(scores, keys, k=RULE.first(n))

    def counted() -> None:
        DrawRanks(keys, k=RULE.first(n)).add(scores)

    def numpy() -> None:
        order = np.argsort(-scores, axis=1)
        np.put_along_axis(order, order.copy(), np.arange(n)[None], axis=1)

    def scipy() -> None:
        rankdata(-scores, axis=1)

    seconds = {}
    for work in (ours, counted, numpy, scipy):
        each = []
        for _ in range(5):
            begun = time.perf_counter()
            work()
            each.append(time.perf_counter() - begun)
        seconds[work.__name__] = min(each)
    first = seconds["ours"]
    text = ", ".join(f"{name} {s:.3f} s ({s / first:.1f})" for name, s in seconds.items())
    print(f"ranks of {draws:,} given draws of {n:,}: {text}")


def convergence(n: int = 400) -> None:
    """Print the error of the chance to be among the first k, by the number of draws."""
    k, truth = RULE.first(n), _chances(n, 60_000, 1_000)
    for draws in (250, 1_000, 4_000, 16_000):
        error = np.sqrt(np.mean([(_chances(n, draws, seed) - truth) ** 2 for seed in range(5)]))
        print(
            f"{draws:>6,} draws, first {k}: error {error:.5f}, times sqrt(draws) "
            f"{error * draws**0.5:.3f}"
        )


def _chances(n: int, draws: int, seed: int) -> FloatArray:
    schools = invented(n)
    ranks = DrawRanks(schools.keys, k=RULE.first(n), seed=seed)
    drawn = DeficitDraws(
        *(schools.keys, schools.levels, schools.cases, schools.service),
        *(schools.weight_delivered, schools.exponent, schools.values, seed),
    )
    for batch in drawn.batches(draws, data=True, values=True):
        ranks.add(batch)
    return ranks.top_share()


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--draws", type=int, default=RULE.draws)
    parser.add_argument("--skip-nation", action="store_true")
    given = parser.parse_args()
    together(200, 64)  # compiles
    together(PROVINCE, given.draws)
    ranking_alone(PROVINCE, 1_000)
    if not given.skip_nation:
        together(NATION, given.draws)
    convergence()


if __name__ == "__main__":
    main()
