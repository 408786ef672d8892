"""Predictions at schools: levels worked out from the loss, completeness, voids, circles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap import schema
from kalsel_gap.deficit.signals import collect_signals
from kalsel_gap.errors import InputError
from kalsel_gap.geo import geodesy, sample_points
from kalsel_gap.project.base import default_values
from kalsel_gap.project.inputs import Coverage, LandCover
from kalsel_gap.project.radio import Candidates, Radio
from kalsel_gap.radio.links.prediction import PREDICTIONS, predict_levels
from kalsel_gap.radio.links.servers import candidate_servers, radio_cells
from kalsel_gap.radio.propagation import p1812
from kalsel_gap.radio.propagation.free_space import free_space_db
from kalsel_gap.radio.propagation.path_inputs import Paths
from tests.conftest import handed_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import geopandas as gpd

    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Staged
    from tests.conftest import MakeProject, MakeRaster, MakeSchools

    Run = Callable[..., Staged]

RADIO = Radio.model_validate(default_values("radio"))
HEADER = "site_id,operator,technology,lat,lon,antenna_height_m,frequency_mhz,eirp_dbm,azimuth_deg"
# 3″ cells from 2.9° S, 115.3° E: 18 km to the east, 9 km to the south.
SIDE = 1.0 / 1200.0
GRID = Affine(SIDE, 0.0, 115.3, 0.0, -SIDE, -2.9)
LAT = -2.94
SITE = f"A,telkomsel,4g,{LAT},115.32,40,1800,62,"
EAST = {"lat": LAT, "lon": 115.40}  # 8.9 km off
# 10·log10 of the 1,200 resource elements of 20 MHz.
ELEMENTS_DB = 30.79


def made(schools: gpd.GeoDataFrame, opened: Opened) -> Staged:
    return predict_levels(schools, opened, handed_on(opened))


@pytest.fixture
def plain(raster: MakeRaster) -> Callable[..., Path]:
    """An elevation model of 10 m everywhere, except where a test changes it."""

    def make(ridge: slice | None = None, height: int = 300, void: slice | None = None) -> Path:
        ground = np.full((108, 216), 10)
        if ridge is not None:
            ground[:, ridge] = height
        if void is not None:
            ground[:, void] = -32768
        return raster(f"{ridge}{height}{void}.tif", ground, transform=GRID, nodata=-32768)

    return make


@pytest.fixture
def predicted(project: MakeProject, schools: MakeSchools) -> Run:
    """The stage at schools with a known place only, unless rows have more."""

    def make(
        dem: Path, sites: Sequence[str], rows: Sequence[dict[str, Any]], **section: Any
    ) -> Staged:
        return made(*arguments(project, schools, dem, sites, rows, **section))

    return make


def arguments(
    project: MakeProject,
    schools: MakeSchools,
    dem: Path,
    sites: Sequence[str],
    rows: Sequence[dict[str, Any]],
    header: str = HEADER,
    **section: Any,
) -> tuple[Any, Opened]:
    files = {"s.csv": "\n".join([header, *sites]) + "\n"}
    sections = {
        "elevation": {"path": str(dem), "surface": "dtm", "sea": "none"},
        "sites": {"path": "s.csv", **section},
        "radio": {"surroundings": {"kind": "open"}},
    }
    kept = [c.name for c in schema.up_to("terrain")]
    opened = project(sections, files=files, bare=True)
    return schools(rows)[[*kept, "geometry"]], opened


def test_the_level_is_power_less_elements_less_loss(plain: Any, predicted: Run) -> None:
    staged = predicted(plain(), [SITE], [EAST])
    row = staged.tables["predictions"].iloc[0]
    km = float(geodesy.distance_m(LAT, 115.32, LAT, 115.40)[0]) / 1000
    assert row["site_km"] == pytest.approx(km, abs=1e-6)
    # The same profile made by hand: level ground, so only its length matters.
    link = p1812.P1812Link(
        frequency_mhz=1800.0,
        tx_height_m=40.0,
        rx_height_m=RADIO.receiver.height_m,
        latitude_deg=LAT,
        delta_n=RADIO.atmosphere.delta_n,
        n0=RADIO.atmosphere.n0,
    )
    loss = p1812.loss(Paths.equally_spaced([km], np.full((1, 99), 10.0)), link)
    assert row["loss_db"] == pytest.approx(loss.loss_db[0], abs=0.05)
    assert row["level_dbm"] == pytest.approx(62.0 - ELEMENTS_DB - row["loss_db"], abs=0.01)
    assert row["diffraction_db"] == pytest.approx(loss.diffraction_db[0], abs=0.05)
    # Not how places differ around the school, but how wrong such predictions are.
    assert row["sd_db"] == 10.0
    assert row[["site_id", "calibration", "model"]].tolist() == ["A", "uncalibrated", "p1812"]
    school = staged.columns.iloc[0]
    assert school["predicted_4g_dbm"] == row["level_dbm"]
    assert school["predicted_4g_site"] == "A"
    assert school["prediction_status"] == "uncalibrated"
    assert school["diffraction_db"] == row["diffraction_db"]
    assert pd.isna(school["predicted_2g_dbm"])
    assert tuple(staged.tables["predictions"].columns) == PREDICTIONS


def test_a_ridge_lowers_the_level_and_is_reported(plain: Any, predicted: Run) -> None:
    # Columns 70 to 73 lie from 115.3583° to 115.3617°: 4.3 km or so from the school.
    free, ridge = (
        predicted(dem, [SITE], [EAST]).tables["predictions"].iloc[0]
        for dem in (plain(), plain(slice(70, 74)))
    )
    assert ridge["level_dbm"] < free["level_dbm"] - 20.0
    assert ridge["loss_db"] - free["loss_db"] == pytest.approx(
        ridge["diffraction_db"] - free["diffraction_db"], abs=3.0
    )
    assert free["line_of_sight"]
    assert not ridge["line_of_sight"]
    assert ridge["clearance_ratio_worst"] < ridge["clearance_ratio"] < 0.0
    assert ridge["obstacle_km"] == pytest.approx(4.45, abs=0.2)
    assert ridge["obstacle_m"] == pytest.approx(300.0, abs=0.1)
    assert 240.0 < ridge["obstacle_excess_m"] < 300.0


def test_nearer_than_the_model_covers_the_loss_is_that_of_free_space(
    plain: Any, predicted: Run
) -> None:
    rows = [{"lat": LAT, "lon": 115.3215}, {"lat": LAT, "lon": 115.32}]
    table = predicted(plain(), [SITE], rows).tables["predictions"]
    for row, km in zip(table.to_dict("records"), (0.1667, 0.0), strict=True):
        slant_km = np.hypot(km, (40.0 - RADIO.receiver.height_m) / 1000)
        # Equation (8) has 92.4 where ITU-R P.525 has 92.45.
        assert row["loss_db"] == pytest.approx(free_space_db(slant_km, 1800.0) - 0.048, abs=0.02)
        assert row["model"] == "free_space"
        assert row["diffraction_db"] == 0.0


def test_the_best_server_counts_and_each_operator_and_technology(
    plain: Any, predicted: Run
) -> None:
    sites = [
        SITE,
        f"B,telkomsel,4g,{LAT},115.38,40,1800,62,",
        f"C,indosat,4g,{LAT},115.39,40,1800,40,",
        f"B,telkomsel,2g,{LAT},115.38,40,900,57,",
    ]
    staged = predicted(plain(), sites, [EAST])
    table = staged.tables["predictions"].set_index(["operator", "technology"])
    assert table["site_id"].to_dict() == {
        ("telkomsel", "2g"): "B",
        ("indosat", "4g"): "C",
        ("telkomsel", "4g"): "B",
    }
    # The best of all operators stands in the schools table; 2G is no RSRP.
    assert staged.columns["predicted_4g_site"].tolist() == ["B"]
    power_2g = table["level_dbm"] + table["loss_db"]
    assert power_2g[("telkomsel", "2g")] == pytest.approx(57.0)


def test_a_sector_in_another_direction_gives_less(plain: Any, predicted: Run) -> None:
    east, west = (
        predicted(plain(), [SITE + azimuth], [EAST]).tables["predictions"]["level_dbm"].iloc[0]
        for azimuth in ("90", "270")
    )
    assert east - west == pytest.approx(RADIO.pattern.front_to_back_db, abs=0.01)


# --- unknown inputs --------------------------------------------------------------------------


def far(**more: Any) -> dict[str, Any]:
    """Behind the ridge of the tests below."""
    return {**EAST, **more}


@pytest.mark.parametrize(
    ("complete", "power", "status", "reason"),
    [
        (False, 62, "value", "sites_incomplete"),
        (False, 10, "unknown", "sites_incomplete"),
        (True, 62, "value", ""),
        (True, 10, "none", ""),
    ],
)
def test_a_level_from_some_of_the_sites_is_a_lower_bound(
    plain: Any, predicted: Run, complete: bool, power: int, status: str, reason: str
) -> None:
    dem = plain(slice(70, 74), height=200)
    site = f"A,telkomsel,4g,{LAT},115.32,40,1800,{power},"
    row = predicted(dem, [site], [EAST], complete=complete).tables["predictions"].iloc[0]
    assert row["level_dbm"] < -105.0
    assert row[["status", "reason"]].tolist() == [status, reason]
    assert pd.isna(row["adequacy"]) == (status == "unknown")
    if status == "none":
        assert row["adequacy"] == 0.0


@pytest.mark.parametrize(
    ("complete", "status", "reason"), [(False, "unknown", "no_site"), (True, "none", "")]
)
def test_no_site_within_reach(
    plain: Any, predicted: Run, complete: bool, status: str, reason: str
) -> None:
    row = {"lat": LAT, "lon": 116.0}  # 75 km off
    got = predicted(plain(), [SITE], [row], complete=complete).tables["predictions"].iloc[0]
    assert got[["status", "reason"]].tolist() == [status, reason]
    assert pd.isna(got["level_dbm"])


def test_a_level_that_is_only_a_lower_bound_is_no_level_of_the_school(
    plain: Any, predicted: Run
) -> None:
    dem = plain(slice(70, 74), height=200)
    site = f"A,telkomsel,4g,{LAT},115.32,40,1800,40,"
    for complete in (False, True):
        staged = predicted(dem, [site], [EAST], complete=complete)
        assert staged.tables["predictions"]["level_dbm"].notna().all()
        school = staged.columns.iloc[0]
        for name in ("predicted_4g_dbm", "predicted_4g_sd_db", "prediction_status"):
            assert pd.notna(school[name]) == complete
        # The obstacle of the path is known nevertheless.
        assert school["path_status"] == "known"
        assert school["clearance_ratio"] < 0.0


def test_a_farther_site_is_tried_where_the_nearest_are_hidden(plain: Any, predicted: Run) -> None:
    # Eight sites behind the ridge, and a ninth on the school's side of it but farther away.
    hidden = [f"H{n},telkomsel,4g,{LAT},{115.355 - 0.0001 * n},10,1800,62," for n in range(8)]
    seen = f"S,telkomsel,4g,{LAT},115.47,40,1800,62,"
    dem = plain(slice(70, 74), height=600)
    row = predicted(dem, [*hidden, seen], [EAST]).tables["predictions"].iloc[0]
    assert row["site_id"] == "S"
    assert row["level_dbm"] > -110.0


@pytest.fixture
def over_woodland(
    plain: Any, raster: MakeRaster, project: MakeProject, schools: MakeSchools
) -> Callable[..., Staged]:
    def make(classes: Any, *, west: float = 115.3, void: slice | None = None) -> Staged:
        # Cells of 0.01° over the whole elevation model.
        cover = np.full((9, 18), 30, dtype="uint8")
        cover[:, 8:10] = classes
        grid = Affine(0.01, 0.0, west, 0.0, -0.01, -2.9)
        path = raster("cover.tif", cover, transform=grid, nodata=0)
        table, opened = arguments(project, schools, plain(void=void), [SITE], [EAST])
        given = LandCover.model_validate({"path": str(path)}, context={"folder": path.parent})
        wooded = opened.project.model_copy(update={"land_cover": given})
        return made(table, type(opened)(opened.path, wooded, opened.origins))

    return make


@pytest.mark.parametrize("classes", [0, 99])
def test_what_stands_on_a_path_may_be_unknown(over_woodland: Any, classes: int) -> None:
    staged = over_woodland(classes)
    row = staged.tables["predictions"].iloc[0]
    assert row[["status", "reason"]].tolist() == ["unknown", "land_cover"]
    assert [f.code for f in staged.findings] == ["land_cover_missing"]
    assert str(staged.findings[0].parameters["raster"]).endswith("cover.tif")
    assert pd.notna(over_woodland(30).tables["predictions"].iloc[0]["level_dbm"])
    # A void of the elevation model is reported as a void.
    void = over_woodland(30, void=slice(60, 64))
    assert [f.code for f in void.findings] == ["prediction_over_void"]


def test_a_land_cover_of_somewhere_else_is_an_error(over_woodland: Any) -> None:
    with pytest.raises(InputError) as caught:
        over_woodland(30, west=105.3)
    assert caught.value.code == "raster_touches_no_school"
    assert str(caught.value.path).endswith("cover.tif")


def test_over_a_void_nothing_is_known(plain: Any, predicted: Run) -> None:
    staged = predicted(plain(void=slice(60, 64)), [SITE], [EAST], complete=True)
    row = staged.tables["predictions"].iloc[0]
    assert row[["status", "reason"]].tolist() == ["unknown", "void"]
    assert [f.code for f in staged.findings] == ["prediction_over_void"]
    school = staged.columns.iloc[0]
    assert pd.isna(school["diffraction_db"])
    assert school["path_status"] == "unknown"


BAD = {
    "no height": ("A,telkomsel,4g,-2.94,115.32,,1800,62,", "site_term_unknown"),
    "no power": ("A,telkomsel,4g,-2.94,115.32,40,1800,,", "site_term_unknown"),
    "28 GHz": ("A,telkomsel,4g,-2.94,115.32,40,28000,62,", "site_term_implausible"),
    "half a metre": ("A,telkomsel,4g,-2.94,115.32,0.5,1800,62,", "site_term_implausible"),
    "off the model": ("A,telkomsel,4g,-3.5,115.32,40,1800,62,", "site_off_elevation"),
}


@pytest.mark.parametrize(("row", "code"), BAD.values(), ids=list(BAD))
def test_a_site_of_which_too_little_is_known(
    plain: Any, predicted: Run, row: str, code: str
) -> None:
    other = f"B,telkomsel,4g,{LAT},115.33,40,1800,20,"
    staged = predicted(plain(), [row, other], [EAST], complete=True)
    assert [(f.code, f.row) for f in staged.findings] == [(code, 2)]
    got = staged.tables["predictions"].iloc[0]
    assert got["site_id"] == "B"
    # The list is complete, but a site within reach may serve better than predicted.
    near = "-3.5" not in row
    assert got["status"] == "value"
    assert got["reason"] == ("site_unusable" if near else "")


def test_sites_on_the_sea(raster: MakeRaster, project: MakeProject, schools: MakeSchools) -> None:
    ground = np.full((108, 216), 10)
    ground[:, :20] = -32768
    dem = raster("sea.tif", ground, transform=GRID, nodata=-32768)
    wet = f"S,telkomsel,4g,{LAT},115.302,40,1800,62,"
    table, opened = arguments(project, schools, dem, [wet, SITE], [EAST])
    elevation = opened.project.elevation
    assert elevation is not None
    sea = opened.project.model_copy(
        update={"elevation": elevation.model_copy(update={"sea": "nodata"})}
    )
    staged = made(table, type(opened)(opened.path, sea, opened.origins))
    assert [(f.code, f.row) for f in staged.findings] == [("site_on_sea", 2)]
    assert staged.tables["predictions"]["site_id"].tolist() == ["A"]


def test_nothing_to_predict_from(
    project: MakeProject, schools: MakeSchools, plain: Any, predicted: Run
) -> None:
    kept = [c.name for c in schema.up_to("terrain")]
    table = schools([EAST])[[*kept, "geometry"]]
    staged = made(table, project(bare=True))
    assert staged.tables["predictions"].empty
    assert staged.findings == []
    assert staged.columns["path_status"].tolist() == ["unknown"]
    nowhere = predicted(plain(), [SITE], [{"lat": None, "lon": None}, EAST])
    rows = nowhere.tables["predictions"]
    assert rows["reason"].tolist()[0] == "no_location"
    assert rows["level_dbm"].notna().tolist() == [False, True]
    assert nowhere.columns["prediction_status"].isna().tolist() == [True, False]


def test_what_the_user_knows_of_the_path_counts(plain: Any, predicted: Run) -> None:
    staged = predicted(plain(), [SITE], [{**EAST, "diffraction_loss_db": 17.0}, EAST])
    assert staged.columns["diffraction_db"].tolist()[0] == 17.0
    assert staged.columns["diffraction_db"].tolist()[1] < 10.0
    assert staged.columns["path_status"].tolist() == ["known", "known"]


# --- uncertain locations ---------------------------------------------------------------------


def test_over_a_circle_the_mean_of_a_few_points(plain: Any, predicted: Run) -> None:
    rows = [
        {**EAST, "confidence": grade, "confidence_radius_m": radius}
        for grade, radius in (("A", 50.0), ("B", 250.0), ("C", 1000.0), ("D", 5000.0))
    ]
    table = predicted(plain(), [SITE], rows).tables["predictions"]
    level, sd = table["level_dbm"].to_numpy(), table["sd_db"].to_numpy()
    assert level[0] == level[1]
    assert sd[0] == sd[1] < sd[2] < sd[3]
    points = sample_points.disk_points(LAT, 115.40, 1000.0, RADIO.candidates.points)
    single = [{"lat": lat, "lon": lon} for lat, lon in zip(*map(np.ravel, points), strict=True)]
    each = predicted(plain(), [SITE], single).tables["predictions"]["level_dbm"]
    assert level[2] == pytest.approx(each.mean(), abs=1e-9)
    assert sd[2] == pytest.approx(np.hypot(sd[0], each.std(ddof=0)), abs=1e-9)


def test_an_uncertain_place_of_a_site_widens_the_level(plain: Any, predicted: Run) -> None:
    sites = [f"{SITE},4000"]
    certain = predicted(plain(), [SITE], [EAST]).tables["predictions"].iloc[0]
    staged = predicted(plain(), sites, [EAST], header=f"{HEADER},range")
    wider = staged.tables["predictions"].iloc[0]
    assert wider["level_dbm"] == certain["level_dbm"]
    position_db = 40.0 / np.log(10.0) * 2.0 / certain["site_km"]
    assert wider["sd_db"] == pytest.approx(np.hypot(certain["sd_db"], position_db))


def test_the_order_of_rows_changes_nothing(
    plain: Any, project: MakeProject, schools: MakeSchools
) -> None:
    sites = [
        f"{n},telkomsel,4g,{LAT - 0.003 * n},{115.31 + 0.007 * n},40,1800,62," for n in range(12)
    ]
    rows = [{"lat": LAT, "lon": 115.33 + 0.02 * n} for n in range(5)]
    dem = plain(slice(70, 74))
    table, opened = arguments(project, schools, dem, sites, rows)
    first = made(table, opened).tables["predictions"]
    turned, other = arguments(project, schools, dem, sites[::-1], rows)
    again = made(turned.iloc[::-1], other).tables["predictions"]
    pd.testing.assert_frame_equal(first, again, check_exact=True)


# --- which sites -----------------------------------------------------------------------------


@settings(max_examples=30)
@given(
    places=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=25),
    count=st.integers(1, 8),
)
def test_the_nearest_sites_within_reach(places: list[tuple[int, int]], count: int) -> None:
    table = pd.DataFrame(
        {
            "operator": "x",
            "technology": "4g",
            "site_id": "",
            "file": "s",
            "row": 1,
            "lat": [-3.0 + 0.02 * y for y, _ in places],
            "lon": [115.0 + 0.02 * x for _, x in places],
            "antenna_height_m": 30.0,
            "frequency_mhz": 1800.0,
            "eirp_dbm": 60.0,
            "bandwidth_mhz": np.nan,
            "azimuth_deg": np.nan,
            "downtilt_deg": np.nan,
        }
    )
    cells = radio_cells(table)
    terms: dict[str, Any] = {"reach_km": 25.0, "points": 1, "confidence": "low", "source": "test"}
    rule = Candidates(sites=count, most_sites=count + 3, **terms)
    lat, lon = np.array([-2.61]), np.array([115.43])
    found = candidate_servers(lat, lon, cells, rule)
    site = cells.table[["lat", "lon"]].drop_duplicates()
    here = (np.repeat(lat, len(site)), np.repeat(lon, len(site)))
    away_m = np.sort(geodesy.distance_m(*here, site["lat"], site["lon"]))
    expected = away_m[away_m <= 25_000.0][:count]
    got = cells.table.iloc[found.cell]
    got_m = geodesy.distance_m(lat[found.point], lon[found.point], got["lat"], got["lon"])
    np.testing.assert_allclose(np.unique(got_m.round(3)), np.unique(expected.round(3)))
    # The two steps together give the same as so many sites at once.
    more = candidate_servers(lat, lon, cells, rule, beyond=np.array([[True]]))
    wide = candidate_servers(lat, lon, cells, Candidates(sites=count + 3, most_sites=1, **terms))
    assert sorted(found.and_then(more).cell) == sorted(wide.cell)
    assert not candidate_servers(lat, lon, cells, rule, beyond=np.array([[False]])).cell.size
    # Every cell of a site is included, and they share its path.
    assert len(found.path_cell) == len(got[["lat", "lon"]].drop_duplicates())


# --- as evidence -----------------------------------------------------------------------------


def evidence(
    project: MakeProject,
    schools: MakeSchools,
    raster: MakeRaster,
    dem: Path,
    claimed: float,
    **section: Any,
) -> Staged:
    """The stage *signals* where an operator's raster has a level."""
    path = raster("claim.tif", np.full((10, 20), claimed, dtype="float32"))
    coverage = {
        "path": str(path),
        "technology": "4g",
        "operator": "telkomsel",
        "kind": "rsrp_dbm",
        "basis": "modelled",
        "nodata_means": "none",
    }
    table, opened = arguments(project, schools, dem, [SITE], [EAST], **section)
    given = Coverage.model_validate(coverage, context={"folder": path.parent})
    opened = type(opened)(
        opened.path, opened.project.model_copy(update={"coverage": (given,)}), opened.origins
    )
    staged = made(table, opened)
    table = table.join(staged.columns)
    return collect_signals(table, opened, staged.tables)


def test_levels_of_a_complete_list_and_a_map_are_averaged(
    project: MakeProject, schools: MakeSchools, raster: MakeRaster, plain: Any
) -> None:
    alone = evidence(project, schools, raster, plain(), -95.0)
    school = alone.columns.iloc[0]
    # Some of the sites: the map counts, and a prediction is no more than a bound beside it.
    assert school[["available_evidence", "best_basis"]].tolist() == ["map", "modelled"]
    assert school["best_level_dbm"] == -95.0
    both = evidence(project, schools, raster, plain(), -95.0, complete=True)
    rows = both.tables["signals"].set_index("kind")
    assert rows["used"].to_dict() == {"prediction": True, "rsrp_dbm": True}
    school = both.columns.iloc[0]
    assert school[["available_evidence", "best_basis"]].tolist() == ["combined", "modelled"]
    middle = (-95.0 + float(rows["level_dbm"]["prediction"])) / 2.0  # both have an error of 10 dB
    assert school["best_level_dbm"] == pytest.approx(middle, abs=1e-6)


@pytest.mark.parametrize("complete", [False, True])
def test_a_prediction_far_from_the_map_is_told(
    project: MakeProject, schools: MakeSchools, raster: MakeRaster, plain: Any, complete: bool
) -> None:
    dem = plain(slice(70, 74), height=600)
    staged = evidence(project, schools, raster, dem, -75.0, complete=complete)
    school = staged.columns.iloc[0]
    assert school["best_basis"] == "modelled"
    assert school["available_status"] == "known"
    found = [f for f in staged.findings if f.code == "prediction_disagrees"]
    for finding in found:
        assert finding.parameters["claimed_dbm"] == -75.0
        assert float(str(finding.parameters["predicted_dbm"])) < -105.0
    # All of what the map covers is out of reach of the list that is said to be complete.
    codes = {f.code for f in staged.findings}
    assert ("sites_not_complete" in codes) == complete


def test_a_level_far_above_the_operators_is_reported(
    project: MakeProject, schools: MakeSchools, raster: MakeRaster, plain: Any
) -> None:
    found = evidence(project, schools, raster, plain(), -130.0).findings
    assert [(f.code, f.npsn, f.value) for f in found] == [
        ("prediction_disagrees", "00000001", "telkomsel")
    ]
    assert str(found[0].parameters["raster"]).endswith("claim.tif")


def test_nearer_than_the_model_schools_and_raster_have_one_rule(plain: Any, predicted: Run) -> None:
    near = {"lat": LAT, "lon": 115.3215}
    row = predicted(plain(), [SITE], [near]).tables["predictions"].iloc[0]
    km = float(geodesy.distance_m(LAT, 115.32, LAT, 115.3215)[0]) / 1000
    ray_km = np.hypot(km, (40.0 - RADIO.receiver.height_m) / 1000)
    assert row["loss_db"] == pytest.approx(92.4 + 20 * np.log10(1.8 * ray_km), abs=1e-4)
