"""Which files a raster is made of: one file, a list, a folder of tiles, or a VRT and its sources.

No raster is opened here. A VRT is XML that points to other files; it is followed only where every
one of them is a file on this machine, so that a run can be traced to the bytes it read and no
input reaches for the network.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from xml.etree import ElementTree as ET

from kalsel_gap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Endings of files that a folder of tiles is searched for. No VRT: its tiles lie beside it.
TILES = frozenset(
    (
        *(".asc", ".bil", ".dt0", ".dt1", ".dt2", ".flt"),
        *(".hgt", ".tif", ".tiff"),
    )
)

# Rasters that providers put beside each tile of heights: masks, counts, errors, quality, water
# (Copernicus, AW3D30, NASADEM, ASTER, TanDEM-X, WorldCover), and pictures made of the tile.
_COMPANIONS = frozenset(
    (
        *("msk", "mask", "num", "stk", "lst", "qai", "hem", "edm", "flm", "wbm", "swb", "err"),
        *("acm", "ql", "quicklook", "preview", "thumb", "thumbnail", "browse", "rgb", "rgba"),
        *("hillshade", "shade", "shaded", "slope", "aspect", "roughness", "inputquality"),
    )
)
# Short words that only TanDEM-X means so.
_OF_TANDEM = frozenset(("amp", "am2", "cov", "com", "lsm", "wam", "ipm"))
_WORDS = re.compile(r"[a-z]+[0-9]*|[0-9]+")

# Endings of rasters, and of archives of them, that a folder is not searched for.
_UNREAD = frozenset(
    (
        *(".img", ".jp2", ".nc", ".hdf", ".h5", ".he5", ".grd", ".xyz", ".ecw", ".sid", ".mbtiles"),
        *(".zip", ".gz", ".tar", ".tgz", ".rar", ".7z", ".num", ".swb", ".err"),
        *(".png", ".jpg", ".jpeg", ".pdf", ".gif", ".bmp", ".webp"),
    )
)
_DEEPEST_FOLDER = 3  # providers pack each tile into folders of its own

# Files beside a raster from which GDAL takes its place, CRS, mask, overviews, unit or no data.
_PARTS = (".tfw", ".wld", ".prj", ".hdr", ".stx", ".clr", ".tab")
_ENDINGS = (".aux.xml", ".msk", ".ovr", ".msk.ovr", ".ovr.msk", ".msk.aux.xml", ".ovr.aux.xml")

# What may stand before the first character of text, besides zero bytes.
TEXT = b"\xef\xbb\xbf \t\r\n\0\v\f"
PAGES = (b"<!doctype html", b"<html")  # what a server sends in place of a file
HEAD_BYTES = 1024  # of which GDAL recognizes a format

# A VRT in a VRT in a VRT: deeper nesting means that they refer to each other.
DEEPEST = 8

# Elements of a plain mosaic, in lower case because GDAL ignores case. Anything else in a VRT
# (warping, formulas, options of drivers) is not needed here, and some of it runs code.
_PLAIN = frozenset(
    (
        *("vrtdataset", "srs", "geotransform", "metadata", "mdi", "overviewlist", "maskband"),
        *("blockxsize", "blockysize", "vrtrasterband", "description", "unittype", "offset"),
        *("scale", "nodatavalue", "hidenodatavalue", "colorinterp", "colortable", "entry"),
        *("categorynames", "category", "histograms", "histitem", "histmin", "histmax"),
        *("bucketcount", "includeoutofrange", "approximate", "histcounts", "simplesource"),
        *("complexsource", "averagedsource", "sourcefilename", "sourceband", "srcrect", "dstrect"),
        *("sourceproperties", "nodata", "usemaskband", "scaleoffset", "scaleratio"),
    )
)


@dataclass(frozen=True, slots=True)
class TileSet:
    """Files that together are one raster.

    Attributes
    ----------
    files : tuple of Path
        Where several have data for a cell, the first of them is used.
    nodata : float or None
        A value of the files' cells that stands for no data, beside the ones the files declare.
    possible : tuple of float or None
        Least and largest value that is possible; any other is no data, declared or not.
    passed_over : tuple of Path
        Files of a folder that are not among `files`: companions of the tiles, other formats.
    is_searched : bool
        Whether a folder was searched for `files`, rather than each being named.
    """

    files: tuple[Path, ...]
    nodata: float | None = None
    possible: tuple[float, float] | None = None
    passed_over: tuple[Path, ...] = ()
    is_searched: bool = False


RasterPath: TypeAlias = Path | Sequence[Path] | TileSet


def tiles_of(path: RasterPath) -> TileSet:
    """The files that a path stands for.

    Parameters
    ----------
    path : Path, sequence of Path, or TileSet
        A file is itself; of a folder the rasters in it, by name, without those that are companions
        of others; where it holds only folders, the rasters in these. A list is taken in its order.

    Returns
    -------
    TileSet
        A folder without rasters is returned unchanged: opening it raises the error.
    """
    if isinstance(path, TileSet):
        return path
    given = (path,) if isinstance(path, Path) else tuple(path)
    found = [_within(each) for each in given]
    return TileSet(
        tuple(file for files, _ in found for file in files),
        passed_over=tuple(file for _, others in found for file in others),
        is_searched=any(each.is_dir() for each in given),
    )


def sources(path: Path) -> tuple[Path, ...]:
    """Every source file of a VRT, including the sources of VRTs among them.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    tuple of Path
        In the order in which they are named, each once; empty for a file that is no VRT.

    Raises
    ------
    InputError
        `raster_indirect` where the file points elsewhere and is no plain mosaic,
        `raster_source` where one of its files is none on this machine.
    """
    return tuple(dict.fromkeys(_followed(path, DEEPEST)))


def beside(raster: Path) -> Iterator[tuple[str, Path]]:
    """Files that belong to a raster, by their endings.

    Parameters
    ----------
    raster : Path
        A file.

    Yields
    ------
    ending : str
    file : Path
    """
    if not raster.name:  # the root of a disk
        return
    world = f".{raster.suffix[1:2]}{raster.suffix[-1:]}w"
    for part in dict.fromkeys((*_PARTS, world)):
        for spelled in dict.fromkeys((part, part.upper())):
            if spelled != raster.suffix and _is_file(file := raster.with_suffix(spelled)):
                yield spelled, file
    for part in _ENDINGS:
        for spelled in (part, part.upper()):
            if _is_file(file := raster.with_name(raster.name + spelled)):
                yield spelled, file


def _is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have is none."""
    return os.path.isfile(path)  # noqa: PTH113 - pathlib raises an error where a name is too long


def is_vrt(head: bytes) -> bool:
    """Whether GDAL takes a file for a VRT, from its first bytes: the mark may stand anywhere."""
    return b"<vrtdataset" in head.lower()


def _within(path: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The rasters that a path stands for, and the files of a folder that are none of them."""
    if not path.is_dir() or path == path.parent:  # the root of a disk is no folder of tiles
        return (path,), ()
    tiles, others = _searched(path, _DEEPEST_FOLDER)
    own = [file for file in tiles if not is_companion(file)]
    if own:
        others += [file for file in tiles if is_companion(file)]
        tiles = own
    return tuple(tiles) or (path,), tuple(sorted(others))


def is_companion(file: Path) -> bool:
    """Whether the name of a raster says that it accompanies a tile of heights and holds none.

    Examples
    --------
    >>> is_companion(Path("ALPSMLC30_S004E114_MSK.tif")), is_companion(Path("S04E114.hgt"))
    (True, False)
    """
    words = [word for word in _WORDS.findall(file.stem.lower()) if not word.isdigit()]
    if not words:
        return False
    named = _COMPANIONS | _OF_TANDEM if words[0] == "tdm1" else _COMPANIONS
    return bool({words[0], words[-1]} & named)


def _searched(folder: Path, depth: int) -> tuple[list[Path], list[Path]]:
    """Rasters of a folder by name, otherwise those of its folders; and other files of that kind."""
    inside = sorted(folder.iterdir(), key=lambda file: file.name)
    files = [file for file in inside if file.is_file()]
    tiles = [file for file in files if file.suffix.lower() in TILES]
    others = [file for file in files if file.suffix.lower() in _UNREAD]
    if tiles or depth == 0:
        return tiles, others
    for each in inside:
        if each.is_dir() and not each.is_symlink() and not each.name.startswith("."):
            found, besides = _searched(each, depth - 1)
            tiles += found
            others += besides
    return tiles, others


def _followed(path: Path, depth: int) -> Iterator[Path]:
    """Sources of a file and theirs."""
    if not _points_elsewhere(path):
        return
    if depth == 0:
        raise InputError("raster_indirect", path=path)
    for source in _named_in(path):
        yield source
        yield from _followed(source, depth - 1)


def _points_elsewhere(path: Path) -> bool:
    """Whether a file is text that describes another raster: XML (VRT, WMS) or JSON (STAC)."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return False  # opening it raises the error
    text = head.lstrip(TEXT)
    is_page = text[:14].lower().startswith(PAGES)
    return is_vrt(head) or (text.startswith((b"<", b"{")) and not is_page)


def _named_in(path: Path) -> Iterator[Path]:
    """The files that a plain VRT names."""
    try:
        text = path.read_bytes()
        if b"<!" in text.replace(b"<!--", b""):  # an entity may stand for anything
            raise InputError("raster_indirect", path=path)
        root = ET.fromstring(text)  # noqa: S314 - without entities
    except (OSError, ET.ParseError) as error:
        raise InputError("raster_indirect", path=path) from error
    if root.tag.lower() != "vrtdataset" or not all(map(_is_plain, root.iter())):
        raise InputError("raster_indirect", path=path)
    for element in root.iter():
        if element.tag.lower() == "sourcefilename":
            yield _source(path, element)


def _source(path: Path, element: ET.Element) -> Path:
    name = element.text or ""
    attributes = {key.lower(): value for key, value in element.items()}
    source = path.parent / name if attributes.get("relativetovrt") == "1" else Path(name)
    if name.startswith("/vsi") or not _is_file(source):
        raise InputError("raster_source", path=path, source=name)
    return source


def _is_plain(element: ET.Element) -> bool:
    """Whether an element belongs to a plain mosaic; GDAL reads attributes as child elements too."""
    attributes = {key.lower(): value for key, value in element.items()}
    elsewhere = "overview_file" in (attributes.get("key", "")).lower()
    plain_band = attributes.get("subclass", "VRTSourcedRasterBand") == "VRTSourcedRasterBand"
    has_file = element.tag.lower() == "sourcefilename"
    is_whole = not elsewhere and not (has_file and len(element))
    return element.tag.lower() in _PLAIN and plain_band and is_whole
