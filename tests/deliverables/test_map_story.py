from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from kalsel_gap.deliverables import leaflet, map_layers, map_story, palette
from kalsel_gap.deliverables.map_schemes import facets_of, schemes_of
from kalsel_gap.i18n.text import Text

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

EN, ID = Text("en"), Text("id")


def schools(rows: list[dict[str, object]]) -> pd.DataFrame:
    usual = {
        "tier_label": "critical",
        "terrain_class": "pegunungan",
        "kabupaten": "Kab. Satu",
        "kabupaten_code": "1",
        "deficit_status": "known",
        "unranked_reason": None,
        "top_k_set": "certain",
        "lat": -3.0,
        "lon": 115.0,
    }
    made = pd.DataFrame([usual | {"rank": n} | row for n, row in enumerate(rows, start=1)])
    return made.astype({"rank": "Float64"}).astype({"rank": "Int64"})


# --- the headline -------------------------------------------------------------------------------


def test_the_headline_says_how_many_where_and_what_is_unknown() -> None:
    table = schools(
        [
            {},
            {"kabupaten": "Kab. Dua"},
            {"terrain_class": "rawa"},
            {"tier_label": "slight", "deficit_status": "inferred", "top_k_set": "contested"},
            {"rank": None, "tier_label": None, "unranked_reason": "no_location"},
            {"rank": None, "tier_label": None, "unranked_reason": "duplicate"},
        ]
    )
    first, second = map_story.headline(table, 2, EN)
    assert first == (
        "3 of 4 schools are critical; 67 % of them in the mountains. Kab. Satu has the most: 2."
    )
    assert second == (
        "Unknown: 1 without a usable place or evidence; 1 with a deficit that is inferred, not "
        "known; 1 contested: the data do not decide if they are among the first 2."
    )
    assert map_story.headline(table, 2, ID)[0].startswith("3 dari 4 sekolah kritis; 67 %")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"tier_label": "slight"}] * 2, "None of 2 schools is critical."),
        ([{}, {"tier_label": "slight"}], "1 of 2 schools is critical."),
        ([{"terrain_class": None}] * 2, "2 of 2 schools are critical. Kab. Satu has the most: 2."),
        ([{"rank": None}], "No school has a rank."),
        # Of two kabupaten with as many neither has most.
        (
            [{}, {"kabupaten": "Kab. Dua"}],
            "2 of 2 schools are critical; 100 % of them in the mountains.",
        ),
    ],
)
def test_the_headline_of_few(rows: list[dict[str, object]], sentence: str) -> None:
    assert map_story.headline(schools(rows), None, EN)[0] == sentence


def test_where_nothing_is_unknown_the_page_says_so() -> None:
    said = map_story.headline(schools([{}, {}]), None, EN)[1]
    assert said == "Every school has a rank, and no deficit is inferred."


def test_the_first_of_the_list_and_the_critical_are_never_hidden() -> None:
    table = schools(
        [
            {"tier_label": "severe", "top_k_set": "contested"},
            {"tier_label": "severe", "top_k_set": "contested"},
            {"top_k_set": "out"},
            {"tier_label": "severe"},
            {"rank": None, "tier_label": None, "top_k_set": None},
        ]
    )
    assert map_story.loud_rows(table, 1).tolist() == [True, True, True, True, False]
    table["top_k_set"] = "contested"  # nearly everybody: a map of all would show nothing
    assert map_story.loud_rows(table, 1).tolist() == [True, False, True, False, False]
    assert map_story.loud_rows(table, None).tolist() == [False, False, True, False, False]


# --- areas --------------------------------------------------------------------------------------

AREAS = gpd.GeoDataFrame(
    {
        "level": ["kabupaten"] * 2,
        "code": ["1", "2"],
        "name": ["Kab. Satu", "Kota Dua"],
        "geometry": [box(114.0, -4.0, 116.0, -2.0), box(116.0, -4.0, 118.0, -2.0)],
    },
    crs="EPSG:4326",
)


def test_areas_count_the_schools_that_lie_in_them() -> None:
    table = schools([{}, {"tier_label": "slight"}, {"rank": None, "tier_label": None}])
    inside, empty = map_story.areas_of(table, AREAS, "kabupaten")
    assert (inside.critical, inside.ranked, inside.unknown, inside.step()) == (1, 2, 1, "4")
    assert (empty.ranked, empty.share, empty.step()) == (0, None, "unknown")
    assert inside.words(EN) == "1 of 2 schools critical (50 %)"
    assert empty.words(EN) == "no school with a rank"
    rows = map_story.area_rows([empty, inside], EN)
    assert [row["cells"] for row in rows] == [["1", "2", "50 %", "1"], ["0", "0", "unknown", "0"]]


@pytest.mark.parametrize(
    ("critical", "step"), [(0, "0"), (1, "1"), (9, "1"), (10, "2"), (24, "2"), (25, "3"), (50, "4")]
)
def test_steps_of_the_share(critical: int, step: str) -> None:
    assert map_story.Area("a", critical, 100, 0).step() == step
    legend = map_layers.shares_legend(EN)
    assert [item["label"] for item in legend] == [
        "none",
        "below 10 %",
        "10 to below 25 %",
        "25 to below 50 %",
        "50 % and more",
        "unknown: no school with a rank",
    ]
    assert len(legend) == len(palette.SHARES) + 1


def test_a_school_on_a_border_is_counted_once() -> None:
    found = map_story.areas_of(schools([{"lon": 116.0}]), AREAS, "kabupaten")
    assert [area.ranked for area in found] == [1, 0]


def test_badges_are_of_the_kabupaten_of_the_register() -> None:
    # One lies in the other kabupaten; one kabupaten has no polygon.
    table = schools(
        [
            {"lon": 117.0},
            {"tier_label": "slight"},
            {"kabupaten": "Kab. Tiga", "kabupaten_code": "3", "lat": -5.0},
        ]
    )
    first, second = map_story.badges(table, AREAS)
    assert (first["name"], first["critical"], first["count"]) == ("Satu", 1, 2)
    assert first["box"] == [[-4.0, 114.0], [-2.0, 116.0]]
    assert (second["name"], second["at"]) == ("Tiga", [-5.0, 115.0])


# --- schemes and filters ------------------------------------------------------------------------


def test_every_scheme_has_every_school_in_one_class_and_unknown_last(tiny: Run) -> None:
    k = map_story.list_length(tiny)
    found = schemes_of(tiny.schools, k, EN)
    keys = [scheme.key for scheme in found]
    assert keys[0] == "tier"
    assert {"gap", "deficit", "priority", "certainty", "chance", "terrain", "evidence"} < {*keys}
    for scheme in found:
        assert list(scheme.classes)[-1] == "unknown"
        assert set(scheme.of) <= set(scheme.classes) == set(scheme.marks)
        # Never colour alone: two classes differ in shape or in size.
        cues = {(mark["path"], mark["radius"]) for mark in scheme.marks.values()}
        assert len(cues) == len(scheme.marks)
        assert len({mark["fill"] for mark in scheme.marks.values()}) == len(scheme.marks)


def test_classes_of_a_number_have_its_bounds(tiny: Run) -> None:
    table = tiny.schools.copy()
    table["deficit"] = np.nan
    table.loc[table.index[:4], "deficit"] = [1.0, 0.8, 0.79, 0.0]
    scheme = next(s for s in schemes_of(table, None, EN) if s.key == "deficit")
    assert scheme.of[:5] == ["0", "0", "1", "4", "unknown"]
    assert list(scheme.classes.values()) == [
        "0.8 and more",
        "0.6 to below 0.8",
        "0.4 to below 0.6",
        "0.2 to below 0.4",
        "below 0.2",
        "unknown",
    ]


def test_without_draws_no_scheme_is_about_certainty(tiny: Run) -> None:
    keys = {scheme.key for scheme in schemes_of(tiny.schools, None, EN)}
    assert not keys & {"certainty", "chance"}


def test_filters_count_every_school(tiny: Run) -> None:
    for facet in facets_of(tiny.schools, EN):
        counts = [int(item["count"]) for item in facet["values"]]
        assert sum(counts) == len(tiny.schools)
        assert set(facet["of"]) == {item["value"] for item in facet["values"]}


def test_a_location_in_doubt_says_why(tiny: Run) -> None:
    doubts, _ = map_layers.findings_by_school(tiny, tiny.schools, EN)
    low = tiny.schools["confidence"].isin(["C", "D"])
    assert len(doubts) == len(tiny.schools)
    assert all(doubt for doubt, is_low in zip(doubts, low, strict=True) if is_low)
    about = tiny.findings[tiny.findings["code"].str.startswith("location_")]
    about = about[about["severity"] != "note"]
    assert len(about)
    places = set(about["file"] + ":" + about["row"].astype("str"))
    named = tiny.schools["row_id"].isin(places)
    assert all(doubt for doubt, is_named in zip(doubts, named, strict=True) if is_named)


# --- packing ------------------------------------------------------------------------------------


def unpacked(column: list[str] | dict[str, object]) -> list[str]:
    """As the script reads it."""
    if isinstance(column, list):
        return column
    digits = [chr(code) for code in range(35, 127) if chr(code) not in "<\\"]
    width, rows = int(str(column["width"])), str(column["rows"])
    numbers = iter(str(column.get("numbers", "")).split(" "))
    words = list(column["words"])  # type: ignore[call-overload]
    found = []
    for start in range(0, len(rows), width):
        number = 0
        for digit in rows[start : start + width]:
            number = number * len(digits) + digits.index(digit)
        word = words[number]
        while "\x01" in word:
            word = word.replace("\x01", next(numbers), 1)
        found.append(word)
    return found


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["a"],
        [""] * 40,
        [f"{n} of 1,200; {n * 3}–{n * 7 + 1} in 9 of 10 draws" for n in range(200)],
        [f"SD NEGERI {'AB'[n % 2]} {n % 3}" for n in range(300)] + ["MI 7.5 km, 2", "<\\\"'&"],
        [f"word {chr(200 + n % 150)}{chr(200 + n // 150)}" for n in range(9000)],
    ],
)
def test_what_is_packed_is_read_again(values: list[str]) -> None:
    column = leaflet.packed(list(values))
    assert unpacked(column) == values
    assert len(json.dumps(column)) <= len(json.dumps(values))


def test_numbers_of_all_rows_are_written_once() -> None:
    column = leaflet.packed([f"{n} of 50 schools" for n in range(50)])
    assert isinstance(column, dict)
    assert column["words"] == ["\x01 of 50 schools"]


def test_packed_numbers_have_a_code_for_none() -> None:
    column = leaflet.packed_numbers([None, -2.5, 0.25], 2)
    assert column == {"least": -250, "scale": 100, "width": 2, "codes": "###$&)"}
    assert leaflet.packed_numbers([], 2)["codes"] == ""
