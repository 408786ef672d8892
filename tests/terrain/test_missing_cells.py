"""Missing tiles, voids and lines between tiles: none of them is the sea."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from kalsel_gap.geo.mosaic import open_band
from kalsel_gap.radio.coverage.dem_windows import SweepWindows
from kalsel_gap.radio.paths.elevation_model import ElevationModel
from kalsel_gap.radio.paths.profiles import extract_profiles
from kalsel_gap.terrain import sea_mask
from kalsel_gap.terrain.missing_cells import Hole, Seam, find_holes
from kalsel_gap.terrain.open_sea import void_findings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NAN = np.nan
SIDE = 20  # cells of a tile


def write_tile(folder: Path, row: int, col: int, cells: NDArray[np.floating]) -> Path:
    """A tile of cells of a hundredth of a degree, by its place among tiles."""
    corner = Affine(0.01, 0, 115.0 + 0.01 * SIDE * col, 0, -0.01, -0.01 * SIDE * row)
    path = folder / f"{row}{col}.tif"
    profile: dict[str, Any] = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": NAN}
    profile |= {"crs": "EPSG:4326", "transform": corner}
    height, width = cells.shape
    with rasterio.open(path, "w", height=height, width=width, **profile) as dataset:
        dataset.write(cells.astype("float32"), 1)
    return path


def tiles(folder: Path, heights: list[list[float | None]]) -> list[Path]:
    """Level tiles; NaN is sea, None a tile that is not there."""
    return [
        write_tile(folder, row, col, np.full((SIDE, SIDE), z))
        for row, line in enumerate(heights)
        for col, z in enumerate(line)
        if z is not None
    ]


@pytest.mark.parametrize(
    ("heights", "is_sea"),
    [
        ([[70, 70, 70], [70, None, 70], [70, 70, 70]], False),
        ([[4, 4, 4], [4, 4, None], [4, 4, 4]], False),  # low land, and at the edge of the raster
        ([[4, NAN, NAN], [4, NAN, None], [4, NAN, NAN]], True),  # nobody ships a tile of the ocean
        ([[4, NAN], [NAN, None]], True),
        ([[4, 70], [NAN, None]], False),  # half of its rim is land: some of it is, too
    ],
)
def test_a_missing_tile(
    tmp_path: Path,
    heights: list[list[float | None]],
    is_sea: bool,
) -> None:
    sea = sea_mask.open_sea(tiles(tmp_path, heights))
    ((row, col),) = [
        (row, col) for row, line in enumerate(heights) for col, z in enumerate(line) if z is None
    ]
    within = np.zeros((SIDE * len(heights), SIDE * len(heights[0])), dtype=np.bool_)
    within[row * SIDE : (row + 1) * SIDE, col * SIDE : (col + 1) * SIDE] = True
    assert sea.inside[within].all() == is_sea
    assert sea.inside[within].any() == is_sea
    codes = [finding.code for finding in void_findings(sea, "dem")]
    assert codes == ([] if is_sea else ["elevation_tile_missing"])
    assert sea.voids is not None
    assert sea.missing is not None
    for cells in (sea.voids, sea.missing):
        np.testing.assert_array_equal(cells.inside, within & (not is_sea))
    again = sea_mask.as_runs(sea)
    assert again["kind"].nunique() == (1 if is_sea else 2 + bool(sea.any()))


def test_where_a_missing_tile_is(tmp_path: Path) -> None:
    sea = sea_mask.open_sea(tiles(tmp_path, [[9, 9], [9, None]]))
    assert sea.holes == (Hole(SIDE, SIDE, SIDE, SIDE),)
    (finding,) = void_findings(sea, "dem")
    assert finding.parameters == {"place": "-0.3000, 115.3000", "corner": "-0.4000, 115.2000"}


def test_a_void_at_the_edge_among_mountains_is_no_sea(tmp_path: Path) -> None:
    cells = np.full((30, 30), 270.0)
    cells[:, 20:] = NAN  # to the east the model ends
    sea = sea_mask.open_sea(write_tile(tmp_path, 0, 0, cells))
    assert not sea.any()
    assert sea.voids is not None
    assert sea.voids.inside.sum() == 300
    cells[10:14, 19] = 3.0  # 4 of 30 cells of the rim are a beach
    assert sea_mask.open_sea(write_tile(tmp_path, 0, 0, cells)).inside.sum() == 300


@pytest.mark.parametrize("low", [2.0, 270.0])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_line_between_tiles_is_a_seam(tmp_path: Path, axis: int, low: float) -> None:
    first = np.full((SIDE, SIDE), low)
    if axis:
        first[:, -1] = NAN
    else:
        first[-1] = NAN
    files = [
        write_tile(tmp_path, 0, 0, first),
        write_tile(tmp_path, 1 - axis, axis, np.full((SIDE, SIDE), low)),
    ]
    sea = sea_mask.open_sea(files)
    assert not sea.any()
    assert sea.seams == (Seam(axis, SIDE - 1, SIDE),)
    (finding,) = void_findings(sea, "dem")
    # Line 19 of cells of 0.01 degrees, from 0° and from 115°.
    line = "lon 115.1950" if axis else "lat -0.1950"
    assert (finding.code, finding.parameters) == (
        "elevation_seam_void",
        {"count": SIDE, "line": line},
    )


def test_both_tiles_may_lack_a_column(tmp_path: Path) -> None:
    first, second = np.full((2, SIDE, SIDE), 2.0)
    first[:, -1] = second[:, 0] = NAN
    sea = sea_mask.open_sea([write_tile(tmp_path, 0, n, z) for n, z in enumerate((first, second))])
    assert not sea.any()
    assert sea.seams == (Seam(1, SIDE - 1, SIDE), Seam(1, SIDE, SIDE))


def test_a_narrow_river_is_no_seam(tmp_path: Path) -> None:
    first = np.full((SIDE, SIDE), 2.0)
    first[10] = NAN  # across both tiles, not along their border
    second = first.copy()
    sea = sea_mask.open_sea([write_tile(tmp_path, 0, n, z) for n, z in enumerate((first, second))])
    assert sea.seams == ()
    assert sea.inside.sum() == 2 * SIDE


def test_holes_of_tiles_that_share_a_row(tmp_path: Path) -> None:
    """SRTM: the last row of a tile is the first one of the next."""
    big = np.full((SIDE + 1, SIDE + 1), 9.0)
    files = [write_tile(tmp_path, *at, big) for at in ((0, 0), (0, 1), (1, 0))]
    with rasterio.open(files[0]):
        pass
    from kalsel_gap.geo.mosaic import open_band

    with open_band(files) as band:
        assert find_holes(band) == [Hole(SIDE, SIDE, SIDE + 1, SIDE + 1)]


@pytest.mark.parametrize("dtype", ["float32", "int16"])
@pytest.mark.parametrize("axis", [0, 1])
def test_heights_carry_paths_over_a_seam_of_one_cell(tmp_path: Path, axis: int, dtype: str) -> None:
    first, second = np.full((SIDE, SIDE), 10.0), np.full((SIDE, SIDE), 20.0)
    first[(slice(None), -1) if axis else (-1,)] = NAN
    first[:3, :3] = NAN  # a lake stays unknown
    files = [write_tile(tmp_path, 0, 0, first), write_tile(tmp_path, 1 - axis, axis, second)]
    sea = sea_mask.open_sea(files)
    again = sea_mask.as_runs(sea)
    assert again["kind"].tolist().count(sea_mask.SEAM) == SIDE
    with open_band(files) as band:
        found = sea.bridge(band)
        assert found is not None
        z = np.where(
            np.isnan(cells := band.read(Window(0, 0, band.grid.width, band.grid.height))), -1, cells
        )
    whole = z.astype(dtype)
    found.fill(whole, 0)
    line = whole[:, SIDE - 1] if axis else whole[SIDE - 1]
    assert line.tolist() == [15] * SIDE
    assert (whole != z).sum() == SIDE
    part = z[2:, 4:].astype(dtype)
    found.fill(part, 2, 4)
    np.testing.assert_array_equal(part, whole[2:, 4:])


def test_a_seam_of_two_cells_is_not_bridged(tmp_path: Path) -> None:
    first, second = np.full((2, SIDE, SIDE), 2.0)
    first[:, -1] = second[:, 0] = NAN
    files = [write_tile(tmp_path, 0, n, z) for n, z in enumerate((first, second))]
    with open_band(files) as band:
        found = sea_mask.open_sea(files).bridge(band)
    assert found is not None
    assert found.cell.size == 0


def test_a_path_over_a_seam_is_known(tmp_path: Path) -> None:
    first, second = np.full((SIDE, SIDE), 10.0), np.full((SIDE, SIDE), 20.0)
    first[:, -1] = NAN
    files = [write_tile(tmp_path, 0, n, z) for n, z in enumerate((first, second))]
    terrain = ElevationModel(files, surface="dsm")
    sea = sea_mask.open_sea(files)
    ((_, paths),) = extract_profiles(terrain, -0.1, 115.1, -0.1, 115.3, sea=sea)
    assert np.isfinite(paths.ground_m).all()
    assert paths.ground_m.min() == pytest.approx(10)
    assert paths.ground_m.max() == pytest.approx(20)
    ground = SweepWindows(terrain, sea).at(Window(0, 0, 2 * SIDE, SIDE)).ground_m
    assert ground[:, SIDE - 1].tolist() == [15.0] * SIDE
