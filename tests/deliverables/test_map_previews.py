from __future__ import annotations

import json
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from shapely.geometry import GeometryCollection, LineString, box

from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.map_previews import draw_previews, polygons_of, simplified
from kalsel_gap.deliverables.preview_images import LONGEST_PX
from kalsel_gap.errors import InputError
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.terrain.hillshade import shade_relief
from tests.conftest import handed_on

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import MakeProject, MakeRaster

    Tables = dict[str, Any]

# Two schools 0.05° apart: without boundaries they bound what is shown.
SCHOOLS = gpd.GeoDataFrame({"lat": [-2.90, -2.95], "lon": [115.30, 115.35]})
CLEAR = (0, 0, 0, 0)


def made(opened: Opened, schools: gpd.GeoDataFrame = SCHOOLS) -> Tables:
    return draw_previews(schools, opened, handed_on(opened)).tables


def pixels(row: pd.Series[Any]) -> NDArray[np.uint8]:
    """Colours of an image, rows × columns × 4."""
    with warnings.catch_warnings(), MemoryFile(row["image"]) as file:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with file.open() as image:
            bands: NDArray[np.uint8] = np.moveaxis(image.read(), 0, -1)
    if bands.shape[2] == 3:  # nothing is clear: the file leaves that away
        bands = np.dstack([bands, np.full(bands.shape[:2], 255, np.uint8)])
    return bands


def at(row: pd.Series[Any], lat: float, lon: float) -> tuple[int, ...]:
    """Colour of the pixel at a place."""

    return tuple(int(v) for v in pixels(row)[pixel(row, lat, lon)])


def pixel(row: pd.Series[Any], lat: float, lon: float) -> tuple[int, int]:
    """Line and column of an image at a place."""

    def mercator(lat: float) -> float:
        return float(np.arctanh(np.sin(np.radians(lat))))

    top, bottom = mercator(row["north"]), mercator(row["south"])
    line = (top - mercator(lat)) / (top - bottom) * row["height"]
    column = (lon - row["west"]) / (row["east"] - row["west"]) * row["width"]
    return int(line), int(column)


def colour(code: str) -> tuple[int, ...]:
    return (*(int(code[i : i + 2], 16) for i in (1, 3, 5)), 255)


def raster_source(path: Path, **given: Any) -> dict[str, Any]:
    usual = {
        "technology": "4g",
        "operator": "telkomsel",
        "kind": "rsrp_dbm",
        "basis": "modelled",
        "nodata_means": "none",
    }
    return {"path": str(path), **usual, **given}


def only_coverage(*sources: dict[str, Any]) -> dict[str, Any]:
    return {"schools": {"path": "schools.csv"}, "coverage": list(sources)}


# Cells of 0.01° from 2.9° S, 115.3° E: -70 dBm is worth 0.95, -110 is 0.25, -130 is 0.025.
LEVELS = [[-70.0, -110.0, -130.0], [-9999.0, -95.0, -103.0]]


@pytest.fixture
def levels(raster: MakeRaster) -> Path:
    return raster("levels.tif", np.array(LEVELS, "float32"), nodata=-9999)


def test_each_cell_has_the_colour_of_its_class(project: MakeProject, levels: Path) -> None:
    opened = project(only_coverage(raster_source(levels)), bare=True)
    row = made(opened)["previews"].iloc[0]
    colours = [colour(code) for _, code in palette.COVERAGE]
    assert at(row, -2.905, 115.305) == colours[4]
    assert at(row, -2.905, 115.315) == colours[1]
    assert at(row, -2.905, 115.325) == colours[0]
    assert at(row, -2.915, 115.315) == colours[3]
    assert at(row, -2.915, 115.325) == colours[2]


def shares_around(row: pd.Series[Any], lat: float, lon: float) -> dict[tuple[int, ...], float]:
    """Colours within 0.0045° of a place, and how much of that each covers."""
    top, left = pixel(row, lat + 0.0045, lon - 0.0045)
    bottom, right = pixel(row, lat - 0.0045, lon + 0.0045)
    window = pixels(row)[top:bottom, left:right].reshape(-1, 4)
    counted = Counter(tuple(int(v) for v in one) for one in window)
    return {colour: count / len(window) for colour, count in counted.items()}


def test_no_signal_is_lines_and_unknown_is_dots(project: MakeProject, levels: Path) -> None:
    # Lines: two pixels of each eight in a row; dots are two by two.
    for means, code, share in (
        ("none", palette.NO_SIGNAL, 1 / 4),
        ("unknown", palette.NOT_KNOWN, 1 / 16),
    ):
        opened = project(only_coverage(raster_source(levels, nodata_means=means)), bare=True)
        shares = shares_around(made(opened)["previews"].iloc[0], -2.915, 115.305)
        assert set(shares) == {CLEAR, colour(code)}
        assert shares[colour(code)] == pytest.approx(share, abs=0.05)


def test_the_best_of_the_operators_is_shown(
    project: MakeProject, raster: MakeRaster, levels: Path
) -> None:
    other = raster("other.tif", np.array([[-130.0, -70.0, -130.0]] * 2, "float32"))
    sources = raster_source(levels), raster_source(other, operator="indosat")
    rows = made(project(only_coverage(*sources), bare=True))["previews"]
    assert rows["name"].tolist() == ["4g"] * 3
    assert rows["operator"].tolist() == ["", "indosat", "telkomsel"]
    names = [json.loads(each) for each in rows["sources"]]
    assert names == [["coverage.0", "coverage.1"], ["coverage.1"], ["coverage.0"]]
    best, worst = colour(palette.COVERAGE[4][1]), colour(palette.COVERAGE[0][1])
    assert at(rows.iloc[0], -2.905, 115.305) == best
    assert at(rows.iloc[0], -2.905, 115.315) == best
    assert at(rows.iloc[0], -2.905, 115.325) == worst
    # Each operator alone, as its own map has it.
    assert at(rows.iloc[1], -2.905, 115.305) == at(rows.iloc[2], -2.905, 115.325) == worst
    assert at(rows.iloc[2], -2.905, 115.305) == best


def test_evidence_of_different_kinds_is_never_blended(
    project: MakeProject, raster: MakeRaster, levels: Path
) -> None:
    measured = raster("measured.tif", np.array([[-130.0]], "float32"))
    sources = raster_source(levels), raster_source(measured, basis="measured")
    rows = made(project(only_coverage(*sources), bare=True))["previews"]
    assert rows["basis"].tolist() == ["measured", "modelled"]
    assert at(rows.iloc[0], -2.905, 115.305) == colour(palette.COVERAGE[0][1])
    assert at(rows.iloc[1], -2.905, 115.305) == colour(palette.COVERAGE[4][1])
    assert at(rows.iloc[0], -2.905, 115.325) == colour(palette.NOT_KNOWN)


def test_a_raster_in_another_system_lies_where_it_should(
    project: MakeProject, raster: MakeRaster
) -> None:
    # UTM 50S: the first cell begins at 115.3° E, 2.9° S.
    path = raster(
        "utm.tif",
        np.array([[-70.0, -130.0]], "float32"),
        crs="EPSG:32750",
        transform=Affine(1000.0, 0.0, 311_000.0, 0.0, -1000.0, 9_679_000.0),
    )
    row = made(project(only_coverage(raster_source(path)), bare=True))["previews"].iloc[0]
    assert at(row, -2.9075, 115.3045) == colour(palette.COVERAGE[4][1])
    assert at(row, -2.9075, 115.3135) == colour(palette.COVERAGE[0][1])


def test_polygons_are_drawn(project: MakeProject, tmp_path: Path) -> None:
    areas = gpd.GeoDataFrame(geometry=[box(115.30, -2.91, 115.31, -2.90)], crs="EPSG:4326")
    areas.to_file(tmp_path / "areas.geojson")
    source = raster_source(tmp_path / "areas.geojson", kind="binary", basis="declared")
    row = made(project(only_coverage(source), bare=True))["previews"].iloc[0]
    assert at(row, -2.905, 115.305) == colour(palette.COVERAGE[2][1])
    assert set(shares_around(row, -2.905, 115.315)) == {CLEAR, colour(palette.NO_SIGNAL)}


def test_a_raster_far_away_is_unknown_here(project: MakeProject, raster: MakeRaster) -> None:
    away = Affine(0.01, 0.0, 120.0, 0.0, -0.01, 3.0)
    path = raster("away.tif", np.array([[-70.0]], "float32"), transform=away)
    row = made(project(only_coverage(raster_source(path)), bare=True))["previews"].iloc[0]
    shown = {tuple(int(v) for v in one) for one in pixels(row).reshape(-1, 4)}
    assert shown == {CLEAR, colour(palette.NOT_KNOWN)}


def test_a_large_raster_makes_a_small_image(project: MakeProject, raster: MakeRaster) -> None:
    fine = Affine(0.00001, 0.0, 115.29, 0.0, -0.00001, -2.89)
    path = raster("fine.tif", np.full((7000, 7000), -70, "int16"), transform=fine)
    row = made(project(only_coverage(raster_source(path)), bare=True))["previews"].iloc[0]
    assert max(row["width"], row["height"]) <= LONGEST_PX + 1
    assert at(row, -2.93, 115.33) == colour(palette.COVERAGE[4][1])


def test_the_sea_is_clear_and_coverage_ends_with_the_area(project: MakeProject) -> None:
    tables = made(project())
    rows = tables["previews"].set_index("name")
    kinds = {"ground": "ground", "relief": "hillshade", "terrain": "terrain"}
    kinds |= {"2g": "coverage", "4g": "coverage"}
    assert rows["kind"].to_dict() == kinds
    assert at(rows.loc["relief"], -2.995, 115.305)[3] == 0
    assert at(rows.loc["relief"], -2.94, 115.36)[3] == 255
    assert at(rows.loc["4g"], -2.885, 115.35) == CLEAR
    assert at(rows.loc["4g"], -2.94, 115.36)[3] == 255


def test_terrain_classes_are_those_of_schools(tiny: Run) -> None:
    """But where a school stands in less land than a pixel shows."""
    ((_, row),) = tiny.table("previews").query("kind == 'terrain'").iterrows()
    schools = tiny.schools[tiny.schools["confidence"].isin(["A", "B"])]
    schools = schools[schools["terrain_class"].notna()]
    assert len(set(schools["terrain_class"])) > 1
    for lat, lon, name in schools[["lat", "lon", "terrain_class"]].itertuples(index=False):
        _, ink = palette.TERRAIN_PATTERNS[name]
        drawn = {colour(each) for each in (palette.TERRAINS[name].colour, ink) if each}
        assert at(row, lat, lon) in drawn, (lat, lon, name)
    shown = {one["class"] for one in json.loads(row["legend"])}
    assert shown >= set(schools["terrain_class"])
    assert at(row, *SEA) == CLEAR


# The elevation model of data/tiny: its last row is the sea, and one cell inland is a void.
SEA, VOID, INLAND = (-2.995, 115.305), (-2.965, 115.375), (-2.925, 115.335)


def test_only_the_open_sea_is_blue(project: MakeProject) -> None:
    ground = made(project())["previews"].set_index("name").loc["ground"]
    assert at(ground, *SEA) == colour(palette.SEA)
    assert at(ground, *INLAND) == colour(palette.LAND)


def test_land_outside_the_own_area_is_grey(project: MakeProject) -> None:
    kabupaten = gpd.GeoDataFrame(
        {"kode": ["1"], "nama": ["Barat"]},
        geometry=[box(115.30, -3.0, 115.34, -2.9)],
        crs="EPSG:4326",
    )
    opened = project(files={"kabupaten.geojson": kabupaten.to_json()})
    ground = made(opened)["previews"].set_index("name").loc["ground"]
    assert at(ground, *INLAND) == colour(palette.LAND)
    assert at(ground, -2.925, 115.355) == colour(palette.LAND_OUTSIDE)
    assert at(ground, *SEA) == colour(palette.SEA)


def test_water_that_nothing_shows_to_be_the_sea_is_not_blue(project: MakeProject) -> None:
    """With ``sea = "none"`` a cell without data may be anything."""
    opened = project({"elevation": {"sea": "none"}})
    ground = made(opened)["previews"].set_index("name").loc["ground"]
    shown = {tuple(int(v) for v in one) for one in pixels(ground).reshape(-1, 4)}
    assert colour(palette.SEA) not in shown
    assert at(ground, *SEA) == CLEAR


def test_polygons_of_land_show_it_without_an_elevation_model(
    project: MakeProject, tmp_path: Path
) -> None:
    shapes = gpd.GeoDataFrame(geometry=[box(115.29, -2.93, 115.32, -2.88)], crs="EPSG:4326")
    shapes.to_file(tmp_path / "land.geojson")
    coast = {"path": "coastline.geojson", "land": [str(tmp_path / "land.geojson")]}
    opened = project({"elevation": None, "sites": None, "coastline": coast})
    rows = made(opened)["previews"].set_index("name")
    assert "relief" not in rows.index
    assert at(rows.loc["ground"], -2.905, 115.31) == colour(palette.LAND)
    shown = {tuple(int(v) for v in one) for one in pixels(rows.loc["ground"]).reshape(-1, 4)}
    assert colour(palette.SEA) not in shown


def test_without_either_nothing_lies_below(project: MakeProject, levels: Path) -> None:
    rows = made(project(only_coverage(raster_source(levels)), bare=True))["previews"]
    assert "ground" not in set(rows["kind"])


def test_light_falls_from_the_north_west() -> None:
    steps = np.arange(5) * 10.0
    facing_east, facing_west = np.tile(-steps, (5, 1)), np.tile(steps, (5, 1))
    level = float(np.sin(np.radians(45)))
    assert shade_relief(np.zeros((3, 3)), 30.0) == pytest.approx(level)
    assert shade_relief(facing_east, 100.0).max() < level < shade_relief(facing_west, 100.0).min()
    facing_south, facing_north = facing_east.T[::-1], facing_west.T[::-1]
    assert facing_south[-1, 0] == 0
    assert shade_relief(facing_west.T, 100.0).min() > level  # higher in the south: faces north
    assert shade_relief(facing_north, 100.0).max() < level


def test_boundaries_are_simplified_and_named(project: MakeProject) -> None:
    areas = made(project())["boundaries"]
    assert areas.crs == "EPSG:4326"
    assert areas["level"].value_counts().to_dict() == {"kabupaten": 2, "kecamatan": 4}
    assert "Kab. Muara Contoh" in set(areas["name"])


def test_neighbours_keep_their_common_border() -> None:
    jagged = [(1.0 + 0.00002 * (n % 2), n / 50) for n in range(51)]
    west = gpd.GeoSeries(
        [
            LineString([(0, 0), *jagged, (0, 1), (0, 0)]).convex_hull,
            GeometryCollection([box(2, 0, 3, 1), LineString([(5, 5), (6, 6)])]),
        ],
        crs="EPSG:4326",
    )
    from shapely.geometry import Polygon

    left = Polygon([(0, 0), *jagged, (0, 1)])
    right = Polygon([(2, 0), *jagged, (2, 1)])
    two = simplified(polygons_of(gpd.GeoSeries([left, right], crs="EPSG:4326")))
    assert two.count_coordinates().max() < 20
    assert two.iloc[0].intersection(two.iloc[1]).area == pytest.approx(0)
    assert two.union_all().area == pytest.approx(2.0, rel=1e-6)
    assert simplified(polygons_of(west)).geom_type.isin(["MultiPolygon"]).all()


def test_with_nothing_to_show_the_tables_are_empty(project: MakeProject) -> None:
    nowhere = gpd.GeoDataFrame({"lat": [np.nan], "lon": [np.nan]})
    tables = made(project(bare=True), nowhere)
    assert len(tables["previews"]) == len(tables["boundaries"]) == 0
    assert tables["boundaries"].crs == "EPSG:4326"


def test_a_broken_raster_is_named(project: MakeProject, levels: Path) -> None:
    opened = project(only_coverage(raster_source(levels)), bare=True)
    levels.write_bytes(levels.read_bytes()[:200])
    with pytest.raises(InputError) as caught:
        made(opened)
    assert caught.value.code == "raster_unreadable"
    assert caught.value.path == levels


def test_the_bytes_repeat_and_survive_the_cache(
    project: MakeProject, tmp_path: Path, cache_folder: Path
) -> None:
    opened = project()
    runs = [
        OpenProject(opened).rank(out=tmp_path / name, cached=cached)
        for name, cached in (("a", True), ("b", True), ("c", False))
    ]
    for name in ("previews.parquet", "areas.parquet", "boundaries.parquet"):
        assert len({(run.folder / name).read_bytes() for run in runs}) == 1
    assert list(cache_folder.glob("*/previews.parquet"))
    boundaries = runs[1].table("boundaries")
    assert isinstance(boundaries, gpd.GeoDataFrame)
    assert len(boundaries) == 6


def test_a_table_that_a_run_lacks_is_an_error(project: MakeProject, tmp_path: Path) -> None:
    run = OpenProject(project()).rank(out=tmp_path)
    with pytest.raises(InputError) as caught:
        run.table("plan")
    assert caught.value.code == "run_broken"
