"""Checks of speed tests: one file for each finding, and the faults planted in the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalsel_gap.findings import SEVERITIES, to_frame
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.speed_tests import check_speed_tests
from kalsel_gap.sources.schools import read_schools
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from kalsel_gap.findings import Finding
    from tests.conftest import MakeCsv, MakeProject

SCHOOLS = pd.DataFrame({"npsn": ["00000101", "00000102"], "lat": -2.95, "lon": 115.35})
HEADER = "npsn,date,download_mbps,upload_mbps,latency_ms"


def found(project: MakeProject, *rows: str, header: str = HEADER, **section: Any) -> list[Finding]:
    text = "\n".join((header, *rows)) + "\n"
    sections = {"measurements": {"path": "tests.csv", **section}}
    return check_speed_tests(project(sections, files={"tests.csv": text}, bare=True), SCHOOLS)


def test_tests_as_they_should_be(project: MakeProject) -> None:
    rows = (
        "00000101,2026-05-12,22.4,8.3,41",
        "00000101,2026-06-30,18.0,,",
        "00000102,2026-01-01,300,300,4",
    )
    assert found(project, *rows, date="2026-06-30") == []


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ("0,1,40", "down_mbps"),
        ("-3,1,40", "down_mbps"),
        ("20000,9000,40", "down_mbps"),
        ("20,-1,40", "up_mbps"),
        ("20,20000,40", "up_mbps"),
        ("20,5,0", "latency_ms"),
        ("20,5,61000", "latency_ms"),
    ],
)
def test_values_that_no_line_has(project: MakeProject, values: str, column: str) -> None:
    usual = [f"00000102,2026-05-1{n},2{n}.4,8.3,41" for n in range(5)]
    (finding,) = found(project, f"00000101,2026-05-12,{values}", *usual)
    assert (finding.code, finding.column, finding.row) == ("measurement_impossible", column, 2)
    assert finding.value in values.split(",")


def test_an_upload_far_above_the_download(project: MakeProject) -> None:
    (finding,) = found(project, "00000101,2026-05-12,1.5,30.1,40", "00000102,2026-05-12,1.5,30,40")
    assert (finding.code, finding.row, finding.parameters["down"]) == (
        "measurement_upload_exceeds",
        2,
        "1.5",
    )


@pytest.mark.parametrize(
    ("day", "declared", "code"),
    [
        ("2026-07-01", "2026-06-30", "measurement_after_file"),
        ("2026-07-01", "2026-06", "measurement_after_file"),
        ("2027-01-01", "2026", "measurement_after_file"),
        ("2026-12-31", "2026", None),
        ("2126-12-31", "", None),  # no clock: without a date of the file nothing is too late
        ("2126-12-31", "mid-2026", None),
        ("2007-12-31", "", "measurement_too_early"),
        ("2026-02-30", "2026", "date_not_read"),
        ("Juni 2026", "2026", "date_not_read"),
    ],
)
def test_days(project: MakeProject, day: str, declared: str, code: str | None) -> None:
    findings = found(project, f"00000101,{day},20,5,40", date=declared)
    assert [f.code for f in findings] == ([code] if code else [])


def test_kbps_in_a_column_of_mbps(project: MakeProject) -> None:
    rows = [f"00000101,2026-05-1{n},{4000 + n},900,41" for n in range(5)]
    (finding,) = found(project, *rows)
    assert (finding.code, finding.value, finding.proposal) == (
        "measurement_unit_kbps",
        "4002",
        "4.002",
    )


def test_mbps_in_a_column_of_kbps(project: MakeProject) -> None:
    header = "npsn,date,down_kbps,up_kbps"
    rows = [f"00000101,2026-05-1{n},{4 + n},1" for n in range(3)]
    (finding,) = found(project, *rows, header=header)
    assert (finding.code, finding.value, finding.proposal) == ("measurement_unit_mbps", "5", "5000")
    assert found(project, "00000101,2026-05-11,4000,900", header=header) == []


def test_identical_tests(project: MakeProject) -> None:
    same = [f"00000101,2026-05-1{n},22.4,8.3,41" for n in range(5)]
    (finding,) = found(project, "00000102,2026-05-10,22.4,8.3,41", *same)
    assert (finding.code, finding.npsn, finding.row) == ("measurement_identical", "00000101", 3)
    assert (finding.value, finding.parameters) == ("22.4 / 8.3 / 41", {"count": 5})
    assert found(project, *same[:4]) == []


def test_a_test_of_no_school(project: MakeProject) -> None:
    (finding,) = found(project, "00000999,2026-05-12,22.4,8.3,41")
    assert (finding.code, finding.npsn) == ("measurement_without_school", "00000999")


def test_files_that_cannot_be_used(project: MakeProject) -> None:
    (finding,) = found(project, "00000101,22.4", header="npsn,download_mbps")
    assert (finding.code, finding.parameters["error"]) == ("file_unusable", "column_missing")
    far = "quadkey,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests\n1202021303331303,9000,900,30,9\n"
    opened = project({"measurements": {"path": "t.csv"}}, files={"t.csv": far}, bare=True)
    (finding,) = check_speed_tests(opened, SCHOOLS)
    assert (finding.code, finding.parameters["error"]) == ("file_unusable", "tiles_touch_no_school")


TEXT = st.text(max_size=12) | st.sampled_from(["", "00000101", "2026-05-12", "0", "-1", "1e999"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[TEXT] * 5), min_size=1, max_size=6))
def test_any_text_gives_findings(
    project: MakeProject, as_csv: MakeCsv, rows: list[tuple[str, ...]]
) -> None:
    table = as_csv([dict(zip(HEADER.split(","), row, strict=True)) for row in rows])
    raw = table.encode("utf-8", "replace")
    opened = project({"measurements": {"path": "t.csv"}}, files={"t.csv": raw}, bare=True)
    assert set(to_frame(check_speed_tests(opened, SCHOOLS))["code"]) <= set(SEVERITIES)


def test_the_faults_planted_in_the_sample_and_nothing_else() -> None:
    opened = read_project(REPOSITORY)
    findings = to_frame(check_speed_tests(opened, read_schools(opened)[0]))
    dirt = pd.read_csv(REPOSITORY / "data" / "sample" / "dirt.csv", dtype=str)
    kinds = {
        "date_impossible": "date_not_read",
        "rate_negative": "measurement_impossible",
    }
    for kind, code in kinds.items():
        planted = dirt[dirt["kind"] == kind]
        told = findings[findings["code"] == code]
        files = [file.removeprefix("data/sample/") for file in told["file"]]
        pairs = zip(planted["file"], planted["row"].astype(int), strict=True)
        assert set(zip(files, told["row"], strict=True)) == set(pairs)
    # A test finds no school where its NPSN was planted wrong here or in the register.
    astray = dirt["kind"].isin(["without_a_school", "npsn_lost_its_head", "npsn_repeated"])
    lost = findings[findings["code"] == "measurement_without_school"]
    wrong = set(dirt.loc[astray, "npsn"]) | set(dirt.loc[astray, "truth"].dropna())
    assert set(lost["npsn"]) <= wrong
    assert set(findings["code"]) == {*kinds.values(), "measurement_without_school"}
