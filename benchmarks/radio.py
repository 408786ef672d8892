"""Paths per second of each radio model, on one thread and two, against a peer.

Terrain is invented: the time for a path depends on its number of samples, hardly on its shape. The
machine may be busy, so every figure is the best of several, with the CPU time beside the wall
time. The peers, the reference program of ITU-R P.1812 in Python and SPLAT! (Debian: splat), are not
dependencies of the project: where they are not installed, a line states that.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window

from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.geo.mosaic import open_band
from kalsel_gap.radio.paths.elevation_model import ElevationModel, sea_of
from kalsel_gap.radio.paths.line_of_sight import assess_line_of_sight
from kalsel_gap.radio.paths.profiles import extract_profiles, resolution_m
from kalsel_gap.radio.propagation import itm, p1812
from kalsel_gap.radio.propagation.clutter import COASTAL_HEIGHT_M
from kalsel_gap.radio.propagation.free_space import free_space_db
from kalsel_gap.radio.propagation.path_inputs import Paths, RadioZone
from kalsel_gap.radio.propagation.sweep import Sweep, SweepWindow, sweep_losses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kalsel_gap.terrain.sea_mask import SeaMask

FloatArray = NDArray[np.float64]

SAMPLES = 223
TARGET_PATHS_S = 100_000.0  # of P.1812 in full, one thread
SCHOOLS, SITES, SCHOOL_SAMPLES = 5000, 8, 500
TARGET_SCHOOLS_S = 1.0  # two threads
TARGET_SIGHT_S = 0.3  # profiles and line of sight, two threads
REACH_KM = (0.5, 30.0)
SWEEP_KM, SWEEP_EXACT = 30.0, 4000
TARGET_SWEEP_S = 0.4  # two threads
TARGET_APART_DB = (0.3, 3.0)  # median, 95 in 100
SHARED = Path(__file__).resolve().parents[1].parent / "shared"


class Place(NamedTuple):
    """A site to sweep around."""

    name: str
    terrain: ElevationModel
    lat: float
    lon: float


class Spent(NamedTuple):
    """Best of several runs."""

    wall_s: float
    cpu_s: float
    found: FloatArray


def best(work: Callable[[], FloatArray], repeat: int) -> Spent:
    """The least wall and CPU time, and the result."""
    found = work()  # compiles if necessary
    wall, cpu = [], []
    for _ in range(repeat):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        found = work()
        wall.append(time.perf_counter() - wall_s)
        cpu.append(time.process_time() - cpu_s)
    return Spent(min(wall), min(cpu), found)


def ground(rows: int, samples: int) -> NDArray[np.float32]:
    """Hills by a random walk."""
    steps = np.random.default_rng(1812).normal(0.0, 8.0, (rows, samples))
    return np.abs(np.cumsum(steps, axis=1)).astype(np.float32)


def links() -> tuple[p1812.P1812Link, p1812.P1812Link, itm.ItmLink]:
    """A 4G site and a school: P.1812 for 50 % and 10 % of the time, and ITM."""
    usual: dict[str, Any] = {"frequency_mhz": 1800.0, "tx_height_m": 40.0, "rx_height_m": 8.0}
    air: dict[str, Any] = {"latitude_deg": -3.0, "delta_n": 50.0, "n0": 380.0}
    return (
        p1812.P1812Link(**usual, **air),
        p1812.P1812Link(**usual, **air, time_percent=10.0),
        itm.ItmLink(**usual, n0=380.0),
    )


def line(name: str, count: int, spent: Spent, note: str = "") -> None:
    """One row of the table."""
    rate = count / spent.cpu_s
    print(f"{name:34} {spent.wall_s:8.3f} {spent.cpu_s:8.3f} {rate:12,.0f} {note}")


def over(value: float, target: float) -> str:
    """How a time compares with its target."""
    return f"target {target:g} s{'  OVER' if value > target else ''}"


def models(count: int, repeat: int) -> None:
    """Every model over the same paths, with one and two threads."""
    length = np.random.default_rng(1).uniform(2.0, 40.0, count)
    paths = Paths.equally_spaced(length, ground(count, SAMPLES))
    median, tenth, second = links()
    works: dict[str, Callable[[int], FloatArray]] = {
        "P.1812, 50 % of time": lambda threads: p1812.loss(paths, median, threads=threads).loss_db,
        "P.1812, 10 % of time": lambda threads: p1812.loss(paths, tenth, threads=threads).loss_db,
        "ITM point to point": lambda threads: itm.loss(paths, second, threads=threads).loss_db,
        "free space": lambda _: free_space_db(length, 1800.0),
    }
    print(f"{count:,} paths of {SAMPLES} samples")
    print(f"{'':34} {'wall s':>8} {'CPU s':>8} {'paths/CPU s':>12}")
    for name, work in works.items():
        one = best(lambda work=work: work(1), repeat)  # type: ignore[misc]
        note = ""
        if name.startswith("P.1812, 50"):
            slow = count / one.cpu_s < TARGET_PATHS_S
            note = f"target {TARGET_PATHS_S:,.0f}{'  UNDER' if slow else ''}"
        line(f"{name}, 1 thread", count, one, note)
        if name == "free space":
            continue
        two = best(lambda work=work: work(2), repeat)  # type: ignore[misc]
        same = np.array_equal(one.found, two.found, equal_nan=True)
        line(f"{name}, 2 threads", count, two, "same bits" if same else "OTHER BITS")


def province(repeat: int) -> None:
    """A problem of real size: every school of the province with its nearest sites."""
    median, _, _ = links()
    count = SCHOOLS * SITES
    length = np.random.default_rng(2).uniform(2.0, 30.0, count)
    paths = Paths.equally_spaced(length, ground(count, SCHOOL_SAMPLES))
    spent = best(lambda: p1812.loss(paths, median, threads=2).loss_db, repeat)
    name = f"{SCHOOLS:,} schools x {SITES}, {SCHOOL_SAMPLES} samples"
    line(name, count, spent, over(spent.wall_s, TARGET_SCHOOLS_S))


def invented(folder: Path) -> Path:
    """An elevation model as large as the province's: 3″, hills, sea in the west and the south."""
    row, col = np.mgrid[:4560, :4080]
    hills = 300 + 250 * np.sin(row / 130) * np.cos(col / 90) + 40 * np.sin((row + col) / 7)
    hills[(row + 2 * col < 1800) | (row > 3400)] = -32768
    path = folder / "dem.tif"
    given: dict[str, Any] = {"width": 4080, "height": 4560, "count": 1, "dtype": "int16"}
    given |= {"crs": "EPSG:4326", "transform": Affine(1 / 1200, 0, 114.2, 0, -1 / 1200, -1.2)}
    given |= {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate"}
    with rasterio.open(path, "w", nodata=-32768, predictor=2, **given) as dataset:
        dataset.write(hills.astype("int16"), 1)
    return path


def lines_of_sight(dem: Path, repeat: int) -> None:
    """Every school and its nearest sites: from the file to the worst obstacle."""
    random, count = np.random.default_rng(3), SCHOOLS * SITES
    lat, lon = random.uniform(-3.9, -2.0, count), random.uniform(114.8, 116.5, count)
    way_m = 1000.0 * random.uniform(*REACH_KM, count)
    to_lon, to_lat, _ = WGS84.fwd(lon, lat, random.uniform(0, 360, count), way_m)
    terrain = ElevationModel(dem, surface="dsm")

    def work(threads: int, sea: SeaMask | None) -> FloatArray:
        found = np.empty((4, count))
        ends = lat, lon, to_lat, to_lon
        for index, paths in extract_profiles(terrain, *ends, threads=threads, sea=sea):
            seen = assess_line_of_sight(paths, 40.0, 8.0, 1800.0, k=4.0 / 3.0, threads=threads)
            worst = seen.clearance_ratio, seen.obstacle_km, seen.tx_mast_m, seen.sea_share
            found[:, index] = worst
        return found

    samples = sum(
        paths.ground_m.size for _, paths in extract_profiles(terrain, lat, lon, to_lat, to_lon)
    )
    sea = sea_of(terrain)
    first = best(lambda: work(2, None), repeat)
    print(f"profiles and line of sight, {samples:,} samples of {dem.name}")
    line("reading, sea, profiles, sight", count, first, over(first.wall_s, TARGET_SIGHT_S))
    for threads in (1, 2):
        spent = best(lambda threads=threads: work(threads, sea), repeat)  # type: ignore[misc]
        same = np.array_equal(spent.found, first.found, equal_nan=True)
        bits = "same bits" if same else "OTHER BITS"
        line(f"the sea known already, {threads} threads", count, spent, bits)
    whole = best(lambda: np.asarray(sea_of(terrain, threads=2) is None, dtype=np.float64), repeat)
    line("of this reading once, sea", count, whole)


def ground_around(terrain: ElevationModel, lat: float, lon: float) -> SweepWindow:
    """The window of an elevation model that a sweep from a site needs; low land is coast."""
    sea = sea_of(terrain)
    with open_band(terrain.path) as band:
        row, col = (int(each) for each in band.grid.pixel(lat, lon))
        side = round(1000.0 * SWEEP_KM / resolution_m(band.grid)) + 20
        top, left = max(row - side, 0), max(col - side, 0)
        bottom, right = min(row + side, band.grid.height), min(col + side, band.grid.width)
        cells = band.read(Window(left, top, right - left, bottom - top)).astype(np.float32)
        grid = band.grid.part(top, left, bottom - top, right - left)
    zone = np.where(cells <= COASTAL_HEIGHT_M, RadioZone.COASTAL, RadioZone.INLAND)
    if sea is not None:
        wet = sea.rows(top, bottom)[:, left:right]
        cells[wet], zone[wet] = 0.0, RadioZone.SEA
    return SweepWindow(ground_m=cells, grid=grid, zone=zone.astype(np.int8))


def sweeps(places: Iterable[Place], repeat: int) -> None:
    """One site each: the cells around it along radials, against exact paths to some of them."""
    median, _, _ = links()
    print(f'one site, {SWEEP_KM:g} km of a 3" model, P.1812 in full')
    for name, terrain, lat, lon in places:
        given = ground_around(terrain, lat, lon)

        def work(
            threads: int, given: SweepWindow = given, at: tuple[float, float] = (lat, lon)
        ) -> Sweep:
            return sweep_losses(given, *at, median, radius_km=SWEEP_KM, threads=threads)

        one, two = work(1), work(2)
        spent = best(lambda work=work: work(2).loss_db, repeat)  # type: ignore[misc]
        rows, cols = np.nonzero(np.isfinite(two.loss_db))
        note = over(spent.wall_s, TARGET_SWEEP_S)
        same = np.array_equal(one.loss_db, two.loss_db, equal_nan=True)
        line(name, rows.size, spent, f"{note}, {'same bits' if same else 'OTHER BITS'}")
        some = np.random.default_rng(3).choice(rows.size, SWEEP_EXACT, replace=False)
        rows, cols = rows[some], cols[some]
        to_lat, to_lon = given.grid.position(rows + two.row + 0.5, cols + two.col + 0.5)
        apart = np.empty(SWEEP_EXACT)
        for index, paths in extract_profiles(terrain, lat, lon, to_lat, to_lon):
            swept = two.loss_db[rows[index], cols[index]]
            apart[index] = np.abs(p1812.loss(paths, median).loss_db - swept)
        apart = apart[np.isfinite(apart)]
        middle, high = np.percentile(apart, (50, 95))
        missed = middle > TARGET_APART_DB[0] or high > TARGET_APART_DB[1]
        print(
            f"{'':34} {apart.size:,} exact paths: median {middle:.2f} dB, p95 {high:.2f} dB apart; "
            f"target {TARGET_APART_DB[0]:g}, {TARGET_APART_DB[1]:g}{'  MISSED' if missed else ''}"
        )


def places_to_sweep(dem: Path) -> Iterator[Place]:
    """Sites on the invented model, and on those of the shared folder where it is there."""
    yield Place("invented hills", ElevationModel(dem, surface="dsm"), -3.0, 115.3)
    stylised = SHARED / "kalsel" / "stylised" / "dem_3arcsec.tif"
    if not stylised.is_file():
        print("The shared data folder is not beside the clone: no real terrain.")
        return
    yield Place("stylised, mountains", ElevationModel(stylised), -2.75, 115.55)
    yield Place("stylised, plain and coast", ElevationModel(stylised), -3.32, 114.75)
    srtm = SHARED / "validation" / "srtm"
    for name, tile, lat, lon in (
        ("SRTM, Monterey", "N36W122", 36.45, -121.45),
        ("SRTM, Cape", "S34E018", -33.55, 18.6),
    ):
        yield Place(name, ElevationModel(srtm / f"{tile}_3arcsec.tif", sea="zero"), lat, lon)


def peer_of_p1812(repeat: int) -> None:
    """The reference program over a few of the same paths."""
    paths = ground(20, SAMPLES).astype(np.float64)
    d = np.linspace(0.0, 20.0, SAMPLES)
    median, _, _ = links()
    ours = best(
        lambda: p1812.loss(Paths.equally_spaced(np.full(20, 20.0), paths), median).loss_db,
        repeat,
    )
    try:
        peer = importlib.import_module("Py1812.P1812")
    except ImportError:
        print("Py1812 (P.1812 in numpy) is not installed: no ratio")
        return

    def work() -> FloatArray:
        nothing, inland = np.zeros(SAMPLES), np.full(SAMPLES, 4)
        return np.array(
            [
                peer.bt_loss(
                    1.8, 50.0, d, h, nothing, inland, 40.0, 8.0, 2, -3.0, -3.0, 115.0, 115.18,
                    DN=50.0, N0=380.0,
                )[0]
                for h in paths
            ]
        )  # fmt: skip

    theirs = best(work, repeat)
    apart = np.abs(theirs.found - ours.found).max()
    line("Py1812", 20, theirs, f"{theirs.cpu_s / ours.cpu_s:.0f} times ours, {apart:.4f} dB apart")


def beside(script: str, *arguments: str) -> None:
    """Run another script of this folder."""
    subprocess.run([sys.executable, Path(__file__).with_name(script), *arguments], check=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--paths", type=int, default=20_000, help="paths of each model")
    parser.add_argument("--repeat", type=int, default=5, help="runs, of which the best counts")
    parser.add_argument("--dem", type=Path, help="elevation model; an invented one by default")
    parser.add_argument("--province", action="store_true", help="coverage rasters of all of it too")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, best of {options.repeat}")
    models(options.paths, options.repeat)
    province(options.repeat)
    with tempfile.TemporaryDirectory() as folder:
        dem = options.dem or invented(Path(folder))
        lines_of_sight(dem, options.repeat)
        sweeps(places_to_sweep(dem), options.repeat)
    peer_of_p1812(options.repeat)
    sys.stdout.flush()
    beside("splat.py", "--cost")
    if options.province:
        beside("reception.py", "--province")


if __name__ == "__main__":
    main()
