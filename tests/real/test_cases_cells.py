"""Cells as offices write them: the cases of ../shared/cases, each with what its page expects."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kalsel_gap.project.read import read_project
from kalsel_gap.quality.full_check import check_all
from kalsel_gap.sources.sites import read_sites
from kalsel_gap.sources.speed_tests import read_measurements

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from tests.conftest import CommandLine

pytestmark = pytest.mark.real


@pytest.fixture
def case(shared: Path, tmp_path: Path) -> Callable[[str], Opened]:
    """A copy of a case, opened."""

    def open_case(name: str) -> Opened:
        folder = tmp_path / name
        shutil.copytree(shared / "cases" / name, folder)
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)
        return read_project(folder / "kalsel-gap.toml")

    return open_case


def ranked(opened: Opened, cli: CommandLine, *options: str) -> pd.DataFrame:
    """The list of a run of the case."""
    folder = opened.path.parent
    assert cli("rank", "--project", opened.path).status in (0, 3)  # 3: a list without ranks
    out = folder / "list.csv"
    where = ("--project", opened.path, "--columns", "all", "--out", out)
    answer = cli("export", "csv", *where, *options)
    assert answer.status == 0, answer.err
    separator = ";" if "id" in options else ","
    return (
        pd.DataFrame(pd.read_csv(out, dtype=str, sep=separator, encoding="utf-8-sig"))
        .set_index("npsn")
        .sort_index()
    )


def test_coordinates_in_any_form_are_proposed(case: Callable[[str], Opened]) -> None:
    found = check_all(case("coord_forms"))
    repairs = found.repairs.set_index("row")
    for row in (2, 4, 8, 17, 19):
        proposed = repairs.loc[[row], ["code", "lat", "lon"]].to_numpy().tolist()
        assert proposed == [["location_spelled", -3.4112, 114.8472]]
    missing = found.findings[found.findings["code"] == "location_missing"]
    assert missing.empty
    # What was proposed before still is.
    assert set(repairs.index) >= {3, 5, 6, 7, 10, 11, 14, 15, 20}


def test_dates_of_an_indonesian_spreadsheet(case: Callable[[str], Opened]) -> None:
    tests, findings = read_measurements(case("dates"))
    days = dict(zip(tests["row"], tests["day"], strict=True))
    unread = {f.row for f in findings if f.code == "date_not_read"}
    assert unread == {2}  # 3/5/2026 beside 5/13/2026
    assert days == dict.fromkeys(range(3, 17), dt.date(2026, 5, 13))


@pytest.mark.parametrize("name", ["internet_false", "internet_false_xlsx"])
def test_no_internet_in_any_word(
    name: str, case: Callable[[str], Opened], cli: CommandLine
) -> None:
    listed = ranked(case(name), cli)
    assert listed["delivered"].tolist() == ["0"] * 4
    assert set(listed["delivered_basis"]) == {"register"}


@pytest.mark.parametrize("name", ["sites_units", "sites_technology"])
def test_units_and_technologies_of_sites(name: str, case: Callable[[str], Opened]) -> None:
    sites, findings = read_sites(case(name))
    by_site = {str(site): rows for site, rows in sites.groupby("site_id")}
    terms = ["antenna_height_m", "frequency_mhz", "eirp_dbm"]
    assert by_site["A1"].iloc[0][terms].tolist() == [72.0, 1800.0, 61.0]
    assert by_site["A2"].iloc[0][terms].tolist() == [42.5, 900.0, 58.0]
    assert by_site["A3"]["technology"].tolist() == ["2g", "3g", "4g"]
    assert by_site["A3"]["frequency_mhz"].isna().all()  # 1800 fits two of them
    others = sites[sites["site_id"] != "A3"].set_index("site_id")["technology"].to_dict()
    modern, old = ("A1", "A2", "A4", "A5", "A6", "A7", "B1", "B2", "B3"), ("A8", "A9")
    assert others == dict.fromkeys(modern, "4g") | dict.fromkeys(old, "2g")
    assert len(sites) == 3 + len(others)
    assert by_site["B1"].iloc[0][["lat", "lon"]].tolist() == [-3.44, 114.92]
    assert by_site["B2"]["azimuth_deg"].tolist() == [0.0]
    assert by_site["B3"]["azimuth_deg"].tolist() == [120.0]
    assert not {30.0, 2100.0, 55.0} & set(sites[terms].to_numpy().ravel())
    assert {f.code for f in findings} == {"carrier_not_assigned"}


def test_coordinates_reach_a_spreadsheet_as_text(
    case: Callable[[str], Opened], cli: CommandLine
) -> None:
    listed = ranked(case("export"), cli, "--dialect", "id", "--names", "codes")
    assert listed["lat_given"].tolist() == ["'-3.411", "'-3.398"]
    assert listed["lon_given"].tolist() == ["'114.847", "'114.673"]
    assert listed["lon"].tolist() == ["114,847", "114,673"]
