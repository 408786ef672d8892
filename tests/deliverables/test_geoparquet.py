"""GeoParquet: the metadata that the specification requires, every row, the same bytes."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pyarrow.parquet as pq
import pytest

from kalsel_gap.deliverables.geoparquet import to_geoparquet
from kalsel_gap.i18n.text import Text

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run


@pytest.fixture(scope="module")
def written(tiny: Run) -> bytes:
    return to_geoparquet(tiny, tiny.schools, Text("id"))


def test_metadata_are_those_of_the_specification(written: bytes) -> None:
    """Version 1.1.0: https://geoparquet.org/releases/v1.1.0/schema.json."""
    geo = json.loads(pq.read_schema(io.BytesIO(written)).metadata[b"geo"])
    assert {"version", "primary_column", "columns"} <= set(geo)
    assert geo["version"] == "1.1.0"
    column = geo["columns"][geo["primary_column"]]
    assert {"encoding", "geometry_types"} <= set(column)
    assert (column["encoding"], column["geometry_types"]) == ("WKB", ["Point"])
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 32750}
    assert len(column["bbox"]) == 4
    covering = column["covering"]["bbox"]
    assert covering == {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}


def test_every_row_is_there_and_null_where_it_lies_nowhere(tiny: Run, written: bytes) -> None:
    read = gpd.read_parquet(io.BytesIO(written)).set_index("row_id")
    given = tiny.schools.set_index("row_id")
    assert sorted(read.index) == sorted(given.index)
    read = read.loc[given.index]
    assert list(read.geometry.isna()) == list(given["lat"].isna())
    located = given["lat"].notna()
    back = read.geometry[located].to_crs("EPSG:4326")
    assert back.x.to_numpy() == pytest.approx(given["lon"][located].to_numpy(), abs=1e-9)
    assert list(read["npsn"]) == list(given["npsn"])  # text: leading zeros stay
    assert read["deficit"].to_numpy() == pytest.approx(
        given["deficit"].to_numpy("float64"), abs=1e-4, nan_ok=True
    )
    assert read["name"]["schools.csv:13"] == '=HYPERLINK("x")'  # a text, in a format of types


def test_columns_are_described(written: bytes, tiny: Run) -> None:
    schema = pq.read_schema(io.BytesIO(written))
    about = schema.field("gap_type").metadata
    assert about[b"label"].decode() == "Kesenjangan"
    assert json.loads(about[b"codes"])["uncovered"] == "tanpa cakupan"
    rests_on = json.loads(schema.metadata[b"kalsel_gap"])
    assert rests_on["run"] == tiny.folder.name
    assert rests_on["notices"][0].startswith("DATA SINTETIS")


def test_the_same_run_gives_the_same_bytes(tiny: Run, written: bytes) -> None:
    assert to_geoparquet(tiny, tiny.schools, Text("id")) == written


def test_another_crs_and_no_rows(tiny: Run) -> None:
    degrees = to_geoparquet(tiny, tiny.schools, Text("en"), crs="EPSG:4326")
    read = gpd.read_parquet(io.BytesIO(degrees))
    assert read.crs == "EPSG:4326"
    assert read.geometry.dropna().x.to_list() == read["lon"].dropna().to_list()
    none = to_geoparquet(tiny, tiny.schools.head(0), Text("en"))
    assert gpd.read_parquet(io.BytesIO(none)).empty
