"""Vector layers: reader in WGS 84, attribute tables of GeoPackage, Shapefile, GeoParquet."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import warnings
import zipfile
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError, reading
from kalsel_gap.geo.raster_files import TEXT
from kalsel_gap.sources.cells import cell_text
from kalsel_gap.sources.formats.geopackage import check_geopackage
from kalsel_gap.sources.formats.json_documents import as_dict
from kalsel_gap.sources.formats.json_records import flat_rows
from kalsel_gap.sources.formats.points import is_wgs84, spare_places, to_wgs84
from kalsel_gap.sources.formats.table_cells import (
    EVERY,
    TableCells,
    chosen_names,
    refuse_too_large,
    refuse_too_many,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TypeAlias

    import geopandas as gpd
    import pyarrow as pa
    from numpy.typing import NDArray

    GeometryArray: TypeAlias = NDArray[np.object_]

    from kalsel_gap.sources.formats.table_cells import Chosen, Content


_BINARY = frozenset({".gpkg", ".shp", ".zip", ".fgb", ".kmz"})
# Files beside a Shapefile that belong to it.
SIDECARS = frozenset(
    (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".qmd", ".qml", ".xml", ".idm")
)
PARQUETS = frozenset({".parquet", ".geoparquet"})
_SHAPEFILE = b"\x00\x00\x27\x0a"
# How a file of each ending begins, apart from white space; no other ending is read by GDAL.
_BEGIN = {
    ".gpkg": b"SQLite format 3\0",
    **dict.fromkeys((".shp", ".zip"), _SHAPEFILE),
    **dict.fromkeys((".json", ".geojson"), b"{"),
    ".fgb": b"fgb",
    ".kml": b"<",
    ".kmz": b"PK\x03\x04",
}


def read_parquet(content: Content) -> TableCells:
    """Read a Parquet file; points of GeoParquet spare its latitudes and longitudes."""
    import pyarrow.parquet as pq

    path, raw = content.path, content.raw
    with reading(path, "table_not_parquet"):
        file = pq.ParquetFile(path if raw is None else io.BytesIO(raw))
        geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
        geometries = list(as_dict(as_dict(geo).get("columns")))
        names = [n for n in file.schema_arrow.names if n not in geometries]
        refuse_too_many(file.metadata.num_rows, len(names), path)
        table = file.read(columns=names)
        table.validate(full=True)
        rows = _arrow_rows(table, path)
    if not geometries:
        return TableCells(rows)

    def places() -> tuple[list[str], list[str]]:
        import geopandas as gpd

        with reading(path, "table_not_parquet"):
            primary = as_dict(geo).get("primary_column", geometries[0])
            given = path if raw is None else io.BytesIO(raw)
            layer = gpd.read_parquet(given, columns=[primary])
            return _of_shapes(layer.geometry.to_numpy(), layer.crs, path)

    return TableCells(rows, spare=spare_places(places))


def read_layer_cells(path: Path, asked: Chosen = None) -> list[TableCells]:
    """Read the attribute tables of layers; their points spare latitudes and longitudes."""
    with reading(path, "vector_unreadable"), quiet():
        names = layers(path, EVERY if asked is None else asked)
        tables = [_attribute_table(where, name, path) for where, name in names]
    several = len(tables) > 1
    return [
        dataclasses.replace(table, part=str(name) if several else "")
        for (_, name), table in zip(names, tables, strict=True)
    ]


def read_zipped_shapefile(path: Path, archive: zipfile.ZipFile, member: str) -> TableCells:
    """Read the attribute table of a Shapefile in an archive."""
    with archive.open(member) as file:
        _refuse_other_kind(file.read(2048), ".shp", path)
    _close_vectors()
    with reading(path, "vector_unreadable"), quiet():
        return _attribute_table(_inside(path, member), None, path)


def _inside(path: Path, member: str) -> str:
    """What GDAL opens: a member of an archive."""
    return f"/vsizip/{{{path.absolute().as_posix()}}}/{member}"


def _attribute_table(where: str, layer: str | None, path: Path) -> TableCells:
    import pyogrio

    meta, table = pyogrio.raw.read_arrow(where, layer=layer)
    table.validate(full=True)
    shapes = meta["geometry_name"] or "wkb_geometry"
    names = [n for n in table.column_names if n != shapes]
    refuse_too_many(table.num_rows, len(names), path)
    geometries = table.column(shapes) if shapes in table.column_names else None
    table = table.select(names)
    rows = _arrow_rows(table, path)
    del table  # of a million rows, the attributes would be in memory twice
    if geometries is None:
        return TableCells(rows)

    def places() -> tuple[list[str], list[str]]:
        import shapely

        with reading(path, "vector_unreadable"):
            wkb = np.array([_with_points(v) for v in geometries.to_pylist()], dtype=object)
            return _of_shapes(shapely.from_wkb(wkb, on_invalid="ignore"), meta["crs"], path)

    return TableCells(rows, spare=spare_places(places))


def _with_points(wkb: bytes | None) -> bytes | None:
    """Well-known binary where it may hold points: GEOS stumbles over curves and surfaces."""
    if not wkb or len(wkb) < 5:
        return None
    kind = int.from_bytes(wkb[1:5], "little" if wkb[0] else "big")
    return wkb if (kind & 0xFFFF) % 1000 in _POINTS else None  # +1000 and high bits: Z and M


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep GDAL's warnings off standard error: the user gets our own messages instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield


def _close_vectors() -> None:
    from kalsel_gap.geo.gdal import close_vectors  # rasterio: a run from the cache needs none

    close_vectors()


def layers(path: Path, asked: Chosen) -> list[tuple[str, str | None]]:
    """What GDAL must open, with the layer in it: those asked for, else the first one, of KML all.

    A file must begin as its ending says, and GDAL has no other formats; see `geo.gdal`.

    Raises
    ------
    InputError
        The file is of another kind, or has no such layer.
    """
    names = _there(path)
    _close_vectors()
    if not names:
        raise InputError("vector_no_geometry", path=path)
    whole = path.suffix.lower() in {".kml", ".kmz"}
    chosen = (names if whole else names[:1]) if asked is None else chosen_names(asked, names, path)
    if path.suffix.lower() != ".zip":
        return [(str(path), name) for name in chosen]
    with reading(path, "vector_unreadable"), zipfile.ZipFile(path) as archive:
        members = _zipped_layers(archive, path)
        for name in chosen:
            with archive.open(members[name]) as file:
                kind = f".{members[name].rpartition('.')[2].lower()}"
                _refuse_other_kind(file.read(2048), kind, path)
    return [(_inside(path, members[name]), None) for name in chosen]


def layers_beside(path: Path, asked: Chosen) -> list[str]:
    """Layers of a file that :func:`read_vector` does not read, since others are asked for."""
    if path.suffix.lower() in {*PARQUETS, ".kml", ".kmz"}:
        return []
    names = _there(path)
    read = names[:1] if asked is None else chosen_names(asked, names, path)
    return [name for name in names if name not in read]


def _there(path: Path) -> list[str]:
    """All layers of a file, once it is of the kind that its ending says."""
    import pyogrio

    kind = path.suffix.lower()
    with reading(path, "vector_unreadable"), quiet():
        if kind == ".zip":
            with zipfile.ZipFile(path) as archive:
                return sorted(_zipped_layers(archive, path))
        with path.open("rb") as file:
            first = file.read(2048)
        _refuse_other_kind(first, kind, path)
        if kind == ".gpkg":
            check_geopackage(path)
        _close_vectors()
        return [str(n) for n in pyogrio.list_layers(str(path))[:, 0] if n != "layer_styles"]


def _refuse_other_kind(first: bytes, kind: str, path: Path) -> None:
    """Raise an error where a file does not begin as its ending says."""
    if kind not in _BEGIN:
        raise InputError("vector_format", path=path, value=kind[1:].upper())
    if not (first if kind in _BINARY else first.lstrip(TEXT)).startswith(_BEGIN[kind]):
        raise InputError("vector_unreadable", path=path, reason=f"no {kind[1:].upper()}")


def _zipped_layers(archive: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """Layers of an archive: name of a Shapefile, or of a file of GeoJSON or KML, to its member."""
    refuse_too_large(sum(part.file_size for part in archive.infolist()), path)
    there = [n for n in archive.namelist() if "__MACOSX" not in n]
    shapefiles = [name for name in there if name.lower().endswith(".shp")]
    others = [n for n in there if n.lower().endswith((".geojson", ".json", ".kml", ".fgb"))]
    if not shapefiles and not others:
        packed = next((name for name in there if name.lower().endswith(".gpkg")), None)
        if packed is not None:  # SQLite reads it only as a file of its own
            raise InputError("table_packed_inside", path=path, value=packed)
        raise InputError("zip_without_layer", path=path)
    stems = {name.rpartition("/")[2][:-4]: name for name in shapefiles}
    return stems | {name.rpartition("/")[2]: name for name in others}


def _of_shapes(shapes: Any, crs: object, path: Path) -> tuple[list[str], list[str]]:  # noqa: ANN401 - an array of shapes
    import shapely

    shapes = np.where(shapely.is_empty(shapes), None, shapes)  # GEOS refuses to say where they are
    while True:  # a point may be the only part of a collection of a collection
        several = shapely.get_type_id(shapes) >= shapely.GeometryType.MULTIPOINT
        single = several & (shapely.get_num_geometries(shapes) == 1)
        if not single.any():
            break
        shapes[single] = shapely.get_geometry(shapes[single], 0)
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)  # NaN for other geometries than points
    if crs is None:
        raise InputError("vector_no_crs", path=path)
    if is_wgs84(crs):
        return [cell_text(float(v)) for v in y], [cell_text(float(v)) for v in x]
    return to_wgs84(x, y, crs, path)


def _arrow_rows(table: pa.Table, path: Path) -> list[list[str]]:
    """Header and rows of an Arrow table; structures within it are flattened as in JSON."""
    import pyarrow as pa

    if any(pa.types.is_struct(kind) for kind in table.schema.types):
        return flat_rows(table.to_pylist(), path)
    rows = [list(table.column_names)]
    for begin in range(0, table.num_rows, _ROWS_AT_ONCE):
        part = table.slice(begin, _ROWS_AT_ONCE)
        columns = [_arrow_text(part.column(n)) for n in range(part.num_columns)]
        rows.extend(map(list, zip(*columns, strict=True)))
    return rows


def _arrow_text(column: pa.ChunkedArray) -> list[str]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
    if pa.types.is_integer(kind):
        column = column.cast(pa.string())
    elif pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return [
            "" if v is None else cell_text(float(str(kind.to_pandas_dtype()(v))))
            for v in column.to_pylist()
        ]
    try:
        values = column.to_pylist()
    except (OverflowError, ValueError):  # a date that Python has no word for: arrow's text says so
        values = column.cast(pa.string()).to_pylist()
    return [cell_text(value) for value in values]


ShapeKind = Literal["any", "lines", "polygons"]


_ROWS_AT_ONCE = 2**16
_POINTS = frozenset((1, 4, 7))  # of ISO 19125: point, multipoint, collection
_HORIZON_DEG = (360.0, 90.0)  # some layers of the world count longitudes to 360
_DIMENSIONS = {"lines": 1, "polygons": 2}


def read_vector(path: Path, *, shapes: ShapeKind = "any", layer: Chosen = None) -> gpd.GeoDataFrame:
    """Read a vector layer and bring it to WGS 84.

    Parameters
    ----------
    path : Path
        GeoPackage, Shapefile (zipped or not), GeoJSON, KML, FlatGeobuf or GeoParquet.
    shapes : {'any', 'lines', 'polygons'}
        What it must hold, besides others; a polygon counts as lines, by its boundary.
    layer : str or sequence of str, optional
        Layers of the file, or ``"*"`` for all; by default the first one, of KML all of them.

    Returns
    -------
    GeoDataFrame
        Every feature of the file, in its order. What is no shape of this kind is missing: an empty
        one, one that GEOS does not know (TIN) or refuses, a point among polygons. Heights and
        measures are dropped, curves are lines of many vertices, of a collection the parts of this
        kind are kept.

    Raises
    ------
    InputError
        Unreadable, without CRS, or without such a geometry.
    """
    import geopandas as gpd
    import shapely

    with reading(path, "vector_unreadable"), quiet():
        if path.suffix.lower() in PARQUETS:
            frame = gpd.read_parquet(path)
        else:
            frames = [_features(where, n) for where, n in layers(path, layer)]
            crs = getattr(frames[0], "crs", None)
            alike = [
                f.to_crs(crs) if crs and isinstance(f, gpd.GeoDataFrame) and f.crs else f
                for f in frames
            ]
            frame = pd.concat(alike, ignore_index=True) if len(alike) > 1 else alike[0]
        if twice := [str(name) for name in frame.columns[frame.columns.duplicated()]]:
            raise InputError("vector_column_twice", path=path, column=twice[0])
        for name in frame.select_dtypes(["str", "object"]):
            list(frame[name])  # text that is not UTF-8 would be noticed only later, by anybody
    if path.suffix.lower() in {".kml", ".kmz"} and {"icon", "tessellate"} <= set(frame.columns):
        frame = _without_pictures(frame, path)
    if isinstance(frame, gpd.GeoDataFrame):
        frame = frame.set_geometry(_usable(frame.geometry.to_numpy()), crs=frame.crs)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        raise InputError("vector_no_geometry", path=path)
    if shapes != "any":
        if shapely.get_dimensions(frame.geometry).max() < _DIMENSIONS[shapes]:
            raise InputError(f"vector_no_{shapes}", path=path)
        frame = frame.set_geometry(_of_kind(frame.geometry.to_numpy(), shapes), crs=frame.crs)
    refuse_unfit_crs(frame, path)
    with reading(path, "vector_unreadable"):
        located = frame.to_crs("EPSG:4326")
    refuse_no_degrees(located.geometry.to_numpy(), path)
    return located


def _features(where: str, layer: str | None) -> gpd.GeoDataFrame | pd.DataFrame:
    """The features of a layer; a shape that GEOS cannot hold is missing, a curve is linearised."""
    import geopandas as gpd
    from shapely.errors import GEOSException

    try:
        return _frame(where, layer)
    # Shapely raises these for curves and for shapes that GEOS cannot hold; GDAL's slower way
    # linearises the ones and leaves the others empty.
    except (NotImplementedError, GEOSException):
        frame = gpd.read_file(
            where, layer=layer, engine="pyogrio", use_arrow=False, on_invalid="ignore"
        )
        if frame.geometry.isna().all():  # what was wrong says more than that nothing is left
            raise
        return frame


def _usable(shapes: GeometryArray) -> GeometryArray:
    """Shapes on a plane; missing where empty or without a place (a coordinate is not finite)."""
    import shapely

    flat: GeometryArray = shapely.force_2d(shapes)
    at, owner = shapely.get_coordinates(flat, return_index=True)
    nowhere = np.zeros(len(flat), dtype=np.bool_)
    nowhere[owner[~np.isfinite(at).all(axis=1)]] = True
    flat[nowhere | shapely.is_empty(flat)] = None
    return flat


def _of_kind(shapes: GeometryArray, kind: ShapeKind) -> GeometryArray:
    """Shapes of a kind, of collections their parts of it; missing where there is none."""
    import shapely

    kept = shapes.copy()
    kept[shapely.get_dimensions(shapes) < _DIMENSIONS[kind]] = None
    mixed = shapely.get_type_id(kept) == shapely.GeometryType.GEOMETRYCOLLECTION
    for n in mixed.nonzero()[0]:
        parts = single_parts(kept[n : n + 1])
        parts = parts[shapely.get_dimensions(parts) >= _DIMENSIONS[kind]]
        if kind == "polygons":
            kept[n] = shapely.multipolygons(parts)
        else:
            solid = shapely.get_dimensions(parts) == 2
            parts[solid] = shapely.boundary(parts[solid])
            kept[n] = shapely.multilinestrings(single_parts(parts))
    return kept


def single_parts(shapes: GeometryArray) -> GeometryArray:
    """Points, lines and polygons of shapes, also of collections within collections."""
    import shapely

    parts: GeometryArray = shapely.get_parts(shapes)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts = shapely.get_parts(parts)
    return parts


def _without_pictures(frame: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Placemarks of KML; GDAL also gives the frame of each picture that is laid over the ground."""
    is_picture = frame["icon"].notna() & frame["tessellate"].isna()
    if is_picture.any() and is_picture.all():
        raise InputError("vector_is_picture", path=path)
    return frame[~is_picture].reset_index(drop=True)


def refuse_unfit_crs(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Refuse a layer whose reference system is missing, or gives no place on the Earth.

    Raises
    ------
    InputError
        `vector_no_crs`, `vector_crs_unfit`.
    """
    if frame.crs is None:
        raise InputError("vector_no_crs", path=path)
    if not (frame.crs.is_geographic or frame.crs.is_projected):  # vertical, or of a building site
        raise InputError("vector_crs_unfit", path=path, value=frame.crs.name)


def _frame(where: str, layer: str | None) -> gpd.GeoDataFrame | pd.DataFrame:
    """A layer as GDAL reads it; a GeoDataFrame where it has a geometry."""
    import geopandas as gpd
    import pyogrio
    import shapely

    meta, table = pyogrio.raw.read_arrow(where, layer=layer, datetime_as_string=True)
    table.validate(full=True)  # GDAL hands on whatever a damaged file says, and pandas would crash
    shapes = meta["geometry_name"] or "wkb_geometry"
    if shapes not in table.column_names:
        return pd.DataFrame(table.to_pandas())
    wkb = np.array(table.column(shapes).to_pylist(), dtype=object)
    frame = table.drop_columns(shapes).to_pandas()
    geometry = shapely.from_wkb(wkb)
    shaped: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=geometry, crs=meta["crs"])
    return shaped


def refuse_no_degrees(
    shapes: Any,  # noqa: ANN401 - an array of shapes
    path: Path,
    farthest: tuple[float, float] = _HORIZON_DEG,
) -> None:
    """Refuse shapes that are not latitude and longitude, before anything is done with them.

    Metres saved as degrees make a layer as large as ten thousand Earths, and a search over it takes
    hours.

    Parameters
    ----------
    shapes : array of shapely geometries
        In WGS 84; missing and empty ones are left alone.
    path : Path
        Their file.
    farthest : tuple of float
        Largest longitude and latitude, degrees, whatever the sign.

    Raises
    ------
    InputError
        ``vector_not_degrees`` with the first coordinates that no point of a map can have.
    """
    import shapely

    at = shapely.get_coordinates(shapes)
    wrong = ~(np.abs(at) <= farthest).all(axis=1)
    if wrong.any():
        x, y = at[wrong][0]
        raise InputError("vector_not_degrees", path=path, lat=f"{y:g}", lon=f"{x:g}")
