"""Write the three rasters of the invented project: every number is typed in by hand.

Run it from anywhere with a Python that has rasterio: ``python data/tiny/make_rasters.py``.
North is up: the first row of a table is the northernmost row of cells.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

HERE = Path(__file__).parent

# 0.01 degrees, the first cell begins at 115.30 E, 2.90 S.
DEGREES = from_origin(115.30, -2.90, 0.01, 0.01)
# 1,200 m, UTM zone 50 S: another system and another grid on purpose.
METRES = from_origin(310_800, 9_679_600, 1_200, 1_200)

SEA = -32768
ELEVATION_M = [
    [30, 45, 80, 140, 220, 310, 380, 340, 260, 180],
    [25, 40, 75, 150, 260, 390, 470, 410, 300, 200],
    [20, 32, 60, 120, 230, 360, 450, 400, 280, 170],
    [15, 25, 45, 85, 160, 250, 310, 280, 200, 130],
    [10, 18, 30, 55, 95, 140, 170, 160, 120, 90],
    [7, 12, 20, 32, 50, 70, 85, 80, 65, 50],
    [4, 7, 12, 20, 28, 36, 42, 40, 35, 30],
    [SEA, 3, 7, 12, 16, 20, 24, 24, 22, 20],
    [SEA, SEA, 3, 7, 10, 13, 15, 16, 15, 14],
    [SEA, SEA, SEA, 3, 6, 8, 10, 11, 11, 10],
]

# The site stands in the seventh row, fifth column; the hill shades the north-east.
NO_SIGNAL = -9999
RSRP_DBM = [
    [-118, -115, -112, -114, -120, -126, NO_SIGNAL, NO_SIGNAL, NO_SIGNAL, NO_SIGNAL],
    [-114, -110, -107, -108, -113, -121, -131, NO_SIGNAL, NO_SIGNAL, NO_SIGNAL],
    [-109, -104, -100, -99, -103, -110, -122, -134, NO_SIGNAL, NO_SIGNAL],
    [-104, -99, -94, -91, -94, -101, -111, -122, -129, NO_SIGNAL],
    [-100, -94, -88, -84, -86, -92, -100, -109, -117, -124],
    [-97, -90, -83, -76, -78, -84, -91, -98, -106, -113],
    [-95, -88, -80, -72, -64, -76, -85, -92, -99, -105],
    [-97, -89, -82, -75, -73, -79, -86, -92, -98, -103],
    [-100, -93, -87, -82, -80, -84, -89, -94, -99, -104],
    [-104, -98, -92, -88, -86, -89, -93, -97, -102, -106],
]

NOT_DECLARED = 255
CLASS_2G = [
    [1, 2, 2, 2, 1, 0, 0, 0, 255, 255],
    [2, 2, 2, 2, 1, 1, 0, 0, 255, 255],
    [2, 3, 3, 2, 2, 1, 0, 0, 0, 255],
    [2, 3, 3, 3, 2, 1, 1, 0, 0, 0],
    [3, 3, 3, 3, 3, 2, 1, 1, 0, 0],
    [2, 3, 3, 3, 3, 2, 2, 1, 1, 0],
    [2, 2, 3, 3, 3, 3, 2, 2, 1, 1],
    [1, 2, 2, 3, 3, 2, 2, 1, 1, 1],
    [1, 1, 2, 2, 2, 2, 1, 1, 1, 0],
    [0, 1, 1, 1, 1, 1, 1, 0, 0, 0],
]


def write(
    name: str,
    values: list[list[int]],
    *,
    dtype: str,
    nodata: int,
    crs: str,
    transform: rasterio.Affine,
) -> None:
    """Write one band beside this script.

    Parameters
    ----------
    name : str
        File name.
    values : list of list of int
        Rows from north to south.
    dtype : str
        Type of a cell.
    nodata : int
        Value of a cell without data.
    crs : str
        Coordinate reference system.
    transform : rasterio.Affine
        Corner and cell size.
    """
    cells = np.array(values, dtype=dtype)
    with rasterio.open(
        HERE / name,
        "w",
        driver="GTiff",
        width=cells.shape[1],
        height=cells.shape[0],
        count=1,
        dtype=dtype,
        nodata=nodata,
        crs=crs,
        transform=transform,
    ) as raster:
        raster.write(cells, 1)
    print(f"{name}: {cells.shape[0]} x {cells.shape[1]} {dtype}, {crs}")


if __name__ == "__main__":
    write(
        "dem.tif",
        ELEVATION_M,
        dtype="int16",
        nodata=SEA,
        crs="EPSG:4326",
        transform=DEGREES,
    )
    write(
        "rsrp_4g.tif",
        RSRP_DBM,
        dtype="int16",
        nodata=NO_SIGNAL,
        crs="EPSG:4326",
        transform=DEGREES,
    )
    write(
        "class_2g.tif",
        CLASS_2G,
        dtype="uint8",
        nodata=NOT_DECLARED,
        crs="EPSG:32750",
        transform=METRES,
    )
