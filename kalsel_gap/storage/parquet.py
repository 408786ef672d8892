"""Tables as Parquet."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table without its index; every failure is an OSError."""
    import pyarrow as pa

    try:
        table.to_parquet(path, index=False, compression="zstd")
    except pa.ArrowException as error:  # arrow's own I/O errors are not all OSErrors
        raise OSError(str(error)) from error


def read_parquet(content: bytes) -> pd.DataFrame:
    """The table of a Parquet file, as it was written: a GeoDataFrame if it has a geometry."""
    import geopandas as gpd
    import pyarrow.parquet as pq

    geographic = b"geo" in (pq.read_schema(io.BytesIO(content)).metadata or {})
    read = gpd.read_parquet if geographic else pd.read_parquet
    return read(io.BytesIO(content))


def table_of(table: pd.DataFrame | bytes) -> pd.DataFrame:
    """A table that may have come from the cache as the bytes of its Parquet file."""
    return pd.read_parquet(io.BytesIO(table)) if isinstance(table, bytes) else table
