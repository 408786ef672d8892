"""Measured levels from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.signal_levels import read_levels
from kalsel_gap.sources.speed_tests import read_measurements

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject


def opened(project: MakeProject, text: str, **section: object) -> Opened:
    return project(
        {"measurements": [{"path": "levels.csv", **section}]}, files={"levels.csv": text}
    )


def test_levels_of_each_technology(project: MakeProject) -> None:
    given = opened(
        project,
        "lintang,bujur,Provider,Teknologi,RSRP,RSCP,RSSI\n"
        "-2.9,115.3,Telkomsel,LTE,-101.5,,-70\n"
        "-2.8,115.4,telkomsel,UMTS,,-88,-60\n"
        "-2.7,115.5,INDOSAT,GSM,,,-77\n"
        "-2.6,115.6,indosat,NR,-95,,\n",
    )
    levels, findings = read_levels(given)
    assert findings == []
    assert levels["technology"].tolist() == ["4g", "3g", "2g", "5g"]
    assert levels["measured_dbm"].tolist() == [-101.5, -88.0, -77.0, -95.0]
    assert levels["operator"].tolist() == ["telkomsel", "telkomsel", "indosat", "indosat"]
    assert levels["row"].tolist() == [2, 3, 4, 5]


def test_no_signal_needs_its_operator_and_technology(project: MakeProject) -> None:
    given = opened(
        project,
        "npsn,operator,technology,signal,rsrp_dbm\n"
        "00000101,Telkomsel,4g,Tidak ada sinyal,\n"
        "00000102,telkomsel,4g,none,-99\n"  # contradicts itself
        "00000103,telkomsel,4g,good,\n"
        "00000104,,4g,none,\n"
        "00000105,telkomsel,,none,\n"
        "00000106,telkomsel,4g,Tidak ada,-\n"
        "00000107,telkomsel,4g,none,n/a\n"
        "00000108,telkomsel,4g,good,-98\n"
        "00000109,telkomsel,4g,none,weak\n",
    )
    levels, findings = read_levels(given)
    assert levels["npsn"].tolist() == ["00000101", "00000106", "00000107", "00000108"]
    assert levels["is_none"].tolist() == [True, True, True, False]
    assert levels["measured_dbm"].fillna(0.0).tolist() == [0.0, 0.0, 0.0, -98.0]
    assert [(each.code, each.row, each.value) for each in findings] == [
        ("technology_unknown", 6, ""),
        ("value_not_read", 10, "weak"),
        ("level_and_no_signal", 3, "none"),
    ]


def test_the_kind_of_level_tells_the_technology(project: MakeProject) -> None:
    given = opened(
        project, "npsn,rsrp_dbm,rssi_dbm\n00000101,-99,\n00000102,,-80\n", operator="Telkomsel"
    )
    levels, _ = read_levels(given)
    assert levels["technology"].tolist() == ["4g", "2g"]
    assert levels["operator"].tolist() == ["telkomsel"] * 2
    assert levels[["lat", "lon"]].isna().all(axis=None)


def test_a_latitude_alone_is_no_place(project: MakeProject) -> None:
    given = opened(project, "npsn,lintang,operator,rsrp_dbm\n00000101,-2.9,a,-99\n")
    levels, _ = read_levels(given)
    assert levels["measured_dbm"].tolist() == [-99.0]
    assert levels[["lat", "lon"]].isna().all(axis=None)


def test_the_project_says_the_technology(project: MakeProject) -> None:
    given = opened(
        project, "npsn,operator,Kuat\n00000101,a,-99\n", technology="5g",
        columns={"rsrp_dbm": "Kuat"},
    )  # fmt: skip
    assert read_levels(given)[0]["technology"].tolist() == ["5g"]


def test_faults_of_rows_are_findings(project: MakeProject) -> None:
    given = opened(
        project,
        "lat,lon,npsn,operator,technology,rsrp_dbm\n"
        "-2.9,115.3,,a,4g,99\n"
        "-2.9,115.3,,a,6g,-99\n"
        "0,0,,a,4g,-99\n"
        "95,115,,a,4g,-99\n"
        "-2.9,115.3,,a,4g,weak\n"
        "-2.9,115.3,,a,4g,\n"
        "0,0,00000101,a,4g,-99\n"
        '-2.9,115.3,,"Telkomsel, XL",4g,-99\n',
    )
    levels, findings = read_levels(given)
    assert levels["row"].tolist() == [8]
    assert [(each.code, each.row) for each in findings] == [
        ("technology_unknown", 3),
        ("value_not_read", 2),
        ("value_not_read", 6),
        ("level_not_placed", 4),
        ("level_not_placed", 5),
        ("level_of_several_operators", 9),
    ]


@pytest.mark.parametrize("text", ["npsn,rsrp_dbm\n1,-99\n", "operator,rsrp_dbm\na,-99\n"])
def test_without_operator_or_place_the_file_is_of_no_use(project: MakeProject, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_levels(opened(project, text))
    assert caught.value.code in ("column_missing", "column_required")


def test_speed_tests_are_left_alone(project: MakeProject) -> None:
    alone = "npsn,date,download_mbps\n00000101,2026-01-02,5\n"
    beside = "npsn,date,download_mbps,operator,rsrp\n00000101,2026-01-02,5,a,-99\n"
    tests, _ = read_measurements(opened(project, alone))
    same, _ = read_measurements(opened(project, beside))
    assert tests["down_mbps"].tolist() == same["down_mbps"].tolist() == [5.0]
    assert read_levels(opened(project, alone))[0].empty
    assert read_levels(opened(project, beside))[0]["measured_dbm"].tolist() == [-99.0]
    only, findings = read_measurements(opened(project, "npsn,operator,rsrp\n1,a,-99\n"))
    assert only.empty
    assert findings == []
