"""Coverage as polygons: the same evidence as a raster of the same areas."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from kalsel_gap.errors import InputError, SeveralErrors
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.sources.coverage import best_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from kalsel_gap.stages import Staged
    from tests.conftest import MakeProject, MakeRaster, SignalsAt

    Run = Callable[..., Staged]

WEST = box(115.30, -2.95, 115.32, -2.90)
EAST = box(115.31, -2.95, 115.34, -2.90)
PLACES = [(-2.925, 115.305), (-2.925, 115.315), (-2.925, 115.33), (-2.925, 115.36)]
BOWTIE = Polygon([(115.30, -2.95), (115.34, -2.90), (115.34, -2.95), (115.30, -2.90)])


def layer(
    folder: Path,
    shapes: Sequence[Any],
    name: str = "c.gpkg",
    crs: str = "EPSG:4326",
    **columns: Any,
) -> Path:
    path = folder / name
    columns = columns or {"n": range(len(shapes))}
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326")
    frame = frame.to_crs(crs)
    if path.suffix == ".geoparquet":
        frame.to_parquet(path)
    else:
        driver = "LIBKML" if path.suffix == ".kml" else None
        frame.to_file(path, engine="pyogrio", driver=driver)
    return path


def source(path: Path, **given: Any) -> dict[str, Any]:
    usual = {
        "technology": "4g",
        "operator": "telkomsel",
        "kind": "binary",
        "basis": "declared",
        "nodata_means": "none",
    }
    return {"path": str(path), **usual, **given}


@pytest.fixture
def run(signals_at: SignalsAt) -> Run:
    def make(coverage: Sequence[dict[str, Any]], radius_m: float = 0.0) -> Staged:
        rows = [{"lat": y, "lon": x, "confidence_radius_m": radius_m} for y, x in PLACES]
        return signals_at(rows, {"coverage": list(coverage)})

    return make


@pytest.mark.parametrize("name", ["c.gpkg", "c.geojson", "c.shp", "c.kml", "c.geoparquet"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32750"])
def test_inside_is_covered_in_every_format_and_system(
    run: Run, tmp_path: Path, name: str, crs: str
) -> None:
    if name.endswith(("kml", "geojson")) and crs != "EPSG:4326":
        pytest.skip("always in degrees")
    staged = run([source(layer(tmp_path, [WEST, EAST], name, crs))])
    assert staged.columns["available"].tolist() == [0.5, 0.5, 0.5, 0.0]
    assert staged.columns["best_technology"].isna().tolist() == [False, False, False, True]
    assert staged.tables["signals"]["status"].tolist() == ["value", "value", "value", "none"]
    assert staged.findings == []


def test_outside_may_be_unknown(run: Run, tmp_path: Path) -> None:
    staged = run([source(layer(tmp_path, [WEST]), nodata_means="unknown")])
    assert staged.columns["available_status"].tolist() == ["known", "known", "unknown", "unknown"]
    assert [f.code for f in staged.findings] == ["off_every_coverage"] * 2


def test_the_best_class_counts(run: Run, tmp_path: Path) -> None:
    path = layer(tmp_path, [WEST, EAST], mutu=["Lemah", "kuat"])
    classes = {"lemah": 0.2, "kuat": 0.7}
    staged = run([source(path, kind="class", class_column="mutu", classes=classes)])
    assert staged.columns["available"].tolist() == pytest.approx([0.2, 0.7, 0.7, 0.0])


@pytest.mark.parametrize("values", [[1, 2], [1.0, 2.0], ["1", "2"]])
def test_a_number_is_the_same_class_however_written(
    run: Run, tmp_path: Path, values: list[object]
) -> None:
    path = layer(tmp_path, [WEST, EAST], mutu=values)
    classes = {"1": 0.2, "2.0": 0.7}
    staged = run([source(path, kind="class", class_column="mutu", classes=classes)])
    assert staged.columns["available"].tolist() == pytest.approx([0.2, 0.7, 0.7, 0.0])


def test_an_unlisted_class_is_unknown_and_found(run: Run, tmp_path: Path) -> None:
    path = layer(tmp_path, [WEST, EAST], mutu=["x", "kuat"])
    staged = run([source(path, kind="class", class_column="mutu", classes={"kuat": 0.7})])
    assert staged.columns["available"].fillna(-1).tolist() == pytest.approx([-1, 0.7, 0.7, 0.0])
    codes = {f.code: f for f in staged.findings}
    assert codes["coverage_class_unlisted"].parameters == {"classes": "x"}


def test_polygons_and_a_raster_of_the_same_areas_say_the_same(
    run: Run, tmp_path: Path, raster: MakeRaster
) -> None:
    cells = np.array([[1, 1, 0, 0, 0, 0, 0]] * 5)
    grid = raster("c.tif", cells)
    path = layer(tmp_path, [box(115.30, -2.95, 115.32, -2.90)])
    for radius_m in (0.0, 50.0, 500.0):
        one = run([source(grid)], radius_m).tables["signals"]
        other = run([source(path)], radius_m).tables["signals"]
        for column in ("adequacy", "signal_share", "known_share"):
            assert one[column].tolist() == pytest.approx(other[column].tolist())
        assert one["status"].tolist() == other["status"].tolist()


def test_an_invalid_polygon_is_repaired_and_found(run: Run, tmp_path: Path) -> None:
    staged = run([source(layer(tmp_path, [BOWTIE, WEST]))])
    assert [f.code for f in staged.findings] == ["coverage_geometry_invalid"]
    assert staged.findings[0].parameters == {"count": 1}
    assert staged.columns["available"].tolist()[:3] == [0.5, 0.5, 0.5]


def test_a_hole_is_outside(run: Run, tmp_path: Path) -> None:
    holed = box(115.29, -2.96, 115.40, -2.89) - box(115.325, -2.93, 115.335, -2.92)
    assert run([source(layer(tmp_path, [holed]))]).columns["available"].tolist() == [
        *(0.5, 0.5, 0.0, 0.5)
    ]


@pytest.mark.parametrize(
    ("shapes", "code"),
    [
        ([box(10, 10, 11, 11)], "coverage_touches_no_school"),
        ([Point(115.3, -2.9)], "vector_no_polygons"),
        ([None, None], "vector_no_geometry"),
    ],
)
def test_a_layer_of_no_use_is_one_error(
    run: Run, tmp_path: Path, shapes: list[Any], code: str
) -> None:
    with pytest.raises(InputError) as caught:
        run([source(layer(tmp_path, shapes))])
    assert caught.value.code == code


def test_no_system_is_an_error_never_a_guess(run: Run, tmp_path: Path) -> None:
    path = layer(tmp_path, [WEST], "c.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError) as caught:
        run([source(path)])
    assert caught.value.code == "vector_no_crs"


def test_the_column_of_classes_must_be_there(run: Run, tmp_path: Path) -> None:
    path = layer(tmp_path, [WEST], mutu=["a"])
    with pytest.raises(InputError) as caught:
        run([source(path, kind="class", class_column="muut", classes={"a": 0.5})])
    assert (caught.value.code, caught.value.params["suggestion"]) == ("column_missing", "mutu")


def test_a_named_layer(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "c.gpkg"
    for name, shape in (("2g", WEST), ("4g", EAST)):
        frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shape], crs="EPSG:4326")
        frame.to_file(path, layer=name, engine="pyogrio")
    assert run([source(path)]).columns["available"].tolist() == [0.0, 0.5, 0.5, 0.0]
    assert run([source(path, layer="2g")]).columns["available"].tolist() == [0.5, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "rsrp_dbm"}, "coverage_vector_kind"),
        ({"kind": "class", "classes": {"a": 0.5}}, "coverage_class_column"),
        ({"class_column": "a"}, "coverage_class_column"),
    ],
)
def test_what_does_not_go_with_polygons(
    project: MakeProject, tmp_path: Path, given: dict[str, Any], code: str
) -> None:
    path = layer(tmp_path, [WEST])
    with pytest.raises(SeveralErrors) as caught:
        project({"coverage": source(path, **given)}, bare=True)
    assert [error.code for error in caught.value.errors] == [code]


def test_a_class_column_does_not_go_with_a_raster(project: MakeProject, raster: MakeRaster) -> None:
    given = {"kind": "class", "classes": {"1": 0.5}, "class_column": "a"}
    with pytest.raises(SeveralErrors) as caught:
        project({"coverage": source(raster("c.tif", [[1]]), **given)}, bare=True)
    assert [error.code for error in caught.value.errors] == ["coverage_class_column"]


def test_the_fast_way_is_the_plain_way() -> None:
    rng = np.random.default_rng(7)
    centres = rng.uniform(-1, 1, (40, 2))
    shapes = [
        Point(x, y).buffer(r) for (x, y), r in zip(centres, rng.uniform(0.1, 0.5, 40), strict=True)
    ]
    worth = rng.uniform(0, 1, 40)
    worth[::5] = np.nan
    polygons = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4326")
    lat = rng.uniform(-1.2, 1.2, (30, 1)) + rng.normal(0, 0.02, (30, 9))
    lon = rng.uniform(-1.2, 1.2, (30, 1)) + rng.normal(0, 0.02, (30, 9))
    lat[3], lon[3] = np.nan, np.nan
    value, inside = best_at(polygons, worth, lat, lon)
    for place in np.ndindex(lat.shape):
        point = Point(lon[place], lat[place])
        holds = [shape.intersects(point) for shape in shapes] if place[0] != 3 else [False] * 40
        said = worth[np.array(holds)]
        said = said[~np.isnan(said)]
        assert inside[place] == any(holds)
        assert value[place] == said.max() if len(said) else np.isnan(value[place])


def test_a_run_with_polygons_has_its_picture(project: MakeProject, tmp_path: Path) -> None:
    path = layer(tmp_path, [box(115.2, -3.0, 115.33, -2.8)], "c.geojson")
    opened = project({"coverage": source(path)})
    run = OpenProject(opened).rank(out=tmp_path / "runs")
    assert set(run.schools["best_basis"].dropna()) == {"declared"}
    previews = run.table("previews").set_index("name")
    assert json.loads(str(previews.loc["4g", "sources"])) == ["coverage.0"]


def test_touching_a_border_is_inside() -> None:
    polygons = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs="EPSG:4326")
    value, inside = best_at(polygons, [0.5], [[0.0, 1.0, 1.0001]], [[0.0, 0.5, 0.5]])
    assert inside.tolist() == [[True, True, False]]
    assert value[0, :2].tolist() == [0.5, 0.5]
    assert shapely.is_valid(polygons.geometry[0])


# --- polygons as text, layers, pictures ---------------------------------------------------------


def text_of(shape: Any, kind: str) -> str:
    shapely.set_srid(shape, 4326)
    texts: dict[str, str] = {
        "wkt": shape.wkt,
        "ewkt": f"SRID=4326;{shape.wkt}",
        "hex": shapely.to_wkb(shape, hex=True),
        "geojson": shapely.to_geojson(shape),
    }
    return texts[kind]


@pytest.mark.parametrize("kind", ["wkt", "ewkt", "hex", "geojson"])
@pytest.mark.parametrize("header", ["WKT", "the_geom", "geometry", "wilayah"])
def test_a_table_with_shapes(run: Run, tmp_path: Path, kind: str, header: str) -> None:
    path = tmp_path / "c.csv"
    texts = [text_of(shape, kind).replace('"', '""') for shape in (WEST, EAST)]
    rows = [f'{n};"{text}"' for n, text in enumerate(texts)]
    path.write_text("\n".join([f"id;{header}", *rows]), encoding="utf-8")
    staged = run([source(path)])
    assert staged.columns["available"].tolist() == [0.5, 0.5, 0.5, 0.0]
    assert staged.findings == []


def test_classes_of_a_table_with_shapes_in_another_system(run: Run, tmp_path: Path) -> None:
    shapes = gpd.GeoSeries([WEST, EAST], crs="EPSG:4326").to_crs("EPSG:32750")
    rows = [f"{name}\tSRID=32750;{shape.wkt}" for name, shape in zip("ab", shapes, strict=True)]
    path = tmp_path / "c.tsv"
    path.write_text("\n".join(["mutu\tgeom", *rows]), encoding="utf-8")
    given = source(path, kind="class", class_column="mutu", classes={"a": 0.2, "b": 0.7})
    assert run([given]).columns["available"].tolist() == pytest.approx([0.2, 0.7, 0.7, 0.0])


def test_a_row_whose_shape_cannot_be_read_is_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f'id,wkt\n1,"{WEST.wkt}"\n2,POLYGON ((115\n3,\n', encoding="utf-8")
    staged = run([source(path)])
    assert staged.columns["available"].tolist() == [0.5, 0.5, 0.0, 0.0]
    lost = [f for f in staged.findings if f.code == "coverage_geometry_unreadable"]
    assert [f.row for f in lost] == [3]


def test_a_long_outline_is_one_cell(run: Run, tmp_path: Path) -> None:
    outline = shapely.segmentize(WEST, 1e-5)
    assert len(outline.wkt) > 2**17  # what Python's reader of CSV takes by default
    path = tmp_path / "c.csv"
    path.write_text(f'id,wkt\n1,"{outline.wkt}"\n', encoding="utf-8")
    assert run([source(path)]).columns["available"].tolist() == [0.5, 0.5, 0.0, 0.0]


def test_tables_that_show_no_area(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("lon,lat,rsrp\n115.3,-2.9,-95\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run([source(path)])
    assert (caught.value.code, caught.value.params["known"]) == (
        "table_no_shapes",
        "lon, lat, rsrp",
    )
    path.write_text(f'a,wkt\n1,"{WEST.wkt}"\n2,"SRID=32750;{WEST.wkt}"\n', encoding="utf-8")
    with pytest.raises(InputError, match="shapes_several_crs"):
        run([source(path)])


@pytest.fixture
def two_layers(tmp_path: Path) -> Path:
    path = tmp_path / "two.gpkg"
    for name, shape in (("3g", EAST), ("Telkomsel LTE", WEST)):
        frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shape], crs="EPSG:4326")
        frame.to_file(path, layer=name, engine="pyogrio")
    return path


@pytest.mark.parametrize(
    ("given", "available", "beside"),
    [
        ({}, [0.5, 0.5, 0.0, 0.0], "3g"),  # the name says LTE
        ({"technology": "5g", "operator": "xl"}, [0.0, 0.5, 0.5, 0.0], "Telkomsel LTE"),
        ({"layer": "3g"}, [0.0, 0.5, 0.5, 0.0], "Telkomsel LTE"),
        ({"layer": ["3g", "Telkomsel LTE"]}, [0.5, 0.5, 0.5, 0.0], None),
        ({"layer": "*"}, [0.5, 0.5, 0.5, 0.0], None),
    ],
)
def test_layers_of_a_file(
    run: Run,
    two_layers: Path,
    given: dict[str, Any],
    available: list[float],
    beside: str | None,
) -> None:
    staged = run([source(two_layers, **given)])
    assert staged.columns["available"].tolist() == available
    notes = [f.value for f in staged.findings if f.code == "layer_not_read"]
    assert notes == ([beside] if beside else [])


OVERLAY = (
    "<GroundOverlay><name>RSRP</name><Icon><href>c.png</href></Icon><LatLonBox><north>-2.9</north>"
    "<south>-2.95</south><east>115.4</east><west>115.3</west></LatLonBox></GroundOverlay>"
)
PLACEMARK = (
    "<Placemark><name>a</name><Style><IconStyle><Icon><href>a.png</href></Icon></IconStyle></Style>"
    "<Polygon><outerBoundaryIs><LinearRing><coordinates>115.3,-2.95 115.32,-2.95 115.32,-2.9 "
    "115.3,-2.9 115.3,-2.95</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
)


def test_a_picture_over_the_ground_is_no_polygon(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "c.kml"
    frame = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
    path.write_text(frame.format(OVERLAY + PLACEMARK), encoding="utf-8")
    assert run([source(path)]).columns["available"].tolist() == [0.5, 0.5, 0.0, 0.0]
    path.write_text(frame.format(OVERLAY), encoding="utf-8")
    with pytest.raises(InputError, match="vector_is_picture"):
        run([source(path)])


def test_several_files_of_polygons_are_refused(project: MakeProject, tmp_path: Path) -> None:
    path = str(layer(tmp_path, [WEST]))
    given = {"coverage": source(tmp_path) | {"path": [path, path]}}
    with pytest.raises(SeveralErrors, match="coverage_several_vectors"):
        project(given)


def test_a_raster_in_an_archive_must_be_unpacked(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "c.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rsrp.tif", b"II*")
    with pytest.raises(InputError, match="raster_packed"):
        run([source(path)])
