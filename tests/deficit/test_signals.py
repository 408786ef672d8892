from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine

from kalsel_gap import schema
from kalsel_gap.deficit.signals import collect_signals
from kalsel_gap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import geopandas as gpd

    from kalsel_gap.stages import Staged
    from tests.conftest import MakeProject, MakeRaster, MakeSchools, SignalsAt

    Run = Callable[..., Staged]

# Centres of the first row of cells of the raster fixture: 0.01° cells from 2.9° S, 115.3° E.
LAT = -2.905
CENTRES = [(LAT, 115.305 + 0.01 * n) for n in range(5)]
TIDY = """
    row_id npsn technology operator basis kind level_dbm adequacy signal_share known_share status
    source used
""".split()  # noqa: SIM905 - reads as the row of headers that it is


def source(path: object, **given: Any) -> dict[str, Any]:
    usual = {
        "technology": "4g",
        "operator": "telkomsel",
        "kind": "rsrp_dbm",
        "basis": "modelled",
        "nodata_means": "unknown",
    }
    return {"path": str(path), **usual, **given}


@pytest.fixture
def run(signals_at: SignalsAt) -> Run:
    """The stage at the centres of cells, unless rows say more; files by names with ``_``."""

    def make(
        coverage: Sequence[dict[str, Any]],
        rows: Sequence[dict[str, Any]] | None = None,
        sections: dict[str, Any] | None = None,
        **files: str,
    ) -> Staged:
        given = rows or [{"lat": lat, "lon": lon} for lat, lon in CENTRES]
        named = {name.replace("_", "."): text for name, text in files.items()}
        return signals_at(given, {"coverage": list(coverage), **(sections or {})}, named)

    return make


def column(result: Staged, name: str) -> list[Any]:
    return [None if pd.isna(v) else v for v in result.columns[name]]


# --- one raster ------------------------------------------------------------------------------


def test_a_level_is_worth_what_the_curve_says(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-112, -95, -140, -150, -60]])
    result = run([source(path)])
    assert column(result, "available") == pytest.approx([0.21, 0.70, 0.0, 0.0, 0.95])
    assert column(result, "available_status") == ["known"] * 5
    # Where the level is worth nothing there is no signal, and so no best one.
    assert column(result, "best_level_dbm") == [-112.0, -95.0, None, None, -60.0]
    assert result.tables["signals"]["status"].tolist() == [
        "value",
        "value",
        "none",
        "none",
        "value",
    ]
    assert column(result, "best_basis")[:2] == ["modelled"] * 2
    assert [c for c in result.tables["signals"].columns if c in TIDY] == TIDY


@pytest.mark.parametrize(
    ("east_m", "share_east"),
    [
        (0.0, 0.5),
        # A segment of a circle: (arccos(d/r) - d/r·√(1 - (d/r)²)) / π.
        (-125.0, (math.acos(0.5) - 0.5 * math.sqrt(0.75)) / math.pi),
        (125.0, 1 - (math.acos(0.5) - 0.5 * math.sqrt(0.75)) / math.pi),
        (-251.0, 0.0),
        (251.0, 1.0),
    ],
)
def test_the_mean_is_over_the_circle_of_the_place(
    run: Run, raster: MakeRaster, east_m: float, share_east: float
) -> None:
    # One cell is worth .05, its eastern neighbour .85; a degree of longitude is 111.17 km here.
    path = raster("a.tif", [[-120, -85]])
    lon = 115.31 + east_m / (111_320 * math.cos(math.radians(LAT)))
    result = run([source(path)], [{"lat": LAT, "lon": lon}])
    expected = 0.05 + 0.80 * share_east
    assert column(result, "available")[0] == pytest.approx(expected, abs=0.03)
    level = -120 + 35 * share_east  # the mean level is not what the mean is worth
    assert column(result, "best_level_dbm")[0] == pytest.approx(level, abs=1.2)


def test_the_circle_is_that_of_the_grade(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-120, -85]])
    lon = 115.31 + 300 / 111_170  # 300 m east of the border
    rows = [
        {"lat": LAT, "lon": lon, "confidence": grade, "confidence_radius_m": radius}
        for grade, radius in (("A", 50.0), ("B", 250.0), ("C", 1000.0))
    ]
    available = column(run([source(path)], rows), "available")
    assert available[:2] == pytest.approx([0.85, 0.85])
    assert available[2] < 0.7


@pytest.mark.parametrize(
    ("means", "value", "status"),
    [("none", 0.0, "known"), ("unknown", None, "unknown")],
)
def test_what_nodata_means_is_the_sources(
    run: Run, raster: MakeRaster, means: str, value: float | None, status: str
) -> None:
    path = raster("a.tif", [[-95, -9999]], nodata=-9999)
    rows = [{"lat": LAT, "lon": 115.305}, {"lat": LAT, "lon": 115.315}, {"lat": -2.5, "lon": 115.3}]
    result = run([source(path, nodata_means=means)], rows)
    # Off the raster nothing is known, whatever nodata means.
    assert column(result, "available") == [pytest.approx(0.70), value, None]
    assert column(result, "available_status") == ["known", status, "unknown"]
    unseen = [f.row for f in result.findings if f.code == "off_every_coverage"]
    assert unseen == ([4] if means == "none" else [3, 4])


def test_half_the_circle_must_be_known(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-9999, -95]], nodata=-9999)
    metre = 1 / 111_170
    rows = [{"lat": LAT, "lon": 115.31 + d * metre} for d in (-60.0, 60.0)]
    result = run([source(path)], rows)
    assert column(result, "available") == [None, pytest.approx(0.70)]
    known = result.tables["signals"]["known_share"]
    # (arccos(.24) - .24·√(1 - .24²)) / π = .349 and the rest.
    assert known.tolist() == pytest.approx([0.349, 0.651], abs=0.03)
    # Where nodata is no signal, it counts as such.
    result = run([source(path, nodata_means="none")], rows)
    assert column(result, "available") == pytest.approx([0.70 * 0.349, 0.70 * 0.651], abs=0.025)
    assert column(result, "best_level_dbm") == pytest.approx([-95.0, -95.0])


def test_classes_and_one_that_the_table_does_not_list(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", np.array([[0, 1, 2, 7, 255]], dtype="uint8"), nodata=255)
    classes = {"0": 0.0, "1": 0.3, "2": 0.6}
    result = run([source(path, kind="class", classes=classes)])
    assert column(result, "available") == [0.0, pytest.approx(0.3), pytest.approx(0.6), None, None]
    assert column(result, "best_level_dbm") == [None] * 5
    (finding,) = [f for f in result.findings if f.code == "raster_class_unlisted"]
    assert finding.parameters["classes"] == "7"


@pytest.mark.parametrize(
    ("technology", "worth"), [("5g", 0.5), ("4g", 0.5), ("3g", 0.2), ("2g", 0.05), ("fixed", 0.95)]
)
def test_declared_coverage(run: Run, raster: MakeRaster, technology: str, worth: float) -> None:
    path = raster("a.tif", np.array([[0, 1, 255]], dtype="uint8"), nodata=255)
    rows = [{"lat": lat, "lon": lon} for lat, lon in CENTRES[:3]]
    given = source(path, kind="binary", technology=technology, basis="declared")
    result = run([given], rows)
    # No fixed network is no evidence of radio: what is available there is unknown.
    nothing = None if technology == "fixed" else 0.0
    assert column(result, "available") == [nothing, pytest.approx(worth), None]
    assert column(result, "best_technology")[1] == technology


def test_levels_that_cannot_be_are_unknown_and_found(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-95, 30, -9999, 0, -200]])
    result = run([source(path)])
    assert column(result, "available") == [
        pytest.approx(0.70),
        None,
        None,
        None,
        0.0,
    ]
    (finding,) = [f for f in result.findings if f.code == "raster_values_impossible"]
    assert finding.parameters["count"] == 3 * 61  # all points of three circles
    # What the file does not declare is unknown, also where declared no data is no signal.
    result = run([source(path, nodata_means="none")])
    assert column(result, "available")[1:4] == [None, None, None]


def test_no_data_of_declared_coverage(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", np.array([[0, 1, -9999, 255, np.nan]], dtype="float32"))
    result = run([source(path, kind="binary", basis="declared", nodata_means="none")])
    assert column(result, "available") == [0.0, pytest.approx(0.5), None, None, 0.0]


def test_cells_that_are_infinite_are_no_data(run: Run, raster: MakeRaster) -> None:
    cells = np.array([[-95, np.nan, np.inf, -np.inf, 3e38]], dtype="float32")
    result = run([source(raster("a.tif", cells), nodata_means="none")])
    assert column(result, "available") == [pytest.approx(0.70), 0.0, 0.0, 0.0, None]


def test_tiles_of_coverage(run: Run, raster: MakeRaster, tmp_path: Path) -> None:
    whole = raster("whole.tif", [[-95, -105, -115, -85, -95]], nodata=-9999)
    folder = tmp_path / "tiles"
    folder.mkdir()
    with rasterio.open(whole) as given:
        left, profile = given.read(1), given.profile
    for name, first, last in (("a.tif", 0, 2), ("b.tif", 2, 5)):
        own = profile | {
            "width": last - first,
            "transform": Affine(0.01, 0, 115.30 + 0.01 * first, 0, -0.01, -2.90),
        }
        with rasterio.open(folder / name, "w", **own) as tile:
            tile.write(left[:, first:last], 1)
    expected = column(run([source(whole)]), "available")
    assert None not in expected
    listed = source(whole) | {"path": [str(folder / "b.tif"), str(folder / "a.tif")]}
    for given in (source(folder), listed):
        assert column(run([given]), "available") == expected


def test_a_missing_tile_of_coverage_is_unknown(
    run: Run, raster: MakeRaster, tmp_path: Path
) -> None:
    files = []
    for n in (0, 2, 4):
        cell = Affine(0.01, 0, 115.30 + 0.01 * n, 0, -0.01, -2.90)
        files.append(str(raster(f"{n}.tif", [[-95]], nodata=-9999, transform=cell)))
    given = source(tmp_path, nodata_means="none") | {"path": files}
    level = pytest.approx(0.70)
    assert column(run([given]), "available") == [level, None, level, None, level]


def test_a_scale_and_an_offset_of_levels(run: Run, raster: MakeRaster) -> None:
    stored = np.array([[45, 35, 0, 200, 45]], dtype="uint8")  # dBm = stored - 140; 200 is none
    path = raster("a.tif", stored, nodata=200)
    with rasterio.open(path, "r+") as dataset:
        dataset.offsets = (-140.0,)
    levels = raster("b.tif", [[-95, -105, -140, -9999, -95]], nodata=-9999)
    assert column(run([source(path)]), "available") == column(run([source(levels)]), "available")


def test_another_system_and_another_band(run: Run, raster: MakeRaster) -> None:
    # 1 km cells of UTM 50 S; 115.305 E, 2.905 S is (311646, 9678762) there.
    grid = Affine(1000.0, 0.0, 310_900.0, 0.0, -1000.0, 9_679_400.0)
    path = raster("a.tif", [[-85]], crs="EPSG:32750", transform=grid)
    assert column(run([source(path)], [{"lat": LAT, "lon": 115.305}]), "available") == [
        pytest.approx(0.85)
    ]
    with pytest.raises(InputError):
        run([source(path, band=2)], [{"lat": LAT, "lon": 115.305}])


def test_a_raster_that_touches_no_school(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-85]])
    with pytest.raises(InputError) as caught:
        run([source(path)], [{"lat": 1.0, "lon": 110.0}])
    assert (caught.value.code, caught.value.path) == ("raster_touches_no_school", path)


NOWHERE = {"lat": None, "lon": None, "confidence_radius_m": None, "location_status": "unusable"}


def test_a_school_without_place_is_unknown(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-85]])
    result = run([source(path, nodata_means="none")], [{"lat": LAT, "lon": 115.305}, NOWHERE])
    assert column(result, "available") == [pytest.approx(0.85), None]
    assert result.findings == []  # that it has no place is known already
    result = run([source(path)], [NOWHERE, NOWHERE])
    assert column(result, "available_status") == ["unknown", "unknown"]


# --- several rasters -------------------------------------------------------------------------


def test_measured_before_predicted_before_modelled_before_declared(
    run: Run, raster: MakeRaster
) -> None:
    nodata = {"nodata": -9999}
    given = [
        source(raster("1.tif", [[-85, -85, -85, -85, -9999]], **nodata), basis="declared"),
        source(raster("2.tif", [[-95, -95, -95, -9999, -9999]], **nodata), basis="modelled"),
        source(raster("3.tif", [[-105, -105, -9999, -9999, -9999]], **nodata), basis="predicted"),
        source(raster("4.tif", [[-120, -9999, -9999, -9999, -9999]], **nodata), basis="measured"),
    ]
    for order in (given, given[::-1]):
        result = run(order)
        assert column(result, "best_basis") == [
            "measured",
            "predicted",
            "modelled",
            "declared",
            None,
        ]
        assert column(result, "available") == [
            *(pytest.approx(worth) for worth in (0.05, 0.45, 0.70, 0.85)),
            None,
        ]
        used = result.tables["signals"]
        assert used.groupby("row_id")["used"].sum().tolist() == [1, 1, 1, 1, 0]
        assert len(used) == 20


def test_measured_silence_outweighs_a_model(run: Run, raster: MakeRaster) -> None:
    measured = source(
        raster("m.tif", [[-9999]], nodata=-9999), basis="measured", nodata_means="none"
    )
    modelled = source(raster("n.tif", [[-85]]))
    result = run([modelled, measured], [{"lat": LAT, "lon": 115.305}])
    assert column(result, "available") == [0.0]


def test_the_best_of_operators_and_technologies(run: Run, raster: MakeRaster) -> None:
    given = [
        source(raster("1.tif", [[-105, -120]])),
        source(raster("2.tif", [[-95, -140]]), operator="indosat"),
        source(raster("3.tif", [[-80, -80]]), technology="3g"),
        source(raster("4.tif", [[-60, -60]]), technology="2g"),
    ]
    rows = [{"lat": lat, "lon": lon} for lat, lon in CENTRES[:2]]
    result = run(given, rows)
    assert column(result, "available") == pytest.approx([0.70, 0.35])
    assert column(result, "best_technology") == ["4g", "3g"]
    assert column(result, "best_operator") == ["indosat", "telkomsel"]
    assert column(result, "best_level_dbm") == [-95.0, -80.0]
    assert result.tables["signals"]["used"].all()


def test_who_is_known_only_by_a_lesser_technology_may_have_a_better_one(
    run: Run, raster: MakeRaster
) -> None:
    given = [
        source(raster("4.tif", [[-9999, -120]], nodata=-9999)),
        source(raster("2.tif", [[-80, -80]]), technology="2g"),
    ]
    rows = [{"lat": lat, "lon": lon} for lat, lon in CENTRES[:2]]
    result = run(given, rows)
    # 2G says .10 of both; of the first nobody knows what 4G gives.
    assert column(result, "available") == [None, pytest.approx(0.10)]
    assert column(result, "best_technology") == [None, "2g"]
    assert column(result, "best_level_dbm") == [None, -80.0]
    # Where the project has nothing better, the lesser one is what there is.
    assert column(run(given[1:], rows), "available") == pytest.approx([0.10, 0.10])


def test_a_fixed_network_is_known_whatever_radio_does(run: Run, raster: MakeRaster) -> None:
    fixed = np.array([[1, 1, 0, 0]], dtype="uint8")
    given = [
        source(raster("4.tif", [[-9999, -120, -9999, -120]], nodata=-9999)),
        source(raster("f.tif", fixed), technology="fixed", kind="binary"),
    ]
    rows = [{"lat": lat, "lon": lon} for lat, lon in CENTRES[:4]]
    result = run(given, rows)
    assert column(result, "available") == [*[pytest.approx(0.95)] * 2, None, pytest.approx(0.05)]
    assert column(result, "best_technology") == ["fixed", "fixed", None, "4g"]


def test_a_fixed_network_that_the_table_of_schools_knows_of(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-120, -85]])
    rows = [
        {"lat": LAT, "lon": 115.305, "fixed_network": True},
        {"lat": LAT, "lon": 115.315, "fixed_network": False},
        {"lat": -2.5, "lon": 115.315, "fixed_network": True},
    ]
    result = run([source(path)], rows)
    assert column(result, "available") == pytest.approx([0.95, 0.85, 0.95])
    assert column(result, "available_status") == ["known"] * 3
    assert column(result, "best_technology") == ["fixed", "4g", "fixed"]
    assert column(result, "best_basis") == ["declared", "modelled", "declared"]
    assert column(result, "best_level_dbm") == [None, -85.0, None]


def test_a_radio_as_good_as_the_fixed_network_is_what_is_shown(
    run: Run, raster: MakeRaster
) -> None:
    cells = np.array([[1, 2]], dtype="uint8")
    classes = {"1": 0.5, "2": 0.4999}  # the mean over a circle of .5 is .5 to the last bit
    given = source(raster("a.tif", cells, nodata=255), kind="class", classes=classes)
    rows = [{"lat": lat, "lon": lon, "fixed_network": True} for lat, lon in CENTRES[:2]]
    result = run([given], rows, {"signal": {"fixed_network": 0.5}})
    assert column(result, "available") == [0.5, 0.5]
    assert column(result, "best_technology") == ["4g", "fixed"]


def test_of_equal_adequacies_the_stronger_level_then_the_first_name(
    run: Run, raster: MakeRaster
) -> None:
    given = [
        source(raster("1.tif", [[-60, -65]])),
        source(raster("2.tif", [[-65, -65]]), operator="indosat"),
    ]
    result = run(given, [{"lat": lat, "lon": lon} for lat, lon in CENTRES[:2]])
    assert column(result, "best_operator") == ["telkomsel", "indosat"]
    assert column(result, "best_level_dbm") == [-60.0, -65.0]


def test_without_coverage_nothing_is_known(run: Run) -> None:
    result = run([])
    assert column(result, "available_status") == ["unknown"] * 5
    assert column(result, "available") == [None] * 5
    assert [c for c in result.tables["signals"].columns if c in TIDY] == TIDY
    assert result.findings == []


# --- inferred from the distance to a site ----------------------------------------------------


def near_and_far(count: int) -> list[dict[str, Any]]:
    """`count` schools on each of two cells, .70 near a site and .05 far from one."""
    near = [{"lat": LAT, "lon": 115.305, "site_4g_km": 1.0 + n / 1000} for n in range(count)]
    far = [{"lat": LAT, "lon": 115.315, "site_4g_km": 9.0 + n / 1000} for n in range(count)]
    return near + far


ASKED = [
    {"lat": LAT, "lon": 115.325, "site_4g_km": 0.5},
    {"lat": LAT, "lon": 115.325, "site_4g_km": 12.0},
    {"lat": LAT, "lon": 115.325},
]


def test_unknown_is_inferred_from_the_distance_where_enough_schools_tell(
    run: Run, raster: MakeRaster
) -> None:
    path = raster("a.tif", [[-95, -120, -9999]], nodata=-9999)
    result = run([source(path)], near_and_far(15) + ASKED)
    assert column(result, "available")[30:] == [pytest.approx(0.70), pytest.approx(0.05), None]
    assert column(result, "available_status")[30:] == ["inferred", "inferred", "unknown"]
    assert column(result, "best_technology")[30:] == [None] * 3
    # One school fewer, and nobody knows.
    result = run([source(path)], near_and_far(15)[1:] + ASKED)
    assert column(result, "available_status")[29:] == ["unknown"] * 3


def test_a_duplicate_teaches_nothing(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-95, -120, -9999]], nodata=-9999)
    rows = near_and_far(15)
    rows[0] = {**rows[0], "is_duplicate": True}
    result = run([source(path)], rows + ASKED)
    assert column(result, "available_status")[30:] == ["unknown"] * 3


def test_nearer_is_never_inferred_to_be_worse(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-95, -120, -9999]], nodata=-9999)
    # The wrong way round: the far ones have the better signal.
    rows = [{**row, "site_4g_km": 10.0 - float(str(row["site_4g_km"]))} for row in near_and_far(15)]
    result = run([source(path)], rows + ASKED[:2])
    near, far = column(result, "available")[30:]
    assert near >= far


# --- speed tests -----------------------------------------------------------------------------


def test_tests_are_joined_by_number_and_others_found(run: Run) -> None:
    tests = "npsn,date,download\n00000002,2026-01-01,7\n99999999,2026-01-01,3\n,2026-01-01,5\n"
    rows = [{}, {}, {"npsn": ""}]
    result = run([], rows, {"measurements": {"path": "t.csv"}}, t_csv=tests)
    # A school without number is not that of a test without number.
    assert column(result, "measured_down_mbps") == [None, 7.0, None]
    assert column(result, "measured_up_mbps") == [None] * 3
    found = [(f.row, f.npsn) for f in result.findings if f.code == "measurement_without_school"]
    assert found == [(3, "99999999"), (4, "")]


def test_rows_and_their_order_are_the_schools(run: Run, raster: MakeRaster) -> None:
    path = raster("a.tif", [[-112, -95, -140, -150, -60]])
    rows = [{"lat": lat, "lon": lon, "npsn": f"{n:08}"} for n, (lat, lon) in enumerate(CENTRES)]
    forward = run([source(path)], rows).columns["available"].tolist()
    backward = run([source(path)], rows[::-1]).columns["available"].tolist()
    assert forward == backward[::-1]


def test_a_table_is_not_changed(
    project: MakeProject, schools: MakeSchools, raster: MakeRaster
) -> None:
    table: gpd.GeoDataFrame = schools([{"lat": LAT, "lon": 115.305}])
    table = table[[*(c.name for c in schema.up_to("prediction")), "geometry"]]
    before = table.copy()
    collect_signals(table, project({"coverage": [source(raster("a.tif", [[-85]]))]}, bare=True))
    assert table.equals(before)


def test_a_poor_signal_beside_a_silent_map_is_a_lower_bound(run: Run, raster: MakeRaster) -> None:
    """One operator's map finds -112 dBm or nothing, the other's does not know the place."""
    poor = raster("poor.tif", np.full((10, 10), -112), nodata=-9999)
    none = raster("none.tif", np.full((10, 10), -9999), nodata=-9999)
    silent = source(none, operator="indosat")
    got = run([source(poor), silent])
    assert column(got, "available") == pytest.approx([0.21] * 5)
    assert column(got, "available_status") == ["inferred"] * 5
    got = run([source(none, nodata_means="none"), silent])
    assert column(got, "available") == [None] * 5
    assert column(got, "available_status") == ["unknown"] * 5
    # A map of 2G that is silent leaves nothing better open.
    got = run([source(poor), {**silent, "technology": "2g"}])
    assert column(got, "available_status") == ["known"] * 5


def test_a_signal_that_just_suffices_is_known_beside_a_silent_map(
    run: Run, raster: MakeRaster
) -> None:
    cells = np.array([[1, 2]], dtype="uint8")
    classes = {"1": 0.5, "2": 0.4999}
    enough = source(raster("a.tif", cells, nodata=255), kind="class", classes=classes)
    none = raster("none.tif", np.full((1, 2), -9999), nodata=-9999)
    rows = [{"lat": lat, "lon": lon} for lat, lon in CENTRES[:2]]
    got = run([enough, source(none, operator="indosat")], rows)
    assert column(got, "available_status") == ["known", "inferred"]
