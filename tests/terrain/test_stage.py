from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from pyproj import Geod

from kalsel_gap.errors import InputError
from kalsel_gap.geo.dem import dem_grid_of
from kalsel_gap.geo.mosaic import open_band
from kalsel_gap.sources.schools import read_schools
from kalsel_gap.terrain.stage import HORIZONS, describe_terrain
from tests.conftest import handed_on

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Staged
    from tests.conftest import MakeProject, MakeRaster

GEOD = Geod(ellps="WGS84")
NA = pd.NA


@pytest.fixture
def opened(project: MakeProject) -> Opened:
    return project()


# --- the stage -------------------------------------------------------------------------------


def staged(opened: Opened) -> Staged:
    schools = read_schools(opened)[0].assign(claimed_area=None, point_weight=np.nan)
    result = describe_terrain(schools, opened, handed_on(opened))
    assert result.columns.index.equals(schools.index)
    return result


@pytest.mark.parametrize(("sea", "void"), [("nodata", -32768), ("zero", 0)])
def test_the_sea_of_the_elevation_model_has_a_shore(
    project: MakeProject, raster: MakeRaster, sea: str, void: int
) -> None:
    cells = np.full((3, 8), 5)
    cells[:, :2] = void  # the open sea
    cells[1, 5] = void  # a lake is not the sea
    degrees = {"crs": "EPSG:4326", "transform": Affine(0.001, 0, 115.0, 0, -0.001, -2.0)}
    path = raster("dem.tif", cells, dtype="int16", nodata=-32768, **degrees)
    places = "-2.0015,115.0005", "-2.0015,115.0065", "-2.5,115.0065", ","
    rows = "".join(f"{n},s,{place}\n" for n, place in enumerate(places))
    files = {
        "schools.csv": "npsn,nama,lintang,bujur\n" + rows,
        "shore.geojson": layer("LineString", [[114.0, -2.03], [116.0, -2.03]]),
    }
    elevation = {"path": str(path), "sea": sea, "surface": "dtm"}
    got = staged(project({"elevation": elevation}, files=files, bare=True)).columns
    km = GEOD.inv(115.0065, -2.0015, 115.0015, -2.0015)[2] / 1000
    np.testing.assert_allclose(got["coast_km"], [0.0, km, np.nan, np.nan], rtol=1e-9)
    assert got["is_coastal"].astype(object).fillna("").tolist() == [True, True, "", ""]
    # A coastline has precedence. Three km from it, a school in the model's sea may be low or not.
    given = {"elevation": elevation, "coastline": {"path": "shore.geojson"}}
    got = staged(project(given, files=files, bare=True)).columns
    assert got["coast_km"].iloc[:2].between(3.0, 3.3).all()
    assert got["is_coastal"].astype(object).fillna("").tolist()[:2] == ["", True]


def ring(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return [corners]


def layer(kind: str, *coordinates: Any) -> str:
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": c}}
        for c in coordinates
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


# A mainland of 1° × 1°, the real Pulau Laut and Sebuku as rectangles, and an islet without name.
LAND = layer(
    "Polygon",
    ring(114.0, -3.0, 115.0, -2.0),
    ring(116.0, -3.9, 116.3, -3.4),
    ring(116.32, -3.6, 116.42, -3.45),
    ring(116.50, -4.0, 116.51, -3.99),
)
ISLANDERS = (
    "npsn,nama,lat,lon\n"
    "1,mainland,-2.5,114.5\n"
    "2,laut,-3.5,116.1\n"
    "3,sebuku,-3.5,116.40\n"
    "4,islet,-3.995,116.505\n"
    "5,beside the islet,-3.985,116.505\n"  # some 550 m off its shore
    "6,nowhere,-4.5,116.0\n"
    "7,no place,,\n"
)


def island_project(project: MakeProject, **sections: Any) -> Opened:
    coast = {"path": "shore.geojson", "land": ["land.geojson"]}
    files = {
        "schools.csv": ISLANDERS,
        "land.geojson": LAND,
        "shore.geojson": layer("LineString", [[114.0, -3.0], [115.0, -3.0]]),
    }
    return project({"coastline": coast, **sections}, files=files, bare=True)


def test_islands(project: MakeProject) -> None:
    got = staged(island_project(project)).columns
    assert got["island"].fillna("").tolist() == [
        "",
        "Pulau Laut",
        "Pulau Sebuku",
        "island",
        "island",
        "",
        "",
    ]
    flags = [None if pd.isna(flag) else bool(flag) for flag in got["is_small_island"]]
    # A school on no land of the layer may be on an islet that the layer does not have.
    assert flags == [False, True, True, True, True, None, None]
    area = got["island_area_km2"].tolist()
    assert math.isnan(area[0])
    assert area[1] == 1873.0  # the legal one, not that of the rectangle
    x, y = np.array(ring(116.32, -3.6, 116.42, -3.45)[0]).T
    assert area[2] == pytest.approx(abs(GEOD.polygon_area_perimeter(x, y)[0]) / 1e6)
    assert got["terrain_class"].fillna("").tolist()[:4] == [
        "",
        *["pulau_kecil"] * 3,
    ]  # no relief, no plain
    assert pd.isna(got["terrain_class"][6])


def test_straits(project: MakeProject) -> None:
    got = staged(island_project(project)).columns["strait_km"].tolist()

    def km(*line: float) -> float:
        return float(GEOD.inv(line[1], line[0], line[3], line[2])[2]) / 1000

    # Laut is a degree east and 0.4° south of the mainland's corner; Sebuku lies before Laut, and
    # the islet before it.
    laut, sebuku = km(-3.0, 115.0, -3.4, 116.0), km(-3.5, 116.3, -3.5, 116.32)
    islet = km(-3.99, 116.5, -3.9, 116.3)
    assert got[1:5] == pytest.approx([laut, sebuku, islet, islet], rel=1e-3)
    assert np.isnan([got[0], *got[5:]]).all()


def test_kinds_of_wetland_and_rivers(project: MakeProject) -> None:
    wet = json.loads(
        layer("Polygon", *(ring(w, -3.1, w + 0.2, -2.9) for w in (114.9, 115.0, 115.2, 115.3)))
    )
    for feature, kind in zip(wet["features"], ("tidal", "lebak", "", None), strict=True):
        feature["properties"]["jenis"] = kind
    files = {
        "schools.csv": "npsn,nama,lat,lon\n"
        "1,both,-3.0,115.05\n2,one,-3.0,114.95\n3,untold,-3.0,115.35\n4,dry,-2.0,115.0\n5,,,\n",
        "wet.geojson": json.dumps(wet),
        "rivers.geojson": layer("LineString", [[115.0, -2.1], [115.0, -2.2]]),
    }
    sections = {
        "wetlands": {"path": "wet.geojson", "kind": "jenis"},
        "rivers": {"path": "rivers.geojson"},
    }
    got = staged(project(sections, files=files, bare=True)).columns
    assert got["wetland_kind"].fillna("").tolist() == ["lebak", "tidal", "", "", ""]
    assert got["is_wetland"].fillna(value=False).tolist() == [True] * 3 + [False] * 2
    assert got["river_km"][3] == pytest.approx(GEOD.inv(115, -2, 115, -2.1)[2] / 1000, abs=1e-3)
    sections["wetlands"]["kind"] = "jenes"
    with pytest.raises(InputError) as caught:
        staged(project(sections, files=files, bare=True))
    assert (caught.value.code, caught.value.params["suggestion"]) == ("column_missing", "jenis")


def test_a_large_island_is_no_small_one(project: MakeProject) -> None:
    got = staged(island_project(project, terrain={"small_island": {"area_km2": 1872.0}})).columns
    assert got.loc[1, "island"] == "Pulau Laut"
    assert not got.loc[1, "is_small_island"]


def test_distances_and_wetlands_of_layers(project: MakeProject) -> None:
    sections = {
        "wetlands": {"path": "wet.geojson"},
        "roads": {"path": "roads.geojson"},
        "fibre": {"path": "fibre.geojson"},
        "sites": {"path": "sites.csv"},
    }
    files = {
        "schools.csv": "npsn,nama,lat,lon\n1,A,-3.0,115.0\n2,B,-3.5,115.0\n3,C,,\n",
        "wet.geojson": layer("Polygon", ring(114.9, -3.1, 115.1, -2.9)),
        "roads.geojson": layer("LineString", [[115.0, -3.4], [115.0, -3.2]]),
        "fibre.geojson": layer("Point", [115.2, -3.0], [115.0, -3.6]),
        # 2G does not give a good connection; 5G counts like 4G.
        "sites.csv": "technology,lat,lon\n2g,-3.0,115.0\n4g,-3.1,115.0\n5g,-3.5,115.1\n",
    }
    result = staged(project(sections, files=files, bare=True))
    got = result.columns
    assert [None if pd.isna(v) else bool(v) for v in got["is_wetland"]] == [True, False, None]

    def km(*line: float) -> float:
        return float(GEOD.inv(line[1], line[0], line[3], line[2])[2]) / 1000

    expected = {
        "road_km": [km(-3.0, 115.0, -3.2, 115.0), km(-3.5, 115.0, -3.4, 115.0)],
        "fibre_km": [km(-3.0, 115.0, -3.0, 115.2), km(-3.5, 115.0, -3.6, 115.0)],
        "site_4g_km": [km(-3.0, 115.0, -3.1, 115.0), km(-3.5, 115.0, -3.5, 115.1)],
    }
    for name, values in expected.items():
        assert got[name].tolist()[:2] == pytest.approx(values, abs=1e-3)
        assert got[name].isna().tolist() == [False, False, True]
    assert got["terrain_class"].fillna("").tolist() == ["rawa", "", ""]  # of B no relief, no coast


def test_without_layers_everything_is_unknown(project: MakeProject) -> None:
    result = staged(project(bare=True))
    # The position of a satellite is known without any layer.
    known = ["satellite_azimuth_deg", "satellite_elevation_deg"]
    assert result.columns[known].notna().sum().tolist() == [11, 11]
    assert (result.columns["exposure_status"] == "unknown").all()
    assert result.columns.drop(columns=[*known, "exposure_status"]).isna().all(axis=None)
    assert result.findings == []
    assert result.tables["horizons"].empty


def test_no_school_has_a_location(project: MakeProject) -> None:
    opened = project(files={"schools.csv": "npsn,nama,lat,lon\n1,A,,\n2,B,,\n"})
    result = staged(opened)
    assert (result.columns.pop("exposure_status") == "unknown").all()
    assert result.columns.isna().all(axis=None)
    assert result.tables["horizons"].empty


def test_a_model_that_touches_no_school_is_unusable(
    project: MakeProject, raster: MakeRaster
) -> None:
    far = raster("far.tif", np.zeros((3, 3)), transform=Affine(0.01, 0.0, 100.0, 0.0, -0.01, 0.0))
    with pytest.raises(InputError) as caught:
        staged(project({"elevation": {"path": str(far)}}))
    assert (caught.value.code, caught.value.path) == ("raster_touches_no_school", far)


@pytest.mark.parametrize("corner", [(300_000.0, 9_650_000.0), (-3.0, 115.0)])
def test_a_model_whose_degrees_are_none_is_refused(
    raster: MakeRaster, corner: tuple[float, float]
) -> None:
    """Metres whose CRS says degrees, and swapped axes."""
    path = raster(
        "off.tif",
        np.zeros((3, 3)),
        crs="EPSG:4326",
        transform=Affine(0.01, 0, corner[0], 0, -0.01, corner[1]),
    )
    with open_band(path) as band, pytest.raises(InputError) as caught:
        dem_grid_of(band.grid, path)
    assert (caught.value.code, caught.value.path) == ("raster_not_degrees", path)


def test_heights_that_cannot_be_are_unknown(project: MakeProject, raster: MakeRaster) -> None:
    high = raster("high.tif", np.full((10, 10), 9999), nodata=-32768)
    result = staged(project({"elevation": {"path": str(high)}}))
    assert result.columns["elevation_m"].isna().all()
    assert result.columns["local_relief_m"].isna().all()


def test_a_school_off_the_model_is_found(project: MakeProject) -> None:
    text = "npsn,nama,lat,lon\n1,A,-2.95,115.35\n2,B,-2.0,115.35\n3,C,,\n"
    result = staged(project({"boundaries": None}, files={"schools.csv": text}))
    off = [f for f in result.findings if f.code == "off_elevation"]
    assert [(f.row, f.npsn) for f in off] == [(3, "2")]
    assert result.columns["is_mountain"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize("section", ["wetlands", "land"])
def test_a_layer_of_lines_where_polygons_belong(project: MakeProject, section: str) -> None:
    lines_ = layer("LineString", [[115.3, -2.9], [115.4, -2.9]])
    sections: dict[str, Any] = {"wetlands": {"path": "lines.geojson"}}
    if section == "land":
        sections = {"coastline": {"path": "coastline.geojson", "land": ["lines.geojson"]}}
    with pytest.raises(InputError) as caught:
        staged(project(sections, files={"lines.geojson": lines_}))
    assert caught.value.code == "vector_no_polygons"


def test_tiny_by_hand(project: MakeProject) -> None:
    """Facts of data/tiny that can be read off its typed-in tables."""
    got = staged(project()).columns
    # The hill is 470 m high and the lowest land 3 m; 00000105 is the only one far enough off.
    assert got["mountain_class"].notna().sum() == 11
    east = got.loc[[7, 8, 9]]  # 00000108 to 00000110 stand on the hill itself
    assert (east["terrain_class"] == "pegunungan").all()
    assert got.loc[4, "terrain_class"] == "pesisir"  # 00000105, beside the sea
    x, y = 115.32, -2.98  # the corner of the shore nearest to it
    km = GEOD.inv(115.315, -2.976, 115.315, -2.98)[2] / 1000
    assert got.loc[4, "coast_km"] == pytest.approx(km, abs=1e-3)
    assert km < GEOD.inv(115.315, -2.976, x, y)[2] / 1000
    # 00000106 lies .8 of the way from the eighth row's centre to the ninth's, and .6 from the
    # fourth column's to the fifth's: .2·(.4·12 + .6·16) + .8·(.4·7 + .6·10) = 9.92 m.
    assert got.loc[5, "elevation_m"] == pytest.approx(9.92)
    assert got.loc[[4, 5], "is_lowland"].all()
    assert got["is_lowland"].sum() == 2
    assert got["island"].isna().all()
    assert got["is_small_island"].isna().all()  # no land polygons: not known


def test_tiny_knows_its_satellite_but_not_its_horizon(project: MakeProject) -> None:
    """The model of data/tiny ends within 5 km of every school; its hill is still seen."""
    result = staged(project())
    got, horizons = result.columns, result.tables["horizons"]
    assert (got["exposure_status"] == "unknown").all()
    assert (
        got[["max_horizon_deg", "sky_view_share", "leo_open_share", "leo_clear"]]
        .isna()
        .all(axis=None)
    )
    assert tuple(horizons.columns) == HORIZONS
    assert len(horizons) == 16 * got["elevation_m"].notna().sum()
    seen = horizons[horizons["found_deg"].notna()]
    assert not seen.empty
    first = seen[seen["npsn"] == "00000105"].iloc[0]  # at -2.976, 115.315
    way_m = GEOD.inv(115.315, -2.976, first["obstacle_lon"], first["obstacle_lat"])[2]
    assert way_m == pytest.approx(first["distance_m"], abs=0.1)


# A bowl 30 km wide: level in the middle, and a wall of 3 km around it, in cells of 500 m.
def bowl(raster: MakeRaster, *, wall_m: float, east_of: float = -1.0) -> str:
    i, j = np.mgrid[:200, :200]
    away = np.hypot(i - 99.5, j - 99.5) * 0.0045 * 111_000
    cells = np.where((away > 2500) & (away < 4000) & ((j - 99.5) * 500.0 > east_of), wall_m, 10.0)
    corner = Affine(0.0045, 0.0, 115.0 - 0.45, 0.0, -0.0045, -2.55)
    return str(raster("bowl.tif", cells, transform=corner, crs="EPSG:4326", nodata=-32768))


@pytest.mark.parametrize(
    ("wall_m", "clear", "leo_clear"),
    [(10.0, True, True), (1500.0, True, False), (6000.0, False, False)],
)
def test_walls_around_a_school(
    project: MakeProject, raster: MakeRaster, wall_m: float, clear: bool, leo_clear: bool
) -> None:
    elevation = {"path": bowl(raster, wall_m=wall_m, east_of=-1e9), "surface": "dtm"}
    text = "npsn,nama,lat,lon\n1,A,-3.0,115.0\n"
    got = staged(
        project({"elevation": elevation}, files={"schools.csv": text}, bare=True)
    ).columns.iloc[0]
    assert got["exposure_status"] == "known"
    # The satellite stands 31° to the east, over the equator.
    assert got["satellite_azimuth_deg"] == pytest.approx(85.0, abs=0.1)
    assert got["satellite_elevation_deg"] == pytest.approx(53.8, abs=0.1)
    horizon_deg = got["satellite_elevation_deg"] - got["satellite_margin_deg"]
    assert horizon_deg <= got["max_horizon_deg"] + 1e-6
    if wall_m > 10.0:
        assert horizon_deg == pytest.approx(math.degrees(math.atan((wall_m - 15) / 2500)), abs=4.0)
    assert bool(got["satellite_clear"]) is clear
    assert bool(got["leo_clear"]) is leo_clear


def test_a_wall_in_the_east_hides_the_satellite_whatever_is_unknown(
    project: MakeProject, raster: MakeRaster
) -> None:
    """The model ends 50 km away: nearer than the search radius, so no horizon is known."""
    text = "npsn,nama,lat,lon\n1,A,-3.0,115.0\n"
    elevation = {"path": bowl(raster, wall_m=6000.0, east_of=0.0), "surface": "dtm"}
    clear = []
    for satellite in (146.0, 84.0):
        horizon = {"void_m": 90_000.0, "distance_m": 80_000.0}
        limits = {"horizon": horizon, "satellite": {"lon_deg": satellite}}
        sections = {"elevation": elevation, "terrain": limits}
        got = staged(project(sections, files={"schools.csv": text}, bare=True)).columns.iloc[0]
        assert got["exposure_status"] == "unknown"
        assert np.isnan(got["satellite_margin_deg"])
        clear.append(None if pd.isna(got["satellite_clear"]) else bool(got["satellite_clear"]))
    assert clear == [False, None]


def test_the_longest_crossing(project: MakeProject) -> None:
    """Of data/tiny, whose capital is found by its polygon: part of the share over water."""
    got = staged(project()).columns
    known = got["water_share"].notna()
    assert (got["water_crossing_km"].notna() == known).all()
    assert ((got["water_crossing_km"] > 0) == (got["water_share"] > 0))[known].all()
