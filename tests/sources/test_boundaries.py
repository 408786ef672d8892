from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.boundaries import (
    INDONESIA,
    Kabupaten,
    bare_name,
    capitals,
    envelope,
    invalid_areas,
    known_kabupaten,
    read_areas,
    short_name,
)

if TYPE_CHECKING:
    from tests.conftest import MakeProject

SQUARE = [[115.0, -3.0], [116.0, -3.0], [116.0, -2.0], [115.0, -2.0], [115.0, -3.0]]
BOW_TIE = [[115.0, -3.0], [116.0, -2.0], [116.0, -3.0], [115.0, -2.0], [115.0, -3.0]]


def layer(*areas: tuple[object, object, list[list[float]] | None]) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"kode": code, "nama": name},
            "geometry": ring and {"type": "Polygon", "coordinates": [ring]},
        }
        for code, name, ring in areas
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def with_layer(project: MakeProject, text: str, **section: Any) -> Any:
    sections = {"boundaries": {"kabupaten": "areas.geojson", **section}}
    return project(sections, files={"areas.geojson": text}, bare=True)


@pytest.mark.parametrize(
    ("name", "bare", "short"),
    [
        ("Kab. Banjar", "Banjar", "Kab. Banjar"),
        ("KABUPATEN BANJAR", "BANJAR", "Kab. BANJAR"),
        ("kab Banjar", "Banjar", "Kab. Banjar"),
        ("Kota Banjarbaru", "Banjarbaru", "Kota Banjarbaru"),
        ("Kotabaru", "Kotabaru", "Kotabaru"),  # no kota
        ("Kab. Kota Baru", "Kota Baru", "Kab. Kota Baru"),
        ("Kec.  Aluh-Aluh ", "Aluh-Aluh", "Kec. Aluh-Aluh"),
        ("Prov. Kalimantan Selatan", "Kalimantan Selatan", "Prov. Kalimantan Selatan"),
        ("", "", ""),
    ],
)
def test_names(name: str, bare: str, short: str) -> None:
    assert (bare_name(name), short_name(name)) == (bare, short)


NAMES = Kabupaten(
    {
        "Kab. Kotabaru": "63.02",
        "Kab. Banjar": "63.03",
        "Kota Banjarbaru": "63.72",
        "Kab. Serang": "36.04",
        "Kota Serang": "36.73",
    }
)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("Kab. Kota Baru", "Kab. Kotabaru"),
        ("KOTABARU", "Kab. Kotabaru"),
        ("Kabupaten Banjar", "Kab. Banjar"),
        ("Banjar", "Kab. Banjar"),
        ("kota banjarbaru", "Kota Banjarbaru"),
        ("Kota Serang", "Kota Serang"),
        ("Kab. Serang", "Kab. Serang"),
        ("Serang", None),  # one of two: nobody guesses
        ("63.03", "Kab. Banjar"),
        ("6303", "Kab. Banjar"),
        ("150200", None),  # Dapodik's code is another
        ("", None),
        ("  ", None),
        ("Kab.", None),
        ("Kab. Tapin", None),
    ],
)
def test_find(given: str, found: str | None) -> None:
    assert NAMES.find(given) == found


def test_suggest() -> None:
    assert NAMES.suggest("Kab. Bnjar") == "Kab. Banjar"
    assert NAMES.suggest("???") == ""


def test_areas_come_by_code_and_invalid_ones_are_mended_and_named(project: MakeProject) -> None:
    text = layer(
        ("99.02", "B", SQUARE), ("99.01", "A", BOW_TIE), ("99.03", "C", None), (None, None, SQUARE)
    )
    opened = with_layer(project, text)
    areas = read_areas(opened, "kabupaten")
    assert areas is not None
    assert areas["code"].tolist() == ["", "99.01", "99.02"]  # without a polygon there is no area
    assert areas["name"].tolist() == ["", "A", "B"]
    assert areas.geometry.is_valid.all()
    assert areas.geometry[1].area == pytest.approx(0.5)  # two triangles
    (finding,) = invalid_areas(areas, "areas.geojson")
    assert (finding.code, finding.parameters["area"]) == ("area_geometry_invalid", "99.01 A")
    assert read_areas(opened, "desa") is None


def test_other_columns_of_code_and_name(project: MakeProject) -> None:
    text = layer(("99.01", "A", SQUARE)).replace('"kode"', '"NOMOR"')
    with pytest.raises(InputError) as caught:
        read_areas(with_layer(project, text), "kabupaten")
    assert (caught.value.code, caught.value.column) == ("area_column_missing", "kode")
    assert "NOMOR" in str(caught.value.params["known"])
    areas = read_areas(with_layer(project, text, code="NOMOR"), "kabupaten")
    assert areas is not None
    assert areas["code"].tolist() == ["99.01"]


def test_a_numeric_code_is_text(project: MakeProject) -> None:
    areas = read_areas(with_layer(project, layer((6301, "A", SQUARE))), "kabupaten")
    assert areas is not None
    assert areas["code"].tolist() == ["6301"]


def test_names_come_from_the_polygons_or_the_built_in_table(project: MakeProject) -> None:
    text = layer(("99.01", "Kabupaten Contoh", SQUARE), ("", "", SQUARE))
    assert known_kabupaten(with_layer(project, text)).codes == {"Kab. Contoh": "99.01"}
    built_in = known_kabupaten(project(bare=True))
    assert len(built_in.codes) == 13
    assert built_in.find("Kab. Tanah Laut") == "Kab. Tanah Laut"


def test_capitals_of_the_project_override_the_built_in_ones(project: MakeProject) -> None:
    given = {"capitals": {"Tanah Laut": [-3.9, 114.7], "Kab. Nowhere": [0.0, 0.0]}}
    opened = project({"boundaries": given}, bare=True)
    found = capitals(opened, known_kabupaten(opened))
    assert len(found) == 13
    assert found["Kab. Tanah Laut"] == (-3.9, 114.7)
    assert found["Kota Banjarmasin"] == (-3.32, 114.59)


def test_the_envelope_is_that_of_the_widest_boundary(project: MakeProject) -> None:
    opened = with_layer(project, layer(("99.01", "A", SQUARE)))
    assert envelope(opened) == pytest.approx((-3.05, 114.95, -1.95, 116.05))
    wide = layer(("99", "P", [[110.0, -5.0], [120.0, -5.0], [120.0, 0.0], [110.0, -5.0]]))
    sections = {"boundaries": {"kabupaten": "kabupaten.geojson", "province": "p.geojson"}}
    opened = project(sections, files={"p.geojson": wide}, bare=True)
    assert envelope(opened) == pytest.approx((-5.05, 109.95, 0.05, 120.05))
    assert envelope(project(bare=True)) == INDONESIA


def test_a_layer_that_was_changed_is_read_again(project: MakeProject) -> None:
    opened = with_layer(project, layer(("99.01", "A", SQUARE)))
    first = read_areas(opened, "kabupaten")
    assert first is not None
    first["name"] = "spoiled"  # what a caller does to its table is its own affair
    again = read_areas(opened, "kabupaten")
    assert again is not None
    assert again["name"].tolist() == ["A"]
    opened.project.boundaries.files()["kabupaten"].write_text(
        layer(("99.01", "A", SQUARE), ("99.02", "B", SQUARE)), encoding="utf-8"
    )
    changed = read_areas(opened, "kabupaten")
    assert changed is not None
    assert changed["name"].tolist() == ["A", "B"]
