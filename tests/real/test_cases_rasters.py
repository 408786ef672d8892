"""Rasters and maps of coverage as offices hand them over: read right, or refused by name."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.errors import KalselGapError
from kalsel_gap.i18n.messages import error_lines
from kalsel_gap.i18n.text import Text
from kalsel_gap.pipeline import open_project
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.full_check import check_all

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.storage.run_folder import Run

pytestmark = pytest.mark.real
CITY, GAMBUT, ASTAMBUL = "30300001", "30300002", "30300003"


class Case:
    """A copy of the folder of a case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rank(self) -> Run:
        return open_project(self.folder).rank(cached=False)

    def check(self) -> pd.DataFrame:
        return check_all(read_project(self.folder / "kalsel-gap.toml")).findings

    def refused(self) -> str:
        with pytest.raises(KalselGapError) as caught:
            self.rank()
        return " ".join(error_lines(caught.value, Text("en")))


@pytest.fixture
def case(shared: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    folder = tmp_path / "case"
    shutil.copytree(shared / "cases" / request.param, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    return Case(folder)


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [name], indirect=True)


def value(run: Run, column: str) -> dict[str, Any]:
    """A column by NPSN, None where it is unknown."""
    schools = run.schools.set_index("npsn")[column].astype(object)
    known: dict[str, Any] = schools.where(schools.notna(), None).to_dict()
    return known


@of("aw3d30_declared")
def test_masks_beside_tiles_are_no_heights(case: Case) -> None:
    heights = value(case.rank(), "elevation_m")
    assert heights[CITY] is None
    assert heights[ASTAMBUL] is None
    assert heights[GAMBUT] == pytest.approx(48.2, abs=0.1)
    findings = case.check().set_index("code")
    assert "elevation_void" in findings.index
    named = findings.loc["raster_files_passed_over", "parameters"]
    assert "_MSK.tif" in str(named)
    assert "_STK.tif" in str(named)


@of("cov_nan")
def test_nan_counts_as_no_data(case: Case) -> None:
    assert value(case.rank(), "available")[GAMBUT] == 0.0
    assert "raster_nodata_unstated" not in set(case.check()["code"])


@of("cov_zero_undeclared")
def test_zero_is_no_level(case: Case) -> None:
    run = case.rank()
    available = value(run, "available")
    assert available[GAMBUT] is None
    assert available[CITY] == pytest.approx(0.7)
    assert "raster_nodata_undeclared" in set(run.findings["code"])
    assert "raster_nodata_undeclared" in set(case.check()["code"])


@of("dem_nan_seam")
def test_a_line_between_tiles_is_no_sea(case: Case) -> None:
    run = case.rank()
    assert value(run, "terrain_class")[CITY] != "pesisir"
    assert value(run, "coast_km")[CITY] is None
    assert value(run, "elevation_m")[CITY] == pytest.approx(271, abs=1)
    assert "elevation_seam_void" in set(case.check()["code"])


@of("dem_rgb")
def test_a_picture_is_no_elevation_model(case: Case) -> None:
    assert "picture" in case.refused()
    assert "file_unusable" in set(case.check()["code"])


@of("pol_kmz_overlay")
def test_a_picture_in_a_kmz_is_no_coverage(case: Case) -> None:
    said = case.refused()
    assert "picture" in said
    assert "no polygons" in said
    assert "GeoTIFF" in said


@of("pol_csv_wkt")
def test_polygons_in_a_table(case: Case) -> None:
    available = value(case.rank(), "available")
    assert available[GAMBUT] == 0.0
    assert sum(each == 0.5 for each in available.values()) == 3


@of("pol_gpkg_two")
def test_the_other_layer_is_named(case: Case) -> None:
    run = case.rank()
    (note,) = run.findings[run.findings["code"] == "layer_not_read"].to_dict("records")
    assert note["value"] == "3g"
