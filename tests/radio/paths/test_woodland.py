"""Receivers in woodland: depth, loss through the trees or over them, unknown land cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from rasterio.windows import Window

from kalsel_gap.project.base import default_values
from kalsel_gap.project.radio import Radio
from kalsel_gap.radio.coverage.dem_windows import SweepWindows
from kalsel_gap.radio.links.path_loss import PathLoss, RadioTerrain, compute_path_loss
from kalsel_gap.radio.paths.elevation_model import ElevationModel
from kalsel_gap.radio.paths.profiles import extract_profiles
from kalsel_gap.radio.paths.woodland import clear_clutter, depths_m, through_db
from kalsel_gap.radio.propagation import p1812
from kalsel_gap.radio.propagation.path_inputs import Paths, Status
from kalsel_gap.radio.propagation.sweep import sweep_losses
from kalsel_gap.radio.propagation.terminal_clutter import suburban_db
from kalsel_gap.radio.propagation.vegetation import Woodland, maximum_db, specific_db_per_m

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.project.inputs import Surface
    from tests.conftest import MakeRaster

RADIO = Radio.model_validate(default_values("radio"))
# Cells of 3″ from 2.9° S, 115.3° E: squares of 92.4 m.
SIDE = 1.0 / 1200.0
GRID = Affine(SIDE, 0.0, 115.3, 0.0, -SIDE, -2.9)
ROW, SITE_COL, SCHOOL_COL = 5, 100, 20
LAT = -2.9 - (ROW + 0.5) * SIDE
TREES, GRASS, UNKNOWN = 10, 30, 0


def lon_of(col: Any) -> Any:
    return 115.3 + (col + 0.5) * SIDE


def land(raster: MakeRaster, woodland: slice, *, unknown: slice = slice(0)) -> Path:
    """Grass with trees in some columns."""
    cells = np.full((11, 120), GRASS)
    cells[:, woodland] = TREES
    cells[:, unknown] = UNKNOWN
    return raster(f"cover{woodland}{unknown}.tif", cells, transform=GRID, nodata=0)


def depth(cover: Path, *, school: int = SCHOOL_COL, site: int = SITE_COL) -> float:
    terrain = ElevationModel(
        cover,
        land_cover=cover,
        clutter=RADIO.clutter_heights_m(),
        woodland_classes=RADIO.wood_codes(),
    )
    to = np.array([LAT]), np.array([lon_of(site)])
    place = np.array([LAT]), np.array([lon_of(school)])
    return float(depths_m(terrain, None, to, *place, longest_m=1000.0)[0])


CELL_M = 92.4


@pytest.mark.parametrize(
    ("woodland", "school", "site", "expected_m"),
    [
        (slice(20, 24), 20, 100, 3.5 * CELL_M),  # from the middle of a cell over three more
        (slice(18, 21), 20, 100, 0.5 * CELL_M),  # only the part towards the site
        (slice(21, 30), 20, 100, 0.0),  # beside woodland is outside of it
        (slice(20, 22), 20, 19, 0.5 * CELL_M),
        (slice(0, 120), 20, 100, 1000.0),  # the largest depth searched
        (slice(0, 120), 20, 22, 2.0 * CELL_M),  # the whole of a short path
    ],
)
def test_depths_by_hand(
    raster: MakeRaster, woodland: slice, school: int, site: int, expected_m: float
) -> None:
    assert depth(land(raster, woodland), school=school, site=site) == pytest.approx(
        expected_m, rel=4e-3
    )


def test_an_unknown_class_hides_where_the_woodland_ends(raster: MakeRaster) -> None:
    assert np.isnan(depth(land(raster, slice(18, 24), unknown=slice(22, 23))))
    assert np.isnan(depth(land(raster, slice(21, 24), unknown=slice(20, 21))))
    beyond = land(raster, slice(20, 22), unknown=slice(23, 24))
    assert depth(beyond) == pytest.approx(1.5 * CELL_M, rel=4e-3)


def test_mangroves_are_woodland_and_shrubs_are_not() -> None:
    assert RADIO.wood_codes() == (10, 95)


def test_the_way_through_by_hand() -> None:
    # 0.18·949^0.752 = 31.2 dB at most, 0.17 dB/m: 31.2·(1 - exp(-50·0.17/31.2)) = 7.4 dB.
    found = through_db(np.array([0.0, 50.0, np.nan, 50.0]), np.full(4, 949.0), RADIO.vegetation)
    np.testing.assert_allclose(found, [0.0, 7.44, np.nan, 7.44], atol=0.01)
    assert np.isnan(through_db(np.array([50.0]), np.array([0.0]), RADIO.vegetation)).all()


def test_clutter_is_cleared_from_the_receiver_on() -> None:
    two = Paths.equally_spaced([0.4, 0.4], np.zeros((2, 5)), clutter_m=np.full((2, 5), 20.0))
    found = clear_clutter(two, np.array([150.0, 0.0])).clutter_m.reshape(2, 5)
    assert found.tolist() == [[20.0, 20.0, 20.0, 0.0, 0.0], [20.0, 20.0, 20.0, 20.0, 0.0]]
    np.testing.assert_array_equal(two.part(np.array([1])).clutter_m, np.full(5, 20.0))


# --- path loss ---------------------------------------------------------------------------------


def lost(
    raster: MakeRaster,
    cover: Path | None,
    surface: Surface,
    *,
    mhz: float = 1800.0,
    rx_m: float = RADIO.receiver.height_m,
) -> tuple[PathLoss, ElevationModel]:
    """From a mast of 40 m over a plain, 7.4 km to the school."""
    dem = raster("dem.tif", np.full((11, 120), 10), transform=GRID)
    clutter = RADIO.clutter_heights_m() if cover else {}
    terrain = ElevationModel(
        dem,
        sea="none",
        surface=surface,
        land_cover=cover,
        clutter=clutter,
        woodland_classes=RADIO.wood_codes(),
    )
    cells = pd.DataFrame(
        {"lat": [LAT], "lon": lon_of(SITE_COL), "antenna_height_m": 40.0, "frequency_mhz": mhz}
    )
    place = np.array([LAT]), np.array([lon_of(SCHOOL_COL)])
    receiver = RADIO.receiver.model_copy(update={"height_m": rx_m})
    radio = RADIO.model_copy(update={"receiver": receiver})
    return compute_path_loss(cells, *place, RadioTerrain(terrain, None, radio)), terrain


def test_nothing_else_known_leaves_a_village(raster: MakeRaster) -> None:
    for surface in ("dtm", "dsm", "unknown"):
        found, _ = lost(raster, None, surface)
        assert found.vegetation_db[0] == 0.0
        assert found.surroundings_db[0] == pytest.approx(19.985, abs=1e-3)
        assert found.total_db[0] == pytest.approx(found.loss_db[0] + 19.985, abs=1e-3)


def test_a_surface_model_gets_the_way_through(raster: MakeRaster) -> None:
    open_land = lost(raster, None, "dsm")[0]
    found, _ = lost(raster, land(raster, slice(20, 21)), "dsm")
    assert found.loss_db[0] == open_land.loss_db[0]  # no clutter on a canopy
    # Half a cell, 46.2 m, of 0.292 dB/m; at most 0.18·1800^0.752 = 50.5 dB.
    assert found.vegetation_db[0] == pytest.approx(
        50.5 * (1 - np.exp(-46.2 * 0.292 / 50.5)), abs=0.1
    )
    # Trees of the village are not counted again.
    assert found.total_db[0] == pytest.approx(open_land.total_db[0], abs=1e-9)
    deep, _ = lost(raster, land(raster, slice(0, 120)), "dsm")
    assert deep.vegetation_db[0] == pytest.approx(50.3, abs=0.3)
    assert deep.surroundings_db[0] == 0.0


@pytest.mark.parametrize(("rx_m", "is_inside"), [(6.0, True), (20.0, False), (25.0, False)])
def test_an_antenna_as_high_as_the_trees_gets_no_loss_from_them(
    raster: MakeRaster, rx_m: float, is_inside: bool
) -> None:
    """Trees are 20 m high; the roofs of the village, 10 m, are below it as well."""
    found, _ = lost(raster, land(raster, slice(0, 120)), "dsm", rx_m=rx_m)
    assert (found.vegetation_db[0] > 0.0) == is_inside
    assert found.surroundings_db[0] == 0.0
    over = lost(raster, land(raster, slice(0, 120)), "dtm", rx_m=rx_m)[0]
    assert over.vegetation_db[0] == 0.0
    assert over.total_db[0] < lost(raster, land(raster, slice(0, 120)), "dtm")[0].total_db[0]


def test_a_village_takes_less_of_an_antenna_on_a_roof(raster: MakeRaster) -> None:
    found, _ = lost(raster, None, "dtm", rx_m=6.0)
    assert found.surroundings_db[0] == pytest.approx(14.13, abs=0.01)


@pytest.mark.parametrize(
    ("woodland", "is_through"), [(slice(20, 22), True), (slice(0, 120), False)]
)
def test_over_the_trees_or_through_them(
    raster: MakeRaster,
    woodland: slice,
    is_through: bool,
) -> None:
    cover = land(raster, woodland)
    found, terrain = lost(raster, cover, "dtm", mhz=900.0)
    _, paths = next(extract_profiles(terrain, LAT, lon_of(SITE_COL), LAT, lon_of(SCHOOL_COL)))
    link = p1812.P1812Link(
        frequency_mhz=900.0,
        tx_height_m=40.0,
        rx_height_m=RADIO.receiver.height_m,
        latitude_deg=LAT,
        delta_n=RADIO.atmosphere.delta_n,
        n0=RADIO.atmosphere.n0,
    )
    over = p1812.loss(paths, link).loss_db[0]
    assert found.surroundings_db[0] == 0.0
    assert (found.vegetation_db[0] > 0.0) == is_through
    if is_through:
        assert found.total_db[0] < over - 3.0
    else:
        assert found.total_db[0] == pytest.approx(over, abs=1e-6)


def test_outside_of_woodland_clutter_stays(raster: MakeRaster) -> None:
    """Trees in the middle of a path are not woodland around the receiver."""
    bare, _ = lost(raster, land(raster, slice(0)), "dtm")
    beside, _ = lost(raster, land(raster, slice(22, 60)), "dtm")
    assert beside.vegetation_db[0] == 0.0
    assert beside.loss_db[0] > bare.loss_db[0] + 5.0


@pytest.mark.parametrize("surface", ["dtm", "dsm"])
def test_where_land_cover_is_unknown_so_is_the_loss(raster: MakeRaster, surface: Surface) -> None:
    found, _ = lost(raster, land(raster, slice(0), unknown=slice(20, 21)), surface)
    assert found.status[0] == Status.LAND_COVER
    assert np.isnan(found.total_db[0])


@pytest.mark.parametrize("surface", ["dtm", "dsm"])
@pytest.mark.parametrize("woodland", [slice(20, 22), slice(10, 40), slice(0, 120), slice(0)])
def test_a_coverage_raster_agrees_with_the_prediction_at_a_school(
    raster: MakeRaster, surface: Surface, woodland: slice
) -> None:
    """Land cover on the grid of the elevation model: only woodland edges differ by a few metres."""
    cover = land(raster, woodland, unknown=slice(5, 6))
    mhz, columns = 900.0, np.arange(2, 98)
    _, terrain = lost(raster, cover, surface)
    many = pd.DataFrame(
        {"lat": LAT, "lon": lon_of(SITE_COL), "antenna_height_m": 40.0, "frequency_mhz": mhz},
        index=columns,
    )
    places = np.full(columns.size, LAT), lon_of(columns)
    exact = compute_path_loss(many, *places, RadioTerrain(terrain, None, RADIO)).total_db
    air, figures = RADIO.atmosphere, RADIO.vegetation
    link = p1812.P1812Link(
        frequency_mhz=mhz,
        tx_height_m=40.0,
        rx_height_m=RADIO.receiver.height_m,
        latitude_deg=LAT,
        delta_n=air.delta_n,
        n0=air.n0,
    )
    around = sweep_losses(
        SweepWindows(terrain, None).at(Window(0, 0, 120, 11)),
        *(LAT, lon_of(SITE_COL), link),
        radius_km=10.0,
        woodland=Woodland(
            float(specific_db_per_m(mhz, figures.specific)),
            float(maximum_db(mhz, figures.maximum_factor, figures.maximum_exponent)),
            figures.longest_m,
        ),
        around_db=0.0 if surface == "dtm" else float(suburban_db(mhz)),
    )
    swept = around.loss_db[ROW - around.row, columns - around.col]
    np.testing.assert_array_equal(np.isnan(swept), np.isnan(exact))
    apart = np.abs(swept - exact)[np.isfinite(exact)]
    # Over trees the last ones count most, and those of a radial lie up to half a cell elsewhere.
    assert np.median(apart) < (0.1 if surface == "dsm" else 0.6)
    assert apart.max() < 2.0
