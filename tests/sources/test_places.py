from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from pyproj import Geod

from kalsel_gap.sources.boundaries import standing_areas
from kalsel_gap.sources.places import locate_places
from kalsel_gap.sources.school_points import alternatives, at_likelier_place
from kalsel_gap.sources.schools import read_schools

if TYPE_CHECKING:
    from kalsel_gap.stages import Staged
    from tests.conftest import MakeCsv, MakeProject

GEOD = Geod(ellps="WGS84")
# Where schools of data/tiny may lie: see its boundaries.
ROWS: list[dict[str, object]] = [
    {"npsn": "00000001", "nama": "A", "kab_kota": "Kab. Muara Contoh", "lat": -2.92, "lon": 115.32},
    {"npsn": "00000002", "nama": "B", "kab_kota": "Kab. Muara Contoh", "lat": -2.92, "lon": 115.38},
    {"npsn": "00000003", "nama": "C", "kab_kota": "Gunung Contoh", "lat": -2.92, "lon": 115.35},
    {"npsn": "00000004", "nama": "D", "kab_kota": "", "lat": -2.98, "lon": 115.38},
    {"npsn": "00000005", "nama": "E", "kab_kota": "Kab. Muara Contoh", "lat": "", "lon": ""},
    {"npsn": "00000006", "nama": "F", "kab_kota": "Kab. Nowhere", "lat": -2.995, "lon": 115.305},
]


def placed(
    project: MakeProject, as_csv: MakeCsv, sections: dict[str, Any] | None = None, **kwargs: Any
) -> Staged:
    files = {"schools.csv": as_csv(ROWS), **kwargs.pop("files", {})}
    opened = project(sections, files=files, **kwargs)
    schools, _ = read_schools(opened)
    schools["claimed_area"], schools["point_weight"] = None, float("nan")
    staged = locate_places(schools, opened)
    assert staged.columns.index.equals(schools.index)
    return staged


def test_the_polygon_that_holds_the_point(project: MakeProject, as_csv: MakeCsv) -> None:
    staged = placed(project, as_csv)
    found = staged.columns["kabupaten_by_location"].fillna("").tolist()
    assert found == [
        "Kab. Muara Contoh",
        "Kab. Gunung Contoh",
        "Kab. Muara Contoh",  # on the border: of both, the one with the first code
        "Kab. Gunung Contoh",
        "",  # no place
        "",  # in the sea
    ]
    assert staged.columns["kecamatan_by_location"].fillna("").tolist() == [
        "Hulu Contoh",
        "Gunung Contoh",
        "Hulu Contoh",
        "Lembah Contoh",
        "",
        "",
    ]
    assert staged.columns["desa_by_location"].isna().all()


def test_distance_to_the_capital_of_the_claimed_kabupaten(
    project: MakeProject, as_csv: MakeCsv
) -> None:
    capitals = {"Muara Contoh": [-3.0, 115.4]}
    staged = placed(project, as_csv, {"boundaries": {"capitals": capitals}})
    got = staged.columns["capital_km"].tolist()
    for row, km in zip(ROWS[:2], got[:2], strict=True):
        _, _, metres = GEOD.inv(row["lon"], row["lat"], 115.4, -3.0)
        assert km == pytest.approx(metres / 1000, abs=1e-3)
    assert all(math.isnan(km) for km in got[2:])  # no capital known, no kabupaten, no place


def test_village_index_by_the_desas_code(project: MakeProject, as_csv: MakeCsv) -> None:
    # The kecamatan stand in for desa: their codes have the same form.
    sections = {"boundaries": {"desa": "kecamatan.geojson"}, "villages": {"path": "idm.csv"}}
    files = {"idm.csv": "kode_desa,status\n990101,3\n990202,5\n990201,0\n"}
    staged = placed(project, as_csv, sections, files=files)
    got = staged.columns["village_index"]
    assert got.dtype == "Int64"
    # C claims another kabupaten than its point lies in: whose village it is is not known.
    assert got.fillna(0).tolist() == [3, 0, 0, 5, 0, 0]
    assert staged.columns["desa_code"].tolist()[:2] == ["99.01.01", "99.02.01"]


def test_without_boundaries_everything_is_unknown(project: MakeProject, as_csv: MakeCsv) -> None:
    staged = placed(project, as_csv, bare=True)
    assert staged.columns.isna().all(axis=None)
    assert staged.findings == []
    assert list(staged.columns.dtypes.astype(str).unique()) == ["str", "Int64", "float64"]


def test_nobody_has_a_place(project: MakeProject, as_csv: MakeCsv) -> None:
    opened = project(files={"schools.csv": "npsn,nama,lat,lon\n1,A,,\n2,B,,\n"})
    schools, _ = read_schools(opened)
    schools["claimed_area"], schools["point_weight"] = None, float("nan")
    staged = locate_places(schools, opened)
    assert staged.columns.isna().all(axis=None)
    assert isinstance(staged.columns, pd.DataFrame)
    assert len(staged.columns) == 2


def test_a_doubtful_point_is_two_places(project: MakeProject, as_csv: MakeCsv) -> None:
    opened = project(files={"schools.csv": as_csv(ROWS[:4])})
    schools, _ = read_schools(opened)
    areas = standing_areas(opened)
    code = next(code for code, area in areas.items() if area.contains(schools.geometry[1]))
    assert not areas[code].contains(schools.geometry[0])
    schools["claimed_area"] = [code, code, None, None]
    schools["point_weight"] = [0.3, 0.0, float("nan"), float("nan")]
    schools["point_radius_m"] = [700.0, 700.0, float("nan"), float("nan")]
    schools["confidence_radius_m"] = [20_000.0, 20_000.0, 250.0, 250.0]
    found = alternatives(schools, opened)
    assert found["place"].tolist() == ["point", "point", "point", "area", "area"]
    assert found["npsn"].tolist() == [*("00000001", "00000003", "00000004"), "00000001", "00000002"]
    # A point that has no weight is left out; another one has the boundary's imprecision.
    assert found["confidence_radius_m"].tolist()[:3] == [700.0, 250.0, 250.0]
    assert found["location_area"].tolist()[3:] == [code, code]
    likelier = at_likelier_place(schools, opened)
    assert areas[code].contains(likelier.geometry[0])
    assert likelier["lat"].tolist()[2:] == schools["lat"].tolist()[2:]
