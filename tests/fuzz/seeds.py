"""Valid files of every kind that is read, invented, as small as they can be."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine

from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.sources.objections import template_rows
from tests.conftest import DATA_OF_TINY, TINY, snapshot
from tests.fuzz.mutations import packed
from tests.sources.formats.test_kinds import as_csv, workbook
from tests.sources.test_speed_test_tiles import table as tiles_table
from tests.spreadsheets import Cell, Sheet, ods, web_page, xls, xlsb, xml_2003

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Files that a format consists of besides the one that a project names.
PARTS = {".shp": (".shx", ".dbf", ".prj", ".cpg")}


@dataclass(frozen=True, slots=True)
class Seed:
    """A folder of valid files, one of which is changed in each case.

    Attributes
    ----------
    name : str
        The file that is read.
    files : dict of bytes
        All files of the folder by their name.
    changed : tuple of str
        Those that a case may change.
    """

    name: str
    files: dict[str, bytes]
    changed: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """By default every file may be changed."""
        if not self.changed:
            object.__setattr__(self, "changed", tuple(sorted(self.files)))


# --- tables --------------------------------------------------------------------------------------


def tables() -> dict[str, pd.DataFrame]:
    """An invented table of each kind, all cells as text; those with `lat` and `lon` have points."""
    given = {
        name: pd.read_csv(TINY / f"{name}.csv", dtype="str", keep_default_na=False)
        for name in ("schools", "pupils", "sites", "tests")
    }
    schools = given["schools"].rename(columns={"lintang": "lat", "bujur": "lon"})
    given["schools"] = schools.assign(pd=[str(40 * n) for n in range(len(schools))])
    given["tests"].columns = ["npsn", "date", "down_mbps", "up_mbps", "latency_ms"]
    given["levels"] = pd.DataFrame(
        {
            "operator": ["telkomsel", "telkomsel", "xl", "telkomsel"],
            "technology": ["4g", "4g", "3g", ""],
            "lat": ["-2.9230", "-2.9410", "-2.9350", "-2.9640"],
            "lon": ["115.3140", "115.3360", "115.3270", "115.3460"],
            "rsrp_dbm": ["-101", "-95.5", "", "-88"],
            "rscp_dbm": ["", "", "-90", ""],
            "date": ["2026-05-01"] * 4,
        }
    )
    given["answers"] = pd.DataFrame(
        {
            "date": ["2026-08-02", "2026-08-03", ""],
            "npsn": ["00000101", "00000102", "00000103"],
            "run": ["abcdef"] * 3,
            "internet": ["ada", "tidak_ada", ""],
            "down_mbps": ["11.125", "", ""],
            "operator": ["", "telkomsel", ""],
            "technology": ["", "4g", ""],
            "level_dbm": ["", "-97", ""],
            "gate": ["-2.92 115.31 12 4", "", ""],
            "_submitted_by": ["x"] * 3,
        }
    )
    given["villages"] = pd.DataFrame(
        {
            "kode_desa": ["99.01.01.2001", "9901022001", "9902012001"],
            "nama": ["Hulu", "Muara", "Gunung"],
            "status_idm": ["MAJU", "Berkembang", "3"],
        }
    )
    places = [(-2.923, 115.314), (-2.964, 115.346), (-2.981, 115.366)]
    given["tiles"] = tiles_table(places).astype("str")
    form = pd.DataFrame(template_rows("en")[1], dtype="str")
    given["objections"] = form.assign(npsn=[f"{n:08}" for n in range(101, 101 + len(form))])
    given["prices"] = pd.DataFrame(
        {
            "kode_item": ["leo_kit", "leo_month", "fibre_aerial_km", "ups", "A.1"],
            "uraian": ["Kit LEO", "Langganan", "Kabel udara", "", "Meja"],
            "satuan": ["Buah", "bulan", "km", "unit", "buah"],
            "harga": ["Rp 7.900.000,-", "1500000", "42.500.000", "", "850.000"],
            "kode_ssh": ["1.3.2.05", "", "", "", "9"],
            "tanggal": ["2026-02-01", "1 Maret 2026", "", "", "x"],
        }
    )
    return given


def _points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    lat, lon = (pd.to_numeric(table[name], errors="coerce") for name in ("lat", "lon"))
    points = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    points.loc[lat.isna() | lon.isna(), "geometry"] = None
    return points


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers as numbers, where no zero in front is lost."""
    typed = table.copy()
    for name in typed:
        numbers = pd.to_numeric(typed[name], errors="coerce")
        plain = typed[name].where(typed[name] != "", "1")
        if numbers.notna().any() and not plain.str.contains("^0|[^0-9.-]").any():
            typed[name] = numbers
    return typed


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(_typed(table).to_json(orient="records"))
    return rows


def _features(table: pd.DataFrame) -> list[dict[str, Any]]:
    shapes = json.loads(_points(table).geometry.to_json())["features"] if "lat" in table else []
    return [
        {
            "type": "Feature",
            "properties": row,
            "geometry": shapes[n]["geometry"] if shapes else None,
        }
        for n, row in enumerate(_records(table))
    ]


def _geojson(table: pd.DataFrame) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": _features(table)}).encode()


def _kml(table: pd.DataFrame) -> bytes:
    from xml.sax.saxutils import escape

    marks = []
    for row in table.to_dict("records"):
        data = "".join(
            f'<Data name="{name}"><value>{escape(str(cell))}</value></Data>'
            for name, cell in row.items()
        )
        place = f"{row['lon']},{row['lat']}" if "lat" in row else "115.3,-2.9"
        marks.append(
            f"<Placemark><name>{escape(str(next(iter(row.values()))))}</name><ExtendedData>{data}"
            f"</ExtendedData><Point><coordinates>{place}</coordinates></Point></Placemark>\n"
        )
    body = "".join(marks)
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'.encode()


def _parquet(table: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    table.to_parquet(sink, index=False)
    return sink.getvalue()


def _workbook(table: pd.DataFrame) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        typed = _typed(table)
        rows = [list(typed), *typed.to_numpy().tolist()]
        return _repacked(workbook(Path(folder) / "a.xlsx", rows))


def _sheet(table: pd.DataFrame) -> Sheet:
    """The table below a merged title."""
    typed = _typed(table)
    title: list[Cell] = ["DATA", *[None] * (len(typed.columns) - 1)]
    rows: list[list[Cell]] = [title, list(typed.columns), *typed.to_numpy().tolist()]
    return Sheet("Data", rows, merged=[(0, 0, 0, len(typed.columns) - 1)])


def _repacked(file: Path | io.BytesIO) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return packed([(name, archive.read(name)) for name in archive.namelist()])


TABLE_FORMATS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    ".csv": lambda t: as_csv(t).encode(),
    ".txt": lambda t: as_csv(t, ";", comma=True).encode("utf-8-sig"),
    ".tsv": lambda t: as_csv(t, "\t").encode("utf-16"),
    ".csv.gz": lambda t: gzip.compress(as_csv(t).encode(), mtime=0),
    ".xlsx": _workbook,
    ".ods": lambda t: _repacked(io.BytesIO(ods([_sheet(t)]))),
    ".xls": lambda t: web_page(_sheet(t)),
    ".2003.xls": lambda t: xml_2003([_sheet(t)]),
    ".97.xls": lambda t: xls([_sheet(t)]),
    ".xlsb": lambda t: _repacked(io.BytesIO(xlsb([_sheet(t)]))),
    ".json": lambda t: json.dumps({"data": _records(t), "meta": {"n": len(t)}}).encode(),
    ".geojson": _geojson,
    ".geojsonl": lambda t: b"\n".join(json.dumps(f).encode() for f in _features(t)),
    ".js": lambda t: b"var json_Sekolah_1 = " + _geojson(t) + b";\n",
    ".kml": _kml,
    ".kmz": lambda t: packed([("doc.kml", _kml(t))]),
    ".parquet": lambda t: _parquet(_typed(t)),
}
# Of frames with shapes, by GDAL and Arrow.
VECTOR_FORMATS = (".gpkg", ".shp", ".zip", ".geoparquet", ".fgb", ".geojson", ".kml", ".kmz")


def vector(frame: gpd.GeoDataFrame, ending: str) -> dict[str, bytes]:
    """The files of a layer by their ending; of what consists of one file, that one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / f"a{ending}"
        if ending == ".geoparquet":
            frame.to_parquet(path)
        elif ending == ".zip":
            parts = vector(frame, ".shp")
            return {ending: packed([(f"a{part}", raw) for part, raw in sorted(parts.items())])}
        else:
            _fitting(frame, ending).to_file(path, engine="pyogrio", **_options(ending))
        if ending == ".gpkg":
            _forget_the_time(path)
        if ending == ".kmz":
            path.write_bytes(_repacked(path))
        return {part.name.removeprefix("a"): part.read_bytes() for part in folder.iterdir()}


def _options(ending: str) -> dict[str, Any]:
    return {
        ".shp": {"encoding": "utf-8"},
        ".kml": {"driver": "KML"},
        ".kmz": {"driver": "LIBKML"},
    }.get(ending, {})


def _fitting(frame: gpd.GeoDataFrame, ending: str) -> gpd.GeoDataFrame:
    """The layer with the names and types that a format has."""
    if ending == ".shp":
        short = {c: c[:10] for c in frame.columns if c != "geometry"}
        return frame.rename(columns=short).drop(columns="since", errors="ignore")
    return frame.drop(columns="since", errors="ignore") if ending[:3] == ".km" else frame


def _forget_the_time(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE gpkg_contents SET last_change = '2026-01-01T00:00:00.000Z'")
        file.commit()


def of_tables(kind: str) -> list[Seed]:
    """A table of a kind in every format."""
    table = tables()[kind]
    seeds = [Seed(f"a{e}", {f"a{e}": write(table)}) for e, write in TABLE_FORMATS.items()]
    if "lat" not in table:
        table = table.assign(lat="-2.92", lon="115.31")
    frame = _points(_typed(table))
    for ending in (".gpkg", ".shp", ".zip", ".geoparquet"):
        made = vector(frame, ending)
        seeds.append(Seed(f"a{ending}", {f"a{part}": raw for part, raw in made.items()}))
    return seeds


# --- layers --------------------------------------------------------------------------------------


def _layer(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(TINY / f"{name}.geojson", engine="pyogrio")


def layers() -> dict[str, gpd.GeoDataFrame]:
    """Invented layers: areas with codes and names, classes of coverage, lines, points."""
    areas = _layer("kecamatan")
    metres = areas.to_crs("EPSG:32750")
    lines = gpd.GeoDataFrame(
        {"kind": ["river", "road"]},
        geometry=[shapely.LineString([(115.3, -2.9), (115.4, -2.98)]), areas.geometry[0].boundary],
        crs="EPSG:4326",
    )
    points = gpd.GeoDataFrame(
        {"name": ["Puskesmas", None], "beds": [3, 4], "since": pd.to_datetime(["2020-01-01"] * 2)},
        geometry=gpd.points_from_xy([115.31, 115.35], [-2.92, -2.95]),
        crs="EPSG:4326",
    )
    return {"areas": areas, "metres": metres, "lines": lines, "points": points}


def of_layers(kind: str, endings: tuple[str, ...] = VECTOR_FORMATS) -> list[Seed]:
    """A layer of a kind in every format."""
    frame = layers()[kind]
    seeds = []
    for ending in endings:
        if ending in {".kml", ".kmz", ".geojson"} and kind == "metres":
            continue  # always degrees
        made = vector(frame, ending)
        seeds.append(Seed(f"a{ending}", {f"a{part}": raw for part, raw in made.items()}))
    return seeds


# --- rasters -------------------------------------------------------------------------------------

_DEGREES: dict[str, Any] = {
    "crs": "EPSG:4326",
    "transform": Affine(0.01, 0.0, 115.30, 0.0, -0.01, -2.90),
}


def _geotiff(folder: Path, name: str, cells: Any, **profile: Any) -> Path:
    path = folder / name
    given: dict[str, Any] = {
        "driver": "GTiff",
        "height": cells.shape[0],
        "width": cells.shape[1],
        "count": 1,
        "dtype": cells.dtype,
        **_DEGREES,
        **profile,
    }
    with rasterio.open(path, "w", **given) as dataset:
        for band in range(1, given["count"] + 1):
            dataset.write(cells, band)
    return path


def _raster_files() -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Name of the file that is read, and how it is written into a folder."""
    heights = np.random.default_rng(1).integers(0, 900, (48, 40)).astype("int16")
    yield "a.tif", lambda f: _geotiff(f, "a.tif", heights, nodata=-32768)
    yield (
        "tiled.tif",
        lambda f: _geotiff(
            *(f, "tiled.tif", heights.astype("float32")),
            tiled=True,
            blockxsize=16,
            blockysize=16,
            compress="deflate",
            predictor=3,
            nodata=float("nan"),
            crs="EPSG:32750",
            transform=Affine(100.0, 0.0, 310_800.0, 0.0, -100.0, 9_679_600.0),
        ),
    )
    yield (
        "lzw.tif",
        lambda f: _geotiff(f, "lzw.tif", heights, compress="lzw", predictor=2, count=2),
    )
    yield (
        "big.tif",
        lambda f: _geotiff(f, "big.tif", heights.astype("uint8"), BIGTIFF="YES", compress="zstd"),
    )

    def cog(folder: Path) -> None:
        from rasterio.shutil import copy

        path = _geotiff(folder, "plain.tif", np.tile(heights, (16, 16)))
        copy(path, folder / "cog.tif", driver="COG", blocksize=128, compress="deflate")
        path.unlink()

    yield "cog.tif", cog

    def grid(name: str, driver: str) -> Callable[[Path], object]:
        def write(folder: Path) -> None:
            from rasterio.shutil import copy

            path = _geotiff(folder, "plain.tif", heights)
            copy(path, folder / name, driver=driver)
            path.unlink()

        return write

    yield "a.asc", grid("a.asc", "AAIGrid")
    yield "a.bil", grid("a.bil", "EHdr")

    def overview(folder: Path) -> None:
        path = _geotiff(folder, "o.tif", np.tile(heights, (8, 8)))
        with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as dataset:
            dataset.build_overviews([2, 4])

    yield "o.tif", overview

    def mosaic(folder: Path) -> None:
        _geotiff(folder, "left.tif", heights)
        move = Affine(0.01, 0.0, 115.70, 0.0, -0.01, -2.90)
        _geotiff(folder, "right.tif", heights, transform=move)
        rectangle = '<{} xOff="{}" yOff="0" xSize="40" ySize="48"/>\n'
        sources = "".join(
            f'<SimpleSource><SourceFilename relativeToVRT="1">{name}</SourceFilename>\n'
            f"<SourceBand>1</SourceBand>{rectangle.format('SrcRect', 0)}"
            f"{rectangle.format('DstRect', at)}</SimpleSource>\n"
            for name, at in (("left.tif", 0), ("right.tif", 40))
        )
        (folder / "a.vrt").write_text(
            '<VRTDataset rasterXSize="80" rasterYSize="48">\n<SRS>EPSG:4326</SRS>\n'
            "<GeoTransform>115.3, 0.01, 0, -2.9, 0, -0.01</GeoTransform>\n"
            f'<VRTRasterBand dataType="Int16" band="1">\n<NoDataValue>-9</NoDataValue>\n{sources}'
            "</VRTRasterBand>\n</VRTDataset>\n"
        )

    yield "a.vrt", mosaic

    def tiles(folder: Path) -> None:
        square = np.zeros((1201, 1201), dtype=">i2")
        square[:200, :200] = 7
        (folder / "S03E115.hgt").write_bytes(square.tobytes())

    yield "S03E115.hgt", tiles

    def dted(folder: Path) -> None:
        from rasterio.shutil import copy

        step = 1.0 / 120.0
        square = Affine(step, 0.0, 115.0 - step / 2, 0.0, -step, -2.0 + step / 2)
        path = _geotiff(folder, "plain.tif", np.zeros((121, 121), dtype="int16"), transform=square)
        copy(path, folder / "e115.dt0", driver="DTED")
        path.unlink()

    yield "e115.dt0", dted

    def metadata(folder: Path) -> None:
        path = _geotiff(folder, "m.tif", heights)
        path.with_name("m.tif.aux.xml").write_text(
            "<PAMDataset>\n<SRS>EPSG:32750</SRS>\n<PAMRasterBand band='1'>\n"
            "<NoDataValue>7</NoDataValue>\n<Scale>0.5</Scale>\n<Offset>3</Offset>\n"
            "<UnitType>ft</UnitType>\n<Metadata><MDI key='a'>b</MDI></Metadata>\n"
            "</PAMRasterBand>\n</PAMDataset>\n"
        )

    yield "m.tif", metadata


def of_rasters() -> list[Seed]:
    """A raster of every format, with files beside it."""
    seeds = []
    for name, write in _raster_files():
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder))
            seeds.append(Seed(name, snapshot(Path(folder))))
    return seeds


# --- projects ------------------------------------------------------------------------------------


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """A folder for a moment."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def tiny() -> dict[str, bytes]:
    """Every file of data/tiny that a project reads."""
    return {
        path.name: path.read_bytes()
        for path in sorted(TINY.iterdir())
        if path.suffix in DATA_OF_TINY or path.name == FILE_NAME
    }


# What data/tiny lacks.
_MORE = """
[villages]
path = "villages{table}"

[[facilities]]
path = "points{layer}"

[rivers]
path = "lines{layer}"

[roads]
path = "lines{layer}"

[[coverage]]
path = "areas{layer}"
technology = "3g"
operator = "xl"
kind = "binary"
basis = "declared"
nodata_means = "unknown"

[[measurements]]
path = "levels{table}"

[[measurements]]
path = "tiles{table}"
"""


def whole(table: str, layer: str) -> Seed:
    """A project with every kind of input: its tables in one format, its layers in another."""
    files = tiny()
    text = files.pop(FILE_NAME).decode() + _MORE
    text = text.replace('kecamatan = "', 'desa = "areas{layer}"\nkecamatan = "')
    text = text.replace('.csv"', '{table}"').replace('.geojson"', '{layer}"')
    text = text.replace("{table}", table).replace("{layer}", layer)
    for name, frame in tables().items():
        files.pop(f"{name}.csv", None)
        files[f"{name}{table}"] = TABLE_FORMATS[table](frame)
    for name in ("kabupaten", "kecamatan", "coastline"):
        files.pop(f"{name}.geojson")
        files |= {f"{name}{part}": raw for part, raw in vector(_layer(name), layer).items()}
    for name, shapes in layers().items():
        if name != "metres":
            files |= {f"{name}{part}": raw for part, raw in vector(shapes, layer).items()}
    files[FILE_NAME] = text.encode()
    return Seed(FILE_NAME, files)


def of_projects() -> list[Seed]:
    """Whole projects that together have every format."""
    pairs = (
        *((".csv", ".geojson"), (".xlsx", ".gpkg"), (".json", ".shp"), (".parquet", ".geoparquet")),
        *((".kmz", ".fgb"), (".csv.gz", ".zip"), (".geojson", ".kml"), (".txt", ".kmz")),
    )
    return [whole(table, layer) for table, layer in pairs]


def of_runs() -> list[Seed]:
    """A folder of runs with one run of data/tiny, which is the official one."""
    import kalsel_gap
    from kalsel_gap.storage.approval import pin_run

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, raw in tiny().items():
            (folder / file).write_bytes(raw)
        kalsel_gap.open_project(folder).rank()
        pin_run(
            *(folder / "runs", "latest", "188.44/0123/KUM/2026", "2026-07-31"),
            today=date(2026, 8, 1),
        )
        files = snapshot(folder / "runs")
    return [Seed("runs/latest", {f"runs/{file}": raw for file, raw in files.items()})]
