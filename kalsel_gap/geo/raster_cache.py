"""Layers of a raster window by window, kept in the cache until they are merged.

The cells of each window are a GeoTIFF, written completely or not at all, in a folder named by the
hash of everything that the layer depends on: an interrupted run continues where it stopped, and a
layer that only a threshold changes is made from cached measurements. The least recently used
folders are removed when all of them together are too large, but never those in use.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window

from kalsel_gap.errors import InputError, OutputError
from kalsel_gap.geo.cog import qml, write_cog
from kalsel_gap.geo.grid import windows
from kalsel_gap.storage.atomic import refuse_unwritable, replace_file, temporary_beside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.geo.cog import LayerStyle
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.storage.outputs import Outputs

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
    style : LayerStyle
        Contents and colours.
    """

    folder: Path
    grid: Grid
    style: LayerStyle

    def path(self, window: Window) -> Path:
        """File of a window."""
        return self.folder / f"{int(window.row_off)}-{int(window.col_off)}.tif"

    def files(self) -> list[tuple[Window, Path]]:
        """Every window and its file, whether it exists or not."""
        return [(window, self.path(window)) for window in windows(self.grid)]

    def has(self, window: Window) -> bool:
        """Whether the file of a window exists."""
        return self.path(window).is_file()

    def are_complete(self) -> bool:
        """Whether the files of all windows exist."""
        return all(path.is_file() for _, path in self.files())

    def write(self, window: Window, cells: NDArray[Any]) -> None:
        """Store the cells of a window: NaN, or a negative class, is no data.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        with replace_file(self.path(window)) as temporary:
            encode(temporary, self.grid, self.style, window, cells, level=1)

    def read(self, window: Window) -> NDArray[Any]:
        """The cells of a window as they were given: float32 with NaN, or signed integers with -1.

        Raises
        ------
        InputError
            The file cannot be read; it is removed, so that it is made again.
        """
        path = self.path(window)
        try:
            with rasterio.open(path, driver="GTiff") as source:
                cells: NDArray[Any] = source.read(1)
        except RasterioError as error:
            path.unlink(missing_ok=True)
            reason = str(error.__cause__ or error)[:200]
            raise InputError("piece_broken", path=path, reason=reason) from None
        if self.style.dtype == "float32":
            cells[cells == self.style.nodata] = np.nan
            return cells
        wide: NDArray[Any] = cells.astype(np.promote_types(cells.dtype, np.int16))
        wide[cells == self.style.nodata] = -1
        return wide

    def publish(
        self, outputs: Outputs, path: Path, style: LayerStyle, tags: dict[str, str]
    ) -> None:
        """Merge the windows into a Cloud Optimized GeoTIFF, with its style for QGIS beside it.

        Parameters
        ----------
        outputs : Outputs
            The guard of what is written.
        path : Path
            File to write, ending in ``.tif``; an existing one is replaced once this is complete.
        style : LayerStyle
            In the reader's language.
        tags : dict of str
            Metadata of the file.

        Raises
        ------
        OutputError
            It cannot be written.
        InputError
            The file of a window cannot be read; see `read`.
        """
        with outputs.replace(path) as temporary:
            try:
                write_cog(
                    *(self.files(), self.grid, temporary, style),
                    tags=tags,
                    listed=self.folder / "tiles.vrt",
                )
            except (RasterioError, CPLE_BaseError) as error:
                for window in windows(self.grid):
                    self.read(window)  # to distinguish a broken file from a full disk
                reason = str(error.__cause__ or error)[:200]
                raise OutputError("not_written", path=path, reason=reason) from None
        with outputs.replace(path.with_suffix(".qml")) as temporary:
            temporary.write_text(qml(style), encoding="utf-8", newline="\n")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Time and space that making rasters would need.

    Attributes
    ----------
    layers : DataFrame
        One row for each file, with ``layer file unit cells bytes`` at least.
    seconds : float
        All of the work that is left.
    cache_bytes : int
        Of the cache files that would be written.
    free_bytes : int
        Where the files would be written.
    """

    layers: pd.DataFrame
    seconds: float
    cache_bytes: int
    free_bytes: int


def encoded_bytes(
    grid: Grid, style: LayerStyle, window: Window, cells: NDArray[Any], *, level: int
) -> int:
    """Size of the file of a window; see `encode`."""
    with MemoryFile() as memory:
        encode(memory.name, grid, style, window, cells, level=level)
        return len(memory.getbuffer())


def time_writing(
    folder: Path, grid: Grid, style: LayerStyle, window: Window, cells: NDArray[Any]
) -> tuple[float, float]:
    """Seconds to store a window in a cache, and to make a file for GIS of it; both in `folder`."""
    kept = CachedLayer(folder, grid, style)
    height, width = int(window.height), int(window.width)
    part = grid.part(int(window.row_off), int(window.col_off), height, width)
    begun = time.perf_counter()
    kept.write(window, cells)
    stored = time.perf_counter()
    write_cog(
        *([(Window(0, 0, width, height), kept.path(window))], part, folder / "whole.tif", style),
        tags={},
        listed=folder / "whole.vrt",
    )
    return stored - begun, time.perf_counter() - stored


def free_bytes(folder: Path) -> int:
    """Bytes free where a folder is, or would be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def encode(
    path: Path | str,
    grid: Grid,
    style: LayerStyle,
    window: Window,
    cells: NDArray[Any],
    *,
    level: int,
) -> None:
    """Write the cells of a window as GeoTIFF; NaN, or a negative class, is no data."""
    part = grid.part(
        int(window.row_off), int(window.col_off), int(window.height), int(window.width)
    )
    absent = np.isnan(cells) if cells.dtype.kind == "f" else cells < 0
    stored = np.where(absent, style.nodata, cells).astype(style.dtype)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=part.height,
        width=part.width,
        count=1,
        dtype=style.dtype,
        nodata=style.nodata,
        crs=CRS.from_wkt(grid.crs.to_wkt()),
        transform=part.transform,
        compress="deflate",
        zlevel=level,
        predictor=3 if style.dtype == "float32" else 2,
        tiled=True,
        blockxsize=_BLOCK,
        blockysize=_BLOCK,
        num_threads=os.cpu_count() or 1,
        bigtiff="if_safer",
    ) as sink:
        sink.write(stored, 1)


@contextlib.contextmanager
def writable_root(root: Path, out: Path) -> Iterator[Path]:
    """Where layers are kept while they are made: `root`, unless it cannot be written.

    Parameters
    ----------
    root : Path
        In the cache.
    out : Path
        Folder of the files that are made from the layers. Where the cache cannot be written the
        layers are kept in a temporary folder there, and removed with it.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        refuse_unwritable(root / "layer")
    except (OSError, OutputError):
        temporary = temporary_beside(out)
        try:
            yield temporary
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    else:
        yield root


def bound(root: Path, used: Collection[Path], limit_bytes: int = LIMIT_BYTES) -> None:
    """Mark folders as used now, and remove others while all together exceed the limit."""
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
