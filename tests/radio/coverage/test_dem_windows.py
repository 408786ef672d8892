"""DEM windows around sites: sea, coast, voids and clutter, the same in every window."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from affine import Affine
from rasterio.windows import Window

from kalsel_gap.radio.coverage import dem_windows
from kalsel_gap.radio.coverage.dem_windows import SweepWindows
from kalsel_gap.radio.paths.elevation_model import ElevationModel, sea_of
from kalsel_gap.radio.propagation.path_inputs import RadioZone

if TYPE_CHECKING:
    from kalsel_gap.project.inputs import Surface
    from tests.conftest import MakeDem

SEA, COAST, INLAND = RadioZone.SEA, RadioZone.COASTAL, RadioZone.INLAND
# The west is sea, a void lies inland, 101 m are too high for a coast.
CELLS = [
    [-32768, 0, 5, 100, 101],
    [-32768, 2, 5, -32768, 7],
    [-32768, 2, 5, 40, 7],
    [-32768, 2, 5, 40, 7],
]


def test_sea_lies_at_zero_and_low_land_near_it_is_coastal(make_dem: MakeDem) -> None:
    terrain = ElevationModel(make_dem(CELLS), surface="dsm")
    found = SweepWindows(terrain, sea_of(terrain)).at(Window(0, 0, 5, 4))
    heights = np.array(CELLS, dtype=np.float64)
    heights[:, 0] = 0.0
    heights[1, 3] = np.nan
    np.testing.assert_array_equal(found.ground_m, heights)
    zones = np.full((4, 5), COAST)
    zones[:, 0] = SEA
    zones[0, 4] = zones[1, 3] = INLAND
    np.testing.assert_array_equal(found.zone, zones)
    assert found.clutter_m.size == 0


def test_beyond_fifty_kilometres_nothing_is_coastal(make_dem: MakeDem) -> None:
    row = [-32768, *[5] * 6]  # cells of 10 km
    far = make_dem([row, row], transform=Affine(10_000.0, 0.0, 5e5, 0.0, -10_000.0, 9.7e6))
    terrain = ElevationModel(far)
    zone = SweepWindows(terrain, sea_of(terrain)).at(Window(0, 0, 7, 2)).zone
    assert zone[0].tolist() == [SEA, *[COAST] * 5, INLAND]


def test_without_a_sea_all_is_inland(make_dem: MakeDem) -> None:
    terrain = ElevationModel(make_dem(CELLS), sea="none")
    found = SweepWindows(terrain, sea_of(terrain)).at(Window(0, 0, 5, 4))
    assert found.zone.size == 0
    assert np.isnan(found.ground_m[:, 0]).all()


def test_clutter_stands_on_bare_ground_and_not_in_the_sea(make_dem: MakeDem) -> None:
    cover = make_dem(np.full((4, 5), 10), dtype="uint8", nodata=255)
    heights = {10: 20.0}
    bare = ElevationModel(make_dem(CELLS), surface="dtm", land_cover=cover, clutter=heights)
    sea = sea_of(bare)
    expected = np.full((4, 5), 20.0)
    expected[:, 0] = 0.0
    found = SweepWindows(bare, sea).at(Window(0, 0, 5, 4)).clutter_m
    np.testing.assert_array_equal(found, expected)
    surface = replace(bare, surface="dsm")
    assert SweepWindows(surface, sea).at(Window(0, 0, 5, 4)).clutter_m.size == 0


@pytest.mark.parametrize("surface", ["dtm", "dsm"])
def test_woodland_is_known_where_the_land_cover_is(make_dem: MakeDem, surface: Surface) -> None:
    codes = np.full((4, 5), 30)
    codes[1, :], codes[2, :], codes[3, 2:] = 10, 99, 255  # woodland, a class in no list, no data
    cover = make_dem(codes, dtype="uint8", nodata=255)
    heights = {10: 20.0, 30: 0.0}
    terrain = ElevationModel(
        make_dem(CELLS), surface=surface, land_cover=cover, clutter=heights, woodland_classes=(10,)
    )
    found = SweepWindows(terrain, sea_of(terrain)).at(Window(0, 0, 5, 4)).in_woodland
    # The first column is sea: there an unknown class is not woodland.
    expected = [[0] * 5, [1] * 5, [0, *[-1] * 4], [0, 0, -1, -1, -1]]
    assert found.tolist() == expected
    bare = ElevationModel(make_dem(CELLS), surface=surface)
    assert SweepWindows(bare, sea_of(bare)).at(Window(0, 0, 5, 4)).in_woodland.size == 0


@pytest.mark.parametrize("kept", [1, 2, 8])
def test_a_cell_is_the_same_in_every_window(
    make_dem: MakeDem, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(dem_windows, "BLOCK_ROWS", 3)
    monkeypatch.setattr(dem_windows, "KEPT", kept)
    cells = np.random.default_rng(3).integers(0, 150, (11, 9))
    cells[:, :2] = -32768
    terrain = ElevationModel(make_dem(cells), surface="dsm")
    grounds = SweepWindows(terrain, sea_of(terrain))
    whole = grounds.at(Window(0, 0, 9, 11))
    for top, left, height, width in ((0, 0, 1, 1), (2, 3, 5, 4), (5, 0, 6, 9), (10, 8, 1, 1)):
        part = grounds.at(Window(left, top, width, height))
        at = np.s_[top : top + height, left : left + width]
        np.testing.assert_array_equal(part.ground_m, whole.ground_m[at])
        np.testing.assert_array_equal(part.zone, whole.zone[at])
        assert part.grid == whole.grid.part(top, left, height, width)
