from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import box, to_geojson
from shapely.geometry import LineString

from kalsel_gap import schema
from kalsel_gap.findings import to_frame
from kalsel_gap.i18n.messages import finding_sentence
from kalsel_gap.i18n.text import Text
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.claimed_areas import claims_of
from kalsel_gap.quality.locations import READS
from kalsel_gap.quality.locations import check_locations as locations_of
from kalsel_gap.sources.schools import read_schools
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject, MakeSchools

GEOD = Geod(ellps="WGS84")
# Two kabupaten side by side, each with two kecamatan; the west is coast, the rest has neighbours.
KABUPATEN = {
    ("99.01", "Kabupaten Kotabaru"): box(115.0, -3.2, 115.2, -3.0),
    ("99.02", "Kota Timur"): box(115.2, -3.2, 115.4, -3.0),
}
KECAMATAN = {
    ("99.01.01", "Hulu"): box(115.0, -3.2, 115.1, -3.0),
    ("99.01.02", "Batumandi"): box(115.1, -3.2, 115.2, -3.0),
    ("99.02.01", "Hulu"): box(115.2, -3.2, 115.3, -3.0),
    ("99.02.02", "Hilir"): box(115.3, -3.2, 115.4, -3.0),
}
DESA = {
    ("99.01.01.2001", "Sungai Dua"): box(115.0, -3.1, 115.1, -3.0),
    ("99.01.01.2002", "Pantai"): box(115.0, -3.2, 115.1, -3.1),
}
USUAL = {"kabupaten": "Kab. Kotabaru", "kecamatan": "Hulu", "lat": -3.0512, "lon": 115.0512}


def layer(areas: dict[tuple[str, str], BaseGeometry]) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"kode": code, "nama": name},
            "geometry": json.loads(to_geojson(shape)),
        }
        for (code, name), shape in areas.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


FILES = {
    "kab.geojson": layer(KABUPATEN),
    "kec.geojson": layer(KECAMATAN),
    "desa.geojson": layer(DESA),
    "coast.geojson": layer({("", ""): LineString([(115.0, -4.0), (115.0, -2.0)])}),
    "land.geojson": layer({("", ""): box(115.0, -4.0, 116.0, -2.0)}),
    "offices.geojson": layer({("", "Kantor Camat"): LineString([(115.07, -3.03)] * 2)}),
}
BOUNDARIES = {"province": "kab.geojson", "kabupaten": "kab.geojson", "kecamatan": "kec.geojson"}
BOUNDARIES |= {"desa": "desa.geojson"}


@pytest.fixture
def world(project: MakeProject) -> Opened:
    sections = {
        "boundaries": {**BOUNDARIES, "capitals": {"Kotabaru": [-3.0333, 115.0444]}},
        "coastline": {"path": "coast.geojson", "land": ["land.geojson"]},
        "facilities": {"path": "offices.geojson"},
    }
    return project(sections, files=FILES, bare=True)


def locations(schools: gpd.GeoDataFrame, cells: pd.DataFrame, opened: Opened) -> list[Finding]:
    return locations_of(schools, claims_of(schools, cells, opened), opened)


def found(
    schools: MakeSchools, world: Opened, rows: Sequence[dict[str, Any]]
) -> dict[str, list[Finding]]:
    """Findings by code; cells that a row gives as the register's own begin with an underscore."""
    tables = [{**USUAL, **{k: v for k, v in row.items() if k[0] != "_"}} for row in rows]
    for number, row in enumerate(tables):
        row.setdefault("name", f"Sekolah {'ABCDEFGHIJ'[number]}")
        row["lat"] += number * 1.3e-5  # nobody at the very same point
        row.setdefault("lat_given", f"{row['lat']:.6f}")
        row.setdefault("lon_given", f"{row['lon']:.6f}")
    cells = pd.DataFrame([{k[1:]: v for k, v in row.items() if k[0] == "_"} for row in rows])
    told: dict[str, list[Finding]] = {}
    for finding in locations(schools(tables), cells.fillna("").astype("str"), world):
        told.setdefault(finding.code, []).append(finding)
    return told


def test_where_it_should_be_nothing_is_told(schools: MakeSchools, world: Opened) -> None:
    row = {"_desa": "Desa Sei Dua", "_kabupaten": "Kab. Kota Baru", "_kecamatan": "Kec. Hulu"}
    assert found(schools, world, [row]) == {}


def test_another_kabupaten_and_how_far(schools: MakeSchools, world: Opened) -> None:
    got = found(schools, world, [{"lon": 115.25, "lon_given": "115.251234"}])
    (finding,) = got["kabupaten_differs"]
    _, _, metres = GEOD.inv(115.25, USUAL["lat"], 115.2, USUAL["lat"])
    assert finding.evidence["distance_km"] == pytest.approx(metres / 1000, abs=2e-3)
    assert (finding.value, finding.parameters["by_location"]) == ("Kab. Kotabaru", "Kota Timur")


def test_another_kecamatan_beyond_the_tolerance(schools: MakeSchools, world: Opened) -> None:
    # 7 % of the 11 km between vertices and the 250 m of the point: 1.03 km are 0.0092 degrees.
    rows: list[dict[str, Any]] = [
        {"lon": 115.1082},
        {"lon": 115.1102},
        {"lon": 115.15, "_kecamatan": "Kec. Hulu"},
    ]
    got = found(schools, world, rows)
    assert [f.row for f in got["kecamatan_differs"]] == [3, 4]
    finding = got["kecamatan_differs"][1]
    assert finding.value == "Kec. Hulu"
    assert finding.parameters["by_location"] == "Batumandi"
    assert finding.evidence["tolerance_km"] == pytest.approx(0.25 + 0.07 * 11.1, abs=0.01)
    _, _, metres = GEOD.inv(115.15, -3.0512, 115.1, -3.0512)
    assert finding.evidence["distance_km"] == pytest.approx(metres / 1000, abs=2e-3)


def test_a_name_in_two_kabupaten(schools: MakeSchools, world: Opened) -> None:
    rows: list[dict[str, Any]] = [
        {"kabupaten": "Kota Timur", "lon": 115.2512},
        {"kabupaten": "Kota Timur"},
    ]
    got = found(schools, world, rows)
    assert [f.row for f in got["kecamatan_differs"]] == [3]
    assert [f.row for f in got["kabupaten_differs"]] == [3]


def test_another_desa_by_name_or_by_code(schools: MakeSchools, world: Opened) -> None:
    rows = [
        {"_desa": "Pantai", "lat": -3.0734},
        {"_desa_code": "99.01.01.2002", "lat": -3.0534},
        {"_desa": "Pantai", "_desa_code": "9901012002", "lat": -3.1512},
    ]
    got = found(schools, world, rows)
    assert [(f.row, f.column, f.value) for f in got["desa_differs"]] == [
        (2, "desa", "Pantai"),
        (3, "desa_code", "99.01.01.2002"),
    ]


def test_unknown_names_and_the_nearest(schools: MakeSchools, world: Opened) -> None:
    rows = [{"_kecamatan": "Kec. Batumndi"}, {"_desa": "Sungai Dau"}, {"_desa": "Qqq"}]
    got = found(schools, world, rows)
    (kecamatan,) = got["kecamatan_unknown"]
    assert kecamatan.value == "Kec. Batumndi"
    assert kecamatan.parameters == {"suggestion": "Batumandi", "within": "Kabupaten Kotabaru"}
    assert [f.parameters["suggestion"] for f in got["desa_unknown"]] == ["Sungai Dua", "–"]


def test_a_code_that_most_rows_say_is_another(schools: MakeSchools, project: MakeProject) -> None:
    rows = [
        {"_kabupaten": "Kab. Banjar", "_kabupaten_code": "150100  "},
        {"_kabupaten": "KAB. BANJAR", "_kabupaten_code": "150100"},
        {"_kabupaten": "Kab. Tapin", "_kabupaten_code": "150100  "},
        {"_kabupaten": "Kab. Tapin", "_kabupaten_code": "150500"},
    ]
    got = found(schools, project(bare=True), rows)
    (finding,) = got["area_code_inconsistent"]
    assert (finding.row, finding.column, finding.value) == (4, "kabupaten_code", "150100")
    assert finding.parameters == {"mostly": "Kab. Banjar", "said": "Kab. Tapin"}


def test_codes_that_rows_need_and_boundaries_do_not_have(
    schools: MakeSchools, world: Opened
) -> None:
    rows = [{"_desa": "", "_desa_code": f"990101000{n}"} for n in range(1, 4)]
    (finding,) = found(schools, world, rows)["area_codes_unmatched"]
    assert (finding.row, finding.column) == (None, "desa_code")
    assert finding.parameters == {
        "matched": 0,
        "count": 3,
        "level": "desa",
        "example": "9901010001",
        "kind": "BPS",
        "areas_example": "99.01.01.2001",
        "areas_kind": "Kemendagri",
    }
    rows = [{"_desa": "", "_desa_code": "99.01.01.2001"}] * 3
    assert "area_codes_unmatched" not in found(schools, world, rows)
    rows = [{"_desa": "Pantai", "_desa_code": "9901010001"}] * 3  # the names are enough
    assert "area_codes_unmatched" not in found(schools, world, rows)


def test_an_area_founded_after_the_register(schools: MakeSchools, project: MakeProject) -> None:
    # The register names nine of ten kecamatan; two schools of the ninth lie in the tenth.
    strips = {
        (f"99.01.{n:02}", f"Kec{chr(64 + n)}"): box(115 + n / 10, -3.2, 115.1 + n / 10, -3.0)
        for n in range(1, 11)
    }
    world = project(
        {"boundaries": {"kecamatan": "strips.geojson"}},
        files={"strips.geojson": layer(strips)},
        bare=True,
    )
    rows = [
        {"kecamatan": f"Kec{chr(64 + n)}", "lon": 115.0512 + n / 10, "lat": -3.05 - n / 100}
        for n in range(1, 10)
    ]
    late = {"kecamatan": "KecI", "lon": 116.0512, "name": "SMP X", "level": "SMP"}
    far = {"kecamatan": "KecA", "lon": 116.0512, "lat": -3.19, "name": "SMA X", "level": "SMA"}
    table = [*rows, {**late, "lat": -3.151}, {**late, "lat": -3.171}, far]
    got = locations(schools([{**USUAL, **row} for row in table]), pd.DataFrame(), world)
    told = {f.row: f.code for f in got if f.code in ("area_newer", "kecamatan_differs")}
    assert told == {11: "area_newer", 12: "area_newer", 13: "kecamatan_differs"}


def test_at_sea_is_not_in_the_neighbouring_province(schools: MakeSchools, world: Opened) -> None:
    rows = [
        {"lon": 114.9512},  # west of the coast
        {"lat": -2.9512},  # north of the province, on land
        {"lon": 114.9912},  # in the sea, within what the finest polygon can be wrong
    ]
    got = found(schools, world, rows)
    (sea,), (outside,) = got["location_at_sea"], got["location_outside_province"]
    assert (sea.row, outside.row) == (2, 3)
    _, _, sea_m = GEOD.inv(114.9512, -3.0512, 115.0, -3.0512)
    assert sea.evidence["distance_km"] == pytest.approx(sea_m / 1000, abs=2e-3)
    _, _, north_m = GEOD.inv(115.0512, -2.9512, 115.0512, -3.0)
    assert outside.evidence["distance_km"] == pytest.approx(north_m / 1000, abs=3e-3)


def test_without_a_coastline_nothing_is_at_sea(schools: MakeSchools, project: MakeProject) -> None:
    world = project({"boundaries": BOUNDARIES}, files=FILES, bare=True)
    got = found(schools, world, [{"lon": 114.9512}])
    assert "location_at_sea" not in got
    assert len(got["location_outside_province"]) == 1


@pytest.mark.parametrize(
    ("lat", "lon", "place"),
    [
        ("-3.05", "115.05", "Sungai Dua"),
        ("-3.0501", "115.0500", ""),
        ("-3.10000", "115.05000", "Hulu"),
        ("-3.0333", "115.0444", "Kab. Kotabaru"),
        ("-3.0300", "115.0700", "Kantor Camat"),
    ],
)
def test_coordinates_of_a_centre_capital_or_office(
    schools: MakeSchools, world: Opened, lat: str, lon: str, place: str
) -> None:
    row = {"lat": float(lat), "lon": float(lon), "lat_given": lat, "lon_given": lon}
    got = found(schools, world, [row]).get("coordinates_at_centroid", [])
    assert [f.parameters["place"] for f in got] == ([place] if place else [])


@pytest.mark.parametrize(
    ("lat", "lon", "precision_m"),
    [
        ("-3.05", "115.1", 1106),
        ("-3.0500000", "115.1100000", 1106),
        ("-3", "115", 110_577),
        ("-3,1", "115,2", 11_058),
        ("-3.051", "115.1", None),
        ("-3.0512", "115.0000", 110_577),
        ("-3.0512", "115.1000", None),  # zeros by chance, in one row of a thousand
        ("3°03'S", "115.1", None),
    ],
)
def test_too_few_decimals(
    schools: MakeSchools, project: MakeProject, lat: str, lon: str, precision_m: int | None
) -> None:
    row = {"lat_given": lat, "lon_given": lon}
    if precision_m is None and lat.startswith("3"):
        row["location_status"] = "repaired"
    got = found(schools, project(bare=True), [row]).get("decimals_few", [])
    assert len(got) == (precision_m is not None)
    for finding in got:
        assert finding.evidence["precision_m"] == pytest.approx(precision_m, rel=1e-4)
        assert finding.value == f"{lat}, {lon}"


def test_unusable_locations_are_left_to_others(schools: MakeSchools, world: Opened) -> None:
    row = {"lat": None, "lon": None, "lat_given": "0", "lon_given": "115"}
    table = schools([{**USUAL, **row, "location_status": "unusable"}])
    assert locations(table, pd.DataFrame(), world) == []


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
WORDS = st.sampled_from(["", "Hulu", "Kec. Hulu", "Pantai", "Kab. Kotabaru", "99.01", "150100 "])
ROW = st.fixed_dictionaries(
    {
        **dict.fromkeys(("npsn", "name", "kabupaten", "kecamatan", "desa"), TEXTS | WORDS),
        **{f"{c}_code": TEXTS | WORDS for c in ("kabupaten", "kecamatan", "desa")},
        "level": st.sampled_from([None, *schema.LEVELS]),
        "ownership": st.sampled_from([None, *schema.OWNERSHIPS]),
        "lat": st.none() | st.floats(-3.3, -2.9) | st.sampled_from([-3.05, -3.0, -90.0, 90.0]),
        "lon": st.floats(114.9, 115.5) | st.sampled_from([115.05, 115.0, -180.0, 180.0]),
        "lat_given": TEXTS | WORDS,
        "lon_given": TEXTS | WORDS,
    }
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=8), seed=st.integers(0, 9))
def test_any_strings_give_findings(world: Opened, rows: list[dict[str, Any]], seed: int) -> None:
    cells = pd.DataFrame(rows)
    table = pd.DataFrame(rows).reindex(columns=list(READS))
    table["row_id"] = [f"r.csv:{n}" for n in range(2, len(rows) + 2)]
    table["location_status"] = "given"
    text = [c for c in READS if c not in ("lat", "lon")]
    table = table.astype(dict.fromkeys(text, "str")).astype({"lat": "float64", "lon": "float64"})
    table.loc[table["lat"].isna(), "lon"] = np.nan
    points = gpd.points_from_xy(table["lon"], table["lat"])
    schools = gpd.GeoDataFrame(table, geometry=points, crs=schema.CRS)
    before, given_cells = schools.copy(deep=True), cells.copy(deep=True)
    got = to_frame(locations(schools, cells, world))
    english = Text("en")
    assert all(finding_sentence(row, english) for row in got.to_dict("records"))
    pd.testing.assert_frame_equal(schools, before)
    pd.testing.assert_frame_equal(cells, given_cells)
    order = np.random.default_rng(seed).permutation(len(rows))
    again = to_frame(locations(schools.iloc[order], cells.iloc[order], world))
    pd.testing.assert_frame_equal(got, again)


@pytest.mark.real
def test_the_real_list(shared: Path) -> None:
    opened = read_project(REPOSITORY / "tests" / "real" / "kalsel.toml")
    schools, _ = read_schools(opened)
    raw = pd.read_csv(
        shared / "kalsel/schools/kalsel_sekolah_2019_raw.csv", dtype="str", keep_default_na=False
    )
    names = {"kabupaten_kota": "kabupaten", "kode_kab_kota": "kabupaten_code"}
    cells = raw.rename(columns={**names, "kode_kec": "kecamatan_code"})
    told = locations(schools, cells, opened)
    count = Counter(finding.code for finding in told)
    differs = [f.evidence["distance_km"] for f in told if f.code == "kabupaten_differs"]
    assert len(differs) == 33
    assert sum(float(str(km)) > 2 for km in differs) == 5
    same = [f for f in told if f.code in ("coordinates_shared", "coordinates_copied")]
    assert len(same) == 100
    assert len({f.value for f in same}) == 49
    assert count["cluster_dense"] == count["coordinates_at_centroid"] == 0
    assert count["area_code_inconsistent"] == count["kecamatan_unknown"] == 0
    assert count["location_at_sea"] == 3
    assert count["location_outside_province"] == 1
