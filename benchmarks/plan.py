"""Time, memory and gap of a plan for a province, beside what four simple rules reach.

Invented schools, options, ceilings, supply, teams and floors: ``python benchmarks/plan.py``; with
``--hubs`` also shared hubs, at most eight candidates a school. ``--real`` takes the schools of
Kalsel with their options, prices and payers; only the ceilings are invented. Each rule keeps the
same limits as the plan: it takes its next column where this still fits. Times are of the
processor, so other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from kalsel_gap import open_project
from kalsel_gap.planning.assemble import assemble_plan
from kalsel_gap.planning.bound import bounds
from kalsel_gap.planning.chosen_plan import inputs_of
from kalsel_gap.planning.fill import fill_plan, take_in_order
from kalsel_gap.planning.model import Problem, RowName, check_solution, value_of
from kalsel_gap.planning.plan_maker import request_plan
from kalsel_gap.planning.solve import solve_problem
from kalsel_gap.planning.tightening import tighten
from kalsel_gap.project.base import default_values, merge
from kalsel_gap.project.plan import PlanRules

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray

REAL = Path(__file__).parents[1] / "tests" / "real" / "kalsel.toml"
KALSEL = [f"63_{number:02}" for number in (*range(1, 12), 71, 72)]
SCHOOLS, YEARS, HORIZON = 3_845, (2027, 2028, 2029), 5
KABUPATEN = 13
OPTIONS = ("subscription", "cpe_4g", "microwave", "fibre", "leo", "satria", "vsat")
# Share of schools for which it is feasible, adequacy, capex and opex of a year in millions.
FEASIBLE = np.array([0.25, 0.55, 0.35, 0.6, 0.98, 0.9, 0.98])
ADEQUACY = np.array([0.95, 0.6, 0.85, 1.0, 0.9, 0.45, 0.3])
CAPEX = np.array([9.0, 11.0, 40.0, 30.0, 16.0, 10.0, 18.0])
OPEX = np.array([12.0, 5.4, 12.0, 18.0, 18.0, 1.0, 60.0])
LEO, FIBRE = OPTIONS.index("leo"), OPTIONS.index("fibre")
CIRCLE_KM = 5.0


@dataclass(frozen=True, slots=True)
class Instance:
    """A problem and what the simple rules ask for of each column."""

    problem: Problem
    cost: FloatArray  # present value, in thousands of rupiah
    adequacy: FloatArray
    year: IntArray
    rank: IntArray  # of the column's school; of an opening: after all schools
    is_covered: BoolArray  # of the school: within the circle around a site


@dataclass(slots=True)
class Entries:
    """Rows of a problem while they are collected."""

    row: list[IntArray]
    column: list[IntArray]
    amount: list[FloatArray]
    names: list[RowName]
    limit: list[float]

    def add(self, name: RowName, limit: float, column: IntArray, amount: FloatArray) -> None:
        """One row more."""
        self.row.append(np.full(len(column), len(self.names)))
        self.column.append(column)
        self.amount.append(amount)
        self.names.append(name)
        self.limit.append(limit)


def invented(  # noqa: PLR0915
    seed: int,
    *,
    hubs: bool,
    schools: int = SCHOOLS,
    funded: float = 0.35,
    hop: float = 0.6,
) -> Instance:
    """A province of a seed; ceilings pay for about this share of its schools."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(0, 200, (KABUPATEN, 2))
    kabupaten = rng.integers(0, KABUPATEN, schools)
    place = centre[kabupaten] + rng.normal(0, 18, (schools, 2))
    site = rng.uniform(0, 200, (600, 2))
    to_site = np.asarray(cKDTree(site).query(place)[0])
    students = rng.lognormal(4.7, 0.7, schools).clip(8, 2_000)
    before = np.where(rng.random(schools) < 0.45, 0.0, rng.beta(2, 3, schools))
    factor = (0.4 + 0.4 * rng.random(schools) + 0.2 * np.log1p(students) / 7.6) * 0.9
    payer = rng.choice(3, schools, p=[0.74, 0.08, 0.18])
    envelope = np.where(payer == 0, kabupaten, KABUPATEN - 1 + payer)
    envelope = np.where(rng.random(schools) < 0.09, KABUPATEN + 2, envelope)
    envelopes = [f"apbd_{number}" for number in range(KABUPATEN)]
    envelopes += ["apbd_province", "kemenag", "hibah_province"]
    years = len(YEARS)

    # Options of schools: school × option × year.
    feasible = rng.random((schools, len(OPTIONS))) < FEASIBLE
    delivered = (ADEQUACY * rng.uniform(0.8, 1.05, feasible.shape)).clip(0, 1)
    gain = factor[:, None] * np.maximum(delivered - before[:, None], 0)
    capex = CAPEX * rng.uniform(0.7, 1.6, feasible.shape)
    capex[:, FIBRE] += 30 * np.maximum(to_site - 1, 0)
    opex = OPEX * rng.uniform(0.8, 1.3, feasible.shape)
    who, what = np.nonzero(feasible & (gain > 0))
    group, option = np.repeat(who, years), np.repeat(what, years)
    year = np.tile(np.arange(years), len(who))
    value = gain[group, option] * (HORIZON - year)
    column_capex, column_opex = capex[group, option], opex[group, option]
    adequacy = delivered[group, option]
    payer_of = envelope[group]
    own = len(group)
    exclusive = np.full(own, -1)
    needs_column, needs_row, needs_provider = np.empty(0, int), np.empty(0, int), np.empty(0, int)
    hub_of = np.full(own, -1)

    if hubs:
        hub = np.sort(rng.permutation(schools)[: schools // 8])
        nearest = cKDTree(place[hub]).query(place, k=min(8, len(hub)))
        distance, near = np.asarray(nearest[0]), np.asarray(nearest[1])
        who, which = np.nonzero((distance < 15) & (distance > 0))
        target = near[who, which]
        spoke_gain = factor[who] * np.maximum(rng.uniform(0.75, 1, len(who)) - before[who], 0)
        kept = spoke_gain > 0
        who, which, target, spoke_gain = who[kept], which[kept], target[kept], spoke_gain[kept]
        spoke_capex = hop * rng.uniform(20, 35, len(who)) + 0.5 * distance[who, which]
        spoke_opex = hop * rng.uniform(8, 14, len(who))
        spokes = len(who) * years
        spoke_year = np.tile(np.arange(years), len(who))
        group = np.concatenate([group, np.repeat(who, years), np.full(len(hub) * years, -1)])
        hub_year = np.tile(np.arange(years), len(hub))
        year = np.concatenate([year, spoke_year, hub_year])
        value = np.concatenate(
            [value, np.repeat(spoke_gain, years) * (HORIZON - spoke_year), np.zeros(len(hub_year))]
        )
        hub_capex = rng.uniform(60, 180, len(hub))
        hub_opex = rng.uniform(20, 50, len(hub))
        column_capex = np.concatenate(
            [column_capex, np.repeat(spoke_capex, years), np.repeat(hub_capex, years)]
        )
        column_opex = np.concatenate(
            [column_opex, np.repeat(spoke_opex, years), np.repeat(hub_opex, years)]
        )
        adequacy = np.concatenate([adequacy, np.full(spokes, 0.9), np.zeros(len(hub_year))])
        payer_of = np.concatenate(
            [payer_of, np.repeat(envelope[who], years), np.repeat(envelope[hub], years)]
        )
        exclusive = np.concatenate(
            [np.full(own + spokes, -1), np.repeat(np.arange(len(hub)), years)]
        )
        option = np.concatenate([option, np.full(spokes + len(hub_year), len(OPTIONS))])
        hub_of = np.concatenate(
            [hub_of, np.repeat(target, years), np.repeat(np.arange(len(hub)), years)]
        )
        # A spoke of a year needs the hub opened in this year or before.
        needs_column = own + np.arange(spokes)
        first = own + spokes + np.repeat(target, years) * years
        earlier = [np.flatnonzero(spoke_year >= back) for back in range(years)]
        needs_row = np.concatenate(earlier)
        needs_provider = np.concatenate([first[rows] + back for back, rows in enumerate(earlier)])

    n = len(value)
    thousand_capex = np.ceil(column_capex * 1.11 * 1000)
    thousand_opex = np.ceil(column_opex * 1.11 * 1000)
    entries = Entries([], [], [], [], [])
    # A ceiling pays for its share of schools at the price of the cheaper options.
    typical = 30_000.0
    for number, name in enumerate(envelopes):
        owned = int((envelope == number).sum())
        for at, budget_year in enumerate(YEARS):
            paying = np.flatnonzero((payer_of == number) & (year <= at))
            amount = np.where(year[paying] == at, thousand_capex[paying], 0) + thousand_opex[paying]
            limit = np.floor(owned * funded / years * (typical + 14_000 * at))
            entries.add(RowName("ceiling", name, budget_year), limit, paying, amount)
    for at, budget_year in enumerate(YEARS):
        kits = np.flatnonzero((option == LEO) & (year == at))
        entries.add(RowName("supply", "leo", budget_year), schools // 25, kits, np.ones(len(kits)))
        work = np.flatnonzero(year == at)
        entries.add(RowName("teams", "", budget_year), schools // 6, work, np.ones(len(work)))
    for number in range(KABUPATEN):
        inside = np.flatnonzero((group >= 0) & (kabupaten[group] == number))
        owned = int((kabupaten == number).sum())
        entries.add(
            RowName("floor", f"kabupaten_{number}", None),
            -np.floor(owned * funded * 0.4), inside, np.full(len(inside), -1.0),
        )  # fmt: skip
    coast = np.flatnonzero((group >= 0) & (to_site[group] > 6))
    entries.add(
        RowName("floor", "coast_mountain", None),
        -np.floor((to_site > 6).sum() * funded * 0.3), coast, np.full(len(coast), -1.0),
    )  # fmt: skip
    for number in np.unique(hub_of[hub_of >= 0]):
        using = np.flatnonzero((hub_of == number) & (group >= 0))
        kbps = np.ceil(students[group[using]] * 30).clip(1_000, 20_000)
        entries.add(RowName("capacity", str(number), None), 60_000, using, kbps)
    rows = sparse.csr_array(
        (
            np.concatenate(entries.amount),
            (np.concatenate(entries.row), np.concatenate(entries.column)),
        ),
        shape=(len(entries.names), n),
    )
    any_of = sparse.csr_array(
        (np.ones(len(needs_row)), (needs_row, needs_provider)), shape=(len(needs_column), n)
    )
    problem = Problem(
        value, group, rows, np.array(entries.limit, dtype=float), tuple(entries.names),
        needs_column, any_of, np.zeros(schools, bool), exclusive,
    )  # fmt: skip
    order = np.argsort(-factor * (1 - before), kind="stable")
    rank = np.empty(schools, int)
    rank[order] = np.arange(schools)
    return Instance(
        problem,
        thousand_capex + thousand_opex * 3.993,
        adequacy,
        year,
        np.where(group >= 0, rank[group], schools),
        (to_site < CIRCLE_KM)[group],
    )


def of_kalsel(*, hubs: bool) -> Instance:
    """The real schools: every option of a run, three years, each payer with a ceiling."""
    opened_project = open_project(REAL, options=("robustness.draws=0",))
    with tempfile.TemporaryDirectory() as folder:
        run = opened_project.rank(out=Path(folder))
        asked = request_plan(run, opened_project.opened)
    payers = [f"apbd_{code}" for code in KALSEL] + [f"hibah_{code}" for code in KALSEL]
    amounts = {"apbd_province": 5_000, "kemenag": 1_000, "bos": 8_000, "hibah_province": 1_000}
    amounts |= {each: 1_500 if each.startswith("apbd") else 300 for each in payers}
    stated = {
        "years": list(YEARS),
        "floors": {"coast_mountain": 0.2},
        "ceilings": [
            {"envelope": each, "year": year, "amount": millions * 1_000_000}
            for year in YEARS
            for each, millions in amounts.items()
        ],
    }
    rules = PlanRules.model_validate(merge(default_values("plan"), stated))
    options, shared = asked.options, asked.shared
    if not hubs:
        options, shared = options[options["shared_id"].fillna("") == ""], shared.iloc[:0]
    request = replace(asked, rules=rules, years=YEARS, options=options, shared=shared)
    inputs = inputs_of(request)[1]
    assembled = assemble_plan(inputs)
    columns = assembled.columns
    delivered = dict(zip(options["option_id"], options["delivered_after"], strict=True))
    schools = run.schools.set_index("row_id")
    rank = columns["row_id"].map(schools["rank"]).astype("float64").fillna(len(schools))
    to_site = columns["row_id"].map(schools["site_4g_km"]).astype("float64")
    return Instance(
        assembled.problem,
        np.asarray(columns["pv_idr"], dtype=np.float64) / 1_000,
        np.asarray(columns["option_id"].map(delivered).astype("float64").fillna(0.0)),
        np.asarray(columns["year"], dtype=np.int64),
        np.asarray(rank, dtype=np.int64),
        (to_site < CIRCLE_KM).to_numpy(),
    )


def rules_of(instance: Instance) -> dict[str, IntArray]:
    """Columns in the order in which each simple rule takes them; none of them opens hubs."""
    problem, cost = instance.problem, instance.cost
    alone = np.flatnonzero(problem.group >= 0)
    alone = np.setdiff1d(alone, problem.needs_column)
    speed = instance.adequacy / instance.adequacy.max()
    cheap = cost / cost[alone].max()
    weighted = 0.75 * cheap + 0.25 * (1 - speed)
    outside = alone[~instance.is_covered[alone]]
    year, rank = instance.year, instance.rank
    return {
        "cheapest first": alone[np.lexsort((alone, year[alone], cost[alone]))],
        "ranking order": alone[np.lexsort((alone, year[alone], cost[alone], rank[alone]))],
        "cost .75, speed .25": alone[np.lexsort((alone, year[alone], weighted[alone]))],
        "outside a 5 km circle": outside[
            np.lexsort((outside, year[outside], cost[outside], rank[outside]))
        ],
    }


def measure(instance: Instance, *, gap: float, nodes: int, seconds: float | None) -> None:
    """Print what the bound, the fill, the solver and the rules reach."""
    problem = tighten(instance.problem)
    print(
        f"{problem.n:,} columns, {len(problem.limit):,} rows, {len(problem.needs_column):,} needs"
    )
    begun = time.process_time()
    for number, bound in enumerate(bounds(problem), start=1):
        plan = fill_plan(problem, bound)
        value = value_of(problem, plan)
        print(
            f"  round {number}: {time.process_time() - begun:6.2f} s, bound {bound.value:.3f},"
            f" fill {value:.3f}, gap {bound.value / value - 1:.4%},"
            f" faults {len(check_solution(problem, plan))}"
        )
    begun = time.process_time()
    found = solve_problem(problem, gap=gap, nodes=nodes, seconds=seconds)
    spent = time.process_time() - begun
    other = "none" if found.solver_bound is None else f"{found.solver_bound:.3f}"
    print(
        f"  solve: {spent:.2f} s, {found.status}, value {found.value:.3f}, gap {found.gap:.4%},"
        f" own bound {found.own_bound:.3f} ({found.own_bound / found.value - 1:.4%}),"
        f" bound of HiGHS {other}, nodes {found.nodes},"
        f" faults {len(check_solution(problem, found.chosen))}"
    )
    for name, order in rules_of(instance).items():
        chosen = take_in_order(problem, order)
        value = value_of(problem, chosen)
        floors = sum(each.name.kind == "floor" for each in check_solution(problem, chosen))
        print(
            f"  {name}: value {value:.3f} ({value / found.value:.1%} of the plan),"
            f" {int(chosen.sum()):,} schools, {floors} floors not kept"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"  peak memory {peak:.2f} GB")


def main() -> None:
    """One province without hubs, or with them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hubs", action="store_true")
    parser.add_argument(
        "--hop", type=float, default=0.6, help="price of a hop to a hub, times 20-35 m"
    )
    parser.add_argument("--real", action="store_true", help="the schools of Kalsel")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schools", type=int, default=SCHOOLS)
    parser.add_argument("--gap", type=float, default=None, help="default 0.001, with hubs 0.01")
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=None)
    given = parser.parse_args()
    gap = given.gap if given.gap is not None else (0.01 if given.hubs else 0.001)
    if given.real:
        instance = of_kalsel(hubs=given.hubs)
    else:
        instance = invented(given.seed, hubs=given.hubs, schools=given.schools, hop=given.hop)
    measure(instance, gap=gap, nodes=given.nodes, seconds=given.seconds)


if __name__ == "__main__":
    main()
