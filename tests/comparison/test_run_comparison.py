"""Each move of a pair of runs has its one cause, and the parts of every move add up to it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap.comparison.causes import CAUSES
from kalsel_gap.comparison.run_comparison import _parts, compare_runs
from kalsel_gap.deficit import deficits, signals
from kalsel_gap.deficit.availability import combine_places
from kalsel_gap.errors import InputError
from kalsel_gap.indicators.distribution import mean_deficit
from tests.comparison.pairs import OBJECTIONS, ONLY, ranked

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.comparison.run_comparison import RunComparison
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import MakeProject

# Of 00000108 and 00000109, which lie 445 m and 456 m above the lowest land around them.
LEVELS = "npsn,operator,technology,signal,rsrp_dbm\n" + "".join(
    f"{npsn},telkomsel,4g,tidak ada,\n" for npsn in ("00000110", "00000112", "00000104")
)
GOALPOSTS = {"relief": {"best": 440.0, "worst": 460.0}}
PARTS = [f"by_{cause}" for cause in CAUSES]


@pytest.fixture(scope="module")
def made(project: MakeProject) -> dict[str, Run]:
    """The base and others that differ from it, through one cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deficits, "mean_deficit", lambda *a, **k: 1.0 - mean_deficit(*a, **k))
        other_code = ranked(project)
    return {
        "base": ranked(project),
        **{name: ranked(project, name) for name in ONLY},
        "all": ranked(project, *ONLY),
        "code": other_code,
        "objections": ranked(project, more={"objections.csv": OBJECTIONS}),
        "unused": ranked(project, more={"objections.csv": OBJECTIONS}, objections={"used": False}),
        "levels": ranked(
            project,
            more={"levels.csv": LEVELS},
            measurements=[{"path": "tests.csv"}, {"path": "levels.csv"}],
        ),
        "goalposts": ranked(project, index={"nodes": GOALPOSTS}),
    }


@pytest.fixture
def base(made: dict[str, Run]) -> Run:
    return made["base"]


def holds(found: RunComparison) -> None:
    """What is true of every comparison."""
    schools = found.schools
    both = schools[schools["state"] == "ranked"]
    assert (both[PARTS].sum(axis="columns") == both["move"]).all()
    assert (both["rank_after"] - both["rank_before"] == both["move"]).all()
    assert schools.loc[schools["state"] != "ranked", ["move", *PARTS]].isna().all(axis=None)
    for side, run in (("before", found.before), ("after", found.after)):
        rows = schools[f"row_{side}"].dropna()
        assert sorted(rows) == sorted(run.schools["row_id"])  # nobody is lost or stands twice
        stored = run.schools.set_index("row_id")["rank"]
        column = "rank_stored" if side == "before" else "rank_after"
        shown = schools.dropna(subset=[f"row_{side}"]).set_index(f"row_{side}")[column]
        assert shown.reindex(stored.index).equals(stored.astype("Int64"))


@pytest.mark.parametrize("cause", ONLY)
def test_one_difference_is_the_one_cause(cause: str, made: dict[str, Run]) -> None:
    found = compare_runs(made["base"], made[cause])
    holds(found)
    assert {each.cause for each in found.differences} == {cause}
    moved = found.moved
    assert len(moved) >= 2
    assert (moved["main_cause"] == cause).all()
    assert (moved[f"by_{cause}"] == moved["move"]).all()


def test_objections_are_facts_of_the_register_and_tests(made: dict[str, Run]) -> None:
    found = compare_runs(made["base"], made["objections"])
    holds(found)
    assert [(each.cause, each.key) for each in found.differences] == [("register", "objections")]
    schools = found.schools.set_index("npsn")
    assert schools.loc["00000110", "main_cause"] == "measurements"
    assert schools.loc["00000108", "main_cause"] == "register"
    others = [f"by_{c}" for c in CAUSES if c not in ("register", "measurements")]
    assert (found.moved[others] == 0).all(axis=None)
    # A file that is not used is no cause, and no longer using it takes back what it did.
    unused = compare_runs(made["base"], made["unused"])
    assert unused.moved.empty
    back = compare_runs(made["objections"], made["unused"])
    holds(back)
    assert {each.cause for each in back.differences} == {"register"}
    assert (back.moved[others] == 0).all(axis=None)
    assert len(back.moved) == len(found.moved)


def test_levels_measured_at_schools_are_measurements(made: dict[str, Run]) -> None:
    found = compare_runs(made["base"], made["levels"])
    holds(found)
    assert {each.cause for each in found.differences} == {"measurements"}
    assert len(found.moved) >= 2
    assert (found.moved["by_measurements"] == found.moved["move"]).all()


def test_a_school_that_was_added_is_listed_with_its_reason(made: dict[str, Run]) -> None:
    found = compare_runs(made["base"], made["register"])
    new = found.schools[found.schools["npsn"] == "00000120"].iloc[0]
    assert (new["state"], new["unranked_before"]) == ("entered", "not_in_register")
    assert new["cause_of_state"] == "register"
    assert pd.isna(new["row_before"])
    gone = compare_runs(found.after, found.before).schools
    left = gone[gone["npsn"] == "00000120"].iloc[0]
    assert (left["state"], left["unranked_after"]) == ("left", "not_in_register")


def test_all_at_once_still_add_up(made: dict[str, Run]) -> None:
    found = compare_runs(made["base"], made["all"])
    holds(found)
    assert {each.cause for each in found.differences} == set(ONLY)
    assert (found.schools["by_method"].fillna(0) == 0).all()
    by_cause = found.by_cause().set_index("cause")
    assert by_cause.index[by_cause["schools"] > 0].tolist() == [*ONLY]
    assert by_cause["main_cause_of"].sum() == len(found.moved)
    # Backwards the same moves have the other sign.
    back = compare_runs(found.after, found.before)
    holds(back)
    moves = found.moved.set_index("npsn")["move"]
    assert (-back.moved.set_index("npsn")["move"]).reindex(moves.index).equals(moves)


def test_other_code_of_the_scores_is_the_method(made: dict[str, Run]) -> None:
    found = compare_runs(made["base"], made["code"])
    holds(found)
    assert found.differences == ()
    assert len(found.moved) > 5
    assert (found.moved["by_method"] == found.moved["move"]).all()
    # Older code of the older run is the method as well.
    back = compare_runs(made["code"], made["base"])
    assert (back.moved["by_method"] == back.moved["move"]).all()


def test_other_code_of_an_earlier_stage_is_the_method(
    base: Run, project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(schools: gpd.GeoDataFrame, *rest: Any) -> pd.DataFrame:
        columns = combine_places(schools, *rest)
        return columns.assign(available=1.0 - columns["available"])

    monkeypatch.setattr(signals, "combine_places", other)
    found = compare_runs(base, ranked(project, cached=False))
    holds(found)
    assert len(found.moved) > 5
    assert (found.moved["by_method"] == found.moved["move"]).all()


def test_a_run_compared_with_itself(base: Run) -> None:
    found = compare_runs(base, base)
    holds(found)
    assert found.moved.empty
    assert found.gaps.empty
    assert found.schools["gap_change"].isna().all()


def test_other_goalposts_are_refused_unless_recomputed(made: dict[str, Run]) -> None:
    keys = [f"index.nodes.{leaf}.{key}" for leaf, own in GOALPOSTS.items() for key in own]
    base, other = made["base"], made["goalposts"]
    assert [key for key in keys if key not in base.manifest["parameters"]] == []
    with pytest.raises(InputError) as refused:
        compare_runs(base, other)
    assert refused.value.code == "runs_other_goalposts"
    assert refused.value.params["keys"] == ", ".join(sorted(keys))
    found = compare_runs(base, other, recompute=True)
    holds(found)
    assert found.goalposts == tuple(sorted(keys))
    # By the same goalposts both lists are one: nothing but these differs.
    assert found.moved.empty
    stored, again = found.schools["rank_stored"], found.schools["rank_before"]
    assert (stored.dropna() != again.dropna()).sum() == 2  # 00000108 and 00000109


def test_runs_of_two_projects_are_refused(base: Run) -> None:
    others = base.schools.assign(
        npsn="9" + base.schools["npsn"].str[1:], name="X" + base.schools["name"]
    )
    with pytest.raises(InputError) as refused:
        compare_runs(base, replace(base, schools=others))
    assert refused.value.code == "runs_unrelated"


def test_a_run_of_another_version_is_refused_with_what_it_lacks(base: Run) -> None:
    lacking = replace(base, schools=base.schools.drop(columns="river_km"))
    with pytest.raises(InputError) as refused:
        compare_runs(lacking, base)
    assert (refused.value.code, refused.value.params["names"]) == ("run_other_version", "river_km")
    manifest = json.loads(json.dumps(base.manifest))
    del manifest["parameters"]["index.lambda"]
    manifest["parameters"]["index.unheard"] = 1
    with pytest.raises(InputError) as refused:
        compare_runs(base, replace(base, manifest=manifest))
    assert refused.value.params["names"] == "lambda, unheard"
    leaf = {"index.nodes.relief.column": "relief_of_old", "index.lambda": 0.6}
    manifest["parameters"] = {**base.manifest["parameters"], **leaf}
    with pytest.raises(InputError) as refused:
        compare_runs(replace(base, manifest=manifest), base)
    assert refused.value.params["names"] == "relief_of_old"


ranks = st.lists(
    st.lists(st.none() | st.integers(1, 40), min_size=9, max_size=9), min_size=1, max_size=8
)


@settings(max_examples=40)
@given(ranks)
def test_parts_add_up_whatever_the_ranks_between(states: list[list[int | None]]) -> None:
    table = pd.DataFrame(states).astype("Int64")
    first, *between, last = (table[n] for n in table)
    found = _parts(first, between, last)
    both = first.notna() & last.notna()
    assert (found.loc[both, PARTS].sum(axis="columns") == found.loc[both, "move"]).all()
    assert (found.loc[both, "move"] == (last - first)[both]).all()
    assert found.loc[~both, [*PARTS, "move"]].isna().all(axis=None)
    one_sided = first.notna() != last.notna()
    assert found["cause_of_state"].notna().equals(one_sided)
