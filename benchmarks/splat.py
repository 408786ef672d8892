"""SPLAT! over the same terrain: differences, their causes, and the time for a site.

Two coverage rasters of SPLAT! lie in the shared folder with the terrain that they were made from.
The method of SPLAT! 1.4.2 is changed step by step into that of this project; after each step the
same cells are compared, so that every difference has its cause, for all cells and path by path.
Where SPLAT! is installed (Debian: splat), it is also run, for its own path loss and its time.

Rasters and program differ from the parameters beside them as follows:

- The height of the mast was given to SPLAT! without a unit, and it assumes feet. Cell by cell the
  rasters are those of a mast of 5 and 3 feet.
- The receiver's gain is not counted; a dipole's 2.14 dB are counted in its place.
- The loss shown for a sample is that of the path to the sample before it.
- The receiver stands on the ground clutter, not on the ground.
- A sample has the height of the nearest post, and a cell the loss of the first path to cross it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from kalsel_gap.geo.grid import Grid
from kalsel_gap.radio.paths import elevation_model, line_of_sight, profiles
from kalsel_gap.radio.propagation import itm, p1812
from kalsel_gap.radio.propagation.free_space import free_space_db
from kalsel_gap.radio.propagation.itm_variability import Climate, Variability
from kalsel_gap.radio.propagation.path_inputs import Paths, Polarization, ProfileHeights
from kalsel_gap.radio.propagation.sweep import Sweep, SweepWindow, sweep_losses

if TYPE_CHECKING:
    from collections.abc import Iterator

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

SHARED = Path(__file__).parents[2] / "shared" / "validation" / "srtm"
TILES = {
    "cape_town_20km": (("S34E018", "S35E018"), -33, 18),
    "monterey_25km": (("N36W123", "N36W122"), 37, -123),
}

# SPLAT! 1.4.2: posts to a degree, samples to a radian, its Earth, its dipole, its unit.
POSTS = 1200
SAMPLES_PER_RADIAN = 68_755.0
EARTH_KM = 3959.0 * 1.609344
DIPOLE_DBI = 2.14
FOOT_M = 0.3048

# Nearer, the path to the sample before is shorter than the range of the Irregular Terrain Model.
LEAST_KM = 1.1
PATHS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A raster of SPLAT! with its terrain and its parameters.

    Attributes
    ----------
    name : str
    terms : mapping
        The parameters given to the planning tool that ran SPLAT!.
    ground_m : int16 array of shape (rows, cols)
        Heights at posts: row r at latitude `north` - (r + 1) / 1200, column c at longitude
        `west` + c / 1200.
    level_dbm : float array of shape (rows, cols)
        Level in the raster, whole decibels; NaN where it shows none.
    north, west : int
        Corner of the tiles, degrees.
    """

    name: str
    terms: dict[str, Any]
    ground_m: NDArray[np.int16]
    level_dbm: FloatArray
    north: int
    west: int

    @classmethod
    def read(cls, folder: Path, name: str) -> Case:
        """One of `TILES` from the folder of the tiles."""
        terms = json.loads((folder / "splat" / f"{name}.json").read_text(encoding="utf-8"))
        tiles, north, west = TILES[name]
        heights = []
        for tile in tiles:
            with rasterio.open(folder / f"{tile}_3arcsec.tif") as source:
                heights.append(source.read(1))
        ground = np.concatenate(heights, axis=0 if name.startswith("cape") else 1)
        with rasterio.open(folder / "splat" / f"{name}.tif") as source:
            shown = source.read(1)
        return cls(name, terms, ground, _levels(shown, terms), north, west)

    @property
    def mast_m(self) -> float:
        """Height of the site's antenna in the raster: the figure was read as feet."""
        return float(self.terms["tx_height"]) * FOOT_M

    def clutter_m(self, ground_m: ProfileHeights) -> NDArray[np.float32]:
        """Clutter above heights: none where they are 0, which is the sea."""
        height = np.float32(self.terms["clutter_height"])
        return np.where(ground_m != 0.0, height, np.float32(0.0))

    @property
    def transform(self) -> Affine:
        """Of cells whose centres are the posts."""
        cell = 1.0 / POSTS
        return Affine(cell, 0.0, self.west - cell / 2.0, 0.0, -cell, self.north - cell / 2.0)

    def write(self, path: Path) -> None:
        """The heights as a GeoTIFF whose cells have their centres at the posts."""
        rows, cols = self.ground_m.shape
        with rasterio.open(
            path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="int16",
            crs="EPSG:4326", transform=self.transform,
        ) as sink:  # fmt: skip
            sink.write(self.ground_m, 1)

    def posts(self) -> tuple[FloatArray, FloatArray]:
        """Latitude of each row and longitude of each column."""
        rows, cols = self.ground_m.shape
        return self.north - (np.arange(rows) + 1) / POSTS, self.west + np.arange(cols) / POSTS

    def link(self, mast_m: float) -> itm.ItmLink:
        """Terms of every path."""
        terms = self.terms
        return itm.ItmLink(
            frequency_mhz=terms["frequency_mhz"],
            tx_height_m=mast_m,
            rx_height_m=terms["rx_height"],
            n0=terms["atmosphere_bending"],
            climate=Climate[terms["radio_climate"].upper()],
            permittivity=terms["ground_dielectric"],
            conductivity_s_m=terms["ground_conductivity"],
            polarization=Polarization[terms["polarization"].upper()],
            variability=Variability.MOBILE + 10,
            time_percent=terms["time_fraction"],
            situation_percent=terms["situation_fraction"],
        )

    def dbm(self, loss_db: FloatArray) -> FloatArray:
        """Level that SPLAT! computes from a loss: power relative to a dipole, no receiving gain."""
        level: FloatArray = 10.0 * np.log10(1000.0 * self.watts) + DIPOLE_DBI - loss_db
        return level

    @property
    def watts(self) -> float:
        """Radiated power as given to SPLAT!, with two decimals."""
        terms = self.terms
        power_dbm = terms["tx_power"] + terms["tx_gain"] - terms["system_loss"]
        return round(float(10.0 ** (power_dbm / 10.0 - 3.0)), 2)

    def covers(self, level_dbm: FloatArray) -> BoolArray:
        """Whether a level is shown: SPLAT! rounds to whole decibels first."""
        covered: BoolArray = level_dbm >= self.terms["signal_threshold"] - 0.5
        return covered


def _levels(shown: NDArray[np.uint8], terms: dict[str, Any]) -> FloatArray:
    """Levels from the grey values: one shade for each decibel."""
    shades = np.unique(shown[shown != 255])
    lowest, highest = int(terms["min_dbm"]), int(terms["max_dbm"])
    if shades.size != highest - lowest + 1:
        raise ValueError("the raster does not have a shade for each decibel")
    level = np.full(256, np.nan)
    level[shades] = np.arange(lowest, highest + 1)
    return level[shown]


# --- from what SPLAT! does to what we do ---------------------------------------------------------


class Cells(NamedTuple):
    """Cells that SPLAT! predicts, in its order, and where their samples lie on its radials."""

    row: IntArray
    col: IntArray
    place: IntArray
    """Of the sample on its radial, counted from the site."""
    end: IntArray
    """Of the sample among those of all radials."""


class Radials(NamedTuple):
    """Samples of the radials of one site, one radial after the other."""

    row: IntArray
    col: IntArray
    km: FloatArray
    place: IntArray


def radials(case: Case) -> Radials:
    """Radials from the site towards each cell of the region's edge, up to the radius."""
    parts = [_radial(case, *edge) for edge in _edges(case)]
    row, col, km = (np.concatenate(each) for each in zip(*parts, strict=True))
    place = np.concatenate([np.arange(each[0].size) for each in parts])
    return Radials(row, col, km, place)


def cells(case: Case, walks: Radials) -> Cells:
    """The first sample in each cell, from the third of a radial on."""
    mine = np.flatnonzero((walks.place >= 2) & (walks.km >= LEAST_KM))
    key = walks.row[mine] * case.ground_m.shape[1] + walks.col[mine]
    end = np.sort(mine[np.unique(key, return_index=True)[1]])
    return Cells(walks.row[end], walks.col[end], walks.place[end], end)


def _edges(case: Case) -> Iterator[tuple[float, float]]:
    """Ends of the radials: north, east, south and west edge of the region, in their order."""
    rows, cols = case.ground_m.shape
    south, east = case.north - rows / POSTS, case.west + cols / POSTS
    for i in range(1, cols + 1):
        yield float(case.north), east - i / POSTS
    for i in range(1, rows + 1):
        yield case.north - i / POSTS, east
    for i in range(1, cols + 1):
        yield south, east - i / POSTS
    for i in range(rows):
        yield south + i / POSTS, float(case.west)


def _radial(case: Case, lat: float, lon: float) -> tuple[IntArray, IntArray, FloatArray]:
    """Row, column and distance in km of the samples of one radial, on SPLAT!'s round Earth."""
    lat1, lon1 = np.radians([case.terms["lat"], case.terms["lon"]])
    lat2, lon2 = np.radians([lat, lon])
    arc = np.arccos(np.sin(lat1) * np.sin(lat2) + np.cos(lat1) * np.cos(lat2) * np.cos(lon1 - lon2))
    step = arc / (SAMPLES_PER_RADIAN * np.hypot(lon1 - lon2, lat1 - lat2))
    azimuth = np.arctan2(
        np.sin(lon2 - lon1) * np.cos(lat2),
        np.cos(lat1) * np.sin(lat2) - np.sin(lat1) * np.cos(lat2) * np.cos(lon2 - lon1),
    )
    reach = min(arc, case.terms["radius"] / 1000.0 / EARTH_KM)
    way = step * np.arange(int(reach / step) + 1)
    phi = np.arcsin(np.sin(lat1) * np.cos(way) + np.cos(lat1) * np.sin(way) * np.cos(azimuth))
    east = np.arctan2(
        np.sin(azimuth) * np.sin(way) * np.cos(lat1), np.cos(way) - np.sin(lat1) * np.sin(phi)
    )
    row = np.rint((case.north - np.degrees(phi)) * POSTS).astype(np.int64) - 1
    col = np.rint((np.degrees(lon1 + east) - case.west) * POSTS).astype(np.int64)
    return row, col, way * EARTH_KM


def on_radials(
    case: Case, walks: Radials, chosen: Cells, *, short: bool, on_clutter: bool
) -> FloatArray:
    """Our path loss over the profiles that SPLAT! reads.

    Parameters
    ----------
    case : Case
    walks : Radials
    chosen : Cells
    short : bool
        End one sample before the cell, as it does.
    on_clutter : bool
        Let the receiver stand on the clutter, as it does.
    """
    link, found = case.link(case.mast_m), np.empty(chosen.end.size)
    ground = case.ground_m[walks.row, walks.col].astype(np.float32)
    raised = ground + case.clutter_m(ground)
    raised[walks.place == 0] = ground[walks.place == 0]
    for begin in range(0, found.size, PATHS_AT_ONCE):
        part = slice(begin, begin + PATHS_AT_ONCE)
        end, size = chosen.end[part] - short, chosen.place[part] - short + 1
        first = np.concatenate([[0], np.cumsum(size)])
        heights = raised[np.arange(first[-1]) + np.repeat(end + 1 - first[1:], size)]
        if not on_clutter:
            heights[first[1:] - 1] = ground[end]
        found[part] = itm.loss(Paths(first, walks.km[end], heights), link, threads=2).loss_db
    return found


def our_paths(case: Case, chosen: Cells, folder: Path) -> Iterator[tuple[IntArray, Paths]]:
    """Our profiles to the posts of the cells, the ground raised between their ends."""
    path = folder / f"{case.name}.tif"
    if not path.exists():
        case.write(path)
    lat, lon = case.posts()
    to_lat, to_lon = lat[chosen.row], lon[chosen.col]
    terrain = elevation_model.ElevationModel(path, sea="none")
    site = case.terms["lat"], case.terms["lon"]
    for index, paths in profiles.extract_profiles(terrain, *site, to_lat, to_lon):
        ground = paths.ground_m
        clutter = case.clutter_m(ground)
        clutter[paths.first[:-1]] = clutter[paths.first[1:] - 1] = 0.0
        yield index, replace(paths, ground_m=ground + clutter)


def as_we_do(case: Case, chosen: Cells, folder: Path, *, mast_m: float) -> FloatArray:
    """Our path loss over our profiles."""
    found = np.empty(chosen.row.size)
    for index, paths in our_paths(case, chosen, folder):
        found[index] = itm.loss(paths, case.link(mast_m), threads=2).loss_db
    return found


STEPS = (
    "our model over its profiles",
    "+ the path leads to the receiver",
    "+ the receiver stands on the ground",
    "+ straight to each cell, bilinear",
    "+ the mast in metres",
)


def steps(case: Case, walks: Radials, chosen: Cells, folder: Path) -> dict[str, FloatArray]:
    """Path loss of the cells after each of `STEPS`."""
    losses = (
        on_radials(case, walks, chosen, short=True, on_clutter=True),
        on_radials(case, walks, chosen, short=False, on_clutter=True),
        on_radials(case, walks, chosen, short=False, on_clutter=False),
        as_we_do(case, chosen, folder, mast_m=case.mast_m),
        as_we_do(case, chosen, folder, mast_m=case.terms["tx_height"]),
    )
    return dict(zip(STEPS, losses, strict=True))


def overlap(first: BoolArray, second: BoolArray) -> float:
    """Intersection over union."""
    return float((first & second).sum() / (first | second).sum())


# --- SPLAT! itself -------------------------------------------------------------------------------


class Spent(NamedTuple):
    """Time of a run."""

    wall_s: float
    cpu_s: float


def prepare(case: Case, folder: Path) -> None:
    """Write terrain and parameters for SPLAT!: posts from the south-east corner, west first."""
    rows, cols = case.ground_m.shape
    for top in range(0, rows, POSTS):
        for left in range(0, cols, POSTS):
            south, west = case.north - top // POSTS - 1, case.west + left // POSTS
            most_west = -west % 360
            name = f"{south}:{south + 1}:{most_west - 1}:{most_west}.sdf"
            posts = case.ground_m[top : top + POSTS, left : left + POSTS][::-1, ::-1]
            head = [most_west, south, most_west - 1, south + 1]
            lines = "\n".join(map(str, head + posts.reshape(-1).tolist()))
            (folder / name).write_text(lines + "\n", encoding="ascii")
    terms = case.terms
    parameters = (
        terms["ground_dielectric"],
        terms["ground_conductivity"],
        terms["atmosphere_bending"],
        terms["frequency_mhz"],
        int(Climate[terms["radio_climate"].upper()]),
        int(Polarization[terms["polarization"].upper()]),
        terms["situation_fraction"] / 100.0,
        terms["time_fraction"] / 100.0,
        case.watts,
    )
    text = "".join(f"{value} ; \n" for value in parameters)
    (folder / "site.lrp").write_text(text, encoding="ascii")


def run_splat(
    program: str, case: Case, folder: Path, mast: str, radius_km: float, *options: str
) -> Spent:
    """One coverage run, with this text as the height of the mast in the site file."""
    terms = case.terms
    place = f"{terms['lat']}\n{-terms['lon'] % 360.0}\n"
    (folder / "site.qth").write_text(f"site\n{place}{mast}\n", encoding="ascii")
    command = [
        program, "-t", "site.qth", "-L", str(terms["rx_height"]), "-metric",
        "-R", str(radius_km), "-gc", str(terms["clutter_height"]), "-N", "-o", "map.ppm",
        *options,
    ]  # fmt: skip
    before, wall_s = os.times(), time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    after, wall_s = os.times(), time.perf_counter() - wall_s
    cpu_s = after.children_user + after.children_system
    return Spent(wall_s, cpu_s - before.children_user - before.children_system)


def splat_losses(case: Case, folder: Path) -> FloatArray:
    """Path loss from its report, on the posts; NaN where it has none."""
    found = np.full(case.ground_m.shape, np.nan)
    with (folder / "losses.txt").open(encoding="ascii") as lines:
        for line in lines:
            if ";" in line:
                continue
            lat, west, _, _, loss = line.rstrip(" *\n").split(",")
            row = round((case.north - float(lat)) * POSTS) - 1
            col = round(((180.0 - float(west)) % 360.0 - 180.0 - case.west) * POSTS)
            found[row, col] = float(loss)
    return found


# --- what is printed -----------------------------------------------------------------------------


def compare(program: str | None, name: str, folder: Path) -> None:
    """Print the comparison of one raster."""
    case = Case.read(SHARED, name)
    walks = radials(case)
    chosen = cells(case, walks)
    shown = case.level_dbm[chosen.row, chosen.col]
    covered = np.isfinite(shown)
    print(f"\n{name}: {covered.size:,} cells from {LEAST_KM} km on, {covered.sum():,} covered")
    print(f"{'':40} {'covered':>8} {'IoU':>7} {'within 1 dB':>12}")
    listed = None
    if program is not None:
        prepare(case, folder)
        radius_km = case.terms["radius"] / 1000.0
        for unit in ("", " meters"):
            mast, options = f"{case.terms['tx_height']}{unit}", ("-olditm", "-erp", "0")
            run_splat(program, case, folder, mast, radius_km, *options, "-ano", "losses.txt")
            loss = splat_losses(case, folder)[chosen.row, chosen.col]
            listed = loss if listed is None else listed
            row(f"SPLAT! itself, mast of '{mast}'", case, loss, shown)
    losses = steps(case, walks, chosen, folder)
    for step, loss in losses.items():
        row(step, case, loss, shown)
    if listed is not None:
        apart = np.abs(losses[STEPS[0]] - listed)
        apart = apart[np.isfinite(apart)]
        figures = " ".join(f"{value:.3f}" for value in np.percentile(apart, [50, 95, 99, 100]))
        print(f"our model over its profiles, dB off its losses (median, p95, p99, most): {figures}")
    paths(case, chosen, losses, shown, folder)


def row(name: str, case: Case, loss_db: FloatArray, shown: FloatArray) -> None:
    """Print how well the path loss explains the raster."""
    level, covered = case.dbm(loss_db), np.isfinite(shown)
    covers = case.covers(level)
    both = covers & covered
    near = np.abs(np.minimum(level, case.terms["max_dbm"]) - shown)[both] < 1.0
    share, count = overlap(covers, covered), int(covers.sum())
    print(f"{name:40} {count:8,} {share:7.4f} {near.mean():12.4f}")


def paths(
    case: Case,
    chosen: Cells,
    losses: dict[str, FloatArray],
    shown: FloatArray,
    folder: Path,
) -> None:
    """Print the path with the largest disagreement on coverage, and its loss after each step."""
    levels = np.array([case.dbm(loss) for loss in losses.values()])
    ours, covered = case.covers(levels[3]), np.isfinite(shown)
    apart = np.where(covered != ours, np.abs(levels[3] - levels[0]), -np.inf)
    worst = np.concatenate(
        [np.argsort(np.where(side, -apart, np.inf), kind="stable")[:4] for side in (covered, ours)]
    )
    lat, lon = case.posts()
    few = Cells(*(values[worst] for values in chosen))
    seen = {}
    for index, found_paths in our_paths(case, few, folder):
        terms = case.mast_m, case.terms["rx_height"], case.terms["frequency_mhz"]
        found = line_of_sight.assess_line_of_sight(found_paths, *terms, k=4.0 / 3.0)
        for i, path in enumerate(index):
            seen[int(path)] = (found_paths.length_km[i], found, i)
    print("cells of widest disagreement; levels in dBm: shown, free space, and after each step")
    head = "lat       lon       km    clear  obstacle"
    print(f"{head:44} {'shown':>6} {'free':>6} " + " ".join(f"{n:>6}" for n in range(1, 6)))
    for i, cell in enumerate(worst):
        km, found, at = seen[i]
        free = case.dbm(free_space_db(km, case.terms["frequency_mhz"]))
        place = f"{lat[few.row[i]]:9.4f} {lon[few.col[i]]:9.4f} {km:5.1f}"
        way = f"{found.clearance_ratio[at]:6.1f} {found.obstacle_km[at]:5.1f} km"
        each = " ".join(f"{level:6.0f}" for level in levels[:, cell])
        print(f"{place} {way:18} {shown[cell]:6.0f} {free:6.0f} {each}")


def cost(program: str, folder: Path, repeat: int) -> None:
    """One site of 40 m with a radius of 30 km at 90 m: its time and its area beside ours."""
    case = Case.read(SHARED, "monterey_25km")
    terms = {"rx_height": 1.5, "clutter_height": 0.0, "frequency_mhz": 1800.0}
    terms |= {"situation_fraction": 50.0, "time_fraction": 50.0}
    case = replace(case, terms=case.terms | terms)
    prepare(case, folder)
    rows, cols = case.ground_m.shape
    grid = Grid(cols, rows, case.transform, CRS.from_epsg(4326))
    ground = SweepWindow(ground_m=case.ground_m.astype(np.float32), grid=grid)
    link = p1812.P1812Link(
        frequency_mhz=1800.0, tx_height_m=40.0, rx_height_m=1.5, latitude_deg=36.6,
        delta_n=45.0, n0=case.terms["atmosphere_bending"],
    )  # fmt: skip
    sweeps = [_swept(ground, case, link) for _ in range(repeat + 1)][1:]  # the first one compiles
    ours, found = _least([spent for spent, _ in sweeps]), sweeps[0][1]
    print(f"\none site, 30 km at 90 m, {np.isfinite(found.loss_db).sum():,} cells")
    print(f"{'':40} {'wall s':>7} {'CPU s':>7} {'ratio':>6} {'km² of at most 140 dB':>22}")
    area_km2 = _area_km2(case, found.loss_db, found.row)
    _line("P.1812, radial sweep, 2 threads", ours, ours, area_km2)
    for name, options in (("ITM", ("-olditm",)), ("ITWOM", ())):

        def timed(
            radius_km: float, *more: str, options: tuple[str, ...] = options, runs: int = repeat
        ) -> Spent:
            every = (*options, *more)
            return _least(
                [run_splat(program, case, folder, "40 meters", radius_km, *every)
                 for _ in range(runs)]
            )  # fmt: skip

        whole, idle = timed(30.0), timed(1.0)
        timed(30.0, "-erp", "0", "-ano", "losses.txt", runs=1)
        _line(f"SPLAT!, {name}", whole, ours, _area_km2(case, splat_losses(case, folder), 0))
        inside = Spent(whole.wall_s - idle.wall_s, whole.cpu_s - idle.cpu_s)
        _line("  without its reading and drawing", inside, ours)


def _swept(ground: SweepWindow, case: Case, link: p1812.P1812Link) -> tuple[Spent, Sweep]:
    """One sweep and its time."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    found = sweep_losses(
        ground, case.terms["lat"], case.terms["lon"], link, radius_km=30.0, threads=2
    )
    return Spent(time.perf_counter() - wall_s, time.process_time() - cpu_s), found


def _least(runs: list[Spent]) -> Spent:
    """Best of several runs."""
    return Spent(*(min(each) for each in zip(*runs, strict=True)))


def _line(name: str, spent: Spent, ours: Spent, area_km2: float = np.nan) -> None:
    """One row of the table."""
    ratio = f"{spent.wall_s / ours.wall_s:6.1f}" if spent is not ours else ""
    area = f"{area_km2:,.0f}" if np.isfinite(area_km2) else ""
    print(f"{name:40} {spent.wall_s:7.2f} {spent.cpu_s:7.2f} {ratio:6} {area:>22}")


def _area_km2(case: Case, loss_db: NDArray[Any], row: int) -> float:
    """Area of the cells with a loss of at most 140 dB."""
    lat = case.posts()[0][row : row + loss_db.shape[0]]
    cell_km2 = np.cos(np.radians(lat)) * (EARTH_KM * np.radians(1.0 / POSTS)) ** 2
    return float(((loss_db <= 140.0).sum(axis=1) * cell_km2).sum())


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=3, help="runs, of which the best counts")
    parser.add_argument("--cost", action="store_true", help="only what a site costs")
    options = parser.parse_args()
    if not SHARED.is_dir():
        print("the shared tiles are not here: nothing to compare")
        return
    program = shutil.which("splat")
    print(f"{os.cpu_count()} cores; SPLAT! is {'' if program else 'not '}installed")
    with tempfile.TemporaryDirectory() as folder:
        for name in () if options.cost else TILES:
            compare(program, name, Path(folder))
        if program is not None:
            cost(program, Path(folder), options.repeat)


if __name__ == "__main__":
    main()
