"""Results by area: they add up to the register, and what is unknown is no number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kalsel_gap.deliverables.area_results import FIELDS, areas_of_level, count_by_area, levels_of
from kalsel_gap.deliverables.tables import counted_schools

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

COUNTS = [name for name in FIELDS if name not in ("level", "code", "name", "pupils")]


def test_kabupaten_as_counted_by_hand(tiny: Run) -> None:
    found = count_by_area(tiny, "kabupaten").set_index("name")
    assert list(found.index) == ["Kab. Muara Contoh", "Kab. Gunung Contoh"]
    assert list(found["schools"]) == [7, 6]
    for name in found.index:
        mine = tiny.schools[tiny.schools["kabupaten"] == name]
        assert found["critical"][name] == (mine["tier_label"] == "critical").sum()
        assert found["unknown"][name] == mine["tier_label"].isna().sum()
        assert found["certain"][name] == (mine["top_k_set"] == "certain").sum()
        assert found["pupils"][name] == mine["students"].sum()
        assert found["pupils_unknown"][name] == mine["students"].isna().sum()


@pytest.mark.parametrize("level", ["province", "kabupaten", "kecamatan", "desa"])
def test_every_row_of_the_register_is_in_one_row(tiny: Run, sample_run: Run, level: str) -> None:
    for run in (tiny, sample_run):
        found = count_by_area(run, level)
        assert list(found.columns) == list(FIELDS)
        assert found["schools"].sum() + found["not_counted"].sum() == len(run.schools)
        assert (
            found["pupils"].sum()
            == run.schools.loc[
                ~run.schools["unranked_reason"].isin(["duplicate", "closed"]), "students"
            ].sum()
        )
        tiers = found[["critical", "severe", "moderate", "slight", "adequate", "covered"]]
        assert (tiers.sum(axis="columns") + found["unknown"] == found["schools"]).all()
        assert list(found["code"][found["code"] != ""]) == list(areas_of_level(run, level)["code"])


def test_schools_without_a_point_count_in_the_kecamatan_that_the_register_states(
    tiny: Run,
) -> None:
    # Two schools have no usable point: one of Muara Contoh, one of Lembah Contoh.
    found = count_by_area(tiny, "kecamatan").set_index("name")
    assert list(found.index) == ["Hulu Contoh", "Muara Contoh", "Gunung Contoh", "Lembah Contoh"]
    assert list(found["unknown"]) == [0, 1, 0, 1]
    assert found["schools"].sum() == 13


def test_a_kecamatan_that_nobody_can_tell_is_none(tiny: Run) -> None:
    schools = tiny.schools.copy()
    first, second = schools.index[schools["lat"].isna()]
    # One of another kabupaten, and none at all.
    schools.loc[first, "kecamatan"] = "Lembah Contoh"
    schools.loc[second, "kecamatan"] = None
    assert schools["kabupaten"][first] == "Kab. Muara Contoh"
    last = count_by_area(replace(tiny, schools=schools), "kecamatan").iloc[-1]
    assert (last["code"], last["name"]) == ("", "")
    assert last["schools"] == last["unknown"] == 2


def test_schools_without_a_point_are_in_no_desa(sample_run: Run) -> None:
    counted = counted_schools(sample_run.schools)
    lost = counted["lat"].isna()
    assert count_by_area(sample_run, "desa").iloc[-1]["unknown"] >= lost.sum() > 0
    of_kecamatan = count_by_area(sample_run, "kecamatan")
    assert of_kecamatan["unknown"][of_kecamatan["code"] != ""].sum() > 0


def test_pupils_of_whom_nothing_is_known_are_no_number(tiny: Run) -> None:
    schools = tiny.schools.copy()
    first = schools["kabupaten"] == "Kab. Muara Contoh"
    schools.loc[first, "students"] = pd.NA
    found = count_by_area(replace(tiny, schools=schools), "kabupaten").set_index("name")
    assert pd.isna(found["pupils"]["Kab. Muara Contoh"])
    assert found["pupils_unknown"]["Kab. Muara Contoh"] == 7
    assert found["pupils"]["Kab. Gunung Contoh"] > 0


def test_without_draws_nobody_knows_who_is_certain(tiny: Run) -> None:
    schools = tiny.schools.assign(top_k_set=pd.Series(None, tiny.schools.index, dtype="str"))
    found = count_by_area(replace(tiny, schools=schools), "kabupaten")
    assert found["certain"].isna().all()
    assert not found[[name for name in COUNTS if name != "certain"]].isna().any(axis=None)


def test_levels_are_those_of_the_run(tiny: Run, sample_run: Run) -> None:
    assert levels_of(tiny) == ("kabupaten", "kecamatan")
    assert levels_of(sample_run) == ("province", "kabupaten", "kecamatan", "desa")


def test_a_repeated_row_is_no_school(tiny: Run) -> None:
    schools = tiny.schools.copy()
    at = schools.index[schools["kabupaten"] == "Kab. Gunung Contoh"][0]
    schools.loc[at, ["unranked_reason", "tier_label"]] = ["duplicate", None]
    found = count_by_area(replace(tiny, schools=schools), "kabupaten").set_index("name")
    row = found.loc["Kab. Gunung Contoh"]
    assert (row["schools"], row["not_counted"]) == (5, 1)
