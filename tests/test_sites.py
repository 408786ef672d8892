from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.sites import COLUMNS, read_sites

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject


def read(project: MakeProject, text: str, **section: Any) -> tuple[pd.DataFrame, list[Finding]]:
    sections = {"sites": {"path": "sites.csv", **section}}
    return read_sites(project(sections, files={"sites.csv": text}, bare=True))


def test_our_own_columns(project: MakeProject) -> None:
    sites, findings = read_sites(project())
    assert list(sites.columns) == list(COLUMNS)
    assert sites["technology"].tolist() == ["4g", "2g", "2g"]
    numbers = ["lat", "lon", "antenna_height_m", "frequency_mhz", "eirp_dbm"]
    assert list(sites.loc[2, numbers]) == [-2.945, 115.325, 52.0, 900.0, 57.0]
    assert sites["row"].tolist() == [2, 3, 4]
    assert {f.code for f in findings} <= {"columns_understood"}


def test_opencellid(project: MakeProject) -> None:
    sites, findings = read(
        project,
        "radio,mcc,net,area,cell,lon,lat\n"
        "LTE,510,10,1,7,115.5,-3.1\n"
        "GSM,510,01,1,8,115.6,-3.2\n"
        "UMTS,510,11,1,9,115.7,-3.3\n"
        "NR,510,99,1,10,115.8,-3.4\n"
        "LTE,525,10,1,11,115.9,-3.5\n",
    )
    assert sites["technology"].tolist() == ["4g", "2g", "3g", "5g", "4g"]
    # 510-99 is nobody we know, and 525 is not Indonesia.
    assert sites["operator"].tolist() == ["telkomsel", "indosat", "xlsmart", "", ""]
    assert sites["site_id"].tolist() == ["7", "8", "9", "10", "11"]
    assert {f.code for f in findings} <= {"columns_understood"}


def test_the_real_opencellid_file(shared: Path, project: MakeProject) -> None:
    path = shared / "kalsel" / "towers" / "opencellid_510_kalsel.csv"
    sites, findings = read_sites(project({"sites": {"path": str(path)}}, bare=True))
    assert len(sites) == 23
    assert {f.code for f in findings} <= {"columns_understood"}


def test_a_row_without_place_or_technology_is_a_finding(project: MakeProject) -> None:
    sites, findings = read(
        project,
        "site_id,technology,lat,lon\n"
        "A,4g,,\n"
        "B,4g,0,0\n"
        "C,4g,-95,115\n"
        "D,wimax,-3,115\n"
        "E,,-3,115\n"
        "F,wimax,x,115\n"
        "G,LTE,-3,115,5\n",
    )
    assert sites["site_id"].tolist() == ["G"]
    assert sorted((f.row, f.code, f.value) for f in findings) == [
        (2, "site_unusable", ", "),
        (3, "site_unusable", "0, 0"),
        (4, "site_unusable", "-95, 115"),
        (5, "technology_unknown", "wimax"),
        (6, "technology_unknown", ""),
        (7, "site_unusable", "x, 115"),
        (8, "row_too_long", ""),
    ]


def test_technology_and_operator_of_the_whole_table(project: MakeProject) -> None:
    sites, _ = read(project, "lat,lon\n-3,115\n", technology="4g", operator="any")
    assert list(sites.loc[0, ["technology", "operator"]]) == ["4g", "any"]
    assert sites["antenna_height_m"].isna().all()


def test_without_a_technology_the_table_is_unusable(project: MakeProject) -> None:
    with pytest.raises(InputError) as caught:
        read(project, "lat,lon\n-3,115\n")
    assert (caught.value.code, caught.value.column) == ("column_missing", "technology")


def test_no_usable_site_is_an_empty_table(project: MakeProject) -> None:
    sites, findings = read(project, "technology,lat,lon\n4g,,\n")
    assert sites.empty
    assert list(sites.columns) == list(COLUMNS)
    assert len(findings) == 1


def test_no_sites_at_all(project: MakeProject) -> None:
    sites, findings = read_sites(project(bare=True))
    assert sites.empty
    assert list(sites.columns) == list(COLUMNS)
    assert {f.code for f in findings} <= {"columns_understood"}
