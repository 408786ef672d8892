"""Terrain layers as files: their contents, the cache, interruptions."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import rasterio

from kalsel_gap.cli import console
from kalsel_gap.errors import InputError, OutputError, SeveralErrors
from kalsel_gap.geo import grid, raster_cache
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.outputs import outputs_of
from kalsel_gap.project.read import read_project
from kalsel_gap.sources.boundaries import read_areas
from kalsel_gap.storage.fingerprint import hash_of_file
from kalsel_gap.terrain import kept_layers, layers, products, shore_distance
from kalsel_gap.terrain.products import STATISTICS, Atlas
from kalsel_gap.terrain.styles import DERIVED, MEASURED, NUMBERS, SEA, STYLES
from tests.conftest import REPOSITORY, cog_faults, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import CommandLine, MakeProject

SAMPLE = REPOSITORY / "data" / "sample"
REAL = REPOSITORY / "tests" / "real" / "kalsel.toml"


def silent(_done: int, _total: int) -> None:
    pass


def make(opened: Opened, folder: Path, *names: str, language: Language = "en") -> pd.DataFrame:
    atlas = Atlas(opened, names)
    outputs = atlas.check_folder(folder, overwrite=True)  # several projects of a test write there
    return atlas.make(folder, Text(language), silent, outputs)


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three pieces of the ten rows of data/tiny."""
    for module in (grid, layers):
        monkeypatch.setattr(module, "TILE", (4, 512))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every layer of the sample."""
    folder = tmp_path_factory.mktemp("sample")
    make(read_project(SAMPLE), folder)
    return folder


# --- files -------------------------------------------------------------------------------------


def test_every_file_is_a_cog_that_describes_its_contents(sample: Path) -> None:
    with rasterio.open(SAMPLE / "dem.tif") as model:
        grid = model.crs, model.transform, model.shape
    faults = []
    for name, look in STYLES.items():
        with rasterio.open(sample / f"{name}.tif") as source:
            found = {
                "layout": source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"],
                "blocks": source.block_shapes,
                "overviews": source.overviews(1),
                "tiled": source.profile["tiled"],
                "dtype": source.dtypes[0],
                "nodata": source.nodata,
                "unit": source.units[0] or "",
                "description": source.descriptions[0],
                "notice": source.tags()["NOTICE"],
                "grid": (source.crs, source.transform, source.shape),
            }
            colours = source.colormap(1) if look.is_class else {}
            values = set(np.unique(source.read(1))) if look.is_class else set()
        expected = {
            "layout": "COG",
            "blocks": [(512, 512)],
            "overviews": [2],
            "tiled": True,
            "dtype": look.dtype,
            "nodata": look.nodata,
            "unit": look.unit,
            "description": look.description,
            "notice": messages.NAMES["synthetic"],
            "grid": grid,
        }
        faults += [f"{name}: {key} is {found[key]}" for key in found if found[key] != expected[key]]
        classes = {int(step.value): step.colour for step in look.steps} if look.is_class else {}
        for value, colour in classes.items():
            red, green, blue, _ = colours[value]
            if (shown := f"#{red:02x}{green:02x}{blue:02x}") != colour:
                faults.append(f"{name}: class {value} is {shown}, not {colour}")
        faults += [f"{name}: no class {value}" for value in values - classes.keys() - {255}]
    assert faults == []


def test_a_file_states_its_inputs(sample: Path) -> None:
    """As the predicted rasters do: each input that the layer depends on, by its SHA-256."""
    of_shore = {"coastline.geojson", "land.geojson"}
    expected = {name: {"dem.tif"} for name in STYLES}
    expected["coast"] |= of_shore
    expected["class"] |= {*of_shore, "wetlands.geojson"}
    for name, files in expected.items():
        with rasterio.open(sample / f"{name}.tif") as source:
            stated = json.loads(source.tags()["INPUTS_SHA256"])
        assert stated == {file: hash_of_file(SAMPLE / file) for file in files}, name


@pytest.mark.parametrize("dialect", ["raw", "id", "en"])
def test_the_statistics_are_in_the_chosen_dialect(
    dialect: str, project: MakeProject, tmp_path: Path, cli: CommandLine
) -> None:
    opened = project()
    command = ("terrain", "-p", opened.path, "--layers", "slope", "--out", tmp_path, "-q")
    answer = cli(*command, "--dialect", dialect)
    assert answer.status == 0, answer.err
    written = (tmp_path / STATISTICS).read_bytes()
    assert written.startswith(b"\xef\xbb\xbf") == (dialect != "raw")
    delimiter = ";" if dialect == "id" else ","
    text = io.StringIO(written.decode("utf-8-sig"), newline="")
    first = next(csv.DictReader(text, delimiter=delimiter))
    assert ("," in first["mean_slope_deg"]) == (dialect == "id")
    assert float(first["mean_slope_deg"].replace(",", ".")) > 0


def test_gdal_finds_no_fault_in_a_cog(sample: Path) -> None:
    if shutil.which("gdalinfo") is None:
        pytest.skip("GDAL's tools are not here")
    for path in sorted(sample.glob("*.tif")):
        info = json.loads(
            subprocess.run(
                ["gdalinfo", "-json", "-checksum", path], capture_output=True, check=True
            ).stdout
        )
        assert info["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"] == "COG"
        assert info["bands"][0]["checksum"] > 0


def test_the_validator_of_gdal_accepts_every_layer_and_each_has_its_style(sample: Path) -> None:
    written = sorted(sample.glob("*.tif"))
    assert cog_faults(written) == {f"{name}.tif": [] for name in STYLES}
    for path in written:
        assert path.with_suffix(".qml").is_file()
        style = STYLES[path.stem]
        with rasterio.open(path) as source:
            if style.is_class:
                colours = source.colormap(1)
                hexadecimal = {f"#{r:02x}{g:02x}{b:02x}": v for v, (r, g, b, _) in colours.items()}
                assert {step.colour: int(step.value) for step in style.steps}.items() <= (
                    hexadecimal.items()
                )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["class", "slope"])
def test_a_style_names_classes_in_the_language_of_the_reader(
    project: MakeProject, tmp_path: Path, name: str, language: Language
) -> None:
    make(project(), tmp_path, name, language=language)
    root = ET.fromstring((tmp_path / f"{name}.qml").read_text(encoding="utf-8").partition("\n")[2])
    words = Text(language)
    entries = root.findall(".//paletteEntry") or root.findall(".//item")
    got = {(float(e.attrib["value"]), e.attrib["color"], e.attrib["label"]) for e in entries}
    unit = {"class": "", "slope": "°"}[name]
    assert got == {(s.value, s.colour, words(s.label) + unit) for s in STYLES[name].steps}
    with rasterio.open(tmp_path / f"{name}.tif") as source:
        assert source.descriptions[0] == words(STYLES[name].description)


def test_the_same_input_makes_the_same_bytes(
    project: MakeProject, tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = project()
    make(opened, tmp_path / "a")
    make(opened, tmp_path / "b")  # from the cache
    shutil.rmtree(cache_folder)
    for module in (grid, layers):
        monkeypatch.setattr(module, "TILE", (4, 512))  # and in other pieces
    make(opened, tmp_path / "c")
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b") == snapshot(tmp_path / "c")
    assert len(snapshot(tmp_path / "a")) == 2 * len(STYLES) + 1


def test_the_hillshade_is_that_of_gdaldem(project: MakeProject, tmp_path: Path) -> None:
    if shutil.which("gdaldem") is None:
        pytest.skip("GDAL's tools are not here")
    model, theirs = tmp_path / "dem.tif", tmp_path / "theirs.tif"
    warped = ["gdalwarp", "-q", "-t_srs", "EPSG:32750", "-tr", "250", "250", "-r", "bilinear"]
    extent = ["-te", "280000", "9660000", "330000", "9710000", "-ot", "Float32"]
    subprocess.run([*warped, *extent, SAMPLE / "dem.tif", model], check=True)
    subprocess.run(["gdaldem", "hillshade", "-q", model, theirs], check=True)
    make(project(files={"dem.tif": model.read_bytes()}), tmp_path / "out", "hillshade")
    with rasterio.open(tmp_path / "out" / "hillshade.tif") as a, rasterio.open(theirs) as b:
        ours, reference = a.read(1).astype(int), b.read(1).astype(int)
    inner = np.s_[1:-1, 1:-1]
    assert ours[inner].std() > 3
    assert np.abs(ours - reference)[inner].max() <= 1


# --- contents ----------------------------------------------------------------------------------


def cells(folder: Path, name: str) -> Any:
    with rasterio.open(folder / f"{name}.tif") as source:
        return source.read(1)


def test_the_layers_of_tiny(project: MakeProject, tmp_path: Path) -> None:
    make(project(), tmp_path, "elevation", "mountain", "class", "zone", "coast")
    height, number = cells(tmp_path, "elevation"), cells(tmp_path, "class")
    with rasterio.open(project().path.parent / "dem.tif") as source:
        model = source.read(1)
    np.testing.assert_array_equal(height == -9999, model == -32768)
    np.testing.assert_array_equal(height[height > -9999], model[model > -32768])
    np.testing.assert_array_equal(number == SEA, model == -32768)
    assert (cells(tmp_path, "zone") == 255).sum() == (model == -32768).sum()


def agreement(run: Run, folder: Path) -> tuple[int, pd.DataFrame]:
    """Schools on land cells, and those of them whose cell has another class than the school."""
    # Of a doubtful location the terrain may be that of the area that the row claims.
    schools = run.schools[run.schools["lat"].notna() & run.schools["claimed_area"].isna()].copy()
    places = list(zip(schools["lon"], schools["lat"], strict=True))
    read = {}
    for name in ("class", "coast", "relief"):
        with rasterio.open(folder / f"{name}.tif") as source:
            read[name] = np.array([value[0] for value in source.sample(places)], dtype=float)
    words = {number: name for name, number in NUMBERS.items()} | {255: "?"}
    on_land = read["class"] != SEA
    table = schools.assign(
        cell=[words.get(int(number), "sea") for number in read["class"]],
        cell_coast_km=read["coast"],
        cell_relief_m=read["relief"],
    )[on_land]
    return len(table), table[table["cell"] != table["terrain_class"].fillna("?")]


def within_a_cell(differing: pd.DataFrame, cell_km: float) -> pd.Series[bool]:
    """Whether a threshold lies between the values of the school and of the centre of its cell."""
    held = pd.Series(data=False, index=differing.index)
    for limit_km in (1.0, 5.0):
        apart = (differing["coast_km"] - limit_km).abs()
        held |= apart <= 1.5 * cell_km
    own, cell = differing["local_relief_m"], differing["cell_relief_m"]
    return held | ((own > 300) != (cell > 300))


def test_a_school_and_its_cell_have_one_class(sample: Path, sample_run: Run) -> None:
    count, differing = agreement(sample_run, sample)
    # Islands and wetlands end within a cell too: 460 m.
    at_edge = differing["cell"].isin(["rawa", "pulau_kecil"]) | differing["terrain_class"].isin(
        ["rawa", "pulau_kecil"]
    )
    assert count > 900
    assert len(differing) <= 0.03 * count
    assert (within_a_cell(differing, 0.46) | at_edge).all()


@pytest.mark.real
def test_a_real_school_and_its_cell_have_one_class(kalsel: Run, tmp_path: Path) -> None:
    opened = read_project(REAL)
    table = make(opened, tmp_path, "class", "relief", "coast")
    count, differing = agreement(kalsel, tmp_path)
    assert count > 3500
    assert len(differing) <= 5
    assert within_a_cell(differing, 0.093).all()
    shares = table.set_index("name")["pegunungan_share"]
    assert shares[["Kab. Barito Kuala", "Kota Banjarmasin"]].max() == 0.0
    assert shares["Hantakan"] > 0.9
    province = table.iloc[0]
    assert (province["level"], province["code"]) == ("province", "63")
    assert province["land_km2"] == pytest.approx(37_047, rel=0.005)
    assert np.isnan(table[["rawa_share", "dataran_share"]].to_numpy(dtype=float)).all()
    barito = table.set_index("name").loc["Kab. Barito Kuala"]
    assert barito["class_known_share"] < 0.1  # plain or wetland: no layer tells
    assert table.set_index("name")["pesisir_share"]["Kota Banjarmasin"] == 0.0
    areas = read_areas(opened, "kabupaten")
    assert areas is not None
    # A kabupaten without a sea; where polygons overlap the first code counts for the cell.
    own = areas.set_index("code").geometry
    alone = own["63.11"].difference(own[own.index < "63.11"].union_all())
    own_km2 = abs(WGS84.geometry_area_perimeter(alone)[0]) / 1e6
    counted = table.loc[table["code"] == "63.11", "land_km2"].item()
    assert counted == pytest.approx(own_km2, rel=1e-3)


# --- statistics --------------------------------------------------------------------------------


def test_statistics_of_the_sample_by_another_way(sample: Path) -> None:
    table = pd.read_csv(sample / STATISTICS, dtype={"code": str}, keep_default_na=False)
    assert list(table["level"].unique()) == ["province", "kabupaten", "kecamatan"]
    areas = read_areas(read_project(SAMPLE), "kabupaten")
    assert areas is not None
    from exactextract import exact_extract

    rows = table[table["level"] == "kabupaten"].reset_index(drop=True)
    assert list(rows["code"]) == list(areas["code"])
    expected = exact_extract(str(sample / "elevation.tif"), areas, ["mean", "max"], output="pandas")
    np.testing.assert_allclose(rows["mean_elevation_m"], expected["mean"], rtol=0.02, atol=0.3)
    assert (rows["max_elevation_m"] <= expected["max"] + 1e-3).all()
    shares = rows[[f"{name}_share" for name in NUMBERS]]
    np.testing.assert_allclose(shares.sum(axis="columns"), 1.0, atol=3e-4)


def test_statistics_have_what_was_asked_for(project: MakeProject, tmp_path: Path) -> None:
    table = make(project(), tmp_path, "slope")
    assert list(table.columns) == [
        *("level", "code", "name", "land_km2"),
        *("mean_elevation_m", "max_elevation_m", "mean_slope_deg", "data"),
    ]
    without = make(project({"boundaries": None}), tmp_path, "tri")
    assert without["level"].to_list() == ["raster"]
    with rasterio.open(tmp_path / "tri.tif") as source:
        west, south, east, north = source.bounds
        model = rasterio.open(project().path.parent / "dem.tif").read(1)
    from shapely import box

    whole_km2 = abs(WGS84.geometry_area_perimeter(box(west, south, east, north))[0]) / 1e6
    land = (model > -32768).mean()
    assert without["land_km2"].item() == pytest.approx(whole_km2 * land, rel=1e-4)


def test_what_no_layer_tells_is_unknown(project: MakeProject, tmp_path: Path) -> None:
    """A class is known where nothing that could come first is missing."""
    opened = read_project(SAMPLE)
    fewer = opened.project.model_copy(update={"wetlands": None})
    table = make(replace(opened, project=fewer), tmp_path / "a", "class").iloc[0]
    full = make(opened, tmp_path / "b", "class").iloc[0]
    assert full["class_known_share"] == pytest.approx(1.0, abs=0.01)
    assert np.isnan([table["rawa_share"], table["dataran_share"]]).all()
    before = ["pulau_kecil_share", "pegunungan_share", "pesisir_share"]
    assert table[before].to_list() == full[before].to_list()
    known = table[before].sum() * full["class_known_share"]
    assert table["class_known_share"] == pytest.approx(known, abs=2e-4)
    nothing = make(project({"coastline": None}), tmp_path / "c", "class").iloc[0]
    assert np.isnan(nothing["pulau_kecil_share"])
    assert nothing["class_known_share"] == 0.0
    assert 0 <= nothing["pegunungan_share"] <= 1


def test_all_is_the_areas_and_not_the_raster(project: MakeProject, tmp_path: Path) -> None:
    table = make(project(), tmp_path, "class", "elevation").set_index("level")
    kabupaten = table.loc[["kabupaten"]]
    assert table.loc["all", "land_km2"] == pytest.approx(kabupaten["land_km2"].sum(), abs=2e-3)
    highest = kabupaten["max_elevation_m"].max()
    assert table.loc["all", "max_elevation_m"] == highest
    weighted = (kabupaten["mean_elevation_m"] * kabupaten["land_km2"]).sum()
    mean_m = weighted / kabupaten["land_km2"].sum()
    assert table.loc["all", "mean_elevation_m"] == pytest.approx(mean_m, abs=2e-3)


# --- the cache ---------------------------------------------------------------------------------


def test_another_threshold_measures_nothing_again(
    project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(project(), tmp_path / "a", "class", "mountain", "slope")

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("it was measured already")

    monkeypatch.setattr(kept_layers, "compute_layers", refused)
    opened = project()
    everywhere = read_project(opened.path, ("terrain.mountain.relief_m=0",))
    make(everywhere, tmp_path / "b", "class", "mountain", "slope")
    a, b = (cells(tmp_path / folder, "class") for folder in "ab")
    assert (b == NUMBERS["pegunungan"]).sum() > (a == NUMBERS["pegunungan"]).sum()
    np.testing.assert_array_equal(cells(tmp_path / "a", "slope"), cells(tmp_path / "b", "slope"))
    with pytest.raises(AssertionError, match="measured already"):
        make(read_project(opened.path, ("terrain.radius_m.relief=3000",)), tmp_path / "c", "class")


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("stop", [1, 7, 14, 18])
def test_an_interrupted_run_continues_where_it_stopped(
    project: MakeProject,
    tmp_path: Path,
    cache_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    stop: int,
) -> None:
    opened, out = project(), tmp_path / "out"
    out.mkdir()
    with outputs_of(opened).replace(out / "slope.tif") as temporary:
        temporary.write_bytes(b"from before")
    write, count = raster_cache.encode, 0

    def interrupted(path: Any, *rest: Any, **options: Any) -> None:
        nonlocal count
        count += 1
        write(path, *rest, **options)
        if count == stop:
            raise KeyboardInterrupt

    monkeypatch.setattr(raster_cache, "encode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(opened, out, "slope", "class")
    assert snapshot(out) == {"slope.tif": b"from before"}
    left = [path for path in cache_folder.rglob("*") if path.is_file()]
    assert all(rasterio.open(path).read(1).size for path in left if path.suffix == ".tif")
    assert not [path for path in left if path.name.startswith(".tmp")]
    kept = sum(path.suffix == ".tif" for path in left)
    assert kept == stop - 1
    make(opened, out, "slope", "class")
    # elevation, slope, relief, coast, zone, class; an interrupted window is made again.
    assert 6 * 3 <= count - 1 <= 6 * 3 + 5
    make(project(), tmp_path / "new", "slope", "class")
    assert snapshot(out) == snapshot(tmp_path / "new")


def test_an_interruption_while_a_file_is_written_leaves_the_old_one(
    project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_tiles: object, _grid: object, path: Path, *_: object, **__: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    make(project(), tmp_path, "slope")
    before = snapshot(tmp_path)
    monkeypatch.setattr(raster_cache, "write_cog", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(project(), tmp_path, "slope")
    assert snapshot(tmp_path) == before


def test_a_broken_file_is_made_again(
    project: MakeProject, tmp_path: Path, cache_folder: Path
) -> None:
    make(project(), tmp_path, "slope")
    before = snapshot(tmp_path)
    for path in cache_folder.rglob("*.tif"):
        path.write_bytes(path.read_bytes()[:-40])
    faults = 0
    for _ in range(5):
        try:
            make(project(), tmp_path, "slope")
        except InputError as error:
            assert error.code == "piece_broken"  # noqa: PT017 - as often as files are broken
            faults += 1
    assert faults == 2
    assert snapshot(tmp_path) == before


def test_a_cache_that_cannot_be_written(
    project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = project()
    make(opened, tmp_path / "usual")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(tmp_path / "file" / "cache"))
    make(opened, tmp_path / "without")
    assert snapshot(tmp_path / "without") == snapshot(tmp_path / "usual")


@pytest.mark.usefixtures("small_windows")
def test_an_elevation_model_that_is_saved_while_it_is_measured(
    project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = project()
    path = opened.path.parent / "dem.tif"
    right = path.read_bytes()
    with rasterio.open(path) as source:
        profile, heights = source.profile, source.read()
    measure = layers.compute_layers

    def saved(*args: Any, **kwargs: Any) -> None:
        with rasterio.open(path, "w", **profile) as sink:
            sink.write(heights + 7)
        measure(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(kept_layers, "compute_layers", saved)
        with pytest.raises(SeveralErrors) as caught:
            make(opened, tmp_path / "out")
    assert [(e.code, e.path) for e in caught.value.errors] == [("input_changed", path)]
    path.write_bytes(right)
    make(opened, tmp_path / "out")
    make(project(), tmp_path / "expected")
    assert snapshot(tmp_path / "out") == snapshot(tmp_path / "expected")


def test_old_files_are_removed_when_there_are_too_many(tmp_path: Path) -> None:
    for number, name in enumerate("abc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0-0.tif").write_bytes(bytes(100))
        import os

        os.utime(tmp_path / name, (number, number))
    raster_cache.bound(tmp_path, [tmp_path / "a"], limit_bytes=200)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c"]
    raster_cache.bound(tmp_path, [tmp_path / "a"], limit_bytes=0)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    raster_cache.bound(tmp_path / "none", [])


# --- estimate ----------------------------------------------------------------------------------


def test_a_dry_run_writes_nothing(
    project: MakeProject, tmp_path: Path, cache_folder: Path, cli: CommandLine
) -> None:
    opened = project()
    out = tmp_path / "out"
    answer = cli("terrain", "-p", opened.path, "--out", out, "--dry-run", "--format", "json")
    assert answer.status == 0, answer.err
    rows = json.loads(answer.out)
    assert [row["layer"] for row in rows] == list(STYLES)
    assert {row["cells"] for row in rows} == {100}
    assert all(row["bytes"] > 0 for row in rows)
    assert "Nothing was written" in answer.err
    assert not out.exists()
    assert not list(cache_folder.iterdir())


def test_sizes_of_the_sample_are_about_what_was_said(sample: Path) -> None:
    estimate = Atlas(read_project(SAMPLE)).estimate(sample)
    real = sum((sample / name).stat().st_size for name in estimate.layers["file"])
    assert 0.5 < estimate.layers["bytes"].sum() / real < 2.0
    assert estimate.seconds > 0


def test_the_command_prints_the_statistics(
    project: MakeProject, tmp_path: Path, cli: CommandLine
) -> None:
    opened = project()
    options = ("--layers", " Slope,class", "--out", tmp_path, "--format", "csv")
    answer = cli("terrain", "-p", opened.path, *options)
    assert answer.status == 0, answer.err
    assert answer.out == (tmp_path / STATISTICS).read_bytes()
    rows = list(csv.DictReader(io.StringIO(answer.out.decode())))
    assert rows[0]["level"] == "all"  # data/tiny has no polygon of a province
    assert "Written" in answer.err
    # Neither islands nor wetlands have a layer here: neither share is a number, and no plain.
    assert {rows[0][f"{name}_share"] for name in ("pulau_kecil", "rawa", "dataran")} == {""}
    assert float(rows[0]["class_known_share"]) == 0.0
    assert "small island (land under [coastline]), wetland ([wetlands])" in answer.err
    quiet = ("--layers", "slope", "--out", tmp_path, "--quiet", "--format", "table")
    table = cli("terrain", "-p", opened.path, *quiet)
    assert table.err == ""
    assert "Highest" in table.out.decode().replace("\n", "")


@pytest.mark.parametrize("width", [80, 200])
def test_figures_stay_whole_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    table = pd.DataFrame({"name": ["Kab. Hulu Sungai Selatan"], "land_km2": [1804.0]})
    labels = {"name": "Kabupaten/kota", "land_km2": "Land km²"}
    spare = [f"more{n}_km2" for n in range(9)]
    wide = table.assign(**dict.fromkeys(spare, 12345.0))
    many = labels | dict.fromkeys(spare, "Something")
    console.figures(wide, many, Text("en"), spare=spare)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    assert "Kabupaten/kota" in shown
    assert "1,804" in shown
    assert shown.count("12,345") == shown.count("Something") == {80: 5, 200: 9}[width]


@pytest.mark.parametrize(
    ("sections", "names", "code"),
    [
        ({"elevation": None}, (), "elevation_missing"),
        ({}, ("slop",), "layer_unknown"),
        ({"elevation": {"sea": "none"}}, ("slope", "zone"), "layer_needs_sea"),
        ({"elevation": {"sea": "none"}, "coastline": None}, ("coast",), "layer_needs_shore"),
    ],
)
def test_what_cannot_be_made(
    project: MakeProject, sections: dict[str, Any], names: tuple[str, ...], code: str
) -> None:
    with pytest.raises(InputError) as caught:
        Atlas(project(sections), names)
    assert caught.value.code == code
    if code == "layer_unknown":
        assert caught.value.params["suggestion"] == "slope"


def test_without_a_sea_the_rest_is_made(
    project: MakeProject, tmp_path: Path, cli: CommandLine
) -> None:
    opened = project({"elevation": {"sea": "none"}, "coastline": None})
    answer = cli("terrain", "-p", opened.path, "--out", tmp_path)
    assert answer.status == 0
    assert "zone" in answer.err
    assert sorted(p.stem for p in tmp_path.glob("*.tif")) == sorted({*STYLES} - {"zone", "coast"})
    assert SEA not in cells(tmp_path, "class")


def test_a_disk_that_is_too_small(
    project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "free_bytes", lambda _: 100)
    with pytest.raises(OutputError) as caught:
        make(project(), tmp_path / "out", "slope")
    assert caught.value.code == "disk_too_small"
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_and_one_of_inputs(
    project: MakeProject, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        make(project(), tmp_path / "file", "slope")
    opened = project(
        {"elevation": {"path": "slope.tif"}},
        files={"slope.tif": (REPOSITORY / "data/tiny/dem.tif").read_bytes()},
    )
    with pytest.raises(OutputError) as caught:
        make(opened, opened.path.parent, "slope")
    assert caught.value.code == "output_is_input"


def test_measured_and_derived_are_distinguished() -> None:
    assert not MEASURED.keys() & DERIVED.keys()
    assert set(kept_layers.FROM) == set(DERIVED)
    assert {part for parts in kept_layers.FROM.values() for part in parts} <= set(MEASURED)


def test_the_shore_of_a_given_coastline(project: MakeProject) -> None:
    made = Atlas(project(), ("coast",))
    shore, sea = made.find_shore(), made.find_sea()
    assert shore is not None
    assert sea is not None
    assert shore.grid == sea.grid
    assert Atlas(project({"coastline": None}), ("coast",)).find_shore() is not None


def test_line_cells() -> None:
    import pyproj
    import shapely
    from affine import Affine

    from kalsel_gap.geo.grid import Grid

    grid = Grid(4, 3, Affine(0.01, 0.0, 115.0, 0.0, -0.01, -3.0), pyproj.CRS.from_epsg(4326))
    lines = np.array(
        [shapely.LineString([(115.005, -2.9), (115.005, -3.015), (115.035, -3.015)])], dtype=object
    )
    got = shore_distance.line_cells(lines, grid).inside
    assert got.tolist() == [[1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]]
    assert not shore_distance.line_cells(lines[:0], grid).any()
