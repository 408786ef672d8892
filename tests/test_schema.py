from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from pandera.errors import SchemaErrors

from kalsel_gap import schema
from kalsel_gap.project.base import default_values
from kalsel_gap.project.index import Index
from kalsel_gap.project.terrain import Terrain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import MakeSchools

INDEX = Index.model_validate(default_values("index"))
UNITS = ("_m", "_km", "_km2", "_deg", "_dbm", "_db", "_mbps", "_ms", "_share", "_ratio", "_idr")
# In degrees as every map has them, and a count that is not whole.
UNITLESS = {"lat", "lon", "idle_devices"}
FIRST = """
    npsn name level ownership kabupaten kecamatan lat lon terrain_class gap_type tier rank deficit
    barrier need priority completeness unranked_reason
""".split()  # noqa: SIM905 - reads as the row of headers that it is


def stage_of(name: str) -> schema.StageName:
    return schema.BY_NAME[name].stage


@pytest.fixture
def table(schools: MakeSchools) -> gpd.GeoDataFrame:
    return schools([{"available": 0.5}, {"lat": None, "lon": None}])


def test_the_columns_that_scripts_rely_on_come_first() -> None:
    assert list(schema.CANONICAL) == FIRST
    assert [c.name for c in schema.COLUMNS[: len(FIRST)]] == FIRST


def test_names_are_unique_and_lower_case() -> None:
    names = [column.name for column in schema.COLUMNS]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


def undeclared(column: schema.Column) -> Iterator[str]:
    """What is missing in the declaration of a column."""
    if not column.label:
        yield "no label"
    if not column.description.endswith((".", ".)")):
        yield "its description is no sentence"
    if column.stage not in schema.STAGES:
        yield f"no stage {column.stage}"
    scoreless = column.kind == "float" and (column.minimum, column.maximum) != (0.0, 1.0)
    if scoreless and not column.name.endswith(UNITS) and column.name not in UNITLESS:
        yield "a quantity whose name has no unit"
    if column.choices and column.kind != "text":
        yield f"choices of a {column.kind}"


def test_every_column_is_declared_in_full() -> None:
    assert [f"{c.name}: {fault}" for c in schema.COLUMNS for fault in undeclared(c)] == []


def test_what_a_declaration_lacks_is_seen() -> None:
    good = schema.BY_NAME["site_4g_km"]
    assert list(undeclared(good)) == []
    bare = replace(good, name="site_4g", label="", description="To a site", choices=("near",))
    assert list(undeclared(bare)) == [
        "no label",
        "its description is no sentence",
        "a quantity whose name has no unit",
        "choices of a float",
    ]


def test_every_leaf_of_the_index_is_a_column_and_the_other_way_round() -> None:
    measured = {str(node.column) for node in INDEX.leaves().values()}
    assert measured <= set(schema.BY_NAME)
    kinds = {schema.BY_NAME[name].kind for name in measured}
    assert kinds <= {"float", "integer"}
    # What the leaves measure is written before the trees are built.
    assert {schema.BY_NAME[name].stage for name in measured} <= set(schema.STAGES)


def test_every_terrain_class_has_a_severity() -> None:
    severity = Terrain.model_validate(default_values("terrain")).severity
    fields = set(type(severity).model_fields) - {"source"}
    assert fields == {*schema.TERRAIN_CLASSES, "reached_by_water"}


def test_a_good_table_passes_as_it_is(table: gpd.GeoDataFrame) -> None:
    before = table.copy()
    for stage in schema.STAGES[: schema.STAGES.index("service")]:
        assert schema.check(table, stage) is table
    assert table.equals(before)


@pytest.mark.parametrize("crs", [None, "EPSG:32750"])
def test_the_crs_comes_first(table: gpd.GeoDataFrame, crs: str | None) -> None:
    other = gpd.GeoDataFrame(pd.DataFrame(table), geometry="geometry")
    other = (
        other.set_crs(crs, allow_override=True) if crs else other.set_crs(None, allow_override=True)
    )
    with pytest.raises(AssertionError, match="EPSG:4326"):
        schema.check(other, "signals")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lat", -91.0),
        ("lon", 181.0),
        ("available", 1.1),
        ("available", -0.1),
        ("best_level_dbm", 1.0),
        ("level", "SEKOLAH"),
        ("available_status", "guessed"),
        ("terrain_class", "gunung"),
    ],
)
def test_a_value_out_of_range_is_an_error_of_the_code(
    table: gpd.GeoDataFrame, name: str, value: Any
) -> None:
    table.loc[0, name] = value
    with pytest.raises(SchemaErrors):
        schema.check(table, stage_of(name))


@pytest.mark.parametrize(("name", "dtype"), [("lat", "float32"), ("students", "float64")])
def test_another_dtype_is_an_error(table: gpd.GeoDataFrame, name: str, dtype: str) -> None:
    with pytest.raises(SchemaErrors):
        schema.check(table.astype({name: dtype}), stage_of(name))


def test_a_missing_column_is_an_error(table: gpd.GeoDataFrame) -> None:
    with pytest.raises(SchemaErrors):
        schema.check(table.drop(columns="available"), "signals")


@pytest.mark.parametrize("name", ["npsn", "name", "row_id", "available_status"])
def test_what_must_be_there_must_be_there(table: gpd.GeoDataFrame, name: str) -> None:
    table.loc[1, name] = None
    with pytest.raises(SchemaErrors):
        schema.check(table, stage_of(name))


def test_rows_are_told_apart(table: gpd.GeoDataFrame) -> None:
    table["row_id"] = table["row_id"][0]
    with pytest.raises(SchemaErrors):
        schema.check(table, "register")


def test_a_table_gets_the_dtypes_of_the_contract() -> None:
    values = {
        "students": [1.0, None],
        "inclusive": [True, None],
        "npsn": ["1", None],
        "lat": [1, 2],
    }
    columns = [schema.BY_NAME[name] for name in ("lat", "npsn", "students", "inclusive")]
    got = schema.table(values, columns)
    assert list(got.columns) == ["lat", "npsn", "students", "inclusive"]
    assert got.dtypes.astype(str).tolist() == ["float64", "str", "Int64", "boolean"]
    assert got.isna().sum().tolist() == [0, 1, 1, 1]


def test_stages_follow_each_other() -> None:
    assert schema.up_to("scores") == schema.COLUMNS
    assert {c.stage for c in schema.up_to("attributes")} == {"register", "attributes"}
    joined = [c for stage in schema.STAGES for c in schema.of_stage(stage)]
    assert sorted(c.name for c in joined) == sorted(c.name for c in schema.COLUMNS)


def test_columns_of_a_leaf() -> None:
    names = [c.name for c in schema.leaf_columns(["site"])]
    assert names == ["site_score", "site_status", "site_contribution"]
    assert not set(names) & set(schema.BY_NAME)
