"""Polygons on a grid of cells, by hand, in degrees and in metres."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine
from rasterio.windows import Window

from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.geo.grid import Grid
from kalsel_gap.geo.rasterize import Footprints, cell_m
from kalsel_gap.terrain.islands import small_island

# Cells of 0.01° from 3° S, 115° E.
GRID = Grid(6, 4, Affine(0.01, 0.0, 115.0, 0.0, -0.01, -3.0), pyproj.CRS.from_epsg(4326))
WHOLE = Window(0, 0, 6, 4)


def cells(left: int, top: int, right: int, bottom: int) -> shapely.Polygon:
    """A polygon over cells, its edge well off their centres."""
    return shapely.box(
        115.0 + 0.01 * left, -3.0 - 0.01 * bottom, 115.0 + 0.01 * right, -3.0 - 0.01 * top
    )


def footprints(*shapes: shapely.Polygon, numbers: tuple[int, ...] = (1, 2)) -> Footprints:
    return Footprints(GRID, np.array(shapes, dtype=object), np.array(numbers[: len(shapes)]))


def test_a_cell_belongs_to_the_first_polygon_that_holds_its_centre() -> None:
    got = footprints(cells(0, 0, 2, 2), cells(1, 1, 4, 3)).at(WHOLE)
    assert got.tolist() == [
        [1, 1, 0, 0, 0, 0],
        [1, 1, 2, 2, 0, 0],
        [0, 2, 2, 2, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]


def test_a_part_of_the_grid_has_the_same_cells() -> None:
    shapes = footprints(cells(0, 0, 2, 2), cells(1, 1, 4, 3))
    assert shapes.at(Window(1, 1, 3, 2)).tolist() == shapes.at(WHOLE)[1:3, 1:4].tolist()
    assert not shapes.at(Window(0, 3, 6, 1)).any()


def test_polygons_on_a_projected_grid() -> None:
    # 500 m cells whose first corner lies on the central meridian, 117° E.
    transform = Affine(500.0, 0.0, 500_000.0, 0.0, -500.0, 9_700_000.0)
    grid = Grid(4, 2, transform, pyproj.CRS.from_epsg(32750))
    lat, lon = grid.position(1.0, 2.0)
    box = shapely.box(float(lon) - 0.02, float(lat), float(lon), float(lat) + 0.02)
    got = Footprints(grid, np.array([box], dtype=object), np.array([7])).at(Window(0, 0, 4, 2))
    assert got.tolist() == [[7, 7, 0, 0], [0, 0, 0, 0]]


def test_land_off_its_polygon_takes_the_nearest_up_to_a_limit() -> None:
    shapes = footprints(cells(0, 0, 1, 4), cells(5, 0, 6, 4))
    todo = np.ones((4, 6), dtype=np.bool_)
    todo[1] = False
    got = shapes.nearest(WHOLE, todo, 1200.0)  # a cell is 1.11 km wide
    assert got[0].tolist() == [1, 1, 0, 0, 2, 2]
    assert got[1].tolist() == [1, 0, 0, 0, 0, 2]
    # A window of its own sees the same polygons.
    assert shapes.nearest(Window(1, 0, 2, 1), todo[:1, 1:3], 1200.0).tolist() == [[1, 0]]


def test_small_islands() -> None:
    land = footprints(cells(0, 0, 1, 4), cells(5, 0, 6, 4))
    got = small_island(land, WHOLE, np.ones((4, 6), dtype=np.bool_), 1200.0, 2)
    assert got[0].tolist() == [0, 0, -1, -1, 1, 1]


@pytest.mark.parametrize("row", [0, 3])
def test_the_size_of_a_cell_is_its_area_on_the_ellipsoid(row: int) -> None:
    area_m2 = abs(WGS84.geometry_area_perimeter(cells(0, row, 1, row + 1))[0])
    assert np.prod(cell_m(GRID, row)) == pytest.approx(area_m2, rel=1e-6)
