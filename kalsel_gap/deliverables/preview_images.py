"""Small images of relief and coverage for web maps.

Each raster is read decimated, so memory holds a picture and never the raster, and the picture is
warped to Web Mercator: laid on a web map as it is, an unwarped one would lie off. Outside the
project's own area only land, sea and a relief that fades out are drawn.
"""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
from affine import Affine
from pyproj import Transformer
from rasterio.errors import NotGeoreferencedWarning
from rasterio.features import geometry_mask, rasterize
from rasterio.io import MemoryFile
from rasterio.warp import Resampling, reproject
from rasterio.windows import Window

from kalsel_gap import schema
from kalsel_gap.deficit.coverage_value import adequacy_of_cells, adequacy_of_polygons
from kalsel_gap.deliverables import palette
from kalsel_gap.geo import sampling
from kalsel_gap.terrain.class_points import classes_at
from kalsel_gap.terrain.hillshade import shade_relief
from kalsel_gap.terrain.islands import land_polygons
from kalsel_gap.terrain.sea_mask import sea_of_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from rasterio.crs import CRS

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.geo.raster_files import RasterPath
    from kalsel_gap.project.inputs import Coverage, Elevation
    from kalsel_gap.project.model import Opened
    from kalsel_gap.terrain.sea_mask import SeaMask

LONGEST_PX = 1400
_CLASSED_PX = 500  # of the terrain classes: each is found at a point, as that of a school is
_FADE_DEG = 0.3  # relief around the project's area
_FAINT = 0.4  # of the relief there: land outside stays grey
_AROUND_DEG = 1.5  # land and sea around it: what a wide window shows
_WEB_MERCATOR = "EPSG:3857"
_OVERSAMPLING = 2  # cells read for each pixel, at most, in each direction
_HATCH_PX = 8


@dataclass(frozen=True, slots=True)
class PreviewGrid:
    """The grid of an image in Web Mercator.

    Attributes
    ----------
    width, height : int
        Pixels.
    transform : affine.Affine
        From column and row to EPSG:3857.
    """

    width: int
    height: int
    transform: Affine

    def corners(self) -> tuple[float, float, float, float]:
        """South, west, north and east in degrees."""
        to_degrees = Transformer.from_crs(_WEB_MERCATOR, schema.CRS, always_xy=True)
        west, north = to_degrees.transform(self.transform.c, self.transform.f)
        right = self.transform.c + self.transform.a * self.width
        bottom = self.transform.f + self.transform.e * self.height
        east, south = to_degrees.transform(right, bottom)
        return south, west, north, east

    def positions(self, row: FloatArray, col: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Latitude and longitude of fractional rows and columns."""
        to_degrees = Transformer.from_crs(_WEB_MERCATOR, schema.CRS, always_xy=True)
        x, y = self.transform.c + self.transform.a * col, self.transform.f + self.transform.e * row
        lon, lat = to_degrees.transform(x, y)
        return lat, lon

    def centres(self) -> tuple[FloatArray, FloatArray]:
        """Latitude and longitude of the centres of all pixels, shape (height, width)."""
        # In Mercator a row has one latitude, and a column one longitude.
        row: FloatArray = np.arange(self.height, dtype=np.float64) + 0.5
        col: FloatArray = np.arange(self.width, dtype=np.float64) + 0.5
        lat, _ = self.positions(row, np.zeros_like(row))
        _, lon = self.positions(np.zeros_like(col), col)
        shape = self.height, self.width
        return np.broadcast_to(lat[:, None], shape), np.broadcast_to(lon, shape)


def _frame(
    extent: tuple[float, float, float, float], cell_m: float, longest_px: int = LONGEST_PX
) -> PreviewGrid:
    """A grid over the extent, no finer than a sixteenth of the raster's cells."""
    west, south, east, north = extent
    to_metres = Transformer.from_crs(schema.CRS, _WEB_MERCATOR, always_xy=True)
    left, bottom = to_metres.transform(west, south)
    right, top = to_metres.transform(east, north)
    pixel = max(right - left, top - bottom) / longest_px
    pixel = max(pixel, cell_m / 16)
    width, height = math.ceil((right - left) / pixel), math.ceil((top - bottom) / pixel)
    return PreviewGrid(width, height, Affine(pixel, 0.0, left, 0.0, -pixel, top))


def _around(
    extent: tuple[float, float, float, float], margin_deg: float
) -> tuple[float, float, float, float]:
    west, south, east, north = extent
    return west - margin_deg, south - margin_deg, east + margin_deg, north + margin_deg


class _Part(NamedTuple):
    """The part of a raster that a frame shows, decimated."""

    value: FloatArray
    transform: Affine
    crs: CRS
    outside: BoolArray
    """Cells in no file of the raster."""


def _read(path: RasterPath, band: int, frame: PreviewGrid) -> _Part | None:
    """The part of a raster that the frame shows."""
    edge = np.linspace(0.0, 1.0, 22)
    row = np.concatenate([edge * 0, edge * 0 + 1, edge, edge]) * frame.height
    col = np.concatenate([edge, edge, edge * 0, edge * 0 + 1]) * frame.width
    with sampling.open_band(path, band) as source:
        rows, cols = source.grid.pixel(*frame.positions(row, col))
        rows, cols = rows[np.isfinite(rows)], cols[np.isfinite(cols)]
        if not (len(rows) and len(cols)):
            return None
        top = max(math.floor(rows.min()) - 1, 0)
        left = max(math.floor(cols.min()) - 1, 0)
        height = min(math.ceil(rows.max()) + 1, source.grid.height) - top
        width = min(math.ceil(cols.max()) + 1, source.grid.width) - left
        if height <= 0 or width <= 0:
            return None
        shape = (
            min(height, _OVERSAMPLING * frame.height),
            min(width, _OVERSAMPLING * frame.width),
        )
        value = source.read(Window(left, top, width, height), shape)
        given, across, down = source.grid.transform, width / shape[1], height / shape[0]
        corner_x = given.c + given.a * left + given.b * top
        corner_y = given.f + given.d * left + given.e * top
        # Written out: affine 3 asks for another sign of multiplication than affine 2 knows.
        transform = Affine(
            *(given.a * across, given.b * down, corner_x),
            *(given.d * across, given.e * down, corner_y),
        )
        row, col = np.meshgrid(
            top + (np.arange(shape[0]) + 0.5) * down,
            left + (np.arange(shape[1]) + 0.5) * across,
            indexing="ij",
        )
        return _Part(value, transform, source.crs, source.outside(row, col))


def _warped(
    value: FloatArray,
    transform: Affine,
    crs: CRS,
    frame: PreviewGrid,
    method: Resampling,
) -> FloatArray:
    """Values on the frame's grid; NaN where the raster says nothing or does not reach."""
    warped = np.full((frame.height, frame.width), np.nan)
    reproject(
        value,
        warped,
        src_transform=transform,
        src_crs=crs,
        src_nodata=np.nan,
        dst_transform=frame.transform,
        dst_crs=_WEB_MERCATOR,
        dst_nodata=np.nan,
        resampling=method,
    )
    return warped


def _elevation(source: Elevation, frame: PreviewGrid, method: Resampling) -> FloatArray:
    """Heights on the frame's grid; NaN where the elevation model has none."""
    read = _read(source.tiles, source.band, frame)
    if read is None:
        return np.full((frame.height, frame.width), np.nan)
    return _warped(read.value, read.transform, read.crs, frame, method)


def draw_relief(
    opened: Opened,
    extent: tuple[float, float, float, float],
    widest: gpd.GeoDataFrame | None,
) -> dict[str, Any]:
    """Hillshade of the elevation model; no data is clear, and so is what lies far outside."""
    source = opened.project.elevation
    assert source is not None
    cell_m = sampling.describe(source.tiles, band=source.band).cell_width_m
    frame = _frame(_around(extent, _FADE_DEG) if widest is not None else extent, cell_m)
    elevation = _elevation(source, frame, Resampling.bilinear)
    bottom, left, top, right = frame.corners()
    # A metre of Web Mercator is shorter than a metre on the ground.
    pixel_m = frame.transform.a * math.cos(math.radians((bottom + top) / 2))
    light = shade_relief(np.nan_to_num(elevation), pixel_m)
    grey = np.clip(96 + 200 * light, 120, 255).astype(np.uint8)
    shown = np.where(np.isnan(elevation), 0.0, 1.0)
    if widest is not None:
        from scipy.ndimage import distance_transform_edt  # slow to import, only needed here

        outside = _outside(widest.geometry, frame)
        far = distance_transform_edt(outside) * (right - left) / frame.width
        faded = _FAINT * np.clip(1.0 - far / _FADE_DEG, 0.0, 1.0)
        shown *= np.where(outside, faded, 1.0)
    image = np.stack([grey, grey, grey, (255 * shown).astype(np.uint8)])
    image[:, image[3] == 0] = 0
    files = [n for n, _ in opened.project.inputs() if n.partition(".")[0] == "elevation"]
    return _row("relief", "hillshade", frame, image, [], files, quality=50)


def draw_ground(
    opened: Opened,
    extent: tuple[float, float, float, float],
    widest: gpd.GeoDataFrame | None,
    sea: SeaMask | None,
) -> dict[str, Any]:
    """Land and open sea, as far as the coastline or the elevation model shows them.

    Water that nothing shows to be the sea is clear, and so is all that no input covers.

    Parameters
    ----------
    opened : Opened
        The project, with an elevation model or polygons of land.
    extent : tuple of float
        West, south, east and north of the area to show, degrees.
    widest : GeoDataFrame or None
        The project's own area; land outside it has another colour.
    sea : SeaMask or None
        The open sea of the elevation model, where it shows one.
    """
    source, shore = opened.project.elevation, opened.project.coastline
    islands = [
        gpd.GeoSeries(land_polygons(path), crs=schema.CRS)
        for path in (shore.land if shore is not None else ())
    ]
    bounds = [polygons.total_bounds for polygons in islands]
    if source is not None:
        info = sampling.describe(source.tiles, band=source.band)
        bounds.append(np.array([info.west, info.south, info.east, info.north]))
    low, high = np.min(bounds, axis=0), np.max(bounds, axis=0)
    west, south, east, north = _around(extent, _AROUND_DEG)
    shown = max(west, low[0]), max(south, low[1]), min(east, high[2]), min(north, high[3])
    # Where they show nothing near, the picture is empty.
    frame = _frame(shown if shown[0] < shown[2] and shown[1] < shown[3] else extent, 0.0)
    land = np.zeros((frame.height, frame.width), dtype=np.bool_)
    water = np.zeros_like(land)
    if source is not None:
        land = ~np.isnan(_elevation(source, frame, Resampling.nearest))
        if sea is not None:
            water, _ = sea.at(*frame.centres())
    for polygons in islands:
        off = _outside(polygons, frame)
        water, land = water & off, land | ~off
    land &= ~water
    own = ~_outside(widest.geometry, frame) if widest is not None else np.ones_like(land)
    image = np.zeros((4, frame.height, frame.width), dtype=np.uint8)
    _paint(image, water, palette.SEA)
    _paint(image, land & ~own, palette.LAND_OUTSIDE)
    _paint(image, land & own, palette.LAND)
    parts = ("elevation", "coastline")
    files = [name for name, _ in opened.project.inputs() if name.partition(".")[0] in parts]
    return _row("ground", "ground", frame, image, [], files)


def draw_terrain(
    opened: Opened,
    extent: tuple[float, float, float, float],
    widest: gpd.GeoDataFrame | None,
    runs: pd.DataFrame,
) -> dict[str, Any]:
    """Terrain classes, found at the centre of each pixel as they are at a school.

    The work is that of so many schools, whatever the size of the elevation model. The open sea and
    what lies outside the project's own area are clear; where the class is unknown there are dots.

    Parameters
    ----------
    opened : Opened
        The project, with an elevation model.
    extent : tuple of float
        West, south, east and north of the area to show, degrees.
    widest : GeoDataFrame or None
        The project's own area.
    runs : DataFrame
        The table ``sea`` of the stage of this name.
    """
    source = opened.project.elevation
    assert source is not None
    cell_m = sampling.describe(source.tiles, band=source.band).cell_width_m
    coarse = _frame(extent, 16 * cell_m, _CLASSED_PX)  # a pixel is no smaller than a cell
    lat, lon = coarse.centres()
    wanted = np.ones(lat.shape, dtype=np.bool_)
    if widest is not None:
        wanted &= ~_outside(widest.geometry, coarse)
    if (sea := sea_of_runs(runs, source)) is not None:
        wanted &= ~sea.at(lat, lon)[0]
    named = np.full(lat.shape, "", dtype=object)
    named[wanted] = classes_at(lat[wanted], lon[wanted], opened, runs).fillna("unknown")
    # Patterns are finer than the classes.
    frame = replace(
        coarse,
        width=2 * coarse.width,
        height=2 * coarse.height,
        transform=Affine(
            *(coarse.transform.a / 2, 0.0, coarse.transform.c),
            *(0.0, coarse.transform.e / 2, coarse.transform.f),
        ),
    )
    named = named.repeat(2, axis=0).repeat(2, axis=1)
    image = np.zeros((4, *named.shape), dtype=np.uint8)
    row, col = np.indices(named.shape)
    patterns = {
        "": np.zeros(named.shape, dtype=np.bool_),
        "lines": row % _HATCH_PX < 2,
        "grid": (row % _HATCH_PX < 2) | (col % _HATCH_PX < 2),
        "diagonals": (row + col) % _HATCH_PX < 2,
        "dots": (row % _HATCH_PX < 2) & (col % _HATCH_PX < 2),
    }
    for name, mark in palette.TERRAINS.items():
        pattern, ink = palette.TERRAIN_PATTERNS[name]
        _paint(image, named == name, mark.colour)
        if pattern:
            _paint(image, (named == name) & patterns[pattern], ink)
    _paint(image, (named == "unknown") & patterns["dots"], palette.NOT_KNOWN)
    shown = [{"class": name} for name in (*palette.TERRAINS, "unknown") if (named == name).any()]
    parts = ("elevation", "coastline", "wetlands")
    files = [name for name, _ in opened.project.inputs() if name.partition(".")[0] in parts]
    return _row("terrain", "terrain", frame, image, shown, files)


def _outside(areas: gpd.GeoSeries, frame: PreviewGrid) -> NDArray[np.bool_]:
    """Pixels whose centre no area holds."""
    shapes = areas.to_crs(_WEB_MERCATOR)
    outside: NDArray[np.bool_] = geometry_mask(shapes, (frame.height, frame.width), frame.transform)
    return outside


def coverage_layers(sources: Sequence[Coverage]) -> list[tuple[str, str, str]]:
    """What is drawn of the coverage: technology, basis of the evidence and operator.

    Evidence of different kinds is never blended. Where a technology has several operators by one
    kind of evidence, the best of them comes first, without an operator.

    Examples
    --------
    >>> coverage_layers([])
    []
    """
    found: dict[tuple[str, str], list[str]] = {}
    order = {basis: n for n, basis in enumerate(schema.BASES)}
    for source in sorted(sources, key=lambda s: (s.technology, order[s.basis], s.operator)):
        operators = found.setdefault((source.technology, source.basis), [])
        if source.operator not in operators:
            operators.append(source.operator)
    return [
        (technology, basis, operator)
        for (technology, basis), operators in found.items()
        for operator in ([""] if len(operators) > 1 else []) + operators
    ]


def draw_coverage(
    layer: tuple[str, str, str],
    opened: Opened,
    extent: tuple[float, float, float, float],
    widest: gpd.GeoDataFrame | None,
) -> dict[str, Any]:
    """What one of :func:`coverage_layers` gives, in classes of adequacy.

    Without an operator it is the best that any of them gives.
    """
    technology, basis, operator = layer
    sources = [
        (number, source)
        for number, source in enumerate(opened.project.coverage)
        if (source.technology, source.basis) == (technology, basis)
        and operator in ("", source.operator)
    ]
    rasters = [s for _, s in sources if not s.is_vector]
    cells_m = [sampling.describe(s.path, band=s.band).cell_width_m for s in rasters]
    cell_m = min(cells_m, default=0.0)  # polygons are as fine as the picture
    frame = _frame(extent, cell_m)
    best = np.full((frame.height, frame.width), np.nan)
    for _, source in sources:
        draw = _of_polygons if source.is_vector else _of_raster
        best = np.fmax(best, draw(source, opened, frame))
    image = _classes(best)
    if widest is not None:
        image[:, _outside(widest.geometry, frame)] = 0
    legend: list[dict[str, object]] = [
        {"from": bound, "colour": colour} for bound, colour in palette.COVERAGE
    ]
    legend += [
        {"status": "none", "colour": palette.NO_SIGNAL},
        {"status": "unknown", "colour": palette.NOT_KNOWN},
    ]
    names = [f"coverage.{number}" for number, _ in sources]
    row = _row(technology, "coverage", frame, image, legend, names)
    return row | {"basis": basis, "operator": operator}


def _classes(best: FloatArray) -> NDArray[np.uint8]:
    """An image of adequacy: five colours, lines for no signal, dots where nothing is known."""
    bounds = [bound for bound, _ in palette.COVERAGE]
    image = np.zeros((4, *best.shape), dtype=np.uint8)
    classes = np.digitize(np.nan_to_num(best), bounds) - 1
    for number, (_, colour) in enumerate(palette.COVERAGE):
        _paint(image, (classes == number) & (best > 0), colour)
    row, col = np.indices(best.shape)
    lines = (row + col) % _HATCH_PX < 2
    dots = (row % _HATCH_PX < 2) & (col % _HATCH_PX < 2)
    _paint(image, (best == 0) & lines, palette.NO_SIGNAL)
    _paint(image, np.isnan(best) & dots, palette.NOT_KNOWN)
    return image


def _of_raster(source: Coverage, opened: Opened, frame: PreviewGrid) -> FloatArray:
    read = _read(source.tiles, source.band, frame)
    if read is None:
        return np.full((frame.height, frame.width), np.nan)
    cells = sampling.Sample(read.value, read.outside)
    # What is wrong with the values has been found where the schools are.
    (adequacy, _), _ = adequacy_of_cells(cells, source, opened)
    return _warped(adequacy, read.transform, read.crs, frame, Resampling.nearest)


def _of_polygons(source: Coverage, opened: Opened, frame: PreviewGrid) -> FloatArray:
    outside = 0.0 if source.nodata_means == "none" else np.nan
    polygons = adequacy_of_polygons(source, opened)[0].to_crs(_WEB_MERCATOR)
    # Where polygons overlap, the last one drawn stays: the one that is worth most.
    drawn = polygons.sort_values("adequacy", na_position="first")
    image: FloatArray = rasterize(
        zip(drawn.geometry, drawn["adequacy"], strict=True),
        (frame.height, frame.width),
        fill=outside,
        transform=frame.transform,
        dtype="float64",
    )
    return image


def _paint(image: NDArray[np.uint8], where: NDArray[np.bool_], colour: str) -> None:
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    image[:, where] = np.array([*rgb, 255], dtype=np.uint8)[:, None]


def _row(
    name: str,
    kind: str,
    frame: PreviewGrid,
    image: NDArray[np.uint8],
    legend: Sequence[Mapping[str, object]],
    sources: list[str],
    *,
    quality: int | None = None,
) -> dict[str, Any]:
    """A row of the table; without a `quality` the image loses nothing."""
    media_type, data = _encoded(image, quality)
    south, west, north, east = frame.corners()
    return {
        "name": name,
        "kind": kind,
        "basis": "",
        "operator": "",
        "media_type": media_type,
        "width": frame.width,
        "height": frame.height,
        "south": south,
        "west": west,
        "north": north,
        "east": east,
        "legend": json.dumps(legend),
        "sources": json.dumps(sources),
        "image": data,
    }


def _encoded(image: NDArray[np.uint8], quality: int | None) -> tuple[str, bytes]:
    """An image of four bands as the bytes of a file: WebP, or PNG where GDAL has no WebP."""
    import rasterio

    with rasterio.Env() as env, warnings.catch_warnings(), MemoryFile() as file:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        webp = "WEBP" in env.drivers()
        options: dict[str, Any] = {}
        if webp:
            options = {"LOSSLESS": "YES"} if quality is None else {"QUALITY": quality}
        _, height, width = image.shape
        with file.open(
            driver="WEBP" if webp else "PNG",
            width=width,
            height=height,
            count=4,
            dtype="uint8",
            **options,
        ) as dataset:
            dataset.write(image)
        return ("image/webp" if webp else "image/png"), bytes(file.read())
