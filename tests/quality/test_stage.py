"""Findings about locations, proposed and accepted repairs, and grades, on data/tiny's polygons."""

from __future__ import annotations

import csv
import json
import random
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.quality import KINDS, TARGET_FALSE, TARGET_RECALL, TARGET_RIGHT, dirtied, judged
from kalsel_gap import schema
from kalsel_gap.deliverables.findings_report import (
    file_contents,
    findings_table,
    repairs_with_reasons,
)
from kalsel_gap.errors import SeveralErrors
from kalsel_gap.findings import Finding
from kalsel_gap.geo import geodesy, sample_points
from kalsel_gap.i18n.text import Text
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.accept import Accepted, accept_repairs
from kalsel_gap.quality.claimed_areas import claims_of
from kalsel_gap.quality.confidence import grade_locations
from kalsel_gap.quality.full_check import check_all
from kalsel_gap.quality.repairs import accepted, as_table, propose_repairs
from kalsel_gap.quality.stage import check_quality
from kalsel_gap.sources.coordinates import candidates
from kalsel_gap.sources.registers import read_cells
from kalsel_gap.sources.repairs import COLUMNS, read_repairs
from kalsel_gap.sources.school_points import sampled
from kalsel_gap.sources.schools import read_schools
from kalsel_gap.storage.spreadsheet import Dialect, csv_of

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.full_check import Checked
    from tests.conftest import MakeCsv, MakeProject, MakeSchools

HERE = ("Kab. Muara Contoh", "Kec. Hulu Contoh", "-2.92340", "115.31450")
# Kecamatan of data/tiny: south, west, north, east of a box within each.
BOXES = {
    ("Kab. Muara Contoh", "Kec. Hulu Contoh"): (-2.95, 115.30, -2.90, 115.35),
    ("Kab. Gunung Contoh", "Kec. Gunung Contoh"): (-2.95, 115.35, -2.90, 115.40),
    ("Kab. Gunung Contoh", "Kec. Lembah Contoh"): (-3.00, 115.35, -2.95, 115.40),
}


def keep(opened: Opened, reviewed: Path) -> Accepted:
    """Store what a reviewed table accepts, as the command does."""
    checked = check_all(opened)
    return accept_repairs(opened, checked, repairs_with_reasons(checked, opened), reviewed)


def rows_of(*places: tuple[str, str, str, str]) -> list[dict[str, str]]:
    """Rows of a register: kabupaten, kecamatan, latitude, longitude."""
    return [
        {
            "npsn": f"{n:08}",
            "sekolah": f"SD {n}",
            "kabupaten_kota": kabupaten,
            "kecamatan": kecamatan,
            "lintang": lat,
            "bujur": lon,
        }
        for n, (kabupaten, kecamatan, lat, lon) in enumerate(places, start=1)
    ]


@pytest.fixture
def opened(project: MakeProject, as_csv: MakeCsv) -> Any:
    def make(*places: tuple[str, str, str, str], **sections: Any) -> Opened:
        text = as_csv(rows_of(*places))
        left_out = dict.fromkeys(("attributes", "measurements"))
        return project({**left_out, **sections}, files={"schools.csv": text})

    return make


def findings_of(checked: Checked) -> list[Finding]:
    rows: list[Any] = checked.findings.drop(columns="severity").to_dict("records")
    for row in rows:
        row |= {name: json.loads(row[name]) for name in ("evidence", "parameters")}
    return [Finding(**row) for row in rows]


def of_code(checked: Checked, code: str) -> list[Finding]:
    return [finding for finding in findings_of(checked) if finding.code == code]


def reviewed(repairs: pd.DataFrame, path: Path, accept: str = "ya", **edits: str) -> Path:
    """The review table with every row accepted, and cells edited."""
    rows = list(csv.DictReader(csv_of(repairs).splitlines()))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({**row, "accept": accept, **edits} for row in rows)
    return path


# --- proposals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        ("2.92340", "115.31450", "location_sign_missing"),
        ("115.31450", "-2.92340", "location_swapped"),
        ("-2,92340", "115.31450", "location_decimal_comma"),
        ("2°55'24.24\" LS", "115°18'52.2\" BT", "location_dms"),
        ("-29234000", "115.31450", "location_scaled"),
    ],
)
def test_a_repair_is_proposed_with_its_evidence(opened: Any, lat: str, lon: str, code: str) -> None:
    checked = check_all(opened((*HERE[:2], lat, lon)))
    (finding,) = of_code(checked, code)
    assert finding.severity == "error"
    assert finding.value == f"{lat}, {lon}"
    assert finding.proposal == "-2.9234000, 115.3145000"
    assert finding.evidence["claimed"] == finding.evidence["lies_in"] == "99.01.01 Hulu Contoh"
    assert finding.evidence["after_km"] == 0.0
    assert finding.parameters["confidence"] == "high"
    assert np.isnan(checked.schools["lat"].iloc[0])  # a proposal until somebody accepts it


def test_how_far_away_it_was(opened: Any) -> None:
    checked = check_all(opened((*HERE[:2], "2.92340", "115.31450")))
    (finding,) = of_code(checked, "location_sign_missing")
    # From 2.9234° N to the polygon's northern edge at 2.9° S: 5.8234 degrees of 110.574 km.
    assert finding.evidence["before_km"] == pytest.approx(5.8234 * 110.577, abs=0.5)


def test_a_candidate_of_another_kecamatan_is_less_sure(opened: Any) -> None:
    checked = check_all(opened(("Kab. Gunung Contoh", "Kec. Gunung Contoh", "2.99", "115.39")))
    (finding,) = of_code(checked, "location_sign_missing")
    assert finding.parameters["confidence"] == "medium"
    assert finding.evidence["lies_in"] == "99.02.02 Lembah Contoh"
    assert finding.evidence["after_km"] == pytest.approx(0.04 * 110.6, abs=0.05)


def test_what_fits_nowhere_is_offered_its_kecamatan(opened: Any) -> None:
    other = ("Kab. Gunung Contoh", "Kec. Lembah Contoh")
    far = (*other, "-2.98", "117.9")
    checked = check_all(opened((*other, "", ""), far, (*other, "x", "0"), ("", "", "", "")))
    found = {f.row: f for f in findings_of(checked) if f.code.startswith("location_")}
    assert [found[n].code for n in (2, 3, 4, 5)] == [
        "location_missing",
        "location_outside_area",
        "location_not_numeric",
        "location_missing",
    ]
    assert [found[n].proposal for n in (2, 3, 4, 5)] == ["99.02.02 Lembah Contoh"] * 3 + [""]
    assert checked.repairs["area"].tolist() == ["99.02.02 Lembah Contoh"] * 3


def test_several_candidates_are_none(opened: Any) -> None:
    nameless = ("", "", "-29000000", "115.31450")  # -2.9 and -29 and -0.29: where does it lie?
    checked = check_all(opened(nameless, boundaries=None))
    (finding,) = of_code(checked, "location_out_of_range")
    assert finding.proposal == ""


def test_without_any_claim_the_only_candidate_is_a_weak_one(opened: Any) -> None:
    checked = check_all(opened(("", "", "115.31450", "-8.9234"), boundaries=None))
    (finding,) = of_code(checked, "location_swapped")
    assert finding.parameters["confidence"] == "low"


def test_other_schools_say_where_a_kabupaten_lies(opened: Any) -> None:
    banjar = [("Kab. Banjar", "", f"-3.{n}00", "115.10000") for n in range(10, 40)]
    wrong = [("Kab. Banjar", "", "3.30000", "115.10000"), ("Kab. Banjar", "", "-3.3", "11.51")]
    checked = check_all(opened(*banjar, *wrong, boundaries=None))
    (suspect,) = of_code(checked, "location_suspect")  # it lies in Indonesia
    assert (suspect.row, suspect.proposal) == (32, "-3.3000000, 115.1000000")
    assert (suspect.severity, suspect.parameters["repair"]) == ("warning", "location_sign_missing")
    (scaled,) = of_code(checked, "location_scaled")
    assert (scaled.row, scaled.parameters["confidence"]) == (33, "medium")
    assert scaled.evidence["claimed"] == "Kab. Banjar"


def test_names_are_compared_below_the_area_above_them(opened: Any) -> None:
    schools, _ = read_schools(
        project := opened(
            ("MUARA CONTOH", "hulu  contoh", "1", "1"),
            ("Kab. Gunung Contoh", "Kec. Hulu Contoh", "1", "1"),  # of another kabupaten
            ("", "Kec. Hulu Contoh", "1", "1"),
            ("", "", "", ""),
        )
    )
    claims = claims_of(schools, pd.DataFrame(), project)
    assert [claims.smallest(n) for n in range(4)] == ["kecamatan", "kabupaten", "kecamatan", None]
    assert claims.name("kecamatan", 0) == "99.01.01 Hulu Contoh"


# --- reviewed and accepted ---------------------------------------------------------------------

BAD = (
    (*HERE[:2], "2.92340", "115.31450"),
    ("Kab. Gunung Contoh", "Kec. Lembah Contoh", "", ""),
    HERE,
)


def test_accepted_repairs_are_used_and_the_given_texts_stay(opened: Any) -> None:
    project = opened(*BAD)
    before = check_all(project)
    path = reviewed(before.repairs, project.path.with_name("mine.csv"))
    assert keep(project, path).count == 2
    after = check_all(read_project(project.path))
    schools = after.schools
    assert schools["location_status"].tolist() == ["repaired", "area", "given"]
    assert schools["lat_given"].tolist() == ["2.92340", "", "-2.92340"]
    assert schools.loc[0, ["lat", "lon"]].tolist() == [-2.9234, 115.3145]
    assert shapely.box(115.35, -3.0, 115.40, -2.95).contains(schools.geometry[1])
    assert schools["location_area"].fillna("").tolist() == ["", "99.02.02", ""]
    assert schools["confidence"].tolist() == ["C", "D", "B"]
    # From the middle of the box to its corner: half its diagonal.
    diagonal_m = np.hypot(0.05 * 110_577, 0.05 * 111_180)
    radius_m = [1000.0, pytest.approx(diagonal_m / 2, rel=0.01), 250.0]
    assert schools["confidence_radius_m"].tolist() == radius_m
    codes = [c for c in after.findings["code"] if c.startswith("location")]
    assert sorted(codes) == ["location_is_area", "location_repaired"]
    # What was proposed once can be accepted again.
    assert accepted(path, after.repairs)[0]["row"].tolist() == [2, 3]


def answered(repairs: pd.DataFrame, path: Path, answers: dict[int, str]) -> Path:
    """The review table with answers to some rows of the register, and none to the others."""
    answer = [answers.get(row, "") for row in repairs["row"]]
    path.write_text(csv_of(repairs.assign(accept=answer)), encoding="utf-8")
    return path


def test_rows_without_an_answer_stay_as_they_were_accepted(opened: Any, tmp_path: Path) -> None:
    project = opened(*BAD)
    proposals = check_all(project).repairs
    mine = tmp_path / "mine.csv"
    rounds: list[tuple[dict[int, str], tuple[int, int], list[int]]] = [
        ({2: "yes"}, (1, 0), [2]),
        ({3: "ya"}, (1, 0), [2, 3]),
        ({}, (0, 0), [2, 3]),
        ({2: "tidak"}, (0, 1), [3]),
        ({2: "tidak"}, (0, 0), [3]),
    ]
    for answers, counts, rows in rounds:
        result = keep(project, answered(proposals, mine, answers))
        assert (result.count, result.withdrawn) == counts
        assert [repair.row for repair in read_repairs(result.path)] == rows
    assert check_all(read_project(project.path)).schools["location_status"].tolist() == [
        *("unusable", "area", "given")
    ]


@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_what_is_accepted_stands_in_the_next_review(
    dialect: Dialect, opened: Any, tmp_path: Path
) -> None:
    project = opened(*BAD)
    keep(project, answered(check_all(project).repairs, tmp_path / "mine.csv", {2: "yes"}))
    project = read_project(project.path)
    checked = check_all(project)
    table = findings_table(checked, project, Text("en"))
    text = file_contents(checked, table, tmp_path, dialect)["repairs.csv"]
    delimiter = ";" if dialect == "id" else ","
    rows = list(csv.DictReader(text.removeprefix("\ufeff").splitlines(), delimiter=delimiter))
    assert rows[0]["lat"] == ("-2,9234" if dialect == "id" else "-2.9234")
    assert [(row["row"], row["accept"]) for row in rows] == [("2", "yes"), ("3", "")]
    assert ["accepted" in row["why"] for row in rows] == [True, False]
    before = project.project.repairs.path.read_bytes()
    (tmp_path / "next.csv").write_text(text, encoding="utf-8")
    assert keep(project, tmp_path / "next.csv").count == 1
    assert project.project.repairs.path.read_bytes() == before


def test_another_proposal_of_today_changes_nothing_that_is_accepted(
    opened: Any, tmp_path: Path
) -> None:
    """The minus sign was accepted; now the row claims another area, and its polygon is offered."""
    project = opened(*BAD)
    keep(project, answered(check_all(project).repairs, tmp_path / "mine.csv", {2: "yes"}))
    before = read_repairs(project.path.with_name("repairs.csv"))
    register = project.project.schools[0].path
    text = register.read_text(encoding="utf-8").replace(*HERE[:1], "Kab. Gunung Contoh", 1)
    register.write_text(text.replace(HERE[1], "Kec. Lembah Contoh", 1), encoding="utf-8")
    project = read_project(project.path)
    proposals = check_all(project).repairs
    assert proposals["area"].tolist()[0] == "99.02.02 Lembah Contoh"
    keep(project, answered(proposals, tmp_path / "mine.csv", {3: "yes"}))
    after = read_repairs(project.path.with_name("repairs.csv"))
    assert after[0] == before[0]
    assert [repair.row for repair in after] == [2, 3]


def test_what_does_not_hold_any_more_goes(opened: Any, tmp_path: Path) -> None:
    project = opened(*BAD)
    keep(project, answered(check_all(project).repairs, tmp_path / "mine.csv", {2: "yes"}))
    register = project.project.schools[0].path
    text = register.read_text(encoding="utf-8").replace(BAD[0][2], "-2.92341", 1)
    register.write_text(text, encoding="utf-8")
    project = read_project(project.path)
    checked = check_all(project)
    assert "repair_stale" in set(checked.findings["code"])
    keep(project, answered(checked.repairs, tmp_path / "mine.csv", {3: "yes"}))
    assert [r.row for r in read_repairs(project.path.with_name("repairs.csv"))] == [3]


def test_the_table_survives_a_spreadsheet(opened: Any, tmp_path: Path) -> None:
    proposals = check_all(opened(*BAD)).repairs
    path = reviewed(proposals, tmp_path / "a.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    for row in rows:  # decimal commas, semicolons and no trailing zeros
        for name in ("lat_given", "lon_given", "lat", "lon"):
            row[name] = row[name].rstrip("0").replace(".", ",")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    assert len(accepted(path, proposals)[0]) == 2


@pytest.mark.parametrize("accept", ["", "no", "tidak", "?", "0"])
def test_nothing_is_accepted_unless_it_is_said(opened: Any, tmp_path: Path, accept: str) -> None:
    proposals = check_all(opened(*BAD)).repairs
    assert accepted(reviewed(proposals, tmp_path / "a.csv", accept), proposals)[0].empty


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({"lat": "-2.93"}, "repair_edited"),
        ({"lat": "", "lon": "", "area": "99.01.01"}, "repair_edited"),
        ({"lat": "x"}, "repair_edited"),
        ({"lat_given": "2.9"}, "repair_row_changed"),
        ({"npsn": "00000009"}, "repair_row_changed"),
        ({"row": "9"}, "repair_not_proposed"),
        ({"row": "x"}, "repair_not_proposed"),
        ({"file": "other.csv"}, "repair_not_proposed"),
    ],
)
def test_an_edited_or_stale_row_is_refused_by_name(
    opened: Any, tmp_path: Path, edits: dict[str, str], code: str
) -> None:
    proposals = check_all(opened(BAD[0])).repairs
    path = reviewed(proposals, tmp_path / "a.csv", **edits)
    with pytest.raises(SeveralErrors) as raised:
        accepted(path, proposals)
    (error,) = raised.value.errors
    assert (error.code, error.path, error.row) == (code, path, 2)


def test_one_row_is_accepted_once(opened: Any, tmp_path: Path) -> None:
    proposals = check_all(opened(BAD[0])).repairs
    path = reviewed(pd.concat([proposals] * 2), tmp_path / "a.csv")
    with pytest.raises(SeveralErrors) as raised:
        accepted(path, proposals)
    assert [(e.code, e.row) for e in raised.value.errors] == [("repair_twice", 3)]


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({"lat": "-2.93"}, "repair_refused"),  # no transformation of what was given
        ({"lat": "", "lon": "", "area": "99.09.09"}, "repair_refused"),
        ({"lat": "", "lon": ""}, "repair_refused"),
        ({"lat_given": "2.9"}, "repair_stale"),
        ({"row": "17"}, "repair_stale"),
    ],
)
def test_a_stored_repair_that_does_not_hold_is_not_applied(
    opened: Any, edits: dict[str, str], code: str
) -> None:
    project = opened(BAD[0])
    reviewed(check_all(project).repairs, project.project.repairs.path, **edits)
    checked = check_all(project)
    (finding,) = of_code(checked, code)
    assert (finding.file, finding.row, finding.npsn) == ("repairs.csv", 2, "00000001")
    assert checked.schools["location_status"].tolist() == ["unusable"]
    assert len(of_code(checked, "location_sign_missing")) == 1


def test_a_repairs_file_that_is_named_and_missing_is_told(opened: Any) -> None:
    assert of_code(check_all(opened(HERE)), "repairs_missing") == []
    named = opened(HERE, repairs={"path": "no.csv"})
    (finding,) = of_code(check_all(named), "repairs_missing")
    assert (finding.file, finding.severity) == ("no.csv", "note")


def test_a_repairs_file_may_hold_no_row(opened: Any) -> None:
    project = opened(BAD[0])
    project.project.repairs.path.write_text(csv_of(as_table([])), encoding="utf-8")
    assert read_repairs(project.project.repairs.path) == []
    assert len(check_all(project).repairs) == 1


def test_a_name_never_becomes_a_formula(opened: Any, tmp_path: Path) -> None:
    project = opened(BAD[0])
    text = csv_of(check_all(project).repairs.assign(name="=HYPERLINK(1)"))
    assert "'=HYPERLINK(1)" in text
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read_repairs(tmp_path / "a.csv")[0].lat == -2.9234


def test_accepting_a_repair_makes_another_run(opened: Any, tmp_path: Path) -> None:
    project = opened(*BAD)
    first = OpenProject(project).rank(out=tmp_path / "runs")
    reviewed(check_all(project).repairs, project.project.repairs.path)
    second = OpenProject(read_project(project.path)).rank(out=tmp_path / "runs")
    assert first.folder != second.folder
    assert "repairs" in second.manifest["inputs"]
    status = second.schools.set_index("npsn")["location_status"]
    assert status.loc[["00000001", "00000002"]].tolist() == ["repaired", "area"]


# --- areas -------------------------------------------------------------------------------------


def test_a_signal_is_averaged_over_the_area_or_the_schools_own_circle(
    opened: Any, schools: MakeSchools
) -> None:
    rows: list[dict[str, object]] = [
        {"lat": -2.975, "lon": 115.375, "confidence_radius_m": 9000.0, "location_area": "99.02.02"},
        {"lat": -2.92, "lon": 115.32, "confidence_radius_m": 50.0},
        {"lat": -2.92, "lon": 115.32, "confidence_radius_m": 3000.0},
    ]
    lat, lon = sampled(schools(rows), opened(HERE))
    box = shapely.box(115.35, -3.0, 115.40, -2.95)
    assert shapely.contains_xy(box, lon[0], lat[0]).all()
    assert lat[0].mean() == pytest.approx(-2.975, abs=0.002)
    for at, radius_m in ((1, 50.0), (2, 3000.0)):
        away_m = geodesy.distance_m(lat[at], lon[at], np.full(61, -2.92), np.full(61, 115.32))
        assert 0.9 * radius_m < away_m.max() <= radius_m * 1.003


def test_points_of_a_polygon_stand_for_equal_areas() -> None:
    # An L of three equal squares: each gets a third of the points.
    squares = [shapely.box(x, y, x + 1, y + 1) for x, y in ((114, -3), (115, -3), (114, -2))]
    shape = shapely.union_all(squares)
    lat, lon = sample_points.polygon_points(shape, 600)
    shares = [shapely.contains_xy(square, lon, lat).mean() for square in squares]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.01)
    again = sample_points.polygon_points(shape, 61)
    np.testing.assert_array_equal(again[0], lat[:61])
    line = shapely.Polygon([(114, -3), (115, -2), (114, -3)])
    assert set(sample_points.polygon_points(line, 3)[1]) == {
        sample_points.polygon_points(line, 1)[1][0]
    }


# --- grades ------------------------------------------------------------------------------------


def graded(project: Opened, *findings: Finding) -> list[tuple[str, float]]:
    table, _ = read_schools(project)
    claims = claims_of(table, pd.DataFrame(), project)
    columns = grade_locations(table, list(findings), claims, project)
    grades = columns[["confidence", "confidence_radius_m"]]
    return list(grades.itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [
        ("-2.92341", "115.31452", ("B", 250.0)),
        ("-2.9200000", "115.3141000", ("B", 250.0)),  # the longitude shows four decimals
        ("-2.92", "115.31", ("C", 1000.0)),  # half of 0.01° both ways: 784 m
        ("-2.9", "115.3", ("D", 7841.0)),
    ],
)
def test_few_decimals_widen_the_circle(
    opened: Any, lat: str, lon: str, expected: tuple[str, float]
) -> None:
    ((grade, radius_m),) = graded(opened((*HERE[:2], lat, lon)))
    assert grade == expected[0]
    assert radius_m == pytest.approx(expected[1], abs=2)


def test_a_measured_distance_widens_it_up_to_a_limit(opened: Any) -> None:
    project = opened(*[HERE] * 5)

    def far(row: int, code: str, km: object) -> Finding:
        return Finding(code, file="schools.csv", row=row, evidence={"distance_km": km})

    findings = [
        far(2, "kabupaten_differs", 0.3),
        far(3, "kabupaten_differs", 3.5),
        far(4, "kabupaten_differs", 400.0),
        far(5, "level_unknown", 400.0),  # says nothing of the location
        far(6, "kabupaten_differs", "x"),
    ]
    expected = [("C", 1000.0), ("D", 5000.0), ("D", 20000.0), ("B", 250.0), ("C", 1000.0)]
    assert graded(project, *findings) == expected
    assert graded(project, *reversed(findings)) == expected


def test_only_agreement_and_decimals_make_an_a(opened: Any) -> None:
    options = {"confidence": {"agreement": "kecamatan"}}
    places = [
        HERE,
        (*HERE[:3], "115.38123"),  # in another kabupaten
        (*HERE[:2], "-2.923", "115.314"),
        ("", "", *HERE[2:]),
    ]
    project = opened(*places, **options)
    assert [grade for grade, _ in graded(project)] == ["B", "B", "B", "B"]
    five = opened((*HERE[:2], "-2.92341", "115.31452"), *places[1:], **options)
    assert graded(five)[0] == ("A", 50.0)
    assert [grade for grade, _ in graded(five)][1:] == ["B", "B", "B"]
    # The default asks for the desa, which this register does not name.
    assert graded(opened((*HERE[:2], "-2.92341", "115.31452")))[0] == ("B", 250.0)


@pytest.fixture
def with_desa(project: MakeProject, as_csv: MakeCsv) -> Any:
    """A project whose register names desa; two of them have the same name."""
    desa = {
        ("99.01.01.2001", "Tepi"): shapely.box(115.30, -2.95, 115.32, -2.90),
        ("99.01.01.2002", "Sungai Hulu"): shapely.box(115.32, -2.95, 115.35, -2.90),
        ("99.02.02.2001", "Tepi"): shapely.box(115.35, -3.00, 115.40, -2.95),
    }
    features = [
        {
            "type": "Feature",
            "properties": {"kode": code, "nama": name},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for (code, name), shape in desa.items()
    ]
    layers = {level: f"{level}.geojson" for level in ("kabupaten", "kecamatan", "desa")}

    def make(*rows: tuple[str, str, str, str]) -> Opened:
        """Rows: desa, its code, latitude, longitude; all in the kecamatan Hulu Contoh."""
        places = rows_of(*((*HERE[:2], lat, lon) for *_, lat, lon in rows))
        named = [
            {**place, "desa_kelurahan": name, "kode_desa": code}
            for place, (name, code, *_) in zip(places, rows, strict=True)
        ]
        collection = {"type": "FeatureCollection", "features": features}
        files = {"schools.csv": as_csv(named), "desa.geojson": json.dumps(collection)}
        left_out = dict.fromkeys(("attributes", "measurements"))
        return project({**left_out, "boundaries": layers}, files=files)

    return make


def test_a_point_in_its_desa_with_enough_decimals_is_an_a(with_desa: Any) -> None:
    project = with_desa(
        ("Kel. Tepi", "", "-2.92341", "115.31452"),
        ("Sei Hulu", "", "-2.93341", "115.33452"),
        ("", "9901012001", "-2.94341", "115.30452"),  # the code alone
        ("Tepi", "", "-2.91341", "115.33452"),  # 1.6 km from it: more than a C holds
        ("Tepi", "", "-2.903", "115.307"),  # too few decimals
        ("Nowhere", "", "-2.94141", "115.31352"),
    )
    schools = check_all(project).schools
    assert schools["confidence"].tolist() == ["A", "A", "A", "D", "B", "B"]
    assert schools["confidence_radius_m"].iloc[:3].tolist() == [50.0] * 3


def test_without_coordinates_the_claimed_desa_is_offered(with_desa: Any, tmp_path: Path) -> None:
    project = with_desa(
        ("Desa Tepi", "", "", ""),
        ("", "99.01.01.2002", "0", "0"),
        ("Nowhere", "", "", ""),
        ("Tepi", "", "2.92341", "115.31452"),  # a repair falls into it
    )
    checked = check_all(project)
    areas = ["99.01.01.2001 Tepi", "99.01.01.2002 Sungai Hulu", "99.01.01 Hulu Contoh", ""]
    assert checked.repairs["area"].tolist() == areas
    (sign,) = of_code(checked, "location_sign_missing")
    assert sign.evidence["claimed"] == sign.evidence["lies_in"] == areas[0]
    keep(project, reviewed(checked.repairs, tmp_path / "mine.csv"))
    schools = check_all(read_project(project.path)).schools
    assert schools["location_area"].fillna("").tolist() == [*(a.split()[0] for a in areas[:3]), ""]
    assert schools["confidence"].tolist() == ["D", "D", "D", "C"]
    # Half the diagonal of 0.02° by 0.05°.
    reach_m = np.hypot(0.01 * 111_180, 0.025 * 110_577)
    assert schools["confidence_radius_m"].iloc[0] == pytest.approx(reach_m, rel=0.01)


def test_what_is_unusable_has_no_grade(opened: Any) -> None:
    schools, _ = read_schools(project := opened((*HERE[:2], "", ""), HERE))
    columns = check_quality(schools, project, {"cells": read_cells(project)[0]}).columns
    assert columns["confidence"].isna().tolist() == [True, False]
    assert columns["confidence_radius_m"].isna().tolist() == [True, False]


# --- properties --------------------------------------------------------------------------------


def test_injected_dirt_is_found_and_mended(project: MakeProject, as_csv: MakeCsv) -> None:
    chance = random.Random(7)
    places = []
    for _ in range(100):
        for names, (south, west, north, east) in BOXES.items():
            lat, lon = chance.uniform(south, north), chance.uniform(west, east)
            places.append((*names, f"{lat:.5f}00", f"{lon:.5f}00"))
    rows = rows_of(*places)
    dirty, where = dirtied(rows, range(len(rows)), 15, seed=11)
    checked = check_all(project({"attributes": None}, files={"schools.csv": as_csv(dirty)}))
    found, alarms = judged(checked, rows, where)
    for kind, result in found.items():
        assert result.recall >= TARGET_RECALL, kind
        assert result.right is None or result.right >= TARGET_RIGHT, kind
    assert sum(result.right is not None for result in found.values()) == 6
    assert len(alarms) <= TARGET_FALSE * len(rows)
    assert set(KINDS) <= set(found)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12
) | st.sampled_from(["-2.92", "115.3", "292", "-29200000", "0", "2°55'S", "9676800", "312345.6"])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(sorted(BOXES)) | st.tuples(TEXTS, TEXTS), TEXTS, TEXTS),
        min_size=1,
        max_size=8,
    )
)
def test_any_strings_give_findings_and_only_listed_changes(
    opened: Any, rows: list[tuple[tuple[str, str], str, str]]
) -> None:
    project = opened(*((*names, lat, lon) for names, lat, lon in rows))
    schools, _ = read_schools(project)
    before = schools.copy()
    made = check_quality(schools, project, {"cells": read_cells(project)[0]})
    pd.testing.assert_frame_equal(pd.DataFrame(schools), pd.DataFrame(before))
    schema.check(schools.join(made.columns), "quality")
    claims = claims_of(schools, pd.DataFrame(), project)
    for proposal in propose_repairs(schools, claims, project)[1]:
        if proposal.area:
            continue
        possible = candidates(
            [proposal.lat_given], [proposal.lon_given], (-90.0, -180.0, 90.0, 180.0)
        )
        places = set(possible[["lat", "lon"]].itertuples(index=False, name=None))
        assert (proposal.lat, proposal.lon) in places
    unusable = schools["lat"].isna()
    told = {f.row for f in made.findings if f.code.startswith("location_")}
    rows_told = {int(row_id.rpartition(":")[2]) for row_id in schools.loc[unusable, "row_id"]}
    assert rows_told <= told
