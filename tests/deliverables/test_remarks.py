"""What stands beside a list: who is missing from it, what a filter leaves, what evidence lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from kalsel_gap.deliverables.remarks import list_remarks, nobody_ranked
from kalsel_gap.deliverables.tables import View, select, silent_maps, to_csv
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.pipeline import OpenProject
from tests.deliverables.test_tables import records

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import CommandLine, MakeProject

pytestmark = pytest.mark.usefixtures("warm_cache")

COVERAGE: dict[str, Any] = {
    "path": "map.tif",
    "technology": "4g",
    "operator": "x",
    "kind": "rsrp_dbm",
    "basis": "declared",
    "nodata_means": "unknown",
}
ALONE: dict[str, Any] = {"coverage": [COVERAGE], "sites": None, "measurements": None}


def levels(folder: Path, *, west: float = -85.0, east: float = np.nan) -> bytes:
    """A map in two halves over all of data/tiny; NaN is no data."""
    path = folder / "map.tif"
    profile: dict[str, Any] = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": -9999}
    transform = Affine(0.05, 0.0, 115.30, 0.0, -0.05, -2.90)
    size = {"width": 2, "height": 2, "crs": "EPSG:4326", "transform": transform}
    with rasterio.open(path, "w", **profile, **size) as file:
        file.write(np.nan_to_num(np.array([[west, east]] * 2, dtype="float32"), nan=-9999), 1)
    return path.read_bytes()


@pytest.fixture(scope="module")
def half(project: MakeProject, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A map that says nothing of the eastern schools, and nothing else; nobody changes the run."""
    folder = tmp_path_factory.mktemp("half")
    opened = project(ALONE, files={"map.tif": levels(folder)})
    return OpenProject(opened).rank(out=folder / "runs")


def test_schools_without_evidence_are_named_with_the_map_and_its_key(half: Run) -> None:
    fallen = half.schools[half.schools["unranked_reason"] == "no_evidence"]
    assert 0 < len(fallen) < len(half.schools)
    assert set(silent_maps(half, fallen)["row_id"]) == set(fallen["row_id"])
    for language in LANGUAGES:
        said = "\n".join(list_remarks(half, Text(language)))
        assert all(npsn in said for npsn in fallen["npsn"])
        assert "map.tif" in said
        assert "nodata_means" in said
    rows = records(to_csv(half, select(half.schools, View()), Text("en")))
    assert len(rows) == len(half.schools)  # every row of the register comes out
    named = {row["npsn"] for row in rows if "map.tif" in row["reason_text"]}
    assert named == set(fallen["npsn"])


def test_a_map_whose_silence_means_none_leaves_nobody_out(
    project: MakeProject, tmp_path: Path
) -> None:
    sections = ALONE | {"coverage": [COVERAGE | {"nodata_means": "none"}]}
    opened = project(sections, files={"map.tif": levels(tmp_path)})
    run = OpenProject(opened).rank(out=tmp_path / "runs")
    assert "no_evidence" not in set(run.schools["unranked_reason"].dropna())
    assert "nodata_means" not in "\n".join(list_remarks(run, Text("en")))


def test_what_is_counted_is_about_the_schools_of_the_list(half: Run) -> None:
    view = View(kabupaten=(str(half.schools["kabupaten"].dropna().iloc[0]),))
    shown = select(half.schools, view)
    (counted, *_) = [s for s in list_remarks(half, Text("en"), view) if "without a rank" in s]
    assert f"without a rank: {shown['unranked_reason'].notna().sum()} " in counted
    everywhere = [s for s in list_remarks(half, Text("en")) if "without a rank" in s]
    assert counted not in everywhere
    about = [s for s in list_remarks(half, Text("en"), view) if "findings.csv" in s]
    assert all("these schools" in sentence for sentence in about)


def test_a_view_that_shows_nothing_says_what_there_is(half: Run) -> None:
    view = View(level=("SMP",), terrain=("rawa",))
    assert select(half.schools, view).empty
    said = "\n".join(list_remarks(half, Text("en"), view))
    assert "No school matches" in said
    assert "--level can be" in said
    assert "--terrain can be" in said
    assert "[wetlands]" in said  # no layer tells what a wetland is


@pytest.mark.parametrize(
    ("sections", "lacking"),
    [
        (
            {"coverage": None, "sites": None, "measurements": None},
            ("[[coverage]]", "[[sites]]", "[[measurements]]", "internet"),
        ),
        (ALONE, ("the maps of the project say nothing", "[[measurements]]")),
    ],
)
def test_nobody_can_be_ranked(
    project: MakeProject,
    tmp_path: Path,
    cli: CommandLine,
    sections: dict[str, Any],
    lacking: tuple[str, ...],
) -> None:
    files = {"map.tif": levels(tmp_path, west=np.nan, east=-300.0)} if sections["coverage"] else {}
    opened = project(sections, bare=True, files=files)
    answer = cli("rank", "-p", opened.path, "--despite-errors", "--format", "table")
    assert answer.status == 3, answer.err
    run = OpenProject(opened).rank(out=tmp_path / "runs", despite_errors=True)
    assert nobody_ranked(run)
    printed = answer.out.decode()
    assert all(npsn in printed for npsn in run.schools["npsn"] if npsn)
    (line,) = [line for line in answer.err.splitlines() if line.startswith("No school has a rank")]
    assert all(word in line for word in lacking)
