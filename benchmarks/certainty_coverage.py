"""Whether the statements of certainty hold: rank intervals, chances and sets on simulated truth.

Provinces are made from a real one: each school gets a true level, drawn from those that a map of an
operator shows at its schools; the map of the simulated province shows them with an error, of which
a part is common to all schools. The draws see the map alone. What they state is compared with the
truth. All numbers are seeded: ``python benchmarks/certainty_coverage.py``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kalsel_gap.indicators.available import from_level
from kalsel_gap.indicators.evidence import level_from_adequacy
from kalsel_gap.pipeline import open_project
from kalsel_gap.project.robustness import Robustness
from kalsel_gap.project.signal import Signal
from kalsel_gap.robustness.deficit_draws import Cases, DeficitDraws, Levels, Service
from kalsel_gap.robustness.draw_ranks import DrawRanks
from kalsel_gap.robustness.level_posterior import posterior_quantiles
from kalsel_gap.robustness.streams import stream_keys
from kalsel_gap.robustness.top_k_sets import find_top_k_sets

if TYPE_CHECKING:
    from collections.abc import Iterator

FloatArray: TypeAlias = NDArray[np.float64]

RULE = Robustness.shipped()
CURVE = Signal.shipped().curves["4g"].points
NOTHING_DBM, DETECTION_DBM = -150.0, -140.0
BINS = 10


def real_levels(project: Path) -> FloatArray:
    """Levels that the map of the operator with most of them shows at the schools, dBm."""
    with tempfile.TemporaryDirectory() as folder:
        run = open_project(project, options=("robustness.draws=0",)).rank(out=Path(folder))
        signals = run.table("signals")
    rows = signals[(signals["technology"] == "4g") & (signals["kind"] != "prediction")]
    rows = rows[rows["operator"] == rows["operator"].value_counts().index[0]]
    rows = rows[(rows["place"] == "point") & rows["adequacy"].notna()]
    level = level_from_adequacy(rows["adequacy"], CURVE)
    return np.where(rows["status"] == "none", NOTHING_DBM, level)


def draws_of(
    shown: FloatArray, none: NDArray[np.bool_], error_db: float, seed: int
) -> DeficitDraws:
    """Draws of schools without service, so that the order is that of what is available."""
    n, data = len(shown), RULE.data
    alone = np.full(n, error_db * np.sqrt(1 - data.shared))
    quantiles, which = posterior_quantiles(shown, alone, none)
    dbm, adequacy = (np.array([part], dtype=np.float64) for part in zip(*CURVE, strict=True))
    nothing, no_rates = np.zeros(n, dtype=np.int64), np.zeros(n + 1, dtype=np.int64)
    levels = Levels(
        *(quantiles.astype(np.float32), which[None].astype(np.int32)),
        np.full((1, n), error_db * np.sqrt(data.shared), dtype=np.float32),
        stream_keys(["source"]),
        dbm,
        adequacy,
    )
    point = np.where(none, 0.0, from_level(shown, CURVE))
    cases = Cases(
        *(np.arange(n + 1), np.ones(n), np.arange(n), np.zeros(n), point),
        *(nothing, nothing, np.empty(0), np.ones(n)),
    )
    service = Service(
        *(no_rates, np.empty((0, 3)), np.array([0.7, 0.2, 0.1]), np.zeros(n)),
        *(np.full(n, np.inf), np.zeros(n, bool), np.array([0.0, 1.0])),
        *(np.zeros(2), np.zeros(2)),
    )
    keys = stream_keys(map(str, range(n)))
    return DeficitDraws(keys, levels, cases, service, 0.6, 0.5, RULE.values, seed)


def provinces(
    true_levels: FloatArray, count: int, draws: int, error_db: float
) -> Iterator[dict[str, Any]]:
    """What holds in each simulated province."""
    n, shared = len(true_levels), RULE.data.shared
    k = RULE.first(n)
    for number in range(count):
        rng = np.random.default_rng(number)
        true = rng.choice(true_levels, n) + rng.uniform(-0.5, 0.5, n)
        shown = true + error_db * (
            np.sqrt(1 - shared) * rng.normal(size=n) + np.sqrt(shared) * rng.normal()
        )
        none = shown < DETECTION_DBM
        drawn = draws_of(np.where(none, DETECTION_DBM, shown), none, error_db, number)
        ranks = DrawRanks(drawn.keys, k=k, seed=number)
        for batch in drawn.batches(draws, data=True, values=False):
            ranks.add(batch)
        # Where several have the same truth their order is a matter of chance, as it is in a draw.
        deficit = 1 - 0.4 * from_level(true, CURVE)
        rank = np.empty(n, dtype=np.int64)
        rank[np.lexsort((rng.random(n), -deficit))] = np.arange(1, n + 1)
        point = drawn.batch(0, 1, data=False, values=False)[0]
        listed = np.lexsort((rng.random(n), -point))[:k]
        low, _, high = ranks.quantiles().T
        inside = (rank >= low) & (rank <= high)
        sets = find_top_k_sets(ranks.in_top(), ranks.best_of_ordering(), confidence=RULE.confidence)
        is_first = rank <= k
        certain, out = sets == "certain", sets == "out"
        yield {
            "inside": inside.mean(),
            "inside, listed first k": inside[listed].mean(),
            "inside, true first k": inside[is_first].mean(),
            "certain": certain.sum() / k,
            "out": out.sum() / n,
            "certain wholly right": is_first[certain].all(),
            "out wholly right": (~is_first[out]).all(),
            "chance": (ranks.top_share(), is_first),
        }


def main() -> None:
    """Print what holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--project", type=Path, default=Path("tests/real/kalsel.toml"))
    parser.add_argument("--provinces", type=int, default=200)
    parser.add_argument("--draws", type=int, default=RULE.draws)
    parser.add_argument(
        "--error", type=float, default=80.0**0.5, help="dB, 20 %% of its variance shared"
    )
    given = parser.parse_args()
    levels = real_levels(given.project)
    begun = time.perf_counter()
    found: dict[str, list[Any]] = defaultdict(list)
    for number, province in enumerate(
        provinces(levels, given.provinces, given.draws, given.error), start=1
    ):
        for name, value in province.items():
            found[name].append(value)
        print(f"\r{number} provinces", end="", flush=True)
    print(
        f"\r{given.provinces} provinces of {len(levels):,} schools, {given.draws:,} draws, "
        f"{given.error:.1f} dB: {time.perf_counter() - begun:.0f} s"
    )
    chances = found.pop("chance")
    for name, values in found.items():
        print(f"{name:24} {np.mean(values):.3f}  (least {np.min(values):.3f})")
    chance, is_first = (np.concatenate(part) for part in zip(*chances, strict=True))
    print("chance to be among the first k, and how often it was:")
    for bin_ in range(BINS):
        rows = np.minimum((chance * BINS).astype(int), BINS - 1) == bin_
        if rows.any():
            stated, seen = chance[rows].mean(), is_first[rows].mean()
            print(f"  {stated:.3f} {seen:.3f}  {seen - stated:+.3f}  {rows.sum():,}")


if __name__ == "__main__":
    main()
