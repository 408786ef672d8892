"""Findings about the land cover, on rasters of a few cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from kalsel_gap.quality.land_cover import check_land_cover

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject, MakeRaster

SCHOOLS = pd.DataFrame({"lat": [-2.905, -2.915], "lon": [115.305, 115.315]})
KNOWN = np.array([[10, 30, 50], [80, 10, 0], [10, 10, 95]], dtype="uint8")


def found(project: MakeProject, path: Path, schools: pd.DataFrame = SCHOOLS) -> list[Finding]:
    return check_land_cover(project({"land_cover": {"path": str(path)}}, bare=True), schools)


def test_classes_of_the_table(project: MakeProject, raster: MakeRaster) -> None:
    assert found(project, raster("cover.tif", KNOWN, nodata=0)) == []
    assert check_land_cover(project(bare=True), SCHOOLS) == []


def test_a_class_without_a_height(project: MakeProject, raster: MakeRaster) -> None:
    cells = np.where(KNOWN == 50, 11, KNOWN)
    (only,) = found(project, raster("cover.tif", cells, nodata=0))
    assert (only.code, only.parameters["classes"]) == ("land_cover_class_unlisted", "11")
    assert only.file.endswith("cover.tif")


@pytest.mark.parametrize("kind", ["elsewhere", "broken", "empty"])
def test_a_raster_that_tells_nothing(project: MakeProject, raster: MakeRaster, kind: str) -> None:
    path = raster("cover.tif", KNOWN * (kind != "empty"), nodata=0)
    schools = SCHOOLS + 5.0 if kind == "elsewhere" else SCHOOLS
    if kind == "broken":
        path.write_bytes(path.read_bytes()[:60])
    codes = {
        "elsewhere": "raster_off_every_school",
        "broken": "file_unusable",
        "empty": "raster_without_data",
    }
    assert [f.code for f in found(project, path, schools)] == [codes[kind]]
