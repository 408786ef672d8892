"""The real schools of South Kalimantan: counts made another way, and independent routes."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import Geod, Transformer
from python_calamine import CalamineWorkbook
from scipy import ndimage
from scipy.spatial import KDTree

import kalsel_gap
from kalsel_gap import schema
from kalsel_gap.comparison.run_comparison import compare_runs
from kalsel_gap.deficit.deficits import measure_deficits
from kalsel_gap.deficit.service import assess_service
from kalsel_gap.deficit.signals import collect_signals
from kalsel_gap.project.read import read_project
from kalsel_gap.sources.schools import read_schools

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

pytestmark = pytest.mark.real

PROJECT = Path(__file__).parent / "kalsel.toml"
GEOD = Geod(ellps="WGS84")
REGISTER = "kalsel/schools/kalsel_sekolah_2019_raw.csv"
WORKBOOK = "kalsel/schools/dapodik_banjar_2025.xlsx"
MIRRORED = {"30301027", "30303233", "30303356"}  # a latitude without its minus sign
WEST = {"30300939"}
LAYERS = {
    "telkomsel": "rsrp_4g_telkomsel_9arcsec.tif",
    "indosat": "rsrp_4g_indosat_9arcsec.tif",
    "xlsmart": "rsrp_4g_xlsmart_9arcsec.tif",
}
CLASSES = "class_2g_telkomsel_utm50s_250m.tif"


@pytest.fixture(scope="session")
def register(shared: Path) -> list[dict[str, str]]:
    with (shared / REGISTER).open(encoding="utf-8", newline="") as file:
        return [{k: v.strip() for k, v in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="session")
def hundred(kalsel: Run) -> gpd.GeoDataFrame:
    # Terrain and distances of a doubtful point may be those of the area that the row claims.
    sure = kalsel.schools["lat"].notna() & kalsel.schools["claimed_area"].isna()
    return kalsel.schools[sure].sort_values("npsn").sample(100, random_state=7)


# --- rows ------------------------------------------------------------------------------------


def test_every_row_in_is_a_row_out(kalsel: Run, register: list[dict[str, str]]) -> None:
    assert len(register) == len(kalsel.schools) == 3845
    assert sorted(kalsel.schools["npsn"]) == sorted(row["npsn"] for row in register)
    lines = {f"kalsel_sekolah_2019_raw.csv:{n}" for n in range(2, 3847)}
    assert set(kalsel.schools["row_id"]) == lines
    ranks = kalsel.schools["rank"].dropna()
    assert len(ranks) == 3823
    # Schools of equal deficit and priority share a rank.
    assert ranks.tolist() == ranks.rank(method="min").astype(int).tolist()


def test_what_cannot_be_placed_is_listed_with_its_reason(kalsel: Run) -> None:
    found = kalsel.findings
    missing = set(found.loc[found["code"] == "location_missing", "npsn"])
    zero = set(found.loc[found["code"].isin(["location_zero", "location_half_zero"]), "npsn"])
    outside = set(found.loc[found["code"] == "location_outside_area", "npsn"])
    mirrored = set(found.loc[found["code"] == "location_sign_missing", "npsn"])
    assert (len(missing), len(zero)) == (12, 6)
    assert (mirrored, outside) == (MIRRORED, WEST)
    unranked = kalsel.schools[kalsel.schools["rank"].isna()]
    assert set(unranked["npsn"]) == missing | zero | outside | mirrored
    assert len(unranked) == 22
    assert (unranked["unranked_reason"] == "no_location").all()
    assert unranked[["lat", "lon", "deficit"]].isna().all(axis=None)
    # What the register says stays beside it.
    given = unranked.set_index("npsn").loc[sorted(MIRRORED), "lat_given"].astype(float)
    assert (given > 0).all()


def test_the_mirrored_schools_get_the_right_proposal_with_evidence(kalsel: Run) -> None:
    found = kalsel.findings[kalsel.findings["code"] == "location_sign_missing"]
    given = kalsel.schools.set_index("npsn").loc[found["npsn"], ["lat_given", "lon_given"]]
    for finding, (lat, lon) in zip(
        found.itertuples(), given.itertuples(index=False, name=None), strict=True
    ):
        assert finding.value == f"{lat}, {lon}"
        assert finding.proposal == f"{-float(lat):.7f}, {float(lon):.7f}"
        evidence = json.loads(str(finding.evidence))
        assert evidence["after_km"] == 0.0
        assert 600 < evidence["before_km"] < 700
        assert evidence["lies_in"][:5] == evidence["claimed"][:5]  # desa of the same kabupaten
        assert json.loads(str(finding.parameters))["confidence"] == "high"
    # Nothing else looks like a slip, and every other school without a place may be an area.
    assert not found.empty
    assert not (kalsel.findings["code"] == "location_suspect").any()
    errors = kalsel.findings[kalsel.findings["severity"] == "error"]
    assert (errors["proposal"] != "").all()


def test_schools_in_another_kabupaten_than_they_say(kalsel: Run) -> None:
    differs = kalsel.findings["code"] == "kabupaten_differs"
    assert differs.sum() == 33
    table = kalsel.schools
    claimed, lies = table["kabupaten"], table["kabupaten_by_location"]
    assert set(table.loc[lies.notna() & (claimed != lies), "npsn"]) == set(
        kalsel.findings.loc[differs, "npsn"]
    )


def test_counts_by_kabupaten_and_level(kalsel: Run, shared: Path) -> None:
    with (shared / "kalsel/schools/jumlah_per_kab_bentuk.csv").open(encoding="utf-8") as file:
        rows = {row.pop("kabupaten_kota"): row for row in csv.DictReader(file)}
    total = rows.pop("All")
    table = kalsel.schools
    names = {name: name.replace("Kota Baru", "Kotabaru") for name in rows}
    assert set(table["kabupaten"]) == set(names.values())
    for given, name in names.items():
        here = table[table["kabupaten"] == name]
        levels = here["level"].value_counts()
        for level, count in rows[given].items():
            assert (len(here) if level == "All" else levels.get(level, 0)) == int(count)
    assert int(total["All"]) == len(table)
    assert table["kabupaten_code"].notna().all()
    assert table["kabupaten_code"].nunique() == 13


# --- the workbook of Kabupaten Banjar --------------------------------------------------------


def test_every_row_of_the_workbook_is_used_or_accounted_for(
    kalsel: Run, shared: Path, register: list[dict[str, str]]
) -> None:
    rows = CalamineWorkbook.from_path(str(shared / WORKBOOK)).get_sheet_by_index(0).to_python()
    sheet = pd.DataFrame(rows[1:], columns=[str(cell) for cell in rows[0]])
    sheet["NPSN"] = sheet["NPSN"].map(lambda n: str(int(n)) if isinstance(n, float) else str(n))
    year = sheet["Tahun"].astype(int)
    assert len(sheet) == 2956
    known = sheet["NPSN"].isin({row["npsn"] for row in register})
    latest = year == year.groupby(sheet["NPSN"]).transform("max")
    used = sheet[known & latest]["NPSN"].nunique()

    found = kalsel.findings[kalsel.findings["file"].str.endswith(".xlsx")]
    counts = found["code"].value_counts()
    assert counts["attribute_without_school"] == (~known).sum()
    assert counts["attribute_duplicate"] == (known & latest).sum() - used
    other = found.loc[found["code"] == "attribute_other_year", "parameters"]
    assert len(other) == 1
    assert f'"count": {(known & ~latest).sum()},' in other.iloc[0]
    total = counts["attribute_without_school"] + counts["attribute_duplicate"] + used
    assert total + (known & ~latest).sum() == 2956

    banjar = kalsel.schools[kalsel.schools["kabupaten"] == "Kab. Banjar"]
    assert len(banjar) == 466
    assert banjar["npsn"].isin(sheet["NPSN"]).sum() == 462
    # A number that is once in the sheet, in its only year, is that number.
    once = sheet[known & (sheet.groupby("NPSN")["NPSN"].transform("size") == 1)]
    pupils = kalsel.schools.set_index("npsn")["students"]
    for npsn, given in once[["NPSN", "PD"]].itertuples(index=False):
        assert pupils[npsn] == int(given)


# --- terrain ---------------------------------------------------------------------------------


def test_the_mountains_of_hantakan_and_the_plain_of_barito_kuala(kalsel: Run) -> None:
    table = kalsel.schools
    hantakan = table[table["kecamatan"] == "Hantakan"]
    assert len(hantakan) == 23
    assert (hantakan["terrain_class"] == "pegunungan").all()
    assert (hantakan["local_relief_m"] > 300).all()
    barito = table[table["kabupaten"] == "Kab. Barito Kuala"]
    assert len(barito) == 350
    assert not (barito["terrain_class"] == "pegunungan").any()


def test_islands(kalsel: Run) -> None:
    names = kalsel.schools.loc[kalsel.schools["lat"].notna(), ["island", "is_small_island"]]
    assert {"Pulau Laut", "Pulau Sebuku"} <= set(names["island"].dropna())
    assert names.loc[names["island"].notna(), "is_small_island"].all()


def test_distance_to_the_coast(kalsel: Run, hundred: gpd.GeoDataFrame, shared: Path) -> None:
    """Brute force: all of the shore as points 20 m apart, the nearest few of them by Geod."""
    layer = gpd.read_file(shared / "kalsel/natural_earth/ne_10m_coastline_kalsel.geojson")
    along: list[np.ndarray[Any, Any]] = []
    for line in shapely.get_parts(layer.geometry.to_numpy()):
        for (x0, y0), (x1, y1) in zip(line.coords[:-1], line.coords[1:], strict=True):
            pieces = int(GEOD.inv(x0, y0, x1, y1)[2] / 20) + 2
            along.append(
                np.column_stack([np.linspace(x0, x1, pieces), np.linspace(y0, y1, pieces)])
            )
    shore = np.concatenate(along)
    with rasterio.open(shared / "kalsel/stylised/dem_3arcsec.tif") as dem:
        west, south, east, north = dem.bounds
        wet = dem.read(1) == dem.nodata
        cell_m = 92.6
        wide = ndimage.distance_transform_edt(wet) * cell_m >= 1000 + cell_m / 2
        near = ndimage.distance_transform_edt(~wide) * cell_m <= 3000 + cell_m / 2
        sea = np.column_stack(dem.xy(*np.nonzero(wet & near)))
    # A coastline is that of the open sea up to 2 km from open water of the elevation model.
    off_km = np.asarray(KDTree(sea).query(shore)[0]) * 111.2
    x, y = shore.T
    off_km[(x < west) | (x > east) | (y < south) | (y > north)] = 0.0
    x, y = shore[off_km <= 2.0].T
    cut = off_km[off_km <= 2.0] > 1.6  # where it is cut is known to the distance of its vertices
    for lat, lon, km in hundred[["lat", "lon", "coast_km"]].itertuples(index=False):
        rough = np.hypot((x - lon) * np.cos(np.radians(lat)), y - lat)
        # On a map of degrees distances are off by a percent, never by two.
        few = np.flatnonzero(rough <= rough.min() * 1.02)
        metres = GEOD.inv(np.full(len(few), lon), np.full(len(few), lat), x[few], y[few])[2].min()
        # The foot lies at most 10 m along the shore from a point: 1 m off from 50 m away on.
        tolerance_m = 500.0 if cut[few].any() else 1.0 if metres > 50 else 10.0
        assert km * 1000 == pytest.approx(metres, abs=tolerance_m)
    assert kalsel.schools["coast_km"].notna().sum() == 3823


def test_the_banks_of_the_barito_are_no_coast(kalsel: Run, shared: Path) -> None:
    """Natural Earth's coastline runs up the river to Banjarmasin, 15 km from the sea."""
    schools = kalsel.schools[kalsel.schools["lat"].notna()]
    city = schools[schools["kabupaten"] == "Kota Banjarmasin"]
    assert (city["is_coastal"] == False).all()  # noqa: E712 - and not unknown
    assert city["coast_km"].min() > 14
    # An independent source: where the coastline runs, there are villages on both banks.
    villages = gpd.read_file(shared / "kalsel/boundaries/kalsel_desa.geojson")
    for lon, lat in ((114.51, -3.47), (114.51, -3.42), (114.53, -3.37)):
        assert villages.contains(shapely.Point(lon, lat)).any()
    # At its mouth the coast begins, and the other coasts are what they were.
    is_coastal = schools["is_coastal"].fillna(value=False).astype(bool)
    coastal = is_coastal.groupby(schools["kabupaten"]).sum()
    expected = {"Kab. Banjar": 11, "Kab. Barito Kuala": 4, "Kab. Tanah Laut": 61}
    assert coastal[list(expected)].to_dict() == expected
    # The strait of Pulau Laut is sea; doubtful points may lie in the kecamatan that they claim.
    assert coastal["Kab. Kotabaru"] == 139


def test_distance_to_a_site(hundred: gpd.GeoDataFrame, shared: Path) -> None:
    with (shared / "kalsel/stylised/towers.csv").open(encoding="utf-8") as file:
        sites = [row for row in csv.DictReader(file) if row["technology"] in {"4g", "5g"}]
    x = np.array([float(row["lon"]) for row in sites])
    y = np.array([float(row["lat"]) for row in sites])
    for lat, lon, km in hundred[["lat", "lon", "site_4g_km"]].itertuples(index=False):
        metres = GEOD.inv(np.full(len(x), lon), np.full(len(x), lat), x, y)[2]
        assert km * 1000 == pytest.approx(metres.min(), abs=1.0)


# --- signals ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def at_the_point(shared: Path) -> dict[tuple[str, str], pd.DataFrame]:
    """Signals with a circle of no size: the cell that the school stands in."""
    opened = read_project(PROJECT)
    schools, _ = read_schools(opened)
    schools["site_4g_km"], schools["terrain_class"] = np.nan, None
    schools["confidence_radius_m"] = 0.0
    schools["claimed_area"], schools["point_weight"] = None, np.nan
    schools["point_radius_m"] = np.nan
    tidy = collect_signals(schools, opened).tables["signals"]
    return {
        (str(operator), str(technology)): rows.set_index("npsn")
        for (operator, technology), rows in tidy.groupby(["operator", "technology"])
    }


def rows_of(path: Path, lat: pd.Series[float], lon: pd.Series[float]) -> Any:
    """Coordinates in the raster's system, without those within a hair of the edge of a cell."""
    with rasterio.open(path) as dataset:
        to_crs = Transformer.from_crs("EPSG:4326", dataset.crs, always_xy=True)
        x, y = to_crs.transform(lon.to_numpy(), lat.to_numpy())
        inverse = ~dataset.transform
        col, row = inverse.a * x + inverse.c, inverse.e * y + inverse.f
        hair = (np.abs(col - col.round()) < 1e-4) | (np.abs(row - row.round()) < 1e-4)
        values = np.array([v[0] for v in dataset.sample(np.column_stack([x, y]))], dtype=float)
        return x, y, hair, values, float(dataset.nodata)


@pytest.mark.parametrize("operator", LAYERS)
def test_levels_are_those_that_rasterio_samples(
    kalsel: Run, at_the_point: dict[tuple[str, str], pd.DataFrame], shared: Path, operator: str
) -> None:
    located = kalsel.schools[kalsel.schools["lat"].notna()]
    path = shared / "kalsel/stylised" / LAYERS[operator]
    _, _, hair, values, nodata = rows_of(path, located["lat"], located["lon"])
    got = at_the_point[operator, "4g"].loc[located["npsn"]]
    value = values != nodata
    # -140 dBm and less is worth nothing: that is no signal too.
    audible = value & (values > -140)
    assert hair.mean() < 0.2
    level = got["level_dbm"].to_numpy()
    np.testing.assert_array_equal(level[audible & ~hair], values[audible & ~hair])
    assert np.isnan(level[~audible & ~hair]).all()
    assert (got["status"].to_numpy()[~audible & ~hair] == "none").all()


def test_classes_of_the_raster_in_utm(
    kalsel: Run, at_the_point: dict[tuple[str, str], pd.DataFrame], shared: Path
) -> None:
    located = kalsel.schools[kalsel.schools["lat"].notna()]
    path = shared / "kalsel/stylised" / CLASSES
    _, _, hair, values, nodata = rows_of(path, located["lat"], located["lon"])
    worth = pd.Series(values).map({0: 0.0, 1: 0.02, 2: 0.05, 3: 0.10, nodata: np.nan})
    got = at_the_point["telkomsel", "2g"].loc[located["npsn"]]["adequacy"].to_numpy()
    np.testing.assert_allclose(got[~hair], worth.to_numpy()[~hair])
    assert hair.sum() < 10


@pytest.mark.parametrize("name", [*LAYERS.values(), CLASSES])
def test_levels_are_those_of_gdallocationinfo(
    hundred: gpd.GeoDataFrame,
    at_the_point: dict[tuple[str, str], pd.DataFrame],
    shared: Path,
    name: str,
) -> None:
    tool = shutil.which("gdallocationinfo")
    if tool is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gdallocationinfo is missing")
        pytest.skip("gdallocationinfo is not installed")
    path = shared / "kalsel/stylised" / name
    x, y, hair, _, nodata = rows_of(path, hundred["lat"], hundred["lon"])
    text = "".join(f"{a:.12f} {b:.12f}\n" for a, b in zip(x, y, strict=True))
    command = [tool, "-valonly", "-geoloc", str(path)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    values = np.array([float(line) for line in done.stdout.split()])
    operators = {file: operator for operator, file in LAYERS.items()}
    if name == CLASSES:
        got = at_the_point["telkomsel", "2g"].loc[hundred["npsn"]]["adequacy"].to_numpy()
        table = {0: 0.0, 1: 0.02, 2: 0.05, 3: 0.10, nodata: np.nan}
        np.testing.assert_allclose(got[~hair], pd.Series(values).map(table).to_numpy()[~hair])
    else:
        got = at_the_point[operators[name], "4g"].loc[hundred["npsn"]]["level_dbm"].to_numpy()
        audible = (values != nodata) & (values > -140) & ~hair
        np.testing.assert_array_equal(got[audible], values[audible])


# --- the ranking -----------------------------------------------------------------------------


def test_the_deficit_of_each_school_from_its_own_columns(kalsel: Run) -> None:
    """The prior and D, written out once more: nobody's service is known."""
    table = kalsel.schools[kalsel.schools["rank"].notna()].set_index("row_id")
    assert (table["delivered_basis"] == "curves").all()
    assert (table["deficit_status"] == "inferred").all()
    cases = kalsel.table("service").set_index("row_id")
    a_a = cases["available"]
    away = (a_a - 0.125).abs() > 0.08  # the kink of μ lies between two knots
    np.testing.assert_allclose(cases["no_line"], 0.05 + 0.45 * (1 - a_a), atol=1e-12)
    mean = np.maximum(0.8 * a_a, 0.1)
    np.testing.assert_allclose(cases["given_line"][away], mean[away], atol=1e-12)
    a_d = (1 - cases["no_line"]) * cases["given_line"]
    of_case = cases["weight"] * (1 - a_d) * (0.6 + 0.4 * (1 - a_a))
    expected = of_case.groupby("row_id").sum().reindex(table.index)
    np.testing.assert_allclose(table["deficit"], expected, atol=1e-12)
    factor = 0.5 + 0.3 * table["need"] + 0.2 * table["barrier"]
    np.testing.assert_allclose(table["priority"], expected * factor, atol=1e-12)
    assert (table["deficit"].diff().dropna() <= 1e-12).all()
    for name in ("deficit", "barrier", "need", "priority", "completeness"):
        assert table[name].between(0, 1).all()


def test_nobody_whose_service_is_unknown_is_called_adequate(kalsel: Run) -> None:
    table = kalsel.schools[kalsel.schools["rank"].notna()]
    assert not (table["tier_label"] == "adequate").any()
    assert (table["tier_label"] == "covered").sum() == (table["tier"] == 5).sum() > 100
    # There may be no line at any of them, and that is part of the interval.
    assert (table["delivered_low"] == 0.0).all()
    assert (table["deficit_low"] < table["deficit"]).all()
    # Over draws of the levels too it lies above next to all: where a map shows next to nothing the
    # true level is more often better than worse.
    assert (table["deficit"] < table["deficit_high"]).mean() > 0.95


def test_without_draws_each_deficit_lies_inside_its_interval(
    kalsel: Run, provinces_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(provinces_cache))
    project = kalsel_gap.open_project(PROJECT, options=("robustness.draws=0",))
    table = project.rank(out=tmp_path).schools
    table = table[table["rank"].notna()]
    assert len(table) == kalsel.schools["rank"].notna().sum()
    assert (table["deficit_low"] < table["deficit"]).all()
    assert (table["deficit"] < table["deficit_high"]).all()


def test_pupils_of_one_kabupaten_compare_it_with_no_other(kalsel: Run) -> None:
    assert "students_score" not in kalsel.schools.columns
    assert kalsel.manifest["not_scored"]["students"] == "few_kabupaten"


def test_a_doubtful_point_is_a_mixture_of_two_places(kalsel: Run) -> None:
    table = kalsel.schools[kalsel.schools["claimed_area"].notna()]
    assert len(table) == 260
    assert (table["confidence"] == "D").all()
    weight = table["point_weight"]
    mean = weight * table["available_at_point"] + (1 - weight) * table["available_in_area"]
    np.testing.assert_allclose(table["available"], mean, atol=1e-12)
    assert (table["available_status"] == "inferred").all()


def test_ten_decibels_more_raise_no_deficit(kalsel: Run, shared: Path, tmp_path: Path) -> None:
    opened = read_project(PROJECT)
    raised = []
    for source in opened.project.coverage:
        path = tmp_path / source.file.name
        with rasterio.open(source.file) as dataset:
            levels, profile = dataset.read(1), dataset.profile
        # The next class of 2G begins about ten decibels higher.
        more = np.minimum(levels + 1, 3) if source.kind == "class" else levels + 10
        with rasterio.open(path, "w", **profile) as dataset:
            more = np.where(levels == profile["nodata"], levels, more)
            dataset.write(more.astype(levels.dtype), 1)
        raised.append(source.model_copy(update={"path": (path,)}))
    project = opened.project.model_copy(update={"coverage": tuple(raised)})
    louder = type(opened)(opened.path, project, opened.origins)
    kept = [c.name for c in schema.up_to("prediction")]
    schools = kalsel.schools.sort_values("row_id", ignore_index=True)[[*kept, "geometry"]]
    tables = {"predictions": kalsel.table("predictions")}
    before, after = (
        schools.join(collect_signals(schools, each, tables).columns) for each in (opened, louder)
    )
    rises = after["available"] - before["available"]
    assert (rises.dropna() >= -1e-12).all()
    assert (rises > 0.05).sum() > 1000
    # Without anything known the curves are the prior.
    quieter, stronger = (
        assess_service(table, opened).tables["service"] for table in (before, after)
    )
    index = opened.project.index
    lowered = [measure_deficits(table, index)["deficit"] for table in (quieter, stronger)]
    assert (lowered[1] <= lowered[0] + 1e-12).all()
    # With 400 subscriptions they are learned once: from the maps as they are.
    known = before[before["available"].notna()].sample(400, random_state=5).index
    mbps = np.random.default_rng(5).uniform(0.5, 30.0, 400)
    before.loc[known, "subscription_down_mbps"] = mbps
    learned = assess_service(before, opened).tables["service"]
    inferred = learned[np.isfinite(learned["concentration"]) & (learned["no_line"] > 0)]
    curve = inferred.drop_duplicates("available").sort_values("available")
    assert (curve["no_line"].diff().dropna() <= 1e-12).all()
    assert (curve["given_line"].diff().dropna() >= -1e-12).all()
    assert (learned["given_line"].to_numpy() != quieter["given_line"].to_numpy()).any()
    same_curves = stronger.assign(
        **{
            name: np.interp(stronger["available"], curve["available"], curve[name])
            for name in ("no_line", "given_line")
        }
    )
    # A school's subscription does not change with the maps.
    subscribed = learned["no_line"].to_numpy() == 0.0
    for name in ("no_line", "given_line", "concentration"):
        same_curves.loc[subscribed, name] = learned.loc[subscribed, name]
    lowered = [measure_deficits(table, index)["deficit"] for table in (learned, same_curves)]
    assert (lowered[1] <= lowered[0] + 1e-12).all()
    assert (lowered[1] < lowered[0] - 0.05).sum() > 500


def test_tests_of_the_plain_do_not_lift_the_mountains(kalsel: Run) -> None:
    """400 tests drawn from the prior at A_a .6 to .95; schools below .3 stay where they are."""
    opened = read_project(PROJECT)
    index = opened.project.index
    kept = [c.name for c in schema.up_to("signals")]
    schools = kalsel.schools.sort_values("row_id", ignore_index=True)[[*kept, "geometry"]]
    poor = schools.loc[schools["available"] < 0.3, "row_id"]
    assert len(poor) > 150

    def deficits() -> pd.Series[float]:
        service = assess_service(schools, opened).tables["service"]
        return measure_deficits(service, index)["deficit"].reindex(poor)

    without = deficits()
    rng = np.random.default_rng(11)
    good = schools[schools["available"].between(0.6, 0.95)].sample(400, random_state=11)
    mean = 0.8 * good["available"].to_numpy()
    adequacy = rng.beta(4 * mean, 4 * (1 - mean))
    # Down and up both of the share that makes the adequacy: A = s^½ without a latency.
    required = 20.0
    schools.loc[good.index, "measured_down_mbps"] = required * adequacy**2
    schools.loc[good.index, "measured_up_mbps"] = required / 4 * adequacy**2
    schools.loc[good.index, "measured_tests"] = 30
    schools.loc[good.index, "measured_status"] = "known"
    assert (deficits() - without).abs().max() < 0.02


def test_a_register_that_names_providers_leaves_nobody_without_a_line(kalsel: Run) -> None:
    """31 schools say none and 3,792 name a provider: none of these is inferred to have nothing."""
    opened = read_project(PROJECT)
    kept = [c.name for c in schema.up_to("signals")]
    schools = kalsel.schools.sort_values("row_id", ignore_index=True)[[*kept, "geometry"]]
    ranked = schools[
        schools["row_id"].isin(kalsel.schools.loc[kalsel.schools["rank"].notna(), "row_id"])
    ]
    none = ranked.sample(31, random_state=31).index
    schools["internet"] = "Telkom Speedy"
    schools.loc[none, "internet"] = "Tidak Ada"
    staged = assess_service(schools, opened)
    named = schools.join(staged.columns).loc[ranked.index].drop(none)
    assert len(named) == 3792
    assert (named["delivered"] > 0.0).all()
    assert (named["delivered_low"] > 0.0).all()
    assert (named["delivered_status"] == "inferred").all()
    deficit = measure_deficits(staged.tables["service"], opened.project.index)["deficit"]
    covered = named.loc[named["available"] >= 0.7, "row_id"]
    assert len(covered) > 2000
    assert deficit.reindex(covered).mean() < 0.45


def test_permuting_the_real_register_changes_nothing(
    kalsel: Run,
    provinces_cache: Path,
    without_images: None,
    shared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(provinces_cache))  # the sea is the same
    text = (shared / REGISTER).read_text(encoding="utf-8")
    header, *rows = list(csv.reader(text.splitlines(keepends=True)))
    random.Random(11).shuffle(rows)
    path = tmp_path / "kalsel_sekolah_2019_raw.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    project = kalsel_gap.open_project(PROJECT, options=(f"schools.path={path.as_posix()}",))
    run = project.rank(out=tmp_path / "runs")
    without = ["row_id", "geometry"]
    first = pd.DataFrame(kalsel.schools.drop(columns=without))
    second = pd.DataFrame(run.schools.drop(columns=without))
    pd.testing.assert_frame_equal(second, first, check_exact=True)
    # Nobody is taken for somebody else, and the stored columns give every rank again.
    found = compare_runs(kalsel, run)
    assert found.moved.empty
    assert found.schools["matched_by"].notna().all()


def test_another_weighting_moves_deficits_alone(
    kalsel: Run, provinces_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(provinces_cache))
    project = kalsel_gap.open_project(PROJECT, options=("index.lambda=0.8",))
    run = project.rank(out=tmp_path)
    first = kalsel.schools.sort_values("row_id", ignore_index=True)
    second = run.schools.sort_values("row_id", ignore_index=True)
    for name in ("available", "barrier", "need", "delivered"):
        pd.testing.assert_series_equal(first[name], second[name], check_exact=name != "need")
    assert not first["deficit"].equals(second["deficit"])
    moved = compare_runs(kalsel, run).moved
    assert len(moved) > 1000
    assert (moved["by_figures"] == moved["move"]).all()


# --- exposure --------------------------------------------------------------------------------


def test_every_school_sees_the_satellite_and_few_hardly_the_low_orbits(kalsel: Run) -> None:
    schools = kalsel.schools[kalsel.schools["lat"].notna()]
    known = schools["satellite_clear"].notna()
    assert known.sum() > 3800
    # It stands 53° to 56° high: no school lies below a wall like that.
    assert schools.loc[known, "satellite_clear"].all()
    assert schools["satellite_elevation_deg"].between(52.5, 56.0).all()
    narrow = schools[schools["leo_clear"].eq(other=False).fillna(value=False)]
    assert 5 <= len(narrow) <= 15
    assert (narrow["terrain_class"] == "pegunungan").all()
    assert (narrow["max_horizon_deg"] > 25.0).all()


def test_a_plain_has_an_open_sky_and_a_mountain_valley_has_not(kalsel: Run) -> None:
    view = kalsel.schools.groupby("kabupaten")["sky_view_share"].mean()
    flat = view[view.index.str.contains("Barito Kuala|Banjarmasin")]
    assert (flat > 0.999).all()
    steep = kalsel.schools[kalsel.schools["kecamatan"].str.contains("Hantakan", na=False)]
    assert steep["sky_view_share"].max() < 0.98


def test_horizons_by_another_route(kalsel: Run) -> None:
    """The obstacle as a place of its own: azimuth, distance and angle from there to the school."""
    horizons = kalsel.table("horizons")
    assert len(horizons) == 16 * kalsel.schools["elevation_m"].notna().sum()
    sure = kalsel.schools.loc[kalsel.schools["claimed_area"].isna(), "row_id"]
    some = horizons.dropna()
    some = some[some["row_id"].isin(set(sure))].sample(500, random_state=3)
    place = kalsel.schools.set_index("row_id").loc[some["row_id"]]
    azimuth, _, way_m = GEOD.inv(
        place["lon"].to_numpy(),
        place["lat"].to_numpy(),
        some["obstacle_lon"].to_numpy(),
        some["obstacle_lat"].to_numpy(),
    )
    np.testing.assert_allclose(way_m, some["distance_m"], atol=0.1)
    off_deg = (azimuth - some["azimuth_deg"].to_numpy() + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(off_deg * np.radians(1.0) * way_m, 0.0, atol=0.1)


def test_the_longest_crossing_is_part_of_the_way_over_water(kalsel: Run) -> None:
    schools = kalsel.schools.dropna(subset=["water_share", "capital_km"])
    over_km = schools["water_share"] * schools["capital_km"]
    # Each end of a stretch is known to half a step of the share's points, 200 a way.
    stretches = schools["capital_km"] / 200
    assert (schools["water_crossing_km"] <= over_km + stretches + 1e-6).all()
    far = schools[schools["kecamatan"].str.contains("Pulau Sembilan", na=False)]
    assert len(far) > 4
    assert far["water_crossing_km"].median() > 60.0
