"""Checks of boundaries: squares on a plain, and what the real ones have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely

from kalsel_gap.project.read import read_project
from kalsel_gap.quality.boundaries import check_boundaries
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject

NOBODY = pd.DataFrame({"lat": [], "lon": []})
Area = tuple[str, str, shapely.Geometry | None]


def layer(areas: Sequence[Area]) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"kode": code, "nama": name},
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for code, name, shape in areas
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def square(west: float, south: float, side: float = 0.1, width: float = 0.0) -> shapely.Polygon:
    return shapely.box(west, south, west + (width or side), south + side)


def found(project: MakeProject, **levels: Sequence[Area]) -> list[Finding]:
    """Findings but the counts, which every level has."""
    files = {f"{level}.geojson": layer(areas) for level, areas in levels.items()}
    sections = {"boundaries": {level: f"{level}.geojson" for level in levels}}
    findings = check_boundaries(project(sections, files=files, bare=True), NOBODY)
    return [finding for finding in findings if finding.code != "areas_counted"]


KABUPATEN: list[Area] = [
    ("63.01", "Kab. Barat", square(115.0, -3.0)),
    ("63.02", "Kab. Timur", square(115.1, -3.0)),
]


def test_areas_as_they_should_be(project: MakeProject) -> None:
    province: list[Area] = [("63", "Provinsi", shapely.box(115.0, -3.0, 115.2, -2.9))]
    assert found(project, province=province, kabupaten=KABUPATEN) == []
    opened = project(
        {"boundaries": {"province": "p.geojson"}}, files={"p.geojson": layer(province)}
    )
    counted = [f.parameters for f in check_boundaries(opened, NOBODY) if f.file == "p.geojson"]
    assert counted == [{"count": 1}]


def test_what_was_assumed_about_columns_and_codes_is_said(project: MakeProject) -> None:
    text = layer([("63.01", "A", square(115.0, -3.0)), ("63.10", "B", square(115.1, -3.0))])
    text = text.replace('"63.01"', "63.01").replace('"63.10"', "63.1").replace('"kode"', '"KDPKAB"')
    opened = project(
        {"boundaries": {"kabupaten": "k.geojson"}}, files={"k.geojson": text}, bare=True
    )
    taken, completed, _ = check_boundaries(opened, NOBODY)
    assert taken.code == "area_columns_taken"
    assert (taken.parameters["code"], taken.parameters["name"]) == ("KDPKAB", "nama")
    assert completed.code == "area_codes_completed"
    assert completed.parameters == {"codes": "63.1 → 63.10"}


def test_desa_of_bps_below_kecamatan_of_kemendagri_are_one_finding(project: MakeProject) -> None:
    kecamatan: list[Area] = [("63.01.01", "A", square(115.0, -3.0))]
    desa: list[Area] = [
        ("6301010001", "B", shapely.box(115.0, -3.0, 115.05, -2.9)),
        ("6301010002", "C", shapely.box(115.05, -3.0, 115.1, -2.9)),
    ]
    (finding,) = found(project, kecamatan=kecamatan, desa=desa)
    assert finding.code == "area_codes_differ"
    assert finding.parameters == {"kind": "BPS", "above": "Kemendagri"}


@pytest.mark.parametrize(
    ("kabupaten", "kecamatan"),
    [("22746128B50412739617", "88731046B12908173465"), ("IDN.13.2_1", "IDN.13.20.1_1")],
)
def test_identifiers_without_that_of_the_area_above_are_no_wrong_codes(
    project: MakeProject, kabupaten: str, kecamatan: str
) -> None:
    whole = square(115.0, -3.0)
    given: dict[str, list[Area]] = {
        "kabupaten": [(kabupaten, "A", whole)],
        "kecamatan": [(kecamatan, "B", whole)],
    }
    assert found(project, **given) == []


def test_shapes_of_another_kind_are_no_areas(project: MakeProject) -> None:
    mixed = shapely.GeometryCollection([square(115.1, -3.0), shapely.Point(115.1, -3.0)])
    flat = shapely.Point(115.0, -3.0)
    told = found(project, kabupaten=[KABUPATEN[0], ("63.02", "T", mixed), ("63.03", "P", flat)])
    assert [(f.code, f.value) for f in told] == [("area_without_shape", "63.03 P")]


def test_an_overlap(project: MakeProject) -> None:
    areas = [KABUPATEN[0], ("63.02", "Kab. Timur", square(115.08, -3.0))]
    meet, overlap = found(project, kabupaten=areas)
    assert (meet.code, meet.parameters) == ("areas_do_not_meet", {"count": 2, "total": 2})
    assert (overlap.code, overlap.value) == ("areas_overlap", "63.01 Kab. Barat")
    # 0.02° by 0.1° at 2.95° south: 2.223 km by 11.058 km.
    assert overlap.parameters == {"other": "63.02 Kab. Timur", "area_km2": 24.6}


def test_a_thin_overlap_is_imprecision(project: MakeProject) -> None:
    areas = [KABUPATEN[0], ("63.02", "Kab. Timur", square(115.094, -3.0))]  # 667 m
    assert [f.code for f in found(project, kabupaten=areas)] == ["areas_do_not_meet"]


def test_a_gap(project: MakeProject) -> None:
    province: list[Area] = [("63", "Provinsi", shapely.box(115.0, -3.0, 115.3, -2.9))]
    (gap,) = found(project, province=province, kabupaten=KABUPATEN)
    assert (gap.code, gap.severity) == ("area_gap", "note")
    assert gap.parameters["area_km2"] == pytest.approx(123, abs=2)
    assert 115.2 < float(str(gap.evidence["lon"])) < 115.3
    assert -3.0 < float(str(gap.evidence["lat"])) < -2.9


def test_an_area_off_its_parent(project: MakeProject) -> None:
    kecamatan: list[Area] = [
        ("63.01.01", "Mana", square(115.0, -3.0)),
        ("63.01.02", "Salah", square(115.1, -3.0, width=0.098)),
        ("63.02.01", "Kecil", square(115.1985, -3.0, 0.0015)),
        ("63.02.02", "Pulau", square(115.25, -3.0, 0.001)),  # narrower than the tolerance
        ("6303010", "Asing", square(115.2, -2.9, 0.05)),
    ]
    findings = found(project, kabupaten=KABUPATEN, kecamatan=kecamatan)
    told = {f.value: f for f in findings if f.column == "code"}
    assert {value: f.code for value, f in told.items()} == {
        "63.01.02 Salah": "area_outside_parent",
        "63.02.02 Pulau": "area_outside_parent",
        "6303010 Asing": "area_code_orphan",
    }
    wrong = told["63.01.02 Salah"]
    assert wrong.parameters == {"parent": "63.01 Kab. Barat", "percent": 100}
    assert wrong.evidence["lies_in"] == "63.02 Kab. Timur"


def test_names_and_codes(project: MakeProject) -> None:
    areas: list[Area] = [
        ("63.01", "Kab. A", square(115.0, -3.0)),
        ("63.01", "Kab. B", square(115.1, -3.0)),
        ("", "Kab. C", square(115.2, -3.0)),
        ("63.04", "", square(115.3, -3.0)),
        ("63.05", "kab a", square(115.4, -3.0)),
        ("63.06", "Kab. D", None),
    ]
    told = [(f.code, f.column, f.value) for f in found(project, kabupaten=areas)]
    assert told == [
        ("area_without_shape", "", "63.06 Kab. D"),
        ("area_unnamed", "name", "63.04"),
        ("area_unnamed", "code", "Kab. C"),
        ("area_code_repeated", "code", "63.01"),
        ("area_name_repeated", "name", "Kab. A"),
    ]


def test_an_invalid_polygon_says_why_and_where(project: MakeProject) -> None:
    bow = shapely.Polygon([(115.0, -3.0), (115.2, -2.8), (115.2, -3.0), (115.0, -2.8)])
    invalid = next(f for f in found(project, kabupaten=[("63.01", "Kab. A", bow)]))
    assert invalid.code == "area_geometry_invalid"
    assert invalid.evidence == {"fault": "Self-intersection", "lon": 115.1, "lat": -2.9}


def test_a_layer_that_cannot_be_used_stops_no_other(project: MakeProject) -> None:
    files = {"province.geojson": "{", "kabupaten.geojson": layer(KABUPATEN)}
    sections = {"boundaries": {"province": "province.geojson", "kabupaten": "kabupaten.geojson"}}
    findings = check_boundaries(project(sections, files=files, bare=True), NOBODY)
    assert [f.code for f in findings] == ["file_unusable", "areas_counted"]
    wrong = project(
        {**sections, "boundaries": {"kabupaten": "kabupaten.geojson", "code": "KODE"}},
        files=files,
        bare=True,
    )
    (finding,) = check_boundaries(wrong, NOBODY)
    assert finding.parameters["error"] == "area_column_missing"


def test_the_sample_has_no_fault() -> None:
    findings = check_boundaries(read_project(REPOSITORY), NOBODY)
    assert [f.parameters["count"] for f in findings] == [1, 13, 83, 379]
    assert {f.code for f in findings} == {"areas_counted"}


@pytest.mark.real
def test_the_real_boundaries(shared: Path) -> None:
    """One invalid geometry in each of the first three layers, imprecise borders, nothing else."""
    opened = read_project(REPOSITORY / "tests" / "real" / "kalsel.toml")
    findings = check_boundaries(opened, NOBODY)
    counts = [f.parameters["count"] for f in findings if f.code == "areas_counted"]
    assert counts == [1, 13, 156, 2008]
    invalid = [f.parameters["area"] for f in findings if f.code == "area_geometry_invalid"]
    assert invalid == [
        "63 Kalimantan Selatan",
        "63.02 Kabupaten Kotabaru",
        "63.02.04 Pulau Laut Timur",
    ]
    meet = [f.parameters["count"] for f in findings if f.code == "areas_do_not_meet"]
    assert meet == [13, 154, 1775]
    others = [f.code for f in findings if f.severity != "note"]
    assert others == []
    assert sum(f.code == "area_gap" for f in findings) == 3


@pytest.mark.real
def test_faults_put_into_the_real_boundaries(shared: Path, tmp_path: Path) -> None:
    """A kecamatan taken away, one shifted, one with the code of another kabupaten."""
    import geopandas as gpd

    folder = shared / "kalsel" / "boundaries"
    areas = gpd.read_file(folder / "kalsel_kecamatan.geojson")
    areas = areas[areas["kode"] != "63.03.11"].copy()  # Sungai Pinang
    moved = areas["kode"] == "63.09.08"
    areas.loc[moved, "geometry"] = areas[moved].translate(xoff=0.05)
    areas.loc[areas["kode"] == "63.06.10", "kode"] = "63.07.99"
    areas.to_file(tmp_path / "kecamatan.geojson")
    opened = read_project(REPOSITORY / "tests" / "real" / "kalsel.toml")
    changed = opened.project.boundaries.model_copy(
        update={"kecamatan": tmp_path / "kecamatan.geojson", "desa": None}
    )
    project = opened.project.model_copy(update={"boundaries": changed})
    findings = check_boundaries(type(opened)(opened.path, project), NOBODY)
    mine = [f for f in findings if f.file.endswith("kecamatan.geojson")]
    assert {f.value.split()[0] for f in mine if f.code == "area_outside_parent"} == {"63.07.99"}
    assert any(
        "63.09.08" in f"{f.value} {f.parameters['other']}"
        for f in mine
        if f.code == "areas_overlap"
    )
    assert max(f.parameters["area_km2"] for f in mine if f.code == "area_gap") > 50  # type: ignore[type-var,operator]
