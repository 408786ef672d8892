"""What is fuzzed: each reader, with valid files to begin from, and how often it has its turn."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.project.base import OVERRIDABLE, default_values, merge
from kalsel_gap.project.invalid import section_fault
from kalsel_gap.project.model import Opened, Project
from kalsel_gap.project.read import FILE_NAME, read_project
from tests.conftest import snapshot
from tests.fuzz import seeds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fuzz.seeds import Seed

    # Reads the seed's file in a folder; whatever it raises besides our own errors is a fault.
    Read = Callable[[Path, str], object]

# As a school and its surroundings lie in data/tiny.
_LAT, _LON = [-2.923, -2.964], [115.314, 115.346]


@dataclass(frozen=True, slots=True)
class Target:
    """A reader and the valid files that its cases begin from.

    Attributes
    ----------
    name : str
        What is read.
    share : float
        Of all cases, beside the shares of the other targets.
    make : callable
        Makes its seeds.
    read : callable
        Reads a changed file.
    """

    name: str
    share: float
    make: Callable[[], list[Seed]]
    read: Read


@lru_cache(maxsize=512)
def _project(folder: Path, sections: str) -> Project:
    """A project of these sections, as its file would state them; `sections` is TOML."""
    import tomllib

    below = {name: default_values(name) for name in OVERRIDABLE}
    values = merge(below, {"schools": {"path": "schools.csv"}, **tomllib.loads(sections)})
    return Project.model_validate(values, context={"folder": folder})


def _opened(folder: Path, sections: str) -> Opened:
    """The project, once each of its files is one that can be opened at all."""
    project = _project(folder, sections)
    for section, file in project.inputs():
        if file.name != "schools.csv" and (fault := section_fault(section, file)) is not None:
            raise fault
    return Opened(folder / FILE_NAME, project, {})


# --- readers -------------------------------------------------------------------------------------


def _table(folder: Path, name: str) -> None:
    from kalsel_gap.sources.registers import REGISTER_ALIASES
    from kalsel_gap.sources.tables import read_table

    (source,) = _opened(folder, f'[[attributes]]\npath = "{name}"').project.attributes
    read_table(source.path, aliases=REGISTER_ALIASES)


def _register(folder: Path, name: str) -> None:
    from kalsel_gap.sources.schools import read_schools

    read_schools(_opened(folder, f'[schools]\npath = "{name}"'))


def _attributes(folder: Path, name: str) -> None:
    from kalsel_gap.sources.registers import read_attributes

    opened = _opened(folder, f'[[attributes]]\npath = "{name}"')
    read_attributes(opened, pd.Series(["00000101", "00000102"]))


def _sites(folder: Path, name: str) -> None:
    from kalsel_gap.sources.sites import read_sites

    read_sites(_opened(folder, f'[[sites]]\npath = "{name}"'))


def _speed_tests(folder: Path, name: str) -> None:
    from kalsel_gap.sources.speed_tests import read_measurements

    read_measurements(_opened(folder, f'[[measurements]]\npath = "{name}"'))


def _answers(folder: Path, name: str) -> None:
    from kalsel_gap.sources.field_results import read_results, runs_of

    read_results(folder / name, {"telkomsel": ["4g"]})
    runs_of(folder / name)


def _levels(folder: Path, name: str) -> None:
    from kalsel_gap.sources.signal_levels import read_levels

    read_levels(_opened(folder, f'[[measurements]]\npath = "{name}"'))


def _tiles(folder: Path, name: str) -> None:
    from kalsel_gap.sources.speed_test_tiles import read_tiles, tile_sources

    for source in tile_sources(_opened(folder, f'[[measurements]]\npath = "{name}"')):
        read_tiles(source, _LAT, _LON, name, 10_000.0)


def _unit_prices(folder: Path, name: str) -> None:
    from kalsel_gap.planning.costs import read_prices

    read_prices(_opened(folder, f'[costs]\nssh = "{name}"'))


def _objections(folder: Path, name: str) -> None:
    from kalsel_gap.sources.accepted_objections import AcceptedObjections
    from kalsel_gap.sources.boundaries import INDONESIA
    from kalsel_gap.sources.objections import in_order, read_objections

    opened = _opened(folder, f'[objections]\npath = "{name}"')
    known = opened.project.objections.known_abbreviations
    for each in in_order(read_objections(folder / name, 10_000.0, known)):
        each.cells()
    accepted = AcceptedObjections(opened)
    cells = pd.DataFrame({"file": "a", "row": 2, "npsn": ["00000101"], "students": "1"})
    accepted.apply(cells.assign(fixed_network="", lat="", lon=""))
    accepted.places(INDONESIA)
    accepted.tests()


def _villages(folder: Path, name: str) -> None:
    from kalsel_gap.sources.villages import read_villages

    read_villages(_opened(folder, f'[villages]\npath = "{name}"'))


def _boundaries(folder: Path, name: str) -> None:
    from kalsel_gap.sources.boundaries import envelope, invalid_areas, read_areas, standing_areas

    opened = _opened(folder, f'[boundaries]\nkecamatan = "{name}"')
    envelope(opened)
    standing_areas(opened)
    areas = read_areas(opened, "kecamatan")
    if areas is not None:
        invalid_areas(areas, name)


def _coverage_polygons(folder: Path, name: str) -> None:
    from kalsel_gap.sources.coverage import best_at, read_polygons, touches

    kind = 'kind = "class"\nclasses = {"990101" = 0.1}\nclass_column = "kode"'
    opened = _opened(folder, f'[[coverage]]\npath = "{name}"\n{_COVERAGE}{kind}')
    (source,) = opened.project.coverage
    polygons, _ = read_polygons(source, name)
    touches(polygons, _LAT, _LON)
    best_at(polygons, [0.1] * len(polygons), [[y] for y in _LAT], [[x] for x in _LON])


_COVERAGE = 'technology = "4g"\noperator = "a"\nbasis = "declared"\nnodata_means = "unknown"\n'


def _vector_layer(folder: Path, name: str) -> None:
    from kalsel_gap.sources.formats.vector_layers import read_vector

    opened = _opened(folder, f'[[facilities]]\npath = "{name}"')
    read_vector(opened.project.facilities[0].path)


def _raster(folder: Path, name: str) -> None:
    from rasterio.windows import Window

    from kalsel_gap.geo.mosaic import open_band, refuse_no_heights

    opened = _opened(folder, f'[elevation]\npath = "{name}"\nsurface = "dsm"')
    assert opened.project.elevation is not None
    tiles = opened.project.elevation.tiles
    refuse_no_heights(tiles)
    with open_band(tiles) as band:
        height, width = min(band.grid.height, 256), min(band.grid.width, 256)
        band.read(Window(0, 0, width, height))
        band.read(Window(0, 0, band.grid.width, band.grid.height), (64, 64))
        band.read_raw(Window(width // 2, height // 2, width, height))


def _project_file(folder: Path, name: str) -> None:
    opened = read_project(folder / name)
    list(opened.values())
    list(opened.project.inputs())


def _assignment(folder: Path, name: str) -> None:
    """Each line of the changed file is what somebody types after ``--set``."""
    text = (folder / name).read_bytes().decode("utf-8", "replace")
    options = tuple(line for line in text.split("\n") if line)
    read_project(folder, options[:20])


def _repairs(folder: Path, name: str) -> None:
    from kalsel_gap.sources.boundaries import INDONESIA
    from kalsel_gap.sources.registers import read_cells
    from kalsel_gap.sources.repairs import accepted_repairs, stored

    opened = _opened(
        folder, f'[repairs]\npath = "{name}"\n[boundaries]\nkecamatan = "areas.geojson"'
    )
    cells, _ = read_cells(opened)
    stored(folder / name)
    accepted_repairs(cells, opened, INDONESIA)


def _offsets(folder: Path, name: str) -> None:
    from kalsel_gap.radio.links.calibration import read_offsets

    read_offsets(folder / name)


# --- what is kept --------------------------------------------------------------------------------

_KEY = "0" * 64
_KEPT = {
    "columns": pd.DataFrame({"npsn": ["1", "2"], "level_dbm": [-95.5, float("nan")]}),
    "findings": pd.DataFrame({"code": ["a"], "row": pd.array([3], "Int64")}),
}
_INPUT = b"npsn,name\n"


def _kept_tables(folder: Path, name: str) -> None:
    """Whatever the cache holds, the tables are the ones that were made."""
    from kalsel_gap.storage.cache import Cache
    from kalsel_gap.storage.parquet import table_of

    cache = Cache(folder)
    made = cache.tables(_KEY, lambda: dict(_KEPT), read=("columns",))
    assert made.keys() == _KEPT.keys(), sorted(made)
    for table, expected in _KEPT.items():
        pd.testing.assert_frame_equal(table_of(made[table]), expected)
    content = folder / "input.csv"
    content.write_bytes(_INPUT)
    assert cache.file_hash(content) == hashlib.sha256(_INPUT).hexdigest()
    cache.save()


def _make_kept() -> list[Seed]:
    from kalsel_gap.storage.cache import Cache

    with seeds.temporary() as folder:
        Cache(folder).tables(_KEY, lambda: dict(_KEPT), read=())
        content = folder / "input.csv"
        content.write_bytes(_INPUT)
        old_s = content.stat().st_mtime - 100
        os.utime(content, (old_s, old_s))
        cache = Cache(folder)
        cache.file_hash(content)
        cache._known[str(content)] = [len(_INPUT), 1, 1, 1, "0" * 64]
        cache.save()
        content.unlink()
        return [seeds.Seed(_KEY, snapshot(folder))]


_OVERLOADS = {("int64", "int64"): "a-1.nbc", ("float64",): "a-2.nbc"}


def _kernel_files(folder: Path, base: str) -> Any:
    from kalsel_gap.geo import kernels

    made: Any = kernels._HashedFile
    return made(cache_path=str(folder), filename_base=base, source_stamp="stamp")


def _kernels(folder: Path, name: str) -> None:
    """A damaged index is none; damaged code is not loaded."""
    files = _kernel_files(folder, name.removesuffix(".nbi"))
    overloads = files._load_index()
    assert overloads in ({}, _OVERLOADS), overloads
    for key in _OVERLOADS:
        assert files.load(key) in (None, ("code", key))


def _make_kernels() -> list[Seed]:
    with seeds.temporary() as folder:
        files = _kernel_files(folder, "kernel")
        for key in _OVERLOADS:
            files.save(key, ("code", key))
        files._save_index(_OVERLOADS)
        for key, file in _OVERLOADS.items():
            files._save_data(file, ("code", key))
        return [seeds.Seed("kernel.nbi", snapshot(folder))]


def _runs(folder: Path, name: str) -> None:
    """A run is what was written, or it is refused."""
    from kalsel_gap.deliverables.run_list import list_runs, verify_runs
    from kalsel_gap.errors import OutputError
    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.run_folder import read_run

    runs = folder / "runs"
    for show in (verify_runs, lambda runs: list_runs(runs, None)):
        with contextlib.suppress(InputError):
            show(runs)
    outputs = Outputs(runs)
    with contextlib.suppress(OutputError):
        outputs.check(folder / "list.csv")
    run = read_run(runs)
    for table in run.manifest["files"]:
        if table.endswith(".parquet"):
            run.table(table.removesuffix(".parquet"))


# --- commands ------------------------------------------------------------------------------------


def _run(*words: str) -> int:
    """A command in this process, and that it ends as a command may."""
    from kalsel_gap.cli import main

    out, said = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        try:
            main(words)
        except SystemExit as ended:
            status = ended.code
    assert status in {0, 1, 3}, (status, said.getvalue()[-500:])
    if status == 1:
        assert said.getvalue().startswith("kalsel-gap: error: "), said.getvalue()[:500]
    assert "Traceback" not in said.getvalue()
    return int(status or 0)


def _check(folder: Path, name: str) -> None:
    _run("check", "--project", str(folder / name), "--quiet", "--format", "csv")


def _rank(folder: Path, name: str) -> None:
    _run(*_ranked(folder, name), "--format", "json")


def _ranked(folder: Path, name: str) -> tuple[str, ...]:
    return ("rank", "--project", str(folder / name), "--out", str(folder / "runs"), "--quiet")


def _deliver(folder: Path, name: str) -> None:
    """Everything that is drawn from a run of changed inputs."""
    if _run(*_ranked(folder, name)) == 0:
        drawn = ("--project", str(folder / name), "--runs", str(folder / "runs"))
        for command, file in (
            *((("export", "csv"), "a.csv"), (("export", "gpkg"), "a.gpkg")),
            *((("export", "geojson"), "a.geojson"), (("map",), "a.html")),
        ):
            assert _run(*command, *drawn, "--out", str(folder / "made" / file)) == 0, command


def _project_seeds() -> list[Seed]:
    """The project file of data/tiny and a long one: only it is changed."""
    return [
        seeds.Seed(FILE_NAME, files, (FILE_NAME,))
        for files in (seeds.tiny(), seeds.whole(".csv", ".geojson").files)
    ]


def _assignment_seeds() -> list[Seed]:
    coverage = 'path="rsrp_4g.tif", technology="4g", operator="a", kind="rsrp_dbm"'
    words = (
        *("index.lambda=0.5", "output.folder=out", 'project.name="A b"', "elevation.band=1"),
        f'coverage=[{{{coverage}, basis="modelled", nodata_means="none"}}]',
        *("index.nodes.students.weight=2", "boundaries.capitals={A=[-2.9, 115.3]}"),
        *("terrain.mountain.source=x", "repairs.peers = 3", 'schools.date="2026-01-01"'),
    )
    text = "\n".join(words)
    files = {**seeds.tiny(), "words.txt": text.encode()}
    return [seeds.Seed("words.txt", files, ("words.txt",))]


def _repair_seeds() -> list[Seed]:
    from kalsel_gap.sources.repairs import COLUMNS

    rows = (
        *(("yes", "schools.csv", "8", "00000107", "MI MUARA", "x", "", "", "", "", "990102 M"),),
        *(
            (
                "ya",
                "schools.csv",
                "14",
                "00000113",
                "SD",
                "x",
                ".0000000",
                ".0000000",
                "-2.9",
                "115.3",
                "",
            ),
        ),
        *(
            (
                "no",
                "schools.csv",
                "2",
                "00000101",
                "SD",
                "x",
                "-2.9230000",
                "115.3140000",
                "2.9",
                "9",
                "",
            ),
        ),
    )
    table = pd.DataFrame(
        [[*row, *[""] * (len(COLUMNS) - len(row))] for row in rows],
        columns=list(COLUMNS),
        dtype="str",
    )
    beside = {"schools.csv": seeds.tiny()["schools.csv"]}
    beside |= {"areas.geojson": seeds.vector(seeds.layers()["areas"], ".geojson")[".geojson"]}
    found = []
    for ending in (".csv", ".txt", ".xlsx", ".ods", ".xls", ".json", ".parquet"):
        name = f"repairs{ending}"
        files = {name: seeds.TABLE_FORMATS[ending](table), **beside}
        found.append(seeds.Seed(name, files, (name,)))
    return found


_ERROR = {"held_out_rmse_db": "6.5"}


def _offset_seeds() -> list[Seed]:
    from kalsel_gap.radio.links.calibration import COLUMNS

    rows = (
        {"operator": "telkomsel", "technology": "4g", "offset_db": "-3.5", **_ERROR},
        {"operator": "telkomsel", "technology": "4g", "site_id": "T1", "offset_db": "2", **_ERROR},
    )
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype="str").fillna("")
    return [
        seeds.Seed(f"offsets{ending}", {f"offsets{ending}": seeds.TABLE_FORMATS[ending](table)})
        for ending in (".csv", ".xlsx", ".json")
    ]


TARGETS = (
    Target("tables", 60, partial(seeds.of_tables, "schools"), _table),
    Target("register", 6, partial(seeds.of_tables, "schools"), _register),
    Target("attributes", 5, partial(seeds.of_tables, "pupils"), _attributes),
    Target("sites", 6, partial(seeds.of_tables, "sites"), _sites),
    Target("speed tests", 5, partial(seeds.of_tables, "tests"), _speed_tests),
    Target("answers", 3, partial(seeds.of_tables, "answers"), _answers),
    Target("levels", 5, partial(seeds.of_tables, "levels"), _levels),
    Target("speed test tiles", 7, partial(seeds.of_tables, "tiles"), _tiles),
    Target("objections", 4, partial(seeds.of_tables, "objections"), _objections),
    Target("unit prices", 4, partial(seeds.of_tables, "prices"), _unit_prices),
    Target("villages", 5, partial(seeds.of_tables, "villages"), _villages),
    Target("boundaries", 16, partial(seeds.of_layers, "areas"), _boundaries),
    Target("coverage polygons", 12, partial(seeds.of_layers, "areas"), _coverage_polygons),
    Target("layers in metres", 8, partial(seeds.of_layers, "metres"), _vector_layer),
    Target("lines", 6, partial(seeds.of_layers, "lines"), _vector_layer),
    Target("points", 6, partial(seeds.of_layers, "points"), _vector_layer),
    Target("rasters", 26, seeds.of_rasters, _raster),
    Target("project file", 14, _project_seeds, _project_file),
    Target("assignments", 8, _assignment_seeds, _assignment),
    Target("repairs", 5, _repair_seeds, _repairs),
    Target("offsets", 2, _offset_seeds, _offsets),
    Target("cached tables", 6, _make_kept, _kept_tables),
    Target("kernels", 4, _make_kernels, _kernels),
    Target("runs", 5, seeds.of_runs, _runs),
    Target("check", 0.5, seeds.of_projects, _check),
    Target("rank", 0.3, seeds.of_projects, _rank),
    Target("deliverables", 0.1, seeds.of_projects, _deliver),
)
