from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import kalsel_gap
from kalsel_gap import pipeline, schema
from kalsel_gap.errors import InputError, KalselGapError, SeveralErrors
from kalsel_gap.project.read import read_project
from kalsel_gap.stage_cache import StageCache
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Stage
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import CommandLine, MakeProject, MakeRaster

# Images for maps are half the time of a small run, and no number rests on them.
pytestmark = pytest.mark.usefixtures("without_images")

TINY = Path(__file__).parents[1] / "data" / "tiny"
WHOLE = pipeline.STAGES
KEPT = tuple(stage for stage in WHOLE if stage.name != "previews")
NUMBERS = ("deficit", "priority", "barrier", "need", "completeness", "delivered", "available")


@pytest.fixture
def whole(without_images: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "STAGES", WHOLE)


def ranked(opened: Opened, **kwargs: Any) -> Run:
    return pipeline.OpenProject(opened).rank(**kwargs)


@pytest.fixture(scope="module")
def tiny(project: MakeProject) -> Run:
    """data/tiny as it is; a test that asks for it leaves it alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "STAGES", KEPT)
        return ranked(project())


def tiny_rows(name: str = "schools.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((TINY / name).read_text(encoding="utf-8"))))


def as_text(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def by_number(run: Run, *, without: tuple[str, ...] = ("row_id",)) -> pd.DataFrame:
    """All columns but the row numbers, by NPSN."""
    table = pd.DataFrame(run.schools.drop(columns=["geometry", *without]))
    return table.sort_values(["npsn", "name", "lat"], ignore_index=True)


# --- properties ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1])
@pytest.mark.usefixtures("warm_cache")
def test_permuting_the_rows_of_all_tables_changes_no_number(
    project: MakeProject, tiny: Run, seed: int
) -> None:
    shuffle = random.Random(seed).shuffle
    files = {}
    for name in ("schools.csv", "pupils.csv", "tests.csv", "sites.csv"):
        rows = tiny_rows(name)
        shuffle(rows)
        files[name] = as_text(rows)
    pd.testing.assert_frame_equal(by_number(tiny), by_number(ranked(project(files=files))))


@pytest.mark.parametrize("seed", [1, 2])
def test_permuting_duplicates_changes_no_number(project: MakeProject, seed: int) -> None:
    rows = tiny_rows()
    other = {**rows[0], "lintang": "-2.95", "bujur": "115.36", "alamat_jalan": ""}
    fuller = {**rows[1], "sekolah": "A LONGER NAME"}
    emptier = {**rows[2], "bentuk": "", "status": ""}
    nowhere = {**rows[3], "lintang": "", "bujur": ""}
    rows += [other, fuller, emptier, nowhere]
    expected = by_number(ranked(project(files={"schools.csv": as_text(rows)})))
    random.Random(seed).shuffle(rows)
    got = by_number(ranked(project(files={"schools.csv": as_text(rows)})))
    pd.testing.assert_frame_equal(got, expected)
    assert len(got) == 17
    assert got["is_duplicate"].sum() == 4
    assert (got.loc[got["is_duplicate"].astype(bool), "unranked_reason"] == "duplicate").all()


@pytest.mark.parametrize("draws", [0, 200])
@pytest.mark.parametrize(("lat", "lon"), [("-2.945", "115.355"), ("-2.905", "115.395"), ("", "")])
@pytest.mark.usefixtures("warm_cache")
def test_one_more_school_changes_nobody_elses_numbers(
    project: MakeProject, lat: str, lon: str, draws: int
) -> None:
    options = (f"robustness.draws={draws}",)
    rows = tiny_rows()
    more = {**rows[0], "npsn": "00000100", "sekolah": "MORE", "lintang": lat, "bujur": lon}
    # How sure a rank is depends on who else is there; the draws of a school do not.
    of_draws = ("deficit_low", "deficit_high", "tier_probability", "p_top_k")
    ranks = ("rank", "rank_p05", "rank_p50", "rank_p95", "top_k_set", "top_k_label")
    without = ("row_id", *ranks, *of_draws) if draws else ("row_id", "rank")
    usual = ranked(project(options=options))
    before = by_number(usual, without=without)
    run = ranked(project(files={"schools.csv": as_text([more, *rows])}, options=options))
    after = by_number(run, without=without)
    assert len(after) == len(before) + 1
    after = after[after["npsn"] != "00000100"].reset_index(drop=True)
    pd.testing.assert_frame_equal(after, before)
    # The others keep their order: the table is sorted by rank.
    assert [n for n in run.schools["npsn"] if n != "00000100"] == usual.schools["npsn"].tolist()


@pytest.mark.parametrize("factor", [0.25, 1000.0])
@pytest.mark.usefixtures("warm_cache")
def test_scaling_all_weights_changes_nothing(project: MakeProject, factor: float) -> None:
    opened = project()
    index = opened.project.index
    options = [
        *(
            f"index.nodes.{code}.weight={node.weight * factor}"
            for code, node in index.nodes.items()
        ),
        *(
            f"index.priority.{name}={getattr(index.priority, name) * factor}"
            for name in ("base", "need", "barrier")
        ),
        *(
            f"index.adequacy.{name}={getattr(index.adequacy, name) * factor}"
            for name in ("down", "up", "latency")
        ),
    ]
    scaled = read_project(opened.path, tuple(options))
    pd.testing.assert_frame_equal(
        by_number(ranked(scaled)), by_number(ranked(opened)), rtol=1e-12, atol=1e-12
    )


def test_rows_in_are_rows_out_and_all_scores_are_shares(tiny: Run) -> None:
    table = tiny.schools
    assert sorted(table["npsn"]) == sorted(row["npsn"] for row in tiny_rows())
    assert table["row_id"].is_unique
    for name in NUMBERS:
        assert table[name].dropna().between(0, 1).all()
    assert table["rank"].dropna().tolist() == list(range(1, 12))
    unranked = table[table["rank"].isna()]
    assert dict(zip(unranked["npsn"], unranked["unranked_reason"], strict=True)) == {
        "00000107": "no_location",
        "00000113": "no_location",
    }
    parts = [name for name in table.columns if name.endswith("_contribution")]
    first = table[table["rank"].notna()]
    np.testing.assert_allclose(first[parts].sum(axis=1), first["priority"], atol=1e-12)
    assert list(table.columns[: len(schema.CANONICAL)]) == list(schema.CANONICAL)


@pytest.mark.parametrize("stronger_db", [1, 20])
@pytest.mark.usefixtures("warm_cache")
def test_raising_the_signal_never_raises_a_deficit(
    project: MakeProject, tiny: Run, raster: MakeRaster, stronger_db: int
) -> None:
    import rasterio

    with rasterio.open(TINY / "rsrp_4g.tif") as dataset:
        cells = dataset.read(1)
    stronger = np.where(cells == -9999, -139, np.minimum(cells + stronger_db, -40))
    path = raster("stronger.tif", stronger)
    coverage = {
        "path": str(path),
        "technology": "4g",
        "operator": "telkomsel",
        "kind": "rsrp_dbm",
        "basis": "modelled",
        "nodata_means": "none",
    }
    before = by_number(tiny)
    after = by_number(ranked(project({"coverage": [coverage]})))
    known = before["deficit"].notna()
    assert (after.loc[known, "deficit"] <= before.loc[known, "deficit"] + 1e-12).all()


@pytest.mark.usefixtures("warm_cache")
def test_an_adequate_line_on_the_hill(project: MakeProject) -> None:
    rows = tiny_rows("tests.csv")
    line = {"download_mbps": "30", "upload_mbps": "10", "latency_ms": "20"}
    rows += [{**rows[0], **line, "npsn": "00000108", "date": "2026-07-01"}]
    table = by_number(ranked(project(files={"tests.csv": as_text(rows)}))).set_index("npsn")
    school = table.loc["00000108"]
    assert school["terrain_class"] == "pegunungan"
    assert list(school[["deficit", "priority"]]) == [0.0, 0.0]
    assert school["gap_type"] == "adequate"


# --- registers of all kinds ------------------------------------------------------------------


def of_register(project: MakeProject, text: str, sections: Mapping[str, Any] | None = None) -> Run:
    return ranked(project(sections, files={"schools.csv": text}))


def test_nobody_has_a_place(project: MakeProject) -> None:
    run = of_register(project, "npsn,nama,lat,lon\n00000001,A,,\n00000002,B,0,0\n")
    assert run.schools["unranked_reason"].tolist() == ["no_location"] * 2
    assert run.schools["rank"].isna().all()
    assert set(run.findings["code"]) >= {"location_missing", "location_zero"}
    assert read_run(run.folder.parent).schools.equals(run.schools)


def test_one_school_of_which_only_the_place_is_known(project: MakeProject) -> None:
    run = of_register(project, "npsn,nama,lat,lon\n00000001,A,-2.955,115.345\n")
    school = run.schools.iloc[0]
    # Row 6, column 5 of the typed-in table: -86 to -64 around, and the circle within one cell.
    assert school["best_level_dbm"] == -78.0
    assert school["rank"] == 1
    assert pd.isna(school[["level", "students"]]).all()
    assert school["kabupaten"] == "Kab. Muara Contoh"  # that of its location


def test_a_school_without_evidence(project: MakeProject) -> None:
    text = "npsn,nama,lat,lon\n00000001,A,-2.955,115.345\n00000002,B,-2.90,115.30\n"
    sections = {"coverage": None, "measurements": None, "attributes": None}
    run = of_register(project, text, sections)
    assert run.schools["unranked_reason"].tolist() == ["no_evidence"] * 2
    assert (run.schools["gap_type"] == "unknown").all()
    assert run.schools["tier"].isna().all()


def test_rows_without_number(project: MakeProject) -> None:
    text = "npsn,nama,lat,lon\n,A,-2.955,115.345\n,B,-2.945,115.345\n,A,-2.955,115.345\n"
    run = of_register(project, text)
    assert len(run.schools) == 3
    assert sorted(run.schools["rank"]) == [1, 2, 2]  # two of them have the same facts
    assert not run.schools["is_duplicate"].any()
    # No pupils, no tests are joined to a school without number.
    assert run.schools[["students", "measured_down_mbps"]].isna().all(axis=None)


def test_the_least_of_a_project(project: MakeProject) -> None:
    run = ranked(project(bare=True))
    assert len(run.schools) == 13
    assert set(run.schools["unranked_reason"]) == {"no_evidence", "no_location"}


def test_attributes_of_the_register_itself(project: MakeProject) -> None:
    text = (
        "npsn,nama,lat,lon,siswa,akses_internet\n"
        "00000001,A,-2.955,115.345,400,Tidak Ada\n"
        "00000002,B,-2.955,115.346,,\n"
    )
    run = ranked(project({"attributes": None}, files={"schools.csv": text}))
    got = run.schools.set_index("npsn")
    assert got.loc["00000001", "gap_type"] == "unconnected"
    assert got.loc["00000002", "delivered_status"] == "inferred"
    assert got.loc["00000001", "students"] == 400


# --- the same input, the same bytes; and the cache -------------------------------------------


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the stages that were really run."""
    names: list[str] = []
    make = StageCache._made

    def counted(work: StageCache, stage: Stage, *args: Any) -> Any:
        names.append(stage.name)
        return make(work, stage, *args)

    monkeypatch.setattr(StageCache, "_made", counted)
    return names


STAGES = [stage.name for stage in WHOLE]


def test_the_same_input_makes_the_same_bytes_cached_or_not(
    project: MakeProject, whole: None, made: list[str], tmp_path: Path
) -> None:
    opened = project()
    runs = [
        ranked(opened, out=tmp_path / "cold"),
        ranked(opened, out=tmp_path / "warm"),
        ranked(opened, out=tmp_path / "without", cached=False),
    ]
    assert made == STAGES + STAGES  # cold and without; nothing in between
    first, second, third = (snapshot(run.folder.parent) for run in runs)
    assert first == second == third
    # And from another folder of the machine.
    again = ranked(project(), out=tmp_path / "elsewhere")
    assert snapshot(again.folder.parent) == first


@pytest.mark.usefixtures("warm_cache")
def test_a_project_that_was_moved_keeps_its_cache(
    project: MakeProject, whole: None, made: list[str], tmp_path: Path
) -> None:
    opened = project()
    first = ranked(opened)
    made.clear()
    shutil.copytree(opened.path.parent, tmp_path / "on another" / "disk")
    moved = read_project(tmp_path / "on another" / "disk")
    assert moved.path != opened.path
    second = ranked(moved)
    assert made == []
    assert snapshot(second.folder) == snapshot(first.folder)


@pytest.mark.usefixtures("warm_cache")
def test_a_stage_from_tables_of_the_cache_is_as_from_those_just_made(
    project: MakeProject, made: list[str], tmp_path: Path
) -> None:
    opened = project()
    ranked(opened)
    made.clear()
    option = ("terrain.coast.shore_km=2.0", "radio.atmosphere.n0=370.0")
    again = read_project(opened.path, option)
    kept = ranked(again, out=tmp_path / "kept")
    assert {"terrain", "prediction"} <= set(made)
    assert not {"sites", "sea"} & set(made)
    anew = ranked(again, out=tmp_path / "anew", cached=False)
    assert snapshot(kept.folder) == snapshot(anew.folder)


@pytest.mark.usefixtures("warm_cache")
def test_the_tables_of_a_run_are_those_for_its_readers(project: MakeProject, whole: None) -> None:
    run = ranked(project())
    tables = {path.stem for path in run.folder.glob("*.parquet")}
    assert tables == {
        *("schools", "sites", "horizons", "predictions", "signals"),
        *("areas", "boundaries", "previews", "service", "curves", "distance_curve"),
        *("robustness", "fact_values", "land_signal"),
    }


def test_each_stage_reads_what_one_before_it_has_made() -> None:
    columns: set[str] = set()
    for stage in WHOLE:
        assert set(stage.reads) <= columns, stage.name
        columns |= {column.name for name in stage.writes for column in schema.of_stage(name)}
    written = [name for stage in WHOLE for name in stage.writes]
    assert len(written) == len(set(written))
    assert {*written, "scores"} == {column.stage for column in schema.COLUMNS}


@pytest.mark.usefixtures("warm_cache")
def test_no_path_and_no_clock_in_a_run(project: MakeProject, whole: None) -> None:
    run = ranked(project())
    for name, content in snapshot(run.folder).items():
        assert str(run.folder.parents[1]).encode() not in content, name
    assert (
        json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
        == read_run(run.folder.parent).manifest
    )


@pytest.mark.usefixtures("warm_cache")
def test_another_weighting_asks_for_nothing_anew(project: MakeProject, made: list[str]) -> None:
    opened = project()
    ranked(opened)
    made.clear()
    ranked(read_project(opened.path, ("index.priority.need=0.6", "index.nodes.path.weight=0.1")))
    assert made == []
    # Deficits are drawn with the λ of the list.
    run = ranked(read_project(opened.path, ("index.lambda=0.5",)))
    assert made == ["certainty"]
    assert run.manifest["parameters"]["index.lambda"] == 0.5


@pytest.mark.parametrize(
    ("option", "stage", "spared"),
    [
        ("signal.minimum_known_share=0.4", "signals", "terrain"),
        ("terrain.coast.shore_km=2.0", "terrain", "places"),
        ("radio.atmosphere.n0=370.0", "prediction", "terrain"),
        # What reads a table is made anew with the table.
        ("radio.atmosphere.n0=370.0", "signals", "terrain"),
        ('boundaries.capitals={"Kab. Muara Contoh" = [-2.95, 115.3]}', "places", ""),
    ],
)
@pytest.mark.usefixtures("warm_cache")
def test_another_section_asks_for_its_stage_anew(
    project: MakeProject, made: list[str], option: str, stage: str, spared: str
) -> None:
    opened = project()
    ranked(opened)
    made.clear()
    ranked(read_project(opened.path, (option,)))
    assert stage in made
    assert spared not in made


@pytest.mark.usefixtures("warm_cache")
def test_a_file_that_changes_without_growing_asks_for_its_stage_anew(
    project: MakeProject, made: list[str]
) -> None:
    opened = project()
    before = ranked(opened)
    made.clear()
    path = opened.path.parent / "tests.csv"
    text = path.read_text()
    path.write_text(text.replace("2026-06-02,1.1,", "2026-06-02,9.9,"))
    assert path.stat().st_size == len(text)
    after = ranked(opened)
    assert "signals" in made
    assert not {"places", "terrain"} & set(made)
    got = [by_number(run).set_index("npsn")["measured_down_mbps"] for run in (before, after)]
    assert [values["00000102"] for values in got] == [1.1, 9.9]


@pytest.mark.parametrize(
    ("file", "stage"),
    [("tests.csv", "signals"), ("dem.tif", "terrain"), ("schools.csv", "schools")],
)
@pytest.mark.parametrize("restored", [False, True])
def test_an_input_that_is_saved_between_hashing_and_reading(
    project: MakeProject,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    file: str,
    stage: str,
    restored: bool,
) -> None:
    opened = project()
    path = opened.path.parent / file
    right, before = path.read_bytes(), path.stat()
    wrong = right.replace(b"2026-06-02,1.1,", b"2026-06-02,9.9,").replace(b"-2.9", b"-2.8")
    wrong = wrong if wrong != right else right[:-4] + bytes(4)
    assert len(wrong) == len(right)
    made = StageCache._made

    def seen(work: StageCache, each: Stage, *args: Any) -> Any:
        # The seam at which the stage itself is asked: after hashing, before reading.
        make = each.make

        def swapped(*given: Any) -> Any:
            path.write_bytes(wrong)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
            try:
                return make(*given)
            finally:
                if restored:  # as after an undo in the editor
                    path.write_bytes(right)

        changed = replace(each, make=swapped) if each.name == stage else each
        return made(work, changed, *args)

    with monkeypatch.context() as patch:
        patch.setattr(StageCache, "_made", seen)
        with pytest.raises(SeveralErrors) as caught:
            ranked(opened)
    assert [(e.code, e.path) for e in caught.value.errors] == [("input_changed", path)]
    assert not (opened.path.parent / "runs").exists()
    path.write_bytes(right)
    first = snapshot(ranked(opened, out=tmp_path / "kept").folder)
    assert snapshot(ranked(opened, out=tmp_path / "anew", cached=False).folder) == first


def test_a_file_that_appears_beside_an_input_while_it_is_read(
    project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = project()
    beside = opened.path.parent / "dem.tif.aux.xml"
    made = StageCache._made

    def seen(work: StageCache, each: Stage, *args: Any) -> Any:
        if each.name == "terrain":
            beside.write_text("<PAMDataset/>")
        return made(work, each, *args)

    monkeypatch.setattr(StageCache, "_made", seen)
    with pytest.raises(SeveralErrors) as caught:
        ranked(opened)
    assert [error.path for error in caught.value.errors] == [beside]


def test_a_damaged_cache_gives_the_same_run(
    project: MakeProject, whole: None, made: list[str], cache_folder: Path, tmp_path: Path
) -> None:
    opened = project()
    first = snapshot(ranked(opened, out=tmp_path / "a").folder)
    for path in cache_folder.rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:-20])
    (cache_folder / "hashes.json").write_text("{")
    made.clear()
    assert snapshot(ranked(opened, out=tmp_path / "b").folder) == first
    assert made == STAGES


@pytest.mark.usefixtures("warm_cache")
def test_the_steps_are_told(project: MakeProject, whole: None) -> None:
    told: list[tuple[str, int, int]] = []
    opened = pipeline.OpenProject(project())
    opened.rank(report=lambda *step: told.append(step))
    assert told[0][:2] == (pipeline.STEPS[0], 0)
    assert {name for name, _, _ in told} == set(pipeline.STEPS)
    assert all(0 <= done <= total for _, done, total in told)
    assert set(opened.seconds) == set(pipeline.STEPS)


# --- wrong input -----------------------------------------------------------------------------


def without_crs(raw: Path, target: Path) -> None:
    import rasterio

    with rasterio.open(raw) as dataset:
        profile, cells = dict(dataset.profile), dataset.read()
    profile.pop("crs")
    with rasterio.open(target, "w", **profile) as dataset:
        dataset.write(cells)


BROKEN: dict[str, dict[str, bytes]] = {
    "a truncated elevation model": {"dem.tif": (TINY / "dem.tif").read_bytes()[:-60]},
    "half a header": {"dem.tif": (TINY / "dem.tif").read_bytes()[:100]},
    "a truncated coverage": {"rsrp_4g.tif": (TINY / "rsrp_4g.tif").read_bytes()[:-60]},
    "text for a raster": {"rsrp_4g.tif": b"npsn,nama\n"},
    "a raster for a table": {"pupils.csv": (TINY / "dem.tif").read_bytes()},
    "an empty table": {"tests.csv": b"npsn,date,download_mbps\n"},
    "an empty register": {"schools.csv": b"npsn,nama,lat,lon\n"},
    "no column of numbers": {"schools.csv": b"nama,lat,lon\nA,-3,115\n"},
    "a broken layer": {"kabupaten.geojson": b'{"type": "FeatureCollection", "features": ['},
    "no sites": {"sites.csv": b"site_id,technology\nA,4g\n"},
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.usefixtures("warm_cache")
def test_a_bad_input_is_one_error_and_leaves_the_run_before_as_it_was(
    project: MakeProject, name: str
) -> None:
    opened = project()
    ranked(opened)
    runs = opened.path.parent / "runs"
    before = snapshot(runs)
    for file, content in BROKEN[name].items():
        (opened.path.parent / file).write_bytes(content)
    with pytest.raises(InputError) as caught:
        ranked(kalsel_gap.open_project(opened.path).opened)
    assert Path(str(caught.value.path)).name == next(iter(BROKEN[name]))
    assert snapshot(runs) == before


@pytest.mark.parametrize("name", ["dem.tif", "rsrp_4g.tif"])
@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_a_raster_without_crs_is_an_error_never_a_guess(project: MakeProject, name: str) -> None:
    opened = project()
    without_crs(TINY / name, opened.path.parent / name)
    with pytest.raises(InputError) as caught:
        ranked(opened)
    assert Path(str(caught.value.path)).name == name
    assert "crs" in caught.value.code


def test_a_project_is_opened_from_its_folder_or_from_below(
    project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project().path.parent
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert kalsel_gap.open_project().opened.path.parent.resolve() == folder.resolve()
    assert kalsel_gap.open_project(str(folder)).opened.path.parent == folder
    with pytest.raises(KalselGapError):
        kalsel_gap.open_project(folder, options=("index.lamda=1",))


def test_the_package_names_what_it_gives() -> None:
    assert set(kalsel_gap.__all__) >= {"OpenProject", "open_project", "__version__"}
    assert kalsel_gap.__version__
    with pytest.raises(AttributeError):
        _ = kalsel_gap.nothing


# --- data/tiny by hand -----------------------------------------------------------------------


def test_levels_of_tiny_are_those_typed_in(tiny: Run) -> None:
    """Schools far enough from the edges of their cells have the cell's own level."""
    table: gpd.GeoDataFrame = tiny.schools.set_index("npsn")
    # Rows and columns are counted from 0 at the north-western corner, in cells of 0.01°, of which
    # 250 m are .23. 00000105 stands at 7.6 rows and 1.5 columns: inside row 7, column 1.
    assert table.loc["00000105", "best_level_dbm"] == -89
    # 00000104: 6.4 and 4.6, inside row 6, column 4.
    assert table.loc["00000104", "best_level_dbm"] == -64
    # 00000109 stands at 2.7 and 8.8, in cells without signal but for those of row 3.
    assert table.loc["00000109", "available"] < 0.01
    # 00000106 (8.3, 4.1) reaches a tenth of a cell into column 3: between -80 and -82.
    assert -82 <= table.loc["00000106", "best_level_dbm"] <= -80


def test_speed_tests_of_tiny(tiny: Run) -> None:
    table = tiny.schools.set_index("npsn")
    # 00000104: the median of 22.4, 18.0, 20.6 is 20.6; 420 pupils need 21 Mbps.
    assert table.loc["00000104", "measured_down_mbps"] == 20.6
    assert table.loc["00000104", "required_mbps"] == 21.0
    expected = 0.7 * (20.6 / 21) ** 0.5 + 0.2 + 0.1
    assert table.loc["00000104", "delivered"] == pytest.approx(expected)
    # 00000102: 1.1 of 20 Mbps, .3 of 5 upwards, 310 ms.
    expected = 0.7 * (1.1 / 20) ** 0.5 + 0.2 * (0.3 / 5) ** 0.5 + 0.1 * (1 - 260 / 550)
    assert table.loc["00000102", "delivered"] == pytest.approx(expected)


# --- layers that cannot be what the project says -----------------------------------------------


KBPS = "npsn,date,download_mbps,upload_mbps,latency_ms\n" + "".join(
    f"0000010{n},2026-06-0{d},{12000 + d},3000,40\n" for n in (1, 2, 3) for d in range(1, 6)
)


def declared(path: str, **changes: str) -> dict[str, Any]:
    given = {"path": path, "technology": "4g", "operator": "x", "kind": "rsrp_dbm"}
    return {"coverage": [given | {"basis": "declared", "nodata_means": "unknown"} | changes]}


@pytest.mark.parametrize(
    ("sections", "files", "code"),
    [
        (declared("dem.tif"), {}, "raster_unit"),  # an elevation model given as levels
        (declared("class_2g.tif"), {}, "raster_unit"),  # classes given as levels
        ({"measurements": [{"path": "t.csv"}]}, {"t.csv": KBPS}, "measurement_unit_kbps"),
    ],
)
@pytest.mark.usefixtures("warm_cache")
def test_a_ranking_obeys_what_check_calls_an_error_of_a_layer(
    project: MakeProject,
    tmp_path: Path,
    cli: CommandLine,
    sections: dict[str, Any],
    files: dict[str, str],
    code: str,
) -> None:
    opened = project(sections, files=files)
    checked = cli("check", "-p", opened.path, "--format", "json", "--lang", "en")
    found = [each for each in json.loads(checked.out) if each["code"].startswith(code)]
    assert found
    assert checked.status == 3
    answer = cli("--lang", "en", "rank", "-p", opened.path, "--out", tmp_path / "runs")
    assert answer.status == 1
    assert found[0]["message"] in answer.err
    assert "--despite-errors" in answer.err
    assert not (tmp_path / "runs").exists()
    run = pipeline.OpenProject(opened).rank(out=tmp_path / "runs", despite_errors=True)
    (ignored,) = run.overrides["despite_errors"]
    assert ignored.split(": ")[1].startswith(code)
    assert run.findings["code"].str.startswith(code).any()


@pytest.mark.usefixtures("warm_cache")
def test_a_sound_project_has_nothing_to_ignore(project: MakeProject, tmp_path: Path) -> None:
    opened = pipeline.OpenProject(project())
    full = opened.rank(out=tmp_path)
    trial = opened.rank(out=tmp_path, despite_errors=True)
    assert full.manifest["overrides"] == {}
    assert trial.manifest["overrides"] == {"despite_errors": []}
    assert (tmp_path / "latest").read_text().strip() == full.folder.name != trial.folder.name
