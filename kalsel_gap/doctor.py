"""Whether a command has what it needs: environment, project, cache, disk, terminal.

Every examination is independent: one that fails is a fact like any other, and the others continue.
So nothing heavy is imported before it is examined.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kalsel_gap.errors import InputError, KalselGapError, ProjectError, SeveralErrors
from kalsel_gap.i18n.messages import error_lines
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kalsel_gap.project.model import Opened

State = Literal["ok", "warning", "fault"]

# Formats of GDAL that the tool reads or writes; without the others it does less.
NEEDED = ("GTiff", "MEM", "GPKG", "GeoJSON", "ESRI Shapefile")
USEFUL = ("COG", "PNG", "WEBP", "SRTMHGT", "KML", "FlatGeobuf")
_MEBIBYTE = 2**20
_LETTERS = "“”…–°≥→"  # special characters of our sentences


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was examined.

    Attributes
    ----------
    part : str
        What it is a part of; key of :data:`kalsel_gap.doctor.PARTS`.
    state : {'ok', 'warning', 'fault'}
    code : str
        Key of :data:`kalsel_gap.doctor.FACTS`; of an error that was raised its own code.
    params : mapping
        What the sentence mentions.
    error : KalselGapError, optional
        The error that was raised; its sentence is shown.
    """

    part: str
    state: State
    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    error: KalselGapError | None = None


def examine(project: Path | None = None) -> list[Fact]:
    """Every fact, in a fixed order.

    Parameters
    ----------
    project : Path, optional
        Project file or its folder; the nearest one from here upwards by default. None is needed.
    """
    facts: list[Fact] = []
    for part, examination in (
        ("python", _python),
        ("libraries", _libraries),
        ("gdal", _gdal),
        ("proj", _proj),
        ("compiler", _compiler),
        ("languages", _languages),
        ("pages", _pages),
        ("terminal", _terminal),
        ("cache", _cache),
    ):
        facts += _examined(part, examination)
    opened, about_project = _project(project)
    facts += about_project
    if opened is not None:
        facts += _examined("inputs", lambda: _inputs(opened))
        facts += _examined("output", lambda: _output(opened))
    return facts


def _examined(part: str, examination: Callable[[], Iterator[Fact]]) -> list[Fact]:
    """The facts of an examination; an exception in it becomes a fact."""
    facts: list[Fact] = []
    try:
        facts += examination()
    except KalselGapError as error:
        facts += _faults(part, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the user must know
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        facts.append(Fact(part, "fault", "failed", {"reason": reason}))
    return facts


def _faults(part: str, error: KalselGapError) -> list[Fact]:
    errors = error.errors if isinstance(error, SeveralErrors) else (error,)
    return [Fact(part, "fault", each.code, error=each) for each in errors]


# --- environment ---------------------------------------------------------------------------------


def _python() -> Iterator[Fact]:
    from packaging.specifiers import SpecifierSet

    wanted = metadata.metadata("kalsel-gap")["Requires-Python"]
    version = platform.python_version()
    fits = SpecifierSet(wanted).contains(version, prereleases=True)
    params = {"version": version, "wanted": wanted, "platform": platform.platform(terse=True)}
    yield Fact("python", "ok" if fits else "fault", "python" if fits else "python_unfit", params)


def _libraries() -> Iterator[Fact]:
    """Each library against the range that the package asks for."""
    from packaging.requirements import Requirement

    found, wrong = [], 0
    for line in sorted(metadata.requires("kalsel-gap") or (), key=str.lower):
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        params = {"name": wanted.name, "wanted": str(wanted.specifier)}
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            wrong += 1
            yield Fact("libraries", "fault", "library_missing", params)
            continue
        found.append(f"{wanted.name} {version}")
        if not wanted.specifier.contains(version, prereleases=True):
            wrong += 1
            yield Fact("libraries", "fault", "library_unfit", {**params, "version": version})
    if not wrong:
        params = {"count": str(len(found)), "versions": ", ".join(found)}
        yield Fact("libraries", "ok", "libraries", params)


def _gdal() -> Iterator[Fact]:
    import pyogrio
    import rasterio

    with rasterio.Env() as environment:
        drivers = {*environment.drivers(), *pyogrio.list_drivers()}
    missing = [name for name in NEEDED if name not in drivers]
    fewer = [name for name in USEFUL if name not in drivers]
    if missing:
        yield Fact("gdal", "fault", "gdal_lacks", {"drivers": ", ".join(missing)})
    if fewer:
        yield Fact("gdal", "warning", "gdal_lacks_useful", {"drivers": ", ".join(fewer)})
    present = [name for name in (*NEEDED, *USEFUL) if name in drivers]
    version = ".".join(map(str, pyogrio.__gdal_version__))
    params = {"rasters": rasterio.__gdal_version__, "layers": version}
    if not missing:
        yield Fact("gdal", "ok", "gdal", {**params, "drivers": ", ".join(present)})


def _proj() -> Iterator[Fact]:
    """The central meridian of UTM zone 50 lies 500 km east of its false origin, everywhere."""
    import pyproj

    to_utm = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32750", always_xy=True)
    easting_m, northing_m = to_utm.transform(117.0, 0.0)
    right = abs(easting_m - 500_000) < 0.01 and abs(northing_m - 10_000_000) < 0.01
    params = {"version": pyproj.proj_version_str}
    yield Fact("proj", "ok" if right else "fault", "proj" if right else "proj_wrong", params)


def _compiler() -> Iterator[Fact]:
    """A kernel is compiled, and the folder where compiled ones are kept can be written."""
    import numba

    if numba.njit(lambda number: number + 1)(1) != 2:
        yield Fact("compiler", "fault", "compiler_wrong")
    try:
        from kalsel_gap.geo import dem
    except RuntimeError:  # numba has no writable folder
        yield Fact("compiler", "warning", "compiler_forgets", {"folder": "__pycache__"})
        return
    folder = Path(str(dem.missing.stats.cache_path))  # any of our kernels will do
    kept = _is_writable(folder)
    code = "compiler" if kept else "compiler_forgets"
    params = {"version": numba.__version__, "folder": folder}
    yield Fact("compiler", "ok" if kept else "warning", code, params)


def _languages() -> Iterator[Fact]:
    from kalsel_gap.i18n.text import LANGUAGES, Text

    missing = [lang for lang in LANGUAGES if lang != "en" and Text(lang)("error") == "error"]
    if missing:
        yield Fact("languages", "fault", "language_missing", {"languages": ", ".join(missing)})
    else:
        yield Fact("languages", "ok", "languages", {"languages": ", ".join(LANGUAGES)})


def _pages() -> Iterator[Fact]:
    """Whether the browser's libraries are in installed packages: a page is made of them."""
    from kalsel_gap.deliverables.offline_html import installed

    installed("leaflet.js")
    installed("leaflet.css")
    yield Fact("pages", "ok", "pages")


def _terminal() -> Iterator[Fact]:
    encoding = sys.stdout.encoding or "ascii"
    try:
        _LETTERS.encode(encoding)
    except UnicodeEncodeError:
        yield Fact("terminal", "warning", "terminal_letters", {"encoding": encoding})
    else:
        yield Fact("terminal", "ok", "terminal", {"encoding": encoding})


def _cache() -> Iterator[Fact]:
    from kalsel_gap.storage.cache import Cache
    from kalsel_gap.storage.fingerprint import default_cache_folder

    folder, limit = default_cache_folder(), Cache(None).limit_bytes
    if not _is_writable(folder):
        yield Fact("cache", "warning", "cache_not_kept", {"folder": folder})
        return
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    params = {"folder": folder, "size_mb": _mb(size), "limit_mb": _mb(limit)}
    yield Fact("cache", "ok", "cache", params)
    yield _disk("cache", folder, limit - min(size, limit))


# --- project -------------------------------------------------------------------------------------


def _project(path: Path | None) -> tuple[Opened | None, list[Fact]]:
    """The project, if there is a readable one, and the facts about it."""
    opened: list[Opened] = []

    def read() -> Iterator[Fact]:
        from kalsel_gap.project.read import find_project, read_project

        if path is None:
            try:
                chosen = find_project(Path.cwd())
            except ProjectError:
                yield Fact("project", "ok", "project_none")
                return
        else:
            chosen = path
        opened.append(read_project(chosen))
        yield Fact("project", "ok", "project", {"path": opened[0].path})

    facts = _examined("project", read)
    return (opened[0] if opened else None), facts


def _inputs(opened: Opened) -> Iterator[Fact]:
    """Each input, read as a whole, so that an incomplete file is found."""
    read = 0
    for reader, path, options in _readers(opened):
        try:
            reader(path, **options)
        except InputError as error:
            yield Fact("inputs", "fault", error.code, error=error)
        else:
            read += 1
    if read:
        yield Fact("inputs", "ok", "inputs", {"count": str(read)})


def _readers(opened: Opened) -> Iterator[tuple[Callable[..., object], Path, dict[str, Any]]]:
    """The reader of each input."""
    from kalsel_gap.geo.sampling import describe
    from kalsel_gap.sources.coverage import read_polygons
    from kalsel_gap.sources.formats.vector_layers import read_vector
    from kalsel_gap.sources.tables import read_table

    project = opened.project
    tables = (*project.schools, *project.attributes, *project.sites, *project.measurements)
    for table in (*tables, *([project.villages] if project.villages else [])):
        # Tiles of a whole country are not read for this.
        reader = _parquet_schema if table.path.suffix.lower() == ".parquet" else read_table
        yield reader, table.path, {} if reader is _parquet_schema else {"sheet": table.sheet}
    for path in project.boundaries.files().values():
        yield read_vector, path, {"shapes": "polygons"}
    elevation = project.elevation
    for path in elevation.tiles.files if elevation is not None else ():
        yield describe, path, {}
    for source in project.coverage:
        if source.is_vector:
            yield lambda _, given=source: read_polygons(given, ""), source.file, {}
        else:
            yield lambda _, given=source: describe(given.tiles, band=given.band), source.file, {}
    for layer in (project.roads, project.fibre, project.wetlands):
        if layer is not None:
            yield read_vector, layer.path, {}
    if project.coastline is not None:
        yield read_vector, project.coastline.path, {"shapes": "lines"}
        for path in project.coastline.land:
            yield read_vector, path, {"shapes": "polygons"}


def _parquet_schema(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError("table_not_parquet", path=path, reason=str(error)[:200]) from None


def _output(opened: Opened) -> Iterator[Fact]:
    folder = opened.project.output.folder
    if not _is_writable(folder):
        yield Fact("output", "fault", "output_not_writable", {"folder": folder})
        return
    yield Fact("output", "ok", "output", {"folder": folder})
    # A run is not larger than its inputs.
    yield _disk("output", folder, sum(path.stat().st_size for _, path in opened.project.inputs()))


# --- disk ----------------------------------------------------------------------------------------


def _disk(part: str, folder: Path, wanted_bytes: int) -> Fact:
    free = shutil.disk_usage(_existing(folder)).free
    params = {"folder": folder, "free_mb": _mb(free), "wanted_mb": _mb(wanted_bytes)}
    enough = free >= wanted_bytes
    return Fact(part, "ok" if enough else "warning", "disk" if enough else "disk_low", params)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest existing one above it."""
    return next((path for path in (folder, *folder.parents) if path.exists()), Path.cwd())


def _is_writable(folder: Path) -> bool:
    """Whether files can be created in the folder, or the folder itself if it does not exist."""
    place = _existing(folder)
    if not place.is_dir() or not os.access(place, os.W_OK):
        return False
    try:
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


def _mb(size: int) -> int:
    return round(size / _MEBIBYTE)


# What the doctor checks, the states, and the sentences.
PARTS: dict[str, str] = {
    "cache": N_("cache"),
    "compiler": N_("compiler"),
    "gdal": N_("GDAL"),
    "inputs": N_("inputs"),
    "languages": N_("languages"),
    "libraries": N_("libraries"),
    "output": N_("output"),
    "pages": N_("web pages"),
    "proj": N_("PROJ"),
    "project": N_("project"),
    "python": N_("Python"),
    "terminal": N_("terminal"),
}


STATES: dict[str, str] = {"ok": N_("ok"), "warning": N_("warning"), "fault": N_("problem")}


FACTS: dict[str, str] = {
    "cache": N_("{folder}: {size_mb} MB used, at most {limit_mb} MB."),
    "cache_not_kept": N_("{folder} cannot be written: everything is computed again each time. Set KALSEL_GAP_CACHE to a folder of yours."),
    "compiler": N_("numba {version}; compiled code is kept in {folder}."),
    "compiler_forgets": N_("Code compiled by numba cannot be kept ({folder}): each start takes longer. Set NUMBA_CACHE_DIR to a folder of yours."),
    "compiler_wrong": N_("numba gives wrong results. Install the locked versions again."),
    "disk": N_("{free_mb} MB free in {folder}."),
    "disk_low": N_("Only {free_mb} MB free in {folder}; up to {wanted_mb} MB may be needed. Free some space."),
    "failed": N_("The check stopped: {reason}. Install the locked versions again."),
    "gdal": N_("{rasters} for rasters, {layers} for vector layers; formats: {drivers}."),
    "gdal_lacks": N_("GDAL lacks formats that are needed: {drivers}. Install rasterio and pyogrio again, from their wheels."),
    "gdal_lacks_useful": N_("GDAL lacks some formats, so files in them cannot be read: {drivers}."),
    "inputs": N_("Files read without a problem: {count}."),
    "language_missing": N_("The translations are missing ({languages}): everything is in English. Install the package again."),
    "languages": N_("Translations: {languages}."),
    "libraries": N_("{count}, all in the required range: {versions}."),
    "library_missing": N_("{name} is not installed ({wanted}). Install the locked versions again."),
    "library_unfit": N_("{name} {version} is outside the required range ({wanted}). Install the locked versions again."),
    "output": N_("{folder} can be written."),
    "output_not_writable": N_("{folder} cannot be written. Name another folder under [output] in the project file, or with --out."),
    "pages": N_("Everything that web pages need offline is installed."),
    "proj": N_("{version}; its data were found."),
    "proj_wrong": N_("PROJ {version} gives wrong results. Do PROJ_DATA or PROJ_LIB point to another installation? Unset them."),
    "project": N_("{path} is valid."),
    "project_none": N_("There is no project here, so no inputs are checked. “kalsel-gap init” creates one."),
    "python": N_("{version} on {platform}."),
    "python_unfit": N_("{version} is outside the required range ({wanted}). Install another Python."),
    "terminal": N_("Every letter can be shown ({encoding})."),
    "terminal_letters": N_("Some letters cannot be shown ({encoding}) and become question marks. Set PYTHONUTF8=1."),
}  # fmt: skip


def fact(found: Fact, text: Text) -> str:
    """The doctor's sentence about a part."""
    if found.error is not None:
        return " ".join(error_lines(found.error, text))
    params = {
        name: text.number(value) if isinstance(value, int) else plain(value)
        for name, value in found.params.items()
    }
    return text(FACTS[found.code], **params)
