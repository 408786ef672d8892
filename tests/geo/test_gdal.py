"""No input opens a connection, and none makes GDAL read a file that is not an input."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import sys
import threading
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from kalsel_gap.errors import InputError
from kalsel_gap.geo import gdal
from kalsel_gap.geo.gdal import (
    OPTIONS,
    READ_RASTERS,
    READ_VECTORS,
    close_rasters,
    close_vectors,
    open_raster,
)
from kalsel_gap.project.read import FILE_NAME
from tests.conftest import DATA_OF_TINY, TINY, UTM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import CommandLine

    Way = Callable[[Path, str], None]

TIFF = b"II*\0" + bytes(8)
BAND = (
    '<VRTDataset rasterXSize="40" rasterYSize="40"><SRS>EPSG:4326</SRS>'
    "<GeoTransform>115.3, 0.001, 0, -2.9, 0, -0.001</GeoTransform>"
    '<VRTRasterBand dataType="Float32" band="1"{}>{}</VRTRasterBand></VRTDataset>'
)
SOURCE = "<SimpleSource><SourceFilename>{}</SourceFilename></SimpleSource>"
RAW = (
    "<SourceFilename>{}</SourceFilename><ImageOffset>0</ImageOffset>"
    "<PixelOffset>4</PixelOffset><LineOffset>160</LineOffset>"
)
WMS = (
    '<GDAL_WMS><Service name="TMS"><ServerUrl>{}/${{z}}/${{x}}/${{y}}</ServerUrl></Service>'
    "<DataWindow><UpperLeftX>-180</UpperLeftX><UpperLeftY>90</UpperLeftY>"
    "<LowerRightX>180</LowerRightX><LowerRightY>-90</LowerRightY><TileLevel>3</TileLevel>"
    "</DataWindow><Projection>EPSG:4326</Projection></GDAL_WMS>"
)
WFS = "<OGRWFSDataSource><URL>{}/wfs</URL></OGRWFSDataSource>"
WCS = "<WCS_GDAL><ServiceURL>{}/wcs?</ServiceURL><CoverageName>x</CoverageName></WCS_GDAL>"
OGR_VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/{}/a.geojson'
    "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
)
GML = (
    '<?xml version="1.0"?><ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://ogr.maptools.org/ {}/a.xsd" '
    'xmlns:gml="http://www.opengis.net/gml"></ogr:FeatureCollection>'
)
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    "<NetworkLink><Link><href>{}/a.kml</href></Link></NetworkLink></Document></kml>"
)
LINKED = json.dumps({"type": "FeatureCollection", "features": [], "links": [{"href": "{}/a"}]})
OZI = "\r\n".join(
    (
        *("OziExplorer Map Data File Version 2.2", "map", "/vsicurl/{}/a.tif", "1 ,Map Code,"),
        *("WGS 84,WGS 84,   0.0000,   0.0000,WGS 84", "Reserved 1", "Reserved 2"),
        *("Magnetic Variation,,,E", "Map Projection,Latitude/Longitude,PolyCal,No,", "", ""),
    )
)


def elevation(name: str, body: str | bytes) -> Way:
    """A file in the place of the elevation model."""

    def lay(folder: Path, url: str) -> None:
        text = body.replace("{}", url) if isinstance(body, str) else body
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        swap(folder, '"dem.tif"', f'"{name}"')

    return lay


def beside_elevation(ending: str, body: str) -> Way:
    """A file beside the elevation model."""

    def lay(folder: Path, url: str) -> None:
        (folder / f"dem.tif{ending}").write_text(body.replace("{}", url))

    return lay


def boundaries(name: str, body: str) -> Way:
    """A file in the place of the kabupaten."""

    def lay(folder: Path, url: str) -> None:
        (folder / name).write_text(body.replace("{}", url))
        for part in (".dbf", ".shx") if name.endswith(".shp") else ():
            (folder / name).with_suffix(part).write_text("x")
        swap(folder, '"kabupaten.geojson"', f'"{name}"')

    return lay


def path_given(old: str, new: str) -> Way:
    return lambda folder, url: swap(folder, f'"{old}"', f'"{new.replace("{}", url)}"')


def swap(folder: Path, old: str, new: str) -> None:
    path = folder / FILE_NAME
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def tile_index(folder: Path, url: str) -> None:
    import geopandas as gpd
    from shapely.geometry import box

    place = box(115.0, -3.5, 116.0, -2.5)
    columns = {"location": [f"/vsicurl/{url}/a.tif"]}
    gpd.GeoDataFrame(columns, geometry=[place], crs="EPSG:4326").to_file(
        folder / "dem.gti.gpkg", engine="pyogrio"
    )
    swap(folder, '"dem.tif"', '"dem.gti.gpkg"')


def zip_of(name: str, inner: str, body: str) -> Way:
    def lay(folder: Path, url: str) -> None:
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr(inner, body.replace("{}", url))
        old = "dem.tif" if inner.endswith(".vrt") else "kabupaten.geojson"
        swap(folder, f'"{old}"', f'"{name}"')

    return lay


def overview_by_name(folder: Path, url: str) -> None:
    with rasterio.open(folder / "dem.tif", "r+") as dem:
        dem.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=f"/vsicurl/{url}/a.ovr")


REMOTE = SOURCE.format("/vsicurl/{}/a.tif")
WAYS: dict[str, Way] = {
    "VRT": elevation("a.vrt", BAND.format("", REMOTE)),
    "VRT after 600 spaces": elevation("a.vrt", " " * 600 + BAND.format("", REMOTE)),
    "VRT after 600 spaces as TIFF": elevation("a.tif", " " * 600 + BAND.format("", REMOTE)),
    "VRT after 2000 spaces": elevation("a.vrt", " " * 2000 + BAND.format("", REMOTE)),
    "VRT after a comment": elevation("a.vrt", f"<!--{'x' * 600}-->" + BAND.format("", REMOTE)),
    "VRT after zero bytes": elevation("a.hgt", "\0" * 20 + BAND.format("", REMOTE)),
    "VRT after the mark of a TIFF": elevation("a.tif", "II*\0" + BAND.format("", REMOTE)),
    "VRT as HGT": elevation("S03E115.hgt", "x" * 500 + BAND.format("", REMOTE)),
    "VRT of a WMS": elevation("a.vrt", BAND.format("", SOURCE.format("WMS:{}/?"))),
    "VRT with a link to an overview": elevation(
        "a.vrt",
        BAND.format("", "").replace(
            "<VRTRasterBand",
            '<Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">/vsicurl/{}/a.ovr</MDI>'
            "</Metadata><VRTRasterBand",
        ),
    ),
    "raster tile index": tile_index,
    "raster tile index as XML": elevation(
        "a.tif",
        "<GDALTileIndexDataset><IndexDataset>/vsicurl/{}/a.gpkg</IndexDataset>"
        "</GDALTileIndexDataset>",
    ),
    "OziExplorer map": elevation("a.map", OZI),
    "OziExplorer map as TIFF": elevation("a.tif", OZI),
    "WMS": elevation("a.tif", WMS),
    "WMS after spaces": elevation("a.xml", " " * 600 + WMS),
    "WCS": elevation("a.tif", WCS),
    "WMTS": elevation(
        "a.tif", "<GDAL_WMTS><GetCapabilitiesUrl>{}</GetCapabilitiesUrl></GDAL_WMTS>"
    ),
    "STAC": elevation("a.tif", '{"stac_version": "1.0.0", "assets": {"a": {"href": "{}/a.tif"}}}'),
    "VRT as overviews": beside_elevation(".ovr", BAND.format("", REMOTE)),
    "padded VRT as overviews": beside_elevation(".ovr", " " * 600 + BAND.format("", REMOTE)),
    "WMS as overviews": beside_elevation(".ovr", WMS),
    "VRT as mask": beside_elevation(".msk", BAND.format("", REMOTE)),
    "link to overviews beside it": beside_elevation(
        ".aux.xml",
        '<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">/vsicurl/{}/a.ovr'
        "</MDI></Metadata></PAMDataset>",
    ),
    "link to overviews inside": overview_by_name,
    "VRT in a ZIP": zip_of("a.zip", "a.vrt", BAND.format("", REMOTE)),
    "address of a raster": path_given("dem.tif", "{}/dem.tif"),
    "network file system": path_given("dem.tif", "/vsicurl/{}/dem.tif"),
    "streamed network file system": path_given("dem.tif", "/vsicurl_streaming/{}/dem.tif"),
    "cloud file system": path_given("dem.tif", "/vsis3/bucket/dem.tif"),
    "address of a layer": path_given("kabupaten.geojson", "{}/a.geojson"),
    "layer on a network file system": path_given("kabupaten.geojson", "/vsicurl/{}/a.geojson"),
    **{
        f"{name} as {ending}": boundaries(f"a{ending}", body)
        for name, body in {
            "WFS": WFS,
            "padded WFS": " " * 600 + WFS,
            "layer VRT": OGR_VRT,
            "padded layer VRT": " " * 600 + OGR_VRT,
        }.items()
        for ending in (".geojson", ".json", ".gml", ".xml", ".kml", ".gpkg", ".fgb", ".tab", ".shp")
    },
    "schema of a GML": boundaries("a.gml", GML),
    "GeoJSON with links": boundaries("a.geojson", LINKED),
    "KML with a network link": boundaries("a.kml", KML),
    "KMZ with a network link": zip_of("a.kmz", "doc.kml", KML),
    "layer VRT in a ZIP": zip_of("a.zip", "a.shp", OGR_VRT),
    "ESRI service": boundaries("a.json", '{"displayFieldName": "a", "geometryType": "{}"}'),
}


class Listener:
    """A server on this machine that counts connections and answers none."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    for path in TINY.iterdir():
        if path.suffix in DATA_OF_TINY or path.name == FILE_NAME:
            shutil.copy(path, folder)
    return folder


def test_the_listener_counts(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", int(listener.url.rpartition(":")[2]))) as there:
        there.settimeout(5)
        assert there.recv(1) == b""
    assert listener.connections == 1


@pytest.mark.parametrize("name", WAYS)
def test_no_input_opens_a_connection(
    name: str, tiny: Path, listener: Listener, cli: CommandLine
) -> None:
    WAYS[name](tiny, listener.url)
    status, out, err = cli("rank", "--project", tiny)
    assert listener.connections == 0
    assert (status, out) == (1, b""), err
    assert err.count("\n") == 1, err
    assert err.startswith("kalsel-gap: error: ")


@pytest.mark.parametrize("pad", [0, 600])
def test_a_raw_band_reads_no_other_file(tiny: Path, cli: CommandLine, pad: int) -> None:
    (tiny / "secret").write_bytes(np.arange(1600, dtype="<f4").tobytes())
    band = BAND.format(' subClass="VRTRawRasterBand"', RAW.format(tiny / "secret"))
    (tiny / "a.vrt").write_text(" " * pad + band)
    swap(tiny, '"dem.tif"', '"a.vrt"')
    status, _, err = cli("rank", "--project", tiny)
    assert status == 1
    assert "a.vrt" in err
    assert not (tiny / "runs").exists()


def test_only_the_listed_formats_are_left() -> None:
    assert set(READ_RASTERS) <= close_rasters()
    assert set(READ_VECTORS) <= close_vectors()
    left = close_rasters() | close_vectors()
    for name in ("WMS", "WCS", "WFS", "HTTP", "GTI", "MAP", "STACTA", "OGR_VRT", "GML", "CSW"):
        assert name not in left
    assert len(left) < 20


def test_network_file_systems_are_disabled_in_gdal_itself(listener: Listener) -> None:
    import pyogrio

    close_vectors()
    for scheme in ("/vsicurl/", "/vsicurl_streaming/"):
        for open_ in (rasterio.open, pyogrio.read_info):
            with pytest.raises((rasterio.errors.RasterioIOError, pyogrio.errors.DataSourceError)):
                open_(f"{scheme}{listener.url}/a.tif")
    assert listener.connections == 0
    assert OPTIONS["PROJ_NETWORK"] == "OFF"


# --- parts of a raster ---------------------------------------------------------------------------


def written(path: Path, cells: int = 8) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=cells,
        height=cells,
        count=1,
        dtype="int16",
        crs="EPSG:4326",
        transform=Affine(0.001, 0, 115.3, 0, -0.001, -2.9),
    ) as sink:
        sink.write(np.ones((cells, cells), dtype="int16"), 1)
    return path


def test_external_overviews_are_inputs(tiny: Path, cli: CommandLine) -> None:
    with (
        rasterio.Env(TIFF_USE_OVR=True),
        rasterio.open(tiny / "dem.tif", "r+") as dem,
    ):
        dem.build_overviews([2])
    assert (tiny / "dem.tif.ovr").is_file()
    assert cli("rank", "--project", tiny)[0] == 0
    (manifest,) = (tiny / "runs").glob("*/run.json")
    assert "dem.tif.ovr" in manifest.read_text(encoding="utf-8")


def test_overviews_under_another_name_are_refused(tmp_path: Path) -> None:
    path, other = written(tmp_path / "a.tif"), written(tmp_path / "b.tif", 4)
    with rasterio.open(path, "r+") as raster:
        raster.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(other))
    with pytest.raises(InputError) as caught:
        open_raster(path)
    assert caught.value.code == "raster_beside"


def test_a_block_that_fills_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.tif", 64)
    block_bytes = 2 * 64 * 64
    monkeypatch.setattr(gdal, "MOST_BLOCK_BYTES", block_bytes)
    open_raster(path).close()
    monkeypatch.setattr(gdal, "MOST_BLOCK_BYTES", block_bytes - 1)
    with pytest.raises(InputError) as caught:
        open_raster(path)
    assert (caught.value.code, caught.value.path) == ("raster_block_too_large", path)


def test_all_bands_of_a_pixel_are_unpacked_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = {"driver": "GTiff", "width": 64, "height": 64, "count": 3, "dtype": "int16"}
    for interleave, bands in (("band", 1), ("pixel", 2 * 3)):
        path = tmp_path / f"{interleave}.tif"
        with rasterio.open(path, "w", interleave=interleave, **profile, **UTM) as sink:
            sink.write(np.ones((3, 64, 64), dtype="int16"))
        with rasterio.open(path) as raster:
            rows, columns = raster.block_shapes[0]
        monkeypatch.setattr(gdal, "MOST_BLOCK_BYTES", 2 * rows * columns * bands)
        open_raster(path).close()
        monkeypatch.setattr(gdal, "MOST_BLOCK_BYTES", 2 * rows * columns * bands - 1)
        with pytest.raises(InputError, match="raster_block_too_large"):
            open_raster(path)


@pytest.mark.parametrize("body", [b"BM" + bytes(200), b"\x89PNG\r\n\x1a\n", b"", b"\0" * 2000])
def test_other_formats_are_refused_by_content(tiny: Path, cli: CommandLine, body: bytes) -> None:
    (tiny / "dem.tif").write_bytes(body)
    status, _, err = cli("rank", "--project", tiny)
    assert status == 1
    assert err.count("\n") == 1
    assert "dem.tif" in err


# --- views ---------------------------------------------------------------------------------------


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS fid FROM c"


def geopackage(folder: Path, view: str) -> None:
    import geopandas as gpd

    path = folder / "a.gpkg"
    gpd.read_file(folder / "kabupaten.geojson").to_file(path, engine="pyogrio", layer="a")
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"CREATE VIEW v AS {view}")
        file.commit()
    swap(folder, '"kabupaten.geojson"', '"a.gpkg"')


@pytest.mark.parametrize("view", [ENDLESS, f"{ENDLESS} WHERE x < 0", "SELECT no_such(1) AS fid"])
def test_a_view_without_end_is_a_message(tiny: Path, cli: CommandLine, view: str) -> None:
    geopackage(tiny, view)
    status, _, err = cli("rank", "--project", tiny)
    assert status == 1
    assert re.search(r"a\.gpkg: .*view “v”", err), err


def test_a_plain_view_does_no_harm(tiny: Path, cli: CommandLine) -> None:
    geopackage(tiny, "SELECT fid FROM a")
    assert cli("rank", "--project", tiny)[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names")
def test_a_pipe_for_the_latest_run_is_a_message(ranked: Path, cli: CommandLine) -> None:
    (ranked / "runs" / "latest").unlink()
    os.mkfifo(ranked / "runs" / "latest")
    for command in (("export", "csv"), ("rank",)):
        status, _, err = cli(*command, "--project", ranked)
        assert status == 1
        assert "latest" in err


def test_no_message_of_gdal_that_is_cut_amid_a_character_is_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "a.tif")
    rectangle = 'xOff="0" yOff="0" xSize="4"'
    (tmp_path / "a.vrt").write_text(
        '<VRTDataset rasterXSize="4" rasterYSize="4">\n<VRTRasterBand dataType="Int16" band="1">'
        '<SimpleSource><SourceFilename relativeToVRT="1">a.tif</SourceFilename>\n'
        f'<SourceBand>1</SourceBand><SrcRect {rectangle} é="4"/><DstRect {rectangle} ySize="4"/>\n'
        "</SimpleSource></VRTRasterBand></VRTDataset>\n",
        encoding="utf-8",
    )
    with pytest.raises((InputError, rasterio.errors.RasterioError, UnicodeError)):
        open_raster(tmp_path / "a.vrt")
    assert capfd.readouterr() == ("", "")
