"""Reader of speed tests per map tile, as Ookla publishes them.

A tile is identified by its quadkey, or by its polygon or centre at zoom 16. The file can cover the
whole world: it is read in batches, and only tiles near a school are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError, reading
from kalsel_gap.findings import Finding
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.cells import cell_text, fold
from kalsel_gap.sources.columns import recognise
from kalsel_gap.sources.quantities import read_quantities
from kalsel_gap.sources.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import IntArray
    from kalsel_gap.project.inputs import Measurements
    from kalsel_gap.project.model import Opened


ALIASES: dict[str, tuple[str, ...]] = {
    "quadkey": ("quadkey",),
    "tile": ("tile", "wkt", "geometry"),
    "tile_x": ("tilex",),
    "tile_y": ("tiley",),
    "down_kbps": ("avgdkbps",),
    "up_kbps": ("avgukbps",),
    "latency_ms": ("avglatms",),
    "tests": ("tests",),
    "devices": ("devices",),
}
ZOOM = 16
_NEAR_ZOOM = 9  # about 78 km: without a tile that near, the file covers another region
_BATCH_ROWS = 100_000
_MAX_LATITUDE_DEG = 85.05112878  # of Web Mercator
_QUADKEY = re.compile("[0-3]{1,24}")
VALUES = ("down_kbps", "up_kbps", "latency_ms", "tests")


@dataclass(frozen=True, slots=True)
class SpeedTestTiles:
    """Tiles near schools.

    Attributes
    ----------
    zoom : int
        Zoom of all tiles.
    rates : DataFrame
        Columns ``down_mbps``, ``up_mbps``, ``latency_ms`` by :func:`tile_numbers`.
    """

    zoom: int
    rates: pd.DataFrame


def tile_sources(opened: Opened) -> Iterator[Measurements]:
    """The sources of speed tests that are tiles: without NPSN, with a place and kbps."""
    return (source for source in opened.project.measurements if is_tiles(source))


def is_tiles(source: Measurements) -> bool:
    """Whether a source has tiles instead of schools' own tests."""
    headers = {fold(header) for header in _headers(source)}
    headers |= {fold(c) for c, header in source.columns.items() if fold(header) in headers}
    placed = {"quadkey", "tile"} & headers or {"tilex", "tiley"} <= headers
    return bool(placed and {"avgdkbps", "downkbps"} & headers and "npsn" not in headers)


def _headers(source: Measurements) -> list[str]:
    if not _is_parquet(source.path):
        aliases = {"npsn": ("npsn",), **ALIASES}
        return read_table(
            source.path, source.sheet, aliases=aliases, override=source.columns
        ).headers
    import pyarrow.parquet as pq

    with reading(source.path, "table_not_parquet"):
        return list(pq.read_schema(source.path).names)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in {".parquet", ".geoparquet"}


def tile_numbers(lat: ArrayLike, lon: ArrayLike, zoom: int = ZOOM) -> IntArray:
    """Number of the tile that holds each point: its quadkey read as a number of base 4.

    Parameters
    ----------
    lat, lon : arrays
        WGS 84 degrees; the tile of NaN is -1.
    zoom : int
        1 to 24.

    Examples
    --------
    >>> int(tile_numbers(-55.78, -22.5, zoom=3)) == int("213", 4)  # column 3, row 5
    True
    """
    y, x = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    known = ~(np.isnan(x) | np.isnan(y))
    sine = np.sin(
        np.radians(np.clip(np.where(known, y, 0.0), -_MAX_LATITUDE_DEG, _MAX_LATITUDE_DEG))
    )
    across = (np.where(known, x, 0.0) + 180.0) / 360.0
    down = 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)
    size = 1 << zoom
    column = np.clip(np.floor(across * size), 0, size - 1).astype(np.int64)
    row = np.clip(np.floor(down * size), 0, size - 1).astype(np.int64)
    tile = np.zeros(column.shape, dtype=np.int64)
    for bit in range(zoom):
        tile |= ((column >> bit) & 1) << (2 * bit)
        tile |= ((row >> bit) & 1) << (2 * bit + 1)
    return np.where(known, tile, -1)


def read_tiles(
    source: Measurements, lat: ArrayLike, lon: ArrayLike, file: str, highest_mbps: float
) -> tuple[SpeedTestTiles, list[Finding]]:
    """Tiles of a file that contain one of the points.

    Tiles with fewer tests than the source's ``minimum_tests`` are left out.

    Parameters
    ----------
    source : Measurements
        Its section of the project.
    lat, lon : arrays
        Points, WGS 84 degrees.
    file : str
        The file as the project names it.
    highest_mbps : float
        A higher rate is no rate of a line: it is not used.

    Raises
    ------
    InputError
        The file cannot be read, or has no tile within some 80 km of any point.
    """
    kept: list[pd.DataFrame] = []
    unread = 0
    near = False
    zoom = ZOOM
    wanted: IntArray = np.empty(0, dtype=np.int64)
    for part, (places, rows) in enumerate(_parts(source)):
        if part == 0:
            zoom = _zoom(places)
            wanted = np.unique(tile_numbers(lat, lon, zoom))
            wanted = wanted[wanted >= 0]
        tile = _tiles_of(places, zoom)
        unread += int((tile < 0).sum())
        shift = 2 * max(zoom - _NEAR_ZOOM, 0)
        near = near or bool(np.isin(tile[tile >= 0] >> shift, wanted >> shift).any())
        mine = np.isin(tile, wanted)
        kept.append(rows(mine).assign(number=tile[mine]))
    if not near and len(wanted):
        raise InputError("tiles_touch_no_school", path=source.path)
    rates, found = _rates(pd.concat(kept, ignore_index=True), source, file, highest_mbps)
    if unread:
        found.append(Finding("tiles_not_read", file=file, parameters={"count": unread}))
    return SpeedTestTiles(zoom, rates), found


def _rates(
    rows: pd.DataFrame, source: Measurements, file: str, highest_mbps: float
) -> tuple[pd.DataFrame, list[Finding]]:
    findings = []
    numbers: dict[str, pd.Series[float]] = {}
    for name in VALUES:
        given = rows[name] if name in rows else pd.Series("", index=rows.index, dtype="str")
        values = read_quantities(given, by_column=True)
        numbers[name] = values.where(values >= 0)
        findings += [
            Finding("value_not_read", file=file, column=name, value=text)
            for text in given[(given != "") & numbers[name].isna()]
        ]
    rates = pd.DataFrame(
        {
            "down_mbps": numbers["down_kbps"] / 1000.0,
            "up_mbps": numbers["up_kbps"] / 1000.0,
            "latency_ms": numbers["latency_ms"],
            "number": rows["number"],
        }
    )
    for name in ("down_mbps", "up_mbps"):
        impossible = rates[name] > highest_mbps
        findings += [
            Finding("measurement_impossible", file=file, column=name, value=f"{value:g}")
            for value in rates.loc[impossible, name]
        ]
        rates[name] = rates[name].mask(impossible)
    enough = ~(numbers["tests"] < source.minimum_tests) & rates["down_mbps"].notna()
    # A tile that occurs several times counts once, with the mean of its rows.
    return rates[enough].groupby("number").mean(), findings


def _parts(
    source: Measurements,
) -> Iterator[tuple[pd.DataFrame, Callable[[NDArray[np.bool_]], pd.DataFrame]]]:
    """The file batch by batch: the locations of its tiles, and a function for the text of rows."""
    if not _is_parquet(source.path):
        table = read_table(source.path, source.sheet, aliases=ALIASES, override=source.columns)
        header = recognise(table, ALIASES, override=source.columns, required=("down_kbps",))
        cells = table.cells[list(header.values())].set_axis(list(header), axis="columns")
        yield cells[_of_place(list(header))], lambda mine: cells[mine]
        return
    import pyarrow.parquet as pq

    with reading(source.path, "table_not_parquet"):
        file = pq.ParquetFile(source.path)
        headers: list[str] = file.schema_arrow.names
        names = _named(headers, source)
        for meant, given in names.items():
            if headers.count(given) > 1:
                raise InputError("column_twice", path=source.path, column=meant, known=given)
        if not file.metadata.num_rows:
            raise InputError("table_no_rows", path=source.path)
        place = _of_place(list(names))
        values = [name for name in names if name in VALUES]
        for batch in file.iter_batches(_BATCH_ROWS, columns=[names[n] for n in place + values]):
            places = {name: batch.column(names[name]).to_pylist() for name in place}
            texts = partial(_texts, source.path, batch, names, values)
            yield pd.DataFrame(places, dtype="object"), texts


def _texts(
    path: Path,
    batch: pa.RecordBatch,
    names: Mapping[str, str],
    values: list[str],
    mine: NDArray[np.bool_],
) -> pd.DataFrame:
    import pyarrow as pa

    with reading(path, "table_not_parquet"):
        chosen = batch.filter(pa.array(mine))
        given = {name: chosen.column(names[name]).to_pylist() for name in values}
    return pd.DataFrame({name: list(map(cell_text, given[name])) for name in values}, dtype="str")


def _of_place(names: list[str]) -> list[str]:
    """The columns that locate a tile: quadkey before centre before polygon."""
    for columns in (["quadkey"], ["tile_x", "tile_y"]):
        if set(columns) <= set(names):
            return columns
    return ["tile"]


def _named(headers: list[str], source: Measurements) -> dict[str, str]:
    """Canonical column to header."""
    names = {c: header for c, header in source.columns.items() if header in headers}
    for column, spellings in ALIASES.items():
        found = [h for h in headers if fold(h) in {fold(column), *spellings}]
        names |= {column: found[0]} if found and column not in names else {}
    return names


def _zoom(places: pd.DataFrame) -> int:
    """Zoom of the first quadkey; without quadkeys, the zoom of Ookla's tiles."""
    keys = map(_quadkey, places.get("quadkey", ()))
    return next((len(key) for key in keys if _QUADKEY.fullmatch(key)), ZOOM)


def _quadkey(value: object) -> str:
    """A quadkey as text; as a number it has lost the zeros at its beginning."""
    return str(value).zfill(ZOOM) if isinstance(value, int) else str(value)


def _tiles_of(places: pd.DataFrame, zoom: int) -> IntArray:
    """Number of each row's tile; -1 where the row does not locate one."""
    if "quadkey" in places:
        keys = list(map(_quadkey, places["quadkey"]))
        read = [len(key) == zoom and bool(_QUADKEY.fullmatch(key)) for key in keys]
        return np.array(
            [int(k, 4) if ok else -1 for k, ok in zip(keys, read, strict=True)], "int64"
        )
    if "tile_x" in places:
        lon, lat = (
            places[name].map(cell_text).map(number).to_numpy("float64")
            for name in ("tile_x", "tile_y")
        )
        return _checked(lat, lon, zoom)
    import shapely

    given = places["tile"].to_numpy()
    texts = np.array([shape or None for shape in given], dtype=object)
    binary = any(isinstance(shape, bytes) for shape in given)
    parse = shapely.from_wkb if binary else shapely.from_wkt
    centre = shapely.centroid(parse(texts, on_invalid="ignore"))
    return _checked(shapely.get_y(centre), shapely.get_x(centre), zoom)


def _checked(lat: ArrayLike, lon: ArrayLike, zoom: int) -> IntArray:
    y, x = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    on_earth = (np.abs(y) <= 90) & (np.abs(x) <= 180)
    return tile_numbers(np.where(on_earth, y, np.nan), x, zoom)
