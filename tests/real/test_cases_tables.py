"""Containers and headers that offices hand over: the invented cases of the shared folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import Text
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.project.read import read_project

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

pytestmark = pytest.mark.real


def ranked(shared: Path, folder: Path, case: str) -> tuple[pd.DataFrame, list[str]]:
    """Schools of a case, and the sentences of its findings."""
    place = folder / case
    shutil.copytree(shared / "cases" / case, place)
    run = OpenProject(read_project(place)).rank()
    rows = run.findings.to_dict("records")
    return run.schools, [messages.finding_sentence(row, Text("en")) for row in rows]


@pytest.mark.parametrize("case", ["sheets_cover", "zip_two_shp", "geojson_gz", "sheets_by_level"])
def test_every_school_of_the_file_is_read(shared: Path, tmp_path: Path, case: str) -> None:
    schools, said = ranked(shared, tmp_path, case)
    assert sorted(schools["npsn"]) == ["30300001", "30300002", "30300003", "30300004"]
    if case == "sheets_cover":
        assert any("“Petunjuk”" in line and 'sheet = "Data"' in line for line in said)


def test_a_layer_that_is_not_read_is_named(shared: Path, tmp_path: Path) -> None:
    _, said = ranked(shared, tmp_path, "pol_gpkg_two")
    assert any("layer “3g” was not read" in line for line in said)


def test_totals_and_repeated_headers(shared: Path, tmp_path: Path) -> None:
    schools, said = ranked(shared, tmp_path, "total_and_header_rows")
    assert sorted(schools["npsn"]) == [f"3030000{n}" for n in range(1, 6)]
    assert any("6, 7 (Jumlah; TOTAL)" in line for line in said)
    assert any("repeat the header" in line and "8" in line for line in said)


def test_two_rows_of_a_header(shared: Path, tmp_path: Path) -> None:
    schools, _ = ranked(shared, tmp_path, "two_header_rows")
    assert dict(zip(schools["npsn"], schools["students"], strict=True)) == {
        "30300001": 110,
        "30300002": 22,
    }


def test_a_download_without_a_header(shared: Path, tmp_path: Path) -> None:
    place = tmp_path / "case"
    shutil.copytree(shared / "cases" / "ocid_noheader", place)
    from kalsel_gap.sources.sites import read_sites

    sites, findings = read_sites(read_project(place))
    assert len(sites) == 6
    assert sites["technology"].tolist() == ["4g", "2g", "3g", "5g", "4g", "4g"]
    assert sites["row"].tolist() == [1, 2, 3, 4, 5, 7]
    assert [(f.row, f.value) for f in findings if f.code == "technology_unknown"] == [(6, "CDMA")]
    assert not [f for f in findings if f.code == "column_not_understood"]
