"""Coverage rasters: best servers, the cache, interruptions, descriptions and errors."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from rasterio.io import MemoryFile
from rasterio.windows import Window

from kalsel_gap.errors import InputError, OutputError, SeveralErrors
from kalsel_gap.geo import grid, raster_cache
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.i18n.text import Text
from kalsel_gap.project.outputs import outputs_of
from kalsel_gap.radio.coverage import loss_rasters, products
from kalsel_gap.radio.coverage.best_server import combine_servers
from kalsel_gap.radio.coverage.networks import Mast, Network
from kalsel_gap.radio.coverage.probe import LayerCost, ProbeCosts, measure_costs
from kalsel_gap.radio.coverage.products import STYLES, Reception
from kalsel_gap.radio.paths.elevation_model import terrain_of
from kalsel_gap.radio.paths.profiles import extract_profiles
from kalsel_gap.radio.propagation.free_space import free_space_db
from kalsel_gap.radio.propagation.link_budget import level_dbm
from kalsel_gap.radio.propagation.p1812 import P1812Link, loss
from kalsel_gap.radio.propagation.path_inputs import Status
from kalsel_gap.radio.propagation.sweep import Sweep, SweepWindow
from tests.conftest import cog_faults, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from tests.conftest import CommandLine, MakeProject

N, CELL = 40, 0.005  # cells of 0.55 km from 115.3° E, 2.9° S
LEFT = (-3.0025, 115.3525)  # the middle of the cell in row 20, column 10
RIGHT = (-3.0025, 115.4525)  # row 20, column 30
HEADER = "site_id,operator,technology,lat,lon,antenna_height_m,frequency_mhz,eirp_dbm"
A = f"A,telkomsel,4g,{LEFT[0]},{LEFT[1]},40,1800,62"
B = f"B,telkomsel,4g,{RIGHT[0]},{RIGHT[1]},40,1800,62"


def dem(cells: Any, **profile: Any) -> bytes:
    array = np.asarray(cells, dtype="int16")
    given: dict[str, Any] = {
        "driver": "GTiff",
        "height": array.shape[0],
        "width": array.shape[1],
        "count": 1,
        "dtype": "int16",
        "nodata": -32768,
        "crs": "EPSG:4326",
        "transform": Affine(CELL, 0.0, 115.30, 0.0, -CELL, -2.90),
    }
    with MemoryFile() as memory:
        with memory.open(**(given | profile)) as sink:
            sink.write(array, 1)
        return bytes(memory.getbuffer())


@pytest.fixture
def flat(project: MakeProject) -> Callable[..., Opened]:
    """A plain at 10 m with sites, without the coast of data/tiny."""

    def make(*rows: str, cells: Any = None, header: str = HEADER, **sections: Any) -> Opened:
        ground = np.full((N, N), 10) if cells is None else cells
        files: dict[str, str | bytes] = {
            "dem.tif": dem(ground),
            "sites.csv": "\n".join([header, *rows]) + "\n",
        }
        radio = {"surroundings": {"kind": "open"}, **sections.pop("radio", {})}
        given = {"coverage": None, "boundaries": None, "radio": radio, **sections}
        return project(given, files=files)

    return make


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Free space instead of terrain, and the places that were swept."""
    swept: list[tuple[float, float]] = []

    def sweep(
        ground: SweepWindow,
        lat: float,
        lon: float,
        link: Any,
        *,
        radius_km: float,
        around_db: float,
        **_: Any,
    ) -> Sweep:
        swept.append((lat, lon))
        rows, cols = np.mgrid[0 : ground.grid.height, 0 : ground.grid.width] + 0.5
        km = away_km(*ground.grid.position(rows, cols), lat, lon)
        loss = free_space_db(np.maximum(km, 0.01), link.frequency_mhz).astype(np.float32)
        loss[(km > radius_km) | np.isnan(ground.ground_m)] = np.nan
        loss += np.float32(around_db)
        return Sweep(loss, 0, 0, Status.OK)

    monkeypatch.setattr(loss_rasters, "sweep_losses", sweep)
    return swept


def away_km(lat: Any, lon: Any, to_lat: float, to_lon: float) -> Any:
    shape = np.shape(lat)
    return WGS84.inv(lon, lat, np.full(shape, to_lon), np.full(shape, to_lat))[2] / 1000


def cell_places() -> tuple[Any, Any]:
    row, col = np.mgrid[0:N, 0:N] + 0.5
    return -2.90 - CELL * row, 115.30 + CELL * col


def make(opened: Opened, folder: Path, *, radius_km: float = 9.0, **given: Any) -> pd.DataFrame:
    made = Reception(opened, radius_km=radius_km, **given)
    outputs = made.check_folder(folder)
    return made.make(folder, Text("en"), lambda _done, _total: None, outputs)


def cells(folder: Path, name: str) -> Any:
    with rasterio.open(folder / f"{name}.tif") as source:
        return source.read(1)


# --- best servers ------------------------------------------------------------------------------


def test_on_a_plain_the_nearer_site_is_best(flat: Callable[..., Opened], tmp_path: Path) -> None:
    make(flat(A, B), tmp_path)
    level, server, servers = (
        cells(tmp_path, f"4g_telkomsel_{name}") for name in ("level", "server", "servers")
    )
    lat, lon = cell_places()
    to_a, to_b = away_km(lat, lon, *LEFT), away_km(lat, lon, *RIGHT)
    in_a, in_b = to_a <= 9.0, to_b <= 9.0
    np.testing.assert_array_equal(level != -9999, in_a | in_b)
    clear = np.abs(to_a - to_b) > 0.3
    np.testing.assert_array_equal(server[clear & in_a & (to_a < to_b)], 1)
    np.testing.assert_array_equal(server[clear & in_b & (to_b < to_a)], 2)
    np.testing.assert_array_equal(server == 0, ~(in_a | in_b))
    np.testing.assert_array_equal(servers == -1, ~(in_a | in_b))
    assert servers.max() == 2
    assert (servers[in_a & in_b & (level > -80)] == 2).any()
    assert level[20, 10] > level[20, 12] > level[20, 15] > -110


@pytest.mark.usefixtures("free")
def test_figures_by_hand_in_free_space(flat: Callable[..., Opened], tmp_path: Path) -> None:
    opened = flat(A, B.replace(",62", ",50"), radio={"carriers": {"4g": {"usable_dbm": -70.0}}})
    table = make(opened, tmp_path)
    lat, lon = cell_places()
    expected = []
    for place, eirp_dbm in ((LEFT, 62.0), (RIGHT, 50.0)):
        km = away_km(lat, lon, *place)
        loss = 92.45 + 20 * np.log10(np.maximum(km, 0.01)) + 20 * np.log10(1.8)
        level = eirp_dbm - 10 * np.log10(1200) - loss
        expected.append(np.where(km <= 9.0, level, np.nan))
    with np.errstate(all="ignore"):
        best = np.fmax(*expected)
    level = cells(tmp_path, "4g_telkomsel_level")
    known = ~np.isnan(best)
    np.testing.assert_allclose(level[known], best[known], atol=0.07)
    np.testing.assert_allclose(
        cells(tmp_path, "4g_telkomsel_margin")[known], level[known] + 70, atol=1e-4
    )
    counted = (np.nan_to_num(np.stack(expected), nan=-999) >= -70).sum(axis=0)
    differ = cells(tmp_path, "4g_telkomsel_servers")[known] != counted[known]
    near = np.any([np.abs(each + 70) < 0.1 for each in expected], axis=0)[known]
    assert not (differ & ~near).any()
    row = table.loc[0]
    assert list(row[["operator", "technology", "sites", "servers"]]) == ["telkomsel", "4g", 2, 2]
    west, north = 115.30, -2.90
    whole = WGS84.polygon_area_perimeter(
        [west, west + N * CELL, west + N * CELL, west], [north, north, *[north - N * CELL] * 2]
    )[0]
    assert row["land_km2"] == pytest.approx(abs(whole) / 1e6, rel=1e-3)
    assert row["covered_share"] == pytest.approx((level >= -70).mean(), abs=2e-3)
    assert row["predicted_share"] == pytest.approx(known.mean(), abs=2e-3)
    assert row["covered_km2"] == pytest.approx(row["covered_share"] * row["land_km2"], abs=0.03)


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize("surface", ["dtm", "dsm"])
def test_a_village_has_the_loss_of_hata(
    flat: Callable[..., Opened], tmp_path: Path, surface: str
) -> None:
    for kind in ("open", "suburban"):
        radio = {"surroundings": {"kind": kind}}
        opened = flat(A, radio=radio, elevation={"surface": surface})
        make(opened, tmp_path / kind, layers=["level"])
    bare, village = (cells(tmp_path / kind, "4g_telkomsel_level") for kind in ("open", "suburban"))
    known = bare != -9999
    np.testing.assert_allclose((bare - village)[known], 20.0, atol=0.11)
    with rasterio.open(tmp_path / "suburban" / "4g_telkomsel_level.tif") as source:
        tags = source.tags()
    assert json.loads(tags["SURROUNDINGS_DB"]) == {"1800": 20.0}
    assert json.loads(tags["PARAMETERS"])["surroundings"] == "suburban"


@pytest.mark.usefixtures("free")
def test_a_sector_is_strong_in_its_direction(flat: Callable[..., Opened], tmp_path: Path) -> None:
    header = f"{HEADER},azimuth_deg,downtilt_deg"
    make(flat(f"{A},90,", header=header), tmp_path / "sector", layers=["level"])
    make(flat(f"{A},,", header=header), tmp_path / "omni", layers=["level"])
    make(flat(f"{A},90,4", header=header), tmp_path / "tilted", layers=["level"])
    sector, omni, tilted = (
        cells(tmp_path / name, "4g_telkomsel_level") for name in ("sector", "omni", "tilted")
    )
    loss = (omni - sector)[20]
    assert loss[15] == pytest.approx(0.0, abs=0.11)
    assert loss[5] == pytest.approx(30.0, abs=0.11)
    # 26.5° off: 12·(26.5/65)² = 2 dB
    row, col = 15, 20
    bearing = np.degrees(np.arctan2(10 * np.cos(np.radians(3)), 5)) - 90
    assert (omni - sector)[row, col] == pytest.approx(12 * (bearing / 65) ** 2, abs=0.15)
    # 38.5 m down over 2.77 km is 0.8°, plus 0.01° of curvature; the antenna has a downtilt of 4°.
    off = 4.0 - np.degrees(np.arctan(38.5 / 2770))
    assert (sector - tilted)[20, 15] == pytest.approx(12 * (off / 10) ** 2, abs=0.15)


def test_levels_of_many_servers_by_the_plain_way() -> None:
    """The strongest server and the number of servers, against numpy over whole arrays."""
    random = np.random.default_rng(6)
    shape = (7, 9)
    found = {
        Mast(float(n), 0.0, 30.0, 1800.0): np.where(
            random.random(shape) < 0.3, np.nan, np.round(random.uniform(100, 130, shape))
        ).astype(np.float32)
        for n in range(6)
    }

    @dataclass
    class Kept:
        radio: Any

        def read(self, mast: Mast, window: Window) -> Any:
            return window, found[mast]

    from kalsel_gap.project.base import default_values
    from kalsel_gap.project.radio import Radio

    servers = pd.DataFrame([mast._asdict() for mast in found]).assign(
        number=range(1, 7), eirp_dbm=60.0, bandwidth_mhz=np.nan, azimuth_deg=np.nan,
        downtilt_deg=np.nan, offset_db=0.0, calibrated=False,
    )  # fmt: skip
    kept: Any = Kept(Radio.model_validate(default_values("radio")))
    made = combine_servers(kept, Network("x", "4g", servers, -85.0), Window(0, 0, 9, 7))
    every = np.round(60.0 - 10 * np.log10(1200) - np.stack(list(found.values())), 1)
    none = np.isnan(every).all(axis=0)
    level = np.where(none, np.nan, np.nan_to_num(every, nan=-999.0).max(axis=0))
    np.testing.assert_allclose(made["level"], level, atol=1e-4)
    np.testing.assert_array_equal(
        made["server"], np.where(none, -1, np.argmax(np.nan_to_num(every, nan=-999), axis=0) + 1)
    )
    counted = (every.astype(np.float32) >= np.float32(-85.0)).sum(axis=0)
    np.testing.assert_array_equal(made["servers"], np.where(none, -1, counted))
    np.testing.assert_allclose(made["margin"], level + 85.0, atol=1e-3)


def test_levels_agree_with_paths_to_the_middles_of_cells(
    flat: Callable[..., Opened], tmp_path: Path
) -> None:
    """Between hills, against the profiles of the predictions at schools."""
    walk = np.random.default_rng(7).normal(0, 12, (N, N)).cumsum(axis=0).cumsum(axis=1) / 4
    opened = flat(A, cells=np.abs(walk).astype(int), elevation={"sea": "none"})
    make(opened, tmp_path, layers=["level"])
    level = cells(tmp_path, "4g_telkomsel_level")
    lat, lon = cell_places()
    near = away_km(lat, lon, *LEFT)
    known = (near > 0.3) & (near < 8.9)
    radio = opened.project.radio
    link = P1812Link(
        frequency_mhz=1800.0,
        tx_height_m=40.0,
        rx_height_m=radio.receiver.height_m,
        latitude_deg=LEFT[0],
        delta_n=radio.atmosphere.delta_n,
        n0=radio.atmosphere.n0,
    )
    expected = np.full(known.sum(), np.nan)
    for index, paths in extract_profiles(terrain_of(opened), *LEFT, lat[known], lon[known]):
        lost = loss(paths, link).loss_db
        expected[index] = level_dbm("4g", 62.0, lost, carriers=dict(radio.carriers))
    apart = np.abs(level[known] - expected)
    assert np.median(apart) < 0.3
    assert np.quantile(apart, 0.95) < 3.0


def test_behind_a_void_nothing_is_known(flat: Callable[..., Opened], tmp_path: Path) -> None:
    ground = np.full((N, N), 10)
    ground[:, 15] = -32768  # a void from edge to edge is sea unless the project says otherwise
    make(flat(A, cells=ground, elevation={"sea": "none"}), tmp_path, layers=["level"])
    level = cells(tmp_path, "4g_telkomsel_level")
    assert (level[20, 8:14] > -9999).all()
    assert (level[:, 15:] == -9999).all()


def test_over_the_sea_there_is_a_level_and_no_land(
    flat: Callable[..., Opened], tmp_path: Path
) -> None:
    ground = np.full((N, N), 10)
    ground[:, 15:] = -32768
    table = make(flat(A, cells=ground), tmp_path, layers=["level"])
    assert cells(tmp_path, "4g_telkomsel_level")[20, 20] > -120
    assert table["land_km2"].item() == pytest.approx(12_250 * 15 / 40 * (0.2 / 1.0) ** 2, rel=0.02)


# --- the cache ---------------------------------------------------------------------------------


def test_the_same_input_makes_the_same_bytes(
    flat: Callable[..., Opened],
    tmp_path: Path,
    cache_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    third = f"C,indosat,4g,{LEFT[0]},{RIGHT[1]},52,900,60"
    make(flat(A, B, third), tmp_path / "a", threads=1)
    make(flat(A, B, third), tmp_path / "b", threads=2)  # from the cache
    for path in cache_folder.rglob("*.tif"):
        path.unlink()
    monkeypatch.setattr(grid, "TILE", (7, 512))
    make(flat(third, B, A, A), tmp_path / "c", threads=3)  # other windows, another order, twice
    one = snapshot(tmp_path / "a")
    assert one == snapshot(tmp_path / "b")
    other = snapshot(tmp_path / "c")
    assert one.keys() == other.keys()
    assert len(one) == 2 * (2 * len(STYLES) + 1)
    for name in one:
        if name.endswith(".tif"):  # their input files differ, and so do their hashes
            with (
                rasterio.open(tmp_path / "a" / name) as x,
                rasterio.open(tmp_path / "c" / name) as y,
            ):
                np.testing.assert_array_equal(x.read(1), y.read(1))
                apart = {key for key, value in x.tags().items() if y.tags()[key] != value}
                assert apart == {"INPUTS_SHA256"}
        else:
            assert one[name] == other[name]


def test_servers_of_one_mast_share_a_sweep_and_powers_sweep_nothing_again(
    flat: Callable[..., Opened], tmp_path: Path, free: list[tuple[float, float]]
) -> None:
    shared = [A, A.replace("telkomsel", "indosat"), A.replace("A,", "A2,").replace(",62", ",60")]
    make(flat(*shared), tmp_path / "a")
    assert free == [LEFT]
    louder = flat(*(row.replace(",62", ",65") for row in shared))
    make(louder, tmp_path / "b")
    assert free == [LEFT]
    a, b = (cells(tmp_path / name, "4g_telkomsel_level") for name in "ab")
    np.testing.assert_allclose((b - a)[a > -9999], 3.0, atol=1e-3)
    make(louder, tmp_path / "c", radius_km=5.0)
    assert free == [LEFT] * 2


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize("stop", [1, 2, 3, 5, 9])
def test_an_interrupted_run_continues_where_it_stopped(
    flat: Callable[..., Opened],
    tmp_path: Path,
    cache_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    stop: int,
) -> None:
    opened, out = flat(A, B), tmp_path / "out"
    make(opened, tmp_path / "whole")
    for path in cache_folder.rglob("*.tif"):
        path.unlink()
    monkeypatch.setattr(grid, "TILE", (16, 512))
    out.mkdir()
    with outputs_of(opened).replace(out / "4g_telkomsel_level.tif") as temporary:
        temporary.write_bytes(b"from before")
    count, write = 0, raster_cache.encode

    def interrupted(*given: Any, **options: Any) -> None:
        nonlocal count
        count += 1
        if count == stop:
            raise KeyboardInterrupt
        write(*given, **options)

    for module in (loss_rasters, raster_cache):
        monkeypatch.setattr(module, "encode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(opened, out, threads=1)
    assert snapshot(out) == {"4g_telkomsel_level.tif": b"from before"}
    kept = sum(path.suffix == ".tif" for path in cache_folder.rglob("*"))
    assert kept >= stop - 1
    assert not list(cache_folder.rglob(".tmp*"))
    before = count
    make(opened, out, threads=1)
    assert count - before == 2 + 4 * 3 - kept  # two masts, four layers of three windows
    assert snapshot(out) == snapshot(tmp_path / "whole")


@pytest.mark.usefixtures("free")
def test_a_cache_that_cannot_be_written(
    flat: Callable[..., Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = flat(A, B)
    make(opened, tmp_path / "usual")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(tmp_path / "file" / "cache"))
    make(opened, tmp_path / "without")
    assert snapshot(tmp_path / "without") == snapshot(tmp_path / "usual")


@pytest.mark.usefixtures("free")
def test_an_elevation_model_that_is_saved_before_it_is_swept(
    flat: Callable[..., Opened], tmp_path: Path, cache_folder: Path
) -> None:
    opened = flat(A)
    made = Reception(opened, radius_km=9.0)
    path = opened.path.parent / "dem.tif"
    path.write_bytes(path.read_bytes())
    with pytest.raises(SeveralErrors, match="input_changed"):
        made.make(tmp_path, Text("en"), lambda _done, _total: None, made.check_folder(tmp_path))
    assert not list(cache_folder.rglob("*.tif"))


@pytest.mark.usefixtures("free")
def test_a_broken_loss_is_swept_again(
    flat: Callable[..., Opened], tmp_path: Path, cache_folder: Path
) -> None:
    opened = flat(A)
    whole = Reception(opened, radius_km=9.0)
    make(opened, tmp_path / "a", layers=["level"])
    for path in cache_folder.rglob("*.tif"):
        if path.parent == whole.losses.locate_folder():
            path.write_bytes(path.read_bytes()[:-200])
        else:
            path.unlink()
    with pytest.raises(InputError) as caught:
        make(opened, tmp_path / "b", layers=["level"])
    assert caught.value.code == "piece_broken"
    make(opened, tmp_path / "b", layers=["level"])
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_an_interruption_waits_only_for_what_has_begun() -> None:
    begun, free = [], threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        if item:
            free.wait(10)

    turn: Any = loss_rasters.in_turn(work, range(9), threads=1)
    assert next(turn) == 0
    threading.Timer(0.2, free.set).start()
    turn.close()
    assert len(begun) <= 2


@pytest.mark.usefixtures("free")
def test_heights_are_read_once_for_all_servers_of_a_window(
    flat: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{each},{azimuth},4" for each in (A, B) for azimuth in (0, 120, 240)]
    made = Reception(flat(*rows, header=f"{HEADER},azimuth_deg,downtilt_deg"), radius_km=9.0)
    made.losses.make(lambda _: None)
    windows: list[Window] = []
    heights = made.losses.heights

    def counted(window: Window) -> Any:
        windows.append(window)
        return heights(window)

    monkeypatch.setattr(made.losses, "heights", counted)
    combine_servers(made.losses, made.networks[0], Window(0, 0, N, N))
    assert windows == [Window(0, 0, N, N)]


# --- another resolution ------------------------------------------------------------------------


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize(("resolution_m", "every"), [(None, 1), (900.0, 1), (1600.0, 3), (2800, 5)])
def test_a_coarse_cell_is_the_fine_one_in_its_middle(
    flat: Callable[..., Opened], tmp_path: Path, resolution_m: float | None, every: int
) -> None:
    opened = flat(A, B)
    make(opened, tmp_path / "fine")
    make(opened, tmp_path / "coarse", resolution_m=resolution_m)
    half = every // 2
    for name in STYLES:
        fine, coarse = (cells(tmp_path / f, f"4g_telkomsel_{name}") for f in ("fine", "coarse"))
        np.testing.assert_array_equal(coarse, fine[half::every, half::every])
    with rasterio.open(tmp_path / "coarse" / "4g_telkomsel_level.tif") as source:
        assert source.transform.a == pytest.approx(CELL * every)
        assert (source.transform.c, source.transform.f) == (115.30, -2.90)


@pytest.mark.usefixtures("free")
def test_wide_cells_may_pass_a_mast_by(flat: Callable[..., Opened], tmp_path: Path) -> None:
    # The centres of cells of 15 × 15 lie in rows and columns 7, 22 and 37.
    between = f"C,telkomsel,4g,{LEFT[0]},115.3725,40,1800,62"  # column 14
    beside = f"D,telkomsel,4g,{-2.90 - 22.5 * CELL},{115.30 + 22.5 * CELL},40,1800,62"
    opened = flat(between, beside)
    made = Reception(opened, radius_km=2.0, resolution_m=8300.0)
    assert made.losses.every == 15
    assert len(made.losses.todo()) == 1
    assert made.estimate(tmp_path).layers["bytes"].min() > 0
    make(opened, tmp_path, radius_km=2.0, resolution_m=8300.0)
    np.testing.assert_array_equal(
        cells(tmp_path, "4g_telkomsel_server"), [[0, 0, 0], [0, 2, 0], [0, 0, 0]]
    )


# --- descriptions ------------------------------------------------------------------------------


@pytest.mark.usefixtures("free")
def test_a_file_states_its_model_and_its_inputs(
    flat: Callable[..., Opened], tmp_path: Path
) -> None:
    make(flat(A, B), tmp_path)
    import hashlib

    written = [tmp_path / f"4g_telkomsel_{name}.tif" for name in STYLES]
    assert cog_faults(written) == {path.name: [] for path in written}
    for name, look in STYLES.items():
        with rasterio.open(tmp_path / f"4g_telkomsel_{name}.tif") as source:
            tags = source.tags()
            assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert (source.dtypes[0], source.nodata) == (look.dtype, look.nodata)
            assert source.descriptions[0].startswith("4G telkomsel: ")
        assert tags["BASIS"] == "predicted, uncalibrated"
        assert tags["MODEL"] == "ITU-R P.1812-8"
        assert tags["TIFFTAG_SOFTWARE"].startswith("kalsel-gap ")
        assert tags["THRESHOLD_DBM"] == "-110"
        assert json.loads(tags["PARAMETERS"])["radius_km"] == 9.0
        inputs = json.loads(tags["INPUTS_SHA256"])
        assert set(inputs) == {"dem.tif", "sites.csv"}
        sites = tmp_path / "sites.csv"
        sites.write_text(f"{HEADER}\n{A}\n{B}\n")
        assert inputs["sites.csv"] == hashlib.sha256(sites.read_bytes()).hexdigest()
        style = (tmp_path / f"4g_telkomsel_{name}.qml").read_text(encoding="utf-8")
        entries = ET.fromstring(style.partition("\n")[2])
        assert entries.findall(".//paletteEntry" if look.is_class else ".//item")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "4g_telkomsel_server.csv").read_text())))
    assert [(row["number"], row["site_id"]) for row in rows] == [("1", "A"), ("2", "B")]
    style = (tmp_path / "4g_telkomsel_server.qml").read_text(encoding="utf-8")
    labels = [
        e.attrib["label"] for e in ET.fromstring(style.partition("\n")[2]).iter("paletteEntry")
    ]
    assert labels == ["A", "B"]


@pytest.mark.usefixtures("free")
def test_a_calibrated_file_names_what_calibrated_it(
    flat: Callable[..., Opened], tmp_path: Path
) -> None:
    other = A.replace("A,telkomsel", "C,indosat")
    opened = flat(A, B, other, calibration={"path": "cal.csv"})
    (opened.path.parent / "cal.csv").write_text(
        "operator,technology,site_id,clutter,offset_db,held_out_rmse_db\n"
        "telkomsel,4g,,,-7.5,9\ntelkomsel,4g,B,,0.5,\n"
    )
    make(opened, tmp_path / "out", layers=["level"])
    tags = {}
    for name in ("telkomsel", "indosat"):
        with rasterio.open(tmp_path / "out" / f"4g_{name}_level.tif") as source:
            tags[name] = source.tags()
    known = {name: json.loads(each["PARAMETERS"]) for name, each in tags.items()}
    inputs = {name: set(json.loads(each["INPUTS_SHA256"])) for name, each in tags.items()}
    assert inputs == {
        "telkomsel": {"dem.tif", "sites.csv", "cal.csv"},
        "indosat": {"dem.tif", "sites.csv"},
    }
    assert tags["telkomsel"]["BASIS"] == "predicted, calibrated"
    assert known["telkomsel"]["offset_db"] == {"1": -7.5, "2": -7.0}
    assert "offset_db" not in known["indosat"]
    assert known["indosat"]["resource_blocks"]["15"][-1] == [20, 100]
    assert known["indosat"]["pattern"]["horizontal_deg"] == 65.0
    assert known["indosat"]["k"] == pytest.approx(4 / 3, abs=0.01)
    assert {"surroundings", "delta_n", "rx_height_m", "bandwidth_mhz"} <= set(known["indosat"])


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize(
    "name",
    [
        "../../evil",
        "/etc/passwd",
        "a/b\\c",
        "=1+1",
        "<script>x</script>",
        "CON",
        "",
        "Ñ",
        "x" * 300,
    ],
)
def test_a_hostile_operator_is_only_a_name(
    flat: Callable[..., Opened], tmp_path: Path, name: str
) -> None:
    quoted = '"' + name + '"'
    opened = flat(A.replace("telkomsel", quoted), B)
    table = make(opened, tmp_path / "out", layers=["level", "server"])
    assert set(table["operator"]) == {name.casefold(), "telkomsel"}
    files = snapshot(tmp_path / "out")
    assert len(files) == 10
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert all(
        len(file) < 80 and set(file) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-.")
        for file in files
    )
    own = next(f for f in files if f.endswith("_level.tif") and f != "4g_telkomsel_level.tif")
    with rasterio.open(tmp_path / "out" / own) as source:
        assert source.tags().get("OPERATOR", "") == name.casefold()


def test_operators_with_similar_names_have_files_of_their_own() -> None:
    names = [Network(each, "4g", pd.DataFrame(), 0.0).name for each in ("a b", "a-b", "a/b", "a_b")]
    assert len(set(names)) == 4


# --- errors ------------------------------------------------------------------------------------


def test_sites_that_cannot_be_used_are_named_and_the_others_are_used(
    flat: Callable[..., Opened], tmp_path: Path, cli: CommandLine
) -> None:
    ground = np.full((N, N), 10)
    ground[:, 36:] = -32768
    ground[5, 5] = -32768
    rows = [
        A,
        f"off,telkomsel,4g,{LEFT[0]},120.0,40,1800,62",
        f"sea,telkomsel,4g,{LEFT[0]},115.4975,40,1800,62",
        f"pier,telkomsel,4g,{LEFT[0]},115.4825,40,1800,62",
        "void,telkomsel,4g,-2.9275,115.3275,40,1800,62",
        f"low,telkomsel,4g,{LEFT[0]},{LEFT[1]},40,1800,",
        f"fast,telkomsel,4g,{LEFT[0]},{LEFT[1]},40,28000,62",
        f"under,telkomsel,4g,{LEFT[0]},{LEFT[1]},0.2,1800,62",
        "nowhere,telkomsel,4g,,,40,1800,62",
    ]
    opened = flat(*rows, cells=ground)
    answer = cli(
        "predict",
        "coverage",
        "-p",
        opened.path,
        "--radius-km",
        3,
        "--out",
        tmp_path,
        *("--layers", "server", "--format", "csv"),
    )
    assert answer.status == 0, answer.err
    said = answer.err.splitlines()
    for row, words in (
        (3, "no height"),
        (4, "open sea"),
        (6, "no height"),
        (7, "no eirp_dbm"),
        (8, "28000 in “frequency_mhz”"),
        (9, "0.2 in “antenna_height_m”"),
        (10, "does not locate the site"),
    ):
        at = re.compile(rf"sites\.csv, row ([\d, ]*, )?{row}[,:]")  # identical rows share a line
        assert any(at.match(line) and words in line for line in said), (row, said)
    rows_of_servers = csv.DictReader(
        io.StringIO((tmp_path / "4g_telkomsel_server.csv").read_text())
    )
    assert [row["site_id"] for row in rows_of_servers] == ["A", "pier"]
    assert "uncalibrated" in answer.err
    table = list(csv.DictReader(io.StringIO(answer.out.decode())))
    assert table[0]["servers"] == "2"


@pytest.mark.parametrize(
    ("rows", "sections", "given", "code"),
    [
        ([A], {"elevation": None}, {}, "elevation_missing"),
        ([A], {"sites": None}, {}, "sites_missing"),
        ([A], {}, {"operators": ["telkomsl"]}, "operator_unknown"),
        ([A], {}, {"technologies": ["5g"]}, "technology_without_sites"),
        ([A], {}, {"layers": ["levels"]}, "layer_unknown"),
        ([A], {}, {"layers": [""]}, "layer_unknown"),
        ([A.replace(",62", ",")], {}, {}, "sites_unusable"),
        ([A], {}, {"resolution_m": 90_000.0, "radius_km": 2.0}, "resolution_too_coarse"),
    ],
)
def test_what_cannot_be_made(
    flat: Callable[..., Opened],
    tmp_path: Path,
    rows: list[str],
    sections: dict[str, Any],
    given: dict[str, Any],
    code: str,
) -> None:
    with pytest.raises(InputError) as caught:
        make(flat(*rows, **sections), tmp_path, **given)
    assert caught.value.code == code
    if code == "operator_unknown":
        assert caught.value.params["suggestion"] == "telkomsel"


@pytest.mark.parametrize("how", [("--operator", "Telkomsl"), ("--technology", "5g"), ()])
def test_an_error_is_one_message(
    flat: Callable[..., Opened], tmp_path: Path, cli: CommandLine, how: tuple[str, ...]
) -> None:
    opened = flat(A if how else A.replace(",62", ","))
    answer = cli(
        "predict", "coverage", "-p", opened.path, "--out", tmp_path / "out", "--quiet", *how
    )
    assert answer.status == 1
    assert len(answer.err.splitlines()) == 1
    assert "Traceback" not in answer.err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("free")
def test_a_folder_of_inputs_and_a_disk_that_is_too_small(
    flat: Callable[..., Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = flat(A)
    named = opened.path.parent / "4g_telkomsel_server.csv"
    (opened.path.parent / "sites.csv").rename(named)
    text = opened.path.read_text(encoding="utf-8").replace('"sites.csv"', f'"{named.name}"')
    opened.path.write_text(text, encoding="utf-8")
    from kalsel_gap.project.read import read_project

    with pytest.raises(OutputError) as caught:
        make(read_project(opened.path), opened.path.parent)
    assert caught.value.code == "output_is_input"
    monkeypatch.setattr(products, "free_bytes", lambda _: 10)
    with pytest.raises(OutputError) as caught:
        make(flat(A), tmp_path / "out")
    assert caught.value.code == "disk_too_small"
    assert not (tmp_path / "out").exists()


def test_an_estimate_grows_with_the_work_that_is_left(
    flat: Callable[..., Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the probe measures is multiplied by the cells that are still to be made."""
    layer = LayerCost(cell_s=1e-3, known_s=1e-2, known_bytes=2.0)
    monkeypatch.setattr(
        products,
        "measure_costs",
        lambda _losses, _network, styles, _count: ProbeCosts(
            1.0, 0.1, dict.fromkeys(styles, layer), 0.01, 0.5
        ),
    )
    opened = flat(A, B)
    made = Reception(opened, radius_km=5.0, layers=["level"])
    disks = sum(map(made.losses.cells, made.losses.masts))
    reached = sum(map(made._reached, made.networks))
    written = 1e-3 * N * N * len(made.networks) + 1e-2 * reached
    estimate = made.estimate(tmp_path)
    assert estimate.seconds == pytest.approx(1.1 * disks + written + 0.01 * N * N)
    assert estimate.layers["bytes"].sum() == pytest.approx(2.0 * reached * 4 / 3, abs=2)
    make(opened, tmp_path, radius_km=5.0, layers=["level"])
    again = Reception(opened, radius_km=5.0, layers=["level"]).estimate(tmp_path)
    assert again.seconds == pytest.approx(written + 0.01 * N * N)


def test_the_probe_does_the_work_itself(flat: Callable[..., Opened]) -> None:
    made = Reception(flat(A, B), radius_km=5.0)
    costs = measure_costs(made.losses, made.networks[0], STYLES, lambda _window: None)
    assert list(costs.layers) == list(STYLES)
    assert min(costs.swept_s, costs.combined_s, costs.counted_s, costs.loss_bytes) > 0
    assert all(each.cell_s > 0 and each.known_bytes > 0 for each in costs.layers.values())
    assert len(made.losses.todo()) == len(made.losses.masts)  # nothing of it is kept


def test_a_dry_run_writes_nothing(
    flat: Callable[..., Opened], tmp_path: Path, cli: CommandLine, cache_folder: Path
) -> None:
    opened, out = flat(A, B), tmp_path / "out"
    command = (
        "predict",
        "coverage",
        "-p",
        opened.path,
        "--radius-km",
        5,
        "--out",
        out,
        "--dry-run",
    )
    answer = cli(*command, "--format", "json")
    assert answer.status == 0, answer.err
    estimates = json.loads(answer.out)
    assert [row["layer"] for row in estimates] == list(STYLES)
    assert {row["cells"] for row in estimates} == {N * N}
    assert "Nothing was written" in answer.err
    assert not out.exists()
    assert not list(cache_folder.rglob("*.tif"))


def test_the_table_on_a_terminal(
    flat: Callable[..., Opened], tmp_path: Path, cli: CommandLine
) -> None:
    options = (
        "--radius-km",
        3,
        "--layers",
        "level",
        "--operator",
        "TELKOMSEL",
        "--technology",
        "4g",
    )
    opened = flat(A, A.replace("telkomsel", "indosat"))
    answer = cli(
        "predict", "coverage", "-p", opened.path, "--out", tmp_path, "--format", "table", *options
    )
    assert answer.status == 0, answer.err
    assert "telkomsel" in answer.out.decode()
    assert sorted(snapshot(tmp_path)) == ["4g_telkomsel_level.qml", "4g_telkomsel_level.tif"]
