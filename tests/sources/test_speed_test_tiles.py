"""Speed tests summed up in tiles: what others get around a school is available there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap import schema
from kalsel_gap.deficit.signals import collect_signals
from kalsel_gap.errors import InputError, SeveralErrors
from kalsel_gap.indicators.delivered import adequacy
from kalsel_gap.project.base import default_values
from kalsel_gap.project.index import Index
from kalsel_gap.sources.speed_test_tiles import tile_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from kalsel_gap.stages import Staged
    from tests.conftest import MakeProject, MakeSchools, SignalsAt

    Run = Callable[..., Staged]

PLACES = [(-3.44, 114.83), (-3.32, 114.59), (-2.72, 115.65)]


def quadkey(lat: float, lon: float, zoom: int = 16) -> str:
    """As the tile system's own description computes it, digit by digit."""
    sine = math.sin(math.radians(lat))
    x = (lon + 180) / 360
    y = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    column, row = int(x * 2**zoom), int(y * 2**zoom)
    digits = ""
    for level in range(zoom, 0, -1):
        mask = 1 << (level - 1)
        digits += str((1 if column & mask else 0) + (2 if row & mask else 0))
    return digits


def centre(key: str) -> tuple[float, float]:
    zoom = len(key)
    column = int("".join(str(int(digit) & 1) for digit in key), 2)
    row = int("".join(str(int(digit) >> 1) for digit in key), 2)
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (row + 0.5) / 2**zoom))))
    return lat, (column + 0.5) / 2**zoom * 360 - 180


def wkt(key: str) -> str:
    lat, lon = centre(key)
    half = 360 / 2 ** len(key) / 2.1
    corners = [(lon - half, lat - half), (lon + half, lat - half), (lon + half, lat + half)]
    corners += [(lon - half, lat + half), corners[0]]
    return f"POLYGON(({', '.join(f'{x} {y}' for x, y in corners)}))"


def table(places: Sequence[tuple[float, float]] = PLACES, **changed: object) -> pd.DataFrame:
    """Tiles of the schema of Ookla's open data."""
    keys = [quadkey(*place) for place in places]
    rows: dict[str, Any] = {
        "quadkey": keys,
        "tile": [wkt(key) for key in keys],
        "tile_x": [centre(key)[1] for key in keys],
        "tile_y": [centre(key)[0] for key in keys],
        "avg_d_kbps": [20_000, 5_000, 1_000][: len(keys)],
        "avg_u_kbps": [5_000, 1_250, 100][: len(keys)],
        "avg_lat_ms": [50, 50, 600][: len(keys)],
        "tests": [10, 3, 1][: len(keys)],
        "devices": [4, 2, 1][: len(keys)],
    }
    return pd.DataFrame({**rows, **changed})


@pytest.fixture
def run(signals_at: SignalsAt) -> Run:
    def make(
        measurements: Sequence[dict[str, Any]],
        rows: Sequence[dict[str, Any]] | None = None,
        sections: dict[str, Any] | None = None,
    ) -> Staged:
        usual = [{"lat": y, "lon": x, "confidence_radius_m": 0.0} for y, x in PLACES]
        given = {"measurements": list(measurements), **(sections or {})}
        return signals_at(rows or usual, given)

    return make


def written(folder: Path, frame: pd.DataFrame, name: str = "tiles.parquet") -> Path:
    path = folder / name
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


def test_a_tile_gives_measured_adequacy(run: Run, tmp_path: Path) -> None:
    staged = run([{"path": str(written(tmp_path, table()))}])
    tidy = staged.tables["signals"]
    assert tidy["operator"].tolist() == ["any"] * 3
    assert tidy["technology"].tolist() == ["4g"] * 3
    assert tidy["basis"].tolist() == ["measured"] * 3
    assert tidy["kind"].tolist() == ["tile"] * 3
    # By hand: 20 of 20 Mbps; 5 of 20 and 1.25 of 5; 1 of 20, .1 of 5, 600 ms.
    expected = [1.0, 0.7 * 0.5 + 0.2 * 0.5 + 0.1, 0.7 * 0.05**0.5 + 0.2 * 0.02**0.5]
    assert staged.columns["available"].tolist() == pytest.approx(expected)
    assert staged.columns["best_basis"].tolist() == ["measured"] * 3
    assert staged.columns["available_status"].tolist() == ["known"] * 3


def test_tiles_say_nothing_of_what_a_school_has(run: Run, tmp_path: Path) -> None:
    staged = run([{"path": str(written(tmp_path, table()))}])
    assert staged.columns["measured_down_mbps"].isna().all()


def test_a_large_school_needs_more(run: Run, tmp_path: Path) -> None:
    y, x = PLACES[0]
    rows = [
        {"lat": y, "lon": x, "confidence_radius_m": 0.0, "students": n} for n in (None, 400, 1600)
    ]
    staged = run([{"path": str(written(tmp_path, table()))}], rows)
    rule = Index.model_validate(default_values("index")).adequacy
    expected = adequacy([20.0] * 3, [5.0] * 3, [50.0] * 3, [20.0, 20.0, 80.0], rule)
    assert staged.columns["available"].tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize(
    "columns",
    [
        ["quadkey"],
        ["tile"],
        ["tile_x", "tile_y"],
    ],
)
@pytest.mark.parametrize("name", ["tiles.parquet", "tiles.csv"])
def test_every_way_to_tell_a_tile(run: Run, tmp_path: Path, columns: list[str], name: str) -> None:
    values = ["avg_d_kbps", "avg_u_kbps", "avg_lat_ms", "tests"]
    path = written(tmp_path, table()[[*columns, *values]], name)
    available = run([{"path": str(path)}]).columns["available"]
    usual = run([{"path": str(written(tmp_path, table(), "usual.parquet"))}]).columns["available"]
    assert available.tolist() == usual.tolist()


def test_a_binary_polygon(run: Run, tmp_path: Path) -> None:
    import shapely

    frame = table().drop(columns=["quadkey", "tile_x", "tile_y"])
    frame["tile"] = [shapely.to_wkb(shapely.from_wkt(text)) for text in frame["tile"]]
    assert run([{"path": str(written(tmp_path, frame))}]).columns["available"].notna().all()


def test_a_quadkey_as_a_number(run: Run, tmp_path: Path) -> None:
    frame = table()
    frame["quadkey"] = frame["quadkey"].astype("int64")
    assert run([{"path": str(written(tmp_path, frame))}]).columns["available"].notna().all()


def test_the_network_and_technology_that_were_tested(run: Run, tmp_path: Path) -> None:
    path = str(written(tmp_path, table()))
    fixed = run([{"path": path, "network": "fixed"}])
    assert set(fixed.tables["signals"]["technology"]) == {"fixed"}
    assert fixed.columns["best_technology"].tolist() == ["fixed"] * 3
    assert set(run([{"path": path, "technology": "5g"}]).tables["signals"]["technology"]) == {"5g"}


def test_a_network_that_contradicts_the_technology(project: MakeProject, tmp_path: Path) -> None:
    path = str(written(tmp_path, table()))
    with pytest.raises(SeveralErrors) as caught:
        project({"measurements": {"path": path, "network": "fixed", "technology": "4g"}}, bare=True)
    assert [error.code for error in caught.value.errors] == ["network_technology"]


def test_the_latest_quarter_speaks(run: Run, tmp_path: Path) -> None:
    old = written(tmp_path, table(avg_d_kbps=[50_000] * 3), "old.parquet")
    new = written(tmp_path, table(PLACES[:1]), "new.parquet")
    for order in (1, -1):
        files = [{"path": str(old), "date": "2025-12-31"}, {"path": str(new), "date": "2026-03-31"}]
        tidy = run(files[::order]).tables["signals"]
        used = tidy[tidy["used"]].set_index("npsn")["source"].str.rpartition("/")[2]
        assert used.tolist() == ["new.parquet", "old.parquet", "old.parquet"]


def test_few_tests_can_be_too_few(run: Run, tmp_path: Path) -> None:
    path = str(written(tmp_path, table()))
    staged = run([{"path": path, "minimum_tests": 3}])
    assert staged.columns["available"].notna().tolist() == [True, True, False]


def test_a_circle_mostly_beyond_the_tile_is_unknown(run: Run, tmp_path: Path) -> None:
    lat, lon = centre(quadkey(*PLACES[0]))
    path = str(written(tmp_path, table(PLACES[:1])))
    rows = [{"lat": lat, "lon": lon, "confidence_radius_m": r} for r in (250.0, 1000.0)]
    staged = run([{"path": path}], rows)
    known = staged.tables["signals"]["known_share"]
    assert known[0] == 1.0
    assert known[1] < 0.2  # 0.37 of 3.14 km²
    assert staged.columns["available"].notna().tolist() == [True, False]


def test_declared_coverage_of_the_same_any_operator_yields(run: Run, tmp_path: Path) -> None:
    import geopandas as gpd
    from shapely.geometry import box

    areas = gpd.GeoDataFrame({"n": [1]}, geometry=[box(114, -4, 116, -2)], crs="EPSG:4326")
    areas.to_file(tmp_path / "c.gpkg", engine="pyogrio")
    coverage = {
        "path": str(tmp_path / "c.gpkg"),
        "technology": "4g",
        "operator": "any",
        "kind": "binary",
        "basis": "declared",
        "nodata_means": "none",
    }
    path = str(written(tmp_path, table(PLACES[:1])))
    staged = run([{"path": path}], sections={"coverage": [coverage]})
    assert staged.columns["available"].tolist() == pytest.approx([1.0, 0.5, 0.5])
    assert staged.columns["best_basis"].tolist() == ["measured", "declared", "declared"]


def test_tiles_of_elsewhere_are_an_error(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run([{"path": str(written(tmp_path, table([(52.5, 13.4)])))}])
    assert caught.value.code == "tiles_touch_no_school"


def test_no_tile_at_a_school_is_no_error(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path, table([(PLACES[0][0] + 0.05, PLACES[0][1])]))
    assert run([{"path": str(path)}]).columns["available"].isna().all()


def test_rows_that_tell_nothing_are_found(run: Run, tmp_path: Path) -> None:
    frame = table(quadkey=[quadkey(*PLACES[0]), "31x", None], avg_lat_ms=[-1, 50, 50])
    staged = run([{"path": str(written(tmp_path, frame))}])
    codes = {f.code: f for f in staged.findings}
    assert codes["tiles_not_read"].parameters == {"count": 2}
    assert (codes["value_not_read"].column, codes["value_not_read"].value) == ("latency_ms", "-1")
    assert staged.columns["available"].notna().tolist() == [True, False, False]


@pytest.mark.parametrize("raw", [b"PAR1", b"", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_broken_file_is_one_error(run: Run, tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "tiles.parquet"
    path.write_bytes(raw or b"x")
    with pytest.raises(InputError) as caught:
        run([{"path": str(path)}])
    assert caught.value.code == "table_not_parquet"


def test_tiles_without_rows_are_an_error(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run([{"path": str(written(tmp_path, table()[:0]))}])
    assert caught.value.code == "table_no_rows"


def test_two_columns_of_one_name_are_an_error(run: Run, tmp_path: Path) -> None:
    whole = pa.Table.from_pandas(table(), preserve_index=False)
    path = tmp_path / "tiles.parquet"
    pq.write_table(whole.append_column("avg_d_kbps", whole["avg_d_kbps"]), path)
    with pytest.raises(InputError) as caught:
        run([{"path": str(path)}])
    assert (caught.value.code, caught.value.column) == ("column_twice", "down_kbps")


def test_tests_of_a_school_in_kbps(project: MakeProject, schools: MakeSchools) -> None:
    text = "npsn,tanggal,avg_d_kbps,avg_u_kbps,avg_lat_ms\n00000001,2026-05-01,20500,4100,45\n"
    rows = [{"lat": y, "lon": x} for y, x in PLACES]
    frame = schools(rows)[[*(c.name for c in schema.up_to("prediction")), "geometry"]]
    opened = project({"measurements": {"path": "t.csv"}}, files={"t.csv": text}, bare=True)
    columns = collect_signals(frame, opened).columns
    names = ["measured_down_mbps", "measured_up_mbps", "measured_latency_ms"]
    assert [columns[name].iloc[0] for name in names] == [20.5, 4.1, 45.0]


def test_a_large_file_is_read_in_parts(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kalsel_gap.sources.speed_test_tiles._BATCH_ROWS", 1000)
    monkeypatch.setattr("kalsel_gap.deficit.map_evidence._PLACES_AT_ONCE", 2)
    rng = np.random.default_rng(1)
    far = rng.choice(list("0123"), (20_000, 16))
    frame = pd.DataFrame({"quadkey": ["".join(row) for row in far], "avg_d_kbps": 1, "tests": 5})
    near = table()[["quadkey", "avg_d_kbps", "tests"]]
    path = written(tmp_path, pd.concat([frame, near, frame]))
    assert run([{"path": str(path)}]).columns["available"].tolist() == pytest.approx(
        [1.0, 0.5, 0.05**0.5]
    )


# Not up to 180°: there the reference's own rounding leaves the last column.
@given(lat=st.floats(-85, 85), lon=st.floats(-180, 179.999), zoom=st.integers(1, 20))
def test_the_number_of_a_tile_is_its_quadkey(lat: float, lon: float, zoom: int) -> None:
    assert int(tile_numbers(lat, lon, zoom)) == int(quadkey(lat, lon, zoom), 4)
