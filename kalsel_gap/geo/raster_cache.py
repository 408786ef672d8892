"""Layers of a raster piece by piece, kept in the cache until they are put together.

Each piece is a GeoTIFF that is there whole or not at all, in a folder named by the hash of all that
the layer depends on: an interrupted run goes on where it stopped, and what only a threshold changes
is made from what was measured before. Folders not used for longest go when all of them together
grow too large, but never those in use.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from kalsel_gap.errors import InputError, OutputError
from kalsel_gap.geo.cog import qml, write_cog
from kalsel_gap.geo.grid import windows
from kalsel_gap.storage.atomic import replace_file

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.geo.cog import LayerStyle
    from kalsel_gap.geo.grid import Grid

# Size of all folders beyond which those of earlier runs are removed.
LIMIT_BYTES = 2 * 2**30
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class CachedLayer:
    """One layer of a raster.

    Attributes
    ----------
    folder : Path
        Of its files.
    grid : Grid
        Of the whole raster.
    look : Look
        What it holds.
    """

    folder: Path
    grid: Grid
    look: LayerStyle

    def path(self, window: Window) -> Path:
        """File of a piece."""
        return self.folder / f"{int(window.row_off)}-{int(window.col_off)}.tif"

    def files(self) -> list[tuple[Window, Path]]:
        """Every piece, whether it is there or not."""
        return [(window, self.path(window)) for window in windows(self.grid)]

    def has(self, window: Window) -> bool:
        """Whether a piece is there."""
        return self.path(window).is_file()

    def are_complete(self) -> bool:
        """Whether every piece is there."""
        return all(path.is_file() for _, path in self.files())

    def write(self, window: Window, cells: NDArray[Any]) -> None:
        """Keep a piece: NaN, or a negative class, is no data.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        with replace_file(self.path(window)) as temporary:
            encode(temporary, self.grid, self.look, window, cells, level=1)

    def read(self, window: Window) -> NDArray[Any]:
        """A piece as it was given: float32 with NaN, or signed integers with -1.

        Raises
        ------
        InputError
            It cannot be read; it is removed, so that it is made again.
        """
        path = self.path(window)
        try:
            with rasterio.open(path) as source:
                cells: NDArray[Any] = source.read(1)
        except RasterioError as error:
            path.unlink(missing_ok=True)
            reason = str(error.__cause__ or error)[:200]
            raise InputError("piece_broken", path=path, reason=reason) from None
        if self.look.dtype == "float32":
            cells[cells == self.look.nodata] = np.nan
            return cells
        wide: NDArray[Any] = cells.astype(np.promote_types(cells.dtype, np.int16))
        wide[cells == self.look.nodata] = -1
        return wide

    def publish(self, path: Path, look: LayerStyle, tags: dict[str, str]) -> None:
        """Put the pieces together as a Cloud Optimized GeoTIFF, its style for QGIS beside it.

        Parameters
        ----------
        path : Path
            File to write, ending in ``.tif``; one that is there is replaced once this is whole.
        look : Look
            In the words of the reader.
        tags : dict of str
            Metadata of the file.

        Raises
        ------
        OutputError
            It cannot be written.
        InputError
            A piece cannot be read; see `read`.
        """
        with replace_file(path) as temporary:
            try:
                write_cog(
                    *(self.files(), self.grid, temporary, look),
                    tags=tags,
                    listed=self.folder / "pieces.vrt",
                )
            except (RasterioError, CPLE_BaseError) as error:
                for window in windows(self.grid):
                    self.read(window)  # a broken one is told apart from a disk that is full
                reason = str(error.__cause__ or error)[:200]
                raise OutputError("not_written", path=path, reason=reason) from None
        with replace_file(path.with_suffix(".qml")) as temporary:
            temporary.write_text(qml(look), encoding="utf-8", newline="\n")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What making rasters would take.

    Attributes
    ----------
    layers : DataFrame
        One row for each file, with ``layer file unit cells bytes`` at least.
    seconds : float
        All of the work that is left.
    cache_bytes : int
        Of pieces that would be kept.
    free_bytes : int
        Where the files would be written.
    """

    layers: pd.DataFrame
    seconds: float
    cache_bytes: int
    free_bytes: int


def encoded_bytes(
    grid: Grid, look: LayerStyle, window: Window, cells: NDArray[Any], *, level: int
) -> int:
    """Bytes of a piece as a file; see `encode`."""
    with MemoryFile() as memory:
        encode(memory.name, grid, look, window, cells, level=level)
        return len(memory.getbuffer())


def free_bytes(folder: Path) -> int:
    """Bytes free where a folder is, or would be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def encode(
    path: Path | str,
    grid: Grid,
    look: LayerStyle,
    window: Window,
    cells: NDArray[Any],
    *,
    level: int,
) -> None:
    """Write a piece of a grid as GeoTIFF; NaN, or a negative class, is no data."""
    part = grid.part(
        int(window.row_off), int(window.col_off), int(window.height), int(window.width)
    )
    absent = np.isnan(cells) if cells.dtype.kind == "f" else cells < 0
    stored = np.where(absent, look.nodata, cells).astype(look.dtype)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=part.height,
        width=part.width,
        count=1,
        dtype=look.dtype,
        nodata=look.nodata,
        crs=CRS.from_wkt(grid.crs.to_wkt()),
        transform=part.transform,
        compress="deflate",
        zlevel=level,
        predictor=3 if look.dtype == "float32" else 2,
        tiled=True,
        blockxsize=_BLOCK,
        blockysize=_BLOCK,
        num_threads=os.cpu_count() or 1,
        bigtiff="if_safer",
    ) as sink:
        sink.write(stored, 1)


def bound(root: Path, used: Collection[Path], limit_bytes: int = LIMIT_BYTES) -> None:
    """Mark folders as used now, and remove others while all together are too large."""
    entries = []
    with contextlib.suppress(OSError):
        for folder in root.iterdir():
            if folder in used:
                os.utime(folder)
            size = sum(file.stat().st_size for file in folder.iterdir())
            entries.append((folder.stat().st_mtime_ns, folder.name, size, folder))
    total = sum(size for _, _, size, _ in entries)
    for _, _, size, folder in sorted(entries):
        if total <= limit_bytes:
            return
        if folder not in used:
            shutil.rmtree(folder, ignore_errors=True)
            total -= size
