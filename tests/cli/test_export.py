"""kalsel-gap export: which schools, in which CRS, and what is said of the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from tests.conftest import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

METRIC = {"gpkg": "gpkg", "parquet": "parquet", "flatgeobuf": "fgb"}
DEGREES = {"geojson": "geojson", "kml": "kml"}
LAYERS = METRIC | DEGREES


def read(path: Path) -> gpd.GeoDataFrame:
    if path.suffix == ".parquet":
        return gpd.read_parquet(path)
    return gpd.read_file(path, layer="schools" if path.suffix == ".gpkg" else None)


@pytest.mark.parametrize("command", LAYERS)
def test_filters_choose_the_schools_and_the_rest_is_named(
    ranked: Path, cli: CommandLine, command: str
) -> None:
    out = ranked / f"a.{LAYERS[command]}"
    answer = cli(
        *("export", command, "--project", ranked, "--out", out),
        *("--kabupaten", "gunung contoh", "--level", "SD", "--by", "priority"),
    )
    assert answer.status == 0, answer.err
    assert answer.out == b""
    assert "3 of 13 rows of the register are asked for; the others are left out." in answer.err
    placeless = {
        "flatgeobuf": "Not in the file, as this format holds no row without a usable location (1): "
        "00000113 SD NEGERI LEMBAH CONTOH.",
    }.get(command, "Rows without a usable location, in the file without a place: 1.")
    assert placeless in answer.err
    assert f"Written: {out}" in answer.err
    if command != "kml":  # its folders are layers
        found = read(out)
        assert set(found["npsn"]) == {"00000108", "00000109", "00000113"} - (
            {"00000113"} if command == "flatgeobuf" else set()
        )
        assert found.crs == ("EPSG:4326" if command in DEGREES else "EPSG:32750")


def test_the_same_filters_as_csv(ranked: Path, cli: CommandLine) -> None:
    filters = ("--authority", "province", "--top", "2", "--gap", "covered_unverified")
    csv = cli("export", "csv", "--project", ranked, "--columns", "npsn", *filters)
    features = json.loads(cli("export", "geojson", "--project", ranked, *filters).out)["features"]
    listed = csv.out.decode().split()[1:]
    assert listed
    assert [each["properties"]["npsn"] for each in features[::-1]] == listed


@pytest.mark.parametrize("command", METRIC)
def test_another_crs(ranked: Path, cli: CommandLine, command: str) -> None:
    out = ranked / f"a.{METRIC[command]}"
    assert (
        cli("export", command, "--project", ranked, "--out", out, "--crs", "EPSG:23880").status == 0
    )
    assert read(out).crs == "EPSG:23880"


@pytest.mark.parametrize(
    ("command", "crs", "words"),
    [
        ("gpkg", "EPSG:9487", "--crs: no school lies where"),
        ("parquet", "EPSG:5773", "--crs: “EPSG:5773” (EGM96 height) is no horizontal"),
        ("flatgeobuf", "EPSG:99999", "--crs EPSG:99999: this is not a known coordinate"),
        ("geojson", "EPSG:32750", "--crs: GeoJSON is always in degrees of WGS 84 (RFC 7946"),
        ("kml", "EPSG:32750", "--crs: KML is always in degrees of WGS 84 (OGC 07-147r2"),
    ],
)
def test_a_wrong_crs_is_one_message(
    ranked: Path, cli: CommandLine, command: str, crs: str, words: str
) -> None:
    before = snapshot(ranked)
    out = ranked / f"a.{LAYERS[command]}"
    answer = cli("export", command, "--project", ranked, "--out", out, "--crs", crs)
    assert answer.status == 1
    assert words in " ".join(answer.err.split())
    assert "Traceback" not in answer.err
    assert snapshot(ranked) == before


@pytest.mark.parametrize("command", ["gpkg", "xlsx"])
def test_no_school_matches(ranked: Path, cli: CommandLine, command: str) -> None:
    out = ranked / f"a.{command}"
    filters = ("--kabupaten", "gunung contoh", "--kecamatan", "hulu contoh")
    answer = cli("export", command, "--project", ranked, "--out", out, *filters)
    assert answer.status == 0
    assert "No school matches all of these filters." in answer.err
    assert command == "xlsx" or read(out).empty


def test_a_tie_that_the_list_cuts_is_said(
    ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where money is decided by the order of rows, somebody must know."""
    from kalsel_gap.deliverables import remarks

    monkeypatch.setattr(remarks, "cut_tie", lambda _run, _text, view: f"cut at {view.top}")
    answer = cli("export", "kml", "--project", ranked, "--top", "1")
    assert "cut at 1" in answer.err
