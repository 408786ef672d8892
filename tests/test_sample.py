"""The synthetic province: its generator, its dirt, and that it ranks like a province."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.features import rasterize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kalsel_gap.storage.run_folder import Run

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
WRITTEN_BY_HAND = {"kalsel-gap.toml", "measured.toml", "generate.py", ".gitattributes"}
MOST_BYTES = 5_000_000
SCALE = 0.27
SPECIAL = {"SLB", "SDLB", "SMPLB", "SMLB"}
KINDS = {"SD", "SMP", "SMA", "SMK", "PKBM", "MI", "MTs", "MA"} | SPECIAL

# SD, SMP, SMA, SMK, SLB of 2017/18 by the register's code of the kabupaten.
REAL = {
    "151000": (238, 53, 17, 10, 4),
    "150700": (255, 59, 27, 7, 2),
    "150200": (367, 73, 17, 10, 5),
    "150300": (272, 56, 18, 3, 1),
    "151100": (175, 26, 7, 3, 4),
    "150400": (244, 36, 9, 4, 1),
    "150500": (266, 37, 10, 9, 3),
    "150600": (184, 30, 7, 7, 3),
    "150800": (220, 58, 12, 10, 1),
    "150900": (192, 60, 11, 18, 1),
    "150100": (173, 24, 11, 3, 1),
    "156100": (248, 63, 28, 22, 10),
    "156000": (77, 22, 12, 17, 2),
}


def generated_names() -> set[str]:
    """Files of the sample that the generator writes; runs may lie beside them."""
    return {p.name for p in SAMPLE.iterdir() if p.is_file()} - WRITTEN_BY_HAND


def table(name: str) -> list[dict[str, str]]:
    """Rows of a table, every cell a text."""
    text = (SAMPLE / name).read_text(encoding="utf-8-sig")
    delimiter = ";" if name == "madrasah.csv" else ","
    return list(csv.DictReader(text.splitlines(), delimiter=delimiter))


def features(name: str) -> list[dict[str, dict[str, str]]]:
    """Features of a layer."""
    found: list[dict[str, dict[str, str]]] = json.loads(
        (SAMPLE / name).read_text(encoding="utf-8")
    )["features"]
    return found


def place(row: Mapping[str, str]) -> tuple[str, str]:
    """Latitude and longitude of a row of either register."""
    return row.get("lintang", row.get("lat", "")), row.get("bujur", row.get("lon", ""))


def on_land(row: Mapping[str, str]) -> bool:
    """Whether a row's place is on land."""
    lat, lon = map(float, place(row))
    land = [shapely.geometry.shape(f["geometry"]) for f in features("land.geojson")]
    return any(polygon.contains(shapely.Point(lon, lat)) for polygon in land)


@cache
def kabupaten() -> dict[str, shapely.Geometry]:
    """Polygons by the name that the register gives them."""
    return {
        f["properties"]["nama"].replace("Kabupaten", "Kab."): shapely.geometry.shape(f["geometry"])
        for f in features("kabupaten.geojson")
    }


def kabupaten_of(row: Mapping[str, str]) -> str | None:
    """The kabupaten whose polygon holds a row's place."""
    lat, lon = map(float, place(row))
    point = shapely.Point(lon, lat)
    return next((name for name, area in kabupaten().items() if area.contains(point)), None)


@pytest.fixture(scope="module")
def dirt() -> list[dict[str, str]]:
    return table("dirt.csv")


@pytest.fixture(scope="module")
def clean(dirt: list[dict[str, str]]) -> list[dict[str, str]]:
    """The base register as it would be without dirt."""
    rows: dict[int, dict[str, str]] = dict(enumerate(table("schools.csv"), start=2))
    for entry in dirt:
        if entry["file"] != "schools.csv":
            continue
        if entry["column"] == "npsn" and not entry["truth"]:
            del rows[int(entry["row"])]
        else:
            rows[int(entry["row"])][entry["column"]] = entry["truth"]
    return list(rows.values())


def test_the_generator_gives_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-W", "error", SAMPLE / "generate.py", tmp_path / "again"],
        check=True,
        capture_output=True,
    )
    again = {path.name for path in (tmp_path / "again").iterdir()}
    assert again == generated_names()
    differ = [
        name
        for name in sorted(again)
        if (tmp_path / "again" / name).read_bytes() != (SAMPLE / name).read_bytes()
    ]
    assert differ == []


def test_it_is_small() -> None:
    assert sum(p.stat().st_size for p in SAMPLE.iterdir() if p.is_file()) < MOST_BYTES


def test_schools_are_those_of_the_province_scaled(clean: list[dict[str, str]]) -> None:
    found = Counter((row["kode_kab_kota"].strip(), row["bentuk"]) for row in clean)
    for code, numbers in REAL.items():
        for level, number in zip(("SD", "SMP", "SMA", "SMK", "SLB"), numbers, strict=True):
            wanted = max(1.0, SCALE * number)
            assert abs(found[code, level] - wanted) <= 1, (code, level)
    total = len(clean) + len(table("madrasah.csv"))
    assert 1150 <= total <= 1300
    levels = {row["bentuk"] for row in clean} | {
        row["bentuk_pendidikan"] for row in table("madrasah.csv")
    }
    assert levels == KINDS
    assert {row["status"] for row in clean} == {"N", "S"}


def test_no_number_could_be_a_real_one(clean: list[dict[str, str]]) -> None:
    numbers = [row["npsn"] for row in clean] + [row["npsn"] for row in table("madrasah.csv")]
    assert all(re.fullmatch(r"99\d{6}|099\d{5}|P00\d{5}", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    codes = [f["properties"]["kode"] for f in features("desa.geojson")]
    assert all(re.fullmatch(r"63\.\d\d\.[89]\d\.29\d\d", code) for code in codes)
    assert len(set(codes)) == len(codes)


# What each kind of dirt looks like in its row.
LOOKS: dict[str, Callable[[Mapping[str, str]], object]] = {
    "at_sea": lambda row: not on_land(row),
    "coordinates_missing": lambda row: place(row) == ("", ""),
    "coordinates_shared": lambda row: True,
    "coordinates_swapped": lambda row: float(place(row)[0]) > 100 and float(place(row)[1]) < 0,
    "coordinates_zero": lambda row: place(row) == (".0000000", ".0000000"),
    "date_impossible": lambda row: not re.fullmatch(r"2026-\d\d-\d\d", row["date"]),
    "decimal_comma": lambda row: all("," in text for text in place(row)),
    "hostile_name": lambda row: re.search(r"[<=${@\x1b\u202e]|\.\./", row["sekolah"]),
    "in_another_kabupaten": lambda row: kabupaten_of(row) not in {None, row["kabupaten_kota"]},
    "in_another_province": lambda row: float(place(row)[0]) < -5,
    "kabupaten_spelling": lambda row: row["kabupaten_kota"] not in kabupaten(),
    "level_not_of_the_name": lambda row: row["sekolah"].split()[0] != row["bentuk"],
    "minus_missing": lambda row: 0 < float(place(row)[0]) < 6,
    "mojibake": lambda row: "â€" in row["sekolah"],
    "more_active_than_accounts": lambda row: int(row["akun_aktif"]) > int(row["akun_belajar"]),
    "npsn_lost_its_head": lambda row: len(row["npsn"]) == 7,
    "npsn_repeated": lambda row: True,
    "percent_for_share": lambda row: float(row["share_miskin"]) > 1,
    "power_of_ten": lambda row: float(place(row)[0]) < -10,
    "rate_negative": lambda row: float(row["download_mbps"]) < 0,
    "rounded_to_a_tenth": lambda row: all(re.fullmatch(r"-?\d+\.\d", text) for text in place(row)),
    "spaces_around": lambda row: row["npsn"] != row["npsn"].strip(),
    "students_zero": lambda row: row["siswa"] == "0",
    "thousand_separator": lambda row: re.fullmatch(r"\d\.\d{3}", row["siswa"]),
    "without_a_school": lambda row: row["npsn"].startswith("9999"),
}


def test_every_kind_of_dirt_is_there(dirt: list[dict[str, str]]) -> None:
    tables = {name: table(name) for name in {entry["file"] for entry in dirt}}
    assert {entry["kind"] for entry in dirt} == set(LOOKS)
    kinds = {(entry["file"], entry["row"], entry["kind"]) for entry in dirt}
    assert len(kinds) == len({(file, row) for file, row, _ in kinds}), "one kind a row"
    for entry in dirt:
        row = tables[entry["file"]][int(entry["row"]) - 2]
        assert row["npsn"].strip() == entry["npsn"]
        assert LOOKS[entry["kind"]](row), entry
        assert row[entry["column"]] != entry["truth"], entry


def test_repeated_numbers_and_shared_places_are_so(dirt: list[dict[str, str]]) -> None:
    rows = table("schools.csv")
    numbers = Counter(row["npsn"].strip() for row in rows)
    places = Counter(place(row) for row in rows)
    for entry in dirt:
        row = rows[int(entry["row"]) - 2] if entry["file"] == "schools.csv" else {}
        if entry["kind"] == "npsn_repeated":
            assert numbers[row["npsn"]] == 2
        if entry["kind"] == "coordinates_shared":
            assert places[place(row)] in {4, 6}


def test_the_readme_lists_the_dirt_and_the_files(dirt: list[dict[str, str]]) -> None:
    text = (SAMPLE.parent / "README.md").read_text(encoding="utf-8")
    where: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for entry in dirt:
        where[entry["kind"]][entry["file"]].add(int(entry["row"]))
    for kind, files in where.items():
        rows = "; ".join(
            f"`{file}` {', '.join(map(str, sorted(found)))}"
            for file, found in sorted(files.items())
        )
        count = sum(map(len, files.values()))
        assert re.search(
            rf"^\| `{kind}` \| .+ \| {count} \| {re.escape(rows)} \|$", text, re.MULTILINE
        ), f"| `{kind}` | … | {count} | {rows} |"
    for name in generated_names():
        assert f"`{name}`" in text
    assert "synthetic" in text


def test_nothing_names_a_machine() -> None:
    for path in [*SAMPLE.iterdir(), SAMPLE.parent / "README.md"]:
        if path.is_file():
            assert not re.search(rb"/(work|home|root|tmp|Users)/", path.read_bytes()), path.name


def test_the_sea_begins_at_the_shore() -> None:
    land = [shapely.geometry.shape(f["geometry"]) for f in features("land.geojson")]
    shores = [shapely.geometry.shape(f["geometry"]) for f in features("coastline.geojson")]
    with rasterio.open(SAMPLE / "dem.tif") as raster:
        height = raster.read(1)
        dry = rasterize(land, out_shape=height.shape, transform=raster.transform) > 0
        assert (raster.res[0] * 3600, raster.nodata) == pytest.approx((15, -32768))
    # Coordinates are rounded to 11 m: a cell's centre may lie that near to the shore.
    assert np.count_nonzero((height != -32768) != dry) < 20
    assert height[dry].max() == 1900
    edges = shapely.union_all([polygon.exterior for polygon in land])
    assert all(shore.difference(edges.buffer(1e-4)).is_empty for shore in shores)


@pytest.mark.parametrize("level", ["province", "kabupaten", "kecamatan", "desa"])
def test_boundaries_are_valid_and_fill_the_province(level: str) -> None:
    areas = [shapely.geometry.shape(f["geometry"]) for f in features(f"{level}.geojson")]
    whole = shapely.geometry.shape(features("province.geojson")[0]["geometry"])
    assert all(area.is_valid for area in areas)
    union = shapely.union_all(areas)
    assert union.symmetric_difference(whole).area < 1e-4 * whole.area
    assert sum(area.area for area in areas) == pytest.approx(union.area, rel=1e-6)


def test_clean_schools_lie_in_their_kabupaten(clean: list[dict[str, str]]) -> None:
    areas = kabupaten()
    for row in clean:
        lat, lon = map(float, place(row))
        assert areas[row["kabupaten_kota"]].distance(shapely.Point(lon, lat)) < 1e-4, row["npsn"]


def test_rasters_have_the_systems_they_should() -> None:
    for name, crs, nodata in (
        ("dem.tif", 4326, -32768),
        ("rsrp_4g_banuasel.tif", 4326, -9999),
        ("rsrp_4g_meratusnet.tif", 4326, -9999),
        ("class_2g_banuasel.tif", 32750, 255),
    ):
        with rasterio.open(SAMPLE / name) as raster:
            assert (raster.crs.to_epsg(), raster.nodata) == (crs, nodata)


def test_the_ranking_is_that_of_a_province(sample_run: Run) -> None:
    ranked = sample_run.schools
    assert set(ranked["terrain_class"].dropna()) == {
        "dataran",
        "pesisir",
        "rawa",
        "pegunungan",
        "pulau_kecil",
    }
    assert ranked["gap_type"].value_counts().min() >= 50
    assert ranked["gap_type"].nunique() == 7
    assert ranked["tier"].value_counts().min() >= 100
    by_terrain = ranked.groupby("terrain_class")["deficit"].mean().sort_values()
    assert set(by_terrain.index[-2:]) == {"pegunungan", "pulau_kecil"}
    by_kabupaten = ranked.groupby("kabupaten")["deficit"].mean().sort_values()
    assert by_kabupaten.index[0] == "Kota Banjarmasin"
    assert (ranked["delivered_basis"] == "test").sum() >= 150
    # Tests teach the service given a line; where nothing else is known the curves infer it.
    assert (ranked["delivered_basis"].isin(["curves", "provider"])).sum() >= 300
    inferred = ranked["deficit_status"] == "inferred"
    assert (ranked.loc[inferred & (ranked["tier"] == 5), "tier_label"] == "covered").any()
