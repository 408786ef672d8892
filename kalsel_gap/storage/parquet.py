"""Tables as Parquet."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path


_PARQUET = b"PAR1"  # first and last bytes of a Parquet file


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table without its index; every failure is an OSError."""
    import pyarrow as pa

    try:
        table.to_parquet(path, index=False, compression="zstd")
    except pa.ArrowException as error:  # arrow's own I/O errors are not all OSErrors
        raise OSError(str(error)) from error


def read_parquet(path: Path) -> pd.DataFrame:
    """A table as it was written: a GeoDataFrame if it has a geometry."""
    import geopandas as gpd
    import pyarrow.parquet as pq

    geographic = b"geo" in (pq.read_schema(path).metadata or {})
    return gpd.read_parquet(path) if geographic else pd.read_parquet(path)


def table_of(table: pd.DataFrame | bytes) -> pd.DataFrame:
    """A table that may have come from the cache as the bytes of its Parquet file."""
    return pd.read_parquet(io.BytesIO(table)) if isinstance(table, bytes) else table


def parquet_bytes(path: Path) -> bytes:
    """A Parquet file as it is; a ValueError if its end is missing."""
    content = path.read_bytes()
    if len(content) < 2 * len(_PARQUET) or content[:4] != _PARQUET or content[-4:] != _PARQUET:
        message = f"{path} is cut off"
        raise ValueError(message)
    return content
