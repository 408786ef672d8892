"""Write the sample: a synthetic province stylised after South Kalimantan, always the same bytes.

Run it from anywhere with the Python of the project: ``python data/sample/generate.py [OUT]``.
Without ``OUT`` it writes beside itself. ``data/README.md`` says what is in the files.

Bytes repeat on any machine as far as that can be had: one seed, no clock, random numbers made
of uniform ones only (their bits do not change between versions of numpy), everything computed is
rounded before it is written, and rasters are packed with LZW, whose stream, other than that of
Deflate, does not depend on which library packs it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import rasterize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

SEED = 20260701
HERE = Path(__file__).parent

Point: TypeAlias = tuple[float, float]  # longitude, latitude
FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
Row: TypeAlias = dict[str, str]
Choice = TypeVar("Choice")

KM_PER_DEG = 111.2  # near enough everywhere for a province at 3° south
EARTH_M = 12_740_000.0 * 4 / 3  # diameter of the effective Earth

# --- what is typed: the facts, and outlines drawn by hand ----------------------------------------


class Kabupaten(NamedTuple):
    """One kabupaten or kota: published figures, the rest drawn by hand."""

    code: str
    dapodik: str
    name: str
    schools: tuple[int, int, int, int, int]
    """SD, SMP, SMA, SMK, SLB in the school year 2017/18."""
    blank: int
    """Villages without signal in 2022."""
    towns: tuple[Point, ...]
    """The capital, then invented centres of further kecamatan."""


# fmt: off
KABUPATEN = (
    Kabupaten("63.01", "151000", "Kabupaten Tanah Laut", (238, 53, 17, 10, 4), 45, (
        (114.76, -3.80), (114.63, -3.66), (114.64, -3.92), (114.73, -4.07), (114.92, -3.97),
        (115.12, -3.91), (115.03, -3.72), (114.86, -3.63))),
    Kabupaten("63.02", "150700", "Kabupaten Kotabaru", (255, 59, 27, 7, 2), 38, (
        (116.23, -3.24), (116.14, -3.53), (116.25, -3.66), (116.10, -3.93), (116.375, -3.50),
        (115.92, -4.32), (116.12, -2.98), (116.31, -2.72), (116.05, -2.60), (116.42, -2.42),
        (115.87, -2.84))),
    Kabupaten("63.03", "150200", "Kabupaten Banjar", (367, 73, 17, 10, 5), 46, (
        (114.86, -3.395), (114.68, -3.39), (114.62, -3.48), (114.72, -3.23), (114.95, -3.27),
        (115.06, -3.43), (115.22, -3.28), (115.36, -3.17))),
    Kabupaten("63.04", "150300", "Kabupaten Barito Kuala", (272, 56, 18, 3, 1), 64, (
        (114.77, -2.98), (114.51, -3.23), (114.40, -3.33), (114.63, -3.12), (114.60, -2.92),
        (114.72, -2.79), (114.46, -3.08))),
    Kabupaten("63.05", "151100", "Kabupaten Tapin", (175, 26, 7, 3, 4), 6, (
        (115.15, -2.93), (114.98, -2.94), (114.90, -3.08), (115.09, -3.07), (115.29, -3.02))),
    Kabupaten("63.06", "150400", "Kabupaten Hulu Sungai Selatan", (244, 36, 9, 4, 1), 32, (
        (115.27, -2.78), (115.13, -2.71), (115.00, -2.79), (115.35, -2.89), (115.50, -2.84))),
    Kabupaten("63.07", "150500", "Kabupaten Hulu Sungai Tengah", (266, 37, 10, 9, 3), 33, (
        (115.38, -2.58), (115.26, -2.62), (115.29, -2.52), (115.47, -2.68), (115.58, -2.60))),
    Kabupaten("63.08", "150600", "Kabupaten Hulu Sungai Utara", (184, 30, 7, 7, 3), 9, (
        (115.25, -2.42), (115.13, -2.45), (115.02, -2.55), (115.16, -2.30), (115.28, -2.31))),
    Kabupaten("63.09", "150800", "Kabupaten Tabalong", (220, 58, 12, 10, 1), 7, (
        (115.38, -2.16), (115.26, -2.07), (115.51, -2.02), (115.44, -1.85), (115.62, -1.72),
        (115.78, -1.53), (115.71, -1.95))),
    Kabupaten("63.10", "150900", "Kabupaten Tanah Bumbu", (192, 60, 11, 18, 1), 18, (
        (116.00, -3.45), (115.91, -3.58), (115.71, -3.64), (115.44, -3.77), (115.49, -3.55),
        (115.74, -3.41), (115.91, -3.20))),
    Kabupaten("63.11", "150100", "Kabupaten Balangan", (173, 24, 11, 3, 1), 16, (
        (115.47, -2.33), (115.39, -2.38), (115.52, -2.43), (115.64, -2.34), (115.50, -2.22))),
    Kabupaten("63.71", "156100", "Kota Banjarmasin", (248, 63, 28, 22, 10), 0, (
        (114.59, -3.32), (114.56, -3.30), (114.62, -3.30), (114.575, -3.35), (114.61, -3.345))),
    Kabupaten("63.72", "156000", "Kota Banjarbaru", (77, 22, 12, 17, 2), 2, (
        (114.83, -3.44), (114.79, -3.44), (114.80, -3.48), (114.86, -3.47), (114.74, -3.46))),
)
LEVELS = ("SD", "SMP", "SMA", "SMK", "SLB")
SCALE = 0.27  # of the schools of each kabupaten and level
MADRASAH_SHARE = {"MI": ("SD", 0.11), "MTs": ("SMP", 0.38), "MA": ("SMA", 0.45)}
SPECIAL_UNITS = {"SDLB": 5, "SMPLB": 4, "SMLB": 4, "PKBM": 6}  # in the whole province

WEST, SOUTH, EAST, NORTH = 114.2, -4.95, 116.9, -1.25  # of the rasters
SEA, NO_SIGNAL, NOT_DECLARED = -32768, -9999, 255
DEM_DEG = 15 / 3600
COVERAGE_DEG = 0.005
CLASS_M = 1000.0

# The shore of the mainland from the western to the eastern edge of the rasters.
SHORE: tuple[Point, ...] = (
    (114.20, -3.37), (114.36, -3.44), (114.46, -3.42), (114.49, -3.37), (114.52, -3.43),
    (114.55, -3.56), (114.60, -3.72), (114.57, -3.97), (114.64, -4.15), (114.90, -4.07),
    (115.25, -3.97), (115.55, -3.83), (115.85, -3.70), (116.01, -3.56), (116.05, -3.44),
    (116.00, -3.25), (116.05, -3.12), (116.21, -3.04), (116.16, -2.90), (116.34, -2.84),
    (116.42, -2.60), (116.56, -2.34), (116.62, -2.06), (116.76, -1.78), (116.90, -1.56),
)
# The border of the province; beyond it the land belongs to the neighbours.
BORDER: tuple[Point, ...] = (
    (114.10, -3.60), (114.33, -3.42), (114.36, -3.22), (114.40, -2.98), (114.53, -2.76),
    (114.80, -2.60), (114.96, -2.32), (115.10, -2.02), (115.30, -1.78), (115.55, -1.52),
    (115.81, -1.31), (115.97, -1.56), (115.90, -1.90), (116.05, -2.16), (116.25, -2.26),
    (116.42, -2.20), (116.62, -2.26), (116.95, -2.40), (116.95, -5.00), (114.10, -5.00),
)
PULAU_LAUT: tuple[Point, ...] = (
    (116.22, -3.18), (116.29, -3.27), (116.28, -3.45), (116.31, -3.62), (116.28, -3.80),
    (116.20, -3.98), (116.10, -4.09), (116.01, -4.00), (116.03, -3.82), (116.09, -3.66),
    (116.09, -3.50), (116.14, -3.36),
)
SEBUKU: tuple[Point, ...] = (
    (116.37, -3.33), (116.42, -3.45), (116.41, -3.62), (116.37, -3.70), (116.34, -3.58),
    (116.34, -3.42),
)


class Islet(NamedTuple):
    """An invented small island."""

    lon: float
    lat: float
    radius_km: float
    top_m: float
    inhabited: bool


ISLETS = (
    Islet(115.92, -4.32, 4.0, 140, inhabited=True),
    Islet(116.18, -4.28, 2.4, 60, inhabited=True),
    Islet(116.05, -4.53, 2.8, 90, inhabited=True),
    Islet(115.79, -4.57, 1.8, 30, inhabited=True),
    Islet(116.31, -4.61, 3.2, 110, inhabited=True),
    Islet(116.03, -4.79, 2.3, 40, inhabited=True),
    Islet(116.53, -4.03, 2.0, 50, inhabited=True),
    Islet(116.61, -3.61, 1.7, 20, inhabited=False),
    Islet(116.53, -3.12, 1.9, 45, inhabited=True),
    Islet(116.63, -2.73, 2.1, 35, inhabited=True),
    Islet(115.46, -4.16, 1.5, 15, inhabited=False),
    Islet(114.99, -4.29, 1.3, 10, inhabited=False),
)

# Longitude, latitude, height of the crest (m), half width of the range (km).
MERATUS = (
    (114.86, -4.00, 120, 9), (115.00, -3.70, 620, 15), (115.25, -3.40, 820, 20),
    (115.50, -3.10, 1150, 22), (115.65, -2.72, 1900, 24), (115.70, -2.30, 1120, 22),
    (115.82, -1.95, 720, 19), (115.98, -1.45, 620, 18),
)
PULAU_LAUT_SPINE = (
    (116.21, -3.30, 380, 6), (116.19, -3.55, 640, 8), (116.15, -3.80, 520, 7),
    (116.09, -4.00, 180, 5),
)
SEBUKU_SPINE = ((116.38, -3.42, 150, 3), (116.38, -3.60, 210, 3))
PEAK = (115.65, -2.72)
PEAK_M = 1900.0

WETLANDS = (
    ("Rawa pasang surut Barito", "pasang surut", (
        (114.34, -3.36), (114.42, -3.00), (114.56, -2.78), (114.72, -2.72), (114.84, -2.86),
        (114.82, -3.10), (114.74, -3.20), (114.68, -3.36), (114.63, -3.55), (114.53, -3.44))),
    ("Rawa lebak Amuntai", "lebak", (
        (114.90, -2.62), (114.98, -2.44), (115.12, -2.28), (115.24, -2.30), (115.26, -2.47),
        (115.20, -2.62), (115.10, -2.80), (114.95, -2.84))),
    ("Gambut Tapin", "gambut", (
        (114.84, -2.98), (115.00, -2.92), (115.03, -3.04), (114.92, -3.16), (114.83, -3.12))),
    ("Mangrove pesisir timur", "mangrove", (
        (116.10, -3.10), (116.20, -3.06), (116.22, -2.96), (116.17, -2.90), (116.10, -2.96))),
)

# Invented operators: what is said of their coverage must not be taken for a real one's.
BANUASEL, MERATUSNET = "banuasel", "meratusnet"

NAME_HEADS = {
    "rawa": ("Handil", "Anjir", "Tatah", "Sungai", "Tabing", "Lok", "Muara", "Saka"),
    "pegunungan": ("Gunung", "Batu", "Hulu", "Balai", "Riam", "Datar", "Ujung", "Kaki"),
    "pesisir": ("Pantai", "Tanjung", "Muara", "Teluk", "Karang", "Kuala", "Bagang", "Sungai"),
    "pulau_kecil": ("Pulau", "Teluk", "Tanjung", "Karang", "Labuhan", "Pantai"),
    "dataran": ("Kampung", "Padang", "Pematang", "Rantau", "Telaga", "Awang", "Pasar", "Mandi"),
}
NAME_TAILS = (
    "Rimbun", "Kembang", "Durian", "Kasturi", "Hampalam", "Ramania", "Galam", "Purun", "Bamban",
    "Haur", "Pinang", "Baluran", "Intan", "Mutiara", "Binjai Manis", "Saluang", "Papuyu", "Haruan",
    "Sapat", "Bakung", "Talipuk", "Jingah", "Rukam", "Kalangkala", "Langsat Manis", "Ulin", "Damar",
    "Rotan", "Pandan", "Kupang", "Banua", "Dalam", "Luar", "Tengah", "Baru", "Lawas", "Habang",
    "Hijau", "Kuning", "Panjang", "Halus", "Ganal", "Sabarang", "Hilir", "Raya", "Sakti", "Rahayu",
    "Karya", "Makmur", "Sentosa", "Basamaan", "Mufakat", "Waja", "Tabalian", "Kariwaya", "Limau",
)
FOUNDATIONS = (
    "BINA BANUA", "HARAPAN MERATUS", "CAHAYA BARITO", "TUNAS KAYUH", "KARYA GALAM", "PELITA WAJA",
    "NURUL BANUA", "DARUL KASTURI", "MIFTAHUL BANUA", "RAUDHATUL HIKMAH BANUA", "AL-BANUA",
)
# Invented prices without PPN, as a table of unit prices (SSH) has them; one is left to fill in.
PRICES = (
    ("leo_kit", "Perangkat satelit orbit rendah, lengkap", "unit", "6500000", "SSH-CONTOH-0101"),
    ("leo_month", "Langganan satelit orbit rendah", "bulan", "1500000", "SSH-CONTOH-0102"),
    ("vsat_terminal", "Terminal VSAT", "unit", "11000000", "SSH-CONTOH-0103"),
    ("vsat_month", "Langganan VSAT 2 Mbps", "bulan", "5500000", "SSH-CONTOH-0104"),
    ("cpe_kit", "Modem 4G luar ruang dengan antena", "unit", "2750000", "SSH-CONTOH-0201"),
    ("cpe_month", "Langganan data 4G", "bulan", "400000", "SSH-CONTOH-0202"),
    ("subscription_install", "Pemasangan jaringan tetap", "unit", "1200000", "SSH-CONTOH-0203"),
    ("subscription_month", "Langganan jaringan tetap", "bulan", "650000", "SSH-CONTOH-0204"),
    ("microwave_end", "Radio gelombang mikro, satu ujung", "unit", "26000000", "SSH-CONTOH-0301"),
    ("mast_m", "Tiang triangle, per meter", "m", "1450000", "SSH-CONTOH-0302"),
    ("relay_site", "Lokasi relai dengan tiang dan listrik", "unit", "85000000", "SSH-CONTOH-0303"),
    ("fibre_aerial_km", "Serat optik udara terpasang", "km", "45000000", "SSH-CONTOH-0401"),
    ("fibre_buried_km", "Serat optik tanam terpasang", "km", "", "SSH-CONTOH-0402"),
    ("lan", "LAN dan Wi-Fi sekolah", "unit", "9500000", "SSH-CONTOH-0501"),
    ("ups", "UPS dan penangkal petir", "unit", "3200000", "SSH-CONTOH-0502"),
    ("solar_kwp", "PLTS dengan baterai", "kWp", "42000000", "SSH-CONTOH-0503"),
)
PRICED_ON = "2026-03-02"
# States of an earlier programme, how often each is met, and what stands beside it.
DELIVERY_STATES = (
    ("diusulkan", 0.12, ""),
    ("disetujui", 0.14, "Menunggu pengiriman"),
    ("ditolak", 0.08, "Sekolah memilih jaringan tetap"),
    ("terkirim", 0.16, "Belum terpasang, menunggu listrik"),
    ("aktif", 0.20, "Terpasang"),
    ("dipakai", 0.30, ""),
)
# fmt: on

# --- chance, geometry, files ---------------------------------------------------------------------


class Dice:
    """A random stream of its own for each layer, so that one layer's change moves no other."""

    def __init__(self, name: str) -> None:
        self._generator = np.random.Generator(np.random.PCG64([SEED, *name.encode()]))

    def unit(self) -> float:
        """A number from 0 up to 1."""
        return float(self._generator.random())

    def between(self, low: float, high: float) -> float:
        """A number from `low` up to `high`."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return min(low + math.floor(self.unit() * (high - low + 1)), high)

    def bell(self, mean: float, deviation: float) -> float:
        """Nearly normal: a sum of twelve uniform numbers needs no logarithm."""
        return mean + deviation * (math.fsum(self.unit() for _ in range(12)) - 6.0)

    def chance(self, probability: float) -> bool:
        """Whether it happens."""
        return self.unit() < probability

    def pick(self, options: Sequence[Choice], weights: Sequence[float] | None = None) -> Choice:
        """One of `options`, each as likely as its weight."""
        if weights is None:
            return options[self.whole(0, len(options) - 1)]
        left = self.unit() * math.fsum(weights)  # sum() rounds as its Python does
        for option, weight in zip(options, weights, strict=True):
            left -= weight
            if left < 0:
                return option
        return options[-1]

    def some(self, options: Sequence[Choice], count: int) -> list[Choice]:
        """`count` different ones of `options`, in random order."""
        left = list(options)
        return [left.pop(self.whole(0, len(left) - 1)) for _ in range(count)]

    def grid(self, rows: int, columns: int) -> FloatArray:
        """Uniform numbers."""
        return self._generator.random((rows, columns))


def weathered(points: Sequence[Point], dice: Dice, *, roughness: float, step: float) -> list[Point]:
    """A line through `points`, its segments bent at their middles until shorter than `step`."""
    line = [points[0]]
    for end in points[1:]:
        line += _bent(line[-1], end, dice, roughness, step)
    return line


def _bent(start: Point, end: Point, dice: Dice, roughness: float, step: float) -> list[Point]:
    dx, dy = end[0] - start[0], end[1] - start[1]
    if math.sqrt(dx * dx + dy * dy) < step:
        return [end]
    aside = roughness * dice.between(-1.0, 1.0)
    middle = ((start[0] + end[0]) / 2 - aside * dy, (start[1] + end[1]) / 2 + aside * dx)
    return [
        *_bent(start, middle, dice, roughness, step),
        *_bent(middle, end, dice, roughness, step),
    ]


def ring(points: Sequence[Point], dice: Dice, *, roughness: float, step: float) -> Any:  # noqa: ANN401
    """A polygon with a weathered edge."""
    line = weathered([*points, points[0]], dice, roughness=roughness, step=step)
    polygon = shapely.make_valid(shapely.Polygon(line))
    return max(shapely.get_parts(polygon), key=lambda part: part.area)


def distance_km(a: Point, b: Point) -> float:
    """Length of a short way, on a sphere taken flat."""
    dx, dy = a[0] - b[0], a[1] - b[1]
    return KM_PER_DEG * math.sqrt(dx * dx + dy * dy)


def smooth(value: FloatArray) -> FloatArray:
    """0 below 0, 1 above 1, without a kink between."""
    clipped = np.clip(value, 0.0, 1.0)
    return clipped * clipped * (3.0 - 2.0 * clipped)


def noise(dice: Dice, shape: tuple[int, int], cells: int, *, octaves: int = 1) -> FloatArray:
    """Value noise between 0 and 1: random numbers `cells` apart, smoothly joined, finer ones added.

    Each octave's lattice is turned against the last one's, so that none shows.
    """
    rows, columns = np.indices(shape, dtype=np.float64)
    reach = shape[0] + shape[1]
    total, weight = np.zeros(shape), 0.0
    for octave in range(octaves):
        rows, columns = 0.8 * rows + 0.6 * columns, 0.8 * columns - 0.6 * rows
        apart = max(cells / 2**octave, 2.0)
        size = math.ceil(2 * reach / apart) + 2
        lattice = dice.grid(size, size)
        row, column = (rows + reach) / apart, (columns + reach) / apart
        i, j = row.astype(np.int64), column.astype(np.int64)
        u, v = smooth(row - i), smooth(column - j)
        upper = lattice[i, j] * (1 - v) + lattice[i, j + 1] * v
        lower = lattice[i + 1, j] * (1 - v) + lattice[i + 1, j + 1] * v
        total += (upper * (1 - u) + lower * u) / 2**octave
        weight += 1 / 2**octave
    return total / weight


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A raster in degrees over the frame of the sample.

    Attributes
    ----------
    step : float
        Size of a cell, degrees.
    """

    step: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return round((NORTH - SOUTH) / self.step), round((EAST - WEST) / self.step)

    @property
    def transform(self) -> Affine:
        """From cells to degrees."""
        return Affine(self.step, 0.0, WEST, 0.0, -self.step, NORTH)

    def centres(self) -> tuple[FloatArray, FloatArray]:
        """Longitudes of the columns and latitudes of the rows."""
        rows, columns = self.shape
        column, row = np.arange(columns, dtype=np.float64), np.arange(rows, dtype=np.float64)
        return WEST + self.step * (column + 0.5), NORTH - self.step * (row + 0.5)

    def at(self, values: NDArray[Any], lon: FloatArray, lat: FloatArray) -> NDArray[Any]:
        """Values of the cells that hold points; of the nearest cell beyond the edge."""
        rows, columns = self.shape
        i = np.clip(np.floor((NORTH - lat) / self.step), 0, rows - 1).astype(np.int64)
        j = np.clip(np.floor((lon - WEST) / self.step), 0, columns - 1).astype(np.int64)
        return values[i, j]


DEM, COVERAGE = Grid(DEM_DEG), Grid(COVERAGE_DEG)


def write_raster(
    path: Path, cells: NDArray[Any], *, dtype: str, nodata: int, crs: str, transform: Affine
) -> None:
    """One band, tiled, LZW with the horizontal predictor."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=cells.shape[1],
        height=cells.shape[0],
        count=1,
        dtype=dtype,
        nodata=nodata,
        crs=crs,
        transform=transform,
        compress="lzw",
        predictor=2,
        tiled=True,
        blockxsize=256,
        blockysize=256,
    ) as raster:
        raster.write(cells.astype(dtype), 1)


def write_table(
    path: Path, rows: Sequence[Mapping[str, str]], *, delimiter: str = ",", mark: bool = False
) -> None:
    """CSV in UTF-8, with a byte order mark where `mark` says so, lines ending in a newline."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig" if mark else "utf-8"))


def write_layer(path: Path, features: Iterable[tuple[Row, Any]], *, decimals: int = 4) -> None:
    """GeoJSON, one feature a line, coordinates rounded."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": _rounded(shapely.geometry.mapping(shape), decimals),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for properties, shape in features
    ]
    crs = '{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}'
    head = f'{{"type":"FeatureCollection","name":"{path.stem}","crs":{crs},"features":[\n'
    path.write_bytes((head + ",\n".join(lines) + "\n]}\n").encode())


def _rounded(geometry: Mapping[str, Any], decimals: int) -> dict[str, Any]:
    return {
        "type": geometry["type"],
        "coordinates": _rounded_path(geometry["coordinates"], decimals),
    }


def _rounded_path(path: Any, decimals: int) -> Any:  # noqa: ANN401 - nested as deep as the shape
    """Rounded numbers; points that fall together on the way are written once."""
    if not isinstance(path[0], list | tuple):
        return [round(float(value), decimals) + 0.0 for value in path]
    inner = [_rounded_path(part, decimals) for part in path]
    if isinstance(inner[0][0], float):
        return [p for n, p in enumerate(inner) if n == 0 or p != inner[n - 1]]
    return inner


# --- land, height, wetlands ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """Where there is land, and how high.

    Attributes
    ----------
    masses : list of Polygon
        The mainland, Pulau Laut, Sebuku, then the islets, beyond the province too.
    shore : LineString
        Shore of the mainland.
    province : list of geometry
        Of each of the masses, what belongs to the province.
    wetlands : list of geometry
    dry : bool array
        Cells of the elevation model that are land.
    height_m : float array
        Whole metres; 0 on the sea.
    """

    masses: list[Any]
    shore: Any
    province: list[Any]
    wetlands: list[Any]
    dry: BoolArray
    height_m: FloatArray

    def height_at(self, lon: FloatArray, lat: FloatArray) -> FloatArray:
        """Height of points, m."""
        return DEM.at(self.height_m, lon, lat)

    def dry_at(self, lon: float, lat: float) -> bool:
        """Whether a point is on land."""
        return bool(DEM.at(self.dry, np.array([lon]), np.array([lat]))[0])

    def relief_m(self, at: Point) -> float:
        """Highest less lowest land within 7 km or so."""
        reach = 7 / KM_PER_DEG
        i, j = math.floor((NORTH - at[1]) / DEM.step), math.floor((at[0] - WEST) / DEM.step)
        n = round(reach / DEM.step)
        window = np.s_[max(i - n, 0) : i + n + 1, max(j - n, 0) : j + n + 1]
        heights = self.height_m[window][self.dry[window]]
        return float(heights.max() - heights.min()) if heights.size else 0.0


def make_land() -> Land:
    """Outlines first, then heights on the cells whose centres they hold."""
    dice = Dice("land")
    coast = weathered(SHORE, dice, roughness=0.17, step=0.012)
    mainland = shapely.make_valid(shapely.Polygon([*coast, (EAST, NORTH), (WEST, NORTH)]))
    masses = [max(shapely.get_parts(mainland), key=lambda part: part.area)]
    masses += [ring(outline, dice, roughness=0.17, step=0.012) for outline in (PULAU_LAUT, SEBUKU)]
    masses += [ring(_blob(islet, dice), dice, roughness=0.15, step=0.006) for islet in ISLETS]
    border = ring(BORDER, dice, roughness=0.14, step=0.02)
    province = [shapely.intersection(mass, border) for mass in masses]
    province[0] = max(shapely.get_parts(province[0]), key=lambda part: part.area)
    wetlands = [
        shapely.intersection(ring(outline, dice, roughness=0.16, step=0.02), masses[0])
        for _, _, outline in WETLANDS
    ]
    dry = rasterize(masses, out_shape=DEM.shape, transform=DEM.transform, dtype="uint8").astype(
        bool
    )
    edge = shapely.box(WEST, SOUTH, EAST, NORTH).exterior
    shore = shapely.line_merge(shapely.difference(masses[0].exterior, edge))
    height_m = _heights(masses, wetlands, dry, dice)
    return Land(masses, shore, province, wetlands, dry, height_m)


def _blob(islet: Islet, dice: Dice) -> list[Point]:
    """Eight corners around an islet, on an uneven circle; no sine, whose last bit may differ."""
    around = ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.7, -0.7), (0, -1), (0.7, -0.7))
    size = islet.radius_km / KM_PER_DEG
    reach = [size * dice.between(0.65, 1.25) for _ in around]
    return [(islet.lon + r * x, islet.lat + r * y) for r, (x, y) in zip(reach, around, strict=True)]


def _heights(masses: list[Any], wetlands: list[Any], dry: BoolArray, dice: Dice) -> FloatArray:
    """Ranges along their crests, hills to the east of them, a plain to the west, wet land low."""
    shape = DEM.shape
    lon, lat = (axis for axis in np.meshgrid(*DEM.centres()))
    coast_km = _coast_km(masses)
    rolling = noise(dice, shape, 26, octaves=4)
    # Valleys run where two noises cross their middles; spurs stand between them.
    spurs = np.minimum(
        np.abs(2.0 * noise(dice, shape, 44, octaves=5) - 1.0),
        np.abs(2.0 * noise(dice, shape, 30, octaves=5) - 1.0),
    )
    carve = 0.22 + 1.15 * smooth(2.6 * spurs)
    wander = 9.0 * (noise(dice, shape, 60, octaves=4) - 0.5)
    meratus = _range(MERATUS, lon, lat, wander)
    mountains = _with_summit(meratus * carve, lon, lat, carve)
    south_first = sorted((y, x) for x, y, _, _ in MERATUS)
    crest_lon = np.interp(lat, [y for y, _ in south_first], [x for _, x in south_first])
    eastern = smooth((lon - crest_lon) / 0.25)
    inland = smooth(coast_km / 12.0)
    plain = 1.0 + 5.0 * inland + np.minimum(meratus, 60.0) * 0.5
    hills = 4.0 + 170.0 * eastern * inland + np.minimum(meratus, 90.0) * 0.6
    islands = np.maximum(
        _range(PULAU_LAUT_SPINE, lon, lat, 0.4 * wander), _range(SEBUKU_SPINE, lon, lat, 0.0 * lon)
    )
    islands = islands * carve
    for islet in ISLETS:
        away = KM_PER_DEG * np.sqrt((lon - islet.lon) ** 2 + (lat - islet.lat) ** 2)
        slope = np.clip(1.0 - away / (1.1 * islet.radius_km), 0.0, 1.0)
        islands = np.maximum(islands, islet.top_m * slope * (0.5 + 0.7 * rolling))
    mainland = rasterize(masses[:1], out_shape=shape, transform=DEM.transform, dtype="uint8") > 0
    height = np.where(
        mainland, plain + rolling * hills + mountains, 2.0 + 20.0 * rolling * inland + islands
    )
    height = height * smooth(0.15 + coast_km / 3.0) + 0.5
    wet = rasterize(wetlands, out_shape=shape, transform=DEM.transform, dtype="uint8") > 0
    height = np.where(wet, np.minimum(height, 1.0 + 3.0 * rolling + coast_km / 40.0), height)
    return np.where(dry, np.clip(np.round(height), 1.0, PEAK_M), 0.0)


def _with_summit(
    height: FloatArray, lon: FloatArray, lat: FloatArray, carve: FloatArray
) -> FloatArray:
    """The summit where it should stand; other tops stay a tenth below."""
    away_km = KM_PER_DEG * np.sqrt((lon - PEAK[0]) ** 2 + (lat - PEAK[1]) ** 2)
    height = np.minimum(height / np.sqrt(1.0 + (height / 2000.0) ** 2), 0.9 * PEAK_M)
    cone = np.clip(1.0 - away_km / 9.0, 0.0, 1.0)
    height = height + cone * (PEAK_M - height) * (0.5 + 0.4 * carve)
    return height + smooth(cone * 4.0 - 3.0) * (PEAK_M - height)


def _range(
    crest: Sequence[tuple[float, ...]], lon: FloatArray, lat: FloatArray, wander_km: FloatArray
) -> FloatArray:
    """Height of a range by distance from its crest line, its foot pushed to and fro."""
    height = np.zeros(lon.shape)
    for (x0, y0, h0, w0), (x1, y1, h1, w1) in pairwise(crest):
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((lon - x0) * dx + (lat - y0) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        away = KM_PER_DEG * np.sqrt((lon - x0 - along * dx) ** 2 + (lat - y0 - along * dy) ** 2)
        flank = np.clip(
            1.0 - (away + wander_km * np.minimum(away / 8.0, 1.0)) / (w0 + (w1 - w0) * along),
            0.0,
            1.0,
        )
        height = np.maximum(height, (h0 + (h1 - h0) * along) * flank * (0.35 + 0.65 * flank))
    return height


def _coast_km(masses: list[Any]) -> FloatArray:
    """Distance to the shore, exact on every eighth cell and joined between."""
    corners = np.concatenate([shapely.get_coordinates(mass) for mass in masses])
    inside = (corners[:, 0] > WEST) & (corners[:, 0] < EAST) & (corners[:, 1] < NORTH)
    x, y = corners[inside].T
    every = 8
    height, width = DEM.shape
    rows, columns = np.arange(0, height + every, every), np.arange(0, width + every, every)
    coarse_lon, coarse_lat = WEST + DEM.step * (columns + 0.5), NORTH - DEM.step * (rows + 0.5)
    coarse = np.array(
        [
            [np.min((x - here_lon) ** 2 + (y - here_lat) ** 2) for here_lon in coarse_lon]
            for here_lat in coarse_lat
        ]
    )
    coarse = KM_PER_DEG * np.sqrt(coarse)
    i, u = np.divmod(np.arange(height), every)
    j, v = np.divmod(np.arange(width), every)
    u, v = (u / every)[:, None], (v / every)[None, :]
    upper = coarse[np.ix_(i, j)] * (1 - v) + coarse[np.ix_(i, j + 1)] * v
    lower = coarse[np.ix_(i + 1, j)] * (1 - v) + coarse[np.ix_(i + 1, j + 1)] * v
    return np.asarray(upper * (1 - u) + lower * u, dtype=np.float64)


# --- areas ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Desa:
    """A village, and the settlement that stands for it.

    Attributes
    ----------
    code, name : str
    kabupaten : int
        Place in :data:`KABUPATEN`.
    kecamatan : int
        Place in the list of kecamatan.
    at : Point
    mass : int
        Place in :attr:`Land.masses`.
    is_town : bool
        Whether it is the kecamatan's centre.
    is_capital : bool
        Whether it is the kabupaten's.
    setting : str
        ``kota``, ``dataran``, ``rawa``, ``pesisir``, ``pegunungan`` or ``pulau_kecil``.
    weight : float
        People, in no unit.
    """

    code: str
    name: str
    kabupaten: int
    kecamatan: int
    at: Point
    mass: int
    is_town: bool
    is_capital: bool
    setting: str
    weight: float


@dataclass(frozen=True, slots=True)
class Kecamatan:
    """A district: code, name and place in :data:`KABUPATEN`."""

    code: str
    name: str
    kabupaten: int


WEIGHTS = {
    "kota": 5.0,
    "dataran": 1.2,
    "rawa": 1.0,
    "pesisir": 1.3,
    "pegunungan": 0.45,
    "pulau_kecil": 0.5,
}
CITIES = ("63.71", "63.72")


def make_desa(land: Land) -> tuple[list[Kecamatan], list[Desa]]:
    """Villages around the typed centres; each lies nearest to its own centre."""
    dice, names = Dice("desa"), Names()
    towns = [(k, n, at) for k, area in enumerate(KABUPATEN) for n, at in enumerate(area.towns)]
    masses = [_mass_of(land, at) for _, _, at in towns]
    kecamatan: list[Kecamatan] = []
    villages: list[Desa] = []
    for index, (k, n, town) in enumerate(towns):
        mass = masses[index]
        rivals = [at for i, (_, _, at) in enumerate(towns) if masses[i] == mass and i != index] or [
            (WEST, NORTH)
        ]
        places = [town, *_around(land, town, rivals, mass, dice, _how_many(k, mass))]
        if mass > 2:  # the islets form one kecamatan
            places += [(i.lon, i.lat) for i in ISLETS if i.inhabited and (i.lon, i.lat) != town]
        named = ""
        for number, place in enumerate(places):
            here = _mass_of(land, place)
            setting = _setting(land, place, here, is_city=KABUPATEN[k].code in CITIES)
            name = names.new(setting, dice)
            if number == 0:
                named = name
            weight = WEIGHTS[setting] * (2.2 if number == 0 else 1.0) * (1.6 if n == 0 else 1.0)
            villages.append(
                Desa(
                    code=f"{KABUPATEN[k].code}.{81 + n}.{2901 + number}",
                    name=name,
                    kabupaten=k,
                    kecamatan=index,
                    at=place,
                    mass=here,
                    is_town=number == 0,
                    is_capital=number == 0 and n == 0,
                    setting=setting,
                    weight=weight,
                )
            )
        kecamatan.append(Kecamatan(f"{KABUPATEN[k].code}.{81 + n}", named, k))
    return kecamatan, villages


class Names:
    """Invented names of villages, none twice."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def new(self, setting: str, dice: Dice) -> str:
        """A name that suits the setting."""
        heads = NAME_HEADS.get(setting, NAME_HEADS["dataran"])
        name = f"{dice.pick(heads)} {dice.pick(NAME_TAILS)}"
        while name in self._used:
            name = f"{dice.pick(heads)} {dice.pick(NAME_TAILS)}"
        self._used.add(name)
        return name


def _mass_of(land: Land, at: Point) -> int:
    point = shapely.Point(at)
    return min(range(len(land.masses)), key=lambda n: float(land.masses[n].distance(point)))


def _how_many(kabupaten: int, mass: int) -> int:
    if KABUPATEN[kabupaten].code in CITIES:
        return 4
    return (4 if kabupaten % 2 else 3) if mass < 2 else 0 if mass > 2 else 2


def _around(
    land: Land, town: Point, rivals: list[Point], mass: int, dice: Dice, count: int
) -> list[Point]:
    """Places nearer to `town` than to any rival, not too near to each other, on dry land."""
    reach = min(0.75 * min(distance_km(town, rival) for rival in rivals), 22.0) / KM_PER_DEG
    inside = land.province[mass]
    found: list[Point] = []
    tries = 0
    while len(found) < count and tries < 4000:
        tries += 1
        dx, dy = dice.between(-reach, reach), dice.between(-reach, reach)
        place = (round(town[0] + dx, 4), round(town[1] + dy, 4))
        apart = min(distance_km(place, other) for other in (town, *found))
        if apart < 0.45 * reach * KM_PER_DEG * (1.0 - tries / 4000):
            continue
        own = distance_km(place, town)
        if any(distance_km(place, rival) < 1.05 * own for rival in rivals):
            continue
        if land.dry_at(*place) and inside.contains(shapely.Point(place)):
            found.append(place)
    return found


def _setting(land: Land, at: Point, mass: int, *, is_city: bool) -> str:
    if is_city:
        return "kota"
    if mass > 0:
        return "pulau_kecil"
    if land.relief_m(at) > 300.0:
        return "pegunungan"
    point = shapely.Point(at)
    if any(area.contains(point) for area in land.wetlands):
        return "rawa"
    return "pesisir" if land.shore.distance(point) * KM_PER_DEG < 3.0 else "dataran"


def make_areas(land: Land, villages: list[Desa]) -> list[dict[int, Any]]:
    """Voronoi cells of each village by the mass of land they lie on, not yet cut by the shore.

    Land where nobody lives goes with the nearest village.
    """
    cells: list[dict[int, Any]] = [{} for _ in villages]
    frame = shapely.box(WEST - 1, SOUTH - 1, EAST + 1, NORTH + 1)
    settlements = shapely.STRtree([shapely.Point(village.at) for village in villages])
    for mass, shape in enumerate(land.masses):
        members = [n for n, village in enumerate(villages) if village.mass == mass]
        if len(members) < 2:  # no diagram: one village has all of it
            only = members[0] if members else int(settlements.nearest(shape.centroid))
            cells[only][mass] = frame
            continue
        points = shapely.MultiPoint([villages[n].at for n in members])
        diagram = shapely.voronoi_polygons(points, extend_to=frame, ordered=True)
        for n, cell in zip(members, shapely.get_parts(diagram), strict=True):
            cells[n][mass] = cell
    return cells


def joined(land: Land, cells: list[dict[int, Any]]) -> Any:  # noqa: ANN401 - one polygon or many
    """Polygon of several villages: cells are joined before the shore cuts them, so edges meet."""
    parts: list[Any] = []
    for mass in sorted({mass for cell in cells for mass in cell}):
        area = shapely.union_all([cell[mass] for cell in cells if mass in cell])
        cut = shapely.get_parts(shapely.intersection(area, land.province[mass]))
        parts += [part for part in cut if part.geom_type == "Polygon" and part.area > 1e-6]
    parts = [shapely.normalize(part) for part in parts]
    parts.sort(key=lambda part: -part.area)
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def write_areas(out: Path, land: Land, kecamatan: list[Kecamatan], villages: list[Desa]) -> None:
    """Boundaries of four levels, with ``kode`` and ``nama``."""
    cells = make_areas(land, villages)
    pairs = list(zip(villages, cells, strict=True))
    desa = [
        ({"kode": village.code, "nama": village.name}, joined(land, [cell]))
        for village, cell in pairs
    ]
    districts = [
        (
            {"kode": area.code, "nama": area.name},
            joined(land, [cell for village, cell in pairs if village.kecamatan == k]),
        )
        for k, area in enumerate(kecamatan)
    ]
    regencies = [
        (
            {"kode": area.code, "nama": area.name},
            joined(land, [cell for village, cell in pairs if village.kabupaten == k]),
        )
        for k, area in enumerate(KABUPATEN)
    ]
    whole = shapely.MultiPolygon([shapely.normalize(mass) for mass in land.province])
    write_layer(out / "desa.geojson", desa)
    write_layer(out / "kecamatan.geojson", districts)
    write_layer(out / "kabupaten.geojson", regencies)
    write_layer(out / "province.geojson", [({"kode": "63", "nama": "Contoh Banua"}, whole)])


def write_land(out: Path, land: Land) -> None:
    """Elevation, shore, land, wetlands."""
    cells = np.where(land.dry, land.height_m, SEA)
    write_raster(
        out / "dem.tif", cells, dtype="int16", nodata=SEA, crs="EPSG:4326", transform=DEM.transform
    )
    names = ["Daratan utama", "Pulau Laut", "Pulau Sebuku"]
    names += [f"Pulau contoh {n}" for n in range(1, len(ISLETS) + 1)]
    write_layer(
        out / "land.geojson",
        [({"nama": name}, shape) for name, shape in zip(names, land.masses, strict=True)],
    )
    shores = [land.shore, *(shapely.LineString(mass.exterior) for mass in land.masses[1:])]
    write_layer(
        out / "coastline.geojson",
        [({"nama": f"Pantai {name}"}, line) for name, line in zip(names, shores, strict=True)],
    )
    write_layer(
        out / "wetlands.geojson",
        [
            ({"nama": name, "jenis": kind}, shape)
            for (name, kind, _), shape in zip(WETLANDS, land.wetlands, strict=True)
        ],
    )


# --- roads, fibre, sites, coverage ---------------------------------------------------------------


def make_roads(land: Land, villages: list[Desa]) -> list[tuple[Row, Any]]:
    """Capitals joined first, then towns, then most villages; none over the sea."""
    dice = Dice("roads")
    reachable = {"kota": 1.0, "dataran": 0.95, "pesisir": 0.85, "rawa": 0.5, "pegunungan": 0.3}
    goes = [v.is_town or dice.chance(reachable.get(v.setting, 0.6)) for v in villages]
    tiers = (
        ("nasional", [n for n, v in enumerate(villages) if v.is_capital]),
        (
            "provinsi",
            [n for n, v in enumerate(villages) if v.is_town and v.setting != "pegunungan"],
        ),
        ("kabupaten", [n for n, v in enumerate(villages) if goes[n]]),
    )
    lines: list[tuple[Row, Any]] = []
    for mass in sorted({village.mass for village in villages}):
        joined_: list[int] = []
        for kind, members in tiers:
            waiting = [n for n in members if villages[n].mass == mass and n not in joined_]
            if not joined_ and waiting:
                joined_.append(waiting.pop(0))
            cost = {n: _cheapest(land, villages, n, joined_) for n in waiting}
            while waiting:
                n = min(waiting, key=lambda m: (cost[m][0], m))
                waiting.remove(n)
                joined_.append(n)
                if cost[n][0] < math.inf:
                    lines.append(_road(land, villages[n], villages[cost[n][1]], kind, dice))
                for m in waiting:
                    cost[m] = min(cost[m], (_toil(land, villages[m].at, villages[n].at), n))
    return lines


def _cheapest(land: Land, villages: list[Desa], n: int, joined_: list[int]) -> tuple[float, int]:
    return min((_toil(land, villages[n].at, villages[m].at), m) for m in joined_)


def _toil(land: Land, a: Point, b: Point) -> float:
    """Kilometres, more of them uphill, none at all over the sea."""
    share = (np.arange(24) + 0.5) / 24
    lon, lat = a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
    if not DEM.at(land.dry, lon, lat).all():
        return math.inf
    return distance_km(a, b) * (1.0 + float(land.height_at(lon, lat).max()) / 250.0)


def _road(land: Land, a: Desa, b: Desa, kind: str, dice: Dice) -> tuple[Row, Any]:
    line = weathered((a.at, b.at), dice, roughness=0.13, step=0.03)
    if not all(land.dry_at(*point) for point in line):
        line = [a.at, b.at]
    return {"nama": f"Jalan {a.name} - {b.name}", "kelas": kind}, shapely.LineString(line)


def make_fibre(villages: list[Desa]) -> list[tuple[Row, Any]]:
    """Points where fibre ends: all capitals, most towns of the plain, few elsewhere."""
    dice = Dice("fibre")
    odds = {"kota": 0.9, "dataran": 0.55, "pesisir": 0.35, "rawa": 0.2, "pegunungan": 0.08}
    nodes = [
        v for v in villages if v.is_capital or (v.is_town and dice.chance(odds.get(v.setting, 0.0)))
    ]
    return [
        (
            {
                "kode": f"FO-{n:03d}",
                "nama": f"POP {v.name}",
                "jenis": "POP",
                "operator": "seratbanua",
            },
            shapely.Point(round(v.at[0] + 0.003, 4), round(v.at[1] - 0.002, 4)),
        )
        for n, v in enumerate(nodes, start=1)
    ]


@dataclass(frozen=True, slots=True)
class Site:
    """One cell of a radio site."""

    site_id: str
    operator: str
    technology: str
    at: Point
    antenna_height_m: int
    frequency_mhz: int
    eirp_dbm: int
    desa: str


def make_sites(land: Land, villages: list[Desa]) -> list[Site]:
    """Sites where people are; villages without signal are the likelier, the more there are."""
    dice = Dice("sites")
    odds = {"kota": 1.0, "dataran": 0.62, "pesisir": 0.5, "rawa": 0.4, "pegunungan": 0.18}
    sites: list[Site] = []
    for operator, zeal in ((BANUASEL, 1.0), (MERATUSNET, 0.62)):
        number = 0
        for village in villages:
            area = KABUPATEN[village.kabupaten]
            blank = area.blank / area.schools[0]
            chance = zeal * odds.get(village.setting, 0.3) * (1.0 - 2.0 * blank)
            chance = max(chance, 0.95 * zeal) if village.is_capital else chance
            chance = max(chance, 0.8 * zeal) if village.is_town and village.mass == 0 else chance
            if village.setting == "pegunungan":
                chance = min(chance, 0.3 * zeal)
            has_4g, has_2g = dice.chance(chance), dice.chance(0.35)
            for mast in range(3 if village.setting == "kota" and operator == BANUASEL else 1):
                if not (has_4g or has_2g):
                    continue
                number += 1
                at = _mast(land, village, dice, 0.8 if mast == 0 else 1.8)
                base = Site(
                    f"{operator[0].upper()}{number:04d}",
                    operator,
                    "2g",
                    at,
                    52,
                    900,
                    57,
                    village.code,
                )
                if village.setting == "kota" or village.is_capital:
                    base = replace(base, antenna_height_m=32)
                    sites.append(replace(base, technology="4g", frequency_mhz=1800, eirp_dbm=62))
                elif has_4g:
                    low = dice.chance(0.65)
                    sites.append(
                        replace(
                            base,
                            technology="4g",
                            frequency_mhz=900 if low else 1800,
                            eirp_dbm=60 if low else 62,
                            antenna_height_m=dice.pick((42, 52, 62)),
                        )
                    )
                if operator == BANUASEL and mast == 0:
                    sites.append(base)
    return sites


def _mast(land: Land, village: Desa, dice: Dice, spread_km: float) -> Point:
    """The highest of a few dry places near the village: masts are put on rises."""
    reach = spread_km / KM_PER_DEG
    places = [village.at]
    for _ in range(5):
        dx, dy = dice.between(-reach, reach), dice.between(-reach, reach)
        place = (round(village.at[0] + dx, 5), round(village.at[1] + dy, 5))
        if land.dry_at(*place):
            places.append(place)
    lon, lat = np.array(places).T
    heights = land.height_at(lon, lat)
    # On the flat the last draw wins, so that masts of one village do not stand on one spot.
    return places[len(places) - 1 - int(np.argmax(heights[::-1]))]


def level_dbm(land: Land, site: Site, lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Level of one cell at points: distance, and the worst edge of the terrain on the way.

    Okumura and Hata's formula for a suburb less 16 dB for open country, and the single knife edge
    of ITU-R P.526; a mobile at 1.5 m. Power is taken per resource element of 20 MHz for 4G.

    Parameters
    ----------
    land : Land
        Terrain.
    site : Site
        The cell.
    lon, lat : float arrays of one shape
        Points, degrees.

    Returns
    -------
    float array
        dBm.
    """
    km = KM_PER_DEG * np.sqrt((lon - site.at[0]) ** 2 + (lat - site.at[1]) ** 2)
    km = np.maximum(km, 0.1)
    height, mhz = float(site.antenna_height_m), float(site.frequency_mhz)
    at_1_km = 69.55 + 26.16 * math.log10(mhz) - 13.82 * math.log10(height) - 16.0
    loss = at_1_km + (44.9 - 6.55 * math.log10(height)) * np.log10(km)
    metres = 1000.0 * km
    foot = float(land.height_at(np.array([site.at[0]]), np.array([site.at[1]]))[0])
    top, end = foot + height, land.height_at(lon, lat) + 1.5
    worst = np.full(lon.shape, -np.inf)
    for share in np.arange(1, 20) / 20:
        ground = land.height_at(
            site.at[0] + (lon - site.at[0]) * share, site.at[1] + (lat - site.at[1]) * share
        )
        near, far = metres * share, metres * (1.0 - share)
        above = ground + near * far / EARTH_M - (top + (end - top) * share)
        worst = np.maximum(worst, above * np.sqrt(2.0 * mhz / 299.79 * (1.0 / near + 1.0 / far)))
    edge = np.maximum(worst, -0.78) - 0.1
    edge_db = np.clip(6.9 + 20.0 * np.log10(np.sqrt(edge * edge + 1.0) + edge), 0.0, 45.0)
    power = site.eirp_dbm - (30.8 if site.technology == "4g" else 0.0)
    return np.asarray(power - loss - edge_db, dtype=np.float64)


def best_level(land: Land, sites: list[Site], lon: FloatArray, lat: FloatArray) -> FloatArray:
    """The best level of several sites at points on two axes' mesh; -inf where none reaches."""
    best = np.full(lon.shape, -np.inf)
    for site in sites:
        reach = 0.30
        near = (np.abs(lon - site.at[0]) < reach) & (np.abs(lat - site.at[1]) < reach)
        rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
        window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        best[window] = np.maximum(best[window], level_dbm(land, site, lon[window], lat[window]))
    return best


def make_coverage(land: Land, sites: list[Site]) -> dict[str, FloatArray]:
    """4G levels of each operator in whole dBm; -inf where there is no signal."""
    lon, lat = (axis for axis in np.meshgrid(*COVERAGE.centres()))
    levels = {}
    for operator in (BANUASEL, MERATUSNET):
        cells = [s for s in sites if s.operator == operator and s.technology == "4g"]
        level = best_level(land, cells, lon, lat)
        fading = noise(Dice(f"fading {operator}"), COVERAGE.shape, 6, octaves=2)
        level = np.round(level + 10.0 * (fading - 0.5))
        levels[operator] = np.where(level < -127.0, -np.inf, np.minimum(level, -55.0))
    return levels


def write_coverage(out: Path, land: Land, sites: list[Site], levels: dict[str, FloatArray]) -> None:
    """4G levels in degrees, 2G classes in metres of UTM zone 50 S, the table of sites."""
    for operator, level in levels.items():
        write_raster(
            out / f"rsrp_4g_{operator}.tif",
            np.where(np.isfinite(level), level, NO_SIGNAL),
            dtype="int16",
            nodata=NO_SIGNAL,
            crs="EPSG:4326",
            transform=COVERAGE.transform,
        )
    west, north, columns, rows = 191_000.0, 9_860_000.0, 300, 408
    x = west + CLASS_M * (np.arange(columns) + 0.5)
    y = north - CLASS_M * (np.arange(rows) + 0.5)
    to_degrees = Transformer.from_crs("EPSG:32750", "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(*np.meshgrid(x, y))
    level = best_level(land, [s for s in sites if s.technology == "2g"], lon, lat)
    classes = np.select([level >= -80, level >= -95, level >= -104], [3, 2, 1], 0)
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:32750", always_xy=True)
    province = shapely.transform(
        shapely.MultiPolygon(land.province), to_metres.transform, interleaved=False
    )
    transform = Affine(CLASS_M, 0.0, west, 0.0, -CLASS_M, north)
    inside = rasterize(
        [province], out_shape=classes.shape, transform=transform, all_touched=True, dtype="uint8"
    )
    write_raster(
        out / f"class_2g_{BANUASEL}.tif",
        np.where(inside > 0, classes, NOT_DECLARED),
        dtype="uint8",
        nodata=NOT_DECLARED,
        crs="EPSG:32750",
        transform=transform,
    )
    write_table(
        out / "sites.csv",
        [
            {
                "site_id": s.site_id,
                "operator": s.operator,
                "technology": s.technology,
                "lat": f"{s.at[1]:.5f}",
                "lon": f"{s.at[0]:.5f}",
                "antenna_height_m": str(s.antenna_height_m),
                "frequency_mhz": str(s.frequency_mhz),
                "eirp_dbm": str(s.eirp_dbm),
                "kode_desa": s.desa,
            }
            for s in sites
        ],
    )


# --- schools -------------------------------------------------------------------------------------


@dataclass(slots=True)
class School:
    """A school as it would be if every file were right."""

    npsn: str
    name: str
    level: str
    is_private: bool
    desa: int
    at: Point
    street: str
    students: int = 0
    teachers: int = 0
    trained: int = 0
    certified: int = 0
    devices: int = 0
    accounts: int = 0
    active: int = 0
    reference: str = "Tidak"
    electricity: str = "PLN"
    has_fixed: bool = False
    by_water: bool = False
    is_inclusive: bool = False
    poor_share: float = 0.0
    available: float = 0.0
    down_mbps: float = 0.0
    internet: str = ""
    subscription_mbps: int = 0


class Kind(NamedTuple):
    """What is usual of a level of schools."""

    spread: float
    """How much likelier a kecamatan's centre is than another village."""
    private: float
    """Share of private schools."""
    few: int
    """Pupils of a small one."""
    many: int
    """Pupils of a large one."""


KINDS = {
    "SD": Kind(1.2, 0.04, 45, 330),
    "SMP": Kind(2.5, 0.12, 70, 620),
    "SMA": Kind(6.0, 0.30, 130, 1150),
    "SMK": Kind(8.0, 0.45, 140, 1350),
    "SLB": Kind(12.0, 0.50, 18, 110),
    "SDLB": Kind(12.0, 0.40, 12, 60),
    "SMPLB": Kind(12.0, 0.60, 10, 40),
    "SMLB": Kind(12.0, 0.60, 8, 35),
    "PKBM": Kind(3.0, 1.00, 20, 160),
    "MI": Kind(1.4, 0.80, 40, 280),
    "MTs": Kind(2.5, 0.75, 60, 430),
    "MA": Kind(4.0, 0.75, 60, 400),
}
MADRASAH = frozenset(MADRASAH_SHARE)
CROWD = {
    "kota": 1.0,
    "dataran": 0.6,
    "rawa": 0.45,
    "pesisir": 0.5,
    "pegunungan": 0.2,
    "pulau_kecil": 0.3,
}


def counts() -> list[dict[str, int]]:
    """Schools of each level in each kabupaten: the real numbers scaled, at least one of each."""
    table = []
    for area in KABUPATEN:
        scaled = {
            level: max(1, math.floor(SCALE * n + 0.5))
            for level, n in zip(LEVELS, area.schools, strict=True)
        }
        for level, (like, share) in MADRASAH_SHARE.items():
            scaled[level] = max(1, math.floor(share * scaled[like] + 0.5))
        table.append(scaled)
    for level, number in SPECIAL_UNITS.items():
        for n in range(number):
            table[(5 * n + len(level)) % len(table)].setdefault(level, 0)
            table[(5 * n + len(level)) % len(table)][level] += 1
    return table


def make_schools(land: Land, kecamatan: list[Kecamatan], villages: list[Desa]) -> list[School]:
    """Schools in villages, more where more people are; numbered in an invented range."""
    dice = Dice("schools")
    labels = Labels(dice)
    tree = shapely.STRtree([shapely.Point(village.at) for village in villages])
    schools: list[School] = []
    for k, of_level in enumerate(counts()):
        members = [n for n, village in enumerate(villages) if village.kabupaten == k]
        for level, number in of_level.items():
            kind = KINDS[level]
            held = dict.fromkeys(members, 0)
            for _ in range(number):
                weights = [
                    villages[n].weight
                    * (kind.spread if villages[n].is_town else 1.0)
                    / (1 + held[n]) ** 1.5
                    for n in members
                ]
                desa = dice.pick(members, weights)
                held[desa] += 1
                village = villages[desa]
                is_private = dice.chance(kind.private)
                schools.append(
                    School(
                        npsn=labels.npsn(level),
                        name=labels.name(
                            level, village, kecamatan[village.kecamatan], is_private=is_private
                        ),
                        level=level,
                        is_private=is_private,
                        desa=desa,
                        at=_place(land, tree, village, desa, dice),
                        street=f"Jl. {dice.pick(NAME_TAILS)} {dice.whole(1, 90)}, {village.name}",
                    )
                )
    return schools


class Labels:
    """Numbers and names of schools, none twice."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._count: dict[str, int] = {}

    def _next(self, key: str) -> int:
        self._count[key] = self._count.get(key, 0) + 1
        return self._count[key]

    def npsn(self, level: str) -> str:
        """Begins with 99, 099 or P00, as no number of the public register of 2019 does."""
        if level == "PKBM":
            return f"P00{self._next('P'):05d}"
        if level in MADRASAH:
            return f"9960{self._next('9960'):04d}"
        number = self._next("9910")
        return f"099{number:05d}" if number % 150 == 7 else f"9910{number:04d}"

    def name(self, level: str, village: Desa, kecamatan: Kecamatan, *, is_private: bool) -> str:
        """As such schools are called, with an invented place."""
        place = (village.name if level in {"SD", "MI", "PKBM"} else kecamatan.name).upper()
        if level == "PKBM":
            return f"PKBM HARAPAN {place}"
        if is_private:
            name = f"{level.upper()} {self._dice.pick(FOUNDATIONS)} {place}"
            again = self._next(name)
            return name if again == 1 else f"{name} {again}"
        number = self._next(f"{level} {place}")
        if level in {"MI", "MTs", "MA"}:
            return f"{level.upper()}N {number} {place}"
        if level == "SD":
            return f"SD NEGERI {place} {number}"
        if level.endswith("LB"):
            return f"{level} NEGERI {place}" + (f" {number}" if number > 1 else "")
        return f"{level} NEGERI {number} {place}"


def _place(land: Land, tree: Any, village: Desa, desa: int, dice: Dice) -> Point:  # noqa: ANN401
    """Near the village, nearest to it of all villages of its land, and on land."""
    spread = {"kota": 0.5, "pegunungan": 2.2, "pulau_kecil": 0.9}.get(village.setting, 2.0)
    inside = land.province[village.mass]
    for _ in range(60):
        lon = dice.bell(village.at[0], spread / KM_PER_DEG)
        lat = dice.bell(village.at[1], spread / KM_PER_DEG)
        point = shapely.Point(lon, lat)
        if tree.nearest(point) == desa and inside.contains(point) and land.dry_at(lon, lat):
            return round(lon, 7), round(lat, 7)
    return village.at


ADEQUACY_OF_4G = (
    (-140, 0.0),
    (-120, 0.05),
    (-110, 0.25),
    (-105, 0.45),
    (-95, 0.70),
    (-85, 0.85),
    (-70, 0.95),
)


def equip(
    schools: list[School], villages: list[Desa], levels: dict[str, FloatArray], fibre: list[Point]
) -> None:
    """Give schools their pupils, devices, power and line, each as its place allows."""
    dice = Dice("facts")
    lon, lat = np.array([school.at for school in schools]).T
    best = np.max([COVERAGE.at(level, lon, lat) for level in levels.values()], axis=0)
    dbm, worth = zip(*ADEQUACY_OF_4G, strict=True)
    signal = np.interp(np.maximum(best, -140.0), dbm, worth)
    for school, available in zip(schools, signal, strict=True):
        village = villages[school.desa]
        fibre_km = min(distance_km(school.at, node) for node in fibre)
        school.available = float(available)
        _people(school, village, dice)
        _devices(school, dice)
        _line(school, village, fibre_km, dice)
    _certify(schools, dice)


def _people(school: School, village: Desa, dice: Dice) -> None:
    kind, crowd = KINDS[school.level], CROWD[village.setting]
    crowd *= 1.25 if village.is_town else 0.8
    size = min(max(dice.bell(crowd * 0.7, 0.22), 0.02), 1.15)
    school.students = round(kind.few + (kind.many - kind.few) * size)
    a_class = 5 if school.level.endswith("LB") else 17
    school.teachers = max(3, round(school.students / a_class + dice.between(0, 3)))
    school.trained = round(school.teachers * max(0.0, dice.bell(0.18, 0.12)))
    poor = {
        "kota": 0.12,
        "dataran": 0.22,
        "rawa": 0.32,
        "pesisir": 0.33,
        "pegunungan": 0.48,
        "pulau_kecil": 0.42,
    }
    school.poor_share = round(min(max(dice.bell(poor[village.setting], 0.09), 0.0), 0.95), 2)
    school.is_inclusive = not school.level.endswith("LB") and dice.chance(0.04)
    by_water = {"rawa": 0.12, "pulau_kecil": 0.25, "pegunungan": 0.02}
    school.by_water = not village.is_town and dice.chance(by_water.get(village.setting, 0.0))


def _devices(school: School, dice: Dice) -> None:
    if school.level != "PKBM" and dice.chance(0.85):
        school.devices = dice.pick((15, 15, 15, 16, 20, 25, 30, 30))
    school.accounts = school.teachers + round(school.students * dice.between(0.55, 1.0))
    school.active = round(
        school.accounts * min(max(dice.bell(0.42 + 0.4 * school.available, 0.12), 0.02), 1.0)
    )


def _line(school: School, village: Desa, fibre_km: float, dice: Dice) -> None:
    """Power and internet: a fixed line near fibre, else the mobile network, seldom a satellite."""
    dark = {"pegunungan": 0.16, "pulau_kecil": 0.2, "rawa": 0.03}.get(village.setting, 0.004)
    if not village.is_town and dice.chance(dark):
        school.electricity = dice.pick(("Tenaga Surya", "Tenaga Surya", "Diesel", "Tidak Ada"))
    reach_km = {"63.71": 3.5, "63.72": 2.2}.get(KABUPATEN[village.kabupaten].code, 1.8)
    school.has_fixed = fibre_km < reach_km and dice.chance(0.85)
    online = 0.93 if school.has_fixed else 0.12 + 0.85 * school.available
    if school.electricity == "Tidak Ada":
        online = 0.0
    if dice.chance(online):
        if school.has_fixed:
            school.down_mbps = dice.pick((10, 20, 30, 50, 50, 100)) * dice.between(0.45, 1.0)
            school.internet = dice.pick(("Telkom Speedy", "Telkom Speedy", "Lainnya (Serat Optik)"))
            school.subscription_mbps = dice.pick((20, 30, 50, 100)) if dice.chance(0.3) else 0
        elif school.available > 0.15:
            school.down_mbps = 26.0 * school.available * school.available * dice.between(0.25, 1.4)
            school.internet = dice.pick(
                ("Telkomsel Flash", "Telkomsel Flash", "Indosat IM3", "XL (GSM)")
            )
            school.subscription_mbps = dice.pick((2, 5, 10)) if dice.chance(0.12) else 0
        else:
            school.down_mbps = dice.between(1.0, 9.0)
            school.internet = "Satelit"
        school.down_mbps = max(school.down_mbps, 0.2)
    else:
        school.internet = "Tidak Ada"
        if dice.chance(0.9):  # elsewhere accounts are used at home
            school.active = 0
    if dice.chance(0.35):
        school.internet = ""  # not said


def _certify(schools: list[School], dice: Dice) -> None:
    """Certified teachers and reference schools, where much is in use."""
    in_use = [school.active * (1.0 if school.down_mbps > 8.0 else 0.02) for school in schools]
    for _ in range(69):
        school = dice.pick(schools, in_use)
        school.certified += 1
        school.trained = max(school.trained, school.certified)
    for level, references, candidates in (("SD", 4, 8), ("SMP", 4, 6), ("SMA", 4, 6)):
        best = sorted(
            (s for s in schools if s.level == level and s.down_mbps > 0),
            key=lambda s: (-s.certified, -s.active, s.npsn),
        )
        for n, school in enumerate(best[: references + candidates]):
            school.reference = "Ya" if n < references else "Calon"


# --- tables and their dirt -----------------------------------------------------------------------


@dataclass(slots=True)
class Tables:
    """Rows of the tables by file, and what was spoiled in them.

    Attributes
    ----------
    rows : dict
        File name to its rows.
    spoiled : list
        File, row, column, kind of dirt, the true value.
    """

    rows: dict[str, list[Row]]
    spoiled: list[tuple[str, Row, str, str, str]] = field(default_factory=list)

    def spoil(self, file: str, row: Row, kind: str, wrong: Mapping[str, str]) -> None:
        """Put wrong values into a row and remember the right ones."""
        for column, value in wrong.items():
            self.spoiled.append((file, row, column, kind, row[column]))
            row[column] = value

    def add(self, file: str, row: Row, kind: str, *, at: int) -> None:
        """Put in a row that should not be there."""
        self.rows[file].insert(at, row)
        self.spoiled.append((file, row, "npsn", kind, ""))

    def catalogue(self) -> list[Row]:
        """What is wrong where, with rows as a spreadsheet counts them."""
        number = {id(row): n for rows in self.rows.values() for n, row in enumerate(rows, start=2)}
        entries = [
            {
                "kind": kind,
                "file": file,
                "row": str(number[id(row)]),
                "npsn": row["npsn"].strip(),
                "column": column,
                "truth": truth,
            }
            for file, row, column, kind, truth in self.spoiled
        ]
        return sorted(entries, key=lambda e: (e["kind"], e["file"], int(e["row"]), e["column"]))


def make_tables(schools: list[School], kecamatan: list[Kecamatan], villages: list[Desa]) -> Tables:
    """Two registers, three attribute tables, the speed tests of two quarters; all of them clean."""
    dice = Dice("tables")
    tables = Tables(
        {
            name: []
            for name in (
                "schools.csv",
                "madrasah.csv",
                "pupils.csv",
                "devices.csv",
                "infrastructure.csv",
                "tests_2026q1.csv",
                "tests_2026q2.csv",
            )
        }
    )
    for number, school in enumerate(schools, start=1):
        area = kecamatan[villages[school.desa].kecamatan]
        if school.level in MADRASAH:
            tables.rows["madrasah.csv"].append(_emis_row(school, area, villages[school.desa]))
        else:
            tables.rows["schools.csv"].append(_api_row(number, school, area))
        if dice.chance(0.96):
            tables.rows["pupils.csv"] += _pupil_rows(school, dice)
        tables.rows["devices.csv"].append(
            {
                "npsn": school.npsn,
                "chromebook": str(school.devices),
                "akun_belajar": str(school.accounts),
                "akun_aktif": str(school.active),
                "sekolah_rujukan": school.reference,
            }
        )
        tables.rows["infrastructure.csv"].append(
            {
                "npsn": school.npsn,
                "akses_internet": school.internet,
                "bandwidth_mbps": str(school.subscription_mbps or ""),
                "jaringan_tetap": "Ya" if school.has_fixed else "Tidak",
                "sumber_listrik": school.electricity,
                "hanya_lewat_air": "Ya" if school.by_water else "Tidak",
                "inklusi": "Ya" if school.is_inclusive else "Tidak",
                "share_miskin": f"{school.poor_share:.2f}" if dice.chance(0.85) else "",
            }
        )
    _tests(tables, schools)
    return tables


def _api_row(number: int, school: School, area: Kecamatan) -> Row:
    """A row as the register's interface of 2019 gives it, codes with their trailing spaces."""
    regency = KABUPATEN[area.kabupaten]
    district = f"{regency.dapodik[:4]}{area.code[-2:]}"
    return {
        "kode_prop": "150000  ",
        "propinsi": "Prov. Contoh Banua",
        "kode_kab_kota": f"{regency.dapodik}  ",
        "kabupaten_kota": regency.name.replace("Kabupaten", "Kab."),
        "kode_kec": f"{district}  ",
        "kecamatan": f"Kec. {area.name}",
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "npsn": school.npsn,
        "sekolah": school.name,
        "bentuk": school.level,
        "status": "S" if school.is_private else "N",
        "alamat_jalan": school.street,
        "lintang": f"{school.at[1]:.7f}",
        "bujur": f"{school.at[0]:.7f}",
    }


def _emis_row(school: School, area: Kecamatan, village: Desa) -> Row:
    """A row of the other ministry's list, under other headers."""
    return {
        "npsn": school.npsn,
        "nama": school.name,
        "bentuk_pendidikan": school.level,
        "status": "Swasta" if school.is_private else "Negeri",
        "alamat": school.street,
        "kelurahan": village.name,
        "kecamatan": area.name,
        "kab_kota": KABUPATEN[area.kabupaten].name,
        "provinsi": "Contoh Banua",
        "lat": f"{school.at[1]:.6f}",
        "lon": f"{school.at[0]:.6f}",
    }


def _pupil_rows(school: School, dice: Dice) -> list[Row]:
    return [
        {
            "npsn": school.npsn,
            "tahun": str(year),
            "siswa": str(round(school.students * share)),
            "guru": str(school.teachers),
            "guru_terlatih": str(school.trained if year == 2026 else school.trained // 2),
            "guru_google": str(school.certified if year == 2026 else school.certified // 2),
        }
        for year, share in ((2025, dice.between(0.93, 1.06)), (2026, 1.0))
    ]


def _tests(tables: Tables, schools: list[School]) -> None:
    """Speed tests of 165 schools with a line, remote ones too."""
    dice = Dice("tests")
    online = [school for school in schools if school.down_mbps > 0]
    tested = dice.some(online, 165)
    for quarter, file, growth in ((1, "tests_2026q1.csv", 0.9), (2, "tests_2026q2.csv", 1.0)):
        for school in tested:
            if not dice.chance(0.9):
                continue
            lag = (
                620.0
                if school.internet == "Satelit"
                else 28.0 + 240.0 * (1.0 - school.available) ** 2
            )
            lag = 18.0 if school.has_fixed else lag
            for _ in range(dice.whole(5, 8) if dice.chance(0.85) else dice.whole(1, 3)):
                down = school.down_mbps * growth * dice.between(0.7, 1.2)
                month = 3 * quarter - 2 + dice.whole(0, 2)
                tables.rows[file].append(
                    {
                        "npsn": school.npsn,
                        "date": f"2026-{month:02d}-{dice.whole(1, 28):02d}",
                        "download_mbps": f"{down:.1f}",
                        "upload_mbps": f"{down * dice.between(0.2, 0.6):.1f}",
                        "latency_ms": f"{lag * dice.between(0.8, 1.6):.0f}",
                    }
                )


HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x.invalid")',
    "${7*7}",
    "{{7*7}}",
    "\x1b[31mSD MERAH\x1b[0m",
    "../../etc",
    "<img src=x onerror=alert(1)>",
    "@SUM(1+1)",
    "SD \u202eIREGEN",
)
# Some kilometres off the shore of the kabupaten that the row names.
AT_SEA = (
    ("Kab. Tanah Laut", 114.5312, -3.8451),
    ("Kab. Tanah Bumbu", 115.7127, -3.8266),
    ("Kab. Kotabaru", 116.5218, -2.6345),
)


def spoil(tables: Tables, villages: list[Desa]) -> None:
    """Dirt of many kinds, each in rows of its own."""
    dice = Dice("dirt")
    clean = [row for row in tables.rows["schools.csv"] if row["npsn"].startswith("99")]
    _spoil_locations(tables, clean, villages, dice)
    _spoil_texts(tables, clean, dice)
    _spoil_madrasah(tables, dice)
    _spoil_numbers(tables, clean, dice)
    _spoil_attributes(tables, dice)
    _spoil_tests(tables, dice)


def _take(rows: list[Row], count: int, dice: Dice) -> list[Row]:
    """Rows that are still clean, and no longer."""
    taken = dice.some(rows, count)
    ids = {id(row) for row in taken}
    rows[:] = [row for row in rows if id(row) not in ids]
    return taken


def _spoil_locations(tables: Tables, clean: list[Row], villages: list[Desa], dice: Dice) -> None:
    def each(kind: str, count: int, wrong: Callable[[str, str], tuple[str, str]]) -> None:
        for row in _take(clean, count, dice):
            lat, lon = wrong(row["lintang"], row["bujur"])
            given = {"lintang": lat, "bujur": lon}
            changed = {name: text for name, text in given.items() if row[name] != text}
            tables.spoil("schools.csv", row, kind, changed)

    each("coordinates_missing", 10, lambda _lat, _lon: ("", ""))
    each("coordinates_zero", 8, lambda _lat, _lon: (".0000000", ".0000000"))
    each("coordinates_swapped", 6, lambda lat, lon: (lon, lat))
    each("minus_missing", 8, lambda lat, lon: (lat.removeprefix("-"), lon))
    each("power_of_ten", 4, lambda lat, lon: (_shifted(lat, 1), lon))
    each("power_of_ten", 3, lambda lat, lon: (_shifted(lat, 7), _shifted(lon, 7)))
    each("decimal_comma", 4, lambda lat, lon: (lat.replace(".", ","), lon.replace(".", ",")))
    each("rounded_to_a_tenth", 4, lambda lat, lon: (f"{float(lat):.1f}", f"{float(lon):.1f}"))
    each("in_another_province", 2, lambda _lat, _lon: ("-6.2000000", "106.8000000"))
    for usual, lon, lat in AT_SEA:
        (row,) = _take([row for row in clean if row["kabupaten_kota"] == usual], 1, dice)
        clean.remove(row)
        place = {"lintang": f"{lat:.7f}", "bujur": f"{lon:.7f}"}
        tables.spoil("schools.csv", row, "at_sea", place)
    for row, village in zip(
        _take(clean, 4, dice), dice.some([v for v in villages if v.is_capital], 4), strict=True
    ):
        lon, lat = village.at[0] + 0.0213, village.at[1] - 0.0117
        place = {"lintang": f"{lat:.7f}", "bujur": f"{lon:.7f}"}
        tables.spoil("schools.csv", row, "in_another_kabupaten", place)
    for members in (5, 3):  # all of them at the office that typed them in
        first = dice.pick(clean)
        near = [row for row in clean if row["kode_kec"] == first["kode_kec"]]
        office = [row for row in clean if row["kode_kab_kota"] == first["kode_kab_kota"]]
        group = (near if len(near) > members else office)[: members + 1]
        for row in group[1:]:
            place = {name: group[0][name] for name in ("lintang", "bujur")}
            tables.spoil("schools.csv", row, "coordinates_shared", place)
        ids = {id(row) for row in group}
        clean[:] = [row for row in clean if id(row) not in ids]


def _shifted(text: str, places: int) -> str:
    """A number in which the point was moved `places` to the right, or lost."""
    whole, _, decimals = text.partition(".")
    moved = f"{whole}{decimals[:places]}.{decimals[places:]}"
    return moved.removesuffix(".")


def _spoil_texts(tables: Tables, clean: list[Row], dice: Dice) -> None:
    file = "schools.csv"
    for row in _take(clean, 10, dice):
        wrong = {"npsn": f"{row['npsn']} ", "sekolah": f" {row['sekolah']}   "}
        tables.spoil(file, row, "spaces_around", wrong)
    for row, name in zip(_take(clean, len(HOSTILE), dice), HOSTILE, strict=True):
        tables.spoil(file, row, "hostile_name", {"sekolah": name})
    for row in _take(clean, 6, dice):
        torn = f"{row['sekolah']} ‘MA’ARIF’".encode().decode("cp1252", errors="replace")
        tables.spoil(file, row, "mojibake", {"sekolah": torn})
    spellings: tuple[tuple[str, Sequence[str]], ...] = (
        ("Kab. Kotabaru", ("Kab. Kota Baru", "Kotabaru", "KAB. KOTABARU", "KOTA BARU")),
        ("Kab. Banjar", ("KAB. BANJAR", "Kabupaten  Banjar")),
        ("Kab. Barito Kuala", ("Barito Kuala", "KAB BARITO KUALA")),
        ("Kab. Tanah Bumbu", ("Kab. Tanah Bambu",)),
        ("Kota Banjarmasin", ("Banjarmasin", "KOTA BANJARMASIN")),
    )
    for usual, others in spellings:
        here = [row for row in clean if row["kabupaten_kota"] == usual]
        for spelling in others:
            for row in _take(here, 2, dice):
                clean.remove(row)
                tables.spoil(file, row, "kabupaten_spelling", {"kabupaten_kota": spelling})
    for said, instead in (
        ("SMP", "SD"),
        ("SMP", "SD"),
        ("SMK", "SMA"),
        ("SD", "SMP"),
        ("SD", "SLB"),
    ):
        here = [row for row in clean if row["bentuk"] == said]
        for row in _take(here, 1, dice):
            clean.remove(row)
            tables.spoil(file, row, "level_not_of_the_name", {"bentuk": instead})


def _spoil_madrasah(tables: Tables, dice: Dice) -> None:
    """The other ministry's list writes some numbers with a comma and misses some places."""
    clean = list(tables.rows["madrasah.csv"])
    for row in _take(clean, 5, dice):
        wrong = {name: row[name].replace(".", ",") for name in ("lat", "lon")}
        tables.spoil("madrasah.csv", row, "decimal_comma", wrong)
    for row in _take(clean, 4, dice):
        tables.spoil("madrasah.csv", row, "coordinates_missing", {"lat": "", "lon": ""})


def _spoil_numbers(tables: Tables, clean: list[Row], dice: Dice) -> None:
    """Repeated NPSN, and those that a spreadsheet took for numbers."""
    file, rows = "schools.csv", tables.rows["schools.csv"]
    for row in _take(clean, 4, dice):  # the same school once more, without its place
        again = {
            **row,
            "sekolah": row["sekolah"].replace("NEGERI", "N"),
            "lintang": "",
            "bujur": "",
        }
        tables.add(file, again, "npsn_repeated", at=dice.whole(0, len(rows)))
    for row, other in zip(_take(clean, 3, dice), _take(clean, 3, dice), strict=True):
        tables.spoil(file, row, "npsn_repeated", {"npsn": other["npsn"]})
    for start, count in (("0", 2), ("P", 2)):
        here = [row for row in rows if row["npsn"].startswith(start)]
        for row in _take(here, count, dice):
            tables.spoil(file, row, "npsn_lost_its_head", {"npsn": row["npsn"][1:]})


def _spoil_attributes(tables: Tables, dice: Dice) -> None:
    pupils, devices, lines = (
        tables.rows[name] for name in ("pupils.csv", "devices.csv", "infrastructure.csv")
    )
    lost = {row["npsn"] for row in tables.rows["schools.csv"]}
    headed = [row for row in devices if row["npsn"][0] in "0P" and row["npsn"] in lost]
    for row in _take(headed, 3, dice):
        tables.spoil("devices.csv", row, "npsn_lost_its_head", {"npsn": row["npsn"][1:]})
    latest = [row for row in pupils if row["tahun"] == "2026"]
    for row in _take(latest, 6, dice):
        tables.spoil("pupils.csv", row, "students_zero", {"siswa": "0"})
    for row in sorted(latest, key=lambda row: -int(row["siswa"]))[:5]:
        count = int(row["siswa"])
        tables.spoil(
            "pupils.csv",
            row,
            "thousand_separator",
            {"siswa": f"{count // 1000}.{count % 1000:03d}"},
        )
    for n in range(6):
        row = {**dice.pick(pupils), "npsn": f"9999{n + 1:04d}", "tahun": "2026"}
        tables.add("pupils.csv", row, "without_a_school", at=dice.whole(0, len(pupils)))
    for n in range(3):
        row = {**dice.pick(lines), "npsn": f"9999{n + 11:04d}"}
        tables.add("infrastructure.csv", row, "without_a_school", at=dice.whole(0, len(lines)))
    numbered = [row for row in devices if row["npsn"].startswith("99")]
    for row in dice.some(numbered, 4):
        wrong = {"akun_aktif": str(int(row["akun_belajar"]) + dice.whole(3, 40))}
        tables.spoil("devices.csv", row, "more_active_than_accounts", wrong)
    shares = [row for row in lines if row["share_miskin"] > "0.01" and row["npsn"] < "9999"]
    for row in dice.some(shares, 5):
        percent = f"{float(row['share_miskin']) * 100:.0f}"
        tables.spoil("infrastructure.csv", row, "percent_for_share", {"share_miskin": percent})


def _spoil_tests(tables: Tables, dice: Dice) -> None:
    for file, day in (("tests_2026q1.csv", "31/02/2026"), ("tests_2026q2.csv", "Juni 2026")):
        rows = list(tables.rows[file])
        (row,) = _take(rows, 1, dice)
        tables.spoil(file, row, "date_impossible", {"date": day})
        (row,) = _take(rows, 1, dice)
        tables.spoil(file, row, "rate_negative", {"download_mbps": f"-{row['download_mbps']}"})
    stray = {**tables.rows["tests_2026q2.csv"][0], "npsn": "99990021", "date": "2026-05-04"}
    tables.add("tests_2026q2.csv", stray, "without_a_school", at=dice.whole(0, 100))


# --- a drive test ---------------------------------------------------------------------------------

DRIVEN_KM = 8.0  # from the capital of the first kabupaten


def write_drive_test(
    out: Path, land: Land, roads: list[tuple[Row, Any]], sites: list[Site], capital: Point
) -> None:
    """Levels of one operator's 4G that a phone measured on the roads around a town.

    They are those of :func:`level_dbm`, weaker by what houses and trees take and scattered as
    between places; a phone inside a car loses some more.
    """
    dice = Dice("drive test")
    cells = [s for s in sites if s.operator == BANUASEL and s.technology == "4g"]
    places = [
        place
        for _, road in roads
        for place in _along(road, step_km=0.4)
        if distance_km(place, capital) < DRIVEN_KM
    ]
    lon, lat = np.array(places).T
    level = np.max([level_dbm(land, site, lon, lat) for site in cells], axis=0)
    rows = [
        {
            "operator": BANUASEL,
            "technology": "4g",
            "lat": f"{place[1]:.5f}",
            "lon": f"{place[0]:.5f}",
            "rsrp_dbm": f"{float(here) + dice.bell(-9.0, 6.0):.0f}",
        }
        for place, here in zip(places, level, strict=True)
    ]
    write_table(out / "drive_test.csv", rows)


def _along(road: Any, *, step_km: float) -> list[Point]:  # noqa: ANN401 - a line of shapely
    """Places on a road, `step_km` apart."""
    count = math.floor(KM_PER_DEG * road.length / step_km)
    points = (road.interpolate(n * step_km / KM_PER_DEG) for n in range(count + 1))
    return [(round(point.x, 5), round(point.y, 5)) for point in points]


# --- villages, facilities, everything ------------------------------------------------------------


def write_villages(out: Path, villages: list[Desa]) -> None:
    """The index of desa; the cities have kelurahan, which it does not cover."""
    dice = Dice("villages")
    status = ("MANDIRI", "MAJU", "BERKEMBANG", "TERTINGGAL", "SANGAT TERTINGGAL")
    middle = {"dataran": 1.3, "pesisir": 1.8, "rawa": 2.0, "pegunungan": 2.7, "pulau_kecil": 2.5}
    rows = []
    for village in villages:
        if village.setting == "kota":
            continue
        place = dice.bell(middle[village.setting] - (0.9 if village.is_town else 0.0), 0.75)
        number = min(max(math.floor(place + 0.5), 0), 4)
        rows.append(
            {
                "kode_desa": village.code.replace(".", ""),
                "nama": village.name,
                "status_idm": status[number],
                "tahun": "2026",
            }
        )
    write_table(out / "villages.csv", rows)


def write_places(out: Path, land: Land, kecamatan: list[Kecamatan], villages: list[Desa]) -> None:
    """Public facilities, most in centres, and tourism sites, most outside of them."""
    dice = Dice("places")
    facilities, tourism = [], []
    for village in villages:
        kinds = ["Puskesmas", "Kantor Kecamatan"] if village.is_town else []
        kinds += ["Perpustakaan Daerah", "Terminal", "RSUD"] if village.is_capital else []
        kinds += ["Kantor Desa"] if not village.is_town and dice.chance(0.12) else []
        facilities += [(kind, village, _near(land, village, dice, 0.8)) for kind in kinds]
        if not village.is_town and dice.chance(0.13):
            kind = {
                "kota": "Taman Kota",
                "rawa": "Pasar Terapung",
                "pegunungan": "Air Terjun",
                "pesisir": "Pantai",
                "pulau_kecil": "Pantai",
            }.get(village.setting, "Danau")
            tourism.append((kind, village, _near(land, village, dice, 2.0)))
    for name, prefix, places in (("facilities", "F", facilities), ("tourism", "W", tourism)):
        write_layer(
            out / f"{name}.geojson",
            [
                (
                    {
                        "kode": f"{prefix}-{n:03d}",
                        "nama": f"{kind} {village.name}",
                        "jenis": kind,
                        "kabupaten": KABUPATEN[village.kabupaten].name,
                        "kecamatan": kecamatan[village.kecamatan].name,
                    },
                    shapely.Point(place),
                )
                for n, (kind, village, place) in enumerate(places, start=1)
            ],
        )


def _near(land: Land, village: Desa, dice: Dice, spread_km: float) -> Point:
    reach = spread_km / KM_PER_DEG
    for _ in range(30):
        lon = round(village.at[0] + dice.between(-reach, reach), 4)
        lat = round(village.at[1] + dice.between(-reach, reach), 4)
        if land.dry_at(lon, lat):
            return lon, lat
    return village.at


# --- prices and deliveries -----------------------------------------------------------------------


def write_prices(out: Path) -> None:
    """The project's own unit prices; who prices nothing leaves the cell empty."""
    rows = [
        {
            "kode_item": item,
            "uraian": description,
            "satuan": unit,
            "harga_tanpa_ppn": price,
            "kode_ssh": code,
            "tanggal": PRICED_ON,
        }
        for item, description, unit, price, code in PRICES
    ]
    write_table(out / "prices.csv", rows)


def write_delivery(out: Path, schools: list[School]) -> None:
    """What an earlier programme of satellite kits has come to: 60 schools without a fixed line.

    What is there and used is what the school has: those in use are schools by satellite first.
    """
    dice = Dice("delivery")
    # Seven digits, a letter and the like are other tables' dirt.
    known = [s for s in schools if s.npsn.startswith("99") and not s.has_fixed]
    has_line = sorted((s for s in known if s.internet == "Satelit"), key=lambda s: s.npsn)
    has_none = sorted((s for s in known if s.internet == "Tidak Ada"), key=lambda s: s.npsn)
    states, weights, notes = zip(*DELIVERY_STATES, strict=True)
    rows = []
    for _ in range(60):
        state = dice.pick(states, weights)
        others = has_line if state in {"aktif", "dipakai"} and has_line else has_none
        school = others.pop(dice.whole(0, len(others) - 1))
        day = f"2026-0{dice.whole(1, 6)}-{dice.whole(1, 28):02d}"
        is_paid = state in {"terkirim", "aktif", "dipakai"}
        cost = 100_000 * dice.whole(172, 228) if is_paid else 0
        rows.append(
            {
                "npsn": school.npsn,
                "opsi": "leo",
                "status": state,
                "tanggal": day,
                "biaya": str(cost) if cost else "",
                "catatan": notes[states.index(state)],
            }
        )
    write_table(out / "delivery.csv", sorted(rows, key=lambda row: row["npsn"]))


def generate(out: Path) -> None:
    """Write all files of the sample.

    Parameters
    ----------
    out : Path
        Folder, made where it is missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    land = make_land()
    write_land(out, land)
    kecamatan, villages = make_desa(land)
    write_areas(out, land, kecamatan, villages)
    roads = make_roads(land, villages)
    write_layer(out / "roads.geojson", roads)
    fibre = make_fibre(villages)
    write_layer(out / "fibre.geojson", fibre)
    sites = make_sites(land, villages)
    levels = make_coverage(land, sites)
    write_coverage(out, land, sites, levels)
    write_drive_test(out, land, roads, sites, KABUPATEN[0].towns[0])
    schools = make_schools(land, kecamatan, villages)
    equip(schools, villages, levels, [(point.x, point.y) for _, point in fibre])
    tables = make_tables(schools, kecamatan, villages)
    spoil(tables, villages)
    for name, rows in tables.rows.items():
        is_other = name == "madrasah.csv"
        write_table(out / name, rows, delimiter=";" if is_other else ",", mark=is_other)
    write_table(out / "dirt.csv", tables.catalogue())
    write_villages(out, villages)
    write_places(out, land, kecamatan, villages)
    write_prices(out)
    write_delivery(out, schools)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    generate(target)
    for written in sorted(target.iterdir()):
        if written.suffix in {".csv", ".geojson", ".tif"}:
            print(f"{written.name}: {written.stat().st_size:,} bytes")
