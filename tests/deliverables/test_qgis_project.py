"""A QGIS project: what is in the archive, where it looks first, the command that writes it."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from kalsel_gap.deliverables import gis_layers
from kalsel_gap.deliverables.layer_crs import METRIC_CRS
from kalsel_gap.deliverables.qgis_layout import fitted
from kalsel_gap.deliverables.qgis_project import to_qgz
from kalsel_gap.i18n.text import Text
from tests.conftest import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import CommandLine


def root_of(data: bytes) -> ET.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.qgs"]
        return ET.fromstring(archive.read("a.qgs").partition(b">\n")[2])


def made(run: Run, crs: str = METRIC_CRS) -> bytes:
    layers = gis_layers.layers_of(run, Text("en"))
    return to_qgz(run, layers, Text("en"), data="a.gpkg", crs=crs)


def test_the_same_run_gives_the_same_project_and_no_path_of_this_machine(tiny_run: Run) -> None:
    data = made(tiny_run)
    assert made(tiny_run) == data
    root = root_of(data)
    sources = {each.text for each in root.iter("datasource")}
    assert sources == {
        f"./a.gpkg|layername={each.name}" for each in gis_layers.layers_of(tiny_run, Text("en"))
    }
    assert root.findtext("properties/Paths/Absolute") == "false"
    assert str(tiny_run.folder.parent).encode() not in ET.tostring(root)
    assert not list(root.iter("pythonCode"))  # no macro


def test_a_school_far_away_is_not_where_the_project_looks(tiny_run: Run) -> None:
    """Schools count as far as boundaries reach: 115.3 to 115.4 east, 3 to 2.9 south."""
    schools = tiny_run.schools.copy()
    first = schools.index[schools["lat"].notna()][0]
    schools.loc[first, ["lat", "lon"]] = (5.0, 95.0)
    schools = schools.set_geometry(gpd.points_from_xy(schools["lon"], schools["lat"]), crs=4326)
    root = root_of(made(replace(tiny_run, schools=schools), crs="EPSG:4326"))
    west, south, east, north = (
        float(root.findtext(f"mapcanvas/extent/{name}") or "nan")
        for name in ("xmin", "ymin", "xmax", "ymax")
    )
    assert 115.2 < west < east < 115.5
    assert -3.1 < south < north < -2.8
    view = root.find("ProjectViewSettings/DefaultViewExtent")
    assert view is not None
    assert float(view.attrib["xmin"]) == west


def test_an_extent_takes_the_shape_of_the_paper() -> None:
    assert fitted((0, 0, 10, 10), 2.0) == (-5, 0, 15, 10)
    assert fitted((0, 0, 10, 10), 0.5) == (0, -5, 10, 15)


def test_the_command_writes_both_or_neither(ranked: Path, cli: CommandLine, tmp_path: Path) -> None:
    project, data = tmp_path / "new" / "a.qgz", tmp_path / "new" / "a.gpkg"
    command = ("export", "qgz", "-p", ranked, "--lang", "en", "--out")
    answer = cli(*command, project)
    assert answer.status == 0, answer.err
    assert [f"Written: {path}" in answer.err for path in (project, data)] == [True, True]
    assert answer.out == b""
    before = snapshot(tmp_path)
    assert cli(*command, project).status == 0
    assert snapshot(tmp_path) == before  # the same bytes
    data.write_bytes(b"mine")
    mine = snapshot(tmp_path)
    refused = cli(*command, project)
    assert (refused.status, refused.out) == (1, b"")
    assert str(data) in refused.err
    assert snapshot(tmp_path) == mine
    assert cli(*command, project, "--overwrite").status == 0
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("a.gpkg", (), "must end in .qgz"),
        ("a|b.qgz", (), "“|”"),
        ("a.qgz", ("--crs", "EPSG:0"), "--crs"),
        ("a.qgz", ("--kabupaten", "nowhere"), "no school of this run has “nowhere”"),
    ],
)
def test_wrong_input_writes_nothing(
    name: str, words: tuple[str, ...], said: str, ranked: Path, cli: CommandLine, tmp_path: Path
) -> None:
    place = tmp_path / "out"
    place.mkdir()
    answer = cli("export", "qgz", "-p", ranked, "--lang", "en", "--out", place / name, *words)
    assert (answer.status, answer.out) == (1, b"")
    assert said in answer.err
    assert not list(place.iterdir())


def test_filters_choose_the_schools_and_the_project_follows(
    ranked: Path, cli: CommandLine, tmp_path: Path
) -> None:
    command = ("export", "qgz", "-p", ranked, "--kabupaten", "gunung contoh", "--crs", "EPSG:4326")
    assert cli(*command, "--out", tmp_path / "a.qgz").status == 0
    schools = gpd.read_file(tmp_path / "a.gpkg", layer="schools")
    assert set(schools["kabupaten"]) == {"Kab. Gunung Contoh"}
    root = root_of((tmp_path / "a.qgz").read_bytes())
    assert root.findtext("projectCrs/spatialrefsys/authid") == "EPSG:4326"
    assert float(root.findtext("mapcanvas/extent/xmin") or 0) > 115.3
