"""What a cell or a polygon stands for, by hand; whole maps are in test_map_evidence.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import box

from kalsel_gap.deficit.coverage_value import adequacy_of_cells, adequacy_of_polygons
from kalsel_gap.geo.sampling import Sample

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.deficit.coverage_value import CellAdequacy
    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject, MakeRaster

NAN = np.nan
MAP = {
    "technology": "4g",
    "operator": "any",
    "kind": "rsrp_dbm",
    "basis": "modelled",
    "nodata_means": "unknown",
}


@pytest.fixture
def cells(project: MakeProject, raster: MakeRaster) -> Any:
    """Adequacy of cell values; the last of them lies outside of the raster."""
    path = str(raster("a.tif", [[0]]))

    def judge(values: list[float], **given: Any) -> tuple[CellAdequacy, list[Finding]]:
        opened = project({"coverage": [{**MAP, "path": path, **given}]}, bare=True)
        outside = np.arange(len(values)) == len(values) - 1
        found = Sample(np.array(values, dtype=float), outside)
        return adequacy_of_cells(found, opened.project.coverage[0], opened)

    return judge


@pytest.mark.parametrize("kind", ["rsrp_dbm", "level_dbm"])
def test_a_level_that_no_receiver_reports_is_unknown(cells: Any, kind: str) -> None:
    # Of 4G: -100 dBm lies half way from .45 at -105 to .70 at -95; beyond the ends 0 and .95.
    # A level of exactly 0 is no data that is not declared.
    got, (finding,) = cells([-100.0, -200.0, -0.1, 0.0, -200.1, NAN, NAN], kind=kind)
    assert got.adequacy.tolist() == pytest.approx([0.575, 0.0, 0.95, *[NAN] * 4], nan_ok=True)
    assert not got.none.any()
    assert finding.code == "raster_values_impossible"
    assert finding.file.endswith("a.tif")
    assert finding.parameters == {"count": 2, "low": -200.0, "high": 0.0}


def test_without_data_there_is_no_signal_where_the_map_says_so(cells: Any) -> None:
    got, findings = cells([-100.0, NAN, NAN], nodata_means="none")
    assert got.adequacy.tolist() == pytest.approx([0.575, 0.0, NAN], nan_ok=True)
    assert got.none.tolist() == [False, True, False]  # nothing is known outside of the raster
    assert findings == []


@pytest.mark.parametrize(
    ("technology", "covered"), [("fixed", 0.95), ("4g", 0.5), ("3g", 0.2), ("2g", 0.05)]
)
def test_where_somebody_declares_coverage(cells: Any, technology: str, covered: float) -> None:
    got, findings = cells([0.0, 1.0, 300.0, NAN], technology=technology, kind="binary")
    assert got.adequacy.tolist() == pytest.approx([0.0, covered, covered, NAN], nan_ok=True)
    assert findings == []  # 300 is no level


def test_a_class_that_is_not_listed_is_unknown_and_found(cells: Any) -> None:
    classes = {"1": 0.2, "2.5": 0.7}
    got, (finding,) = cells([1.0, 2.5, 7.0, 3.0, 7.0, NAN], kind="class", classes=classes)
    assert got.adequacy.tolist() == pytest.approx([0.2, 0.7, *[NAN] * 4], nan_ok=True)
    assert (finding.code, finding.parameters) == ("raster_class_unlisted", {"classes": "3, 7"})
    assert finding.file.endswith("a.tif")
    assert cells([1.0, NAN], kind="class", classes=classes)[1] == []
    _, (finding,) = cells([1.0, 0.0, -9999.0], kind="class", classes=classes)
    assert (finding.code, finding.parameters) == ("raster_class_unlisted", {"classes": "-9999, 0"})


@pytest.fixture
def polygons(project: MakeProject, tmp_path: Path) -> Any:
    def judge(**given: Any) -> tuple[list[float], list[Finding]]:
        names = ["2", "kuat", *(f"k{n:02}" for n in range(25, 0, -1)), ""]
        shapes = [box(115 + n / 10, -3, 115.1 + n / 10, -2.9) for n in range(len(names))]
        gpd.GeoDataFrame({"mutu": names}, geometry=shapes, crs=4326).to_file(tmp_path / "p.geojson")
        source = {**MAP, "path": str(tmp_path / "p.geojson"), "kind": "binary", **given}
        opened = project({"coverage": [source]}, bare=True)
        table, findings = adequacy_of_polygons(opened.project.coverage[0], opened)
        return table["adequacy"].tolist(), findings

    return judge


def test_polygons_that_somebody_declares(polygons: Any) -> None:
    assert polygons() == ([0.5] * 28, [])
    assert polygons(technology="fixed") == ([0.95] * 28, [])


def test_classes_of_polygons_that_are_not_listed(polygons: Any) -> None:
    classes = {"2.0": 0.2, "KUAT": 0.7}
    got, (finding,) = polygons(kind="class", class_column="mutu", classes=classes)
    assert got == pytest.approx([0.2, 0.7, *[NAN] * 26], nan_ok=True)
    assert finding.code == "coverage_class_unlisted"
    assert finding.file.endswith("p.geojson")
    # In order, one without a name as a dash, twenty of them.
    shown = ", ".join(["–", *(f"k{n:02}" for n in range(1, 20))])
    assert finding.parameters == {"classes": shown}
