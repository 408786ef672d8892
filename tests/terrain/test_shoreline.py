"""Open water: what of the sea is no river, no mouth of a river and no other inlet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from affine import Affine

from kalsel_gap.geo.dem import dem_grid_of
from kalsel_gap.terrain import sea_mask, shoreline

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.terrain.sea_mask import CellRuns
    from tests.conftest import MakeDem

SEA = -32768
# Sea in the west; a river, a bay, a strait of one cell, and an island beyond it. Cells of 100 m.
COAST = """
~~~1111111
~~~~~~~~~~
~~~1111111
~~~1111111
~~~~~11111
~~~~~11111
~~~1111111
"""


def water_of(path: Path, width_m: float) -> CellRuns:
    sea = sea_mask.open_sea(path)
    return shoreline.find_open_water(sea, dem_grid_of(sea.grid, path), width_m)


def land_and_sea(text: str) -> Any:
    return np.array([[SEA if cell == "~" else 5 for cell in line] for line in text.split()])


def test_a_river_ends_at_its_mouth(make_dem: MakeDem) -> None:
    """A circle of 200 m fits from the second column of sea on; 350 m from there water is open."""
    path = make_dem(land_and_sea(COAST))
    got = water_of(path, 200.0).inside
    sea = land_and_sea(COAST) == SEA
    expected = sea.copy()
    expected[1, 5:] = False  # the river, but for its first two cells
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("text", "width_m"),
    [
        (COAST, 0.0),  # every inlet counts
        ("~111\n~111\n~111", 2000.0),  # a strip: the raster cannot tell
        ("~~~~\n~~~~", 200.0),  # no land at all
        ("~~~1\n~~~1\n~~~1", 200.0),  # nothing narrow
        ("~~~1~~~\n~~~~~~~\n~~~1~~~\n~~~1~~~", 200.0),  # a short strait between two seas
    ],
)
def test_what_stays_sea(make_dem: MakeDem, text: str, width_m: float) -> None:
    path = make_dem(land_and_sea(text))
    np.testing.assert_array_equal(water_of(path, width_m).inside, land_and_sea(text) == SEA)


def test_no_sea_has_no_open_water(make_dem: MakeDem) -> None:
    assert not water_of(make_dem(np.full((3, 3), 5)), 200.0).any()


def test_a_coastline_up_a_river_is_cut(make_dem: MakeDem) -> None:
    path = make_dem(land_and_sea("~~~11111111111111111\n" * 5), transform=_km())
    sea = sea_mask.open_sea(path)

    def at(row: float, col: float) -> tuple[float, float]:
        lat, lon = sea.grid.position(row, col)
        return float(lon), float(lat)

    shore = shapely.LineString([at(0.5, 3), at(4.5, 3)])
    banks = shapely.LineString([at(2.5, 3), at(2.5, 18)])
    off = shapely.LineString([at(2.5, 40), at(2.5, 50)])  # beyond the raster nothing is known
    lines = np.array([shore, banks, off], dtype=object)
    kept = shoreline.clip_coastline(lines, sea, 2000.0)
    assert shore in list(kept)
    assert off in list(kept)
    (cut,) = [line for line in kept if line not in (shore, off)]
    # From the last cell of the sea, whose centre lies 500 m west of the shore, 2 km are 1.5 km.
    assert cut.length == pytest.approx(banks.length * 1.5 / 15, abs=0.003)
    assert not shoreline.clip_coastline(np.array([at_far(banks)], dtype=object), sea, 500.0).size


def at_far(line: shapely.LineString) -> shapely.LineString:
    """The eastern half of a line."""
    return shapely.LineString([line.interpolate(0.5, normalized=True), line.coords[-1]])


def _km() -> Any:
    """Cells of 1 km."""
    return Affine(1000.0, 0.0, 500_000.0, 0.0, -1000.0, 9_700_000.0)
