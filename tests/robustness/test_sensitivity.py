"""How much a list depends on the figures of the method."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import beta, spearmanr

from kalsel_gap import schema
from kalsel_gap.deficit.scores import score_schools
from kalsel_gap.deficit.service import assess_service
from kalsel_gap.errors import InputError
from kalsel_gap.pipeline import open_project
from kalsel_gap.project.checks import Registers
from kalsel_gap.project.index import Index
from kalsel_gap.project.robustness import Robustness
from kalsel_gap.robustness.list_scores import SCORES, score_lists
from kalsel_gap.robustness.sensitivity import (
    ORDERS,
    RESULTS,
    correlate_leaves,
    examine_list,
    list_sensitivity,
    school_facts,
    tree_layout,
)
from kalsel_gap.robustness.values import Assumptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.robustness.sensitivity import ListSensitivity
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import MakeProject, MakeSchools

REGISTERS = Registers.shipped()
FIGURES = [
    ("index.lambda=0.8",),
    ("index.nodes.barrier.p=1", "index.nodes.terrain.p=4", "index.nodes.need.p=3"),
    ("index.priority.base=0.1", "index.priority.need=0.7"),
    ("index.nodes.students.weight=2", "index.nodes.relief.weight=0"),
    ("index.adequacy.exponent=0.8", "index.nodes.site.active=false"),
    ("index.nodes.devices.transform='log10'", "index.nodes.devices.best=1"),
]


def values(**figures: Any) -> dict[str, Any]:
    """The shipped ranges of the figures, but for some."""
    return {**Robustness.shipped().model_dump()["values"], **figures}


def rule(**figures: Any) -> Robustness:
    """The shipped figures of the draws, but for some."""
    return Robustness.model_validate(Robustness.shipped().model_dump() | {"draws": 256} | figures)


def scored(table: Any, opened: Opened) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Schools with their scores, and what each may have."""
    staged = assess_service(table, opened)
    table = schema.check(table.join(staged.columns), "service")
    service = staged.tables["service"]
    return table.join(score_schools(table, opened, service=service).columns), service


def made_again(
    schools: pd.DataFrame, service: pd.DataFrame, index: Index
) -> tuple[pd.DataFrame, np.ndarray]:
    """The table's scores of the ranked, and the same made by the kernel."""
    leaves = [leaf for leaf in index.leaves() if f"{leaf}_score" in schools]
    assumptions = Assumptions.of(index, rule().values, leaves)
    facts = school_facts(schools, service, assumptions, REGISTERS)
    ranked = schools.loc[schools["deficit"].notna(), list(SCORES)]
    return ranked, score_lists(facts, tree_layout(assumptions), assumptions.nominal())[0].T


# --- the scores are those of the run -------------------------------------------------------------


@pytest.mark.parametrize("options", [(), *FIGURES])
def test_the_scores_of_a_run_are_made_again(
    ranked: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    project = open_project(ranked, options=(*options, "robustness.draws=0"))
    run = project.rank(out=tmp_path / "runs")
    table, made = made_again(run.schools, run.table("service"), project.opened.project.index)
    assert len(table)
    np.testing.assert_allclose(made, table.to_numpy(float), rtol=0, atol=1e-12)


def test_the_scores_of_a_province_are_made_again(sample_run: Run) -> None:
    index = Index.shipped()
    table, made = made_again(sample_run.schools, sample_run.table("service"), index)
    np.testing.assert_allclose(made, table.to_numpy(float), rtol=0, atol=1e-9)


@pytest.mark.real
def test_the_scores_of_the_real_province_are_made_again(kalsel: Run) -> None:
    table, made = made_again(kalsel.schools, kalsel.table("service"), Index.shipped())
    assert len(table) > 3000
    np.testing.assert_allclose(made, table.to_numpy(float), rtol=0, atol=1e-9)


def test_a_list_of_other_figures_than_it_records_is_an_error(tiny_run: Run) -> None:
    parameters = {**tiny_run.manifest["parameters"], "index.lambda": 0.7}
    other = replace(tiny_run, manifest={**tiny_run.manifest, "parameters": parameters})
    with pytest.raises(InputError) as raised:
        list_sensitivity(other)
    assert raised.value.code == "scores_not_reproduced"


# --- closed forms --------------------------------------------------------------------------------


@pytest.fixture
def two_leaves(project: MakeProject) -> Opened:
    """A project whose priority is the mean of two leaves."""
    return project(
        {
            "index": {
                "priority": {"base": 0.0, "need": 1.0, "barrier": 0.0},
                "nodes": {
                    "need": {"p": 1.0},
                    "students": {"weight": 0.6},
                    "vulnerable": {"weight": 0.4},
                },
            }
        },
        bare=True,
    )


def examined(
    schools: MakeSchools,
    opened: Opened,
    rows: Sequence[Mapping[str, object]],
    **figures: Any,
) -> ListSensitivity:
    """A list of these schools, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table, service = scored(schools(rows), opened)
        index = opened.project.index
        found = examine_list(table, service, index=index, rule=rule(**figures), registers=REGISTERS)
    assert found is not None
    return found


LARGE = {"available": 0.5, "students": 600, "village_index": 1}
POOR = {"available": 0.5, "students": 20, "village_index": 5}


def test_of_two_schools_one_is_first_as_often_as_its_weight_is_the_larger(
    schools: MakeSchools, two_leaves: Opened
) -> None:
    drawn = values(concentration=10.0, p=(1.0,))
    found = examined(schools, two_leaves, [LARGE, POOR], draws=20_000, values=drawn)
    share = found.central_weights["first_share"]
    expected = beta.sf(0.5, 6.0, 4.0)
    assert share.tolist() == pytest.approx([expected, 1 - expected], abs=0.01)
    # Mean of the weight where it is above one half: an integral of the same distribution.
    mean = beta.expect(lambda w: w, args=(6.0, 4.0), lb=0.5, conditional=True)
    assert found.central_weights["students"][0] == pytest.approx(mean, abs=0.005)
    ranks = found.value_ranks
    assert ranks["p_top_k"].tolist() == pytest.approx(share.tolist())
    assert ranks[["rank_p05", "rank_p50", "rank_p95"]].to_numpy().tolist() == [[1, 1, 2], [1, 2, 2]]
    # Either they change places, or they do not.
    shifts = found.list_shifts.set_index("order")
    assert shifts["mean_rank_shift"]["priority"] == pytest.approx(1 - expected, abs=0.01)
    assert shifts["top_k_overlap"]["priority"] == pytest.approx(expected, abs=0.01)
    table = found.without_leaf
    without = table[table["order"] == "priority"].set_index("leaf")
    assert without["mean_rank_shift"][["students", "vulnerable"]].tolist() == [1.0, 0.0]
    assert without["enters"]["students"] == "00000002"
    assert without["leaves"]["students"] == "00000001"


def test_a_school_that_is_never_first_has_no_central_weights(
    schools: MakeSchools, two_leaves: Opened
) -> None:
    first = {"available": 0.1, "students": 600, "village_index": 5}
    found = examined(schools, two_leaves, [first, LARGE, POOR]).central_weights
    assert found["first_share"].tolist() == [1.0, 0.0, 0.0]
    assert found["students"].notna().tolist() == [True, False, False]
    both = found[["students", "vulnerable"]].iloc[0]
    assert both.sum() == pytest.approx(1.0)


def test_indices_of_a_list_that_one_weight_decides(
    schools: MakeSchools, two_leaves: Opened
) -> None:
    found = examined(schools, two_leaves, [LARGE, POOR], values=values(p=(1.0,)))
    table = found.sensitivity
    assert len(table) == len(ORDERS) * len(RESULTS) * table["assumption"].nunique()
    table = table[(table["order"] == "priority") & (table["result"] == "mean_rank_shift")]
    each = table.set_index("assumption")
    assert each["total"][["lambda", "exponent", "p"]].tolist() == [0.0, 0.0, 0.0]
    assert each["nominal"]["students"] == pytest.approx(0.6)
    # Either of both gammas alone explains less than both.
    assert (each["first_order"][["students", "vulnerable"]] > 0.1).all()
    assert (each["total"] >= each["first_order"] - 0.1).all()


# --- what must hold whatever the schools ---------------------------------------------------------

FACTS = st.fixed_dictionaries(
    {
        "available": st.sampled_from([0.0, 0.3, 0.9]),
        "students": st.integers(20, 600),
        "village_index": st.integers(1, 5),
        "devices": st.integers(0, 30),
        "local_relief_m": st.floats(0, 800),
        "mean_slope_deg": st.floats(0, 30),
        "site_4g_km": st.floats(0, 20),
        "capital_km": st.floats(0, 120),
    }
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(FACTS, min_size=1, max_size=6), data=st.data())
def test_a_school_that_is_worse_in_every_leaf_never_ranks_behind(
    schools: MakeSchools, bare: Opened, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    better = data.draw(st.sampled_from(rows))
    worse = {
        **better,
        "available": better["available"] / 2,
        **{
            name: min(better[name] + data.draw(st.integers(0, 5)), most)
            for name, most in (("students", 700), ("village_index", 5), ("devices", 40))
        },
        **{
            name: better[name] * data.draw(st.floats(1.0, 2.0))
            for name in ("local_relief_m", "mean_slope_deg", "site_4g_km", "capital_km")
        },
    }
    table, service = scored(schools([worse, better, *rows]), bare)
    index = bare.project.index
    leaves = [leaf for leaf in index.leaves() if f"{leaf}_score" in table]
    assumptions = Assumptions.of(index, rule().values, leaves)
    facts = school_facts(table, service, assumptions, REGISTERS)
    scores = score_lists(facts, tree_layout(assumptions), assumptions.drawn(0, 64, 1))
    for name in ("deficit", "priority"):
        of_worse, of_better = scores[:, SCORES.index(name), :2].T
        assert (of_worse >= of_better - 1e-12).all(), name


def test_one_more_school_and_another_order_change_nobodys_draws(
    schools: MakeSchools, bare: Opened
) -> None:
    rows = [
        {"available": 0.1 * n, "students": 30 * (n + 1), "local_relief_m": 500.0 - 40 * n}
        for n in range(8)
    ]
    table, service = scored(schools(rows), bare)
    index = bare.project.index

    def shares(of: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
        found = examine_list(of, cases, index=index, rule=rule(), registers=REGISTERS)
        assert found is not None
        return found.value_ranks.set_index("npsn").drop(columns="row_id").sort_index()

    once = shares(table, service)
    turned = shares(table.iloc[::-1].reset_index(drop=True), service.iloc[::-1])
    pd.testing.assert_frame_equal(once, turned)
    # The last school of the list gone: those before it keep their ranks.
    last = once["rank_p50"].idxmax()
    fewer = table[table["npsn"] != last].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        shares(fewer, service)[["rank_p05", "rank_p50"]],
        once.drop(index=last)[["rank_p05", "rank_p50"]],
    )


# --- edges ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare(project: MakeProject) -> Opened:
    return project(bare=True)


def test_one_school_is_first_whatever_the_figures(schools: MakeSchools, bare: Opened) -> None:
    found = examined(schools, bare, [LARGE])
    assert (found.ranked, found.k) == (1, 1)
    assert found.value_ranks.iloc[0, 2:].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert found.list_shifts[list(RESULTS)].to_numpy().tolist() == [[0.0, 1.0], [0.0, 1.0]]
    assert found.sensitivity["total"].isna().all()
    assert found.leaf_correlations["correlation"].isna().all()
    assert not found.leaf_correlations["says_the_same"].any()
    assert found.central_weights["first_share"].tolist() == [1.0]


def test_no_school_and_no_draws(schools: MakeSchools, bare: Opened) -> None:
    none = examined(schools, bare, [{"lat": None, "lon": None}])
    assert (none.ranked, none.k, none.draws, none.evaluations) == (0, 0, 0, 0)
    assert none.value_ranks.empty
    assert none.sensitivity.empty
    assert none.central_weights.empty
    still = examined(schools, bare, [LARGE, POOR], draws=0)
    assert (still.draws, still.evaluations) == (0, 0)
    assert still.value_ranks["p_top_k"].isna().all()
    assert still.list_shifts[list(RESULTS)].isna().all(axis=None)
    assert still.sensitivity.empty
    assert len(still.leaf_correlations)
    assert len(still.without_leaf)


def test_a_list_shorter_than_k_keeps_all_its_schools(schools: MakeSchools, bare: Opened) -> None:
    found = examined(schools, bare, [LARGE, POOR, LARGE], k=10)
    assert found.k == 3
    assert (found.list_shifts["top_k_overlap"] == 1.0).all()
    assert (found.without_leaf["changed"] == 0).all()


def test_schools_that_are_equal_share_the_first_place(schools: MakeSchools, bare: Opened) -> None:
    found = examined(schools, bare, [LARGE, LARGE], k=1)
    assert found.central_weights["first_share"].tolist() == pytest.approx([0.5, 0.5])
    assert found.list_shifts["mean_rank_shift"].tolist() == [0.0, 0.0]
    assert found.value_ranks["p_top_k"].tolist() == pytest.approx([0.5, 0.5], abs=0.1)


def test_a_constant_leaf_correlates_with_nothing(schools: MakeSchools, bare: Opened) -> None:
    rows = [{"available": 0.5, "students": 100, "village_index": n} for n in (1, 2, 4)]
    found = examined(schools, bare, rows).leaf_correlations
    assert found["correlation"].isna().all()


def test_two_leaves_that_say_the_same_are_named() -> None:
    rng = np.random.default_rng(3)
    one = pd.Series(rng.random(50))
    table = pd.DataFrame({"a_score": one, "b_score": one * one, "c_score": rng.random(50)})
    found = correlate_leaves(table, ["a", "b", "c"])
    strongest = found.to_dict("records")[0]
    assert strongest == {"leaf": "a", "other": "b", "correlation": 1.0, "says_the_same": True}
    for row in found.to_dict("records"):
        pair = table[[f"{row[name]}_score" for name in ("leaf", "other")]].to_numpy()
        assert row["correlation"] == pytest.approx(spearmanr(pair).statistic)
    assert found["says_the_same"].sum() == 1


def test_a_project_without_any_leaf(schools: MakeSchools, bare: Opened) -> None:
    found = examined(schools, bare, [{"available": 0.2}, {"available": 0.7}])
    assert found.leaf_correlations.empty
    assert set(found.sensitivity["assumption"]) <= {"lambda", "exponent", "p"}
    assert set(found.without_leaf["leaf"]) == {"delivered", "available"}


def test_the_exponent_counts_where_rates_are_known(schools: MakeSchools, bare: Opened) -> None:
    rates = [{"measured_down_mbps": 2.0 + n, "available": 0.9 - 0.1 * n} for n in range(6)]
    for rows, counts in (
        (rates, True),
        ([{"available": row["available"]} for row in rates], False),
    ):
        table = examined(schools, bare, rows).sensitivity
        of_deficit = table[(table["order"] == "deficit") & (table["result"] == RESULTS[0])]
        total = of_deficit.set_index("assumption")["total"]
        assert (total["exponent"] > 0.05) == counts


def test_only_what_is_asked_for_is_drawn(tiny_run: Run) -> None:
    found = list_sensitivity(tiny_run, drawn=["exponent"])
    assert set(found.sensitivity["assumption"]) == {"exponent"}
    varying = found.sensitivity.dropna()
    assert varying["total"].tolist() == pytest.approx([1.0] * len(varying), abs=0.1)
    assert found.central_weights.columns.tolist() == ["row_id", "npsn", "first_share"]
    for names, code in ((["fibre"], "assumption_unknown"), (["base"], "assumption_alone")):
        with pytest.raises(InputError) as raised:
            list_sensitivity(tiny_run, drawn=names)
        assert raised.value.code == code


def test_progress_counts_every_list(schools: MakeSchools, bare: Opened) -> None:
    table, service = scored(schools([LARGE, POOR]), bare)
    seen: list[tuple[int, int]] = []
    found = examine_list(
        table,
        service,
        index=bare.project.index,
        rule=rule(),
        registers=REGISTERS,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert found is not None
    total = found.draws + found.evaluations
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)


def test_the_same_run_gives_the_same_tables(tiny_run: Run) -> None:
    once, again = list_sensitivity(tiny_run), list_sensitivity(tiny_run)
    for name in ("value_ranks", "list_shifts", "sensitivity", "without_leaf", "central_weights"):
        pd.testing.assert_frame_equal(getattr(once, name), getattr(again, name))
