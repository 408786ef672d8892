"""A plan on maps: each school by option and year with a shape, its cost in words."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.gis_layers import layer_of_plan, layers_of, write_gpkg
from kalsel_gap.deliverables.plan_layer import (
    FIELDS,
    OPTION,
    YEAR,
    plan_features,
    plan_on_map,
    planned_schools,
)
from kalsel_gap.deliverables.web_map import to_html
from kalsel_gap.i18n.plan_names import option_name
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from tests.hand_made_plan import (
    FORMULA,
    LEO,
    LEO_PPN,
    MARKUP,
    MONTHS,
    MONTHS_PPN,
    PLAN,
    SITE,
    hand_made_plan,
    hand_made_run,
    with_tables,
)

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

EN = Text("en")


def test_cost_of_a_school_is_with_ppn_and_over_all_years() -> None:
    rows = [f"schools.csv:{n}" for n in (2, 4, 99)]
    table = planned_schools(hand_made_plan(), rows)
    assert table["plan_capex_idr"].tolist()[:2] == [LEO + LEO_PPN, 115_750_000 + 2 * 6_366_250]
    assert table["plan_opex_year_idr"].tolist()[:2] == [MONTHS + MONTHS_PPN, 26_640_000]
    assert table["plan_year"].tolist()[:2] == [2027, 2027]
    assert table.loc[2].isna().all()


def test_schools_are_shown_by_option_and_by_year() -> None:
    run = hand_made_run()
    shown = plan_on_map(run.schools, hand_made_plan(), EN)
    by_option, by_year = shown.schemes
    assert by_option.key == OPTION
    assert by_option.of == ["leo", "leo", "fibre", "unfunded", "bts", "bts"]
    assert by_year.key == YEAR
    assert by_year.of == ["2027", "2028", "2027", "unknown", "2028", "2028"]
    assert list(by_year.classes) == ["2027", "2028", "unknown"]
    for scheme, facet in zip(shown.schemes, shown.facets, strict=True):
        assert facet["key"] == scheme.key
        assert {each["value"] for each in facet["values"]} == set(scheme.of)
        assert set(scheme.of) <= set(scheme.marks)


def test_classes_differ_in_shape_or_lightness_besides_colour() -> None:
    marks = [*palette.PLANNED.values(), *palette.NOT_PLANNED.values()]
    assert len(set(marks)) == len(marks)

    def light(mark: palette.Mark) -> float:
        return sum(int(mark.colour[n : n + 2], 16) for n in (1, 3, 5)) / 3

    for one in marks:
        same = [light(each) for each in marks if each.shape == one.shape and each != one]
        assert all(abs(light(one) - other) > 35 for other in same), one


def test_a_pop_up_says_option_year_cost_and_payer() -> None:
    details = plan_on_map(hand_made_run().schools, hand_made_plan(), EN).details
    said = " ".join(details[1].values())
    assert f"{option_name('leo', EN)}, bought in 2028" in said
    assert "capex Rp 12,765,001, opex Rp 9,990,000 a year" in said
    assert "APBD of Kab. Tanah Laut; BOS" in said
    assert list(details[0]) == list(details[3])


def test_more_years_than_marks_are_one_class() -> None:
    plan = hand_made_plan([f"r{n}" for n in range(6)])
    choice = plan.table("choice").query("option != 'open:bts'").assign(option="leo")
    choice = choice.drop_duplicates("row_id").head(7)
    choice["year"] = range(2027, 2027 + len(choice))
    rows = choice["row_id"].tolist()
    states = plan.table("schools").assign(status="planned")
    shown = plan_on_map(
        hand_made_run().schools.assign(row_id=rows[:6]),
        with_tables(plan, choice=choice, schools=states),
        EN,
    )
    assert shown.schemes[1].of == ["2027", "2028", "2029", "2030", "later", "later"]


def test_the_layer_has_schools_and_what_is_opened() -> None:
    layer = plan_features(hand_made_run(FORMULA, MARKUP), hand_made_plan(), EN)
    assert list(layer.columns) == [*FIELDS, "geometry"]
    assert len(layer) == 7
    assert layer["class"].tolist()[-1] == "opened"
    assert layer["capex_idr"].tolist()[-1] == SITE
    assert layer.geometry.isna().tolist() == [False] * 3 + [True] + [False] * 3
    assert layer["name"].tolist()[:2] == [FORMULA, MARKUP]
    assert layer["year"].tolist()[:3] == [2027, 2028, 2027]


# --- with a run of data/tiny --------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan_of_tiny(tiny: Run) -> Plan:
    return hand_made_plan(tiny.schools["row_id"].tolist()[:6])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_web_map_offers_the_plan(tiny: Run, plan_of_tiny: Plan, language: Language) -> None:
    text = Text(language)
    page = to_html(tiny, text, plan=plan_of_tiny)
    assert page == to_html(tiny, text, plan=plan_of_tiny)
    assert f'value="{OPTION}"' in page
    assert f'value="{YEAR}"' in page
    assert 'value="openings"' in page
    assert PLAN in page
    assert text.number(LEO + LEO_PPN) in page
    assert f'value="{OPTION}"' not in to_html(tiny, text)


def test_names_on_the_map_stay_texts(tiny: Run) -> None:
    names = [FORMULA, MARKUP, "</script><script>alert(1)</script>"]
    count = len(tiny.schools)
    schools = tiny.schools.assign(name=(names * count)[:count])
    run = dataclasses.replace(tiny, schools=schools)
    page = to_html(run, EN, plan=hand_made_plan(schools["row_id"].tolist()[:6]))
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_the_geopackage_has_the_plan_as_a_layer(
    tiny: Run, plan_of_tiny: Plan, tmp_path: Path
) -> None:
    import pyogrio

    path = tmp_path / "plan.gpkg"
    write_gpkg(tiny, path, EN, plan=plan_of_tiny)
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    assert names[:2] == ["schools", "plan"]
    found: Any = pyogrio.read_dataframe(path, layer="plan")
    assert set(found["class"]) == {"leo", "fibre", "unfunded", "bts", "opened"}
    assert found["capex_idr"].dtype.kind == "i"
    assert "plan" not in [each.name for each in layers_of(tiny, EN)]


def test_the_style_knows_every_class(tiny: Run, plan_of_tiny: Plan) -> None:
    layer = layer_of_plan(tiny, plan_of_tiny, EN)
    for code in set(layer.features["class"]) - {"unknown"}:
        assert f'"{code}"' in layer.styles[0].qml or f"'{code}'" in layer.styles[0].qml
    assert json.dumps(sorted(layer.fields))  # all are texts
