"""Checks of coverage: one small raster for each finding, none on the real and the sample one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine

from kalsel_gap.findings import to_frame
from kalsel_gap.geo.sampling import open_band
from kalsel_gap.i18n.messages import finding_sentence
from kalsel_gap.i18n.text import Text
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.coverage import Histogram, check_coverage
from kalsel_gap.sources.schools import read_schools
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject, MakeRaster

# Four schools on the first four rows and columns of a raster of the fixture.
SCHOOLS = pd.DataFrame(
    {
        "npsn": ["00000101", "00000102", "00000103", "00000104"],
        "lat": [-2.905, -2.915, -2.925, -2.935],
        "lon": [115.305, 115.315, 115.325, 115.335],
        "confidence_radius_m": 250.0,
    }
)
LEVELS = np.full((5, 5), -95)
# 30 km around data/tiny, in degrees and in metres.
DEGREES = {"transform": Affine(0.05, 0, 115.2, 0, -0.05, -2.8)}
UTM50S = {"transform": Affine(6000, 0, 302000, 0, -6000, 9692000)}


def section(path: Path, **given: Any) -> dict[str, Any]:
    usual = {
        "path": str(path),
        "technology": "4g",
        "operator": "telkomsel",
        "kind": "rsrp_dbm",
        "basis": "modelled",
        "nodata_means": "none",
    }
    return {"coverage": usual | given}


def found(
    project: MakeProject, path: Path, schools: pd.DataFrame = SCHOOLS, **given: Any
) -> list[Finding]:
    return check_coverage(project(section(path, **given), bare=True), schools)


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def test_a_raster_as_it_should_be(project: MakeProject, raster: MakeRaster) -> None:
    path = raster("good.tif", LEVELS, nodata=-9999)
    # Cells of 1.1 km are coarse for schools known to 250 m, and fine for those known to 1 km.
    assert codes(found(project, path)) == ["raster_coarse"]
    assert found(project, path, SCHOOLS.assign(confidence_radius_m=1000.0)) == []


@pytest.mark.parametrize(
    ("profile", "proposal"),
    [
        ({**DEGREES, "crs": "EPSG:32750"}, "EPSG:4326"),  # degrees stamped as metres
        ({**UTM50S, "crs": "EPSG:4326"}, "EPSG:32750"),  # metres stamped as degrees
        ({**UTM50S, "crs": "EPSG:32650"}, "EPSG:32750"),  # the northern zone
        ({**UTM50S, "crs": "EPSG:32749"}, "EPSG:32750"),  # the neighbouring zone
    ],
)
@pytest.mark.parametrize("located", [True, False])
def test_a_crs_that_was_assigned(
    project: MakeProject,
    raster: MakeRaster,
    profile: dict[str, Any],
    proposal: str,
    located: bool,
) -> None:
    path = raster("assigned.tif", LEVELS, nodata=-9999, **profile)
    opened = project({**section(path), "elevation": None})  # with the boundaries of data/tiny
    schools = SCHOOLS if located else SCHOOLS.assign(lat=np.nan)
    (finding,) = check_coverage(opened, schools)
    assert (finding.code, finding.severity) == ("raster_crs_doubtful", "error")
    assert (finding.value, finding.proposal) == (str(profile["crs"]), proposal)
    assert finding.evidence["inside_before_share"] == 0.0
    assert float(str(finding.evidence["inside_after_share"])) > 0.5


def test_a_raster_of_another_region(project: MakeProject, raster: MakeRaster) -> None:
    path = raster("java.tif", LEVELS, nodata=-1, transform=Affine(0.01, 0, 110, 0, -0.01, -7))
    (finding,) = found(project, path)
    assert finding.code == "raster_off_every_school"
    assert finding.parameters["bounds"] == "110, -7.05, 110.05, -7"


def test_schools_off_the_raster_are_counted(project: MakeProject, raster: MakeRaster) -> None:
    path = raster("part.tif", LEVELS[:3, :3], nodata=-9999)
    finding = found(project, path)[0]
    assert (finding.code, finding.parameters) == (
        "raster_misses_schools",
        {"count": 1, "percent": 25.0},
    )


@pytest.mark.parametrize(
    ("cells", "code", "proposal"),
    [
        ([[-950, -1100], [-870, -1205]], "raster_unit_times_10", "-120.5 … -87"),
        ([[-9500, -11000], [-8700, -12050]], "raster_unit_times_100", "-120.5 … -87"),
        ([[12, 31], [0, 7]], "raster_unit_asu", "-113 … -51"),
        ([[95, 118], [87, 121]], "raster_unit_sign", "-87 … -121"),
        ([[45, 100], [0, 87]], "raster_unit_percent", ""),
        ([[-7, -12], [-3, -19]], "raster_unit_db", ""),
        ([[4100, 5200], [31000, 12]], "raster_unit_unknown", ""),
    ],
)
def test_a_unit_that_is_not_dbm(
    project: MakeProject, raster: MakeRaster, cells: ArrayLike, code: str, proposal: str
) -> None:
    path = raster("unit.tif", np.tile(cells, (3, 3)), nodata=-32768)
    finding = found(project, path)[-1]
    assert (finding.code, finding.proposal, finding.severity) == (code, proposal, "error")


def test_a_declared_scale_is_applied(project: MakeProject, raster: MakeRaster) -> None:
    path = raster("scaled.tif", LEVELS * 10, nodata=-32768)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales = (0.1,)
    assert codes(found(project, path)) == ["raster_coarse"]


def test_values_that_no_level_has(project: MakeProject, raster: MakeRaster) -> None:
    cells = LEVELS.copy()
    cells[0] = [-150, 3, -95, -95, -95]
    finding = found(project, raster("odd.tif", cells, nodata=-9999))[-1]
    assert (finding.code, finding.parameters["percent"]) == ("raster_values_implausible", 8.0)


@pytest.mark.parametrize("value", [-9999, -32768, 0, 255])
def test_nodata_that_is_not_declared(project: MakeProject, raster: MakeRaster, value: int) -> None:
    cells = LEVELS.copy()
    cells[0] = value
    (finding,) = found(project, raster("undeclared.tif", cells))[1:]
    assert (finding.code, finding.value) == ("raster_nodata_undeclared", str(value))
    assert finding.parameters == {"percent": 20.0}
    assert codes(found(project, raster("declared.tif", cells, nodata=value))[1:]) == []


def test_nodata_that_nobody_states(project: MakeProject, raster: MakeRaster) -> None:
    assert codes(found(project, raster("unstated.tif", LEVELS)))[1:] == ["raster_nodata_unstated"]


def test_classes(project: MakeProject, raster: MakeRaster) -> None:
    cells = np.array([[0, 1, 2, 7], [255, 255, 0, 1], [0, 1, 2, 0], [0, 0, 0, 0]], dtype="uint8")
    given: dict[str, Any] = {
        "kind": "class",
        "technology": "2g",
        "classes": {"0": 0.0, "1": 0.5, "2": 1.0},
    }
    undeclared, unlisted = found(project, raster("class.tif", cells), **given)[1:]
    assert (undeclared.code, undeclared.value) == ("raster_nodata_undeclared", "255")
    assert (unlisted.code, unlisted.parameters) == ("raster_class_unlisted", {"classes": "7"})
    cells[cells > 2] = 0
    assert codes(found(project, raster("binary.tif", cells, nodata=9), kind="binary"))[1:] == []


def test_a_raster_without_data(project: MakeProject, raster: MakeRaster) -> None:
    path = raster("void.tif", np.full((5, 5), -1), nodata=-1)
    assert codes(found(project, path))[1:] == ["raster_without_data"]


def test_a_file_that_cannot_be_used_stops_no_other(
    project: MakeProject, raster: MakeRaster
) -> None:
    rough = raster("nocrs.tif", LEVELS, crs=None)
    cut = raster("cut.tif", np.full((400, 400), -95), nodata=-9999)
    cut.write_bytes(cut.read_bytes()[:2000])
    good = raster("good.tif", LEVELS, nodata=-9999)
    sources = [section(path)["coverage"] for path in (rough, cut, good)]
    findings = check_coverage(project({"coverage": sources}, bare=True), SCHOOLS)
    assert codes(findings) == ["file_unusable", "file_unusable", "raster_coarse"]
    assert [f.parameters.get("error") for f in findings[:2]] == [
        "raster_no_crs",
        "raster_unreadable",
    ]
    first, second = (
        finding_sentence(row, Text("en")) for row in to_frame(findings[:2]).to_dict("records")
    )
    assert "no coordinate reference system" in first + second
    assert "Was it copied completely?" in second
    assert str(rough.parent) not in to_frame(findings)["parameters"].str.cat()


def test_polygons_of_coverage(project: MakeProject) -> None:
    def layer(lon: float) -> str:
        ring = [[lon, -3], [lon + 1, -3], [lon + 1, -2], [lon, -2], [lon, -3]]
        shape = f'{{"type": "Polygon", "coordinates": [{ring}]}}'
        return (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},'
            f' "geometry": {shape}}}]}}'
        )

    files = {"here.geojson": layer(115), "there.geojson": layer(105), "broken.geojson": "{"}
    for name, expected in (
        ("here.geojson", []),
        ("there.geojson", ["coverage_off_every_school"]),
        ("broken.geojson", ["file_unusable"]),
    ):
        usual = section(REPOSITORY / name, kind="binary")["coverage"] | {"path": name}
        opened = project({"coverage": usual}, files=files, bare=True)
        assert codes(check_coverage(opened, SCHOOLS)) == expected


def test_cells_without_a_number_are_no_data(project: MakeProject, raster: MakeRaster) -> None:
    cells = np.where(np.eye(5) > 0, np.nan, -95.0).astype("float32")
    assert "raster_nodata_unstated" not in codes(found(project, raster("nan.tif", cells)))


@pytest.mark.parametrize("value", [3.4e38, -3.4e38, 1e20])
def test_a_great_float_is_named_as_it_is(
    project: MakeProject, raster: MakeRaster, value: float
) -> None:
    cells = np.where(np.eye(5) > 0, value, -95.0).astype("float32")
    (finding,) = [f for f in found(project, raster("great.tif", cells)) if "nodata" in f.code]
    assert finding.code == "raster_nodata_undeclared"
    assert float(finding.value) == pytest.approx(value, rel=1e-6)


def picture(folder: Path, bands: int, values: list[int]) -> Path:
    """A picture as GDAL writes one: three bands of bytes are red, green and blue."""
    path = folder / "picture.tif"
    profile: dict[str, Any] = {"driver": "GTiff", "count": bands, "dtype": "uint8"}
    grid = {"crs": "EPSG:4326", "transform": Affine(0.01, 0, 115.3, 0, -0.01, -2.9)}
    cells = np.resize(np.array(values, dtype="uint8"), (bands, 5, 5))
    with rasterio.open(path, "w", height=5, width=5, **profile, **grid) as dataset:
        dataset.write(cells)
        if bands == 1:
            dataset.write_colormap(1, {value: (value, 0, 0) for value in values})
    return path


@pytest.mark.parametrize(
    ("bands", "values", "given", "refused"),
    [
        (3, [10, 120, 250], {}, True),
        (4, [10, 120, 250], {"kind": "binary", "basis": "declared"}, True),
        (1, [0, 1, 2, 3], {}, True),
        (1, [0, 1, 2, 3], {"kind": "binary", "basis": "declared"}, True),
        (1, [0, 1], {"kind": "binary", "basis": "declared"}, False),
        (1, [0, 1, 2], {"kind": "class", "classes": {"0": 0, "1": 0.3, "2": 0.6}}, False),
        (3, [10, 120, 250], {"kind": "class", "classes": {"0": 0, "1": 0.3}}, True),
        (3, [0, 255], {"kind": "binary", "basis": "declared"}, True),  # pure colours and white
        (1, [0, 1, 255], {"kind": "binary", "basis": "declared"}, False),
        # Bytes of three technologies look like red, green and blue.
        (3, [0, 1], {"kind": "binary", "basis": "declared"}, False),
    ],
)
def test_colours_are_no_coverage(
    project: MakeProject,
    tmp_path: Path,
    bands: int,
    values: list[int],
    given: dict[str, Any],
    refused: bool,
) -> None:
    findings = found(project, picture(tmp_path, bands, values), **given)
    pictures = [f for f in findings if f.parameters.get("error") == "raster_picture"]
    assert len(pictures) == refused


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("peta.png", b"\x89PNG\r\n\x1a\n", "raster_picture"),
        ("peta.jpg", b"\xff\xd8\xff\xe0", "raster_picture"),
        ("peta.pdf", b"%PDF-1.7", "raster_picture"),
        ("peta.tif", b"\x89PNG\r\n\x1a\n", "raster_picture"),
        ("peta.docx", b"PK\x03\x04....[Content_Types].xml", "raster_picture"),
        ("peta.tif", b"PK\x03\x04peta.tif", "raster_packed"),
        ("peta.rar", b"Rar!\x1a\x07", "raster_packed"),
        ("peta.tif.gz", b"\x1f\x8b\x08", "raster_packed"),
        ("peta.tif", b"<!DOCTYPE html><html>", "raster_is_text"),
        ("peta.tif", b"version https://git-lfs.github.com/spec/v1", "raster_is_text"),
    ],
)
def test_what_offices_send_in_place_of_a_raster(
    project: MakeProject, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(content + bytes(50))
    (finding,) = found(project, tmp_path / name)
    assert finding.parameters["error"] == code
    said = finding_sentence(to_frame([finding]).to_dict("records")[0], Text("en"))
    assert code != "raster_picture" or "GeoTIFF" in said


def test_a_world_file_makes_no_raster_of_a_picture(project: MakeProject, tmp_path: Path) -> None:
    (tmp_path / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (tmp_path / "c.pgw").write_text("0.01\n0\n0\n-0.01\n115.3\n-2.9\n")
    (finding,) = found(project, tmp_path / "c.png")
    assert finding.parameters["error"] == "raster_picture"


def test_files_of_a_folder_that_are_no_tiles_are_named(
    project: MakeProject, raster: MakeRaster, tmp_path: Path
) -> None:
    folder = tmp_path / "tiles"
    folder.mkdir()
    raster("tiles/a.tif", LEVELS, nodata=-9999)
    raster("tiles/a_msk.tif", LEVELS, nodata=-9999)
    (folder / "peta.png").touch()
    (note,) = [f for f in found(project, folder) if f.code == "raster_files_passed_over"]
    assert note.parameters["count"] == 2
    assert "a_msk.tif" in str(note.parameters["files"])
    assert "peta.png" in str(note.parameters["files"])


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_the_histogram_counts_every_cell_with_data(raster: MakeRaster, dtype: str) -> None:
    cells = np.array([[1, 1, 9], [3, 9, 9]], dtype=dtype)
    with open_band(raster("counted.tif", cells, nodata=9, dtype=dtype)) as band:
        histogram = Histogram.of(band, 100)
    assert (histogram.value.tolist(), histogram.count.tolist()) == ([1, 3], [2, 1])
    assert (histogram.total, histogram.quantile(0.5), histogram.quantile(1.0)) == (3, 1, 3)


def test_of_a_large_raster_every_nth_cell_is_read(raster: MakeRaster) -> None:
    with open_band(raster("large.tif", np.full((300, 300), -95))) as band:
        assert Histogram.of(band, 90_000).total == 90_000
        assert Histogram.of(band, 10_000).total == pytest.approx(10_000, rel=0.05)


# --- shift against the sites --------------------------------------------------------------------


def bumps(shift: tuple[int, int]) -> tuple[np.ndarray[Any, np.dtype[np.int16]], str]:
    """Levels that fall with the distance from each of 36 sites, shifted by whole cells, and them.

    Cells of 0.0025° (277 m); a site in the middle of every twelfth cell.
    """
    size, every = 96, 14
    row, col = np.mgrid[:size, :size]
    at = [(r, c) for r in range(8, 92, every) for c in range(8, 92, every)]
    nearest = np.min([np.hypot(row - r - shift[0], col - c - shift[1]) for r, c in at], axis=0)
    levels = np.round(-60 - 25 * np.log10(1 + nearest)).astype("int16")
    lines = ["site_id,operator,technology,lat,lon"]
    lines += [
        f"{n},telkomsel,4g,{-2.9 - (r + 0.5) * 0.0025:.6f},{115.3 + (c + 0.5) * 0.0025:.6f}"
        for n, (r, c) in enumerate(at)
    ]
    return levels, "\n".join(lines)


@pytest.mark.parametrize(
    ("shift", "offset_m", "bearing_deg"),
    [((0, 0), None, None), ((0, 2), 556, 90), ((3, 0), 829, 180), ((-4, -4), 1571, 315)],
)
def test_a_shifted_raster(
    project: MakeProject,
    raster: MakeRaster,
    shift: tuple[int, int],
    offset_m: int | None,
    bearing_deg: int | None,
) -> None:
    levels, sites = bumps(shift)
    fine = Affine(0.0025, 0.0, 115.30, 0.0, -0.0025, -2.90)
    path = raster("bumps.tif", levels, nodata=-9999, transform=fine)
    sections = {**section(path), "sites": {"path": "sites.csv"}}
    findings = check_coverage(project(sections, files={"sites.csv": sites}, bare=True), SCHOOLS)
    if offset_m is None:
        assert findings == []
        return
    (finding,) = findings
    assert finding.code == "raster_offset"
    assert finding.parameters["offset_m"] == pytest.approx(offset_m, abs=60)
    assert finding.parameters["bearing_deg"] == pytest.approx(bearing_deg, abs=4)


def test_of_many_sites_every_nth_tells_the_shift(project: MakeProject, raster: MakeRaster) -> None:
    levels, sites = bumps((0, 2))
    fine = Affine(0.0025, 0.0, 115.30, 0.0, -0.0025, -2.90)
    sections = section(raster("bumps.tif", levels, nodata=-9999, transform=fine))
    sections["sites"] = {"path": "sites.csv"}
    options = ("file_checks.reading.most_cells=10000",)  # 27 times 361
    opened = project(sections, files={"sites.csv": sites}, bare=True, options=options)
    (finding,) = check_coverage(opened, SCHOOLS)
    assert finding.evidence["sites"] == 18
    assert finding.parameters["offset_m"] == pytest.approx(556, abs=60)


def test_levels_of_another_unit_tell_no_shift(project: MakeProject, raster: MakeRaster) -> None:
    levels, sites = bumps((0, 2))
    fine = Affine(0.0025, 0.0, 115.30, 0.0, -0.0025, -2.90)
    sections = section(raster("bumps.tif", 10 * levels, nodata=-9999, transform=fine))
    sections["sites"] = {"path": "sites.csv"}
    opened = project(sections, files={"sites.csv": sites}, bare=True)
    assert codes(check_coverage(opened, SCHOOLS)) == ["raster_unit_times_10"]


def test_a_few_sites_tell_no_shift(project: MakeProject, raster: MakeRaster) -> None:
    levels, sites = bumps((0, 3))
    fine = Affine(0.0025, 0.0, 115.30, 0.0, -0.0025, -2.90)
    path = raster("bumps.tif", levels, nodata=-9999, transform=fine)
    few = "\n".join(sites.splitlines()[:30])
    sections = {**section(path), "sites": {"path": "sites.csv"}}
    assert check_coverage(project(sections, files={"sites.csv": few}, bare=True), SCHOOLS) == []


# --- real data ----------------------------------------------------------------------------------


def opened_with_schools(path: Path) -> tuple[Opened, pd.DataFrame]:
    opened = read_project(path)
    return opened, read_schools(opened)[0]


def test_the_sample_has_one_coarse_raster() -> None:
    findings = check_coverage(*opened_with_schools(REPOSITORY))
    assert [(f.code, f.parameters["cell_m"]) for f in findings] == [("raster_coarse", 1000)]


@pytest.mark.real
def test_the_real_rasters_have_no_fault(shared: Path) -> None:
    path = REPOSITORY / "tests" / "real" / "kalsel.toml"
    assert check_coverage(*opened_with_schools(path)) == []


@pytest.mark.real
@pytest.mark.parametrize(
    ("east_m", "north_m"), [(500, 0), (0, -500), (400, 400), (-1100, 300), (1400, 1400), (0, 2000)]
)
@pytest.mark.parametrize("operator", ["telkomsel", "indosat", "xlsmart"])
def test_a_shift_of_a_real_raster_is_found(
    shared: Path, tmp_path: Path, operator: str, east_m: float, north_m: float
) -> None:
    opened = read_project(REPOSITORY / "tests" / "real" / "kalsel.toml")
    (source,) = [
        s for s in opened.project.coverage if (s.operator, s.technology) == (operator, "4g")
    ]
    shifted = tmp_path / "shifted.tif"
    with rasterio.open(source.file) as dataset:
        profile, cells = dataset.profile, dataset.read()
    t = profile["transform"]
    moved = Affine(t.a, t.b, t.c + east_m / 111_150, t.d, t.e, t.f + north_m / 110_600)
    with rasterio.open(shifted, "w", **(profile | {"transform": moved})) as dataset:
        dataset.write(cells)
    project = opened.project.model_copy(
        update={"coverage": (source.model_copy(update={"path": (shifted,)}),)}
    )
    schools = SCHOOLS.assign(lat=-3.4, lon=114.8)
    (finding,) = check_coverage(type(opened)(opened.path, project), schools)
    assert finding.code == "raster_offset"
    assert finding.parameters["offset_m"] == pytest.approx(np.hypot(east_m, north_m), abs=140)
    bearing = float(np.degrees(np.arctan2(east_m, north_m))) % 360
    turn = (float(str(finding.parameters["bearing_deg"])) - bearing + 180) % 360 - 180
    assert abs(turn) < 15


def test_two_maps_of_one_place_in_a_folder_are_refused(
    project: MakeProject, raster: MakeRaster, tmp_path: Path
) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    for name in ("2g.tif", "4g.tif"):
        made = raster(name, np.full((5, 5), -95.0, dtype="float32"))
        made.rename(folder / name)
    (finding,) = [f for f in found(project, folder) if f.code == "file_unusable"]
    assert finding.parameters["error"] == "raster_same_place"
