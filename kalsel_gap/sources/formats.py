"""File formats: CSV, workbook, JSON, KML, Parquet, GIS layer as cells of text.

A number is its shortest decimal text, without ``.0`` where it is whole; a date is ISO; true and
false are 1 and 0; what is missing is empty. So the same table says the same in every format.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import itertools
import json
import math
import re
import warnings
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.sources.cells import cell_text, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls"})
PARQUETS = frozenset({".parquet", ".geoparquet"})
HEADER_ROWS = 20  # the header stands in one of the first rows, titles above it
LIMIT_BYTES = 2**30  # of what is packed: beyond it is a bomb, not a table
LIMIT_CELLS = 50_000_000  # that a workbook's farthest cell may span

_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ufffd]")  # in the first line that is not empty
_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # what Excel writes for itself
_COMMA_NUMBER = re.compile(r"[+-]?(\d+),\d+", re.ASCII)
_POINT_NUMBER = re.compile(r"[+-]?(\d+)\.\d+", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", re.ASCII)  # 1,234 could be thousands
_POINT_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_SWAP = str.maketrans(",.", ".,")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_CELL_ADDRESS = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_WRAPPERS = frozenset({"satuanPendidikan", "sekolah", "school", "attributes", "properties"})
_LISTS = ("data", "results", "result", "items", "rows", "records")
_TOO_GENERAL = frozenset({"nama", "name", "kode", "code", "id", "status"})  # of whom?
_SHAPEFILE = b"\x00\x00\x27\x0a"
_MAGIC = {".gpkg": b"SQLite format 3\0", ".shp": _SHAPEFILE, ".zip": _SHAPEFILE}
_INDIRECT = (b"<OGRVRT", b"<VRTDataset", b"gdal_streamed_alg", b"OGRVRTDataSource")
_WGS84 = frozenset({"EPSG:4326", "OGC:CRS84"})


@dataclass(frozen=True, slots=True)
class TableCells:
    """A table as it lies in the file.

    Attributes
    ----------
    rows : list of list of str
        All rows. The header is the first one, unless titles may stand above it.
    titled : bool
        Whether titles may stand above the header: in CSV files and workbooks.
    decimal_comma : bool
        Whether the delimiter leaves the comma free for decimals.
    spare : mapping
        Canonical column to what makes its cells, one for each row below the header: for tables
        that have no such column, such as the place of a point.
    """

    rows: list[list[str]]
    titled: bool = False
    decimal_comma: bool = False
    spare: Mapping[str, Callable[[], list[str]]] = field(default_factory=dict)


def read_cells(path: Path, sheet: str | None, spellings: Collection[str]) -> TableCells:
    """Read a file by the kind that its ending tells; any other ending is CSV.

    Parameters
    ----------
    path : Path
        The file.
    sheet : str, optional
        Sheet of a workbook, layer of a GeoPackage or of a zipped Shapefile.
    spellings : collection of str
        Folded headers that mean something: they tell a header from a title.

    Raises
    ------
    InputError
        Unreadable, or not what its ending says.
    """
    kind = path.suffix.lower()
    if kind in WORKBOOKS:
        return _workbook(path, sheet)
    if kind in {".gpkg", ".shp", ".zip"}:
        return _layer(path, sheet)
    whole = {
        **dict.fromkeys((".json", ".geojson"), _json),
        **dict.fromkeys((".kml", ".kmz"), _kml),
        **dict.fromkeys(PARQUETS, _parquet),
    }
    return whole[kind](path) if kind in whole else _csv(path, spellings)


def reason(error: Exception) -> str:
    """What the system says, else a library's first line without its advice for programmers."""
    said = getattr(error, "strerror", None) or str(error)
    line = (said.splitlines() or [type(error).__name__])[0]
    return line.partition("; It might help")[0][:200]


# --- CSV ---------------------------------------------------------------------------------------


def _csv(path: Path, spellings: Collection[str]) -> TableCells:
    text = _decoded(_bytes(path), path)
    head, _, below = text.partition("\n")
    given = _SEPARATOR_LINE.fullmatch(head)
    if given:  # a spreadsheet does not show that line
        text = below
    delimiter = given.group(1) if given else _delimiter(text, spellings)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    begins = 1  # a quotation mark left open is noticed rows below
    try:
        for row in reader:
            rows.append(row)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InputError("table_broken", path=path, row=begins, reason=str(error)) from None
    return TableCells(rows, titled=True, decimal_comma=delimiter != ",")


def _bytes(path: Path) -> bytes:
    try:
        if path.suffix.lower() != ".gz":
            return path.read_bytes()
        with gzip.open(path) as file:
            raw = file.read(LIMIT_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("file_unreadable", path=path, reason=reason(error)) from None
    if len(raw) > LIMIT_BYTES:
        raise _too_large(path)
    return raw


def _too_large(path: Path) -> InputError:
    return InputError("file_too_large", path=path, limit=LIMIT_BYTES // 2**20)


def _decoded(raw: bytes, path: Path) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            if b"\0" in raw[:4096]:
                raise InputError("table_not_text", path=path) from None
            text = raw.decode("cp1252", errors="replace")
    first = next((line for line in text.split("\n") if line.strip()), "")
    if "\0" in text[:4096] or _NO_TEXT.search(first):
        raise InputError("table_not_text", path=path)
    return text


def _delimiter(text: str, spellings: Collection[str]) -> str:
    """The delimiter that makes most sense of the first rows: known headers, then even rows."""

    def sense(delimiter: str) -> tuple[int, int, int]:
        rows = [row for row in _first_rows(text, delimiter) if any(cell.strip() for cell in row)]
        if not rows:
            return 0, 0, 0
        header = rows[header_row(rows, spellings)]
        width = len(header)
        even = sum(len(row) == width for row in rows) if width > 1 else 0
        return known_headers(header, spellings), even, width

    return max(_DELIMITERS, key=sense)


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    with contextlib.suppress(csv.Error):
        rows.extend(itertools.islice(reader, HEADER_ROWS))
    return rows


def known_headers(row: Sequence[str], spellings: Collection[str]) -> int:
    """How many cells of a row are headers that mean something."""
    return len({fold(cell) for cell in row} & set(spellings))


def header_row(rows: Sequence[Sequence[str]], spellings: Collection[str]) -> int:
    """Which of the first rows that are not empty is the header.

    The one with the most headers that mean something, the first of equals: exports have titles and
    dates above it.
    """
    filled = [n for n, row in enumerate(rows[:HEADER_ROWS]) if any(cell.strip() for cell in row)]
    if not filled:
        return next((n for n, row in enumerate(rows) if any(cell.strip() for cell in row)), 0)
    return max(filled, key=lambda n: (known_headers(rows[n], spellings), -n))


def decimal_points(
    columns: dict[str, list[str]], places: Collection[str] = ()
) -> dict[str, list[str]]:
    """Columns with decimal points where the file shows that its dialect writes decimal commas.

    It does when more cells are beyond doubt numbers with a comma (-3,4356) than with a point.
    What could be a group of thousands (1,234) proves nothing, except as degrees; beside proof it
    is a decimal, and 1.234 a group: that one becomes 1,234, which nobody reads as a number.

    Parameters
    ----------
    columns : dict
        Text cells by column, of a file whose delimiter is no comma.
    places : collection of str
        Columns of degrees: no thousands there, so either sign is a decimal one.
    """
    numbers = {name: [c for c in cells if "," in c or "." in c] for name, cells in columns.items()}
    doubtless = {
        sign: sum(
            bool(pattern.fullmatch(cell)) and (name in places or not is_grouped(cell))
            for name, cells in numbers.items()
            for cell in cells
        )
        for sign, pattern in ((",", _COMMA_NUMBER), (".", _POINT_NUMBER))
    }
    shown = doubtless[","] > doubtless["."]
    return {
        name: _degrees(cells)
        if name in places
        else _with_points(cells)
        if shown and numbers[name]
        else cells
        for name, cells in columns.items()
    }


def is_grouped(text: str) -> bool:
    """Whether it could be a number in groups of thousands, and so is no plain one.

    Examples
    --------
    >>> is_grouped("1.000"), is_grouped("12,345,678"), is_grouped("0.693"), is_grouped("1.5")
    (True, True, False, False)
    """
    return bool(_GROUPED.fullmatch(text))


def _degrees(cells: list[str]) -> list[str]:
    return [c.replace(",", ".") if _COMMA_NUMBER.fullmatch(c) else c for c in cells]


def _with_points(cells: list[str]) -> list[str]:
    """A column of numbers with the two signs swapped; a column of other text as it is."""
    signed = [bool(_COMMA_NUMBER.fullmatch(c) or _POINT_GROUPED.fullmatch(c)) for c in cells]
    numeric = sum(
        mine or bool(_PLAIN_NUMBER.fullmatch(c)) for c, mine in zip(cells, signed, strict=True)
    )
    if 2 * numeric < sum(map(bool, cells)):
        return cells
    return [c.translate(_SWAP) if mine else c for c, mine in zip(cells, signed, strict=True)]


# --- workbooks ---------------------------------------------------------------------------------


def _workbook(path: Path, sheet: str | None) -> TableCells:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        if path.suffix.lower() != ".xls":
            _hold_to_size(path)
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        name = _chosen(sheet, names, path)
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise InputError("table_not_xlsx", path=path, reason=reason(error)) from None
    return TableCells([[cell_text(value) for value in row] for row in rows], titled=True)


def _chosen(sheet: str | None, names: Sequence[str], path: Path) -> str:
    name = sheet if sheet is not None else next(iter(names), "")
    if name not in names:
        raise InputError(
            "sheet_missing",
            path=path,
            column=name,
            known=", ".join(names),
            suggestion=suggestion(name, names),
        )
    return name


def _hold_to_size(path: Path) -> None:
    """Refuse a workbook whose cells would not fit into memory: one far cell spans them all."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > LIMIT_BYTES:
            raise _too_large(path)
        for part in parts:
            if not part.filename.endswith(".xml") or part.filename.endswith("Strings.xml"):
                continue
            addresses = set(_CELL_ADDRESS.findall(archive.read(part)))
            width = max((_column(letters) for letters, _ in addresses), default=0)
            height = max((int(digits) for _, digits in addresses), default=0)
            if width * height > LIMIT_CELLS:
                raise InputError("table_too_wide", path=path, rows=height, columns=width)


def _column(letters: bytes) -> int:
    """Number of a column: A is 1, XFD 16,384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


# --- JSON and GeoJSON --------------------------------------------------------------------------


def _json(path: Path) -> TableCells:
    raw = _bytes(path)
    try:
        document = json.loads(
            raw.removeprefix(b"\xef\xbb\xbf"),
            parse_float=lambda text: cell_text(float(text)),
            parse_int=str,
            parse_constant=lambda _: None,
        )
    except (ValueError, RecursionError) as error:
        raise InputError("table_not_json", path=path, reason=reason(error)) from None
    if not isinstance(document, dict) or document.get("type") not in {
        "FeatureCollection",
        "Feature",
    }:
        found = _records(document)
        if found is None:
            raise InputError("table_not_records", path=path)
        if found and isinstance(found[0], list):
            return TableCells(_encodable([[cell_text(v) for v in row] for row in found], raw))
        return TableCells(_encodable(_flat_rows(found), raw))
    features = document.get("features", [document])
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise InputError("table_not_records", path=path)
    rows = _encodable(_flat_rows([_dict(f.get("properties")) for f in features]), raw)
    pairs = [_coordinates(feature.get("geometry")) for feature in features]
    named = _dict(_dict(document.get("crs")).get("properties")).get("name", "OGC:CRS84")

    def places() -> tuple[list[str], list[str]]:
        if all(x == "" for x, _ in pairs) or _is_wgs84(named):
            return [y for _, y in pairs], [x for x, _ in pairs]
        return _projected([_float(x) for x, _ in pairs], [_float(y) for _, y in pairs], named, path)

    return TableCells(rows, spare=_of_points(places))


def _encodable(rows: list[list[str]], raw: bytes) -> list[list[str]]:
    """Rows whose text can be written again: half a surrogate pair is no character."""
    if b"\\ud" not in raw.lower():
        return rows
    return [[cell.encode("utf-8", "replace").decode("utf-8") for cell in row] for row in rows]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _records(document: object) -> list[Any] | None:
    """The rows of a document: a list of objects, wherever the API has wrapped it."""
    if isinstance(document, list):
        alike = all(isinstance(item, dict) for item in document)
        return document if alike or all(isinstance(item, list) for item in document) else None
    if not isinstance(document, dict):
        return None
    lists = {k: v for k, v in document.items() if isinstance(v, list) and v and _records(v)}
    named = [lists[key] for key in _LISTS if key in lists]
    if lists:
        return (named or list(lists.values()))[0] if named or len(lists) == 1 else None
    inner = next((document[k] for k in _LISTS if isinstance(document.get(k), dict)), None)
    if inner is not None:
        return _records(inner)
    is_empty_list = any(isinstance(document.get(key), list) for key in _LISTS)
    return [] if is_empty_list else [document]


def _flat_rows(records: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Header and rows of objects within objects: each is named by its last key where that is clear.

    A key that says little alone (``nama``, ``kode``) keeps those above it: ``kabupaten.nama``. The
    object of the school itself (``satuanPendidikan``) adds nothing to a name.
    """
    flat = [dict(_leaves(record, ())) for record in records]
    paths = list(dict.fromkeys(itertools.chain.from_iterable(flat)))
    uses: dict[str, int] = {}
    for path in paths:
        uses[fold(path[-1])] = uses.get(fold(path[-1]), 0) + 1

    def header(path: tuple[str, ...]) -> str:
        last = fold(path[-1])
        clear = len(path) == 1 or (uses[last] == 1 and last not in _TOO_GENERAL)
        return path[-1] if clear else ".".join(path)

    body = [[cell_text(record.get(path)) for path in paths] for record in flat]
    return [[header(path) for path in paths], *body]


def _leaves(
    record: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in record.items():
        path = above if not above and key in _WRAPPERS and value else (*above, str(key))
        if isinstance(value, dict) and value and len(path) < 20:
            yield from _leaves(value, path)
        else:
            yield path or (str(key),), value


def _coordinates(geometry: object) -> tuple[str, str]:
    """Text of x and y of a GeoJSON point; empty for anything else."""
    shape = _dict(geometry)
    place = shape.get("coordinates")
    if shape.get("type") == "MultiPoint" and isinstance(place, list) and len(place) == 1:
        place = place[0]
    elif shape.get("type") != "Point":
        return "", ""
    if not isinstance(place, list) or len(place) < 2:
        return "", ""
    return cell_text(place[0]), cell_text(place[1])


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


# --- points ------------------------------------------------------------------------------------


def _of_points(
    places: Callable[[], tuple[list[str], list[str]]],
) -> dict[str, Callable[[], list[str]]]:
    return {"lat": lambda: places()[0], "lon": lambda: places()[1]}


def _is_wgs84(crs: object) -> bool:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        known = CRS.from_user_input(crs)
    except CRSError:
        return False
    return ":".join(known.to_authority() or ()) in _WGS84


def _projected(
    x: Sequence[float], y: Sequence[float], crs: object, path: Path
) -> tuple[list[str], list[str]]:
    """Latitudes and longitudes of points of another CRS, as text; to a tenth of a millimetre."""
    import numpy as np
    from pyproj import Transformer
    from pyproj.exceptions import CRSError

    try:
        transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except CRSError:
        raise InputError("vector_no_crs", path=path) from None
    lon, lat = transformer.transform(np.asarray(x, "float64"), np.asarray(y, "float64"))
    return _numbers(lat), _numbers(lon)


def _numbers(values: Iterable[float]) -> list[str]:
    return ["" if not math.isfinite(v) else cell_text(round(float(v), 9)) for v in values]


# --- Parquet, GeoPackage, Shapefile ------------------------------------------------------------


def _parquet(path: Path) -> TableCells:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
        geometries = list(_dict(_dict(geo).get("columns")))
        names = [n for n in file.schema_arrow.names if n not in geometries]
        table = file.read(columns=names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError("table_not_parquet", path=path, reason=reason(error)) from None
    if not geometries:
        return TableCells(_arrow_rows(table))

    def places() -> tuple[list[str], list[str]]:
        import geopandas as gpd

        primary = _dict(geo).get("primary_column", geometries[0])
        try:
            layer = gpd.read_parquet(path, columns=[primary])
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise InputError("table_not_parquet", path=path, reason=reason(error)) from None
        return _of_shapes(layer.geometry.to_numpy(), layer.crs, path)

    return TableCells(_arrow_rows(table), spare=_of_points(places))


def _layer(path: Path, sheet: str | None) -> TableCells:
    import pyarrow as pa
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        with quiet():
            where, names = layers(path, sheet)
            meta, table = pyogrio.raw.read_arrow(where, layer=names[0])
    except (
        *(DataSourceError, DataLayerError, pa.ArrowException),
        *(OSError, RuntimeError, ValueError),
    ) as error:
        raise InputError("vector_unreadable", path=path, reason=reason(error)) from None
    shapes = meta["geometry_name"] or "wkb_geometry"
    names = [n for n in table.column_names if n != shapes]
    if shapes not in table.column_names:
        return TableCells(_arrow_rows(table))

    def places() -> tuple[list[str], list[str]]:
        import numpy as np
        import shapely

        wkb = np.array(table.column(shapes).to_pylist(), dtype=object)
        return _of_shapes(shapely.from_wkb(wkb, on_invalid="ignore"), meta["crs"], path)

    return TableCells(_arrow_rows(table.select(names)), spare=_of_points(places))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what GDAL warns of from standard error: what matters to a user is said in our words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield


def layers(path: Path, layer: str | None) -> tuple[str, list[str]]:
    """What GDAL is to open, and which of its layers: `layer`, else the first, else all of KML.

    GDAL would open anything under any ending, also files that name other files and addresses:
    those are refused, and a file must begin as its ending says.

    Raises
    ------
    InputError
        It is something else, or has no such layer.
    """
    import pyogrio

    kind = path.suffix.lower()
    where = str(path)
    try:
        if kind == ".zip":
            with zipfile.ZipFile(path) as archive:
                inner = _zipped_layers(archive, path)
                name = _chosen(layer, sorted(inner), path)
                first = archive.open(inner[name]).read(2048)
            where = f"/vsizip/{{{path.absolute().as_posix()}}}/{inner[name]}"
        else:
            with path.open("rb") as file:
                first = file.read(2048)
    except (OSError, RuntimeError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError("vector_unreadable", path=path, reason=reason(error)) from None
    magic = _MAGIC.get(kind, b"")
    if not first.startswith(magic) or any(mark in first for mark in _INDIRECT):
        raise InputError("vector_unreadable", path=path, reason=f"no {kind[1:].upper()}")
    names = [str(n) for n in pyogrio.list_layers(where)[:, 0] if n != "layer_styles"]
    if not names:
        raise InputError("vector_no_geometry", path=path)
    if kind == ".zip":
        return where, names[:1]
    if layer is None and kind in {".kml", ".kmz"}:
        return where, names
    return where, [_chosen(layer, names, path)]


def _zipped_layers(archive: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """Shapefiles of an archive: name of the layer to path inside."""
    if sum(part.file_size for part in archive.infolist()) > LIMIT_BYTES:
        raise _too_large(path)
    names = [name for name in archive.namelist() if name.lower().endswith(".shp")]
    if not names:
        raise InputError("zip_without_layer", path=path)
    return {name.rpartition("/")[2][:-4]: name for name in names}


def _of_shapes(shapes: Any, crs: object, path: Path) -> tuple[list[str], list[str]]:  # noqa: ANN401 - an array of shapes
    import shapely

    single = (shapely.get_type_id(shapes) == 4) & (shapely.get_num_geometries(shapes) == 1)
    shapes = shapes.copy()
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)  # NaN for what is no point
    if crs is None:
        raise InputError("vector_no_crs", path=path)
    if _is_wgs84(crs):
        return [cell_text(float(v)) for v in y], [cell_text(float(v)) for v in x]
    return _projected(x, y, crs, path)


def _arrow_rows(table: pa.Table) -> list[list[str]]:
    """Header and rows of an Arrow table; structures within it are flattened as in JSON."""
    import pyarrow as pa

    if any(pa.types.is_struct(kind) for kind in table.schema.types):
        return _flat_rows(table.to_pylist())
    columns = [_arrow_text(table.column(n)) for n in range(table.num_columns)]
    return [list(table.column_names), *map(list, zip(*columns, strict=True))]


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
    return [cell_text(value) for value in column.to_pylist()]


# --- KML ---------------------------------------------------------------------------------------


def _kml(path: Path) -> TableCells:
    """Placemarks of all folders: extended data as columns, name and description where given."""
    raw = _bytes(path)
    if path.suffix.lower() == ".kmz":
        raw = _unpacked_kml(raw, path)
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise InputError("table_not_kml", path=path, reason="DOCTYPE")
    declared: dict[str, None] = {}
    marks: list[dict[str, str]] = []
    own: list[tuple[str, str]] = []
    places: list[tuple[str, str]] = []
    try:
        for _, element in ET.iterparse(io.BytesIO(raw)):  # noqa: S314 - no DTD, see above
            kind = element.tag.rpartition("}")[2]
            if kind == "SimpleField":
                declared[element.get("name", "")] = None
            elif kind == "Placemark":
                marks.append(dict(_extended(element)))
                own.append((_found(element, "name"), _found(element, "description")))
                places.append(_kml_place(element))
                element.clear()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InputError("table_not_kml", path=path, reason=reason(error)) from None
    headers = [n for n in dict.fromkeys([*declared, *itertools.chain(*marks)]) if n]
    if "description" not in map(fold, headers) and any(text for _, text in own):
        headers.append("description")
        marks = [{**m, "description": text} for m, (_, text) in zip(marks, own, strict=True)]
    rows = [[mark.get(header, "") for header in headers] for mark in marks]
    spare = {
        "name": lambda: [name for name, _ in own],
        **_of_points(lambda: ([y for _, y in places], [x for x, _ in places])),
    }
    return TableCells([headers, *rows], spare=spare)


def _unpacked_kml(raw: bytes, path: Path) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            inner = [p for p in archive.infolist() if p.filename.lower().endswith(".kml")]
            if not inner:
                raise InputError("table_not_kml", path=path, reason="doc.kml")
            chosen = min(inner, key=lambda p: (p.filename != "doc.kml", p.filename))
            if chosen.file_size > LIMIT_BYTES:
                raise _too_large(path)
            return archive.read(chosen)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
        raise InputError("table_not_kml", path=path, reason=reason(error)) from None


def _extended(mark: ET.Element) -> Iterator[tuple[str, str]]:
    for item in mark.iterfind(".//{*}ExtendedData//{*}SimpleData"):
        yield item.get("name", ""), item.text or ""
    for item in mark.iterfind(".//{*}ExtendedData/{*}Data"):
        yield item.get("name", ""), item.findtext("{*}value") or ""


def _found(mark: ET.Element, name: str) -> str:
    return mark.findtext(f"{{*}}{name}") or ""


def _kml_place(mark: ET.Element) -> tuple[str, str]:
    """Text of longitude and latitude of the placemark's only point."""
    points = mark.findall(".//{*}Point/{*}coordinates")
    parts = (points[0].text or "").strip().split(",") if len(points) == 1 else []
    return (parts[0].strip(), parts[1].strip()) if len(parts) >= 2 else ("", "")
