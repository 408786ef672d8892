"""Fixtures for all tests: folders, small rasters, small projects, and the real one ranked once."""

from __future__ import annotations

import base64
import contextlib
import csv
import io
import itertools
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import time
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import typer
from affine import Affine
from hypothesis import settings

import kalsel_gap
from kalsel_gap import pipeline, schema
from kalsel_gap.cli import app, main
from kalsel_gap.deficit.signals import collect_signals
from kalsel_gap.package import PACKAGE_FOLDER
from kalsel_gap.project.base import merge
from kalsel_gap.project.read import FILE_NAME, read_project
from kalsel_gap.sources import sites
from kalsel_gap.stage_cache import StageCache, nobody
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import kernels_folder
from kalsel_gap.storage.run_folder import read_run
from kalsel_gap.terrain import open_sea

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Staged
    from kalsel_gap.storage.run_folder import Run

# Folders of caches come and go with the tests; what is compiled is kept for all of them, kernels
# and bytecode: each command that is run as a program would otherwise compile all of its modules.
os.environ["NUMBA_CACHE_DIR"] = str(kernels_folder())
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

TESTS = Path(__file__).parent
REPOSITORY = TESTS.parent
TINY = REPOSITORY / "data" / "tiny"
DATA_OF_TINY = (".csv", ".geojson", ".tif")
# Where pytest's cache has how long each test file took; quick.py reads it there.
SECONDS = "kalsel-gap/seconds"

# A shared machine is slow now and then; a property is not wrong for that.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The examples of a module right before its tests, the real province last.

    Each worker begins with a part of its own: kernels that one of them compiles then lie in the
    cache, most of the time, before another one asks for them.
    """
    items.sort(key=lambda i: (i.path.parent.name == "real", i.path.stem.removeprefix("test_")))


def importable(folder: Path) -> Iterator[Path]:
    """Every module in a folder that Python can import, whatever folder of the package it is in."""
    if (folder / "__init__.py").is_file():
        yield folder / "__init__.py"
    for module in pkgutil.iter_modules([str(folder)]):
        if module.ispkg:
            yield from importable(folder / module.name)
        else:
            yield folder / f"{module.name}.py"


@cache
def package_sources() -> dict[str, str]:
    """Text of every module by its path below the package: whoever reads them reads all of them.

    A scan of less would pass without having looked, so each one fails where modules are missing.
    """
    found = {
        path.relative_to(PACKAGE_FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE_FOLDER.rglob("*.py"))
    }
    (whole,) = map(Path, kalsel_gap.__path__)
    modules = {path.relative_to(whole).as_posix() for path in importable(whole)}
    assert modules ^ found.keys() == set(), "read as text, or importable, but not both"
    return found


def command_paths() -> list[tuple[str, ...]]:
    """The words of every command behind the program's name; the first is the top's, none."""

    def below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield path
        for name, inner in getattr(command, "commands", {}).items():
            yield from below(inner, (*path, name))

    return list(below(typer.main.get_command(app), ()))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Keep how many tests each file has and how long they took, for `make quick`."""
    took: dict[str, list[float]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                tests_seconds = took.setdefault(report.nodeid.partition("::")[0], [0, 0.0])
                tests_seconds[0] += report.when == "call"
                tests_seconds[1] += report.duration
    cache: pytest.Cache | None = getattr(config, "cache", None)  # `-p no:cacheprovider`
    if cache is not None:
        known = cache.get(SECONDS, {})
        # A run of some tests of a file says nothing of the others.
        whole = {path: new for path, new in took.items() if new[0] >= known.get(path, [0])[0]}
        cache.set(SECONDS, known | whole)


def system_python(module: str) -> str:
    """Debian's Python, where it has a module that no package index has."""
    program = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    asked = [str(program), "-c", f"import {module}"]
    if program and not subprocess.run(asked, capture_output=True, check=False).returncode:
        return program
    if os.environ.get("CI") == "true":
        pytest.fail(f"{module} is missing")
    pytest.skip(f"{module} is not here")


def cog_faults(paths: Sequence[Path]) -> dict[str, list[str]]:
    """What GDAL's validator of Cloud Optimized GeoTIFF finds wrong in files, by their names."""
    program = (
        "import json, sys\n"
        "from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate\n"
        "found = {each: [str(part) for part in validate(each)[:2]] for each in sys.argv[1:]}\n"
        "print(json.dumps(found))"
    )
    command = [system_python("osgeo_utils"), "-c", program, *map(str, paths)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env={})
    found = json.loads(answer.stdout)
    return {Path(name).name: [p for p in parts if p != "[]"] for name, parts in found.items()}


def handed_on(opened: Opened) -> dict[str, pd.DataFrame]:
    """The tables that stages of terrain and radio get from those before them."""
    work = StageCache(opened, Cache(None))
    for stage in (sites.STAGE, open_sea.STAGE):
        work.run(stage, nobody())
    return {name: work.table(name) for name in work.tables}


class MakeRaster(Protocol):
    def __call__(self, name: str, cells: ArrayLike, **profile: Any) -> Path: ...


class MakeDem(Protocol):
    def __call__(self, cells: ArrayLike, *, dtype: str = ..., **profile: Any) -> Path: ...


class MakeCsv(Protocol):
    def __call__(self, rows: Sequence[Mapping[str, object]]) -> str: ...


class MakeProject(Protocol):
    def __call__(
        self,
        sections: Mapping[str, Any] | None = ...,
        *,
        files: Mapping[str, str | bytes] | None = ...,
        toml: str | None = ...,
        options: tuple[str, ...] = ...,
        bare: bool = ...,
    ) -> Opened: ...


class MakeSchools(Protocol):
    def __call__(self, rows: Sequence[Mapping[str, object]]) -> gpd.GeoDataFrame: ...


class SignalsAt(Protocol):
    def __call__(
        self,
        rows: Sequence[Mapping[str, object]],
        sections: Mapping[str, Any],
        files: Mapping[str, str | bytes] | None = ...,
    ) -> Staged: ...


class Answer(NamedTuple):
    """What a command left behind."""

    status: int
    out: bytes
    err: str


class CommandLine(Protocol):
    def __call__(self, *arguments: object) -> Answer: ...


class Browser:
    """A headless Chromium without a network, driven over the pipe that it offers for that."""

    def __init__(self, program: str, profile: Path) -> None:
        import fcntl  # not everywhere

        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        flags = (
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
            *("--disable-background-networking", "--disable-component-update"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe"),
            f"--user-data-dir={profile}",
        )

        def descriptors() -> None:  # it reads from 3 and writes to 4
            spare = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)

        self._process = subprocess.Popen(
            [program, *flags],
            pass_fds=(3, 4),
            preexec_fn=descriptors,  # noqa: PLW1509 - nothing else runs in this process yet
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self._page: str | None = None
        self.events: list[dict[str, Any]] = []

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._buffer:
                read = os.read(self._in, 1 << 20)
                assert read, "the browser is gone"
                self._buffer += read
            raw, _, self._buffer = self._buffer.partition(b"\0")
            answer = json.loads(raw)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def open(
        self,
        page: Path,
        width: int = 1366,
        height: int = 768,
        *,
        touch: bool = False,
        marks: bool = True,
    ) -> None:
        self._session = None
        earlier, self._page = (
            self._page,
            self.ask("Target.createTarget", url="about:blank")["targetId"],
        )
        if earlier is not None:  # it would go on to draw
            self.ask("Target.closeTarget", targetId=earlier)
        session = self.ask("Target.attachToTarget", targetId=self._page, flatten=True)
        self._session = session["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        if touch:
            self.ask("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
        self.events.clear()
        self.ask("Page.navigate", url=page.as_uri())
        self.wait("document.readyState === 'complete'")
        if marks:
            self.wait("performance.getEntriesByName('marks-drawn').length")

    def wait(self, expression: str, seconds: float = 20.0) -> None:
        until = time.monotonic() + seconds
        while not self.value(expression):
            assert time.monotonic() < until, expression
            time.sleep(0.05)

    def value(self, expression: str) -> Any:
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        self.ask("Input.insertText", text=text)

    def press(self, key: str, *, shift: bool = False) -> None:
        code = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "Tab": 9}[key]
        extra = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.ask(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                modifiers=8 if shift else 0,
                **extra,
            )
            extra = {}

    def drag_fingers(self, *ways: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Move fingers on a touch screen, each from a point to another."""
        steps = 12
        for step in range(steps + 1):
            points = [
                {"id": n, "x": x + (to_x - x) * step / steps, "y": y + (to_y - y) * step / steps}
                for n, ((x, y), (to_x, to_y)) in enumerate(ways)
            ]
            kind = "touchMove" if step else "touchStart"
            self.ask("Input.dispatchTouchEvent", type=kind, touchPoints=points)
        self.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def complaints(self) -> list[str]:
        """What the console holds, and every request beyond the page itself."""
        self.value("0")
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                found.append(json.dumps(params))
            elif method == "Page.javascriptDialogOpening":
                found.append("a dialog")
            elif method == "Network.requestWillBeSent":
                url = params["request"]["url"]
                if not url.startswith(("file:", "data:", "blob:")):
                    found.append(url)
        return found

    def picture(self) -> bytes:
        return base64.b64decode(self.ask("Page.captureScreenshot")["data"])


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None or os.name != "posix":
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing")
        pytest.skip("Chromium is not here")
    started = Browser(program, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KALSEL_GAP_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("KALSEL_GAP_LANG", raising=False)
        yield


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes empty folders: pytest's own way lists all earlier ones for each new one."""
    above = tmp_path_factory.mktemp("folders")
    numbers = itertools.count()

    def make() -> Path:
        folder = above / str(next(numbers))
        folder.mkdir(mode=0o700)
        return folder

    return make


@pytest.fixture(autouse=True)
def cache_folder(new_folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of its own for each test: the user's is never touched."""
    folder = new_folder()
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data folder beside the clone."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "kalsel").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("the shared data folder is missing")
        pytest.skip("the shared data folder is not here")
    return folder


@pytest.fixture(scope="session")
def for_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes that test share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def provinces_cache(for_all: Path) -> Path:
    """The cache that whole provinces are ranked with, one for all processes that test."""
    return for_all / "provinces"


def ranked_for_all(project: Path, cache: Path) -> Run:
    """A run of a province, ranked by the first process that asks for it; the others wait."""
    with contextlib.ExitStack() as until_ranked:
        folder = cache.parent / f"runs-of-{project.stem}"
        with contextlib.suppress(ImportError):  # without locks each process ranks it
            import fcntl

            lock = until_ranked.enter_context(folder.with_suffix(".lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "latest").exists():
            patch = until_ranked.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("KALSEL_GAP_CACHE", str(cache))
            kalsel_gap.open_project(project).rank(out=folder)
    return read_run(folder)


@pytest.fixture(scope="session")
def kalsel(shared: Path, provinces_cache: Path) -> Run:
    """The real project, ranked once."""
    return ranked_for_all(REPOSITORY / "tests" / "real" / "kalsel.toml", provinces_cache)


@pytest.fixture(scope="session")
def sample_run(provinces_cache: Path) -> Run:
    """The synthetic province, ranked once."""
    return ranked_for_all(REPOSITORY / "data" / "sample", provinces_cache)


@pytest.fixture
def raster(tmp_path: Path) -> MakeRaster:
    """A small GeoTIFF; unless told otherwise 0.01° cells from 2.9° S, 115.3° E as in data/tiny."""

    def make(name: str, cells: ArrayLike, **profile: Any) -> Path:
        array = np.asarray(cells)
        if array.dtype.kind == "i":
            array = array.astype("int16")
        given: dict[str, Any] = {
            "driver": "GTiff",
            "height": array.shape[0],
            "width": array.shape[1],
            "count": 1,
            "dtype": array.dtype,
            "crs": "EPSG:4326",
            "transform": Affine(0.01, 0.0, 115.30, 0.0, -0.01, -2.90),
        }
        path = tmp_path / name
        with rasterio.open(path, "w", **(given | profile)) as dataset:
            dataset.write(array, 1)
        return path

    return make


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` with its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def hills(
    seed: int, rows: int = 1, samples: int = 60, height_m: float = 60.0
) -> NDArray[np.float64]:
    """Rough ground along paths, without two equal heights."""
    steps = np.random.default_rng(seed).normal(0.0, height_m / 5.0, (rows, samples))
    return np.asarray(np.cumsum(steps, axis=1) + 100.0, dtype=np.float64)


# Screens of a laptop and a phone, in pixels.
SIZES = [(1366, 768), (360, 740)]
# A4 less margins of 10 mm at 96 pixels to the inch, portrait and landscape.
PAPERS = [(718, 1047), (1047, 718)]
# Names of XML, and what the library's comments point to; nothing of it is ever fetched.
NO_ADDRESS = re.compile(
    r"https?://(?!www\.w3\.org/|leafletjs\.com|bugzilla\.mozilla\.org)[^\s\"']*"
)
POPUP = "document.querySelector('.leaflet-popup h2')?.textContent"
# Names that would run in a page which does not guard against them.
PROGRAMS = (
    "</script><script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 1'>",
    "${window.hurt = 1}",
    "`+(window.hurt = 1)+`",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
)

# Cells of 100 m whose first corner lies on the central meridian of zone 50, south of the equator.
UTM: dict[str, Any] = {
    "crs": "EPSG:32750",
    "transform": Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 9_700_000.0),
}
# Cells of a thousandth of a degree from 2° south, 115° east.
DEGREES: dict[str, Any] = {
    "crs": "EPSG:4326",
    "transform": Affine(0.001, 0.0, 115.0, 0.0, -0.001, -2.0),
}


@pytest.fixture(scope="session")
def make_dem(tmp_path_factory: pytest.TempPathFactory) -> MakeDem:
    """A small elevation model; unless told otherwise 100 m cells in UTM, -32768 for the sea."""
    folder = tmp_path_factory.mktemp("dem")
    numbers = itertools.count()

    def make(cells: ArrayLike, *, dtype: str = "int16", **profile: Any) -> Path:
        array = np.asarray(cells, dtype=dtype)
        path = folder / f"dem{next(numbers)}.tif"
        scale = profile.pop("scale", None)
        given: dict[str, Any] = {"nodata": -32768} | UTM | profile
        height, width = array.shape
        given |= {"driver": "GTiff", "height": height, "width": width, "dtype": dtype, "count": 1}
        with rasterio.open(path, "w", **given) as dataset:
            dataset.write(array, 1)
            if scale:
                dataset.scales = (scale,)
        return path

    return make


@pytest.fixture(scope="session")
def register() -> Any:
    """Reads latitude, longitude and kecamatan of the real register's rows with a location."""

    def read(shared: Path) -> tuple[Any, Any, Any]:
        path = shared / "kalsel/schools/kalsel_sekolah_2019_raw.csv"
        with path.open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["lintang"].strip()]
        return (
            np.array([float(row["lintang"]) for row in rows]),
            np.array([float(row["bujur"]) for row in rows]),
            np.array([row["kecamatan"].strip() for row in rows]),
        )

    return read


@pytest.fixture
def as_csv() -> MakeCsv:
    """Rows as the text of a CSV file."""

    def make(rows: Sequence[Mapping[str, object]]) -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    return make


def toml_value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, int | float) else json.dumps(str(value))


@pytest.fixture(scope="session")
def project(new_folder: Callable[[], Path]) -> MakeProject:
    """A project in a folder of its own: data/tiny with other sections, files or options.

    A section that is None is left out. `bare` starts from nothing but the register. `toml` is
    the whole project file, as text.
    """

    def make(
        sections: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, str | bytes] | None = None,
        toml: str | None = None,
        options: tuple[str, ...] = (),
        bare: bool = False,
    ) -> Opened:
        folder = new_folder()
        for path in TINY.iterdir():
            if path.suffix in DATA_OF_TINY:
                shutil.copy(path, folder)
        for name, content in (files or {}).items():
            raw = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(raw)
        below = tomllib.loads((TINY / FILE_NAME).read_text(encoding="utf-8"))
        if bare:
            below = {"schools": {"path": "schools.csv"}}
        values = {key: v for key, v in merge(below, sections or {}).items() if v is not None}
        lines = [f"{json.dumps(key)} = {toml_value(value)}" for key, value in values.items()]
        text = toml if toml is not None else "\n".join(lines)
        (folder / FILE_NAME).write_text(text, encoding="utf-8")
        return read_project(folder, options)

    return make


@pytest.fixture
def cli(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Run a command in this process, in English."""
    monkeypatch.setenv("KALSEL_GAP_LANG", "en")

    def run(*arguments: object) -> Answer:
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capfdbinary.readouterr()
        status = ended.value.code
        assert isinstance(status, int)
        return Answer(status, said.out, said.err.decode("utf-8"))

    return run


@pytest.fixture(scope="session")
def _ranked_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("ranked")
    folder = place / "tiny"
    folder.mkdir()
    for path in TINY.iterdir():
        if path.suffix in DATA_OF_TINY or path.name == FILE_NAME:
            shutil.copy(path, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KALSEL_GAP_CACHE", str(place / "cache"))
        kalsel_gap.open_project(folder).rank()
    shutil.copytree(folder, place / "kept")
    return place


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of data/tiny where it lies, which nobody changes."""
    return kalsel_gap.open_project(TINY).rank(out=tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def ranked(_ranked_once: Path, cache_folder: Path) -> Path:
    """A fresh copy of data/tiny with a run of it, always in the one folder that its cache knows."""
    shutil.copytree(_ranked_once / "cache", cache_folder, dirs_exist_ok=True)
    shutil.rmtree(_ranked_once / "tiny")
    return Path(shutil.copytree(_ranked_once / "kept", _ranked_once / "tiny"))


@pytest.fixture
def warm_cache(_ranked_once: Path, cache_folder: Path) -> Path:
    """A cache that knows the stages of data/tiny: a project computes what it has changed."""
    hashes = shutil.ignore_patterns("hashes.json")  # of files elsewhere
    shutil.copytree(_ranked_once / "cache", cache_folder, ignore=hashes, dirs_exist_ok=True)
    return cache_folder


@pytest.fixture
def tiny_run(ranked: Path) -> Run:
    """The latest run of data/tiny, in the folder of `ranked`."""
    return read_run(ranked / "runs")


@pytest.fixture
def without_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs draw no pictures for maps, which take as long as all that is computed."""
    kept = tuple(stage for stage in pipeline.STAGES if stage.name != "previews")
    monkeypatch.setattr(pipeline, "STAGES", kept)


# What a school is unless a test says otherwise: on a plain, nothing known of its service.
USUAL: dict[str, object] = {
    "level": "SD",
    "ownership": "public",
    "kabupaten": "Kab. Contoh",
    "kecamatan": "Contoh",
    "lat": -3.0,
    "lon": 115.0,
    "authority": "kabupaten",
    "is_duplicate": False,
    "lat_given": "-3",
    "lon_given": "115",
    "location_status": "given",
    "confidence": "B",
    "confidence_radius_m": 250.0,
    "terrain_class": "dataran",
    "exposure_status": "unknown",
    "path_status": "unknown",
    "available_status": "unknown",
    "margin_4g_status": "unknown",
    "fixed_status": "unknown",
}


@pytest.fixture
def schools() -> MakeSchools:
    """A table as it comes to the stage *scores*, from the few facts that a test is about."""

    def make(rows: Sequence[Mapping[str, object]]) -> gpd.GeoDataFrame:
        full: list[dict[str, object]] = [
            {"npsn": f"{n:08}", "name": f"Sekolah {n}", "row_id": f"schools.csv:{n + 1}"}
            for n in range(1, len(rows) + 1)
        ]
        for row, given in zip(full, rows, strict=True):
            known: dict[str, object] = {}
            if given.get("available") is not None:
                known |= {"available_status": "known", "available_evidence": "map"}
            if given.get("measured_down_mbps") is not None:  # enough tests, unless told otherwise
                known |= {"measured_tests": 5, "measured_status": "known"}
            row.update({**USUAL, **known, **given})
        columns = {
            c.name: pd.Series([row.get(c.name) for row in full], dtype="object")
            for c in schema.up_to("signals")
        }
        frame = schema.table(columns, schema.up_to("signals"))
        points = gpd.points_from_xy(frame["lon"], frame["lat"])
        table = gpd.GeoDataFrame(frame, geometry=points, crs=schema.CRS)
        table.loc[frame["lat"].isna(), "geometry"] = None
        for stage in schema.STAGES[: schema.STAGES.index("service")]:
            schema.check(table, stage)
        return table

    return make


@pytest.fixture
def signals_at(project: MakeProject, schools: MakeSchools) -> SignalsAt:
    """The stage *signals* at schools of which only the place is known, unless rows say more."""

    def make(
        rows: Sequence[Mapping[str, object]],
        sections: Mapping[str, Any],
        files: Mapping[str, str | bytes] | None = None,
    ) -> Staged:
        table = schools(rows)[[*(c.name for c in schema.up_to("prediction")), "geometry"]]
        staged = collect_signals(table, project(sections, files=files, bare=True))
        assert staged.columns.index.equals(table.index)
        assert list(staged.columns.columns) == [c.name for c in schema.of_stage("signals")]
        return staged

    return make
