"""The one door to GDAL: formats allowed by name, no network, no file that is not an input.

GDAL opens whatever a file turns out to be, and many of its formats name other files and addresses.
rasterio and pyogrio each bring a GDAL of their own; importing this module removes from both, for
the whole process, every format that is not listed here, and disables their network file systems.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio import _env
from rasterio.enums import Interleaving
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from kalsel_gap.errors import InputError
from kalsel_gap.geo.raster_files import HEAD_BYTES, PAGES, TEXT, TILES, beside, is_vrt, sources

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from rasterio.io import DatasetReader

# What is read: each of these formats holds its cells itself, in one file or beside it.
READ_RASTERS = ("VRT", "GTiff", "SRTMHGT", "AAIGrid", "EHdr", "DTED")
# What is written, and what rasterio needs for its own work.
_WRITTEN_RASTERS = ("COG", "PNG", "WEBP", "MEM", "Memory")
# No GML (its schema may lie anywhere) and no MapInfo (a table may name other tables).
READ_VECTORS = ("GPKG", "ESRI Shapefile", "GeoJSON", "KML", "LIBKML", "FlatGeobuf")
_WRITTEN_VECTORS = ("MEM", "Memory")

# GDAL and PROJ read them from the environment, in every thread and in both libraries.
OPTIONS = {
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",  # of all file systems of the network
    "CPL_AWS_AUTODETECT_EC2": "NO",
    "GDAL_DRIVER_PATH": "disable",  # no plug-in
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",  # since GDAL 3.12
    "LIBKML_EXTERNAL_STYLE": "NO",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "PROJ_NETWORK": "OFF",
}
MOST_BLOCK_BYTES = 2**28
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# What offices hand over in place of a raster, by how it begins.
_PICTURES = (
    *((b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"%PDF", "PDF"), (b"GIF8", "GIF")),
    *((b"BM", "BMP"), (b"\xd0\xcf\x11\xe0", "Office"), (b"{\\rtf", "RTF")),
)
_PACKED = (
    *((b"PK\x03\x04", "ZIP"), (b"Rar!", "RAR"), (b"7z\xbc\xaf", "7z"), (b"\x1f\x8b", "gzip")),
    (b"BZh", "bzip2"),
)
_DTED = (b"UHL1", b"VOL1", b"HDR1")
_ASCII_GRID = (b"ncols", b"nrows")
_BINARY = {".hgt": "SRTMHGT", ".bil": "EHdr", ".flt": "EHdr"}


def open_raster(path: Path) -> DatasetReader:
    """Open a raster whose every byte comes from a file that is an input.

    Parameters
    ----------
    path : Path
        A file; of a VRT every source must be a file on this machine, too.

    Raises
    ------
    InputError
        `raster_picture`, `raster_packed` and `raster_is_text` for what is no raster,
        `raster_format` for a format that is not read, `raster_unreadable` for a file that is not
        what its ending says, `raster_indirect` and `raster_source` as
        `raster_files.sources`, `raster_beside` where GDAL would read a file that is no input,
        `raster_block_too_large` where it would unpack more than `MOST_BLOCK_BYTES` for one cell.
    rasterio.errors.RasterioIOError
        GDAL cannot read it.
    """
    if not path.is_file():
        raise InputError("raster_unreadable", path=path, reason=os.strerror(2))
    _refuse_no_raster(path)
    files = [path, *sources(path)]
    parts = [part for file in files for _, part in beside(file)]
    for file in files:
        if driver_of(file) is None:
            ending = file.suffix.lower()
            if ending not in TILES:
                raise InputError("raster_format", path=file)
            raise InputError("raster_unreadable", path=file, reason=f"no {ending[1:].upper()}")
    for part in parts:
        _refuse_indirect(part)
    dataset = rasterio.open(path, driver=driver_of(path))
    known = {_absolute(file) for file in (*files, *parts)}
    overviews = [dataset.tags(ns="OVERVIEWS").get("OVERVIEW_FILE")]
    for name in (*dataset.files, *filter(None, overviews)):
        if _absolute(name) not in known:
            dataset.close()
            raise InputError("raster_beside", path=path, source=str(name))
    size = max(_block_bytes(dataset), *map(_block_bytes_of, parts), 0)
    if size > MOST_BLOCK_BYTES:
        dataset.close()
        raise InputError("raster_block_too_large", path=path, size=size // 2**20)
    return dataset


def _block_bytes_of(part: Path) -> int:
    """As :func:`_block_bytes`, of overviews and masks beside a raster; 0 of any other file."""
    if part.suffix.lower() not in {".ovr", ".msk"}:
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with contextlib.suppress(RasterioError), rasterio.open(part, driver="GTiff") as dataset:
            return _block_bytes(dataset)
    return 0


def _block_bytes(dataset: DatasetReader) -> int:
    """What GDAL unpacks for a single cell: the largest block.

    Where all bands lie in one block, it holds that and a block of each band besides.
    """
    together = dataset.interleaving is Interleaving.pixel and dataset.count > 1
    bands = 2 * dataset.count if together else 1
    sizes = {
        rows * columns * np.dtype(kind.replace("complex_", "")).itemsize
        for (rows, columns), kind in zip(dataset.block_shapes, dataset.dtypes, strict=True)
    }
    return bands * max(sizes, default=0)


def driver_of(path: Path) -> str | None:
    """The format of a raster by its content, and by its ending where the content has no mark.

    Returns
    -------
    str or None
        One of `READ_RASTERS`; None for any other file.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return None
    if is_vrt(head) or head.startswith(_TIFF):
        return "VRT" if is_vrt(head) else "GTiff"  # in GDAL's order
    kind = path.suffix.lower()
    if kind in {".dt0", ".dt1", ".dt2"}:
        return "DTED" if head.startswith(_DTED) else None
    if kind == ".asc":
        return "AAIGrid" if head.lstrip().lower().startswith(_ASCII_GRID) else None
    return None if head.lstrip(TEXT).startswith((b"<", b"{")) else _BINARY.get(kind)


def _refuse_no_raster(path: Path) -> None:
    """Raise an error that names what a file is, where offices hand it over as a raster."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return  # opening it raises the error
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        raise InputError("raster_picture", path=path, value="WebP")
    for start, name in _PICTURES:
        if head.startswith(start):
            raise InputError("raster_picture", path=path, value=name)
    for start, name in _PACKED:
        if head.startswith(start):
            office = b"[Content_Types].xml" in head or b"mimetypeapplication/" in head
            code, value = ("raster_picture", "Office") if office else ("raster_packed", name)
            raise InputError(code, path=path, value=value)
    text = head.lstrip(TEXT).lower()
    if text.startswith((*PAGES, b"version https://git-lfs")):
        raise InputError("raster_is_text", path=path)


def _refuse_indirect(part: Path) -> None:
    """Raise an error where a file beside a raster may name another file."""
    try:
        with part.open("rb") as file:
            head = file.read(HEAD_BYTES)
            if part.suffix.lower() in {".ovr", ".msk"}:
                indirect = not head.startswith(_TIFF) or is_vrt(head)
            else:
                indirect = b"overview_file" in (head + file.read()).lower()
    except OSError as error:
        raise InputError("file_unreadable", path=part, reason=error.strerror or "") from None
    if indirect:
        raise InputError("raster_indirect", path=part)


def _absolute(name: Path | str) -> str:
    return os.path.normcase(os.path.abspath(name))  # noqa: PTH100 - without ..; links stay


def close_rasters() -> frozenset[str]:
    """Remove from rasterio's GDAL the formats that are not allowed; those that are left."""
    os.environ.update(OPTIONS)
    allowed = {*READ_RASTERS, *_WRITTEN_RASTERS}
    with rasterio.Env() as env:
        there = set(env.drivers())
    if refused := there - allowed:
        # GDAL removes formats only while it registers them.
        _env.set_gdal_config("GDAL_SKIP", ",".join(sorted(refused)))
        _env._have_registered_drivers = False  # noqa: SLF001 - there is no other way
        with rasterio.Env() as env:
            there = set(env.drivers())
        _env.del_gdal_config("GDAL_SKIP")
    return frozenset(there)


@cache
def close_vectors() -> frozenset[str]:
    """Remove from pyogrio's GDAL the formats that are not allowed; those that are left."""
    import pyogrio
    from pyogrio import _ogr

    allowed = {*READ_VECTORS, *_WRITTEN_VECTORS}
    if refused := set(pyogrio.list_drivers()) - allowed:
        pyogrio.set_gdal_config_options({"GDAL_SKIP": ",".join(sorted(refused))})
        _ogr._register_drivers()  # noqa: SLF001 - as above
        pyogrio.set_gdal_config_options({"GDAL_SKIP": None})
    return frozenset(pyogrio.list_drivers())


def _keep_silent() -> None:
    """Keep off the terminal that GDAL quotes a file in a message, cut amid a character.

    rasterio cannot decode such a message, and shows this by both hooks: what it raises was raised
    nowhere in Python. The error of the file is raised all the same.
    """
    shown, ended = sys.unraisablehook, sys.excepthook

    def unraisable(ignored: sys.UnraisableHookArgs, /) -> None:
        if ignored.object != "rasterio._env.log_error":
            shown(ignored)

    def uncaught(
        kind: type[BaseException], error: BaseException, raised_in: TracebackType | None, /
    ) -> None:
        if kind is not UnicodeDecodeError or raised_in is not None:
            ended(kind, error, raised_in)

    sys.unraisablehook, sys.excepthook = unraisable, uncaught


close_rasters()
_keep_silent()
