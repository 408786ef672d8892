"""How long terrain layers take, against the tools that make them today, in one run.

The elevation model is made here: a fractal with a coast, whole metres, written as a COG and kept in
the temporary folder. Each measurement is a separate process, without its start and imports; CPU
seconds stand beside wall seconds, because a busy machine hardly changes them. Kernels are compiled
before. xarray-spatial, scipy and gdaldem are peers where they are installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

REPOSITORY = Path(__file__).parents[1]
REAL = REPOSITORY / "tests" / "real" / "kalsel.toml"
SIZES = {"20 Mpx": (4000, 5000), "168 Mpx": (12000, 14000)}
NODATA = -32768
POINTS = 450_000
THREADS = 2
LAYERS = ("slope", "aspect", "tri", "roughness")
GDALDEM = {
    "slope": ("slope", "-alg", "Horn"),
    "aspect": ("aspect", "-alg", "Horn"),
    "tri": ("TRI", "-alg", "Riley"),
    "roughness": ("roughness",),
}
CODEC = {
    "compress": "zstd",
    "zstd_level": "1",
    "predictor": "3",
    "tiled": "yes",
    "blockxsize": "256",
    "blockysize": "256",
    "num_threads": str(THREADS),
    "bigtiff": "yes",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Work of one process: seconds on the wall and of all threads, largest memory in 10⁶ bytes."""

    wall_s: float
    cpu_s: float
    peak_mb: float


# --- the elevation model -----------------------------------------------------------------------


def fractal(height: int, width: int, path: Path) -> None:
    """Write a fractal of cells of 3″ around the equator, a quarter of it sea, as a COG."""
    import rasterio
    import rasterio.shutil
    from affine import Affine

    rng = np.random.default_rng(2026)
    octaves = [
        (side, rng.standard_normal((height // side + 2, width // side + 2), dtype=np.float32))
        for side in (2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2)
    ]
    col = np.arange(width)
    plain = path.with_suffix(".plain.tif")
    profile = {"driver": "GTiff", "width": width, "height": height, "count": 1, "dtype": "int16"}
    place = {
        "crs": "EPSG:4326",
        "transform": Affine(1 / 1200, 0.0, 110.0, 0.0, -1 / 1200, height / 2400),
    }
    blocks = {"tiled": True, "blockxsize": 512, "blockysize": 512}
    with rasterio.open(plain, "w", nodata=NODATA, **profile, **place, **blocks) as dataset:
        for top in range(0, height, 512):
            row = np.arange(top, min(top + 512, height))
            z = np.zeros((row.size, width), dtype=np.float32)
            for side, grid in octaves:
                down, along = (row % side / side)[:, None], (col % side / side).astype(np.float32)
                lines = grid[row // side] * (1 - down) + grid[row // side + 1] * down
                lines = lines.astype(np.float32)
                z += (lines[:, col // side] * (1 - along) + lines[:, col // side + 1] * along) * (
                    side**0.85
                )
            z = np.where(z < -250, NODATA, np.clip(z + 250, 1, 4000))
            dataset.write(z.astype(np.int16), 1, window=((top, top + row.size), (0, width)))
    rasterio.shutil.copy(
        plain, path, driver="COG", compress="deflate", predictor="yes", num_threads="all_cpus"
    )
    plain.unlink()


# --- work of child processes -------------------------------------------------------------------


def read(path: Path) -> None:
    """Every cell once."""
    from kalsel_gap.geo.mosaic import open_band

    with open_band(path) as source:
        for window in _row_blocks(source.grid.height, source.grid.width):
            source.read_raw(window)


def _row_blocks(height: int, width: int) -> list[object]:
    from rasterio.windows import Window

    return [Window(0, row, width, min(512, height - row)) for row in range(0, height, 512)]


def make(path: Path, wanted: list[str], folder: Path | None) -> None:
    """Layers into files of their own; without a folder nothing is written."""
    import rasterio

    from kalsel_gap.terrain import layers

    work = layers.Work(wanted, threads=THREADS)  # type: ignore[arg-type]
    if folder is None:
        layers.compute_layers(path, work, lambda *_: None)
        return
    with rasterio.open(path) as dataset:
        given = {"width": dataset.width, "height": dataset.height, "crs": dataset.crs}
        given |= {"transform": dataset.transform, "driver": "GTiff", "count": 1} | CODEC
    opened = {}
    for name in wanted:
        dtype = "int8" if name in layers.CLASSES else "float32"
        own = given | ({"predictor": "2"} if dtype == "int8" else {})
        opened[name] = rasterio.open(folder / f"{name}.tif", "w", dtype=dtype, **own)
    layers.compute_layers(
        path, work, lambda name, window, z: opened[name].write(z, 1, window=window)
    )
    for file in opened.values():
        file.close()


def sample(path: Path, method: str) -> None:
    """Values at many points."""
    from kalsel_gap.geo import sampling

    info = sampling.describe(path)
    rng = np.random.default_rng(1)
    lat, lon = (
        rng.uniform(low, high, POINTS)
        for low, high in ((info.south, info.north), (info.west, info.east))
    )
    sampling.sample(path, lat, lon, method=method)  # type: ignore[arg-type]


def spatial(path: Path, folder: Path) -> None:
    """Slope and aspect by xarray-spatial, which needs the whole raster."""
    import rasterio
    import xarray
    import xrspatial

    with rasterio.open(path) as dataset:
        z = dataset.read(1).astype(np.float32)
        given = dataset.profile | CODEC | {"driver": "GTiff", "dtype": "float32", "nodata": None}
    z[z == NODATA] = np.nan
    grid = xarray.DataArray(z, dims=("y", "x"), attrs={"res": (92.6, 92.6)})
    for name in ("slope", "aspect"):
        with rasterio.open(folder / f"{name}.tif", "w", **given) as dataset:
            dataset.write(getattr(xrspatial, name)(grid).to_numpy().astype(np.float32), 1)


def facts(project: Path, run: Path) -> None:
    """Terrain facts of the schools of a run."""
    import geopandas as gpd

    from kalsel_gap.project.read import read_project
    from kalsel_gap.sources import sites
    from kalsel_gap.stage_cache import StageCache
    from kalsel_gap.storage.cache import Cache
    from kalsel_gap.terrain import open_sea, stage

    schools = gpd.read_parquet(run)
    work = StageCache(read_project(project), Cache(None))
    for each in (sites.STAGE, open_sea.STAGE, stage.STAGE):
        work.run(each, schools[[*stage.STAGE.reads, "geometry"]])


CHILDREN: dict[str, Callable[..., None]] = {
    "read": lambda path: read(Path(path)),
    "make": lambda path, names, folder: make(
        Path(path), names.split(","), Path(folder) if folder else None
    ),
    "sample": lambda path, method: sample(Path(path), method),
    "spatial": lambda path, folder: spatial(Path(path), Path(folder)),
    "facts": lambda project, run: facts(Path(project), Path(run)),
    "fractal": lambda height, width, path: fractal(int(height), int(width), Path(path)),
    "kernels": lambda path: kernels(Path(path)),
}


def child(task: str, arguments: list[str]) -> None:
    """Run one task and print its time and memory, without start and imports."""
    import rasterio

    if task != "spatial":
        # Before the clock starts.
        from kalsel_gap.geo import sampling  # noqa: F401
    else:
        import xrspatial  # noqa: F401
    wall, cpu = time.perf_counter(), time.process_time()
    with rasterio.Env(GDAL_CACHEMAX=64 * 2**20):  # before GDAL reads the memory of the machine
        CHILDREN[task](*arguments)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    if task in {"read", "make", "sample", "spatial", "facts"}:
        print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu, peak]))


def measured(task: str, *arguments: object, repeat: int = 1) -> Measured:
    """The fastest of several processes."""
    found = []
    for _ in range(repeat):
        command = [sys.executable, __file__, "--child", task, *map(str, arguments)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        found.append(Measured(*json.loads(done.stdout.splitlines()[-1])))
    return min(found, key=lambda each: each.cpu_s)


def of_command(*command: object) -> Measured:
    """A program from its start to its end."""
    begun = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with status {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = used.ru_utime + used.ru_stime
    return Measured(time.perf_counter() - begun, cpu, used.ru_maxrss * unit / 1e6)


# --- the tables --------------------------------------------------------------------------------


def line(name: str, one: Measured, ours: Measured | None = None, note: str = "") -> None:
    """One row of a table, with the ratio to ours."""
    ratio = f"{one.wall_s / ours.wall_s:7.1f} {one.cpu_s / ours.cpu_s:7.1f}" if ours else " " * 15
    print(f"{name:34} {one.wall_s:8.2f} {one.cpu_s:8.2f} {one.peak_mb:8.0f} {ratio}  {note}")


def head(title: str) -> None:
    """Names of the columns."""
    print(f"\n{title:34} {'wall s':>8} {'CPU s':>8} {'peak MB':>8} {'× wall':>7} {'× CPU':>7}")


def total(parts: list[Measured]) -> Measured:
    """Work done one after the other."""
    return Measured(
        sum(part.wall_s for part in parts),
        sum(part.cpu_s for part in parts),
        max(part.peak_mb for part in parts),
    )


def best(work: Callable[[], object], repeat: int = 3) -> float:
    """CPU seconds of the fastest run; kernels are compiled before it."""
    times = []
    for _ in range(repeat):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def by_scipy(name: str, z: NDArray[np.float32]) -> NDArray[Any]:
    """A layer as scipy's filters make it."""
    from scipy import ndimage

    if name == "tri":
        ring = np.ones((3, 3), np.float32)
        ring[1, 1] = 0
        squares = 8 * z * z + ndimage.convolve(z * z, ring) - 2 * z * ndimage.convolve(z, ring)
        return np.asarray(np.sqrt(np.maximum(squares, 0)))
    if name == "roughness":
        return np.asarray(ndimage.maximum_filter(z, 3) - ndimage.minimum_filter(z, 3))
    down, along = ndimage.sobel(z, 0) / 741, ndimage.sobel(z, 1) / 741
    if name == "aspect":
        return np.asarray(np.degrees(np.arctan2(-along, down)))
    return np.asarray(np.degrees(np.arctan(np.hypot(down, along))))


def by_xarray_spatial(z: NDArray[np.float32]) -> dict[str, Callable[[], object]]:
    """The layers that xarray-spatial makes, where it is installed."""
    if not importlib.util.find_spec("xrspatial"):
        return {}
    import xarray
    import xrspatial

    grid = xarray.DataArray(z, dims=("y", "x"), attrs={"res": (92.6, 92.6)})
    return {"slope": lambda: xrspatial.slope(grid), "aspect": lambda: xrspatial.aspect(grid)}


def kernels(path: Path) -> None:
    """Ours and theirs on cells in memory, one thread each, CPU nanoseconds a cell."""
    import rasterio

    from kalsel_gap.terrain.slope_aspect import neighbours

    with rasterio.open(path) as dataset:
        z = dataset.read(1, window=((0, 2000), (0, 4000)))
    floats = z.astype(np.float32)
    floats[z == NODATA] = np.nan
    third, none = by_xarray_spatial(floats), np.empty((0, 0), np.float32)
    out = np.empty((z.shape[0] - 2, z.shape[1] - 2), np.float32)
    print(
        f"\n{'kernels alone, CPU ns a cell':34} {'ours':>8} {'scipy':>8} {'xarray-s.':>9} {'×':>6}"
    )
    for number, name in enumerate(LAYERS):
        arguments = [none] * 4
        arguments[number] = out
        times = [
            best(lambda a=arguments: neighbours(z, 1, dem_grid(), 0, *a)),  # type: ignore[misc]
            best(lambda n=name: by_scipy(n, floats)),  # type: ignore[misc]
        ]
        times += [best(third[name])] if name in third else []
        compared(name, [each / out.size * 1e9 for each in times])
    compared("local relief, disk of 7 km", [each * 1e9 for each in local_relief_s(z)])


def dem_grid() -> Any:  # noqa: ANN401 - imported late
    """Cells of 3″ on the equator."""
    from kalsel_gap.geo.dem import DemGrid

    return DemGrid(geographic=True, top=0.0, row=-1 / 1200, col=1 / 1200)


def local_relief_s(z: NDArray[np.int16]) -> tuple[float, float]:
    """CPU seconds a cell: ours, and scipy's with the same disk."""
    from scipy import ndimage

    from kalsel_gap.terrain.local_relief import compute_local_relief, footprint

    halo, found = 77, np.empty((256, 512), np.float32)
    part = np.ascontiguousarray(z[: 256 + 2 * halo, : 512 + 2 * halo])
    disks = footprint(dem_grid(), 0, 256, 7000.0, halo)
    ours = best(lambda: compute_local_relief(part, disks, halo, found)) / found.size
    row, col = np.mgrid[-75:76, -75:76]
    disk, small = row * row + col * col <= 75 * 75, part[:60, :60]
    filters = ndimage.maximum_filter, ndimage.minimum_filter
    theirs = best(lambda: [each(small, footprint=disk) for each in filters], 1)
    return ours, theirs / small.size


def compared(name: str, times: list[float]) -> None:
    """One row: ours first, and the ratio of the fastest of the others to it."""
    shown = f"{times[2]:9.1f}" if len(times) > 2 else " " * 9
    print(f"{name:34} {times[0]:8.2f} {times[1]:8.1f} {shown} {min(times[1:]) / times[0]:6.1f}")


def end_to_end(name: str, path: Path, folder: Path, *, peers: bool) -> float:
    """COG to files, ours against theirs with the same codec; seconds of ours."""
    names = ",".join(LAYERS)
    head(f"{name}: COG → layers → files")
    ours = measured("make", path, names, folder)
    line("ours, " + names.replace(",", " "), ours, ours)
    decode, silent = measured("read", path), measured("make", path, names, "")
    shares = np.array([decode.cpu_s, silent.cpu_s - decode.cpu_s, ours.cpu_s - silent.cpu_s])
    parts = " ".join(f"{share:.0%}" for share in shares / ours.cpu_s)
    print(f"  of its CPU time: decode, kernels, write: {parts}")
    if shutil.which("gdaldem"):
        options = [part for key, value in CODEC.items() for part in ("-co", f"{key}={value}")]
        theirs = [
            of_command("gdaldem", mode, path, folder / "gdal.tif", *how, *options, "-q")
            for mode, *how in GDALDEM.values()
        ]
        for layer, one in zip(GDALDEM, theirs, strict=True):
            line(f"  gdaldem {layer}", one)
        line("gdaldem, all four", total(theirs), ours)
    if peers and importlib.util.find_spec("xrspatial"):
        two = measured("make", path, "slope,aspect", folder)
        line("ours, slope aspect", two)
        line("xarray-spatial, slope aspect", measured("spatial", path, folder), two)
    more = measured("make", path, f"{names},relief,mountain", folder)
    line("ours, with local relief and class", more, note=_against(more.peak_mb, 500, "MB"))
    return ours.cpu_s


def _against(value: float, target: float, unit: str) -> str:
    return f"target {target:g} {unit}{'' if value <= target else '  OVER'}"


def points(path: Path) -> None:
    """Sampling against reading everything."""
    head(f"{POINTS} points")
    whole = measured("read", path, repeat=5)
    line("every cell read", whole, whole)
    for method in ("nearest", "bilinear"):
        one = measured("sample", path, method, repeat=5)
        line(f"sampled, {method}", one, whole, _against(one.cpu_s / whole.cpu_s, 2, "×"))


def schools(folder: Path) -> None:
    """Every terrain fact of the real schools, in a new process."""
    rank = [sys.executable, "-m", "kalsel_gap", "rank", "--project", REAL]
    environment = {"KALSEL_GAP_CACHE": str(folder / "cache"), **os.environ}
    command = [str(part) for part in (*rank, "--out", folder / "runs", "--format", "csv")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    latest = (folder / "runs" / "latest").read_text(encoding="utf-8").strip()
    run = folder / "runs" / latest / "schools.parquet"
    head("terrain facts of all schools")
    command = [sys.executable, __file__, "--child", "facts", str(REAL), str(run)]
    one = min((of_command(*command) for _ in range(3)), key=lambda each: each.wall_s)
    line("process from start to end", one)
    stage = min((measured("facts", REAL, run) for _ in range(5)), key=lambda each: each.wall_s)
    line("start and imports apart", stage, note=_against(stage.wall_s, 4, "s"))


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.add_argument("--small", action="store_true", help="leave the 168 Mpx out")
    given = parser.parse_args()
    if given.child:
        child(given.child[0], given.child[1:])
        return
    kept = Path(tempfile.gettempdir()) / "kalsel-gap-benchmark"
    kept.mkdir(exist_ok=True)
    sizes = {n: s for n, s in SIZES.items() if not (given.small and n == "168 Mpx")}
    paths = {}
    # Every task in its own process: a child's peak memory begins at its parent's.
    for name, (height, width) in sizes.items():
        paths[name] = kept / f"fractal-{height}x{width}.tif"
        if not paths[name].exists():
            print(f"making {paths[name].name}", file=sys.stderr)
            made = [str(height), str(width), str(paths[name])]
            subprocess.run([sys.executable, __file__, "--child", "fractal", *made], check=True)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {THREADS} threads each")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        first = paths["20 Mpx"]
        measured("make", first, ",".join((*LAYERS, "relief", "mountain")), "")  # compiles
        subprocess.run([sys.executable, __file__, "--child", "kernels", str(first)], check=True)
        took = {
            name: end_to_end(name, path, folder, peers=name == "20 Mpx")
            for name, path in paths.items()
        }
        if len(took) == 2:
            cells = 168 / 20
            grown = took["168 Mpx"] / took["20 Mpx"]
            print(f"\n20 → 168 Mpx: {cells:.1f} times the cells, {grown:.1f} times the CPU time")
        points(list(paths.values())[-1])
        if (REPOSITORY.parent / "shared").is_dir():
            schools(folder)


if __name__ == "__main__":
    main()
