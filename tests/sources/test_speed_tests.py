from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap import schema
from kalsel_gap.indicators.delivered import percentile_of_tests
from kalsel_gap.project.index import Index
from kalsel_gap.sources import speed_tests
from kalsel_gap.sources.objections import FORM
from kalsel_gap.sources.speed_tests import read_measurements
from tests.spreadsheets import Sheet, xlsx

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject

latest_quarter = partial(speed_tests.latest_quarter, dates=(), rule=Index.shipped().tests)
HEADER = "npsn,tanggal,unduh,unggah,ping\n"


def read(project: MakeProject, text: str) -> tuple[pd.DataFrame, list[Finding]]:
    sections = {"measurements": {"path": "tests.csv"}}
    return read_measurements(project(sections, files={"tests.csv": text}, bare=True))


def test_the_median_of_the_latest_quarter_counts(project: MakeProject) -> None:
    text = HEADER + (
        "00000104,2026-03-31,1,1,900\n"  # the quarter before
        "00000104,01/04/2026,10,2,100\n"
        "00000104,30-06-2026,30,4,80\n"
        "00000104,2026-05-05 10:00,20,9,60\n"
        "00000104,2026-05-06,20,4,80\n"
        "00000104,2026-05-07,20,4,80\n"
        "00000105,2025-12-31,5,1,50\n"  # its own latest
    )
    tests, findings = read(project, text)
    assert tests["quarter"].tolist() == ["2026Q1", *["2026Q2"] * 5, "2025Q4"]
    got = latest_quarter(tests)
    columns = ["down_mbps", "up_mbps", "latency_ms"]
    median = got[[f"measured_{name}" for name in columns]]
    assert list(median.loc["00000104"]) == [20.0, 4.0, 80.0]
    assert list(median.loc["00000105"]) == [5.0, 1.0, 50.0]
    # The second worst of five; one test shows nothing of a difficult day.
    difficult = got[[f"difficult_{name}" for name in columns]]
    assert list(difficult.loc["00000104"]) == [20.0, 4.0, 80.0]
    assert difficult.loc["00000105"].isna().all()
    assert got["measured_tests"].tolist() == [5, 1]
    assert got["measured_status"].tolist() == ["known", "inferred"]
    assert findings == []


def test_a_line_that_does_not_answer_has_no_latency(project: MakeProject) -> None:
    text = HEADER + "00000104,2026-05-05,0,0,40\n00000105,2026-05-05,5,1,0\n"
    tests, findings = read(project, text)
    assert tests["latency_ms"].isna().all()
    assert tests["down_mbps"].tolist() == [0.0, 5.0]
    assert findings == []


def test_the_year_decides_before_the_quarter(project: MakeProject) -> None:
    text = HEADER + "00000104,2025-12-01,1,1,1\n00000104,2026-01-01,9,9,9\n"
    assert latest_quarter(read(project, text)[0]).loc["00000104", "measured_down_mbps"] == 9.0


def test_what_cannot_be_read_is_unknown_and_found(project: MakeProject) -> None:
    text = HEADER + (
        "00000104,sometime,10,1,10\n"
        "00000104,2026-05-05,-3,fast,\n"
        "00000105,2026-05-06,1;5,2,\n"
        "00000106,2026-05-06,0,0,700,surplus\n"
    )
    tests, findings = read(project, text)
    found = sorted((f.code, f.row, f.column, f.value) for f in findings)
    assert found == [
        ("date_not_read", 2, "date", "sometime"),
        ("row_too_long", 5, "", ""),
        ("value_not_read", 3, "down_mbps", "-3"),
        ("value_not_read", 3, "up_mbps", "fast"),
        ("value_not_read", 4, "down_mbps", "1;5"),
    ]
    assert tests["row"].tolist() == [3, 4, 5]
    assert np.isnan(tests["down_mbps"]).tolist() == [True, True, False]
    got = latest_quarter(tests)
    assert got.index.tolist() == ["00000106"]
    assert list(got.loc["00000106"])[:2] == [0.0, 0.0]  # a test that got nothing through


def test_a_test_without_download_does_not_hide_an_older_one(project: MakeProject) -> None:
    text = HEADER + "00000104,2026-02-01,12,,\n00000104,2026-05-01,,3,20\n"
    tests, _ = read(project, text)
    row = latest_quarter(tests).loc["00000104"]
    assert row["measured_down_mbps"] == 12.0
    assert np.isnan(row["measured_up_mbps"])


def test_only_dates_that_cannot_be_read_leave_no_tests(project: MakeProject) -> None:
    tests, findings = read(project, HEADER + "00000104,x,10,1,10\n")
    assert tests.empty
    assert [f.code for f in findings] == ["date_not_read"]
    got = latest_quarter(tests)
    assert got.empty
    measured = [column.name for column in schema.of_stage("signals")]
    measured = [name for name in measured if name.startswith(("measured_", "difficult_"))]
    assert sorted(got.columns) == sorted(measured)


def test_no_measurements_at_all(project: MakeProject) -> None:
    tests, findings = read_measurements(project(bare=True))
    assert tests.empty
    assert findings == []
    assert latest_quarter(tests).empty


def test_several_files_are_one_table(project: MakeProject) -> None:
    files = {
        "a.csv": "npsn,date,download_mbps\n00000104,x,1\n",
        "b.csv": "npsn,date,download_mbps\n00000104,2026-01-01,7\n",
    }
    sections = {"measurements": [{"path": "a.csv"}, {"path": "b.csv"}]}
    tests, _ = read_measurements(project(sections, files=files, bare=True))
    assert latest_quarter(tests)["measured_down_mbps"].tolist() == [7.0]


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]])
def test_the_order_of_rows_decides_nothing(project: MakeProject, order: list[int]) -> None:
    rows = ["A,2026-05-01,3,1,9", "A,2026-05-01,8,2,7", "B,2026-01-09,4,4,4", "A,2026-01-09,1,1,1"]
    tests, _ = read(project, HEADER + "".join(rows[n] + "\n" for n in order))
    got = latest_quarter(tests)
    expected = pd.DataFrame(
        [[5.5, 1.5, 8.0], [4.0, 4.0, 4.0]], index=["A", "B"], columns=got.columns[:3]
    )
    pd.testing.assert_frame_equal(got[expected.columns], expected, check_names=False)


@pytest.mark.parametrize(
    ("days", "dates", "status"),
    [
        (["01", "02", "03", "03", "03"], (), "known"),
        (["01", "02", "03", "03"], (), "inferred"),  # a test too few
        (["01", "02", "02", "02", "02"], (), "inferred"),  # a day too few
        (["01", "02", "03", "03", "03"], ("2026-05-31", "2027"), "inferred"),  # too old by then
        (["01", "02", "03", "03", "03"], ("2026-05-31", "2027-05-01"), "known"),
    ],
)
def test_enough_tests_on_enough_days_are_known(
    project: MakeProject, days: list[str], dates: tuple[str, ...], status: str
) -> None:
    text = HEADER + "".join(f"00000104,2026-05-{day},10,2,100\n" for day in days)
    got = latest_quarter(read(project, text)[0], dates=dates).loc["00000104"]
    assert (got["measured_tests"], got["measured_status"]) == (len(days), status)


def test_a_rate_that_no_line_has_is_found_and_not_used(project: MakeProject) -> None:
    text = HEADER + "00000104,2026-05-05,20000,2,100\n00000104,2026-05-05,10,2,100\n"
    tests, findings = read(project, text)
    assert [(f.code, f.row, f.column, f.value) for f in findings] == [
        ("measurement_impossible", 2, "down_mbps", "20000")
    ]
    assert latest_quarter(tests).loc["00000104", "measured_down_mbps"] == 10.0


def test_sheets_in_other_units(project: MakeProject, tmp_path: Path) -> None:
    head = ["NPSN", "Tanggal"]
    sheets = [
        Sheet("A", [[*head, "Unduh (Mbps)"], ["00000104", "13/5/2026", 10]]),
        Sheet("B", [[*head, "Unduh (kbps)"], ["00000105", "13/5/2026", 20000]]),
        Sheet("C", [[*head, "download_kbps"], ["00000106", "13/5/2026", 30000]]),
    ]
    (tmp_path / "tests.xlsx").write_bytes(xlsx(sheets))
    path = str(tmp_path / "tests.xlsx")
    tests, findings = read_measurements(project({"measurements": {"path": path}}, bare=True))
    assert dict(zip(tests["npsn"], tests["down_mbps"], strict=True)) == {
        "00000104": 10.0,
        "00000105": 20.0,
        "00000106": 30.0,
    }
    assert findings == []


@pytest.mark.parametrize(("count", "is_indicative"), [(29, True), (30, False)])
def test_few_tests_are_only_indicative(
    project: MakeProject, count: int, *, is_indicative: bool
) -> None:
    text = HEADER + "".join(f"00000104,2026-05-{1 + n % 28:02},10,2,100\n" for n in range(count))
    got = latest_quarter(read(project, text)[0]).loc["00000104"]
    assert got["measured_is_indicative"] == is_indicative


@given(
    st.lists(st.floats(0.1, 500.0), min_size=1, max_size=12),
    st.floats(1.0, 99.0),
    st.floats(1.0, 99.0),
)
def test_a_lower_percentile_is_never_better(down: list[float], one: float, other: float) -> None:
    tests = pd.DataFrame({"npsn": "1", "down_mbps": down, "latency_ms": down})
    worse, better = (percentile_of_tests(tests, each).loc["1"] for each in sorted((one, other)))
    assert worse["down_mbps"] <= better["down_mbps"] + 1e-9
    assert worse["latency_ms"] >= better["latency_ms"] - 1e-9
    assert min(down) - 1e-9 <= worse["down_mbps"] <= max(down) + 1e-9


@pytest.mark.parametrize(
    ("known", "objected", "quarter"),
    [
        (6, 3, "2026Q2"),  # fewer tests of a later quarter replace nothing that is known
        (6, 6, "2026Q3"),
        (4, 3, "2026Q3"),  # four tests are too few to be known
    ],
)
def test_a_few_tests_of_an_objection_replace_no_known_quarter(
    project: MakeProject, known: int, objected: int, quarter: str
) -> None:
    text = HEADER + "".join(f"00000104,2026-06-{day:02},20,4,80\n" for day in range(1, 1 + known))
    store = f"{','.join(FORM)},judgement,reason,decision\n" + "".join(
        f"00000104,speed,2026-07-20,2026-07-{day:02},09:00,test,principal,,-2.9,115.3,1,1,9,,,"
        "accepted,enough,\n"
        for day in range(1, 1 + objected)
    )
    sections = {"measurements": {"path": "tests.csv"}}
    files = {"tests.csv": text, "objections.csv": store}
    tests, findings = read_measurements(project(sections, files=files, bare=True))
    got = latest_quarter(tests).loc["00000104"]
    is_kept = quarter == "2026Q2"
    assert got["measured_down_mbps"] == (20.0 if is_kept else 1.0)
    assert got["measured_tests"] == (known if is_kept else objected)
    assert [each.code for each in findings] == ["objection_tests_fewer"] * is_kept
