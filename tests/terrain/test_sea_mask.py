from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from kalsel_gap.geo import sampling
from kalsel_gap.terrain import relief_at_points, sea_mask
from tests.conftest import DEGREES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.conftest import MakeDem

NAN = np.nan
SEA = -32768


def picture(text: str) -> NDArray[np.str_]:
    return np.array([list(line) for line in text.split()])


def heights(text: str) -> NDArray[np.int16]:
    """`~` is nodata, a digit that many metres, `^` a hill."""
    values = {"~": SEA, "^": 99} | {str(digit): digit for digit in range(10)}
    return np.array([[values[cell] for cell in line] for line in text.split()], dtype=np.int16)


@pytest.mark.parametrize(
    ("land", "sea"),
    [
        ("111 1~1 111", "... ... ..."),  # a lake
        ("1~1 1~1 111", ".#. .#. ..."),  # a bay
        ("~11 1~1 111", "#.. ... ..."),  # water is not connected over a corner
        ("~~1 1~1 111", "##. .#. ..."),  # but it is over an edge
        ("111 ~11 111", "... #.. ..."),  # the border is enough
        ("~~~ ~~~ ~~~", "### ### ###"),
        ("111 111 111", "... ... ..."),
        ("~", "#"),
        ("1", "."),
        ("1~1", ".#."),
        ("~1111 ~1~11 ~~1~1 111~1 11111", "#.... #.... ##... ..... ....."),
        ("11111 1~~~1 1~1~1 1~1~1 111~1", "..... .###. .#.#. .#.#. ...#."),  # round a corner
    ],
)
def test_open_sea(make_dem: MakeDem, land: str, sea: str) -> None:
    path = make_dem(heights(land))
    mask = sea_mask.open_sea(path)
    assert mask.inside.dtype == np.bool_
    np.testing.assert_array_equal(mask.inside, picture(sea) == "#")


@pytest.mark.parametrize(
    ("land", "coast"),
    [
        ("~5^", ".#."),
        ("~^5", "..."),  # low land behind a hill
        ("1~^^ 1^5^ ^^^^", "#... #.#. ...."),  # the corner of the sea is the coast
        ("~^^ ^5^ ^^^", "... ... ..."),  # but a void at the edge of mountains is no sea
        ("~5^^ ^^5^ ^^^5", ".#.. ..#. ...#"),  # and low land is connected over corners
        ("555 5~5 555", "... ... ..."),  # a lake has no coast
        ("~555 55~5 5555", ".### ##.# ####"),  # but may lie within one
        ("~0^ 9^5", ".#. #.#"),
        ("~~~", "..."),
    ],
)
def test_low_coast(make_dem: MakeDem, land: str, coast: str) -> None:
    path = make_dem(heights(land))
    zone = sea_mask.low_coast(path, sea_mask.open_sea(path))
    np.testing.assert_array_equal(zone.inside, picture(coast) == "#")


def test_the_limit_of_the_low_coast_belongs_to_it(make_dem: MakeDem) -> None:
    path = make_dem(heights("~78"))
    sea = sea_mask.open_sea(path)
    assert sea_mask.low_coast(path, sea, 7.0).inside.tolist() == [[False, True, False]]
    assert sea_mask.low_coast(path, sea, 8.0).inside.tolist() == [[False, True, True]]
    assert sea_mask.low_coast(path, sea, 6.9).inside.tolist() == [[False, False, False]]


def test_the_sea_of_another_raster(make_dem: MakeDem) -> None:
    sea = sea_mask.open_sea(make_dem(heights("~1 11")))
    with pytest.raises(ValueError, match="another raster"):
        sea_mask.low_coast(make_dem(heights("~11")), sea)


def test_a_zone_at_points(make_dem: MakeDem) -> None:
    path = make_dem(heights("~1 11"), **DEGREES)
    sea = sea_mask.open_sea(path)
    inside, outside = sea.at(
        [-2.0005, -2.0005, -2.0015, 2.0, NAN], [115.0005, 115.0015] + [115.0] * 3
    )
    assert inside.tolist() == [True, False, False, False, False]
    assert outside.tolist() == [False, False, False, True, True]
    inside, outside = sea.at(np.full((2, 3), -2.0005), np.full((2, 3), 115.0005))
    assert inside.shape == outside.shape == (2, 3)
    assert inside.all()


def has_shore(cells: NDArray[Any], labels: NDArray[Any], part: int) -> bool:
    """Whether a twentieth of the cells of land beside a part of the water is low, or none is."""
    beside = [
        cells[i, j]
        for row, col in np.argwhere(labels == part)
        for i, j in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1))
        if 0 <= i < cells.shape[0] and 0 <= j < cells.shape[1] and not labels[i, j]
    ]
    land = [int(z) for z in beside if z != SEA]
    return 20 * sum(z <= 30 for z in land) >= len(land)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_sea_and_coast_agree_with_labels(make_dem: MakeDem, data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    flat = st.lists(
        st.sampled_from([SEA, SEA, 0, 3, 3, 50]), min_size=height * width, max_size=height * width
    )
    cells = np.reshape(data.draw(flat), (height, width))
    path, zero = make_dem(cells), data.draw(st.booleans())

    labels, _ = ndimage.label((cells == SEA) | (zero & (cells == 0)))
    border = np.ones(cells.shape, dtype=bool)
    border[1:-1, 1:-1] = False
    reached = np.setdiff1d(labels[border], [0])
    expected_sea = np.isin(labels, [n for n in reached if has_shore(cells, labels, n)])
    sea = sea_mask.open_sea(path, zero=zero)
    np.testing.assert_array_equal(sea.inside, expected_sea)

    eight = np.ones((3, 3), dtype=bool)
    low = (cells != SEA) & (cells <= 10)
    spread = ndimage.binary_propagation(expected_sea, structure=eight, mask=low | expected_sea)
    around = np.pad(expected_sea, 1, constant_values=True)
    edge = expected_sea & ~ndimage.binary_erosion(around)[1:-1, 1:-1]
    row, col = sea.grid.pixel(*sea.edge())
    np.testing.assert_array_equal(np.argwhere(edge), np.column_stack([row, col]).astype(int))

    coast = sea_mask.low_coast(path, sea)
    np.testing.assert_array_equal(coast.inside, spread & ~expected_sea)
    threads = sea_mask.low_coast(path, sea_mask.open_sea(path, zero=zero, threads=3), threads=3)
    np.testing.assert_array_equal(threads.inside, coast.inside)
    # With a higher limit more land is low.
    assert (sea_mask.low_coast(path, sea, 60.0).inside | ~coast.inside).all()


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_a_sea_of_zeros_has_no_relief(make_dem: MakeDem, dtype: str) -> None:
    cells = np.array([[0, 0, 10, 90, 30, 70, 70]] * 3)
    cells[1, 4] = 0  # a pond: its zero is land
    path = make_dem(cells, dtype=dtype, nodata=None)
    sea = sea_mask.open_sea(path, zero=True)
    with sampling.open_band(path) as band:
        place = band.grid.position(np.full(3, 1.5), np.array([1.5, 2.5, 4.5]))
    got = relief_at_points.relief_at(path, *place, relief_radius_m=101.0, sea=sea)
    assert got.local_relief_m.tolist() == [0.0, 80.0, 90.0]
    counted = relief_at_points.relief_at(path, *place, relief_radius_m=101.0)
    assert counted.local_relief_m.tolist() == [10.0, 90.0, 90.0]
    # The beach rises from the sea; the sea beside it, as steep by the numbers, has no slope.
    beach = relief_at_points.relief_at(
        path, *place, slope_radius_m=101.0, relief_radius_m=101.0, sea=sea
    )
    up = math.degrees(math.atan(90 / 200))
    assert beach.slope_deg[1] == pytest.approx(up)
    assert beach.mean_slope_deg[0] == pytest.approx(up)
    with_sea = relief_at_points.relief_at(path, *place, slope_radius_m=101.0, relief_radius_m=101.0)
    assert with_sea.mean_slope_deg[0] == pytest.approx((up + math.degrees(math.atan(10 / 200))) / 2)


@pytest.mark.real
def test_the_sea_of_kalsel(shared: Path, register: Any) -> None:
    path = shared / "kalsel/stylised/dem_3arcsec.tif"
    lat, lon, _ = register(shared)
    sea = sea_mask.open_sea(path)
    assert sea.inside.nbytes == 4080 * 4560
    # The Java Sea and Banjarbaru.
    inside, _ = sea.at([-4.8, -3.44], [115.0, 114.83])
    assert inside.tolist() == [True, False]
    with rasterio.open(path) as dataset:
        nodata = dataset.read(1) == SEA
    labels, _ = ndimage.label(nodata)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    np.testing.assert_array_equal(sea.inside, np.isin(labels, border[border > 0]))
    # 44 % of the schools lie below 10 m; nearly all of these on land connected to the sea.
    coast, outside = sea_mask.low_coast(path, sea).at(lat, lon)
    assert coast.sum() / (~outside).sum() == pytest.approx(0.44, abs=0.01)
