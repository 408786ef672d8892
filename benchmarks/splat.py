"""SPLAT! over the same terrain: who says what and why, and what a site costs.

Two coverage rasters of SPLAT! lie in the shared folder with the terrain that they were made from.
Steps lead from what SPLAT! 1.4.2 does to what this project does; after each one the same cells
are compared, so that every disagreement has its cause, for all cells and path by path. Where
SPLAT! is installed (Debian: splat), it is also run itself, for its own losses and its time.

Rasters and program differ from the parameters beside them in this:

- The height of the mast reached SPLAT! without its unit, and it takes feet. Cell by cell the
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
import resource
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

from kalsel_gap import profile
from kalsel_gap.geodesy import WGS84
from kalsel_gap.propagation import itm
from kalsel_gap.propagation.paths import Paths, Polarization
from kalsel_gap.propagation.variability import Climate, Variability

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

# Constants of SPLAT! 1.4.2: posts to a degree, samples to a radian, its Earth, its dipole, its foot.
POSTS = 1200
SAMPLES_PER_RADIAN = 68_755.0
EARTH_KM = 3959.0 * 1.609344
DIPOLE_DBI = 2.14
FOOT_M = 0.3048

# Nearer, the path to the sample before is shorter than the Irregular Terrain Model covers.
LEAST_KM = 1.1
PATHS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A raster of SPLAT! with its terrain and its parameters.

    Attributes
    ----------
    name : str
    terms : mapping
        The parameters, as the planner that ran SPLAT! was given them.
    ground_m : int16 array of shape (rows, cols)
        Heights at posts: row r at latitude `north` - (r + 1) / 1200, column c at longitude
        `west` + c / 1200.
    level_dbm : float array of shape (rows, cols)
        What the raster shows, whole decibels; NaN where it shows nothing.
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

    def clutter_m(self, ground_m: Any) -> Any:
        """Clutter above heights: none where they are 0, which is the sea."""
        height = np.float32(self.terms["clutter_height"])
        return np.where(ground_m != 0.0, height, np.float32(0.0))

    def write(self, path: Path) -> None:
        """The heights as a GeoTIFF whose cells have their centres at the posts."""
        rows, cols = self.ground_m.shape
        corner = Affine.translation(self.west - 0.5 / POSTS, self.north - 0.5 / POSTS)
        with rasterio.open(
            path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="int16",
            crs="EPSG:4326", transform=corner * Affine.scale(1.0 / POSTS, -1.0 / POSTS),
        ) as sink:  # fmt: skip
            sink.write(self.ground_m, 1)

    def posts(self) -> tuple[FloatArray, FloatArray]:
        """Latitude of each row and longitude of each column."""
        rows, cols = self.ground_m.shape
        return self.north - (np.arange(rows) + 1) / POSTS, self.west + np.arange(cols) / POSTS

    def link(self, mast_m: float) -> itm.Link:
        """Terms of every path."""
        terms = self.terms
        return itm.Link(
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
        """Level that SPLAT! makes of a loss: radiated power over a dipole, no receiving gain."""
        return 10.0 * np.log10(1000.0 * self.watts) + DIPOLE_DBI - loss_db

    @property
    def watts(self) -> float:
        """Radiated power as it was handed over, two digits behind the point."""
        terms = self.terms
        power_dbm = terms["tx_power"] + terms["tx_gain"] - terms["system_loss"]
        return round(float(10.0 ** (power_dbm / 10.0 - 3.0)), 2)

    def covers(self, level_dbm: FloatArray) -> BoolArray:
        """Whether a level is shown: SPLAT! rounds to whole decibels first."""
        covered: BoolArray = level_dbm >= self.terms["signal_threshold"] - 0.5
        return covered


def _levels(shown: NDArray[np.uint8], terms: dict[str, Any]) -> FloatArray:
    """Levels of the greys: the colours brighten steadily, a shade for each decibel."""
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
    """Walks from the site to each cell of the region's edge, as far as the radius."""
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
    arc = np.arccos(
        np.sin(lat1) * np.sin(lat2) + np.cos(lat1) * np.cos(lat2) * np.cos(lon1 - lon2)
    )
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
    """Our losses over the profiles that SPLAT! reads.

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


def our_paths(
    case: Case, chosen: Cells, folder: Path
) -> Iterator[tuple[IntArray, Paths]]:
    """Our profiles to the posts of the cells, the ground raised between their ends."""
    path = folder / f"{case.name}.tif"
    if not path.exists():
        case.write(path)
    lat, lon = case.posts()
    to_lat, to_lon = lat[chosen.row], lon[chosen.col]
    terrain = profile.Terrain(path, sea="none")
    site = case.terms["lat"], case.terms["lon"]
    for index, paths in profile.profiles(terrain, *site, to_lat, to_lon):
        ground = paths.ground_m
        clutter = case.clutter_m(ground)
        clutter[paths.first[:-1]] = clutter[paths.first[1:] - 1] = 0.0
        yield index, replace(paths, ground_m=ground + clutter)


def as_we_do(case: Case, chosen: Cells, folder: Path, *, mast_m: float) -> FloatArray:
    """Our losses over our profiles."""
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
    """Losses of the cells after each of `STEPS`."""
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


def main() -> None:
    """Compare and print."""
    for name in TILES:
        case = Case.read(SHARED, name)
        walks = radials(case)
        chosen = cells(case, walks)
        shown = case.level_dbm[chosen.row, chosen.col]
        with tempfile.TemporaryDirectory() as folder:
            t = time.perf_counter()
            for step, loss in steps(case, walks, chosen, Path(folder)).items():
                level = case.dbm(loss)
                both = case.covers(level) & np.isfinite(shown)
                diff = level[both].clip(None, -80) - shown[both]
                print(f"{name} {step:36} IoU {overlap(case.covers(level), np.isfinite(shown)):.4f} within 1 dB {np.mean(np.abs(diff) < 1.0):.4f} n {both.size} {time.perf_counter()-t:.1f}")


if __name__ == "__main__":
    main()
